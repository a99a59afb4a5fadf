package mailout

import (
	"crypto/rand"
	"slices"
	"strings"
)

// NewMessageID makes a Message-ID (RFC 5322 section 3.6.4) without its angle
// brackets: 130 random bits at the given domain, which should be that of the
// sending address. It says nothing about the case, the time or the machine.
func NewMessageID(domain string) string {
	ascii, err := asciiDomain(domain)
	if err != nil {
		ascii = "mail.invalid" // RFC 6761 section 6.4: never anyone's
	}
	return strings.ToLower(rand.Text()) + "@" + ascii
}

// keptReferences is how many of a long thread's Message-IDs are kept behind the
// first. Mail programs thread by the last ones, and by the first.
const keptReferences = 20

// cleanID gives a Message-ID in angle brackets, or "" for what is none. Strict,
// because what stands in a reply's headers was written by strangers.
//
// QUIRK: RFC 5322 wants an "@" in it; some programs write ids without, and a
// reply must name them all the same to be threaded.
func cleanID(id string) string {
	id = strings.TrimSpace(id)
	id = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
	if id == "" || len(id) > 500 {
		return ""
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] >= 0x7F || id[i] == '<' || id[i] == '>' {
			return ""
		}
	}
	return "<" + strings.ReplaceAll(id, "=?", "=%3F") + ">"
}

// threadHeaders gives the In-Reply-To and References of a reply (RFC 5322
// section 3.6.4): the thread as far as it is well formed, each id once, the
// answered one last.
func threadHeaders(inReplyTo string, references []string) (string, []string) {
	inReplyTo = cleanID(inReplyTo)
	var thread []string
	for _, field := range references {
		for _, id := range strings.Fields(strings.ReplaceAll(field, "><", "> <")) {
			if id = cleanID(id); id != "" && id != inReplyTo && !slices.Contains(thread, id) {
				thread = append(thread, id)
			}
		}
	}
	if inReplyTo != "" {
		thread = append(thread, inReplyTo)
	}
	if n := len(thread); n > keptReferences+1 {
		thread = append(thread[:1:1], thread[n-keptReferences:]...)
	}
	return inReplyTo, thread
}
