package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// drugLine is a line of a drug whose long description names the amount of one unit.
type drugLine struct {
	line
	per    calculate.Quantity
	upTo   bool
	source string
}

// drugs compares units with doses, and looks at JW and JZ.
//
// HCPCS Level II: one unit is the amount in the long description; Medicare Claims Processing Manual, chapter 17, section 40: wastage.
func (r *run) drugs(ctx context.Context, group int, lines []line) error {
	var all []drugLine
	for _, l := range lines {
		if l.System != codes.HCPCS || !strings.ContainsAny(l.Code[:1], "JQCP") {
			continue
		}
		e, known, err := r.entry(ctx, l.System, l.Code, l.date.Day)
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		per, upTo, ok := calculate.UnitOfTitle(e.Title)
		if !ok {
			continue
		}
		source := "HCPCS long description"
		if e.Release != "" {
			source += ", " + e.Release
		}
		all = append(all, drugLine{l, per, upTo, source})
	}
	names := map[string]bool{}
	for _, d := range all {
		names[d.Code] = true
	}
	told := map[string]bool{}
	for _, d := range all {
		key := fmt.Sprint(d.Code, d.Units, d.has("JW"))
		if told[key] {
			continue
		}
		told[key] = true
		dose, ok := r.dose(group, d.Code, len(names) == 1)
		r.drugUnits(d, dose, ok)
	}
	r.wastage(group, all, len(names) == 1)
	return nil
}

// dose is what was given of a drug: the amount tied to its code, or the only one where the group has one drug. Several different ones give none.
// A volume becomes a weight by the concentration, where one is stated.
func (r *run) dose(group int, code string, only bool) (calculate.Quantity, bool) {
	q, ok := r.quantity(group, codes.StatedDose, code, only)
	if strong, known := r.quantity(group, codes.StatedStrong, code, only); ok && known && q.Kind == "volume" {
		return calculate.Of(float64(q.Milli)/1000*strong.Amount, strong.Unit)
	}
	return q, ok
}

