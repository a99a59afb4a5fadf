package store

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Key is the installation's key: 32 random bytes from which all other keys are derived or by which they are wrapped.
// Whoever has it and the database can read every case; whoever lost it can read none.
type Key [32]byte

// keyPrefix marks the text form of a key, so that a wrong file is noticed before anything is opened with it.
const keyPrefix = "caseconsultant-key-1:"

// NewKey makes a random key.
func NewKey() Key {
	var key Key
	rand.Read(key[:])
	return key
}

// ParseKey reads the text form of a key, as in a key file.
func ParseKey(text string) (Key, error) {
	var key Key
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), keyPrefix)
	if !ok {
		return key, fmt.Errorf("this is no key of CaseConsultant: it must begin with %q", keyPrefix)
	}
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b) != len(key) {
		return key, errors.New("the key is damaged: after its prefix it must be 32 bytes in base64")
	}
	copy(key[:], b)
	return key, nil
}

// String is the text form of the key. Not for logs.
func (k Key) String() string { return keyPrefix + base64.StdEncoding.EncodeToString(k[:]) }

// LoadKeyFile reads a key file.
func LoadKeyFile(path string) (Key, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read the key file: %w", err)
	}
	key, err := ParseKey(string(b))
	if err != nil {
		return Key{}, fmt.Errorf("read the key file %s: %w", path, err)
	}
	return key, nil
}

// CreateKeyFile makes a new key and writes it, readable by its owner only. It never replaces a file, and the key is on
// the disk before it is used for anything.
func CreateKeyFile(path string) (Key, error) {
	key := NewKey()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Key{}, fmt.Errorf("make the key file's folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.WriteString(key.String() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Key{}, fmt.Errorf("write the key file: %w", err)
	}
	return key, nil
}

// Sealing errors.
var (
	// ErrLocked is returned when the database was opened without a key.
	ErrLocked = errors.New("the database was opened without the installation's key")
	// ErrErased is returned for what was sealed with a key that has been destroyed: the case was erased.
	ErrErased = errors.New("its key was destroyed: the content has been erased")
	// ErrSeal is returned when sealed bytes are damaged, or stand in another place than the one they were sealed for.
	ErrSeal = errors.New("sealed content is damaged or not in its place")
)

// HouseKey is the id of the key for what belongs to no case: users, sessions, the firm's settings. It is derived from
// the installation's key and stands in no table.
const HouseKey int64 = 0

type vault struct {
	check  string
	lookup []byte
	events []byte
	refs   []byte
	wrap   cipher.AEAD
	house  cipher.AEAD

	mu    sync.Mutex
	aeads map[int64]cipher.AEAD
}

func newVault(key Key) *vault {
	derive := func(purpose string) []byte {
		k, err := hkdf.Expand(sha256.New, key[:], "caseconsultant "+purpose, 32)
		if err != nil {
			panic(err) // only for a length over 255 hashes
		}
		return k
	}
	return &vault{
		check:  hex.EncodeToString(derive("check")),
		lookup: derive("lookup"),
		events: derive("events"),
		refs:   derive("references"),
		wrap:   newAEAD(derive("wrap")),
		house:  newAEAD(derive("house")),
		aeads:  make(map[int64]cipher.AEAD),
	}
}

func newAEAD(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only for a wrong key length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	return aead
}

func (v *vault) remember(id int64, aead cipher.AEAD) {
	v.mu.Lock()
	defer v.mu.Unlock()
	// A bound, not a policy: a key is one small read away.
	if len(v.aeads) >= 4096 {
		clear(v.aeads)
	}
	v.aeads[id] = aead
}

