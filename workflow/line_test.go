package workflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/mailin"
	"caseconsultant/mailin/message"
	"caseconsultant/mailout"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow"
	"caseconsultant/workflow/calendar"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var starter = sync.OnceValues(func() (*codebook.Book, error) { return codebook.OpenStarter(context.Background(), "") })

// cheap are people whose passwords cost nothing to hash: here nobody signs in.
var cheap = people.Options{Cost: people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}}

// bundle is a line with a real database and a real SMTP server; mails are delivered into its ledger as the watcher does.
type bundle struct {
	t    testing.TB
	db   *store.DB
	line *workflow.Line
	smtp *smtptest.Server
	dana people.User

	process *store.Process

	lease   mailin.Lease
	lastUID uint32
	changed <-chan struct{}
}

type option func(*workflow.Options)

func setup(t testing.TB, url string, options ...option) *bundle {
	t.Helper()
	b := &bundle{t: t, smtp: smtptest.New(t, smtptest.Options{})}
	b.open(url, options...)
	dana, err := people.New(b.db, cheap).Add(t.Context(), people.NewUser{Email: "dana@firm.example", Name: "Dana Example", Credential: "CPC", Password: "a long enough passphrase"})
	must(t, err)
	b.dana = dana
	return b
}

// open starts a line as a new process of the installation.
func (b *bundle) open(url string, options ...option) {
	t := b.t
	t.Helper()
	b.db = storetest.Open(t, url)
	b.changed = b.db.Changes(t.Context())
	must(t, workflow.Migrate(t.Context(), b.db))
	process, err := b.db.StartProcess(t.Context(), "work")
	must(t, err)
	b.process = process
	book, err := starter()
	must(t, err)
	letters, err := mailout.NewLetters(mailout.Firm{Name: "Example Coding"})
	must(t, err)
	sender, err := mailout.NewSender(mailout.SenderOptions{URL: b.smtp.URL(), TLS: b.smtp.ClientTLS()})
	must(t, err)
	t.Cleanup(func() { sender.Close() })
	hours, err := calendar.Parse("", nil)
	must(t, err)
	opts := workflow.Options{Codes: book, Letters: letters, Sender: sender, FirmName: "Example Coding",
		Mailboxes: []workflow.Mailbox{{Name: "consult", Address: "consult@firm.example", Queue: "general"}},
		Queues:    []workflow.Queue{{Name: "general", Due: 8 * time.Hour, Hours: hours}}, Log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	for _, o := range options {
		o(&opts)
	}
	b.line, err = workflow.New(b.db, process, people.New(b.db, cheap), opts)
	must(t, err)
	t.Cleanup(func() { b.line.Close() })
}

func (b *bundle) start() {
	b.t.Helper()
	must(b.t, b.line.Start(b.t.Context()))
	b.t.Cleanup(b.stop)
}

func (b *bundle) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.line.Stop(ctx); err != nil {
		b.t.Errorf("stop: %v", err)
	}
}

// asked is a line that runs, with one question read and its summary sent.
func asked(t testing.TB, url string, options ...option) *bundle {
	t.Helper()
	b := setup(t, url, options...)
	b.start()
	b.deliver(question("q1@clinic.example"))
	b.smtp.WaitMessages(t, 1)
	b.settled()
	return b
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Helper()
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// deliver keeps a mail, as the watcher does.
func (b *bundle) deliver(raw string) {
	b.t.Helper()
	b.deliverMail(raw, func(*mailin.Mail) {})
}

func (b *bundle) deliverMail(raw string, change func(*mailin.Mail)) {
	b.t.Helper()
	ctx := b.t.Context()
	if b.lease.UIDValidity == 0 {
		lease, err := b.line.Ledger().Acquire(ctx, "consult", "INBOX")
		must(b.t, err)
		b.lease = lease
		if lease.UIDValidity == 0 {
			b.lease, err = b.line.Ledger().Adopt(ctx, lease, mailin.Adoption{UIDValidity: 1})
			must(b.t, err)
		}
	}
	b.lastUID++
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	mail := mailin.Mail{Summary: mailin.Summary{Position: mailin.Position{UIDValidity: b.lease.UIDValidity, UID: b.lastUID}, ServerSize: int64(len(raw))}, Size: int64(len(raw)),
		InternalDate: time.Now(), Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(raw)), nil }}
	change(&mail)
	must(b.t, b.line.Ledger().Deliver(ctx, b.lease, mail))
}

