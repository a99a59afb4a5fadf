package authenticity

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// How long answers are kept. The resolver tells no time to live, so the times are short: a key that was rotated is seen soon.
const (
	keepFound     = 5 * time.Minute
	keepMissing   = 2 * time.Minute
	keepTemporary = 20 * time.Second
)

// Bounds of the cache and of what one name may say.
const (
	maxCached  = 4096
	maxRecords = 16
	maxRecord  = 8 << 10
)

// answer of the DNS about the texts under a name: none, if the name does not exist or has no text.
type answer struct {
	records   []string
	temporary bool // nobody answered, or the time was over
	until     time.Time
}

// cache remembers answers, in bounded memory. It is safe for concurrent use.
type cache struct {
	resolver Resolver
	now      func() time.Time

	mu      sync.Mutex
	answers map[string]answer
	silence int       // how often in a row nobody answered
	heard   time.Time // when last somebody did
	tried   time.Time // when last somebody was asked in a silence
}

// When nobody answers at all, ten thousand mails of a first start must not wait seconds each: after silentAsks questions
// in a row without an answer, and none for silentFor, one question every askAgain is let through, and the others count as
// unanswered at once. A sender whose own name servers hang cannot cause it while others' answer.
const (
	silentAsks = 5
	silentFor  = 30 * time.Second
	askAgain   = 2 * time.Second
)

func newCache(resolver Resolver, now func() time.Time) *cache {
	return &cache{resolver: resolver, now: now, answers: make(map[string]answer)}
}

func (c *cache) lookup(ctx context.Context, name string) answer {
	now := c.now()
	c.mu.Lock()
	a, ok := c.answers[name]
	c.mu.Unlock()
	if ok && now.Before(a.until) {
		return a
	}
	if ctx.Err() != nil || !c.worthAsking(now) {
		return answer{temporary: true} // not kept: it says nothing about the name
	}
	a = c.ask(ctx, name, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.temporary {
		c.silence++
	} else {
		c.silence, c.heard = 0, now
	}
	if a.temporary && ctx.Err() != nil {
		return a
	}
	if len(c.answers) >= maxCached {
		c.makeRoom(now)
	}
	c.answers[name] = a
	return a
}

// worthAsking tells whether somebody may answer.
func (c *cache) worthAsking(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silence < silentAsks || now.Sub(c.heard) < silentFor {
		return true
	}
	if now.Sub(c.tried) < askAgain {
		return false
	}
	c.tried = now
	return true
}

// makeRoom drops what is old, else any: the names that matter come again. It wants the lock.
func (c *cache) makeRoom(now time.Time) {
	for name, a := range c.answers {
		if !now.Before(a.until) {
			delete(c.answers, name)
		}
	}
	for name := range c.answers {
		if len(c.answers) < maxCached*3/4 {
			return
		}
		delete(c.answers, name)
	}
}

func (c *cache) ask(ctx context.Context, name string, now time.Time) answer {
	// With the dot at its end no search list of this machine applies.
	records, err := c.resolver.LookupTXT(ctx, name+".")
	if err != nil {
		if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
			return answer{until: now.Add(keepMissing)}
		}
		return answer{temporary: true, until: now.Add(keepTemporary)}
	}
	a := answer{until: now.Add(keepFound)}
	for _, r := range records {
		if len(a.records) < maxRecords && len(r) <= maxRecord {
			a.records = append(a.records, r)
		}
	}
	return a
}