func (v *vault) known(id int64) (cipher.AEAD, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	aead, ok := v.aeads[id]
	return aead, ok
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// NewKey makes a data key. It belongs to no case until PassKey.
func (tx *Tx) NewKey(ctx context.Context) (int64, error) {
	v := tx.db.vault
	if v == nil {
		return 0, ErrLocked
	}
	id := tx.NewID()
	var key [32]byte
	rand.Read(key[:])
	wrapped := v.wrap.Seal(nil, nil, key[:], keyPlace(id))
	if _, err := tx.ExecContext(ctx, `INSERT INTO sealing_keys (id, wrapped, created_at) VALUES ($1, $2, $3)`,
		id, wrapped, tx.Now.UnixMilli()); err != nil {
		return 0, fmt.Errorf("store a data key: %w", err)
	}
	v.remember(id, newAEAD(key[:]))
	return id, nil
}

// PassKey makes a data key part of a case: erasing the case destroys it.
func (tx *Tx) PassKey(ctx context.Context, keyID, caseID int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE sealing_keys SET case_id = $2 WHERE id = $1 AND case_id IS NULL`, keyID, caseID); err != nil {
		return fmt.Errorf("pass a data key to case %d: %w", caseID, err)
	}
	return nil
}

// DestroyKeys destroys all data keys of a case. What they sealed can never be read again, here and in backups.
func (tx *Tx) DestroyKeys(ctx context.Context, caseID int64) error {
	if _, err := tx.ExecContext(ctx, `UPDATE sealing_keys SET wrapped = NULL, destroyed_at = $2 WHERE case_id = $1 AND wrapped IS NOT NULL`,
		caseID, tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("destroy the keys of case %d: %w", caseID, err)
	}
	tx.AfterCommit(func() {
		tx.db.vault.mu.Lock()
		defer tx.db.vault.mu.Unlock()
		clear(tx.db.vault.aeads)
	})
	return nil
}

func keyPlace(id int64) []byte { return fmt.Appendf(nil, "sealing_keys/%d", id) }

func (db *DB) aead(ctx context.Context, q querier, keyID int64) (cipher.AEAD, error) {
	v := db.vault
	if v == nil {
		return nil, ErrLocked
	}
	if keyID == HouseKey {
		return v.house, nil
	}
	if aead, ok := v.known(keyID); ok {
		return aead, nil
	}
	var wrapped []byte
	if err := q.QueryRowContext(ctx, `SELECT wrapped FROM sealing_keys WHERE id = $1`, keyID).Scan(&wrapped); err != nil {
		return nil, fmt.Errorf("read data key %d: %w", keyID, err)
	}
	if wrapped == nil {
		return nil, ErrErased
	}
	key, err := v.wrap.Open(nil, nil, wrapped, keyPlace(keyID))
	if err != nil {
		return nil, fmt.Errorf("unwrap data key %d: %w", keyID, ErrSeal)
	}
	aead := newAEAD(key)
	v.remember(keyID, aead)
	return aead, nil
}

// Seal encrypts plain for one place, e.g. "cases/42/subject"; it opens only there (AES-256-GCM, the place is
// associated data, so rows cannot be swapped). Nil stays nil.
func (tx *Tx) Seal(ctx context.Context, keyID int64, place string, plain []byte) ([]byte, error) {
	if plain == nil {
		return nil, nil
	}
	aead, err := tx.db.aead(ctx, tx, keyID)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", place, err)
	}
	return aead.Seal(nil, nil, plain, []byte(place)), nil
}

// Open decrypts what Seal made, inside the transaction.
func (tx *Tx) Open(ctx context.Context, keyID int64, place string, sealed []byte) ([]byte, error) {
	return tx.db.open(ctx, tx, keyID, place, sealed)
}

// Open decrypts what Seal made. Nil stays nil.
func (db *DB) Open(ctx context.Context, keyID int64, place string, sealed []byte) ([]byte, error) {
	return db.open(ctx, db.keys, keyID, place, sealed)
}

func (db *DB) open(ctx context.Context, q querier, keyID int64, place string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	aead, err := db.aead(ctx, q, keyID)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, err)
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", place, ErrSeal)
	}
	return plain, nil
}

// LookupHash is the keyed hash by which a sealed value (an address, a Message-ID) is found again: 128 bits in hex.
// kind keeps values of different meaning apart. Without a key it is empty.
func (db *DB) LookupHash(kind, value string) string {
	if db.vault == nil {
		return ""
	}
	mac := hmac.New(sha256.New, db.vault.lookup)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// EventHash is the keyed hash of a link of the event chain.
func (db *DB) EventHash(canonical []byte) []byte { return db.mac(canonical, "events") }

// ReferenceHash is the keyed hash behind the check characters of a case's reference.
func (db *DB) ReferenceHash(number []byte) []byte { return db.mac(number, "references") }

func (db *DB) mac(data []byte, purpose string) []byte {
	if db.vault == nil {
		return nil
	}
	key := db.vault.events
	if purpose == "references" {
		key = db.vault.refs
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(data)
	return mac.Sum(nil)
}
