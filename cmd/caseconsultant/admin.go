package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"riverqueue.com/riverui"

	"caseconsultant/mailin"
)

// admin serves the operator: health, metrics, River's page of jobs, and the order to reconcile. It shows counts, ages,
// ids and states, never text of a case.
type admin struct {
	program *Program
	mux     *http.ServeMux
}

func newAdmin(p *Program) (http.Handler, error) {
	p.expectMailboxes()
	p.every(time.Minute, "look after the mailboxes", (&alarms{program: p, told: make(map[string]time.Time)}).look)
	a := &admin{program: p, mux: http.NewServeMux()}
	a.mux.HandleFunc("GET /healthz", a.healthz)
	a.mux.HandleFunc("GET /readyz", a.readyz)
	a.mux.HandleFunc("GET /mailz", a.mailz)
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(p), promhttp.HandlerOpts{ErrorLog: slog.NewLogLogger(p.log.Handler(), slog.LevelWarn)}))
	jobs, err := riverui.NewHandler(&riverui.HandlerOpts{Endpoints: riverui.NewEndpoints(p.line.River(), nil), Logger: quiet(p.log), Prefix: "/jobs"})
	if err != nil {
		return nil, fmt.Errorf("make River's page: %w", err)
	}
	if err := jobs.Start(p.background); err != nil {
		return nil, fmt.Errorf("start River's page: %w", err)
	}
	a.mux.Handle("/jobs/", onlyFromHere(jobs))
	a.mux.Handle("POST /reconcile", onlyFromHere(http.HandlerFunc(a.reconcile)))
	return a.mux, nil
}

// quiet passes warnings and errors only: River's page logs each request.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(&warnings{log.Handler()}) }

type warnings struct{ slog.Handler }

// Enabled implements slog.Handler.
func (h *warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &warnings{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h *warnings) WithGroup(name string) slog.Handler { return &warnings{h.Handler.WithGroup(name)} }

// onlyFromHere lets through what a person at this machine sends: River's page has no sign-in and can cancel jobs. The
// connection must come from a loopback address; the Host header must name one, so that a page of another site cannot
// reach us under a name of its own (DNS rebinding); and a form of another site is refused by its origin.
func onlyFromHere(next http.Handler) http.Handler {
	guarded := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		remote, _, err := net.SplitHostPort(r.RemoteAddr)
		host, _, hostErr := net.SplitHostPort(r.Host)
		if hostErr != nil {
			host = r.Host
		}
		if err != nil || !loopbackHost(remote) || !loopbackHost(host) || r.Header.Get("X-Forwarded-For") != "" || r.Header.Get("Forwarded") != "" {
			http.Error(w, "This page is for a browser on this machine only (ssh -L brings it to yours).", http.StatusForbidden)
			return
		}
		w.Header().Set("X-Frame-Options", "DENY")
		w.Header().Set("Referrer-Policy", "no-referrer")
		guarded.ServeHTTP(w, r)
	})
}

// healthz says that the process lives.
func (a *admin) healthz(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, "ok")
}

// readiness is the answer of /readyz.
type readiness struct {
	Ready     bool           `json:"ready"`
	Why       string         `json:"why,omitempty"`
	Roles     []string       `json:"roles"`
	Mailboxes []mailboxState `json:"mailboxes"`
	Codebook  *codebookState `json:"codebook,omitempty"`
}

type mailboxState struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Code    string `json:"code,omitempty"`
	Waiting int    `json:"waiting"` // mails kept and not read yet
	// Alarm is why somebody should look after it now; see /mailz.
	Alarm    string    `json:"alarm,omitempty"`
	LookedAt time.Time `json:"looked_at,omitzero"` // when the server last answered a look for new mail
	SweptAt  time.Time `json:"swept_at,omitzero"`  // when a full reconciliation last came to its end
}

// readyz says whether the process can do its work: its database answers and it is not stopping. A mailbox whose server
// is away does not make it unready, since the desk still works; its state is shown, the metrics count it, and /mailz
// fails.
func (a *admin) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	answer := readiness{Ready: true, Roles: a.program.roles, Mailboxes: []mailboxState{}}
	boxes, err := a.program.line.Ledger().Mailboxes(ctx)
	switch {
	case a.program.background.Err() != nil:
		answer.Ready, answer.Why = false, "the program is stopping"
	case err != nil:
		answer.Ready, answer.Why = false, "the database does not answer"
	}
	for _, box := range boxes {
		answer.Mailboxes = append(answer.Mailboxes, mailboxState{Name: box.Name, State: box.State, Code: box.Code, Waiting: box.Unread,
			Alarm: string(box.Alarm), LookedAt: box.LookedAt, SweptAt: box.SweptAt})
	}
	answer.Codebook = a.program.codebookState()
	status := http.StatusOK
	if !answer.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// A client that has gone away is no concern of ours.
	_ = json.NewEncoder(w).Encode(v)
}

// reconciled is what a sweep of one mailbox proved, as `reconcile --json` prints it.
type reconciled struct {
	Mailbox string        `json:"mailbox"`
	Folder  string        `json:"folder"`
	Sweep   *mailin.Sweep `json:"sweep,omitempty"`
	Error   string        `json:"error,omitempty"`
}

// reconcile sweeps the mailboxes that this process watches.
func (a *admin) reconcile(w http.ResponseWriter, r *http.Request) {
	p := a.program
	if len(p.watchers) == 0 {
		http.Error(w, "this process watches no mailbox (see serve --roles)", http.StatusConflict)
		return
	}
	results := make([]reconciled, len(p.watchers))
	done := make(chan struct{})
	for i, watcher := range p.watchers {
		results[i] = reconciled{Mailbox: p.cfg.Mailboxes[i].Name, Folder: p.cfg.Mailboxes[i].Folder}
		go func() {
			defer func() { done <- struct{}{} }()
			sweep, err := watcher.Reconcile(r.Context())
			if err != nil {
				results[i].Error = sweepError(err)
				return
			}
			results[i].Sweep = &sweep
		}()
	}
	for range p.watchers {
		<-done
	}
	writeJSON(w, http.StatusOK, results)
}

// sweepError says why a sweep failed, in the words of the watcher's Fault, which hold nothing of a mail.
func sweepError(err error) string {
	if fault, ok := errors.AsType[*mailin.Fault](err); ok {
		return fault.Error()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return "it took too long"
	}
	return err.Error()
}
