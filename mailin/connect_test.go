package mailin_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailin/imaptest"
)

func TestWaysToConnect(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		for _, url := range []string{srv.URL(), srv.StartTLSURL(), srv.InsecureURL()} {
			cfg := srv.Config()
			cfg.URL = url
			look, err := mailin.Probe(t.Context(), cfg)
			if err != nil {
				t.Errorf("%s: %v", url, err)
			}
			if look.Encrypted == (url == srv.InsecureURL()) || !look.Keywords || !look.Idle || !look.Move {
				t.Errorf("%s: %+v", url, look)
			}
		}
	})
}

func TestProbe(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 3)
		srv.Append(t, inbox, imaptest.Letter("d", "x", "y"), []string{`\Deleted`}, time.Time{})
		cfg := srv.Config()
		cfg.Done = mailin.DoneMove("Processed")
		look, err := mailin.Probe(t.Context(), cfg)
		if err != nil || look.Messages != 4 || look.Deleted != 1 || look.Destination {
			t.Errorf("%+v, %v", look, err)
		}
		srv.CreateFolder(t, "Processed")
		if look, err = mailin.Probe(t.Context(), cfg); err != nil || !look.Destination {
			t.Errorf("%+v, %v", look, err)
		}
		for _, mail := range srv.List(t, inbox) {
			if mail.Has(`\Seen`) || mail.Has(mailin.Keyword) {
				t.Errorf("looking changed %+v", mail)
			}
		}
	})
}

