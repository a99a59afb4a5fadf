package fetch

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// orderFile is in the layout of ICD-10-CM's order file, long enough to be sent in many pieces and too varied to be packed into few.
func orderFile(codes int) []byte {
	var b bytes.Buffer
	random := rand.New(rand.NewPCG(1, 2))
	for i := range codes {
		fmt.Fprintf(&b, "%05d A%02d%d    1 %-60s made up %x\r\n", i+1, i%100, i%10, "Made-up disease", random.Uint64())
	}
	return b.Bytes()
}

// archive packs files: name, content, name, content ...
func archive(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asked is one request as the server saw it.
type asked struct{ path, rangeOf, ifRange, noneMatch string }

// site is a web server that behaves as each test wants it to.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	asked []asked
	file  []byte // what serve gives out
	etag  string
}

// newSite starts a server. answer gets the number of the request, from 1.
func newSite(t *testing.T, answer func(s *site, n int, w http.ResponseWriter, r *http.Request)) *site {
	t.Helper()
	s := &site{file: archive(t, "icd10cm_order_2027.txt", string(orderFile(8000))), etag: `"one"`}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, asked{r.URL.Path, r.Header.Get("Range"), r.Header.Get("If-Range"), r.Header.Get("If-None-Match")})
		n := len(s.asked)
		s.mu.Unlock()
		answer(s, n, w, r)
	}))
	s.Config.ErrorLog = nil
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// serve is a good server: ranges, conditions, lengths.
func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", s.etag)
	http.ServeContent(w, r, "a.zip", time.Time{}, bytes.NewReader(s.file))
}

// cut announces the whole file and breaks the connection off in the middle.
func (s *site) cut(w http.ResponseWriter, upTo int) {
	w.Header().Set("ETag", s.etag)
	w.Header().Set("Content-Length", fmt.Sprint(len(s.file)))
	_, _ = w.Write(s.file[:upTo])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func (s *site) requests() []asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// targets are one file under the given paths.
func (s *site) targets(paths ...string) []Target {
	t := Target{Source: "icd10cm-order", Name: "ICD-10-CM", Access: AccessOpen, Release: "FY2027", Page: "https://publisher.example/icd", Checked: "never"}
	for _, p := range paths {
		t.Candidates = append(t.Candidates, Candidate{Address: s.URL + p, File: strings.ReplaceAll(strings.Trim(p, "/"), "/", "-"),
			Contains: regexp.MustCompile(`(?m)^[0-9]{5} [A-Z][0-9]{2}`), Most: 1_000_000, Checked: "never"})
	}
	return []Target{t}
}

// options let nothing wait, and keep what would have been waited for.
func (s *site) options(waits *[]time.Duration) Options {
	return Options{
		Hosts: map[string]bool{s.Listener.Addr().String(): true}, Transport: s.Client().Transport, Attempts: 4,
		Wait: func(_ context.Context, d time.Duration) error {
			if waits != nil {
				*waits = append(*waits, d)
			}
			return nil
		},
		Now: func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) },
	}
}

func fetchOne(t *testing.T, dir string, targets []Target, opts Options) Result {
	t.Helper()
	results, err := Fetch(t.Context(), dir, targets, opts)
	if err != nil || len(results) != 1 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	return results[0]
}

func holds(t *testing.T, dir, name string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, want the server's %d: %v", name, len(got), len(want), err)
	}
}

