package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"caseconsultant/mailin/document"
	"caseconsultant/mailin/message"
	"caseconsultant/mailin/screen"
	"caseconsultant/mailout"
	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

type inspectCommand struct {
	Files      []string `arg:"" name:"file" help:"Mails as files (.eml); - is standard input."`
	JSON       bool     `help:"One object a line and a file, in the order given."`
	Texts      bool     `help:"Add all texts in which codes were looked for."`
	Explain    bool     `help:"Add why each place was taken as a code or not."`
	AuthservID []string `name:"authserv-id" placeholder:"ID" help:"Believe the Authentication-Results of this server."`
	bookFlag
}

// inspection is what `inspect --json` prints of one file; the names are part of the contract.
type inspection struct {
	File    string         `json:"file"`
	Error   string         `json:"error,omitempty"` // then nothing else is printed
	Message *inspectedMail `json:"message,omitempty"`
	*inspectedReading
	Texts   []inspectedText   `json:"texts,omitempty"`
	Explain []inspectedReason `json:"explain,omitempty"`
}

type inspectedMail struct {
	MessageID       string                `json:"message_id"`
	From            personJSON            `json:"from"`
	To              []personJSON          `json:"to"`
	Subject         string                `json:"subject"`
	Date            string                `json:"date"`
	Text            string                `json:"text"`
	Reply           string                `json:"reply"`
	Quoted          string                `json:"quoted"`
	Signature       string                `json:"signature"`
	ReplyOffsets    [][2]int              `json:"reply_offsets"`
	Screen          inspectedScreen       `json:"screen"`
	Auto            string                `json:"auto"`
	Bounce          bool                  `json:"bounce"`
	BounceRecipient string                `json:"bounce_recipient"`
	BounceStatus    string                `json:"bounce_status"`
	Attachments     []inspectedAttachment `json:"attachments"`
	Problems        []string              `json:"problems"`

	forward bool // Quoted is a forward
}

