package desk_test

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store"
)

// chromium starts a headless browser, or leaves the test out where there is none.
func chromium(t testing.TB) context.Context {
	t.Helper()
	path := os.Getenv("CASECONSULTANT_TEST_CHROMIUM")
	if path == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_TEST_CHROMIUM is not set, and CASECONSULTANT_TEST_ALL allows no test to be left out")
		}
		t.Skip("left out: needs CASECONSULTANT_TEST_CHROMIUM=/usr/bin/chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.WSURLReadTimeout(60*time.Second))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// command is an action that sends the browser one command of its protocol.
func command[P, R any](cmd cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cmd, params)
		return err
	})
}

var dispatchKey = input.DispatchKeyEvent

// keyParams is a key going down with modifiers (Alt 1, Ctrl 2, Meta 4, Shift 8).
func keyParams(key string, modifiers int64) input.DispatchKeyEventParams {
	down := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: key, Modifiers: modifiers}
	switch {
	case key == "Enter":
		down.Text, down.WindowsVirtualKeyCode = "\r", 13
	case key == "Escape":
		down.WindowsVirtualKeyCode = 27
	case len([]rune(key)) == 1:
		down.Text = key
	}
	return down
}

// press is a key as a keyboard sends it: what the page does with it decides whether a letter is typed.
func press(key string) step {
	down := keyParams(key, 0)
	up := down
	up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
	return chromedp.Steps(command(dispatchKey, down), command(dispatchKey, up))
}

// step is something done in the browser.
type step = chromedp.Action[chromedp.Void]

// signInBrowser gives the browser the session of a user.
func (b *bundle) signInBrowser(t testing.TB, ctx context.Context, br *browser) {
	t.Helper()
	at, _ := url.Parse(b.server.URL)
	for _, c := range br.client.Jar.Cookies(at) {
		if err := chromedp.Do(ctx, command(network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.server.URL})); err != nil {
			t.Fatal(err)
		}
	}
}

// full fills the desk with the sample cases and some deliveries.
func (b *bundle) full(t testing.TB) []string {
	t.Helper()
	var refs []string
	for _, m := range samples() {
		refs = append(refs, b.mail(t, m))
	}
	ctx := context.Background()
	for ref, state := range map[string]casefile.DeliveryState{refs[2]: casefile.DeliveryUncertain, refs[3]: casefile.DeliveryHeld, refs[4]: casefile.DeliveryDeferred, refs[5]: casefile.DeliveryQueued} {
		reason := ""
		switch state {
		case casefile.DeliveryHeld:
			reason = "the sender could not be verified, so nothing goes out by itself"
		case casefile.DeliveryDeferred:
			reason = "451 4.7.1: greylisted, try again later"
		}
		if err := b.db.InTx(ctx, func(tx *store.Tx) error {
			e, err := casefile.LockRef(ctx, tx, ref)
			if err != nil {
				return err
			}
			if err := b.deliver(ctx, e, casefile.Acknowledgement, "We have your question.", state, reason); err != nil {
				return err
			}
			return e.Save(ctx)
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i, user := range map[int]int64{1: b.dana.ID, 4: b.sam.ID} {
		if err := b.office.Claim(ctx, refs[i], user); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.office.Note(ctx, refs[0], b.lea.ID, "Same practice asked about 31295 in January. They like a table of lines."); err != nil {
		t.Fatal(err)
	}
	b.ledger(t)
	return refs
}

// ledger puts rows into the intake ledger for the sample cases.
func (b *bundle) ledger(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	cases, err := b.cases.List(ctx, casefile.Filter{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO mailboxes (id, name, folder, health, health_at, swept_at, swept_listed) VALUES ($1, 'consult', 'INBOX', 'idle', $2, $2, $3)`,
			tx.NewID(), tx.Now.Add(-3*time.Hour).UnixMilli(), len(cases)+2); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO mailboxes (id, name, folder, health, health_code, health_at) VALUES ($1, 'radiology', 'INBOX', 'retrying', 'dial: connection refused', $2)`,
			tx.NewID(), tx.Now.Add(-4*time.Minute).UnixMilli()); err != nil {
			return err
		}
		for i, cs := range cases {
			fate, reason := "case", ""
			if cs.State == casefile.SetAside {
				fate, reason = "set_aside", cs.Reason
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_entries (id, mailbox, folder, uidvalidity, generation, uid, size, seen_at, fate, reason, case_id) VALUES ($1, 'consult', 'INBOX', 1, 1, $2, $3, $4, $5, $6, $7)`,
				tx.NewID(), 100+i, 4200+i*731, cs.ReceivedAt.UnixMilli(), fate, reason, cs.ID); err != nil {
				return err
			}
		}
		for i, fate := range []string{"double", "before_start"} {
			if _, err := tx.ExecContext(ctx, `INSERT INTO ledger_entries (id, mailbox, folder, uidvalidity, generation, uid, server_size, seen_at, fate, reason) VALUES ($1, 'consult', 'INBOX', 1, 1, $2, 1800, $3, $4, $5)`,
				tx.NewID(), 50+i, tx.Now.Add(-time.Duration(i+30)*time.Hour).UnixMilli(), fate, ""); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
