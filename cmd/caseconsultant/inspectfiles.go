package main

import (
	"context"
	"io"
	"os"
	"unicode/utf8"

	"caseconsultant/mailin/document"
	"caseconsultant/mailin/message"
	"caseconsultant/workflow"
	"caseconsultant/workflow/codes"
)

// attachmentReader reads the attachments of one inspected mail, as the pipeline does: kept in private temporary files
// while the mail is taken apart, then read by children of this program.
type attachmentReader struct {
	documents documentReader
	warm      func() error              // compiles PDFium, once for all mails
	kept      map[string]keptAttachment // by the attachment's id
}

type keptAttachment struct {
	kind document.Kind
	file *os.File
}

// keep takes an attachment aside while the mail passes by, if it is of a kind that is read.
func (r *attachmentReader) keep(a *message.Attachment, content io.Reader) error {
	kind, content, err := document.SniffStream(content, document.Hint{Filename: a.Filename, ContentType: a.ContentType})
	if err != nil || kind == document.None {
		return err
	}
	file, err := document.Spool("", content)
	if err != nil {
		return err
	}
	if r.kept == nil {
		r.kept = make(map[string]keptAttachment)
	}
	r.kept[a.ID] = keptAttachment{kind, file}
	return nil
}

func (r *attachmentReader) close() {
	for _, k := range r.kept {
		k.file.Close()
	}
}

// read reads what was kept, notes it in the mail's attachments, and returns the texts in which codes are looked for.
func (r *attachmentReader) read(ctx context.Context, m *message.Message, into *inspectedMail) (sources []codes.Source, err error) {
	left := workflow.MostDocumentText
	for i, a := range m.Attachments {
		k, ok := r.kept[a.ID]
		if !ok || !workflow.WorthReading(a, k.kind) {
			continue
		}
		if k.kind == document.PDF || k.kind == document.ZIP {
			if err := r.warm(); err != nil && ctx.Err() == nil {
				return nil, err
			}
		}
		text, err := r.documents.Read(ctx, k.file, a.Size, document.Hint{Filename: a.Filename, ContentType: a.ContentType, Inline: a.Inline})
		if err != nil {
			return nil, err
		}
		kind := text.Kind
		if kind == document.None {
			kind = k.kind
		}
		into.Attachments[i].Kind, into.Attachments[i].TextChars = string(kind), utf8.RuneCountInString(text.Text)
		into.Problems = append(into.Problems, workflow.DocumentProblems(int64(i+1), text.Problems, text.Recognised && text.Text != "")...)
		if text.Text != "" && len(text.Text) <= left {
			left -= len(text.Text)
			sources = append(sources, workflow.DocumentSource(int64(i+1), a.Filename, text.Text))
		}
	}
	return sources, nil
}
