// Package smtptest is an SMTP server for tests: it records what it accepts, and
// does whatever a server may do to a client, at any moment of the dialogue.
//
// # The world it lives in
//
// Mail is a real go-smtp server's: it parses the commands, checks their order
// and reads the messages. Before it stands a front that sees every line of the
// client first. The front speaks TLS (with an authority of its own) and carries
// out the [Fault]s that a test injects: refuse with any code, hang up, say
// nothing, wait, hold until the test lets go; in any phase, also within the
// message, and after its final dot, with or without having kept the message.
//
// # What it may touch
//
// A port on the loopback interface. It writes no file.
//
// # Order of use
//
//	server := smtptest.New(t, smtptest.Options{Security: smtptest.STARTTLS})
//	fault := server.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true, Times: 1})
//	... send to server.URL() with server.ClientTLS() ...
//	fault.Wait(t)
//	messages := server.WaitMessages(t, 1)
//
// It closes itself at the end of the test. Everything is safe for concurrent use.
package smtptest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Security is how a server protects the line.
type Security int

// The kinds of protection.
const (
	Clear    Security = iota // smtp+insecure://
	STARTTLS                 // smtp://
	TLS                      // smtps://
)

// Options of a server. The zero Options is a server in clear without sign-in.
type Options struct {
	Security Security
	// Username and Password, if set, must be signed in with before mail. Token, if
	// set, is what XOAUTH2 must bring instead of a password.
	Username, Password, Token string
	// Mechanisms on offer. Defaults to PLAIN and LOGIN, or XOAUTH2 when Token is set.
	Mechanisms []string
	// MaxBytes is announced as SIZE and enforced; 0 for no limit.
	MaxBytes int64
	// SMTPUTF8 is announced.
	SMTPUTF8 bool
	// Hide takes keywords out of the reply to EHLO ("STARTTLS", "SIZE").
	Hide []string
	// Address to listen on. Defaults to 127.0.0.1:0.
	Address string
}

// Message is a mail that the server took.
type Message struct {
	From string
	To   []string
	// Data is the message without dot-stuffing and final dot, byte for byte.
	Data []byte
	// UTF8 says that SMTPUTF8 was asked for.
	UTF8 bool
	// Size is what the client announced; 0 if nothing.
	Size int64
	// Username it was sent under; "" without sign-in.
	Username string
	// TLS says that it came over TLS.
	TLS bool
	// Conn numbers the connection it came over, from 1.
	Conn int
	// Told is false when the server kept the mail but a fault let the client
	// know nothing, or something else.
	Told bool
	At   time.Time
}

// Server is a running server.
type Server struct {
	options  Options
	listener net.Listener
	backend  *pipeListener
	smtp     *smtp.Server
	cert     tls.Certificate
	roots    *x509.CertPool

	mu       sync.Mutex
	changed  chan struct{} // closed and replaced whenever something below changes
	messages []Message
	faults   []*Injected
	conns    map[net.Conn]bool
	dialled  int
	commands []string
	closed   chan struct{}
	wg       sync.WaitGroup
}

// New starts a server that ends with the test.
func New(t testing.TB, options Options) *Server {
	t.Helper()
	s, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a server that the caller closes.
func Start(options Options) (*Server, error) {
	if options.Address == "" {
		options.Address = "127.0.0.1:0"
	}
	if len(options.Mechanisms) == 0 && options.Username != "" {
		options.Mechanisms = []string{sasl.Plain, sasl.Login}
		if options.Token != "" {
			options.Mechanisms = []string{"XOAUTH2"}
		}
	}
	s := &Server{
		options: options,
		backend: &pipeListener{accept: make(chan net.Conn), closed: make(chan struct{})},
		changed: make(chan struct{}),
		conns:   map[net.Conn]bool{},
		closed:  make(chan struct{}),
	}
	var err error
	if s.cert, s.roots, err = authority(); err != nil {
		return nil, err
	}
	if s.listener, err = net.Listen("tcp", options.Address); err != nil {
		return nil, fmt.Errorf("smtptest: %w", err)
	}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, front: c.Conn().(*backendConn).front}, nil
	}))
	s.smtp.Domain = "mail.firm.example"
	s.smtp.AllowInsecureAuth = true // the front does the TLS
	s.smtp.MaxLineLength = 0        // what is too long is the client's to know
	s.smtp.MaxMessageBytes = options.MaxBytes
	s.smtp.EnableSMTPUTF8 = options.SMTPUTF8
	s.smtp.ErrorLog = log.New(io.Discard, "", 0)
	s.wg.Go(func() { _ = s.smtp.Serve(s.backend) })
	s.wg.Go(s.accept)
	return s, nil
}

