// Package migrations holds the database schema as numbered SQL files, one folder for each database, and brings a
// database to it.
//
// Both folders have the same files; their texts differ in nothing but the word for bytes (BLOB, BYTEA), and a test
// compares the tables that they produce. There are no down migrations: a deployment goes back by restoring a backup.
// River keeps its own tables in the same database, by its own migrations, which run after ours (inside goose they
// would deadlock on a single connection, or fail on a new enum value used in the transaction that adds it).
//
// pressly/goose runs the files: embedded, each in its own transaction, recorded in a version table.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// Files returns the migration files of one database, "sqlite" or "postgres".
func Files(database string) (fs.FS, error) {
	return fs.Sub(files, database)
}

// Up brings the database to the newest schema. The caller sees to it that no other process does so at the same time.
func Up(ctx context.Context, db *sql.DB, database string) error {
	provider, err := provider(db, database)
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the %s database: %w", database, err)
	}
	return nil
}

// Version returns the number of the newest migration that the database has, and of the newest that this program knows.
func Version(ctx context.Context, db *sql.DB, database string) (have, want int64, err error) {
	provider, err := provider(db, database)
	if err != nil {
		return 0, 0, err
	}
	if have, want, err = provider.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("read the schema version of the %s database: %w", database, err)
	}
	return have, want, nil
}

func provider(db *sql.DB, database string) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if database == "postgres" {
		dialect = goose.DialectPostgres
	}
	files, err := Files(database)
	if err != nil {
		return nil, fmt.Errorf("open the embedded %s migrations: %w", database, err)
	}
	provider, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		return nil, fmt.Errorf("read the %s migrations: %w", database, err)
	}
	return provider, nil
}
