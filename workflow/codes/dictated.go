package codes

// Codes that were dictated and written down word by word: "nine nine two one
// three with a twenty five", "J one eight eight five", "M fifty-four point
// five". They are read like any other and their text is what was said, so that
// whoever shows them can read them back.

// spelling is what number words spell: the digits, and how many words gave two at
// once at the end ("twenty five").
type spelling struct {
	digits [16]byte
	n      int
	first  int // token of the first word
	last   int // token of the last word
	pair   int // digits before the last word group, when that gave two digits; else 0
}

// number spells the number words from token i on.
func (s *scanner) number(i int) spelling { return s.spell(i, true) }

// spell is number, and leaves "twenty six" apart as 20 and 6 where it is not to join.
func (s *scanner) spell(i int, join bool) spelling {
	v := spelling{first: i}
	for k := i; v.n+2 <= len(v.digits); k++ {
		t := s.at(k)
		if t.kind == kPunct && (t.p == '-' || t.p == ',') && v.n > 0 {
			k++
			t = s.at(k)
		} else if t.kind == kPunct || t.kind == kLine {
			return v
		}
		if t.kind == kNum && t.n == 1 && s.spelled { // "1 1 7 2 1"
			v.digits[v.n] = t.b[0]
			v.n++
			v.pair, v.last = 0, k
			continue
		}
		if t.class&wDIG == 0 || t.kind != kAlpha {
			return v
		}
		switch d := digitWord(t); {
		case d < 10:
			v.pair = 0
			v.digits[v.n] = byte('0' + d)
			v.n++
		default:
			v.pair = v.n
			if d >= 20 && join {
				u := k + 1
				if s.at(u).p == '-' {
					u++
				}
				if w := s.at(u); w.kind == kAlpha && w.class&wDIG != 0 && digitWord(w) > 0 && digitWord(w) < 10 {
					d += digitWord(w)
					k = u
				}
			}
			v.digits[v.n], v.digits[v.n+1] = byte('0'+d/10), byte('0'+d%10)
			v.n += 2
		}
		v.last = k
	}
	return v
}

// dictated reads a code that begins with the number word at token i, or with
// the letter before it. It says whether there was one.
func (s *scanner) dictated(i int) bool {
	v := s.number(i)
	if v.n > 7 { // a phone number, an account
		s.free = v.last + 1
		return true
	}
	if v.n == 4 && letterWord(s.at(i-1)) == 0 {
		if apart := s.spell(i, false); apart.n == 5 { // "twenty six ten" is 20610
			v = apart
		}
	}
	if v.n == 2 && (s.dictatedLater(&v) || s.dictatedBefore(&v)) {
		return true
	}
	if v.n < 2 {
		return false
	}
	c := candidate{tok: i, codeTok: v.last, last: v.last, start: s.at(i).start, end: s.at(v.last).end, line: s.line, signs: sShape | sInUse}
	letter := byte(0)
	if p := s.at(i - 1); p.kind == kAlpha && i-1 >= s.free {
		if letter = letterWord(p); letter != 0 {
			c.tok, c.start = i-1, p.start
		}
	}
	switch {
	case letter != 0 && v.n == 4:
		c.code[0] = letter
		c.n = uint8(1 + copy(c.code[1:], v.digits[:4]))
		switch b := c.bytes(); {
		case letter == 'D':
			c.sys = idCDT
		case hcpcsShape(b) && letteredInUse(b):
			c.sys = idHCPCS
		default:
			return false
		}
	case letter != 0 && v.n == 2:
		point := s.at(v.last + 1)
		if !point.is("POINT") && !point.is("DOT") {
			return false
		}
		after := s.number(v.last + 2)
		if after.n == 0 || after.n > 3 {
			return false
		}
		c.sys, c.dot = idICD, true
		c.code[0] = letter
		copy(c.code[1:], v.digits[:2])
		c.n = 3 + uint8(copy(c.code[3:], after.digits[:after.n]))
		if !icdCategory(c.code[:3]) {
			return false
		}
		c.codeTok, c.last, c.end = after.last, after.last, s.at(after.last).end
	case v.n == 5 || v.n == 7 && v.pair == 5:
		c.tok, c.start = i, s.at(i).start
		c.sys, c.n = idCPT, uint8(copy(c.code[:], v.digits[:5]))
		if !cptInUse(c.bytes()) {
			return false
		}
		if v.n == 7 {
			if !isModifier(v.digits[5], v.digits[6]) {
				return false
			}
			c.addModifier(v.digits[5], v.digits[6])
		}
	default:
		if v.n >= 6 { // a number of something else, and none of its ends is a code
			s.free = v.last + 1
			return true
		}
		return false
	}
	s.dictatedModifiers(&c)
	s.settle(c.tok, &c)
	return true
}

