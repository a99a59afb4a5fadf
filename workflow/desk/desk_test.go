package desk_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

const password = "three brown hens sing"

// bundle is a desk on a real database, with the people who work at it.
type bundle struct {
	db      *store.DB
	people  *people.People
	office  desk.Office
	cases   desk.Cases
	server  *httptest.Server
	dana    people.User // admin
	sam     people.User // consultant
	lea     people.User // lead
	changes *testChanges

	mu     sync.Mutex
	offset time.Duration
	frozen time.Time
}

func (b *bundle) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.frozen.IsZero() {
		return b.frozen.Add(b.offset)
	}
	return time.Now().Add(b.offset)
}

func (b *bundle) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.offset += d
}

type option func(*bundle, *desk.Options)

func setup(t testing.TB, opts ...option) *bundle {
	t.Helper()
	return setupURL(t, storetest.SQLiteURL(t), opts...)
}

func setupURL(t testing.TB, databaseURL string, opts ...option) *bundle {
	t.Helper()
	b := &bundle{}
	key := storetest.TestKey
	db, err := store.Open(context.Background(), store.Options{URL: databaseURL, Key: &key, Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	b.db = db
	ctx, cancel := context.WithCancel(context.Background())
	b.people = people.New(db, people.Options{Cost: people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}})
	add := func(email, name, credential string, role people.Role) people.User {
		u, err := b.people.Add(ctx, people.NewUser{Email: email, Name: name, Credential: credential, Role: role, Password: password})
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	b.dana = add("dana@firm.example", "Dana Example", "CPC, COC", people.Admin)
	b.sam = add("sam@firm.example", "Sam Sample", "CPC", people.Consultant)
	b.lea = add("lea@firm.example", "Lea Lead", "CCS", people.Lead)
	b.office = &testOffice{db: db}
	b.cases = casefile.NewFiles(db)
	b.changes = newTestChanges(ctx, db)
	b.server = httptest.NewUnstartedServer(nil)
	public, _ := url.Parse("http://" + b.server.Listener.Addr().String())
	o := desk.Options{Cases: b.cases, Intake: intake.New(db, intake.Options{}), Office: b.office, Codes: starterCodes(), People: b.people, Changes: b.changes, PublicURL: public,
		Queues: []string{"general"}, Firm: "Example Coding", Now: b.now, Log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	for _, opt := range opts {
		opt(b, &o)
	}
	d, err := desk.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.server.Config.Handler = d
	b.server.Start()
	t.Cleanup(func() {
		cancel()
		b.server.CloseClientConnections()
		b.server.Close()
		db.Close()
	})
	return b
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}

// browser is a person at the desk, without scripts.
type browser struct {
	t      testing.TB
	b      *bundle
	client *http.Client
}

func (b *bundle) browser(t testing.TB) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, b: b, client: &http.Client{Jar: jar}}
}

// as is a browser that has signed in.
func (b *bundle) as(t testing.TB, user people.User) *browser {
	t.Helper()
	br := b.browser(t)
	p := br.post("/login", url.Values{"email": {user.Email}, "password": {password}})
	if p.path != "/queue" {
		t.Fatalf("signing in as %s led to %s (%d), want the queue", user.Email, p.path, p.status)
	}
	return br
}

// page is what a browser shows.
type page struct {
	t      testing.TB
	status int
	path   string // after redirects, with the query
	header http.Header
	body   string
	doc    *goquery.Document
}

func (br *browser) do(r *http.Request) *page {
	br.t.Helper()
	resp, err := br.client.Do(r)
	if err != nil {
		br.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		br.t.Fatal(err)
	}
	p := &page{t: br.t, status: resp.StatusCode, path: resp.Request.URL.RequestURI(), header: resp.Header, body: string(body)}
	if p.doc, err = goquery.NewDocumentFromReader(strings.NewReader(p.body)); err != nil {
		br.t.Fatal(err)
	}
	return p
}

func (br *browser) get(path string) *page {
	br.t.Helper()
	r, err := http.NewRequest(http.MethodGet, br.b.server.URL+path, nil)
	if err != nil {
		br.t.Fatal(err)
	}
	return br.do(r)
}

func (br *browser) post(path string, form url.Values) *page {
	br.t.Helper()
	r, err := http.NewRequest(http.MethodPost, br.b.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		br.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", br.b.server.URL)
	return br.do(r)
}

// submit fills in a form of a page by its name and sends it, as a browser without scripts does.
func (br *browser) submit(p *page, name string, fields url.Values) *page {
	br.t.Helper()
	form := p.doc.Find(`form[name="` + name + `"]`)
	if form.Length() != 1 {
		br.t.Fatalf("the page %s has %d forms named %s, want 1", p.path, form.Length(), name)
	}
	values := url.Values{}
	form.Find("input[name], textarea[name], select[name]").Each(func(_ int, s *goquery.Selection) {
		field, _ := s.Attr("name")
		value, _ := s.Attr("value")
		if goquery.NodeName(s) == "textarea" {
			value = s.Text()
		}
		values.Set(field, value)
	})
	for k, v := range fields {
		values[k] = v
	}
	action, _ := form.Attr("action")
	return br.post(action, values)
}

func (p *page) text(selector string) string {
	return strings.Join(strings.Fields(p.doc.Find(selector).Text()), " ")
}

func (p *page) has(selector string) bool { return p.doc.Find(selector).Length() > 0 }

func (p *page) want(status int) *page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status %d, want %d: %s", p.path, p.status, status, p.text("main"))
	}
	return p
}
