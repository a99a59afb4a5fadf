package document

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const sheetSpace = ` xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// xlsx builds a workbook as Excel writes it; each sheet is its rows.
func xlsx(t testing.TB, sheets []string, more ...part) []byte {
	return zipped(t, xlsxParts(sheets, more...)...)
}

func xlsxParts(sheets []string, more ...part) []part {
	var list strings.Builder
	lines := []string{"rIds styles styles.xml", "rIdt sharedStrings sharedStrings.xml"}
	var parts []part
	for i, rows := range sheets {
		name, state := fmt.Sprintf("Sheet%d", i+1), ""
		if head, rest, ok := strings.Cut(rows, "::"); ok {
			name, rows = head, rest
			if rest, hidden := strings.CutPrefix(name, "!"); hidden {
				name, state = rest, ` state="hidden"`
			}
		}
		// Parts are numbered backwards: the workbook tells the order, not the names.
		file := fmt.Sprintf("worksheets/sheet%d.xml", len(sheets)-i)
		fmt.Fprintf(&list, `<sheet name="%s" sheetId="%d"%s r:id="rId%d"/>`, name, i+1, state, i+1)
		lines = append(lines, fmt.Sprintf("rId%d worksheet %s", i+1, file))
		parts = append(parts, part{"xl/" + file, xmlHead + `<worksheet` + sheetSpace + `><dimension ref="A1:C9"/><sheetViews><sheetView workbookViewId="0"/></sheetViews><sheetFormatPr defaultRowHeight="15"/><sheetData>` + rows + `</sheetData><pageMargins left="0.7"/></worksheet>`})
	}
	return append(append([]part{
		{"[Content_Types].xml", xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{"_rels/.rels", relations(transitional, "rId1 officeDocument xl/workbook.xml")},
		{"xl/workbook.xml", xmlHead + `<workbook` + sheetSpace + `><workbookPr defaultThemeVersion="166925"/><sheets>` + list.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", relations(transitional, lines...)},
		{"xl/styles.xml", xmlHead + `<styleSheet` + sheetSpace + `><numFmts count="4"><numFmt numFmtId="164" formatCode="00000"/><numFmt numFmtId="165" formatCode="[&lt;=9999999]###\-####;\(###\)\ ###\-####"/>` +
			`<numFmt numFmtId="166" formatCode="[$-409]mmmm\ d\,\ yyyy;@"/><numFmt numFmtId="167" formatCode="_(&quot;$&quot;* #,##0.00_);_(&quot;$&quot;* \(#,##0.00\);_(&quot;$&quot;* &quot;-&quot;??_);_(@_)"/></numFmts>` +
			`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="22"/><xf numFmtId="9"/><xf numFmtId="49"/><xf numFmtId="2"/><xf numFmtId="20"/></cellXfs></styleSheet>`},
		{"xl/sharedStrings.xml", xmlHead + `<sst` + sheetSpace + ` count="3"><si><t>CPT</t></si><si><r><rPr><b/></rPr><t xml:space="preserve">sinus </t></r><r><t>dilation</t></r><rPh sb="0" eb="1"><t>no</t></rPh></si><si><t>J32.9_x000D_
