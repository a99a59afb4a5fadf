package mailin_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// fetchedWhole counts the bodies that were asked for.
func fetchedWhole(h *imaptest.Hostile) int {
	n := 0
	for _, command := range h.Commands() {
		if strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "BODY.PEEK[]") {
			n++
		}
	}
	return n
}

// When the server renumbers the folder, only mails that the ledger does not know are fetched, and no known one becomes a case again.
func TestUIDValidityChange(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 12)
		twin := imaptest.Letter("twin", "same headers", "first body.")
		srv.Append(t, inbox, twin, nil, time.Time{})
		ledger := imaptest.NewLedger()
		w := watch(t, srv.Config(), ledger)
		untilState(t, ledger, mailin.StateIdle)
		w.stop()

		// While nobody watches: an old one goes, new ones come, one of them with the headers and size of a known one; everything is renumbered.
		srv.Expunge(t, inbox, srv.List(t, inbox)[0].UID)
		other := imaptest.Letter("twin", "same headers", "other body.")
		unknown := [][]byte{other, imaptest.Letter("new", "new", "new")}
		for _, raw := range unknown {
			srv.Append(t, inbox, raw, nil, time.Time{})
		}
		srv.ResetUIDValidity(t, inbox)

		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		watch(t, cfg, ledger)
		view := until(t, ledger, "the renumbered folder is read", func(v imaptest.View) bool {
			return v.Lease.Generation == 2 && v.Health().State == mailin.StateIdle
		})
		if len(view.Rows) != 14 || len(view.Delivered()) != 2 {
			t.Fatalf("%d rows, %d delivered; want 14 and 2", len(view.Rows), len(view.Delivered()))
		}
		if !bytes.Equal(view.Delivered()[1].Raw, unknown[1]) {
			t.Errorf("delivered %q", view.Delivered()[1].Raw)
		}
		for _, row := range view.Rows {
			if row.Fate != "" && row.Fate != mailin.FateDouble {
				t.Errorf("mail %d: fate %q", row.UID, row.Fate)
			}
			if row.Mark != mailin.MarkFlagged {
				t.Errorf("mail %d: mark %q", row.UID, row.Mark)
			}
		}
		if n := fetchedWhole(hostile); n != 2 {
			t.Errorf("%d bodies were fetched, want 2", n)
		}

		// The new numbering holds from now on.
		srv.Append(t, inbox, imaptest.Letter("after", "after", "after"), nil, time.Time{})
		untilDelivered(t, ledger, 3)
	})
}

// pinned makes every UIDVALIDITY look the same, as on a server that begins again at 1 or was restored from a backup.
func pinned() imaptest.Rules {
	pattern := regexp.MustCompile(`UIDVALIDITY \d+`)
	return imaptest.Rules{Rewrite: func(response []byte) []byte {
		return pattern.ReplaceAllLiteral(response, []byte("UIDVALIDITY 7"))
	}}
}

// A server that gives known UIDs to other mails without saying so is found out: by UIDNEXT, or by the mails themselves.
func TestReusedUIDs(t *testing.T) {
	t.Parallel()
	for name, mails := range map[string]int{"Fewer": 3, "AsMany": 5, "More": 9} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			fill(t, srv, 5)
			hostile := imaptest.NewHostile(t, srv, pinned())
			cfg := srv.Config()
			cfg.URL = hostile.URL()
			ledger := imaptest.NewLedger()
			w := watch(t, cfg, ledger)
			untilState(t, ledger, mailin.StateIdle)
			w.stop()

			for _, mail := range srv.List(t, inbox) {
				srv.Expunge(t, inbox, mail.UID)
			}
			srv.ResetUIDValidity(t, inbox)
			for i := range mails {
				srv.Append(t, inbox, imaptest.Letter(fmt.Sprint("another-", i), "another", strings.Repeat("longer ", i+3)), nil, time.Time{})
			}
			watch(t, cfg, ledger)
			until(t, ledger, "the other mails are delivered", func(v imaptest.View) bool { return len(v.Sequence) == 5+mails })
		})
	}
}

