package document

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding"

	"caseconsultant/mailin/message"
)

var errCut = errors.New("document: the file ends before the document does")

// readRTF reads Rich Text Format (version 1.9.1), and HTML that Outlook has wrapped in it (MS-OXRTFEX).
func readRTF(ctx context.Context, in input, out output, b *budget) error {
	r := &rtf{in: bufio.NewReaderSize(in.stream(ctx), 64<<10), p: newProse(out, b), page: 1252, fonts: make(map[int]rtfFont), deff: -1, limit: b.limits.Text}
	r.now = rtfGroup{uc: 1, font: -1}
	err := r.read()
	if r.html {
		r.flush()
		pass(ctx, message.HTMLText([]byte(r.source.String()), "utf-8"), out)
		return err
	}
	r.end()
	return err
}

// rtf reads RTF by a stack of groups of its own: no recursion, however deep they lie within each other.
type rtf struct {
	in    *bufio.Reader
	p     *prose
	main  *prose // while p takes a piece that is kept aside
	limit int

	now    rtfGroup
	stack  []rtfGroup
	deeper int // groups open beyond maxGroups
	page   int // code page of the document (\ansicpg)
	fonts  map[int]rtfFont
	deff   int // the font of text that names none
	font   int // the font that the font table describes
	name   []byte

	run     []byte // bytes of text in the code page of the group
	skip    int    // characters that stand for the last \u to readers that do not know it
	high    uint16 // the first half of a pair of \u
	star    bool   // "\*" was read: the group may be ignored by those that do not know it
	row     bool   // a row is described: paragraphs are its cells
	open    bool   // a row is open
	cell    bool   // a cell of it is open
	html    bool   // \fromhtml1
	source  strings.Builder
	box     bool // a form field that is read is a box to tick
	ticked  bool
	set     bool // ticked is more than the default
	notes   []string
	remarks []string
	feet    []string
}

type rtfFont struct {
	page int // code page; 42 for symbols
	name string
}

// rtfGroup is what ends with a group.
type rtfGroup struct {
	dest    rtfDest
	uc      int
	font    int
	hidden  bool // \v or \deleted
	htmlrtf bool // only for readers that do not know the HTML
	intbl   bool
	aside   bool // this group began a piece that is kept aside
}

type rtfDest uint8

const (
	destText rtfDest = iota
	destSkip
	destFonts
	destTag // markup of the HTML that is wrapped
	destNote
	destRemark
	destFoot
	destShape // the instructions of a shape; its text is a group within
)

const (
	maxGroups = 20_000
	maxRun    = 32 << 10
)

var rtfDests = map[string]rtfDest{
	"fonttbl": destFonts, "colortbl": destSkip, "stylesheet": destSkip, "info": destSkip, "pict": destSkip, "objdata": destSkip, "fldinst": destSkip, "listtable": destSkip,
	"listoverridetable": destSkip, "rsidtbl": destSkip, "themedata": destSkip, "datastore": destSkip, "xmlnstbl": destSkip, "latentstyles": destSkip, "filetbl": destSkip, "revtbl": destSkip,
	"tc": destSkip, "xe": destSkip, "rxe": destSkip, "txe": destSkip, "nonshppict": destSkip, "sp": destSkip, "sn": destSkip, "sv": destSkip, "ftnsep": destSkip, "ftnsepc": destSkip,
	"ftncn": destSkip, "aftnsep": destSkip, "aftnsepc": destSkip, "aftncn": destSkip, "template": destSkip, "private": destSkip, "nonesttables": destSkip, "bkmkstart": destSkip, "bkmkend": destSkip,
	"atnid": destSkip, "atnauthor": destSkip, "atnref": destSkip, "atndate": destSkip, "mhtmltag": destSkip, "generator": destSkip, "pgdsctbl": destSkip, "pntxta": destSkip, "pntxtb": destSkip, "upr": destText,
	"htmltag": destTag, "footnote": destNote, "annotation": destRemark, "footer": destFoot, "footerl": destFoot, "footerr": destFoot, "footerf": destFoot,
	"header": destText, "headerl": destText, "headerr": destText, "headerf": destText, "shptxt": destText, "shpinst": destShape, "fldrslt": destText, "listtext": destText, "pntext": destText, "result": destText, "ud": destSkip,
}

