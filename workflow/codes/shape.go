package codes

// code judges a number, or a mix of letters and digits, as a code: its shape,
// what stands before and after it, and the sentence. It is kept as a candidate
// when it has a shape at all.
func (s *scanner) code(i int, t *token) {
	if t.start < s.skip || s.cell(i, t) || s.sequel(i, t) {
		return
	}
	if t.kind == kMix && t.n <= 5 && !t.lower && reasonGroup(t) {
		s.remark, s.coding = true, true // "CO97"
	}
	var c candidate
	c.tok, c.codeTok, c.last = i, i, i
	c.start, c.end = t.start, t.end
	c.line = s.line
	if t.n == 13 && t.b[0] == 'N' && t.b[1] == '4' && digitsOnly(t.b[2:13]) { // the qualifier of a drug code
		s.labelledOne(i, idNDC, 0, linkNone, i)
		return
	}
	if t.kind == kNum && t.n == 4 && t.b[0] == '0' && s.revenueLine(i) && s.labelledOne(i, idRevenue, 4, linkNone, i) > 0 {
		return
	}
	if !s.shape(i, t, &c) {
		if t.n == 2 && isModifier(t.b[0], t.b[1]) {
			s.modifier(i, t)
		} else {
			s.pluralModifier(i, t)
		}
		return
	}
	if t.lower && c.sys != idNDC {
		c.signs |= nLower
		if c.signs&sShape != 0 && c.sys != idPCS {
			c.signs &^= nLower
		}
	}
	s.settle(i, &c)
}

// reasonGroup says whether a token is a claim adjustment reason in one word.
func reasonGroup(t *token) bool {
	b := t.bytes()
	switch string(b[:2]) {
	case "CO", "PR", "OA", "PI", "CR", "MA":
		return len(b) > 3 && digitsOnly(b[2:])
	}
	return false
}

// slashes reads the abbreviated codes behind the last candidate: "31295/6/7",
// "99213/14". Each is a candidate of its own.
func (s *scanner) slashes() {
	for {
		p := s.cands.at(s.cands.n - 1)
		if p.sys != idCPT && p.sys != idHCPCS || p.n != 5 || p.nm > 0 && p.code[4] == 0 || p.nr > 0 {
			return
		}
		t, n := s.at(p.last+1), s.at(p.last+2)
		if t.p != '/' || t.gap+n.gap != 0 || n.kind != kNum || n.n > 2 {
			return
		}
		if n.n == 2 && !s.slashCode(p, n) || n.n == 1 && n.b[0] <= p.code[4] {
			return
		}
		if m := s.at(p.last + 3); m.gap == 0 && (m.kind == kNum || m.kind == kMix || m.kind == kAlpha || m.p == '/' && s.at(p.last+4).n > 2) {
			return
		}
		c := *p
		c.mods, c.nm, c.units = [6][2]byte{}, 0, 0
		c.tok, c.codeTok, c.last = p.last+2, p.last+2, p.last+2
		c.start, c.end = n.start, n.end
		copy(c.code[5-int(n.n):5], n.bytes())
		c.link = linkList
		c.signs = c.signs&^(sModifier|sUnits|nEmbedded) | sList
		s.suffix(&c)
		if c.nm > 0 {
			c.signs |= sModifier
		}
		s.free = c.last + 1
		s.cands.add(c)
	}
}

