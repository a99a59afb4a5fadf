package codes

// sysID is a System without its string.
type sysID uint8

const (
	idNone sysID = iota
	idCPT
	idHCPCS
	idICD
	idPCS
	idModifier
	idDRG
	idRevenue
	idPOS
	idCDT
	idNDC
	idCode    // a label of no particular system: "code"
	idForeign // a label of a system that is not ours: ICD-9, LOINC
)

var systemOf = [...]System{idCPT: CPT, idHCPCS: HCPCS, idICD: ICD10CM, idPCS: ICD10PCS, idModifier: Modifier,
	idDRG: MSDRG, idRevenue: Revenue, idPOS: POS, idCDT: CDT, idNDC: NDC}

// link says how a candidate hangs on the one before it.
type link uint8

const (
	linkNone link = iota
	linkList      // comma, slash, line, "and"
	linkOr        // "or", "vs"
)

// candidate is a place that may be a code, with what was found around it.
type candidate struct {
	start, end int // what the mention covers: the code with what is glued to it
	tok, last  int // first token, and the last one that belongs to it
	codeTok    int // last token of the code itself
	sys        sysID
	label      sysID // the label that governs it and hands on to the list
	link       link
	n, nr, nm  uint8
	code       [11]byte
	rangeEnd   [7]byte
	mods       [6][2]byte
	units      int32
	line       int32
	signs      sign
	dot        bool // a diagnosis written with its dot
	family     bool // "M54.5-": a family, written with a dash or x
	tied       bool // a modifier whose sentence puts it on a code: no mention of its own
	named      bool // a word that says nothing else names it
	dead       bool // withdrawn
}

func (c *candidate) bytes() []byte { return c.code[:c.n] }

func (c *candidate) procedure() bool {
	return c.sys == idCPT || c.sys == idHCPCS || c.sys == idCDT
}

func (c *candidate) addModifier(a, b byte) {
	for i := range c.mods[:c.nm] {
		if c.mods[i] == [2]byte{a, b} {
			return
		}
	}
	if int(c.nm) < len(c.mods) {
		c.mods[c.nm] = [2]byte{a, b}
		c.nm++
	}
}

// candidates is a list that needs no heap while it is short. It forgets a
// candidate that nothing can save once the next one comes, so that a long
// text full of phone numbers stays short too.
type candidates struct {
	room    [24]candidate
	more    []candidate
	n       int
	lost    int         // forgotten ones
	keep    bool        // for Explain: what is forgotten goes to dropped
	dropped []candidate // in the order of the text
}

func (l *candidates) at(i int) *candidate {
	if i < len(l.room) {
		return &l.room[i]
	}
	return &l.more[i-len(l.room)]
}

func (l *candidates) add(c candidate) {
	if l.n > 0 {
		if p := l.at(l.n - 1); p.signs&hard != 0 && p.signs&sLabel == 0 || p.signs&nForeign != 0 {
			if l.keep {
				l.dropped = append(l.dropped, *p)
			}
			l.lost++
			c.link = linkNone
			*p = c
			return
		}
	}
	if l.n < len(l.room) {
		l.room[l.n] = c
	} else {
		l.more = append(l.more, c)
	}
	l.n++
}

// scanner walks over the tokens of one text once.
type scanner struct {
	lexer
	known func(System, string) Membership
	cands candidates

	free    int // tokens before this one belong to something already
	skip    int // bytes before this one are a web address
	line    int32
	lineTok int // first token of the line

	sent sentence
	tab  table

	lastMod int  // token of the last modifier read, or -1
	lastAlt bool // and it stood among alternatives
	pends   [6]pending

	things    struct{ to int } // a list of things goes on to this token
	sequelSys sysID            // the system of the last labelled number
	sequelTok int              // and its token

	coding   bool // a modifier word, a label: the text is about coding
	revenue  bool // a revenue code has been seen: others may follow
	facility bool // a hospital's statement: it has revenue codes
	spelled  bool // single digits count as dictated
	remark   bool // a reason code has been seen: remark codes may follow
}

