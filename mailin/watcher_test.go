package mailin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

const inbox = "INBOX"

// watching is a watcher at work.
type watching struct {
	*mailin.Watcher
	stop func() // and wait until it has stopped
}

func watch(t testing.TB, cfg mailin.Config, ledger mailin.Ledger) watching {
	t.Helper()
	cfg.SpoolDir = t.TempDir()
	w, err := mailin.New(cfg, ledger)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the watcher does not stop")
		}
	}
	t.Cleanup(stop)
	return watching{Watcher: w, stop: stop}
}

func until(t testing.TB, ledger *imaptest.Ledger, what string, reached func(imaptest.View) bool) imaptest.View {
	t.Helper()
	return ledger.Book().Until(t, "consult", inbox, what, reached)
}

func untilDelivered(t testing.TB, ledger *imaptest.Ledger, n int) imaptest.View {
	t.Helper()
	return until(t, ledger, fmt.Sprintf("%d mails are delivered", n), func(v imaptest.View) bool { return len(v.Delivered()) >= n })
}

func untilState(t testing.TB, ledger *imaptest.Ledger, state mailin.State) imaptest.View {
	t.Helper()
	return until(t, ledger, "the state is "+string(state), func(v imaptest.View) bool { return v.Health().State == state })
}

func untilMarked(t testing.TB, ledger *imaptest.Ledger, uid uint32) imaptest.View {
	t.Helper()
	return until(t, ledger, fmt.Sprintf("mail %d is marked", uid), func(v imaptest.View) bool { return v.Row(uid) != nil && v.Row(uid).Mark != "" })
}

func fill(t testing.TB, srv *imaptest.Server, n int) (letters [][]byte) {
	t.Helper()
	for i := range n {
		raw := imaptest.Letter(fmt.Sprintf("fill-%d", i), fmt.Sprintf("Question %d", i), fmt.Sprintf("May I bill 3129%d?", i))
		srv.Append(t, inbox, raw, nil, time.Time{})
		letters = append(letters, raw)
	}
	return letters
}

func TestNewMailIsDeliveredAndMarked(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		ledger := imaptest.NewLedger()
		watch(t, srv.Config(), ledger)
		untilState(t, ledger, mailin.StateIdle)

		raw := imaptest.Letter("one", "FESS", "May I bill 31267-50 with 31288?")
		arrived := time.Now().Add(-time.Hour).Truncate(time.Second)
		uid := srv.Append(t, inbox, raw, nil, arrived)

		row := untilMarked(t, ledger, uid).Row(uid)
		if !bytes.Equal(row.Raw, raw) {
			t.Errorf("the bytes differ: got %q", row.Raw)
		}
		mail := row.Mail
		if mail.Size != int64(len(raw)) || mail.FullSize != int64(len(raw)) || mail.ServerSize != int64(len(raw)) || mail.Truncated || mail.Late {
			t.Errorf("got size %d, full %d, server %d, truncated %v, late %v", mail.Size, mail.FullSize, mail.ServerSize, mail.Truncated, mail.Late)
		}
		if !mail.InternalDate.Equal(arrived) {
			t.Errorf("INTERNALDATE %v, want %v", mail.InternalDate, arrived)
		}
		if row.Fingerprint != mailin.FingerprintHeader(raw) {
			t.Error("the fingerprint is not that of the mail")
		}
		listed := srv.List(t, inbox)
		if len(listed) != 1 || !listed[0].Has(mailin.Keyword) || listed[0].Has(`\Seen`) || row.Mark != mailin.MarkFlagged {
			t.Errorf("in the mailbox: %+v, mark %q", listed, row.Mark)
		}
	})
}

func TestPollingWhereTheServerCannotIdle(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]imaptest.Rules{
		"NotAdvertised": {Without: []string{"IDLE"}},
		"Refused": {Refuse: func(name, _ string) string {
			if name == "IDLE" {
				return "BAD unknown command"
			}
			return ""
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				cfg := srv.Config()
				cfg.URL = imaptest.NewHostile(t, srv, rules).URL()
				cfg.Timings.Poll = 20 * time.Millisecond
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				untilState(t, ledger, mailin.StatePolling)
				fill(t, srv, 2)
				untilDelivered(t, ledger, 2)
			})
		})
	}
}

