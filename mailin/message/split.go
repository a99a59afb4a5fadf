package message

import (
	"sort"
	"strings"
	"unicode"
)

// class is what a line of the text is.
type class byte

const (
	classReply class = iota
	classQuoted
	classSignature
)

// line is a line of the text with its byte range, its line end included.
type line struct {
	start, end int
	text       string // without line end and trailing white space
	class      class
	fixed      bool // decided by the markup

	// What was found out about the text, since several rules ask it: a text of a hundred thousand lines is looked at once, not once for each rule.
	ends     answer
	attrRead bool // attrSpan and attrSure are what attribution says of the line
	attrSure certainty
	attrSpan int

	fieldRead  bool // fieldKind and fieldValue are what headerField says of the line
	fieldKind  int
	fieldValue string
}

// answer to a question about a line that was asked before.
type answer byte

const (
	notAsked answer = iota
	no
	yes
)

// split tells what the sender newly wrote from the history under it and the sign-off. In doubt a line stays in the reply:
// losing a sentence of the question is worse than keeping a signature.
func split(m *Message, b body) {
	lines := splitLines(b.text)
	mark(lines, b.quoted, classQuoted)
	mark(lines, b.signatures, classSignature)
	askedInSignature(lines)
	q := quoting{lines: lines, subject: m.Subject, forward: b.forward}
	q.answer = replySubject(m.Subject) || !fwdSubject(m.Subject) && len(m.InReplyTo)+len(m.References) > 0
	q.attached(b)
	q.run()
	m.Forward = q.forward
	signOff(lines)
	if !hasClass(lines, classReply) && !m.Forward {
		// Nothing is left: better to show all of it as new, but for a sign-off that has something besides it.
		signed := hasClass(lines, classQuoted)
		for i := range lines {
			if !signed || lines[i].class != classSignature {
				lines[i].class = classReply
			}
		}
	}
	compose(m, b.text, lines)
}

func splitLines(text string) []line {
	lines := make([]line, 0, strings.Count(text, "\n")+1)
	for at := 0; at < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		lines = append(lines, line{start: at, end: end, text: strings.TrimRightFunc(text[at:end], unicode.IsSpace)})
		at = end
	}
	return lines
}

// mark gives the lines that begin within one of the ranges a class. The ranges may lie within each other: a mail can have a hundred thousand, so
// they are passed through once, not once for each line.
func mark(lines []line, ranges [][2]int, c class) {
	sort.Slice(ranges, func(i, j int) bool { return ranges[i][0] < ranges[j][0] })
	at, end := 0, 0
	for i := range lines {
		for at < len(ranges) && ranges[at][0] <= lines[i].start {
			end = max(end, ranges[at][1])
			at++
		}
		if lines[i].start < end {
			lines[i].class, lines[i].fixed = c, true
		}
	}
}

// askedInSignature takes back paragraphs with a question in them: people write within the element that their program has made for the signature.
// A line of dashes above such an element is part of it.
func askedInSignature(lines []line) {
	for i := 0; i < len(lines); i++ {
		if lines[i].class != classSignature || lines[i].text == "" {
			if next := i + 1; signatureMark(lines[i].text) && next < len(lines) && lines[i].class == classReply {
				if lines[next].text == "" && next+1 < len(lines) {
					next++
				}
				if lines[next].class == classSignature {
					lines[i].class = classSignature
				}
			}
			continue
		}
		end := i
		for end < len(lines) && lines[end].class == classSignature && lines[end].text != "" {
			end++
		}
		if asks(lines[i:end]) {
			for j := i; j < end; j++ {
				lines[j].class, lines[j].fixed = classReply, false
			}
		}
		i = end - 1
	}
}

func hasClass(lines []line, c class) bool {
	for _, l := range lines {
		if l.class == c && l.text != "" {
			return true
		}
	}
	return false
}

// compose writes the three texts. The reply is whole lines, without white space at its ends; empty lines go with the line
// before them.
func compose(m *Message, text string, lines []line) {
	last := classReply
	for i := range lines {
		if lines[i].text == "" && !lines[i].fixed {
			lines[i].class = last
		}
		last = lines[i].class
	}
	var offsets [][2]int
	var quoted, signature strings.Builder
	for _, l := range lines {
		switch l.class {
		case classQuoted:
			quoted.WriteString(text[l.start:l.end])
		case classSignature:
			signature.WriteString(text[l.start:l.end])
		default:
			if n := len(offsets); n > 0 && offsets[n-1][1] == l.start {
				offsets[n-1][1] = l.end
			} else {
				offsets = append(offsets, [2]int{l.start, l.end})
			}
		}
	}
	offsets = trimRanges(text, offsets)
	var reply strings.Builder
	for _, r := range offsets {
		reply.WriteString(text[r[0]:r[1]])
	}
	m.Reply, m.ReplyOffsets = reply.String(), offsets
	m.Quoted = strings.TrimRight(quoted.String(), "\n \t")
	m.Signature = strings.Trim(signature.String(), "\n \t")
	m.Quoted = strings.TrimLeft(m.Quoted, "\n")
}

// trimRanges takes white space off the ends of the whole, and drops ranges that hold nothing else there.
func trimRanges(text string, ranges [][2]int) [][2]int {
	for len(ranges) > 0 {
		r := &ranges[0]
		rest := strings.TrimLeftFunc(text[r[0]:r[1]], unicode.IsSpace)
		if rest != "" {
			r[0] = r[1] - len(rest)
			break
		}
		ranges = ranges[1:]
	}
	for len(ranges) > 0 {
		r := &ranges[len(ranges)-1]
		rest := strings.TrimRightFunc(text[r[0]:r[1]], unicode.IsSpace)
		if rest != "" {
			r[1] = r[0] + len(rest)
			break
		}
		ranges = ranges[:len(ranges)-1]
	}
	return ranges
}
