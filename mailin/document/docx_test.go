package document

import (
	"slices"
	"strings"
	"testing"
)

func TestDOCX(t *testing.T) {
	t.Parallel()
	table := func(rows ...string) string {
		return `<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/></w:tblPr><w:tblGrid><w:gridCol w:w="4675"/></w:tblGrid>` + strings.Join(rows, "") + `</w:tbl>`
	}
	field := func(code, result string) string {
		return `<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> ` + code + ` </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` +
			run(result) + `<w:r><w:fldChar w:fldCharType="end"/></w:r>`
	}
	listPara := func(num, level, text string) string {
		return `<w:p><w:pPr><w:pStyle w:val="ListParagraph"/><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + num + `"/></w:numPr></w:pPr>` + run(text) + `</w:p>`
	}
	numbering := part{"word/numbering.xml", xmlHead + `<w:numbering` + wordSpaces + `><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="hybridMultilevel"/>` +
		`<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%2)"/></w:lvl></w:abstractNum>` +
		`<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="` + "\uf0b7" + `"/></w:lvl></w:abstractNum>` +
		`<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>` +
		`<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num></w:numbering>`}
	styles := part{"word/styles.xml", xmlHead + `<w:styles` + wordSpaces + `><w:style w:type="paragraph" w:styleId="ListBullet"><w:pPr><w:numPr><w:numId w:val="2"/></w:numPr></w:pPr></w:style>` +
		`<w:style w:type="paragraph" w:styleId="MyBullet"><w:basedOn w:val="ListBullet"/></w:style></w:styles>`}
	tests := map[string]struct {
		body string
		more []part
		want string
	}{
		"Paragraphs":        {body: para("PROCEDURE PERFORMED:") + para("1. Right maxillary antrostomy, 31267") + `<w:p/>` + para("Findings"), want: "PROCEDURE PERFORMED:\n1. Right maxillary antrostomy, 31267\n\nFindings\n"},
		"CodeSplitIntoRuns": {body: `<w:p>` + run("31") + `<w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="0" w:name="_GoBack"/>` + run("297") + run("-59") + `</w:p>`, want: "31297-59\n"},
		"TabsAndBreaks":     {body: `<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr><w:r><w:t>99213</w:t><w:tab/><w:t>office visit</w:t><w:br/><w:t>next</w:t></w:r></w:p>`, want: "99213\toffice visit\nnext\n"},
		"Characters":        {body: `<w:p><w:r><w:t>J32.9` + "\u00a0\u200b" + `x</w:t><w:noBreakHyphen/><w:softHyphen/><w:t>&lt;5&#8217;s &amp; ` + "31\u00ad297" + `</w:t></w:r></w:p>`, want: "J32.9 x-<5’s & 31297\n"},
		"Table":             {body: table(cells("31297", "sinus dilation"), cells("31288", "sphenoidotomy\nwith tissue removal"), cells("", "total")), want: "31297\tsinus dilation\n31288\tsphenoidotomy\nwith tissue removal\n\ttotal\n"},
		"CellsOfLines":      {body: table(cells("31297\n31288", "dilation\nremoval")), want: "31297\tdilation\n31288\tremoval\n"},
		"LayoutTable":       {body: table(cells("Line one\nLine two\nLine three")) + para("after"), want: "Line one\nLine two\nLine three\nafter\n"},
		"NestedTable":       {body: table(`<w:tr><w:tc>` + para("outer") + table(cells("31297", "inner")) + para("") + `</w:tc></w:tr>`), want: "outer\n31297\tinner\n"},
		"DeletedRevision": {body: `<w:p><w:ins w:id="1" w:author="A"><w:r><w:t>99214</w:t></w:r></w:ins><w:del w:id="2" w:author="A"><w:r><w:delText>99213</w:delText></w:r></w:del>` +
			`<w:moveFrom w:id="3"><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:r><w:rPr><w:rPrChange w:id="9"><w:rPr><w:vanish/></w:rPr></w:rPrChange></w:rPr><w:t> billed</w:t></w:r></w:p>`, want: "99214 billed\n"},
		"Field": {body: `<w:p>` + run("See ") + field(`HYPERLINK "https://example.com/99999"`, "the policy") + field(`PAGE`, "3") + `<w:fldSimple w:instr=" DATE ">` + run(" March 1") + `</w:fldSimple></w:p>`, want: "See the policy3 March 1\n"},
		"FieldWithinField": {body: `<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF </w:instrText></w:r>` + field("MERGEFIELD a", "secret") + `<w:r><w:instrText> = 1 </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>` +
			run("shown") + `<w:r><w:fldChar w:fldCharType="end"/></w:r>` + run(" after") + `</w:p>`, want: "shown after\n"},
		"Hyperlink":  {body: `<w:p><w:hyperlink r:id="rId9" w:history="1">` + run("CMS manual") + `</w:hyperlink></w:p>`, want: "CMS manual\n"},
		"HiddenText": {body: `<w:p>` + run("seen") + `<w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t> too</w:t></w:r></w:p>`, want: "seen too\n"},
		"ContentControl": {body: `<w:sdt><w:sdtPr><w:alias w:val="Code"/><w:dropDownList><w:listItem w:displayText="99999" w:value="9"/></w:dropDownList></w:sdtPr><w:sdtContent>` + para("in a control") + `</w:sdtContent></w:sdt>` +
			`<w:p><w:sdt><w:sdtContent>` + run("inline") + `</w:sdtContent></w:sdt></w:p>`, want: "in a control\ninline\n"},
		"TextBoxOnce": {body: `<w:p>` + run("Anchor ") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:anchor><wp:positionH><wp:posOffset>914400</wp:posOffset></wp:positionH><wps:wsp><wps:txbx><w:txbxContent>` + para("In the box 30520") +
			`</w:txbxContent></wps:txbx></wps:wsp></wp:anchor></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox><w:txbxContent>` + para("In the box 30520") + `</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r>` + run("goes on") + `</w:p>`,
			want: "In the box 30520\nAnchor goes on\n"},
		"OldTextBox": {body: `<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>` + para("old box") + `</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>`, want: "old box\n"},
		"CheckBoxes": {body: `<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="Check1"/><w:checkBox><w:sizeAuto/><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>` +
			run(" bilateral ") + `<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>` + run(" left ") + `<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>` + run(" right") + `</w:p>`, want: "[x] bilateral [ ] left [x] right\n"},
		"Lists": {body: listPara("1", "0", "Antrostomy") + listPara("1", "1", "right") + listPara("1", "1", "left") + listPara("1", "0", "Septoplasty") + listPara("2", "0", "dot") + listPara("3", "0", "fifth") + listPara("3", "0", "sixth") +
			`<w:p><w:pPr><w:pStyle w:val="MyBullet"/></w:pPr>` + run("by style") + `</w:p>`, more: []part{numbering, styles},
			want: "1. Antrostomy\n  a) right\n  b) left\n2. Septoplasty\n- dot\n5. fifth\n6. sixth\n- by style\n"},
		"ListOfFields": {body: `<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr>` + run(" ") + run("Antrostomy") + `</w:p>`, more: []part{numbering}, want: "1.  Antrostomy\n"},
		"HeaderAndFooter": {body: para("Body"), more: []part{{"word/header1.xml", `<w:hdr` + wordSpaces + `>` + para("Example Clinic") + `</w:hdr>`}, {"word/header2.xml", `<w:hdr` + wordSpaces + `>` + para("Example Clinic") + `</w:hdr>`},
			{"word/footer1.xml", `<w:ftr` + wordSpaces + `>` + para("Denial code CO-97") + `</w:ftr>`}}, want: "Example Clinic\n\nBody\n\nDenial code CO-97\n"},
		"NotesAndComments": {body: `<w:p>` + run("Billed 31267") + `<w:r><w:footnoteReference w:id="2"/></w:r><w:commentRangeStart w:id="0"/>` + run(" and 31276") + `<w:r><w:commentReference w:id="0"/></w:r><w:r><w:endnoteReference w:id="1"/></w:r></w:p>`, more: []part{
			{"word/footnotes.xml", `<w:footnotes` + wordSpaces + `><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r>` + run("right side") + `</w:p></w:footnote></w:footnotes>`},
			{"word/endnotes.xml", `<w:endnotes` + wordSpaces + `><w:endnote w:id="1">` + para("the end") + `</w:endnote></w:endnotes>`},
			{"word/comments.xml", `<w:comments` + wordSpaces + `><w:comment w:id="0" w:author="B">` + para("is 59 right?") + `</w:comment><w:comment w:id="1"><w:p/></w:comment></w:comments>`}, {"word/footer1.xml", `<w:ftr>` + para("foot") + `</w:ftr>`}},
			want: "Billed 31267[1] and 31276[e1]\n\n[1] right side\n\n[e1] the end\n\nComment: is 59 right?\n\nfoot\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reading(t, docx(t, test.body, test.more...), Hint{}, Limits{})
			if got.what != DOCX {
				t.Errorf("kind = %q", got.what)
			}
			if got.all.String() != test.want {
				t.Errorf("text\n got %q\nwant %q", got.all.String(), test.want)
			}
			if len(got.problems) > 0 {
				t.Errorf("problems: %q", got.problems)
			}
		})
	}
}

func TestDOCXOfOtherPrograms(t *testing.T) {
	t.Parallel()
	body := `<w:p><w:r><w:t>31297</w:t></w:r></w:p>`
	document := func(space, prefix string) string {
		return strings.ReplaceAll(`<w:document xmlns:w="`+space+`"><w:body>`+body+`</w:body></w:document>`, "w:", prefix)
	}
	const main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
	tests := map[string][]part{
		"Strict":           {{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", relations(strict, "rId1 officeDocument word/document.xml")}, {"word/document.xml", document("http://purl.oclc.org/ooxml/wordprocessingml/main", "w:")}},
		"OtherPrefix":      {{"_rels/.rels", relations(transitional, "rId1 officeDocument word/document.xml")}, {"word/document.xml", strings.ReplaceAll(document(main, "ns0:"), "xmlns:ns0", "xmlns:ns0")}},
		"OtherMainPart":    {{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", relations(transitional, "rId1 officeDocument /word/document2.xml")}, {"word/document2.xml", document(main, "w:")}},
		"Backslashes":      {{`[Content_Types].xml`, "<Types/>"}, {`_rels\.rels`, relations(transitional, "rId1 officeDocument word/document.xml")}, {`word\document.xml`, document(main, "w:")}},
		"WithoutRelations": {{"word/document.xml", document(main, "w:")}},
		"UTF16":            {{"word/document.xml", "\xff\xfe" + string(utf16LE(`<?xml version="1.0" encoding="utf-16"?>`+document(main, "w:")))}},
		"Latin1":           {{"word/document.xml", `<?xml version="1.0" encoding="ISO-8859-1"?>` + strings.Replace(document(main, "w:"), "31297", "31297", 1)}},
	}
	for name, parts := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reading(t, zipped(t, parts...), Hint{}, Limits{})
			if got.what != DOCX || got.all.String() != "31297\n" || len(got.problems) > 0 {
				t.Errorf("got %q %q %q", got.what, got.all.String(), got.problems)
			}
		})
	}
}

func TestDOCXTakesInOtherFormats(t *testing.T) {
	t.Parallel()
	parts := docxParts(para("Before")+`<w:altChunk r:id="chunk"/>`+para("After"), part{"word/aFChunk.xml", "<html><body><p>From <b>HTML</b> 31297</p></body></html>"})
	parts[3].content = strings.Replace(parts[3].content, `"rIda"`, `"chunk"`, 1)
	got := reading(t, zipped(t, parts...), Hint{}, Limits{})
	if want := "Before\nFrom HTML 31297\nAfter\n"; got.all.String() != want {
		t.Errorf("got %q, want %q", got.all.String(), want)
	}
}

func TestDOCXOfPictures(t *testing.T) {
	t.Parallel()
	picture := part{"word/media/image1.png", "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 30<<10)}
	got := reading(t, docx(t, `<w:p/>`, picture, part{"word/media/logo.png", "\x89PNG\r\n\x1a\n"}), Hint{}, Limits{})
	if got.pictures != 1 || !strings.Contains(got.all.String(), "text of a picture") {
		t.Errorf("a scan in a Word file: %d pictures, %q", got.pictures, got.all.String())
	}
	screen := part{"word/media/image2.png", "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 60<<10)}
	if got = reading(t, docx(t, para("See below"), picture, screen), Hint{}, Limits{}); got.pictures != 1 || !strings.HasPrefix(got.all.String(), "See below\ntext of") {
		t.Errorf("a screenshot below some words: %d pictures, %q", got.pictures, got.all.String())
	}
	if got = reading(t, docx(t, para(strings.Repeat("Words ", 100)), screen), Hint{}, Limits{}); got.pictures != 0 {
		t.Error("the picture of a document with text was read")
	}
}

func TestDamagedDOCX(t *testing.T) {
	t.Parallel()
	whole := docx(t, strings.Repeat(para("31297 right"), 5000))
	cut := reading(t, whole[:len(whole)*9/10], Hint{}, Limits{})
	if cut.what != DOCX || !strings.HasPrefix(cut.all.String(), "31297 right\n") || len(cut.problems) == 0 {
		t.Errorf("a cut file: %q, %d bytes, %q", cut.what, cut.all.Len(), cut.problems)
	}
	for name, body := range map[string]string{
		"ControlCharacter": para("31297\x0b\x01right"),
		"Reference":        para("31297&#x1;&#0;right"),
		"WrongBytes":       para("31297\xff\xfe right"),
		"WrongEnd":         `<w:p><w:r><w:t>31297</w:t></w:x></w:p>` + para("right"),
		"UnknownEntity":    para("31297 &unknown; right"),
	} {
		got := reading(t, docx(t, body), Hint{}, Limits{})
		if text := got.all.String(); !strings.Contains(text, "31297") || !strings.Contains(text, "right") {
			t.Errorf("%s: %q %q", name, text, got.problems)
		}
	}
	if got := reading(t, docx(t, ""), Hint{}, Limits{}); len(got.problems) != 1 || !strings.Contains(got.problems[0], "No text") {
		t.Errorf("an empty document: %q", got.problems)
	}
	if got := reading(t, docx(t, para("a")+para("b")), Hint{}, Limits{Text: 3}); got.all.String() != "a\nb" || !got.full {
		t.Errorf("text beyond the limit: %q", got.all.String())
	}
	if !slices.Equal(cut.sectionNames(), nil) {
		t.Error("sections in a document of one piece")
	}
}