func question(id string) string {
	return mailFrom("Lee Example <lee@clinic.example>", id, "31297-50 with 31288", "", "Can 31297-50 be billed with 31288 on the same day?\nMedicare, DOS 2026-03-02.\n\nLee\n")
}

func mailFrom(from, id, subject, refers, body string) string {
	head := fmt.Sprintf("From: %s\nTo: consult@firm.example\nDate: %s\nSubject: %s\nMessage-ID: <%s>\n", from, time.Now().Format(time.RFC1123Z), subject, id)
	if refers != "" {
		head += fmt.Sprintf("In-Reply-To: <%s>\nReferences: <%s>\n", refers, refers)
	}
	return head + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n" + body
}

// wait waits for a condition on the database, looking whenever something has changed.
func (b *bundle) wait(what string, condition func() bool) {
	b.t.Helper()
	deadline := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-b.changed:
		case <-time.After(50 * time.Millisecond): // not every change is announced: the reconciler's are not
		case <-deadline:
			b.t.Fatalf("waited for %s in vain", what)
		}
	}
}

func (b *bundle) cases() []casefile.Case {
	b.t.Helper()
	list, err := b.line.Files().List(b.t.Context(), casefile.Filter{Limit: 500})
	must(b.t, err)
	return list
}

func (b *bundle) view(ref string) *casefile.View {
	b.t.Helper()
	v, err := b.line.Files().Get(b.t.Context(), ref)
	must(b.t, err)
	return v
}

// settled waits until no step and no delivery is due any more.
func (b *bundle) settled() {
	b.t.Helper()
	b.wait("all steps to be done", func() bool {
		var open int
		must(b.t, b.db.Read.QueryRowContext(b.t.Context(), `SELECT (SELECT count(*) FROM ledger_entries WHERE step <> '') + (SELECT count(*) FROM messages WHERE step NOT IN ('', 'failed'))
			+ (SELECT count(*) FROM deliveries WHERE state IN ('queued', 'sending')) + (SELECT count(*) FROM attachments WHERE step <> '')`).Scan(&open))
		return open == 0
	})
}

func (b *bundle) proven() {
	b.t.Helper()
	proof, err := b.line.Ledger().Prove(b.t.Context())
	must(b.t, err)
	if len(proof.Lost) > 0 || proof.Waiting > 0 {
		b.t.Errorf("the ledger's proof fails: %+v", proof)
	}
	for _, c := range b.cases() {
		v, err := b.line.Files().Verify(b.t.Context(), c.Ref)
		must(b.t, err)
		if v.Broken != 0 {
			b.t.Errorf("the history of %s is broken at %d: %s", c.Ref, v.Broken, v.Why)
		}
	}
}

func TestAMailRunsAlongTheLine(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliver(question("q1@clinic.example"))
		sent := b.smtp.WaitMessages(t, 1)
		b.settled()
		cases := b.cases()
		if len(cases) != 1 || cases[0].State != casefile.Waiting || cases[0].DueAt.IsZero() || cases[0].Queue != "general" {
			t.Fatalf("cases %+v", cases)
		}
		c := cases[0]
		if got := strings.Join(c.Codes, " "); got != "31297-50 31288" {
			t.Errorf("codes %q", got)
		}
		summary := string(sent[0].Data)
		for _, want := range []string{"In-Reply-To: <q1@clinic.example>", "References: <q1@clinic.example>", "Auto-Submitted: auto-replied", c.Ref} {
			if !strings.Contains(summary, want) {
				t.Errorf("the summary lacks %q", want)
			}
		}
		if sent[0].From != "consult@firm.example" || strings.Join(sent[0].To, " ") != "lee@clinic.example" {
			t.Errorf("envelope %s to %v", sent[0].From, sent[0].To)
		}
		b.wait("the delivery to be accepted", func() bool { return b.view(c.Ref).Deliveries[0].State == casefile.DeliveryAccepted })
		v := b.view(c.Ref)
		var kinds []string
		for _, e := range v.Events {
			kinds = append(kinds, string(e.Kind))
		}
		if got, want := strings.Join(kinds, " "), "received read extracted attached delivery_queued routed"; !strings.HasPrefix(got, "received read extracted attached routed delivery_queued") {
			t.Errorf("history %q, want it to begin with %q", got, want)
		}
		if len(v.Descriptions) < 3 || len(v.Messages) != 2 {
			t.Errorf("%d descriptions, %d messages", len(v.Descriptions), len(v.Messages))
		}
		b.proven()
	})
}