// shape recognises what a run of letters and digits can be. It joins a
// category and what follows its dot, also over a line end ("M54.\n50"), and
// sets the system that the shape suggests.
func (s *scanner) shape(i int, t *token, c *candidate) bool {
	b := t.bytes()
	if int(t.n) > len(t.b) {
		return false
	}
	set := func(sys sysID, code []byte, signs sign) bool {
		c.sys, c.signs = sys, c.signs|signs
		c.n = uint8(copy(c.code[:], code))
		return true
	}
	if t.kind == kNum {
		if s.wrapped(i, t, c) {
			return true
		}
		switch {
		case len(b) == 5:
			if s.ndc(i, c) {
				return true
			}
			if cptInUse(b) {
				return set(idCPT, b, sInUse)
			}
			return set(idCPT, b, nUnused)
		case len(b) == 4:
			return s.ndc(i, c)
		}
		return false
	}
	// An ICD-10-CM category with its dot.
	if len(b) == 3 && icdAlphabet(0, b[0]) && icdAlphabet(1, b[1]) && icdAlphabet(2, b[2]) && (b[1] != 'A' || icdCategory(b)) {
		if n, k := s.afterDot(i, c, b); k > 0 {
			c.codeTok, c.last, c.end = k, k, s.at(k).end
			c.n = uint8(n)
			c.sys, c.dot = idICD, true
			c.signs |= sShape
			if icdCategory(c.code[:3]) {
				c.signs |= sInUse
			} else {
				c.signs |= nUnused
			}
			s.family(c)
			return true
		}
		if !icdCategory(b) {
			if b[1] == 'A' { // words such as "PA1" are no category
				return false
			}
			return set(idICD, b, nUnused|nTall)
		}
		set(idICD, b, nTall|sWeakShape)
		if shapes.whole.has(triple(b[0], b[1], b[2])) {
			c.signs |= sInUse
		}
		s.family(c)
		return true
	}
	switch {
	case cptShape(b):
		if cptInUse(b) {
			return set(idCPT, b, sShape|sInUse)
		}
		return set(idCPT, b, sWeakShape|nUnused)
	case cdtShape(b):
		return set(idCDT, b, sShape)
	case hcpcsShape(b):
		if letteredInUse(b) {
			return set(idHCPCS, b, sShape|sInUse)
		}
		if icdShape(b) && icdCategory(b) {
			return set(idICD, b, sShape)
		}
		return set(idHCPCS, b, sShape|nUnused)
	case len(b) == 7 && pcsShape(b) && pcsTable(b) && !(isUpper(b[0]) && isDigit(b[1]) && isDigit(b[2]) && icdShape(b)):
		return set(idPCS, b, sShape|sInUse)
	case icdShape(b):
		if !icdCategory(b) {
			return set(idICD, b, nUnused|sWeakShape)
		}
		if len(b) == 4 {
			if isDigit(b[3]) {
				set(idICD, b, sWeakShape|sInUse)
			} else {
				set(idICD, b, sWeakShape)
			}
		} else {
			set(idICD, b, sShape)
		}
		return true
	case pcsShape(b):
		return set(idPCS, b, sWeakShape|nUnused)
	case len(b) == 5 && repairable(b):
		var fixed [5]byte
		for k, x := range b {
			fixed[k] = repair(x)
		}
		return set(idCPT, fixed[:], nUnused|sRepaired)
	}
	return false
}

// wrapped joins a code of five digits that a line end cuts in two: "whether 312",
// "67 may be billed". The line goes on behind it, and the sentence is about codes.
func (s *scanner) wrapped(i int, t *token, c *candidate) bool {
	nl, rest, after := s.at(i+1), s.at(i+2), s.at(i+3)
	if t.n < 2 || t.n > 4 || t.gap != 1 || nl.kind != kLine || nl.n != 1 || rest.kind != kNum || t.n+rest.n != 5 || s.atLineStart(i) {
		return false
	}
	if after.kind == kLine || after.kind == kEdge || after.kind == kPunct && after.p != ',' && after.p != '-' && after.p != '?' || after.class&(wMEAS|wCOUNT|wUNIT|wMONTH|wSTREET) != 0 {
		return false
	}
	if p := s.at(i - 1); p.kind == kNum || p.p == '$' || p.p == '#' || s.context(i).class&(wBILL|wCPT|wCODE|wHCPCS|wPROC) == 0 {
		return false
	}
	n := copy(c.code[:], t.bytes())
	copy(c.code[n:5], rest.bytes())
	if !cptInUse(c.code[:5]) {
		return false
	}
	c.n, c.sys = 5, idCPT
	c.signs |= sInUse
	c.codeTok, c.last, c.end = i+2, i+2, rest.end
	return true
}

