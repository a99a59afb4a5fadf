package mailin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// grace is how long after its deadline a command may take to come to its end: the connection is closed by then, so it ends at once, unless
// the library waits for something that will never happen; then the command is abandoned together with the connection.
const grace = 2 * time.Second

// connection is one signed-in IMAP connection. Its commands are issued from one goroutine, one after the other.
type connection struct {
	ctx     context.Context
	timings Timings
	log     *slog.Logger
	raw     *boundedConn
	guard   *guardedConn
	client  *imapclient.Client
	stop    func() bool // undoes the context's hold on raw

	// exists receives the time at which the server said that the number of messages changed. One place is enough: it means "look".
	exists chan time.Time

	// unread is a FETCH whose answer nobody has read; the library's reader waits for that before it can end.
	unread *imapclient.FetchCommand

	// broken is set when the connection must not be used any more although no error came from it, e.g. because a command was abandoned.
	broken atomic.Bool
}

// dial connects, encrypts and signs in. Its errors are Faults, or the context's cause.
func dial(ctx context.Context, cfg Config, to endpoint) (*connection, error) {
	c := &connection{ctx: ctx, timings: cfg.Timings, log: cfg.Logger, exists: make(chan time.Time, 1)}
	conn, err := c.open(cfg, to)
	if err != nil {
		return nil, err
	}
	c.guard = &guardedConn{Conn: conn}
	c.client = imapclient.New(c.guard, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		// Called in the library's reading goroutine, which must not wait.
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages == nil {
				return
			}
			select {
			case c.exists <- time.Now():
			default:
			}
		},
	}})
	if err := c.greet(); err != nil {
		c.close()
		return nil, err
	}
	if err := c.signIn(cfg, to); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// open makes the connection, encrypted unless the address is a loopback one that was asked for without.
func (c *connection) open(cfg Config, to endpoint) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.timings.Dial)
	defer cancel()
	plain, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.address)
	if err != nil {
		return nil, c.fault("dial", CodeDial, err)
	}
	if to.security == insecure {
		// A name such as localhost may lead anywhere.
		if addr, ok := plain.RemoteAddr().(*net.TCPAddr); !ok || !addr.IP.IsLoopback() {
			_ = plain.Close()
			return nil, c.fault("dial", CodeTLS, errors.New("imap+insecure:// led to an address that is not loopback"))
		}
	}
	c.raw = &boundedConn{Conn: plain, quick: newQuickAcker(plain)}
	c.stop = context.AfterFunc(c.ctx, func() { _ = plain.Close() })

	var conn net.Conn = c.raw
	if to.security != insecure {
		config := &tls.Config{}
		if cfg.TLS != nil {
			config = cfg.TLS.Clone()
		}
		if config.ServerName == "" {
			config.ServerName = to.host
		}
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
		if to.security == startTLS {
			c.raw.arm(c.timings.Answer, 2*c.timings.Answer)
			if err := requestTLS(c.raw); err != nil {
				defer c.close()
				return nil, c.fault("starttls", CodeTLS, err)
			}
		}
		c.raw.arm(c.timings.Dial, c.timings.Dial)
		encrypted := tls.Client(c.raw, config)
		if err := encrypted.HandshakeContext(c.ctx); err != nil {
			defer c.close()
			return nil, c.fault("encrypt", CodeTLS, err)
		}
		conn = encrypted
		if to.security == startTLS {
			// The server greets once only, and that was before the encryption; the library waits for a greeting.
			conn = &greetedConn{Conn: encrypted, greeting: []byte("* OK\r\n")}
		}
	}
	c.raw.rest()
	return conn, nil
}

