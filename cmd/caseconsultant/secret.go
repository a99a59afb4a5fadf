package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailout"
)

// Secret says where a secret is read from. It is read anew each time it is asked for, so that a changed password is
// used without a restart.
type Secret struct {
	name    string // of its keys, for messages: "password"
	env     string
	file    string
	command []string
	dir     string // where the command runs
	line    int    // of its key in the configuration
}

func (s Secret) set() bool { return s.env != "" || s.file != "" || len(s.command) > 0 }

const (
	secretCommandTime  = 30 * time.Second
	secretCommandLimit = 64 << 10
)

// Read returns the secret. Its errors say where it was looked for, never what was found.
func (s Secret) Read(ctx context.Context) (string, error) {
	var text string
	switch {
	case s.env != "":
		value, ok := os.LookupEnv(s.env)
		if !ok || value == "" {
			return "", fmt.Errorf("the environment variable %s of %s_env is not set: set it to the %s before the program starts", s.env, s.name, strings.ReplaceAll(s.name, "_", " "))
		}
		text = value
	case s.file != "":
		b, err := os.ReadFile(s.file)
		if err != nil {
			return "", fmt.Errorf("%s_file cannot be read: %w", s.name, err)
		}
		text = strings.TrimRight(string(b), "\r\n")
	case len(s.command) > 0:
		out, err := runForSecret(ctx, s.dir, s.command)
		if err != nil {
			return "", fmt.Errorf("%s_command: %w", s.name, err)
		}
		text = strings.TrimRight(out, "\r\n")
	}
	if text == "" {
		return "", fmt.Errorf("the %s is empty", s.name)
	}
	return text, nil
}

func runForSecret(ctx context.Context, dir string, words []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, secretCommandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	out := &bounded{most: secretCommandLimit}
	cmd.Stdout = out // what it says on standard error may hold the secret: dropped
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", fmt.Errorf("the program did not end within %v", secretCommandTime)
		}
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("the program failed with status %d", exit.ExitCode())
		}
		return "", fmt.Errorf("the program cannot be run: %w", err)
	}
	return out.String(), nil
}

// bounded keeps the first bytes written to it.
type bounded struct {
	bytes.Buffer
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if keep := min(len(p), b.most-b.Len()); keep > 0 {
		b.Buffer.Write(p[:keep])
	}
	return len(p), nil
}

// secret makes a Secret of the three keys of a table, of which at most one may be set.
func (c *Config) secret(d *tomlDocument, table, name, env, file string, command []string) Secret {
	var set []string
	for _, key := range []string{"_env", "_file", "_command"} {
		if d.has(join(table, name+key)) {
			set = append(set, name+key)
		}
	}
	s := Secret{name: name, env: env, file: c.path(file), command: c.command(command), dir: filepath.Dir(c.path(c.File))}
	if len(set) > 0 {
		s.line = d.lines[join(table, set[0])]
	}
	if len(set) > 1 {
		d.wrong(join(table, set[1]), "there are %s: keep one of them", strings.Join(set, " and "))
	} else if len(set) == 1 && !s.set() {
		d.wrong(join(table, set[0]), "%s is empty: write where the %s is, or leave it out", set[0], strings.ReplaceAll(name, "_", " "))
	}
	return s
}

// checkSecrets looks whether the environment variables and files of all secrets are there, so that a start fails at once
// and names the line. Commands are not run before they are needed.
func (c *Config) checkSecrets() error {
	secrets := []Secret{c.Database.Password, c.SMTP.Password}
	sources := []*TokenSource{c.SMTP.OAuth2.Tokens}
	for _, m := range c.Mailboxes {
		secrets, sources = append(secrets, m.Password), append(sources, m.OAuth2.Tokens)
	}
	for _, s := range sources {
		if s != nil {
			secrets = append(secrets, s.clientSecret, s.refreshToken)
		}
	}
	var problems []Problem
	for _, s := range secrets {
		if s.env == "" && s.file == "" {
			continue
		}
		if _, err := s.Read(context.Background()); err != nil {
			problems = append(problems, Problem{s.line, err.Error()})
		}
	}
	if problems == nil {
		return nil
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return &ConfigError{c.File, problems}
}

// credentials settles how an account signs in: with a password or with tokens.
func (c *Config) credentials(d *tomlDocument, table string, keys *PasswordKeys, oauth *OAuth2Config) {
	keys.Password = c.secret(d, table, "password", keys.PasswordEnv, keys.PasswordFile, keys.PasswordCommand)
	at := table + ".oauth2"
	if !d.has(at) {
		return
	}
	oauth.Tokens = c.tokenSource(d, at, oauth)
	if keys.Password.set() {
		d.wrong(at, "there are a password and an oauth2 table: keep one of them")
	}
}

// credentials signs the watcher in; it is asked before each attempt.
func (m *MailboxConfig) credentials(ctx context.Context) (mailin.Credentials, error) {
	credentials := mailin.Credentials{Username: m.Username}
	var err error
	if m.OAuth2.Tokens != nil {
		tokens := m.OAuth2.Tokens
		credentials.Token, err = tokens.Token(ctx)
		token := credentials.Token
		credentials.Refused = func() { tokens.Discard(token) }
	} else {
		credentials.Password, err = m.Password.Read(ctx)
	}
	return credentials, err
}

// sender is what the SMTP sender is made from.
func (s *SMTPConfig) sender() mailout.SenderOptions {
	options := mailout.SenderOptions{URL: s.URL, Username: s.Username}
	switch {
	case s.Username == "":
	case s.OAuth2.Tokens != nil:
		options.Token = s.OAuth2.Tokens.Token
	default:
		options.Password = s.Password.Read
	}
	return options
}
