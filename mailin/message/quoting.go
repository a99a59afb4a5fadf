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
	forward bool
	tried   int  // lines looked at closely for an attribution
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
	q.prefixed()
	for i := 0; i < len(q.lines); i++ {
		l := &q.lines[i]
		if l.text == "" {
			continue
		}
		if l.class == classQuoted {
			q.within(i)
			continue
		}
		if l.class != classReply {
			continue
		}
		switch {
		case forwardLine(l.text):
			// A forward belongs to the question, whatever stands above it.
			q.forward = true
			q.quoteFrom(i)
			return
		case replyAbove(l.text):
			// A help desk's mark in its own mail: all below it is that mail.
			q.quoteFrom(i)
			return
		case originalLine(l.text), ruleBefore(q.lines, i), outlookBlock(q.lines, i):
			if fwdSubject(q.subject) || !q.wroteBefore(i) {
				q.forward = true
			}
			q.quoteFrom(i)
			return
		}
		n, sure := q.attribution(i)
		if n == 0 {
			continue
		}
		next := q.nextText(i + n)
		quotedBelow := next < len(q.lines) && q.lines[next].class == classQuoted
		if !quotedBelow && sure != certain && !(sure == likely && q.answer) {
			continue // "On 3/2 the payer wrote:" is the sender's own
		}
		q.history = true
		for j := i; j < i+n; j++ {
			q.lines[j].class = classQuoted
		}
		if !quotedBelow {
			// Programs that do not mark the lines: all that follows is history.
			q.quoteFrom(i)
			return
		}
		i += n - 1
	}
}

// maxTried is how many lines that end like an attribution are looked at closely. No mail has more; one that was made to have is not worth minutes.
const maxTried = 5000

func (q *quoting) attribution(i int) (n int, sure certainty) {
	if q.tried > maxTried || !endsNear(q.lines, i) {
		return 0, unsure
	}
	q.tried++
	return attribution(q.lines, i)
}

// within looks at a line that is known to be quoted: a forward mark there, with no sign of an answer before it, makes it a forward.
func (q *quoting) within(i int) {
	if q.history {
		return
	}
	l := q.lines[i]
	switch {
	case forwardLine(l.text):
		q.forward = true
	case l.fixed && fwdSubject(q.subject) && headerBlock(q.lines, i).found > 0:
		q.forward = true
	case replySubject(q.subject) && outlookBlock(q.lines, i):
		q.history = true
	default:
		n, _ := q.attribution(i)
		q.history = n > 0
	}
}

