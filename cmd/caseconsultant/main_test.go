package main

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/term"

	"caseconsultant/mailin/document"
)

// TestMain says what this machine leaves out. `go test ./...` keeps what passing tests print to itself, so it is also
// said to the terminal, if there is one.
func TestMain(m *testing.M) {
	document.ChildIfAsked() // the programs that the tests start read attachments in children of this binary
	if text := leftOut(os.Getenv); text != "" {
		fmt.Fprint(os.Stderr, text)
		if !term.IsTerminal(int(os.Stderr.Fd())) {
			if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
				fmt.Fprint(tty, text)
				tty.Close()
			}
		}
	}
	os.Exit(m.Run())
}

// leftOut names the real servers that the tests have no access to, and how to give it to them.
func leftOut(env func(string) string) string {
	text := ""
	for _, server := range []struct{ variable, what, example string }{
		{"CASECONSULTANT_TEST_PG", "tests on PostgreSQL", "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"},
		{"CASECONSULTANT_TEST_DOVECOT", "tests against Dovecot", "/usr/sbin/dovecot"},
		{"CASECONSULTANT_TEST_CYRUS", "tests against Cyrus", "/usr/lib/cyrus/bin/master"},
		{"CASECONSULTANT_TEST_CHROMIUM", "tests of the desk and mails in a browser", "/usr/bin/chromium"},
		{"CASECONSULTANT_TEST_TESSERACT", "tests of scans and pictures", "/usr/bin/tesseract"},
	} {
		if env(server.variable) == "" {
			text += fmt.Sprintf("left out: %s; %s=%s turns them on\n", server.what, server.variable, server.example)
		}
	}
	if text != "" {
		text += "On Debian, .ci/run installs and starts all of them and runs everything.\n"
	}
	return text
}

func TestNewcomersAreToldWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	if got := leftOut(func(string) string { return "set" }); got != "" {
		t.Errorf("with all servers: %q", got)
	}
	got := leftOut(func(name string) string {
		if name == "CASECONSULTANT_TEST_PG" {
			return "postgres://..."
		}
		return ""
	})
	want := "left out: tests against Dovecot; CASECONSULTANT_TEST_DOVECOT=/usr/sbin/dovecot turns them on\n" +
		"left out: tests against Cyrus; CASECONSULTANT_TEST_CYRUS=/usr/lib/cyrus/bin/master turns them on\n" +
		"left out: tests of the desk and mails in a browser; CASECONSULTANT_TEST_CHROMIUM=/usr/bin/chromium turns them on\n" +
		"left out: tests of scans and pictures; CASECONSULTANT_TEST_TESSERACT=/usr/bin/tesseract turns them on\n" +
		"On Debian, .ci/run installs and starts all of them and runs everything.\n"
	if got != want {
		t.Errorf("got %q", got)
	}
}
