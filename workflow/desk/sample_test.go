package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
	"caseconsultant/workflow/store"
)

// sampleMail is one mail from which a case is made, as the steps of the workflow would.
type sampleMail struct {
	From, Address, Subject, Body string
	Quoted, Signature            string
	Forward                      bool
	Age, Due                     time.Duration // received so long ago, due in
	Codes                        []string      // "cpt:31297-50": found in the body, or else in the subject
	Findings                     []finding.Finding
	NotChecked                   []finding.NotChecked
	Topics                       []string
	Payer, Service, Kind, Trust  string
	Problems                     []string
	Files                        map[string]string
	Texts                        map[string]casefile.Document // what was read of a file; its codes are cpt
	Screen                       string
	Reason                       string
	State                        casefile.State
	Flags                        []casefile.Flag
	Summary                      string
}

func (b *bundle) mail(t testing.TB, m sampleMail) string {
	t.Helper()
	ctx := context.Background()
	now := b.now()
	var ref string
	err := b.db.InTx(ctx, func(tx *store.Tx) error {
		key, err := tx.NewKey(ctx)
		if err != nil {
			return err
		}
		asker := casefile.Person{Name: m.From, Address: m.Address}
		e, err := casefile.Create(ctx, tx, casefile.NewCase{ID: tx.NewID(), KeyID: key, Mailbox: "consult", Subject: m.Subject, Snippet: firstWords(m.Body), Asker: asker, ReceivedAt: now.Add(-m.Age)})
		if err != nil {
			return err
		}
		ref = e.Ref
		if m.Due != 0 {
			e.DueAt = now.Add(m.Due)
		}
		e.Queue, e.Topics = "general", m.Topics
		if _, err := b.addMail(ctx, e, m, true, now.Add(-m.Age)); err != nil {
			return err
		}
		if err := e.Record(ctx, casefile.EventRouted, casefile.System, 0, nil); err != nil {
			return err
		}
		for _, flag := range m.Flags {
			e.Flag(flag, true)
		}
		state := m.State
		if state == "" {
			state = casefile.Waiting
		}
		e.Reason = m.Reason
		switch state {
		case casefile.New:
		case casefile.Answered, casefile.AskedBack:
			for _, s := range []casefile.State{casefile.Waiting, casefile.Claimed, state} {
				if err := e.Move(s); err != nil {
					return err
				}
			}
		case casefile.Closed:
			for _, s := range []casefile.State{casefile.Waiting, state} {
				if err := e.Move(s); err != nil {
					return err
				}
			}
		default:
			if err := e.Move(state); err != nil {
				return err
			}
		}
		return e.Save(ctx)
	})
	if err != nil {
		t.Fatalf("make a sample case: %v", err)
	}
	return ref
}

// follow adds a further mail to a case.
func (b *bundle) follow(t testing.TB, ref string, m sampleMail) int64 {
	t.Helper()
	ctx := context.Background()
	var id int64
	err := b.db.InTx(ctx, func(tx *store.Tx) error {
		e, err := casefile.LockRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		if id, err = b.addMail(ctx, e, m, false, b.now()); err != nil {
			return err
		}
		return e.Save(ctx)
	})
	if err != nil {
		t.Fatalf("add a mail to a case: %v", err)
	}
	return id
}

