package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/store"
)

// Edit is a case locked by a transaction. Change it by its methods, then Save.
type Edit struct {
	Case

	tx     *store.Tx
	keyID  int64
	events int64
	head   string
	was    State
	saved  bool
}

// NewCase is what a case begins with.
type NewCase struct {
	Mailbox    string
	KeyID      int64 // the key of the mail that opens it; it becomes the case's
	Subject    string
	Snippet    string
	Asker      Person
	ReceivedAt time.Time
	LinkedCase int64
	// ID was reserved with tx.NewID before it was known whether the mail opens a case.
	ID int64
}

// Create makes a case in state new. The number is taken last in the transaction's statements, since it locks out other
// new cases until the commit: so call it as late as possible.
func Create(ctx context.Context, tx *store.Tx, n NewCase) (*Edit, error) {
	e := &Edit{tx: tx, keyID: n.KeyID, was: New, Case: Case{ID: n.ID, State: New, Version: 1, Mailbox: n.Mailbox, Subject: clean(n.Subject),
		Snippet: clean(n.Snippet), Asker: Person{clean(n.Asker.Name), clean(n.Asker.Address)}, ReceivedAt: n.ReceivedAt, ChangedAt: tx.Now, LinkedCase: n.LinkedCase}}
	subject, err := e.seal(ctx, "subject", []byte(e.Subject))
	if err != nil {
		return nil, err
	}
	snippet, err := e.seal(ctx, "snippet", []byte(e.Snippet))
	if err != nil {
		return nil, err
	}
	asker, err := e.sealJSON(ctx, "asker", e.Asker)
	if err != nil {
		return nil, err
	}
	number, err := nextNumber(ctx, tx)
	if err != nil {
		return nil, err
	}
	e.Ref = reference(tx.DB(), number)
	if _, err := tx.ExecContext(ctx, `INSERT INTO cases (id, number, ref, state, version, key_id, mailbox, subject, subject_key, snippet, asker, asker_hash,
			received_at, changed_at, linked_case)
		VALUES ($1, $2, $3, 'new', 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		e.ID, number, e.Ref, n.KeyID, n.Mailbox, subject, SubjectKey(tx.DB(), n.Subject), snippet, asker, AddressKey(tx.DB(), n.Asker.Address),
		n.ReceivedAt.UnixMilli(), tx.Now.UnixMilli(), nullID(n.LinkedCase)); err != nil {
		return nil, fmt.Errorf("open a case: %w", err)
	}
	return e, tx.PassKey(ctx, n.KeyID, e.ID)
}

// Lock locks a case for the rest of the transaction and returns it. Every transaction on a case begins with it.
func Lock(ctx context.Context, tx *store.Tx, caseID int64) (*Edit, error) {
	res, err := tx.ExecContext(ctx, `UPDATE cases SET version = version + 1 WHERE id = $1`, caseID)
	if err != nil {
		return nil, fmt.Errorf("lock case %d: %w", caseID, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return nil, errors.Join(err, ErrNotFound)
	}
	row := tx.QueryRowContext(ctx, `SELECT `+caseColumns+`, c.events, c.event_head FROM cases c WHERE c.id = $1`, caseID)
	e := &Edit{tx: tx}
	if err := scanCase(ctx, tx, row, &e.Case, &e.keyID, &e.events, &e.head); err != nil {
		return nil, err
	}
	e.was = e.State
	return e, nil
}

// LockRef is Lock by reference.
func LockRef(ctx context.Context, tx *store.Tx, ref string) (*Edit, error) {
	var id int64
	if err := tx.QueryRowContext(ctx, `SELECT id FROM cases WHERE ref = $1`, ref).Scan(&id); err != nil {
		return nil, notFound(err)
	}
	return Lock(ctx, tx, id)
}

// Tx is the transaction that holds the lock.
func (e *Edit) Tx() *store.Tx { return e.tx }

// KeyID is the key with which the case's content is sealed.
func (e *Edit) KeyID() int64 { return e.keyID }

// Move takes the case to a state, if the table of transitions allows it.
func (e *Edit) Move(to State) error {
	if !CanFollow(e.State, to) {
		return &TransitionError{Ref: e.Ref, From: e.State, To: to}
	}
	e.State = to
	switch to {
	case Claimed:
		e.ClaimedAt = e.tx.Now
	case Answered:
		e.AnsweredAt = e.tx.Now
	case Closed:
		e.ClosedAt = e.tx.Now
	case Waiting:
		e.ClaimedBy, e.ClaimedAt, e.ClosedAt = 0, time.Time{}, time.Time{}
	}
	return nil
}

// Flag sets or removes a flag.
func (e *Edit) Flag(flag Flag, on bool) {
	has := e.Has(flag)
	if on && !has {
		e.Flags = append(e.Flags, flag)
		slices.Sort(e.Flags)
	}
	if !on && has {
		e.Flags = slices.DeleteFunc(e.Flags, func(f Flag) bool { return f == flag })
	}
}

// Save writes what was changed, the head of the history, and a line for live pages. Nothing may follow it in the
// transaction that concerns the case.
func (e *Edit) Save(ctx context.Context) error {
	if e.saved {
		return fmt.Errorf("case %d was saved twice in one transaction", e.ID)
	}
	e.saved = true
	e.ChangedAt = e.tx.Now
	if _, err := e.tx.ExecContext(ctx, `UPDATE cases SET state = $2, queue = $3, codes = $4, topics = $5, reason = $6, due_at = $7, claimed_by = $8,
			claimed_at = $9, answered_at = $10, closed_at = $11, changed_at = $12, events = $13, event_head = $14, linked_case = $15
		WHERE id = $1`,
		e.ID, string(e.State), e.Queue, strings.Join(e.Codes, " "), strings.Join(e.Topics, " "), e.Reason, nullTime(e.DueAt), nullID(e.ClaimedBy),
		nullTime(e.ClaimedAt), nullTime(e.AnsweredAt), nullTime(e.ClosedAt), e.ChangedAt.UnixMilli(), e.events, e.head, nullID(e.LinkedCase)); err != nil {
		return fmt.Errorf("save case %d: %w", e.ID, err)
	}
	if _, err := e.tx.ExecContext(ctx, `DELETE FROM case_flags WHERE case_id = $1`, e.ID); err != nil {
		return fmt.Errorf("save the flags of case %d: %w", e.ID, err)
	}
	for _, flag := range e.Flags {
		if _, err := e.tx.ExecContext(ctx, `INSERT INTO case_flags (case_id, flag) VALUES ($1, $2)`, e.ID, string(flag)); err != nil {
			return fmt.Errorf("save the flags of case %d: %w", e.ID, err)
		}
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO changes (id, case_id, at) VALUES ($1, $2, $3)`, e.tx.NewID(), e.ID, e.tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("tell live pages of case %d: %w", e.ID, err)
	}
	return e.tx.Changed(ctx)
}

