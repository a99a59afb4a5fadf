package workflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river"

	"caseconsultant/mailin/document"
	"caseconsultant/mailin/message"
	"caseconsultant/mailin/screen"
	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/identifiers"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
)

// readWorker turns a kept mail into a message: of a new case, of the case that it belongs to, or of one set aside.
type readWorker struct {
	river.WorkerDefaults[ReadArgs]
	line *Line
}

// parserTries is how often a mail is given to the parser before it is read without one. A mail that kills the process
// counts too, since whoever finds its job orphaned counts a failure.
const parserTries = 3

// Timeout implements river.Worker.
func (w *readWorker) Timeout(*river.Job[ReadArgs]) time.Duration { return w.line.timeout }

// Work implements river.Worker.
func (w *readWorker) Work(ctx context.Context, job *river.Job[ReadArgs]) error {
	l := w.line
	return l.runStep(ctx, job.JobRow, func() error {
		entry, err := l.ledger.Pending(ctx, job.Args.LedgerID)
		if err != nil {
			return err
		}
		mail, err := l.readMail(ctx, entry)
		if err != nil {
			return err
		}
		defer mail.close()
		for {
			err := l.db.InTx(ctx, func(tx *store.Tx) error {
				if err := l.keepMail(ctx, tx, entry, mail); err != nil {
					return err
				}
				return complete(ctx, tx, job)
			})
			// Its double was committed between our look and our insert: now it is found.
			if !errors.Is(err, casefile.ErrDouble) {
				return err
			}
		}
	}, func(ctx context.Context, tx *store.Tx, code string) error {
		attempts, at, err := intake.CountFailure(ctx, tx, job.Args.LedgerID, code, l.opts.RetryAfter)
		if err != nil {
			return err
		}
		if gone := code == codeErased || code == codeDamaged; gone && attempts > parserTries {
			// Its bytes will never be there again: somebody has to know, and fetch it once more from the mailbox.
			l.opts.Log.ErrorContext(ctx, "A kept mail cannot be read: look at the intake page, and for the mail in the mailbox", "ledger_id", job.Args.LedgerID, "error", code)
			return intake.Settle(ctx, tx, job.Args.LedgerID, intake.FateFailed, "Its kept bytes cannot be read: "+code+".", 0, 0)
		}
		return l.enqueue(ctx, tx, ReadArgs{job.Args.LedgerID, attempts}, at)
	})
}

// readMail is a mail as the reader understood it, outside any transaction.
type readMail struct {
	*message.Message
	verdict    screen.Verdict
	trust      string
	sender     []string // why, for a person
	contentKey []byte
	spooled    map[string]spooled // attachments by their ids: an attached mail is handed on after what it carries
	problems   []string
	automatic  bool // a machine has written it, though its sender's automatic mail is taken as cases
	patient    bool // it may identify a patient
}

// spooled is an attachment in a private temporary file.
type spooled struct {
	file *os.File
	kind document.Kind // by its bytes
}

func (m *readMail) close() {
	for _, s := range m.spooled {
		s.file.Close()
	}
}

