// Package fetch downloads the official code files that are published for everyone, so that `codes build` has something to build from, and
// says where a person finds those that stand behind a licence.
//
// The world it lives in: CMS and CDC publish some twenty files a year under addresses that follow a pattern until they do not. Servers cut
// connections, ignore ranges, answer with a licence page or "not found" in HTML and status 200, and replace a file in place. So nothing is
// taken for the file because it came from its address: it is checked as a zip archive, whole and bounded, and by what is in it, and only
// then gets its name, by a rename. What was cut off is taken up where it stopped if, and only if, the server vouches that the rest belongs
// to the same file (RFC 9110 section 13.1.5).
//
// Files that hold CPT are the American Medical Association's too and are given out after a click on a licence. No program may click for a
// person: those sources are named with their page and nothing more.
//
// Order of use: ReadTable (or Embedded, and Merge), Targets for the days whose releases are wanted, then Fetch. It may touch the network,
// but only hosts of its table and only by https, and the folder that it is given. It knows no codebook: this room exists so that package
// codebook above it need not know the network.
package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options tune a fetch. The zero value asks real servers with the limits of a patient person.
type Options struct {
	// Hosts are those that may be asked and redirected to, with their port if it is not 443. See Hosts.
	Hosts map[string]bool
	// Transport carries the requests. Defaults to one with the proxy of the environment.
	Transport http.RoundTripper
	// Attempts is how often a file is tried before it is given up for now. Defaults to 6.
	Attempts int
	// Silence is how long a server may say nothing, before and within an answer. Defaults to 30 s.
	Silence time.Duration
	// Whole bounds one file with all its attempts. Defaults to 30 minutes.
	Whole time.Duration
	// Wait passes the time between attempts. Defaults to a timer.
	Wait func(context.Context, time.Duration) error
	// Now tells the time for the manifest. Defaults to time.Now.
	Now func() time.Time
	// Progress is told, from the goroutine of Fetch, how far a file is. nil is silent.
	Progress func(Progress)
}

// Progress says how far a download is.
type Progress struct {
	Target Target
	File   string
	// Done of Total bytes; Total is 0 while the server has not said.
	Done, Total int64
}

// Status says what became of a target.
type Status string

const (
	Fetched      Status = "fetched"       // it is there now
	Unchanged    Status = "unchanged"     // it was there, and the server has the same
	Absent       Status = "absent"        // no server has it, and it need not exist
	Failed       Status = "failed"        // see Message
	ClickThrough Status = "click-through" // a person must fetch it from Page
)

// Result is what became of one target.
type Result struct {
	Target Target
	Status Status
	Entry  Entry  // of what is there now; zero unless Fetched or Unchanged
	Was    *Entry // Fetched: what it replaced under the same name, if anything
	// Message says in a sentence what went wrong and what to do; for Fetched and Unchanged it is empty.
	Message string
}

