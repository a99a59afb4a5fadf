package mailin

import (
	"encoding/json"
	"fmt"
	"net"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// bearer signs in with a token, by either of the two mechanisms: XOAUTH2, which Gmail and Microsoft 365 take
// (developers.google.com/gmail/imap/xoauth2-protocol), and its standardised successor OAUTHBEARER (RFC 7628). In both the whole exchange is one
// message, and a challenge after it is the refusal, as JSON.
type bearer struct {
	mechanism string
	message   string
}

var _ sasl.Client = bearer{}

// bearerFor chooses the mechanism: XOAUTH2, which works also where the server does not announce it, unless the server announces only the
// other one.
func bearerFor(caps imap.CapSet, to endpoint, credentials Credentials) bearer {
	if caps.Has(imap.AuthCap(sasl.OAuthBearer)) && !caps.Has(imap.AuthCap("XOAUTH2")) {
		host, port, _ := net.SplitHostPort(to.address) // made by net.JoinHostPort
		return bearer{sasl.OAuthBearer, "n,a=" + saslName(credentials.Username) + ",\x01host=" + host + "\x01port=" + port + "\x01auth=Bearer " + credentials.Token + "\x01\x01"}
	}
	return bearer{"XOAUTH2", "user=" + credentials.Username + "\x01auth=Bearer " + credentials.Token + "\x01\x01"}
}

// saslName writes a name into a GS2 header (RFC 5801 section 4), where comma and equals sign have a meaning.
func saslName(name string) string {
	var b []byte
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case ',':
			b = append(b, "=2C"...)
		case '=':
			b = append(b, "=3D"...)
		default:
			b = append(b, name[i])
		}
	}
	return string(b)
}

// Start implements sasl.Client.
func (b bearer) Start() (mechanism string, initial []byte, err error) {
	return b.mechanism, []byte(b.message), nil
}

// Next ends the exchange. The status (a number such as 401, or invalid_token) is all that is kept of the refusal.
func (b bearer) Next(challenge []byte) ([]byte, error) {
	var refusal struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(challenge, &refusal) // an unreadable refusal is one without a status
	return nil, &tokenRefused{status: refusal.Status}
}

type tokenRefused struct{ status string }

// Error implements error.
func (e *tokenRefused) Error() string {
	return fmt.Sprintf("the server refused the token (status %q)", e.status)
}
