package workflow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
)

// Office is what consultants do to cases; the desk and the command line both go through it. Each method is one
// transaction, safe for concurrent use, and leaves nothing half done.
type Office struct{ line *Line }

// Office returns the line's office. It works without Start: the jobs that it inserts are done by whoever serves.
func (l *Line) Office() *Office { return &Office{l} }

// Errors of the office.
var (
	// ErrEmpty: a letter or note without words.
	ErrEmpty = errors.New("there is nothing to send: write the text first")
	// ErrNobodyToAnswer: the case's mail has no address that a reply could go to.
	ErrNobodyToAnswer = errors.New("the case has no address to write to: its mail named no sender")
	// ErrDecision: a delivery cannot be settled in that way.
	ErrDecision = errors.New("this mail cannot be settled in that way")
)

// StaleError says that a letter was written before the case's newest incoming message.
type StaleError struct {
	Ref    string
	Newest int64
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("case %s has a newer message than the one you have answered: read it first; your text was kept", e.Ref)
}

// Stale tells the desk what kind of refusal this is.
func (e *StaleError) Stale() bool { return true }

// edit locks a case, lets f change it, and saves it.
func (o *Office) edit(ctx context.Context, ref string, f func(e *casefile.Edit) error) error {
	return o.line.db.InTx(ctx, func(tx *store.Tx) error {
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

// Claim takes a case in hand. Claiming what one already has succeeds.
func (o *Office) Claim(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error { return claim(ctx, e, user) })
}

func claim(ctx context.Context, e *casefile.Edit, user int64) error {
	if e.State == casefile.Claimed || e.State == casefile.InReview {
		if e.ClaimedBy == user {
			return nil
		}
		return &casefile.ClaimedError{Ref: e.Ref, By: e.ClaimedBy}
	}
	if e.State == casefile.Closed || e.State == casefile.Answered {
		// A case that is done is opened again on purpose, not by the way.
		return &casefile.TransitionError{Ref: e.Ref, From: e.State, To: casefile.Claimed}
	}
	if err := e.Move(casefile.Claimed); err != nil {
		return err
	}
	e.ClaimedBy = user
	return e.Record(ctx, casefile.EventClaimed, casefile.User(user), 0, nil)
}

// Release puts a claimed case back where it waited. force takes it out of a colleague's hands.
func (o *Office) Release(ctx context.Context, ref string, user int64, force bool) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if e.State == casefile.Claimed && e.ClaimedBy != user && !force {
			return &casefile.ClaimedError{Ref: e.Ref, By: e.ClaimedBy}
		}
		if e.State != casefile.Claimed && e.State != casefile.InReview {
			return &casefile.TransitionError{Ref: e.Ref, From: e.State, To: casefile.Waiting}
		}
		if err := e.Move(casefile.Waiting); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventReleased, casefile.User(user), 0, nil)
	})
}

// Answer sends the consultant's words as the answer, claiming the case first if nobody has it. seen is the id of the
// newest message that the writer had before them; 0 skips that check.
func (o *Office) Answer(ctx context.Context, ref string, user int64, body string, seen int64) error {
	return o.letter(ctx, ref, user, body, seen, casefile.Answer)
}

// Ask sends a question back to the asker; the case waits for the reply.
func (o *Office) Ask(ctx context.Context, ref string, user int64, body string, seen int64) error {
	return o.letter(ctx, ref, user, body, seen, casefile.AskBack)
}

func (o *Office) letter(ctx context.Context, ref string, user int64, body string, seen int64, kind casefile.DeliveryKind) error {
	if strings.TrimSpace(body) == "" {
		return ErrEmpty
	}
	for {
		view, err := o.line.files.Get(ctx, ref)
		if err != nil {
			return err
		}
		content, answered, err := o.write(ctx, view, user, body, kind)
		if err != nil {
			return err
		}
		letter, err := o.line.compose(view, answered, kind, user, content)
		if err != nil {
			return err
		}
		err = o.edit(ctx, ref, func(e *casefile.Edit) error {
			if e.Version != view.Version+1 {
				return errChanged
			}
			if seen != 0 && answered.ID != seen {
				return &StaleError{Ref: ref, Newest: answered.ID}
			}
			return o.decide(ctx, e, user, letter)
		})
		// Only a change between reading and writing is tried again; what it means is then decided anew.
		if !errors.Is(err, errChanged) {
			return err
		}
	}
}

