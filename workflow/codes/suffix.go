package codes

// suffix reads what is attached to a code: the end of a range, modifiers in
// all the ways in which they are written, units. It moves c.last, and c.end
// where it is glued to the code.
func (s *scanner) suffix(c *candidate) {
	if c.sys == idICD {
		s.rangeICD(c)
		return
	}
	if !c.procedure() {
		return
	}
	for range 12 {
		k := c.last + 1
		if s.tab.stops(s, k) {
			return
		}
		if c.sys == idCDT && s.at(k).gap > 0 { // the dental code set has no modifiers
			if !s.unitsAfter(c, k) {
				s.described(c)
				return
			}
			continue
		}
		if !s.attached(c, k) && !s.unitsAfter(c, k) && !s.spoken(c, k) {
			if c.nr == 0 {
				s.described(c)
			}
			return
		}
	}
}

// attached reads one modifier or range end that is written right behind the
// code: "-25", " 25", ".25", ",59", ":59", "/RT", "(RT)", "RT", "-99215".
func (s *scanner) attached(c *candidate, k int) bool {
	t := s.at(k)
	if t.gap == 0 && (t.kind == kMix || t.kind == kAlpha || t.kind == kNum) {
		return s.splitSuffix(c, k, t)
	}
	switch t.kind {
	case kNum, kMix, kAlpha:
		if t.class&wTO != 0 && c.nm == 0 {
			return s.rangeWord(c, k, t)
		}
		if o := s.at(k + 1); o.kind == kAlpha && o.class&wOR != 0 && s.okModifier(c, k, looseSpace) && s.okModifier(c, k+2, looseMod) {
			return false // "E0260 NU or RR?"
		}
		if s.okModifier(c, k, looseSpace) {
			s.take(c, k, k, true)
			return true
		}
		return false
	case kLine:
		return false
	case kPunct:
	default:
		return false
	}
	n := s.at(k + 1)
	switch t.p {
	case '-':
		at := k + 1
		glued := t.gap == 0
		if n.kind == kLine && n.n == 1 && glued { // "29881-\nRT"
			at++
			n = s.at(at)
			if n.kind == kAlpha && n.n != 2 {
				return false
			}
		} else if n.gap > 0 {
			glued = false
		}
		if n.class&wMOD != 0 && n.kind == kAlpha {
			return false // "-mod 25": spoken
		}
		if c.nm == 0 && s.rangeCode(c, at, n, glued) {
			return true
		}
		if n.n == 4 && glued && n.kind == kMix && isModifier(n.b[0], n.b[1]) && isModifier(n.b[2], n.b[3]) && s.free4(at) {
			c.addModifier(n.b[0], n.b[1])
			s.take(c, at, at, true)
			return true
		}
		strict := looseSpace
		if glued {
			strict = looseGlued
		}
		if s.okModifier(c, at, strict) {
			s.take(c, at, at, true)
			return true
		}
	case ',':
		at := k + 1
		if n.p == '-' {
			at++
			if s.at(at).gap == 0 && s.okModifier(c, at, looseGlued) {
				s.take(c, at, at, true)
				return true
			}
			return false
		}
		if o := s.at(at + 1); o.kind == kAlpha && o.class&wOR != 0 && s.okModifier(c, at+2, looseMod) {
			return false // "59 or XS?"
		}
		if s.okModifier(c, at, looseComma) {
			s.take(c, at, at, t.gap == 0)
			return true
		}
	case '.', ':', '+':
		if t.gap == 0 && n.gap == 0 && n.n == 2 && (n.kind == kNum || t.p != '.' || n.kind == kAlpha && !n.lower) && s.okModifier(c, k+1, looseGlued) && modifierFits(c, n.b[0], n.b[1]) {
			s.take(c, k+1, k+1, true)
			return true
		}
	case '/':
		if t.gap == 0 && n.gap == 0 {
			if n.n == 2 && n.kind == kNum && !s.slashCode(c, n) && s.okModifier(c, k+1, looseGlued) {
				s.take(c, k+1, k+1, true)
				return true
			}
			if n.n == 2 && n.kind != kNum && s.okModifier(c, k+1, looseGlued) {
				s.take(c, k+1, k+1, true)
				return true
			}
		}
	case '|':
		return s.cells(c, k)
	case '(', '[':
		at := k + 1
		if n.p == '-' {
			at++
		}
		last := at
		if !s.okModifier(c, at, looseGlued) {
			return false
		}
		for s.at(last+1).kind == kPunct && (s.at(last+1).p == ',' || s.at(last+1).p == '/' || s.at(last+1).p == '-' || s.at(last+1).p == '&') && s.okModifier(c, last+2, looseGlued) {
			last += 2
		}
		if e := s.at(last + 1); e.p == ')' || e.p == ']' {
			for m := at; m <= last; m++ {
				if x := s.at(m); x.kind != kPunct {
					c.addModifier(x.b[0], x.b[1])
				}
			}
			c.last = last + 1
			c.end = e.end
			return true
		}
	}
	return false
}

