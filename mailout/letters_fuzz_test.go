package mailout

import (
	"strings"
	"testing"
)

// FuzzLetters puts one stranger's text into every field of every letter: all
// render, the text keeps to its columns, the HTML holds nothing that loads or
// runs, and both compose.
func FuzzLetters(f *testing.F) {
	f.Add("31297-50", "common", 3)
	f.Add("<script>alert(1)</script> {{.}} \u202e\x00\x1b[31m", "", 0)
	f.Add(strings.Repeat("long ", 60)+strings.Repeat("y", 100), "official", 30)
	f.Add("a\n\n\n  b   c\n  d   e\n- x", "kind <b>", 1)
	l := testLetters(f)
	f.Fuzz(func(t *testing.T, s, kind string, n int) {
		if len(s) > 4096 || n < 0 || n > 30 {
			return
		}
		some := []string{s, s}
		c := Case{Reference: "CC-4821-K7RQ9", Subject: s}
		readings := []Reading{{s, s, s}, {"Payer", s, ""}}
		summary := Summary{Case: c, Headline: s, Supplement: n%2 == 0, Reading: readings, NotStated: some, CodeNotes: some,
			NotFound: some, NotChecked: some, Problems: some, Next: Next{Text: s}, ToHelp: some, Commands: some, Copyright: some}
		for i := range n {
			summary.Codes = append(summary.Codes, Code{System: s, Code: s, RangeEnd: s, Modifiers: some, Units: i, Title: s, State: s,
				Descriptions: []Description{{kind, s, s, s, s}}, Facts: some, Sources: some})
			summary.Findings = append(summary.Findings, Finding{Severity(i % 5), some, s, some})
		}
		body := "x " + s
		letters := []func() (Content, error){
			func() (Content, error) { return l.Summary(summary) },
			func() (Content, error) {
				return l.Acknowledgement(Acknowledgement{c, s, some, readings, some, some, some, some, Next{}, some})
			},
			func() (Content, error) {
				return l.Answer(Answer{Case: c, Body: body, Signature: Signature{s, s, s}, Sources: some, Question: s})
			},
			func() (Content, error) {
				return l.AskBack(AskBack{Case: c, Intro: body, Questions: some, Signature: Signature{s, s, s}, Question: s})
			},
			func() (Content, error) {
				return l.Notice(Notice{Case: c, Title: s, Headline: s, Paragraphs: some, Lines: readings, Link: Link{s, "https://firm.example/"}})
			},
		}
		for i, render := range letters {
			content, err := render()
			if err != nil {
				t.Fatalf("letter %d: %v", i, err)
			}
			for line := range strings.Lines(content.Text) {
				line = strings.TrimRight(line, "\n")
				if strings.ContainsAny(line, "\x00\x1b\u202e") || strings.Contains(line, "<no value>") {
					t.Fatalf("letter %d: line %q", i, line)
				}
			}
			if strings.Contains(content.HTML, "ZgotmplZ") || strings.Contains(strings.ToLower(content.HTML), "<script") {
				t.Fatalf("letter %d: HTML holds what it should not", i)
			}
			if len(s) < 100 {
				checkHTML(t, content.HTML)
			}
			mail := letter()
			mail.Subject, mail.Text, mail.HTML = content.Subject, content.Text, content.HTML
			if _, err := Compose(mail); err != nil {
				t.Fatalf("letter %d: %v", i, err)
			}
		}
	})
}
