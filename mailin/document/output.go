package document

import (
	"context"
	"io"
)

// input is one document within the child: the attachment itself, or an entry of it.
type input struct {
	content io.ReaderAt
	size    int64
	hint    Hint
	depth   int // of archives and mails around it
}

// output takes what a document holds, in its order, and passes it to the parent at once, so that a document cut off by
// the deadline still yields what was read of it.
type output interface {
	// kind is called once, for the outermost document.
	kind(Kind)
	// section begins a named piece: "page 3", "sheet 2", "file 4".
	section(name string)
	// text takes UTF-8; it returns false when the limit of text is reached, and then nothing more is taken.
	text(s string) bool
	// recognised says that the text of this section was read from a picture.
	recognised()
	// problem takes a sentence for a person. The same sentence twice is kept once.
	problem(sentence string)
}

// budget is what the document and all within it may still cost; entries share it.
type budget struct {
	limits   Limits
	entries  int
	expanded int64
	cells    int
	pages    int
}

// readers are the parsers that need more than bytes: PDFium and Tesseract.
type readers interface {
	pdf(ctx context.Context, in input, out output, b *budget)
	image(ctx context.Context, in input, out output, b *budget)
}
