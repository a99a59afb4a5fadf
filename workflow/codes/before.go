package codes

// before walks back from a candidate over what may stand between it and the
// words that govern it, and notes what it meets: a label, "code", an
// identifier's noun, a money sign, the list that it continues.
func (s *scanner) before(i int, c *candidate) {
	bare := c.sys == idCPT && digitsOnly(c.bytes())
	crossed := 0     // words passed
	broken := false  // a word passed that parts a noun from its number
	hash := false    // "#", "number"
	sawCode := false // "code"
	newline := false // a line end passed
	or, list := false, false
	for j, steps := i-1, 0; steps < 18; j, steps = j-1, steps+1 {
		s.work++
		if n := s.cands.n; n > 0 && j >= 0 {
			p := s.cands.at(n - 1)
			if j <= p.last && j >= p.tok {
				s.follow(c, p, crossed, newline, or, list)
				return
			}
		}
		t := s.at(j)
		switch t.kind {
		case kEdge:
			return
		case kLine:
			p := s.at(j - 1)
			if t.n > 1 && p.p != ':' {
				return
			}
			newline = true
			list = true
			continue
		case kPunct:
			switch t.p {
			case '#':
				hash = true
			case '$':
				if j == i-1 {
					c.signs |= nMoney
				}
				return
			case ',', '/', '&', ';', '|', '>', '+':
				list = true
			case '=':
				if l := s.at(j - 1); bare && l.kind == kAlpha && l.n == 1 && t.gap == 0 {
					c.signs |= nCount // "n=11042"
					return
				}
			case ':', '(', '[', '{', '"', '\'', '-', '*', foldMark, ')', ']', '<', '~', '_':
			case '.':
				// "No. 31297", "CPT. 99213", "1. 99213"
				p := s.at(j - 1)
				if p.kind == kAlpha && (p.class&(wNUM|wCPT|wICD|wDX|wPROC|wCODE|wHCPCS|wMOD) != 0 && p.n <= 5 || shortened(p)) && !(j+1 < i && newline) {
					break
				}
				if p.kind == kNum && p.n <= 2 && s.atLineStart(j-1) {
					continue
				}
				return
			default:
				return
			}
			continue
		case kNum:
			if sys, ok := s.edition(j); ok {
				if sys == idForeign {
					c.signs |= nForeign
					c.label = idForeign
				} else {
					c.label = sys
					c.signs |= sLabel
				}
				return
			}
			if t.n <= 2 && s.atLineStart(j) { // list number
				continue
			}
			if bare && j == i-1 && (s.at(j-1).class&wID != 0 || s.at(j-1).is("ID")) {
				c.signs |= nID // "ID 922 55501 88"
				return
			}
			if s.icd9(j) { // an ICD-9 code in a list of them
				list = true
				if s.at(j-1).p == '.' && s.at(j-1).gap == 0 && t.gap == 0 {
					j -= 2
				}
				continue
			}
			return
		case kMix:
			if sys, ok := s.edition(j); ok {
				if sys == idForeign {
					c.signs |= nForeign
				} else {
					c.signs |= sLabel
				}
				c.label = sys
				return
			}
			if s.icd9(j) {
				list = true
				continue
			}
			return
		}
		// a word
		cl := t.class
		if h := s.at(j + 1); bare && h.p == '#' && h.gap == 0 && cl&(wCPT|wHCPCS|wCODE|wPROC|wDX|wICD|wMOD|wCDT) == 0 && !t.is("LINE") {
			c.signs |= nID // "PA# 27447"
			return
		}
		if bare && crossed == 0 && t.is("CENTER") && s.at(j-1).is("COST") {
			c.signs |= nID
			return
		}
		if p := s.at(j - 1); bare && j == i-2 && s.at(i-1).p == '(' && s.at(i+1).p == ')' && cl&^wSTATEN == 0 && t.lower && isUpper(s.text[t.start]) && (p.p == ',' || p.is("IN")) {
			c.signs |= nZip // "locality 01, Manhattan (10019)"
			return
		}
		if bare && j == i-1 && t.gap <= 1 && cl&^wSTATEN == 0 && t.lower && isUpper(s.text[t.start]) && s.placed(j) {
			c.signs |= nZip
			return
		}
		if q := qualifier(t); q != idNone && s.at(j+1).p == ':' && s.at(j+1).gap == 0 && j == i-2 {
			c.label = q
			c.signs |= sLabel
			return
		}
		if t.is("X") && j == i-1 && s.at(j-1).kind == kNum && s.at(j-1).n == 4 && (s.at(j-2).p == '-' || s.at(j-2).p == '.') {
			c.signs |= nID // an extension
			return
		}
		if t.is("OF") && j == i-1 && bare && s.at(j-1).kind == kNum && s.at(j-1).n > 3 {
			c.signs |= nCount // "31297 of 45378"
			return
		}
		if q := s.at(j - 2); cl == 0 && bare && j == i-1 && s.at(j-1).is("OF") && q.kind == kAlpha && q.class&wID != 0 {
			c.signs |= nID // "zip of pickup 45885"
			return
		}
		if cl == 0 {
			if t.n == 1 && (t.b[0] == 'S' || t.b[0] == 'R') && (s.at(j+1).p == ')' || s.at(j-1).p == '(') {
				continue // "code(s)", "(R)"
			}
			return
		}
		switch {
		case cl&(wCPT|wHCPCS|wCDT|wPCS|wNDC|wDX|wICD) != 0 && !(cl&(wCPT|wHCPCS|wCDT|wPCS|wNDC) == 0 && crossed > 4):
			if newline && crossed > 3 {
				return
			}
			if sys, ok := s.edition(j); ok {
				if sys == idForeign {
					c.signs |= nForeign
				} else {
					c.signs |= sLabel
				}
				c.label = sys
				return
			}
			if t.is("CM") || t.is("ADA") && !sawCode || t.is("ASSESSMENT") && newline {
				return
			}
			c.label = labelOf(cl)
			if crossed <= 2 {
				c.signs |= sLabel
			} else {
				c.signs |= sCodeWord
			}
			return
		case cl&wCODE != 0 && !(t.is("CD")):
			sawCode = true
			if p := s.at(j - 1); p.class&wID != 0 && p.class&(wPROC|wDX|wCPT) == 0 || p.class&wRARC != 0 && p.class&wBILL == 0 {
				if crossed == 0 || !broken {
					c.signs |= nID
					return
				}
			}
			if s.at(j-1).is("DIAGNOSIS") || s.at(j-1).is("DX") {
				continue
			}
			if s.at(j-1).is("REVENUE") || s.at(j-1).is("REV") {
				return
			}
			if !broken || crossed < 3 {
				c.signs |= sCodeWord
			}
			continue
		case cl&wPROC != 0:
			if !broken {
				c.signs |= sProcWord
			}
			return
		case cl&wUP != 0 && bare:
			if j == i-1 && roundHundred(c.bytes()) {
				c.signs |= nRoughly
			}
			return
		case t.is("TICKET") && (s.at(j-1).is("CHARGE") || s.at(j-1).is("FEE") || s.at(j-1).is("BILLING")):
			return
		case t.is("QUOTE") && s.at(j-1).is("I"):
			return
		case t.is("CHECK") && s.verb(j) && !s.at(i+1).is("DATED"):
			return
		case t.is("SPECIMEN") && !t.lower && bare && c.code[0] == '8' && c.code[1] == '8' && c.code[2] == '3' && s.at(c.last+1).p != '-':
			c.signs |= sProcWord // a heading of an operation's report, and a surgical pathology
			return
		case cl&wID != 0:
			if !broken && (!list || newline && crossed == 0 && s.at(j+1).p == ':') {
				c.signs |= nID
			}
			return
		case cl&wNUM != 0 && (t.lower || t.is("NO") || t.is("NUMBER") || t.is("NUM")):
			hash = true
			if t.is("NO") && s.at(j+1).kind == kPunct && s.at(j+1).p == '.' || !t.is("NO") {
				if s.noun(j - 1) {
					c.signs |= nID
					return
				}
			}
			continue
		case bare && j == i-1 && names(t):
			c.signs |= nID
			return
		case t.is("ITEM") && bare && j == i-1 && s.at(j-1).is("OF"):
			c.signs |= nIDWeak
			return
		case t.is("ID") && s.at(j-1).class&wID != 0:
			c.signs |= nID
			return
		case cl&wIDW != 0 && !(t.is("CLAIM") && !bare), cl&wIDH != 0 && hash:
			if !broken && !list && !sawCode {
				if hash {
					c.signs |= nID
				} else {
					c.signs |= nIDWeak
				}
			}
			if t.is("CASE") && sawCode {
				return
			}
			if cl&wSMALL == 0 {
				return
			}
		case cl&wSTATE != 0 && !t.lower && bare && crossed == 0 && s.state(j):
			c.signs |= nZip
			return
		case cl&wSTATEN != 0 && bare && crossed == 0 && !list:
			c.signs |= nZip
			return
		case cl&wSTATEN != 0 && bare && crossed == 0 && s.at(i-1).p == ',' && s.at(j-1).p == ',':
			c.signs |= nZip
			return
		}
		if cl&wOR != 0 {
			or = true
			list = true
		} else if cl&(wAND|wTO) != 0 {
			list = true
		}
		if cl&(wSMALL|wART|wAND|wOR|wTO|wWITH|wNOT) == 0 && !t.is("THAN") && !t.is("OF") && !t.is("ON") && !(t.is("CLAIM") && !bare) {
			return
		}
		crossed++
		switch {
		case t.is("IS"), t.is("WAS"), t.is("ARE"), t.is("CODE"), t.is("CODES"):
		default:
			broken = true
		}
		if crossed > 6 {
			return
		}
	}
}

