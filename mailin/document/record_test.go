package document

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

// record is an output that keeps what comes.
type record struct {
	limit    int
	what     Kind
	kinds    int
	all      strings.Builder
	sections []Section
	pictures int
	problems []string
	full     bool
}

func (r *record) kind(k Kind)         { r.what = k; r.kinds++ }
func (r *record) section(name string) { r.sections = append(r.sections, Section{r.all.Len(), name}) }
func (r *record) recognised()         { r.pictures++ }

func (r *record) text(s string) bool {
	if r.full {
		return false
	}
	if left := r.limit - r.all.Len(); len(s) > left {
		s, r.full = truncate(s, left), true
	}
	r.all.WriteString(s)
	return !r.full
}

func (r *record) problem(sentence string) {
	for _, p := range r.problems {
		if p == sentence {
			return
		}
	}
	r.problems = append(r.problems, sentence)
}

// sectionNames lists the sections with what begins each.
func (r *record) sectionNames() []string {
	var names []string
	for _, s := range r.sections {
		names = append(names, s.Name)
	}
	return names
}

// fakeEngines stand for PDFium and Tesseract.
type fakeEngines struct{}

func (fakeEngines) pdf(_ context.Context, in input, out output, _ *budget) {
	out.section("page 1")
	out.text("text of a PDF\n")
}

func (fakeEngines) image(_ context.Context, in input, out output, _ *budget) {
	out.recognised()
	out.text("text of a picture\n")
}

// reading reads a document in this process under limits, "" where none are given.
func reading(t testing.TB, content []byte, hint Hint, limits Limits) *record {
	t.Helper()
	limits = limits.withDefaults()
	rec := &record{limit: limits.Text}
	ctx, cancel := context.WithTimeout(t.Context(), limits.Time)
	defer cancel()
	read(ctx, held(content, hint, 0), rec, newBudget(limits), fakeEngines{})
	return rec
}

// part is an entry of a ZIP file.
type part struct {
	name, content string
}

// zipped packs parts as Word and Excel do: deflated, in the given order.
func zipped(t testing.TB, parts ...part) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, p := range parts {
		method := zip.Deflate
		if p.name == "mimetype" { // OpenDocument wants it stored
			method = zip.Store
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: p.name, Method: method, Modified: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\r\n"

// relations writes a .rels part: lines of "id kind target".
func relations(base string, lines ...string) string {
	var sb strings.Builder
	sb.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for _, line := range lines {
		f := strings.Fields(line)
		sb.WriteString(`<Relationship Id="` + f[0] + `" Type="` + base + f[1] + `" Target="` + f[2] + `"/>`)
	}
	sb.WriteString(`</Relationships>`)
	return sb.String()
}

const (
	transitional = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	strict       = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
)

const wordSpaces = ` xmlns:wpc="http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"` +
	` xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:v="urn:schemas-microsoft-com:vml"` +
	` xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"` +
	` xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" mc:Ignorable="w14 wp14"`

// docx builds a Word file as Word writes it around the given body.
func docx(t testing.TB, body string, more ...part) []byte {
	return zipped(t, docxParts(body, more...)...)
}

func docxParts(body string, more ...part) []part {
	types := xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`
	parts := []part{
		{"[Content_Types].xml", types},
		{"_rels/.rels", relations(transitional, "rId1 officeDocument word/document.xml")},
		{"word/document.xml", xmlHead + `<w:document` + wordSpaces + `><w:body>` + body + `<w:sectPr w:rsidR="00A77B3E"><w:headerReference w:type="default" r:id="rId10"/><w:pgSz w:w="12240" w:h="15840"/></w:sectPr></w:body></w:document>`},
	}
	rels := []string{"rId1 styles styles.xml", "rId2 settings settings.xml"}
	for i, m := range more {
		name := strings.TrimPrefix(m.name, "word/")
		kind := strings.TrimRight(strings.TrimSuffix(name, ".xml"), "0123456789")
		rels = append(rels, "rId"+string(rune('a'+i))+" "+kind+" "+name)
	}
	parts = append(parts, part{"word/_rels/document.xml.rels", relations(transitional, rels...)})
	return append(parts, more...)
}

// para is a paragraph of one run.
func para(text string) string {
	return `<w:p w14:paraId="1A2B3C4D" w:rsidR="00E01234"><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs><w:rPr><w:b/></w:rPr></w:pPr>` + run(text) + `</w:p>`
}

func run(text string) string {
	return `<w:r w:rsidRPr="00B55555"><w:rPr><w:rFonts w:ascii="Arial"/><w:sz w:val="22"/></w:rPr><w:t xml:space="preserve">` + text + `</w:t></w:r>`
}

// cells is a table row of Word.
func cells(texts ...string) string {
	var sb strings.Builder
	sb.WriteString(`<w:tr w:rsidR="00E0"><w:trPr><w:trHeight w:val="300"/></w:trPr>`)
	for _, t := range texts {
		sb.WriteString(`<w:tc><w:tcPr><w:tcW w:w="4675" w:type="dxa"/></w:tcPr>`)
		for p := range strings.SplitSeq(t, "\n") {
			sb.WriteString(para(p))
		}
		sb.WriteString(`</w:tc>`)
	}
	return sb.String() + `</w:tr>`
}
