package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// withTrust puts what a receiver that we trust found out on a mail.
func withTrust(verdict, raw string) string {
	return "Authentication-Results: mx.firm.example; dmarc=" + verdict + " header.from=clinic.example\n" + raw
}

func trusting(o *workflow.Options) { o.AuthservIDs = []string{"mx.firm.example"} }

func TestWhoGetsIntoACase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, trusting)
		b.start()
		b.deliver(withTrust("pass", question("q1@clinic.example")))
		b.settled()
		first := b.view(b.cases()[0].Ref)
		ours := first.Deliveries[0].HeaderID
		subject := "Re: [" + first.Ref + "]"
		for _, c := range []struct {
			name, verdict, from, refers, subject string
			joins, marked                        bool
		}{
			{"PassByOurID", "pass", "lee@clinic.example", ours, "Re: x", true, false},
			{"PassByReference", "pass", "lee@clinic.example", "", subject, true, false},
			{"NoneByOurID", "none", "lee@clinic.example", ours, "Re: x", true, true},
			{"NoneByReference", "none", "lee@clinic.example", "", subject, true, true},
			{"FailByOurID", "fail", "lee@clinic.example", ours, "Re: x", false, true},
			{"FailByReference", "fail", "lee@clinic.example", "", subject, false, true},
			{"StrangerByOurID", "pass", "kim@clinic.example", ours, "Re: x", false, false},
			{"StrangerByReference", "pass", "kim@clinic.example", "", subject, false, false},
		} {
			must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(t.Context(), `DELETE FROM case_flags`)
				return err
			}))
			cases, messages, mails := len(b.cases()), len(b.view(first.Ref).Messages), len(b.smtp.Messages())
			b.deliver(withTrust(c.verdict, mailFrom(c.from, c.name+"@clinic.example", c.subject, c.refers, "And 31287?\n")))
			b.settled()
			list, now := b.cases(), b.view(first.Ref)
			if joined := len(list) == cases; joined != c.joins || joined == (len(now.Messages) == messages) {
				t.Errorf("%s: joined %t, want %t", c.name, joined, c.joins)
				continue
			}
			in := now.Case
			if !c.joins {
				in = list[len(list)-1]
				if in.LinkedCase != first.ID {
					t.Errorf("%s: the case of its own is not linked", c.name)
				}
			}
			if in.Has(casefile.UnverifiedSender) != c.marked {
				t.Errorf("%s: flags %v", c.name, in.Flags)
			}
			if sent := len(b.smtp.Messages()) - mails; c.verdict == "fail" && sent != 0 {
				t.Errorf("%s: %d automatic mails went out", c.name, sent)
			}
		}
		b.proven()
	})
}

// What the case holds is not sent to who joined it without proof: the summary of a follow-up speaks of the follow-up.
func TestAFollowUpsSummarySpeaksOfTheFollowUpOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.Codes = onlyKnown{o.Codes} })
	b.start()
	b.deliver(mailFrom("lee@clinic.example", "q1@clinic.example", "Question", "", "Is M54.5 right for DOS 2026-03-02?\n"))
	first := string(b.smtp.WaitMessages(t, 1)[0].Data)
	b.settled()
	v := b.view(b.cases()[0].Ref)
	if len(v.Findings) == 0 {
		t.Fatal("the first mail has no finding; the test would show nothing")
	}
	b.deliver(mailFrom("lee@clinic.example", "q2@clinic.example", "Re: Question", v.Deliveries[0].HeaderID, "And 99213?\n"))
	second := string(b.smtp.WaitMessages(t, 2)[1].Data)
	if !strings.Contains(first, "M54.5") || strings.Contains(second, "M54.5") {
		t.Errorf("the second summary names what only the first mail named")
	}
	must(t, b.line.Office().Answer(t.Context(), v.Ref, b.dana.ID, "Only these words.", 0))
	answer := string(b.smtp.WaitMessages(t, 3)[2].Data)
	if strings.Contains(answer, "M54.5") || !strings.Contains(answer, "Only these words.") {
		t.Error("the answer holds more than the consultant's words")
	}
}

