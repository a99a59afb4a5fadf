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
	case "nos", "nec", "what", "which", "how", "code", "codes", "cpt", "hcpcs", "icd", "icd10", "dx", "diagnosis", "billing", "bill", "please", "need", "i", "my", "me", "do", "does", "can", "we", "you", "about", "when", "give", "find", "show", "search", "want", "looking", "icd10cm", "ndc", "patients", "has", "have", "had", "got", "gets", "his", "her", "their":
		return true
	}
	return false
}

// vague are words that many codes have and that narrow little; they raise a score and keep nothing out.
func vague(word string) bool {
	switch word {
	case "with", "without", "unspecified", "other", "specified", "not", "elsewhere", "classified", "due", "initial", "encounter", "patient", "procedure", "service", "side", "acquired", "no", "non", "after",
		"status", "symptoms", "problem", "problems", "disease", "disorder", "condition", "visit", "related", "nonspecific", "unknown":
		return true
	}
	return false
}

// question is a query as it is understood.
type question struct {
	slots   []slot
	phrase  []int32   // its words by number, without those that say nothing
	exact   []int32   // all its words by number, as they stand
	later   bool      // it speaks of what comes after the first treatment
	hints   []codeKey // codes that the vocabulary names for its words
	only    bool      // the vocabulary knows all that it asks for: the hints are what is meant
	negated bool      // it says "without" or "not" itself
	mended  bool      // a word was read as another in spelling
	phrases bool      // the vocabulary took several words together
	trust   float64   // below 1 for a second reading
}

// read understands a query: mends its spelling, finds what the vocabulary knows in it, and gives every other word its ways of being meant.
// Without phrases the vocabulary is asked for single words only.
func (s *searcher) read(words string, phrases bool) question {
	q := question{trust: 1}
	var raw []string
	eachWord(shorthand(words), func(w string) {
		if !emptyWord(w) && len(raw) < maxQueryWords {
			raw = append(raw, w)
		}
	})
	raw = spelled(arabic(raw))
	for _, w := range raw {
		r := stem(w)
		q.exact = append(q.exact, s.lex.exact(r).first)
		q.later = q.later || w == "subsequent" || w == "sequela" || w == "sequelae" || w == "healing" || w == "nonunion" || w == "malunion" || w == "aftercare"
	}
	kept := slices.DeleteFunc(slices.Clone(raw), noise)
	if len(kept) == 0 {
		kept = raw
	}
	typing := endsInWord(words)
	roots := make([]string, len(kept))
	guessed := make([][]string, len(kept))
	for i, w := range kept {
		roots[i] = stem(w)
		q.negated = q.negated || negating(w)
		if s.known(roots[i]) && !s.doubtful(roots[i]) {
			continue
		}
		if guessed[i] = s.mend(w, roots, kept, i); len(guessed[i]) > 0 {
			roots[i] = guessed[i][0]
		}
	}
	for i, r := range roots {
		if n := s.lex.exact(r).first; n == 0 || !s.lex.quiet[n] {
			q.phrase = append(q.phrase, n)
		}
		q.mended = q.mended || len(guessed[i]) > 0
	}
	known, rest := s.entries(roots, kept, typing, phrases, &q)
	for i := 0; i < len(roots); {
		if rest[i] {
			i++
			continue
		}
		next := ""
		if i+1 < len(kept) && !rest[i+1] && len(guessed[i]) == 0 {
			next = kept[i+1]
		}
		var sl slot
		n := 1
		if len(guessed[i]) > 0 {
			sl = s.guessSlot(guessed[i])
		} else {
			sl, n = s.wordSlot(kept[i], roots[i], next, typing && i == len(roots)-1)
		}
		sl.optional = vague(kept[i]) || typing && i == len(kept)-1 && len(kept[i]) == 1 && letters(kept[i])
		known = append(known, sl)
		q.only = q.only && sl.optional && !negating(kept[i])
		i += n
	}
	q.slots = known
	if !slices.ContainsFunc(q.slots, func(sl slot) bool { return !sl.optional }) {
		for i := range q.slots {
			q.slots[i].optional = false
		}
	}
	return q
}

