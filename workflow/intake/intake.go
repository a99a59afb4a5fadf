// Package intake is the memory of the mailboxes: the ledger of every UID ever seen and its fate, the cursors, and the
// leases (epochs) by which only one process watches a folder. Ledger is what the watcher writes to; Entries and
// Mailboxes are what people read.
//
// The order of use: New, hand the Ledger to the watchers, and let the step that reads mails take entries with Pending
// and settle them with Settle in the transaction that makes the case.
//
// It may touch store only. What happens to an entry next is the caller's: Options.Enqueue inserts its job.
package intake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/workflow/store"
)

// Fate of a mail, beyond those that the watcher gives. The strings are part of the contract.
const (
	FateCase     = "case"
	FateJoined   = "joined"
	FateCommand  = "command"
	FateSetAside = "set_aside"
	FateDouble   = "double"
	FateFailed   = "failed"
	FateTooLarge = "too_large"
)

// Errors of this room.
var (
	// ErrNotDue: the entry was read already, by another run of the step. Nothing was changed.
	ErrNotDue = errors.New("the mail was read already")
	// ErrNotFound: no entry with that id.
	ErrNotFound = errors.New("there is no such mail in the ledger")
)

// Options are what a Ledger needs.
type Options struct {
	// Process is this program's id in processes: the owner of the leases it takes.
	Process int64
	// Enqueue inserts the job that reads an entry, in the transaction that keeps the mail.
	Enqueue func(ctx context.Context, tx *store.Tx, entryID int64) error
	// AcquireEvery is how often a lease held by another process is looked at. Defaults to 500 ms.
	AcquireEvery time.Duration
}

// Ledger implements mailin.Ledger on the database. It is safe for concurrent use by several watchers.
type Ledger struct {
	db       *store.DB
	opts     Options
	observer *store.Observer

	mu       sync.Mutex
	beats    map[string]heldBeat
	expected []Folder  // see Expect
	since    time.Time // when they began to be expected
}

// heldBeat is another process's beat on a folder, and for how long this one has seen it standing, by the monotonic clock.
type heldBeat struct {
	epoch, beat int64
	looked      time.Time
	stood       time.Duration
}

var _ mailin.Ledger = (*Ledger)(nil)

// New makes a ledger.
func New(db *store.DB, opts Options) *Ledger {
	if opts.AcquireEvery == 0 {
		opts.AcquireEvery = 500 * time.Millisecond
	}
	return &Ledger{db: db, opts: opts, observer: db.NewObserver(), beats: make(map[string]heldBeat)}
}

// Acquire implements mailin.Ledger. A lease is free when nobody has it, when its owner is dead (on SQLite seen at once),
// or when its beat has stood still for store.DeadAfter.
func (l *Ledger) Acquire(ctx context.Context, mailbox, folder string) (mailin.Lease, error) {
	for {
		lease, ok, err := l.tryAcquire(ctx, mailbox, folder)
		if err != nil {
			return lease, fmt.Errorf("take the lease of mailbox %s: %w", mailbox, err)
		}
		if ok {
			return lease, nil
		}
		timer := time.NewTimer(l.opts.AcquireEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return lease, ctx.Err()
		case <-timer.C:
		}
	}
}

