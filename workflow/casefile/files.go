package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
	"caseconsultant/workflow/store"
)

// Files reads cases, outside transactions. It is safe for concurrent use.
type Files struct{ db *store.DB }

// NewFiles reads the cases of a database.
func NewFiles(db *store.DB) *Files { return &Files{db} }

const caseColumns = `c.id, c.ref, c.state, c.version, c.key_id, c.mailbox, c.queue, c.subject, c.snippet, c.asker, c.codes, c.topics, c.reason,
	c.received_at, c.due_at, c.claimed_by, c.claimed_at, c.answered_at, c.closed_at, c.changed_at, c.linked_case,
	(SELECT string_agg(f.flag, ' ') FROM case_flags f WHERE f.case_id = c.id)`

type scanner interface{ Scan(dest ...any) error }

// scanCase reads caseColumns, with more destinations behind them.
func scanCase(ctx context.Context, o opener, row scanner, c *Case, keyID *int64, more ...any) error {
	var state, codeList, topics string
	var subject, snippet, asker []byte
	var received, changed int64
	var due, claimedBy, claimedAt, answered, closed, linked sql.NullInt64
	var flags sql.NullString
	dest := append([]any{&c.ID, &c.Ref, &state, &c.Version, keyID, &c.Mailbox, &c.Queue, &subject, &snippet, &asker, &codeList, &topics, &c.Reason,
		&received, &due, &claimedBy, &claimedAt, &answered, &closed, &changed, &linked, &flags}, more...)
	if err := row.Scan(dest...); err != nil {
		return notFound(err)
	}
	c.State = State(state)
	c.Codes, c.Topics = strings.Fields(codeList), strings.Fields(topics)
	c.Flags = nil
	for _, flag := range strings.Fields(flags.String) {
		c.Flags = append(c.Flags, Flag(flag))
	}
	slices.Sort(c.Flags)
	c.ReceivedAt, c.ChangedAt = time.UnixMilli(received).UTC(), time.UnixMilli(changed).UTC()
	c.DueAt, c.ClaimedAt, c.AnsweredAt, c.ClosedAt = timeOf(due), timeOf(claimedAt), timeOf(answered), timeOf(closed)
	c.ClaimedBy, c.LinkedCase = claimedBy.Int64, linked.Int64
	text, err := open(ctx, o, *keyID, place("cases", c.ID, "subject"), subject)
	if err != nil {
		return err
	}
	c.Subject = string(text)
	if text, err = open(ctx, o, *keyID, place("cases", c.ID, "snippet"), snippet); err != nil {
		return err
	}
	c.Snippet = string(text)
	return openJSON(ctx, o, *keyID, place("cases", c.ID, "asker"), asker, &c.Asker)
}

// Filter chooses cases. The zero value is all of them.
type Filter struct {
	States    []State // any of these
	ClaimedBy int64   // in this user's hands
	Flag      Flag    // bears this flag
	Code      string  // mentions this code
	Queue     string
	Newest    bool  // newest first; else oldest first
	Limit     int   // defaults to 50, at most 500
	After     int64 // id of the last case of the page before; 0: the first page
}

