package mailout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailout/smtptest"
)

// short is a time limit that a test waits out; the other phases get plenty.
const short = 150 * time.Millisecond

const plenty = 30 * time.Second

func plentyOfTime() Timeouts {
	return Timeouts{Dial: plenty, Greeting: plenty, Auth: plenty, Mail: plenty, Rcpt: plenty, Data: plenty, Body: plenty, Dot: plenty, Quit: plenty}
}

// options of a Sender for a server.
func optionsFor(server *smtptest.Server) SenderOptions {
	return SenderOptions{URL: server.URL(), TLS: server.ClientTLS(), Timeouts: plentyOfTime()}
}

func newSender(t testing.TB, options SenderOptions) *Sender {
	t.Helper()
	s, err := NewSender(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var (
	envelope = Envelope{From: "consult@firm.example", To: []string{"ann@clinic.example"}}
	stored   = []byte("Subject: test\r\n\r\n.\r\n..\r\n.hidden\r\nline\r\n\r\n.\r\n")
)

func send(t *testing.T, s *Sender) (Receipt, error) {
	t.Helper()
	return s.Send(t.Context(), envelope, int64(len(stored)), bytes.NewReader(stored), nil)
}

func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	return e
}

// TestFaults walks the phases of a dialogue with all that a server can do.
func TestFaults(t *testing.T) {
	t.Parallel()
	type phase struct {
		at   smtptest.Phase
		want Phase
		time func(*Timeouts) *time.Duration
	}
	phases := []phase{
		{smtptest.Greeting, PhaseGreeting, func(t *Timeouts) *time.Duration { return &t.Greeting }},
		{smtptest.Ehlo, PhaseGreeting, func(t *Timeouts) *time.Duration { return &t.Greeting }},
		{smtptest.StartTLS, PhaseGreeting, func(t *Timeouts) *time.Duration { return &t.Greeting }},
		{smtptest.Auth, PhaseAuth, func(t *Timeouts) *time.Duration { return &t.Auth }},
		{smtptest.Mail, PhaseMail, func(t *Timeouts) *time.Duration { return &t.Mail }},
		{smtptest.Rcpt, PhaseRcpt, func(t *Timeouts) *time.Duration { return &t.Rcpt }},
		{smtptest.Data, PhaseData, func(t *Timeouts) *time.Duration { return &t.Data }},
		{smtptest.Body, PhaseBody, func(t *Timeouts) *time.Duration { return &t.Body }},
		{smtptest.Dot, PhaseDot, func(t *Timeouts) *time.Duration { return &t.Dot }},
	}
	type kind struct {
		name  string
		fault smtptest.Fault
	}
	kinds := []kind{
		{"drop", smtptest.Fault{Do: smtptest.Drop}},
		{"drop kept", smtptest.Fault{Do: smtptest.Drop, Keep: true}},
		{"silent", smtptest.Fault{Do: smtptest.Silent}},
		{"silent kept", smtptest.Fault{Do: smtptest.Silent, Keep: true}},
		{"stall", smtptest.Fault{Do: smtptest.Stall}},
		{"4xx", smtptest.Fault{Do: smtptest.Refuse, Code: 451, Enhanced: "4.7.1", Text: "<ann@clinic.example> try later"}},
		{"421", smtptest.Fault{Do: smtptest.Refuse, Code: 421, Enhanced: "4.3.2", Text: "<ann@clinic.example> going down"}},
		{"5xx", smtptest.Fault{Do: smtptest.Refuse, Code: 550, Enhanced: "5.1.1", Text: "<ann@clinic.example> no such user"}},
		{"5xx bare", smtptest.Fault{Do: smtptest.Refuse, Code: 554, Text: "no, ann@clinic.example"}},
	}
	// Larger than the buffers of a loopback connection, so that a server that
	// does not read is felt.
	large := append([]byte("Subject: large\r\n\r\n"), bytes.Repeat([]byte(strings.Repeat("x", 76)+"\r\n"), 24<<20/78)...)

	for _, p := range phases {
		for _, k := range kinds {
			if k.fault.Keep && p.want != PhaseDot || k.fault.Do == smtptest.Silent && p.want == PhaseBody {
				continue // a server that reads the whole message in silence is the phase dot's case
			}
			t.Run(string(p.at)+" "+k.name, func(t *testing.T) {
				t.Parallel()
				server := smtptest.New(t, smtptest.Options{Security: smtptest.STARTTLS, Username: "consult", Password: "secret"})
				fault := k.fault
				fault.Phase, fault.After = p.at, 30
				injected := server.Inject(fault)
				options := optionsFor(server)
				options.Username, options.Password = "consult", secret("secret")
				quiet := fault.Do == smtptest.Silent || fault.Do == smtptest.Stall
				if quiet {
					*p.time(&options.Timeouts) = short
					options.Timeouts.Quit = short
				}
				s := newSender(t, options)
				body := stored
				if p.want == PhaseBody && fault.Do == smtptest.Stall {
					body = large
				}
				asked := 0
				_, err := s.Send(t.Context(), envelope, int64(len(body)), bytes.NewReader(body), func(context.Context) error {
					asked++
					if p.want == PhaseBody { // let what the server does within the message have been done
						injected.Wait(t)
						if fault.Do == smtptest.Drop {
							server.WaitOpen(t, 0)
						}
					}
					return nil
				})
				e := asError(t, err)
				if e.Phase != p.want {
					t.Errorf("phase %s, want %s (%v)", e.Phase, p.want, e.Err)
				}
				if e.Code != fault.Code || e.Enhanced != fault.Enhanced {
					t.Errorf("code %d %q, want %d %q", e.Code, e.Enhanced, fault.Code, fault.Enhanced)
				}
				before := slices.Contains([]Phase{PhaseDial, PhaseGreeting, PhaseAuth}, p.want)
				if want := fault.Code >= 500 && !before; e.Permanent != want {
					t.Errorf("permanent %t, want %t", e.Permanent, want)
				}
				if want := fault.Code >= 500 && before; e.Operator != want {
					t.Errorf("operator %t, want %t", e.Operator, want)
				}
				if want := p.want == PhaseDot && fault.Code == 0; e.Uncertain() != want {
					t.Errorf("uncertain %t, want %t", e.Uncertain(), want)
				}
				if quiet && !errors.Is(err, ErrTimeout) {
					t.Errorf("a silent server gives %v, want ErrTimeout", e.Err)
				}
				if p.want == PhaseDot && asked != 1 || asked > 1 || asked == 1 && p.want != PhaseDot && p.want != PhaseBody {
					t.Errorf("beforeDot was called %d times", asked)
				}
				if strings.Contains(err.Error(), "@") || strings.Contains(fmt.Sprintf("%v %+v", err, err), "clinic") {
					t.Errorf("the error's text holds an address: %v", err)
				}
				if fault.Code != 0 && !strings.Contains(e.Response, fault.Text) {
					t.Errorf("response %q does not hold the server's text", e.Response)
				}
				kept := 0
				if fault.Keep {
					kept = 1
				}
				if n := len(server.WaitMessages(t, kept)); n != kept {
					t.Errorf("the server has %d messages, want %d", n, kept)
				}
				if p.want != PhaseDot && slices.Contains(server.Commands(), ".") {
					t.Errorf("the final dot was sent after a fault in phase %s", p.want)
				}

				// Whatever happened, the next mail goes through.
				server.Heal()
				if quiet {
					s = newSender(t, SenderOptions{URL: options.URL, TLS: options.TLS, Username: options.Username, Password: options.Password})
				}
				if _, err := send(t, s); err != nil {
					t.Errorf("the mail after it: %v", err)
				}
			})
		}
	}
}

func secret(s string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return s, nil }
}

