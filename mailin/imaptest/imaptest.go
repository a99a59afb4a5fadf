// Package imaptest runs tests of mail intake on real IMAP servers, and plays servers that no one would want.
//
// Each starts, on loopback with TLS, every server that is present: the IMAP library's in-memory server (always), a Dovecot of its own when
// CASECONSULTANT_TEST_DOVECOT names the binary, and a Cyrus of its own when CASECONSULTANT_TEST_CYRUS names its master program; it says which
// one is missing, and with CASECONSULTANT_TEST_ALL=1 a missing one fails the test. A Server looks the same whatever is behind it: mails are
// appended, flags and UIDs read, folders renumbered, connections dropped, frozen or refused through a proxy that stands before it, so that
// the tests need no knowledge of the server. Folders are named as people name them; on Cyrus "Processed" is really "INBOX.Processed".
//
// Hostile is a scripted server for what real ones do on bad days. Ledger is a mailin.Ledger in memory, with the same semantics as one on a
// database; TestLedger checks those semantics and is meant to be run on every implementation.
//
// For tests only: it fails the test instead of returning errors, and it starts processes.
package imaptest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin"
)

// Who signs in, on every server.
const (
	Username = "consult@firm.example"
	Password = "open-sesame"
)

// Each runs the test on every server that is present, in parallel.
func Each(t *testing.T, test func(t *testing.T, srv *Server)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			kind.require(t)
			test(t, newServer(t, kind))
		})
	}
}

// Memory starts the in-memory server, for tests that are not about servers.
func Memory(tb testing.TB) *Server {
	tb.Helper()
	return newServer(tb, kinds[0])
}

// EachBenchmark is Each for benchmarks.
func EachBenchmark(b *testing.B, bench func(b *testing.B, srv *Server)) {
	for _, kind := range kinds {
		b.Run(kind.name, func(b *testing.B) {
			kind.require(b)
			bench(b, newServer(b, kind))
		})
	}
}

type kind struct {
	name    string
	require func(testing.TB)
	start   func(tb testing.TB, ip string, cert certificate) backend
}

var kinds = [...]kind{
	{name: "memory", require: func(testing.TB) {}, start: startMemory},
	{name: "dovecot", require: requireDovecot, start: startDovecot},
	{name: "cyrus", require: requireCyrus, start: startCyrus},
}

// backend is a running IMAP server, behind the proxy.
type backend interface {
	addresses() (plain, encrypted string)
	stop(testing.TB)
	start(testing.TB)
	// renumber gives the folder another UIDVALIDITY and its mails other UIDs. No connection is open meanwhile.
	renumber(tb testing.TB, folder string)
	// folder is how the server calls the folder that people call name; they divide names with a slash.
	folder(name string) string
}

// tokenTaker is a backend that takes OAuth tokens.
type tokenTaker interface{ setToken(token string) }

// TakesTokens reports whether the server can be signed in to with OAuth tokens.
func (s *Server) TakesTokens() bool {
	_, takes := s.backend.(tokenTaker)
	return takes
}

// SetToken changes the token that a server takes which takes tokens.
func (s *Server) SetToken(token string) { s.backend.(tokenTaker).setToken(token) }

// Server is an IMAP server with one account.
type Server struct {
	name             string
	backend          backend
	cert             certificate
	plain, encrypted *proxy
	admin            admin
}

func newServer(tb testing.TB, k kind) *Server {
	tb.Helper()
	ip := loopback()
	cert := newCertificate(tb, ip)
	back := k.start(tb, ip, cert)
	plain, encrypted := back.addresses()
	srv := &Server{name: k.name, backend: back, cert: cert, plain: newProxy(tb, ip, plain), encrypted: newProxy(tb, ip, encrypted)}
	srv.admin.address = plain
	tb.Cleanup(srv.admin.close)
	return srv
}

// loopback is an address that no other test listens on, where the system has many of them (127.0.0.0/8 on Linux): a server that is started
// again must find its port free.
func loopback() string {
	ip := net.IPv4(127, byte(1+mathrand.N(250)), byte(mathrand.N(250)), byte(1+mathrand.N(250))).String()
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return "127.0.0.1"
	}
	_ = listener.Close()
	return ip
}

// Name is memory, dovecot or cyrus.
func (s *Server) Name() string { return s.name }

// Folder is how the server itself calls the folder that people call name.
func (s *Server) Folder(name string) string { return s.backend.folder(name) }

// URL is the imaps:// address.
func (s *Server) URL() string { return "imaps://" + s.encrypted.address }

