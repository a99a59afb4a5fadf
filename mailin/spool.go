package mailin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// excerpt is how much of the body of a mail that is too large is kept, after its header: enough for a person to see what it is about.
const excerpt = 256 << 10

// maxHeader is how far into a mail its header is looked for.
const maxHeader = 256 << 10

// spool is the private temporary file in which each mail lies between server and ledger, so that the size is known before the first byte is
// handed on and no mail is ever held in memory. One file serves one connection, mail after mail.
type spool struct {
	file    *os.File
	name    string // "" when the file has no name any more
	size    int64
	buffer  []byte
	problem error // of the file itself, as opposed to the server
}

func newSpool(dir string) (*spool, error) {
	file, err := os.CreateTemp(dir, "caseconsultant-mail-") // mode 0600
	if err != nil {
		return nil, err
	}
	s := &spool{file: file, name: file.Name(), buffer: make([]byte, 32<<10)}
	// A file without a name cannot be left behind by a crash. Where the system does not allow it, close removes it.
	if os.Remove(s.name) == nil {
		s.name = ""
	}
	return s, nil
}

func (s *spool) close() {
	_ = s.file.Close()
	if s.name != "" {
		_ = os.Remove(s.name)
	}
}

// reset empties the spool for the next mail.
func (s *spool) reset() error {
	s.size = 0
	return s.file.Truncate(0)
}

// Write appends; spool is the io.Writer that the literals of one mail are copied to.
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.file.WriteAt(p, s.size)
	s.size += int64(n)
	if err != nil {
		s.problem = err
	}
	return n, err
}

// errSpool marks failures of our own disk, for which no mail and no server is to blame.
var errSpool = errors.New("temporary file")

// fill appends up to limit bytes of r, which promises size of them. A reader that ends early is an error: the library reports a connection
// lost inside a literal as its end.
func (s *spool) fill(r io.Reader, size, limit int64) error {
	want := min(size, limit)
	n, err := io.CopyBuffer(onlyWriter{s}, io.LimitReader(r, want), s.buffer)
	switch {
	case s.problem != nil:
		return fmt.Errorf("%w: %w", errSpool, s.problem)
	case err != nil:
		return err
	case n < want:
		return io.ErrUnexpectedEOF
	}
	return nil
}

// onlyWriter hides everything but Write, so that io.CopyBuffer uses its buffer.
type onlyWriter struct{ io.Writer }

// keepExcerpt cuts the spool after the header and the first 256 KiB behind it.
func (s *spool) keepExcerpt() error {
	header, err := s.header()
	if err != nil {
		return err
	}
	if keep := int64(len(header)) + excerpt; keep < s.size {
		if err := s.file.Truncate(keep); err != nil {
			return fmt.Errorf("%w: %w", errSpool, err)
		}
		s.size = keep
	}
	return nil
}

// header returns the bytes up to and with the empty line, or, if there is none within maxHeader, all up to there.
func (s *spool) header() ([]byte, error) {
	// Most headers are far smaller than the most that is looked at.
	for _, span := range []int64{16 << 10, maxHeader} {
		block := make([]byte, min(s.size, span))
		if _, err := s.file.ReadAt(block, 0); err != nil && err != io.EOF {
			return nil, fmt.Errorf("%w: %w", errSpool, err)
		}
		if end := headerEnd(block); end >= 0 {
			return block[:end], nil
		}
		if int64(len(block)) == s.size || span == maxHeader {
			return block, nil
		}
	}
	return nil, nil // not reached
}

// headerEnd returns where the body begins, or -1. Lines may end in CRLF or LF.
func headerEnd(b []byte) int {
	if bytes.HasPrefix(b, []byte("\r\n")) {
		return 2
	}
	if bytes.HasPrefix(b, []byte("\n")) {
		return 1
	}
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
		switch rest := b[at:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return at + 1
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return at + 2
		}
	}
}

// open reads the mail from its start. Several readers may be open at once; all end with the next reset.
func (s *spool) open() (io.ReadCloser, error) {
	return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
}
