package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// TokenSource gives OAuth 2.0 access tokens, as Google's and Microsoft's servers want them instead of passwords: from a
// command, or from the token endpoint with a refresh token (RFC 6749 section 6). A token is kept until shortly before
// it ends. Safe for concurrent use.
type TokenSource struct {
	command []string
	dir     string

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
	s := &TokenSource{command: c.command(o.TokenCommand), dir: filepath.Dir(c.path(c.File)), url: o.TokenURL, clientID: o.ClientID, scopes: o.Scopes}
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
	case !s.refreshToken.set():
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
	if err := s.refresh(ctx); err != nil {
		return "", err
	}
	return s.token, nil
}

func (s *TokenSource) refresh(ctx context.Context) error {
	refresh := s.rotated
	if refresh == "" {
		var err error
		if refresh, err = s.refreshToken.Read(ctx); err != nil {
			return err
		}
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {s.clientID}}
	if s.clientSecret.set() {
		secret, err := s.clientSecret.Read(ctx)
		if err != nil {
			return err
		}
		form.Set("client_secret", secret)
	}
	if len(s.scopes) > 0 {
		form.Set("scope", strings.Join(s.scopes, " "))
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("ask for a token: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return errors.New("the token endpoint cannot be reached (see token_url)")
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken  string  `json:"access_token"`
		ExpiresIn    float64 `json:"expires_in"`
		RefreshToken string  `json:"refresh_token"`
		Error        string  `json:"error"`
	}
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	switch {
	case response.StatusCode != http.StatusOK && plainName(answer.Error):
		return fmt.Errorf("the token endpoint refused: %s (invalid_grant: sign in anew and replace the refresh token)", answer.Error)
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("the token endpoint answered with status %d", response.StatusCode)
	case err != nil || answer.AccessToken == "":
		return errors.New("the token endpoint gave no token")
	}
	life := time.Duration(answer.ExpiresIn) * time.Second
	if life <= 0 || life > 24*time.Hour {
		life = 5 * time.Minute
	}
	s.token, s.until = answer.AccessToken, time.Now().Add(life)
	if answer.RefreshToken != "" {
		s.rotated = answer.RefreshToken
	}
	return nil
}
