package document

import (
	"context"

	"caseconsultant/mailin/message"
	"caseconsultant/mailin/rtf"
)

// readRTF reads Rich Text Format, and HTML that Outlook has wrapped in it.
func readRTF(ctx context.Context, in input, out output, b *budget) error {
	p := &rtfPage{p: newProse(out, b)}
	page, err := rtf.Read(in.stream(ctx), p, rtf.Options{Decode: message.PageText, Markup: 8 * b.limits.Text})
	if page != "" {
		pass(ctx, message.HTMLText([]byte(page), "utf-8"), out)
		return err
	}
	p.end()
	return err
}

// rtfPage lays a document out as prose.
type rtfPage struct {
	p      *prose
	main   *prose // while p takes a piece that stands aside
	asides rtf.Asides
}

func (r *rtfPage) Text(s string) bool {
	r.p.write(s)
	return !r.p.full
}

func (r *rtfPage) Line()      { r.p.endLine() }
func (r *rtfPage) Break()     { r.p.breakLine() }
func (r *rtfPage) BeginRow()  { r.p.openRow() }
func (r *rtfPage) BeginCell() { r.p.openCell() }
func (r *rtfPage) EndCell()   { r.p.closeCell() }
func (r *rtfPage) EndRow()    { r.p.closeRow() }

func (r *rtfPage) BeginAside() { r.main, r.p = r.p, r.p.aside() }

func (r *rtfPage) EndAside(kind rtf.Aside) {
	text := r.p.taken()
	r.p, r.main = r.main, nil
	if mark := r.asides.Keep(kind, text); mark != "" {
		r.p.write(mark)
	}
}

// end writes what stands aside behind the text.
func (r *rtfPage) end() {
	o := office{p: r.p}
	for _, kind := range r.asides.Behind() {
		r.p.separate()
		for _, text := range kind {
			o.lay(text)
		}
	}
	r.p.done()
}