// follow joins a candidate to the one before it.
func (s *scanner) follow(c, p *candidate, crossed int, newline, or, list bool) {
	if crossed > 3 {
		return
	}
	if p.sys == idModifier && !p.tied {
		return
	}
	switch {
	case or:
		c.link = linkOr
	case list || crossed <= 1:
		c.link = linkList
	}
	if s.tab.row && s.tab.mapped {
		return // the columns say it
	}
	if p.label != idNone && (p.label != idForeign || !newline) && c.label == idNone && list {
		c.label = p.label
		if p.label == idForeign {
			if c.sys == idICD {
				c.signs |= nForeign
			}
		} else {
			c.signs |= sChain
		}
	}
	if newline && crossed == 0 && p.signs&nID != 0 && p.signs&sAloneLine != 0 && c.sys == p.sys {
		c.signs |= nID // a list of invoices, one a line
	}
	if list && crossed <= 1 && !newline && p.signs&nZip != 0 && c.sys == p.sys {
		c.signs |= nZip // "offices in 85021, 85027 and 99203"
	}
	if list && crossed == 0 && !newline && !p.signs.accepted() && p.signs&(nID|nZip|nMoney|nCount|nIDWeak) != 0 {
		c.signs |= nBad
	}
}

// labelOf is the system of a label word.
func labelOf(cl word) sysID {
	switch {
	case cl&wPCS != 0:
		return idPCS
	case cl&wCDT != 0 && cl&wCPT == 0:
		return idCDT
	case cl&wCPT != 0:
		return idCPT
	case cl&wHCPCS != 0:
		return idHCPCS
	case cl&wNDC != 0:
		return idNDC
	case cl&(wDX|wICD) != 0:
		return idICD
	}
	return idNone
}