func TestSendExactly(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte(".a line that begins with a dot\r\n..\r\nand one that does not "+strings.Repeat("x", 900)+"\r\n"), 3000)
	for _, security := range []smtptest.Security{smtptest.Clear, smtptest.STARTTLS, smtptest.TLS} {
		for _, body := range [][]byte{stored, big, []byte("\r\n"), []byte(".\r\n"), nil} {
			t.Run(fmt.Sprintf("%d/%d", security, len(body)), func(t *testing.T) {
				t.Parallel()
				server := smtptest.New(t, smtptest.Options{Security: security})
				s := newSender(t, optionsFor(server))
				called := false
				receipt, err := s.Send(t.Context(), envelope, int64(len(body)), iotestReader(body), func(context.Context) error {
					called = true
					if n := len(server.Messages()); n != 0 {
						t.Error("the server had the mail before the dot")
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				m := server.WaitMessages(t, 1)[0]
				if !bytes.Equal(m.Data, body) {
					t.Errorf("the server got %d bytes, not the %d that are stored", len(m.Data), len(body))
				}
				if !called || receipt.Code != 250 || receipt.Enhanced != "2.0.0" || receipt.Response == "" || (receipt.TLS != "") != (security != smtptest.Clear) || m.TLS != (receipt.TLS != "") {
					t.Errorf("receipt %+v, called %t", receipt, called)
				}
				if m.From != envelope.From || !slices.Equal(m.To, envelope.To) || m.Size != int64(len(body)) || m.UTF8 {
					t.Errorf("envelope %+v", m)
				}
			})
		}
	}
}

// iotestReader gives odd numbers of bytes at a time.
func iotestReader(b []byte) io.Reader {
	return io.MultiReader(bytes.NewReader(b[:len(b)/3]), bytes.NewReader(b[len(b)/3:]))
}

// TestBrokenOff: without the caller's consent the dot is never sent, not even
// by what comes after.
func TestBrokenOff(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	s := newSender(t, optionsFor(server))
	no := errors.New("the row is gone")
	_, err := s.Send(t.Context(), envelope, int64(len(stored)), bytes.NewReader(stored), func(context.Context) error { return no })
	e := asError(t, err)
	if !errors.Is(err, no) || e.Phase != PhaseBody || e.Uncertain() || e.Permanent || strings.Contains(err.Error(), "row") {
		t.Errorf("got %v (%+v)", err, e)
	}
	server.WaitOpen(t, 0)
	if c := server.Commands(); slices.Contains(c, ".") || slices.Contains(c, "QUIT") || len(server.Messages()) != 0 {
		t.Errorf("after breaking off the server saw %v", c)
	}
	if _, err := send(t, s); err != nil {
		t.Error(err)
	}
}

func TestBodyFaults(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	tests := []struct {
		name string
		size int64
		body io.Reader
		want error
	}{
		{"too short", 100, strings.NewReader("a\r\n"), ErrSize},
		{"too long", 1, strings.NewReader("a\r\n"), ErrSize},
		{"bare LF", -1, strings.NewReader("a\nb\r\n"), ErrBareLineEnd},
		{"bare CR", -1, strings.NewReader("a\rb\r\n"), ErrBareLineEnd},
		{"smuggled dot", -1, strings.NewReader("a\n.\r\nMAIL FROM:<x@y>\r\n"), ErrBareLineEnd},
		{"CR at the end", -1, strings.NewReader("a\r"), ErrBareLineEnd},
		{"unreadable", 10, io.MultiReader(strings.NewReader("a\r\n"), readerFunc(func([]byte) (int, error) { return 0, broken })), broken},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{})
			s := newSender(t, optionsFor(server))
			_, err := s.Send(t.Context(), envelope, test.size, test.body, func(context.Context) error {
				t.Error("beforeDot was called")
				return nil
			})
			e := asError(t, err)
			if !errors.Is(err, test.want) || e.Phase != PhaseBody || e.Uncertain() {
				t.Errorf("got %v in phase %s", e.Err, e.Phase)
			}
			server.WaitOpen(t, 0)
			if slices.Contains(server.Commands(), ".") || len(server.Messages()) != 0 {
				t.Error("the message was ended")
			}
		})
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestCancel(t *testing.T) {
	t.Parallel()
	for _, phase := range []smtptest.Phase{smtptest.Greeting, smtptest.Auth, smtptest.Rcpt, smtptest.Dot} {
		t.Run(string(phase), func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{Security: smtptest.TLS, Username: "consult", Password: "secret"})
			fault := server.Inject(smtptest.Fault{Phase: phase, Do: smtptest.Silent})
			options := optionsFor(server)
			options.Username, options.Password = "consult", secret("secret")
			s := newSender(t, options)
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-fault.Reached()
				cancel()
			}()
			_, err := s.Send(ctx, envelope, int64(len(stored)), bytes.NewReader(stored), nil)
			e := asError(t, err)
			if !errors.Is(err, context.Canceled) || e.Uncertain() != (phase == smtptest.Dot) || e.Error() != "smtp "+string(e.Phase)+": cancelled" {
				t.Errorf("got %v, uncertain %t", err, e.Uncertain())
			}
		})
	}
	t.Run("already", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := newSender(t, optionsFor(server)).Send(ctx, envelope, int64(len(stored)), bytes.NewReader(stored), nil)
		if e := asError(t, err); !errors.Is(err, context.Canceled) || e.Phase != PhaseDial {
			t.Errorf("got %v", err)
		}
	})
}

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

