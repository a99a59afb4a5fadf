package message

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// parseDate reads a Date field, well formed or not. It says false if it cannot be read as a date.
func parseDate(v string) (time.Time, bool) {
	v = oneLine(v)
	if v == "" || len(v) > 200 {
		return time.Time{}, false
	}
	if t, err := mail.ParseDate(v); err == nil && plausible(t) {
		return namedZone(t), true
	}
	v = strings.Join(strings.Fields(stripComments(v)), " ")
	for _, layout := range dateLayouts() {
		if t, err := time.Parse(layout, v); err == nil && plausible(t) {
			return t, true
		}
	}
	return looseDate(v)
}

// plausible keeps out what cannot be written as RFC 3339 or is no date of a mail.
func plausible(t time.Time) bool {
	_, offset := t.Zone()
	return t.Year() >= 1970 && t.Year() < 2200 && offset > -24*3600 && offset < 24*3600
}

// namedZone gives the zones of RFC 5322, section 4.3, their offset, which time.Parse does not know.
func namedZone(t time.Time) time.Time {
	name, offset := t.Zone()
	hours := zoneHours(name)
	if offset != 0 || hours == 0 {
		return t
	}
	y, mo, d := t.Date()
	h, mi, s := t.Clock()
	return time.Date(y, mo, d, h, mi, s, 0, time.FixedZone("", hours*3600))
}

func zoneHours(name string) int {
	switch strings.ToUpper(name) {
	case "EDT":
		return -4
	case "EST", "CDT":
		return -5
	case "CST", "MDT":
		return -6
	case "MST", "PDT":
		return -7
	case "PST":
		return -8
	case "CET", "BST", "MEZ":
		return 1
	case "CEST", "MESZ", "EET":
		return 2
	case "JST":
		return 9
	}
	return 0
}

func dateLayouts() [8]string {
	return [...]string{
		time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", time.ANSIC, time.UnixDate, time.RFC850,
		"2006/01/02 15:04:05",
	}
}

// loosePattern finds the parts of a date in any order that mail has them: day, month by name, year, time, zone.
type loosePattern struct{ clock, zone, day, year, month *regexp.Regexp }

var looseCompiled = loosePattern{
	clock: regexp.MustCompile(`(?i)\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?:\.\d+)?\s*([ap]m)?\b`),
	zone:  regexp.MustCompile(`(?i)(?:^|[\s\d(])(?:gmt|utc)?([+-])(\d{2}):?(\d{2})\b`),
	day:   regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)?\b`),
	year:  regexp.MustCompile(`\b(\d{4})\b`),
	month: regexp.MustCompile(`(?i)\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|okt|dez|fév|avr|juin|juil|aoû|déc)[a-zé]*`),
}

// looseDate reads dates such as "Mon, 2 Mar 2026 9:5:00 AM EST", "Mon,2-Mar-2026 10:00", "2 Mar 26 10.00.00 +0100".
func looseDate(v string) (time.Time, bool) {
	p := looseCompiled
	m := p.month.FindStringSubmatchIndex(v)
	if m == nil {
		return time.Time{}, false
	}
	month := monthOf(strings.ToLower(v[m[2]:m[3]]))
	if month == 0 {
		return time.Time{}, false
	}
	hour, minute, second := 0, 0, 0
	rest := v
	if c := p.clock.FindStringSubmatchIndex(v); c != nil {
		hour, _ = strconv.Atoi(v[c[2]:c[3]])
		minute, _ = strconv.Atoi(v[c[4]:c[5]])
		if c[6] >= 0 {
			second, _ = strconv.Atoi(v[c[6]:c[7]])
		}
		if c[8] >= 0 {
			pm := strings.EqualFold(v[c[8]:c[9]], "pm")
			switch {
			case pm && hour < 12:
				hour += 12
			case !pm && hour == 12:
				hour = 0
			}
		}
		rest = v[:c[0]] + " " + v[c[1]:]
	}
	if hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	zone := time.UTC
	if z := p.zone.FindStringSubmatchIndex(rest); z != nil {
		h, _ := strconv.Atoi(rest[z[4]:z[5]])
		mi, _ := strconv.Atoi(rest[z[6]:z[7]])
		if h <= 15 {
			off := h*3600 + mi*60
			if rest[z[2]:z[3]] == "-" {
				off = -off
			}
			zone = time.FixedZone("", off)
		}
		rest = rest[:z[2]] + " " + rest[z[1]:]
	} else if w := strings.Fields(rest); len(w) > 0 {
		if h := zoneHours(strings.Trim(w[len(w)-1], "()")); h != 0 {
			zone = time.FixedZone("", h*3600)
		}
	}
	year := 0
	if y := p.year.FindStringSubmatchIndex(rest); y != nil {
		year, _ = strconv.Atoi(rest[y[2]:y[3]])
		rest = rest[:y[0]] + " " + rest[y[1]:]
	}
	days := p.day.FindAllStringSubmatch(rest, 3)
	if len(days) == 0 {
		return time.Time{}, false
	}
	day, _ := strconv.Atoi(days[0][1])
	if year == 0 { // two digits
		if len(days) < 2 {
			return time.Time{}, false
		}
		year, _ = strconv.Atoi(days[1][1])
		if year < 70 {
			year += 2000
		} else {
			year += 1900
		}
	}
	t := time.Date(year, month, day, hour, minute, second, 0, zone)
	if t.Day() != day || !plausible(t) {
		return time.Time{}, false
	}
	return t, true
}

func monthOf(s string) time.Month {
	switch s {
	case "jan":
		return time.January
	case "feb", "fév":
		return time.February
	case "mar", "mär":
		return time.March
	case "apr", "avr":
		return time.April
	case "may", "mai":
		return time.May
	case "jun", "juin":
		return time.June
	case "jul", "juil":
		return time.July
	case "aug", "aoû":
		return time.August
	case "sep":
		return time.September
	case "oct", "okt":
		return time.October
	case "nov":
		return time.November
	case "dec", "dez", "déc":
		return time.December
	}
	return 0
}
