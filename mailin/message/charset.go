package message

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// surelyOther is how many letters beyond ASCII a text must have before a label that programs stamp on everything is doubted.
const surelyOther = 6

// toUTF8 reads the bytes of a text in the charset that its label states, or, where it states none or the bytes cannot be in it, in the one that
// they look like. note is a sentence for a person when the label could not be believed; the text is valid UTF-8 in any case.
func toUTF8(b []byte, label string) (text, note string) {
	label = cleanLabel(label)
	if s, ok := byMark(b); ok {
		return s, ""
	}
	switch label {
	case "", "us-ascii", "utf-8":
		return guessed(b, label)
	}
	// QUIRK: text that is labelled with an 8-bit charset but is well-formed UTF-8 with several multibyte characters is UTF-8: a gateway converted
	// it and left the label. The chance of that in real Latin-1 text is nil; in other alphabets short words may look like it.
	if singleByte(label) && utf8.Valid(b) {
		if n := multibyteRunes(b); n >= 3 || n >= 1 && latinLabel(label) {
			return string(b), "The text is labelled with another character set but is UTF-8; it was read as UTF-8."
		}
	}
	// QUIRK: the escapes of ISO-2022 mean nothing in any other charset; a gateway has stamped its own label on them.
	if !strings.HasPrefix(label, "iso-2022") && bytes.IndexByte(b, 0x1b) >= 0 && !hasHigh(b) {
		if shown := byEscapes(b); strings.HasPrefix(shown, "iso-2022") {
			if s, ok := decodeCharset(b, shown); ok {
				return s, "The text is labelled with another character set than it is in; it was read as " + shown + "."
			}
		}
	}
	s, ok := decodeClean(b, label)
	if !ok {
		if utf8.Valid(b) {
			s, _ := guessed(b, "")
			return s, "The text names a character set that is not known; it was read as UTF-8."
		}
		guess, _ := guessCharset(b)
		s, _ := decodeCharset(b, guess)
		return s, "The text names a character set that is not known; it was read as " + guess + "."
	}
	replaced := strings.Count(s, "\uFFFD")
	wrong := replaced*20 > utf8.RuneCountInString(s)
	if wrong && utf8.Valid(b) {
		return string(b), "The text is labelled with another character set but is UTF-8; it was read as UTF-8."
	}
	// QUIRK: programs stamp the charset of their own system on text that they only pass on.
	if wrong || (replaced > 0 && !singleByte(label) || latinLabel(label) && hasHigh(b)) && multibyteRunes(b) >= surelyOther {
		if guess, sure := guessCharset(b); sure && !latinLabel(guess) && guess != label {
			if other, ok := decodeCharset(b, guess); ok && strings.Count(other, "\uFFFD") <= replaced {
				return other, "The text is labelled with another character set than it is in; it was read as " + guess + "."
			}
		}
	}
	if replaced > 0 {
		return s, "Some characters of the text are damaged and were replaced."
	}
	return s, ""
}

// guessed reads text whose label says nothing, or says ASCII or UTF-8.
func guessed(b []byte, label string) (text, note string) {
	if s, ok := wideUnits(b, label == "utf-8"); ok {
		return s, "" // only UTF-16 and UTF-32 have a zero in every letter
	}
	if utf8.Valid(b) {
		if bytes.IndexByte(b, 0x1b) >= 0 || bytes.Contains(b, []byte("~{")) {
			if guess := byEscapes(b); guess != "" {
				if s, ok := decodeCharset(b, guess); ok {
					return s, ""
				}
			}
		}
		if label == "" && looksUTF7(b) {
			return decodeUTF7(b), "The text does not say which character set it uses; it was read as UTF-7."
		}
		if s, ok := undoubled(b); ok {
			return s, "The text was turned into UTF-8 twice on its way; it was turned back once."
		}
		return string(b), ""
	}
	if s, replaced, ok := repairUTF8(b); ok {
		if replaced {
			return s, "Some characters of the text are damaged and were replaced."
		}
		return s, "The text mixes character sets; each was read as what it looks like."
	}
	guess, sure := guessCharset(b)
	s, _ := decodeCharset(b, guess)
	if label == "utf-8" && !sure {
		// A few cut characters in a text that has no others.
		if cut, ok := cutUTF8(b); ok {
			return cut, "Some characters of the text are damaged and were replaced."
		}
	}
	switch label {
	case "utf-8":
		return s, "The text is labelled UTF-8 but is not; it was read as " + guess + "."
	case "us-ascii":
		return s, "The text is labelled US-ASCII but is not; it was read as " + guess + "."
	}
	return s, "The text does not say which character set it uses; it was read as " + guess + "."
}

