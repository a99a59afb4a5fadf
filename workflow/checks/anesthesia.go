package checks

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// anesthesiaCode: 00100 to 01999.
func anesthesiaCode(code string) bool { return len(code) == 5 && code >= "00100" && code <= "01999" }

// payers of anesthesia: the modifiers that say who gave it and under whose direction.
var anesthesiaRoles = []string{"AA", "AD", "QK", "QX", "QY", "QZ"}

// anesthesia works out units, and looks at the modifiers.
//
// 42 CFR 414.46 and 414.60; Medicare Claims Processing Manual, chapter 12, section 50.
func (r *run) anesthesia(ctx context.Context, group int, lines []line) error {
	var mine []line
	seen := map[string]bool{}
	for _, l := range lines {
		if l.System == codes.CPT && anesthesiaCode(l.Code) && !seen[l.label()] {
			seen[l.label()] = true
			mine = append(mine, l)
		}
	}
	for _, l := range mine {
		r.anesthesiaModifiers(l, lines)
		if err := r.anesthesiaUnits(ctx, group, l, len(mine) == 1); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) anesthesiaModifiers(l line, all []line) {
	var roles, status []string
	for _, m := range l.Modifiers {
		switch {
		case slices.Contains(anesthesiaRoles, m):
			roles = append(roles, m)
		case len(m) == 2 && m[0] == 'P' && m[1] >= '1' && m[1] <= '6':
			status = append(status, m)
		}
	}
	a := r.policy.Value("anesthesia-share", "AA", l.date.Day)
	x := ruling{rule: finding.Anesthesia, severity: finding.Warning, codes: []string{l.label()}, date: l.date, source: a.Row.Cite(), data: map[string]any{"modifiers": strings.Join(l.Modifiers, " ")}}
	if len(status) > 1 {
		x.message = fmt.Sprintf("%s has more than one physical status (%s): a patient has one.", l.label(), strings.Join(status, ", "))
		r.rule(x)
	}
	if !a.OK() || !r.mayBeMedicare() {
		return
	}
	x.medicare = true
	switch {
	case len(roles) > 1:
		x.message = fmt.Sprintf("%s names more than one role (%s): a line is of one person, and the physician who directs (QK, QY, AD) and the CRNA (QX, QZ) each have a line of their own.", l.label(), strings.Join(roles, ", "))
		r.rule(x)
	case len(roles) == 0 && billing(l.Role):
		x.severity = missing(all)
		x.message = fmt.Sprintf("%s does not say who gave the anesthesia; Medicare wants one of AA (anesthesiologist alone), QK, QY or AD (physician directing or supervising), QX or QZ (CRNA with or without direction).", l.label())
		if l.has("QS") {
			x.message += " QS (monitored care) stands beside one of them, not alone."
		}
		r.rule(x)
	case len(roles) == 1 && slices.Index(l.Modifiers, roles[0]) > 0:
		x.severity = finding.Info
		x.message = fmt.Sprintf("%s: the modifier that sets the amount (%s) goes first.", l.label(), roles[0])
		r.rule(x)
	}
}

// anesthesiaUnits shows base and time units where both are known, and the national amount where its factor is loaded.
func (r *run) anesthesiaUnits(ctx context.Context, group int, l line, only bool) error {
	minutes, base, baseFrom := 0.0, 0.0, "as stated"
	for _, s := range r.Stated {
		if s.Group != group || s.Code != l.Code && (s.Code != "" || !only) {
			continue
		}
		switch {
		case s.Kind == codes.StatedMinutes && (s.Word == "anesthesia" || s.Word == "" || s.Word == "total" || s.Code == l.Code && s.Word != "other"):
			minutes = max(minutes, s.Value)
		case s.Kind == codes.StatedBase:
			base = s.Value
		}
	}
	if minutes == 0 {
		return nil
	}
	for _, system := range []codes.System{codes.HCPCS, codes.CPT} {
		if base > 0 {
			break
		}
		e, known, err := r.entry(ctx, system, l.Code, l.date.Day)
		if err != nil {
			return err
		}
		if n, err := strconv.ParseFloat(e.Flags["anesthesia_base_units"], 64); known && err == nil {
			base, baseFrom = n, e.Release
		}
	}
	in := calculate.Anesthesia{Base: base, Minutes: minutes}
	for _, m := range l.Modifiers {
		if n, ok := r.policy.Value("anesthesia-share", m, l.date.Day).Number(""); ok {
			in.Share = int(n)
		}
	}
	factor, ok, source, err := r.book.Anesthesia(ctx, "", "", l.date.Day)
	if err != nil {
		return err
	}
	if ok && base > 0 && !l.has("AD") {
		in.Factor, in.FactorSource = factor, cite(source)
	}
	u, why := in.Work(r.policy, l.date.Day)
	if why != "" {
		r.notChecked(finding.Anesthesia, fmt.Sprintf("The units of %s were %s.", l.Code, why))
		return nil
	}
	x := ruling{rule: finding.Anesthesia, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: u.Steps[0].Source, medicare: true,
		data: map[string]any{"minutes": minutes, "time_units": u.Steps[0].Result, "base_units": base}}
	x.message = fmt.Sprintf("%s minutes / 15 = %s time units", calculate.Number(minutes), u.Steps[0].Result)
	switch {
	case l.has("AD"):
		x.message += "; under AD (more than four procedures at once) Medicare allows three base units, and one more where presence at induction is recorded, and no time."
	case base == 0:
		x.message += fmt.Sprintf("; the base units of %s are not stated and in no loaded file.", l.Code)
	default:
		x.message += fmt.Sprintf("; with %s base units (%s) that is %s units.", calculate.Number(base), baseFrom, u.Steps[1].Result)
		x.data["units"] = u.Steps[1].Result
	}
	if u.Amount > 0 {
		x.message += fmt.Sprintf(" National allowed amount %s, before the locality's factor.", u.Steps[len(u.Steps)-1].Result)
		x.data["allowed_national"] = u.Steps[len(u.Steps)-1].Result
		x.source += "; " + in.FactorSource
	}
	if in.Share != 0 && in.Share != 100 && u.Amount == 0 {
		x.message += fmt.Sprintf(" Under its modifier %d %% of the amount are allowed.", in.Share)
	}
	if added := r.statusUnits(group, l); added != "" {
		x.message += " " + added
	}
	r.rule(x)
	return nil
}

// statusUnits says what physical status may add with payers other than Medicare.
func (r *run) statusUnits(group int, l line) string {
	status := ""
	for _, m := range l.Modifiers {
		if r.policy.Value("physical-status", m, l.date.Day).OK() {
			status = m
		}
	}
	for _, s := range r.amount(group, codes.StatedASA) {
		if status == "" {
			status = s.Word
		}
	}
	n, ok := r.policy.Value("physical-status", status, l.date.Day).Number("")
	if status == "" || !ok || n == 0 {
		return ""
	}
	return fmt.Sprintf("Physical status %s adds nothing under Medicare; some payers add %s %s.", status, calculate.Number(n), plural(int(n), "unit", "units"))
}
