package rtf

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf16"
)

// reader reads RTF by a stack of groups of its own: no recursion, however deep they lie within each other.
type reader struct {
	source
	p    Page
	opts Options
	full bool // nothing more is wanted

	now    group
	stack  []group
	deeper int // groups open beyond maxGroups, which share the state of the last one

	page    int // code page of the document (\ansicpg)
	fonts   map[int]font
	deff    int    // the font of text that names none
	defined int    // the font that the font table describes
	name    []byte // of it, as far as it has come
	last    font   // the font that was looked up last
	lastID  int
	lastOK  bool

	run  []byte // bytes of a code page, the first beyond ASCII, that were not decoded yet
	text []byte // text that the page was not given yet
	skip int    // characters that stand for the last \u to readers that do not know it
	high uint16 // the first half of a pair of \u
	star bool   // "\*" was read: the group may be ignored by those that do not know it

	began  bool  // the page was given something
	aside  Aside // the piece beside the text that is open
	row    bool  // a row is described: paragraphs are its cells
	inRow  bool  // a row is open
	inCell bool  // a cell of it is open

	html   bool // \fromhtml1
	markup []byte

	box    bool // the form field that was read is a box to tick
	ticked bool
	set    bool // ticked is more than the default
}

// group is what ends with a group.
type group struct {
	dest    dest
	uc      int // characters that follow a \u for readers that do not know it
	font    int
	hidden  bool // \v or \deleted
	notHTML bool // \htmlrtf: only for readers that do not know the HTML
	intbl   bool
	aside   bool // a piece beside the text began in this group
}

// Bounds of what is held.
const (
	maxGroups = 20_000
	maxFonts  = 10_000
	maxName   = 100      // bytes of a font's name
	maxRun    = 32 << 10 // bytes of a code page
	handBytes = 4 << 10  // of text
	maxSkip   = 20       // characters for one \u
)

func (r *reader) read() error {
	for !r.full {
		if !r.ahead(1) {
			r.flush()
			if !errors.Is(r.err, io.EOF) {
				return r.err
			}
			if len(r.stack)+r.deeper > 1 {
				return ErrCut
			}
			return nil
		}
		switch r.buf[r.at] {
		case '{':
			r.at++
			r.push()
		case '}':
			r.at++
			r.pop()
		case '\\':
			r.at++
			r.control()
		case '\r', '\n', 0:
			r.at++
		case '\t':
			r.at++
			r.say("\t")
		default:
			r.bytes(r.literal())
		}
	}
	return nil
}

func (r *reader) push() {
	r.flush()
	r.skip, r.star = 0, false
	if len(r.stack) >= maxGroups {
		r.deeper++
		return
	}
	r.stack = append(r.stack, r.now)
	r.now.aside = false
	if r.now.dest == destFonts {
		r.name = r.name[:0]
	}
}

func (r *reader) pop() {
	r.flush()
	r.skip, r.star = 0, false
	if r.deeper > 0 {
		r.deeper--
		return
	}
	n := len(r.stack)
	if n == 0 {
		return
	}
	if r.now.dest == destFonts {
		r.named()
	}
	if r.now.aside {
		r.endAside()
	}
	r.now = r.stack[n-1]
	r.stack = r.stack[:n-1]
}

// control reads what follows a backslash.
func (r *reader) control() {
	if !r.ahead(1) {
		return
	}
	c := r.buf[r.at]
	if !isLetter(c) {
		r.at++
		r.symbol(c)
		return
	}
	var buf [maxWord]byte
	word, n, has := r.source.word(&buf)
	if string(word) == "bin" {
		r.skip = max(0, r.skip-1)
		r.star = false
		r.drop(max(0, n))
		return
	}
	r.word(words[string(word)], n, has)
}

