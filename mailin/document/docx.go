package document

import (
	"context"
	"encoding/xml"
	"fmt"
	"path"
)

// readDOCX reads a Word file: headers, the document, notes, comments, footers. Elements are told by their local names, which
// are the same in transitional and strict files (ECMA-376 and ISO/IEC 29500).
func readDOCX(ctx context.Context, in input, out output, b *budget, more readers) error {
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	main := o.pack.main()
	if main == "" || !o.pack.has(main) {
		main = "word/document.xml"
	}
	if !o.pack.has(main) {
		o.note(errNoZIP)
		return o.finish()
	}
	parts := o.pack.relations(main)
	beside := func(kind string) string { return o.beside(main, parts, kind) }
	w := &word{office: o, relations: parts, in: in, out: out, more: more}
	w.lists = readLists(o, beside("numbering"), beside("styles"))
	w.edges(ofKind(parts, "header"))
	w.part(main)
	w.notes(beside("footnotes"), "footnote")
	w.notes(beside("endnotes"), "endnote")
	w.comments(beside("comments"))
	w.edges(ofKind(parts, "footer"))
	err = o.finish()
	o.pictures(in, out, more, path.Dir(plainName(main))+"/media/")
	return err
}

// word reads the parts of a Word file.
type word struct {
	*office
	relations []relation
	in        input
	out       output
	more      readers
	lists     *lists
	noted     map[string][]string // ids of notes in the order in which the text refers to them
	seen      map[string]bool     // headers and footers written
}

// part reads a part of running text.
func (w *word) part(name string) {
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.body(t, "")
	w.note(t.err)
}

// edges reads headers or footers: those of first, odd and even pages are often the same.
func (w *word) edges(names []string) {
	if w.seen == nil {
		w.seen = make(map[string]bool)
	}
	for _, name := range names[:min(len(names), 100)] {
		main := w.p
		w.p = main.aside()
		w.part(name)
		text := w.p.taken()
		w.p = main
		if text != "" && !w.seen[text] {
			w.seen[text] = true
			w.p.separate()
			w.lay(text)
			w.p.separate()
		}
	}
}

// notes reads the footnotes or endnotes that the text refers to.
func (w *word) notes(name, element string) {
	order := make(map[string]int)
	for i, id := range w.noted[element] {
		if _, ok := order[id]; !ok {
			order[id] = i + 1
		}
	}
	if len(order) == 0 {
		return
	}
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.p.separate()
	for tok := t.next(); tok != nil && !w.p.full; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != element {
			continue
		}
		if n := order[attr(e, "id")]; n > 0 {
			w.p.lead = noteMark(element, n) + " "
		} else if kind := attr(e, "type"); kind != "" && kind != "normal" {
			t.skip() // the line that separates notes from the text
			continue
		}
		w.body(t, element)
		w.p.lead = ""
	}
	w.note(t.err)
}

// noteMark is how a note is referred to. Endnotes are told from footnotes, since both count from 1.
func noteMark(element string, n int) string {
	if element == "endnote" {
		return fmt.Sprintf("[e%d]", n)
	}
	return fmt.Sprintf("[%d]", n)
}

// comments reads what reviewers wrote beside the text.
func (w *word) comments(name string) {
	if !w.pack.has(name) {
		return
	}
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.p.separate()
	for tok := t.next(); tok != nil && !w.p.full; tok = t.next() {
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "comment" {
			w.p.lead = "Comment: "
			w.body(t, "comment")
			w.p.lead = "" // of a comment without text
		}
	}
	w.note(t.err)
}

// chunk reads a document of another format that Word takes in when it opens the file: programs that write reports make
// files that hold nothing else.
func (w *word) chunk(part string) {
	if part == "" || w.p.out == nil || w.in.depth >= w.b.limits.Depth {
		return
	}
	e := w.pack.byName[plainName(part)]
	if e == nil {
		return
	}
	if w.b.entries--; w.b.entries < 0 {
		return
	}
	content, err := w.pack.whole(e)
	if err != nil {
		w.note(err)
		return
	}
	w.p.breakLine()
	w.p.handOn()
	w.p.wrote = true
	read(w.ctx, held(content, Hint{}, w.in.depth+1), unsectioned{w.out}, w.b, w.more)
	w.out.text("\n")
}

// unsectioned is the output of a document that is a part of another one.
type unsectioned struct{ output }

func (unsectioned) kind(Kind)      {}
func (unsectioned) section(string) {}
