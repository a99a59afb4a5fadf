package message

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// smime reads application/pkcs7-mime (RFC 8551). Signed data holds the mail in clear and is unwrapped without looking at the signature, since
// whether it is genuine is not decided here, and an empty case would be worse; encrypted data needs a key.
func (w *walker) smime(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
	w.leaves++
	a := Attachment{Filename: fileName(disp, ct, ""), ContentType: typ}
	var damaged bool
	dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	br := bufio.NewReaderSize(dec, 16<<10)
	// QUIRK: smime-type is missing or wrong in some mail, so the data itself is asked.
	head, _ := br.Peek(1 << 10)
	if _, what := cmsContent(bufio.NewReader(bytes.NewReader(head))); what != cmsSigned {
		kind := strings.ToLower(ct.params["smime-type"])
		if what == cmsUnknown && (kind == "compressed-data" || kind == "certs-only") {
			w.problem("The mail is in a form of S/MIME that cannot be opened here; it is kept as an attachment. Ask the sender to send it as plain mail.")
		} else {
			w.encrypted("smime")
		}
		w.attachment(a, br, func() bool { return s.eof && s.hit < 0 && len(s.stack) > 0 })
		s.skip()
		return nil
	}
	if pl.depth >= w.limits.Depth {
		w.problem("The mail is nested deeper than %d levels; what lies deeper is kept unread as an attachment.", w.limits.Depth)
		w.attachment(a, br, nil)
		s.skip()
		return nil
	}
	i := w.reserve(a)
	tap := newTap(br, w.shared)
	content, _ := cmsContent(bufio.NewReaderSize(tap, 16<<10))
	inner := newScanner(content)
	ih := readHeader(inner, w.limits.HeaderBytes, true)
	ih.decode("")
	n := w.part(inner, ih, place{depth: pl.depth + 1, root: true})
	_, _ = io.Copy(io.Discard, content)
	if content.broken {
		w.problem("The part of the mail that is signed with S/MIME is damaged; what could be read is shown.")
	}
	_, _ = io.Copy(io.Discard, tap)
	s.skip()
	w.deliver(i, tap)
	return n
}

type cmsKind int

const (
	cmsUnknown cmsKind = iota
	cmsSigned
	cmsEnveloped
)

// cmsContent reads the head of a CMS structure (RFC 5652) up to the signed content, and returns that as a stream. The structure is read as BER,
// with indefinite lengths and strings in pieces, since that is what programs write that stream.
func cmsContent(r *bufio.Reader) (*cmsReader, cmsKind) {
	b := &berReader{r: r}
	if tag, _, err := b.head(); err != nil || tag != berSequence { // ContentInfo
		return nil, cmsUnknown
	}
	oid, err := b.value(berOID, 32)
	if err != nil {
		return nil, cmsUnknown
	}
	switch string(oid) {
	case oidEnveloped, oidEncrypted, oidAuthEnveloped:
		return nil, cmsEnveloped
	case oidSigned:
	default:
		return nil, cmsUnknown
	}
	for _, want := range []byte{berContext0, berSequence} { // [0] SignedData
		if tag, _, err := b.head(); err != nil || tag != want {
			return nil, cmsUnknown
		}
	}
	if _, err := b.value(berInteger, 16); err != nil { // version
		return nil, cmsUnknown
	}
	if err := b.skip(berSet); err != nil { // digestAlgorithms
		return nil, cmsUnknown
	}
	if tag, _, err := b.head(); err != nil || tag != berSequence { // encapContentInfo
		return nil, cmsUnknown
	}
	if _, err := b.value(berOID, 32); err != nil {
		return nil, cmsUnknown
	}
	if tag, _, err := b.head(); err != nil || tag != berContext0 {
		return nil, cmsUnknown
	}
	return &cmsReader{b: b}, cmsSigned
}

const (
	berInteger     = 0x02
	berOctets      = 0x04
	berOctetPieces = 0x24
	berOID         = 0x06
	berSequence    = 0x30
	berSet         = 0x31
	berContext0    = 0xa0

	oidSigned        = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidEnveloped     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	oidEncrypted     = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
	oidAuthEnveloped = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17"
)