func TestFaultsSayWhatToDo(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		for name, test := range map[string]struct {
			change func(*mailin.Config)
			code   string
			says   string
		}{
			"UnknownAuthority": {func(c *mailin.Config) { c.TLS = nil }, mailin.CodeTLS, "certificate"},
			"WrongName":        {func(c *mailin.Config) { c.TLS.ServerName = "mail.firm.example" }, mailin.CodeTLS, "certificate"},
			"OldTLSOnly":       {func(c *mailin.Config) { c.TLS.MaxVersion = tls.VersionTLS11 }, mailin.CodeTLS, "encryption"},
			"WrongPassword":    {func(c *mailin.Config) { c.Credentials = imaptest.SignIn(imaptest.Username, "wrong") }, mailin.CodeSignIn, "password"},
			"WrongFolder":      {func(c *mailin.Config) { c.Folder = "Nowhere" }, mailin.CodeFolder, "name"},
			"NoCredentials": {func(c *mailin.Config) {
				c.Credentials = func(context.Context) (mailin.Credentials, error) {
					return mailin.Credentials{}, errors.New("no such file")
				}
			}, mailin.CodeCredentials, "no such file"},
			"NoServer": {func(c *mailin.Config) { c.URL = "imaps://127.0.0.1:1" }, mailin.CodeDial, "refused"},
		} {
			cfg := srv.Config()
			test.change(&cfg)
			_, err := mailin.Probe(t.Context(), cfg)
			var fault *mailin.Fault
			if !errors.As(err, &fault) || fault.Code != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A server without STARTTLS, or one whose connection is tampered with so that it seems to have none, never sees the password.
func TestNoPasswordWithoutEncryption(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]imaptest.Rules{
		"Refused":  {Refuse: refuse("STARTTLS", "BAD unknown command")},
		"Preauth":  {Rewrite: func(r []byte) []byte { return []byte(strings.Replace(string(r), "* OK", "* PREAUTH", 1)) }},
		"Silent":   {SilentAt: "STARTTLS"},
		"Drop":     {DropAt: "STARTTLS"},
		"Greeting": {SilentAt: "GREETING"},
		"NoEnd":    {Rewrite: func(r []byte) []byte { return []byte(strings.Repeat("* OK ", 10_000)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := imaptest.Memory(t)
			hostile := imaptest.NewHostile(t, srv, rules)
			cfg := impatient(srv)
			cfg.URL = strings.Replace(hostile.URL(), "imap+insecure://", "imap://", 1)
			_, err := mailin.Probe(t.Context(), cfg)
			var fault *mailin.Fault
			if !errors.As(err, &fault) || fault.Code != mailin.CodeTLS {
				t.Errorf("got %v", err)
			}
			if slices.ContainsFunc(hostile.Commands(), func(c string) bool { return strings.Contains(c, imaptest.Password) }) {
				t.Error("the password was sent in clear")
			}
		})
	}
}

func TestLoginDisabled(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Rewrite: func(r []byte) []byte {
		return []byte(strings.Replace(string(r), "CAPABILITY IMAP4rev1", "CAPABILITY IMAP4rev1 LOGINDISABLED", 1))
	}, Without: []string{"AUTH=PLAIN"}})
	cfg := srv.Config()
	cfg.URL = hostile.URL()
	_, err := mailin.Probe(t.Context(), cfg)
	var fault *mailin.Fault
	if !errors.As(err, &fault) || fault.Code != mailin.CodeSignIn || fault.Detail != "LOGINDISABLED" {
		t.Errorf("got %v", err)
	}
	if slices.ContainsFunc(hostile.Commands(), func(c string) bool { return strings.Contains(c, imaptest.Password) }) {
		t.Error("the password was sent")
	}
	hostile.Set(imaptest.Rules{Rewrite: func(r []byte) []byte {
		return []byte(strings.Replace(string(r), "CAPABILITY IMAP4rev1", "CAPABILITY IMAP4rev1 LOGINDISABLED", 1))
	}})
	if _, err := mailin.Probe(t.Context(), cfg); err != nil { // AUTHENTICATE PLAIN instead
		t.Error(err)
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	for mechanism, without := range map[string][]string{"XOAUTH2": nil, "OAUTHBEARER": {"AUTH=XOAUTH2"}, "Unannounced": {"AUTH=XOAUTH2", "AUTH=OAUTHBEARER"}, "NoInitialResponse": {"SASL-IR"}} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
				if !srv.TakesTokens() {
					return
				}
				hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Without: without})
				cfg := srv.Config()
				cfg.URL = hostile.URL()
				token, refused := imaptest.Token, 0
				cfg.Credentials = func(context.Context) (mailin.Credentials, error) {
					return mailin.Credentials{Username: imaptest.Username, Token: token, Refused: func() { refused++ }}, nil
				}
				if _, err := mailin.Probe(t.Context(), cfg); err != nil || refused != 0 {
					t.Errorf("valid token: %v, %d refusals", err, refused)
				}
				token = "expired"
				_, err := mailin.Probe(t.Context(), cfg)
				var fault *mailin.Fault
				if !errors.As(err, &fault) || fault.Code != mailin.CodeSignIn || refused != 1 {
					t.Errorf("expired token: %v, %d refusals", err, refused)
				}
				want := "AUTHENTICATE XOAUTH2"
				if mechanism == "OAUTHBEARER" {
					want = "AUTHENTICATE OAUTHBEARER"
				}
				if !slices.ContainsFunc(hostile.Commands(), func(c string) bool { return strings.HasPrefix(c, want) }) {
					t.Errorf("sent %q", hostile.Commands())
				}
			})
		})
	}
}

// A token ends in the middle of a session, and the one that was kept looks good by the clock: the server's refusal makes the watcher ask for
// another one, and nobody calls the account's credentials wrong.
func TestTokenEndsInMidSession(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		if !srv.TakesTokens() {
			return
		}
		fill(t, srv, 1)
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{})
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		var mu sync.Mutex
		kept, fresh := "", imaptest.Token
		cfg.Credentials = func(context.Context) (mailin.Credentials, error) {
			mu.Lock()
			defer mu.Unlock()
			if kept == "" {
				kept = fresh
			}
			return mailin.Credentials{Username: imaptest.Username, Token: kept, Refused: func() {
				mu.Lock()
				defer mu.Unlock()
				kept = ""
			}}, nil
		}
		ledger := imaptest.NewLedger()
		watch(t, cfg, ledger)
		untilState(t, ledger, mailin.StateIdle)
		for i := range 4 { // more than the three refusals after which an account is left alone
			next := fmt.Sprint("token-", i)
			mu.Lock()
			fresh = next
			mu.Unlock()
			srv.SetToken(next)
			seen := hostile.Connections()
			hostile.Set(imaptest.Rules{ByeAt: "DONE", ByeText: "Session invalidated - AccessTokenExpired"})
			srv.Append(t, inbox, imaptest.Letter(fmt.Sprint("during-", i), "x", "y"), nil, time.Time{})
			until(t, ledger, "the session has ended", func(imaptest.View) bool { return hostile.Connections() > seen })
			hostile.Set(imaptest.Rules{})
			view := until(t, ledger, "all is well again", func(v imaptest.View) bool {
				return len(v.Delivered()) == 2+i && v.Health().State == mailin.StateIdle
			})
			for _, health := range view.Healths {
				if health.State == mailin.StateSignInRefused {
					t.Error("the account was given up")
				}
			}
		}
	})
}

