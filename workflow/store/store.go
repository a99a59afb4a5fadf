// Package store opens the one database of an installation, SQLite or PostgreSQL, and gives the rooms above it the
// only way to write: InTx. It also keeps what must be sealed (Vault), long content in chunks, and knows which
// processes of the installation are alive. It owns no table of the domain.
//
// The order of use: Open (migrates under a lock, unlocks the vault, refuses a wrong key), StartProcess, then InTx for
// every write and Read for queries; Close at the end.
//
// The SQL of all rooms is one text for both databases. What makes that possible: $N placeholders, ids made by NewID
// instead of identity columns, times as Unix milliseconds in UTC, ON CONFLICT instead of try-and-see (PostgreSQL
// aborts a transaction at its first error), and a row lock taken by an UPDATE instead of SELECT FOR UPDATE.
//
// Libraries: modernc.org/sqlite and jackc/pgx/v5/stdlib, both without cgo, so that the program stays one static file.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"caseconsultant/migrations"
)

// Dialect says which database an installation runs on. Its text is the name of its folder of migrations.
type Dialect string

const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

var (
	// ErrWrongKey is returned by Open when the key at hand is not the one that sealed the database.
	ErrWrongKey = errors.New("the installation's key does not fit this database (restore the key file that belongs to it; nothing was changed)")
	// ErrURL is returned by Open for a database address that is neither sqlite: nor postgres:.
	ErrURL = errors.New(`the database url must look like "sqlite:caseconsultant.db" or "postgres://user@host/name"`)
)

// Options say where the database is and how it is unlocked.
type Options struct {
	// URL is "sqlite:PATH" or "postgres://...".
	URL string
	// Key is the installation's key. Nil opens the database without the vault: sealing and opening fail, all else works.
	Key *Key
	// Connections bounds the PostgreSQL pool. Defaults to 30: River's advice is its workers plus ten.
	Connections int
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	// Write is the pool that River and InTx share: one connection on SQLite, where a second writer would only wait.
	// Nothing may be read or written outside the transaction while one is open on SQLite.
	Write *sql.DB
	// Read is for queries. On SQLite it refuses writes, so that a slow page cannot hold up the line; on PostgreSQL it is
	// the same pool as Write.
	Read *sql.DB
	// keys is for looking up data keys alone. That happens while rows are being read: were it done through Read, readers
	// that hold all its connections would wait for each other for ever.
	keys *sql.DB

	dialect Dialect
	path    string // of the SQLite file
	url     string
	now     func() time.Time
	vault   *vault

	mu      sync.Mutex
	process *Process
	hooks   []func()
}

// Open opens and migrates the database. On PostgreSQL the migration holds an advisory lock, on SQLite a lock on a file
// beside the database, so that several processes may start at once.
func Open(ctx context.Context, opts Options) (*DB, error) {
	db, err := open(opts)
	if err != nil {
		return nil, err
	}
	if err := db.prepare(ctx, opts.Key); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(opts Options) (*DB, error) {
	db := &DB{now: opts.Now, url: opts.URL}
	if db.now == nil {
		db.now = time.Now
	}
	switch scheme, rest, _ := strings.Cut(opts.URL, ":"); scheme {
	case "sqlite":
		db.dialect, db.path = SQLite, rest
		if rest == "" {
			return nil, ErrURL
		}
		return db, db.openSQLite()
	case "postgres", "postgresql":
		db.dialect = PostgreSQL
		pool, err := sql.Open("pgx", opts.URL)
		if err != nil {
			return nil, fmt.Errorf("open the PostgreSQL database: %w", err)
		}
		connections := opts.Connections
		if connections == 0 {
			connections = 30
		}
		pool.SetMaxOpenConns(connections)
		pool.SetMaxIdleConns(connections)
		pool.SetConnMaxIdleTime(5 * time.Minute)
		db.Write, db.Read = pool, pool
		if db.keys, err = sql.Open("pgx", opts.URL); err != nil {
			return nil, errors.Join(fmt.Errorf("open the PostgreSQL database: %w", err), pool.Close())
		}
		db.keys.SetMaxOpenConns(keyConnections)
		db.keys.SetMaxIdleConns(1)
		db.keys.SetConnMaxIdleTime(time.Minute)
		return db, nil
	}
	return nil, ErrURL
}

// keyConnections are enough: a key is looked up once and then known, but for those that were destroyed.
const keyConnections = 2

// openSQLite: WAL lets readers go on beside the writer. synchronous=FULL, because NORMAL may lose the last commits
// when the power fails, after the mailbox was already marked. Immediate transactions, because a deferred one that
// reads first cannot wait for the writer but fails at once.
func (db *DB) openSQLite() error {
	if dir := filepath.Dir(db.path); dir != "." {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("make the database's folder: %w", err)
		}
	}
	dsn := func(pragmas ...string) string {
		query := url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}
		return "file:" + (&url.URL{Path: db.path}).EscapedPath() + "?" + query.Encode()
	}
	common := []string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}
	driver := &sqlite.Driver{}
	db.Write = sql.OpenDB(statementKeeper{driver, dsn(common...)})
	db.Write.SetMaxOpenConns(1)
	db.Write.SetConnMaxLifetime(0)
	db.Read = sql.OpenDB(statementKeeper{driver, dsn(append(common, "query_only(1)")...)})
	db.Read.SetMaxOpenConns(4)
	db.keys = sql.OpenDB(statementKeeper{driver, dsn(append(common, "query_only(1)")...)})
	db.keys.SetMaxOpenConns(keyConnections)
	return nil
}

