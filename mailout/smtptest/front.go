package smtptest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// front stands between a client and go-smtp and passes line after line.
type front struct {
	server *Server
	number int
	raw    net.Conn
	client *bufio.ReadWriter // through TLS once that has begun
	secure bool
	back   *bufio.ReadWriter
	pipe   net.Conn

	mu      sync.Mutex
	keep    bool
	told    bool
	refusal *smtp.SMTPError
}

// errHangUp ends a dialogue.
var errHangUp = errors.New("hang up")

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		f := &front{server: s, raw: conn}
		s.change(func() {
			select {
			case <-s.closed:
				_ = conn.Close()
			default:
			}
			s.dialled++
			f.number = s.dialled
			s.conns[conn] = true
		})
		s.wg.Go(func() {
			f.serve()
			if f.pipe != nil {
				_ = f.pipe.Close()
			}
			_ = conn.Close()
			s.change(func() { delete(s.conns, conn) })
		})
	}
}

// serve speaks with one client until either hangs up.
func (f *front) serve() {
	f.wrap(f.raw)
	if f.server.options.Security == TLS {
		if f.upgrade() != nil {
			return
		}
	}
	greeting, err := f.connect()
	if err != nil {
		return
	}
	if done, err := f.suffer(Greeting); err != nil || done {
		return
	}
	if f.say(greeting) != nil {
		return
	}
	for {
		line, err := f.client.ReadString('\n')
		if err != nil {
			return
		}
		if f.command(line) != nil {
			return
		}
	}
}

func (f *front) wrap(conn net.Conn) {
	f.client = bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
}

// upgrade begins TLS.
func (f *front) upgrade() error {
	conn := tls.Server(f.raw, &tls.Config{Certificates: []tls.Certificate{f.server.cert}})
	if err := conn.Handshake(); err != nil {
		return err
	}
	f.wrap(conn)
	f.secure = true
	return nil
}

// connect opens a dialogue with go-smtp and gives its greeting.
func (f *front) connect() (string, error) {
	if f.pipe != nil {
		_ = f.pipe.Close()
	}
	near, far := net.Pipe()
	f.pipe = near
	f.back = bufio.NewReadWriter(bufio.NewReader(near), bufio.NewWriter(near))
	if err := f.server.backend.offer(&backendConn{Conn: far, front: f}); err != nil {
		return "", err
	}
	return f.reply()
}

// command passes one line, and what belongs to it.
func (f *front) command(line string) error {
	verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimRight(line, "\r\n")), " ")
	phase := Phase(strings.ToLower(verb))
	if verb == "HELO" {
		phase = Ehlo
	}
	f.server.change(func() { f.server.commands = append(f.server.commands, verb) })
	if done, err := f.suffer(phase); err != nil || done {
		return err
	}
	switch verb {
	case "STARTTLS":
		return f.startTLS()
	case "AUTH":
		return f.auth(line)
	case "DATA":
		return f.data(line)
	}
	if err := f.tell(line); err != nil {
		return err
	}
	reply, err := f.reply()
	if err != nil {
		return err
	}
	if verb == "EHLO" {
		reply = f.keywords(reply)
	}
	if err := f.say(reply); err != nil {
		return err
	}
	if verb == "QUIT" {
		return errHangUp
	}
	return nil
}

// keywords puts into EHLO's reply what the front does, and hides what the test hides.
func (f *front) keywords(reply string) string {
	lines := strings.Split(strings.TrimRight(reply, "\r\n"), "\r\n")
	plain := f.server.options.Security == STARTTLS && !f.secure
	var kept []string
	for i, line := range lines {
		keyword, _, _ := strings.Cut(line[4:], " ")
		if i > 0 && (slices.Contains(f.server.options.Hide, keyword) || plain && keyword == "AUTH") {
			continue
		}
		kept = append(kept, line[4:])
	}
	if plain && !slices.Contains(f.server.options.Hide, "STARTTLS") {
		kept = append(kept, "STARTTLS")
	}
	var b strings.Builder
	for i, text := range kept {
		mark := "-"
		if i == len(kept)-1 {
			mark = " "
		}
		b.WriteString(lines[0][:3] + mark + text + "\r\n")
	}
	return b.String()
}

// startTLS begins TLS and a new dialogue (RFC 3207 section 4.2).
func (f *front) startTLS() error {
	if f.server.options.Security != STARTTLS || f.secure {
		return f.say("502 5.5.1 not here\r\n")
	}
	if err := f.say("220 2.0.0 go ahead\r\n"); err != nil {
		return err
	}
	if err := f.upgrade(); err != nil {
		return err
	}
	_, err := f.connect()
	return err
}

// auth passes the whole exchange.
func (f *front) auth(line string) error {
	for {
		if err := f.tell(line); err != nil {
			return err
		}
		reply, err := f.reply()
		if err != nil {
			return err
		}
		if err := f.say(reply); err != nil {
			return err
		}
		if !strings.HasPrefix(reply, "334") {
			return nil
		}
		if line, err = f.client.ReadString('\n'); err != nil {
			return err
		}
	}
}

