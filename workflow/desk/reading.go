package desk

import (
	"context"
	"time"
)

// Cases is what the desk reads. Nothing here changes a case, except that opening one may record that it was viewed.
type Cases interface {
	// Counts returns how many cases each view of the queue holds, for this user.
	Counts(ctx context.Context, user int64) (map[View]int, error)
	// List returns one page of a view: what needs a person first, oldest first.
	List(ctx context.Context, f Filter) (Page, error)
	// Get returns everything known of one case, messages in the order of their arrival.
	Get(ctx context.Context, ref string, user int64) (*Case, error)
	// Attachment opens a stored attachment; the caller closes its body.
	Attachment(ctx context.Context, id int64, user int64) (Attachment, error)
	// Raw opens a message as it came in; the caller closes its body.
	Raw(ctx context.Context, message int64, user int64) (Attachment, error)
	// Intake returns mails seen, newest first; before is the Next of the page before, "" for the first one.
	Intake(ctx context.Context, fate string, before string) (IntakePage, error)
	// Outbox returns deliveries, those that wait for a person first, then newest first.
	Outbox(ctx context.Context, state string, before string) (OutboxPage, error)
}

// View names a list of the queue. The states of CONTRACTS section 1 are views too.
type View string

const (
	ViewMine      View = "mine"      // claimed by this user
	ViewUnclaimed View = "unclaimed" // new or waiting
	ViewOverdue   View = "overdue"   // past due and not answered
	ViewAskedBack View = "asked_back"
	ViewAnswered  View = "answered"
	ViewClosed    View = "closed"
	ViewSetAside  View = "set_aside"
	ViewFailed    View = "failed"
	ViewAll       View = "all"
)

// Filter chooses cases.
type Filter struct {
	View  View
	User  int64  // for ViewMine
	Code  string // only cases that mention this code; "" for all
	Queue string // only this queue; "" for all
	After string // Next of the page before; "" for the first one
	Limit int
}

// Page is one page of cases.
type Page struct {
	Cases []Row
	Next  string // opaque; "" when there is no further page
}

// Row is one line of the queue.
type Row struct {
	Ref       string
	State     string
	Flags     []string
	Subject   string
	Snippet   string // the first words of the question
	Asker     string // name, or address without one
	Codes     []string
	Topics    []string
	Received  time.Time
	Due       time.Time // zero: none
	ClaimedBy Person
}

// Person is a user of the desk as others see them; the zero Person is nobody.
type Person struct {
	ID   int64
	Name string
}

// Case is one question and all that follows from it.
type Case struct {
	Row
	Queue, Mailbox string
	Reason         string // why it failed or was set aside
	AskerAddress   string
	Payer          string // as read: CONTRACTS section 4
	DateOfService  string // "2026-03-02" or ""
	Kind           string
	Messages       []Message
	Descriptions   []Description
	Findings       []Finding
	Deliveries     []Delivery
	Events         []Event
	Notes          []Note
	Draft          string // this user's unfinished answer
	Linked         []string
}

// Message is one mail of a case.
type Message struct {
	ID                int64
	Incoming          bool
	Automatic         bool // ours and sent without a person, or theirs and an auto-reply
	From              string
	FromAddress       string
	To                []string
	At                time.Time
	Subject           string
	Reply             string
	Quoted, Signature string
	Forward           bool
	Problems          []string
	Trust             string // pass, fail, none; "" for outgoing
	Attachments       []File
	Mentions          []Mention
	HasRaw            bool
}

// File is an attachment in a list.
type File struct {
	ID          int64
	Filename    string
	ContentType string
	Size        int64
	Kept        bool
}

// Mention is a place in a text that names a code. Start and End count bytes of the text that Source names.
type Mention struct {
	System, Code string
	Modifiers    []string
	Units        int
	RangeEnd     string
	Text, Source string
	Start, End   int
	Group        int
	Role         string
}

// Description is what the codebook said of one code when the case was read.
type Description struct {
	System, Code    string
	Known           bool
	Valid, Billable bool
	Title           string
	Parts           []DescriptionPart
	Status          string
	Flags           map[string]string
	Release         string
}

// DescriptionPart is one text about a code: official, common, short, used-when, included, separate.
type DescriptionPart struct{ Kind, Text, Source, Copyright, ReviewedBy string }

// Finding is what a check says.
type Finding struct {
	Rule, Severity  string
	Codes           []string
	Message, Source string
}

// Delivery is one outgoing mail and its fate.
type Delivery struct {
	ID                  int64
	Ref                 string
	Kind, State         string
	Subject, To         string
	Created, NextAt     time.Time
	Attempts            int
	Reason              string // why it waits or failed, for a person
	Accepted, Uncertain time.Time
}

// Event is one line of a case's history.
type Event struct {
	Number int64
	At     time.Time
	Kind   string
	Actor  string // a person's name, or what did it
	Detail string
}

// Note is a remark for colleagues.
type Note struct {
	At   time.Time
	By   Person
	Body string
}

// IntakePage is one page of the intake ledger.
type IntakePage struct {
	Mailboxes []Mailbox
	Entries   []IntakeEntry
	Next      string
}

// Mailbox is one watched folder and its health.
type Mailbox struct {
	Name, Folder string
	Health       string // "" while all is well
	HealthAt     time.Time
	Swept        time.Time
	Missing      int
}

// IntakeEntry is one mail that was seen and what became of it.
type IntakeEntry struct {
	ID      int64
	Mailbox string
	Folder  string
	UID     uint32
	Seen    time.Time
	Size    int64
	Fate    string
	Reason  string
	Ref     string
	From    string
	Subject string
}

// OutboxPage is one page of deliveries.
type OutboxPage struct {
	Deliveries []Delivery
	Next       string
	Counts     map[string]int // by state
}
