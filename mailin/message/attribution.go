package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// certainty that a line was written by a mail program, not by the sender who tells what somebody wrote in a letter or a chart.
type certainty int

const (
	unsure  certainty = iota // enough over lines that are marked as quoted
	likely                   // it has a date and a time of day, or an address: enough in an answer
	certain                  // it has both
)

// attributionLines is over how many lines programs break an attribution.
const attributionLines = 6

// attribution says how many lines, beginning at i, are an attribution ("On Mon, 2 Mar 2026 at 9:00, Ann wrote:"); 0 if it is none.
func attribution(lines []line, i int) (n int, sure certainty) {
	first := lines[i].text
	if first == "" || len(first) > 400 {
		return 0, unsure
	}
	switch {
	case groupWise(first):
		return 1, certain
	case messageOf(first):
		return 1, unsure
	}
	joined := ""
	for n := 1; n <= attributionLines && i+n <= len(lines); n++ {
		next := attributionText(lines[i+n-1].text)
		if next == "" && strings.Trim(lines[i+n-1].text, "<> ") == "" && lines[i+n-1].text != "" && n > 1 {
			continue // a bracket alone
		}
		if next == "" || len(joined)+len(next) > 500 {
			break
		}
		if n > 1 && startsWithDate(next) {
			return 0, unsure // what stands above it is a sentence of the sender's
		}
		if n > 1 && startsAttribution(next) && fullDate.MatchString(next) && !shortDate.MatchString(joined) && !fullDate.MatchString(joined) {
			if _, ok := isAttribution(next, 1); ok {
				return 0, unsure // so it is here: no date has begun above
			}
		}
		if joined != "" && !strings.HasSuffix(joined, "<") {
			joined += " "
		}
		joined += next
		if n == 1 && !startsAttribution(joined) && !endsAttribution(joined) && !strings.Contains(joined, "@") {
			return 0, unsure // only what begins like one goes on over several lines: else the sentence before it would be taken too
		}
		if n == 1 && joined[0] >= '0' && joined[0] <= '9' && !endsAttribution(joined) && !fullDate.MatchString(joined[:min(len(joined), 60)]) {
			return 0, unsure // "1. left"
		}
		if sure, ok := isAttribution(joined, n); ok {
			if sure == likely && strings.Contains(joined, "@") && (dashed(first) || strings.HasPrefix(first, "--") && n == 1) {
				sure = certain // nobody draws rules around it
			}
			return n, sure
		}
		if n == 1 && dashed(first) {
			if _, end := wordAt(joined, attributionVerbs); end == len(joined) {
				return 1, likely // "---- Ann Lee wrote ----"
			}
		}
		if endsSentence(next) {
			break
		}
	}
	if named(first) {
		return 1, unsure
	}
	if oldGmail.MatchString(attributionText(first)) {
		return 1, likely
	}
	return 0, unsure
}

// endsSentence: no line within an attribution ends like this.
func endsSentence(s string) bool {
	switch s[len(s)-1] {
	case ':', '?', '!', ';':
		return true
	case '.':
		return len(s)-1-strings.LastIndexByte(s, ' ') > 5 // "Inc.", "A.M."
	}
	return false
}

// named: a name with an address or a time, and no sentence: "According to Ann Lee <ann@clinic.example>:", in words that we do not know.
func named(s string) bool {
	if len(s) > 200 || !strings.HasSuffix(s, ":") || sentence(s) || isField(s) {
		return false
	}
	s = attributionText(s)
	return !people.MatchString(s) && !clinician.MatchString(s) && !clinical(s) &&
		(addressPattern.MatchString(s) || fullDate.MatchString(s) && clockPattern.MatchString(s))
}

// dashed: rules stand on both sides of the line's words.
func dashed(s string) bool {
	s = strings.TrimLeft(s, "> \t")
	return strings.HasPrefix(s, "--") && strings.HasSuffix(strings.TrimRight(s, " :"), "--")
}