// readMail parses and screens a mail. What cannot be read becomes a message that says so; only our own faults (the
// database, the temporary folder) are errors.
func (l *Line) readMail(ctx context.Context, entry intake.Entry) (*readMail, error) {
	// Attachments go through files, texts are bounded by limits: a mail costs less memory than its size. Counting its size,
	// at most half of what there is, keeps the sum bounded and lets a lone large mail through.
	weight := min(max(entry.Size, 64<<10), l.opts.Memory/2)
	if err := l.memory.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	// Once, and at the latest when the step's time is over: a parser that hangs must not keep what the others need.
	release := sync.OnceFunc(func() { l.memory.Release(weight) })
	defer release()
	defer context.AfterFunc(ctx, release)()

	m := &readMail{spooled: make(map[string]spooled)}
	content, err := l.db.OpenContent(ctx, entry.ContentID)
	if err != nil {
		return nil, err
	}
	key, err := message.ContentKey(content)
	if err != nil {
		return nil, fmt.Errorf("hash mail %d: %w", entry.ID, err)
	}
	m.contentKey = key[:]
	if content, err = l.db.OpenContent(ctx, entry.ContentID); err != nil {
		return nil, err
	}
	if entry.Attempts >= parserTries {
		m.Message = message.Fallback(content)
		m.problems = append(m.problems, "This mail could not be taken apart; its text is shown as it came, and the original can be downloaded.")
	} else {
		spoolErr := error(nil)
		m.Message, err = l.parse(content, message.Options{Limits: l.opts.Limits, Attachment: func(a *message.Attachment, r io.Reader) error {
			spoolErr = errors.Join(spoolErr, m.spool(l.opts.SpoolDir, a, r))
			return spoolErr
		}})
		if spoolErr != nil {
			m.close()
			return nil, fmt.Errorf("keep the attachments of mail %d while it is read: %w", entry.ID, spoolErr)
		}
		if err != nil && len(m.Message.Problems) == 0 {
			m.problems = append(m.problems, "A part of this mail could not be read; the original can be downloaded.")
		}
	}
	if entry.Truncated {
		m.problems = append(m.problems, fmt.Sprintf("This mail was too large (%d bytes): only its beginning was fetched. The whole mail is still in the mailbox.", entry.ServerSize))
	}
	m.problems = append(m.problems, m.Message.Problems...)
	mailbox := l.mailbox(entry.Mailbox)
	options := screen.Options{OwnAddresses: l.ownAddresses(), LoopHeader: mailout.LoopHeader}
	first := screen.Classify(m.Message, options)
	m.automatic = first.Kind != screen.Person || first.Silent
	options.AcceptAutomatic = mailbox.AcceptAutomatic
	m.verdict = screen.Classify(m.Message, options)
	m.patient = namesAPatient(m.Message)
	m.trust = screen.Trust(m.Message, l.opts.AuthservIDs)
	if len(l.opts.AuthservIDs) == 0 && l.opts.Authenticity != nil && m.verdict.Kind == screen.Person {
		release() // the name servers may take seconds
		m.trust, m.sender = l.authenticity(ctx, entry, m.From.Address)
	}
	return m, nil
}

// authenticity is what can be proven of a mail's sender where no receiving server is believed, and the reasons.
func (l *Line) authenticity(ctx context.Context, entry intake.Entry, author string) (verdict string, evidence []string) {
	if entry.Truncated {
		return screen.TrustNone, []string{"Only the beginning of the mail was fetched, which no signature covers."}
	}
	content, err := l.db.OpenContent(ctx, entry.ContentID)
	if err != nil {
		// It was read a moment ago: if it cannot be read now, the step's own reads fail too.
		return screen.TrustNone, []string{"The mail could not be read again for verification."}
	}
	arrived := entry.InternalAt
	if arrived.IsZero() {
		arrived = entry.SeenAt
	}
	result := l.opts.Authenticity.Verify(ctx, content, author, arrived)
	return result.Verdict, result.Evidence
}

// spool takes an attachment aside while the mail passes by.
func (m *readMail) spool(dir string, a *message.Attachment, r io.Reader) error {
	kind, r, err := document.SniffStream(r, document.Hint{Filename: a.Filename, ContentType: a.ContentType})
	if err != nil {
		return err
	}
	file, err := document.Spool(dir, r)
	if err != nil {
		return err
	}
	m.spooled[a.ID] = spooled{file, kind}
	return nil
}

func (l *Line) ownAddresses() []string {
	var own []string
	for _, m := range l.opts.Mailboxes {
		own = append(own, m.Address)
	}
	return own
}

// at is when the mail was written, as far as that can be believed: not after it was seen.
func (m *readMail) at(entry intake.Entry) time.Time {
	for _, t := range []time.Time{m.Date, entry.InternalAt} {
		if !t.IsZero() && t.Before(entry.SeenAt.Add(5*time.Minute)) && t.Year() > 1990 {
			return t
		}
	}
	return entry.SeenAt
}

