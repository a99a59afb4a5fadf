package casefile

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"caseconsultant/workflow/store"
)

// EventKind names a line of a case's history. The strings are part of the contract.
type EventKind string

const (
	EventReceived  EventKind = "received"
	EventJoined    EventKind = "joined"
	EventSetAside  EventKind = "set_aside"
	EventRead      EventKind = "read"
	EventExtracted EventKind = "extracted"
	EventAttached  EventKind = "attached"
	EventRouted    EventKind = "routed"
	EventClaimed   EventKind = "claimed"
	EventReleased  EventKind = "released"
	EventApproved  EventKind = "approved"
	EventAnswered  EventKind = "answered"
	EventAskedBack EventKind = "asked_back"
	EventClosed    EventKind = "closed"
	EventReopened  EventKind = "reopened"
	EventFailed    EventKind = "failed"
	EventEdited    EventKind = "edited"
	EventLinked    EventKind = "linked"
	EventRevealed  EventKind = "revealed"
)

// DeliveryEvent is the kind of the event that a delivery came into a state.
func DeliveryEvent(state DeliveryState) EventKind { return EventKind("delivery_" + string(state)) }

// Actor is who did it: the system, the asker, or a user.
type Actor string

const (
	System    Actor = "system"
	AskerSelf Actor = "asker"
)

// User is the actor for a user's id.
func User(id int64) Actor { return Actor(fmt.Sprintf("user:%d", id)) }

// Event is one line of a case's history.
type Event struct {
	Number    int64
	At        time.Time
	Kind      EventKind
	Actor     Actor
	SubjectID int64  // the message or delivery that it is about; 0: the case
	Detail    string // JSON, opened; "" when there is none or it was purged
}

// Record appends to the case's history. Events are numbered without a gap; each bears a keyed hash over the one
// before, its own canonical bytes, and a salted hash of its detail, so that a detail can be purged and the chain still
// holds. detail may be nil; it is sealed.
func (e *Edit) Record(ctx context.Context, kind EventKind, actor Actor, subjectID int64, detail any) error {
	var plain, salt []byte
	if detail != nil {
		var err error
		if plain, err = json.Marshal(detail); err != nil {
			return fmt.Errorf("write the detail of event %s: %w", kind, err)
		}
		salt = make([]byte, 16)
		rand.Read(salt)
	}
	number := e.events + 1
	detailHash := hashDetail(salt, plain)
	at := e.tx.Now.UnixMilli()
	hash := e.tx.DB().EventHash(canonicalEvent(e.head, e.ID, number, at, kind, actor, subjectID, detailHash))
	sealed, err := e.tx.Seal(ctx, e.keyID, fmt.Sprintf("events/%d/%d", e.ID, number), plain)
	if errors.Is(err, store.ErrErased) {
		sealed, err = nil, nil // the case was erased: that it happened is kept, its detail counts as purged
	}
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO events (case_id, number, at, kind, actor, subject_id, detail, salt, detail_hash, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.ID, number, at, string(kind), string(actor), subjectID, sealed, salt, detailHash, hex.EncodeToString(hash)); err != nil {
		return fmt.Errorf("record event %s of case %d: %w", kind, e.ID, err)
	}
	e.events, e.head = number, hex.EncodeToString(hash)
	return nil
}

func hashDetail(salt, plain []byte) string {
	if plain == nil {
		return ""
	}
	sum := sha256.Sum256(append(bytes.Clone(salt), plain...))
	return hex.EncodeToString(sum[:])
}

// canonicalEvent is what a link's hash is taken over: fields in a fixed order, each ended by a zero byte, which none
// of them can hold.
func canonicalEvent(before string, caseID, number, at int64, kind EventKind, actor Actor, subjectID int64, detailHash string) []byte {
	return fmt.Appendf(nil, "1\x00%s\x00%d\x00%d\x00%d\x00%s\x00%s\x00%d\x00%s\x00",
		before, caseID, number, at, kind, actor, subjectID, detailHash)
}

// Verification is what reading a case's history again proved.
type Verification struct {
	Events int64 // how many events stand in an unbroken chain
	Purged int64 // how many of them have lost their detail, by retention
	Broken int64 // number of the first event that does not fit; 0: none
	Why    string
}

// Verify recomputes a case's chain: that no event is missing, changed or added, up to the head that the case holds.
// Against somebody who has the installation's key it proves nothing; that is what anchors outside the database are for.
func (f *Files) Verify(ctx context.Context, ref string) (Verification, error) {
	var v Verification
	var caseID, keyID, events int64
	var head string
	if err := f.db.Read.QueryRowContext(ctx, `SELECT id, key_id, events, event_head FROM cases WHERE ref = $1`, ref).
		Scan(&caseID, &keyID, &events, &head); err != nil {
		return v, notFound(err)
	}
	rows, err := f.db.Read.QueryContext(ctx, `SELECT number, at, kind, actor, subject_id, detail, salt, detail_hash, hash
		FROM events WHERE case_id = $1 ORDER BY number`, caseID)
	if err != nil {
		return v, fmt.Errorf("read the history of case %d: %w", caseID, err)
	}
	defer rows.Close()
	before := ""
	broken := func(number int64, why string) Verification {
		v.Broken, v.Why = number, why
		return v
	}
	for rows.Next() {
		var number, at, subjectID int64
		var kind, actor, detailHash, hash string
		var detail, salt []byte
		if err := rows.Scan(&number, &at, &kind, &actor, &subjectID, &detail, &salt, &detailHash, &hash); err != nil {
			return v, fmt.Errorf("read the history of case %d: %w", caseID, err)
		}
		if number != v.Events+1 {
			return broken(v.Events+1, "an event is missing"), nil
		}
		want := f.db.EventHash(canonicalEvent(before, caseID, number, at, EventKind(kind), Actor(actor), subjectID, detailHash))
		if hash != hex.EncodeToString(want) {
			return broken(number, "the event was changed"), nil
		}
		if detail != nil {
			plain, err := f.db.Open(ctx, keyID, fmt.Sprintf("events/%d/%d", caseID, number), detail)
			if errors.Is(err, store.ErrErased) {
				v.Purged++
			} else if err != nil || hashDetail(salt, plain) != detailHash {
				return broken(number, "the event's detail was changed"), nil
			}
		} else if detailHash != "" {
			v.Purged++
		}
		v.Events, before = number, hash
	}
	if err := rows.Err(); err != nil {
		return v, fmt.Errorf("read the history of case %d: %w", caseID, err)
	}
	if v.Events != events || before != head {
		return broken(v.Events+1, "the history ends before the case's last event"), nil
	}
	return v, nil
}
