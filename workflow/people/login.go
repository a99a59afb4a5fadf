package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/store"
)

// Throttled is returned by Authenticate without looking at the password, after too many wrong ones.
type Throttled struct {
	Until time.Time // when the next attempt will be looked at
}

func (e *Throttled) Error() string {
	return "too many wrong passwords: wait until " + e.Until.UTC().Format(time.RFC3339)
}

// An account's owner mistypes a few times; an office behind one address has several people.
const (
	freeByAccount = 5
	freeByAddress = 30
	firstDelay    = 30 * time.Second // doubled with each further wrong password
	longestDelay  = 15 * time.Minute
	forgetAfter   = time.Hour // since the first wrong one, if no delay is running
)

// Authenticate returns the active user who has this address and password. remote is the network address of the
// browser, "" if unknown. It returns ErrCredentials, or *Throttled after too many wrong passwords for the account or
// from the address.
func (p *People) Authenticate(ctx context.Context, email, password, remote string) (User, error) {
	if len(password) > maxPassword {
		password = password[:maxPassword] // no new password is that long: it will not match
	}
	keys := []attemptKey{{key: p.db.LookupHash("login-account", p.emailHash(email)), free: freeByAccount, account: true}}
	if remote := networkOf(remote); remote != "" {
		keys = append(keys, attemptKey{key: p.db.LookupHash("login-address", remote), free: freeByAddress})
	}
	// In one order, so that two attempts cannot wait for each other.
	slices.SortFunc(keys, func(a, b attemptKey) int { return strings.Compare(a.key, b.key) })
	// Counted before the password is looked at, taken back when it is right: a thousand attempts at once are a thousand
	// attempts.
	if err := p.count(ctx, keys); err != nil {
		return User{}, err
	}
	user, err := p.verify(ctx, email, password)
	if err != nil {
		return User{}, err
	}
	if err := p.forgive(ctx, keys); err != nil {
		return User{}, err
	}
	return user, nil
}

func (p *People) verify(ctx context.Context, email, password string) (User, error) {
	sealed, err := p.sealedByEmail(ctx, email)
	known := err == nil
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return User{}, fmt.Errorf("read a user: %w", err)
	}
	stored := p.dummy
	if known {
		stored = sealed.hash
	}
	free, err := p.slot(ctx)
	if err != nil {
		return User{}, err
	}
	defer free()
	right, cost, err := checkPassword(stored, password)
	if err != nil {
		return User{}, fmt.Errorf("check the password of user %d: %w", sealed.ID, err)
	}
	if !known || !right || !sealed.Active() {
		return User{}, ErrCredentials
	}
	user, err := sealed.open(ctx, p.db)
	if err != nil {
		return User{}, err
	}
	if cost != p.cost {
		return p.rehash(ctx, user, sealed.hash, password)
	}
	return user, nil
}

// rehash replaces a hash of another cost, unless the password was changed meanwhile.
func (p *People) rehash(ctx context.Context, user User, old, password string) (User, error) {
	hash := hashPassword(password, p.cost)
	err := p.db.InTx(ctx, func(tx *store.Tx) error {
		result, err := tx.ExecContext(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3`, user.ID, hash, old)
		if err != nil {
			return fmt.Errorf("store the password of user %d at its new cost: %w", user.ID, err)
		}
		if n, err := result.RowsAffected(); err == nil && n == 1 {
			user.stamp = stampOf(hash)
		}
		return nil
	})
	return user, err
}

type attemptKey struct {
	key     string // hashed
	free    int64  // attempts before the first delay
	account bool   // counts an account, not a network address
}

func (p *People) count(ctx context.Context, keys []attemptKey) error {
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		now := tx.Now.UnixMilli()
		for _, k := range keys {
			// The row is locked by the upsert, so that what is read next is settled.
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO login_attempts (key, failures, since)
				VALUES ($1, 0, $2)
				ON CONFLICT (key) DO UPDATE SET failures = login_attempts.failures`, k.key, now); err != nil {
				return fmt.Errorf("count a sign-in: %w", err)
			}
			var failures, since, until int64
			if err := tx.QueryRowContext(ctx, `SELECT failures, since, until FROM login_attempts WHERE key = $1`, k.key).
				Scan(&failures, &since, &until); err != nil {
				return fmt.Errorf("count a sign-in: %w", err)
			}
			if until > now {
				return &Throttled{Until: time.UnixMilli(until)} // rolled back: refused attempts do not count
			}
			if now-since > forgetAfter.Milliseconds() {
				failures, since = 0, now
			}
			failures++
			until = 0
			if over := failures - k.free; over >= 0 {
				// The delay begins with the last free attempt; the right password takes it back.
				until = now + delay(over).Milliseconds()
			}
			if _, err := tx.ExecContext(ctx, `UPDATE login_attempts SET failures = $2, since = $3, until = $4 WHERE key = $1`,
				k.key, failures, since, until); err != nil {
				return fmt.Errorf("count a sign-in: %w", err)
			}
		}
		return nil
	})
}

// forgive takes the attempt back. The account starts afresh; the address keeps what else it has tried, so that a guest
// with one account of their own cannot wash away guesses at others.
func (p *People) forgive(ctx context.Context, keys []attemptKey) error {
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		for _, k := range keys {
			query := `DELETE FROM login_attempts WHERE key = $1`
			if !k.account {
				query = `UPDATE login_attempts SET failures = failures - 1, until = 0 WHERE key = $1 AND failures > 0`
			}
			if _, err := tx.ExecContext(ctx, query, k.key); err != nil {
				return fmt.Errorf("forget a sign-in: %w", err)
			}
		}
		return nil
	})
}

func delay(over int64) time.Duration {
	d := firstDelay
	for range over {
		if d *= 2; d >= longestDelay {
			return longestDelay
		}
	}
	return d
}

// networkOf is what counts as one address: an IPv4 address, or the /64 that one IPv6 customer has to play with.
func networkOf(remote string) string {
	addr, err := netip.ParseAddr(remote)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// Sweep removes expired sessions and forgotten attempts.
func (p *People) Sweep(ctx context.Context, now time.Time) error {
	return p.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, now.UnixMilli()); err != nil {
			return fmt.Errorf("remove expired sessions: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM login_attempts WHERE until <= $1 AND since <= $2`,
			now.UnixMilli(), now.Add(-forgetAfter).UnixMilli()); err != nil {
			return fmt.Errorf("remove old sign-in counters: %w", err)
		}
		return nil
	})
}
