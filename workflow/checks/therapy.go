package checks

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// timedUnits compares the units of timed therapy codes with the stated minutes, and looks for the discipline modifier.
//
// Medicare Claims Processing Manual, chapter 5, section 20.2 (units by total minutes) and 20.1 (GP, GO, GN on every therapy line).
func (r *run) timedUnits(group int, all []line) {
	var therapy, timed []line
	for _, l := range all {
		a := r.policy.Value("therapy-code", l.Code, l.date.Day)
		if !a.OK() {
			continue
		}
		values := a.List()
		if slices.Contains(values, "always") {
			therapy = append(therapy, l)
		}
		if slices.Contains(values, "timed") && !slices.ContainsFunc(timed, func(o line) bool { return o.label() == l.label() && o.Units == l.Units }) {
			timed = append(timed, l)
		}
	}
	r.discipline(therapy, all)
	if len(timed) > 0 {
		r.timedMinutes(group, timed)
	}
}

// disciplines are the modifiers that name the plan of care.
var disciplines = []string{"GP", "GO", "GN"}

func (r *run) discipline(therapy, all []line) {
	if len(therapy) == 0 || !r.mayBeMedicare() {
		return
	}
	var bare []string
	date := therapy[0].date
	a := r.policy.Value("modifier", "GP", date.Day)
	for _, l := range therapy {
		named := 0
		for _, m := range disciplines {
			if l.has(m) {
				named++
			}
		}
		switch {
		case named == 0 && !slices.Contains(bare, l.label()):
			bare = append(bare, l.label())
		case named > 1 && a.OK():
			r.rule(ruling{rule: finding.TimedUnits, severity: finding.Warning, codes: []string{l.label()}, date: l.date, medicare: true, source: a.Row.Cite(), data: map[string]any{"modifiers": l.Modifiers},
				message: fmt.Sprintf("%s names more than one discipline: a line is of one plan of care (GP physical therapy, GO occupational therapy, GN speech-language pathology).", l.label())})
		}
	}
	if len(bare) == 0 || !a.OK() {
		return
	}
	verb := plural(len(bare), "names", "name")
	r.rule(ruling{rule: finding.TimedUnits, severity: missing(all), codes: bare, date: date, medicare: true, source: a.Row.Cite(), data: map[string]any{"modifiers": disciplines},
		message: fmt.Sprintf("%s %s no therapy discipline modifier (GP, GO or GN); Medicare returns therapy lines without one.", list(bare), verb)})
}

func (r *run) timedMinutes(group int, timed []line) {
	slices.SortStableFunc(timed, func(a, b line) int { return cmp.Compare(a.Code, b.Code) }) // the order of words decides nothing
	var minutes []calculate.Timed
	total, stated := 0.0, 0.0
	for _, s := range r.amount(group, codes.StatedMinutes) {
		switch i := slices.IndexFunc(timed, func(l line) bool { return l.Code == s.Code }); {
		case s.Word == "other" || s.Word == "anesthesia" || s.Word == "critical care":
		case i >= 0 && !slices.ContainsFunc(minutes, func(m calculate.Timed) bool { return m.Code == s.Code }):
			minutes = append(minutes, calculate.Timed{Code: s.Code, Minutes: s.Value})
			total += s.Value
		case s.Code == "" && (s.Word == "therapy" || s.Word == "total" || s.Word == "" && len(r.amount(group, codes.StatedMinutes)) == 1):
			stated = max(stated, s.Value)
		}
	}
	slices.SortStableFunc(minutes, func(a, b calculate.Timed) int { return cmp.Compare(a.Code, b.Code) })
	different := map[string]bool{}
	for _, l := range timed {
		different[l.Code] = true
	}
	if total == 0 && stated == 0 {
		return
	}
	billed, whole := 0, true
	var codesOf []string
	byCode := map[string]int{}
	for _, l := range timed {
		if !slices.Contains(codesOf, l.Code) {
			codesOf = append(codesOf, l.Code)
		}
		whole = whole && l.Units > 0
		billed += l.Units
		byCode[l.Code] += l.Units
	}
	date := timed[0].date
	if len(minutes) > 0 {
		r.midpoint(minutes, byCode, date)
	}
	if !r.mayBeMedicare() {
		return
	}
	all := len(minutes) == len(different) // each code has its minutes
	n := stated
	if all {
		n = total
	}
	if n == 0 {
		return // minutes of some of the codes say nothing of the total
	}
	count, row, why := calculate.UnitsOfTotal(r.policy, n, date.Day)
	if why != "" {
		r.notChecked(finding.TimedUnits, fmt.Sprintf("The units of %s were %s.", list(codesOf), why))
		return
	}
	x := ruling{rule: finding.TimedUnits, severity: finding.Info, codes: codesOf, date: date, medicare: true, source: row.Cite(), data: map[string]any{"minutes": n, "units": count}}
	x.message = fmt.Sprintf("Medicare counts %s timed minutes as %d %s (8 to 22 minutes are one, each further 15 one more)", calculate.Number(n), count, plural(count, "unit", "units"))
	if all && len(minutes) > 1 {
		if t, why := calculate.EightMinutes(r.policy, minutes, date.Day); why == "" {
			var parts []string
			for _, u := range t.ByCode {
				parts = append(parts, fmt.Sprintf("%d of %s", u.Units, u.Code))
			}
			x.message += ": " + list(parts)
			if t.Tie {
				x.message += ", where codes have the same minutes left for the last unit, which may go to either"
			}
			x.data["by_code"] = parts
		}
	}
	x.message += "."
	if whole {
		x.data["billed"] = billed
		if billed != count {
			x.severity = finding.Warning
			x.message += fmt.Sprintf(" The lines add up to %d.", billed)
		}
	}
	r.rule(x)
}

// midpoint is CPT's count, each code by itself, which payers other than Medicare mostly use.
func (r *run) midpoint(minutes []calculate.Timed, billed map[string]int, date Date) {
	if r.Payer == medicareFFS || r.Payer == "medicare_advantage" {
		return
	}
	var parts, named []string
	severity := finding.Info
	more := ""
	for _, m := range minutes {
		n := calculate.Midpoint(m.Minutes)
		named = append(named, m.Code)
		parts = append(parts, fmt.Sprintf("%s minutes of %s make %d", calculate.Number(m.Minutes), m.Code, n))
		if billed[m.Code] > n && r.Payer != "unknown" && r.Payer != "" {
			severity = finding.Warning
			more += fmt.Sprintf(" The mail names %d of %s.", billed[m.Code], m.Code)
		}
	}
	r.rule(ruling{rule: finding.TimedUnits, severity: severity, codes: named, date: date, source: "CPT, time rule: a unit is reached when its midpoint is passed (to be verified)", data: map[string]any{"units": parts},
		message: "By CPT's midpoint rule, which counts each code by itself, " + strings.Join(parts, " and ") + "." + more + " Which rule a payer other than Medicare uses is for the payer to say."})
}
