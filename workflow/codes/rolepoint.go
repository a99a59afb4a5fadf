package codes

import "strings"

// headed reads a heading such as "The following services were denied:" above
// codes on lines of their own.
func (c *clause) headed(sents []stretch) {
	for k, s := range sents {
		t := strings.TrimSpace(c.text[s.from:s.to])
		if !strings.HasSuffix(t, ":") || len(t) > 160 || c.inside(s, 1) {
			continue
		}
		c.items, _ = itemsOf(c.items, c.text, s, nil, 0)
		c.question = false
		role := RoleBilled
		for j := range c.items {
			if kind, end := c.refusal(j); kind != 0 && !c.supposed(j, end) {
				role = RoleDenied
			}
		}
		switch {
		case role == RoleDenied:
		case hasWord(t, "options|choices|which of these|which one|one of these|one of the following"):
			role = RoleAlternative
		default:
			continue
		}
		for n := k + 1; n < len(sents) && n < k+40; n++ {
			lo, hi := c.between(sents[n])
			if lo == hi || strings.Contains(c.text[sents[n-1].from:sents[n].from], "\n\n") && n > k+1 {
				break
			}
			if hasWord(c.text[sents[n].from:sents[n].to], "paid|allowed|approved|denied") {
				continue
			}
			for i := lo; i < hi; i++ {
				if m := &c.ms[i]; m.Role == RoleBilled && (m.service() || lo+1 == hi) && m.System != Modifier {
					m.Role = role
				}
			}
		}
	}
}

// Words by which people mean one of the services of their claim.
const (
	visitWords     = "visit e/m em e&m ov exam consult consultation eval"
	procedureWords = "procedure injection surgery scope destruction biopsy debridement excision repair block removal treatment"
	drugWords      = "drug med medication vial injectable"
)

// pointed reads "they paid the visit but denied the injection" and "line 2
// denied" in sentences that name no code.
func (c *clause) pointed(sents []stretch) {
	if c.services < 2 {
		return
	}
	for _, s := range sents {
		if s.to-s.from > 300 || c.inside(s, 1) {
			continue
		}
		c.items, _ = itemsOf(c.items, c.text, s, nil, 0)
		c.question = endsAsking(c.text, s.to)
		for k := range c.items {
			kind, end := c.refusal(k)
			if kind == 0 || c.supposed(k, end) {
				continue
			}
			// behind the verb, else before it
			at := c.meant(end, min(end+6, len(c.items)), s.from)
			if at < 0 {
				at = c.meant(max(0, k-5), k, s.from)
			}
			if at >= 0 && c.ms[at].Role == RoleBilled {
				c.ms[at].Role = RoleDenied
			}
		}
	}
}

// meant is the mention before a place that one of the items from..to means by
// its kind or its number, or -1. A conjunction ends the look.
func (c *clause) meant(from, to, before int) int {
	for k := from; k < to; k++ {
		w := c.items[k].w
		switch {
		case oneOf(w, "but and ; while paid allowed"):
			return -1
		case oneOf(w, visitWords):
			return c.only(before, func(m *Mention) bool { return m.System == CPT && evaluation(number(m.Code)) })
		case oneOf(w, procedureWords):
			return c.only(before, func(m *Mention) bool { return m.System == CPT && !evaluation(number(m.Code)) })
		case oneOf(w, drugWords):
			return c.only(before, func(m *Mention) bool { return m.System == HCPCS && (m.Code[0] == 'J' || m.Code[0] == 'Q') })
		case oneOf(w, "latter second 2nd other"):
			return c.nth(before, 2)
		case oneOf(w, "former first 1st"):
			return c.nth(before, 1)
		case oneOf(w, "third 3rd"):
			return c.nth(before, 3)
		case oneOf(w, "line ln") && k+1 < to:
			if n := number(c.items[k+1].w); n > 0 && n < 60 && digitsOnly([]byte(c.items[k+1].w)) {
				return c.nth(before, n)
			}
		}
	}
	return -1
}

// only is the one service of a kind before a place, or -1.
func (c *clause) only(before int, is func(*Mention) bool) int {
	at := -1
	for i := range c.at(before) {
		if m := &c.ms[i]; m.service() && is(m) {
			if at >= 0 && c.ms[at].Code != m.Code {
				return -1
			}
			at = i
		}
	}
	return at
}

// nth is the nth service before a place, or -1.
func (c *clause) nth(before, n int) int {
	for i := range c.at(before) {
		if c.ms[i].service() {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// elsewhere reads a refusal told in a sentence without a code: "It was denied
// CO-29." It is about the codes of the sentence before, where "it", "both" or
// "the claim" can mean no others; and where a text about a denial names one
// service only, about that.
func (c *clause) elsewhere(sents []stretch) {
	for i := range c.ms {
		if c.ms[i].Role == RoleDenied {
			return
		}
	}
	lo, hi, told, claim := 0, 0, false, false
	for k, s := range sents {
		if a, b := c.between(s); b > a {
			lo, hi = a, b
			continue
		}
		if s.to-s.from > 300 {
			continue
		}
		c.items, _ = itemsOf(c.items, c.text, s, nil, 0)
		c.question = endsAsking(c.text, s.to)
		for j := range c.items {
			kind, end := c.refusal(j)
			if kind == 0 || kind == 'p' && !c.has(0, j, "it|this|these|they|service|procedure|code") || c.supposed(j, end) || kind == 'v' && c.question {
				continue
			}
			told = true
			claim = claim || c.has(0, j, "claim|claims|everything|it|they|all") || c.has(end, min(end+3, len(c.items)), "claim|the claim|everything|all")
			if k > 0 && hi > lo && hi-lo <= 4 && j <= 5 && (c.has(0, j, "both|all|all three|they were|they all|all of them|both lines|both codes|both were") || hi-lo == 1 && c.has(0, j, "it|this|that|claim|was")) {
				for i := lo; i < hi; i++ {
					if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
						m.Role = RoleDenied
					}
				}
				return
			}
		}
	}
	if !told || c.services == 0 {
		return
	}
	if claim && c.services <= 8 && !hasWord(c.text, "paid|allowed|approved|or|vs") {
		for i := range c.ms {
			if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
				m.Role = RoleDenied
			}
		}
		return
	}
	// one service, or one list of services
	first, last := -1, -1
	for i := range c.ms {
		if c.ms[i].service() {
			if last >= 0 && c.ms[i].Code != c.ms[last].Code && !listOnly(c.text[c.ms[last].End:max(c.ms[last].End, c.ms[i].Start)]) {
				return
			}
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	for i := first; i <= last; i++ {
		if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
			m.Role = RoleDenied
		}
	}
}