// dictatedModifiers reads "with a twenty five", "dash fifty", "modifier two five".
func (s *scanner) dictatedModifiers(c *candidate) {
	for range 3 {
		k, cue := c.last+1, false
		for ; k < c.last+5; k++ {
			t := s.at(k)
			if t.kind == kPunct && (t.p == ',' || t.p == '-') {
				cue = cue || t.p == '-'
				continue
			}
			if t.kind != kAlpha || t.class&(wWITH|wMOD|wART) == 0 && !t.is("DASH") && !t.is("HYPHEN") && !t.is("MINUS") && t.class&wAND == 0 {
				break
			}
			cue = cue || t.class&(wWITH|wMOD) != 0 || t.is("DASH") || t.is("HYPHEN") || t.is("MINUS")
		}
		if t := s.at(k); !cue || t.kind != kAlpha || t.class&wDIG == 0 {
			return
		}
		v := s.number(k)
		if v.n != 2 || !isModifier(v.digits[0], v.digits[1]) || s.at(v.last+1).class&(wMEAS|wCOUNT) != 0 {
			return
		}
		c.addModifier(v.digits[0], v.digits[1])
		c.last, c.end = v.last, s.at(v.last).end
	}
}

// dictatedLater gives the code dictated before it a modifier that follows a
// few words later: "nine nine two one three is ok with a twenty five".
func (s *scanner) dictatedLater(v *spelling) bool {
	if s.cands.n == 0 || !isModifier(v.digits[0], v.digits[1]) || s.at(v.last+1).class&(wMEAS|wCOUNT) != 0 {
		return false
	}
	p := s.cands.at(s.cands.n - 1)
	if !p.procedure() || s.at(p.codeTok).kind != kAlpha || v.first-p.last > 6 {
		return false
	}
	cue := false
	for k := p.last + 1; k < v.first; k++ {
		t := s.at(k)
		if t.kind != kAlpha {
			return false
		}
		cue = cue || t.class&(wWITH|wMOD) != 0
	}
	if cue {
		p.addModifier(v.digits[0], v.digits[1])
		p.signs |= sModifier
		s.free = v.last + 1
	}
	return cue
}

// dictatedBefore reads a modifier that is said before the code it goes on:
// "modifier fifty nine on nine seven five three zero", "modifier twenty-two".
func (s *scanner) dictatedBefore(v *spelling) bool {
	if s.at(v.first-1).class&wMOD == 0 || !isModifier(v.digits[0], v.digits[1]) {
		return false
	}
	s.free = v.last + 1
	if j := s.tieForward(v.last); j > 0 {
		var t token
		t.b[0], t.b[1] = v.digits[0], v.digits[1]
		s.pend(j, &t)
		return true
	}
	c := candidate{sys: idModifier, tok: v.first, codeTok: v.last, last: v.last, start: s.at(v.first).start, end: s.at(v.last).end, line: s.line, n: 2, signs: sLabel}
	c.code[0], c.code[1] = v.digits[0], v.digits[1]
	s.lastMod, s.lastAlt = v.last, false
	s.cands.add(c)
	return true
}

// digitWord is the value of a number word from zero to ninety, or -1.
func digitWord(t *token) int {
	if n := numberWord(t); n > 0 && !t.is("ONCE") && !t.is("TWICE") {
		return n
	}
	switch string(t.bytes()) {
	case "ZERO", "OH", "O", "NOUGHT":
		return 0
	case "THIRTEEN":
		return 13
	case "FOURTEEN":
		return 14
	case "FIFTEEN":
		return 15
	case "SIXTEEN":
		return 16
	case "SEVENTEEN":
		return 17
	case "EIGHTEEN":
		return 18
	case "NINETEEN":
		return 19
	case "TWENTY":
		return 20
	case "THIRTY":
		return 30
	case "FORTY":
		return 40
	case "FIFTY":
		return 50
	case "SIXTY":
		return 60
	case "SEVENTY":
		return 70
	case "EIGHTY":
		return 80
	case "NINETY":
		return 90
	}
	return -1
}

// letterWord is the letter that a word of dictation stands for, or 0.
func letterWord(t *token) byte {
	if t.n == 1 && isUpper(t.b[0]) {
		return t.b[0]
	}
	switch string(t.bytes()) {
	case "JAY":
		return 'J'
	case "GEE":
		return 'G'
	case "KAY":
		return 'K'
	case "ELL":
		return 'L'
	case "EM":
		return 'M'
	case "EN":
		return 'N'
	case "CUE", "QUEUE":
		return 'Q'
	case "ESS":
		return 'S'
	case "ZEE":
		return 'Z'
	}
	return 0
}
