package checks

import (
	"fmt"

	"caseconsultant/workflow/finding"
)

// sidesManual is where Medicare says how both sides are counted.
const sidesManual = "NCCI Policy Manual, chapter I, section V"

// bothSides judges how the two sides of a code with bilateral indicator 1 or 3 are counted, and reports whether that takes the place of a bare
// excess of units. Medicare wants one line with 50 and 1 unit for indicator 1 from practitioners and hospitals; lines with RT and LT add up to 2
// against a limit that mostly is 1, and both are denied. With indicator 3 each side may have its line. A surgical center reports two lines.
// Whether 50, RT or LT fits a code at all is judged with the fee schedule.
func (u *unitRun) bothSides(c counted, tables []table, medicare bool) bool {
	if !c.hasFee || u.Setting == surgicalCenter || c.fee.Bilateral != "1" && c.fee.Bilateral != "3" {
		return false
	}
	var fifty, right, left *line
	rest := false
	for i, l := range c.lines {
		switch {
		case l.has("50"):
			fifty = &c.lines[i]
		case l.has("RT") && !l.has("LT"):
			right = &c.lines[i]
		case l.has("LT") && !l.has("RT"):
			left = &c.lines[i]
		default:
			rest = true
		}
	}
	twice := fifty != nil && fifty.Units >= 2
	lines := c.fee.Bilateral == "1" && right != nil && left != nil && fifty == nil && !rest && len(c.lines) == 2
	if !twice && !lines || twice && len(c.lines) > 1 {
		return false
	}
	limit, over, known := u.sideLimit(c, tables)
	data := map[string]any{"bilateral": c.fee.Bilateral, "units": c.total, "fee_release": c.feeSource.Release}
	source := cite(c.feeSource)
	if known {
		for k, v := range u.limitData(limit) {
			data[k] = v
		}
		source += "; " + cite(limit.source)
	}
	settings := []string{practitioner, outpatient}
	severity, message := finding.Warning, ""
	switch {
	case twice && c.fee.Bilateral == "3":
		message = fmt.Sprintf("50 on %s already counts both sides: %d units beside it read as more than two sides. Report 50 with 1 unit, or a line for each side (bilateral indicator 3).", c.code, c.total)
	case twice:
		if severity = finding.Error; c.feeSource.Note != "" { // the indicator is that of another quarter
			severity = finding.Warning
		}
		message = fmt.Sprintf("50 on %s already counts both sides: report one line with 50 and 1 unit, not %d units (bilateral indicator 1).", c.code, c.total)
	case known && over:
		severity = finding.Error
		message = fmt.Sprintf("Report both sides of %s on one line with 50 and 1 unit: the RT and LT lines total %d against the limit of %d a day, and both are denied (bilateral indicator 1; MUE adjudication indicator %d).",
			c.code, c.total, limit.limit.Value, limit.limit.Adjudication)
	case known:
		severity = finding.Info
		message = fmt.Sprintf("Medicare wants both sides of %s on one line with 50 and 1 unit (bilateral indicator 1). The RT and LT lines total %d, within the limit of %d.", c.code, c.total, limit.limit.Value)
	default:
		message = fmt.Sprintf("Medicare wants both sides of %s on one line with 50 and 1 unit (bilateral indicator 1). No unit limit is at hand for that day; where it is 1, RT and LT lines are both denied.", c.code)
	}
	switch u.Setting {
	case "":
		message += " A surgical center reports two lines instead."
	case outpatient:
		message += " The indicator is the physician fee schedule's; Medicare asks hospitals for the same."
	}
	u.report(finding.Bilateral, c, severity, message, source+"; "+sidesManual, data, settings, medicare)
	return true
}

// sideLimit is the table that decides for two sides, and whether they exceed it.
func (u *unitRun) sideLimit(c counted, tables []table) (t table, over, known bool) {
	for _, t := range u.asked(tables) {
		if t.ok && t.limit.Value > 0 {
			return t, u.exceeds(t, c), true
		}
	}
	return table{}, false, false
}