// known: a word that the book or the vocabulary has is not misspelt.
func (s *searcher) known(root string) bool { return s.lex.has(root) || s.lex.vocabulary.knows(root) }

// doubtful: a word that hardly any title has and nobody types is compared with the words that people do type ("migrane" has the stem of
// "larva migrans").
func (s *searcher) doubtful(root string) bool {
	return len(root) >= 6 && !s.lex.vocabulary.knows(root) && s.lex.countOf(root) <= 20
}

// mend lists the words that an unknown one may have been meant to be; none when it is better read as a beginning, as two words, or as one
// with its neighbour.
func (s *searcher) mend(word string, roots, kept []string, i int) []string {
	if i+1 < len(kept) && s.lex.has(stem(word+kept[i+1])) {
		return nil
	}
	guesses := s.lex.similar(word, roots[i])
	if len(guesses) == 0 {
		return nil
	}
	if s.known(roots[i]) { // doubtful: only a near word that is far commoner, or one that people type, is likelier
		if !s.lex.vocabulary.knows(guesses[0]) || distance(roots[i], guesses[0], costPlain) > costSilent {
			return nil
		}
		return append(guesses[:1:1], roots[i])
	}
	// "osteopor" begins a common word; "migrane" none.
	if begun := s.lex.df(s.lex.begins(word)); begun > 0 && len(word) >= 3 {
		times := 4
		if len(word) < 5 {
			times = 20
		}
		if s.lex.countOf(guesses[0]) < times*begun {
			return nil
		}
	}
	return guesses
}

// entries finds what the vocabulary knows in the words of a query, and which of them it took.
func (s *searcher) entries(roots, kept []string, typing, phrases bool, q *question) (out []slot, taken []bool) {
	taken = make([]bool, len(roots))
	v := s.lex.vocabulary
	n := 0
	add := func(t typedEntry, places []int, factor float64) {
		sl := s.entrySlot(t, factor)
		for _, p := range places {
			taken[p] = true
		}
		if n++; n > 1 {
			q.only = false
		}
		sl.optional = len(places) == 1 && vague(kept[places[0]])
		if len(sl.options) > 0 || len(t.codes) > 0 {
			q.hints = append(q.hints, t.codes...)
			out = append(out, sl)
		}
	}
	q.only = true
	for {
		m, ok := v.find(roots, taken, phrases)
		if !ok {
			break
		}
		q.phrases = q.phrases || len(m.places) > 1
		factor := 1.0
		if !m.strict {
			factor = 0.95
		}
		add(m.typedEntry, m.places, factor)
	}
	if n == 0 && typing && phrases && len(roots) > 0 && len(kept[len(kept)-1]) >= 3 {
		last := kept[len(kept)-1]
		if t, ok := v.under(kept, s.lex.countOf); ok && !s.lex.has(roots[len(roots)-1]) {
			places := make([]int, len(roots))
			for i := range places {
				places[i] = i
			}
			add(t, places, 0.95)
			// What else begins so is asked for too.
			if r := s.lex.begins(last); len(roots) == 1 && r.first != r.end {
				out[0].options = append(out[0].options, option{stems: []stems{r}, factor: 0.85})
				out[0].weight = s.weigh(out[0])
			}
		}
	}
	if n == 0 {
		q.only = false
	}
	return out, taken
}

// entrySlot is what an entry of the vocabulary may mean: what was typed, as it stands, and what the code sets call it.
func (s *searcher) entrySlot(t typedEntry, factor float64) slot {
	var sl slot
	literal := factor
	if len(t.stems) == 1 && len(t.stems[0]) <= 3 {
		literal *= 0.8 // an abbreviation means other things in titles
	}
	if o, ok := s.all(t.stems, literal); ok {
		sl.options = append(sl.options, o)
	}
	for i, m := range t.meaning {
		f := factor
		if len(sl.options) > 0 && sl.options[0].factor == factor {
			f *= 0.97
		}
		if i > 0 {
			f *= 0.95
		}
		if o, ok := s.all(m, f); ok {
			sl.options = append(sl.options, o)
		}
	}
	if len(sl.options) > 0 {
		sl.weight = s.weigh(sl)
	}
	return sl
}