// visible lists what is in a folder under names that codes build would read.
func visible(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestBadServers: however a server behaves, either its file comes whole, or a person is told what to do and nothing is left that could be
// taken for the file.
func TestBadServers(t *testing.T) {
	t.Parallel()
	page := func(text string) func(*site, int, http.ResponseWriter, *http.Request) {
		return func(_ *site, _ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/zip") // such pages come under any name
			_, _ = io.WriteString(w, text)
		}
	}
	status := func(code int, header ...string) func(*site, int, http.ResponseWriter, *http.Request) {
		return func(_ *site, _ int, w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
		}
	}
	bytesOf := func(data func(t *testing.T, s *site) []byte) func(*testing.T) func(*site, int, http.ResponseWriter, *http.Request) {
		return func(t *testing.T) func(*site, int, http.ResponseWriter, *http.Request) {
			return func(s *site, _ int, w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(data(t, s)) }
		}
	}
	always := func(f func(*site, int, http.ResponseWriter, *http.Request)) func(*testing.T) func(*site, int, http.ResponseWriter, *http.Request) {
		return func(*testing.T) func(*site, int, http.ResponseWriter, *http.Request) { return f }
	}
	for name, test := range map[string]struct {
		answer   func(*testing.T) func(*site, int, http.ResponseWriter, *http.Request)
		status   Status
		message  string // in the result's
		requests int
		ranges   []string // of the requests
	}{
		"Good": {always(func(s *site, _ int, w http.ResponseWriter, r *http.Request) { s.serve(w, r) }), Fetched, "", 1, []string{""}},
		"CutThenResumed": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.cut(w, 50_000)
			}
			s.serve(w, r)
		}), Fetched, "", 2, []string{"", "bytes=50000-"}},
		"CutTwice": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				s.cut(w, 50_000)
			case 2:
				w.Header().Set("ETag", s.etag)
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 50000-%d/%d", len(s.file)-1, len(s.file)))
				w.Header().Set("Content-Length", fmt.Sprint(len(s.file)-50_000))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(s.file[50_000:60_000])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
			s.serve(w, r)
		}), Fetched, "", 3, []string{"", "bytes=50000-", "bytes=60000-"}},
		"CutWithoutValidator": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.etag = ""
				s.cut(w, 50_000)
			}
			s.serve(w, r)
		}), Fetched, "", 2, []string{"", ""}},
		"CutWithWeakValidator": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			s.etag = `W/"one"`
			if n == 1 {
				s.cut(w, 50_000)
			}
			s.serve(w, r)
		}), Fetched, "", 2, []string{"", ""}},
		"RangesIgnored": {always(func(s *site, n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				s.cut(w, 50_000)
			}
			w.Header().Set("ETag", s.etag)
			_, _ = w.Write(s.file)
		}), Fetched, "", 2, []string{"", "bytes=50000-"}},
		"ChangedWhileResuming": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.cut(w, 50_000)
			}
			s.file, s.etag = archive(t, "other.txt", string(orderFile(3000))), `"two"`
			s.serve(w, r)
		}), Fetched, "", 2, []string{"", "bytes=50000-"}},
		"ChangedAndIfRangeIgnored": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				s.cut(w, 50_000)
			}
			s.file, s.etag = archive(t, "other.txt", string(orderFile(3000))), `"two"`
			r.Header.Del("If-Range")
			s.serve(w, r)
		}), Fetched, "", 3, []string{"", "bytes=50000-", ""}},
		"WrongPart": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				s.cut(w, 50_000)
			case 2:
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(s.file)-1, len(s.file)))
				w.WriteHeader(http.StatusPartialContent)
				_, _ = w.Write(s.file)
				return
			}
			s.serve(w, r)
		}), Fetched, "", 3, []string{"", "bytes=50000-", ""}},
		"LengthTooLong": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", s.etag)
				w.Header().Set("Content-Length", fmt.Sprint(len(s.file)+1000))
				_, _ = w.Write(s.file)
				return // and the server breaks the connection off, since it owes 1,000 bytes
			}
			s.serve(w, r)
		}), Fetched, "", 2, nil},
		"SilentServer": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				<-r.Context().Done()
				return
			}
			s.serve(w, r)
		}), Fetched, "", 2, nil},
		"SilentInTheMiddle": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n == 1 {
				w.Header().Set("ETag", s.etag)
				w.Header().Set("Content-Length", fmt.Sprint(len(s.file)))
				_, _ = w.Write(s.file[:50_000])
				_ = http.NewResponseController(w).Flush()
				<-r.Context().Done()
				return
			}
			s.serve(w, r)
		}), Fetched, "", 2, nil},
		"Overloaded": {always(func(s *site, n int, w http.ResponseWriter, r *http.Request) {
			if n < 3 {
				w.Header().Set("Retry-After", "20")
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			s.serve(w, r)
		}), Fetched, "", 3, nil},
		"OverloadedForLong":  {always(status(503, "Retry-After", "7200")), Failed, "asked again in 2h0m0s", 1, nil},
		"OverloadedAlways":   {always(status(500)), Failed, "given up for now after 4 attempts", 4, nil},
		"Forbidden":          {always(status(403)), Failed, "https://publisher.example/icd", 1, nil},
		"NotThere":           {always(status(404)), Failed, "not published yet or has another name", 1, nil},
		"NotThereAsPage":     {always(page("<!DOCTYPE html><title>Page not found</title>")), Failed, "not published yet", 1, nil},
		"LicencePage":        {always(page("\n<html><body>End user license agreement. <button>I ACCEPT</button>")), Failed, "a licence page came instead of the file: open it in a browser", 1, nil},
		"OtherPage":          {always(page("<!doctype html><p>Maintenance")), Failed, "a web page came instead", 1, nil},
		"RedirectElsewhere":  {always(status(302, "Location", "https://mirror.example/a.zip")), Failed, "https://mirror.example/a.zip, which is no host of the table", 1, nil},
		"RedirectToLicence":  {always(status(302, "Location", "/license/ama?file=/files/zip/a.zip")), Failed, "accept a licence first", 1, nil},
		"RedirectToClear":    {always(status(301, "Location", "http://127.0.0.1:1/a.zip")), Failed, "not https", 1, nil},
		"RedirectForEver":    {always(status(302, "Location", "/round.zip")), Failed, "more than five times", 6, nil},
		"UnaskedNotModified": {always(status(304)), Failed, "given up", 4, nil},
		"PackedAnswer":       {always(status(200, "Content-Encoding", "gzip")), Failed, "packs its answer", 1, nil},
		"AnnouncedTooLarge":  {always(status(200, "Content-Length", "1000001")), Failed, "more than the 1000000", 1, nil},
		"TooLarge":           {bytesOf(func(_ *testing.T, s *site) []byte { return bytes.Repeat(s.file, 99) }), Failed, "more than", 1, nil},
		"Garbage":            {bytesOf(func(*testing.T, *site) []byte { return bytes.Repeat([]byte("garbage "), 999) }), Failed, "no whole zip archive", 2, nil},
		"HalfAnArchive":      {bytesOf(func(_ *testing.T, s *site) []byte { return s.file[:len(s.file)/2] }), Failed, "damaged (the same came twice", 2, nil},
		"OneByteWrong":       {bytesOf(func(_ *testing.T, s *site) []byte { d := slices.Clone(s.file); d[len(d)/2] ^= 1; return d }), Failed, "damaged", 2, nil},
		"NothingInIt":        {bytesOf(func(*testing.T, *site) []byte { return nil }), Failed, "", 2, nil},
		"AnotherFile":        {bytesOf(func(t *testing.T, _ *site) []byte { return archive(t, "readme.txt", "Read me") }), Failed, "holds something else", 1, nil},
		"Bomb":               {bytesOf(func(t *testing.T, _ *site) []byte { return archive(t, "a.txt", strings.Repeat("0", 41_000_000)) }), Failed, "made to fill a disk", 1, nil},
		"BombInAnArchive": {bytesOf(func(t *testing.T, _ *site) []byte {
			return archive(t, "a.zip", string(archive(t, "a.txt", strings.Repeat("0", 41_000_000))))
		}), Failed, "made to fill a disk", 1, nil},
		"FileInInnerArchive": {bytesOf(func(t *testing.T, _ *site) []byte {
			return archive(t, "a.zip", string(archive(t, "a.txt", string(orderFile(10)))))
		}), Fetched, "", 1, nil},
		"NamesOutsideAreOnly": {bytesOf(func(t *testing.T, _ *site) []byte { return archive(t, "../../etc/passwd", string(orderFile(10))) }), Fetched, "", 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, test.answer(t))
			opts := s.options(nil)
			if strings.HasPrefix(name, "Silent") {
				opts.Silence = 100 * time.Millisecond
				opts.Attempts = 20 // a slow machine may look like a silent server
			}
			dir := t.TempDir()
			got := fetchOne(t, dir, s.targets("/files/a.zip"), opts)
			if got.Status != test.status || !strings.Contains(got.Message, test.message) {
				t.Fatalf("%s: %q, want %s with %q", got.Status, got.Message, test.status, test.message)
			}
			requests := s.requests()
			if len(requests) != test.requests && opts.Silence == 0 {
				t.Errorf("%d requests, want %d: %v", len(requests), test.requests, requests)
			}
			for i, want := range test.ranges {
				if requests[i].rangeOf != want {
					t.Errorf("request %d asked for %q, want %q", i+1, requests[i].rangeOf, want)
				}
			}
			if test.status == Failed {
				if names := visible(t, dir); len(names) != 0 {
					t.Errorf("a failed fetch left %v", names)
				}
				return
			}
			if len(test.ranges) > 0 { // the others compose their file anew for each answer
				holds(t, dir, "files-a.zip", s.file)
			}
			content, err := os.ReadFile(filepath.Join(dir, "files-a.zip"))
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(content)
			manifest, err := ReadManifest(dir)
			if err != nil || len(manifest.Entries) != 1 || manifest.Entries[0].SHA256 != hex.EncodeToString(sum[:]) || manifest.Entries[0].Size != int64(len(content)) ||
				manifest.Entries[0].Address != s.URL+"/files/a.zip" || manifest.Entries[0].FetchedAt.IsZero() {
				t.Errorf("manifest: %+v %v", manifest, err)
			}
			if names := visible(t, dir); len(names) != 2 {
				t.Errorf("the folder holds %v", names)
			}
		})
	}
}

