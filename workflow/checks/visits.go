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

// visits compares what the message states of a visit (minutes, decision making, new or established) with the rows of its code, and looks at
// what belongs to visits: prolonged services, critical care, G2211, consultations, telehealth.
//
// It never chooses a level from a note: it says which row of the table a stated number reaches. Authority: CPT's E/M rules since 2021
// (office) and 2023 (all families), Medicare's for prolonged services, critical care, G2211 and telehealth; every value is a row of the
// table of dated policy, and a day without a row is not checked.
func visits(_ context.Context, r *run) error {
	for _, g := range r.groups() {
		lines := r.lines(func(m codes.Mention) bool {
			return m.Group == g && (billing(m.Role) || m.Role == codes.RoleAlternative)
		})
		v := visitRun{run: r, group: g, lines: lines}
		seen := map[string]bool{}
		for _, l := range lines {
			if seen[l.label()] {
				continue
			}
			seen[l.label()] = true
			v.visit(l)
			v.consultation(l)
			v.telehealth(l)
			v.serviceTime(l)
		}
		v.criticalCare()
		v.complexity(r.together(g))
	}
	return nil
}

type visitRun struct {
	*run
	group int
	lines []line
}

// amount are the amounts of one kind that a group states.
func (r *run) amount(group int, kind string) []codes.Stated {
	var out []codes.Stated
	for _, s := range r.Stated {
		if s.Group == group && s.Kind == kind {
			out = append(out, s)
		}
	}
	return out
}

// mayBeMedicare: Medicare's own rules are worth telling.
func (r *run) mayBeMedicare() bool {
	return r.Payer == medicareFFS || r.Payer == "medicare_advantage" || r.Payer == "unknown" || r.Payer == ""
}

// minutes are those that the message states for a visit: of its own code, else those of the visit as such. Several different ones give none,
// and why: nobody could say which is the billing practitioner's total.
func (v *visitRun) minutes(l line) (n float64, word, why string) {
	var own, open []codes.Stated
	for _, s := range v.amount(v.group, codes.StatedMinutes) {
		fits := s.Word == "" || s.Word == "total" || s.Word == "face-to-face" || s.Word == "counseling" || s.Word == "discharge" && strings.HasPrefix(l.Code, "9923") ||
			s.Word == "discharge" && strings.HasPrefix(l.Code, "9931") || s.Word == "critical care" && strings.HasPrefix(l.Code, "9929")
		switch {
		case !fits:
		case s.Code == l.Code:
			own = append(own, s)
		case s.Code == "" && !v.timesOthers(s):
			open = append(open, s)
		}
	}
	for _, of := range [][]codes.Stated{own, open} {
		if i := slices.IndexFunc(of, func(s codes.Stated) bool { return s.Word == "total" }); i >= 0 {
			total := of[i]
			of = slices.DeleteFunc(slices.Clone(of), func(s codes.Stated) bool { return s.Word != "total" || s.Value == total.Value })
			of = append(of, total)
		}
		var values []string
		for _, s := range of {
			if t := calculate.Number(s.Value); !slices.Contains(values, t) {
				values = append(values, t)
			}
		}
		switch {
		case len(values) == 1:
			return of[0].Value, of[0].Word, ""
		case len(values) > 1:
			return 0, "", fmt.Sprintf("Several times are stated (%s minutes) and not which is the billing practitioner's total on the date, so the time of %s was not checked.", list(values), l.Code)
		}
	}
	return 0, "", ""
}

// timesOthers: bare minutes of a group with timed therapy, anesthesia or critical care may be of these.
func (v *visitRun) timesOthers(s codes.Stated) bool {
	if s.Word == "total" {
		return false
	}
	return slices.ContainsFunc(v.lines, func(l line) bool {
		if p := v.policy.Value("therapy-code", l.Code, l.date.Day); p.OK() {
			return true
		}
		return anesthesiaCode(l.Code) || s.Word == "" && l.Code == "99291"
	})
}