// decide writes the decision to send: the delivery and its job, the case's new state, and its history.
func (o *Office) decide(ctx context.Context, e *casefile.Edit, user int64, letter *composed) error {
	if err := claim(ctx, e, user); err != nil {
		return err
	}
	state, event := casefile.Answered, casefile.EventAnswered
	if letter.delivery.Kind == casefile.AskBack {
		state, event = casefile.AskedBack, casefile.EventAskedBack
	}
	if err := e.Move(state); err != nil {
		return err
	}
	e.DueAt = time.Time{}
	e.Flag(casefile.Overdue, false)
	e.Flag(casefile.Reopened, false)
	if err := e.Record(ctx, casefile.EventApproved, casefile.User(user), 0, nil); err != nil {
		return err
	}
	if err := e.Record(ctx, event, casefile.User(user), 0, nil); err != nil {
		return err
	}
	n := letter.delivery
	n.Raw = bytes.NewReader(letter.raw)
	d, err := e.AddDelivery(ctx, n)
	if err != nil {
		return err
	}
	if err := e.KeepDraft(ctx, user, ""); err != nil {
		return err
	}
	return o.line.enqueue(ctx, e.Tx(), SendArgs{DeliveryID: d.ID}, time.Time{})
}

// write renders a letter, and returns the message that it answers: the newest incoming one.
func (o *Office) write(ctx context.Context, view *casefile.View, user int64, body string, kind casefile.DeliveryKind) (content mailout.Content, answered *casefile.Message, err error) {
	for i := range view.Messages {
		// By id, which grows as mails are read: two mails may bear the same date.
		if m := &view.Messages[i]; m.Direction == casefile.In && (answered == nil || m.ID > answered.ID) {
			answered = m
		}
	}
	if answered == nil || !strings.Contains(answered.Sender.Address, "@") {
		return content, nil, ErrNobodyToAnswer
	}
	signature, err := o.signature(ctx, user)
	if err != nil {
		return content, nil, err
	}
	head := letterCase(view, answered)
	if kind == casefile.AskBack {
		content, err = o.line.opts.Letters.AskBack(mailout.AskBack{Case: head, Intro: body, Signature: signature})
	} else {
		answer := mailout.Answer{Case: head, Body: body, Signature: signature}
		if day, err := time.Parse(time.DateOnly, answered.DateOfService); err == nil {
			answer.RulesOn = day
		}
		content, err = o.line.opts.Letters.Answer(answer)
	}
	if err != nil {
		return content, nil, fmt.Errorf("write the %s of case %d: %w", kind, view.ID, err)
	}
	return content, answered, nil
}

func (o *Office) signature(ctx context.Context, user int64) (mailout.Signature, error) {
	u, err := o.line.people.Get(ctx, user)
	if err != nil {
		return mailout.Signature{}, fmt.Errorf("read who signs: %w", err)
	}
	return mailout.Signature{Name: u.Name, Credential: u.Credential}, nil
}

// Preview composes the text of the very mail that Answer (or, with ask, Ask) would send, and changes nothing.
func (o *Office) Preview(ctx context.Context, ref string, user int64, body string, ask bool) (subject, text string, err error) {
	view, err := o.line.files.Get(ctx, ref)
	if err != nil {
		return "", "", err
	}
	kind := casefile.Answer
	if ask {
		kind = casefile.AskBack
	}
	content, _, err := o.write(ctx, view, user, body, kind)
	return content.Subject, content.Text, err
}

// Note keeps a word to colleagues; it is never sent.
func (o *Office) Note(ctx context.Context, ref string, user int64, body string) error {
	if strings.TrimSpace(body) == "" {
		return ErrEmpty
	}
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if err := e.AddNote(ctx, user, body); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventEdited, casefile.User(user), 0, map[string]string{"what": "note"})
	})
}

// Close ends a case without another mail.
func (o *Office) Close(ctx context.Context, ref string, user int64, reason string) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if (e.State == casefile.Claimed || e.State == casefile.InReview) && e.ClaimedBy != user {
			return &casefile.ClaimedError{Ref: e.Ref, By: e.ClaimedBy}
		}
		if err := e.Move(casefile.Closed); err != nil {
			return err
		}
		e.DueAt = time.Time{}
		e.Flag(casefile.Overdue, false)
		var detail any
		if reason != "" {
			detail = map[string]string{"reason": reason}
		}
		return e.Record(ctx, casefile.EventClosed, casefile.User(user), 0, detail)
	})
}

