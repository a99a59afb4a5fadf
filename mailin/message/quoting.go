package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quoting finds the history in a text.
type quoting struct {
	lines   []line
	subject string
	answer  bool // the mail says that it answers another: by its subject, or by In-Reply-To or References
	passed  bool // it says that it passes another on
	forward bool
	tried   int  // lines looked at closely for an attribution
	wrote   bool // a line before line looked has a text of the sender's own
	looked  int
	history bool // a line says that what follows was quoted in answering: a forward further down was forwarded in an earlier mail
}

// attached: what the walker put in as an attached mail is a forward already.
func (q *quoting) attached(b body) {
	if !b.forward {
		return
	}
	q.forward = true
}

func (q *quoting) run() {
	q.passed = fwdSubject(q.subject)
	q.prefixed()
	for i := 0; i < len(q.lines); i++ {
		l := &q.lines[i]
		if l.text == "" {
			continue
		}
		if l.class == classQuoted {
			if !l.fixed && strings.HasPrefix(l.text, ">>> ") && q.lonely(i) {
				if n, sure := q.attribution(i); n > 0 && sure == certain {
					q.history = true
					i = q.historyFrom(i, i+n) - 1
					continue
				}
			}
			q.within(i)
			if l.fixed && (i == 0 || q.lines[i-1].class != classQuoted) && q.onlyIntroduces(i) {
				q.quote(i, len(q.lines))
				return
			}
			continue
		}
		if l.class != classReply {
			continue
		}
		if next, ok := q.introduced(i); ok {
			i = next - 1
			continue
		}
		n, sure := q.attribution(i)
		if n == 0 {
			continue
		}
		next := q.nextText(i + n)
		quotedBelow := next < len(q.lines) && q.lines[next].class == classQuoted
		if !quotedBelow && sure != certain && !(sure == likely && q.answer && !q.announced(i)) {
			continue // "On 3/2 the payer wrote:" is the sender's own
		}
		if q.passed || !q.answer && q.announced(i) {
			q.forward = true // programs that forward like that write no other mark; others paste what they ask about
		}
		q.history = true
		if quotedBelow {
			q.quote(i, i+n)
			i += n - 1
			continue
		}
		i = q.historyFrom(i, i+n) - 1
	}
}

// introduced looks for a mark or a header block over quoted or forwarded mail at line i, marks what it introduces, and returns the line at which
// to go on.
func (q *quoting) introduced(i int) (next int, ok bool) {
	text := q.lines[i].text
	switch {
	case forwardLine(text):
		// A forward belongs to the question, whatever stands above it.
		q.forward = true
		if below := q.nextText(i + 1); below < len(q.lines) && q.lines[below].class == classQuoted && quotePrefix(q.lines[below].text) {
			q.quote(i, below)
			return below, true // the program marks its lines: what stands under them is the sender's
		}
		return q.quoteTo(i, q.forwardEnd(i)), true
	case replyAbove(text):
		// A help desk's mark in its own mail: all below it is that mail, unless the answer was written there after all.
		if !q.wroteBefore(i) {
			return q.quoteTo(i, i+1), true
		}
		return q.quoteTo(i, len(q.lines)), true
	}
	end := 0
	switch {
	case originalLine(text) && !(headings[headingOf(text)] && !q.fieldsBelow(i)):
		end = i + 1
		if below := q.nextText(end); below < len(q.lines) {
			end = max(end, q.block(below), headerBlock(q.lines, below).end)
		}
	default:
		if end = q.ruleBefore(i); end == 0 {
			end = q.block(i)
		}
	}
	if end == 0 {
		return 0, false
	}
	wrote := q.wroteBefore(i)
	if q.passed || !q.answer && (!wrote || q.announced(i)) {
		q.forward = true
	}
	below := q.nextText(end)
	marked := originalLine(text) && q.quotedNext(i+1) && q.passed // like a forward mark
	if n, _ := q.attribution(min(below, len(q.lines)-1)); n > 0 && below < len(q.lines) {
		below = q.nextText(below + n)
	}
	if below < len(q.lines) && q.lines[below].class == classQuoted && quotePrefix(q.lines[below].text) && (!wrote || marked) {
		q.quote(i, below)
		q.history = !q.forward
		return below, true
	}
	if !wrote {
		q.forward = true
	}
	return q.quoteTo(i, len(q.lines)), true
}

// onlyIntroduces: what the markup marks at line i is an attribution or a header block, and what it introduces is not marked.
func (q *quoting) onlyIntroduces(i int) bool {
	end := i
	for end < len(q.lines) && (q.lines[end].class == classQuoted || q.lines[end].text == "") {
		if end++; end-i > 40 {
			return false
		}
	}
	if end == len(q.lines) {
		return false
	}
	if block := outlookBlock(q.lines[:end], i); block > 0 {
		return q.nextText(block) >= end
	}
	n, sure := q.attribution(i)
	return n > 0 && sure != unsure && q.nextText(i+n) >= end
}