// attributionText is a line without the marks and rules around it, in lower case, with the digits of all scripts as ASCII.
func attributionText(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return unicode.ToLower(r)
		case r == '\ufeff':
			return -1
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r >= '०' && r <= '९':
			return '0' + r - '०'
		case r >= '০' && r <= '৯':
			return '0' + r - '০'
		case r == '：':
			return ':'
		case r == '\u00a0', r == '\u202f':
			return ' '
		}
		return unicode.ToLower(r)
	}, unsteered(s))
	s = strings.TrimLeft(s, "> \t*_|-")
	return strings.TrimRight(s, " \t*_-")
}

var (
	addressPattern = regexp.MustCompile(`[^\s<>()\[\]:;,"@«»]+@[^\s<>()\[\]:;,"@«»]+`)

	// fullDate has day, month and year, in the orders and with the names of all languages.
	fullDate = regexp.MustCompile(`\d{1,4} ?[./\-] ?\d{1,2} ?[./\-] ?\d{2,4}|\d{4} ?[年년]|\d{1,2}(?:st|nd|rd|th|er|\.|º)?,? ?[-\s](?:de |of |d'|thg |tháng )?[\pL\pM]{2,}[.,]*[-\s]\s*(?:de |del )?\d{2,4}|` +
		`\pL[\pL\pM]+[.,]*\s\d{1,2}(?:st|nd|rd|th|\.)?,*\s\d{4}|\d{4}[.,]? (?:m\. |g\. |mar\.? |\d{1,2}\. )?\pL[\pL\pM]+\.? \d{1,2}|(?:thg|tháng) \d{1,2},? \d{4}|\d{4}\.? g\. \d{1,2}\.|\d{1,2} \d{1,2} \d{4}`)

	numericDate = regexp.MustCompile(`\d{1,4}[./\-]\d{1,2}[./\-]\d{2,4}`)

	weekday = regexp.MustCompile(`^(?:(?:on|at) )?(?:mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?,? `)

	// people are words of somebody who tells what another wrote, in a chart or a letter.
	people    = regexp.MustCompile(`(?:\d|[ap]\.?m\.?),? (?:the|our|my|their|his|her|patient|payer|insurance|nurse|surgeon|she|he|they|we)\b`)
	clinician = regexp.MustCompile(`\b(?:dr|doctor|md|np|rn|pa-c|patient|payer|provider|surgeon|physician|nurse|rep)\b`)

	// shortDate has no year: only with an address.
	shortDate = regexp.MustCompile(`\pL{2,}[.,]? \d{1,2}\b|\b\d{1,2}[.,]? \pL{3,}|\d{1,2}[./]\d{1,2}`)

	// addressEnds: what ends with an address, or an address and two or three words, needs no verb that we know.
	addressEnds = regexp.MustCompile(`[<(]\s?[^\s<>()]+@[^\s<>()]+\s?[>)»]+:$|[<(]\s?[^\s<>()]+@[^\s<>()]+\s?[>)»]+,? (?:[\pL\pM/]+ ){0,2}[\pL\pM/.]+ ?:$`)

	// oldGmail is the attribution of older Gmail: the date, the name and the address, and nothing more.
	oldGmail = regexp.MustCompile(`^\d{4}[/\-]\d{1,2}[/\-]\d{1,2} (?:[^\s<>]+ ){0,5}<[^\s<>]+@[^\s<>]+>:?$`)

	// stamped is the sender's name, or name and address, and the time in square brackets, as Mutt is set up to write it.
	stamped = regexp.MustCompile(`^[^\[\]?]{1,120}\[[^\[\]]*\d{2}[^\[\]]*\]:$`)

	// quotingWords begin attributions of webmail programs without a verb.
	quotingWords = []string{"quoting ", "zitat von ", "citando ", "citando a ", "citation de ", "citaat van ", "citat från ", "citat fra ", "citerar ", "cituji ", "cytowanie ", "citējot ", "quotando ", "citerer ", "in reply to "}

	groupWisePattern = regexp.MustCompile(`^>>> \S.{0,150}\d{1,4}[/.\-]\d{1,2}[/.\-]\d{2,4}.{0,20}>>>$`)

	messageOfPattern = regexp.MustCompile(`^message d[ue] .{0,20}\d{2}/\d{2}/\d{2,4} .{0,4}\d{1,2}[:h]\d{2}$`)
)