func TestBacklogArrivesInOrderOnceEach(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		letters := fill(t, srv, 203)
		ledger := imaptest.NewLedger()
		watch(t, srv.Config(), ledger)
		view := untilState(t, ledger, mailin.StateIdle)
		if len(view.Sequence) != len(letters) {
			t.Fatalf("%d deliveries, want %d", len(view.Sequence), len(letters))
		}
		for i, row := range view.Delivered() {
			if !bytes.Equal(row.Raw, letters[i]) || view.Sequence[i] != row.UID {
				t.Fatalf("mail %d is another, or out of order", i)
			}
		}
		if sweep := view.Sweeps[len(view.Sweeps)-1]; sweep.Listed != len(letters) || sweep.Holes != 0 {
			t.Errorf("reconciliation: %+v", sweep)
		}
		for _, mail := range srv.List(t, inbox) {
			if !mail.Has(mailin.Keyword) {
				t.Fatalf("mail %d is not marked", mail.UID)
			}
		}
	})
}

// A ledger that fails before or after its commit, and a watcher that is stopped at any moment, lose and double nothing.
func TestNothingIsLostOrDoubledWhenTheLedgerFails(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		letters := fill(t, srv, 60)
		ledger := imaptest.NewLedger()
		var calls atomic.Int32
		broken := errors.New("the database is away")
		ledger.Book().Set(imaptest.Hooks{
			Deliver: func(mailin.Mail) error {
				if calls.Add(1)%7 == 3 {
					return broken
				}
				return nil
			},
			Delivered: func(mailin.Mail) error {
				if calls.Load()%11 == 5 {
					calls.Add(1)
					return broken
				}
				return nil
			},
		})
		cfg := srv.Config()
		cfg.Timings.BackoffMax = 15 * time.Millisecond
		for round := 1; round <= 4; round++ { // stopped four times on the way
			w := watch(t, cfg, ledger)
			until(t, ledger, "some are delivered", func(v imaptest.View) bool { return len(v.Delivered()) >= 12*round })
			w.stop()
		}
		watch(t, cfg, ledger)
		view := untilDelivered(t, ledger, len(letters))
		if len(view.Sequence) != len(letters) {
			t.Errorf("%d deliveries, want %d", len(view.Sequence), len(letters))
		}
		for i, row := range view.Delivered() {
			if !bytes.Equal(row.Raw, letters[i]) {
				t.Fatalf("mail %d is another", i)
			}
		}
	})
}

func TestDeletedMailIsLeftAlone(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		for i := range 12 { // more than are worth a question of their own
			var flags []string
			if i%3 == 0 {
				flags = []string{`\Deleted`}
			}
			srv.Append(t, inbox, imaptest.Letter(fmt.Sprint("d", i), "x", "y"), flags, time.Time{})
		}
		ledger := imaptest.NewLedger()
		w := watch(t, srv.Config(), ledger)
		untilState(t, ledger, mailin.StateIdle)
		lone := srv.Append(t, inbox, imaptest.Letter("lone", "x", "y"), []string{`\Deleted`}, time.Time{})
		view := until(t, ledger, "the lone one has a row", func(v imaptest.View) bool { return v.Row(lone) != nil })
		skipped := 0
		for _, row := range view.Rows {
			if row.Fate == mailin.FateSkippedDeleted {
				skipped++
			}
		}
		if skipped != 5 || len(view.Delivered()) != 8 {
			t.Errorf("%d skipped, %d delivered; want 5 and 8", skipped, len(view.Delivered()))
		}
		if listed := srv.List(t, inbox); len(listed) != 13 || !listed[0].Has(`\Deleted`) || listed[0].Has(mailin.Keyword) {
			t.Errorf("in the mailbox: %d mails, the first %+v", len(listed), listed[0])
		}

		// Whoever takes the mark back wants the mail to be read.
		srv.SetFlag(t, inbox, lone, `\Deleted`, false)
		if _, err := w.Reconcile(t.Context()); err != nil {
			t.Fatalf("Reconcile: %v", err)
		}
		if row := until(t, ledger, "", func(imaptest.View) bool { return true }).Row(lone); row.Fate != "" {
			t.Errorf("after undeleting: fate %q", row.Fate)
		}
	})
}

