package imaptest

import (
	"testing"

	"caseconsultant/mailin"
)

func TestLedgerInMemory(t *testing.T) {
	t.Parallel()
	TestLedger(t, func(*testing.T) func() mailin.Ledger {
		book := NewBook()
		return func() mailin.Ledger { return book.Process() }
	})
}