// onlyKnown is the codebook under another name, so that the test does not depend on how it is opened.
type onlyKnown struct{ workflow.Codes }

func TestFiveWrongReferencesEndReferencesAsProof(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		send := func(id, from, subject string) (joined bool) {
			t.Helper()
			before := len(b.cases())
			b.deliver(mailFrom(from, id, subject, "", "And 31287?\n"))
			b.settled()
			return len(b.cases()) == before
		}
		send("w1@clinic.example", "lee@clinic.example", "CC-1-00000 CC-2-00000 CC-3-00000 CC-4-00000")
		if !send("r1@clinic.example", "lee@clinic.example", "Re: "+ref) {
			t.Error("a reference counts no longer after four wrong ones")
		}
		if send("w2@clinic.example", "lee@clinic.example", "CC-5-00000 or "+ref) {
			t.Error("a mail with the fifth wrong reference joined by another one")
		}
		if send("r2@clinic.example", "lee@clinic.example", "Re: "+ref) {
			t.Error("a reference counts after five wrong ones")
		}
		if list := b.cases(); list[len(list)-1].LinkedCase == 0 {
			t.Error("the mail is not linked to the case that it names")
		}
		wrong, err := b.line.Files().WrongReferences(t.Context())
		must(t, err)
		if wrong.Wrong != 5 || wrong.Senders != 1 || wrong.Stopped {
			t.Errorf("%+v", wrong)
		}
		must(t, b.line.Files().ForgiveWrongReferences(t.Context()))
		if !send("r3@clinic.example", "lee@clinic.example", "Re: "+ref) {
			t.Error("a reference does not count after the operator has looked")
		}
		must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO counters (name, value) VALUES ('references/wrong', 1000)`)
			return err
		}))
		if send("r4@clinic.example", "lee@clinic.example", "Re: "+ref) {
			t.Error("a reference counts after a thousand wrong ones in all")
		}
	})
}

// A follow-up to a closed case that cannot be worked on must not lie hidden in it.
func TestAFollowUpThatFailsDoesNotHideInAClosedCase(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		book := &brokenBook{}
		b := setup(t, url, func(o *workflow.Options) {
			book.Codes, o.Codes = o.Codes, book
			o.RetryAfter = func(int64) time.Duration { return 0 }
			o.ReconcileEvery, o.GraceBeforeReconcile = 50*time.Millisecond, 100*time.Millisecond
		})
		book.mended.Store(true)
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.settled()
		ref := b.cases()[0].Ref
		must(t, b.line.Office().Close(t.Context(), ref, b.dana.ID, ""))
		book.mended.Store(false)
		b.deliver(mailFrom("lee@clinic.example", "f@clinic.example", "Re: 31297", "q1@clinic.example", "And 31287?\n"))
		b.wait("the case to fail", func() bool { return b.cases()[0].State == casefile.Failed })
		book.mended.Store(true)
		must(t, b.line.Office().Requeue(t.Context(), ref, b.dana.ID))
		b.settled()
		if c := b.cases()[0]; c.State != casefile.Waiting {
			t.Errorf("requeued: %s", c.State)
		}
	})
}

// A case that failed and has nothing to be done again does not stay new for ever.
func TestRequeueOfACaseWithoutFailedMessages(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE cases SET state = 'failed'`)
			return err
		}))
		must(t, b.line.Office().Requeue(t.Context(), ref, b.dana.ID))
		if c := b.cases()[0]; c.State != casefile.Waiting {
			t.Errorf("requeued: %s", c.State)
		}
	})
}

// waitingBook makes one look-up wait while it is on.
type waitingBook struct {
	workflow.Codes
	on    atomic.Bool
	leave chan struct{}
}

func (b *waitingBook) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error) {
	if b.on.Load() {
		<-b.leave
	}
	return b.Codes.Lookup(ctx, system, code, on)
}

