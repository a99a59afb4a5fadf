package workflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/store"
)

// extractWorker finds the codes that a message names, and what else it says that decides the answer.
type extractWorker struct {
	river.WorkerDefaults[ExtractArgs]
	line *Line
}

// Timeout implements river.Worker.
func (w *extractWorker) Timeout(*river.Job[ExtractArgs]) time.Duration { return w.line.timeout }

// Work implements river.Worker.
func (w *extractWorker) Work(ctx context.Context, job *river.Job[ExtractArgs]) error {
	l := w.line
	return l.runStep(ctx, job.JobRow, func() error {
		p, err := l.files.Pending(ctx, job.Args.MessageID, casefile.StepExtract)
		if err != nil {
			return err
		}
		documents, err := l.documentSources(ctx, p.Attachments)
		if err != nil {
			return err
		}
		book, giveBack := l.opts.Borrow()
		reading := codes.Read(slices.Concat(Sources(p.Subject, p.Parsed), documents), p.Case.ReceivedAt, codes.Options{Known: book.Known})
		giveBack()
		leftOut := bound(&reading)
		next := casefile.StepAttach
		if p.Again && sameReading(p, reading) {
			next = casefile.StepDone // its late documents say nothing new
		}
		detail := map[string]int{"mentions": len(reading.Mentions)}
		if leftOut > 0 {
			detail["left_out"] = leftOut
		}
		return l.db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.Lock(ctx, tx, p.CaseID)
			if err != nil {
				return err
			}
			if err := e.Advance(ctx, p.Due(), next); err != nil {
				return err
			}
			if err := e.KeepReading(ctx, p.ID, reading); err != nil {
				return err
			}
			nameCodes(e, reading)
			if err := e.Record(ctx, casefile.EventExtracted, casefile.System, p.ID, detail); err != nil {
				return err
			}
			if err := e.Save(ctx); err != nil {
				return err
			}
			if next == casefile.StepAttach {
				if err := l.enqueue(ctx, tx, AttachArgs{MessageID: p.ID, Pass: p.Pass}, time.Time{}); err != nil {
					return err
				}
			}
			return complete(ctx, tx, job)
		})
	}, l.messageFailed(job.Args.MessageID, casefile.StepExtract))
}

// sameReading tells whether a message says of its codes what it said when it was read before.
func sameReading(p *casefile.Pending, r codes.Reading) bool {
	if p.DateOfService != r.DateOfService || p.Payer != string(r.Payer) {
		return false
	}
	said := func(m casefile.Mention) string {
		return fmt.Sprintf("%s %s %d %s", m.System, CodeName(m), m.Group, m.Role)
	}
	var before, now []string
	for _, m := range p.Mentions {
		addNew(&before, said(m))
	}
	for _, m := range r.Mentions {
		addNew(&now, said(m))
	}
	slices.Sort(before)
	slices.Sort(now)
	return slices.Equal(before, now)
}

// mostMentions is how many codes of one message are kept, each in a row of its own. The longest audit lists have
// hundreds; a text of megabytes could name hundreds of thousands, and writing them would hold up everyone's work.
const mostMentions = 2000

// bound cuts a reading to what is kept of it, and returns how many mentions were left out.
func bound(r *codes.Reading) (leftOut int) {
	leftOut = max(0, len(r.Mentions)-mostMentions)
	r.Mentions = r.Mentions[:len(r.Mentions)-leftOut]
	// The rest stands in one value of the message's row. Where occurrences are too many to be kept, the desk marks the
	// mentions alone.
	if len(r.Occurrences) > 250 {
		r.Occurrences = nil
	}
	const most = 200
	r.Dates, r.References = r.Dates[:min(len(r.Dates), most)], r.References[:min(len(r.References), most)]
	return leftOut
}

// Sources are the texts of a message in which codes are looked for: what the sender newly wrote, the subject, and what
// was forwarded; those of its attachments are DocumentSource. Quoted history and signatures are not the question's.
func Sources(subject string, p casefile.Parsed) []codes.Source {
	sources := []codes.Source{{Source: "reply", Text: p.Reply}, {Source: "subject", Text: subject}}
	if p.Forward {
		sources = append(sources, codes.Source{Source: "quoted", Text: p.Quoted})
	}
	return sources
}

// nameCodes puts a message's codes into the case's line of the queue.
func nameCodes(e *casefile.Edit, r codes.Reading) {
	const most = 40 // a queue shows three; an audit list may name hundreds
	for _, m := range r.Mentions {
		if name := CodeName(m); len(e.Codes) < most && !slices.Contains(e.Codes, name) {
			e.Codes = append(e.Codes, name)
		}
	}
	for _, topic := range r.Topics {
		if !slices.Contains(e.Topics, topic) {
			e.Topics = append(e.Topics, topic)
		}
	}
}

// CodeName writes a mention as people do: 31297-50, 99202-99205, J1885x4.
func CodeName(m codes.Mention) string {
	name := m.Code
	if m.RangeEnd != "" {
		name += "–" + m.RangeEnd
	}
	if len(m.Modifiers) > 0 {
		name += "-" + strings.Join(m.Modifiers, "-")
	}
	if m.Units > 0 {
		name += fmt.Sprintf("x%d", m.Units)
	}
	return name
}