// historyFrom marks what a line without marked lines under it introduces, lines i to j: all that follows.
func (q *quoting) historyFrom(i, j int) (next int) {
	below := q.nextText(j)
	if below < len(q.lines) && barred(q.lines[below].text) {
		// Marked with bars.
		for below < len(q.lines) && (q.lines[below].text == "" && below+1 < len(q.lines) && barred(q.lines[below+1].text) || barred(q.lines[below].text)) {
			below++
		}
		return q.quoteTo(i, below)
	}
	if below < len(q.lines) {
		if end := q.block(below); end > 0 && !q.wroteBefore(i) {
			if after := q.nextText(end); after < len(q.lines) && q.lines[after].class == classQuoted {
				return q.quoteTo(i, after)
			}
		}
	}
	return q.quoteTo(i, len(q.lines))
}

func barred(s string) bool { return strings.HasPrefix(s, "| ") || s == "|" }

// maxTried is how many lines that end like an attribution are looked at closely. No mail has more; one that was made to have is not worth minutes.
const maxTried = 5000

// block is the line after a header block over quoted mail that begins at line i, 0 if there is none.
func (q *quoting) block(i int) int {
	if q.answer || q.passed {
		return mailBlock(q.lines, i, q.subject)
	}
	return outlookBlock(q.lines, i)
}

func (q *quoting) attribution(i int) (n int, sure certainty) {
	if q.tried > maxTried || !endsNear(q.lines, i) {
		return 0, unsure
	}
	q.tried++
	l := &q.lines[i]
	if !l.attrRead {
		l.attrSpan, l.attrSure = attribution(q.lines, i)
		l.attrRead = true
	}
	return l.attrSpan, l.attrSure
}

// announced: the sender's own words announce what follows.
func (q *quoting) announced(i int) bool {
	for i--; i >= 0; i-- {
		if q.lines[i].text != "" {
			return q.lines[i].class == classReply && strings.HasSuffix(q.lines[i].text, ":")
		}
	}
	return false
}

// within looks at a line that is known to be quoted: a forward mark there, with no sign of an answer before it, makes it a forward.
func (q *quoting) within(i int) {
	if q.history || q.forward {
		return
	}
	l := q.lines[i]
	switch {
	case forwardLine(l.text):
		q.forward = true
	case l.fixed && q.passed:
		q.forward = true
	case (q.passed || q.answer) && q.block(i) > 0:
		q.forward = q.passed
		q.history = !q.forward
	default:
		n, _ := q.attribution(i)
		q.forward = n > 0 && q.passed
		q.history = n > 0 && !q.forward
	}
}

// prefixed marks lines that begin with ">". A single one without anything that speaks for quoting stays, and so do measures: "> 5 mm" is no quote.
func (q *quoting) prefixed() {
	count, words, introduced, directly := 0, false, false, false
	for i, l := range q.lines {
		if quotePrefix(l.text) {
			count++
			words = words || !measure(l.text)
		}
		if !introduced && l.text != "" {
			n, sure := q.attribution(i)
			directly = n > 0 && q.quotedNext(i+n)
			introduced = n > 0 && (sure != unsure || directly || quotePrefix(l.text)) || originalLine(l.text) || forwardLine(l.text)
		}
	}
	q.initialed()
	if !words && !directly || count == 1 && !introduced && !q.answer {
		return
	}
	if !introduced && !q.answer && q.bullets() {
		return
	}
	for i := range q.lines {
		if l := &q.lines[i]; !l.fixed && quotePrefix(l.text) && !q.moreThan(i) {
			l.class = classQuoted
		}
	}
	// Programs that put no space after the mark: ">1. left" beside a line that is quoted.
	for i := range q.lines {
		l := &q.lines[i]
		if len(l.text) < 2 || l.class != classReply || l.fixed || l.text[0] != '>' || !(l.text[1] >= '0' && l.text[1] <= '9' || l.text[1] == '-' || l.text[1] == '(') {
			continue
		}
		if i > 0 && q.lines[i-1].class == classQuoted && strings.HasPrefix(q.lines[i-1].text, ">") && !strings.HasPrefix(q.lines[i-1].text, "> ") {
			l.class = classQuoted
		}
	}
	// A long quoted line that a program has broken leaves its end without a mark, between two marked lines.
	for i := 1; i+1 < len(q.lines); i++ {
		l := &q.lines[i]
		if l.class == classReply && !l.fixed && q.lines[i-1].class == classQuoted && q.lines[i+1].class == classQuoted && brokenOff(q.lines[i-1].text, l.text) {
			l.class = classQuoted
		}
	}
}

