package migrations_test

import (
	"database/sql"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"caseconsultant/migrations"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func TestBothFoldersHaveTheSameFiles(t *testing.T) {
	t.Parallel()
	texts := make(map[string]map[string]string)
	for _, database := range []string{"sqlite", "postgres"} {
		files, err := migrations.Files(database)
		if err != nil {
			t.Fatal(err)
		}
		texts[database] = make(map[string]string)
		names, err := fs.Glob(files, "*.sql")
		if err != nil || len(names) == 0 {
			t.Fatalf("%d files, %v", len(names), err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			texts[database][name] = string(b)
		}
	}
	for name, text := range texts["sqlite"] {
		if want := strings.ReplaceAll(text, "BLOB", "BYTEA"); texts["postgres"][name] != want {
			t.Errorf("%s: the two texts differ in more than the word for bytes", name)
		}
	}
	if len(texts["sqlite"]) != len(texts["postgres"]) {
		t.Errorf("%d files for SQLite, %d for PostgreSQL", len(texts["sqlite"]), len(texts["postgres"]))
	}
}

// The two databases end up with the same tables and columns.
func TestBothDatabasesEndUpTheSame(t *testing.T) {
	t.Parallel()
	lite := storetest.Open(t, storetest.SQLiteURL(t))
	postgres := storetest.Open(t, storetest.PostgresURL(t))
	a := columns(t, lite, `SELECT m.name, p.name, lower(p.type) FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' ORDER BY 1, p.cid`)
	b := columns(t, postgres, `SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'public' ORDER BY 1, ordinal_position`)
	if !slices.Equal(a, b) {
		t.Errorf("SQLite has\n%s\nPostgreSQL has\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
}

func columns(t *testing.T, db *store.DB, query string) []string {
	t.Helper()
	rows, err := db.Read.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	words := strings.NewReplacer("blob", "bytea")
	for rows.Next() {
		var table, column string
		var kind sql.NullString
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(table, "goose") || strings.HasPrefix(table, "sqlite") {
			continue
		}
		list = append(list, table+"."+column+" "+words.Replace(kind.String))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

func TestVersion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		have, want, err := migrations.Version(t.Context(), db.Write, string(db.Dialect()))
		if err != nil || have != want || have == 0 {
			t.Errorf("version %d of %d, %v", have, want, err)
		}
	})
}
