package codes

// A modifier that hangs on no code is two digits or letters like any other.
// What tells it is the words on both sides: what is done with modifiers stands
// before it ("add 59", "without the JZ"), what is said of them behind it ("59
// isn't needed"), or another modifier is set against it ("58 or 78?").

// beside is what stands around such a modifier, quotes and brackets aside.
type beside struct {
	t, prev, next *token
	before, after int  // the tokens prev and next
	start, stop   bool // a mark or the end of the line stands there
	pair          bool // another modifier is listed with it or set against it
	opens, closes bool // the words before and behind allow a modifier here
}

// alone weighs the words around the modifier at token i. 0 is none.
func (s *scanner) alone(i, before, after int, hyphen bool) sign {
	b := beside{t: s.at(i), prev: s.at(before), next: s.at(after), before: before, after: after}
	if b.t.kind == kAlpha && b.next.kind == kNum && (b.next.n != 2 || !isModifier(b.next.b[0], b.next.b[1])) && b.next.n < 5 {
		return 0 // a value: "RR 16"
	}
	if b.t.is("RR") && b.next.kind == kNum {
		return 0
	}
	s.look(&b)
	if (b.prev.is("DOES") || b.prev.is("DO")) && b.next.is("MEAN") && !b.t.lower && !roleWord(b.t) {
		return sShape // "what does 1P mean"
	}
	var ok bool
	switch b.t.kind {
	case kNum:
		ok = s.aloneNumber(i, &b, hyphen)
		if ok && (b.next.is("APPLY") || b.next.is("APPLIES") || b.next.is("APPENDED")) && (b.prev.class&(wNOT|wART|wOR) != 0 || b.prev.is("DO")) {
			return sShape
		}
	case kMix:
		if (b.opens || b.closes) && s.attachedElsewhere(b.t) {
			return sShape
		}
		ok = s.aloneMix(i, &b)
	default:
		ok = s.aloneLetters(i, &b, hyphen)
	}
	if ok {
		return sWeakShape
	}
	return 0
}

// look fills what the words say.
func (s *scanner) look(b *beside) {
	p, n := b.prev, b.next
	b.start = p.kind == kEdge || p.kind == kLine || p.kind == kPunct && p.p != '$' && p.p != '/' && p.p != '%' && p.p != '+' && p.p != '=' && p.p != '<' && p.p != '>'
	b.start = b.start || p.p == '>' && s.at(b.before-1).p == '-' // an arrow
	b.stop = n.kind == kEdge || n.kind == kLine || n.kind == kPunct && (n.p == '.' || n.p == '?' || n.p == ',' || n.p == ';' || n.p == '!' || n.p == '/' || n.p == ':')
	b.pair = s.other(b.after, b.t) || s.counterpart(b.after)
	b.opens = b.start || p.kind == kAlpha && s.opensModifier(b.before, n)
	b.closes = b.stop || n.kind == kAlpha && (n.class&(wPLAIN|wPRON) != 0 || adverb(n) || s.at(b.after+1).p == '\'' && n.n > 2)
	asked := p.is("IS") || p.is("ARE") || p.is("DOES") || p.is("WOULD") || p.is("SHOULD") || p.is("COULD") || p.is("WILL") || p.is("MUST")
	if asked && judged(n) || p.is("FOR") && n.p == '?' || p.is("LINE") && n.class&wOR != 0 && n.kind == kAlpha {
		b.opens, b.closes = true, true
	}
}

// opensModifier says whether the word at token k leads to a modifier.
func (s *scanner) opensModifier(k int, next *token) bool {
	p, q := s.at(k), s.at(k-1)
	switch {
	case p.class&(wAPPEND|wWITH|wOR|wAND|wNOT|wMOD|wSAY) != 0:
		return !(p.is("IF") && next.is("THEN"))
	case p.class&wART != 0 && p.n < 5, p.is("DO"), p.is("ONLY"), p.is("JUST"), p.is("BOTH"), p.is("BE"), p.is("OFF"), p.is("ALL"):
		return true
	case p.is("S"):
		return q.p == '\''
	case p.is("BEEN"):
		return s.context(k).question
	case p.is("STILL"):
		return q.class&wOR != 0
	case p.is("WHICH"):
		return s.lastMod >= 0 && k-s.lastMod < 5
	case p.is("SO"):
		return next.is("ON")
	case p.is("BY"):
		return q.is("REPLACED") || q.is("FOLLOWED")
	case p.is("IS"), p.is("ARE"), p.is("CAN"):
		return q.kind != kAlpha && q.kind != kNum
	}
	return false
}

