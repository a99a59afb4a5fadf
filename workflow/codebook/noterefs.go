package codebook

import (
	"regexp"
	"strings"

	"caseconsultant/workflow/codes"
)

// CodeSpan is a run of ICD-10-CM codes that a note of the tabular list refers to: from From to To in the order of the list, each with all
// that stands below it. "(M54.5-)" and "(M54.5)" are the same span, as a reference to a heading means every code under it.
type CodeSpan struct {
	// From and To are written as the list writes codes; equal for a reference to one code or heading.
	From string `json:"from"`
	To   string `json:"to"`

	from, to string // without dots
	only     *characters
}

// Holds reports whether a code lies in the span.
func (s CodeSpan) Holds(code string) bool {
	key := keyOf(code)
	if len(key) < 3 || listOrder(key) < listOrder(s.from) {
		return false
	}
	if !strings.HasPrefix(key, s.to) && listOrder(key) > listOrder(s.to) {
		return false
	}
	return s.only == nil || s.only.hold(key, len(s.from))
}

// String writes it as the notes do: "M54.5", "E08-E13".
func (s CodeSpan) String() string {
	if s.From == s.To {
		return s.From
	}
	return s.From + "-" + s.To
}

// listOrder turns a key into a text that sorts in the order of the tabular list. That order is the alphabet's but for the categories whose
// third character is a letter, which stand where their subject does (order file of January 2021: C4A after C43, C7A and C7B after C75, D3A
// after D36, M1A before M10, Z3A after Z36; O9A and I1A stand where the alphabet has them).
func listOrder(key string) string {
	if len(key) < 3 || digit(key[2]) {
		return key
	}
	switch key[:3] {
	case "C4A":
		return "C43~" + key[2:]
	case "C7A", "C7B":
		return "C75~" + key[2:]
	case "D3A":
		return "D36~" + key[2:]
	case "M1A":
		return "M08~" + key[2:]
	case "Z3A":
		return "Z36~" + key[2:]
	}
	return key
}

// characters narrow a reference by what its codes must have: "T36-T50 with fifth or sixth character 5", "E08-E13 with .62".
type characters struct {
	kind   string // at, intent, ending, after
	at     int    // of "at": index into the key
	values [][2]string
}

func (c *characters) hold(key string, referred int) bool {
	var have string
	switch c.kind {
	case "at":
		have = key[min(c.at, len(key)):]
	case "intent":
		// Of T36-T65 the intent is the sixth character, or the fifth where the sixth is a placeholder (T39.95XA).
		have = key[min(5, len(key)):]
		if have == "" || have[0] == 'X' {
			have = key[min(4, len(key)):]
		}
	case "ending":
		for _, v := range c.values {
			if len(key) > 3 && strings.HasSuffix(key[3:], v[0]) {
				return true
			}
		}
		return false
	case "after":
		have = key[min(referred, len(key)):]
	}
	for _, v := range c.values {
		if have != "" && have[:min(len(have), len(v[0]))] >= v[0] && have[:min(len(have), len(v[1]))] <= v[1] {
			return true
		}
	}
	return false
}

var (
	codeInNote  = regexp.MustCompile(`[A-Z][0-9][0-9AB](?:\.[0-9A-Z]{1,4})?(?:\.?-|\.)?`)
	joinsARange = regexp.MustCompile(`^\.?-?\s*(?:-|–|to|through)\s*$`)
	charactersA = regexp.MustCompile(`^[,\s]*with (?:(fourth|4th|fifth|5th|sixth|six|6th|seventh|7th)(?: (or|to) (?:sixth|six|6th))?[- ]characters?|(final characters?)) (.+)$`)
	charactersB = regexp.MustCompile(`^[,\s]*with ((?:\.?[0-9]{1,3}-?[,.\s]*)+)$`)
	valueInNote = regexp.MustCompile(`\.?([0-9A-Z]{1,3})(?:-\.?([0-9A-Z]{1,3}))?`)
)