func (v *visitRun) visit(l line) {
	family, ok := calculate.FamilyOf(l.Code)
	if !ok {
		return
	}
	v.patient(l, family)
	minutes, word, why := v.minutes(l)
	if why != "" {
		v.notChecked(finding.EMLevel, why)
	}
	told := minutes > 0 && v.time(l, family, minutes, word)
	if v.decision(l, family) {
		told = true
	}
	if told || l.Role != codes.RoleAlternative || why != "" {
		return
	}
	// Alternatives of one family: each with its row, so that the record can be held against it.
	others := slices.ContainsFunc(v.lines, func(o line) bool { return o.Code != l.Code && slices.Contains(family.Codes, o.Code) })
	if words, row, why := calculate.Ask(v.policy, l.Code, l.date.Day); others && why == "" {
		v.rule(ruling{rule: finding.EMLevel, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: row.Cite(),
			message: fmt.Sprintf("%s takes %s; the mail states neither minutes nor the level of decision making.", l.Code, words),
			data:    map[string]any{"takes": words}})
	}
}

// time holds stated minutes against the row of the code. It reports whether the day has a row.
func (v *visitRun) time(l line, family calculate.Family, minutes float64, word string) bool {
	fit, why := calculate.Time(v.policy, l.Code, minutes, l.date.Day)
	if why != "" {
		v.notChecked(finding.EMLevel, fmt.Sprintf("The minutes of %s were %s.", l.Code, why))
		return false
	}
	n := calculate.Number(minutes)
	x := ruling{rule: finding.EMLevel, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: fit.Row.Cite(),
		data: map[string]any{"minutes": minutes, "minimum": fit.Min, "maximum": fit.Max, "reaches": fit.Fits, "family": family.Name}}
	highest := fit.Next.Code == ""
	switch {
	case fit.None && family.Place == "emergency":
		x.message = fmt.Sprintf("%s is never chosen by time: emergency department levels rest on decision making alone, so the %s minutes stated do not count.", l.Code, n)
	case fit.None:
		x.message = fmt.Sprintf("%s has no time of its own, so the %s minutes stated do not choose it.", l.Code, n)
		if fit.Fits != "" {
			x.message += fmt.Sprintf(" By time they reach %s.", fit.Fits)
		}
	case fit.Reached && fit.Min == 0:
		x.message = fmt.Sprintf("%s minutes are within %s (%s).", n, l.Code, fit.Words())
	case fit.Reached && highest:
		x.message = fmt.Sprintf("%s minutes meet the minimum of %s (%d), the highest level of %s.", n, l.Code, fit.Min, family.Name)
	case fit.Reached && minutes >= float64(fit.Next.Min):
		x.message = fmt.Sprintf("%s minutes meet the minimum of %s (%d) and also that of %s (%d).", n, l.Code, fit.Min, fit.Next.Code, fit.Next.Min)
	case fit.Reached:
		x.message = fmt.Sprintf("%s minutes meet the minimum of %s (%d) and not that of %s (%d).", n, l.Code, fit.Min, fit.Next.Code, fit.Next.Min)
	case fit.Max > 0 && minutes > float64(fit.Max):
		x.message = fmt.Sprintf("%s minutes are more than %s takes on that date (%s).", n, l.Code, fit.Words())
		if fit.Fits != "" {
			x.message += fmt.Sprintf(" By time they reach %s.", fit.Fits)
		}
	default:
		if billing(l.Role) {
			x.severity = finding.Warning
		}
		x.message = fmt.Sprintf("%s minutes do not meet the minimum of %s (%d).", n, l.Code, fit.Min)
		if fit.Fits != "" {
			x.message += fmt.Sprintf(" By time they reach %s.", fit.Fits)
		}
		if want, _, why := calculate.DecisionOf(v.policy, l.Code, l.date.Day); why == "" {
			x.message += fmt.Sprintf(" The level can also rest on %s decision making, if the record shows it.", strings.Join(want, " or "))
		}
	}
	if word == "face-to-face" || word == "counseling" {
		x.message += " Only " + word + " time is stated; what counts is the billing practitioner's total on the date."
	} else if !fit.None {
		x.message += " What counts is the billing practitioner's own total on the date."
	}
	v.rule(x)
	v.prolonged(l, minutes)
	return true
}