// Close hangs up on everybody and ends the server.
func (s *Server) Close() {
	s.mu.Lock()
	select {
	case <-s.closed:
		s.mu.Unlock()
		return
	default:
	}
	close(s.closed)
	s.mu.Unlock()
	_ = s.listener.Close()
	_ = s.smtp.Close()
	_ = s.backend.Close()
	s.DropConnections()
	s.wg.Wait()
}

// Addr is host and port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL is what a SenderOptions or a configuration file takes.
func (s *Server) URL() string {
	switch s.options.Security {
	case TLS:
		return "smtps://" + s.Addr()
	case STARTTLS:
		return "smtp://" + s.Addr()
	}
	return "smtp+insecure://" + s.Addr()
}

// ClientTLS trusts the server's authority, and nobody else.
func (s *Server) ClientTLS() *tls.Config { return &tls.Config{RootCAs: s.roots} }

// Messages are the mails taken so far, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Connections counts the connections ever accepted.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialled
}

// Open counts the connections that stand now.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Commands are the verbs that clients have sent, in order; a message is one
// "MESSAGE", its final dot a ".".
func (s *Server) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
}

// DropConnections hangs up on all clients at once, without a word.
func (s *Server) DropConnections() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		_ = conn.Close()
	}
}

// patience is how long a test waits for what should happen at once.
const patience = 30 * time.Second

// WaitMessages waits until n mails have been taken and gives them all.
func (s *Server) WaitMessages(t testing.TB, n int) []Message {
	t.Helper()
	s.wait(t, fmt.Sprintf("%d messages", n), func() bool { return len(s.messages) >= n })
	return s.Messages()
}

// WaitOpen waits until exactly n connections stand.
func (s *Server) WaitOpen(t testing.TB, n int) {
	t.Helper()
	s.wait(t, fmt.Sprintf("%d open connections", n), func() bool { return len(s.conns) == n })
}

// wait waits for a condition, which is looked at under the lock whenever the
// server's state changes.
func (s *Server) wait(t testing.TB, what string, condition func() bool) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		s.mu.Lock()
		done, changed := condition(), s.changed
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-timeout.C:
			t.Fatalf("smtptest: still waiting for %s", what)
		}
	}
}

// change makes a change under the lock and wakes those who wait.
func (s *Server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// session is go-smtp's side of one dialogue.
type session struct {
	server   *Server
	front    *front
	message  Message
	username string
}

func (s *session) AuthMechanisms() []string { return s.server.options.Mechanisms }

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, secret, want string) error {
		if username != s.server.options.Username || secret != want {
			return smtp.ErrAuthFailed
		}
		s.username = username
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, username, password string) error {
			return check(username, password, s.server.options.Password)
		}), nil
	case sasl.Login:
		return &loginServer{check: func(username, password string) error {
			return check(username, password, s.server.options.Password)
		}}, nil
	case "XOAUTH2":
		return &xoauth2Server{check: func(username, token string) error {
			return check(username, token, s.server.options.Token)
		}}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if s.server.options.Username != "" && s.username == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.message = Message{From: from, UTF8: options.UTF8, Size: options.Size, Username: s.username}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.message.To = append(s.message.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		return err
	}
	keep, refusal, told := s.front.verdict()
	if keep {
		m := s.message
		m.Data, m.Told, m.At = b.Bytes(), told, time.Now()
		m.TLS, m.Conn = s.front.secure, s.front.number
		s.server.change(func() { s.server.messages = append(s.server.messages, m) })
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

func (s *session) Reset()        { s.message = Message{} }
func (s *session) Logout() error { return nil }

// loginServer is the LOGIN mechanism, which go-sasl has for clients only.
type loginServer struct {
	check    func(username, password string) error
	step     int
	username string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.step == 1:
		l.step = 2
		fallthrough
	case l.step == 2:
		l.username = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.username, string(response))
}

// xoauth2Server is Google's and Microsoft's mechanism: a wrong token is
// answered with a challenge that the client must reply to before it hears 535.
type xoauth2Server struct {
	check func(username, token string) error
	err   error
}

func (x *xoauth2Server) Next(response []byte) (challenge []byte, done bool, err error) {
	if x.err != nil {
		return nil, true, x.err
	}
	if response == nil {
		return []byte{}, false, nil
	}
	var username, token string
	for part := range strings.SplitSeq(string(response), "\x01") {
		if v, ok := strings.CutPrefix(part, "user="); ok {
			username = v
		}
		if v, ok := strings.CutPrefix(part, "auth=Bearer "); ok {
			token = v
		}
	}
	if x.err = x.check(username, token); x.err != nil {
		return []byte(`{"status":"401","schemes":"bearer"}`), false, nil
	}
	return nil, true, nil
}
