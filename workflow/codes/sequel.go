package codes

// A DRG or a place of service is named once with its label and then again
// without it: "DRG 193, but final coding landed at 195", "POS 11 was wrong,
// should be 22". The verb before the second number says that it takes the
// place of the first.

// reach is how many tokens behind a labelled number its sequel may stand.
const reach = 16

// remember notes the last number read behind such a label.
func (s *scanner) remember(last int, sys sysID) {
	if sys == idDRG || sys == idPOS {
		s.sequelSys, s.sequelTok = sys, last
	}
}

// sequel reads a number as the sequel of a labelled one, and says whether it did.
func (s *scanner) sequel(i int, t *token) bool {
	if t.kind != kNum || t.n < 2 || t.n > 3 || i < s.free || t.gap == 0 {
		return false
	}
	if t.n == 3 && s.opposedDRG(i) {
		return true
	}
	if t.n == 3 && s.grouped(i) {
		return s.labelledOne(i, idDRG, 3, linkNone, i) > 0
	}
	if s.sequelSys == idNone || i-s.sequelTok > reach {
		return false
	}
	width := 3
	if s.sequelSys == idPOS {
		width = 2
	}
	p, n := s.at(i-1), s.at(i+1)
	if int(t.n) != width || p.kind != kAlpha || n.p == '%' || n.p == '/' || n.p == '$' || (n.p == '.' || n.p == ',' || n.p == '-' || n.p == ':') && s.at(i+2).gap == 0 && s.at(i+2).kind != kLine && s.at(i+2).kind != kEdge ||
		n.kind == kNum || n.kind == kAlpha && n.class&(wMEAS|wCOUNT|wUNIT|wMONTH|wMOD|wPROC) != 0 {
		return false
	}
	if s.sequelSys == idPOS && (s.lastMod > s.sequelTok || !placeOfService(t.value())) {
		return false
	}
	if !becomes(p) && !(s.sequelSys == idDRG && (p.is("PAID") || p.is("AT") || p.is("EXPECTED") || p.is("GOT") || p.is("INTO"))) {
		return false
	}
	return s.labelledOne(i, s.sequelSys, width, linkNone, i) > 0
}

// becomes says whether a word leads from one number to the one in its place.
func becomes(t *token) bool {
	switch string(t.bytes()) {
	case "TO", "AS", "WAS", "BE", "NOT", "IS":
		return true
	}
	return false
}

// opposedDRG reads "280 vs 281", two neighbours of three digits, where the text
// speaks of DRGs soon behind or before it.
func (s *scanner) opposedDRG(i int) bool {
	v := s.at(i + 1)
	k := i + 2
	if s.at(k).p == '.' {
		k++
	}
	o := s.at(k)
	if !v.is("VS") && !v.is("VERSUS") || o.kind != kNum || o.n != 3 || s.at(k+1).class&wMEAS != 0 || distance(s.at(i).value(), o.value()) > 9 {
		return false
	}
	spoken := s.sequelSys == idDRG && i-s.sequelTok <= 3*reach
	for j := k + 1; j < k+2*reach && !spoken; j++ {
		if t := s.at(j); t.kind == kEdge {
			break
		} else if t.class&wDRG != 0 {
			spoken = true
		}
	}
	s.work += 2 * reach
	return spoken && s.labelledOne(i, idDRG, 3, linkNone, i) > 0 && s.labelledOne(k, idDRG, 3, linkOr, i) > 0
}

// placeOfService says whether two digits are a place of service.
// Source: CMS, Place of Service Code Set.
func placeOfService(n int) bool {
	switch {
	case n >= 1 && n <= 27, n >= 31 && n <= 34, n == 41, n == 42, n >= 49 && n <= 58, n >= 60 && n <= 62, n == 65, n == 66, n == 71, n == 72, n == 81, n == 99:
		return true
	}
	return false
}

// grouped says whether the number at token i is what a grouper returned: "the
// grouper gives 872".
func (s *scanner) grouped(i int) bool {
	v, n := s.at(i-1), s.at(i+1)
	if v.kind != kAlpha || n.p == '%' || n.kind == kNum || n.kind == kAlpha && n.class&(wMEAS|wCOUNT) != 0 {
		return false
	}
	switch string(v.bytes()) {
	case "GIVES", "GAVE", "RETURNS", "RETURNED", "ASSIGNS", "ASSIGNED", "SAYS", "SAID", "SHOWS":
		return s.at(i - 2).is("GROUPER")
	}
	return false
}
