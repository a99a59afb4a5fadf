package intake_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

type bundle struct {
	db      *store.DB
	ledger  *intake.Ledger
	process int64

	mu       sync.Mutex
	enqueued []int64
}

func setup(t *testing.T, db *store.DB) *bundle {
	t.Helper()
	process, err := db.StartProcess(t.Context(), "watch")
	must(t, err)
	b := &bundle{db: db, process: process.ID}
	b.ledger = intake.New(db, intake.Options{Process: process.ID, AcquireEvery: 10 * time.Millisecond, Enqueue: func(_ context.Context, tx *store.Tx, id int64) error {
		tx.AfterCommit(func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.enqueued = append(b.enqueued, id)
		})
		return nil
	}})
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) lease(t *testing.T) mailin.Lease {
	t.Helper()
	lease, err := b.ledger.Acquire(t.Context(), "consult", "INBOX")
	must(t, err)
	if lease.UIDValidity == 0 {
		lease, err = b.ledger.Adopt(t.Context(), lease, mailin.Adoption{UIDValidity: 7})
		must(t, err)
	}
	return lease
}

func mail(uid uint32, body string) mailin.Mail {
	return mailin.Mail{Summary: mailin.Summary{Position: mailin.Position{UIDValidity: 7, UID: uid}, Fingerprint: [32]byte{byte(uid), 1}, ServerSize: int64(len(body))},
		Size: int64(len(body)), InternalDate: time.Unix(1e9, 0), Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }}
}

func TestDeliverKeepsBytesJobAndCursorTogether(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		must(t, b.ledger.Deliver(ctx, lease, mail(3, "the bytes")))
		must(t, b.ledger.Deliver(ctx, lease, mail(3, "the bytes"))) // the same UID again
		must(t, b.ledger.Deliver(ctx, lease, mail(2, "an older one")))
		if len(b.enqueued) != 2 {
			t.Fatalf("%d jobs, want 2", len(b.enqueued))
		}
		entry, err := b.ledger.Pending(ctx, b.enqueued[0])
		must(t, err)
		raw, err := db.ReadContent(ctx, entry.ContentID)
		must(t, err)
		if string(raw) != "the bytes" || entry.UID != 3 || !entry.InternalAt.Equal(time.Unix(1e9, 0)) {
			t.Errorf("kept %q as %+v", raw, entry)
		}
		lease, err = b.ledger.Acquire(ctx, "consult", "INBOX")
		must(t, err)
		if lease.LastUID != 3 {
			t.Errorf("cursor at %d, want 3: it never moves back", lease.LastUID)
		}
	})
}

func TestDeliverLeavesNothingWhenTheBodyBreaks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		broken := mail(5, "x")
		broken.Body = func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("half"), failing{})), nil
		}
		if err := b.ledger.Deliver(ctx, lease, broken); err == nil {
			t.Fatal("a broken body was kept")
		}
		entries, err := b.ledger.Entries(ctx, "", 0, 10)
		must(t, err)
		again, err := b.ledger.Acquire(ctx, "consult", "INBOX")
		must(t, err)
		if len(entries) != 0 || again.LastUID != 0 || len(b.enqueued) != 0 {
			t.Errorf("left behind: %d entries, cursor %d, %d jobs", len(entries), again.LastUID, len(b.enqueued))
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestALostLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		old := b.lease(t)
		b.lease(t) // raises the epoch
		for name, write := range map[string]func() error{
			"Deliver": func() error { return b.ledger.Deliver(ctx, old, mail(1, "x")) },
			"Pass": func() error {
				return b.ledger.Pass(ctx, old, []mailin.Summary{{Position: mailin.Position{UIDValidity: 7, UID: 1}}}, mailin.FateBeforeStart, "")
			},
			"Failed": func() error {
				_, err := b.ledger.Failed(ctx, old, mailin.Position{UIDValidity: 7, UID: 1}, "x")
				return err
			},
			"Marked": func() error { return b.ledger.Marked(ctx, old, nil) },
			"Beat":   func() error { return b.ledger.Beat(ctx, old) },
			"Adopt":  func() error { _, err := b.ledger.Adopt(ctx, old, mailin.Adoption{UIDValidity: 8}); return err },
			"Health": func() error { return b.ledger.Health(ctx, old, mailin.Health{}) },
			"Swept":  func() error { return b.ledger.Swept(ctx, old, mailin.Sweep{}) },
		} {
			if err := write(); !errors.Is(err, mailin.ErrLeaseLost) {
				t.Errorf("%s under a lost lease: %v, want ErrLeaseLost", name, err)
			}
		}
		must(t, b.ledger.Release(ctx, old)) // of a lost lease it is no error
		entries, err := b.ledger.Entries(ctx, "", 0, 10)
		must(t, err)
		if len(entries) != 0 {
			t.Errorf("%d entries were written", len(entries))
		}
	})
}