// rtfWords are control words that stand for text.
var rtfWords = map[string]string{"emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022",
	"emspace": " ", "enspace": " ", "qmspace": " "}

func (r *rtf) read() error {
	for !r.p.full {
		c, err := r.in.ReadByte()
		if err != nil {
			r.flush()
			if !errors.Is(err, io.EOF) {
				return err
			}
			if len(r.stack)+r.deeper > 1 {
				return errCut
			}
			return nil
		}
		switch c {
		case '{':
			r.flush()
			r.skip, r.star = 0, false
			r.push()
		case '}':
			r.flush()
			r.skip, r.star = 0, false
			r.pop()
		case '\\':
			if err := r.control(); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		case '\r', '\n', 0:
		case '\t':
			r.word("tab", 0, false)
		default:
			r.char(c)
		}
	}
	return nil
}

func (r *rtf) push() {
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

func (r *rtf) pop() {
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
		r.kept()
	}
	r.now = r.stack[n-1]
	r.stack = r.stack[:n-1]
}

// control reads what follows a backslash.
func (r *rtf) control() error {
	c, err := r.in.ReadByte()
	if err != nil {
		return err
	}
	if c < 'a' || c > 'z' {
		if c < 'A' || c > 'Z' {
			return r.symbol(c)
		}
	}
	var buf [32]byte
	word := append(buf[:0], c)
	n, minus, number := 0, false, false
	for {
		c, err = r.in.ReadByte()
		if err != nil {
			break
		}
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			if len(word) < cap(buf) {
				word = append(word, c)
			}
			continue
		}
		if c == '-' {
			minus = true
			if c, err = r.in.ReadByte(); err != nil {
				break
			}
		}
		digits := 0
		for c >= '0' && c <= '9' {
			if digits++; digits < 10 {
				n = n*10 + int(c-'0')
			}
			number = true
			if c, err = r.in.ReadByte(); err != nil {
				break
			}
		}
		break
	}
	// One space belongs to the word.
	if err == nil && c != ' ' {
		_ = r.in.UnreadByte()
	}
	if minus {
		n = -n
	}
	if string(word) == "bin" {
		if n > 0 {
			_, err = io.CopyN(io.Discard, r.in, int64(n))
		}
		return err
	}
	r.word(string(word), n, number)
	return err
}

