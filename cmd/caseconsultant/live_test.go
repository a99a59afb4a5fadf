package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/casefile"
)

// fakeChanges is a case file whose changes a test makes.
type fakeChanges struct {
	mu      sync.Mutex
	changes []casefile.Change
	err     error
	reads   int
}

func (f *fakeChanges) ChangesSince(context.Context, time.Time) ([]casefile.Change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	return slices.Clone(f.changes), f.err
}

func (f *fakeChanges) set(err error, changes ...casefile.Change) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes, f.err = changes, err
}

func TestLivePages(t *testing.T) {
	t.Parallel()
	type testBundle struct {
		*live
		files   *fakeChanges
		changed chan struct{}
		began   int64
	}
	setup := func(t *testing.T) testBundle {
		b := testBundle{files: &fakeChanges{}, changed: make(chan struct{}, 1)}
		b.live = newLive(b.files, time.Now)
		go b.run(t.Context(), b.changed)
		seq, refs, err := b.Wait(t.Context(), 0)
		if err != nil || len(refs) != 0 || seq == 0 {
			t.Fatalf("the first look: %d %v %v", seq, refs, err)
		}
		b.began = seq
		return b
	}
	wait := func(t *testing.T, b testBundle, since int64) (int64, []string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		seq, refs, err := b.Wait(ctx, since)
		if err != nil {
			t.Fatal(err)
		}
		return seq, refs
	}

	t.Run("EachChangeIsToldOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.files.set(nil, casefile.Change{Ref: "CC-1-A", Version: 1}, casefile.Change{Ref: "CC-2-B", Version: 1})
		b.changed <- struct{}{}
		seq, refs := wait(t, b, b.began)
		if !slices.Equal(refs, []string{"CC-1-A", "CC-2-B"}) {
			t.Errorf("told of %v", refs)
		}
		b.files.set(nil, casefile.Change{Ref: "CC-1-A", Version: 1}, casefile.Change{Ref: "CC-2-B", Version: 2})
		b.changed <- struct{}{}
		next, refs := wait(t, b, seq)
		if !slices.Equal(refs, []string{"CC-2-B"}) || next <= seq {
			t.Errorf("told of %v, %d after %d", refs, next, seq)
		}
		// Who was away for both hears of both, each once.
		if _, refs := wait(t, b, b.began); !slices.Equal(refs, []string{"CC-1-A", "CC-2-B"}) {
			t.Errorf("who was away is told of %v", refs)
		}
	})
	t.Run("WhoComesLaterHearsWhatChangedMeanwhile", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.files.set(nil, casefile.Change{Ref: "CC-1-A", Version: 1})
		b.changed <- struct{}{} // nobody waits
		if _, refs := wait(t, b, b.began); !slices.Equal(refs, []string{"CC-1-A"}) {
			t.Errorf("told of %v", refs)
		}
	})
	t.Run("NobodyWaitsNothingIsRead", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for range 20 {
			b.changed <- struct{}{}
		}
		b.files.mu.Lock()
		defer b.files.mu.Unlock()
		if b.files.reads != 0 {
			t.Errorf("%d readings for nobody", b.files.reads)
		}
	})
	t.Run("ANumberOfAnotherProcessMeansLookAgain", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, since := range []int64{1, b.began + 1000} {
			if seq, refs := wait(t, b, since); seq != b.began || len(refs) != 0 {
				t.Errorf("since %d: %d %v", since, seq, refs)
			}
		}
	})
	t.Run("AFailedReadingIsMadeUpFor", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.files.set(errors.New("the database is away"))
		done := make(chan []string, 1)
		go func() {
			_, refs, _ := b.Wait(t.Context(), b.began)
			done <- refs
		}()
		until(t, "somebody waits", func() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.waiting == 1 })
		b.changed <- struct{}{}
		until(t, "a reading has failed", func() bool { b.files.mu.Lock(); defer b.files.mu.Unlock(); return b.files.reads > 0 })
		b.files.set(nil, casefile.Change{Ref: "CC-1-A", Version: 1})
		b.changed <- struct{}{}
		select {
		case refs := <-done:
			if !slices.Equal(refs, []string{"CC-1-A"}) {
				t.Errorf("told of %v", refs)
			}
		case <-time.After(10 * time.Second):
			t.Error("nothing was told")
		}
	})
	t.Run("WaitingEndsWithTheContext", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, _, err := b.Wait(ctx, b.began); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.waiting != 0 {
			t.Errorf("%d still count as waiting", b.waiting)
		}
	})
	t.Run("MoreThanIsRemembered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var many []casefile.Change
		for i := range recentChanges + 100 {
			many = append(many, casefile.Change{Ref: "CC-" + string(rune('A'+i%26)) + "-" + time.Duration(i).String(), Version: 1})
		}
		b.files.set(nil, many...)
		b.changed <- struct{}{}
		if seq, _ := wait(t, b, b.began); seq <= b.began {
			t.Errorf("the number did not grow: %d", seq)
		}
	})
}
