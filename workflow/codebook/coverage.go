package codebook

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

const kindCoverage = "coverage"

// coverageTables hold the local coverage determinations and articles. Lists of diagnoses are one text a group: half a million rows of the
// download are some thousand rows here.
const coverageTables = `
CREATE TABLE coverage_documents (
	release     INTEGER NOT NULL,
	number      INTEGER NOT NULL,
	id          TEXT NOT NULL,
	version     INTEGER NOT NULL,
	type        TEXT NOT NULL,
	title       TEXT NOT NULL,
	status      TEXT NOT NULL,
	first_day   INTEGER NOT NULL,
	last_day    INTEGER NOT NULL,
	contractors TEXT NOT NULL,
	states      TEXT NOT NULL,
	related     TEXT NOT NULL,
	PRIMARY KEY (release, number)
) WITHOUT ROWID;
CREATE INDEX coverage_ids ON coverage_documents (release, id);
CREATE TABLE coverage_codes (
	release  INTEGER NOT NULL,
	code     TEXT NOT NULL,
	document INTEGER NOT NULL,
	groups   TEXT NOT NULL,
	PRIMARY KEY (release, code, document)
) WITHOUT ROWID;
CREATE TABLE coverage_groups (
	release   INTEGER NOT NULL,
	document  INTEGER NOT NULL,
	list      TEXT NOT NULL,
	number    INTEGER NOT NULL,
	paragraph TEXT NOT NULL,
	codes     TEXT NOT NULL,
	PRIMARY KEY (release, document, list, number)
) WITHOUT ROWID;
CREATE TABLE coverage_contractors (
	release INTEGER NOT NULL,
	key     TEXT NOT NULL,
	number  TEXT NOT NULL,
	name    TEXT NOT NULL,
	PRIMARY KEY (release, key)
) WITHOUT ROWID;
CREATE TABLE coverage_states (
	release   INTEGER NOT NULL,
	key       TEXT NOT NULL,
	state     TEXT NOT NULL,
	first_day INTEGER NOT NULL,
	last_day  INTEGER NOT NULL,
	PRIMARY KEY (release, key, state, first_day)
) WITHOUT ROWID;
`

// The lists of a document.
const (
	listCodes      = "codes"
	listCovered    = "covered"
	listNoncovered = "noncovered"
)

// documentKey names a version of a document: 'A' an article, 'L' a determination.
type documentKey struct {
	letter      byte
	id, version int
}

// groupKey names one group of one list of a document.
type groupKey struct {
	list   string
	number int
}

// coverageDocument is a version of a document, put together from a dozen tables.
type coverageDocument struct {
	display, kind, title, status string
	first, last                  day
	read                         bool // its own row was read; others refer to it
	contractors, states, related []string
	groups                       map[groupKey]*coverageGroup
}

type coverageGroup struct {
	paragraph string
	codes     []uint32 // numbers of codes; the lowest bit is the asterisk of the file
}

type contractorRow struct{ number, name string }

type jurisdictionRow struct {
	key, state  string // the state's number
	first, last day
}

// coverageFacts are the tables of one or more downloads. Codes are numbers: a list of diagnoses stands in many documents.
type coverageFacts struct {
	documents     map[documentKey]*coverageDocument
	contractors   map[string]contractorRow
	jurisdictions []jurisdictionRow
	states        map[string]string // number to abbreviation
	codes         []string
	numbers       map[string]uint32
	updated       day // the newest change of a document
	count         int // rows that were kept
}

func newCoverage() *coverageFacts {
	return &coverageFacts{documents: map[documentKey]*coverageDocument{}, contractors: map[string]contractorRow{}, states: map[string]string{}, numbers: map[string]uint32{}}
}

func (f *coverageFacts) rows() int { return f.count }

func (f *coverageFacts) describe() string {
	if len(f.documents) == 0 {
		return counted(f.count) + " rows about contractors and states"
	}
	return fmt.Sprintf("%s rows about %s versions of documents", counted(f.count), counted(len(f.documents)))
}

