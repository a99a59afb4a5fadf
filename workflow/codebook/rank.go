package codebook

import (
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// score says how well a code answers the query, between 0 and 100: how much of what was asked it has and where (title, lay words and
// inclusion terms, further text), how little else its title says, and whether it is a code that people report.
func (s *searcher) score(d doc, slots []slot, phrase string) (float64, string) {
	title := tokens(d.title)
	words := tokens(d.words)
	var more []string
	if d.more != "" {
		more = tokens(d.more)
	}
	var got, asked float64
	kind, similar := "", false
	matched := map[string]bool{}
	for _, sl := range slots {
		weight := sl.weight
		if sl.optional {
			weight *= 0.3
		}
		asked += weight
		var best float64
		where := ""
		for _, o := range sl.options {
			for _, field := range []struct {
				stems []string
				value float64
				kind  string
			}{{title, 1, "title"}, {words, 0.92, "words"}, {more, 0.4, "words"}} {
				if v := o.factor * field.value; v > best && hasAll(field.stems, o, matched, field.kind == "title") {
					best, where = v, field.kind
					similar = similar || o.kind == "similar"
				}
			}
		}
		got += weight * best
		if where == "words" || kind == "" {
			if where != "" {
				kind = where
			}
		}
	}
	if asked == 0 {
		return 0, "title"
	}
	score := got / asked

	// What the title says beyond the question.
	var said, extra float64
	for _, t := range title {
		w := s.lex.weight(s.lex.df(t))
		if quiet(t) {
			w *= 0.15
		}
		said += w
		if !matched[t] {
			extra += w
		}
	}
	if said > 0 {
		score *= 0.62 + 0.38*(1-extra/(said+asked))
	}
	switch { // one of its names is just what was typed
	case phrase != "" && strings.Join(title, " ") == phrase:
		score *= 1.3
	case phrase != "" && hasPhrase(d.words, phrase):
		score *= 1.2
	}
	score *= s.popularity(d)
	if kind == "" {
		kind = "words"
	}
	if similar {
		kind = "similar"
	}
	return min(score*60, 99), kind
}

// hasAll reports whether all stems of an option are among the field's, and notes which of the title's they are.
func hasAll(field []string, o option, matched map[string]bool, note bool) bool {
	for i, want := range o.stems {
		found := ""
		for _, have := range field {
			if have == want || o.prefix && i == len(o.stems)-1 && strings.HasPrefix(have, want) {
				found = have
				break
			}
		}
		if found == "" {
			return false
		}
		if note {
			matched[found] = true
		}
	}
	return true
}

// quiet are stems of titles that say little: "Pneumonia, unspecified organism" is the plain answer to "pneumonia".
func quiet(stem string) bool {
	switch stem {
	case "unspecifi", "unspecified", "with", "without", "not", "elsewhere", "classifi", "organism", "initial", "encounter", "complication", "type", "essential", "primari", "other", "specifi", "per", "each":
		return true
	}
	return false
}

func hasPhrase(words, phrase string) bool {
	for name := range strings.SplitSeq(words, " | ") {
		if strings.Join(tokens(name), " ") == phrase {
			return true
		}
	}
	return false
}

// popularity prefers what people report: codes that the starter describes (they were chosen because they are asked for), codes before
// headings, whole diagnoses before their seventh-character variants, plain procedures before inpatient ones, and puts back what is only
// for after-care or for other circumstances than the usual.
func (s *searcher) popularity(d doc) float64 {
	p := 1.0
	var store [maxKey]byte
	key, _ := appendKey(store[:0], d.key)
	starter, billable := false, false
	sets := s.b.members[d.system]
	for i := range sets {
		flags, ok := sets[i].find(key)
		if !ok {
			continue
		}
		starter = starter || s.b.starterRelease(sets[i].release)
		billable = billable || flags&memberBillable != 0
	}
	if starter {
		p *= 1.12
	}
	if billable {
		p *= 1.06
	}
	switch {
	case d.system == codes.ICD10PCS:
		p *= 0.8
	case d.system == codes.ICD10CM && len(d.key) == 7 && slices.Contains([]string{"D", "S", "G", "K", "P"}, d.key[6:]):
		p *= 0.85
	case d.system == codes.Modifier || d.system == codes.POS:
		p *= 0.95
	}
	return p
}