func TestAnswerGoesOutInTheThreadAndAFollowUpJoins(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		office := b.line.Office()
		must(t, office.Answer(t.Context(), ref, b.dana.ID, "No, not as billed.\n\nReport 31288-50.", 0))
		sent := b.smtp.WaitMessages(t, 2)
		answer := string(sent[1].Data)
		for _, want := range []string{"In-Reply-To: <q1@clinic.example>", "No, not as billed.", "Dana Example"} {
			if !strings.Contains(answer, want) {
				t.Errorf("the answer lacks %q", want)
			}
		}
		if strings.Contains(answer, "Auto-Submitted") {
			t.Error("a person's answer says that it is automatic")
		}
		b.settled()
		if c := b.view(ref); c.State != casefile.Answered {
			t.Errorf("state %s, want answered", c.State)
		}
		if err := office.Answer(t.Context(), ref, b.dana.ID, "again", 0); !isTransition(err) {
			t.Errorf("a second answer: %v, want it refused", err)
		}
		// A thank-you joins and reopens nothing.
		answerID := b.view(ref).Deliveries[1].HeaderID
		b.deliver(mailFrom("lee@clinic.example", "t@clinic.example", "Re: 31297-50 with 31288", answerID, "Thanks!\n"))
		b.settled()
		if c := b.view(ref); c.State != casefile.Answered || len(c.Messages) != 4 {
			t.Errorf("after a thank-you: %s, %d messages", c.State, len(c.Messages))
		}
		// A question reopens it.
		b.deliver(mailFrom("lee@clinic.example", "f@clinic.example", "Re: 31297-50 with 31288", answerID, "And what about 31287 on the left side? Is it payable?\n"))
		b.settled()
		c := b.view(ref)
		if c.State != casefile.Waiting || !c.Has(casefile.Reopened) || len(b.cases()) != 1 {
			t.Errorf("after a follow-up: %s %v, %d cases", c.State, c.Flags, len(b.cases()))
		}
		must(t, office.Close(t.Context(), ref, b.dana.ID, ""))
		if err := office.Answer(t.Context(), ref, b.dana.ID, "late", 0); !isTransition(err) {
			t.Errorf("an answer to a closed case: %v, want it refused", err)
		}
		b.proven()
	})
}

func isTransition(err error) bool {
	_, ok := errors.AsType[*casefile.TransitionError](err)
	return ok
}

func TestAskBackWaitsForTheReplyAndGoesBackToWhoAsked(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		must(t, b.line.Office().Ask(t.Context(), ref, b.dana.ID, "Which side was 31288 on?", 0))
		b.smtp.WaitMessages(t, 2)
		b.settled()
		v := b.view(ref)
		if v.State != casefile.AskedBack || !v.DueAt.IsZero() {
			t.Errorf("asked back: %s, due %s; the clock must stand still", v.State, v.DueAt)
		}
		b.deliver(mailFrom("lee@clinic.example", "r@clinic.example", "Re: side", v.Deliveries[1].HeaderID, "It was the right side, hospital outpatient.\n"))
		b.settled()
		if v = b.view(ref); v.State != casefile.Claimed || v.ClaimedBy != b.dana.ID || v.DueAt.IsZero() {
			t.Errorf("after the reply: %s by %d, due %s", v.State, v.ClaimedBy, v.DueAt)
		}
	})
}

