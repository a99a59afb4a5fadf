package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

// provider is a token endpoint as Google's and Microsoft's are.
type provider struct {
	*httptest.Server

	mu     sync.Mutex
	asked  []url.Values
	answer func(w http.ResponseWriter, n int) // n counts from 1
}

func newProvider(t *testing.T, answer func(w http.ResponseWriter, n int)) *provider {
	t.Helper()
	p := &provider{answer: answer}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		p.mu.Lock()
		p.asked = append(p.asked, r.PostForm)
		n, answer := len(p.asked), p.answer
		p.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		answer(w, n)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *provider) requests() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]url.Values(nil), p.asked...)
}

// tokenConfig is a configuration whose mailbox signs in with tokens; keys stand in its [mailbox.oauth2].
func tokenConfig(t *testing.T, dir, keys string) (*Config, error) {
	t.Helper()
	return ParseConfig(filepath.Join(dir, "c.toml"), []byte(strings.Replace(least, `password_env = "CONSULT_PASSWORD"`, "[mailbox.oauth2]\n"+keys, 1)))
}

func TestOAuthClientCredentials(t *testing.T) {
	t.Parallel()
	p := newProvider(t, func(w http.ResponseWriter, n int) {
		fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":"3599","access_token":"app-%d"}`, n) // as text, as some write it
	})
	const rest = "client_id = \"app\"\nclient_secret_command = [\"/bin/echo\", \"s3cret\"]\nscopes = [\"https://outlook.office365.com/.default\"]\n"
	c, err := tokenConfig(t, t.TempDir(), fmt.Sprintf("grant = \"client_credentials\"\ntoken_url = %q\n", p.URL)+rest)
	if err != nil {
		t.Fatal(err)
	}
	tokens := c.Mailboxes[0].OAuth2.Tokens
	for range 3 {
		if token, err := tokens.Token(t.Context()); err != nil || token != "app-1" {
			t.Errorf("got %q, %v", token, err)
		}
	}
	tokens.Discard("another")
	tokens.Discard("app-1")
	if token, err := tokens.Token(t.Context()); err != nil || token != "app-2" {
		t.Errorf("after a refusal: %q, %v", token, err)
	}
	asked := p.requests()
	if want := (url.Values{"grant_type": {"client_credentials"}, "client_id": {"app"}, "client_secret": {"s3cret"}, "scope": {"https://outlook.office365.com/.default"}}); len(asked) != 2 || asked[0].Encode() != want.Encode() {
		t.Errorf("asked %v, want %v twice", asked, want)
	}
	for name, keys := range map[string]string{
		"no secret":        "client_id = \"app\"\nscopes = [\"x\"]",
		"no scopes":        "client_id = \"app\"\nclient_secret_env = \"X\"",
		"no refresh token": rest + "refresh_token_env = \"X\"",
	} {
		if _, err := tokenConfig(t, t.TempDir(), "grant = \"client_credentials\"\ntoken_url = \"https://o.example/t\"\n"+keys); err == nil || !strings.Contains(err.Error(), "client_credentials") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tokenConfig(t, t.TempDir(), "grant = \"password\"\ntoken_url = \"https://o.example/t\"\n"+rest); err == nil || !strings.Contains(err.Error(), `"client_credentials"`) {
		t.Errorf("another grant: %v", err)
	}
}

// A refresh token that the endpoint replaces is written where it came from, so that a restart goes on with it; where that cannot be, it is kept
// in memory.
func TestOAuthRefreshTokenIsReplaced(t *testing.T) {
	t.Parallel()
	p := newProvider(t, func(w http.ResponseWriter, n int) {
		fmt.Fprintf(w, `{"expires_in":30,"access_token":"token-%d","refresh_token":"refresh-%d"}`, n, n)
	})
	dir := t.TempDir()
	file, link := filepath.Join(dir, "kept"), filepath.Join(dir, "refresh")
	if err := os.WriteFile(file, []byte("refresh-0\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("kept", link); err != nil {
		t.Fatal(err)
	}
	keys := fmt.Sprintf("token_url = %q\nclient_id = \"i\"\nrefresh_token_file = \"refresh\"", p.URL)
	for start := range 2 { // the second time as after a restart
		c, err := tokenConfig(t, dir, keys)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if token, err := c.Mailboxes[0].OAuth2.Tokens.Token(t.Context()); err != nil || token != fmt.Sprintf("token-%d", 2*start+i+1) {
				t.Errorf("got %q, %v", token, err)
			}
		}
	}
	for i, asked := range p.requests() {
		if got, want := asked.Get("refresh_token"), fmt.Sprintf("refresh-%d", i); got != want {
			t.Errorf("request %d brought %q, want %q", i, got, want)
		}
	}
	text, err := os.ReadFile(file)
	info, statErr := os.Stat(file)
	if err != nil || statErr != nil || string(text) != "refresh-4\n" || info.Mode().Perm() != 0o640 {
		t.Errorf("the file holds %q with mode %v; %v, %v", text, info.Mode(), err, statErr)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".case*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// An endpoint that is away, slow to understand or wrong about something is told from a refusal; what is still good is used; no answer's words
// get out.
func TestOAuthEndpointErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(w http.ResponseWriter)
		says   string
	}{
		"Away":        {func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, "cannot be reached"},
		"ServerError": {func(w http.ResponseWriter) { w.WriteHeader(503) }, "status 503"},
		"Redirect": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(302)
		}, "status 302"},
		"Revoked":    {func(w http.ResponseWriter) { w.WriteHeader(400); fmt.Fprint(w, `{"error":"invalid_grant"}`) }, "sign in anew"},
		"OldSecret":  {func(w http.ResponseWriter) { w.WriteHeader(401); fmt.Fprint(w, `{"error":"invalid_client"}`) }, "may have expired"},
		"WrongScope": {func(w http.ResponseWriter) { w.WriteHeader(400); fmt.Fprint(w, `{"error":"invalid_scope"}`) }, "check scopes"},
		"OddError": {func(w http.ResponseWriter) {
			w.WriteHeader(400)
			fmt.Fprint(w, `{"error":"ann@clinic.example is gone"}`)
		}, "status 400"},
		"NoToken":     {func(w http.ResponseWriter) { fmt.Fprint(w, `{"expires_in":3600}`) }, "gave no token"},
		"NoJSON":      {func(w http.ResponseWriter) { fmt.Fprint(w, `<html>sign in</html>`) }, "gave no token"},
		"OddLifetime": {func(w http.ResponseWriter) { fmt.Fprint(w, `{"access_token":"t","expires_in":{}}`) }, "gave no token"},
	} {
		p := newProvider(t, func(w http.ResponseWriter, n int) {
			if n == 1 {
				fmt.Fprint(w, `{"access_token":"first","expires_in":45}`)
				return
			}
			test.answer(w)
		})
		c, err := tokenConfig(t, t.TempDir(), fmt.Sprintf("token_url = %q\nclient_id = \"i\"\nrefresh_token_command = [\"/bin/echo\", \"s3cret\"]", p.URL))
		if err != nil {
			t.Fatal(err)
		}
		tokens := c.Mailboxes[0].OAuth2.Tokens
		for range 2 { // the second time a fresh one is wanted, and the first is good for another 45 s
			if token, err := tokens.Token(t.Context()); err != nil || token != "first" {
				t.Errorf("%s: what is still good: %q, %v", name, token, err)
			}
		}
		tokens.Discard("first")
		token, err := tokens.Token(t.Context())
		if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "clinic") {
			t.Errorf("%s: %q, %v; want %q", name, token, err, test.says)
		}
	}
	p := newProvider(t, func(w http.ResponseWriter, n int) {})
	c, err := tokenConfig(t, t.TempDir(), fmt.Sprintf("token_url = %q\nclient_id = \"i\"\nrefresh_token_command = [\"/bin/echo\", \"r\"]", p.URL))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Mailboxes[0].OAuth2.Tokens.Token(ended); err == nil {
		t.Error("an ended context brought a token")
	}
}

