package checks

import (
	"context"
	"fmt"
	"slices"

	"caseconsultant/workflow/finding"
)

// What the bilateral indicator stands for, in our words after the documentation of the relative value file.
var bilateralMeaning = map[string]string{
	"0": "the body has one of it, or the code itself speaks of one side",
	"2": "the code's value already covers both sides",
	"9": "sides do not apply to it",
}

// bilateral judges 50, RT and LT of one line by the bilateral indicator. Units and the sum of several lines are judged with the unit limits.
func (s *scheduleRun) bilateral(l scheduled) {
	if s.contradictions(l.line) {
		return
	}
	value := l.whole().Bilateral
	data := l.indicator("BILAT SURG", value)
	switch {
	case l.has("50") && s.Setting == surgicalCenter:
		s.centerFifty(l.line)
	case l.has("50") && bilateralMeaning[value] != "":
		advice := ""
		if value == "2" {
			advice = " One line without 50 reports both sides."
		}
		s.says(finding.Bilateral, finding.Error, l, data, "50 does not fit %s: bilateral indicator %s, %s.%s", l.Code, value, bilateralMeaning[value], advice)
	case l.has("RT", "LT") && midline(l.Code) && (value == "0" || value == "9"):
		s.says(finding.Bilateral, finding.Warning, l, data, "%s names a side of %s, which treats something that the body has once (bilateral indicator %s).", side(l.line), l.Code, value)
	}
}

// side is the modifier of a line that names its side.
func side(l line) string {
	if l.has("RT") {
		return "RT"
	}
	return "LT"
}

// contradictions reports side modifiers that exclude each other on one line, whatever the indicator says.
func (s *scheduleRun) contradictions(l line) bool {
	message := ""
	switch {
	case l.has("50") && l.has("RT", "LT"):
		message = fmt.Sprintf("50 on %s already says both sides: RT or LT does not belong on the same line.", l.Code)
	case l.has("RT") && l.has("LT"):
		message = fmt.Sprintf("RT and LT on one line of %s contradict each other. Where both sides were treated, one line with 50 and 1 unit says so for most surgery; otherwise each side is a line of its own.", l.Code)
		if s.Setting == surgicalCenter {
			message = fmt.Sprintf("RT and LT on one line of %s contradict each other: a surgical center reports each side on a line of its own.", l.Code)
		}
	default:
		return false
	}
	if s.once("sides "+l.label(), l) {
		s.rule(ruling{rule: finding.Bilateral, severity: finding.Error, codes: []string{l.Code}, message: message, source: scheduleManual + ", section 40.7",
			data: map[string]any{"modifiers": slices.Clone(l.Modifiers)}, date: l.date, medicare: true})
	}
	return true
}

// centerFifty: Medicare does not recognise 50 on a surgical center's claim.
func (s *scheduleRun) centerFifty(l line) {
	if s.once("center "+l.label(), l) {
		s.rule(ruling{rule: finding.Bilateral, severity: finding.Warning, codes: []string{l.Code},
			message: fmt.Sprintf("A surgical center does not report 50: %s on both sides is two lines of 1 unit, or one line of 2 units where the contractor asks for that.", l.Code),
			source:  "Medicare Claims Processing Manual, chapter 14, section 40.5", data: map[string]any{"modifiers": slices.Clone(l.Modifiers)}, date: l.date, medicare: true})
	}
}

// sides looks at the lines of one code in a group that name sides: one with 50 leaves no other, and where the value covers both sides two lines
// ask for it twice.
func (s *scheduleRun) sides(ctx context.Context, group int) error {
	type sided struct{ right, left, both bool }
	found := map[string]*sided{}
	var order []line
	for _, l := range s.together(group) {
		f := found[l.Code]
		if f == nil {
			f = &sided{}
			found[l.Code] = f
			order = append(order, l)
		}
		switch {
		case l.has("50"):
			f.both = true
		case l.has("RT") && !l.has("LT"):
			f.right = true
		case l.has("LT") && !l.has("RT"):
			f.left = true
		}
	}
	for _, l := range order {
		f := found[l.Code]
		switch {
		case f.both && (f.right || f.left):
			if s.once("both", l) {
				s.rule(ruling{rule: finding.Bilateral, severity: finding.Warning, codes: []string{l.Code},
					message: fmt.Sprintf("%s stands once with 50 and once with a side: 50 already reports both sides, so no side is left for the other line.", l.Code),
					source:  scheduleManual + ", section 40.7", data: map[string]any{}, date: l.date, medicare: true})
			}
		case f.right && f.left:
			rows, source, err := s.fees(ctx, l.Code, l.date.Day)
			if err != nil {
				return err
			}
			if len(rows) > 0 && rows[0].Bilateral == "2" {
				row := scheduled{line: l, rows: rows, fee: rows[0], source: source}
				s.says(finding.Bilateral, finding.Warning, row, row.indicator("BILAT SURG", "2"),
					"RT and LT lines of %s ask for one value twice: bilateral indicator 2, the code's value already covers both sides.", l.Code)
			}
		}
	}
	return nil
}
