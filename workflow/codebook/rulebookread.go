package codebook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// PageReader gives the text of each page of a PDF, UTF-8 with LF line ends, in the order of reading. It is asked by one goroutine at a
// time. An error says for a person why the document cannot be read; it stops no build.
type PageReader func(ctx context.Context, name string, content io.Reader, size int64) (pages []string, err error)

// maxBookBytes bounds a rule book. The largest known chapter has 5 MB.
const maxBookBytes = 64 << 20

// ruleBookTables is the layout for rule books. passage_words is asked for candidates only; passage_terms counts in how many passages a
// stem stands.
const ruleBookTables = `
CREATE TABLE passages (
	id        INTEGER PRIMARY KEY,
	release   INTEGER NOT NULL,
	document  TEXT NOT NULL,
	edition   TEXT NOT NULL,
	number    TEXT NOT NULL,
	title     TEXT NOT NULL,
	above     TEXT NOT NULL,
	page      TEXT NOT NULL,
	to_page   TEXT NOT NULL,
	revision  TEXT NOT NULL,
	first_day INTEGER NOT NULL,
	copyright TEXT NOT NULL,
	text      TEXT NOT NULL
);
CREATE TABLE passage_codes (
	system  TEXT NOT NULL,
	first   TEXT NOT NULL,
	last    TEXT NOT NULL,
	passage INTEGER NOT NULL,
	PRIMARY KEY (system, first, last, passage)
) WITHOUT ROWID;
CREATE INDEX passage_codes_of ON passage_codes (passage);
CREATE INDEX passage_ranges ON passage_codes (system, first) WHERE last <> '';
CREATE VIRTUAL TABLE passage_words USING fts5 (title, above, body, content='', tokenize='ascii');
CREATE VIRTUAL TABLE passage_terms USING fts5vocab (passage_words, row);
`

// passagesOfRelease spaces the numbers of passages, so that each release has its own.
const passagesOfRelease = 1 << 20

// bookFacts are the sections of a rule book as what an edition holds.
type bookFacts struct{ *ruleBook }

func (f bookFacts) rows() int { return len(f.sections) }

func (f bookFacts) describe() string {
	spans := 0
	for _, s := range f.sections {
		spans += len(s.codes)
	}
	return fmt.Sprintf("%s sections, %s codes and ranges that they speak of", counted(len(f.sections)), counted(spans))
}

// mayShrink: sections are struck from one edition to the next, unlike codes.
func (f bookFacts) mayShrink() bool { return true }

