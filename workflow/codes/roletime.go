package codes

import (
	"slices"
	"strings"
)

// presentMarks are what people call the encounter that they ask about.
const presentMarks = "today|now|this time|this visit|this week|this morning|this afternoon"

const inMonth = "in january|in february|in march|in april|in may|in june|in july|in august|in september|in october|in november|in december"

// before words of an earlier encounter.
const earlierMarks = "s/p|status post|status-post|previously had|history of|h/o|hx of|prior surgery|previous surgery|prior procedure|previous procedure|original surgery|initial surgery|index surgery|index procedure|prior op|previous visit|prior visit|last visit|earlier visit|initial visit"

// earlier finds codes of an earlier encounter in one sentence: a sign of the
// past that governs the code, in a text that speaks of another code too.
func (c *clause) earlier(days []found) {
	if len(c.ms) < 2 {
		return
	}
	for k := range c.items {
		if c.items[k].m >= 0 {
			continue
		}
		switch {
		case c.is(k, "s/p"), c.phrase(k, "status post") > 0, c.phrase(k, "h/o") > 0, c.phrase(k, "history of") > 0, c.phrase(k, "hx of") > 0, c.phrase(k, "previously had") > 0, c.phrase(k, "previously billed") > 0, c.phrase(k, "already billed") > 0 && c.has(k, len(c.items), "last|ago|earlier"):
			c.history(c.near(k+1, 7))
		case c.is(k, "global"): // "in the global of 63047", "within the 90 day global for 27447"
			if c.is(k+1, "of for from") || c.is(k+1, "period") && c.is(k+2, "of for from") {
				c.history(c.near(k+1, 8))
			}
		case c.is(k, "pod"), c.is(k, "post postop post-op s/p") && k+1 < len(c.items) && c.items[k+1].m >= 0 && surgical(&c.ms[c.items[k+1].m]):
			c.history(c.near(k+1, 5))
		case c.phrase(k, "90 days from") > 0, c.phrase(k, "global days from") > 0, c.phrase(k, "days from") > 0, c.phrase(k, "weeks from") > 0, c.phrase(k, "wks from") > 0, c.phrase(k, "since her") > 0, c.phrase(k, "since his") > 0, c.phrase(k, "since the") > 0, c.phrase(k, "since a") > 0,
			c.phrase(k, "already had") > 0, c.phrase(k, "had already") > 0, c.phrase(k, "had a prior") > 0, c.phrase(k, "had an earlier") > 0, c.phrase(k, "earlier this year") > 0:
			c.history(c.near(k+1, 7))
		case c.is(k, "out") && c.is(k+1, "from"), c.is(k, "postop post-op") && c.is(k+1, "from after"), c.phrase(k, "following her") > 0, c.phrase(k, "following his") > 0, c.phrase(k, "after her") > 0, c.phrase(k, "after his") > 0, c.phrase(k, "recovering from") > 0:
			c.history(c.near(k+1, 6))
		case c.is(k, "previous prior original earlier index initial last") && c.is(k+1, "surgery procedure visit op operation encounter") && k+2 < len(c.items):
			c.history(c.near(k+2, 10))
		case c.is(k, "last previous prior earlier initial original index recent") && !c.is(k+1, "claim claims code codes coder biller bill billing submission payer denial auditor eob question email year month week time"):
			// "last colonoscopy was 2021 (45378)", "initial eval 97161 was 1/6/2026"
			if at := c.near(k+1, 8); at >= 0 && c.has(k, min(at+3, len(c.items)), "was|were|done|on") && hasWord(c.text[c.items[at].to:], "now|today|this time|currently|returns|came back|needs") && c.behindText(c.items[at].to) {
				c.history(at)
			}
		case c.phrase(k, "post-op day") > 0, c.phrase(k, "postop day") > 0, c.phrase(k, "post op day") > 0:
			c.history(c.near(k+2, 6))
		case c.is(k, "before previously earlier already") && c.is(k+1, "(") && k+2 < len(c.items) && c.items[k+2].m >= 0:
			c.history(k + 2) // "was restored before (D2393)"
		case c.phrase(k, "used to") > 0 && c.is(k+2, "want require accept pay ask take") && c.is(k-1, "medicare medicaid they payer plan aetna cigna uhc"):
			c.history(c.right(k+3, determiners))
		case c.is(k, "within") && (c.phrase(k+2, "days of") > 0 || c.phrase(k+2, "weeks of") > 0 || c.phrase(k+2, "days after") > 0):
			c.history(c.near(k+4, 5))
		case c.is(k, "previous prior original earlier index") && k+1 < len(c.items) && c.items[k+1].m >= 0:
			c.history(k + 1)
		case c.is(k, "ago"), c.is(k, "last") && c.is(k+1, "year year's years yr yr's yrs years month month's week fall spring summer winter january february march april may june july august september october november december"), c.is(k, "previously") && !c.is(k+1, "paid approved denied"):
			if c.has(0, len(c.items), "denied|rejected|recouped|appealed|paid|took back|resubmitted|sent|appeal") {
				continue
			}
			next := c.near(k+1, 4)
			if at := c.before(k); at >= 0 && k-at < 9 && !c.has(at, k, "now|today|;|.|she|he|they|pt|patient|we|seen") && !(next > 0 && c.has(at, k, ",") && !c.has(k, next, ",")) {
				c.history(at)
			} else {
				c.history(c.near(k+1, 9))
			}
		case c.is(k, "in since from of") && c.pastYear(k+1), c.is(k, "( ,") && c.pastYear(k+1) && c.is(k+2, ") ,"):
			if c.has(0, len(c.items), "denied|rejected|recouped|recoup|recoupment|appeal") {
				continue
			}
			if at := c.before(k); at >= 0 && k-at < 7 && !c.has(at, k, "now|today|;|.|she|he|they|pt|patient|seen") {
				c.history(at)
			} else if at := c.near(k+2, 5); at >= 0 && at > k+1 {
				c.history(at)
			} else if c.is(k, "in") && at < 0 && c.items != nil {
				if j := c.behind(k); j >= 0 && j-k < 5 {
					c.history(j)
				}
			}
		case c.is(k, "after") && c.is(k-1, "days weeks months week month day wks mos years year yrs") && c.near(k+1, 4) >= 0:
			c.history(c.near(k+1, 4))
		case c.is(k, "separate different another") && c.is(k+1, "day date") && c.before(k) >= 0 && k-c.before(k) < 4 && !c.question:
			c.history(c.before(k))
		case c.is(k, "later after"):
			if c.is(k-1, "days weeks months week month day wks wk mos") && !c.has(0, k, "denied|rejected|paid") {
				if at := c.before(k); at >= 0 && c.behind(k) >= 0 && c.has(at, k, "and|then|,|;|followed") {
					c.history(at)
				}
			}
		case c.is(k, "had did performed underwent done"):
			c.dated(k, days)
		}
	}
}

