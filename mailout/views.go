package mailout

import "time"

// Firm is what each letter says about the firm that sends it.
type Firm struct {
	// Name stands small on top of each mail and in its last line, for example
	// "Example Coding Consultants". Required.
	Name string
	// Website is an https address shown beside the name, or "".
	Website string
	// Hours says when people are at work, in words, for example "Monday to Friday,
	// 9 am to 5 pm Eastern", or "".
	Hours string
	// Privacy is the https address of the page on privacy and retention, or "".
	Privacy string
}

// Case is what every letter of a case bears. The zero Case makes a letter that
// belongs to no case.
type Case struct {
	// Reference is the case's full reference, for example "CC-4821-K7RQ9".
	Reference string
	// Subject is the subject of the mail that is answered, decoded, as the asker
	// wrote it; "" when there was none.
	Subject string
	// HideSubject says that Subject holds something that may identify a patient:
	// the letter then goes out as "Re: your coding question [CC-...]".
	HideSubject bool
}

// Summary is the automatic mail made from codebook facts alone. Every list may
// be empty; the parts stand in the mail in the order of the fields.
//
// Sources are given with each item as full citations ("CMS MUE table,
// practitioner, Q1 2026"); equal ones become one numbered note.
type Summary struct {
	Case
	// Headline is the most important thing in one or two sentences: the gravest
	// finding, or what happens next. When empty it is made from Findings, NotFound
	// and Next.
	Headline string
	// Supplement marks a second summary, sent because a document read later
	// changed the findings; the mail says so.
	Supplement bool
	// Reading is how the mail was read: codes as billed, alternatives, denied;
	// date of service with its basis; payer.
	Reading []Reading
	// NotStated names what the mail left open ("place of service"); one line of
	// the reading.
	NotStated []string
	// Codes in the order of the asker's text.
	Codes []Code
	// CodeNotes are sentences under the codes: whose wording it is, what a plan
	// still covers.
	CodeNotes []string
	// Findings are sorted gravest first by the letter, equal ones in the order
	// given.
	Findings []Finding
	// NotFound says plainly, one sentence or code an entry, what is not in our
	// files.
	NotFound []string
	// NotChecked says what was not looked at and why.
	NotChecked []string
	// Problems says what of the mail could not be read ("one attachment, an
	// image, could not be read"). Never with file names: they identify patients.
	Problems []string
	// Next is what happens next.
	Next Next
	// ToHelp lists what the asker could still tell us ("side of each procedure").
	ToHelp []string
	// Commands are one-line mails that the asker may send next ("lookup 31288").
	Commands []string
	// Copyright holds notices of the texts that are really shown, and of no others.
	Copyright []string
}

// Reading is one line of "How we read your mail".
type Reading struct {
	Label string // "Date of service"
	Value string // "2 Mar 2026"
	// Basis says where the value comes from, in a word or two: "stated", "year
	// assumed", "not stated, today used"; "" for none.
	Basis string
}

// Code is one code of the asker's mail as the codebook describes it.
type Code struct {
	System    string   // for display: "CPT", "HCPCS", "ICD-10-CM"
	Code      string   // "31297"
	RangeEnd  string   // "99205" when the asker wrote a range
	Modifiers []string // "50"
	Units     int      // 0: not stated
	Title     string   // short title; "" when we have none
	// State says whether it was in force and on which day, in words: "In force on
	// 2 Mar 2026"; "" for nothing to say.
	State string
	// Descriptions in the order in which they are to be read. Empty for a code
	// that is shown in its short form.
	Descriptions []Description
	// Facts are short statements from the loaded files: "0-day global".
	Facts []string
	// Sources of Title, State and Facts.
	Sources []string
}

// Description is one text about a code, with whose words they are.
type Description struct {
	// Kind is as in the codebook: official, common, short, used-when, included,
	// separate. Another kind is shown under its own name.
	Kind string
	Text string
	// Source is the citation; "" for none.
	Source string
	// Copyright is the notice that must stand in a mail that shows Text, or "".
	Copyright string
	// ReviewedBy names who reviewed our own words. For the kinds that are our own
	// words an empty one is said plainly: not yet reviewed by a certified coder.
	ReviewedBy string
}

// Severity is the weight of a finding in a mail.
type Severity int

