package codes

import "strings"

// toldChoices finds choices that are told at length: each code with the case
// that it is for, a second thought in a sentence of its own, the two sides of
// a disagreement.
func (c *clause) toldChoices(sents []stretch) {
	for i := 1; i < len(c.ms); i++ {
		a, b := &c.ms[i-1], &c.ms[i]
		if a.End > b.Start || b.Start-a.End > 110 || a.System == Modifier || !sameFamily(a, b) {
			continue
		}
		gap := c.text[a.End:b.Start]
		asked := b.End < len(c.text) && strings.HasPrefix(strings.TrimLeft(c.text[b.End:min(len(c.text), b.End+8)], " x0123456789"), "?")
		switch {
		case len(gap) < 12 && gap[:1] == "?" && hasWord(gap, "or"), // "52648? or 52649"
			sameRoom(a, b) && secondThought(gap, asked):
			c.mark(a, b)
		case sameRoom(a, b) && supported(c.text[max(0, a.Start-40):a.Start], gap):
			c.mark(a, b)
		case sameRoom(a, b) && told(gap, c.text[b.End:min(len(c.text), b.End+40)]):
			c.mark(a, b)
		case asked && sameRoom(a, b) && a.Role == RoleBilled && strings.HasSuffix(strings.TrimRight(gap, " "), " so"):
			mark(b) // "they also did a delayed scan, so 74178?"
		}
	}
	c.argued(sents)
}

// secondThought says whether the gap between two codes ends one sentence and
// begins the next with "or": "... 27266. Or 27265?".
func secondThought(gap string, asked bool) bool {
	i := strings.LastIndexAny(gap, ".\n")
	if i < 0 {
		return false
	}
	words := strings.Fields(gap[i+1:])
	return len(words) > 0 && len(words) < 6 && words[0] == "or" && (asked || len(words) < 3)
}

// supported says whether a reviewer's level stands beside the one that was
// billed: "billed 99214, supported 99213".
func supported(before, gap string) bool {
	if i := strings.LastIndexAny(before, ".;?\n"); i >= 0 {
		before = before[i+1:]
	}
	return len(gap) < 40 && hasWord(before, "billed|coded|reported|selected|submitted") && hasWord(gap, "supported|supports|audited|auditor's|reviewed as|documented|documentation shows") && !strings.ContainsAny(gap, "?\n")
}

// cases are the words by which one code's case is told from another's.
const cases = "over|under|above|below|more than|less than|greater than|at least|up to|if|when|otherwise|beyond|without|with|only|is for|for"

// told says whether the words behind two codes tell the case of each: "A is
// when it is under 50, and B over".
func told(gap, behind string) bool {
	if strings.ContainsAny(gap, "?\n") || hasWord(gap, "denied|paid|billed|plus|each additional|add-on") {
		return false
	}
	if i := strings.IndexAny(behind, ".;?\n"); i >= 0 {
		behind = behind[:i]
	}
	g := strings.TrimLeft(gap, " ,:(-=")
	for _, w := range [...]string{"is when", "is if", "is for when", "when it", "if it", "if only", "applies when", "applies if", "would be if", "would be for", "is only for", "is only if", "if under", "if over", "when under", "when over"} {
		if strings.HasPrefix(g, w) {
			return hasWord(behind, cases) || strings.HasSuffix(strings.TrimSpace(g), "otherwise")
		}
	}
	return false
}

// argued reads a letter about a disagreement: "My bill would read A. He would
// send B. Who is right?" What both sides would bill for the same service is a
// choice.
func (c *clause) argued(sents []stretch) {
	if !hasWord(c.text, "who is right|who's right|who is correct|who's correct|which of us|disagree|disagrees|disagreement|difference of opinion|differ|at odds|we can't agree|cannot agree|can't agree|tie breaker|tiebreaker|settle this|settle a|settle an") {
		return
	}
	var mine []int // the first mention of each opinion, and the one behind its last
	for _, s := range sents {
		lo, hi := c.between(s)
		if lo == hi || len(mine) > 12 || s.to-s.from > 600 {
			continue
		}
		t := c.text[s.from:c.ms[lo].Start]
		if (hasPerson(t) || hasWord(t, "my|his|her|their")) &&
			hasWord(t, "would|says|say|said|think|thinks|thought|coded|chose|picked|marked|supports|supported|insists|wants|has|had|gave|came up with|landed on|lands on|reads it as|sees|counts|scored|scores|downgraded|found|argues|maintains|holds|feels|believes|prefers|went with|assigned|selected|my bill|my code") {
			mine = append(mine, lo, hi)
		}
	}
	for p := 0; p < len(mine); p += 2 {
		for q := p + 2; q < len(mine); q += 2 {
			c.sides(mine[p], mine[p+1], mine[q], mine[q+1])
		}
	}
}

// sides marks the mentions of two opinions that are two answers to one question:
// levels of a service, or one code with other modifiers.
func (c *clause) sides(lo, hi, from, to int) {
	hi, to = min(hi, lo+12), min(to, from+12)
	for i := lo; i < hi; i++ {
		for j := from; j < to; j++ {
			a, b := &c.ms[i], &c.ms[j]
			if a.service() && b.service() && (sameRoom(a, b) || a.Code == b.Code && strings.Join(a.Modifiers, " ") != strings.Join(b.Modifiers, " ")) {
				c.mark(a, b)
			}
		}
	}
}

// offeredRoom says whether a sentence names two codes or more, all of one service.
func (c *clause) offeredRoom(s stretch) bool {
	lo, hi := c.between(s)
	for i := lo + 1; i < hi; i++ {
		if !sameRoom(&c.ms[lo], &c.ms[i]) {
			return false
		}
	}
	return hi-lo >= 2
}
