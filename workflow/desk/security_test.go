package desk_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/people"
)

// fill puts real names into a route's pattern.
func (b *bundle) fill(t testing.TB, pattern, ref string) (method, path string) {
	t.Helper()
	method, path, _ = strings.Cut(pattern, " ")
	v, err := b.cases.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	id := fmt.Sprint(v.Messages[0].ID)
	switch {
	case strings.HasPrefix(path, "/attachments/"):
		id = fmt.Sprint(v.Messages[0].Attachments[0].ID)
	case strings.HasPrefix(path, "/deliveries/"):
		id = fmt.Sprint(v.Deliveries[0].ID)
	case strings.HasPrefix(path, "/users/"):
		id = fmt.Sprint(b.sam.ID)
	}
	return method, strings.NewReplacer("{$}", "", "{ref}", ref, "{id}", id, "{system}", "cpt", "{code}", "31297", "{name}", "x.css", "{action}", "answer").Replace(path)
}

// caseWithAll is a case that has an attachment and a delivery.
func (b *bundle) caseWithAll(t testing.TB) string {
	t.Helper()
	return b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "31297 today", Body: "Is 31297 right?", Codes: []string{"cpt:31297"},
		Files: map[string]string{"note.pdf": "%PDF sample"}, Summary: "We have it."})
}

func TestEveryRouteAsEveryone(t *testing.T) {
	t.Parallel()
	for _, rt := range desk.Routes() {
		t.Run(rt.Pattern, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ref := b.caseWithAll(t)
			method, path := b.fill(t, rt.Pattern, ref)
			try := func(br *browser) *http.Response {
				br.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				ctx := t.Context()
				r, err := http.NewRequestWithContext(ctx, method, b.server.URL+path, strings.NewReader("body=x&role=lead&email=n%40firm.example&name=New"))
				if err != nil {
					t.Fatal(err)
				}
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				resp, err := br.client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				return resp
			}
			nobody := try(b.browser(t))
			toLogin := nobody.StatusCode == http.StatusSeeOther && strings.HasPrefix(nobody.Header.Get("Location"), "/login?next=")
			refused := method == http.MethodGet && path != "/events" && toLogin || (method == http.MethodPost || path == "/events") && nobody.StatusCode == http.StatusUnauthorized && path != "/login" // there it is the wrong password
			if open := rt.Needs == ""; refused == open {
				t.Errorf("nobody got status %d to %q; the route is open to anyone: %v", nobody.StatusCode, nobody.Header.Get("Location"), open)
			}
			for _, user := range []people.User{b.sam, b.lea, b.dana} {
				status := try(b.as(t, user)).StatusCode
				allowed := rt.Needs == "" || user.Role.Includes(rt.Needs)
				if status == http.StatusInternalServerError {
					t.Errorf("%s got status 500", user.Role)
				}
				if !allowed && status != http.StatusForbidden || allowed && (status == http.StatusForbidden || status == http.StatusUnauthorized && path != "/login") {
					t.Errorf("%s got status %d, allowed: %v", user.Role, status, allowed)
				}
				if path == "/users/"+fmt.Sprint(b.sam.ID)+"/disable" || path == "/users/"+fmt.Sprint(b.sam.ID)+"/password" {
					break // sam cannot sign in any more
				}
			}
		})
	}
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.caseWithAll(t)
	br := b.as(t, b.dana)
	for _, rt := range desk.Routes() {
		method, path := b.fill(t, rt.Pattern, ref)
		if method != http.MethodPost {
			continue
		}
		for name, header := range map[string][2]string{
			"another site":            {"Sec-Fetch-Site", "cross-site"},
			"another host's page":     {"Sec-Fetch-Site", "same-site"},
			"an old browser's origin": {"Origin", "https://evil.example"},
			"a hidden origin":         {"Origin", "null"},
		} {
			r, err := http.NewRequest(method, b.server.URL+path, strings.NewReader("body=sent+by+a+stranger&email=evil%40evil.example&role=admin"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header[0], header[1])
			p := br.do(r)
			if p.status != http.StatusForbidden || p.text("h1") != "This did not come from the desk" {
				t.Errorf("%s from %s: status %d, %q; want a refusal", rt.Pattern, name, p.status, p.text("h1"))
			}
		}
	}
	v, err := b.cases.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if v.State != casefile.Waiting || len(v.Notes) != 0 || len(v.Drafts) != 0 || len(v.Deliveries) != 1 {
		t.Errorf("a refused form changed the case: %s, %d notes, %d drafts, %d deliveries", v.State, len(v.Notes), len(v.Drafts), len(v.Deliveries))
	}
	if users, _ := b.people.List(t.Context()); len(users) != 3 {
		t.Errorf("a refused form left %d users, want 3", len(users))
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.caseWithAll(t)
	br := b.as(t, b.dana)
	for _, path := range []string{"/login", "/queue", "/cases/" + ref, "/cases/CC-1-AAAAA", "/nowhere", "/settings", "/codes?q=x", "/intake", "/outbox"} {
		h := br.get(path).header
		policy := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy %q allows something unsafe", path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "same-origin"} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}

// No page carries anything that its own policy would refuse.
func TestNothingInline(t *testing.T) {
	t.Parallel()
	b := setup(t)
	refs := b.full(t)
	br := b.as(t, b.dana)
	for _, path := range []string{"/login", "/queue", "/queue?view=all", "/cases/" + refs[0], "/cases/" + refs[8], "/intake", "/outbox", "/codes", "/codes?q=sphenoid", "/codes/cpt/31297", "/settings", "/licences", "/nowhere"} {
		p := br.get(path)
		wantClean(t, path, p)
		if p.doc.Find("h1").Length() != 1 {
			t.Errorf("%s has %d main headings, want 1", path, p.doc.Find("h1").Length())
		}
		p.doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
			_, labelled := s.Attr("aria-label")
			id, _ := s.Attr("id")
			if !labelled && s.Closest("label").Length() == 0 && (id == "" || p.doc.Find(`label[for="`+id+`"]`).Length() == 0) {
				html, _ := goquery.OuterHtml(s)
				t.Errorf("%s: a field without a label: %s", path, html)
			}
		})
		if n := len(p.body); n > 100<<10 {
			t.Errorf("%s has %d bytes, want at most 100 KB", path, n)
		}
	}
}

// wantClean checks that a page has no script, style, handler or address that is not ours.
func wantClean(t *testing.T, path string, p *page) {
	t.Helper()
	p.doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		name := goquery.NodeName(s)
		switch name {
		case "script":
			if src, _ := s.Attr("src"); !strings.HasPrefix(src, "/assets/desk.") || strings.TrimSpace(s.Text()) != "" {
				t.Errorf("%s: a script that is not ours: %q", path, src)
			}
		case "style", "iframe", "object", "embed", "base", "img":
			t.Errorf("%s: an element <%s>", path, name)
		}
		for _, a := range s.Nodes[0].Attr {
			key, value := strings.ToLower(a.Key), strings.ToLower(strings.TrimSpace(a.Val))
			if strings.HasPrefix(key, "on") || key == "style" || key == "srcdoc" {
				t.Errorf("%s: <%s> has the attribute %s", path, name, key)
			}
			if (key == "href" || key == "src" || key == "action" || key == "formaction") && value != "" && !strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "#") {
				t.Errorf("%s: <%s %s=%q> leads elsewhere", path, name, key, a.Val)
			}
		}
	})
}

