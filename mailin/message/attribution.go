package message

import (
	"regexp"
	"strings"
)

// attributionVerbs are the words with which programs say who wrote what follows.
var attributionVerbs = regexp.MustCompile(`(?i)(?:\bwrote\b|\bwrites\b|\bschrieb\b|\bhat geschrieben\b|\ba écrit|escribió|\bha escrit\b|\bha scritto\b|\bescreveu\b|\bschreef\b|` +
	`\bheeft (?:het volgende )?geschreven\b|\bskrev\b|napisał(?:\(a\))?|написа[вл]|пишет|пише|\bkirjoitti\b|\bnapsal|\bnapísal|írta|\ba scris\b|yazdı|έγραψε|` +
	`\bpisze\b|\bnapisal[ao]?\b|написа\b|написа:|напиша|skrifaði|\bescribiu\b|\bidatzi\b|\bshkroi\b|\bhet geskryf\b|\bmissatge de\b|ने लिखा|נכתב|מאת|نوشت|のメール|書きました|写道|寫道|작성|님이|\bkirjutas\b|rašė|rakstīja|\bje napisa(?:o|la)\b|је написао|đã viết|menulis|เขียน|כתב|كتب)`)

// attributionIntro is how an attribution that goes on over several lines begins.
var attributionIntro = regexp.MustCompile(`(?i)^(?:(?:on|am|le|el|il|em|op|den|dnia|w dniu|po|ke|dne|dňa|no|pe|at|vào|pada|în|ter|a|dana|in a message dated|in article)\s|` +
	`(?:на|в|у|від|στις|пн|вт|ср|чт|пт|сб|вс|нд)[\s,.]|[0-9]{1,4}[./\-年년 ]|[\p{L}]{2,4}[.,]{1,2} ?[0-9]{1,2}|[a-z]{2,4} [0-9]{1,2}[\s.,]|ב-|بتاريخ|في )`)

// quotingIntro are attributions without a verb, as webmail programs write them; the quoted lines must follow.
var quotingIntro = regexp.MustCompile(`(?i)^(?:quoting|zitat von|citando|citando a|citation de|citaat van|citat från|citerar|cituji|cytowanie|citējot) \S.{0,150}:$|^[^\[]{1,150}@[^\[]{1,80}\[[^\]]*\d{2}[^\]]*\]:$`)

// addressEnds: a line that begins with a day and ends with an address needs no verb that we know.
var addressEnds = regexp.MustCompile(`[<(]\S+@\S+[>)]:$|[<(]\S+@\S+[>)] (?:\pL+ ){1,2}\pL+ ?[:：]$`)

var yearPattern = regexp.MustCompile(`(?:^|\D)(?:19|20)\d\d(?:\D|$)`)

// certainty that a line was written by a mail program, not by the sender who tells what somebody wrote in a letter or a chart.
type certainty int

const (
	unsure  certainty = iota
	likely            // it has a year and a time of day: enough in an answer
	certain           // it has an address
)

// attribution says how many lines, beginning at i, are an attribution ("On Mon, 2 Mar 2026 at 9:00, Ann wrote:"); 0 if it is none. Programs break
// it over up to four lines.
func attribution(lines []line, i int) (n int, sure certainty) {
	if first := lines[i].text; first == "" || len(first) > 400 {
		return 0, unsure
	}
	joined, intro := "", false
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		next := strings.TrimRight(strings.TrimLeft(lines[i+n-1].text, "> \t*_"), " \t*_")
		if next == "" || len(joined)+len(next) > 500 {
			return 0, unsure
		}
		if joined != "" {
			joined += " "
		}
		joined += next
		if n == 1 {
			if intro = attributionIntro.MatchString(joined); !intro && !endsAttribution(joined) {
				return 0, unsure // only what begins like one goes on over several lines: else the sentence before it would be taken too
			}
		}
		if n > 1 && !intro {
			return 0, unsure
		}
		if !endsAttribution(joined) || strings.HasSuffix(joined, ">") && (n > 1 || !strings.Contains(joined, " schreef ") && !strings.Contains(joined, " wrote ")) {
			continue // only Dutch programs end with the address
		}
		quotedBelow := i+n < len(lines) && (quotePrefix(lines[i+n].text) || lines[i+n].text == "" && i+n+1 < len(lines) && quotePrefix(lines[i+n+1].text))
		if n == 1 && quotedBelow && quotingIntro.MatchString(joined) {
			return 1, unsure
		}
		dated := clockPattern.MatchString(joined) && yearPattern.MatchString(joined)
		verb := attributionVerbs.MatchString(joined)
		if !verb && !(intro && dated && addressEnds.MatchString(joined)) {
			continue
		}
		if !strings.ContainsAny(joined, "0123456789@") {
			// "Ann Lee wrote:", as pine, mutt and others have it.
			if n == 1 && strings.HasSuffix(strings.ToLower(joined), " wrote:") && len(joined) < 80 && quotedBelow {
				return 1, unsure
			}
			continue
		}
		if intro || n == 1 && (strings.Contains(joined, "@") || quotedBelow) {
			switch {
			case !verb:
			case strings.Contains(joined, "@"):
				return n, certain
			case n == 1 && dated:
				return n, likely
			}
			return n, unsure
		}
	}
	return 0, unsure
}

// endsNear is the cheap look before all others: one of the lines on which an attribution could end does end like one.
func endsNear(lines []line, i int) bool {
	for j := i; j < len(lines) && j < i+4 && lines[j].text != ""; j++ {
		if endsAttribution(strings.TrimRight(lines[j].text, " \t*_")) {
			return true
		}
	}
	return false
}

// endsAttribution: the line ends as the last one of an attribution does.
func endsAttribution(s string) bool {
	return strings.HasSuffix(s, ":") || strings.HasSuffix(s, "：") || strings.HasSuffix(s, "...") || strings.HasSuffix(s, ">")
}