// List returns one page of cases, by the time at which they came. Keyset paging: a page costs the same however far
// down it is.
func (f *Files) List(ctx context.Context, filter Filter) ([]Case, error) {
	limit := filter.Limit
	if limit <= 0 {
		limit = 50
	}
	query, args := filter.where()
	direction, compare := "ASC", ">"
	if filter.Newest {
		direction, compare = "DESC", "<"
	}
	if filter.After != 0 {
		args = append(args, filter.After)
		query += fmt.Sprintf(` AND (c.received_at, c.id) %s (SELECT received_at, id FROM cases WHERE id = $%d)`, compare, len(args))
	}
	rows, err := f.db.Read.QueryContext(ctx, `SELECT `+caseColumns+` FROM cases c WHERE `+query+
		fmt.Sprintf(` ORDER BY c.received_at %s, c.id %s LIMIT %d`, direction, direction, min(limit, 500)), args...)
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	defer rows.Close()
	var list []Case
	for rows.Next() {
		var c Case
		var keyID int64
		if err := scanCase(ctx, f.db, rows, &c, &keyID); err != nil {
			return nil, fmt.Errorf("list cases: %w", err)
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

func (filter *Filter) where() (string, []any) {
	clauses := []string{"TRUE"}
	var args []any
	add := func(format string, arg any) {
		args = append(args, arg)
		clauses = append(clauses, fmt.Sprintf(format, len(args)))
	}
	if len(filter.States) > 0 {
		var in []string
		for _, state := range filter.States {
			args = append(args, string(state))
			in = append(in, fmt.Sprintf("$%d", len(args)))
		}
		clauses = append(clauses, "c.state IN ("+strings.Join(in, ", ")+")")
	}
	if filter.ClaimedBy != 0 {
		add("c.claimed_by = $%d", filter.ClaimedBy)
	}
	if filter.Flag != "" {
		add("EXISTS (SELECT 1 FROM case_flags x WHERE x.case_id = c.id AND x.flag = $%d)", string(filter.Flag))
	}
	if filter.Code != "" {
		add("c.id IN (SELECT case_id FROM mentions WHERE code = $%d)", filter.Code)
	}
	if filter.Queue != "" {
		add("c.queue = $%d", filter.Queue)
	}
	return strings.Join(clauses, " AND "), args
}

// Counts says how many cases are in each state, and how many open ones bear each flag.
type Counts struct {
	States map[State]int
	Flags  map[Flag]int
	Mine   int // in the hands of the user asked for
}

// Counts counts for the queue's list of views.
func (f *Files) Counts(ctx context.Context, user int64) (Counts, error) {
	counts := Counts{States: make(map[State]int), Flags: make(map[Flag]int)}
	err := f.each(ctx, `SELECT state, count(*) FROM cases GROUP BY state`, nil, func(row scanner) error {
		var state string
		var n int
		if err := row.Scan(&state, &n); err != nil {
			return err
		}
		counts.States[State(state)] = n
		return nil
	})
	if err != nil {
		return counts, fmt.Errorf("count cases: %w", err)
	}
	err = f.each(ctx, `SELECT f.flag, count(*) FROM case_flags f JOIN cases c ON c.id = f.case_id
		WHERE c.state IN ('new', 'waiting', 'claimed', 'in_review', 'failed') OR f.flag = 'undelivered' GROUP BY f.flag`, nil, func(row scanner) error {
		var flag string
		var n int
		if err := row.Scan(&flag, &n); err != nil {
			return err
		}
		counts.Flags[Flag(flag)] = n
		return nil
	})
	if err != nil {
		return counts, fmt.Errorf("count flags: %w", err)
	}
	if err := f.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM cases WHERE claimed_by = $1 AND state IN ('claimed', 'in_review')`, user).Scan(&counts.Mine); err != nil {
		return counts, fmt.Errorf("count a consultant's cases: %w", err)
	}
	return counts, nil
}

func (f *Files) each(ctx context.Context, query string, args []any, read func(scanner) error) error {
	rows, err := f.db.Read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// View is a case with all that a page shows of it.
type View struct {
	Case
	Messages     []Message // by time; each with its attachments and mentions
	Descriptions []Description
	Findings     []finding.Finding
	NotChecked   []finding.NotChecked
	Deliveries   []Delivery // by time
	Events       []Event
	Notes        []Note
	Drafts       []Draft
}

// Description is what the codebook said of a mentioned code when the case was read.
type Description struct {
	MessageID int64
	System    codes.System
	Code      string
	Release   string
	Entry     json.RawMessage // codebook.Entry
}

// Get reads a case whole. ErrNotFound if there is none with that reference.
func (f *Files) Get(ctx context.Context, ref string) (*View, error) {
	return f.get(ctx, `c.ref = $1`, ref)
}

// GetID is Get by id.
func (f *Files) GetID(ctx context.Context, id int64) (*View, error) {
	return f.get(ctx, `c.id = $1`, id)
}

func (f *Files) get(ctx context.Context, where string, arg any) (*View, error) {
	v := &View{}
	var keyID int64
	row := f.db.Read.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases c WHERE `+where, arg)
	if err := scanCase(ctx, f.db, row, &v.Case, &keyID); err != nil {
		return nil, fmt.Errorf("read a case: %w", err)
	}
	if v.LinkedCase != 0 {
		if err := f.db.Read.QueryRowContext(ctx, `SELECT ref FROM cases WHERE id = $1`, v.LinkedCase).Scan(&v.LinkedRef); err != nil && notFound(err) != ErrNotFound {
			return nil, fmt.Errorf("read the case that case %d is linked to: %w", v.ID, err)
		}
	}
	for _, read := range []func(context.Context, *View, int64) error{
		f.readMessages, f.readAttachments, f.readMentions, f.readDescriptions, f.readFindings, f.readDeliveries, f.readEvents, f.readNotes, f.readDrafts,
	} {
		if err := read(ctx, v, keyID); err != nil {
			return nil, fmt.Errorf("read case %d: %w", v.ID, err)
		}
	}
	return v, nil
}

func (f *Files) readEvents(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT number, at, kind, actor, subject_id, detail FROM events WHERE case_id = $1 ORDER BY number`, []any{v.ID}, func(row scanner) error {
		var e Event
		var at int64
		var kind, actor string
		var sealed []byte
		if err := row.Scan(&e.Number, &at, &kind, &actor, &e.SubjectID, &sealed); err != nil {
			return err
		}
		e.At, e.Kind, e.Actor = time.UnixMilli(at).UTC(), EventKind(kind), Actor(actor)
		plain, err := open(ctx, f.db, keyID, fmt.Sprintf("events/%d/%d", v.ID, e.Number), sealed)
		if err != nil {
			return err
		}
		e.Detail = string(plain)
		v.Events = append(v.Events, e)
		return nil
	})
}

func (f *Files) readNotes(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT id, user_id, at, body FROM notes WHERE case_id = $1 ORDER BY at, id`, []any{v.ID}, func(row scanner) error {
		var n Note
		var at int64
		var sealed []byte
		if err := row.Scan(&n.ID, &n.UserID, &at, &sealed); err != nil {
			return err
		}
		n.At = time.UnixMilli(at).UTC()
		plain, err := open(ctx, f.db, keyID, place("notes", n.ID, "body"), sealed)
		if err != nil {
			return err
		}
		n.Body = string(plain)
		v.Notes = append(v.Notes, n)
		return nil
	})
}

func (f *Files) readDrafts(ctx context.Context, v *View, keyID int64) error {
	return f.each(ctx, `SELECT user_id, body, changed_at FROM drafts WHERE case_id = $1 ORDER BY changed_at`, []any{v.ID}, func(row scanner) error {
		var d Draft
		var at int64
		var sealed []byte
		if err := row.Scan(&d.UserID, &sealed, &at); err != nil {
			return err
		}
		d.ChangedAt = time.UnixMilli(at).UTC()
		plain, err := open(ctx, f.db, keyID, fmt.Sprintf("drafts/%d/%d", v.ID, d.UserID), sealed)
		if err != nil {
			return err
		}
		d.Body = string(plain)
		v.Drafts = append(v.Drafts, d)
		return nil
	})
}

// AddNote keeps a consultant's word to colleagues.
func (e *Edit) AddNote(ctx context.Context, user int64, body string) error {
	id := e.tx.NewID()
	sealed, err := e.tx.Seal(ctx, e.keyID, place("notes", id, "body"), []byte(clean(body)))
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO notes (id, case_id, user_id, at, body) VALUES ($1, $2, $3, $4, $5)`,
		id, e.ID, user, e.tx.Now.UnixMilli(), sealed); err != nil {
		return fmt.Errorf("keep a note on case %d: %w", e.ID, err)
	}
	return nil
}

// KeepDraft keeps an answer that is being written; an empty one removes it.
func (e *Edit) KeepDraft(ctx context.Context, user int64, body string) error {
	if body == "" {
		if _, err := e.tx.ExecContext(ctx, `DELETE FROM drafts WHERE case_id = $1 AND user_id = $2`, e.ID, user); err != nil {
			return fmt.Errorf("remove a draft of case %d: %w", e.ID, err)
		}
		return nil
	}
	sealed, err := e.tx.Seal(ctx, e.keyID, fmt.Sprintf("drafts/%d/%d", e.ID, user), []byte(clean(body)))
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO drafts (case_id, user_id, body, changed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (case_id, user_id) DO UPDATE SET body = excluded.body, changed_at = excluded.changed_at`,
		e.ID, user, sealed, e.tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("keep a draft of case %d: %w", e.ID, err)
	}
	return nil
}

