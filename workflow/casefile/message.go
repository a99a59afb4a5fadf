package casefile

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
	"caseconsultant/workflow/store"
)

// Mention is a place in a message that names a code.
type Mention = codes.Mention

// ErrDouble is returned by AddMessage when a mail with the same content key is kept already, by a transaction that
// committed meanwhile. The caller rolls back and starts again: it then finds it by FindDouble.
var ErrDouble = errors.New("the same mail is kept already")

// NewMessage is a message to be kept.
type NewMessage struct {
	ID         int64 // reserved with tx.NewID
	Direction  Direction
	LedgerID   int64
	DeliveryID int64
	At         time.Time
	Sender     Person
	Recipients []Person
	Subject    string
	HeaderID   string
	ContentKey []byte // of an incoming mail: what makes two mails the same
	RawID      int64
	Parsed     Parsed
	Problems   []string
	Screen     string
	Trust      string
	Intent     string
	Encrypted  string // "smime" or "pgp": its text cannot be read without a key
	Opened     bool
	Reopened   bool
	Answerable bool // an automatic mail may answer it
	Step       Step
	StepAt     time.Time // from when on the step is due; zero is now
}

// FindDouble returns the message and case of a mail with the same content key, or zeros.
func FindDouble(ctx context.Context, tx *store.Tx, contentKey []byte) (messageID, caseID int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id, case_id FROM messages WHERE content_key = $1`, contentHash(tx.DB(), contentKey)).Scan(&messageID, &caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look for the same mail: %w", err)
	}
	return messageID, caseID, nil
}

func contentHash(db *store.DB, key []byte) sql.NullString {
	if key == nil {
		return sql.NullString{}
	}
	return sql.NullString{String: db.LookupHash("content", string(key)), Valid: true}
}

// AddMessage keeps a message of the case.
func (e *Edit) AddMessage(ctx context.Context, m NewMessage) error {
	parsed, err := json.Marshal(m.Parsed.cleaned())
	if err != nil {
		return fmt.Errorf("write what was read of message %d: %w", m.ID, err)
	}
	parsedID, _, err := e.tx.WriteContent(ctx, e.keyID, bytes.NewReader(parsed))
	if err != nil {
		return err
	}
	seal := func(column string, v any) (sealed []byte) {
		if err == nil {
			sealed, err = sealJSON(ctx, e.tx, e.keyID, place("messages", m.ID, column), v)
		}
		return sealed
	}
	recipients := make([]Person, 0, len(m.Recipients))
	for _, r := range m.Recipients {
		// A row is no place for a list of a thousand people; the raw mail has them all.
		if len(recipients) == 200 {
			break
		}
		recipients = append(recipients, Person{clean(r.Name), clean(r.Address)})
	}
	sender := seal("sender", Person{clean(m.Sender.Name), clean(m.Sender.Address)})
	to := seal("recipients", recipients)
	subject := seal("subject", limit(clean(m.Subject)))
	headerID := seal("header_id", limit(clean(m.HeaderID)))
	problems := seal("problems", m.Problems)
	if err != nil {
		return err
	}
	if m.StepAt.IsZero() {
		m.StepAt = e.tx.Now
	}
	result, err := e.tx.ExecContext(ctx, `INSERT INTO messages (id, case_id, direction, ledger_id, delivery_id, at, sender, sender_hash, recipients, subject,
			header_id, header_id_hash, content_key, raw_id, parsed_id, problems, screen, trust, intent, opened, reopened, answerable, step, next_at, encrypted)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
		ON CONFLICT (content_key) DO NOTHING`,
		m.ID, e.ID, string(m.Direction), nullID(m.LedgerID), nullID(m.DeliveryID), m.At.UnixMilli(), sender, AddressKey(e.tx.DB(), m.Sender.Address), to, subject,
		headerID, HeaderKey(e.tx.DB(), m.HeaderID), contentHash(e.tx.DB(), m.ContentKey), nullID(m.RawID), parsedID, problems,
		m.Screen, m.Trust, m.Intent, m.Opened, m.Reopened, m.Answerable, string(m.Step), m.StepAt.UnixMilli(), m.Encrypted)
	if err != nil {
		return fmt.Errorf("keep message %d: %w", m.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrDouble)
	}
	return nil
}

// limit keeps a header value within what a row may hold; the raw mail has it whole.
func limit(s string) string {
	const most = 8 << 10
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + " …"
}

func (p Parsed) cleaned() Parsed {
	p.Text, p.Reply, p.Quoted, p.Signature = clean(p.Text), clean(p.Reply), clean(p.Quoted), clean(p.Signature)
	return p
}

// AddAttachment keeps a file that came with a message. r holds its decoded bytes; it may be nil when they were over a
// limit and only the name is known. With Waiting it is to be read as a document; the id is what asks for it.
func (e *Edit) AddAttachment(ctx context.Context, messageID int64, a Attachment, r io.Reader) (id int64, err error) {
	id = e.tx.NewID()
	var contentID int64
	if r != nil {
		if contentID, a.Size, err = e.tx.WriteContent(ctx, e.keyID, r); err != nil {
			return 0, err
		}
	}
	filename, err := e.tx.Seal(ctx, e.keyID, place("attachments", id, "filename"), []byte(limit(clean(a.Filename))))
	if err != nil {
		return 0, err
	}
	step, digest := "", ""
	if a.Waiting && contentID != 0 {
		step = "document"
	}
	if a.SHA256 != "" {
		digest = e.tx.DB().LookupHash("document", a.SHA256)
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO attachments (id, case_id, message_id, position, filename, content_type, size, content_id, kind, digest, step, next_at, shown_inline)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`, id, e.ID, messageID, a.Position, filename, limit(clean(a.ContentType)), a.Size, nullID(contentID),
		a.Kind, digest, step, e.tx.Now.UnixMilli(), a.Inline); err != nil {
		return 0, fmt.Errorf("keep an attachment of message %d: %w", messageID, err)
	}
	return id, nil
}

