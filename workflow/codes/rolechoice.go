package codes

import (
	"slices"
	"strings"
)

// persons are whose opinions about a code are told.
const persons = "auditor auditors coder coders biller billers doctor dr doc provider physician surgeon partner consultant reviewer reviewers encoder software vendor manager supervisor colleague" +
	" one other they he she i we md np pa payer rep scrubber somebody someone another compliance team insurance medicare hospital facility"

// choices marks what is joined by "or" and "vs", what a question lets us choose
// between, and what people disagree about.
func (c *clause) choices(sents []stretch) {
	small, ms := c.text, c.ms
	for i := 1; i < len(ms); i++ {
		a, b := &ms[i-1], &ms[i]
		if a.System == Modifier && b.System == Modifier && c.links[i] == linkOr {
			a.Role, b.Role = RoleAlternative, RoleAlternative
			continue
		}
		if a.End > b.Start || b.Start-a.End > 110 {
			continue
		}
		gap := small[a.End:b.Start]
		if !sameFamily(a, b) {
			// "revenue 0912 or H0035"
			if len(gap) < 22 && shortOr(gap) && a.System != Modifier && b.System != Modifier && a.System != ICD10CM && b.System != ICD10CM && a.System != POS && b.System != POS {
				c.mark(a, b)
			}
			continue
		}
		switch {
		case a.System == Modifier != (b.System == Modifier):
		case c.links[i] == linkOr || shortOr(gap) || clauseOr(gap):
			if a.Role == RoleDenied && b.Role == RoleBilled && shortOr(gap) && len(gap) < 8 && !endsAsking(small, c.sentenceEnd(sents, b.End)) {
				b.Role = RoleDenied // "not paying for 97014 or 97032"
				continue
			}
			if hasWord(gap, "with or without|whether or not|more or less") {
				continue
			}
			if i > 1 && !sameRoom(a, b) && sameRoom(&ms[i-2], b) && b.Start-ms[i-2].End < 90 && hasWord(gap, "or must|or should|or would|or is|or does|or do|or has to") {
				c.mark(&ms[i-2], b) // "is F02.C3 ok next to G30.1 or must it be F02.B3"
				continue
			}
			c.mark(a, b)
			// "A, B or C": the whole list
			for k := i - 1; k > 0 && ms[k-1].End <= ms[k].Start && listComma(small[ms[k-1].End:ms[k].Start]) && sameFamily(&ms[k-1], &ms[k]); k-- {
				mark(&ms[k-1])
			}
		case hasWord(gap, "and|to|with|&") && len(gap) < 8 && a.Start > 6 && hasWord(small[max(0, a.Start-40):a.Start], "difference between|differences between|distinguish|compare|comparing|comparison of|comparison between|choose between|choosing between|between|deciding between"):
			c.mark(a, b)
		case strings.Trim(gap, " ?\n") == "" && strings.Contains(gap, "?") && (b.End < len(small) && small[b.End] == '?' || sameRoom(a, b) && !strings.Contains(gap, "\n")): // "99213? 99214?"
			c.mark(a, b)
		case len(gap) < 24 && hasWord(gap, "maybe|perhaps|possibly|or possibly") && sameRoom(a, b),
			strings.Trim(gap, " ") == "/" && b.End < len(small) && small[b.End] == '?' && sameRoom(a, b):
			c.mark(a, b)
		case a.System != Modifier && sameRoom(a, b) && !hasWord(gap, "with|plus|and also") && c.disputed(a, b, gap):
			c.mark(a, b)
		case hasWord(gap, "could this be|can this be|could it be|could that be|would this be|would it be|would that be|shouldn't it be|shouldn't this be|should this be|should it be|should that be|or should it|might it be|isn't this|isn't it|isn't that|is this really|or must it be|or must this be|maybe it's|maybe it is|must be|has to be|now says maybe|so maybe|or maybe") && sameRoom(a, b):
			c.mark(a, b)
		}
	}
	for k, s := range sents {
		if c.offers(s) || k > 0 && c.asksWhich(s) && c.offered(sents[k-1], 2) || c.asksWhich(s) && c.offered(s, 2) {
			from := s
			if !c.inside(s, 2) && k > 0 {
				from = sents[k-1]
			}
			c.all(from)
		}
	}
	c.conditions(sents)
	for _, s := range sents {
		if t := strings.TrimLeft(small[s.from:s.to], " \n*-"); strings.HasPrefix(t, "option ") && len(t) > 9 && (t[8] == ':' || t[8] == ')' || t[8] == ' ' || t[8] == '-') {
			c.all(s)
		}
	}
	// "Which is right?" above the codes on lines of their own
	for k := 0; k+2 < len(sents); k++ {
		if c.asksWhich(sents[k]) && !c.inside(sents[k], 1) {
			if s := sents[k+2]; bareOr(small[sents[k+1].from:sents[k+1].to]) || hasWord(small[sents[k+1].from:sents[k+1].to], "or|vs|versus") || bareOr(small[s.from:s.to]) {
				c.all(stretch{sents[k].to, sents[min(k+3, len(sents)-1)].to})
			}
		}
	}
	// one on each line with "or" between
	for k := 1; k+1 < len(sents); k++ {
		if bareOr(small[sents[k].from:sents[k].to]) {
			i := c.last(sents[k-1])
			if i >= 0 && i+1 < len(ms) && ms[i+1].Start < sents[k+1].to && sameFamily(&ms[i], &ms[i+1]) {
				c.mark(&ms[i], &ms[i+1])
			}
		}
	}
}

