package workflow

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"

	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
)

// sendWorker makes one attempt to send a delivery.
//
// What a crash can leave behind is decided by two commits: `sending` before the final dot goes out, `accepted` after
// the server's 250. A connection that breaks before the dot has sent nothing and the delivery goes back to `queued`;
// after it nobody knows, and it becomes `uncertain`, never sent again without a person's word (or by setting, once,
// under the same Message-ID). That window SMTP leaves open (RFC 5321 section 6.1, RFC 1047).
type sendWorker struct {
	river.WorkerDefaults[SendArgs]
	line *Line
}

// giveUpAfter is how long a mail is tried (RFC 5321 section 4.5.4.1 asks for at least four days).
const giveUpAfter = 5 * 24 * time.Hour

// sendRetries are the waits between attempts; the last one repeats.
var sendRetries = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour}

// brokenRetry is the wait after a connection that broke before anything was decided: the mail itself was not refused.
var brokenRetries = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second}

func nextSend(attempts int64, broken bool) time.Duration {
	waits := sendRetries
	if broken {
		waits = append(append([]time.Duration{}, brokenRetries...), sendRetries...)
	}
	return waits[min(attempts, int64(len(waits)-1))]
}

// Work implements river.Worker.
func (w *sendWorker) Work(ctx context.Context, job *river.Job[SendArgs]) error {
	l := w.line
	err := protect(func() error { return l.send(ctx, job) })
	switch outcomeOf(ctx, err) {
	case done:
		return nil
	case giveBack:
		return ctx.Err()
	}
	// Our own fault, not the mail's: River tries again, and the reconciler sees to a delivery whose job is given up.
	return &stepError{job.Kind, errorCode(err)}
}

func (l *Line) send(ctx context.Context, job *river.Job[SendArgs]) error {
	d, err := l.files.Delivery(ctx, job.Args.DeliveryID)
	if errors.Is(err, casefile.ErrNotFound) {
		return casefile.ErrNotDue
	}
	if err != nil {
		return err
	}
	if d.State != casefile.DeliveryQueued && d.State != casefile.DeliveryDeferred || d.NextAt.After(l.db.Now()) {
		return casefile.ErrNotDue
	}
	content, err := l.db.OpenContent(ctx, d.ContentID)
	if err != nil {
		return err
	}
	if _, busy := l.sending.LoadOrStore(d.ID, true); busy {
		return casefile.ErrNotDue // this very process is at it
	}
	defer l.sending.Delete(d.ID)
	// tried: `sending` may have been committed. begun: it was, and the final dot may have gone out.
	tried, begun := false, false
	_, err = l.opts.Sender.Send(ctx, mailout.Envelope{From: d.Envelope.From, To: d.Envelope.To}, d.Size, content, func(ctx context.Context) error {
		tried = true
		if err := l.changeDelivery(ctx, d, casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryQueued, casefile.DeliveryDeferred},
			To: casefile.DeliverySending, TakenBy: l.process.ID, Attempt: true}, nil); err != nil {
			return err
		}
		begun = true
		return nil
	})
	change, again := l.afterSend(d, err, tried, begun)
	if change == nil {
		return err
	}
	// The server has spoken: its word must be written, whatever happens to the job's context meanwhile.
	ctx = context.WithoutCancel(ctx)
	settle := func(tx *store.Tx) error {
		if again {
			if err := l.enqueue(ctx, tx, SendArgs{d.ID, d.Round + 1 + boolInt64(begun)}, change.NextAt); err != nil {
				return err
			}
		}
		return complete(ctx, tx, job)
	}
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := l.settleSend(ctx, d, *change, tried, begun, settle)
		if err == nil || errors.Is(err, casefile.ErrNotDue) {
			return err
		}
		// The job's row is gone (deleted, or rescued after too long): the delivery's own state is what counts.
		settle = nil
		timer := time.NewTimer(wait)
		select {
		case <-l.ended:
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// settleSend writes what came of an attempt, also where the row is not as the attempt left it.
func (l *Line) settleSend(ctx context.Context, d casefile.Delivery, change casefile.DeliveryChange, tried, begun bool, more func(tx *store.Tx) error) error {
	err := l.changeDelivery(ctx, d, change, more)
	if !errors.Is(err, casefile.ErrNotDue) || change.To == casefile.DeliveryUncertain {
		return err
	}
	switch {
	case begun:
		// Another process took this one for dead and wrote that nobody knows; a person may have decided since. But the server
		// has spoken, and what it took must not go out again.
		change.Owner, change.From = 0, []casefile.DeliveryState{casefile.DeliveryUncertain}
		if change.To == casefile.DeliveryAccepted {
			change.From = append(change.From, casefile.DeliveryQueued, casefile.DeliveryDeferred)
		}
	case tried:
		// The commit of `sending` was made, though it was reported lost: the dot did not go out.
		change.Owner, change.From = l.process.ID, []casefile.DeliveryState{casefile.DeliverySending}
	default:
		return err
	}
	return l.changeDelivery(ctx, d, change, more)
}

func boolInt64(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// afterSend decides what an attempt means. nil: nothing (another run has the delivery, or the program stops before
// anything was begun).
func (l *Line) afterSend(d casefile.Delivery, err error, tried, begun bool) (change *casefile.DeliveryChange, again bool) {
	from := []casefile.DeliveryState{casefile.DeliveryQueued, casefile.DeliveryDeferred}
	owner := int64(0)
	if begun {
		from, owner = []casefile.DeliveryState{casefile.DeliverySending}, l.process.ID
	}
	change = &casefile.DeliveryChange{From: from, Owner: owner, Attempt: !begun}
	if err == nil {
		change.To = casefile.DeliveryAccepted
		return change, false
	}
	fault, ok := errors.AsType[*mailout.Error](err)
	if !ok || errors.Is(err, casefile.ErrNotDue) {
		return nil, false
	}
	change.Reason, change.Response = fault.Error(), fault.Response
	switch {
	case fault.Uncertain() && begun:
		change.To = casefile.DeliveryUncertain
		return change, false
	case !tried && errors.Is(err, context.Canceled):
		return nil, false
	case errors.Is(err, store.ErrErased), errors.Is(err, store.ErrSeal):
		change.To, change.Reason = casefile.DeliveryFailed, "its text is gone: "+errorCode(err)
		return change, false
	case fault.Permanent:
		change.To = casefile.DeliveryFailed
		return change, false
	case l.db.Now().Sub(d.CreatedAt) > giveUpAfter:
		change.To, change.Reason = casefile.DeliveryFailed, change.Reason+" (given up after five days)"
		return change, false
	case fault.Code != 0 || fault.Operator:
		change.To = casefile.DeliveryDeferred
		change.NextAt = l.db.Now().Add(nextSend(d.Attempts, false))
	default:
		change.To = casefile.DeliveryQueued
		change.NextAt = l.db.Now().Add(nextSend(d.Attempts, true))
		change.Quiet = d.Attempts > 0
	}
	return change, true
}

// changeDelivery changes a delivery in a transaction of its own, with what else belongs to it.
func (l *Line) changeDelivery(ctx context.Context, d casefile.Delivery, change casefile.DeliveryChange, more func(tx *store.Tx) error) error {
	return l.db.InTx(ctx, func(tx *store.Tx) error {
		e, err := casefile.Lock(ctx, tx, d.CaseID)
		if err != nil {
			return err
		}
		if err := e.ChangeDelivery(ctx, d.ID, change); err != nil {
			return err
		}
		if err := e.Save(ctx); err != nil {
			return err
		}
		if more == nil {
			return nil
		}
		return more(tx)
	})
}
