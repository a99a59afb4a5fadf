package codebook

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// searchDoc is one code as search sees it: its texts as numbers of stems, which are compared a hundred times faster than words.
type searchDoc struct {
	codeKey
	flags byte
	title []int32 // 0 stands where a comma or bracket does
	words []int32 // lay names, keywords, inclusion terms, our titles; 0 stands between two of them
	more  []int32 // longer texts of ours
}

// Flags of a searchDoc.
const (
	docStarter  = 1 << iota // the starter describes it
	docBillable             // some release lets it be reported
)

// encode writes flags, then the three lists, each with its length.
func (d *searchDoc) encode() []byte {
	out := []byte{d.flags}
	for _, list := range [][]int32{d.title, d.words, d.more} {
		out = binary.AppendUvarint(out, uint64(len(list)))
		for _, n := range list {
			out = binary.AppendUvarint(out, uint64(n))
		}
	}
	return out
}

// decode is the inverse; it reuses the lists' memory. It reports whether the bytes were whole.
func (d *searchDoc) decode(data []byte) bool {
	if len(data) == 0 {
		return false
	}
	d.flags = data[0]
	data = data[1:]
	for _, list := range []*[]int32{&d.title, &d.words, &d.more} {
		*list = (*list)[:0]
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)) {
			return false
		}
		data = data[size:]
		for range n {
			v, size := binary.Uvarint(data)
			if size <= 0 || v > 1<<30 {
				return false
			}
			*list = append(*list, int32(v))
			data = data[size:]
		}
	}
	return true
}

// writtenDoc is a searchDoc being written.
type writtenDoc struct {
	searchDoc
	shown string // the title
	rank  int
	plain float64 // how much its title says, the less the plainer
}

// titleParts cuts a title at commas, semicolons and brackets: "not" and "without" hold to the end of their part.
func titleParts(title string) []string {
	// "Laceration without foreign body of left hand": what is denied ends before the place.
	title = strings.ReplaceAll(title, "foreign body of ", "foreign body, ")
	return strings.FieldsFunc(title, func(r rune) bool { return strings.ContainsRune(",;()[]", r) })
}

// plainness counts what a title says that a code is: words that say little count little, those after "without" nothing.
func plainness(title string) float64 {
	n := 0.0
	for _, part := range titleParts(title) {
		for _, t := range tokens(part) {
			if negating(t) {
				break
			}
			n += quiet(t)
		}
	}
	return n
}

// term is a stem of the vocabulary with the number of codes that have it.
type term struct {
	stem  string
	count int
}

