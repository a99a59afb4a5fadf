package mailin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"
)

// Config says which folder to watch, and how. Mailbox, URL and Credentials are required; the zero value of everything else works.
type Config struct {
	// Mailbox is the operator's name for the account ("consult"); it goes to the ledger and into log lines, so it should be no address.
	Mailbox string

	// URL is imaps://host[:993], imap://host[:143] (always upgraded with STARTTLS, never used without), or imap+insecure://host[:143], which
	// is allowed only to a loopback address. User names do not belong in it.
	URL string

	// Credentials is asked before each attempt to sign in, so that a changed password file or a fresh token is used without a restart.
	Credentials func(ctx context.Context) (Credentials, error)

	// Folder to watch. Defaults to INBOX.
	Folder string

	// Start decides about mails that stand in the folder at first sight. Defaults to all of them.
	Start Start

	// AnswerWithin: mail older than this (INTERNALDATE) when first seen is Late. Defaults to 7 days; negative means no mail is ever late.
	AnswerWithin time.Duration

	// Done is the mark made in the mailbox once the ledger holds a mail. Defaults to the keyword.
	Done Done

	// MaxMessage is the largest mail in bytes that is fetched whole; of larger ones the header and the first 256 KiB are.
	// Defaults to 50,000,000.
	MaxMessage int64

	// TLS holds own roots or client certificates. ServerName defaults to the URL's host, MinVersion to TLS 1.2.
	TLS *tls.Config

	// SpoolDir is where the temporary file lies (mode 0600, without a name where the system allows it). Defaults to the system's.
	SpoolDir string

	// Timings are the waits; tests shorten them.
	Timings Timings

	// Logger gets states and codes, never a server's words. Defaults to none.
	Logger *slog.Logger

	// Now is the wall clock, for lateness only. Defaults to time.Now.
	Now func() time.Time
}

// Credentials sign in with a password, or, when Token is set, with OAuth 2.0: by XOAUTH2, or by OAUTHBEARER (RFC 7628) where a server offers
// only that.
type Credentials struct {
	Username string
	Password string
	Token    string // OAuth access token
	// Refused, when set, is called when the server has refused the Token: whoever keeps it drops it, and the next attempt brings another one.
	// A token may end before its time, be taken back, or look good by a clock that is wrong.
	Refused func()
}

// Timings are all waits of a watcher. A zero field takes its default.
type Timings struct {
	Dial   time.Duration // connecting and the TLS handshake, each. Defaults to 20 s
	Answer time.Duration // longest silence of the server while it owes an answer. Defaults to 1 min
	Work   time.Duration // the same for commands that may keep a server busy (SELECT, SEARCH, STORE, COPY, MOVE). Defaults to 3 min
	Idle   time.Duration // length of one IDLE: below the 10 minutes after which some servers and many NATs drop it. Defaults to 9 min
	Settle time.Duration // length of the first IDLE after something happened, see session.await. Defaults to 5 s
	Poll   time.Duration // between two looks where the server has no IDLE. Defaults to 30 s
	Note   time.Duration // between two notes of Health.Looked while nothing else changes. Defaults to 1 min
	Sweep  time.Duration // between two full reconciliations. Defaults to 1 h

	BackoffMin  time.Duration // first wait after a lost connection; doubles, with jitter. Defaults to 1 s
	BackoffMax  time.Duration // longest of them. Defaults to 5 min
	Throttled   time.Duration // first wait after the server asked for patience without saying how much; doubles up to 15 times as much. Defaults to 1 min
	SignInPause time.Duration // between attempts after the credentials were refused three times. Defaults to 15 min

	Beat      time.Duration // between two beats of the lease. Defaults to 5 s
	BeatTrust time.Duration // how long the lease is trusted without a successful beat; less than what others wait. Defaults to 15 s

	// Retries are the waits between attempts to fetch one stubborn mail; after one more attempt than there are waits it is passed as
	// failed. Spread over hours, so that a server whose storage is away for a while does not cost mails.
	// Defaults to 1 s, 5 s, 30 s, 5 min, 30 min, 2 h, 6 h.
	Retries []time.Duration
}

func (t Timings) withDefaults() Timings {
	set := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	set(&t.Dial, 20*time.Second)
	set(&t.Answer, time.Minute)
	set(&t.Work, 3*time.Minute)
	set(&t.Idle, 9*time.Minute)
	set(&t.Settle, 5*time.Second)
	set(&t.Poll, 30*time.Second)
	set(&t.Note, time.Minute)
	set(&t.Sweep, time.Hour)
	set(&t.BackoffMin, time.Second)
	set(&t.BackoffMax, 5*time.Minute)
	set(&t.Throttled, time.Minute)
	set(&t.SignInPause, 15*time.Minute)
	set(&t.Beat, 5*time.Second)
	set(&t.BeatTrust, 15*time.Second)
	if len(t.Retries) == 0 {
		t.Retries = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour}
	}
	return t
}