const messageColumns = `m.id, m.case_id, m.direction, m.delivery_id, m.at, m.sender, m.recipients, m.subject, m.header_id, m.raw_id, m.parsed_id, m.problems,
	m.screen, m.trust, m.intent, m.kind, m.payer, m.date_of_service, m.opened, m.reopened, m.step, m.error, m.again, m.encrypted`

// scanMessage reads messageColumns; the parsed text lies in a content of its own.
func scanMessage(ctx context.Context, o opener, row scanner, keyID int64, m *Message) (parsedID int64, err error) {
	var direction, step string
	var at int64
	var delivery, raw, parsed sql.NullInt64
	var sender, recipients, subject, headerID, problems []byte
	if err := row.Scan(&m.ID, &m.CaseID, &direction, &delivery, &at, &sender, &recipients, &subject, &headerID, &raw, &parsed, &problems,
		&m.Screen, &m.Trust, &m.Intent, &m.Kind, &m.Payer, &m.DateOfService, &m.Opened, &m.Reopened, &step, &m.Error, &m.Again, &m.Encrypted); err != nil {
		return 0, notFound(err)
	}
	m.Direction, m.Step, m.At = Direction(direction), Step(step), time.UnixMilli(at).UTC()
	m.DeliveryID, m.RawID = delivery.Int64, raw.Int64
	for column, value := range map[string]struct {
		sealed []byte
		into   any
	}{"sender": {sender, &m.Sender}, "recipients": {recipients, &m.Recipients}, "subject": {subject, &m.Subject}, "header_id": {headerID, &m.HeaderID}, "problems": {problems, &m.Problems}} {
		if err := openJSON(ctx, o, keyID, place("messages", m.ID, column), value.sealed, value.into); err != nil {
			return 0, err
		}
	}
	return parsed.Int64, nil
}

func (f *Files) readParsed(ctx context.Context, contentID int64, p *Parsed) error {
	if contentID == 0 {
		return nil
	}
	b, err := f.db.ReadContent(ctx, contentID)
	if errors.Is(err, store.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, p); err != nil {
		return fmt.Errorf("read what was read of a message: %w", err)
	}
	return nil
}

