package codes

import (
	"slices"
	"strconv"
	"strings"
)

// x12Reading is what the claims and remittances of one text say.
//
// Segments about persons (NM1, N3, N4, DMG, PER, REF, PAT ...) are walked over:
// nothing of them becomes a mention, a date or a reference.
type x12Reading struct {
	mentions   []Mention // in order; Group counts the claims of the text from 1
	references []Reference
	dates      []found
	spans      []stretch // the segments
	claims     int
	payer      string // class by the claim filing indicator, or ""
}

// x12Claim reads the claims of a text one segment after the other.
// Sources: X12 005010X222A1, X223A2, X224A2 (837), X221A1 (835), X212, X214 (277).
type x12Claim struct {
	x12Reading
	r       x12Reader
	text    string
	reverse map[string]int // claims taken back (CLP02 22), by their number: the corrected one follows
	status  string         // CLP02
	refused bool           // the claim as a whole: its own adjustments and amounts say so
	line    x12Line
	filled  bool // the current claim has something
	remit   int  // index+1 in dates of the day of the remittance
	denied  bool // some line is
}

// x12Line is a service line while its adjustments are read.
type x12Line struct {
	open         bool
	first        int // its mentions: from here to the last
	submitted    int // index+1 of the code that was submitted where another one was adjudicated
	charge, paid float64
	remitted     bool // has a paid amount
	adjusted     bool // has adjustments
	reason       bool // one of them refuses
	rejected     bool // by a claim status
}

// readX12 reads the segments of a text; nil where there are none.
func readX12(text string) *x12Reading {
	if !x12Text(text) {
		return nil
	}
	c := x12Claim{r: newX12Reader(text), text: text}
	var s x12Segment
	for c.r.next(&s) {
		// what joins two segments belongs to them: terminators, line ends, quote marks
		if n := len(c.spans); n > 0 && s.from-c.spans[n-1].to < 8 && strings.Trim(text[c.spans[n-1].to:s.from], "~> \t\r\n") == "" {
			c.spans[n-1].to = c.r.pos
		} else {
			c.spans = append(c.spans, stretch{s.from, c.r.pos})
		}
		c.segment(&s)
	}
	c.closeLine()
	if c.remit > 0 && c.denied {
		c.dates[c.remit-1].Kind = "denial"
	}
	if c.claims == 0 {
		c.claims = 1
	}
	return &c.x12Reading
}

// blank returns the text with its segments made blank, so that what people
// wrote around them can be read apart. Offsets hold in both.
func (x *x12Reading) blank(text string) string {
	b := []byte(text)
	for _, s := range x.spans {
		for i := s.from; i < s.to; i++ {
			if b[i] != '\n' {
				b[i] = ' '
			}
		}
	}
	return string(b)
}

// join numbers the claims from first on, and gives what was written around
// them the group of the one claim that has the same code. It returns the last
// group.
func (x *x12Reading) join(written []Mention, first int) int {
	for i := range x.mentions {
		x.mentions[i].Group += first - 1
	}
	for i := range x.dates {
		x.dates[i].Group += first - 1
	}
	if x.claims > 1 {
		for i := range written {
			w, in, several := &written[i], 0, false
			for k := range x.mentions {
				if m := &x.mentions[k]; m.System == w.System && m.Code == w.Code && m.Group != in {
					several = in != 0
					in = m.Group
				}
			}
			if in != 0 && !several {
				w.Group = in
			}
		}
	}
	return first + x.claims - 1
}