// Start says from where on mails are handed on. The zero value means all.
type Start struct {
	onlyNew bool
	since   time.Time // a day; only year, month and day count
}

// StartAll hands on everything that stands in the folder.
func StartAll() Start { return Start{} }

// StartNew passes over everything that stands in the folder at first sight.
func StartNew() Start { return Start{onlyNew: true} }

// StartOn passes over what stands in the folder at first sight and arrived (INTERNALDATE, in the server's zone) before the day.
func StartOn(day time.Time) Start {
	return Start{since: time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)}
}

// ParseStart reads the configuration's "all", "new" or a date such as "2026-03-01".
func ParseStart(s string) (Start, error) {
	switch s {
	case "", "all":
		return StartAll(), nil
	case "new":
		return StartNew(), nil
	}
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Start{}, fmt.Errorf(`mailin: start %q: write "all", "new" or a date such as "2026-03-01"`, s)
	}
	return StartOn(day), nil
}

// Done is the mark made in the mailbox once the ledger holds a mail. The zero value is the keyword.
type Done struct {
	folder string
}

// Keyword is the flag that a handled mail gets where the server allows keywords.
const Keyword = "$CaseConsultantDone"

// DoneFlag marks with Keyword.
func DoneFlag() Done { return Done{} }

// DoneMove moves to another folder of the same account.
func DoneMove(folder string) Done { return Done{folder: folder} }

// ParseDone reads the configuration's "flag" or "move:FOLDER".
func ParseDone(s string) (Done, error) {
	if s == "" || s == "flag" {
		return DoneFlag(), nil
	}
	if folder, ok := strings.CutPrefix(s, "move:"); ok && strings.TrimSpace(folder) != "" {
		return DoneMove(strings.TrimSpace(folder)), nil
	}
	return Done{}, fmt.Errorf(`mailin: done %q: write "flag" or "move:FOLDER"`, s)
}

// endpoint is a checked Config.URL.
type endpoint struct {
	host, address string
	security      security
}

type security int

const (
	implicitTLS security = iota
	startTLS
	insecure
)

func parseURL(raw string) (endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return endpoint{}, errors.New("mailin: imap address cannot be read: write imaps://HOST:993")
	}
	var e endpoint
	var port string
	switch u.Scheme {
	case "imaps":
		e.security, port = implicitTLS, "993"
	case "imap":
		e.security, port = startTLS, "143"
	case "imap+insecure":
		e.security, port = insecure, "143"
	default:
		return endpoint{}, fmt.Errorf("mailin: imap address has the scheme %q: write imaps://, imap:// (upgraded with STARTTLS) or, to a loopback address, imap+insecure://", u.Scheme)
	}
	if u.User != nil {
		return endpoint{}, errors.New("mailin: imap address holds a user name: use username and password_env, password_file or password_command")
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return endpoint{}, errors.New("mailin: imap address has something after the port: the folder belongs in folder")
	}
	if e.host = u.Hostname(); e.host == "" {
		return endpoint{}, errors.New("mailin: imap address names no host")
	}
	if p := u.Port(); p != "" {
		port = p
	}
	if e.security == insecure && !loopback(e.host) {
		return endpoint{}, fmt.Errorf("mailin: imap+insecure:// is allowed only to a loopback address, not to %s: use imaps://", e.host)
	}
	e.address = net.JoinHostPort(e.host, port)
	return e, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

func (c Config) withDefaults() (Config, error) {
	if c.Mailbox == "" {
		return c, errors.New("mailin: the mailbox has no name")
	}
	if c.Credentials == nil {
		return c, fmt.Errorf("mailin: mailbox %s has no credentials", c.Mailbox)
	}
	if c.Folder == "" {
		c.Folder = "INBOX"
	}
	if c.Done.folder != "" && c.Done.folder == c.Folder {
		return c, fmt.Errorf("mailin: mailbox %s: done moves to the folder that is watched: name another", c.Mailbox)
	}
	if c.AnswerWithin == 0 {
		c.AnswerWithin = 7 * 24 * time.Hour
	}
	if c.MaxMessage <= 0 {
		c.MaxMessage = 50_000_000
	}
	if c.SpoolDir == "" {
		c.SpoolDir = os.TempDir()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Timings = c.Timings.withDefaults()
	return c, nil
}
