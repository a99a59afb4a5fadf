package codes

import (
	"slices"
	"strings"
)

// groupBreak is a place at which another encounter, patient, claim or question
// begins. Breaks with the same key lead to the same group.
type groupBreak struct {
	at    int
	key   string // "patient b"; "" for one without a name
	first bool   // the first of several: what introduces them belongs to it
}

// groups numbers the encounters, patients and claims of a text.
func groups(small string, ms []Mention, days []found, first int) int {
	rows, tables := tableBreaks(small, ms)
	breaks := append(headingBreaks(small), rows...)
	breaks = append(breaks, listBreaks(small, ms)...)
	breaks = append(breaks, paragraphBreaks(small)...)
	breaks = append(breaks, clockBreaks(small, ms)...)
	if len(breaks) < 2 { // parts that are named hold whole stays: days within them part nothing
		breaks = append(breaks, laterBreaks(small)...)
	}
	slices.SortStableFunc(breaks, func(a, b groupBreak) int { return a.at - b.at })
	owner := dateOwners(small, ms, days, tables)
	group, used := first, first
	filled := false // the current group has a mention
	seen := 0
	known := map[string]int{}
	current := ""
	byDay := map[string]int{} // days of the current part
	for i := range ms {
		if ms[i].Role == RoleHistory {
			continue
		}
		for seen < len(breaks) && breaks[seen].at <= ms[i].Start {
			b := breaks[seen]
			seen++
			current = ""
			clear(byDay)
			if g, ok := known[b.key]; ok && b.key != "" {
				group, filled = g, true
				continue
			}
			if filled && !(used == first && (b.first || seen == 1 && b.key != "" && !laterKey(b.key))) {
				used++
				group, filled = used, false
			}
			if b.key != "" {
				known[b.key] = group
			}
		}
		if d := owner[i]; d != "" && d != current {
			if g, ok := byDay[d]; ok {
				group = g
			} else {
				if current != "" {
					used++
					group = used
				}
				byDay[d] = group
			}
			current = d
		}
		ms[i].Group = group
		filled = true
	}
	for i := range ms {
		if ms[i].Role == RoleHistory {
			ms[i].Group = first
		}
	}
	return used
}

// laterKey says whether a key numbers something as the second or a later one.
func laterKey(key string) bool {
	for _, end := range []string{" 2", " 3", " 4", " b", " c", " ii", " iii"} {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// dateOwners gives each mention the date that its sentence ties it to: the one
// before it, or the one right behind it ("27447-RT on 12/15/2025"). It speaks
// only when the text has several dates of service or of surgery. Tables with a
// column that tells encounters apart need no dates.
func dateOwners(small string, ms []Mention, days []found, tables []stretch) []string {
	owner := make([]string, len(ms))
	distinct := map[string]bool{}
	for _, d := range days {
		if useful(d) {
			distinct[d.Date] = true
		}
	}
	if len(distinct) < 2 {
		return owner
	}
	k, t := 0, 0
	for i := range ms {
		for t < len(tables) && tables[t].to <= ms[i].Start {
			t++
		}
		for k < len(days) && days[k].Start < ms[i].Start {
			k++
		}
		if t < len(tables) && tables[t].from <= ms[i].Start {
			continue
		}
		// right behind
		if k < len(days) && useful(days[k]) {
			gap := small[ms[i].End:max(ms[i].End, days[k].Start)]
			next := i+1 >= len(ms) || ms[i+1].Start > days[k].Start
			if len(gap) < 30 && next && !strings.ContainsAny(gap, ".;\n?") && (hasWord(gap, "on|dos|dated|done|performed|from|in|of|for") || strings.Trim(gap, " (,-") == "" && !nextTakes(small, days[k].to)) {
				owner[i] = days[k].Date
				for j := i - 1; j >= 0 && listOnly(small[ms[j].End:max(ms[j].End, ms[j+1].Start)]); j-- {
					owner[j] = days[k].Date
				}
				continue
			}
		}
		if k > 0 && useful(days[k-1]) {
			gap := small[min(days[k-1].to, ms[i].Start):ms[i].Start]
			if len(gap) < 240 && !strings.Contains(gap, "\n\n") && (strings.Count(gap, ". ") == 0 || strings.Count(gap, "\n") > 0 && len(gap) < 160) {
				owner[i] = days[k-1].Date
			}
		}
	}
	return owner
}

// nextTakes says whether a date leads on to what follows it: "3/2: 99213".
func nextTakes(small string, at int) bool {
	rest := strings.TrimLeft(small[at:min(len(small), at+4)], " ")
	return strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "-")
}

func useful(d found) bool {
	return !d.past && (d.Kind == "dos" || d.Kind == "surgery" || d.Kind == "unknown" && d.Basis != "received")
}

// paragraphBreaks are paragraphs that say themselves that they turn to
// something else: "One more: ...", "Also, unrelated: ...".
func paragraphBreaks(small string) (out []groupBreak) {
	for from := 0; from < len(small); {
		end := strings.Index(small[from:], "\n\n")
		if end < 0 {
			break
		}
		from += end + 2
		head := strings.TrimLeft(small[from:min(len(small), from+70)], " \n\t")
		if i := strings.IndexAny(head, "\n"); i >= 0 {
			head = head[:i]
		}
		switch {
		case hasPrefixWord(head, "one more|second question|another question|other question|next question|next one|last question|final question|third question|separate question|different question|a second question|a separate|also unrelated|also, unrelated|on a different note|on another note|totally different|also a different|also, a different|lastly|secondly|thirdly|finally"):
			out = append(out, groupBreak{at: from})
		}
	}
	return out
}

// clockBreaks are the lines of a day's log, each with its hour and a service:
// "0730  66984-LT".
func clockBreaks(small string, ms []Mention) (out []groupBreak) {
	m, at := 0, 0
	for line := range strings.SplitSeq(small, "\n") {
		from := at
		at += len(line) + 1
		for m < len(ms) && ms[m].Start < from {
			m++
		}
		if m == len(ms) || ms[m].Start > from+len(line) || !ms[m].service() {
			continue
		}
		head := strings.TrimSpace(small[from:ms[m].Start])
		digits := strings.Replace(head, ":", "", 1)
		if len(head) < 4 || len(head) > 5 || len(digits) < 3 || len(digits) > 4 || !digitsOnly([]byte(digits)) || number(digits) > 2359 || number(digits)%100 > 59 {
			continue
		}
		out = append(out, groupBreak{at: from, first: len(out) == 0})
	}
	if len(out) < 3 {
		return nil
	}
	return out
}

// hasPrefixWord says whether s begins with one of the phrases.
func hasPrefixWord(s, phrases string) bool {
	for p := range strings.SplitSeq(phrases, "|") {
		if strings.HasPrefix(s, p) && (len(s) == len(p) || !wordByte(s[len(p)])) {
			return true
		}
	}
	return false
}

// listOnly says whether only list marks and joining words stand in gap.
func listOnly(gap string) bool {
	for w := range strings.FieldsSeq(gap) {
		switch strings.Trim(w, ",;/&+()") {
		case "", "and":
		default:
			return false
		}
	}
	return true
}
