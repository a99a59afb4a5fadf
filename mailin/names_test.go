package mailin_test

import (
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// Folders are found under the names that people know, whatever the server's prefix, divider and encoding (modified UTF-7, RFC 3501
// section 5.1.3): to watch them, and to move to them, whether they exist or are to be made.
func TestFolderNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ watch, done string }{
		"Plain":       {inbox, "Processed"},
		"Nested":      {inbox, "Archive/2026/Done"},
		"NotAscii":    {inbox, "Erledigte Anfragen – Übersicht & 日本"},
		"Watched":     {"Questions & Größen", "Questions done"},
		"WatchedDeep": {"Clinics/Ann & Sons", "Clinics/Done ~ +1"},
	} {
		for _, there := range []string{"Exists", "Missing"} {
			t.Run(name+"/"+there, func(t *testing.T) {
				t.Parallel()
				imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
					if test.watch != inbox {
						srv.CreateFolder(t, test.watch)
					}
					if there == "Exists" {
						srv.CreateFolder(t, test.done)
					}
					uid := srv.Append(t, test.watch, imaptest.Letter("named", "x", "y"), nil, time.Time{})
					cfg := srv.Config()
					cfg.Folder, cfg.Done = test.watch, mailin.DoneMove(test.done)
					ledger := imaptest.NewLedger()
					watch(t, cfg, ledger)
					view := ledger.Book().Until(t, "consult", test.watch, "the mail is marked", func(v imaptest.View) bool { return v.Row(uid) != nil && v.Row(uid).Mark != "" })
					if mark := view.Row(uid).Mark; mark != mailin.MarkMoved {
						t.Errorf("mark %q", mark)
					}
					if moved := srv.List(t, test.done); len(moved) != 1 {
						t.Errorf("%d mails in the other folder", len(moved))
					}
				})
			})
		}
	}
}

// The folder that is watched may have two names; moving mails into it would make each of them new again and again.
func TestMovingToTheWatchedFolderByAnotherName(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		if srv.Folder("Questions") == "Questions" {
			return // this server has one name for it, which New refuses
		}
		srv.CreateFolder(t, "Questions")
		uid := srv.Append(t, "Questions", imaptest.Letter("q", "x", "y"), nil, time.Time{})
		cfg := srv.Config()
		cfg.Folder, cfg.Done = srv.Folder("Questions"), mailin.DoneMove("Questions")
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		view := ledger.Book().Until(t, "consult", cfg.Folder, "the mail is marked", func(v imaptest.View) bool { return v.Row(uid) != nil && v.Row(uid).Mark != "" })
		if view.Row(uid).Mark != mailin.MarkFlagged || len(srv.List(t, "Questions")) != 1 {
			t.Errorf("mark %q, %d mails", view.Row(uid).Mark, len(srv.List(t, "Questions")))
		}
	})
}

// A folder that may only be read is read; what cannot be marked is tried again at each reconciliation, without a command.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	for name, done := range map[string]mailin.Done{"Flag": mailin.DoneFlag(), "Move": mailin.DoneMove("Processed")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				fill(t, srv, 3)
				hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: refuse("SELECT", "NO [NOPERM] you may only read")})
				cfg := srv.Config()
				cfg.URL, cfg.Done = hostile.URL(), done
				ledger := imaptest.NewLedger()
				w := watch(t, cfg, ledger)
				view := until(t, ledger, "all are delivered and their marks settled", func(v imaptest.View) bool {
					return len(v.Delivered()) == 3 && v.Delivered()[2].Mark != "" && len(v.Sweeps) > 0
				})
				if mark := view.Delivered()[0].Mark; mark != mailin.MarkRefused {
					t.Errorf("mark %q", mark)
				}
				if sweep, err := w.Reconcile(t.Context()); err != nil || sweep.Listed != 3 || sweep.Holes != 0 {
					t.Errorf("Reconcile: %+v, %v", sweep, err)
				}
				for _, command := range hostile.Commands() {
					if strings.Contains(command, "STORE") || strings.Contains(command, "MOVE") || strings.Contains(command, "CREATE") {
						t.Errorf("sent: %s", command)
					}
				}
				// Once it may be written, the marks are made up for.
				seen := hostile.Connections()
				hostile.Set(imaptest.Rules{})
				hostile.Drop()
				until(t, ledger, "it is connected anew", func(v imaptest.View) bool {
					return hostile.Connections() > seen && v.Health().State == mailin.StateIdle
				})
				if sweep, err := w.Reconcile(t.Context()); err != nil {
					t.Errorf("Reconcile: %+v, %v", sweep, err)
				}
				view = ledger.Book().View("consult", inbox)
				if mark := view.Delivered()[0].Mark; mark != mailin.MarkFlagged && mark != mailin.MarkMoved {
					t.Errorf("mark %q once it may be written", mark)
				}
			})
		})
	}
}
