package mailin

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// folder is the selected folder of a connection.
type folder struct {
	*connection
	name        string // as the server calls it
	readOnly    bool   // nothing can be changed in it
	uidValidity uint32
	uidNext     uint32 // 0: the server does not say
	messages    uint32 // when it was selected
	keyword     bool   // our keyword can be set, as far as the server says
	canIdle     bool
	canMove     bool   // MOVE (RFC 6851)
	canExpunge  bool   // UIDPLUS (RFC 4315): expunging by UID
	done        *place // where Config.Done moves mails to, once it has been looked for
}

// openFolder selects a folder. It is opened read-only only where the server allows nothing else, because servers then say that no keyword
// can be set.
func openFolder(c *connection, name string) (*folder, error) {
	caps, err := c.capabilities()
	if err != nil {
		return nil, err
	}
	readOnly := false
	data, err := c.selectFolder(name, false)
	if codeOf(err) == CodeRefused && !temporary(detailOf(err)) {
		refusal := err
		at, findErr := c.find(name)
		switch {
		case findErr != nil:
			return nil, findErr
		case at.exists && at.name != name:
			name = at.name
			data, err = c.selectFolder(name, false)
		}
		if at.exists && codeOf(err) == CodeRefused { // it is there, and may be for reading only (EXAMINE, RFC 9051 section 6.3.3)
			readOnly = true
			data, err = c.selectFolder(name, true)
		}
		if codeOf(err) == CodeRefused {
			err = refusal
		}
	}
	if err != nil {
		var fault *Fault
		if errors.As(err, &fault) && fault.Code == CodeRefused && !temporary(fault.Detail) {
			fault.Code = CodeFolder
		}
		return nil, err
	}
	if data.UIDValidity == 0 {
		return nil, c.fault("select", CodeNumbering, errors.New("no UIDVALIDITY"))
	}
	return &folder{
		connection:  c,
		name:        name,
		readOnly:    readOnly,
		uidValidity: data.UIDValidity,
		uidNext:     uint32(data.UIDNext),
		messages:    data.NumMessages,
		keyword:     allowsKeyword(data.PermanentFlags),
		canIdle:     caps.Has(imap.CapIdle),
		canMove:     caps.Has(imap.CapMove),
		canExpunge:  caps.Has(imap.CapUIDPlus),
	}, nil
}

