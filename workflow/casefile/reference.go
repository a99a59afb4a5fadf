package casefile

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/store"
)

// A case reference is CC-4821-K7RQ9: a number that starts at random and advances by 1 to 9, so that nobody can tell
// how many cases a firm has, and five Crockford base-32 characters of a keyed hash over it, which an outsider cannot
// guess.

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var referencePattern = regexp.MustCompile(`(?i)\bCC-([0-9OIL]{1,12})-([0-9A-Z]{5})\b`)

func reference(db *store.DB, number int64) string {
	return fmt.Sprintf("CC-%d-%s", number, checkCharacters(db, number))
}

func checkCharacters(db *store.DB, number int64) string {
	sum := db.ReferenceHash(binary.BigEndian.AppendUint64(nil, uint64(number)))
	bits := binary.BigEndian.Uint64(sum)
	var check [5]byte
	for i := range check {
		check[i] = crockford[bits&31]
		bits >>= 5
	}
	return string(check[:])
}

// forgive reads what people write for the digits: O for 0, I and L for 1.
var forgive = strings.NewReplacer("O", "0", "I", "1", "L", "1")

// FindReferences returns the case numbers whose full reference, with right check characters, stands in text, and how
// many references with wrong ones. Compared in constant time.
func FindReferences(db *store.DB, text string) (numbers []int64, wrong int) {
	const most = 20 // a mail that lists more is guessing
	for _, match := range referencePattern.FindAllStringSubmatch(text, most) {
		number, err := strconv.ParseInt(forgive.Replace(strings.ToUpper(match[1])), 10, 64)
		if err != nil {
			continue
		}
		given := forgive.Replace(strings.ToUpper(match[2]))
		if subtle.ConstantTimeCompare([]byte(given), []byte(forgive.Replace(checkCharacters(db, number)))) == 1 {
			numbers = append(numbers, number)
		} else {
			wrong++
		}
	}
	return numbers, wrong
}

// How many wrong references are too many: from one sender in a day, and in all. A reference has 25 bits of check
// characters, so a thousand guesses find one of thirty thousand cases with a chance of one in a thousand.
const (
	wrongPerSender = 5
	wrongInAll     = 1000
)

// Names in counters.
const (
	wrongAll     = "references/wrong"
	wrongOf      = "references/wrong/%s/%s" // sender, day (UTC)
	wrongBlocked = "references/blocked/%s"  // sender
)

// ReferenceProof says what references are worth at the moment.
type ReferenceProof struct {
	Counts   bool // a full reference lets this sender join its case
	Ended    bool // it does no longer, because of these very wrong ones
	Everyone bool // for nobody does it count any more
}

// CountWrongReferences counts the wrong references of a mail, and says whether a right one still proves that its
// sender may join the case. Once too many were wrong, references alone prove nothing until ForgiveWrongReferences. It
// comes before other writes of the transaction: of those who count at once, each waits for the one before.
func CountWrongReferences(ctx context.Context, tx *store.Tx, sender string, wrong int) (ReferenceProof, error) {
	hash := AddressKey(tx.DB(), sender)
	blocked := fmt.Sprintf(wrongBlocked, hash)
	var inAll, isBlocked int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN name = $1 THEN value END), 0), count(CASE WHEN name = $2 THEN 1 END) FROM counters WHERE name IN ($1, $2)`,
		wrongAll, blocked).Scan(&inAll, &isBlocked); err != nil {
		return ReferenceProof{}, fmt.Errorf("read the wrong references: %w", err)
	}
	proof := ReferenceProof{Counts: inAll < wrongInAll && isBlocked == 0}
	if wrong == 0 || !proof.Counts {
		return proof, nil // who is past the limit fills no more rows
	}
	add := func(name string, n int) (value int64, err error) {
		if err = tx.QueryRowContext(ctx, `INSERT INTO counters (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value`, name, n).Scan(&value); err != nil {
			err = fmt.Errorf("count a wrong reference: %w", err)
		}
		return value, err
	}
	inAll, err := add(wrongAll, wrong)
	if err != nil {
		return proof, err
	}
	today, err := add(fmt.Sprintf(wrongOf, hash, tx.Now.UTC().Format(time.DateOnly)), wrong)
	if err != nil {
		return proof, err
	}
	if today >= wrongPerSender {
		if _, err := add(blocked, 1); err != nil {
			return proof, err
		}
	}
	proof.Everyone = inAll >= wrongInAll
	proof.Ended = proof.Everyone || today >= wrongPerSender
	proof.Counts = !proof.Ended
	return proof, nil
}

// WrongReferences is what the operator has to look at.
type WrongReferences struct {
	Wrong   int  // references with wrong check characters since the last look
	Senders int  // whose references alone no longer prove anything
	Stopped bool // nobody's do
}

// WrongReferences reads how many wrong references came.
func (f *Files) WrongReferences(ctx context.Context) (w WrongReferences, err error) {
	if err := f.db.Read.QueryRowContext(ctx, `SELECT coalesce(max(CASE WHEN name = $1 THEN value END), 0), count(CASE WHEN name LIKE 'references/blocked/%' THEN 1 END)
		FROM counters WHERE name LIKE 'references/%'`, wrongAll).Scan(&w.Wrong, &w.Senders); err != nil {
		return w, fmt.Errorf("read the wrong references: %w", err)
	}
	w.Stopped = w.Wrong >= wrongInAll
	return w, nil
}

// ForgiveWrongReferences begins to count anew: for the operator who has looked.
func (f *Files) ForgiveWrongReferences(ctx context.Context) error {
	return f.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM counters WHERE name LIKE 'references/%'`); err != nil {
			return fmt.Errorf("forgive the wrong references: %w", err)
		}
		return nil
	})
}

// nextNumber takes the next case number. It locks the counter's row until the transaction ends, so it is asked for
// last.
func nextNumber(ctx context.Context, tx *store.Tx) (int64, error) {
	if _, err := tx.ExecContext(ctx, `INSERT INTO counters (name, value) VALUES ('case', $1) ON CONFLICT (name) DO NOTHING`,
		1000+rand.Int64N(9000)); err != nil {
		return 0, fmt.Errorf("start the case counter: %w", err)
	}
	var number int64
	if err := tx.QueryRowContext(ctx, `UPDATE counters SET value = value + $1 WHERE name = 'case' RETURNING value`,
		1+rand.Int64N(9)).Scan(&number); err != nil {
		return 0, fmt.Errorf("take a case number: %w", err)
	}
	return number, nil
}