// keepMail writes what was read: the message, its case, the fate of the ledger's entry, and the next job.
func (l *Line) keepMail(ctx context.Context, tx *store.Tx, entry intake.Entry, m *readMail) error {
	doubleID, doubleCase, err := casefile.FindDouble(ctx, tx, m.contentKey)
	if err != nil {
		return err
	}
	if doubleID != 0 {
		if err := tx.PassKey(ctx, entry.KeyID, doubleCase); err != nil {
			return err
		}
		return intake.Settle(ctx, tx, entry.ID, intake.FateDouble, "The same mail was read before.", doubleCase, doubleID)
	}
	if m.MessageID != "" && m.verdict.Kind == screen.Person {
		// A gateway that takes our loop header off leaves our Message-ID.
		own, _, err := casefile.DeliveryByHeader(ctx, tx, m.MessageID)
		if err != nil {
			return err
		}
		if own != 0 {
			m.verdict = screen.Verdict{Kind: screen.Loop, Reason: "It is a mail of ours that has come back.", Evidence: []string{"Message-ID"}}
		}
	}
	keep := &keeping{line: l, tx: tx, entry: entry, mail: m, messageID: tx.NewID(), caseID: tx.NewID()}
	if m.verdict.Kind != screen.Person {
		return keep.setAside(ctx)
	}
	return keep.joinOrOpen(ctx)
}

// keeping is one run of keepMail.
type keeping struct {
	line      *Line
	tx        *store.Tx
	entry     intake.Entry
	mail      *readMail
	messageID int64
	caseID    int64 // reserved for the case that the mail may open
}

func (k *keeping) person() casefile.Person {
	return casefile.Person{Name: k.mail.From.Name, Address: k.mail.From.Address}
}

func (k *keeping) newCase() casefile.NewCase {
	return casefile.NewCase{ID: k.caseID, Mailbox: k.entry.Mailbox, KeyID: k.entry.KeyID, Subject: k.mail.Subject, Snippet: snippet(k.mail.Message),
		Asker: k.person(), ReceivedAt: k.entry.SeenAt}
}

func (k *keeping) newMessage() casefile.NewMessage {
	m := k.mail
	n := casefile.NewMessage{ID: k.messageID, Direction: casefile.In, LedgerID: k.entry.ID, At: m.at(k.entry), Sender: k.person(), Subject: m.Subject,
		HeaderID: m.MessageID, ContentKey: m.contentKey, RawID: k.entry.ContentID, Problems: m.problems, Screen: string(m.verdict.Kind), Trust: m.trust, Encrypted: m.Encrypted,
		Parsed: casefile.Parsed{Text: m.Text, Reply: m.Reply, Quoted: m.Quoted, Signature: m.Signature, ReplyOffsets: m.ReplyOffsets, Forward: m.Forward,
			References: m.References[max(0, len(m.References)-50):]}}
	for _, to := range slices.Concat(m.To, m.Cc) {
		n.Recipients = append(n.Recipients, casefile.Person{Name: to.Name, Address: to.Address})
	}
	return n
}

// setAside keeps a mail that asks nothing: visible, never answered. A report about a mail of ours is evidence of its
// fate.
func (k *keeping) setAside(ctx context.Context) error {
	n := k.newCase()
	var delivery, deliveryCase int64
	if report := k.mail.Report; report != nil && report.OriginalMessageID != "" {
		var err error
		if delivery, deliveryCase, err = casefile.DeliveryByHeader(ctx, k.tx, report.OriginalMessageID); err != nil {
			return err
		}
		n.LinkedCase = deliveryCase
	}
	if kind := k.mail.verdict.Kind; delivery == 0 && (kind == screen.Bounce || kind == screen.Delay) && k.mail.Report != nil && k.mail.Report.Recipient != "" {
		// Many servers give back no more than the subject, which bears the case's reference.
		numbers, _ := casefile.FindReferences(k.tx.DB(), k.mail.Subject+"\n"+k.mail.Text[:min(len(k.mail.Text), 64<<10)])
		for _, number := range numbers {
			var err error
			if delivery, deliveryCase, err = casefile.DeliveryTo(ctx, k.tx, number, k.mail.Report.Recipient); err != nil {
				return err
			}
			if delivery != 0 {
				n.LinkedCase = deliveryCase
				break
			}
		}
	}
	if delivery != 0 && k.mail.verdict.Kind == screen.Bounce {
		if err := k.bounced(ctx, delivery, deliveryCase); err != nil {
			return err
		}
	}
	if delivery != 0 && k.mail.verdict.Kind == screen.Receipt {
		if err := k.arrived(ctx, delivery, deliveryCase); err != nil {
			return err
		}
	}
	e, err := casefile.Create(ctx, k.tx, n)
	if err != nil {
		return err
	}
	if err := e.Move(casefile.SetAside); err != nil {
		return err
	}
	e.Reason = k.mail.verdict.Reason
	message := k.newMessage()
	message.Opened = true
	if err := k.addMessage(ctx, e, message); err != nil {
		return err
	}
	if err := e.Record(ctx, casefile.EventReceived, casefile.System, k.messageID, nil); err != nil {
		return err
	}
	if err := e.Record(ctx, casefile.EventSetAside, casefile.System, k.messageID, map[string]any{"kind": k.mail.verdict.Kind, "reason": k.mail.verdict.Reason,
		"evidence": k.mail.verdict.Evidence}); err != nil {
		return err
	}
	if err := e.Save(ctx); err != nil {
		return err
	}
	return intake.Settle(ctx, k.tx, k.entry.ID, intake.FateSetAside, k.mail.verdict.Reason, e.ID, k.messageID)
}