// other says whether another modifier is listed with the one before token j.
func (s *scanner) other(j int, t *token) bool {
	x, y := s.at(j), s.at(j+1)
	if x.kind == kAlpha && x.class&wTO != 0 && (t.is("TA") || t.is("FA") || t.is("E1")) {
		return y.kind == kMix && y.n == 2 && y.b[0] == t.b[0]
	}
	if !(x.kind == kAlpha && x.class&(wOR|wAND) != 0 || x.p == '/' && x.gap == 0) || y.n != 2 || y.kind == kPunct || y.kind == kAlpha && y.lower || !isModifier(y.b[0], y.b[1]) {
		return false
	}
	z := s.at(j + 2)
	return z.p != '%' && !(z.kind == kAlpha && z.class&wCOUNT != 0) && !(y.kind == kNum && z.kind == kAlpha && z.class&(wMEAS|wCOUNT|wUNIT|wMONTH) != 0)
}

// aloneNumber judges two digits.
func (s *scanner) aloneNumber(i int, b *beside, hyphen bool) bool {
	n := b.next
	if n.kind == kAlpha && n.class&wTO != 0 && s.at(b.after+1).kind == kNum && s.at(b.after+1).n < 4 || s.measuredList(b.after) {
		return false // "25 to 30 more minutes", "at 50, then 25 percent"
	}
	if s.counted(i, b) {
		return false
	}
	ctx := s.context(i)
	supported := ctx.code || ctx.question || ctx.class&(wMOD|wBILL|wCODE|wCPT|wHCPCS) != 0 || b.start && !b.stop || b.pair || hyphen ||
		b.prev.class&wSAY != 0 || puts(b.prev) || s.lastMod >= 0 && i-s.lastMod < 8
	switch {
	case s.at(i-1).p == '(' && s.at(i+1).p == ')' && (s.at(i-2).class&wPLAIN != 0 || s.at(i-2).is("COMPONENT")) && s.at(i-2).kind == kAlpha:
		return true // "the professional component (26)"
	case s.at(i-1).p == '(' && n.p == '?' && s.at(b.after+1).p == ')':
		return true
	case b.start && n.p == '?' && ctx.class&wMOD != 0:
		return true // "which modifier for a repeat film, 76?"
	case b.pair && ctx.question && b.prev.is("IT"):
		return true // "is it 58 or 78?"
	case n.p == '?' && s.cands.n > 0 && (s.at(i-1).kind == kLine || s.at(i-1).kind == kPunct && s.sentenceEnd(i-1, s.at(i-1))):
		return true // "Denied as a duplicate. 25?"
	case s.at(i-1).p == ',' && n.p == '?' && ctx.code:
		return true // "80053 repeated stat, 91?"
	case hyphen && b.closes, s.modifierRun(i) >= 3:
		return true
	}
	return supported && b.opens && b.closes && !(b.start && b.stop && !b.pair)
}

// counted says whether the words make two digits an amount: "more than 50",
// "only 25 were paid", "between 24 and 26", "on 3/24, 25 and 26".
func (s *scanner) counted(i int, b *beside) bool {
	if n := b.next; !b.pair && (n.is("WERE") || n.is("ARE") || n.is("HAVE")) && s.lastMod != b.before-1 {
		return true
	}
	p, q := b.prev, s.at(b.before-1)
	if p.is("THAN") {
		switch string(q.bytes()) {
		case "MORE", "LESS", "FEWER", "GREATER", "OLDER", "YOUNGER", "LONGER", "SHORTER", "HIGHER", "LOWER", "LARGER", "SMALLER":
			return true
		}
	}
	joined := p.kind == kAlpha && p.class&(wAND|wOR|wTO) != 0 || p.p == ','
	return joined && q.kind == kNum && q.n <= 3 && s.lastMod != b.before-1 && !s.inCandidate(b.before-1)
}

