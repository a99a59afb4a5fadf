package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/store/storetest"
)

// built is the program, compiled once for all tests that run it as its users do.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "caseconsultant-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "caseconsultant")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// firm is a consultancy: a mailbox on a real IMAP server, a real SMTP server, a database, and the program with nothing
// but its configuration file.
type firm struct {
	t       *testing.T
	binary  string
	config  string
	desk    string // address of the desk
	imap    *imaptest.Server
	smtp    *smtptest.Server
	process *exec.Cmd
	ready   chan struct{}
	exited  chan struct{}
}

func newFirm(t *testing.T, imap *imaptest.Server, database string) *firm {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	f := &firm{t: t, binary: binary, imap: imap, smtp: smtptest.New(t, smtptest.Options{})}
	dir := t.TempDir()
	f.config = filepath.Join(dir, "caseconsultant.toml")
	desk := freePort(t)
	f.desk = "http://" + desk
	text := fmt.Sprintf(`
[database]
url = %q
[[mailbox]]
name = "consult"
address = "consult@firm.example"
imap = %q
username = %q
password_env = "TEST_PASSWORD"
queue = "general"
[smtp]
url = %q
[limits]
per_sender = "10000/hour"
overall = "100000/hour"
[desk]
listen = %q
public_url = %q
[admin]
listen = %q
`, database, imap.InsecureURL(), imaptest.Username, f.smtp.URL(), desk, f.desk, freePort(t))
	if err := os.WriteFile(f.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.kill)
	return f
}

// freePort is an address that nobody listens on; the command line finds a serving process by it.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func (f *firm) command(args ...string) *exec.Cmd {
	cmd := exec.Command(f.binary, append([]string{"--config", f.config}, args...)...)
	cmd.Env = append(os.Environ(), "TEST_PASSWORD="+imaptest.Password)
	return cmd
}

// serve starts the program; f.ready is closed when it says that it is ready.
func (f *firm) serve() {
	f.t.Helper()
	cmd := f.command("serve")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		f.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	ready, exited := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(exited)
		once := sync.OnceFunc(func() { close(ready) })
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "is ready") {
				once()
			}
			if strings.Contains(lines.Text(), "clinic.example") {
				f.t.Error("the log shows an address")
			}
			if testing.Verbose() {
				fmt.Fprintln(os.Stderr, lines.Text())
			}
		}
		cmd.Wait()
	}()
	f.process, f.ready, f.exited = cmd, ready, exited
}

func (f *firm) untilReady() {
	f.t.Helper()
	select {
	case <-f.ready:
	case <-f.exited:
		f.t.Fatal("serve ended before it was ready")
	case <-time.After(60 * time.Second):
		f.t.Fatal("serve was not ready within a minute")
	}
}

// kill ends the program as a power cut does.
func (f *firm) kill() {
	if f.process == nil {
		return
	}
	f.process.Process.Signal(syscall.SIGKILL)
	<-f.exited
	f.process = nil
}

// stop ends it as an operator does.
func (f *firm) stop() {
	f.t.Helper()
	f.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-f.exited:
	case <-time.After(time.Minute):
		f.t.Errorf("serve did not stop within a minute")
		f.kill()
	}
	f.process = nil
}

