package codebook

import (
	"cmp"
	"embed"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// The vocabulary is our own list of what people type and what the code sets call it: everyday names, abbreviations, trade names. It is
// reviewed as text: vocabulary/*.tsv by field of medicine, and vocabulary/same.txt for words that stand for each other anywhere. Public words
// only; no descriptor of a licensed code set is in it.
//
//go:embed vocabulary/*.tsv vocabulary/same.txt
var vocabularyFiles embed.FS

// entry is one line: ways of typing a thing, what the code sets say instead, and the codes that a coder means by it when nothing more is
// said, likeliest first. Codes of several years stand side by side; those that do not exist on the day are passed over.
type entry struct {
	meaning [][]string // alternatives, each the stems that must all be there
	codes   []codeKey
}

// typedEntry is one way of typing an entry.
type typedEntry struct {
	stems []string
	*entry
}

// vocabulary is the whole list, ready for queries. It is made once, whatever the book.
type vocabulary struct {
	byStem map[string][]int // every stem of a way of typing, to the ways that have it
	typed  []typedEntry
	same   map[string][]string // a typed phrase, as joined stems, to the phrases of its group
	whole  map[string][]string // a part of the body, as joined stems, to what it is a part of
	stems  []string            // all stems that are typed, sorted: words that are not misspelt
	words  []string            // the same as whole words, sorted
}

var loadVocabulary = sync.OnceValues(func() (*vocabulary, error) {
	v := &vocabulary{byStem: map[string][]int{}, same: map[string][]string{}, whole: map[string][]string{}}
	files, err := fs.Glob(vocabularyFiles, "vocabulary/*.tsv")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, file := range files {
		data, err := vocabularyFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		v.readTable(string(data), known)
	}
	data, err := vocabularyFiles.ReadFile("vocabulary/same.txt")
	if err != nil {
		return nil, err
	}
	v.readSame(string(data), known)
	stems := map[string]bool{}
	for w := range known {
		v.words = append(v.words, w)
		if s := stem(w); !stems[s] {
			stems[s] = true
			v.stems = append(v.stems, s)
		}
	}
	slices.Sort(v.stems)
	slices.Sort(v.words)
	return v, nil
})

// readTable reads lines of typed TAB meaning TAB codes; lists in the first two are separated by " | ", codes by blanks; # begins a comment.
func (v *vocabulary) readTable(table string, known map[string]bool) {
	for line := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") || len(cells) != 3 {
			continue
		}
		e := &entry{}
		for m := range strings.SplitSeq(cells[1], " | ") {
			stems := tokens(m)
			if i := slices.IndexFunc(stems, negating); i > 0 {
				stems = stems[:i] // what a title denies is left out when it is compared (see affirmed)
			}
			if len(stems) > 0 {
				e.meaning = append(e.meaning, stems)
			}
		}
		for code := range strings.FieldsSeq(cells[2]) {
			for _, system := range Systems(code) {
				e.codes = append(e.codes, codeKey{system, keyFor(system, code)})
			}
		}
		for t := range strings.SplitSeq(cells[0], " | ") {
			stems := tokens(t)
			if len(stems) == 0 || v.has(stems) {
				continue
			}
			eachWord(t, func(w string) { known[w] = true })
			for i, s := range stems {
				if !slices.Contains(stems[:i], s) {
					v.byStem[s] = append(v.byStem[s], len(v.typed))
				}
			}
			v.typed = append(v.typed, typedEntry{stems, e})
		}
	}
}

// has: the first line that teaches a way of typing holds.
func (v *vocabulary) has(stems []string) bool {
	return slices.ContainsFunc(v.byStem[stems[0]], func(i int) bool { return slices.Equal(v.typed[i].stems, stems) })
}

// readSame reads groups of phrases, one group a line, separated by " | ", and parts behind what they are parts of and " > ".
func (v *vocabulary) readSame(text string, known map[string]bool) {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if whole, parts, ok := strings.Cut(line, " > "); ok {
			joined := strings.Join(tokens(whole), " ")
			for p := range strings.SplitSeq(parts, " | ") {
				eachWord(p, func(w string) { known[w] = true })
				part := strings.Join(tokens(p), " ")
				v.whole[part] = append(v.whole[part], joined)
			}
			continue
		}
		var group []string
		for p := range strings.SplitSeq(line, " | ") {
			stems := tokens(p)
			joined := strings.Join(stems, " ")
			if joined != "" && !slices.Contains(group, joined) {
				group = append(group, joined)
			}
			eachWord(p, func(w string) { known[w] = true })
		}
		for i, p := range group {
			for j, other := range group {
				if i != j && !slices.Contains(v.same[p], other) {
					v.same[p] = append(v.same[p], other)
				}
			}
		}
	}
}

// match is an entry found in a query, with the places of its words there.
type match struct {
	typedEntry
	places []int
	strict bool // its words stand together and in its order
}

// find looks for the entry that takes most of the words of a query which are not taken yet; ok is false when there is none. Its words may
// stand in another order ("infection of the sinus") and with one other word between them ("broken right ankle").
func (v *vocabulary) find(roots []string, taken []bool, phrases bool) (best match, ok bool) {
	for at, root := range roots {
		if taken[at] {
			continue
		}
	ways:
		for _, i := range v.byStem[root] {
			t := v.typed[i]
			if !phrases && len(t.stems) > 1 {
				continue
			}
			m := match{typedEntry: t, strict: true}
			for _, want := range t.stems {
				place := -1
				for j, r := range roots { // the place after the one before it, if there is one
					if r == want && !taken[j] && !slices.Contains(m.places, j) && (place < 0 || len(m.places) > 0 && j == m.places[len(m.places)-1]+1) {
						place = j
					}
				}
				if place < 0 {
					continue ways
				}
				m.strict = m.strict && (len(m.places) == 0 || place == m.places[len(m.places)-1]+1)
				m.places = append(m.places, place)
			}
			if slices.Max(m.places)-slices.Min(m.places) > len(t.stems) {
				continue
			}
			if c := cmp.Or(cmp.Compare(len(m.places), len(best.places)), cmp.Compare(btoi(m.strict), btoi(best.strict))); !ok || c > 0 {
				best, ok = m, true
			}
		}
	}
	return best, ok
}

// under finds the entry whose words begin with those of a query that is still being typed ("lap ch", "diab mell"); of several the one whose
// last word most codes have.
func (v *vocabulary) under(typed []string, common func(stem string) int) (best typedEntry, ok bool) {
	n := len(typed)
	most := -1
ways:
	for i := range v.typed {
		t := v.typed[i]
		if len(t.stems) != n {
			continue
		}
		for j, s := range t.stems {
			if !strings.HasPrefix(s, typed[j]) && s != stem(typed[j]) {
				continue ways
			}
		}
		if c := common(t.stems[n-1]); c > most {
			best, most, ok = t, c, true
		}
	}
	return best, ok
}

// knows reports whether a stem is one that people type.
func (v *vocabulary) knows(stem string) bool {
	_, ok := slices.BinarySearch(v.stems, stem)
	return ok
}
