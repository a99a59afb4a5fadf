package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// samples are whole documents of every kind that is read here.
func samples(t testing.TB) map[string][]byte {
	rows := strings.Repeat(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>46082</v></c></row>`, 50)
	office := strings.Repeat(para("31267 right")+`<w:tbl>`+cells("31297", "dilation\nof sinus")+`</w:tbl>`, 50)
	return map[string][]byte{
		"DOCX": docx(t, office, part{"word/header1.xml", `<w:hdr` + wordSpaces + `>` + para("Example Clinic") + `</w:hdr>`}),
		"XLSX": xlsx(t, []string{rows, "!Hidden::" + rows}),
		"ODT":  odf(t, "text", strings.Repeat(`<text:h>PROCEDURE</text:h><text:p>31267<text:note><text:note-body><text:p>x</text:p></text:note-body></text:note></text:p>`, 50)),
		"ODS":  odf(t, "spreadsheet", `<table:table table:name="A">`+strings.Repeat(`<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="2"><text:p>31297</text:p></table:table-cell></table:table-row>`, 50)+`</table:table>`),
		"RTF":  []byte(rtfHead + strings.Repeat(`{\b 31267} na\'efve \u8211?\par\trowd\cellx1 31297\cell dilation\cell\row`, 50) + "}"),
		"HTML": []byte("<html><body>" + strings.Repeat("<p>31267</p><table><tr><td>31297</td><td>dilation</td></tr></table>", 50) + "</body></html>"),
		"CSV":  []byte(strings.Repeat("31297,\"sinus, dilation\",1\n", 50)),
		"Text": []byte(strings.Repeat("31267 – right\r\n", 50)),
		"XML":  []byte(`<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3">` + strings.Repeat(`<table><tr><td>31297</td><td>dilation</td></tr></table>`, 50) + `</ClinicalDocument>`),
		"Mail": []byte("Received: by a.example\r\nFrom: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nbody\r\n--x\r\nContent-Type: text/csv; name=a.csv\r\n\r\n31297,1\r\n--x--\r\n"),
		"ZIP":  zipped(t, part{"a.txt", "31267\n"}, part{"b.zip", string(zipped(t, part{"c.txt", "31297\n"}))}, part{"d.docx", string(docx(t, para("x")))}),
	}
}

// sound checks what every reading promises.
func sound(t testing.TB, rec *record, name string) {
	t.Helper()
	text := rec.all.String()
	if !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\r") {
		t.Errorf("%s: the text is not clean", name)
	}
	if rec.kinds != 1 {
		t.Errorf("%s: kind told %d times", name, rec.kinds)
	}
	for i, s := range rec.sections {
		if i > 0 && s.Start < rec.sections[i-1].Start {
			t.Errorf("%s: sections out of order", name)
		}
	}
	for _, p := range rec.problems {
		if len(p) > 400 || strings.ContainsAny(p, "\n\t") || strings.Contains(p, "document:") || strings.Contains(p, "xml:") || strings.Contains(p, "zip:") || strings.Contains(p, problemDamaged) {
			t.Errorf("%s: no sentence for a person: %q", name, p)
		}
	}
}

// TestTruncated cuts each document at every fiftieth: what was before the cut is read where the kind allows it, and
// nothing panics.
func TestTruncated(t *testing.T) {
	t.Parallel()
	for name, content := range samples(t) {
		whole := reading(t, content, Hint{}, Limits{})
		sound(t, whole, name)
		if whole.all.Len() == 0 || len(whole.problems) > 0 {
			t.Errorf("%s: %d bytes %q", name, whole.all.Len(), whole.problems)
		}
		longest := 0
		for i := range 50 {
			rec := reading(t, content[:len(content)*i/50], Hint{}, Limits{})
			sound(t, rec, fmt.Sprintf("%s cut at %d/50", name, i))
			longest = max(longest, rec.all.Len())
			if rec.all.Len() == 0 && len(rec.problems) == 0 {
				t.Errorf("%s cut at %d/50: no text, and nobody is told", name, i)
			}
		}
		if longest == 0 {
			t.Errorf("%s: no cut document was read", name)
		}
	}
}

