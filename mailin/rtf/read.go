package rtf

import (
	"errors"
	"io"
)

// ErrCut says that the file ends within a group, so that something may be missing. A missing last brace is no harm.
var ErrCut = errors.New("rtf: the file ends before the document does")

// Page takes what a document says, in its order. Rows and cells come whole: a row begins before its first cell, and cells do not lie in each
// other. No row begins or ends within a piece that stands aside.
type Page interface {
	// Text takes UTF-8 of the open line; tabs are within it. It returns false when nothing more is wanted.
	Text(s string) bool
	// Line ends the open line, empty or not.
	Line()
	// Break ends the open line if anything stands on it.
	Break()
	BeginRow()
	BeginCell()
	EndCell()
	EndRow()
	// BeginAside begins a piece that does not belong to the text around it. They do not lie in each other.
	BeginAside()
	EndAside(Aside)
}

// Aside is what a piece beside the text is.
type Aside uint8

// The kinds of pieces.
const (
	Note   Aside = iota + 1 // a footnote or endnote, at the place that it is about
	Remark                  // a reviewer's comment
	Footer                  // of the pages
)

// Options are what a caller adds to the format.
type Options struct {
	// Decode reads bytes of a Windows code page, of which at least one is beyond ASCII. The result must be valid UTF-8, for any bytes and any
	// number of a page. Required.
	Decode func(b []byte, page int) string
	// Markup bounds the bytes of a page of HTML that comes back; what lies beyond is left out. 0 for no bound: it is then at most six times
	// as long as the RTF.
	Markup int
}

// Read reads a document. Where it was made of a page of HTML, that page comes back and nothing goes to p. The error is ErrCut or that of in;
// what was read before it has been handed on.
func Read(in io.Reader, p Page, opts Options) (markup string, err error) {
	return read(source{in: in, buf: make([]byte, 32<<10)}, p, opts)
}

// ReadBytes is Read for a document in memory.
func ReadBytes(b []byte, p Page, opts Options) (markup string, err error) {
	return read(source{buf: b, end: len(b), err: io.EOF}, p, opts)
}

func read(src source, p Page, opts Options) (string, error) {
	r := &reader{source: src, p: p, opts: opts, page: 1252, fonts: make(map[int]font), deff: -1}
	r.now = group{uc: 1, font: -1}
	err := r.read()
	r.hand()
	if r.aside != 0 {
		r.endAside()
	}
	r.endRow()
	return string(r.markup), err
}
