package casefile_test

import (
	"database/sql/driver"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/intake"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// In an installation of some years, what runs every few seconds and what every page asks must not read whole tables.
// The rows are poor, but as many as there are then; how the database would go about each statement says whether it scans them.
func TestLookUpsDoNotScanLargeTables(t *testing.T) {
	if testing.Short() {
		t.Skip("fills tables")
	}
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		const cases, ledger = 60_000, 200_000
		one := open(t, db, asker, "s", "q@clinic.example")
		var key int64
		must(t, db.Read.QueryRowContext(ctx, `SELECT key_id FROM cases WHERE id = $1`, one.ID).Scan(&key))
		series := func(n int) string {
			return fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `, n)
		}
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			content, _, err := tx.WriteContent(ctx, key, strings.NewReader("x"))
			if err != nil {
				return err
			}
			now := tx.Now.UnixMilli()
			for _, fill := range []string{
				series(cases) + fmt.Sprintf(`INSERT INTO cases (id, number, ref, state, key_id, mailbox, queue, received_at, changed_at, closed_at)
					SELECT i, -i, 'CC-' || i, CASE WHEN i %% 2000 = 0 THEN 'waiting' ELSE 'closed' END, %d, 'consult', 'general', %d - i, %d, 1 FROM n`, key, now, now),
				series(cases) + fmt.Sprintf(`INSERT INTO messages (id, case_id, direction, at) SELECT i, i, 'in', %d - i FROM n`, now),
				series(cases) + `INSERT INTO attachments (id, case_id, message_id, position, content_type, size) SELECT i, i, i, 1, 'application/pdf', 1 FROM n`,
				series(2*cases) + fmt.Sprintf(`INSERT INTO deliveries (id, case_id, kind, state, mailbox, content_id, size, envelope, recipient_hash, automatic, header_id, header_id_hash,
						created_at, next_at, reason)
					SELECT i, (i + 1) / 2, 'summary', 'accepted', 'consult', %d, 1, $1, 'h' || (i %% 1000), TRUE, $1, 'm' || i, %d - i, %d - i * 1000, 'nothing to say about this one' FROM n`, content, now, now),
				series(ledger) + fmt.Sprintf(`INSERT INTO ledger_entries (id, mailbox, folder, uidvalidity, generation, uid, seen_at, content_id, fate, reason)
					SELECT i, 'consult', 'INBOX', 1, 1, i, %d - i, %d, 'case', 'nothing to say about this one' FROM n`, now, content),
				series(cases) + fmt.Sprintf(`INSERT INTO changes (id, case_id, at) SELECT %d + i, i, %d - %d + i FROM n`, store.FirstID(tx.Now.Add(-time.Minute)), now, cases),
			} {
				args := []any{}
				if strings.Contains(fill, "$1") {
					args = append(args, []byte("x"))
				}
				if _, err := tx.ExecContext(ctx, fill, args...); err != nil {
					return err
				}
			}
			return nil
		}))
		if db.Dialect() == store.PostgreSQL {
			_, err := db.Write.ExecContext(ctx, `ANALYZE`)
			must(t, err)
		}
		var seen []statement
		ctx = store.Observed(ctx, func(text string, args []driver.NamedValue) { seen = append(seen, statement{text, args}) })
		source, one := db, one
		if db.Dialect() == store.PostgreSQL {
			// The texts are the same for both, and are seen on SQLite; a case of its own is enough to see them.
			source = storetest.Open(t, storetest.SQLiteURL(t))
			one = open(t, source, asker, "s", "q@clinic.example")
		}
		files := casefile.NewFiles(source)
		entries := intake.New(source, intake.Options{})
		now := time.Now()
		inTx := func(f func(tx *store.Tx) error) error { return source.InTx(ctx, f) }
		for name, look := range map[string]func() error{
			"Sending":        func() error { _, err := files.Sending(ctx); return err },
			"DueDeliveries":  func() error { _, err := files.DueDeliveries(ctx, now, 500); return err },
			"UncertainSince": func() error { _, err := files.UncertainSince(ctx, now, 500); return err },
			"DueSteps":       func() error { _, err := files.DueSteps(ctx, now, 500); return err },
			"DueDocuments":   func() error { _, err := files.DueDocuments(ctx, now, 500); return err },
			"NewlyOverdue":   func() error { _, err := files.NewlyOverdue(ctx, now, 500); return err },
			"ForgetChanges":  func() error { return files.ForgetChanges(ctx, now.Add(-time.Hour)) },
			"ChangesSince":   func() error { _, err := files.ChangesSince(ctx, now.Add(time.Minute)); return err },
			"Get":            func() error { _, err := files.Get(ctx, one.Ref); return err },
			"Failed deliveries": func() error {
				_, err := files.Deliveries(ctx, []casefile.DeliveryState{casefile.DeliveryFailed}, 0, 50)
				return err
			},
			"Waiting cases": func() error {
				_, err := files.List(ctx, casefile.Filter{States: []casefile.State{casefile.Waiting}, Limit: 20})
				return err
			},
			"Cases of a code": func() error { _, err := files.List(ctx, casefile.Filter{Code: "99213"}); return err },
			"AutomaticFree": func() error {
				return inTx(func(tx *store.Tx) error {
					_, err := casefile.AutomaticFree(ctx, tx, "lee@clinic.example", 20, time.Hour)
					return err
				})
			},
			"AutomaticFree for all": func() error {
				return inTx(func(tx *store.Tx) error {
					_, err := casefile.AutomaticFree(ctx, tx, "", 1000, time.Hour)
					return err
				})
			},
			"FindDouble": func() error {
				return inTx(func(tx *store.Tx) error {
					_, _, err := casefile.FindDouble(ctx, tx, []byte("another mail"))
					return err
				})
			},
			"CountWrongReferences": func() error {
				return inTx(func(tx *store.Tx) error {
					_, err := casefile.CountWrongReferences(ctx, tx, "lee@clinic.example", 0)
					return err
				})
			},
			"Ledger due":        func() error { _, err := entries.Due(ctx, now, 500); return err },
			"Entries":           func() error { _, err := entries.Entries(ctx, "", 0, 50); return err },
			"Entries of a fate": func() error { _, err := entries.Entries(ctx, "failed", 0, 50); return err },
		} {
			seen = nil
			must(t, look())
			if len(seen) == 0 {
				t.Errorf("%s: no statement was seen", name)
			}
			for _, s := range seen {
				s.holdsToIndexes(t, db, name)
			}
		}
	})
}

// statement is one that a look-up ran.
type statement struct {
	text string
	args []driver.NamedValue
}

// holdsToIndexes fails the test if the database would read a large table from end to end for the statement. A clock would say it too, but only
// where nothing else runs.
func (s statement) holdsToIndexes(t *testing.T, db *store.DB, name string) {
	t.Helper()
	args := make([]any, len(s.args))
	for i, a := range s.args {
		args[i] = a.Value
	}
	explain := "EXPLAIN QUERY PLAN "
	if db.Dialect() == store.PostgreSQL {
		explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) "
	}
	tx, err := db.Write.BeginTx(t.Context(), nil)
	must(t, err)
	defer tx.Rollback() // to analyze is to run
	rows, err := tx.QueryContext(t.Context(), explain+s.text, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, s.text)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var plan []string
	for rows.Next() {
		line := make([]any, len(columns))
		var text string
		for i := range line {
			line[i] = new(any)
		}
		line[len(line)-1] = &text
		must(t, rows.Scan(line...))
		plan = append(plan, text)
	}
	must(t, rows.Err())
	if fault := s.fault(db.Dialect(), plan); fault != "" {
		t.Errorf("%s: %s\n%s\n%s", name, fault, strings.Join(strings.Fields(s.text), " "), strings.Join(plan, "\n"))
	}
}

var (
	scanned   = regexp.MustCompile(`^SCAN (cases|messages|attachments|deliveries|ledger_entries|changes|contents|mentions|events)\b(.*)`)
	pagesRead = regexp.MustCompile(`^\s*Buffers: shared (?:hit=(\d+))? ?(?:read=(\d+))?`)
	mostPages = 300 // of 8 KiB; the smallest of the filled tables has over 600
)

func (s statement) fault(dialect store.Dialect, plan []string) string {
	if dialect == store.SQLite {
		for _, line := range plan {
			// In the order of an index, and no further than to the limit, is no scan of the table, unless each row is then looked at more closely.
			if m := scanned.FindStringSubmatch(line); m != nil && !(strings.Contains(m[2], "INDEX") && strings.Contains(s.text, "LIMIT") && len(plan) == 1) {
				return "reads all of " + m[1]
			}
		}
		return ""
	}
	for _, line := range plan { // the first is of the whole statement
		if m := pagesRead.FindStringSubmatch(line); m != nil {
			hit, _ := strconv.Atoi(m[1])
			read, _ := strconv.Atoi(m[2])
			if hit+read > mostPages {
				return fmt.Sprintf("reads %d pages", hit+read)
			}
			return ""
		}
	}
	return ""
}
