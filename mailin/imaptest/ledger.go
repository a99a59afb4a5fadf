package imaptest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"caseconsultant/mailin"
)

// Ledger is a mailin.Ledger in memory. What processes share is Book; a Ledger is one process's access to it, made with Book.Process.
type Ledger struct {
	book *Book
}

var _ mailin.Ledger = (*Ledger)(nil)

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
		if row.Fate == mailin.FateDouble || row.Fate == mailin.FateBeforeStart {
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
	into := io.Writer(&raw)
	if hooks.Forget {
		into = io.Discard
	}
	if n, err := io.Copy(into, body); err != nil || n != mail.Size {
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