// decision holds a stated level, or the stated elements, against the code's.
func (v *visitRun) decision(l line, family calculate.Family) bool {
	level, elements := "", calculate.Elements{}
	for _, s := range v.Stated {
		if s.Group != v.group {
			continue
		}
		switch s.Kind {
		case codes.StatedMDM:
			if level != "" && level != s.Word {
				return false // "the doctor says moderate, our auditor low": which of them the record supports is the question itself
			}
			level = s.Word
		case codes.StatedProblem:
			elements.Problems = s.Word
		case codes.StatedData:
			elements.Data = s.Word
		case codes.StatedRisk:
			elements.Risk = s.Word
		}
	}
	how, open := "", false
	if level == "" {
		var why string
		if level, open, _, why = calculate.Decision(elements); why != "" {
			return false
		}
		how = fmt.Sprintf(" (problems %s, data %s, risk %s: two of three reach it)", orUnstated(elements.Problems), orUnstated(elements.Data), orUnstated(elements.Risk))
	}
	want, row, why := calculate.DecisionOf(v.policy, l.Code, l.date.Day)
	if why != "" {
		v.notChecked(finding.EMLevel, fmt.Sprintf("The decision making of %s was %s.", l.Code, why))
		return false
	}
	if len(want) == 0 || calculate.Rank(want[0]) == 0 {
		return false
	}
	at := ""
	for _, code := range family.Codes {
		if w, _, why := calculate.DecisionOf(v.policy, code, l.date.Day); why == "" && slices.Contains(w, level) {
			at = code
		}
	}
	x := ruling{rule: finding.EMLevel, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: row.Cite(),
		data: map[string]any{"decision_making": level, "takes": strings.Join(want, " or "), "reaches": at, "problems": elements.Problems, "data": elements.Data, "risk": elements.Risk}}
	got := strings.ToUpper(level[:1]) + level[1:] + " decision making" + how
	switch {
	case slices.Contains(want, level):
		x.message = fmt.Sprintf("%s is the level of %s.", got, l.Code)
	case calculate.Rank(level) > calculate.Rank(want[len(want)-1]):
		x.message = fmt.Sprintf("%s is more than %s takes (%s).", got, l.Code, strings.Join(want, " or "))
		if at != "" {
			x.message += fmt.Sprintf(" It is the level of %s.", at)
		}
	default:
		if billing(l.Role) {
			x.severity = finding.Warning
		}
		x.message = fmt.Sprintf("%s does not reach %s, which takes %s.", got, l.Code, strings.Join(want, " or "))
		if at != "" {
			x.message += fmt.Sprintf(" It is the level of %s.", at)
		}
		if t, why := calculate.TimeOf(v.policy, l.Code, l.date.Day); why == "" && !t.None {
			x.message += fmt.Sprintf(" The level can also rest on time: %s.", t.Words())
		}
	}
	if open {
		x.message += " The third element is not stated and could raise it."
	}
	x.message += " Whether the record supports the stated level was not looked at."
	v.rule(x)
	return true
}

func orUnstated(level string) string {
	if level == "" {
		return "not stated"
	}
	return level
}

// patient compares new and established with the family of the code.
func (v *visitRun) patient(l line, family calculate.Family) {
	if family.Patient == "" {
		return
	}
	for _, s := range v.amount(v.group, codes.StatedPatient) {
		a := v.policy.Value("new-patient-years", "*", l.date.Day)
		if s.Word == family.Patient || !a.OK() {
			continue
		}
		v.rule(ruling{rule: finding.EMLevel, severity: finding.Warning, codes: []string{l.label()}, date: l.date, source: a.Row.Cite(),
			message: fmt.Sprintf("%s belongs to %s, and the mail speaks of a patient who is %s: new means that nobody of the same group and the same specialty has seen the patient within %s years.", l.Code, family.Name, s.Word, a.Value),
			data:    map[string]any{"code_for": family.Patient, "stated": s.Word}})
	}
}

