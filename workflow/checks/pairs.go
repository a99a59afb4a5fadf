package checks

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// pairs checks the codes that stand together on a claim against the NCCI procedure-to-procedure (PTP) edits of the setting: of each pair the
// payer pays column 1 and denies column 2, unless the modifier indicator is 1 and the record shows that they were separate.
//
// Authority: NCCI Policy Manual for Medicare Services, chapter I, sections A, E and G to Q; for Medicaid its own manual and files. What a
// message says first is which code is paid, then what has to be true in the record, then the modifiers that fit these codes, never all that
// would switch an edit off: the manual allows a modifier only for what the record shows.
//
// Never checked together: lines of different groups, alternatives, history and mere references. What it cannot know: the record, other lines
// of the claim, and edits that a contractor or payer adds.
func pairs(ctx context.Context, r *run) error {
	p := pairRun{run: r, said: map[string]bool{}, unanswered: map[string]bool{}}
	for _, g := range r.groups() {
		if err := p.group(ctx, g); err != nil {
			return err
		}
	}
	if len(p.unanswered) > 0 {
		r.notChecked(finding.NCCIPTP, "The setting is not stated: the edits for practitioners and surgical centers were used. Those for outpatient hospitals were not checked. "+
			strings.Join(slices.Sorted(maps.Keys(p.unanswered)), " "))
	}
	return nil
}

type pairRun struct {
	*run
	said       map[string]bool
	unanswered map[string]bool // why the hospitals' edits do not answer
}

// edits are the pairs of one set among the codes of a group.
type edits struct {
	set    codebook.PTPSet
	list   []codebook.Pair
	source codebook.Source
}

// pairKey is a pair without regard to its columns.
type pairKey struct{ low, high string }

func keyOfPair(p codebook.Pair) pairKey {
	return pairKey{min(p.Column1, p.Column2), max(p.Column1, p.Column2)}
}

// setsOf are the sets that the payer and setting ask for: the first decides, a second one is compared with it where the setting is not known.
func (p *pairRun) setsOf(own bool) []codebook.PTPSet {
	office, clinic := codebook.PTPPractitioner, codebook.PTPHospital
	if own {
		office, clinic = codebook.PTPMedicaidPractitioner, codebook.PTPMedicaidHospital
	}
	switch p.Setting {
	case outpatient:
		return []codebook.PTPSet{clinic}
	case practitioner, surgicalCenter:
		return []codebook.PTPSet{office}
	}
	return []codebook.PTPSet{office, clinic}
}

func (p *pairRun) ask(ctx context.Context, codes []string, day time.Time, own bool) ([]edits, error) {
	var out []edits
	for _, set := range p.setsOf(own) {
		list, source, err := p.book.PTPAmong(ctx, set, codes, day)
		if err != nil {
			return nil, err
		}
		out = append(out, edits{set, list, source})
	}
	return out, nil
}

func (p *pairRun) group(ctx context.Context, group int) error {
	lines := withoutEchoes(p.together(group))
	byCode := map[string][]line{}
	for _, l := range lines {
		byCode[l.Code] = append(byCode[l.Code], l)
	}
	if len(byCode) < 2 {
		return nil
	}
	codes := slices.Sorted(maps.Keys(byCode))
	date := lines[0].date
	own := p.Payer == medicaid
	sets, err := p.ask(ctx, codes, date.Day, own)
	if err != nil {
		return err
	}
	if own && !sets[0].source.Covered {
		p.notChecked(finding.NCCIPTP, fmt.Sprintf("Medicaid has edits of its own, and none that are loaded answer for %s, so whether Medicaid pays %s together was not checked.", date.Day.Format("2 Jan 2006"), list(codes)))
		own = false
		if sets, err = p.ask(ctx, codes, date.Day, own); err != nil {
			return err
		}
	}
	if !sets[0].source.Covered {
		p.notChecked(finding.NCCIPTP, fmt.Sprintf("%s, so whether %s are paid together was not checked.", strings.TrimSuffix(sets[0].source.Note, "."), list(codes)))
		return nil
	}
	var other *edits
	if len(sets) == 2 {
		if sets[1].source.Covered {
			other = &sets[1]
		} else {
			p.unanswered[sets[1].source.Note] = true
		}
	}
	return p.report(ctx, pairCase{first: sets[0], other: other, lines: byCode, date: date, medicaid: own})
}