second line</t></si></sst>`},
	}, parts...), more...)
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ rows, want string }{
		"SharedAndRich":  {`<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`, "CPT\tsinus dilation\n"},
		"LinesInACell":   {`<row r="1"><c r="A1" t="s"><v>2</v></c><c r="B1"><v>1</v></c></row>`, "J32.9 second line\t1\n"},
		"Inline":         {`<row r="1"><c r="A1" t="inlineStr"><is><t>in</t></is></c><c r="B1" t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c></row>`, "in\trich\n"},
		"Codes":          {`<row r="1"><c r="A1"><v>31297</v></c><c r="B1"><v>3.1297E4</v></c><c r="C1"><v>1234567890</v></c><c r="D1"><v>123456789012345</v></c></row>`, "31297\t31297\t1234567890\t123456789012345\n"},
		"BinaryFraction": {`<row r="1"><c r="A1"><v>0.30000000000000004</v></c><c r="B1"><v>95.489999999999995</v></c><c r="C1"><v>-2.5</v></c></row>`, "0.3\t95.49\t-2.5\n"},
		"LeadingZeros":   {`<row r="1"><c r="A1" s="2"><v>99</v></c><c r="B1" s="2"><v>31297</v></c></row>`, "00099\t31297\n"},
		"Phones":         {`<row r="1"><c r="A1" s="3"><v>5550123</v></c><c r="B1" s="3"><v>2125550123</v></c></row>`, "555-0123\t(212) 555-0123\n"},
		"Dates":          {`<row r="1"><c r="A1" s="1"><v>46082</v></c><c r="B1" s="4"><v>46082</v></c><c r="C1" s="6"><v>46082.604166666664</v></c><c r="D1" s="10"><v>0.60416666666666663</v></c></row>`, "2026-03-01\t2026-03-01\t2026-03-01 14:30\t14:30\n"},
		"Money":          {`<row r="1"><c r="A1" s="5"><v>1234.5</v></c><c r="B1" s="5"><v>-12</v></c><c r="C1" s="7"><v>0.5</v></c><c r="D1" s="9"><v>250</v></c></row>`, "$1234.50\t$(12.00)\t50%\t250.00\n"},
		"OtherTypes":     {`<row r="1"><c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c><c r="C1" t="e"><v>#N/A</v></c><c r="D1" t="str"><f>A1&amp;"x"</f><v>text</v></c><c r="E1"><f>SUM(A1:A2)</f><v>7</v></c><c r="F1" t="d"><v>2026-03-01T00:00:00</v></c></row>`, "TRUE\tFALSE\t#N/A\ttext\t7\t2026-03-01\n"},
		"Gaps":           {`<row r="1"><c r="B1"><v>1</v></c><c r="D1"><v>2</v></c><c r="E1" s="1"/></row><row r="2"/><row r="9"><c r="A9"><v>3</v></c></row>`, "\t1\t\t2\n\n3\n"},
		"FarAway":        {`<row r="1"><c r="XFD1"><v>1</v></c></row>`, "1\n"},
		"NoReferences":   {`<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>`, "1\t2\n3\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reading(t, xlsx(t, []string{test.rows}), Hint{}, Limits{})
			if got.what != XLSX || got.all.String() != test.want || len(got.problems) > 0 {
				t.Errorf("%s\n got %q %q\nwant %q", got.what, got.all.String(), got.problems, test.want)
			}
			// Some programs give all names a prefix.
			parts := xlsxParts([]string{test.rows})
			for i := range parts {
				if strings.HasPrefix(parts[i].name, "xl/") && strings.HasSuffix(parts[i].name, ".xml") {
					parts[i].content = prefixed(parts[i].content)
				}
			}
			if again := reading(t, zipped(t, parts...), Hint{}, Limits{}); again.all.String() != test.want {
				t.Errorf("with prefixes\n got %q %q\nwant %q", again.all.String(), again.problems, test.want)
			}
		})
	}
}

// prefixed puts "x:" before the names of elements, as Microsoft's own library for programs does.
func prefixed(xml string) string {
	xml = strings.ReplaceAll(xml, "</", "\x00")
	xml = strings.ReplaceAll(xml, "<?", "\x01")
	xml = strings.ReplaceAll(xml, "<", "<x:")
	xml = strings.ReplaceAll(xml, "\x00", "</x:")
	xml = strings.ReplaceAll(xml, "\x01", "<?")
	return strings.ReplaceAll(xml, ` xmlns="`, ` xmlns:x="`)
}

func TestXLSXSheets(t *testing.T) {
	t.Parallel()
	cell := func(n int) string { return fmt.Sprintf(`<row r="1"><c r="A1"><v>%d</v></c></row>`, n) }
	parts := xlsxParts([]string{cell(1), "!Denials 2026::" + cell(2), cell(3)},
		part{"xl/worksheets/_rels/sheet3.xml.rels", relations(transitional, "rId1 comments ../comments1.xml", "rId2 drawing ../drawings/drawing1.xml")},
		part{"xl/comments1.xml", `<comments` + sheetSpace + `><authors><author>Somebody</author></authors><commentList><comment ref="B2" authorId="0"><text><r><t>[Threaded comment]

Your version of Excel explains itself.

Comment:
    check 59</t></r></text></comment></commentList></comments>`},
		part{"xl/drawings/drawing1.xml", `<xdr:wsDr xmlns:xdr="x" xmlns:a="a"><xdr:sp><xdr:txBody><a:p><a:r><a:t>In a box</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>`})
	got := reading(t, zipped(t, parts...), Hint{}, Limits{})
	if want := []string{"sheet 1", "sheet 2 (hidden)", "sheet 3"}; !slices.Equal(got.sectionNames(), want) {
		t.Errorf("sections %q", got.sectionNames())
	}
	want := "1\n\nComment at B2: check 59\n\nIn a box\nDenials 2026\n2\n3\n"
	if got.all.String() != want {
		t.Errorf("got %q %q\nwant %q", got.all.String(), got.problems, want)
	}
	if start := got.sections[1].Start; !strings.HasPrefix(got.all.String()[start:], "Denials") {
		t.Errorf("sheet 2 begins at %q", got.all.String()[start:])
	}
	few := reading(t, zipped(t, parts...), Hint{}, Limits{Cells: 1})
	if len(few.problems) != 1 || few.problems[0] != problemCells || !strings.HasPrefix(few.all.String(), "1\n") {
		t.Errorf("more cells than allowed: %q %q", few.all.String(), few.problems)
	}
}

