// Package desk is the web desk: where consultants read cases, claim them, and write the answers.
//
// It serves HTML that works without scripts; the scripts add keys, live updates, times in the reader's zone and
// drafts saved as one types. It decides nothing: reading comes through [Cases], [Intake] and [Codes], everything that
// changes a case through [Office], and this package never sees a job, a mail server or a transaction. What a person
// may do stands in one list, routes.go, with the permission beside each route; what a page shows stands in one typed
// view struct per page, in one file per page.
//
// What comes from a mail is foreign text: it reaches a page only as text, through html/template's escaping by
// context. No HTML of a mail is ever shown. Pages are sent with a Content-Security-Policy that allows scripts and
// styles from this host alone, and none inline. Every request that changes something must come from a page of this
// desk (Sec-Fetch-Site, or Origin for older browsers: net/http's CrossOriginProtection), beside the session cookie's
// SameSite=Lax.
//
// Order of use: build [Options], call [New], which parses every template and fails if one is missing, and serve the
// returned [Desk] at the public URL's host.
package desk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/house"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/people"
)

// Cases is what the desk reads of the case files. *casefile.Files has these methods. Nothing here changes a case.
type Cases interface {
	// Counts returns how many cases are in each state and bear each flag.
	Counts(ctx context.Context, user int64) (casefile.Counts, error)
	// List returns one page of cases.
	List(ctx context.Context, f casefile.Filter) ([]casefile.Case, error)
	// Get returns everything known of one case, or casefile.ErrNotFound.
	Get(ctx context.Context, ref string) (*casefile.View, error)
	// Heads returns the cases with these ids, without what is in them; ids without a case are left out.
	Heads(ctx context.Context, ids []int64) (map[int64]casefile.Case, error)
	// Reading reads what was found in a message (a codes.Reading), its mentions apart. into stays as it is for a message
	// in which nothing was looked for.
	Reading(ctx context.Context, messageID int64, into any) error
	// OpenAttachment opens a stored attachment, or returns casefile.ErrNotFound. The caller closes it.
	OpenAttachment(ctx context.Context, id int64) (casefile.Attachment, io.ReadCloser, error)
	// DocumentText reads up to most bytes of what was read of an attachment, "" if nothing was.
	DocumentText(ctx context.Context, a casefile.Attachment, most int) (string, error)
	// OpenRaw opens a message as it came in or went out, with its size in bytes. The caller closes it.
	OpenRaw(ctx context.Context, messageID int64) (size int64, r io.ReadCloser, err error)
	// Deliveries returns one page of outgoing mails: those in any of the states (all if empty), newest first, older than
	// the delivery with the id before (0: the newest), at most limit.
	Deliveries(ctx context.Context, states []casefile.DeliveryState, before int64, limit int) ([]casefile.Delivery, error)
	// DeliveryCounts returns how many deliveries are in each state.
	DeliveryCounts(ctx context.Context) (map[casefile.DeliveryState]int, error)
}

// Intake is what the desk reads of the intake ledger. *intake.Ledger has these methods.
type Intake interface {
	// Mailboxes returns the watched folders and their health.
	Mailboxes(ctx context.Context) ([]intake.Mailbox, error)
	// Entries returns mails that were seen, newest first: those with the fate ("": all), older than the entry with the id
	// before (0: the newest), at most limit.
	Entries(ctx context.Context, fate string, before int64, limit int) ([]intake.Entry, error)
}

// Codes is the codebook as the desk's reference book reads it. *codebook.Book has these methods.
type Codes interface {
	Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error)
	Find(ctx context.Context, code string, on time.Time) ([]codebook.Entry, error)
	Search(ctx context.Context, words string, opts codebook.SearchOptions) ([]codebook.Hit, error)
	Notes(ctx context.Context, system codes.System, code string, on time.Time) ([]codebook.Note, error)
	// AddPlace adds where a code stands, what stands beside it, and for one that is not there what may have been meant.
	AddPlace(ctx context.Context, e *codebook.Entry, on time.Time) error
	Passages(ctx context.Context, q codebook.PassageQuery) ([]codebook.Passage, error)
	// Decides says which release holds the code set whole on that day; without one a code is no more than listed.
	Decides(system codes.System, code string, on time.Time) (codebook.Release, bool)
	Releases() []codebook.Release
}

// Words are the firm's own words about codes. *house.Descriptions has these methods and says what they refuse.
type Words interface {
	// History returns every version, newest first.
	History(ctx context.Context, system, code string) ([]house.Description, error)
	// Write keeps a new version, Stand records that a certified coder stands behind one.
	Write(ctx context.Context, e house.Edit) error
	Stand(ctx context.Context, id, user int64, credential string) error
}

