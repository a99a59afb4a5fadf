package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"caseconsultant/cmd/caseconsultant/demo"
	"caseconsultant/mailin"
	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
)

// benchPatience is how long nothing may happen before bench gives up.
const benchPatience = time.Minute

// measure runs the four parts; the bare loop's stand beside the line's, so that what else the machine does meets both.
func (b *bench) measure(lone, mails int) (*benchFigures, error) {
	f := newFigures(lone, mails)
	steps := []func() error{
		func() (err error) { f.Bare.Announced, f.Bare.Appended, err = b.bareLone(lone); return err },
		func() (err error) { f.Announced, f.Appended, err = b.lineLone(lone); return err },
		func() (err error) { f.Bare.MailsPerSecond, err = b.bareBacklog(mails); return err },
		func() (err error) { f.MailsPerSecond, err = b.lineBacklog(lone, mails); return err },
	}
	for i, step := range steps {
		b.progress([]string{"a bare loop, mail by mail", "the line, mail by mail", "a bare loop, the backlog", "the line, the backlog"}[i])
		if err := step(); err != nil {
			if b.ctx.Err() != nil {
				return nil, b.ctx.Err()
			}
			return nil, err
		}
	}
	b.progress("")
	f.Ratio = f.MailsPerSecond / f.Bare.MailsPerSecond
	return f, nil
}

// progress says on a terminal what is being measured.
func (b *bench) progress(what string) {
	if b.terminal {
		fmt.Fprintf(b.err, "\r\x1b[K%s", what)
	}
}

// next makes another mail: the questions of the demo's samples in turn, each time a different mail.
func (b *bench) next() ([]byte, error) {
	samples, err := demo.Samples()
	if err != nil {
		return nil, err
	}
	b.lastMail++
	sample := &samples[b.lastMail%12] // the twelve questions; what follows them answers mails that it has not got
	return sample.Variant(time.Now(), b.asker, string(b.cfg.Mailboxes[0].Address), fmt.Sprintf("%s.%d@bench.example", b.run, b.lastMail)), nil
}

// fill puts mails into a folder.
func (b *bench) fill(folder string, n int) error {
	for range n {
		raw, err := b.next()
		if err != nil {
			return err
		}
		if _, _, err := b.mailbox.append(folder, raw); err != nil {
			return err
		}
	}
	return nil
}

// hearing stands before the ledger and notes when the watcher heard of each mail.
type hearing struct {
	mailin.Ledger

	mu sync.Mutex
	at map[uint32]time.Time
}

// Deliver implements mailin.Ledger.
func (h *hearing) Deliver(ctx context.Context, lease mailin.Lease, mail mailin.Mail) error {
	h.mu.Lock()
	if _, ok := h.at[mail.UID]; !ok {
		h.at[mail.UID] = mail.Announced
	}
	h.mu.Unlock()
	return h.Ledger.Deliver(ctx, lease, mail)
}

func (h *hearing) heard(uid uint32) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.at[uid]
	return at, ok
}

// start starts the program of serve.
func (b *bench) start() error {
	b.heard = &hearing{at: map[uint32]time.Time{}}
	program, err := New(b.cfg, ProgramOptions{Stderr: b.err, Ledger: func(l mailin.Ledger) mailin.Ledger {
		b.heard.Ledger = l
		return b.heard
	}})
	if err != nil {
		return err
	}
	if err := program.Run(b.ctx); err != nil {
		return err
	}
	b.program = program
	return nil
}

func (b *bench) stop() error {
	program := b.program
	b.program = nil
	return program.Close()
}

// lineLone sends mails one by one, each when the one before has its summary.
func (b *bench) lineLone(n int) (announced, appended quantiles, err error) {
	if err := b.start(); err != nil {
		return announced, appended, err
	}
	if err := b.watching(); err != nil {
		return announced, appended, err
	}
	had := map[uint32]time.Time{}
	for i := range n {
		raw, err := b.next()
		if err != nil {
			return announced, appended, err
		}
		uid, at, err := b.mailbox.append(b.mailbox.folder, raw)
		if err != nil {
			return announced, appended, err
		}
		had[uid] = at
		if err := b.accepted(i+1, 2*time.Millisecond); err != nil {
			return announced, appended, err
		}
		// A lone mail finds everything at rest.
		if err := wait(b.ctx, 30*time.Millisecond); err != nil {
			return announced, appended, err
		}
	}
	ends, err := b.ends()
	if err != nil {
		return announced, appended, err
	}
	var fromAnnounced, fromAppended []time.Duration
	for uid, end := range ends {
		if at, ok := had[uid]; ok {
			fromAppended = append(fromAppended, end.Sub(at))
		}
		if at, ok := b.heard.heard(uid); ok {
			fromAnnounced = append(fromAnnounced, end.Sub(at))
		}
	}
	return quantilesOf(fromAnnounced), quantilesOf(fromAppended), b.stop()
}

