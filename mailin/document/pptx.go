package document

import (
	"context"
	"encoding/xml"
	"fmt"
	"path"
	"strings"
)

// readPPTX reads a presentation: its slides in the order in which they are shown, with their notes.
func readPPTX(ctx context.Context, in input, out output, b *budget, more readers) error {
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	main := o.pack.main()
	if main == "" || !o.pack.has(main) {
		main = "ppt/presentation.xml"
	}
	parts := o.pack.relations(main)
	var slides []string
	if t := o.tokens(main); t != nil {
		for tok := t.next(); tok != nil && len(slides) < maxSheets; tok = t.next() {
			e, ok := tok.(xml.StartElement)
			if !ok || e.Name.Local != "sldId" {
				continue
			}
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					if target := byID(parts, a.Value); target != "" {
						slides = append(slides, target)
					}
				}
			}
		}
		o.note(t.err)
	}
	if len(slides) == 0 {
		for i := 1; i <= maxSheets; i++ {
			part := path.Join(path.Dir(main), fmt.Sprintf("slides/slide%d.xml", i))
			if !o.pack.has(part) {
				break
			}
			slides = append(slides, part)
		}
	}
	if len(slides) == 0 {
		o.note(errNoZIP)
	}
	for i, slide := range slides {
		if o.stopped() {
			break
		}
		o.p.section(fmt.Sprintf("slide %d", i+1))
		o.slide(slide)
		beside := o.pack.relations(slide)
		for _, part := range ofKind(beside, "diagramData") {
			o.slide(part)
		}
		for _, part := range ofKind(beside, "notesSlide") {
			main := o.p
			o.p = main.aside()
			o.slide(part)
			notes := o.p.taken()
			o.p = main
			if notes != "" {
				o.p.separate()
				o.p.put("Notes:")
				o.lay(strings.TrimLeft(notes, "\n"))
			}
		}
	}
	err = o.finish()
	o.pictures(in, out, more, path.Dir(plainName(main))+"/media/")
	return err
}

func (o *office) slide(part string) {
	if t := o.tokens(part); t != nil {
		drawing(t, o.p)
		o.note(t.err)
	}
}
