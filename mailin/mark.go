package mailin

import (
	"slices"

	"github.com/emersion/go-imap/v2"
)

// mark marks what this connection has dealt with. What fails is tried again by the next reconciliation; nothing waits for it.
func (s *session) mark() error {
	uids := s.unmarked
	s.unmarked = nil
	if len(uids) == 0 {
		return nil
	}
	slices.Sort(uids)
	return s.optional("mark", false, func() error {
		for part := range slices.Chunk(slices.Compact(uids), batch) {
			if err := s.markBatch(part); err != nil {
				return err
			}
		}
		return nil
	})
}

// markAgain marks what earlier connections left unmarked.
func (s *session) markAgain() error {
	return s.optional("mark", false, func() error {
		for after := uint32(0); ; {
			left, err := s.ledger.Unmarked(s.ctx, *s.lease, after, batch)
			if err != nil {
				return ledgerFault(s.ctx, "unmarked", err)
			}
			var uids []uint32
			for _, position := range left {
				if position.UID > after {
					uids = append(uids, position.UID)
				}
			}
			if len(uids) == 0 {
				return nil
			}
			after = uids[len(uids)-1]
			if err := s.markBatch(uids); err != nil {
				return err
			}
		}
	})
}

func (s *session) markBatch(uids []uint32) error {
	var marks []Mark
	var err error
	switch to := s.cfg.Done.folder; {
	case s.readOnly:
		marks = s.marks(uids, MarkRefused, "READ-ONLY")
	case to != "" && (s.canMove || s.canExpunge):
		if err = s.findDestination(to); err == nil {
			marks, err = s.move(uids, s.done)
		}
	default:
		marks, err = s.flag(uids)
	}
	if err != nil {
		return err
	}
	for _, mark := range marks {
		switch mark.Result {
		case MarkRefused:
			s.tally.Refused++
		case MarkFlagged, MarkMoved:
			s.tally.Marked++
		}
	}
	if err := s.ledger.Marked(s.ctx, *s.lease, marks); err != nil {
		return ledgerFault(s.ctx, "marked", err)
	}
	return nil
}

// findDestination looks once a connection where the folder is that mails are moved to.
func (s *session) findDestination(name string) error {
	if s.done != nil {
		return nil
	}
	at, err := s.find(name)
	if err != nil {
		return err
	}
	s.done = &at
	return nil
}

func (s *session) marks(uids []uint32, result MarkResult, code string) []Mark {
	marks := make([]Mark, len(uids))
	for i, uid := range uids {
		marks[i] = Mark{Position: s.position(uid), Result: result, Code: code}
	}
	return marks
}

// flag sets the keyword.
func (s *session) flag(uids []uint32) ([]Mark, error) {
	if !s.keyword {
		return s.marks(uids, MarkImpossible, ""), nil
	}
	err := s.store(uids, Keyword)
	if codeOf(err) == CodeRefused {
		return s.marks(uids, MarkRefused, detailOf(err)), nil
	}
	if err != nil {
		return nil, err
	}
	return s.marks(uids, MarkFlagged, ""), nil
}