// symbol is a backslash with a character that is no letter.
func (r *rtf) symbol(c byte) error {
	switch c {
	case '\'':
		var hex [2]byte
		if _, err := io.ReadFull(r.in, hex[:]); err != nil {
			return err
		}
		hi, lo := unhex(hex[0]), unhex(hex[1])
		if hi < 0 || lo < 0 {
			return nil
		}
		r.char(byte(hi<<4 | lo))
	case '*':
		r.star = true
	case '\r', '\n':
		r.word("par", 0, false)
	case '~':
		r.say(" ")
	case '_':
		r.say("-")
	case '-', '|', ':':
	case '\\', '{', '}':
		r.char(c)
	}
	return nil
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// char takes a byte of text.
func (r *rtf) char(c byte) {
	r.star = false
	if r.skip > 0 {
		r.skip--
		return
	}
	switch r.now.dest {
	case destFonts:
		if c != ';' && len(r.name) < 100 {
			r.name = append(r.name, c)
		} else if c == ';' {
			r.named()
		}
		return
	case destSkip, destShape:
		return
	}
	if r.now.hidden || r.now.htmlrtf && r.html {
		return
	}
	r.run = append(r.run, c)
	if len(r.run) >= maxRun {
		r.flush()
	}
}

// say takes text that is no bytes of a code page.
func (r *rtf) say(s string) {
	r.star = false
	if r.skip > 0 {
		r.skip--
		return
	}
	r.flush()
	r.emit(s)
}

// flush decodes the bytes of text that have come.
func (r *rtf) flush() {
	if r.high != 0 {
		r.high = 0
		r.emit("\uFFFD")
	}
	if len(r.run) == 0 {
		return
	}
	font, known := r.fonts[r.now.font]
	page := r.page
	if known && font.page != 0 {
		page = font.page
	}
	var text string
	if page == 42 {
		var sb strings.Builder
		for _, c := range r.run {
			if c == ' ' {
				sb.WriteByte(' ')
				continue
			}
			sb.WriteString(symbol(font.name, fmt.Sprintf("%x", c)))
		}
		text = sb.String()
	} else {
		text = decodePage(r.run, page)
	}
	r.run = r.run[:0]
	r.emit(text)
}

// emit writes text where the group wants it.
func (r *rtf) emit(s string) {
	if s == "" || r.now.dest == destSkip || r.now.dest == destFonts || r.now.dest == destShape || r.now.hidden {
		return
	}
	if r.html {
		if r.now.htmlrtf && r.now.dest != destTag {
			return
		}
		if r.source.Len() > 8*r.limit {
			return
		}
		if r.now.dest != destTag {
			s = html.EscapeString(s)
		}
		r.source.WriteString(s)
		return
	}
	if r.now.dest == destTag {
		return
	}
	if (r.row || r.now.intbl) && r.main == nil {
		if !r.open {
			r.p.openRow()
			r.open = true
		}
		if !r.cell {
			r.p.openCell()
			r.cell = true
		}
	} else if r.open && r.main == nil {
		r.endRow()
	}
	r.p.write(s)
}

func (r *rtf) endRow() {
	if r.open {
		r.p.closeRow()
	}
	r.open, r.cell = false, false
}

// word does what a control word says.
func (r *rtf) word(word string, n int, number bool) {
	star := r.star
	r.star = false
	if r.skip > 0 && word != "u" {
		// A control word counts as one of the characters that are skipped.
		r.skip--
		return
	}
	if word != "u" {
		r.flush()
	}
	g := &r.now
	if dest, ok := rtfDests[word]; ok {
		r.begin(dest)
		if r.shown() && !r.html && (word == "shptxt" || strings.HasPrefix(word, "header")) {
			r.p.breakLine() // it stands on lines of its own
		}
		if word == "fldrslt" && r.box {
			r.box = false
			if r.ticked {
				r.emit("[x]")
			} else {
				r.emit("[ ]")
			}
		}
		return
	}
	if star {
		// A destination that is not known here.
		g.dest = destSkip
		return
	}
	on := !number || n != 0
	switch word {
	case "ansicpg":
		if n > 0 {
			r.page = n
		}
	case "mac":
		r.page = 10000
	case "pc":
		r.page = 437
	case "pca":
		r.page = 850
	case "uc":
		g.uc = max(0, min(n, 16))
	case "deff":
		r.deff, g.font = n, n
	case "f":
		if g.dest == destFonts {
			r.font = n
			if len(r.fonts) < 10_000 {
				r.fonts[n] = rtfFont{}
			}
		} else {
			g.font = n
		}
	case "fcharset":
		if g.dest == destFonts {
			if f, ok := r.fonts[r.font]; ok {
				f.page = charsetPages[n]
				r.fonts[r.font] = f
			}
		}
	case "cpg":
		if g.dest == destFonts && n > 0 {
			if f, ok := r.fonts[r.font]; ok {
				f.page = n
				r.fonts[r.font] = f
			}
		}
	case "plain":
		g.hidden, g.font = false, r.deff
	case "v", "deleted":
		g.hidden = on
	case "fromhtml":
		if on {
			r.html = true
		}
	case "htmlrtf":
		g.htmlrtf = on
	case "u":
		r.unicode(n)
	case "par", "line", "lbr", "page", "sect", "column", "softline", "softpage", "nestrow":
		r.lineEnd()
	case "tab", "nestcell":
		r.column()
	case "fftype":
		r.box, r.ticked, r.set = n == 1, false, false
	case "ffres":
		if n == 0 || n == 1 { // 25 stands for the default
			r.ticked, r.set = n == 1, true
		}
	case "ffdefres":
		if !r.set {
			r.ticked = n == 1
		}
	case "trowd":
		r.row = r.main == nil
	case "intbl":
		g.intbl = true
	case "pard":
		g.intbl = false
	case "cell":
		r.endCell()
	case "row":
		if r.shown() && r.main == nil {
			r.endRow()
			r.row = false
		}
	default:
		if text := rtfWords[word]; text != "" {
			r.emit(text)
		}
	}
}

// shown says whether layout counts where the reader is.
func (r *rtf) shown() bool {
	d := r.now.dest
	return d != destSkip && d != destFonts && d != destShape && d != destTag && !(r.html && r.now.htmlrtf)
}

func (r *rtf) lineEnd() {
	switch {
	case r.html && r.now.dest == destTag:
		r.source.WriteByte('\n')
	case !r.shown():
	case r.html:
		r.source.WriteByte('\n')
	case r.now.hidden:
	default:
		if r.open && r.main == nil && !r.row && !r.now.intbl {
			r.endRow()
		}
		r.p.endLine()
	}
}

func (r *rtf) column() {
	switch {
	case !r.shown() || r.now.hidden:
	case r.html:
		r.source.WriteByte('\t')
	default:
		r.emit("\t")
	}
}

func (r *rtf) endCell() {
	if !r.shown() || r.html || r.main != nil {
		return
	}
	if !r.open {
		r.p.openRow()
		r.open = true
	}
	if !r.cell {
		r.p.openCell()
	}
	r.p.closeCell()
	r.cell = false
}

// begin opens a destination.
func (r *rtf) begin(dest rtfDest) {
	g := &r.now
	if g.dest == destSkip || g.dest == destFonts && dest != destSkip {
		return
	}
	switch dest {
	case destText:
		g.dest = destText
	case destNote, destRemark, destFoot:
		g.dest = destText
		if r.main == nil && !r.html && len(r.stack) > 0 {
			r.main, r.p = r.p, r.p.aside()
			g.aside = true
			g.dest = dest
		}
	default:
		g.dest = dest
	}
}

// kept ends a piece that was kept aside.
func (r *rtf) kept() {
	text := r.p.taken()
	r.p, r.main = r.main, nil
	if text == "" {
		return
	}
	switch r.now.dest {
	case destNote:
		if len(r.notes) < maxSideNotes {
			r.notes = append(r.notes, text)
			r.p.write(fmt.Sprintf("[%d]", len(r.notes)))
		}
	case destRemark:
		if len(r.remarks) < maxSideNotes {
			r.remarks = append(r.remarks, text)
		}
	case destFoot:
		for _, f := range r.feet {
			if f == text {
				return
			}
		}
		if len(r.feet) < 100 {
			r.feet = append(r.feet, text)
		}
	}
}

// end writes what was kept aside behind the text.
func (r *rtf) end() {
	if r.main != nil {
		r.kept()
	}
	r.endRow()
	o := office{p: r.p}
	r.p.separate()
	for i, text := range r.notes {
		o.lay(fmt.Sprintf("[%d] %s", i+1, strings.TrimSpace(text)))
	}
	r.p.separate()
	for _, text := range r.remarks {
		o.lay("Comment: " + strings.TrimSpace(text))
	}
	r.p.separate()
	for _, text := range r.feet {
		o.lay(text)
	}
	r.p.done()
}

// named keeps the name of a font of symbols.
func (r *rtf) named() {
	if f, ok := r.fonts[r.font]; ok && f.page == 42 && f.name == "" {
		f.name = strings.TrimSpace(string(r.name))
		r.fonts[r.font] = f
	}
	r.name = r.name[:0]
}

// unicode takes a \u: a UTF-16 unit, written as a signed number.
func (r *rtf) unicode(n int) {
	if r.skip > 0 {
		r.skip = 0
	}
	high := r.high
	r.high = 0
	r.flush()
	r.skip = r.now.uc
	unit := uint16(n)
	switch {
	case n < -0x8000 || n > 0x10ffff:
		return
	case n > 0xffff:
		r.emit(string(rune(n)))
	case unit >= 0xd800 && unit < 0xdc00:
		r.high = unit
	case unit >= 0xdc00 && unit < 0xe000:
		if high != 0 {
			r.emit(string(utf16.DecodeRune(rune(high), rune(unit))))
		}
	case unit >= 0xf000 && unit <= 0xf0ff:
		r.emit(symbol(r.fonts[r.now.font].name, fmt.Sprintf("%x", unit)))
	default:
		r.emit(string(rune(unit)))
	}
}

// decodePage reads bytes of a Windows code page.
func decodePage(b []byte, page int) string {
	ascii := true
	for _, c := range b {
		if c >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return string(b)
	}
	if page == 65001 {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	var enc encoding.Encoding = codePages[page]
	if enc == nil {
		enc = codePages[1252]
	}
	text, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(text)
}
