package codes

// modifier judges two characters that are attached to no code as a modifier.
// Either the sentence ties them to a code after all ("does 97140 need 59?",
// "25 on the 99213"), then they belong to it; or they are spoken of by
// themselves ("when does 25 apply?") and become a mention of their own.
func (s *scanner) modifier(i int, t *token) {
	if s.leads(i) {
		s.pend(i+1, t)
		s.lastMod, s.lastAlt = i, false
		s.free = i + 1
		return
	}
	if !s.standsAlone(i, t) {
		return
	}
	cue, alternative := s.modifierCue(i, t)
	if cue == 0 {
		return
	}
	if !alternative {
		if n := s.at(i + 1); s.at(i-1).class&wMOD != 0 && s.at(i-1).kind == kAlpha || n.is("ON") || n.is("TO") || n.is("ONTO") || n.is("FOR") || n.is("IN") || n.is("OFF") {
			if j := s.tieForward(i); j > 0 {
				s.pend(j, t)
				s.lastMod, s.lastAlt = i, false
				s.free = i + 1
				return
			}
		}
		if p := s.tieBack(i, t); p != nil {
			p.addModifier(t.b[0], t.b[1])
			p.signs |= sModifier
			s.lastMod, s.lastAlt = i, false
			s.free = i + 1
			return
		}
		if j := s.tieForward(i); j > 0 {
			s.pend(j, t)
			s.lastMod, s.lastAlt = i, false
			s.free = i + 1
			return
		}
	}
	c := candidate{sys: idModifier, tok: i, codeTok: i, last: i, start: t.start, end: t.end, line: s.line, n: 2, signs: cue}
	c.code[0], c.code[1] = t.b[0], t.b[1]
	ctx := s.context(i)
	if ctx.class&(wMOD|wBILL|wCODE) != 0 {
		c.signs |= sBilling
	}
	if ctx.question {
		c.signs |= sAsk
	}
	if t.lower {
		c.signs |= nLower
	}
	s.lastMod, s.lastAlt = i, alternative
	s.free = i + 1
	s.cands.add(c)
}

// standsAlone says whether the two characters are a word of their own and no
// part of a number, a date, a price, a measure.
func (s *scanner) standsAlone(i int, t *token) bool {
	if !s.okModifier(nil, i, looseMod) {
		return false
	}
	p, n := s.at(i-1), s.at(i+1)
	if t.kind == kAlpha && !t.lower && n.kind == kNum && n.n == 5 && s.at(i+2).kind == kAlpha && s.at(i+2).class&wGEAR != 0 {
		return false // a maker: "the GE 70450 scanner"
	}
	if t.kind == kAlpha && !t.lower && (p.is("SECTION") || p.is("APPENDIX") || p.is("ANNEX")) {
		return false
	}
	if t.gap == 0 && i > 0 {
		q := s.at(i - 2)
		touching := p.gap == 0 && (q.kind == kNum || q.kind == kAlpha || q.kind == kMix)
		switch {
		case p.kind == kNum || p.kind == kMix:
			return false
		case p.kind == kAlpha && p.class&wMOD == 0:
			return false
		case p.p == '$' || p.p == '#' && t.kind == kNum && q.class&wMOD == 0:
			return false
		case (p.p == '.' || p.p == ':') && touching && q.kind == kNum:
			return false
		case p.p == '.' && touching && q.class&wMOD == 0:
			return false
		case p.p == '-' && touching && q.class&wMOD == 0 && !(s.inCandidate(i-2) && s.lastMod == i-2):
			return false
		case p.p == '/' && touching && q.kind == kNum && (q.n != 2 || !isModifier(q.b[0], q.b[1])):
			return false
		case p.p == '\'' && touching:
			return false
		case p.p == '@' || p.p == '_' || p.p == '\\':
			return false
		case p.p == ',' && touching && q.kind == kNum && q.n != 2 && !s.inCandidate(i-2):
			return false
		}
	}
	if n.gap == 0 && n.kind == kPunct {
		m := s.at(i + 2)
		touching := m.gap == 0 && (m.kind == kNum || m.kind == kAlpha || m.kind == kMix)
		switch n.p {
		case '/', '-':
			if touching && (m.n != 2 || !isModifier(m.b[0], m.b[1])) && m.class&wMOD == 0 {
				return false
			}
		case '@', '_', '%', '$', '\\':
			return false
		case '\'':
			if touching && m.n > 0 {
				return false
			}
		case '.':
			if touching && !isUpper(s.text[m.start]) {
				return false
			}
		}
	}
	if t.kind == kNum && n.kind == kAlpha && n.class&(wMEAS|wCOUNT|wUNIT|wMONTH) != 0 && n.class&wMOD == 0 && !(n.n == 1) && !n.is("IN") {
		return false
	}
	return true
}