// hostileDocuments are documents made to hurt.
func hostileDocuments(t testing.TB) map[string][]byte {
	laugh := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lollollol">` + func() string {
		var sb strings.Builder
		for i := range 10 {
			fmt.Fprintf(&sb, `<!ENTITY lol%d "%s">`, i+1, strings.Repeat(fmt.Sprintf("&lol%d;", i), 10))
		}
		return sb.String()
	}() + `<!ENTITY file SYSTEM "file:///etc/passwd">]>`
	word := func(body string) []byte {
		return zipped(t, part{"_rels/.rels", relations(transitional, "rId1 officeDocument word/document.xml")}, part{"word/document.xml", body})
	}
	nest := func(open, within, end string, n int) string {
		return strings.Repeat(open, n) + within + strings.Repeat(end, n)
	}
	const deep = 100_000
	return map[string][]byte{
		"BillionLaughs":       word(laugh + `<w:document><w:body><w:p><w:r><w:t>31267 &lol10; &file;</w:t></w:r></w:p></w:body></w:document>`),
		"BillionLaughsODT":    odf(t, "text", "", part{"content2.xml", laugh}),
		"BillionLaughsPlain":  []byte(laugh + `<doc xmlns="x"><p>31267 &lol10; &file;</p></doc>`),
		"DeepTables":          docx(t, nest(`<w:tbl><w:tr><w:tc>`, para("31267"), `</w:tc></w:tr></w:tbl>`, deep)),
		"DeepTablesOpen":      docx(t, strings.Repeat(`<w:tbl><w:tr><w:tc>`+para("31267"), deep)),
		"DeepParagraphs":      docx(t, nest(`<w:p><w:r>`, "<w:t>31267</w:t>", `</w:r></w:p>`, deep)),
		"DeepBoxes":           docx(t, nest(`<w:p><w:r><w:t>x</w:t><w:txbxContent>`, para("31267"), `</w:txbxContent></w:r></w:p>`, deep)),
		"ManyBoxes":           docx(t, `<w:p>`+run(strings.Repeat("31267 ", 100_000))+strings.Repeat(`<w:txbxContent></w:txbxContent>`, deep)+`</w:p>`),
		"DeepChoices":         docx(t, nest(`<mc:AlternateContent><mc:Choice>`, para("31267"), `</mc:Choice></mc:AlternateContent>`, deep)),
		"DeepFields":          docx(t, `<w:p>`+strings.Repeat(`<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>`, deep)+run("31267")+`</w:p>`),
		"DeepXML":             []byte(`<?xml version="1.0"?>` + nest("<a>", "31267", "</a>", deep)),
		"DeepRows":            []byte(`<?xml version="1.0"?>` + nest("<tr><td>", "31267", "</td></tr>", deep)),
		"DeepODT":             odf(t, "text", nest(`<text:list><text:list-item>`, "<text:p>31267</text:p>", `</text:list-item></text:list>`, deep)),
		"DeepODTTables":       odf(t, "text", nest(`<table:table><table:table-row><table:table-cell>`, "<text:p>31267</text:p>", `</table:table-cell></table:table-row></table:table>`, deep)),
		"DeepODS":             odf(t, "spreadsheet", nest(`<table:table><table:table-row><table:table-cell>`, "<text:p>31267</text:p>", `</table:table-cell></table:table-row></table:table>`, deep)),
		"DeepSlides":          zipped(t, part{"ppt/presentation.xml", "<p/>"}, part{"ppt/slides/slide1.xml", nest("<a:tr><a:tc>", "<a:p><a:t>31267</a:t></a:p>", "</a:tc></a:tr>", deep)}),
		"DeepHTML":            []byte("<html>" + nest("<div><table><tr><td>", "31267", "</td></tr></table></div>", deep)),
		"DeepRTF":             []byte(`{\rtf1 ` + nest(`{\b `, "31267", "}", 1_000_000) + "}"),
		"DeepRTFOpen":         []byte(`{\rtf1 31267 ` + strings.Repeat(`{`, 1_000_000)),
		"RTFNotes":            []byte(`{\rtf1 31267 ` + nest(`{\footnote x`, "", "}", deep) + "}"),
		"RTFUnicodeSkip":      []byte(`{\rtf1 31267 \uc2000000000` + strings.Repeat(`\u233`, deep) + "}"),
		"RTFBin":              []byte(`{\rtf1 31267 {\pict\bin999999999 xx}}`),
		"RTFFonts":            []byte(`{\rtf1{\fonttbl` + strings.Repeat(`{\f7\fcharset2 Wingdings;}`, deep) + `}31267}`),
		"RTFCells":            []byte(`{\rtf1 31267\par\trowd ` + strings.Repeat(`x\cell`, deep) + `\row}`),
		"CSVColumns":          []byte("31267" + strings.Repeat(",", 10<<20)),
		"CSVQuotes":           []byte(strings.Repeat("\"31267\n", deep)),
		"CSVOpenQuotes":       []byte("31267" + strings.Repeat(",\"x", deep)),
		"CSVSpaces":           []byte("31267,1\n" + strings.Repeat(strings.Repeat(" ", 1000)+",", 1000)),
		"XLSXManyCells":       xlsx(t, []string{`<row>` + strings.Repeat(`<c><v>31267</v></c>`, 300_000) + `</row>`}),
		"XLSXBlankStrings":    zipped(t, append(xlsxParts([]string{strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, deep)})[:5], part{"xl/sharedStrings.xml", `<sst><si><t>` + strings.Repeat(" ", 4<<20) + `</t></si></sst>`}, part{"xl/worksheets/sheet1.xml", `<worksheet><sheetData>` + strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, deep) + `<row><c><v>31267</v></c></row></sheetData></worksheet>`})...),
		"ManyAttributes":      docx(t, `<w:p `+strings.Repeat(`w:a="b" `, deep)+`>`+run("31267")+`</w:p>`),
		"ManyNamespaces":      docx(t, nest(`<w:p xmlns:a="b" xmlns:c="d">`, run("31267"), `</w:p>`, deep)),
		"ManyNotes":           docx(t, `<w:p>`+run("31267")+strings.Repeat(`<w:footnoteReference w:id="1"/>`, deep)+`</w:p>`, part{"word/footnotes.xml", `<w:footnotes>` + strings.Repeat(`<w:footnote w:id="1"><w:p><w:t>x</w:t></w:p></w:footnote>`, deep) + `</w:footnotes>`}),
		"LongLine":            docx(t, `<w:p>`+strings.Repeat(`<w:r><w:t>31267 </w:t></w:r>`, deep)+`</w:p>`),
		"ManySheets":          xlsx(t, slices.Repeat([]string{`<row><c><v>31267</v></c></row>`}, 3000)),
		"ManyEntries":         zipped(t, slices.Repeat([]part{{"31267.txt", "31267\n"}}, 20_000)...),
		"EncodingDeclaration": word(`<?xml version="1.0" encoding="no-such-charset"?><w:document><w:body>` + para("31267") + `</w:body></w:document>`),
	}
}

