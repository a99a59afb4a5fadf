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
	if strings.Contains(v, "=?") {
		v = decodeWords(v)
	}
	v = strings.Trim(oneLine(v), `"'`)
	if rest, ok := cutPrefixFold(v, "date:"); ok {
		v = strings.TrimSpace(rest)
	}
	if v == "" || len(v) > 200 {
		return time.Time{}, false
	}
	if t, err := mail.ParseDate(v); err == nil && plausible(t) {
		return namedZone(t), true
	}
	// A zone that stands in a comment alone counts: "09:00:00 (EDT)".
	v = zoneComment.ReplaceAllString(v, "$1 $2")
	v = strings.Join(strings.Fields(stripComments(v)), " ")
	for _, layout := range dateLayouts() {
		if t, err := time.Parse(layout, v); err == nil && plausible(t) {
			return namedZone(t), true
		}
	}
	if t, ok := looseDate(v); ok {
		return t, true
	}
	return dateInFigures(v)
}

// zoneComment is a clock with its zone in a comment only.
var zoneComment = regexp.MustCompile(`(\d:\d\d) ?\(([A-Z]{3,4})\)$`)

// epochDate is a date as seconds since 1970.
var epochDate = regexp.MustCompile(`^(1\d{9})(?:\.\d+)?$`)

// packedDate is ISO 8601 without its dashes.
var packedDate = regexp.MustCompile(`^(\d{4})(\d{2})(\d{2})[T ]?(\d{2}):?(\d{2}):?(\d{2})?`)

// slashDate is a date in figures, its parts in the order of the country.
var slashDate = regexp.MustCompile(`(?:^|[^\d])(\d{1,4})([/.\-]|年) ?(\d{1,2})(?:[/.\-]|月) ?(\d{1,4})日?(?:[^\d]|$)`)

// dateInFigures reads dates in figures alone. Of 4/5/2026 the month is taken to stand first, as where our askers live; with dots the day.
func dateInFigures(v string) (time.Time, bool) {
	if m := epochDate.FindStringSubmatch(v); m != nil {
		n, _ := strconv.ParseInt(m[1], 10, 64)
		return time.Unix(n, 0).UTC(), true
	}
	number := func(s string) int {
		n, _ := strconv.Atoi(s)
		return n
	}
	var year, month, day int
	rest := ""
	if m := packedDate.FindStringSubmatch(v); m != nil {
		year, month, day = number(m[1]), number(m[2]), number(m[3])
		rest = m[4] + ":" + m[5] + ":" + (m[6] + "00")[:2] + " " + v[len(m[0]):]
	} else if at := slashDate.FindStringSubmatchIndex(v); at != nil {
		a, sep, b, c := v[at[2]:at[3]], v[at[4]:at[5]], v[at[6]:at[7]], v[at[8]:at[9]]
		switch {
		case len(a) == 4:
			year, month, day = number(a), number(b), number(c)
		case sep == "." || number(a) > 12:
			day, month, year = number(a), number(b), number(c)
		default:
			month, day, year = number(a), number(b), number(c)
		}
		if len(a) < 4 && len(c) == 2 {
			year += 2000
		}
		rest = v[:at[2]] + " " + v[at[9]:]
	} else {
		return time.Time{}, false
	}
	hour, minute, second, rest, ok := clockOf(rest)
	if !ok || month < 1 || month > 12 {
		return time.Time{}, false
	}
	zone, _ := zoneOf(rest)
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	return t, t.Day() == day && plausible(t)
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
type loosePattern struct{ clock, zone, hours, day, year, month *regexp.Regexp }

var looseCompiled = loosePattern{
	clock: regexp.MustCompile(`(?i)\b(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:[.:]\d+)?\s*([ap]m)?\b`),
	zone:  regexp.MustCompile(`(?i)(?:^|[\s\d(])(?:gmt|utc)?([+-])(\d{2}):?(\d{2})\b`),
	hours: regexp.MustCompile(`(?i)\b(?:gmt|utc)([+-])(\d{1,2})\b`),
	day:   regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th)?\b`),
	year:  regexp.MustCompile(`\b(\d{3,4})\b`),
	month: regexp.MustCompile(`(?i)(?:^|[^\p{L}])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mär|mai|mrt|mei|maj|maa|okt|dez|fév|fev|avr|abr|juin|juil|aoû|ago|déc|ene|gen|mag|giu|lug|set|ott|dic|out|янв|фев|мар|апр|май|мая|июн|июл|авг|сен|окт|ноя|дек)[\p{L}]*`),
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
	hour, minute, second, rest, ok := clockOf(v)
	if !ok {
		return time.Time{}, false
	}
	zone, rest := zoneOf(rest)
	year := 0
	if y := p.year.FindStringSubmatchIndex(rest); y != nil {
		year, _ = strconv.Atoi(rest[y[2]:y[3]])
		rest = rest[:y[0]] + " " + rest[y[1]:]
		switch { // programs that count the years of this century only, or since 1900
		case year < 100:
			year += 2000
		case year < 200:
			year += 1900
		}
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

// clockOf reads the time of day in a date, midnight if there is none, and returns what stands around it.
func clockOf(v string) (hour, minute, second int, rest string, ok bool) {
	c := looseCompiled.clock.FindStringSubmatchIndex(v)
	if c == nil {
		return 0, 0, 0, v, true
	}
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
	if hour == 24 && minute == 0 && second == 0 { // the end of the day before
		hour, minute, second = 23, 59, 59
	}
	return hour, minute, second, v[:c[0]] + " " + v[c[1]:], hour <= 23 && minute <= 59 && second <= 60
}

// zoneOf reads the zone in a date, UTC if there is none, and returns what stands around it.
func zoneOf(rest string) (*time.Location, string) {
	zone := time.UTC
	z := looseCompiled.zone.FindStringSubmatchIndex(rest)
	if z == nil {
		z = looseCompiled.hours.FindStringSubmatchIndex(rest)
	}
	if z != nil {
		h, _ := strconv.Atoi(rest[z[4]:z[5]])
		mi := 0
		if len(z) > 6 {
			mi, _ = strconv.Atoi(rest[z[6]:z[7]])
		}
		if h <= 15 {
			off := h*3600 + mi*60
			if rest[z[2]:z[3]] == "-" {
				off = -off
			}
			zone = time.FixedZone("", off)
		}
		return zone, rest[:z[2]] + " " + rest[z[1]:]
	}
	for _, w := range strings.Fields(rest) {
		if h := zoneHours(strings.Trim(w, "()")); h != 0 {
			return time.FixedZone("", h*3600), rest
		}
	}
	return zone, rest
}

func monthOf(s string) time.Month {
	switch s {
	case "jan", "ene", "gen", "янв":
		return time.January
	case "feb", "fév", "fev", "фев":
		return time.February
	case "mar", "mär", "mrt", "maa", "мар":
		return time.March
	case "apr", "avr", "abr", "апр":
		return time.April
	case "may", "mai", "mei", "maj", "mag", "май", "мая":
		return time.May
	case "jun", "juin", "giu", "июн":
		return time.June
	case "jul", "juil", "lug", "июл":
		return time.July
	case "aug", "aoû", "ago", "авг":
		return time.August
	case "sep", "set", "сен":
		return time.September
	case "oct", "okt", "ott", "out", "окт":
		return time.October
	case "nov", "ноя":
		return time.November
	case "dec", "dez", "déc", "dic", "дек":
		return time.December
	}
	return 0
}
