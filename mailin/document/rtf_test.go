package document

import (
	"strings"
	"testing"
)

const rtfHead = `{\rtf1\adeflang1025\ansi\ansicpg1252\uc1\adeff0\deff0\stshfdbch0{\fonttbl{\f0\fbidi \froman\fcharset0\fprq2{\*\panose 02020603050405020304}Times New Roman;}{\f1\fswiss\fcharset204{\*\falt Arial};}{\f2\fnil\fcharset2 Wingdings;}{\f3\fnil\fcharset128 MS Gothic;}{\f4\fcharset2 Symbol;}}
{\colortbl;\red0\green0\blue0;}{\stylesheet{\ql \li0 Normal;}{\*\cs10 Default Paragraph Font;}}{\*\rsidtbl \rsid1}{\*\generator Microsoft Word 15.0;}{\info{\title Not text}{\author Nobody}}\paperw12240\pard\plain `

func TestRTF(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ body, want string }{
		"Paragraphs":      {`PROCEDURE:\par 31267 right\line next\tab col` + "\r\n" + `umn\par\par end\par`, "PROCEDURE:\n31267 right\nnext\tcolumn\n\nend\n"},
		"Escapes":         {`\{a\} \\ b\~c\_d\-e`, "{a} \\ b c-de\n"},
		"CodePage":        {`na\'efve \'93quoted\'94 \'80 5`, "naïve “quoted” € 5\n"},
		"FontCodePage":    {`{\f1\'cf\'f0\'e8\'e2\'e5\'f2} {\f3\'83\'65\'83\'58\'83\'67}`, "Привет テスト\n"},
		"Unicode":         {`caf\u233?s \u8220\'93x\u8221\'94 {\uc2\u20013\'d6\'d0}z \u-10179?\u-8704?.\u233`, "cafés “x” 中z 😀.é\n"},
		"UnicodeBare":     {`\uc0\u960 r \u8804 5`, "πr ≤5\n"},
		"CheckBoxes":      {`{\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres25\ffhps20{\*\ffname Check1}\ffdefres1}}}{\fldrslt }} right {\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres0\ffhps20\ffdefres1}}}{\fldrslt }} left`, "[x] right [ ] left\n"},
		"PlainResetsFont": {`\f1\'cf\plain\'e9`, "Пé\n"},
		"Symbols":         {`{\f2\'fe} yes {\f2\'a8} no {\f4\'b3} 5 \u-3846\'fa {\f2\u-3842?}`, "[x] yes [ ] no ≥ 5  [x]\n"},
		"Words":           {`a\emdash b \lquote c\rquote  \bullet d`, "a—b ‘c’ •d\n"},
		"Destinations":    {`a{\*\unknown b{\pard c}}{\pict\pngblip 89504e470d0a1a0a}{\*\bkmkstart x}{\*\bkmkend x}{\header Example Clinic\par}d`, "a\nExample Clinic\nd\n"},
		"Binary":          {`a{\pict\bin10 }}}}}}}}}}}b`, "ab\n"},
		"BinaryInText":    {`a\bin5 {{{{{b`, "ab\n"},
		"Field":           {`See {\field{\*\fldinst {HYPERLINK "https://example.com/99999"}}{\fldrslt {\ul policy}}} now`, "See policy now\n"},
		"List":            {`{\listtext\pard\plain 1.\tab}first\par{\pntext\f2\'b7\tab}second\par`, "1.\tfirst\n\tsecond\n"},
		"Hidden":          {`a{\v hidden}b{\deleted gone}\v x\v0 c\v y\plain d`, "abcd\n"},
		"Table":           {`\trowd\cellx100\cellx200\pard\intbl 31297\cell dilation\cell\row\trowd\cellx100\pard\intbl 31288\cell line one\par line two\cell\row\pard after\par`, "31297\tdilation\n31288\tline one\nline two\nafter\n"},
		"TableOfOthers":   {`\trowd\cellx1 31297\cell dilation\cell\row 31288\par`, "31297\tdilation\n31288\n"},
		"EmptyCells":      {`\trowd\intbl\cell\cell x\cell\row`, "\t\tx\n"},
		"NestedTable":     {`\trowd\pard\intbl\itap2 a\nestcell b\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\pard\intbl c\cell\row`, "a b c\n"},
		"Footnote":        {`Billed{\super\chftn{\footnote\pard\plain {\super\chftn} right side}} 31267{\*\atnid BB}{\*\atnauthor B}{\*\annotation{\*\atndate 1}is 59 right?}\par`, "Billed[1] 31267\n\n[1] right side\n\nComment: is 59 right?\n"},
		"Footer":          {`{\footer Page one\par}Body\par`, "Body\n\nPage one\n"},
		"Shape":           {`a{\shp{\*\shpinst\shpleft0{\sp{\sn shapeType}{\sv 202}}{\shptxt In a box\par}}{\shprslt{\*\do{\dptxbx{\dptxbxtext\pard In a box}}}}}b`, "a\nIn a box\nb\n"},
		"Group":           {`a}}}} b`, "a b\n"},
		"HalfEscape":      {`{31297\'}} a\'zb`, "31297 azb\n"},
		"UnicodeHalves":   {`a\u-8704?b\u-10179?c`, "a\ufffdb\ufffdc\n"},
		"UnicodeAtTheEnd": {`3129\u55\par 31288`, "31297\n31288\n"},
		"Hyphens":         {`a\tab- b\tab -5`, "a\t- b\t-5\n"},
		"RawUTF8":         {"caf\u00e9", "café\n"},
		"NoteIsCells":     {`a{\footnote b\cell c\row}\par`, "a[1]\n\n[1] b\tc\n"},
		"Result":          {`{\object{\*\objclass Excel}{\*\objdata 0102}{\result{\pard 31297}}}`, "31297\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := reading(t, []byte(rtfHead+test.body+"}"), Hint{}, Limits{})
			if got.what != RTF || got.all.String() != test.want || len(got.problems) > 0 {
				t.Errorf("%s\n got %q %q\nwant %q", got.what, got.all.String(), got.problems, test.want)
			}
		})
	}
}

