package desk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/store"
)

// testOffice does on real case files what the workflow does, without jobs and mail servers.
type testOffice struct {
	db *store.DB
}

var _ desk.Office = (*testOffice)(nil)

type staleError struct{}

func (staleError) Error() string { return "stale" }
func (staleError) Stale() bool   { return true }

func (o *testOffice) edit(ctx context.Context, ref string, f func(e *casefile.Edit) error) error {
	return o.db.InTx(ctx, func(tx *store.Tx) error {
		e, err := casefile.LockRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		if err := f(e); err != nil {
			return err
		}
		return e.Save(ctx)
	})
}

func (o *testOffice) take(ctx context.Context, e *casefile.Edit, user int64) error {
	if e.ClaimedBy != 0 && e.ClaimedBy != user && e.State == casefile.Claimed {
		return &casefile.ClaimedError{Ref: e.Ref, By: e.ClaimedBy}
	}
	if e.State == casefile.Claimed {
		return nil
	}
	if e.State == casefile.Closed || e.State == casefile.Answered {
		return &casefile.TransitionError{Ref: e.Ref, From: e.State, To: casefile.Claimed}
	}
	if err := e.Move(casefile.Claimed); err != nil {
		return err
	}
	e.ClaimedBy = user
	return e.Record(ctx, casefile.EventClaimed, casefile.User(user), 0, nil)
}

func (o *testOffice) Claim(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error { return o.take(ctx, e, user) })
}

func (o *testOffice) Release(ctx context.Context, ref string, user int64, force bool) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if e.ClaimedBy != user && !force {
			return &casefile.ClaimedError{Ref: e.Ref, By: e.ClaimedBy}
		}
		if err := e.Move(casefile.Waiting); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventReleased, casefile.User(user), 0, nil)
	})
}

func (o *testOffice) Answer(ctx context.Context, ref string, user int64, body string, seen int64) error {
	return o.send(ctx, ref, user, body, seen, casefile.Answer, casefile.Answered, casefile.EventAnswered)
}

func (o *testOffice) Ask(ctx context.Context, ref string, user int64, body string, seen int64) error {
	return o.send(ctx, ref, user, body, seen, casefile.AskBack, casefile.AskedBack, casefile.EventAskedBack)
}

func (o *testOffice) send(ctx context.Context, ref string, user int64, body string, seen int64, kind casefile.DeliveryKind, to casefile.State, event casefile.EventKind) error {
	files := casefile.NewFiles(o.db)
	v, err := files.Get(ctx, ref)
	if err != nil {
		return err
	}
	newest := int64(0)
	for _, m := range v.Messages {
		if m.Direction == casefile.In {
			newest = max(newest, m.ID)
		}
	}
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if err := o.take(ctx, e, user); err != nil {
			return err
		}
		if seen != 0 && seen != newest {
			return staleError{}
		}
		id := fmt.Sprintf("<%d@firm.example>", e.Tx().NewID())
		if _, err := e.AddDelivery(ctx, casefile.NewDelivery{Kind: kind, UserID: user, Mailbox: "consult", HeaderID: id,
			Envelope: casefile.Envelope{From: "consult@firm.example", To: []string{e.Asker.Address}}, Raw: strings.NewReader("Subject: Re\r\n\r\n" + body),
			Sender: casefile.Person{Name: "Example Coding", Address: "consult@firm.example"}, To: []casefile.Person{e.Asker}, Subject: "Re: " + e.Subject, Text: body}); err != nil {
			return err
		}
		if err := e.Move(to); err != nil {
			return err
		}
		if err := e.KeepDraft(ctx, user, ""); err != nil {
			return err
		}
		return e.Record(ctx, event, casefile.User(user), 0, nil)
	})
}

func (o *testOffice) Preview(ctx context.Context, ref string, user int64, body string, ask bool) (subject, text string, err error) {
	v, err := casefile.NewFiles(o.db).Get(ctx, ref)
	if err != nil {
		return "", "", err
	}
	return "Re: " + v.Subject + " [" + ref + "]", body + "\n\nDana Example, CPC, COC\nCoding advice on the facts stated; no legal advice and no promise of payment.\n\nCase " + ref + "\n", nil
}

func (o *testOffice) Note(ctx context.Context, ref string, user int64, body string) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error { return e.AddNote(ctx, user, body) })
}

func (o *testOffice) Close(ctx context.Context, ref string, user int64, reason string) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if err := e.Move(casefile.Closed); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventClosed, casefile.User(user), 0, nil)
	})
}

func (o *testOffice) Reopen(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if err := e.Move(casefile.Waiting); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventReopened, casefile.User(user), 0, nil)
	})
}

func (o *testOffice) Requeue(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error { e.Reason = ""; return e.Move(casefile.New) })
}

