package message

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// The charsets that WHATWG's tables lack or read too strictly for mail: Unicode in units of two and four bytes, in seven bits, Korean by escapes.

// decodeUTF32 reads UTF-32; a mark at its beginning decides its byte order.
func decodeUTF32(b []byte, bigEndian bool) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")):
		bigEndian, b = false, b[4:]
	case bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		bigEndian, b = true, b[4:]
	case len(b) >= 4 && b[0] == 0 && b[1] == 0 && b[3] != 0:
		bigEndian = true
	case len(b) >= 4 && b[2] == 0 && b[3] == 0 && b[0] != 0:
		bigEndian = false
	}
	var sb strings.Builder
	sb.Grow(len(b) / 3)
	for i := 0; i+3 < len(b); i += 4 {
		u := binary.LittleEndian.Uint32(b[i:])
		if bigEndian {
			u = binary.BigEndian.Uint32(b[i:])
		}
		if u > utf8.MaxRune {
			u = utf8.RuneError
		}
		sb.WriteRune(rune(u))
	}
	return sb.String()
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

// looksUTF7 says whether every plus sign of a text begins what UTF-7 has there, at least twice: whole characters, with the bits that are left over
// zero, and none of them ASCII, which stands for itself.
func looksUTF7(b []byte) bool {
	found, ended := 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			continue
		}
		j := i + 1
		for j < len(b) && isBase64(b[j]) {
			j++
		}
		n := j - i - 1
		if n == 0 {
			if j < len(b) && b[j] == '-' {
				continue // a plus sign
			}
			return false
		}
		raw, err := base64.RawStdEncoding.Strict().DecodeString(string(b[i+1 : j]))
		if err != nil || len(raw)%2 != 0 && (n*6)%16 >= 6 {
			return false
		}
		for k := 0; k+1 < len(raw); k += 2 {
			if u := rune(raw[k])<<8 | rune(raw[k+1]); u < 0x80 && u != '&' && u != '+' && u != '~' && u != '\\' && u != '=' && u != '"' || u >= 0x80 && !unicode.IsGraphic(u) && (u < 0xd800 || u >= 0xe000) {
				return false
			}
		}
		found++
		if j < len(b) && b[j] == '-' {
			ended++
		}
		i = j
	}
	return found >= 2 && ended*2 > found // "+124 +128" might be characters by chance
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

// wideUnits reads UTF-16 and UTF-32 that have no mark. It looks for the zeros that spaces, line ends, digits and Latin letters have there.
//
// latin: only where nearly every pair has one, since the text is said to be something else.
func wideUnits(b []byte, latin bool) (string, bool) {
	if len(b) < 4 || bytes.IndexByte(b[:min(len(b), 4<<10)], 0) < 0 {
		return "", false
	}
	var zeros [4]int
	n := min(len(b), 4<<10) / 4 * 4
	for i, c := range b[:n] {
		if c == 0 {
			zeros[i%4]++
		}
	}
	quarter := n / 4
	switch {
	case zeros[2]*10 >= quarter*9 && zeros[3]*10 >= quarter*9 && len(b)%4 == 0:
		return decodeUTF32(b, false), true
	case zeros[0]*10 >= quarter*9 && zeros[1]*10 >= quarter*9 && len(b)%4 == 0:
		return decodeUTF32(b, true), true
	}
	even, odd := zeros[0]+zeros[2], zeros[1]+zeros[3]
	if len(b)%2 != 0 || even+odd == 0 || even > 0 && odd > 0 && min(even, odd)*5 > max(even, odd) {
		return "", false
	}
	// Latin text has a zero in most pairs; in other alphabets only spaces and line ends have one, but the other bytes are then no text either.
	if max(even, odd)*4 >= n/2*3 {
		return decodeUnits(b, even > odd), true
	}
	control := 0
	for _, c := range b[:n] {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			control++
		}
	}
	if latin || len(b) < 16 || max(even, odd)*20 < n/2 || control*5 < n && utf8.Valid(b) {
		return "", false
	}
	s := decodeUnits(b, even > odd)
	return s, oneScript(s)
}

// oneScript says whether nearly all letters of a text are of one alphabet and the rest is ordinary.
func oneScript(s string) bool {
	blocks := map[rune]int{}
	all := 0
	for _, r := range s {
		if r == utf8.RuneError || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		if r < 0x80 || r >= 0x2000 && r < 0x2070 || r >= 0x3000 && r < 0x3040 || r >= 0xff00 {
			continue
		}
		all++
		block := r >> 8
		if r >= 0x3040 && r < 0xa000 {
			block = 0x4e
		} else if r >= 0xac00 && r < 0xd7a4 {
			block = 0xac
		}
		blocks[block]++
	}
	for _, n := range blocks {
		if n*10 >= all*9 {
			return true
		}
	}
	return false
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
