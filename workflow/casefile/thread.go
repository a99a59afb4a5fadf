package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"caseconsultant/workflow/store"
)

// Naming is what a mail says of the conversation that it belongs to.
type Naming struct {
	Participant string   // address of who writes
	Own         string   // the mail's own Message-ID
	Refers      []string // In-Reply-To first, then References from the newest to the oldest
	Subject     string
	Numbers     []int64 // case numbers of full references with right check characters in the subject
	// NumbersOnlyLink: the numbers are no proof (too many wrong ones were tried), but a link all the same.
	NumbersOnlyLink bool
	MayJoin         bool // false for a sender whose proof failed: it opens a case of its own, linked
}

// Place says where a mail belongs.
type Place struct {
	CaseID int64 // the case that it joins; 0: it opens its own
	Link   int64 // a case that it names without the right to join it; 0: none
}

// Thread finds the case that a mail belongs to, and enters the mail's Message-IDs for its participant under that case,
// or under newCase if it is to open it. Two mails of one conversation may be read at the same time in either order:
// the primary key over participant and Message-ID decides which of them makes the case, and the other, which waited
// for it, reads it back and joins. The ids are entered in sorted order, so that two such transactions cannot wait for
// each other.
//
// A participant joins a case by a Message-ID that a message of the case bears, or by its full reference. An id that no
// message of the case bears (a newsletter that two mails answer) joins only under the same subject; else it is a link.
// Whoever is not a participant gets a case of their own, linked.
func Thread(ctx context.Context, tx *store.Tx, n Naming, newCase int64) (Place, error) {
	db := tx.DB()
	ids := n.keys(db)
	if !n.MayJoin || n.Participant == "" {
		link, err := findLink(ctx, tx, ids, n.Numbers)
		return Place{Link: link}, err
	}
	participant := AddressKey(db, n.Participant)
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	for _, id := range sorted {
		if _, err := tx.ExecContext(ctx, `INSERT INTO threads (participant, message_id, case_id) VALUES ($1, $2, $3)
			ON CONFLICT (participant, message_id) DO NOTHING`, participant, id, newCase); err != nil {
			return Place{}, fmt.Errorf("enter a mail's Message-IDs: %w", err)
		}
	}
	place, err := findPlace(ctx, tx, n, ids, participant, newCase)
	if err != nil || place.CaseID == 0 {
		return place, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE threads SET case_id = $1 WHERE case_id = $2`, place.CaseID, newCase); err != nil {
		return Place{}, fmt.Errorf("enter a mail's Message-IDs under its case: %w", err)
	}
	return place, nil
}

// keys are the hashed ids in the order of their weight: the mail's own, then what it answers, newest first. Of a long
// list the newest are taken and the first, which is the root of the conversation.
func (n *Naming) keys(db *store.DB) []string {
	const most = 40
	refers := n.Refers
	if len(refers) > most {
		refers = append(slices.Clone(refers[:most-1]), refers[len(refers)-1])
	}
	var keys []string
	for _, id := range append([]string{n.Own}, refers...) {
		if key := HeaderKey(db, id); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func findPlace(ctx context.Context, tx *store.Tx, n Naming, ids []string, participant string, newCase int64) (Place, error) {
	for _, number := range n.Numbers {
		if n.NumbersOnlyLink {
			break
		}
		var caseID int64
		err := tx.QueryRowContext(ctx, `SELECT c.id FROM cases c JOIN participants p ON p.case_id = c.id
			WHERE c.number = $1 AND p.address_hash = $2`, number, participant).Scan(&caseID)
		if err == nil {
			return Place{CaseID: caseID}, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return Place{}, fmt.Errorf("find the case of a reference: %w", err)
		}
	}
	var weak Place
	own := HeaderKey(tx.DB(), n.Own)
	for _, id := range ids {
		var caseID int64
		if err := tx.QueryRowContext(ctx, `SELECT case_id FROM threads WHERE participant = $1 AND message_id = $2`, participant, id).Scan(&caseID); err != nil {
			return Place{}, fmt.Errorf("read back a mail's Message-IDs: %w", err)
		}
		if caseID == newCase {
			continue
		}
		var bearers int
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM messages WHERE case_id = $1 AND header_id_hash = $2`, caseID, id).Scan(&bearers); err != nil {
			return Place{}, fmt.Errorf("find who bears a Message-ID: %w", err)
		}
		borne := bearers > 0
		if id == own {
			// The mail's own id stands there because an answer to it was read first: then nobody bears it yet. Otherwise the
			// sender has used one id for two mails, which proves nothing.
			borne = !borne
		}
		if borne {
			return Place{CaseID: caseID}, nil
		}
		if weak.CaseID != 0 {
			continue
		}
		var subject string
		if err := tx.QueryRowContext(ctx, `SELECT subject_key FROM cases WHERE id = $1`, caseID).Scan(&subject); err != nil {
			return Place{}, fmt.Errorf("read the subject of case %d: %w", caseID, err)
		}
		if subject == SubjectKey(tx.DB(), n.Subject) {
			weak.CaseID = caseID
		} else if weak.Link == 0 {
			weak.Link = caseID
		}
	}
	if weak.CaseID != 0 {
		return Place{CaseID: weak.CaseID}, nil
	}
	if weak.Link != 0 {
		return weak, nil
	}
	link, err := findLink(ctx, tx, ids, n.Numbers)
	return Place{Link: link}, err
}

