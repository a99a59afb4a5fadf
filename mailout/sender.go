package mailout

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Envelope is who sends to whom, apart from what the letter's headers say.
type Envelope struct {
	// From is the return path (RFC 5321 section 4.4); "" is the null sender.
	From string
	// To are the recipients; all must be accepted, or nothing is sent.
	To []string
}

// Receipt is a mail that the server accepted.
type Receipt struct {
	Code     int    // 250
	Enhanced string // "2.0.0", "" when the server gave none
	// Response is the server's whole reply, usually with its queue id. It may hold
	// addresses.
	Response string
	// TLS is the version of TLS under which it went ("TLS 1.3"), "" in clear.
	TLS string
	// Reused says that it went over a connection that an earlier mail had opened.
	Reused bool
}

// Timeouts bound the phases of a dialogue. A zero field takes the default named
// with it; they follow RFC 5321 section 4.5.3.2, where we need not wait less.
type Timeouts struct {
	Dial     time.Duration // look-up, TCP and, on smtps, TLS. Defaults to 30 s
	Greeting time.Duration // greeting, EHLO, STARTTLS: some servers make clients wait. Defaults to 2 min
	Auth     time.Duration // the whole sign-in. Defaults to 1 min
	Mail     time.Duration // Defaults to 2 min
	Rcpt     time.Duration // each recipient; some servers call back first. Defaults to 5 min
	Data     time.Duration // DATA to 354. Defaults to 2 min
	Body     time.Duration // each block of the message. Defaults to 3 min
	Dot      time.Duration // the final dot to the reply. Defaults to 10 min
	Quit     time.Duration // polite leave-taking, and the check of an idle connection. Defaults to 3 s
}

// SenderOptions configures a Sender.
type SenderOptions struct {
	// URL is smtps://host[:465] (TLS from the start), smtp://host[:587] (STARTTLS,
	// mandatory) or smtp+insecure://host[:25] (in clear, loopback only).
	URL string
	// Username to sign in with; "" does not sign in.
	Username string
	// Password is asked at each sign-in, so that a changed secret is picked up. A
	// password goes out under TLS or to a loopback address only.
	Password func(context.Context) (string, error)
	// Token gives an OAuth 2.0 access token, asked at each sign-in (XOAUTH2). Set
	// Password or Token, not both.
	Token func(context.Context) (string, error)
	// LocalName is how we call ourselves in EHLO. Defaults to the domain of
	// Username, else to localhost.localdomain (some relays refuse plain localhost).
	LocalName string
	// TLS is copied for each connection; ServerName defaults to the URL's host,
	// MinVersion to 1.2.
	TLS *tls.Config
	// Timeouts per phase.
	Timeouts Timeouts
	// MaxConns bounds the open connections; further Sends wait. Defaults to 4.
	MaxConns int
	// IdleTimeout is how long a connection is kept for the next mail. Defaults to
	// 30 s; negative: not kept.
	IdleTimeout time.Duration
	// MaxMails is how many mails go over one connection. Defaults to 50.
	MaxMails int
	// Dial opens the TCP connection. Defaults to a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Sender sends mails over one SMTP account. It is safe for concurrent use.
type Sender struct {
	options SenderOptions
	host    string
	address string
	scheme  string
	recent  time.Duration // recently, but for tests
	slots   chan struct{} // one token for each mail being sent

	mu      sync.Mutex
	idle    []*conn // the most recently used last
	closed  bool
	leaving sync.WaitGroup // connections that say QUIT
}

// The schemes of SenderOptions.URL.
const (
	schemeTLS      = "smtps"
	schemeSTARTTLS = "smtp"
	schemeInsecure = "smtp+insecure"
)

// NewSender checks the options. It does not connect; Check does.
func NewSender(options SenderOptions) (*Sender, error) {
	u, err := url.Parse(options.URL)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, errors.New("smtp url: write smtps://host:465, smtp://host:587 or smtp+insecure://127.0.0.1:25")
	}
	if u.User != nil {
		return nil, errors.New("smtp url: holds a user name; write it as username, and the password as password_env")
	}
	s := &Sender{options: options, host: u.Hostname(), scheme: u.Scheme, recent: recently}
	port := u.Port()
	switch u.Scheme {
	case schemeTLS:
		port = or(port, "465")
	case schemeSTARTTLS:
		port = or(port, "587")
	case schemeInsecure:
		port = or(port, "25")
		if !loopbackHost(s.host) {
			return nil, fmt.Errorf("smtp url: %w; write smtps:// or smtp://", ErrNotLoopback)
		}
	default:
		return nil, fmt.Errorf("smtp url: %q is no scheme we know: write smtps, smtp or smtp+insecure", u.Scheme)
	}
	if options.Username != "" && (options.Password == nil) == (options.Token == nil) {
		return nil, errors.New("smtp: a username needs a password or an OAuth token, and not both")
	}
	s.address = net.JoinHostPort(s.host, port)
	o := &s.options
	if o.LocalName == "" {
		if _, domain, ok := strings.Cut(o.Username, "@"); ok {
			o.LocalName, _ = asciiDomain(domain)
		}
		o.LocalName = or(o.LocalName, "localhost.localdomain")
	}
	t := &o.Timeouts
	t.Dial = or(t.Dial, 30*time.Second)
	t.Greeting = or(t.Greeting, 2*time.Minute)
	t.Auth = or(t.Auth, time.Minute)
	t.Mail = or(t.Mail, 2*time.Minute)
	t.Rcpt = or(t.Rcpt, 5*time.Minute)
	t.Data = or(t.Data, 2*time.Minute)
	t.Body = or(t.Body, 3*time.Minute)
	t.Dot = or(t.Dot, 10*time.Minute)
	t.Quit = or(t.Quit, 3*time.Second)
	o.MaxConns = or(o.MaxConns, 4)
	o.IdleTimeout = or(o.IdleTimeout, 30*time.Second)
	o.MaxMails = or(o.MaxMails, 50)
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	s.slots = make(chan struct{}, o.MaxConns)
	return s, nil
}

