package message

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// toUTF8 reads the bytes of a text in the charset that its label states. note is a sentence for a person when the label could not be believed;
// the text is valid UTF-8 in any case.
func toUTF8(b []byte, label string) (text, note string) {
	label = cleanLabel(label)
	if s, ok := byMark(b); ok {
		return s, ""
	}
	switch label {
	case "", "us-ascii", "ascii", "utf-8":
		if utf8.Valid(b) {
			if label != "utf-8" && bytes.Contains(b, []byte("\x1b$")) {
				if s, ok := decodeCharset(b, "iso-2022-jp"); ok {
					return s, ""
				}
			}
			return string(b), ""
		}
		if label == "utf-8" {
			// A few broken bytes in real UTF-8 (a character cut in the middle) are not a reason to read all of it as something else.
			if s, bad := repairUTF8(b); bad {
				return s, "Some characters of the text are damaged and were replaced."
			}
			return decode1252(b), "The text is labelled UTF-8 but is not; it was read as windows-1252."
		}
		if s, bad := repairUTF8(b); bad {
			return s, "Some characters of the text are damaged and were replaced."
		}
		if label == "" {
			return decode1252(b), "The text does not say which character set it uses; it was read as windows-1252."
		}
		return decode1252(b), "The text is labelled US-ASCII but is not; it was read as windows-1252."
	}
	// QUIRK: text that is labelled with an 8-bit charset but is well-formed UTF-8 with several multibyte characters is UTF-8: a gateway converted
	// it and left the label. The chance of that in real Latin-1 text is nil.
	if singleByte(label) && utf8.Valid(b) && multibyteRunes(b) >= 3 {
		return string(b), "The text is labelled with another character set but is UTF-8; it was read as UTF-8."
	}
	if s, ok := decodeCharset(b, label); ok {
		if n := strings.Count(s, "\uFFFD"); n > 0 && n > utf8.RuneCountInString(s)/20 && utf8.Valid(b) {
			return string(b), "The text is labelled with another character set but is UTF-8; it was read as UTF-8."
		} else if n > 0 {
			return s, "Some characters of the text are damaged and were replaced."
		}
		return s, ""
	}
	if utf8.Valid(b) {
		return string(b), "The text names a character set that is not known; it was read as UTF-8."
	}
	return decode1252(b), "The text names a character set that is not known; it was read as windows-1252."
}

// cleanLabel brings a charset label to the form that tables use. Quotes, comments and doubled parameters are what real mail adds.
func cleanLabel(label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'<>`))
	if i := strings.IndexAny(label, " ;,("); i > 0 {
		label = label[:i]
	}
	switch label {
	case "utf8", "utf_8", "utf-8-", "unicode-1-1-utf-8", "cp65001", "utf8mb4", "x-unicode-2-0-utf-8", "unicode-2-0-utf-8", "x-utf-8":
		return "utf-8"
	case "us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us", "us", "7bit", "iso-ir-6", "usascii", "us_ascii", "646":
		return "us-ascii"
	case "none", "unknown", "unknown-8bit", "x-unknown", "default", "default_charset", "_charset_", "x-user-defined", "8bit", "binary", "charset",
		"undefined", "null", "_autodetect", "_autodetect_all", "iso-8859-8859":
		return ""
	case "utf7", "utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return "utf-7"
	case "cp932", "ms932", "windows-31j", "x-sjis", "ms_kanji", "windows-932":
		return "shift_jis"
	case "ks_c_5601-1987", "ks_c_5601", "ksc5601", "ks_c_5601-1989", "cp949", "ms949", "uhc", "windows-949", "x-windows-949", "korean":
		return "euc-kr"
	case "cp936", "ms936", "gb2312", "gb_2312-80", "x-gbk", "windows-936", "gb18030-0", "gb-2312":
		return "gb18030"
	case "cp950", "big5-hkscs", "ms950", "x-x-big5", "windows-950":
		return "big5"
	case "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874":
		return "windows-" + label[2:]
	case "latin1", "latin-1", "iso8859-1", "iso-8859-1", "iso_8859-1", "8859_1", "iso88591", "l1", "iso-latin-1", "ansi", "win-1252", "windows1252":
		return "windows-1252" // as WHATWG has it: Latin-1 in mail is nearly always windows-1252
	case "latin2", "iso8859-2":
		return "iso-8859-2"
	case "latin9", "iso8859-15", "latin-9", "iso-latin-9":
		return "iso-8859-15"
	case "win-1251", "windows1251", "win1251":
		return "windows-1251"
	case "mac", "macintosh", "x-mac-roman", "macroman", "x-macintosh", "apple-roman":
		return "macintosh"
	}
	if rest, ok := strings.CutPrefix(label, "iso8859"); ok && rest != "" {
		return "iso-8859-" + strings.TrimLeft(rest, "-_")
	}
	return label
}