// After three refusals the watcher leaves the account alone, says so, and goes on when somebody asks, with the credentials of that moment.
func TestWrongPassword(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		fill(t, srv, 1)
		hostile := imaptest.NewHostile(t, srv, imaptest.Rules{})
		var password atomic.Value
		password.Store("wrong")
		var log logged
		cfg := srv.Config()
		cfg.URL = hostile.URL()
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		cfg.Credentials = func(context.Context) (mailin.Credentials, error) {
			return mailin.Credentials{Username: imaptest.Username, Password: password.Load().(string)}, nil
		}
		ledger := imaptest.NewLedger()
		w := watch(t, cfg, ledger)
		view := untilState(t, ledger, mailin.StateSignInRefused)
		if health := view.Health(); health.Code != mailin.CodeSignIn || health.Failures != 3 || time.Until(health.RetryAt) < 10*time.Minute {
			t.Errorf("health %+v", health)
		}
		attempts := 0
		for _, command := range hostile.Commands() {
			if strings.HasPrefix(command, "LOGIN") {
				attempts++
			}
		}
		if attempts != 3 {
			t.Errorf("%d attempts to sign in", attempts)
		}
		password.Store(imaptest.Password)
		if _, err := w.Reconcile(t.Context()); err != nil {
			t.Fatal(err)
		}
		untilDelivered(t, ledger, 1)
		for _, secret := range []string{"wrong", imaptest.Password, imaptest.Username, "clinic.example"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("%q is in the log", secret)
			}
		}
	})
}

type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// A server that cannot check passwords just now is not a wrong password.
func TestSignInUnavailable(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	hostile := imaptest.NewHostile(t, srv, imaptest.Rules{Refuse: refuse("LOGIN", "NO [UNAVAILABLE] try later")})
	cfg := srv.Config()
	cfg.URL = hostile.URL()
	ledger := imaptest.NewLedger()
	watch(t, cfg, ledger)
	until(t, ledger, "five attempts have failed", func(v imaptest.View) bool { return v.Health().Failures >= 5 })
	hostile.Set(imaptest.Rules{})
	untilState(t, ledger, mailin.StateIdle)
}

// Another process takes over: the first writes nothing more, to the ledger or to the mailbox, and the second misses and doubles nothing.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	imaptest.Each(t, func(t *testing.T, srv *imaptest.Server) {
		book := imaptest.NewBook()
		first, second := book.Process(), book.Process()
		fill(t, srv, 20)
		reached, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		book.Set(imaptest.Hooks{Deliver: func(mail mailin.Mail) error {
			if mail.UID == 10 {
				once.Do(func() {
					close(reached)
					<-goOn
				})
			}
			return nil
		}})
		watch(t, srv.Config(), first)
		<-reached
		lease := book.Steal("consult", inbox, second)
		close(goOn)
		cfg := srv.Config()
		cfg.Timings.Beat = time.Hour
		watch(t, cfg, second)
		view := until(t, second, "the second has read all", func(v imaptest.View) bool {
			return len(v.Delivered()) == 20 && v.Health().State == mailin.StateIdle
		})
		if len(view.Sequence) != 20 || view.Lease.Epoch != lease.Epoch+1 {
			t.Errorf("deliveries %v, epoch %d after %d", view.Sequence, view.Lease.Epoch, lease.Epoch)
		}
	})
}