// pastYear says whether item k is a year before that of the message.
func (c *clause) pastYear(k int) bool {
	if k >= len(c.items) || c.items[k].m >= 0 || len(c.items[k].w) != 4 || c.year == 0 {
		return false
	}
	y := number(c.items[k].w)
	return y >= 1990 && y < c.year && digitsOnly([]byte(c.items[k].w))
}

const monthNames = "january february march april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec"

// near is the first mention within n items from k on, or -1.
func (c *clause) near(k, n int) int {
	for j := k; j < len(c.items) && j < k+n; j++ {
		if c.items[j].m >= 0 {
			return j
		}
		if c.is(j, "now today ; then but") {
			return -1
		}
	}
	return -1
}

// behind is the next mention behind item k, or -1.
func (c *clause) behind(k int) int {
	for j := k; j < len(c.items); j++ {
		if c.items[j].m >= 0 {
			return j
		}
	}
	return -1
}

// history makes the list that mention item at belongs to one of an earlier
// encounter, unless it is all that the text speaks of.
func (c *clause) history(at int) {
	if at < 0 {
		return
	}
	first, last := c.listTo(at), c.listFrom(at)
	listed, members := 0, 0
	for k := first; k <= last; k++ {
		if m := c.items[k].m; m >= 0 {
			members++
			if c.ms[m].service() {
				listed++
			}
		}
	}
	// of diagnoses alone, those of last year stand beside this year's
	if c.services <= listed && (listed > 0 || len(c.ms) <= members) {
		return
	}
	for k := first; k <= last; k++ {
		if m := c.items[k].m; m >= 0 && !followsSurgery(&c.ms[m]) {
			c.set(k, k, RoleHistory)
		}
	}
}

// dated reads "had 27447 on 1/5" where a present encounter follows.
func (c *clause) dated(k int, days []found) {
	at := c.near(k+1, 5)
	if c.is(k, "done performed") {
		if b := c.before(k); b >= 0 && k-b < 5 {
			at = b
		}
	}
	if at < 0 {
		return
	}
	last := c.listFrom(at)
	end := c.items[last].to
	if c.is(last+1, "in last back") && (c.is(last+2, monthNames) || c.is(last+3, monthNames)) && hasWord(c.text[end:min(len(c.text), end+160)], "now|today|needs|comes back|came back|returns|this time|is here") && c.behindText(end) {
		c.history(at)
		return
	}
	i, _ := slices.BinarySearchFunc(days, end, func(d found, at int) int { return d.Start - at })
	if i == len(days) || days[i].Start-end > 26 || days[i].Kind == "planned" || strings.ContainsAny(c.text[end:days[i].Start], ".?\n") {
		return
	}
	rest := c.text[days[i].to:min(len(c.text), days[i].to+200)]
	if c.behindText(days[i].to) && hasWord(rest, "now|today|came back|comes back|returns|returned|back in|back for|presents|seen for|then|is here|needs|can we|can i|is it|do we|does|global") {
		c.history(at)
	}
}

