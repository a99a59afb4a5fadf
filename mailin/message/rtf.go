package message

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// rtfText is the text of an RTF document, one line for each paragraph and table row.
func rtfText(b []byte) string {
	text, _ := readRTF(b)
	return tidyText(text)
}

// readRTF reads RTF in one pass and without recursion. html says that the document was made of an HTML page, which is what comes back then
// (MS-OXRTFEX, "encapsulated HTML").
func readRTF(b []byte) (text string, html bool) {
	r := rtfReader{in: b, codepage: 1252, fonts: map[int]int{}}
	r.group.skip = 1
	head := b[:min(len(b), 4<<10)]
	r.html = bytes.Contains(head, []byte(`\fromhtml`))
	r.run()
	return r.out.String(), r.html
}

// rtfGroup is what a group of RTF restores at its end.
type rtfGroup struct {
	ignored bool // a destination that is not text
	fonts   bool // the font table
	tag     bool // \*\htmltag: HTML as it was
	hidden  bool // \htmlrtf: the RTF form of what an HTML tag says
	deleted bool // \v or \deleted
	font    int
	skip    int // characters that stand for a \u where Unicode is not understood
}

type rtfReader struct {
	in       []byte
	out      strings.Builder
	group    rtfGroup
	stack    []rtfGroup
	deeper   int // groups beyond maxGroups
	html     bool
	codepage int
	fonts    map[int]int // code page by font
	pending  []byte      // bytes of a code page, not yet decoded
	pendCP   int
	skip     int    // characters still to be left out after a \u
	high     uint16 // first half of a surrogate pair
	star     bool   // "\*" stood before: an unknown destination is to be ignored
	cells    bool
}

// maxGroups bounds the stack; deeper groups are read with the state of the last one.
const maxGroups = 500

func (r *rtfReader) run() {
	for i := 0; i < len(r.in); {
		c := r.in[i]
		switch c {
		case '{':
			r.flush()
			r.star = false
			if len(r.stack) < maxGroups {
				r.stack = append(r.stack, r.group)
			} else {
				r.deeper++
			}
			i++
		case '}':
			r.flush()
			r.skip = 0
			switch {
			case r.deeper > 0:
				r.deeper--
			case len(r.stack) > 0:
				r.group = r.stack[len(r.stack)-1]
				r.stack = r.stack[:len(r.stack)-1]
			}
			i++
		case '\\':
			i = r.control(i + 1)
		case '\r', '\n', 0:
			i++
		default:
			r.byte(c)
			i++
		}
	}
	r.flush()
}

// shown says whether text counts.
func (r *rtfReader) shown() bool {
	g := &r.group
	return !g.ignored && !g.deleted && (!r.html || g.tag || !g.hidden)
}

// byte takes one byte of the text.
func (r *rtfReader) byte(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if !r.shown() {
		return
	}
	if c < 0x80 && len(r.pending) == 0 {
		r.out.WriteByte(c)
		return
	}
	cp := r.codepage
	if f, ok := r.fonts[r.group.font]; ok && !r.group.tag && f != 0 {
		cp = f
	}
	if cp != r.pendCP {
		r.flush()
		r.pendCP = cp
	}
	r.pending = append(r.pending, c)
}

// flush decodes the bytes that were collected.
func (r *rtfReader) flush() {
	if len(r.pending) == 0 {
		return
	}
	text, _ := toUTF8(r.pending, codepageLabel(r.pendCP))
	r.pending = r.pending[:0]
	r.out.WriteString(text)
}

func (r *rtfReader) text(s string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if r.shown() {
		r.flush()
		r.out.WriteString(s)
	}
}

// control reads what follows a backslash at i, and returns where the text goes on.
func (r *rtfReader) control(i int) int {
	if i >= len(r.in) {
		return i
	}
	c := r.in[i]
	if c|0x20 < 'a' || c|0x20 > 'z' {
		i++
		switch c {
		case '\'':
			if i+1 < len(r.in) && unhex(r.in[i]) >= 0 && unhex(r.in[i+1]) >= 0 {
				r.byte(byte(unhex(r.in[i])<<4 | unhex(r.in[i+1])))
				return i + 2
			}
		case '\\', '{', '}':
			r.byte(c)
		case '~':
			r.special("\u00a0", "&nbsp;")
		case '_':
			r.text("-")
		case '*':
			r.star = true
		case '\r', '\n':
			r.text("\n")
		}
		return i
	}
	start := i
	for i < len(r.in) && i-start < 32 && r.in[i]|0x20 >= 'a' && r.in[i]|0x20 <= 'z' {
		i++
	}
	word := string(r.in[start:i])
	numAt := i
	if i < len(r.in) && r.in[i] == '-' {
		i++
	}
	for i < len(r.in) && i-numAt < 11 && isDigit(r.in[i]) {
		i++
	}
	n, numErr := strconv.Atoi(string(r.in[numAt:i]))
	has := numErr == nil
	if i < len(r.in) && r.in[i] == ' ' {
		i++
	}
	if word == "bin" {
		if n > 0 {
			i += min(n, len(r.in)-i)
		}
		return i
	}
	star := r.star
	r.star = false
	r.word(word, n, has, star)
	return i
}

