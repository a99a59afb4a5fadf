package message

import (
	"regexp"
	"strings"
)

// smtpReply is the code of an SMTP reply that a server quotes, with what separates it from its text.
var smtpReply = regexp.MustCompile(`(?:^|[\s:>"'(\[;=])([45][0-5][0-9])(?:[ \-:;>]|\]|\)|$)`)

// EnhancedStatus returns the first enhanced status code (RFC 3463) in a text, such as "5.1.1", or "".
func EnhancedStatus(s string) string {
	status, _ := nextStatus(s)
	return status
}

// nextStatus is the first enhanced status code in a text, and where it ends. A version ("postfix/2.5.1", "v5.1.2", "Exim 4.94.2") and a network's
// address are none: the registry of RFC 5248 knows the subjects 0 to 7.
func nextStatus(s string) (status string, end int) {
	for i := 0; i+5 <= len(s); i++ {
		if c := s[i]; c != '2' && c != '4' && c != '5' || i > 0 && (isDigit(s[i-1]) || s[i-1] == '.' || s[i-1] == 'v' || s[i-1] == 'V' || s[i-1] == '/' && i > 1 && isLetter(s[i-2])) {
			continue
		}
		if s[i+1] != '.' || s[i+2] < '0' || s[i+2] > '7' || s[i+3] != '.' {
			continue
		}
		j := i + 4
		for j < len(s) && j-i-4 <= 3 && isDigit(s[j]) {
			j++
		}
		// "5.1.1.2" is an address of a network.
		if n := j - i - 4; n == 0 || n > 3 || j+1 < len(s) && s[j] == '.' && isDigit(s[j+1]) {
			continue
		}
		return s[i:j], j
	}
	return "", len(s)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// proseStatus is the enhanced code that stands in a server's words, the most telling one (RFC 3463: a detail of 0 is "other or undefined"); else the
// one that its words mean, where they say so clearly; else the class alone of the SMTP reply that it quotes.
func proseStatus(text, action string) string {
	if len(text) > 8<<10 {
		text = strings.ToValidUTF8(text[:8<<10], "")
	}
	if status := bestStatus(text); status != "" {
		return status
	}
	class := "5"
	code := smtpReply.FindStringSubmatch(text)
	if action == "delayed" || code != nil && code[1][0] == '4' && !containsAny(sameLower(text), finalWords) {
		class = "4"
	}
	lower := sameLower(text)
	for _, m := range meanings {
		if containsAny(lower, m.words) {
			if m.temporary && code != nil && code[1][0] == '4' {
				class = "4"
			}
			return class + "." + m.status
		}
	}
	if code != nil && action != "delivered" {
		return class + ".0.0"
	}
	return ""
}

// bestStatus is the first code of a failure or delay with a detail, or the first without one.
func bestStatus(text string) string {
	vague := ""
	for len(text) > 0 {
		status, end := nextStatus(text)
		if status == "" {
			break
		}
		switch {
		case status[0] == '2': // what the remote server said before it refused: "250 2.1.0 sender ok"
		case !isVague(status):
			return status
		case vague == "":
			vague = status
		}
		text = text[end:]
	}
	return vague
}

// isVague says that a code names a class or a subject only.
func isVague(status string) bool { return strings.HasSuffix(status, ".0") }
