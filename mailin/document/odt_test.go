package document

import (
	"slices"
	"strings"
	"testing"
)

const odfSpaces = ` xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"` +
	` xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"` +
	` xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" office:version="1.3"`

// odf builds an OpenDocument file as LibreOffice writes it. kind is "text", "spreadsheet" or "presentation".
func odf(t testing.TB, kind, body string, more ...part) []byte {
	return zipped(t, odfParts(kind, body, more...)...)
}

func odfParts(kind, body string, more ...part) []part {
	styles := `<office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>` +
		`<text:list-style style:name="L1"><text:list-level-style-number text:level="1" style:num-suffix="." style:num-format="1"/><text:list-level-style-number text:level="2" style:num-suffix=")" style:num-format="a"/></text:list-style>` +
		`<text:list-style style:name="L2"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/></text:list-style></office:automatic-styles>`
	return append([]part{
		{"mimetype", "application/vnd.oasis.opendocument." + kind},
		{"content.xml", `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<office:document-content` + odfSpaces + `><office:scripts/><office:font-face-decls/>` + styles + `<office:body><office:` + kind + `>` + body + `</office:` + kind + `></office:body></office:document-content>`},
		{"META-INF/manifest.xml", `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.` + kind + `"/></manifest:manifest>`},
	}, more...)
}

func TestODT(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"Paragraphs":  {`<text:sequence-decls><text:sequence-decl text:name="Table"/></text:sequence-decls><text:h text:outline-level="1">PROCEDURE</text:h><text:p text:style-name="P1">31267 <text:span>right</text:span><text:s text:c="2"/>and<text:tab/>left</text:p><text:p/><text:p>a<text:line-break/>b</text:p>`, "PROCEDURE\n31267 right  and\tleft\n\na\nb\n"},
		"SpaceFolded": {"<text:p>\n  31267\n   right  </text:p>", "31267 right\n"},
		"Lists": {`<text:list text:style-name="L1"><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>sub</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>two</text:p><text:p>more</text:p></text:list-item></text:list>` +
			`<text:list text:style-name="L2"><text:list-item><text:p>dot</text:p></text:list-item></text:list><text:list text:style-name="L1"><text:list-item><text:p>anew</text:p></text:list-item></text:list>`, "1. one\n  a) sub\n2. two\nmore\n- dot\n1. anew\n"},
		"Table": {`<table:table table:name="Table1"><table:table-column table:number-columns-repeated="2"/><table:table-row><table:table-cell><text:p>31297</text:p></table:table-cell><table:table-cell><text:p>dilation</text:p></table:table-cell></table:table-row>` +
			`<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>all</text:p></table:table-cell><table:covered-table-cell/></table:table-row></table:table>`, "31297\tdilation\nall\n"},
		"DeletedRevision": {`<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>B</dc:creator></office:change-info><text:p>99213</text:p></text:deletion></text:changed-region></text:tracked-changes><text:p>99214<text:change text:change-id="1"/></text:p>`, "99214\n"},
		"NotesAndComments": {`<text:p>Billed<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>right side</text:p></text:note-body></text:note> 31267<office:annotation><dc:creator>B</dc:creator><dc:date>2026-03-01T10:00:00</dc:date><text:p>is 59 right?</text:p></office:annotation></text:p>`,
			"Billed[1] 31267\n\n[1] right side\n\nComment: is 59 right?\n"},
		"Frames":  {`<text:p>before <draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box><svg:title>alt</svg:title><svg:desc>description</svg:desc></draw:frame>after</text:p>`, "before\nin a box\nafter\n"},
		"Fields":  {`<text:p>On <text:date text:date-value="2026-03-01">March 1</text:date> <text:title>Op note</text:title> <text:a>link</text:a></text:p>`, "On March 1 Op note link\n"},
		"Section": {`<text:section text:name="S"><text:p>inside</text:p></text:section>`, "inside\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reading(t, odf(t, "text", test.body), Hint{}, Limits{})
			if got.what != ODT || got.all.String() != test.want || len(got.problems) > 0 {
				t.Errorf("%s\n got %q %q\nwant %q", got.what, got.all.String(), got.problems, test.want)
			}
			flat := `<?xml version="1.0"?><office:document` + odfSpaces + ` office:mimetype="application/vnd.oasis.opendocument.text"><office:meta><dc:title>T</dc:title></office:meta>` +
				strings.TrimSuffix(strings.SplitAfterN(odfParts("text", test.body)[1].content, "<office:font-face-decls/>", 2)[1], "</office:document-content>") + `</office:document>`
			if again := reading(t, []byte(flat), Hint{}, Limits{}); again.what != ODT || again.all.String() != test.want {
				t.Errorf("flat %s\n got %q %q\nwant %q", again.what, again.all.String(), again.problems, test.want)
			}
		})
	}
}