func (c *clause) mark(a, b *Mention) {
	mark(a)
	mark(b)
}

// sentenceEnd is where the sentence that a place lies in ends.
func (c *clause) sentenceEnd(sents []stretch, place int) int {
	i, _ := slices.BinarySearchFunc(sents, place, func(s stretch, at int) int { return s.to - at })
	if i == len(sents) {
		return len(c.text)
	}
	return sents[i].to
}

// bareOr says whether a line is nothing but the word between two choices.
func bareOr(s string) bool {
	switch strings.Trim(s, " \n\t.-*:,()") {
	case "or", "vs", "versus", "or just", "or is it":
		return true
	}
	return false
}

// sameRoom says whether two codes could be levels or versions of one service:
// their first two characters agree.
func sameRoom(a, b *Mention) bool {
	return sameFamily(a, b) && len(a.Code) > 2 && len(b.Code) > 2 && a.Code[:2] == b.Code[:2] && a.Code != b.Code
}

// disputed says whether two opinions stand around the gap between two codes:
// "Dr. wants 99205, I get 99204".
func (c *clause) disputed(a, b *Mention, gap string) bool {
	const opinions = "say|says|said|want|wants|wanted|get|gets|got|think|thinks|thought|pick|picked|picks|prefers|insists|suggests|suggested|recommends|recommended|chose|coded|came up with|argues|feels|believes|assigned|billed|marked|circled|selected|leans|leaning|gives|gave|listed|lists|shows|returns|put|has|had|reads|called it|calls it|dictated|documented|counts|counted|scored|scores|supports|found|sees|landed on"
	at := wordAt(gap, opinions)
	if at < 0 || !hasPerson(gap[:at]) {
		return false
	}
	before := c.text[max(0, a.Start-50):a.Start]
	if i := strings.LastIndexAny(before, "?!\n"); i >= 0 {
		before = before[i+1:]
	}
	return hasWord(before, opinions+"|would|coding|is") && (hasPerson(before) || hasWord(before, "coded"))
}

func hasPerson(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if oneOf(strings.Trim(w, ".,;:()\"'"), persons) {
			return true
		}
	}
	return false
}

// offers says whether a sentence lists choices: "our options: A, B, C".
func (c *clause) offers(s stretch) bool {
	t := c.text[s.from:s.to]
	return c.inside(s, 2) && hasWord(t, "options|option is|choices|choose|choosing|candidates|contenders|torn between|debating|debate between|deciding between|decide between|going back and forth|go back and forth|on the fence|toss-up|toss up|one of these|one of the following") &&
		!hasWord(t, "payment options")
}

