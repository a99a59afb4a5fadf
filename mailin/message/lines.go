package message

import (
	"bufio"
	"errors"
	"io"
)

// lineReader reads lines of at most scanBuffer bytes from a stream.
type lineReader struct {
	r *bufio.Reader
}

func newLineReader(r io.Reader) *lineReader {
	if br, ok := r.(*bufio.Reader); ok {
		return &lineReader{r: br}
	}
	return &lineReader{r: bufio.NewReaderSize(r, 4<<10)}
}

// next returns the next line with its line end, or a piece of a longer one, valid until the next call. It returns an error only without bytes.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && len(line) == 0 {
		return nil, err
	}
	return line, nil
}

// uuReader decodes uuencoded lines up to "end". A "begin" line before them is skipped.
type uuReader struct {
	lines   *lineReader
	damaged *bool
	out     []byte
	buf     [64]byte
	done    bool
}

func (u *uuReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for len(u.out) == 0 {
		if u.done {
			return 0, io.EOF
		}
		line, err := u.lines.next()
		if err != nil {
			u.done = true
			*u.damaged = true // no "end"
			if errors.Is(err, io.EOF) {
				return 0, io.EOF
			}
			return 0, err
		}
		text := trimEOL(line)
		switch {
		case string(text) == "end":
			u.done = true
		case len(text) == 0, string(text) == "`", string(text) == " ":
		default:
			if _, _, ok := uuBegin(text); ok {
				continue
			}
			out, ok := uuLine(u.buf[:0], text)
			if !ok {
				*u.damaged = true
				continue
			}
			u.out = out
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// uuLine decodes one line.
func uuLine(dst, line []byte) ([]byte, bool) {
	if len(line) == 0 || line[0] < ' ' || line[0] > '`' {
		return dst, false
	}
	n := int(line[0]-' ') & 0x3f
	body := line[1:]
	need := (n + 2) / 3 * 4
	// Trailing spaces may have been cut; a check character may have been added.
	if n == 0 || len(body) > need+2 || len(body)+4 < need {
		return dst, false
	}
	at := func(i int) (byte, bool) {
		if i >= len(body) {
			return 0, true
		}
		c := body[i]
		if c < ' ' || c > '`' {
			return 0, false
		}
		return (c - ' ') & 0x3f, true
	}
	for i := 0; n > 0; i += 4 {
		a, ok1 := at(i)
		b, ok2 := at(i + 1)
		c, ok3 := at(i + 2)
		d, ok4 := at(i + 3)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			return dst, false
		}
		three := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		dst = append(dst, three[:min(n, 3)]...)
		n -= 3
	}
	return dst, true
}

// uuBegin reads "begin 644 name".
func uuBegin(line []byte) (mode, name string, ok bool) {
	const word = "begin "
	if len(line) < len(word)+5 || string(line[:len(word)]) != word {
		return "", "", false
	}
	rest := line[len(word):]
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '7' {
		n++
	}
	if n < 3 || n > 4 || n >= len(rest) || rest[n] != ' ' || len(rest) < n+2 {
		return "", "", false
	}
	return string(rest[:n]), string(rest[n+1:]), true
}

func trimEOL(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}
