package checks

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// The payer classes that the rules tell apart.
const (
	medicareFFS = "medicare_ffs"
	medicaid    = "medicaid"
	workersComp = "workers_comp"
	selfPay     = "self_pay"
)

// run is one run of all families.
type run struct {
	Case
	book   Book
	policy *codebook.Policy
	result Result
	facts  facts
}

func newRun(book Book, policy *codebook.Policy, c Case) *run {
	r := &run{Case: c, book: book, policy: policy, facts: newFacts(),
		result: Result{Findings: []finding.Finding{}, NotChecked: []finding.NotChecked{}, Assumed: map[string]string{}}}
	if !c.Date.stated() && !c.Date.Day.IsZero() {
		r.result.Assumed["date_of_service"] = c.Date.Day.Format(time.DateOnly)
		r.result.Assumed["date_basis"] = c.Date.Basis
	}
	if c.PayerAssumed {
		r.result.Assumed["payer"] = c.Payer
	}
	if c.SettingAssumed {
		r.result.Assumed["setting"] = c.Setting
	}
	return r
}

func (r *run) found(f finding.Finding) { r.result.Findings = append(r.result.Findings, f) }

func (r *run) notChecked(rule, why string) {
	n := finding.NotChecked{Rule: rule, Why: why}
	if !slices.Contains(r.result.NotChecked, n) {
		r.result.NotChecked = append(r.result.NotChecked, n)
	}
}

// billing reports whether a role takes part in checks of codes together: what is on the claim, was refused on it, or is meant to be.
func billing(role codes.Role) bool {
	return role == codes.RoleBilled || role == codes.RoleDenied || role == ""
}

// line is a mention of a procedure, supply or drug code, as it would stand on a claim.
type line struct {
	codes.Mention
	// place is its place among the mentions; it names nothing to the asker, as the order of words is not the order of a claim.
	place int
	date  Date
}

// has reports whether the line bears one of the modifiers.
func (l line) has(modifiers ...string) bool {
	return slices.ContainsFunc(l.Modifiers, func(m string) bool { return slices.Contains(modifiers, m) })
}

// label writes it as on a claim: 31297-50.
func (l line) label() string { return strings.Join(append([]string{l.Code}, l.Modifiers...), "-") }

