package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/mailin/message"
	"caseconsultant/mailout"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// runsIn makes River's waiting jobs of a kind look as if a process ran them.
func (b *bundle) runsIn(kind string, process int64) {
	b.t.Helper()
	client := `ARRAY['` + workflow.ClientID(process) + `']`
	if b.db.Dialect() == store.SQLite {
		client = `jsonb_array('` + workflow.ClientID(process) + `')`
	}
	must(b.t, b.db.InTx(b.t.Context(), func(tx *store.Tx) error {
		result, err := tx.ExecContext(b.t.Context(), `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at, attempted_by = `+client+` WHERE kind = $1 AND state = 'available'`, kind)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, errors.New("no job of the kind waits"))
		}
		return nil
	}))
}

// Whoever reads this mail dies: after three deaths it is read without a parser.
func TestAMailWhoseReaderDiesThreeTimesIsReadWithoutAParser(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		parsed := 0
		b.line.SetParser(func(io.Reader, message.Options) (*message.Message, error) { parsed++; return nil, nil })
		b.deliver(question("poison@clinic.example"))
		for death := range int64(3) {
			b.runsIn("read", 4711+death)
			must(t, b.line.Reconcile(t.Context(), time.Hour))
			must(t, b.line.Reconcile(t.Context(), time.Hour)) // one death counts once
		}
		b.start()
		b.settled()
		b.readWithoutAParser()
		if parsed != 0 {
			t.Errorf("the parser had the mail %d times more", parsed)
		}
	})
}

// A parser that panics is asked three times, and its text is kept nowhere.
func TestAMailWhoseParserPanicsIsReadWithoutAParser(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) { o.RetryAfter = func(int64) time.Duration { return 0 } })
		var parsed atomic.Int64
		b.line.SetParser(func(io.Reader, message.Options) (*message.Message, error) {
			parsed.Add(1)
			panic("near lee@clinic.example")
		})
		b.start()
		b.deliver(question("poison@clinic.example"))
		b.wait("the case", func() bool { return len(b.cases()) == 1 })
		b.settled()
		b.readWithoutAParser()
		if n := parsed.Load(); n != 3 {
			t.Errorf("the parser had the mail %d times, want 3", n)
		}
		list, err := b.line.River().JobList(t.Context(), river.NewJobListParams().Kinds("read").First(100))
		must(t, err)
		for _, job := range list.Jobs {
			for _, e := range job.Errors {
				if strings.Contains(e.Error+e.Trace, "clinic.example") || !strings.Contains(e.Error, "panic") {
					t.Errorf("River keeps %q of a panic", e.Error)
				}
			}
		}
	})
}

// A parser that never ends is given up after its time, and holds up neither its mail nor the one behind it.
func TestAMailWhoseParserHangsIsReadWithoutAParser(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) {
		o.RetryAfter, o.Workers, o.Memory = func(int64) time.Duration { return 0 }, 1, 64<<10 // room for two at once
	})
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	b.line.SetTimes(50*time.Millisecond, time.Hour)
	b.line.SetParser(func(r io.Reader, o message.Options) (*message.Message, error) {
		m, err := message.Parse(r, o)
		if m.MessageID == "poison@clinic.example" {
			<-ended
		}
		return m, err
	})
	b.start()
	b.deliver(question("poison@clinic.example"))
	b.deliver(mailFrom("kim@clinic.example", "behind@clinic.example", "99213", "", "Is 99213 right?\n"))
	b.wait("both cases", func() bool { return len(b.cases()) == 2 })
	b.settled()
	b.proven()
}

func (b *bundle) readWithoutAParser() {
	b.t.Helper()
	c := b.cases()
	if len(c) != 1 || c[0].State != casefile.Waiting {
		b.t.Fatalf("cases %+v", c)
	}
	v := b.view(c[0].Ref)
	if p := strings.Join(v.Messages[0].Problems, " "); !strings.Contains(p, "could not be taken apart") || !strings.Contains(v.Messages[0].Parsed.Text, "31297-50") {
		b.t.Errorf("problems %q, text %q", p, v.Messages[0].Parsed.Text)
	}
	b.proven()
}

// River left a job running that this process does not work at: it could not write what became of it.
func TestAJobThatNobodyWorksAtIsGivenOutAgain(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) { o.ReconcileEvery = 20 * time.Millisecond })
		b.line.SetTimes(time.Minute, 200*time.Millisecond)
		b.deliver(question("q1@clinic.example"))
		b.runsIn("read", b.process.ID)
		b.start()
		b.smtp.WaitMessages(t, 1)
		b.settled()
		b.proven()
	})
}

// blockingBook waits in a look-up until it is let go.
type blockingBook struct {
	workflow.Codes
	entered, leave chan struct{}
	once           sync.Once
}

