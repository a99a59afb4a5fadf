package store_test

import (
	"fmt"
	"strings"
	"testing"

	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// Kept statements must be what compiling anew is: the same text read twice at once, after an error, after a change of
// the schema, and more texts than are kept.
func TestStatementsRunTheSameWhetherKeptOrNot(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		const insert = `INSERT INTO numbers (n) VALUES ($1)`
		const list = `SELECT * FROM numbers ORDER BY n`
		if _, err := db.Write.ExecContext(ctx, `CREATE TABLE numbers (n BIGINT PRIMARY KEY)`); err != nil {
			t.Fatal(err)
		}
		for n := range 3 {
			if _, err := db.Write.ExecContext(ctx, insert, n); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Write.ExecContext(ctx, insert, 1); err == nil {
			t.Error("the same number twice: no error")
		}
		if _, err := db.Write.ExecContext(ctx, insert, 3); err != nil {
			t.Errorf("after an error: %v", err)
		}
		pairs := 0
		if err := db.InTx(ctx, func(tx *store.Tx) error {
			return eachNumber(tx, list, func() error {
				return eachNumber(tx, list, func() error { pairs++; return nil })
			})
		}); db.Dialect() == store.SQLite && (err != nil || pairs != 16) {
			t.Errorf("one text read within itself: %d pairs, want 16, %v", pairs, err)
		}
		if _, err := db.Write.ExecContext(ctx, `ALTER TABLE numbers ADD COLUMN name TEXT NOT NULL DEFAULT 'none'`); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Write.QueryContext(ctx, list+` `)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		rows.Close()
		if err != nil || strings.Join(columns, " ") != "n name" {
			t.Errorf("after a change of the schema: columns %v, %v", columns, err)
		}
		for i := range 1000 {
			var n int
			if err := db.Write.QueryRowContext(ctx, fmt.Sprintf(`SELECT count(*) + %d FROM numbers WHERE n >= $1`, i), 2).Scan(&n); err != nil || n != i+2 {
				t.Fatalf("text %d: %d, %v", i, n, err)
			}
		}
	})
}

func eachNumber(tx *store.Tx, query string, f func() error) error {
	rows, err := tx.Query(query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(); err != nil {
			return err
		}
	}
	return rows.Err()
}
