package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"caseconsultant/mailout"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/checks"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/store"
)

// attachWorker attaches to a message what the codebook says of its codes on the date of service, alone and together,
// and freezes it with the case.
type attachWorker struct {
	river.WorkerDefaults[AttachArgs]
	line *Line
}

// Timeout implements river.Worker.
func (w *attachWorker) Timeout(*river.Job[AttachArgs]) time.Duration { return w.line.timeout }

// Work implements river.Worker.
func (w *attachWorker) Work(ctx context.Context, job *river.Job[AttachArgs]) error {
	l := w.line
	return l.runStep(ctx, job.JobRow, func() error {
		p, err := l.files.Pending(ctx, job.Args.MessageID, casefile.StepAttach)
		if err != nil {
			return err
		}
		var reading codes.Reading
		if err := l.files.Reading(ctx, p.ID, &reading); err != nil {
			return err
		}
		reading.Mentions = p.Mentions
		book, giveBack := l.opts.Borrow()
		defer giveBack()
		list, err := Describe(ctx, book, reading, p.Case.ReceivedAt)
		if err != nil {
			return err
		}
		if err := preferWords(ctx, l.opts.Words, list); err != nil {
			return err
		}
		checked, err := Check(ctx, book, l.opts.Policy, reading, p.Case.ReceivedAt)
		if err != nil {
			return err
		}
		var descriptions []casefile.Description
		for _, entry := range list {
			body, err := json.Marshal(entry)
			if err != nil {
				return fmt.Errorf("write a description: %w", err)
			}
			descriptions = append(descriptions, casefile.Description{MessageID: p.ID, System: entry.System, Code: entry.Code, Release: entry.Release, Entry: body})
		}
		return l.db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, p.CaseID)
			if err != nil {
				return err
			}
			if err := e.Advance(ctx, p.Due(), casefile.StepRoute); err != nil {
				return err
			}
			if err := e.KeepDescriptions(ctx, p.ID, descriptions); err != nil {
				return err
			}
			if err := e.KeepFindings(ctx, p.ID, checked.Findings, checked.NotChecked); err != nil {
				return err
			}
			if err := e.Record(ctx, casefile.EventAttached, casefile.System, p.ID, map[string]int{"descriptions": len(descriptions), "findings": len(checked.Findings)}); err != nil {
				return err
			}
			if err := e.Save(ctx); err != nil {
				return err
			}
			if err := l.enqueue(ctx, tx, RouteArgs{MessageID: p.ID, Pass: p.Pass}, time.Time{}); err != nil {
				return err
			}
			return complete(ctx, tx, job)
		})
	}, l.messageFailed(job.Args.MessageID, casefile.StepAttach))
}

// ServiceDate is the day as of which a message's codes are judged: its date of service, a planned one, one whose year
// was assumed, else the day on which it came. basis says which, in words for the asker; stated is false for the last.
func ServiceDate(r codes.Reading, received time.Time) (day time.Time, basis string, stated bool) {
	if day, err := time.Parse(time.DateOnly, r.DateOfService); err == nil {
		return day, "stated", true
	}
	for _, wanted := range []string{"planned", "year assumed"} {
		for _, d := range r.Dates {
			if day, err := time.Parse(time.DateOnly, d.Date); err == nil && d.Basis == wanted && d.Kind != "birth" && d.Kind != "letter" && d.Kind != "denial" {
				return day, wanted, true
			}
		}
	}
	return received.UTC().Truncate(24 * time.Hour), "not stated; the day of your mail is used", false
}

// Describe looks up the mentioned codes in the order of the text, each once; of a range both ends.
func Describe(ctx context.Context, book Codes, r codes.Reading, received time.Time) ([]codebook.Entry, error) {
	day, _, _ := ServiceDate(r, received)
	type key struct {
		system codes.System
		code   string
	}
	seen := make(map[key]bool)
	var list []codebook.Entry
	look := func(system codes.System, code string) error {
		if code == "" || seen[key{system, code}] {
			return nil
		}
		seen[key{system, code}] = true
		entry, ok, err := book.Lookup(ctx, system, code, day)
		if err != nil {
			return fmt.Errorf("look up a code: %w", err)
		}
		if ok {
			list = append(list, entry)
		}
		return nil
	}
	for _, m := range r.Mentions {
		for _, code := range []string{m.Code, m.RangeEnd} {
			if err := look(m.System, code); err != nil {
				return nil, err
			}
		}
		for _, modifier := range m.Modifiers {
			if err := look(codes.Modifier, modifier); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// preferWords puts the firm's own words in the place of the codebook's.
func preferWords(ctx context.Context, words Words, list []codebook.Entry) error {
	if words == nil {
		return nil
	}
	for i := range list {
		own, err := words.Of(ctx, string(list[i].System), list[i].Code)
		if err != nil {
			return err
		}
		var descriptions []codebook.Description
		for _, d := range own {
			if d.Kind == house.Note {
				continue
			}
			one := codebook.Description{Kind: string(d.Kind), Text: d.Text, Source: "our consultants' words, " + mailout.DateWords(d.At), ReviewedBy: codebook.NotReviewed}
			if d.Reviewed() {
				one.ReviewedBy = "our " + d.Review.Credential + ", " + mailout.DateWords(d.Review.At)
			}
			descriptions = append(descriptions, one)
		}
		list[i].Prefer(descriptions)
	}
	return nil
}

// Check runs the checks over what was read, with the dated policy beside the codebook.
func Check(ctx context.Context, book Codes, policy *codebook.Policy, r codes.Reading, received time.Time) (checks.Result, error) {
	day, basis, stated := ServiceDate(r, received)
	if !stated {
		basis = checks.BasisReceived
	}
	result, err := checks.Run(ctx, book, policy, checks.Case{
		Mentions: r.InGroups(), Date: checks.Date{Day: day, Basis: basis}, Groups: groupDates(r), Dates: r.Dates, Received: received.UTC().Truncate(24 * time.Hour),
		Payer: r.Payer, Setting: r.Setting, Place: r.Place, Age: r.Age, Sex: r.Sex, References: r.References, Stated: r.Stated, DiagnosisOrder: r.DiagnosisOrder,
	})
	if err != nil {
		return result, fmt.Errorf("check the codes: %w", err)
	}
	return result, nil
}

// groupDates are the dates of service of single groups, where a message names several encounters.
func groupDates(r codes.Reading) map[int]checks.Date {
	dates := make(map[int]checks.Date)
	for _, d := range r.Dates {
		day, err := time.Parse(time.DateOnly, d.Date)
		if _, has := dates[d.Group]; err == nil && !has && d.Group > 1 && (d.Kind == "dos" || d.Kind == "surgery" || d.Kind == "discharge") {
			dates[d.Group] = checks.Date{Day: day, Basis: d.Basis}
		}
	}
	return dates
}
