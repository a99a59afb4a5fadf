package codebook

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"caseconsultant/workflow/codes"
)

const (
	maxQuestionBytes = 2000
	maxQuestionWords = 40
)

//go:embed passages.tsv
var passageSynonyms string

// inquiry is a question about rules, read.
type inquiry struct {
	lex   *ruleWords
	slots []asked
	codes []codeSpan // single codes, in every system that they may be of
	names []string   // what was typed for each of codes
	about map[string]bool
}

// chatter are words of a question that no rule has to have.
func chatter(word string) bool {
	switch word {
	case "what", "which", "how", "who", "why", "where", "when", "can", "could", "may", "must", "should", "would", "will", "do", "does", "did", "have", "has", "had", "get", "got", "need",
		"i", "we", "you", "they", "he", "she", "my", "our", "your", "me", "us", "them", "there", "here", "if", "so", "then", "than", "please", "thanks", "thank", "hello", "hi", "help",
		"mean", "means", "say", "says", "said", "tell", "know", "use", "used", "using", "about", "any", "some", "also", "just", "vs", "versus", "per", "ok", "okay", "yes", "no":
		return true
	}
	return noise(word)
}

// common are words that say little in a rule book.
func common(word string) bool {
	switch word {
	case "guideline", "guidelines", "rule", "rules", "policy", "medicare", "cms", "report", "reported", "reporting", "billed", "bills", "coded", "coding", "claim", "claims", "pay", "paid", "allowed", "many",
		"documented", "documentation", "modifier", "modifiers", "same", "day", "different", "definition", "defined", "coverage", "covered", "requirement", "requirements", "required":
		return true
	}
	return vague(word)
}

func (b *Book) inquiry(q PassageQuery) (*inquiry, error) {
	lex, err := b.rules()
	if err != nil {
		return nil, err
	}
	ask := &inquiry{lex: lex, about: map[string]bool{}}
	for _, t := range q.Topics {
		ask.about[t] = true
	}
	words := strings.ToValidUTF8(q.Words, " ")
	if len(words) > maxQuestionBytes {
		words = strings.ToValidUTF8(words[:maxQuestionBytes], "")
	}
	for _, c := range q.Codes {
		ask.addCode(c)
	}
	for _, m := range codes.Find(words, codes.Options{}) {
		ask.add(m.System, m.Code, m.Text)
		for _, modifier := range m.Modifiers {
			ask.add(codes.Modifier, modifier, m.Text)
		}
	}
	for _, piece := range strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;/?!()\"", r) }) {
		piece = strings.Trim(piece, ".:'-")
		if key := keyOf(piece); len(key) >= 5 && strings.ContainsAny(key, "0123456789") && !strings.Contains(piece, "-") {
			ask.addCode(piece)
		}
	}
	rest := words
	for _, name := range ask.names {
		if len(name) > 2 {
			rest = strings.ReplaceAll(rest, name, " ")
		}
	}
	ask.read(rest)
	return ask, nil
}

// addCode takes a code that stands alone, in each system that its form allows.
func (ask *inquiry) addCode(written string) {
	code, modifier, _ := strings.Cut(strings.TrimSpace(written), "-")
	for _, system := range Systems(code) {
		ask.add(system, code, written)
	}
	if len(modifier) == 2 {
		ask.add(codes.Modifier, modifier, written)
	}
}

func (ask *inquiry) add(system codes.System, code, written string) {
	c := codeSpan{system: system, first: keyOf(code)}
	if c.first != "" && len(c.first) <= maxKey && len(ask.codes) < maxQuestionWords && !slices.Contains(ask.codes, c) {
		ask.codes, ask.names = append(ask.codes, c), append(ask.names, written)
	}
}

// read makes slots of the words: synonyms first, then each word as it stands, by its spelling, or by its beginning.
func (ask *inquiry) read(words string) {
	var kept []string
	eachWord(words, func(w string) {
		if !emptyWord(w) && !chatter(w) && len(kept) < maxQuestionWords {
			kept = append(kept, w)
		}
	})
	roots := make([]string, len(kept))
	for i, w := range kept {
		roots[i] = stem(w)
	}
	for i := 0; i < len(roots); {
		if sl, n := ask.synonym(roots[i:]); n > 0 {
			ask.keep(sl, n == 1 && common(kept[i]))
			i += n
			continue
		}
		ask.keep(ask.word(kept[i], roots[i]), common(kept[i]))
		i++
	}
	if !slices.ContainsFunc(ask.slots, func(a asked) bool { return !a.little }) && len(ask.codes) == 0 {
		for i := range ask.slots { // "NEC or NOS?" asks for nothing else
			ask.slots[i].little = false
		}
	}
}

func (ask *inquiry) keep(sl asked, little bool) {
	sl.little = little
	sl.weight = ask.weigh(sl)
	if little {
		sl.weight *= 0.35
	}
	ask.slots = append(ask.slots, sl)
}

// asked is one thing that the question names, with the ways in which a rule may say it.
type asked struct {
	ways   []way
	weight float64
	little bool // it tells little
}

// way is stems that must all be there, each any of a range.
type way struct {
	stems  []stems
	factor float64 // 1 for what was typed
}

// way makes one of whole stems; ok is false when the books lack one of them.
func (ask *inquiry) way(roots []string, factor float64) (w way, ok bool) {
	w.factor = factor
	w.stems, ok = ask.lex.all(roots)
	return w, ok
}

// synonym reads the longest entry of the tables that the words begin with, our own for rules before that of lay names.
func (ask *inquiry) synonym(roots []string) (asked, int) {
	for _, syn := range ask.lex.synonyms[roots[0]] {
		n := len(syn.typed)
		if n > len(roots) || !slices.Equal(syn.typed, roots[:n]) {
			continue
		}
		var a asked
		if w, ok := ask.way(syn.typed, 1); ok {
			a.ways = append(a.ways, w)
		}
		for _, m := range syn.meaning {
			if w, ok := ask.way(m, 0.97); ok {
				a.ways = append(a.ways, w)
			}
		}
		if len(a.ways) > 0 {
			return a, n
		}
	}
	return asked{}, 0
}

// word gives the ways in which a word may be meant. One that no book has keeps its weight, so that a question about something else finds
// nothing.
func (ask *inquiry) word(word, root string) asked {
	var a asked
	if w, ok := ask.way([]string{root}, 1); ok {
		a.ways = append(a.ways, w)
	} else {
		for _, similar := range ask.lex.similar(word, root) {
			if w, ok := ask.way([]string{similar}, 0.8); ok {
				a.ways = append(a.ways, w)
			}
		}
	}
	if len(word) >= 5 {
		prefix := root[:min(len(root), max(5, len(root)-2))] // "certification" and "certified", "dilation" and "dilated"
		if r := ask.lex.begins(prefix); r.end-r.first > 1 || len(a.ways) == 0 && r.end > r.first {
			a.ways = append(a.ways, way{stems: []stems{r}, factor: 0.7})
		}
	}
	return a
}

// weigh: a thing tells as much as the commonest way to say it does; what no book has weighs most.
func (ask *inquiry) weigh(a asked) float64 {
	most := 0
	for _, w := range a.ways {
		least := int(ask.lex.total)
		for _, r := range w.stems {
			least = min(least, ask.lex.df(r))
		}
		most = max(most, least)
	}
	return ask.lex.weight(most)
}