// bounced writes into the case of a mail of ours that it came back.
func (k *keeping) bounced(ctx context.Context, delivery, caseID int64) error {
	e, err := casefile.Lock(ctx, k.tx, caseID)
	if err != nil {
		return err
	}
	status := k.mail.Report.Status
	if !plainStatus(status) {
		status = "without a code"
	}
	err = e.ChangeDelivery(ctx, delivery, casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryAccepted, casefile.DeliveryUncertain, casefile.DeliverySending},
		To: casefile.DeliveryFailed, Reason: "came back: " + status, Response: k.mail.Report.Diagnostic})
	if errors.Is(err, casefile.ErrNotDue) {
		return nil // a second report about the same mail
	}
	if err != nil {
		return err
	}
	return e.Save(ctx)
}

// arrived writes into the case of a mail of ours of which nobody knew whether it arrived that it did.
func (k *keeping) arrived(ctx context.Context, delivery, caseID int64) error {
	e, err := casefile.Lock(ctx, k.tx, caseID)
	if err != nil {
		return err
	}
	err = e.ChangeDelivery(ctx, delivery, casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryUncertain},
		To: casefile.DeliveryAccepted, Reason: "a receipt for it came"})
	if errors.Is(err, casefile.ErrNotDue) {
		return nil // as most receipts: nobody doubted
	}
	if err != nil {
		return err
	}
	return e.Save(ctx)
}

// plainStatus tells whether a status code is one, since it goes into an error string.
func plainStatus(s string) bool {
	return s != "" && len(s) <= 11 && strings.Trim(s, "0123456789.") == ""
}

// joinOrOpen makes the mail a message of the case that it belongs to, or of a new one.
func (k *keeping) joinOrOpen(ctx context.Context) error {
	m := k.mail
	numbers, wrong := casefile.FindReferences(k.tx.DB(), m.Subject)
	proof, err := casefile.CountWrongReferences(ctx, k.tx, m.From.Address, wrong)
	if err != nil {
		return err
	}
	if proof.Ended {
		k.tx.AfterCommit(func() {
			k.line.opts.Log.ErrorContext(ctx, "Too many wrong case references: references alone no longer let a mail join its case, until they are looked at and forgiven",
				"everyone", proof.Everyone, "ledger_id", k.entry.ID)
		})
	}
	refers := slices.Clone(m.References)
	slices.Reverse(refers)
	refers = append(slices.Clone(m.InReplyTo), refers...)
	place, err := casefile.Thread(ctx, k.tx, casefile.Naming{Participant: m.From.Address, Own: m.MessageID, Refers: refers, Subject: m.Subject,
		Numbers: numbers, NumbersOnlyLink: !proof.Counts, MayJoin: m.trust != trustFail}, k.caseID)
	if err != nil {
		return err
	}
	fate := intake.FateJoined
	var e *casefile.Edit
	if place.CaseID != 0 {
		if e, err = casefile.Lock(ctx, k.tx, place.CaseID); err != nil {
			return err
		}
		erased, err := e.Erased(ctx)
		if err != nil {
			return err
		}
		if erased {
			place, e = casefile.Place{Link: place.CaseID}, nil // nothing can be kept in it any more
		}
	}
	if e != nil {
		err = k.join(ctx, e, refers)
	} else {
		fate = intake.FateCase
		e, err = k.open(ctx, place.Link)
	}
	if err != nil {
		return err
	}
	if m.patient {
		e.Flag(casefile.PossiblePHI, true)
	}
	extract, at := ExtractArgs{MessageID: k.messageID}, time.Time{}
	if k.documents() {
		at = k.tx.Now.Add(k.line.opts.DocumentWait)
	}
	if err := k.line.enqueue(ctx, k.tx, extract, at); err != nil {
		return err
	}
	if err := e.Save(ctx); err != nil {
		return err
	}
	reason := ""
	if k.entry.Truncated {
		fate, reason = intake.FateTooLarge, "Only the beginning of the mail was fetched."
	}
	return intake.Settle(ctx, k.tx, k.entry.ID, fate, reason, e.ID, k.messageID)
}

