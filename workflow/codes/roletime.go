package codes

import (
	"slices"
	"strings"
)

// before words of an earlier encounter.
const earlierMarks = "s/p|status post|status-post|previously had|history of|h/o|hx of|prior surgery|previous surgery|prior procedure|previous procedure|original surgery|initial surgery|index surgery|index procedure|prior op|previous visit|prior visit|last visit|earlier visit|initial visit"

// later words that put what stands before them into the past.
const laterMarks = "weeks later|days later|months later|weeks after|days after|months after|a week later|a month later|the next week|later that week"

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
		case c.is(k, "out") && c.is(k+1, "from"), c.is(k, "postop post-op") && c.is(k+1, "from after"), c.phrase(k, "following her") > 0, c.phrase(k, "following his") > 0, c.phrase(k, "after her") > 0, c.phrase(k, "after his") > 0, c.phrase(k, "recovering from") > 0:
			c.history(c.near(k+1, 6))
		case c.is(k, "previous prior original earlier index initial last") && c.is(k+1, "surgery procedure visit op operation encounter") && k+2 < len(c.items):
			c.history(c.near(k+2, 10))
		case c.is(k, "previous prior original earlier index") && k+1 < len(c.items) && c.items[k+1].m >= 0:
			c.history(k + 1)
		case c.is(k, "ago"), c.is(k, "last") && c.is(k+1, "year month week fall spring summer winter january february march april may june july august september october november december"), c.is(k, "previously") && !c.is(k+1, "paid approved denied"):
			if c.has(0, len(c.items), "denied|rejected|recouped|appealed|paid|took back|resubmitted|sent|appeal") {
				continue
			}
			if at := c.before(k); at >= 0 && k-at < 9 && !c.has(at, k, "now|today|;|.|she|he|they|pt|patient|we|seen") {
				c.history(at)
			} else {
				c.history(c.near(k+1, 9))
			}
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
	listed := 0
	for k := first; k <= last; k++ {
		if m := c.items[k].m; m >= 0 && c.ms[m].service() {
			listed++
		}
	}
	if c.services > listed {
		c.set(first, last, RoleHistory)
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
	today := -1
	for i := range c.ms {
		m := &c.ms[i]
		if m.Start < 1 || m.Role != RoleBilled {
			continue
		}
		if before := c.text[max(0, m.Start-30):m.Start]; hasWord(before, "today|now|this time|this visit") && !strings.ContainsAny(before[wordAt(before, "today|now|this time|this visit"):], ".;?") {
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
		past := hasWord(before, earlierMarks+"|last week|last month|last year|in january|in february|in march|in october|in november|in december") ||
			hasWord(after, "last week|last month|last year|ago|last fall|last spring|last summer|last winter")
		if past && m.Role == RoleBilled && !hasWord(before+after, "denied|rejected|recouped") {
			m.Role = RoleHistory
		}
	}
}