func TestOneOfEightProcessesGetsTheLease(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var wg sync.WaitGroup
		var mu sync.Mutex
		held := 0
		for range 8 {
			other := storetest.Open(t, db.URL())
			b := setup(t, other)
			wg.Go(func() {
				_, err := b.ledger.Acquire(ctx, "consult", "INBOX")
				if err == nil {
					mu.Lock()
					held++
					mu.Unlock()
				} else if !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if held != 1 {
			t.Errorf("%d processes hold the lease, want 1", held)
		}
	})
}

func TestMissingFindsHoles(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		must(t, b.ledger.Deliver(ctx, lease, mail(2, "x")))
		must(t, b.ledger.Pass(ctx, lease, []mailin.Summary{{Position: mailin.Position{UIDValidity: 7, UID: 4}}}, mailin.FateSkippedDeleted, ""))
		must(t, b.ledger.Deliver(ctx, lease, mail(6, "x")))
		tries, err := b.ledger.Failed(ctx, lease, mailin.Position{UIDValidity: 7, UID: 5}, "timeout")
		must(t, err)
		if tries != 1 {
			t.Errorf("%d tries, want 1", tries)
		}
		holes, err := b.ledger.Missing(ctx, lease, []uint32{1, 2, 4, 5, 6, 9}, []uint32{3})
		must(t, err)
		want := []mailin.Hole{{UID: 1}, {UID: 4}, {UID: 5, Tries: 1}, {UID: 3}}
		if !slices.Equal(holes, want) {
			t.Errorf("holes %v, want %v", holes, want)
		}
		// The hole is filled, and its failures are forgotten.
		must(t, b.ledger.Deliver(ctx, lease, mail(5, "x")))
		must(t, b.ledger.Deliver(ctx, lease, mail(4, "x")))
		if holes, err = b.ledger.Missing(ctx, lease, []uint32{2, 4, 5, 6}, nil); err != nil || len(holes) != 0 {
			t.Errorf("holes %v, %v", holes, err)
		}
	})
}

func TestKnownAfterARenumbering(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		must(t, b.ledger.Deliver(ctx, lease, mail(1, "one")))
		must(t, b.ledger.Deliver(ctx, lease, mail(2, "two")))
		old := mailin.Summary{Position: mailin.Position{UIDValidity: 7, UID: 3}, Fingerprint: [32]byte{33}, ServerSize: 9}
		must(t, b.ledger.Pass(ctx, lease, []mailin.Summary{old}, mailin.FateBeforeStart, ""))
		lease, err := b.ledger.Adopt(ctx, lease, mailin.Adoption{UIDValidity: 8, Floor: 10, Renumbered: true})
		must(t, err)
		if lease.LastUID != 0 || lease.Floor != 10 || !lease.Renumbered || lease.UIDValidity != 8 {
			t.Errorf("adopted %+v", lease)
		}
		one := mail(1, "one").Summary
		bigger := one
		bigger.ServerSize++
		fates, err := b.ledger.Known(ctx, lease, []mailin.Summary{one, one, bigger, old, {}})
		must(t, err)
		want := []mailin.Fate{mailin.FateDouble, "", "", mailin.FateBeforeStart, ""}
		if !slices.Equal(fates, want) {
			t.Errorf("fates %q, want %q: a row vouches for one mail", fates, want)
		}
		one.UID = 5
		must(t, b.ledger.Pass(ctx, lease, []mailin.Summary{one}, mailin.FateDouble, ""))
		if fates, err = b.ledger.Known(ctx, lease, []mailin.Summary{one}); err != nil || fates[0] != "" {
			t.Errorf("a row that was used up vouched again: %q, %v", fates, err)
		}
		two := mail(2, "two").Summary
		agree, differ, err := b.ledger.Compare(ctx, lease, []mailin.Summary{two})
		must(t, err)
		if agree+differ != 0 {
			t.Errorf("a row of another numbering was compared: %d, %d", agree, differ)
		}
	})
}

