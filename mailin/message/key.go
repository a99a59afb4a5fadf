package message

import (
	"crypto/sha256"
	"fmt"
	"io"
)

// ContentKey is what makes two mails the same: SHA-256 over the values of Message-ID, Date, From and Subject (the first
// field of each name, as it stands in the mail, unfolded and trimmed, each preceded by its length in decimal and a
// colon), and then the body with every line end made CRLF, a missing last one added. Trace fields, flags and other
// headers do not count: the same mail fetched from another folder or through another gateway has the same key.
//
// It reads r once and keeps no more than a header block. The error is that of r.
func ContentKey(r io.Reader) (key [32]byte, err error) {
	s := newScanner(r)
	h := readHeader(s, Limits{}.withDefaults().HeaderBytes, true)
	sum := sha256.New()
	for _, name := range []string{"Message-ID", "Date", "From", "Subject"} {
		v := unfolded(h.get(name))
		fmt.Fprintf(sum, "%d:%s", len(v), v)
	}
	open := false // a line has begun and not ended
	for {
		piece := s.next()
		if piece == nil {
			break
		}
		line := trimEOL(piece)
		sum.Write(line)
		open = len(line) > 0 || open
		if len(line) < len(piece) {
			sum.Write(endCRLF)
			open = false
		}
	}
	if open {
		sum.Write(endCRLF)
	}
	copy(key[:], sum.Sum(nil))
	return key, s.err
}

// unfolded brings a raw value to the form in which it is compared: runs of white space, which gateways fold anew, count
// as one space.
func unfolded(v string) string { return oneLine(v) }
