package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/mailin/message"
	"caseconsultant/workflow/casefile"
)

// print shows the mails, the timeline and the threading.
func (one *onceRun) print(c *console, started time.Duration) {
	question, summary, answer := one.read["question"], one.read["summary"], one.read["answer"]
	c.printf("Everything was started in %d ms: IMAP and SMTP servers, database, codebook, watcher, line, desk.\n", started.Milliseconds())
	printMail(c, "1. The question, from the asker's mail program", question, question.Reply)
	printMail(c, "2. The summary, made from the codebook and sent without a person", summary, summary.Text)
	printMail(c, "3. The consultant's answer", answer, answer.Text)

	c.printf("\n%s\nTimeline of %s, in milliseconds\n\n", rule, one.view.Ref)
	moments := one.moments()
	for i, m := range moments {
		since := ""
		if i > 0 {
			since = fmt.Sprintf("+%.0f", ms(m.at.Sub(moments[i-1].at)))
		}
		c.printf("  %8.0f  %7s   %s\n", ms(m.at.Sub(moments[0].at)), since, m.what)
	}
	c.printf("\n  From the announcement to the accepted summary: %.0f ms. From the decision to the accepted answer: %.0f ms.\n",
		ms(one.summary.At.Sub(one.question.Announced)), ms(one.answer.At.Sub(one.decided())))

	c.printf("\nThreading\n\n")
	for _, check := range one.threading() {
		mark := "ok   "
		if !check.holds {
			mark = "WRONG"
		}
		c.printf("  %s  %s\n", mark, check.says)
	}
}

var rule = strings.Repeat("-", 76)

func printMail(c *console, title string, m *message.Message, text string) {
	c.printf("\n%s\n%s\n%s\n", rule, title, rule)
	person := func(a message.Address) string {
		return printable(strings.TrimSpace(a.Name + " <" + a.Address + ">"))
	}
	c.printf("From: %s\n", person(m.From))
	for _, to := range m.To {
		c.printf("To: %s\n", person(to))
	}
	c.printf("Subject: %s\n\n%s\n", printable(m.Subject), printableText(strings.TrimSpace(text)))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// moment is one line of the timeline.
type moment struct {
	at   time.Time
	what string
}

// moments are told by whoever knows them best: the servers by their own clocks, the rest by the case's history. Times
// of the history are those at which a step's transaction began, in whole milliseconds.
func (one *onceRun) moments() []moment {
	list := []moment{
		{one.sent, "the asker's mail program hands the question to the SMTP server"},
		{one.question.At, "it lies in the mailbox"},
		{one.question.Announced, "the IMAP server announces it to the watcher"},
		{one.kept, "kept: raw mail, job and cursor in one transaction"},
	}
	for _, e := range one.view.Events {
		if words, ok := onceEvents[e.Kind]; ok {
			list = append(list, moment{e.At, words})
		}
	}
	for _, d := range one.view.Deliveries {
		words := "summary composed, with its job in one transaction"
		if d.Kind == casefile.Answer {
			words = "answer decided by the consultant and composed"
		}
		list = append(list, moment{d.CreatedAt, words})
	}
	list = append(list, moment{one.summary.At, "summary accepted by the SMTP server"}, moment{one.answer.At, "answer accepted by the SMTP server"})
	for i := range list {
		list[i].at = list[i].at.Truncate(time.Millisecond) // so that clocks of different fineness can be put in order
	}
	slices.SortStableFunc(list, func(a, b moment) int { return a.at.Compare(b.at) })
	return list
}

var onceEvents = map[casefile.EventKind]string{
	casefile.EventRead:      "read: a message of a new case",
	casefile.EventExtracted: "extracted: codes, date of service, payer",
	casefile.EventAttached:  "attached: descriptions and findings, frozen with the case",
	casefile.EventRouted:    "routed: queue and due time",
	casefile.EventClaimed:   "claimed by the consultant",
}

func (one *onceRun) decided() time.Time {
	for _, d := range one.view.Deliveries {
		if d.Kind == casefile.Answer {
			return d.CreatedAt
		}
	}
	return time.Time{}
}

// check is one thing that must be true of the mails.
type check struct {
	holds bool
	says  string
}

// threading looks at the headers as mail programs do.
func (one *onceRun) threading() []check {
	question, summary, answer := one.read["question"], one.read["summary"], one.read["answer"]
	first := func(ids []string) string { return strings.Join(ids, " ") }
	automatic := func(m *message.Message) bool {
		for _, f := range m.Fields {
			if strings.EqualFold(f.Name, "Auto-Submitted") && !strings.EqualFold(strings.TrimSpace(f.Value), "no") {
				return true
			}
		}
		return false
	}
	bears := func(m *message.Message) bool {
		return strings.HasPrefix(m.Subject, "Re: ") && strings.Contains(m.Subject, question.Subject) && strings.HasSuffix(m.Subject, "["+one.view.Ref+"]")
	}
	return []check{
		{question.MessageID != "" && first(summary.InReplyTo) == question.MessageID, "The summary's In-Reply-To is the question's Message-ID."},
		{first(answer.InReplyTo) == question.MessageID, "The answer's In-Reply-To is the question's Message-ID."},
		{slices.Contains(summary.References, question.MessageID) && slices.Contains(answer.References, question.MessageID), "Both have the question in References."},
		{bears(summary) && bears(answer), "Both have the question's subject, with Re: and the case's reference."},
		{summary.MessageID != "" && answer.MessageID != "" && summary.MessageID != answer.MessageID, "Each has a Message-ID of its own."},
		{automatic(summary) && !automatic(answer), "The summary says that a machine has sent it (Auto-Submitted), the answer does not."},
		{summary.From.Address == demoAddress && answer.From.Address == demoAddress, "Both come from the mailbox's address, so that a reply reaches it."},
	}
}
