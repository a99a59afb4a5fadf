package codes

// changes finds codes that another one takes the place of.
func (c *clause) changes() {
	for k := range c.items {
		if c.items[k].m >= 0 {
			continue
		}
		switch {
		case c.is(k, "downcoded downcode downcodes downcoding down-coded down-coding reduced knocked"):
			c.lowered(k)
		case c.is(k, "paid pays paying pay processed reimbursed reimbursing allowed allowing"):
			c.paidAs(k)
		case c.is(k, "replace replaced replaces replacing change changed changing swap swapped swapping switch switched switching recode recoded convert converted revise revised amend amended"+
			" correct corrected correcting update updated exchange exchanged"):
			c.replaced(k)
		case c.is(k, "remove removed removing delete deleting drop dropped dropping void voided pull pulled omit"), c.phrase(k, "take off") > 0, c.phrase(k, "took off") > 0, c.phrase(k, "back out") > 0:
			if at := c.right(k+1, determiners+" off out"); at >= 0 && c.ms[c.items[at].m].System != Modifier {
				c.set(at, c.listFrom(at), RoleReplaced)
			}
		case c.is(k, "deleted retired terminated obsolete"), c.phrase(k, "no longer valid") > 0, c.phrase(k, "no longer exists") > 0, c.phrase(k, "no longer active") > 0:
			if at := c.left(k-1, auxiliaries); at >= 0 {
				c.set(c.listTo(at), at, RoleReplaced)
			} else if at := c.right(k+1, determiners); at >= 0 {
				c.set(at, c.listFrom(at), RoleReplaced)
			}
		case c.phrase(k, "instead of") > 0, c.phrase(k, "rather than") > 0, c.phrase(k, "in place of") > 0, c.phrase(k, "in lieu of") > 0, c.phrase(k, "as opposed to") > 0:
			c.instead(k)
		case c.is(k, "not"):
			c.contrast(k)
		case c.phrase(k, "is now") > 0, c.phrase(k, "are now") > 0, c.is(k, "became becomes"):
			// "G2012 is now 98016"
			next := k + 2
			if c.is(k, "became becomes") {
				next = k + 1
			}
			if k > 0 && c.items[k-1].m >= 0 && c.right(next, "code cpt the") >= 0 {
				c.set(c.listTo(k-1), k-1, RoleReplaced)
			}
		case c.phrase(k, "by mistake") > 0, c.phrase(k, "in error") > 0, c.is(k, "erroneously incorrectly mistakenly accidentally wrongly inadvertently"):
			c.mistaken(k)
		case c.is(k, "instead") && !c.is(k+1, "of"):
			c.insteadBehind(k)
		case c.is(k, "\u2192 -> => \u27a1 \u21d2 -->"), c.is(k, "-") && c.is(k+1, ">"):
			c.arrow(k)
		case c.is(k, "old was orig original originally before wrong") && (c.is(k+1, ":") && k+2 < len(c.items) && c.items[k+2].m >= 0):
			if hasWord(c.text, "new:|now:|corrected:|should be:|right:|correct:|after:|new") {
				c.set(k+2, c.listFrom(k+2), RoleReplaced)
			}
		case c.is(k, "took take taken taking takes pulled") && c.takenOff(k):
		case c.is(k, "rebill rebilled rebilling resubmit resubmitted refiled resent") && c.asOther(k):
		case c.is(k, "should could") && c.shouldOther(k):
		case c.is(k, "out old") && k+3 < len(c.items) && c.items[k+1].m >= 0 && c.is(k+2, "in new"):
			c.set(k+1, k+1, RoleReplaced) // "out 74176, in 74178", the columns of a correction
		case c.phrase(k, "used to") > 0 && !c.has(0, k, "was|were|is|be"):
			if at := c.right(k+2, determiners+" bill report use code be"); at >= 0 {
				c.set(at, c.listFrom(at), RoleReplaced)
			}
		case c.phrase(k, "should have been") > 0, c.phrase(k, "should have billed") > 0, c.phrase(k, "should have used") > 0, c.phrase(k, "should have coded") > 0, c.phrase(k, "should have reported") > 0,
			c.phrase(k, "should've been") > 0, c.phrase(k, "shouldve been") > 0, c.phrase(k, "should of been") > 0,
			c.phrase(k, "should it have been") > 0, c.phrase(k, "should that have been") > 0, c.phrase(k, "should this have been") > 0, c.phrase(k, "should we have billed") > 0, c.phrase(k, "should we have used") > 0,
			c.phrase(k, "should i have billed") > 0, c.phrase(k, "should i have used") > 0, c.phrase(k, "meant to bill") > 0, c.phrase(k, "meant to send") > 0, c.phrase(k, "meant to be") > 0, c.phrase(k, "meant") > 0 && c.right(k+1, "") == k+1,
			c.phrase(k, "was supposed to be") > 0, c.phrase(k, "supposed to be") > 0:
			c.intended(k)
		}
	}
}

