// Package storetest gives tests an open, migrated database of each kind: SQLite always, and PostgreSQL where
// CASECONSULTANT_TEST_PG names a server on which databases may be created. Each test has a database of its own.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"caseconsultant/workflow/store"
)

// Each runs f against every database present, as subtests "SQLite" and "PostgreSQL".
func Each(t *testing.T, f func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { f(t, Open(t, url)) })
}

// EachURL is Each for tests that open the database themselves: f gets the address of an empty one.
func EachURL(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		f(t, SQLiteURL(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		f(t, PostgresURL(t))
	})
}

// TestKey is the installation key of all test databases.
var TestKey = store.Key{1, 2, 3}

// Open opens a database for the length of the test.
func Open(tb testing.TB, url string) *store.DB {
	tb.Helper()
	key := TestKey
	db, err := store.Open(context.Background(), store.Options{URL: url, Key: &key})
	if err != nil {
		tb.Fatalf("open the test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close the test database: %v", err)
		}
	})
	return db
}

// SQLiteURL is the address of a SQLite file that does not exist yet.
func SQLiteURL(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

var (
	databases   sync.Mutex
	databaseSeq int
)

// PostgresURL is the address of a new, empty PostgreSQL database, dropped after the test.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("CASECONSULTANT_TEST_PG")
	if server == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			tb.Fatal("CASECONSULTANT_TEST_PG is not set, and CASECONSULTANT_TEST_ALL allows no test to be left out")
		}
		tb.Skip("left out: needs CASECONSULTANT_TEST_PG=postgres://... (a server on which databases may be created)")
	}
	databases.Lock()
	databaseSeq++
	name := fmt.Sprintf("cc_test_%d_%d", os.Getpid(), databaseSeq)
	databases.Unlock()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		tb.Fatalf("open CASECONSULTANT_TEST_PG: %v", err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		tb.Fatalf("create a test database: %v", err)
	}
	tb.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			tb.Errorf("drop the test database: %v", err)
		}
		admin.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		tb.Fatalf("CASECONSULTANT_TEST_PG is no address: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}