// Reopen puts an answered, asked back, closed or set aside case back to waiting. A mail that was set aside becomes a
// case like any other: it is read for codes, but gets no automatic mail, since each mark for which mail is set aside forbids
// one (RFC 3834 section 2), whoever was behind it.
func (o *Office) Reopen(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if !slices.Contains([]casefile.State{casefile.Answered, casefile.AskedBack, casefile.Closed, casefile.SetAside}, e.State) {
			return &casefile.TransitionError{Ref: e.Ref, From: e.State, To: casefile.Waiting}
		}
		was := e.State
		if err := e.Move(casefile.Waiting); err != nil {
			return err
		}
		queue := o.line.queue(o.line.mailbox(e.Mailbox).Queue)
		e.Queue, e.DueAt, e.Reason = queue.Name, queue.Hours.Add(e.Tx().Now, queue.Due), ""
		e.Flag(casefile.Reopened, was != casefile.SetAside)
		if was == casefile.SetAside {
			if err := e.AdmitAsker(ctx); err != nil {
				return err
			}
			due, err := e.ExtractAgain(ctx)
			if err != nil {
				return err
			}
			if err := o.enqueueSteps(ctx, e.Tx(), due); err != nil {
				return err
			}
			if err := o.readDocuments(ctx, e); err != nil {
				return err
			}
			return e.Record(ctx, casefile.EventReopened, casefile.User(user), 0, map[string]casefile.State{"was": was})
		}
		return e.Record(ctx, casefile.EventReopened, casefile.User(user), 0, nil)
	})
}

// readDocuments has the case's attachments read that nobody has read yet.
func (o *Office) readDocuments(ctx context.Context, e *casefile.Edit) error {
	if o.line.opts.Documents == nil {
		return nil
	}
	ids, err := e.UnreadDocuments(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := o.line.enqueue(ctx, e.Tx(), DocumentArgs{AttachmentID: id}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// Requeue gives a failed case's steps another try.
func (o *Office) Requeue(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		if e.State != casefile.Failed {
			return &casefile.TransitionError{Ref: e.Ref, From: e.State, To: casefile.New}
		}
		if err := e.Move(casefile.New); err != nil {
			return err
		}
		e.Reason = ""
		due, err := e.RequeueMessages(ctx)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			// Nothing is to be done again that would take it on from new.
			if err := e.Move(casefile.Waiting); err != nil {
				return err
			}
		}
		if err := o.enqueueSteps(ctx, e.Tx(), due); err != nil {
			return err
		}
		return e.Record(ctx, casefile.EventReopened, casefile.User(user), 0, nil)
	})
}

func (o *Office) enqueueSteps(ctx context.Context, tx *store.Tx, due []casefile.DueStep) error {
	for _, d := range due {
		if err := o.line.enqueue(ctx, tx, stepJob(d), time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// SaveDraft keeps an unfinished answer of this user; an empty body removes it. It is no event and wakes no page.
func (o *Office) SaveDraft(ctx context.Context, ref string, user int64, body string) error {
	return o.line.files.SaveDraft(ctx, ref, user, body)
}

// Reveal records that the user looked at identifiers of a patient.
func (o *Office) Reveal(ctx context.Context, ref string, user int64) error {
	return o.edit(ctx, ref, func(e *casefile.Edit) error {
		return e.Record(ctx, casefile.EventRevealed, casefile.User(user), 0, nil)
	})
}

// Deliver settles what a delivery waits for: "retry", "arrived", "resend", "approve" or "cancel".
func (o *Office) Deliver(ctx context.Context, delivery, user int64, what string) error {
	l := o.line
	d, err := l.files.Delivery(ctx, delivery)
	if err != nil {
		return err
	}
	actor := casefile.User(user)
	var change casefile.DeliveryChange
	switch what {
	case "retry":
		change = casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryDeferred, casefile.DeliveryFailed, casefile.DeliveryQueued}, To: casefile.DeliveryQueued}
	case "arrived":
		change = casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryUncertain}, To: casefile.DeliveryAccepted, Reason: "a person says that it arrived"}
	case "resend":
		change = resend(actor, l.db.Now())
	case "approve":
		change = casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryHeld}, To: casefile.DeliveryQueued}
	case "cancel":
		change = casefile.DeliveryChange{From: []casefile.DeliveryState{casefile.DeliveryHeld, casefile.DeliveryQueued, casefile.DeliveryDeferred, casefile.DeliveryFailed},
			To: casefile.DeliveryCancelled}
	default:
		return ErrDecision
	}
	change.Actor = actor
	return l.changeDelivery(ctx, d, change, func(tx *store.Tx) error {
		if change.To != casefile.DeliveryQueued {
			return nil
		}
		return l.enqueue(ctx, tx, SendArgs{d.ID, d.Round + 1}, time.Time{})
	})
}