// The whole way: the watcher signs in with tokens from the endpoint; the server ends one before its time and then the provider takes the
// grant back, which is told as a matter of our credentials, and given again.
func TestOAuthMailboxThroughALifeOfTokens(t *testing.T) {
	t.Parallel()
	for _, grant := range []string{"refresh_token", "client_credentials"} {
		t.Run(grant, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			p := newProvider(t, func(w http.ResponseWriter, n int) { fmt.Fprintf(w, `{"access_token":"token-%d","expires_in":3600}`, n) })
			keys := fmt.Sprintf("grant = %q\ntoken_url = %q\nclient_id = \"i\"\nclient_secret_command = [\"/bin/echo\", \"s\"]\nscopes = [\"mail\"]\n", grant, p.URL)
			if grant == "refresh_token" {
				keys += "refresh_token_command = [\"/bin/echo\", \"r\"]\n"
			}
			c, err := tokenConfig(t, t.TempDir(), keys)
			if err != nil {
				t.Fatal(err)
			}
			c.Mailboxes[0].Username = imaptest.Username
			cfg := srv.Config()
			cfg.Credentials = c.Mailboxes[0].credentials
			cfg.SpoolDir = t.TempDir()
			srv.SetToken("token-1")
			ledger := imaptest.NewLedger()
			w, err := mailin.New(cfg, ledger)
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- w.Run(ctx) }()
			defer func() {
				stop()
				<-ended
			}()
			mails := 0
			arrives := func() {
				t.Helper()
				mails++
				srv.Append(t, "INBOX", imaptest.Letter(fmt.Sprint(mails), "Question", "May I bill 31255?"), nil, time.Time{})
				ledger.Book().Until(t, "consult", "INBOX", "the mail is here", func(v imaptest.View) bool {
					return len(v.Delivered()) == mails && v.Health().State == mailin.StateIdle
				})
			}
			arrives()
			srv.SetToken("token-2") // the first one is worth nothing any more, although it says an hour
			srv.DropConnections()
			arrives()

			p.mu.Lock()
			fine := p.answer
			p.answer = func(w http.ResponseWriter, n int) {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, `{"error":"invalid_grant"}`)
			}
			p.mu.Unlock()
			srv.SetToken("none")
			srv.DropConnections()
			ledger.Book().Until(t, "consult", "INBOX", "the missing grant is told", func(v imaptest.View) bool { return v.Health().Code == mailin.CodeCredentials })
			p.mu.Lock()
			p.answer = func(w http.ResponseWriter, n int) { fine(w, 99) }
			p.mu.Unlock()
			srv.SetToken("token-99")
			arrives()
		})
	}
}
