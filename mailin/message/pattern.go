package message

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"
)

// pattern is a regular expression with a cheap look before it. Those for notices and sign-offs have hundreds of alternatives, hardly any line has one
// of them, and a regular expression takes microseconds to say so. Each expression is therefore read for words of which one must stand in whatever it
// matches, and a single pass over a line tells for all patterns at once whether one of theirs does. The words follow from the expression by
// themselves: who extends it has nothing else to keep in step.
type pattern struct {
	*regexp.Regexp
	bit hints
}

// hints is a set of patterns, a bit for each.
type hints uint64

// words are those of all patterns so far, with the patterns that need them. Patterns are made while the package is initialized, and never later.
var (
	patternWords = map[string]hints{}
	patterns     int
)

// hinted compiles a pattern. One of which no word can be told is tried on every text.
func hinted(expr string) *pattern {
	p := &pattern{Regexp: regexp.MustCompile(expr)}
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || patterns == 64 {
		panic("message: pattern without a bit: " + expr)
	}
	p.bit = 1 << patterns
	patterns++
	for _, word := range needsOf(parsed).words() {
		patternWords[word[:min(len(word), wordLen)]] |= p.bit
	}
	return p
}

// wordLen is how many bytes of a word are looked for; more would hardly tell more, and the table grows with them.
const wordLen = 6

// MatchString is that of the expression.
func (p *pattern) MatchString(s string) bool { return p.within(hintsOf(s), s) }

// within is MatchString for a text whose hints are known.
func (p *pattern) within(h hints, s string) bool { return h&p.bit != 0 && p.Regexp.MatchString(s) }

// hintsOf are the patterns that may match in s.
func hintsOf(s string) hints {
	var l look
	l.read(s)
	return l.found
}

// needs is what must stand in whatever an expression matches.
type needs struct {
	exact []string // all that it can match, when those are few
	any   []string // otherwise: one of these is in it; none when nothing is known
}

// few is how many words are listed for a part of an expression before it is taken as too many to list.
const few = 64

func (n needs) words() []string {
	if n.exact != nil {
		if weight(n.exact) == 0 {
			return []string{""}
		}
		return n.exact
	}
	if n.any == nil {
		return []string{""} // in every text
	}
	return n.any
}

// weight says how seldom one of the words stands in a text: that of the one that stands there most often.
func weight(words []string) int {
	least := 0
	for i, word := range words {
		n := 0
		for _, r := range word {
			switch {
			case r == ' ':
				n++
			case r >= 'a' && r <= 'z':
				n += 2
			default:
				n += 3
			}
		}
		if i == 0 || n < least {
			least = n
		}
	}
	return least
}

func needsOf(re *syntax.Regexp) needs {
	switch re.Op {
	case syntax.OpLiteral:
		return needs{exact: []string{folded(string(re.Rune))}}
	case syntax.OpCharClass:
		return classNeeds(re.Rune)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return needs{exact: []string{""}}
	case syntax.OpCapture:
		return needsOf(re.Sub[0])
	case syntax.OpQuest:
		if n := needsOf(re.Sub[0]); n.exact != nil {
			return needs{exact: append(slices.Clone(n.exact), "")}
		}
	case syntax.OpPlus:
		return once(needsOf(re.Sub[0]))
	case syntax.OpRepeat:
		if re.Min > 0 {
			return once(needsOf(re.Sub[0]))
		}
	case syntax.OpAlternate:
		return eitherNeeds(re.Sub)
	case syntax.OpConcat:
		return allNeeds(re.Sub)
	}
	return needs{}
}

// once are the needs of what stands there at least once.
func once(n needs) needs {
	if n.exact != nil && weight(n.exact) > 0 {
		return needs{any: n.exact}
	}
	return needs{any: n.any}
}

func classNeeds(ranges []rune) needs {
	var all []string
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1]-ranges[i] > few {
			return needs{}
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			all = append(all, folded(string(r)))
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) > 16 {
		return needs{}
	}
	return needs{exact: all}
}

