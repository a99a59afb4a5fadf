// Package mailin watches the folders that askers write to: it fetches each mail by IMAP (RFC 9051, RFC 3501) exactly once and hands it on to
// a Ledger. It parses no mail and knows no case and no database.
//
// The world it lives in: IMAP servers fall silent in the middle of a word, close the connection on a whim, renumber folders, answer with
// what no grammar allows, and lose announcements; people move, delete and copy mails in the same folder meanwhile. So nothing is believed
// that can be checked: the UID cursor of a folder lives in the ledger and moves in the transaction that keeps the mail's bytes, a full sweep
// of the folder proves again and again that every UID has a row in the ledger, every wait for the server ends by a deadline, and a mail that
// cannot be fetched is put aside, tried in other ways, and never stops the ones behind it.
//
// A server that asks for patience gets it (CodeThrottled). Folders go by the names that people know, whatever the server's prefix and divider.
// Health.Looked says when the server last answered a look for new mail: what a silent mailbox is told by, by somebody else than this package.
//
// It never sets \Seen, never deletes, and changes only mails that the ledger holds: their mark is a keyword or a move to another folder, and
// no later step depends on it.
//
// Order of use: fill a Config, call New with the Ledger, and Run it until its context ends; Reconcile asks a running watcher for a sweep,
// Once makes a single pass without staying, Probe looks at an account without a ledger. It may touch the network, the ledger and a
// private temporary file per watcher.
package mailin
