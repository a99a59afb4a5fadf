package workflow_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"

	"caseconsultant/mailin"
	"caseconsultant/mailin/authenticity"
	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store/storetest"
)

// published is a DNS that knows a clinic's key and policy.
type published map[string]string

func (p published) LookupTXT(_ context.Context, name string) ([]string, error) {
	if text, ok := p[strings.TrimSuffix(name, ".")]; ok {
		return []string{text}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// clinic signs mail, and its name servers say how.
func clinic(t testing.TB) (sign func(raw string) string, proving option) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	names := published{"s1._domainkey.clinic.example": "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public), "_dmarc.clinic.example": "v=DMARC1; p=reject"}
	sign = func(raw string) string {
		var out bytes.Buffer
		must(t, dkim.Sign(&out, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), &dkim.SignOptions{Domain: "clinic.example", Selector: "s1", Signer: key,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed}))
		return strings.ReplaceAll(out.String(), "\r\n", "\n") // as the bundle takes mail
	}
	return sign, func(o *workflow.Options) { o.Authenticity = authenticity.New(names, authenticity.Options{}) }
}

// Where no receiving server is believed, a signature of the sender's domain proves who it was, its policy says who it was
// not, and the history says why.
func TestASendersSignatureIsVerified(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		sign, proving := clinic(t)
		b := setup(t, url, proving)
		b.start()
		forged := "Return-Path: <x@other.example>\n"
		for _, c := range []struct {
			name, raw, trust, why string
			mails                 int
		}{
			{"Signed", sign(question("signed@clinic.example")), "pass", "A signature of clinic.example holds", 1},
			{"Unsigned", question("unsigned@clinic.example"), "none", "bears no signature", 1},
			{"Changed", strings.Replace(sign(question("changed@clinic.example")), "31297", "31299", 1), "none", "was changed after signing", 1},
			{"Forged", forged + question("forged@clinic.example"), "fail", "Nothing ties the mail", 0},
		} {
			before := len(b.smtp.Messages())
			b.deliver(c.raw)
			b.settled()
			list := b.cases()
			v := b.view(list[len(list)-1].Ref)
			for _, one := range list {
				if view := b.view(one.Ref); strings.HasPrefix(view.Messages[0].HeaderID, strings.ToLower(c.name)) {
					v = view
				}
			}
			if got := v.Messages[0].Trust; got != c.trust {
				t.Errorf("%s: trust %q, want %q", c.name, got, c.trust)
			}
			if v.Has(casefile.UnverifiedSender) != (c.trust == "fail") {
				t.Errorf("%s: flags %v", c.name, v.Flags)
			}
			if got := len(b.smtp.Messages()) - before; got != c.mails {
				t.Errorf("%s: %d automatic mails, want %d", c.name, got, c.mails)
			}
			told := false
			for _, e := range v.Events {
				told = told || e.Kind == casefile.EventRead && strings.Contains(e.Detail, c.why)
			}
			if !told {
				t.Errorf("%s: the history does not say %q", c.name, c.why)
			}
		}
		b.proven()
	})
}

// What was fetched only in part, and what a machine wrote, is not verified: nothing is looked up for it.
func TestWhatIsNotVerified(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		sign, _ := clinic(t)
		asked := &countingNames{}
		b := setup(t, url, func(o *workflow.Options) { o.Authenticity = authenticity.New(asked, authenticity.Options{}) })
		b.start()
		b.deliverMail(sign(question("part@clinic.example")), func(m *mailin.Mail) { m.Truncated = true })
		b.deliver(sign("Auto-Submitted: auto-replied\n" + question("machine@clinic.example")))
		b.settled()
		if asked.n != 0 {
			t.Errorf("the DNS was asked %d times", asked.n)
		}
		if n := len(b.cases()); n != 2 {
			t.Errorf("%d cases", n)
		}
	})
}

type countingNames struct{ n int }

func (c *countingNames) LookupTXT(context.Context, string) ([]string, error) {
	c.n++
	return nil, &net.DNSError{IsNotFound: true}
}

