package smtptest

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// client sends lines and reads the last lines of replies.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	c := &client{t, conn, bufio.NewReader(conn)}
	c.want("220")
	return c
}

func (c *client) write(s string) {
	c.t.Helper()
	if _, err := fmt.Fprint(c.conn, s); err != nil {
		c.t.Fatal(err)
	}
}

// want reads a reply for each of the beginnings; "gone" is the end.
func (c *client) want(beginnings ...string) {
	c.t.Helper()
	for _, beginning := range beginnings {
		line, err := "", error(nil)
		for err == nil && (len(line) < 4 || line[3] != ' ') {
			line, err = c.r.ReadString('\n')
		}
		if err != nil {
			line = "gone"
		}
		if !strings.HasPrefix(line, beginning) {
			c.t.Fatalf("reply %q, want %q", line, beginning)
		}
	}
}

// message sends a mail up to its dot, all commands at once as some clients do.
func (c *client) message(body string) {
	c.t.Helper()
	c.write("EHLO client\r\nMAIL FROM:<a@firm.example>\r\nRCPT TO:<b@clinic.example>\r\nDATA\r\n")
	c.want("250", "250", "250", "354")
	c.write(body)
}

func TestHold(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	fault := s.Inject(Fault{Phase: Dot, Do: Hold, Times: 1})
	c := dial(t, s)
	c.message("x\r\n.\r\n")
	fault.Wait(t)
	if len(s.Messages()) != 0 {
		t.Error("the message was kept before it was let go")
	}
	fault.Release()
	c.want("250")
	if m := s.WaitMessages(t, 1)[0]; string(m.Data) != "x\r\n" || !m.Told || m.From != "a@firm.example" || m.To[0] != "b@clinic.example" {
		t.Errorf("%+v", m)
	}
	c.message("y\r\n.\r\n")
	c.want("250")
}

func TestFaultsCount(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	s.Inject(Fault{Phase: Noop, Do: Refuse, Code: 451, Enhanced: "4.0.0", Skip: 1, Times: 2})
	c := dial(t, s)
	c.write(strings.Repeat("NOOP\r\n", 4))
	c.want("250", "451 4.0.0", "451", "250")
	s.Inject(Fault{Phase: Noop, Do: Drop})
	s.Heal()
	s.Inject(Fault{Phase: Noop, Do: Delay, For: time.Millisecond})
	c.write("NOOP\r\n")
	c.want("250")
	s.Inject(Fault{Phase: Quit, Do: Drop})
	c.write("QUIT\r\n")
	c.want("gone")
	s.WaitOpen(t, 0)
}

func TestKeep(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{true, false} {
		s := New(t, Options{})
		s.Inject(Fault{Phase: Dot, Do: Refuse, Code: 451, Enhanced: "4.3.0", Keep: keep})
		c := dial(t, s)
		c.message("..dot\r\n.\r\n")
		c.want("451 4.3.0 refused by the test")
		messages := s.Messages()
		if keep != (len(messages) == 1) {
			t.Fatalf("keep %t: %d messages", keep, len(messages))
		}
		if keep && (string(messages[0].Data) != ".dot\r\n" || messages[0].Told) {
			t.Errorf("%+v", messages[0])
		}
	}
}

// TestBody: a fault within the message acts after as many bytes as it says, and
// a long line that ends like a final dot is none.
func TestBody(t *testing.T) {
	t.Parallel()
	s := New(t, Options{})
	c := dial(t, s)
	body := strings.Repeat("x", 4096) + ".\r\n"
	c.message(body + ".\r\n")
	c.want("250")
	if got := string(s.WaitMessages(t, 1)[0].Data); got != body {
		t.Errorf("a message of %d bytes instead of %d", len(got), len(body))
	}
	s.Inject(Fault{Phase: Body, Do: Refuse, Code: 552, Enhanced: "5.3.4", After: 3})
	c.message("abcdef\r\n")
	c.want("552 5.3.4")
	s.Close()
	c.want("gone")
}