// groupWise tells the line of GroupWise, which is over text without marks.
func groupWise(s string) bool {
	return strings.HasPrefix(s, ">>> ") && len(s) < 250 && groupWisePattern.MatchString(s)
}

// messageOf tells the line of Orange and its like, which fields and quoted lines follow.
func messageOf(s string) bool {
	for s != "" && (s[0] == '>' || s[0] == ' ') {
		s = s[1:]
	}
	return len(s) < 60 && strings.HasPrefix(s, "Message d") && messageOfPattern.MatchString(strings.ToLower(s))
}

// isAttribution looks at an attribution put together from n lines.
func isAttribution(s string, n int) (certainty, bool) {
	if !endsAttribution(s) {
		return isRunOn(s)
	}
	start := startsAttribution(s)
	at := addressPattern.FindStringIndex(s)
	dated, timed := fullDate.MatchString(s), clockPattern.MatchString(s)
	verb, verbEnd := wordAt(s, attributionVerbs)
	if verb < 0 && at != nil && timed && start {
		verb, verbEnd = wordAt(s, rareVerbs)
	}
	colon := strings.HasSuffix(s, ":")
	last := verb >= 0 && strings.Trim(s[verbEnd:], " :,.…/()aаlлв-") == "" // the verb, with an ending that tells the sex, ends it
	if strings.HasSuffix(s, ">") && (verb < 0 || !start || !dated) {
		return unsure, false // the verb may stand on the next line
	}
	if !colon && !last && !strings.HasSuffix(s, ">") && !strings.Contains(s, "news:") {
		return unsure, false
	}
	if !colon && last && at == nil && !(start && dated && timed) && n == 1 && !strings.HasSuffix(s, "...") {
		return unsure, false
	}
	switch {
	case verb >= 0 && at != nil && start && (dated || timed || shortDate.MatchString(s) || strings.HasPrefix(s, "in article ")):
		switch {
		case people.MatchString(s[:at[0]]):
			return unsure, true
		case timed, dated && weekday.MatchString(s):
			return certain, true
		}
		return likely, true
	case verb >= 0 && at != nil && dated && timed && (n == 1 || n == 2):
		return certain, true // the name stands first
	case verb >= 0 && at != nil && n == 1 && (last || strings.Contains(s, "news:")) && len(strings.Fields(s)) <= 9:
		return likely, true // "Ann <ann@clinic.example> writes:"
	case verb >= 0 && dated && timed && start && !numericDate.MatchString(s) && !people.MatchString(s) && !clinician.MatchString(s) && weekday.MatchString(s):
		return likely, true // programs that write numbers, or no weekday, mark the lines under it
	case at != nil && dated && timed && addressEnds.MatchString(s) && (start || n == 1):
		return likely, true
	case verb >= 0 && dated && timed && start && (n == 1 || !people.MatchString(s) && !clinician.MatchString(s)):
		return unsure, true
	case n > 1:
		return unsure, false
	case verb >= 0 && (dated || timed):
		return unsure, true
	case verb >= 0 && last && len(s) < 100 && len(strings.Fields(s)) <= 8, stamped.MatchString(s):
		return unsure, true // "Ann Lee wrote:", as Pine, Mutt and others have it
	case at != nil:
		if w, end := wordAt(s, rareVerbs); w >= 0 && end == len(strings.TrimRight(s, " :")) {
			return unsure, true
		}
	}
	if n == 1 && len(s) < 200 && colon {
		for _, w := range quotingWords {
			if strings.HasPrefix(s, w) {
				return unsure, true
			}
		}
	}
	return unsure, false
}

