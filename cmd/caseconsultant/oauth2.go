package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// TokenSource gives OAuth 2.0 access tokens, as Google's and Microsoft's servers want them instead of passwords: from a
// command, or from the token endpoint with a refresh token (RFC 6749 section 6) or with client credentials (section
// 4.4). A token is kept in memory until shortly before it ends, and nowhere else. A refresh token that the endpoint gives
// in place of the old one is written back to refresh_token_file, so that a restart goes on with it; where it comes from
// an environment variable or a command, it is kept in memory only. Safe for concurrent use.
type TokenSource struct {
	command []string
	dir     string

	grant        string
	url          string
	clientID     string
	clientSecret Secret // optional: public clients have none
	refreshToken Secret
	scopes       []string

	mu      sync.Mutex
	token   string
	until   time.Time
	rotated string // a refresh token that the endpoint gave in place of the configured one
}

func (c *Config) tokenSource(d *tomlDocument, at string, o *OAuth2Config) *TokenSource {
	s := &TokenSource{command: c.command(o.TokenCommand), dir: filepath.Dir(c.path(c.File)), grant: o.Grant, url: o.TokenURL, clientID: o.ClientID, scopes: o.Scopes}
	s.clientSecret = c.secret(d, at, "client_secret", o.ClientSecretEnv, o.ClientSecretFile, o.ClientSecretCommand)
	s.refreshToken = c.secret(d, at, "refresh_token", o.RefreshTokenEnv, o.RefreshTokenFile, o.RefreshTokenCommand)
	if len(s.command) > 0 {
		if s.url != "" || s.refreshToken.set() {
			d.wrong(at, "oauth2 has a token_command and a token_url: keep one of them")
		}
		return s
	}
	u, err := url.Parse(s.url)
	switch {
	case s.url == "":
		d.wrong(at, `oauth2 says not where tokens come from: write token_command = ["PROGRAM"], or token_url, client_id and refresh_token_file`)
	case err != nil || u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())):
		d.wrong(at+".token_url", `token_url must be an https address such as "https://oauth2.googleapis.com/token"`)
	case s.clientID == "":
		d.wrong(at+".client_id", "oauth2 has no client_id: write the id that the provider gave to your application")
	case s.grant == grantClient && s.refreshToken.set():
		d.wrong(at, `grant = "client_credentials" needs no refresh token: take it out, or the grant`)
	case s.grant == grantClient && !s.clientSecret.set():
		d.wrong(at, `grant = "client_credentials" needs the application's secret: write client_secret_env = "NAME", client_secret_file = "PATH" or client_secret_command = ["PROGRAM"]`)
	case s.grant == grantClient && len(s.scopes) == 0:
		d.wrong(at, `grant = "client_credentials" needs scopes: for Microsoft 365 write scopes = ["https://outlook.office365.com/.default"]`)
	case s.grant != grantClient && !s.refreshToken.set():
		d.wrong(at, `oauth2 has no refresh token: write refresh_token_env = "NAME", refresh_token_file = "PATH" or refresh_token_command = ["PROGRAM"]`)
	}
	return s
}

// Token returns an access token that is good for at least a minute.
func (s *TokenSource) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.command) > 0 {
		out, err := runForSecret(ctx, s.dir, s.command) // whoever prints it keeps it as long as it is good
		if err != nil {
			return "", fmt.Errorf("token_command: %w", err)
		}
		if out = strings.TrimSpace(out); out == "" {
			return "", errors.New("token_command printed nothing")
		}
		return out, nil
	}
	if s.token != "" && time.Until(s.until) > time.Minute {
		return s.token, nil
	}
	if err := s.fetch(ctx); err != nil {
		if s.token != "" && time.Until(s.until) > 5*time.Second {
			return s.token, nil // an endpoint that is away for a moment is no reason not to use what is still good
		}
		return "", err
	}
	return s.token, nil
}

// Discard drops a token that a server has refused, unless another one has come meanwhile.
func (s *TokenSource) Discard(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

// grantClient is the grant of programs that nobody signs in for.
const grantClient = "client_credentials"

// tokenClient follows no redirect: a secret goes to the address that the operator wrote, and to no other.
var tokenClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (s *TokenSource) form(ctx context.Context) (url.Values, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {s.clientID}}
	if s.grant == grantClient {
		form.Set("grant_type", grantClient)
	} else {
		refresh := s.rotated
		if refresh == "" {
			var err error
			if refresh, err = s.refreshToken.Read(ctx); err != nil {
				return nil, err
			}
		}
		form.Set("refresh_token", refresh)
	}
	if s.clientSecret.set() {
		secret, err := s.clientSecret.Read(ctx)
		if err != nil {
			return nil, err
		}
		form.Set("client_secret", secret)
	}
	if len(s.scopes) > 0 {
		form.Set("scope", strings.Join(s.scopes, " "))
	}
	return form, nil
}

// fetch gets a new access token.
func (s *TokenSource) fetch(ctx context.Context) error {
	form, err := s.form(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask for a token: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := tokenClient.Do(request)
	if err != nil {
		return errors.New("the token endpoint cannot be reached (see token_url)")
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken  string      `json:"access_token"`
		ExpiresIn    json.Number `json:"expires_in"` // a number; some write it as a string
		RefreshToken string      `json:"refresh_token"`
		Error        string      `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	switch {
	case response.StatusCode != http.StatusOK && plainName(answer.Error):
		return fmt.Errorf("the token endpoint refused: %s (%s)", answer.Error, tokenAdvice(answer.Error))
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("the token endpoint answered with status %d", response.StatusCode)
	case err != nil || answer.AccessToken == "":
		return errors.New("the token endpoint gave no token")
	}
	seconds, _ := answer.ExpiresIn.Float64() // unreadable is as good as not said
	life := time.Duration(min(max(seconds, 0), 1e6) * float64(time.Second))
	if life <= 0 || life > 24*time.Hour {
		life = 5 * time.Minute
	}
	s.token, s.until = answer.AccessToken, time.Now().Add(life)
	if s.grant != grantClient && answer.RefreshToken != "" && answer.RefreshToken != form.Get("refresh_token") {
		s.rotated = answer.RefreshToken
		if s.refreshToken.file != "" && replaceSecretFile(s.refreshToken.file, answer.RefreshToken) == nil {
			s.rotated = "" // read anew each time: another process may have got a newer one
		}
	}
	return nil
}

// tokenAdvice says what to do about an error of RFC 6749 section 5.2.
func tokenAdvice(code string) string {
	switch code {
	case "invalid_grant":
		return "sign in anew and replace the refresh token"
	case "invalid_client", "unauthorized_client":
		return "check client_id and the client secret, which may have expired"
	case "invalid_scope":
		return "check scopes"
	}
	return "see the provider's page about the application"
}

// replaceSecretFile puts a new secret in place of a file's, whole or not at all, with the file's own mode. A link is followed: secrets are
// often mounted as links.
func replaceSecretFile(path, secret string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".caseconsultant-") // mode 0600
	if err != nil {
		return err
	}
	_, writeErr := io.WriteString(file, secret+"\n")
	if err := errors.Join(writeErr, file.Chmod(info.Mode().Perm()), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