// lowered reads what a payer did to a level: "downcoded 99285 to 99283".
func (c *clause) lowered(k int) {
	if c.is(k, "reduced knocked") && c.after(k+1, "to as") < 0 && !(c.right(k+1, determiners) >= 0 && c.after(c.right(k+1, determiners)+1, "to as") >= 0) {
		return
	}
	right := c.right(k+1, determiners+" from it them down to back visits levels")
	left := c.left(k-1, auxiliaries+" their his her our they")
	if left >= 0 && c.is(left-1, "or") {
		left = -1
	}
	switch {
	case right >= 0 && c.is(right-1, "to as"): // "99285 was downcoded to 99283", "downcoded it to 99283"
		if left < 0 {
			left = c.before(k)
		}
		if left >= 0 {
			c.set(c.listTo(left), left, RoleDenied)
		}
		c.set(right, right, RoleAlternative)
	case right >= 0:
		end := c.listFrom(right)
		c.set(right, end, RoleDenied)
		if next := c.right(end+1, "to as a down"); next >= 0 {
			c.set(next, next, RoleAlternative)
		}
	case left >= 0 && c.is(k-1, "was were is are been being got get gets getting keeps"):
		c.set(c.listTo(left), left, RoleDenied)
	}
}

// paidAs reads "they paid 99285 as 99283" and "paid it as 99213".
func (c *clause) paidAs(k int) {
	at := c.right(k+1, "our the my it them this that these those at as out for level only")
	if at < 0 {
		return
	}
	old := -1
	if c.is(at-1, "as at") {
		old = c.before(k)
		if old < 0 {
			if i := c.at(c.items[k].from) - 1; i >= 0 && c.items[k].from-c.ms[i].End < 160 && sameRoom(&c.ms[i], &c.ms[c.items[at].m]) {
				c.ms[i].Role = RoleDenied
				c.set(at, at, RoleAlternative)
			}
			return
		}
	} else if at+2 < len(c.items) && c.is(at+1, "as at") && c.items[at+2].m >= 0 {
		old, at = at, at+2
	}
	if old >= 0 && sameRoom(&c.ms[c.items[old].m], &c.ms[c.items[at].m]) {
		c.set(old, old, RoleDenied)
		c.set(at, at, RoleAlternative)
	}
}

// before is the last mention in front of item k within the sentence, or -1.
func (c *clause) before(k int) int {
	for j := k - 1; j >= 0; j-- {
		if c.items[j].m >= 0 {
			return j
		}
	}
	return -1
}

// after is the next mention behind item k with one of the words right before
// it, or -1. Another verb ends the search.
func (c *clause) after(k int, words string) int {
	for j := k; j < len(c.items) && j < k+12; j++ {
		if c.items[j].m >= 0 {
			for p := j - 1; p >= k && p > j-4; p-- {
				if c.is(p, words) {
					return j
				}
				if !c.is(p, determiners) {
					break
				}
			}
			return -1
		}
		if c.is(j, ". ; add denied and") {
			return -1
		}
	}
	return -1
}

// replaced reads "replace 99214 with 99213", "changed from 99204 to 99214",
// "99214 was changed to 99213", "it was replaced by G2212".
func (c *clause) replaced(k int) {
	if c.is(k, "correct corrected update updated amend amended revise revised") && (c.is(k+1, "claim claims code to and ?") || c.is(k-1, "the is a")) {
		return // an adjective
	}
	if c.fromTo(k) {
		return
	}
	right := c.right(k+1, determiners+" from it out")
	passive := c.is(k-1, "was were is are been being be got")
	left := c.left(k-1, auxiliaries)
	if to := c.after(k+1, "to with by for -> > into"); to >= 0 && (right < 0 || right == to) {
		// no object before the new code
		if left < 0 {
			left = c.before(k)
		}
		if left < 0 {
			c.back(c.items[k].from, 1)
		} else {
			c.set(c.listTo(left), left, RoleReplaced)
		}
		return
	}
	if right >= 0 {
		if to := c.after(right+1, "to into ->"); to >= 0 {
			defer c.furtherChange(to)
		}
	}
	switch {
	case right >= 0 && c.is(k, "replaced replaces replacing") && left >= 0 && !passive: // "77067 replaced 77057"
		c.set(right, c.listFrom(right), RoleReplaced)
	case passive && left >= 0:
		if c.is(k, "replaced") {
			c.set(c.listTo(left), left, RoleReplaced)
		}
	case right >= 0 && (c.after(c.listFrom(right)+1, "to with by for -> > into =") >= 0 || c.is(k, "replace replaced replaces replacing swap swapped")):
		c.set(right, c.listFrom(right), RoleReplaced)
	}
}

