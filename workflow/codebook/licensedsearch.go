package codebook

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// licensedSearchTables index the words of licensed texts apart from those of all others, so that a search without the licence cannot find by
// them either: what a text says shows in what it is found by.
const licensedSearchTables = `
CREATE TABLE licensed_docs (
	id      INTEGER PRIMARY KEY,
	release INTEGER NOT NULL,
	system  TEXT NOT NULL,
	code    TEXT NOT NULL,
	title   TEXT NOT NULL,
	licence TEXT NOT NULL
);
CREATE INDEX licensed_doc_codes ON licensed_docs (release, system, code);
CREATE VIRTUAL TABLE licensed_words USING fts5 (stems, content='', columnsize=0, detail=none, tokenize='ascii');
`

// maxLicensedHits bounds what one search gets from licensed texts.
const maxLicensedHits = 200

// writeSearch indexes each code of a year by all its texts, and keeps the shortest of them to show.
func (f *cptFacts) writeSearch(w *writer, release int) {
	type doc struct{ stems, title string }
	docs := map[codeKey]*doc{}
	var order []codeKey
	for _, file := range f.files { // long, medium, short, then those for patients and clinicians
		for _, t := range file.texts {
			k := codeKey{file.system, t.key}
			d := docs[k]
			if d == nil {
				d = &doc{}
				docs[k] = d
				order = append(order, k)
			}
			for _, stem := range tokens(t.text) {
				d.stems += indexed(stem) + " "
			}
			if d.title == "" || file.kind == KindMedium || file.kind == KindShort && len(t.text) > len(d.title) {
				d.title = t.text
			}
		}
	}
	slices.SortFunc(order, compareKeys)
	w.each("INSERT INTO licensed_docs (id, release, system, code, title, licence) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for i, k := range order {
			insert(licensedDoc(release, i), release, string(k.system), k.key, docs[k].title, LicenceCPT)
		}
	})
	w.each("INSERT INTO licensed_words (rowid, stems) VALUES ($1, $2)", func(insert func(...any)) {
		for i, k := range order {
			insert(licensedDoc(release, i), docs[k].stems)
		}
	})
}

// licensedDoc numbers the codes of all editions.
func licensedDoc(release, i int) int { return release<<24 | i + 1 }

// byLicensed finds codes by the words of licensed texts, when the view may show them: below what our own words find as well, since they say
// nothing of what people call a thing.
func (s *searcher) byLicensed(words string) error {
	if !s.b.allows(LicenceCPT) || s.system != "" && s.system != codes.CPT && s.system != codes.Modifier {
		return nil
	}
	release := s.b.inForce(kindCPT, s.on)
	stems := tokens(words)
	if release < 0 || len(stems) == 0 {
		return nil
	}
	var query []string
	for i, stem := range stems {
		one := `"` + indexed(stem) + `"`
		if i == len(stems)-1 {
			one += "*" // while typing
		}
		query = append(query, one)
	}
	err := s.b.query(s.ctx, `SELECT d.system, d.code, d.title, d.licence
		FROM (SELECT rowid AS id FROM licensed_words WHERE licensed_words MATCH $1 AND rowid BETWEEN $2 AND $3 ORDER BY rowid LIMIT $4) AS m
		JOIN licensed_docs AS d ON d.id = m.id`, func(rows *sql.Rows) error {
		var k codeKey
		var title, licence string
		if err := rows.Scan(&k.system, &k.key, &title, &licence); err != nil {
			return err
		}
		if s.system != "" && s.system != k.system {
			return nil
		}
		have := tokens(title)
		asked := 0
		for _, stem := range stems {
			asked += btoi(slices.Contains(have, stem))
		}
		// The more of the title was asked for, the likelier it is meant.
		s.add(k, 0, title, "title", 20+35*float64(asked)/float64(max(len(have), 1)), true)
		s.licensed(k, title, licence)
		return nil
	}, strings.Join(query, " "), licensedDoc(release, 0), licensedDoc(release, 1<<24-2), maxLicensedHits)
	if err != nil {
		return fmt.Errorf("searching the licensed texts: %w", err)
	}
	return nil
}

// licensed marks a hit whose title is a licensed text.
func (s *searcher) licensed(k codeKey, title, licence string) {
	if i, ok := s.seen[k]; ok && s.hits[i].id == 0 && s.hits[i].Title == title {
		s.hits[i].Licence = licence
	}
}

// licensedTitle gives a code that nobody else has words for its licensed title, when the view may show it.
func (s *searcher) licensedTitle(h *Hit) error {
	release := s.b.inForce(kindCPT, s.on)
	if release < 0 || !s.b.allows(LicenceCPT) {
		return nil
	}
	err := s.b.query(s.ctx, "SELECT title, licence FROM licensed_docs WHERE release = $1 AND system = $2 AND code = $3", func(rows *sql.Rows) error {
		return rows.Scan(&h.Title, &h.Licence)
	}, release, string(h.System), keyOf(h.Code))
	if err != nil {
		return fmt.Errorf("reading a licensed title: %w", err)
	}
	return nil
}
