// Package house keeps what the firm itself settles in the database. Today that is its consultants' own words about
// codes: descriptions, when a code is used, and notes for colleagues.
//
// The codebook is replaced with every release; these words outlive it. They win over the starter's of the same kind
// wherever a code is described, never over official text, and each says how it came about: who wrote it when, whether a
// certified coder stands behind it, and what stood there before.
//
// It may touch the store and its own tables, and knows neither cases nor the codebook. All methods are safe for
// concurrent use.
package house

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseconsultant/workflow/store"
)

// Kind is what a description says of its code. The first two go out in mails, a note never does.
type Kind string

const (
	Common   Kind = "common"    // in common words: what is done, what it is
	UsedWhen Kind = "used-when" // when it is used
	Note     Kind = "note"      // for colleagues
)

// Kinds lists them in reading order.
func Kinds() []Kind { return []Kind{Common, UsedWhen, Note} }

// MostText bounds a description, in bytes.
const MostText = 4000

var (
	// ErrStale is returned when somebody else wrote meanwhile; nothing was changed.
	ErrStale = errors.New("a colleague has changed these words meanwhile")
	// ErrText is in the error for a text that cannot be kept.
	ErrText = errors.New("this text cannot be kept")
	// ErrReview is in the error of a review that does not count.
	ErrReview = errors.New("this review does not count")
	// ErrNotFound is returned for a description that does not exist.
	ErrNotFound = errors.New("there is no such description")
)

// Description is one version of the firm's words about a code.
type Description struct {
	ID      int64
	System  string // as in codes.System
	Code    string // as the code set writes it
	Kind    Kind
	Version int
	Text    string // empty: the words were taken away
	Author  int64  // user
	At      time.Time
	Review  Review
}

// Review says which certified coder stands behind a description. The zero value is none.
type Review struct {
	By         int64  // user; an author with a credential stands behind their own words
	Credential string // at that time
	At         time.Time
}

// Reviewed tells whether a certified coder stands behind the words.
func (d Description) Reviewed() bool { return d.Review.By != 0 }

// Descriptions reads and writes them.
type Descriptions struct{ db *store.DB }

// New keeps descriptions in db.
func New(db *store.DB) *Descriptions { return &Descriptions{db} }

// Of returns the words in force about a code, one of each kind that has any, in the order of Kinds.
func (d *Descriptions) Of(ctx context.Context, system, code string) ([]Description, error) {
	history, err := d.History(ctx, system, code)
	return InForce(history), err
}

// InForce picks from a code's history, newest first, what Of returns.
func InForce(history []Description) []Description {
	var list []Description
	for _, kind := range Kinds() {
		newest := slices.IndexFunc(history, func(d Description) bool { return d.Kind == kind })
		if newest >= 0 && history[newest].Text != "" {
			list = append(list, history[newest])
		}
	}
	return list
}

