package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// caseJSON is a line of `case list --json`; the names are part of the contract. Times are RFC 3339 in UTC, "" when
// there is none.
type caseJSON struct {
	Ref        string   `json:"ref"`
	State      string   `json:"state"`
	Flags      []string `json:"flags"`
	Subject    string   `json:"subject"`
	Asker      string   `json:"asker"` // address
	Queue      string   `json:"queue"`
	Mailbox    string   `json:"mailbox"`
	ReceivedAt string   `json:"received_at"`
	DueAt      string   `json:"due_at"`
	ClaimedBy  string   `json:"claimed_by"` // address of the consultant
	Codes      []string `json:"codes"`
	Reason     string   `json:"reason"` // why it failed or was set aside
}

func (b *bureau) caseJSON(c *casefile.Case) caseJSON {
	j := caseJSON{Ref: c.Ref, State: string(c.State), Flags: list(stringsOf(c.Flags)), Subject: c.Subject, Asker: c.Asker.Address, Queue: c.Queue,
		Mailbox: c.Mailbox, ReceivedAt: stamp(c.ReceivedAt), DueAt: stamp(c.DueAt), Codes: list(c.Codes), Reason: c.Reason}
	if c.ClaimedBy != 0 {
		j.ClaimedBy = b.name(c.ClaimedBy)
	}
	return j
}

// list makes an empty list of none, so that programs need not tell null from [].
func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

// personJSON is who writes or is written to.
type personJSON struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

// viewJSON is `case show --json`.
type viewJSON struct {
	caseJSON
	LinkedTo     string               `json:"linked_to"` // a case that its mail named without the right to join it
	Messages     []messageJSON        `json:"messages"`
	Mentions     []mentionJSON        `json:"mentions"`
	Descriptions []json.RawMessage    `json:"descriptions"` // as `lookup --json`
	Findings     []finding.Finding    `json:"findings"`
	NotChecked   []finding.NotChecked `json:"not_checked"`
	Deliveries   []deliveryJSON       `json:"deliveries"`
	Events       []eventJSON          `json:"events"`
	Notes        []noteJSON           `json:"notes"`
}

type messageJSON struct {
	ID            string           `json:"id"`
	Direction     string           `json:"direction"`
	At            string           `json:"at"`
	From          personJSON       `json:"from"`
	To            []personJSON     `json:"to"`
	Subject       string           `json:"subject"`
	MessageID     string           `json:"message_id"`
	Text          string           `json:"text"`
	Reply         string           `json:"reply"`
	Screen        string           `json:"screen"`
	Trust         string           `json:"trust"`
	Intent        string           `json:"intent"`
	Kind          string           `json:"kind"`
	Payer         string           `json:"payer"`
	DateOfService string           `json:"date_of_service"`
	Problems      []string         `json:"problems"`
	Attachments   []attachmentJSON `json:"attachments"`
	Step          string           `json:"step"` // what is still to be done with it
}

type attachmentJSON struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
}

type mentionJSON struct {
	codes.Mention
	Message string `json:"message"` // id of the message that it stands in
}

type deliveryJSON struct {
	Kind       string   `json:"kind"`
	State      string   `json:"state"`
	MessageID  string   `json:"message_id"`
	To         []string `json:"to"`
	Attempts   int64    `json:"attempts"`
	ID         string   `json:"id"`
	CreatedAt  string   `json:"created_at"`
	AcceptedAt string   `json:"accepted_at"`
	Reason     string   `json:"reason"`
}

type eventJSON struct {
	Number  int64           `json:"number"`
	At      string          `json:"at"`
	Kind    string          `json:"kind"`
	Actor   string          `json:"actor"` // system, asker, or a user's address
	Subject string          `json:"subject,omitempty"`
	Detail  json.RawMessage `json:"detail,omitempty"`
}

type noteJSON struct {
	At   string `json:"at"`
	By   string `json:"by"`
	Body string `json:"body"`
}

