package workflow

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"golang.org/x/sync/semaphore"

	"caseconsultant/mailin/authenticity"
	"caseconsultant/mailin/document"
	"caseconsultant/mailin/message"
	"caseconsultant/mailout"
	"caseconsultant/workflow/calendar"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/checks"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
)

// Codes is what the line asks the codebook; *codebook.Book has these methods.
type Codes interface {
	checks.Book
	Known(system codes.System, code string) codes.Membership
}

// Words are what the firm's consultants wrote about a code; *house.Descriptions has them. Only what goes out in mails is asked for.
type Words interface {
	Of(ctx context.Context, system, code string) ([]house.Description, error)
}

// Sender hands composed mails to an SMTP server; *mailout.Sender does.
type Sender interface {
	Send(ctx context.Context, envelope mailout.Envelope, size int64, body io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error)
}

// Documents turns attachments into text; *document.Reader does, in child processes. The error is of its own (a child that
// cannot be started) or the context's: what is wrong with a document is a problem beside what could be read of it.
type Documents interface {
	Read(ctx context.Context, content io.Reader, size int64, hint document.Hint) (document.Text, error)
}

// Authenticity finds out whether a mail comes from its author's domain; *authenticity.Verifier does, by the DNS, in bounded
// time. It is asked only where no receiving server's word is believed, and outside any transaction.
type Authenticity interface {
	Verify(ctx context.Context, mail io.Reader, author string, arrived time.Time) authenticity.Result
}

// Mailbox is an address that cases come to.
type Mailbox struct {
	Name            string
	Address         string // replies come from it
	Queue           string
	AcceptAutomatic []string // senders whose automatic mail is a case
}

// Queue is where cases wait, and how long they may.
type Queue struct {
	Name   string
	Due    time.Duration // of business hours
	Hours  calendar.Hours
	Notify []string // addresses that are told of each new case, by reference only
}

// Rate bounds automatic mail: at most Most within Window. The zero value is no bound.
type Rate struct {
	Most   int
	Window time.Duration
}

// Options are what a Line is made of. The first block is required.
type Options struct {
	Codes     Codes
	Letters   *mailout.Letters
	Mailboxes []Mailbox
	Queues    []Queue // the first one takes what has no other

	Sender Sender // required by Start
	// Borrow lends the codebook for one step, where it may be replaced while the line runs; each loan is given back. nil lends Codes.
	Borrow func() (Codes, func())
	// Words win over the codebook's own; nil: the firm has none.
	Words Words
	// Policy is the table of dated policy; nil is the embedded one.
	Policy *codebook.Policy
	// Licences are the firm's, for the words of others; nil: none, and mails show none.
	Licences licence.Set
	// Documents reads attachments; nil leaves them unread.
	Documents       Documents
	DocumentWait    time.Duration // how long extract waits for a message's documents. Defaults to 20 s
	DocumentWorkers int           // documents read at once. Defaults to 2
	FirmName        string        // display name of outgoing mail
	PublicURL       string        // of the desk, for notifications
	AuthservIDs     []string
	Authenticity    Authenticity // nil: without AuthservIDs nothing is proven of any sender
	Limits          message.Limits
	Memory          int64 // bytes of mail being parsed at once. Defaults to 128 MiB
	PerSender       Rate  // automatic mail to one address
	Overall         Rate
	ResendUncertain bool          // send an uncertain delivery once more, instead of asking a person
	UncertainAfter  time.Duration // how long evidence is waited for. Defaults to 15 min
	SpoolDir        string        // for attachments while a mail is read. Defaults to the system's
	Log             *slog.Logger  // defaults to slog.Default()
	Workers         int           // steps at once. Defaults to 10
	// RetryAfter is how long a step that has failed so often waits. Defaults to 2, 4, 8 ... seconds, at most 10 minutes.
	RetryAfter func(attempts int64) time.Duration
	// ReconcileEvery is how often rows are compared with jobs. Defaults to 3 s.
	ReconcileEvery time.Duration
	// StopAfter is how long Stop lets running steps finish before it takes them back. Defaults to 7 s.
	StopAfter time.Duration
	// GraceBeforeReconcile is how long a due step may be without a job before it is given one. Defaults to 10 s; at start
	// none is granted.
	GraceBeforeReconcile time.Duration
}