// edition recognises the tail of "ICD-10", "ICD-10-CM", "ICD10PCS", "ICD-9" at
// token j, and says which system it labels.
func (s *scanner) edition(j int) (sysID, bool) {
	t := s.at(j)
	sys := idICD
	k := j
	if t.kind == kAlpha {
		switch {
		case t.is("CM"):
		case t.is("PCS"):
			sys = idPCS
		default:
			return 0, false
		}
		k--
		if s.at(k).p == '-' {
			k--
		}
	}
	n := s.at(k)
	switch {
	case n.is("10"):
	case n.is("10CM"):
	case n.is("10PCS"):
		sys = idPCS
	case n.is("9"), n.is("09"), n.is("9CM"):
		sys = idForeign
	default:
		return 0, false
	}
	k--
	if s.at(k).p == '-' {
		k--
	}
	if s.at(k).class&wICD == 0 || !s.at(k).is("ICD") && !s.at(k).is("ICDS") {
		return 0, false
	}
	return sys, true
}

// icd9 says whether token j is an ICD-9 code or the end of one.
func (s *scanner) icd9(j int) bool {
	t := s.at(j)
	if p := s.at(j - 1); p.p == '.' && p.gap == 0 && t.gap == 0 && t.n <= 2 {
		c := s.at(j - 2)
		return c.n >= 3 && c.n <= 4 && (c.kind == kNum && c.n == 3 || c.kind == kMix && (c.b[0] == 'V' || c.b[0] == 'E'))
	}
	return false
}

