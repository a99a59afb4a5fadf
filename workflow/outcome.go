package workflow

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivertype"
	"modernc.org/sqlite"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
)

// outcome says what becomes of a job and of its row after a step returned an error. There is one place for it:
//
//   - nothing due (another run was quicker, or the row is gone): the job is done;
//   - the program stops: the job goes back, uncounted;
//   - the database is away, or the machine has no room or no files left: River tries the job again, our row says the same
//     as before;
//   - anything else, too long a run among it: the row counts a failure and says when to try again, as a new job; the job itself is cancelled with
//     a code for the operator's page. After the last attempt the case fails, with a reason, for the operator.
type outcome int

const (
	done outcome = iota
	giveBack
	riverRetries
	rowRetries
)

func outcomeOf(ctx context.Context, err error) outcome {
	switch {
	case err == nil, errors.Is(err, casefile.ErrNotDue), errors.Is(err, intake.ErrNotDue):
		return done
	case errors.Is(err, casefile.ErrNotFound), errors.Is(err, intake.ErrNotFound):
		return done // its row is gone
	case errors.Is(err, rivertype.ErrNotFound):
		// The job was deleted or given to someone else while it ran: its transaction was rolled back.
		return done
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return rowRetries
	case ctx.Err() != nil:
		return giveBack
	case errors.Is(err, store.ErrSeal), errors.Is(err, store.ErrErased):
		return rowRetries
	case databaseAway(err), machineShort(err):
		return riverRetries
	}
	return rowRetries
}

// databaseAway tells a database that cannot be reached or is shutting down from one that refused what we said.
func databaseAway(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		// Connections, interventions of its operator, resources; and 40, transactions that stood in each other's way.
		return slices.Contains([]string{"08", "57", "53", "40"}, pgErr.Code[:min(2, len(pgErr.Code))])
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		const busy, locked, ioerr, full, cantopen = 5, 6, 10, 13, 14
		switch liteErr.Code() & 0xff {
		case busy, locked, ioerr, full, cantopen:
			return true
		}
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, broken := range []error{driver.ErrBadConn, sql.ErrConnDone, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, broken) {
			return true
		}
	}
	return pgconn.SafeToRetry(err)
}

// machineShort tells a fault of this machine (no room for temporary files, no free file descriptors) from one of the mail.
func machineShort(err error) bool {
	_, isPath := errors.AsType[*fs.PathError](err)
	_, isSyscall := errors.AsType[*os.SyscallError](err)
	return isPath || isSyscall
}

// retryPolicy is River's for what riverRetries: soon, since what is waited for is a database or a disk that comes back.
type retryPolicy struct{}

// NextRetry implements river.ClientRetryPolicy.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(min(time.Second<<min(max(len(job.Errors), 0), 10), time.Minute))
}

// guard stands around every job: it notes which ones this process works at, and lets nothing reach River, which keeps
// and shows it, but kind, code and own frames.
type guard struct {
	river.MiddlewareDefaults
	line *Line
}

var _ rivertype.WorkerMiddleware = (*guard)(nil)

// Work implements rivertype.WorkerMiddleware.
func (g *guard) Work(ctx context.Context, job *rivertype.JobRow, doInner func(context.Context) error) error {
	g.line.working.Store(job.ID, true)
	defer g.line.working.Delete(job.ID)
	err := protect(func() error { return doInner(ctx) })
	if err == nil || err == ctx.Err() {
		return err
	}
	if _, ok := errors.AsType[*stepError](err); ok {
		return err
	}
	return &stepError{job.Kind, errorCode(err)}
}

// stepError is what River may keep of an error: kind, code and own frames. The error itself may hold text of a case.
type stepError struct {
	step string
	code string
}

func (e *stepError) Error() string { return fmt.Sprintf("step %s: %s", e.step, e.code) }

// Codes of content that is gone for good.
const (
	codeDamaged = "sealed content damaged"
	codeErased  = "content erased"
)

// errorCode names an error without its text.
func errorCode(err error) string {
	if p, ok := errors.AsType[*panicError](err); ok {
		return p.Error()
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "database " + pgErr.Code
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		return fmt.Sprintf("database %d", liteErr.Code())
	}
	for known, code := range map[error]string{store.ErrSeal: codeDamaged, store.ErrErased: codeErased, store.ErrLocked: "vault locked",
		casefile.ErrNotFound: "not found", errHung: "hung", context.DeadlineExceeded: "timed out"} {
		if errors.Is(err, known) {
			return code
		}
	}
	if transition, ok := errors.AsType[*casefile.TransitionError](err); ok {
		return fmt.Sprintf("no way from %s to %s", transition.From, transition.To)
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("error %T", err)
		}
		err = inner
	}
}

