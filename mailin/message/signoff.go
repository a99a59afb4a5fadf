package message

import (
	"regexp"
	"strings"
)

// signOff marks signatures, sent-from lines, contact blocks and legal notices in what was newly written. The sender's greeting and closing line
// stay. In doubt a line stays: what is taken out here is not read for the question.
func signOff(lines []line) {
	pgpArmor(lines)
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && lines[end].class == classReply {
			end++
		}
		if end > start {
			signOffRun(lines[start:end], start > 0)
		}
		start = end + 1
	}
}

// tailLines is how far from the end a signature is looked for. It keeps a mail of nothing but marks from being looked at again under each.
const tailLines = 80

// signOffRun looks at one run of reply lines. below says that something stands above it, so that a signature may begin it.
func signOffRun(run []line, below bool) {
	for i := 0; i < len(run); i++ {
		l := run[i]
		if l.class != classReply || l.text == "" {
			continue
		}
		tail := len(run)-i < tailLines
		switch {
		case (i > 0 || below || contactsUnder(run[i+1:])) && tail && signatureMark(l.text) && isSignature(run[i+1:]) && !asksFirst(run[i+1:]):
			signUnder(run[i:])
			contactBlock(run)
			return
		case tail && weakMark(l.text) && boxed(run[i:]):
			sign(run[i : i+3])
		case (i > 0 || below) && tail && weakMark(l.text) && isContact(run[i+1:]):
			signUnder(run[i:])
			contactBlock(run)
			return
		case sentFrom(l.text):
			sign(run[i : i+1])
			for i+1 < len(run) && run[i+1].text != "" && underSentFrom(run[i+1].text) {
				i++
				sign(run[i : i+1])
			}
		case paragraphStart(run, i) && banner(l.text):
			signNotice(run[i:], bannerGoesOn)
		case paragraphStart(run, i) && (legalNotice(l.text) || legalParagraph(run[i:])), legalAfter(run, i):
			// A notice goes to the end of its paragraph; further paragraphs that are notices too follow by themselves.
			signNotice(run[i:], func(s string) bool { return !strings.HasSuffix(s, "?") && !clinical(s) && !greeting(s) })
		case paragraphStart(run, i) && listFooter(l.text):
			signNotice(run[i:], func(s string) bool { return !strings.HasSuffix(s, "?") && !clinical(s) && !greeting(s) })
		}
	}
	contactBlock(run)
}

func sign(lines []line) {
	for i := range lines {
		lines[i].class = classSignature
	}
}

// signUnder takes a signature mark and what stands under it, but for paragraphs in which the sender goes on: a postscript, a question.
func signUnder(run []line) {
	sign(run[:1])
	first, going := true, false
	for i := 1; i < len(run); {
		if run[i].text == "" {
			run[i].class = classSignature
			i++
			continue
		}
		end := i
		for end < len(run) && run[end].text != "" {
			end++
		}
		switch notice := legalNotice(run[i].text) || listFooter(run[i].text); {
		case notice:
			going = false
		case !first && asks(run[i:end]), postscript(run[i].text):
			going = true
		}
		if !going {
			sign(run[i:end])
		}
		first = false
		i = end
	}
}

// asks says that a paragraph is the sender's question, not his sign-off.
func asks(paragraph []line) bool {
	if postscript(paragraph[0].text) {
		return true
	}
	for _, l := range paragraph {
		if strings.HasSuffix(l.text, "?") || clinical(l.text) && !contactLine.MatchString(l.text) {
			return true
		}
	}
	return false
}

var postscriptPattern = regexp.MustCompile(`(?i)^p\.? ?p?\.?s\.?\s?[:.\-–—]?\s`)

// postscript begins one.
func postscript(s string) bool {
	s = strings.TrimLeft(s, " \t*_")
	return len(s) > 3 && (s[0] == 'P' || s[0] == 'p') && postscriptPattern.MatchString(s)
}

// boxed is a banner between two rules.
func boxed(run []line) bool {
	return len(run) > 2 && banner(run[1].text) && weakMark(run[2].text)
}

// signNotice takes the first line and those under it in the same paragraph that belong to it.
func signNotice(run []line, belongs func(string) bool) {
	for j := 0; j < len(run) && run[j].text != "" && (j == 0 || belongs(run[j].text)); j++ {
		run[j].class = classSignature
	}
}

// legalAfter is a paragraph right under a notice that goes on with it.
func legalAfter(run []line, i int) bool {
	if i < 2 || run[i-1].text != "" || run[i-2].class != classSignature || !legalNotice(firstOfParagraph(run, i-2)) {
		return false
	}
	s := run[i].text
	return len(s) > 30 && !strings.HasSuffix(s, "?") && !greeting(s) && !postscript(s) && legalMore.MatchString(s[:min(len(s), 1000)]) && !clinical(s)
}