func TestMarksAndGone(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		for uid := range uint32(4) {
			must(t, b.ledger.Deliver(ctx, lease, mail(uid+1, "x")))
		}
		at := func(uid uint32) mailin.Position { return mailin.Position{UIDValidity: 7, UID: uid} }
		must(t, b.ledger.Marked(ctx, lease, []mailin.Mark{{Position: at(1), Result: mailin.MarkFlagged}, {Position: at(2), Result: mailin.MarkRefused, Code: "OVERQUOTA"}}))
		positions, err := b.ledger.Unmarked(ctx, lease, 0, 10)
		must(t, err)
		if want := []mailin.Position{at(2), at(3), at(4)}; !slices.Equal(positions, want) {
			t.Errorf("unmarked %v, want %v", positions, want)
		}
		gone, err := b.ledger.Gone(ctx, lease, []uint32{1, 2, 4})
		must(t, err)
		if positions, err = b.ledger.Unmarked(ctx, lease, 2, 10); err != nil || gone != 1 || !slices.Equal(positions, []mailin.Position{at(4)}) {
			t.Errorf("%d gone, unmarked %v, %v", gone, positions, err)
		}
		if gone, err = b.ledger.Gone(ctx, lease, []uint32{1, 2, 3, 4}); err != nil || gone != 0 {
			t.Errorf("listed again: %d gone, %v", gone, err)
		}
		if positions, err = b.ledger.Unmarked(ctx, lease, 2, 10); err != nil || len(positions) != 2 {
			t.Errorf("listed again: unmarked %v, %v", positions, err)
		}
	})
}

func TestSettleOnceAndProve(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		for uid := range uint32(3) {
			must(t, b.ledger.Deliver(ctx, lease, mail(uid+1, "x")))
		}
		settle := func(id int64, reason string) error {
			return db.InTx(ctx, func(tx *store.Tx) error { return intake.Settle(ctx, tx, id, intake.FateSetAside, reason, 0, 0) })
		}
		must(t, settle(b.enqueued[0], "an auto-reply"))
		if err := settle(b.enqueued[0], "again"); !errors.Is(err, intake.ErrNotDue) {
			t.Errorf("settled twice: %v", err)
		}
		must(t, settle(b.enqueued[1], "")) // neither a message nor a reason
		proof, err := b.ledger.Prove(ctx)
		must(t, err)
		if proof.Kept != 3 || proof.Waiting != 1 || proof.Settled != 1 || !slices.Equal(proof.Lost, []int64{b.enqueued[1]}) {
			t.Errorf("proof %+v", proof)
		}
		due, err := b.ledger.Due(ctx, time.Now().Add(time.Second), 10)
		must(t, err)
		if len(due) != 1 || due[0].EntryID != b.enqueued[2] {
			t.Errorf("due %v", due)
		}
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			_, _, err := intake.CountOrphan(ctx, tx, b.enqueued[2], 0, "died")
			return err
		}))
		if err := db.InTx(ctx, func(tx *store.Tx) error {
			_, _, err := intake.CountOrphan(ctx, tx, b.enqueued[2], 0, "died")
			return err
		}); !errors.Is(err, intake.ErrNotDue) {
			t.Errorf("one death was counted twice: %v", err)
		}
		boxes, err := b.ledger.Mailboxes(ctx)
		must(t, err)
		if len(boxes) != 1 || boxes[0].Unread != 1 || boxes[0].Kept != 3 || boxes[0].LastUID != 3 {
			t.Errorf("mailboxes %+v", boxes)
		}
	})
}

