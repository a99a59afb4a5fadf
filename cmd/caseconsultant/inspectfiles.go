package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"unicode/utf8"

	"caseconsultant/mailin/document"
	"caseconsultant/mailin/message"
	"caseconsultant/workflow"
	"caseconsultant/workflow/codes"
)

// attachmentReader reads the attachments of one inspected mail, as the pipeline does: kept in private temporary files
// while the mail is taken apart, then read by children of this program.
type attachmentReader struct {
	documents *document.Reader
	warm      func() error
	kept      []keptAttachment
}

type keptAttachment struct {
	index int // among the mail's attachments
	kind  document.Kind
	file  *os.File
}

// keep takes an attachment aside while the mail passes by, if it is of a kind that is read.
func (r *attachmentReader) keep(a *message.Attachment, content io.Reader) error {
	index, err := strconv.Atoi(a.ID) // not the order of the calls: an attached mail comes after what it carries
	if err != nil {
		return fmt.Errorf("attachment without a number: %w", err)
	}
	index--
	head := make([]byte, document.SniffBytes)
	n, err := io.ReadFull(content, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	kind := document.Sniff(head[:n], document.Hint{Filename: a.Filename, ContentType: a.ContentType})
	if kind == document.None {
		return nil
	}
	f, err := os.CreateTemp("", "caseconsultant-*")
	if err != nil {
		return err
	}
	r.kept = append(r.kept, keptAttachment{index, kind, f})
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	if _, err := f.Write(head[:n]); err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return err
}

func (r *attachmentReader) close() {
	for _, k := range r.kept {
		k.file.Close()
	}
}

// read reads what was kept, notes it in the mail's attachments, and returns the texts in which codes are looked for.
func (r *attachmentReader) read(ctx context.Context, m *message.Message, into *inspectedMail) (sources []codes.Source, err error) {
	left := workflow.MostDocumentText
	for _, k := range r.kept {
		a := m.Attachments[k.index]
		if !workflow.WorthReading(a, k.kind) {
			continue
		}
		if k.kind == document.PDF || k.kind == document.ZIP {
			if err := r.warm(); err != nil && ctx.Err() == nil {
				return nil, err
			}
		}
		if _, err := k.file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		text, err := r.documents.Read(ctx, k.file, a.Size, document.Hint{Filename: a.Filename, ContentType: a.ContentType, Inline: a.Inline})
		if err != nil {
			return nil, err
		}
		kind := text.Kind
		if kind == document.None {
			kind = k.kind
		}
		into.Attachments[k.index].Kind, into.Attachments[k.index].TextChars = string(kind), utf8.RuneCountInString(text.Text)
		for _, problem := range text.Problems {
			into.Problems = append(into.Problems, fmt.Sprintf("Attachment %s: %s", a.ID, problem))
		}
		if text.Recognised && text.Text != "" {
			into.Problems = append(into.Problems, fmt.Sprintf("Attachment %s was read from a picture: digits may be wrong.", a.ID))
		}
		if text.Text != "" && len(text.Text) <= left {
			left -= len(text.Text)
			sources = append(sources, workflow.DocumentSource(int64(k.index+1), a.Filename, text.Text))
		}
	}
	return sources, nil
}
