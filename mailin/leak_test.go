package mailin_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// Not parallel: it counts goroutines.
func TestNoGoroutineIsLeftBehind(t *testing.T) {
	srv := imaptest.Memory(t)
	fill(t, srv, 3)
	hostile := imaptest.NewHostile(t, srv, imaptest.Rules{SilentInBody: true})
	cfg := impatient(srv)
	cfg.URL = hostile.URL()
	ledger := imaptest.NewLedger()
	w := watch(t, cfg, ledger)
	until(t, ledger, "bodies have broken off", func(v imaptest.View) bool { return len(v.Tries) == 3 })
	for _, rules := range []imaptest.Rules{{DropAt: "FETCH"}, {SilentAt: "IDLE"}, {SilentAt: "LOGIN"}, {ByeAt: "SELECT"}} {
		hostile.Set(rules)
		hostile.Drop()
		seen := hostile.Connections()
		until(t, ledger, "it has failed again", func(v imaptest.View) bool { return hostile.Connections() > seen+1 })
	}
	hostile.Set(imaptest.Rules{})
	untilDelivered(t, ledger, 3)
	untilState(t, ledger, mailin.StateIdle)
	w.stop()
	srv.Stop(t)

	var left []string
	for range 200 {
		left = nil
		stacks := make([]byte, 1<<20)
		for _, stack := range strings.Split(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(stack, "imapclient.") || strings.Contains(stack, "mailin.(") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond) // nothing tells when a goroutine has ended
	}
	t.Errorf("%d goroutines are left, the first:\n%s", len(left), left[0])
}
