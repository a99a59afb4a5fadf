package message

import (
	"bytes"
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
	// A line of more than a buffer comes in pieces, and its CR and LF may come apart: CRs are held until it is known what follows.
	open, crs := false, 0
	for {
		piece := s.next()
		if piece == nil {
			break
		}
		line := bytes.TrimSuffix(piece, endLF)
		ended := len(line) < len(piece)
		text := bytes.TrimRight(line, "\r")
		if len(text) > 0 {
			for ; crs > 0; crs-- {
				sum.Write(endCRLF[:1])
			}
			sum.Write(text)
			open = true
		}
		crs += len(line) - len(text)
		if ended {
			sum.Write(endCRLF)
			open, crs = false, 0
		}
	}
	if open || crs > 0 {
		sum.Write(endCRLF)
	}
	copy(key[:], sum.Sum(nil))
	return key, s.err
}

// unfolded brings a raw value to the form in which it is compared: runs of white space, which gateways fold anew, count
// as one space.
func unfolded(v string) string { return oneLine(v) }
