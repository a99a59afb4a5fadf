package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/message"
	"caseconsultant/mailout"
	"caseconsultant/workflow"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
)

// The roles that a process can take; by default one takes all.
const (
	roleWatch = "watch" // watches the mailboxes
	roleWork  = "work"  // runs the steps of the line and sends
	roleDesk  = "desk"  // serves the desk
)

var allRoles = []string{roleWatch, roleWork, roleDesk}

// stopWithin bounds a clean stop: what is not finished then is given back and done at the next start.
const stopWithin = 9500 * time.Millisecond

// ProgramOptions are what a Program needs beside its configuration.
type ProgramOptions struct {
	Roles  []string       // defaults to all
	Log    *slog.Logger   // defaults to what [log] says, on Stderr
	Stderr io.Writer      // defaults to the process's
	Timing mailin.Timings // of the watchers; tests shorten them
	// Line may change the line's options before it is made; tests and the demo do.
	Line func(*workflow.Options)
	// Ledger may stand between the watchers and their ledger; bench listens there.
	Ledger func(mailin.Ledger) mailin.Ledger
	// People are the settings of sign-in; tests make password hashes cheap.
	People people.Options
}

// Program is the whole of `serve`: New checks, Run starts everything and returns when it is ready, Close stops it in
// good order. Meanwhile Failed tells of what cannot go on.
//
//	p, err := New(cfg, ProgramOptions{})
//	err = p.Run(ctx)
//	defer p.Close()
//	<-ctx.Done()
type Program struct {
	cfg   *Config
	opts  ProgramOptions
	roles []string
	log   *slog.Logger

	db       *store.DB
	people   *people.People
	book     *codebook.Live
	sender   *mailout.Sender
	line     *workflow.Line
	watchers []*mailin.Watcher

	desk, admin *server
	background  context.Context
	stopping    context.CancelFunc // ends background
	stopWatch   context.CancelFunc
	watching    sync.WaitGroup
	tasks       sync.WaitGroup
	failed      chan error
	closeOnce   sync.Once
	closeErr    error
}

// New checks that the configuration can be used on this machine: roles, secrets, server addresses. It opens nothing.
func New(cfg *Config, opts ProgramOptions) (*Program, error) {
	p := &Program{cfg: cfg, opts: opts, roles: opts.Roles, log: opts.Log, failed: make(chan error, 4)}
	if len(p.roles) == 0 {
		p.roles = allRoles
	}
	for _, role := range p.roles {
		if !slices.Contains(allRoles, role) {
			return nil, usageError(fmt.Sprintf("there is no role %q: write %s", role, orList(allRoles)))
		}
	}
	if p.opts.Stderr == nil {
		p.opts.Stderr = os.Stderr
	}
	if p.log == nil {
		p.log = cfg.Log.logger(p.opts.Stderr)
	}
	if err := cfg.checkSecrets(); err != nil {
		return nil, err
	}
	return p, nil
}

// logger writes what [log] asks for.
func (c LogConfig) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func (p *Program) has(role string) bool { return slices.Contains(p.roles, role) }

// DeskURL is where browsers find the desk, "" in a process without one. Set once Run has returned.
func (p *Program) DeskURL() string {
	if p.desk == nil {
		return ""
	}
	return p.deskURL().String()
}

// AdminURL is where health and metrics are. Set once Run has returned.
func (p *Program) AdminURL() string { return "http://" + p.admin.address() }

// Failed gets an error when the program cannot go on; the caller closes it then.
func (p *Program) Failed() <-chan error { return p.failed }

// Line is the program's line, once Run has returned.
func (p *Program) Line() *workflow.Line { return p.line }

// People are those who may sign in, once Run has returned.
func (p *Program) People() *people.People { return p.people }

// Run opens the database and the codebook, starts what the roles ask for, and returns when the desk answers. The
// context ends only the start; Close stops what runs. After an error nothing runs.
func (p *Program) Run(ctx context.Context) error {
	p.background, p.stopping = context.WithCancel(context.WithoutCancel(ctx))
	if err := p.start(ctx); err != nil {
		return errors.Join(err, p.Close())
	}
	return nil
}

func (p *Program) start(ctx context.Context) error {
	// First the ports: a second program started by mistake is told so before it touches anything.
	var err error
	if p.admin, err = listen("[admin]", p.cfg.Admin.Listen); err != nil {
		return err
	}
	if p.has(roleDesk) {
		if p.desk, err = listen("[desk]", p.cfg.Desk.Listen); err != nil {
			return err
		}
	}
	if p.book, err = p.cfg.openLive(ctx); err != nil {
		return err
	}
	if p.db, err = p.cfg.openStore(ctx); err != nil {
		return err
	}
	if err := workflow.Migrate(ctx, p.db); err != nil {
		return err
	}
	process, err := p.db.StartProcess(ctx, strings.Join(p.roles, ","))
	if err != nil {
		return err
	}
	p.people = people.New(p.db, p.opts.People)
	if err := p.startLine(ctx, process); err != nil {
		return err
	}
	if err := p.startServers(); err != nil {
		return err
	}
	if p.has(roleWatch) {
		if err := p.startWatchers(); err != nil {
			return err
		}
	}
	p.every(bookEvery, "look whether the codebook was replaced", (&bookLooks{program: p, log: p.log}).look)
	if p.has(roleDesk) {
		p.every(10*time.Minute, "remove expired sessions", func(ctx context.Context) error { return p.people.Sweep(ctx, p.db.Now()) })
	}
	return nil
}