const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)><a href="javascript:alert(3)">x</a>'--></title><style>*{}</style>{{.}}`

func TestForeignTextStaysText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, sampleMail{From: evil, Address: `"` + `<script>alert(4)</script>"@clinic.example`, Subject: "31297 " + evil, Body: evil + " 31297 " + evil, Quoted: evil, Signature: evil,
		Problems: []string{evil}, Codes: []string{"cpt:31297"}, Topics: []string{"codes"}, Files: map[string]string{evil + ".pdf": "x"}, Trust: "none", Summary: evil, Payer: "commercial", Kind: "question"})
	failed := b.mail(t, sampleMail{From: evil, Address: "x@clinic.example", Subject: evil, Body: evil, State: casefile.Failed, Reason: evil})
	if err := b.office.Note(t.Context(), ref, b.dana.ID, evil); err != nil {
		t.Fatal(err)
	}
	if err := b.office.SaveDraft(t.Context(), ref, b.dana.ID, "</textarea>"+evil); err != nil {
		t.Fatal(err)
	}
	if err := b.people.SetName(t.Context(), b.lea.ID, evil, evil); err != nil {
		t.Fatal(err)
	}
	if err := b.office.Claim(t.Context(), ref, b.lea.ID); err != nil {
		t.Fatal(err)
	}
	b.ledger(t)
	br := b.as(t, b.dana)
	q := "q=" + url.QueryEscape(evil)
	for _, path := range []string{"/queue", "/queue?view=all&code=" + url.QueryEscape(evil), "/cases/" + ref, "/cases/" + failed, "/intake", "/outbox", "/codes?" + q, "/codes/cpt/" + url.PathEscape(evil), "/settings",
		"/login?next=" + url.QueryEscape(evil), "/queue?done=" + url.QueryEscape(evil)} {
		wantClean(t, path, br.get(path))
	}
	p := br.get("/cases/" + ref)
	if !strings.Contains(p.doc.Find(".msg .mail").First().Text(), evil) {
		t.Error("the mail's text is not shown as it was written")
	}
	if !strings.Contains(p.doc.Find("h1").Text(), "<script>") {
		t.Error("the subject is not shown as it was written")
	}
	// What comes back in a form too.
	wantClean(t, "preview", br.post("/cases/"+ref+"/preview", url.Values{"body": {evil}}))
	wantClean(t, "refused answer", br.post("/cases/"+ref+"/answer", url.Values{"body": {"</textarea>" + evil}}))
	out := b.browser(t)
	wantClean(t, "failed sign-in", out.post("/login", url.Values{"email": {evil}, "password": {"x"}, "next": {evil}}))
	wantClean(t, "text kept after sign-out", out.post("/cases/"+ref+"/answer", url.Values{"body": {"</textarea>" + evil}}))
}

