package imaptest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
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

// Ledger is a mailin.Ledger in memory. What processes share is Book; a Ledger is one process's access to it, made with Book.Process.
type Ledger struct {
	book *Book
}

var _ mailin.Ledger = (*Ledger)(nil)

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

// enter locks the book for the holder of the lease.
func (l *Ledger) enter(ctx context.Context, lease mailin.Lease) (*shelf, func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if err := l.failing(); err != nil {
		return nil, nil, err
	}
	l.book.mu.Lock()
	s := l.book.shelf(lease.Mailbox, lease.Folder)
	if s.lease.Epoch != lease.Epoch || s.holder != l {
		l.book.mu.Unlock()
		return nil, nil, mailin.ErrLeaseLost
	}
	return s, func() {
		l.book.change()
		l.book.mu.Unlock()
	}, nil
}

func (l *Ledger) failing() error {
	l.book.mu.Lock()
	failing := l.book.hooks.Failing
	l.book.mu.Unlock()
	if failing == nil {
		return nil
	}
	return failing()
}

func (l *Ledger) Acquire(ctx context.Context, mailbox, folder string) (mailin.Lease, error) {
	if err := l.failing(); err != nil {
		return mailin.Lease{}, err
	}
	for {
		l.book.mu.Lock()
		s := l.book.shelf(mailbox, folder)
		if s.holder == nil || s.holder == l {
			s.holder = l
			s.lease.Epoch++
			lease := s.lease
			l.book.change()
			l.book.mu.Unlock()
			return lease, nil
		}
		changed := l.book.changed
		l.book.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return mailin.Lease{}, ctx.Err()
		}
	}
}

func (l *Ledger) Beat(ctx context.Context, lease mailin.Lease) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	s.beats++
	return nil
}

func (l *Ledger) Release(ctx context.Context, lease mailin.Lease) error {
	s, leave, err := l.enter(ctx, lease)
	if errors.Is(err, mailin.ErrLeaseLost) {
		return nil
	}
	if err != nil {
		return err
	}
	defer leave()
	s.holder = nil
	return nil
}

func (l *Ledger) Adopt(ctx context.Context, lease mailin.Lease, adoption mailin.Adoption) (mailin.Lease, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return mailin.Lease{}, err
	}
	defer leave()
	s.lease.UIDValidity = adoption.UIDValidity
	s.lease.Generation++
	s.lease.LastUID = 0
	s.lease.Floor = adoption.Floor
	s.lease.Renumbered = adoption.Renumbered
	s.tries = make(map[uint32]int)
	return s.lease, nil
}

func (s *shelf) current() map[uint32]*Row {
	rows := s.rows[s.lease.Generation]
	if rows == nil {
		rows = make(map[uint32]*Row)
		s.rows[s.lease.Generation] = rows
	}
	return rows
}

// mark of a mail for Known: what two mails must have in common to be taken for one.
type likeness struct {
	fingerprint [32]byte
	size        int64
}

func likenessOf(m mailin.Summary) likeness { return likeness{m.Fingerprint, m.ServerSize} }

func (l *Ledger) Known(ctx context.Context, lease mailin.Lease, mails []mailin.Summary) ([]mailin.Fate, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return nil, err
	}
	defer leave()
	vouchers := make(map[likeness][]mailin.Fate)
	for generation, rows := range s.rows {
		if generation == s.lease.Generation {
			continue
		}
		for _, row := range rows {
			switch {
			case row.Fingerprint == [32]byte{}:
			case row.Fate == "":
				vouchers[likenessOf(row.Summary)] = append([]mailin.Fate{mailin.FateDouble}, vouchers[likenessOf(row.Summary)]...)
			case row.Fate == mailin.FateBeforeStart:
				vouchers[likenessOf(row.Summary)] = append(vouchers[likenessOf(row.Summary)], mailin.FateBeforeStart)
			}
		}
	}
	use := func(like likeness) mailin.Fate {
		left := vouchers[like]
		if len(left) == 0 {
			return ""
		}
		vouchers[like] = left[1:]
		return left[0]
	}
	for _, row := range s.current() {
		if row.Reason == "renumbered" {
			use(likenessOf(row.Summary))
		}
	}
	fates := make([]mailin.Fate, len(mails))
	for i, mail := range mails {
		if mail.Fingerprint != [32]byte{} {
			fates[i] = use(likenessOf(mail))
		}
	}
	return fates, nil
}

func (l *Ledger) Compare(ctx context.Context, lease mailin.Lease, mails []mailin.Summary) (agree, differ int, err error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return 0, 0, err
	}
	defer leave()
	for _, mail := range mails {
		row := s.current()[mail.UID]
		if row == nil || row.Fate != "" || row.Fingerprint == [32]byte{} || mail.Fingerprint == [32]byte{} {
			continue
		}
		if row.Fingerprint != mail.Fingerprint && row.ServerSize != mail.ServerSize {
			differ++
		} else {
			agree++
		}
	}
	return agree, differ, nil
}