// symbol is a backslash with a character that is no letter.
func (r *reader) symbol(c byte) {
	switch c {
	case '\'':
		if !r.ahead(2) {
			return
		}
		// Damage must not take a brace with it.
		if hi, lo := unhex(r.buf[r.at]), unhex(r.buf[r.at+1]); hi >= 0 && lo >= 0 {
			r.at += 2
			r.bytes([]byte{byte(hi<<4 | lo)})
		}
	case '\\', '{', '}':
		r.bytes([]byte{c})
	case '*':
		r.star = true
	case '\r', '\n':
		r.word(lineEnd, 0, false)
	case '\t':
		r.say("\t")
	case '~':
		r.say("\u00a0")
	case '_':
		r.say("-")
	default: // a hyphen where a line may be broken, and what indexes are made of
		r.skip = max(0, r.skip-1)
	}
}

// bytes takes text in the code page of its font.
func (r *reader) bytes(b []byte) {
	r.star = false
	n := min(r.skip, len(b))
	r.skip -= n
	b = b[n:]
	if r.now.dest == destFonts {
		r.fontName(b)
		return
	}
	if len(b) == 0 || !r.visible() {
		return
	}
	r.settle()
	if len(r.run) == 0 && r.codePage() != symbolPage {
		n := 0
		for n < len(b) && b[n] < 0x80 {
			n++
		}
		put(r, b[:n])
		b = b[n:]
	}
	if len(b) == 0 {
		return
	}
	r.run = append(r.run, b...)
	// No byte below that of the digits is the second half of a character, so that none is cut in two.
	if n := len(r.run); n >= maxRun && (r.run[n-1] < '0' || n >= 8*maxRun) {
		r.flush()
	}
}

// say takes a character that does not depend on a code page.
func (r *reader) say(s string) {
	r.star = false
	if r.skip > 0 {
		r.skip--
		return
	}
	r.flush()
	put(r, s)
}

// settle writes what is left of a character whose second half did not come.
func (r *reader) settle() {
	if r.high != 0 {
		r.high = 0
		put(r, "\uFFFD")
	}
}

// flush decodes the bytes of a code page that have come.
func (r *reader) flush() {
	r.settle()
	if len(r.run) == 0 {
		return
	}
	if page := r.codePage(); page != symbolPage {
		put(r, r.opts.Decode(r.run, page))
	} else {
		name := r.font().name
		for _, c := range r.run {
			put(r, Symbol(name, uint32(c)))
		}
	}
	r.run = r.run[:0]
}

// word does what a control word means.
func (r *reader) word(m meaning, n int, has bool) {
	star := r.star
	r.star = false
	if r.skip > 0 && m.act != actUnicode {
		// A control word counts as one of the characters that stand for a \u. Programs that leave them out must not lose the end of a line.
		switch m.act {
		case actText, actTab:
			r.skip--
			return
		case actBegin, actLine, actNestedCell, actCell, actRow:
			r.skip = 0
		default:
			r.skip--
		}
	}
	if m.act == actBegin {
		r.begin(m)
		return
	}
	if star {
		// A destination that is not known here.
		r.flush()
		r.now.dest = destSkip
		return
	}
	if m.act == actNone {
		return
	}
	if m.act == actUnicode {
		r.unicode(n)
		return
	}
	r.flush()
	g := &r.now
	on := !has || n != 0
	switch m.act {
	case actText:
		put(r, m.text)
	case actTab, actNestedCell:
		put(r, "\t")
	case actLine:
		r.line()
	case actAnsiPage:
		if n > 0 {
			r.page = n
		}
	case actPage:
		r.page = m.page
	case actUC:
		g.uc = max(0, min(n, maxSkip))
	case actDefaultFont:
		r.deff, g.font = n, n
	case actFont:
		if g.dest != destFonts {
			g.font = n
			break
		}
		r.defined = n
		r.define(font{})
	case actCharset:
		r.describe(charsetPages[n])
	case actFontPage:
		if n > 0 {
			r.describe(n)
		}
	case actPlain:
		g.hidden, g.font = false, r.deff
	case actHide:
		g.hidden = on
	case actFromHTML:
		// It stands in the header, before all text.
		r.html = r.html || on && g.dest == destText && !r.began
	case actNotHTML:
		g.notHTML = on
	case actBoxKind:
		r.box, r.ticked, r.set = n == 1, false, false
	case actBoxState:
		if n == 0 || n == 1 { // 25 stands for the default
			r.ticked, r.set = n == 1, true
		}
	case actBoxDefault:
		if !r.set {
			r.ticked = n == 1
		}
	case actRowBegins:
		if r.aside == 0 {
			r.row = true
		}
	case actInTable:
		g.intbl = true
	case actParagraph:
		g.intbl = false
	case actCell:
		r.cell()
	case actRow:
		r.rowEnds()
	}
}