// ChangesSince returns the references of cases changed at or after a moment, and the moment to ask from next time. A
// little is looked back, since a transaction that began earlier may commit later: a reader forgets what it has shown
// by comparing versions.
func (f *Files) ChangesSince(ctx context.Context, since time.Time) (changed []Change, err error) {
	err = f.each(ctx, `SELECT c.ref, c.version, c.state FROM cases c WHERE c.id IN (SELECT case_id FROM changes WHERE id >= $1) ORDER BY c.changed_at`,
		[]any{store.FirstID(since.Add(-lookBack))}, func(row scanner) error {
			var c Change
			var state string
			if err := row.Scan(&c.Ref, &c.Version, &state); err != nil {
				return err
			}
			c.State = State(state)
			changed = append(changed, c)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read the changes: %w", err)
	}
	return changed, nil
}

const lookBack = 10 * time.Second

// Change is a case that has changed, as live pages hear of it.
type Change struct {
	Ref     string
	Version int64
	State   State
}

// NewlyOverdue returns up to limit open cases whose time has passed and that do not bear the flag yet.
func (f *Files) NewlyOverdue(ctx context.Context, now time.Time, limit int) (ids []int64, err error) {
	err = f.each(ctx, fmt.Sprintf(`SELECT c.id FROM cases c WHERE c.due_at < $1 AND c.state IN ('waiting', 'claimed', 'in_review')
		AND NOT EXISTS (SELECT 1 FROM case_flags x WHERE x.case_id = c.id AND x.flag = 'overdue') ORDER BY c.due_at LIMIT %d`, limit), []any{now.UnixMilli()}, func(row scanner) error {
		var id int64
		err := row.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for overdue cases: %w", err)
	}
	return ids, nil
}

// ForgetChanges removes what live pages were told before a moment.
func (f *Files) ForgetChanges(ctx context.Context, before time.Time) error {
	var old int
	if err := f.db.Read.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM changes WHERE id < $1 LIMIT 1) x`, store.FirstID(before)).Scan(&old); err != nil || old == 0 {
		return err
	}
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM changes WHERE id < $1`, store.FirstID(before)); err != nil {
			return fmt.Errorf("forget old changes: %w", err)
		}
		return nil
	})
}