func (b *blockingBook) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error) {
	b.once.Do(func() {
		close(b.entered)
		<-b.leave
	})
	return b.Codes.Lookup(ctx, system, code, on)
}

// PostgreSQL goes away while a step is at work, for longer than River tries to write what became of the job.
func TestTheDatabaseIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	proxy := newProxy(t, storetest.PostgresURL(t))
	book := &blockingBook{entered: make(chan struct{}), leave: make(chan struct{})}
	gaveUp := make(chan struct{})
	b := setup(t, proxy.url, func(o *workflow.Options) {
		book.Codes, o.Codes = o.Codes, book
		o.ReconcileEvery = 50 * time.Millisecond
		o.Log = slog.New(&logWatch{text: "giving up", seen: gaveUp})
	})
	b.line.SetTimes(time.Minute, 200*time.Millisecond)
	b.start()
	b.deliver(question("q1@clinic.example"))
	<-book.entered
	proxy.cut()
	close(book.leave)
	select {
	case <-gaveUp:
	case <-time.After(40 * time.Second):
		t.Fatal("River never gave up writing what became of the job")
	}
	proxy.mend()
	b.smtp.WaitMessages(t, 1)
	b.settled()
	b.proven()
}

// logWatch closes a channel when a line says something.
type logWatch struct {
	text string
	once sync.Once
	seen chan struct{}
}

func (w *logWatch) Enabled(context.Context, slog.Level) bool { return true }
func (w *logWatch) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w *logWatch) WithGroup(string) slog.Handler            { return w }
func (w *logWatch) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, w.text) {
		w.once.Do(func() { close(w.seen) })
	}
	return nil
}

// proxy stands before PostgreSQL and can be cut off.
type proxy struct {
	url string

	mu    sync.Mutex
	away  bool
	conns map[net.Conn]bool
}

func newProxy(t *testing.T, server string) *proxy {
	t.Helper()
	u, err := url.Parse(server)
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{conns: make(map[net.Conn]bool)}
	t.Cleanup(func() { listener.Close(); p.cut() })
	target := u.Host
	u.Host = listener.Addr().String()
	p.url = u.String()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go p.forward(conn, target)
		}
	}()
	return p
}

func (p *proxy) forward(client net.Conn, target string) {
	defer client.Close()
	if !p.keep(client) {
		return
	}
	server, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.keep(server) {
		return
	}
	go func() { io.Copy(server, client); server.Close() }()
	io.Copy(client, server)
}

func (p *proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[conn] = true
	return !p.away
}

func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = true
	for conn := range p.conns {
		conn.Close()
	}
	clear(p.conns)
}

func (p *proxy) mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = false
}

// senderFunc is a sender made of a function.
type senderFunc func(ctx context.Context, e mailout.Envelope, size int64, body io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error)

func (f senderFunc) Send(ctx context.Context, e mailout.Envelope, size int64, body io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error) {
	return f(ctx, e, size, body, beforeDot)
}

// A sender that breaks down after it has said that it sends: nobody knows whether the mail went out.
func TestASenderThatPanicsLeavesNoDeliverySending(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) {
			o.ReconcileEvery = 20 * time.Millisecond
			o.Sender = senderFunc(func(ctx context.Context, _ mailout.Envelope, _ int64, _ io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error) {
				if err := beforeDot(ctx); err != nil {
					return mailout.Receipt{}, &mailout.Error{Phase: mailout.PhaseBody, Err: err}
				}
				panic("near lee@clinic.example")
			})
		})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.wait("uncertainty", func() bool { return b.onlyDelivery().State == casefile.DeliveryUncertain })
	})
}

// onlyDelivery is the delivery of the only case; its zero value while there is none.
func (b *bundle) onlyDelivery() casefile.Delivery {
	b.t.Helper()
	list := b.cases()
	if len(list) != 1 {
		return casefile.Delivery{}
	}
	if v := b.view(list[0].Ref); len(v.Deliveries) == 1 {
		return v.Deliveries[0]
	}
	return casefile.Delivery{}
}