// namesAPatient tells whether what belongs to the question may identify a patient. It is asked before the transaction:
// of a long text it takes seconds.
func namesAPatient(m *message.Message) bool {
	texts := []string{m.Subject, m.Reply}
	if m.Forward {
		texts = append(texts, m.Quoted)
	}
	return slices.ContainsFunc(texts, textNamesAPatient)
}

func textNamesAPatient(text string) bool {
	const piece = 32 << 10 // the first hit is enough, and it mostly stands near the top
	for len(text) > 0 {
		end := len(text)
		if end > piece {
			if end = strings.LastIndexByte(text[:piece], '\n') + 1; end == 0 {
				end = piece
			}
		}
		if slices.ContainsFunc(identifiers.Find(text[:end]), ofAPatient) {
			return true
		}
		text = text[end:]
	}
	return false
}

// ofAPatient tells an identifier that speaks of a patient from one that every mail bears: senders write their own
// telephone numbers and addresses.
func ofAPatient(f identifiers.Finding) bool {
	return f.Kind != identifiers.Phone && f.Kind != identifiers.Email && f.Kind != identifiers.Address
}

const trustFail = "fail"

func (k *keeping) open(ctx context.Context, link int64) (*casefile.Edit, error) {
	n := k.newCase()
	n.LinkedCase = link
	e, err := casefile.Create(ctx, k.tx, n)
	if err != nil {
		return nil, err
	}
	message := k.newMessage()
	message.Opened, message.Answerable = true, k.answerable()
	k.firstStep(&message)
	if err := k.addMessage(ctx, e, message); err != nil {
		return nil, err
	}
	if k.mail.From.Address != "" {
		if err := e.Admit(ctx, k.person(), k.mail.trust); err != nil {
			return nil, err
		}
	}
	if k.mail.trust == trustFail {
		e.Flag(casefile.UnverifiedSender, true)
	}
	if err := e.Record(ctx, casefile.EventReceived, casefile.AskerSelf, k.messageID, nil); err != nil {
		return nil, err
	}
	if link != 0 {
		if err := e.Record(ctx, casefile.EventLinked, casefile.System, link, nil); err != nil {
			return nil, err
		}
	}
	return e, k.recordRead(ctx, e)
}

func (k *keeping) join(ctx context.Context, e *casefile.Edit, refers []string) error {
	message := k.newMessage()
	message.Answerable = k.answerable()
	k.firstStep(&message)
	if err := k.addMessage(ctx, e, message); err != nil {
		return err
	}
	if k.mail.trust != "pass" {
		e.Flag(casefile.UnverifiedSender, true)
	}
	if err := e.Record(ctx, casefile.EventJoined, casefile.AskerSelf, k.messageID, nil); err != nil {
		return err
	}
	// Who answers a mail of ours has got it.
	delivery, err := casefile.UncertainByHeader(ctx, k.tx, e.ID, refers)
	if err != nil {
		return err
	}
	if delivery != 0 {
		if err := e.ChangeDelivery(ctx, delivery, casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryUncertain},
			To: casefile.DeliveryAccepted, Reason: "its recipient answered it"}); err != nil && !errors.Is(err, casefile.ErrNotDue) {
			return err
		}
	}
	return k.recordRead(ctx, e)
}