// noteRefs reads what codes a note refers to. In nearly all notes they stand in parentheses; where nothing in parentheses is a code, those
// in the sentence count ("conditions classified to Q67.0-Q67.4", "torticollis NOS M43.6"). exists says whether the list has a code or
// heading, which keeps "vitamin B12" and the list's own misprints out. narrowed is true where the note narrows its codes by words that are
// not understood ("with open fracture 7th character"), so that the spans hold more than it means.
func noteRefs(text string, exists func(key string) bool) (spans []CodeSpan, narrowed bool) {
	rest := text
	outside := ""
	for {
		before, inside, found := strings.Cut(rest, "(")
		outside += before + " "
		if !found {
			break
		}
		zone, after, _ := strings.Cut(inside, ")") // an unbalanced parenthesis holds the rest
		found1, narrowed1 := zoneRefs(zone, exists)
		spans, narrowed = append(spans, found1...), narrowed || narrowed1
		if found1 == nil {
			outside += zone + " "
		}
		rest = after
	}
	if spans == nil {
		return zoneRefs(outside, exists)
	}
	return spans, narrowed
}

// zoneRefs reads the references of one stretch of text and what narrows them.
func zoneRefs(zone string, exists func(key string) bool) (spans []CodeSpan, narrowed bool) {
	pending := -1 // end of the last reference, when what follows may make a range of it
	end := 0
	for _, at := range codeInNote.FindAllStringIndex(zone, -1) {
		if at[0] > 0 && alphanumeric(zone[at[0]-1:at[0]]) || at[1] < len(zone) && letterOrDigit(zone[at[1]]) && letterOrDigit(zone[at[1]-1]) {
			continue // within a longer word: CD30, H1N1
		}
		key := keyOf(zone[at[0]:at[1]])
		if !exists(key) {
			pending = -1
			continue
		}
		code := show(codes.ICD10CM, key)
		if n := len(spans) - 1; pending >= 0 && joinsARange.MatchString(zone[pending:at[0]]) && listOrder(key) > listOrder(spans[n].from) {
			spans[n].To, spans[n].to = code, key
			pending = -1
		} else {
			spans = append(spans, CodeSpan{From: code, To: code, from: key, to: key})
			pending = at[0] + len(strings.TrimRight(zone[at[0]:at[1]], ".-"))
		}
		end = at[1]
	}
	if spans == nil {
		return nil, false
	}
	tail := strings.TrimSpace(zone[end:])
	if !strings.HasPrefix(strings.TrimLeft(tail, ", "), "with ") {
		return spans, false
	}
	only := narrowing(tail)
	if only == nil {
		return spans, true
	}
	for i := range spans {
		spans[i].only = only
	}
	return spans, false
}

func letterOrDigit(c byte) bool { return digit(c) || letter(c) || c >= 'a' && c <= 'z' }

// narrowing reads "with fifth or sixth character 1-4 or 6", "with .44"; nil when the words say something else.
func narrowing(tail string) *characters {
	if m := charactersA.FindStringSubmatch(tail); m != nil {
		c := &characters{kind: "at", values: valuesIn(m[4])}
		place := map[string]int{"fourth": 3, "4th": 3, "fifth": 4, "5th": 4, "sixth": 5, "six": 5, "6th": 5, "seventh": 6, "7th": 6}
		c.at = place[m[1]]
		switch {
		case m[3] != "":
			c.kind = "ending"
		case m[2] == "or":
			c.kind = "intent"
		}
		if c.values == nil {
			return nil
		}
		return c
	}
	if m := charactersB.FindStringSubmatch(tail); m != nil {
		return &characters{kind: "after", values: valuesIn(m[1])}
	}
	return nil
}

// valuesIn reads "1-4 or 6", ".15. .25, .95", "B or C", "-23"; nil when a word is no value.
func valuesIn(text string) [][2]string {
	var out [][2]string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' }) {
		if word == "or" || word == "and" {
			continue
		}
		m := valueInNote.FindStringSubmatch(word)
		if m == nil || strings.Trim(word, ".-") != strings.Trim(m[0], ".-") {
			return nil
		}
		to := m[2]
		if to == "" {
			to = m[1]
		}
		out = append(out, [2]string{m[1], to})
	}
	return out
}