// guessSlot is a word whose spelling was mended.
func (s *searcher) guessSlot(guesses []string) slot {
	var sl slot
	for i, g := range guesses {
		f := 0.95
		if i > 0 {
			f = 0.8
		}
		if o, ok := s.all([]string{g}, f); ok {
			o.similar = true
			sl.options = append(sl.options, o)
		}
		s.same(&sl, []string{g}, 0.75)
	}
	sl.weight = s.weigh(sl)
	return sl
}

// same adds the phrases that stand for a typed one, and what it is a part of.
func (s *searcher) same(sl *slot, roots []string, factor float64) {
	for _, other := range s.lex.vocabulary.same[strings.Join(roots, " ")] {
		if o, ok := s.all(strings.Fields(other), factor); ok {
			sl.options = append(sl.options, o)
		}
	}
	for _, whole := range s.lex.vocabulary.whole[strings.Join(roots, " ")] {
		if o, ok := s.all(strings.Fields(whole), factor*0.8); ok {
			sl.options = append(sl.options, o)
		}
	}
}

func endsInWord(words string) bool {
	runes := []rune(words)
	return len(runes) > 0 && (unicode.IsLetter(runes[len(runes)-1]) || unicode.IsDigit(runes[len(runes)-1]))
}

// all is an option of several whole stems; ok is false when the book lacks one of them.
func (s *searcher) all(roots []string, factor float64) (o option, ok bool) {
	o.factor = factor
	o.stems, ok = s.lex.all(roots)
	return o, ok
}

// wordSlot gives the ways in which one typed word may be meant; n is 2 when it was read as one with the word after it ("heart burn"), or when
// the two together stand for something ("great toe").
func (s *searcher) wordSlot(word, root, next string, typing bool) (slot, int) {
	var sl slot
	if next != "" {
		if pair := []string{root, stem(next)}; len(s.lex.vocabulary.same[strings.Join(pair, " ")]) > 0 {
			if o, ok := s.all(pair, 1); ok {
				sl.options = append(sl.options, o)
			}
			s.same(&sl, pair, 0.9)
			if len(sl.options) > 0 {
				sl.weight = s.weigh(sl)
				return sl, 2
			}
		}
	}
	n := 1
	exact := s.lex.exact(root)
	df := s.lex.df(exact)
	if df > 0 {
		sl.options = append(sl.options, option{stems: []stems{exact}, factor: 1})
	}
	s.same(&sl, []string{root}, 0.85)
	// A word that the book has is meant as it stands, unless many more codes have words that only begin with it.
	if len(word) >= 2 {
		prefix, factor := root, 0.8
		if typing {
			prefix, factor = word, 0.9 // a word under way has no ending to drop yet
		}
		r := s.lex.begins(prefix)
		if begun := s.lex.df(r); begun > 3*df && (typing || len(prefix) >= 3) {
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
	if len(sl.options) == 0 {
		for i := 3; i+3 <= len(word); i++ { // "kneepain"
			if o, ok := s.all([]string{stem(word[:i]), stem(word[i:])}, 0.8); ok {
				sl.options = append(sl.options, o)
			}
		}
	}
	for cut := len(word) - 1; len(sl.options) == 0 && cut >= 5 && cut >= len(word)-4; cut-- { // "appendiceal", "diverticular"
		if r := s.lex.begins(word[:cut]); r.first != r.end {
			sl.options = append(sl.options, option{stems: []stems{r}, factor: 0.6})
		}
	}
	sl.weight = s.weigh(sl)
	if df == 0 && len(sl.options) > 0 && sl.options[0].factor < 1 {
		sl.weight *= 0.6 // a beginning or a guess: what is known of the query tells more
	}
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