func (c *x12Claim) segment(s *x12Segment) {
	switch s.name {
	case "CLM":
		c.claim(c.r.value(s, 1), "")
		c.place(s)
	case "CLP":
		c.claim(c.r.value(s, 1), c.r.value(s, 2))
		c.refused = c.status == "4"
		c.filing(c.r.value(s, 6))
	case "SBR":
		c.filing(c.r.value(s, 9))
	case "LX":
		c.closeLine()
	case "SVC":
		c.service(s)
	case "SV1":
		c.openLine()
		c.procedure(s.element(1), quantity(c.r.value(s, 3), c.r.value(s, 4)))
		c.short(POS, s.element(5))
	case "SV2":
		c.openLine()
		c.short(Revenue, s.element(1))
		c.procedure(s.element(2), quantity(c.r.value(s, 4), c.r.value(s, 5)))
	case "SV3":
		c.openLine()
		c.procedure(s.element(1), quantity("UN", c.r.value(s, 6)))
		c.short(POS, s.element(3))
	case "SV5", "SV4":
		c.procedure(s.element(1), 0)
	case "SVD":
		c.procedure(s.element(3), 0)
	case "EB":
		c.procedure(s.element(13), 0)
	case "EQ":
		c.procedure(s.element(2), 0)
	case "HI":
		c.health(s)
	case "LIN":
		for n := 2; n+1 < s.n; n += 2 {
			if c.r.value(s, n) == "N4" {
				c.drug(s.element(n + 1))
			}
		}
	case "CAS":
		c.adjust(s)
	case "LQ":
		if c.r.value(s, 1) == "HE" {
			c.remark(s.element(2))
		}
	case "MOA":
		for n := 3; n <= 7; n++ {
			c.remark(s.element(n))
		}
	case "MIA":
		c.remark(s.element(5))
		for n := 20; n <= 23; n++ {
			c.remark(s.element(n))
		}
	case "STC":
		for _, n := range []int{1, 10, 11} {
			c.claimStatus(s.element(n))
		}
	case "DTP":
		switch c.r.value(s, 2) {
		case "D8", "RD8", "DT":
			c.date(c.r.value(s, 1), s.element(3))
		}
	case "DTM":
		c.date(c.r.value(s, 1), s.element(2))
	}
}

// claim begins another claim.
func (c *x12Claim) claim(id, status string) {
	c.closeLine()
	c.status, c.refused = status, false
	if g, ok := c.reverse[id]; ok && id != "" && g == c.claims {
		delete(c.reverse, id) // the same claim, corrected
		return
	}
	if c.filled || c.claims == 0 {
		c.claims++
	}
	c.filled = true
	if status == "22" && id != "" {
		if c.reverse == nil {
			c.reverse = map[string]int{}
		}
		c.reverse[id] = c.claims
	}
}

// group is the current claim; one begins with the first thing that is read.
func (c *x12Claim) group() int {
	if c.claims == 0 {
		c.claims = 1
	}
	c.filled = true
	return c.claims
}

func (c *x12Claim) add(system System, at stretch, code string, mods []string, units int) bool {
	code, err := Normalize(system, code)
	for at.from < at.to && (c.text[at.from] == ' ' || c.text[at.from] == '\n' || c.text[at.from] == '\r' || c.text[at.from] == '>') {
		at.from++
	}
	for at.from < at.to && (c.text[at.to-1] == ' ' || c.text[at.to-1] == '\n' || c.text[at.to-1] == '\r') {
		at.to--
	}
	if err != nil || at.from >= at.to || len(c.mentions) > 0 && at.from < c.mentions[len(c.mentions)-1].End {
		return false
	}
	role := RoleBilled
	if c.status == "22" {
		role = RoleReplaced
	}
	if mods == nil {
		mods = []string{}
	}
	c.mentions = append(c.mentions, Mention{System: system, Code: code, Modifiers: mods, Units: units, Text: c.text[at.from:at.to],
		Start: at.from, End: at.to, Group: c.group(), Role: role})
	return true
}

