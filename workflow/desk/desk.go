// Package desk is the web desk: where consultants read cases, claim them, and write the answers.
//
// It serves HTML that works without scripts; the scripts add keys, live updates, times in the reader's zone and
// drafts saved as one types. It decides nothing: reading comes through [Cases] and [Codes], everything that changes
// a case through [Office], and this package never sees a job, a mail server or a transaction. What a person may do
// stands in one list, routes.go, with the permission beside each route; what a page shows stands in one typed view
// struct per page, in one file per page.
//
// Order of use: build [Options], call [New], which parses every template and fails if one is missing, and serve the
// returned handler at the public URL's host.
package desk

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/url"
	"time"

	"caseconsultant/workflow/people"
)

// What Office refuses, and the desk turns into a page that says what happened, what was kept, and what to do next.
// The desk reads the case again for the details, so the errors carry none.
var (
	// ErrNotFound is returned for a case, message, delivery or attachment that does not exist, or that is no longer kept.
	ErrNotFound = errors.New("not found")
	// ErrClaimedByOther is returned by every action of a consultant on a case that a colleague has in hand.
	ErrClaimedByOther = errors.New("another consultant has this case in hand")
	// ErrClosed is returned for an answer, question or note to a case that is closed, set aside or merged.
	ErrClosed = errors.New("the case is closed")
	// ErrStale is returned for an answer that was written before the newest message of the case came in.
	ErrStale = errors.New("the case has changed since this was written")
	// ErrNotNow is returned for an action that the state of the case or delivery does not allow: requeueing a case that
	// has not failed, sending again what was accepted.
	ErrNotNow = errors.New("not possible in this state")
	// ErrEmpty is returned for an answer, question or note without text.
	ErrEmpty = errors.New("there is no text")
)

// Letter is the text of an answer or of a question back, and what it was written against.
type Letter struct {
	Body string
	// SeenMessage is the id of the newest message of the case that its writer had before them; 0 skips the check.
	SeenMessage int64
}

// Preview is the very mail that a letter would become.
type Preview struct {
	From, To, Subject string
	Text              string // the text part, with greeting, signature and reference
}

// Office is what a person at the desk can do. Each method is one transaction, safe for concurrent use, and refuses
// with the errors above (matched by errors.Is). user is the id of who does it and stands in the case's history.
type Office interface {
	// Claim takes a case in hand; claiming what one already has succeeds.
	Claim(ctx context.Context, ref string, user int64) error
	// Release puts a claimed case back where it waited. A lead may release a colleague's.
	Release(ctx context.Context, ref string, user int64) error
	// Answer sends the consultant's words as the answer, claiming the case first if nobody has it.
	Answer(ctx context.Context, ref string, user int64, l Letter) error
	// Ask sends a question back to the asker; the case waits for the reply.
	Ask(ctx context.Context, ref string, user int64, l Letter) error
	// Preview composes what Answer (or, with ask, Ask) would send, and changes nothing.
	Preview(ctx context.Context, ref string, user int64, ask bool, body string) (Preview, error)
	// Note keeps a remark for colleagues; it is never sent.
	Note(ctx context.Context, ref string, user int64, body string) error
	// Close ends a case; reason may be empty.
	Close(ctx context.Context, ref string, user int64, reason string) error
	// Reopen puts an answered, closed or set aside case back to waiting.
	Reopen(ctx context.Context, ref string, user int64) error
	// Requeue gives a failed case's step another try.
	Requeue(ctx context.Context, ref string, user int64) error
	// SaveDraft keeps an unfinished answer; an empty body removes it.
	SaveDraft(ctx context.Context, ref string, user int64, body string) error
	// Retry makes a deferred or failed delivery due now.
	Retry(ctx context.Context, delivery int64, user int64) error
	// Arrived settles an uncertain delivery as accepted.
	Arrived(ctx context.Context, delivery int64, user int64) error
	// Resend sends an uncertain delivery once more under the same Message-ID.
	Resend(ctx context.Context, delivery int64, user int64) error
	// Approve sends a held delivery.
	Approve(ctx context.Context, delivery int64, user int64) error
	// Cancel ends a delivery that has not been sent.
	Cancel(ctx context.Context, delivery int64, user int64) error
}

// Changes wakes live pages.
type Changes interface {
	// Wait returns when something has changed after since, with the newest sequence number and the references of the
	// cases that changed; intake and outbox changes that concern no case come with an empty list. since 0 returns the
	// present number at once. It returns ctx.Err() when ctx ends.
	Wait(ctx context.Context, since int64) (seq int64, refs []string, err error)
}

// Options are what a desk is built from. Cases, Office, Codes and People are required.
type Options struct {
	Cases   Cases
	Office  Office
	Codes   Codes
	People  *people.People
	Changes Changes // nil: pages do not update by themselves
	// PublicURL is where browsers find the desk. With https the session cookie is __Host-session and Secure.
	PublicURL *url.URL
	// Zone is the firm's time zone, in which times are written before the reader's browser rewrites them. Defaults to UTC.
	Zone *time.Location
	// Firm is the name shown at sign-in. Defaults to "CaseConsultant".
	Firm string
	// Starter says that the codebook is the embedded starter, which the code pages must tell.
	Starter bool
	Log     *slog.Logger     // defaults to slog.Default()
	Now     func() time.Time // defaults to time.Now
}

// Attachment is a stored file on its way to a browser.
type Attachment struct {
	Filename    string // as the sender named it: untrusted
	ContentType string
	Size        int64
	Body        io.ReadCloser
}
