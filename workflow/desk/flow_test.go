package desk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/store/storetest"
)

func refs(p *page) []string {
	return p.doc.Find(".row").Map(func(_ int, s *goquery.Selection) string { ref, _ := s.Attr("data-ref"); return ref })
}

func TestQueueViews(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.dana)
	for _, tt := range []struct {
		view  string
		count string
		want  []int // of the samples, in the order shown
	}{
		{"open", "9", []int{8, 0, 1, 2, 3, 4, 5, 6, 7}}, // what failed needs a person first, then the oldest
		{"mine", "1", []int{1}},
		{"unclaimed", "6", []int{0, 2, 3, 5, 6, 7}},
		{"overdue", "1", []int{0}},
		{"failed", "1", []int{8}},
		{"undelivered", "1", []int{2}},
		{"held", "1", []int{3}},
		{"asked_back", "1", []int{12}},
		{"answered", "1", []int{9}},
		{"closed", "1", []int{10}},
		{"set_aside", "1", []int{11}},
		{"all", "13", []int{8, 0, 1, 2, 3, 4, 5, 6, 7, 12, 9, 11, 10}},
	} {
		p := br.get("/queue?view=" + tt.view).want(http.StatusOK)
		var want []string
		for _, i := range tt.want {
			want = append(want, all[i])
		}
		if got := refs(p); !slices.Equal(got, want) {
			t.Errorf("the view %s shows %v, want %v", tt.view, got, want)
		}
		if got := p.text(".views a[aria-current] .count"); got != tt.count {
			t.Errorf("the view %s is counted as %q, want %s", tt.view, got, tt.count)
		}
	}
	p := br.get("/queue")
	first := p.doc.Find(".row").Eq(1)
	for selector, want := range map[string]string{".row-subject b": "31297-50 with 31288", ".row-asker": "Lee Example", ".row-due": "1 h over", ".row-age": "1 d", ".chip:first-child": "31297-50", ".more": "+1", ".row-topic": "NCCI edits"} {
		if got := strings.Join(strings.Fields(first.Find(selector).Text()), " "); got != want {
			t.Errorf("the first waiting case shows %q as %s, want %q", got, selector, want)
		}
	}
	if at, _ := first.Find(".row-due time").Attr("datetime"); !strings.HasSuffix(at, "Z") {
		t.Errorf("the due time for programs is %q, want UTC", at)
	}
	if got := p.text("#row-" + all[1] + " .vh"); !strings.Contains(got, "You have it") {
		t.Errorf("one's own case says %q", got)
	}
	if got := p.text("#row-" + all[4] + " .vh"); !strings.Contains(got, "Sam Sample has it") {
		t.Errorf("a colleague's case says %q", got)
	}
}

func TestQueueByCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.dana)
	for typed, want := range map[string][]string{"99213": {all[1], all[5]}, "m545": {all[4]}, "j1885": {all[6]}, "00000": nil, "' OR 1=1 --": nil} {
		p := br.get("/queue?view=open&code=" + url.QueryEscape(typed))
		if got := refs(p); !slices.Equal(got, want) {
			t.Errorf("by %q: %v, want %v", typed, got, want)
		}
		if want == nil && !strings.Contains(p.text(".empty"), "No case matches") {
			t.Errorf("by %q the empty list says %q", typed, p.text(".empty"))
		}
	}
}

func TestQueueEmpty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.as(t, b.sam)
	for view, want := range map[string]string{"open": "Nothing waits", "mine": "You have no case in hand", "overdue": "Nothing is overdue", "all": "No cases yet", "nonsense": "Nothing waits"} {
		if p := br.get("/queue?view=" + view); p.text(".empty h2") != want {
			t.Errorf("the empty view %s says %q, want %q", view, p.text(".empty h2"), want)
		}
	}
	for path, want := range map[string]string{"/intake": "No mail has been seen", "/outbox": "Nothing here", "/outbox?state=decide": "Nothing waits for you", "/codes?q=zzz": "The loaded codebook has nothing for this"} {
		if p := br.get(path); p.text(".empty h2") != want {
			t.Errorf("%s says %q, want %q", path, p.text(".empty h2"), want)
		}
	}
}

