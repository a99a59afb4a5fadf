package codes

import "unicode/utf8"

// kind is what a token is made of.
type kind uint8

const (
	kEdge  kind = iota // before the first or after the last token, or out of the window
	kNum               // digits
	kAlpha             // letters
	kMix               // letters and digits
	kPunct             // one mark
	kLine              // one or more line ends
)

// token is a piece of the text. Its characters are folded to capital ASCII.
type token struct {
	start, end int  // bytes of the text
	class      word // what the word means, for kAlpha
	kind       kind
	gap        uint8    // 0 glued to the token before, 1 a space, 2 a tab or several spaces
	p          byte     // the mark of a kPunct
	lower      bool     // has a small letter
	n          uint16   // characters (line ends for kLine)
	b          [14]byte // the first of them
}

func (t *token) bytes() []byte { return t.b[:min(int(t.n), len(t.b))] }

func (t *token) is(s string) bool { return int(t.n) == len(s) && string(t.bytes()) == s }

func (t *token) value() int {
	v := 0
	for _, c := range t.bytes() {
		if !isDigit(c) || v > 1e8 {
			return -1
		}
		v = v*10 + int(c-'0')
	}
	return v
}

// character classes of ASCII
const (
	cOther = iota
	cDigit
	cUpper
	cLower
	cSpace
	cTab
	cLine
	cWide // not ASCII
)

var charClass = compileCharClass()

func compileCharClass() (t [256]uint8) {
	for i := range t {
		c := byte(i)
		switch {
		case isDigit(c):
			t[i] = cDigit
		case isUpper(c):
			t[i] = cUpper
		case c >= 'a' && c <= 'z':
			t[i] = cLower
		case c == ' ' || c == '\v' || c == '\f' || c == '\r' || c == 0:
			t[i] = cSpace
		case c == '\t':
			t[i] = cTab
		case c == '\n':
			t[i] = cLine
		case c >= utf8.RuneSelf:
			t[i] = cWide
		}
	}
	return t
}

// The lexer keeps a window of tokens around the place that is judged. What
// lies further back is forgotten, so that any text needs constant memory.
const (
	windowSize  = 256 // a power of two
	windowAhead = 96  // how far rules may look ahead at most
)

type lexer struct {
	text string
	pos  int // first byte not yet in a token
	next int // number of tokens made
	done bool
	work int // steps of the loops whose length the text decides: what a test holds to the size of the text
	ring [windowSize]token
}

// edge stands for everything outside of the window. It is never written.
var edge token

// at returns token i, making tokens up to it. It is the edge for what is
// outside of the text or has left the window.
func (l *lexer) at(i int) *token {
	if i < l.next && i >= l.next-windowSize && i >= 0 {
		return &l.ring[i&(windowSize-1)]
	}
	return l.far(i)
}

func (l *lexer) far(i int) *token {
	if i < 0 {
		return &edge
	}
	for i >= l.next {
		if l.done {
			return &edge
		}
		l.make()
	}
	if i < l.next-windowSize {
		return &edge
	}
	return &l.ring[i&(windowSize-1)]
}

// make adds one token, or sets done. A glued code and suffix ("20610RT",
// "J3301x4", "CPT99213") becomes two tokens.
func (l *lexer) make() {
	text, i := l.text, l.pos
	gap := uint8(0)
	for i < len(text) {
		switch charClass[text[i]] {
		case cSpace:
			i++
			gap++
			continue
		case cTab:
			i++
			gap = 2
			continue
		case cWide:
			c, n := foldAt(text, i)
			if c == foldNone {
				i += n
				continue
			}
			if c == ' ' {
				i += n
				gap++
				continue
			}
		}
		break
	}
	if i >= len(text) {
		l.pos, l.done = i, true
		return
	}
	if gap > 2 {
		gap = 2
	}
	t := &l.ring[l.next&(windowSize-1)]
	*t = token{start: i, gap: gap}
	l.next++
	l.work++

	class := charClass[text[i]]
	c, width := text[i], 1
	if class == cWide {
		c, width = foldAt(text, i)
		class = wideClass(c)
	}
	switch class {
	case cDigit, cUpper, cLower:
		l.run(t, i)
	case cLine:
		lines := 0
		for i < len(text) {
			k := charClass[text[i]]
			if k == cLine {
				lines++
			} else if k != cSpace && k != cTab {
				if k != cWide {
					break
				}
				w, n := foldAt(text, i)
				if w == '\n' {
					lines++
				} else if w != ' ' && w != foldNone {
					break
				}
				i += n
				continue
			}
			i++
		}
		// Spaces that begin the next line belong to its first token.
		end := i
		for end > t.start && text[end-1] != '\n' && charClass[text[end-1]] != cWide {
			end--
		}
		t.kind, t.n, t.end = kLine, uint16(min(lines, 1000)), end
		l.pos = end
		l.work += i - t.start
	default:
		t.kind, t.p, t.n, t.end = kPunct, c, 1, i+width
		l.pos = t.end
	}
}