// quantity is a count of units. Minutes of anaesthesia (MJ) and days are none.
func quantity(basis, value string) int {
	if basis != "UN" && basis != "" {
		return 0
	}
	whole, fraction, _ := strings.Cut(value, ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n < 0 || n > 1e6 || strings.Trim(fraction, "0") != "" {
		return 0
	}
	return n
}

// procedure reads a composite of qualifier, code and modifiers, and says
// whether it holds a code.
func (c *x12Claim) procedure(at stretch, units int) bool {
	parts := c.r.parts(at)
	if len(parts) < 2 {
		return false
	}
	code := x12Clean(c.text, parts[1])
	where := stretch{parts[1].from, parts[1].to}
	switch x12Clean(c.text, parts[0]) {
	case "HC", "HP", "WK", "ER", "IV", "AD":
	case "NU":
		return c.add(Revenue, where, code, nil, 0)
	case "N4":
		return c.drug(where)
	default:
		return false
	}
	var mods []string
	for _, p := range parts[2:min(len(parts), 6)] {
		m := strings.ToUpper(x12Clean(c.text, p))
		if len(m) == 0 {
			continue
		}
		if _, err := Normalize(Modifier, m); err != nil {
			break
		}
		where.to = p.to
		if !slices.Contains(mods, m) {
			mods = append(mods, m)
		}
	}
	b := []byte(strings.ToUpper(code))
	switch {
	case len(b) != 5:
		return false
	case cptShape(b):
		return c.add(CPT, where, code, mods, units)
	case cdtShape(b):
		return c.add(CDT, where, code, mods, units)
	}
	return c.add(HCPCS, where, code, mods, units)
}

// short reads a revenue code or a place of service.
func (c *x12Claim) short(system System, at stretch) bool {
	v := x12Clean(c.text, at)
	if len(v) < 2 || len(v) > 4 || !digitsOnly([]byte(v)) {
		return false
	}
	return c.add(system, at, v, nil, 0)
}

func (c *x12Claim) drug(at stretch) bool {
	v := strings.ReplaceAll(x12Clean(c.text, at), "-", "")
	if len(v) != 11 || !digitsOnly([]byte(v)) {
		return false
	}
	return c.add(NDC, at, v[:5]+"-"+v[5:9]+"-"+v[9:], nil, 0)
}

// place reads CLM05: a place of service on a professional or dental claim, the
// type of bill on an institutional one.
func (c *x12Claim) place(s *x12Segment) {
	parts := c.r.parts(s.element(5))
	if len(parts) < 2 {
		return
	}
	code := x12Clean(c.text, parts[0])
	switch x12Clean(c.text, parts[1]) {
	case "B":
		c.short(POS, parts[0])
	case "A":
		if len(parts) > 2 && len(code) == 2 {
			if f := x12Clean(c.text, parts[2]); len(f) == 1 {
				c.reference("tob", strings.TrimLeft(code, "0")+f, stretch{parts[0].from, parts[2].to})
			}
		}
	}
}

// service reads SVC: the code adjudicated, the one submitted where it was
// another, charge and payment, revenue code, units.
func (c *x12Claim) service(s *x12Segment) {
	c.openLine()
	units := quantity("", c.r.value(s, 7))
	if units == 0 {
		units = quantity("", c.r.value(s, 5))
	}
	c.procedure(s.element(1), units)
	c.short(Revenue, s.element(4))
	if n := len(c.mentions); s.n > 6 && c.procedure(s.element(6), 0) {
		c.line.submitted = n + 1
		if n > c.line.first && c.mentions[n].Code == c.mentions[c.line.first].Code && c.mentions[n].System == c.mentions[c.line.first].System {
			c.mentions = c.mentions[:n] // the same code with other modifiers is no other code
			c.line.submitted = 0
		}
	}
	c.line.charge, _ = strconv.ParseFloat(c.r.value(s, 2), 64)
	paid, err := strconv.ParseFloat(c.r.value(s, 3), 64)
	c.line.paid, c.line.remitted = paid, err == nil
}

func (c *x12Claim) openLine() {
	c.closeLine()
	c.line = x12Line{open: true, first: len(c.mentions)}
}

// closeLine gives the codes of a line the role that its amounts and
// adjustments give it.
func (c *x12Claim) closeLine() {
	l := &c.line
	if !l.open || c.status == "22" {
		l.open = false
		return
	}
	l.open = false
	nothing := l.remitted && l.paid == 0 && (l.charge > 0 || l.reason)
	denied := nothing && (l.reason || c.refused && !l.adjusted) || l.rejected
	for i := l.first; i < len(c.mentions); i++ {
		m := &c.mentions[i]
		switch {
		case m.System != CPT && m.System != HCPCS && m.System != CDT:
		case denied:
			m.Role = RoleDenied
			c.denied = true
		case l.submitted == i+1: // paid as something else
			m.Role = RoleDenied
			c.denied = true
		case l.submitted > 0:
			m.Role = RoleAlternative
		}
	}
}
