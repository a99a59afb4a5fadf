package workflow

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
)

// The queues of the line. send has one of its own, so that a slow SMTP server holds up nobody's reading.
const (
	queueLine   = "line"
	queueSend   = "send"
	queueNotify = "notify"
	// Documents have a queue of their own too: a slow scan holds up nothing else.
	queueDocument = "document"
)

// Ids are written as strings: they have more than the 53 bits that a number in JSON keeps on its way through a database.

// ReadArgs asks to read a mail that the watcher has kept.
type ReadArgs struct {
	LedgerID int64 `json:"ledger_id,string"`
	// Round is how often the step was given out. It makes a job that is given out again another job, while one that waits
	// already is not inserted twice.
	Round int64 `json:"round"`
}

// DocumentArgs asks to read an attachment.
type DocumentArgs struct {
	AttachmentID int64 `json:"attachment_id,string"`
	Round        int64 `json:"round"`
}

// ExtractArgs asks to find the codes in a message.
type ExtractArgs struct {
	MessageID int64 `json:"message_id,string"`
	Round     int64 `json:"round"`
	// Pass is how often the message was taken up again: a job of an earlier pass finds nothing due.
	Pass int64 `json:"pass,omitempty"`
}

// AttachArgs asks to attach what the codebook says of a message's codes.
type AttachArgs struct {
	MessageID int64 `json:"message_id,string"`
	Round     int64 `json:"round"`
	Pass      int64 `json:"pass,omitempty"`
}

// RouteArgs asks to route a message's case and to compose the automatic mail.
type RouteArgs struct {
	MessageID int64 `json:"message_id,string"`
	Round     int64 `json:"round"`
	Pass      int64 `json:"pass,omitempty"`
}

// SendArgs asks for one attempt to send a delivery.
type SendArgs struct {
	DeliveryID int64 `json:"delivery_id,string"`
	Round      int64 `json:"round"`
}

// NotifyArgs asks to tell consultants that a case waits.
type NotifyArgs struct {
	CaseID int64 `json:"case_id,string"`
}

// The kinds, as River and its page show them.
func (ReadArgs) Kind() string     { return "read" }
func (DocumentArgs) Kind() string { return "document" }
func (ExtractArgs) Kind() string  { return "extract" }
func (AttachArgs) Kind() string   { return "attach" }
func (RouteArgs) Kind() string    { return "route" }
func (SendArgs) Kind() string     { return "send" }
func (NotifyArgs) Kind() string   { return "notify" }

// insertOpts are those of every step: unique among the unfinished, and tried by River itself only where our own rows
// could not be written (the database was away). A step that failed is given out again by its row, as a new job.
func insertOpts(queue string, at time.Time) *river.InsertOpts {
	return &river.InsertOpts{
		Queue:       queue,
		ScheduledAt: at,
		MaxAttempts: 25,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending,
			rivertype.JobStateRunning, rivertype.JobStateRetryable, rivertype.JobStateScheduled}},
	}
}

// enqueue inserts a job in the transaction that makes it due. at is when it is due; zero is now.
func (l *Line) enqueue(ctx context.Context, tx *store.Tx, args river.JobArgs, at time.Time) error {
	queue := queueLine
	switch args.(type) {
	case SendArgs:
		queue = queueSend
	case NotifyArgs:
		queue = queueNotify
	case DocumentArgs:
		queue = queueDocument
	}
	due := !at.After(tx.Now)
	if due {
		at = time.Time{} // River lets whatever bears a time wait for its scheduler, which looks every five seconds
	}
	if _, err := l.client.InsertTx(ctx, tx.Tx, args, insertOpts(queue, at)); err != nil {
		return fmt.Errorf("insert a %s job: %w", args.Kind(), err)
	}
	if due {
		tx.AfterCommit(func() { l.wake.queue(queue) })
	}
	return nil
}

// stepJob is the job of a message's step.
func stepJob(due casefile.DueStep) river.JobArgs {
	switch due.Step {
	case casefile.StepExtract:
		return ExtractArgs{due.MessageID, due.Round, due.Pass}
	case casefile.StepAttach:
		return AttachArgs{due.MessageID, due.Round, due.Pass}
	case casefile.StepRoute:
		return RouteArgs{due.MessageID, due.Round, due.Pass}
	}
	panic("no job does the step " + string(due.Step))
}

// EnqueueRead inserts the job that reads a ledger entry; intake calls it in the transaction that keeps the mail.
func (l *Line) EnqueueRead(ctx context.Context, tx *store.Tx, entryID int64) error {
	return l.enqueue(ctx, tx, ReadArgs{LedgerID: entryID}, time.Time{})
}