func wideClass(c byte) uint8 {
	if c == foldLetter {
		return cLower
	}
	if c < utf8.RuneSelf {
		return charClass[c]
	}
	return cOther
}

// run reads letters and digits.
func (l *lexer) run(t *token, from int) {
	text, i := l.text, from
	hash := uint64(hashStart)
	letters, digits, n := 0, 0, 0
	lower, wide := false, false
	for i < len(text) {
		c := text[i]
		width := 1
		k := charClass[c]
		if k == cWide {
			c, width = foldAt(text, i)
			wide = true
			if c == foldNone {
				i += width
				continue
			}
			k = wideClass(c)
		}
		switch k {
		case cLower:
			letters++
			lower = true
			if c != foldLetter {
				c -= 'a' - 'A'
			}
		case cDigit:
			digits++
		case cUpper:
			letters++
		default:
			goto end
		}
		hash = (hash ^ uint64(c)) * hashPrime
		if n < len(t.b) {
			t.b[n] = c
		}
		i += width
		n++
	}
end:
	t.lower = lower
	t.n = uint16(min(n, 65535))
	t.end, l.pos = i, i
	l.work += i - from
	switch {
	case digits == 0:
		t.kind, t.class = kAlpha, classOf(hash)
	case letters == 0:
		t.kind = kNum
	default:
		t.kind = kMix
		cut := splitAt(t)
		if t.gap == 0 && n > 4 && t.b[0] == '1' && t.b[1] == '0' && isUpper(t.b[2]) && l.next > 1 && l.ring[(l.next-2)&(windowSize-1)].class&wICD != 0 {
			cut = 2 // "ICD10M25.561"
		}
		if cut > 0 {
			l.cut(t, from, cut, wide)
		}
	}
}

// cut ends the token after some of its characters. The rest becomes the next
// token.
func (l *lexer) cut(t *token, from, cut int, wide bool) {
	end := from + cut
	if wide {
		end = from
		for n := 0; n < cut; {
			c, width := foldAt(l.text, end)
			end += width
			if c != foldNone {
				n++
			}
		}
	}
	t.end, l.pos = end, end
	t.n = uint16(cut)
	digits := 0
	hash := uint64(hashStart)
	for _, c := range t.bytes() {
		hash = (hash ^ uint64(c)) * hashPrime
		if isDigit(c) {
			digits++
		}
	}
	switch digits {
	case 0:
		t.kind, t.class = kAlpha, classOf(hash)
	case cut:
		t.kind = kNum
	}
}

// splitAt says after how many characters a run of letters and digits is to be
// cut: after a label ("CPT99213", "mod25", "ICD10"), or after a code that a
// suffix is glued to ("20610RT", "99213x2", "J3301x4"). 0 is not at all.
func splitAt(t *token) int {
	b := t.bytes()
	if int(t.n) > len(t.b) {
		return 0
	}
	alpha := 0
	for alpha < len(b) && !isDigit(b[alpha]) {
		alpha++
	}
	switch string(b[:alpha]) {
	case "CPT", "HCPCS", "ICD", "DX", "MOD", "MODIFIER", "POS", "DRG", "MSDRG", "REV", "NDC", "CDT", "RC", "CODE":
		return alpha
	case "X":
		return 0
	}
	if len(b) > 5 && (cptShape(b[:5]) && isDigit(b[4]) || hcpcsShape(b[:5]) || cdtShape(b[:5])) {
		rest := b[5:]
		if len(rest) == 1 && rest[0] == 'S' && t.lower {
			return 5 // "my 99214s"
		}
		if isDigit(b[0]) && len(b) == 7 && pcsShape(b) && pcsTable(b) && (isDigit(rest[0]) || isDigit(rest[1])) {
			return 0
		}
		if len(rest) >= 2 && rest[0] == 'X' && digitsOnly(rest[1:]) && len(rest) <= 4 {
			if icdShape(b) && len(b) == 7 && isUpper(b[0]) && !letteredInUse(b) {
				return 0
			}
			return 5
		}
		if len(rest) == 2 && isModifier(rest[0], rest[1]) && !isDigit(rest[0]) && (isDigit(b[0]) || letteredInUse(b)) {
			return 5
		}
		if len(rest) == 4 && isModifier(rest[0], rest[1]) && isModifier(rest[2], rest[3]) && !isDigit(rest[0]) && isDigit(b[0]) {
			return 5
		}
	}
	return 0
}