// lineBacklog starts the program before a folder full of mail. There are mails from before in it, which are done.
func (b *bench) lineBacklog(before, n int) (perSecond float64, err error) {
	if err := b.fill(b.mailbox.folder, n); err != nil {
		return 0, err
	}
	if err := b.start(); err != nil {
		return 0, err
	}
	if err := b.accepted(before+n, 50*time.Millisecond); err != nil {
		return 0, err
	}
	ends, err := b.ends()
	if err != nil {
		return 0, err
	}
	var first, last time.Time
	for uid, end := range ends {
		if at, ok := b.heard.heard(uid); ok && (first.IsZero() || at.Before(first)) {
			first = at
		}
		if end.After(last) {
			last = end
		}
	}
	return float64(n) / last.Sub(first).Seconds(), b.stop()
}

// watching waits until the watcher waits for mail, so that the first lone mail does not meet its start.
func (b *bench) watching() error {
	ctx, cancel := context.WithTimeout(b.ctx, benchPatience)
	defer cancel()
	for {
		mailboxes, err := b.program.Line().Ledger().Mailboxes(ctx)
		if err != nil {
			return err
		}
		state := mailin.State("")
		for _, m := range mailboxes {
			if m.Folder == b.mailbox.folder {
				state = mailin.State(m.State)
			}
		}
		if state == mailin.StateIdle || state == mailin.StatePolling {
			return nil
		}
		if err := wait(ctx, 5*time.Millisecond); err != nil {
			return fmt.Errorf("the watcher has not come to rest within %v, it is %q: %w", benchPatience, state, err)
		}
	}
}

// accepted waits until so many mails of ours were accepted.
func (b *bench) accepted(n int, every time.Duration) error {
	best, since := 0, time.Now()
	for {
		counts, err := b.program.Line().Files().DeliveryCounts(b.ctx)
		if err != nil {
			return err
		}
		done := counts[casefile.DeliveryAccepted]
		if done >= n {
			return nil
		}
		if done > best {
			best, since = done, time.Now()
		}
		for _, state := range []casefile.DeliveryState{casefile.DeliveryFailed, casefile.DeliveryUncertain, casefile.DeliveryHeld} {
			if counts[state] > 0 {
				return fmt.Errorf("%d summaries are %s: %s", counts[state], state, b.reason(state))
			}
		}
		if time.Since(since) > benchPatience {
			return fmt.Errorf("nothing happened for %v: %d of %d mails have their summary, deliveries are %v", benchPatience, done, n, counts)
		}
		if err := wait(b.ctx, every); err != nil {
			return err
		}
	}
}

func (b *bench) reason(state casefile.DeliveryState) string {
	list, err := b.program.Line().Files().Deliveries(b.ctx, []casefile.DeliveryState{state}, 0, 1)
	if err != nil || len(list) == 0 {
		return "for a reason that cannot be read"
	}
	return list[0].Reason
}

// ends tells for each UID of this start when its summary was accepted: the transaction after the server's 250.
func (b *bench) ends() (map[uint32]time.Time, error) {
	accepted := map[int64]time.Time{} // by the message that is answered
	files, ledger := b.program.Line().Files(), b.program.Line().Ledger()
	for before := int64(0); ; {
		page, err := files.Deliveries(b.ctx, []casefile.DeliveryState{casefile.DeliveryAccepted}, before, 500)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			accepted[d.MessageID] = d.AcceptedAt
			before = d.ID
		}
		if len(page) < 500 {
			break
		}
	}
	ends := map[uint32]time.Time{}
	for before := int64(0); ; {
		page, err := ledger.Entries(b.ctx, "", before, 500)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			before = e.ID
			if at, ok := accepted[e.MessageID]; ok {
				if _, now := b.heard.heard(e.UID); now {
					ends[e.UID] = at
				}
			}
		}
		if len(page) < 500 {
			return ends, nil
		}
	}
}

