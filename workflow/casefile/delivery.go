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

// NewDelivery is a mail to be sent, composed: its bytes never change again.
type NewDelivery struct {
	Kind      DeliveryKind
	MessageID int64 // the incoming message that it answers; 0: none
	UserID    int64
	Mailbox   string
	Envelope  Envelope
	HeaderID  string
	Automatic bool
	Held      string    // why it waits for a person's approval; "": it may go
	NotBefore time.Time // zero: now
	Raw       io.Reader // the composed bytes

	// How the conversation shows it.
	Sender  Person
	To      []Person
	Subject string
	Text    string
}

// AddDelivery keeps a mail to be sent, and its place in the conversation. The caller inserts the send job in the same
// transaction.
func (e *Edit) AddDelivery(ctx context.Context, n NewDelivery) (*Delivery, error) {
	d := &Delivery{ID: e.tx.NewID(), CaseID: e.ID, Ref: e.Ref, MessageID: n.MessageID, UserID: n.UserID, Kind: n.Kind, State: DeliveryQueued, Mailbox: n.Mailbox,
		Envelope: n.Envelope, Automatic: n.Automatic, HeaderID: n.HeaderID, CreatedAt: e.tx.Now, NextAt: e.tx.Now, Reason: n.Held}
	if n.Held != "" {
		d.State = DeliveryHeld
		e.Flag(Held, true)
	}
	if n.NotBefore.After(e.tx.Now) {
		d.NextAt = n.NotBefore
	}
	if len(n.Envelope.To) == 0 {
		return nil, fmt.Errorf("a delivery of case %d has no recipient", e.ID)
	}
	var err error
	if d.ContentID, d.Size, err = e.tx.WriteContent(ctx, e.keyID, n.Raw); err != nil {
		return nil, err
	}
	envelope, err := sealJSON(ctx, e.tx, e.keyID, place("deliveries", d.ID, "envelope"), n.Envelope)
	if err != nil {
		return nil, err
	}
	headerID, err := sealJSON(ctx, e.tx, e.keyID, place("deliveries", d.ID, "header_id"), n.HeaderID)
	if err != nil {
		return nil, err
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO deliveries (id, case_id, message_id, user_id, kind, state, mailbox, content_id, size, envelope, recipient_hash,
			automatic, header_id, header_id_hash, created_at, next_at, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
		d.ID, e.ID, nullID(n.MessageID), nullID(n.UserID), string(d.Kind), string(d.State), d.Mailbox, d.ContentID, d.Size, envelope,
		AddressKey(e.tx.DB(), n.Envelope.To[0]), n.Automatic, headerID, HeaderKey(e.tx.DB(), n.HeaderID), d.CreatedAt.UnixMilli(), d.NextAt.UnixMilli(), d.Reason); err != nil {
		return nil, fmt.Errorf("keep a delivery of case %d: %w", e.ID, err)
	}
	if err := e.AddMessage(ctx, NewMessage{ID: e.tx.NewID(), Direction: Out, DeliveryID: d.ID, At: e.tx.Now, Sender: n.Sender, Recipients: n.To,
		Subject: n.Subject, HeaderID: n.HeaderID, RawID: d.ContentID, Parsed: Parsed{Text: n.Text, Reply: n.Text}}); err != nil {
		return nil, err
	}
	for _, to := range n.Envelope.To {
		// Who answers a notice is a colleague, not an asker: the mail gets a case of its own.
		if n.Kind == Notification {
			break
		}
		if err := e.EnterOutgoing(ctx, to, n.HeaderID); err != nil {
			return nil, err
		}
	}
	return d, e.Record(ctx, DeliveryEvent(d.State), e.sentBy(n), d.ID, map[string]string{"kind": string(d.Kind)})
}

func (e *Edit) sentBy(n NewDelivery) Actor {
	if n.UserID != 0 {
		return User(n.UserID)
	}
	return System
}

// DeliveryChange is what becomes of a delivery.
type DeliveryChange struct {
	From   []DeliveryState // the states in which it may be; none: any
	Owner  int64           // if not 0, the process that must be sending it
	To     DeliveryState
	NextAt time.Time // for deferred, and for queued after a broken connection
	Reason string    // phase and codes, no addresses
	// Response is the server's full reply; it is sealed.
	Response string
	// Attempt counts this as an attempt.
	Attempt bool
	// TakenBy is the process that begins to send it (To is sending).
	TakenBy int64
	Resent  bool
	Actor   Actor
	// Quiet leaves the change out of the history: the way back from sending to queued is no news.
	Quiet bool
}

// ChangeDelivery takes a delivery of the case to another state, or returns ErrNotDue if it is not in one of the states
// that the change begins from. It keeps the case's flags undelivered and held true.
func (e *Edit) ChangeDelivery(ctx context.Context, id int64, c DeliveryChange) error {
	now := e.tx.Now.UnixMilli()
	response, err := e.tx.Seal(ctx, e.keyID, place("deliveries", id, "response"), []byte(limit(clean(c.Response))))
	if errors.Is(err, store.ErrErased) {
		response, err = nil, nil
	}
	if err != nil {
		return err
	}
	query := `UPDATE deliveries SET state = $3, reason = $4, response = $5, attempts = attempts + $6, next_at = $7, owner = $8, round = round + 1`
	args := []any{id, e.ID, string(c.To), c.Reason, response, boolInt(c.Attempt), nullTime(c.NextAt).Int64, c.TakenBy}
	if c.NextAt.IsZero() {
		args[6] = now
	}
	set := func(column string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(", %s = $%d", column, len(args))
	}
	switch c.To {
	case DeliverySending:
		set("sending_at", now)
	case DeliveryAccepted:
		set("accepted_at", now)
	case DeliveryUncertain:
		set("uncertain_at", now)
		set("alarmed_at", nil) // of this one nobody was told yet
	}
	if c.Resent {
		set("resent", true)
	}
	query += ` WHERE id = $1 AND case_id = $2`
	if len(c.From) > 0 {
		var in []string
		for _, state := range c.From {
			args = append(args, string(state))
			in = append(in, fmt.Sprintf("$%d", len(args)))
		}
		query += ` AND state IN (` + strings.Join(in, ", ") + `)`
	}
	if c.Owner != 0 {
		args = append(args, c.Owner)
		query += fmt.Sprintf(` AND owner = $%d`, len(args))
	}
	result, err := e.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("change delivery %d to %s: %w", id, c.To, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotDue)
	}
	if err := e.flagDeliveries(ctx); err != nil {
		return err
	}
	if c.Quiet {
		return nil
	}
	actor := c.Actor
	if actor == "" {
		actor = System
	}
	var detail any
	if c.Reason != "" {
		detail = map[string]string{"reason": c.Reason}
	}
	return e.Record(ctx, DeliveryEvent(c.To), actor, id, detail)
}