func (db *DB) prepare(ctx context.Context, key *Key) error {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := migrations.Up(ctx, db.Write, string(db.dialect)); err != nil {
		return err
	}
	if key == nil {
		return nil
	}
	db.vault = newVault(*key)
	return db.InTx(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO installations (id, key_check, created_at) VALUES (1, $1, $2)
			ON CONFLICT (id) DO NOTHING`, db.vault.check, tx.Now.UnixMilli()); err != nil {
			return fmt.Errorf("write the installation's row: %w", err)
		}
		var check string
		if err := tx.QueryRowContext(ctx, `SELECT key_check FROM installations WHERE id = 1`).Scan(&check); err != nil {
			return fmt.Errorf("read the installation's row: %w", err)
		}
		if check != db.vault.check {
			return ErrWrongKey
		}
		return nil
	})
}

// Locked runs f while no other process of this installation runs the same named work: migrations and the like. The
// lock ends with the process that holds it.
func (db *DB) lockMigrations(ctx context.Context) (unlock func(), err error) {
	if db.dialect == SQLite {
		lock, err := lockFileWait(ctx, db.path+"-migrate.lock")
		if err != nil {
			return nil, fmt.Errorf("wait for another process that migrates the database: %w", err)
		}
		return func() { lock.release() }, nil
	}
	conn, err := db.Write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to the PostgreSQL database (is it running, and does [database] url name it?): %w", err)
	}
	const migrationLock = 0x6361736563 // an arbitrary number of ours
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1)`, int64(migrationLock)); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for another process that migrates the database: %w", err), conn.Close())
	}
	return func() {
		// The lock belongs to this connection and ends with it at the latest.
		conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(migrationLock))
		conn.Close()
	}, nil
}

// Exclusively runs f while no other process of this installation runs it: for migrations of other owners (River).
func (db *DB) Exclusively(ctx context.Context, f func() error) error {
	unlock, err := db.lockMigrations(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return f()
}

// Close ends the process's row, if there is one, and closes the database.
func (db *DB) Close() error {
	db.mu.Lock()
	process := db.process
	db.process = nil
	db.mu.Unlock()
	var errs []error
	if process != nil {
		errs = append(errs, process.end())
	}
	if db.Read != db.Write && db.Read != nil {
		errs = append(errs, db.Read.Close())
	}
	if db.keys != nil {
		errs = append(errs, db.keys.Close())
	}
	if db.Write != nil {
		errs = append(errs, db.Write.Close())
	}
	return errors.Join(errs...)
}

// Dialect tells which database it is.
func (db *DB) Dialect() Dialect { return db.dialect }

// URL is the address that the database was opened with. It may hold a password: not for logs.
func (db *DB) URL() string { return db.url }

// Path is the SQLite file, "" on PostgreSQL.
func (db *DB) Path() string { return db.path }

// Now is the store's clock.
func (db *DB) Now() time.Time { return db.now() }

// Tx is a transaction. Now is one moment for all that it writes.
type Tx struct {
	*sql.Tx
	Now time.Time

	db    *DB
	after []func()
}

// DB is the database that the transaction belongs to.
func (tx *Tx) DB() *DB { return tx.db }

// AfterCommit calls f once the transaction has been committed: to wake those who wait for what it wrote. Never called
// when it is rolled back.
func (tx *Tx) AfterCommit(f func()) { tx.after = append(tx.after, f) }

// OnCommit registers f to be called after each committed transaction of this process that called Changed.
func (db *DB) OnCommit(f func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.hooks = append(db.hooks, f)
}

// Changed says that the transaction changes what live pages show. On PostgreSQL other processes are told by NOTIFY, on
// SQLite they see it by PRAGMA data_version.
func (tx *Tx) Changed(ctx context.Context) error {
	tx.AfterCommit(func() {
		tx.db.mu.Lock()
		hooks := tx.db.hooks
		tx.db.mu.Unlock()
		for _, hook := range hooks {
			hook()
		}
	})
	if tx.db.dialect == PostgreSQL {
		if _, err := tx.ExecContext(ctx, `SELECT pg_notify($1, '')`, ChangesChannel); err != nil {
			return fmt.Errorf("announce the change: %w", err)
		}
	}
	return nil
}

// ChangesChannel is the PostgreSQL channel of Changed.
const ChangesChannel = "caseconsultant_changes"

// InTx runs f in a transaction and commits it; the only way to write. If f returns an error nothing of it stays. On
// PostgreSQL f is run again after a serialization failure (40001) or a deadlock (40P01), so it does no I/O and has no
// effect but on tx; on SQLite it begins with the write lock. An error of Commit can mean that it was committed after
// all (the connection broke): whoever calls must be able to run again without harm.
func (db *DB) InTx(ctx context.Context, f func(tx *Tx) error) error {
	const attempts = 10
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, f)
		if err == nil || attempt == attempts || !isRetryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(attempt) * 5 * time.Millisecond):
		}
	}
}

func (db *DB) once(ctx context.Context, f func(tx *Tx) error) (err error) {
	sqlTx, err := db.Write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	tx := &Tx{Tx: sqlTx, Now: db.now(), db: db}
	committed := false
	defer func() {
		if !committed {
			sqlTx.Rollback() // also on a panic of f; its own error adds nothing
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	for _, after := range tx.after {
		after()
	}
	return nil
}

func isRetryable(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code == "40001" || pgErr.Code == "40P01"
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		return liteErr.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}

// IsUniqueViolation tells whether err is a UNIQUE or PRIMARY KEY constraint that refused a row. By the drivers' codes:
// messages are translated.
func IsUniqueViolation(err error) bool {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code == "23505"
	}
	if liteErr, ok := errors.AsType[*sqlite.Error](err); ok {
		return liteErr.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || liteErr.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE
	}
	return false
}