func (c *connection) selectFolder(name string, readOnly bool) (data *imap.SelectData, err error) {
	err = c.do("select", c.timings.Work, func() error {
		selected, err := c.client.Select(name, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		data = selected
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// allowsKeyword reads PERMANENTFLAGS; a server that does not send them allows all (RFC 9051 section 7.1). Keywords are case-insensitive.
func allowsKeyword(permanent []imap.Flag) bool {
	return permanent == nil || slices.ContainsFunc(permanent, func(f imap.Flag) bool {
		return f == imap.FlagWildcard || strings.EqualFold(string(f), Keyword)
	})
}

func (f *folder) position(uid uint32) Position {
	return Position{UIDValidity: f.uidValidity, UID: uid}
}

// maxListed bounds how many UIDs of one answer are believed; the largest folders seen hold a few million mails.
const maxListed = 20_000_000

// search returns the UIDs that match, ascending, without doubles. Only the plain SEARCH of RFC 3501 is used: extensions that servers
// advertise are refused by some of them.
func (f *folder) search(during string, criteria *imap.SearchCriteria) ([]uint32, error) {
	var uids []uint32
	err := f.do(during, f.timings.Work, func() error {
		data, err := f.client.UIDSearch(criteria, nil).Wait()
		if err != nil {
			return err
		}
		uids, err = expand(data.All)
		return err
	})
	if err != nil {
		return nil, err
	}
	return uids, nil
}

// expand lists the numbers of a set. It does not trust the server's ranges: the library's own expansion runs without end over 1:4294967295.
func expand(all imap.NumSet) ([]uint32, error) {
	if all == nil {
		return nil, nil
	}
	set, ok := all.(imap.UIDSet)
	if !ok {
		return nil, errors.New("the server answered a search for UIDs with sequence numbers")
	}
	var uids []uint32
	for _, r := range set {
		first, last := uint32(r.Start), uint32(r.Stop)
		if first == 0 || last < first || uint64(last-first)+uint64(len(uids)) >= maxListed {
			return nil, errors.New("the server listed impossible UIDs")
		}
		for uid := uint64(first); uid <= uint64(last); uid++ {
			uids = append(uids, uint32(uid))
		}
	}
	slices.Sort(uids)
	return slices.Compact(uids), nil
}

// list returns all UIDs above after. A server answers "after+1:*" with its last message even when that is older, so the answer is filtered.
func (f *folder) list(after uint32) ([]uint32, error) {
	if after == ^uint32(0) {
		return nil, nil
	}
	var criteria imap.SearchCriteria
	if after > 0 {
		criteria.UID = []imap.UIDSet{{{Start: imap.UID(after + 1)}}}
	}
	uids, err := f.search("list", &criteria)
	if err != nil {
		return nil, err
	}
	first, _ := slices.BinarySearch(uids, after+1)
	return uids[first:], nil
}

// among returns those of uids that match criteria.
func (f *folder) among(during string, uids []uint32, criteria imap.SearchCriteria) (map[uint32]bool, error) {
	found := make(map[uint32]bool)
	if len(uids) == 0 {
		return found, nil
	}
	criteria.UID = []imap.UIDSet{uidRange(uids)}
	matching, err := f.search(during, &criteria)
	if err != nil {
		return nil, err
	}
	for _, uid := range matching {
		found[uid] = true
	}
	return found, nil
}

// is reports whether the mail is there and matches criteria.
func (f *folder) is(during string, uid uint32, criteria imap.SearchCriteria) (bool, error) {
	found, err := f.among(during, []uint32{uid}, criteria)
	return found[uid], err
}

// bearing and lacking are criteria on one flag.
func bearing(flag imap.Flag) imap.SearchCriteria {
	return imap.SearchCriteria{Flag: []imap.Flag{flag}}
}

func lacking(flag imap.Flag) imap.SearchCriteria {
	return imap.SearchCriteria{NotFlag: []imap.Flag{flag}}
}

// arrivedSince matches mails with an INTERNALDATE on that day or later; servers compare days in their own zone.
func arrivedSince(day time.Time) imap.SearchCriteria {
	return imap.SearchCriteria{Since: day}
}

// uidRange is the smallest range with all of the (ascending) uids: a command line must stay short, and callers filter the answer.
func uidRange(uids []uint32) imap.UIDSet {
	return imap.UIDSet{{Start: imap.UID(uids[0]), Stop: imap.UID(uids[len(uids)-1])}}
}

// uidSet is exactly these uids.
func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, uid := range uids {
		set.AddNum(imap.UID(uid))
	}
	return set
}

// summaryHeader asks for no more of a mail than its fingerprint needs.
var summaryHeader = imap.FetchItemBodySection{
	Peek:         true,
	Specifier:    imap.PartSpecifierHeader,
	HeaderFields: fingerprintFields[:],
}

// summaries fetches sizes and identifying header fields. Mails that are gone are left out.
func (f *folder) summaries(uids []uint32) (map[uint32]Summary, error) {
	var found map[uint32]Summary
	err := f.do("headers", f.timings.Work, func() error {
		summaries := make(map[uint32]Summary, len(uids))
		fetch := f.client.Fetch(uidSet(uids), &imap.FetchOptions{
			UID:         true,
			RFC822Size:  true,
			BodySection: []*imap.FetchItemBodySection{&summaryHeader},
		})
		defer fetch.Close() // drains what an error leaves unread; without it the library's reader would wait for ever
		for message := fetch.Next(); message != nil; message = fetch.Next() {
			var summary Summary
			for item := message.Next(); item != nil; item = message.Next() {
				switch item := item.(type) {
				case imapclient.FetchItemDataUID:
					summary.Position = f.position(uint32(item.UID))
				case imapclient.FetchItemDataRFC822Size:
					summary.ServerSize = item.Size
				case imapclient.FetchItemDataBodySection:
					if item.Literal == nil {
						continue
					}
					header := make([]byte, min(item.Literal.Size(), maxHeader))
					if _, err := io.ReadFull(item.Literal, header); err != nil {
						f.breakOff(err)
						return err
					}
					summary.Fingerprint = FingerprintHeader(header)
				}
			}
			if summary.UID != 0 {
				summaries[summary.UID] = summary
			}
		}
		found = summaries
		return fetch.Close()
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}
