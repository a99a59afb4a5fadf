package codes

// after looks at what follows a candidate and its suffix: a unit of measure, a
// counted thing, a street.
func (s *scanner) after(c *candidate) {
	if c.nm > 0 {
		c.signs |= sModifier
	}
	if u := s.unitsBefore(c.tok); u > 0 && c.units == 0 && c.procedure() {
		c.units = int32(u)
	}
	if c.units > 0 {
		c.signs |= sUnits
	}
	if c.signs&nIDWeak != 0 && c.nm == 0 && c.units == 0 && s.at(c.tok-1).is("CLAIM") && !s.at(c.last+1).is("FOR") {
		c.signs |= nID
	}
	if c.nr > 0 {
		c.signs |= sRange
	}
	bare := c.sys == idCPT && digitsOnly(c.bytes())
	k := c.last + 1
	t := s.at(k)
	if t.kind == kAlpha && t.gap <= 1 {
		if bare && c.nm == 0 && c.units == 0 {
			if t.class&wMEAS != 0 && !t.is("IN") && !(t.n == 1 && !t.lower) && !(t.is("BP") && !t.lower) && !t.is("LEVEL") && !(t.is("LEVELS") || t.is("SECOND")) && !t.is("DR") && !t.is("MIN") && !(t.is("DAY") && s.at(k+1).kind == kNum) && !t.is("AM") && !t.is("PM") && !s.coded(c, t) {
				c.signs |= nMeasure
			}
			if t.class&wCOUNT != 0 && t.class&wBILL == 0 && !s.coded(c, t) {
				c.signs |= nCount
			} else if t.class&wCOUNT != 0 && (roundHundred(c.bytes()) || s.at(c.tok-1).is("TO") && s.cands.n > 0 && s.cands.at(s.cands.n-1).signs&nRound != 0 || c.nr > 0 && roundHundred(c.rangeEnd[:c.nr])) {
				c.signs |= nCount
			}
		}
		if f := s.at(k + 1); bare && c.nm == 0 && f.kind == kAlpha && f.class&wCOUNT != 0 && (t.is("NEW") || t.is("TOTAL") || t.is("ACTIVE") || t.is("UNIQUE") || t.is("MORE")) {
			c.signs |= nCount // "10040 new pts"
		}
		if p, f := s.at(c.tok-1), s.at(k+1); bare && c.nm == 0 && f.kind == kAlpha && f.class&wCOUNT != 0 && f.gap == 1 && (p.is("HAD") || p.is("HAVE") || p.is("SAW") || p.is("OF") || p.is("GOT")) {
			c.signs |= nCount // "had 36415 rejected records"
		}
		if p := s.at(c.tok - 1); bare && c.nm == 0 && p.is("AT") && t.class == 0 && isUpper(s.text[t.start]) && t.lower {
			c.signs |= nStreet // "at 20610 Lakeshore"
		}
		if bare && c.nm == 0 && s.street(k) {
			c.signs |= nStreet
		}
		if c.sys == idICD && !c.dot && c.n == 3 && t.class&(wROAD) != 0 {
			c.signs |= nContext
		}
	}
	if bare && (c.code[3] == '0' && c.code[4] == '0' && c.code[2] == '0') {
		switch string(c.bytes()) {
		case "93000", "17000", "52000", "11000", "36000": // as common as the round number
		default:
			c.signs |= nRound
		}
	}
	if p := s.at(c.tok - 1); bare && (p.is("FOR") || p.is("ON") || p.is("ABOUT") || p.is("WITH")) && p.gap == 1 {
		c.signs |= sUsed
	}
	if bare && c.n == 5 && !s.named(c) && evaluation(number(string(c.bytes()))) {
		c.signs |= sVisit
	}
	if p, q := s.at(c.tok-1), s.at(c.tok-2); bare && c.nm == 0 && (p.is("NEAR") || p.is("IN") && (q.is("LIVE") || q.is("LIVES") || q.is("LOCATED") || q.is("MOVED") || q.is("ARE") || q.is("OFFICE") || q.is("OFFICES") || q.is("CLINIC") || q.is("CLINICS") || q.is("US"))) {
		c.signs |= nZip
	}
	if p := s.at(c.tok - 1); bare && c.nm == 0 && p.is("FROM") && s.at(c.tok-2).kind == kAlpha && s.ends(k) && isUpper(s.text[s.at(c.tok-2).start]) {
		c.signs |= nZip // "Pat from 43215"
	}
	if t.kind == kPunct && t.gap == 0 && (t.p == '%') {
		c.signs |= nMeasure
	}
}