// instead reads "31253 instead of 31255". What a question puts in the place of
// something else is a choice between both.
func (c *clause) instead(k int) {
	end := k + 2
	if c.is(k, "in as") {
		end = k + 3
	}
	right := c.right(end, determiners+" billing using reporting coding a")
	left := c.before(k)
	if right < 0 {
		return
	}
	last := c.listFrom(right)
	asked := c.question && c.has(0, k, "should|can|could|may|do|does|would|is it|is|when|why not|use")
	if left >= 0 && !c.sameKind(left, right) {
		left = -1
	}
	if asked && !c.has(0, k, "why did|why do|why was|why are|why is|denied") {
		if left >= 0 {
			c.choose(c.listTo(left), left)
		}
		c.choose(right, last)
		return
	}
	for j := right; j <= last; j++ {
		if m := c.items[j].m; m >= 0 && (c.ms[m].Role == RoleBilled || c.ms[m].Role == RoleDenied) {
			c.ms[m].Role = RoleReplaced
		}
	}
	if left >= 0 && c.items[k].from-c.items[left].to < 40 {
		c.choose(left, left)
	}
}

// choose makes mentions alternatives, modifiers too.
func (c *clause) choose(first, last int) {
	for k := first; k <= last; k++ {
		if m := c.items[k].m; m >= 0 {
			mark(&c.ms[m])
		}
	}
}

func mark(m *Mention) {
	if m.Role == RoleBilled || m.Role == RoleReference {
		m.Role = RoleAlternative
	}
}

// contrast reads "not 99203 but 99213" and "99213, not 99203".
func (c *clause) contrast(k int) {
	if k+1 >= len(c.items) || c.items[k+1].m < 0 && !c.is(k+1, "a the code cpt") || c.has(0, k, "paid|pays|allowed|covers|covered|approved|but not") {
		return
	}
	right := c.right(k+1, "a the code cpt")
	if right < 0 {
		return
	}
	left := c.before(k)
	if c.is(right+1, "but") || c.is(right+1, ",") && c.is(right+2, "but it it's") || left >= 0 && c.is(k-1, ",") && c.sameKind(left, right) && k-left <= 3 || left >= 0 && k-left == 1 {
		c.set(right, right, RoleReplaced)
	}
}

// intended reads what should have been billed; what was billed is replaced by
// it.
func (c *clause) intended(k int) {
	at := -1
	for j := k; j < len(c.items) && j < k+10 && at < 0; j++ {
		if c.items[j].m >= 0 {
			at = j
		}
	}
	if at < 0 {
		return
	}
	left := c.before(k)
	found := false
	if left >= 0 && c.sameKind(left, at) {
		found = true
		c.set(left, left, RoleReplaced)
	} else if left < 0 {
		found = c.back(c.items[k].from, at)
	}
	// A question offers the other code, a statement bills it.
	if found && (c.question || c.is(k, "should") && c.is(k+1, "it that this we i they")) {
		c.set(at, c.listFrom(at), RoleAlternative)
	}
}

// insteadBehind reads "they want G0416 instead": it takes the place of what was
// named before.
func (c *clause) insteadBehind(k int) {
	at := c.before(k)
	if at < 0 || k-at > 6 || !c.has(0, k, "want|wants|wanted|say|says|use|bill|billed|should|need|needs|requires|paid|asks|suggests|told") {
		return
	}
	if left := c.before(at); left >= 0 && c.sameKind(left, at) {
		c.set(left, left, RoleReplaced)
		c.set(at, at, RoleAlternative)
	} else if left < 0 && c.back(c.items[at].from, at) {
		c.set(at, at, RoleAlternative)
	}
}

// mistaken reads "99204 was billed in error": something else takes its place
// where the text names it.
func (c *clause) mistaken(k int) {
	if !c.has(0, len(c.items), "sent|billed|submitted|reported|coded|used|entered|filed|put|charged|keyed") || c.has(0, k, "denied|paid|deny") {
		return
	}
	at := c.right(k+1, determiners+" billed sent submitted reported coded used entered filed put charged keyed")
	if at < 0 {
		at = c.before(k)
	}
	if at < 0 {
		return
	}
	m := c.items[at].m
	for i := m + 1; i < len(c.ms) && i < m+3; i++ {
		if sameRoom(&c.ms[m], &c.ms[i]) || c.ms[i].Code == c.ms[m].Code {
			c.set(at, at, RoleReplaced)
			return
		}
	}
}

// arrow reads "88309 -> 88307".
func (c *clause) arrow(k int) {
	next := k + 1
	if c.is(next, ">") {
		next++
	}
	if k > 0 && c.items[k-1].m >= 0 && next < len(c.items) && c.items[next].m >= 0 && c.sameKind(k-1, next) {
		c.set(k-1, k-1, RoleReplaced)
	}
}

// back makes the last mention before a place replaced, where it stands near
// enough to be what "it" means.
func (c *clause) back(before, at int) bool {
	for i := c.at(before) - 1; i >= 0; i-- {
		m := &c.ms[i]
		if m.End > before || m.System == Modifier {
			continue
		}
		if before-m.End > 160 {
			return false
		}
		if at < len(c.items) && c.items[at].m >= 0 && !sameFamily(m, &c.ms[c.items[at].m]) {
			continue
		}
		if m.Role == RoleBilled {
			m.Role = RoleReplaced
		}
		return true
	}
	return false
}
