package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/cmd/caseconsultant/demo"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
)

func TestDemoOnceShowsTheWholeLine(t *testing.T) {
	t.Parallel()
	r := command(t, "", "demo", "--once")
	if r.status != 0 {
		t.Fatalf("exit status %d: %s\n%s", r.status, r.errors, r.out)
	}
	text := r.out
	last := 0
	for _, want := range []string{
		"1. The question", "Subject: 31297-50 with 31288\n", "2. The summary", "Subject: Re: 31297-50 with 31288 [CC-", "31297-50", "31288", "In our words",
		"3. The consultant's answer", "Subject: Re: 31297-50 with 31288 [CC-", "No, not as billed.", "Dana Example, CPC, COC", "Timeline of CC-",
	} {
		at := strings.Index(text[last:], want)
		if at < 0 {
			t.Fatalf("after %d bytes the output lacks %q:\n%s", last, want, text)
		}
		last += at + len(want)
	}
	for _, step := range []string{"hands the question", "lies in the mailbox", "announces it", "kept:", "read:", "extracted:", "attached:", "routed:", "summary composed",
		"summary accepted", "answer decided", "answer accepted"} {
		if !regexp.MustCompile(`(?m)^ +\d+ .*` + regexp.QuoteMeta(step)).MatchString(text) {
			t.Errorf("the timeline lacks %q", step)
		}
	}
	if strings.Count(text, "\n  ok     ") != 7 || strings.Contains(text, "WRONG") {
		t.Errorf("the threading is not shown to be right:\n%s", text[last:])
	}
	if r.errors != "" {
		t.Errorf("it complained: %s", r.errors)
	}
}

func TestDemoOnceSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	w := startDemo(t, "")
	if got := w.stuck(t.Context()); !strings.Contains(got, "has not kept the mail") {
		t.Errorf("without a mail it says: %s", got)
	}
	samples, err := demo.Samples()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.arrive(t.Context(), &samples[0], &demoLines{console: silentConsole(t)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.nthMail(t.Context(), samples[0].From, 1); err != nil {
		t.Fatal(err)
	}
	if got := w.stuck(t.Context()); !strings.Contains(got, "the case is waiting") || !strings.Contains(got, "the summary is ") {
		t.Errorf("without an answer it says: %s", got)
	}
	var errs bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status := run(&console{ctx: ctx, in: strings.NewReader(""), out: &bytes.Buffer{}, err: &errs}, []string{"demo", "--once"}); status != 1 || errs.Len() == 0 {
		t.Errorf("interrupted, it ends with %d: %s", status, errs.String())
	}
	if r := command(t, "", "demo", "--once", "--data", "x"); r.status != 2 {
		t.Errorf("with --data, it ends with %d: %s", r.status, r.errors)
	}
}

func silentConsole(t *testing.T) *console {
	return &console{ctx: t.Context(), in: strings.NewReader(""), out: &bytes.Buffer{}, err: &bytes.Buffer{}}
}

// startDemo starts a demo with cheap passwords; an empty folder is one of the test's own.
func startDemo(t *testing.T, dir string) *demoWorld {
	t.Helper()
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "demo")
	}
	w, err := openDemo(t.Context(), demoOptions{Dir: dir, Program: func(o *ProgramOptions) {
		o.People.Cost = people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.close() }) // a second time does no harm
	return w
}