func TestAStrangerWithAMessageIDGetsACaseOfTheirOwn(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		b.deliver(mailFrom("stranger@other.example", "s@other.example", "Re: 31297-50 with 31288", "q1@clinic.example", "What did they ask about 99213?\n"))
		b.settled()
		cases := b.cases()
		if len(cases) != 2 || cases[1].LinkedCase != cases[0].ID {
			t.Fatalf("%d cases, link %d", len(cases), cases[len(cases)-1].LinkedCase)
		}
		if v := b.view(cases[0].Ref); len(v.Messages) > 2 {
			t.Errorf("the stranger's mail joined the case")
		}
	})
}

func TestTheSameMailTwiceMakesOneCase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		same := question("q1@clinic.example")
		withoutID := strings.Replace(question("gone"), "Message-ID: <gone>\n", "", 1)
		for range 5 {
			b.deliver(same)
			b.deliver("Received: from somewhere else\n" + same)
			b.deliver(withoutID)
		}
		b.start() // fifteen jobs at once
		b.settled()
		if n := len(b.cases()); n != 2 {
			t.Errorf("%d cases, want 2", n)
		}
		if n := len(b.smtp.WaitMessages(t, 2)); n != 2 {
			t.Errorf("%d summaries, want 2", n)
		}
		b.proven()
	})
}

func TestLateMailBecomesACaseWithoutAnAutomaticMail(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliverMail(question("old@clinic.example"), func(m *mailin.Mail) { m.Late = true })
		b.settled()
		if c := b.cases(); len(c) != 1 || c[0].State != casefile.Waiting {
			t.Fatalf("cases %+v", c)
		}
		if n := len(b.smtp.Messages()); n != 0 {
			t.Errorf("%d mails went out", n)
		}
	})
}

func TestARateLimitDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) { o.PerSender = workflow.Rate{Most: 2, Window: time.Hour} })
		b.start()
		for i := range 4 {
			b.deliver(question(fmt.Sprintf("q%d@clinic.example", i)))
			b.wait("the case to be routed", func() bool { c := b.cases(); return len(c) == i+1 && c[i].State == casefile.Waiting })
		}
		b.smtp.WaitMessages(t, 2)
		delayed := 0
		for _, c := range b.cases() {
			for _, d := range b.view(c.Ref).Deliveries {
				if d.NextAt.After(time.Now().Add(50 * time.Minute)) {
					delayed++
				}
			}
		}
		if delayed != 2 {
			t.Errorf("%d deliveries wait, want 2", delayed)
		}
	})
}

// All of River's jobs are deleted while cases stand in every step; all of it is done all the same.
func TestJobsCanBeLostWithoutHarm(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) {
			o.ReconcileEvery, o.GraceBeforeReconcile = 50*time.Millisecond, time.Millisecond
		})
		const mails = 20
		for i := range mails {
			b.deliver(question(fmt.Sprintf("q%d@clinic.example", i)))
		}
		b.start()
		deleted := 0
		for done := false; !done; {
			list, err := b.line.River().JobList(t.Context(), river.NewJobListParams().States(rivertype.JobStateAvailable, rivertype.JobStateRetryable, rivertype.JobStateScheduled, rivertype.JobStateCompleted).First(100))
			must(t, err)
			for _, job := range list.Jobs {
				if _, err := b.line.River().JobDelete(t.Context(), job.ID); err == nil && job.State != rivertype.JobStateCompleted {
					deleted++
				}
			}
			done = len(b.smtp.Messages()) == mails
			select {
			case <-b.changed:
			case <-time.After(20 * time.Millisecond):
			}
		}
		b.settled()
		if n := len(b.cases()); n != mails || deleted == 0 {
			t.Errorf("%d cases, want %d; %d waiting jobs were deleted", n, mails, deleted)
		}
		if n := len(b.smtp.Messages()); n != mails {
			t.Errorf("%d summaries, want %d", n, mails)
		}
		b.proven()
	})
}

func TestTwoConsultantsClaimAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		kim, err := people.New(b.db, cheap).Add(t.Context(), people.NewUser{Email: "kim@firm.example", Password: "another long passphrase"})
		must(t, err)
		errs := make(chan error, 8)
		var wg sync.WaitGroup
		for i := range 8 {
			user := b.dana.ID
			if i%2 == 1 {
				user = kim.ID
			}
			wg.Go(func() { errs <- b.line.Office().Answer(t.Context(), ref, user, "the answer", 0) })
		}
		wg.Wait()
		close(errs)
		won := 0
		for err := range errs {
			if err == nil {
				won++
			} else if _, claimed := errors.AsType[*casefile.ClaimedError](err); !claimed && !isTransition(err) {
				t.Errorf("refused with %v", err)
			}
		}
		b.settled()
		b.wait("two mails", func() bool { return len(b.smtp.Messages()) >= 2 })
		answers := 0
		for _, d := range b.view(ref).Deliveries {
			if d.Kind == casefile.Answer {
				answers++
			}
		}
		if won != 1 || answers != 1 {
			t.Errorf("%d answered and %d answers were decided, want one of each", won, answers)
		}
	})
}

func TestAStaleAnswerIsRefused(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		seen := b.view(ref).Messages[0].ID
		b.deliver(mailFrom("lee@clinic.example", "q2@clinic.example", "Re: 31297-50 with 31288", "q1@clinic.example", "Wait, it was 31287 and not 31288.\n"))
		b.settled()
		var stale *workflow.StaleError
		if err := b.line.Office().Answer(t.Context(), ref, b.dana.ID, "the answer", seen); !errors.As(err, &stale) || !stale.Stale() {
			t.Errorf("an answer to an older message: %v, want it refused as stale", err)
		}
		must(t, b.line.Office().Answer(t.Context(), ref, b.dana.ID, "the answer", stale.Newest))
	})
}

func TestSending(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		for _, c := range []struct {
			name  string
			fault smtptest.Fault
			state casefile.DeliveryState
			flag  bool
			mails int
		}{
			{"Refused", smtptest.Fault{Phase: smtptest.Rcpt, Code: 550, Enhanced: "5.1.1"}, casefile.DeliveryFailed, true, 0},
			{"RefusedAfterTheDot", smtptest.Fault{Phase: smtptest.Dot, Code: 554, Enhanced: "5.7.1"}, casefile.DeliveryFailed, true, 0},
			{"Deferred", smtptest.Fault{Phase: smtptest.Mail, Code: 451, Enhanced: "4.3.0"}, casefile.DeliveryDeferred, false, 0},
			{"DroppedAfterTheDot", smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true}, casefile.DeliveryUncertain, true, 1},
			{"DroppedBeforeTheDot", smtptest.Fault{Phase: smtptest.Data, Do: smtptest.Drop, Times: 1}, casefile.DeliveryAccepted, false, 1},
		} {
			t.Run(c.name, func(t *testing.T) {
				b := setup(t, otherDatabase(t, url))
				b.smtp.Inject(c.fault)
				b.start()
				b.deliver(question("q1@clinic.example"))
				b.wait("the delivery to be "+string(c.state), func() bool {
					list := b.cases()
					return len(list) == 1 && len(b.view(list[0].Ref).Deliveries) == 1 && b.view(list[0].Ref).Deliveries[0].State == c.state
				})
				v := b.view(b.cases()[0].Ref)
				if v.Has(casefile.Undelivered) != c.flag {
					t.Errorf("flags %v", v.Flags)
				}
				if n := len(b.smtp.Messages()); n != c.mails {
					t.Errorf("the server has %d mails, want %d", n, c.mails)
				}
				if strings.Contains(v.Deliveries[0].Reason, "clinic.example") {
					t.Errorf("the reason shows an address: %s", v.Deliveries[0].Reason)
				}
			})
		}
	})
}

func otherDatabase(t *testing.T, url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return storetest.SQLiteURL(t)
	}
	return storetest.PostgresURL(t)
}