func (f *Files) readMessages(ctx context.Context, v *View, keyID int64) error {
	var parsed []int64
	err := f.each(ctx, `SELECT `+messageColumns+` FROM messages m WHERE m.case_id = $1 ORDER BY m.at, m.id`, []any{v.ID}, func(row scanner) error {
		var m Message
		id, err := scanMessage(ctx, f.db, row, keyID, &m)
		v.Messages, parsed = append(v.Messages, m), append(parsed, id)
		return err
	})
	if err != nil {
		return err
	}
	for i := range v.Messages {
		if err := f.readParsed(ctx, parsed[i], &v.Messages[i].Parsed); err != nil {
			return err
		}
	}
	return nil
}

func (v *View) message(id int64) *Message {
	i := slices.IndexFunc(v.Messages, func(m Message) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &v.Messages[i]
}

func (f *Files) readAttachments(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT `+attachmentColumns+` FROM attachments a WHERE a.case_id = $1 ORDER BY a.message_id, a.position`,
		[]any{v.ID}, func(row scanner) error {
			a, messageID, err := scanAttachment(ctx, f.db, row, keyID)
			if err != nil {
				return err
			}
			if m := v.message(messageID); m != nil {
				m.Attachments = append(m.Attachments, a)
			}
			return nil
		})
}

const attachmentColumns = `a.id, a.case_id, a.message_id, a.position, a.filename, a.content_type, a.size, a.content_id, a.kind, a.shown_inline, a.digest, a.step,
	a.text_id, a.text_bytes, a.recognised, a.notes`

func scanAttachment(ctx context.Context, o opener, row scanner, keyID int64) (a Attachment, messageID int64, err error) {
	var filename, sealed []byte
	var content, text sql.NullInt64
	var step string
	if err := row.Scan(&a.ID, &a.CaseID, &messageID, &a.Position, &filename, &a.ContentType, &a.Size, &content, &a.Kind, &a.Inline, &a.digest, &step,
		&text, &a.TextBytes, &a.Recognised, &sealed); err != nil {
		return a, 0, notFound(err)
	}
	a.ContentID, a.textID, a.Waiting = content.Int64, text.Int64, step != ""
	plain, err := open(ctx, o, keyID, place("attachments", a.ID, "filename"), filename)
	if err != nil {
		return a, messageID, err
	}
	a.Filename = string(plain)
	var notes documentNotes
	err = openJSON(ctx, o, keyID, place("attachments", a.ID, "notes"), sealed, &notes)
	a.Problems, a.Sections = notes.Problems, notes.Sections
	return a, messageID, err
}

// attachment reads an attachment's row, with its message and the key of its case.
func (f *Files) attachment(ctx context.Context, id int64) (a Attachment, messageID, keyID int64, err error) {
	if err := f.db.Read.QueryRowContext(ctx, `SELECT c.key_id FROM attachments a JOIN cases c ON c.id = a.case_id WHERE a.id = $1`, id).Scan(&keyID); err != nil {
		return a, 0, 0, notFound(err)
	}
	a, messageID, err = scanAttachment(ctx, f.db, f.db.Read.QueryRowContext(ctx, `SELECT `+attachmentColumns+` FROM attachments a WHERE a.id = $1`, id), keyID)
	return a, messageID, keyID, err
}

// Raw opens a message's bytes as they came or went.
func (f *Files) Raw(ctx context.Context, messageID int64) (*store.Content, error) {
	var raw sql.NullInt64
	if err := f.db.Read.QueryRowContext(ctx, `SELECT raw_id FROM messages WHERE id = $1`, messageID).Scan(&raw); err != nil {
		return nil, notFound(err)
	}
	if !raw.Valid {
		return nil, ErrNotFound
	}
	return f.db.OpenContent(ctx, raw.Int64)
}

// Pending is a message with what a worker of its next step needs.
type Pending struct {
	Message
	Case       Case
	ReceivedAt time.Time
	Answerable bool
	Attempts   int64
	Pass       int64
}

// Due is the step that was due when the message was read.
func (p *Pending) Due() DueStep { return DueStep{p.ID, p.Step, p.Attempts, p.Pass} }

// Pending reads a message for its step. ErrNotDue if another step is next.
func (f *Files) Pending(ctx context.Context, messageID int64, step Step) (*Pending, error) {
	p := &Pending{}
	var keyID, caseID int64
	var current string
	if err := f.db.Read.QueryRowContext(ctx, `SELECT case_id, step, answerable, attempts, pass FROM messages WHERE id = $1`, messageID).
		Scan(&caseID, &current, &p.Answerable, &p.Attempts, &p.Pass); err != nil {
		return nil, fmt.Errorf("read message %d: %w", messageID, notFound(err))
	}
	if Step(current) != step {
		return nil, ErrNotDue
	}
	if err := scanCase(ctx, f.db, f.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases c WHERE c.id = $1`, caseID), &p.Case, &keyID); err != nil {
		return nil, fmt.Errorf("read case %d: %w", caseID, err)
	}
	parsedID, err := scanMessage(ctx, f.db, f.db.Read.QueryRowContext(ctx, `SELECT `+messageColumns+` FROM messages m WHERE m.id = $1`, messageID), keyID, &p.Message)
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", messageID, err)
	}
	if err := f.readParsed(ctx, parsedID, &p.Parsed); err != nil {
		return nil, err
	}
	v := &View{Case: p.Case, Messages: []Message{p.Message}}
	for _, read := range []func(context.Context, *View, int64) error{f.readAttachments, f.readMentions} {
		if err := read(ctx, v, keyID); err != nil {
			return nil, fmt.Errorf("read message %d: %w", messageID, err)
		}
	}
	p.Message = v.Messages[0]
	return p, nil
}