func (f *coverageFacts) document(k documentKey) *coverageDocument {
	d := f.documents[k]
	if d == nil {
		d = &coverageDocument{groups: map[groupKey]*coverageGroup{}}
		f.documents[k] = d
	}
	return d
}

func (d *coverageDocument) group(k groupKey) *coverageGroup {
	g := d.groups[k]
	if g == nil {
		g = &coverageGroup{}
		d.groups[k] = g
	}
	return g
}

func (f *coverageFacts) number(code string) uint32 {
	n, ok := f.numbers[code]
	if !ok {
		n = uint32(len(f.codes))
		code = strings.Clone(code) // not a slice of a whole line
		f.codes = append(f.codes, code)
		f.numbers[code] = n
	}
	return n
}

// join takes another table, or the same table of another download: what both have is the same document.
func (f *coverageFacts) join(part facts) error {
	o := part.(*coverageFacts)
	for _, k := range slices.SortedFunc(maps.Keys(o.documents), compareDocuments) {
		from, to := o.documents[k], f.document(k)
		if from.read {
			to.display, to.kind, to.title, to.status, to.first, to.last, to.read = from.display, from.kind, from.title, from.status, from.first, from.last, true
		}
		to.contractors = append(to.contractors, from.contractors...)
		to.states = append(to.states, from.states...)
		to.related = append(to.related, from.related...)
		for gk, g := range from.groups {
			have := to.group(gk)
			have.paragraph = cmp.Or(have.paragraph, g.paragraph)
			for _, c := range g.codes {
				have.codes = append(have.codes, f.number(o.codes[c>>1])<<1|c&1)
			}
		}
	}
	maps.Copy(f.contractors, o.contractors)
	maps.Copy(f.states, o.states)
	f.jurisdictions = append(f.jurisdictions, o.jurisdictions...)
	f.updated = max(f.updated, o.updated)
	f.count += o.count
	return nil
}

func compareDocuments(a, b documentKey) int {
	return cmp.Or(cmp.Compare(a.letter, b.letter), cmp.Compare(a.id, b.id), cmp.Compare(a.version, b.version))
}

// settled names the edition by its newest change, and its files by their archives, of which each has two dozen tables.
func (f *coverageFacts) settled(ed *edition) error {
	if len(f.documents) > 0 && !slices.ContainsFunc(slices.Collect(maps.Values(f.documents)), func(d *coverageDocument) bool { return d.read }) {
		return &FileError{File: ed.file, Want: "article.csv or lcd.csv beside the other tables of the coverage database", Err: errors.New("no document is named")}
	}
	if f.updated != 0 {
		ed.name += ", changes to " + f.updated.words()
	}
	names, loose := map[string]bool{}, 0
	for _, name := range append([]string{ed.file}, ed.parts...) {
		if strings.Contains(name, "/") {
			names[path.Dir(name)] = true
		} else if loose++; loose == 1 {
			names[name] = true
		}
	}
	list := slices.Sorted(maps.Keys(names))
	if loose > 1 {
		list = append(list, fmt.Sprintf("and %d more tables", loose-1))
	}
	ed.file, ed.parts = list[0], list[1:]
	return nil
}

