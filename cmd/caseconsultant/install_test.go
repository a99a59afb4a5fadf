package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store/storetest"
)

// install is a whole installation for a test: a configuration file in a folder of its own, a database, and real mail
// servers on loopback.
type install struct {
	t      *testing.T
	dir    string
	config string
	imap   *imaptest.Server
	smtp   *smtptest.Server
}

// newInstall writes a configuration for the database at url. more is added at its end.
func newInstall(t *testing.T, url, more string) *install {
	t.Helper()
	i := &install{t: t, dir: t.TempDir(), imap: imaptest.Memory(t), smtp: smtptest.New(t, smtptest.Options{})}
	i.config = filepath.Join(i.dir, "caseconsultant.toml")
	i.write("password", imaptest.Password+"\n")
	i.write("caseconsultant.toml", fmt.Sprintf(`[firm]
name = "Example Coding Consultants"
[database]
url = %q
[[mailbox]]
name = "consult"
address = %q
imap = %q
password_file = "password"
[smtp]
url = %q
[desk]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
%s`, url, imaptest.Username, i.imap.InsecureURL(), i.smtp.URL(), more))
	return i
}

// eachInstall runs f on every database present.
func eachInstall(t *testing.T, f func(t *testing.T, i *install)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) { f(t, newInstall(t, url, "")) })
}

func (i *install) write(name, text string) string {
	i.t.Helper()
	file := filepath.Join(i.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
	return file
}

// result is what a command left behind.
type result struct {
	status      int
	out, errors string
}

// command runs a command line in-process, by the parser that the program uses.
func command(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(&console{ctx: t.Context(), in: strings.NewReader(stdin), out: &out, err: &errs}, args)
	return result{status, out.String(), errs.String()}
}

// run runs a command on this installation and fails the test unless it succeeds.
func (i *install) run(stdin string, args ...string) string {
	i.t.Helper()
	r := i.try(stdin, args...)
	if r.status != 0 {
		i.t.Fatalf("%v: exit status %d\n%s%s", args, r.status, r.out, r.errors)
	}
	return r.out
}

func (i *install) try(stdin string, args ...string) result {
	i.t.Helper()
	return command(i.t, stdin, append([]string{"--config", i.config}, args...)...)
}

// serve starts the program and stops it with the test.
func (i *install) serve() *Program {
	i.t.Helper()
	cfg, err := LoadConfig(i.config)
	if err != nil {
		i.t.Fatal(err)
	}
	p, err := New(cfg, ProgramOptions{Stderr: testLog{i.t}, Timing: mailin.Timings{BackoffMin: 10 * time.Millisecond, Settle: 50 * time.Millisecond, Poll: 50 * time.Millisecond},
		People: people.Options{Cost: people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}}})
	if err != nil {
		i.t.Fatal(err)
	}
	if err := p.Run(i.t.Context()); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			i.t.Errorf("close the program: %v", err)
		}
	})
	return p
}

// testLog shows the log of a failed test.
type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimRight(b, "\n"))
	return len(b), nil
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came that %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// get asks an address and returns status and body.
func get(t *testing.T, url string, change ...func(*http.Request)) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range change {
		f(request)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// object reads one JSON object.
func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatalf("no JSON object: %v\n%s", err, text)
	}
	return o
}

// objects reads one JSON object a line.
func objects(t *testing.T, text string) []map[string]any {
	t.Helper()
	var list []map[string]any
	for line := range strings.Lines(text) {
		list = append(list, object(t, line))
	}
	return list
}

// question is a mail as an asker writes it.
func question(id, subject, body string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf(`From: Ann Asker <ann@clinic.example>
To: consult@firm.example
Subject: %s
Message-ID: <%s@clinic.example>
Date: Tue, 24 Nov 2026 09:00:00 -0500
Content-Type: text/plain; charset=utf-8

%s
`, subject, id, body), "\n", "\r\n"))
}

// arrives puts a mail into the mailbox.
func (i *install) arrives(raw []byte) {
	i.t.Helper()
	i.imap.Append(i.t, "INBOX", raw, nil, time.Now())
}