func TestRTFThatWrapsHTML(t *testing.T) {
	t.Parallel()
	content := `{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidis \deff0{\fonttbl{\f0\fswiss Arial;}}
{\colortbl\red0\green0\blue0;}
{\*\htmltag64 <html>}{\*\htmltag96 <head>}{\*\htmltag241 <style>}{\*\htmltag241 p \{color:red\}}{\*\htmltag249 </style>}{\*\htmltag104 </head>}{\*\htmltag50 <body>}
\htmlrtf {\htmlrtf0 {\*\htmltag64 <p class="MsoNormal">}\htmlrtf {\pard\plain \htmlrtf0 Is 31267 \htmlrtf {\b \htmlrtf0 {\*\htmltag84 <b>}<bundled>{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  with 31276?{\*\htmltag84 &nbsp;}\htmlrtf\par}\htmlrtf0
{\*\htmltag72 </p>}{\*\mhtmltag64 <p>}{\*\htmltag64 <p>}na\'efve \u8211 -{\*\htmltag72 </p>}{\*\htmltag58 </body>}{\*\htmltag27 </html>}}`
	got := reading(t, []byte(content), Hint{}, Limits{})
	if want := "Is 31267 <bundled> with 31276?\n\nnaïve –"; strings.TrimSpace(got.all.String()) != want {
		t.Errorf("got %q %q, want %q", got.all.String(), got.problems, want)
	}
}

// What stands in the text of a page is no markup, but what programs leave there as references to characters is; the page's own markup counts
// wherever it stands, in the code page of the document.
func TestMarkupOfRTFThatWrapsHTML(t *testing.T) {
	t.Parallel()
	content := `{\rtf1\ansi\ansicpg1252\fromhtml1{\fonttbl{\f0\fcharset204 Arial;}}\f0{\*\htmltag64 <p>}31297 &amp; 31267 < 5\htmlrtf x{\*\htmltag84 <br>}y\htmlrtf0 R&D{\*\htmltag84 <img alt="caf\'e9">}{\*\htmltag72 </p>}}`
	got := reading(t, []byte(content), Hint{}, Limits{})
	if text := got.all.String(); !strings.HasPrefix(text, "31297 & 31267 < 5\nR&D") || strings.Contains(text, "cafй") || len(got.problems) > 0 {
		t.Errorf("%q %q", text, got.problems)
	}
}

func TestDamagedRTF(t *testing.T) {
	t.Parallel()
	got := reading(t, []byte(rtfHead+`31297 right {\b {\i cut`), Hint{}, Limits{})
	if got.all.String() != "31297 right cut\n" || len(got.problems) != 1 {
		t.Errorf("%q %q", got.all.String(), got.problems)
	}
	if got = reading(t, []byte(rtfHead+`31297{\footnote right {\i cut`), Hint{}, Limits{}); got.all.String() != "31297[1]\n\n[1] right cut\n" {
		t.Errorf("a note that is cut: %q", got.all.String())
	}
	if got = reading(t, []byte(rtfHead+`31297 right`), Hint{}, Limits{}); got.all.String() != "31297 right\n" || len(got.problems) != 0 {
		t.Errorf("a missing last brace is no harm: %q %q", got.all.String(), got.problems)
	}
}
