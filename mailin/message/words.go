package message

import (
	"strings"
)

// encodedWord is one =?charset?encoding?text?= of RFC 2047.
type encodedWord struct {
	charset string
	base64  bool
	text    string
}

// decodeWords decodes the encoded words of a header value and makes it one line of valid UTF-8.
//
// It is more lenient than RFC 2047, as mail is: words within quoted strings or glued to other text, with spaces inside, without their end, and
// words of one charset whose bytes were cut within a character or within a base64 group are decoded together.
func decodeWords(v string) string {
	if !strings.Contains(v, "=?") {
		return oneLine(v)
	}
	var sb strings.Builder
	var run []encodedWord
	flush := func() {
		if len(run) > 0 {
			sb.WriteString(decodeRun(run))
			run = run[:0]
		}
	}
	rest := v
	for rest != "" {
		i := strings.Index(rest, "=?")
		if i < 0 {
			break
		}
		w, n := parseWord(rest[i:])
		if n == 0 {
			flush()
			sb.WriteString(rest[:i+2])
			rest = rest[i+2:]
			continue
		}
		between := rest[:i]
		if len(run) == 0 || strings.Trim(between, " \t\r\n") != "" {
			flush()
			sb.WriteString(between)
		}
		if len(run) > 0 && !strings.EqualFold(run[0].charset, w.charset) {
			flush()
		}
		run = append(run, w)
		rest = rest[i+n:]
	}
	flush()
	sb.WriteString(rest)
	return oneLine(sb.String())
}

// parseWord reads an encoded word at the start of s; n is its length, 0 if there is none.
func parseWord(s string) (w encodedWord, n int) {
	q1 := strings.IndexByte(s[2:], '?')
	if q1 < 0 || q1 > 64 {
		return w, 0
	}
	w.charset = s[2 : 2+q1]
	if strings.ContainsAny(w.charset, " \t=\"<>") {
		return w, 0
	}
	if i := strings.IndexByte(w.charset, '*'); i >= 0 { // language, RFC 2231
		w.charset = w.charset[:i]
	}
	pos := 2 + q1 + 1
	if len(s) < pos+2 || s[pos+1] != '?' {
		return w, 0
	}
	switch s[pos] {
	case 'B', 'b':
		w.base64 = true
	case 'Q', 'q':
	default:
		return w, 0
	}
	pos += 2
	end := strings.Index(s[pos:], "?=")
	if end < 0 {
		// Cut off at the end of the value, as programs do that limit its length.
		w.text = strings.TrimRight(s[pos:], "?")
		if strings.ContainsAny(w.text, "<>\"") {
			return w, 0
		}
		return w, len(s)
	}
	w.text = s[pos : pos+end]
	return w, pos + end + 2
}

// decodeRun decodes adjacent words of one charset.
func decodeRun(run []encodedWord) string {
	var raw []byte
	pending := "" // base64 that ends within a group
	for _, w := range run {
		if !w.base64 {
			if pending != "" {
				raw = append(raw, decodeBase64([]byte(pending))...)
				pending = ""
			}
			raw = append(raw, decodeQ(w.text)...)
			continue
		}
		t := pending + strings.Map(func(r rune) rune {
			if r < 0x80 && (isBase64(byte(r)) || r == '=') {
				return r
			}
			return -1
		}, w.text)
		pending = ""
		if len(t)%4 != 0 && !strings.HasSuffix(t, "=") {
			cut := len(t) / 4 * 4
			t, pending = t[:cut], t[cut:]
		}
		raw = append(raw, decodeBase64([]byte(t))...)
	}
	if pending != "" {
		raw = append(raw, decodeBase64([]byte(pending))...)
	}
	text, _ := toUTF8(raw, run[0].charset)
	return text
}

// decodeQ decodes the Q encoding; what is not well formed stays.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			out = append(out, ' ')
		case c == '=' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

// unhex returns the value of a hexadecimal digit, -1 if it is none.
func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
