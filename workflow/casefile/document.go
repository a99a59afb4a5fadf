package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"caseconsultant/workflow/store"
)

// Document is what was read of an attachment.
type Document struct {
	Text       string
	Sections   []Section
	Recognised bool     // some of it was read from a picture: digits may be wrong
	Problems   []string // for a person
}

// Section is a named piece of a document's text: a page, a sheet, a file of an archive.
type Section struct {
	Start int    `json:"start"`
	Name  string `json:"name"`
}

// documentNotes is the sealed part of what was read beside the text.
type documentNotes struct {
	Problems []string  `json:"problems,omitempty"`
	Sections []Section `json:"sections,omitempty"`
}

// PendingDocument is an attachment that is to be read.
type PendingDocument struct {
	Attachment
	MessageID int64
	keyID     int64
}

// PendingDocument reads an attachment for its reader. ErrNotDue if it has been read.
func (f *Files) PendingDocument(ctx context.Context, attachmentID int64) (*PendingDocument, error) {
	p := &PendingDocument{}
	var err error
	if p.Attachment, p.MessageID, p.keyID, err = f.attachment(ctx, attachmentID); err != nil {
		return nil, fmt.Errorf("read attachment %d: %w", attachmentID, err)
	}
	if !p.Waiting {
		return nil, ErrNotDue
	}
	return p, nil
}

// LockedDocument is PendingDocument within a transaction that settles it; only what KeepDocument needs is read.
func LockedDocument(ctx context.Context, tx *store.Tx, attachmentID int64) (*PendingDocument, error) {
	p := &PendingDocument{}
	p.ID = attachmentID
	if err := tx.QueryRowContext(ctx, `SELECT case_id, message_id FROM attachments WHERE id = $1`, attachmentID).Scan(&p.CaseID, &p.MessageID); err != nil {
		return nil, fmt.Errorf("read attachment %d: %w", attachmentID, notFound(err))
	}
	return p, nil
}

// SameDocument is what was read of another attachment of the case with the same bytes, if there is one.
func (f *Files) SameDocument(ctx context.Context, p *PendingDocument) (same Document, ok bool, err error) {
	if p.digest == "" {
		return same, false, nil
	}
	a, _, err := scanAttachment(ctx, f.db, f.db.Read.QueryRowContext(ctx, `SELECT `+attachmentColumns+` FROM attachments a
		WHERE a.case_id = $1 AND a.digest = $2 AND a.id <> $3 AND a.step = '' AND a.text_id IS NOT NULL ORDER BY a.id LIMIT 1`, p.CaseID, p.digest, p.ID), p.keyID)
	if errors.Is(err, ErrNotFound) {
		return same, false, nil
	}
	if err != nil {
		return same, false, fmt.Errorf("look for the same document as attachment %d: %w", p.ID, err)
	}
	text, err := f.DocumentText(ctx, a, int(a.TextBytes))
	return Document{Text: text, Sections: a.Sections, Recognised: a.Recognised, Problems: a.Problems}, err == nil, err
}

// DocumentText reads up to most bytes of what was read of an attachment, cut at a character; "" if nothing was, or if
// it has been erased.
func (f *Files) DocumentText(ctx context.Context, a Attachment, most int) (string, error) {
	if a.textID == 0 {
		return "", nil
	}
	content, err := f.db.OpenContent(ctx, a.textID)
	if errors.Is(err, store.ErrErased) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("open the text of attachment %d: %w", a.ID, err)
	}
	defer content.Close()
	b, err := io.ReadAll(io.LimitReader(content, int64(most)))
	if err != nil {
		return "", fmt.Errorf("read the text of attachment %d: %w", a.ID, err)
	}
	return strings.ToValidUTF8(string(b), ""), nil
}