func TestSignIn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		options smtptest.Options
		change  func(*SenderOptions)
		method  string
		code    int
		err     error
	}{
		{"Plain", smtptest.Options{Security: smtptest.STARTTLS, Username: "u", Password: "p"}, nil, "PLAIN", 0, nil},
		{"Login", smtptest.Options{Security: smtptest.TLS, Username: "u", Password: "p", Mechanisms: []string{"LOGIN"}}, nil, "LOGIN", 0, nil},
		{"Loopback", smtptest.Options{Username: "u", Password: "p"}, nil, "PLAIN", 0, nil},
		{"Token", smtptest.Options{Security: smtptest.TLS, Username: "u", Token: "t"}, func(o *SenderOptions) { o.Password, o.Token = nil, secret("t") }, "XOAUTH2", 0, nil},
		{"WrongPassword", smtptest.Options{Security: smtptest.TLS, Username: "u", Password: "other"}, nil, "", 535, nil},
		{"WrongToken", smtptest.Options{Security: smtptest.TLS, Username: "u", Token: "other"}, func(o *SenderOptions) { o.Password, o.Token = nil, secret("t") }, "", 535, nil},
		{"NoMethod", smtptest.Options{Security: smtptest.TLS, Username: "u", Token: "t"}, nil, "", 0, ErrNoAuth},
		{"NoTokenMethod", smtptest.Options{Security: smtptest.TLS, Username: "u", Password: "p"}, func(o *SenderOptions) { o.Password, o.Token = nil, secret("t") }, "", 0, ErrNoAuth},
		{"Stripped", smtptest.Options{Security: smtptest.STARTTLS, Username: "u", Password: "p", Hide: []string{"STARTTLS"}}, nil, "", 0, ErrNoSTARTTLS},
		{"NoSecret", smtptest.Options{Username: "u", Password: "p"}, func(o *SenderOptions) {
			o.Password = func(context.Context) (string, error) { return "", errors.New("no such file") }
		}, "", 0, ErrSecret},
		{"NotSignedIn", smtptest.Options{Username: "u", Password: "p"}, func(o *SenderOptions) { o.Username, o.Password = "", nil }, "", 530, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, test.options)
			options := optionsFor(server)
			options.Username, options.Password = "u", secret("p")
			if test.change != nil {
				test.change(&options)
			}
			s := newSender(t, options)
			_, err := send(t, s)
			if test.method != "" {
				if err != nil {
					t.Fatal(err)
				}
				found, err := s.Check(t.Context())
				if err != nil || found.SignedIn != test.method {
					t.Errorf("check: %+v %v", found, err)
				}
				return
			}
			e := asError(t, err)
			if e.Code != test.code || !e.Operator || e.Permanent || test.err != nil && !errors.Is(err, test.err) {
				t.Errorf("got %v (%+v)", err, e)
			}
			if test.name == "Stripped" && slices.Contains(server.Commands(), "AUTH") {
				t.Error("the password went out in clear")
			}
			if len(server.Messages()) != 0 {
				t.Error("a mail went out")
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{Security: smtptest.STARTTLS, MaxBytes: 4096, SMTPUTF8: true})
	s := newSender(t, optionsFor(server))
	found, err := s.Check(t.Context())
	if err != nil || found.MaxSize != 4096 || !found.SMTPUTF8 || found.TLS != "TLS 1.3" {
		t.Errorf("%+v %v", found, err)
	}
	if c := server.Commands(); slices.Contains(c, "MAIL") || !slices.Contains(c, "QUIT") {
		t.Errorf("check said %v", c)
	}

	t.Run("Certificate", func(t *testing.T) {
		options := optionsFor(server)
		options.TLS = nil
		_, err := newSender(t, options).Check(t.Context())
		if e := asError(t, err); !e.Operator || e.Error() != "smtp greeting: the server's certificate is not valid for it" {
			t.Errorf("got %v (%v)", err, e.Err)
		}
	})
	t.Run("NobodyThere", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		address := l.Addr().String()
		_ = l.Close()
		_, err = newSender(t, SenderOptions{URL: "smtps://" + address}).Check(t.Context())
		if e := asError(t, err); e.Phase != PhaseDial || e.Operator || e.Error() != "smtp dial: connection refused" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("NoSuchHost", func(t *testing.T) {
		options := SenderOptions{URL: "smtps://mail.firm.example:465", Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: &net.DNSError{Name: "mail.firm.example", IsNotFound: true}}
		}}
		_, err := newSender(t, options).Check(t.Context())
		if e := asError(t, err); !e.Operator || strings.Contains(err.Error(), "example") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("NotLoopback", func(t *testing.T) {
		options := SenderOptions{URL: "smtp+insecure://localhost:25", Dial: func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			t.Cleanup(func() { _ = far.Close() })
			return &remoteConn{near}, nil
		}}
		_, err := newSender(t, options).Check(t.Context())
		if e := asError(t, err); !errors.Is(err, ErrNotLoopback) || !e.Operator {
			t.Errorf("got %v", err)
		}
	})
	t.Run("SilentFromTheStart", func(t *testing.T) {
		silent := smtptest.New(t, smtptest.Options{Security: smtptest.Clear}) // a server in clear says nothing to a TLS client that says nothing itself first
		silent.Inject(smtptest.Fault{Phase: smtptest.Greeting, Do: smtptest.Silent})
		options := SenderOptions{URL: "smtps://" + silent.Addr(), Timeouts: plentyOfTime()}
		options.Timeouts.Dial = short
		_, err := newSender(t, options).Check(t.Context())
		if e := asError(t, err); e.Phase != PhaseDial || !errors.Is(err, ErrTimeout) {
			t.Errorf("got %v (%v)", err, e.Err)
		}
	})
}

