package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"caseconsultant/workflow"
)

// printer writes inspections for programs or for people.
type printer struct {
	*console
	json   bool
	n      int
	failed int
}

func (p *printer) print(in inspection) error {
	p.n++
	if in.Error != "" {
		p.failed++
	}
	if p.json {
		encoder := json.NewEncoder(p.out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(in); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		return nil
	}
	if p.n > 1 {
		p.printf("\n")
	}
	p.printf("%s\n", in.File)
	if in.Error != "" {
		p.printf("   cannot be read: %s\n", in.Error)
		return nil
	}
	p.human(in)
	return nil
}

// end tells whether every file was read.
func (p *printer) end() error {
	if p.failed == 0 {
		return nil
	}
	p.note("%d of %d files could not be read", p.failed, p.n)
	return silent{1}
}

func (p *printer) human(in inspection) {
	m := in.Message
	line := func(name, value string) {
		if value != "" {
			p.printf("   %-9s %s\n", name, printable(value))
		}
	}
	line("from", strings.TrimSpace(m.From.Name+" <"+m.From.Address+">"))
	line("subject", m.Subject)
	line("date", m.Date)
	line("screen", strings.TrimSuffix(m.Screen.Kind+": "+m.Screen.Reason, ": "))
	line("trust", in.Trust)
	line("bounced", strings.TrimSpace(m.BounceRecipient+" "+m.BounceStatus))
	intent := in.Intent
	if in.Kind != "" && in.Kind != intent {
		intent += ", " + in.Kind
	}
	line("intent", intent)
	line("topics", strings.Join(in.Topics, ", "))
	line("payer", in.Payer)
	line("service", in.DateOfService)
	p.text(m)
	for _, problem := range m.Problems {
		line("problem", problem)
	}
	for _, a := range m.Attachments {
		read := ""
		if a.Kind != "" {
			read = fmt.Sprintf("; %s, %d characters read", a.Kind, a.TextChars)
		}
		line("attached", fmt.Sprintf("%s (%s, %d bytes%s)", a.Filename, a.ContentType, a.Size, read))
	}
	for _, mention := range in.Mentions {
		line("code", fmt.Sprintf("%-14s %-8s %s, group %d, in %s at %d: %q", workflow.CodeName(mention), mention.System, mention.Role, mention.Group, mention.Source, mention.Start, mention.Text))
	}
	for _, r := range in.References {
		line("reference", fmt.Sprintf("%s %s", r.Kind, r.Value))
	}
	for _, f := range in.Findings {
		line(f.Severity, fmt.Sprintf("%s [%s]", f.Message, f.Source))
	}
	for _, n := range in.NotChecked {
		line("unchecked", fmt.Sprintf("%s: %s", n.Rule, n.Why))
	}
	for _, e := range in.Explain {
		verdict := "no"
		if e.Accepted {
			verdict = "yes"
		}
		line("explain", fmt.Sprintf("%q in %s at %d: %s (%s); for: %s; against: %s", e.Text, e.Source, e.Start, verdict, e.Code, cmp.Or(strings.Join(e.For, ", "), "nothing"), cmp.Or(strings.Join(e.Against, ", "), "nothing")))
	}
	for _, t := range in.Texts {
		p.printf("   ── %s\n%s\n", t.Source, indent(printableText(t.Text)))
	}
}

// text shows the mail's text as it was taken apart: what the sender newly wrote beside a bar, history beside ">", what
// was forwarded beside "»", the sign-off beside "~". Long history is cut; --texts has all of it.
func (p *printer) text(m *inspectedMail) {
	const most = 8 // lines of a run of history or sign-off
	p.printf("\n")
	run, hidden := "", 0
	flush := func() {
		if hidden > 0 {
			p.printf("   %s … %d more lines\n", run, hidden)
		}
		hidden = 0
	}
	shown := 0
	for _, l := range marked(m) {
		if l.mark != run {
			flush()
			run, shown = l.mark, 0
		}
		if shown++; run != markReply && shown > most {
			hidden++
			continue
		}
		p.printf("%s\n", strings.TrimRight("   "+l.mark+" "+printable(l.text), " "))
	}
	flush()
	if strings.TrimSpace(m.Text) == "" {
		p.printf("   (no text)\n")
	}
	p.printf("\n")
}

// The marks of a line of a mail.
const (
	markReply     = "│"
	markHistory   = ">"
	markForward   = "»"
	markSignature = "~"
)

type markedLine struct{ mark, text string }

// marked gives each line of a mail's text its mark.
func marked(m *inspectedMail) (lines []markedLine) {
	history := markHistory
	if m.forward {
		history = markForward
	}
	signature := strings.Split(strings.TrimRight(m.Signature, "\n"), "\n")
	quoted := strings.Split(strings.TrimRight(m.Quoted, "\n"), "\n")
	at, ranges := 0, m.ReplyOffsets
	for _, text := range strings.SplitAfter(strings.TrimRight(m.Text, "\n"), "\n") {
		end := at + len(strings.TrimRight(text, "\n"))
		for len(ranges) > 0 && ranges[0][1] <= at {
			ranges = ranges[1:]
		}
		mark := history
		text = strings.TrimRight(text, "\n")
		switch {
		case len(ranges) > 0 && ranges[0][0] < end:
			mark = markReply
		case strings.TrimSpace(text) == "" && len(lines) > 0:
			mark = lines[len(lines)-1].mark
		case next(&quoted, text):
		case next(&signature, text):
			mark = markSignature
		}
		lines = append(lines, markedLine{mark, text})
		at = end + 1
	}
	return lines
}

// next takes a line off a text if it is the text's next one that is not blank.
func next(lines *[]string, line string) bool {
	for len(*lines) > 0 && strings.TrimSpace((*lines)[0]) == "" {
		*lines = (*lines)[1:]
	}
	if len(*lines) == 0 || strings.TrimSpace((*lines)[0]) != strings.TrimSpace(line) {
		return false
	}
	*lines = (*lines)[1:]
	return true
}