func (f *firm) run(stdin string, args ...string) string {
	f.t.Helper()
	cmd := f.command(args...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		f.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

type caseLine struct {
	Ref, State, Asker, Subject string
	Flags                      []string
	Deliveries                 []struct {
		Kind, State string
		MessageID   string `json:"message_id"`
		Attempts    int
	}
	Messages []struct{ Direction string }
}

func (f *firm) cases() []caseLine {
	f.t.Helper()
	var list []caseLine
	decoder := json.NewDecoder(strings.NewReader(f.run("", "case", "list", "--json")))
	for decoder.More() {
		var c caseLine
		if err := decoder.Decode(&c); err != nil {
			f.t.Fatal(err)
		}
		list = append(list, c)
	}
	return list
}

func (f *firm) show(ref string) caseLine {
	f.t.Helper()
	var c caseLine
	if err := json.Unmarshal([]byte(f.run("", "case", "show", ref, "--json")), &c); err != nil {
		f.t.Fatal(err)
	}
	return c
}

// wait asks again and again, as a person would, until a condition holds.
func (f *firm) wait(what string, within time.Duration, condition func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(within)
	for !condition() {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited %s for %s in vain", within, what)
		}
		select {
		case <-f.exited:
			f.t.Fatalf("serve ended while %s was waited for", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (f *firm) ask(n int, reply bool) {
	f.t.Helper()
	id, subject, refers := fmt.Sprintf("q%d@clinic.example", n), fmt.Sprintf("Question %d", n), ""
	if reply {
		refers = fmt.Sprintf("In-Reply-To: <%s>\r\n", id)
		id, subject = "r"+id, "Re: "+subject
	}
	raw := fmt.Sprintf("From: Asker %d <asker%d@clinic.example>\r\nTo: consult@firm.example\r\nDate: %s\r\nSubject: %s\r\nMessage-ID: <%s>\r\n%s"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nCan 31297-50 be billed with 31288 on the same day? Number %d.\r\n",
		n, n, time.Now().Format(time.RFC1123Z), subject, id, refers, n)
	f.imap.Append(f.t, "INBOX", []byte(raw), nil, time.Now())
}

// mailsTo counts what the SMTP server has taken, by recipient.
func (f *firm) mailsTo() map[string]int {
	counts := make(map[string]int)
	for _, m := range f.smtp.Messages() {
		counts[m.To[0]]++
	}
	return counts
}

// proven checks what must hold whatever happened: each question is one case, with one summary that was accepted once,
// or is known to be uncertain, and the ledger proves itself against the server.
func (f *firm) proven(questions int) (uncertain int) {
	f.t.Helper()
	defer func() {
		if f.t.Failed() {
			f.t.Logf("the cases are\n%s", f.run("", "case", "list"))
			for _, c := range f.cases() {
				f.t.Logf("%+v", f.show(c.Ref))
			}
		}
	}()
	f.wait("every question to have its case", 90*time.Second, func() bool {
		waiting := 0
		for _, c := range f.cases() {
			if c.State == "waiting" {
				waiting++
			}
		}
		return waiting >= questions
	})
	for _, c := range f.cases() {
		f.wait("the summary of "+c.Ref, 90*time.Second, func() bool {
			d := f.show(c.Ref).Deliveries
			return len(d) > 0 && (d[0].State == "accepted" || d[0].State == "uncertain")
		})
	}
	cases := f.cases()
	if len(cases) != questions {
		f.t.Errorf("%d cases, want %d", len(cases), questions)
	}
	sent := f.mailsTo()
	for _, c := range cases {
		c := f.show(c.Ref)
		if len(c.Deliveries) != 1 {
			f.t.Errorf("%s has %d deliveries, want 1", c.Ref, len(c.Deliveries))
			continue
		}
		n := sent[c.Asker]
		switch c.Deliveries[0].State {
		case "accepted":
			if n != 1 {
				f.t.Errorf("%s: its asker has %d mails, want 1", c.Ref, n)
			}
		case "uncertain":
			uncertain++
			if n > 1 {
				f.t.Errorf("%s is uncertain, and its asker has %d mails", c.Ref, n)
			}
			if !slices.Contains(c.Flags, "undelivered") {
				f.t.Errorf("%s is uncertain and does not say so: %v", c.Ref, c.Flags)
			}
		}
	}
	return uncertain
}

// The program is killed at random moments while mail comes in and goes out. Nothing is lost, nothing is doubled.
func TestKillAtRandomMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short")
	}
	for _, c := range []struct {
		name     string
		database func(testing.TB) string
		rounds   int
	}{
		{"SQLite", storetest.SQLiteURL, 30},
		// Without a lock on a file beside the database, a dead process is known by its beat alone: each round takes 20 s.
		{"PostgreSQL", storetest.PostgresURL, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			database := c.database(t)
			server := imaptest.Memory(t)
			if c.name == "PostgreSQL" {
				server = imaptest.Dovecot(t)
			}
			f := newFirm(t, server, database)
			questions := 0
			for round := range c.rounds {
				f.serve()
				if round%3 != 2 { // else it is killed while it starts
					f.untilReady()
				}
				for range 3 {
					f.ask(questions, false)
					if questions%4 == 0 {
						f.ask(questions, true) // the reply to it in the same fetch
					}
					questions++
				}
				moment := time.Duration(rand.IntN(700)) * time.Millisecond
				if c.name == "PostgreSQL" && round%2 == 1 {
					moment += 20 * time.Second // after the lease has passed on
				}
				select {
				case <-time.After(moment):
				case <-f.exited:
					t.Fatal("serve ended by itself")
				}
				f.kill()
			}
			f.serve()
			f.untilReady()
			restarted := time.Now()
			uncertain := f.proven(questions)
			t.Logf("%d kills, %d questions, %d uncertain, all settled %s after the last restart", c.rounds, questions, uncertain, time.Since(restarted).Round(time.Millisecond))
			if uncertain > c.rounds*4 {
				t.Errorf("%d of %d deliveries are uncertain", uncertain, questions)
			}
			if out := f.run("", "reconcile"); strings.Contains(out, "LOST") {
				t.Errorf("reconcile says:\n%s", out)
			}
			f.stop()
		})
	}
}

// The program is killed after the final dot has gone out and before the reply has come: the one moment that SMTP leaves
// open. The mail is not sent again; the case says that nobody knows.
func TestKillRightAfterTheFinalDot(t *testing.T) {
	for _, c := range []struct {
		name     string
		database func(testing.TB) string
	}{{"SQLite", storetest.SQLiteURL}, {"PostgreSQL", storetest.PostgresURL}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFirm(t, imaptest.Memory(t), c.database(t))
			dot := f.smtp.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Hold, Keep: true, Times: 1})
			f.serve()
			f.untilReady()
			f.ask(1, false)
			dot.Wait(t)
			f.kill()
			dot.Release()
			f.serve()
			f.untilReady()
			if n := f.proven(1); n != 1 {
				t.Errorf("%d uncertain deliveries, want 1", n)
			}
			if n := f.mailsTo()["asker1@clinic.example"]; n > 1 {
				t.Errorf("the asker got %d mails", n)
			}
			f.stop()
		})
	}
}
