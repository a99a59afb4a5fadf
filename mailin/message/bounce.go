package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Servers that do not send multipart/report tell in prose that a mail could not be delivered, was delayed or was read: qmail, Exim, sendmail's old
// form, Exchange, Gmail, Domino, and many that imitate them. What follows reads what they say. The words themselves stand in bouncewords.go.

// bounceBytes is how much of a text is looked at: what servers say stands at the beginning.
const bounceBytes = 64 << 10

var (
	bounceAddress = regexp.MustCompile(`[A-Za-z0-9._%+=&'*/~\-]+@[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?`)
	returnedID    = regexp.MustCompile(`(?im)^[>\s]*message[- ]id:?\s*(<[^<>\s]{1,500}>)`)
	returnedTo    = regexp.MustCompile(`(?im)^[>\s]*(?:to|an|x-original-to|original-recipient|final-recipient)\s*:\s*(.{3,300})$`)

	// labelled are addresses that a word beside them calls the recipient.
	labelled = regexp.MustCompile(`(?i)(?:(?:final-|original-|failed |intended )?recipients?(?: address(?:es)?)?|rcpt to|unknown user|undeliverable to|user mailbox exceeds allowed size|delivery to|` +
		`message to|mail to|failed address|empfänger|destinatario|destinataire|destinatário)\s*[:=;]?\s*(?:rfc822\s*;)?\s*[<'"(\[]*([A-Za-z0-9._%+=&'*/~\-]+@[A-Za-z0-9.\-]*[A-Za-z0-9])`)
)

// daemonNames are the names under which servers write.
func daemon(address string) bool {
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch local {
	case "mailer-daemon", "mailerdaemon", "mail-daemon", "maildaemon", "mailer_daemon", "postmaster", "double-bounce", "mailer", "mail-deliver", "mail.delivery",
		"mdaemon", "mail-delivery", "mail_delivery", "maildelivery", "mail-delivery-system", "mail-delivery-subsystem", "bounce-notification", "mailadmin-daemon":
		return true
	}
	return strings.HasPrefix(local, "microsoftexchange329e71ec88ae4615bbc36ab6ce41109e") || // Exchange's own sender
		strings.HasPrefix(local, "mailer-daemon") || strings.HasSuffix(local, "-mailer-daemon")
}

// serverSigns is what in a mail's header says that a server has written it.
type serverSigns struct {
	daemon    bool // From, by its address or its name
	null      bool // Return-Path: <>, RFC 5321 section 4.5.5
	automatic bool // Auto-Submitted, RFC 3834 section 5
	subject   bool // it begins as servers' subjects do: no "Re:" or "Fwd:" of a person before it
	report    bool // the whole mail is a multipart/report
	failed    []Address
}

func (s serverSigns) any() bool {
	return s.daemon || s.null || s.automatic || s.subject || s.report || len(s.failed) > 0
}

func (m *Message) serverSigns() serverSigns {
	s := serverSigns{daemon: daemon(m.From.Address) || startsWithAny(sameLower(m.From.Name), daemonNames), subject: IsDeliverySubject(m.Subject)}
	for i := range m.Fields {
		switch f := &m.Fields[i]; strings.ToLower(f.Name) {
		case "x-failed-recipients": // Exim, Gmail
			if s.failed == nil {
				s.failed = parseAddresses(f.raw)
			}
		case "from":
			s.null = s.null || f.raw == "<>" // some servers have no name at all
		case "return-path":
			s.null = s.null || strings.ReplaceAll(f.Value, " ", "") == "<>"
		case "auto-submitted":
			s.automatic = s.automatic || strings.HasPrefix(strings.ToLower(strings.TrimSpace(f.Value)), "auto-")
		case "content-type":
			s.report = s.report || strings.HasPrefix(strings.ToLower(f.Value), "multipart/report")
		}
	}
	return s
}

// proseReport completes Report from what a server says in prose, or makes it from that. It looks only at mail that a server has sent by other
// signs as well: a person may ask about such a sentence, or forward it.
func (m *Message) proseReport(b body) {
	signs := m.serverSigns()
	if m.Report != nil && m.Report.Kind == "delivery-status" && !signs.any() {
		// A person has forwarded a report, and the program took its parts along as they were (Gmail does).
		m.Report = nil
		return
	}
	if m.Report == nil && m.proseReceipt() {
		m.Report = &DeliveryReport{Kind: "disposition-notification", Action: "displayed"}
	}
	switch {
	case m.Report == nil && !signs.any():
		return
	case m.Report == nil || m.Report.Kind == "delivery-status" || m.Report.Kind == "":
		m.proseDelivery(signs, b)
	}
	if m.Report != nil && m.Report.OriginalMessageID == "" {
		m.Report.OriginalMessageID = m.reportedID(b)
	}
}