func (r *run) quantity(group int, kind, code string, only bool) (calculate.Quantity, bool) {
	var found []calculate.Quantity
	for _, own := range []bool{true, false} {
		for _, s := range r.amount(group, kind) {
			if s.Value == 0 || own && s.Code != code || !own && (s.Code != "" || !only) {
				continue
			}
			if q, ok := calculate.Of(s.Value, s.Unit); ok && !slices.ContainsFunc(found, func(o calculate.Quantity) bool { return o.Milli == q.Milli && o.Kind == q.Kind }) {
				found = append(found, q)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	if len(found) != 1 {
		return calculate.Quantity{}, false
	}
	return found[0], true
}

func (r *run) drugUnits(d drugLine, dose calculate.Quantity, stated bool) {
	x := ruling{rule: finding.DrugUnits, severity: finding.Info, codes: []string{d.label()}, date: d.date, source: d.source,
		data: map[string]any{"per_unit": d.per.String(), "billed_units": d.Units, "up_to": d.upTo}}
	unit := fmt.Sprintf("one unit of %s is %s", d.Code, d.per)
	if d.upTo {
		unit = fmt.Sprintf("one unit of %s is anything up to %s", d.Code, d.per)
	}
	if !stated || d.has("JW") {
		if d.Units > 0 {
			all := d.per.Times(d.Units)
			x.message = fmt.Sprintf("%s x%d is %s: %s. The strength on the label is never the count.", d.Code, d.Units, all, unit)
			x.data["amount"] = all.String()
			r.rule(x)
		}
		return
	}
	n, ok := calculate.DoseUnits(dose, d.per)
	if !ok {
		x.message = fmt.Sprintf("The dose is stated in %s, and %s: the concentration decides how many units that is.", dose.Unit, unit)
		r.rule(x)
		return
	}
	x.data["dose"], x.data["units"] = dose.String(), n.Units
	x.message = fmt.Sprintf("%s / %s = %s: %s.", dose, d.per, n.Steps[0].Result, unit)
	switch {
	case d.Units == 0 || d.Units == n.Units:
	case float64(d.Units) == dose.Amount:
		x.severity = finding.Warning
		x.message += fmt.Sprintf(" The mail has %d units, which is the dose in %s and not the count.", d.Units, dose.Unit)
	default:
		x.severity = finding.Warning
		x.message += fmt.Sprintf(" The mail has %d.", d.Units)
	}
	if !n.Exact {
		x.message += " A part of a unit counts as one."
	}
	r.rule(x)
}

// wastage looks at JW and JZ. Medicare has asked for JW since 2017 and for JZ since 1 July 2023, by rows of the table.
func (r *run) wastage(group int, all []drugLine, only bool) {
	if len(all) == 0 || !r.mayBeMedicare() {
		return
	}
	var bare []string
	row := codebook.PolicyRow{}
	for _, d := range all {
		jz, jw := r.policy.Value("modifier", "JZ", d.date.Day), r.policy.Value("modifier", "JW", d.date.Day)
		if d.has("JW") && d.has("JZ") {
			r.rule(ruling{rule: finding.Wastage, severity: finding.Warning, codes: []string{d.label()}, date: d.date, medicare: true, source: jw.Row.Cite(), data: map[string]any{"modifiers": d.Modifiers},
				message: fmt.Sprintf("%s says both that something was discarded (JW) and that nothing was (JZ).", d.label())})
			continue
		}
		if multi := r.container(group, d.Code, only); multi.Word == "multi-dose" {
			if d.has("JW", "JZ") {
				r.rule(ruling{rule: finding.Wastage, severity: finding.Warning, codes: []string{d.label()}, date: d.date, medicare: true, source: jw.Row.Cite(), data: map[string]any{"container": multi.Word},
					message: fmt.Sprintf("%s bears %s, and the mail speaks of a multi-dose container: JW and JZ are for single-dose containers.", d.Code, strings.Join(d.Modifiers, " "))})
			}
			continue
		}
		if r.wasteLines(group, d, only, jz.OK(), jw.OK()) {
			continue
		}
		// Asked of amounts alone: who merely names a drug is told nothing of containers.
		if asked := d.Units > 0 || len(r.amount(group, codes.StatedDose))+len(r.amount(group, codes.StatedVial))+len(r.amount(group, codes.StatedWasted)) > 0; !asked {
			continue
		}
		if jz.OK() && !d.has("JW", "JZ") && !slices.Contains(bare, d.Code) && !slices.ContainsFunc(all, func(o drugLine) bool { return o.Code == d.Code && o.has("JW", "JZ") }) && billing(d.Role) && strings.HasPrefix(d.Code, "J") {
			bare, row = append(bare, d.Code), jz.Row
		}
	}
	if len(bare) > 0 {
		r.rule(ruling{rule: finding.Wastage, severity: finding.Info, codes: bare, date: all[0].date, medicare: true, source: row.Cite(), data: map[string]any{"modifiers": []string{"JW", "JZ"}},
			message: fmt.Sprintf("If %s came from a single-dose container, Medicare wants JZ (nothing discarded) or a line of its own with JW (the part discarded).", list(bare))})
	}
}

// container is what the message says of the container of a drug.
func (r *run) container(group int, code string, only bool) codes.Stated {
	for _, s := range r.amount(group, codes.StatedVial) {
		if s.Code == code || s.Code == "" && only {
			return s
		}
	}
	return codes.Stated{}
}

// wasteLines shows the lines of a drug when dose and container are stated. It reports whether it did.
func (r *run) wasteLines(group int, d drugLine, only, jz, jw bool) bool {
	c := r.container(group, d.Code, only)
	size, sized := calculate.Of(c.Value, c.Unit)
	dose, given := r.dose(group, d.Code, only)
	discarded, thrown := r.quantity(group, codes.StatedWasted, d.Code, only)
	// What was opened is the dose and what was discarded; any two of the three give the third.
	containers := max(c.Count, 1)
	if sized && given && c.Count == 0 && size.Kind == dose.Kind && size.Milli > 0 {
		containers = int((dose.Milli + size.Milli - 1) / size.Milli)
	}
	switch {
	case given && !sized && thrown && dose.Kind == discarded.Kind:
		size, containers = calculate.Quantity{Milli: dose.Milli + discarded.Milli, Kind: dose.Kind, Amount: dose.Amount + discarded.Amount, Unit: dose.Unit}, 1
		if dose.Unit != discarded.Unit {
			return false
		}
	case !given && sized && thrown:
		dose = size.Times(containers).Minus(discarded)
	case !given || !sized:
		return false
	}
	w, ok := calculate.Discard(dose, size, containers, d.per)
	if !ok || d.has("JW") {
		return false
	}
	a := r.policy.Value("modifier", "JW", d.date.Day)
	if jz && w.Wasted == 0 {
		a = r.policy.Value("modifier", "JZ", d.date.Day)
	}
	if !a.OK() {
		r.notChecked(finding.Wastage, fmt.Sprintf("What is discarded of %s was %s.", d.Code, a.NotChecked))
		return true
	}
	x := ruling{rule: finding.Wastage, severity: finding.Info, codes: []string{d.label()}, date: d.date, medicare: true, source: a.Row.Cite() + "; " + d.source,
		data: map[string]any{"dose": dose.String(), "opened": w.Opened.String(), "discarded": w.Discarded.String(), "units_used": w.Used, "units_wasted": w.Wasted}}
	sum := fmt.Sprintf("Of %s opened, %s were given and %s are left", w.Opened, dose, w.Discarded)
	switch {
	case w.Wasted > 0 && jw:
		x.message = fmt.Sprintf("%s: from single-dose containers that is %s x%d and a line %s-JW x%d (one unit is %s).", sum, d.Code, w.Used, d.Code, w.Wasted, d.per)
		if d.has("JZ") {
			x.severity = finding.Warning
			x.message += " JZ says that nothing was discarded."
		}
	case w.Discarded.Milli == 0 && jz:
		x.message = fmt.Sprintf("%s: from single-dose containers that is %s-JZ x%d.", sum, d.Code, w.Used)
	default:
		x.message = fmt.Sprintf("%s, less than a unit of %s: the %d %s of %s take it in, and no unit is left for a line with JW.", sum, d.per, w.Used, plural(w.Used, "unit", "units"), d.Code)
	}
	if c.Word == "" {
		x.message += " Whether the container was a single-dose one is not stated."
	}
	r.rule(x)
	return true
}
