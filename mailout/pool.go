package mailout

import (
	"context"
	"slices"
	"time"
)

// recently is how lately a connection must have been used to be taken without
// asking the server whether it still stands.
const recently = time.Second

// slot waits for the right to use a connection; free gives it back. Idle
// connections hold none: whoever has a slot takes an idle connection before
// opening another, so there are never more open ones than slots.
func (s *Sender) slot(ctx context.Context) *Error {
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return newError(PhaseDial, ctx.Err())
	}
}

func (s *Sender) free() { <-s.slots }

// acquire gives a connection on which a mail can begin: one that waits, if the
// server still answers on it, else a new one. fresh asks for a new one.
func (s *Sender) acquire(ctx context.Context, fresh bool) (*conn, *Error) {
	for {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return nil, newError(PhaseDial, ErrClosed)
		}
		last := len(s.idle) - 1
		if last < 0 || fresh {
			s.mu.Unlock()
			return s.connect(ctx)
		}
		c := s.idle[last]
		s.idle = s.idle[:last]
		s.mu.Unlock()
		c.expiry.Stop() // whether it ran or not: expire finds c no more
		if time.Since(c.used) < s.recent || c.reset(ctx) {
			return c, nil
		}
		c.close()
		if err := ctx.Err(); err != nil {
			return nil, newError(PhaseDial, err)
		}
	}
}

// release keeps a connection for the next mail, or takes leave.
func (s *Sender) release(c *conn) {
	c.mails++
	c.used = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.options.IdleTimeout < 0 || c.mails >= s.options.MaxMails {
		s.leave(c)
		return
	}
	s.idle = append(s.idle, c)
	c.expiry = time.AfterFunc(s.options.IdleTimeout, func() { s.expire(c) })
}

// expire takes leave of a connection that nobody took up again.
func (s *Sender) expire(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.idle, c); i >= 0 {
		s.idle = slices.Delete(s.idle, i, i+1)
		s.leave(c)
	}
}

// discard ends a connection after a fault. Politely where the server waits for
// a command; by closing it where anything we send might be read as part of the
// message, or as its end.
func (s *Sender) discard(c *conn, fault *Error) {
	refused := fault.Code/100 == 4 || fault.Code/100 == 5
	if refused && fault.Code != 421 && fault.Phase != PhaseBody {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.leave(c)
		return
	}
	c.close()
}

// leave says QUIT without holding anybody up. s.mu must be held.
func (s *Sender) leave(c *conn) {
	if s.closed {
		c.close() // Close does not wait for those who come later
		return
	}
	s.leaving.Go(c.quit)
}
