package people

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"caseconsultant/workflow/store"
)

// NewUser is what Add needs.
type NewUser struct {
	Email      string
	Name       string // defaults to the address before its @
	Credential string
	Role       Role // defaults to Consultant
	Password   string
}

// Add makes a user.
func (p *People) Add(ctx context.Context, n NewUser) (User, error) {
	email, err := checkEmail(n.Email)
	if err != nil {
		return User{}, err
	}
	name := clean(n.Name)
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if n.Role == "" {
		n.Role = Consultant
	}
	if _, err := ParseRole(string(n.Role)); err != nil {
		return User{}, err
	}
	if err := CheckPassword(n.Password, email, name); err != nil {
		return User{}, err
	}
	free, err := p.slot(ctx)
	if err != nil {
		return User{}, err
	}
	hash := hashPassword(n.Password, p.cost)
	free()

	user := User{Email: email, Name: name, Credential: clean(n.Credential), Role: n.Role, stamp: stampOf(hash)}
	err = p.db.InTx(ctx, func(tx *store.Tx) error {
		user.ID, user.Created = tx.NewID(), tx.Now
		sealedEmail, sealedName, err := sealUser(ctx, tx, user)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO users (id, email_hash, email, name, credential, role, password_hash, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			user.ID, p.emailHash(email), sealedEmail, sealedName, user.Credential, string(user.Role), hash, tx.Now.UnixMilli())
		if store.IsUniqueViolation(err) {
			return ErrExists
		}
		if err != nil {
			return fmt.Errorf("store the user: %w", err)
		}
		return nil
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// List returns all users, disabled ones too, in the order in which they were added.
func (p *People) List(ctx context.Context) ([]User, error) {
	rows, err := p.db.Read.QueryContext(ctx, selectUser+` ORDER BY created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("list the users: %w", err)
	}
	defer rows.Close()
	var sealed []sealedUser
	for rows.Next() {
		s, err := scanUser(rows)
		if err != nil {
			return nil, fmt.Errorf("list the users: %w", err)
		}
		sealed = append(sealed, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the users: %w", err)
	}
	users := make([]User, len(sealed))
	for i, s := range sealed {
		if users[i], err = s.open(ctx, p.db); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// Get returns the user with this id.
func (p *People) Get(ctx context.Context, id int64) (User, error) {
	s, err := scanUser(p.db.Read.QueryRowContext(ctx, selectUser+` WHERE id = $1`, id))
	return p.opened(ctx, s, err)
}

// ByEmail returns the user with this address, whatever its case.
func (p *People) ByEmail(ctx context.Context, email string) (User, error) {
	s, err := p.sealedByEmail(ctx, email)
	return p.opened(ctx, s, err)
}

func (p *People) opened(ctx context.Context, s sealedUser, err error) (User, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, ErrNotFound
	}
	if err != nil {
		return User{}, fmt.Errorf("read a user: %w", err)
	}
	return s.open(ctx, p.db)
}

// Disable ends a user's access, sessions included, and keeps the row: the history of cases names it. Disabling a
// disabled user changes nothing.
func (p *People) Disable(ctx context.Context, id int64) error {
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		// The admins' rows are locked first, in one order, so that two admins who disable each other at the same moment
		// do not both succeed.
		if _, err := tx.ExecContext(ctx, `UPDATE users SET role = role WHERE role = $1`, string(Admin)); err != nil {
			return fmt.Errorf("lock the admins: %w", err)
		}
		var role string
		var disabled sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT role, disabled_at FROM users WHERE id = $1`, id).Scan(&role, &disabled)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("read user %d: %w", id, err)
		}
		if disabled.Valid {
			return nil
		}
		if Role(role) == Admin {
			var others int
			if err := tx.QueryRowContext(ctx, `
				SELECT COUNT(*)
				FROM users
				WHERE role = $1 AND disabled_at IS NULL AND id <> $2`, string(Admin), id).Scan(&others); err != nil {
				return fmt.Errorf("count the admins: %w", err)
			}
			if others == 0 {
				return ErrLastAdmin
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET disabled_at = $2 WHERE id = $1`, id, tx.Now.UnixMilli()); err != nil {
			return fmt.Errorf("disable user %d: %w", id, err)
		}
		return nil
	})
}

// Enable gives a disabled user access again.
func (p *People) Enable(ctx context.Context, id int64) error {
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		return p.update(ctx, tx, id, `UPDATE users SET disabled_at = NULL WHERE id = $1`)
	})
}

// SetName changes how a user signs.
func (p *People) SetName(ctx context.Context, id int64, name, credential string) error {
	name = clean(name)
	if name == "" {
		return errors.New("the name must not be empty: answers are signed with it")
	}
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		sealed, err := tx.Seal(ctx, store.HouseKey, place(id, "name"), []byte(name))
		if err != nil {
			return fmt.Errorf("seal the name: %w", err)
		}
		return p.update(ctx, tx, id, `UPDATE users SET name = $2, credential = $3 WHERE id = $1`, sealed, clean(credential))
	})
}

// SetPassword gives a user a new password, which ends all sessions that began under the old one.
func (p *People) SetPassword(ctx context.Context, id int64, password string) error {
	user, err := p.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := CheckPassword(password, user.Email, user.Name); err != nil {
		return err
	}
	free, err := p.slot(ctx)
	if err != nil {
		return err
	}
	hash := hashPassword(password, p.cost)
	free()
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		return p.update(ctx, tx, id, `UPDATE users SET password_hash = $2 WHERE id = $1`, hash)
	})
}

func (p *People) update(ctx context.Context, tx *store.Tx, id int64, query string, args ...any) error {
	result, err := tx.ExecContext(ctx, query, append([]any{id}, args...)...)
	if err != nil {
		return fmt.Errorf("change user %d: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return fmt.Errorf("change user %d: %w", id, err)
	} else if n == 0 {
		return ErrNotFound
	}
	return nil
}

const selectUser = `
	SELECT id, email, name, credential, role, password_hash, created_at, disabled_at
	FROM users`

type sealedUser struct {
	User
	email, name []byte
	hash        string
}

func scanUser(row interface{ Scan(...any) error }) (sealedUser, error) {
	var s sealedUser
	var role string
	var created int64
	var disabled sql.NullInt64
	if err := row.Scan(&s.ID, &s.email, &s.name, &s.Credential, &role, &s.hash, &created, &disabled); err != nil {
		return s, err
	}
	s.Role, s.Created, s.stamp = Role(role), time.UnixMilli(created).UTC(), stampOf(s.hash)
	if disabled.Valid {
		s.Disabled = time.UnixMilli(disabled.Int64).UTC()
	}
	return s, nil
}

func (s sealedUser) open(ctx context.Context, db *store.DB) (User, error) {
	email, err := db.Open(ctx, store.HouseKey, place(s.ID, "email"), s.email)
	if err != nil {
		return User{}, fmt.Errorf("read user %d: %w", s.ID, err)
	}
	name, err := db.Open(ctx, store.HouseKey, place(s.ID, "name"), s.name)
	if err != nil {
		return User{}, fmt.Errorf("read user %d: %w", s.ID, err)
	}
	s.Email, s.Name = string(email), string(name)
	return s.User, nil
}

func sealUser(ctx context.Context, tx *store.Tx, u User) (email, name []byte, err error) {
	if email, err = tx.Seal(ctx, store.HouseKey, place(u.ID, "email"), []byte(u.Email)); err != nil {
		return nil, nil, fmt.Errorf("seal the address: %w", err)
	}
	if name, err = tx.Seal(ctx, store.HouseKey, place(u.ID, "name"), []byte(u.Name)); err != nil {
		return nil, nil, fmt.Errorf("seal the name: %w", err)
	}
	return email, name, nil
}

func (p *People) sealedByEmail(ctx context.Context, email string) (sealedUser, error) {
	return scanUser(p.db.Read.QueryRowContext(ctx, selectUser+` WHERE email_hash = $1`, p.emailHash(email)))
}

func place(id int64, column string) string { return fmt.Sprintf("users/%d/%s", id, column) }

func (p *People) emailHash(email string) string {
	return p.db.LookupHash("user-email", strings.ToLower(strings.TrimSpace(email)))
}

func stampOf(hash string) string {
	sum := sha256.Sum256([]byte("session stamp\x00" + hash))
	return hex.EncodeToString(sum[:8])
}

// checkEmail accepts a bare address, as a person types it.
func checkEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	address, err := mail.ParseAddress(s)
	if err != nil || address.Name != "" || address.Address != s || len(s) > 254 || strings.ContainsAny(s, " \"<>") {
		return "", ErrAddress
	}
	return s, nil
}

// clean makes one line of a name: it ends up in the headers and the signature of mails.
func clean(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == 0x2028 || r == 0x2029 }), " ")
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}
