package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"caseconsultant/workflow/store"
)

// Entry is one line of the ledger.
type Entry struct {
	ID          int64
	Mailbox     string
	Folder      string
	UIDValidity uint32
	UID         uint32
	Size        int64 // bytes kept
	ServerSize  int64 // bytes that the server announced
	InternalAt  time.Time
	SeenAt      time.Time
	Late        bool
	Truncated   bool
	KeyID       int64
	ContentID   int64
	Fate        string // "" while it waits to be read
	Reason      string // a short code or sentence, without text of the mail
	CaseID      int64
	MessageID   int64
	Attempts    int64
	Error       string
	Gone        bool
}

const entryColumns = `id, mailbox, folder, uidvalidity, uid, size, server_size, internal_at, seen_at, late, truncated, key_id, content_id, fate, reason,
	case_id, message_id, attempts, error, gone_at`

func scanEntry(row interface{ Scan(...any) error }) (e Entry, err error) {
	var internal, seen int64
	var key, content, caseID, message, gone sql.NullInt64
	err = row.Scan(&e.ID, &e.Mailbox, &e.Folder, &e.UIDValidity, &e.UID, &e.Size, &e.ServerSize, &internal, &seen, &e.Late, &e.Truncated, &key, &content,
		&e.Fate, &e.Reason, &caseID, &message, &e.Attempts, &e.Error, &gone)
	if errors.Is(err, sql.ErrNoRows) {
		return e, ErrNotFound
	}
	if internal != 0 {
		e.InternalAt = time.UnixMilli(internal).UTC()
	}
	e.SeenAt = time.UnixMilli(seen).UTC()
	e.KeyID, e.ContentID, e.CaseID, e.MessageID, e.Gone = key.Int64, content.Int64, caseID.Int64, message.Int64, gone.Valid
	return e, err
}

// Pending reads an entry that waits to be read, or returns ErrNotDue.
func (l *Ledger) Pending(ctx context.Context, id int64) (Entry, error) {
	var step string
	if err := l.db.Read.QueryRowContext(ctx, `SELECT step FROM ledger_entries WHERE id = $1`, id).Scan(&step); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrNotFound
		}
		return Entry{}, fmt.Errorf("read ledger entry %d: %w", id, err)
	}
	if step != "read" {
		return Entry{}, ErrNotDue
	}
	e, err := scanEntry(l.db.Read.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM ledger_entries WHERE id = $1`, id))
	if err != nil {
		return e, fmt.Errorf("read ledger entry %d: %w", id, err)
	}
	return e, nil
}

// Settle gives an entry its fate, in the transaction that makes it true; ErrNotDue if another run of the step was
// quicker, in which case the caller rolls back.
func Settle(ctx context.Context, tx *store.Tx, id int64, fate, reason string, caseID, messageID int64) error {
	result, err := tx.ExecContext(ctx, `UPDATE ledger_entries SET step = '', fate = $2, reason = $3, case_id = $4, message_id = $5, error = '' WHERE id = $1 AND step = 'read'`,
		id, fate, reason, sql.NullInt64{Int64: caseID, Valid: caseID != 0}, sql.NullInt64{Int64: messageID, Valid: messageID != 0})
	if err != nil {
		return fmt.Errorf("give ledger entry %d its fate: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotDue)
	}
	return nil
}

// Entries returns entries newest first: those with the fate ("": all), older than the entry with the id before (0: the
// newest), at most limit.
func (l *Ledger) Entries(ctx context.Context, fate string, before int64, limit int) ([]Entry, error) {
	where, args := "TRUE", []any{}
	if fate != "" {
		args = append(args, fate)
		where = "fate = $1"
	}
	if before != 0 {
		args = append(args, before)
		where += fmt.Sprintf(" AND (seen_at, id) < (SELECT seen_at, id FROM ledger_entries WHERE id = $%d)", len(args))
	}
	rows, err := l.db.Read.QueryContext(ctx, `SELECT `+entryColumns+` FROM ledger_entries WHERE `+where+fmt.Sprintf(` ORDER BY seen_at DESC, id DESC LIMIT %d`, limit), args...)
	if err != nil {
		return nil, fmt.Errorf("list the ledger: %w", err)
	}
	defer rows.Close()
	var entries []Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, fmt.Errorf("list the ledger: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// Mailbox is one watched folder as people see it.
type Mailbox struct {
	Name, Folder  string
	UIDValidity   uint32
	LastUID       uint32
	Owner         int64
	State         string // of the connection; see mailin.State
	Code, Detail  string
	StateAt       time.Time
	RetryAt       time.Time
	LookedAt      time.Time // when the server last answered a look for new mail
	SweptAt       time.Time
	SweptListed   int // mails that the server listed then
	SweptHoles    int // of them, without a line in the ledger when the sweep began
	SweptWaiting  int // of them, still without one: tried again
	Unread, Kept  int // mails that wait to be read, and all that are kept
	FetchFailures int
	ExpectedSince time.Time // see Ledger.Expect; zero: nobody expects this folder to be watched
	Alarm         Alarm     // "" when all is well, or when nobody expects this folder to be watched
}

// Mailboxes returns the folders ever watched, and those that are to be and never were.
func (l *Ledger) Mailboxes(ctx context.Context) ([]Mailbox, error) {
	rows, err := l.db.Read.QueryContext(ctx, `SELECT name, folder, uidvalidity, last_uid, owner, health, health_code, health_detail, health_at, retry_at,
			looked_at, swept_at, swept_listed, swept_holes, swept_waiting,
			(SELECT count(*) FROM ledger_entries e WHERE e.mailbox = m.name AND e.folder = m.folder AND e.step <> '' AND e.step = 'read'),
			(SELECT count(*) FROM ledger_entries e WHERE e.mailbox = m.name AND e.folder = m.folder AND e.content_id IS NOT NULL),
			(SELECT count(*) FROM fetch_failures f WHERE f.mailbox = m.name AND f.folder = m.folder AND f.generation = m.generation)
		FROM mailboxes m ORDER BY name, folder`)
	if err != nil {
		return nil, fmt.Errorf("list the mailboxes: %w", err)
	}
	defer rows.Close()
	var list []Mailbox
	for rows.Next() {
		var m Mailbox
		var at, retry, looked, swept int64
		if err := rows.Scan(&m.Name, &m.Folder, &m.UIDValidity, &m.LastUID, &m.Owner, &m.State, &m.Code, &m.Detail, &at, &retry,
			&looked, &swept, &m.SweptListed, &m.SweptHoles, &m.SweptWaiting, &m.Unread, &m.Kept, &m.FetchFailures); err != nil {
			return nil, fmt.Errorf("list the mailboxes: %w", err)
		}
		m.StateAt, m.RetryAt, m.SweptAt = moment(at), moment(retry), moment(swept)
		m.LookedAt = moment(looked)
		list = append(list, m)
	}
	return l.judge(list), rows.Err()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Proof is the half of a reconciliation that needs no server: that every mail whose bytes were kept has a message or a
// named reason, or waits to be read.
type Proof struct {
	Kept    int // entries with bytes
	Settled int // of them, with a fate and a message or a reason
	Waiting int // of them, to be read
	Lost    []int64
}

// Prove computes the proof.
func (l *Ledger) Prove(ctx context.Context) (Proof, error) {
	var p Proof
	if err := l.db.Read.QueryRowContext(ctx, `SELECT count(*), count(CASE WHEN step = 'read' THEN 1 END) FROM ledger_entries WHERE content_id IS NOT NULL`).
		Scan(&p.Kept, &p.Waiting); err != nil {
		return p, fmt.Errorf("count the ledger: %w", err)
	}
	rows, err := l.db.Read.QueryContext(ctx, `SELECT e.id FROM ledger_entries e WHERE e.content_id IS NOT NULL AND e.step = ''
		AND NOT (e.fate <> '' AND (e.reason <> '' OR EXISTS (SELECT 1 FROM messages m WHERE m.id = e.message_id))) ORDER BY e.id`)
	if err != nil {
		return p, fmt.Errorf("look for mails without a message: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return p, fmt.Errorf("look for mails without a message: %w", err)
		}
		p.Lost = append(p.Lost, id)
	}
	p.Settled = p.Kept - p.Waiting - len(p.Lost)
	return p, rows.Err()
}

// CountFailure counts a failed attempt to read an entry and says when it is tried again; it returns how often it has
// failed. ErrNotDue if it was read meanwhile.
func CountFailure(ctx context.Context, tx *store.Tx, id int64, code string, after func(attempts int64) time.Duration) (attempts int64, at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE ledger_entries SET attempts = attempts + 1, error = $2 WHERE id = $1 AND step = 'read' RETURNING attempts`, id, code).Scan(&attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, at, ErrNotDue
	}
	if err != nil {
		return 0, at, fmt.Errorf("count a failure of ledger entry %d: %w", id, err)
	}
	at = tx.Now.Add(after(attempts))
	if _, err := tx.ExecContext(ctx, `UPDATE ledger_entries SET next_at = $2 WHERE id = $1`, id, at.UnixMilli()); err != nil {
		return 0, at, fmt.Errorf("postpone ledger entry %d: %w", id, err)
	}
	return attempts, at, nil
}

