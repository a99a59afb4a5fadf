package mailout

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// conn is one connection to the server, signed in. One goroutine uses it at a
// time.
//
// Greeting, EHLO, STARTTLS and AUTH are go-mail's. MAIL, RCPT and DATA are
// spoken here over the connection that its client exports: go-mail announces no
// SIZE, asks for SMTPUTF8 whenever it is on offer, and its data writer sends the
// final dot by itself with whatever command comes next, even QUIT, so that a mail
// that we broke off would be delivered.
type conn struct {
	raw      net.Conn // what deadlines and the watchdog act upon
	replies  *capped  // raw, as it is read from
	client   *smtp.Client
	timeouts Timeouts
	method   string // of signing in
	mails    int    // sent over it
	used     time.Time
	expiry   *time.Timer
}

// connect opens a connection and signs in.
func (s *Sender) connect(ctx context.Context) (*conn, *Error) {
	c := &conn{timeouts: s.options.Timeouts}
	stream, err := s.dial(ctx, c)
	if err != nil {
		return nil, c.fault(ctx, PhaseDial, err)
	}
	defer c.watch(ctx)()
	if err := s.greet(c, stream); err != nil {
		c.close()
		return nil, c.fault(ctx, PhaseGreeting, err)
	}
	if s.options.Username == "" {
		return c, nil
	}
	if err := s.signIn(ctx, c); err != nil {
		c.close()
		return nil, c.fault(ctx, PhaseAuth, err)
	}
	return c, nil
}

// dial opens TCP and, on smtps, TLS.
func (s *Sender) dial(ctx context.Context, c *conn) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeouts.Dial)
	defer cancel()
	raw, err := s.options.Dial(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	c.raw, c.replies = raw, &capped{Conn: raw}
	if s.scheme == schemeInsecure {
		if host, _, err := net.SplitHostPort(raw.RemoteAddr().String()); err != nil || !net.ParseIP(host).IsLoopback() {
			c.close()
			return nil, ErrNotLoopback
		}
	}
	c.replies.left = mostReply
	if s.scheme != schemeTLS {
		return c.replies, nil
	}
	secure := tls.Client(c.replies, s.tlsConfig())
	if err := secure.HandshakeContext(ctx); err != nil {
		c.close()
		return nil, err
	}
	return secure, nil
}

// tlsConfig is a copy for one connection.
func (s *Sender) tlsConfig() *tls.Config {
	config := &tls.Config{}
	if s.options.TLS != nil {
		config = s.options.TLS.Clone()
	}
	if config.ServerName == "" {
		config.ServerName = s.host
	}
	if config.MinVersion == 0 {
		config.MinVersion = tls.VersionTLS12
	}
	return config
}

// greet reads the greeting, says EHLO and, on smtp, upgrades to TLS.
func (s *Sender) greet(c *conn, stream net.Conn) error {
	c.deadline(c.timeouts.Greeting)
	client, err := smtp.NewClient(stream, s.host)
	if err != nil {
		return err
	}
	c.client = client
	if err := client.Hello(s.options.LocalName); err != nil {
		return err
	}
	if s.scheme != schemeSTARTTLS {
		return nil
	}
	if ok, _ := client.Extension("STARTTLS"); !ok {
		return ErrNoSTARTTLS
	}
	// What an attacker may have put behind the 220 in clear is dropped with
	// the old reader (RFC 3207 section 4.2).
	return client.StartTLS(s.tlsConfig())
}

// signIn authenticates (RFC 4954).
func (s *Sender) signIn(ctx context.Context, c *conn) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeouts.Auth)
	defer cancel()
	c.deadline(c.timeouts.Auth)
	_, offered := c.client.Extension("AUTH")
	methods := strings.Fields(strings.ToUpper(offered))
	has := func(method string) bool {
		for _, m := range methods {
			if m == method {
				return true
			}
		}
		return false
	}
	user := s.options.Username
	if s.options.Token != nil {
		if !has("XOAUTH2") {
			return ErrNoAuth
		}
		token, err := s.options.Token(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSecret, err)
		}
		c.method = "XOAUTH2"
		return c.client.Auth(smtp.XOAuth2Auth(user, token))
	}
	password, err := s.options.Password(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSecret, err)
	}
	// The line is encrypted, or ends on this machine: the plain method is the one
	// that every server gets right.
	const plainAllowed = true
	switch {
	case has("PLAIN"):
		c.method = "PLAIN"
		return c.client.Auth(smtp.PlainAuth("", user, password, s.host, plainAllowed))
	case has("LOGIN"):
		c.method = "LOGIN"
		return c.client.Auth(smtp.LoginAuth(user, password, s.host, plainAllowed))
	case has("SCRAM-SHA-256"):
		c.method = "SCRAM-SHA-256"
		return c.client.Auth(smtp.ScramSHA256Auth(user, password))
	case has("SCRAM-SHA-1"):
		c.method = "SCRAM-SHA-1"
		return c.client.Auth(smtp.ScramSHA1Auth(user, password))
	case has("CRAM-MD5"):
		c.method = "CRAM-MD5"
		return c.client.Auth(smtp.CRAMMD5Auth(user, password))
	}
	return ErrNoAuth
}

