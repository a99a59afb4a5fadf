package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"caseconsultant/workflow/casefile"
)

// browser starts a headless browser of desktop size, or leaves the test out where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("CASECONSULTANT_TEST_CHROMIUM")
	if path == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_TEST_CHROMIUM is not set, and CASECONSULTANT_TEST_ALL allows no test to be left out")
		}
		t.Skip("left out: needs CASECONSULTANT_TEST_CHROMIUM=/usr/bin/chromium")
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(time.Minute))...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	light := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}}})
		return err
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), light); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return ctx
}

// The demo as a newcomer meets it: a case at the desk, its answer, and what the asker then sees on the mail page, which
// was open all the time. With CASECONSULTANT_PICTURES it takes the README's picture on the way.
func TestDemoInABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	w := startDemo(t, "")
	if err := w.play(t.Context(), 0, &demoLines{console: silentConsole(t)}); err != nil {
		t.Fatal(err)
	}
	const lee = "lee@ent.example"
	if _, err := w.nthMail(ctx, lee, 1); err != nil {
		t.Fatal(err)
	}
	do := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	sees := func(what, condition string) {
		t.Helper()
		until(t, what, func() bool {
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](condition))
			return err == nil && ok
		})
	}

	do("sign in", chromedp.Navigate(w.program.DeskURL()+"/login"), chromedp.SendKeys(chromedp.CSS("input[name=email]"), demoConsultant.email),
		chromedp.SendKeys(chromedp.CSS("input[name=password]"), w.kept.DeskPassword), chromedp.Click(chromedp.CSS("form .button")))
	sees("the queue lists Lee's case", `location.pathname === "/queue" && document.body.innerText.includes("31297-50 with 31288")`)
	cases, err := w.program.Line().Files().List(ctx, casefile.Filter{Code: "31297"})
	if err != nil || len(cases) == 0 || cases[0].Asker.Address != lee {
		t.Fatalf("Lee's case is not the first of those that name 31297: %v, %v", cases, err)
	}
	do("open the case", chromedp.Navigate(w.program.DeskURL()+"/cases/"+cases[0].Ref), chromedp.WaitVisible(chromedp.CSS("form[name=answer] textarea")),
		chromedp.Click(chromedp.CSS(".code summary")),
		chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), "No, not as billed. In any one sphenoid sinus Medicare pays either the dilation (31297) or the opening with tissue removal (31288), not both.\n\nReport by side what the note shows."))
	if dir := os.Getenv("CASECONSULTANT_PICTURES"); dir != "" {
		// Where the whole answer can be seen, with nothing blinking in it.
		do("rest", chromedp.Sleep(500*time.Millisecond), chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "demo-desk.png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	// The asker's inbox is open in another tab while the answer is sent.
	inbox, closeInbox := chromedp.NewContext(ctx)
	defer closeInbox()
	if err := chromedp.Do(inbox, chromedp.Navigate(w.pageURL()+"/inbox/"+lee), chromedp.WaitVisible(chromedp.CSS("#list li"))); err != nil {
		t.Fatalf("open the inbox: %v", err)
	}
	before, err := chromedp.Run(inbox, chromedp.Evaluate[int](`document.querySelectorAll("#list li").length`))
	if err != nil {
		t.Fatal(err)
	}
	do("send the answer", chromedp.Click(chromedp.CSS("form[name=answer] .primary")))
	until(t, "the answer appears in the open inbox by itself", func() bool {
		now, err := chromedp.Run(inbox, chromedp.Evaluate[int](`document.querySelectorAll("#list li").length`))
		return err == nil && now == before+1
	})
	if err := chromedp.Do(inbox, chromedp.Click(chromedp.CSS("#list li a")), chromedp.WaitVisible(chromedp.CSS("#reader iframe"))); err != nil {
		t.Fatalf("open the answer: %v", err)
	}
	text, err := chromedp.Run(inbox, chromedp.Evaluate[string](`fetch(document.querySelector("iframe").src).then(r => r.text())`, chromedp.EvalAwaitPromise))
	if err != nil || !strings.Contains(text, "Report by side what the note shows.") {
		t.Errorf("the HTML part of the answer is %q, %v", text, err)
	}
}