// id writes a database id for programs: as text, since it does not fit into the numbers of JavaScript.
func id(n int64) string { return strconv.FormatInt(n, 10) }

func (b *bureau) viewJSON(v *casefile.View) viewJSON {
	j := viewJSON{caseJSON: b.caseJSON(&v.Case), LinkedTo: v.LinkedRef, Messages: []messageJSON{}, Mentions: []mentionJSON{}, Descriptions: []json.RawMessage{},
		Findings: list(v.Findings), NotChecked: list(v.NotChecked), Deliveries: []deliveryJSON{}, Events: []eventJSON{}, Notes: []noteJSON{}}
	for i := range v.Messages {
		m := &v.Messages[i]
		one := messageJSON{ID: id(m.ID), Direction: string(m.Direction), At: stamp(m.At), From: personJSON(m.Sender), To: []personJSON{}, Subject: m.Subject,
			MessageID: m.HeaderID, Text: m.Parsed.Text, Reply: m.Parsed.Reply, Screen: m.Screen, Trust: m.Trust, Intent: m.Intent, Kind: m.Kind, Payer: m.Payer,
			DateOfService: m.DateOfService, Problems: list(m.Problems), Attachments: []attachmentJSON{}, Step: string(m.Step)}
		for _, to := range m.Recipients {
			one.To = append(one.To, personJSON(to))
		}
		for _, a := range m.Attachments {
			one.Attachments = append(one.Attachments, attachmentJSON{id(a.ID), a.Filename, a.ContentType, a.Size})
		}
		for _, mention := range m.Mentions {
			mention.Modifiers = list(mention.Modifiers)
			j.Mentions = append(j.Mentions, mentionJSON{mention, id(m.ID)})
		}
		j.Messages = append(j.Messages, one)
	}
	for _, d := range v.Descriptions {
		j.Descriptions = append(j.Descriptions, d.Entry)
	}
	for i := range v.Deliveries {
		j.Deliveries = append(j.Deliveries, newDeliveryJSON(&v.Deliveries[i]))
	}
	for _, e := range v.Events {
		one := eventJSON{Number: e.Number, At: stamp(e.At), Kind: string(e.Kind), Actor: b.actor(e.Actor)}
		if e.SubjectID != 0 {
			one.Subject = id(e.SubjectID)
		}
		if json.Valid([]byte(e.Detail)) {
			one.Detail = json.RawMessage(e.Detail)
		}
		j.Events = append(j.Events, one)
	}
	for _, n := range v.Notes {
		j.Notes = append(j.Notes, noteJSON{stamp(n.At), b.name(n.UserID), n.Body})
	}
	return j
}

func newDeliveryJSON(d *casefile.Delivery) deliveryJSON {
	return deliveryJSON{Kind: string(d.Kind), State: string(d.State), MessageID: d.HeaderID, To: list(d.Envelope.To), Attempts: d.Attempts, ID: id(d.ID),
		CreatedAt: stamp(d.CreatedAt), AcceptedAt: stamp(d.AcceptedAt), Reason: d.Reason}
}

// outcome is what a decision on a case prints with --json: the case's line and the newest of its outgoing mails.
type outcome struct {
	caseJSON
	Delivery *deliveryJSON `json:"delivery"`
}

func (b *bureau) outcomeJSON(v *casefile.View) outcome {
	o := outcome{caseJSON: b.caseJSON(&v.Case)}
	var newest *casefile.Delivery
	for i := range v.Deliveries {
		if d := &v.Deliveries[i]; newest == nil || d.ID > newest.ID {
			newest = d
		}
	}
	if newest != nil {
		j := newDeliveryJSON(newest)
		o.Delivery = &j
	}
	return o
}

func (b *bureau) actor(a casefile.Actor) string {
	if text, ok := strings.CutPrefix(string(a), "user:"); ok {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return b.name(n)
		}
	}
	return string(a)
}

