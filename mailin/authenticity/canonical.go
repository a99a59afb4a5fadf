package authenticity

import (
	"crypto/sha256"
	"hash"
)

// bodyHash is the SHA-256 of a body in one of the canonical forms of RFC 6376 section 3.4, made in constant memory: empty
// lines at the end are counted, not kept. A bare LF is a line end, as in mail that a mailbox has stored so.
type bodyHash struct {
	relaxed bool
	sum     hash.Hash
	digest  []byte
	length  int64 // of the canonical form

	buf     []byte
	cr      bool  // a CR that may begin a line end
	space   bool  // relaxed: white space before what comes next
	ends    int64 // line ends that count only if something follows
	written bool
}

func newBodyHash(relaxed bool) *bodyHash {
	return &bodyHash{relaxed: relaxed, sum: sha256.New(), buf: make([]byte, 0, 16<<10)}
}

func (b *bodyHash) put(c byte) {
	if len(b.buf) == cap(b.buf) {
		b.sum.Write(b.buf)
		b.buf = b.buf[:0]
	}
	b.buf = append(b.buf, c)
	b.length++
}

func (b *bodyHash) char(c byte) {
	if b.relaxed && (c == ' ' || c == '\t') {
		b.space = true
		return
	}
	for ; b.ends > 0; b.ends-- {
		b.put('\r')
		b.put('\n')
	}
	if b.space {
		b.put(' ')
		b.space = false
	}
	b.put(c)
	b.written = true
}

func (b *bodyHash) end() {
	b.space = false
	b.ends++
}

// Write implements io.Writer.
func (b *bodyHash) Write(p []byte) (int, error) {
	for _, c := range p {
		if b.cr {
			b.cr = false
			if c == '\n' {
				b.end()
				continue
			}
			b.char('\r')
		}
		switch c {
		case '\r':
			b.cr = true
		case '\n':
			b.end()
		default:
			b.char(c)
		}
	}
	return len(p), nil
}

// finish ends the body: with one line end, but for an empty relaxed one.
func (b *bodyHash) finish() {
	if b.cr {
		b.char('\r')
	}
	if b.written || !b.relaxed {
		b.put('\r')
		b.put('\n')
	}
	b.sum.Write(b.buf)
	b.digest = b.sum.Sum(nil)
	b.buf = nil
}
