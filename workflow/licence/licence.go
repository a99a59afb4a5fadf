// Package licence says which words of others may be shown where, on which day.
//
// The world it lives in: the descriptions of CPT are the American Medical Association's, those of CDT the American Dental Association's, those of
// revenue codes the American Hospital Association's (UB-04), those of claim adjustment reasons X12's. A firm has a licence to show them to its own
// people, or to hand them on in its answers, or none; a licence ends. What the firm, or this program, wrote in its own words needs none and is not
// asked about here. The program never decides whether a firm needs a licence: it keeps to what the configuration says, and without a word about it
// shows nothing.
//
// It is pure: the caller names the day.
package licence

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Name is one licence.
type Name string

// The licences.
const (
	CPT  Name = "cpt"  // American Medical Association
	CDT  Name = "cdt"  // American Dental Association
	UB04 Name = "ub04" // American Hospital Association, National Uniform Billing Committee: revenue codes
	CARC Name = "carc" // X12: claim adjustment reason codes, remittance advice remark codes
)

// Names lists them.
func Names() []Name { return []Name{CPT, CDT, UB04, CARC} }

// Kind is how far a licence goes.
type Kind string

// The kinds.
const (
	None         Kind = "none"         // nothing is shown
	Internal     Kind = "internal"     // to the firm's own people
	Distribution Kind = "distribution" // in the firm's answers too
)

// Use is where words would be shown.
type Use int

// The uses.
const (
	Desk Use = iota // to somebody of the firm: at the desk, by a command
	Mail            // to an asker
)

// Licence is what a firm has. The zero value is no licence.
type Licence struct {
	Kind   Kind
	Holder string // who the licence was given to
	Number string
	// Expires is the last day on which it holds; the zero time is no end.
	Expires time.Time
	// Users is how many people it is for; 0 is unlimited.
	Users int
}

// Set is a firm's licences. A nil Set has none. It is not changed once made, and safe for concurrent use.
type Set map[Name]Licence

// Permits tells whether words under a licence may be shown. Words under a licence that nobody knows may not.
func (s Set) Permits(name Name, use Use, on time.Time) bool { return s.Refusal(name, use, on) == "" }

// Refusal says in a sentence why they may not; "" if they may.
func (s Set) Refusal(name Name, use Use, on time.Time) string {
	l := s[name]
	words := Of(name)
	switch {
	case words.Owner == "":
		return "These words are under a licence that is not known here."
	case l.Kind != Internal && l.Kind != Distribution:
		return "There is no licence for the words of the " + words.Owner + "."
	case l.ended(on):
		return "The licence for the words of the " + words.Owner + " ended on " + l.Expires.Format(time.DateOnly) + "."
	case use != Desk && l.Kind != Distribution:
		return "The licence for the words of the " + words.Owner + " is for the firm's own people."
	}
	return ""
}

func (l Licence) ended(on time.Time) bool {
	return !l.Expires.IsZero() && on.Format(time.DateOnly) > l.Expires.Format(time.DateOnly)
}

// InForce lists the licences that permit a use on a day, in the order of Names.
func (s Set) InForce(use Use, on time.Time) []Name {
	return slices.DeleteFunc(Names(), func(n Name) bool { return !s.Permits(n, use, on) })
}

// Year is the licence year of a day: what somebody accepted in one is asked again in the next. The owners publish by calendar year.
func Year(on time.Time) int { return on.Year() }

// Words are what belongs to one licence.
type Words struct {
	Owner string // "American Medical Association"
	What  string // "CPT descriptions"
	// Trademark is the line that stands in a mail with such words, beside the copyright line of the file's own year.
	Trademark string
}

// Of says whose words a licence is about; the zero Words for one that is not known.
func Of(name Name) Words {
	switch name {
	case CPT:
		return Words{"American Medical Association", "CPT descriptions", "CPT is a registered trademark of the American Medical Association."}
	case CDT:
		return Words{"American Dental Association", "CDT descriptions", "CDT is a registered trademark of the American Dental Association."}
	case UB04:
		return Words{"American Hospital Association", "revenue code descriptions (UB-04)", ""}
	case CARC:
		return Words{"X12", "claim adjustment reason texts", ""}
	}
	return Words{}
}

// Lines are what must stand in a mail that shows words under a licence: the copyright line that came with them, and the trademark's.
func Lines(name Name, copyright string) []string {
	var lines []string
	for _, line := range []string{strings.TrimSpace(copyright), Of(name).Trademark} {
		if line != "" && !strings.Contains(strings.Join(lines, " "), line) { // many a copyright line says both
			lines = append(lines, line)
		}
	}
	return lines
}

// A licence to distribute is for what is asked about, never for a whole range or section.
const (
	mostInAMail = 20 // codes described in licensed words in one mail
	mostInARow  = 4  // adjacent code numbers that are still single questions
)

// Excerpt tells which of the codes that a mail speaks of may be described in it in licensed words: none of a run of adjacent numbers, which is a
// piece of the code set in all but name, and of the others the first ones.
func Excerpt(codes []string) []string {
	var numbers []string
	for _, code := range codes {
		if !slices.Contains(numbers, code) {
			numbers = append(numbers, code)
		}
	}
	slices.Sort(numbers)
	inARow := make(map[string]bool)
	for i := 0; i < len(numbers); {
		end := i + 1
		for end < len(numbers) && adjacent(numbers[end-1], numbers[end]) {
			end++
		}
		if end-i > mostInARow {
			for _, code := range numbers[i:end] {
				inARow[code] = true
			}
		}
		i = end
	}
	var out []string
	for _, code := range codes {
		if len(out) < mostInAMail && !inARow[code] && !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// adjacent tells whether the second of two codes is the number after the first: 99213 and 99214, 0001U and 0002U.
func adjacent(a, b string) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	at := func(s string) (number int, rest string) {
		digits := strings.TrimRight(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		n, err := strconv.Atoi(digits)
		if err != nil {
			return -2, s
		}
		return n, s[len(digits):]
	}
	x, xRest := at(a)
	y, yRest := at(b)
	return xRest == yRest && x >= 0 && y == x+1
}

// FirstRun is what an operator is told before anybody uses the program.
const FirstRun = "CPT is a registered trademark of the American Medical Association. None of its text is in this program. Using CPT codes in a service, " +
	"the codes alone included, may itself need a licence from the AMA: whoever offers the service must ask them. Likewise CDT (American Dental " +
	"Association), revenue codes (American Hospital Association) and claim adjustment reasons (X12)."
