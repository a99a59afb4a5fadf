// Package casefile keeps the cases: their messages, mentions, descriptions, findings, deliveries and history, the
// table of what may follow what, and the SQL of all of it.
//
// A case begins with one mail that asks something. Everything that happens to it afterwards is written in a
// transaction that first locks the case (Lock), changes it through the Edit that Lock returns, and ends with Save,
// which also writes the history's next links and tells live pages. Reading goes through Files, outside transactions.
//
// What may identify a person (subjects, addresses, texts, notes, file names, the details of events) is sealed with the
// case's own key; codes, states, times, queues, sizes and counts are in clear, because the queue is sorted and
// filtered by them.
//
// It may touch store, codes and finding; it knows no River, no mailbox and no codebook.
package casefile

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// State is where a case stands. The strings are part of the contract.
type State string

const (
	New       State = "new"       // its first mail is being read
	Waiting   State = "waiting"   // in the queue, nobody has it in hand
	Claimed   State = "claimed"   // a consultant has it in hand
	InReview  State = "in_review" // an answer waits for a second consultant
	Answered  State = "answered"  // the answer is decided; whether it arrived is the delivery's state
	AskedBack State = "asked_back"
	Closed    State = "closed"
	SetAside  State = "set_aside" // a mail that asks nothing: kept, visible, never answered
	Failed    State = "failed"    // a step failed for good; the reason says why, the operator can requeue it
	Merged    State = "merged"
)

// States lists all states in the order in which a person thinks of them.
var States = []State{New, Waiting, Claimed, InReview, Answered, AskedBack, Closed, SetAside, Failed, Merged}

// transitions is the only place that says what may follow what.
var transitions = map[State][]State{
	New:       {Waiting, SetAside, Failed, Merged},
	Waiting:   {Claimed, Closed, SetAside, Failed, Merged},
	Claimed:   {Waiting, InReview, Answered, AskedBack, Closed, SetAside, Failed, Merged},
	InReview:  {Claimed, Waiting, Answered, Closed, Failed, Merged},
	Answered:  {Waiting, Claimed, Closed, Failed, Merged},
	AskedBack: {Waiting, Claimed, Closed, Failed, Merged},
	Closed:    {Waiting, Claimed, Failed, Merged}, // failed: a follow-up that cannot be read must not lie hidden
	SetAside:  {Waiting, New, Closed},
	Failed:    {Waiting, New, SetAside, Closed, Merged},
	Merged:    {Waiting},
}

// CanFollow tells whether a case in state from may go to state to.
func CanFollow(from, to State) bool { return slices.Contains(transitions[from], to) }

// Flag stands beside the state.
type Flag string

const (
	Undelivered      Flag = "undelivered" // a mail of the case failed, or nobody knows whether it arrived
	Overdue          Flag = "overdue"
	Reopened         Flag = "reopened"
	UnverifiedSender Flag = "unverified_sender" // a message joined without proof of who sent it
	PossiblePHI      Flag = "possible_phi"
	Held             Flag = "held" // an automatic mail waits for a person's approval
)

// Flags lists all flags.
var Flags = []Flag{Undelivered, Overdue, Reopened, UnverifiedSender, PossiblePHI, Held}

// Errors of this room. Each says what the person can do.
var (
	// ErrNotFound: no case, message, attachment or delivery with that name.
	ErrNotFound = errors.New("there is no such case")
	// ErrNotDue: the step or delivery is not in the state that the caller took it for; someone else did it. Nothing was changed.
	ErrNotDue = errors.New("the step was done already, or is not due")
)

// TransitionError says that a case cannot go from one state to another.
type TransitionError struct {
	Ref      string
	From, To State
}

func (e *TransitionError) Error() string {
	return fmt.Sprintf("case %s is %s and cannot become %s", e.Ref, e.From, e.To)
}

// ClaimedError says that another consultant has the case in hand.
type ClaimedError struct {
	Ref string
	By  int64
}

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("case %s is in the hands of another consultant", e.Ref)
}

// Person is who writes or is written to.
type Person struct {
	Name    string `json:"name"`
	Address string `json:"address"`
}

func (p Person) String() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Address
}

// Case is one question and all that follows from it.
type Case struct {
	ID      int64
	Ref     string // e.g. CC-4821-K7RQ9
	State   State
	Flags   []Flag
	Version int64 // grows with each change; what a page was written against

	Mailbox string
	Queue   string
	Subject string
	Snippet string // the first words of the question
	Asker   Person
	Codes   []string // of its mentions, in the order of the text, for lists: "31297-50"
	Topics  []string
	Reason  string // why it failed or was set aside, a sentence without case text

	ReceivedAt time.Time
	DueAt      time.Time // zero: no time set
	ClaimedBy  int64     // user, 0: nobody
	ClaimedAt  time.Time
	AnsweredAt time.Time
	ClosedAt   time.Time
	ChangedAt  time.Time

	LinkedCase int64  // a case that its mail named without the right to join it; 0: none
	LinkedRef  string // its reference, where read with Files.Get
}

// Has tells whether the case bears a flag.
func (c *Case) Has(flag Flag) bool { return slices.Contains(c.Flags, flag) }

