package codes

import (
	"slices"
	"strings"
)

// item is a word, a mark or a mention of a sentence, in the order of the text.
type item struct {
	w        string // small; "" for a mention
	m        int    // index of the mention, or -1
	from, to int    // bytes
}

// clause is one sentence as the rules for roles see it.
type clause struct {
	text     string // the whole text, small
	items    []item
	ms       []Mention
	links    []link
	question bool
	services int // mentions of procedures in the whole text
	year     int // of the message
}

// between are the mentions that begin in a stretch: from lo up to hi.
func (c *clause) between(s stretch) (lo, hi int) {
	return c.at(s.from), c.at(s.to)
}

// at is the first mention that begins at a place or behind it.
func (c *clause) at(place int) int {
	i, _ := slices.BinarySearchFunc(c.ms, place, func(m Mention, at int) int { return m.Start - at })
	return i
}

func (m *Mention) service() bool { return m.System == CPT || m.System == HCPCS || m.System == CDT }

// itemsOf cuts a stretch of the text into items, with the mentions from first
// on that lie in it. It returns the first mention behind the stretch.
func itemsOf(buf []item, small string, s stretch, ms []Mention, first int) ([]item, int) {
	out, i, m := buf[:0], s.from, first
	for i < s.to {
		for m < len(ms) && ms[m].Start < i { // an overlapping mention of a list: "31295/6/7" has none, ranges may
			m++
		}
		if m < len(ms) && ms[m].Start == i {
			end := min(max(ms[m].End, i+1), s.to)
			out = append(out, item{m: m, from: i, to: end})
			i = end
			m++
			continue
		}
		limit := s.to
		if m < len(ms) {
			limit = min(limit, ms[m].Start)
		}
		c := small[i]
		switch {
		case wordByte(c) || c == '$' && i+1 < limit && isDigit(small[i+1]):
			k := i + 1
			for k < limit && (wordByte(small[k]) || k+1 < limit && wordByte(small[k+1]) && joinsWord(small, i, k)) {
				k++
			}
			w := small[i:k]
			if strings.Contains(w, "\u2019") {
				w = strings.ReplaceAll(w, "\u2019", "'")
			}
			out = append(out, item{w: w, m: -1, from: i, to: k})
			i = k
		case c == ' ' || c == '\t' || c == '\r':
			i++
		default:
			k := i + 1
			for k < limit && small[k] == c && (c == '-' || c == '.' || c == '=') {
				k++
			}
			out = append(out, item{w: small[i:k], m: -1, from: i, to: k})
			i = k
		}
	}
	return out, m
}

// joinsWord says whether the mark at k joins two halves of a word: "didn't",
// "s/p", "0.00", "3/2/26", "non-covered", "co-97".
func joinsWord(small string, from, k int) bool {
	switch small[k] {
	case '\'':
		return true
	case '.', ',':
		return isDigit(small[k-1]) && isDigit(small[k+1])
	case '/':
		return isDigit(small[k-1]) && isDigit(small[k+1]) || k-from == 1
	case '-':
		return !isDigit(small[k+1]) || k-from <= 2
	}
	return false
}

// is says whether item k is one of the words, which are parted by blanks.
func (c *clause) is(k int, words string) bool {
	if k < 0 || k >= len(c.items) || c.items[k].m >= 0 {
		return false
	}
	return oneOf(c.items[k].w, words)
}

// oneOf says whether w is one of the words of a list parted by blanks.
func oneOf(w, list string) bool {
	for from := 0; len(w) > 0; {
		i := strings.Index(list[from:], w)
		if i < 0 {
			return false
		}
		i += from
		end := i + len(w)
		if (i == 0 || list[i-1] == ' ') && (end == len(list) || list[end] == ' ') {
			return true
		}
		from = i + 1
	}
	return false
}

// phrase returns the item behind a phrase that begins at item k, or 0.
func (c *clause) phrase(k int, words string) int {
	for w := range strings.SplitSeq(words, " ") {
		if k >= len(c.items) || c.items[k].m >= 0 || c.items[k].w != w {
			return 0
		}
		k++
	}
	return k
}

