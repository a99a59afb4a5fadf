package codebook

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Typing errors are weighed: a doubled letter or one vowel for another is likelier than a wrong consonant. Costs are in quarters of a plain
// error (one letter more, fewer or other).
const (
	costPlain  = 4
	costSwap   = 3 // two neighbours swapped
	costVowel  = 2 // one vowel for another, or consonants that sound alike
	costDouble = 2 // a letter doubled, or not
	costSilent = 3 // a vowel or h left out or added
)

// allowance is how many quarters a word of that length may be wrong by.
func allowance(n int) int {
	switch {
	case n < 4:
		return 0
	case n == 4:
		return costSilent
	case n == 5:
		return costPlain
	case n < 9:
		return costPlain + costDouble
	}
	return 2 * costPlain
}

// similar lists up to three stems that a word may have been meant to be, likeliest first: of the book and of the vocabulary. Short words and
// those with digits ("l4") are never corrected.
func (l *lexicon) similar(word, root string) []string {
	limit := allowance(len(root))
	if !letters(root) || limit == 0 {
		return nil
	}
	type candidate struct {
		stem  string
		worth float64
	}
	var found []candidate
	bits := letterBits(word)
	most := limit / 2 // letters more or fewer: the cheapest costs two quarters
	near := func(typed, s string, have uint32) (cost int, ok bool) {
		if d := len(s) - len(typed); d > most || -d > most || len(s) < 3 || differing(bits, have) > most+1 {
			return 0, false
		}
		cost = distance(typed, s, limit)
		if s[0] != typed[0] {
			cost += costDouble // the first letter is seldom wrong
		}
		return cost, cost <= limit && letters(s)
	}
	for i, s := range l.stems {
		if s == root {
			continue
		}
		cost, ok := near(root, s, l.letters[i])
		if !ok {
			continue
		}
		if n := len(s); s[n-1] == 'i' && cost > 1 { // "injuyr" is nearer to "injury" than its stem to "injuri"
			cost = min(cost, distance(word, s[:n-1]+"y", limit))
		}
		found = append(found, candidate{s, worth(cost, int(l.count[i]))})
	}
	for i, w := range l.vocabulary.words {
		// What people type is likelier than a word that only some title has, and is compared as it stands: "bronchitus" with "bronchitis".
		if cost, ok := near(word, w, l.typedLetters[i]); ok {
			if s := stem(w); s != root {
				found = append(found, candidate{s, worth(cost, 300+l.countOf(s))})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return cmp.Compare(a.worth, b.worth) })
	var out []string
	for _, c := range found {
		if len(out) == 3 || len(out) > 0 && c.worth > found[0].worth+1.5 {
			break
		}
		if !slices.Contains(out, c.stem) {
			out = append(out, c.stem)
		}
	}
	return out
}

// worth weighs a cost against how common a word is: the less the likelier.
func worth(cost, count int) float64 { return float64(cost) - 0.35*math.Log2(float64(1+count)) }

func vowel(c byte) bool { return strings.IndexByte("aeiouy", c) >= 0 }

// substitution is what typing a for b costs.
func substitution(a, b byte) int {
	switch {
	case a == b:
		return 0
	case vowel(a) && vowel(b):
		return costVowel
	}
	for _, alike := range [...]string{"ckqsx", "sz", "fvp", "mn", "gj", "td"} {
		if strings.IndexByte(alike, a) >= 0 && strings.IndexByte(alike, b) >= 0 {
			return costVowel
		}
	}
	return costPlain
}

// extra is what a letter too many costs, before the letters on its sides.
func extra(c, before, after byte) int {
	switch {
	case c == before || c == after:
		return costDouble
	case vowel(c) || c == 'h':
		return costSilent
	}
	return costPlain
}

// distance is the cost in quarters of the typing errors between two stems, or limit+1 when it is more than limit. Both are ASCII.
func distance(a, b string, limit int) int {
	const longest = 48
	if len(b) >= longest || len(a) >= longest {
		return limit + 1
	}
	at := func(s string, i int) byte {
		if i < 0 || i >= len(s) {
			return 0
		}
		return s[i]
	}
	var store [3][longest + 1]int
	before, last, row := store[0][:len(b)+1], store[1][:len(b)+1], store[2][:len(b)+1]
	for j := 1; j <= len(b); j++ {
		last[j] = last[j-1] + extra(b[j-1], at(b, j-2), at(b, j))
	}
	for i := 1; i <= len(a); i++ {
		drop := extra(a[i-1], at(a, i-2), at(a, i))
		row[0] = last[0] + drop
		least := row[0]
		for j := 1; j <= len(b); j++ {
			n := min(last[j]+drop, row[j-1]+extra(b[j-1], at(b, j-2), at(b, j)), last[j-1]+substitution(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, before[j-2]+costSwap)
			}
			row[j] = n
			least = min(least, n)
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