// The last look is kept over reports that know of none, and a folder that is to be watched and never was is shown.
func TestLastLookAndExpectedFolders(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		b := setup(t, db)
		lease := b.lease(t)
		looked := time.UnixMilli(time.Now().UnixMilli()).UTC()
		must(t, b.ledger.Health(ctx, lease, mailin.Health{State: mailin.StateIdle, Looked: looked}))
		must(t, b.ledger.Health(ctx, lease, mailin.Health{State: mailin.StateSignInRefused}))
		boxes, err := b.ledger.Mailboxes(ctx)
		must(t, err)
		if len(boxes) != 1 || !boxes[0].LookedAt.Equal(looked) || boxes[0].Alarm != "" {
			t.Errorf("nobody expects it: %+v", boxes)
		}
		b.ledger.Expect([]intake.Folder{{Mailbox: "consult", Folder: "INBOX"}, {Mailbox: "billing", Folder: "INBOX"}})
		boxes, err = b.ledger.Mailboxes(ctx)
		must(t, err)
		if len(boxes) != 2 || boxes[0].Name != "billing" || boxes[0].Alarm != "" || boxes[1].Alarm != intake.AlarmRefused {
			t.Errorf("expected: %+v", boxes)
		}
	})
}

// Two processes are set to watch one mailbox, on a real server, and take turns when one stops: one watches at a time, and each mail is kept once.
func TestTwoProcessesWatchOneMailbox(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		srv := imaptest.Memory(t)
		counted := imaptest.NewHostile(t, srv, imaptest.Rules{})
		first, second := setup(t, db), setup(t, storetest.Open(t, db.URL()))
		run := func(b *bundle) (stop func()) {
			cfg := srv.Config()
			cfg.URL, cfg.SpoolDir = counted.URL(), t.TempDir()
			w, err := mailin.New(cfg, b.ledger)
			must(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- w.Run(ctx) }()
			return sync.OnceFunc(func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		}
		kept := func() int {
			boxes, err := first.ledger.Mailboxes(t.Context())
			must(t, err)
			if len(boxes) == 0 {
				return 0
			}
			return boxes[0].Kept
		}
		mails := 0
		arrive := func(n int) {
			for range n {
				mails++
				srv.Append(t, "INBOX", imaptest.Letter(fmt.Sprint("m", mails), "Question", "May I bill 30140?"), nil, time.Time{})
			}
		}
		arrive(5)
		stops := []func(){run(first), run(second)}
		defer func() {
			for _, stop := range stops {
				stop()
			}
		}()
		for turn := range 4 {
			arrive(10)
			for deadline := time.Now().Add(30 * time.Second); kept() < mails-5; time.Sleep(5 * time.Millisecond) { // a database tells nobody
				if time.Now().After(deadline) {
					t.Fatalf("turn %d: %d of %d mails are kept", turn, kept(), mails)
				}
			}
			if n := counted.Connections(); n != turn+1 {
				t.Errorf("turn %d: %d connections were made", turn, n)
			}
			at := 0
			if ownerOf(t, first) == second.process {
				at = 1
			}
			stops[at]()
			other := []*bundle{second, first}[at]
			for deadline := time.Now().Add(30 * time.Second); ownerOf(t, first) != other.process; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("turn %d: the other process does not take over", turn)
				}
			}
			stops[at] = run([]*bundle{first, second}[at])
		}
		for deadline := time.Now().Add(30 * time.Second); kept() < mails; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d mails are kept", kept(), mails)
			}
		}
		entries, err := first.ledger.Entries(t.Context(), "", 0, 1000)
		must(t, err)
		// A process that is stopped while it commits may not hear that its last mail is kept.
		if jobs := first.jobs() + second.jobs(); first.jobs() == 0 || second.jobs() == 0 || jobs > mails || jobs < mails-4 || len(entries) != mails {
			t.Errorf("%d and %d jobs, %d rows, for %d mails", first.jobs(), second.jobs(), len(entries), mails)
		}
	})
}

func ownerOf(t *testing.T, b *bundle) int64 {
	t.Helper()
	boxes, err := b.ledger.Mailboxes(t.Context())
	must(t, err)
	return boxes[0].Owner
}

func (b *bundle) jobs() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.enqueued)
}

// The watcher's own statement of what a ledger must mean.
func TestLedgerContract(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		imaptest.TestLedger(t, func(t *testing.T) func() mailin.Ledger {
			url := url
			if strings.HasPrefix(url, "sqlite:") {
				url = storetest.SQLiteURL(t)
			} else {
				url = storetest.PostgresURL(t)
			}
			return func() mailin.Ledger { return setup(t, storetest.Open(t, url)).ledger }
		})
	})
}