func (f bookFacts) write(w *writer, release int) {
	id := func(i int) int { return release*passagesOfRelease + i + 1 }
	w.each(`INSERT INTO passages (id, release, document, edition, number, title, above, page, to_page, revision, first_day, copyright, text)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, func(insert func(...any)) {
		for i, s := range f.sections {
			insert(id(i), release, f.document, f.edition, s.number, s.title, strings.Join(s.above, "\n"), s.from, s.to, s.revision, int64(s.first), f.licence, s.text)
		}
	})
	w.each("INSERT INTO passage_words (rowid, title, above, body) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for i, s := range f.sections {
			insert(id(i), stemText(s.title), stemText(strings.Join(s.above, "\n")), stemText(s.text))
		}
	})
	w.each("INSERT INTO passage_codes (system, first, last, passage) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for i, s := range f.sections {
			for _, c := range s.codes {
				insert(string(c.system), c.first, c.last, id(i))
			}
		}
	})
}

// stemText is a text as FTS5 indexes it.
func stemText(text string) string {
	stems := tokens(text)
	for i, s := range stems {
		stems[i] = indexed(s)
	}
	return strings.Join(stems, " ")
}

// ruleBookImporter looks whether an input is a rule book and, when it is one, reads it. Where it is none, ok is false, and why says what to
// report: of a PDF always, of a text or web page only when it is a rule book that cannot be read, since it may be anything else. A rule
// book stops no build: the codes hold without it.
func ruleBookImporter(ctx context.Context, in input, read PageReader) (imp importer, why string, ok bool, err error) {
	start, err := readStart(in, 64<<10)
	if err != nil {
		return importer{}, "", false, err
	}
	start = bytes.TrimPrefix(start, []byte("\xef\xbb\xbf"))
	var pages []string
	var what string
	var rank int // of several forms of one edition: the PDF has pages to cite, the web page knows its paragraphs
	switch {
	case bytes.HasPrefix(start, []byte("%PDF-")):
		what, rank = "rule book, PDF", 3
		if pages, why, err = pdfPages(ctx, in, read); err != nil || why != "" {
			return importer{}, why, false, err
		}
	case looksText(start) && knowRuleBook(plainText(decodeText(start))) != nil:
		data, err := readAll(in, maxBookBytes)
		if err != nil {
			return importer{}, "", false, &FileError{File: in.path, Want: "a readable rule book", Err: err}
		}
		text := decodeText(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
		what, rank = "rule book, text", 1
		if looksHTML(text) {
			what, rank = "rule book, web page", 2
		}
		pages = strings.Split(plainText(text), "\f")
	default:
		return importer{}, "", false, nil
	}
	ed, warnings, err := bookEdition(in, pages, rank)
	if errors.Is(err, errNoBook) && rank == 3 {
		return importer{}, "a PDF that is none of the rule books known here", false, nil
	}
	if err != nil {
		return importer{what: what}, "a rule book that cannot be read: " + err.Error(), false, nil
	}
	return importer{what: what, read: func(context.Context, input, io.Reader) (*edition, []string, error) { return ed, warnings, nil }}, "", true, nil
}

func pdfPages(ctx context.Context, in input, read PageReader) (pages []string, why string, err error) {
	if read == nil {
		return nil, "a document (PDF), for which there is no reader here", nil
	}
	if in.size > maxBookBytes {
		return nil, fmt.Sprintf("a PDF of %d MB: no rule book has so many", in.size>>20), nil
	}
	r, err := in.open()
	if err != nil {
		return nil, "", &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	defer r.Close()
	pages, err = read(ctx, in.name(), r, in.size)
	switch {
	case ctx.Err() != nil:
		return nil, "", ctx.Err()
	case err != nil:
		return nil, "a PDF that cannot be read: " + err.Error(), nil
	}
	return pages, "", nil
}

// bookEdition makes an edition of the pages of a rule book.
func bookEdition(in input, pages []string, rank int) (*edition, []string, error) {
	b, warnings, err := readRuleBook(pages, in.context)
	if err != nil {
		return nil, nil, err
	}
	for i, w := range warnings {
		warnings[i] = in.path + ": " + w
	}
	return &edition{kind: b.kind, name: b.document + ", " + b.edition, first: b.first, made: b.made, datedBy: b.dated, rank: rank,
		licence: b.licence, facts: bookFacts{b}}, warnings, nil
}

var (
	errNoBook     = errors.New("this is none of the rule books known here")
	errNoSections = errors.New("no section was found; is the text a picture, or only the contents?")
)

// readRuleBook recognises, dates and cuts a document given as the texts of its pages.
func readRuleBook(pages, names []string) (*ruleBook, []string, error) {
	start := strings.Join(pages[:min(len(pages), 5)], "\n")
	b := knowRuleBook(start[:min(len(start), 64<<10)])
	if b == nil {
		return nil, nil, errNoBook
	}
	whole := strings.Join(pages, "\n")
	if err := b.date(whole, names); err != nil {
		return nil, nil, err
	}
	if b.made != 0 && b.made < b.first {
		return nil, nil, fmt.Errorf("its last day %s is before its first, %s", b.made, b.first)
	}
	b.cut(layBook(pages))
	if len(b.sections) == 0 {
		return nil, nil, errNoSections
	}
	var warnings []string
	if body := bodySize(b); body*3 < len(whole) && len(whole) > 20_000 {
		warnings = append(warnings, fmt.Sprintf("only %d %% of the text of %s is within a section that was found; its layout may have changed", 100*body/len(whole), b.document))
	}
	return b, warnings, nil
}

func bodySize(b *ruleBook) int {
	n := 0
	for _, s := range b.sections {
		n += len(s.text)
	}
	return n
}

// looksText leaves out what cannot be prose: bytes that are no text, XML, tables.
func looksText(start []byte) bool {
	if bytes.IndexByte(start, 0) >= 0 || len(start) < 400 {
		return false
	}
	line, _, _ := bytes.Cut(bytes.TrimSpace(start), []byte("\n"))
	return bytes.Count(line, []byte("\t")) < 3 && bytes.Count(line, []byte(`","`)) < 3 && bytes.Count(line, []byte("_")) < 3 &&
		(!bytes.HasPrefix(line, []byte("<")) || looksHTML(string(start)))
}

// plainText is a text, or the text of a web page.
func plainText(text string) string {
	if looksHTML(text) {
		return htmlLines(text)
	}
	return text
}

func looksHTML(text string) bool {
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 2000)]))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") || strings.HasPrefix(start, "<?xml") && strings.Contains(start, "<html")
}
