package mailin

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Watcher watches one folder of one account. Make it with New; run it with Run or Once, one at a time. Reconcile may be called beside it
// from any goroutine.
type Watcher struct {
	cfg    Config
	to     endpoint
	ledger Ledger

	mu       sync.Mutex
	running  bool
	requests []chan<- reconciled // callers of Reconcile not yet served
	kick     chan struct{}       // a request waits; ends every pause

	// writing: the ledger is busy with a mail, which may take it longer than a beat can wait. What it writes is fenced by the epoch.
	writing atomic.Bool

	// The rest belongs to the goroutine of Run. All of it may be forgotten at any time: it only saves attempts.
	memory
}

type reconciled struct {
	sweep Sweep
	err   error
}

// memory is what a watcher has learned about this server and these mails, beyond one connection.
type memory struct {
	generation int64                // that the rest is about
	stubborn   map[uint32]*stubborn // mails that could not be fetched yet
	noSummary  map[uint32]bool      // mails whose header ended a connection
	cautious   bool                 // headers are asked for one by one
	unmarked   []uint32             // dealt with, mark not yet made
	suspect    uint32               // the mail whose header was asked for when a connection ended
	startWay   way                  // what this server needs for every mail
	wayLearned time.Time
	helped     int    // mails in a row that needed another way than startWay
	streak     int    // fetches that failed in a row
	throttled  int    // connections in a row that ended because the server asked for patience
	blocked    uint32 // the mail at which it last did
	blockedFor int    // times in a row
	steps      map[string]*step
	unheard    int       // IDLEs in a row that ended by the clock although mail had come, see session.await
	looked     time.Time // when the server last answered a look for new mail
	lastSwept  time.Time
	nextSweep  time.Time
	health     Health
}

type stubborn struct {
	tries int
	at    time.Time // of the next attempt
}

// step is the record of something that nothing depends on, and that may end the connection: see session.optional.
type step struct {
	failures  int
	notBefore time.Time
}

// New checks the configuration and makes a watcher. It connects to nothing.
func New(cfg Config, ledger Ledger) (*Watcher, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	to, err := parseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", cfg.Mailbox, err)
	}
	return &Watcher{cfg: cfg, to: to, ledger: ledger, kick: make(chan struct{}, 1)}, nil
}

// ErrNotRunning is returned by Reconcile when Run has not begun or has ended.
var ErrNotRunning = errors.New("mailin: the watcher is not running")

// errRunning is returned by Run and Once when the watcher runs already.
var errRunning = errors.New("mailin: the watcher runs already")

// Run watches until the context ends, and returns nil then. It reconnects for ever; what goes wrong meanwhile stands in the Ledger's Health.
func (w *Watcher) Run(ctx context.Context) error {
	if err := w.begin(); err != nil {
		return err
	}
	defer w.end()
	for failures := 0; ; {
		lease, err := w.ledger.Acquire(ctx, w.cfg.Mailbox, w.cfg.Folder)
		if ctx.Err() != nil {
			if err == nil {
				w.release(lease)
			}
			return nil
		}
		if err == nil {
			var useful bool
			useful, err = w.hold(ctx, lease)
			if useful {
				failures = 0
			}
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, ErrLeaseLost) {
				w.cfg.Logger.Warn("mailbox lease lost", "mailbox", w.cfg.Mailbox)
				continue
			}
		}
		failures++
		wait := w.backoff(failures)
		w.cfg.Logger.Error("mailbox ledger failed", "mailbox", w.cfg.Mailbox, "failures", failures, "retry_in", wait, "code", codeOf(err))
		w.pause(ctx, wait)
	}
}

// Once makes one pass without staying: it takes the lease, connects, hands on what is new, reconciles the whole folder, and leaves. Unlike
// Run it returns the first error. While another process holds the lease it waits, so give it a context with a deadline.
func (w *Watcher) Once(ctx context.Context) (Sweep, error) {
	if err := w.begin(); err != nil {
		return Sweep{}, err
	}
	defer w.end()
	lease, err := w.ledger.Acquire(ctx, w.cfg.Mailbox, w.cfg.Folder)
	if err != nil {
		return Sweep{}, fmt.Errorf("taking the lease of mailbox %s: %w", w.cfg.Mailbox, err)
	}
	defer w.release(lease)
	ctx, stop := w.keepAlive(ctx, lease)
	defer stop(nil)
	w.nextSweep = time.Time{}
	for {
		end := w.connectAndWork(ctx, &lease, true)
		if errors.Is(end.err, errReconnect) {
			continue
		}
		w.report(context.WithoutCancel(ctx), lease, Health{State: StateStopped, Code: codeOf(end.err), Detail: detailOf(end.err)})
		return end.sweep, end.err
	}
}

