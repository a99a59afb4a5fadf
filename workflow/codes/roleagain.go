package codes

import "strings"

// again reads what a text says later, or in other words, of a service that it
// has named before: the line that came back by its number or its day, the code
// that "too" puts beside another, the short name of a longer line.
func (c *clause) again(sents []stretch, refs []Reference) {
	for k, s := range sents {
		if s.to-s.from > 400 || k == 0 {
			continue
		}
		if c.services >= 2 && !c.inside(s, 1) {
			c.items, _ = itemsOf(c.items, c.text, s, nil, 0)
			c.question = endsAsking(c.text, s.to)
			c.excepted(s.from)
			c.ofDay(s.from)
		}
	}
	c.likewise()
	c.echoed()
	c.reasoned(refs)
}

// ordinals are the words for a line's place, first to tenth, and the same in figures.
var ordinals = [...]string{"first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th", "sixth 6th", "seventh 7th", "eighth 8th", "ninth 9th", "tenth 10th"}

// placed is the mention before a place that the items from k on count out: "the
// fourth", "line 4", "the last one"; or -1.
func (c *clause) placed(k, before int) int {
	for j := k; j < len(c.items) && j < k+4; j++ {
		if c.is(j, "for the line ln number no #") {
			continue
		}
		w := c.items[j].w
		for n, o := range ordinals {
			if oneOf(w, o) {
				return c.nth(before, n+1)
			}
		}
		if w == "last" {
			for i := c.at(before) - 1; i >= 0; i-- {
				if c.ms[i].service() {
					return i
				}
			}
		}
		if n := number(w); j > k && c.is(j-1, "line ln number no #") && n > 0 && n < 60 && digitsOnly([]byte(w)) {
			return c.nth(before, n)
		}
		return -1
	}
	return -1
}

// excepted reads "all paid except the fourth", "paid the first and not the
// second", "the third came back".
func (c *clause) excepted(before int) {
	if c.question && c.has(0, len(c.items), "if|will|would|should|can") {
		return
	}
	refuse := func(at int) {
		if at >= 0 && c.ms[at].Role == RoleBilled {
			c.ms[at].Role = RoleDenied
		}
	}
	for k := range c.items {
		switch {
		case c.is(k, "except excepting save"), c.phrase(k, "all but") > 0, c.phrase(k, "everything but") > 0, c.phrase(k, "other than") > 0, c.is(k, "not") && c.is(k-1, "and but ,"):
			end := k + 1
			if c.is(k, "all everything other") {
				end++
			}
			if c.has(0, len(c.items), "paid|pay|pays|allowed|approved|cleared|went through|processed|covered") {
				refuse(c.placed(end, before))
			}
		case c.phrase(k, "came back") > 0, c.phrase(k, "bounced") > 0, c.phrase(k, "was returned") > 0, c.phrase(k, "got returned") > 0, c.phrase(k, "did not pay") > 0, c.phrase(k, "wasn't paid") > 0, c.phrase(k, "hit the") > 0:
			if c.has(k, min(len(c.items), k+4), "paid|clean|approved|ok|fine|normal|negative|positive") {
				continue
			}
			for j := max(0, k-4); j < k; j++ {
				if at := c.placed(j, before); at >= 0 {
					refuse(at)
					break
				}
			}
		}
	}
}

// ofDay reads "the 2/17 denied" of the services that stand with that day.
func (c *clause) ofDay(before int) {
	for k := range c.items {
		kind, end := c.refusal(k)
		if kind == 0 || kind == 'n' || c.supposed(k, end) {
			continue
		}
		for j := max(0, k-4); j < k; j++ {
			w := c.items[j].w
			if !strings.Contains(w, "/") || !isDigit(w[0]) || !isDigit(w[len(w)-1]) {
				continue
			}
			from := strings.LastIndex(c.text[max(0, before-600):before], w)
			if from < 0 {
				continue
			}
			from += max(0, before-600) + len(w)
			stop := from + 200
			if i := strings.IndexAny(c.text[from:before], ";\n?"); i >= 0 {
				stop = from + i
			}
			lo, hi := c.between(stretch{from, min(stop, before)})
			for i := lo; i < hi; i++ {
				if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
					m.Role = RoleDenied
				}
			}
		}
	}
}

