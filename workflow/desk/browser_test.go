package desk_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"caseconsultant/workflow/casefile"
)

// tab is a real browser with scripts.
type tab struct {
	t   testing.TB
	b   *bundle
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// tab opens a browser and fails the test at its end if the page raised an exception, broke its own policy, or asked
// another host for anything.
func (b *bundle) tab(t testing.TB) *tab {
	t.Helper()
	tb := &tab{t: t, b: b, ctx: chromium(t)}
	problem := func(format string, args ...any) {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		tb.problems = append(tb.problems, fmt.Sprintf(format, args...))
	}
	if err := chromedp.Listen(tb.ctx, func(ev any) {
		switch ev := ev.(type) {
		case *runtime.EventExceptionThrown:
			problem("exception: %s", ev.ExceptionDetails.Text)
		case *cdplog.EventEntryAdded:
			if ev.Entry.Level == "error" && !strings.Contains(ev.Entry.Text, "status of 4") {
				problem("log: %s", ev.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(ev.Request.URL, b.server.URL) && !strings.HasPrefix(ev.Request.URL, "about:") &&
				!strings.HasPrefix(ev.Request.URL, "data:") { // the browser's own pictures in its controls
				problem("a request to elsewhere: %s", ev.Request.URL)
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tb.mu.Lock()
		defer tb.mu.Unlock()
		for _, p := range tb.problems {
			t.Error(p)
		}
	})
	return tb
}

func (tb *tab) do(steps ...step) {
	tb.t.Helper()
	if err := chromedp.Do(tb.ctx, steps...); err != nil {
		tb.t.Fatal(err)
	}
}

func (tb *tab) open(path string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(tb.b.server.URL+path), chromedp.WaitReady(chromedp.CSS("main")))
}

func (tb *tab) press(keys ...string) {
	tb.t.Helper()
	for _, key := range keys {
		tb.do(press(key))
	}
}

// until waits for a condition of a loaded page, in the page's language, to come true. It survives the page being left.
func (tb *tab) until(what, condition string) {
	tb.t.Helper()
	var last any
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		ok, err := chromedp.Run(tb.ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && !!(`+condition+`)`))
		if err == nil && ok {
			return
		}
		last = err
	}
	at, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string](`location.pathname + " " + document.querySelector("main")?.innerText.slice(0, 1500)`))
	tb.t.Fatalf("waiting for %s (%v); the page is %s", what, last, at)
}

func (tb *tab) value(expression string) string {
	tb.t.Helper()
	v, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		tb.t.Fatal(err)
	}
	return v
}

func (tb *tab) signIn(email string) {
	tb.t.Helper()
	tb.open("/login")
	tb.do(chromedp.SendKeys(chromedp.CSS("input[name=email]"), email), chromedp.SendKeys(chromedp.CSS("input[name=password]"), password), chromedp.Click(chromedp.CSS("form .button")))
	tb.until("the queue after sign-in", `location.pathname === "/queue"`)
}

// A day at the desk in a minute: sign in, walk the queue, claim, write, look at the mail, send; all by keys.
func TestBrowserAnswersByKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	tb := b.tab(t)
	tb.signIn("dana@firm.example")

	selected := `document.querySelector(".row.selected")?.dataset.ref`
	tb.press("j")
	tb.until("the first row", selected+` === "`+all[8]+`"`)
	tb.press("j", "j", "j", "k")
	tb.until("the third row", selected+` === "`+all[1]+`"`)
	tb.press("j")
	tb.press("c")
	tb.until("the claim in the list", `location.pathname === "/queue" && document.querySelector("#row-`+all[2]+` .badge-me") && document.querySelector(".notice")?.textContent.includes("in your hands")`)
	tb.until("an address without what was done", `location.search === ""`)
	tb.press("Enter")
	tb.until("the case", `location.pathname === "/cases/`+all[2]+`"`)
	tb.press("u")
	tb.until("the queue again, on the same row", `location.pathname === "/queue" && `+selected+` === "`+all[2]+`"`)
	tb.press("k", "k")
	tb.press("Enter")
	tb.until("the overdue case", `location.pathname === "/cases/`+all[0]+`"`)
	tb.press("j")
	tb.until("the next case", `location.pathname === "/cases/`+all[1]+`"`)
	tb.press("k")
	tb.until("back again", `location.pathname === "/cases/`+all[0]+`"`)

	tb.press("c")
	tb.until("the claim", `document.querySelector(".case-state")?.textContent.includes("You have it")`)
	tb.press("r")
	tb.until("the answer's field", `document.activeElement === document.querySelector("form[name=answer] textarea")`)
	tb.do(chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), "No, not as billed."))
	tb.until("a kept draft", `document.querySelector("#draft-state")?.textContent === "Draft kept."`)
	if got := tb.value(`document.querySelector("form[name=answer] textarea").value`); got != "No, not as billed." {
		t.Errorf("the field holds %q: a key was typed into it, or lost", got)
	}
	tb.press("Escape", "p")
	tb.until("the preview", `document.querySelector(".has-preview #preview pre")?.textContent.startsWith("No, not as billed.")`)
	tb.press("Escape")
	tb.until("no preview", `!document.querySelector(".has-preview")`)
	tb.press("r")
	tb.do(command(dispatchKey, keyParams("Enter", 2)))
	tb.until("the answer", `document.querySelector(".case-state")?.textContent.includes("Answered")`)
	v, err := b.cases.Get(t.Context(), all[0])
	if err != nil {
		t.Fatal(err)
	}
	if v.State != casefile.Answered || len(v.Deliveries) != 2 || len(v.Drafts) != 0 {
		t.Errorf("the case is %s with %d deliveries and %d drafts, want it answered once and no draft", v.State, len(v.Deliveries), len(v.Drafts))
	}
	tb.press("/")
	tb.until("the look-up field", `document.activeElement === document.querySelector(".find input")`)
	tb.press("Escape", "?")
	tb.until("the keys", `document.querySelector("#keys").open`)
	tb.press("Escape", "g", "o")
	tb.until("the outbox", `location.pathname === "/outbox"`)
}

// What others do shows by itself, and what is being typed stays.
func TestBrowserIsLive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[1])
	tb := b.tab(t)
	tb.signIn("dana@firm.example")

	tb.do(chromedp.SendKeys(chromedp.CSS(".filters input[name=code]"), "992"))
	other := b.mail(t, samples()[2])
	tb.until("a new case", `document.querySelector("#row-`+other+`") !== null && document.querySelector(".views a[aria-current] .count").textContent === "2"`)
	if got := tb.value(`document.querySelector(".filters input[name=code]").value`); got != "992" {
		t.Errorf("the filter that was being typed is now %q", got)
	}
	tb.press("Escape", "j")
	if err := b.office.Claim(t.Context(), ref, b.sam.ID); err != nil {
		t.Fatal(err)
	}
	tb.until("a colleague's claim", `document.querySelector("#row-`+ref+` .badge")?.textContent === "SS"`)
	tb.until("the row still selected", `document.querySelector(".row.selected")?.dataset.ref === "`+ref+`"`)

	tb.open("/cases/" + other)
	tb.press("r")
	tb.do(chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), "Half a sentence"))
	tb.do(chromedp.Click(chromedp.CSS("#history summary")))
	tb.press("r")
	id := b.follow(t, other, sampleMail{From: "Jo Placeholder", Address: "jo@pain.clinic.example", Subject: "Re", Body: "One more thing: it was the ASC."})
	tb.until("the new message", fmt.Sprintf(`document.querySelector("#m%d[open]")?.textContent.includes("it was the ASC") && document.querySelector("#m%[1]d .flag").textContent === "new" && !document.querySelector("#moved").hidden`, id))
	if got := tb.value(`document.querySelector("form[name=answer] textarea").value`); got != "Half a sentence" {
		t.Errorf("the answer that was being typed is now %q", got)
	}
	tb.until("the field still in use, the history still open", `document.activeElement === document.querySelector("form[name=answer] textarea") && document.querySelector("#history").open`)
	tb.do(command(dispatchKey, keyParams("Enter", 2)))
	tb.until("the refusal", `document.querySelector(".refused")?.textContent.includes("A new message came in")`)
	if got := tb.value(`document.querySelector("form[name=answer] textarea").value`); got != "Half a sentence" {
		t.Errorf("after the refusal the answer is %q", got)
	}
	if v, _ := b.cases.Get(t.Context(), other); len(v.Deliveries) != 0 {
		t.Error("the stale answer was sent")
	}
}

func TestBrowserMentionsOpenTheirCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[0])
	tb := b.tab(t)
	tb.b.signInBrowser(t, tb.ctx, b.as(t, b.sam))
	tb.open("/cases/" + ref)
	tb.do(chromedp.Click(chromedp.CSS("#messages .mention")))
	tb.until("the code beside the case", `location.pathname === "/cases/`+ref+`" && document.querySelector("#code-cpt-31297").open`)
	// Everything that an answer needs is on one screen of 1280 by 800.
	tb.do(chromedp.EmulateViewport(1280, 800))
	tb.open("/cases/" + ref)
	for _, selector := range []string{"h1", ".msg.in .mail", ".findings", ".code-id", "form[name=answer] textarea", "form[name=answer] .primary"} {
		tb.until(selector+" in view", fmt.Sprintf(`(() => { const r = document.querySelector(%q).getBoundingClientRect(); return r.width > 0 && r.top >= 0 && r.bottom <= 800; })()`, selector))
	}
	// No page is wider than a small phone.
	tb.do(chromedp.EmulateViewport(320, 640))
	b.ledger(t)
	for _, path := range []string{"/queue", "/cases/" + ref, "/intake", "/outbox", "/codes?q=sphenoid", "/codes/cpt/31297", "/settings", "/licences", "/nowhere"} {
		tb.open(path)
		tb.until(path+" within 320 pixels", `document.documentElement.scrollWidth <= 320 && document.querySelector("main").scrollWidth <= 320`)
	}
}

func TestBrowserTheme(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tb := b.tab(t)
	tb.b.signInBrowser(t, tb.ctx, b.as(t, b.sam))
	tb.open("/settings")
	paper := `getComputedStyle(document.body).backgroundColor`
	tb.do(chromedp.Click(chromedp.CSS(`.settings button[name=theme][value=dark]`)))
	tb.until("dark paper", paper+` === "rgb(23, 24, 26)"`)
	tb.do(chromedp.Click(chromedp.CSS(`.settings button[name=theme][value=light]`)))
	tb.until("light paper", paper+` === "rgb(253, 253, 252)"`)
}

// Whoever is signed out while writing is told, and loses nothing.
func TestBrowserSignedOutWhileWriting(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[1])
	tb := b.tab(t)
	tb.b.signInBrowser(t, tb.ctx, b.as(t, b.sam))
	tb.open("/cases/" + ref)
	tb.press("r")
	tb.do(chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), "Half a sentence"))
	if err := b.people.SetPassword(t.Context(), b.sam.ID, "four white geese march"); err != nil {
		t.Fatal(err)
	}
	b.follow(t, ref, sampleMail{From: "Amira Sample", Address: "amira@family.clinic.example", Subject: "Re", Body: "It was 44 minutes."})
	tb.until("being told", `document.querySelector("#signed-out")?.textContent.includes("You are signed out")`)
	tb.until("the draft's warning", `document.querySelector("#draft-state")?.textContent.includes("could not be kept")`)
	if got := tb.value(`document.querySelector("form[name=answer] textarea").value`); got != "Half a sentence" {
		t.Errorf("the answer is %q", got)
	}
}

// On a wide screen the selected case is read beside the list, and r goes straight to its answer.
func TestBrowserReadsBesideTheList(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	tb := b.tab(t)
	tb.b.signInBrowser(t, tb.ctx, b.as(t, b.sam))
	tb.do(chromedp.EmulateViewport(1720, 900))
	tb.open("/queue")
	tb.until("the first case beside the list", `document.querySelector("#pane .mail")?.textContent.includes("see attached")`)
	tb.press("j", "j")
	tb.until("the third case beside the list", `document.querySelector("#pane .mail")?.textContent.includes("34 min total")`)
	b.follow(t, all[1], sampleMail{From: "Amira Sample", Address: "amira@family.clinic.example", Subject: "Re", Body: "It was 44 minutes."})
	tb.until("its further mail", `document.querySelector("#pane")?.textContent.includes("44 minutes")`)
	tb.press("j", "r")
	tb.until("the answer's field of the fourth case", `location.pathname === "/cases/`+all[2]+`" && document.activeElement === document.querySelector("form[name=answer] textarea")`)
}

// Several tabs share one stream: browsers open only six connections to a host.
func TestBrowserTabsShareOneStream(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tb := b.tab(t)
	tb.b.signInBrowser(t, tb.ctx, b.as(t, b.sam))
	tb.open("/queue")
	var tabs []*tab
	for range 7 {
		ctx, cancel := chromedp.NewContext(tb.ctx)
		t.Cleanup(cancel)
		more := &tab{t: t, b: b, ctx: ctx}
		more.open("/queue")
		tabs = append(tabs, more)
	}
	ref := b.mail(t, samples()[1])
	for i, more := range append(tabs, tb) {
		more.until(fmt.Sprintf("the new case in tab %d", i), `document.querySelector("#row-`+ref+`") !== null`)
	}
}

// What was set aside is one key away from being a case: in its list, and on its page.
func TestBrowserMakesACaseOfWhatWasSetAside(t *testing.T) {
	t.Parallel()
	b := setup(t)
	aside := sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "31297", Body: "Can 31297-50 be billed with 31288?", State: casefile.SetAside,
		Reason: "It says that it is an automatic reply.", Screen: "auto_reply"}
	first := b.mail(t, aside)
	second := b.mail(t, aside)
	settled := b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "99213", Body: "Thanks.", State: casefile.Closed})
	tb := b.tab(t)
	tb.signIn("dana@firm.example")
	state := func(ref string) casefile.State {
		v, err := b.cases.Get(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		return v.State
	}

	tb.open("/queue?view=set_aside")
	tb.press("j")
	tb.until("a row", `document.querySelector(".row.selected") && document.querySelectorAll(".row").length === 2`)
	chosen := tb.value(`document.querySelector(".row.selected").dataset.ref`)
	tb.press("m")
	tb.until("the case made in the list", `location.pathname === "/queue" && document.querySelector(".notice")?.textContent.includes("It is a case now") && document.querySelectorAll(".row").length === 1`)
	other := first
	if chosen == first {
		other = second
	}
	if got := state(chosen); got != casefile.Waiting {
		t.Errorf("the chosen mail is %s", got)
	}
	tb.open("/cases/" + other)
	tb.press("m")
	tb.until("the case made on its page", `document.querySelector(".notice")?.textContent.includes("It is a case now") && document.querySelector("form[name=claim]")`)
	if got := state(other); got != casefile.Waiting {
		t.Errorf("the other mail is %s", got)
	}
	tb.press("?")
	tb.until("the key in the help", `document.querySelector("#keys").open && document.querySelector("#keys").textContent.includes("make a case")`)
	tb.press("Escape")
	// A settled case in a list is not reopened by the key; on its own page it is.
	tb.open("/queue?view=closed")
	tb.press("j")
	tb.until("the closed case", `document.querySelector(".row.selected")?.dataset.ref === "`+settled+`"`)
	tb.press("m", "j")
	if got := state(settled); got != casefile.Closed {
		t.Errorf("a key in the list made the closed case %s", got)
	}
	tb.open("/cases/" + settled)
	tb.press("m")
	tb.until("the closed case reopened", `document.querySelector(".notice")?.textContent.includes("Reopened")`)
}
