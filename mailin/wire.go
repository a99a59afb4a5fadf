package mailin

import (
	"bytes"
	"errors"
	"net"
	"sync/atomic"
)

// wire reads along with what a server sends, to stop what the IMAP library cannot stand at all: a line without end, which it would collect in
// memory, and a parenthesis in a list of capabilities, over which it turns for ever without reading on. It understands only where lines and
// literals (RFC 9051 section 4.3) begin and end; bodies pass it unread.
type wire struct {
	start   []byte // of the line, as far as it is looked at
	tail    []byte // the last bytes of the line, where a literal is announced
	length  int    // of the line so far, literals not counted
	literal int64  // bytes of a literal still to come
	caps    capsState
	goodbye string // the line in which the server said BYE, as far as it is looked at
}

type capsState int

const (
	noCaps     capsState = iota
	capsLine             // * CAPABILITY ...
	capsInCode           // * OK [CAPABILITY ...]
)

const (
	startLooked = 200
	tailKept    = 32
	// maxLine is room for a SEARCH answer with some seven million UIDs.
	maxLine = 64 << 20
	// maxSmallLiteral bounds literals that are not the content of a mail.
	maxSmallLiteral = 64 << 10
)

var (
	errEndlessLine = errors.New("the server sent a line without end")
	errBadLiteral  = errors.New("the server announced an impossible literal")
	errBadCaps     = errors.New("the server sent an impossible list of capabilities")
)

// scan takes the next bytes of the server.
func (w *wire) scan(p []byte) error {
	for len(p) > 0 {
		if w.literal > 0 {
			skip := min(w.literal, int64(len(p)))
			w.literal -= skip
			p = p[skip:]
			continue
		}
		piece := p
		end := bytes.IndexByte(p, '\n')
		if end >= 0 {
			piece = p[:end+1]
		}
		p = p[len(piece):]
		if err := w.look(piece); err != nil {
			return err
		}
		if end < 0 {
			continue
		}
		size, announced := literalSize(w.tail)
		if !announced {
			goodbye := w.goodbye
			if len(w.start) >= 6 && w.start[0] == '*' && hasPrefixFold(string(w.start[:6]), "* BYE ") {
				goodbye = string(w.start)
			}
			*w = wire{start: w.start[:0], tail: w.tail[:0], goodbye: goodbye}
			continue
		}
		if size < 0 || size > maxSmallLiteral && !isContent(w.tail) {
			return errBadLiteral
		}
		w.literal = size
		w.tail = w.tail[:0]
	}
	return nil
}

// look takes a piece of a line.
func (w *wire) look(piece []byte) error {
	if w.length += len(piece); w.length > maxLine {
		return errEndlessLine
	}
	if room := tailKept - len(piece); room > 0 {
		w.tail = append(w.tail[max(0, len(w.tail)-room):], piece...)
	} else {
		w.tail = append(w.tail[:0], piece[len(piece)-tailKept:]...)
	}
	for _, b := range piece {
		if w.caps == noCaps {
			if len(w.start) >= startLooked {
				return nil
			}
			w.start = append(w.start, b)
			if b == ' ' {
				w.caps = capsBegin(w.start)
			}
			continue
		}
		switch {
		case b == '(':
			return errBadCaps
		case b == ']' && w.caps == capsInCode:
			w.caps = noCaps
			w.start = append(w.start, make([]byte, startLooked)...) // the rest is for people
			return nil
		}
	}
	return nil
}

// capsBegin reports whether a list of capabilities begins behind this start of a line.
func capsBegin(start []byte) capsState {
	start = bytes.ToUpper(start)
	switch {
	case bytes.Equal(start, []byte("* CAPABILITY ")):
		return capsLine
	case bytes.HasSuffix(start, []byte(" [CAPABILITY ")):
		return capsInCode
	}
	return noCaps
}

// literalSize reads the announcement of a literal at the end of a line: {123} and CRLF. A size that cannot be one is -1.
func literalSize(line []byte) (size int64, announced bool) {
	line, ok := bytes.CutSuffix(line, []byte("\n"))
	if !ok {
		return 0, false
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	if line, ok = bytes.CutSuffix(line, []byte("}")); !ok {
		return 0, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 || open == len(line)-1 {
		return 0, false
	}
	for _, b := range line[open+1:] {
		if b < '0' || b > '9' {
			return 0, false
		}
		if size > 1<<50 {
			return -1, true
		}
		size = size*10 + int64(b-'0')
	}
	return size, true
}

// isContent reports whether a literal is the content of a mail: BODY[...] {n} or BODY[...]<0> {n}.
func isContent(line []byte) bool {
	open := bytes.LastIndexByte(line, '{')
	return open >= 2 && line[open-1] == ' ' && (line[open-2] == ']' || line[open-2] == '>')
}

// guardedConn passes on what wire lets through, and ends the connection at the first thing that it does not.
type guardedConn struct {
	net.Conn
	wire wire
	// goodbye holds what the server said when it ended the session; the library keeps it to itself.
	goodbye atomic.Pointer[string]
}

func (c *guardedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bad := c.wire.scan(p[:n]); bad != nil {
		_ = c.Conn.Close()
		return 0, bad
	}
	if c.wire.goodbye != "" {
		goodbye := c.wire.goodbye
		c.goodbye.Store(&goodbye)
		c.wire.goodbye = ""
	}
	return n, err
}
