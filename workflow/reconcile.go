package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
)

// reconcileBatch bounds one pass; the longest due come first, and the next pass is a few seconds away.
const reconcileBatch = 500

func (l *Line) reconcileLoop(ctx context.Context) {
	ticker := time.NewTicker(l.opts.ReconcileEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if err := l.Reconcile(ctx, l.opts.GraceBeforeReconcile); err != nil && ctx.Err() == nil {
			l.opts.Log.WarnContext(ctx, "Comparing cases with jobs failed; it is tried again", "error", errorCode(err))
		}
	}
}

// Reconcile makes River's jobs agree with our rows: it gives out again what dead processes held, and inserts a job for
// every step that has been due for longer than grace and has none. It is harmless at any time, in any number of
// processes: a step that has an unfinished job is not given a second one, and a step that was done is not due.
func (l *Line) Reconcile(ctx context.Context, grace time.Duration) error {
	// What processes hold is read before it is asked which of them live: one that starts in between is in neither list.
	running, err := l.client.JobList(ctx, river.NewJobListParams().States(rivertype.JobStateRunning).First(1000))
	if err != nil {
		return fmt.Errorf("list the running jobs: %w", err)
	}
	sending, err := l.files.Sending(ctx)
	if err != nil {
		return err
	}
	census, err := l.observer.Census(ctx)
	if err != nil {
		return err
	}
	// One pass that fails, for one row perhaps, holds up none of the others.
	var errs []error
	for _, pass := range []func() error{
		func() error { return l.takeBackJobs(ctx, running.Jobs, census) },
		func() error { return l.takeBackDeliveries(ctx, sending, census) },
		func() error { return l.observer.Bury(ctx, census) },
		func() error { return l.insertMissing(ctx, l.db.Now().Add(-grace)) },
		func() error { return l.settleUncertain(ctx) },
		func() error { return l.sweep(ctx) },
	} {
		if err := pass(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// takeBackJobs gives out again the steps whose jobs run in processes that are dead, and those of this process that it
// does not work at: River fails to write what became of a job when the database is away for more than a few seconds,
// and then leaves it running. River itself would take both back only after the longest job timeout. It counts as a
// failed attempt, so that a mail that kills whoever reads it is read without a parser in the end.
func (l *Line) takeBackJobs(ctx context.Context, jobs []*rivertype.JobRow, census store.Census) error {
	lost := l.unworked.look(jobs, func(job *rivertype.JobRow) bool {
		process, ok := attemptedBy(job)
		_, works := l.working.Load(job.ID)
		return ok && process == l.process.ID && !works
	}, l.lostAfter)
	var errs []error
	for _, job := range jobs {
		if process, ok := attemptedBy(job); !ok || census.Lives(process) && !lost[job.ID] {
			continue
		}
		if err := l.takeBack(ctx, job); err != nil && !errors.Is(err, casefile.ErrNotDue) && !errors.Is(err, intake.ErrNotDue) {
			errs = append(errs, fmt.Errorf("give a %s job of a dead process out again: %w", job.Kind, err))
		}
	}
	return errors.Join(errs...)
}

// attemptedBy is the process that a running job was given to.
func attemptedBy(job *rivertype.JobRow) (process int64, ok bool) {
	if len(job.AttemptedBy) == 0 {
		return 0, false
	}
	return processOf(job.AttemptedBy[len(job.AttemptedBy)-1])
}

// unworkedJobs remembers since when running jobs of this process have been without anyone who works at them.
type unworkedJobs struct {
	mu    sync.Mutex
	since map[int64]time.Time
}

// look returns the jobs that have been unworked for at least a time. A job is that for a moment before its worker
// starts, and after it has ended until River has written so.
func (u *unworkedJobs) look(jobs []*rivertype.JobRow, unworked func(*rivertype.JobRow) bool, atLeast time.Duration) map[int64]bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	since := make(map[int64]time.Time)
	lost := make(map[int64]bool)
	for _, job := range jobs {
		if !unworked(job) {
			continue
		}
		first, ok := u.since[job.ID]
		if !ok {
			first = now
		}
		since[job.ID] = first
		lost[job.ID] = now.Sub(first) >= atLeast
	}
	u.since = since
	return lost
}

const deadProcess = "its process died"

func (l *Line) takeBack(ctx context.Context, job *rivertype.JobRow) error {
	var args struct {
		LedgerID   int64 `json:"ledger_id,string"`
		MessageID  int64 `json:"message_id,string"`
		DeliveryID int64 `json:"delivery_id,string"`
		Attachment int64 `json:"attachment_id,string"`
		Round      int64 `json:"round"`
		Pass       int64 `json:"pass"`
	}
	if err := json.Unmarshal(job.EncodedArgs, &args); err != nil {
		return fmt.Errorf("read a job's arguments: %w", err)
	}
	return l.db.InTx(ctx, func(tx *store.Tx) error {
		switch job.Kind {
		case ReadArgs{}.Kind():
			attempts, _, err := intake.CountOrphan(ctx, tx, args.LedgerID, args.Round, deadProcess)
			if err != nil {
				return err
			}
			return l.enqueue(ctx, tx, ReadArgs{args.LedgerID, attempts}, time.Time{})
		case ExtractArgs{}.Kind(), AttachArgs{}.Kind(), RouteArgs{}.Kind():
			step := casefile.Step(job.Kind)
			due, err := casefile.CountOrphan(ctx, tx, casefile.DueStep{MessageID: args.MessageID, Step: step, Round: args.Round, Pass: args.Pass}, deadProcess)
			if err != nil {
				return err
			}
			if due.Round >= messageAttempts {
				return l.messageFailed(args.MessageID, step)(ctx, tx, deadProcess)
			}
			return l.enqueue(ctx, tx, stepJob(due), time.Time{})
		case DocumentArgs{}.Kind():
			return l.documentFailed(args.Attachment, args.Round)(ctx, tx, deadProcess)
		case SendArgs{}.Kind():
			// It had not come as far as the final dot: else the row would say sending, and takeBackDeliveries sees to it.
			round, err := casefile.GiveOutDelivery(ctx, tx, args.DeliveryID, args.Round)
			if err != nil {
				return err
			}
			return l.enqueue(ctx, tx, SendArgs{args.DeliveryID, round}, time.Time{})
		}
		return nil // a lost notice is no lost case
	})
}

// takeBackDeliveries: what a dead process was sending, or what this one has stopped sending without a word about it, may
// have arrived. What was only taken up is still queued.
func (l *Line) takeBackDeliveries(ctx context.Context, deliveries []casefile.Delivery, census store.Census) error {
	var errs []error
	for _, d := range deliveries {
		reason := "the program ended while the server's reply was awaited"
		if d.Owner == l.process.ID {
			// The row was read before this look: who is at it now was at it then, or has settled it.
			if _, busy := l.sending.Load(d.ID); busy {
				continue
			}
			reason = "sending broke off without a result"
		} else if census.Lives(d.Owner) {
			continue
		}
		err := l.changeDelivery(ctx, d, casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliverySending}, Owner: d.Owner,
			To: casefile.DeliveryUncertain, Reason: reason}, nil)
		switch {
		case err == nil:
			l.opts.Log.WarnContext(ctx, "A mail may or may not have been accepted: "+reason, "delivery_id", d.ID)
		case !errors.Is(err, casefile.ErrNotDue):
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// insertMissing inserts a job for every step that is due and has no unfinished one.
func (l *Line) insertMissing(ctx context.Context, dueBefore time.Time) error {
	var params []river.InsertManyParams
	add := func(queue string, args river.JobArgs) {
		params = append(params, river.InsertManyParams{Args: args, InsertOpts: insertOpts(queue, time.Time{})})
	}
	entries, err := l.ledger.Due(ctx, dueBefore, reconcileBatch)
	if err != nil {
		return err
	}
	for _, d := range entries {
		add(queueLine, ReadArgs{d.EntryID, d.Round})
	}
	steps, err := l.files.DueSteps(ctx, dueBefore, reconcileBatch)
	if err != nil {
		return err
	}
	for _, d := range steps {
		add(queueLine, stepJob(d))
	}
	documents, err := l.files.DueDocuments(ctx, dueBefore, reconcileBatch)
	if err != nil {
		return err
	}
	for _, d := range documents {
		add(queueDocument, DocumentArgs{d.ID, d.Round})
	}
	deliveries, err := l.files.DueDeliveries(ctx, dueBefore, reconcileBatch)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		add(queueSend, SendArgs{d.ID, d.Round})
	}
	if len(params) == 0 {
		return nil
	}
	results, err := l.client.InsertMany(ctx, params)
	if err != nil {
		return fmt.Errorf("insert the missing jobs: %w", err)
	}
	inserted := 0
	for _, r := range results {
		if !r.UniqueSkippedAsDuplicate {
			inserted++
		}
	}
	if inserted > 0 {
		l.opts.Log.InfoContext(ctx, "Gave out steps that had no job", "jobs", inserted)
		for _, queue := range []string{queueLine, queueSend, queueDocument} {
			l.wake.queue(queue)
		}
	}
	return nil
}

// settleUncertain sees to deliveries that have been uncertain for long enough: by setting they are sent once more, else
// a person is told, once.
func (l *Line) settleUncertain(ctx context.Context) error {
	deliveries, err := l.files.UncertainSince(ctx, l.db.Now().Add(-l.opts.UncertainAfter), reconcileBatch)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		if l.opts.ResendUncertain && !d.Resent {
			err = l.changeDelivery(ctx, d, resend(casefile.System, l.db.Now()), func(tx *store.Tx) error {
				return l.enqueue(ctx, tx, SendArgs{d.ID, d.Round + 1}, time.Time{})
			})
		} else {
			l.opts.Log.ErrorContext(ctx, "Nobody knows whether a mail arrived: look at the outbox and decide", "delivery_id", d.ID)
			err = l.files.Alarmed(ctx, d.ID)
		}
		if err != nil && !errors.Is(err, casefile.ErrNotDue) {
			return err
		}
	}
	return nil
}

func resend(actor casefile.Actor, now time.Time) casefile.DeliveryChange {
	return casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryUncertain}, To: casefile.DeliveryQueued, NextAt: now, Resent: true,
		Reason: "sent once more under the same Message-ID", Actor: actor}
}

// sweep marks what became overdue, and forgets what live pages have long shown.
func (l *Line) sweep(ctx context.Context) error {
	now := l.db.Now()
	overdue, err := l.files.NewlyOverdue(ctx, now, reconcileBatch)
	if err != nil {
		return err
	}
	for _, id := range overdue {
		if err := l.db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, id)
			if err != nil {
				return err
			}
			e.Flag(casefile.Overdue, e.Open() && !e.DueAt.IsZero() && e.DueAt.Before(now))
			return e.Save(ctx)
		}); err != nil {
			return fmt.Errorf("mark case %d as overdue: %w", id, err)
		}
	}
	return l.files.ForgetChanges(ctx, now.Add(-time.Hour))
}