// Due is an entry that waits to be read.
type Due struct{ EntryID, Round int64 }

// Due returns up to limit entries that were due to be read at the moment, the longest due first.
func (l *Ledger) Due(ctx context.Context, at time.Time, limit int) (due []Due, err error) {
	rows, err := l.db.Read.QueryContext(ctx, fmt.Sprintf(`SELECT id, attempts FROM ledger_entries WHERE step <> '' AND next_at <= $1 ORDER BY next_at, id LIMIT %d`, limit), at.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("look for mails to be read: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d Due
		if err := rows.Scan(&d.EntryID, &d.Round); err != nil {
			return nil, fmt.Errorf("look for mails to be read: %w", err)
		}
		due = append(due, d)
	}
	return due, rows.Err()
}

// ReadAgain puts an entry whose bytes are kept back to be read: for mails that a person wants to have a case, or that an
// older version read wrongly. It returns ErrNotFound if there are no bytes, ErrNotDue if it became a message of a case.
func ReadAgain(ctx context.Context, tx *store.Tx, id int64) error {
	var content, message sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT content_id, message_id FROM ledger_entries WHERE id = $1`, id).Scan(&content, &message)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !content.Valid {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read ledger entry %d: %w", id, err)
	}
	if message.Valid {
		return ErrNotDue
	}
	if _, err := tx.ExecContext(ctx, `UPDATE ledger_entries SET step = 'read', fate = '', reason = '', attempts = 0, next_at = $2 WHERE id = $1`, id, tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("put ledger entry %d back: %w", id, err)
	}
	return nil
}

// CountOrphan counts the death of the process that read an entry in a round. ErrNotDue if it was read, or given out
// again already.
func CountOrphan(ctx context.Context, tx *store.Tx, id, round int64, code string) (attempts int64, at time.Time, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE ledger_entries SET attempts = attempts + 1, error = $3, next_at = $4 WHERE id = $1 AND step = 'read' AND attempts = $2 RETURNING attempts`,
		id, round, code, tx.Now.UnixMilli()).Scan(&attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, at, ErrNotDue
	}
	if err != nil {
		return 0, at, fmt.Errorf("take back the reading of ledger entry %d: %w", id, err)
	}
	return attempts, tx.Now, nil
}