// Office is what a person at the desk can do. Each method is one transaction, safe for concurrent use; user is the id
// of who does it and stands in the case's history. A method refuses with
//   - casefile.ErrNotFound for a case, message or delivery that does not exist,
//   - *casefile.ClaimedError when a colleague has the case in hand,
//   - *casefile.TransitionError when the state does not allow it (an answer to a closed case, requeueing one that did
//     not fail), casefile.ErrNotDue for a delivery,
//   - an error with a method Stale() bool that returns true, when a letter was written before the newest incoming
//     message of the case.
//
// The desk reads the case again for the details and shows them, with the text that was to be sent kept in its form.
type Office interface {
	// Claim takes a case in hand; claiming what one already has succeeds.
	Claim(ctx context.Context, ref string, user int64) error
	// Release puts a claimed case back where it waited. force takes it out of a colleague's hands; only leads get there.
	Release(ctx context.Context, ref string, user int64, force bool) error
	// Answer sends the consultant's words as the answer, claiming the case first if nobody has it. seen is the id of the
	// newest message that the writer had before them; 0 skips the check.
	Answer(ctx context.Context, ref string, user int64, body string, seen int64) error
	// Ask sends a question back to the asker; the case waits for the reply.
	Ask(ctx context.Context, ref string, user int64, body string, seen int64) error
	// Preview composes the text of the very mail that Answer (or, with ask, Ask) would send, and changes nothing.
	Preview(ctx context.Context, ref string, user int64, body string, ask bool) (subject, text string, err error)
	// Note keeps a remark for colleagues; it is never sent.
	Note(ctx context.Context, ref string, user int64, body string) error
	// Close ends a case without another mail; reason may be empty.
	Close(ctx context.Context, ref string, user int64, reason string) error
	// Reopen puts an answered, asked back, closed or set aside case back to waiting.
	Reopen(ctx context.Context, ref string, user int64) error
	// Requeue gives a failed case's step another try.
	Requeue(ctx context.Context, ref string, user int64) error
	// SaveDraft keeps an unfinished answer of this user; an empty body removes it. It is no event, and wakes no page.
	SaveDraft(ctx context.Context, ref string, user int64, body string) error
	// Reveal records that the user looked at identifiers of a patient, and why they stand in the case's history.
	Reveal(ctx context.Context, ref string, user int64) error
	// Deliver settles what a delivery waits for.
	Deliver(ctx context.Context, delivery int64, user int64, what Decision) error
}

// Decision is what a person decides about a delivery. It is a plain string so that the rooms below need not know this
// package.
type Decision = string

const (
	RetryNow  Decision = "retry"   // a deferred or failed one is due now
	Arrived   Decision = "arrived" // an uncertain one did arrive
	SendAgain Decision = "resend"  // an uncertain one is sent once more under the same Message-ID
	Approve   Decision = "approve" // a held one may go
	Cancel    Decision = "cancel"  // a held, queued, deferred or failed one is not to be sent
)

// Changes wakes live pages.
type Changes interface {
	// Wait returns when something has changed after since, with the newest sequence number and the references of the
	// cases that changed, which may be more than did; changes that concern no case come with an empty list. since 0
	// returns the present number at once. It returns ctx.Err() when ctx ends.
	Wait(ctx context.Context, since int64) (seq int64, refs []string, err error)
}

// Options are what a desk is built from. Cases, Intake, Office, Codes, People and PublicURL are required.
type Options struct {
	Cases  Cases
	Intake Intake
	Office Office
	Codes  Codes
	People *people.People
	Words  Words // nil: the firm keeps no words of its own
	// Licences are the firm's, for the words of others.
	Licences licence.Set
	// Licensed is the codebook with the words of others for which allow is true at the moment of the look-up; nil: there are none.
	Licensed func(allow func(licence string) bool) Codes
	Changes  Changes // nil: pages do not update by themselves
	// PublicURL is where browsers find the desk. With https the session cookie is __Host-session and Secure.
	PublicURL *url.URL
	// Zone is the firm's time zone, in which times are written before the reader's browser rewrites them. Defaults to UTC.
	Zone *time.Location
	// Queues are the names of the configured queues, to filter by. One or none: no filter.
	Queues []string
	// Firm is the name shown at sign-in. Defaults to "CaseConsultant".
	Firm string
	// RemoteAddr tells the address of a request's browser, for slowing down wrong passwords. Defaults to the connection's;
	// behind a proxy on the same machine, to the last address of X-Forwarded-For.
	RemoteAddr func(*http.Request) string
	Log        *slog.Logger     // defaults to slog.Default()
	Now        func() time.Time // defaults to time.Now
}

// isStale tells whether a letter was refused because the case has a newer message.
func isStale(err error) bool {
	var stale interface {
		error
		Stale() bool
	}
	return errors.As(err, &stale) && stale.Stale()
}
