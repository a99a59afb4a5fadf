package mailout

import (
	"regexp"
	"strings"
	"unicode"
)

// SubjectLength is how many characters of the asker's own subject a reply keeps.
const SubjectLength = 120

// neutralSubject stands for a subject that is empty or must not be repeated.
const neutralSubject = "your coding question"

// Subject is the subject of a reply: "Re: 31297 with 31288 [CC-4821-K7RQ9]".
//
// asked is the subject of the mail that is answered, decoded. Reply marks in
// front of it and references in brackets are taken off first, so that neither
// doubles. hide is set when asked holds something that may identify a patient:
// headers travel and are shown in clear. reference may be "".
func Subject(asked, reference string, hide bool) string {
	asked = cleanLine(asked)
	if bracketed, ok := referencePattern(reference); ok {
		asked = bracketed.ReplaceAllLiteralString(asked, " ")
	}
	for {
		short := replyMark.ReplaceAllLiteralString(strings.TrimSpace(asked), "")
		if short == asked {
			break
		}
		asked = short
	}
	asked = shorten(strings.Join(strings.Fields(asked), " "), SubjectLength)
	if hide || asked == "" {
		asked = neutralSubject
	}
	return "Re: " + withReference(asked, reference)
}

// withReference puts the reference behind a subject.
func withReference(subject, reference string) string {
	if reference = cleanLine(reference); reference == "" {
		return subject
	}
	return subject + " [" + reference + "]"
}

// replyMark is a mail program's word for a reply, or a gateway's for a mail from
// outside, at the start of a subject. "Fwd:" stays: it says something.
var replyMark = regexp.MustCompile(`^(?i:(?:re|aw|antw|sv|vs|odp)(?:\[\d+\]|\(\d+\))?\s?[:：]\s*|\[(?:external|ext|external email)\][\s:]*)`)

// referencePattern matches references of the same make as the given one, in
// brackets, and the given one also without.
func referencePattern(reference string) (*regexp.Regexp, bool) {
	prefix, _, ok := strings.Cut(reference, "-")
	if !ok || prefix == "" {
		return nil, false
	}
	return regexp.MustCompile(`(?i)\[\s*` + regexp.QuoteMeta(prefix) + `-\d+-[0-9a-z]{1,12}\s*\]|\b` +
		regexp.QuoteMeta(reference) + `\b`), true
}

// shorten cuts a text to at most n characters, at a space if one is near.
func shorten(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	cut := string(r[:n-1])
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)*2/3 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:-(") + "…"
}

// cleanLine makes any text fit for a header or for one line of a mail: valid
// UTF-8, without control characters, without the invisible marks that turn the
// direction of what follows, without what a reader would take for an encoded
// word (RFC 2047), spaces collapsed.
func cleanLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case isDirectionMark(r), r == '\uFEFF', r == '\u2028', r == '\u2029':
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.ReplaceAll(s, "=?", "= ?")
	return strings.Join(strings.Fields(s), " ")
}

// isDirectionMark reports the characters with which a text can be made to look
// like another (Unicode Technical Report 36, section 2.3).
func isDirectionMark(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' || r == '\u200E' || r == '\u200F' || r == '\u061C'
}