// panicError is a panic of a step: its type and where in our own code it came from, never its text.
type panicError struct {
	kind   string
	frames []string
}

func (e *panicError) Error() string {
	return "panic " + e.kind + " in " + strings.Join(e.frames, " < ")
}

func newPanicError(value any) *panicError {
	p := &panicError{kind: fmt.Sprintf("%T", value)}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		frame, more := frames.Next()
		if name, ours := strings.CutPrefix(frame.Function, "caseconsultant/"); ours && len(p.frames) < 6 {
			p.frames = append(p.frames, fmt.Sprintf("%s:%d", name, frame.Line))
		}
		if !more {
			return p
		}
	}
}

// protect runs f and turns a panic into an error.
func protect(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = newPanicError(value)
		}
	}()
	return f()
}

// retryAfter is how long a step that failed waits: 2, 4, 8 ... seconds, at most 10 minutes.
func retryAfter(attempts int64) time.Duration {
	return min(time.Second<<min(attempts, 10), 10*time.Minute)
}

// complete ends a job in the transaction that holds its result.
func complete[T river.JobArgs](ctx context.Context, tx *store.Tx, job *river.Job[T]) error {
	// The type parameter only says that the transaction is a *sql.Tx; it serves both drivers.
	if _, err := river.JobCompleteTx[*riverdatabasesql.Driver](ctx, tx.Tx, job); err != nil {
		return fmt.Errorf("complete the job: %w", err)
	}
	return nil
}

// errHung is a step that goes on after its time has passed.
var errHung = errors.New("the step did not end in time")

// hungGrace is how long a step may need to notice that its time has passed.
const hungGrace = 5 * time.Second

// within runs f in a goroutine that is given up when f does not end at the context's deadline: a text that keeps a
// parser busy for ever must hold up neither its own mail nor a worker. What such an f would write later is refused: its
// transactions end with the context.
func within(ctx context.Context, grace time.Duration, f func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- protect(f) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return <-ended
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case err := <-ended:
		return err
	case <-timer.C:
		return errHung
	}
}

// runStep runs a step of a job and settles what comes of it. failed writes the failure into the step's row; it returns
// ErrNotDue where the row has moved on.
func (l *Line) runStep(ctx context.Context, row *rivertype.JobRow, step func() error, failed func(ctx context.Context, tx *store.Tx, code string) error) error {
	err := within(ctx, min(l.timeout, hungGrace), step)
	switch outcomeOf(ctx, err) {
	case done:
		return nil
	case giveBack:
		return ctx.Err()
	case riverRetries:
		return &stepError{row.Kind, errorCode(err)}
	}
	code := errorCode(err)
	l.opts.Log.WarnContext(ctx, "A step failed", "step", row.Kind, "job_id", row.ID, "error", code)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	if err := l.db.InTx(ctx, func(tx *store.Tx) error { return failed(ctx, tx, code) }); err != nil {
		if outcomeOf(ctx, err) == done {
			return nil
		}
		return &stepError{row.Kind, errorCode(err)}
	}
	return river.JobCancel(&stepError{row.Kind, code})
}

// messageAttempts is how often a message's step is tried before its case fails: over about a quarter of an hour.
const messageAttempts = 9

// messageFailed counts a failure of a message's step, and gives it out again or lets the case fail.
func (l *Line) messageFailed(messageID int64, step casefile.Step) func(ctx context.Context, tx *store.Tx, code string) error {
	return func(ctx context.Context, tx *store.Tx, code string) error {
		caseID, due, err := casefile.CountFailure(ctx, tx, messageID, step, code)
		if err != nil {
			return err
		}
		attempts := due.Round
		if attempts < messageAttempts {
			at := tx.Now.Add(l.opts.RetryAfter(attempts))
			if err := casefile.PostponeStep(ctx, tx, messageID, at); err != nil {
				return err
			}
			return l.enqueue(ctx, tx, stepJob(due), at)
		}
		e, err := casefile.Lock(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := e.Advance(ctx, due, casefile.StepFailed); err != nil {
			return err
		}
		reason := fmt.Sprintf("The step %q failed %d times: %s.", step, attempts, code)
		if casefile.CanFollow(e.State, casefile.Failed) {
			if err := e.Move(casefile.Failed); err != nil {
				return err
			}
			e.Reason = reason
		}
		if err := e.Record(ctx, casefile.EventFailed, casefile.System, messageID, map[string]string{"reason": reason}); err != nil {
			return err
		}
		return e.Save(ctx)
	}
}