func TestODTHeaders(t *testing.T) {
	t.Parallel()
	got := reading(t, odf(t, "text", `<text:p>Body</text:p>`, part{"styles.xml", `<office:document-styles` + odfSpaces + `><office:styles/><office:master-styles><style:master-page style:name="Standard"><style:header><text:p>Example Clinic</text:p></style:header><style:footer><text:p>Page</text:p></style:footer></style:master-page></office:master-styles></office:document-styles>`}), Hint{}, Limits{})
	if want := "Example Clinic\n\nBody\n\nPage\n"; got.all.String() != want {
		t.Errorf("got %q, want %q", got.all.String(), want)
	}
}

func TestODS(t *testing.T) {
	t.Parallel()
	text := func(s string) string {
		return `<table:table-cell office:value-type="string"><text:p>` + s + `</text:p></table:table-cell>`
	}
	row := func(cells ...string) string {
		return `<table:table-row table:style-name="ro1">` + strings.Join(cells, "") + `</table:table-row>`
	}
	fill := `<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>`
	body := `<table:table table:name="Sheet1" table:style-name="ta1"><table:table-column/>` +
		row(text("CPT"), text("Date"), text("Text")) +
		row(`<table:table-cell office:value-type="float" office:value="31297"><text:p>31297</text:p></table:table-cell>`, `<table:table-cell office:value-type="date" office:date-value="2026-03-01"><text:p>03/01/26</text:p></table:table-cell>`,
			`<table:table-cell office:value-type="string"><text:p>two</text:p><text:p>lines</text:p></table:table-cell>`, `<table:table-cell table:number-columns-repeated="16381"/>`) +
		row(`<table:table-cell table:number-columns-repeated="2"/>`, text("third")) +
		row(`<table:table-cell office:value-type="string" table:number-columns-repeated="3"><text:p>x</text:p></table:table-cell>`, text("y")) + fill +
		`</table:table><table:table table:name="Denials" table:style-name="ta2">` + row(text("hidden")) + `</table:table>`
	got := reading(t, odf(t, "spreadsheet", body), Hint{}, Limits{})
	want := "CPT\tDate\tText\n31297\t2026-03-01\ttwo lines\n\t\tthird\nx\tx\tx\ty\nDenials\nhidden\n"
	if got.what != ODS || got.all.String() != want || !slices.Equal(got.sectionNames(), []string{"sheet 1", "sheet 2 (hidden)"}) || len(got.problems) > 0 {
		t.Errorf("%s %q %q\n got %q\nwant %q", got.what, got.sectionNames(), got.problems, got.all.String(), want)
	}
	bomb := `<table:table table:name="Sheet1"><table:table-row table:number-rows-repeated="1000000000"><table:table-cell office:value-type="string" table:number-columns-repeated="999999999999999999999"><text:p>A long text that is said again and again</text:p></table:table-cell></table:table-row></table:table>`
	got = reading(t, odf(t, "spreadsheet", bomb), Hint{}, Limits{})
	if got.all.Len() == 0 || got.all.Len() > 2<<20 {
		t.Errorf("a cell repeated without end: %d bytes %q", got.all.Len(), got.problems)
	}
	got = reading(t, odf(t, "spreadsheet", bomb), Hint{}, Limits{Cells: 10})
	if strings.Count(got.all.String(), "A long text") != 10 || len(got.problems) != 1 || got.problems[0] != problemCells {
		t.Errorf("more cells than allowed: %q %q", got.all.String(), got.problems)
	}
}

func TestODP(t *testing.T) {
	t.Parallel()
	page := func(text, notes string) string {
		return `<draw:page draw:name="page1"><draw:frame><draw:text-box><text:p>` + text + `</text:p></draw:text-box></draw:frame><presentation:notes><draw:page-thumbnail/><draw:frame><draw:text-box><text:p>` + notes + `</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>`
	}
	got := reading(t, odf(t, "presentation", page("First", "say")+page("Second", "")), Hint{}, Limits{})
	if want := "First\n\nNotes:\nsay\nSecond\n"; got.what != ODT || got.all.String() != want || !slices.Equal(got.sectionNames(), []string{"slide 1", "slide 2"}) {
		t.Errorf("%s %q %q", got.what, got.sectionNames(), got.all.String())
	}
}

func TestEncryptedODF(t *testing.T) {
	t.Parallel()
	parts := odfParts("text", "")
	parts[1].content = "\x01\x02\x03"
	parts[2].content = `<manifest:manifest xmlns:manifest="m"><manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry></manifest:manifest>`
	got := reading(t, zipped(t, parts...), Hint{}, Limits{})
	if len(got.problems) != 1 || !strings.Contains(got.problems[0], "password") {
		t.Errorf("problems %q", got.problems)
	}
}
