package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

// Readers that open sealed values while their rows are open do not wait for each other, however many they are.
func TestReadersThatOpenValuesDoNotStarveEachOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var key int64
		var sealed []byte
		must(t, db.InTx(ctx, func(tx *store.Tx) (err error) {
			if key, err = tx.NewKey(ctx); err != nil {
				return err
			}
			if sealed, err = tx.Seal(ctx, key, "cases/1/subject", []byte("a subject")); err != nil {
				return err
			}
			return tx.PassKey(ctx, key, 7)
		}))
		// A destroyed key is never remembered: each opening looks it up.
		must(t, db.InTx(ctx, func(tx *store.Tx) error { return tx.DestroyKeys(ctx, 7) }))
		connections := db.Read.Stats().MaxOpenConnections
		var holding, done sync.WaitGroup
		holding.Add(connections)
		for range connections {
			done.Go(func() {
				rows, err := db.Read.QueryContext(ctx, `SELECT 1`)
				holding.Done()
				if err != nil {
					t.Error(err)
					return
				}
				defer rows.Close()
				holding.Wait() // no connection for reading is free now
				if _, err := db.Open(ctx, key, "cases/1/subject", sealed); !errors.Is(err, store.ErrErased) {
					t.Errorf("opened with %v", err)
				}
			})
		}
		done.Wait()
	})
}
