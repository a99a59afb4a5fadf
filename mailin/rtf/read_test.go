package rtf_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"caseconsultant/mailin/message"
	"caseconsultant/mailin/rtf"
)

// told writes down what a page is given: "/" ends a line, "^" breaks one, "{" and "}" stand around a row, "[" and "]" around a cell, "<" and ">1"
// around a piece of the first kind.
type told struct {
	strings.Builder
	wanted int // bytes of text
}

func (t *told) Text(s string) bool {
	t.WriteString(s)
	return t.wanted == 0 || t.Len() < t.wanted
}
func (t *told) Line()                   { t.WriteString("/") }
func (t *told) Break()                  { t.WriteString("^") }
func (t *told) BeginRow()               { t.WriteString("{") }
func (t *told) EndRow()                 { t.WriteString("}") }
func (t *told) BeginCell()              { t.WriteString("[") }
func (t *told) EndCell()                { t.WriteString("]") }
func (t *told) BeginAside()             { t.WriteString("<") }
func (t *told) EndAside(kind rtf.Aside) { t.WriteString(">" + string(rune('0'+kind))) }

const head = `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman\fcharset0{\*\panose 0202}Times New Roman;}{\f1\fcharset204 Arial;}{\f2\fcharset2 Wingdings;}{\f3\fnil\fcharset128 MS Gothic;}{\f4\fcharset2 Symbol;}{\f5\cpg1253 Arial;}}` + "\r\n" +
	`{\colortbl;\red0\green0\blue0;}{\stylesheet{\ql Normal;}{\*\cs10 Font;}}{\info{\title Not text}}\pard\plain `