func (l *Ledger) tryAcquire(ctx context.Context, mailbox, folder string) (lease mailin.Lease, ok bool, err error) {
	// The owner is read before the census: whoever owned the lease then had entered processes before.
	var epoch, owner, beat int64
	err = l.db.Read.QueryRowContext(ctx, `SELECT epoch, owner, beat FROM mailboxes WHERE name = $1 AND folder = $2`, mailbox, folder).Scan(&epoch, &owner, &beat)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return lease, false, err
	}
	census, err := l.observer.Census(ctx)
	if err != nil {
		return lease, false, err
	}
	if owner != 0 && owner != l.opts.Process && census.Lives(owner) && !l.stoodStill(mailbox, folder, epoch, beat) {
		return lease, false, nil
	}
	err = l.db.InTx(ctx, func(tx *store.Tx) error {
		ok = false
		if _, err := tx.ExecContext(ctx, `INSERT INTO mailboxes (id, name, folder) VALUES ($1, $2, $3) ON CONFLICT (name, folder) DO NOTHING`,
			tx.NewID(), mailbox, folder); err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE mailboxes SET epoch = epoch + 1, owner = $4, beat = 0 WHERE name = $1 AND folder = $2 AND epoch = $3`,
			mailbox, folder, epoch, l.opts.Process)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return err // another process was quicker
		}
		lease, err = readLease(ctx, tx, mailbox, folder)
		ok = err == nil
		return err
	})
	return lease, ok, err
}

func (l *Ledger) stoodStill(mailbox, folder string, epoch, beat int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	name := mailbox + "\x00" + folder
	seen, ok := l.beats[name]
	now := time.Now()
	if !ok || seen.epoch != epoch || seen.beat != beat {
		l.beats[name] = heldBeat{epoch: epoch, beat: beat, looked: now}
		return false
	}
	seen.stood += min(now.Sub(seen.looked), store.LongestLook)
	seen.looked = now
	l.beats[name] = seen
	return seen.stood >= store.DeadAfter
}

func readLease(ctx context.Context, tx *store.Tx, mailbox, folder string) (mailin.Lease, error) {
	lease := mailin.Lease{Mailbox: mailbox, Folder: folder}
	err := tx.QueryRowContext(ctx, `SELECT epoch, uidvalidity, generation, last_uid, floor, renumbered FROM mailboxes WHERE name = $1 AND folder = $2`,
		mailbox, folder).Scan(&lease.Epoch, &lease.UIDValidity, &lease.Generation, &lease.LastUID, &lease.Floor, &lease.Renumbered)
	return lease, err
}

// held runs f in a transaction that holds the folder's row under the lease's epoch, or returns mailin.ErrLeaseLost.
// The row is locked first, so writers of one folder come one after the other.
func (l *Ledger) held(ctx context.Context, lease mailin.Lease, set string, f func(tx *store.Tx) error, args ...any) error {
	return l.db.InTx(ctx, func(tx *store.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE mailboxes SET `+set+` WHERE name = $1 AND folder = $2 AND epoch = $3`,
			append([]any{lease.Mailbox, lease.Folder, lease.Epoch}, args...)...)
		if err != nil {
			return fmt.Errorf("write under the lease of mailbox %s: %w", lease.Mailbox, err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, mailin.ErrLeaseLost)
		}
		if f == nil {
			return nil
		}
		return f(tx)
	})
}

// moveCursor is the SET clause that never moves the cursor back; $4 is the UID.
const moveCursor = `last_uid = CASE WHEN last_uid < $4 THEN $4 ELSE last_uid END`

// Beat implements mailin.Ledger.
func (l *Ledger) Beat(ctx context.Context, lease mailin.Lease) error {
	return l.held(ctx, lease, `beat = beat + 1`, nil)
}

// Release implements mailin.Ledger.
func (l *Ledger) Release(ctx context.Context, lease mailin.Lease) error {
	err := l.held(ctx, lease, `owner = 0`, nil)
	if errors.Is(err, mailin.ErrLeaseLost) {
		return nil
	}
	return err
}

// Adopt implements mailin.Ledger.
func (l *Ledger) Adopt(ctx context.Context, lease mailin.Lease, adoption mailin.Adoption) (adopted mailin.Lease, err error) {
	err = l.held(ctx, lease, `uidvalidity = $4, generation = generation + 1, last_uid = 0, floor = $5, renumbered = $6`, func(tx *store.Tx) (err error) {
		adopted, err = readLease(ctx, tx, lease.Mailbox, lease.Folder)
		return err
	}, adoption.UIDValidity, adoption.Floor, adoption.Renumbered)
	return adopted, err
}

// fingerprint is the keyed form in which a fingerprint is kept: it cannot be searched by guessing what a mail said.
func (l *Ledger) fingerprint(f [32]byte) string {
	if f == [32]byte{} {
		return ""
	}
	return l.db.LookupHash("fingerprint", string(f[:]))
}

// Known implements mailin.Ledger.
func (l *Ledger) Known(ctx context.Context, lease mailin.Lease, mails []mailin.Summary) ([]mailin.Fate, error) {
	type class struct {
		fingerprint string
		size        int64
		fate        mailin.Fate
	}
	fates := make([]mailin.Fate, len(mails))
	err := l.held(ctx, lease, `beat = beat + 1`, func(tx *store.Tx) error {
		clear(fates)
		left := make(map[class]int) // how many mails the rows of earlier generations can still vouch for
		look := func(c class) (int, error) {
			if n, ok := left[c]; ok {
				return n, nil
			}
			earlier := `content_id IS NOT NULL`
			if c.fate == mailin.FateBeforeStart {
				earlier = `fate = 'before_start'`
			}
			var have, used int
			if err := tx.QueryRowContext(ctx, `SELECT count(CASE WHEN generation < $5 AND `+earlier+` THEN 1 END),
					count(CASE WHEN generation = $5 AND fate = $6 AND content_id IS NULL THEN 1 END)
				FROM ledger_entries WHERE mailbox = $1 AND folder = $2 AND fingerprint = $3 AND server_size = $4`,
				lease.Mailbox, lease.Folder, c.fingerprint, c.size, lease.Generation, string(c.fate)).Scan(&have, &used); err != nil {
				return 0, fmt.Errorf("look for a mail in earlier numberings: %w", err)
			}
			return have - used, nil
		}
		for i, m := range mails {
			print := l.fingerprint(m.Fingerprint)
			if print == "" {
				continue
			}
			for _, fate := range []mailin.Fate{mailin.FateDouble, mailin.FateBeforeStart} {
				c := class{print, m.ServerSize, fate}
				n, err := look(c)
				if err != nil {
					return err
				}
				if n > 0 {
					fates[i] = fate
					n--
				}
				left[c] = n
				if fates[i] != "" {
					break
				}
			}
		}
		return nil
	})
	return fates, err
}

