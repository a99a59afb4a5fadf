package demo

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

func (o *Office) imapServer() *imapserver.Server {
	return imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{office: o}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapNamespace: {}, imap.CapESearch: {}, imap.CapListExtended: {},
		},
		InsecureAuth: true,                       // loopback only
		Logger:       log.New(io.Discard, "", 0), // it tells of every connection that a client drops
	})
}

// imapSession is a session of the memory server that keeps the office's mirror and files in step with it, and tells the
// office when a client has been told of a mail.
type imapSession struct {
	*imapmemserver.UserSession // nil until signed in

	office  *Office
	account *account
	folder  string // selected; "" if none
}

var _ imapserver.SessionIMAP4rev2 = (*imapSession)(nil)

// Login implements imapserver.Session.
func (s *imapSession) Login(username, password string) error {
	a, err := s.office.signIn(username, password)
	if err != nil {
		return imapserver.ErrAuthFailed
	}
	s.account, s.UserSession = a, imapmemserver.NewUserSession(a.user)
	return nil
}

// Select implements imapserver.Session.
func (s *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.folder = ""
	data, err := s.UserSession.Select(name, options)
	if err == nil {
		s.folder = name
		s.announced(int(data.NumMessages))
	}
	return data, err
}

// Unselect implements imapserver.Session.
func (s *imapSession) Unselect() error {
	s.folder = ""
	return s.UserSession.Unselect()
}

// Append implements imapserver.Session.
func (s *imapSession) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	_, data, err := s.office.put(s.account, name, &Mail{At: options.Time, Raw: raw}, options.Flags)
	return data, err
}

// Poll implements imapserver.Session: after it, the client knows of all that was there when it began.
func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	n := s.count()
	if err := s.UserSession.Poll(w, allowExpunge); err != nil {
		return err
	}
	s.announced(n)
	return nil
}

// Idle implements imapserver.Session. The library's own keeps what came between the last command and the beginning of
// IDLE to itself until something else happens (imapserver.SessionTracker.Idle), so this one listens first and then
// looks.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		_, changed := s.office.Changes()
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stop:
			return nil
		case <-s.office.closed:
			return nil
		}
	}
}

func (s *imapSession) count() int {
	if s.folder == "" {
		return 0
	}
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	if f := s.account.folders[s.folder]; f != nil {
		return len(f.mails)
	}
	return 0
}

// announced notes that this client knows of the first n mails of its folder.
func (s *imapSession) announced(n int) {
	if s.folder == "" {
		return
	}
	now := time.Now()
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	f := s.account.folders[s.folder]
	if f == nil {
		return
	}
	for i := min(n, len(f.mails)) - 1; i >= 0 && f.mails[i].Announced.IsZero(); i-- {
		f.mails[i].Announced = now
	}
}

// Store implements imapserver.Session.
func (s *imapSession) Store(w *imapserver.FetchWriter, numSet imap.NumSet, flags *imap.StoreFlags, options *imap.StoreOptions) error {
	defer s.office.tell()
	return s.UserSession.Store(w, numSet, flags, options)
}

// Create implements imapserver.Session.
func (s *imapSession) Create(name string, options *imap.CreateOptions) error {
	name = strings.TrimRight(name, "/")
	if name == "" || len(name) > 80 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse("This name cannot be used for a folder")
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if err := s.UserSession.Create(name, options); err != nil {
		return err
	}
	s.office.mu.Lock()
	s.account.folders[name] = &folder{name: name, next: 1}
	s.office.change()
	s.office.mu.Unlock()
	return s.office.files.makeFolder(s.account.address, name)
}

