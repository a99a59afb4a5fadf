package calculate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
)

// Family is a row of visit codes that differ by level only, lowest first.
type Family struct {
	// Name is what the visits are, in our own words.
	Name  string
	Codes []string
	// Patient is "new" or "established" where the family is for such patients alone.
	Patient string
	// Place is office, hospital, emergency, facility, home or consultation.
	Place string
}

var families = []Family{
	{"office visits, new patient", []string{"99202", "99203", "99204", "99205"}, "new", "office"},
	{"office visits, established patient", []string{"99211", "99212", "99213", "99214", "99215"}, "established", "office"},
	{"hospital care, first day", []string{"99221", "99222", "99223"}, "", "hospital"},
	{"hospital care, later days", []string{"99231", "99232", "99233"}, "", "hospital"},
	{"hospital care, admitted and discharged on one day", []string{"99234", "99235", "99236"}, "", "hospital"},
	{"hospital discharge day", []string{"99238", "99239"}, "", "hospital"},
	{"office consultations", []string{"99242", "99243", "99244", "99245"}, "", "consultation"},
	{"hospital consultations", []string{"99252", "99253", "99254", "99255"}, "", "consultation"},
	{"emergency department visits", []string{"99281", "99282", "99283", "99284", "99285"}, "", "emergency"},
	{"nursing facility care, first", []string{"99304", "99305", "99306"}, "", "facility"},
	{"nursing facility care, later", []string{"99307", "99308", "99309", "99310"}, "", "facility"},
	{"nursing facility discharge", []string{"99315", "99316"}, "", "facility"},
	{"home visits, new patient", []string{"99341", "99342", "99344", "99345"}, "new", "home"},
	{"home visits, established patient", []string{"99347", "99348", "99349", "99350"}, "established", "home"},
}

// FamilyOf is the family that a visit code belongs to.
func FamilyOf(code string) (Family, bool) {
	for _, f := range families {
		if slices.Contains(f.Codes, code) {
			return f, true
		}
	}
	return Family{}, false
}

// Threshold is what a visit code takes in minutes, by the row of the day.
type Threshold struct {
	Code string
	// Min is reached and Max not exceeded; 0 is open.
	Min, Max int
	// None: the code is never chosen by time.
	None bool
	Row  codebook.PolicyRow
}

// Words says it: "at least 30 minutes", "20 to 29 minutes".
func (t Threshold) Words() string {
	switch {
	case t.None:
		return "never by time"
	case t.Max > 0 && t.Min > 0:
		return fmt.Sprintf("%d to %d minutes", t.Min, t.Max)
	case t.Max > 0:
		return fmt.Sprintf("up to %d minutes", t.Max)
	}
	return fmt.Sprintf("at least %d minutes", t.Min)
}

func (t Threshold) holds(minutes float64) bool {
	return !t.None && minutes >= float64(t.Min) && (t.Max == 0 || minutes <= float64(t.Max))
}

// TimeOf is the threshold of a visit code on a day, or why there is none. Authority: CPT's E/M rules of 2021 (office), 2023 (the other
// families) and 2024 (a minimum in place of a range), which are rows of the table.
func TimeOf(p *codebook.Policy, code string, day time.Time) (Threshold, string) {
	a := p.Value("em-time", code, day)
	if !a.OK() {
		return Threshold{}, a.NotChecked
	}
	t := Threshold{Code: code, Row: a.Row, None: a.Value == "none"}
	t.Min, _ = whole(a, "min")
	t.Max, _ = whole(a, "max")
	return t, ""
}

// TimeFit is what stated minutes reach within the family of a code.
type TimeFit struct {
	Threshold
	// Reached: the minutes satisfy this code's row.
	Reached bool
	// Fits is the code of the family whose row the minutes satisfy, the highest where several do; empty where none does.
	Fits string
	// Next is the next level above this code that is chosen by time; its Code is empty at the top.
	Next  Threshold
	Steps []Step
}

// Time compares stated minutes with the row of a code and of its neighbors. The reason is not empty where the day has no row.
func Time(p *codebook.Policy, code string, minutes float64, day time.Time) (TimeFit, string) {
	own, why := TimeOf(p, code, day)
	if why != "" {
		return TimeFit{}, why
	}
	f := TimeFit{Threshold: own, Reached: own.holds(minutes)}
	family, _ := FamilyOf(code)
	at := slices.Index(family.Codes, code)
	for i, other := range family.Codes {
		t, why := TimeOf(p, other, day)
		if why != "" || t.None {
			continue
		}
		result := "not reached"
		if t.holds(minutes) {
			f.Fits, result = other, "reached"
		} else if t.Max > 0 && minutes > float64(t.Max) {
			result = "exceeded"
		}
		f.Steps = append(f.Steps, Step{What: other + " by time", How: Number(minutes) + " minutes against " + t.Words(), Result: result, Source: t.Row.Cite()})
		if i > at && f.Next.Code == "" {
			f.Next = t
		}
	}
	if len(f.Steps) == 0 {
		f.Steps = append(f.Steps, Step{What: code + " by time", Result: own.Words(), Source: own.Row.Cite()})
	}
	return f, ""
}

// The levels of decision making, lowest first.
var levels = []string{"straightforward", "low", "moderate", "high"}

// Rank is the place of a level of decision making, from 1; 0 for a word that is none.
func Rank(level string) int { return slices.Index(levels, level) + 1 }

// DecisionOf is the decision making that a visit code takes on a day: one level, or several that are equally good ("straightforward" and
// "low" for the first level of hospital care). The reason is not empty where there is no row.
func DecisionOf(p *codebook.Policy, code string, day time.Time) (want []string, row codebook.PolicyRow, why string) {
	a := p.Value("em-mdm", code, day)
	return a.List(), a.Row, a.NotChecked
}

