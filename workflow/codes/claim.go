package codes

// Claim lines as the CMS-1500 form writes them, and composites of an electronic
// claim that stand outside of any segment. Segments are read in x12claim.go.
// Source: CMS-1500 item 24.

// qualifier is the system that an X12 composite names before the colon.
func qualifier(t *token) sysID {
	switch {
	case t.is("HC"):
		return idCPT
	case t.is("ABK"), t.is("ABF"), t.is("ABJ"), t.is("APR"), t.is("ABN"), t.is("BK"), t.is("BF"), t.is("BJ"):
		return idICD
	case t.is("BBR"), t.is("BBQ"):
		return idPCS
	case t.is("AD"):
		return idCDT
	}
	return idNone
}

// claimLine recognises a line of the CMS-1500 form around a code: dates and a
// two-digit place of service before it; pointers, charge and units behind it.
// It returns the token of the place of service, or 0.
func (s *scanner) claimLine(c *candidate) int {
	p := s.at(c.tok - 1)
	pos := 0
	if p.kind == kNum && p.n == 2 && p.gap > 0 && c.tok-1 >= s.free {
		// six parts of dates before it
		parts := 0
		k := c.tok - 2
		for ; k > c.tok-16; k-- {
			t := s.at(k)
			if t.kind == kNum && (t.n == 2 || t.n == 4 || t.n == 8 || t.n == 6) {
				parts++
				if t.n >= 6 {
					parts += 2
				}
				continue
			}
			if t.kind == kPunct && (t.p == '/' || t.p == '-') {
				continue
			}
			break
		}
		if parts >= 6 {
			pos = c.tok - 1
		}
	}
	if q, d := s.at(c.tok-2), s.at(c.tok-3); p.kind == kNum && p.n <= 2 && p.gap > 0 && q.kind == kNum && q.n == 2 && d.kind == kNum && (d.n == 6 || d.n == 8) && c.tok-2 >= s.free && c.procedure() {
		pos, c.units = c.tok-2, int32(p.value()) // a remittance: date, place, number of services
		c.last = max(c.last, c.codeTok)
		return pos
	}
	k := c.last + 1
	t := s.at(k)
	if u := s.pricedUnits(k); u > 0 && !s.tab.row && c.units == 0 && c.procedure() {
		c.units, c.last = int32(s.at(u).value()), u
		return pos
	}
	if t.kind == kAlpha && t.n <= 4 && pointers(t) {
		k++
		t = s.at(k)
	} else if pos == 0 {
		return 0
	}
	if a, b, u := s.at(k), s.at(k+1), s.at(k+2); pos > 0 && c.units == 0 && a.kind == kNum && b.kind == kNum && b.n == 2 && u.kind == kNum && u.n <= 3 && s.endOfLine(k+3) {
		c.units, c.last = int32(u.value()), k+2 // dollars and cents in two boxes: "185 00 1"
		return pos
	}
	if t.p == '$' {
		k++
		t = s.at(k)
	}
	if t.kind == kNum && s.at(k+1).p == '.' && s.at(k+1).gap == 0 && s.at(k+2).kind == kNum && s.at(k+2).n == 2 {
		u := s.at(k + 3)
		if u.kind == kNum && u.n <= 3 && u.gap > 0 && c.units == 0 && s.at(k+4).p != '.' {
			c.units = int32(u.value())
			c.last = k + 3
		}
	}
	return pos
}

// pricedUnits is the token of the units of a claim line whose code ends before
// token k, where they stand beside the price: "1 650.00", "650.00 1"; or 0.
func (s *scanner) pricedUnits(k int) int {
	if u := s.at(k); u.kind == kNum && u.n <= 3 && u.gap > 0 && s.price(k+1) > 0 {
		return k
	}
	if after := s.price(k); after > 0 {
		if u := s.at(after); u.kind == kNum && u.n <= 3 && u.gap > 0 && s.endOfLine(after+1) {
			return after
		}
	}
	return 0
}

// price is the token behind an amount of dollars and cents at token k, or 0.
func (s *scanner) price(k int) int {
	if s.at(k).p == '$' {
		k++
	}
	t := s.at(k)
	if t.kind != kNum {
		return 0
	}
	if s.at(k+1).p == ',' && s.at(k+1).gap == 0 && s.at(k+2).n == 3 && s.at(k+2).kind == kNum {
		k += 2
	}
	if s.at(k-1).p == '$' && s.at(k+1).p != '.' {
		return k + 1
	}
	if p, c := s.at(k+1), s.at(k+2); p.p == '.' && p.gap == 0 && c.gap == 0 && c.kind == kNum && c.n == 2 {
		return k + 3
	}
	return 0
}

// pointers says whether the letters are diagnosis pointers (A to L).
func pointers(t *token) bool {
	if t.lower {
		return false
	}
	for _, b := range t.bytes() {
		if b < 'A' || b > 'L' {
			return false
		}
	}
	return true
}