// Paging shows each case once, in order, across the groups of a view.
func TestQueuePages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var want []string
	for i := range 60 {
		want = append(want, b.mail(t, sampleMail{From: "A", Address: "a@clinic.example", Subject: fmt.Sprint("open ", i), Body: "x", Age: time.Duration(600-i) * time.Minute}))
	}
	var closed []string
	for i := range 50 {
		closed = append(closed, b.mail(t, sampleMail{From: "A", Address: "a@clinic.example", Subject: fmt.Sprint("closed ", i), Body: "x", Age: time.Duration(i) * time.Minute, State: casefile.Closed}))
	}
	want = append(want, closed...)
	br := b.as(t, b.sam)
	var got []string
	pages := 0
	for path := "/queue?view=all"; path != ""; pages++ {
		p := br.get(path).want(http.StatusOK)
		got = append(got, refs(p)...)
		path, _ = p.doc.Find(".pager a[rel=next]").Attr("href")
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d pages show %d cases, want 3 with %d, each once and in order", pages, len(got), len(want))
	}
	for _, after := range []string{"9-1", "-1-5", "x", "0-x", "0--5", "99999999999999999999-1"} {
		br.get("/queue?view=all&after=" + after).want(http.StatusOK)
	}
}

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

func TestRefusedAnswersKeepTheirText(t *testing.T) {
	t.Parallel()
	const text = "A long answer\nthat took an hour."
	t.Run("Closed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.dana)
		open := br.get("/cases/" + ref)
		if err := b.office.Close(t.Context(), ref, b.sam.ID, ""); err != nil {
			t.Fatal(err)
		}
		p := br.submit(open, "answer", url.Values{"body": {text}}).want(http.StatusConflict)
		if got := p.text(".refused"); !strings.Contains(got, "The case is closed") || !strings.Contains(got, "kept below") {
			t.Errorf("it says %q", got)
		}
		if got := p.doc.Find(".compose textarea").Text(); got != text {
			t.Errorf("the text that comes back is %q", got)
		}
		if !p.has(`form[name="reopen"]`) {
			t.Error("there is no way to reopen it")
		}
	})
	t.Run("NewMessage", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.dana)
		open := br.get("/cases/" + ref)
		id := b.follow(t, ref, sampleMail{From: "Amira Sample", Address: "amira@family.clinic.example", Subject: "Re", Body: "Correction: it was 44 minutes."})
		p := br.submit(open, "answer", url.Values{"body": {text}}).want(http.StatusConflict)
		if got := p.text(".refused"); !strings.Contains(got, "A new message came in while you wrote") {
			t.Errorf("it says %q", got)
		}
		if got := p.doc.Find(`form[name="answer"] textarea`).Text(); got != text {
			t.Errorf("the text that comes back is %q", got)
		}
		fresh := p.doc.Find(fmt.Sprintf("#m%d", id))
		if _, open := fresh.Attr("open"); !open || fresh.Find(".flag").First().Text() != "new" || !strings.Contains(fresh.Text(), "44 minutes") {
			t.Error("the new message is not shown as new")
		}
		if v, _ := b.cases.Get(t.Context(), ref); v.State != casefile.Waiting || len(v.Deliveries) != 1 {
			t.Errorf("something was sent: %s, %d deliveries", v.State, len(v.Deliveries))
		}
		if p = br.submit(p, "answer", nil); p.status != http.StatusOK || !strings.Contains(p.text(".notice"), "on its way") {
			t.Errorf("sending it after reading: status %d, %q", p.status, p.text("main"))
		}
	})
	t.Run("ClaimedByAnother", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.dana)
		open := br.get("/cases/" + ref)
		if err := b.office.Claim(t.Context(), ref, b.sam.ID); err != nil {
			t.Fatal(err)
		}
		p := br.submit(open, "ask", url.Values{"body": {text}}).want(http.StatusConflict)
		if got := p.text(".refused"); !strings.Contains(got, "Sam Sample has this case") {
			t.Errorf("it says %q", got)
		}
		if got := p.doc.Find(".compose textarea").Text(); got != text {
			t.Errorf("the text that comes back is %q", got)
		}
	})
	t.Run("SignedOut", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ref := b.mail(t, samples()[1])
		p := b.browser(t).post("/cases/"+ref+"/answer", url.Values{"body": {text}}).want(http.StatusUnauthorized)
		if got := p.doc.Find("textarea").Text(); got != text {
			t.Errorf("the text that comes back is %q", got)
		}
	})
	t.Run("Empty", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.dana)
		for _, form := range []string{"answer", "ask", "note"} {
			p := br.post("/cases/"+ref+"/"+form, url.Values{"body": {" \r\n "}}).want(http.StatusUnprocessableEntity)
			if got := p.text(".refused"); !strings.Contains(got, "There is no text yet") {
				t.Errorf("%s without text says %q", form, got)
			}
		}
	})
	t.Run("DeskStops", func(t *testing.T) {
		t.Parallel()
		base, stop := context.WithCancel(context.Background())
		b := setup(t, func(b *bundle, o *desk.Options) {
			o.Office = stoppedOffice{o.Office, stop}
			b.server.Config.BaseContext = func(net.Listener) context.Context { return base }
		})
		ref := b.mail(t, samples()[1])
		p := b.as(t, b.dana).post("/cases/"+ref+"/answer", url.Values{"body": {text}}).want(http.StatusServiceUnavailable)
		if got := p.doc.Find("textarea").Text(); got != text || !strings.Contains(p.text("h1"), "being restarted") {
			t.Errorf("the page is %q", p.text("main"))
		}
	})
	t.Run("OfficeFails", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(b *bundle, o *desk.Options) { o.Office = failingOffice{o.Office} })
		ref := b.mail(t, samples()[1])
		p := b.as(t, b.dana).post("/cases/"+ref+"/answer", url.Values{"body": {text}}).want(http.StatusInternalServerError)
		if got := p.doc.Find("textarea").Text(); got != text || strings.Contains(p.body, "secret detail") {
			t.Errorf("the page is %q", p.text("main"))
		}
	})
}

