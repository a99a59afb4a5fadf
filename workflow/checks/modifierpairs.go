package checks

import (
	"slices"

	"caseconsultant/workflow/finding"
)

// exclusive is a set of modifiers of which a line can bear one: any two contradict each other, and why says in what.
type exclusive struct {
	these  []string
	with   []string // if set, only a pair of one of these and one of those
	why    string
	source string
}

// What excludes what on one line. 24 and 25, 25 and 57, GX and GY, 58 and 59 and the like may stand together and are not here; 50, RT and LT are
// the bilateral rule's, 26 and TC that of the professional and technical parts.
var exclusives = []exclusive{
	{these: []string{"76", "77"}, why: "the same practitioner repeated it, or another one did", source: cptModifiers},
	{these: []string{"76", "77"}, with: []string{"91"}, why: "91 is for a laboratory test that was repeated for a further result, 76 and 77 for a repeated procedure", source: cptModifiers},
	{these: []string{"58", "78", "79"}, why: "a later procedure is planned (58), an unplanned return for a complication (78) or unrelated (79)", source: cptModifiers},
	{these: []string{"XE", "XS", "XP", "XU"}, why: "the one that the record shows best is enough", source: "HCPCS Level II modifiers; CMS's article on 59 and X{EPSU}"},
	{these: []string{"59"}, with: []string{"XE", "XS", "XP", "XU"}, why: "the X modifier is used in place of 59 and not beside it", source: "HCPCS Level II modifiers; CMS's article on 59 and X{EPSU}"},
	{these: []string{"80", "81", "82"}, why: "each says in another way that one surgeon assisted", source: cptModifiers},
	{these: []string{"62", "66"}, why: "two surgeons, or a team", source: cptModifiers},
	{these: []string{"62", "66"}, with: []string{"80", "81", "82", "AS"}, why: "a surgeon who shares a procedure does not assist at it too", source: cptModifiers},
	{these: []string{"52", "53", "73", "74"}, why: "a service was reduced by choice (52), or stopped for the patient's sake (53, and in a facility 73 or 74)", source: cptModifiers},
	{these: []string{"54", "55", "56"}, why: "who gives several parts of the global care names each on a line of its own, and who gives all of it names none", source: cptModifiers},
	{these: []string{"54", "55"}, with: []string{"80", "81", "82", "AS"}, why: "an assistant has no share of the care before and after", source: cptModifiers},
	{these: []string{"GA", "GZ"}, why: "a notice was signed, or it was not", source: "Medicare Claims Processing Manual, chapter 1, section 60"},
	{these: []string{"GA", "GX"}, why: "the notice was required, or it was voluntary", source: "Medicare Claims Processing Manual, chapter 1, section 60"},
	{these: []string{"GA", "GZ"}, with: []string{"GY"}, why: "GY is for what Medicare never covers, GA and GZ are for what it may find not necessary", source: "Medicare Claims Processing Manual, chapter 1, section 60"},
	{these: []string{"GX"}, with: []string{"GZ"}, why: "a voluntary notice goes with what is never covered, GZ with a necessity that is in doubt", source: "Medicare Claims Processing Manual, chapter 1, section 60"},
	{these: []string{"KX"}, with: []string{"GA", "GY", "GZ"}, why: "KX says that the requirements of the policy are met", source: "Medicare Claims Processing Manual, chapter 1, section 60"},
	{these: []string{"CQ", "CO"}, why: "the assistant is one of physical or of occupational therapy", source: "42 CFR 410.59 and 410.60"},
	{these: []string{"CQ"}, with: []string{"GO", "GN"}, why: "CQ goes with GP", source: "42 CFR 410.60"},
	{these: []string{"CO"}, with: []string{"GP", "GN"}, why: "CO goes with GO", source: "42 CFR 410.59"},
	{these: []string{"AA", "AD", "QK", "QX", "QY", "QZ"}, why: "each names another way in which anesthesia was given and supervised", source: "Medicare Claims Processing Manual, chapter 12, section 50"},
	{these: []string{"P1", "P2", "P3", "P4", "P5", "P6"}, why: "a patient has one physical status", source: cptModifiers},
	{these: []string{"GC", "GE"}, why: "the teaching physician was present, or the primary care exception was used", source: "Medicare Claims Processing Manual, chapter 12, section 100"},
	{these: []string{"33", "PT"}, why: "PT is Medicare's modifier, 33 that of other payers", source: cptModifiers},
	{these: []string{"NU", "RR", "UE"}, why: "equipment is new, used or rented", source: hcpcsModifier},
	{these: []string{"PO", "PN"}, why: "an off-campus department is excepted, or it is not", source: hcpcsModifier},
	{these: []string{"Q5", "Q6"}, why: "the substitute is paid by exchange or by the time", source: "Medicare Claims Processing Manual, chapter 1, section 30.2"},
	{these: []string{"K0", "K1", "K2", "K3", "K4"}, why: "a patient has one functional level", source: hcpcsModifier},
	{these: []string{"LC", "LD", "LM", "RC", "RI"}, why: "a line names one vessel", source: hcpcsModifier},
}

// pairs finds modifiers of one line that cannot both be true, and those that stand twice.
func (m *modifierRun) pairs(l line) {
	var once []string
	for _, modifier := range l.Modifiers {
		if slices.Contains(once, modifier) {
			m.says(finding.ModifierPair, finding.Warning, l, cptModifiers, false, []string{modifier, modifier}, "%s stands twice on the line of %s: once is enough.", modifier, l.Code)
			continue
		}
		once = append(once, modifier)
	}
	for _, x := range exclusives {
		a := common(once, x.these)
		if len(x.with) > 0 {
			b := common(once, x.with)
			if len(a) == 0 || len(b) == 0 {
				continue
			}
			a = append(a, b...)
		}
		if len(a) > 1 {
			m.says(finding.ModifierPair, finding.Warning, l, x.source, false, a, "%s on one line of %s exclude each other: %s.", list(a), l.Code, x.why)
		}
	}
	m.places(l, once)
}

// places: a line names one digit or eyelid, and its side is no other than that of RT or LT.
func (m *modifierRun) places(l line, once []string) {
	for _, of := range []struct {
		modifiers []string
		name      string
	}{{fingers, "finger"}, {toes, "toe"}} {
		if found := common(once, of.modifiers); len(found) > 1 {
			m.says(finding.ModifierPair, finding.Warning, l, hcpcsModifier, false, found, "%s on one line of %s name %d %ss: each is a line of its own.", list(found), l.Code, len(found), of.name)
			return
		}
	}
	if side := common(once, []string{"RT", "LT"}); len(side) == 1 {
		for _, modifier := range once {
			if s := sideOf(modifier); s != "" && s != side[0] {
				m.says(finding.ModifierPair, finding.Warning, l, hcpcsModifier, false, []string{side[0], modifier}, "%s and %s on one line of %s name different sides.", side[0], modifier, l.Code)
			}
		}
	}
}

// common are the modifiers that are in both lists, in a fixed order.
func common(a, b []string) []string {
	var out []string
	for _, m := range b {
		if slices.Contains(a, m) && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
