package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// Changes returns a channel that gets a value soon after any process of the installation has committed a transaction
// that called Changed. Several changes may come as one. It is for live pages: a hint to look, never a record. The
// channel is never closed; it falls silent when ctx ends.
//
// Other processes are heard of by LISTEN on PostgreSQL, and on SQLite by PRAGMA data_version, which costs a few
// microseconds a look and says nothing of this process's own connection: that is what OnCommit is for.
func (db *DB) Changes(ctx context.Context) <-chan struct{} {
	woken := make(chan struct{}, 1)
	wake := func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	db.OnCommit(wake)
	if db.dialect == PostgreSQL {
		go db.listen(ctx, wake)
	} else {
		go db.pollDataVersion(ctx, wake)
	}
	return woken
}

func (db *DB) listen(ctx context.Context, wake func()) {
	for ctx.Err() == nil {
		if err := db.listenOnce(ctx, wake); err != nil && ctx.Err() == nil {
			slog.WarnContext(ctx, "Listening for changes was interrupted; pages refresh when it is back")
			wait(ctx, time.Second)
			wake() // something may have been missed
		}
	}
}

func (db *DB) listenOnce(ctx context.Context, wake func()) error {
	conn, err := pgx.Connect(ctx, db.url)
	if err != nil {
		return fmt.Errorf("connect to listen for changes: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "LISTEN "+ChangesChannel); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return fmt.Errorf("wait for changes: %w", err)
		}
		wake()
	}
}

// pollDataVersion keeps one connection of its own, since the pragma compares with what that connection saw before.
func (db *DB) pollDataVersion(ctx context.Context, wake func()) {
	const every = 250 * time.Millisecond
	for ctx.Err() == nil {
		err := func() error {
			conn, err := db.Read.Conn(ctx)
			if err != nil {
				return err
			}
			defer conn.Close()
			last := int64(-1)
			for {
				var version int64
				if err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version); err != nil {
					return err
				}
				if last >= 0 && version != last {
					wake()
				}
				last = version
				if !wait(ctx, every) {
					return nil
				}
			}
		}()
		if err != nil && !errors.Is(err, context.Canceled) {
			wait(ctx, time.Second)
		}
	}
}

// wait waits for d or for the end of ctx, and tells whether it was d.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
