package codes

// resolve decides every candidate. The signs of a candidate's own place come
// first; then lists hand acceptance on to their members, and a text that has
// codes makes what is left open likelier.
func (s *scanner) resolve() {
	all := &s.cands
	spoken := 0
	for i := range all.n {
		c := all.at(i)
		if c.signs&sRepaired != 0 && c.signs&(sLabel|sChain|sKnown|sCodeWord) == 0 {
			c.dead = true
		}
		if c.sys == idModifier {
			spoken++
		}
		if i == 0 {
			continue
		}
		if p := all.at(i - 1); (c.link != linkNone || c.tok-p.last < 14) && c.open() && p.open() && sameKind(c, p) && (c.link != linkNone || !c.named && !p.named) {
			c.signs |= sPair
			p.signs |= sPair
		}
	}
	for i := range all.n {
		if c := all.at(i); spoken > 0 && c.procedure() && c.open() || c.sys == idModifier && (spoken > 2 || spoken > 1 && !isDigit(c.code[0])) {
			c.signs |= sPair
		}
	}
	s.spread()
	codes := 0
	for i := range all.n {
		if c := all.at(i); c.sys != idModifier && c.ok() {
			codes++
		}
	}
	for i := range all.n {
		c := all.at(i)
		if codes > 1 || codes == 1 && !c.ok() || s.coding || c.sys == idModifier && codes > 0 {
			c.signs |= sOthers
		}
		if codes == 0 && all.n == 1 && all.lost == 0 && c.signs&nIDWeak != 0 && c.signs&sBilling != 0 {
			c.signs |= sOnly
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
	all := &s.cands
	for i := 1; i < all.n; i++ {
		if c, p := all.at(i), all.at(i-1); c.link != linkNone {
			c.join(p)
		}
	}
	for i := all.n - 2; i >= 0; i-- {
		if c, f := all.at(i), all.at(i+1); f.link != linkNone {
			c.join(f)
		}
	}
}

// join lets an accepted neighbour in a list speak for c.
func (c *candidate) join(neighbour *candidate) {
	if c.sys != idModifier && neighbour.sys != idModifier && c.signs&hard == 0 && sameKind(c, neighbour) && neighbour.ok() {
		c.signs = c.signs&^nRound | sList
	}
}

// sameKind says whether two neighbours speak for each other: procedures for
// procedures, diagnoses for diagnoses.
func sameKind(a, b *candidate) bool {
	return a.procedure() && b.procedure() || a.sys == b.sys
}

// modifiersLast takes from a modifier what it has from a list whose head fell.
func (s *scanner) modifiersLast() {
	all := &s.cands
	for i := 1; i < all.n; i++ {
		if c := all.at(i); c.sys == idModifier && c.signs&sChain != 0 && c.signs&sLabel == 0 && !all.at(i-1).ok() {
			c.signs &^= sChain
		}
	}
}

// mentions turns the accepted candidates into mentions. It takes the text
// apart from the scanner, so that the scanner can stay off the heap.
func mentions(all *candidates, text string) []Mention {
	n := 0
	for i := range all.n {
		if all.at(i).ok() {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]Mention, 0, n)
	for i := range all.n {
		if c := all.at(i); c.ok() {
			out = append(out, c.mention(text))
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
