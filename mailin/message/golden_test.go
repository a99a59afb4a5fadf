package message_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/message"
)

var update = flag.Bool("update", false, "write the expectations of the golden mails anew; read the differences before you keep them")

// golden is a message as its expectation states it: what a person would compare, without the fields of the header, which are the mail's own.
type golden struct {
	MessageID    string                  `json:"message_id"`
	InReplyTo    []string                `json:"in_reply_to,omitempty"`
	References   []string                `json:"references,omitempty"`
	From         message.Address         `json:"from"`
	To           []message.Address       `json:"to,omitempty"`
	Cc           []message.Address       `json:"cc,omitempty"`
	Subject      string                  `json:"subject"`
	Date         string                  `json:"date,omitempty"`
	Text         []string                `json:"text"`
	Reply        []string                `json:"reply"`
	Quoted       []string                `json:"quoted,omitempty"`
	Signature    []string                `json:"signature,omitempty"`
	ReplyOffsets [][2]int                `json:"reply_offsets,omitempty"`
	Forward      bool                    `json:"forward,omitempty"`
	HTML         bool                    `json:"html,omitempty"`
	Attachments  []message.Attachment    `json:"attachments,omitempty"`
	Report       *message.DeliveryReport `json:"report,omitempty"`
	Encrypted    string                  `json:"encrypted,omitempty"`
	Problems     []string                `json:"problems,omitempty"`
}

func goldenOf(m *message.Message) golden {
	lines := func(s string) []string {
		if s == "" {
			return nil
		}
		return strings.Split(s, "\n")
	}
	g := golden{MessageID: m.MessageID, InReplyTo: m.InReplyTo, References: m.References, From: m.From, To: m.To, Cc: m.Cc, Subject: m.Subject, Text: lines(m.Text),
		Reply: lines(m.Reply), Quoted: lines(m.Quoted), Signature: lines(m.Signature), ReplyOffsets: m.ReplyOffsets, Forward: m.Forward, HTML: m.HTML != "",
		Attachments: m.Attachments, Report: m.Report, Encrypted: m.Encrypted, Problems: m.Problems}
	if !m.Date.IsZero() {
		g.Date = m.Date.Format(time.RFC3339)
	}
	return g
}

// Each mail under testdata/golden reads as the expectation beside it says.
func TestGoldenMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.eml")
	if err != nil || len(files) < 200 {
		t.Fatalf("%d golden mails, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var buf bytes.Buffer
			enc := json.NewEncoder(&buf)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", " ")
			if err := enc.Encode(goldenOf(parse(t, string(raw)))); err != nil {
				t.Fatal(err)
			}
			expectation := strings.TrimSuffix(file, ".eml") + ".json"
			if *update {
				if err := os.WriteFile(expectation, buf.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(expectation)
			if err != nil {
				t.Fatal(err)
			}
			if got := buf.String(); got != strings.ReplaceAll(string(want), "\r\n", "\n") {
				t.Errorf("read\n%s\nwant\n%s", got, want)
			}
			// Other line ends make no other mail.
			if bytes.IndexByte(raw, '\r') < 0 {
				m := parse(t, strings.ReplaceAll(string(raw), "\n", "\r\n"))
				if again := parse(t, string(raw)); m.Text != again.Text || m.Reply != again.Reply {
					t.Errorf("with CRLF line ends the text is\n%q\nnot\n%q", m.Text, again.Text)
				}
			}
		})
	}
}
