package mailin

import (
	"errors"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"
)

// process deals with each of the UIDs (ascending): left alone, passed over, recognised, or fetched and delivered. When it returns nil, each has
// a row, or is noted as failed and will be tried again.
func (s *session) process(uids []uint32) error {
	for chunk := range slices.Chunk(uids, batch) {
		chunk, err := s.leaveDeleted(chunk)
		if err != nil {
			return err
		}
		if chunk, err = s.passKnown(chunk); err != nil {
			return err
		}
		if err := s.fetchAll(chunk); err != nil {
			return err
		}
	}
	return nil
}

// leaveDeleted passes mails that bear \Deleted, when there are enough mails to make it worth asking before their bodies are fetched.
func (s *session) leaveDeleted(uids []uint32) ([]uint32, error) {
	if len(uids) <= few {
		return uids, nil
	}
	deleted, err := s.among("list", uids, bearing(imap.FlagDeleted))
	if err != nil {
		return nil, err
	}
	gone, rest := split(uids, deleted)
	return rest, s.passUIDs(gone, FateSkippedDeleted, "")
}

// passKnown deals with the mails that stood in the folder when it was adopted: at first sight `start` decides, after a renumbering the ledger,
// by header and size. It returns those whose body is wanted.
func (s *session) passKnown(uids []uint32) ([]uint32, error) {
	firstNew, _ := slices.BinarySearch(uids, s.lease.Floor+1)
	if s.lease.Floor == ^uint32(0) {
		firstNew = len(uids)
	}
	old, rest := uids[:firstNew:firstNew], uids[firstNew:]
	if len(old) == 0 {
		return uids, nil
	}
	if s.lease.Renumbered {
		wanted, err := s.passRecognised(old)
		return append(wanted, rest...), err
	}
	switch {
	case s.cfg.Start.onlyNew:
		return rest, s.passBeforeStart(old)
	case !s.cfg.Start.since.IsZero():
		since, err := s.among("list", old, arrivedSince(s.cfg.Start.since))
		if err != nil {
			return nil, err
		}
		wanted, before := split(old, since)
		return append(wanted, rest...), s.passBeforeStart(before)
	}
	return uids, nil
}

func (s *session) passBeforeStart(uids []uint32) error {
	mails, err := s.describe(uids)
	if err != nil {
		return err
	}
	return s.pass(mails, FateBeforeStart, "")
}

func (s *session) passRecognised(uids []uint32) ([]uint32, error) {
	mails, err := s.describe(uids)
	if err != nil {
		return nil, err
	}
	fates, err := s.ledger.Known(s.ctx, *s.lease, mails)
	if err != nil {
		return nil, ledgerFault(s.ctx, "known", err)
	}
	var wanted []uint32
	byFate := make(map[Fate][]Summary)
	for i, mail := range mails {
		if i >= len(fates) || fates[i] == "" {
			wanted = append(wanted, mail.UID)
		} else {
			byFate[fates[i]] = append(byFate[fates[i]], mail)
		}
	}
	for _, fate := range []Fate{FateDouble, FateBeforeStart} {
		if err := s.pass(byFate[fate], fate, "renumbered"); err != nil {
			return nil, err
		}
		delete(byFate, fate)
	}
	for _, unexpected := range byFate { // a fate that we cannot pass: fetch rather than lose
		for _, mail := range unexpected {
			wanted = append(wanted, mail.UID)
		}
	}
	slices.Sort(wanted)
	return wanted, nil
}