func (f *coverageFacts) write(w *writer, release int) {
	keys := slices.SortedFunc(maps.Keys(f.documents), compareDocuments)
	keys = slices.DeleteFunc(keys, func(k documentKey) bool { return !f.documents[k].read })
	state := func(numbers []string) []string {
		for i, n := range numbers {
			numbers[i] = cmp.Or(f.states[n], n)
		}
		return numbers
	}
	w.each(`INSERT INTO coverage_documents (release, number, id, version, type, title, status, first_day, last_day, contractors, states, related)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, func(insert func(...any)) {
		for i, k := range keys {
			d := f.documents[k]
			insert(release, i, d.display, k.version, d.kind, d.title, d.status, int64(d.first), int64(d.last),
				words(d.contractors), words(state(d.states)), words(d.related))
		}
	})
	w.each("INSERT INTO coverage_codes (release, code, document, groups) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for i, k := range keys {
			for code, groups := range f.groupsByCode(f.documents[k]) {
				insert(release, code, i, groups)
			}
		}
	})
	w.each("INSERT INTO coverage_groups (release, document, list, number, paragraph, codes) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for i, k := range keys {
			d := f.documents[k]
			for _, gk := range slices.SortedFunc(maps.Keys(d.groups), func(a, b groupKey) int {
				return cmp.Or(cmp.Compare(a.list, b.list), cmp.Compare(a.number, b.number))
			}) {
				insert(release, i, gk.list, gk.number, d.groups[gk].paragraph, f.listed(d.groups[gk].codes))
			}
		}
	})
	w.each("INSERT INTO coverage_contractors (release, key, number, name) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for _, key := range slices.Sorted(maps.Keys(f.contractors)) {
			insert(release, key, f.contractors[key].number, f.contractors[key].name)
		}
	})
	w.each("INSERT INTO coverage_states (release, key, state, first_day, last_day) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", func(insert func(...any)) {
		slices.SortFunc(f.jurisdictions, func(a, b jurisdictionRow) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.state, b.state), cmp.Compare(a.first, b.first), cmp.Compare(b.last, a.last))
		})
		for _, j := range f.jurisdictions {
			insert(release, j.key, cmp.Or(f.states[j.state], j.state), int64(j.first), int64(j.last))
		}
	})
}

// words is a list of words as it is stored: sorted, each once, between blanks.
func words(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// groupsByCode yields each procedure code of a document with the numbers of the groups in which it stands, in order.
func (f *coverageFacts) groupsByCode(d *coverageDocument) func(func(code, groups string) bool) {
	groups := map[string][]int{}
	for gk, g := range d.groups {
		if gk.list != listCodes {
			continue
		}
		for _, c := range g.codes {
			groups[f.codes[c>>1]] = append(groups[f.codes[c>>1]], gk.number)
		}
	}
	return func(yield func(code, groups string) bool) {
		for _, code := range slices.Sorted(maps.Keys(groups)) {
			slices.Sort(groups[code])
			var text []string
			for _, n := range slices.Compact(groups[code]) {
				text = append(text, strconv.Itoa(n))
			}
			if !yield(code, strings.Join(text, " ")) {
				return
			}
		}
	}
}

// listed writes a list of codes: sorted, between blanks and with a blank at both ends, an asterisk after those that have one.
func (f *coverageFacts) listed(numbers []uint32) string {
	if len(numbers) == 0 {
		return ""
	}
	list := make([]string, 0, len(numbers))
	for _, n := range numbers {
		code := f.codes[n>>1]
		if n&1 == 1 {
			code += "*"
		}
		list = append(list, code)
	}
	return " " + words(list) + " "
}

// plainHTML is the text of an HTML fragment: a line for each block, list items behind a hyphen.
func plainHTML(fragment string) string {
	if !strings.ContainsAny(fragment, "<&") {
		return squeeze(fragment)
	}
	var lines []string
	var line strings.Builder
	flush := func() {
		if text := squeeze(line.String()); text != "" && text != "-" {
			lines = append(lines, text)
		}
		line.Reset()
	}
	z := html.NewTokenizer(strings.NewReader(fragment))
	for {
		switch z.Next() {
		case html.ErrorToken:
			flush()
			return strings.Join(lines, "\n")
		case html.TextToken:
			line.Write(z.Text())
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "p", "div", "br", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6":
				flush()
			case "li":
				flush()
				line.WriteString("- ")
			case "td", "th":
				line.WriteByte(' ')
			}
		}
	}
}