// withoutEchoes leaves out a bare mention of a code that the group also names with modifiers or units, as one line is often spoken of twice
// ("31297 with 31288: we billed 31297-50"), and of equal lines all but one.
func withoutEchoes(lines []line) []line {
	dressed := map[string]bool{}
	for _, l := range lines {
		if len(l.Modifiers) > 0 || l.Units > 0 {
			dressed[l.Code] = true
		}
	}
	var out []line
	seen := map[string]bool{}
	for _, l := range lines {
		key := fmt.Sprint(l.label(), " ", l.Units)
		if seen[key] || dressed[l.Code] && len(l.Modifiers) == 0 && l.Units == 0 {
			continue
		}
		seen[key] = true
		out = append(out, l)
	}
	return out
}

// pairCase are the edits that apply among the lines of a group.
type pairCase struct {
	first    edits
	other    *edits // of outpatient hospitals, where the setting is not stated
	lines    map[string][]line
	date     Date
	medicaid bool
}

// byPair gathers the edits of a set by pair.
func (e *edits) byPair() map[pairKey][]codebook.Pair {
	out := map[pairKey][]codebook.Pair{}
	if e != nil {
		for _, p := range e.list {
			out[keyOfPair(p)] = append(out[keyOfPair(p)], p)
		}
	}
	return out
}

func (p *pairRun) report(ctx context.Context, c pairCase) error {
	first, other := c.first.byPair(), c.other.byPair()
	keys := map[pairKey]bool{}
	for k := range first {
		keys[k] = true
	}
	for k := range other {
		keys[k] = true
	}
	for _, k := range slices.SortedFunc(maps.Keys(keys), func(a, b pairKey) int { return slices.Compare([]string{a.low, a.high}, []string{b.low, b.high}) }) {
		here, there := inForce(first[k], c.date.Day), inForce(other[k], c.date.Day)
		source := c.first.source
		var with string
		settings := []string{practitioner, surgicalCenter}
		if p.Setting == outpatient {
			settings = []string{outpatient}
		}
		switch {
		case here == nil && there == nil:
			p.lately(c, first[k])
			continue
		case here == nil:
			here, source, settings = there, c.other.source, []string{outpatient}
			with = "Only the edits for outpatient hospitals have this pair; those for practitioners and surgical centers do not, and the setting is not stated."
		case c.other == nil:
		case there == nil:
			with = "The edits for outpatient hospitals do not have this pair."
		case there.Column1 == here.Column1 && there.Indicator == here.Indicator:
			with, settings = "The edits for outpatient hospitals say the same.", nil
		case there.Column1 == here.Column1:
			with = fmt.Sprintf("The edits for outpatient hospitals have the pair with indicator %d.", there.Indicator)
		default:
			with = fmt.Sprintf("The edits for outpatient hospitals have the pair the other way round: there %s is paid (indicator %d).", there.Column1, there.Indicator)
		}
		if change := p.changes(c, first[k]); change != "" {
			with = strings.TrimSpace(with + " " + change)
		}
		if err := p.one(ctx, c, *here, source, settings, with); err != nil {
			return err
		}
	}
	return nil
}

func inForce(list []codebook.Pair, day time.Time) *codebook.Pair {
	for i := range list {
		if list[i].Applies(day) {
			return &list[i]
		}
	}
	return nil
}

// one reports a pair that is in force.
func (p *pairRun) one(ctx context.Context, c pairCase, pair codebook.Pair, source codebook.Source, settings []string, with string) error {
	j := pairJudge{run: p.run, pair: pair, date: c.date, payer: "Medicare"}
	if c.medicaid {
		j.payer = "Medicaid"
	}
	var err error
	if j.fee1, j.has1, _, err = p.fee(ctx, pair.Column1, c.date.Day); err != nil {
		return err
	}
	if j.fee2, j.has2, _, err = p.fee(ctx, pair.Column2, c.date.Day); err != nil {
		return err
	}
	v := j.worst(c.lines[pair.Column1], c.lines[pair.Column2])
	severity := v.severity
	if p.Payer == selfPay {
		severity = finding.Info
	}
	message := j.message(v)
	if with != "" {
		message += " " + with
	}
	data := pairData(pair)
	data["judged"], data["lines"] = v.state, []string{v.a.label(), v.b.label()}
	key := fmt.Sprint(message, c.date)
	if p.said[key] {
		return nil
	}
	p.said[key] = true
	p.rule(ruling{rule: finding.NCCIPTP, severity: severity, codes: []string{pair.Column1, pair.Column2}, message: message, source: cite(source), data: data, date: c.date,
		medicare: !c.medicaid, settings: settings})
	return nil
}

