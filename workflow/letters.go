package workflow

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
	"caseconsultant/workflow/identifiers"
	"caseconsultant/workflow/licence"
)

// composed is a mail ready to be kept: its bytes, and how the conversation shows it.
type composed struct {
	delivery casefile.NewDelivery
	raw      []byte
}

// automaticLetter composes the automatic mail that answers a message, or nil if none is due: the sender may not be
// answered, it was a mere thank-you, or it added to a case that a consultant has anyway.
func (l *Line) automaticLetter(view *casefile.View, p *casefile.Pending, reading codes.Reading, checked findings, words quoted, due time.Time) (*composed, error) {
	if !p.Answerable || p.Intent == intentThanks || answeredAlready(view, p.ID) {
		return nil, nil
	}
	// What late documents add is told once: a summary more, of all that is known now.
	if p.Again && (len(p.Mentions) == 0 || automaticMails(view, p.ID) > 1) {
		return nil, nil
	}
	fresh := p.Opened || l.bringsNewCodes(view, p)
	reopens := view.State == casefile.Answered || view.State == casefile.Closed
	if !fresh && !reopens {
		return nil, nil
	}
	kind := casefile.Acknowledgement
	var content mailout.Content
	var err error
	if fresh && len(p.Mentions) > 0 {
		kind = casefile.Summary
		content, err = l.opts.Letters.Summary(l.summary(view, p, reading, checked, words, due))
	} else {
		content, err = l.opts.Letters.Acknowledgement(l.acknowledgement(view, p, reading, due, reopens))
	}
	if err != nil {
		return nil, fmt.Errorf("write the %s of case %d: %w", kind, view.ID, err)
	}
	return l.compose(view, &p.Message, kind, 0, content)
}

// findings are what the checks said of one message. Those of the case's other messages have no place in a letter that
// answers this one: its sender may have joined without proof.
type findings struct {
	found []finding.Finding
	not   []finding.NotChecked
}

// answeredAlready tells whether a consultant has answered, or asked back, with this message before them: it was read
// then, though its steps ended later.
func answeredAlready(view *casefile.View, messageID int64) bool {
	return slices.ContainsFunc(view.Deliveries, func(d casefile.Delivery) bool {
		return (d.Kind == casefile.Answer || d.Kind == casefile.AskBack) && d.MessageID >= messageID
	})
}

// automaticMails counts those that answer a message.
func automaticMails(view *casefile.View, messageID int64) (n int) {
	for _, d := range view.Deliveries {
		if d.MessageID == messageID && (d.Kind == casefile.Summary || d.Kind == casefile.Acknowledgement) {
			n++
		}
	}
	return n
}

// bringsNewCodes tells whether a follow-up names a code that the case did not have.
func (l *Line) bringsNewCodes(view *casefile.View, p *casefile.Pending) bool {
	had := make(map[string]bool)
	for _, m := range view.Messages {
		if m.ID != p.ID && m.Direction == casefile.In {
			for _, mention := range m.Mentions {
				had[string(mention.System)+mention.Code] = true
			}
		}
	}
	return slices.ContainsFunc(p.Mentions, func(m casefile.Mention) bool { return !had[string(m.System)+m.Code] })
}

// compose makes the bytes of a letter that answers a message of the case.
func (l *Line) compose(view *casefile.View, answered *casefile.Message, kind casefile.DeliveryKind, user int64, content mailout.Content) (*composed, error) {
	mailbox := l.mailbox(view.Mailbox)
	to := answered.Sender
	if to.Address == "" {
		to = view.Asker
	}
	_, domain, _ := strings.Cut(mailbox.Address, "@")
	letter := mailout.Letter{
		MessageID: mailout.NewMessageID(domain), Date: l.db.Now(),
		From:       mailout.Address{Name: l.opts.FirmName, Address: mailbox.Address},
		To:         []mailout.Address{{Name: to.Name, Address: to.Address}},
		Subject:    content.Subject,
		InReplyTo:  answered.HeaderID,
		References: answered.Parsed.References,
		Loop:       l.db.LookupHash("loop", "installation"),
		Text:       content.Text, HTML: content.HTML,
	}
	automatic := user == 0
	if automatic {
		letter.Automatic = mailout.AutoReplied
	}
	raw, err := mailout.Compose(letter)
	if err != nil {
		return nil, fmt.Errorf("compose the %s of case %d: %w", kind, view.ID, err)
	}
	return &composed{raw: raw, delivery: casefile.NewDelivery{
		Kind: kind, MessageID: answered.ID, UserID: user, Mailbox: view.Mailbox, HeaderID: letter.MessageID, Automatic: automatic,
		Envelope: casefile.Envelope{From: mailbox.Address, To: letter.Recipients()},
		Sender:   casefile.Person{Name: l.opts.FirmName, Address: mailbox.Address}, To: []casefile.Person{to}, Subject: content.Subject, Text: content.Text,
	}}, nil
}