type inspectedScreen struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`
}

type inspectedAttachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
	TextChars   int    `json:"text_chars"` // of what was read of it
	Kind        string `json:"kind"`       // what it is by its bytes, "" for nothing that could be read
}

type inspectedReading struct {
	Trust         string               `json:"trust"`
	Intent        string               `json:"intent"`
	Kind          string               `json:"kind"`
	Topics        []string             `json:"topics"`
	Payer         string               `json:"payer"`
	Setting       string               `json:"setting"` // practitioner, hospital, asc, or ""
	Place         string               `json:"place"`   // of service, two digits, or ""
	Age           *int                 `json:"age"`     // whole years, null where it is not stated
	Sex           string               `json:"sex"`     // F, M, or ""
	DateOfService string               `json:"date_of_service"`
	Dates         []codes.DateMention  `json:"dates"`
	Stated        []codes.Stated       `json:"stated"` // amounts: minutes, doses, decision making
	References    []codes.Reference    `json:"references"`
	Mentions      []codes.Mention      `json:"mentions"`
	Findings      []finding.Finding    `json:"findings"`
	NotChecked    []finding.NotChecked `json:"not_checked"`
}

type inspectedText struct {
	Source     string `json:"source"`
	Attachment string `json:"attachment"`
	Text       string `json:"text"`
}

type inspectedReason struct {
	Source string `json:"source"`
	codes.Candidate
}

// Run inspects files. They are worked on side by side and printed in their order, each as soon as those before it are
// done, so that thousands cost no more memory than a few.
func (k *inspectCommand) Run(c *console) error {
	policy, err := codebook.LoadPolicy("")
	if err != nil {
		return err
	}
	return k.with(c, func(book *codebook.Book) error {
		documents := newDocuments(document.Limits{}, "", runtime.GOMAXPROCS(0))
		// PDFium is compiled once, for the first PDF, not by every child.
		warm := sync.OnceValue(func() error { return documents.made().Warm(c.ctx) })
		ctx, cancel := context.WithCancel(c.ctx)
		defer cancel()
		workers := runtime.GOMAXPROCS(0)
		type result struct {
			inspection inspection
			err        error
		}
		slots := make(chan chan result, 4*workers) // in order; its length bounds what is done ahead
		work := make(chan func())
		for range workers {
			go func() {
				for f := range work {
					f()
				}
			}()
		}
		go func() {
			defer close(slots)
			defer close(work)
			for _, file := range k.Files {
				slot := make(chan result, 1)
				select {
				case slots <- slot:
				case <-ctx.Done():
					return
				}
				work <- func() {
					one, err := k.inspect(ctx, c, book, policy, &attachmentReader{documents: documents, warm: warm}, file)
					slot <- result{one, err}
				}
			}
		}()
		out := &printer{console: c, json: k.JSON}
		for slot := range slots {
			r := <-slot
			if r.err != nil {
				return r.err
			}
			if err := out.print(r.inspection); err != nil {
				return err
			}
		}
		if err := c.ctx.Err(); err != nil {
			return err
		}
		return out.end()
	})
}

// inspect reads one file by the code of the pipeline. What is wrong with the file is in the inspection; the error is of
// our own codebook.
func (k *inspectCommand) inspect(ctx context.Context, c *console, book *codebook.Book, policy *codebook.Policy, attachments *attachmentReader, file string) (inspection, error) {
	in := inspection{File: file}
	content, changed, err := readMail(c, file)
	if err != nil {
		in.Error = err.Error()
		return in, nil
	}
	// An error beside the message is told by the message's problems.
	defer attachments.close()
	m, parseErr := parse(content, attachments)
	if parseErr != nil && len(m.Problems) == 0 {
		m.Problems = append(m.Problems, "A part of this mail could not be read.")
	}
	verdict := screen.Classify(m, screen.Options{LoopHeader: mailout.LoopHeader})
	in.Message = newInspectedMail(m, verdict)

	received := m.Date
	if received.IsZero() {
		received = changed
	}
	sources := workflow.Sources(m.Subject, casefile.Parsed{Text: m.Text, Reply: m.Reply, Quoted: m.Quoted, Signature: m.Signature, Forward: m.Forward})
	documents, err := attachments.read(ctx, m, in.Message)
	if err != nil {
		return in, err
	}
	sources = append(sources, documents...)
	options := codes.Options{Known: book.Known}
	reading := codes.Read(sources, received, options)
	result, err := workflow.Check(ctx, book, policy, reading, received)
	if err != nil {
		return in, err
	}
	if verdict.Kind != screen.Person {
		reading.Intent, reading.Kind = "none", "none" // it would be set aside: a machine asks nothing
	}
	for i := range reading.Mentions {
		reading.Mentions[i].Modifiers = list(reading.Mentions[i].Modifiers)
	}
	in.inspectedReading = &inspectedReading{Trust: screen.Trust(m, k.AuthservID), Intent: reading.Intent, Kind: reading.Kind, Topics: list(reading.Topics),
		Payer: reading.Payer, Setting: reading.Setting, Place: reading.Place, Age: reading.Age, Sex: reading.Sex, DateOfService: reading.DateOfService, Dates: list(reading.Dates), Stated: list(reading.Stated), References: list(reading.References),
		Mentions: list(reading.Mentions), Findings: list(result.Findings), NotChecked: list(result.NotChecked)}
	for _, source := range sources {
		if k.Texts {
			in.Texts = append(in.Texts, inspectedText(source))
		}
		if k.Explain {
			for _, candidate := range codes.Explain(source.Text, options) {
				candidate.Modifiers = list(candidate.Modifiers)
				in.Explain = append(in.Explain, inspectedReason{source.Source, candidate})
			}
		}
	}
	return in, nil
}

// parse takes a mail apart. Where that fails altogether, the mail is read as the pipeline then reads it: without being
// taken apart.
func parse(content []byte, attachments *attachmentReader) (m *message.Message, err error) {
	defer func() {
		if recover() != nil {
			m, err = message.Fallback(bytes.NewReader(content)), nil
			m.Problems = append(m.Problems, "This mail could not be taken apart; its text is shown as it came.")
			attachments.close()
			attachments.kept = nil
		}
	}()
	return message.Parse(bytes.NewReader(content), message.Options{Attachment: attachments.keep})
}

// inspectLimit is the size up to which a file is read: above the largest mail that any provider takes.
const inspectLimit = 256 << 20

func readMail(c *console, file string) (content []byte, changed time.Time, err error) {
	r := c.in
	changed = time.Now()
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, changed, reason(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return nil, changed, reason(err)
		}
		if info.IsDir() {
			return nil, changed, errors.New("this is a folder: name the files in it")
		}
		r, changed = f, info.ModTime()
	}
	content, err = io.ReadAll(io.LimitReader(r, inspectLimit+1))
	if err == nil && len(content) > inspectLimit {
		err = fmt.Errorf("the file is larger than %d MB", inspectLimit>>20)
	}
	return content, changed, reason(err)
}

func newInspectedMail(m *message.Message, verdict screen.Verdict) *inspectedMail {
	out := &inspectedMail{MessageID: m.MessageID, From: personJSON{m.From.Name, m.From.Address}, To: []personJSON{}, Subject: m.Subject, Text: m.Text, Reply: m.Reply,
		Quoted: m.Quoted, Signature: m.Signature, ReplyOffsets: list(m.ReplyOffsets), Screen: inspectedScreen{string(verdict.Kind), verdict.Reason},
		Attachments: []inspectedAttachment{}, Problems: list(m.Problems), forward: m.Forward}
	for _, to := range m.To {
		out.To = append(out.To, personJSON{to.Name, to.Address})
	}
	if !m.Date.IsZero() {
		out.Date = m.Date.Format(time.RFC3339)
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, inspectedAttachment{a.ID, a.Filename, a.ContentType, a.Size, a.SHA256, 0, ""})
	}
	switch verdict.Kind {
	// RFC 3834 section 5.1: what responds to a mail is auto-replied, reports about its delivery too.
	case screen.AutoReply, screen.Challenge, screen.Receipt, screen.Bounce, screen.Delay:
		out.Auto = "auto-replied"
	case screen.AutoGenerated, screen.Feedback, screen.Loop:
		out.Auto = "auto-generated"
	case screen.Bulk, screen.List:
		out.Auto = "bulk"
	}
	if (verdict.Kind == screen.Bounce || verdict.Kind == screen.Delay) && m.Report != nil {
		out.BounceRecipient, out.BounceStatus = m.Report.Recipient, m.Report.Status
	}
	out.Bounce = verdict.Kind == screen.Bounce
	return out
}