// cells reads the modifiers and the units in the cells behind a code, in a
// table that has marks but no heading: "| 99213 | 25 | 1 |".
func (s *scanner) cells(c *candidate, k int) bool {
	if s.tab.row || s.at(c.tok-1).p != '|' && !s.atLineStart(c.tok) {
		return false
	}
	v, e := s.at(k+1), s.at(k+2)
	switch end := e.p == '|' || e.kind == kLine || e.kind == kEdge; {
	case v.p == '|': // an empty cell
		c.last = k
		return true
	case !end || c.units > 0:
	case s.okModifier(c, k+1, looseSpace):
		s.take(c, k+1, k+1, false)
		return true
	case v.kind == kNum && v.n <= 3:
		c.units, c.last = int32(v.value()), k+1
		return true
	}
	return false
}

// free4 says whether nothing is glued behind token k.
func (s *scanner) free4(k int) bool {
	n := s.at(k + 1)
	return n.gap > 0 || n.kind == kPunct || n.kind == kLine || n.kind == kEdge
}

// splitSuffix reads what the lexer cut off behind a code: "RT", "x2", "RT59".
func (s *scanner) splitSuffix(c *candidate, k int, t *token) bool {
	b := t.bytes()
	switch {
	case len(b) >= 2 && b[0] == 'X' && digitsOnly(b[1:]) && c.units == 0:
		c.units = int32(number(string(b[1:])))
		s.extend(c, k)
		return true
	case len(b) == 2 && isModifier(b[0], b[1]):
		s.take(c, k, k, true)
		return true
	case len(b) == 4 && isModifier(b[0], b[1]) && isModifier(b[2], b[3]):
		c.addModifier(b[0], b[1])
		c.addModifier(b[2], b[3])
		s.extend(c, k)
		return true
	}
	return false
}

// take adds the modifier at token k and moves the end to token last.
func (s *scanner) take(c *candidate, k, last int, covers bool) {
	t := s.at(k)
	n := int(t.n)
	c.addModifier(t.b[n-2], t.b[n-1])
	c.last = last
	if covers {
		c.end = s.at(last).end
	}
}

func (s *scanner) extend(c *candidate, k int) {
	c.last = k
	c.end = s.at(k).end
}

// How tightly a modifier hangs on its code, which decides how much it has to
// look like one.
type tightness uint8

const (
	looseGlued tightness = iota // "-25": any known modifier
	looseComma                  // ", 25"
	looseSpace                  // " 25"
	looseWith                   // "with 25"
	looseMod                    // "modifier 25"
)