func TestStart(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time {
		d, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, test := range []struct {
		start     string
		delivered int
	}{{"all", 4}, {"new", 0}, {"2026-03-02", 2}} {
		t.Run(test.start, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				for i, date := range []string{"2026-02-27T12:00:00Z", "2026-03-05T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-02T12:00:00Z"} {
					srv.Append(t, inbox, imaptest.Letter(fmt.Sprint("s", i), "x", "y"), nil, day(date))
				}
				cfg := srv.Config()
				var err error
				if cfg.Start, err = mailin.ParseStart(test.start); err != nil {
					t.Fatal(err)
				}
				ledger := imaptest.NewLedger()
				w := watch(t, cfg, ledger)
				view := untilState(t, ledger, mailin.StateIdle)
				if len(view.Rows) != 4 || len(view.Delivered()) != test.delivered {
					t.Fatalf("%d rows, %d delivered; want 4 and %d", len(view.Rows), len(view.Delivered()), test.delivered)
				}
				for _, row := range view.Rows {
					if row.Fate != "" && (row.Fate != mailin.FateBeforeStart || row.Fingerprint == [32]byte{}) {
						t.Errorf("passed as %q with fingerprint %x", row.Fate, row.Fingerprint[:4])
					}
				}
				// An old mail that somebody moves in later is meant.
				uid := srv.Append(t, inbox, imaptest.Letter("later", "x", "y"), nil, day("2026-01-05T12:00:00Z"))
				if row := untilMarked(t, ledger, uid).Row(uid); row.Fate != "" || !row.Mail.Late {
					t.Errorf("moved in later: fate %q, late %v", row.Fate, row.Mail.Late)
				}

				// What was passed stays passed when the server renumbers.
				w.stop()
				srv.ResetUIDValidity(t, inbox)
				watch(t, cfg, ledger)
				view = until(t, ledger, "the renumbered folder is read", func(v imaptest.View) bool { return len(v.Rows) == 5 && v.Lease.Generation == 2 })
				if len(view.Delivered()) != 0 {
					t.Errorf("%d delivered again", len(view.Delivered()))
				}
			})
		})
	}
}

// A crash while the mails before the start are being passed does not make cases of the rest.
func TestStartNewSurvivesACrashInTheMiddle(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 450)
	ledger := imaptest.NewLedger()
	cfg := srv.Config()
	cfg.Start = mailin.StartNew()
	var failing atomic.Bool
	ledger.Book().Set(imaptest.Hooks{Failing: func() error {
		if failing.Load() {
			return errors.New("crash")
		}
		return nil
	}})
	w := watch(t, cfg, crashing{ledger, func(v int) { failing.Store(v == 2) }})
	until(t, ledger, "the first batch is passed", func(v imaptest.View) bool { return len(v.Rows) == 200 })
	w.stop()
	failing.Store(false)

	watch(t, cfg, ledger)
	view := untilState(t, ledger, mailin.StateIdle)
	if len(view.Rows) != 450 || len(view.Delivered()) != 0 {
		t.Errorf("%d rows, %d delivered; want 450 and 0", len(view.Rows), len(view.Delivered()))
	}
}

// crashing tells which Pass is about to begin.
type crashing struct {
	*imaptest.Ledger
	before func(call int)
}

func (c crashing) Pass(ctx context.Context, lease mailin.Lease, mails []mailin.Summary, fate mailin.Fate, reason string) error {
	c.before(int(mails[0].UID)/200 + 1)
	return c.Ledger.Pass(ctx, lease, mails, fate, reason)
}

