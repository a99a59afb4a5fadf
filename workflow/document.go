package workflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"caseconsultant/mailin/document"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/store"
)

// documentWorker reads one attachment. The last one of a message starts extract, or starts it again where it did not
// wait that long.
type documentWorker struct {
	river.WorkerDefaults[DocumentArgs]
	line *Line
}

// Timeout implements river.Worker. The reader bounds each document itself, far below.
func (w *documentWorker) Timeout(*river.Job[DocumentArgs]) time.Duration { return w.line.timeout }

// Work implements river.Worker.
func (w *documentWorker) Work(ctx context.Context, job *river.Job[DocumentArgs]) error {
	l := w.line
	return l.runStep(ctx, job.JobRow, func() error {
		p, err := l.files.PendingDocument(ctx, job.Args.AttachmentID)
		if err != nil {
			return err
		}
		read, err := l.readDocument(ctx, p)
		if err != nil {
			return err
		}
		patient := textNamesAPatient(read.Text)
		return l.db.InTx(ctx, func(tx *store.Tx) error {
			if err := l.keepDocument(ctx, tx, p, read, patient); err != nil {
				return err
			}
			return complete(ctx, tx, job)
		})
	}, l.documentFailed(job.Args.AttachmentID, job.Args.Round))
}

func (l *Line) readDocument(ctx context.Context, p *casefile.PendingDocument) (casefile.Document, error) {
	if same, ok, err := l.files.SameDocument(ctx, p); err != nil || ok {
		return same, err
	}
	if l.opts.Documents == nil {
		return casefile.Document{Problems: []string{"Attachments are not read here."}}, nil
	}
	content, err := l.db.OpenContent(ctx, p.ContentID)
	if errors.Is(err, store.ErrErased) {
		return casefile.Document{}, casefile.ErrNotDue
	}
	if err != nil {
		return casefile.Document{}, fmt.Errorf("open attachment %d: %w", p.ID, err)
	}
	defer content.Close()
	text, err := l.opts.Documents.Read(ctx, content, p.Size, document.Hint{Filename: p.Filename, ContentType: p.ContentType, Inline: p.Inline})
	if err != nil {
		return casefile.Document{}, fmt.Errorf("read attachment %d: %w", p.ID, err)
	}
	read := casefile.Document{Text: text.Text, Recognised: text.Recognised, Problems: text.Problems}
	for _, s := range text.Sections {
		read.Sections = append(read.Sections, casefile.Section(s))
	}
	return read, nil
}

// keepDocument writes what was read of an attachment, and takes its message up when it was the last.
func (l *Line) keepDocument(ctx context.Context, tx *store.Tx, p *casefile.PendingDocument, read casefile.Document, patient bool) error {
	e, err := casefile.Lock(ctx, tx, p.CaseID)
	if err != nil {
		return err
	}
	left, err := e.KeepDocument(ctx, p, read)
	if err != nil {
		return err
	}
	if patient {
		e.Flag(casefile.PossiblePHI, true)
	}
	if left == 0 {
		due, ok, err := e.DocumentsRead(ctx, p.MessageID)
		if err != nil {
			return err
		}
		if ok {
			if err := l.enqueue(ctx, tx, stepJob(due), time.Time{}); err != nil {
				return err
			}
		}
	}
	return e.Save(ctx)
}

// documentAttempts is how often a document is given to the reader. What a document does to its reader is no failure but
// a problem of the document; this counts our own faults, and the deaths of the whole program while it was read.
const documentAttempts = 3

// documentFailed counts a failure to read an attachment. After the last attempt it stays unread, with a problem that
// says so, and holds up its message no longer.
func (l *Line) documentFailed(attachmentID, round int64) func(ctx context.Context, tx *store.Tx, code string) error {
	return func(ctx context.Context, tx *store.Tx, code string) error {
		attempts, at, err := casefile.CountDocumentFailure(ctx, tx, attachmentID, round, code, l.opts.RetryAfter)
		if err != nil {
			return err
		}
		if attempts < documentAttempts {
			if code == deadProcess {
				at = time.Time{} // it has waited long enough for that to be seen
			}
			return l.enqueue(ctx, tx, DocumentArgs{attachmentID, attempts}, at)
		}
		p, err := casefile.LockedDocument(ctx, tx, attachmentID)
		if err != nil {
			return err
		}
		return l.keepDocument(ctx, tx, p, casefile.Document{Problems: []string{"This file could not be read here: please open it."}}, false)
	}
}

// MostDocumentText bounds the text of all attachments of one message in which codes are looked for, in bytes.
const MostDocumentText = 8 << 20

// documentSources are the texts of a message's attachments.
func (l *Line) documentSources(ctx context.Context, attachments []casefile.Attachment) (sources []codes.Source, err error) {
	left := MostDocumentText
	for _, a := range attachments {
		text, err := l.files.DocumentText(ctx, a, left)
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		left -= len(text)
		sources = append(sources, DocumentSource(a.Position, a.Filename, text))
	}
	return sources, nil
}

// DocumentProblems are the problems of reading an attachment as those of its mail. recognised says that text was read
// from a picture.
func DocumentProblems(position int64, problems []string, recognised bool) []string {
	var list []string
	for _, problem := range problems {
		list = append(list, fmt.Sprintf("Attachment %d: %s", position, problem))
	}
	if recognised {
		list = append(list, fmt.Sprintf("Attachment %d was read from a picture: digits may be wrong.", position))
	}
	return list
}

// DocumentSource is the text of an attachment as a source of codes.
func DocumentSource(position int64, filename, text string) codes.Source {
	return codes.Source{Source: "attachment:" + filename, Attachment: fmt.Sprint(position), Text: text}
}