// names says whether a word right before a number makes it a name of
// something that is no code.
func names(t *token) bool {
	switch string(t.bytes()) {
	case "ID", "IDS", "REF", "REFERENCE", "REFERRAL", "GROUP", "GRP", "FILE", "FORM", "DOC", "DOCUMENT", "MODEL", "PROTOCOL", "USER":
		return true
	}
	return false
}

// shortened says whether a noun before a full stop is cut short: "acct. 31297".
func shortened(t *token) bool {
	switch string(t.bytes()) {
	case "ACCT", "INV", "REF", "TEL", "EXT", "STE", "RM", "BLDG", "PG", "REQ", "CONF", "PH":
		return true
	}
	return false
}

// placed says whether the capitalised word at j is where something lies: "in
// Brooklyn 11215".
func (s *scanner) placed(j int) bool {
	p := s.at(j - 1)
	return p.is("IN") || p.is("NEAR") || p.is("FROM") || p.is("AT") || p.p == '(' && s.at(j+2).p == ')'
}

// verb says whether the word at j is something to do: "please check 99214".
func (s *scanner) verb(j int) bool {
	p := s.at(j - 1)
	return j == 0 || p.is("PLEASE") || p.is("TO") || p.is("YOU") || p.is("WE") || p.is("AND") || p.is("CAN") || p.is("PLS") || p.is("LETS")
}

// atLineStart says whether token j is the first of its line, list marks aside.
func (s *scanner) atLineStart(j int) bool {
	for k := j - 1; k >= j-3; k-- {
		t := s.at(k)
		switch {
		case t.kind == kLine || t.kind == kEdge:
			return true
		case t.kind == kPunct && (t.p == '(' || t.p == '#' || t.p == '*' || t.p == '-'):
		default:
			return false
		}
	}
	return false
}

// noun says whether token j is a noun whose number identifies something. The
// number of a code or a procedure does not.
func (s *scanner) noun(j int) bool {
	t := s.at(j)
	if t.p == '.' {
		t = s.at(j - 1)
	}
	if t.kind != kAlpha {
		return false
	}
	return t.class&(wCODE|wPROC|wCPT|wHCPCS|wDX|wICD|wLEVEL|wMOD) == 0 && t.class&(wID|wIDW|wIDH|wCOUNT) != 0
}

// state says whether the capital letters at j are a state and not a word: a
// comma or a capitalised place name stands before them.
func (s *scanner) state(j int) bool {
	p := s.at(j - 1)
	if p.p == ',' {
		q := s.at(j - 2)
		return q.kind == kAlpha || q.p == '.'
	}
	if p.kind != kAlpha || p.class&(wCPT|wHCPCS|wMOD|wCODE|wBILL|wAND|wOR|wART|wASK|wUNIT) != 0 {
		return false
	}
	return isUpper(s.text[p.start]) && p.n > 2
}