func TestNumberFormats(t *testing.T) {
	t.Parallel()
	tests := []struct {
		code string
		n    float64
		want string
	}{
		{"General", 31297, "31297"}, {"", 1e-5, "0.00001"}, {"0", 31297.4, "31297"}, {"0.00", 2.675, "2.68"}, {"0.0#", 2.5, "2.5"}, {"#.##", 0.5, ".5"}, {"#", 0, ""}, {"0.0", -1.25, "-1.3"},
		{"000-00-0000", 1234567, "001-23-4567"}, {"#,##0", 1234567, "1234567"}, {"0,", 12000, "12"}, {"0.0,,\"M\"", 2500000, "2.5M"}, {"0.00E+00", 12345, "1.23E+04"},
		{`"CPT "00000`, 99213, "CPT 99213"}, {`0" units"`, 3, "3 units"}, {"# ?/?", 0.5, "0.5"}, {`[Red]0;[Blue]-0;"zero"`, 0, "zero"}, {"0;(0)", -5, "(5)"}, {"[$€-407] 0.00", 3, "€ 3.00"}, {"@", 99213, "99213"},
		{"yyyy\\-mm\\-dd", 46082, "2026-03-01"}, {"d.m.yy", 1, "1900-01-01"}, {"m/d/yyyy", 59, "1900-02-28"}, {"m/d/yyyy", 61, "1900-03-01"}, {"[h]:mm", 1.5, "36:00"}, {"mmm", 46082, "2026-03-01"}, {"h:mm:ss", 0.5000116, "12:00:01"},
		{"m/d/yyyy", -1, "-1"}, {"m/d/yyyy", 1e10, "10000000000"}, {"General\" mg\"", 5, "5 mg"}, {";;;", 5, "5"}, {"0.000000000000000000000000000000000000000000", 1, "1.000000000000000"},
	}
	for _, test := range tests {
		if got := parseNumberFormat(test.code).show(test.n, false); got != test.want {
			t.Errorf("%v as %q: got %q, want %q", test.n, test.code, got, test.want)
		}
	}
	if got := parseNumberFormat("m/d/yyyy").show(44620, true); got != "2026-03-01" {
		t.Errorf("dates from 1904: %q", got)
	}
}

func FuzzNumberFormat(f *testing.F) {
	for id := range 59 {
		f.Add(builtinFormats[id], 46082.5)
	}
	f.Add(`[<=9999999]###\-####;\(###\)\ ###\-####`, 2125550123.0)
	f.Fuzz(func(t *testing.T, code string, n float64) {
		if got := parseNumberFormat(code).show(n, false); strings.ContainsAny(got, "\n\t") || len(got) > len(code)+400 {
			t.Errorf("%q of %v is %q", code, n, got)
		}
	})
}

func TestPPTX(t *testing.T) {
	t.Parallel()
	const spaces = ` xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"`
	shape := func(lines ...string) string {
		var sb strings.Builder
		for _, l := range lines {
			sb.WriteString(`<a:p><a:pPr><a:tabLst><a:tab pos="9"/></a:tabLst></a:pPr><a:r><a:rPr lang="en-US"/><a:t>` + l + `</a:t></a:r></a:p>`)
		}
		return `<p:sp><p:nvSpPr><p:cNvPr id="2" name="Title 1"/></p:nvSpPr><p:txBody><a:bodyPr/>` + sb.String() + `</p:txBody></p:sp>`
	}
	slide := func(in string) string {
		return xmlHead + `<p:sld` + spaces + `><p:cSld><p:spTree>` + in + `</p:spTree></p:cSld></p:sld>`
	}
	table := `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr h="1"><a:tc><a:txBody><a:p><a:r><a:t>31297</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>dilation</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`
	content := zipped(t,
		part{"[Content_Types].xml", "<Types/>"}, part{"_rels/.rels", relations(transitional, "rId1 officeDocument ppt/presentation.xml")},
		part{"ppt/presentation.xml", `<p:presentation` + spaces + `><p:sldIdLst><p:sldId id="256" r:id="rId3"/><p:sldId id="257" r:id="rId2"/></p:sldIdLst></p:presentation>`},
		part{"ppt/_rels/presentation.xml.rels", relations(transitional, "rId2 slide slides/slide1.xml", "rId3 slide slides/slide2.xml")},
		part{"ppt/slides/slide1.xml", slide(shape("Second slide") + table)},
		part{"ppt/slides/slide2.xml", slide(shape("Sinus coding", "by example") + shape("body<a:br/>"[:4]) + `<p:sp><p:txBody><a:p><a:fld type="slidenum"><a:t>7</a:t></a:fld></a:p></p:txBody></p:sp>`)},
		part{"ppt/slides/_rels/slide2.xml.rels", relations(transitional, "rId1 notesSlide ../notesSlides/notesSlide1.xml")},
		part{"ppt/notesSlides/notesSlide1.xml", slide(shape("Say it slowly"))})
	got := reading(t, content, Hint{}, Limits{})
	want := "Sinus coding\nby example\n\nbody\n\nNotes:\nSay it slowly\nSecond slide\n\n31297\tdilation\n"
	if got.what != PPTX || got.all.String() != want || !slices.Equal(got.sectionNames(), []string{"slide 1", "slide 2"}) {
		t.Errorf("%s %q\n got %q\nwant %q", got.what, got.sectionNames(), got.all.String(), want)
	}
}
