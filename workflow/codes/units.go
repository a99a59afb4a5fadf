package codes

// Units of service: "x2", "(2)", "3 units", in front of a code, behind it, and
// behind the words that describe it.

// unitsAfter reads units behind a code: "x2", "x 2", "(2)", "3 units",
// "qty 3", "units: 3", "for two units", "times two". Minutes, doses and
// lesions are no units.
func (s *scanner) unitsAfter(c *candidate, k int) bool {
	if c.units != 0 {
		return false
	}
	j := k
	t := s.at(j)
	paren := false
	for range 4 {
		if t.kind == kPunct && (t.p == '"' && s.at(k).p == '"' || t.p == ',' || t.p == '-' || t.p == ':' || t.p == ';') && t.p != 0 {
			j++
			t = s.at(j)
		}
		if t.kind == kPunct && (t.p == '(' || t.p == '[') && !paren {
			paren = true
			j++
			t = s.at(j)
		}
	}
	n, last := s.unitsAt(j, paren)
	if n <= 0 && c.sys == idHCPCS {
		if d := s.dose(j); d > j {
			n, last = s.unitsAt(d, paren)
			if n > 0 && d > j+1 {
				j = d
			}
		}
	}
	if n <= 0 || n > 99999 {
		return false
	}
	if j > k && !paren && s.at(last+1).kind != kPunct && s.at(last+1).n == 5 && s.at(last+1).gap == 1 && s.at(last+1).kind != kAlpha {
		return false // ", 4 units 97110": the next code's
	}
	if e := s.at(last + 1); paren && e.p == ',' && (s.at(j).b[0] == 'X' || s.at(last).class&wUNIT != 0) { // "(x1, 9 warts)", "(3 units, 40 min)"
		c.units, c.last = int32(n), last
		return true
	}
	if paren {
		e := s.at(last + 1)
		if e.p != ')' && e.p != ']' {
			return false
		}
		last++
	}
	if f := s.at(last + 1); f.kind == kAlpha && f.class&wUNIT != 0 && f.n > 2 && !paren {
		last++
	}
	c.units = int32(n)
	c.last = last
	if j == k || paren && j == k+1 {
		if s.at(k).kind != kAlpha || s.at(k).n == 1 {
			c.end = s.at(last).end
		}
	}
	return true
}

// dose steps over the strength between a drug's code and its units: "60 mg, so
// x 60", "300mg = 30 units".
func (s *scanner) dose(j int) int {
	t := s.at(j)
	switch {
	case t.kind == kNum && s.at(j+1).kind == kAlpha && s.at(j+1).class&wMEAS != 0:
		j += 2
	case t.kind == kNum && s.at(j+1).p == '.' && s.at(j+2).kind == kNum && s.at(j+3).class&wMEAS != 0:
		j += 4
	case t.kind == kMix && int(t.n) <= len(t.b) && isDigit(t.b[0]) && (t.bytes()[t.n-1] == 'G' || t.bytes()[t.n-1] == 'L'):
		j++
	default:
		return 0
	}
	for k := 0; k < 3; k++ {
		if n := s.at(j); n.kind == kPunct && (n.p == ',' || n.p == '=' || n.p == '-' || n.p == '>') || n.is("SO") || n.is("IS") {
			j++
		}
	}
	return j
}