func TestLate(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		now := time.Now()
		fresh := srv.Append(t, inbox, imaptest.Letter("fresh", "x", "y"), nil, now.Add(-47*time.Hour))
		old := srv.Append(t, inbox, imaptest.Letter("old", "x", "y"), nil, now.Add(-49*time.Hour))
		for _, test := range []struct {
			within time.Duration
			late   bool
		}{{48 * time.Hour, true}, {-1, false}, {0, false}} {
			cfg := srv.Config()
			cfg.AnswerWithin = test.within
			ledger := imaptest.NewLedger()
			w := watch(t, cfg, ledger)
			view := untilDelivered(t, ledger, 2)
			w.stop()
			if view.Row(fresh).Mail.Late || view.Row(old).Mail.Late != test.late {
				t.Errorf("within %v: fresh late %v, old late %v", test.within, view.Row(fresh).Mail.Late, view.Row(old).Mail.Late)
			}
		}
	})
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		header := "Message-ID: <big@clinic.example>\r\nFrom: ann@clinic.example\r\nSubject: scans\r\n\r\n"
		big := []byte(header + strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz\r\n", 40_000))
		within := []byte(header + strings.Repeat("x", 700_000-len(header)))
		bigUID := srv.Append(t, inbox, big, nil, time.Time{})
		withinUID := srv.Append(t, inbox, within, nil, time.Time{})
		cfg := srv.Config()
		cfg.MaxMessage = int64(len(within))
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		view := untilDelivered(t, ledger, 2)
		row := view.Row(bigUID)
		if want := big[:len(header)+256<<10]; !bytes.Equal(row.Raw, want) {
			t.Errorf("kept %d bytes, want the header and 256 KiB", len(row.Raw))
		}
		if !row.Mail.Truncated || row.Mail.Reason != mailin.ReasonTooLarge || row.Mail.FullSize != int64(len(big)) {
			t.Errorf("truncated %v, reason %q, full size %d", row.Mail.Truncated, row.Mail.Reason, row.Mail.FullSize)
		}
		if row := view.Row(withinUID); row.Mail.Truncated || !bytes.Equal(row.Raw, within) {
			t.Error("a mail of just the largest size was not fetched whole")
		}
	})
}

// Of a mail so large that reading the rest would take too long, the beginning is kept and the connection dropped.
func TestFarTooLarge(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		big := append(imaptest.Letter("huge", "scans", ""), bytes.Repeat([]byte("0123456789abcdef\r\n"), 2_200_000)...)
		uid := srv.Append(t, inbox, big, nil, time.Time{})
		fill(t, srv, 3)
		cfg := srv.Config()
		cfg.MaxMessage = 100_000
		cfg.Timings.BackoffMin, cfg.Timings.BackoffMax = time.Hour, time.Hour // reconnecting on purpose is no failure
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		view := untilDelivered(t, ledger, 4)
		row := view.Row(uid)
		if !row.Mail.Truncated || row.Mail.Size < 100_000 || row.Mail.Size > 300_000 || !bytes.HasPrefix(big, row.Raw) || row.Mail.FullSize != int64(len(big)) {
			t.Errorf("truncated %v, size %d of %d", row.Mail.Truncated, row.Mail.Size, row.Mail.FullSize)
		}
		if len(view.Tries) != 0 {
			t.Errorf("counted as failures: %v", view.Tries)
		}
	})
}

func TestMailExpungedBeforeItIsFetched(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 3)
		listed := srv.List(t, inbox)
		var once atomic.Bool
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: func(name, _ string) string {
			if name == "FETCH" && once.CompareAndSwap(false, true) {
				srv.Expunge(t, inbox, listed[1].UID)
			}
			return ""
		}})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		view := untilState(t, ledger, mailin.StateIdle)
		row := view.Row(listed[1].UID)
		// Some servers still hand out a mail that was expunged in another session (RFC 9051 section 7.5.1 allows it).
		if row == nil || row.Fate != mailin.FateGone && row.Fate != "" && row.Fate != mailin.FateSkippedDeleted {
			t.Errorf("row of the expunged mail: %+v", row)
		}
		if view.Row(listed[0].UID).Fate != "" || view.Row(listed[2].UID).Fate != "" || len(view.Tries) != 0 {
			t.Errorf("the others: %+v, tries %v", view.Rows, view.Tries)
		}
	})
}

