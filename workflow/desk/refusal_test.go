package desk_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/desk"
)

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
