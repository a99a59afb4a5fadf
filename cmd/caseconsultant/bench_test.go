package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/store/storetest"
)

func benchJSON(t *testing.T, r result) benchFigures {
	t.Helper()
	if r.status != 0 || r.errors != "" {
		t.Fatalf("exit status %d: %s", r.status, r.errors)
	}
	var f benchFigures
	if err := json.Unmarshal([]byte(r.out), &f); err != nil {
		t.Fatalf("no JSON: %v\n%s", err, r.out)
	}
	for name, q := range map[string]quantiles{"announced": f.Announced, "appended": f.Appended, "bare announced": f.Bare.Announced, "bare appended": f.Bare.Appended} {
		if q.Median <= 0 || q.P99 < q.Median || q.P99 > 30_000 {
			t.Errorf("the times from %s are %+v", name, q)
		}
	}
	if f.MailsPerSecond <= 0 || f.Bare.MailsPerSecond <= 0 || f.Ratio <= 0 || f.CPUs < 1 {
		t.Errorf("the rates are %+v", f)
	}
	return f
}

func TestBenchMeasuresWithItsOwnServers(t *testing.T) {
	t.Parallel()
	f := benchJSON(t, command(t, "", "bench", "--mails", "6", "--lone", "3", "--json"))
	if f.Mails != 6 || f.Lone != 3 || f.Database != "sqlite" || f.IMAP != "own" || f.SMTP != "own" {
		t.Errorf("it measured %+v", f)
	}
	r := command(t, "", "bench", "--mails", "1", "--lone", "1")
	for _, want := range []string{"accepted summary (1 mails)", "median", "99th percentile", "A backlog of 1 mail\n", "mails a second", "ratio", "Database sqlite"} {
		if r.status != 0 || !strings.Contains(r.out, want) {
			t.Errorf("for a person it prints (status %d), without %q:\n%s%s", r.status, want, r.out, r.errors)
		}
	}
}

func TestBenchMeasuresGivenServersAndCleansUp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out by -short: bench's own servers show the same code")
	}
	imaptest.Each(t, func(t *testing.T, server *imaptest.Server) {
		for name, url := range map[string]func(testing.TB) string{"SQLite": storetest.SQLiteURL, "PostgreSQL": storetest.PostgresURL} {
			t.Run(name, func(t *testing.T) { // one after the other: they share the mailbox
				database, sink := url(t), smtptest.New(t, smtptest.Options{})
				file := (&install{t: t, dir: t.TempDir()}).write("password", imaptest.Password+"\n")
				args := []string{"bench", "--mails", "4", "--lone", "2", "--json", "--database", database, "--asker", "someone@firm.example",
					"--imap", server.InsecureURL(), "--username", imaptest.Username, "--password-file", file, "--smtp", sink.URL()}
				f := benchJSON(t, command(t, "", args...))
				if f.IMAP != server.InsecureURL() || f.SMTP != sink.URL() || !strings.HasPrefix(database, f.Database) {
					t.Errorf("it measured %+v", f)
				}
				// Two summaries of each part of the line, and what the bare loop sent.
				for _, m := range sink.WaitMessages(t, 2+4+2+4) {
					if m.To[0] != "someone@firm.example" {
						t.Errorf("a mail went to %v", m.To)
					}
				}
				for _, name := range folders(t, server) {
					if strings.Contains(name, "bench") || strings.Contains(name, "bare") {
						t.Errorf("the folder %s is left", name)
					}
				}
				if r := command(t, "", args...); r.status != 1 || !strings.Contains(r.errors, "empty") {
					t.Errorf("a database with something in it: exit status %d: %s", r.status, r.errors)
				}
			})
		}
	})
}

// folders lists the folders of a mailbox.
func folders(t *testing.T, server *imaptest.Server) (names []string) {
	t.Helper()
	c, err := imapclient.DialInsecure(strings.TrimPrefix(server.InsecureURL(), "imap+insecure://"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(imaptest.Username, imaptest.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	list, err := c.List("", "*", nil).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		names = append(names, l.Mailbox)
	}
	return names
}

func TestBenchLeavesAnInstallationAlone(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "[limits]\nper_sender = \"1/hour\"\n")
	benchJSON(t, i.try("", "bench", "--mails", "3", "--lone", "2", "--json", "--asker", "someone@firm.example"))
	if cases := objects(t, i.run("", "case", "list", "--json")); len(cases) != 0 {
		t.Errorf("the installation has %d cases of bench", len(cases))
	}
	if left, _ := filepath.Glob(filepath.Join(i.dir, "*")); len(left) > 4 {
		t.Errorf("in its folder are %v", left)
	}
}

func TestBenchRefuses(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "")
	for name, r := range map[string]result{
		"no asker for a real server": command(t, "", "bench", "--smtp", "smtp+insecure://127.0.0.1:1"),
		"an installation, no asker":  i.try("", "bench"),
		"servers named twice":        i.try("", "bench", "--asker", "a@firm.example", "--imap", "imap+insecure://127.0.0.1:1"),
		"no mails":                   command(t, "", "bench", "--mails", "0"),
		"a database of no kind":      command(t, "", "bench", "--database", "mysql://x/y"),
	} {
		if r.status != 2 || r.errors == "" {
			t.Errorf("%s: exit status %d: %s", name, r.status, r.errors)
		}
	}
	if r := command(t, "", "bench", "--imap", "imap+insecure://127.0.0.1:1", "--password-file", i.write("p", "x")); r.status != 1 || !strings.Contains(r.errors, "reach the IMAP server") {
		t.Errorf("no server there: exit status %d: %s", r.status, r.errors)
	}
}

func TestQuantilesAreByNearestRank(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := range 100 {
		times = append(times, time.Duration(100-i)*time.Millisecond)
	}
	if q := quantilesOf(times); q.Median != 50 || q.P99 != 99 {
		t.Errorf("of 1 to 100: %+v", q)
	}
	if q := quantilesOf(times[:1]); q.Median != q.P99 || q.Median <= 0 {
		t.Errorf("of one: %+v", q)
	}
	if q := quantilesOf(nil); q != (quantiles{}) {
		t.Errorf("of none: %+v", q)
	}
}