// bodies are pieces of documents, and what is told of them.
var bodies = map[string]struct{ body, want string }{
	"Lines":             {`a\par b\line\page c` + "\r\n" + `d\` + "\n" + `e`, "a/b//cd/e"},
	"Tabs":              {"a\\tab b\tc\\\td", "a\tb\tc\td"},
	"Escapes":           {`\{\}\\ a\~b\_c\-d\|\:`, "{}\\ a\u00a0b-cd"},
	"NumberOrHyphen":    {`a\tab-5\tab -5\tab- 5\fs-24 x`, "a\t\t-5\t- 5x"},
	"LongWord":          {`a\` + strings.Repeat("x", 40) + `5 b`, "ab"},
	"LongNumber":        {`a\fs` + strings.Repeat("9", 40) + ` b`, "ab"},
	"LettersOfText":     {`a\emdash b\endash\lquote c\rquote\ldblquote d\rdblquote\bullet\emspace e`, "a—b–‘c’“d”• e"},
	"CodePage":          {`na\'efve \'93q\'94 \'80`, "naïve “q” €"},
	"FontCodePages":     {`{\f1\'cf\'f0\'e8} {\f3\'83\'65\'83\b\'58}{\f5\'e1}`, "При テスα"},
	"RawUTF8":           {`caf` + "\u00e9", "café"}, // by programs that know no RTF
	"FormatsBetween":    {`{\f3\'83\b\i\'65}`, "テ"},
	"PlainResetsFont":   {`\f1\'cf\plain\'e9`, "Пé"},
	"DamagedEscape":     {`{a\'}b\'4}c`, "ab4c"},
	"Unicode":           {`\u8364?\u233\'e9x\uc2\u20013\'d6\'d0z\uc0\u960 r`, "€éx中zπr"},
	"UnicodePairs":      {`\u-10179?\u-8704?.`, "😀."},
	"UnicodeHalves":     {`a\u-10179?b\u-8704?c`, "a\uFFFDb\uFFFDc"},
	"UnicodeBeyond":     {`a\u128512?b\u-70000?c\u9999999?d`, "a😀bcd"},
	"UnicodeInGroup":    {`{\u233}x{\uc2\u233}y`, "éxéy"},
	"UnicodeWords":      {`\u8212\emdash a\u233\b x`, "—aéx"},
	"UnicodeBin":        {`\u233\bin3 }}}x`, "éx"},
	"UnicodeLosesNoEnd": {`3129\u55\par 31288\u233\par\trowd a\u233\cell b\u233\cell\row`, "31297/31288é/{[aé][bé]}"},
	"Symbols":           {`{\f2\'fe\'a8 x}{\f4\'b3 5}\u-3846\'fa{\f2\u-3842?}`, "[x][ ] [x]≥ [x]"},
	"Hidden":            {`a{\v b}c{\deleted d}\v e\v0 f\v g\plain h`, "acfh"},
	"Destinations":      {`a{\*\unknown b{\pard c}}{\pict 89504e}{\*\bkmkstart x}{\fldinst y}{\fldrslt z}{\object{\*\objdata 01}{\result r}}`, "azr"},
	"Bin":               {`a{\pict\bin10 }}}}}}}}}}}b\bin-5 c\bin999`, "abc"},
	"HeaderAndShape":    {`{\header h\par}a{\shp{\*\shpinst x{\sp{\sn n}{\sv 2}}{\shptxt s\par}}}b`, "^h/a^s/b"},
	"Boxes":             {`{\field{\*\fldinst{\*\formfield{\fftype1\ffres25\ffdefres1}}}{\fldrslt}}{\field{\*\fldinst{\*\formfield{\fftype1\ffres0\ffdefres1}}}{\fldrslt}}`, "[x][ ]"},
	"Table":             {`\trowd\intbl a\cell b\par c\cell\row\trowd\intbl\cell d\cell\row\pard e\par`, "{[a][b/c]}{[][d]}e/"},
	"TableWithoutPard":  {`\trowd a\cell\row b\par`, "{[a]}b/"},
	"TableIsCut":        {`\trowd a\cell b`, "{[a][b]}"},
	"TableWithin":       {`\trowd\intbl a\nestcell b\nestcell{\*\nesttableprops\trowd\nestrow}{\nonesttables\par}\cell\row`, "{[a\tb\t]}"},
	"HiddenInTable":     {`\trowd{\v x}\cell b\cell\row`, "{[][b]}"},
	"Note":              {`a{\footnote b\par c}d`, "a<b/c>1d"},
	"NoteInTable":       {`\trowd a{\footnote b\trowd x\cell y\row}\cell c\cell\row`, "{[a<bx\ty/>1][c]}"},
	"NoteInNote":        {`a{\footnote b{\footnote c}}{\*\annotation r}`, "a<bc>1<r>2"},
	"NoteIsCut":         {`a{\footnote b{\i c`, "a<bc>1"},
	"Footer":            {`{\footer f}{\footerr g}`, "<f>3<g>3"},
	"TooManyEnds":       {`a}}}}b`, "ab"},
	"FromHTMLTooLate":   {`a\fromhtml1 b<c>`, "ab<c>"},
}

func TestRead(t *testing.T) {
	t.Parallel()
	for name, test := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p told
			markup, err := rtf.ReadBytes([]byte(head+test.body+"}"), &p, rtf.Options{Decode: message.PageText})
			if p.String() != test.want || markup != "" || err != nil && !strings.HasSuffix(name, "IsCut") {
				t.Errorf("got %q %q %v\nwant %q", p.String(), markup, err, test.want)
			}
		})
	}
}

// wrapped are pages of HTML that Outlook has wrapped, and what comes back.
var wrapped = map[string]struct{ body, want string }{
	"Page":            {`{\*\htmltag64 <p>}\htmlrtf {\pard\plain \htmlrtf0 Is \htmlrtf {\b \htmlrtf0 {\*\htmltag84 <b>}31297{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  ok?{\*\htmltag84 &nbsp;}\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}`, "<p>Is <b>31297</b> ok?&nbsp;</p>"},
	"OtherReaders":    {`{\*\mhtmltag64 <p>}a\htmlrtf b\par\htmlrtf0 c\htmlrtf1 d\htmlrtf0 e`, "ace"},
	"TagAmongOthers":  {`\htmlrtf x{\*\htmltag84 <b>}y\htmlrtf0 z`, "<b>z"},
	"TextIsNoMarkup":  {`a<b> & c&d; &amp; &#8364; &#; &`, "a&lt;b&gt; &amp; c&d; &amp; &#8364; &amp;#; &amp;"},
	"LinesAndTabs":    {`a\par b\tab c{\*\htmltag <p\par\tab x>}`, "a\nb\tc<p\n\tx>"},
	"Letters":         {`\'e9\u8364?\bullet\~`, "é€•\u00a0"},
	"FontNotOfTags":   {`\f1\'e9{\*\htmltag84 <p title="\'e9">}`, `й<p title="é">`},
	"NotesAreText":    {`a{\footnote b}{\footer c}`, "abc"},
	"TablesAreMarkup": {`\trowd a\cell b\cell\row`, "ab"},
}