// Reading reads what extract found in a message, its mentions apart.
func (f *Files) Reading(ctx context.Context, messageID int64, into any) error {
	var sealed []byte
	var keyID int64
	if err := f.db.Read.QueryRowContext(ctx, `SELECT m.reading, c.key_id FROM messages m JOIN cases c ON c.id = m.case_id WHERE m.id = $1`, messageID).
		Scan(&sealed, &keyID); err != nil {
		return fmt.Errorf("read message %d: %w", messageID, notFound(err))
	}
	return openJSON(ctx, f.db, keyID, place("messages", messageID, "reading"), sealed, into)
}

// Advance takes a message from the step that was due to the next; ErrNotDue if it is at another one or was taken up again
// meanwhile, in which case the caller rolls back: a second run beside the first changes nothing.
func (e *Edit) Advance(ctx context.Context, due DueStep, to Step) error {
	result, err := e.tx.ExecContext(ctx, `UPDATE messages SET step = $4, attempts = 0, next_at = $5, error = '' WHERE id = $1 AND step = $2 AND pass = $3`,
		due.MessageID, string(due.Step), due.Pass, string(to), e.tx.Now.UnixMilli())
	if err != nil {
		return fmt.Errorf("take message %d from %s to %s: %w", due.MessageID, due.Step, to, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotDue)
	}
	return nil
}

