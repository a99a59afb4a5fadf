package casefile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var asker = casefile.Person{Name: "Lee Example", Address: "lee@clinic.example"}

// open makes a case with one message, as the step that reads mails does.
func open(t testing.TB, db *store.DB, from casefile.Person, subject, headerID string) *casefile.Case {
	t.Helper()
	var c casefile.Case
	must(t, db.InTx(t.Context(), func(tx *store.Tx) error {
		e, err := openTx(t.Context(), tx, tx.NewID(), from, subject, headerID)
		if err != nil {
			return err
		}
		c = e.Case
		return e.Save(t.Context())
	}))
	return &c
}

func openTx(ctx context.Context, tx *store.Tx, id int64, from casefile.Person, subject, headerID string) (*casefile.Edit, error) {
	key, err := tx.NewKey(ctx)
	if err != nil {
		return nil, err
	}
	e, err := casefile.Create(ctx, tx, casefile.NewCase{ID: id, Mailbox: "consult", KeyID: key, Subject: subject, Snippet: "first words", Asker: from, ReceivedAt: tx.Now})
	if err != nil {
		return nil, err
	}
	if err := e.Admit(ctx, from, "none"); err != nil {
		return nil, err
	}
	return e, addMessage(ctx, tx, e, from, subject, headerID)
}

func addMessage(ctx context.Context, tx *store.Tx, e *casefile.Edit, from casefile.Person, subject, headerID string) error {
	id := tx.NewID()
	if err := e.AddMessage(ctx, casefile.NewMessage{ID: id, Direction: casefile.In, At: tx.Now, Sender: from, Subject: subject, HeaderID: headerID,
		ContentKey: fmt.Append(nil, id), Parsed: casefile.Parsed{Text: "the text", Reply: "the text"}, Problems: []string{"a problem"}}); err != nil {
		return err
	}
	return e.Record(ctx, casefile.EventReceived, casefile.AskerSelf, id, map[string]string{"why": "detail"})
}

func TestCaseIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		c := open(t, db, asker, "Can 31297 be billed?", "q1@clinic.example")
		view, err := casefile.NewFiles(db).Get(ctx, c.Ref)
		must(t, err)
		if view.Subject != "Can 31297 be billed?" || view.Asker != asker || view.State != casefile.New || view.Snippet != "first words" {
			t.Errorf("read back %+v", view.Case)
		}
		if len(view.Messages) != 1 || view.Messages[0].Parsed.Text != "the text" || view.Messages[0].HeaderID != "q1@clinic.example" ||
			len(view.Messages[0].Problems) != 1 || view.Messages[0].Sender != asker {
			t.Errorf("messages %+v", view.Messages)
		}
		if len(view.Events) != 1 || view.Events[0].Detail != `{"why":"detail"}` {
			t.Errorf("events %+v", view.Events)
		}
		if _, err := casefile.NewFiles(db).Get(ctx, "CC-1-AAAAA"); !errors.Is(err, casefile.ErrNotFound) {
			t.Errorf("an unknown reference: %v, want ErrNotFound", err)
		}
	})
}

