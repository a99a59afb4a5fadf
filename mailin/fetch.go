package mailin

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// way is one way to ask for a mail. The IMAP library gives a connection up at the first byte that no grammar allows, and some servers write
// such bytes for some mails (a flag with a bracket, an empty INTERNALDATE) or refuse to render them; so a mail that cannot be had in one way
// is asked for in the next, which needs less of the server. ENVELOPE and BODYSTRUCTURE are never asked for: servers get them wrong most often.
type way int

const (
	whole    way = iota // UID FETCH n (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
	bodyOnly            // UID FETCH n (UID BODY.PEEK[]); flags and date by SEARCH
	bySeqNum            // FETCH m (UID BODY.PEEK[]): for servers that send the UID behind the body, where the library cannot match it
	inPieces            // UID FETCH n (UID BODY.PEEK[HEADER] BODY.PEEK[TEXT]<0.262144>)
	topOnly             // UID FETCH n (UID BODY.PEEK[HEADER])
	endOfWays
)

// waysByTry is the way with which each attempt begins. The first is tried twice: most connections are lost for reasons of their own.
var waysByTry = [...]way{whole, whole, bodyOnly, bySeqNum, inPieces, inPieces, topOnly, topOnly}

// patience is the number of failed attempts, spread over half an hour (Timings.Retries), after which a part of a mail is better than none.
const patience = 5

// waysFor lists how a mail is asked for, one way after the other as long as the server answers without it.
func waysFor(tries int, start way) []way {
	var ways []way
	for _, how := range []way{waysByTry[min(tries, len(waysByTry)-1)], whole, bodyOnly, bySeqNum, inPieces, topOnly} {
		if how >= start && (how < topOnly || tries >= patience) {
			ways = append(ways, how)
		}
	}
	return ways
}

// parts are the sections to ask for, in the order in which they make up the mail.
func (w way) parts() []*imap.FetchItemBodySection {
	switch w {
	case inPieces:
		return []*imap.FetchItemBodySection{
			{Peek: true, Specifier: imap.PartSpecifierHeader},
			{Peek: true, Specifier: imap.PartSpecifierText, Partial: &imap.SectionPartial{Offset: 0, Size: excerpt}},
		}
	case topOnly:
		return []*imap.FetchItemBodySection{{Peek: true, Specifier: imap.PartSpecifierHeader}}
	}
	return []*imap.FetchItemBodySection{{Peek: true}}
}

// fetched is a mail in the spool.
type fetched struct {
	flags        []imap.Flag
	flagsKnown   bool
	internalDate time.Time
	serverSize   int64 // RFC822.SIZE
	sizeKnown    bool
	fullSize     int64 // as sent
	truncated    bool
	reason       string
}

var (
	errNothing  = errors.New("the server answered without the mail")
	errVanished = errors.New("the mail is no longer there")
)

// request is a FETCH that has been sent and whose answer has not been read.
type request struct {
	uid  uint32
	way  way
	cmd  *imapclient.FetchCommand
	want []*imap.FetchItemBodySection
}

// ask sends the FETCH for one mail. The answer waits at the server, or in the connection, until receive reads it: the watcher asks for the
// next mail before it commits the last one, which hides the round trip.
func (f *folder) ask(uid uint32, how way) (*request, error) {
	r := &request{uid: uid, way: how, want: how.parts()}
	options := &imap.FetchOptions{UID: true, BodySection: r.want}
	if how == whole {
		options.Flags, options.RFC822Size, options.InternalDate = true, true, true
	}
	var numbers imap.NumSet = imap.UIDSetNum(imap.UID(uid))
	if how == bySeqNum {
		number, err := f.sequenceNumber(uid)
		if err != nil {
			return nil, err
		}
		numbers = imap.SeqSetNum(number)
	}
	err := f.do("fetch", f.timings.Answer, func() error {
		r.cmd = f.client.Fetch(numbers, options)
		return nil
	})
	if err == nil {
		f.unread = r.cmd
	}
	return r, err
}