// isRunOn tells an attribution after which the quoted text goes on in the same line, as Yahoo's program for telephones has it, and gateways that join
// lines.
func isRunOn(s string) (certainty, bool) {
	head, rest, ok := strings.Cut(s, "> wrote: ")
	if !ok || !strings.HasPrefix(rest, " ") && !strings.HasPrefix(rest, ">") || !startsAttribution(s) {
		return unsure, false
	}
	return certain, addressPattern.MatchString(head) && clockPattern.MatchString(head) && fullDate.MatchString(head)
}

// startsAttribution: it begins with the date, or with a word that stands before the date.
func startsAttribution(s string) bool {
	word, rest, _ := strings.Cut(s, " ")
	bare := strings.TrimRight(word, ".,:–-—")
	switch {
	case word == "", strings.HasSuffix(word, ":"):
		return false
	case word[0] >= '0' && word[0] <= '9':
		return true
	case attributionWords[bare]:
		return true
	case strings.HasPrefix(s, "ב-"), strings.HasPrefix(s, "in article "), strings.HasPrefix(s, "in a message dated "):
		return true
	}
	// A weekday or a month, with the date after it.
	if len([]rune(bare)) <= 12 {
		rest = strings.TrimLeft(rest, " ")
		if rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return true
		}
		if strings.HasSuffix(word, ",") {
			_, after, _ := strings.Cut(rest, " ")
			return after != "" && after[0] >= '0' && after[0] <= '9' // "Երկ, մրտ 2"
		}
	}
	return false
}

// startsWithDate: the line is the first of an attribution, whatever stands above it.
func startsWithDate(s string) bool {
	word, _, _ := strings.Cut(s, " ")
	if !attributionWords[strings.TrimRight(word, ".,")] || len(s) < 15 {
		return false
	}
	head := s[:min(len(s), 60)]
	return fullDate.MatchString(head) && clockPattern.MatchString(s)
}

// endsNear is the cheap look before all others: one of the lines on which an attribution could end does end like one.
func endsNear(lines []line, i int) bool {
	for j := i; j < len(lines) && j < i+attributionLines && lines[j].text != ""; j++ {
		l := &lines[j]
		if l.ends == notAsked {
			l.ends = no
			if endsAttribution(trimmedEnd(l.text)) || len(l.text) < 400 && runOn(l.text) || messageOf(l.text) {
				l.ends = yes
			}
		}
		if l.ends == yes {
			return true
		}
	}
	return false
}

// trimmedEnd is a line without the rules and the marks of direction that may stand behind an attribution.
func trimmedEnd(s string) string {
	for s != "" {
		switch c := s[len(s)-1]; {
		case c == ' ' || c == '\t' || c == '*' || c == '_' || c == '-':
			s = s[:len(s)-1]
		case c >= utf8.RuneSelf:
			if short := strings.TrimRight(s, "\u202c\u200f\u200e"); len(short) < len(s) {
				s = short
				continue
			}
			return s
		default:
			return s
		}
	}
	return s
}

func runOn(s string) bool {
	return strings.Contains(s, "> wrote: ") && (strings.Contains(s, "> wrote:  ") || strings.Contains(s, "> wrote: >"))
}

// attributionEnds are the ends of the last line of an attribution.
var attributionEnds = []string{":", "：", "...", "…", ">", " wrote", " writes", " schrieb", "écrit", "escribió", "scritto", "escreveu", "]"}

// attributionLast are the last bytes of attributionEnds: most lines have none of them there.
var attributionLast = func() (last [256]bool) {
	for _, end := range attributionEnds {
		last[end[len(end)-1]] = true
	}
	return last
}()

// endsAttribution: the line ends as the last one of an attribution does.
func endsAttribution(s string) bool {
	if s == "" || !attributionLast[s[len(s)-1]] {
		return false
	}
	for _, end := range attributionEnds {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}
