package mailin_test

import (
	"errors"
	"testing"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

func TestUnreachableThenBack(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		ledger := imaptest.NewLedger()
		watch(t, srv.Config(), ledger)
		untilState(t, ledger, mailin.StateIdle)
		srv.Stop(t)
		view := until(t, ledger, "the server counts as unreachable", func(v imaptest.View) bool { return v.Health().Code == mailin.CodeDial })
		if health := view.Health(); health.Connected() {
			t.Errorf("health: %+v", health)
		}
		srv.Start(t)
		untilState(t, ledger, mailin.StateIdle)
		fill(t, srv, 1)
		untilDelivered(t, ledger, 1)
	})
}

func TestDroppedConnections(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		ledger := imaptest.NewLedger()
		watch(t, srv.Config(), ledger)
		for i := range 5 {
			srv.DropConnections()
			fill(t, srv, 1)
			untilDelivered(t, ledger, i+1)
		}
	})
}

func TestOnceReconcilesAndLeaves(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 5)
		ledger := imaptest.NewLedger()
		cfg := srv.Config()
		cfg.SpoolDir = t.TempDir()
		w, err := mailin.New(cfg, ledger)
		if err != nil {
			t.Fatal(err)
		}
		sweep, err := w.Once(t.Context())
		if err != nil || sweep.Listed != 5 {
			t.Fatalf("Once: %+v, %v", sweep, err)
		}
		view := ledger.Book().View("consult", inbox)
		if len(view.Delivered()) != 5 || view.Held || view.Health().State != mailin.StateStopped {
			t.Errorf("%d delivered, lease held %v, state %q", len(view.Delivered()), view.Held, view.Health().State)
		}

		srv.Stop(t)
		var fault *mailin.Fault
		if _, err := w.Once(t.Context()); !errors.As(err, &fault) || fault.Code != mailin.CodeDial {
			t.Errorf("Once without a server: %v", err)
		}
	})
}
