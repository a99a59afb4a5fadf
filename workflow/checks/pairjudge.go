package checks

import (
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// pairJudge judges the modifiers of the lines of one pair (NCCI Policy Manual, chapter I, section E).
type pairJudge struct {
	*run
	pair       codebook.Pair
	date       Date
	payer      string
	fee1, fee2 codebook.Fee
	has1, has2 bool
}

// verdict is what two lines of a pair say together.
type verdict struct {
	a, b     line // of column 1 and column 2
	severity string
	// state is a word for programs: indicator-0, not-stated, not-lifted, same-site, both-sides, wrong-modifier, one-side, stated, date-unknown.
	state string
	// say is the sentence on the modifiers that are stated; empty where none is.
	say string
}

var verdictRank = map[string]int{finding.Error: 0, finding.Warning: 1, finding.Info: 2}

// worst judges every line of column 1 with every line of column 2: one that is refused is not saved by another that is not.
func (j *pairJudge) worst(first, second []line) verdict {
	var out verdict
	for _, a := range first {
		for _, b := range second {
			v := j.judge(a, b)
			v.a, v.b = a, b
			switch {
			case out.severity == "" || verdictRank[v.severity] < verdictRank[out.severity]:
				out = v
			case v.severity == out.severity && v.a.label()+v.b.label() < out.a.label()+out.b.label(): // whatever the order of the mentions
				out = v
			}
		}
	}
	return out
}

// nature is what the table of dated policy says of a modifier under PTP edits: anatomic, global, other, never, or "" for one that has nothing
// to do with them.
func (j *pairJudge) nature(modifier string) string {
	if j.policy == nil {
		return ""
	}
	return j.policy.Value("ptp-modifier", modifier, j.date.Day).Value
}

// policyHolds: the table has the modifiers of that day.
func (j *pairJudge) policyHolds() bool {
	return j.policy != nil && j.policy.Value("ptp-modifier", "59", j.date.Day).OK()
}

// natured are a line's modifiers of some natures.
func (j *pairJudge) natured(l line, natures ...string) []string {
	var out []string
	for _, m := range l.Modifiers {
		if slices.Contains(natures, j.nature(m)) {
			out = append(out, m)
		}
	}
	return out
}

// modifiersOn writes modifiers with their code: "59 on 31297".
func modifiersOn(modifiers []string, l line) string { return list(modifiers) + " on " + l.Code }

// ofBoth writes the modifiers of both lines.
func ofBoth(ma []string, a line, mb []string, b line) string {
	var out []string
	if len(ma) > 0 {
		out = append(out, modifiersOn(ma, a))
	}
	if len(mb) > 0 {
		out = append(out, modifiersOn(mb, b))
	}
	return strings.Join(out, " and ")
}

func (j *pairJudge) judge(a, b line) verdict {
	accepted := func(l line) []string { return j.natured(l, "anatomic", "global", "other") }
	if j.pair.Indicator == 0 {
		v := verdict{severity: finding.Error, state: "indicator-0"}
		if ma, mb := accepted(a), accepted(b); len(ma)+len(mb) > 0 {
			v.say = fmt.Sprintf("%s %s nothing here.", ofBoth(ma, a, mb, b), plural(len(ma)+len(mb), "changes", "change"))
		}
		return v
	}
	if !j.policyHolds() {
		if len(a.Modifiers)+len(b.Modifiers) == 0 {
			return verdict{severity: finding.Error, state: "not-stated"}
		}
		return verdict{severity: finding.Warning, state: "date-unknown", say: "Which modifiers lifted an edit on that day is in no table at hand, so those stated were not judged."}
	}
	visitA, visitB := kindOf(a) == kindVisit, kindOf(b) == kindVisit
	switch {
	case visitA && visitB:
		return j.judgeVisits(a, b)
	case visitA:
		return j.judgeVisit(a, b, j.fee2, j.has2)
	case visitB:
		return j.judgeVisit(b, a, j.fee1, j.has1)
	}
	return j.judgeProcedures(a, b)
}

// distinct are the modifiers that say that two services were separate without naming a place.
var distinctOnes = []string{"59", "XE", "XS", "XP", "XU"}

func distinctOf(l line) []string {
	var out []string
	for _, m := range l.Modifiers {
		if slices.Contains(distinctOnes, m) {
			out = append(out, m)
		}
	}
	return out
}

// notStated is the severity of a modifier that the mail does not state: it may be on the claim all the same, unless the denial says otherwise.
func notStated(a, b line) string {
	if a.Role == codes.RoleDenied || b.Role == codes.RoleDenied {
		return finding.Warning
	}
	return finding.Info
}

// judgeVisit: a visit beside another service is set apart by 25, by 57 where a major operation was decided on, and by nothing else (manual,
// chapter I, sections D and E).
func (j *pairJudge) judgeVisit(visit, other line, fee codebook.Fee, known bool) verdict {
	switch d, e := distinctOf(visit), distinctOf(other); {
	case len(d) > 0:
		return verdict{severity: finding.Error, state: "wrong-modifier", say: fmt.Sprintf("%s does not belong on a visit.", modifiersOn(d, visit))}
	case visit.has("57") && known && fee.GlobalDays != "090" && fee.GlobalDays != "" && !visit.has("25"):
		return verdict{severity: finding.Warning, state: "wrong-modifier", say: fmt.Sprintf("57 on %s is for the decision on an operation with 90 global days; %s has global days %s.", visit.Code, other.Code, fee.GlobalDays)}
	case visit.has("25", "57"):
		var m []string
		for _, one := range visit.Modifiers {
			if one == "25" || one == "57" {
				m = append(m, one)
			}
		}
		return verdict{severity: finding.Warning, state: "stated", say: fmt.Sprintf("%s holds if the record shows that.", modifiersOn(m, visit))}
	case visit.has("24"):
		return verdict{severity: finding.Warning, state: "wrong-modifier", say: fmt.Sprintf("24 on %s speaks of the global period of an earlier operation, not of %s on the same day.", visit.Code, other.Code)}
	case other.has("25", "57", "24"):
		m := j.natured(other, "global")
		return verdict{severity: finding.Error, state: "wrong-modifier", say: fmt.Sprintf("%s stands on the wrong line: it belongs on the visit %s.", modifiersOn(m, other), visit.Code)}
	case len(e) > 0:
		return verdict{severity: finding.Warning, state: "wrong-modifier", say: fmt.Sprintf("%s does not set the visit apart.", modifiersOn(e, other))}
	}
	return verdict{severity: notStated(visit, other), state: "not-stated"}
}

func (j *pairJudge) judgeVisits(a, b line) verdict {
	d, e := distinctOf(a), distinctOf(b)
	switch {
	case len(d)+len(e) > 0:
		return verdict{severity: finding.Error, state: "wrong-modifier", say: fmt.Sprintf("%s does not belong on a visit.", ofBoth(d, a, e, b))}
	case a.has("25", "27", "57") || b.has("25", "27", "57"):
		var m, n []string
		for _, one := range []string{"25", "27", "57"} {
			if a.has(one) {
				m = append(m, one)
			}
			if b.has(one) {
				n = append(n, one)
			}
		}
		return verdict{severity: finding.Warning, state: "stated", say: fmt.Sprintf("%s %s if the record shows that.", ofBoth(m, a, n, b), plural(len(m)+len(n), "holds", "hold"))}
	}
	return verdict{severity: notStated(a, b), state: "not-stated"}
}

// place is what the modifiers of a line say of where: the sides, and the digits, lids or vessels.
type place struct {
	right, left bool
	parts       []string
}

func placeOf(l line) place {
	var p place
	for _, m := range l.Modifiers {
		switch {
		case m == "50":
			p.right, p.left = true, true
		case slices.Contains(coronary, m):
			p.parts = append(p.parts, m)
		case sideOf(m) != "":
			p.right, p.left = p.right || sideOf(m) == "RT", p.left || sideOf(m) == "LT"
			if m != "RT" && m != "LT" {
				p.parts = append(p.parts, m)
			}
		}
	}
	return p
}

func (p place) said() bool { return p.right || p.left || len(p.parts) > 0 }

// apart reports whether two places differ by what the modifiers say.
func (p place) apart(o place) bool {
	if len(p.parts) > 0 && len(o.parts) > 0 {
		return len(common(p.parts, o.parts)) == 0
	}
	return (p.right || p.left) && (o.right || o.left) && !(p.right && o.right) && !(p.left && o.left)
}

func (j *pairJudge) judgeProcedures(a, b line) verdict {
	pa, pb := placeOf(a), placeOf(b)
	da, db := distinctOf(a), distinctOf(b)
	later := func(l line) []string {
		var out []string
		for _, m := range l.Modifiers {
			if m == "58" || m == "78" || m == "79" || m == "91" {
				out = append(out, m)
			}
		}
		return out
	}
	la, lb := later(a), later(b)
	distinct := len(da)+len(db) > 0
	switch {
	case pa.apart(pb):
		return verdict{severity: finding.Warning, state: "stated", say: fmt.Sprintf("%s say that the sites differ: supported if the record shows it.", ofBoth(j.placeWords(a), a, j.placeWords(b), b))}
	case (a.has("50") || b.has("50")) && j.sided():
		fifty, other := a, b
		if !a.has("50") {
			fifty, other = b, a
		}
		if distinct {
			return verdict{severity: finding.Warning, state: "both-sides", say: fmt.Sprintf("50 on %s already reports both sides, so %s can only stand for a separate encounter or another structure, and the record has to show which.", fifty.Code, ofBoth(da, a, db, b))}
		}
		return verdict{severity: finding.Error, state: "both-sides", say: fmt.Sprintf("50 on %s does not lift the edit: both sides are already reported, and no other side is left for %s.", fifty.Code, other.Code)}
	case pa.said() && pb.said():
		same := "the same side"
		if len(pa.parts) > 0 && len(pb.parts) > 0 {
			same = "the same site"
		}
		if distinct {
			return verdict{severity: finding.Warning, state: "same-site", say: fmt.Sprintf("The modifiers name %s on both lines, so %s needs a record of another structure there or of a separate encounter.", same, ofBoth(da, a, db, b))}
		}
		return verdict{severity: finding.Error, state: "same-site", say: fmt.Sprintf("%s: the modifiers say %s, not a separate one.", ofBoth(j.placeWords(a), a, j.placeWords(b), b), same)}
	case len(la)+len(lb) > 0 && !distinct:
		return j.judgeLater(a, b, la, lb)
	case distinct:
		say := fmt.Sprintf("%s %s if the record shows that.", ofBoth(da, a, db, b), plural(len(da)+len(db), "holds", "hold"))
		if (a.has("59") || b.has("59")) && j.sayMore() != "" {
			say += fmt.Sprintf(" %s say more than 59 where they are true.", j.sayMore())
		}
		return verdict{severity: finding.Warning, state: "stated", say: say}
	case pa.said() && !a.has("50") || pb.said() && !b.has("50"):
		told, silent := a, b
		if !pa.said() || a.has("50") {
			told, silent = b, a
		}
		return verdict{severity: finding.Warning, state: "one-side", say: fmt.Sprintf("%s does not say where %s was done: alone it shows no separate site.", modifiersOn(j.placeWords(told), told), silent.Code)}
	}
	if ma, mb := j.natured(a, "global", "other"), j.natured(b, "global", "other"); len(ma)+len(mb) > 0 {
		return verdict{severity: finding.Error, state: "wrong-modifier", say: fmt.Sprintf("%s is for visits and does not fit this pair.", ofBoth(ma, a, mb, b))}
	}
	v := verdict{severity: finding.Error, state: "not-stated"}
	if na, nb := j.natured(a, "never"), j.natured(b, "never"); len(na)+len(nb) > 0 {
		v.state, v.say = "not-lifted", fmt.Sprintf("%s %s not lift the edit.", ofBoth(na, a, nb, b), plural(len(na)+len(nb), "does", "do"))
	}
	return v
}

// judgeLater: 58, 78 and 79 stand for another session within a global period, 91 for a laboratory test that was needed again.
func (j *pairJudge) judgeLater(a, b line, la, lb []string) verdict {
	all := slices.Concat(la, lb)
	laboratory := kindOf(a) == kindLaboratory && kindOf(b) == kindLaboratory
	switch {
	case slices.Contains(all, "91") && !laboratory:
		return verdict{severity: finding.Error, state: "wrong-modifier", say: "91 is for laboratory tests that were needed again, which these are not."}
	case slices.Contains(all, "91"):
		return verdict{severity: finding.Warning, state: "stated", say: fmt.Sprintf("%s holds if the record shows that.", ofBoth(la, a, lb, b))}
	}
	return verdict{severity: finding.Warning, state: "stated", say: fmt.Sprintf("%s %s only for another session than that of the first procedure.", ofBoth(la, a, lb, b), plural(len(all), "holds", "hold"))}
}

// placeWords are the modifiers of a line that name a place.
func (j *pairJudge) placeWords(l line) []string {
	var out []string
	for _, m := range l.Modifiers {
		if sideOf(m) != "" || m == "50" || slices.Contains(coronary, m) {
			out = append(out, m)
		}
	}
	return out
}
