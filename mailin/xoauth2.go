package mailin

import (
	"encoding/json"
	"fmt"
)

// xoauth2 is the sign-in that Gmail and Microsoft 365 take (XOAUTH2, developers.google.com/gmail/imap/xoauth2-protocol): the whole exchange is
// one message; a challenge after it is the refusal, as JSON.
type xoauth2 struct {
	username, token string
}

func (x xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next ends the exchange. The status (a number such as 401) is all that is kept of the refusal.
func (x xoauth2) Next(challenge []byte) ([]byte, error) {
	var refusal struct {
		Status json.Number `json:"status"`
	}
	_ = json.Unmarshal(challenge, &refusal) // an unreadable refusal is one without a status
	return nil, &tokenRefused{status: refusal.Status.String()}
}

type tokenRefused struct{ status string }

func (e *tokenRefused) Error() string {
	return fmt.Sprintf("the server refused the token (status %q)", e.status)
}
