package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// hospital says how Medicare pays a hospital's outpatient department or a surgical center for a code, where the setting is stated.
//
// Authority: OPPS Addendum B (status indicators, 42 CFR part 419) and the ASC addenda AA, BB and EE (42 CFR part 416), each of the quarter of the
// date of service. Prior authorization is told from rows of the dated policy alone: that there is no row says nothing.
func hospital(ctx context.Context, r *run) error {
	h := hospitalRun{run: r, done: map[string]bool{}}
	for _, l := range r.single() {
		if key := fmt.Sprint(l.Code, l.date.Day.Unix()); h.done[key] {
			continue
		} else {
			h.done[key] = true
		}
		h.priorAuth(l)
		var err error
		switch r.Setting {
		case outpatient:
			err = h.opps(ctx, l)
		case surgicalCenter:
			err = h.asc(ctx, l)
		}
		if err != nil {
			return err
		}
	}
	if len(h.packaged) > 0 {
		slices.Sort(h.packaged)
		rule, of := finding.OPPSStatus, "outpatient hospital: status N"
		if r.Setting == surgicalCenter {
			rule, of = finding.ASCStatus, "surgical center: payment indicator N1"
		}
		h.rule(ruling{rule: rule, severity: finding.Info, codes: h.packaged, source: h.packagedBy, data: map[string]any{"indicator": "N"}, date: h.packagedOn, medicare: true,
			message: fmt.Sprintf("%s %s packaged for the %s, reported but not paid apart.", list(h.packaged), plural(len(h.packaged), "is", "are"), of)})
	}
	h.unloaded(finding.OPPSStatus, "OPPS Addendum B", "the outpatient hospital")
	h.unloaded(finding.ASCStatus, "set of ASC addenda", "the surgical center")
	return nil
}

type hospitalRun struct {
	*run
	done       map[string]bool
	packaged   []string
	packagedBy string
	packagedOn Date
	unheld     []string
	unheldOn   time.Time
}

func (h *hospitalRun) unloaded(rule, file, who string) {
	if len(h.unheld) == 0 || (rule == finding.ASCStatus) != (h.Setting == surgicalCenter) {
		return
	}
	slices.Sort(h.unheld)
	h.notChecked(rule, fmt.Sprintf("No %s that is loaded answers for %s, so how %s is paid for %s was not checked.", file, h.unheldOn.Format("2 Jan 2006"), who, list(h.unheld)))
}

func (h *hospitalRun) notHeld(l line) {
	h.unheld, h.unheldOn = append(h.unheld, l.Code), l.date.Day
}

func (h *hospitalRun) pack(l line, source codebook.Source) {
	h.packaged, h.packagedBy, h.packagedOn = append(h.packaged, l.Code), cite(source), l.date
}

// opps judges the status indicator of Addendum B.
func (h *hospitalRun) opps(ctx context.Context, l line) error {
	o, ok, source, err := h.book.OPPS(ctx, l.Code, l.date.Day)
	if err != nil {
		return err
	}
	if !ok {
		if !source.Covered {
			h.notHeld(l)
		}
		return nil
	}
	severity, message := finding.Info, ""
	data := map[string]any{"status": o.Status, "release": o.Release}
	if o.APC != "" {
		data["apc"] = o.APC
	}
	switch o.Status {
	case "C":
		severity, message = finding.Error, fmt.Sprintf("Medicare pays %s to inpatients only: status C, so the outpatient department is not paid for it.", l.Code)
		if a := h.policy.Value("inpatient-only-list", "*", l.date.Day); a.OK() {
			data["policy"] = a.Row.Cite()
		}
	case "B":
		severity, message = finding.Error, fmt.Sprintf("An outpatient hospital bill does not take %s: status B, another code is used there.", l.Code)
		if a := h.policy.Value("opps-code", l.Code, l.date.Day); a.OK() {
			message += fmt.Sprintf(" For a clinic visit that is %s [%s].", strings.Join(a.List(), " or "), a.Row.Cite())
		}
	case "E1":
		severity, message = finding.Error, fmt.Sprintf("Medicare does not pay %s on an outpatient hospital bill: status E1.", l.Code)
	case "E2":
		severity, message = finding.Warning, fmt.Sprintf("Medicare has no price for %s on an outpatient hospital bill: status E2.", l.Code)
	case "M":
		severity, message = finding.Error, fmt.Sprintf("%s is not billed to the Medicare contractor: status M.", l.Code)
	case "N":
		h.pack(l, source)
	case "J1":
		message = fmt.Sprintf("%s is paid as a comprehensive service (status J1): nearly all else on the outpatient claim is packaged into it.", l.Code)
	case "T":
		others, err := h.discounted(ctx, l)
		if err != nil || len(others) == 0 {
			return err
		}
		data["others"] = others
		message = fmt.Sprintf("%s and %s are procedures with status T: all but the one of highest payment are paid at half.", l.Code, list(others))
	case "Q1", "Q2", "Q3", "Q4":
		message = fmt.Sprintf("Whether the outpatient department is paid apart for %s depends on the rest of the claim: status %s, %s.", l.Code, o.Status, map[string]string{
			"Q1": "packaged beside a service with status S, T or V", "Q2": "packaged beside a service with status T", "Q3": "part of a composite payment in some combinations",
			"Q4": "a laboratory test that is packaged beside other services"}[o.Status])
	}
	if message != "" {
		h.rule(ruling{rule: finding.OPPSStatus, severity: severity, codes: []string{l.Code}, message: message, source: cite(source), data: data, date: l.date, medicare: true, settings: []string{outpatient}})
	}
	return nil
}