func (k *keeping) recordRead(ctx context.Context, e *casefile.Edit) error {
	detail := make(map[string]any)
	if len(k.mail.problems) > 0 {
		detail["problems"] = k.mail.problems
	}
	if k.mail.automatic {
		detail["reason"] = k.mail.verdict.Reason // why nobody gets an automatic mail for it
	}
	if len(k.mail.sender) > 0 {
		detail["sender"] = k.mail.sender
	}
	if len(detail) == 0 {
		return e.Record(ctx, casefile.EventRead, casefile.System, k.messageID, nil)
	}
	return e.Record(ctx, casefile.EventRead, casefile.System, k.messageID, detail)
}

// answerable tells whether an automatic mail may answer this one. No automatic mail answers an automatic one (RFC 3834),
// even where it is a case by configuration.
func (k *keeping) answerable() bool {
	address := k.mail.From.Address
	return !k.mail.automatic && !k.entry.Late && k.mail.trust != trustFail && k.entry.Attempts < parserTries && strings.Contains(address, "@") && !strings.ContainsAny(address, " \t\r\n<>\"")
}

func (k *keeping) addMessage(ctx context.Context, e *casefile.Edit, n casefile.NewMessage) error {
	if err := e.AddMessage(ctx, n); err != nil {
		return err
	}
	if n.ID != k.messageID {
		return nil
	}
	if err := k.tx.PassKey(ctx, k.entry.KeyID, e.ID); err != nil {
		return err
	}
	asked := n.Step == casefile.StepExtract && k.line.opts.Documents != nil
	for i, a := range k.mail.Attachments {
		kept := casefile.Attachment{Position: int64(i + 1), Filename: a.Filename, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256, Inline: a.Inline}
		var r io.Reader
		if s, ok := k.mail.spooled[a.ID]; ok {
			if _, err := s.file.Seek(0, io.SeekStart); err != nil { // a transaction may run again
				return fmt.Errorf("read a spooled attachment: %w", err)
			}
			r = s.file
			if WorthReading(a, s.kind) {
				kept.Kind, kept.Waiting = string(s.kind), asked
			}
		}
		id, err := e.AddAttachment(ctx, k.messageID, kept, r)
		if err != nil {
			return err
		}
		if kept.Waiting {
			if err := k.line.enqueue(ctx, k.tx, DocumentArgs{AttachmentID: id}, time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// documents tells whether the mail has attachments that extract should wait for.
func (k *keeping) documents() bool {
	return k.line.opts.Documents != nil && slices.ContainsFunc(k.mail.Attachments, func(a message.Attachment) bool {
		return WorthReading(a, k.mail.spooled[a.ID].kind)
	})
}

// WorthReading tells a document from what decorates a mail. A mail attached as such is part of the mail's own text.
func WorthReading(a message.Attachment, kind document.Kind) bool {
	switch {
	case kind == document.None:
		return false
	case kind == document.Mail:
		return a.ContentType != "message/rfc822" && a.ContentType != "message/global"
	case kind == document.Image && a.Inline:
		const logo = 8 << 10 // a signature's picture; a pasted page is larger
		return a.Size > logo
	}
	return true
}

// firstStep is the message's first step and from when on it is due: at once, or when its documents have had their time.
func (k *keeping) firstStep(n *casefile.NewMessage) {
	n.Step = casefile.StepExtract
	if k.documents() {
		n.StepAt = k.tx.Now.Add(k.line.opts.DocumentWait)
	}
}

// snippet is the first words of what the sender newly wrote, or of what was forwarded.
func snippet(m *message.Message) string {
	text := m.Reply
	if strings.TrimSpace(text) == "" {
		text = m.Text
	}
	const most = 160
	words := strings.Join(strings.Fields(text[:min(len(text), 4*most)]), " ")
	if len(words) <= most {
		return strings.ToValidUTF8(words, "")
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(words[cut]) {
		cut--
	}
	return strings.ToValidUTF8(words[:cut], "") + "…"
}
