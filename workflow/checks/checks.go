// Package checks says what the codes of a case say together: the edits that a careful coder would run before answering.
//
// A check is a function from the mentions of one message (grouped as the asker grouped them), the date of service and the codebook to
// findings. It keeps nothing, reads no clock, and touches nothing but the book that it is given. Where the file that would decide is not
// loaded, it returns a NotChecked in place of a finding: silence never means "passed".
//
// Three things settle how findings are made (they are what goes wrong first when claims edits are applied to emails):
//
//   - An email is not a claim. Mentions have a group (one encounter, claim or patient) and a role. Checks of several codes together never cross
//     groups or alternatives; a mere reference gets a description and no check; history feeds the global period and nothing else.
//   - Severity is what the data carry: an error only for what the loaded file settles for the stated payer, setting and date; a warning where
//     a date or payer was assumed, or where the record decides; information where something that is not in the mail decides.
//   - What rests on something missing from the mail is at most information, as it may be on the claim all the same.
//
// Order of use: make a Case, call Run with an open codebook, show Findings and NotChecked, and Assumed beside them so that the asker can
// correct it. Rules lists every rule with its authority and how far it is built; each family of rules is a file of its own.
package checks

import (
	"context"
	"fmt"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// How a date of service came to be known, in the words of the contract's `dates`, and "today" for the command line.
const (
	BasisStated      = "stated"
	BasisYearAssumed = "year assumed"
	BasisPlanned     = "planned"
	BasisReceived    = "received"
	BasisToday       = "today"
)

// Date is a date of service and how it is known.
type Date struct {
	Day time.Time
	// Basis is one of the above. Empty counts as stated.
	Basis string
}

func (d Date) stated() bool { return d.Basis == "" || d.Basis == BasisStated }

// Case is what is checked: one message, read.
type Case struct {
	// Mentions are all of the message, in order, with groups and roles.
	Mentions []codes.Mention
	// Date is the date of service of every group that has none of its own.
	Date Date
	// Groups are the dates of single groups, by number.
	Groups map[int]Date
	// Dates are all dates of the message: surgeries and denials beside the dates of service.
	Dates []codes.DateMention
	// DiagnosisOrder are, by group, the diagnoses in the order that the message itself states (numbered lines, pointers A and B, "primary", a
	// claim). A group that states none is not in it: the order of words in a mail is not the order of a claim.
	DiagnosisOrder map[int][]string
	// Received is the day on which the question came, in UTC; for the command line, today.
	Received time.Time
	// Payer is the payer class of the contract ("medicare_ffs" ... "unknown"); empty is unknown.
	Payer string
	// PayerAssumed: nobody said so, as on the command line, where Medicare is taken as given.
	PayerAssumed bool
	// Setting is practitioner, hospital or asc; empty where it is not stated.
	Setting string
	// SettingAssumed: likewise.
	SettingAssumed bool
	// Place is the place of service, two digits, or empty.
	Place string
	// Age is the patient's in whole years, nil where it is not stated. Sex is F, M or empty.
	Age *int
	Sex string
	// References are denial codes, coverage documents and the like that the message names.
	References []codes.Reference
	// Stated are the amounts that the message states: minutes, doses, base units.
	Stated []codes.Stated
}

func (c *Case) date(group int) Date {
	if d, ok := c.Groups[group]; ok && !d.Day.IsZero() {
		return d
	}
	return c.Date
}

// Result is what the checks found.
type Result struct {
	// Findings are sorted: errors, warnings, information.
	Findings   []finding.Finding
	NotChecked []finding.NotChecked
	// Assumed is what was taken as given without being stated: "date_of_service", "date_basis", "payer", "setting".
	Assumed map[string]string
}

// Book is what the checks ask of a codebook. *codebook.Book is one.
type Book interface {
	Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error)
	Decides(system codes.System, code string, on time.Time) (codebook.Release, bool)
	History(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Change, bool, error)
	Choices(ctx context.Context, system codes.System, code string, on time.Time, limit int) ([]codebook.Choice, int, error)
	Nearest(ctx context.Context, system codes.System, code string, on time.Time, limit int) ([]codebook.Suggestion, error)
	SeventhFault(ctx context.Context, code string, on time.Time) (codebook.SeventhFault, bool, error)
	Instructions(ctx context.Context, code string, on time.Time) ([]codebook.Instruction, codebook.Source, error)
	Sides(ctx context.Context, code string, on time.Time) (codebook.Sides, error)
	PTPAmong(ctx context.Context, set codebook.PTPSet, codes []string, on time.Time) ([]codebook.Pair, codebook.Source, error)
	MUE(ctx context.Context, setting codebook.MUESetting, code string, on time.Time) (codebook.Limit, bool, codebook.Source, error)
	AddOn(ctx context.Context, code string, on time.Time) (codebook.AddOn, bool, codebook.Source, error)
	Fees(ctx context.Context, code string, on time.Time) ([]codebook.Fee, codebook.Source, error)
	OPPS(ctx context.Context, code string, on time.Time) (codebook.OPPS, bool, codebook.Source, error)
	ASC(ctx context.Context, code string, on time.Time) (codebook.ASC, bool, []string, codebook.Source, error)
	Anesthesia(ctx context.Context, contractor, number string, on time.Time) (codebook.Decimal, bool, codebook.Source, error)
	NotOtherwiseClassified(ctx context.Context, code string, on time.Time) (listed, known bool, err error)
	Coverage(ctx context.Context, code string, opts codebook.CoverageOptions) ([]codebook.CoveragePolicy, error)
	CoverageDocument(ctx context.Context, id string, on time.Time) (codebook.CoveragePolicy, bool, error)
	HasCoverage() bool
	Starter() bool
}

var _ Book = (*codebook.Book)(nil)

// family is one file of rules: what runs them, over the whole case, and its lines of the index.
type family struct {
	run   func(ctx context.Context, r *run) error
	rules func() []Rule
}

// families lists them in the order in which they run. A new family adds its file and one line here.
func families() []family {
	return []family{
		{validity, validityRules},
		{diagnoses, diagnosisRules},
		{pairs, pairRules},
		{units, unitRules},
		{addOns, addOnRules},
		{feeSchedule, feeScheduleRules},
		{modifiers, modifierRules},
		{globalPeriod, globalPeriodRules},
		{hospital, hospitalRules},
		{visits, visitRules},
		{amounts, amountRules},
		{denials, denialRules},
		{coverage, coverageRules},
		{unloaded, func() []Rule { return nil }},
	}
}

// Run applies every family of rules. The same case and book give the same result, whatever the order of the mentions but for the order
// in which codes are named. policy is the table of dated policy. The error is a failure to read the codebook, nothing else; the result is
// then what was found before it.
func Run(ctx context.Context, book Book, policy *codebook.Policy, c Case) (Result, error) {
	r := newRun(book, policy, c)
	for _, f := range families() {
		if err := f.run(ctx, r); err != nil {
			finding.Sort(r.result.Findings)
			return r.result, fmt.Errorf("checking codes: %w", err)
		}
	}
	finding.Sort(r.result.Findings)
	return r.result, nil
}

// Rule is one line of the index: what a rule checks and on whose authority.
type Rule struct {
	// Name is the rule of package finding.
	Name string
	// What it checks, in a sentence.
	What string
	// Authority is the regulation, guideline or manual that makes it a rule.
	Authority string
	// Source is the file that decides.
	Source string
	// State is "yes", "partial" or "no": how far it is built.
	State string
	// Limits says what it cannot know.
	Limits string
}
