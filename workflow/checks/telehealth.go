package checks

import (
	"fmt"
	"strings"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// telehealth looks at a line that is said to be telehealth: by place of service 02 or 10, or by 93, 95, FQ or GT.
//
// 42 CFR 410.78 and the yearly final rules; after the last day of the row of section 1834(m) nothing is checked.
func (v *visitRun) telehealth(l line) {
	remote := v.Place == "02" || v.Place == "10"
	marked := l.has("93", "95", "FQ", "GT")
	if !marked && (!remote || !v.mayBeRemote(l)) {
		return
	}
	day := l.date.Day
	x := ruling{rule: finding.Telehealth, severity: finding.Warning, codes: []string{l.label()}, date: l.date}
	if l.has("95") && l.has("93", "FQ") {
		x.source = v.policy.Value("modifier", "95", day).Row.Cite()
		x.message = fmt.Sprintf("%s says both with picture (95) and by voice alone (93 or FQ): a service is one of the two.", l.label())
		x.data = map[string]any{"modifiers": strings.Join(l.Modifiers, " ")}
		v.rule(x)
	}
	for _, m := range []string{"93", "95", "FQ"} {
		if a := v.policy.Value("modifier", m, day); l.has(m) && !a.OK() {
			v.notChecked(finding.Telehealth, fmt.Sprintf("Modifier %s of %s was %s.", m, l.Code, a.NotChecked))
		}
	}
	if !v.mayBeMedicare() {
		return
	}
	area := v.policy.Value("telehealth", "home-and-any-area", day)
	if !area.OK() {
		v.notChecked(finding.Telehealth, fmt.Sprintf("Medicare's telehealth rules for %s were %s.", l.Code, area.NotChecked))
		return
	}
	if a := v.policy.Value("modifier", "GT", day); l.has("GT") && a.OK() {
		v.rule(ruling{rule: finding.Telehealth, severity: finding.Warning, codes: []string{l.label()}, date: l.date, medicare: true, source: a.Row.Cite(), data: map[string]any{"modifier": "GT", "rule": a.Value},
			message: "GT is no longer asked for on professional claims to Medicare, where the place of service says it; critical access hospitals of method II still use it."})
	}
	if v.Place == "10" && !v.policy.Value("telehealth", "place-home", day).OK() {
		v.notChecked(finding.Telehealth, fmt.Sprintf("Place of service 10 of %s was %s.", l.Code, v.policy.Value("telehealth", "place-home", day).NotChecked))
		return
	}
	places := v.policy.Value("telehealth", "place-rule", day)
	switch {
	case !places.OK():
		v.notChecked(finding.Telehealth, fmt.Sprintf("The place of service of telehealth for %s was %s.", l.Code, places.NotChecked))
	case places.Value == "02 or 10" && l.has("93", "95", "FQ") && v.Place != "" && !remote:
		v.rule(ruling{rule: finding.Telehealth, severity: finding.Warning, codes: []string{l.label()}, date: l.date, medicare: true, source: places.Row.Cite(), data: map[string]any{"place": v.Place, "rule": places.Value},
			message: fmt.Sprintf("%s is marked as telehealth, and the place of service is %s: on professional claims Medicare wants 10 with the patient at home and 02 elsewhere.", l.label(), v.Place)})
	case places.Value == "02 or 10" && remote:
		rate := v.policy.Value("telehealth", "rate-"+v.Place, day)
		if !rate.OK() {
			return
		}
		v.rule(ruling{rule: finding.Telehealth, severity: finding.Info, codes: []string{l.label()}, date: l.date, medicare: true, source: rate.Row.Cite(), data: map[string]any{"place": v.Place, "rate": rate.Value},
			message: fmt.Sprintf("With place of service %s Medicare prices %s at the %s rate; by voice alone it wants 93.", v.Place, l.Code, rate.Value)})
	case places.Value != "02 or 10" && remote:
		v.rule(ruling{rule: finding.Telehealth, severity: finding.Info, codes: []string{l.label()}, date: l.date, medicare: true, source: places.Row.Cite(), data: map[string]any{"place": v.Place, "rule": places.Value},
			message: fmt.Sprintf("On that date Medicare wanted the place of service that a visit in person would have had, with 95; the place stated is %s.", v.Place)})
	}
	if a := v.policy.Value("telehealth", "98000-98015", day); a.OK() && l.Code >= "98000" && l.Code <= "98015" {
		v.rule(ruling{rule: finding.Telehealth, severity: finding.Warning, codes: []string{l.label()}, date: l.date, medicare: true, source: a.Row.Cite(), data: map[string]any{"rule": a.Value},
			message: fmt.Sprintf("Medicare does not use %s: it wants the code of the office visit with its telehealth place of service.", l.Code)})
	}
}

// mayBeRemote: the place of the message is of this line; a drug or a laboratory test beside a visit is not furnished from afar.
func (v *visitRun) mayBeRemote(l line) bool {
	_, visit := calculate.FamilyOf(l.Code)
	return visit || l.System == codes.CPT && (l.Code >= "90785" && l.Code <= "90899" || l.Code >= "98000" && l.Code <= "98016")
}
