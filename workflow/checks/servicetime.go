package checks

import (
	"fmt"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// serviceTime compares minutes that the message ties to a code with the time of that service: psychotherapy, advance care planning,
// counseling, infusions, sedation. Minutes that are tied to no code are not taken for it.
//
// CPT's time rule: a unit is reached when its midpoint is passed, unless the code says more; the rows of the table have the minutes.
func (v *visitRun) serviceTime(l line) {
	minutes := 0.0
	for _, s := range v.amount(v.group, codes.StatedMinutes) {
		if s.Code != l.Code {
			continue
		}
		if minutes != 0 && minutes != s.Value {
			return // two times for one code: nobody could say which counts
		}
		minutes = s.Value
	}
	if minutes == 0 {
		return
	}
	a := v.policy.Value("service-time", l.Code, l.date.Day)
	if !a.OK() {
		if a.Row.Rule != "" {
			v.notChecked(finding.TimedUnits, fmt.Sprintf("The minutes of %s were %s.", l.Code, a.NotChecked))
		}
		return
	}
	least, _ := a.Number("min")
	most, bounded := a.Number("max")
	n := calculate.Number(minutes)
	x := ruling{rule: finding.TimedUnits, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: a.Row.Cite(), data: map[string]any{"minutes": minutes, "minimum": least, "maximum": most}}
	takes := fmt.Sprintf("at least %s minutes", calculate.Number(least))
	if bounded {
		takes = fmt.Sprintf("%s to %s minutes", calculate.Number(least), calculate.Number(most))
	}
	switch {
	case minutes < least:
		if billing(l.Role) {
			x.severity = finding.Warning
		}
		x.message = fmt.Sprintf("%s minutes do not reach %s, which takes %s.", n, l.Code, takes)
	case bounded && minutes > most:
		x.message = fmt.Sprintf("%s minutes are more than %s takes (%s).", n, l.Code, takes)
		if next := a.Word("next"); next != "" {
			x.message += fmt.Sprintf(" Longer times are %s.", next)
			x.data["next"] = next
		}
	default:
		x.message = fmt.Sprintf("%s minutes are within the time of %s (%s).", n, l.Code, takes)
	}
	if a.Row.Note != "" {
		x.message += " (" + l.Code + ": " + a.Row.Note + ".)"
	}
	v.rule(x)
}