// reportWords says in words what a report's machine-readable part tells, for a report that has no other text.
func (m *Message) reportWords() string {
	if m.Report == nil || m.Report.Kind != "delivery-status" {
		return ""
	}
	var sb strings.Builder
	for _, r := range m.Report.Recipients {
		for _, part := range []struct{ name, value string }{{"Recipient", r.Recipient}, {"Action", r.Action}, {"Status", r.Status}, {"Diagnostic", r.Diagnostic}} {
			if part.value != "" {
				sb.WriteString(part.name + ": " + part.value + "\n")
			}
		}
	}
	return sb.String()
}

// reportedID looks for the id of the mail that a report is about where no returned header has named it: in the copy that the text quotes, and in
// the threading fields, which Exchange and Gmail fill (RFC 3834 section 3.1.5 asks for both).
func (m *Message) reportedID(b body) string {
	if b.returnedID != "" {
		return b.returnedID
	}
	if id := returnedID.FindStringSubmatch(m.Text[:min(len(m.Text), 4*bounceBytes)]); id != nil {
		return firstID(id[1])
	}
	switch {
	case len(m.InReplyTo) > 0:
		return m.InReplyTo[0]
	case len(m.References) > 0:
		return m.References[len(m.References)-1]
	}
	return ""
}

// proseReceipt tells the read receipts that Outlook, Notes and Thunderbird write as plain mail: a fixed subject with a fixed sentence.
func (m *Message) proseReceipt() bool {
	if !startsWithAny(strings.TrimSpace(sameLower(m.Subject)), receiptSubjects) {
		return false
	}
	text := strings.Join(strings.Fields(sameLower(m.Text[:min(len(m.Text), 4<<10)])), " ")
	return containsAny(text[:min(len(text), 1000)], receiptSentences)
}

// saying is a server's prose: lines with single spaces, without empty ones; flat and lower are the same bytes on one line.
type saying struct {
	lines, flat, lower string
}

func newSaying(text string) saying {
	var sb strings.Builder
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.ReplaceAll(strings.TrimLeft(line, "> \t|"), "’", "'"))
		if len(words) == 0 {
			continue
		}
		if sb.Len() > 0 {
			sb.WriteByte('\n')
		}
		sb.WriteString(strings.Join(words, " "))
	}
	s := saying{lines: sb.String()}
	s.flat = strings.ReplaceAll(s.lines, "\n", " ")
	s.lower = sameLower(s.flat)
	return s
}

