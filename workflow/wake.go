package workflow

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"

	"github.com/riverqueue/river/riverdriver"
)

// River hears of a new job on SQLite by polling its table of notifications every 50 ms, and on PostgreSQL by NOTIFY, of
// which it sends at most one a queue within FetchCooldown: the next step of a case often comes sooner than that and
// then waits for the poll of a second. wakingDriver tells River's listener at once when a transaction of this very
// process has committed a job. Jobs of other processes are heard of as before. BenchmarkLoneCase holds the figures;
// TestWakeUpReachesRiver fails when an upgrade of River breaks it.
type wakingDriver struct {
	riverdriver.Driver[*sql.Tx]
	wake *waker
}

var _ riverdriver.Driver[*sql.Tx] = (*wakingDriver)(nil)

// GetListener implements riverdriver.Driver.
func (d *wakingDriver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &wakingListener{Listener: d.Driver.GetListener(params), wake: d.wake}
}

// waker collects the queues that got a job since the listener last asked.
type waker struct {
	mu     sync.Mutex
	queues map[string]bool
	signal chan struct{}
}

func newWaker() *waker {
	return &waker{queues: make(map[string]bool), signal: make(chan struct{}, 1)}
}

func (w *waker) queue(name string) {
	w.mu.Lock()
	w.queues[name] = true
	w.mu.Unlock()
	w.ring()
}

func (w *waker) ring() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

// take returns one of the queues.
func (w *waker) take() (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name := range w.queues {
		delete(w.queues, name)
		if len(w.queues) > 0 {
			w.ring()
		}
		return name, true
	}
	return "", false
}

// wakingListener is the driver's own listener, which also returns when the waker rings. WaitForNotification is called by
// one goroutine at a time, as the interface says.
type wakingListener struct {
	riverdriver.Listener
	wake *waker
	kept *riverdriver.Notification // found by the driver's listener while the waker rang
}

// topicInsert is River's topic for new jobs; its payload names the queue.
const topicInsert = "river_insert"

// WaitForNotification implements riverdriver.Listener.
func (l *wakingListener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	if l.kept != nil {
		kept := l.kept
		l.kept = nil
		return kept, nil
	}
	type result struct {
		notification *riverdriver.Notification
		err          error
	}
	innerCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	inner := make(chan result, 1)
	go func() {
		notification, err := l.Listener.WaitForNotification(innerCtx)
		inner <- result{notification, err}
	}()
	for {
		select {
		case r := <-inner:
			return r.notification, r.err
		case <-l.wake.signal:
			name, ok := l.wake.take()
			if !ok {
				continue
			}
			cancel()
			if r := <-inner; r.err == nil {
				l.kept = r.notification
			}
			payload, err := json.Marshal(map[string]string{"queue": name})
			return &riverdriver.Notification{Topic: topicInsert, Payload: string(payload)}, err
		}
	}
}
