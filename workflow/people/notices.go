package people

import (
	"context"
	"fmt"
	"time"

	"caseconsultant/workflow/store"
)

// Notice says that a user accepted the notice of a licence for a licence year.
type Notice struct {
	UserID  int64
	Licence string
	Year    int
	At      time.Time
}

// AcceptNotice keeps that a user accepted the notice of a licence for a year. What was accepted keeps its first time.
func (p *People) AcceptNotice(ctx context.Context, userID int64, licence string, year int) error {
	err := p.db.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO licence_notices (user_id, licence, year, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (user_id, licence, year) DO NOTHING`, userID, licence, year, p.db.Now().UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("keep that a licence's notice was accepted: %w", err)
	}
	return nil
}

// Notices lists what was accepted in a year, by user and licence: of one user, or with 0 of all.
func (p *People) Notices(ctx context.Context, userID int64, year int) ([]Notice, error) {
	rows, err := p.db.Read.QueryContext(ctx, `SELECT user_id, licence, year, at FROM licence_notices
		WHERE year = $1 AND (user_id = $2 OR CAST($3 AS BIGINT) = 0) ORDER BY user_id, licence`, year, userID, userID)
	if err != nil {
		return nil, fmt.Errorf("read the accepted notices: %w", err)
	}
	defer rows.Close()
	var list []Notice
	for rows.Next() {
		var n Notice
		var at int64
		if err := rows.Scan(&n.UserID, &n.Licence, &n.Year, &at); err != nil {
			return nil, fmt.Errorf("read the accepted notices: %w", err)
		}
		n.At = time.UnixMilli(at).UTC()
		list = append(list, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the accepted notices: %w", err)
	}
	return list, nil
}
