package store_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func TestOpenTwiceMigratesOnce(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				key := storetest.TestKey
				db, err := store.Open(t.Context(), store.Options{URL: url, Key: &key})
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				if err := db.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		wg.Wait()
	})
}

func TestWrongKeyIsRefused(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		storetest.Open(t, url)
		other := store.NewKey()
		if _, err := store.Open(t.Context(), store.Options{URL: url, Key: &other}); !errors.Is(err, store.ErrWrongKey) {
			t.Errorf("open with another key: %v, want ErrWrongKey", err)
		}
	})
}

func TestOpenRefusesOtherDatabases(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "sqlite:", "mysql://x", "caseconsultant.db"} {
		if _, err := store.Open(t.Context(), store.Options{URL: url}); !errors.Is(err, store.ErrURL) {
			t.Errorf("open %q: %v, want ErrURL", url, err)
		}
	}
}

func TestInTxFromEightGoroutines(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO counters (name, value) VALUES ('n', 0)`)
			return err
		}))
		const each = 50
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range each {
					if err := db.InTx(ctx, func(tx *store.Tx) error {
						if _, err := tx.ExecContext(ctx, `UPDATE counters SET value = value + 1 WHERE name = 'n'`); err != nil {
							return err
						}
						var n int64
						return tx.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'n'`).Scan(&n)
					}); err != nil {
						t.Errorf("in a transaction: %v", err)
					}
				}
			})
		}
		wg.Wait()
		var n int64
		must(t, db.Read.QueryRowContext(ctx, `SELECT value FROM counters WHERE name = 'n'`).Scan(&n))
		if n != 8*each {
			t.Errorf("counted %d, want %d", n, 8*each)
		}
	})
}

func TestInTxRollsBackOnErrorAndPanic(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		insert := func(tx *store.Tx) {
			if _, err := tx.ExecContext(ctx, `INSERT INTO counters (name, value) VALUES ('gone', 0)`); err != nil {
				t.Errorf("insert: %v", err)
			}
			tx.AfterCommit(func() { t.Error("AfterCommit was called after a rollback") })
		}
		boom := errors.New("boom")
		if err := db.InTx(ctx, func(tx *store.Tx) error { insert(tx); return boom }); !errors.Is(err, boom) {
			t.Errorf("got %v, want boom", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			db.InTx(ctx, func(tx *store.Tx) error { insert(tx); panic("boom") })
		}()
		var n int64
		must(t, db.Read.QueryRowContext(ctx, `SELECT count(*) FROM counters`).Scan(&n))
		if n != 0 {
			t.Errorf("%d rows stayed, want none", n)
		}
	})
}

func TestReadPoolOfSQLiteRefusesWrites(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteURL(t))
	if _, err := db.Read.Exec(`INSERT INTO counters (name, value) VALUES ('x', 0)`); err == nil {
		t.Error("the read pool wrote")
	}
}

func TestSealedValuesOpenOnlyInTheirPlace(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		var key int64
		var sealed []byte
		must(t, db.InTx(ctx, func(tx *store.Tx) (err error) {
			if key, err = tx.NewKey(ctx); err != nil {
				return err
			}
			sealed, err = tx.Seal(ctx, key, "cases/1/subject", []byte("a subject"))
			return err
		}))
		if bytes.Contains(sealed, []byte("subject")) {
			t.Error("the sealed value shows its text")
		}
		plain, err := db.Open(ctx, key, "cases/1/subject", sealed)
		if err != nil || string(plain) != "a subject" {
			t.Errorf("open: %q, %v", plain, err)
		}
		if _, err := db.Open(ctx, key, "cases/2/subject", sealed); !errors.Is(err, store.ErrSeal) {
			t.Errorf("open in another place: %v, want ErrSeal", err)
		}
		// Another process, which has not cached the key.
		again := storetest.Open(t, db.URL())
		if plain, err = again.Open(ctx, key, "cases/1/subject", sealed); err != nil || string(plain) != "a subject" {
			t.Errorf("open in another process: %q, %v", plain, err)
		}
		must(t, db.InTx(ctx, func(tx *store.Tx) error {
			if err := tx.PassKey(ctx, key, 7); err != nil {
				return err
			}
			return tx.DestroyKeys(ctx, 7)
		}))
		if _, err := db.Open(ctx, key, "cases/1/subject", sealed); !errors.Is(err, store.ErrErased) {
			t.Errorf("open after its key was destroyed: %v, want ErrErased", err)
		}
	})
}

func TestContentOfAllSizes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		random := rand.NewChaCha8([32]byte{4})
		for _, size := range []int{0, 1, store.ChunkSize - 1, store.ChunkSize, store.ChunkSize + 1, 3*store.ChunkSize + 5} {
			want := make([]byte, size)
			random.Read(want)
			var id, written int64
			must(t, db.InTx(ctx, func(tx *store.Tx) error {
				key, err := tx.NewKey(ctx)
				if err != nil {
					return err
				}
				id, written, err = tx.WriteContent(ctx, key, bytes.NewReader(want))
				return err
			}))
			got, err := db.ReadContent(ctx, id)
			if err != nil || !bytes.Equal(got, want) || written != int64(size) {
				t.Errorf("%d bytes: read %d, written %d, %v", size, len(got), written, err)
			}
		}
	})
}