// or gives value, or fallback when value is zero.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// loopbackHost reports whether a host name can only mean this machine. What
// "localhost" resolves to is checked again after dialling.
func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Send sends the stored bytes of one mail, exactly as they are but for the
// dot-stuffing of the protocol.
//
// size is the number of bytes in body; it is announced to servers that ask for
// it, and a body of another size is broken off. body must be a composed mail:
// CRLF line ends, the last line ended.
//
// beforeDot, if not nil, is called when all bytes are written and the final dot is
// not: this is where the caller commits that the mail is being sent. If it
// returns an error the connection is broken off without the dot, and the mail
// was certainly not accepted; the error is wrapped in the one that Send returns.
// It is called at most once.
//
// The error is always an *Error. Cancelling ctx breaks off at once, also after
// the dot, which then leaves the mail uncertain.
func (s *Sender) Send(ctx context.Context, envelope Envelope, size int64, body io.Reader,
	beforeDot func(context.Context) error) (Receipt, error) {
	e, err := prepareEnvelope(envelope)
	if err != nil {
		fault := newError(PhaseMail, err)
		fault.Permanent = true
		return Receipt{}, fault
	}
	if fault := s.slot(ctx); fault != nil {
		return Receipt{}, fault
	}
	defer s.free()
	for fresh := false; ; fresh = true {
		c, fault := s.acquire(ctx, fresh)
		if fault != nil {
			return Receipt{}, fault
		}
		receipt, fault := c.send(ctx, e, size, body, beforeDot)
		if fault == nil {
			s.release(c)
			return receipt, nil
		}
		s.discard(c, fault)
		if fresh || c.mails == 0 || !stale(fault) || ctx.Err() != nil {
			return Receipt{}, fault
		}
		// A server may close a waiting connection at any moment. Nothing of the
		// mail has left us yet, so a new connection tries it once more.
	}
}

// stale reports whether a fault is the end of a connection that had waited, and
// says nothing about the mail.
func stale(fault *Error) bool {
	return fault.Phase == PhaseMail && (fault.Code == 0 && !fault.Permanent || fault.Code == 421)
}

// Capabilities is what Check found.
type Capabilities struct {
	TLS      string   // "TLS 1.3", "" in clear
	SignedIn string   // the method, "" without username
	MaxSize  int64    // bytes a message may have; 0: the server names no limit
	SMTPUTF8 bool     // takes non-ASCII addresses
	Auth     []string // the methods on offer
}

// Check connects, signs in and leaves again without sending anything. For the
// doctor; the error is an *Error.
func (s *Sender) Check(ctx context.Context) (Capabilities, error) {
	if fault := s.slot(ctx); fault != nil {
		return Capabilities{}, fault
	}
	defer s.free()
	c, fault := s.acquire(ctx, true)
	if fault != nil {
		return Capabilities{}, fault
	}
	found := c.capabilities()
	c.quit()
	return found, nil
}

// Close ends the idle connections at once, and each busy one when its mail is
// done. Later Sends fail with ErrClosed.
func (s *Sender) Close() error {
	s.mu.Lock()
	for _, c := range s.idle {
		c.expiry.Stop()
		s.leave(c)
	}
	s.idle, s.closed = nil, true
	s.mu.Unlock()
	s.leaving.Wait()
	return nil
}