// SaveDraft keeps an unfinished answer without touching the case: it is no event, and others' work does not become
// stale by it. Of a case that is answered or closed nothing is kept: what arrives then was typed before the answer went
// out, and must not come back as a draft.
func (f *Files) SaveDraft(ctx context.Context, ref string, user int64, body string) error {
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		e := &Edit{tx: tx}
		// The row is locked, so that a draft and the answer that removes it come one after the other.
		if err := tx.QueryRowContext(ctx, `UPDATE cases SET version = version WHERE ref = $1 RETURNING id, key_id, state`, ref).Scan(&e.ID, &e.keyID, &e.State); err != nil {
			return notFound(err)
		}
		if e.State == Answered || e.State == Closed || e.State == Merged {
			body = ""
		}
		return e.KeepDraft(ctx, user, body)
	})
}

// Heads returns the cases with these ids, without what is in them; ids without a case are left out.
func (f *Files) Heads(ctx context.Context, ids []int64) (map[int64]Case, error) {
	heads := make(map[int64]Case, len(ids))
	if len(ids) == 0 {
		return heads, nil
	}
	in := make([]string, len(ids))
	args := make([]any, len(ids))
	for i, id := range ids {
		in[i], args[i] = fmt.Sprintf("$%d", i+1), id
	}
	err := f.each(ctx, `SELECT `+caseColumns+` FROM cases c WHERE c.id IN (`+strings.Join(in, ", ")+`)`, args, func(row scanner) error {
		var c Case
		var keyID int64
		if err := scanCase(ctx, f.db, row, &c, &keyID); err != nil {
			return err
		}
		heads[c.ID] = c
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read cases: %w", err)
	}
	return heads, nil
}
