package document

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// tokens reads the XML of office files leniently: a stray control character or a wrong byte costs that character, not the
// rest of the document. encoding/xml expands no entities of a document's own and opens no other resource.
type tokens struct {
	d   *xml.Decoder
	src *byteSource
	err error // what ended the reading before the end
}

func newTokens(r io.Reader) *tokens {
	src := &byteSource{store: make([]byte, sourceBytes)}
	head := make([]byte, 256)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		r = io.MultiReader(bytes.NewReader(head), r)
	} else {
		r = io.MultiReader(bytes.NewReader(head), failing{err})
	}
	src.r = decodedXML(head, r)
	t := &tokens{d: xml.NewDecoder(src), src: src}
	t.d.Strict = false
	t.d.Entity = xml.HTMLEntity
	t.d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // done by decodedXML
	return t
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// decodedXML yields UTF-8, whatever encoding the document has by its mark or its declaration.
func decodedXML(head []byte, r io.Reader) io.Reader {
	wide := func(order unicode.Endianness) io.Reader {
		return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(r)
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = io.ReadFull(r, make([]byte, 3))
		return r
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("<\x00")):
		return wide(unicode.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xfe\xff")), bytes.HasPrefix(head, []byte("\x00<")):
		return wide(unicode.BigEndian)
	}
	if _, rest, ok := bytes.Cut(head, []byte("encoding=")); ok && bytes.HasPrefix(head, []byte("<?xml")) && len(rest) > 1 {
		label, _, _ := bytes.Cut(rest[1:], rest[:1])
		if enc, name := charset.Lookup(string(label)); enc != nil && name != "utf-8" && !strings.HasPrefix(name, "utf-16") && name != "replacement" {
			return enc.NewDecoder().Reader(r)
		}
	}
	return r
}

// next returns the next token, nil at the end or where the document is broken.
func (t *tokens) next() xml.Token {
	if t.err != nil {
		return nil
	}
	t.src.since = 0
	// Raw tokens: an end that fits no beginning costs nothing then, and names keep the prefixes that everybody uses.
	tok, err := t.d.RawToken()
	if err == nil {
		return tok
	}
	if err != io.EOF {
		t.err = err
		if t.src.err != nil && t.src.err != io.EOF {
			t.err = t.src.err
		}
	}
	return nil
}

// inside gives the tokens up to the end of the element whose start was read last to take, those of its children included.
// false: the document ended before the element did.
func (t *tokens) inside(take func(xml.Token)) (whole bool) {
	for depth := 1; depth > 0; {
		tok := t.next()
		switch tok.(type) {
		case nil:
			return false
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		take(tok)
	}
	return true
}

// skip passes over the rest of the element whose start was read last.
func (t *tokens) skip() { t.inside(func(xml.Token) {}) }

// text returns the character data up to the end of the element whose start was read last, that of its children included,
// at most limit bytes of it.
func (t *tokens) text(limit int) string {
	var sb strings.Builder
	t.inside(func(tok xml.Token) {
		if data, ok := tok.(xml.CharData); ok && sb.Len() < limit {
			sb.Write(data[:min(len(data), limit-sb.Len())])
		}
	})
	return strings.ToValidUTF8(sb.String(), "")
}

// attr returns an attribute by its local name, "" if there is none.
func attr(e xml.StartElement, local string) string {
	for i := range e.Attr {
		if e.Attr[i].Name.Local == local {
			return e.Attr[i].Value
		}
	}
	return ""
}

const (
	sourceBytes = 32 << 10
	maxToken    = 8 << 20 // a single tag or text; encoding/xml holds it in memory
)

var errHugeToken = errors.New("document: a token of XML is too large")

// byteSource feeds the decoder with valid UTF-8 without the controls at which it would stop.
type byteSource struct {
	r     io.Reader
	store []byte
	buf   []byte // what was read last
	at    int
	tail  []byte // the beginning of a character whose rest has not come
	since int    // bytes since the last token
	err   error
}

func (s *byteSource) ReadByte() (byte, error) {
	if s.at == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	c := s.buf[s.at]
	s.at++
	return c, nil
}

func (s *byteSource) Read(p []byte) (int, error) {
	if s.at == len(s.buf) {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.at:])
	s.at += n
	return n, nil
}

func (s *byteSource) fill() error {
	if s.err != nil {
		return s.err
	}
	if s.since += s.at; s.since > maxToken {
		s.err = errHugeToken
		return s.err
	}
	s.at = 0
	for tries := 0; tries < 100; tries++ {
		raw := s.store
		kept := copy(raw, s.tail)
		s.tail = s.tail[:0]
		n, err := s.r.Read(raw[kept:])
		raw = raw[:kept+n]
		if err == nil {
			cut := incomplete(raw)
			s.tail = append(s.tail, raw[len(raw)-cut:]...)
			raw = raw[:len(raw)-cut]
		} else {
			s.err = err
		}
		s.buf = cleanXML(raw)
		if len(s.buf) > 0 {
			return nil
		}
		if err != nil {
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

// incomplete counts the last bytes that begin a character without ending it.
func incomplete(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= 0xc0 && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// cleanXML makes controls spaces, and replaces what is not UTF-8.
func cleanXML(b []byte) []byte {
	for i, c := range b {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			b[i] = ' '
		}
	}
	blankReferences(b)
	if utf8.Valid(b) && !bytes.Contains(b, []byte("\xef\xbf\xbe")) && !bytes.Contains(b, []byte("\xef\xbf\xbf")) {
		return b
	}
	clean := bytes.ToValidUTF8(b, []byte("?"))
	clean = bytes.ReplaceAll(clean, []byte("\xef\xbf\xbe"), []byte("?"))
	return bytes.ReplaceAll(clean, []byte("\xef\xbf\xbf"), []byte("?"))
}

// blankReferences makes spaces of references to characters that XML does not allow.
func blankReferences(b []byte) {
	for {
		i := bytes.Index(b, []byte("&#"))
		if i < 0 {
			return
		}
		b = b[i:]
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		if end < 0 {
			b = b[2:]
			continue
		}
		reference := b[:end+1]
		b = b[end+1:]
		digits, base := string(reference[2:end]), 10
		if rest, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
			digits, base = rest, 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || n == '\n' || n == '\t' || n == '\r' || n >= ' ' && n < 0xd800 || n >= 0xe000 && n < 0xfffe || n >= 0x10000 && n <= utf8.MaxRune {
			continue
		}
		for i := range reference {
			reference[i] = ' '
		}
	}
}