// History returns every version of the words about a code, newest first.
func (d *Descriptions) History(ctx context.Context, system, code string) ([]Description, error) {
	rows, err := d.db.Read.QueryContext(ctx, `SELECT id, kind, version, text, user_id, at, reviewed_by, reviewed_credential, reviewed_at
		FROM house_descriptions WHERE system = $1 AND code = $2 ORDER BY at DESC, version DESC, id DESC`, system, code)
	if err != nil {
		return nil, fmt.Errorf("read the house descriptions of a code: %w", err)
	}
	defer rows.Close()
	var list []Description
	for rows.Next() {
		one := Description{System: system, Code: code}
		var at int64
		var reviewer, reviewed sql.NullInt64
		if err := rows.Scan(&one.ID, &one.Kind, &one.Version, &one.Text, &one.Author, &at, &reviewer, &one.Review.Credential, &reviewed); err != nil {
			return nil, fmt.Errorf("read the house descriptions of a code: %w", err)
		}
		one.At, one.Review.By = time.UnixMilli(at).UTC(), reviewer.Int64
		if reviewed.Valid {
			one.Review.At = time.UnixMilli(reviewed.Int64).UTC()
		}
		list = append(list, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the house descriptions of a code: %w", err)
	}
	return list, nil
}

// Edit is a new version of the words about a code.
type Edit struct {
	System, Code string
	Kind         Kind
	Text         string // empty takes the words away: the starter's hold again
	// Seen is the version that the writer had before them, 0 for none. Another one meanwhile is ErrStale.
	Seen int
	User int64
	// Credential of the writer; with one they stand behind the words themselves, without one a colleague has to.
	Credential string
}

// Write keeps a new version. Writing what already stands there changes nothing.
func (d *Descriptions) Write(ctx context.Context, e Edit) error {
	e.Text = strings.TrimSpace(strings.ReplaceAll(e.Text, "\r\n", "\n"))
	switch {
	case e.System == "" || e.Code == "":
		return fmt.Errorf("%w: it belongs to no code", ErrText)
	case !slices.Contains(Kinds(), e.Kind):
		return fmt.Errorf("%w: there is no kind %q", ErrText, e.Kind)
	case len(e.Text) > MostText:
		return fmt.Errorf("%w: it is longer than %d characters", ErrText, MostText)
	case !utf8.ValidString(e.Text) || strings.ContainsFunc(e.Text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }):
		return fmt.Errorf("%w: it holds characters that are no text", ErrText)
	}
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		var version int
		var text string
		err := tx.QueryRowContext(ctx, `SELECT version, text FROM house_descriptions WHERE system = $1 AND code = $2 AND kind = $3
			ORDER BY version DESC LIMIT 1`, e.System, e.Code, string(e.Kind)).Scan(&version, &text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the house description: %w", err)
		}
		if version != e.Seen {
			return ErrStale
		}
		if text == e.Text {
			return nil
		}
		var reviewer, reviewed sql.NullInt64
		credential := strings.TrimSpace(e.Credential)
		if credential != "" {
			reviewer, reviewed = sql.NullInt64{Int64: e.User, Valid: true}, sql.NullInt64{Int64: tx.Now.UnixMilli(), Valid: true}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO house_descriptions (id, system, code, kind, version, text, user_id, at, reviewed_by, reviewed_credential, reviewed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			tx.NewID(), e.System, e.Code, string(e.Kind), version+1, e.Text, e.User, tx.Now.UnixMilli(), reviewer, credential, reviewed)
		if store.IsUniqueViolation(err) {
			return ErrStale // on PostgreSQL two may write at the same moment
		}
		if err != nil {
			return fmt.Errorf("keep a house description: %w", err)
		}
		return nil
	})
}

// Stand records that a certified coder stands behind the words in force. Only a person with a credential can, and only
// behind the newest version: another one is ErrStale.
func (d *Descriptions) Stand(ctx context.Context, id, user int64, credential string) error {
	credential = strings.TrimSpace(credential)
	if credential == "" {
		return fmt.Errorf("%w: only a person with a credential can review a description (Settings, Credential)", ErrReview)
	}
	return d.db.InTx(ctx, func(tx *store.Tx) error {
		var newer int
		var reviewer sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM house_descriptions n WHERE n.system = d.system AND n.code = d.code AND n.kind = d.kind AND n.version > d.version), d.reviewed_by
			FROM house_descriptions d WHERE d.id = $1`, id).Scan(&newer, &reviewer)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return ErrNotFound
		case err != nil:
			return fmt.Errorf("read a house description: %w", err)
		case newer > 0:
			return ErrStale
		case reviewer.Valid:
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE house_descriptions SET reviewed_by = $1, reviewed_credential = $2, reviewed_at = $3 WHERE id = $4`,
			user, credential, tx.Now.UnixMilli(), id); err != nil {
			return fmt.Errorf("record a review: %w", err)
		}
		return nil
	})
}
