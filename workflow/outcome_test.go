package workflow_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river/rivertype"

	"caseconsultant/workflow"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// What becomes of a job for every class of error that a step can end with, and that what may be shown of it holds
// nothing of the error's text.
func TestOutcomeOfAnError(t *testing.T) {
	t.Parallel()
	const secret = "lee@clinic.example"
	stopped, stop := context.WithCancel(t.Context())
	stop()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(1, 0))
	t.Cleanup(cancel)
	pg := func(code string) error { return &pgconn.PgError{Code: code, Message: secret, Detail: secret} }
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want string
	}{
		{"Nothing", t.Context(), nil, "done"},
		{"NotDue", t.Context(), fmt.Errorf("x: %w", casefile.ErrNotDue), "done"},
		{"MailNotDue", t.Context(), intake.ErrNotDue, "done"},
		{"NotDueAtStop", stopped, casefile.ErrNotDue, "done"},
		{"RowGone", t.Context(), fmt.Errorf("x: %w", casefile.ErrNotFound), "done"},
		{"EntryGone", t.Context(), intake.ErrNotFound, "done"},
		{"JobGone", t.Context(), fmt.Errorf("complete: %w", rivertype.ErrNotFound), "done"},
		{"Stop", stopped, context.Canceled, "give back"},
		{"StopInTheDatabase", stopped, pg("57014"), "give back"},
		{"TooLong", late, context.DeadlineExceeded, "row retries"},
		{"TooLongInTheDatabase", late, fmt.Errorf("x: %w", driver.ErrBadConn), "row retries"},
		{"ConnectionException", t.Context(), pg("08006"), "River retries"},
		{"ShuttingDown", t.Context(), pg("57P01"), "River retries"},
		{"StartingUp", t.Context(), pg("57P03"), "River retries"},
		{"TooManyConnections", t.Context(), pg("53300"), "River retries"},
		{"DiskFull", t.Context(), pg("53100"), "River retries"},
		{"Deadlock", t.Context(), pg("40P01"), "River retries"},
		{"Unique", t.Context(), pg("23505"), "row retries"},
		{"BadText", t.Context(), pg("22021"), "row retries"},
		{"BadConn", t.Context(), fmt.Errorf("commit: %w", driver.ErrBadConn), "River retries"},
		{"ConnDone", t.Context(), sql.ErrConnDone, "River retries"},
		{"BrokenInTheMiddle", t.Context(), fmt.Errorf("commit: %w", io.ErrUnexpectedEOF), "River retries"},
		{"Refused", t.Context(), &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}, "River retries"},
		{"TemporaryFolderFull", t.Context(), &fs.PathError{Op: "write", Path: "/tmp/" + secret, Err: syscall.ENOSPC}, "River retries"},
		{"Damaged", t.Context(), errors.Join(store.ErrSeal, io.ErrUnexpectedEOF), "row retries"},
		{"Erased", t.Context(), store.ErrErased, "row retries"},
		{"NoWay", t.Context(), &casefile.TransitionError{Ref: "CC-1-" + secret, From: casefile.New, To: casefile.Closed}, "row retries"},
		{"Other", t.Context(), errors.New(secret), "row retries"},
		{"OtherWrapped", t.Context(), fmt.Errorf("about %s: %w", secret, errors.New(secret)), "row retries"},
	} {
		if got := workflow.OutcomeOf(c.ctx, c.err); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if c.err != nil {
			if code := workflow.ErrorCode(c.err); strings.Contains(code, secret) || code == "" {
				t.Errorf("%s: shown as %q", c.name, code)
			}
		}
	}
}

// SQLite's own words for a database that is away.
func TestOutcomeOfABusyDatabase(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteURL(t))
	other, err := sql.Open("sqlite", "file:"+db.Path()+"?_txlock=immediate")
	must(t, err)
	defer other.Close()
	must(t, db.InTx(t.Context(), func(*store.Tx) error {
		_, err := other.BeginTx(t.Context(), nil)
		if got := workflow.OutcomeOf(t.Context(), err); err == nil || got != "River retries" {
			t.Errorf("%v: %s", err, got)
		}
		return nil
	}))
}