// sentence is what the words of one sentence say together.
type sentence struct {
	from, to int // tokens
	class    word
	question bool
	code     bool // it has a number with the shape of a procedure code
}

// Find returns the mentions of one text in order, repeated ones too. Source
// and Attachment are left empty, Group is 1 and Role billed: the reading of a
// whole message is [Read]'s. It allocates nothing when it finds nothing.
func Find(text string, opts Options) []Mention {
	var s scanner
	s.text, s.known = text, opts.Known
	if x := readX12(text); x != nil {
		s.text, s.coding = x.blank(text), true
		s.scan()
		s.resolve()
		return merged(mentions(&s.cands, text), x.mentions)
	}
	s.scan()
	s.resolve()
	return mentions(&s.cands, text)
}

// scan collects the candidates.
func (s *scanner) scan() {
	s.lastMod = -1
	s.tab.line(s, 0, 0)
	for i := 0; ; i++ {
		t := s.at(i)
		if t.kind == kEdge {
			return
		}
		switch t.kind {
		case kAlpha:
			if t.class == 0 && t.n != 2 {
				continue
			}
			if i < s.free || t.start < s.skip {
				continue
			}
			s.word(i, t)
		case kNum, kMix:
			if i < s.free {
				continue
			}
			if t.kind == kNum && t.n == 1 && s.spacedDigits(i) {
				continue
			}
			s.code(i, t)
		case kLine:
			s.line++
			s.lineTok = i + 1
			s.tab.line(s, i+1, int(t.n))
		case kPunct:
			switch t.p {
			case ':':
				s.address(i)
			case '/':
				s.domain(i)
			}
		}
	}
}

// spacedDigits reads a code whose digits are written apart: "the procedure code
// is 1 1 7 2 1".
func (s *scanner) spacedDigits(i int) bool {
	for k := i + 1; k < i+5; k++ {
		if t := s.at(k); t.kind != kNum || t.n != 1 || t.gap != 1 {
			return false
		}
	}
	if s.context(i).class&(wCODE|wCPT|wPROC) == 0 {
		return false
	}
	s.spelled = true
	read := s.dictated(i)
	s.spelled = false
	return read
}

// address notes how far a web address goes: "https://..." up to the next space.
func (s *scanner) address(i int) {
	a, b := s.at(i+1), s.at(i+2)
	if a.p != '/' || b.p != '/' || a.gap != 0 || b.gap != 0 || b.end <= s.skip {
		return
	}
	end := b.end
	for end < len(s.text) {
		c, n := foldAt(s.text, end)
		if c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '"' || c == '<' || c == '>' {
			break
		}
		end += n
	}
	s.work += end - b.end
	s.skip = end
}

// domain notes a web address without its scheme: "example.com/u/99213".
func (s *scanner) domain(i int) {
	t, d := s.at(i-1), s.at(i-2)
	if t.kind != kAlpha || d.p != '.' || s.at(i).gap+t.gap+d.gap != 0 || s.at(i).end <= s.skip || !fileEnding(t) {
		return
	}
	end := s.at(i).end
	for end < len(s.text) && charClass[s.text[end]] != cSpace && charClass[s.text[end]] != cLine && charClass[s.text[end]] != cTab {
		end++
	}
	s.work += end - s.at(i).end
	s.skip = end
}

// word looks at words that begin something: a label whose numbers follow it,
// or two letters that may be a modifier.
func (s *scanner) word(i int, t *token) {
	if t.class&(wMOD|wCPT|wHCPCS|wICD|wDX|wCODE) != 0 || t.class&wBILL != 0 && s.claims(t) {
		s.coding = true
	}
	s.facility = s.facility || t.class&wFAC != 0
	if t.class&wDIG != 0 && s.dictated(i) {
		return
	}
	if t.class&(wDRG|wREV|wPOS|wNDC) != 0 || t.is("SERVICE") || t.is("RC") {
		s.labelled(i, t)
		return
	}
	if t.is("WWW") && s.at(i+1).p == '.' && t.end > s.skip {
		end := t.end
		for end < len(s.text) && charClass[s.text[end]] != cSpace && charClass[s.text[end]] != cLine && charClass[s.text[end]] != cTab {
			end++
		}
		s.work += end - t.end
		s.skip = end
		return
	}
	if t.n == 2 {
		if !t.lower && (t.is("CO") || t.is("OA") || t.is("PI") || t.is("PR") || t.is("CR")) && s.reason(i) {
			return
		}
		if isModifier(t.b[0], t.b[1]) {
			s.modifier(i, t)
		}
	}
}

