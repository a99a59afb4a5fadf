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