// coded says whether a counted thing behind a number is named by it: "our
// 99214 visits are downcoded" counts nothing. Things that nobody bills ("10021
// patients") are always counted.
func (s *scanner) coded(c *candidate, t *token) bool {
	switch string(t.bytes()) {
	case "VISITS", "ENCOUNTERS", "CASES", "SESSIONS", "PROCEDURES", "TESTS", "DRAWS", "SWABS", "INJECTIONS", "CALLS", "DOSE", "DOSES", "LESION", "LESIONS", "ITEMS", "CHARTS", "RECORDS", "STAGES":
	default:
		return false
	}
	if roundHundred(c.bytes()) {
		return false
	}
	if p := s.at(c.tok - 1); p.kind == kAlpha && (p.class&wART != 0 || p.is("THESE") || p.is("THOSE") || p.is("ALL") || p.is("FOR") || p.is("ON")) {
		return true
	}
	if n := s.cands.n; n > 0 && c.link != linkNone && s.cands.at(n-1).signs&(nCount|nRound|nRoughly|nMeasure) != 0 {
		return false
	}
	for k := c.tok - 1; k > c.tok-9; k-- {
		if p := s.at(k); p.is("DID") || p.is("SAW") || p.is("HAD") || p.is("WERE") || p.is("OF") || p.is("TO") || p.is("OVER") || p.class&wUP != 0 && p.kind == kAlpha {
			return false
		} else if s.sentenceEnd(k, p) {
			break
		}
	}
	return s.context(c.tok).class&(wBILL|wCPT|wCODE|wMOD|wHCPCS) != 0
}

func roundHundred(b []byte) bool { return b[3] == '0' && b[4] == '0' }

// street says whether the words from token k on are the rest of an address:
// capitalised words that end in a kind of street.
func (s *scanner) street(k int) bool {
	for n := range 5 {
		t := s.at(k + n)
		if t.p == '.' && n > 0 && t.gap == 0 && s.at(k+n-1).n <= 2 {
			continue // "N. Main"
		}
		if t.kind == kNum || t.kind == kMix {
			if n == 0 { // "15 4th St"
				if t.kind == kMix && isDigit(t.b[0]) {
					continue
				}
				return false
			}
			continue
		}
		if t.kind != kAlpha || !isUpper(s.text[t.start]) {
			return false
		}
		if n > 0 && t.class&wSTREET != 0 {
			after := s.at(k + n + 1)
			if t.is("DR") || t.is("ST") {
				if after.p == '.' {
					after = s.at(k + n + 2)
				}
				return after.kind != kAlpha || after.is("STE") || after.is("SUITE") || after.is("UNIT") || after.class&wSTATE != 0
			}
			return true
		}
		if t.class&(wBILL|wCPT|wHCPCS|wMOD|wUNIT|wAND|wOR|wWITH) != 0 && !(t.n == 1 && !t.lower && s.at(k+n+1).p == '.') {
			return false
		}
	}
	return false
}

