package smtptest

import (
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Phase is the moment of a dialogue at which a fault acts.
type Phase string

// The phases. A command's fault acts when its line has been read, before the
// server replies.
const (
	Greeting Phase = "greeting" // instead of the 220
	Ehlo     Phase = "ehlo"
	StartTLS Phase = "starttls" // instead of its 220
	Auth     Phase = "auth"     // when AUTH has come
	Mail     Phase = "mail"
	Rcpt     Phase = "rcpt"
	Data     Phase = "data" // when DATA has come, instead of its 354
	Body     Phase = "body" // within the message, after Fault.After bytes
	Dot      Phase = "dot"  // when the final dot has come
	Rset     Phase = "rset"
	Noop     Phase = "noop"
	Quit     Phase = "quit"
)

// Action is what a fault does.
type Action int

// The actions.
const (
	Refuse Action = iota // reply with Code, Enhanced, Text
	Drop                 // hang up without a word
	Silent               // say nothing more, but read on, until the client hangs up
	Stall                // neither say nor read anything more
	Delay                // wait For, then go on as if nothing had been
	Hold                 // wait until the test calls Release, then go on
)

// Fault is something that the server does wrong.
type Fault struct {
	Phase Phase
	Do    Action
	// Code, Enhanced ("4.7.1") and Text of a refusal. A 421 also hangs up.
	Code     int
	Enhanced string
	Text     string
	// For is the length of a Delay.
	For time.Duration
	// After is how many bytes of the message pass before a Body fault acts.
	After int
	// Keep: in phase Dot, the server takes the message although the client does
	// not hear of it (or hears a refusal).
	Keep bool
	// Times is how often it acts; 0 is always.
	Times int
	// Skip is how often the moment passes before it acts.
	Skip int
}

// Injected is a fault in a server.
type Injected struct {
	Fault
	reached  chan struct{}
	release  chan struct{}
	once     sync.Once
	released sync.Once

	// under the server's lock
	hits    int
	removed bool
}

// Inject adds a fault; of several for the same moment the first added acts.
func (s *Server) Inject(f Fault) *Injected {
	i := &Injected{Fault: f, reached: make(chan struct{}), release: make(chan struct{})}
	s.change(func() { s.faults = append(s.faults, i) })
	return i
}

// Wait waits until the fault has begun to act.
func (i *Injected) Wait(t testing.TB) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-i.reached:
	case <-timeout.C:
		t.Fatalf("smtptest: the fault in phase %s was never reached", i.Phase)
	}
}

// Reached is closed when the fault begins to act.
func (i *Injected) Reached() <-chan struct{} { return i.reached }

// Release lets a Hold go on.
func (i *Injected) Release() { i.released.Do(func() { close(i.release) }) }

// Heal takes all faults away and lets those who are held go on.
func (s *Server) Heal() {
	s.change(func() {
		for _, f := range s.faults {
			f.removed = true
			f.Release()
		}
		s.faults = nil
	})
}

// fault gives the fault that acts at this moment, if any.
func (s *Server) fault(phase Phase) *Injected {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Phase != phase || f.removed {
			continue
		}
		f.hits++
		if f.hits <= f.Skip || f.Times > 0 && f.hits > f.Skip+f.Times {
			continue
		}
		return f
	}
	return nil
}

// act says that a fault begins to act.
func (i *Injected) act() { i.once.Do(func() { close(i.reached) }) }

// refusal is the fault's reply as go-smtp gives it.
func (i *Injected) refusal() *smtp.SMTPError {
	e := &smtp.SMTPError{Code: i.Code, EnhancedCode: smtp.NoEnhancedCode, Message: i.Text}
	var parts [3]int
	if n := scanEnhanced(i.Enhanced, &parts); n == 3 {
		e.EnhancedCode = parts
	}
	if e.Message == "" {
		e.Message = "refused by the test"
	}
	return e
}