func TestNothingOfAPersonStandsInClear(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		c := open(t, db, casefile.Person{Name: "Zebra Person", Address: "zebra@clinic.example"}, "zebra subject", "zebra@id.example")
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			if err := e.AddNote(ctx, 1, "zebra note"); err != nil {
				return err
			}
			if err := e.KeepDraft(ctx, 1, "zebra draft"); err != nil {
				return err
			}
			m := tx.NewID()
			if err := addMessage(ctx, tx, e, casefile.Person{Name: "zebra"}, "zebra", "zebra"); err != nil {
				return err
			}
			_ = m
			_, err = e.AddDelivery(ctx, casefile.NewDelivery{Kind: casefile.Answer, Mailbox: "consult", HeaderID: "zebra-out@firm.example",
				Envelope: casefile.Envelope{From: "zebra@firm.example", To: []string{"zebra@clinic.example"}}, Raw: strings.NewReader("zebra bytes"), Text: "zebra", Subject: "zebra"})
			if err != nil {
				return err
			}
			return e.Save(ctx)
		}))
		for _, table := range []string{"cases", "messages", "deliveries", "events", "participants", "threads", "notes", "drafts", "content_chunks"} {
			rows, err := db.Read.QueryContext(ctx, "SELECT * FROM "+table)
			must(t, err)
			columns, err := rows.Columns()
			must(t, err)
			n := 0
			for rows.Next() {
				n++
				values := make([]any, len(columns))
				for i := range values {
					values[i] = new(any)
				}
				must(t, rows.Scan(values...))
				for i, v := range values {
					text := fmt.Sprintf("%s", *v.(*any))
					if strings.Contains(strings.ToLower(text), "zebra") {
						t.Errorf("%s.%s shows what it holds", table, columns[i])
					}
				}
			}
			must(t, rows.Err())
			if n == 0 && table != "threads" {
				t.Errorf("no row in %s to look at", table)
			}
		}
	})
}

func TestEveryTransition(t *testing.T) {
	t.Parallel()
	// Written out once more, so that a change of the table is a change of this list.
	allowed := map[string]string{
		"new": "waiting set_aside failed merged", "waiting": "claimed closed set_aside failed merged",
		"claimed":   "waiting in_review answered asked_back closed set_aside failed merged",
		"in_review": "claimed waiting answered closed failed merged", "answered": "waiting claimed closed failed merged",
		"asked_back": "waiting claimed closed failed merged", "closed": "waiting claimed failed merged", "set_aside": "waiting new closed",
		"failed": "waiting new set_aside closed merged", "merged": "waiting",
	}
	for _, from := range casefile.States {
		for _, to := range casefile.States {
			want := strings.Contains(" "+allowed[string(from)]+" ", " "+string(to)+" ")
			if got := casefile.CanFollow(from, to); got != want {
				t.Errorf("%s to %s: allowed %t, want %t", from, to, got, want)
			}
		}
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		for _, from := range casefile.States {
			for _, to := range casefile.States {
				c := open(t, db, asker, "s", "")
				must(t, db.InTx(ctx, func(tx *store.Tx) error {
					_, err := tx.ExecContext(ctx, `UPDATE cases SET state = $2 WHERE id = $1`, c.ID, string(from))
					return err
				}))
				err := db.InTx(ctx, func(tx *store.Tx) error {
					e, err := casefile.LockRef(ctx, tx, c.Ref)
					if err != nil {
						return err
					}
					if err := e.Move(to); err != nil {
						return err
					}
					return e.Save(ctx)
				})
				transition, refused := errors.AsType[*casefile.TransitionError](err)
				if refused == casefile.CanFollow(from, to) || refused && (transition.From != from || transition.To != to) {
					t.Errorf("%s to %s: %v", from, to, err)
				}
			}
		}
	})
}

func TestClaimFromEightGoroutines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		c := open(t, db, asker, "s", "")
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			return errors.Join(e.Move(casefile.Waiting), e.Save(ctx))
		}))
		won := make(chan int64, 8)
		var wg sync.WaitGroup
		for user := range int64(8) {
			wg.Go(func() {
				err := db.InTx(ctx, func(tx *store.Tx) error {
					e, err := casefile.Lock(ctx, tx, c.ID)
					if err != nil {
						return err
					}
					if err := e.Move(casefile.Claimed); err != nil {
						return err
					}
					e.ClaimedBy = user + 1
					if err := e.Record(ctx, casefile.EventClaimed, casefile.User(user+1), 0, nil); err != nil {
						return err
					}
					return e.Save(ctx)
				})
				if _, refused := errors.AsType[*casefile.TransitionError](err); !refused {
					must(t, err)
					won <- user + 1
				}
			})
		}
		wg.Wait()
		close(won)
		var winners []int64
		for user := range won {
			winners = append(winners, user)
		}
		view, err := casefile.NewFiles(db).Get(ctx, c.Ref)
		must(t, err)
		if len(winners) != 1 || view.ClaimedBy != winners[0] {
			t.Errorf("claimed by %v, the case says %d", winners, view.ClaimedBy)
		}
	})
}