func (o Options) withDefaults() Options {
	if o.Borrow == nil {
		book := o.Codes
		o.Borrow = func() (Codes, func()) { return book, func() {} }
	}
	if o.Memory == 0 {
		o.Memory = 128 << 20
	}
	if o.UncertainAfter == 0 {
		o.UncertainAfter = 15 * time.Minute
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.DocumentWait == 0 {
		o.DocumentWait = 20 * time.Second
	}
	if o.DocumentWorkers == 0 {
		o.DocumentWorkers = 2
	}
	if o.Workers == 0 {
		o.Workers = 10
	}
	if o.RetryAfter == nil {
		o.RetryAfter = retryAfter
	}
	if o.ReconcileEvery == 0 {
		o.ReconcileEvery = 3 * time.Second
	}
	if o.StopAfter == 0 {
		o.StopAfter = 7 * time.Second
	}
	if o.GraceBeforeReconcile == 0 {
		o.GraceBeforeReconcile = 10 * time.Second
	}
	return o
}

// Line runs the steps. It is safe for concurrent use.
type Line struct {
	db       *store.DB
	files    *casefile.Files
	ledger   *intake.Ledger
	people   *people.People
	opts     Options
	process  *store.Process
	observer *store.Observer
	client   *river.Client[*sql.Tx]
	wake     *waker
	memory   *semaphore.Weighted
	pool     *pgxpool.Pool

	sending sync.Map // ids of deliveries whose fate this process is about to write
	working sync.Map // ids of the River jobs that this process works at

	unworked unworkedJobs

	// What tests replace.
	parse     func(io.Reader, message.Options) (*message.Message, error)
	timeout   time.Duration // of a step; sending has jobTimeout
	lostAfter time.Duration // see takeBackJobs

	ended      chan struct{} // closed when Stop has waited long enough for the running steps
	endOnce    sync.Once
	stop       context.CancelFunc
	background sync.WaitGroup
}

// Migrate brings River's own tables to this version. It runs after ours, under the same lock.
func Migrate(ctx context.Context, db *store.DB) error {
	return db.Exclusively(ctx, func() error {
		var driver riverdriver.Driver[*sql.Tx]
		if db.Dialect() == store.SQLite {
			driver = riversqlite.New(db.Write)
		} else {
			driver = riverdatabasesql.New(db.Write)
		}
		migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			return fmt.Errorf("read River's migrations: %w", err)
		}
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return fmt.Errorf("migrate River's tables: %w", err)
		}
		return nil
	})
}

// New makes a line on a migrated database. process is this program's row in processes.
func New(db *store.DB, process *store.Process, users *people.People, opts Options) (*Line, error) {
	if len(opts.Queues) == 0 {
		return nil, errors.New("a line needs at least one queue")
	}
	if opts.Policy == nil {
		policy, err := codebook.LoadPolicy("")
		if err != nil {
			return nil, fmt.Errorf("read the dated policy: %w", err)
		}
		opts.Policy = policy
	}
	l := &Line{db: db, files: casefile.NewFiles(db), people: users, process: process, observer: db.NewObserver(), opts: opts.withDefaults(), wake: newWaker(),
		parse: message.Parse, timeout: stepTimeout, lostAfter: 30 * time.Second, ended: make(chan struct{})}
	l.memory = semaphore.NewWeighted(l.opts.Memory)
	l.ledger = intake.New(db, intake.Options{Process: process.ID, Enqueue: l.EnqueueRead})
	driver, err := l.driver()
	if err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	l.addWorkers(workers)
	config := &river.Config{
		ID:      clientID(process.ID),
		Workers: workers,
		Queues: map[string]river.QueueConfig{
			queueLine:     {MaxWorkers: l.opts.Workers},
			queueSend:     {MaxWorkers: 8},
			queueNotify:   {MaxWorkers: 2},
			queueDocument: {MaxWorkers: l.opts.DocumentWorkers},
		},
		// The ceiling of a queue is its workers over this: 10 over 5 ms is 2,000 jobs a second, more than a disk commits.
		FetchCooldown:        5 * time.Millisecond,
		FetchPollInterval:    500 * time.Millisecond,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: jobTimeout + 5*time.Minute,
		RetryPolicy:          retryPolicy{},
		Middleware:           []rivertype.Middleware{&guard{line: l}},
		SoftStopTimeout:      l.opts.StopAfter,
		Logger:               slog.New(&riverLog{Handler: l.opts.Log.Handler()}),
	}
	if l.client, err = river.NewClient(driver, config); err != nil {
		return nil, errors.Join(fmt.Errorf("make the River client: %w", err), l.Close())
	}
	return l, nil
}

