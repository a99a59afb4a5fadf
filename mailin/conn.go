package mailin

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// boundedConn puts an end to every wait for the server. The IMAP library waits for ever on a silent server, takes no context, and sets
// deadlines of its own (none between responses, 5 minutes in a literal) that it renews without asking; so its read deadlines are ignored
// here, and each Read gets one from what the caller has armed: the longest silence, and the end of the command as a whole, which a server
// that sends a byte now and then does not postpone.
//
// When a deadline passes, the connection is closed: the library would otherwise read once more. Write deadlines are left to it.
type boundedConn struct {
	net.Conn
	quick quickAcker

	mu      sync.Mutex
	silence time.Duration // 0: at rest, nothing is owed
	until   time.Time
	expired bool
}

// arm starts the clock: from now on the server may be silent for at most silence, and must be done within total.
func (c *boundedConn) arm(silence, total time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silence = silence
	c.until = time.Now().Add(total)
	c.setDeadline()
}

// extend postpones the end of the command, because more is coming than was known when it began.
func (c *boundedConn) extend(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = c.until.Add(by)
	c.setDeadline()
}

// rest stops the clock: the server owes nothing, and we may take our time.
func (c *boundedConn) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silence = 0
	c.setDeadline()
}

func (c *boundedConn) timedOut() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expired
}

// overdue reports whether a deadline has passed, be it that nobody was reading at that time.
func (c *boundedConn) overdue() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expired || c.silence != 0 && time.Now().After(c.until)
}

func (c *boundedConn) setDeadline() {
	_ = c.Conn.SetReadDeadline(c.deadline()) // fails only on a closed connection, which Read notices
}

func (c *boundedConn) deadline() time.Time {
	if c.silence == 0 {
		return time.Time{}
	}
	deadline := time.Now().Add(c.silence)
	if c.until.Before(deadline) {
		return c.until
	}
	return deadline
}

// Read reads with the deadline that is armed at its beginning, or that is armed while it waits.
func (c *boundedConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	c.setDeadline()
	c.mu.Unlock()
	for {
		c.quick.now()
		n, err := c.Conn.Read(p)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		c.mu.Lock()
		if c.silence == 0 { // put to rest at the very moment of expiry
			c.setDeadline()
			c.mu.Unlock()
			continue
		}
		c.expired = true
		c.mu.Unlock()
		_ = c.Conn.Close()
		return 0, err
	}
}

// SetReadDeadline ignores the library's own deadlines, see boundedConn.
func (c *boundedConn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets the write deadline only.
func (c *boundedConn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }
