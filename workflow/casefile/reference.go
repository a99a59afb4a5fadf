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
