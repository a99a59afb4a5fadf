package main

import (
	"context"
	"sync"
	"time"

	"caseconsultant/workflow/casefile"
)

// changesReader is the part of the case files that live pages follow.
type changesReader interface {
	ChangesSince(ctx context.Context, since time.Time) ([]casefile.Change, error)
}

// live tells the desk's pages which cases have changed. It reads the changes only while somebody waits for them, so
// that a busy line without open pages pays nothing. It is safe for concurrent use.
type live struct {
	files changesReader
	now   func() time.Time
	look  chan struct{} // asks run to read

	mu      sync.Mutex
	seq     int64
	first   int64            // sequence numbers from here on are known
	recent  []liveChange     // ascending by seq
	seen    map[string]int64 // newest version told, by reference
	woken   chan struct{}    // closed when seq grows
	waiting int
	dirty   bool // something may have changed since the last reading
	since   time.Time
}

type liveChange struct {
	seq int64
	ref string
}

const (
	recentChanges = 4096
	livePause     = 50 * time.Millisecond // between two readings, so that a burst is one event
)

// newLive begins at a sequence number that no earlier run of the program can have reached: it counts milliseconds.
func newLive(files changesReader, now func() time.Time) *live {
	start := now()
	return &live{files: files, now: now, look: make(chan struct{}, 1), seq: start.UnixMilli(), first: start.UnixMilli(),
		seen: make(map[string]int64), woken: make(chan struct{}), since: start}
}

// Wait implements desk.Changes.
func (l *live) Wait(ctx context.Context, since int64) (int64, []string, error) {
	l.mu.Lock()
	l.waiting++
	if l.dirty {
		l.ask()
	}
	for {
		if since == 0 || since < l.first || since > l.seq {
			// The first look, or a number of another process or an earlier run: all that can be said is "look again".
			defer l.leave()
			return l.seq, nil, nil
		}
		if l.seq > since {
			defer l.leave()
			return l.seq, l.refsAfter(since), nil
		}
		woken := l.woken
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			l.mu.Lock()
			l.leave()
			return 0, nil, ctx.Err()
		case <-woken:
		}
		l.mu.Lock()
	}
}

// leave ends a Wait; l.mu is held.
func (l *live) leave() {
	l.waiting--
	l.mu.Unlock()
}

func (l *live) refsAfter(since int64) []string {
	var refs []string
	seen := make(map[string]bool)
	for _, c := range l.recent {
		if c.seq > since && !seen[c.ref] {
			seen[c.ref] = true
			refs = append(refs, c.ref)
		}
	}
	return refs
}

func (l *live) ask() {
	select {
	case l.look <- struct{}{}:
	default:
	}
}

// run reads the changes that it is told of until ctx ends.
func (l *live) run(ctx context.Context, changes <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			l.mu.Lock()
			idle := l.waiting == 0
			l.dirty = true
			l.mu.Unlock()
			if idle {
				continue
			}
		case <-l.look:
		}
		began := time.Now()
		l.read(ctx)
		// A reading that takes long, under heavy load, is made more seldom.
		pause := time.NewTimer(max(livePause, 5*time.Since(began)))
		select {
		case <-ctx.Done():
			pause.Stop()
			return
		case <-pause.C:
		}
	}
}

func (l *live) read(ctx context.Context) {
	l.mu.Lock()
	since := l.since
	l.dirty = false
	l.mu.Unlock()
	began := l.now()
	changed, err := l.files.ChangesSince(ctx, since)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.dirty = true // read again at the next change, or when somebody comes
		return
	}
	l.since = began
	before := len(l.recent)
	for _, c := range changed {
		if version, ok := l.seen[c.Ref]; ok && version >= c.Version {
			continue
		}
		l.seen[c.Ref] = c.Version
		l.recent = append(l.recent, liveChange{l.seq + 1, c.Ref})
	}
	if len(l.recent) == before {
		return
	}
	l.seq++
	if over := len(l.recent) - recentChanges; over > 0 {
		l.first = l.recent[over-1].seq
		l.recent = append([]liveChange(nil), l.recent[over:]...)
	}
	if len(l.seen) > 2*recentChanges {
		clear(l.seen) // at worst a case is told once more
	}
	close(l.woken)
	l.woken = make(chan struct{})
}