// letterCase is what every letter of the case bears. A subject that may identify a patient is not sent back.
func letterCase(view *casefile.View, answered *casefile.Message) mailout.Case {
	return mailout.Case{Reference: view.Ref, Subject: answered.Subject, HideSubject: len(identifiers.Find(answered.Subject)) > 0}
}

func (l *Line) next(view *casefile.View, due time.Time) mailout.Next {
	return mailout.Next{Due: due.In(l.queue(l.mailbox(view.Mailbox).Queue).Hours.Zone())}
}

func (l *Line) acknowledgement(view *casefile.View, p *casefile.Pending, reading codes.Reading, due time.Time, reopens bool) mailout.Acknowledgement {
	a := mailout.Acknowledgement{Case: letterCase(view, &p.Message), Next: l.next(view, due), Problems: mailProblems(p)}
	if reopens {
		a.Headline = "We have your follow-up and have opened your case again."
	}
	if p.Encrypted != "" && len(p.Mentions) == 0 {
		return encryptedNote(a, p.Encrypted)
	}
	for _, file := range p.Attachments {
		a.Received = append(a.Received, attachmentWords(file))
	}
	lines, notStated := readingLines(p, reading)
	a.Reading = lines
	a.Missing = notStated
	return a
}

// encryptedNote says how to send an encrypted mail instead. No answer is promised: nobody can read the question.
func encryptedNote(a mailout.Acknowledgement, how string) mailout.Acknowledgement {
	name := "S/MIME"
	if how == "pgp" {
		name = "PGP"
	}
	a.Headline = "We cannot open your mail: it is encrypted with " + name + "."
	a.Problems = []string{"Please send your question again without encryption, as a reply to this mail: leave out names, birth dates and record numbers, " +
		"which a coding question does not need. Codes, modifiers, the date of service, the payer and the wording of a denial are enough."}
	a.Next = mailout.Next{Text: "A consultant answers once your question can be read."}
	return a
}

// attachmentWords names an attachment without its file name, which may name a patient.
func attachmentWords(a casefile.Attachment) string {
	size := fmt.Sprintf("%d KB", max(1, a.Size>>10))
	if a.Size >= 1<<20 {
		size = fmt.Sprintf("%.1f MB", float64(a.Size)/(1<<20))
	}
	return fmt.Sprintf("attachment %d (%s, %s)", a.Position, a.ContentType, size)
}

// mailProblems are those of reading the mail and its documents that the asker should know. They hold no text of either.
func mailProblems(p *casefile.Pending) []string {
	problems := slices.Clone(p.Problems)
	for _, a := range p.Attachments {
		addNew(&problems, DocumentProblems(a.Position, a.Problems, a.Recognised && a.TextBytes > 0)...)
		if a.Waiting {
			addNew(&problems, fmt.Sprintf("Attachment %d is still being read: if it names more codes, a second summary follows.", a.Position))
		}
	}
	if len(p.Mentions) >= mostMentions {
		addNew(&problems, fmt.Sprintf("It names very many codes: the first %d were read.", mostMentions))
	}
	return problems
}

