//go:build pictures

package desk_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/desk"
)

// TestPictures (go test -tags pictures -run TestPictures) takes pictures of every page at desktop and phone width, light and dark, into the folder that
// CASECONSULTANT_PICTURES names: to be looked at, and for the README.
func TestPictures(t *testing.T) {
	dir := os.Getenv("CASECONSULTANT_PICTURES")
	if dir == "" {
		t.Fatal("CASECONSULTANT_PICTURES names the folder for the pictures")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	book, err := codebook.OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	b := setup(t, keepsWords, func(_ *bundle, o *desk.Options) { o.Codes = book })
	refs := append(b.full(t), b.withPatient(t))
	ctx := chromium(t)
	b.signInBrowser(t, ctx, b.as(t, b.dana))
	only := os.Getenv("CASECONSULTANT_PICTURES_ONLY")
	shot := func(name, path string, width, height int64, dark bool, actions ...step) {
		if only != "" && !strings.Contains(name, only) {
			return
		}
		scheme, suffix := "light", "-light"
		if dark {
			scheme, suffix = "dark", "-dark"
		}
		if width < 600 {
			suffix = "-phone" + suffix
		}
		run := append([]step{
			chromedp.EmulateViewport(width, height),
			command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
			chromedp.Navigate(b.server.URL + path),
			chromedp.WaitReady(chromedp.CSS("main")),
		}, actions...)
		run = append(run, chromedp.Sleep(150*time.Millisecond))
		if err := chromedp.Do(ctx, run...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+suffix+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pages := []struct {
		name, path string
		actions    []step
	}{
		{"queue", "/queue", []step{press("j"), press("j")}},
		{"queue-all", "/queue?view=all", nil},
		{"queue-empty", "/queue?view=mine&code=99999", nil},
		{"case", "/cases/" + refs[0], nil},
		{"case-document", "/cases/" + b.withDocument(t), []step{chromedp.Click(chromedp.CSS(".files .fold summary"))}},
		{"case-write", "/cases/" + refs[0], []step{press("r"), chromedp.Sleep(100 * time.Millisecond), chromedp.SendKeys(chromedp.CSS(`form[name=answer] textarea`), "No, not as billed. In any one sphenoid sinus Medicare pays either the dilation (31297) or the opening with tissue removal (31288), not both.\n\nReport 31288-RT and 31297-LT, one unit each, if the note shows it."), chromedp.Click(chromedp.CSS(`.panel-answer [data-do=preview]`)), chromedp.WaitVisible(chromedp.CSS(`.preview pre`))}},
		{"case-code", "/cases/" + refs[0], []step{chromedp.Click(chromedp.CSS(`.code summary`))}},
		{"case-failed", "/cases/" + refs[8], nil},
		{"case-uncertain", "/cases/" + refs[2], nil},
		{"intake", "/intake", nil},
		{"outbox", "/outbox", nil},
		{"codes", "/codes?q=sphenoid", nil},
		{"codes-start", "/codes", nil},
		{"code", "/codes/cpt/31297", nil},
		{"code-words", "/codes/hcpcs/J1885", []step{chromedp.Click(chromedp.CSS("#words summary")), chromedp.SendKeys(chromedp.CSS("form[name=words-common] textarea"), "One unit is 15 mg of ketorolac given as a shot."),
			chromedp.Click(chromedp.CSS("form[name=words-common] button")), chromedp.WaitVisible(chromedp.CSS("#words h3"))}},
		{"code-heading", "/codes/icd10cm/M54.5", nil},
		{"settings", "/settings", nil},
		{"case-masked", "/cases/" + refs[len(refs)-1], nil},
		{"case-taken", "/cases/" + refs[4], nil},
		{"menu", "/cases/" + refs[1], []step{chromedp.Click(chromedp.CSS(".menu summary"))}},
		{"case-refused", "/cases/" + refs[5], []step{chromedp.SendKeys(chromedp.CSS("form[name=answer] textarea"), "24 and 25 both stand if the note shows an unrelated visit."),
			chromedp.Func(func(context.Context, *chromedp.Target) error {
				b.follow(t, refs[5], sampleMail{From: "Robin Test", Address: "robin@ortho.clinic.example", Trust: "pass", Subject: "Re: post op visit", Body: "Correction: it was the RIGHT knee after all."})
				return nil
			}), chromedp.Click(chromedp.CSS("form[name=answer] .primary")), chromedp.WaitVisible(chromedp.CSS(".refused"))}},
		{"missing", "/cases/CC-1-AAAAA", nil},
		{"keys", "/queue", []step{press("?")}},
	}
	for _, p := range pages {
		for _, dark := range []bool{false, true} {
			shot(p.name, p.path, 1280, 800, dark, p.actions...)
			shot(p.name, p.path, 390, 844, dark, p.actions...)
		}
	}
	shot("wide", "/queue", 1680, 950, false, press("j"), chromedp.Sleep(300*time.Millisecond))
	if err := chromedp.Do(ctx, command(network.ClearBrowserCookies, cdp.Empty{})); err != nil {
		t.Fatal(err)
	}
	for _, dark := range []bool{false, true} {
		shot("login", "/login", 1280, 800, dark)
		shot("login", "/login", 390, 844, dark)
	}
}

// withPatient adds a case whose mail names a patient; the person is made up.
func (b *bundle) withPatient(t testing.TB) string {
	t.Helper()
	return b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Trust: "none", Subject: "27447 for DOB 01/02/1950", Codes: []string{"cpt:27447"}, Age: 3 * time.Minute, Due: 8 * time.Hour,
		Body: "Patient: Test, Pat DOB 01/02/1950 MRN AB123456, had 27447 on 3/5/26.\nCall the patient at 555-867-5309 if needed.", Flags: []casefile.Flag{casefile.PossiblePHI}, Problems: []string{"One part is in an unknown character set and may show wrong letters."}})
}
