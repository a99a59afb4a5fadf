package message

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode"
)

// hintedPatterns are all that are asked through their hints.
func hintedPatterns() map[string]*pattern {
	all := map[string]*pattern{"legal": legalPattern, "own": ownWords, "foreignMail": foreignMail, "foreignSecret": foreignSecret, "legalMore": legalMore, "list": listPattern, "banner": bannerPattern,
		"bannerWords": bannerWords, "contact": contactLine, "title": titleLine, "closing": closingLine, "case": caseWords, "code": codeShape, "devices": foreignDevices}
	for i, p := range noticeWords {
		all["notice"+string(rune('0'+i))] = p
	}
	return all
}

// What a pattern matches has one of its words: texts made from each expression itself, in all spellings that ignore case, are never passed by.
func TestHintsPassNoMatchBy(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	all := hintedPatterns()
	if len(all) != patterns {
		t.Errorf("%d patterns are tested of %d", len(all), patterns)
	}
	for name, p := range all {
		parsed, err := syntax.Parse(p.String(), syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for range 3000 {
			var b strings.Builder
			b.WriteString([]string{"", " ", "a ", "ſ", "on the "}[r.IntN(5)])
			sample(&b, parsed, r)
			b.WriteString([]string{"", " ", ".", " b", "\xff"}[r.IntN(5)])
			s := b.String()
			if !p.Regexp.MatchString(s) {
				continue
			}
			matched++
			if !p.MatchString(s) {
				t.Errorf("%s passes %q by", name, s)
				break
			}
		}
		if matched < 100 {
			t.Errorf("%s: %d texts match", name, matched)
		}
		// And it is of use: prose without any sign of a notice is not looked at.
		if s := "we would like to know whether this is right"; hintsOf(s)&p.bit != 0 && name != "own" && name != "title" {
			t.Errorf("%s looks at %q", name, s)
		}
	}
}

// sample writes a text that the expression matches, but for what it asks of the text around it.
func sample(b *strings.Builder, re *syntax.Regexp, r *rand.Rand) {
	times := func(least, most int) {
		for range least + r.IntN(most-least+1) {
			sample(b, re.Sub[0], r)
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, c := range re.Rune {
			for n := r.IntN(4); n > 0 && re.Flags&syntax.FoldCase != 0; n-- {
				c = unicode.SimpleFold(c)
			}
			b.WriteRune(c)
		}
	case syntax.OpCharClass:
		i := r.IntN(len(re.Rune)/2) * 2
		b.WriteRune(re.Rune[i] + r.Int32N(min(re.Rune[i+1]-re.Rune[i], 200)+1))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteByte(byte('a' + r.IntN(26)))
	case syntax.OpCapture:
		sample(b, re.Sub[0], r)
	case syntax.OpQuest:
		times(0, 1)
	case syntax.OpStar:
		times(0, 3)
	case syntax.OpPlus:
		times(1, 3)
	case syntax.OpRepeat:
		times(re.Min, max(re.Max, re.Min))
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			sample(b, sub, r)
		}
	case syntax.OpAlternate:
		sample(b, re.Sub[r.IntN(len(re.Sub))], r)
	}
}

// The cheap looks before the tables of marks and of sent-from lines, and before normalizing, let all of them pass.
func TestCheapLooksPassNoMarkBy(t *testing.T) {
	t.Parallel()
	dress := func(s string) []string {
		title := []rune(s)
		title[0] = unicode.ToUpper(title[0])
		return []string{s, string(title), strings.ToUpper(s), "----- " + string(title) + " -----", "> *" + string(title) + ":*", "\u200f" + string(title)}
	}
	for _, set := range []map[string]bool{forwardMarks, originalMarks, alwaysForward} {
		for mark := range set {
			for _, s := range dress(mark) {
				if words, _ := bareMark(s); set[words] && !mayBeMark(s) {
					t.Errorf("%q passes for no mark", s)
				}
			}
		}
	}
	for _, list := range [][]string{sentPrefixes, sentSuffixes} {
		for _, words := range list {
			for _, s := range dress(strings.TrimSpace(words)) {
				if !mayBeSent(s) && !mayBeSent(strings.Trim(s, "-> *:")) {
					t.Errorf("%q passes for no line of a telephone", s)
				}
			}
		}
	}
	for r := range rune(0x30000) {
		for _, s := range []string{string(r), "e" + string(r)} {
			if steady(s) && unsteeredSlowly(s) != s {
				t.Fatalf("%q is not steady", s)
			}
		}
	}
}