// has says whether one of the phrases, parted by '|', stands in items from..to.
func (c *clause) has(from, to int, phrases string) bool {
	for k := max(from, 0); k < min(to, len(c.items)); k++ {
		if c.items[k].m >= 0 {
			continue
		}
		for p := range strings.SplitSeq(phrases, "|") {
			if e := c.phrase(k, p); e > 0 && e <= to {
				return true
			}
		}
	}
	return false
}

// listMarks join the members of a list of mentions.
const listMarks = ", / & + and ; also plus"

// listFrom is the items first..last of the list of mentions that begins at
// item k, over list marks and parentheses that hold no mention.
func (c *clause) listFrom(k int) (last int) {
	last = k
	for j := k + 1; j < len(c.items) && j < last+8; {
		switch {
		case c.items[j].m >= 0:
			if !c.sameKind(last, j) {
				return last
			}
			last = j
			j++
		case c.is(j, listMarks):
			j++
		case c.is(j, "("):
			e := c.closing(j)
			if e == 0 {
				return last
			}
			j = e + 1
		default:
			return last
		}
	}
	return last
}

// listTo is the first item of the list of mentions that ends at item k.
func (c *clause) listTo(k int) (first int) {
	first = k
	for j := k - 1; j >= 0 && j > first-8; {
		switch {
		case c.items[j].m >= 0:
			if !c.sameKind(first, j) {
				return first
			}
			first = j
			j--
		case c.is(j, listMarks):
			j--
		case c.is(j, ")"):
			e := c.opening(j)
			if e < 0 {
				return first
			}
			j = e - 1
		default:
			return first
		}
	}
	return first
}

// closing is the ")" of the "(" at item k when no mention stands between, or 0.
func (c *clause) closing(k int) int {
	for j := k + 1; j < len(c.items) && j < k+9; j++ {
		if c.items[j].m >= 0 {
			return 0
		}
		if c.items[j].w == ")" {
			return j
		}
	}
	return 0
}

// opening is the "(" of the ")" at item k when no mention stands between, or -1.
func (c *clause) opening(k int) int {
	for j := k - 1; j >= 0 && j > k-9; j-- {
		if c.items[j].m >= 0 {
			return -1
		}
		if c.items[j].w == "(" {
			return j
		}
	}
	return -1
}

func (c *clause) sameKind(a, b int) bool {
	return sameFamily(&c.ms[c.items[a].m], &c.ms[c.items[b].m])
}

// set gives the mentions of items first..last a role, if they have none yet.
func (c *clause) set(first, last int, role Role) {
	for k := first; k <= last; k++ {
		if m := c.items[k].m; m >= 0 && c.ms[m].System != Modifier && c.ms[m].Role == RoleBilled {
			c.ms[m].Role = role
		}
	}
}

// right is the first mention behind item k over words of the list at most, or -1.
func (c *clause) right(k int, over string) int {
	for j, words := k, 0; j < len(c.items) && words < 7; j++ {
		switch {
		case c.items[j].m >= 0:
			return j
		case c.is(j, over) || isDigit(c.items[j].w[0]) && (len(c.items[j].w) <= 3 || strings.Contains(c.items[j].w, "/")) || reasonWord(c.items[j].w):
			words++
		case c.is(j, ": ( # - \" ' [ = > --"):
		default:
			return -1
		}
	}
	return -1
}

// reasonWord says whether a word is a claim adjustment reason: "co-97", "pr96".
func reasonWord(w string) bool {
	return len(w) > 2 && len(w) < 7 && oneOf(w[:2], "co pr oa pi") && isDigit(w[len(w)-1])
}

// left is the last mention before item k over words of the list at most, or -1.
func (c *clause) left(k int, over string) int {
	for j, words := k, 0; j >= 0 && words < 7; j-- {
		switch {
		case c.items[j].m >= 0:
			return j
		case c.is(j, over):
			words++
		case c.is(j, ")"):
			e := c.opening(j)
			if e < 0 { // the mention itself stands in it: "line 2 (20553) denied"
				continue
			}
			j = e
		case c.is(j, ", : - \" ' ] = > -- ->"):
		default:
			return -1
		}
	}
	return -1
}
