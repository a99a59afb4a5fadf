package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func TestCasePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	p := b.as(t, b.dana).get("/cases/" + all[0]).want(http.StatusOK)
	if got := p.text(".case-read"); got != "31297-50 · 31288 · 31288-RT · Medicare · service 2 Mar 2026 · denial · about NCCI edits, modifiers" {
		t.Errorf("the mail was read as %q", got)
	}
	var lit []string
	p.doc.Find("#messages .mail .mention").Each(func(_ int, s *goquery.Selection) {
		href, _ := s.Attr("href")
		class, _ := s.Attr("class")
		lit = append(lit, s.Text()+" "+href+" "+class)
	})
	if want := []string{"31297-50 /codes/cpt/31297 mention sys-cpt", "31288 /codes/cpt/31288 mention sys-cpt", "31288-RT /codes/cpt/31288 mention sys-cpt"}; !slices.Equal(lit, want) {
		t.Errorf("the mentions in the text are %v, want %v", lit, want)
	}
	body := p.doc.Find(".msg.in .mail").First().Text()
	if body != samples()[0].Body {
		t.Errorf("the text is %q, want it as written", body)
	}
	var severities []string
	p.doc.Find(".finding b").Each(func(_ int, s *goquery.Selection) { severities = append(severities, s.Text()) })
	if !slices.Equal(severities, []string{"Error", "Care", "Note"}) {
		t.Errorf("the findings stand in the order %v", severities)
	}
	if got := p.text(".code:first-child summary"); !strings.HasPrefix(got, "31297-50 Widening of a sphenoid sinus opening") {
		t.Errorf("the first code reads %q", got)
	}
	if got := p.text(".code:first-child .code-body"); !strings.Contains(got, "In common words") || !strings.Contains(got, "not yet reviewed by a certified coder") {
		t.Errorf("the first code opens to %q", got)
	}
	if !p.has(".msg.in[open]") || p.has(".msg.auto[open]") {
		t.Error("the question should be open, and the automatic summary folded")
	}
	if !p.has("details.fold:not([open])") {
		t.Error("the signature should be folded")
	}
	for _, form := range []string{"claim", "answer", "ask", "note", "close"} {
		if !p.has(`form[name="` + form + `"]`) {
			t.Errorf("the page lacks the form %s", form)
		}
	}
	if !p.has(`form[name="answer"] textarea[name="body"]`) {
		t.Error("the answer has no field body")
	}
	if got := p.text("#history"); !strings.Contains(got, "Codes found") || !strings.Contains(got, "Received") {
		t.Errorf("the history reads %q", got)
	}
	if got := p.text(".notes"); !strings.Contains(got, "Lea Lead") {
		t.Errorf("the notes read %q", got)
	}
	// References are forgiven their case; a wrong one is a clear page.
	b.as(t, b.sam).get("/cases/" + strings.ToLower(all[0])).want(http.StatusOK)
	if p := b.as(t, b.sam).get("/cases/CC-1-AAAAA").want(http.StatusNotFound); p.text("h1") != "There is no such case" {
		t.Errorf("a wrong reference says %q", p.text("h1"))
	}
	if p := b.as(t, b.sam).get("/cases/" + all[8]); !strings.Contains(p.text("#alerts"), "Reading the mail failed five times") || !p.has(`form[name="requeue"]`) {
		t.Errorf("a failed case says %q", p.text("#alerts"))
	}
}

