package codes

import "strings"

// listItem is an entry of a list that a text writes with numbers, letters or
// bullets, from its mark up to the next one.
type listItem struct {
	at, to   int
	mark     byte // '1' numbered, 'a' lettered, '-' bullet
	services int
	visit    bool // has an E/M visit
	asks     bool
}

// listBreaks are the entries of lists that are encounters or questions of
// their own, not the lines of one claim.
func listBreaks(small string, ms []Mention) (out []groupBreak) {
	for _, mark := range []byte{'1', 'a', '-'} {
		items := listItems(small, mark)
		m := 0
		for from := 0; from < len(items); {
			// a list ends where something else stands between
			to := from + 1
			for to < len(items) && items[to].at <= items[to-1].to+1 {
				to++
			}
			list := items[from:to]
			from = to
			for k := range list {
				l := &list[k]
				for m < len(ms) && ms[m].Start < l.at {
					m++
				}
				for ; m < len(ms) && ms[m].Start < l.to; m++ {
					if ms[m].service() {
						l.services++
						l.visit = l.visit || ms[m].System == CPT && evaluation(number(ms[m].Code))
					}
				}
				l.asks = endsAsking(small, l.to) || strings.Contains(small[l.at:l.to], "?")
			}
			if apart(small, list) {
				for n, l := range list {
					out = append(out, groupBreak{at: l.at, first: n == 0})
				}
			}
		}
		if len(out) > 0 {
			return out // bullets below numbers are lines of theirs
		}
	}
	return out
}

// apart says whether the entries of a list are encounters or questions of
// their own.
func apart(small string, list []listItem) bool {
	named, asks, several, visits := 0, 0, 0, 0
	for _, l := range list {
		if l.services > 0 {
			named++
			if l.asks {
				asks++
			}
			if l.services > 1 {
				several++
			}
			if l.visit {
				visits++
			}
		}
	}
	if named < 2 {
		return false
	}
	intro := small[max(0, list[0].at-120):list[0].at]
	if i := strings.LastIndex(intro, "\n\n"); i >= 0 && strings.TrimSpace(intro[i:]) != "" {
		intro = intro[i:]
	}
	if hasWord(intro, "questions|scenarios|cases|patients|encounters|claims|examples|visits|charts|situations|accounts|dates of service") {
		return true
	}
	return asks >= 2 || several >= 2 || visits >= 2 && visits*2 >= named || asks == 1 && named == 2 && list[0].asks && several == 1
}

// listItems are the entries with one kind of mark. Numbers and letters count
// only as far as they count up.
func listItems(small string, mark byte) (out []listItem) {
	want := 1
	line := true // only marks and blanks since the line began
	blank := 0   // line ends in a row
	open := false
	for i := 0; i < len(small); i++ {
		c := small[i]
		if c == '\n' {
			blank++
			if blank > 1 && open { // an empty line ends an entry
				out[len(out)-1].to, open = i, false
			}
			line = true
			continue
		}
		if c == ' ' || c == '\t' {
			continue
		}
		blank = 0
		n, length := 0, 0
		if line || i > 0 && small[i-1] == ' ' && (mark == '1' || mark == 'a' && c == '(') {
			n, length = listNumber(small[i:], mark, line)
		}
		wasLine := line
		line = line && c == '>'
		if length == 0 || mark != '-' && n != want && !(wasLine && n == 1) {
			if mark == '-' && wasLine && open && !line { // a line without a bullet goes on with the entry only when it is indented
				if i > 0 && small[i-1] == '\n' {
					out[len(out)-1].to, open = i, false
				}
			}
			continue
		}
		if !wasLine && (want == 1 && !strings.Contains(small[i:min(len(small), i+2000)], nextMark(small[i:i+length])) || want > 1 && !open && i-out[len(out)-1].to > 2) {
			continue
		}
		want = n + 1
		if open {
			out[len(out)-1].to = i
		} else if len(out) > 0 && strings.TrimSpace(small[out[len(out)-1].to:i]) == "" {
			out[len(out)-1].to = i // only an empty line between
		}
		out = append(out, listItem{at: i, to: len(small), mark: mark})
		open = true
		i += length - 1
	}
	return out
}

// nextMark is the mark that follows "1)" or "(a)".
func nextMark(first string) string {
	return strings.NewReplacer("1", "2", "a", "b").Replace(first)
}

// listNumber reads a list mark at the start of s: its number and its length.
func listNumber(s string, mark byte, line bool) (n, length int) {
	switch mark {
	case '-':
		switch {
		case (s[0] == '-' || s[0] == '*' || s[0] == '+' && len(s) > 1 && s[1] == ' ') && len(s) > 1 && (s[1] == ' ' || s[1] == '\t'):
			return 1, 1
		case strings.HasPrefix(s, "\u2022"), strings.HasPrefix(s, "\u00b7"), strings.HasPrefix(s, "\u25cf"), strings.HasPrefix(s, "\u25aa"), strings.HasPrefix(s, "\u2013 "), strings.HasPrefix(s, "\u2014 "), strings.HasPrefix(s, "\u25e6"):
			return 1, 2
		}
	case 'a':
		if len(s) > 2 && s[0] >= 'a' && s[0] <= 'h' && (s[1] == ')' || s[1] == '.' && s[2] == ' ' || s[1] == ':') {
			return int(s[0]-'a') + 1, 2
		}
		if len(s) > 2 && s[0] == '(' && s[1] >= 'a' && s[1] <= 'h' && s[2] == ')' {
			return int(s[1]-'a') + 1, 3
		}
	case '1':
		i := 0
		if s[0] == '#' || s[0] == '(' {
			i++
		}
		d := i
		for i < len(s) && isDigit(s[i]) && i-d < 3 {
			i++
		}
		if i == d || i-d > 2 || i >= len(s) {
			return 0, 0
		}
		closed := s[i] == ')' || (s[i] == '.' || s[i] == ':' || s[i] == '-') && line && i+1 < len(s) && (s[i+1] == ' ' || s[i+1] == '\t') || s[0] == '#' && line || s[i] == ' ' && line && i+2 < len(s) && s[i+1] == '-' && s[i+2] == ' '
		if !closed {
			return 0, 0
		}
		return number(s[d:i]), i + 1
	}
	return 0, 0
}