// TestHugeAnswer: a server that never ends is cut off at the limit, not at the end of the disk.
func TestHugeAnswer(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(s *site, _ int, w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(s.file); err != nil {
				return
			}
		}
	})
	dir := t.TempDir()
	if got := fetchOne(t, dir, s.targets("/a.zip"), s.options(nil)); got.Status != Failed || !strings.Contains(got.Message, "more than 1000000 bytes came") {
		t.Errorf("%s: %q", got.Status, got.Message)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 { // the lock
		t.Errorf("%v %v", entries, err)
	}
}

// TestWaits: what a server wishes is waited for, and each failure is waited for longer.
func TestWaits(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(_ *site, n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 2:
			w.Header().Set("Retry-After", "45")
		case 3:
			w.Header().Set("Retry-After", "Tue, 24 Nov 2026 12:01:30 GMT")
		}
		w.WriteHeader(http.StatusTooManyRequests)
	})
	var waits []time.Duration
	opts := s.options(&waits)
	opts.Attempts = 6
	fetchOne(t, t.TempDir(), s.targets("/a.zip"), opts)
	if want := []time.Duration{time.Second, 45 * time.Second, 90 * time.Second, 8 * time.Second, 16 * time.Second}; !slices.Equal(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
}

// TestSecondRun: what did not change is asked for and not fetched again; what changed, was damaged or comes from a server without memory is.
func TestSecondRun(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		between func(t *testing.T, s *site, file string)
		status  Status
		replace bool
		match   string // the condition that the second request makes
	}{
		"Same":              {func(*testing.T, *site, string) {}, Unchanged, false, `"one"`},
		"SameWithoutMemory": {func(_ *testing.T, s *site, _ string) { s.etag = "" }, Unchanged, false, `"one"`},
		"Changed": {func(t *testing.T, s *site, _ string) {
			s.file, s.etag = archive(t, "b.txt", string(orderFile(50))), `"two"`
		}, Fetched, true, `"one"`},
		"Damaged": {func(t *testing.T, _ *site, file string) {
			if err := os.WriteFile(file, []byte("oops"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, Fetched, false, ""},
		"Removed": {func(t *testing.T, _ *site, file string) {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}, Fetched, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, func(s *site, _ int, w http.ResponseWriter, r *http.Request) { s.serve(w, r) })
			dir := t.TempDir()
			fetchOne(t, dir, s.targets("/a.zip"), s.options(nil))
			test.between(t, s, filepath.Join(dir, "a.zip"))
			later := s.options(nil)
			later.Now = func() time.Time { return time.Date(2027, 1, 2, 0, 0, 0, 0, time.UTC) }
			got := fetchOne(t, dir, s.targets("/a.zip"), later)
			if got.Status != test.status || (got.Was != nil) != test.replace {
				t.Errorf("%s, replaced %v: %s", got.Status, got.Was != nil, got.Message)
			}
			if match := s.requests()[1].noneMatch; match != test.match {
				t.Errorf("asked with If-None-Match %q, want %q", match, test.match)
			}
			holds(t, dir, "a.zip", s.file)
			manifest, err := ReadManifest(dir)
			if err != nil || len(manifest.Entries) != 1 {
				t.Fatalf("%+v %v", manifest, err)
			}
			e := manifest.Entries[0]
			if e.CheckedAt.Year() != 2027 || (e.FetchedAt.Year() == 2026) != (test.status == Unchanged) {
				t.Errorf("fetched %v, checked %v", e.FetchedAt, e.CheckedAt)
			}
		})
	}
}

