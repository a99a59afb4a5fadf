package authenticity

import (
	"bufio"
	"encoding/base64"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/idna"
)

// headerBytes bounds a mail's header: what is larger is not verified.
const headerBytes = 256 << 10

// field is one header field as it came, with CRLF line ends, the last one included.
type field string

func (f field) is(name string) bool {
	have, _, ok := strings.Cut(string(f), ":")
	return ok && strings.EqualFold(strings.TrimRight(have, " \t"), name)
}

func (f field) value() string {
	_, v, _ := strings.Cut(string(f), ":")
	return v
}

// relaxed is the canonical form of RFC 6376 section 3.4.2, without its line end.
func (f field) relaxed() string {
	name, value, _ := strings.Cut(string(f), ":")
	return strings.ToLower(strings.TrimRight(name, " \t")) + ":" + strings.Join(strings.FieldsFunc(value, isSpace), " ")
}

func isSpace(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }

type header struct {
	fields []field
}

func (h *header) count(name string) (n int) {
	for _, f := range h.fields {
		if f.is(name) {
			n++
		}
	}
	return n
}

// get is the value of the topmost field of a name, unfolded.
func (h *header) get(name string) (string, bool) {
	for _, f := range h.fields {
		if f.is(name) {
			return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(f.value())), true
		}
	}
	return "", false
}

// readMailHeader is a mail as far as it is needed: its header, and its body as digests of the canonical forms asked for.
type readMailHeader struct {
	header          header
	simple, relaxed *bodyHash
}

var errHeaderTooLarge = errors.New("the header is larger than what is verified")

// readMail reads a mail to its end in bounded memory. forms says from the header which forms of the body are needed.
func readMail(r io.Reader, forms func(*header) (simple, relaxed bool)) (*readMailHeader, error) {
	m := &readMailHeader{}
	in := bufio.NewReaderSize(r, 32<<10)
	left := headerBytes
	var line strings.Builder
	for {
		piece, err := in.ReadSlice('\n')
		left -= len(piece)
		if left < 0 {
			return nil, errHeaderTooLarge
		}
		line.Write(piece)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		text := strings.TrimSuffix(strings.TrimSuffix(line.String(), "\n"), "\r")
		line.Reset()
		if text == "" {
			break // the empty line, or the end
		}
		last := len(m.header.fields) - 1
		switch {
		case (text[0] == ' ' || text[0] == '\t') && last >= 0:
			m.header.fields[last] += field(text + "\r\n")
		case len(m.header.fields) == 0 && strings.HasPrefix(text, "From "): // an mbox line, which is none of the mail's fields
		default:
			m.header.fields = append(m.header.fields, field(text+"\r\n"))
		}
		if err != nil {
			break
		}
	}
	simple, relaxed := forms(&m.header)
	var to []io.Writer
	if simple {
		m.simple = newBodyHash(false)
		to = append(to, m.simple)
	}
	if relaxed {
		m.relaxed = newBodyHash(true)
		to = append(to, m.relaxed)
	}
	if len(to) == 0 {
		return m, nil
	}
	if _, err := io.Copy(io.MultiWriter(to...), in); err != nil {
		return nil, err
	}
	for _, h := range []*bodyHash{m.simple, m.relaxed} {
		if h != nil {
			h.finish()
		}
	}
	return m, nil
}

// tags is a list of "name=value" (RFC 6376 section 3.2).
type tags map[string]string

// parseTags reads a tag list. A tag that stands twice makes the whole list invalid.
func parseTags(s string) (tags, bool) {
	t := make(tags)
	for _, pair := range strings.Split(s, ";") {
		name, value, ok := strings.Cut(pair, "=")
		name = strings.TrimFunc(name, isSpace)
		if !ok {
			if name == "" {
				continue
			}
			return nil, false
		}
		if _, twice := t[name]; twice || name == "" {
			return nil, false
		}
		t[name] = strings.TrimFunc(value, isSpace)
	}
	return t, true
}

// bare is a tag's value without any white space, which may stand in signatures and between names.
func (t tags) bare(name string) string {
	return strings.Join(strings.FieldsFunc(t[name], isSpace), "")
}

func (t tags) list(name string) []string {
	v := t.bare(name)
	if v == "" {
		return nil
	}
	return strings.Split(v, ":")
}

func decode(s string) ([]byte, bool) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		b, err = base64.RawStdEncoding.DecodeString(s)
	}
	return b, err == nil
}

// hostName brings a domain into the form in which it is compared and looked up; false for what is none.
func hostName(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 { // U-labels (RFC 8616)
			ascii, err := idna.Lookup.ToASCII(s)
			if err != nil {
				return "", false
			}
			s = ascii
			break
		}
	}
	if s == "" || len(s) > 253 || !strings.Contains(s, ".") {
		return "", false
	}
	return s, isName(s)
}

// isName tells whether s is made of labels: letters, digits, hyphens and underscores.
func isName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
