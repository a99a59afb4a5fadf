package demo

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-smtp"
)

// Domain is what the post office calls itself, in its greeting, in Received and in Authentication-Results.
const Domain = "mail.firm.example"

// Options of an office. Password is required.
type Options struct {
	// Dir keeps the mails in files; "" keeps them in memory only.
	Dir string
	// IMAP and SMTP are the addresses to listen on. Default to free ports of 127.0.0.1.
	IMAP, SMTP string
	// Password opens every account.
	Password string
	// OnMail is called for each mail that the SMTP server has put into an INBOX, from the connection's goroutine.
	OnMail func(Mail)
}

// Office is a post office: accounts, folders, mails, and the two servers in front of them. All methods are safe for
// concurrent use.
type Office struct {
	options Options
	files   files
	imap    *imapserver.Server
	smtp    *smtp.Server
	imapAt  net.Listener
	smtpAt  net.Listener
	serving sync.WaitGroup

	mu       sync.Mutex
	accounts map[string]*account
	mails    map[int64]*Mail // by id, those that are in some folder
	lastID   int64
	version  int64
	changed  chan struct{} // closed and replaced at each change
	closed   chan struct{}
}

// Mail is a mail in a folder of an account.
type Mail struct {
	ID      int64 // of this start
	Account string
	Folder  string
	UID     uint32
	At      time.Time // when it came
	// Announced is when the IMAP server first told a connected client of it; zero: not yet.
	Announced time.Time
	From      string // envelope sender; "" for null, and for what came by APPEND
	Raw       []byte
}

// Subject is the mail's subject, decoded, on one line.
func (m Mail) Subject() string { return row(m).Subject }

// account is one address with its folders.
type account struct {
	address string
	user    *imapmemserver.User

	// mu is held over each change of a folder and its files, so that both tell the same story.
	mu      sync.Mutex
	folders map[string]*folder
}

// folder mirrors a folder of the memory server, mails in the order of their UIDs.
type folder struct {
	name  string
	next  uint32 // the UID that the memory server will give next
	mails []*Mail
}

// Inbox is the folder that mail is delivered into.
const Inbox = "INBOX"

// Errors of an office.
var (
	// ErrAddress: what is no email address, or none that a folder on disk can be named after.
	ErrAddress = errors.New("this is no email address (write name@firm.example)")
	errNoUser  = errors.New("there is no such account")
)

// Open starts the two servers, with what Dir holds of an earlier start.
func Open(options Options) (*Office, error) {
	if options.Password == "" {
		return nil, errors.New("the demo's post office needs a password")
	}
	o := &Office{options: options, files: files{options.Dir}, accounts: map[string]*account{}, mails: map[int64]*Mail{},
		changed: make(chan struct{}), closed: make(chan struct{})}
	if err := o.load(); err != nil {
		return nil, err
	}
	if err := o.listen(); err != nil {
		return nil, err
	}
	return o, nil
}

func (o *Office) listen() (err error) {
	if o.imapAt, err = listenLoopback(o.options.IMAP); err != nil {
		return fmt.Errorf("the demo's IMAP server: %w", err)
	}
	if o.smtpAt, err = listenLoopback(o.options.SMTP); err != nil {
		o.imapAt.Close()
		return fmt.Errorf("the demo's SMTP server: %w", err)
	}
	o.imap, o.smtp = o.imapServer(), o.smtpServer()
	o.serving.Go(func() { _ = o.imap.Serve(o.imapAt) })
	o.serving.Go(func() { _ = o.smtp.Serve(o.smtpAt) })
	return nil
}

// listenLoopback refuses what other machines could reach: passwords travel in clear here.
func listenLoopback(address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no address to listen on: write 127.0.0.1:PORT", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("%q is no loopback address: the demo speaks without TLS, so write 127.0.0.1:PORT", address)
	}
	return net.Listen("tcp", address)
}

