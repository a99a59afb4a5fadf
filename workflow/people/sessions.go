package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"caseconsultant/workflow/store"
)

// Sessions keeps the desk's sessions in the database, so that they outlive a restart and are shared by all processes.
// It has the methods that alexedwards/scs asks of its store. The tokens it sees are hashes (HashTokenInStore): whoever
// reads the table cannot take over a session. The data is sealed.
type Sessions struct {
	db *store.DB
}

// Sessions returns the session store.
func (p *People) Sessions() *Sessions { return &Sessions{db: p.db} }

// FindCtx returns a session that has not expired.
func (s *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var sealed []byte
	err := s.db.Read.QueryRowContext(ctx, `SELECT data FROM sessions WHERE token = $1 AND expires_at > $2`,
		token, s.db.Now().UnixMilli()).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	data, err := s.db.Open(ctx, store.HouseKey, sessionPlace(token), sealed)
	if err != nil {
		return nil, false, fmt.Errorf("read a session: %w", err)
	}
	return data, true, nil
}

// CommitCtx stores a session.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		sealed, err := tx.Seal(ctx, store.HouseKey, sessionPlace(token), data)
		if err != nil {
			return fmt.Errorf("store a session: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `
			INSERT INTO sessions (token, data, expires_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			token, sealed, expiry.UnixMilli()); err != nil {
			return fmt.Errorf("store a session: %w", err)
		}
		return nil
	})
}

// DeleteCtx removes a session; removing one that is not there succeeds.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM sessions WHERE token = $1`, token); err != nil {
			return fmt.Errorf("end a session: %w", err)
		}
		return nil
	})
}

// Find, Commit and Delete are what scs calls where it has no context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit stores a session.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete removes a session.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }

func sessionPlace(token string) string { return "sessions/" + token }