// prefixed marks lines that begin with ">". A single one without anything that speaks for quoting stays, and so do measures: "> 5 mm" is no quote.
func (q *quoting) prefixed() {
	count, words, introduced := 0, false, false
	for i, l := range q.lines {
		if quotePrefix(l.text) {
			count++
			words = words || !measure(l.text)
		}
		if !introduced {
			n, _ := q.attribution(i)
			introduced = n > 0 || originalLine(l.text) || forwardLine(l.text)
		}
	}
	if !words || count == 1 && !introduced && !q.answer {
		return
	}
	for i := range q.lines {
		if l := &q.lines[i]; !l.fixed && quotePrefix(l.text) {
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

// brokenOff says whether short is what a program has broken off the long quoted line before it, and not an answer: an answer begins a sentence.
func brokenOff(long, short string) bool {
	if short == "" || len(short) >= 25 || len(long) <= 65 || strings.Contains(short, "?") || strings.ContainsAny(long[len(long)-1:], ".?!:;") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeft(short, "(\"' "))
	return unicode.IsLower(r)
}

// measure tells "> 5 mm" and "> 50%", where the sign means more than.
func measure(s string) bool {
	s = strings.TrimLeft(strings.TrimLeft(s, " \t"), "> ")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

func quotePrefix(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return strings.HasPrefix(s, ">") && !strings.HasPrefix(s, ">=") && (len(s) == 1 || s[1] == ' ' || s[1] == '>' || s[1] >= 'A')
}

func (q *quoting) quoteFrom(i int) {
	for ; i < len(q.lines); i++ {
		if !(q.lines[i].fixed && q.lines[i].class == classSignature) {
			q.lines[i].class = classQuoted
		}
	}
}

func (q *quoting) wroteBefore(i int) bool {
	for _, l := range q.lines[:i] {
		if l.class == classReply && l.text != "" {
			return true
		}
	}
	return false
}

func (q *quoting) nextText(i int) int {
	for i < len(q.lines) && q.lines[i].text == "" {
		i++
	}
	return i
}

var forwardPattern = regexp.MustCompile(`(?i)^(?:begin forwarded message|forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete mail|message transféré|début du message réexpédié|début du message transféré|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|videresendt melding|videresendt besked|przekazana wiadomość|пересылаемое сообщение|пересланное сообщение|転送されたメッセージ|转发的邮件|轉寄郵件)\s*:?\s*(?:-{2,})?\s*:?$`)

// forwardLine is the mark over an inline forward.
func forwardLine(s string) bool {
	s = strings.TrimLeft(s, "> \t")
	words := strings.TrimLeft(s, "- ")
	return len(s) < 120 && words != "" && len(words) < 80 && strings.Count(words, " ") < 8 && forwardPattern.MatchString(words)
}

var originalPattern = regexp.MustCompile(`(?i)^-{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht|message d'origine|message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|opprinnelig melding|oprindelig meddelelse|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|alkuperäinen viesti|původní zpráva|eredeti üzenet|orijinal mesaj|mesaj original|元のメッセージ|原始邮件|原始郵件|원본 메시지)\s*-{2,}\s*$`)

func originalLine(s string) bool {
	s = strings.TrimLeft(s, "> \t")
	return len(s) < 120 && strings.HasPrefix(s, "--") && originalPattern.MatchString(s)
}

// replyAbovePattern is the line above which help desks ask to write.
var replyAbovePattern = regexp.MustCompile(`(?i)^[#\-=_*>\s]{2,}(?:please )?(?:type|write|enter|add)?\s*(?:your )?reply (?:above|over) this line[#\-=_*<.\s]*$`)

func replyAbove(s string) bool {
	return len(s) < 120 && indexFold(s, "this line") >= 0 && replyAbovePattern.MatchString(s)
}

// ruleBefore: Outlook draws a line of underscores over its header block.
func ruleBefore(lines []line, i int) bool {
	s := strings.TrimSpace(lines[i].text)
	if strings.EqualFold(s, "original message") && i+1 < len(lines) { // as BlackBerry has it, without dashes
		return outlookBlock(lines, i+1)
	}
	return len(s) >= 20 && strings.Trim(s, "_") == "" && i+1 < len(lines) && headerBlock(lines, i+1).found >= 2
}

var fwdPattern = regexp.MustCompile(`(?i)^\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd|fs|weiterleitung|转发|轉寄|転送)\s*:`)

var rePattern = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|sv|vs|odp|r|rif|res|回复|回覆|答复|ответ|ynt|vá|σχετ)(?:\[\d+\])?\s*[:：]`)

// replySubject tells the subject of an answer.
func replySubject(subject string) bool { return rePattern.MatchString(subject) }

// fwdSubject tells the subject of a forward.
func fwdSubject(subject string) bool { return fwdPattern.MatchString(subject) }

// showsQuoting tells whether a plain text shows by itself what is quoted.
func showsQuoting(text string) bool {
	q := quoting{lines: splitLines(text)}
	for i, l := range q.lines {
		if quotePrefix(l.text) || originalLine(l.text) || forwardLine(l.text) || outlookBlock(q.lines, i) {
			return true
		}
		if n, _ := q.attribution(i); n > 0 {
			return true
		}
	}
	return false
}