// claims says whether a billing word is one that texts about other things
// hardly have.
func (s *scanner) claims(t *token) bool {
	switch string(t.bytes()) {
	case "BILLED", "BILL", "BILLING", "DENIED", "DENIAL", "DENY", "DENIES", "CODED", "CODING", "NCCI", "BUNDLED", "BUNDLE", "REIMBURSED", "SUPERBILL", "EOB", "EOBS", "MEDICARE", "MEDICAID", "PAYER":
		return true
	}
	return false
}

// reason recognises a claim adjustment reason such as CO-97, and keeps its
// number from being read as anything else.
func (s *scanner) reason(i int) bool {
	j := i + 1
	if p := s.at(j); p.kind == kPunct && (p.p == '-' || p.p == ' ' || p.p == '*') {
		j++
	}
	n := s.at(j)
	if n.gap > 1 && j == i+1 || n.kind != kNum && n.kind != kMix || n.n > 3 {
		return false
	}
	if n.kind == kMix && !(isUpper(n.b[0]) && digitsOnly(n.bytes()[1:])) {
		return false
	}
	s.remark, s.coding = true, true
	s.free = j + 1
	return true
}

// context returns what the sentence around token i says. Each token is looked
// at once for it.
func (s *scanner) context(i int) *sentence {
	if i < s.sent.to && i >= s.sent.from {
		return &s.sent
	}
	c := sentence{from: i}
	// The sentence may have begun before the first candidate in it.
	for k := i - 1; k >= 0 && k >= s.sent.to && i-k < 60; k-- {
		t := s.at(k)
		if t.kind == kEdge || s.sentenceEnd(k, t) {
			break
		}
		c.class |= t.class
		c.code = c.code || procedureShape(t)
		c.from = k
	}
	k := i
	for ; k-i < 80; k++ {
		t := s.at(k)
		if t.kind == kEdge {
			break
		}
		c.class |= t.class
		c.code = c.code || procedureShape(t)
		if s.sentenceEnd(k, t) {
			c.question = t.p == '?'
			k++
			break
		}
	}
	s.work += k - c.from
	c.to = k
	s.sent = c
	return &s.sent
}

func procedureShape(t *token) bool {
	return t.n == 5 && (t.kind == kNum || t.kind == kMix && (hcpcsShape(t.bytes()) || cptShape(t.bytes())))
}

// sentenceEnd says whether token k closes a sentence: a full stop that is not
// part of a number or an abbreviation, a question mark, an empty line.
func (s *scanner) sentenceEnd(k int, t *token) bool {
	if t.kind == kLine {
		return t.n > 1
	}
	if t.kind != kPunct {
		return false
	}
	switch t.p {
	case '?', '!':
		return true
	case '.':
		n := s.at(k + 1)
		if n.kind != kEdge && n.kind != kLine && n.gap == 0 {
			return false
		}
		p := s.at(k - 1)
		if p.kind == kAlpha && p.n <= 4 && k > 0 {
			switch string(p.bytes()) {
			case "DR", "MR", "MS", "MRS", "NO", "VS", "PT", "DX", "ST", "PROC", "CPT", "MOD", "REF", "ACCT", "REV", "EG", "IE", "ETC", "INC", "E", "G":
				return n.kind != kAlpha || !n.lower && p.n > 2 && n.kind == kEdge
			}
		}
		if p.kind == kNum && p.n <= 2 && s.at(k-2).kind == kLine {
			return false // "1. 99213"
		}
		return true
	}
	return false
}
