package codes

// resolve decides every candidate. The signs of a candidate's own place come
// first; then lists hand acceptance on to their members, and a text that has
// codes makes what is left open likelier.
func (s *scanner) resolve() {
	c := s.cands
	for i := range c {
		if c[i].signs&sRepaired != 0 && c[i].signs&(sLabel|sChain|sKnown|sCodeWord) == 0 {
			c[i].dead = true
		}
	}
	for i := 1; i < len(c); i++ {
		if (c[i].link != linkNone || c[i].tok-c[i-1].last < 14) && c[i].open() && c[i-1].open() && sameKind(&c[i], &c[i-1]) {
			c[i].signs |= sPair
			c[i-1].signs |= sPair
		}
	}
	spoken := 0
	for i := range c {
		if c[i].sys == idModifier && c[i].signs&(sWeakShape|sShape|sLabel|sChain) != 0 {
			spoken++
		}
	}
	for i := range c {
		if spoken > 0 && c[i].procedure() && c[i].open() || spoken > 2 && c[i].sys == idModifier {
			c[i].signs |= sPair
		}
	}
	s.spread()
	n := 0
	for i := range c {
		if c[i].sys != idModifier && c[i].ok() {
			n++
		}
	}
	for i := range c {
		if n > 1 || n == 1 && !c[i].ok() || s.coding || c[i].sys == idModifier && n > 0 {
			c[i].signs |= sOthers
		}
		if n == 0 && len(c) == 1 && c[i].signs&nIDWeak != 0 && c[i].signs&sBilling != 0 {
			c[i].signs |= sOnly
		}
	}
	s.spread()
	s.modifiersLast()
}

// open says whether nothing but its shape speaks for or against a candidate.
func (c *candidate) open() bool {
	return c.sys != idModifier && c.signs&(hard|nUnused|nRound|nIDWeak|nRoughly|nContext) == 0
}

func (c *candidate) ok() bool { return !c.dead && c.signs.accepted() }

// spread hands acceptance along lists, forwards and backwards.
func (s *scanner) spread() {
	c := s.cands
	for i := 1; i < len(c); i++ {
		if c[i].link != linkNone && c[i].sys != idModifier && c[i-1].sys != idModifier && c[i-1].ok() && c[i].signs&hard == 0 && sameKind(&c[i], &c[i-1]) {
			c[i].signs = c[i].signs&^nRound | sList
		}
	}
	for i := len(c) - 2; i >= 0; i-- {
		if c[i+1].link != linkNone && c[i+1].sys != idModifier && c[i].sys != idModifier && c[i+1].ok() && c[i].signs&hard == 0 && sameKind(&c[i], &c[i+1]) {
			c[i].signs = c[i].signs&^nRound | sList
		}
	}
}

// sameKind says whether two neighbours speak for each other: procedures for
// procedures, diagnoses for diagnoses.
func sameKind(a, b *candidate) bool {
	return a.procedure() && b.procedure() || a.sys == b.sys
}

// modifiersLast withdraws modifiers that stand in a chain whose head fell.
func (s *scanner) modifiersLast() {
	c := s.cands
	for i := range c {
		if c[i].sys != idModifier || c[i].signs&sChain == 0 || c[i].signs&sLabel != 0 {
			continue
		}
		// what it continues must stand: a modifier before it, or a code's own
		if i > 0 && !c[i-1].ok() {
			c[i].signs &^= sChain
		}
	}
}

// mentions turns the accepted candidates into mentions.
func (s *scanner) mentions() []Mention {
	n := 0
	for i := range s.cands {
		if s.cands[i].ok() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]Mention, 0, n)
	for i := range s.cands {
		if c := &s.cands[i]; c.ok() {
			out = append(out, c.mention(s.text))
		}
	}
	return out
}

func (c *candidate) mention(text string) Mention {
	m := Mention{
		System: systemOf[c.sys], Code: c.spelled(c.bytes()), RangeEnd: c.spelled(c.rangeEnd[:c.nr]),
		Modifiers: make([]string, 0, c.nm), Units: int(c.units),
		Text: text[c.start:c.end], Start: c.start, End: c.end, Group: 1, Role: RoleBilled,
	}
	for _, x := range c.mods[:c.nm] {
		m.Modifiers = append(m.Modifiers, string(x[:]))
	}
	return m
}

// spelled is the code as the codebook has it.
func (c *candidate) spelled(b []byte) string {
	switch {
	case len(b) == 0:
		return ""
	case c.sys == idICD:
		return dotted(b)
	case c.sys == idNDC && len(b) == 11:
		return string(b[:5]) + "-" + string(b[5:9]) + "-" + string(b[9:])
	}
	return string(b)
}