// The last look is noted while it idles, while it polls, and on a long backlog; not while the server is silent.
func TestLastLookIsNoted(t *testing.T) {
	t.Parallel()
	for name, without := range map[string][]string{"Idle": nil, "Poll": {"IDLE"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Without: without})
				cfg := impatient(srv)
				cfg.URL = hostile.URL()
				cfg.Timings.Idle, cfg.Timings.Poll, cfg.Timings.Note = 30*time.Millisecond, 30*time.Millisecond, time.Millisecond
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				state := untilState(t, ledger, map[string]mailin.State{"Idle": mailin.StateIdle, "Poll": mailin.StatePolling}[name]).Health()
				view := until(t, ledger, "later looks are noted", func(v imaptest.View) bool { return v.Health().Looked.Sub(state.Looked) > 100*time.Millisecond })
				if health := view.Health(); !health.Connected() {
					t.Errorf("health %+v", health)
				}
				hostile.Set(imaptest.Rules{Without: without, DropAt: "SEARCH"})
				hostile.Drop()
				failing := until(t, ledger, "it fails", func(v imaptest.View) bool { return v.Health().Failures > 1 }).Health().Looked
				again := until(t, ledger, "it fails on", func(v imaptest.View) bool { return v.Health().Failures > 3 }).Health().Looked
				if !again.Equal(failing) {
					t.Errorf("looked at %v, then at %v, without an answer", failing, again)
				}
			})
		})
	}
}

// A server that announces nothing while it idles is found out: at first its mail waits until an IDLE is over, then it is asked often.
func TestIdleWithoutAnnouncements(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Spoil: func(phase string, response []byte) ([]byte, imaptest.After) {
			if phase == "IDLE" && bytes.HasPrefix(response, []byte("*")) {
				return nil, imaptest.GoOn
			}
			return response, imaptest.GoOn
		}})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		cfg.Timings.Settle, cfg.Timings.Poll, cfg.Timings.Idle = 20*time.Millisecond, 20*time.Millisecond, 1500*time.Millisecond
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		idles := func() (n int) {
			for _, command := range hostile.Commands() {
				if command == "IDLE" {
					n++
				}
			}
			return n
		}
		for i := range 3 {
			seen := idles()
			until(t, ledger, "it idles, and not for the first short time", func(v imaptest.View) bool { return idles() >= seen+2 && v.Health().State == mailin.StateIdle })
			fill(t, srv, 1)
			untilDelivered(t, ledger, i+1)
		}
		// Often is more often than it would be if each IDLE were waited for.
		const looks = 10
		before, began := idles(), time.Now()
		until(t, ledger, "it is asked often", func(imaptest.View) bool { return idles() >= before+looks })
		if took := time.Since(began); took >= looks*cfg.Timings.Idle {
			t.Errorf("%d looks took %s", looks, took)
		}
	})
}

// Two folders of one account and a second account are watched at the same time, each with a cursor and a lease of its own.
func TestSeveralMailboxesAndFolders(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		other := imaptest.Memory(t)
		srv.CreateFolder(t, "Scans")
		book := imaptest.NewBook()
		ledger := book.Process()
		cfg, scans, second := srv.Config(), srv.Config(), other.Config()
		scans.Folder, second.Mailbox = "Scans", "billing"
		for _, c := range []mailin.Config{cfg, scans, second} {
			watch(t, c, ledger)
		}
		for i := range 3 {
			srv.Append(t, inbox, imaptest.Letter(fmt.Sprint("in-", i), "x", "y"), nil, time.Time{})
			srv.Append(t, "Scans", imaptest.Letter(fmt.Sprint("scan-", i), "x", "y"), nil, time.Time{})
			other.Append(t, inbox, imaptest.Letter(fmt.Sprint("bill-", i), "x", "y"), nil, time.Time{})
		}
		for _, at := range []struct{ mailbox, folder, id string }{{"consult", inbox, "<in-"}, {"consult", "Scans", "<scan-"}, {"billing", inbox, "<bill-"}} {
			view := book.Until(t, at.mailbox, at.folder, "its three mails are here", func(v imaptest.View) bool { return len(v.Delivered()) == 3 && v.Health().State == mailin.StateIdle })
			for _, row := range view.Delivered() {
				if !bytes.Contains(row.Raw, []byte(at.id)) {
					t.Errorf("%s %s got %q", at.mailbox, at.folder, row.Raw)
				}
			}
		}
	})
}