// TestInterruptedRun: what a killed program left is taken up by the next one.
func TestInterruptedRun(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(s *site, n int, w http.ResponseWriter, r *http.Request) {
		if n == 1 {
			s.cut(w, 50_000)
		}
		s.serve(w, r)
	})
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	opts := s.options(nil)
	opts.Wait = func(context.Context, time.Duration) error { cancel(); return ctx.Err() }
	if results, err := Fetch(ctx, dir, s.targets("/a.zip"), opts); !errors.Is(err, context.Canceled) || len(results) != 0 {
		t.Fatalf("%v %v", results, err)
	}
	if names := visible(t, dir); len(names) != 0 {
		t.Errorf("an interrupted fetch left %v where codes build would read it", names)
	}
	if got := fetchOne(t, dir, s.targets("/a.zip"), s.options(nil)); got.Status != Fetched {
		t.Fatalf("%s: %s", got.Status, got.Message)
	}
	if requests := s.requests(); len(requests) != 2 || requests[1].rangeOf != "bytes=50000-" || requests[1].ifRange != `"one"` {
		t.Errorf("requests: %v", requests)
	}
	holds(t, dir, "a.zip", s.file)
}

// TestOtherNames: of several addresses the first that has the file counts; for an edition that need not exist none is no failure.
func TestOtherNames(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(s *site, _ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/second.zip" {
			http.NotFound(w, r)
			return
		}
		s.serve(w, r)
	})
	dir := t.TempDir()
	if got := fetchOne(t, dir, s.targets("/first.zip", "/second.zip", "/third.zip"), s.options(nil)); got.Status != Fetched || got.Entry.File != "second.zip" {
		t.Errorf("%s %s: %s", got.Status, got.Entry.File, got.Message)
	}
	april := s.targets("/april.zip")
	april[0].Optional = true
	if got := fetchOne(t, dir, april, s.options(nil)); got.Status != Absent || !strings.Contains(got.Message, "/april.zip") {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
	click := []Target{{Source: "ncci-ptp", Access: AccessClick, Page: "https://publisher.example/ptp"}}
	before := len(s.requests())
	if got := fetchOne(t, dir, click, s.options(nil)); got.Status != ClickThrough || !strings.Contains(got.Message, "https://publisher.example/ptp") || len(s.requests()) != before {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
}

// TestForeignFile: what a person saved by hand is adopted when it is the same, and never replaced when it is not.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(s *site, _ int, w http.ResponseWriter, r *http.Request) { s.serve(w, r) })
	dir := t.TempDir()
	mine := filepath.Join(dir, "a.zip")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := fetchOne(t, dir, s.targets("/a.zip"), s.options(nil)); got.Status != Failed || !strings.Contains(got.Message, "move it away") {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
	holds(t, dir, "a.zip", []byte("mine"))
	if err := os.WriteFile(mine, s.file, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := fetchOne(t, dir, s.targets("/a.zip"), s.options(nil)); got.Status != Fetched || got.Was != nil {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
}

func TestOnlyOneAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unlock, err := lock(filepath.Join(dir, ".fetch.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), dir, nil, Options{}); err == nil || !strings.Contains(err.Error(), "another codes fetch") {
		t.Errorf("two at once: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := Fetch(t.Context(), dir, nil, Options{}); err != nil {
		t.Error(err)
	}
}

// TestWantedPage: place of service is published as a page, so a page is right there, and another page is not.
func TestWantedPage(t *testing.T) {
	t.Parallel()
	body := "<!DOCTYPE html><h1>Place of Service Code Set</h1><table><tr><td>11</td></tr></table>"
	s := newSite(t, func(_ *site, _ int, w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	target := s.targets("/pos.html")
	target[0].Candidates[0].Contains = regexp.MustCompile(`(?is)place of service.*<table`)
	dir := t.TempDir()
	if got := fetchOne(t, dir, target, s.options(nil)); got.Status != Fetched {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
	body = "<html>You must accept this licence"
	if got := fetchOne(t, dir, target, s.options(nil)); got.Status != Failed || !strings.Contains(got.Message, "licence page") {
		t.Errorf("%s: %s", got.Status, got.Message)
	}
	if content, err := os.ReadFile(filepath.Join(dir, "pos.html")); err != nil || !strings.Contains(string(content), "<table>") {
		t.Errorf("the good page is gone: %q %v", content, err)
	}
}

// TestNoHostOfTheTable: a host is asked only if the table names it.
func TestNoHostOfTheTable(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(s *site, _ int, w http.ResponseWriter, r *http.Request) { s.serve(w, r) })
	opts := s.options(nil)
	opts.Hosts = Hosts(Embedded())
	if got := fetchOne(t, t.TempDir(), s.targets("/a.zip"), opts); got.Status != Failed || len(s.requests()) != 0 {
		t.Errorf("%s: %s, %d requests", got.Status, got.Message, len(s.requests()))
	}
	for host := range Hosts(Embedded()) {
		if u, err := url.Parse("https://" + host); err != nil || !strings.HasSuffix(u.Host, ".gov") {
			t.Errorf("the embedded table names the host %q", host)
		}
	}
}