// discounted are the other procedures with status T of the encounter; they are named once, with the first.
func (h *hospitalRun) discounted(ctx context.Context, l line) ([]string, error) {
	var others []string
	for _, o := range h.together(l.Group) {
		if o.Code == l.Code || slices.Contains(others, o.Code) {
			continue
		}
		row, ok, _, err := h.book.OPPS(ctx, o.Code, o.date.Day)
		if err != nil {
			return nil, err
		}
		if ok && row.Status == "T" {
			if o.Code < l.Code {
				return nil, nil
			}
			others = append(others, o.Code)
		}
	}
	slices.Sort(others)
	return others, nil
}

// asc judges the payment indicator of the ASC addenda.
func (h *hospitalRun) asc(ctx context.Context, l line) error {
	a, ok, covered, source, err := h.book.ASC(ctx, l.Code, l.date.Day)
	if err != nil {
		return err
	}
	data := map[string]any{"indicator": a.Indicator, "addendum": a.Addendum}
	message, severity := "", finding.Error
	switch {
	case !ok && len(covered) < 3:
		h.notHeld(l)
	case !ok && kindOf(l) == kindSurgery:
		data = map[string]any{"addenda": covered}
		severity, message = finding.Warning, fmt.Sprintf("%s is in none of the ASC addenda AA, BB and EE: Medicare does not list it as paid to a surgical center.", l.Code)
	case ok && a.Indicator == "N1":
		h.pack(l, source)
	case ok && (a.Addendum == "ee" || slices.Contains([]string{"C5", "D5", "E5", "M5", "M6", "U5", "X5", "Y5"}, a.Indicator)):
		why := map[string]string{"C5": "inpatient only", "U5": "an unlisted procedure", "X5": "unsafe outside of a hospital", "D5": "deleted", "E5": "not valid for this use", "Y5": "not surgery"}[a.Indicator]
		if why != "" {
			why = ", " + why
		}
		message = fmt.Sprintf("Medicare does not pay a surgical center for %s: payment indicator %s%s.", l.Code, a.Indicator, why)
	}
	if message != "" {
		h.rule(ruling{rule: finding.ASCStatus, severity: severity, codes: []string{l.Code}, message: message, source: cite(source), data: data, date: l.date, medicare: true, settings: []string{surgicalCenter}})
	}
	return nil
}

// priorAuth tells from a cited row that Medicare asks a hospital's outpatient department for prior authorization. Nothing is said where there is
// no row.
func (h *hospitalRun) priorAuth(l line) {
	if h.Setting != outpatient && !slices.Contains([]string{"19", "22"}, h.Place) || h.policy == nil {
		return
	}
	a := h.policy.Value("prior-authorization", l.Code, l.date.Day)
	if !a.OK() {
		return
	}
	h.rule(ruling{rule: finding.PriorAuth, severity: finding.Warning, codes: []string{l.Code}, source: a.Row.Cite(), data: map[string]any{"list": a.Value}, date: l.date, medicare: true, settings: []string{outpatient},
		message: fmt.Sprintf("Medicare asks a hospital's outpatient department for prior authorization of %s (%s): its claim carries the number of the decision.", l.Code, a.Value)})
}

// hospitalRules are the lines of the index that this family answers for.
func hospitalRules() []Rule {
	return []Rule{
		{finding.OPPSStatus, "How Medicare pays a hospital's outpatient department for the code: inpatient only, another code, packaged, conditional, comprehensive, discounted.",
			"42 CFR part 419", "OPPS Addendum B of the quarter", "yes", "What the rest of the claim packages; only where the setting is a hospital."},
		{finding.ASCStatus, "Whether Medicare pays a surgical center for the code.", "42 CFR part 416", "ASC addenda AA, BB and EE of the quarter", "yes",
			"Only where the setting is a surgical center; absence counts only when all three addenda answer for the day."},
		{finding.PriorAuth, "A hospital's outpatient department is asked for prior authorization.", "42 CFR 419.83", "dated policy, to be verified", "partial",
			"Only codes with a row; that there is none never means that no authorization is needed. Other payers' lists are their own."},
	}
}