// IMAP is host and port of the IMAP server.
func (o *Office) IMAP() string { return o.imapAt.Addr().String() }

// SMTP is host and port of the SMTP server.
func (o *Office) SMTP() string { return o.smtpAt.Addr().String() }

// Close hangs up on everybody and ends the servers. Everything is on disk already.
func (o *Office) Close() error {
	o.mu.Lock()
	select {
	case <-o.closed:
		o.mu.Unlock()
		return nil
	default:
	}
	close(o.closed)
	o.mu.Unlock()
	// The listeners too: a server that was closed before it has begun to serve would serve for ever.
	err := errors.Join(ignoreClosed(o.imap.Close()), ignoreClosed(o.smtp.Close()), ignoreClosed(o.imapAt.Close()), ignoreClosed(o.smtpAt.Close()))
	o.serving.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Add makes an account; one that exists stays as it is. Its password is the office's.
func (o *Office) Add(address string) error {
	_, err := o.open(address)
	return err
}

func (o *Office) open(address string) (*account, error) {
	address, err := plainAddress(address)
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.accounts[address]; a != nil {
		return a, nil
	}
	if err := o.files.makeFolder(address, Inbox); err != nil {
		return nil, err
	}
	a := o.newAccount(address)
	a.create(Inbox)
	o.change()
	return a, nil
}

// newAccount needs o.mu.
func (o *Office) newAccount(address string) *account {
	a := &account{address: address, user: imapmemserver.NewUser(address, o.options.Password), folders: map[string]*folder{}}
	o.files.advance(a.user)
	o.accounts[address] = a
	return a
}

func (a *account) create(name string) *folder {
	if a.folders[name] == nil {
		_ = a.user.Create(name, nil) // it fails only for a folder that is there
		a.folders[name] = &folder{name: name, next: 1}
	}
	return a.folders[name]
}

// account returns the account of an address, nil if there is none.
func (o *Office) account(address string) *account {
	address, err := plainAddress(address)
	if err != nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.accounts[address]
}

func (o *Office) signIn(address, password string) (*account, error) {
	a := o.account(address)
	if subtle.ConstantTimeCompare([]byte(password), []byte(o.options.Password)) != 1 || a == nil {
		return nil, errNoUser
	}
	return a, nil
}

// Accounts lists the addresses, in alphabetical order.
func (o *Office) Accounts() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for address := range o.accounts {
		list = append(list, address)
	}
	slices.Sort(list)
	return list
}

// Inbox returns the mails in the INBOX of an account, oldest first.
func (o *Office) Inbox(address string) []Mail { return o.Folder(address, Inbox) }

// Folder returns the mails in a folder of an account, oldest first; none if there is no such folder.
func (o *Office) Folder(address, name string) []Mail {
	a := o.account(address)
	if a == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	f := a.folders[name]
	if f == nil {
		return nil
	}
	list := make([]Mail, len(f.mails))
	for i, m := range f.mails {
		list[i] = *m
	}
	return list
}

// Mail returns a mail by its id.
func (o *Office) Mail(id int64) (Mail, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.mails[id]
	if m == nil {
		return Mail{}, false
	}
	return *m, true
}

// Changes returns a number that grows with each change, and a channel that is closed at the next one.
func (o *Office) Changes() (version int64, changed <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.version, o.changed
}

// change needs o.mu.
func (o *Office) change() {
	o.version++
	close(o.changed)
	o.changed = make(chan struct{})
}

// plainAddress checks an address and makes one spelling of it.
func plainAddress(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 200 || !strings.Contains(domain, ".") || strings.HasPrefix(local, ".") {
		return "", ErrAddress
	}
	for _, r := range s {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`/\:*?"<>|()[],;%`, r) {
			return "", ErrAddress
		}
	}
	if strings.Count(s, "@") != 1 || strings.Contains(s, "..") || strings.HasSuffix(s, ".") {
		return "", ErrAddress
	}
	return s, nil
}