// KeepReading keeps what extract found. mentions stand in rows of their own; reading holds the rest.
func (e *Edit) KeepReading(ctx context.Context, messageID int64, r codes.Reading) error {
	mentions := r.Mentions
	r.Mentions = nil
	sealed, err := sealJSON(ctx, e.tx, e.keyID, place("messages", messageID, "reading"), r)
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, `UPDATE messages SET reading = $2, intent = $3, kind = $4, payer = $5, date_of_service = $6 WHERE id = $1`,
		messageID, sealed, string(r.Intent), string(r.Kind), string(r.Payer), r.DateOfService); err != nil {
		return fmt.Errorf("keep what was found in message %d: %w", messageID, err)
	}
	if _, err := e.tx.ExecContext(ctx, `DELETE FROM mentions WHERE message_id = $1`, messageID); err != nil {
		return fmt.Errorf("keep the mentions of message %d: %w", messageID, err)
	}
	for i, m := range mentions {
		where, err := sealJSON(ctx, e.tx, e.keyID, fmt.Sprintf("mentions/%d/%d", messageID, i), mentionPlace{m.Text, m.Source, m.Attachment, m.Start, m.End})
		if err != nil {
			return err
		}
		source, _, _ := strings.Cut(string(m.Source), ":") // the rest is a file name, which may name a patient
		if _, err := e.tx.ExecContext(ctx, `INSERT INTO mentions (message_id, position, case_id, system, code, modifiers, units, range_end, source, place, group_no, role)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			messageID, i, e.ID, string(m.System), m.Code, strings.Join(m.Modifiers, " "), m.Units, m.RangeEnd, source, where, m.Group, string(m.Role)); err != nil {
			return fmt.Errorf("keep the mentions of message %d: %w", messageID, err)
		}
	}
	return nil
}

// mentionPlace is the sealed part of a mention: where it stood.
type mentionPlace struct {
	Text       string
	Source     string
	Attachment string
	Start, End int
}

func (f *Files) readMentions(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT message_id, position, system, code, modifiers, units, range_end, place, group_no, role
		FROM mentions WHERE case_id = $1 ORDER BY message_id, position`, []any{v.ID}, func(row scanner) error {
		var m Mention
		var messageID, position int64
		var system, modifiers, role string
		var sealed []byte
		if err := row.Scan(&messageID, &position, &system, &m.Code, &modifiers, &m.Units, &m.RangeEnd, &sealed, &m.Group, &role); err != nil {
			return err
		}
		var where mentionPlace
		if err := openJSON(ctx, f.db, keyID, fmt.Sprintf("mentions/%d/%d", messageID, position), sealed, &where); err != nil {
			return err
		}
		m.System, m.Modifiers, m.Role = codes.System(system), strings.Fields(modifiers), codes.Role(role)
		m.Text, m.Source, m.Attachment, m.Start, m.End = where.Text, where.Source, where.Attachment, where.Start, where.End
		if of := v.message(messageID); of != nil {
			of.Mentions = append(of.Mentions, m)
		}
		return nil
	})
}