func (p *Program) startLine(ctx context.Context, process *store.Process) error {
	options, err := p.cfg.lineOptions()
	if err != nil {
		return err
	}
	options.Words, options.Log = house.New(p.db), p.log
	options.Borrow = func() (workflow.Codes, func()) {
		book, giveBack := p.book.Borrow()
		return book, giveBack
	}
	if p.has(roleWork) {
		if p.sender, err = mailout.NewSender(p.cfg.SMTP.sender()); err != nil {
			return fmt.Errorf("[smtp]: %w", err)
		}
		options.Sender = p.sender
	}
	if p.desk != nil {
		options.PublicURL = p.deskURL().String()
	}
	if p.opts.Line != nil {
		p.opts.Line(&options)
	}
	if p.line, err = workflow.New(p.db, process, p.people, options); err != nil {
		return err
	}
	if !p.has(roleWork) {
		return nil
	}
	if documents, ok := options.Documents.(documentReader); ok {
		p.tasks.Go(func() {
			if err := documents.made().Warm(p.background); err != nil && p.background.Err() == nil {
				p.log.Warn("PDFium is not compiled in advance: each PDF takes some seconds longer", "error", err)
			}
		})
	}
	return p.line.Start(ctx)
}

// lineOptions are those that the configuration settles.
func (c *Config) lineOptions() (workflow.Options, error) {
	letters, err := mailout.NewLetters(mailout.Firm{Name: c.Firm.Name, Website: c.Firm.Website, Privacy: c.Firm.Privacy, Hours: c.Queues[0].words()})
	if err != nil {
		return workflow.Options{}, err
	}
	policy, err := codebook.LoadPolicy(c.Codebook.Policy)
	if err != nil {
		return workflow.Options{}, err
	}
	options := workflow.Options{
		Policy:          policy,
		Letters:         letters,
		FirmName:        c.Firm.Name,
		Licences:        c.Licence.Set,
		PublicURL:       c.Desk.PublicURL,
		AuthservIDs:     c.Trust.AuthservID,
		Authenticity:    c.senders(),
		Limits:          c.Limits.message(),
		Memory:          int64(c.Limits.Memory),
		PerSender:       workflow.Rate(c.Limits.PerSender),
		Overall:         workflow.Rate(c.Limits.Overall),
		ResendUncertain: c.SMTP.Uncertain == "resend",
		UncertainAfter:  time.Duration(c.SMTP.UncertainAfter),
		Documents:       c.documents(),
		DocumentWait:    time.Duration(c.Limits.DocumentWait),
		DocumentWorkers: documentWorkers(),
	}
	for _, m := range c.Mailboxes {
		options.Mailboxes = append(options.Mailboxes, workflow.Mailbox{Name: m.Name, Address: string(m.Address), Queue: m.Queue, AcceptAutomatic: texts(m.AcceptAutomatic)})
	}
	for _, q := range c.Queues {
		options.Queues = append(options.Queues, workflow.Queue{Name: q.Name, Due: time.Duration(q.Due), Hours: q.Calendar, Notify: texts(q.Notify)})
	}
	return options, nil
}

func texts(addresses []Address) []string {
	var list []string
	for _, a := range addresses {
		list = append(list, string(a))
	}
	return list
}

// message are the limits of reading a mail.
func (l LimitsConfig) message() message.Limits {
	return message.Limits{MessageBytes: int64(l.Message), Parts: int(l.Parts), Depth: int(l.Depth), AttachmentBytes: int64(l.Attachment), HeaderBytes: int(l.Header), TextBytes: int(l.Text)}
}

// openBook opens the codebook that answers.
func (c *Config) openBook(ctx context.Context) (*codebook.Book, error) {
	if c.Codebook.Path != "" {
		return codebook.Open(ctx, c.Codebook.Path)
	}
	return codebook.OpenStarter(ctx, c.Codebook.Cache)
}

// licensed is the codebook with the words of others for which allow is true.
func (p *Program) licensed(allow func(licence string) bool) desk.Codes {
	return p.book.View(func(b *codebook.Book) *codebook.Book { return b.Licensed(allow) })
}

// openLive opens it so that it can be replaced while the program runs.
func (c *Config) openLive(ctx context.Context) (*codebook.Live, error) {
	if c.Codebook.Path != "" {
		return codebook.OpenLive(ctx, c.Codebook.Path)
	}
	book, err := codebook.OpenStarter(ctx, c.Codebook.Cache)
	if err != nil {
		return nil, err
	}
	return codebook.Still(book), nil
}

