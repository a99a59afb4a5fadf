// Package calendar reckons in business hours: when a case that arrives now must be answered. It is pure; times come in
// and go out.
package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are a queue's business hours: on which weekdays, from when to when, in which zone, without its holidays. The
// zero value is always open.
type Hours struct {
	days     [7]bool
	from, to int // minutes of the day
	zone     *time.Location
	holidays map[string]bool // 2026-12-25
}

// ErrSyntax is wrapped by Parse.
var ErrSyntax = errors.New(`hours must look like "Mon-Fri 09:00-17:00 America/New_York"`)

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Parse reads hours such as "Mon-Fri 09:00-17:00 America/New_York" or "Mon,Wed,Fri 08:30-12:00 UTC", and holidays as
// dates such as "2026-12-25". Empty hours are always open.
func Parse(hours string, holidays []string) (Hours, error) {
	h := Hours{holidays: make(map[string]bool)}
	for _, day := range holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return h, fmt.Errorf(`holiday %q: write a date such as "2026-12-25"`, day)
		}
		h.holidays[day] = true
	}
	if strings.TrimSpace(hours) == "" {
		h.days, h.to, h.zone = [7]bool{true, true, true, true, true, true, true}, 24*60, time.UTC
		return h, nil
	}
	fields := strings.Fields(hours)
	if len(fields) != 3 {
		return h, fmt.Errorf("%q: %w", hours, ErrSyntax)
	}
	if err := h.parseDays(fields[0]); err != nil {
		return h, fmt.Errorf("%q: %w", hours, err)
	}
	from, to, ok := strings.Cut(fields[1], "-")
	var err1, err2 error
	h.from, err1 = minutes(from)
	h.to, err2 = minutes(to)
	if !ok || err1 != nil || err2 != nil || h.from >= h.to {
		return h, fmt.Errorf("%q: %w", hours, ErrSyntax)
	}
	zone, err := time.LoadLocation(fields[2])
	if err != nil {
		return h, fmt.Errorf(`%q: there is no time zone %q; write one such as "America/New_York" or "UTC"`, hours, fields[2])
	}
	h.zone = zone
	return h, nil
}

func (h *Hours) parseDays(s string) error {
	for part := range strings.SplitSeq(strings.ToLower(s), ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		a, b := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if a < 0 || b < 0 {
			return ErrSyntax
		}
		for day := a; ; day = (day + 1) % 7 {
			h.days[day] = true
			if day == b {
				break
			}
		}
	}
	return nil
}

func minutes(s string) (int, error) {
	if s == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, err
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Zone is the time zone of the hours.
func (h Hours) Zone() *time.Location {
	if h.zone == nil {
		return time.UTC
	}
	return h.zone
}

// Add returns the moment at which d of business time has passed since from. A negative or zero d is from itself, moved
// to the next opening if it lies outside the hours. Days on which clocks change count by the clock on the wall.
func (h Hours) Add(from time.Time, d time.Duration) time.Time {
	if h.zone == nil {
		return from.Add(d)
	}
	at := from.In(h.zone)
	const tenYears = 3660 // holidays every day of ten years is a mistake that must not loop for ever
	for range tenYears {
		opens, closes, open := h.day(at)
		if open && at.Before(closes) {
			if at.Before(opens) {
				at = opens
			}
			left := closes.Sub(at)
			if d <= left {
				return at.Add(max(d, 0))
			}
			d -= left
		}
		at = time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, h.zone)
	}
	return at
}

func (h Hours) day(at time.Time) (opens, closes time.Time, open bool) {
	if !h.days[at.Weekday()] || h.holidays[at.Format(time.DateOnly)] {
		return opens, closes, false
	}
	opens = time.Date(at.Year(), at.Month(), at.Day(), 0, h.from, 0, 0, h.zone)
	closes = time.Date(at.Year(), at.Month(), at.Day(), 0, h.to, 0, 0, h.zone)
	return opens, closes, true
}