func TestAnUncertainDeliveryIsSettledByAPerson(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.smtp.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true, Times: 1})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.wait("uncertainty", func() bool {
			c := b.cases()
			return len(c) == 1 && c[0].Has(casefile.Undelivered)
		})
		ref := b.cases()[0].Ref
		d := b.view(ref).Deliveries[0]
		must(t, b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, "resend"))
		sent := b.smtp.WaitMessages(t, 2)
		if !bytes.Equal(sent[0].Data, sent[1].Data) {
			t.Error("the second copy differs from the first: it must bear the same Message-ID")
		}
		b.wait("acceptance", func() bool { return b.view(ref).Deliveries[0].State == casefile.DeliveryAccepted })
		if err := b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, "resend"); !errors.Is(err, casefile.ErrNotDue) {
			t.Errorf("sending an accepted mail again: %v, want it refused", err)
		}
	})
}

func TestAnswerToAnUncertainMailProvesThatItArrived(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.smtp.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true, Times: 1})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.wait("uncertainty", func() bool { c := b.cases(); return len(c) == 1 && c[0].Has(casefile.Undelivered) })
		ref := b.cases()[0].Ref
		b.deliver(mailFrom("lee@clinic.example", "r@clinic.example", "Re:", b.view(ref).Deliveries[0].HeaderID, "Thanks!\n"))
		b.settled()
		if v := b.view(ref); v.Deliveries[0].State != casefile.DeliveryAccepted || v.Has(casefile.Undelivered) {
			t.Errorf("delivery %s, flags %v", v.Deliveries[0].State, v.Flags)
		}
	})
}

func TestUncertainIsResentOnceBySetting(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) {
			o.ResendUncertain, o.UncertainAfter, o.ReconcileEvery = true, time.Millisecond, 20*time.Millisecond
		})
		b.smtp.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true, Times: 2})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.smtp.WaitMessages(t, 2)
		b.wait("the second uncertainty", func() bool {
			c := b.cases()
			d := b.view(c[0].Ref).Deliveries[0]
			return d.State == casefile.DeliveryUncertain && d.Resent
		})
		must(t, b.line.Reconcile(t.Context(), 0))
		if n := len(b.smtp.Messages()); n != 2 {
			t.Errorf("sent %d times, want twice", n)
		}
	})
}

// The wake-up depends on how River hears of jobs; without it a lone job waits for a poll.
func TestWakeUpReachesRiver(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		if !workflow.WakesRiver(t.Context(), b.line) {
			t.Error("River's listener was not woken by a commit of this process")
		}
	})
}

func TestAQueueIsToldOfACaseByReferenceOnly(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) {
			o.Queues[0].Notify = []string{"dana@firm.example"}
			o.PublicURL = "https://desk.firm.example"
		})
		b.start()
		b.deliver(question("q1@clinic.example"))
		for _, m := range b.smtp.WaitMessages(t, 2) {
			if m.To[0] != "dana@firm.example" {
				continue
			}
			text := string(m.Data)
			if strings.Contains(text, "31297") || strings.Contains(text, "clinic.example") || !strings.Contains(text, b.cases()[0].Ref) {
				t.Error("the notice says more than the reference, or not the reference")
			}
		}
		b.settled()
	})
}

func TestATooLargeMailBecomesACaseThatSaysSo(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliverMail(question("big@clinic.example"), func(m *mailin.Mail) {
			m.Truncated, m.Reason, m.ServerSize, m.FullSize = true, mailin.ReasonTooLarge, 200<<20, 200<<20
		})
		b.settled()
		c := b.cases()
		if len(c) != 1 || c[0].State != casefile.Waiting {
			t.Fatalf("cases %+v", c)
		}
		if p := strings.Join(b.view(c[0].Ref).Messages[0].Problems, " "); !strings.Contains(p, "too large") || !strings.Contains(p, "still in the mailbox") {
			t.Errorf("problems %q", p)
		}
		entries, err := b.line.Ledger().Entries(t.Context(), "too_large", 0, 10)
		must(t, err)
		if len(entries) != 1 {
			t.Errorf("%d entries with the fate too_large, want 1", len(entries))
		}
		b.proven()
	})
}