func (p *Program) startWatchers() error {
	ctx, stop := context.WithCancel(p.background)
	p.stopWatch = stop
	var ledger mailin.Ledger = p.line.Ledger()
	if p.opts.Ledger != nil {
		ledger = p.opts.Ledger(ledger)
	}
	for i := range p.cfg.Mailboxes {
		m := &p.cfg.Mailboxes[i]
		config := m.watcher(p.cfg.Limits)
		config.Timings, config.Logger = p.opts.Timing, p.log
		w, err := mailin.New(config, ledger)
		if err != nil {
			return err
		}
		p.watchers = append(p.watchers, w)
		p.watching.Go(func() {
			if err := w.Run(ctx); err != nil {
				p.fail(fmt.Errorf("watch mailbox %s: %w", m.Name, err))
			}
		})
	}
	return nil
}

func (p *Program) startServers() error {
	admin, err := newAdmin(p)
	if err != nil {
		return err
	}
	p.serve(p.admin, admin)
	if p.desk == nil {
		return nil
	}
	live := newLive(p.line.Files(), p.db.Now)
	handler, err := desk.New(desk.Options{
		Cases: p.line.Files(), Intake: p.line.Ledger(), Office: p.line.Office(), Codes: p.book, Words: house.New(p.db), People: p.people, Changes: live,
		Licences: p.cfg.Licence.Set, Licensed: p.licensed,
		PublicURL: p.deskURL(), Zone: p.cfg.Firm.Zone.Location, Queues: p.cfg.queueNames(), Firm: p.cfg.Firm.Name, Log: p.log,
	})
	if err != nil {
		return err
	}
	changes := p.db.Changes(p.background)
	p.tasks.Go(func() { live.run(p.background, changes) })
	p.serve(p.desk, handler)
	return nil
}

func (c *Config) queueNames() []string {
	var names []string
	for _, q := range c.Queues {
		names = append(names, q.Name)
	}
	return names
}

// deskURL is what the configuration says, or the address that is listened on.
func (p *Program) deskURL() *url.URL {
	if p.cfg.Desk.Public != nil {
		return p.cfg.Desk.Public
	}
	return &url.URL{Scheme: "http", Host: p.desk.address()}
}

func (p *Program) fail(err error) {
	select {
	case p.failed <- err:
	default: // one is enough to stop
	}
}

// every calls a sweep at once and then again and again, until the program stops. A sweep that fails is tried again.
func (p *Program) every(interval time.Duration, what string, sweep func(context.Context) error) {
	p.tasks.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			if err := sweep(p.background); err != nil && p.background.Err() == nil {
				p.log.Warn("A sweep failed and is tried again", "sweep", what, "error", err)
			}
			select {
			case <-p.background.Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Close stops in good order, within ten seconds: the watchers take no new mail, the desk no new request, running steps
// finish or are given back, then the database is closed. It is safe to call it more than once.
func (p *Program) Close() error {
	p.closeOnce.Do(func() { p.closeErr = p.close() })
	return p.closeErr
}

func (p *Program) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	var errs []error
	if p.stopWatch != nil {
		p.stopWatch()
	}
	p.watching.Wait()
	if p.stopping != nil {
		p.stopping()
	}
	for _, s := range []*server{p.desk, p.admin} {
		if s != nil {
			errs = append(errs, s.stop(ctx))
		}
	}
	p.tasks.Wait()
	if p.line != nil {
		if p.has(roleWork) {
			errs = append(errs, p.line.Stop(ctx))
		}
		errs = append(errs, p.line.Close())
	}
	if p.sender != nil {
		errs = append(errs, p.sender.Close())
	}
	if p.db != nil {
		errs = append(errs, p.db.Close())
	}
	if p.book != nil {
		errs = append(errs, p.book.Close())
	}
	return errors.Join(errs...)
}

// server is one HTTP server: it listens from the start and answers once it has its handler.
type server struct {
	listener net.Listener
	http     *http.Server
	cancel   context.CancelFunc
}

func listen(table string, at Listen) (*server, error) {
	l, err := net.Listen("tcp", string(at))
	if err != nil {
		return nil, fmt.Errorf("%s listen: %w (is the program running already, or another one on this port?)", table, err)
	}
	return &server{listener: l}, nil
}

func (s *server) address() string { return s.listener.Addr().String() }

func (p *Program) serve(s *server, handler http.Handler) {
	// Live pages hold their requests open; they end with this context when the server stops.
	ctx, cancel := context.WithCancel(p.background)
	s.cancel = cancel
	s.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second, // no ReadTimeout: it would end live pages, whose requests stay open
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelDebug), // broken connections of browsers
	}
	p.tasks.Go(func() {
		if err := s.http.Serve(s.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			p.fail(fmt.Errorf("serve %s: %w", s.address(), err))
		}
	})
}

// stop lets running requests end, for a moment.
func (s *server) stop(ctx context.Context) error {
	if s.http == nil {
		return s.listener.Close()
	}
	s.cancel()
	ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close() // a download that takes longer is cut off; nothing is lost by it
	}
	return nil
}
