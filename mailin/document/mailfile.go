package document

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"caseconsultant/mailin/message"
)

// readMail reads a mail that was saved as a file: what it is about, its text, and what is attached to it.
func readMail(ctx context.Context, in input, out output, b *budget, more readers) error {
	type attached struct {
		content []byte
		hint    Hint
		large   bool
	}
	var all []attached
	tooMany := false
	limits := message.Limits{MessageBytes: b.limits.Bytes, AttachmentBytes: b.limits.Bytes, TextBytes: b.limits.Text, Depth: 10}
	msg, _ := message.Parse(in.stream(ctx), message.Options{Limits: limits, Attachment: func(a *message.Attachment, r io.Reader) error {
		hint := Hint{Filename: a.Filename, ContentType: a.ContentType}
		if strings.HasPrefix(a.ContentType, "message/rfc822") {
			return nil // its text is part of the text, and its attachments come one by one
		}
		head := make([]byte, SniffBytes)
		n, _ := io.ReadFull(r, head)
		if kind := Sniff(head[:n], hint); kind == None || kind == Image && a.Inline && n < 20<<10 {
			return nil
		}
		if b.entries--; b.entries < 0 {
			tooMany = true
			return nil
		}
		// What is kept here is together no more than the mail, whose size is bounded.
		content, err := wholeOf(io.MultiReader(bytes.NewReader(head[:n]), r), b)
		all = append(all, attached{content: content, hint: hint, large: err != nil})
		return nil
	}})
	if ctx.Err() != nil {
		return nil
	}
	p := newProse(out, b)
	line := func(name, value string) {
		if value != "" {
			p.write(name + ": " + value)
			p.endLine()
		}
	}
	line("From", strings.TrimSpace(msg.From.Name+" "+angle(msg.From.Address)))
	if !msg.Date.IsZero() {
		line("Date", msg.Date.Format("2006-01-02 15:04"))
	}
	line("Subject", msg.Subject)
	p.separate()
	for text := range strings.SplitSeq(msg.Text, "\n") {
		if p.full {
			break
		}
		p.write(text)
		p.endLine()
	}
	p.done()
	for _, sentence := range msg.Problems {
		// What a mail lacks in its header is of no interest here.
		if strings.HasPrefix(sentence, "The mail has no") || strings.HasPrefix(sentence, "The mail does not name") {
			continue
		}
		out.problem(sentence)
	}
	if len(all) > 0 && in.depth >= b.limits.Depth {
		out.problem(problemDeep)
		return nil
	}
	for i, a := range all {
		if ctx.Err() != nil || !out.text("") {
			return nil
		}
		one := &within{output: out, name: fmt.Sprintf("file %d", i+1)}
		if a.large {
			one.problem("This is too large to be read: please send only the pages that the question is about.")
			continue
		}
		if err := readWithin(ctx, bytes.NewReader(a.content), a.hint, in.depth+1, one, b, more); err != nil {
			return err
		}
	}
	if tooMany {
		out.problem(fmt.Sprintf("Only the first %d attachments of this mail were read.", b.limits.Entries))
	}
	return nil
}

func angle(address string) string {
	if address == "" {
		return ""
	}
	return "<" + address + ">"
}