func (o *testOffice) SaveDraft(ctx context.Context, ref string, user int64, body string) error {
	return casefile.NewFiles(o.db).SaveDraft(ctx, ref, user, body)
}

func (o *testOffice) Reveal(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		return e.Record(ctx, "revealed", casefile.User(user), 0, nil)
	})
}

func (o *testOffice) Deliver(ctx context.Context, delivery int64, user int64, what desk.Decision) error {
	d, err := casefile.NewFiles(o.db).Delivery(ctx, delivery)
	if err != nil {
		return err
	}
	change := casefile.DeliveryChange{Actor: casefile.User(user), To: casefile.DeliveryQueued}
	switch what {
	case desk.RetryNow:
		change.From = []casefile.DeliveryState{casefile.DeliveryDeferred, casefile.DeliveryFailed}
	case desk.Arrived:
		change.From, change.To = []casefile.DeliveryState{casefile.DeliveryUncertain}, casefile.DeliveryAccepted
	case desk.SendAgain:
		change.From, change.Resent = []casefile.DeliveryState{casefile.DeliveryUncertain}, true
	case desk.Approve:
		change.From = []casefile.DeliveryState{casefile.DeliveryHeld}
	case desk.Cancel:
		change.From, change.To = []casefile.DeliveryState{casefile.DeliveryHeld, casefile.DeliveryQueued, casefile.DeliveryDeferred}, casefile.DeliveryCancelled
	}
	return o.edit(ctx, d.Ref, func(e *casefile.Edit) error { return e.ChangeDelivery(ctx, delivery, change) })
}

// testChanges turns the store's wake-ups into a growing sequence.
type testChanges struct {
	mu   sync.Mutex
	seq  int64
	wake chan struct{}
}

func newTestChanges(ctx context.Context, db *store.DB) *testChanges {
	c := &testChanges{seq: 1, wake: make(chan struct{})}
	woken := db.Changes(ctx)
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-woken:
				c.mu.Lock()
				c.seq++
				close(c.wake)
				c.wake = make(chan struct{})
				c.mu.Unlock()
			}
		}
	}()
	return c
}

func (c *testChanges) Wait(ctx context.Context, since int64) (int64, []string, error) {
	for {
		c.mu.Lock()
		seq, wake := c.seq, c.wake
		c.mu.Unlock()
		if since == 0 || seq > since {
			return seq, nil, nil
		}
		select {
		case <-ctx.Done():
			return 0, nil, ctx.Err()
		case <-wake:
		}
	}
}

// testCodes is a small reference book in our own words.
type testCodes map[string]codebook.Entry

func (b testCodes) Lookup(_ context.Context, system codes.System, code string, _ time.Time) (codebook.Entry, bool, error) {
	e, ok := b[strings.ToUpper(code)]
	return e, ok && e.System == system, nil
}

func (b testCodes) Find(_ context.Context, code string, _ time.Time) ([]codebook.Entry, error) {
	if e, ok := b[strings.ToUpper(code)]; ok {
		return []codebook.Entry{e}, nil
	}
	return nil, nil
}

func (b testCodes) Search(_ context.Context, words string, _ codebook.SearchOptions) ([]codebook.Hit, error) {
	var hits []codebook.Hit
	for code, e := range b {
		if strings.Contains(strings.ToLower(e.Title), strings.ToLower(words)) {
			hits = append(hits, codebook.Hit{System: e.System, Code: code, Title: e.Title, Kind: "title"})
		}
	}
	slices.SortFunc(hits, func(a, b codebook.Hit) int { return strings.Compare(a.Code, b.Code) })
	return hits, nil
}

// Decides holds ICD-10-CM whole and nothing else.
func (b testCodes) Decides(system codes.System, _ string, _ time.Time) (codebook.Release, bool) {
	return codebook.Release{}, system == codes.ICD10CM
}

// AddPlace knows where low back pain stands and what is beside it.
func (b testCodes) AddPlace(_ context.Context, e *codebook.Entry, _ time.Time) error {
	switch {
	case strings.HasPrefix(e.Code, "M54.5"):
		e.Hierarchy = []codebook.Level{{Kind: "chapter", Code: "13", Title: "Diseases of the musculoskeletal system and connective tissue"}, {Kind: "block", Code: "M50-M54", Title: "Other dorsopathies"}, {Kind: "category", Code: "M54", Title: "Dorsalgia"}}
		e.Related = []codebook.Related{{Relation: "sibling", Code: "M54.51", Title: "Vertebrogenic low back pain", Billable: true}, {Relation: "sibling", Code: "M54.59", Title: "Other low back pain", Billable: true}}
	case e.Title == "":
		e.DidYouMean = []codebook.Suggestion{{Code: "M54.50", Title: "Low back pain, unspecified", Billable: true, Why: "one character other"}}
	}
	return nil
}