func (l *Line) summary(view *casefile.View, p *casefile.Pending, reading codes.Reading, checked findings, words quoted, due time.Time) mailout.Summary {
	s := mailout.Summary{Case: letterCase(view, &p.Message), Next: l.next(view, due), Problems: mailProblems(p), Supplement: p.Again}
	s.Reading, s.NotStated = readingLines(p, reading)
	entries := entriesOf(view, p.ID)
	described := make(map[entryKey]bool)
	for _, m := range p.Mentions {
		addNew(&s.NotFound, missingCodes(m, entries)...)
		entry, ok := entries[entryKey{m.System, m.Code}]
		if !ok {
			continue
		}
		key := entryKey{m.System, m.Code}
		first := !described[key]
		code, note := letterCode(m, entry, entries, described)
		if theirs, ok := words[key]; ok && first {
			code.Descriptions = append([]mailout.Description{{Kind: codebook.KindOfficial, Text: theirs.Text, Source: theirs.Source, Copyright: theirs.Copyright}}, code.Descriptions...)
			addNew(&s.Copyright, licence.Lines(licence.Name(theirs.Licence), theirs.Copyright)...)
		}
		s.Codes = append(s.Codes, code)
		if note != "" {
			addNew(&s.CodeNotes, note)
		}
	}
	for _, f := range checked.found {
		s.Findings = append(s.Findings, mailout.Finding{Severity: mailout.SeverityOf(f.Severity), Codes: f.Codes, Text: f.Message, Sources: sources(f.Source)})
	}
	for _, n := range checked.not {
		s.NotChecked = append(s.NotChecked, n.Why)
	}
	s.ToHelp = append(s.ToHelp, s.NotStated...)
	return s
}

func sources(source string) []string {
	if source == "" {
		return nil
	}
	return []string{source}
}

