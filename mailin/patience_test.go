package mailin_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// A server that says "later", at whatever step and in whatever way, is left alone for as long as it asks; no password is called wrong and no
// mail counted as failed for it; then everything goes on.
func TestThrottled(t *testing.T) {
	t.Parallel()
	const gmail, microsoft = "NO [ALERT] Account exceeded command or bandwidth limits. (Failure)", "NO Request is throttled. Suggested Backoff Time: 299961 milliseconds"
	tests := map[string]struct {
		rules imaptest.Rules
		wait  time.Duration
	}{
		"Greeting": {imaptest.Rules{ByeAt: "GREETING", ByeText: "[ALERT] Too many simultaneous connections. (Failure)"}, time.Hour},
		"Mid":      {imaptest.Rules{ByeAt: "FETCH", ByeText: "Server Unavailable. 15"}, time.Hour},
		"Idle":     {imaptest.Rules{ByeAt: "IDLE", ByeText: "[THROTTLED] come back later, rate limit"}, time.Hour},
	}
	for _, step := range []string{"LOGIN", "SELECT", "SEARCH", "FETCH", "STORE"} {
		tests[step] = struct {
			rules imaptest.Rules
			wait  time.Duration
		}{imaptest.Rules{Refuse: refuse(step, gmail)}, time.Hour}
		tests[step+"WithTime"] = struct {
			rules imaptest.Rules
			wait  time.Duration
		}{imaptest.Rules{Refuse: refuse(step, microsoft)}, 299961 * time.Millisecond}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			letters := fill(t, srv, 3)
			hostile := imaptest.NewHostile(t, srv, test.rules)
			cfg := srv.Config()
			cfg.URL = hostile.URL()
			cfg.Timings.Throttled = time.Hour
			ledger := imaptest.NewLedger()
			w := watch(t, cfg, ledger)
			view := untilState(t, ledger, mailin.StateRetrying)
			health := view.Health()
			wait := health.RetryAt.Sub(health.At)
			if health.Code != mailin.CodeThrottled || wait < test.wait-time.Second || wait > test.wait+test.wait/4 {
				t.Errorf("code %q, back in %v; want about %v", health.Code, wait, test.wait)
			}
			if len(view.Tries) != 0 {
				t.Errorf("counted against mails: %v", view.Tries)
			}
			hostile.Set(imaptest.Rules{})
			go func() { _, _ = w.Reconcile(t.Context()) }() // somebody who does not want to wait
			view = untilDelivered(t, ledger, 3)
			if len(view.Sequence) != 3 || !bytes.Equal(view.Delivered()[2].Raw, letters[2]) {
				t.Errorf("delivered %v", view.Sequence)
			}
		})
	}
}

// A server that always says "later" at the same mail means the mail, whatever it says: those behind it do not wait for ever.
func TestThrottledAtOneMail(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 4)
	cfg := impatient(srv)
	cfg.Timings.Throttled = 10 * time.Millisecond
	cfg.Timings.Retries = []time.Duration{time.Hour}
	cfg.URL = imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: func(name, line string) string {
		if name == "FETCH" && strings.HasPrefix(line, "UID FETCH 2 ") {
			return "NO [ALERT] Server busy"
		}
		return ""
	}}).URL()
	ledger := imaptest.NewLedger()
	watch(t, cfg, ledger)
	view := untilDelivered(t, ledger, 3)
	if view.Tries[2] != 1 || view.Row(2) != nil {
		t.Errorf("tries %v", view.Tries)
	}
}