func (f *folder) sequenceNumber(uid uint32) (uint32, error) {
	var numbers []uint32
	err := f.do("list", f.timings.Work, func() error {
		data, err := f.client.Search(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(imap.UID(uid))}}, nil).Wait()
		if err != nil {
			return err
		}
		if set, ok := data.All.(imap.SeqSet); ok && len(set) == 1 && set[0].Start == set[0].Stop && set[0].Start > 0 {
			numbers = append(numbers, set[0].Start)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if len(numbers) != 1 {
		return 0, errVanished
	}
	return numbers[0], nil
}

// drainable is how much of a mail that is too large is read and thrown away to keep the connection.
const drainable = 32 << 20

// receive reads the answer to a request into the spool. Its error is errNothing when the connection is good but did not bring the mail; a
// refusal (CodeRefused) leaves the connection good, too.
func (f *folder) receive(r *request, into *spool, limit int64) (*fetched, error) {
	if err := into.reset(); err != nil {
		return nil, f.fault("fetch", CodeSpool, err)
	}
	f.unread = nil
	var result *fetched
	dropped := false
	err := f.do("fetch", f.timings.Answer, func() error {
		got := &fetched{}
		defer r.cmd.Close()
		arrived := 0 // parts of r.want
		last := int64(0)
		sameMail := r.way != bySeqNum
		for message := r.cmd.Next(); message != nil; message = r.cmd.Next() {
			for item := message.Next(); item != nil; item = message.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					sameMail = uint32(item.UID) == r.uid
				case imapclient.FetchItemDataFlags:
					got.flags, got.flagsKnown = item.Flags, true
				case imapclient.FetchItemDataInternalDate:
					got.internalDate = item.Time
				case imapclient.FetchItemDataRFC822Size:
					got.serverSize, got.sizeKnown = item.Size, true
				case imapclient.FetchItemDataBodySection:
					if arrived == len(r.want) || item.Literal == nil || !answers(r.want[arrived], &item, got.serverSize) {
						continue
					}
					size := item.Literal.Size()
					f.raw.extend(transferTime(size))
					budget := limit - into.size
					if size > budget {
						budget = min(budget, maxHeader+excerpt)
					}
					if err := into.fill(item.Literal, size, budget); err != nil {
						f.breakOff(err)
						return err
					}
					got.fullSize += size
					last = size
					arrived++
					if size > budget {
						got.truncated, got.reason = true, ReasonTooLarge
						if size-budget > drainable {
							// What is wanted of it is here. Ending the connection is cheaper than reading the rest.
							dropped, result = true, got
							_ = f.raw.Close()
							return nil
						}
					}
				}
			}
		}
		if err := r.cmd.Close(); err != nil {
			return err
		}
		empty := got.fullSize == 0 && (!got.sizeKnown || got.serverSize != 0) // a mail without a byte is believed only when its size says so
		if arrived < len(r.want) || !sameMail || empty {
			return errNothing
		}
		if r.way == topOnly || r.way == inPieces && last >= excerpt {
			got.truncated, got.reason = true, ReasonUnfetchable
		}
		result = got
		return nil
	})
	if dropped && result != nil {
		f.broken.Store(true)
		err = nil
	}
	if err != nil {
		if errors.Is(err, errNothing) {
			return nil, errNothing
		}
		return nil, err
	}
	if result.truncated {
		if err := into.keepExcerpt(); err != nil {
			return nil, f.fault("fetch", CodeSpool, err)
		}
	}
	result.fullSize = max(result.fullSize, into.size)
	if result.truncated {
		result.fullSize = max(result.fullSize, result.serverSize)
	}
	return result, nil
}

// answers reports whether a section is the one asked for. QUIRK: some servers answer BODY.PEEK[] with BODY[]<0>; that is the mail when it
// is all of it.
func answers(want *imap.FetchItemBodySection, item *imapclient.FetchItemDataBodySection, serverSize int64) bool {
	if item.MatchCommand(want) {
		return true
	}
	if want.Partial != nil || item.Section.Partial == nil || item.Section.Partial.Offset != 0 {
		return false
	}
	section := *item.Section
	section.Partial = nil
	whole := imapclient.FetchItemDataBodySection{Section: &section}
	return whole.MatchCommand(want) && serverSize > 0 && item.Literal.Size() >= serverSize
}

// slowest is the transfer in bytes per second below which a server counts as stuck although it sends something now and then.
const slowest = 16 << 10

func transferTime(size int64) time.Duration {
	return time.Duration(min(size/slowest, 24*60*60)) * time.Second
}

func hasFlag(flags []imap.Flag, flag imap.Flag) bool {
	return slices.ContainsFunc(flags, func(f imap.Flag) bool { return strings.EqualFold(string(f), string(flag)) })
}
