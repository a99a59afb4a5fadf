package codebook

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// lineReader gives the lines of an official text file: without line ends (CRLF, LF, or a lone CR at the end), without a byte order mark,
// as UTF-8. A line that is not UTF-8 is read as Windows-1252, which is what CMS writes.
type lineReader struct {
	file string
	r    *bufio.Reader
	n    int // number of the line given last, from 1
}

func newLineReader(file string, r io.Reader) *lineReader {
	return &lineReader{file: file, r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line, or io.EOF after the last. An error names the line.
func (l *lineReader) next() (string, error) {
	raw, err := l.r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := bytes.Clone(raw)
		for errors.Is(err, bufio.ErrBufferFull) {
			raw, err = l.r.ReadSlice('\n')
			if long = append(long, raw...); len(long) > maxLineBytes {
				return "", &FileError{File: l.file, Line: l.n + 1, Column: maxLineBytes, Want: "the end of the line (a text file with lines)"}
			}
		}
		raw = long
	}
	if err != nil && (!errors.Is(err, io.EOF) || len(raw) == 0) {
		if errors.Is(err, io.EOF) {
			return "", io.EOF
		}
		return "", &FileError{File: l.file, Line: l.n + 1, Want: "a line", Err: err}
	}
	l.n++
	if l.n == 1 {
		raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	}
	raw = bytes.TrimRight(raw, "\r\n\x1a") // 0x1A: the end-of-file mark of old DOS programs
	if i := bytes.IndexByte(raw, 0); i >= 0 {
		return "", &FileError{File: l.file, Line: l.n, Column: i + 1, Want: "text (if this is UTF-16, save it as UTF-8)", Got: "a NUL byte"}
	}
	return decodeText(raw), nil
}

// fault is an error at a column of the line given last.
func (l *lineReader) fault(column int, want, got string) error {
	return &FileError{File: l.file, Line: l.n, Column: column, Want: want, Got: got}
}

func decodeText(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return string(out)
}

// columns returns characters from to to (from 1, inclusive) of a fixed-width line, trimmed of blanks; what lies beyond the end is empty.
// Positions are characters: the files are one byte a character, and stay aligned when someone saved them as UTF-8.
func columns(line string, from, to int) string {
	return strings.Trim(rawColumns(line, from, to), " \t\u00a0")
}

func rawColumns(line string, from, to int) string {
	if !ascii(line) {
		runes := []rune(line)
		if from > len(runes) {
			return ""
		}
		return string(runes[from-1 : min(to, len(runes))])
	}
	if from > len(line) {
		return ""
	}
	return line[from-1 : min(to, len(line))]
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// squeeze joins runs of white space to one blank and trims.
func squeeze(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c < ' ' || c == ' ' && (i == 0 || i+1 == len(s) || s[i+1] == ' ') {
			return strings.Join(strings.Fields(s), " ")
		}
	}
	return s
}

// faults gathers what is wrong in a file, so that a person can mend all of it at once, up to a bound.
type faults struct{ list []error }

const maxFaults = 10

// add reports whether reading on is pointless.
func (f *faults) add(err error) bool {
	f.list = append(f.list, err)
	return len(f.list) >= maxFaults
}

func (f *faults) err() error {
	if len(f.list) >= maxFaults {
		return errors.Join(append(f.list, errors.New("and perhaps more: reading stopped there"))...)
	}
	return errors.Join(f.list...)
}

// strays counts what is borne with, where one odd row among thousands must not keep the others from being read, and keeps the first of it.
type strays struct {
	n     int
	first string
}

func (s *strays) add(what string, line int) {
	if s.n++; s.n == 1 {
		s.first = fmt.Sprintf("%q in line %d", clip(what, 30), line)
	}
}

// warn says in the report how many there were, and what became of them.
func (s *strays) warn(warnings []string, in input, fate string) []string {
	if s.n == 0 {
		return warnings
	}
	return append(warnings, fmt.Sprintf("%s: %d %s, the first %s", in.path, s.n, fate, s.first))
}

// everyLine calls f for every line. An error of f counts as a fault of its line, of which up to ten are gathered.
func everyLine(ctx context.Context, in input, r io.Reader, f func(lines *lineReader, line string) error) error {
	var bad faults
	lines := newLineReader(in.path, r)
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return bad.err()
		}
		if err != nil {
			return err
		}
		if lines.n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := f(lines, line); err != nil && bad.add(err) {
			return bad.err()
		}
	}
}

// eachLine is everyLine without the blank ones.
func eachLine(ctx context.Context, in input, r io.Reader, f func(lines *lineReader, line string) error) error {
	return everyLine(ctx, in, r, func(lines *lineReader, line string) error {
		if strings.TrimSpace(line) == "" {
			return nil
		}
		return f(lines, line)
	})
}