// Open tells whether a consultant still has something to do about the case.
func (c *Case) Open() bool {
	switch c.State {
	case New, Waiting, Claimed, InReview, Failed:
		return true
	}
	return false
}

// Direction of a message.
type Direction string

const (
	In  Direction = "in"
	Out Direction = "out"
)

// Step is what is to be done next with an incoming message; "" is nothing.
type Step string

const (
	StepExtract Step = "extract"
	StepAttach  Step = "attach"
	StepRoute   Step = "route"
	StepFailed  Step = "failed" // failed for good; Requeue starts again at extract
	StepDone    Step = ""
)

// Parsed is a message's text as the reader sees it, sealed as one content.
type Parsed struct {
	Text         string   `json:"text"`
	Reply        string   `json:"reply"`
	Quoted       string   `json:"quoted,omitempty"`
	Signature    string   `json:"signature,omitempty"`
	ReplyOffsets [][2]int `json:"reply_offsets,omitempty"`
	Forward      bool     `json:"forward,omitempty"`    // Quoted is a forward and belongs to the question
	References   []string `json:"references,omitempty"` // Message-IDs of the mails before it, oldest first
}

// Message is one mail of a case, incoming or outgoing.
type Message struct {
	ID         int64
	CaseID     int64
	Direction  Direction
	DeliveryID int64 // of an outgoing one
	At         time.Time
	Sender     Person
	Recipients []Person
	Subject    string
	HeaderID   string // Message-ID without angle brackets, "" if the mail has none
	RawID      int64  // content with the mail as it came or went; 0 if there is none
	Problems   []string
	Parsed     Parsed

	Screen        string // kind of mail, as in inspect
	Trust         string // pass, fail, none
	Intent        string
	Kind          string
	Payer         string
	DateOfService string
	Opened        bool // this message made the case
	Reopened      bool
	Step          Step
	Error         string // class of the step's last error
	Encrypted     string // "smime" or "pgp": nobody can open it without a key
	Again         bool   // its documents were read only after its automatic mail had been decided

	Attachments []Attachment
	Mentions    []Mention
}

// Attachment is a file that came with a message.
type Attachment struct {
	ID          int64
	CaseID      int64
	Position    int64 // 1 is the first
	Filename    string
	ContentType string
	Size        int64
	ContentID   int64

	Kind       string // what it is by its bytes, "" is nothing that could be read
	Inline     bool   // the mail shows it within its text
	SHA256     string // of its bytes, when it is added
	Waiting    bool   // it is still to be read
	TextBytes  int64  // of what was read of it
	Recognised bool   // some of that was read from a picture
	Sections   []Section
	Problems   []string // of reading it, for a person

	textID int64
	digest string
}

// Delivery kinds and states are part of the contract.
type (
	DeliveryKind  string
	DeliveryState string
)

const (
	Summary         DeliveryKind = "summary"
	Acknowledgement DeliveryKind = "acknowledgement"
	Answer          DeliveryKind = "answer"
	AskBack         DeliveryKind = "ask_back"
	Notification    DeliveryKind = "notification"
	Receipt         DeliveryKind = "receipt"
)

const (
	DeliveryHeld      DeliveryState = "held"
	DeliveryQueued    DeliveryState = "queued"
	DeliverySending   DeliveryState = "sending"
	DeliveryAccepted  DeliveryState = "accepted"
	DeliveryDeferred  DeliveryState = "deferred"
	DeliveryFailed    DeliveryState = "failed"
	DeliveryUncertain DeliveryState = "uncertain"
	DeliveryCancelled DeliveryState = "cancelled"
)

// DeliveryStates lists all states of a delivery.
var DeliveryStates = []DeliveryState{DeliveryHeld, DeliveryQueued, DeliverySending, DeliveryAccepted, DeliveryDeferred,
	DeliveryFailed, DeliveryUncertain, DeliveryCancelled}

// Delivery is one outgoing mail and its fate. Its bytes, envelope and Message-ID are written once.
type Delivery struct {
	ID        int64
	CaseID    int64
	Ref       string // of its case
	MessageID int64  // the incoming message that it answers
	UserID    int64  // who decided to send it; 0: the system
	Kind      DeliveryKind
	State     DeliveryState
	Mailbox   string
	ContentID int64
	Size      int64
	Envelope  Envelope
	Automatic bool
	HeaderID  string // Message-ID without angle brackets, the same for all attempts
	Round     int64  // grows each time it is given out again

	CreatedAt   time.Time
	Attempts    int64
	NextAt      time.Time
	Owner       int64 // the process that is sending it
	SendingAt   time.Time
	AcceptedAt  time.Time
	UncertainAt time.Time
	Resent      bool
	Reason      string // what the last attempt ran into: phase and codes only
	Response    string // the server's full reply
}

// Envelope is what SMTP is told; it never changes once composed.
type Envelope struct {
	From string   `json:"from"`
	To   []string `json:"to"`
}

// Note is a consultant's word to colleagues; it is never sent.
type Note struct {
	ID     int64
	UserID int64
	At     time.Time
	Body   string
}

// Draft is an answer being written.
type Draft struct {
	UserID    int64
	Body      string
	ChangedAt time.Time
}