func (b testCodes) Notes(_ context.Context, _ codes.System, code string, _ time.Time) ([]codebook.Note, error) {
	if code != "M54.50" {
		return nil, nil
	}
	return []codebook.Note{{Kind: "excludes1", Text: "psychogenic dorsalgia (F45.41)", At: "M54", Level: "category"}}, nil
}

// Passages knows two sections: one that everybody may quote, one under the AMA's notice.
func (b testCodes) Passages(_ context.Context, q codebook.PassageQuery) ([]codebook.Passage, error) {
	if !strings.Contains(q.Words, "sinus") {
		return nil, nil
	}
	return []codebook.Passage{
		{Kind: "passage", Document: "ICD-10-CM Official Guidelines for Coding and Reporting", Edition: "FY 2026", Section: "I.B.13", Title: "Laterality", Above: []string{"General Coding Guidelines"}, Pages: "16", InForce: true,
			Text: "Both sides.", Excerpt: "Both sides.", Codes: []string{"J32.3"}, Score: 60},
		{Kind: "passage", Document: "NCCI Policy Manual, chapter V", Edition: "revised 1 Jan 2025", Section: "V.C.2", Title: "Respiratory System", Pages: "V-3", Licence: codebook.LicenceCPT, Copyright: "CPT copyright 2024 American Medical Association. All rights reserved.", Withheld: true, Codes: []string{"31295-31298"}, Score: 50},
	}, nil
}

func (b testCodes) Releases() []codebook.Release {
	return []codebook.Release{{Kind: "starter", Name: "Starter, in our own words", File: "embedded", Codes: len(b)}}
}

func starterCodes() testCodes {
	const own = "CaseConsultant starter, own words, 2026-03-01"
	e := func(system codes.System, code, title string, parts ...codebook.Description) codebook.Entry {
		return codebook.Entry{System: system, Code: code, Valid: true, Billable: true, Title: title, Release: "starter",
			Status: "Listed in the starter codebook, not known to have ended. The starter holds no code set whole.", Flags: map[string]string{"starter": "true"},
			Descriptions: append(parts, codebook.Description{Kind: codebook.KindShort, Text: title, Source: own})}
	}
	common := func(text string) codebook.Description {
		return codebook.Description{Kind: codebook.KindCommon, Text: text, Source: own, ReviewedBy: codebook.NotReviewed}
	}
	used := func(text string) codebook.Description {
		return codebook.Description{Kind: codebook.KindUsedWhen, Text: text, Source: own, ReviewedBy: codebook.NotReviewed}
	}
	book := testCodes{}
	for _, entry := range []codebook.Entry{
		e(codes.CPT, "31297", "Widening of a sphenoid sinus opening by dilation, through an endoscope", common("Under endoscopic view a balloon or similar device is placed in the natural opening of the sphenoid sinus and expanded, so that it drains. No tissue is taken from inside the sinus."), used("Chronic or recurrent sphenoid sinusitis that did not respond to medical care, when the opening is widened and nothing is removed. One side for each report.")),
		e(codes.CPT, "31288", "Opening a sphenoid sinus through an endoscope and removing tissue from inside it", common("The sphenoid sinus is opened under endoscopic view, and diseased tissue is taken out of it."), used("Polyps, fungal masses or thickened lining inside the sphenoid sinus.")),
		e(codes.CPT, "99213", "Office visit, established patient, low level"), e(codes.CPT, "99214", "Office visit, established patient, moderate level"),
		e(codes.CPT, "64483", "Injection at a lumbar nerve root through the foramen, with imaging, one level"),
		e(codes.CPT, "47562", "Removal of the gallbladder through a laparoscope"), e(codes.CPT, "47563", "Removal of the gallbladder through a laparoscope, with X-ray of the bile ducts"),
		e(codes.CPT, "20610", "Injection into or draining of a large joint, without ultrasound"), e(codes.CPT, "27447", "Knee replacement, both sides of the joint"),
		e(codes.HCPCS, "J1885", "Ketorolac injection, per 15 mg"), e(codes.ICD10CM, "M54.50", "Low back pain, unspecified"), e(codes.ICD10CM, "M17.11", "Osteoarthritis of the right knee, primary"),
		e(codes.CPT, "61782", "Navigation by stored images in surgery outside the dura, added to the main procedure"),
	} {
		book[entry.Code] = entry
	}
	heading := e(codes.ICD10CM, "M54.5", "Low back pain", common("Pain in the lower back. It has been divided since 1 October 2021; the parts are reported."))
	heading.Billable = false
	heading.Flags = map[string]string{"heading": "true", "starter": "true"}
	heading.Parents = []string{"M54"}
	book["M54.5"] = heading
	return book
}