func TestContentNoticesMissingAndSwappedChunks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		write := func() (id int64) {
			must(t, db.InTx(ctx, func(tx *store.Tx) error {
				key, err := tx.NewKey(ctx)
				if err != nil {
					return err
				}
				id, _, err = tx.WriteContent(ctx, key, strings.NewReader(strings.Repeat("x", 2*store.ChunkSize)))
				return err
			}))
			return id
		}
		for name, damage := range map[string]string{
			"missing": `UPDATE contents SET chunks = 1 WHERE id = $1`,
			"swapped": `UPDATE content_chunks SET seq = 1 - seq + 10 WHERE content_id = $1`,
		} {
			id := write()
			must(t, db.InTx(ctx, func(tx *store.Tx) error {
				if _, err := tx.ExecContext(ctx, damage, id); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, `UPDATE content_chunks SET seq = seq - 10 WHERE content_id = $1 AND seq >= 10`, id)
				return err
			}))
			if _, err := db.ReadContent(ctx, id); !errors.Is(err, store.ErrSeal) {
				t.Errorf("%s chunks: %v, want ErrSeal", name, err)
			}
		}
	})
}

func TestKeyFileIsMadeOnceAndReadBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "caseconsultant.key")
	key, err := store.CreateKeyFile(path)
	must(t, err)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v; want it readable by its owner only", info.Mode(), err)
	}
	if got, err := store.LoadKeyFile(path); err != nil || got != key {
		t.Errorf("read back: %v", err)
	}
	if _, err := store.CreateKeyFile(path); err == nil {
		t.Error("an existing key file was replaced")
	}
	for _, bad := range []string{"", "hello", "caseconsultant-key-1:", "caseconsultant-key-1:AAAA"} {
		if _, err := store.ParseKey(bad); err == nil {
			t.Errorf("ParseKey(%q) gave no error", bad)
		}
	}
}

func TestDeadProcessIsNoticed(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.SQLiteURL(t))
	ctx := t.Context()
	other := storetest.Open(t, db.URL())
	process, err := other.StartProcess(ctx, "watch")
	must(t, err)
	observer := db.NewObserver()
	census, err := observer.Census(ctx)
	must(t, err)
	if !census.Lives(process.ID) {
		t.Error("a living process was taken for dead")
	}
	must(t, other.Close())
	if census, err = observer.Census(ctx); err != nil || census.Lives(process.ID) {
		t.Errorf("an ended process was taken for living (%v)", err)
	}
}

// The database was away: nobody could write a beat, and nobody could see one. Whoever looks first afterwards must not
// take the others for dead.
func TestAnOutageIsNotTakenForADeath(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.PostgresURL(t))
	ctx := t.Context()
	const other = 4711
	must(t, db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO processes (id, roles, beat, started_at) VALUES ($1, 'work', 5, 0)`, other)
		return err
	}))
	observer := db.NewObserver()
	now := time.Now()
	observer.SetClock(func() time.Time { return now })
	lives := func(after time.Duration) bool {
		now = now.Add(after)
		census, err := observer.Census(ctx)
		must(t, err)
		return census.Lives(other)
	}
	if !lives(0) || !lives(3*time.Second) {
		t.Fatal("a process that was just seen is dead")
	}
	if !lives(10 * time.Minute) {
		t.Error("a process was taken for dead although nobody looked at it for ten minutes")
	}
	for range 8 {
		lives(3 * time.Second)
	}
	if lives(0) {
		t.Error("a beat that was seen standing still for half a minute counts as life")
	}
}

// A process that was taken for dead and lives says so with its next beat, and is never dead to itself.
func TestAProcessTakenForDeadComesBack(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		db, other := storetest.Open(t, url), storetest.Open(t, url)
		ctx := t.Context()
		process, err := db.StartProcess(ctx, "work")
		must(t, err)
		must(t, other.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE processes SET ended_at = 1 WHERE id = $1`, process.ID)
			return err
		}))
		census, err := db.NewObserver().Census(ctx)
		must(t, err)
		if !census.Lives(process.ID) {
			t.Error("a process takes itself for dead")
		}
		deadline := time.After(4 * store.BeatEvery)
		for {
			census, err := other.NewObserver().Census(ctx)
			must(t, err)
			if census.Lives(process.ID) {
				return
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-deadline:
				t.Fatal("a process that beats stays dead to the others")
			}
		}
	})
}

func TestChangesAreHeardByOtherProcesses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		other := storetest.Open(t, db.URL())
		changes := other.Changes(ctx)
		for heard := false; !heard; {
			must(t, db.InTx(ctx, func(tx *store.Tx) error {
				if _, err := tx.ExecContext(ctx, `INSERT INTO changes (id, case_id, at) VALUES ($1, 1, 1)`, tx.NewID()); err != nil {
					return err
				}
				return tx.Changed(ctx)
			}))
			select {
			case <-changes:
				heard = true
			case <-ctx.Done():
				t.Fatal("nothing was heard")
			case <-time.After(20 * time.Millisecond): // write again: the listener may not have been there yet
			}
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
