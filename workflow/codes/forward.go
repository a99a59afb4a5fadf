package codes

// labelled reads the numbers behind a label whose codes have no shape of their
// own: DRG, revenue code, place of service, NDC.
func (s *scanner) labelled(i int, t *token) {
	var sys sysID
	width := 0
	switch {
	case t.class&wDRG != 0:
		sys, width = idDRG, 3
	case t.class&wREV != 0 || t.is("RC") && !t.lower:
		sys, width = idRevenue, 4
	case t.is("POS") && s.at(i-1).p != '(':
		sys, width = idPOS, 2
	case t.is("POS"):
		sys, width = idPOS, 2
	case t.is("SERVICE") && s.at(i-1).is("OF") && s.at(i-2).is("PLACE"):
		sys, width = idPOS, 2
	case t.class&wNDC != 0:
		sys = idNDC
	default:
		return
	}
	k := i + 1
	sawCode := false
	for ; k < i+8; k++ {
		n := s.at(k)
		if n.kind == kPunct && (n.p == ':' || n.p == '#' || n.p == '=' || n.p == '-' || n.p == '(' || n.p == ')' || n.p == '"' || n.p == '.' && n.gap == 0) {
			continue
		}
		if n.kind == kAlpha && (n.class&(wCODE|wNUM|wART) != 0 || n.is("IS") || n.is("WAS") || n.is("OF") || n.is("S") || n.is("FROM") || n.is("BOTH") || n.is("CODES")) {
			sawCode = sawCode || n.class&wCODE != 0
			continue
		}
		if sys == idDRG && n.kind == kAlpha && k < i+5 && (s.at(k+1).n == 3 && s.at(k+1).kind == kNum || s.at(k+1).is("FROM") && s.at(k+2).n == 3 && s.at(k+2).kind == kNum) && (n.class&(wCHANGE|wSMALL|wTIE|wTO) != 0 || n.is("MOVES") || n.is("DROPS") || n.is("GROUPS")) {
			continue
		}
		break
	}
	if sys == idRevenue && !sawCode && t.is("RC") && s.at(k).kind != kNum {
		return
	}
	var lk link
	for {
		last := s.labelledOne(k, sys, width, lk, i)
		if last == 0 {
			return
		}
		s.remember(last, sys)
		// the next of the list
		lk = linkNone
		j := last + 1
		if h, e := s.at(j), s.at(j+1); sys == idDRG && h.p == '-' && h.gap+e.gap == 0 && e.kind == kNum && e.n == 3 {
			if c := s.cands.at(s.cands.n - 1); string(c.bytes()) < string(e.bytes()) {
				c.nr = uint8(copy(c.rangeEnd[:], e.bytes()))
				c.last, c.codeTok, c.end = j+1, j+1, e.end
				s.free = j + 2
				j += 2
			}
		}
		for j < last+5 {
			n := s.at(j)
			switch {
			case n.kind == kPunct && (n.p == ',' || n.p == '/' || n.p == '&' || n.p == '-' || n.p == '>' || n.p == ';' && sys == idRevenue):
				lk = linkList
			case n.kind == kAlpha && n.class&wOR != 0, n.is("RATHER"), n.is("INSTEAD"), n.is("THAN"):
				lk = linkOr
			case n.kind == kAlpha && (n.is("AND") || n.is("TO") || n.is("THRU") || n.is("THROUGH")):
				lk = linkList
			case n.kind == kAlpha && n.is("OF"), n.p == '.' && s.at(j-1).is("VS"):
			case n.kind == kAlpha && lk == linkOr && n.class&(wDRG|wPOS|wREV) != 0:
				return // its own label
			default:
				goto read
			}
			j++
		}
	read:
		if lk == linkNone {
			return
		}
		k = j
	}
}

// labelledOne reads one number of such a list and returns its token, or 0.
func (s *scanner) labelledOne(k int, sys sysID, width int, lk link, label int) int {
	n := s.at(k)
	var c candidate
	c.sys, c.label, c.link, c.line = sys, sys, lk, s.line
	c.signs = sLabel
	c.tok, c.codeTok, c.last = k, k, k
	c.start, c.end = n.start, n.end
	switch sys {
	case idNDC:
		if n.kind == kMix && n.n == 13 && n.b[0] == 'N' && n.b[1] == '4' { // qualifier
			c.n = uint8(copy(c.code[:], n.b[2:13]))
			break
		}
		if n.kind != kNum {
			return 0
		}
		if n.n == 10 || n.n == 11 {
			c.n = uint8(copy(c.code[:], n.bytes()))
			break
		}
		if !s.ndc(k, &c) {
			return 0
		}
	default:
		least := 1
		if sys == idRevenue {
			least = 3
		}
		if n.kind != kNum || int(n.n) > width || int(n.n) < least || n.gap == 0 && n.kind == kPunct {
			return 0
		}
		m, o := s.at(k+1), s.at(k+2)
		if m.gap == 0 && o.gap == 0 && m.kind == kPunct && o.kind == kNum && (m.p == '.' || m.p == ',' && o.n == 3 && n.n <= 3 || m.p == ':' || m.p == '/' && s.at(k+3).p == '/' && n.n < 3) {
			return 0
		}
		if sys != idDRG && m.kind == kAlpha && m.class&(wMEAS) != 0 {
			return 0
		}
		if sys == idDRG && lk != linkNone && m.kind == kAlpha && m.class&(wMEAS) != 0 {
			return 0
		}
		if sys == idDRG && lk == linkNone && n.n < 2 {
			return 0
		}
		if sys == idRevenue && n.n == 4 && n.b[0] != '0' && n.value() > 3109 || sys == idRevenue && n.n == 4 && n.value() >= 2000 && n.value() < 2100 {
			return 0
		}
		for p := int(n.n); p < width; p++ {
			c.code[c.n] = '0'
			c.n++
		}
		c.n += uint8(copy(c.code[c.n:], n.bytes()))
	}
	if sys == idRevenue {
		s.revenue = true
		if t := s.at(k + 1); t.kind == kMix && t.b[0] == 'X' || t.is("X") || t.p == 'x' || t.is("PER") && s.at(k+2).is("DIEM") {
			if t.is("PER") {
				k += 2
			}
			if n, last := s.unitsAt(k+1, false); n > 0 {
				c.units, c.last = int32(n), last
			}
		}
	}
	s.cands.add(c)
	s.free = c.last + 1
	return c.last
}