// docs makes what search needs, the likeliest first: codes that the starter describes, then plain titles before special ones, with the
// seventh-character variants, of which there are tens of thousands, and inpatient procedures at the end.
func (lib *library) docs(keys []codeKey) ([]writtenDoc, []term) {
	var out []writtenDoc
	numbers := map[string]int32{} // by first appearance; put in order below
	number := func(list []int32, text string) []int32 {
		for _, t := range tokens(text) {
			n, ok := numbers[t]
			if !ok {
				n = int32(len(numbers)) + 1
				numbers[t] = n
			}
			list = append(list, n)
		}
		return list
	}
	for _, k := range keys {
		r := lib.records[k]
		if len(r.spans) == 0 {
			continue
		}
		d := writtenDoc{searchDoc: searchDoc{codeKey: k}, rank: 2}
		names := slices.Clone(lib.keywords[k])
		if k.system == codes.ICD10CM && len(k.key) == 7 && k.key[6] == 'A' {
			// The list names things at the code without its seventh character; whoever types the name means the first treatment.
			for n := 6; n >= 4; n-- {
				names = append(names, lib.keywords[codeKey{k.system, k.key[:n]}]...)
			}
		}
		for _, s := range r.spans { // in order of time, the starter last: the newest official title wins
			switch starter := lib.releases[s.release].Kind == kindStarter; {
			case starter && d.shown != "":
				d.rank = 0
				names = append(names, s.title)
			case starter:
				d.rank, d.shown = 0, s.title
			case s.title != "":
				d.shown = s.title
			}
			// The official short forms are left out: they abbreviate the title ("diab due to undrl cond") and teach search false words.
			if s.billable {
				d.flags |= docBillable
			}
		}
		for _, t := range r.texts {
			if t.Kind == KindShort {
				names = append(names, t.Text)
			}
		}
		if d.shown == "" && len(names) == 0 {
			continue // a bare code, of a fee schedule or a list: found by its letters, not by words
		}
		if d.rank == 0 {
			d.flags |= docStarter
		}
		for i, part := range titleParts(d.shown) {
			if i > 0 {
				d.title = append(d.title, 0)
			}
			d.title = number(d.title, part)
		}
		for i, name := range names {
			if name == "" || name == d.shown || slices.Contains(names[:i], name) {
				continue
			}
			if len(d.words) > 0 {
				d.words = append(d.words, 0)
			}
			d.words = number(d.words, name)
		}
		d.more = number(nil, lib.more[k])
		if k.system == codes.ICD10CM && len(k.key) == 7 || k.system == codes.ICD10PCS {
			d.rank++
		}
		d.plain = plainness(d.shown)
		out = append(out, d)
	}
	slices.SortStableFunc(out, func(a, b writtenDoc) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.plain, b.plain), cmp.Compare(len(a.shown), len(b.shown)))
	})

	// Numbers in the order of the alphabet make all words with one beginning a range.
	stems := slices.Sorted(maps.Keys(numbers))
	final := make([]int32, len(stems)+1)
	terms := make([]term, len(stems))
	for i, s := range stems {
		final[numbers[s]] = int32(i) + 1
		terms[i].stem = s
	}
	seen := make([]int, len(stems)+1) // the last doc, from 1, that had the stem
	for i := range out {
		for _, list := range [][]int32{out[i].title, out[i].words, out[i].more} {
			for j, n := range list {
				n = final[n]
				list[j] = n
				if n > 0 && seen[n] != i+1 {
					seen[n] = i + 1
					terms[n-1].count++
				}
			}
		}
	}
	return out, terms
}

// systemToken is a stem that every code of a system has, so that a search can keep to it. No text can make it.
func systemToken(system codes.System) string { return "xsystem" + string(system) }

func (w *writer) docs(docs []writtenDoc, terms []term, done int) {
	w.each("INSERT INTO docs (id, system, code, stems, title) VALUES ($1, $2, $3, $4, $5)", func(insert func(args ...any)) {
		for i := range docs {
			d := &docs[i]
			insert(i+1, string(d.system), d.key, d.encode(), d.shown)
			if i%2048 == 0 {
				w.step(done + i/2)
			}
		}
	})
	w.each("INSERT INTO texts (rowid, stems) VALUES ($1, $2)", func(insert func(args ...any)) {
		seen := make([]int, len(terms)+1)
		var line strings.Builder
		for i := range docs {
			d := &docs[i]
			line.Reset()
			line.WriteString(systemToken(d.system))
			for _, list := range [][]int32{d.title, d.words, d.more} {
				for _, n := range list {
					if n > 0 && seen[n] != i+1 {
						seen[n] = i + 1
						line.WriteByte(' ')
						line.WriteString(indexed(terms[n-1].stem))
					}
				}
			}
			insert(i+1, line.String())
			if i%2048 == 0 {
				w.step(done + len(docs)/2 + i/2)
			}
		}
	})
	vocabulary := []byte{} // a book of facts alone has no words
	for _, t := range terms {
		vocabulary = append(vocabulary, t.stem...)
		vocabulary = append(vocabulary, ' ')
		vocabulary = strconv.AppendInt(vocabulary, int64(t.count), 10)
		vocabulary = append(vocabulary, '\n')
	}
	w.each("INSERT INTO vocabulary (id, data) VALUES (1, $1)", func(insert func(args ...any)) { insert(vocabulary) })
}

// indexed writes a stem as FTS5's ascii tokenizer keeps it whole: the ampersand of "i&d" is no token character there.
func indexed(stem string) string { return strings.ReplaceAll(stem, "&", "xandx") }
