package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

const guidelines = "ICD-10-CM Official Guidelines"

// sequencing judges the order of diagnoses where the message states it, and two rules that need none: a later effect has its own code
// before it, and some pairs have one code for both.
//
// Authority: Official Guidelines I.B.10 (sequela), I.B.12 (a code once an encounter), I.C.20.a.6 (external causes are never first),
// I.C.21.c.16 (Z codes that may only be first).
func (r *run) sequencing(e encounter) {
	say := func(severity, message string, codes ...string) {
		r.rule(ruling{rule: finding.Sequencing, severity: severity, codes: codes, message: message, source: guidelines, date: e.date})
	}
	seen := map[string]int{}
	for i, code := range e.order {
		if seen[code]++; seen[code] == 2 {
			say(finding.Warning, fmt.Sprintf("%s stands twice: a diagnosis is reported once for an encounter (Official Guidelines I.B.12).", code), code)
		}
		if i > 0 && onlyFirst(code) && code != e.order[0] {
			say(finding.Warning, fmt.Sprintf("%s may only be the first-listed diagnosis, and %s stands before it; the exception is several encounters on one day that are reported together (Official Guidelines I.C.21.c.16).",
				code, e.order[0]), code, e.order[0])
		}
	}
	for _, d := range e.list {
		if strings.ContainsAny(d.code[:1], "VWXY") && e.first(d.code) {
			say(finding.Error, fmt.Sprintf("%s is an external cause and may not stand first: the injury or condition does (Official Guidelines I.C.20.a.6).", d.code), d.code)
		}
		if len(d.code) == 8 && d.code[7] == 'S' && strings.ContainsAny(d.code[:1], "ST") {
			if e.first(d.code) {
				say(finding.Warning, fmt.Sprintf("%s is a sequela and stands first: the condition that is left and treated comes before it (Official Guidelines I.B.10).", d.code), d.code)
			} else if len(e.list) == 1 {
				say(finding.Info, fmt.Sprintf("%s is a sequela: the condition that is left and treated is coded before it, if not also on the claim (Official Guidelines I.B.10).", d.code), d.code)
			}
		}
	}
}

// onlyFirst: the Z codes of the guidelines' list of those that may only be principal or first-listed.
func onlyFirst(code string) bool {
	for _, but := range []string{"Z00.6", "Z52.9"} {
		if strings.HasPrefix(code, but) {
			return false
		}
	}
	return slices.ContainsFunc([]string{"Z00", "Z01", "Z02", "Z04", "Z33.2", "Z31.81", "Z31.82", "Z31.83", "Z31.84", "Z34", "Z38", "Z39", "Z40", "Z42",
		"Z51.0", "Z51.1", "Z52", "Z76.1", "Z76.2", "Z99.12"}, func(p string) bool { return strings.HasPrefix(code, p) })
}

// combination is a pair of conditions that the code set presumes to be related and gives one code.
type combination struct {
	a, b      []string // beginnings of codes
	use       string
	authority string
}

// combinations are those of the guidelines and of the convention "with" that are missed most often. Each holds unless the record says that
// the two are unrelated.
var combinations = sync.OnceValue(func() []combination {
	heart := []string{"I50", "I51.4", "I51.5", "I51.6", "I51.7", "I51.89", "I51.9"}
	kidney := []string{"N18"}
	diabetes := func(kind, words string, b ...string) combination {
		return combination{[]string{kind + ".9"}, b, words, "I.A.15 (the word \"with\") and the index under Diabetes, with"}
	}
	out := []combination{
		{[]string{"I10"}, heart, "I11.- (hypertensive heart disease)", "I.C.9.a.1"},
		{[]string{"I10"}, kidney, "I12.- (hypertensive chronic kidney disease)", "I.C.9.a.2"},
		{[]string{"I11"}, kidney, "I13.- (hypertensive heart and chronic kidney disease)", "I.C.9.a.3"},
		{[]string{"I12"}, heart, "I13.- (hypertensive heart and chronic kidney disease)", "I.C.9.a.3"},
		{[]string{"I25.10"}, []string{"I20"}, "I25.11- (atherosclerosis of a native coronary artery with angina)", "I.C.9.b"},
	}
	for _, kind := range []string{"E08", "E09", "E10", "E11", "E13"} {
		out = append(out, diabetes(kind, kind+".22 (with chronic kidney disease)", "N18"), diabetes(kind, kind+".621 or "+kind+".622 (with a skin ulcer)", "L97"),
			diabetes(kind, kind+".43 (with autonomic neuropathy, gastroparesis)", "K31.84"), diabetes(kind, kind+".51 (with peripheral angiopathy)", "I73.9"),
			diabetes(kind, kind+".42 (with polyneuropathy)", "G62.9"))
	}
	return out
})

func (r *run) combined(e encounter) {
	begins := func(code string, list []string) bool {
		return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(code, p) })
	}
	for _, c := range combinations() {
		for _, a := range e.list {
			if !begins(a.code, c.a) {
				continue
			}
			for _, b := range e.list {
				if begins(b.code, c.b) && len(notesBetween(a, b, "excludes1")) == 0 {
					r.rule(ruling{rule: finding.UnspecifiedCode, severity: finding.Warning, codes: []string{a.code, b.code}, date: e.date,
						source:  guidelines + " " + c.authority,
						message: fmt.Sprintf("%s beside %s: the code set presumes the two related and has %s, unless the record says that they are not (Official Guidelines %s).", a.code, b.code, c.use, c.authority),
						data:    map[string]any{"use": c.use}})
				}
			}
		}
	}
}

// severalSides compares the sides of the diagnoses of an encounter with each other.
//
// Authority: Official Guidelines I.B.13 (both sides affected and a bilateral code exists: the bilateral code) and I.B.18 (the most specific
// code that the record supports; an unspecified one only where it supports no more).
func (r *run) severalSides(e encounter, sides map[string]codebook.Sides) {
	for _, d := range e.list {
		s := sides[d.code]
		if s.Side == "right" && s.Bilateral != "" && slices.ContainsFunc(e.list, func(o diagnosis) bool { return o.code == s.Left }) {
			r.rule(ruling{rule: finding.Laterality, severity: finding.Warning, codes: []string{d.code, s.Left}, date: e.date, source: "ICD-10-CM titles",
				message: fmt.Sprintf("%s (right) and %s (left) stand together although %s is for both sides: where both are affected the bilateral code is reported (Official Guidelines I.B.13).", d.code, s.Left, s.Bilateral),
				data:    map[string]any{"bilateral": s.Bilateral}})
		}
	}
}

// sidesOf asks for the sides of all diagnoses of an encounter.
func (r *run) sidesOf(ctx context.Context, e encounter) (map[string]codebook.Sides, error) {
	out := map[string]codebook.Sides{}
	for _, d := range e.list {
		s, err := r.book.Sides(ctx, d.code, e.date.Day)
		if err != nil {
			return nil, err
		}
		out[d.code] = s
	}
	return out, nil
}
