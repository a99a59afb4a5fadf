package codes

import (
	"strings"
	"time"
	"unicode/utf8"
)

// smalled returns the text with ASCII letters made small and typographic marks
// made plain: dashes, quotes, bullets, arrows, blanks. Its bytes keep their
// places, so that offsets hold in both.
func smalled(text string) string {
	for i := range len(text) {
		if isUpper(text[i]) || text[i] >= 0x80 {
			b := []byte(text)
			for k := i; k < len(b); k++ {
				switch {
				case isUpper(b[k]):
					b[k] += 'a' - 'A'
				case b[k] >= 0x80:
					k += plain(b[k:]) - 1
				}
			}
			return string(b)
		}
	}
	return text
}

// plain makes the mark at the start of b plain, and returns its length. Letters
// stay as they are.
func plain(b []byte) int {
	r, n := utf8.DecodeRune(b)
	put := func(s string) {
		for k := range n {
			b[k] = ' '
			if k < len(s) {
				b[k] = s[k]
			}
		}
	}
	if n == 1 {
		return 1
	}
	switch f := foldRune(r); {
	case r == '\u2192' || r == '\u21d2' || r == '\u2794' || r == '\u279c' || r == '\u27a1':
		put("->")
	case f == '-' && n == 3 && (r == '\u2013' || r == '\u2014' || r == '\u2015'):
		put(" - ")
	case f == '-' || f == '"' || f == '*' || f == ' ' || f == '.' || f == ',' || f == '/' || f == '|':
		put(string(rune(f)))
	case r == '\u00d7':
		put("x")
	}
	return n
}

// hasWord says whether one of the words or phrases (parted by '|') stands in s
// between word boundaries. s is small already.
func hasWord(s, phrases string) bool { return wordAt(s, phrases) >= 0 }

// wordAt is the first place of the first phrase that occurs in s, or -1.
func wordAt(s, phrases string) int {
	best := -1
	for p := range strings.SplitSeq(phrases, "|") {
		for from := 0; from < len(s); {
			i := strings.Index(s[from:], p)
			if i < 0 {
				break
			}
			i += from
			end := i + len(p)
			if (i == 0 || !wordByte(s[i-1])) && (end == len(s) || !wordByte(s[end])) {
				if best < 0 || i < best {
					best = i
				}
				break
			}
			from = i + 1
		}
	}
	return best
}

func wordByte(c byte) bool {
	return isDigit(c) || isUpper(c) || c >= 'a' && c <= 'z' || c >= 0x80
}

// span of bytes
type stretch struct{ from, to int }

// sentences cuts a text into sentences: at full stops, question marks and
// empty lines, and at line ends where the next line begins a list entry.
func sentences(text string) []stretch {
	var out []stretch
	from := 0
	cut := func(to int) {
		if strings.TrimSpace(text[from:to]) != "" {
			out = append(out, stretch{from, to})
		}
		from = to
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '?', '!':
			cut(i + 1)
		case '.':
			if i+1 == len(text) || text[i+1] == ' ' || text[i+1] == '\n' || text[i+1] == '\t' {
				if !abbreviation(text, i) {
					cut(i + 1)
				}
			}
		case '\n':
			j := i + 1
			for j < len(text) && (text[j] == ' ' || text[j] == '\t') {
				j++
			}
			if j < len(text) && (text[j] == '\n' || text[j] == '-' || text[j] == '*' || listMark(text[j:]) > 0) || labelLine(text[from:i]) {
				cut(i + 1)
			}
		}
	}
	cut(len(text))
	return out
}

// labelLine says whether a line is a claim line or a label line of its own.
func labelLine(line string) bool {
	return len(line) < 400 && (strings.Contains(line, "\t") || strings.Contains(line, "|") || columns(line) > 2) ||
		len(line) < 160 && strings.Count(line, ",") > 2 && strings.Count(line, " ") < 2*strings.Count(line, ",")+3 ||
		len(line) < 90 && (strings.Count(line, ":") > 0 && len(line) < 60 || len(line) < 40)
}

// columns counts the fields of a line that several blanks part.
func columns(line string) int {
	line = strings.TrimSpace(line)
	n := 1
	for i := 1; i < len(line); i++ {
		if line[i] == ' ' && line[i-1] == ' ' && (i == 1 || line[i-2] != ' ') {
			n++
		}
	}
	return n
}

// abbreviation says whether the full stop at i closes an abbreviation.
func abbreviation(text string, i int) bool {
	j := i
	for j > 0 && wordByte(text[j-1]) {
		j--
	}
	w := smalled(text[j:i])
	switch w {
	case "dr", "mr", "mrs", "ms", "vs", "no", "st", "eg", "ie", "e", "g", "i", "pt", "approx", "dx", "proc":
		return true
	}
	// "1. 99213" at the start of a line
	return len(w) <= 2 && len(w) > 0 && isDigit(w[0]) && (j == 0 || text[j-1] == '\n')
}

// listMark is the length of "1)", "2.", "#3", "a)" at the start of a line, or 0.
func listMark(line string) int {
	i := 0
	if i < len(line) && (line[i] == '#' || line[i] == '(') {
		i++
	}
	d := i
	for i < len(line) && isDigit(line[i]) {
		i++
	}
	if i > d && i-d <= 2 && i < len(line) && (line[i] == ')' || line[i] == '.' && i+1 < len(line) && line[i+1] == ' ' || line[0] == '#') {
		return i + 1
	}
	return 0
}

// day makes a calendar date, and says whether there is one.
func day(y, m, d int) (time.Time, bool) {
	if y < 1900 || y > 2100 || m < 1 || m > 12 || d < 1 || d > 31 {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t, t.Day() == d
}