// The whole way of a case, without scripts, on both databases.
func TestAnswerWithoutScripts(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		b := setupURL(t, databaseURL)
		ref := b.mail(t, samples()[0])
		br := b.as(t, b.dana)
		p := br.get("/cases/" + ref)

		p = br.submit(p, "claim", nil).want(http.StatusOK)
		if got := p.text(".case-state"); !strings.Contains(got, "You have it") {
			t.Fatalf("after claiming: %q", got)
		}
		// A draft is kept, and stands in the form the next time, for its writer alone.
		p = br.post("/cases/"+ref+"/draft", url.Values{"body": {"No, not as\r\nbilled."}}).want(http.StatusOK)
		if got := p.doc.Find(`form[name="answer"] textarea`).Text(); got != "No, not as\nbilled." {
			t.Errorf("the draft comes back as %q", got)
		}
		p = br.post("/cases/"+ref+"/preview", url.Values{"body": {"No, not as billed."}}).want(http.StatusOK)
		if got := p.text("#preview"); !strings.Contains(got, "lee@ent.clinic.example") || !strings.Contains(got, "["+ref+"]") || !strings.Contains(got, "No, not as billed.") {
			t.Errorf("the preview reads %q", got)
		}
		if got := p.doc.Find(`form[name="answer"] textarea`).Text(); got != "No, not as billed." {
			t.Errorf("after the preview the form holds %q", got)
		}
		p = br.submit(p, "note", url.Values{"body": {"Check the ASC rule."}}).want(http.StatusOK)
		if got := p.text(".notes"); !strings.Contains(got, "Check the ASC rule.") || !strings.Contains(got, "Dana Example") {
			t.Errorf("the notes read %q", got)
		}
		p = br.submit(p, "answer", url.Values{"body": {"No, not as billed."}}).want(http.StatusOK)
		if got := p.text(".notice"); !strings.Contains(got, "answer is on its way") {
			t.Errorf("after the answer: %q", got)
		}
		if got := p.text(".case-state"); !strings.Contains(got, "Answered") || p.has(`form[name="answer"]`) {
			t.Errorf("after the answer the case is %q, and can be answered again: %v", got, p.has(`form[name="answer"]`))
		}
		if got := p.text(".deliveries"); !strings.Contains(got, "Answer waits to be sent") {
			t.Errorf("the deliveries read %q", got)
		}
		if got := p.text(".msg.out:not(.auto)"); !strings.Contains(got, "No, not as billed.") {
			t.Errorf("the conversation lacks the answer: %q", got)
		}
		p = br.submit(p, "close", nil)
		if got := p.text(".notice"); !strings.Contains(got, "Closed.") || !p.has(`.notice form[action$="/reopen"]`) {
			t.Errorf("after closing: %q, want it with a way back", got)
		}
		p = br.submit(p, "reopen", nil)
		p = br.submit(p, "ask", url.Values{"body": {"Which side was 31288?"}}).want(http.StatusOK)
		if got := p.text(".case-state"); !strings.Contains(got, "Asked back") {
			t.Errorf("after asking back: %q", got)
		}
		v, err := b.cases.Get(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		if v.State != casefile.AskedBack || len(v.Deliveries) != 3 || len(v.Drafts) != 0 {
			t.Errorf("in the end the case is %s with %d deliveries and %d drafts", v.State, len(v.Deliveries), len(v.Drafts))
		}
	})
}

func TestTwoClaimAtOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		b := setupURL(t, databaseURL)
		ref := b.mail(t, samples()[1])
		browsers := []*browser{b.as(t, b.dana), b.as(t, b.sam)}
		pages := make([]*page, 2)
		var wg sync.WaitGroup
		for i, br := range browsers {
			wg.Go(func() { pages[i] = br.post("/cases/"+ref+"/claim", nil) })
		}
		wg.Wait()
		won := slices.IndexFunc(pages, func(p *page) bool { return p.status == http.StatusOK })
		if won < 0 || pages[1-won].status != http.StatusConflict {
			t.Fatalf("the two got status %d and %d, want one claim and one refusal", pages[0].status, pages[1].status)
		}
		lost := pages[1-won]
		winner := []string{"Dana Example", "Sam Sample"}[won]
		if got := lost.text(".refused h2"); got != winner+" has this case" {
			t.Errorf("the slower one reads %q", got)
		}
		if lost.has(`form[name="answer"]`) || lost.has(`form[name="claim"]`) {
			t.Error("the slower one is still offered to write")
		}
		if !lost.has(`.refused a[href="/queue?view=unclaimed"]`) {
			t.Error("the slower one is not told where to go next")
		}
	})
}

// A mail that is far too large still makes a page that a browser can hold, and says what is left out.
func TestHugeMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	files := make(map[string]string)
	for i := range 150 {
		files[fmt.Sprintf("scan %d.pdf", i)] = "x"
	}
	ref := b.mail(t, sampleMail{From: "Lee", Address: "lee@clinic.example", Subject: "big", Body: strings.Repeat("Line of a listing with 99213\n", 100_000), Quoted: strings.Repeat("ü", 1_000_000), Files: files})
	p := b.as(t, b.sam).get("/cases/" + ref).want(http.StatusOK)
	if len(p.body) > 400<<10 {
		t.Errorf("the page has %d bytes", len(p.body))
	}
	if got := p.text(".msg-problem"); !strings.Contains(got, "Only the first 66 kB are shown") || !strings.Contains(got, "Only 100 of 150 attachments are listed") {
		t.Errorf("what is left out reads %q", got)
	}
}

