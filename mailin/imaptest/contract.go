package imaptest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"caseconsultant/mailin"
)

// TestLedger checks that an implementation of mailin.Ledger means what the interface says. open is called once in each subtest, for an empty
// ledger; what it returns gives access to that ledger as one more process.
func TestLedger(t *testing.T, open func(t *testing.T) (process func() mailin.Ledger)) {
	for name, test := range contract {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&contractTest{T: t, process: open(t)})
		})
	}
}

type contractTest struct {
	*testing.T
	process func() mailin.Ledger
}

// The folder of all these tests.
const (
	contractMailbox = "consult"
	contractFolder  = "INBOX"
)

func (t *contractTest) acquire(ledger mailin.Ledger) mailin.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	lease, err := ledger.Acquire(ctx, contractMailbox, contractFolder)
	check(t, err, "acquiring the lease")
	return lease
}

// begin is a ledger with the folder adopted at first sight.
func (t *contractTest) begin() (mailin.Ledger, mailin.Lease) {
	t.Helper()
	ledger := t.process()
	lease, err := ledger.Adopt(t.Context(), t.acquire(ledger), mailin.Adoption{UIDValidity: 7, Floor: 3})
	check(t, err, "adopting the folder")
	return ledger, lease
}

// again gives the lease back and takes it as another process: what counts is what that one sees.
func (t *contractTest) again(ledger mailin.Ledger, lease mailin.Lease) (mailin.Ledger, mailin.Lease) {
	t.Helper()
	check(t, ledger.Release(t.Context(), lease), "releasing the lease")
	other := t.process()
	return other, t.acquire(other)
}

func letter(lease mailin.Lease, uid uint32, raw string) mailin.Mail {
	return mailin.Mail{
		Summary: mailin.Summary{
			Position:    mailin.Position{UIDValidity: lease.UIDValidity, UID: uid},
			Fingerprint: mailin.FingerprintHeader([]byte(raw)),
			ServerSize:  int64(len(raw)),
		},
		InternalDate: time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC),
		Announced:    time.Now(),
		Size:         int64(len(raw)),
		FullSize:     int64(len(raw)),
		Body:         func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(raw))), nil },
	}
}

func raw(id string) string { return string(Letter(id, "subject "+id, "body of "+id)) }

func (t *contractTest) deliver(ledger mailin.Ledger, lease mailin.Lease, uid uint32, text string) {
	t.Helper()
	check(t, ledger.Deliver(t.Context(), lease, letter(lease, uid, text)), "delivering")
}

func (t *contractTest) pass(ledger mailin.Ledger, lease mailin.Lease, fate mailin.Fate, uids ...uint32) {
	t.Helper()
	var mails []mailin.Summary
	for _, uid := range uids {
		mails = append(mails, mailin.Summary{Position: mailin.Position{UIDValidity: lease.UIDValidity, UID: uid}})
	}
	check(t, ledger.Pass(t.Context(), lease, mails, fate, "test"), "passing")
}

func (t *contractTest) missing(ledger mailin.Ledger, lease mailin.Lease, live, deleted []uint32, want ...mailin.Hole) {
	t.Helper()
	holes, err := ledger.Missing(t.Context(), lease, live, deleted)
	check(t, err, "asking for what is missing")
	slices.SortFunc(holes, func(a, b mailin.Hole) int { return int(a.UID) - int(b.UID) })
	if !slices.Equal(holes, want) {
		t.Errorf("missing of %v and %v: %v, want %v", live, deleted, holes, want)
	}
}

func (t *contractTest) unmarked(ledger mailin.Ledger, lease mailin.Lease, after uint32, limit int, want ...uint32) {
	t.Helper()
	left, err := ledger.Unmarked(t.Context(), lease, after, limit)
	check(t, err, "asking for what is unmarked")
	var uids []uint32
	for _, position := range left {
		uids = append(uids, position.UID)
		if position.UIDValidity != lease.UIDValidity {
			t.Errorf("position %+v", position)
		}
	}
	if !slices.Equal(uids, want) {
		t.Errorf("unmarked after %d: %v, want %v", after, uids, want)
	}
}

