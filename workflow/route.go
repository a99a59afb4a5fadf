package workflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/store"
)

// routeWorker puts a message's case where a person finds it, and decides the automatic mail.
type routeWorker struct {
	river.WorkerDefaults[RouteArgs]
	line *Line
}

// Timeout implements river.Worker.
func (w *routeWorker) Timeout(*river.Job[RouteArgs]) time.Duration { return w.line.timeout }

// Work implements river.Worker.
func (w *routeWorker) Work(ctx context.Context, job *river.Job[RouteArgs]) error {
	l := w.line
	return l.runStep(ctx, job.JobRow, func() error {
		for {
			err := l.route(ctx, job)
			// The case was changed between reading and writing (a consultant claimed it, say): read again.
			if !errors.Is(err, errChanged) {
				return err
			}
		}
	}, l.messageFailed(job.Args.MessageID, casefile.StepRoute))
}

// errChanged says that a case is not what a letter was composed from.
var errChanged = errors.New("the case has changed meanwhile")

// intentThanks is a mere thank-you: it joins its case and reopens nothing.
const intentThanks = "thanks"

func (l *Line) route(ctx context.Context, job *river.Job[RouteArgs]) error {
	p, err := l.files.Pending(ctx, job.Args.MessageID, casefile.StepRoute)
	if err != nil {
		return err
	}
	view, err := l.files.GetID(ctx, p.CaseID)
	if err != nil {
		return err
	}
	mailbox := l.mailbox(view.Mailbox)
	queue := l.queue(mailbox.Queue)
	due := queue.Hours.Add(p.At, queue.Due)
	if p.At.Before(l.db.Now().Add(-24 * time.Hour)) {
		due = queue.Hours.Add(l.db.Now(), queue.Due) // what comes late is not overdue when it comes
	}
	var reading codes.Reading
	if err := l.files.Reading(ctx, p.ID, &reading); err != nil {
		return err
	}
	var checked findings
	if checked.found, checked.not, err = l.files.MessageFindings(ctx, p.ID); err != nil {
		return err
	}
	detail := map[string]any{"queue": queue.Name, "why": "the mailbox's queue"}
	words, err := l.quotable(ctx, p, reading)
	if err != nil {
		return err
	}
	letter, err := l.automaticLetter(view, p, reading, checked, words, due)
	if err != nil {
		// A mail that cannot be answered by itself (to an address that no mail can be sent to, say) is still a question.
		l.opts.Log.WarnContext(ctx, "No automatic mail could be written", "message_id", p.ID, "error", errorCode(err))
		letter, detail["no_letter"] = nil, errorCode(err)
	}
	return l.db.InTx(ctx, func(tx *store.Tx) error {
		e, err := casefile.Lock(ctx, tx, p.CaseID)
		if err != nil {
			return err
		}
		if e.Version != view.Version+1 {
			return errChanged
		}
		if err := e.Advance(ctx, p.Due(), casefile.StepDone); err != nil {
			return err
		}
		arrived := false
		if e.State == casefile.New || !p.Again && !answeredAlready(view, p.ID) {
			if arrived, err = l.place(e, p, queue, due); err != nil {
				return err
			}
		}
		detail["due"] = e.DueAt
		if err := e.Record(ctx, casefile.EventRouted, casefile.System, p.ID, detail); err != nil {
			return err
		}
		if letter != nil {
			if err := l.keepAutomatic(ctx, e, p, letter); err != nil {
				return err
			}
		}
		if arrived {
			if err := l.enqueue(ctx, tx, NotifyArgs{CaseID: e.ID}, time.Time{}); err != nil {
				return err
			}
		}
		if err := e.Save(ctx); err != nil {
			return err
		}
		return complete(ctx, tx, job)
	})
}

// place moves the case to where the message puts it, and tells whether a person has something new to do.
func (l *Line) place(e *casefile.Edit, p *casefile.Pending, queue Queue, due time.Time) (arrived bool, err error) {
	thanks := p.Intent == intentThanks && len(p.Attachments) == 0
	switch e.State {
	case casefile.New:
		e.Queue, e.DueAt = queue.Name, due
		return true, e.Move(casefile.Waiting)
	case casefile.AskedBack:
		// What was asked for has come: the clock runs again, and the case goes back to who asked.
		if thanks {
			return false, nil
		}
		e.DueAt = due
		by := e.ClaimedBy
		if err := e.Move(casefile.Waiting); err != nil || by == 0 {
			return true, err
		}
		e.ClaimedBy = by
		return true, e.Move(casefile.Claimed)
	case casefile.Answered, casefile.Closed:
		if thanks {
			return false, nil
		}
		e.Flag(casefile.Reopened, true)
		e.DueAt = due
		return true, e.Move(casefile.Waiting)
	}
	return false, nil
}

// keepAutomatic keeps the automatic mail, unless a limit delays it. Nothing is dropped: what is over the limit goes
// out when the oldest of the counted mails has left the window.
func (l *Line) keepAutomatic(ctx context.Context, e *casefile.Edit, p *casefile.Pending, letter *composed) error {
	notBefore, err := l.notBefore(ctx, e.Tx(), letter.delivery.Envelope.To[0])
	if err != nil {
		return err
	}
	n := letter.delivery
	n.NotBefore = notBefore
	n.Raw = bytes.NewReader(letter.raw)
	d, err := e.AddDelivery(ctx, n)
	if err != nil {
		return err
	}
	if !notBefore.IsZero() {
		l.opts.Log.WarnContext(ctx, "An automatic mail was delayed by a rate limit", "case_id", e.ID, "delivery_id", d.ID, "until", notBefore)
	}
	if err := l.enqueue(ctx, e.Tx(), SendArgs{DeliveryID: d.ID}, notBefore); err != nil {
		return fmt.Errorf("send the automatic mail of case %d: %w", e.ID, err)
	}
	return nil
}

// notBefore is when the limits let the next automatic mail to an address go; zero: now.
func (l *Line) notBefore(ctx context.Context, tx *store.Tx, address string) (at time.Time, err error) {
	for _, limit := range []struct {
		address string
		rate    Rate
	}{{address, l.opts.PerSender}, {"", l.opts.Overall}} {
		if limit.rate.Most <= 0 {
			continue
		}
		free, err := casefile.AutomaticFree(ctx, tx, limit.address, limit.rate.Most, limit.rate.Window)
		if err != nil {
			return at, err
		}
		if free.After(at) {
			at = free
		}
	}
	if !at.After(tx.Now) {
		return time.Time{}, nil
	}
	return at, nil
}