// unitsAt reads a count of units at token j and says which token is its last.
func (s *scanner) unitsAt(j int, paren bool) (n, last int) {
	t := s.at(j)
	counted := func(k int) bool { // what follows token k is no measure
		f := s.at(k + 1)
		if f.kind == kNum && f.n < 5 && f.gap <= 1 && f.gap > 0 || f.p == '%' || f.kind == kAlpha && f.class&wNW != 0 {
			return false
		}
		if f.p == '-' && f.gap == 0 && s.at(k+2).kind == kAlpha {
			f = s.at(k + 2)
		}
		return f.kind != kAlpha || f.class&wMEAS == 0 || f.is("DOSES") && s.at(k).kind == kMix
	}
	switch {
	case t.kind == kMix && t.b[0] == 'X' && digitsOnly(t.bytes()[1:]) && t.n <= 5: // x2
		if counted(j) && !s.decimal(j) {
			return number(string(t.bytes()[1:])), j
		}
	case (t.kind == kAlpha && t.is("X") || t.p == '*' && (t.gap > 0 || s.at(j+1).gap == 0 && s.at(j+1).n <= 2 && s.at(j+2).p != '*')) || t.p == 'x': // x 2
		v := s.at(j + 1)
		if v.kind == kNum && v.n <= 4 && counted(j+1) && !s.decimal(j+1) && (v.gap <= 1) {
			return v.value(), j + 1
		}
		if w := numberWord(v); w > 0 && t.kind == kAlpha && counted(j+1) {
			return w, j + 1
		}
	case t.kind == kMix && isDigit(t.b[0]) && t.n <= 8 && !cptShape(t.bytes()) && !t.is("1P") && !t.is("2P"): // 2u, 3units, 2x
		d := 1
		for d < int(t.n) && isDigit(t.b[d]) {
			d++
		}
		switch string(t.bytes()[d:]) {
		case "X":
			if !counted(j) || s.at(j+1).kind == kMix || s.at(j+1).kind == kNum {
				return 0, 0
			}
			return number(string(t.bytes()[:d])), j
		case "U", "UN", "UNIT", "UNITS":
			return number(string(t.bytes()[:d])), j
		}
	case t.kind == kNum && t.n <= 4:
		f := s.at(j + 1)
		if f.kind == kAlpha && f.class&wUNIT != 0 && f.gap <= 1 && !s.decimal(j) {
			return t.value(), j + 1
		}
		if f.kind == kAlpha && f.is("BILLING") && s.at(j+2).class&wUNIT != 0 {
			return t.value(), j + 2
		}
		if paren && t.n == 1 && f.p == ')' {
			return t.value(), j
		}
		if f.kind == kAlpha && f.is("X") && paren {
			return t.value(), j + 1
		}
	case t.kind == kAlpha && (t.is("QTY") || t.is("QUANTITY") || t.class&wUNIT != 0 && t.n > 1): // qty 3, units: 3
		k := j + 1
		for s.at(k).kind == kPunct && (s.at(k).p == ':' || s.at(k).p == '=' || s.at(k).p == '-') || s.at(k).is("OF") {
			k++
		}
		if v := s.at(k); v.kind == kNum && v.n <= 4 && !s.decimal(k) && v.gap <= 1 {
			return v.value(), k
		}
	case t.kind == kAlpha && t.is("TIMES"):
		v := s.at(j + 1)
		if v.kind == kNum && v.n <= 3 && counted(j+1) {
			return v.value(), j + 1
		}
		if w := numberWord(v); w > 0 && counted(j+1) {
			return w, j + 1
		}
	case t.kind == kAlpha && t.class&wDIG != 0 && numberWord(t) == 0: // fifty-six units
		if v := s.number(j); v.n > 0 && v.n < 4 {
			if f := s.at(v.last + 1); f.kind == kAlpha && f.class&wUNIT != 0 && f.n > 2 {
				return number(string(v.digits[:v.n])), v.last + 1
			}
		}
	case t.kind == kAlpha && t.class&wNW != 0:
		if f := s.at(j + 1); f.kind == kAlpha && f.class&wUNIT != 0 && f.n > 2 {
			return numberWord(t), j + 1
		}
	case t.kind == kAlpha && (t.is("FOR") || t.is("AT") || t.is("WITH") || t.is("W")):
		k := j + 1
		if s.at(k).p == '/' {
			k++
		}
		v := s.at(k)
		if f := s.at(k + 1); f.kind == kAlpha && f.class&wUNIT != 0 && f.n > 1 {
			if v.kind == kNum && v.n <= 4 {
				return v.value(), k + 1
			}
			if w := numberWord(v); w > 0 {
				return w, k + 1
			}
		}
	}
	return 0, 0
}

// decimal says whether token k goes on behind a point or a hyphen: "2.5", "4-6".
func (s *scanner) decimal(k int) bool {
	p, n := s.at(k+1), s.at(k+2)
	return p.gap == 0 && n.gap == 0 && n.kind == kNum && (p.p == '.' || p.p == '-' || p.p == '/')
}

// unitsBefore reads "3 units of" and "4 x" in front of a code.
func (s *scanner) unitsBefore(i int) int {
	p := s.at(i - 1)
	switch {
	case p.kind == kNum && p.n <= 3 && s.at(i-2).p == ':' && (s.at(i-3).is("QTY") || s.at(i-3).is("QUANTITY")):
		return p.value()
	case p.kind == kAlpha && p.is("OF") && s.at(i-2).class&wUNIT != 0:
		q := s.at(i - 3)
		if q.kind == kNum && q.n <= 4 {
			return q.value()
		}
		if w := numberWord(q); q.kind == kAlpha && w > 0 {
			return w
		}
	case p.kind == kAlpha && p.is("X") || p.p == 'x':
		if q := s.at(i - 2); q.kind == kNum && q.n <= 3 && i-2 >= s.free {
			return q.value()
		}
	case p.kind == kMix && p.n <= 3 && p.b[p.n-1] == 'X' && digitsOnly(p.bytes()[:p.n-1]):
		return number(string(p.bytes()))
	case p.kind == kAlpha && p.class&wUNIT != 0 && p.n > 2 && numberWord(s.at(i-2)) > 0:
		return numberWord(s.at(i - 2))
	case p.kind == kAlpha && p.class&wUNIT != 0 && p.n > 2:
		if q := s.at(i - 2); q.kind == kNum && q.n <= 3 && i-2 >= s.free && s.at(i-3).kind != kNum {
			return q.value()
		}
	}
	return 0
}

