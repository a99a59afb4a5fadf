package codes

// Fingers, toes and lids are often named before what was done to them: "F1
// 11760, F2 11740", one a line or one behind the other.

// leads says whether the modifier at token k stands before its code: it begins
// a part of a list whose parts all begin so.
func (s *scanner) leads(k int) bool {
	if !digitModifier(s.at(k)) || !procedureShape(s.at(k+1)) || s.at(k+1).gap != 1 || !s.parted(k-1) {
		return false
	}
	for j := k - 2; j > k-6 && s.at(j).kind != kLine; j-- {
		if procedureShape(s.at(j)) && s.ledAt(j) {
			return true
		}
	}
	if p := s.at(k - 1); p.kind == kPunct && s.inCandidate(k-2) {
		return false // "11750 TA, ..." has them behind
	}
	// The next part begins so too, behind what hangs on this code.
	for j := k + 2; j < k+8; j++ {
		if t := s.at(j); t.kind == kEdge || t.kind == kPunct && t.p == '.' {
			return false
		} else if s.parted(j) {
			return digitModifier(s.at(j+1)) && procedureShape(s.at(j+2)) && s.at(j+2).gap == 1
		}
	}
	return false
}

// ledAt says whether the code at token k has such a modifier before it.
func (s *scanner) ledAt(k int) bool {
	return digitModifier(s.at(k-1)) && s.at(k).gap == 1 && s.parted(k-2)
}

// parted says whether token k parts the entries of a list.
func (s *scanner) parted(k int) bool {
	t := s.at(k)
	return t.kind == kEdge || t.kind == kLine || t.p == ',' || t.p == ';' || t.p == ':'
}

// digitModifier says whether a token is the modifier of a finger, toe or lid.
// Source: HCPCS Level II, E1-E4, FA, F1-F9, TA, T1-T9.
func digitModifier(t *token) bool {
	if t.n != 2 || t.lower || t.kind != kMix && t.kind != kAlpha {
		return false
	}
	switch a, b := t.b[0], t.b[1]; a {
	case 'F', 'T':
		return b == 'A' || b >= '1' && b <= '9'
	case 'E':
		return b >= '1' && b <= '4'
	}
	return false
}

// schooling says whether a modifier of a worker's schooling stands behind the
// worker: "RBT HM, BCBA HO", "psychologist
// AH". Source: HCPCS Level II, HM to HP, AH, AJ.
func (s *scanner) schooling(i int, t *token) bool {
	if t.lower || !(t.is("HM") || t.is("HN") || t.is("HO") || t.is("HP") || t.is("AH") || t.is("AJ")) || s.cands.n == 0 {
		return false
	}
	switch string(s.at(i - 1).bytes()) {
	case "RBT", "RBTS", "BCBA", "BCBAS", "BCABA", "LCSW", "LMSW", "LPC", "LMFT", "LMHC", "QMHP", "QBHP", "PSYD", "PHD", "TECHNICIAN", "PARAPROFESSIONAL", "TECH", "PSYCHOLOGIST", "PSYCHOLOGISTS", "COUNSELOR", "THERAPIST":
		return true
	}
	return false
}

// adjusted reads AT behind a chiropractic code, where it is no common word.
// Source: Medicare Claims Processing Manual, chapter 12, section 220.
func (s *scanner) adjusted(c *candidate) {
	t, n := s.at(c.last+1), s.at(c.last+2)
	if string(c.code[:4]) != "9894" || c.sys != idCPT || !t.is("AT") || t.lower || t.gap != 1 || n.kind == kAlpha && !n.is("X") && !n.lower {
		return
	}
	c.addModifier('A', 'T')
	c.signs |= sModifier
	c.last++
	c.end = t.end
}