// flagDeliveries makes the flags that depend on the case's deliveries true.
func (e *Edit) flagDeliveries(ctx context.Context) error {
	var undelivered, held int
	if err := e.tx.QueryRowContext(ctx, `SELECT count(CASE WHEN state IN ('failed', 'uncertain') THEN 1 END), count(CASE WHEN state = 'held' THEN 1 END)
		FROM deliveries WHERE case_id = $1`, e.ID).Scan(&undelivered, &held); err != nil {
		return fmt.Errorf("count the undelivered mails of case %d: %w", e.ID, err)
	}
	e.Flag(Undelivered, undelivered > 0)
	e.Flag(Held, held > 0)
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

const deliveryColumns = `d.id, d.case_id, c.ref, c.key_id, d.message_id, d.user_id, d.kind, d.state, d.mailbox, d.content_id, d.size, d.envelope, d.automatic,
	d.header_id, d.created_at, d.attempts, d.round, d.next_at, d.owner, d.sending_at, d.accepted_at, d.uncertain_at, d.resent, d.reason, d.response`

func scanDelivery(ctx context.Context, o opener, row scanner) (d Delivery, err error) {
	var keyID, created, next int64
	var kind, state string
	var message, user, sending, accepted, uncertain sql.NullInt64
	var envelope, headerID, response []byte
	if err := row.Scan(&d.ID, &d.CaseID, &d.Ref, &keyID, &message, &user, &kind, &state, &d.Mailbox, &d.ContentID, &d.Size, &envelope, &d.Automatic,
		&headerID, &created, &d.Attempts, &d.Round, &next, &d.Owner, &sending, &accepted, &uncertain, &d.Resent, &d.Reason, &response); err != nil {
		return d, notFound(err)
	}
	d.Kind, d.State = DeliveryKind(kind), DeliveryState(state)
	d.MessageID, d.UserID = message.Int64, user.Int64
	d.CreatedAt, d.NextAt = time.UnixMilli(created).UTC(), time.UnixMilli(next).UTC()
	d.SendingAt, d.AcceptedAt, d.UncertainAt = timeOf(sending), timeOf(accepted), timeOf(uncertain)
	if err := openJSON(ctx, o, keyID, place("deliveries", d.ID, "envelope"), envelope, &d.Envelope); err != nil {
		return d, err
	}
	if err := openJSON(ctx, o, keyID, place("deliveries", d.ID, "header_id"), headerID, &d.HeaderID); err != nil {
		return d, err
	}
	plain, err := open(ctx, o, keyID, place("deliveries", d.ID, "response"), response)
	d.Response = string(plain)
	return d, err
}

func (f *Files) deliveries(ctx context.Context, where string, args ...any) (list []Delivery, err error) {
	err = f.each(ctx, `SELECT `+deliveryColumns+` FROM deliveries d JOIN cases c ON c.id = d.case_id WHERE `+where, args, func(row scanner) error {
		d, err := scanDelivery(ctx, f.db, row)
		list = append(list, d)
		return err
	})
	return list, err
}

func (f *Files) readDeliveries(ctx context.Context, v *View, _ int64) (err error) {
	v.Deliveries, err = f.deliveries(ctx, `d.case_id = $1 ORDER BY d.created_at, d.id`, v.ID)
	return err
}

// Delivery reads one delivery.
func (f *Files) Delivery(ctx context.Context, id int64) (Delivery, error) {
	list, err := f.deliveries(ctx, `d.id = $1`, id)
	if err != nil {
		return Delivery{}, fmt.Errorf("read delivery %d: %w", id, err)
	}
	if len(list) == 0 {
		return Delivery{}, ErrNotFound
	}
	return list[0], nil
}

// Deliveries returns one page of deliveries, newest first: those in any of the states (all if empty), older than the
// one with the id before (0: the newest).
func (f *Files) Deliveries(ctx context.Context, states []DeliveryState, before int64, limit int) ([]Delivery, error) {
	where := "TRUE"
	var args []any
	if len(states) > 0 {
		var in []string
		for _, state := range states {
			args = append(args, string(state))
			in = append(in, fmt.Sprintf("$%d", len(args)))
		}
		where = "d.state IN (" + strings.Join(in, ", ") + ")"
	}
	if before != 0 {
		args = append(args, before)
		where += fmt.Sprintf(" AND (d.created_at, d.id) < (SELECT created_at, id FROM deliveries WHERE id = $%d)", len(args))
	}
	list, err := f.deliveries(ctx, where+fmt.Sprintf(` ORDER BY d.created_at DESC, d.id DESC LIMIT %d`, limit), args...)
	if err != nil {
		return nil, fmt.Errorf("list deliveries: %w", err)
	}
	return list, nil
}

// DeliveryCounts returns how many deliveries are in each state.
func (f *Files) DeliveryCounts(ctx context.Context) (map[DeliveryState]int, error) {
	counts := make(map[DeliveryState]int)
	err := f.each(ctx, `SELECT state, count(*) FROM deliveries GROUP BY state`, nil, func(row scanner) error {
		var state string
		var n int
		if err := row.Scan(&state, &n); err != nil {
			return err
		}
		counts[DeliveryState(state)] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	return counts, nil
}

// AutomaticFree says when one more automatic mail to an address (with an empty one: to anyone) may go, of which at most
// most may go within any window; the past means now. What waits already counts at the time at which it will go, so that
// what was delayed does not go out all at once. next_at is that time while a mail waits, and when it went afterwards.
//
// Those who ask at the same moment come one after the other, until their transactions end: two would otherwise both
// take the last place. For everyone that holds only where the limit is near, since it would make all of them wait.
// Notices to consultants take no place of an asker's.
func AutomaticFree(ctx context.Context, tx *store.Tx, address string, most int, window time.Duration) (time.Time, error) {
	const near = 100 // more than ever run at once
	since := tx.Now.Add(-window).UnixMilli()
	find := func(place int) (at int64, found bool, err error) {
		where, args := `automatic AND state <> 'cancelled' AND next_at >= $1 AND kind <> 'notification'`, []any{since}
		if address != "" {
			where, args = `automatic AND state <> 'cancelled' AND next_at >= $1 AND recipient_hash = $2`, append(args, AddressKey(tx.DB(), address))
		}
		err = tx.QueryRowContext(ctx, `SELECT next_at FROM deliveries WHERE `+where+fmt.Sprintf(` ORDER BY next_at DESC LIMIT 1 OFFSET %d`, place-1), args...).Scan(&at)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, fmt.Errorf("count automatic mails: %w", err)
		}
		return at, true, nil
	}
	turn := "rate/all"
	if address != "" {
		turn = "rate/" + AddressKey(tx.DB(), address)[:3] // a few thousand turns, whoever writes
	} else if most > near {
		if _, found, err := find(most - near); err != nil || !found {
			return time.Time{}, err
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO counters (name, value) VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = counters.value + 1`, turn); err != nil {
		return time.Time{}, fmt.Errorf("take a turn at the automatic mails: %w", err)
	}
	at, found, err := find(most)
	if err != nil || !found {
		return time.Time{}, err
	}
	return time.UnixMilli(at).UTC().Add(window), nil
}

// UncertainByHeader returns the uncertain delivery that bears one of these Message-IDs: whoever answers it proves that
// it arrived. 0 if there is none.
func UncertainByHeader(ctx context.Context, tx *store.Tx, caseID int64, headerIDs []string) (int64, error) {
	for _, id := range headerIDs {
		var delivery int64
		err := tx.QueryRowContext(ctx, `SELECT id FROM deliveries WHERE case_id = $1 AND header_id_hash = $2 AND state = 'uncertain'`,
			caseID, HeaderKey(tx.DB(), id)).Scan(&delivery)
		if err == nil {
			return delivery, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("look for an uncertain delivery: %w", err)
		}
	}
	return 0, nil
}

// OpenAttachment opens an attachment's bytes for reading.
func (f *Files) OpenAttachment(ctx context.Context, id int64) (Attachment, io.ReadCloser, error) {
	a, _, _, err := f.attachment(ctx, id)
	if err != nil {
		return a, nil, err
	}
	if a.ContentID == 0 {
		return a, nil, ErrNotFound
	}
	content, err := f.db.OpenContent(ctx, a.ContentID)
	if err != nil {
		return a, nil, err
	}
	return a, content, nil
}

// OpenRaw opens a message as it came in or went out, with its size in bytes.
func (f *Files) OpenRaw(ctx context.Context, messageID int64) (size int64, r io.ReadCloser, err error) {
	content, err := f.Raw(ctx, messageID)
	if err != nil {
		return 0, nil, err
	}
	return content.Size, content, nil
}

// DeliveryByHeader returns the delivery that bears a Message-ID, and its case; zeros if there is none.
func DeliveryByHeader(ctx context.Context, tx *store.Tx, headerID string) (id, caseID int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id, case_id FROM deliveries WHERE header_id_hash = $1`, HeaderKey(tx.DB(), headerID)).Scan(&id, &caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look for the delivery of a Message-ID: %w", err)
	}
	return id, caseID, nil
}

// DeliveryTo returns the last mail of a case that a server took for an address, and its case; zeros if there is none. It is
// what a report is about that names the case and the address, and no Message-ID.
func DeliveryTo(ctx context.Context, tx *store.Tx, number int64, address string) (id, caseID int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT d.id, d.case_id
		FROM deliveries d
		JOIN cases c ON c.id = d.case_id
		WHERE c.number = $1 AND d.recipient_hash = $2 AND d.state IN ('sending', 'accepted', 'uncertain')
		ORDER BY d.created_at DESC, d.id DESC
		LIMIT 1`, number, AddressKey(tx.DB(), address)).Scan(&id, &caseID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("look for the delivery that a report is about: %w", err)
	}
	return id, caseID, nil
}

// Sending returns the deliveries that some process is handing to a server.
func (f *Files) Sending(ctx context.Context) ([]Delivery, error) {
	list, err := f.deliveries(ctx, `d.state = 'sending' ORDER BY d.id`)
	if err != nil {
		return nil, fmt.Errorf("list the deliveries being sent: %w", err)
	}
	return list, nil
}

// Due is a row that says that something is to be done, with the round of its job.
type Due struct {
	ID    int64
	Round int64
}

// due reads which of the rows that a query chooses (id and round, by conditions that go on) were due at the moment, at
// most limit, the longest due first.
func (f *Files) due(ctx context.Context, query string, at time.Time, limit int) (due []Due, err error) {
	err = f.each(ctx, query+fmt.Sprintf(` AND next_at <= $1 ORDER BY next_at, id LIMIT %d`, limit), []any{at.UnixMilli()}, func(row scanner) error {
		var d Due
		err := row.Scan(&d.ID, &d.Round)
		due = append(due, d)
		return err
	})
	return due, err
}

// DueDeliveries returns up to limit deliveries that were due to be sent at the moment, the longest due first.
func (f *Files) DueDeliveries(ctx context.Context, at time.Time, limit int) ([]Due, error) {
	due, err := f.due(ctx, `SELECT id, round FROM deliveries WHERE state IN ('queued', 'deferred')`, at, limit)
	if err != nil {
		return nil, fmt.Errorf("look for due deliveries: %w", err)
	}
	return due, nil
}

// UncertainSince returns up to limit deliveries that have been uncertain since the moment and of which nobody was told.
func (f *Files) UncertainSince(ctx context.Context, at time.Time, limit int) ([]Delivery, error) {
	list, err := f.deliveries(ctx, fmt.Sprintf(`d.state = 'uncertain' AND d.uncertain_at <= $1 AND d.alarmed_at IS NULL ORDER BY d.uncertain_at LIMIT %d`, limit), at.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("look for uncertain deliveries: %w", err)
	}
	return list, nil
}

// Alarmed notes that a person was told of an uncertain delivery.
func (f *Files) Alarmed(ctx context.Context, id int64) error {
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE deliveries SET alarmed_at = $2 WHERE id = $1`, id, tx.Now.UnixMilli()); err != nil {
			return fmt.Errorf("note the alarm about delivery %d: %w", id, err)
		}
		return nil
	})
}

// GiveOutDelivery begins a new round of a delivery that waits to be sent, after the process that had taken up the given
// round died. ErrNotDue if it is no longer in that round.
func GiveOutDelivery(ctx context.Context, tx *store.Tx, id, round int64) (next int64, err error) {
	err = tx.QueryRowContext(ctx, `UPDATE deliveries SET round = round + 1 WHERE id = $1 AND round = $2 AND state IN ('queued', 'deferred') RETURNING round`, id, round).Scan(&next)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, ErrNotDue
	}
	if err != nil {
		return 0, fmt.Errorf("give delivery %d out again: %w", id, err)
	}
	return next, nil
}