func TestDemoMakesOfItsMailsWhatTheyAreThereToShow(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	w := startDemo(t, dir)
	if err := w.play(t.Context(), 0, &demoLines{console: silentConsole(t)}); err != nil {
		t.Fatal(err)
	}
	fates := func(w *demoWorld) map[string]int {
		entries, err := w.program.Line().Ledger().Entries(t.Context(), "", 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, e := range entries {
			counts[e.Fate]++
		}
		return counts
	}
	until(t, "all mails are read", func() bool {
		f := fates(w)
		return f[""] == 0 && f["case"]+f["joined"]+f["command"]+f["double"]+f["set_aside"] == 18
	})
	if f := fates(w); f["double"] != 1 || f["set_aside"] != 1 || f["joined"] != 1 {
		t.Errorf("the mails became %v", f)
	}
	list := func(w *demoWorld) []casefile.Case {
		cases, err := w.program.Line().Files().List(t.Context(), casefile.Filter{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		return cases
	}
	cases := list(w)
	mailsTo := func(w *demoWorld) (n int) {
		for _, address := range w.office.Accounts() {
			if address != demoAddress {
				n += len(w.office.Inbox(address))
			}
		}
		return n
	}
	// Every case gets one automatic mail, what was set aside none.
	until(t, "every asker has mail", func() bool { return mailsTo(w) >= len(cases)-1 })
	for _, c := range cases {
		view, err := w.program.Line().Files().Get(t.Context(), c.Ref)
		if err != nil {
			t.Fatal(err)
		}
		mails := len(view.Deliveries)
		if want := 1; c.State == casefile.SetAside && mails != 0 || c.State != casefile.SetAside && mails != want {
			t.Errorf("case %s of %s is %s and has %d mails", c.Ref, c.Asker.Address, c.State, mails)
		}
	}

	t.Run("AndGoesOnAfterARestart", func(t *testing.T) {
		before := mailsTo(w)
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		again := startDemo(t, dir)
		var out bytes.Buffer
		if err := again.play(t.Context(), 0, &demoLines{console: &console{ctx: t.Context(), out: &out}}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "have arrived before") {
			t.Errorf("it says: %s", out.String())
		}
		lee := "lee@ent.example"
		got := len(again.office.Inbox(lee))
		later := []byte("From: Lee Marsh <lee@ent.example>\r\nTo: consult@firm.example\r\nSubject: 99213\r\nMessage-ID: <later@ent.example>\r\n\r\nWhen is 99213 right?\r\n")
		if err := again.office.Send(t.Context(), lee, []string{demoAddress}, later); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := again.nthMail(ctx, lee, got+1); err != nil {
			t.Fatalf("the mail after the restart got no summary: %s", again.stuck(t.Context()))
		}
		if now := list(again); len(now) != len(cases)+1 {
			t.Errorf("%d cases before the restart, %d after one more mail", len(cases), len(now))
		}
		if now := mailsTo(again); now != before+1 {
			t.Errorf("%d mails went out before the restart, %d after one more question", before, now)
		}
		if dana, err := again.program.People().Authenticate(t.Context(), demoConsultant.email, again.kept.DeskPassword, "127.0.0.1"); err != nil || dana.Name != demoConsultant.name {
			t.Errorf("the consultant cannot sign in with the printed password: %v", err)
		}
	})
}

func TestDemoKeepsToItsOwnFolder(t *testing.T) {
	t.Parallel()
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "thesis.txt"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openDemo(t.Context(), demoOptions{Dir: foreign}); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("a folder with something else in it: %v", err)
	}
	w := startDemo(t, "")
	if _, err := openDemo(t.Context(), demoOptions{Dir: w.dir}); err == nil || !strings.Contains(err.Error(), w.pageURL()) {
		t.Errorf("a folder that another demo is at: %v", err)
	}
	if status, _ := get(t, w.pageURL()+"/page.css"); status != http.StatusOK {
		t.Errorf("after that, the first one's mail page answers with %d", status)
	}
	temporary, err := openDemo(t.Context(), demoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := temporary.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(temporary.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder is left: %v", err)
	}
	if _, err := openDemo(t.Context(), demoOptions{Mail: "0.0.0.0:0"}); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("a mail page for everybody: %v", err)
	}
}

// tellingWriter closes a channel once it has seen a text.
type tellingWriter struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen chan struct{}
}

func (w *tellingWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.seen != nil && strings.Contains(w.text.String(), w.want) {
		close(w.seen)
		w.seen = nil
	}
	return len(p), nil
}

func (w *tellingWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func TestDemoRunsUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo")
	seen := make(chan struct{})
	out := &tellingWriter{want: "All sample mails have arrived", seen: seen}
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan int)
	var errs bytes.Buffer
	go func() {
		ended <- run(&console{ctx: ctx, in: strings.NewReader(""), out: out, err: &errs},
			[]string{"demo", "--fast", "--data", dir, "--desk", "127.0.0.1:0", "--mail", "127.0.0.1:0", "--imap", "127.0.0.1:0", "--smtp", "127.0.0.1:0"})
	}()
	select {
	case <-seen:
	case status := <-ended:
		t.Fatalf("it ended with %d: %s", status, errs.String())
	case <-time.After(60 * time.Second):
		t.Fatalf("the mails have not arrived:\n%s", out)
	}
	interrupt()
	select {
	case status := <-ended:
		if status != 0 {
			t.Errorf("it ended with %d: %s", status, errs.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it did not stop")
	}
	for _, want := range []string{"Desk ", "dana@firm.example", "Mail page", "IMAP", "SMTP", "password", "lee@ent.example", "→  31297-50 with 31288", "←  Re: 31297-50 with 31288 [CC-", "Stopping."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q", want)
		}
	}
}