func (b *bundle) addMail(ctx context.Context, e *casefile.Edit, m sampleMail, opened bool, at time.Time) (int64, error) {
	tx := e.Tx()
	id := tx.NewID()
	raw := "From: " + m.Address + "\r\nSubject: " + m.Subject + "\r\n\r\n" + m.Body
	rawID, _, err := tx.WriteContent(ctx, e.KeyID(), strings.NewReader(raw))
	if err != nil {
		return 0, err
	}
	screen := m.Screen
	if screen == "" {
		screen = "person"
	}
	if err := e.AddMessage(ctx, casefile.NewMessage{ID: id, Direction: casefile.In, At: at, Sender: casefile.Person{Name: m.From, Address: m.Address},
		Recipients: []casefile.Person{{Address: "consult@firm.example"}}, Subject: m.Subject, HeaderID: fmt.Sprintf("<%d@clinic.example>", id), ContentKey: fmt.Appendf(nil, "%032d", id),
		RawID: rawID, Parsed: casefile.Parsed{Text: m.Body, Reply: m.Body, Quoted: m.Quoted, Signature: m.Signature, Forward: m.Forward}, Problems: m.Problems, Screen: screen, Trust: m.Trust, Opened: opened}); err != nil {
		return 0, err
	}
	if err := e.Record(ctx, casefile.EventReceived, casefile.AskerSelf, id, nil); err != nil {
		return 0, err
	}
	var mentions []codes.Mention
	position := int64(0)
	for name, content := range m.Files {
		position++
		document, read := m.Texts[name]
		kept := casefile.Attachment{Position: position, Filename: name, ContentType: "application/pdf", Size: int64(len(content)), Kind: "pdf", Waiting: read}
		attachment, err := e.AddAttachment(ctx, id, kept, strings.NewReader(content))
		if err != nil {
			return 0, err
		}
		if !read {
			continue
		}
		pending, err := casefile.LockedDocument(ctx, tx, attachment)
		if err != nil {
			return 0, err
		}
		if _, err := e.KeepDocument(ctx, pending, document); err != nil {
			return 0, err
		}
		for _, found := range codes.Find(document.Text, codes.Options{}) {
			found.Source, found.Attachment, found.Role, found.Group = "attachment:"+name, fmt.Sprint(position), codes.RoleBilled, 1
			mentions = append(mentions, found)
		}
	}
	var descriptions []casefile.Description
	at0 := 0
	for _, s := range m.Codes {
		system, label, _ := strings.Cut(s, ":")
		code, modifiers, _ := strings.Cut(label, "-")
		mention := codes.Mention{System: codes.System(system), Code: code, Text: label, Source: "reply", Group: 1, Role: codes.RoleBilled}
		if modifiers != "" {
			mention.Modifiers = strings.Split(modifiers, "-")
		}
		if i := strings.Index(m.Body[at0:], label); i >= 0 {
			mention.Start = at0 + i
			at0 = mention.Start + len(label)
		} else if i := strings.Index(m.Subject, label); i >= 0 {
			mention.Source, mention.Start = "subject", i
		} else {
			return 0, fmt.Errorf("the sample mail does not name %s", label)
		}
		mention.End = mention.Start + len(label)
		mentions = append(mentions, mention)
		e.Codes = append(e.Codes, label)
		if entry, ok := starterCodes()[code]; ok {
			encoded, err := json.Marshal(entry)
			if err != nil {
				return 0, err
			}
			descriptions = append(descriptions, casefile.Description{MessageID: id, System: mention.System, Code: code, Release: entry.Release, Entry: encoded})
		}
	}
	if len(mentions)+len(m.Findings) > 0 || m.Payer != "" {
		if err := e.KeepReading(ctx, id, codes.Reading{Mentions: mentions, Payer: m.Payer, DateOfService: m.Service, Kind: m.Kind, Topics: m.Topics}); err != nil {
			return 0, err
		}
		if err := e.KeepDescriptions(ctx, id, descriptions); err != nil {
			return 0, err
		}
		if err := e.KeepFindings(ctx, id, m.Findings, m.NotChecked); err != nil {
			return 0, err
		}
		if err := e.Record(ctx, casefile.EventExtracted, casefile.System, id, nil); err != nil {
			return 0, err
		}
	}
	if m.Summary != "" {
		if err := b.deliver(ctx, e, casefile.Summary, m.Summary, casefile.DeliveryAccepted, ""); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// deliver adds an outgoing mail and takes it to a state.
func (b *bundle) deliver(ctx context.Context, e *casefile.Edit, kind casefile.DeliveryKind, text string, to casefile.DeliveryState, reason string) error {
	held := ""
	if to == casefile.DeliveryHeld {
		held = reason
	}
	d, err := e.AddDelivery(ctx, casefile.NewDelivery{Kind: kind, Mailbox: "consult", Automatic: kind == casefile.Summary, Held: held, HeaderID: fmt.Sprintf("<%d@firm.example>", e.Tx().NewID()),
		Envelope: casefile.Envelope{From: "consult@firm.example", To: []string{e.Asker.Address}}, Raw: strings.NewReader(text),
		Sender: casefile.Person{Name: "Example Coding", Address: "consult@firm.example"}, To: []casefile.Person{e.Asker}, Subject: "Re: " + e.Subject, Text: text})
	if err != nil || to == casefile.DeliveryQueued || to == casefile.DeliveryHeld {
		return err
	}
	return e.ChangeDelivery(ctx, d.ID, casefile.DeliveryChange{To: to, Attempt: true, Reason: reason, NextAt: e.Tx().Now.Add(7 * time.Minute)})
}

func firstWords(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 120)]
}