// Compare implements mailin.Ledger.
func (l *Ledger) Compare(ctx context.Context, lease mailin.Lease, mails []mailin.Summary) (agree, differ int, err error) {
	for _, m := range mails {
		print := l.fingerprint(m.Fingerprint)
		if print == "" {
			continue
		}
		var kept string
		var size int64
		err := l.db.Read.QueryRowContext(ctx, `SELECT fingerprint, server_size FROM ledger_entries
			WHERE mailbox = $1 AND folder = $2 AND generation = $3 AND uid = $4 AND content_id IS NOT NULL`,
			lease.Mailbox, lease.Folder, lease.Generation, m.UID).Scan(&kept, &size)
		if errors.Is(err, sql.ErrNoRows) || kept == "" && err == nil {
			continue
		}
		if err != nil {
			return 0, 0, fmt.Errorf("compare a mail with the ledger: %w", err)
		}
		switch {
		case kept == print:
			agree++
		case size != m.ServerSize:
			differ++
		}
	}
	return agree, differ, nil
}

// Deliver implements mailin.Ledger.
func (l *Ledger) Deliver(ctx context.Context, lease mailin.Lease, mail mailin.Mail) error {
	return l.held(ctx, lease, moveCursor, func(tx *store.Tx) error {
		var id int64
		var content sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT id, content_id FROM ledger_entries WHERE mailbox = $1 AND folder = $2 AND generation = $3 AND uid = $4`,
			lease.Mailbox, lease.Folder, lease.Generation, mail.UID).Scan(&id, &content)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for a mail in the ledger: %w", err)
		}
		if content.Valid {
			return nil
		}
		if id == 0 {
			id = tx.NewID()
		}
		key, err := tx.NewKey(ctx)
		if err != nil {
			return err
		}
		body, err := mail.Body()
		if err != nil {
			return fmt.Errorf("open the fetched mail: %w", err)
		}
		defer body.Close()
		contentID, size, err := tx.WriteContent(ctx, key, body)
		if err != nil {
			return err
		}
		if size != mail.Size {
			return fmt.Errorf("keep mail %d: its spooled body has %d bytes, not %d", mail.UID, size, mail.Size)
		}
		internal := int64(0)
		if !mail.InternalDate.IsZero() {
			internal = mail.InternalDate.UnixMilli()
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_entries (id, mailbox, folder, uidvalidity, generation, uid, size, server_size, internal_at, seen_at,
				late, truncated, fingerprint, key_id, content_id, fate, reason, step, next_at, mark)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', $16, 'read', $10, 'wanted')
			ON CONFLICT (mailbox, folder, generation, uid) DO UPDATE SET size = excluded.size, server_size = excluded.server_size, internal_at = excluded.internal_at,
				late = excluded.late, truncated = excluded.truncated, fingerprint = excluded.fingerprint, key_id = excluded.key_id,
				content_id = excluded.content_id, fate = '', reason = excluded.reason, step = 'read', attempts = 0, next_at = excluded.next_at, mark = 'wanted', gone_at = NULL`,
			id, lease.Mailbox, lease.Folder, mail.UIDValidity, lease.Generation, mail.UID, size, mail.ServerSize, internal, tx.Now.UnixMilli(),
			mail.Late, mail.Truncated, l.fingerprint(mail.Fingerprint), key, contentID, mail.Reason); err != nil {
			return fmt.Errorf("enter a mail into the ledger: %w", err)
		}
		if err := l.forgetFailures(ctx, tx, lease, mail.UID); err != nil {
			return err
		}
		return l.opts.Enqueue(ctx, tx, id)
	}, mail.UID)
}

