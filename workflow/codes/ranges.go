package codes

// rangeCode reads the end of a range behind a hyphen: "-99215", "-5", "-05".
func (s *scanner) rangeCode(c *candidate, at int, n *token, glued bool) bool {
	b := n.bytes()
	if c.sys == idNDC || c.n != 5 || int(n.n) > 5 || c.units != 0 {
		return false
	}
	code := c.bytes()
	if len(b) == 5 && (n.kind == kNum || n.kind == kMix) {
		if !sameShape(code, b) || !ordered(code, b) {
			return false
		}
		if p := s.at(c.tok - 1); p.p == '-' && p.gap == 0 && s.at(c.tok).gap == 0 && procedureShape(s.at(c.tok-2)) {
			return false
		}
		if glued && s.at(at+1).p == '-' && s.at(at+1).gap == 0 && s.at(at+2).n == 5 && s.at(at+2).gap == 0 {
			return false // a list: "45378-45380-45385"
		}
		if !glued && (span(code, b) > 99 || n.gap == 0) {
			return false
		}
		if span(code, b) > 10000 {
			return false
		}
		c.nr = uint8(copy(c.rangeEnd[:], b))
		c.last = at
		c.end = n.end
		c.codeTok = at
		return true
	}
	if !glued || n.kind != kNum || len(b) > 3 || !isDigit(code[4]) || !s.free4(at) {
		return false
	}
	if e := s.at(at + 1); e.gap == 0 && e.kind == kPunct && (e.p == '-' || e.p == '/' || e.p == '.' && s.at(at+2).gap == 0 && s.at(at+2).kind == kNum) {
		if e.p != '-' || len(b) != 2 || !isModifier(b[0], b[1]) {
			return false
		}
	}
	var end [5]byte
	copy(end[:], code)
	copy(end[5-len(b):], b)
	if !ordered(code, end[:]) {
		return false
	}
	if len(b) == 2 && isModifier(b[0], b[1]) {
		d := span(code, end[:])
		rare := false
		switch string(b) {
		case "23", "27", "32", "47", "63", "66", "73", "74", "81", "92", "95", "96", "97", "99":
			rare = true
		}
		if modifierFits(c, b[0], b[1]) && !(rare && d <= 9 && !evaluationMod(code, b)) || d > 25 {
			return false
		}
	}
	if len(b) == 3 && span(code, end[:]) > 100 {
		return false
	}
	c.nr = uint8(copy(c.rangeEnd[:], end[:]))
	c.last, c.end, c.codeTok = at, n.end, at
	return true
}

// rangeWord reads "thru 99205", "to 99205". "to" is no range where one code
// becomes the other ("downcoded from 99214 to 99213").
func (s *scanner) rangeWord(c *candidate, k int, t *token) bool {
	n := s.at(k + 1)
	b := n.bytes()
	if n.n != 5 || n.kind != kNum && n.kind != kMix || !sameShape(c.bytes(), b) || !ordered(c.bytes(), b) {
		return false
	}
	d := span(c.bytes(), b)
	if t.is("TO") {
		if d > 99 || s.context(c.tok).class&wCHANGE != 0 {
			return false
		}
	} else if t.is("UNTIL") || t.is("TILL") || d > 10000 {
		return false
	}
	c.nr = uint8(copy(c.rangeEnd[:], b))
	c.last, c.codeTok, c.end = k+1, k+1, n.end
	return true
}

// evaluationMod keeps the modifiers that visits really carry.
func evaluationMod(code, b []byte) bool {
	return evaluation(number(string(code))) && (string(b) == "95" || string(b) == "27" || string(b) == "32")
}

// sameShape says whether two codes of five characters are digits and letters
// in the same places.
func sameShape(a, b []byte) bool {
	for i := range a {
		if isDigit(a[i]) != isDigit(b[i]) || !isDigit(a[i]) && a[i] != b[i] {
			return false
		}
	}
	return true
}

func ordered(a, b []byte) bool { return string(a) < string(b) }

func span(a, b []byte) int {
	n := 0
	for i := range a {
		d := 0
		if isDigit(a[i]) && isDigit(b[i]) {
			d = int(b[i]) - int(a[i])
		}
		n = n*10 + d
	}
	return n
}

// rangeICD reads "E08-E13", "M54.50-M54.59" behind a diagnosis.
func (s *scanner) rangeICD(c *candidate) {
	k := c.last + 1
	t := s.at(k)
	word := t.kind == kAlpha && t.class&wTO != 0 && !t.is("UNTIL") && !t.is("TILL")
	if t.p != '-' && !word {
		return
	}
	n := s.at(k + 1)
	if n.kind != kMix || n.n < 3 || !word && t.gap != n.gap {
		return
	}
	b := n.bytes()
	var e candidate
	if len(b) == 3 {
		if m, last := s.afterDot(k+1, &e, b); last > 0 {
			e.n, e.last = uint8(m), last
		} else {
			copy(e.code[:], b)
			e.n, e.last = 3, k+1
		}
	} else if icdShape(b) {
		e.n, e.last = uint8(copy(e.code[:], b)), k+1
	}
	if e.n == 0 || !icdCategory(e.code[:3]) || !ordered(c.bytes(), e.bytes()) {
		return
	}
	if word && e.code[0] != c.code[0] {
		return
	}
	if c.n == 3 && e.n == 3 && c.code[0] == e.code[0] && spineLetter(c.code[0]) && c.signs&(sLabel|sChain) == 0 {
		if number(string(e.code[1:3])) <= 12 { // vertebrae: "C3-C7"
			return
		}
	}
	c.nr = uint8(copy(c.rangeEnd[:], e.bytes()))
	c.last, c.codeTok = e.last, e.last
	c.end = s.at(e.last).end
}

func spineLetter(b byte) bool { return b == 'C' || b == 'T' || b == 'L' || b == 'S' }

// slashCode says whether two digits behind a slash abbreviate a code
// ("99213/14") rather than name a modifier ("99213/25").
func (s *scanner) slashCode(c *candidate, n *token) bool {
	if !isDigit(c.code[4]) || c.n != 5 {
		return false
	}
	d := number(string(n.bytes())) - number(string(c.code[3:5]))
	return d == 1 || d > 0 && d <= 9 && !(isModifier(n.b[0], n.b[1]) && modifierFits(c, n.b[0], n.b[1]) && n.b[0] != '1')
}