// A follow-up that the consultant had before them when they answered is answered, though its steps end afterwards.
func TestAnAnsweredFollowUpDoesNotReopenItsCase(t *testing.T) {
	t.Parallel()
	book := &waitingBook{leave: make(chan struct{})}
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { book.Codes, o.Codes = o.Codes, book })
	b.start()
	b.deliver(question("q1@clinic.example"))
	b.settled()
	ref := b.cases()[0].Ref
	book.on.Store(true)
	b.deliver(mailFrom("lee@clinic.example", "f@clinic.example", "Re: 31297", "q1@clinic.example", "And 31287?\n"))
	var newest int64
	b.wait("the follow-up", func() bool {
		for _, m := range b.view(ref).Messages {
			if m.Direction == casefile.In && !m.Opened {
				newest = m.ID
			}
		}
		return newest != 0
	})
	must(t, b.line.Office().Answer(t.Context(), ref, b.dana.ID, "Both: no.", newest))
	book.on.Store(false)
	close(book.leave)
	b.settled()
	if v := b.view(ref); v.State != casefile.Answered || v.Has(casefile.Reopened) || len(v.Deliveries) != 2 {
		t.Errorf("%s %v with %d mails, want it answered by one", v.State, v.Flags, len(v.Deliveries))
	}
}

// While a consultant has the case, a follow-up joins it and takes it from nobody.
func TestAFollowUpWhileTheCaseIsClaimed(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	b.start()
	b.deliver(question("q1@clinic.example"))
	b.settled()
	ref := b.cases()[0].Ref
	must(t, b.line.Office().Claim(t.Context(), ref, b.dana.ID))
	must(t, b.line.Office().SaveDraft(t.Context(), ref, b.dana.ID, "so far"))
	b.deliver(mailFrom("lee@clinic.example", "f@clinic.example", "Re: 31297", "q1@clinic.example", "And 31287?\n"))
	b.settled()
	v := b.view(ref)
	if v.State != casefile.Claimed || v.ClaimedBy != b.dana.ID || len(v.Drafts) != 1 || len(v.Messages) != 4 {
		t.Errorf("%s by %d, %d drafts, %d messages", v.State, v.ClaimedBy, len(v.Drafts), len(v.Messages))
	}
}

// A colleague who answers a notice is no asker: the answer must not go to them.
func TestAReplyToANoticeDoesNotJoinTheCase(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.Queues[0].Notify = []string{"kim@firm.example"} })
	b.start()
	b.deliver(question("q1@clinic.example"))
	b.smtp.WaitMessages(t, 2)
	b.settled()
	v := b.view(b.cases()[0].Ref)
	notice := ""
	for _, d := range v.Deliveries {
		if d.Kind == casefile.Notification {
			notice = d.HeaderID
		}
	}
	b.deliver(mailFrom("kim@firm.example", "mine@firm.example", "Re: a case waits", notice, "I take it.\n"))
	b.settled()
	if n := len(b.cases()); n != 2 {
		t.Errorf("%d cases: the colleague's reply joined the asker's", n)
	}
}

// A flood of cases is no flood of notices.
func TestNoticesAreLimited(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) {
		o.Queues[0].Notify = []string{"kim@firm.example"}
		o.PerSender = workflow.Rate{Most: 2, Window: time.Hour}
	})
	b.start()
	const cases = 6
	for i := range cases {
		b.deliver(mailFrom(fmt.Sprintf("lee%d@clinic.example", i), fmt.Sprintf("q%d@clinic.example", i), "99213", "", "Is 99213 right?\n"))
	}
	b.smtp.WaitMessages(t, cases+2)
	b.settled()
	if n := len(b.smtp.Messages()); n != cases+2 {
		t.Errorf("%d mails, want %d summaries and two notices", n, cases)
	}
}