// asksWhich says whether a sentence asks for one of several.
func (c *clause) asksWhich(s stretch) bool {
	t := c.text[s.from:s.to]
	return hasWord(t, "which|which one|correct code|right code|best code|which code|more appropriate|more accurate|better code") && endsAsking(c.text, s.to) &&
		hasWord(t, "which is right|which is correct|which one|which code|which of|which would|which should|which do|which is|which applies|which to use|which is it|which for|which|correct code") &&
		!hasWord(t, "which modifier|which dx|which diagnosis|which payer|which is why|in which|of which|for which")
}

// offered says whether a sentence names at least n codes of which one is to be
// chosen: of one family, not said to be billed together.
func (c *clause) offered(s stretch, n int) bool {
	if !c.inside(s, n) {
		return false
	}
	t := c.text[s.from:s.to]
	if hasWord(t, "with|together|plus|both|same day|along with|and also") {
		return false
	}
	lo, hi := c.between(s)
	for i := lo + 1; i < hi; i++ {
		if !sameRoom(&c.ms[lo], &c.ms[i]) {
			return false
		}
	}
	return true
}

// inside says whether at least n mentions that are no modifiers lie in s.
func (c *clause) inside(s stretch, n int) bool {
	lo, hi := c.between(s)
	for i := lo; i < hi; i++ {
		if c.ms[i].System != Modifier {
			if n--; n <= 0 {
				return true
			}
		}
	}
	return false
}

// last is the last mention of s, or -1.
func (c *clause) last(s stretch) int {
	lo, hi := c.between(s)
	if hi == lo {
		return -1
	}
	return hi - 1
}

// all marks the procedures of s as alternatives.
func (c *clause) all(s stretch) {
	var first *Mention
	lo, hi := c.between(s)
	for i := lo; i < hi; i++ {
		m := &c.ms[i]
		if m.System == Modifier {
			continue
		}
		if first == nil {
			first = m
		}
		if sameFamily(first, m) {
			mark(m)
		}
	}
}

// conditions reads "if both sides use A, if only one then B".
func (c *clause) conditions(sents []stretch) {
	for _, s := range sents {
		t := c.text[s.from:s.to]
		if s.to-s.from < 300 && hasWord(t, "with") && hasWord(t, "without") && hasWord(t, "would be|it would") && c.offeredRoom(s) {
			c.all(s) // "with contrast it would be A, without it B"
			continue
		}
		if !c.inside(s, 2) || countWord(t, "if") < 2 && !(hasWord(t, "if") && hasWord(t, "otherwise|else|if not")) {
			continue
		}
		if hasWord(t, "use|then|would|bill|report|code|be|take|pick|choose|go with") {
			c.all(s)
		}
	}
}

func countWord(s, word string) (n int) {
	for {
		i := wordAt(s, word)
		if i < 0 {
			return n
		}
		n++
		s = s[i+len(word):]
	}
}

// shortOr says whether the gap is an "or" with a word or two around it.
func shortOr(gap string) bool {
	return len(gap) < 36 && hasWord(gap, "or|vs|versus|vs.") && !strings.ContainsAny(gap, ".?;") && len(strings.Fields(gap)) <= 5
}

// clauseOr says whether another choice follows: "or is 99215 supported", "or
// would you use".
func clauseOr(gap string) bool {
	i := wordAt(gap, "or is|or should|or would|or do|or does|or can|or could|or are|or just|or use|or bill|or maybe|or perhaps|or only|or even|or the|or a|or an|or rather|or must|or would|or one|or was|or were|or instead")
	return i >= 0 && len(strings.Fields(gap[i:])) <= 8 && !strings.Contains(gap[i:], ". ")
}

func listComma(gap string) bool {
	t := strings.TrimSpace(gap)
	return len(t) <= 1 && (t == "," || t == "/" || t == "")
}

// sameFamily says whether two mentions can be alternatives of one another.
func sameFamily(a, b *Mention) bool {
	p := func(s System) bool { return s == CPT || s == HCPCS || s == CDT }
	return a.System == b.System || p(a.System) && p(b.System)
}
