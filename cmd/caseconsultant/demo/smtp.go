package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/mail"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxMail is the largest mail that the SMTP server takes, in bytes.
const maxMail = 60 << 20

func (o *Office) smtpServer() *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{office: o, helo: c.Hostname}, nil
	}))
	s.Domain = Domain
	s.AllowInsecureAuth = true // loopback only
	s.MaxMessageBytes = maxMail
	s.MaxRecipients = 100
	s.EnableSMTPUTF8 = true
	s.ReadTimeout, s.WriteTimeout = 5*time.Minute, time.Minute
	s.ErrorLog = log.New(io.Discard, "", 0) // it tells of every connection that a client drops
	return s
}

// smtpSession is what a provider's server does with a mail: it takes mail of those who have signed in to anyone, and of
// strangers to accounts that it has; it puts its trace on top, and says there what it knows of the sender.
type smtpSession struct {
	office *Office
	helo   func() string
	user   string // signed in; "" for a stranger
	from   string
	to     []*account
}

var _ smtp.AuthSession = (*smtpSession)(nil)

// AuthMechanisms implements smtp.AuthSession.
func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth implements smtp.AuthSession.
func (s *smtpSession) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, password string) error {
		a, err := s.office.signIn(username, password)
		if err != nil {
			return smtp.ErrAuthFailed
		}
		s.user = a.address
		return nil
	}
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// Mail implements smtp.Session.
func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

// Rcpt implements smtp.Session.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	a := s.office.account(to)
	if a == nil && s.user != "" {
		// To anyone: all the world that there is lies in this office.
		a, _ = s.office.open(to)
	}
	if a == nil {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	}
	s.to = append(s.to, a)
	return nil
}

// Data implements smtp.Session: its return is the 250, which comes when the mail is on disk.
func (s *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	now := time.Now()
	body := withoutClaims(raw)
	for _, a := range s.to {
		m, _, err := s.office.put(a, Inbox, &Mail{At: now, From: s.from, Raw: append(s.trace(a, raw, now), body...)}, nil)
		if err != nil {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "The mail could not be kept, try again later"}
		}
		if s.office.options.OnMail != nil {
			s.office.options.OnMail(m)
		}
	}
	return nil
}

// trace is what stands above the mail: Return-Path and Received (RFC 5321 section 4.4), Authentication-Results (RFC
// 8601). All domains of the demo are at home here, so whoever has signed in as the address in From is proven to be it.
func (s *smtpSession) trace(to *account, raw []byte, now time.Time) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", s.from)
	protocol, results := "ESMTP", "none"
	if s.user != "" {
		protocol, results = "ESMTPA", "auth=pass smtp.auth="+s.user
		if headerFrom(raw) == s.user {
			_, domain, _ := strings.Cut(s.user, "@")
			results += ";\r\n\tdmarc=pass header.from=" + domain
		}
	}
	fmt.Fprintf(&b, "Authentication-Results: %s; %s\r\n", Domain, results)
	fmt.Fprintf(&b, "Received: from %s ([127.0.0.1])\r\n\tby %s with %s\r\n\tfor <%s>; %s\r\n",
		heloName(s.helo()), Domain, protocol, to.address, now.Format(time.RFC1123Z))
	return b.Bytes()
}

// heloName keeps only what a host name consists of: the word is the client's.
func heloName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(".-[]:", r) {
			return r
		}
		return -1
	}, s)
	if s == "" || len(s) > 100 {
		return "unknown"
	}
	return s
}

// headerFrom is the one address in the From field, "" if there is none or several.
func headerFrom(raw []byte) string {
	var found []string
	eachField(raw, func(name string, field []byte) bool {
		if name == "from" {
			found = append(found, string(field[len("from:"):]))
		}
		return true
	})
	if len(found) != 1 {
		return ""
	}
	list, err := mail.ParseAddressList(strings.Join(strings.Fields(found[0]), " "))
	if err != nil || len(list) != 1 {
		return ""
	}
	address, err := plainAddress(list[0].Address)
	if err != nil {
		return ""
	}
	return address
}

// withoutClaims drops the Authentication-Results fields that bear our name and that we have not written (RFC 8601
// section 5), and Return-Path, which is ours to write.
func withoutClaims(raw []byte) []byte {
	var out []byte
	rest := eachField(raw, func(name string, field []byte) bool {
		claim := name == "authentication-results" && strings.Contains(strings.ToLower(string(field)), Domain)
		if !claim && name != "return-path" {
			out = append(out, field...)
		}
		return true
	})
	return append(out, rest...)
}

// eachField calls f with each header field, its line ends included, and its name in lower case, until f returns false.
// It returns what follows the last field: the empty line and the body.
func eachField(raw []byte, f func(name string, field []byte) bool) (rest []byte) {
	for len(raw) > 0 && raw[0] != '\r' && raw[0] != '\n' {
		end := 0
		for {
			line := bytes.IndexByte(raw[end:], '\n')
			if line < 0 {
				end = len(raw)
				break
			}
			end += line + 1
			if end == len(raw) || raw[end] != ' ' && raw[end] != '\t' {
				break
			}
		}
		name, _, ok := bytes.Cut(raw[:end], []byte(":"))
		if !ok {
			return raw // no field: the body begins without an empty line
		}
		field := raw[:end]
		raw = raw[end:]
		if !f(strings.ToLower(strings.TrimSpace(string(name))), field) {
			return raw
		}
	}
	return raw
}

// returnPath reads the envelope sender that Data has written.
func returnPath(raw []byte) (from string) {
	eachField(raw, func(name string, field []byte) bool {
		if name == "return-path" {
			from = strings.Trim(strings.TrimSpace(string(field[len("return-path:"):])), "<>")
		}
		return false // ours is the first
	})
	return from
}

// Reset implements smtp.Session.
func (s *smtpSession) Reset() { s.from, s.to = "", nil }

// Logout implements smtp.Session.
func (s *smtpSession) Logout() error { return nil }

// loginServer is the LOGIN mechanism, which go-sasl has for clients only and older mail programs still ask for.
type loginServer struct {
	check    func(username, password string) error
	username string
	step     int
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		return []byte("Username:"), false, nil
	}
	l.step++
	switch l.step {
	case 1:
		l.username = string(response)
		return []byte("Password:"), false, nil
	case 2:
		return nil, true, l.check(l.username, string(response))
	}
	return nil, false, errors.New("the sign-in is over")
}