// okModifier says whether token k is a modifier in that position: known, not
// measured or counted, not part of a date, a price or a longer number.
func (s *scanner) okModifier(c *candidate, k int, how tightness) bool {
	t := s.at(k)
	if c != nil && s.leads(k) {
		return false
	}
	if t.n != 2 || t.kind != kNum && t.kind != kAlpha && t.kind != kMix || !isModifier(t.b[0], t.b[1]) && !trip(c, t) {
		return false
	}
	if t.kind == kMix && t.b[0] == 'X' && isDigit(t.b[1]) && (t.lower || how != looseGlued || s.at(k-1).p != '-') {
		return false // units
	}
	n := s.at(k + 1)
	if (t.is("CO") || t.is("CR") || t.is("PI") || t.is("PR") || t.is("OA")) && (n.kind == kNum || n.p == '-' && s.at(k+2).kind == kNum && s.at(k+2).gap == 0 && !isModifier(s.at(k + 2).b[0], s.at(k + 2).b[1]) || n.p == '-' && s.at(k-1).p == '(') {
		return false // a reason code: "(CO-97)"
	}
	if t.kind == kNum && n.gap == 0 && n.kind == kPunct {
		m := s.at(k + 2)
		digits := m.gap == 0 && m.kind == kNum
		pair := digits && m.n == 2 && isModifier(m.b[0], m.b[1])
		switch n.p {
		case '%', '$':
			return false
		case '.':
			if digits {
				return false // 25.00
			}
		case ':':
			if digits && !(how == looseGlued && pair) {
				return false // 10:45
			}
		case '/':
			if digits && !(pair && (s.at(k+3).p != '/' || s.at(k+4).n == 2 && s.at(k+4).kind != kPunct && isModifier(s.at(k + 4).b[0], s.at(k + 4).b[1]))) {
				return false // 25/10/2026
			}
		case ',':
			if digits && m.n == 3 {
				return false // 25,000
			}
		case '-':
			if digits && !pair {
				return false // 25-30000
			}
		}
	}
	if n.gap == 0 && (n.kind == kNum || n.kind == kAlpha || n.kind == kMix) {
		return false
	}
	if t.is("UN") && n.kind == kNum && how != looseGlued {
		return false // the qualifier of units: "UN 50"
	}
	if how == looseGlued || how == looseMod {
		return true
	}
	if how == looseComma && (t.is("RT") || t.is("LT")) && n.kind == kAlpha && n.class&wCLIN != 0 {
		return false // a side: "29824, RT shoulder"
	}
	if how == looseComma && n.is("ON") {
		return false // "25 on the visit"
	}
	if t.kind == kNum {
		if n.kind == kAlpha && n.class&(wMEAS|wCOUNT|wUNIT|wMONTH) != 0 && n.class&wMOD == 0 {
			return false
		}
		if n.is("OF") || n.is("TO") && how == looseSpace {
			return false
		}
		if n.kind == kPunct && n.gap > 0 && (n.p == '%' || n.p == 'x') {
			return false
		}
		if (how == looseWith || how == looseComma) && n.kind == kAlpha && n.class&(wPLAIN|wAND|wOR|wMOD|wSMALL|wBILL|wTIEF) == 0 && n.lower {
			return false
		}
		if c != nil && how == looseSpace && !modifierFits(c, t.b[0], t.b[1]) {
			return false
		}
		return true
	}
	if n.kind == kAlpha && n.is("ON") && (how == looseComma || how == looseSpace) {
		if e := s.at(k + 2); e.is("EACH") || e.is("ALL") || e.is("BOTH") || e.is("EVERY") {
			return false
		}
	}
	if t.is("AB") && how == looseSpace && c != nil && !(c.sys == idCPT && c.code[0] == '9' && c.code[1] == '2') {
		return false // diagnosis pointers, but for audiology
	}
	if t.kind == kMix {
		if t.lower {
			return false
		}
		return how == looseWith || c == nil || modifierFits(c, t.b[0], t.b[1])
	}
	// letters
	if t.lower {
		if how == looseWith {
			return false
		}
		switch string(t.bytes()) {
		case "RT", "LT", "TC", "GP", "GN", "KX", "XS", "XU", "XE", "XP", "GT", "QW", "JW", "JZ", "FS", "NU", "RR", "GY", "GZ", "GX", "GC":
			return isUpper(s.text[t.start]) == isUpper(s.text[t.end-1])
		}
		return false
	}
	if wordLike(t) {
		if n.kind == kAlpha && n.n > 2 || n.kind == kAlpha && !isModifier(n.b[0], n.b[1]) || how == looseWith && n.kind == kNum {
			if n.class&(wWITH|wAND|wOR|wBILL|wTIE|wUNIT) == 0 || n.is("HEAD") || t.is("OR") || t.is("AT") {
				return false
			}
		}
		if t.is("CO") || t.is("CR") || t.is("PI") || t.is("PR") || t.is("OA") {
			if n.kind == kNum || n.p == '-' || n.kind == kMix {
				return false
			}
		}
		if (how == looseSpace || how == looseComma) && n.kind == kNum && n.n > 2 && n.gap > 0 && s.price(k+1) == 0 {
			return false
		}
	}
	return true
}