// Delete implements imapserver.Session.
func (s *imapSession) Delete(name string) error {
	if strings.EqualFold(name, Inbox) {
		return refuse("INBOX cannot be deleted")
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if err := s.UserSession.Delete(name); err != nil {
		return err
	}
	s.office.mu.Lock()
	for _, m := range s.account.folders[name].mails {
		delete(s.office.mails, m.ID)
	}
	delete(s.account.folders, name)
	s.office.change()
	s.office.mu.Unlock()
	return s.office.files.removeFolder(s.account.address, name)
}

// Rename implements imapserver.Session.
func (s *imapSession) Rename(name, to string, options *imap.RenameOptions) error {
	to = strings.TrimRight(to, "/")
	if strings.EqualFold(name, Inbox) || to == "" || len(to) > 80 {
		return refuse("This folder cannot be renamed so")
	}
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if err := s.UserSession.Rename(name, to, options); err != nil {
		return err
	}
	if err := s.office.files.renameFolder(s.account.address, name, to); err != nil {
		return err
	}
	s.office.mu.Lock()
	defer s.office.mu.Unlock()
	f := s.account.folders[name]
	delete(s.account.folders, name)
	f.name = to
	for _, m := range f.mails {
		m.Folder = to
	}
	s.account.folders[to] = f
	s.office.change()
	return nil
}

// Expunge implements imapserver.Session.
func (s *imapSession) Expunge(w *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if err := s.UserSession.Expunge(w, uids); err != nil {
		return err
	}
	gone, err := s.gone()
	if err != nil {
		return err
	}
	for _, m := range gone {
		if err := s.office.files.remove(&m); err != nil {
			return err
		}
	}
	return nil
}

// Copy implements imapserver.Session.
func (s *imapSession) Copy(numSet imap.NumSet, dest string) (*imap.CopyData, error) {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	data, err := s.UserSession.Copy(numSet, dest)
	if err != nil {
		return nil, err
	}
	sources, _ := data.SourceUIDs.Nums()
	s.office.mu.Lock()
	var copies []Mail
	for _, m := range s.account.folders[s.folder].mails {
		if slices.Contains(sources, imap.UID(m.UID)) {
			copies = append(copies, *m)
		}
	}
	s.office.mu.Unlock()
	return data, s.arrived(dest, copies)
}

// Move implements imapserver.SessionMove.
func (s *imapSession) Move(w *imapserver.MoveWriter, numSet imap.NumSet, dest string) error {
	s.account.mu.Lock()
	defer s.account.mu.Unlock()
	if err := s.UserSession.Move(w, numSet, dest); err != nil {
		return err
	}
	moved, err := s.gone()
	if err != nil {
		return err
	}
	if err := s.arrived(dest, moved); err != nil {
		return err
	}
	for _, m := range moved {
		if err := s.office.files.remove(&m); err != nil {
			return err
		}
	}
	return nil
}

// gone takes out of the mirror what is no longer in the selected folder, and returns it in the order of the UIDs. It
// needs the account's mu.
func (s *imapSession) gone() ([]Mail, error) {
	found, err := s.UserSession.Search(imapserver.NumKindUID, &imap.SearchCriteria{}, &imap.SearchOptions{})
	if err != nil {
		return nil, err
	}
	left := map[uint32]bool{}
	for _, uid := range found.AllUIDs() {
		left[uint32(uid)] = true
	}
	o := s.office
	o.mu.Lock()
	defer o.mu.Unlock()
	f := s.account.folders[s.folder]
	if f == nil {
		return nil, nil
	}
	var gone []Mail
	f.mails = slices.DeleteFunc(f.mails, func(m *Mail) bool {
		if left[m.UID] {
			return false
		}
		gone = append(gone, *m)
		delete(o.mails, m.ID)
		return true
	})
	o.change()
	return gone, nil
}

// arrived enters mails that the memory server has put at the end of a folder, in this order. It needs the account's mu.
func (s *imapSession) arrived(name string, mails []Mail) error {
	o := s.office
	o.mu.Lock()
	f := s.account.folders[name]
	var kept []Mail
	for _, m := range mails {
		m.Folder, m.UID, m.Announced = name, f.next, time.Time{}
		f.next++
		o.enter(f, &m)
		kept = append(kept, m)
	}
	o.change()
	o.mu.Unlock()
	for _, m := range kept {
		if err := o.files.keep(&m); err != nil {
			return err
		}
	}
	return nil
}

// put writes a mail to disk and then into a folder, where clients see it at once.
func (o *Office) put(a *account, name string, m *Mail, flags []imap.Flag) (Mail, *imap.AppendData, error) {
	if m.At.IsZero() {
		m.At = time.Now()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o.mu.Lock()
	f := a.folders[name]
	o.mu.Unlock()
	if f == nil {
		return Mail{}, nil, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeTryCreate, Text: "No such folder"}
	}
	m.Account, m.Folder, m.UID = a.address, name, f.next
	if err := o.files.keep(m); err != nil {
		return Mail{}, nil, fmt.Errorf("put a mail into %s: %w", name, err)
	}
	data, err := a.user.Append(name, newLiteral(m.Raw), &imap.AppendOptions{Time: m.At, Flags: flags})
	if err != nil {
		return Mail{}, nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	f.next++
	o.enter(f, m)
	o.change()
	return *m, data, nil
}

// tell wakes those who wait for a change.
func (o *Office) tell() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.change()
}

func refuse(text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Text: text}
}

// literal is what the memory server takes mails as.
type literal struct{ *bytes.Reader }

func newLiteral(raw []byte) literal { return literal{bytes.NewReader(raw)} }

// Size implements imap.LiteralReader.
func (l literal) Size() int64 { return l.Reader.Size() }