type caseShowCommand struct {
	caseRef
	JSON bool `help:"One object with everything."`
}

// Run shows a case.
func (k *caseShowCommand) Run(c *console) error {
	ref := canonicalRef(k.Ref)
	return c.withBureau(func(b *bureau) error {
		view, err := b.line.Files().Get(c.ctx, ref)
		if err != nil {
			return b.plainly(ref, err)
		}
		if k.JSON {
			return json.NewEncoder(c.out).Encode(b.viewJSON(view))
		}
		b.show(c, view)
		return nil
	})
}

// show prints a case for a person.
func (b *bureau) show(c *console, v *casefile.View) {
	now := b.db.Now()
	c.printf("%s  %s\n", v.Ref, printable(v.Subject))
	c.printf("%s, from %s, came %s", stateWords(&v.Case), printable(v.Asker.Address), ago(now, v.ReceivedAt))
	if due := dueWords(now, &v.Case); due != "" && v.Open() {
		c.printf(", due %s", due)
	}
	if v.ClaimedBy != 0 {
		c.printf(", with %s", b.name(v.ClaimedBy))
	}
	c.printf("\n")
	if v.Reason != "" {
		c.printf("%s\n", printable(v.Reason))
	}
	if v.LinkedRef != "" {
		c.printf("Linked to %s.\n", v.LinkedRef)
	}
	for i := range v.Messages {
		m := &v.Messages[i]
		c.printf("\n── %s  %s  %s\n", m.At.Format(time.DateTime), m.Direction, printable(cmp.Or(m.Sender.Name, m.Sender.Address)))
		for _, problem := range m.Problems {
			c.printf("   ! %s\n", printable(problem))
		}
		c.printf("%s\n", indent(printableText(strings.TrimSpace(cmp.Or(m.Parsed.Reply, m.Parsed.Text)))))
		for _, a := range m.Attachments {
			c.printf("   + %s (%s, %d bytes)\n", printable(a.Filename), printable(a.ContentType), a.Size)
		}
		var names []string
		for _, mention := range m.Mentions {
			names = append(names, workflow.CodeName(mention))
		}
		if len(names) > 0 {
			c.printf("   Codes: %s\n", strings.Join(names, ", "))
		}
	}
	b.showFacts(c, v)
	if len(v.Deliveries) > 0 {
		c.printf("\nMails\n")
	}
	for _, d := range v.Deliveries {
		c.printf("   %s  %-15s %-10s to %s, %s%s\n", d.CreatedAt.Format(time.DateTime), d.Kind, d.State, printable(strings.Join(d.Envelope.To, ", ")), plural(d.Attempts, "attempt"), prefixed(": ", d.Reason))
	}
	if len(v.Notes) > 0 {
		c.printf("\nNotes\n")
	}
	for _, n := range v.Notes {
		c.printf("   %s  %s\n%s\n", n.At.Format(time.DateTime), b.name(n.UserID), indent(printableText(n.Body)))
	}
	c.printf("\nHistory\n")
	for _, e := range v.Events {
		c.printf("   %3d  %s  %-20s %s\n", e.Number, e.At.Format(time.DateTime), e.Kind, b.actor(e.Actor))
	}
}

func (b *bureau) showFacts(c *console, v *casefile.View) {
	if len(v.Descriptions) > 0 {
		c.printf("\nCodes\n")
	}
	for _, d := range v.Descriptions {
		var entry codebook.Entry
		if json.Unmarshal(d.Entry, &entry) == nil {
			c.printf("   %-12s %s  [%s]\n", d.Code, entry.Title, d.Release)
		}
	}
	if len(v.Findings) > 0 {
		c.printf("\nFindings\n")
	}
	for _, f := range v.Findings {
		c.printf("   %-8s %s  [%s]\n", f.Severity, f.Message, f.Source)
	}
}

func plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func indent(s string) string { return "   " + strings.ReplaceAll(s, "\n", "\n   ") }