// Reconcile asks the running watcher for a full reconciliation, now, and waits for its result. It also ends a pause between attempts to
// connect.
func (w *Watcher) Reconcile(ctx context.Context) (Sweep, error) {
	result := make(chan reconciled, 1)
	w.mu.Lock()
	if !w.running {
		w.mu.Unlock()
		return Sweep{}, ErrNotRunning
	}
	w.requests = append(w.requests, result)
	w.mu.Unlock()
	select {
	case w.kick <- struct{}{}:
	default:
	}
	select {
	case r := <-result:
		return r.sweep, r.err
	case <-ctx.Done():
		return Sweep{}, ctx.Err()
	}
}

// takeRequests returns who waits for a reconciliation that begins now.
func (w *Watcher) takeRequests() []chan<- reconciled {
	w.mu.Lock()
	defer w.mu.Unlock()
	requests := w.requests
	w.requests = nil
	return requests
}

func (w *Watcher) requested() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.requests) > 0
}

func (w *Watcher) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running {
		return errRunning
	}
	w.running = true
	w.memory = memory{}
	return nil
}

func (w *Watcher) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = false
	for _, waiting := range w.requests {
		waiting <- reconciled{err: ErrNotRunning}
	}
	w.requests = nil
}

// hold watches as long as the lease is ours, connection after connection. It returns with the context, when the lease is lost, or when the
// ledger fails: then the cursor must be read anew. useful: some connection did its work meanwhile.
func (w *Watcher) hold(ctx context.Context, lease Lease) (useful bool, err error) {
	defer w.release(lease)
	held, stop := w.keepAlive(ctx, lease)
	defer stop(nil)
	w.health = Health{} // others may have reported meanwhile
	failures, refusals := 0, 0
	for {
		end := w.connectAndWork(held, &lease, false)
		useful = useful || end.useful
		switch {
		case ctx.Err() != nil:
			w.report(context.WithoutCancel(ctx), lease, Health{State: StateStopped})
			return useful, ctx.Err()
		case errors.Is(end.err, ErrLeaseLost):
			return useful, ErrLeaseLost
		case held.Err() != nil:
			return useful, context.Cause(held)
		case codeOf(end.err) == CodeLedger:
			return useful, end.err
		case errors.Is(end.err, errReconnect):
			continue
		}

		if end.useful {
			failures = 0
		}
		failures++
		if end.selected && w.streak < tooMany {
			failures = min(failures, 4) // it works in principle: no reason to stay away for minutes
		}
		wait, state := w.backoff(failures), StateRetrying
		if codeOf(end.err) == CodeThrottled {
			// Coming back at once is what it asked us not to do, and makes it last longer.
			if end.useful {
				w.throttled = 0
			}
			w.throttled++
			if wait = waitOf(end.err); wait == 0 {
				wait = min(w.cfg.Timings.Throttled<<min(w.throttled-1, 4), 15*w.cfg.Timings.Throttled)
				wait += rand.N(wait/8 + 1)
			}
		} else if end.selected {
			w.throttled = 0
		}
		if codeOf(end.err) == CodeSignIn {
			if refusals++; refusals >= 3 {
				// A wrong password does not get right by trying; many servers lock accounts that try.
				wait, state = w.cfg.Timings.SignInPause, StateSignInRefused
			}
		} else if end.signedIn {
			refusals = 0
		}
		w.cfg.Logger.Warn("mailbox connection ended", "mailbox", w.cfg.Mailbox, "code", codeOf(end.err), "detail", detailOf(end.err),
			"error", end.err, "failures", failures, "retry_in", wait)
		w.report(held, lease, Health{State: state, Code: codeOf(end.err), Detail: detailOf(end.err), Failures: failures, RetryAt: w.cfg.Now().Add(wait)})
		w.pause(held, wait)
	}
}