// StartTLSURL is the imap:// address.
func (s *Server) StartTLSURL() string { return "imap://" + s.plain.address }

// InsecureURL is the imap+insecure:// address.
func (s *Server) InsecureURL() string { return "imap+insecure://" + s.plain.address }

// TLS trusts the server.
func (s *Server) TLS() *tls.Config { return s.cert.trust() }

// Config is a watcher's configuration for this server, with short waits between attempts.
func (s *Server) Config() mailin.Config {
	return mailin.Config{
		Mailbox:     "consult",
		URL:         s.URL(),
		TLS:         s.TLS(),
		Credentials: SignIn(Username, Password),
		Timings: mailin.Timings{
			BackoffMin: 10 * time.Millisecond,
			BackoffMax: 100 * time.Millisecond,
			Settle:     200 * time.Millisecond,
			Beat:       50 * time.Millisecond,
		},
	}
}

// SignIn is a Config.Credentials that always gives the same.
func SignIn(username, password string) func(context.Context) (mailin.Credentials, error) {
	return func(context.Context) (mailin.Credentials, error) {
		return mailin.Credentials{Username: username, Password: password}, nil
	}
}

// DropConnections closes every connection of clients, as a network does.
func (s *Server) DropConnections() {
	s.plain.drop()
	s.encrypted.drop()
}

// UntilDisconnected waits until no client is connected.
func (s *Server) UntilDisconnected(tb testing.TB) {
	tb.Helper()
	s.plain.untilIdle(tb)
	s.encrypted.untilIdle(tb)
}

// Freeze keeps connections open and passes nothing on, in either direction, until Thaw: the server has fallen silent.
func (s *Server) Freeze() {
	s.plain.freeze(true)
	s.encrypted.freeze(true)
}

// Thaw ends Freeze.
func (s *Server) Thaw() {
	s.plain.freeze(false)
	s.encrypted.freeze(false)
}

// Stop stops the server: connections end, new ones are refused. Mails stay.
func (s *Server) Stop(tb testing.TB) {
	s.plain.close()
	s.encrypted.close()
	s.admin.close()
	s.backend.stop(tb)
}

// Start starts it again, at the same address.
func (s *Server) Start(tb testing.TB) {
	s.backend.start(tb)
	s.plain.open(tb)
	s.encrypted.open(tb)
}

// ResetUIDValidity gives the folder another UIDVALIDITY and its mails other UIDs, as a server does that lost its index. Connections are dropped.
func (s *Server) ResetUIDValidity(tb testing.TB, folder string) {
	tb.Helper()
	before := s.UIDValidity(tb, folder)
	s.Stop(tb)
	s.backend.start(tb)
	s.backend.renumber(tb, folder)
	if after := s.UIDValidity(tb, folder); after == before {
		tb.Fatalf("UIDVALIDITY of %s is still %d", folder, after)
	}
	s.plain.open(tb)
	s.encrypted.open(tb)
}

// Letter is a small mail with CRLF line ends, as the servers of the wire have it.
func Letter(id, subject, body string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf("Message-ID: <%s@clinic.example>\nDate: Tue, 3 Mar 2026 09:00:00 -0500\nFrom: Ann Coder <ann@clinic.example>\n"+
		"To: consult@firm.example\nSubject: %s\n\n%s\n", id, subject, body), "\n", "\r\n"))
}

// certificate is a fresh self-signed certificate for the address and localhost.
type certificate struct {
	pair            tls.Certificate
	roots           *x509.CertPool
	certPEM, keyPEM []byte
}

func newCertificate(tb testing.TB, ip string) certificate {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(tb, err, "making a key")
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "localhost"},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.ParseIP(ip)},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(tb, err, "making a certificate")
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	check(tb, err, "encoding the key")
	c := certificate{
		certPEM: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		keyPEM:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		roots:   x509.NewCertPool(),
	}
	c.pair, err = tls.X509KeyPair(c.certPEM, c.keyPEM)
	check(tb, err, "reading the certificate")
	c.roots.AppendCertsFromPEM(c.certPEM)
	return c
}

func (c certificate) trust() *tls.Config { return &tls.Config{RootCAs: c.roots} }

func (c certificate) serve() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c.pair}}
}

func check(tb testing.TB, err error, doing string) {
	tb.Helper()
	if err != nil {
		tb.Fatalf("%s: %v", doing, err)
	}
}

// missing skips the test, or fails it where everything is expected to be present.
func missing(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("CASECONSULTANT_TEST_ALL") == "1" {
		tb.Fatalf("missing: %s", what)
	}
	tb.Skipf("missing: %s", what)
}
