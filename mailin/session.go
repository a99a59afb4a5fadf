package mailin

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"
)

// session is the work on one connection with the folder selected.
type session struct {
	*Watcher
	*folder
	lease *Lease
	spool *spool

	announced time.Time // when we learned of the mail that is being fetched
	noIdle    bool      // the server refused IDLE although it advertises it
	stumbled  bool      // the connection ended over one mail, which has been noted
	settled   bool      // one IDLE has passed since something happened
	waited    bool      // a whole IDLE has just ended by the clock, without an announcement
	progress  bool
	tally     Sweep // counts of the running reconciliation
	lastSweep Sweep
}

const (
	// batch is how many mails are asked about, passed or marked at a time: command lines stay short, and a refusal concerns few.
	batch = 200
	// few mails are not worth a question of their own before they are fetched.
	few = 8
	// deaf is after how many IDLEs without the announcement that there should have been a server is asked often. One may be a coincidence: mail
	// comes also in the moment in which an IDLE ends.
	deaf = 2
	// tooMany fetches that fail one after the other, of different mails, are the server's fault: wait longer.
	tooMany = 3
)

// run deals with what is there, then with what comes. With once it returns nil when that is done.
func (s *session) run(once bool) error {
	s.announced = time.Now()
	if err := s.settleNumbering(); err != nil {
		return err
	}
	s.say(StateCatchingUp)
	for {
		select {
		case <-s.exists: // what it announced is in the list that follows; a later one ends the waiting
		default:
		}
		uids, err := s.list(s.lease.LastUID)
		if err != nil {
			return err
		}
		s.sawServer()
		if len(uids) > 0 {
			if s.waited {
				s.unheard++
			}
			s.settled = false
			if err := s.process(uids); err != nil {
				return err
			}
		}
		if err := s.mark(); err != nil {
			return err
		}
		s.waited = false
		if len(uids) > 0 {
			continue // until nothing is new
		}
		if s.requested() || !time.Now().Before(s.nextSweep) {
			if err := s.sweep(once); err != nil {
				return err
			}
		}
		if err := s.retryStubborn(); err != nil {
			return err
		}
		if once {
			return nil
		}
		if err := s.await(); err != nil {
			return err
		}
	}
}

// sawServer notes that the server has just answered a look for new mail.
func (s *session) sawServer() {
	s.looked = s.cfg.Now()
	if s.health.Connected() && s.looked.Sub(s.health.Looked) >= s.timings.Note {
		s.say(s.health.State)
	}
}

func (s *session) say(state State) {
	s.report(s.ctx, *s.lease, Health{State: state, Keywords: s.keyword, Move: s.canMove || s.canExpunge})
}

// settleNumbering makes sure that the cursor speaks of the UIDs that the server uses.
func (s *session) settleNumbering() error {
	renumbered := s.lease.UIDValidity != 0
	switch {
	case s.lease.UIDValidity == 0:
	case s.lease.UIDValidity != s.uidValidity:
	case s.uidNext != 0 && s.uidNext <= s.lease.LastUID:
		// The server counts from the start again but says that nothing has changed.
	default:
		other, err := s.reusedNumbers()
		if err != nil {
			return err
		}
		if !other {
			s.forgetOtherGenerations()
			return nil
		}
	}
	floor := uint32(0)
	if s.uidNext > 0 {
		floor = s.uidNext - 1
	} else {
		listed, err := s.list(0)
		if err != nil {
			return err
		}
		if len(listed) > 0 {
			floor = listed[len(listed)-1]
		}
	}
	adopted, err := s.ledger.Adopt(s.ctx, *s.lease, Adoption{UIDValidity: s.uidValidity, Floor: floor, Renumbered: renumbered})
	if err != nil {
		return ledgerFault(s.ctx, "adopt", err)
	}
	if renumbered {
		s.log.Warn("mailbox folder was renumbered", "mailbox", s.cfg.Mailbox, "uidvalidity", s.uidValidity)
	}
	*s.lease = adopted
	s.forgetOtherGenerations()
	s.nextSweep = time.Time{}
	return nil
}

// forgetOtherGenerations drops what was learned about UIDs that mean other mails now.
func (s *session) forgetOtherGenerations() {
	if s.generation != s.lease.Generation || s.memory.stubborn == nil {
		s.generation = s.lease.Generation
		s.memory.stubborn = make(map[uint32]*stubborn)
		s.noSummary = make(map[uint32]bool)
		s.suspect = 0
		s.unmarked = nil
	}
}

// reusedNumbers is the spot check for a server that was restored from a backup and has since given known UIDs to other mails: it compares the
// newest mails not above the cursor with their rows.
func (s *session) reusedNumbers() (bool, error) {
	differs := false
	err := s.optional("spot check", false, func() error {
		listed, err := s.list(s.lease.LastUID - min(s.lease.LastUID, 100))
		if err != nil {
			return err
		}
		end, _ := slices.BinarySearch(listed, s.lease.LastUID+1)
		listed = listed[max(0, end-5):end]
		if len(listed) == 0 {
			return nil
		}
		found, err := s.summaries(listed)
		if err != nil {
			return err
		}
		mails := make([]Summary, 0, len(found))
		for _, uid := range listed {
			if summary, ok := found[uid]; ok {
				mails = append(mails, summary)
			}
		}
		agree, differ, err := s.ledger.Compare(s.ctx, *s.lease, mails)
		if err != nil {
			return ledgerFault(s.ctx, "compare", err)
		}
		differs = agree == 0 && differ > 0
		return nil
	})
	return differs, err
}