// The spot check does not mistake ordinary life for another numbering.
func TestSpotCheckIsQuiet(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 7)
		ledger := imaptest.NewLedger()
		cfg := srv.Config()
		for range 3 {
			w := watch(t, cfg, ledger)
			untilState(t, ledger, mailin.StateIdle)
			w.stop()
			listed := srv.List(t, inbox)
			srv.SetFlag(t, inbox, listed[len(listed)-1].UID, `\Seen`, true)
			srv.Expunge(t, inbox, listed[len(listed)-2].UID)
		}
		if view := ledger.Book().View("consult", inbox); view.Lease.Generation != 1 || len(view.Sequence) != 7 {
			t.Errorf("generation %d, deliveries %v", view.Lease.Generation, view.Sequence)
		}
	})
}

// Headers of mails that kill the connection do not keep a renumbered folder from being read.
func TestRenumberedWithPoisonHeader(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	fill(t, srv, 6)
	ledger := imaptest.NewLedger()
	w := watch(t, srv.Config(), ledger)
	untilState(t, ledger, mailin.StateIdle)
	w.stop()
	srv.ResetUIDValidity(t, inbox)
	cfg := impatient(srv)
	cfg.URL = imaptest.NewHostile(t, srv, badFetch(3, func(response []byte) []byte {
		if bytes.Contains(response, []byte("HEADER.FIELDS")) {
			return []byte("* 3 FETCH (UID 3 \x00\r\n")
		}
		return response
	})).URL()
	watch(t, cfg, ledger)
	view := until(t, ledger, "all have rows", func(v imaptest.View) bool { return len(v.Rows) == 6 && v.Health().State == mailin.StateIdle })
	if len(view.Delivered()) != 1 || view.Delivered()[0].UID != 3 { // whoever reads it finds the double by its content
		t.Errorf("delivered %v", view.Sequence)
	}
}

func TestReconcileFindsAHole(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 4)
		ledger := imaptest.NewLedger()
		listed := srv.List(t, inbox)
		// Somebody's ledger says that all has been read, and has no rows.
		lease, err := ledger.Acquire(t.Context(), "consult", inbox)
		if err != nil {
			t.Fatal(err)
		}
		validity := srv.UIDValidity(t, inbox)
		lease, err = ledger.Adopt(t.Context(), lease, mailin.Adoption{UIDValidity: validity})
		if err != nil {
			t.Fatal(err)
		}
		last := mailin.Summary{Position: mailin.Position{UIDValidity: validity, UID: listed[3].UID}}
		if err := ledger.Pass(t.Context(), lease, []mailin.Summary{last}, mailin.FateSkippedDeleted, ""); err != nil {
			t.Fatal(err)
		}
		if err := ledger.Release(t.Context(), lease); err != nil {
			t.Fatal(err)
		}

		w := watch(t, srv.Config(), ledger)
		view := untilState(t, ledger, mailin.StateIdle)
		if len(view.Delivered()) != 4 || view.Sweeps[0].Holes != 4 || view.Sweeps[0].Delivered != 4 {
			t.Errorf("%d delivered, reconciliation %+v", len(view.Delivered()), view.Sweeps[0])
		}

		srv.Expunge(t, inbox, listed[1].UID)
		sweep, err := w.Reconcile(t.Context())
		if err != nil || sweep.Listed != 3 || sweep.Holes != 0 || sweep.Gone != 1 {
			t.Errorf("Reconcile: %+v, %v", sweep, err)
		}
		if sweep, err = w.Reconcile(t.Context()); err != nil || sweep.Gone != 0 {
			t.Errorf("Reconcile again: %+v, %v", sweep, err)
		}
	})
}

func TestReconcileNeedsARunningWatcher(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	w, err := mailin.New(srv.Config(), imaptest.NewLedger())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reconcile(t.Context()); err != mailin.ErrNotRunning {
		t.Errorf("got %v", err)
	}
}
