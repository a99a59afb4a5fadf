package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"caseconsultant/cmd/caseconsultant/demo"
	"caseconsultant/mailin/message"
	"caseconsultant/workflow/casefile"
)

// onceWithin is how long the one case may take, both mails together.
const onceWithin = 30 * time.Second

// once takes the first sample from the asker's mail program to the consultant's answer in the asker's inbox, by the very
// program that `serve` runs, and shows what came and when.
func (k *demoCommand) once(c *console) (err error) {
	began := time.Now()
	w, err := openDemo(c.ctx, demoOptions{Desk: k.Desk, Mail: k.Mail, IMAP: k.IMAP, SMTP: k.SMTP, Stderr: c.err})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	started := time.Since(began)

	ctx, cancel := context.WithTimeout(c.ctx, onceWithin)
	defer cancel()
	one, err := w.runOnce(ctx)
	if err != nil {
		if c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the case was not through after %v: %s", onceWithin, w.stuck(c.ctx))
		}
		return err
	}
	one.print(c, started)
	for _, check := range one.threading() {
		if !check.holds {
			return fmt.Errorf("the mails are not threaded as they must be: %s", check.says)
		}
	}
	return nil
}

// onceRun is one case from question to answer: three mails as they lie in their inboxes, and the case's file.
type onceRun struct {
	question, summary, answer demo.Mail
	sent                      time.Time // when the asker's mail program handed the question over
	kept                      time.Time // when the ledger had it
	view                      *casefile.View
	read                      map[string]*message.Message // question, summary, answer, as a mail program reads them
}

func (w *demoWorld) runOnce(ctx context.Context) (*onceRun, error) {
	samples, err := demo.Samples()
	if err != nil {
		return nil, err
	}
	sample := &samples[0]
	one := &onceRun{sent: time.Now()}
	if err := w.office.Send(ctx, sample.From, []string{demoAddress}, sample.Raw(one.sent)); err != nil {
		return nil, err
	}
	one.question = w.office.Inbox(demoAddress)[0]

	if one.summary, err = w.nthMail(ctx, sample.From, 1); err != nil {
		return nil, err
	}
	cases, err := w.program.Line().Files().List(ctx, casefile.Filter{})
	if err != nil {
		return nil, err
	}
	if len(cases) != 1 {
		return nil, fmt.Errorf("one mail made %d cases", len(cases))
	}
	ref := cases[0].Ref
	dana, err := w.program.People().ByEmail(ctx, demoConsultant.email)
	if err != nil {
		return nil, fmt.Errorf("find the consultant: %w", err)
	}
	text, err := sample.Answer()
	if err != nil {
		return nil, err
	}
	if err := w.program.Line().Office().Answer(ctx, ref, dana.ID, text, 0); err != nil {
		return nil, fmt.Errorf("answer the case: %w", err)
	}
	if one.answer, err = w.nthMail(ctx, sample.From, 2); err != nil {
		return nil, err
	}
	if err := w.settled(ctx, one, ref); err != nil {
		return nil, err
	}
	one.question = w.office.Inbox(demoAddress)[0] // by now it was announced
	return one, one.readMails()
}

// nthMail waits until an inbox holds so many mails, and returns the last of them.
func (w *demoWorld) nthMail(ctx context.Context, address string, n int) (demo.Mail, error) {
	for {
		_, changed := w.office.Changes()
		if inbox := w.office.Inbox(address); len(inbox) >= n {
			return inbox[n-1], nil
		}
		select {
		case <-changed:
		case failure := <-w.program.Failed():
			return demo.Mail{}, failure
		case <-ctx.Done():
			return demo.Mail{}, ctx.Err()
		}
	}
}

// settled waits until the program too has written that both mails were accepted: the server knows it a moment earlier.
func (w *demoWorld) settled(ctx context.Context, one *onceRun, ref string) error {
	for {
		view, err := w.program.Line().Files().Get(ctx, ref)
		if err != nil {
			return err
		}
		accepted := 0
		for _, d := range view.Deliveries {
			if d.State == casefile.DeliveryAccepted {
				accepted++
			}
		}
		if accepted == 2 && len(view.Deliveries) == 2 {
			one.view = view
			break
		}
		if err := wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	entries, err := w.program.Line().Ledger().Entries(ctx, "", 0, 2)
	if err != nil {
		return err
	}
	if len(entries) != 1 {
		return fmt.Errorf("the ledger holds %d lines for one mail", len(entries))
	}
	one.kept = entries[0].SeenAt
	return nil
}

func (one *onceRun) readMails() error {
	one.read = map[string]*message.Message{}
	for name, m := range map[string]demo.Mail{"question": one.question, "summary": one.summary, "answer": one.answer} {
		read, err := message.Parse(bytes.NewReader(m.Raw), message.Options{})
		if err != nil {
			return fmt.Errorf("read the %s: %w", name, err)
		}
		one.read[name] = read
	}
	return nil
}

// stuck says how far the case has come, for a person who wonders why it is not through.
func (w *demoWorld) stuck(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	mailboxes, err := w.program.Line().Ledger().Mailboxes(ctx)
	if err != nil {
		return "and the database does not answer"
	}
	if len(mailboxes) == 0 || mailboxes[0].Kept == 0 {
		state := "not begun"
		if len(mailboxes) > 0 {
			state = mailboxes[0].State + " " + mailboxes[0].Code
		}
		return "the watcher has not kept the mail (its state: " + strings.TrimSpace(state) + ")"
	}
	cases, err := w.program.Line().Files().List(ctx, casefile.Filter{})
	if err != nil || len(cases) == 0 {
		return "the mail is kept, and not yet read"
	}
	view, err := w.program.Line().Files().Get(ctx, cases[0].Ref)
	if err != nil {
		return "the case cannot be read"
	}
	text := fmt.Sprintf("the case is %s, its last event is %s", view.State, view.Events[len(view.Events)-1].Kind)
	if view.Reason != "" {
		text += ", because: " + view.Reason
	}
	for _, d := range view.Deliveries {
		text += fmt.Sprintf("; the %s is %s %s", d.Kind, d.State, d.Reason)
	}
	return strings.TrimSpace(text)
}
