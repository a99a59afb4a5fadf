package codebook

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// codeSpan is a code, or a range of codes of one form, that a section speaks of. A diagnosis stands for all codes below it.
type codeSpan struct {
	system      codes.System
	first, last string // as stored; last is empty for a single code
}

// maxSpans bounds the codes of one section; an article may list a thousand diagnoses.
const maxSpans = 4000

// codesOf finds the codes and ranges in the text of a section, in the order of the alphabet, each once.
func codesOf(text string) []codeSpan {
	var out []codeSpan
	found := codes.Find(text, codes.Options{})
	for i := 0; i < len(found); i++ {
		m := found[i]
		s := codeSpan{system: m.System, first: keyOf(m.Code), last: keyOf(m.RangeEnd)}
		if s.last == "" && i+1 < len(found) {
			// "J0120 - J8499": with blanks around the hyphen a message lists two codes, a rule book a range.
			if n := found[i+1]; n.System == m.System && n.RangeEnd == "" && n.Start >= m.End && strings.Trim(text[m.End:n.Start], " ") == "-" && sameForm(s.first, keyOf(n.Code)) && s.first < keyOf(n.Code) {
				s.last = keyOf(n.Code)
				i++
			}
		}
		if s.first != "" && len(out) < maxSpans {
			out = append(out, s)
		}
		for _, modifier := range m.Modifiers {
			out = append(out, codeSpan{system: codes.Modifier, first: modifier})
		}
	}
	// The finder reads messages, in which three characters are seldom a code. In a rule book the word category labels one.
	for _, list := range categoryList.FindAllStringSubmatch(text, maxSpans) {
		for _, code := range categoryCode.FindAllString(list[1], -1) {
			key := keyOf(code)
			if !slices.ContainsFunc(out, func(s codeSpan) bool { return s.system == codes.ICD10CM && (s.first == key || s.last == key) }) && len(out) < maxSpans {
				out = append(out, codeSpan{system: codes.ICD10CM, first: key})
			}
		}
	}
	slices.SortFunc(out, compareSpans)
	return slices.Compact(out)
}

var (
	categoryList = regexp.MustCompile(`\b[Ss]?(?:ub)?[Cc]ategor(?:y|ies)\s+([A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{0,4})?(?:(?:,|,? (?:and|or|to|through)|\s?-)\s?[A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{0,4})?)*)\b`)
	categoryCode = regexp.MustCompile(`[A-TV-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?`)
)

func compareSpans(a, b codeSpan) int {
	return cmp.Or(cmp.Compare(a.system, b.system), cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last))
}

// sameForm: digits and letters stand in the same places, and the letters are the same.
func sameForm(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if digit(a[i]) != digit(b[i]) || !digit(a[i]) && a[i] != b[i] {
			return false
		}
	}
	return true
}

// String writes the span as people do.
func (s codeSpan) String() string {
	if s.last == "" {
		return show(s.system, s.first)
	}
	return show(s.system, s.first) + "-" + show(s.system, s.last)
}

// covers says how closely a span speaks of a code, between 0 (not at all) and 1 (of it alone).
func (s codeSpan) covers(system codes.System, key string) float64 {
	if s.system != system {
		return 0
	}
	if s.last == "" {
		switch {
		case s.first == key:
			return 1
		case system == codes.ICD10CM && strings.HasPrefix(key, s.first):
			return 0.8 // a category speaks of what is below it
		case system == codes.ICD10CM && strings.HasPrefix(s.first, key) && len(key) >= 3:
			return 0.6 // asked by category
		}
		return 0
	}
	if system == codes.ICD10CM {
		if key < s.first || key[:min(len(key), len(s.last))] > s.last {
			return 0
		}
		if s.first[0] == s.last[0] && len(s.first) > 3 {
			return 0.6
		}
		return 0.4
	}
	if !sameForm(s.first, key) || key < s.first || key > s.last {
		return 0
	}
	switch width := digitsOf(s.last) - digitsOf(s.first); {
	case width <= 10:
		return 0.75
	case width <= 100:
		return 0.55
	case width <= 1000:
		return 0.3
	}
	return 0.15
}

// digitsOf reads the digits of a code.
func digitsOf(key string) int {
	n := 0
	for i := range len(key) {
		if digit(key[i]) {
			n = n*10 + int(key[i]-'0')
		}
	}
	return n
}
