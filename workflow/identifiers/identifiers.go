// Package identifiers finds in a text what may identify a patient: social
// security and record numbers, birth dates, phones, mail addresses, insurance
// ids, labelled names, home addresses.
//
// It serves two decisions. A subject that holds an identifier is not echoed in
// outgoing mail, and on the desk identifiers are masked until a person reveals
// them. Both are better wrong by one too many than by one too few, so the rules
// prefer recall: a biller's own phone number is found too. A code, a date of
// service and an age, each alone, are no identifiers.
//
// The list of what identifies follows 45 CFR 164.514(b)(2)(i). Names without a
// label and without another identifier beside them are beyond a pure
// recogniser; the desk says so.
//
// The package is pure, keeps nothing between calls, and its functions may be
// called from many goroutines. Time is linear in the text.
package identifiers

import (
	"cmp"
	"slices"
	"strings"
)

// Finding is one place in a text that may identify a patient.
type Finding struct {
	Kind       string // one of the kinds below
	Start, End int    // bytes of the text; only the identifying part, not its label
}

// Kinds of findings. They are fit to be shown and counted; they carry nothing
// of the text.
const (
	SSN     = "ssn"     // social security number, whole or the last four digits by name
	MRN     = "mrn"     // medical record, chart, patient, encounter number
	DOB     = "dob"     // birth date
	Phone   = "phone"   // phone or fax
	Email   = "email"   // mail address
	MBI     = "mbi"     // Medicare beneficiary identifier, or the older claim number
	Member  = "member"  // member, subscriber, policy, Medicaid number
	Account = "account" // account, claim, authorisation number
	Name    = "name"    // a name that a label or a neighbour marks as a patient's
	Address = "address" // street address with a cue
)

// Find returns the findings of a text in order. They do not overlap.
func Find(text string) []Finding {
	var all []Finding
	for i := range rules {
		all = rules[i].find(text, all)
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		if a.Start != b.Start {
			return cmp.Compare(a.Start, b.Start)
		}
		return cmp.Compare(b.End, a.End)
	})
	out := all[:0]
	for _, f := range all {
		if n := len(out); n > 0 && f.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, f.End)
			continue
		}
		out = append(out, f)
	}
	return out
}

// Has says whether a text holds an identifier.
func Has(text string) bool { return len(Find(text)) > 0 }

// Mask replaces every finding by its kind in brackets: "DOB [dob]". Masking
// twice is the same as masking once.
func Mask(text string) string {
	// Taking one identifier out can bring two halves of another together, so
	// this goes on until nothing is found; each round leaves fewer digits and
	// capitals than the one before.
	for {
		found := Find(text)
		if len(found) == 0 {
			return text
		}
		var b strings.Builder
		b.Grow(len(text))
		at := 0
		for _, f := range found {
			b.WriteString(text[at:f.Start])
			b.WriteByte('[')
			b.WriteString(f.Kind)
			b.WriteByte(']')
			at = f.End
		}
		b.WriteString(text[at:])
		text = b.String()
	}
}
