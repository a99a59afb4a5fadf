package rtf

import "io"

// source is a window on the bytes of a document. Those of a document in memory are all in it from the beginning.
type source struct {
	in      io.Reader
	buf     []byte
	at, end int
	err     error // of in, io.EOF at its end
}

// ahead makes sure that n bytes can be looked at; n is small.
func (s *source) ahead(n int) bool {
	for s.end-s.at < n {
		if s.err != nil {
			return false
		}
		s.fill()
	}
	return true
}

// fill reads on behind what was not taken yet.
func (s *source) fill() {
	if s.at > 0 {
		s.end = copy(s.buf, s.buf[s.at:s.end])
		s.at = 0
	}
	// A reader that gives nothing and no error is asked again, but not for ever.
	for range 100 {
		n, err := s.in.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// drop passes over n bytes, or those that are left.
func (s *source) drop(n int) {
	for {
		k := min(n, s.end-s.at)
		s.at += k
		n -= k
		if n == 0 || !s.ahead(1) {
			return
		}
	}
}

// literal takes the bytes of text that come next, up to a backslash, a brace, a line end, a tab or a zero; at least one byte is in the window. A
// longer text than half a window comes in pieces.
func (s *source) literal() []byte {
	n := 0
	for {
		for s.at+n < s.end && !steers[s.buf[s.at+n]] {
			n++
		}
		if s.at+n < s.end || s.err != nil || n >= len(s.buf)/2 {
			s.at += n
			return s.buf[s.at-n : s.at]
		}
		s.fill()
	}
}

// steers are the bytes that are not themselves.
var steers = [256]bool{'\\': true, '{': true, '}': true, '\r': true, '\n': true, '\t': true, 0: true}

// word takes a control word, its number and the space that belongs to it; a letter is in the window. The bytes are good until the next call.
func (s *source) word(buf *[maxWord]byte) (word []byte, n int, has bool) {
	word = buf[:0]
	for s.ahead(1) && isLetter(s.buf[s.at]) {
		if len(word) < maxWord {
			word = append(word, s.buf[s.at])
		}
		s.at++
	}
	minus := s.ahead(2) && s.buf[s.at] == '-' && isDigit(s.buf[s.at+1])
	if minus {
		s.at++
	}
	for digits := 0; s.ahead(1) && isDigit(s.buf[s.at]); s.at++ {
		if digits++; digits < 10 {
			n = n*10 + int(s.buf[s.at]-'0')
		}
		has = true
	}
	if minus {
		n = -n
	}
	if s.ahead(1) && s.buf[s.at] == ' ' {
		s.at++
	}
	return word, n, has
}

// maxWord is the length of the longest control word by the specification. Longer ones are none.
const maxWord = 32

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// unhex is the value of a hexadecimal digit, -1 if it is none.
func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}
