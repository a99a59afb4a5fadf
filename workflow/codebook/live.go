package codebook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"caseconsultant/workflow/codes"
)

// Live is the codebook at a path while it may be replaced by a rename: `codes build` makes a new file, and a program that has been running
// for months answers from it some seconds later. Look notices, checks and exchanges; who works with the old one keeps it to the end of that
// work, and it is closed by whoever is done last. Its methods may be called from any number of goroutines.
//
// A new file that cannot be opened, or whose pages do not hold together, changes nothing but Fault: the old one goes on.
type Live struct {
	path string // "" is a book that is never replaced
	open func(context.Context, string) (*Book, error)
	view func(*Book) *Book
	*shelf
}

// shelf is what all views of a Live share.
type shelf struct {
	looking sync.Mutex // one look at a time
	mu      sync.Mutex // guards what follows
	now     *lent
	closed  bool
	fault   error
	since   time.Time
	judged  os.FileInfo // the file that was opened, or refused, last
}

// lent is one open book and those who work with it.
type lent struct {
	book  *Book
	users int // the shelf is one of them
	shut  bool
}

// OpenLive opens the book at a path. Errors are those of Open.
func OpenLive(ctx context.Context, path string) (*Live, error) {
	l := &Live{path: path, open: Open, shelf: &shelf{}}
	info, err := os.Stat(path) // before it is opened: what comes between is seen by the next look
	if err != nil {
		return nil, fmt.Errorf("opening the codebook: %w", err)
	}
	book, err := l.open(ctx, path)
	if err != nil {
		return nil, err
	}
	l.now, l.judged = newLent(book), info
	return l, nil
}

// Still is a Live of a book that is never replaced, such as the starter.
func Still(book *Book) *Live {
	return &Live{shelf: &shelf{now: newLent(book)}}
}

func newLent(book *Book) *lent { return &lent{book: book, users: 1} }

// View is the same shelf with each book shown through view, for example with the texts that a licence permits for one use. Closing any of
// them closes all.
func (l *Live) View(view func(*Book) *Book) *Live {
	other := *l
	other.view = view
	return &other
}

// Borrow lends the book of now for one piece of work, such as one step or one page, so that all of it rests on the same releases. giveBack
// must be called once, and ends it; a closed Live lends its last book, whose look-ups fail.
func (l *Live) Borrow() (book *Book, giveBack func()) {
	l.mu.Lock()
	of := l.now
	of.users++
	l.mu.Unlock()
	book = of.book
	if l.view != nil {
		book = l.view(book)
	}
	return book, sync.OnceFunc(func() { _ = l.release(of) }) // a read-only file that does not close loses nothing
}

// release takes a user off a book, and closes it after the last.
func (l *Live) release(of *lent) error {
	l.mu.Lock()
	of.users--
	last := of.users == 0 && !of.shut
	of.shut = of.shut || last
	l.mu.Unlock()
	if !last {
		return nil
	}
	return of.book.Close()
}

// Close closes the book once nobody works with it any more. It does not wait for that.
func (l *Live) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	of := l.now
	l.mu.Unlock()
	return l.release(of)
}

// Fault is since when, and why, the file at the path is not the one that answers; a nil error when all is well.
func (l *Live) Fault() (since time.Time, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.since, l.fault
}

// Look compares the file at the path with the one that was judged last, and takes a new one in. changed says that a new one answers now. The
// error is the fault of a new file, once: a look at the same bad file again is silent, and Fault keeps it.
func (l *Live) Look(ctx context.Context) (changed bool, err error) {
	if l.path == "" {
		return false, nil
	}
	l.looking.Lock()
	defer l.looking.Unlock()
	info, err := os.Stat(l.path)
	if err != nil {
		return false, l.refuse(nil, fmt.Errorf("the codebook's file cannot be seen any more, the one that is open goes on: %w", err))
	}
	l.mu.Lock()
	same := l.closed || l.judged != nil && os.SameFile(l.judged, info) && l.judged.Size() == info.Size() && l.judged.ModTime().Equal(info.ModTime())
	l.mu.Unlock()
	if same {
		return false, nil
	}
	book, err := l.open(ctx, l.path)
	if err == nil {
		if err = book.Verify(ctx); err != nil {
			err = errors.Join(err, book.Close())
		}
	}
	if ctx.Err() != nil {
		if err == nil {
			err = book.Close()
		}
		return false, errors.Join(ctx.Err(), err) // nothing is known about the file
	}
	if err != nil {
		return false, l.refuse(info, fmt.Errorf("the codebook's new file is not taken, the one before it goes on: %w", err))
	}
	fresh := newLent(book)
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return false, book.Close()
	}
	old := l.now
	l.now, l.judged, l.fault, l.since = fresh, info, nil, time.Time{}
	l.mu.Unlock()
	return true, l.release(old)
}

// refuse keeps a fault, and tells it if it is new.
func (l *Live) refuse(info os.FileInfo, fault error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	told := l.fault != nil && info == nil && l.judged == nil // it was away at the last look too
	if l.fault == nil {
		l.since = time.Now()
	}
	l.fault, l.judged = fault, info
	if told {
		return nil
	}
	return fault
}

// Verify reads all pages of the file and says whether they hold together. A book of 600 MB takes some seconds.
func (b *Book) Verify(ctx context.Context) error {
	var said string
	if err := b.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("checking the codebook %s: %w (%w)", b.path, ErrNotACodebook, err)
	}
	if said != "ok" {
		return fmt.Errorf("checking the codebook %s: %w: it is damaged (%s)", b.path, ErrNotACodebook, clip(said, 200))
	}
	return nil
}

// Lookup is Book.Lookup on the book of now.
func (l *Live) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (Entry, bool, error) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Lookup(ctx, system, code, on)
}

// Find is Book.Find on the book of now.
func (l *Live) Find(ctx context.Context, code string, on time.Time) ([]Entry, error) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Find(ctx, code, on)
}

// Search is Book.Search on the book of now.
func (l *Live) Search(ctx context.Context, words string, opts SearchOptions) ([]Hit, error) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Search(ctx, words, opts)
}

// AddPlace is Book.AddPlace on the book of now.
func (l *Live) AddPlace(ctx context.Context, e *Entry, on time.Time) error {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.AddPlace(ctx, e, on)
}

// Decides is Book.Decides on the book of now.
func (l *Live) Decides(system codes.System, code string, on time.Time) (Release, bool) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Decides(system, code, on)
}

// Notes is Book.Notes on the book of now.
func (l *Live) Notes(ctx context.Context, system codes.System, code string, on time.Time) ([]Note, error) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Notes(ctx, system, code, on)
}

// Passages is Book.Passages on the book of now.
func (l *Live) Passages(ctx context.Context, q PassageQuery) ([]Passage, error) {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Passages(ctx, q)
}

// Releases is Book.Releases on the book of now.
func (l *Live) Releases() []Release {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Releases()
}

// Starter is Book.Starter on the book of now.
func (l *Live) Starter() bool {
	book, giveBack := l.Borrow()
	defer giveBack()
	return book.Starter()
}