// findLink finds a case that a mail names, whoever its participants are.
func findLink(ctx context.Context, tx *store.Tx, ids []string, numbers []int64) (int64, error) {
	for _, number := range numbers {
		var caseID int64
		err := tx.QueryRowContext(ctx, `SELECT id FROM cases WHERE number = $1`, number).Scan(&caseID)
		if err == nil {
			return caseID, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("find the case of a reference: %w", err)
		}
	}
	for _, id := range ids {
		var caseID int64
		err := tx.QueryRowContext(ctx, `SELECT case_id FROM messages WHERE header_id_hash = $1 ORDER BY id LIMIT 1`, id).Scan(&caseID)
		if err == nil {
			return caseID, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("find the case of a Message-ID: %w", err)
		}
	}
	return 0, nil
}

// Admit makes an address a participant of the case: it may write to it, and mails of the case go to it.
func (e *Edit) Admit(ctx context.Context, p Person, trust string) error {
	key := AddressKey(e.tx.DB(), p.Address)
	sealed, err := sealJSON(ctx, e.tx, e.keyID, fmt.Sprintf("participants/%d/%s", e.ID, key), Person{clean(p.Name), clean(p.Address)})
	if err != nil {
		return err
	}
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO participants (case_id, address_hash, address, trust, since) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (case_id, address_hash) DO NOTHING`, e.ID, key, sealed, trust, e.tx.Now.UnixMilli()); err != nil {
		return fmt.Errorf("admit a participant to case %d: %w", e.ID, err)
	}
	return nil
}

// AdmitAsker makes the sender of a case that was set aside a participant, with what was proven of them then.
func (e *Edit) AdmitAsker(ctx context.Context) error {
	if e.Asker.Address == "" {
		return nil
	}
	trust := "none"
	err := e.tx.QueryRowContext(ctx, `SELECT trust FROM messages WHERE case_id = $1 AND direction = 'in' ORDER BY id LIMIT 1`, e.ID).Scan(&trust)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read who wrote to case %d: %w", e.ID, err)
	}
	if trust == "fail" {
		e.Flag(UnverifiedSender, true)
	}
	return e.Admit(ctx, e.Asker, trust)
}

// EnterOutgoing makes the Message-ID of a mail that we send to an address one by which that address joins the case.
func (e *Edit) EnterOutgoing(ctx context.Context, address, headerID string) error {
	if _, err := e.tx.ExecContext(ctx, `INSERT INTO threads (participant, message_id, case_id) VALUES ($1, $2, $3)
		ON CONFLICT (participant, message_id) DO NOTHING`, AddressKey(e.tx.DB(), address), HeaderKey(e.tx.DB(), headerID), e.ID); err != nil {
		return fmt.Errorf("enter an outgoing Message-ID of case %d: %w", e.ID, err)
	}
	return nil
}