// prolonged says how many units of a prolonged service the minutes make beside the highest level, by CPT's rule and by Medicare's.
func (v *visitRun) prolonged(l line, minutes float64) {
	for _, of := range []struct {
		rule, who string
		medicare  bool
	}{{"prolonged-cpt", "CPT", false}, {"prolonged-medicare", "Medicare", true}} {
		if of.medicare && !v.mayBeMedicare() || !of.medicare && v.Payer == medicareFFS {
			continue
		}
		p, why := calculate.ProlongedService(v.policy, of.rule, l.Code, minutes, l.date.Day)
		if why != "" {
			continue
		}
		billed := 0
		for _, o := range v.lines {
			if o.Code == p.Code && billing(o.Role) {
				billed += max(o.Units, 1)
			}
		}
		// CPT's code on a claim to Medicare: another one takes its place, by the row of the same visit.
		foreign := ""
		if other := v.policy.Value("prolonged-cpt", l.Code, l.date.Day).Word("code"); of.medicare && slices.ContainsFunc(v.lines, func(o line) bool { return o.Code == other && billing(o.Role) }) {
			foreign = other
		}
		if p.Units == 0 && billed == 0 && foreign == "" {
			continue
		}
		x := ruling{rule: finding.EMLevel, severity: finding.Info, codes: []string{l.label()}, date: l.date, source: p.Row.Cite(), medicare: of.medicare,
			data:    map[string]any{"minutes": minutes, "prolonged_code": p.Code, "first_unit_at": p.First, "units": p.Units, "billed_units": billed},
			message: fmt.Sprintf("Beside %s, %s counts %s from %d minutes in total, each unit 15 minutes: %s minutes make %d %s.", l.Code, of.who, p.Code, p.First, calculate.Number(minutes), p.Units, plural(p.Units, "unit", "units"))}
		if foreign != "" {
			x.severity = finding.Warning
			x.codes = append(x.codes, foreign)
			x.message += fmt.Sprintf(" The mail names %[2]s, which Medicare does not use; %[1]s stands in its place.", p.Code, foreign)
			x.data["not_used_by_medicare"] = foreign
		}
		if billed > p.Units {
			x.severity = finding.Warning
			x.codes = append(x.codes, p.Code)
			x.message += fmt.Sprintf(" The mail names %d.", billed)
		}
		v.rule(x)
	}
}

// criticalCare works out 99291 and 99292 from stated minutes.
func (v *visitRun) criticalCare() {
	var first, more []line
	for _, l := range v.lines {
		switch l.Code {
		case "99291":
			first = append(first, l)
		case "99292":
			more = append(more, l)
		}
	}
	if len(first)+len(more) == 0 {
		return
	}
	l := append(first, more...)[0]
	minutes := 0.0
	for _, s := range v.amount(v.group, codes.StatedMinutes) {
		if s.Word == "critical care" || s.Code == "99291" && s.Word != "other" || s.Code == "" && s.Word == "total" || s.Code == "" && s.Word == "" && len(v.lines) == len(first)+len(more) {
			minutes = max(minutes, s.Value)
		}
	}
	if minutes == 0 {
		return
	}
	billed := 0
	for _, o := range more {
		if billing(o.Role) {
			billed += max(o.Units, 1)
		}
	}
	for _, medicare := range []bool{false, true} {
		if medicare && !v.mayBeMedicare() || !medicare && v.Payer == medicareFFS {
			continue
		}
		c, why := calculate.CriticalCare(v.policy, minutes, medicare, l.date.Day)
		if why != "" {
			v.notChecked(finding.EMLevel, fmt.Sprintf("The minutes of critical care were %s.", why))
			return
		}
		who := map[bool]string{false: "CPT", true: "Medicare"}[medicare]
		x := ruling{rule: finding.EMLevel, severity: finding.Info, codes: []string{l.Code}, date: l.date, source: c.Row.Cite(), medicare: medicare,
			data: map[string]any{"minutes": minutes, "first_hour": c.First, "units_99292": c.More, "billed_99292": billed}}
		switch {
		case !c.First:
			x.severity = finding.Warning
			x.message = fmt.Sprintf("%s minutes do not reach 99291, which takes 30.", calculate.Number(minutes))
		default:
			x.message = fmt.Sprintf("%s minutes of critical care are 99291 and, by %s's count, %d %s of 99292.", calculate.Number(minutes), who, c.More, plural(c.More, "unit", "units"))
		}
		if billed > c.More {
			x.severity = finding.Warning
			x.codes = append(x.codes, "99292")
			x.message += fmt.Sprintf(" The mail names %d.", billed)
		}
		x.message += " The time of procedures that are reported apart does not count."
		v.rule(x)
	}
}

// consultation: Medicare has not used consultation codes since 2010 and wants the visit code of the place.
func (v *visitRun) consultation(l line) {
	family, ok := calculate.FamilyOf(l.Code)
	if !ok || family.Place != "consultation" || !v.mayBeMedicare() {
		return
	}
	a := v.policy.Value("consultation-codes", medicareFFS, l.date.Day)
	if !a.OK() {
		return
	}
	instead := "office visits (99202-99205, 99211-99215)"
	if strings.HasPrefix(l.Code, "9925") {
		instead = "hospital or nursing facility care (99221-99223, 99231-99233, 99304-99310)"
	}
	v.rule(ruling{rule: finding.EMLevel, severity: finding.Warning, codes: []string{l.label()}, date: l.date, source: a.Row.Cite(), medicare: true,
		message: fmt.Sprintf("Medicare does not use consultation codes such as %s: it wants the code of the visit, from %s.", l.Code, instead),
		data:    map[string]any{"rule": a.Value}})
}

// complexity is G2211 beside the visits of its group. What is missing from the mail says nothing.
func (v *visitRun) complexity(together []line) {
	i := slices.IndexFunc(together, func(l line) bool { return l.Code == "G2211" })
	if i < 0 || !v.mayBeMedicare() {
		return
	}
	l := together[i]
	ask := func(key string) codebook.PolicyAnswer { return v.policy.Value("g2211", key, l.date.Day) }
	report := func(severity, message string, a codebook.PolicyAnswer, visit line) {
		named := []string{visit.label(), "G2211"}
		if l.place < visit.place {
			named = []string{"G2211", visit.label()}
		}
		v.rule(ruling{rule: finding.EMLevel, severity: severity, codes: named, date: l.date, source: a.Row.Cite(), medicare: true, message: message, data: map[string]any{"rule": a.Value, "visit": visit.Code}})
	}
	var visits []line
	for _, o := range together {
		if _, ok := calculate.FamilyOf(o.Code); ok {
			visits = append(visits, o)
		}
	}
	for _, o := range visits {
		family, _ := calculate.FamilyOf(o.Code)
		switch a := ask(family.Place); {
		case family.Place != "office" && family.Place != "home":
			if a := ask("office"); a.OK() && len(visits) == 1 {
				report(finding.Warning, fmt.Sprintf("G2211 goes with office and, from 2026, home visits; %s is neither.", o.Code), a, o)
			}
		case !a.OK():
			v.notChecked(finding.EMLevel, fmt.Sprintf("G2211 beside %s was %s.", o.Code, a.NotChecked))
		case a.Value == "not-payable":
			report(finding.Warning, fmt.Sprintf("On that date Medicare does not pay G2211 beside home visits such as %s; it does from 2026 on.", o.Code), a, o)
		}
		if !o.has("25") {
			continue
		}
		switch a := ask("with-25"); a.Value {
		case "not-payable":
			report(finding.Warning, fmt.Sprintf("%s bears 25, and on that date Medicare does not pay G2211 beside a visit with 25.", o.Code), a, o)
		case "preventive-or-vaccine-only":
			report(finding.Warning, fmt.Sprintf("%s bears 25: Medicare then pays G2211 only where what else was done is a Part B preventive service or the giving of a vaccine.", o.Code), a, o)
		}
	}
}

// visitRules are the lines of the index that this family answers for.
func visitRules() []Rule {
	return []Rule{
		{finding.EMLevel, "Stated minutes, decision making and new or established against the row of the visit code; prolonged services, critical care, consultations, G2211.",
			"CPT E/M rules since 2021 and 2023; Medicare Claims Processing Manual, chapter 12, section 30.6; fee schedule final rules", "dated policy table", "yes",
			"Never chooses a level from a note; whose minutes they are, and whether the record supports the level, is for the record to say."},
		{finding.Telehealth, "Place of service 02 or 10 and modifiers 93, 95, FQ and GT by the rules of the date.", "42 CFR 410.78; Medicare Claims Processing Manual, chapter 12, section 190",
			"dated policy table", "partial", "The list of telehealth services is not read; states' and plans' own rules are not known."},
	}
}
