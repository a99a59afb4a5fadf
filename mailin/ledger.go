package mailin

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrLeaseLost is returned by every Ledger method when another process has taken the folder over (the epoch of the Lease is no longer the
// newest). Nothing was written. The watcher stops writing at once, drops its connection, and waits in Acquire for its turn.
var ErrLeaseLost = errors.New("mailin: another process has taken over this mailbox")

// Ledger is the memory of a watcher: which mails of a folder were seen, what became of each, and how far the folder has been read. The
// watcher keeps nothing that matters anywhere else, so that it can be killed at any instruction.
//
// One row stands for one UID of one generation of a folder (see Lease.Generation). The cursor, Lease.LastUID, says that every UID up to it
// either has a row, or is a hole that Missing reports. Deliver, Pass and Failed move the cursor to the highest UID they name, in the same
// transaction as the rows they write; they never move it back.
//
// Every method that writes compares the epoch of the Lease inside its own transaction, writes nothing and returns ErrLeaseLost when it is
// not the newest. Any other error makes the watcher drop its connection, wait, and begin again with Acquire: what the ledger really holds
// is read anew, so it does no harm when a transaction was committed although its caller saw an error.
//
// All methods are called from one goroutine per Lease, except Beat, which runs beside them. Lists of UIDs are ascending, without doubles.
type Ledger interface {
	// Acquire waits until this process holds the lease of the folder, and returns it with the cursor. A process that holds it already gets it
	// at once, with a new epoch. It returns early only with the context's error, or when the ledger cannot be reached.
	Acquire(ctx context.Context, mailbox, folder string) (Lease, error)

	// Beat says that the holder of the lease is alive. The watcher calls it every few seconds (Timings.Beat).
	Beat(ctx context.Context, lease Lease) error

	// Release gives the lease back, so that the next Acquire need not wait for the beat to stand still. Of a lost lease it is no error.
	Release(ctx context.Context, lease Lease) error

	// Adopt takes over the numbering of the folder: at first sight, and when the server has renumbered it. It begins a new generation with
	// the cursor at 0, and returns the lease with the new UIDValidity, Generation, LastUID, Floor and Renumbered. Rows of earlier generations
	// stay, for Known, but belong to no UID of the server any more (a UIDVALIDITY may come back with other mails under the same UIDs).
	Adopt(ctx context.Context, lease Lease, adoption Adoption) (Lease, error)

	// Known is asked after a renumbering, before any body is fetched: for each mail, the fate to pass it with, or "" when the ledger does not
	// know it and the body must be fetched. A row of an earlier generation with the same Fingerprint and ServerSize answers FateDouble when
	// it holds the bytes and FateBeforeStart when it was passed as that; rows of other fates, and summaries whose Fingerprint is zero, answer
	// nothing. Each row vouches for one mail only: what was already passed in this generation, and earlier places of the same call, use rows
	// up, so that two mails with equal headers do not hide behind one row. The answer has the length and order of mails.
	Known(ctx context.Context, lease Lease, mails []Summary) ([]Fate, error)

	// Compare is the spot check that finds a server which gave old UIDs to other mails without changing UIDVALIDITY (restored from a backup):
	// how many of these mails, found on the server now, agree with the row of their UID, and how many differ in both Fingerprint and
	// ServerSize. Mails without a row, rows without bytes and zero fingerprints count as neither.
	Compare(ctx context.Context, lease Lease, mails []Summary) (agree, differ int, err error)

	// Deliver commits the raw mail, the job that reads it, and the cursor in one transaction. A UID that already has its bytes is no error and
	// changes nothing but the cursor; a row without bytes (skipped_deleted, failed, before_start) and the count of failures are replaced.
	// Mail.Body is only valid until Deliver returns.
	Deliver(ctx context.Context, lease Lease, mail Mail) error

	// Pass writes rows without bytes for mails that are not handed on, with a reason (a short code, never text of the mail). UIDs that have a
	// row keep it. At most a few hundred at a time. The summaries of FateBeforeStart and FateDouble carry fingerprints where they could be
	// had, for a later Known; those of the others only the position.
	Pass(ctx context.Context, lease Lease, mails []Summary, fate Fate, reason string) error

	// Failed notes one failed attempt to fetch a mail and returns how many there were, this one included. The mail has no row yet: it is a hole
	// below the cursor, which Missing reports together with the count, so that the count survives a restart and mails behind go on.
	Failed(ctx context.Context, lease Lease, position Position, reason string) (tries int, err error)

	// Missing compares what the server lists up to the cursor with the rows: it returns the UIDs without a row, those of live whose row says
	// skipped_deleted (somebody took the mark \Deleted back), and those that an operator wants tried again. UIDs above the cursor are never
	// returned. deleted are the UIDs that bear \Deleted, live all others; each may be long (the whole folder).
	Missing(ctx context.Context, lease Lease, live, deleted []uint32) ([]Hole, error)

	// Gone notes that the rows of this generation up to the cursor whose UIDs are not listed have left the folder, and returns how many are new
	// in that. It is a remark beside the fate of a row, nothing more: a UID that is listed again is not gone. listed may be long.
	Gone(ctx context.Context, lease Lease, listed []uint32) (int, error)

	// Unmarked returns, in ascending order, up to limit UIDs above after whose mark in the mailbox is to be made: rows of this generation that
	// were delivered or passed as double, and neither marked nor gone; MarkRefused counts as not yet marked.
	Unmarked(ctx context.Context, lease Lease, after uint32, limit int) ([]Position, error)

	// Marked notes how marking went.
	Marked(ctx context.Context, lease Lease, marks []Mark) error

	// Swept notes the result of a full reconciliation, for the health page.
	Swept(ctx context.Context, lease Lease, sweep Sweep) error

	// Health notes the state of the connection, for the health page. Nothing depends on it.
	Health(ctx context.Context, lease Lease, health Health) error
}

// Lease is the right to watch one folder, with the cursor as it was when the lease was given. Two processes never write under the same
// epoch; who takes over raises it.
type Lease struct {
	Mailbox, Folder string
	Epoch           int64 // raised by each Acquire

	UIDValidity uint32 // of the server when the folder was adopted; 0: never seen, Adopt comes next
	Generation  int64  // raised by each Adopt: rows are keyed by folder, generation (or what stands for it) and UID
	LastUID     uint32 // the cursor: highest UID dealt with in this generation

	// Floor is the highest UID that stood in the folder when it was adopted; mails up to it are not new. At first sight `start` decides about
	// them; after a renumbering (Renumbered) Known does. It is kept with the cursor, so that a crash in the middle forgets nothing.
	Floor      uint32
	Renumbered bool
}

// Adoption is what Adopt needs to know of the folder.
type Adoption struct {
	UIDValidity uint32 // never 0
	Floor       uint32 // see Lease.Floor
	Renumbered  bool   // the ledger knew this folder under another numbering
}

// Position names a mail in its folder, as long as the numbering holds.
type Position struct {
	UIDValidity uint32
	UID         uint32
}

// Summary is what is known of a mail without its body.
type Summary struct {
	Position
	// Fingerprint is the hash of the identifying header fields (see FingerprintHeader); zero: could not be had. It is computed from what
	// a sender wrote: a ledger that must not be searchable by guessing keeps a keyed hash of it.
	Fingerprint [32]byte
	ServerSize  int64 // RFC822.SIZE, in bytes; 0: not told. Some servers estimate it, so it is evidence, not a measure
}

// Mail is one message, fetched whole and lying in a private temporary file.
type Mail struct {
	Summary
	InternalDate time.Time // when the server received it; zero: the server could not say
	Announced    time.Time // when this watcher learned that there is new mail; for measuring, by the local clock
	Size         int64     // bytes in Body, exactly
	// FullSize is the size of the whole mail in bytes as the server sent or announced it; greater than Size only when Truncated.
	FullSize int64
	// Truncated: the mail is larger than Config.MaxMessage, or could not be fetched whole after several attempts (Reason says which): Body
	// holds the header and the first 256 KiB after it.
	Truncated bool
	Reason    string // "", ReasonTooLarge or ReasonUnfetchable
	// Late: older than Config.AnswerWithin when first seen; it becomes a case but gets no automatic mail.
	Late bool
	// Body opens the bytes from the start, as often as wanted, until Deliver returns. The caller closes what it got.
	Body func() (io.ReadCloser, error)
}

// Why a Mail is Truncated.
const (
	ReasonTooLarge    = "too_large"
	ReasonUnfetchable = "unfetchable"
)

// Fate says why a UID has a ledger row without bytes. The strings are those of the contract; the other fates of the contract are given
// after reading.
type Fate string

const (
	FateDouble         Fate = "double"          // known from before a renumbering
	FateFailed         Fate = "failed"          // not to be fetched, after several attempts of several kinds
	FateSkippedDeleted Fate = "skipped_deleted" // bore \Deleted when first seen; left alone
	FateBeforeStart    Fate = "before_start"    // stood in the folder before the start that the operator chose
	FateGone           Fate = "gone"            // listed by the server, and expunged by somebody before it could be fetched
)

// Hole is a UID that the server lists, not above the cursor, and without a row.
type Hole struct {
	UID   uint32
	Tries int // failed attempts so far, see Ledger.Failed
}

// MarkResult says how marking a mail in the mailbox went.
type MarkResult string

const (
	MarkFlagged    MarkResult = "flagged"    // bears the keyword $CaseConsultantDone
	MarkMoved      MarkResult = "moved"      // lies in the other folder now
	MarkRefused    MarkResult = "refused"    // the server said no (quota, missing folder, read-only): tried again at the next reconciliation
	MarkImpossible MarkResult = "impossible" // the server allows no keyword here: not tried again
	MarkGone       MarkResult = "gone"       // no longer in the folder
	MarkLeft       MarkResult = "left"       // somebody has set \Deleted: left alone, not tried again
)

// Mark is the outcome for one mail.
type Mark struct {
	Position
	Result MarkResult
	Code   string // of a refusal, e.g. OVERQUOTA or TRYCREATE; "" else
	// Where a moved mail lies now. MovedTo is the zero Position where the server does not say (no UIDPLUS).
	Folder  string
	MovedTo Position
}

// Sweep is the result of a full reconciliation: the proof that each UID the server lists has a row.
type Sweep struct {
	Started   time.Time
	Took      time.Duration
	Listed    int // UIDs that the server lists
	Holes     int // of them, not above the cursor and without a row
	Delivered int // mails handed on by this sweep, those above the cursor included
	Passed    int // rows written without bytes
	Waiting   int // holes that remain, to be tried again
	Gone      int // rows whose mail has newly left the folder
	Marked    int // marks made that had failed before
	Refused   int // marks refused again
}

// State is the state of a watcher's connection.
type State string

const (
	StateConnecting    State = "connecting"
	StateCatchingUp    State = "catching_up"     // connected, reading what was there
	StateIdle          State = "idle"            // connected, the server announces new mail
	StatePolling       State = "polling"         // connected, the server is asked every Timings.Poll
	StateRetrying      State = "retrying"        // not connected; next attempt at Health.RetryAt
	StateSignInRefused State = "sign_in_refused" // not connected; the server refused the credentials several times, next attempt at RetryAt
	StateStopped       State = "stopped"
)

// Health is one line for the health page: states and codes, never a server's words, an address or a name.
type Health struct {
	State    State
	Code     string    // what went wrong, one of the Code constants; "" while connected
	Detail   string    // the server's response code, e.g. AUTHENTICATIONFAILED; "" when there was none
	Failures int       // attempts to connect that failed in a row
	At       time.Time // when this state began
	RetryAt  time.Time // zero while connected
	// Looked is when the server last answered a look for new mail, to about a minute; zero: not since the watcher was started. An alarm for a
	// mailbox that has fallen silent hangs on it, so a ledger keeps the last one that was not zero.
	Looked   time.Time
	Waiting  int  // mails that could not be fetched yet and are tried again
	Keywords bool // the folder allows $CaseConsultantDone
	Move     bool // the server can move mails safely (MOVE, or UIDPLUS)
}

// Connected reports whether the state is one of a working connection.
func (h Health) Connected() bool {
	return h.State == StateCatchingUp || h.State == StateIdle || h.State == StatePolling
}

// What went wrong, for Health.Code.
const (
	CodeDial        = "dial"        // no connection: host, port, network
	CodeTLS         = "tls"         // no trusted encryption: certificate, STARTTLS not offered
	CodeGreeting    = "greeting"    // no IMAP server there, or it refuses us
	CodeCredentials = "credentials" // the password or token could not be obtained on our side
	CodeSignIn      = "sign_in"     // the server refused them
	CodeFolder      = "folder"      // the folder cannot be opened
	CodeNumbering   = "numbering"   // the server gives no UIDVALIDITY: no mail could be told from another
	CodeTimeout     = "timeout"     // the server fell silent
	CodeClosed      = "closed"      // the server closed the connection
	CodeProtocol    = "protocol"    // the server's answer could not be understood
	CodeRefused     = "refused"     // the server answered NO or BAD
	CodeThrottled   = "throttled"   // the server asked to be left alone for a while
	CodeLedger      = "ledger"      // our own database
	CodeSpool       = "spool"       // our own temporary folder
	CodeInternal    = "internal"
)
