package document

import (
	"context"
	"encoding/xml"
	"fmt"
	"strings"
)

// readODF reads OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300), packed or as one flat XML file.
func readODF(ctx context.Context, in input, out output, b *budget, more readers) error {
	head := make([]byte, 4)
	n, _ := in.content.ReadAt(head, 0)
	if !strings.HasPrefix(string(head[:n]), "PK") {
		d := &openDocument{office: &office{ctx: ctx, p: newProse(out, b), b: b}}
		t := newTokens(in.stream(ctx))
		d.read(t, "")
		d.rest()
		d.note(t.err)
		return d.finish()
	}
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	if t := o.tokens("META-INF/manifest.xml"); t != nil {
		for tok := t.next(); tok != nil; tok = t.next() {
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "encryption-data" {
				return errLocked
			}
		}
	}
	if !o.pack.has("content.xml") {
		if o.pack.has("encrypted-package") {
			return errLocked
		}
		o.note(errNoZIP)
		return o.finish()
	}
	d := &openDocument{office: o}
	// Headers and footers stand in the styles. They are read first, since named list styles stand there too.
	var edges [2]string
	if o.pack.has("styles.xml") {
		if t := o.tokens("styles.xml"); t != nil {
			main := o.p
			for i, element := range []string{"header", "footer"} {
				o.p = main.aside()
				if i == 1 {
					if t = o.tokens("styles.xml"); t == nil {
						break
					}
				}
				d.read(t, element)
				edges[i] = o.p.taken()
			}
			o.p = main
		}
	}
	if edges[0] != "" {
		o.lay(edges[0])
		o.p.separate()
	}
	if t := o.tokens("content.xml"); t != nil {
		d.read(t, "")
		o.note(t.err)
	}
	d.rest()
	if edges[1] != "" {
		o.p.separate()
		o.lay(edges[1])
	}
	err = o.finish()
	o.pictures(in, out, more, "pictures/")
	return err
}

// openDocument reads the XML of an OpenDocument file.
type openDocument struct {
	*office
	numbered map[string]*numbering // list styles by name
	hidden   map[string]bool       // table styles that show nothing
	notes    []string
	comments []string
	sheets   int
	slides   int
}

// aside reads the element that was opened last by itself: what is in a note does not stand in the text.
func (d *odfBody) aside() string {
	main := d.p
	d.p = main.aside()
	d.inner(d.t)
	text := d.p.taken()
	d.p = main
	return text
}

// inner reads the paragraphs of the element whose start was read last, without lists and tables.
func (d *openDocument) inner(t *tokens) {
	paragraphs := 0
	for depth := 1; depth > 0 && !d.p.full; {
		switch e := t.next().(type) {
		case nil:
			return
		case xml.StartElement:
			depth++
			switch e.Name.Local {
			case "p", "h":
				paragraphs++
			case "s", "tab":
				d.p.write(" ")
			case "line-break":
				d.p.endLine()
			case "note-citation", "creator", "date", "creator-initials", "page-thumbnail":
				t.skip()
				depth--
			}
		case xml.EndElement:
			depth--
			if e.Name.Local == "p" || e.Name.Local == "h" {
				paragraphs--
				d.p.endLine()
			}
		case xml.CharData:
			if paragraphs > 0 {
				d.p.words(string(e))
			}
		}
	}
}

// rest writes notes and comments.
func (d *openDocument) rest() {
	if len(d.notes) > 0 {
		d.p.separate()
	}
	for i, text := range d.notes {
		d.lay(fmt.Sprintf("[%d] %s", i+1, text))
	}
	if len(d.comments) > 0 {
		d.p.separate()
	}
	for _, text := range d.comments {
		d.lay("Comment: " + text)
	}
}