func (l *Ledger) Deliver(ctx context.Context, lease mailin.Lease, mail mailin.Mail) error {
	l.book.mu.Lock()
	hooks := l.book.hooks
	l.book.mu.Unlock()
	body, err := mail.Body()
	if err != nil {
		return err
	}
	defer body.Close()
	var raw bytes.Buffer
	if n, err := io.Copy(&raw, body); err != nil || n != mail.Size {
		return errors.Join(err, errors.New("the body is not as long as announced"))
	}
	if hooks.Deliver != nil {
		if err := hooks.Deliver(mail); err != nil {
			return err
		}
	}
	if err := l.commit(ctx, lease, mail, raw.Bytes()); err != nil {
		return err
	}
	if hooks.Delivered != nil {
		return hooks.Delivered(mail)
	}
	return nil
}

func (l *Ledger) commit(ctx context.Context, lease mailin.Lease, mail mailin.Mail, raw []byte) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	s.lease.LastUID = max(s.lease.LastUID, mail.UID)
	delete(s.tries, mail.UID)
	if row := s.current()[mail.UID]; row != nil && row.Fate == "" {
		return nil
	}
	mail.Body = nil
	row := &Row{Summary: mail.Summary, Generation: s.lease.Generation, Mail: mail, Raw: raw}
	s.current()[mail.UID] = row
	s.order = append(s.order, row)
	return nil
}

func (l *Ledger) Pass(ctx context.Context, lease mailin.Lease, mails []mailin.Summary, fate mailin.Fate, reason string) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	for _, mail := range mails {
		s.lease.LastUID = max(s.lease.LastUID, mail.UID)
		delete(s.tries, mail.UID)
		if s.current()[mail.UID] == nil {
			s.current()[mail.UID] = &Row{Summary: mail, Generation: s.lease.Generation, Fate: fate, Reason: reason}
		}
	}
	return nil
}

func (l *Ledger) Failed(ctx context.Context, lease mailin.Lease, position mailin.Position, reason string) (int, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return 0, err
	}
	defer leave()
	s.lease.LastUID = max(s.lease.LastUID, position.UID)
	s.tries[position.UID]++
	return s.tries[position.UID], nil
}

func (l *Ledger) Missing(ctx context.Context, lease mailin.Lease, live, deleted []uint32) ([]mailin.Hole, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return nil, err
	}
	defer leave()
	var holes []mailin.Hole
	look := func(uids []uint32, live bool) {
		for _, uid := range uids {
			row := s.current()[uid]
			if uid <= s.lease.LastUID && (row == nil || live && row.Fate == mailin.FateSkippedDeleted) {
				holes = append(holes, mailin.Hole{UID: uid, Tries: s.tries[uid]})
			}
		}
	}
	look(live, true)
	look(deleted, false)
	slices.SortFunc(holes, func(a, b mailin.Hole) int { return cmp.Compare(a.UID, b.UID) })
	return holes, nil
}

func (l *Ledger) Gone(ctx context.Context, lease mailin.Lease, listed []uint32) (int, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return 0, err
	}
	defer leave()
	newly := 0
	for uid, row := range s.current() {
		_, there := slices.BinarySearch(listed, uid)
		if !there && !row.Gone {
			newly++
		}
		row.Gone = !there
	}
	return newly, nil
}

func (l *Ledger) Unmarked(ctx context.Context, lease mailin.Lease, after uint32, limit int) ([]mailin.Position, error) {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return nil, err
	}
	defer leave()
	var left []mailin.Position
	for uid, row := range s.current() {
		wanted := row.Fate == "" || row.Fate == mailin.FateDouble
		if uid > after && wanted && !row.Gone && (row.Mark == "" || row.Mark == mailin.MarkRefused) {
			left = append(left, row.Position)
		}
	}
	slices.SortFunc(left, func(a, b mailin.Position) int { return cmp.Compare(a.UID, b.UID) })
	return left[:min(len(left), limit)], nil
}

func (l *Ledger) Marked(ctx context.Context, lease mailin.Lease, marks []mailin.Mark) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	for _, mark := range marks {
		if row := s.current()[mark.UID]; row != nil {
			row.Mark, row.MovedTo = mark.Result, mark.MovedTo
			row.Gone = row.Gone || mark.Result == mailin.MarkGone || mark.Result == mailin.MarkMoved
		}
	}
	return nil
}

func (l *Ledger) Swept(ctx context.Context, lease mailin.Lease, sweep mailin.Sweep) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	s.sweeps = append(s.sweeps, sweep)
	return nil
}

func (l *Ledger) Health(ctx context.Context, lease mailin.Lease, health mailin.Health) error {
	s, leave, err := l.enter(ctx, lease)
	if err != nil {
		return err
	}
	defer leave()
	s.healths = append(s.healths, health)
	return nil
}
