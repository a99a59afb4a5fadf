package message

import (
	"io"
	"time"
)

// Message is a mail as a person reads it. All strings are valid UTF-8 without NUL; all texts have LF line ends.
type Message struct {
	// MessageID is the id without its angle brackets, or the trimmed raw value where there are none; "" when the mail has no such field.
	MessageID string

	// InReplyTo and References are ids without angle brackets, in the order of the header, without doubles.
	InReplyTo, References []string

	// From is the first author. Its zero value means that the mail names nobody.
	From Address

	// Sender is who sent on behalf of From, nil when the field is absent.
	Sender *Address

	// ReplyTo, To and Cc list the addresses named there; groups are flattened, "undisclosed-recipients:;" yields none.
	ReplyTo, To, Cc []Address

	// Subject is decoded and on one line.
	Subject string

	// Date is the Date field in the zone that it states. Zero when the field is missing or cannot be read: use the mailbox's INTERNALDATE then.
	Date time.Time

	// Fields are the header fields in the order of the mail, trace fields included, unfolded and decoded leniently. Screening reads them.
	Fields []Field

	// Text is the readable body: the plain text, or the HTML as text where the plain text is missing, says nothing or was cut. A mail attached as
	// message/rfc822, or within a winmail.dat, follows under a forward mark. Of a mail without a body it is what could be read besides: an
	// invitation in words, a table, a report, a text file that stands alone.
	Text string

	// Reply is what the sender newly wrote: exactly the concatenation of the ranges ReplyOffsets of Text, nothing trimmed from it.
	// The first range starts at a character that is no white space, the last one ends after one.
	Reply string

	// Quoted is the history: the lines of Text that repeat earlier mails, or a forwarded mail (Forward).
	Quoted string

	// Signature is the sign-off: what stands under "-- ", sent-from lines, contact blocks, legal notices, gateway banners.
	Signature string

	// ReplyOffsets are half-open byte ranges [start, end) of Text, ascending, not touching each other, none empty, each on character boundaries.
	ReplyOffsets [][2]int

	// Forward says that Quoted is a forward, so that it belongs to the question whatever the sender wrote above it.
	Forward bool

	// HTML is the HTML body as received, in UTF-8, not sanitised; "" if there is none. Never show it without sanitising.
	HTML string

	// Attachments in the order of the mail. Mails attached to the mail are listed, and so is what they carry.
	Attachments []Attachment

	// Report is what a multipart/report says; nil for other mail.
	Report *DeliveryReport

	// Encrypted says that the text cannot be read without a key: "smime" or "pgp"; "" for other mail. The asker can then be told how to send it.
	Encrypted string

	// Problems are sentences for a person: what was wrong with the mail, and what became of it. They hold no text of the mail.
	Problems []string
}

// Address is one mailbox. Name is decoded; Address is as written, without brackets or comments, and may lack a domain in broken mail.
type Address struct {
	Name    string
	Address string
}

// Field is one header field. Name is as written; Value is unfolded, its encoded words decoded, valid UTF-8.
type Field struct {
	Name  string
	Value string

	raw string // unfolded and trimmed, not decoded; what structured fields are parsed from
}

// Attachment is one part that is not a body. Its bytes go to Options.Attachment while the mail is read.
type Attachment struct {
	// ID is "1", "2" ... in the order of the mail, the same at every reading of the same bytes under the same limits.
	ID string

	// Filename is as the sender wrote it, decoded, without folders and control characters. Never use it as a path.
	Filename string

	// ContentType is the type that the mail claims, in lower case without parameters, e.g. "application/pdf".
	ContentType string

	// Size counts the decoded bytes that were handed on, SHA256 is their digest in lower-case hexadecimal. Both are set once the reader has
	// been read to its end.
	Size   int64
	SHA256 string

	// Inline says that the mail shows it within the text: a picture of the HTML body or of the signature.
	Inline bool

	// Truncated says that Size stopped at a limit or that the mail ended early.
	Truncated bool
}

// DeliveryReport is what a multipart/report tells: a bounce or a delay (RFC 3464), a read receipt (RFC 8098) or an abuse report (RFC 5965).
type DeliveryReport struct {
	// Kind is the report's type: "delivery-status", "disposition-notification" or "feedback-report".
	Kind string

	// Recipient is the address that the report is about, the first failed one when there are several (Recipients has all).
	Recipient string

	// Status is the enhanced code such as "5.1.1"; Action is "failed", "delayed", "delivered", "relayed" or "expanded" in lower case. In a
	// receipt, Action is the disposition ("displayed", "deleted"); in an abuse report the feedback type ("abuse").
	Status, Action string

	// OriginalMessageID is the Message-ID of the mail reported on, without angle brackets.
	OriginalMessageID string

	// Diagnostic is the remote server's own words. It may hold addresses: keep it out of logs.
	Diagnostic string

	// Recipients holds one entry for each recipient block of a delivery-status report.
	Recipients []RecipientStatus
}

// RecipientStatus is one recipient block of a delivery-status report.
type RecipientStatus struct {
	Recipient, Status, Action, Diagnostic string
}

// Limits bound what one mail may cost. A zero field takes its default. What lies beyond a limit is recorded in Message.Problems.
//
// There is no limit of a ratio of expansion, since nothing expands without bound here: transfer encodings shrink, charsets at most triple, HTML
// at most sextuples what TextBytes lets through, and the compressed RTF of a winmail.dat ends at TextBytes. Archives and compressed S/MIME are
// not opened; who opens them has limits of his own.
type Limits struct {
	MessageBytes    int64 // of the whole mail. Defaults to 50 MiB.
	Parts           int   // MIME parts, those of attached mails included. Defaults to 500.
	Depth           int   // of nested multiparts and attached mails. Defaults to 20.
	AttachmentBytes int64 // decoded bytes of one attachment. Defaults to 25 MiB.
	HeaderBytes     int   // of one header block. Defaults to 256 KiB.
	TextBytes       int   // decoded bytes of all body texts together, plain and HTML counted apart. Defaults to 4 MiB.
}

func (l Limits) withDefaults() Limits {
	if l.MessageBytes <= 0 {
		l.MessageBytes = 50 << 20
	}
	if l.Parts <= 0 {
		l.Parts = 500
	}
	if l.Depth <= 0 {
		l.Depth = 20
	}
	if l.AttachmentBytes <= 0 {
		l.AttachmentBytes = 25 << 20
	}
	if l.HeaderBytes <= 0 {
		l.HeaderBytes = 256 << 10
	}
	if l.TextBytes <= 0 {
		l.TextBytes = 4 << 20
	}
	return l
}

// Options of Parse. The zero value works.
type Options struct {
	Limits Limits

	// Attachment is called once for each attachment while the mail is read, with its decoded bytes as a stream. What it leaves unread is read
	// and hashed for it. a.Size, a.SHA256 and a.Truncated are set when r has returned io.EOF. After an error it is not called again; the mail
	// is still read to its end, and Parse returns the error. nil: attachments are hashed and dropped.
	//
	// a.ID says which of Message.Attachments it is. The calls do not come in that order: a mail attached to the mail is handed on after what
	// it carries, and not at all if it is larger than 2 MB. A file of more than 1 MB in a winmail.dat is handed on under its short name; the
	// long one, which comes after it, stands in Message.Attachments.
	Attachment func(a *Attachment, r io.Reader) error
}