type failingOffice struct{ desk.Office }

// stoppedOffice is what an office is like while the program stops: the request's context ends under its hands.
type stoppedOffice struct {
	desk.Office
	stop context.CancelFunc
}

func (o stoppedOffice) Answer(ctx context.Context, _ string, _ int64, _ string, _ int64) error {
	o.stop()
	<-ctx.Done()
	return ctx.Err()
}

func (failingOffice) Answer(context.Context, string, int64, string, int64) error {
	return fmt.Errorf("secret detail: the database is on fire")
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

func TestDeliveriesToDecide(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.sam)
	if p := br.get("/queue"); p.text(".rail-alarm") != "2 mails need a decision" {
		t.Errorf("the rail says %q", p.text(".rail-alarm"))
	}
	p := br.get("/cases/" + all[2])
	action, _ := p.doc.Find(`#alerts form[action$="/arrived"]`).Attr("action")
	back, _ := p.doc.Find(`#alerts form[action$="/arrived"] input[name=back]`).Attr("value")
	p = br.post(action, url.Values{"back": {back}}).want(http.StatusOK)
	if got := p.text(".notice"); !strings.Contains(got, "Settled as arrived") || !strings.HasPrefix(p.path, "/cases/"+all[2]) {
		t.Errorf("settling leads to %s and says %q", p.path, got)
	}
	if p = br.post(action, url.Values{"back": {"//evil.example"}}); !strings.HasPrefix(p.path, "/outbox?done=late") || !strings.Contains(p.text(".notice"), "settled already") {
		t.Errorf("settling it again leads to %s and says %q", p.path, p.text(".notice"))
	}
	p = br.get("/outbox?state=held")
	action, _ = p.doc.Find(`form[action$="/approve"]`).Attr("action")
	br.post(action, nil).want(http.StatusOK)
	p = br.get("/outbox?state=deferred")
	if got := p.text("#deliveries"); !strings.Contains(got, "451 4.7.1: greylisted") || !strings.Contains(got, "Next try in 6 min") {
		t.Errorf("a deferred mail reads %q", got)
	}
	action, _ = p.doc.Find(`form[action$="/retry"]`).Attr("action")
	br.post(action, nil).want(http.StatusOK)
	counts, err := b.cases.DeliveryCounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if counts[casefile.DeliveryQueued] != 3 || counts[casefile.DeliveryAccepted] != 3 || counts[casefile.DeliveryUncertain]+counts[casefile.DeliveryHeld]+counts[casefile.DeliveryDeferred] != 0 {
		t.Errorf("in the end the deliveries are %v", counts)
	}
	br.post("/deliveries/42/retry", nil).want(http.StatusNotFound)
}