// optional runs something that no mail depends on. If it ends the connection, the next connections do without it for a while: otherwise a
// server that cannot stand it would never get to the mail. A refusal by the server is noted and is no error.
func (s *session) optional(name string, forced bool, run func() error) error {
	if s.steps == nil {
		s.steps = make(map[string]*step)
	}
	record := s.steps[name]
	if record == nil {
		record = &step{}
		s.steps[name] = record
	}
	if !forced && time.Now().Before(record.notBefore) {
		return nil
	}
	err := run()
	switch {
	case err == nil:
		record.failures = 0
	case s.stumbled, s.ctx.Err() != nil, errors.Is(err, ErrLeaseLost), errors.Is(err, errReconnect), codeOf(err) == CodeLedger:
	default:
		record.failures++
		record.notBefore = time.Now().Add(min(time.Minute<<min(record.failures-1, 6), s.timings.Sweep))
		s.log.Warn("mailbox step failed", "mailbox", s.cfg.Mailbox, "step", name, "code", codeOf(err), "detail", detailOf(err))
		if codeOf(err) == CodeRefused {
			return nil
		}
	}
	return err
}

// retryStubborn tries again what could not be fetched and whose time has come.
func (s *session) retryStubborn() error {
	var due []uint32
	now := time.Now()
	for uid, mail := range s.memory.stubborn {
		if !mail.at.After(now) {
			due = append(due, uid)
		}
	}
	if len(due) == 0 {
		return nil
	}
	slices.Sort(due)
	if err := s.process(due); err != nil {
		return err
	}
	return s.mark()
}

// await returns when there may be something to do: the server announces mail, a reconciliation is due or asked for, a stubborn mail's time
// has come, or simply after a while, because announcements get lost.
//
// QUIRK: some servers announce nothing of what arrived between their last answer and the beginning of IDLE (RFC 2177 has them announce it at
// once). Mails come in bursts, so that moment is the likeliest of all; hence the first IDLE after something happened is a short one.
//
// QUIRK: others announce nothing at all in some folders or behind some proxies. Where whole IDLEs passed in silence although mail had come, the
// server is asked as often as one without IDLE, until it announces something again.
func (s *session) await() error {
	idle, whole := s.canIdle && !s.noIdle, false
	wait := s.timings.Poll
	if idle {
		wait = s.timings.Idle
		if s.unheard >= deaf {
			wait = min(wait, s.timings.Poll)
		}
		if !s.settled {
			wait = min(wait, s.timings.Settle)
			s.settled = true
		} else {
			whole = true
		}
	}
	now := time.Now()
	wait = min(wait, max(0, s.nextSweep.Sub(now)))
	for _, mail := range s.memory.stubborn {
		wait = min(wait, max(0, mail.at.Sub(now)))
	}
	if !idle {
		s.say(StatePolling)
		return s.awaitPoll(wait)
	}

	var command *imapclient.IdleCommand
	err := s.do("idle", s.timings.Answer, func() error {
		started, err := s.client.Idle()
		command = started
		return err
	})
	if codeOf(err) == CodeRefused {
		s.noIdle = true
		return nil
	}
	if err != nil {
		return err
	}
	s.say(StateIdle)
	s.raw.arm(wait+s.timings.Answer, wait+s.timings.Answer)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	told := false
	select {
	case s.announced = <-s.exists:
		told = true
		s.unheard = 0
	case <-timer.C:
		s.waited = whole
	case <-s.kick:
	case <-s.client.Closed():
	case <-s.ctx.Done():
	}
	err = s.do("done", s.timings.Answer, func() error {
		if err := command.Close(); err != nil {
			return err
		}
		return command.Wait()
	})
	if err != nil || told {
		return err
	}
	return s.refresh()
}

// awaitPoll waits without a word.
func (s *session) awaitPoll(wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case s.announced = <-s.exists:
	case <-timer.C:
	case <-s.kick:
	case <-s.client.Closed():
	case <-s.ctx.Done():
	}
	return s.refresh()
}

// refresh has the server say what has changed (NOOP, RFC 9051 section 6.1.2): many answer a SEARCH from the state that they reported last.
func (s *session) refresh() error {
	if err := s.do("noop", s.timings.Answer, func() error { return s.client.Noop().Wait() }); err != nil {
		return err
	}
	select {
	case <-s.exists: // the answer to NOOP; what it says is looked for now anyway
	default:
	}
	s.announced = time.Now()
	return nil
}

// note moves the copy of the cursor, as the ledger has moved its own.
func (s *session) note(uid uint32) {
	s.lease.LastUID = max(s.lease.LastUID, uid)
}

// pass writes rows without bytes.
func (s *session) pass(mails []Summary, fate Fate, reason string) error {
	if len(mails) == 0 {
		return nil
	}
	if err := s.ledger.Pass(s.ctx, *s.lease, mails, fate, reason); err != nil {
		return ledgerFault(s.ctx, "pass", err)
	}
	for _, mail := range mails {
		delete(s.memory.stubborn, mail.UID)
		s.note(mail.UID)
		if fate == FateDouble {
			s.unmarked = append(s.unmarked, mail.UID)
		}
	}
	s.tally.Passed += len(mails)
	s.progress = s.progress || fate != FateFailed
	return nil
}

func (s *session) passUIDs(uids []uint32, fate Fate, reason string) error {
	mails := make([]Summary, len(uids))
	for i, uid := range uids {
		mails[i] = Summary{Position: s.position(uid)}
	}
	return s.pass(mails, fate, reason)
}

// isContext reports whether the error is nothing but the end of the session's context.
func (s *session) isContext(err error) bool {
	return s.ctx.Err() != nil || errors.Is(err, context.Canceled)
}
