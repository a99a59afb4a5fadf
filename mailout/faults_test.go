package mailout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailout/smtptest"
)

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