// modifierCue weighs the words around a modifier. It returns the signs for it,
// and whether it stands among alternatives.
func (s *scanner) modifierCue(i int, t *token) (cue sign, alternative bool) {
	k := i - 1
	for k > i-4 && s.at(k).kind == kPunct && (s.at(k).p == '-' || s.at(k).p == '(' || s.at(k).p == '"' || s.at(k).p == '\'' || s.at(k).p == ':' || s.at(k).p == '#' || s.at(k).p == '[' || s.at(k).p == '*') {
		k--
	}
	if s.at(k).p == '/' && s.at(k-1).is("W") {
		k-- // "w/ 59"
	}
	if w := s.at(k); k < i-1 && w.kind == kAlpha && s.at(k+1).p == ':' && w.class&wMOD == 0 {
		k++ // "lab work: 90 on 84443"
	}
	if k < i-1 && s.inCandidate(k) {
		k++ // "69210: RT on one line": the mark parts it from the code
	}
	prev := s.at(k)
	hyphen := s.at(i-1).p == '-' && t.gap == 0 && (s.at(i-1).gap > 0 || s.at(i-2).kind != kNum)
	j := i + 1
	for j < i+4 && s.at(j).kind == kPunct && (s.at(j).p == ')' || s.at(j).p == '"' || s.at(j).p == '\'' || s.at(j).p == ']') {
		j++
	}
	next := s.at(j)

	// "modifier 25", "modifiers: LT", "modifier is 25"
	back := k
	for back > k-3 && s.at(back).kind == kAlpha && (s.at(back).is("IS") || s.at(back).is("OF") || s.at(back).is("THE") || s.at(back).is("CODE") || s.at(back).is("BOTH") || s.at(back).is("ARE") || s.at(back).is("LIKE") || s.at(back).is("S")) ||
		back > k-3 && (s.at(back).p == ':' || s.at(back).p == ')' || s.at(back).p == '(') {
		back--
	}
	if b := s.at(back); b.kind == kAlpha && b.class&wMOD != 0 || s.at(i-1).class&wMOD != 0 {
		if !(t.kind == kAlpha && t.lower && t.class&(wSMALL|wTIE|wTO|wAND|wOR) != 0) && !(t.kind == kAlpha && t.is("OR")) {
			cue |= sLabel
		}
	}
	if next.kind == kAlpha && next.class&wMOD != 0 && !next.is("MOD") || next.is("MOD") && t.kind != kAlpha {
		cue |= sLabel
	}
	// the list that it continues
	if s.lastMod >= 0 && i-s.lastMod <= 6 {
		listed := true
		for x := s.lastMod + 1; x < i; x++ {
			m := s.at(x)
			switch {
			case m.kind == kPunct && (m.p == ',' || m.p == '/' || m.p == '&' || m.p == '-' || m.p == '(' || m.p == ')' || m.p == '+' || m.p == '"' || m.p == '\''):
			case m.p == '?' && s.at(i+1).p == '?':
				alternative = true
			case m.kind == kAlpha && m.class&wOR != 0, m.is("INSTEAD"), m.is("RATHER"), m.is("NOT"), m.is("OVER"):
				alternative = true
			case m.kind == kAlpha && m.class&wTO != 0 && (s.at(x-1).is("TA") || s.at(x-1).is("FA") || s.at(x-1).is("E1")): // "TA through T9"
			case m.kind == kAlpha && m.class&(wAND|wMOD) != 0, m.is("THAN"), m.is("OF"), m.is("A"), m.is("THE"), m.is("WITH"), m.is("ONLY"), m.is("THEN"), m.is("EVEN"):
			default:
				listed = false
			}
		}
		if listed {
			cue |= sChain
			alternative = alternative || s.lastAlt
		}
	}
	if next.kind == kAlpha && next.class&wOR != 0 || prev.kind == kAlpha && (prev.class&wOR != 0 || prev.is("INSTEAD") || prev.is("WITHOUT") || prev.is("NOT") || prev.is("THAN") || prev.is("NO")) {
		alternative = true
	}
	if prev.kind == kAlpha && prev.class&wART != 0 && (s.at(k-1).is("WITHOUT") || s.at(k-1).is("NO")) || prev.class&wMOD != 0 && (s.at(k-1).is("WITHOUT") || s.at(k-1).is("NO") || s.at(k-1).class&wART != 0 && s.at(k-2).is("WITHOUT")) {
		alternative = true
	}
	switch n := s.cands.n; {
	case t.lower || cue&sLabel != 0 || n == 0:
	case digitModifier(t) && s.parted(i-1) && s.ledAt(s.cands.at(n-1).tok) && i-s.cands.at(n-1).last < 5:
		return sShape, true // "F1 11760, F2 11740, FA nothing"
	case cue&sChain != 0:
	case s.schooling(i, t):
		return sShape, true
	case t.kind == kMix && t.b[0] == 'Q' && !t.lower && s.at(i+1).is("ON") && procedureShape(s.at(i+2)):
		return sShape, false // "class findings Q8 on 11721"
	case t.is("SL") && !t.lower && (s.at(i-1).is("VFC") || s.at(i+1).is("FOR") && s.at(i+2).is("VFC")):
		return sShape, s.at(i - 1).is("VFC") // a vaccine that the state supplies
	}
	listed := cue&sChain != 0 && (prev.class&wOR != 0 || prev.class&wAND != 0 && s.lastMod == k-1 && !t.is("PT")) && t.class&(wOR|wTO|wART|wSMALL) == 0
	if t.kind == kAlpha && cue&sLabel == 0 && wordLike(t) && (t.lower || t.class&wALONE == 0 && !listed && !s.attachedElsewhere(t) && !s.other(j, t) && !next.is("MEAN")) && !(t.kind == kAlpha && !t.lower && !roleWord(t) && (puts(prev) || s.modifierRun(i) >= 3 || next.class&wOR != 0)) {
		return 0, false
	}
	if cue != 0 {
		return cue, alternative
	}
	return s.alone(i, k, j, hyphen), alternative
}

