package message

import "caseconsultant/mailin/rtf"

// readRTF reads RTF. html says that the document was made of a page of HTML, which is what comes back then.
func readRTF(b []byte) (text string, html bool) {
	var p rtfText
	// That a body is cut is seen where it is unpacked; what there is of it is read.
	page, _ := rtf.ReadBytes(b, &p, rtf.Options{Decode: PageText})
	if page != "" {
		return page, true
	}
	return tidyText(p.end()), false
}

// rtfText lays a document out as mails are: a line for each paragraph and each row of a table, with its cells apart.
type rtfText struct {
	out, main []byte // main is the text while out takes a piece that stands aside
	cells     int    // of the row
	asides    rtf.Asides
}

func (t *rtfText) Text(s string) bool {
	t.out = append(t.out, s...)
	return true
}

func (t *rtfText) Line() { t.out = append(t.out, '\n') }

func (t *rtfText) Break() {
	if n := len(t.out); n > 0 && t.out[n-1] != '\n' {
		t.Line()
	}
}

func (t *rtfText) BeginRow() {
	t.Break()
	t.cells = 0
}

func (t *rtfText) BeginCell() {
	if t.cells > 0 {
		t.out = append(t.out, "  "...)
	}
	t.cells++
}

func (t *rtfText) EndCell() {}

func (t *rtfText) EndRow() { t.Line() }

func (t *rtfText) BeginAside() { t.main, t.out = t.out, nil }

func (t *rtfText) EndAside(kind rtf.Aside) {
	t.main = append(t.main, t.asides.Keep(kind, string(t.out))...)
	t.out, t.main = t.main, nil
}

// end writes what stands aside behind the text.
func (t *rtfText) end() string {
	for _, kind := range t.asides.Behind() {
		if len(kind) > 0 {
			t.Break()
			t.Line()
		}
		for _, text := range kind {
			t.Text(text)
			t.Line()
		}
	}
	return string(t.out)
}
