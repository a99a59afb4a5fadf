package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/intake"
)

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

// fixedIntake has the mailboxes that a test says.
type fixedIntake struct {
	desk.Intake
	boxes []intake.Mailbox
}

func (f fixedIntake) Mailboxes(context.Context) ([]intake.Mailbox, error) { return f.boxes, nil }

// Whoever works the queue is told on every page that mail is not being read; the intake page says why, when it was last looked for, and what
// the last sweep proved, in figures.
func TestMailboxThatIsNotRead(t *testing.T) {
	t.Parallel()
	for alarm, says := range map[intake.Alarm]string{intake.AlarmRefused: "refuses to sign in", intake.AlarmSilent: "not answered for too long", intake.AlarmUnproven: "nothing has proven", "": ""} {
		b := setup(t, func(b *bundle, o *desk.Options) {
			o.Intake = fixedIntake{o.Intake, []intake.Mailbox{{Name: "consult", Folder: "INBOX", State: "retrying", Code: "timeout", StateAt: b.now().Add(-7 * time.Minute),
				LookedAt: b.now().Add(-8 * time.Minute), SweptAt: b.now().Add(-20 * time.Minute), SweptListed: 12, SweptHoles: 3, SweptWaiting: 1, Alarm: alarm}}}
		})
		br := b.as(t, b.sam)
		rail := br.get("/queue").want(http.StatusOK).text(".rail-alarm")
		p := br.get("/intake").want(http.StatusOK)
		boxes, rings := p.text(".boxes"), p.text(`.boxes [role="alert"]`)
		if strings.Contains(rail, "1 mailbox is not being read") != (alarm != "") || !strings.Contains(rings, says) || (rings == "") != (alarm == "") {
			t.Errorf("%q: the rail says %q, the page %q", alarm, rail, rings)
		}
		for _, want := range []string{"Last look 8 min ago", "1 mail of 12 not fetched yet", "20 min ago", "Listed by the server 12, in the ledger 11, found missing by that sweep 3, still waiting 1."} {
			if !strings.Contains(boxes, want) {
				t.Errorf("the mailbox lacks %q: %q", want, boxes)
			}
		}
	}
}