// bareLoop is the least that can be done: fetch by IMAP, send by SMTP, nothing between.
type bareLoop struct {
	client *imapclient.Client
	sender *mailout.Sender
	told   chan time.Time // when the server announced something
	last   imap.UID
	from   string
	to     []string
}

func (b *bench) newBareLoop() (*bareLoop, error) {
	l := &bareLoop{told: make(chan time.Time, 1024), from: string(b.cfg.Mailboxes[0].Address), to: []string{orText(b.asker, "lee@ent.example")}}
	var err error
	if l.client, err = dialBench(b.ctx, &b.cfg.Mailboxes[0], &imapclient.UnilateralDataHandler{Mailbox: func(data *imapclient.UnilateralDataMailbox) {
		if data.NumMessages != nil {
			select {
			case l.told <- time.Now():
			default: // one that waits is enough
			}
		}
	}}); err != nil {
		return nil, err
	}
	if l.sender, err = mailout.NewSender(b.cfg.SMTP.sender()); err != nil {
		return nil, errors.Join(err, l.client.Close())
	}
	if _, err := l.client.Select(b.mailbox.bare, nil).Wait(); err != nil {
		return nil, errors.Join(fmt.Errorf("open the bare loop's folder: %w", err), l.close())
	}
	return l, nil
}

func (l *bareLoop) close() error { return errors.Join(l.client.Close(), l.sender.Close()) }

// pass fetches and sends what is new, and returns how many mails that were.
func (l *bareLoop) pass(ctx context.Context) (n int, err error) {
	err = mailsAfter(l.client, l.last, func(uid imap.UID, raw []byte) error {
		_, err := l.sender.Send(ctx, mailout.Envelope{From: l.from, To: l.to}, int64(len(raw)), bytes.NewReader(raw), func(context.Context) error { return nil })
		if err != nil {
			return fmt.Errorf("send a mail: %w", err)
		}
		l.last = uid
		n++
		return nil
	})
	return n, err
}

// one waits for the announcement of a mail and takes it through.
func (l *bareLoop) one(ctx context.Context, appended func() (time.Time, error)) (announced, had, accepted time.Time, err error) {
	for len(l.told) > 0 {
		<-l.told
	}
	idle, err := l.client.Idle()
	if err != nil {
		return announced, had, accepted, fmt.Errorf("wait for mail: %w", err)
	}
	if had, err = appended(); err != nil {
		return announced, had, accepted, err
	}
	select {
	case announced = <-l.told:
	case <-time.After(benchPatience):
		return announced, had, accepted, errors.New("the IMAP server has not announced a mail")
	case <-ctx.Done():
		return announced, had, accepted, ctx.Err()
	}
	if err = errors.Join(idle.Close(), idle.Wait()); err != nil {
		return announced, had, accepted, fmt.Errorf("wait for mail: %w", err)
	}
	n, err := l.pass(ctx)
	if err == nil && n != 1 {
		err = fmt.Errorf("the IMAP server announced one mail and gave %d", n)
	}
	return announced, had, time.Now(), err
}

func (b *bench) bareLone(n int) (announced, appended quantiles, err error) {
	l, err := b.newBareLoop()
	if err != nil {
		return announced, appended, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	var fromAnnounced, fromAppended []time.Duration
	for range n {
		heard, had, end, err := l.one(b.ctx, func() (time.Time, error) {
			raw, err := b.next()
			if err != nil {
				return time.Time{}, err
			}
			_, at, err := b.mailbox.append(b.mailbox.bare, raw)
			return at, err
		})
		if err != nil {
			return announced, appended, err
		}
		fromAnnounced, fromAppended = append(fromAnnounced, end.Sub(heard)), append(fromAppended, end.Sub(had))
	}
	return quantilesOf(fromAnnounced), quantilesOf(fromAppended), nil
}

func (b *bench) bareBacklog(n int) (perSecond float64, err error) {
	l, err := b.newBareLoop()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if _, err := l.pass(b.ctx); err != nil { // those of before
		return 0, err
	}
	if err := b.fill(b.mailbox.bare, n); err != nil {
		return 0, err
	}
	if err := l.client.Noop().Wait(); err != nil {
		return 0, fmt.Errorf("look for mail: %w", err)
	}
	began := time.Now()
	got, err := l.pass(b.ctx)
	if err == nil && got != n {
		err = fmt.Errorf("the bare loop got %d of %d mails", got, n)
	}
	return float64(n) / time.Since(began).Seconds(), err
}
