package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.as(t, b.sam)
	p := br.get("/settings").want(http.StatusOK)
	if p.has(`form[name="user"]`) {
		t.Error("a consultant is offered to add people")
	}
	p = br.submit(p, "name", url.Values{"name": {"Sam Sample-Smith"}, "credential": {"CPC, CCS"}}).want(http.StatusOK)
	if u, _ := b.people.Get(t.Context(), b.sam.ID); u.Name != "Sam Sample-Smith" || u.Credential != "CPC, CCS" {
		t.Errorf("the name is now %q, %q", u.Name, u.Credential)
	}
	if p = br.submit(p, "name", url.Values{"name": {" "}}); p.status != http.StatusUnprocessableEntity {
		t.Errorf("an empty name: status %d", p.status)
	}
	for _, tt := range []struct{ old, new, want string }{
		{"wrong", "four white geese march", "present password is wrong"},
		{password, "short", "at least 12 characters"},
		{password, "sam@firm.example", "little more than the name"},
	} {
		p = br.submit(br.get("/settings"), "password", url.Values{"old": {tt.old}, "new": {tt.new}}).want(http.StatusUnprocessableEntity)
		if got := p.text(".problem"); !strings.Contains(got, tt.want) {
			t.Errorf("%q to %q says %q, want %q", tt.old, tt.new, got, tt.want)
		}
	}
	p = br.post("/settings/theme", url.Values{"theme": {"dark"}, "back": {"/intake"}})
	if p.path != "/intake" {
		t.Errorf("choosing a theme leads to %s, want the page it was chosen on", p.path)
	}
	if got, _ := p.doc.Find("html").Attr("data-theme"); got != "dark" {
		t.Errorf("after choosing dark the theme is %q", got)
	}
	p = br.post("/settings/theme", url.Values{"theme": {`"><script>`}})
	if _, set := p.doc.Find("html").Attr("data-theme"); set {
		t.Error("a theme that does not exist was taken")
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.as(t, b.dana)
	p := br.submit(br.get("/settings"), "user", url.Values{"email": {"nia@firm.example"}, "name": {"Nia New"}, "role": {"lead"}}).want(http.StatusOK)
	issued := p.text(".secret")
	if in := b.browser(t).post("/login", url.Values{"email": {"nia@firm.example"}, "password": {issued}}); in.path != "/queue" {
		t.Fatalf("the password that was shown leads to %s", in.path)
	}
	if strings.Contains(br.get("/settings").body, issued) {
		t.Error("the password is shown a second time")
	}
	for _, email := range []string{"nia@firm.example", "no address"} {
		if p := br.submit(br.get("/settings"), "user", url.Values{"email": {email}, "role": {"lead"}}); p.status != http.StatusUnprocessableEntity || p.text(".problem") == "" {
			t.Errorf("adding %q: status %d, %q", email, p.status, p.text(".problem"))
		}
	}
	p = br.post(fmt.Sprintf("/users/%d/password", b.sam.ID), nil).want(http.StatusOK)
	if in := b.browser(t).post("/login", url.Values{"email": {"sam@firm.example"}, "password": {p.text(".secret")}}); in.path != "/queue" {
		t.Errorf("the new password leads to %s", in.path)
	}
	if p = br.post(fmt.Sprintf("/users/%d/disable", b.dana.ID), nil); p.status != http.StatusConflict || !strings.Contains(p.text(".problem"), "only active admin") {
		t.Errorf("disabling the only admin: status %d, %q", p.status, p.text(".problem"))
	}
	br.post(fmt.Sprintf("/users/%d/disable", b.sam.ID), nil).want(http.StatusOK)
	if u, _ := b.people.Get(t.Context(), b.sam.ID); u.Active() {
		t.Error("the disabled user is still active")
	}
	br.post(fmt.Sprintf("/users/%d/enable", b.sam.ID), nil).want(http.StatusOK)
	br.post("/users/42/disable", nil).want(http.StatusNotFound)
}