// begin opens a destination.
func (r *reader) begin(m meaning) {
	r.flush()
	g := &r.now
	if g.dest == destSkip || g.dest == destFonts && m.dest != destSkip {
		return
	}
	g.dest = m.dest
	switch m.dest {
	case destNote:
		r.beginAside(Note)
	case destRemark:
		r.beginAside(Remark)
	case destFooter:
		r.beginAside(Footer)
	}
	if m.own && r.laid() {
		r.hand()
		r.p.Break() // a heading, or a box with text, stands on lines of its own
	}
	if m.box && r.box {
		r.box = false
		if r.ticked {
			put(r, "[x]")
		} else {
			put(r, "[ ]")
		}
	}
}

// unicode takes a \u: a UTF-16 unit, written as a signed number.
func (r *reader) unicode(n int) {
	high := r.high
	r.high = 0
	r.flush()
	r.skip = r.now.uc
	unit := uint16(n)
	switch {
	case n < -0x8000 || n > 0x10ffff:
	case n > 0xffff:
		put(r, string(rune(n)))
	case unit >= 0xd800 && unit < 0xdc00:
		r.high = unit
	case unit >= 0xdc00 && unit < 0xe000:
		put(r, string(utf16.DecodeRune(rune(high), rune(unit))))
	case unit >= 0xf000 && unit <= 0xf0ff: // the private area of fonts of symbols
		put(r, Symbol(r.font().name, uint32(unit)))
	default:
		put(r, string(rune(unit)))
	}
}

// font is the font of the text. One that the table does not know has the code page of the document.
func (r *reader) font() font {
	if !r.lastOK || r.lastID != r.now.font {
		r.last, r.lastID, r.lastOK = r.fonts[r.now.font], r.now.font, true
	}
	return r.last
}

// codePage is that of the bytes that come. Markup is in that of the document, whatever font stands around it (MS-OXRTFEX).
func (r *reader) codePage() int {
	if r.now.dest != destTag {
		if page := r.font().page; page != 0 {
			return page
		}
	}
	return r.page
}

// define puts the font that the font table describes into it.
func (r *reader) define(f font) {
	if _, known := r.fonts[r.defined]; known || len(r.fonts) < maxFonts {
		r.fonts[r.defined] = f
		r.lastOK = false
	}
}

// describe says which code page the font has that the font table describes.
func (r *reader) describe(page int) {
	if r.now.dest == destFonts {
		f := r.fonts[r.defined]
		f.page = page
		r.define(f)
	}
}

// fontName takes bytes of the font table, where a semicolon ends a name.
func (r *reader) fontName(b []byte) {
	for _, c := range b {
		if c == ';' {
			r.named()
		} else if len(r.name) < maxName {
			r.name = append(r.name, c)
		}
	}
}

// named keeps the name of a font of symbols.
func (r *reader) named() {
	if f := r.fonts[r.defined]; f.page == symbolPage && f.name == "" {
		f.name = string(bytes.TrimSpace(r.name))
		r.define(f)
	}
	r.name = r.name[:0]
}