// glued looks at the marks that touch the candidate: it may be part of a
// longer number, an address, a file name, money.
func (s *scanner) glued(i int, c *candidate) {
	t := s.at(i)
	if t.gap == 0 && i > 0 {
		p := s.at(i - 1)
		q := s.at(i - 2)
		touching := p.gap == 0 && (q.kind == kAlpha || q.kind == kNum || q.kind == kMix)
		if p.kind == kPunct {
			switch p.p {
			case '@', '\\', '%':
				c.signs |= nURL
			case '_':
				if touching || !s.italics(c.codeTok) {
					c.signs |= nURL
				}
			case '-':
				if touching && !(s.inCandidate(i-2) && (c.sys == idICD || s.cands.at(s.cands.n-1).procedure())) && !labelWord(q) {
					if _, ok := s.edition(i - 2); !ok {
						c.signs |= nEmbedded
					}
				}
			case '.':
				if touching && q.kind != kAlpha && !s.inCandidate(i-2) && !(q.kind == kNum && s.atLineStart(i-2)) {
					c.signs |= nEmbedded
				} else if touching && q.kind == kAlpha && !labelWord(q) && q.n > 1 {
					if q.class&(wNUM|wID) != 0 {
						c.signs |= nID
					} else if q.lower && !isUpper(s.text[q.start]) && c.signs&sInUse == 0 {
						c.signs |= nURL
					}
				}
			case '/':
				if touching && q.kind == kAlpha && !labelWord(q) && q.n > 4 && q.class == 0 && s.at(i-3).p == '/' {
					c.signs |= nURL
				}
				if touching && q.kind == kNum && q.n <= 4 && !s.inCandidate(i-2) && s.at(i-3).p == '/' {
					c.signs |= nTime
				}
			case ',':
				if touching && q.kind == kNum && q.n <= 3 && s.at(i-3).p == '$' {
					c.signs |= nMoney
				}
			}
		} else if (p.kind == kAlpha || p.kind == kMix || p.kind == kNum) && !labelWord(p) && !s.inCandidate(i-1) {
			c.signs |= nEmbedded
		}
	}
	n := s.at(c.last + 1)
	if n.gap != 0 || c.family {
		return
	}
	m := s.at(c.last + 2)
	touching := m.gap == 0 && (m.kind == kAlpha || m.kind == kNum || m.kind == kMix)
	switch {
	case n.is("S") && n.lower: // "99214s"
	case n.kind == kAlpha || n.kind == kMix || n.kind == kNum:
		c.signs |= nEmbedded
	case n.kind != kPunct || !touching:
		if n.p == '@' || n.p == '_' {
			c.signs |= nURL
		}
	default:
		switch n.p {
		case '@', '_', '\\':
			c.signs |= nURL
		case '-':
			switch {
			case m.kind == kNum && m.n == 4 && c.nm == 0 && c.sys == idCPT:
				c.signs |= nZip
			case m.kind == kNum && m.n == 5 && c.sys != idICD || m.kind == kMix && (m.n == 5 || m.n == 3): // another code
			case m.kind == kAlpha && m.n > 2 && (m.lower || c.nm > 0): // "99213-office visit"
			case m.kind == kNum && m.n == 2 && c.sys == idCPT && c.signs&sInUse != 0 && (s.at(c.last+3).gap > 0 || s.at(c.last+3).p == '?' || s.at(c.last+3).kind == kEdge): // a modifier that only a state has
			case n.end-n.start == 3 && s.text[n.start:n.end] == "\u2014": // a dash, no hyphen
			default:
				c.signs |= nEmbedded
			}
		case '.':
			if m.kind == kNum {
				if c.sys == idCPT && m.n <= 2 {
					c.signs |= nMoney
				} else {
					c.signs |= nEmbedded
				}
			} else if m.kind == kAlpha && fileEnding(m) {
				c.signs |= nURL
			}
		case ',':
			if m.kind == kNum && m.n == 3 && c.sys == idCPT && c.nm == 0 && s.at(c.last+3).gap == 0 && s.at(c.last+3).p == '.' {
				c.signs |= nMoney
			}
		case ':':
			if m.kind == kNum && m.n == 2 && c.sys == idCPT && !isModifier(m.b[0], m.b[1]) {
				c.signs |= nTime
			}
		}
	}
}

// italics says whether underscores around the code that ends at token k only
// set it apart: "_J3301_".
func (s *scanner) italics(k int) bool {
	a, b := s.at(k+1), s.at(k+2)
	return a.p == '_' && a.gap == 0 && (b.gap > 0 || b.kind == kPunct || b.kind == kLine || b.kind == kEdge)
}

// labelWord says whether a word glued to a code only labels it: "CPT-99213".
func labelWord(t *token) bool {
	return t.kind == kAlpha && (t.class&(wCPT|wHCPCS|wICD|wDX|wCODE|wPROC|wCDT|wPCS|wNDC|wMOD|wAND|wOR) != 0 || t.is("HC") || t.is("DX") || t.is("N4") || t.n == 1)
}

func fileEnding(t *token) bool {
	switch string(t.bytes()) {
	case "PDF", "DOC", "DOCX", "JPG", "JPEG", "PNG", "TIF", "TIFF", "TXT", "CSV", "XLS", "XLSX", "RTF", "ZIP", "XML", "HTML", "HTM", "EML", "MSG",
		"COM", "ORG", "NET", "GOV", "EDU", "EXAMPLE", "HEIC", "GIF", "DAT":
		return true
	}
	return false
}

// inCandidate says whether token j belongs to the last candidate.
func (s *scanner) inCandidate(j int) bool {
	n := s.cands.n
	return n > 0 && j >= s.cands.at(n-1).tok && j <= s.cands.at(n-1).last
}