const sampleSummary = `Medicare pays only one of 31297 and 31288 for the same sphenoid sinus on
2 March 2026, and modifier 50 does not lift that edit. A consultant will answer.

Codes
  31297-50  Widening the opening of a sphenoid sinus by dilation
  31288     Opening a sphenoid sinus and removing tissue from inside it`

// samples are mails in the spirit of those that a coding desk gets; all people and places are made up.
func samples() []sampleMail {
	return []sampleMail{
		{From: "Lee Example", Address: "lee@ent.clinic.example", Subject: "31297-50 with 31288", Trust: "pass",
			Body:  "Hello,\n\nCan 31297-50 be billed with 31288 on the same day? NCCI keeps denying it. Medicare Part B, DOS 2026-03-02.\n\nThe balloon was used on both sides, tissue came out on the right only I believe. Should it be 31288-RT then?\n\nThanks,\nLee",
			Codes: []string{"cpt:31297-50", "cpt:31288", "cpt:31288-RT"}, Age: 26 * time.Hour, Due: -90 * time.Minute, Flags: []casefile.Flag{casefile.Overdue}, Topics: []string{"ncci", "modifiers"},
			Payer: "medicare_ffs", Service: "2026-03-02", Kind: "denial", Summary: sampleSummary, Signature: "Lee Example, billing\nExample ENT, 12 Sample Road\nPhone 555-0117",
			Findings: []finding.Finding{
				{Rule: "ncci-ptp", Severity: "error", Codes: []string{"31288", "31297-50"}, Message: "Medicare pays 31288 and denies 31297 on the same day for the same sinus. They may be reported together only if the record shows separate sinuses or separate sessions; 50 already says both sides, so no other side is left.", Source: "NCCI PTP practitioner v32.0, Q1 2026"},
				{Rule: "mue", Severity: "warning", Codes: []string{"31297"}, Message: "At most 1 unit a day; both sides are one line with 50.", Source: "NCCI MUE practitioner, Q1 2026"},
				{Rule: "laterality", Severity: "info", Codes: []string{"31288"}, Message: "The mail states a side for 31288 only as a guess. The operative note settles it.", Source: "the mail itself"},
			},
			NotChecked: []finding.NotChecked{{Rule: "coverage", Why: "The state is not stated, so no local coverage rule was looked at."}, {Rule: "asc-status", Why: "The place of service is not stated."}}},
		{From: "Amira Sample", Address: "amira@family.clinic.example", Subject: "99213 or 99214?", Trust: "pass", Body: "Est pt, 34 min total on 2/10/26, one stable chronic problem, refill. I say 99214 by time, our auditor says 99213. Commercial.",
			Codes: []string{"cpt:99214", "cpt:99213"}, Age: 3 * time.Hour, Due: 75 * time.Minute, Topics: []string{"guidelines"}, Payer: "commercial", Service: "2026-02-10", Kind: "question", Summary: "..."},
		{From: "Jo Placeholder", Address: "jo@pain.clinic.example", Subject: "Denied CO-97 N20? RT/LT", Trust: "pass", Body: "We billed 64483-RT and 64483-LT on two lines 01/14/2026, ASC next door billed too. CO-151 on the second. Part B, Ohio. Appeal?",
			Codes: []string{"cpt:64483-RT", "cpt:64483-LT"}, Age: 2 * time.Hour, Due: 4 * time.Hour, Topics: []string{"modifiers", "ncci"}, Payer: "medicare_ffs", Service: "2026-01-14", Kind: "denial",
			Findings: []finding.Finding{{Rule: "bilateral", Severity: "error", Codes: []string{"64483"}, Message: "Report one line with 50 and 1 unit; the two lines total 2 against the limit of 1.", Source: "RVU26A, NCCI MUE Q1 2026"}}},
		{From: "Sasha Model", Address: "sasha@surgery.clinic.example", Subject: "URGENT surgery tomorrow 7:30", Trust: "none", Body: "Add-on case tomorrow: lap chole 47562, maybe cholangiogram 47563. Which do I put on the auth? Commercial plan, hospital outpatient.",
			Codes: []string{"cpt:47562", "cpt:47563"}, Age: 40 * time.Minute, Due: 2 * time.Hour, Topics: []string{"coverage"}, Payer: "commercial", Kind: "prior_auth", Flags: []casefile.Flag{casefile.UnverifiedSender}},
		{From: "Kim Demo", Address: "kim@ortho.clinic.example", Subject: "M54.5 rejected", Trust: "pass", Body: "Clearinghouse rejects M54.5 with M51.36 since fall, dates Nov 3 2025. Also is F32.9 still ok",
			Codes: []string{"icd10cm:M54.5", "icd10cm:M51.36", "icd10cm:F32.9"}, Age: 25 * time.Minute, Due: 7 * time.Hour, Topics: []string{"codes"}, Kind: "question", Service: "2025-11-03",
			Findings: []finding.Finding{{Rule: "not-billable", Severity: "error", Codes: []string{"M54.5"}, Message: "M54.5 is a heading since 1 October 2021; report one of its parts.", Source: "ICD-10-CM FY2026"}}},
		{From: "Robin Test", Address: "robin@ortho.clinic.example", Subject: "post op visit", Trust: "pass", Body: "Surgeon did 27447-RT on 12/15/2025. Saw her 2/20/2026 for the LEFT knee, injection 20610-LT and 99213-24-25. MA plan.",
			Codes: []string{"cpt:27447-RT", "cpt:20610-LT", "cpt:99213-24-25"}, Age: 12 * time.Minute, Due: 8 * time.Hour, Topics: []string{"modifiers"}, Payer: "medicare_advantage", Kind: "question"},
		{From: "Pat Fiction", Address: "pat@infusion.clinic.example", Subject: "Infusion math", Trust: "pass", Body: "Gave 40 mg J1885 from a 60 mg single-dose vial, code unit 15 mg, threw out the rest. Units, JW or JZ?",
			Codes: []string{"hcpcs:J1885"}, Age: 5 * time.Minute, Due: 8 * time.Hour, Topics: []string{"modifiers"}, Kind: "question"},
		{From: "Op Note", Address: "note@clinic.example", Subject: "Op note attached", Trust: "pass", Body: "What do we bill? Medicare, hospital OP, 3/5/26.", Age: 90 * time.Second, Due: 8 * time.Hour, Topics: []string{"codes"}, Payer: "medicare_ffs", Service: "2026-03-05", Kind: "chart_review",
			Files: map[string]string{"opnote.pdf": "%PDF-1.7 sample"}},
		{From: "Ned Nobody", Address: "ned@clinic.example", Subject: "Scan from device", Body: "see attached", Age: 4 * time.Hour, State: casefile.Failed, Reason: "Reading the mail failed five times: its parts are nested deeper than 20."},
		{From: "Ana Answered", Address: "ana@clinic.example", Subject: "add on 61782", Trust: "pass", Body: "Navigation 61782 with 31267-50. Is 61782 x2? Can I put 51 on it?", Codes: []string{"cpt:61782"}, Age: 50 * time.Hour, State: casefile.Answered, Topics: []string{"ncci"}},
		{From: "Cleo Closed", Address: "cleo@clinic.example", Subject: "Thanks for the help on 99214", Trust: "pass", Body: "Was 99214 right?", Codes: []string{"cpt:99214"}, Age: 200 * time.Hour, State: casefile.Closed},
		{From: "Mailer", Address: "mailer@clinic.example", Subject: "Out of office", Body: "I am away until Monday.", Age: 6 * time.Hour, State: casefile.SetAside, Reason: "an automatic reply (Auto-Submitted: auto-replied)", Screen: "auto_reply"},
		{From: "Bo Back", Address: "bo@clinic.example", Subject: "Who can sign", Trust: "pass", Body: "NP started the visit, MD finished, 20 of 45 minutes. Bill under MD?", Age: 30 * time.Hour, State: casefile.AskedBack, Topics: []string{"guidelines"}},
	}
}