// Name servers that do not answer hold a mail up for a moment, and lose nothing.
func TestNameServersThatHang(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		sign, _ := clinic(t)
		b := setup(t, url, func(o *workflow.Options) {
			o.Authenticity = authenticity.New(hangingNames{}, authenticity.Options{Lookups: 50 * time.Millisecond})
		})
		b.start()
		b.deliver(sign(question("q@clinic.example")))
		b.settled()
		if list := b.cases(); len(list) != 1 || b.view(list[0].Ref).Messages[0].Trust != "none" || len(b.smtp.Messages()) != 1 {
			t.Errorf("%d cases, %d mails", len(b.cases()), len(b.smtp.Messages()))
		}
	})
}

type hangingNames struct{}

func (hangingNames) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// A mail of ours that comes back without our loop header is known by its Message-ID; a bounce that names our mail only by the
// mail that it answers is tied to it all the same; and mail that a rule passed on is a case without an automatic mail.
func TestWhatComesBack(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := asked(t, url)
		v := b.view(b.cases()[0].Ref)
		ours := v.Deliveries[0].HeaderID

		b.deliver(mailFrom("relay@other.example", ours, "Re: your coding question", "", "What we wrote.\n"))
		b.settled()
		list := b.cases()
		if len(list) != 2 || len(b.smtp.Messages()) != 1 {
			t.Fatalf("%d cases, %d mails", len(list), len(b.smtp.Messages()))
		}
		loops := 0
		for _, c := range list {
			if c.State == casefile.SetAside && strings.Contains(c.Reason, "ours that has come back") {
				loops++
			}
		}
		if loops != 1 {
			t.Errorf("our own mail became %+v", list)
		}

		b.deliver("From: Mail Delivery System <MAILER-DAEMON@mx.example>\nReturn-Path: <>\nTo: consult@firm.example\nSubject: Undeliverable: your coding question\nMessage-ID: <b@mx.example>\nIn-Reply-To: <" + ours +
			">\n\nYour message could not be delivered to lee@clinic.example: mailbox is full.\n")
		b.settled()
		v = b.view(v.Ref)
		if d := v.Deliveries[0]; d.State != casefile.DeliveryFailed || !strings.Contains(d.Reason, "5.2.2") {
			t.Errorf("the delivery is %s (%s)", d.State, d.Reason)
		}

		// The next mail to the same asker comes back with its subject only.
		must(t, b.line.Office().Answer(t.Context(), v.Ref, b.dana.ID, "No, not as billed.", 0))
		b.settled()
		b.deliver("From: System Administrator <postmaster@clinic.example>\nTo: consult@firm.example\nSubject: Undeliverable: Re: 31297\nMessage-ID: <c@mx.example>\n\nYour message\n\n  To: lee@clinic.example\n" +
			"  Subject: Re: 31297 [" + v.Ref + "]\n\ndid not reach the following recipient(s):\n\nlee@clinic.example on Mon, 2 Mar 2026 09:00:05 -0500\n    Unknown Recipient\n")
		b.settled()
		v = b.view(v.Ref)
		if d := v.Deliveries[len(v.Deliveries)-1]; d.Kind != casefile.Answer || d.State != casefile.DeliveryFailed || !strings.Contains(d.Reason, "5.1.1") {
			t.Errorf("the answer is %s (%s)", d.State, d.Reason)
		}

		b.deliver("Auto-Submitted: auto-forwarded\n" + strings.Replace(question("q2@clinic.example"), "lee@", "kim@", 1))
		b.settled()
		open := 0
		for _, c := range b.cases() {
			if c.State == casefile.Waiting {
				open++
			}
		}
		told := false
		for _, c := range b.cases() {
			for _, e := range b.view(c.Ref).Events {
				told = told || e.Kind == casefile.EventRead && strings.Contains(e.Detail, "A rule of a mailbox has passed it on")
			}
		}
		if !told {
			t.Error("the history does not say why nobody was answered automatically")
		}
		if n := len(b.smtp.Messages()); n != 2 || open != 1 {
			t.Errorf("%d mails went out, %d cases wait", n, open)
		}
		b.proven()
	})
}