// groups are the numbers of all groups, in order.
func (r *run) groups() []int {
	seen := map[int]bool{}
	for _, m := range r.Mentions {
		seen[m.Group] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// together are the lines of a group that stand on one claim: billed or denied ones. Only these may be checked with each other; the
// alternatives of a group are never among them, and lines of different groups never meet.
func (r *run) together(group int) []line {
	return r.lines(func(m codes.Mention) bool { return m.Group == group && billing(m.Role) })
}

// single are all lines that rules of one code alone apply to: those on a claim and the alternatives.
func (r *run) single() []line {
	return r.lines(func(m codes.Mention) bool { return billing(m.Role) || m.Role == codes.RoleAlternative })
}

// history are the lines of earlier encounters, which matter for the global period and nothing else.
func (r *run) history() []line {
	return r.lines(func(m codes.Mention) bool { return m.Role == codes.RoleHistory })
}

func (r *run) lines(want func(codes.Mention) bool) []line {
	var out []line
	for i, m := range r.Mentions {
		if (m.System == codes.CPT || m.System == codes.HCPCS) && m.RangeEnd == "" && want(m) {
			out = append(out, line{m, i, r.date(m.Group)})
		}
	}
	return out
}

// diagnosesOf are the diagnoses of one encounter; alternatives are not among them.
func (r *run) diagnosesOf(group int) []codes.Mention {
	var out []codes.Mention
	for _, m := range r.Mentions {
		if m.System == codes.ICD10CM && m.RangeEnd == "" && m.Group == group && billing(m.Role) {
			out = append(out, m)
		}
	}
	return out
}

// ruling is a finding before what is not known of payer, setting and date has weakened it.
type ruling struct {
	rule     string
	severity string // what the file or rule says by itself
	codes    []string
	message  string
	source   string
	data     map[string]any
	date     Date
	// medicare: the file or rule is Medicare's, and says nothing sure about other payers.
	medicare bool
	// settings are those that the file speaks of; empty for all. The finding is no error while the setting is not known to be one of them.
	settings []string
}

// rule reports a ruling with the severity that the case allows (PRACTICE: a Medicare file settles something for Medicare alone, and what
// rests on an assumed date or setting settles nothing). The words for other payers are added here, so that no rule forgets them.
func (r *run) rule(x ruling) {
	if x.data == nil {
		x.data = map[string]any{}
	}
	if !x.date.Day.IsZero() {
		x.data["date"] = x.date.Day.Format(time.DateOnly)
		if !x.date.stated() {
			x.data["date_basis"] = x.date.Basis
		}
	}
	sure := x.date.stated() || x.date.Day.IsZero() || x.date.Basis == BasisToday && r.PayerAssumed
	if len(x.settings) > 0 && !slices.Contains(x.settings, r.Setting) {
		sure = false
	}
	if x.medicare && r.Payer != medicareFFS {
		sure = false
		x.message = "Medicare rule: " + x.message + " " + r.askPayer()
	}
	if x.severity == finding.Error && !sure {
		x.severity = finding.Warning
	}
	r.found(finding.Finding{Rule: x.rule, Severity: x.severity, Codes: x.codes, Message: x.message, Source: x.source, Data: x.data})
}

// askPayer is the sentence after a Medicare rule for whom it may not bind.
func (r *run) askPayer() string {
	switch r.Payer {
	case "medicare_advantage":
		return "A Medicare Advantage plan may add its own rules: check with the plan."
	case medicaid:
		return "Medicaid has its own edits: check with the state's program."
	case "commercial":
		return "Commercial payers have their own edits: check with the payer."
	case workersComp:
		return "Workers' compensation has its own rules: check with the payer."
	case "tricare_va":
		return "TRICARE and VA have their own rules: check with the payer."
	case selfPay:
		return "No payer's edits apply to a patient who pays alone."
	}
	return "The payer is not stated: if it is not Medicare, check with the payer."
}

// cite names a release with its file, as findings do.
func cite(s codebook.Source) string {
	switch {
	case s.Release == "":
		return s.File
	case s.File == "" || strings.Contains(s.Release, s.File):
		return s.Release
	}
	return s.Release + " (" + s.File + ")"
}

// facts remembers what the book said, as several families ask the same. It lives for one run.
type facts struct {
	entries map[factKey]entryFact
	fees    map[factKey]feesFact
	limits  map[factKey]limitFact
	addOns  map[factKey]addOnFact
}

type factKey struct {
	of, code string
	day      int64
}

type entryFact struct {
	codebook.Entry
	known bool
}

type feesFact struct {
	rows   []codebook.Fee
	source codebook.Source
}

type limitFact struct {
	codebook.Limit
	ok     bool
	source codebook.Source
}

type addOnFact struct {
	codebook.AddOn
	ok     bool
	source codebook.Source
}

func newFacts() facts {
	return facts{map[factKey]entryFact{}, map[factKey]feesFact{}, map[factKey]limitFact{}, map[factKey]addOnFact{}}
}

// remember asks once.
func remember[V any](m map[factKey]V, key factKey, ask func() (V, error)) (V, error) {
	if v, ok := m[key]; ok {
		return v, nil
	}
	v, err := ask()
	if err == nil {
		m[key] = v
	}
	return v, err
}

func (r *run) entry(ctx context.Context, system codes.System, code string, day time.Time) (codebook.Entry, bool, error) {
	f, err := remember(r.facts.entries, factKey{string(system), code, day.Unix()}, func() (f entryFact, err error) {
		f.Entry, f.known, err = r.book.Lookup(ctx, system, code, day)
		return f, err
	})
	return f.Entry, f.known, err
}

// fees are all rows of a code in the fee schedule: the whole service first, then those with 26, TC or 53.
func (r *run) fees(ctx context.Context, code string, day time.Time) ([]codebook.Fee, codebook.Source, error) {
	f, err := remember(r.facts.fees, factKey{"", code, day.Unix()}, func() (f feesFact, err error) {
		f.rows, f.source, err = r.book.Fees(ctx, code, day)
		return f, err
	})
	return f.rows, f.source, err
}

// fee is the row of the whole service, or the only one.
func (r *run) fee(ctx context.Context, code string, day time.Time) (codebook.Fee, bool, codebook.Source, error) {
	rows, source, err := r.fees(ctx, code, day)
	if err != nil || len(rows) == 0 {
		return codebook.Fee{}, false, source, err
	}
	return rows[0], true, source, nil
}

func (r *run) limit(ctx context.Context, setting codebook.MUESetting, code string, day time.Time) (codebook.Limit, bool, codebook.Source, error) {
	f, err := remember(r.facts.limits, factKey{string(setting), code, day.Unix()}, func() (f limitFact, err error) {
		f.Limit, f.ok, f.source, err = r.book.MUE(ctx, setting, code, day)
		return f, err
	})
	return f.Limit, f.ok, f.source, err
}

func (r *run) addOn(ctx context.Context, code string, day time.Time) (codebook.AddOn, bool, codebook.Source, error) {
	f, err := remember(r.facts.addOns, factKey{"", code, day.Unix()}, func() (f addOnFact, err error) {
		f.AddOn, f.ok, f.source, err = r.book.AddOn(ctx, code, day)
		return f, err
	})
	return f.AddOn, f.ok, f.source, err
}
