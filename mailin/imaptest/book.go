package imaptest

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"caseconsultant/mailin"
)

// Row is one UID in the Ledger.
type Row struct {
	mailin.Summary
	Generation int64
	Fate       mailin.Fate // "" when delivered
	Reason     string
	Mail       mailin.Mail // when delivered; Body is closed
	Raw        []byte      // the bytes of Body
	Mark       mailin.MarkResult
	MovedTo    mailin.Position
	Gone       bool
}

// Book is what all processes' ledgers share.
type Book struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew with each change
	folders map[string]*shelf
	hooks   Hooks
}

// Hooks let a test break things. They run without a lock, before the ledger does its own.
type Hooks struct {
	// Deliver may refuse a mail: as if the database had failed before the commit.
	Deliver func(mailin.Mail) error
	// Delivered may claim a failure after the commit, as a database does whose answer is lost.
	Delivered func(mailin.Mail) error
	// Failing, when it returns an error, makes every method return it: the database is away.
	Failing func() error
	// Forget drops the bytes of mails once they have been read: for measuring.
	Forget bool
}

type shelf struct {
	lease   mailin.Lease
	holder  *Ledger
	rows    map[int64]map[uint32]*Row
	tries   map[uint32]int // of the current generation
	healths []mailin.Health
	sweeps  []mailin.Sweep
	beats   int
	order   []*Row // deliveries, in the order of their commits
}

// NewBook makes an empty one.
func NewBook() *Book {
	return &Book{changed: make(chan struct{}), folders: make(map[string]*shelf)}
}

// NewLedger is the ledger of the only process.
func NewLedger() *Ledger { return NewBook().Process() }

// Process is the ledger of one more process.
func (b *Book) Process() *Ledger { return &Ledger{book: b} }

// Book returns what is shared.
func (l *Ledger) Book() *Book { return l.book }

// Set replaces the hooks.
func (b *Book) Set(hooks Hooks) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hooks = hooks
}

// Steal gives the folder's lease to another process, as if the holder's beat had stood still.
func (b *Book) Steal(mailbox, folder string, thief *Ledger) mailin.Lease {
	b.mu.Lock()
	defer b.mu.Unlock()
	shelf := b.shelf(mailbox, folder)
	shelf.holder = thief
	shelf.lease.Epoch++
	b.change()
	return shelf.lease
}

func (b *Book) shelf(mailbox, folder string) *shelf {
	key := mailbox + "\x00" + folder
	s := b.folders[key]
	if s == nil {
		s = &shelf{lease: mailin.Lease{Mailbox: mailbox, Folder: folder}, rows: make(map[int64]map[uint32]*Row), tries: make(map[uint32]int)}
		b.folders[key] = s
	}
	return s
}

func (b *Book) change() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// View is a copy of one folder for a test to look at.
type View struct {
	Lease    mailin.Lease
	Rows     []Row // of the current generation, by UID
	Earlier  []Row // of earlier generations
	Tries    map[uint32]int
	Healths  []mailin.Health
	Sweeps   []mailin.Sweep
	Beats    int
	Held     bool
	Sequence []uint32 // UIDs in the order of delivery, over all generations
}

// Delivered returns the rows with bytes of the current generation.
func (v View) Delivered() []Row {
	return slices.DeleteFunc(slices.Clone(v.Rows), func(r Row) bool { return r.Fate != "" })
}

// Row returns the row of a UID, or nil.
func (v View) Row(uid uint32) *Row {
	for i := range v.Rows {
		if v.Rows[i].UID == uid {
			return &v.Rows[i]
		}
	}
	return nil
}

// Health is the newest, or the zero value.
func (v View) Health() mailin.Health {
	if len(v.Healths) == 0 {
		return mailin.Health{}
	}
	return v.Healths[len(v.Healths)-1]
}

// View copies the state of a folder.
func (b *Book) View(mailbox, folder string) View {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.view(mailbox, folder)
}

func (b *Book) view(mailbox, folder string) View {
	s := b.shelf(mailbox, folder)
	v := View{Lease: s.lease, Tries: maps.Clone(s.tries), Healths: slices.Clone(s.healths), Sweeps: slices.Clone(s.sweeps), Beats: s.beats, Held: s.holder != nil}
	for generation, rows := range s.rows {
		for _, row := range rows {
			if generation == s.lease.Generation {
				v.Rows = append(v.Rows, *row)
			} else {
				v.Earlier = append(v.Earlier, *row)
			}
		}
	}
	byUID := func(a, b Row) int { return cmp.Compare(a.UID, b.UID) }
	slices.SortFunc(v.Rows, byUID)
	slices.SortFunc(v.Earlier, byUID)
	for _, row := range s.order {
		v.Sequence = append(v.Sequence, row.UID)
	}
	return v
}

// Until waits until the folder is as the test wants it, and returns it so; it fails the test after 30 seconds.
func (b *Book) Until(tb testing.TB, mailbox, folder, what string, reached func(View) bool) View {
	tb.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for {
		b.mu.Lock()
		view, changed := b.view(mailbox, folder), b.changed
		b.mu.Unlock()
		if reached(view) {
			return view
		}
		select {
		case <-changed:
		case <-deadline.C:
			tb.Fatalf("waited in vain until %s; cursor %d, %d rows (%d delivered), tries %v, health %+v", what,
				view.Lease.LastUID, len(view.Rows), len(view.Delivered()), view.Tries, view.Health())
		}
	}
}