func TestHistoryIsAChain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		files := casefile.NewFiles(db)
		c := open(t, db, asker, "s", "")
		// Eight at once: numbers must have no gap.
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				must(t, db.InTx(ctx, func(tx *store.Tx) error {
					e, err := casefile.Lock(ctx, tx, c.ID)
					if err != nil {
						return err
					}
					if err := e.Record(ctx, casefile.EventEdited, casefile.User(int64(i)), 0, map[string]int{"i": i}); err != nil {
						return err
					}
					return e.Save(ctx)
				}))
			})
		}
		wg.Wait()
		v, err := files.Verify(ctx, c.Ref)
		must(t, err)
		if v.Broken != 0 || v.Events != 9 {
			t.Fatalf("verified %+v, want 9 events unbroken", v)
		}
		write := func(query string) {
			must(t, db.InTx(ctx, func(tx *store.Tx) error { _, err := tx.ExecContext(ctx, query, c.ID); return err }))
		}
		write(`UPDATE events SET detail = NULL, salt = NULL WHERE case_id = $1 AND number = 4`)
		if v, err = files.Verify(ctx, c.Ref); err != nil || v.Broken != 0 || v.Purged != 1 {
			t.Errorf("after a detail was purged: %+v, %v", v, err)
		}
		for _, damage := range []struct {
			query  string
			broken int64
		}{
			{`DELETE FROM events WHERE case_id = $1 AND number = 9`, 9},
			{`UPDATE events SET actor = 'user:77' WHERE case_id = $1 AND number = 5`, 5},
			{`DELETE FROM events WHERE case_id = $1 AND number = 3`, 3},
		} {
			write(damage.query)
			if v, err = files.Verify(ctx, c.Ref); err != nil || v.Broken != damage.broken {
				t.Errorf("after %s: %+v, %v; want it broken at %d", damage.query, v, err, damage.broken)
			}
		}
	})
}

// threadIn reads a mail into a case, as the step that reads mails does.
func threadIn(t testing.TB, db *store.DB, from casefile.Person, subject, own string, refers ...string) (caseID int64, place casefile.Place) {
	t.Helper()
	ctx := context.Background()
	must(t, db.InTx(ctx, func(tx *store.Tx) error {
		newCase := tx.NewID()
		numbers, _ := casefile.FindReferences(db, subject)
		var err error
		place, err = casefile.Thread(ctx, tx, casefile.Naming{Participant: from.Address, Own: own, Refers: refers, Subject: subject, Numbers: numbers, MayJoin: true}, newCase)
		if err != nil {
			return err
		}
		if caseID = place.CaseID; caseID != 0 {
			e, err := casefile.Lock(ctx, tx, caseID)
			if err != nil {
				return err
			}
			return errors.Join(addMessage(ctx, tx, e, from, subject, own), e.Save(ctx))
		}
		caseID = newCase
		e, err := openTx(ctx, tx, newCase, from, subject, own)
		if err != nil {
			return err
		}
		return e.Save(ctx)
	}))
	return caseID, place
}

