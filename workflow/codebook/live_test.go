package codebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

// smallBook makes a codebook that knows A0021 under a title.
func smallBook(t testing.TB, path, title string) {
	t.Helper()
	ed := &edition{kind: kindHCPCS, name: title, file: "a.txt", first: 20260101, made: 20261231, titles: true,
		rows: []row{{system: codes.HCPCS, key: "A0021", span: span{billable: true, title: title}}}}
	if err := compile(t.Context(), merge([]*edition{ed}), path, map[string]string{"kind": "built"}, nil); err != nil {
		t.Fatal(err)
	}
}

func titleOf(t testing.TB, l interface {
	Lookup(context.Context, codes.System, string, time.Time) (Entry, bool, error)
}) string {
	t.Helper()
	e, ok, err := l.Lookup(t.Context(), codes.HCPCS, "A0021", time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || !ok {
		t.Errorf("look-up: %v %v", ok, err)
	}
	return e.Title
}

// TestLiveIsReplaced: a new file answers after the next look, and what is under way ends with the old one.
func TestLiveIsReplaced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "house.codebook")
	smallBook(t, path, "one")
	l, err := OpenLive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if changed, err := l.Look(t.Context()); changed || err != nil {
		t.Errorf("nothing is new: %v %v", changed, err)
	}
	old, giveBack := l.Borrow()
	smallBook(t, path, "two")
	if changed, err := l.Look(t.Context()); !changed || err != nil {
		t.Errorf("a new file: %v %v", changed, err)
	}
	if got := titleOf(t, l); got != "two" {
		t.Errorf("after the look: %q", got)
	}
	if got := titleOf(t, old); got != "one" {
		t.Errorf("what was borrowed says %q", got)
	}
	giveBack()
	giveBack() // a second time does nothing
	if err := old.db.PingContext(t.Context()); err == nil {
		t.Error("the old book is still open after its last user")
	}
	view := l.View(func(b *Book) *Book { return b })
	if titleOf(t, view) != "two" || len(view.Releases()) != 1 || view.Starter() {
		t.Error("a view of the shelf sees another book")
	}
	if err := errors.Join(l.Close(), view.Close()); err != nil {
		t.Error(err)
	}
	if _, _, err := l.Lookup(t.Context(), codes.HCPCS, "A0021", time.Time{}); err == nil {
		t.Error("a closed shelf answers")
	}
	if _, _, err := l.Lookup(t.Context(), codes.HCPCS, "A0021", time.Time{}); err == nil {
		t.Error("a closed shelf answers")
	}
}

// TestLiveKeepsTheOld: whatever lies at the path, the book that was good goes on, one error tells why, and Fault keeps it until it is over.
func TestLiveKeepsTheOld(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"Gone": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
		"Text":   func(t *testing.T, path string) { put(t, path, []byte("not a codebook")) },
		"Empty":  func(t *testing.T, path string) { put(t, path, nil) },
		"Folder": func(t *testing.T, path string) { os.Remove(path); _ = os.Mkdir(path, 0o700) },
		"Cut": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			put(t, path, data[:len(data)-8192])
		},
		"Damaged": func(t *testing.T, path string) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for at := 4096; at < len(data); at += 4096 {
				copy(data[at:], "damaged page")
			}
			put(t, path, data)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "house.codebook")
			smallBook(t, path, "one")
			l, err := OpenLive(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			spoil(t, path)
			if changed, err := l.Look(t.Context()); changed || err == nil || !strings.Contains(err.Error(), "goes on") {
				t.Errorf("the first look: %v %v", changed, err)
			}
			if changed, err := l.Look(t.Context()); changed || err != nil {
				t.Errorf("the same again is told again: %v %v", changed, err)
			}
			if since, fault := l.Fault(); fault == nil || since.IsZero() {
				t.Errorf("no fault is kept: %v %v", fault, since)
			}
			if got := titleOf(t, l); got != "one" {
				t.Errorf("the old book says %q", got)
			}
			if name == "Folder" {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
			smallBook(t, path, "two")
			if changed, err := l.Look(t.Context()); !changed || err != nil {
				t.Errorf("a good file: %v %v", changed, err)
			}
			if _, fault := l.Fault(); fault != nil || titleOf(t, l) != "two" {
				t.Errorf("after a good file: %v", fault)
			}
		})
	}
}

// put replaces a file by a rename, as everybody should.
func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// TestLiveUnderLoad: while files are exchanged, every look-up succeeds, one piece of work sees one book, and no book stays open.
func TestLiveUnderLoad(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "house.codebook")
	smallBook(t, path, "0")
	l, err := OpenLive(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	var opened []*Book
	var mu sync.Mutex
	l.open = func(ctx context.Context, path string) (*Book, error) {
		book, err := Open(ctx, path)
		mu.Lock()
		defer mu.Unlock()
		opened = append(opened, book)
		return book, err
	}
	var stop atomic.Bool
	var done sync.WaitGroup
	var seen sync.Map
	for range 8 {
		done.Go(func() {
			for !stop.Load() {
				book, giveBack := l.Borrow()
				first := titleOf(t, book)
				seen.Store(first, true)
				if second := titleOf(t, book); first != second || book.Releases()[0].Name != first {
					t.Errorf("one piece of work saw %q and %q", first, second)
				}
				giveBack()
				titleOf(t, l)
			}
		})
	}
	const swaps = 12
	for n := 1; n <= swaps; n++ {
		title := fmt.Sprint(n)
		smallBook(t, path, title)
		if changed, err := l.Look(t.Context()); !changed || err != nil {
			t.Errorf("exchange %d: %v %v", n, changed, err)
		}
		for _, ok := seen.Load(title); !ok && !t.Failed(); _, ok = seen.Load(title) { // until somebody works with it
			titleOf(t, l)
		}
	}
	stop.Store(true)
	done.Wait()
	for i, book := range opened {
		if open := book.db.PingContext(t.Context()) == nil; open != (i == swaps-1) {
			t.Errorf("book %d of %d is open: %v", i+1, len(opened), open)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := opened[swaps-1].db.PingContext(t.Context()); err == nil {
		t.Error("the last book is still open")
	}
}

// TestStill: the starter is never looked after.
func TestStill(t *testing.T) {
	t.Parallel()
	book, err := OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	l := Still(book)
	if changed, err := l.Look(t.Context()); changed || err != nil || !l.Starter() {
		t.Errorf("%v %v", changed, err)
	}
	if _, fault := l.Fault(); fault != nil {
		t.Error(fault)
	}
	if err := errors.Join(l.Close(), l.Close()); err != nil {
		t.Error(err)
	}
}