// counterpart says whether another modifier is set against the one before
// token j: "F5 instead of RT", "XU rather than 59", "XS over 59".
func (s *scanner) counterpart(j int) bool {
	if s.at(j).p == ',' {
		j++
	}
	switch t := s.at(j); {
	case t.is("INSTEAD") && s.at(j+1).is("OF"), t.is("RATHER") && s.at(j+1).is("THAN"):
		j += 2
	case t.is("OVER"), t.is("NOT"):
		j++
	default:
		return false
	}
	t := s.at(j)
	return t.n == 2 && t.kind != kPunct && !t.lower && isModifier(t.b[0], t.b[1])
}

// codeSoon says whether a number or mix with the shape of a procedure code
// follows within a few tokens.
func (s *scanner) codeSoon(j int) bool {
	for k := j; k < j+8; k++ {
		t := s.at(k)
		if t.n == 5 && (t.kind == kNum || t.kind == kMix && (hcpcsShape(t.bytes()) || cptShape(t.bytes()))) {
			return true
		}
		if t.kind == kLine || t.kind == kEdge {
			return false
		}
	}
	return false
}

// modifierRun counts the modifiers that stand in a list from token i on: "80,
// 81, 82 and AS".
func (s *scanner) modifierRun(i int) int {
	n := 1
	for k := i + 1; n < 3 && k < i+10; k++ {
		t := s.at(k)
		switch {
		case t.kind == kPunct && (t.p == ',' || t.p == '/' || t.p == '&'), t.kind == kAlpha && t.class&(wAND|wOR) != 0 && t.n > 1:
		case t.n == 2 && t.kind != kPunct && !(t.kind == kAlpha && t.lower) && s.okModifier(nil, k, looseMod) && t.class&(wMEAS|wMONTH) == 0 && !(t.kind == kAlpha && t.class&wALONE == 0 && (roleWord(t) || s.at(i).kind != kAlpha)):
			if p := s.at(k - 1); p.kind != kPunct && p.kind != kAlpha {
				return n
			}
			n++
			if x := s.at(k + 1); x.kind == kAlpha && x.class&(wMEAS|wCOUNT|wUNIT|wMONTH) != 0 {
				return 1
			}
		default:
			return n
		}
	}
	return n
}