// described reads units that stand behind the words that describe a code:
// "92134 both eyes x1", "97110 therapeutic exercise 2 units". The words must
// say nothing else to the scanner.
func (s *scanner) described(c *candidate) {
	visit := c.sys == idCPT && isDigit(c.code[4]) && evaluation(number(string(c.bytes())))
	words, commas, sent := 0, 0, false
	for k := c.last + 1; k < c.last+9 && !s.tab.stops(s, k); k++ {
		t := s.at(k)
		if words > 0 && !sent && t.kind == kAlpha && t.n == 2 && !t.lower && !wordLike(t) && s.okModifier(c, k, looseSpace) && s.closes(k+1) {
			c.addModifier(t.b[0], t.b[1])
			c.last = k
			continue
		}
		if words > 0 && !sent && t.kind == kNum && t.n == 2 && s.at(k-1).p == ',' && s.endOfLine(k+1) && s.okModifier(c, k, looseSpace) && (!visit || visitModifier(t)) {
			c.addModifier(t.b[0], t.b[1])
			c.last = k
			return
		}
		if c.units > 0 {
			if words > 3 {
				return
			}
		} else if n, last := s.unitsAt(k, false); n > 0 && words > 0 {
			counted := s.at(last).class&wUNIT != 0 || t.kind == kAlpha && !t.is("X")
			stop := s.closes(last + 1)
			if f := s.at(last + 1); f.is("WASTED") || f.is("DISCARDED") || f.is("THROWN") || f.is("LEFT") || f.is("OF") {
				return
			}
			if n <= 9999 && (counted || !sent || t.kind == kMix) && (counted || stop && !visit) && !(t.kind == kAlpha && t.class&(wWITH|wNW) != 0) {
				c.units, c.last = int32(n), last
			}
			return
		}
		switch {
		case t.kind == kAlpha && t.class&^(wCLIN|wMEAS|wSTREET|wSTATE|wIDH|wHEAD|wLEVEL|wIDW|wCOUNT|wDENT) == 0 && !(t.n == 2 && !t.lower && isModifier(t.b[0], t.b[1])), t.is("BOTH"), t.is("ADMINISTRATION"), t.is("PER"), t.is("ALSO"), t.is("SO") && s.at(k+1).kind == kMix:
			words++
		case t.kind == kAlpha && t.n <= 4 && words == 0 && pointers(t):
			words++
		case t.kind == kAlpha && billedAs(t):
			words++
			sent = true
		case t.kind == kNum && s.at(k+1).p == '.' && s.at(k+1).gap == 0 && s.at(k+2).kind == kNum && s.at(k+3).class&wMEAS != 0:
			k += 2
		case t.kind == kNum && t.n <= 3 && s.at(k+1).class&wMEAS != 0, t.kind == kMix && isDigit(t.b[0]) && t.n <= 5: // a strength
		case t.kind == kPunct && (t.p == '-' && t.gap > 0 || t.p == '(' || t.p == ')' || t.p == '/' || t.p == ':' || t.p == '=' && c.sys == idHCPCS):
		case t.kind == kPunct && t.p == ',' && commas == 0:
			commas++
		default:
			return
		}
	}
}

// billedAs says whether a word may lead from a code to the units billed:
// "J3301 must be sent as 8 units".
func billedAs(t *token) bool {
	switch string(t.bytes()) {
	case "WAS", "WERE", "IS", "MUST", "SHOULD", "BE", "BILLED", "SENT", "SUBMITTED", "CODED", "CHARGED", "REPORTED", "AS", "WITH", "FOR":
		return true
	}
	return false
}

func (s *scanner) endOfLine(k int) bool {
	t := s.at(k)
	return t.kind == kLine || t.kind == kEdge
}

// visitModifier says whether a number is a modifier of visits rather than an age.
func visitModifier(t *token) bool {
	return t.is("24") || t.is("25") || t.is("57") || t.is("93") || t.is("95")
}

// closes says whether what is attached to a code may end before token k: at a
// mark, a line end, a joining word, another modifier.
func (s *scanner) closes(k int) bool {
	t := s.at(k)
	switch t.kind {
	case kEdge, kLine:
		return true
	case kPunct:
		return t.p != '-' && t.p != '(' && t.p != '+' && !(t.p == '/' && t.gap == 0)
	case kAlpha:
		return t.class&wAND != 0 || t.is("X") || t.n == 2 && !t.lower && isModifier(t.b[0], t.b[1])
	case kNum:
		return t.n == 2 && isModifier(t.b[0], t.b[1]) && s.at(k+1).kind != kAlpha
	case kMix:
		return t.b[0] == 'X' && digitsOnly(t.bytes()[1:])
	}
	return false
}