func TestIntake(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.sam)
	p := br.get("/intake").want(http.StatusOK)
	if got := p.text(".boxes"); !strings.Contains(got, "Watching; the server announces new mail") || !strings.Contains(got, "Not connected; it is tried again by itself (dial: connection refused)") {
		t.Errorf("the mailboxes read %q", got)
	}
	if got := p.doc.Find("#entries tbody tr").Length(); got != 15 {
		t.Errorf("%d mails are listed, want 15", got)
	}
	if got := p.text("#entries tbody tr:first-child"); !strings.Contains(got, "Op note attached") || !strings.Contains(got, all[7]) {
		t.Errorf("the newest mail reads %q", got)
	}
	p = br.get("/intake?fate=set_aside")
	if got := p.text("#entries tbody"); p.doc.Find("#entries tbody tr").Length() != 1 || !strings.Contains(got, "automatic reply") {
		t.Errorf("what was set aside reads %q", got)
	}
	br.get("/intake?fate=nonsense&before=x").want(http.StatusOK)
}

func TestCodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[0])
	br := b.as(t, b.sam)
	for typed, want := range map[string]string{"31297": "/codes/cpt/31297", "j1885": "/codes/hcpcs/J1885", "m54.5": "/codes/icd10cm/M54.5", strings.ToLower(ref): "/cases/" + ref, strings.ReplaceAll(ref, "-", ""): "/cases/" + ref} {
		if p := br.get("/codes?q=" + url.QueryEscape(typed)); p.path != want {
			t.Errorf("looking up %q leads to %s, want %s", typed, p.path, want)
		}
	}
	p := br.get("/codes?q=sphenoid").want(http.StatusOK)
	if got := p.doc.Find(".hits a").Length(); got != 2 {
		t.Errorf("%d entries for sphenoid, want 2", got)
	}
	p = br.get("/codes/icd10cm/M54.5").want(http.StatusOK)
	if got := p.text(".facts-line"); !strings.Contains(got, "in force") || !strings.Contains(got, "heading: needs more characters") {
		t.Errorf("a heading's facts read %q", got)
	}
	p = br.get("/codes/icd10cm/M54.50?on=2026-03-02").want(http.StatusOK)
	if got := p.text("#notes"); !strings.Contains(got, "Excludes1: not coded here") || !strings.Contains(got, "at M54") {
		t.Errorf("the instructions read %q", got)
	}
	if on, _ := p.doc.Find("input[name=on]").Attr("value"); on != "2026-03-02" {
		t.Errorf("the page is as of %q", on)
	}
	if p = br.get("/codes/cpt/99999").want(http.StatusNotFound); !strings.Contains(p.text("h1"), "no CPT 99999") {
		t.Errorf("an unknown code says %q", p.text("h1"))
	}
	br.get("/codes/nonsense/1").want(http.StatusNotFound)
	if p = br.get("/codes"); !strings.Contains(p.text(".releases"), "Starter, in our own words") {
		t.Errorf("the loaded releases read %q", p.text(".releases"))
	}
}

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

func TestEvents(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		b := setupURL(t, databaseURL)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.sam)
		at, _ := br.get("/queue").doc.Find("body").Attr("data-events")
		if !strings.HasPrefix(at, "/events?since=") {
			t.Fatalf("the page hears of changes at %q", at)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := br.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("the stream is %q", got)
		}
		lines := bufio.NewScanner(resp.Body)
		if err := b.office.Claim(t.Context(), ref, b.dana.ID); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var event struct {
				Seq  int64
				Refs []string
			}
			if err := json.Unmarshal([]byte(data), &event); err != nil || event.Seq == 0 || event.Refs == nil {
				t.Errorf("the event is %s, %v", data, err)
			}
			return
		}
		t.Errorf("no event came: %v", lines.Err())
	})
}

// Many readers at once, while cases change: for the race detector, and that no page fails.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	var wg sync.WaitGroup
	for i, user := range []int64{b.dana.ID, b.sam.ID} {
		br := b.as(t, b.dana)
		wg.Go(func() {
			for range 10 {
				for _, path := range []string{"/queue", "/cases/" + all[0], "/outbox", "/codes/cpt/31297"} {
					br.get(path).want(http.StatusOK)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if err := b.office.Note(context.Background(), all[i], user, "a note"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkQueue(b *testing.B) {
	benchmarkPage(b, func([]string) string { return "/queue?view=all" })
}
func BenchmarkCase(b *testing.B) {
	benchmarkPage(b, func(refs []string) string { return "/cases/" + refs[0] })
}

func benchmarkPage(b *testing.B, path func([]string) string) {
	desk := setup(b)
	refs := desk.full(b)
	for range 40 {
		desk.mail(b, samples()[1])
	}
	br := desk.as(b, desk.dana)
	for b.Loop() {
		r, err := http.NewRequest(http.MethodGet, desk.server.URL+path(refs), nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := br.client.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		resp.Body.Close()
	}
}