func TestJunkBecomesACaseWithAProblemAndStopsNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		junk := []string{"", "\x00\x01\x02\xff\xfe" + strings.Repeat("\x80\x90\r", 500), "no header at all", "Content-Type: multipart/mixed; boundary=\n\nx", strings.Repeat("From: x\n", 5000)}
		for _, raw := range junk {
			b.deliver(raw)
		}
		b.deliver(question("behind@clinic.example"))
		b.smtp.WaitMessages(t, 1)
		b.settled()
		cases := b.cases()
		if len(cases) != len(junk)+1 {
			t.Errorf("%d cases, want %d", len(cases), len(junk)+1)
		}
		for _, c := range cases[:len(cases)-1] {
			v := b.view(c.Ref)
			if v.State != casefile.Waiting || len(v.Messages[0].Problems) == 0 || v.Messages[0].RawID == 0 {
				t.Errorf("%s is %s with problems %q", c.Ref, v.State, v.Messages[0].Problems)
			}
		}
		if n := len(b.smtp.Messages()); n != 1 {
			t.Errorf("%d mails went out, want only the summary of the question", n)
		}
		b.proven()
	})
}

// Whoever reads this mail dies: three orphaned jobs later it is read without a parser, and the mail behind it is not held up.
func TestAMailThatKillsItsReaderIsReadWithoutAParser(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.deliver(question("poison@clinic.example"))
		must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE ledger_entries SET attempts = 3`)
			return err
		}))
		b.start()
		b.settled()
		c := b.cases()
		if len(c) != 1 || c[0].State != casefile.Waiting {
			t.Fatalf("cases %+v", c)
		}
		v := b.view(c[0].Ref)
		if p := strings.Join(v.Messages[0].Problems, " "); !strings.Contains(p, "could not be taken apart") || !strings.Contains(v.Messages[0].Parsed.Text, "31297-50") {
			t.Errorf("problems %q, text %q", p, v.Messages[0].Parsed.Text)
		}
		if n := len(b.smtp.Messages()); n != 0 {
			t.Errorf("%d automatic mails went out to a mail that nobody could read", n)
		}
	})
}

func TestMachinesMailIsSetAsideAndNeverAnswered(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		for i, mark := range []string{"Auto-Submitted: auto-replied", "List-Id: <x.example>", "X-CaseConsultant-Loop: abc"} {
			b.deliver(mark + "\n" + question(fmt.Sprintf("m%d@clinic.example", i)))
		}
		b.deliver(strings.Replace(question("own@firm.example"), "lee@clinic.example", "consult@firm.example", 1))
		b.settled()
		for _, c := range b.cases() {
			if c.State != casefile.SetAside || c.Reason == "" {
				t.Errorf("%s is %s (%s)", c.Ref, c.State, c.Reason)
			}
		}
		if n := len(b.smtp.Messages()); n != 0 || len(b.cases()) != 4 {
			t.Errorf("%d mails went out; %d cases", n, len(b.cases()))
		}
		// A person may find that it was a question after all.
		ref := b.cases()[0].Ref
		must(t, b.line.Office().Reopen(t.Context(), ref, b.dana.ID))
		b.settled()
		if v := b.view(ref); v.State != casefile.Waiting || len(v.Codes) == 0 {
			t.Errorf("made a case: %s with codes %v", v.State, v.Codes)
		}
		b.proven()
	})
}

// A bounce is written into the case of the mail that came back.
func TestABounceShowsOnItsCase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		v := b.view(b.cases()[0].Ref)
		b.deliver("From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <b@mx.example>\nMIME-Version: 1.0\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt failed.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n" +
			"Final-Recipient: rfc822; lee@clinic.example\nAction: failed\nStatus: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <" + v.Deliveries[0].HeaderID + ">\n\n--b--\n")
		b.settled()
		v = b.view(v.Ref)
		if v.Deliveries[0].State != casefile.DeliveryFailed || !v.Has(casefile.Undelivered) || !strings.Contains(v.Deliveries[0].Reason, "5.1.1") {
			t.Errorf("delivery %s (%s), flags %v", v.Deliveries[0].State, v.Deliveries[0].Reason, v.Flags)
		}
		if c := b.cases(); len(c) != 2 || c[1].State != casefile.SetAside || c[1].LinkedCase != c[0].ID {
			t.Errorf("the bounce itself: %+v", c[len(c)-1])
		}
	})
}

// What the firm's consultants wrote of a code stands in the summary, in the place of the codebook's own words; their notes stay in the house.
func TestSummaryTellsACodeInTheFirmsWords(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		words := house.New(storetest.Open(t, url))
		b := setup(t, url, func(o *workflow.Options) { o.Words = words })
		for kind, text := range map[house.Kind]string{house.Common: "A small balloon opens the sinus behind the nose.", house.Note: "Lee always forgets the side."} {
			must(t, words.Write(t.Context(), house.Edit{System: "cpt", Code: "31297", Kind: kind, Text: text, User: b.dana.ID, Credential: b.dana.Credential}))
		}
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.smtp.WaitMessages(t, 1)
		b.settled()
		m, err := message.Parse(bytes.NewReader(b.smtp.Messages()[0].Data), message.Options{})
		must(t, err)
		text := strings.Join(strings.Fields(m.Text), " ")
		if !strings.Contains(text, "A small balloon opens the sinus behind the nose.") || !strings.Contains(text, "reviewed by our CPC") || !strings.Contains(text, "our consultants' words") {
			t.Errorf("the summary lacks the firm's words:\n%s", m.Text)
		}
		if strings.Contains(text, "forgets") {
			t.Errorf("a note for colleagues went out:\n%s", m.Text)
		}
	})
}

// Codes that were dictated digit by digit are read back, to be confirmed.
func TestSummaryReadsSpokenDigitsBack(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliver(mailFrom("Lee Example <lee@clinic.example>", "q1@clinic.example", "dictated", "", "Can we bill nine nine two one three with a twenty five and 20610?\n"))
		b.smtp.WaitMessages(t, 1)
		b.settled()
		m, err := message.Parse(bytes.NewReader(b.smtp.Messages()[0].Data), message.Options{})
		must(t, err)
		if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, "From spoken digits 99213-25 (please look whether that is what was said)") {
			t.Errorf("the summary does not read back what was dictated:\n%s", m.Text)
		}
	})
}

// brokenBook is a codebook whose file cannot be read until it is mended.
type brokenBook struct {
	workflow.Codes
	mended atomic.Bool
}

func (b *brokenBook) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error) {
	if !b.mended.Load() {
		return codebook.Entry{}, false, errors.New("disk I/O error near lee@clinic.example")
	}
	return b.Codes.Lookup(ctx, system, code, on)
}

// What fails for good puts the case before the operator, with the reason; requeued, it goes on where it failed.
func TestAStepThatFailsForGoodWaitsForTheOperator(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		book := &brokenBook{}
		b := setup(t, url, func(o *workflow.Options) {
			book.Codes, o.Codes = o.Codes, book
			o.RetryAfter = func(int64) time.Duration { return 0 }
			o.ReconcileEvery, o.GraceBeforeReconcile = 50*time.Millisecond, 100*time.Millisecond
		})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.wait("the case to fail", func() bool { c := b.cases(); return len(c) == 1 && c[0].State == casefile.Failed })
		c := b.cases()[0]
		if !strings.Contains(c.Reason, "attach") || strings.Contains(c.Reason, "clinic.example") {
			t.Errorf("the reason is %q; want it to name the step and nothing of the case", c.Reason)
		}
		list, err := b.line.River().JobList(t.Context(), river.NewJobListParams().Kinds("attach").First(100))
		must(t, err)
		for _, job := range list.Jobs {
			for _, e := range job.Errors {
				if strings.Contains(e.Error+e.Trace, "clinic.example") {
					t.Errorf("River keeps the text of an error: %s", e.Error)
				}
			}
		}
		book.mended.Store(true)
		must(t, b.line.Office().Requeue(t.Context(), c.Ref, b.dana.ID))
		b.smtp.WaitMessages(t, 1)
		b.settled()
		if v := b.view(c.Ref); v.State != casefile.Waiting || v.Reason != "" || len(v.Descriptions) == 0 {
			t.Errorf("requeued: %s (%s), %d descriptions", v.State, v.Reason, len(v.Descriptions))
		}
		b.proven()
	})
}