// hostileHint makes tables of those that are meant as such.
func hostileHint(name string) Hint {
	if strings.HasPrefix(name, "CSV") {
		return Hint{Filename: "a.csv"}
	}
	return Hint{}
}

// TestHostile holds that documents made to hurt end soon, within the limits, and that a person is told something or reads
// something.
func TestHostile(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: many megabytes, one document after the other")
	}
	for name, content := range hostileDocuments(t) {
		t.Run(name, func(t *testing.T) {
			rec := reading(t, content, hostileHint(name), Limits{})
			sound(t, rec, name)
			if rec.all.Len() > 2<<20 {
				t.Errorf("%d bytes of text", rec.all.Len())
			}
			if !strings.Contains(rec.all.String(), "31267") && len(rec.problems) == 0 {
				t.Errorf("nothing read of %s, and nobody is told", rec.what)
			}
			if strings.Contains(rec.all.String(), "lollol") || strings.Contains(rec.all.String(), "root:") {
				t.Error("an entity was expanded")
			}
			t.Logf("%s %d bytes, %.100q", rec.what, rec.all.Len(), rec.problems)
		})
	}
}

// TestTimeIsLinear holds that four times the bytes cost about four times the time, where hostile documents could make it
// sixteen.
func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and in one goroutine")
	}
	tests := map[string]func(n int) []byte{
		"Tables": func(n int) []byte { return docx(t, strings.Repeat(`<w:tbl><w:tr><w:tc>`+para("x"), n)) },
		"Boxes": func(n int) []byte {
			return docx(t, `<w:p>`+strings.Repeat(run("x")+`<w:txbxContent></w:txbxContent>`, n)+`</w:p>`)
		},
		"Fields": func(n int) []byte {
			return docx(t, `<w:p>`+strings.Repeat(`<w:fldChar w:fldCharType="begin"/>`+run("x"), n)+`</w:p>`)
		},
		"WrongEnds": func(n int) []byte { return docx(t, strings.Repeat(`<w:p><w:t>x</w:q>`, n)) },
		"Notes": func(n int) []byte {
			return odf(t, "text", `<text:p>`+strings.Repeat(`x<text:note><text:p>y</text:p></text:note>`, n)+`</text:p>`)
		},
		"Cells": func(n int) []byte {
			return xlsx(t, []string{`<row>` + strings.Repeat(`<c><v>31267</v></c>`, n) + `</row>`})
		},
		"Rows": func(n int) []byte {
			return odf(t, "spreadsheet", `<table:table>`+strings.Repeat(`<table:table-row><table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>`, n)+`</table:table>`)
		},
		"Groups":    func(n int) []byte { return []byte(`{\rtf1 x` + strings.Repeat(`{\b{\i x}`, n*10)) },
		"Footnotes": func(n int) []byte { return []byte(`{\rtf1 x` + strings.Repeat(`{\footnote x}{\footer y`+"z"+`}`, n*4)) },
		"Quotes":    func(n int) []byte { return []byte("a,b\n" + strings.Repeat(`"x,`, n*20)) },
		"Lines":     func(n int) []byte { return []byte("a,b\n" + strings.Repeat("\"x,\n", n*20)) },
		"Elements":  func(n int) []byte { return []byte(`<?xml version="1.0"?>` + strings.Repeat(`<a b="c">x`, n*2)) },
		"Entries": func(n int) []byte {
			whole := zipped(t, slices.Repeat([]part{{"a", "x\n"}}, n/10)...)
			return whole[:len(whole)/2] // without a directory
		},
	}
	for name, build := range tests {
		t.Run(name, func(t *testing.T) {
			const n = 5_000
			small, large := build(n), build(4*n)
			took := func(content []byte) time.Duration {
				best := time.Hour
				for range 3 { // the machine does other things too
					began := time.Now()
					reading(t, content, Hint{}, Limits{Entries: 100_000, Cells: 1 << 30})
					best = min(best, time.Since(began))
				}
				return best
			}
			var a, b time.Duration
			a, b = took(small), took(large)
			for range 20 { // a busy machine may stand still for a while, and is never quicker than it is
				if b <= 10*a+20*time.Millisecond {
					return
				}
				a, b = min(a, took(small)), min(b, took(large))
			}
			t.Errorf("%d bytes took %v, %d bytes %v", len(small), a, len(large), b)
		})
	}
}