// likewise gives a code that "too" or "as well" puts beside another the role
// of that one: "95908 done in 2024, 95886 too".
func (c *clause) likewise() {
	for i := 1; i < len(c.ms); i++ {
		a, b := &c.ms[i-1], &c.ms[i]
		if b.Role != RoleBilled || a.Role != RoleDenied && a.Role != RoleHistory || !sameFamily(a, b) || b.Start < a.End || b.Start-a.End > 60 {
			continue
		}
		if gap := c.text[a.End:b.Start]; strings.ContainsAny(gap, ".?\n") || hasWord(gap, "paid|now|today|but") {
			continue
		}
		behind := strings.TrimLeft(c.text[b.End:min(len(c.text), b.End+12)], " ,")
		for _, w := range [...]string{"too", "as well", "likewise", "also"} {
			if rest, ok := strings.CutPrefix(behind, w); ok && (rest == "" || strings.ContainsAny(rest[:1], ".;,\n")) {
				b.Role = a.Role
			}
		}
	}
}

// echoed reads "sent 64636-50 x2; they denied the 64636 line": the refusal is
// of the fuller line before it, where that is the only one of its code.
func (c *clause) echoed() {
	for i := range c.ms {
		m := &c.ms[i]
		if m.Role != RoleDenied || len(m.Modifiers) > 0 || m.Units != 0 || !m.service() {
			continue
		}
		at := -1
		for j := max(0, i-40); j < i; j++ {
			if b := &c.ms[j]; b.Code == m.Code && b.System == m.System {
				if at >= 0 {
					at = -1
					break
				}
				at = j
			}
		}
		if at >= 0 && c.ms[at].Role == RoleBilled && m.Start > c.ms[at].End && m.Start-c.ms[at].End < 600 && !strings.Contains(c.text[c.ms[at].End:m.Start], "\n\n") {
			c.ms[at].Role = RoleDenied
		}
	}
}

// reasoned gives the one service of a text that names a refusing reason, and
// tells of no payment, the refusal.
func (c *clause) reasoned(refs []Reference) {
	if c.services != 1 || hasWord(c.text, "paid|allowed|approved|if|will|would|policy|avoid") || !hasWord(c.text, "got|get|getting|received|back|denial|returned|remit|eob|835|era|line") {
		return
	}
	for _, r := range refs {
		if r.Kind != "carc" || len(r.Value) < 4 || r.Value[2] != '-' || sharing(r.Value[:2], r.Value[3:]) {
			continue
		}
		for i := range c.ms {
			if m := &c.ms[i]; m.service() && m.Role == RoleBilled {
				m.Role = RoleDenied
			}
		}
		return
	}
}

// shouldOther reads "should 52204 have been 52224?": the second is offered, the
// first stays what was billed.
func (c *clause) shouldOther(k int) bool {
	at := c.right(k+1, determiners)
	if at < 0 || !c.question || c.phrase(at+1, "have been") == 0 {
		return false
	}
	other := c.right(at+3, determiners+" billed coded reported as")
	if other < 0 || !c.sameKind(at, other) {
		return false
	}
	c.choose(other, c.listFrom(other))
	return true
}

// takenOff reads "took 11043 off the claim".
func (c *clause) takenOff(k int) bool {
	at := c.right(k+1, determiners)
	if at < 0 || c.ms[c.items[at].m].System == Modifier || !c.is(c.listFrom(at)+1, "off out") {
		return false
	}
	c.set(at, c.listFrom(at), RoleReplaced)
	return true
}

// asOther reads "rebilled 20553 as 20552".
func (c *clause) asOther(k int) bool {
	at := c.right(k+1, determiners)
	if at < 0 || !c.is(at+1, "as") {
		return false
	}
	to := c.right(at+2, determiners)
	if to < 0 || !c.sameKind(at, to) {
		return false
	}
	c.set(at, at, RoleReplaced)
	return true
}

// fromTo reads "change the dx on 77080 from Z13.820 to M81.0", and what "and"
// adds to a change: "changed A to B and C to D".
func (c *clause) fromTo(k int) bool {
	old := -1
	for j := k + 1; j+1 < len(c.items) && j < k+10; j++ {
		if c.is(j, "; . , but then because") {
			return false
		}
		if c.is(j, "from") && c.items[j+1].m >= 0 {
			old = j + 1
			break
		}
	}
	if old < 0 || old-k <= 2 || !c.is(old+1, "to into ->") || c.right(old+2, determiners) < 0 || !c.sameKind(old, c.right(old+2, determiners)) {
		return false
	}
	c.set(old, old, RoleReplaced)
	return true
}

// furtherChange marks what "and" adds to a change: "A to A-53 and B to B-53".
func (c *clause) furtherChange(to int) {
	for n := 0; n < 8 && c.is(to+1, "and , &"); n++ {
		old := to + 2
		if c.is(old, "and") {
			old++
		}
		if old+2 >= len(c.items) || c.items[old].m < 0 || !c.is(old+1, "to -> into") || c.items[old+2].m < 0 || !c.sameKind(old, old+2) {
			return
		}
		c.set(old, old, RoleReplaced)
		to = old + 2
	}
}