func (l *Ledger) forgetFailures(ctx context.Context, tx *store.Tx, lease mailin.Lease, uid uint32) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM fetch_failures WHERE mailbox = $1 AND folder = $2 AND generation = $3 AND uid = $4`,
		lease.Mailbox, lease.Folder, lease.Generation, uid); err != nil {
		return fmt.Errorf("forget the failures of a mail: %w", err)
	}
	return nil
}

// Pass implements mailin.Ledger.
func (l *Ledger) Pass(ctx context.Context, lease mailin.Lease, mails []mailin.Summary, fate mailin.Fate, reason string) error {
	highest := uint32(0)
	for _, m := range mails {
		highest = max(highest, m.UID)
	}
	mark := ""
	if fate == mailin.FateDouble {
		mark = "wanted"
	}
	return l.held(ctx, lease, moveCursor, func(tx *store.Tx) error {
		for _, m := range mails {
			if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_entries (id, mailbox, folder, uidvalidity, generation, uid, server_size, seen_at, fingerprint, fate, reason, mark)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (mailbox, folder, generation, uid) DO NOTHING`,
				tx.NewID(), lease.Mailbox, lease.Folder, m.UIDValidity, lease.Generation, m.UID, m.ServerSize, tx.Now.UnixMilli(),
				l.fingerprint(m.Fingerprint), string(fate), reason, mark); err != nil {
				return fmt.Errorf("enter a passed mail into the ledger: %w", err)
			}
			if err := l.forgetFailures(ctx, tx, lease, m.UID); err != nil {
				return err
			}
		}
		return nil
	}, highest)
}

// Failed implements mailin.Ledger.
func (l *Ledger) Failed(ctx context.Context, lease mailin.Lease, position mailin.Position, reason string) (tries int, err error) {
	err = l.held(ctx, lease, moveCursor, func(tx *store.Tx) error {
		if err := tx.QueryRowContext(ctx, `INSERT INTO fetch_failures (mailbox, folder, generation, uid, tries, reason) VALUES ($1, $2, $3, $4, 1, $5)
			ON CONFLICT (mailbox, folder, generation, uid) DO UPDATE SET tries = fetch_failures.tries + 1, reason = excluded.reason RETURNING tries`,
			lease.Mailbox, lease.Folder, lease.Generation, position.UID, reason).Scan(&tries); err != nil {
			return fmt.Errorf("note a failed fetch: %w", err)
		}
		return nil
	}, position.UID)
	return tries, err
}

