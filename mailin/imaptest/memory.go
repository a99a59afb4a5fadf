package imaptest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
)

// memoryBackend is the IMAP library's own server.
type memoryBackend struct {
	user      *imapmemserver.User
	token     atomic.Value // of string: the OAuth access token that is taken
	plain     string
	encrypted string
}

func startMemory(tb testing.TB, ip string, cert certificate) backend {
	users := imapmemserver.New()
	user := imapmemserver.NewUser(Username, Password)
	check(tb, user.Create("INBOX", nil), "creating INBOX")
	users.AddUser(user)
	backend := &memoryBackend{user: user}
	backend.token.Store(Token)
	server := imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &memorySession{SessionIMAP4rev2: users.NewSession().(imapserver.SessionIMAP4rev2), token: func() string { return backend.token.Load().(string) }}, nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapNamespace: {}, imap.CapESearch: {},
			imap.CapListExtended: {}, imap.CapSpecialUse: {},
		},
		TLSConfig:    cert.serve(),
		InsecureAuth: true,
		Logger:       log.New(io.Discard, "", 0), // it logs every dropped connection
	})
	tb.Cleanup(func() { _ = server.Close() })
	listen := func(encrypted bool) string {
		listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
		check(tb, err, "listening")
		address := listener.Addr().String()
		if encrypted {
			listener = tls.NewListener(listener, cert.serve())
		}
		go func() { _ = server.Serve(listener) }()
		return address
	}
	backend.plain, backend.encrypted = listen(false), listen(true)
	return backend
}

func (m *memoryBackend) addresses() (plain, encrypted string) { return m.plain, m.encrypted }

// The proxy in front refuses connections; what is in memory must stay.
func (m *memoryBackend) stop(testing.TB)  {}
func (m *memoryBackend) start(testing.TB) {}

// memorySession mends the library's session and adds what it lacks.
type memorySession struct {
	imapserver.SessionIMAP4rev2
	token func() string
}

var _ imapserver.SessionSASL = (*memorySession)(nil)

// Idle also announces what came between the last command and the beginning of IDLE, which the library keeps until something else comes.
func (s *memorySession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	done := make(chan error, 1)
	go func() { done <- s.SessionIMAP4rev2.Idle(w, stop) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
			if err := s.Poll(w, true); err != nil {
				return err
			}
		}
	}
}

func (s *memorySession) AuthenticateMechanisms() []string {
	return []string{"PLAIN", "XOAUTH2", "OAUTHBEARER"}
}

func (s *memorySession) Authenticate(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, username, password string) error { return s.Login(username, password) }), nil
	case "XOAUTH2":
		return &bearerServer{login: func() error { return s.Login(Username, Password) }, read: readXOAUTH2, token: s.token}, nil
	case "OAUTHBEARER":
		return &bearerServer{login: func() error { return s.Login(Username, Password) }, read: readOAUTHBEARER, token: s.token}, nil
	}
	return nil, &imap.Error{Type: imap.StatusResponseTypeNo, Text: "mechanism not supported"}
}

// Token is the access token that the servers take which take tokens, until SetToken.
const Token = "valid-token"

func (m *memoryBackend) setToken(token string) { m.token.Store(token) }

// bearerServer answers as Gmail does: a refusal is a challenge with JSON, which the client must answer before it is told NO.
type bearerServer struct {
	login   func() error
	read    func(response string) (username, token string)
	token   func() string
	refused bool
}

func (x *bearerServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case x.refused:
		return nil, false, &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAuthenticationFailed, Text: "invalid credentials"}
	case response == nil:
		return nil, false, nil
	}
	if username, token := x.read(string(response)); username == Username && token == x.token() {
		return nil, true, x.login()
	}
	x.refused = true
	return []byte(`{"status":"401","schemes":"bearer","scope":"https://mail.example/"}`), false, nil
}

func readXOAUTH2(response string) (username, token string) {
	_, _ = fmt.Sscanf(strings.ReplaceAll(response, "\x01", " "), "user=%s auth=Bearer %s", &username, &token)
	return username, token
}

func readOAUTHBEARER(response string) (username, token string) {
	var host, port string
	_, _ = fmt.Sscanf(strings.NewReplacer("\x01", " ", ",", " ").Replace(response), "n a=%s host=%s port=%s auth=Bearer %s", &username, &host, &port, &token)
	return username, token
}

func (m *memoryBackend) folder(name string) string { return name }

// renumber makes the folder anew: the server then counts UIDVALIDITY up and UIDs from 1. An expunged mail at the front makes them differ.
func (m *memoryBackend) renumber(tb testing.TB, folder string) {
	mails := takeMails(tb, m.plain, folder)
	check(tb, m.user.Delete(folder), "deleting the folder")
	check(tb, m.user.Create(folder, nil), "creating the folder")
	for _, mail := range mails {
		_, err := m.user.Append(folder, literal{bytes.NewReader(mail.raw)}, &imap.AppendOptions{Flags: mail.flags, Time: mail.date})
		check(tb, err, "appending")
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }
