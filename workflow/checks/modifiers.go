package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/finding"
)

const (
	ncciManual    = "NCCI Policy Manual, chapter I, section E"
	cptModifiers  = "CPT, appendix A (modifiers)"
	hcpcsModifier = "HCPCS Level II modifiers"
)

// modifiers judges the modifiers of each line by what they mean: whether they fit the kind of code, and whether two of them can both be true.
// What the fee schedule's indicators decide stands in feeSchedule, what an earlier operation decides in globalPeriod.
//
// Authority: CPT's definitions of its modifiers, the HCPCS file's of the others, chapter I of the NCCI Policy Manual, and rows of the dated
// policy. None of these is a file that settles a claim, so that everything here is a warning or information.
func modifiers(_ context.Context, r *run) error {
	m := modifierRun{run: r, done: map[string]bool{}}
	for _, l := range r.single() {
		m.fits(l)
		m.pairs(l)
		m.order(l)
	}
	m.distinct()
	return nil
}

type modifierRun struct {
	*run
	done map[string]bool
}

// says reports one finding once for a line as it stands.
func (m *modifierRun) says(rule, severity string, l line, source string, medicare bool, named []string, format string, args ...any) {
	key := fmt.Sprint(rule, l.label(), named, l.date.Day.Unix())
	if m.done[key] {
		return
	}
	m.done[key] = true
	m.rule(ruling{rule: rule, severity: severity, codes: []string{l.Code}, message: fmt.Sprintf(format, args...), source: source,
		data: map[string]any{"modifiers": named}, date: l.date, medicare: medicare})
}

// fit is a rule of one modifier and one kind of code.
type fit struct {
	modifiers []string
	// only are the kinds that it belongs to; never are those that it does not. One of the two is set.
	only, never []kindOfCode
	message     string // %[1]s modifier, %[2]s code, %[3]s what the code is
	source      string
}

// fits are judged in order; the first that objects to a modifier is the one that is said.
var fitRules = []fit{
	{modifiers: []string{"24", "25", "57"}, only: []kindOfCode{kindVisit},
		message: "%[1]s belongs on a visit, and %[2]s is %[3]s.", source: ncciManual},
	{modifiers: []string{"27"}, only: []kindOfCode{kindVisit}, message: "27 belongs on a hospital's visit, and %[2]s is %[3]s.", source: ncciManual},
	{modifiers: []string{"FT"}, only: []kindOfCode{kindVisit}, message: "FT belongs on a visit (critical care above all), and %[2]s is %[3]s.", source: hcpcsModifier},
	{modifiers: []string{"59", "XE", "XS", "XP", "XU"}, never: []kindOfCode{kindVisit},
		message: "%[1]s does not belong on a visit: for %[2]s it is 25 that says that the visit was separate from the procedure.", source: ncciManual},
	{modifiers: []string{"58", "78", "79"}, never: []kindOfCode{kindVisit},
		message: "%[1]s belongs on a procedure; for a visit such as %[2]s in the days after an operation it is 24.", source: ncciManual},
	{modifiers: []string{"22", "47", "51", "53", "54", "55", "56", "58", "62", "63", "66", "73", "74", "76", "77", "78", "79"}, never: []kindOfCode{kindVisit},
		message: "%[1]s belongs on a procedure, and %[2]s is a visit.", source: cptModifiers},
	{modifiers: []string{"AA", "AD", "QK", "QS", "QX", "QY", "QZ", "G8", "G9", "23", "P1", "P2", "P3", "P4", "P5", "P6"}, only: []kindOfCode{kindAnesthesia},
		message: "%[1]s belongs on an anesthesia service, and %[2]s is %[3]s.", source: "Medicare Claims Processing Manual, chapter 12, section 50"},
	{modifiers: []string{"47", "22", "62", "66", "80", "81", "82"}, never: []kindOfCode{kindAnesthesia},
		message: "%[1]s does not belong on an anesthesia service such as %[2]s.", source: cptModifiers},
	{modifiers: []string{"JW", "JZ", "JA", "JB", "JG", "TB", "JK", "JL"}, never: []kindOfCode{kindVisit, kindAnesthesia, kindSurgery, kindImaging, kindLaboratory, kindMedicine},
		message: "%[1]s belongs on the line of a drug, and %[2]s is %[3]s.", source: "Medicare Claims Processing Manual, chapter 17, section 40"},
	{modifiers: []string{"QW", "90", "91", "92"}, never: []kindOfCode{kindVisit, kindAnesthesia, kindSurgery, kindImaging, kindMedicine, kindDrug},
		message: "%[1]s belongs on a laboratory test, and %[2]s is %[3]s.", source: cptModifiers},
	{modifiers: []string{"GP", "GO", "GN", "CQ", "CO"}, never: []kindOfCode{kindVisit, kindAnesthesia, kindImaging, kindLaboratory, kindDrug},
		message: "%[1]s names a therapy plan of care, and %[2]s is %[3]s.", source: "Medicare Claims Processing Manual, chapter 5, section 20.1"},
	{modifiers: []string{"80", "81", "82", "AS", "62", "66"}, never: []kindOfCode{kindVisit, kindLaboratory, kindDrug},
		message: "%[1]s names a further surgeon, and %[2]s is %[3]s.", source: cptModifiers},
	{modifiers: []string{"50", "RT", "LT"}, never: []kindOfCode{kindVisit, kindLaboratory},
		message: "%[1]s names a side, and %[2]s is %[3]s, which has none.", source: hcpcsModifier},
}

