package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"caseconsultant/templates"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/people"
)

// Desk is the desk's HTTP handler. It is safe for concurrent use.
type Desk struct {
	Options
	zone     *time.Location
	pages    *templates.Desk
	sessions *scs.SessionManager
	handler  http.Handler
	patterns []string

	mu     sync.Mutex // guards what follows: what every page shows, kept for a moment
	names  map[int64]string
	namesT time.Time
	unsent alarm // of the outbox
	silent alarm // of the intake
}

// call is one request on its way through the desk.
type call struct {
	w    http.ResponseWriter
	r    *http.Request
	user people.User // the zero User on the routes for anyone
	now  time.Time
}

func (c *call) ctx() context.Context { return c.r.Context() }

const (
	sessionLife = 12 * time.Hour   // a long day; then sign in again
	sessionIdle = 2 * time.Hour    // without a page opened by a person
	seenEvery   = 10 * time.Minute // how exactly idleness is kept: a write less on each page
	bodyLimit   = 1 << 20          // of a form, in bytes
)

// New builds the desk: it parses all templates and fails if one is missing or does not parse.
func New(opts Options) (*Desk, error) {
	if opts.Cases == nil || opts.Intake == nil || opts.Office == nil || opts.Codes == nil || opts.People == nil || opts.PublicURL == nil {
		return nil, errors.New("the desk needs Cases, Intake, Office, Codes, People and PublicURL")
	}
	if opts.Zone == nil {
		opts.Zone = time.UTC
	}
	if opts.Firm == "" {
		opts.Firm = "CaseConsultant"
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.RemoteAddr == nil {
		opts.RemoteAddr = remoteAddr
	}
	pages, err := templates.NewDesk(nil)
	if err != nil {
		return nil, err
	}
	d := &Desk{Options: opts, zone: opts.Zone, pages: pages}
	d.sessions = newSessions(opts)

	mux := http.NewServeMux()
	for _, rt := range routes() {
		d.patterns = append(d.patterns, rt.pattern)
		mux.Handle(rt.pattern, d.route(rt))
	}
	mux.Handle("/", d.route(route{"/", anyone, func(d *Desk, c *call) error { return errNoPage }}))

	// From the outside in: a panic anywhere becomes an error page; every answer has the security headers, refusals too;
	// a request from another site is refused before its session is looked at; then the session, for all routes.
	guard := http.NewCrossOriginProtection()
	if err := guard.AddTrustedOrigin(opts.PublicURL.Scheme + "://" + opts.PublicURL.Host); err != nil {
		return nil, fmt.Errorf("the desk's public_url %q is no origin: %w", opts.PublicURL.Redacted(), err)
	}
	guard.SetDenyHandler(http.HandlerFunc(d.refuseCrossOrigin))
	d.handler = d.recovered(d.secured(guard.Handler(d.sessions.LoadAndSave(mux))))
	return d, nil
}

func newSessions(opts Options) *scs.SessionManager {
	m := scs.New()
	m.Store = opts.People.Sessions()
	m.HashTokenInStore = true
	m.Lifetime = sessionLife
	m.Cookie.Name = "session"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode // Strict would ask for a sign-in at each link from a mail
	m.Cookie.Path = "/"
	if opts.PublicURL.Scheme == "https" {
		m.Cookie.Name = "__Host-session" // browsers then insist on Secure, Path=/ and no Domain
		m.Cookie.Secure = true
	}
	m.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		if r.Context().Err() != nil {
			return // the browser has left; there is nobody to tell
		}
		opts.Log.ErrorContext(r.Context(), "The desk could not read or store a session", "error", err)
		http.Error(w, "The desk cannot reach its database. Nothing was changed; try again in a moment.", http.StatusServiceUnavailable)
	}
	return m
}

// ServeHTTP serves the desk.
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// route wraps a route's handler: who asks, whether they may, and what becomes of an error.
func (d *Desk) route(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{w: w, r: r, now: d.Now()}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		}
		user, err := d.signedIn(c)
		if err == nil {
			c.user = user
		} else if rt.needs != anyone || !errors.Is(err, errSignedOut) {
			d.fail(c, err)
			return
		}
		if rt.needs != anyone && !c.user.Role.Includes(rt.needs) {
			d.fail(c, errForbidden)
			return
		}
		if err := rt.serve(d, c); err != nil {
			d.fail(c, err)
		}
	})
}

// secured sets the headers that every answer has.
func (d *Desk) secured(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types desk"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin") // no-referrer would make browsers send "Origin: null" with our own forms
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), browsing-topics=()")
		h.Set("Cache-Control", "no-store") // health data does not belong into a shared computer's cache
		if d.PublicURL.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// recovered turns a panic into an error page. Its value may hold case text, so only its type and our own frames are
// logged.
func (d *Desk) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if v == http.ErrAbortHandler {
				panic(v)
			}
			d.Log.ErrorContext(r.Context(), "The desk met a defect", "type", fmt.Sprintf("%T", v), "stack", ownFrames(debug.Stack()))
			http.Error(w, "The desk met a defect. What you had written may still be in your browser: go back, copy it, and reload.", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}

func ownFrames(stack []byte) string {
	var own []string
	for _, line := range bytes.Split(stack, []byte("\n")) {
		if i := bytes.Index(line, []byte("caseconsultant/")); i >= 0 && bytes.HasPrefix(line, []byte("\t")) {
			own = append(own, string(bytes.TrimSpace(line[i:])))
		}
	}
	return strings.Join(own, " < ")
}