// proseDelivery reads of a failure or a delay.
func (m *Message) proseDelivery(signs serverSigns, b body) {
	r := m.Report
	if r != nil && r.Recipient != "" && r.Status != "" {
		return
	}
	text := m.Text[:min(len(m.Text), bounceBytes)]
	said, copied := text, ""
	if at := copyMarks.FindStringIndex(text); at != nil && at[0] > 0 {
		said, copied = text[:at[0]], text[at[1]:]
	}
	say := newSaying(said)
	action, at := say.happened(sameLower(m.Subject))
	replied := smtpReply.MatchString(say.flat)
	if r == nil {
		// A server's name and its sentence; or the null sender of any machine, its sentence, and what only servers write beside it: their subject,
		// or a remote server's reply. Other machines have the null sender too, and say that something "has been returned".
		machine := signs.null || signs.automatic
		switch {
		case len(signs.failed) > 0:
		case signs.daemon && (at >= 0 || signs.subject || replied):
		case machine && at >= 0 && (signs.subject || replied):
		case machine && signs.subject && replied:
		case at >= 0 && signs.subject && replied && copied != "" && !strings.Contains(say.flat, "?"): // a server that hides itself; a person would ask
		default:
			return
		}
		r = &DeliveryReport{Kind: "delivery-status"}
		m.Report = r
	}
	if r.Action == "" {
		if r.Action = action; action == "" {
			r.Action = "failed"
		}
	}
	if len(r.Recipients) > 0 && r.Recipient != "" { // a report that lacks nothing but its status
		if r.Status = say.statusNear(r.Recipient, r.Action); r.Recipients[0].Status == "" {
			r.Recipients[0].Status = r.Status
		}
		return
	}
	found := say.recipients(at, m.notRecipients())
	if len(signs.failed) > 0 {
		found = nil
		for _, a := range signs.failed {
			found = append(found, recipientPlace{a.Address, strings.Index(say.flat, a.Address)})
		}
	}
	if len(found) == 0 {
		if to := m.addressedTo(copied, text); to != "" {
			found = []recipientPlace{{address: to, at: -1}}
		}
	}
	stated := r.Status
	r.Recipients = nil
	for i, p := range found {
		if i == maxRecipients {
			break
		}
		rest := say.after(p, found[i+1:], at)
		one := RecipientStatus{Recipient: p.address, Action: r.Action, Status: proseStatus(rest, r.Action), Diagnostic: diagnostic(rest[:min(len(rest), 500)])}
		r.Recipients = append(r.Recipients, one)
	}
	if len(r.Recipients) == 0 {
		rest := say.flat[max(at, 0):]
		r.Recipients = []RecipientStatus{{Action: r.Action, Diagnostic: diagnostic(rest[:min(len(rest), 500)])}}
	}
	first := &r.Recipients[0]
	if first.Status == "" && len(r.Recipients) == 1 {
		first.Status = proseStatus(say.flat, r.Action) // it may stand before the address
	}
	if stated != "" {
		first.Status = stated
	}
	r.Recipient, r.Status = first.Recipient, first.Status
	if r.Diagnostic == "" {
		r.Diagnostic = first.Diagnostic
	} else {
		first.Diagnostic = r.Diagnostic
	}
}

// maxRecipients bounds how many are read from prose.
const maxRecipients = 50

// recipientPlace is where in the flat text an address stands that a mail could not be delivered to; -1 if nowhere.
type recipientPlace struct {
	address string
	at      int
}

// happened finds the sentence that says what became of the mail. "Not yet delivered, and it will be returned if" is a delay; "it was delayed, and
// now I have given up" is a failure.
func (s saying) happened(subject string) (action string, at int) {
	failed, delayed := firstOfAny(s.lower, bounceStarts), firstOfAny(s.lower, delayStarts)
	switch {
	case delayed >= 0 && !containsAny(s.lower, finalWords):
		if failed >= 0 && failed < delayed {
			return "delayed", failed // the address follows the first of the two
		}
		return "delayed", delayed
	case failed >= 0 && containsAny(subject, delaySubjects) && !containsAny(s.lower, finalWords):
		return "delayed", failed
	case failed >= 0:
		return "failed", failed
	case delayed >= 0:
		return "failed", delayed
	}
	if delivered := firstOfAny(s.lower, deliveredStarts); delivered >= 0 {
		return "delivered", delivered
	}
	if containsAny(subject, delaySubjects) {
		return "delayed", -1
	}
	return "", -1
}

// notRecipients are addresses that stand in a bounce without having failed: its own sender, and whom it was sent to.
func (m *Message) notRecipients() map[string]bool {
	not := map[string]bool{strings.ToLower(m.From.Address): true}
	for _, to := range m.To {
		not[strings.ToLower(to.Address)] = true
	}
	return not
}