func FuzzSniff(f *testing.F) {
	for _, content := range samples(f) {
		f.Add(content[:min(len(content), 4<<10)], "a.csv")
	}
	f.Add([]byte("%PDF-1.7"), "")
	f.Add([]byte("PK\x03\x04"), "")
	f.Add([]byte("\xff\xfea\x00"), "")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		kind := Sniff(content, Hint{Filename: name})
		if kind != None && kind != Unreadable && !kinds[kind] {
			t.Errorf("no kind: %q", kind)
		}
		if claimed := Sniff(content, Hint{Filename: name, ContentType: "application/pdf"}); claimed != kind {
			t.Errorf("a claim decides: %q and %q", kind, claimed)
		}
	})
}

// packages are the parts of office files, for a fuzzer to change one of them.
func packages(t testing.TB) [][]part {
	return [][]part{
		docxParts(para("31267")+`<w:tbl>`+cells("31297", "x")+`</w:tbl><w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>`, part{"word/header1.xml", `<w:hdr>` + para("x") + `</w:hdr>`}, part{"word/footnotes.xml", `<w:footnotes><w:footnote w:id="1">` + para("n") + `</w:footnote></w:footnotes>`},
			part{"word/numbering.xml", `<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`}),
		xlsxParts([]string{`<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" s="3"><v>2125550123</v></c></row>`}, part{"xl/worksheets/_rels/sheet1.xml.rels", relations(transitional, "rId1 comments ../comments1.xml")}, part{"xl/comments1.xml", `<comments><comment ref="A1"><text><t>x</t></text></comment></comments>`}),
		odfParts("text", `<text:list text:style-name="L1"><text:list-item><text:p>31267</text:p></text:list-item></text:list><text:p>x<text:note><text:p>y</text:p></text:note></text:p>`, part{"styles.xml", `<style:header><text:p>x</text:p></style:header>`}),
		odfParts("spreadsheet", `<table:table><table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="2"><text:p>x</text:p></table:table-cell></table:table-row></table:table>`),
		{{"_rels/.rels", relations(transitional, "rId1 officeDocument ppt/presentation.xml")}, {"ppt/presentation.xml", `<p:sldIdLst><p:sldId r:id="rId1"/></p:sldIdLst>`}, {"ppt/_rels/presentation.xml.rels", relations(transitional, "rId1 slide slides/slide1.xml")},
			{"ppt/slides/slide1.xml", `<p:sp><a:p><a:r><a:t>x</a:t></a:r></a:p></p:sp>`}},
	}
}

