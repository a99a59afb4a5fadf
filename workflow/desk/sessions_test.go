package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/desk"
)

func sessionCookie(br *browser) string {
	at, _ := url.Parse(br.b.server.URL)
	for _, c := range br.client.Jar.Cookies(at) {
		if c.Name == "session" {
			return c.Value
		}
	}
	return ""
}

func TestSessionFixation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at, _ := url.Parse(b.server.URL)

	// A token that nobody issued, planted before the sign-in.
	victim := b.browser(t)
	victim.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: "planted-by-a-stranger", Path: "/"}})
	victim.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {password}}).want(http.StatusOK)
	if got := sessionCookie(victim); got == "" || got == "planted-by-a-stranger" {
		t.Errorf("after sign-in the token is %q, want a new one", got)
	}
	stranger := b.browser(t)
	stranger.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: "planted-by-a-stranger", Path: "/"}})
	if p := stranger.get("/queue"); !strings.HasPrefix(p.path, "/login") {
		t.Errorf("the planted token leads to %s", p.path)
	}

	// A token that was issued: whoever knows Sam's session must not become Dana when Dana signs in over it.
	shared := b.as(t, b.sam)
	old := sessionCookie(shared)
	shared.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {password}}).want(http.StatusOK)
	stranger = b.browser(t)
	stranger.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: old, Path: "/"}})
	if p := stranger.get("/settings"); !strings.HasPrefix(p.path, "/login") {
		t.Errorf("the token from before the sign-in leads to %s", p.path)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	in := func(br *browser) bool { return br.get("/queue").path == "/queue" }

	t.Run("SignOut", func(t *testing.T) {
		br := b.as(t, b.sam)
		token := sessionCookie(br)
		br.post("/logout", nil)
		at, _ := url.Parse(b.server.URL)
		br.client.Jar.SetCookies(at, []*http.Cookie{{Name: "session", Value: token, Path: "/"}})
		if in(br) {
			t.Error("the token still works after signing out")
		}
	})
	t.Run("NewPassword", func(t *testing.T) {
		here, there := b.as(t, b.lea), b.as(t, b.lea)
		p := here.submit(here.get("/settings"), "password", url.Values{"old": {password}, "new": {"four white geese march"}})
		if !strings.Contains(p.text(".notice"), "password is changed") {
			t.Fatalf("changing the password: %s", p.text("main"))
		}
		if !in(here) {
			t.Error("whoever changed the password was signed out")
		}
		if in(there) {
			t.Error("another session outlived the change of the password")
		}
	})
	t.Run("Disabled", func(t *testing.T) {
		br := b.as(t, b.sam)
		if err := b.people.Disable(t.Context(), b.sam.ID); err != nil {
			t.Fatal(err)
		}
		if in(br) {
			t.Error("a disabled user is still signed in")
		}
		if err := b.people.Enable(t.Context(), b.sam.ID); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	b := setup(t, func(b *bundle, _ *desk.Options) {})
	br := b.as(t, b.sam)
	in := func() bool { return br.get("/queue").path == "/queue" }
	for range 5 {
		b.wait(110 * time.Minute)
		if !in() {
			t.Fatal("a session that is used ended early")
		}
	}
	live, err := http.NewRequest(http.MethodGet, b.server.URL+"/queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	live.Header.Set("X-Desk-Live", "1")
	for range 3 {
		b.wait(50 * time.Minute)
		br.do(live.Clone(t.Context()))
	}
	if in() {
		t.Error("a page that refreshed itself kept the session of somebody who went home")
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		public, name string
		secure       bool
	}{
		{"http://127.0.0.1:8025", "session", false},
		{"https://desk.firm.example", "__Host-session", true},
	} {
		b := setup(t, func(b *bundle, o *desk.Options) { o.PublicURL, _ = url.Parse(tt.public) })
		r, err := http.NewRequest(http.MethodPost, b.server.URL+"/login", strings.NewReader(url.Values{"email": {"dana@firm.example"}, "password": {password}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", tt.public) // as a browser behind a proxy that renames the host
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		cookies := resp.Cookies()
		if resp.StatusCode != http.StatusSeeOther || len(cookies) != 1 {
			t.Fatalf("%s: signing in gave status %d and %d cookies", tt.public, resp.StatusCode, len(cookies))
		}
		c := cookies[0]
		if c.Name != tt.name || c.Secure != tt.secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s: the cookie is %v", tt.public, c)
		}
		if hsts := resp.Header.Get("Strict-Transport-Security"); (hsts != "") != tt.secure {
			t.Errorf("%s: Strict-Transport-Security is %q", tt.public, hsts)
		}
	}
}

func TestLoginThrottle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.browser(t)
	for range 5 {
		p := br.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {"wrong"}}).want(http.StatusUnauthorized)
		if !strings.Contains(p.text(".problem"), "wrong") {
			t.Fatalf("a wrong password is answered by %q", p.text(".problem"))
		}
	}
	p := br.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {password}}).want(http.StatusTooManyRequests)
	if p.header.Get("Retry-After") == "" || !strings.Contains(p.text(".problem"), "Too many wrong passwords") {
		t.Errorf("after five wrong ones: %q, Retry-After %q", p.text(".problem"), p.header.Get("Retry-After"))
	}
	b.wait(31 * time.Second)
	if p := br.post("/login", url.Values{"email": {"dana@firm.example"}, "password": {password}}); p.path != "/queue" {
		t.Errorf("after the wait the right password leads to %s", p.path)
	}
	// An unknown address is answered like a wrong password.
	known := b.browser(t).post("/login", url.Values{"email": {"sam@firm.example"}, "password": {"wrong"}})
	unknown := b.browser(t).post("/login", url.Values{"email": {"zed@firm.example"}, "password": {"wrong"}})
	if known.status != unknown.status || strings.ReplaceAll(known.body, "sam@", "zed@") != unknown.body {
		t.Error("a known and an unknown address are answered differently")
	}
}