// render sends a page.
func (d *Desk) render(c *call, status int, page string, view any) error {
	var buf bytes.Buffer
	if err := d.pages.Render(&buf, page, view); err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.WriteHeader(status)
	if _, err := buf.WriteTo(c.w); err != nil {
		// The browser went away: there is nobody to tell.
		d.Log.DebugContext(c.ctx(), "A page could not be sent", "page", page)
	}
	return nil
}

// see redirects after a change, so that a reload repeats nothing.
func (c *call) see(path string) error {
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

func (d *Desk) asset(c *call) error {
	a, ok := d.pages.Asset(c.r.PathValue("name"))
	if !ok {
		return errNoPage
	}
	h := c.w.Header()
	h.Set("Content-Type", a.ContentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(c.w, c.r, "", time.Time{}, bytes.NewReader(a.Bytes))
	return nil
}

func (d *Desk) home(c *call) error { return c.see("/queue") }

// What the desk itself refuses.
var (
	errNoPage    = errors.New("there is no such page")
	errForbidden = errors.New("this needs another role")
	errSignedOut = errors.New("nobody is signed in")
	errForm      = errors.New("the form could not be read")
)

// errorPage is the view of pages/error.html.
type errorPage struct {
	shell
	Status  string
	Heading string
	What    string
	Kept    string
	Text    string // what was typed and not stored
	Next    []nextStep
}

type nextStep struct {
	Label, Href string
	Primary     bool
}

// fail is where every error becomes a page: once, here. Its text never holds what the error says, which goes to the log.
func (d *Desk) fail(c *call, err error) {
	status := http.StatusInternalServerError
	v := errorPage{Heading: "That did not work", What: "The desk could not do it, and nothing was changed. It is in the log; try again in a moment, and tell whoever runs the desk if it stays.",
		Next: []nextStep{{"Back to the queue", "/queue", true}}}
	typed := ""
	if c.r.Method == http.MethodPost {
		typed = c.r.PostFormValue("body")
	}
	switch {
	case c.ctx().Err() != nil:
		// Either the browser is gone, and nobody reads this, or the desk is being stopped under its hands.
		status = http.StatusServiceUnavailable
		v.Heading, v.What = "The desk is being restarted", "It stopped while this was under way. In a moment it is back: look first whether it was done, then do it again if it was not."
		c.w.Header().Set("Retry-After", "5")
	case errors.Is(err, errSignedOut):
		// A stream of events that is sent to a page of HTML is an error in the browser; it is refused instead.
		if c.r.Method == http.MethodGet && c.r.URL.Path != "/events" {
			http.Redirect(c.w, c.r, "/login?next="+url.QueryEscape(c.r.URL.RequestURI()), http.StatusSeeOther)
			return
		}
		status = http.StatusUnauthorized
		v.Heading, v.What = "You are signed out", "The session ended before this could be done. Nothing was changed."
		v.Next = []nextStep{{"Sign in", "/login", true}}
	case errors.Is(err, errForbidden):
		status = http.StatusForbidden
		v.Heading, v.What = "This is for another role", "Your account may not do this. An admin can change roles."
	case errors.Is(err, errNoPage):
		status = http.StatusNotFound
		v.Heading, v.What = "There is no such page", "The address is wrong, or what it showed is gone."
	case errors.Is(err, casefile.ErrNotFound):
		status = http.StatusNotFound
		v.Heading, v.What = "There is no such case", "The reference may be mistyped, or its retention has ended. Attachments and raw mails can also have been removed earlier than their case."
	case errors.Is(err, errForm):
		status = http.StatusBadRequest
		v.Heading, v.What = "The form could not be read", "It was larger than the desk takes (1 MB), or cut off on the way. Nothing was changed."
	default:
		d.Log.ErrorContext(c.ctx(), "A page of the desk failed", "route", c.r.Pattern, "error", err)
	}
	if typed != "" {
		v.Text, v.Kept = typed, "what you had written stands below; copy it before you leave this page."
	}
	v.Status = fmt.Sprintf("%d", status)
	v.shell = d.shell(c, v.Heading, "")
	if err := d.render(c, status, "error", v); err != nil {
		d.Log.ErrorContext(c.ctx(), "The error page failed", "error", err)
		http.Error(c.w, "The desk met a defect.", http.StatusInternalServerError)
	}
}

func (d *Desk) refuseCrossOrigin(w http.ResponseWriter, r *http.Request) {
	d.Log.WarnContext(r.Context(), "A form from another site was refused", "path_pattern", r.Pattern)
	c := &call{w: w, r: r, now: d.Now()}
	v := errorPage{Status: "403", Heading: "This did not come from the desk",
		What: "Another site asked your browser to do this, so it was refused and nothing was changed. If you pressed a button of the desk itself, open the desk at " + d.PublicURL.String() + " and try there.",
		Next: []nextStep{{"Open the queue", "/queue", true}}}
	v.shell = shell{Title: v.Heading, Firm: d.Firm, Theme: theme(r)}
	if err := d.render(c, http.StatusForbidden, "error", v); err != nil {
		http.Error(w, "Refused.", http.StatusForbidden)
	}
}

// remoteAddr believes X-Forwarded-For only from a proxy on the same machine, and of it only what that proxy added.
func remoteAddr(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		if forwarded := r.Header.Values("X-Forwarded-For"); len(forwarded) > 0 {
			last := forwarded[len(forwarded)-1]
			last = last[strings.LastIndex(last, ",")+1:]
			return strings.TrimSpace(last)
		}
	}
	return host
}