// An address that no mail can go to costs the automatic mail, not the question.
func TestAnAddressThatCannotBeAnsweredIsStillAQuestion(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	b.start()
	froms := []string{"lee@clinic..example", "@clinic.example", "lee@", "lee@@clinic.example", ".lee.@clinic.example", "lee@-clinic-.example", "lée@clinic.example",
		"lee@" + strings.Repeat("a", 300) + ".example", strings.Repeat("l", 200) + "@clinic.example", "lee@[127.0.0.1]", `"l\"e e"@clinic.example`, "lee@clinic.example\x01"}
	for i, from := range froms {
		b.deliver(mailFrom("<"+from+">", fmt.Sprintf("q%d@clinic.example", i), "99213", "", "Is 99213 right?\n"))
	}
	b.wait("all cases to wait", func() bool {
		waiting := 0
		for _, c := range b.cases() {
			if c.State == casefile.Waiting {
				waiting++
			}
			if c.State == casefile.Failed {
				t.Fatalf("a case failed: %s", c.Reason)
			}
		}
		return waiting == len(froms)
	})
}

// Automatic mail of a sender whose automatic mail is taken as cases becomes a case, and is never answered automatically.
func TestAcceptedAutomaticMailIsACaseWithoutAnAutomaticAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.Mailboxes[0].AcceptAutomatic = []string{"@clinic.example"} })
	b.start()
	b.deliver("Auto-Submitted: auto-generated\n" + question("form@clinic.example"))
	b.deliver(mailFrom("kim@clinic.example", "q@clinic.example", "99213", "", "Is 99213 right?\n"))
	b.smtp.WaitMessages(t, 1)
	b.settled()
	for _, m := range b.smtp.Messages() {
		if m.To[0] != "kim@clinic.example" {
			t.Error("an automatic mail was answered automatically")
		}
	}
	if c := b.cases(); len(c) != 2 || c[0].State != casefile.Waiting || c[1].State != casefile.Waiting {
		t.Errorf("%+v", c)
	}
}

// Mails of one sender that come at once, and more than the limit: none passes it, and what waits is spread over the
// time that follows.
func TestARateLimitHoldsForMailsThatComeAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		for name, rates := range map[string][2]workflow.Rate{
			"PerSender": {{Most: 3, Window: time.Hour}, {}},
			"Overall":   {{}, {Most: 3, Window: time.Hour}},
		} {
			t.Run(name, func(t *testing.T) {
				b := setup(t, otherDatabase(t, url), func(o *workflow.Options) { o.PerSender, o.Overall = rates[0], rates[1] })
				const mails = 11
				for i := range mails {
					b.deliver(question(fmt.Sprintf("q%d@clinic.example", i)))
				}
				b.start()
				b.smtp.WaitMessages(t, 3)
				hours := make(map[int]int)
				b.wait("all deliveries", func() bool {
					clear(hours)
					n := 0
					for _, c := range b.cases() {
						for _, d := range b.view(c.Ref).Deliveries {
							hours[int(time.Until(d.NextAt).Round(time.Minute)/time.Hour)]++
							n++
						}
					}
					return n == mails
				})
				if hours[0] != 3 || hours[1] != 3 || hours[2] != 3 || hours[3] != 2 {
					t.Errorf("mails by the hour in which they go: %v", hours)
				}
			})
		}
	})
}

// A draft that arrives behind the answer that it became is not kept.
func TestADraftDoesNotOutliveItsAnswer(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		ref := b.cases()[0].Ref
		office := b.line.Office()
		must(t, office.SaveDraft(t.Context(), ref, b.dana.ID, "No"))
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if i == 4 {
					must(t, office.Answer(t.Context(), ref, b.dana.ID, "No.", 0))
				}
				must(t, office.SaveDraft(t.Context(), ref, b.dana.ID, "No."))
			})
		}
		wg.Wait()
		if v := b.view(ref); len(v.Drafts) != 0 {
			t.Errorf("%d drafts are left beside the answer", len(v.Drafts))
		}
	})
}

// A mail that was set aside and is made a case has its sender for a participant: the reference lets them in.
func TestASetAsideMailThatIsReopenedIsACaseLikeAnyOther(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliver("Auto-Submitted: auto-generated\n" + question("form@clinic.example"))
		b.settled()
		ref := b.cases()[0].Ref
		must(t, b.line.Office().Reopen(t.Context(), ref, b.dana.ID))
		b.settled()
		b.deliver(mailFrom("lee@clinic.example", "q@clinic.example", "Re: ["+ref+"]", "", "It was me. And 31287?\n"))
		b.settled()
		if list := b.cases(); len(list) != 1 || list[0].State != casefile.Waiting {
			t.Errorf("%d cases", len(list))
		}
	})
}