// jobTimeout bounds one run of a step. Sending may take long: RFC 5321 section 4.5.3.2 grants a server ten minutes for
// the reply to the final dot alone. stepTimeout bounds the other steps, none of which waits for a network.
const (
	jobTimeout  = 25 * time.Minute
	stepTimeout = 5 * time.Minute
)

func (l *Line) driver() (riverdriver.Driver[*sql.Tx], error) {
	if l.db.Dialect() == store.SQLite {
		return &wakingDriver{Driver: riversqlite.New(l.db.Write), wake: l.wake}, nil
	}
	config, err := pgxpool.ParseConfig(l.db.URL())
	if err != nil {
		return nil, errors.New("the PostgreSQL address cannot be read; see [database] url")
	}
	config.MinConns, config.MaxConns = 0, 2
	if l.pool, err = pgxpool.NewWithConfig(context.Background(), config); err != nil {
		return nil, fmt.Errorf("connect River's listener to PostgreSQL: %w", err)
	}
	return &wakingDriver{Driver: riverdatabasesql.NewWithPgxListener(l.db.Write, l.pool), wake: l.wake}, nil
}

// clientID names this process to River, so that the reconciler knows whose a running job is.
func clientID(process int64) string { return clientPrefix + strconv.FormatInt(process, 10) }

const clientPrefix = "caseconsultant-"

// processOf is the process that a client's name stands for.
func processOf(client string) (int64, bool) {
	number, ok := strings.CutPrefix(client, clientPrefix)
	process, err := strconv.ParseInt(number, 10, 64)
	return process, ok && err == nil
}

// Ledger is where the watchers of this process write.
func (l *Line) Ledger() *intake.Ledger { return l.ledger }

// Files reads the cases.
func (l *Line) Files() *casefile.Files { return l.files }

// River is the client, for the operator's page.
func (l *Line) River() *river.Client[*sql.Tx] { return l.client }

// Start runs the steps until Stop.
func (l *Line) Start(ctx context.Context) error {
	if l.opts.Sender == nil {
		return errors.New("a line that runs needs a sender")
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	if err := l.Reconcile(ctx, 0); err != nil {
		stop()
		return err
	}
	if err := l.client.Start(ctx); err != nil {
		stop()
		return fmt.Errorf("start River: %w", err)
	}
	l.background.Go(func() { l.reconcileLoop(ctx) })
	return nil
}

// Stop takes no new work and lets running steps finish; after a few seconds it takes them back: River gives their jobs
// out again at the next start.
func (l *Line) Stop(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	err := l.client.Stop(ctx)
	l.endOnce.Do(func() { close(l.ended) })
	l.stop()
	l.background.Wait()
	if err != nil {
		return fmt.Errorf("stop River: %w", err)
	}
	return nil
}

// Close gives back what New took, after Stop.
func (l *Line) Close() error {
	if l.pool != nil {
		l.pool.Close()
	}
	return nil
}

func (l *Line) mailbox(name string) Mailbox {
	for _, m := range l.opts.Mailboxes {
		if m.Name == name {
			return m
		}
	}
	if len(l.opts.Mailboxes) > 0 {
		return l.opts.Mailboxes[0] // the one of an old case was taken out of the configuration
	}
	return Mailbox{Name: name}
}

func (l *Line) queue(name string) Queue {
	for _, q := range l.opts.Queues {
		if q.Name == name {
			return q
		}
	}
	return l.opts.Queues[0]
}

// riverLog takes River's own warnings down a level where they say nothing to an operator: a step that found its work
// done is no failure.
type riverLog struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h *riverLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *riverLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &riverLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *riverLog) WithGroup(name string) slog.Handler { return &riverLog{h.Handler.WithGroup(name)} }