// decodeCharset reads b in a charset by its clean label. It says false if the charset is not known.
func decodeCharset(b []byte, label string) (string, bool) {
	label = cleanLabel(label)
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
	case "iso-2022-kr", "csiso2022kr":
		return decodeISO2022KR(b)
	case "cp437", "ibm437", "437":
		return decodeMap(charmap.CodePage437, b), true
	case "cp850", "ibm850", "850":
		return decodeMap(charmap.CodePage850, b), true
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

// byMark reads text that begins with a byte order mark.
func byMark(b []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		if utf8.Valid(b[3:]) {
			return string(b[3:]), true
		}
	case bytes.HasPrefix(b, []byte("\xff\xfe")) && len(b)%2 == 0 && len(b) > 2:
		return decodeUTF16(b, false), true
	case bytes.HasPrefix(b, []byte("\xfe\xff")) && len(b)%2 == 0 && len(b) > 2:
		return decodeUTF16(b, true), true
	}
	return "", false
}

// decode1252 reads windows-1252; the five bytes that it leaves undefined become what WHATWG makes of them.
func decode1252(b []byte) string { return decodeMap(charmap.Windows1252, b) }

func decodeMap(m *charmap.Charmap, b []byte) string {
	var sb strings.Builder
	sb.Grow(len(b) + len(b)/8)
	for _, c := range b {
		if c < utf8.RuneSelf {
			sb.WriteByte(c)
			continue
		}
		r := m.DecodeByte(c)
		if r == utf8.RuneError {
			r = rune(c) // a C1 control, dropped when the text is cleaned
		}
		sb.WriteRune(r)
	}
	return sb.String()
}

// repairUTF8 replaces the broken bytes of a text that is UTF-8 for the most part. It says false if it is not.
func repairUTF8(b []byte) (string, bool) {
	good, bad := 0, 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		rest = rest[n:]
	}
	if good <= bad*2 {
		return "", false
	}
	return strings.ToValidUTF8(string(b), "\uFFFD"), true
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

func decodeUTF16(b []byte, bigEndian bool) string {
	if len(b) >= 2 {
		switch {
		case b[0] == 0xff && b[1] == 0xfe:
			bigEndian, b = false, b[2:]
		case b[0] == 0xfe && b[1] == 0xff:
			bigEndian, b = true, b[2:]
		case b[0] == 0 && b[1] != 0:
			bigEndian = true // Latin text, so the high bytes are the zero ones
		case b[1] == 0 && b[0] != 0:
			bigEndian = false
		}
	}
	return decodeUnits(b, bigEndian)
}

// decodeUnits reads UTF-16 of a known byte order.
func decodeUnits(b []byte, bigEndian bool) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		if bigEndian {
			units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
		} else {
			units = append(units, uint16(b[i+1])<<8|uint16(b[i]))
		}
	}
	return string(utf16.Decode(units))
}

// decodeISO2022KR reads RFC 1557, which WHATWG's tables have given up: EUC-KR with its high bits taken off between SO and SI.
func decodeISO2022KR(b []byte) (string, bool) {
	out := make([]byte, 0, len(b))
	shifted := false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case bytes.HasPrefix(b[i:], []byte("\x1b$)C")):
			i += 3
		case c == 0x0e:
			shifted = true
		case c == 0x0f, c == '\n' && shifted:
			shifted = false
			if c == '\n' {
				out = append(out, c)
			}
		case shifted && c > ' ' && c < 0x7f:
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	return decodeCharset(out, "euc-kr")
}

// decodeUTF7 reads RFC 2152; what is not well formed stays as it is.
func decodeUTF7(b []byte) string {
	var sb strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			sb.WriteByte(b[i])
			continue
		}
		j := i + 1
		for j < len(b) && isBase64(b[j]) {
			j++
		}
		switch {
		case j == i+1 && j < len(b) && b[j] == '-':
			sb.WriteByte('+')
			i = j
		case j == i+1:
			sb.WriteByte('+')
		default:
			raw, err := base64.RawStdEncoding.DecodeString(string(b[i+1 : j]))
			if err != nil {
				n := (j - i - 1) / 4 * 4
				raw, err = base64.RawStdEncoding.DecodeString(string(b[i+1 : i+1+n]))
			}
			if err != nil {
				sb.Write(b[i:j])
			} else {
				units := make([]uint16, 0, len(raw)/2)
				for k := 0; k+1 < len(raw); k += 2 {
					units = append(units, uint16(raw[k])<<8|uint16(raw[k+1]))
				}
				sb.WriteString(string(utf16.Decode(units)))
			}
			if j < len(b) && b[j] == '-' {
				j++
			}
			i = j - 1
		}
	}
	return strings.ToValidUTF8(sb.String(), "\uFFFD")
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
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
