package mailin_test

import (
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

func refuse(command, with string) func(name, line string) string {
	return func(name, _ string) string {
		if name == command {
			return with
		}
		return ""
	}
}

func TestMarks(t *testing.T) {
	t.Parallel()
	noKeywords := func(response []byte) []byte {
		return regexp.MustCompile(`PERMANENTFLAGS \([^)]*\)`).ReplaceAllLiteral(response, []byte(`PERMANENTFLAGS (\Seen \Deleted)`))
	}
	for name, test := range map[string]struct {
		done           mailin.Done
		rules          imaptest.Rules
		result         mailin.MarkResult
		inbox, moved   int // mails in each folder afterwards, of two
		keyword        bool
		forbidden      []string // commands that must not have been sent
		missingFolder  bool
		destinationUID bool
	}{
		"Flag":           {done: mailin.DoneFlag(), result: mailin.MarkFlagged, inbox: 2, keyword: true},
		"NoKeywords":     {done: mailin.DoneFlag(), rules: imaptest.Rules{Rewrite: noKeywords}, result: mailin.MarkImpossible, inbox: 2, forbidden: []string{"STORE"}},
		"FlagRefused":    {done: mailin.DoneFlag(), rules: imaptest.Rules{Refuse: refuse("STORE", "NO [NOPERM] read-only")}, result: mailin.MarkRefused, inbox: 2},
		"Move":           {done: mailin.DoneMove("Processed"), result: mailin.MarkMoved, moved: 2, forbidden: []string{"COPY", "EXPUNGE"}, destinationUID: true},
		"FolderMissing":  {done: mailin.DoneMove("Processed"), result: mailin.MarkMoved, moved: 2, missingFolder: true, destinationUID: true},
		"MoveRefused":    {done: mailin.DoneMove("Processed"), rules: imaptest.Rules{Refuse: refuse("MOVE", "NO [OVERQUOTA] full")}, result: mailin.MarkRefused, inbox: 2},
		"CopyAndExpunge": {done: mailin.DoneMove("Processed"), rules: imaptest.Rules{Without: []string{"MOVE"}}, result: mailin.MarkMoved, moved: 2, forbidden: []string{"MOVE", "EXPUNGE"}, destinationUID: true},
		"CopyRefused": {done: mailin.DoneMove("Processed"), rules: imaptest.Rules{Without: []string{"MOVE"}, Refuse: refuse("COPY", "NO [OVERQUOTA] full")},
			result: mailin.MarkRefused, inbox: 2, forbidden: []string{"STORE", "EXPUNGE", "UID EXPUNGE"}},
		"ExpungeRefused": {done: mailin.DoneMove("Processed"), rules: imaptest.Rules{Without: []string{"MOVE"}, Refuse: refuse("EXPUNGE", "NO [NOPERM] no")},
			result: mailin.MarkImpossible, inbox: 2, moved: 2, keyword: true},
		"NeitherMoveNorUIDPlus": {done: mailin.DoneMove("Processed"), rules: imaptest.Rules{Without: []string{"MOVE", "UIDPLUS"}}, result: mailin.MarkFlagged,
			inbox: 2, keyword: true, forbidden: []string{"COPY", "MOVE", "EXPUNGE", "UID EXPUNGE"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				if !test.missingFolder {
					srv.CreateFolder(t, "Processed")
				}
				// What the owner has marked for deletion must survive whatever we do.
				owners := srv.Append(t, inbox, imaptest.Letter("owners", "x", "y"), []string{`\Deleted`}, time.Time{})
				fill(t, srv, 2)
				hostile := imaptest.NewHostile(t, srv, test.rules)
				cfg := srv.Config()
				cfg.URL = hostile.URL()
				cfg.Done = test.done
				ledger := imaptest.NewLedger()
				watch(t, cfg, ledger)
				view := until(t, ledger, "both are marked", func(v imaptest.View) bool {
					return len(v.Sweeps) > 0 && len(v.Delivered()) == 2 && v.Delivered()[0].Mark != "" && v.Delivered()[1].Mark != ""
				})
				for _, row := range view.Delivered() {
					if row.Mark != test.result {
						t.Errorf("mail %d: %q, want %q", row.UID, row.Mark, test.result)
					}
					if (row.MovedTo.UID != 0) != test.destinationUID {
						t.Errorf("moved to %+v", row.MovedTo)
					}
				}
				listed := srv.List(t, inbox)
				if len(listed) != test.inbox+1 || listed[0].UID != owners {
					t.Errorf("in the inbox: %+v", listed)
				}
				for _, mail := range listed[1:] {
					if mail.Has(mailin.Keyword) != test.keyword {
						t.Errorf("mail %d: flags %v", mail.UID, mail.Flags)
					}
				}
				if moved := len(srv.List(t, "Processed")); moved != test.moved {
					t.Errorf("%d moved, want %d", moved, test.moved)
				}
				for _, command := range hostile.Commands() {
					verb, _, _ := strings.Cut(strings.TrimPrefix(command, "UID "), " ")
					if slices.Contains(test.forbidden, verb) && !(verb == "EXPUNGE" && strings.HasPrefix(command, "UID ")) ||
						slices.Contains(test.forbidden, "UID EXPUNGE") && strings.HasPrefix(command, "UID EXPUNGE") {
						t.Errorf("sent: %s", command)
					}
				}
			})
		})
	}
}

// A mark that was refused is made by a later reconciliation, in one piece with the others.
func TestRefusedMarkIsTriedAgain(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		srv.CreateFolder(t, "Processed")
		fill(t, srv, 3)
		var full atomic.Bool
		full.Store(true)
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: func(name, _ string) string {
			if name == "MOVE" && full.Load() {
				return "NO [OVERQUOTA] full"
			}
			return ""
		}})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		cfg.Done = mailin.DoneMove("Processed")
		ledger := imaptest.NewLedger()
		w := watch(t, cfg, ledger)
		view := until(t, ledger, "the marks are refused", func(v imaptest.View) bool { return len(v.Sweeps) > 0 })
		if view.Row(1).Mark != mailin.MarkRefused {
			t.Fatalf("mark %q", view.Row(1).Mark)
		}
		// Meanwhile somebody moves one away and deletes another.
		listed := srv.List(t, inbox)
		srv.Expunge(t, inbox, listed[0].UID)
		srv.SetFlag(t, inbox, listed[1].UID, `\Deleted`, true)
		full.Store(false)
		sweep, err := w.Reconcile(t.Context())
		if err != nil || sweep.Marked != 1 {
			t.Errorf("Reconcile: %+v, %v", sweep, err)
		}
		view = ledger.Book().View("consult", inbox)
		if !view.Row(listed[0].UID).Gone || view.Row(listed[1].UID).Mark != mailin.MarkLeft || view.Row(listed[2].UID).Mark != mailin.MarkMoved {
			t.Errorf("rows: %+v", view.Rows)
		}
		if left := srv.List(t, inbox); len(left) != 1 || left[0].UID != listed[1].UID {
			t.Errorf("in the inbox: %+v", left)
		}
	})
}
