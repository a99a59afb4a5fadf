package codes

// Numbers and lettered numbers also name machines, parcels, rooms, seats,
// programs and questions of an examination. The noun that has the number tells
// them from codes, whatever the rest of the text is about.

// thing says whether the nouns beside a candidate say that it names a thing.
func (s *scanner) thing(i int, c *candidate) bool {
	if c.signs&(sLabel|sChain|sCodeWord|sProcWord) != 0 || c.dot {
		return false
	}
	if s.amongThings(i, c) || c.sys == idICD && s.assessed(i) || s.namedBefore(i, c) {
		return true
	}
	p := s.at(i - 1)
	if p.kind != kAlpha || c.sys != idCPT && c.n != 5 || c.sys == idCPT && !digitsOnly(c.bytes()) {
		return false
	}
	ctx := s.context(i)
	switch {
	case p.class&wTHING != 0:
		return c.sys != idHCPCS // a driver, a pump or a seat is billed by such a code
	case p.class&(wTECH|wIDW) != 0 && p.class&(wCODE|wBILL) == 0 || softwareNoun(p):
		return ctx.class&wTECH != 0
	case p.is("ITEM") || p.is("ITEMS"):
		return ctx.class&wSHOP != 0 && ctx.class&(wCPT|wMOD) == 0
	case p.is("QUESTION") || p.is("EXERCISE") || p.is("PROBLEM"):
		return ctx.class&wTEACH != 0 || s.at(i-2).kind == kNum || s.at(i-2).p == ','
	case (p.is("AUTH") || p.is("AUTHORIZATION") || p.is("PREAUTH") || p.is("PRECERT")) && s.at(c.last+1).kind == kAlpha:
		n := s.at(c.last + 1) // "auth 29881 for 29882-RT", and not "auth 29881 and 29882"
		return (n.is("FOR") || n.is("COVERS") || n.is("COVERED")) && procedureShape(s.at(c.last+2))
	}
	return s.branded(i, c)
}

// branded says whether the number is a model's: a maker's name before it, and
// a machine behind it or said of it. "Philips 74176 scanner", "the scanner is a
// GE 71045", "printer HP 45385".
func (s *scanner) branded(i int, c *candidate) bool {
	p := s.at(i - 1)
	if p.class&^(wALONE|wSTATE) != 0 || p.class != 0 && p.lower || !isUpper(s.text[p.start]) {
		return false
	}
	if n := s.at(c.last + 1); n.kind == kAlpha && n.class&wGEAR != 0 {
		return true
	}
	for k := i - 2; k >= i-6; k-- {
		t := s.at(k)
		switch {
		case t.kind == kAlpha && t.class&wGEAR != 0:
			return true
		case t.kind == kAlpha && (t.is("MODEL") || t.is("IS") || t.class&wART != 0 || t.p == ':'):
		default:
			return false
		}
	}
	return false
}

// softwareNoun says whether a word has a number of its own among programs, and
// means something else among services: a port, a release, a patch, a line.
func softwareNoun(t *token) bool {
	switch string(t.bytes()) {
	case "PORT", "RELEASE", "PATCH", "LINE", "THREAD", "BUILD", "PROCESS", "PID":
		return true
	}
	return false
}

// assessed says whether an undotted number is an item of an assessment form of
// a nursing home or home health agency ("O0110" of the MDS), which has the
// shape of a diagnosis. Source: the item sets of MDS 3.0 and OASIS.
func (s *scanner) assessed(i int) bool {
	ctx := s.context(i)
	return ctx.class&wFORM != 0 && ctx.class&(wDX|wICD|wCPT|wHCPCS) == 0 && s.at(i).n == 5
}

// amongThings says whether a candidate stands in a list that a plural noun of
// places, forms or seats heads: "rooms: J1885 (2nd floor), G0101 (gym)".
func (s *scanner) amongThings(i int, c *candidate) bool {
	if i < s.things.to && c.signs&(sModifier|sUnits) == 0 {
		return true
	}
	head, colon := s.at(i-1), false
	if head.kind == kLine && head.n == 1 {
		head = s.at(i - 2)
		if head.p == ':' {
			head, colon = s.at(i-3), true
		}
	} else if head.p == ':' {
		head, colon = s.at(i-2), true
	}
	if head.kind != kAlpha {
		return false
	}
	switch string(head.bytes()) {
	case "ROOMS", "SEATS", "STALLS", "LOCKERS", "GATES", "BAYS", "BINS", "SHELVES", "PLATES", "FLIGHTS", "BOOTHS", "SPACES", "INVOICES", "TICKETS", "TRUCKS", "PARCELS", "CRATES", "PALLETS", "TOKENS", "MODELS", "SERIALS", "ACCOUNTS":
	case "ORDERS":
		if s.context(i).class&wSHOP == 0 {
			return false // a physician orders tests
		}
	case "ITEMS":
		if s.context(i).class&wFORM == 0 {
			return false
		}
	default:
		if !(colon && head.class&(wTHING|wGEAR) != 0) {
			return false
		}
	}
	// The list goes on to the end of its sentence, unless codes are spoken of there.
	ctx := s.context(i)
	if ctx.class&(wCPT|wHCPCS|wMOD|wICD|wDX|wPROC) == 0 && !s.suffixed(ctx) {
		s.things.to = ctx.to
		return true
	}
	return false
}

// suffixed says whether a code of the sentence carries a modifier, which the
// number of a thing never does.
func (s *scanner) suffixed(ctx *sentence) bool {
	for k := ctx.from; k < ctx.to-2; k++ {
		if h, m := s.at(k+1), s.at(k+2); procedureShape(s.at(k)) && h.p == '-' && h.gap+m.gap == 0 && m.n == 2 && m.kind != kPunct && isModifier(m.b[0], m.b[1]) {
			return true
		}
	}
	return false
}

// namedBefore says whether the same number was the number of a thing shortly
// before, in a sentence that says nothing of services: "ticket 20605 ... the
// reply on 20605".
func (s *scanner) namedBefore(i int, c *candidate) bool {
	if c.sys != idCPT || !digitsOnly(c.bytes()) || s.at(c.last+1).p == '-' {
		return false
	}
	if p := s.at(i - 1); !p.is("ON") && !p.is("TO") && !p.is("ABOUT") && !p.is("REGARDING") && !p.is("FOR") {
		return false
	}
	for k := s.cands.n - 1; k >= max(0, s.cands.n-8); k-- {
		if p := s.cands.at(k); p.signs&nID != 0 && p.signs&sLabel == 0 && p.code == c.code {
			return s.context(i).class&(wCPT|wHCPCS|wMOD|wCLIN|wPROC|wBILL|wDX|wICD) == 0
		}
	}
	return false
}