// data passes a message.
func (f *front) data(line string) error {
	if err := f.tell(line); err != nil {
		return err
	}
	reply, err := f.reply()
	if err != nil {
		return err
	}
	if err := f.say(reply); err != nil || !strings.HasPrefix(reply, "354") {
		return err
	}
	f.server.change(func() { f.server.commands = append(f.server.commands, "MESSAGE") })
	f.decide(true, true, nil)
	if err := f.message(); err != nil {
		return err
	}
	f.server.change(func() { f.server.commands = append(f.server.commands, ".") })

	fault := f.server.fault(Dot)
	if fault != nil {
		switch fault.Do {
		case Refuse:
			f.decide(fault.Keep, false, fault.refusal())
		case Drop, Silent, Stall:
			f.decide(fault.Keep, false, nil)
		default:
			f.decide(true, true, nil)
			fault.act()
			if err := f.pause(fault); err != nil {
				return err
			}
		}
	}
	if err := f.tell(".\r\n"); err != nil {
		return err
	}
	// The server has the message, and has kept it or not, when its reply is here.
	if reply, err = f.reply(); err != nil {
		return err
	}
	if fault != nil {
		fault.act()
		if fault.Do == Drop || fault.Do == Silent || fault.Do == Stall {
			return f.endure(fault)
		}
	}
	if err := f.say(reply); err != nil {
		return err
	}
	if strings.HasPrefix(reply, "421") {
		return errHangUp
	}
	return nil
}

// message passes the lines of a message up to its final dot, which it takes.
func (f *front) message() error {
	fault := f.server.fault(Body)
	passed := 0
	start := true // of a line
	for {
		line, err := f.client.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return err
		}
		if start && string(line) == ".\r\n" {
			return nil
		}
		start = err == nil
		if fault != nil && passed+len(line) > fault.After {
			if rest := fault.After - passed; rest > 0 {
				if err := f.tell(string(line[:rest])); err != nil {
					return err
				}
				line = line[rest:]
				passed += rest
			}
			acting := fault
			fault = nil
			if acting.Do == Refuse {
				err := f.say(replyLine(acting))
				acting.act()
				if err != nil {
					return err
				}
				return f.mute()
			}
			acting.act()
			if err := f.endure(acting); err != nil {
				return err
			}
		}
		passed += len(line)
		if err := f.tell(string(line)); err != nil {
			return err
		}
	}
}

// suffer lets a fault of a command's phase act. done says that the command has
// been answered.
func (f *front) suffer(phase Phase) (done bool, err error) {
	fault := f.server.fault(phase)
	if fault == nil {
		return false, nil
	}
	fault.act()
	switch fault.Do {
	case Refuse:
		if err := f.say(replyLine(fault)); err != nil {
			return true, err
		}
		if fault.Code == 421 {
			return true, errHangUp
		}
		return true, nil
	}
	return false, f.endure(fault)
}

// endure lets a fault that says nothing act; an error ends the dialogue.
func (f *front) endure(fault *Injected) error {
	switch fault.Do {
	case Drop:
		return errHangUp
	case Silent:
		return f.mute()
	case Stall:
		<-f.server.closed
		return errHangUp
	}
	return f.pause(fault)
}

// pause waits as long as a Delay or Hold wants, but not beyond the server.
func (f *front) pause(fault *Injected) error {
	var timer <-chan time.Time
	if fault.Do == Delay {
		t := time.NewTimer(fault.For)
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-timer:
	case <-fault.release:
	case <-f.server.closed:
		return errHangUp
	}
	return nil
}

// mute says nothing more until the client hangs up.
func (f *front) mute() error {
	_, _ = io.Copy(io.Discard, f.client)
	return errHangUp
}

// decide settles what becomes of the message whose dot is about to be passed.
func (f *front) decide(keep, told bool, refusal *smtp.SMTPError) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keep, f.told, f.refusal = keep, told, refusal
}

func (f *front) verdict() (keep bool, refusal *smtp.SMTPError, told bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keep, f.refusal, f.told
}

func (f *front) say(s string) error {
	if _, err := f.client.WriteString(s); err != nil {
		return err
	}
	return f.client.Flush()
}

func (f *front) tell(s string) error {
	if _, err := f.back.WriteString(s); err != nil {
		return err
	}
	return f.back.Flush()
}

// reply reads a whole reply of go-smtp's.
func (f *front) reply() (string, error) {
	var b strings.Builder
	for {
		line, err := f.back.ReadString('\n')
		if err != nil {
			return "", err
		}
		b.WriteString(line)
		if len(line) < 4 || line[3] != '-' {
			return b.String(), nil
		}
	}
}

// replyLine is a refusal as it goes over the wire.
func replyLine(f *Injected) string {
	e := f.refusal()
	if f.Enhanced == "" {
		return fmt.Sprintf("%d %s\r\n", e.Code, e.Message)
	}
	return fmt.Sprintf("%d %s %s\r\n", e.Code, f.Enhanced, e.Message)
}

// scanEnhanced reads "5.1.1".
func scanEnhanced(s string, parts *[3]int) int {
	n, _ := fmt.Sscanf(s, "%d.%d.%d", &parts[0], &parts[1], &parts[2])
	return n
}

// backendConn tells go-smtp's session which front it belongs to.
type backendConn struct {
	net.Conn
	front *front
}

// pipeListener hands connections to go-smtp without a port.
type pipeListener struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) offer(conn net.Conn) error {
	select {
	case l.accept <- conn:
		return nil
	case <-l.closed:
		return net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.accept:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "smtptest", Net: "unix"} }