// An erased case holds up nothing: neither the reconciler, nor its own mail, nor a follow-up.
func TestAnErasedCaseHoldsUpNothing(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url, func(o *workflow.Options) {
			o.RetryAfter, o.ReconcileEvery = func(int64) time.Duration { return 0 }, 50*time.Millisecond
			o.PerSender = workflow.Rate{Most: 1, Window: time.Hour}
		})
		b.start()
		b.deliver(question("q1@clinic.example"))
		b.settled()
		b.deliver(question("q2@clinic.example")) // its summary waits for an hour
		b.wait("the second case", func() bool { c := b.cases(); return len(c) == 2 && c[1].State == casefile.Waiting })
		second := b.cases()[1]
		d := b.view(second.Ref).Deliveries[0]
		must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error { return tx.DestroyKeys(t.Context(), second.ID) }))
		must(t, b.line.Reconcile(t.Context(), 0))
		v := b.view(second.Ref)
		if v.Subject != "" || v.Asker.Address != "" || len(v.Events) == 0 {
			t.Errorf("of the erased case is left: %q, %q, %d events", v.Subject, v.Asker.Address, len(v.Events))
		}
		must(t, b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, "retry"))
		b.wait("the delivery to fail", func() bool { return b.view(second.Ref).Deliveries[0].State == casefile.DeliveryFailed })
		b.deliver(mailFrom("lee@clinic.example", "f@clinic.example", "Re: 31297", "q2@clinic.example", "And 31287?\n"))
		b.settledButDelayed()
		if list := b.cases(); len(list) != 3 || list[2].LinkedCase != second.ID {
			t.Errorf("a follow-up to the erased case: %d cases", len(list))
		}
		b.proven()
	})
}

// settledButDelayed waits until every mail has been read and every step done.
func (b *bundle) settledButDelayed() {
	b.t.Helper()
	b.wait("all steps to be done", func() bool {
		var open int
		must(b.t, b.db.Read.QueryRowContext(b.t.Context(), `SELECT (SELECT count(*) FROM ledger_entries WHERE step <> '') + (SELECT count(*) FROM messages WHERE step NOT IN ('', 'failed'))`).Scan(&open))
		return open == 0
	})
}

