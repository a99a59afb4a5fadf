package imaptest

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// Listed is a mail as the server lists it.
type Listed struct {
	UID   uint32
	Flags []string
	Date  time.Time // INTERNALDATE
}

// Has reports whether the mail bears the flag or keyword, in whatever case the server returns it.
func (l Listed) Has(flag string) bool {
	return slices.ContainsFunc(l.Flags, func(f string) bool { return strings.EqualFold(f, flag) })
}

// admin is what a test does to the account behind the watcher's back, over a connection that does not pass the proxy.
type admin struct {
	address string

	mu     sync.Mutex
	client *imapclient.Client
}

func (a *admin) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client != nil {
		_ = a.client.Close()
		a.client = nil
	}
}

// with runs one thing on a signed-in connection with the folder selected ("" for none).
func (a *admin) with(tb testing.TB, folder string, do func(c *imapclient.Client, selected *imap.SelectData) error) {
	tb.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client == nil {
		client, err := imapclient.DialInsecure(a.address, nil)
		check(tb, err, "connecting as admin")
		check(tb, client.Login(Username, Password).Wait(), "signing in as admin")
		a.client = client
	}
	var selected *imap.SelectData
	if folder != "" {
		var err error
		selected, err = a.client.Select(folder, nil).Wait()
		check(tb, err, "selecting "+folder)
		defer func() { _ = a.client.Unselect().Wait() }()
	}
	check(tb, do(a.client, selected), "working in "+folder)
}

// Append puts a mail into the folder and returns its UID. A zero date means now.
func (s *Server) Append(tb testing.TB, folder string, raw []byte, flags []string, date time.Time) uint32 {
	tb.Helper()
	options := &imap.AppendOptions{Time: date}
	for _, flag := range flags {
		options.Flags = append(options.Flags, imap.Flag(flag))
	}
	if date.IsZero() {
		options.Time = time.Now()
	}
	var uid uint32
	s.admin.with(tb, "", func(c *imapclient.Client, _ *imap.SelectData) error {
		var err error
		uid, err = appendMail(c, s.Folder(folder), raw, options)
		return err
	})
	return uid
}

// List returns the mails of the folder in the order of their UIDs.
func (s *Server) List(tb testing.TB, folder string) []Listed {
	tb.Helper()
	var mails []Listed
	s.admin.with(tb, s.Folder(folder), func(c *imapclient.Client, selected *imap.SelectData) error {
		if selected.NumMessages == 0 {
			return nil
		}
		found, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true, InternalDate: true}).Collect()
		for _, mail := range found {
			listed := Listed{UID: uint32(mail.UID), Date: mail.InternalDate}
			for _, flag := range mail.Flags {
				listed.Flags = append(listed.Flags, string(flag))
			}
			mails = append(mails, listed)
		}
		return err
	})
	return mails
}

// UIDValidity returns the folder's UIDVALIDITY.
func (s *Server) UIDValidity(tb testing.TB, folder string) uint32 {
	tb.Helper()
	var validity uint32
	s.admin.with(tb, s.Folder(folder), func(_ *imapclient.Client, selected *imap.SelectData) error {
		validity = selected.UIDValidity
		return nil
	})
	return validity
}

// SetFlag sets or takes away a flag.
func (s *Server) SetFlag(tb testing.TB, folder string, uid uint32, flag string, set bool) {
	tb.Helper()
	op := imap.StoreFlagsDel
	if set {
		op = imap.StoreFlagsAdd
	}
	s.admin.with(tb, s.Folder(folder), func(c *imapclient.Client, _ *imap.SelectData) error {
		return c.Store(imap.UIDSetNum(imap.UID(uid)), &imap.StoreFlags{Op: op, Silent: true, Flags: []imap.Flag{imap.Flag(flag)}}, nil).Close()
	})
}

// Expunge removes a mail.
func (s *Server) Expunge(tb testing.TB, folder string, uid uint32) {
	tb.Helper()
	s.admin.with(tb, s.Folder(folder), func(c *imapclient.Client, _ *imap.SelectData) error {
		set := imap.UIDSetNum(imap.UID(uid))
		if err := c.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close(); err != nil {
			return err
		}
		return c.UIDExpunge(set).Close()
	})
}

// CreateFolder makes a folder.
func (s *Server) CreateFolder(tb testing.TB, folder string) {
	tb.Helper()
	s.admin.with(tb, "", func(c *imapclient.Client, _ *imap.SelectData) error { return c.Create(s.Folder(folder), nil).Wait() })
}

// keptMail is a mail while its folder is made anew.
type keptMail struct {
	raw   []byte
	flags []imap.Flag
	date  time.Time
}

// takeMails reads all mails of a folder, named as the server does, over a connection of its own.
func takeMails(tb testing.TB, address, folder string) []keptMail {
	tb.Helper()
	var a admin
	a.address = address
	defer a.close()
	var mails []keptMail
	a.with(tb, folder, func(c *imapclient.Client, selected *imap.SelectData) error {
		if selected.NumMessages == 0 {
			return nil
		}
		section := &imap.FetchItemBodySection{Peek: true}
		found, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{Flags: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
		for _, mail := range found {
			flags := slices.DeleteFunc(slices.Clone(mail.Flags), func(f imap.Flag) bool { return strings.EqualFold(string(f), `\Recent`) })
			mails = append(mails, keptMail{raw: mail.FindBodySection(section), flags: flags, date: mail.InternalDate})
		}
		return err
	})
	return mails
}

// putMails appends mails to a folder.
func putMails(tb testing.TB, address, folder string, mails []keptMail) {
	tb.Helper()
	var a admin
	a.address = address
	defer a.close()
	a.with(tb, "", func(c *imapclient.Client, _ *imap.SelectData) error {
		for _, mail := range mails {
			if _, err := appendMail(c, folder, mail.raw, &imap.AppendOptions{Flags: mail.flags, Time: mail.date}); err != nil {
				return err
			}
		}
		return nil
	})
}

func appendMail(c *imapclient.Client, folder string, raw []byte, options *imap.AppendOptions) (uid uint32, err error) {
	cmd := c.Append(folder, int64(len(raw)), options)
	if _, err := cmd.Write(raw); err != nil {
		return 0, err
	}
	if err := cmd.Close(); err != nil {
		return 0, err
	}
	data, err := cmd.Wait()
	if err != nil {
		return 0, err
	}
	return uint32(data.UID), nil
}
