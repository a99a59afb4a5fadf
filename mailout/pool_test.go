package mailout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailout/smtptest"
)

func TestReuse(t *testing.T) {
	t.Parallel()
	t.Run("Twice", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{Security: smtptest.STARTTLS})
		s := newSender(t, optionsFor(server))
		for i := range 3 {
			receipt, err := send(t, s)
			if err != nil || receipt.Reused != (i > 0) {
				t.Errorf("mail %d: %+v %v", i, receipt, err)
			}
		}
		if n := server.Connections(); n != 1 {
			t.Errorf("%d connections for a burst", n)
		}
	})
	t.Run("ServerClosesIdle", func(t *testing.T) {
		t.Parallel()
		for _, asked := range []bool{true, false} { // whether the Sender asks by RSET before it takes the connection
			server := smtptest.New(t, smtptest.Options{Security: smtptest.TLS})
			s := newSender(t, optionsFor(server))
			if asked {
				s.recent = 0
			}
			if _, err := send(t, s); err != nil {
				t.Fatal(err)
			}
			server.DropConnections()
			server.WaitOpen(t, 0)
			receipt, err := send(t, s)
			if err != nil || receipt.Reused {
				t.Errorf("asked %t: %+v %v", asked, receipt, err)
			}
			if n := len(server.Messages()); n != 2 {
				t.Errorf("asked %t: %d messages, want 2", asked, n)
			}
		}
	})
	t.Run("SaysGoodbye", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		s := newSender(t, optionsFor(server))
		if _, err := send(t, s); err != nil {
			t.Fatal(err)
		}
		server.Inject(smtptest.Fault{Phase: smtptest.Mail, Do: smtptest.Refuse, Code: 421, Enhanced: "4.4.2", Times: 1})
		if _, err := send(t, s); err != nil {
			t.Error(err)
		}
		if n := len(server.Messages()); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
	t.Run("SilentWhenAsked", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		server.Inject(smtptest.Fault{Phase: smtptest.Rset, Do: smtptest.Silent})
		options := optionsFor(server)
		options.Timeouts.Quit = short
		s := newSender(t, options)
		s.recent = 0
		for range 2 {
			if receipt, err := send(t, s); err != nil || receipt.Reused {
				t.Errorf("%+v %v", receipt, err)
			}
		}
	})
	t.Run("AskedAndAlive", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		s := newSender(t, optionsFor(server))
		s.recent = 0
		for range 3 {
			if _, err := send(t, s); err != nil {
				t.Error(err)
			}
		}
		if n := server.Connections(); n != 1 || !slices.Contains(server.Commands(), "RSET") {
			t.Errorf("%d connections, %v", n, server.Commands())
		}
	})
	t.Run("RefusedDoesNotSpoil", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		server.Inject(smtptest.Fault{Phase: smtptest.Rcpt, Do: smtptest.Refuse, Code: 550, Enhanced: "5.1.1", Times: 1, Skip: 1})
		s := newSender(t, optionsFor(server))
		for i := range 3 {
			if _, err := send(t, s); (err != nil) != (i == 1) {
				t.Errorf("mail %d: %v", i, err)
			}
		}
		if n := len(server.Messages()); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
	t.Run("Expires", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		options := optionsFor(server)
		options.IdleTimeout = time.Millisecond
		s := newSender(t, options)
		if _, err := send(t, s); err != nil {
			t.Fatal(err)
		}
		server.WaitOpen(t, 0)
		if !slices.Contains(server.Commands(), "QUIT") {
			t.Error("it left without a word")
		}
	})
	t.Run("NotKept", func(t *testing.T) {
		t.Parallel()
		for _, change := range []func(*SenderOptions){
			func(o *SenderOptions) { o.IdleTimeout = -1 },
			func(o *SenderOptions) { o.MaxMails = 1 },
		} {
			server := smtptest.New(t, smtptest.Options{})
			options := optionsFor(server)
			change(&options)
			s := newSender(t, options)
			for range 2 {
				if receipt, err := send(t, s); err != nil || receipt.Reused {
					t.Errorf("%+v %v", receipt, err)
				}
			}
			server.WaitOpen(t, 0)
		}
	})
}

// TestConcurrent: each of many mails arrives once, over few connections.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	const mails, most = 60, 3
	server := smtptest.New(t, smtptest.Options{Security: smtptest.TLS, Username: "consult", Password: "secret"})
	options := optionsFor(server)
	options.Username, options.Password = "consult", secret("secret")
	options.MaxConns = most
	options.MaxMails = 7
	var open, peak atomic.Int64
	options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		n := open.Add(1)
		for {
			old := peak.Load()
			if n <= old || peak.CompareAndSwap(old, n) {
				break
			}
		}
		return &countedConn{Conn: c, closed: func() { open.Add(-1) }}, nil
	}
	s := newSender(t, options)
	var wg sync.WaitGroup
	for i := range mails {
		wg.Go(func() {
			body := fmt.Appendf(nil, "Subject: %d\r\n\r\nmail\r\n", i)
			if _, err := s.Send(t.Context(), envelope, int64(len(body)), bytes.NewReader(body), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, m := range server.WaitMessages(t, mails) {
		seen[string(m.Data)] = true
	}
	if len(seen) != mails || len(server.Messages()) != mails {
		t.Errorf("%d different of %d messages", len(seen), len(server.Messages()))
	}
	// Those that say QUIT in the background come on top of those in use.
	if n := peak.Load(); n > 2*most {
		t.Errorf("%d connections at once", n)
	}
	_ = s.Close()
	if n := open.Load(); n != 0 {
		t.Errorf("%d connections left open", n)
	}
	if _, err := send(t, s); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

type countedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *countedConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}