var initials = regexp.MustCompile(`^[ \t]{0,8}[A-Za-z]{1,4}> `)

// initialed marks lines that begin with the initials of whom they quote ("DE> "), right under an attribution.
func (q *quoting) initialed() {
	for i := range q.lines {
		n, _ := q.attribution(i)
		if n == 0 {
			continue
		}
		below := q.nextText(i + n)
		if below == len(q.lines) || len(q.lines[below].text) > 1000 {
			continue
		}
		mark := initials.FindString(q.lines[below].text)
		if mark == "" {
			continue
		}
		for j := below; j < len(q.lines); j++ {
			if strings.HasPrefix(q.lines[j].text, mark) && !q.lines[j].fixed {
				q.lines[j].class = classQuoted
			}
		}
		return
	}
}

func (q *quoting) quotedNext(i int) bool {
	i = q.nextText(i)
	return i < len(q.lines) && quotePrefix(q.lines[i].text)
}

// bullets: lists about a case with ">" for their marks: each hangs on the line above it.
func (q *quoting) bullets() bool {
	about := false
	for i, l := range q.lines {
		if !quotePrefix(l.text) {
			continue
		}
		if i == 0 || q.lines[i-1].text == "" {
			return false
		}
		about = about || clinical(l.text)
	}
	return about
}

// moreThan: the only line among others that begins with the sign and a number goes on with the sentence above it: "larger / > 5 mm".
func (q *quoting) moreThan(i int) bool {
	if !measure(q.lines[i].text) || i == 0 || q.lines[i-1].text == "" || quotePrefix(q.lines[i-1].text) {
		return false
	}
	if i+1 < len(q.lines) && quotePrefix(q.lines[i+1].text) {
		return false
	}
	above := q.lines[i-1].text
	return !strings.ContainsAny(above[len(above)-1:], ".?!:")
}

// brokenOff says whether short is what a program has broken off the long quoted line before it, and not an answer: an answer begins a sentence.
func brokenOff(long, short string) bool {
	if short == "" || len(short) >= 25 || len(long) <= 65 || strings.Contains(short, "?") || strings.ContainsAny(long[len(long)-1:], ".?!:;") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(short, "(\"' "))
	return unicode.IsLower(r)
}

// measure tells "> 5 mm" and "> 50%", where the sign means more than. "> 1. left" is of a list.
func measure(s string) bool {
	s = strings.TrimLeft(strings.TrimLeft(s, " \t"), "> ")
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	listed := n <= 2 && (strings.HasPrefix(s[n:], ". ") || strings.HasPrefix(s[n:], ") "))
	return n > 0 && !listed
}

func quotePrefix(s string) bool {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	if strings.HasPrefix(s, "＞") {
		return true
	}
	if !strings.HasPrefix(s, ">") || strings.HasPrefix(s, ">=") || strings.HasSuffix(s, "<<") {
		return false
	}
	return len(s) == 1 || s[1] == ' ' || s[1] == '\t' || s[1] == '>' || s[1] >= 'A'
}

// lonely: neither the line above nor the next text below is marked as quoted.
func (q *quoting) lonely(i int) bool {
	if i > 0 && quotePrefix(q.lines[i-1].text) {
		return false
	}
	n, _ := q.attribution(i)
	return !q.quotedNext(i + max(n, 1))
}

func (q *quoting) quote(from, to int) {
	for i := from; i < to; i++ {
		if !(q.lines[i].fixed && q.lines[i].class == classSignature) {
			q.lines[i].class = classQuoted
		}
	}
}

// quoteTo quotes and returns where to go on.
func (q *quoting) quoteTo(from, to int) int {
	q.quote(from, to)
	return to
}

// wroteBefore: the sender has written something above line i, whose lines are all told by now. What a telephone adds does not count.
func (q *quoting) wroteBefore(i int) bool {
	for ; q.looked < i && !q.wrote; q.looked++ {
		l := q.lines[q.looked]
		q.wrote = l.class == classReply && l.text != "" && !sentFrom(l.text)
	}
	return q.wrote
}

func (q *quoting) nextText(i int) int {
	for i < len(q.lines) && q.lines[i].text == "" {
		i++
	}
	return i
}

// showsQuoting tells whether a plain text shows by itself what is quoted.
func showsQuoting(text string) bool {
	q := quoting{lines: splitLines(text)}
	for i, l := range q.lines {
		if quotePrefix(l.text) || originalLine(l.text) || forwardLine(l.text) || outlookBlock(q.lines, i) > 0 {
			return true
		}
		if n, sure := q.attribution(i); n > 0 && sure != unsure {
			return true
		}
	}
	return false
}
