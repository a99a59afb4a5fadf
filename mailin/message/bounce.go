package message

import (
	"regexp"
	"strings"
)

// Servers that do not send multipart/report tell in prose that a mail could not be delivered: qmail, Exim, sendmail's old form, Exchange, Gmail,
// Lotus, and many that imitate them. proseReport reads what they say.

// bounceStarts are the sentences after which the address stands that failed, in lower case, with runs of white space as one space.
var bounceStarts = []string{
	"deliver your message to the following address", // qmail, Yahoo
	"the following address(es) failed",              // Exim
	"could not be delivered to one or more of its recipients",
	"the following addresses had permanent fatal errors", // sendmail
	"the following addresses had permanent delivery errors",
	"delivery to the following recipient failed permanently", // Gmail
	"delivery to the following recipients failed",
	"wasn't delivered to", // Gmail
	"couldn't be delivered to",
	"could not be delivered to",
	"was not delivered to",                              // Lotus
	"delivery has failed to these recipients or groups", // Exchange
	"the following recipient(s) cannot be reached",
	"did not reach the following recipient(s)",
	"your message did not reach some or all of the intended recipients",
	"unable to deliver message to the following address",
	"unable to deliver your message to the following address",
	"unable to deliver your message to",
	"failed address:", // MDaemon
	"permanent fatal delivery errors",
	"message could not be delivered to the following recipients",
	"undeliverable to the following",
	"konnte nicht zugestellt werden", // Domino, GMX
	"konnte nicht an folgende",
	"n'a pas pu être remis",
	"no se pudo entregar",
	"non è stato possibile recapitare",
}

// delayStarts are those of a delay.
var delayStarts = []string{
	"has not yet been delivered to",
	"delivery to the following recipient has been delayed",
	"could not be delivered for the last",
	"delivery to the following recipients has been delayed",
	"this is a warning message only",
	"will continue to try to deliver",
	"will keep trying to deliver",
}

// copyMarks part what the server says from the mail that it gives back.
var copyMarks = regexp.MustCompile(`(?im)^[ \t]*(?:-{2,} ?(?:below this line is a copy|this is a copy of the message|the body of the message|original message|message text follows|` +
	`message headers? follow|unsent message below|returned message|included is a copy|forwarded message).*|message header:|original message headers?:|reporting-mta:.*)$`)

var (
	bounceAddress = regexp.MustCompile(`[A-Za-z0-9._%+=&'*/~\-]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?`)
	returnedID    = regexp.MustCompile(`(?im)^[>\s]*message-id:\s*(<[^<>\s]{1,500}>)`)
)

// bounceBytes is how much of a text is looked at: what servers say stands at the beginning.
const bounceBytes = 64 << 10

// daemonNames are those under which servers write.
func daemon(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch local {
	case "mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "postmaster", "mailer_daemon", "double-bounce":
		return true
	}
	return false
}

// proseReport fills Report from what a server says in prose. It looks only at mail that a server has sent by other signs as well: a person may
// ask about such a sentence.
func (m *Message) proseReport(b body) {
	if m.Report != nil && (m.Report.Recipient != "" || m.Report.Kind != "delivery-status") {
		return
	}
	failed, null := "", false
	for i := range m.Fields {
		switch f := &m.Fields[i]; strings.ToLower(f.Name) {
		case "x-failed-recipients": // Exim, Gmail
			if all := parseAddresses(f.raw); len(all) > 0 && failed == "" {
				failed = all[0].Address
			}
		case "return-path":
			null = null || strings.ReplaceAll(f.Value, " ", "") == "<>"
		}
	}
	if failed == "" && !null && !daemon(m.From.Address) && m.Report == nil {
		return
	}
	text := m.Text[:min(len(m.Text), bounceBytes)]
	said, copied := text, ""
	if at := copyMarks.FindStringIndex(text); at != nil {
		said, copied = text[:at[0]], text[at[1]:]
	}
	flat := strings.Join(strings.Fields(said), " ")
	lower := strings.ToLower(flat)
	action, at := "", -1
	if len(lower) == len(flat) { // else the places do not fit
		action, at = firstOfAny(lower)
	}
	if at < 0 && failed == "" {
		return
	}
	r := m.Report
	if r == nil {
		r = &DeliveryReport{Kind: "delivery-status"}
		m.Report = r
	}
	if r.Action == "" {
		r.Action = action
		if action == "" {
			r.Action = "failed"
		}
	}
	rest := flat
	if at >= 0 {
		rest = flat[at:]
	}
	r.Recipient = failed
	if r.Recipient == "" {
		r.Recipient = strings.Trim(bounceAddress.FindString(rest[:min(len(rest), 2000)]), "'*")
	}
	if r.Recipient != "" {
		if i := strings.Index(rest, r.Recipient); i >= 0 {
			rest = strings.TrimLeft(rest[i+len(r.Recipient):], ">)]:'\" ,;")
		}
	}
	if r.Status == "" {
		r.Status = EnhancedStatus(rest)
	}
	if r.Diagnostic == "" {
		r.Diagnostic = diagnostic(rest[:min(len(rest), 500)])
	}
	if r.OriginalMessageID == "" {
		if id := returnedID.FindStringSubmatch(copied); id != nil {
			r.OriginalMessageID = firstID(id[1])
		} else {
			r.OriginalMessageID = b.returnedID
		}
	}
	r.Recipients = []RecipientStatus{{Recipient: r.Recipient, Status: r.Status, Action: r.Action, Diagnostic: r.Diagnostic}}
}

// firstOfAny finds the sentence that says what became of the mail.
func firstOfAny(lower string) (action string, at int) {
	at = -1
	look := func(starts []string, what string) {
		for _, s := range starts {
			if i := strings.Index(lower, s); i >= 0 && (at < 0 || i < at) {
				action, at = what, i
			}
		}
	}
	look(delayStarts, "delayed")
	if at >= 0 {
		return action, at // "has not yet been delivered ... will be failed if" is a delay
	}
	look(bounceStarts, "failed")
	return action, at
}

func firstID(v string) string {
	if ids := parseIDs(v); len(ids) > 0 {
		return ids[0]
	}
	return ""
}