// KeepDocument keeps what was read of an attachment, and returns how many of its message are still to be read.
// ErrNotDue if it is no longer to be read.
func (e *Edit) KeepDocument(ctx context.Context, p *PendingDocument, d Document) (left int, err error) {
	var textID int64
	text := clean(d.Text)
	if text != "" {
		if textID, _, err = e.tx.WriteContent(ctx, e.keyID, strings.NewReader(text)); err != nil {
			return 0, err
		}
	}
	notes, err := sealJSON(ctx, e.tx, e.keyID, place("attachments", p.ID, "notes"), documentNotes{Problems: d.Problems, Sections: d.Sections[:min(len(d.Sections), 500)]})
	if err != nil {
		return 0, err
	}
	result, err := e.tx.ExecContext(ctx, `UPDATE attachments SET step = '', error = '', text_id = $2, text_bytes = $3, recognised = $4, notes = $5 WHERE id = $1 AND step = 'document'`,
		p.ID, nullID(textID), len(text), d.Recognised, notes)
	if err != nil {
		return 0, fmt.Errorf("keep what was read of attachment %d: %w", p.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return 0, errors.Join(err, ErrNotDue)
	}
	if err := e.tx.QueryRowContext(ctx, `SELECT count(*) FROM attachments WHERE message_id = $1 AND step <> ''`, p.MessageID).Scan(&left); err != nil {
		return 0, fmt.Errorf("count the unread documents of message %d: %w", p.MessageID, err)
	}
	return left, nil
}

// DocumentsRead says that the last document of a message has been read: the message is due for extract, again if it has
// been through it. False where the message is in no state for it (set aside, failed).
func (e *Edit) DocumentsRead(ctx context.Context, messageID int64) (due DueStep, ok bool, err error) {
	due = DueStep{MessageID: messageID, Step: StepExtract}
	if e.State == SetAside {
		return due, false, nil
	}
	err = e.tx.QueryRowContext(ctx, `UPDATE messages SET again = (again OR step = ''), step = 'extract', pass = pass + 1, attempts = 0, next_at = $2
		WHERE id = $1 AND direction = 'in' AND step <> 'failed' RETURNING pass`, messageID, e.tx.Now.UnixMilli()).Scan(&due.Pass)
	if errors.Is(err, sql.ErrNoRows) {
		return due, false, nil
	}
	if err != nil {
		return due, false, fmt.Errorf("take up message %d with its documents: %w", messageID, err)
	}
	return due, true, nil
}

// UnreadDocuments makes the attachments of a case's incoming messages that are worth reading and have not been read
// wait for it, and returns their ids: of a mail that was set aside and is a case now.
func (e *Edit) UnreadDocuments(ctx context.Context) (ids []int64, err error) {
	rows, err := e.tx.QueryContext(ctx, `UPDATE attachments SET step = 'document', attempts = 0, next_at = $2
		WHERE case_id = $1 AND step = '' AND kind <> '' AND content_id IS NOT NULL AND text_id IS NULL AND notes IS NULL RETURNING id`, e.ID, e.tx.Now.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read the documents of case %d: %w", e.ID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("read the documents of case %d: %w", e.ID, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// DueDocuments returns up to limit attachments that were due to be read at the moment, the longest due first.
func (f *Files) DueDocuments(ctx context.Context, at time.Time, limit int) ([]Due, error) {
	due, err := f.due(ctx, `SELECT id, attempts FROM attachments WHERE step <> ''`, at, limit)
	if err != nil {
		return nil, fmt.Errorf("look for unread documents: %w", err)
	}
	return due, nil
}

// CountDocumentFailure counts a failed attempt to read an attachment, and says when it may be tried again; attempts is
// how often it has failed. round is that of the attempt; ErrNotDue if the attachment was read or given out again.
func CountDocumentFailure(ctx context.Context, tx *store.Tx, attachmentID, round int64, code string, retryAfter func(attempts int64) time.Duration) (attempts int64, at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE attachments SET attempts = attempts + 1, error = $2 WHERE id = $1 AND step = 'document' AND attempts = $3 RETURNING attempts`,
		attachmentID, code, round).Scan(&attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, at, ErrNotDue
	}
	if err != nil {
		return 0, at, fmt.Errorf("count a failure of attachment %d: %w", attachmentID, err)
	}
	at = tx.Now.Add(retryAfter(attempts))
	if _, err := tx.ExecContext(ctx, `UPDATE attachments SET next_at = $2 WHERE id = $1`, attachmentID, at.UnixMilli()); err != nil {
		return 0, at, fmt.Errorf("postpone attachment %d: %w", attachmentID, err)
	}
	return attempts, at, nil
}
