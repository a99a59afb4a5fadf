package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestOAuth2(t *testing.T) {
	t.Parallel()
	// configure makes a mailbox that signs in with tokens; keys stand in its [mailbox.oauth2].
	configure := func(t *testing.T, keys string) *Config {
		t.Helper()
		c, err := ParseConfig(t.TempDir()+"/c.toml", []byte(strings.Replace(least, `password_env = "CONSULT_PASSWORD"`, "[mailbox.oauth2]\n"+keys, 1)))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	t.Run("Command", func(t *testing.T) {
		t.Parallel()
		c := configure(t, `token_command = ["/bin/echo", "token-1"]`)
		credentials, err := c.Mailboxes[0].credentials(t.Context())
		if err != nil || credentials.Token != "token-1" || credentials.Password != "" || credentials.Username != "consult@firm.example" {
			t.Errorf("got %+v, %v", credentials, err)
		}
	})
	t.Run("Refresh", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int64
		refresh := make(chan string, 10)
		provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n := asked.Add(1)
			if r.FormValue("grant_type") != "refresh_token" || r.FormValue("client_id") != "our-id" || r.FormValue("client_secret") != "our-secret" || r.FormValue("scope") != "mail" {
				t.Errorf("asked with %v", r.Form)
			}
			refresh <- r.FormValue("refresh_token")
			life := 3600
			if n == 1 {
				life = 30 // used up at once
			}
			fmt.Fprintf(w, `{"access_token": "token-%d", "expires_in": %d, "refresh_token": "rotated-%d"}`, n, life, n)
		}))
		defer provider.Close()
		c := configure(t, fmt.Sprintf("token_url = %q\nclient_id = \"our-id\"\nclient_secret_command = [\"/bin/echo\", \"our-secret\"]\nrefresh_token_command = [\"/bin/echo\", \"first\"]\nscopes = [\"mail\"]", provider.URL))
		for i, want := range []string{"token-1", "token-2", "token-2"} {
			if got, err := c.Mailboxes[0].OAuth2.Tokens.Token(t.Context()); err != nil || got != want {
				t.Errorf("token %d: %q, %v, want %q", i, got, err, want)
			}
		}
		if a, b := <-refresh, <-refresh; a != "first" || b != "rotated-1" {
			t.Errorf("refresh tokens %q, then %q", a, b)
		}
	})
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		for answer, want := range map[string]string{
			`{"error": "invalid_grant", "error_description": "token of ann@clinic.example expired"}`: "invalid_grant",
			`<html>teapot ann@clinic.example</html>`:                                                 "status 418",
		} {
			provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusTeapot)
				fmt.Fprint(w, answer)
			}))
			defer provider.Close()
			c := configure(t, fmt.Sprintf("token_url = %q\nclient_id = \"i\"\nrefresh_token_command = [\"/bin/echo\", \"s3cret\"]", provider.URL))
			_, err := c.Mailboxes[0].OAuth2.Tokens.Token(t.Context())
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "clinic.example") || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

func TestBusinessHoursInWords(t *testing.T) {
	t.Parallel()
	for hours, want := range map[string]string{
		"Mon-Fri 09:00-17:00 America/New_York":   "Monday to Friday, 9 am to 5 pm Eastern",
		"Mon,Wed-Thu 08:30-12:00 America/Denver": "Monday, Wednesday to Thursday, 8:30 am to noon Mountain",
		"Mon-Sun 00:00-24:00 UTC":                "Monday to Sunday, midnight to midnight UTC",
		"":                                       "",
	} {
		q := QueueConfig{Hours: hours}
		if got := q.words(); got != want {
			t.Errorf("%q: %q, want %q", hours, got, want)
		}
	}
}

func TestDatabaseInClear(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"sqlite:/var/lib/cc.db":                                 false,
		"postgres://u@127.0.0.1/name":                           false,
		"postgres://u@/name?host=/var/run/postgresql":           false,
		"postgres://u@db.firm.example/name":                     true,
		"postgres://u@db.firm.example/name?sslmode=prefer":      true,
		"postgres://u@db.firm.example/name?sslmode=verify-full": false,
	} {
		if got := mayBeInClear(address); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