// puts says whether a word is what one does with a modifier, and hardly with
// another number.
func puts(t *token) bool {
	switch string(t.bytes()) {
	case "APPEND", "APPENDED", "APPENDING", "ADD", "ADDED", "ADDING", "USE", "USED", "USING", "ATTACH", "REMOVE", "REMOVED", "DROP", "DROPPED", "NO", "WITHOUT":
		return true
	}
	return false
}

// measuredList says whether a list goes on from token j to a number that has a
// unit of measure, so that the numbers before it have the same.
func (s *scanner) measuredList(j int) bool {
	for k := j; k < j+5; k++ {
		t := s.at(k)
		switch {
		case t.kind == kNum && t.n <= 3 && k > j:
			n := s.at(k + 1)
			return n.p == '%' || n.kind == kAlpha && n.class&(wMEAS|wCOUNT|wMONTH) != 0 || n.is("MORE")
		case t.p == ',', t.kind == kAlpha && t.class&(wAND|wOR|wTO) != 0, t.kind == kNum && t.n <= 3:
		default:
			return false
		}
	}
	return false
}

// aloneMix judges a letter and a digit, which are also vertebrae, vitamins,
// stages: "Q8 or Q9", "E1 and E3".
func (s *scanner) aloneMix(i int, b *beside) bool {
	if b.t.lower {
		return false
	}
	ctx := s.context(i)
	said := b.prev.kind == kAlpha && (b.prev.class&(wAPPEND|wOR|wNOT|wWITH|wSAY) != 0 || b.prev.class&wAND != 0 && b.pair)
	if b.closes && said && (b.pair || b.t.b[0] == 'Q' || s.modifierRun(i) > 1) {
		return true
	}
	if b.start && (b.next.class&wWITH != 0 || b.next.is("ON") || b.next.is("FOR")) && procedureShape(s.at(b.after+1)) {
		return true // "J4 with K0823?"
	}
	if s.modifierRun(i) >= 3 && s.codeSoon(b.after) {
		return true
	}
	if b.t.b[0] == 'Q' && (s.modifierRun(i) >= 3 || b.start && b.next.is("ON") && (ctx.code || ctx.question || s.at(b.after+1).is("EVERY") || s.at(b.after+1).is("EACH") || s.at(b.after+1).is("ALL"))) {
		return true // "Q7, Q8 or Q9"
	}
	return b.start && b.pair && (s.codeSoon(b.after) || ctx.question && b.t.b[0] == 'E')
}

// abbreviates says whether two capital letters that are a modifier mostly
// shorten something else: history, fracture, room air, twice a day.
func abbreviates(t *token) bool {
	switch string(t.bytes()) {
	case "BP", "FX", "FY", "HX", "HB", "HD", "HF", "LL", "LR", "PM", "RA", "RD", "RE", "SQ", "TE", "TF", "UB", "UC", "UN", "CB", "CF", "CK", "CL", "FB", "FP", "HG", "HL", "HU", "HV",
		"HW", "HZ", "KA", "KC", "KO", "KV", "NR", "PB", "RB", "SF", "SK", "SV", "SY", "SZ", "TG", "TJ", "TK", "TL", "TM", "TN", "TP", "TR", "TW", "BL", "BR", "BU", "CE", "CI", "CN", "CP", "EC", "EE":
		return true
	}
	return false
}