// requestTLS reads the greeting and asks for STARTTLS (RFC 9051 section 6.2.1). It is done here and not by the library, which waits for
// ever when the connection ends inside the answer, asks before the greeting is in, and takes over what was sent in clear behind the answer.
func requestTLS(conn net.Conn) error {
	read := func() (string, error) {
		var line []byte
		for one := make([]byte, 1); len(line) < 8<<10; {
			if _, err := conn.Read(one); err != nil {
				return "", err
			}
			if one[0] == '\n' {
				return strings.TrimSuffix(string(line), "\r"), nil
			}
			line = append(line, one[0])
		}
		return "", errors.New("the server sent a line without end")
	}
	greeting, err := read()
	if err != nil {
		return err
	}
	if !hasPrefixFold(greeting, "* OK") { // PREAUTH would leave the session unencrypted, BYE ends it
		return errors.New("the server does not offer a session that could be encrypted")
	}
	if _, err := io.WriteString(conn, "S1 STARTTLS\r\n"); err != nil {
		return err
	}
	for lines := 0; lines < 100; lines++ {
		line, err := read()
		if err != nil {
			return err
		}
		if answer, ok := strings.CutPrefix(line, "S1 "); ok {
			if hasPrefixFold(answer, "OK") {
				return nil // read byte by byte: nothing behind this line has been taken in
			}
			return errors.New("the server refused STARTTLS")
		}
	}
	return errors.New("the server did not answer STARTTLS")
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// greetedConn reads a greeting before everything else.
type greetedConn struct {
	net.Conn
	greeting []byte
}

func (c *greetedConn) Read(p []byte) (int, error) {
	if len(c.greeting) > 0 {
		n := copy(p, c.greeting)
		c.greeting = c.greeting[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *connection) greet() error {
	err := c.do("greeting", c.timings.Answer, c.client.WaitGreeting)
	if err == nil {
		return nil
	}
	var fault *Fault
	if errors.As(err, &fault) && fault.Code != CodeTimeout && fault.Code != CodeThrottled {
		fault.Code = CodeGreeting
	}
	return err
}

func (c *connection) signIn(cfg Config, to endpoint) error {
	if c.client.State() == imap.ConnStateAuthenticated {
		return nil // PREAUTH: the server knows us by the certificate or the host
	}
	credentials, err := cfg.Credentials(c.ctx)
	if err != nil {
		return c.fault("sign in", CodeCredentials, err)
	}
	caps, err := c.capabilities()
	if err != nil {
		return err
	}
	how := func() error { return c.client.Login(credentials.Username, credentials.Password).Wait() }
	switch {
	case credentials.Token != "":
		how = func() error {
			return c.client.Authenticate(bearerFor(caps, to, credentials))
		}
	case caps.Has(imap.AuthCap(sasl.Plain)) && (caps.Has(imap.CapLoginDisabled) || !ascii(credentials.Username+credentials.Password)):
		how = func() error {
			return c.client.Authenticate(sasl.NewPlainClient("", credentials.Username, credentials.Password))
		}
	case caps.Has(imap.CapLoginDisabled):
		return &Fault{Code: CodeSignIn, During: "sign in", Detail: "LOGINDISABLED", Err: errors.New("the server takes no passwords on this connection")}
	}
	err = c.do("sign in", c.timings.Answer, how)
	if err == nil {
		return nil
	}
	var fault *Fault
	var token *tokenRefused
	if errors.As(err, &fault) && (fault.Code == CodeRefused || errors.As(err, &token)) && !temporary(fault.Detail) {
		fault.Code = CodeSignIn
		if credentials.Token != "" && credentials.Refused != nil {
			credentials.Refused()
		}
	}
	return err
}

// temporary reports whether a refusal says that it is not about the credentials (RFC 5530).
func temporary(detail string) bool {
	switch imap.ResponseCode(detail) {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeLimit, imap.ResponseCodeServerBug:
		return true
	}
	return false
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (c *connection) capabilities() (imap.CapSet, error) {
	var caps imap.CapSet
	err := c.do("capability", c.timings.Answer, func() error {
		if caps = c.client.Caps(); caps != nil {
			return nil
		}
		// It hides why. Ask again, for the reason if not for the answer.
		var err error
		if caps, err = c.client.Capability().Wait(); err == nil && caps == nil {
			err = errors.New("the server does not say what it can do")
		}
		return err
	})
	return caps, err
}

// do runs one command: it ends when the command does, when the server is silent for longer than silence, when the whole takes ten times as
// long, or with the context, whichever is first. What it returns is nil, a Fault, or the context's cause.
//
// The command runs in its own goroutine, so that even a wait inside the library that nothing ends cannot hold the watcher; run must not
// touch what its caller reads after an error.
func (c *connection) do(during string, silence time.Duration, run func() error) error {
	if err := c.usable(during); err != nil {
		return err
	}
	c.raw.arm(silence, 10*silence)
	defer c.raw.rest()
	done := make(chan error, 1)
	go func() {
		// A flaw of the library met by odd bytes must not end the process that all mail depends on.
		defer func() {
			if v := recover(); v != nil {
				c.broken.Store(true)
				done <- fmt.Errorf("panic: %v", v)
			}
		}()
		done <- run()
	}()

	tick := time.NewTicker(grace)
	defer tick.Stop()
	late := 0
	for {
		select {
		case err := <-done:
			if err != nil {
				return c.fault(during, "", err)
			}
			return nil
		case <-tick.C:
			// The connection is closed when a deadline has passed or the context has ended; then one more tick must be enough.
			if c.ctx.Err() != nil || c.raw.overdue() || c.closed() {
				late++
			}
			if late >= 2 {
				_ = c.raw.Close()
				c.broken.Store(true)
				c.log.Error("imap command abandoned", "during", during)
				return c.fault(during, "", errors.New("command abandoned"))
			}
		}
	}
}

// breakOff ends the connection after a literal could not be read to its end. When it was the server who ended it, the library has begun to
// read on, and yet reads the same literal again when it is released, which would be two readers at a time; so its reader must have come to
// its end before that. When it was our own disk, the library still waits for the literal to be released.
func (c *connection) breakOff(cause error) {
	_ = c.raw.Close()
	if !errors.Is(cause, errSpool) {
		<-c.client.Closed()
	}
}

func (c *connection) closed() bool {
	select {
	case <-c.client.Closed():
		return true
	default:
		return false
	}
}

// usable reports the end of the connection as a Fault before a command is sent into it.
func (c *connection) usable(during string) error {
	switch {
	case c.ctx.Err() != nil:
		return context.Cause(c.ctx)
	case c.broken.Load():
		return c.fault(during, CodeClosed, net.ErrClosed)
	}
	return nil
}

// fault turns an error of the library into a Fault. code is given by the caller who knows better than the error.
func (c *connection) fault(during, code string, err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	var known *Fault
	if errors.As(err, &known) {
		return err
	}
	if code == "" {
		var answer *imap.Error
		switch {
		case errors.Is(err, errSpool):
			code = CodeSpool
		case c.raw != nil && c.raw.timedOut():
			code = CodeTimeout
		case refused(err):
			code = CodeRefused
		case errors.As(err, &answer), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), isNetwork(err):
			code = CodeClosed
		default:
			code = CodeProtocol
		}
	}
	fault := &Fault{Code: code, During: during, Detail: responseCode(err), Err: err}
	if code == CodeRefused || code == CodeClosed {
		asks, wait := throttledBy(err)
		if goodbye := c.goodbye(); !asks && code == CodeClosed && goodbye != "" {
			asks, wait = asksForPatience("", goodbye)
		}
		if asks {
			fault.Code, fault.wait = CodeThrottled, wait
		}
	}
	return fault
}

// goodbye is what the server said when it ended the session, "" if nothing.
func (c *connection) goodbye() string {
	if c.guard == nil {
		return ""
	}
	if said := c.guard.goodbye.Load(); said != nil {
		return *said
	}
	return ""
}

func isNetwork(err error) bool {
	var op *net.OpError
	var record tls.RecordHeaderError
	var cert *x509.CertificateInvalidError
	if errors.As(err, &op) || errors.As(err, &record) || errors.As(err, &cert) {
		return true
	}
	// The library puts some errors into text.
	text := err.Error()
	return strings.Contains(text, "use of closed network connection") || strings.Contains(text, "connection reset") || strings.HasSuffix(text, "EOF")
}

// close drops the connection. It does not wait: the library's own Close waits for its reader, which may wait for us.
func (c *connection) close() {
	if c.stop != nil {
		c.stop()
	}
	c.broken.Store(true)
	if c.raw != nil {
		_ = c.raw.Close()
	}
	if c.client != nil {
		unread := c.unread
		go func() {
			if unread != nil {
				_ = unread.Close()
			}
			_ = c.client.Close()
		}()
	}
}

// leave says goodbye, as far as the server listens.
func (c *connection) leave() {
	if c.usable("logout") == nil {
		_ = c.do("logout", min(c.timings.Answer, 5*time.Second), func() error { return c.client.Logout().Wait() })
	}
	c.close()
}
