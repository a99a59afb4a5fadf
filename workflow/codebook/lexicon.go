package codebook

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
)

// lexicon is the vocabulary of the book: every stem with the number of codes that have it. It weighs the words of a query (a rare one says
// more) and corrects typing errors. It is read at the first search, and is some 25,000 stems with a full ICD-10-CM.
type lexicon struct {
	stems        []string // sorted
	count        []int32
	letters      []uint32  // which letters each has, as bits: a cheap test before the distance is computed
	weights      []float64 // by number: of a title's words, those that say little count less
	quiet        []bool    // by number: says next to nothing
	total        float64
	vocabulary   *vocabulary
	typedLetters []uint32 // letters of the vocabulary's words
	marks        marks
}

func (b *Book) loadLexicon() (*lexicon, error) {
	var data []byte
	lex := &lexicon{}
	if err := b.db.QueryRow("SELECT data FROM vocabulary WHERE id = 1").Scan(&data); err != nil {
		return nil, err
	}
	if err := b.db.QueryRow("SELECT coalesce(max(id), 0) FROM docs").Scan(&lex.total); err != nil {
		return nil, err
	}
	for len(data) > 0 {
		line, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		stem, count, ok := strings.Cut(string(line), " ")
		n, err := strconv.Atoi(count)
		if !ok || err != nil {
			return nil, errRecord
		}
		lex.stems = append(lex.stems, stem)
		lex.count = append(lex.count, int32(n))
		lex.letters = append(lex.letters, letterBits(stem))
	}
	lex.weights, lex.quiet = make([]float64, len(lex.stems)+1), make([]bool, len(lex.stems)+1)
	for i, stem := range lex.stems {
		lex.weights[i+1] = lex.weight(int(lex.count[i])) * quiet(stem)
		lex.quiet[i+1] = quiet(stem) < 0.3
	}
	v, err := loadVocabulary()
	if err != nil {
		return nil, err
	}
	lex.vocabulary = v
	for _, s := range v.words {
		lex.typedLetters = append(lex.typedLetters, letterBits(s))
	}
	lex.marks = lex.readMarks()
	return lex, nil
}

func letterBits(stem string) uint32 {
	var bits uint32
	for i := 0; i < len(stem); i++ {
		bits |= 1 << (stem[i] % 32)
	}
	return bits
}

// stems is a range of numbers of stems, first included, end not. An empty one is no stem.
type stems struct{ first, end int32 }

// exact is the number of a stem.
func (l *lexicon) exact(stem string) stems {
	i, ok := slices.BinarySearch(l.stems, stem)
	if !ok {
		return stems{}
	}
	return stems{int32(i) + 1, int32(i) + 2}
}

// all are the numbers of several stems; ok is false when one of them is in no text.
func (l *lexicon) all(roots []string) (found []stems, ok bool) {
	for _, r := range roots {
		e := l.exact(r)
		if e.first == e.end {
			return found, false
		}
		found = append(found, e)
	}
	return found, len(roots) > 0
}

// begins is all stems that start with the prefix.
func (l *lexicon) begins(prefix string) stems {
	i, _ := slices.BinarySearch(l.stems, prefix)
	j := i
	for j < len(l.stems) && strings.HasPrefix(l.stems[j], prefix) {
		j++
	}
	return stems{int32(i) + 1, int32(j) + 1}
}

// df is how many codes have a stem, of a range the commonest.
func (l *lexicon) df(s stems) int {
	most := 0
	for n := s.first; n < s.end; n++ {
		most = max(most, int(l.count[n-1]))
	}
	return most
}

// countOf is how many codes have a stem.
func (l *lexicon) countOf(stem string) int {
	i, ok := slices.BinarySearch(l.stems, stem)
	if !ok {
		return 0
	}
	return int(l.count[i])
}

// has reports whether the book has the stem.
func (l *lexicon) has(stem string) bool { return l.countOf(stem) > 0 }

// weight is the inverse document frequency: what a word tells apart.
func (l *lexicon) weight(df int) float64 {
	return math.Log(1 + (l.total+0.5)/(float64(df)+0.5))
}

func differing(a, b uint32) int {
	n := 0
	for x := a ^ b; x != 0; x &= x - 1 {
		n++
	}
	return n
}
