package templates

import (
	"iter"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// TextWidth is the column in which the text part of a mail is set: 76, so that it
// can be quoted once within 78 (RFC 5322 section 2.1.1).
const TextWidth = 76

// columns is how many character cells a text takes in a fixed-width font: two
// for East Asian wide characters (Unicode Annex 11), none for combining marks.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

func cells(r rune) int {
	switch {
	case r < 0x7F:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// fill breaks one paragraph into lines: the first begins with first, the others
// with rest, all at most TextWidth columns wide. Spaces and line ends in it are
// where it may break; a longer word stands alone on its line, unbroken, so that
// addresses can still be copied. A no-break space (U+00A0) does not break and
// becomes a space.
func fill(first, rest, s string) string {
	var b strings.Builder
	b.WriteString(first)
	at := columns(first)
	begun := false // whether the line has a word yet
	for word := range words(s) {
		w := columns(word)
		if begun && at+1+w > TextWidth {
			b.WriteByte('\n')
			b.WriteString(rest)
			at = columns(rest)
			begun = false
		}
		if begun {
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += w
		begun = true
	}
	return strings.TrimRight(strings.ReplaceAll(b.String(), "\u00A0", " "), " ")
}

// words are what fill does not break.
func words(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool { return r != '\u00A0' && unicode.IsSpace(r) })
}

// para sets a paragraph under an indent.
func para(indent int, s string) string {
	pad := strings.Repeat(" ", indent)
	return fill(pad, pad, s)
}

// hang sets a paragraph with a label hanging out at its left. A label that does
// not fit before the column stands on a line of its own.
func hang(indent, column int, label, s string) string {
	pad, rest := strings.Repeat(" ", indent), strings.Repeat(" ", column)
	lead := pad + label
	if s == "" {
		return lead
	}
	if columns(lead)+1 > column {
		return lead + "\n" + fill(rest, rest, s)
	}
	for word := range words(s) {
		if column+columns(word) > TextWidth { // an address: it gets as much room as there is
			pad += "    "
			return lead + "\n" + fill(pad, pad, s)
		}
	}
	return fill(lead+strings.Repeat(" ", column-columns(lead)), rest, s)
}

// labelColumn is where the second of two columns begins: behind the longest
// label, but not beyond most.
func labelColumn(indent, most int, labels []string) int {
	column := indent + 2
	for _, label := range labels {
		if c := indent + columns(label) + 2; c > column && c <= most {
			column = c
		}
	}
	return column
}

// keptLine marks an empty line that a person wrote, which squeeze must not take
// for one that a template left over. It never reaches a mail.
const keptLine = "\x00"

// squeeze tidies what a template made: no spaces at line ends, no two empty lines
// in a row, none at the ends, one line feed at the end.
func squeeze(s string) string {
	var b strings.Builder
	empty := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" {
			empty = b.Len() > 0
			continue
		}
		if empty {
			b.WriteByte('\n')
			empty = false
		}
		b.WriteString(strings.ReplaceAll(line, keptLine, ""))
		b.WriteByte('\n')
	}
	return b.String()
}

// prose sets what a person wrote: a line that fits stays as it is, byte for
// byte; a longer one is wrapped under its own indent, behind its list mark.
// Blank lines and the order of lines stay.
func prose(s string) string {
	lines := proseLines(s)
	for i, line := range lines {
		switch {
		case line == "":
			lines[i] = keptLine
		case columns(expandTabs(line)) > TextWidth:
			lines[i] = wrapLine(expandTabs(line))
		}
	}
	return strings.Join(lines, "\n")
}

// proseLines splits what a person wrote into lines without spaces at their ends,
// and without empty lines before and after.
func proseLines(s string) []string {
	lines := strings.Split(strings.ReplaceAll(s, keptLine, ""), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\r")
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// wrapLine wraps one long line under its own indent.
func wrapLine(line string) string {
	body := strings.TrimLeft(line, " ")
	indent := line[:len(line)-len(body)]
	if len(indent) > TextWidth/2 {
		indent = indent[:TextWidth/2]
	}
	mark := listMark(body)
	return fill(indent+mark, indent+strings.Repeat(" ", columns(mark)), body[len(mark):])
}

// quote sets a text as a quotation, as mail programs do.
func quote(s string) string {
	lines := proseLines(s)
	for i, line := range lines {
		line = expandTabs(line)
		switch {
		case line == "":
			lines[i] = ">"
		case columns(line)+2 > TextWidth:
			lines[i] = fill("> ", "> ", line)
		default:
			lines[i] = "> " + line
		}
	}
	return strings.Join(lines, "\n")
}

// expandTabs puts spaces for tabs, to every eighth column.
func expandTabs(s string) string {
	if !strings.Contains(s, "\t") {
		return s
	}
	var b strings.Builder
	at := 0
	for _, r := range s {
		if r == '\t' {
			n := 8 - at%8
			b.WriteString(strings.Repeat(" ", n))
			at += n
			continue
		}
		b.WriteRune(r)
		at += cells(r)
	}
	return b.String()
}

// listMark gives the mark with which a line of a list begins, with the spaces
// behind it: "- ", "* ", "• ", "3. ", "3) ", "(a) ", "[1] "; "" for none.
func listMark(line string) string {
	word, _, ok := strings.Cut(line, " ")
	if !ok || word == "" {
		return ""
	}
	mark := false
	switch word {
	case "-", "*", "•", "–", "—", "·", "+":
		mark = true
	default:
		inner := strings.Trim(word, "()[].")
		bare := strings.TrimLeft(word, "([")
		closed := strings.HasSuffix(word, ".") || strings.HasSuffix(word, ")") || strings.HasSuffix(word, "]")
		if closed && len(word)-len(inner) <= 2 && len(word)-len(bare) <= 1 && len(inner) > 0 && len(inner) <= 3 {
			digits := strings.Trim(inner, "0123456789") == ""
			letter := len(inner) == 1 && inner[0] >= 'a' && inner[0] <= 'z'
			mark = digits || letter
		}
	}
	if !mark {
		return ""
	}
	rest := line[len(word):]
	return line[:len(line)-len(strings.TrimLeft(rest, " "))]
}
