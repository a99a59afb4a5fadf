package message

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// scanBuffer is the longest line that is seen as one; longer ones come in pieces, which only bodies have.
const scanBuffer = 64 << 10

// scanner reads one message line by line and knows the boundaries of all multiparts that are open, so that the boundary of an outer multipart
// ends an inner one that was never closed (RFC 2046, section 5.1.2). Time is linear in the bytes: each line is looked at once, and compared with
// the boundaries only if it begins with "--".
type scanner struct {
	r     *bufio.Reader
	ahead [][]byte // lines given back, read before r: the last one first. None is empty.

	stack []string // boundaries of the open multiparts, outermost first; "" is one that is still to be found out
	found []string // for each of them one that was found by looking, "" if none was
	bol   bool     // the next piece begins a line

	halve   bool // each line end stands twice: every second one is passed over
	doubled bool // a line was read that way
	hit     int  // level of the boundary line met last, -1 if none since the last reset
	closing bool // that line closes its multipart
	shared  bool // a multipart was closed that has the boundary of the one around it, so that nobody can tell which
	eof     bool
	err     error // what ended the reading, if not the end of the mail
}

func newScanner(r io.Reader) *scanner {
	br := bufio.NewReaderSize(r, scanBuffer)
	// QUIRK: a mail with nothing but CR line ends (old Macintosh programs, broken gateways) is one single line to everybody else.
	if peek, _ := br.Peek(4096); bytes.IndexByte(peek, '\r') >= 0 && bytes.IndexByte(peek, '\n') < 0 && bareCR(br) {
		br = bufio.NewReaderSize(&crReader{r: br}, scanBuffer)
	}
	return &scanner{r: br, bol: true, hit: -1}
}

// bareCR says whether the first buffer full of the mail has CRs but no LF at all.
func bareCR(br *bufio.Reader) bool {
	peek, _ := br.Peek(scanBuffer)
	return bytes.IndexByte(peek, '\n') < 0
}

// crReader turns every bare CR into LF; a CR before an LF is left alone.
type crReader struct {
	r *bufio.Reader
}

func (c *crReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.r.Read(p)
	for i := range n {
		if p[i] != '\r' {
			continue
		}
		if i+1 < n {
			if p[i+1] == '\n' {
				continue
			}
		} else if next, _ := c.r.Peek(1); len(next) == 1 && next[0] == '\n' {
			continue
		}
		p[i] = '\n'
	}
	return n, err
}

// next returns the next line with its line end, or a piece of at most scanBuffer bytes of a longer one. The bytes are valid until the next
// call. At the end it returns nil and sets eof.
func (s *scanner) next() []byte {
	if n := len(s.ahead); n > 0 {
		line := s.ahead[n-1]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i+1]
		}
		if s.ahead[n-1] = s.ahead[n-1][len(line):]; len(s.ahead[n-1]) == 0 {
			s.ahead = s.ahead[:n-1]
		}
		return line
	}
	if s.eof {
		return nil
	}
	line, err := s.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if len(line) > 0 {
			return line // the end is met again at the next call
		}
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
		return nil
	}
	return line
}

// giveBack puts whole lines before what is still to be read.
func (s *scanner) giveBack(lines ...[]byte) {
	if all := bytes.Join(lines, nil); len(all) > 0 {
		s.ahead = append(s.ahead, all)
	}
	s.bol = true
}

// peekLine returns the next line without consuming it, nil at the end.
func (s *scanner) peekLine() []byte {
	if n := len(s.ahead); n > 0 {
		line := s.ahead[n-1]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			return line[:i+1]
		}
		return line
	}
	for n := 256; ; n *= 4 {
		n = min(n, scanBuffer)
		peek, err := s.r.Peek(n)
		if i := bytes.IndexByte(peek, '\n'); i >= 0 {
			return peek[:i+1]
		}
		if err != nil || n == scanBuffer {
			return peek
		}
	}
}

// push opens a multipart; pop closes it and all that is inside.
func (s *scanner) push(boundary string) (level int) {
	s.stack, s.found = append(s.stack, boundary), append(s.found, "")
	return len(s.stack) - 1
}

// find notes a boundary that was found by looking. The one that the mail states counts, too: it may be only the first line that is damaged.
func (s *scanner) find(level int, boundary string) {
	if s.stack[level] == "" {
		s.stack[level] = boundary
		return
	}
	s.found[level] = boundary
}

func (s *scanner) pop(level int) { s.stack, s.found = s.stack[:level], s.found[:level] }

// match says whether the line is a boundary line of an open multipart, and sets hit and closing.
func (s *scanner) match(line []byte) bool {
	if len(line) < 3 || line[0] != '-' || line[1] != '-' || len(s.stack) == 0 {
		return false
	}
	text := bytes.TrimRight(line[2:], " \t\r\n")
	if len(text) == 0 {
		return false
	}
	for i := len(s.stack) - 1; i >= 0; i-- {
		if string(text) == s.stack[i] || s.found[i] != "" && string(text) == s.found[i] {
			s.hit, s.closing = i, false
			return true
		}
	}
	for i := len(s.stack) - 1; i >= 0; i-- {
		if closesParts(text, s.stack[i]) || closesParts(text, s.found[i]) {
			s.hit, s.closing = i, true
			return true
		}
	}
	return false
}