// aloneLetters judges two letters.
func (s *scanner) aloneLetters(i int, b *beside, hyphen bool) bool {
	t, prev, next := b.t, b.prev, b.next
	ctx := s.context(i)
	spoken := ctx.code || ctx.question || ctx.class&(wMOD|wCODE) != 0 || s.cands.n > 0
	asked := (prev.is("IS") || prev.is("DOES")) && judged(next) || b.start && next.is("ON") && ctx.question || prev.is("NEED") && next.p == '?'
	if t.lower {
		return smallModifier(t) && spoken && (asked || prev.class&wART != 0 && b.closes && s.at(b.before-1).class&wAPPEND != 0)
	}
	if s.statesListed(i, t) || t.is("AS") && b.start && idiom(next) {
		return false
	}
	listed := b.pair || s.modifierRun(i) >= 3
	coronary := t.is("LD") || t.is("LC") || t.is("RC") || t.is("LM") || t.is("RI")
	switch {
	case roleWord(t) && !listed && !s.attachedElsewhere(t):
	case puts(prev) && prev.lower && (b.closes || next.kind == kAlpha && next.lower), listed && (ctx.question || s.codeSoon(b.after) || ctx.code):
		return true
	case b.start && next.class&wOR != 0 && ctx.question && ctx.code: // "EP or nothing?"
		return true
	}
	switch {
	case wordLike(t) || t.is("RT") || t.is("LT"):
		return s.aloneWord(i, b, hyphen)
	case s.attachedElsewhere(t):
		return b.opens || b.closes || next.kind == kAlpha
	case t.class&wALONE == 0 || coronary:
		return !abbreviates(t) && spoken && (asked || b.opens && b.closes && !(b.start && b.stop))
	}
	supported := spoken || ctx.class&(wBILL|wCPT|wHCPCS) != 0 || s.lastMod >= 0 || b.pair || puts(prev) || s.coding || b.opens && b.closes
	return supported && (b.opens || b.closes || next.kind == kAlpha)
}

// aloneWord judges two letters that are a word or an abbreviation as often.
func (s *scanner) aloneWord(i int, b *beside, hyphen bool) bool {
	t, prev, next := b.t, b.prev, b.next
	if t.class&wALONE == 0 && !s.attachedElsewhere(t) && !(b.pair && (t.is("TA") || t.is("FA"))) {
		return false
	}
	opposed := b.pair && (b.opens && b.closes || s.context(i).question && (b.opens || b.closes || prev.is("IT") || prev.is("SHOULD")))
	switch {
	case opposed, next.is("ENOUGH"):
		return true
	case b.opens && b.closes && (s.attachedElsewhere(t) || prev.class&(wAPPEND|wMOD|wOR) != 0 && !wordLike(t) && prev.kind == kAlpha):
		return true
	case (hyphen || !wordLike(t) && b.pair && next.p == '/' || !wordLike(t) && s.at(i-1).p == '/' && s.lastMod == i-2) && b.closes:
		return true
	case (t.is("RT") || t.is("LT")) && next.kind == kAlpha && next.class&wCLIN != 0:
		return false // a side: "RT shoulder"
	case b.opens && b.closes && (next.kind == kAlpha && next.lower || prev.kind == kAlpha && prev.lower) && t.class&wALONE != 0:
		return !t.is("PT") || !b.start // physical therapy
	}
	return strongLetters(t) && (b.opens || b.closes)
}

// roleWord says whether two letters that are a modifier mostly name a
// profession, a place or a country.
func roleWord(t *token) bool {
	switch string(t.bytes()) {
	case "PT", "US", "CT", "PA", "ER", "ED", "OR", "AS", "AT", "MD", "MS", "PO", "DC", "MB", "HR", "CO", "GO", "AM", "PM", "ET", "TA", "FA", "LT", "RT", "ME", "IN":
		return true
	}
	return false
}

// smallModifier says whether a modifier is one even in small letters.
func smallModifier(t *token) bool {
	switch string(t.bytes()) {
	case "KX", "XS", "XE", "XU", "XP", "GP", "JW", "JZ", "GT", "QW", "GY", "GZ", "FQ", "CQ", "RT", "LT":
		return true
	}
	return false
}

// statesListed says whether two letters stand in a list of states.
func (s *scanner) statesListed(i int, t *token) bool {
	if t.class&wSTATE == 0 {
		return false
	}
	state := func(mark, k int) bool {
		m, o := s.at(mark), s.at(k)
		return (m.p == ',' || m.class&wAND != 0) && o.kind == kAlpha && o.n == 2 && !o.lower && o.class&wSTATE != 0
	}
	return state(i-1, i-2) || state(i+1, i+2)
}

// idiom says whether a word behind "as" makes it the common word.
func idiom(t *token) bool {
	switch string(t.bytes()) {
	case "ALWAYS", "USUAL", "FAR", "SOON", "LONG", "PER", "SUCH", "WELL", "EXPECTED", "OF", "A", "THE", "WE", "YOU", "I":
		return true
	}
	return false
}