// Elements are the three elements of decision making, each as a level; "" is not stated.
type Elements struct{ Problems, Data, Risk string }

// Decision is the level that two of the three elements reach: the middle one. It is empty, with the reason, when fewer than two are stated;
// with two stated, the lower of them is reached whatever the third is, and open tells that the third could raise it.
//
// CPT's rule since 2021: two of the three elements must be met or exceeded.
func Decision(e Elements) (level string, open bool, steps []Step, why string) {
	var ranks []int
	for _, one := range []struct{ name, level string }{{"Problems", e.Problems}, {"Data", e.Data}, {"Risk", e.Risk}} {
		result := "not stated"
		if r := Rank(one.level); r > 0 {
			ranks = append(ranks, r)
			result = one.level
		}
		steps = append(steps, Step{What: one.name, Result: result})
	}
	if len(ranks) < 2 {
		return "", false, steps, "decision making takes two of three elements (problems, data, risk), and fewer than two are stated"
	}
	slices.Sort(ranks)
	got := ranks[len(ranks)-2]
	open = len(ranks) == 2 && ranks[0] != ranks[1]
	level = levels[got-1]
	steps = append(steps, Step{What: "Decision making", How: "two of three elements reach it", Result: level})
	return level, open, steps, ""
}

// Prolonged is how many units of a prolonged service stated minutes make beside the highest level of a visit.
type Prolonged struct {
	// Code is the add-on code, First the total minutes at which its first unit counts; each further unit takes 15 more.
	Code  string
	First int
	Units int
	Row   codebook.PolicyRow
	Steps []Step
}

// prolongedUnit is the minutes of one unit of 99417, 99418, G2212 and G0316-G0318.
const prolongedUnit = 15

// ProlongedService works out units by CPT's rule ("prolonged-cpt") or by Medicare's ("prolonged-medicare"), which begins later. The reason
// is not empty where the code takes no prolonged service on that day.
func ProlongedService(p *codebook.Policy, rule, code string, minutes float64, day time.Time) (Prolonged, string) {
	a := p.Value(rule, code, day)
	if !a.OK() {
		return Prolonged{}, a.NotChecked
	}
	first, _ := whole(a, "min")
	out := Prolonged{Code: a.Word("code"), First: first, Row: a.Row}
	how := fmt.Sprintf("%s < %d", Number(minutes), first)
	if minutes >= float64(first) {
		out.Units = int(minutes-float64(first))/prolongedUnit + 1
		how = fmt.Sprintf("(%s - %d) / %d, whole, + 1", Number(minutes), first, prolongedUnit)
	}
	out.Steps = []Step{{What: fmt.Sprintf("%s beside %s, from %d minutes", out.Code, code, first), How: how, Result: units(out.Units), Source: a.Row.Cite()}}
	return out, ""
}

func units(n int) string {
	if n == 1 {
		return "1 unit"
	}
	return fmt.Sprintf("%d units", n)
}

// Critical is what stated minutes of critical care make.
type Critical struct {
	// First: 99291 is reached. More is the number of 99292.
	First bool
	More  int
	Row   codebook.PolicyRow
	Steps []Step
}

// CriticalCare works out 99291 and 99292. By CPT 99292 begins when the first hour's 74 minutes are exceeded; Medicare counts it only when
// its 30 minutes are complete (104), so each further one takes 30 complete minutes as well.
func CriticalCare(p *codebook.Policy, minutes float64, medicare bool, day time.Time) (Critical, string) {
	hour, why := TimeOf(p, "99291", day)
	if why != "" {
		return Critical{}, why
	}
	key := "99292-cpt"
	if medicare {
		key = "99292-medicare"
	}
	a := p.Value("critical-care", key, day)
	if !a.OK() {
		return Critical{}, a.NotChecked
	}
	first, _ := whole(a, "min")
	c := Critical{First: minutes >= float64(hour.Min), Row: a.Row}
	reached := "not reached"
	if c.First {
		reached = "reached"
	}
	how := fmt.Sprintf("%s < %d", Number(minutes), first)
	if minutes >= float64(first) {
		c.More = int(minutes-float64(first))/30 + 1
		how = fmt.Sprintf("(%s - %d) / 30, whole, + 1", Number(minutes), first)
	}
	c.Steps = []Step{
		{What: "99291 by time", How: fmt.Sprintf("%s minutes against at least %d", Number(minutes), hour.Min), Result: reached, Source: hour.Row.Cite()},
		{What: fmt.Sprintf("99292, from %d minutes, each 30", first), How: how, Result: units(c.More), Source: a.Row.Cite()},
	}
	return c, ""
}

// Ask is how a level of a visit is found, in a line: "at least 30 minutes, or moderate decision making".
func Ask(p *codebook.Policy, code string, day time.Time) (words string, row codebook.PolicyRow, why string) {
	t, why := TimeOf(p, code, day)
	want, mdm, noMDM := DecisionOf(p, code, day)
	var parts []string
	if why == "" && !t.None {
		parts, row = append(parts, t.Words()+" in total on the date"), t.Row
	}
	if noMDM == "" && want[0] != "none" {
		parts = append(parts, strings.Join(want, " or ")+" decision making")
		if row.Rule == "" {
			row = mdm
		}
	}
	if len(parts) == 0 {
		if why == "" {
			why = noMDM
		}
		return "", row, why
	}
	return strings.Join(parts, ", or "), row, ""
}