// pluralModifier reads "51s" as the modifier spoken of.
func (s *scanner) pluralModifier(i int, t *token) bool {
	if t.n != 3 || t.b[2] != 'S' || !t.lower || !isDigit(t.b[0]) || !isDigit(t.b[1]) || !isModifier(t.b[0], t.b[1]) || t.gap == 0 && i > 0 {
		return false
	}
	c := candidate{sys: idModifier, tok: i, codeTok: i, last: i, start: t.start, end: t.start + 2, line: s.line, n: 2, signs: sWeakShape}
	c.code[0], c.code[1] = t.b[0], t.b[1]
	if ctx := s.context(i); ctx.class&(wMOD|wBILL|wCODE|wAPPEND) != 0 {
		c.signs |= sBilling
	}
	s.lastMod = i
	s.cands.add(c)
	return true
}

// adverb says whether a word is one that may stand anywhere: "automatically".
func adverb(t *token) bool {
	n := int(t.n)
	return t.kind == kAlpha && n > 5 && n <= len(t.b) && t.b[n-2] == 'L' && t.b[n-1] == 'Y'
}

// judged says whether a word asks after a modifier's fitness: "is 59 ever right".
func judged(t *token) bool {
	switch string(t.bytes()) {
	case "EVER", "STILL", "ALWAYS", "NEEDED", "REQUIRED", "ALLOWED", "APPROPRIATE", "OK", "OKAY", "RIGHT", "VALID", "CORRECT", "ENOUGH", "BETTER", "BEST", "BE", "GO",
		"APPLY", "WORK", "HELP", "DO", "FLY", "PASS", "NECESSARY", "WRONG", "SUFFICIENT", "PROPER", "ACCEPTABLE", "RECOGNIZED", "ACCEPTED":
		return true
	}
	return false
}

// strongLetters are modifiers that read as words elsewhere, but hardly between
// codes.
func strongLetters(t *token) bool {
	return t.is("GA") || t.is("GE") || t.is("AA") || t.is("SA")
}

// attachedElsewhere says whether an earlier code of the text carries the same
// modifier. The look goes back over a few candidates only.
func (s *scanner) attachedElsewhere(t *token) bool {
	for k := s.cands.n - 1; k >= 0 && k >= s.cands.n-8; k-- {
		c := s.cands.at(k)
		for _, m := range c.mods[:c.nm] {
			if m[0] == t.b[0] && m[1] == t.b[1] {
				return true
			}
		}
	}
	return false
}