func FuzzOffice(f *testing.F) {
	for i, parts := range packages(f) {
		for j, p := range parts {
			f.Add(uint8(i), uint8(j), []byte(p.content))
		}
	}
	all := packages(f)
	f.Fuzz(func(t *testing.T, which, index uint8, content []byte) {
		parts := slices.Clone(all[int(which)%len(all)])
		parts[int(index)%len(parts)].content = string(content)
		sound(t, reading(t, zipped(t, parts...), Hint{}, Limits{Text: 64 << 10}), "fuzzed")
	})
}

func FuzzArchive(f *testing.F) {
	for name, content := range samples(f) {
		if strings.HasPrefix(string(content), "PK") && name != "" {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		content = append([]byte("PK\x03\x04"), content[min(len(content), 4):]...)
		sound(t, reading(t, content, Hint{}, Limits{Text: 64 << 10}), "fuzzed")
	})
}

func FuzzRTF(f *testing.F) {
	f.Add(string(samples(f)["RTF"]))
	f.Add(`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}x\htmlrtf \par\htmlrtf0 }`)
	f.Add(`{\rtf1{\footnote x{\*\annotation y}}\u-10179?\u-8704?{\pict\bin3 }}}}`)
	f.Fuzz(func(t *testing.T, content string) {
		rec := reading(t, []byte(`{\rtf`+strings.TrimPrefix(content, `{\rtf`)), Hint{}, Limits{Text: 64 << 10})
		sound(t, rec, "fuzzed")
	})
}

func FuzzText(f *testing.F) {
	for _, name := range []string{"CSV", "HTML", "XML", "Mail", "Text"} {
		f.Add(samples(f)[name], "a.csv")
	}
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		sound(t, reading(t, content, Hint{Filename: name}, Limits{Text: 64 << 10}), "fuzzed")
	})
}

func BenchmarkRead(b *testing.B) {
	for name, content := range samples(b) {
		if name == "Mail" || name == "ZIP" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				reading(b, content, Hint{}, Limits{})
			}
		})
	}
	body := strings.Repeat(para("Right maxillary antrostomy with removal of tissue, 31267"), 20_000)
	rows := strings.Repeat(`<row r="1" spans="1:4"><c r="A1" t="s"><v>1</v></c><c r="B1"><v>31267</v></c><c r="C1" s="1"><v>46082</v></c><c r="D1" s="5"><v>1234.5</v></c></row>`, 40_000)
	for name, content := range map[string][]byte{"LargeDOCX": docx(b, body), "LargeXLSX": xlsx(b, []string{rows})} {
		size := int64(len(body))
		if name == "LargeXLSX" {
			size = int64(len(rows))
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size) // of XML
			b.ReportAllocs()
			for b.Loop() {
				reading(b, content, Hint{}, Limits{Text: 16 << 20})
			}
		})
	}
}