// A kept mail whose bytes are gone gets a fate that says so.
func TestAMailWhoseBytesAreGoneIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.RetryAfter = func(int64) time.Duration { return 0 } })
	b.deliver(question("q1@clinic.example"))
	must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE content_chunks SET sealed = $1`, []byte("damaged on the disk, but long enough to be opened"))
		return err
	}))
	b.start()
	b.settled()
	entries, err := b.line.Ledger().Entries(t.Context(), "failed", 0, 10)
	must(t, err)
	if len(entries) != 1 || !strings.Contains(entries[0].Reason, "cannot be read") {
		t.Errorf("entries with the fate failed: %+v", entries)
	}
	b.proven()
}

// Eight people do the same thing at once: it is done once, and nobody is left with half of it.
func TestEightConsultantsAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		users := []int64{b.dana.ID}
		for i := range 3 {
			u, err := people.New(b.db, cheap).Add(t.Context(), people.NewUser{Email: fmt.Sprintf("kim%d@firm.example", i), Password: "another long passphrase"})
			must(t, err)
			users = append(users, u.ID)
		}
		office := b.line.Office()
		ctx := t.Context()
		in := func(state casefile.State, ref string) {
			must(t, b.db.InTx(ctx, func(tx *store.Tx) error {
				_, err := tx.ExecContext(ctx, `UPDATE cases SET state = $2, claimed_by = NULL WHERE ref = $1`, ref, string(state))
				return err
			}))
		}
		for i, c := range []struct {
			name  string
			from  casefile.State
			act   func(ref string, user int64) error
			state casefile.State
			event casefile.EventKind
			most  int // how often it may succeed; 0: any
		}{
			{"Claim", casefile.Waiting, func(ref string, user int64) error { return office.Claim(ctx, ref, user) }, casefile.Claimed, casefile.EventClaimed, 0},
			{"Ask", casefile.Waiting, func(ref string, user int64) error { return office.Ask(ctx, ref, user, "Which side?", 0) }, casefile.AskedBack, casefile.EventAskedBack, 0},
			{"Close", casefile.Waiting, func(ref string, user int64) error { return office.Close(ctx, ref, user, "") }, casefile.Closed, casefile.EventClosed, 1},
			{"Reopen", casefile.Closed, func(ref string, user int64) error { return office.Reopen(ctx, ref, user) }, casefile.Waiting, casefile.EventReopened, 1},
			{"Requeue", casefile.Failed, func(ref string, user int64) error { return office.Requeue(ctx, ref, user) }, casefile.Waiting, casefile.EventReopened, 1},
			{"Release", casefile.InReview, func(ref string, user int64) error { return office.Release(ctx, ref, user, true) }, casefile.Waiting, casefile.EventReleased, 1},
			{"Note", casefile.Waiting, func(ref string, user int64) error { return office.Note(ctx, ref, user, "a note") }, casefile.Waiting, casefile.EventEdited, 8},
			{"Reveal", casefile.Waiting, func(ref string, user int64) error { return office.Reveal(ctx, ref, user) }, casefile.Waiting, casefile.EventRevealed, 8},
		} {
			b.deliver(mailFrom(fmt.Sprintf("lee%d@clinic.example", i), fmt.Sprintf("q%d@clinic.example", i), "99213", "", "Is 99213 right?\n"))
			b.settled()
			list := b.cases()
			ref := list[len(list)-1].Ref
			in(c.from, ref)
			var won atomic.Int64
			var wg sync.WaitGroup
			for g := range 8 {
				wg.Go(func() {
					err := c.act(ref, users[g%len(users)])
					_, claimed := errors.AsType[*casefile.ClaimedError](err)
					switch {
					case err == nil:
						won.Add(1)
					case !claimed && !isTransition(err):
						t.Errorf("%s: refused with %v", c.name, err)
					}
				})
			}
			wg.Wait()
			b.settled()
			v := b.view(ref)
			events := 0
			for _, e := range v.Events {
				if e.Kind == c.event {
					events++
				}
			}
			if v.State != c.state {
				t.Errorf("%s: the case is %s, want %s", c.name, v.State, c.state)
			}
			if c.most > 0 && (int(won.Load()) != c.most || events != c.most) {
				t.Errorf("%s: done %d times with %d events, want %d", c.name, won.Load(), events, c.most)
			}
			if c.name == "Claim" && events != 1 {
				t.Errorf("claimed %d times", events)
			}
			if c.name == "Ask" {
				// A case that was asked back may be asked back once more; each decision is one mail.
				asked := 0
				for _, d := range v.Deliveries {
					if d.Kind == casefile.AskBack {
						asked++
					}
				}
				if asked != int(won.Load()) || asked != events {
					t.Errorf("asked back %d times: %d mails, %d events", won.Load(), asked, events)
				}
			}
		}
		b.proven()
	})
}

// Eight people decide about one uncertain mail: one decision is made.
func TestEightDecisionsAboutOneDelivery(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		d := b.onlyDelivery()
		for _, what := range []string{"arrived", "resend", "cancel"} {
			from := "uncertain"
			if what == "cancel" {
				from = "failed"
			}
			must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(t.Context(), `UPDATE deliveries SET state = $1`, from)
				return err
			}))
			sent := len(b.smtp.Messages())
			var won atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					switch err := b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, what); {
					case err == nil:
						won.Add(1)
					case !errors.Is(err, casefile.ErrNotDue):
						t.Errorf("%s: refused with %v", what, err)
					}
				})
			}
			wg.Wait()
			b.settled()
			again := len(b.smtp.Messages()) - sent
			if won.Load() != 1 || again != map[string]int{"resend": 1}[what] {
				t.Errorf("%s: decided %d times, sent %d times more", what, won.Load(), again)
			}
		}
		if err := b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, "shred"); !errors.Is(err, workflow.ErrDecision) {
			t.Errorf("an unknown decision: %v", err)
		}
	})
}

// The limits of a mail are ours, not the sender's: a huge list of codes is read up to a bound and says so.
func TestAHugeListOfCodesIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	b.start()
	var body strings.Builder
	body.WriteString("Please check these codes:\n")
	for i := range 6000 {
		fmt.Fprintf(&body, "J1885 x%d\n", i+1)
	}
	b.deliverMail(mailFrom("lee@clinic.example", "list@clinic.example", "audit", "", body.String()), func(m *mailin.Mail) { m.Late = true })
	b.settled()
	v := b.view(b.cases()[0].Ref)
	if n := len(v.Messages[0].Mentions); v.State != casefile.Waiting || n == 0 || n > 2000 {
		t.Errorf("%s with %d mentions", v.State, n)
	}
	said := false
	for _, e := range v.Events {
		said = said || e.Kind == casefile.EventExtracted && strings.Contains(e.Detail, "left_out")
	}
	if !said {
		t.Error("the history does not say that codes were left out")
	}
}

// A receipt for a mail of ours proves that it arrived.
func TestAReceiptForAnUncertainMailProvesThatItArrived(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t))
	b.start()
	b.deliver(question("q1@clinic.example"))
	b.settled()
	d := b.onlyDelivery()
	must(t, b.db.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `UPDATE deliveries SET state = 'uncertain'`)
		return err
	}))
	b.deliver("From: lee@clinic.example\nSubject: Read: your coding question\nMessage-ID: <r@clinic.example>\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nRead.\n--b\nContent-Type: message/disposition-notification\n\n" +
		"Final-Recipient: rfc822; lee@clinic.example\nOriginal-Message-ID: <" + d.HeaderID + ">\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n")
	b.settled()
	if v := b.view(d.Ref); v.Deliveries[0].State != casefile.DeliveryAccepted {
		t.Errorf("the mail is %s", v.Deliveries[0].State)
	}
}

// A second doubt about a mail is told like the first one.
func TestASecondUncertaintyIsToldAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.UncertainAfter, o.ReconcileEvery = time.Millisecond, 20*time.Millisecond })
	b.smtp.Inject(smtptest.Fault{Phase: smtptest.Dot, Do: smtptest.Drop, Keep: true, Times: 2})
	b.start()
	b.deliver(question("q1@clinic.example"))
	told := func() bool {
		var alarmed bool
		must(t, b.db.Read.QueryRowContext(t.Context(), `SELECT count(*) > 0 FROM deliveries WHERE state = 'uncertain' AND alarmed_at >= uncertain_at`).Scan(&alarmed))
		return alarmed
	}
	b.wait("the first alarm", told)
	d := b.onlyDelivery()
	must(t, b.line.Office().Deliver(t.Context(), d.ID, b.dana.ID, "resend"))
	b.wait("the second alarm", func() bool { return b.onlyDelivery().Attempts == 2 && told() })
}

// A mail that nobody can open is a case, and its sender is told how to send it instead; no answer is promised.
func TestAnEncryptedMailIsAnsweredWithHowToSendIt(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := setup(t, url)
		b.start()
		b.deliver("From: Lee Example <lee@clinic.example>\nTo: consult@firm.example\nSubject: question\nMessage-ID: <e1@clinic.example>\nDate: " + time.Now().Format(time.RFC1123Z) +
			"\nMIME-Version: 1.0\nContent-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n\n" +
			"--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n--b--\n")
		note := strings.Join(strings.Fields(string(b.smtp.WaitMessages(t, 1)[0].Data)), " ")
		for _, want := range []string{"it is encrypted with PGP", "send your question again without encryption", "once your question can be read"} {
			if !strings.Contains(note, want) {
				t.Errorf("the note lacks %q", want)
			}
		}
		b.settled()
		c := b.view(b.cases()[0].Ref)
		if c.State != casefile.Waiting || len(c.Messages[0].Problems) == 0 {
			t.Errorf("state %s, problems %q", c.State, c.Messages[0].Problems)
		}
	})
}