// send is one mail over this connection.
func (c *conn) send(ctx context.Context, e prepared, size int64, body io.Reader,
	beforeDot func(context.Context) error) (Receipt, *Error) {
	defer c.watch(ctx)()
	if fault := c.begin(ctx, e, size); fault != nil {
		return Receipt{}, fault
	}
	return c.transmit(ctx, size, body, beforeDot)
}

// begin opens the mail transaction up to the server's 354.
func (c *conn) begin(ctx context.Context, e prepared, size int64) *Error {
	parameters, err := c.parameters(e, size)
	if err != nil {
		fault := c.fault(ctx, PhaseMail, err)
		fault.Permanent = true
		return fault
	}
	c.deadline(c.timeouts.Mail)
	if err := c.command(2, "MAIL FROM:%s%s", e.from, parameters); err != nil {
		return c.fault(ctx, PhaseMail, err)
	}
	for i, to := range e.to {
		c.deadline(c.timeouts.Rcpt)
		if err := c.command(2, "RCPT TO:%s", to); err != nil {
			fault := c.fault(ctx, PhaseRcpt, err)
			fault.Recipient = i
			return fault
		}
	}
	c.deadline(c.timeouts.Data)
	if err := c.command(354, "DATA"); err != nil {
		return c.fault(ctx, PhaseData, err)
	}
	return nil
}

// parameters of MAIL FROM: SIZE (RFC 1870), BODY (RFC 6152) and, only where an
// address needs it, SMTPUTF8 (RFC 6531 section 3.4): asked for without need, it
// makes mail bounce at the first relay that does not know it.
func (c *conn) parameters(e prepared, size int64) (string, error) {
	var b strings.Builder
	if ok, limit := c.client.Extension("SIZE"); ok && size > 0 {
		if most, err := strconv.ParseInt(strings.TrimSpace(limit), 10, 64); err == nil && most > 0 && size > most {
			return "", ErrTooLarge
		}
		fmt.Fprintf(&b, " SIZE=%d", size)
	}
	if ok, _ := c.client.Extension("8BITMIME"); ok && e.utf8 {
		b.WriteString(" BODY=8BITMIME")
	}
	if e.utf8 {
		if ok, _ := c.client.Extension("SMTPUTF8"); !ok {
			return "", ErrNoSMTPUTF8
		}
		b.WriteString(" SMTPUTF8")
	}
	return b.String(), nil
}

// command sends one line and wants a reply of the given class or code.
func (c *conn) command(want int, format string, args ...any) error {
	if err := c.client.Text.PrintfLine(format, args...); err != nil {
		return err
	}
	_, _, err := c.client.Text.ReadResponse(want)
	return err
}

