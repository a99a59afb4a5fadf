package codes

// settle weighs a candidate that has a shape, reads what is attached to it,
// and keeps it.
func (s *scanner) settle(i int, c *candidate) {
	s.before(i, c)
	if s.thing(i, c) {
		c.signs |= nID
	}
	s.column(i, c)
	s.reading(c)
	if c.sys == idNone {
		return
	}
	if p := s.at(i - 1); p.p == '_' && s.italics(c.last) {
		c.last++
	}
	switch {
	case c.signs&nForeign != 0:
	case c.signs&nID != 0 && c.signs&sLabel == 0: // a number may be a range of them, but carries nothing
		if s.at(c.last+1).p == '-' {
			s.attached(c, c.last+1)
		}
	default:
		s.suffix(c)
		s.adjusted(c)
	}
	if c.nm > 0 && c.mods[0][0] >= 'A' {
		c.signs &^= nIDWeak // "the CRNA case 00810 QZ"
	}
	s.claimPending(c)
	if pos := s.claimLine(c); pos > 0 {
		s.labelledOne(pos, idPOS, 2, linkNone, pos)
	}
	if c.nm > 0 && c.last > c.codeTok {
		s.lastMod, s.lastAlt = c.last, false
	}
	s.after(c)
	s.glued(i, c)
	s.around(i, c)
	c.named = s.named(c)
	s.membership(c)
	s.free = c.last + 1
	s.cands.add(*c)
	s.slashes()
}

// named says whether a number follows a word that the scanner does not know,
// in a sentence that is not about codes: "state 11730", "IRB 20610". The word
// says what the number is, even if the codebook has a code that looks alike.
func (s *scanner) named(c *candidate) bool {
	p := s.at(c.tok - 1)
	return c.sys == idCPT && digitsOnly(c.bytes()) && c.signs&(sBilling|sAsk|sClinical|sModifier|sUnits|sRange|sCodeWord|sProcWord|sColumn|sChain) == 0 &&
		p.kind == kAlpha && p.class&^(wIDH|wSTATE|wUP|wHEAD) == 0 && !(p.class&wUP != 0 && p.lower)
}

// reading settles the system where the spelling leaves it open: by label, by
// what the codebook has, then by which room the spelling lies in.
func (s *scanner) reading(c *candidate) {
	b := c.bytes()
	switch c.label {
	case idICD:
		if icdShape(b) && c.sys != idICD {
			c.sys = idICD
			c.signs = c.signs&^(nUnused) | sInUse
		}
	case idHCPCS, idCPT:
		if c.sys == idICD && hcpcsShape(b) && !c.dot {
			c.sys = idHCPCS
		}
	case idCDT:
		if cdtShape(b) {
			c.sys = idCDT
		}
	case idPCS:
		if pcsShape(b) {
			c.sys = idPCS
			c.signs = c.signs&^nUnused | sInUse
		}
	default:
		if s.known != nil && !c.dot && len(b) == 5 && isUpper(b[0]) && digitsOnly(b[1:]) {
			other := idICD
			if c.sys == idICD {
				other = idHCPCS
				if b[0] == 'D' {
					other = idCDT
				}
			}
			if other == idICD && !icdShape(b) || other == idHCPCS && !hcpcsShape(b) {
				break
			}
			mine, its := s.ask(c.sys, b), s.ask(other, b)
			if its == Member && mine != Member {
				c.sys = other
				c.signs &^= nUnused
			}
		}
		if c.sys == idHCPCS && !c.dot && icdShape(b) && icdCategory(b) && s.amongDiagnoses(c) {
			c.sys = idICD
		}
		if c.sys == idCDT && icdShape(b) && icdCategory(b) {
			ctx := s.context(c.tok)
			if ctx.class&wDENT == 0 && ctx.class&(wDX|wICD) != 0 && !letteredInUse(b) {
				c.sys = idICD
			}
		}
	}
	// A label speaks only for codes of its own shape: "CPT J1885" still means
	// the HCPCS code, "Dx 99213" means nothing.
	if c.signs&(sLabel|sChain) != 0 {
		ok := false
		switch c.label {
		case idCPT, idHCPCS:
			ok = c.sys == idCPT || c.sys == idHCPCS || c.sys == idCDT
		case idICD:
			ok = c.sys == idICD
		case idPCS:
			ok = c.sys == idPCS
		case idCDT:
			ok = c.sys == idCDT
		case idNDC:
			ok = c.sys == idNDC
		}
		if !ok {
			c.signs &^= sLabel | sChain
			if c.label != idNDC {
				c.signs |= sCodeWord
			}
			c.label = idNone
		}
	}
}

// amongDiagnoses says whether a code that could be either stands in a list of
// undotted diagnoses in a sentence about diagnoses.
func (s *scanner) amongDiagnoses(c *candidate) bool {
	if ctx := s.context(c.tok); ctx.class&(wDX|wICD) == 0 || ctx.class&(wHCPCS|wCPT) != 0 {
		return false
	}
	if n := s.cands.n; n > 0 && c.link == linkList && s.cands.at(n-1).sys == idICD && !s.cands.at(n-1).dot {
		return true
	}
	for k := c.tok + 1; k < c.tok+4; k++ {
		t := s.at(k)
		if t.kind == kMix {
			b := t.bytes()
			return len(b) >= 4 && icdShape(b) && icdCategory(b) && !hcpcsShape(b)
		}
		if t.kind != kPunct && t.class&wAND == 0 {
			return false
		}
	}
	return false
}

// ask asks the codebook. A diagnosis is asked with its dot.
func (s *scanner) ask(sys sysID, b []byte) Membership {
	if s.known == nil {
		return Unknown
	}
	switch sys {
	case idICD:
		return s.known(ICD10CM, dotted(b))
	case idNDC:
		return Unknown
	}
	return s.known(systemOf[sys], string(b))
}

// membership adds what the codebook says about a candidate that the text has
// not settled.
func (s *scanner) membership(c *candidate) {
	if s.known == nil || c.signs&sLabel != 0 || c.signs&hard != 0 {
		return
	}
	switch s.ask(c.sys, c.bytes()) {
	case Member:
		c.signs &^= nUnused
		if c.signs&settled == 0 && !c.named {
			c.signs |= sKnown
		}
	case NotMember:
		if !c.family {
			c.signs |= nNotKnown
		}
	}
}