// keepAlive beats the lease until the returned function is called. The returned context ends, with the reason as its cause, when the lease
// is lost, or cannot be trusted any more because no beat has come through.
func (w *Watcher) keepAlive(ctx context.Context, lease Lease) (context.Context, context.CancelCauseFunc) {
	held, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(w.cfg.Timings.Beat)
		defer tick.Stop()
		trusted := time.Now()
		for {
			select {
			case <-held.Done():
				return
			case <-tick.C:
			}
			began := time.Now()
			beat, done := context.WithTimeout(held, w.cfg.Timings.BeatTrust)
			err := w.ledger.Beat(beat, lease)
			done()
			switch {
			case err == nil:
				trusted = began
			case errors.Is(err, ErrLeaseLost):
				cancel(ErrLeaseLost)
				return
			case w.writing.Load():
				trusted = time.Now()
			case time.Since(trusted) >= w.cfg.Timings.BeatTrust:
				cancel(&Fault{Code: CodeLedger, During: "beat", Err: err})
				return
			}
		}
	}()
	return held, cancel
}

// release gives the lease back although the context has ended.
func (w *Watcher) release(lease Lease) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.ledger.Release(ctx, lease); err != nil && !errors.Is(err, ErrLeaseLost) {
		w.cfg.Logger.Warn("mailbox lease not released", "mailbox", w.cfg.Mailbox)
	}
}

// backoff is the wait before the next attempt: doubling from BackoffMin to BackoffMax, the upper half of it by chance, so that many watchers
// of one server do not come back at the same moment.
func (w *Watcher) backoff(failures int) time.Duration {
	wait := w.cfg.Timings.BackoffMin
	for i := 1; i < failures && wait < w.cfg.Timings.BackoffMax; i++ {
		wait *= 2
	}
	wait = min(wait, w.cfg.Timings.BackoffMax)
	return wait/2 + rand.N(wait/2+1)
}

// pause waits, but not longer than the context, nor when somebody asks for a reconciliation.
func (w *Watcher) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-w.kick:
	}
}

// report tells the ledger when something changed. A ledger that cannot take it will say so in more important matters.
func (w *Watcher) report(ctx context.Context, lease Lease, health Health) {
	health.Waiting = len(w.stubborn)
	health.At = w.health.At
	if health.Looked = w.health.Looked; w.looked.Sub(health.Looked) >= w.cfg.Timings.Note {
		health.Looked = w.looked
	}
	if health.State != w.health.State || health.Code != w.health.Code {
		health.At = w.cfg.Now()
	}
	if health == w.health {
		return
	}
	w.health = health
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := w.ledger.Health(ctx, lease, health); err != nil {
		w.cfg.Logger.Debug("mailbox health not noted", "mailbox", w.cfg.Mailbox)
	}
}

// ending is how a connection came to its end.
type ending struct {
	err      error
	signedIn bool
	selected bool
	useful   bool // mail was dealt with, or it stood for a while
	sweep    Sweep
}

// errReconnect ends a connection on purpose; the next one is made at once.
var errReconnect = errors.New("mailin: reconnecting")

// connectAndWork is the life of one connection.
func (w *Watcher) connectAndWork(ctx context.Context, lease *Lease, once bool) (end ending) {
	w.report(ctx, *lease, Health{State: StateConnecting, Code: w.health.Code, Detail: w.health.Detail, Failures: w.health.Failures})
	conn, err := dial(ctx, w.cfg, w.to)
	if err != nil {
		end.err = err
		return end
	}
	defer conn.close()
	end.signedIn = true
	open, err := openFolder(conn, w.cfg.Folder)
	if err != nil {
		end.err = err
		return end
	}
	end.selected = true
	began := time.Now()
	spool, err := newSpool(w.cfg.SpoolDir)
	if err != nil {
		end.err = conn.fault("spool", CodeSpool, err)
		return end
	}
	defer spool.close()
	if time.Since(w.lastSwept) > time.Minute && w.nextSweep.After(began) && w.steps["sweep"].failures == 0 {
		w.nextSweep = began // at every connection, but not once a second while they come and go
	}
	s := &session{Watcher: w, folder: open, lease: lease, spool: spool}
	end.err = s.run(once)
	end.sweep = s.lastSweep
	end.useful = s.progress || time.Since(began) > time.Minute
	if end.err == nil {
		conn.leave()
	}
	return end
}
