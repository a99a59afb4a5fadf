package codebook

import (
	"fmt"
	"strings"
	"time"
)

// day is a calendar day as the number YYYYMMDD, which compares as days do. 0 is "not stated": an open end.
type day int32

// dayOf takes the calendar day that t shows in its own location: dates of service are days, not instants.
func dayOf(t time.Time) day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.Date()
	return makeDay(y, int(m), d)
}

func makeDay(year, month, dayOfMonth int) day {
	return day(year*10000 + month*100 + dayOfMonth)
}

// parseDay reads 2026-03-02 and 20260302.
func parseDay(s string) (day, error) {
	digits := s
	if len(s) == 10 && s[4] == '-' && s[7] == '-' {
		digits = s[:4] + s[5:7] + s[8:]
	}
	t, err := time.Parse("20060102", digits)
	if err != nil || t.Year() < 1900 {
		return 0, fmt.Errorf("%q is no date of the form YYYY-MM-DD or YYYYMMDD", clip(s, 20))
	}
	return dayOf(t), nil
}

func (d day) time() time.Time {
	return time.Date(int(d)/10000, time.Month(int(d)/100%100), int(d)%100, 0, 0, 0, 0, time.UTC)
}

func (d day) add(days int) day { return dayOf(d.time().AddDate(0, 0, days)) }

// String is the ISO form, "" for 0.
func (d day) String() string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", int(d)/10000, int(d)/100%100, int(d)%100)
}

// words is the form for sentences: "2 Mar 2026".
func (d day) words() string {
	if d == 0 {
		return ""
	}
	return d.time().Format("2 Jan 2006")
}

// within reports whether d lies in [first, last]; a bound of 0 is open.
func (d day) within(first, last day) bool {
	return (first == 0 || d >= first) && (last == 0 || d <= last)
}

// clip shortens a foreign string for an error message and makes it printable.
func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	runes := []rune(s)
	if len(runes) > n {
		return string(runes[:n]) + "..."
	}
	return s
}
