// Package finding holds what a check can say about one code or several together: the Finding, the names of the rules, and the
// statement that something was not checked.
//
// It is a package of its own so that the case file can store findings, the mails can print them and the desk can show them without
// any of these needing the codebook that the checks read. It is pure: no I/O, no clock.
//
// A finding is one sentence that a busy person understands, then the evidence. It never goes beyond the data: where the file that
// would decide is not loaded, a NotChecked says so instead.
package finding

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The rules a finding can come from. The strings are part of the contract with other programs (`inspect --json`, `check --json`,
// the findings table); readers tolerate names that they do not know, our own tests do not.
const (
	UnknownCode           = "unknown-code"
	NotValidOnDate        = "not-valid-on-date"
	Deleted               = "deleted"
	NotBillable           = "not-billable"
	SeventhCharacter      = "seventh-character"
	Excludes1             = "excludes1"
	Excludes2             = "excludes2"
	CodeFirst             = "code-first"
	UseAdditional         = "use-additional"
	NCCIPTP               = "ncci-ptp"
	MUE                   = "mue"
	AddOnWithoutPrimary   = "add-on-without-primary"
	ModifierNotApplicable = "modifier-not-applicable"
	ModifierPair          = "modifier-pair"
	Bilateral             = "bilateral"
	Laterality            = "laterality"
	GlobalPeriod          = "global-period"
	AssistantSurgeon      = "assistant-surgeon"
	CoSurgeon             = "co-surgeon"
	TeamSurgeon           = "team-surgeon"
	ProfessionalTechnical = "professional-technical"
	Sex                   = "sex"
	Age                   = "age"
	Coverage              = "coverage"
	Unlisted              = "unlisted"
	Status                = "status"
	PlaceOfService        = "place-of-service"
	Telehealth            = "telehealth"
	EMLevel               = "em-level"
	TimedUnits            = "timed-units"
	DrugUnits             = "drug-units"
	Wastage               = "wastage"
	Anesthesia            = "anesthesia"
	OPPSStatus            = "opps-status"
	ASCStatus             = "asc-status"
	Sequencing            = "sequencing"
	UnspecifiedCode       = "unspecified-code"
	PriorAuth             = "prior-auth"
)

// The three severities.
const (
	// Error: the loaded file settles it for the stated payer, setting and date.
	Error = "error"
	// Warning: it depends on the record, or on a date or payer that was assumed.
	Warning = "warning"
	// Info: it depends on something that is not in the mail.
	Info = "info"
)

// Finding is what one rule says about one code or several together.
type Finding struct {
	// Rule is one of the names above.
	Rule string `json:"rule"`
	// Severity is Error, Warning or Info.
	Severity string `json:"severity"`
	// Codes are the codes it speaks of, as the mentions write them, in the order in which the message names them.
	Codes []string `json:"codes"`
	// Message is one sentence, then the evidence, for the asker. It holds no text of the case.
	Message string `json:"message"`
	// Source is the file and release that decided.
	Source string `json:"source"`
	// Data holds the row that decided, for programs. Values are strings, numbers, booleans, or slices of these.
	Data map[string]any `json:"data"`
}

// MarshalJSON writes empty lists and objects as such and never as null, as other programs rely on.
func (f Finding) MarshalJSON() ([]byte, error) {
	type plain Finding
	if f.Codes == nil {
		f.Codes = []string{}
	}
	if f.Data == nil {
		f.Data = map[string]any{}
	}
	return json.Marshal(plain(f))
}

// Check reports what is wrong with a finding that breaks the contract: a rule or severity that does not exist, no message, no source,
// no code. Tests of the checks call it on every finding that they get.
func (f Finding) Check() error {
	switch {
	case !IsRule(f.Rule):
		return fmt.Errorf("finding: there is no rule %q", f.Rule)
	case severityRank(f.Severity) > 2:
		return fmt.Errorf("finding: %s has severity %q; it is error, warning or info", f.Rule, f.Severity)
	case strings.TrimSpace(f.Message) == "":
		return fmt.Errorf("finding: %s has no message", f.Rule)
	case strings.TrimSpace(f.Source) == "":
		return fmt.Errorf("finding: %s names no source", f.Rule)
	case len(f.Codes) == 0:
		return fmt.Errorf("finding: %s names no code", f.Rule)
	}
	return nil
}

// NotChecked says that a rule could not be applied and why, so that silence is never taken for "passed".
type NotChecked struct {
	Rule string `json:"rule"`
	// Why is one sentence for the asker: what is missing, and for which codes.
	Why string `json:"why"`
}

// Rules returns the names of all rules, in the order of the contract. The slice is the caller's.
func Rules() []string {
	return []string{
		UnknownCode, NotValidOnDate, Deleted, NotBillable, SeventhCharacter, Excludes1, Excludes2, CodeFirst, UseAdditional,
		NCCIPTP, MUE, AddOnWithoutPrimary, ModifierNotApplicable, ModifierPair, Bilateral, Laterality, GlobalPeriod,
		AssistantSurgeon, CoSurgeon, TeamSurgeon, ProfessionalTechnical, Sex, Age, Coverage, Unlisted, Status, PlaceOfService,
		Telehealth, EMLevel, TimedUnits, DrugUnits, Wastage, Anesthesia, OPPSStatus, ASCStatus, Sequencing, UnspecifiedCode, PriorAuth,
	}
}

// IsRule reports whether name is a rule of this version.
func IsRule(name string) bool { return slices.Contains(Rules(), name) }

// Sort puts findings into the order in which people want to read them: errors, warnings, information; within these by the order of
// the rules, then by codes and message, so that the same findings always read the same.
func Sort(findings []Finding) {
	place := make(map[string]int)
	for i, rule := range Rules() {
		place[rule] = i + 1
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(severityRank(a.Severity), severityRank(b.Severity)),
			cmp.Compare(place[a.Rule], place[b.Rule]),
			slices.Compare(a.Codes, b.Codes),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

func severityRank(severity string) int {
	switch severity {
	case Error:
		return 0
	case Warning:
		return 1
	case Info:
		return 2
	}
	return 3
}