// TestEndlessReply: a server that never stops greeting fills no memory.
func TestEndlessReply(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			for err == nil {
				_, err = io.WriteString(c, "220-and another thing\r\n")
			}
			_ = c.Close()
		}
	}()
	_, err = newSender(t, SenderOptions{URL: "smtp+insecure://" + l.Addr().String(), Timeouts: plentyOfTime()}).Check(t.Context())
	if e := asError(t, err); !errors.Is(err, ErrEndlessReply) || e.Phase != PhaseGreeting {
		t.Errorf("got %v", err)
	}
}

// remoteConn claims to lead to another machine.
type remoteConn struct{ net.Conn }

func (*remoteConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

func TestEnvelope(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		options  smtptest.Options
		envelope Envelope
		from     string
		to       []string
		utf8     bool
		err      error
	}{
		{name: "null sender", envelope: Envelope{To: []string{"ann@clinic.example"}}, to: []string{"ann@clinic.example"}},
		{name: "several", envelope: Envelope{From: "a@b.example", To: []string{"c@d.example", "e@f.example"}}, from: "a@b.example", to: []string{"c@d.example", "e@f.example"}},
		{name: "IDN", options: smtptest.Options{SMTPUTF8: true}, envelope: Envelope{From: "a@MÜLLER.example", To: []string{"info@praxis-größe.example"}},
			from: "a@xn--mller-kva.example", to: []string{"info@xn--praxis-gre-e4a9y.example"}},
		{name: "UTF-8", options: smtptest.Options{SMTPUTF8: true}, envelope: Envelope{From: "a@b.example", To: []string{"jürgen@clinic.example"}}, from: "a@b.example", to: []string{"jürgen@clinic.example"}, utf8: true},
		{name: "UTF-8 refused", envelope: Envelope{From: "a@b.example", To: []string{"jürgen@clinic.example"}}, err: ErrNoSMTPUTF8},
		{name: "too large", options: smtptest.Options{MaxBytes: 10}, envelope: envelope, err: ErrTooLarge},
		{name: "injection", envelope: Envelope{From: "a@b.example", To: []string{"c@d.example>\r\nRCPT TO:<x@y.example"}}, err: ErrAddress},
		{name: "no recipient", envelope: Envelope{From: "a@b.example"}, err: ErrAddress},
		{name: "bad sender", envelope: Envelope{From: "a b@b.example", To: []string{"c@d.example"}}, err: ErrAddress},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, test.options)
			_, err := newSender(t, optionsFor(server)).Send(t.Context(), test.envelope, int64(len(stored)), bytes.NewReader(stored), nil)
			if test.err != nil {
				e := asError(t, err)
				if !errors.Is(err, test.err) || !e.Permanent || e.Phase != PhaseMail || strings.Contains(err.Error(), "@") {
					t.Errorf("got %v (%+v)", err, e)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m := server.WaitMessages(t, 1)[0]
			if m.From != test.from || !slices.Equal(m.To, test.to) || m.UTF8 != test.utf8 {
				t.Errorf("envelope %q %q %t", m.From, m.To, m.UTF8)
			}
		})
	}
	t.Run("one of several refused", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		server.Inject(smtptest.Fault{Phase: smtptest.Rcpt, Do: smtptest.Refuse, Code: 550, Enhanced: "5.1.1", Skip: 1})
		_, err := newSender(t, optionsFor(server)).Send(t.Context(), Envelope{To: []string{"a@b.example", "c@d.example"}}, int64(len(stored)), bytes.NewReader(stored), nil)
		if e := asError(t, err); e.Recipient != 1 || !e.Permanent || len(server.Messages()) != 0 {
			t.Errorf("got %+v", e)
		}
	})
}