// While it waits for mail, the loss of the lease is noticed by the beat; the watcher then waits for its turn.
func TestLeaseLostWhileIdle(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	book := imaptest.NewBook()
	first, other := book.Process(), book.Process()
	watch(t, srv.Config(), first)
	untilState(t, first, mailin.StateIdle)
	until(t, first, "it beats", func(v imaptest.View) bool { return v.Beats > 2 })
	lease := book.Steal("consult", inbox, other)
	fill(t, srv, 1)
	if err := other.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	view := untilDelivered(t, first, 1)
	if view.Lease.Epoch != lease.Epoch+1 {
		t.Errorf("epoch %d, want %d", view.Lease.Epoch, lease.Epoch+1)
	}
}

// A ledger that cannot be reached is waited for, and the lease is not trusted meanwhile.
func TestLedgerAway(t *testing.T) {
	t.Parallel()
	srv := imaptest.Memory(t)
	var away atomic.Bool
	ledger := imaptest.NewLedger()
	ledger.Book().Set(imaptest.Hooks{Failing: func() error {
		if away.Load() {
			return errors.New("connection refused")
		}
		return nil
	}})
	cfg := srv.Config()
	cfg.Timings.BeatTrust = 100 * time.Millisecond
	watch(t, cfg, ledger)
	view := untilState(t, ledger, mailin.StateIdle)
	epoch := view.Lease.Epoch
	away.Store(true)
	srv.UntilDisconnected(t) // the lease may be lost by now
	away.Store(false)
	fill(t, srv, 2)
	if view = untilDelivered(t, ledger, 2); view.Lease.Epoch <= epoch {
		t.Errorf("epoch %d, was %d", view.Lease.Epoch, epoch)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := mailin.Config{Mailbox: "consult", URL: "imaps://mail.firm.example", Credentials: imaptest.SignIn("u", "p")}
	if _, err := mailin.New(good, imaptest.NewLedger()); err != nil {
		t.Errorf("good: %v", err)
	}
	for name, change := range map[string]func(*mailin.Config){
		"NoName":           func(c *mailin.Config) { c.Mailbox = "" },
		"NoCredentials":    func(c *mailin.Config) { c.Credentials = nil },
		"NoHost":           func(c *mailin.Config) { c.URL = "imaps://:993" },
		"Scheme":           func(c *mailin.Config) { c.URL = "https://mail.firm.example" },
		"InsecureFarAway":  func(c *mailin.Config) { c.URL = "imap+insecure://mail.firm.example:143" },
		"UserInURL":        func(c *mailin.Config) { c.URL = "imaps://consult@mail.firm.example" },
		"FolderInURL":      func(c *mailin.Config) { c.URL = "imaps://mail.firm.example/INBOX" },
		"Unreadable":       func(c *mailin.Config) { c.URL = "imaps://mail firm" },
		"MoveToTheWatched": func(c *mailin.Config) { c.Done = mailin.DoneMove("INBOX") },
	} {
		cfg := good
		change(&cfg)
		if _, err := mailin.New(cfg, imaptest.NewLedger()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for text, ok := range map[string]bool{"all": true, "": true, "new": true, "2026-03-01": true, "yesterday": false, "2026-3-1": false} {
		if _, err := mailin.ParseStart(text); (err == nil) != ok {
			t.Errorf("start %q: %v", text, err)
		}
	}
	for text, ok := range map[string]bool{"flag": true, "": true, "move:Processed": true, "move:": false, "delete": false} {
		if _, err := mailin.ParseDone(text); (err == nil) != ok {
			t.Errorf("done %q: %v", text, err)
		}
	}
}

// An address that only looks like loopback is not talked to in clear.
func TestInsecureStaysOnLoopback(t *testing.T) {
	t.Parallel()
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range interfaces {
		if ip, ok := address.(*net.IPNet); ok && !ip.IP.IsLoopback() {
			cfg := mailin.Config{Mailbox: "m", URL: fmt.Sprintf("imap+insecure://%s", net.JoinHostPort(ip.IP.String(), "143")), Credentials: imaptest.SignIn("u", "p")}
			if _, err := mailin.New(cfg, imaptest.NewLedger()); err == nil {
				t.Errorf("%s was accepted", ip.IP)
			}
		}
	}
}