var errBER = errors.New("not a CMS structure")

// berReader reads tags and lengths from a stream.
type berReader struct {
	r *bufio.Reader
}

// head reads a tag and its length, -1 if indefinite. Tags above 30 do not occur in CMS heads.
func (b *berReader) head() (tag byte, length int64, err error) {
	tag, err = b.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	l, err := b.r.ReadByte()
	if err != nil {
		return 0, 0, err
	}
	switch {
	case l < 0x80:
		return tag, int64(l), nil
	case l == 0x80:
		return tag, -1, nil
	case l > 0x84:
		return 0, 0, errBER
	}
	for range l & 0x7f {
		c, err := b.r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		length = length<<8 | int64(c)
	}
	return tag, length, nil
}

// value reads a short primitive value of the tag that is expected.
func (b *berReader) value(want byte, limit int64) ([]byte, error) {
	tag, n, err := b.head()
	if err != nil {
		return nil, err
	}
	if tag != want || n < 0 || n > limit {
		return nil, errBER
	}
	v := make([]byte, n)
	_, err = io.ReadFull(b.r, v)
	return v, err
}

// skip reads over a value of the tag that is expected.
func (b *berReader) skip(want byte) error {
	tag, n, err := b.head()
	if err != nil {
		return err
	}
	if tag != want {
		return errBER
	}
	return b.body(n, 0)
}

func (b *berReader) body(n int64, depth int) error {
	if n >= 0 {
		_, err := io.CopyN(io.Discard, b.r, n)
		return err
	}
	if depth > 16 {
		return errBER
	}
	for {
		tag, n, err := b.head()
		if err != nil {
			return err
		}
		if tag == 0 && n == 0 {
			return nil
		}
		if err := b.body(n, depth+1); err != nil {
			return err
		}
	}
}

// cmsReader is the content of signed data: an octet string, whole or in pieces (which may again be in pieces).
type cmsReader struct {
	b       *berReader
	left    int64 // of the piece at hand
	open    []int64
	started bool
	done    bool
	broken  bool
}

func (c *cmsReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.left == 0 {
		if c.done {
			return 0, io.EOF
		}
		if err := c.nextPiece(); err != nil {
			c.done, c.broken = true, true
			return 0, io.EOF
		}
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.b.r.Read(p)
	c.left -= int64(n)
	if err != nil {
		c.done, c.broken, c.left = true, true, 0
		err = nil
		if n == 0 {
			err = io.EOF
		}
	}
	return n, err
}

// nextPiece moves to the next primitive piece. open holds for each string in pieces what is left of it, -1 if its length is indefinite.
func (c *cmsReader) nextPiece() error {
	// Close what is used up.
	for len(c.open) > 0 && c.open[len(c.open)-1] == 0 {
		c.open = c.open[:len(c.open)-1]
	}
	if c.started && len(c.open) == 0 {
		c.done = true
		return nil
	}
	tag, n, used, err := c.pieceHead()
	if err != nil {
		return err
	}
	c.started = true
	if k := len(c.open); k > 0 && c.open[k-1] > 0 {
		total := used + max(n, 0)
		if n < 0 || total > c.open[k-1] {
			return errBER
		}
		c.open[k-1] -= total
	}
	switch tag {
	case berOctets:
		if n < 0 {
			return errBER
		}
		c.left = n
		return nil
	case berOctetPieces:
		if len(c.open) >= 8 {
			return errBER
		}
		c.open = append(c.open, n)
		return nil
	case 0:
		if n == 0 && len(c.open) > 0 && c.open[len(c.open)-1] < 0 {
			c.open = c.open[:len(c.open)-1]
			if len(c.open) == 0 {
				c.done = true
			}
			return nil
		}
	}
	return errBER
}

// pieceHead is head that also says how many bytes it took.
func (c *cmsReader) pieceHead() (tag byte, length, used int64, err error) {
	peek, _ := c.b.r.Peek(2)
	used = 2
	if len(peek) == 2 && peek[1] > 0x80 {
		used += int64(peek[1] & 0x7f)
	}
	tag, length, err = c.b.head()
	return tag, length, used, err
}
