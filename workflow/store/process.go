package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// BeatEvery is how often a process says that it lives, DeadAfter how long its beat must have stood still, by the
// observer's own monotonic clock, before it counts as dead. No two clocks are ever compared.
const (
	BeatEvery = 2 * time.Second
	DeadAfter = 20 * time.Second
)

// Process is this program's own row in processes.
type Process struct {
	ID int64

	db   *DB
	lock *fileLock // SQLite: held while the process lives, so that its death is seen at once
	stop context.CancelFunc
	done chan struct{}
}

// StartProcess enters this program into processes and keeps its beat until Close.
func (db *DB) StartProcess(ctx context.Context, roles string) (*Process, error) {
	p := &Process{ID: NewID(db.now()), db: db, done: make(chan struct{})}
	// The lock comes before the row: whoever reads the row may test the lock at once.
	if db.dialect == SQLite {
		var err error
		if p.lock, err = lockFile(db.processLock(p.ID)); err != nil {
			return nil, fmt.Errorf("lock this process's file beside the database: %w", err)
		}
	}
	if err := db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO processes (id, roles, started_at) VALUES ($1, $2, $3)`, p.ID, roles, tx.Now.UnixMilli())
		return err
	}); err != nil {
		err = fmt.Errorf("enter this process into the database: %w", err)
		if p.lock != nil {
			err = errors.Join(err, p.lock.remove())
		}
		return nil, err
	}
	beatCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	go p.beat(beatCtx)
	db.mu.Lock()
	db.process = p
	db.mu.Unlock()
	return p, nil
}

func (p *Process) beat(ctx context.Context) {
	defer close(p.done)
	ticker := time.NewTicker(BeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		// Who was taken for dead while it slept or could not reach the database says that it lives: else its work would be
		// taken away for as long as it runs.
		if err := p.db.InTx(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE processes SET beat = beat + 1, ended_at = NULL WHERE id = $1`, p.ID)
			return err
		}); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "The process's beat was not written; others may take over its work", "process_id", p.ID)
		}
	}
}

// end stops the beat and says that the process has ended in good order.
func (p *Process) end() error {
	p.stop()
	<-p.done
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := p.db.InTx(ctx, func(tx *Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE processes SET ended_at = $2 WHERE id = $1`, p.ID, tx.Now.UnixMilli())
		return err
	})
	if p.lock != nil {
		err = errors.Join(err, p.lock.remove())
	}
	return err
}

func (db *DB) processLock(id int64) string {
	return fmt.Sprintf("%s-process-%d.lock", db.path, id)
}

// Observer tells which processes are dead. It must be asked every few seconds for as long as it is to notice anything.
// It is safe for concurrent use.
type Observer struct {
	db    *DB
	clock func() time.Time

	mu    sync.Mutex
	last  time.Time // of the last census; carries the monotonic clock
	beats map[int64]observedBeat
}

type observedBeat struct {
	beat  int64
	stood time.Duration // for how long it was seen standing still
}

// LongestLook is the most that the time between two looks at a beat counts. Who could not look, because the database was
// away or the machine slept, has not seen the beat stand still meanwhile: nobody could write one either.
const LongestLook = 5 * time.Second

// NewObserver begins to observe.
func (db *DB) NewObserver() *Observer {
	return &Observer{db: db, clock: time.Now, beats: make(map[int64]observedBeat)}
}

// Census is what an observer found at one moment.
type Census struct {
	living map[int64]bool
	dead   []int64
}

// Lives tells whether a process is not known to be dead. Ask it only about processes that were known of before the
// census was taken: one that started later is not in it.
func (c Census) Lives(id int64) bool { return c.living[id] }

// Census observes all processes. What belongs to a process that does not live is free.
func (o *Observer) Census(ctx context.Context) (Census, error) {
	c := Census{living: make(map[int64]bool)}
	rows, err := o.db.Read.QueryContext(ctx, `SELECT id, beat FROM processes WHERE ended_at IS NULL`)
	if err != nil {
		return c, fmt.Errorf("read the processes: %w", err)
	}
	defer rows.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock()
	looked := min(now.Sub(o.last), LongestLook)
	o.last = now
	if own := o.db.ownProcess(); own != 0 {
		c.living[own] = true // whatever its row says: another may have taken it for dead
	}
	for rows.Next() {
		var id, beat int64
		if err := rows.Scan(&id, &beat); err != nil {
			return c, fmt.Errorf("read the processes: %w", err)
		}
		switch {
		case c.living[id]:
		case o.lives(id, beat, looked):
			c.living[id] = true
		default:
			c.dead = append(c.dead, id)
		}
	}
	return c, rows.Err()
}

// ownProcess is this program's id in processes, 0 if it has not entered.
func (db *DB) ownProcess() int64 {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.process == nil {
		return 0
	}
	return db.process.ID
}

func (o *Observer) lives(id, beat int64, looked time.Duration) bool {
	if o.db.dialect == SQLite {
		if dead, known := abandoned(o.db.processLock(id)); known {
			return !dead
		}
	}
	seen, ok := o.beats[id]
	if !ok || seen.beat != beat {
		o.beats[id] = observedBeat{beat: beat}
		return true
	}
	seen.stood += looked
	o.beats[id] = seen
	return seen.stood < DeadAfter
}

// Bury ends the rows of the processes that a census found dead, after their work has been given out again, and removes
// their lock files.
func (o *Observer) Bury(ctx context.Context, c Census) error {
	for _, id := range c.dead {
		if err := o.db.InTx(ctx, func(tx *Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE processes SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, id, tx.Now.UnixMilli())
			return err
		}); err != nil {
			return fmt.Errorf("end the row of dead process %d: %w", id, err)
		}
		o.mu.Lock()
		delete(o.beats, id)
		o.mu.Unlock()
		if o.db.dialect == SQLite {
			os.Remove(filepath.Clean(o.db.processLock(id)))
		}
	}
	return nil
}