// around adds what the sentence and the line say, and the readings that only
// short or worn shapes need.
func (s *scanner) around(i int, c *candidate) {
	ctx := s.context(i)
	if ctx.class&(wBILL|wCPT|wHCPCS|wMOD|wCODE|wICD|wDX|wDRG) != 0 {
		c.signs |= sBilling
	}
	if ctx.question || ctx.class&wASK != 0 {
		c.signs |= sAsk
	}
	if ctx.class&wCLIN != 0 {
		c.signs |= sClinical
	}
	p, n := s.at(i-1), s.at(c.last+1)
	if n.p == '?' || n.p == '.' || n.p == ',' || n.p == ';' {
		n = s.at(c.last + 2)
	}
	before := p.kind == kLine || p.kind == kEdge || p.kind == kPunct && s.atLineStart(i)
	if before && (n.kind == kLine || n.kind == kEdge) {
		c.signs |= sAloneLine
		if (i == 0 || p.kind == kEdge || i <= 2) && s.ends(c.last+1) {
			c.signs |= sWhole
		}
	}
	if i == 0 {
		c.signs |= sStart
	}
	if c.sys == idICD && !c.dot {
		s.shortDiagnosis(i, c, ctx)
	}
	if c.dot && c.code[0] == 'V' && c.n <= 5 && !c.family && digitsOnly(c.code[3:c.n]) && c.nr == 0 && !(c.signs&(sLabel|sChain) != 0 && ctx.class&wICD != 0) {
		c.signs |= nForeign // every ICD-10-CM code of V has seven characters: this is ICD-9
	}
	if c.sys == idICD && c.code[0] == 'V' && c.signs&(sLabel|sChain) == 0 {
		if ctx.class&(wVER|wHCC) != 0 && s.at(i).lower || s.at(i-1).class&wVER != 0 && c.code[0] == 'V' {
			c.signs |= nVersion
		}
	}
	if c.sys == idICD && !c.dot && c.n == 5 && s.at(i).lower && c.code[0] == 'V' && c.code[1] == '2' && c.code[2] == '0' { // "ICD-10 v2026"
		c.signs = c.signs&^(sLabel|sChain) | nVersion
	}
	if c.sys == idCPT && c.signs&sShape != 0 && c.code[4] == 'A' || c.sys == idCPT && c.code[4] == 'T' {
		if n := s.at(c.last + 1); n.class&wMEAS != 0 && n.kind == kAlpha {
			c.signs |= nTime
		}
	}
	if c.sys == idHCPCS && (c.code[1] == '1' && c.code[2] == '9' || c.code[1] == '2' && c.code[2] == '0' && c.code[3] <= '3') && c.nm == 0 && c.units == 0 {
		c.signs |= nYear
	}
	if c.sys == idNDC {
		if ctx.class&(wMEAS|wNDC) != 0 || ctx.class&wCLIN != 0 {
			c.signs |= sClinical
		}
	}
	if c.sys == idHCPCS && c.signs&(sLabel|sChain) == 0 && s.at(i-1).kind == kAlpha && s.at(i-1).class&wROAD != 0 {
		c.signs |= nContext
	}
}

// ends says whether only marks and line ends follow from token k on.
func (s *scanner) ends(k int) bool {
	for ; ; k++ {
		t := s.at(k)
		switch {
		case t.kind == kEdge:
			return true
		case t.kind == kLine, t.kind == kPunct && (t.p == '?' || t.p == '.' || t.p == '!'):
		default:
			return false
		}
	}
}