func TestThread(t *testing.T) {
	t.Parallel()
	stranger := casefile.Person{Address: "stranger@other.example"}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		question, _ := threadIn(t, db, asker, "Sinus", "q@clinic.example")
		view, err := casefile.NewFiles(db).GetID(ctx, question)
		must(t, err)
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, question)
			if err != nil {
				return err
			}
			_, err = e.AddDelivery(ctx, casefile.NewDelivery{Kind: casefile.Summary, Mailbox: "consult", HeaderID: "ours@firm.example", Raw: strings.NewReader("x"),
				Envelope: casefile.Envelope{From: "consult@firm.example", To: []string{asker.Address}}})
			return errors.Join(err, e.Save(ctx))
		}))
		for _, c := range []struct {
			name    string
			from    casefile.Person
			subject string
			own     string
			refers  []string
			joins   bool
			link    bool
		}{
			{name: "ReplyToOwnMail", from: asker, subject: "Re: Sinus", own: "r1@clinic.example", refers: []string{"q@clinic.example"}, joins: true},
			{name: "ReplyToOurMail", from: asker, subject: "whatever", own: "r2@clinic.example", refers: []string{"ours@firm.example"}, joins: true},
			{name: "OtherCaseOfAddress", from: casefile.Person{Address: "LEE@Clinic.example"}, subject: "Re: Sinus", own: "r3@x", refers: []string{"<q@clinic.example>"}, joins: true},
			{name: "ByReference", from: asker, subject: "another thing [" + view.Ref + "]", own: "r4@clinic.example", joins: true},
			{name: "ByReferenceAsPeopleType", from: asker, subject: strings.ToLower(view.Ref), own: "r5@clinic.example", joins: true},
			{name: "StrangerWithMessageID", from: stranger, subject: "Re: Sinus", own: "s1@other.example", refers: []string{"ours@firm.example"}, link: true},
			{name: "StrangerWithQuestionsID", from: stranger, subject: "Re: Sinus", own: "s2@other.example", refers: []string{"q@clinic.example"}, link: true},
			{name: "StrangerWithReference", from: stranger, subject: "[" + view.Ref + "]", own: "s3@other.example", link: true},
			{name: "WrongCheckCharacters", from: asker, subject: view.Ref[:len(view.Ref)-5] + "AAAAA", own: "w@clinic.example"},
			{name: "SameSubjectOnly", from: asker, subject: "Re: Sinus", own: "n@clinic.example"},
			{name: "NoIDs", from: asker, subject: "Sinus"},
		} {
			got, place := threadIn(t, db, c.from, c.subject, c.own, c.refers...)
			if joined := got == question; joined != c.joins {
				t.Errorf("%s: joined %t, want %t", c.name, joined, c.joins)
			}
			if linked := place.Link == question; linked != c.link {
				t.Errorf("%s: linked %t, want %t", c.name, linked, c.link)
			}
		}
	})
}

func TestAForeignIDReferredToTwiceJoinsOnlyUnderTheSameSubject(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		first, _ := threadIn(t, db, asker, "Fwd: Newsletter", "a@clinic.example", "news@letters.example")
		other, place := threadIn(t, db, asker, "Another question", "b@clinic.example", "news@letters.example")
		if other == first || place.Link != first {
			t.Errorf("another subject: case %d, link %d; want a case of its own, linked to %d", other, place.Link, first)
		}
		same, _ := threadIn(t, db, asker, "AW: newsletter", "c@clinic.example", "news@letters.example")
		if same != first {
			t.Error("the same subject did not join")
		}
	})
}

func TestAMessageIDUsedForTwoMailsIsNoProof(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		first, _ := threadIn(t, db, asker, "Parcel 1", "same@ship.example")
		second, place := threadIn(t, db, asker, "Parcel 2", "same@ship.example")
		if second == first || place.Link != first {
			t.Errorf("case %d, link %d; want a case of its own, linked to %d", second, place.Link, first)
		}
	})
}

// A hundred questions and the replies to them, read by ten workers at once in both orders: each pair makes one case.
func TestQuestionAndReplyReadAtOnceMakeOneCase(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const pairs = 100
		work := make(chan func(), 2*pairs)
		cases := make([][2]int64, pairs)
		for i := range pairs {
			from := casefile.Person{Address: fmt.Sprintf("asker%d@clinic.example", i)}
			question := func() {
				cases[i][0], _ = threadIn(t, db, from, "Question", fmt.Sprintf("q%d@clinic.example", i))
			}
			reply := func() {
				cases[i][1], _ = threadIn(t, db, from, "Re: Question", fmt.Sprintf("r%d@clinic.example", i), fmt.Sprintf("q%d@clinic.example", i))
			}
			if i%2 == 0 {
				work <- question
				work <- reply
			} else {
				work <- reply
				work <- question
			}
		}
		close(work)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for f := range work {
					f()
				}
			})
		}
		wg.Wait()
		for i, pair := range cases {
			if pair[0] != pair[1] {
				t.Errorf("pair %d made cases %d and %d", i, pair[0], pair[1])
			}
		}
	})
}

func TestListPagesAndFilters(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		files := casefile.NewFiles(db)
		var refs []string
		for range 7 {
			refs = append(refs, open(t, db, asker, "s", "").Ref)
		}
		var got []string
		var after int64
		for {
			page, err := files.List(ctx, casefile.Filter{Limit: 3, After: after})
			must(t, err)
			if len(page) == 0 {
				break
			}
			for _, c := range page {
				got = append(got, c.Ref)
			}
			after = page[len(page)-1].ID
		}
		if strings.Join(got, " ") != strings.Join(refs, " ") {
			t.Errorf("pages gave %v, want %v", got, refs)
		}
		newest, err := files.List(ctx, casefile.Filter{Limit: 1, Newest: true})
		must(t, err)
		if len(newest) != 1 || newest[0].Ref != refs[6] {
			t.Errorf("newest %v, want %s", newest, refs[6])
		}
		for _, f := range []casefile.Filter{{States: []casefile.State{casefile.Closed}}, {Flag: casefile.Overdue}, {ClaimedBy: 5}, {Code: "31297"}, {Queue: "ent"}} {
			list, err := files.List(ctx, f)
			must(t, err)
			if len(list) != 0 {
				t.Errorf("%+v gave %d cases, want none", f, len(list))
			}
		}
		counts, err := files.Counts(ctx, 1)
		must(t, err)
		if counts.States[casefile.New] != 7 {
			t.Errorf("counts %+v", counts)
		}
	})
}

func TestReferenceIsForgivingAndNotGuessable(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteURL(t))
	c := open(t, db, asker, "s", "")
	numbers, wrong := casefile.FindReferences(db, "Re: something ["+strings.ToLower(c.Ref)+"] and CC-12-00000")
	if len(numbers) != 1 || wrong != 1 {
		t.Errorf("found %v and %d wrong", numbers, wrong)
	}
	number := strings.Split(c.Ref, "-")[1]
	typed := strings.NewReplacer("0", "O", "1", "l").Replace(c.Ref)
	typed = "CC" + strings.TrimPrefix(typed, "CC")
	if numbers, _ := casefile.FindReferences(db, typed); len(numbers) != 1 {
		t.Errorf("%q (number %s) was not read", typed, number)
	}
	other := storetest.SQLiteURL(t)
	key := store.NewKey()
	stranger, err := store.Open(t.Context(), store.Options{URL: other, Key: &key})
	must(t, err)
	defer stranger.Close()
	if numbers, _ := casefile.FindReferences(stranger, c.Ref); len(numbers) != 0 {
		t.Error("a reference of another installation was taken")
	}
}

func FuzzFindReferences(f *testing.F) {
	db := storetest.Open(f, storetest.SQLiteURL(f))
	f.Add("CC-4821-K7RQ9")
	f.Add("[cc-O-IIIII] CC-999999999999-ZZZZZ")
	f.Fuzz(func(t *testing.T, s string) {
		numbers, wrong := casefile.FindReferences(db, s)
		if len(numbers)+wrong > 20 {
			t.Errorf("%d references of one text were tried", len(numbers)+wrong)
		}
	})
}

func TestNormalSubject(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"Sinus  question", "Re: sinus question", "AW: RE[2]: Sinus question", "Fwd: Re: SINUS QUESTION [CC-4821-K7RQ9]"} {
		if got := casefile.NormalSubject(s); got != "sinus question" {
			t.Errorf("NormalSubject(%q) = %q", s, got)
		}
	}
}

func TestDeliveryChangesOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		files := casefile.NewFiles(db)
		c := open(t, db, asker, "s", "q@clinic.example")
		var d *casefile.Delivery
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, c.ID)
			if err != nil {
				return err
			}
			d, err = e.AddDelivery(ctx, casefile.NewDelivery{Kind: casefile.Summary, Mailbox: "consult", HeaderID: "out@firm.example", Automatic: true,
				Envelope: casefile.Envelope{From: "consult@firm.example", To: []string{asker.Address}}, Raw: bytes.NewReader([]byte("raw bytes\r\n")), Text: "text"})
			return errors.Join(err, e.Save(ctx))
		}))
		change := func(c casefile.DeliveryChange) error {
			return db.InTx(ctx, func(tx *store.Tx) error {
				e, err := casefile.Lock(ctx, tx, d.CaseID)
				if err != nil {
					return err
				}
				if err := e.ChangeDelivery(ctx, d.ID, c); err != nil {
					return err
				}
				return e.Save(ctx)
			})
		}
		take := casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryQueued}, To: casefile.DeliverySending, TakenBy: 1, Attempt: true}
		var taken int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				err := change(take)
				if err != nil && !errors.Is(err, casefile.ErrNotDue) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if taken != 1 {
			t.Fatalf("taken %d times, want once", taken)
		}
		if err := change(casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliverySending}, Owner: 2, To: casefile.DeliveryAccepted}); !errors.Is(err, casefile.ErrNotDue) {
			t.Errorf("another process ended it: %v", err)
		}
		must(t, change(casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliverySending}, Owner: 1, To: casefile.DeliveryUncertain, Reason: "smtp dot: the connection broke", Response: "250 maybe"}))
		view, err := files.Get(ctx, c.Ref)
		must(t, err)
		if !view.Has(casefile.Undelivered) || view.Deliveries[0].State != casefile.DeliveryUncertain || view.Deliveries[0].Response != "250 maybe" || view.Deliveries[0].Attempts != 1 {
			t.Errorf("case %+v, delivery %+v", view.Case, view.Deliveries[0])
		}
		must(t, change(casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryUncertain}, To: casefile.DeliveryAccepted, Actor: casefile.User(1)}))
		if view, err = files.Get(ctx, c.Ref); err != nil || view.Has(casefile.Undelivered) {
			t.Errorf("the flag stayed: %v, %v", view.Flags, err)
		}
		var kinds []string
		for _, e := range view.Events {
			kinds = append(kinds, string(e.Kind))
		}
		if got, want := strings.Join(kinds, " "), "received delivery_queued delivery_sending delivery_uncertain delivery_accepted"; got != want {
			t.Errorf("history %q, want %q", got, want)
		}
		if len(view.Messages) != 2 || view.Messages[1].Direction != casefile.Out || view.Messages[1].Parsed.Text != "text" {
			t.Errorf("the conversation does not show the mail: %+v", view.Messages)
		}
		size, raw, err := files.OpenRaw(ctx, view.Messages[1].ID)
		must(t, err)
		defer raw.Close()
		var buf bytes.Buffer
		if _, err := buf.ReadFrom(raw); err != nil || buf.String() != "raw bytes\r\n" || size != int64(buf.Len()) {
			t.Errorf("raw %q, %v", buf.String(), err)
		}
		since, err := db.Read.QueryContext(ctx, `SELECT 1`)
		must(t, err)
		since.Close()
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			// One is counted: it takes the only place of one, and leaves one of two.
			ofOne, err := casefile.AutomaticFree(ctx, tx, "LEE@clinic.example", 1, time.Hour)
			if err != nil {
				return err
			}
			ofTwo, err := casefile.AutomaticFree(ctx, tx, "LEE@clinic.example", 2, time.Hour)
			if !ofOne.After(tx.Now) || !ofTwo.IsZero() {
				t.Errorf("with a limit of one the next automatic mail may go at %s, of two at %s; want one counted", ofOne, ofTwo)
			}
			return err
		}))
	})
}
