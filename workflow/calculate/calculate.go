// Package calculate is the arithmetic of coding and payment rules: levels of visits by time and by decision making, prolonged services,
// critical care, units of timed therapy, units of drugs and what is discarded, anesthesia, global periods, and the amount that Medicare's
// physician fee schedule allows.
//
// It is pure: it is given numbers, rows of official files and the table of dated policy, and returns results with every step of the way, so
// that a person can follow the sum on paper and a program can read it. It reads no clock and keeps nothing; Price alone asks a book, through
// an interface of its own, for the rows of what is to be priced.
//
// Nothing here decides what is right for a patient's record. A calculator says which row of a table a stated number reaches, never that the
// number is right, and never that anybody will pay. A day for which the table of policy has no row gives no result and the reason why.
package calculate

import (
	"fmt"
	"strconv"
	"time"

	"caseconsultant/workflow/codebook"
)

// Step is one row of a calculation.
type Step struct {
	// What is worked out: "99214 by time", "relative value units".
	What string `json:"what"`
	// How is the arithmetic as one would write it: "34 >= 30", "0.79 x 1 + 1.04 x 0.98 + 0.13 x 0.9". Empty where a value is only looked up.
	How string `json:"how,omitempty"`
	// Result is what comes out, with its unit: "reached", "2.0 units", "$66.64".
	Result string `json:"result"`
	// Source is the file and release, or the authority, that the step rests on.
	Source string `json:"source,omitempty"`
}

// Number writes a number without needless places: 34, 2.5.
func Number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Money writes dollars and cents: $1,257.63.
func Money(d codebook.Decimal) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	if n := int64(d) % 100; n != 0 { // conversion factors have four places
		return sign + "$" + d.String()
	}
	whole := strconv.FormatInt(int64(d)/10000, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s$%s.%02d", sign, whole, int64(d)%10000/100)
}

// cents rounds an amount to the cent, halves away from zero.
func cents(d codebook.Decimal) codebook.Decimal {
	if d < 0 {
		return -cents(-d)
	}
	return (d + 50) / 100 * 100
}

// percent is a share of an amount, rounded to the cent. hundredths is the percentage in hundredths: 15000 is 150 %.
func percent(d codebook.Decimal, hundredths int64) codebook.Decimal {
	return cents(codebook.Decimal((int64(d)*hundredths + 5000) / 10000))
}

// minimum is the named number of a row of policy as a whole one.
func whole(a codebook.PolicyAnswer, name string) (int, bool) {
	n, ok := a.Number(name)
	return int(n), ok
}

// Global is the time around a procedure in which what belongs to it is not paid apart.
type Global struct {
	// First and Last are its days, both included; zero where the indicator has no days of its own.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
	Row   codebook.PolicyRow
	Steps []Step
}

// GlobalPeriod works out the days of a global period from the fee schedule's indicator (000, 010, 090) and the day of the procedure. The
// reason is not empty where there are no days: a maternity or contractor's period, or a day without a row.
//
// Medicare Claims Processing Manual, chapter 12, section 40.1: the day itself; the day and 10 days after; the day before, the day, and 90
// days after, which are 92 days in all.
func GlobalPeriod(p *codebook.Policy, indicator string, surgery time.Time) (Global, string) {
	a := p.Value("global-days", indicator, surgery)
	if !a.OK() {
		return Global{}, a.NotChecked
	}
	before, ok := whole(a, "before")
	after, also := whole(a, "after")
	if !ok || !also {
		return Global{Row: a.Row}, "the indicator " + indicator + " has no days: " + a.Row.Note
	}
	g := Global{First: surgery.AddDate(0, 0, -before), Last: surgery.AddDate(0, 0, after), Row: a.Row}
	g.Steps = []Step{
		{What: "Global days", How: "indicator " + indicator, Result: strconv.Itoa(before) + " before, " + strconv.Itoa(after) + " after", Source: a.Row.Cite()},
		{What: "First day", How: date(surgery) + " - " + strconv.Itoa(before), Result: date(g.First)},
		{What: "Last day", How: date(surgery) + " + " + strconv.Itoa(after), Result: date(g.Last)},
	}
	return g, ""
}

func date(t time.Time) string { return t.Format("2 Jan 2006") }