// tieBack returns the code before token i that the sentence puts the modifier
// on: only a few words that tie stand between.
func (s *scanner) tieBack(i int, t *token) *candidate {
	n := s.cands.n
	for n > 0 && n > s.cands.n-3 {
		p := s.cands.at(n - 1)
		if p.procedure() {
			break
		}
		if p.sys == idModifier {
			return nil
		}
		n--
	}
	if n == 0 || !s.cands.at(n-1).procedure() {
		return nil
	}
	for k := i + 1; k < i+5; k++ {
		if m := s.at(k); m.is("BE") || m.is("GO") {
			return nil // "should LT and RT be on separate lines?"
		} else if m.class&wAND == 0 && m.n != 2 {
			break
		}
	}
	p := s.cands.at(n - 1)
	last := s.cands.at(s.cands.n - 1)
	from := last.last + 1
	if s.at(i + 1).is("ON") {
		return nil // on something else: "25 on the visit", "GP on each line"
	}
	if i-from > 9 {
		return nil
	}
	marks := 0
	for k := from; k < i; k++ {
		m := s.at(k)
		switch {
		case m.kind == kPunct && (m.p == ',' || m.p == '(' || m.p == ')' || m.p == '-' || m.p == '"' || m.p == '\'' || m.p == ':'):
			marks++
			if marks > 2 {
				return nil
			}
		case m.kind == kLine && m.n == 1, m.p == '/' && s.at(k-1).is("W"):
		case m.kind == kAlpha && m.class&wMOD != 0:
		case m.is("S") && k > from && s.at(k-1).p == '\'': // "99213's 25"
		case m.kind == kAlpha && m.class&(wNOT|wOR) != 0:
			return nil
		case m.kind == kAlpha && (m.class&wTIE != 0 || adverb(m)):
			if last != p {
				return nil
			}
		case s.lastMod == k: // a list of modifiers
		default:
			return nil
		}
	}
	// A modifier of visits goes on the visit of the list.
	for n > 1 && t.kind == kNum && !modifierFits(p, t.b[0], t.b[1]) && p.link == linkList && s.cands.at(n-2).procedure() {
		n--
		p = s.cands.at(n - 1)
	}
	return p
}

// tieForward returns the token of the code that a modifier is put on ("25 on
// the 99213"), or 0.
func (s *scanner) tieForward(i int) int {
	on := false
	for k := i + 1; k < i+10; k++ {
		m := s.at(k)
		switch {
		case m.kind == kNum && m.n == 5 || m.kind == kMix && m.n == 5 && (hcpcsShape(m.bytes()) || cptShape(m.bytes())):
			if !on {
				return 0
			}
			return k
		case on && m.kind == kAlpha && m.class&wDIG != 0 && m.n > 3:
			return k // a dictated code
		case m.kind == kPunct && (m.p == ')' || m.p == '"' || m.p == '\'' || m.p == '(' || m.p == ',' || m.p == '&' || m.p == '/' || m.p == '-'):
			if on && m.p == ',' {
				return 0
			}
		case m.kind == kLine && m.n == 1:
		case m.kind == kAlpha && m.class&wMOD != 0 && !on:
		case m.kind == kAlpha && m.class&wOR != 0:
			return 0
		case m.n == 2 && m.kind == kNum && isModifier(m.b[0], m.b[1]) && !on:
		case m.kind == kAlpha && m.is("AND") && !on:
		case m.kind == kAlpha && (m.class&wTIEF != 0 || adverb(m)):
			if m.is("ON") || m.is("TO") || m.is("ONTO") || m.is("WITH") || m.is("FOR") || m.is("IN") || m.is("OFF") {
				on = true
			}
		case m.n == 2 && m.kind == kAlpha && !m.lower && isModifier(m.b[0], m.b[1]) && !on:
		default:
			return 0
		}
	}
	return 0
}

// pending is a modifier that waits for the code it goes on.
type pending struct {
	tok  int
	a, b byte
}

func (s *scanner) pend(tok int, t *token) {
	for k := range s.pends {
		if s.pends[k].tok == 0 || s.pends[k].tok < s.free {
			s.pends[k] = pending{tok, t.b[0], t.b[1]}
			return
		}
	}
}

// claimPending gives a code the modifiers that were said before it.
func (s *scanner) claimPending(c *candidate) {
	for k := range s.pends {
		if p := &s.pends[k]; p.tok != 0 && p.tok <= c.codeTok {
			if p.tok >= c.tok {
				c.addModifier(p.a, p.b)
				c.signs |= sModifier
			}
			*p = pending{}
		}
	}
}