// undoubled reads a text in UTF-8 that a gateway took for windows-1252 and turned into UTF-8 once more: every character beyond ASCII is then part
// of what the bytes of another one look like.
func undoubled(b []byte) (string, bool) {
	var out []byte
	found := false
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		if out == nil {
			out = append(make([]byte, 0, len(b)), b[:i]...)
		}
		var group [utf8.UTFMax]byte
		n, need := 0, 1
		for n < need {
			r, size := utf8.DecodeRune(b[i:])
			c, ok := charmap.Windows1252.EncodeRune(r)
			if !ok && r >= 0x80 && r < 0xa0 { // the bytes that windows-1252 leaves undefined
				c, ok = byte(r), true
			}
			if !ok || c < utf8.RuneSelf {
				return "", false
			}
			if n == 0 {
				if need = utf8Length(c); need == 0 {
					return "", false
				}
			}
			group[n] = c
			n++
			i += size
		}
		if r, size := utf8.DecodeRune(group[:n]); r == utf8.RuneError || size != n {
			return "", false
		}
		out = append(out, group[:n]...)
		found = true
		for i < len(b) && b[i] < utf8.RuneSelf {
			out = append(out, b[i])
			i++
		}
	}
	return string(out), found
}

// cleanLabel brings a charset label to the form that tables use. Quotes, comments and doubled parameters are what real mail adds.
func cleanLabel(label string) string {
	if len(label) == len("windows-1252") && label[:11] == "windows-125" && isDigit(label[11]) {
		return label // the most frequent ones, and those of every piece of RTF
	}
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'<>\[]`))
	if i := strings.IndexAny(label, " ;,("); i > 0 {
		label = label[:i]
	}
	label = strings.TrimPrefix(label, "charset=")
	label = strings.Trim(label, `"'\`)
	if strings.Contains(label, "iso-2022-jp") { // "_iso-2022-jp$ESC", "iso-2022-jp-ms"
		return "iso-2022-jp"
	}
	for _, prefix := range []string{"cp-", "cp_", "ibm-", "ibm", "dos-", "oem", "windows", "win-", "win", "ms-", "x-cp", "cp0", "ansi-", "x-windows-"} {
		if rest, ok := strings.CutPrefix(label, prefix); ok && isDigits(rest) && rest != "" {
			label = "cp" + strings.TrimLeft(rest, "0")
			break
		}
	}
	if rest, ok := strings.CutPrefix(label, "windows-"); ok && isDigits(rest) && !strings.HasPrefix(rest, "125") {
		label = "cp" + rest // such as windows-936
	}
	switch label {
	case "utf8", "utf_8", "utf-8-", "unicode-1-1-utf-8", "cp65001", "utf8mb4", "utf8mb3", "x-unicode-2-0-utf-8", "unicode-2-0-utf-8", "x-utf-8", "utf-8n", "utf-8-sig",
		"utf-8bom", "utf8-bom", "al32utf8", "wtf-8", "uft-8", "utf-88", "cesu-8":
		return "utf-8"
	case "us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "us", "7bit", "iso-ir-6", "usascii", "us_ascii", "646":
		return "us-ascii"
	case "none", "unknown", "unknown-8bit", "x-unknown", "default", "default_charset", "_charset_", "x-user-defined", "8bit", "binary", "charset", "utf", "unicode-unknown", "x-none", "any", "auto", "detect", "system", "local",
		"undefined", "null", "_autodetect", "_autodetect_all", "_autodetect_jpn", "_autodetect_chs", "_autodetect_kr", "iso-8859-8859", "x-gzip", "x-ebcdic", "nil", "false", "no":
		return ""
	case "utf7", "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return "utf-7"
	case "cp932", "ms932", "windows-31j", "x-sjis", "ms_kanji", "sjis", "shift-jis", "x-ms-cp932", "mskanji", "cp943":
		return "shift_jis"
	case "ks_c_5601-1987", "ks_c_5601", "ksc5601", "ks_c_5601-1989", "cp949", "ms949", "uhc", "x-windows-949", "korean", "ks_x_1001", "ksx1001", "kseuckr", "euckr", "euc_kr", "ks-c5601-1987", "ks_c_5601_1987", "cp51949":
		return "euc-kr"
	case "cp936", "ms936", "gb2312", "gb_2312-80", "x-gbk", "gb18030-0", "gb-2312", "gb_2312", "euc-cn", "euccn", "x-euc-cn", "gb", "gb2312-80", "cp54936", "chinese", "gb18030_2000", "gb18030-2000":
		return "gb18030"
	case "cp950", "big5-hkscs", "ms950", "x-x-big5", "big-5", "big5hkscs", "cn-big5", "csbig5", "big5-eten", "cp951":
		return "big5"
	case "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874":
		return "windows-" + label[2:]
	case "tis-620", "tis620", "iso-8859-11", "iso8859-11", "thai":
		return "windows-874"
	case "hz", "hz-gb2312", "hz-gb-2312":
		return "hz-gb-2312"
	case "eucjp", "x-euc-jp", "ujis", "euc_jp", "x-euc", "cp51932", "cp20932":
		return "euc-jp"
	case "jis", "csiso2022jp", "iso2022jp", "cp50220", "cp50221", "cp50222":
		return "iso-2022-jp"
	case "koi8r", "koi8_r", "koi", "koi8", "cp20866", "koi-8":
		return "koi8-r"
	case "koi8u", "koi8_u", "cp21866", "koi8-ru":
		return "koi8-u"
	case "iso-8859-8-i", "iso-8859-8-e", "logical", "visual", "hebrew", "iso-8859-8i":
		return "windows-1255" // of which ISO-8859-8 is a part; mail has its letters in the order of reading
	case "x-mac-cyrillic", "mac-cyrillic", "maccyrillic", "x-mac-ukrainian", "cp10007":
		return "x-mac-cyrillic"
	case "mac-ce", "mac-centraleurope", "x-mac-centraleurroman", "maccentraleurope", "cp10029", "mac-latin2", "macce":
		return "x-mac-ce"
	case "mac-greek", "macgreek", "cp10006":
		return "x-mac-greek"
	case "mac-turkish", "macturkish", "cp10081":
		return "x-mac-turkish"
	case "mac-croatian", "maccroatian", "cp10082":
		return "x-mac-croatian"
	case "mac-romanian", "macromanian", "cp10010":
		return "x-mac-romanian"
	case "mac-icelandic", "maciceland", "cp10079":
		return "x-mac-icelandic"
	case "utf16", "utf_16", "ucs-2", "ucs2", "iso-10646-ucs-2", "unicode", "csunicode", "cp1200":
		return "utf-16"
	case "utf16le", "utf_16le", "ucs-2le", "unicodelittleunmarked", "x-utf-16le":
		return "utf-16le"
	case "utf16be", "utf_16be", "ucs-2be", "unicodebigunmarked", "unicodefffe", "cp1201":
		return "utf-16be"
	case "utf32", "utf-32le", "utf-32be", "ucs-4", "iso-10646-ucs-4", "utf_32", "cp12000", "cp12001":
		return "utf-32"
	case "latin1", "latin-1", "iso8859-1", "iso-8859-1", "iso_8859-1", "8859_1", "iso88591", "l1", "iso-latin-1", "ansi", "iso_8859_1", "iso8859_1", "iso-8859-1-windows-3.1-latin-1",
		"cp819", "cp28591", "westerneuropean", "western", "iso", "iso-8859", "8859-1", "en", "english", "latin":
		return "windows-1252" // as WHATWG has it: Latin-1 in mail is nearly always windows-1252
	case "latin2", "iso8859-2", "iso8859_2", "iso_8859-2", "l2", "cp28592":
		return "iso-8859-2"
	case "latin9", "iso8859-15", "latin-9", "iso-latin-9", "latin0", "l9", "iso_8859-15", "iso-8859-15-1", "cp923", "cp28605":
		return "iso-8859-15"
	case "mac", "macintosh", "x-mac-roman", "macroman", "x-macintosh", "apple-roman":
		return "macintosh"
	}
	if rest, ok := strings.CutPrefix(label, "iso8859"); ok && rest != "" {
		return "iso-8859-" + strings.TrimLeft(rest, "-_")
	}
	return label
}

// decodeCharset reads b in a charset by its label. It says false if the charset is not known.
func decodeCharset(b []byte, label string) (string, bool) { return decodeClean(b, cleanLabel(label)) }

func decodeClean(b []byte, label string) (string, bool) {
	switch label {
	case "":
		return "", false
	case "utf-8", "us-ascii":
		if utf8.Valid(b) {
			return string(b), true
		}
		return "", false
	case "windows-1252":
		return decode1252(b), true
	case "utf-7":
		return decodeUTF7(b), true
	case "utf-16", "utf-16le", "utf-16be", "ucs-2", "iso-10646-ucs-2", "unicode":
		return decodeUTF16(b, label == "utf-16be"), true
	case "utf-32":
		return decodeUTF32(b, false), true
	case "hz-gb-2312":
		out, err := simplifiedchinese.HZGB2312.NewDecoder().Bytes(b)
		return strings.ToValidUTF8(string(out), "\uFFFD"), err == nil
	case "iso-2022-kr", "csiso2022kr":
		return decodeISO2022KR(b)
	}
	if m := dosPages[label]; m != nil {
		return decodeMap(m, b), true
	}
	if half := highHalves[label]; half != nil {
		var sb strings.Builder
		for _, c := range b {
			if c < utf8.RuneSelf {
				sb.WriteByte(c)
			} else {
				sb.WriteRune(half[c-utf8.RuneSelf])
			}
		}
		return sb.String(), true
	}
	// go-message's registry knows the IANA names; WHATWG's table knows what browsers accept. "replacement" is WHATWG's word for charsets that are
	// dangerous or dead: it yields nothing, so it counts as unknown.
	if enc, err := htmlindex.Get(label); err == nil {
		if name, _ := htmlindex.Name(enc); name != "replacement" {
			if out, err := enc.NewDecoder().Bytes(b); err == nil {
				return strings.ToValidUTF8(string(out), "\uFFFD"), true
			}
		}
	}
	if r, err := charset.Reader(label, bytes.NewReader(b)); err == nil {
		var buf bytes.Buffer
		if _, err := buf.ReadFrom(r); err == nil && (buf.Len() > 0 || len(b) == 0) {
			return strings.ToValidUTF8(buf.String(), "\uFFFD"), true
		}
	}
	return "", false
}

// dosPages are the code pages of DOS and of mainframes, which WHATWG's table does not know.
var dosPages = map[string]*charmap.Charmap{"cp437": charmap.CodePage437, "437": charmap.CodePage437, "cp850": charmap.CodePage850, "850": charmap.CodePage850,
	"cp852": charmap.CodePage852, "cp855": charmap.CodePage855, "cp858": charmap.CodePage858, "cp860": charmap.CodePage860, "cp862": charmap.CodePage862,
	"cp863": charmap.CodePage863, "cp865": charmap.CodePage865, "cp866": charmap.CodePage866, "cp37": charmap.CodePage037, "cp1047": charmap.CodePage1047,
	"cp1140": charmap.CodePage1140}

// byMark reads text that begins with a byte order mark.
func byMark(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		if utf8.Valid(b[3:]) {
			return string(b[3:]), true
		}
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")) && len(b)%4 == 0, bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")) && len(b)%4 == 0:
		return decodeUTF32(b, false), true
	case bytes.HasPrefix(b, []byte("\xff\xfe")) && len(b)%2 == 0 && len(b) > 2:
		return decodeUTF16(b, false), true
	case bytes.HasPrefix(b, []byte("\xfe\xff")) && len(b)%2 == 0 && len(b) > 2:
		return decodeUTF16(b, true), true
	}
	return "", false
}

// repairUTF8 reads a text that is UTF-8 for the most part. A stray byte is what it is in windows-1252, as where a gateway added its own lines; what
// is left of a cut character is replaced. It says false if the text is not UTF-8.
func repairUTF8(b []byte) (text string, replaced, ok bool) {
	good, bad := 0, 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
			n = max(1, cutBytes(rest))
		case n > 1:
			good++
		}
		rest = rest[n:]
	}
	if good < bad || good <= bad*2 && (good < 3 || bad > 3) && !endsCut(b) {
		return "", false, false
	}
	text, replaced = mendUTF8(b)
	return text, replaced, true
}

// endsCut says that the only damage to a text in UTF-8 is that it ends within a character.
func endsCut(b []byte) bool {
	for n := 1; n < utf8.UTFMax && n < len(b); n++ {
		if tail := b[len(b)-n:]; utf8.RuneStart(tail[0]) {
			return cutBytes(tail) == n && utf8.Valid(b[:len(b)-n])
		}
	}
	return false
}

// cutUTF8 reads a text whose only bytes beyond ASCII are what is left of cut UTF-8 characters.
func cutUTF8(b []byte) (string, bool) {
	for i := 0; i < len(b); i++ {
		if b[i] < utf8.RuneSelf {
			continue
		}
		n := cutBytes(b[i:])
		if n == 0 {
			return "", false
		}
		i += n - 1
	}
	text, _ := mendUTF8(b)
	return text, true
}

// utf8Length is the length of the UTF-8 characters of several bytes that begin with c, 0 if none does.
func utf8Length(c byte) int {
	switch {
	case c >= 0xc2 && c < 0xe0:
		return 2
	case c >= 0xe0 && c < 0xf0:
		return 3
	case c >= 0xf0 && c < 0xf5:
		return 4
	}
	return 0
}

// cutBytes is the length of a UTF-8 character at the beginning of b that lacks its last bytes, 0 if there is none.
func cutBytes(b []byte) int {
	need := utf8Length(b[0])
	if need == 0 || b[0] == 0xc2 {
		return 0
	}
	n := 1
	for n < need && n < len(b) && b[n]&0xc0 == 0x80 {
		n++
	}
	if n == need || n == 1 && len(b) > 1 { // a letter of another charset
		return 0
	}
	return n
}

func mendUTF8(b []byte) (text string, replaced bool) {
	var sb strings.Builder
	sb.Grow(len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r != utf8.RuneError || n != 1 {
			sb.Write(b[:n])
			b = b[n:]
			continue
		}
		if n := cutBytes(b); n > 0 {
			sb.WriteRune(utf8.RuneError)
			replaced = true
			b = b[n:]
			continue
		}
		if r := charmap.Windows1252.DecodeByte(b[0]); r != utf8.RuneError && (unicode.IsPrint(r) || r == 0xa0) {
			sb.WriteRune(r)
		} else {
			sb.WriteRune(utf8.RuneError)
			replaced = true
		}
		b = b[1:]
	}
	return sb.String(), replaced
}

func multibyteRunes(b []byte) int {
	n := 0
	for _, c := range b {
		if c >= 0xc0 {
			n++
		}
	}
	return n
}

// singleByte says whether a label names a charset of one byte a character, in which valid UTF-8 hardly ever comes about by chance.
func singleByte(label string) bool {
	return strings.HasPrefix(label, "windows-125") || strings.HasPrefix(label, "iso-8859-") || label == "macintosh" ||
		strings.HasPrefix(label, "koi8")
}

// latinLabel says whether a label is one that programs stamp on everything.
func latinLabel(label string) bool {
	switch label {
	case "windows-1252", "iso-8859-15", "windows-1250", "iso-8859-2", "windows-1254", "iso-8859-9", "macintosh":
		return true
	}
	return false
}

// cleanText makes a decoded text fit for storing and showing: LF line ends, no NUL and no other control characters but tab and form feed as a
// line end, valid UTF-8.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0 {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var sb strings.Builder
	sb.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\r':
			// CR before LF (also several, as converters of line ends leave them) is part of that line end; alone it is one itself.
			j := i
			for j < len(s) && s[j] == '\r' {
				j++
			}
			if j < len(s) && s[j] == '\n' {
				i = j - 1
				continue
			}
			sb.WriteByte('\n')
		case c == '\f' || c == '\v':
			sb.WriteByte('\n')
		case c < ' ' && c != '\n' && c != '\t', c == 0x7f:
		case c == 0xc2 && i+1 < len(s) && s[i+1] < 0xa0:
			// C1 controls; U+0085 is "next line" of old mainframes.
			if s[i+1] == 0x85 {
				sb.WriteByte('\n')
			}
			i++
		default:
			sb.WriteByte(c)
		}
	}
	return sb.String()
}

// oneLine is cleanText for header values: everything on one line, trimmed.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(cleanText(s), "\n", " ")), " ")
}