func TestNewSenderRefuses(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]SenderOptions{
		"no url":            {},
		"no host":           {URL: "smtps://"},
		"scheme":            {URL: "http://mail.firm.example"},
		"user in url":       {URL: "smtps://u:p@mail.firm.example"},
		"insecure abroad":   {URL: "smtp+insecure://mail.firm.example"},
		"no password":       {URL: "smtps://mail.firm.example", Username: "u"},
		"password and more": {URL: "smtps://mail.firm.example", Username: "u", Password: secret("p"), Token: secret("t")},
	} {
		if _, err := NewSender(options); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: the error holds a password", name)
		}
	}
	for url, address := range map[string]string{
		"smtps://mail.firm.example":     "mail.firm.example:465",
		"smtp://mail.firm.example":      "mail.firm.example:587",
		"smtp+insecure://[::1]":         "[::1]:25",
		"smtp+insecure://localhost:925": "localhost:925",
	} {
		s, err := NewSender(SenderOptions{URL: url})
		if err != nil || s.address != address {
			t.Errorf("%s: %v %v", url, s, err)
		}
	}
}

// FuzzDotStuffer: what a server unstuffs is what was stored, or it was refused.
func FuzzDotStuffer(f *testing.F) {
	for _, seed := range []string{"", ".", ".\r\n", "..\r\n.\r\nx", "a\nb", "a\r", "\r\n.\r\n", "\r\r\n"} {
		f.Add([]byte(seed), 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var wire bytes.Buffer
		d := &dotStuffer{w: bufio.NewWriter(&wire), begin: true}
		if cut < 0 || cut > len(in) {
			cut = 0
		}
		err := d.write(in[:cut])
		if err == nil {
			err = d.write(in[cut:])
		}
		if err == nil {
			err = d.end()
		}
		bare := strings.ReplaceAll(string(in), "\r\n", "")
		if want := strings.ContainsAny(bare, "\r\n"); want != (err != nil) {
			t.Fatalf("bare line end %t, error %v", want, err)
		}
		if err != nil {
			return
		}
		wire.WriteString(".\r\n")
		want := string(in)
		if want != "" && !strings.HasSuffix(want, "\r\n") {
			want += "\r\n"
		}
		var got strings.Builder
		for line := range strings.SplitAfterSeq(strings.TrimSuffix(wire.String(), ".\r\n"), "\r\n") {
			if line == ".\r\n" {
				t.Fatalf("the message would end early: %q", wire.String())
			}
			got.WriteString(strings.TrimPrefix(line, "."))
		}
		if got.String() != want {
			t.Fatalf("unstuffed %q, stored %q", got.String(), want)
		}
	})
}