// transmit sends the message, calls beforeDot, ends the message and reads what
// became of it.
func (c *conn) transmit(ctx context.Context, size int64, body io.Reader,
	beforeDot func(context.Context) error) (Receipt, *Error) {
	w := &dotStuffer{w: c.client.Text.W, begin: true}
	block := make([]byte, 32<<10)
	for {
		n, err := body.Read(block)
		if n > 0 {
			c.deadline(c.timeouts.Body)
			if err := w.write(block[:n]); err != nil {
				return Receipt{}, c.fault(ctx, PhaseBody, c.early(err))
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return Receipt{}, c.fault(ctx, PhaseBody, fmt.Errorf("reading the stored message: %w", err))
		}
	}
	if size >= 0 && w.n != size {
		return Receipt{}, c.fault(ctx, PhaseBody, ErrSize)
	}
	c.deadline(c.timeouts.Body)
	if err := w.end(); err != nil {
		return Receipt{}, c.fault(ctx, PhaseBody, c.early(err))
	}
	if beforeDot != nil {
		if err := beforeDot(ctx); err != nil {
			return Receipt{}, c.fault(ctx, PhaseBody, fmt.Errorf("%w: %w", errBrokenOff, err))
		}
	}
	// The last look before the window that SMTP leaves open: a server that has
	// hung up or refused meanwhile is known to have taken nothing.
	if err := c.spoke(); err != nil {
		phase := PhaseBody
		if reply := (*textproto.Error)(nil); errors.As(err, &reply) && reply.Code/100 == 2 {
			phase = PhaseDot // it claims to have something; what, we cannot know
		}
		return Receipt{}, c.fault(ctx, phase, err)
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, c.fault(ctx, PhaseBody, err)
	}
	c.deadline(c.timeouts.Dot)
	if _, err := c.client.Text.W.WriteString(".\r\n"); err != nil {
		return Receipt{}, c.fault(ctx, PhaseDot, err)
	}
	if err := c.client.Text.W.Flush(); err != nil {
		return Receipt{}, c.fault(ctx, PhaseDot, err)
	}
	code, message, err := c.client.Text.ReadResponse(2)
	if err != nil {
		return Receipt{}, c.fault(ctx, PhaseDot, err)
	}
	return Receipt{Code: code, Enhanced: enhanced(message), Response: message,
		TLS: c.tlsVersion(), Reused: c.mails > 0}, nil
}

// early looks for the reply with which a server explains why it hung up in the
// middle of a message; without one it gives the error of the write.
func (c *conn) early(err error) error {
	if errors.Is(err, ErrBareLineEnd) {
		return err
	}
	if said := c.spoke(); said != nil {
		return said
	}
	return err
}

// spoke reports what a server that should be silent has said: its reply, or
// that the connection is at its end; nil when it is silent, as it should be.
func (c *conn) spoke() error {
	c.deadline(time.Second)
	if c.client.Text.R.Buffered() == 0 && quiet(c.raw) {
		return nil
	}
	// There is something, perhaps only a record of TLS itself; or the system
	// cannot tell. A deadline in the past would not look at the connection at all.
	c.deadline(time.Millisecond)
	_, err := c.client.Text.R.Peek(1)
	switch {
	case err == nil:
		c.deadline(time.Second)
		if _, _, err = c.client.Text.ReadResponse(1); err == nil { // wants 1xx, which SMTP has not: any reply is an error with its code
			return ErrEarlyReply
		}
		return fmt.Errorf("%w: %w", ErrEarlyReply, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	default:
		return fmt.Errorf("%w: %w", ErrEarlyReply, err)
	}
}

// reset asks the server whether a connection that has waited still stands.
func (c *conn) reset(ctx context.Context) bool {
	stop := c.watch(ctx)
	c.deadline(c.timeouts.Quit)
	err := c.command(2, "RSET")
	stop()
	return err == nil && ctx.Err() == nil
}

// quit takes leave, within its time.
func (c *conn) quit() {
	c.deadline(c.timeouts.Quit)
	_ = c.command(221, "QUIT") // it is the end either way
	c.close()
}

func (c *conn) close() { _ = c.raw.Close() }

// deadline bounds what is done next, reads and writes, also under TLS.
func (c *conn) deadline(d time.Duration) {
	_ = c.raw.SetDeadline(time.Now().Add(d))
	c.replies.left = mostReply
}

// mostReply is how many bytes a server may send in one phase. A reply has a few
// lines of at most 512 octets (RFC 5321 section 4.5.3.1.5), a handshake some
// certificates; one without an end must not fill the memory.
const mostReply = 256 << 10

// capped is a connection from which not more than left is read.
type capped struct {
	net.Conn
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, ErrEndlessReply
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// watch closes the connection when ctx ends, since nothing below us looks at a
// context while it waits for the server. The function that it gives ends the watch.
func (c *conn) watch(ctx context.Context) func() {
	stop := context.AfterFunc(ctx, c.close)
	return func() { stop() }
}

// fault makes the Error, naming the cause rather than its effect: a connection
// that the watchdog closed was cancelled.
func (c *conn) fault(ctx context.Context, phase Phase, err error) *Error {
	if cause := ctx.Err(); cause != nil && !errors.Is(err, cause) {
		var reply *textproto.Error
		if !errors.As(err, &reply) {
			err = fmt.Errorf("%w: %w", cause, err)
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return newError(phase, err)
}

// tlsVersion names the version of TLS, "" in clear.
func (c *conn) tlsVersion() string {
	state, err := c.client.GetTLSConnectionState()
	if err != nil {
		return ""
	}
	return tls.VersionName(state.Version)
}

// capabilities reads what the server said in its EHLO.
func (c *conn) capabilities() Capabilities {
	found := Capabilities{TLS: c.tlsVersion(), SignedIn: c.method}
	if ok, limit := c.client.Extension("SIZE"); ok {
		found.MaxSize, _ = strconv.ParseInt(strings.TrimSpace(limit), 10, 64)
	}
	found.SMTPUTF8, _ = c.client.Extension("SMTPUTF8")
	_, offered := c.client.Extension("AUTH")
	found.Auth = strings.Fields(offered)
	return found
}

// dotStuffer doubles the dots at line starts (RFC 5321 section 4.5.2) and
// changes nothing else. net/textproto's writer would turn bare line feeds into
// CRLF, and so send other bytes than are stored.
type dotStuffer struct {
	w     *bufio.Writer
	n     int64 // bytes of the message so far
	begin bool  // at the start of a line
	cr    bool  // the last byte was a CR
}

func (d *dotStuffer) write(p []byte) error {
	start := 0
	for i, b := range p {
		switch {
		case d.cr && b != '\n', b == '\n' && !d.cr:
			return ErrBareLineEnd
		case d.begin && b == '.':
			if _, err := d.w.Write(p[start:i]); err != nil {
				return err
			}
			if err := d.w.WriteByte('.'); err != nil {
				return err
			}
			start = i
		}
		d.begin = b == '\n'
		d.cr = b == '\r'
	}
	d.n += int64(len(p))
	_, err := d.w.Write(p[start:])
	return err
}

// end completes the last line, if the message left it open (the final dot
// needs a line of its own), and sends all that is still held back.
func (d *dotStuffer) end() error {
	if d.cr {
		return ErrBareLineEnd
	}
	if !d.begin {
		if _, err := d.w.WriteString("\r\n"); err != nil {
			return err
		}
	}
	return d.w.Flush()
}
