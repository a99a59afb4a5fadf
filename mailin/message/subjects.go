package message

import (
	"regexp"
	"strings"
)

var fwdPattern = regexp.MustCompile(`(?i)^\s*\[?(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vl|vb|pd|fs|továbbítás|ilt|iletilen|пересл|пер|weiterleitung|转发|轉寄|転送|전달)\s*[:：]|\(fwd\)\s*$`)

var rePattern = regexp.MustCompile(`(?i)^\s*(?:re|aw|antw|antwort|sv|vs|odp|r|rif|res|ref|回复|回覆|答复|返信|답장|회신|ответ|ynt|yan|vá|válasz|σχετ|απ|atb|bls|ats|vast|ad|hth|ri|rép)(?:\[\d+\]|\^\d+|\s*\(\d+\))?\s*[:：]`)

// tagPattern is what gateways, lists and help desks put before a subject.
var tagPattern = regexp.MustCompile(`(?i)^\s*(?:\[[^\]:]{1,60}\]|\([^):]{1,30}\)|\{[^}:]{1,30}\}|\*{1,3}[^*:]{1,30}\*{1,3}|<[^>:]{1,30}>|#\w{1,20}#?|(?:external|extern|ext|secure|encrypt(?:ed)?|spam|suspected spam|caution|confidential|phi)\s*[:\-])\s*`)

func untagged(subject string) string {
	for range 5 {
		tag := tagPattern.FindString(subject)
		if tag == "" || tag == subject {
			break
		}
		subject = subject[len(tag):]
	}
	return subject
}

// replySubject tells the subject of an answer.
func replySubject(subject string) bool { return rePattern.MatchString(untagged(subject)) }

// fwdSubject tells the subject of a forward. "Re: op note (fwd)" answers one.
func fwdSubject(subject string) bool {
	subject = untagged(subject)
	return !(len(subject) > 3 && strings.EqualFold(subject[:3], "re:")) && fwdPattern.MatchString(subject)
}

// sameSubject says whether one subject is that of an answer to the other.
func sameSubject(a, b string) bool {
	a, b = wordsOf(bareSubject(a)), wordsOf(bareSubject(b))
	return a != "" && b != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// bareSubject is a subject without the marks of answers and forwards.
func bareSubject(s string) string {
	for range 10 {
		s = untagged(s)
		at := rePattern.FindString(s)
		if at == "" {
			if at = fwdPattern.FindString(s); at == "" || strings.HasPrefix(at, "(") || strings.HasPrefix(at, " (") {
				return s
			}
		}
		s = s[len(at):]
	}
	return s
}