// firstOfParagraph is the text of the first line of the paragraph that line i is in.
func firstOfParagraph(run []line, i int) string {
	from := max(0, i-40)
	for i > from && run[i-1].text != "" && run[i-1].class == classSignature {
		i--
	}
	return run[i].text
}

// signatureMark is the separator of RFC 3676, section 4.3, as programs write it. "- --" is that under a PGP signature.
func signatureMark(s string) bool { return s == "--" || s == "- --" }

// weakMark are lines that people draw over a signature, and between anything else too.
func weakMark(s string) bool {
	switch s {
	case "—", "––", "——", "__", "___", "---", "***", "- -", "~~", "––-", "===":
		return true
	}
	if len(s) < 10 || !weakFirst[s[0]] {
		return false
	}
	for _, c := range weakRules {
		if strings.Trim(s, c) == "" {
			return true
		}
	}
	return false
}

// weakRules are what the long ones are drawn with.
var weakRules = []string{"_", "-", "=", "*", "#", "~", "-=", "—", "–"}

// weakFirst are the bytes that begin a line of nothing but one of weakRules.
var weakFirst = func() (first [256]bool) {
	for _, rule := range weakRules {
		for i := range len(rule) {
			first[rule[i]] = true // Trim takes the characters of a rule in any order
		}
	}
	return first
}()

// isSignature looks at what stands under a signature mark. The mark is believed, unless what follows is long, or is about a case and has nothing
// by which one could reach the sender: people part their questions with dashes as well.
func isSignature(lines []line) bool {
	n, contacts, about := 0, 0, false
	for _, l := range lines {
		if l.text == "" {
			continue
		}
		if n++; n > 30 {
			return false
		}
		if postscript(l.text) && n > 1 {
			break // what follows is looked at by itself
		}
		if contactLine.MatchString(l.text) || legalNotice(l.text) || listFooter(l.text) {
			contacts++
		}
		about = about || strings.HasSuffix(l.text, "?") || clinical(l.text)
	}
	return n > 0 && (contacts > 0 && n <= 16 || !about)
}

// asksFirst: the paragraph right under a mark is a question.
func asksFirst(lines []line) bool {
	for len(lines) > 0 && lines[0].text == "" {
		lines = lines[1:]
	}
	end := 0
	for end < len(lines) && lines[end].text != "" {
		end++
	}
	return end > 0 && asks(lines[:end])
}

// contactsUnder: a signature mark with a way to reach the sender right under it begins a mail that has no text of its own.
func contactsUnder(lines []line) bool {
	for i := 0; i < len(lines) && i < 8 && lines[i].text != ""; i++ {
		if strings.HasSuffix(lines[i].text, "?") || clinical(lines[i].text) {
			return false
		}
		if contactLine.MatchString(lines[i].text) {
			return true
		}
	}
	return false
}

// isContact tells the lines under a weak mark that are a signature by themselves.
func isContact(lines []line) bool {
	n, contacts := 0, 0
	for _, l := range lines {
		if l.text == "" || weakMark(l.text) {
			continue
		}
		if legalNotice(l.text) || listFooter(l.text) {
			return n > 0 || contacts == 0
		}
		if postscript(l.text) {
			break
		}
		if n++; n > 12 || strings.Contains(l.text, "?") && !contactLine.MatchString(l.text) || clinical(l.text) || len(l.text) > 160 {
			return false
		}
		if contactLine.MatchString(l.text) {
			contacts++
		}
	}
	return contacts > 0
}

// paragraphStart: a notice begins a paragraph, so that a sentence of a question that speaks of confidentiality stays.
func paragraphStart(run []line, i int) bool {
	return i == 0 || run[i-1].text == "" || run[i-1].class == classSignature
}

var greetingPattern = regexp.MustCompile(`(?i)^(?:hi|hello|dear|good (?:morning|afternoon|evening)|hey|team|hallo|guten|sehr geehrte|bonjour|hola)\b`)

func greeting(s string) bool { return greetingPattern.MatchString(s) }

// pgpArmor takes the lines that PGP puts around a text signed in clear (RFC 9580, section 7).
func pgpArmor(lines []line) {
	for i := 0; i < len(lines); i++ {
		switch lines[i].text {
		case "-----BEGIN PGP SIGNED MESSAGE-----":
			for ; i < len(lines) && lines[i].text != ""; i++ {
				lines[i].class = classSignature
			}
		case "-----BEGIN PGP SIGNATURE-----":
			end := i
			for end < len(lines) && end < i+200 && lines[end].text != "-----END PGP SIGNATURE-----" {
				end++
			}
			if end < len(lines) && end < i+200 {
				sign(lines[i : end+1])
				i = end
			}
		}
	}
}