// KeepDescriptions freezes what the codebook said of a message's codes, in their order.
func (e *Edit) KeepDescriptions(ctx context.Context, messageID int64, list []Description) error {
	if _, err := e.tx.ExecContext(ctx, `DELETE FROM descriptions WHERE message_id = $1`, messageID); err != nil {
		return fmt.Errorf("keep the descriptions of message %d: %w", messageID, err)
	}
	for i, d := range list {
		sealed, err := e.tx.Seal(ctx, e.keyID, fmt.Sprintf("descriptions/%d/%d", messageID, i), d.Entry)
		if err != nil {
			return err
		}
		if _, err := e.tx.ExecContext(ctx, `INSERT INTO descriptions (message_id, position, case_id, system, code, release, entry) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			messageID, i, e.ID, string(d.System), d.Code, d.Release, sealed); err != nil {
			return fmt.Errorf("keep the descriptions of message %d: %w", messageID, err)
		}
	}
	return nil
}

func (f *Files) readDescriptions(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT message_id, position, system, code, release, entry FROM descriptions WHERE case_id = $1 ORDER BY message_id, position`,
		[]any{v.ID}, func(row scanner) error {
			var d Description
			var position int64
			var system string
			var sealed []byte
			if err := row.Scan(&d.MessageID, &position, &system, &d.Code, &d.Release, &sealed); err != nil {
				return err
			}
			d.System = codes.System(system)
			plain, err := open(ctx, f.db, keyID, fmt.Sprintf("descriptions/%d/%d", d.MessageID, position), sealed)
			if err != nil {
				return err
			}
			d.Entry = plain
			v.Descriptions = append(v.Descriptions, d)
			return nil
		})
}

// keptFindings is the sealed body of findings: what was found, or one thing that was not checked and why.
type keptFinding struct {
	Finding    *finding.Finding    `json:"finding,omitempty"`
	NotChecked *finding.NotChecked `json:"not_checked,omitempty"`
}

// KeepFindings freezes what the checks said of a message, and what they could not check.
func (e *Edit) KeepFindings(ctx context.Context, messageID int64, found []finding.Finding, not []finding.NotChecked) error {
	if _, err := e.tx.ExecContext(ctx, `DELETE FROM findings WHERE message_id = $1`, messageID); err != nil {
		return fmt.Errorf("keep the findings of message %d: %w", messageID, err)
	}
	position := 0
	keep := func(rule, severity, codeList string, body keptFinding) error {
		sealed, err := sealJSON(ctx, e.tx, e.keyID, fmt.Sprintf("findings/%d/%d", messageID, position), body)
		if err != nil {
			return err
		}
		if _, err := e.tx.ExecContext(ctx, `INSERT INTO findings (message_id, position, case_id, rule, severity, codes, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			messageID, position, e.ID, rule, severity, codeList, sealed); err != nil {
			return fmt.Errorf("keep the findings of message %d: %w", messageID, err)
		}
		position++
		return nil
	}
	for _, f := range found {
		if err := keep(string(f.Rule), string(f.Severity), strings.Join(f.Codes, " "), keptFinding{Finding: &f}); err != nil {
			return err
		}
	}
	for _, n := range not {
		if err := keep(string(n.Rule), "info", "", keptFinding{NotChecked: &n}); err != nil {
			return err
		}
	}
	return nil
}

func (f *Files) readFindings(ctx context.Context, v *View, keyID int64) error {
	return f.eachFinding(ctx, `case_id`, v.ID, keyID, func(kept keptFinding) {
		if kept.Finding != nil {
			v.Findings = append(v.Findings, *kept.Finding)
		}
		if kept.NotChecked != nil {
			v.NotChecked = append(v.NotChecked, *kept.NotChecked)
		}
	})
}

// MessageFindings reads what the checks said of one message.
func (f *Files) MessageFindings(ctx context.Context, messageID int64) (found []finding.Finding, not []finding.NotChecked, err error) {
	var keyID int64
	if err := f.db.Read.QueryRowContext(ctx, `SELECT c.key_id FROM messages m JOIN cases c ON c.id = m.case_id WHERE m.id = $1`, messageID).Scan(&keyID); err != nil {
		return nil, nil, fmt.Errorf("read the findings of message %d: %w", messageID, notFound(err))
	}
	if err := f.eachFinding(ctx, `message_id`, messageID, keyID, func(kept keptFinding) {
		if kept.Finding != nil {
			found = append(found, *kept.Finding)
		}
		if kept.NotChecked != nil {
			not = append(not, *kept.NotChecked)
		}
	}); err != nil {
		return nil, nil, fmt.Errorf("read the findings of message %d: %w", messageID, err)
	}
	return found, not, nil
}

func (f *Files) eachFinding(ctx context.Context, column string, id, keyID int64, read func(keptFinding)) error {
	return f.each(ctx, `SELECT message_id, position, body FROM findings WHERE `+column+` = $1 ORDER BY message_id, position`, []any{id}, func(row scanner) error {
		var messageID, position int64
		var sealed []byte
		if err := row.Scan(&messageID, &position, &sealed); err != nil {
			return err
		}
		var kept keptFinding
		if err := openJSON(ctx, f.db, keyID, fmt.Sprintf("findings/%d/%d", messageID, position), sealed, &kept); err != nil {
			return err
		}
		read(kept)
		return nil
	})
}

// CountFailure counts a failed attempt of a message's step and returns its case and the step, whose round is how often it
// has failed. ErrNotDue if the message is no longer at that step.
func CountFailure(ctx context.Context, tx *store.Tx, messageID int64, step Step, code string) (caseID int64, due DueStep, err error) {
	due = DueStep{MessageID: messageID, Step: step}
	err = tx.QueryRowContext(ctx, `UPDATE messages SET attempts = attempts + 1, error = $3 WHERE id = $1 AND step = $2 RETURNING case_id, attempts, pass`,
		messageID, string(step), code).Scan(&caseID, &due.Round, &due.Pass)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, due, ErrNotDue
	}
	if err != nil {
		return 0, due, fmt.Errorf("count a failure of message %d: %w", messageID, err)
	}
	return caseID, due, nil
}

// PostponeStep says when a message's step is to be tried again.
func PostponeStep(ctx context.Context, tx *store.Tx, messageID int64, at time.Time) error {
	if _, err := tx.ExecContext(ctx, `UPDATE messages SET next_at = $2 WHERE id = $1`, messageID, at.UnixMilli()); err != nil {
		return fmt.Errorf("postpone the step of message %d: %w", messageID, err)
	}
	return nil
}

// DueStep is a step that our rows say is due.
type DueStep struct {
	MessageID int64
	Step      Step
	Round     int64 // how often it was given out in this pass
	Pass      int64 // how often the message was taken up again
}

// DueSteps returns up to limit steps that were due at the moment, the longest due first. (SQLite takes a partial index
// only where the query repeats its condition.)
func (f *Files) DueSteps(ctx context.Context, at time.Time, limit int) (due []DueStep, err error) {
	err = f.each(ctx, fmt.Sprintf(`SELECT id, step, attempts, pass FROM messages WHERE step <> '' AND step IN ('extract', 'attach', 'route') AND next_at <= $1
		ORDER BY next_at, id LIMIT %d`, limit), []any{at.UnixMilli()}, func(row scanner) error {
		var d DueStep
		var step string
		if err := row.Scan(&d.MessageID, &step, &d.Round, &d.Pass); err != nil {
			return err
		}
		d.Step = Step(step)
		due = append(due, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for due steps: %w", err)
	}
	return due, nil
}

// RequeueMessages puts the failed steps of the case back to extract.
func (e *Edit) RequeueMessages(ctx context.Context) (due []DueStep, err error) {
	rows, err := e.tx.QueryContext(ctx, `UPDATE messages SET step = 'extract', pass = pass + 1, attempts = 0, next_at = 0, error = '' WHERE case_id = $1 AND step = 'failed'
		RETURNING id, pass`, e.ID)
	if err != nil {
		return nil, fmt.Errorf("requeue the failed steps of case %d: %w", e.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		d := DueStep{Step: StepExtract}
		if err := rows.Scan(&d.MessageID, &d.Pass); err != nil {
			return nil, fmt.Errorf("requeue the failed steps of case %d: %w", e.ID, err)
		}
		due = append(due, d)
	}
	return due, rows.Err()
}

// CountOrphan counts the death of the process that ran a step, and returns the step's next round. ErrNotDue if the step
// has moved on or was given out again already.
func CountOrphan(ctx context.Context, tx *store.Tx, due DueStep, code string) (next DueStep, err error) {
	next = due
	err = tx.QueryRowContext(ctx, `UPDATE messages SET attempts = attempts + 1, error = $5, next_at = $6 WHERE id = $1 AND step = $2 AND attempts = $3 AND pass = $4 RETURNING attempts`,
		due.MessageID, string(due.Step), due.Round, due.Pass, code, tx.Now.UnixMilli()).Scan(&next.Round)
	if errors.Is(err, sql.ErrNoRows) {
		return next, ErrNotDue
	}
	if err != nil {
		return next, fmt.Errorf("take back a step of message %d: %w", due.MessageID, err)
	}
	return next, nil
}

// ExtractAgain makes the incoming messages of a case that have no step go through extract: of a case that was set
// aside. They get no automatic mail.
func (e *Edit) ExtractAgain(ctx context.Context) (due []DueStep, err error) {
	rows, err := e.tx.QueryContext(ctx, `UPDATE messages SET step = 'extract', pass = pass + 1, attempts = 0, next_at = $2, answerable = FALSE
		WHERE case_id = $1 AND direction = 'in' AND step = '' RETURNING id, pass`, e.ID, e.tx.Now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read case %d again: %w", e.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		d := DueStep{Step: StepExtract}
		if err := rows.Scan(&d.MessageID, &d.Pass); err != nil {
			return nil, fmt.Errorf("read case %d again: %w", e.ID, err)
		}
		due = append(due, d)
	}
	return due, rows.Err()
}
