package desk

import (
	"fmt"
	"time"
)

// moment is a point in time as a page shows it: a word for now, the exact time beside it. Form tells the script how to
// keep the word true, and in the reader's own zone.
type moment struct {
	ISO   string // RFC 3339 in UTC; "" when there is no time to show
	Exact string // in the firm's zone
	Text  string
	Form  string // age, ago, due, short, day
}

func (d *Desk) moment(t time.Time, now time.Time, form string) moment {
	if t.IsZero() {
		return moment{}
	}
	local := t.In(d.zone)
	m := moment{ISO: t.UTC().Format(time.RFC3339), Exact: local.Format("Mon 2 Jan 2006, 15:04 MST"), Form: form}
	switch form {
	case "age":
		m.Text = span(now.Sub(t))
	case "ago":
		m.Text = ago(now.Sub(t))
	case "due":
		m.Text = due(t.Sub(now))
	case "day":
		m.Text = local.Format("2 Jan 2006")
	default:
		m.Text = short(local, now.In(d.zone))
	}
	return m
}

// span writes a length of time in its largest unit: "40 min", "2 h", "3 d".
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d d", int(d.Hours()/24))
}

func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return span(d) + " ago"
}

func due(d time.Duration) string {
	if d < 0 {
		if d > -time.Minute {
			return "due now"
		}
		return span(-d) + " over"
	}
	if d < time.Minute {
		return "due now"
	}
	return "in " + span(d)
}

// short leaves out what today makes plain.
func short(t, now time.Time) string {
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format("15:04")
	case t.Year() == now.Year():
		return t.Format("2 Jan 15:04")
	}
	return t.Format("2 Jan 2006")
}

// dueTone colours what is due: red when over, amber in the last two hours.
func dueTone(t, now time.Time) tone {
	switch left := t.Sub(now); {
	case t.IsZero():
		return ""
	case left < 0:
		return red
	case left < 2*time.Hour:
		return amber
	}
	return grey
}