// describe fetches headers and sizes. A mail whose header cannot be had gets a summary without fingerprint: it will be fetched whole, in all
// ways. When a batch ends the connection, the next connections ask one by one, and leave out the one that did it.
func (s *session) describe(uids []uint32) ([]Summary, error) {
	if s.suspect != 0 {
		s.noSummary[s.suspect] = true
		s.suspect = 0
	}
	found := make(map[uint32]Summary)
	step := len(uids)
	if s.cautious {
		step = 1
	}
	for part := range slices.Chunk(uids, max(step, 1)) {
		part = slices.DeleteFunc(slices.Clone(part), func(uid uint32) bool { return s.noSummary[uid] })
		if len(part) == 0 {
			continue
		}
		summaries, err := s.summaries(part)
		switch {
		case err == nil:
		case s.isContext(err):
			return nil, err
		case codeOf(err) == CodeRefused:
			if len(part) > 1 {
				s.cautious = true
				return s.describe(uids)
			}
		default:
			if len(part) == 1 {
				s.suspect = part[0]
			}
			s.cautious = true
			return nil, err
		}
		for uid, summary := range summaries {
			found[uid] = summary
		}
	}
	mails := make([]Summary, len(uids))
	for i, uid := range uids {
		mails[i] = found[uid]
		mails[i].Position = s.position(uid)
	}
	return mails, nil
}