// rtfIgnored are destinations that hold no text of the document.
var rtfIgnored = map[string]bool{"colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "objdata": true, "header": true, "headerl": true,
	"headerr": true, "headerf": true, "footer": true, "footerl": true, "footerr": true, "footerf": true, "generator": true, "themedata": true, "datastore": true,
	"mhtmltag": true, "listtable": true, "listoverridetable": true, "xe": true, "tc": true, "fldinst": true, "bkmkstart": true, "bkmkend": true, "revtbl": true,
	"nonshppict": true, "shpinst": true, "filetbl": true, "rsidtbl": true, "xmlnstbl": true, "latentstyles": true, "pgdsctbl": true}

var rtfText1 = map[string]string{"tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ",
	"enspace": " ", "zwj": "", "zwnj": ""}

var rtfEntities = map[string]string{"emdash": "&mdash;", "endash": "&ndash;", "lquote": "&lsquo;", "rquote": "&rsquo;", "ldblquote": "&ldquo;", "rdblquote": "&rdquo;", "bullet": "&bull;"}

// special writes a character, or its entity within HTML.
func (r *rtfReader) special(plain, entity string) {
	if r.html && !r.group.tag && entity != "" {
		plain = entity
	}
	r.text(plain)
}

func (r *rtfReader) word(word string, n int, has, star bool) {
	g := &r.group
	switch word {
	case "par", "line", "sect", "page", "softline":
		r.text("\n")
	case "row", "nestrow":
		r.cells = false
		r.text("\n")
	case "cell", "nestcell":
		r.text("  ")
	case "htmltag":
		if star && r.html {
			r.flush()
			g.tag = true
		} else {
			g.ignored = true
		}
	case "htmlrtf":
		r.flush()
		g.hidden = !has || n != 0
	case "fromhtml":
		r.html = true
	case "fonttbl":
		g.ignored, g.fonts = true, true
	case "f":
		r.flush()
		g.font = n
	case "deff":
		g.font = n
	case "fcharset":
		if g.fonts && len(r.fonts) < 1000 {
			r.fonts[g.font] = charsetCodepage(n)
		}
	case "cpg":
		if g.fonts && len(r.fonts) < 1000 {
			r.fonts[g.font] = n
		}
	case "plain":
		g.deleted = false
	case "v", "deleted":
		g.deleted = !has || n != 0
	case "ansicpg":
		r.codepage = n
	case "mac":
		r.codepage = 10000
	case "pc":
		r.codepage = 437
	case "pca":
		r.codepage = 850
	case "uc":
		g.skip = max(0, min(n, 20))
	case "u":
		r.unicode(uint16(n))
	default:
		if s, ok := rtfText1[word]; ok {
			r.special(s, rtfEntities[word])
			return
		}
		if rtfIgnored[word] || star {
			r.flush()
			g.ignored = true
		}
	}
}

// unicode takes a \u, whose number is a unit of UTF-16 with its sign, and which the characters that stand for it follow.
func (r *rtfReader) unicode(u uint16) {
	r.skip = 0
	s := ""
	switch {
	case u >= 0xd800 && u < 0xdc00:
		r.high = u
	case u >= 0xdc00 && u < 0xe000:
		s, r.high = string(utf16.DecodeRune(rune(r.high), rune(u))), 0
	case u >= 0xf020 && u < 0xf100: // the private area of symbol fonts
		s = string(rune(u - 0xf000))
	default:
		s = string(rune(u))
	}
	if s != "" && utf8.ValidString(s) {
		r.text(s)
	}
	r.skip = r.group.skip
}

// charsetCodepage is the code page of a Windows font charset; 0 for that of the document.
func charsetCodepage(n int) int {
	switch n {
	case 77:
		return 10000
	case 128:
		return 932
	case 129:
		return 949
	case 134:
		return 936
	case 136:
		return 950
	case 161:
		return 1253
	case 162:
		return 1254
	case 163:
		return 1258
	case 177:
		return 1255
	case 178:
		return 1256
	case 186:
		return 1257
	case 204:
		return 1251
	case 222:
		return 874
	case 238:
		return 1250
	}
	return 0
}

// codepageLabel is the charset of a Windows code page; "" if it is not known.
func codepageLabel(cp int) string {
	switch cp {
	case 65001:
		return "utf-8"
	case 65000:
		return "utf-7"
	case 1200:
		return "utf-16le"
	case 1201:
		return "utf-16be"
	case 20127:
		return "us-ascii"
	case 932, 936, 949, 950, 437, 850, 852, 855, 858, 862, 866, 874:
		return "cp" + strconv.Itoa(cp)
	case 54936, 52936:
		return "gb18030"
	case 10000:
		return "macintosh"
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 51932, 20932:
		return "euc-jp"
	case 51949:
		return "euc-kr"
	}
	switch {
	case cp >= 1250 && cp <= 1258:
		return "windows-" + strconv.Itoa(cp)
	case cp >= 28591 && cp <= 28606:
		return "iso-8859-" + strconv.Itoa(cp-28590)
	}
	return ""
}