func (t *contractTest) cursor(lease mailin.Lease, want uint32) {
	t.Helper()
	if lease.LastUID != want {
		t.Errorf("the cursor is at %d, want %d", lease.LastUID, want)
	}
}

var contract = map[string]func(*contractTest){
	"NeverSeen": func(t *contractTest) {
		lease := t.acquire(t.process())
		if lease.Mailbox != contractMailbox || lease.Folder != contractFolder || lease.UIDValidity != 0 || lease.LastUID != 0 || lease.Epoch == 0 {
			t.Errorf("lease %+v", lease)
		}
	},
	"AdoptionIsKept": func(t *contractTest) {
		ledger, first := t.begin()
		if first.UIDValidity != 7 || first.Floor != 3 || first.Renumbered || first.LastUID != 0 {
			t.Errorf("adopted: %+v", first)
		}
		t.deliver(ledger, first, 2, raw("a"))
		ledger, lease := t.again(ledger, first)
		if lease.UIDValidity != 7 || lease.Floor != 3 || lease.Renumbered || lease.Generation != first.Generation || lease.Epoch <= first.Epoch {
			t.Errorf("acquired again: %+v", lease)
		}
		t.cursor(lease, 2)
		second, err := ledger.Adopt(t.Context(), lease, mailin.Adoption{UIDValidity: 8, Floor: 9, Renumbered: true})
		check(t, err, "adopting again")
		if second.UIDValidity != 8 || second.Floor != 9 || !second.Renumbered || second.LastUID != 0 || second.Generation <= first.Generation {
			t.Errorf("adopted again: %+v", second)
		}
	},
	"AcquireWaits": func(t *contractTest) {
		first, lease := t.begin()
		second := t.process()
		got := make(chan mailin.Lease, 1)
		go func() {
			taken, err := second.Acquire(t.Context(), contractMailbox, contractFolder)
			if err == nil {
				got <- taken
			}
		}()
		t.deliver(first, lease, 1, raw("a"))
		check(t, first.Beat(t.Context(), lease), "beating")
		select {
		case <-got:
			t.Fatal("two processes hold the lease")
		case <-time.After(50 * time.Millisecond):
		}
		check(t, first.Release(t.Context(), lease), "releasing")
		select {
		case taken := <-got:
			t.cursor(taken, 1)
		case <-time.After(30 * time.Second):
			t.Fatal("a released lease is not given on")
		}
	},
	"AcquireEndsWithItsContext": func(t *contractTest) {
		t.begin()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := t.process().Acquire(ctx, contractMailbox, contractFolder); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	},
	"FoldersHaveLeasesOfTheirOwn": func(t *contractTest) {
		ledger, lease := t.begin()
		other, err := t.process().Acquire(t.Context(), contractMailbox, "Scans")
		check(t, err, "acquiring another folder")
		if other.UIDValidity != 0 {
			t.Errorf("lease %+v", other)
		}
		t.deliver(ledger, lease, 1, raw("a"))
	},
	"LostLeaseWritesNothing": func(t *contractTest) {
		ledger, stale := t.begin()
		t.deliver(ledger, stale, 1, raw("a"))
		lease := t.acquire(ledger) // the holder takes it anew, with a new epoch
		at := func(uid uint32) mailin.Position { return mailin.Position{UIDValidity: 7, UID: uid} }
		for name, call := range map[string]func() error{
			"Beat": func() error { return ledger.Beat(t.Context(), stale) },
			"Adopt": func() error {
				_, err := ledger.Adopt(t.Context(), stale, mailin.Adoption{UIDValidity: 9})
				return err
			},
			"Deliver": func() error { return ledger.Deliver(t.Context(), stale, letter(stale, 2, raw("b"))) },
			"Pass": func() error {
				return ledger.Pass(t.Context(), stale, []mailin.Summary{{Position: at(2)}}, mailin.FateFailed, "")
			},
			"Failed": func() error {
				_, err := ledger.Failed(t.Context(), stale, at(2), "")
				return err
			},
			"Gone": func() error {
				_, err := ledger.Gone(t.Context(), stale, nil)
				return err
			},
			"Marked": func() error {
				return ledger.Marked(t.Context(), stale, []mailin.Mark{{Position: at(1), Result: mailin.MarkFlagged}})
			},
			"Swept":  func() error { return ledger.Swept(t.Context(), stale, mailin.Sweep{}) },
			"Health": func() error { return ledger.Health(t.Context(), stale, mailin.Health{State: mailin.StateIdle}) },
		} {
			if err := call(); !errors.Is(err, mailin.ErrLeaseLost) {
				t.Errorf("%s under a lost lease: %v", name, err)
			}
		}
		check(t, ledger.Release(t.Context(), stale), "releasing a lost lease")
		check(t, ledger.Beat(t.Context(), lease), "beating the lease that is held")
		t.unmarked(ledger, lease, 0, 10, 1)
		ledger, lease = t.again(ledger, lease)
		t.cursor(lease, 1)
		t.missing(ledger, lease, []uint32{1, 2}, nil)
	},
	"TheSameUIDTwice": func(t *contractTest) {
		ledger, lease := t.begin()
		t.deliver(ledger, lease, 1, raw("a"))
		check(t, ledger.Marked(t.Context(), lease, []mailin.Mark{{Position: mailin.Position{UIDValidity: 7, UID: 1}, Result: mailin.MarkFlagged}}), "marking")
		t.deliver(ledger, lease, 1, raw("a"))
		t.pass(ledger, lease, mailin.FateFailed, 1) // a row is kept
		t.unmarked(ledger, lease, 0, 10)
		t.missing(ledger, lease, []uint32{1}, nil)
	},
	"TheCursorOnlyGoesForward": func(t *contractTest) {
		ledger, lease := t.begin()
		t.deliver(ledger, lease, 5, raw("a"))
		t.deliver(ledger, lease, 2, raw("b"))
		t.pass(ledger, lease, mailin.FateBeforeStart, 1)
		ledger, lease = t.again(ledger, lease)
		t.cursor(lease, 5)
		t.missing(ledger, lease, []uint32{1, 2, 3, 4, 5, 6}, nil, mailin.Hole{UID: 3}, mailin.Hole{UID: 4})
	},
	"ABodyThatFailsIsNotDelivered": func(t *contractTest) {
		ledger, lease := t.begin()
		mail := letter(lease, 1, raw("a"))
		mail.Body = func() (io.ReadCloser, error) { return nil, errors.New("the disk is gone") }
		if err := ledger.Deliver(t.Context(), lease, mail); err == nil {
			t.Error("no error")
		}
		mail = letter(lease, 1, raw("a"))
		mail.Size++
		if err := ledger.Deliver(t.Context(), lease, mail); err == nil {
			t.Error("no error for a body that is too short")
		}
		_, lease = t.again(ledger, lease)
		t.cursor(lease, 0)
	},
	"ALargeBody": func(t *contractTest) {
		ledger, lease := t.begin()
		t.deliver(ledger, lease, 1, raw("a")+string(bytes.Repeat([]byte("0123456789abcde\n"), 100_000)))
		t.deliver(ledger, lease, 2, "")
		t.deliver(ledger, lease, 3, "\x00\xff\xfe not text at all \r\n\x00")
		t.missing(ledger, lease, []uint32{1, 2, 3}, nil)
	},
	"FailuresAreCounted": func(t *contractTest) {
		ledger, lease := t.begin()
		at := mailin.Position{UIDValidity: 7, UID: 4}
		for want := 1; want <= 3; want++ {
			tries, err := ledger.Failed(t.Context(), lease, at, "timeout")
			check(t, err, "noting a failure")
			if tries != want {
				t.Errorf("%d tries, want %d", tries, want)
			}
			ledger, lease = t.again(ledger, lease)
		}
		t.cursor(lease, 4)
		t.missing(ledger, lease, []uint32{4}, nil, mailin.Hole{UID: 4, Tries: 3})
		t.deliver(ledger, lease, 4, raw("a"))
		t.missing(ledger, lease, []uint32{4}, nil)
	},
	"GivenUpThenHad": func(t *contractTest) {
		ledger, lease := t.begin()
		t.pass(ledger, lease, mailin.FateFailed, 1)
		t.missing(ledger, lease, []uint32{1}, nil)
		t.deliver(ledger, lease, 1, raw("a")) // a row without bytes gives way
		t.unmarked(ledger, lease, 0, 10, 1)
	},
	"DeletedAndBack": func(t *contractTest) {
		ledger, lease := t.begin()
		t.pass(ledger, lease, mailin.FateSkippedDeleted, 1, 2)
		t.missing(ledger, lease, []uint32{2}, []uint32{1}, mailin.Hole{UID: 2})
		t.deliver(ledger, lease, 2, raw("b"))
		t.missing(ledger, lease, []uint32{2}, []uint32{1})
	},
	"Marks": func(t *contractTest) {
		ledger, lease := t.begin()
		for uid := uint32(1); uid <= 6; uid++ {
			t.deliver(ledger, lease, uid, raw(string('a'+rune(uid))))
		}
		t.pass(ledger, lease, mailin.FateDouble, 7)
		t.pass(ledger, lease, mailin.FateSkippedDeleted, 8)
		t.pass(ledger, lease, mailin.FateBeforeStart, 9)
		t.pass(ledger, lease, mailin.FateFailed, 10)
		t.unmarked(ledger, lease, 0, 3, 1, 2, 3)
		t.unmarked(ledger, lease, 3, 10, 4, 5, 6, 7)
		var marks []mailin.Mark
		for uid, result := range map[uint32]mailin.MarkResult{1: mailin.MarkFlagged, 2: mailin.MarkMoved, 3: mailin.MarkRefused, 4: mailin.MarkImpossible, 5: mailin.MarkGone, 6: mailin.MarkLeft} {
			marks = append(marks, mailin.Mark{Position: mailin.Position{UIDValidity: 7, UID: uid}, Result: result, Code: "CODE", Folder: "Processed",
				MovedTo: mailin.Position{UIDValidity: 11, UID: uid + 100}})
		}
		check(t, ledger.Marked(t.Context(), lease, marks), "marking")
		t.unmarked(ledger, lease, 0, 10, 3, 7)
	},
	"Gone": func(t *contractTest) {
		ledger, lease := t.begin()
		for uid := uint32(1); uid <= 4; uid++ {
			t.deliver(ledger, lease, uid, raw(string('a'+rune(uid))))
		}
		for i, test := range []struct {
			listed []uint32
			newly  int
		}{{[]uint32{1, 2, 3, 4}, 0}, {[]uint32{2, 4, 9}, 2}, {[]uint32{2, 4}, 0}, {[]uint32{2, 3}, 1}, {nil, 2}} {
			newly, err := ledger.Gone(t.Context(), lease, test.listed)
			check(t, err, "noting what is gone")
			if newly != test.newly {
				t.Errorf("step %d: %d newly gone, want %d", i, newly, test.newly)
			}
		}
		t.unmarked(ledger, lease, 0, 10)
		t.missing(ledger, lease, []uint32{1, 2, 3, 4}, nil) // the rows are still there
	},
	"KnownAfterRenumbering": func(t *contractTest) {
		ledger, lease := t.begin()
		t.deliver(ledger, lease, 1, raw("a"))
		t.deliver(ledger, lease, 2, raw("twin"))
		t.deliver(ledger, lease, 3, raw("twin"))
		before := letter(lease, 4, raw("before")).Summary
		check(t, ledger.Pass(t.Context(), lease, []mailin.Summary{before}, mailin.FateBeforeStart, ""), "passing")
		failed := letter(lease, 5, raw("failed")).Summary
		check(t, ledger.Pass(t.Context(), lease, []mailin.Summary{failed}, mailin.FateFailed, ""), "passing")

		// The same UIDVALIDITY comes back with other UIDs: rows of before must not be taken for these.
		lease, err := ledger.Adopt(t.Context(), lease, mailin.Adoption{UIDValidity: 7, Floor: 20, Renumbered: true})
		check(t, err, "adopting again")
		t.missing(ledger, lease, []uint32{1, 2}, nil)
		t.unmarked(ledger, lease, 0, 10)
		ask := func(want []mailin.Fate, mails ...mailin.Summary) {
			t.Helper()
			fates, err := ledger.Known(t.Context(), lease, mails)
			check(t, err, "asking what is known")
			if !slices.Equal(fates, want) {
				t.Errorf("known: %q, want %q", fates, want)
			}
		}
		summary := func(uid uint32, text string) mailin.Summary { return letter(lease, uid, text).Summary }
		sizeDiffers := summary(13, raw("a"))
		sizeDiffers.ServerSize++
		ask([]mailin.Fate{mailin.FateDouble, "", mailin.FateBeforeStart, "", "", ""},
			summary(10, raw("a")), summary(11, raw("new")), summary(12, raw("before")), sizeDiffers, summary(14, raw("failed")),
			mailin.Summary{Position: mailin.Position{UIDValidity: 7, UID: 15}})
		// Two rows vouch for two mails, not for three; nor for one more once they are used.
		ask([]mailin.Fate{mailin.FateDouble, mailin.FateDouble, ""}, summary(16, raw("twin")), summary(17, raw("twin")), summary(18, raw("twin")))
		check(t, ledger.Pass(t.Context(), lease, []mailin.Summary{summary(16, raw("twin"))}, mailin.FateDouble, "renumbered"), "passing")
		ask([]mailin.Fate{mailin.FateDouble, ""}, summary(17, raw("twin")), summary(18, raw("twin")))
		t.unmarked(ledger, lease, 0, 20, 16)

		// A UID of before, now another mail's, is delivered like any other.
		t.deliver(ledger, lease, 1, raw("new"))
		t.unmarked(ledger, lease, 0, 20, 1, 16)
	},
	"Compare": func(t *contractTest) {
		ledger, lease := t.begin()
		for uid, id := range map[uint32]string{1: "a", 2: "b", 3: "c", 4: "d"} {
			t.deliver(ledger, lease, uid, raw(id))
		}
		t.pass(ledger, lease, mailin.FateSkippedDeleted, 5)
		bothDiffer := letter(lease, 2, raw("quite another")).Summary
		onlySize := letter(lease, 3, raw("c")).Summary
		onlySize.ServerSize++
		nothing := mailin.Summary{Position: mailin.Position{UIDValidity: 7, UID: 4}, ServerSize: 1}
		agree, differ, err := ledger.Compare(t.Context(), lease, []mailin.Summary{letter(lease, 1, raw("a")).Summary, bothDiffer, onlySize, nothing,
			letter(lease, 5, raw("e")).Summary, letter(lease, 6, raw("f")).Summary})
		check(t, err, "comparing")
		if agree != 2 || differ != 1 {
			t.Errorf("%d agree, %d differ; want 2 and 1", agree, differ)
		}
	},
	"Notes": func(t *contractTest) {
		ledger, lease := t.begin()
		check(t, ledger.Swept(t.Context(), lease, mailin.Sweep{Started: time.Now(), Took: time.Second, Listed: 3, Holes: 1, Delivered: 1}), "noting a sweep")
		for _, health := range []mailin.Health{
			{State: mailin.StateIdle, At: time.Now(), Keywords: true, Move: true},
			{State: mailin.StateRetrying, Code: mailin.CodeTimeout, Failures: 3, At: time.Now(), RetryAt: time.Now().Add(time.Minute), Waiting: 2},
			{State: mailin.StateSignInRefused, Code: mailin.CodeSignIn, Detail: "AUTHENTICATIONFAILED"},
		} {
			check(t, ledger.Health(t.Context(), lease, health), "noting health")
		}
	},
}