// recipients finds the addresses that a server says it could not deliver to: the first one after its sentence (or the first that is called the
// recipient), and those that begin a line of their own after it.
func (s saying) recipients(at int, not map[string]bool) []recipientPlace {
	var found []recipientPlace
	seen := map[string]bool{}
	ok := func(address string) bool {
		lower := strings.ToLower(address)
		return !not[lower] && !seen[lower] && !daemon(lower) && strings.Contains(address, "@")
	}
	add := func(address string, at int) {
		seen[strings.ToLower(address)] = true
		found = append(found, recipientPlace{address, at})
	}
	from := max(at, 0)
	if at < 0 {
		for _, hit := range labelled.FindAllStringSubmatchIndex(s.flat, 20) {
			if address := cleanAddress(s.flat[hit[2]:hit[3]]); ok(address) {
				add(address, hit[2])
				from = hit[2]
				break
			}
		}
	}
	for offset := from; offset < len(s.lines) && len(found) < maxRecipients; {
		end := len(s.lines)
		if i := strings.IndexByte(s.lines[offset:], '\n'); i >= 0 {
			end = offset + i
		}
		line := s.lines[offset:end]
		for _, hit := range bounceAddress.FindAllStringIndex(line, 8) {
			address := cleanAddress(line[hit[0]:hit[1]])
			if !ok(address) || strings.HasSuffix(strings.ToLower(strings.TrimRight(line[:hit[0]], "< ")), "message-id:") {
				continue
			}
			// The first may stand anywhere; further ones must head their own line, since servers' sentences name other addresses too.
			if len(found) == 0 && offset-from < 4<<10 || strings.Trim(line[:hit[0]], " <>'\"([{*-•:;,.") == "" {
				add(address, offset+hit[0])
				break
			}
		}
		offset = end + 1
	}
	if len(found) == 0 && at > 0 { // "<ann@clinic.example>: could not be delivered"
		for _, hit := range bounceAddress.FindAllStringIndex(s.flat[:at], 50) {
			if address := cleanAddress(s.flat[hit[0]:hit[1]]); ok(address) {
				add(address, hit[0])
				break
			}
		}
	}
	return found
}

// cleanAddress takes off what prose puts around an address.
func cleanAddress(s string) string {
	s = strings.Trim(s, "'*=-")
	for _, scheme := range []string{"mailto:", "smtp:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
		}
	}
	return strings.TrimRight(s, ".")
}

// after is what a server says of one recipient: the text from behind its address up to the next one's.
func (s saying) after(p recipientPlace, next []recipientPlace, at int) string {
	if p.at < 0 {
		return s.flat[max(at, 0):]
	}
	end := len(s.flat)
	for _, n := range next {
		if n.at > p.at {
			end = n.at
			break
		}
	}
	rest := strings.TrimLeft(s.flat[min(p.at+len(p.address), end):end], ">)]:'\" ,;")
	if end < len(s.flat) {
		rest = strings.TrimRight(rest, " <([{'\"*-•") // what stands before the next address
	}
	return rest
}

func (s saying) statusNear(address, action string) string {
	if i := strings.Index(s.flat, address); i >= 0 {
		if status := proseStatus(s.flat[i:], action); status != "" {
			return status
		}
	}
	return proseStatus(s.flat, action)
}

// addressedTo is whom the returned copy was sent to, if that is one address only.
func (m *Message) addressedTo(copied, text string) string {
	not := m.notRecipients()
	for _, part := range []string{copied, text} {
		for _, hit := range returnedTo.FindAllStringSubmatch(part, 5) {
			all := parseAddresses(afterSemicolonIfTyped(hit[1]))
			if len(all) == 1 && strings.Contains(all[0].Address, "@") && !not[strings.ToLower(all[0].Address)] && !daemon(all[0].Address) {
				return all[0].Address
			}
		}
	}
	return ""
}

func afterSemicolonIfTyped(s string) string {
	if kind, rest, ok := strings.Cut(s, ";"); ok && strings.EqualFold(strings.TrimSpace(kind), "rfc822") {
		return rest
	}
	return s
}

func firstOfAny(lower string, starts []string) int {
	at := -1
	for _, s := range starts {
		if i := strings.Index(lower, s); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	return at
}

func containsAny(lower string, words []string) bool {
	for _, w := range words {
		if strings.Contains(lower, w) {
			return true
		}
	}
	return false
}

func startsWithAny(lower string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(lower, w) {
			return true
		}
	}
	return false
}

// sameLower is s in lower case, byte for byte in the same places: a letter whose small form is of another length stays as it is.
func sameLower(s string) string {
	return strings.Map(func(r rune) rune {
		if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
			return l
		}
		return r
	}, s)
}

func firstID(v string) string {
	if ids := parseIDs(v); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// IsDaemon tells an address under which servers write, such as MAILER-DAEMON's, from one of a person.
func IsDaemon(address string) bool { return daemon(address) }

// IsDeliverySubject tells whether a subject begins as those of servers that report about a delivery do, in any of the languages that they write.
// A person's answer to such a mail, or a forward of it, begins otherwise.
func IsDeliverySubject(subject string) bool {
	return startsWithAny(strings.TrimLeft(sameLower(subject), " *[({<!-="), bounceSubjects)
}

// IsDelaySubject tells whether a server's subject speaks of a delay.
func IsDelaySubject(subject string) bool { return containsAny(sameLower(subject), delaySubjects) }