// fits looks at each modifier of a line by itself.
func (m *modifierRun) fits(l line) {
	kind := kindOf(l)
	rows, ok := m.facts.fees[factKey{"", l.Code, l.date.Day.Unix()}]
	indicators := ok && len(rows.rows) > 0 && !m.facilityClaim()
	for i, modifier := range l.Modifiers {
		if slices.Contains(l.Modifiers[:i], modifier) {
			continue // named twice, which is said as such
		}
		if names, treats := misplaced(l.Code, modifier); names != "" {
			m.says(finding.ModifierNotApplicable, finding.Warning, l, hcpcsModifier, false, []string{modifier}, "%s names %s, and %s treats %s.", modifier, names, l.Code, treats)
			continue
		}
		if m.bySetting(l, modifier) || m.byCode(l, modifier) {
			continue
		}
		if indicators && slices.Contains([]string{"26", "TC", "50", "51", "62", "66", "80", "81", "82", "AS"}, modifier) {
			continue // the fee schedule's row has decided, with its indicator
		}
		for _, f := range fitRules {
			if !slices.Contains(f.modifiers, modifier) || kind == kindOther {
				continue
			}
			if len(f.only) > 0 && !slices.Contains(f.only, kind) || slices.Contains(f.never, kind) {
				m.says(finding.ModifierNotApplicable, finding.Warning, l, f.source, false, []string{modifier}, f.message, modifier, l.Code, string(kind))
				break
			}
		}
	}
}

// bySetting: some modifiers belong to hospitals and surgical centers, some to practitioners.
func (m *modifierRun) bySetting(l line, modifier string) bool {
	says := func(format string, args ...any) bool {
		m.says(finding.ModifierNotApplicable, finding.Warning, l, cptModifiers, false, []string{modifier}, format, args...)
		return true
	}
	switch {
	case m.Setting == practitioner && !m.SettingAssumed && slices.Contains([]string{"73", "74"}, modifier):
		return says("%s is for hospitals and surgical centers: a practitioner whose procedure %s was stopped reports 53.", modifier, l.Code)
	case m.facilityClaim() && modifier == "53":
		return says("53 is for practitioners: a hospital or surgical center reports %s with 73 (stopped before anesthesia) or 74 (after it began).", l.Code)
	case m.Setting == practitioner && !m.SettingAssumed && slices.Contains([]string{"27", "PO", "PN", "ER", "CA"}, modifier):
		return says("%s is for hospital outpatient claims, and the claim of %s is a practitioner's.", modifier, l.Code)
	case m.facilityClaim() && slices.Contains([]string{"26", "AI", "80", "81", "82", "AS", "62", "66", "54", "55", "56", "AA", "QK", "QX", "QY", "QZ", "AD"}, modifier):
		return says("%s is for practitioners' claims, and the claim of %s is a facility's.", modifier, l.Code)
	}
	return false
}

// colonoscopies and the like, from which a screening may turn into treatment.
func bowelLook(code string) bool {
	n := number(code)
	return n >= 44388 && n <= 44408 || n >= 45300 && n <= 45398 || code == "G0104" || code == "G0105" || code == "G0121"
}

// byCode: modifiers that only some codes of a kind take.
func (m *modifierRun) byCode(l line, modifier string) bool {
	n := number(l.Code)
	says := func(source string, medicare bool, format string, args ...any) bool {
		m.says(finding.ModifierNotApplicable, finding.Warning, l, source, medicare, []string{modifier}, format, args...)
		return true
	}
	switch {
	case modifier == "AI" && n != 0 && !(n >= 99221 && n <= 99223 || n >= 99234 && n <= 99236 || n >= 99304 && n <= 99306):
		return says("Medicare Claims Processing Manual, chapter 12, section 30.6.9.1", true, "AI marks the first hospital or nursing facility visit of the physician in charge, and %s is no such visit.", l.Code)
	case modifier == "PT" && l.Code[0] != 'G' && n != 0 && !bowelLook(l.Code) && !(n >= 100 && n <= 1999) && !(n >= 88300 && n <= 88399) && !(n >= 10004 && n <= 69990):
		return says(m.policySource("modifier", "PT", l, "Medicare Claims Processing Manual, chapter 18, section 60"), true,
			"PT says that a colorectal screening became diagnostic, and %s is no service of such a screening.", l.Code)
	case modifier == "PT" && (m.Payer == "commercial" || m.Payer == medicaid):
		m.says(finding.ModifierNotApplicable, finding.Info, l, m.policySource("modifier", "PT", l, "Medicare Claims Processing Manual, chapter 18, section 60"), false, []string{modifier},
			"PT on %s is Medicare's modifier: most other payers ask for 33.", l.Code)
		return true
	case modifier == "33" && m.Payer == medicareFFS && bowelLook(l.Code):
		return says(m.policySource("modifier", "PT", l, "Medicare Claims Processing Manual, chapter 18, section 60"), true,
			"For a colorectal screening that became diagnostic Medicare asks for PT, not 33, on %s.", l.Code)
	}
	return false
}

