package calculate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"caseconsultant/workflow/codebook"
)

// Timed is a timed code with the minutes of it.
type Timed struct {
	Code    string
	Minutes float64
}

// Therapy is how many units timed minutes make.
type Therapy struct {
	// Minutes is the total of all timed codes, Units what the table gives for it.
	Minutes float64
	Units   int
	// ByCode are the units of each code, in the order given.
	ByCode []TimedUnits
	// Tie: two codes have the same minutes left for the last unit, which may go to either.
	Tie   bool
	Row   codebook.PolicyRow
	Steps []Step
}

// TimedUnits are the units of one code.
type TimedUnits struct {
	Code  string
	Units int
}

// UnitsOfTotal is how many units a total of timed minutes makes by Medicare's table (8 to 22 minutes make one, each further 15 one more).
// The reason is not empty for a day without a row.
func UnitsOfTotal(p *codebook.Policy, minutes float64, day time.Time) (int, codebook.PolicyRow, string) {
	first := p.Value("therapy-units", "1", day)
	if !first.OK() {
		return 0, codebook.PolicyRow{}, first.NotChecked
	}
	least, _ := whole(first, "min")
	if minutes < float64(least) {
		return 0, first.Row, ""
	}
	n := int(minutes-float64(least))/15 + 1
	if row := p.Value("therapy-units", strconv.Itoa(n), day); row.OK() {
		return n, row.Row, ""
	}
	return n, first.Row, ""
}

// EightMinutes works out units by Medicare's rule: the total of all timed minutes gives the number of units, each code first gets its whole
// quarters of an hour, and what is left goes to the codes with the most minutes left.
//
// Medicare Claims Processing Manual, chapter 5, section 20.2 C.
func EightMinutes(p *codebook.Policy, lines []Timed, day time.Time) (Therapy, string) {
	t := Therapy{}
	for _, l := range lines {
		t.Minutes += l.Minutes
	}
	var why string
	if t.Units, t.Row, why = UnitsOfTotal(p, t.Minutes, day); why != "" {
		return Therapy{}, why
	}
	t.Steps = append(t.Steps, Step{What: "Units of all timed minutes", How: Number(t.Minutes) + " minutes", Result: units(t.Units), Source: t.Row.Cite()})
	left := t.Units
	rest := make([]float64, len(lines))
	for i, l := range lines {
		n := min(int(l.Minutes)/15, left)
		rest[i] = l.Minutes - float64(15*n)
		left -= n
		t.ByCode = append(t.ByCode, TimedUnits{l.Code, n})
	}
	order := make([]int, len(lines))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	for k, i := range order {
		if left == 0 {
			t.Tie = k > 0 && rest[order[k-1]] == rest[i] && rest[i] > 0
			break
		}
		t.ByCode[i].Units++
		left--
	}
	for i, l := range lines {
		t.Steps = append(t.Steps, Step{What: l.Code, How: fmt.Sprintf("%s minutes: %d whole quarters of an hour, %s left", Number(l.Minutes), int(l.Minutes)/15, Number(rest[i])), Result: units(t.ByCode[i].Units)})
	}
	return t, ""
}

// Midpoint is how many units one code's minutes make by CPT's rule for timed codes: a unit is reached when its midpoint is passed, each code
// by itself, so eight minutes of fifteen.
func Midpoint(minutes float64) int { return int(minutes+7) / 15 }