// Missing implements mailin.Ledger.
func (l *Ledger) Missing(ctx context.Context, lease mailin.Lease, live, deleted []uint32) (holes []mailin.Hole, err error) {
	// A folder may list a million mails: what is kept of each is a byte.
	const hasRow, skipped = 1, 2
	sorted := sortedUIDs(live, deleted)
	known := make([]byte, len(sorted))
	if err := l.each(ctx, `SELECT uid, fate = 'skipped_deleted' FROM ledger_entries WHERE mailbox = $1 AND folder = $2 AND generation = $3`, lease, func(rows *sql.Rows) error {
		var uid uint32
		var wasDeleted bool
		if err := rows.Scan(&uid, &wasDeleted); err != nil {
			return err
		}
		if i, listed := slices.BinarySearch(sorted, uid); listed {
			known[i] = hasRow
			if wasDeleted {
				known[i] |= skipped
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	tries := make(map[uint32]int)
	if err := l.each(ctx, `SELECT uid, tries FROM fetch_failures WHERE mailbox = $1 AND folder = $2 AND generation = $3`, lease, func(rows *sql.Rows) error {
		var uid uint32
		var n int
		err := rows.Scan(&uid, &n)
		tries[uid] = n
		return err
	}); err != nil {
		return nil, err
	}
	var cursor uint32
	if err := l.db.Read.QueryRowContext(ctx, `SELECT last_uid FROM mailboxes WHERE name = $1 AND folder = $2`, lease.Mailbox, lease.Folder).Scan(&cursor); err != nil {
		return nil, fmt.Errorf("read the cursor: %w", err)
	}
	for i, uids := range [][]uint32{live, deleted} {
		for _, uid := range uids {
			at, _ := slices.BinarySearch(sorted, uid)
			if uid <= cursor && (known[at] == 0 || i == 0 && known[at]&skipped != 0) {
				holes = append(holes, mailin.Hole{UID: uid, Tries: tries[uid]})
			}
		}
	}
	return holes, nil
}

func (l *Ledger) each(ctx context.Context, query string, lease mailin.Lease, read func(*sql.Rows) error) error {
	rows, err := l.db.Read.QueryContext(ctx, query, lease.Mailbox, lease.Folder, lease.Generation)
	if err != nil {
		return fmt.Errorf("read the ledger of mailbox %s: %w", lease.Mailbox, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return fmt.Errorf("read the ledger of mailbox %s: %w", lease.Mailbox, err)
		}
	}
	return rows.Err()
}

// Gone implements mailin.Ledger.
func (l *Ledger) Gone(ctx context.Context, lease mailin.Lease, listed []uint32) (gone int, err error) {
	sorted := sortedUIDs(listed)
	var left, back []uint32
	if err := l.each(ctx, `SELECT uid, gone_at FROM ledger_entries WHERE mailbox = $1 AND folder = $2 AND generation = $3`, lease, func(rows *sql.Rows) error {
		var uid uint32
		var at sql.NullInt64
		if err := rows.Scan(&uid, &at); err != nil {
			return err
		}
		_, there := slices.BinarySearch(sorted, uid)
		switch {
		case !there && !at.Valid:
			left = append(left, uid)
		case there && at.Valid:
			back = append(back, uid)
		}
		return nil
	}); err != nil || len(left)+len(back) == 0 {
		return 0, err
	}
	err = l.held(ctx, lease, `beat = beat + 1`, func(tx *store.Tx) error {
		note := func(uids []uint32, at sql.NullInt64) error {
			for _, uid := range uids {
				if _, err := tx.ExecContext(ctx, `UPDATE ledger_entries SET gone_at = $5 WHERE mailbox = $1 AND folder = $2 AND generation = $3 AND uid = $4`,
					lease.Mailbox, lease.Folder, lease.Generation, uid, at); err != nil {
					return fmt.Errorf("note that a mail left its folder: %w", err)
				}
			}
			return nil
		}
		return errors.Join(note(left, sql.NullInt64{Int64: tx.Now.UnixMilli(), Valid: true}), note(back, sql.NullInt64{}))
	})
	return len(left), err
}

func sortedUIDs(lists ...[]uint32) []uint32 {
	sorted := slices.Concat(lists...)
	slices.Sort(sorted)
	return sorted
}

// Unmarked implements mailin.Ledger.
func (l *Ledger) Unmarked(ctx context.Context, lease mailin.Lease, after uint32, limit int) (positions []mailin.Position, err error) {
	err = l.each(ctx, `SELECT uidvalidity, uid FROM ledger_entries WHERE mailbox = $1 AND folder = $2 AND generation = $3
		AND mark IN ('wanted', 'refused') AND gone_at IS NULL `+fmt.Sprintf(`AND uid > %d ORDER BY uid LIMIT %d`, after, limit), lease, func(rows *sql.Rows) error {
		var p mailin.Position
		err := rows.Scan(&p.UIDValidity, &p.UID)
		positions = append(positions, p)
		return err
	})
	return positions, err
}

// Marked implements mailin.Ledger.
func (l *Ledger) Marked(ctx context.Context, lease mailin.Lease, marks []mailin.Mark) error {
	return l.held(ctx, lease, `beat = beat + 1`, func(tx *store.Tx) error {
		for _, m := range marks {
			if _, err := tx.ExecContext(ctx, `UPDATE ledger_entries SET mark = $5, mark_code = $6 WHERE mailbox = $1 AND folder = $2 AND generation = $3 AND uid = $4`,
				lease.Mailbox, lease.Folder, lease.Generation, m.UID, string(m.Result), m.Code); err != nil {
				return fmt.Errorf("note the mark of a mail: %w", err)
			}
		}
		return nil
	})
}

// Swept implements mailin.Ledger.
func (l *Ledger) Swept(ctx context.Context, lease mailin.Lease, sweep mailin.Sweep) error {
	return l.held(ctx, lease, `swept_at = $4, swept_listed = $5, swept_holes = $6, swept_waiting = $7`, nil,
		sweep.Started.UnixMilli(), sweep.Listed, sweep.Holes, sweep.Waiting)
}

// Health implements mailin.Ledger.
func (l *Ledger) Health(ctx context.Context, lease mailin.Lease, health mailin.Health) error {
	retry, looked := int64(0), int64(0)
	if !health.RetryAt.IsZero() {
		retry = health.RetryAt.UnixMilli()
	}
	if !health.Looked.IsZero() {
		looked = health.Looked.UnixMilli()
	}
	return l.held(ctx, lease, `health = $4, health_code = $5, health_detail = $6, health_at = $7, retry_at = $8,
			looked_at = CASE WHEN looked_at < $9 THEN $9 ELSE looked_at END`, nil,
		string(health.State), health.Code, health.Detail, health.At.UnixMilli(), retry, looked)
}
