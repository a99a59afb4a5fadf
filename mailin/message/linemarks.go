package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// forwardLine is the mark over an inline forward.
func forwardLine(s string) bool {
	if len(s) > 160 || len(s) < 6 || !mayBeMark(s) {
		return false
	}
	words, dashes := bareMark(s)
	if words == "" {
		return false
	}
	if forwardMarks[words] {
		return dashes >= 2 || strings.ContainsAny(s[len(s)-3:], ":：") || strings.HasSuffix(s, "*") || alwaysForward[words]
	}
	if dashes < 2 {
		return false
	}
	for _, by := range forwardedBy {
		if strings.HasPrefix(words, by) {
			return true
		}
	}
	return false
}

// alwaysForward are marks that some programs write without dashes or a colon.
var alwaysForward = setOf("begin forwarded message|anfang der weitergeleiteten nachricht|début du message réexpédié|début du message transféré|inicio del mensaje reenviado|inizio messaggio inoltrato|" +
	"weitergeleitete nachricht|message transféré|mensaje reenviado|messaggio inoltrato|mensagem encaminhada|doorgestuurd bericht|forwarded message|転送されたメッセージ|转发的邮件|轉寄郵件")

// forwardEnd is the line after a forward that begins at line i: the text's end, or where a mark says so.
func (q *quoting) forwardEnd(i int) int {
	depth := 0
	for j := i + 1; j < len(q.lines); j++ {
		s := q.lines[j].text
		if !strings.HasPrefix(s, "--") || len(s) > 160 {
			continue
		}
		words, dashes := bareMark(s)
		switch {
		case dashes < 2:
		case forwardEnds[words]:
			if depth--; depth < 0 {
				return j + 1
			}
		case forwardLine(s):
			depth++
		}
	}
	return len(q.lines)
}

// headings are marks that people write over their own paragraphs, too; fields must follow.
var headings = setOf("original|message|原文")

func headingOf(s string) string {
	words, _ := bareMark(s)
	return words
}

func (q *quoting) fieldsBelow(i int) bool {
	below := q.nextText(i + 1)
	return below < len(q.lines) && headerBlock(q.lines, below).found >= 2
}

// originalLine is the mark between dashes over the mail that is answered.
func originalLine(s string) bool {
	if len(s) > 160 || len(s) < 6 {
		return false
	}
	trimmed := strings.TrimLeft(s, "> \t*")
	if r, _ := utf8.DecodeRuneInString(trimmed); !dashLike(r) || !mayBeMark(s) {
		return false
	}
	words, dashes := bareMark(s)
	known := originalMarks[words]
	for _, from := range originalFrom {
		known = known || strings.HasPrefix(words, from) && fullDate.MatchString(words)
	}
	if dashes < 2 || !known {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, " \t*"))
	return dashLike(last) || last == ':'
}

func replyAbove(s string) bool {
	if len(s) > 200 || len(s) < 12 || !strings.ContainsAny(s[:1], "#-=_*> \t[") && s[0] < 0x80 {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(s); unicode.IsLetter(r) {
		return false // no dashes, whatever script it is in
	}
	words, dashes := bareMark(s)
	if dashes < 2 {
		return false
	}
	for _, phrase := range replyAboveWords {
		if strings.Contains(words, phrase) {
			return true
		}
	}
	return strings.Contains(words, "above this line") && writeWords.MatchString(words)
}

var writeWords = regexp.MustCompile(`\b(?:reply|respond|response|type|write|answer|comment|update)\b`)

// ruleBefore: programs draw a line over their header block, or write a mark without dashes. It returns the line after the block, 0 if there is none.
func (q *quoting) ruleBefore(i int) int {
	lines := q.lines
	s := strings.TrimSpace(lines[i].text)
	if i+1 >= len(lines) {
		return 0
	}
	if words := strings.TrimRight(s, ":"); len(words) < 60 && !strings.HasPrefix(words, ">") && mayBeMark(words) && originalMarks[strings.ToLower(words)] { // as BlackBerry has it
		return q.block(i + 1)
	}
	if len(s) < 5 || s[0] != '_' && s[0] != '-' && s[0] != '=' || strings.Trim(s, "_") != "" && strings.Trim(s, "-") != "" && strings.Trim(s, "=") != "" {
		return 0
	}
	below := i + 1
	for below < i+4 && below+1 < len(lines) && lines[below].text == "" {
		below++
	}
	if end := q.block(below); end > 0 {
		return end
	}
	if b := headerBlock(lines, below); len(s) >= 20 && s[0] == '_' && b.found >= 2 && b.sender && (b.mail || q.answer || q.passed) {
		return b.end
	}
	return 0
}
