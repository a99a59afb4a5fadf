package imaptest

import "testing"

// Dovecot starts a real Dovecot alone, for tests of other packages that need one server and not each; it is left out like
// Each leaves it out.
func Dovecot(tb testing.TB) *Server {
	tb.Helper()
	requireDovecot(tb)
	return newServer(tb, kinds[1])
}