// trip says whether two letters are the origin and destination of an ambulance
// trip. Source: Medicare Claims Processing Manual, chapter 15, section 30.
func trip(c *candidate, t *token) bool {
	place := func(b byte) bool {
		switch b {
		case 'D', 'E', 'G', 'H', 'I', 'J', 'N', 'P', 'R', 'S', 'X':
			return true
		}
		return false
	}
	return c != nil && c.sys == idHCPCS && c.code[0] == 'A' && c.code[1] == '0' && t.kind == kAlpha && !t.lower && place(t.b[0]) && place(t.b[1])
}

// wordLike says whether two capital letters are a word or an abbreviation as
// often as a modifier.
func wordLike(t *token) bool {
	switch string(t.bytes()) {
	case "AS", "AT", "GO", "AM", "PT", "ET", "US", "PA", "PO", "CO", "CR", "CT", "MS", "SC", "AD", "SE", "ST", "HA", "HE", "HI",
		"HO", "ME", "LA", "AI", "ER", "ED", "EP", "PI", "PS", "PD", "PC", "MA", "MD", "MC", "MB", "AK", "AR", "CA", "CD", "CC",
		"CM", "CH", "CS", "FA", "FC", "HC", "HR", "HS", "HT", "IN", "LC", "LS", "ND", "NB", "OR", "QA", "SA", "SB", "SH", "SL", "SM",
		"SN", "SS", "SU", "SW", "TA", "TB", "TD", "TH", "TO", "TS", "TT", "TV", "UK", "UP", "UA", "UD", "VP", "EX", "EM", "EB", "EA",
		"AA", "AB", "AC", "AH", "AV", "BO", "BA", "DC", "GE", "GA", "GM", "GF", "GL":
		return true
	}
	return false
}

// evaluation says whether a code is an E/M or eye visit.
func evaluation(v int) bool {
	return v >= 99202 && v <= 99499 || v >= 92002 && v <= 92014 || v == 99211
}

// modifierFits says whether a modifier makes sense in that part of a code
// set. It only decides where a reading is open: "64490-95" is a range, and
// "99221 23" is no anaesthesia.
func modifierFits(c *candidate, a, b byte) bool {
	if c.sys != idCPT || !isDigit(c.code[4]) {
		return true
	}
	v := number(string(c.bytes()))
	surgery, imaging, lab := v >= 10000 && v < 70000, v >= 70000 && v < 80000, v >= 80000 && v < 90000
	anaesthesia := v < 2000
	m := int(a-'0')*10 + int(b-'0')
	if !isDigit(a) || !isDigit(b) {
		if a == 'K' && b != 'X' {
			return false // equipment and supplies only
		}
		switch string([]byte{a, b}) {
		case "P1", "P2", "P3", "P4", "P5", "P6":
			return anaesthesia
		case "PT":
			return v >= 44388 && v <= 45398 || v >= 99202 || anaesthesia
		case "CT":
			return false
		case "AT":
			return v >= 98940 && v <= 98943 || v >= 97000 && v < 98000
		}
		return true
	}
	switch m {
	case 24, 25:
		return v >= 90000 || v < 2000
	case 27, 32:
		return evaluation(v) || v >= 90000
	case 57:
		return evaluation(v)
	case 23:
		return anaesthesia
	case 47, 66:
		return surgery
	case 63:
		return surgery
	case 90, 91, 92:
		return lab || m != 90 && imaging || v == 36415
	case 93, 95:
		return v >= 90000
	case 96, 97:
		return v >= 92000 && v < 98000 && !evaluation(v)
	case 33:
		return !(v >= 99221 && v <= 99239)
	case 50:
		return !evaluation(v)
	case 73, 74:
		return surgery
	case 99:
		return !evaluation(v)
	case 80, 81, 82, 62:
		return surgery
	}
	return true
}
