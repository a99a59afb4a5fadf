package codebook

import (
	"slices"

	"caseconsultant/workflow/codes"
)

// score says how well a code answers the query, between 0 and 100: how much of what was asked it has and where (title, lay words and
// inclusion terms, further text), how little else its title says, and whether it is a code that people report.
func (s *searcher) score(d *searchDoc, slots []slot, phrase []int32, billable bool) (float64, string) {
	var got, asked float64
	inTitle, inWords, similar := 0, 0, false
	s.matched = s.matched[:0]
	for _, sl := range slots {
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
			}{{d.title, 1}, {d.words, 0.92}, {d.more, 0.4}} {
				if v := o.factor * field.value; v > best && s.hasAll(field.stems, o, f == 0) {
					best, where, guessed = v, f+1, o.similar
				}
			}
		}
		got += weight * best
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
	case similar:
		kind = "similar"
	case inWords > 0 && inTitle == 0:
		kind = "words"
	}
	if asked == 0 {
		return 0, kind
	}
	score := got / asked

	var said, extra float64 // what the title says, and what of it beyond the question
	for _, n := range d.title {
		w := s.lex.weights[n]
		said += w
		if !slices.Contains(s.matched, n) {
			extra += w
		}
	}
	if said > 0 {
		score *= 0.62 + 0.38*(1-extra/(said+asked))
	}
	switch { // one of its names is just what was typed
	case len(phrase) == 0:
	case slices.Equal(d.title, phrase):
		score *= 1.3
	case hasName(d.words, phrase):
		score *= 1.2
	}
	return min(score*popularity(d, billable)*62, 99), kind
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
func hasName(words, phrase []int32) bool {
	for len(words) > 0 {
		end := slices.Index(words, 0)
		if end < 0 {
			return slices.Equal(words, phrase)
		}
		if slices.Equal(words[:end], phrase) {
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
	case "unspecifi", "with", "without", "not", "elsewher", "classifi", "organism", "initial", "encounter", "complication", "type", "essential", "site", "primari", "per", "each":
		return 0.15
	case "other", "specifi":
		return 0.4
	}
	return 1
}

// popularity prefers what people report: codes that the starter describes (they were chosen because they are asked for), codes before
// headings, plain procedures before inpatient ones; it puts back what is for after-care or sequelae.
func popularity(d *searchDoc, billable bool) float64 {
	p := 1.0
	if d.flags&docStarter != 0 {
		p *= 1.12
	}
	if !billable {
		p *= 0.85
	}
	switch {
	case d.system == codes.ICD10PCS:
		p *= 0.8
	case d.system == codes.ICD10CM && len(d.key) == 7 && d.key[6] != 'A' && d.key[6] != 'B':
		p *= 0.85
	case d.system == codes.Modifier || d.system == codes.POS:
		p *= 0.95
	}
	return p
}