// codingDenial is what a denial under an NCCI edit means to the patient (NCCI Policy Manual, chapter I, section A).
const codingDenial = "a coding denial: not billable to the patient, and an ABN does not change that"

func pairData(p codebook.Pair) map[string]any {
	return map[string]any{"set": string(p.Set), "column1": p.Column1, "column2": p.Column2, "indicator": p.Indicator, "effective": p.Effective, "deletion": p.Deletion,
		"rationale": p.Rationale, "release": p.Release, "denial": codingDenial}
}

// recently is how long after its end an edit is still worth a word where the date of service is only assumed.
const recently = 365 * 24 * time.Hour

// lately tells of an edit that has ended not long before an assumed date of service, or that begins between it and the day of the question.
func (p *pairRun) lately(c pairCase, history []codebook.Pair) {
	if c.date.stated() || c.date.Day.IsZero() {
		return
	}
	for _, pair := range history {
		message := ""
		switch last, err := time.Parse(time.DateOnly, pair.Deletion); {
		case err == nil && last.Before(c.date.Day) && c.date.Day.Sub(last) <= recently:
			message = fmt.Sprintf("For services up to %s %s was denied beside %s (NCCI edit, indicator %d). The edit has ended, and the date of service is not stated.", last.Format("2 Jan 2006"), pair.Column2, pair.Column1, pair.Indicator)
		case pair.Effective > c.date.Day.Format(time.DateOnly) && !p.Received.IsZero() && pair.Effective <= p.Received.Format(time.DateOnly):
			message = fmt.Sprintf("For services from %s %s is denied beside %s (NCCI edit, indicator %d). The date of service is not stated; %s was used (%s).", long(pair.Effective), pair.Column2, pair.Column1,
				pair.Indicator, c.date.Day.Format("2 Jan 2006"), c.date.Basis)
		default:
			continue
		}
		if !p.said[message] {
			p.said[message] = true
			p.rule(ruling{rule: finding.NCCIPTP, severity: finding.Info, codes: []string{pair.Column1, pair.Column2}, message: message, source: cite(c.first.source), data: pairData(pair), date: c.date,
				medicare: !c.medicaid})
		}
	}
}

// changes names what changed of a pair between an assumed date of service and the day of the question.
func (p *pairRun) changes(c pairCase, history []codebook.Pair) string {
	if c.date.stated() || p.Received.IsZero() || !p.Received.After(c.date.Day) {
		return ""
	}
	from, to := c.date.Day.Format(time.DateOnly), p.Received.Format(time.DateOnly)
	var out []string
	for _, pair := range history {
		if pair.Deletion >= from && pair.Deletion < to && pair.Deletion != "" {
			out = append(out, fmt.Sprintf("The edit of %s before %s ended on %s.", pair.Column1, pair.Column2, long(pair.Deletion)))
		}
		if pair.Effective > from && pair.Effective <= to {
			out = append(out, fmt.Sprintf("From %s the edit is %s before %s with indicator %d.", long(pair.Effective), pair.Column1, pair.Column2, pair.Indicator))
		}
	}
	return strings.Join(out, " ")
}

// pairRules are the lines of the index that this family answers for.
func pairRules() []Rule {
	return []Rule{
		{finding.NCCIPTP, "Pairs of codes of which only one is paid, in both orders, on the date of service; judges the modifiers that are stated.",
			"NCCI Policy Manual, chapter I, sections A and E", "NCCI PTP edits: practitioner and ASC, outpatient hospital, Medicaid's own", "yes",
			"The record, other lines of the claim, the edits of Medicare Advantage, commercial and other payers, and which of two practitioners of a group billed."},
	}
}
