package calendar_test

import (
	"errors"
	"testing"
	"time"

	"caseconsultant/workflow/calendar"
)

func TestAdd(t *testing.T) {
	t.Parallel()
	const office = "Mon-Fri 09:00-17:00 America/New_York"
	for _, c := range []struct {
		name, hours string
		holidays    []string
		from        string
		add         time.Duration
		want        string
	}{
		{"WithinTheDay", office, nil, "2026-04-15T10:00:00-04:00", 2 * time.Hour, "2026-04-15T12:00:00-04:00"},
		{"OverNight", office, nil, "2026-04-15T16:00:00-04:00", 2 * time.Hour, "2026-04-16T10:00:00-04:00"},
		{"OverTheWeekend", office, nil, "2026-04-17T16:30:00-04:00", 8 * time.Hour, "2026-04-20T16:30:00-04:00"},
		{"BeforeOpening", office, nil, "2026-04-15T02:00:00-04:00", time.Hour, "2026-04-15T10:00:00-04:00"},
		{"OnSunday", office, nil, "2026-04-19T12:00:00-04:00", 8 * time.Hour, "2026-04-20T17:00:00-04:00"},
		{"Holiday", office, []string{"2026-12-25"}, "2026-12-24T16:00:00-05:00", 2 * time.Hour, "2026-12-28T10:00:00-05:00"},
		{"ClockChange", office, nil, "2026-10-30T16:00:00-04:00", 2 * time.Hour, "2026-11-02T10:00:00-05:00"},
		{"Zero", office, nil, "2026-04-18T12:00:00-04:00", 0, "2026-04-20T09:00:00-04:00"},
		{"AlwaysOpen", "", nil, "2026-04-18T12:00:00Z", 30 * time.Hour, "2026-04-19T18:00:00Z"},
		{"Listed", "Mon,Wed 08:00-24:00 UTC", nil, "2026-04-13T23:00:00Z", 2 * time.Hour, "2026-04-15T09:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			hours, err := calendar.Parse(c.hours, c.holidays)
			if err != nil {
				t.Fatal(err)
			}
			from, err := time.Parse(time.RFC3339, c.from)
			if err != nil {
				t.Fatal(err)
			}
			want, err := time.Parse(time.RFC3339, c.want)
			if err != nil {
				t.Fatal(err)
			}
			if got := hours.Add(from, c.add); !got.Equal(want) {
				t.Errorf("Add(%s, %s) = %s, want %s", c.from, c.add, got, want)
			}
		})
	}
}

func TestAddEndsWhenEveryDayIsAHoliday(t *testing.T) {
	t.Parallel()
	hours, err := calendar.Parse("Mon 09:00-17:00 UTC", nil)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := hours.Add(from, 1e6*time.Hour); !got.After(from) {
		t.Errorf("Add ended at %s", got)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, hours := range []string{"always", "Mon-Fri 9-17 UTC", "Mon-Fri 17:00-09:00 UTC", "Mo-Fr 09:00-17:00 UTC", "Mon-Fri 09:00-17:00"} {
		if _, err := calendar.Parse(hours, nil); !errors.Is(err, calendar.ErrSyntax) {
			t.Errorf("Parse(%q): %v, want ErrSyntax", hours, err)
		}
	}
	if _, err := calendar.Parse("Mon-Fri 09:00-17:00 Mars/Base", nil); err == nil {
		t.Error("an unknown zone was taken")
	}
	if _, err := calendar.Parse("", []string{"25.12."}); err == nil {
		t.Error("a holiday that is no date was taken")
	}
}