func (e *Edit) seal(ctx context.Context, column string, plain []byte) ([]byte, error) {
	return e.tx.Seal(ctx, e.keyID, place("cases", e.ID, column), plain)
}

func (e *Edit) sealJSON(ctx context.Context, column string, v any) ([]byte, error) {
	return sealJSON(ctx, e.tx, e.keyID, place("cases", e.ID, column), v)
}

// place names where a sealed value stands.
func place(table string, id int64, column string) string {
	return fmt.Sprintf("%s/%d/%s", table, id, column)
}

// sealJSON seals a value. Values that must not be kept at all are nil before they come here.
func sealJSON(ctx context.Context, tx *store.Tx, keyID int64, place string, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", place, err)
	}
	return tx.Seal(ctx, keyID, place, plain)
}

// opener opens sealed values; *store.DB and *store.Tx are both.
type opener interface {
	Open(ctx context.Context, keyID int64, place string, sealed []byte) ([]byte, error)
}

// open opens a sealed value. Of an erased case nothing is left to be read; its rows are, and they must hold up nobody.
func open(ctx context.Context, o opener, keyID int64, place string, sealed []byte) ([]byte, error) {
	plain, err := o.Open(ctx, keyID, place, sealed)
	if errors.Is(err, store.ErrErased) {
		return nil, nil
	}
	return plain, err
}

// Erased tells whether the case's key was destroyed, so that nothing can be kept in it any more.
func (e *Edit) Erased(ctx context.Context) (erased bool, err error) {
	if err := e.tx.QueryRowContext(ctx, `SELECT wrapped IS NULL FROM sealing_keys WHERE id = $1`, e.keyID).Scan(&erased); err != nil {
		return false, fmt.Errorf("look for the key of case %d: %w", e.ID, err)
	}
	return erased, nil
}

func openJSON(ctx context.Context, o opener, keyID int64, place string, sealed []byte, v any) error {
	plain, err := open(ctx, o, keyID, place, sealed)
	if err != nil || plain == nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("read %s: %w", place, err)
	}
	return nil
}

func nullTime(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func timeOf(ms sql.NullInt64) time.Time {
	if !ms.Valid || ms.Int64 == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func nullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

// notFound turns the database's "no rows" into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// clean makes text fit for both databases: valid UTF-8 without NUL, which PostgreSQL refuses.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

// AddressKey is the keyed hash by which an address is found again. Case does not count: no mail system in use treats
// two spellings as two people.
func AddressKey(db *store.DB, address string) string {
	return db.LookupHash("address", strings.ToLower(strings.TrimSpace(address)))
}

// HeaderKey is the keyed hash of a Message-ID, with or without its angle brackets.
func HeaderKey(db *store.DB, id string) string {
	id = strings.Trim(id, "<> \t")
	if id == "" {
		return ""
	}
	return db.LookupHash("message-id", id)
}

// SubjectKey is the keyed hash of a subject without its prefixes (Re:, AW:, Fwd: ...), references and spaces.
func SubjectKey(db *store.DB, subject string) string {
	return db.LookupHash("subject", NormalSubject(subject))
}

// NormalSubject is a subject as it is compared: without reply prefixes and references, in lower case, spaces folded.
func NormalSubject(subject string) string {
	s := strings.ToLower(referencePattern.ReplaceAllString(subject, ""))
	s = strings.ReplaceAll(s, "[]", "")
	for {
		s = strings.TrimSpace(s)
		prefix, rest, ok := strings.Cut(s, ":")
		if !ok || !replyPrefixes[strings.TrimSpace(strings.TrimRight(prefix, "[]()0123456789"))] {
			return strings.Join(strings.Fields(s), " ")
		}
		s = rest
	}
}

// replyPrefixes are the marks that mail programs put before a subject, in the languages that are met.
var replyPrefixes = map[string]bool{"re": true, "aw": true, "antw": true, "sv": true, "vs": true, "rv": true, "ref": true, "odp": true,
	"ynt": true, "fw": true, "fwd": true, "wg": true, "tr": true, "rif": true, "enc": true, "res": true, "vl": true, "ynl": true, "doorst": true}