// The commit of `sending` is made and reported lost: no dot goes out, and the mail is sent after all.
func TestSendingThatWasCommittedUnheardIsTriedAgain(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		var attempts atomic.Int64
		b := setup(t, url, func(o *workflow.Options) {
			real := o.Sender
			o.Sender = senderFunc(func(ctx context.Context, e mailout.Envelope, size int64, body io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error) {
				if attempts.Add(1) > 1 {
					return real.Send(ctx, e, size, body, beforeDot)
				}
				return real.Send(ctx, e, size, body, func(ctx context.Context) error {
					return errors.Join(beforeDot(ctx), io.ErrUnexpectedEOF)
				})
			})
		})
		// What the sender is told of beforeDot is all that differs here from a commit that was reported lost; the line itself
		// must believe the row.
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.smtp.WaitMessages(t, 1)
		b.wait("acceptance", func() bool { return b.onlyDelivery().State == casefile.DeliveryAccepted })
		if n := len(b.smtp.Messages()); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

// Another process took this one for dead while the server's reply was awaited. The reply counts.
func TestAReplyCountsAfterTheSenderWasTakenForDead(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		var b *bundle
		b = setup(t, url, func(o *workflow.Options) {
			real := o.Sender
			o.Sender = senderFunc(func(ctx context.Context, e mailout.Envelope, size int64, body io.Reader, beforeDot func(context.Context) error) (mailout.Receipt, error) {
				return real.Send(ctx, e, size, body, func(ctx context.Context) error {
					if err := beforeDot(ctx); err != nil {
						return err
					}
					return b.db.InTx(ctx, func(tx *store.Tx) error {
						_, err := tx.ExecContext(ctx, `UPDATE deliveries SET state = 'uncertain', owner = 0, uncertain_at = 1, round = round + 1`)
						return err
					})
				})
			})
		})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.smtp.WaitMessages(t, 1)
		b.wait("acceptance", func() bool { return b.onlyDelivery().State == casefile.DeliveryAccepted })
	})
}

// A stop takes running jobs back: they wait for the next start, uncounted, and nothing is lost or sent twice.
func TestAStopGivesJobsBack(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		entered := make(chan struct{}, 1)
		b := setup(t, url, func(o *workflow.Options) {
			o.StopAfter = 100 * time.Millisecond
			o.Sender = senderFunc(func(ctx context.Context, _ mailout.Envelope, _ int64, _ io.Reader, _ func(context.Context) error) (mailout.Receipt, error) {
				entered <- struct{}{}
				<-ctx.Done()
				return mailout.Receipt{}, &mailout.Error{Phase: mailout.PhaseDial, Err: ctx.Err()}
			})
		})
		must(t, b.line.Start(t.Context()))
		b.deliver(question("q1@clinic.example"))
		<-entered
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		must(t, b.line.Stop(ctx))
		list, err := b.line.River().JobList(t.Context(), river.NewJobListParams().Kinds("send").First(10))
		must(t, err)
		if len(list.Jobs) != 1 || list.Jobs[0].State != rivertype.JobStateAvailable || list.Jobs[0].Attempt != 0 {
			t.Errorf("the job after the stop: %+v", list.Jobs)
		}
		if d := b.onlyDelivery(); d.State != casefile.DeliveryQueued || d.Attempts != 0 {
			t.Errorf("the delivery after the stop: %s, %d attempts", d.State, d.Attempts)
		}
		must(t, b.db.Close())
		b.open(url)
		b.start()
		b.smtp.WaitMessages(t, 1)
		b.wait("acceptance", func() bool { return b.onlyDelivery().State == casefile.DeliveryAccepted })
	})
}

// What a server defers is tried again on a schedule that grows, and given up after five days.
func TestDeferredMailIsTriedOnAGrowingSchedule(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.smtp.Inject(smtptest.Fault{Phase: smtptest.Rcpt, Code: 450, Enhanced: "4.2.0"})
		b.start()
		b.deliver(question("q1@clinic.example"))
		for attempt, want := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute} {
			b.wait("a deferral", func() bool {
				d := b.onlyDelivery()
				return d.State == casefile.DeliveryDeferred && d.Attempts == int64(attempt+1)
			})
			d := b.onlyDelivery()
			if wait := time.Until(d.NextAt); wait < want-10*time.Second || wait > want {
				t.Errorf("after attempt %d it waits %s, want about %s", attempt+1, wait, want)
			}
			b.due(d.ID, time.Time{})
		}
		b.wait("the fifth deferral", func() bool { return b.onlyDelivery().Attempts == 5 })
		d := b.onlyDelivery()
		b.due(d.ID, time.Now().Add(-6*24*time.Hour))
		b.wait("giving up", func() bool { return b.onlyDelivery().State == casefile.DeliveryFailed })
		if !b.cases()[0].Has(casefile.Undelivered) {
			t.Error("a mail that was given up does not show on its case")
		}
	})
}

// due makes a delivery due at once; created is when it was decided, zero leaves that.
func (b *bundle) due(id int64, created time.Time) {
	b.t.Helper()
	must(b.t, b.db.InTx(b.t.Context(), func(tx *store.Tx) error {
		set := ""
		if !created.IsZero() {
			set = fmt.Sprintf(", created_at = %d", created.UnixMilli())
		}
		_, err := tx.ExecContext(b.t.Context(), `UPDATE deliveries SET next_at = 1, round = round + 1`+set+` WHERE id = $1 AND state = 'deferred'`, id)
		return err
	}))
	must(b.t, b.line.Reconcile(b.t.Context(), 0))
}
