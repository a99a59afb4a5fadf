package message

import (
	"encoding/base64"
	"io"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding leniently. damaged is set when bytes had to be skipped or repaired.
func decodeTransfer(r io.Reader, encoding string, damaged *bool) (dec io.Reader, known bool) {
	encoding = strings.ToLower(strings.Trim(strings.TrimSpace(stripComments(encoding)), `"'`))
	if i := strings.IndexAny(encoding, " ;,"); i > 0 {
		encoding = encoding[:i]
	}
	switch encoding {
	case "base64", "b", "base-64", "base64encoding":
		return &base64Reader{r: r, damaged: damaged}, true
	case "quoted-printable", "qp", "quotedprintable", "quoted_printable", "quoted-printeable":
		return &qpReader{r: r, damaged: damaged}, true
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "7bits", "8bits", "utf-8", "us-ascii":
		return r, true
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return &uuReader{lines: newLineReader(r), damaged: damaged}, true
	}
	return r, false
}

// base64Reader decodes base64 and skips everything that is not of its alphabet. Padding ends a group, not the data: some programs encode a
// file in several padded runs.
type base64Reader struct {
	r       io.Reader
	damaged *bool
	in      [12 << 10]byte
	group   [12<<10 + 4]byte // alphabet bytes not yet decoded
	n       int
	out     []byte
	buf     [9<<10 + 8]byte
	padded  bool // the padding of a last group was seen
	ended   bool // what follows is not base64
	err     error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(b.out) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		n, err := b.r.Read(b.in[:])
		if b.ended {
			n = 0
		}
		b.fill(b.in[:n])
		if err != nil {
			b.err = err
			if b.n >= 2 { // an unpadded or cut last group
				b.decodeGroup(b.n)
			}
			if b.n == 1 {
				*b.damaged = true
			}
			b.n = 0
		}
	}
	n := copy(p, b.out)
	b.out = b.out[n:]
	return n, nil
}

// fill takes raw bytes and decodes the whole groups among them into out. It is only called when out is empty.
func (b *base64Reader) fill(in []byte) {
	b.out = b.buf[:0]
	for i := 0; i < len(in); i++ {
		c := in[i]
		switch {
		case isBase64(c):
			b.group[b.n] = c
			b.n++
		case c == '=':
			b.padded = true
			if b.n%4 != 0 {
				b.decodeGroup(b.n)
				b.n = 0
			}
		case c == '\n':
			if b.padded && prose(in[i+1:]) {
				// A mailing list added its footer below the encoded text without encoding it.
				*b.damaged, b.ended = true, true
				in = in[:i]
			}
		case c == '\r', c == ' ', c == '\t':
		default:
			*b.damaged = true
		}
	}
	whole := b.n / 4 * 4
	rest := b.n - whole
	if whole > 0 {
		var tail [4]byte
		copy(tail[:], b.group[whole:b.n])
		b.decodeGroup(whole)
		copy(b.group[:], tail[:rest])
		b.n = rest
	}
}

// prose says that the first line of b cannot be base64.
func prose(b []byte) bool {
	for i, c := range b {
		switch {
		case c == '\n', c == '\r':
			return false
		case isBase64(c), c == '=':
		case c == ' ', c == '\t':
			if i+1 < len(b) && b[i+1] > ' ' {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// decodeGroup appends the decoding of the first n collected bytes to out.
func (b *base64Reader) decodeGroup(n int) {
	if n%4 == 1 {
		*b.damaged = true
		n--
	}
	if n == 0 {
		return
	}
	start := len(b.out)
	b.out = b.out[:start+base64.RawStdEncoding.DecodedLen(n)]
	m, _ := base64.RawStdEncoding.Decode(b.out[start:], b.group[:n]) // only alphabet bytes: cannot fail
	b.out = b.out[:start+m]
}

// decodeBase64 decodes what can be decoded of a short text, as base64Reader does it.
func decodeBase64(in []byte) []byte {
	out := make([]byte, 0, base64.RawStdEncoding.DecodedLen(len(in)))
	group := make([]byte, 0, len(in))
	flush := func() {
		if len(group)%4 == 1 {
			group = group[:len(group)-1]
		}
		out, _ = base64.RawStdEncoding.AppendDecode(out, group) // only alphabet bytes: cannot fail
		group = group[:0]
	}
	for _, c := range in {
		switch {
		case isBase64(c):
			group = append(group, c)
		case c == '=' && len(group)%4 != 0:
			flush()
		}
	}
	flush()
	return out
}

// qpReader decodes quoted-printable; what is not well formed stays as it is (RFC 2045, section 6.7, note on robustness).
type qpReader struct {
	r       io.Reader
	damaged *bool
	in      [8 << 10]byte
	have    []byte // raw bytes not yet decoded
	out     []byte
	buf     [8<<10 + 64]byte
	err     error
}

func (q *qpReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(q.out) == 0 {
		if q.err != nil && len(q.have) == 0 {
			return 0, q.err
		}
		if q.err == nil {
			k := copy(q.in[:], q.have)
			n, err := q.r.Read(q.in[k:])
			q.have, q.err = q.in[:k+n], err
		}
		q.decode()
	}
	n := copy(p, q.out)
	q.out = q.out[n:]
	return n, nil
}

// decode decodes have into out, and leaves in have what needs bytes still to come.
func (q *qpReader) decode() {
	in, out := q.have, q.buf[:0]
	last := q.err != nil
	i := 0
loop:
	for i < len(in) {
		c := in[i]
		switch {
		case c == '=':
			// White space after a soft break's "=" is what gateways add.
			j := i + 1
			for j < len(in) && (in[j] == ' ' || in[j] == '\t') {
				j++
			}
			switch {
			case j >= len(in) && last:
				i = j // a soft break at the end of the text
			case j >= len(in) || in[j] == '\r' && j+1 >= len(in) && !last:
				if j-i > 512 { // not a soft break
					*q.damaged = true
					out = append(out, '=')
					i++
					continue
				}
				break loop
			case in[j] == '\n':
				i = j + 1
			case in[j] == '\r' && (j+1 >= len(in) || in[j+1] == '\n'):
				i = min(j+2, len(in))
			case in[j] == '\r':
				i = j + 1
			case i+2 >= len(in) && !last:
				break loop
			case i+2 < len(in) && unhex(in[i+1]) >= 0 && unhex(in[i+2]) >= 0:
				out = append(out, byte(unhex(in[i+1])<<4|unhex(in[i+2])))
				i += 3
			default:
				*q.damaged = true
				out = append(out, '=')
				i++
			}
		case c == ' ' || c == '\t':
			// White space at the end of a line was added in transport and does not count.
			j := i
			for j < len(in) && (in[j] == ' ' || in[j] == '\t') {
				j++
			}
			if j >= len(in) && !last && j-i <= 512 {
				break loop
			}
			if j < len(in) && (in[j] == '\n' || in[j] == '\r') || j >= len(in) && last {
				i = j
				continue
			}
			out = append(out, in[i:j]...)
			i = j
		default:
			out = append(out, c)
			i++
		}
	}
	q.out = out
	q.have = in[i:]
}
