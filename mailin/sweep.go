package mailin

import (
	"time"

	"github.com/emersion/go-imap/v2"
)

// sweep is the full reconciliation: it lists every UID of the folder and proves that each has a row in the ledger, fetching those that have
// none; it notes which mails have left the folder, and makes the marks that are still to be made. Those who asked for it get the result.
func (s *session) sweep(forced bool) error {
	requests := s.takeRequests()
	var result Sweep
	done := false
	err := s.optional("sweep", forced || len(requests) > 0, func() error {
		var err error
		result, err = s.reconcile()
		done = err == nil
		return err
	})
	if done {
		// The marks come after the proof, which does not depend on them.
		began := time.Now()
		err = s.mark()
		if err == nil {
			err = s.markAgain()
		}
		result.Marked, result.Refused = s.tally.Marked, s.tally.Refused
		result.Took += time.Since(began)
		if sweptErr := s.ledger.Swept(s.ctx, *s.lease, result); err == nil {
			err = ledgerFault(s.ctx, "swept", sweptErr)
		}
	}
	answer := reconciled{sweep: result, err: err}
	if done {
		answer.err = nil
		s.lastSweep = result
		s.lastSwept = time.Now()
		s.nextSweep = s.lastSwept.Add(s.timings.Sweep)
		if time.Since(s.wayLearned) >= s.timings.Sweep {
			s.startWay = whole // servers get mended, too
		}
	} else {
		// Not now, or refused: see optional for when it is tried again.
		s.nextSweep = s.steps["sweep"].notBefore
		if err == nil {
			answer.err = &Fault{Code: CodeRefused, During: "sweep"}
		}
	}
	for _, waiting := range requests {
		waiting <- answer
	}
	return err
}

func (s *session) reconcile() (Sweep, error) {
	began := time.Now()
	s.tally = Sweep{Started: s.cfg.Now()}
	if err := s.refresh(); err != nil {
		return Sweep{}, err
	}
	listed, err := s.list(0)
	if err != nil {
		return Sweep{}, err
	}
	// What is new first, so that the proof covers it.
	for i, uid := range listed {
		if uid > s.lease.LastUID {
			if err := s.process(listed[i:]); err != nil {
				return Sweep{}, err
			}
			break
		}
	}
	bearsDeleted, err := s.search("list", &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil {
		return Sweep{}, err
	}
	isDeleted := make(map[uint32]bool, len(bearsDeleted))
	for _, uid := range bearsDeleted {
		isDeleted[uid] = true
	}
	deleted, live := split(listed, isDeleted)
	holes, err := s.ledger.Missing(s.ctx, *s.lease, live, deleted)
	if err != nil {
		return Sweep{}, ledgerFault(s.ctx, "missing", err)
	}
	uids := make([]uint32, 0, len(holes))
	for _, hole := range holes {
		uids = append(uids, hole.UID)
		if hole.Tries > 0 && s.memory.stubborn[hole.UID] == nil {
			s.memory.stubborn[hole.UID] = &stubborn{tries: hole.Tries} // tried before a restart: due now
		}
	}
	if err := s.process(uids); err != nil {
		return Sweep{}, err
	}
	// A server that lists nothing although it counts messages is not believed.
	if len(listed) > 0 || s.messages == 0 {
		if s.tally.Gone, err = s.ledger.Gone(s.ctx, *s.lease, listed); err != nil {
			return Sweep{}, ledgerFault(s.ctx, "gone", err)
		}
	}
	result := s.tally
	result.Listed, result.Holes = len(listed), len(holes)
	result.Waiting = len(s.memory.stubborn)
	result.Took = time.Since(began)
	return result, nil
}
