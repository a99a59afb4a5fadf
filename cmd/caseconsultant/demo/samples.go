package demo

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"time"
)

// The samples are files as mail programs make them, so that a person can open them, and `inspect` can.
//
//go:embed samples/*.eml answers/*.txt
var sampleFiles embed.FS

// Sample is one of the demo's mails: a fictitious question as a real mail program would have sent it.
type Sample struct {
	Number  int    // from 1, in the order of arrival
	File    string // its name in samples/
	Shows   string // what it is there for, in a few words
	From    string // the asker's address
	Subject string
	// Answers says that the asker sends it after having got a mail of ours about an earlier sample.
	Answers bool

	raw       []byte
	inReplyTo string
}

// sampleList is the order of arrival. A file may come twice.
var sampleList = []struct {
	file, shows string
	answers     bool
}{
	{"01-pair-denied", "an NCCI pair, modifier 50, sides not stated", false},
	{"02-which-level", "two codes that are alternatives, not a claim", false},
	{"03-denied-two-lines", "a denial, RT and LT on two lines, a remark that is no diagnosis", false},
	{"04-surgery-tomorrow", "urgent, a planned date, prior authorisation", false},
	{"05-screenshot", "no subject, a picture instead of words", false},
	{"06-op-note", "an operative note as DOCX with a made-up patient in it, no code", false},
	{"07-header-rejected", "a diagnosis that has to be coded further", false},
	{"08-navigation", "an add-on code with its primaries; HTML only", false},
	{"09-post-op-visit", "two dates, a global period, Medicare Advantage", false},
	{"10-infusion-math", "a drug's units and its wastage", false},
	{"11-who-can-sign", "two questions, one of them about compliance", false},
	{"12-sepsis-drg", "an inpatient case with a DRG and diagnoses", false},
	{"13-thanks", "a thank-you: joins its case, reopens nothing", true},
	{"14-out-of-office", "an automatic reply: set aside, never answered", true},
	{"15-patient", "a patient who asks about a bill", false},
	{"16-lookup", "a look-up by mail", false},
	{"01-pair-denied", "mail 1 once more: the same mail makes no second case", false},
	{"17-forward", "mail 1 forwarded by somebody else: a case of its own", false},
}

// Samples returns the mails in the order in which they arrive.
func Samples() ([]Sample, error) {
	var list []Sample
	for i, entry := range sampleList {
		raw, err := sampleFiles.ReadFile("samples/" + entry.file + ".eml")
		if err != nil {
			return nil, fmt.Errorf("read a sample mail: %w", err)
		}
		s := Sample{Number: i + 1, File: entry.file + ".eml", Shows: entry.shows, Answers: entry.answers, raw: raw, From: headerFrom(raw)}
		eachField(raw, func(name string, field []byte) bool {
			switch name {
			case "subject":
				s.Subject = decodeWords(fieldValue(field))
			case "in-reply-to":
				s.inReplyTo = fieldValue(field)
			}
			return true
		})
		list = append(list, s)
	}
	return list, nil
}

// Raw returns the mail as its sender hands it to a server, written at that moment.
func (s *Sample) Raw(at time.Time) []byte {
	return replaceFields(s.raw, map[string]string{"date": at.Format(time.RFC1123Z)})
}

// Variant returns the mail under another Message-ID (without its angle brackets), to another address, and, if from is not
// empty, from another: a different mail that says the same.
func (s *Sample) Variant(at time.Time, from, to, messageID string) []byte {
	fields := map[string]string{"date": at.Format(time.RFC1123Z), "to": to, "message-id": "<" + messageID + ">"}
	if from != "" {
		fields["from"] = from
	}
	return replaceFields(s.raw, fields)
}

// Reply returns the mail as a reply to one that the asker got, as a mail program makes it: threaded below it, with its
// subject.
func (s *Sample) Reply(at time.Time, got []byte) []byte {
	var subject, id, references string
	eachField(got, func(name string, field []byte) bool {
		switch name {
		case "subject":
			subject = strings.TrimSpace(string(field[len("subject:"):]))
		case "message-id":
			id = fieldValue(field)
		case "references":
			references = fieldValue(field)
		}
		return true
	})
	if id == "" {
		return s.Raw(at)
	}
	fields := map[string]string{
		"date":        at.Format(time.RFC1123Z),
		"in-reply-to": id,
		"references":  strings.Join(append(strings.Fields(references), id), "\r\n "),
	}
	if !s.Automatic() {
		fields["subject"] = subject
	} else {
		fields["subject"] = "Automatic reply: " + subject
	}
	return replaceFields(s.raw, fields)
}

// Answer is what a consultant would answer; only some samples have one.
func (s *Sample) Answer() (string, error) {
	text, err := sampleFiles.ReadFile("answers/" + strings.TrimSuffix(s.File, ".eml") + ".txt")
	if err != nil {
		return "", fmt.Errorf("read the answer to a sample mail: %w", err)
	}
	return string(text), nil
}

// Automatic says that a machine of the asker's has made the mail.
func (s *Sample) Automatic() bool { return bytes.Contains(s.raw, []byte("\nAuto-Submitted:")) }

// Answered finds the newest of the mails that is about the one that this sample answers.
func (s *Sample) Answered(inbox []Mail) (Mail, bool) {
	for i := len(inbox) - 1; i >= 0; i-- {
		found := false
		eachField(inbox[i].Raw, func(name string, field []byte) bool {
			found = found || (name == "in-reply-to" || name == "references") && strings.Contains(fieldValue(field), s.inReplyTo)
			return true
		})
		if found && s.inReplyTo != "" {
			return inbox[i], true
		}
	}
	return Mail{}, false
}

// replaceFields puts other values into header fields, where they stand.
func replaceFields(raw []byte, values map[string]string) []byte {
	var out []byte
	rest := eachField(raw, func(name string, field []byte) bool {
		if value, ok := values[name]; ok {
			colon := bytes.IndexByte(field, ':')
			out = append(append(append(out, field[:colon]...), ": "+value...), "\r\n"...)
		} else {
			out = append(out, field...)
		}
		return true
	})
	return append(out, rest...)
}

// fieldValue is what stands behind a field's colon, on one line.
func fieldValue(field []byte) string {
	_, value, _ := bytes.Cut(field, []byte(":"))
	return strings.Join(strings.Fields(string(value)), " ")
}