func (s *session) store(uids []uint32, flag imap.Flag) error {
	return s.do("store", s.timings.Work, func() error {
		return s.client.Store(uidSet(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

// move moves mails to another folder: with MOVE (RFC 6851) in one command, else with COPY, and only after its success \Deleted, and only after
// that UID EXPUNGE (RFC 4315). The library's own fallback sends the three at once, which loses mail when the copy is refused, and without
// UIDPLUS expunges what the owner of the mailbox has marked.
func (s *session) move(uids []uint32, to *place) ([]Mark, error) {
	if to.name == s.name {
		// Two names for one folder: moving would give each mail a new UID, again and again.
		s.log.Error("mails cannot be moved to the folder that is watched", "mailbox", s.cfg.Mailbox)
		return s.flag(uids)
	}
	// What somebody has deleted, or moved away, meanwhile is left alone.
	there, err := s.among("list", uids, lacking(imap.FlagDeleted))
	if err != nil {
		return nil, err
	}
	uids, missing := split(uids, there)
	var marks []Mark
	if len(missing) > 0 {
		deleted, err := s.among("list", missing, bearing(imap.FlagDeleted))
		if err != nil {
			return nil, err
		}
		left, gone := split(missing, deleted)
		marks = append(s.marks(left, MarkLeft, ""), s.marks(gone, MarkGone, "")...)
	}
	if len(uids) == 0 {
		return marks, nil
	}

	// Not every server says TRYCREATE; that the folder is not there is known from looking.
	destination, err := s.moveOrCopy(uids, to.name)
	if codeOf(err) == CodeRefused && (!to.exists || detailOf(err) == string(imap.ResponseCodeTryCreate)) && s.create(to.name) {
		to.exists = true
		destination, err = s.moveOrCopy(uids, to.name)
	}
	switch {
	case codeOf(err) == CodeRefused:
		return append(marks, s.marks(uids, MarkRefused, detailOf(err))...), nil
	case err != nil:
		return nil, err
	}
	if !s.canMove {
		if err := s.removeCopied(uids); codeOf(err) == CodeRefused {
			// Both folders have it now, and trying again would copy it again: leave it there, marked as well as possible.
			if s.keyword {
				if err := s.store(uids, Keyword); err != nil && codeOf(err) != CodeRefused {
					return nil, err
				}
			}
			return append(marks, s.marks(uids, MarkImpossible, detailOf(err))...), nil
		} else if err != nil {
			return nil, err
		}
	}
	for _, uid := range uids {
		mark := Mark{Position: s.position(uid), Result: MarkMoved, Folder: to.name}
		if to := destination.uids[uid]; to != 0 {
			mark.MovedTo = Position{UIDValidity: destination.uidValidity, UID: to}
		}
		marks = append(marks, mark)
	}
	return marks, nil
}

// destination is where mails went (COPYUID of RFC 4315), as far as the server said.
type destination struct {
	uidValidity uint32
	uids        map[uint32]uint32
}

func (s *session) moveOrCopy(uids []uint32, folder string) (destination, error) {
	var to destination
	err := s.do("move", s.timings.Work, func() error {
		var validity uint32
		var from, into imap.NumSet
		if s.canMove {
			data, err := s.client.Move(uidSet(uids), folder).Wait()
			if err != nil {
				return err
			}
			validity, from, into = data.UIDValidity, data.SourceUIDs, data.DestUIDs
		} else {
			data, err := s.client.Copy(uidSet(uids), folder).Wait()
			if err != nil {
				return err
			}
			validity, from, into = data.UIDValidity, data.SourceUIDs, data.DestUIDs
		}
		to = destination{uidValidity: validity, uids: pair(from, into)}
		return nil
	})
	return to, err
}

// pair matches the two sets of COPYUID, which list the same mails in the same order.
func pair(from, into imap.NumSet) map[uint32]uint32 {
	sources, err := expand(from)
	if err != nil {
		return nil
	}
	targets, err := expand(into)
	if err != nil || len(sources) != len(targets) {
		return nil
	}
	pairs := make(map[uint32]uint32, len(sources))
	for i, source := range sources {
		pairs[source] = targets[i]
	}
	return pairs
}

func (s *session) removeCopied(uids []uint32) error {
	if err := s.store(uids, imap.FlagDeleted); err != nil {
		return err
	}
	return s.do("expunge", s.timings.Work, func() error { return s.client.UIDExpunge(uidSet(uids)).Close() })
}

// create makes the folder that the operator chose, when the server says that it does not exist.
func (s *session) create(folder string) bool {
	err := s.do("create", s.timings.Work, func() error { return s.client.Create(folder, nil).Wait() })
	return err == nil
}