// shortDiagnosis weighs undotted diagnoses of three and four characters, which
// are also vertebrae, remark codes, model versions, vitamins and highways.
func (s *scanner) shortDiagnosis(i int, c *candidate, ctx *sentence) {
	b := c.bytes()
	labelled := c.signs&(sLabel|sChain) != 0
	if !labelled && c.n == 6 && digitsOnly(b[1:]) && (b[0] == 'A' || b[0] == 'L' && b[1] == '3') {
		c.signs |= nID // an article or a local coverage determination
	}
	prev, next := s.at(i-1), s.at(c.last+1)
	if b[0] == 'J' && c.n <= 4 && !labelled && (prev.is("MAC") || prev.is("JURISDICTION")) {
		c.signs |= nVersion // a Medicare contractor's area: "MAC J15"
	}
	if b[0] == 'X' && s.at(i).lower && !labelled {
		c.signs |= nEmbedded // "x3044" is an extension
	}
	if !labelled && c.n <= 4 && b[0] == 'N' && digitsOnly(b[1:]) && ctx.class&wRARC != 0 && ctx.class&(wDX|wICD) == 0 && (prev.is("WITH") || prev.is("BACK") || prev.is("SAYS") || prev.is("SAYING") || prev.is("SHOWS") || prev.class&wRARC != 0) {
		c.signs |= nRemark
	}
	if !labelled && c.n == 4 && c.link == linkNone && prev.kind == kAlpha && prev.class == 0 && prev.lower && isUpper(s.text[prev.start]) && ctx.class&(wDX|wICD) == 0 {
		c.signs |= nContext // a model behind a name
	}
	if !labelled && c.n == 3 && spineLetter(b[0]) && number(string(b[1:])) <= 12 {
		if next.p == '-' || next.p == '/' || prev.p == '-' && prev.gap == 0 || prev.p == '/' && prev.gap == 0 || ctx.class&wLEVEL != 0 {
			c.signs |= nSpine
		}
	}
	if (b[0] == 'M' || b[0] == 'N') && c.n <= 4 && (!labelled || c.label == idCode) {
		if s.remark && !labelled && ctx.class&(wDX|wICD) == 0 || s.remark && (ctx.class&wRARC != 0 || prev.class&wRARC != 0) || ctx.class&wRARC != 0 && (prev.class&wRARC != 0 || s.remarkWord(i)) || s.afterReason(i) {
			c.signs |= nRemark
		} else if n := s.cands.n; n > 0 && s.cands.at(n-1).signs&nRemark != 0 && c.link != linkNone {
			c.signs |= nRemark
		}
	}
	if c.n == 3 && !labelled && c.signs&(sBilling|sInUse|sAloneLine|sRange) == 0 && !ctx.question && !(next.kind == kMix && icdShape(next.bytes())) && !(s.cands.n > 0 && (next.is("NOT") || next.is("CHAPTER") || next.is("CATEGORY") || next.is("FAMILY"))) {
		c.signs |= nContext // a header category in a sentence about something else
	}
	if c.n == 3 && b[0] == 'V' && !labelled && (ctx.class&wHCC != 0 || b[1] == '2') {
		c.signs |= nVersion
	}
	if !labelled && (c.n == 4 || c.n == 5) && isUpper(b[c.n-1]) && (ctx.class&wGENE != 0 || ctx.class&(wDX|wICD|wBILL) == 0) {
		c.signs = c.signs&^sShape | nContext // an exchanged amino acid: "V600E"
	}
	if !labelled && ctx.class&(wGENE|wROAD) != 0 && ctx.class&(wDX|wICD) == 0 {
		c.signs |= nContext
	}
	if !labelled && c.n == 4 && digitsOnly(b[1:]) && ctx.class&(wDX|wICD|wBILL|wCODE) == 0 && !ctx.question && !s.coding && c.signs&sAloneLine == 0 && !s.amongLonger(c) {
		c.signs |= nContext
	}
	if !labelled && c.n == 3 && prev.kind == kPunct && prev.p == '-' && prev.gap == 0 {
		c.signs |= nEmbedded
	}
}

// amongLonger says whether a diagnosis of five or more characters, or one with
// a dot, stands right before or behind a short one.
func (s *scanner) amongLonger(c *candidate) bool {
	if n := s.cands.n; n > 0 && c.link != linkNone && s.cands.at(n-1).sys == idICD && (s.cands.at(n-1).dot || s.cands.at(n-1).n > 4) {
		return true
	}
	for k := c.last + 1; k < c.last+4; k++ {
		if t := s.at(k); t.kind == kMix {
			return t.n >= 5 && t.n <= 7 && icdShape(t.bytes()) || t.n == 3 && s.at(k+1).p == '.'
		}
	}
	return false
}

// remarkWord says whether one of the few tokens before i names a remark code.
func (s *scanner) remarkWord(i int) bool {
	for k := i - 1; k >= i-20; k-- {
		t := s.at(k)
		if t.is("REMARK") || t.is("REMARKS") || t.is("RARC") || t.is("RARCS") {
			return true
		}
		if t.kind == kPunct && (t.p == '.' || t.p == '?') || t.kind == kEdge || t.class&(wDX|wICD) != 0 || t.kind == kAlpha && t.class&(wAND|wCODE) == 0 {
			return false
		}
	}
	return false
}

// afterReason says whether a claim adjustment reason ("CO-97") stands right
// before, so that "N20" continues it.
func (s *scanner) afterReason(i int) bool {
	if !s.remark {
		return false
	}
	for k := i - 1; k >= i-4; k-- {
		t := s.at(k)
		switch {
		case t.kind == kPunct && (t.p == ',' || t.p == '/' || t.p == '&' || t.p == '-' || t.p == ':'):
		case t.kind == kAlpha && (t.class&wAND != 0 || t.is("WITH") || t.is("REMARK") || t.is("CODE")):
		case (t.kind == kNum || t.kind == kMix) && t.n <= 3 && k+1 <= s.free:
			g := s.at(k - 1)
			if g.p == '-' {
				g = s.at(k - 2)
			}
			return g.is("CO") || g.is("OA") || g.is("PR") || g.is("PI") || g.is("CR")
		default:
			return false
		}
	}
	return false
}