// behindText says whether a procedure is named behind a place.
func (c *clause) behindText(at int) bool {
	for i := c.at(at); i < len(c.ms); i++ {
		if c.ms[i].service() {
			return true
		}
	}
	return false
}

// passed looks over the whole text: a visit "last year" in one sentence and
// today's in the next.
func (c *clause) passed() {
	c.listed()
	c.postoperative()
	today := -1
	for i := range c.ms {
		m := &c.ms[i]
		if m.Start < 1 || m.Role != RoleBilled {
			continue
		}
		if before := c.text[max(0, m.Start-30):m.Start]; hasWord(before, presentMarks) && !strings.ContainsAny(before[wordAt(before, presentMarks):], ".;?") {
			today = i
			break
		}
	}
	if today < 1 {
		return
	}
	// "At the previous visit we billed 99203. Today 99213."
	for i := range today {
		m := &c.ms[i]
		from := max(0, m.Start-60)
		before := c.text[from:m.Start]
		if k := strings.LastIndexAny(before, ".;?\n"); k >= 0 {
			before = before[k+1:]
		}
		after := c.text[m.End:min(len(c.text), m.End+50)]
		if k := strings.IndexAny(after, ".;?\n"); k >= 0 {
			after = after[:k]
		}
		past := hasWord(before, earlierMarks+"|last week|last month|last year|"+inMonth) ||
			hasWord(after, inMonth+"|last week|last month|last year|ago|last fall|last spring|last summer|last winter")
		if past && m.Role == RoleBilled && !hasWord(before+after, "denied|rejected|recouped") {
			m.Role = RoleHistory
		}
	}
}

// listed reads "History on file:" above a list of earlier services.
func (c *clause) listed() {
	for from := 0; ; {
		i := wordAt(c.text[from:], "history on file|claim history|claims history|surgical history|past procedures|prior procedures|previous procedures|prior surgeries|past surgical history|psh|history")
		if i < 0 {
			return
		}
		from += i
		end := from + strings.IndexByte(c.text[from:]+":", ':')
		if end-from > 26 || end >= len(c.text) || strings.ContainsAny(c.text[from:end], "\n.,") {
			from++
			continue
		}
		stop := min(len(c.text), end+1500)
		if k := strings.Index(c.text[end:stop], "\n\n"); k >= 0 {
			stop = end + k
		}
		if k := wordAt(c.text[end:stop], "now|today|current|currently|this visit|billed|billing"); k >= 0 {
			stop = end + k
		}
		lo, hi := c.between(stretch{end, stop})
		listed := 0
		for i := lo; i < hi; i++ {
			if c.ms[i].service() {
				listed++
			}
		}
		if c.services > listed {
			for i := lo; i < hi; i++ {
				if m := &c.ms[i]; m.Role == RoleBilled && m.System != Modifier {
					m.Role = RoleHistory
				}
			}
		}
		from = stop
	}
}

// surgical says whether a code is of CPT's chapters of surgery.
func surgical(m *Mention) bool {
	return m.System == CPT && len(m.Code) == 5 && digitsOnly([]byte(m.Code)) && m.Code[0] >= '1' && m.Code[0] <= '6'
}

// followsSurgery says whether a service carries a modifier that puts it into
// the global period of another one: 24, 58, 78, 79.
func followsSurgery(m *Mention) bool {
	for _, mod := range m.Modifiers {
		switch mod {
		case "24", "58", "78", "79":
			return true
		}
	}
	return false
}

// postoperative finds the operation that a service with modifier 24, 58, 78 or
// 79 follows: an earlier one that the text tells in the past.
func (c *clause) postoperative() {
	later := -1
	for i := range c.ms {
		if !c.ms[i].service() {
			continue
		}
		if followsSurgery(&c.ms[i]) {
			later = i
		}
	}
	if later < 0 && !hasWord(c.text, "global period|in the global|within the global|90 day global|10 day global|90-day global|10-day global|in global|post op|post-op|postop") {
		return
	}
	for i := range c.ms {
		m := &c.ms[i]
		if m.Role != RoleBilled || !surgical(m) || i == later || later >= 0 && i > later {
			continue
		}
		if followsSurgery(m) || i+1 >= len(c.ms) {
			continue
		}
		before := c.text[max(0, m.Start-50):m.Start]
		if k := strings.LastIndexAny(before, ".;?\n"); k >= 0 {
			before = before[k+1:]
		}
		after := c.text[m.End:min(len(c.text), m.End+60)]
		if k := strings.IndexAny(after, ";?\n"); k >= 0 {
			after = after[:k]
		}
		if hasWord(before, "had|did|done|performed|underwent|surgery|operation|original|initial|op|first|global") || hasWord(after, "on|done|ago|was|last|in|performed|weeks|days") && strings.ContainsAny(after, "/0123456789") {
			m.Role = RoleHistory
		}
	}
}
