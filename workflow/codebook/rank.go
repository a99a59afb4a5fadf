package codebook

import (
	"math"
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// score says how well a code answers the query, between 0 and 100: how much of what was asked it has and where (title, lay words and
// inclusion terms, further text), how little else its title says, and whether it is a code that people report.
func (s *searcher) score(d *searchDoc, q *question, billable bool) (float64, string) {
	title := s.affirmed(d.title, q.negated)
	var got, asked float64
	inTitle, inWords, similar, lacking := 0, 0, false, false
	s.matched = s.matched[:0]
	for _, sl := range q.slots {
		weight := sl.weight
		if sl.optional {
			weight *= 0.3
		}
		asked += weight
		var best float64
		where, guessed := 0, false
		for i := range sl.options {
			o := &sl.options[i]
			for f, field := range [...]struct {
				stems []int32
				value float64
			}{{title, 1}, {d.words, 0.92}, {d.more, 0.4}} {
				if v := o.factor * field.value; v > best && s.hasAll(field.stems, o, f == 0) {
					best, where, guessed = v, f+1, o.similar
				}
			}
		}
		got += weight * best
		lacking = lacking || best == 0 && !sl.optional
		similar = similar || guessed
		switch where {
		case 1:
			inTitle++
		case 2, 3:
			inWords++
		}
	}
	kind := "title"
	switch {
	case similar || q.mended:
		kind = "similar"
	case inWords > 0 && inTitle == 0:
		kind = "words"
	}
	if asked == 0 {
		return 0, kind
	}
	// What a code lacks of the question weighs more than its share: one that has all of it comes before one that is meant by a part of it.
	score := math.Pow(got/asked, 1.5)

	var said, extra float64 // what the title says, and what of it beyond the question
	aside := 1.0
	for i, n := range title {
		w := s.lex.weights[n] * s.loud[i]
		said += w
		if !slices.Contains(s.matched, n) {
			extra += w
			if f, ok := s.lex.marks.aside[n]; ok {
				aside = min(aside, f)
			}
		}
	}
	if said > 0 {
		score *= 0.62 + 0.38*(1-extra/(said+asked))
	}
	switch { // one of its names is just what was typed
	case len(q.phrase) == 0:
	case s.says(title, s.loud, q.phrase):
		score *= 1.3
	case s.hasName(d.words, q.phrase):
		if d.system == codes.ICD10CM {
			score *= 1.22
		} else {
			score *= 1.12 // the names of a procedure are often those of what it is done for
		}
	}
	if billable && slices.Equal(s.affirmed(d.title, true), q.exact) {
		return scoreTitle, kind
	}
	return min(score*aside*popularity(d, q, billable, inTitle > 0)*likeness(d, q.hints, lacking)*q.trust*52, 99), kind
}

// affirmed is what a title says that a code is: without the words after "without" or "not", to the end of their part, unless the query
// says such a word itself. What follows "unspecified" within a part says little ("unspecified number of placenta"), which loud keeps.
func (s *searcher) affirmed(title []int32, negated bool) []int32 {
	out, loud := s.title[:0], s.loud[:0]
	skip, volume := false, 1.0
	for i, n := range title {
		switch {
		case n == 0:
			skip, volume = false, 1
		case !negated && s.lex.marks.negation[n]:
			skip = true
		case !skip:
			out, loud = append(out, n), append(loud, volume)
			if n == s.lex.marks.unspecified && i > 0 {
				volume = 0.35
			}
		}
	}
	s.title, s.loud = out, loud
	return out
}

// says reports whether a text is just a phrase, but for words that say next to nothing.
func (s *searcher) says(text []int32, loud []float64, phrase []int32) bool {
	i := 0
	for j, n := range text {
		switch {
		case i < len(phrase) && n == phrase[i]:
			i++
		case loud != nil && loud[j] < 0.5: // behind "unspecified"
		case !s.lex.quiet[n] && !slices.Contains(phrase[:i], n): // "fracture ... initial encounter for closed fracture"
			return false
		}
	}
	return i == len(phrase)
}

// likeness prefers codes near those that the vocabulary names for a part of the query: with "broken ankle right" those of the category of an
// ankle fracture.
func likeness(d *searchDoc, hints []codeKey, lacking bool) float64 {
	best := 1.0
	if lacking {
		return best
	}
	for _, h := range hints {
		if h.system != d.system {
			continue
		}
		n := 0
		for n < len(h.key) && n < len(d.key) && h.key[n] == d.key[n] {
			n++
		}
		switch {
		case h.key == d.key:
			best = max(best, 1.15)
		case d.system != codes.ICD10CM:
		case n >= 5:
			best = max(best, 1.16)
		case n == 4:
			best = max(best, 1.11)
		case n == 3:
			best = max(best, 1.07)
		}
	}
	return best
}

// hasAll reports whether all stems of an option are in a field, and notes which of the title's they are.
func (s *searcher) hasAll(field []int32, o *option, note bool) bool {
	n := len(s.matched)
	for _, want := range o.stems {
		found := false
		for _, have := range field {
			if have >= want.first && have < want.end {
				found = true
				if note {
					s.matched = append(s.matched, have)
				}
				break
			}
		}
		if !found {
			s.matched = s.matched[:n]
			return false
		}
	}
	return true
}

// hasName reports whether one of the names between zeros is the phrase.
func (s *searcher) hasName(words, phrase []int32) bool {
	for len(words) > 0 {
		end := slices.Index(words, 0)
		if end < 0 {
			return s.says(words, nil, phrase)
		}
		if s.says(words[:end], nil, phrase) {
			return true
		}
		words = words[end+1:]
	}
	return false
}

// quiet is how much a stem of a title counts when it was not asked for: "Pneumonia, unspecified organism" is the plain answer to
// "pneumonia", before "Other pneumonia".
func quiet(root string) float64 {
	switch root {
	case "unspecifi", "with", "without", "not", "elsewher", "classifi", "organism", "initial", "encounter", "complication", "type", "essential", "site", "primari", "per", "each", "clos", "uncomplicat", "acquir", "part", "bodi", "region":
		return 0.15
	case "other", "specifi":
		return 0.5
	}
	return 1
}

// popularity prefers what people report: codes that the starter describes (they were chosen because they are asked for), codes before
// headings, plain procedures before inpatient ones; it puts back what is for after-care or sequelae, and records of quality.
func popularity(d *searchDoc, q *question, billable, inTitle bool) float64 {
	p := 1.0
	if d.flags&docStarter != 0 {
		p *= 1.1
	}
	if !billable {
		p *= 0.8
	}
	switch {
	case d.system == codes.ICD10PCS:
		p *= 0.72
	case d.system == codes.ICD10CM && len(d.key) == 7 && letter(d.key[6]) && !q.later:
		switch d.key[6] {
		case 'A':
		case 'B', 'C':
			p *= 0.93
		default:
			p *= 0.85
		}
	case d.system == codes.Modifier || d.system == codes.POS:
		p *= 0.9
	case d.system == codes.HCPCS && (strings.HasPrefix(d.key, "G8") || strings.HasPrefix(d.key, "G9")):
		p *= 0.75 // reports of quality measures
	case d.system == codes.CPT && d.key[len(d.key)-1] == 'F':
		p *= 0.85
	}
	if !inTitle && d.system != codes.ICD10CM {
		p *= 0.95
	}
	return p
}