// fetchAll fetches and delivers, one mail at a time. The next mail is asked for before the last one is committed, so that server and ledger
// work at the same time; nothing else is ever on the way.
func (s *session) fetchAll(uids []uint32) error {
	now := time.Now()
	due := slices.DeleteFunc(slices.Clone(uids), func(uid uint32) bool {
		mail := s.memory.stubborn[uid]
		return mail != nil && mail.at.After(now)
	})
	var ahead *request
	for i, uid := range due {
		mail, err := s.fetchMail(uid, ahead)
		ahead = nil
		switch {
		case errors.Is(err, errVanished):
			if err := s.passUIDs([]uint32{uid}, FateGone, "expunged"); err != nil {
				return err
			}
			continue
		case err != nil:
			if err := s.stumble(uid, err); err != nil {
				return err
			}
			continue
		}
		handOn, late, err := s.judge(uid, mail)
		if err != nil {
			return err
		}
		if !handOn {
			if err := s.passUIDs([]uint32{uid}, FateSkippedDeleted, ""); err != nil {
				return err
			}
			continue
		}
		// What comes next must not keep this mail, which is here, from being committed.
		var askErr error
		if i+1 < len(due) && len(s.unmarked)+1 < batch && s.memory.stubborn[due[i+1]] == nil && s.startWay != bySeqNum && !s.broken.Load() {
			ahead, askErr = s.ask(due[i+1], s.startWay)
		}
		if err := s.deliver(uid, mail, late); err != nil {
			return err
		}
		if s.broken.Load() {
			return errReconnect
		}
		if askErr != nil {
			return askErr
		}
		if len(s.unmarked) >= batch {
			if err := s.mark(); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetchMail brings one mail into the spool. Its error is errVanished, or why it could not be had this time.
func (s *session) fetchMail(uid uint32, ahead *request) (*fetched, error) {
	tries := 0
	if mail := s.memory.stubborn[uid]; mail != nil {
		tries = mail.tries
	}
	for _, how := range waysFor(tries, s.startWay) {
		request := ahead
		ahead = nil
		if request == nil || request.uid != uid {
			var err error
			if request, err = s.ask(uid, how); err != nil {
				return nil, err
			}
		}
		mail, err := s.receive(request, s.spool, s.cfg.MaxMessage)
		if err == nil && mail.reason == ReasonUnfetchable && tries < patience {
			err = errNothing // the rest may still be had
		}
		if err == nil {
			s.learn(request.way)
			return mail, nil
		}
		if !errors.Is(err, errNothing) && (codeOf(err) != CodeRefused || temporary(detailOf(err))) {
			return nil, err
		}
		there, findErr := s.is("list", uid, imap.SearchCriteria{})
		if findErr != nil {
			return nil, findErr
		}
		if !there {
			return nil, errVanished
		}
	}
	return nil, s.fault("fetch", CodeRefused, errNothing)
}

// learn notes which way worked: a server that needs another way for one mail after the other is asked in that way from the start.
func (s *session) learn(how way) {
	s.streak = 0
	switch {
	case how <= s.startWay:
		s.helped = 0
	case how == bodyOnly || how == bySeqNum:
		if s.helped++; s.helped >= tooMany {
			s.startWay, s.wayLearned, s.helped = how, time.Now(), 0
		}
	}
}

// judge decides about a mail that has been fetched: whether it is handed on, and whether it is late. What the server did not say with the
// mail is asked for.
func (s *session) judge(uid uint32, mail *fetched) (handOn, late bool, err error) {
	deleted := hasFlag(mail.flags, imap.FlagDeleted)
	if !mail.flagsKnown && !s.broken.Load() {
		if deleted, err = s.is("list", uid, bearing(imap.FlagDeleted)); err != nil {
			return false, false, err
		}
	}
	if deleted {
		return false, false, nil
	}
	if s.cfg.AnswerWithin < 0 {
		return true, false, nil
	}
	oldest := s.cfg.Now().Add(-s.cfg.AnswerWithin)
	switch {
	case !mail.internalDate.IsZero():
		return true, mail.internalDate.Before(oldest), nil
	case s.broken.Load():
		return true, true, nil // unknown: better no automatic mail than one to an old question
	}
	recent, err := s.is("list", uid, arrivedSince(oldest))
	return true, !recent, err
}

func (s *session) deliver(uid uint32, mail *fetched, late bool) error {
	header, err := s.spool.header()
	if err != nil {
		return s.fault("spool", CodeSpool, err)
	}
	s.writing.Store(true)
	defer s.writing.Store(false)
	err = s.ledger.Deliver(s.ctx, *s.lease, Mail{
		Summary:      Summary{Position: s.position(uid), Fingerprint: FingerprintHeader(header), ServerSize: mail.serverSize},
		InternalDate: mail.internalDate,
		Announced:    s.announced,
		Size:         s.spool.size,
		FullSize:     mail.fullSize,
		Truncated:    mail.truncated,
		Reason:       mail.reason,
		Late:         late,
		Body:         s.spool.open,
	})
	if err != nil {
		return ledgerFault(s.ctx, "deliver", err)
	}
	delete(s.memory.stubborn, uid)
	s.note(uid)
	s.tally.Delivered++
	s.progress = true
	s.sawServer() // a long backlog is not silence
	s.unmarked = append(s.unmarked, uid)
	return nil
}

// stumble notes that a mail could not be fetched. It returns nil when the connection may go on with the next mail.
func (s *session) stumble(uid uint32, cause error) error {
	code := codeOf(cause)
	if s.isContext(cause) || code == CodeSpool || code == CodeLedger || code == CodeInternal || errors.Is(cause, ErrLeaseLost) {
		return cause // no mail's fault
	}
	if code == CodeThrottled {
		// No mail's fault either, unless it is always the same one, which must not stop those behind it.
		if s.blocked != uid {
			s.blocked, s.blockedFor = uid, 0
		}
		if s.blockedFor++; s.blockedFor < tooMany {
			return cause
		}
	}
	s.streak++
	reason := code
	if detail := detailOf(cause); detail != "" {
		reason += ":" + detail
	}
	tries, err := s.ledger.Failed(s.ctx, *s.lease, s.position(uid), reason)
	if err != nil {
		return ledgerFault(s.ctx, "failed", err)
	}
	s.note(uid)
	if code == CodeProtocol && s.streak >= tooMany && s.startWay < bySeqNum {
		s.startWay, s.wayLearned = s.startWay+1, time.Now() // one mail after the other: it is how this server writes
	}
	s.log.Warn("mail not fetched", "mailbox", s.cfg.Mailbox, "uid", uid, "tries", tries, "code", code, "detail", detailOf(cause))
	if tries > len(s.timings.Retries) {
		if err := s.passUIDs([]uint32{uid}, FateFailed, reason); err != nil {
			return err
		}
	} else {
		s.memory.stubborn[uid] = &stubborn{tries: tries, at: time.Now().Add(s.timings.Retries[max(tries, 1)-1])}
	}
	if code == CodeRefused && s.streak < tooMany {
		return nil
	}
	s.stumbled = true
	return cause
}

// split divides uids into those that are in the set and the others.
func split(uids []uint32, set map[uint32]bool) (in, out []uint32) {
	for _, uid := range uids {
		if set[uid] {
			in = append(in, uid)
		} else {
			out = append(out, uid)
		}
	}
	return in, out
}
