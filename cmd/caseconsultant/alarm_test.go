package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/workflow/store/storetest"
)

// A mailbox whose server refuses the password rings: on the status page for monitors, in the readiness, in the metrics and in the log; and it
// stops when it is read again.
func TestMailboxAlarm(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		i := newInstall(t, url, "")
		i.write("password", "wrong\n")
		p := i.serve()
		ledger := p.Line().Ledger()
		until(t, "the sign-in is refused for good", func() bool {
			boxes, err := ledger.Mailboxes(t.Context())
			return err == nil && len(boxes) == 1 && boxes[0].State == "sign_in_refused"
		})
		var said bytes.Buffer
		p.log = slog.New(slog.NewTextHandler(&said, nil))
		a := &alarms{program: p, told: make(map[string]time.Time)}
		look := func() string {
			said.Reset()
			if err := a.look(t.Context()); err != nil {
				t.Error(err)
			}
			return said.String()
		}
		if text := look(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "mailbox=consult alarm=refused") || strings.Contains(text, imaptest.Username) {
			t.Errorf("logged %q", text)
		}
		if text := look(); text != "" {
			t.Errorf("told again within the hour: %q", text)
		}
		if status, body := get(t, p.AdminURL()+"/mailz"); status != http.StatusServiceUnavailable || !strings.HasPrefix(body, "consult: refused (sign_in_refused sign_in), last look ") {
			t.Errorf("mailz: %d %q", status, body)
		}
		if status, body := get(t, p.AdminURL()+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"alarm":"refused"`) || strings.Contains(body, "looked_at") {
			t.Errorf("readyz: %d %s", status, body)
		}
		_, metrics := get(t, p.AdminURL()+"/metrics")
		for _, want := range []string{`caseconsultant_mailbox_alarm{alarm="refused",mailbox="consult"} 1`, `caseconsultant_mailbox_alarm{alarm="silent",mailbox="consult"} 0`,
			`caseconsultant_mailbox_looked_age_seconds{mailbox="consult"} `, `caseconsultant_mailbox_swept_age_seconds{mailbox="consult"} `} {
			if !strings.Contains(metrics, want) {
				t.Errorf("metrics lack %s", want)
			}
		}

		i.write("password", imaptest.Password+"\n")
		if _, err := p.watchers[0].Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		until(t, "the alarm is over", func() bool {
			status, body := get(t, p.AdminURL()+"/mailz")
			return status == http.StatusOK && body == "ok\n"
		})
		if text := look(); !strings.Contains(text, "being read again") {
			t.Errorf("logged %q", text)
		}
		if _, body := get(t, p.AdminURL()+"/readyz"); !strings.Contains(body, `"looked_at":"`) || !strings.Contains(body, `"swept_at":"`) || strings.Contains(body, "alarm") {
			t.Errorf("readyz: %s", body)
		}
		if _, metrics := get(t, p.AdminURL()+"/metrics"); !strings.Contains(metrics, `caseconsultant_mailbox_alarm{alarm="refused",mailbox="consult"} 0`) {
			t.Error("the metric still rings")
		}
	})
}