// policySource is the row that a statement rests on, or where it is known from when there is none for the day.
func (m *modifierRun) policySource(rule, key string, l line, otherwise string) string {
	if m.policy != nil {
		if a := m.policy.Value(rule, key, l.date.Day); a.OK() {
			return a.Row.Cite()
		}
	}
	return otherwise + ", to be verified"
}

// distinct says once for all lines with 59 that Medicare has modifiers that say more. Pairs say more where one is loaded.
func (m *modifierRun) distinct() {
	var on []string
	var first line
	for _, l := range m.single() {
		if l.has("59") && !l.has("XE", "XS", "XP", "XU") && kindOf(l) != kindVisit && !slices.Contains(on, l.Code) {
			if len(on) == 0 {
				first = l
			}
			on = append(on, l.Code)
		}
	}
	if len(on) == 0 || m.Payer != medicareFFS || m.policy == nil {
		return
	}
	a := m.policy.Value("ptp-modifier", "XS", first.date.Day)
	if !a.OK() {
		return
	}
	slices.Sort(on)
	m.rule(ruling{rule: finding.ModifierPair, severity: finding.Info, codes: on, source: a.Row.Cite(), data: map[string]any{"modifiers": []string{"59"}}, date: first.date, medicare: true,
		message: fmt.Sprintf("59 on %s is the general form: where the record shows a separate encounter, structure or practitioner, XE, XS or XP says so, and Medicare prefers it.", list(on))})
}

// order: the claim takes four modifiers, and many payers price by the first. What changes the payment comes before what only informs.
func (m *modifierRun) order(l line) {
	informing := ""
	for _, modifier := range l.Modifiers {
		switch {
		case slices.Contains(pricing, modifier) && informing != "":
			sorted := slices.Clone(l.Modifiers)
			slices.SortStableFunc(sorted, func(a, b string) int {
				return btoi(slices.Contains(informative, a)) - btoi(slices.Contains(informative, b))
			})
			m.says(finding.ModifierPair, finding.Info, l, cptModifiers+"; usual practice of payers", false, sorted,
				"On the claim %s goes before %s: modifiers that change the payment come first, so %s-%s.", modifier, informing, l.Code, strings.Join(sorted, "-"))
			return
		case slices.Contains(informative, modifier) && informing == "":
			informing = modifier
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// pricing modifiers change the amount of a line; informative ones name a place or a circumstance. Those that are in neither list, such as 25 and
// the modifiers of global periods, may stand anywhere.
var (
	pricing = []string{"26", "TC", "50", "52", "53", "54", "55", "56", "62", "66", "73", "74", "78", "80", "81", "82", "AS", "AA", "AD", "QK", "QX", "QY", "QZ", "NU", "RR", "UE"}

	informative = slices.Concat([]string{"RT", "LT", "59", "XE", "XS", "XP", "XU", "76", "77", "91", "GA", "GC", "GE", "GX", "GY", "GZ", "KX", "Q5", "Q6", "QS", "P1", "P2", "P3", "P4", "P5", "P6"},
		fingers, toes, eyelids, coronary)
)

// modifierRules are the lines of the index that this family answers for.
func modifierRules() []Rule {
	return []Rule{
		{finding.ModifierNotApplicable, "A modifier fits the kind of code, the part of the body, the setting and, for 51, the multiple procedure indicator.",
			"CPT's and HCPCS's definitions of modifiers; NCCI Policy Manual, chapter I; Medicare Claims Processing Manual, chapters 5, 12 and 17",
			"Kinds of codes by CPT's sections; Medicare fee schedule, MULT PROC and GLOB DAYS; dated policy", "yes",
			"Codes of Category III and most of HCPCS have no kind that is known; parts of the body only where a block of CPT treats one."},
		{finding.ModifierPair, "Two modifiers of a line exclude each other, one stands twice, or the order hides what changes the payment.",
			"CPT's and HCPCS's definitions of modifiers; NCCI Policy Manual, chapter I", "A list of pairs of our own, each with its reason; dated policy", "yes",
			"Which of the two is right is for the record to say; the order that a mail writes may not be that of the claim."},
	}
}
