package codebook

import (
	"slices"
	"strings"
	"unicode"
)

// slot is one thing that the query asks for: a word, or several that mean one thing, with all the ways in which a code may say it.
type slot struct {
	options  []option
	weight   float64
	optional bool // tells little: "with", "unspecified"; never keeps a code out
}

// option is one way: stems that must all be there, each any of a range.
type option struct {
	stems   []stems
	factor  float64 // 1 for what was typed, less for what was guessed
	similar bool    // guessed from a typing error
}

// noise are words of a question that no code has to have.
func noise(word string) bool {
	switch word {
	case "what", "which", "how", "code", "codes", "cpt", "hcpcs", "icd", "icd10", "dx", "diagnosis", "billing", "bill", "please", "need", "i", "my", "me", "do", "does", "can", "we", "you", "about", "when":
		return true
	}
	return false
}

// vague are words that many codes have and that narrow little; they raise a score and keep nothing out.
func vague(word string) bool {
	switch word {
	case "with", "without", "unspecified", "other", "specified", "nos", "nec", "not", "elsewhere", "classified", "due", "initial", "encounter", "subsequent", "patient", "procedure", "service", "side":
		return true
	}
	return false
}

// slots reads the query: joins what the synonym table knows, and gives every word its ways of being meant.
func (s *searcher) slots(words string) []slot {
	var raw []string
	eachWord(words, func(w string) {
		if !emptyWord(w) && len(raw) < maxQueryWords {
			raw = append(raw, w)
		}
	})
	kept := slices.DeleteFunc(slices.Clone(raw), noise)
	if len(kept) == 0 {
		kept = raw
	}
	typing := endsInWord(words)
	roots := make([]string, len(kept))
	for i, w := range kept {
		roots[i] = stem(w)
	}
	var out []slot
	for i := 0; i < len(roots); {
		if sl, n := s.synonymSlot(roots[i:]); n > 0 {
			out = append(out, sl)
			i += n
			continue
		}
		next := ""
		if i+1 < len(kept) {
			next = kept[i+1]
		}
		sl, n := s.wordSlot(kept[i], roots[i], next, typing && i == len(roots)-1)
		sl.optional = vague(kept[i])
		out = append(out, sl)
		i += n
	}
	if !slices.ContainsFunc(out, func(sl slot) bool { return !sl.optional }) {
		for i := range out {
			out[i].optional = false
		}
	}
	return out
}

func endsInWord(words string) bool {
	runes := []rune(words)
	return len(runes) > 0 && (unicode.IsLetter(runes[len(runes)-1]) || unicode.IsDigit(runes[len(runes)-1]))
}

// all is an option of several whole stems; ok is false when the book lacks one of them.
func (s *searcher) all(roots []string, factor float64) (o option, ok bool) {
	o.factor = factor
	for _, r := range roots {
		e := s.lex.exact(r)
		if e.first == e.end {
			return o, false
		}
		o.stems = append(o.stems, e)
	}
	return o, len(roots) > 0
}

func (s *searcher) synonymSlot(roots []string) (slot, int) {
	for _, syn := range s.lex.synonyms[roots[0]] {
		n := len(syn.typed)
		if n > len(roots) || !slices.Equal(syn.typed, roots[:n]) {
			continue
		}
		var sl slot
		if o, ok := s.all(syn.typed, 1); ok {
			sl.options = append(sl.options, o)
		}
		for _, m := range syn.meaning {
			if o, ok := s.all(m, 0.97); ok {
				sl.options = append(sl.options, o)
			}
		}
		if len(sl.options) == 0 {
			continue
		}
		sl.weight = s.weigh(sl)
		return sl, n
	}
	return slot{}, 0
}

// wordSlot gives the ways in which one typed word may be meant; n is 2 when it was read as one with the word after it ("heart burn").
func (s *searcher) wordSlot(word, root, next string, typing bool) (slot, int) {
	n := 1
	var sl slot
	exact := s.lex.exact(root)
	df := s.lex.df(exact)
	if df > 0 {
		sl.options = append(sl.options, option{stems: []stems{exact}, factor: 1})
	}
	// A word that the book has is meant as it stands, unless many more codes have words that only begin with it.
	begun := 0
	if len(word) >= 2 {
		prefix, factor := root, 0.8
		if typing {
			prefix, factor = word, 0.9 // a word under way has no ending to drop yet
		}
		r := s.lex.begins(prefix)
		begun = s.lex.df(r)
		if begun > 3*df && (typing || len(prefix) >= 3) {
			sl.options = append(sl.options, option{stems: []stems{r}, factor: factor})
		}
	}
	if next != "" && len(word) > 1 {
		if o, ok := s.all([]string{stem(word + next)}, 0.95); ok {
			sl.options = append(sl.options, o)
			if df == 0 || !s.lex.has(stem(next)) {
				n = 2
			}
		}
	}
	if df == 0 && n == 1 {
		for _, similar := range s.lex.similar(root) {
			// "migrane" begins no word but the rare "migrans", and is hardly meant as that.
			if o, ok := s.all([]string{similar}, 0.75); ok && s.lex.df(o.stems[0]) > begun {
				o.similar = true
				sl.options = append(sl.options, o)
			}
		}
	}
	if len(sl.options) == 0 {
		for i := 3; i+3 <= len(word); i++ { // "kneepain"
			if o, ok := s.all([]string{stem(word[:i]), stem(word[i:])}, 0.8); ok {
				sl.options = append(sl.options, o)
			}
		}
	}
	sl.weight = s.weigh(sl)
	return sl, n
}

// weigh: a slot tells as much as its commonest way. What the book does not have at all weighs most, so that codes without it stay low.
func (s *searcher) weigh(sl slot) float64 {
	df := 0
	for _, o := range sl.options {
		least := int(s.lex.total)
		for _, r := range o.stems {
			least = min(least, s.lex.df(r))
		}
		df = max(df, least)
	}
	return s.lex.weight(df)
}

// maxExpanded bounds how many words one beginning stands for.
const maxExpanded = 40

// query writes slots in the language of FTS5; "" when a slot can match nothing. A beginning is written out as the words that have it, the
// commonest if they are many: FTS5 would gather all codes of all of them before the first, where a list of words stops early.
func (s *searcher) query(slots []slot) string {
	var parts []string
	if s.system != "" {
		parts = append(parts, quote(systemToken(s.system)))
	}
	for _, sl := range slots {
		if sl.optional {
			continue
		}
		var ways []string
		for _, o := range sl.options {
			var all []string
			for _, r := range o.stems {
				all = append(all, s.anyOf(r))
			}
			ways = append(ways, "("+strings.Join(all, " AND ")+")")
		}
		if ways == nil {
			return ""
		}
		parts = append(parts, "("+strings.Join(ways, " OR ")+")")
	}
	return strings.Join(parts, " AND ")
}

func (s *searcher) anyOf(r stems) string {
	if r.end-r.first == 1 {
		return quote(indexed(s.lex.stems[r.first-1]))
	}
	var numbers []int32
	for n := r.first; n < r.end; n++ {
		numbers = append(numbers, n)
	}
	if len(numbers) > maxExpanded {
		slices.SortFunc(numbers, func(a, b int32) int { return int(s.lex.count[b-1]) - int(s.lex.count[a-1]) })
		numbers = numbers[:maxExpanded]
	}
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = quote(indexed(s.lex.stems[n-1]))
	}
	return "(" + strings.Join(words, " OR ") + ")"
}

// quote keeps words such as AND from being operators. Stems hold letters, digits and "&" only.
func quote(s string) string { return `"` + s + `"` }