// readingLines say how the mail was read, so that the asker can correct it, and what it left open.
func readingLines(p *casefile.Pending, reading codes.Reading) (lines []mailout.Reading, notStated []string) {
	labels := map[codes.Role]string{codes.RoleBilled: "Billed", codes.RoleAlternative: "Alternatives", codes.RoleDenied: "Denied",
		codes.RoleReplaced: "Replaced", codes.RoleHistory: "Earlier", codes.RoleReference: "Asked about"}
	groups := 0
	for _, m := range p.Mentions {
		groups = max(groups, m.Group)
	}
	for group := 1; group <= groups; group++ {
		for _, role := range []codes.Role{codes.RoleBilled, codes.RoleDenied, codes.RoleAlternative, codes.RoleReplaced, codes.RoleHistory, codes.RoleReference} {
			var names []string
			for _, m := range p.Mentions {
				if m.Group == group && m.Role == role {
					if name := CodeName(m); !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
			}
			if len(names) == 0 {
				continue
			}
			label := labels[role]
			if groups > 1 {
				label = fmt.Sprintf("%s, %d", label, group)
			}
			lines = append(lines, mailout.Reading{Label: label, Value: strings.Join(names, ", ")})
		}
	}
	if spoken := spokenCodes(p.Mentions); len(spoken) > 0 {
		lines = append(lines, mailout.Reading{Label: "From spoken digits", Value: strings.Join(spoken, ", "), Basis: "please look whether that is what was said"})
	}
	day, basis, stated := ServiceDate(reading, p.Case.ReceivedAt)
	if stated || len(p.Mentions) > 0 {
		lines = append(lines, mailout.Reading{Label: "Date of service", Value: mailout.DateWords(day), Basis: basis})
	}
	if !stated {
		notStated = append(notStated, "date of service")
	}
	if words, ok := payerWords[p.Payer]; ok {
		lines = append(lines, mailout.Reading{Label: "Payer", Value: words, Basis: "as we read it"})
	} else {
		notStated = append(notStated, "payer and state")
	}
	if !slices.ContainsFunc(p.Mentions, func(m casefile.Mention) bool { return m.System == codes.POS }) {
		notStated = append(notStated, "place of service")
	}
	return lines, notStated
}

// spokenCodes are the codes that were written as words, as dictation programs do: they are easily misheard, and read back.
func spokenCodes(mentions []casefile.Mention) (names []string) {
	holdsDigit := func(s string) bool { return strings.ContainsFunc(s, unicode.IsDigit) }
	for _, m := range mentions {
		if name := CodeName(m); holdsDigit(m.Code) && m.Text != "" && !holdsDigit(m.Text) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

var payerWords = map[string]string{"medicare_ffs": "Medicare (Part A/B)", "medicare_advantage": "Medicare Advantage", "medicaid": "Medicaid",
	"commercial": "commercial plan", "workers_comp": "workers' compensation", "tricare_va": "TRICARE or VA", "self_pay": "self-pay"}

type entryKey struct {
	system codes.System
	code   string
}

// entriesOf are the frozen descriptions of a message's codes.
func entriesOf(view *casefile.View, messageID int64) map[entryKey]codebook.Entry {
	entries := make(map[entryKey]codebook.Entry)
	for _, d := range view.Descriptions {
		var entry codebook.Entry
		if d.MessageID == messageID && json.Unmarshal(d.Entry, &entry) == nil {
			entries[entryKey{d.System, d.Code}] = entry
		}
	}
	return entries
}

func missingCodes(m casefile.Mention, entries map[entryKey]codebook.Entry) (missing []string) {
	for _, code := range []string{m.Code, m.RangeEnd} {
		if _, ok := entries[entryKey{m.System, code}]; !ok && code != "" {
			missing = append(missing, SystemWords(m.System)+" "+code)
		}
	}
	for _, modifier := range m.Modifiers {
		if _, ok := entries[entryKey{codes.Modifier, modifier}]; !ok {
			missing = append(missing, "modifier "+modifier)
		}
	}
	return missing
}

func addNew(list *[]string, items ...string) {
	for _, item := range items {
		if !slices.Contains(*list, item) {
			*list = append(*list, item)
		}
	}
}

// letterCode is a mention as the summary describes it; a code that stands there already is only named again. note is a
// sentence that belongs under the codes once.
func letterCode(m casefile.Mention, entry codebook.Entry, entries map[entryKey]codebook.Entry, described map[entryKey]bool) (code mailout.Code, note string) {
	code = mailout.Code{System: SystemWords(m.System), Code: m.Code, RangeEnd: m.RangeEnd, Modifiers: m.Modifiers, Units: m.Units, Title: entry.Title, Sources: sources(entry.Release)}
	code.State, note = splitStatus(entry)
	for _, modifier := range m.Modifiers {
		if e, ok := entries[entryKey{codes.Modifier, modifier}]; ok {
			code.Facts = append(code.Facts, fmt.Sprintf("modifier %s: %s", modifier, e.Title))
		}
	}
	key := entryKey{m.System, m.Code}
	if described[key] {
		return code, note
	}
	described[key] = true
	for _, d := range entry.Descriptions {
		if d.Kind == codebook.KindShort || d.Text == entry.Title {
			continue // it is the title
		}
		reviewed := d.ReviewedBy
		if reviewed == codebook.NotReviewed {
			reviewed = "" // the letter says so once, for all of them
		}
		// Statements of one kind that rest on one source are one entry.
		if n := len(code.Descriptions); n > 0 && (d.Kind == codebook.KindIncluded || d.Kind == codebook.KindSeparate) {
			if last := &code.Descriptions[n-1]; last.Kind == d.Kind && last.Source == d.Source && last.ReviewedBy == reviewed {
				last.Text = strings.TrimSuffix(last.Text, ".") + "; " + lowerFirst(d.Text)
				continue
			}
		}
		code.Descriptions = append(code.Descriptions, mailout.Description{Kind: d.Kind, Text: d.Text, Source: d.Source, Copyright: d.Copyright, ReviewedBy: reviewed})
	}
	return code, note
}

// splitStatus takes the sentence off an entry's status that is the same for every code of a book that holds no code set
// whole: it is said once for all.
func splitStatus(entry codebook.Entry) (state, note string) {
	if entry.Flags["starter"] == "" {
		return entry.Status, ""
	}
	if i := strings.LastIndex(strings.TrimSuffix(entry.Status, "."), ". "); i >= 0 {
		return entry.Status[:i+1], entry.Status[i+2:]
	}
	return entry.Status, ""
}

// lowerFirst makes a sentence go on behind another; abbreviations and names (a second capital) stay.
func lowerFirst(s string) string {
	if len(s) > 1 && 'A' <= s[0] && s[0] <= 'Z' && 'a' <= s[1] && s[1] <= 'z' || len(s) > 1 && s[:2] == "A " {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// SystemWords is a code system as people call it.
func SystemWords(system codes.System) string {
	switch system {
	case codes.CPT:
		return "CPT"
	case codes.HCPCS:
		return "HCPCS"
	case codes.ICD10CM:
		return "ICD-10-CM"
	case codes.ICD10PCS:
		return "ICD-10-PCS"
	case codes.Modifier:
		return "Modifier"
	case codes.MSDRG:
		return "MS-DRG"
	case codes.Revenue:
		return "Revenue code"
	case codes.POS:
		return "Place of service"
	case codes.CDT:
		return "CDT"
	case codes.NDC:
		return "NDC"
	}
	return string(system)
}