func eitherNeeds(subs []*syntax.Regexp) needs {
	var all, exact []string
	listed := true
	for _, sub := range subs {
		n := needsOf(sub)
		if listed = listed && n.exact != nil; listed {
			exact = append(exact, n.exact...)
		}
		all = append(all, n.words()...)
	}
	if listed && len(exact) <= few {
		return needs{exact: exact}
	}
	if weight(all) == 0 {
		return needs{} // one of them may be anything
	}
	return needs{any: all}
}

func allNeeds(subs []*syntax.Regexp) needs {
	var best []string
	better := func(words []string) {
		if weight(words) > weight(best) {
			best = words
		}
	}
	run, listed := []string{""}, true // what the parts since the last one that cannot be listed make together
	for _, sub := range subs {
		n := needsOf(sub)
		if n.exact != nil && len(run)*len(n.exact) <= few {
			var longer []string
			for _, a := range run {
				for _, b := range n.exact {
					longer = append(longer, a+b)
				}
			}
			run = longer
			continue
		}
		listed = false
		better(run)
		better(n.any)
		if run = n.exact; run == nil {
			run = []string{""}
		}
	}
	if listed {
		return needs{exact: run}
	}
	better(run)
	return needs{any: best}
}

// folded is s with all letters of a kind as one, as the expressions have it that ignore case: "K" and the sign for Kelvin are both "k".
func folded(s string) string {
	var out []byte
	for _, r := range s {
		out = utf8.AppendRune(out, foldedRune(r))
	}
	return string(out)
}

func foldedRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

// wordTable finds all words of all patterns in one pass, by the method of Aho and Corasick. It is made when it is first needed.
type wordTable struct {
	kinds [256]uint16 // of bytes; those that stand in no word are of kind 0
	width int         // number of kinds
	next  []uint16    // state and kind of byte -> state
	found []hints     // patterns of the words that end in a state
	folds [0x600]rune // foldedRune of the letters used most
}

var patternTable = sync.OnceValue(func() *wordTable {
	t := &wordTable{width: 1}
	for word := range patternWords {
		for i := range len(word) {
			if t.kinds[word[i]] == 0 {
				t.kinds[word[i]] = uint16(t.width)
				t.width++
			}
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		t.kinds[c] = t.kinds[c-'A'+'a']
	}
	for r := range t.folds {
		t.folds[r] = foldedRune(rune(r))
	}
	state := func() int {
		if len(t.found) == 1<<16 {
			panic("message: too many words of patterns")
		}
		t.next = append(t.next, make([]uint16, t.width)...)
		t.found = append(t.found, 0)
		return len(t.found) - 1
	}
	state()
	for word, h := range patternWords {
		at := 0
		for i := range len(word) {
			step := at*t.width + int(t.kinds[word[i]])
			if t.next[step] == 0 {
				to := state()
				t.next[step] = uint16(to)
			}
			at = int(t.next[step])
		}
		t.found[at] |= h
	}
	// Where a word breaks off, the longest end of what was read that begins another one goes on.
	back := make([]int, len(t.found))
	queue := []int{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		t.found[at] |= t.found[back[at]]
		for kind := 1; kind < t.width; kind++ {
			to := int(t.next[at*t.width+kind])
			other := 0
			if at != 0 {
				other = int(t.next[back[at]*t.width+kind])
			}
			if to == 0 {
				t.next[at*t.width+kind] = uint16(other)
				continue
			}
			back[to] = other
			queue = append(queue, to)
		}
	}
	return t
})

// look is one pass over a text that may come in pieces.
type look struct {
	at    int
	found hints
}

func (l *look) read(s string) {
	t := patternTable()
	at, found := l.at, l.found|t.found[0]
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			at = int(t.next[at*t.width+int(t.kinds[c])])
			found |= t.found[at]
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if int(r) < len(t.folds) {
			r = t.folds[r]
		} else {
			r = foldedRune(r)
		}
		var buf [utf8.UTFMax]byte
		for _, c := range buf[:utf8.EncodeRune(buf[:], r)] {
			at = int(t.next[at*t.width+int(t.kinds[c])])
			found |= t.found[at]
		}
	}
	l.at, l.found = at, found
}