// Fetch downloads what is open among the targets into the folder, one after the other, and keeps its manifest. The error is for what
// concerns all of them: the folder, the manifest, another fetch at work, or a context that ended. Each target has its own result.
func Fetch(ctx context.Context, dir string, targets []Target, opts Options) (results []Result, err error) {
	f := newFetcher(dir, opts)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("fetching code files: %w", err)
	}
	unlock, err := lock(filepath.Join(dir, ".fetch.lock"))
	if err != nil {
		return nil, fmt.Errorf("fetching code files: is another codes fetch at work in %s? %w", dir, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if f.manifest, err = ReadManifest(dir); err != nil {
		return nil, err
	}
	for _, t := range targets {
		r := f.target(ctx, t)
		if ctx.Err() != nil {
			return results, ctx.Err() // what is half there is taken up the next time
		}
		if r.Status == Fetched || r.Status == Unchanged {
			f.manifest.put(r.Entry)
			if err := f.manifest.write(dir); err != nil {
				return append(results, r), err
			}
		}
		results = append(results, r)
	}
	return results, nil
}

type fetcher struct {
	dir      string
	opts     Options
	client   *http.Client
	manifest Manifest
}

func newFetcher(dir string, opts Options) *fetcher {
	opts.Attempts = cmp.Or(opts.Attempts, 6)
	opts.Silence = cmp.Or(opts.Silence, 30*time.Second)
	opts.Whole = cmp.Or(opts.Whole, 30*time.Minute)
	if opts.Wait == nil {
		opts.Wait = wait
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Transport == nil {
		opts.Transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
			TLSHandshakeTimeout: 20 * time.Second,
			ForceAttemptHTTP2:   true,
			DisableCompression:  true,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		}
	}
	f := &fetcher{dir: dir, opts: opts}
	f.client = &http.Client{Transport: opts.Transport, CheckRedirect: f.redirect}
	return f
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// refused is an error that trying again does not help.
type refused struct {
	text string
	// absent: the server has no such file, so the next address of the source may be tried.
	absent bool
}

func (e *refused) Error() string { return e.text }

func refuse(format string, args ...any) error { return &refused{text: fmt.Sprintf(format, args...)} }

// later is a fault that may pass. after is the server's wish, 0 if it has none.
type later struct {
	err   error
	after time.Duration
}

func (e *later) Error() string { return e.err.Error() }
func (e *later) Unwrap() error { return e.err }

// redirect allows what stays by https on hosts of the table.
func (f *fetcher) redirect(next *http.Request, via []*http.Request) error {
	if len(via) > 5 {
		return refuse("the server redirects more than five times")
	}
	if licencePath(next.URL) {
		return refuse("the server asks to accept a licence first (it redirects to %s)", place(next.URL))
	}
	return f.allowed(next.URL)
}

func (f *fetcher) allowed(u *url.URL) error {
	if u.Scheme != "https" {
		return refuse("the server redirects to %s, which is not https", place(u))
	}
	if !f.opts.Hosts[strings.ToLower(u.Host)] {
		return refuse("the server redirects to %s, which is no host of the table of sources", place(u))
	}
	return nil
}

// known refuses an address of a host that nobody put into the table.
func (f *fetcher) known(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || !f.opts.Hosts[strings.ToLower(u.Host)] {
		return refuse("this is no https address of a host of the table of sources")
	}
	return nil
}

// place is an address without what may be private in it.
func place(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path }

func licencePath(u *url.URL) bool {
	p := strings.ToLower(u.Path)
	return strings.Contains(p, "/license") || strings.Contains(p, "/licence")
}

// target fetches one target from the first of its addresses that has it.
func (f *fetcher) target(ctx context.Context, t Target) Result {
	if t.Access == AccessClick {
		return Result{Target: t, Status: ClickThrough, Message: "a person must accept a licence on " + t.Page}
	}
	var absent []string
	for _, c := range t.Candidates {
		r, err := f.candidate(ctx, t, c)
		if err == nil {
			return r
		}
		gone, ok := errors.AsType[*refused](err)
		if !ok || !gone.absent {
			return Result{Target: t, Status: Failed, Message: fmt.Sprintf("%s: %v. Or save it from %s into %s as %s", c.Address, err, t.Page, f.dir, c.File)}
		}
		absent = append(absent, c.Address)
	}
	if t.Optional {
		return Result{Target: t, Status: Absent, Message: "not published under " + strings.Join(absent, ", ") + "; not every release has one"}
	}
	return Result{Target: t, Status: Failed, Message: fmt.Sprintf("nothing under %s: it is not published yet or has another name; look on %s, then save it into %s or put its address into a table for --table",
		strings.Join(absent, ", "), t.Page, f.dir)}
}

// candidate fetches one address, with as many attempts as it takes.
func (f *fetcher) candidate(ctx context.Context, t Target, c Candidate) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, f.opts.Whole)
	defer cancel()
	if err := f.known(c.Address); err != nil {
		return Result{}, err
	}
	had, have := f.manifest.find(c.File)
	final := filepath.Join(f.dir, c.File)
	intact, err := sameFile(final, had)
	if err != nil {
		return Result{}, err
	}
	_, statErr := os.Lstat(final)
	foreign := statErr == nil && !have // somebody saved it by hand
	intact = intact && have && had.Address == c.Address
	d := &download{f: f, target: t, candidate: c, path: filepath.Join(f.dir, "."+c.File+".part")}
	if intact {
		d.etag, d.modified = had.ETag, had.LastModified
	}
	for attempt := 1; ; attempt++ {
		entry, err := d.attempt(ctx)
		if err == nil && entry == nil {
			had.CheckedAt = f.opts.Now().UTC().Truncate(time.Second)
			return Result{Target: t, Status: Unchanged, Entry: had}, nil
		}
		if err == nil {
			return f.place(t, d, *entry, had, have && intact, foreign)
		}
		soon, again := errors.AsType[*later](err)
		switch {
		case !again:
			return Result{}, err
		case ctx.Err() != nil:
			return Result{}, fmt.Errorf("it took more than %v; what came so far is kept for the next time (%w)", f.opts.Whole, err)
		case attempt >= f.opts.Attempts:
			return Result{}, fmt.Errorf("given up for now after %d attempts (%w)", attempt, err)
		case soon.after > longestWait:
			return Result{}, fmt.Errorf("the server wants to be asked again in %v (%w)", soon.after.Round(time.Second), err)
		}
		if err := f.opts.Wait(ctx, max(soon.after, backoff(attempt))); err != nil {
			return Result{}, fmt.Errorf("it took more than %v (%w)", f.opts.Whole, err)
		}
	}
}

// longestWait is how long a server may ask us to wait within one run.
const longestWait = 2 * time.Minute

// backoff is 1, 2, 4, ... 30 seconds. Files are fetched one at a time by one person, so no jitter keeps crowds apart.
func backoff(attempt int) time.Duration {
	return min(time.Second<<min(attempt-1, 5), 30*time.Second)
}

// place puts a verified download under its name.
func (f *fetcher) place(t Target, d *download, entry, had Entry, intact, foreign bool) (Result, error) {
	final := filepath.Join(f.dir, entry.File)
	if foreign {
		other, err := hashOf(final)
		if err != nil {
			return Result{}, err
		}
		if other != entry.SHA256 {
			d.drop()
			return Result{}, refuse("%s is there already, not from here, and differs from the server's: move it away, then fetch again", final)
		}
	}
	r := Result{Target: t, Status: Fetched, Entry: entry}
	if intact && had.SHA256 == entry.SHA256 {
		d.drop() // the server did not say so, but it is the same
		r.Status, r.Entry.FetchedAt = Unchanged, had.FetchedAt
		return r, nil
	}
	if had.SHA256 != "" && had.SHA256 != entry.SHA256 {
		r.Was = &had
	}
	if err := os.Rename(d.path, final); err != nil {
		return Result{}, fmt.Errorf("putting the file in its place: %w", err)
	}
	d.drop()
	syncDir(f.dir)
	return r, nil
}

// syncDir makes a name as lasting as the file; where folders cannot be synced the file is whole all the same.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}