func TestDownloads(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, tt := range []struct{ name, want string }{
		{"note.pdf", `attachment; filename=note.pdf`},
		{"../../etc/passwd", `attachment; filename=passwd`},
		{`C:\temp\evil.exe`, `attachment; filename=evil.exe`},
		{"a\r\nSet-Cookie: x=y.html", `attachment; filename="aSet-Cookie_ x=y.html"`},
		{"invoice\u202Efdp.exe", `attachment; filename=invoicefdp.exe`},
		{`"; filename=evil.html`, `attachment; filename="__ filename=evil.html"`},
		{"Befund Müller.pdf", `attachment; filename*=utf-8''Befund%20M%C3%BCller.pdf`},
		{"con.txt", `attachment; filename=attachment-1`},
		{"", `attachment; filename=attachment-1`},
		{"...", `attachment; filename=attachment-1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ref := b.mail(t, sampleMail{From: "Lee", Address: "lee@clinic.example", Subject: "s", Body: "b", Files: map[string]string{tt.name: "<script>alert(1)</script>"}})
			br := b.as(t, b.sam)
			p := br.get("/cases/" + ref)
			href, _ := p.doc.Find(".files a").Attr("href")
			got := br.get(href).want(http.StatusOK)
			if d := got.header.Get("Content-Disposition"); d != tt.want {
				t.Errorf("it is offered as %q, want %q", d, tt.want)
			}
			if got.header.Get("Content-Type") != "application/octet-stream" || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("a browser might show it: %v", got.header)
			}
			if got.body != "<script>alert(1)</script>" || got.header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
				t.Errorf("its bytes are %q", got.body)
			}
		})
	}
	ref := b.caseWithAll(t)
	br := b.as(t, b.sam)
	href, _ := br.get("/cases/" + ref).doc.Find(".msg.in .msg-foot a").Attr("href")
	raw := br.get(href).want(http.StatusOK)
	if !strings.HasPrefix(raw.body, "From: lee@clinic.example\r\n") || raw.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the raw mail is %q as %s", raw.body, raw.header.Get("Content-Type"))
	}
	br.get("/attachments/42").want(http.StatusNotFound)
	br.get("/messages/nonsense/raw").want(http.StatusNotFound)
}

func TestRemoteAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"192.0.2.7:1234", "", "192.0.2.7"},
		{"192.0.2.7:1234", "203.0.113.9", "192.0.2.7"}, // not from a proxy of ours: whoever asks made it up
		{"127.0.0.1:1234", "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:1234", "10.9.9.9, 203.0.113.9", "203.0.113.9"},
		{"[::1]:1234", "2001:db8::1", "2001:db8::1"},
		{"127.0.0.1:1234", "", "127.0.0.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := desk.RemoteAddr(r); got != tt.want {
			t.Errorf("%s with %q is %q, want %q", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestNextStaysOnTheDesk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for next, want := range map[string]string{
		"/intake":               "/intake",
		"/cases/CC-1-AAAAA":     "/cases/CC-1-AAAAA",
		"//evil.example/queue":  "/queue",
		"https://evil.example":  "/queue",
		`/\evil.example`:        "/queue",
		"javascript:alert(1)":   "/queue",
		"/\t/evil.example":      "/queue",
		"":                      "/queue",
		"/logout":               "/queue",
		"/queue?view=mine&x=%0": "/queue?view=mine&x=%0",
	} {
		br := b.browser(t)
		br.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		p := br.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {password}, "next": {next}})
		if got := p.header.Get("Location"); got != want {
			t.Errorf("next=%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestBigForms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.caseWithAll(t)
	p := b.as(t, b.sam).post("/cases/"+ref+"/answer", url.Values{"body": {strings.Repeat("x", 2<<20)}})
	if p.status != http.StatusBadRequest {
		t.Errorf("two megabytes of answer: status %d, want 400", p.status)
	}
	if v, err := b.cases.Get(t.Context(), ref); err != nil || v.State != casefile.Waiting {
		t.Errorf("the case is %v, %v", v.State, err)
	}
}