func TestReadWrappedHTML(t *testing.T) {
	t.Parallel()
	for name, test := range wrapped {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p told
			content := strings.Replace(head, `\ansicpg1252`, `\ansicpg1252\fromhtml1`, 1) + test.body + "}"
			markup, err := rtf.ReadBytes([]byte(content), &p, rtf.Options{Decode: message.PageText})
			if markup != test.want || p.Len() > 0 || err != nil {
				t.Errorf("got %q, page %q, %v\nwant %q", markup, p.String(), err, test.want)
			}
		})
	}
}

func TestReadStopsWhereNothingMoreIsWanted(t *testing.T) {
	t.Parallel()
	p := told{wanted: 10_000}
	endless := io.MultiReader(strings.NewReader(head), repeated(`31297 right\par `))
	if _, err := rtf.Read(endless, &p, rtf.Options{Decode: message.PageText}); err != nil || p.Len() > 20_000 {
		t.Errorf("%d bytes, %v", p.Len(), err)
	}
	markup, err := rtf.ReadBytes([]byte(`{\rtf1\fromhtml1 `+strings.Repeat(`31297\par `, 10_000)), &told{}, rtf.Options{Decode: message.PageText, Markup: 5000})
	if err != nil || len(markup) < 5000 || len(markup) > 6000 {
		t.Errorf("%d bytes of markup, %v", len(markup), err)
	}
}

// repeated gives the same bytes for ever.
type repeated string

func (r repeated) Read(b []byte) (int, error) { return copy(b, r), nil }

func TestReadTellsHowItEnded(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		in   io.Reader
		want error
	}{
		"Whole":     {strings.NewReader(`{\rtf1 31297}`), nil},
		"LastBrace": {strings.NewReader(`{\rtf1 31297`), nil},
		"Cut":       {strings.NewReader(`{\rtf1 {\b 31297`), rtf.ErrCut},
		"Broken":    {io.MultiReader(strings.NewReader(`{\rtf1 31297`), iotest.ErrReader(broken)), broken},
		"Stuck":     {io.MultiReader(strings.NewReader(`{\rtf1 31297`), stuck{}), io.ErrNoProgress},
	} {
		var p told
		if _, err := rtf.Read(test.in, &p, rtf.Options{Decode: message.PageText}); !errors.Is(err, test.want) || p.String() != "31297" {
			t.Errorf("%s: %q %v", name, p.String(), err)
		}
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// A long run of letters of two bytes is not cut within one of them.
func TestLongRunsAreWhole(t *testing.T) {
	t.Parallel()
	for _, piece := range []struct{ raw, want string }{{`x\'83\'65\'83\'58 `, "xテス "}, {"\x83\x65 ", "テ "}} {
		n := 200 << 10 / len(piece.want)
		var p told
		if _, err := rtf.Read(strings.NewReader(head+`\f3 `+strings.Repeat(piece.raw, n)+"}"), &p, rtf.Options{Decode: message.PageText}); err != nil || p.String() != strings.Repeat(piece.want, n) {
			t.Errorf("%q: %d bytes, %v", piece.raw, p.Len(), err)
		}
	}
}

func TestAsides(t *testing.T) {
	t.Parallel()
	var a rtf.Asides
	for _, piece := range []struct {
		kind       rtf.Aside
		text, mark string
	}{{rtf.Note, " one\n", "[1]"}, {rtf.Footer, "foot", ""}, {rtf.Note, " \n", ""}, {rtf.Remark, "why?", ""}, {rtf.Note, "two", "[2]"}, {rtf.Footer, "foot ", ""}} {
		if mark := a.Keep(piece.kind, piece.text); mark != piece.mark {
			t.Errorf("%q is marked %q, want %q", piece.text, mark, piece.mark)
		}
	}
	var all []string
	for _, kind := range a.Behind() {
		all = append(all, strings.Join(kind, "|"))
	}
	if got := strings.Join(all, "; "); got != "[1] one|[2] two; Comment: why?; foot" {
		t.Error(got)
	}
}