// The severities, gravest first. The word that the mail shows is the String.
const (
	Stop Severity = iota // the loaded file settles it against the claim
	Care                 // it depends on the record or the payer
	Note                 // good to know
	OK                   // looked at and in order
)

// String is the word that stands in the mail: STOP, CARE, NOTE, OK.
func (s Severity) String() string {
	switch s {
	case Stop:
		return "STOP"
	case Care:
		return "CARE"
	case OK:
		return "OK"
	default:
		return "NOTE"
	}
}

// SeverityOf gives the mail's word for a finding's severity as it stands in the
// database: error, warning, info. Anything else is a Note.
func SeverityOf(severity string) Severity {
	switch severity {
	case "error":
		return Stop
	case "warning":
		return Care
	case "ok":
		return OK
	default:
		return Note
	}
}

// Finding is one thing that the files say about the codes together or alone.
type Finding struct {
	Severity Severity
	// Codes that it is about; named before the text unless the text names them.
	Codes   []string
	Text    string
	Sources []string
}

// Next is what happens next.
type Next struct {
	// Due is when a consultant will have answered, in the time zone in which it is
	// to be said. Zero: no time is promised.
	Due time.Time
	// Text replaces the sentence that Due makes.
	Text string
	// NoPerson says that no consultant will look unless the asker writes again: a
	// mere look-up.
	NoPerson bool
}

// Acknowledgement is the automatic mail for a question in which the codebook
// found nothing to describe: a chart to review, a question in words.
type Acknowledgement struct {
	Case
	// Headline when empty says that the question has arrived and when a
	// consultant will answer.
	Headline string
	// Received lists what came, without file names: "operative note, 2 pages,
	// readable".
	Received  []string
	Reading   []Reading
	NotStated []string
	// Missing is what a consultant will need and did not get: "payer".
	Missing []string
	// Problems as in Summary.
	Problems []string
	// NotFound as in Summary.
	NotFound []string
	Next     Next
	Commands []string
}

// Answer is the consultant's letter.
type Answer struct {
	Case
	// Body is what the consultant wrote: plain text with paragraphs, lists and
	// indented lines. Lines of up to 76 columns are kept byte for byte in the text
	// part; longer ones are wrapped under their own indent.
	Body      string
	Signature Signature
	// Sources are the notes that Body cites as [1], [2] ..., in that order. Empty
	// when Body brings its own.
	Sources []string
	// RulesOn is the day whose rules were applied (the date of service). Zero: the
	// letter says "in force when it was written".
	RulesOn time.Time
	// Question is what the consultant chose to quote of the asker's mail, already
	// masked; "" for nothing.
	Question string
	// Correction says that this letter replaces an earlier answer.
	Correction bool
}

// Signature is who signs.
type Signature struct {
	Name       string // "Dana Example"
	Credential string // "CPC, COC (ENT)"; "" for none
	ReviewedBy string // "R. Sample, CCS"; "" when nobody did
}

// AskBack is the consultant's letter that asks for what is missing. The case's
// clock stands still until the asker replies, and the letter says so.
type AskBack struct {
	Case
	// Intro comes before the questions; "" for the usual sentence.
	Intro string
	// Questions are numbered by the letter. May be empty when Intro asks itself.
	Questions []string
	Signature Signature
	// Question as in Answer.
	Question string
}

// Notice is any other short letter: a receipt, a delay, a notification to a
// consultant (which bears the reference alone).
type Notice struct {
	Case
	// Title is the subject, to which the reference is added; "" makes it a reply to
	// Case.Subject.
	Title      string
	Headline   string
	Paragraphs []string
	// Lines are facts in two columns, as in a summary's reading.
	Lines []Reading
	// Link is where to go next, with the words of where it goes; zero for none.
	Link Link
	// Automatic adds the line that no person wrote it.
	Automatic bool
	// Internal is set on mail to the firm's own people: without the line that
	// asks for no patient names.
	Internal bool
}

// Link is an address with the words of where it goes.
type Link struct {
	Words string // "Open the case on the desk"
	URL   string // https, or http on a loopback address
}

// Content is a rendered letter.
type Content struct {
	Subject string // as it goes into the header, not yet encoded
	Text    string // UTF-8, lines of at most 76 columns, ending in LF
	HTML    string // a whole document
}