// afterDot reads what follows the dot of a category into c.code and returns
// the number of characters and the last token, or 0.
func (s *scanner) afterDot(i int, c *candidate, cat []byte) (n, last int) {
	dot := s.at(i + 1)
	if dot.p != '.' || dot.gap != 0 {
		return 0, 0
	}
	k := i + 2
	t := s.at(k)
	if t.kind == kLine && t.n == 1 {
		k++
		t = s.at(k)
	} else if t.gap == 1 && t.kind == kNum && t.n <= 3 && !shapes.whole.has(triple(cat[0], cat[1], cat[2])) && icdCategory(cat) {
		if n := s.at(k + 1); n.kind != kLine && n.kind != kEdge && (n.kind != kPunct || n.p != ',' && n.p != ')' && n.p != ';' && n.p != '?' && n.p != '.') && n.class&(wAND|wOR|wWITH) == 0 {
			return 0, 0
		} // "M54. 50,"
	} else if t.gap != 0 {
		return 0, 0
	}
	copy(c.code[:], cat)
	if t.kind == kPunct && t.p == '-' && t.gap == 0 && k == i+2 { // "E11.-"
		c.family = true
		return 3, k
	}
	b := t.bytes()
	if t.kind != kNum && t.kind != kMix && t.kind != kAlpha || t.n > 4 {
		return 0, 0
	}
	if t.kind == kAlpha && !(len(b) == 1 && b[0] == 'X') && (k != i+2 || t.lower || len(b) > 4) {
		return 0, 0
	}
	if k != i+2 && (t.kind != kNum || t.n > 3) && !(t.kind == kMix && isDigit(b[0])) {
		return 0, 0
	}
	if k != i+2 { // over a line end: "...I10.\n3 visits" is a new sentence
		if nx := s.at(k + 1); nx.kind == kPunct && nx.gap == 0 && (nx.p == '.' || nx.p == ')') || len(b) < 2 && !digitsOnly(b) {
			return 0, 0
		}
		if s.at(k+1).class&(wMEAS|wCOUNT|wUNIT) != 0 {
			return 0, 0
		}
	}
	n = 3 + copy(c.code[3:], b)
	for p := 3; p < n; p++ {
		if !icdAlphabet(p, c.code[p]) {
			return 0, 0
		}
	}
	// "M54.5x" and "E11.X" name a family.
	if c.code[n-1] == 'X' && (n == 4 || t.lower && n <= 6) {
		n--
		c.family = true
	}
	return n, k
}

// family notes a trailing dash or x behind the code ("M54.5-").
func (s *scanner) family(c *candidate) {
	t := s.at(c.last + 1)
	if t.p != '-' || t.gap != 0 {
		return
	}
	if n := s.at(c.last + 2); n.gap > 0 || n.kind == kLine || n.kind == kEdge || n.kind == kPunct {
		if n.kind == kLine && s.at(c.last+3).kind == kNum {
			return // a wrapped modifier or range
		}
		c.family = true
		c.last++
	}
}

// ndc recognises a National Drug Code with hyphens.
func (s *scanner) ndc(i int, c *candidate) bool {
	a, h1, b, h2, d := s.at(i), s.at(i+1), s.at(i+2), s.at(i+3), s.at(i+4)
	if h1.p != '-' || h2.p != '-' || h1.gap+b.gap+h2.gap+d.gap != 0 || b.kind != kNum || d.kind != kNum {
		return false
	}
	if p := s.at(i - 1); p.p == '-' && a.gap == 0 {
		return false
	}
	la, lb, ld := a.n, b.n, d.n
	if !(la == 5 && lb == 4 && (ld == 2 || ld == 1) || la == 4 && lb == 4 && ld == 2 || la == 5 && lb == 3 && ld == 2) {
		return false
	}
	if x := s.at(i + 5); x.p == '-' && x.gap == 0 && s.at(i+6).gap == 0 && s.at(i+6).kind == kNum {
		return false
	}
	n := 0
	put := func(t *token, width int) {
		for k := int(t.n); k < width; k++ {
			c.code[n] = '0'
			n++
		}
		n += copy(c.code[n:], t.bytes())
	}
	put(a, 5)
	put(b, 4)
	put(d, 2)
	c.n, c.sys = uint8(n), idNDC
	c.codeTok, c.last, c.end = i+4, i+4, d.end
	c.signs |= sWeakShape
	return true
}

// repairable says whether b reads as five digits once O is 0 and I and L are 1.
func repairable(b []byte) bool {
	letters := 0
	for _, c := range b {
		switch {
		case isDigit(c):
		case c == 'O' || c == 'I' || c == 'L':
			letters++
		default:
			return false
		}
	}
	return letters > 0 && letters < 3
}

func repair(c byte) byte {
	switch c {
	case 'O':
		return '0'
	case 'I', 'L':
		return '1'
	}
	return c
}
