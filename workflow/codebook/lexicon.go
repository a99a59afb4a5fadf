package codebook

import (
	"bytes"
	_ "embed"
	"math"
	"slices"
	"strconv"
	"strings"
)

// lexicon is the vocabulary of the book: every stem with the number of codes that have it. It weighs the words of a query (a rare one says
// more) and corrects typing errors. It is read at the first search, and is some 25,000 stems with a full ICD-10-CM.
type lexicon struct {
	stems    []string // sorted
	count    []int32
	letters  []uint32  // which letters each has, as bits: a cheap test before the distance is computed
	weights  []float64 // by number: of a title's words, those that say little count less
	total    float64
	synonyms map[string][]synonym // by first stem
}

func (b *Book) loadLexicon() (*lexicon, error) {
	var data []byte
	lex := &lexicon{}
	if err := b.db.QueryRow("SELECT data FROM vocabulary WHERE id = 1").Scan(&data); err != nil {
		return nil, err
	}
	if err := b.db.QueryRow("SELECT max(id) FROM docs").Scan(&lex.total); err != nil {
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
	lex.weights = make([]float64, len(lex.stems)+1)
	for i, stem := range lex.stems {
		lex.weights[i+1] = lex.weight(int(lex.count[i])) * quiet(stem)
	}
	lex.synonyms = readSynonyms(synonymTable)
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

// has reports whether the book has the stem.
func (l *lexicon) has(stem string) bool {
	_, ok := slices.BinarySearch(l.stems, stem)
	return ok
}

// weight is the inverse document frequency: what a word tells apart.
func (l *lexicon) weight(df int) float64 {
	return math.Log(1 + (l.total+0.5)/(float64(df)+0.5))
}

// similar lists up to three stems that a word may have been meant to be: one typing error from four characters on, two from eight.
// Short words of numbers and letters ("l4") are never corrected.
func (l *lexicon) similar(stem string) []string {
	limit := 0
	switch {
	case !letters(stem) || len(stem) < 4:
		return nil
	case len(stem) < 8:
		limit = 1
	default:
		limit = 2
	}
	type candidate struct {
		stem        string
		distance, n int
	}
	var found []candidate
	bits := letterBits(stem)
	for i, s := range l.stems {
		if d := len(s) - len(stem); d > limit || -d > limit {
			continue
		}
		if differing(bits, l.letters[i]) > 2*limit {
			continue
		}
		d := distance(stem, s, limit)
		if d > limit {
			continue
		}
		if s[0] != stem[0] {
			d++ // the first letter is seldom wrong
		}
		found = append(found, candidate{s, d, int(l.count[i])})
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		if a.distance != b.distance {
			return a.distance - b.distance
		}
		return b.n - a.n
	})
	var out []string
	for _, c := range found[:min(len(found), 3)] {
		if c.distance > found[0].distance {
			break
		}
		out = append(out, c.stem)
	}
	return out
}

func differing(a, b uint32) int {
	n := 0
	for x := a ^ b; x != 0; x &= x - 1 {
		n++
	}
	return n
}

// synonym is one line of the table of lay words and abbreviations: what people type, and what the code sets say.
type synonym struct {
	typed   []string   // stems
	meaning [][]string // alternatives, each the stems that must all be there
}

//go:embed synonyms.tsv
var synonymTable string

// readSynonyms reads lines of "typed<TAB>meaning | meaning"; # begins a comment.
func readSynonyms(table string) map[string][]synonym {
	out := map[string][]synonym{}
	for line := range strings.SplitSeq(table, "\n") {
		typed, meanings, ok := strings.Cut(line, "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		s := synonym{typed: tokens(typed)}
		for m := range strings.SplitSeq(meanings, " | ") {
			if stems := tokens(m); len(stems) > 0 {
				s.meaning = append(s.meaning, stems)
			}
		}
		if len(s.typed) > 0 {
			out[s.typed[0]] = append(out[s.typed[0]], s)
		}
	}
	for first := range out { // the longest match first
		slices.SortStableFunc(out[first], func(a, b synonym) int { return len(b.typed) - len(a.typed) })
	}
	return out
}
