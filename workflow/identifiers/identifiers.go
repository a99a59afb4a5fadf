// Package identifiers finds what may identify a patient in a text: the identifiers of 45 CFR 164.514(b)(2) that have a
// shape or a label. It is pure.
//
// It serves two ends: such text is never echoed in outgoing mail (a subject that holds one goes out as "your coding
// question"), and the desk masks it until a person reveals it. So it prefers finding too much; but a code, an NPI, a
// date of service and an age alone identify nobody.
//
// Names are found only behind a label ("Patient: ..."): a name without one cannot be told from any other two words.
package identifiers

import (
	"regexp"
	"slices"
	"strings"
)

// Finding is a place in a text that may identify a patient.
type Finding struct {
	Kind       string // ssn mrn dob phone email mbi member name address
	Start, End int    // bytes of the text
}

type rule struct {
	kind    string
	pattern *regexp.Regexp // the identifier is its first group, or all of it if there is none
}

// Go's regexp runs in time linear in the text (RE2), whatever a sender writes.
var rules = []rule{
	{"ssn", regexp.MustCompile(`\b\d{3}-\d{2}-\d{4}\b`)},
	{"ssn", regexp.MustCompile(`(?i)\b(?:ssn|social security(?: (?:number|no\.?|#))?)[\s:#]{0,4}(\d[\d \-]{3,12}\d)`)},
	// CMS Medicare Beneficiary Identifier format: eleven characters without S, L, O, I, B, Z.
	{"mbi", regexp.MustCompile(`\b[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}\b`)},
	{"mrn", regexp.MustCompile(`(?i)\b(?:mrn|medical record(?: (?:number|no\.?|#))?|chart (?:number|no\.?|#)|patient (?:id|account|number|no\.?|#)|pt id|acct(?:ount)? (?:number|no\.?|#))[\s:#]{0,4}([A-Z]{0,3}[\d][\w\-]{2,19})`)},
	{"mrn", regexp.MustCompile(`(?i)\bmrn[\s:#]{0,4}([\w\-]{0,6}\d[\w\-]{1,14})`)},
	{"member", regexp.MustCompile(`(?i)\b(?:member|subscriber|policy|beneficiary|insurance|medicare|medicaid) (?:id|number|no\.?|#)[\s:#]{0,4}([A-Z]{0,4}\d[\w\-]{4,19})`)},
	{"dob", regexp.MustCompile(`(?i)\b(?:d\.?o\.?b\.?|date of birth|birth ?date|born(?: on)?)[\s:]{0,4}(` + anyDate + `)`)},
	{"email", regexp.MustCompile(`[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9.\-]{1,120}\.[A-Za-z]{2,24}`)},
	{"phone", regexp.MustCompile(`(?:\+?1[\s.\-])?\(\d{3}\)\s?\d{3}[\s.\-]\d{4}\b`)},
	{"phone", regexp.MustCompile(`\b(?:\+?1[\s.\-])?\d{3}[.\-]\d{3}[.\-]\d{4}\b`)},
	{"phone", regexp.MustCompile(`(?i)\b(?:phone|tel|cell|fax|mobile|call me at|call)[\s:.#]{0,4}(\+?[\d][\d\s().\-]{8,18}\d)`)},
	{"name", regexp.MustCompile(`\b(?i:patient(?:'s)?(?: name)?|pt(?:\.)?(?: name)?|name of patient|re patient)[ \t]*[:\-][ \t]*(` + personName + `)`)},
	{"name", regexp.MustCompile(`\b(?i:patient|pt\.?)[ \t]+(` + personName + `)[ \t,(]+(?i:d\.?o\.?b|born|\d{1,3}[ \-]?(?:y|yo|years?)\b)`)},
	{"name", regexp.MustCompile(`\b(?i:mr|mrs|ms|miss)\.?[ \t]+(` + personName + `)`)},
	{"name", regexp.MustCompile(`\b(` + personName + `),?[ \t]+(?i:d\.?o\.?b)\b`)},
	{"address", regexp.MustCompile(`(?i)\b\d{1,6} (?:[A-Z][\w.]* ){1,4}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|court|ct|way|place|pl)\b\.?(?:,? (?:apt|unit|suite|ste|#) ?\w{1,6})?`)},
}

const (
	anyDate    = `\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2,4}|\d{4}-\d{2}-\d{2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{1,2},? \d{2,4}|\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? \d{2,4}`
	personName = `[A-Z][A-Za-z'’\-]{1,30}(?:,[ \t]?|[ \t])(?:[A-Z]\.?[ \t])?[A-Z][A-Za-z'’\-]{1,30}|[A-Z][A-Za-z'’\-]{2,30}`
)

// Find returns what may identify a patient, in the order of the text, none overlapping.
func Find(text string) []Finding {
	var found []Finding
	for _, r := range rules {
		for _, at := range r.pattern.FindAllStringSubmatchIndex(text, -1) {
			start, end := at[0], at[1]
			if len(at) > 2 && at[2] >= 0 {
				start, end = at[2], at[3]
			}
			if r.kind == "name" && !isName(text[start:end]) {
				continue
			}
			found = append(found, Finding{r.kind, start, end})
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		return b.End - a.End
	})
	kept := found[:0]
	for _, f := range found {
		if n := len(kept); n > 0 && f.Start < kept[n-1].End {
			kept[n-1].End = max(kept[n-1].End, f.End)
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

// notNames are words that stand behind "Patient:" in a coder's mail and are no one's name.
var notNames = []string{"new", "established", "est", "status", "presents", "presented", "seen", "is", "has", "was", "had", "type", "class", "age", "male", "female", "medicare", "medicaid",
	"inpatient", "outpatient", "the", "this", "in", "with", "responsibility", "came", "underwent", "history", "complains", "denies", "care", "visit"}

func isName(s string) bool {
	first := strings.ToLower(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })[0])
	return !slices.Contains(notNames, first)
}

// Mask returns the text with each finding replaced by three bullets.
func Mask(text string) string {
	found := Find(text)
	if len(found) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, f := range found {
		b.WriteString(text[at:f.Start])
		b.WriteString("•••")
		at = f.End
	}
	b.WriteString(text[at:])
	return b.String()
}