// What may identify a patient is masked everywhere until somebody asks for it, which the history tells.
func TestIdentifiersAreMasked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secrets := []string{"01/02/1950", "AB123456", "555-867-5309", "Test, Pat"}
	ref := b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Trust: "pass", Subject: "27447 for DOB 01/02/1950", Codes: []string{"cpt:27447"},
		Body: "Patient: Test, Pat DOB 01/02/1950 MRN AB123456, had 27447. Call the patient at 555-867-5309.", Signature: "Lee Example\nPhone 555-234-0117",
		Files: map[string]string{"opnote DOB 01-02-1950.pdf": "x"}})
	b.ledger(t)
	br := b.as(t, b.sam)
	for _, path := range []string{"/queue", "/intake", "/outbox", "/cases/" + ref} {
		p := br.get(path).want(http.StatusOK)
		for _, secret := range append(secrets, "01-02-1950") {
			if strings.Contains(p.body, secret) {
				t.Errorf("%s shows %q", path, secret)
			}
		}
	}
	p := br.get("/cases/" + ref)
	if got := p.text(".msg.in .mail .masked"); !strings.Contains(got, "[date of birth]") || !strings.Contains(got, "[record number]") || !strings.Contains(got, "[name]") {
		t.Errorf("the masks read %q", got)
	}
	if !p.has(".msg.in .mail .mention") || !strings.Contains(p.body, "555-234-0117") {
		t.Error("the code, or the sender's own telephone number in the sign-off, was masked too")
	}
	p = br.submit(p, "reveal", nil).want(http.StatusOK)
	for _, secret := range secrets {
		if !strings.Contains(p.body, secret) {
			t.Errorf("after asking, %q is still masked", secret)
		}
	}
	if got := p.text("#history"); !strings.Contains(got, "Masked places shown Sam Sample") {
		t.Errorf("the history reads %q", got)
	}
	if again := br.get("/cases/" + ref); strings.Contains(again.body, secrets[0]) {
		t.Error("the next page shows it without being asked")
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[1])
	if err := b.office.Claim(t.Context(), ref, b.dana.ID); err != nil {
		t.Fatal(err)
	}
	// A consultant cannot take it; a lead can.
	if p := b.as(t, b.sam).get("/cases/" + ref); p.has(`form[name="release"]`) || !strings.Contains(p.text(".compose"), "Dana Example has this case") {
		t.Errorf("a colleague's case offers %q", p.text(".compose"))
	}
	b.as(t, b.sam).post("/cases/"+ref+"/release", nil).want(http.StatusConflict)
	lead := b.as(t, b.lea)
	p := lead.get("/cases/" + ref)
	if got := p.text(`form[name="release"]`); got != "Take it from Dana Example" {
		t.Errorf("a lead is offered %q", got)
	}
	p = lead.submit(p, "release", nil).want(http.StatusOK)
	if got := p.text(".case-state"); !strings.Contains(got, "Waiting") {
		t.Errorf("after it the case is %q", got)
	}
}

// Beside a mail stands whether its sender is proven, and why; the history says it too.
func TestWhyASenderIsBelieved(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "31297", Body: "Can 31297-50 be billed?", Trust: "pass"})
	err := b.db.InTx(t.Context(), func(tx *store.Tx) error {
		e, err := casefile.LockRef(t.Context(), tx, ref)
		if err != nil {
			return err
		}
		v, err := b.cases.Get(t.Context(), ref)
		if err != nil {
			return err
		}
		if err := e.Record(t.Context(), casefile.EventRead, casefile.System, v.Messages[0].ID, map[string]any{"sender": []string{"A signature of clinic.example holds."}}); err != nil {
			return err
		}
		return e.Save(t.Context())
	})
	if err != nil {
		t.Fatal(err)
	}
	p := b.as(t, b.dana).get("/cases/" + ref).want(http.StatusOK)
	if why, _ := p.doc.Find(".msg-line .flag").Attr("title"); p.text(".msg-line .flag") != "verified" || !strings.Contains(why, "A signature of clinic.example holds.") {
		t.Errorf("the mark %q says %q", p.text(".msg-line .flag"), why)
	}
	if got := p.text("#history"); !strings.Contains(got, "A signature of clinic.example holds.") {
		t.Errorf("the history reads %q", got)
	}
}

// What was set aside says why, and one button makes it a case.
func TestSetAsideBecomesACase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "31297", Body: "Can 31297-50 be billed with 31288?", State: casefile.SetAside,
		Reason: "It says that it is an automatic reply.", Screen: "auto_reply"})
	browser := b.as(t, b.dana)
	if got := browser.get("/queue?view=set_aside").text("#row-" + ref); !strings.Contains(got, "It says that it is an automatic reply.") {
		t.Errorf("the list does not say why: %q", got)
	}
	p := browser.get("/cases/" + ref).want(http.StatusOK)
	if got := p.text("#alerts"); !strings.Contains(got, "It says that it is an automatic reply.") {
		t.Errorf("the page does not say why: %q", got)
	}
	if got := p.text(`form[name="reopen"] button`); got != "Make it a case m" {
		t.Errorf("the button says %q", got)
	}
	if p.has(`form[name="answer"]`) || p.has(`form[name="claim"]`) {
		t.Error("what was set aside can be answered")
	}
	p = browser.submit(p, "reopen", nil)
	if got := p.text(".notice"); !strings.Contains(got, "It is a case now") {
		t.Errorf("the notice says %q", got)
	}
	if !p.has(`form[name="claim"]`) || p.has(`form[name="reopen"]`) {
		t.Error("it cannot be claimed")
	}
}