// closesParts says whether a line is the closing one of a boundary.
//
// QUIRK: some gateways glue a footer to it ("--b--Virus scanned").
func closesParts(text []byte, b string) bool {
	return b != "" && len(text) >= len(b)+2 && string(text[:len(b)]) == b && text[len(b)] == '-' && text[len(b)+1] == '-'
}

// line returns the next piece of the current part, nil when a boundary line (hit) or the end of the mail (eof) ends it. start says that the piece
// begins a line.
func (s *scanner) line() (piece []byte, start bool) {
	start = s.bol
	if s.halve && start {
		s.skipBlank()
	}
	piece = s.next()
	if piece == nil {
		return nil, start
	}
	s.bol = piece[len(piece)-1] == '\n'
	if start && s.match(piece) {
		s.bol = true
		return nil, start
	}
	if at := s.glued(piece); at > 0 {
		text := append(bytes.Clone(piece[:at]), '\n')
		s.giveBack(piece[at:])
		return text, start
	}
	return piece, start
}

// gluedBytes is how long a boundary must be to be looked for at the end of a line of text.
const gluedBytes = 12

// glued returns where in a line a boundary line begins that a program forgot to put on a line of its own, 0 if none does.
func (s *scanner) glued(piece []byte) int {
	if len(s.stack) == 0 || len(piece) > 4<<10 {
		return 0
	}
	text := bytes.TrimRight(piece, " \t\r\n")
	if len(text) == len(piece) { // a boundary line has an end
		return 0
	}
	text = bytes.TrimSuffix(text, []byte("--"))
	for _, b := range s.stack {
		if at := len(text) - len(b) - 2; len(b) >= gluedBytes && at > 0 && text[at] == '-' && text[at+1] == '-' && string(text[at+2:]) == b {
			return at
		}
	}
	return 0
}

// skipBlank passes over the empty line that doubles the end of the line before it; of two, one was there before.
func (s *scanner) skipBlank() {
	if s.doubled {
		if next := s.peekLine(); len(next) > 0 && len(bytes.TrimRight(next, "\r\n")) == 0 {
			s.next()
		}
	}
	s.doubled = true
}

// begin forgets the last boundary, so that the next part can be read.
func (s *scanner) begin() { s.hit, s.closing = -1, false }

// over says that the current part has ended.
func (s *scanner) over() bool { return s.hit >= 0 || (s.eof && len(s.ahead) == 0) }

// skip reads on to the next boundary line or the end.
func (s *scanner) skip() {
	for !s.over() {
		s.line()
	}
}

// partReader is the raw body of the current part as a stream: up to the next boundary line, without the line end that belongs to it.
type partReader struct {
	s     *scanner
	piece []byte // not yet handed on; points into the scanner's buffer
	held  []byte // a line end that is content only if no boundary line follows
}

func (p *partReader) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		if len(p.piece) > 0 {
			c := copy(b[n:], p.piece)
			p.piece = p.piece[c:]
			n += c
			continue
		}
		if p.s.over() {
			break
		}
		piece, _ := p.s.line()
		if piece == nil {
			if p.s.hit < 0 { // the mail ends here: the last line end is content
				p.piece, p.held = p.held, nil
			}
			continue
		}
		if len(p.held) > 0 {
			// The held line end is at most two bytes: hand it on with what fits.
			if len(b)-n < len(p.held) {
				p.piece = append(append([]byte(nil), p.held...), piece...)
				p.held = lineEnd(p.piece)
				p.piece = p.piece[:len(p.piece)-len(p.held)]
				continue
			}
			n += copy(b[n:], p.held)
		}
		p.held = lineEnd(piece)
		p.piece = piece[:len(piece)-len(p.held)]
	}
	if n > 0 {
		return n, nil
	}
	if len(b) == 0 {
		return 0, nil
	}
	if p.s.err != nil {
		return 0, p.s.err
	}
	return 0, io.EOF
}

var (
	endCRLF = []byte("\r\n")
	endLF   = []byte("\n")
)

// lineEnd returns the line end of a piece, as bytes that outlive it.
func lineEnd(piece []byte) []byte {
	n := len(piece)
	switch {
	case n >= 2 && piece[n-1] == '\n' && piece[n-2] == '\r':
		return endCRLF
	case n >= 1 && piece[n-1] == '\n':
		return endLF
	}
	return nil
}

// restore gives lines back that were read before the part ended; if a boundary line had ended it, that line is met again after them.
func (s *scanner) restore(lines [][]byte) {
	if s.hit >= 0 {
		mark := "--" + s.stack[s.hit]
		if s.closing {
			mark += "--"
		}
		lines = append(lines, []byte(mark+"\n"))
		s.begin()
	}
	s.giveBack(lines...)
}

// window returns what is buffered of the bytes to come, without consuming them.
func (s *scanner) window() []byte {
	if n := len(s.ahead); n > 0 {
		// What was given back may be no more than a line or two.
		b := s.ahead[n-1]
		for i := n - 2; i >= 0 && len(b) < 4<<10; i-- {
			b = append(b[:len(b):len(b)], s.ahead[i][:min(len(s.ahead[i]), 8<<10)]...)
		}
		if len(b) < 4<<10 {
			_, _ = s.r.Peek(8 << 10)
			more, _ := s.r.Peek(min(s.r.Buffered(), 8<<10))
			b = append(b[:len(b):len(b)], more...)
		}
		return b
	}
	_, _ = s.r.Peek(8 << 10)
	b, _ := s.r.Peek(s.r.Buffered())
	return b
}
