package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailout"
	"caseconsultant/migrations"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
)

type doctorCommand struct {
	ConfigOnly bool   `help:"Check the configuration file and nothing else."`
	SendTest   string `placeholder:"ADDRESS" help:"Send a test mail to this address."`
}

// doctor collects the lines of a visit.
type doctor struct {
	*console
	cfg    *Config
	failed int
}

func (d *doctor) ok(what, format string, args ...any) {
	d.printf("ok    %-10s %s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) warn(what, format string, args ...any) {
	d.printf("warn  %-10s %s\n", what, fmt.Sprintf(format, args...))
}

func (d *doctor) fail(what, format string, args ...any) {
	d.failed++
	d.printf("fail  %-10s %s\n", what, fmt.Sprintf(format, args...))
}

// Run checks what can be checked, a line each: ok, warn, or fail with what to do. It changes nothing.
func (k *doctorCommand) Run(c *console) error {
	cfg, err := LoadConfig(c.config)
	if err != nil {
		return err
	}
	d := &doctor{console: c, cfg: cfg}
	d.ok("config", "%s", cfg.File)
	for _, sentence := range cfg.NotYet {
		d.warn("config", "%s", sentence)
	}
	if k.ConfigOnly {
		return nil
	}
	d.checkSecrets()
	d.checkKeyAndDatabase()
	d.checkCodebook()
	d.checkPolicy(time.Now())
	d.checkLicences(time.Now())
	d.checkDocuments()
	for i := range cfg.Mailboxes {
		d.checkMailbox(&cfg.Mailboxes[i])
	}
	d.checkSenders()
	d.checkSMTP(k.SendTest)
	d.checkAddresses()
	if d.failed > 0 {
		return silent{1}
	}
	return nil
}

func (d *doctor) checkSecrets() {
	err := d.cfg.checkSecrets()
	if config, ok := errors.AsType[*ConfigError](err); ok {
		for _, p := range config.Problems {
			d.fail("secrets", "line %d: %s", p.Line, p.Text)
		}
		return
	}
	d.ok("secrets", "all that the configuration names are there")
}

func (d *doctor) checkKeyAndDatabase() {
	key, elsewhere, err := d.cfg.key(d.ctx)
	missing := false
	if !elsewhere {
		key, err = store.LoadKeyFile(d.cfg.Keys.File)
		missing = errors.Is(err, fs.ErrNotExist)
	}
	switch {
	case missing:
	case err != nil:
		d.fail("key", "%v", err)
		return
	default:
		d.checkKeyFile(elsewhere)
	}
	address, err := d.cfg.databaseURL(d.ctx)
	if err != nil {
		d.fail("database", "%v", err)
		return
	}
	have, want, err := schemaVersion(d.ctx, address)
	switch {
	case err != nil:
		d.fail("database", "%v", err)
		return
	case have == 0:
		d.ok("database", "empty: the first serve fills it")
		if missing {
			d.ok("key", "the first serve makes %s; keep a copy of it apart from the database's backups", d.cfg.Keys.File)
		}
		return
	case have < want:
		d.warn("database", "version %d of %d: serve or migrate brings it up to date", have, want)
		return // opening it would migrate it
	case have > want:
		d.fail("database", "version %d, and this program knows %d: use the newer program", have, want)
		return
	}
	if missing {
		d.fail("key", "%s is missing and the database was sealed with it: restore it from its copy", d.cfg.Keys.File)
		return
	}
	db, err := store.Open(d.ctx, store.Options{URL: address, Key: &key})
	if err != nil {
		d.fail("database", "%v", err)
		return
	}
	d.ok("database", "version %d, and the key fits", have)
	if mayBeInClear(address) {
		d.warn("database", "the connection to another machine may go unencrypted: add ?sslmode=verify-full to [database] url")
	}
	users, err := people.New(db, people.Options{}).List(d.ctx)
	switch {
	case err != nil:
		d.fail("users", "%v", err)
	case len(users) == 0:
		d.warn("users", `nobody may sign in yet: caseconsultant user add you@firm.example --role admin`)
	default:
		d.ok("users", "%d may sign in", len(users))
		d.checkLicensedUsers(users, time.Now())
	}
	if err := db.Close(); err != nil {
		d.fail("database", "%v", err)
	}
}

// mayBeInClear tells whether a connection to PostgreSQL on another machine falls back to no encryption, as it does by
// default.
func mayBeInClear(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "sqlite" || loopbackHost(u.Hostname()) || u.Hostname() == "" {
		return false
	}
	switch u.Query().Get("sslmode") {
	case "require", "verify-ca", "verify-full":
		return false
	}
	return true
}

func (d *doctor) checkKeyFile(elsewhere bool) {
	if elsewhere {
		d.ok("key", "there")
		return
	}
	info, err := os.Stat(d.cfg.Keys.File)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		d.warn("key", "%s can be read by others: chmod 600 %s", d.cfg.Keys.File, d.cfg.Keys.File)
		return
	}
	d.ok("key", "%s, readable by its owner only", d.cfg.Keys.File)
}

// schemaVersion reads which migrations a database has, without changing it. have is 0 for an empty or missing one.
func schemaVersion(ctx context.Context, address string) (have, want int64, err error) {
	dialect, driver, dsn := "postgres", "pgx", address
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return 0, 0, nil
		}
		dialect, driver, dsn = "sqlite", "sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return 0, 0, fmt.Errorf("open the database: %w", err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		return 0, 0, fmt.Errorf("the database cannot be reached (is it running, and does [database] url name it?): %w", err)
	}
	var tables int
	query := `SELECT count(*) FROM information_schema.tables WHERE table_name = 'installations' AND table_schema = current_schema()`
	if dialect == "sqlite" {
		query = `SELECT count(*) FROM sqlite_master WHERE name = 'installations'`
	}
	if err := db.QueryRowContext(ctx, query).Scan(&tables); err != nil {
		return 0, 0, fmt.Errorf("read the database: %w", err)
	}
	if tables == 0 {
		return 0, 0, nil
	}
	return migrations.Version(ctx, db, dialect)
}

func (d *doctor) checkCodebook() {
	book, err := d.cfg.openBook(d.ctx)
	if err != nil {
		d.fail("codebook", "%v", err)
		return
	}
	defer book.Close()
	if book.Starter() {
		d.ok("codebook", "the starter: common codes in our own words (codes fetch says how to get whole code sets)")
		return
	}
	for _, a := range book.Acceptances() {
		if a.By == "" {
			d.warn("codebook", "nobody has said that they accepted the licence of %s (codes build --licence-accepted-by NAME): %s", strings.Join(a.Files, ", "), a.Line)
		}
	}
	var current []string
	for _, kind := range codebook.Standing(book.Releases(), time.Now()) {
		if kind.Warning != "" {
			d.warn("codebook", "%s (codes fetch gets newer files, codes build makes a codebook of them)", kind.Warning)
		}
		if kind.Release != "" {
			current = append(current, kind.Release)
		}
	}
	if len(current) > 0 {
		d.ok("codebook", "in force today: %s", strings.Join(current, ", "))
	}
}

func (d *doctor) checkMailbox(m *MailboxConfig) {
	what := "mailbox"
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	look, err := mailin.Probe(ctx, m.watcher(d.cfg.Limits))
	if err != nil {
		d.fail(what, "%s: %v", m.Name, trimPackage(err))
		return
	}
	d.ok(what, "%s: %d mails in %s", m.Name, look.Messages, m.Folder)
	if !look.Encrypted {
		d.warn(what, "%s: the connection is not encrypted (it stays on this machine)", m.Name)
	}
	if !look.Idle {
		d.warn(what, "%s: the server does not announce new mail (IDLE); it is asked every 30 seconds", m.Name)
	}
	if !look.Destination {
		d.fail(what, "%s: the folder that done moves to does not exist: make it, or write done = \"flag\"", m.Name)
	}
	if m.Done == (Done{}) && !look.Keywords {
		d.warn(what, "%s: the folder allows no keywords, so mails are not marked; nothing depends on it", m.Name)
	}
	if m.Done != (Done{}) && !look.Move {
		d.warn(what, "%s: the server cannot move mails safely (no MOVE, no UIDPLUS): moved mails stay behind, marked as deleted", m.Name)
	}
	if look.Deleted > 0 {
		d.warn(what, "%s: %d mails are marked as deleted and are left alone", m.Name, look.Deleted)
	}
}

// trimPackage takes our own prefix off an error for a person.
func trimPackage(err error) string { return strings.TrimPrefix(err.Error(), "mailin: ") }

func (d *doctor) checkSMTP(sendTest string) {
	sender, err := mailout.NewSender(d.cfg.SMTP.sender())
	if err != nil {
		d.fail("smtp", "%v", err)
		return
	}
	defer sender.Close()
	ctx, cancel := context.WithTimeout(d.ctx, time.Minute)
	defer cancel()
	found, err := sender.Check(ctx)
	if err != nil {
		d.fail("smtp", "%v", err)
		return
	}
	parts := []string{"reached"}
	if found.TLS != "" {
		parts = append(parts, found.TLS)
	}
	if found.SignedIn != "" {
		parts = append(parts, "signed in")
	}
	d.ok("smtp", "%s", strings.Join(parts, ", "))
	if found.TLS == "" {
		d.warn("smtp", "the connection is not encrypted (it stays on this machine)")
	}
	if sendTest != "" {
		d.sendTest(ctx, sender, sendTest)
	}
}

// sendTest sends a mail the way that answers go, and says what the server answered.
func (d *doctor) sendTest(ctx context.Context, sender *mailout.Sender, to string) {
	var address Address
	if err := address.UnmarshalText([]byte(to)); err != nil {
		d.fail("test mail", "%v", err)
		return
	}
	from := string(d.cfg.Mailboxes[0].Address)
	_, domain, _ := strings.Cut(from, "@")
	raw, err := mailout.Compose(mailout.Letter{
		MessageID: mailout.NewMessageID(domain),
		From:      mailout.Address{Name: d.cfg.Firm.Name, Address: from},
		To:        []mailout.Address{{Address: to}},
		Date:      time.Now(),
		Subject:   "Test mail of CaseConsultant",
		Text:      "This is a test mail. If you can read it, answers of " + d.cfg.Firm.Name + " can reach this address.\n\nIt was sent by: caseconsultant doctor --send-test\n",
		Automatic: mailout.AutoGenerated,
	})
	if err != nil {
		d.fail("test mail", "%v", err)
		return
	}
	receipt, err := sender.Send(ctx, mailout.Envelope{From: from, To: []string{to}}, int64(len(raw)), bytes.NewReader(raw), nil)
	if err != nil {
		d.fail("test mail", "%v", err)
		return
	}
	d.ok("test mail", "accepted with %d %s; look whether it arrives, and whether it lands among the spam", receipt.Code, receipt.Enhanced)
}

// checkAddresses looks whether serve could listen, or listens already.
func (d *doctor) checkAddresses() {
	client := &http.Client{Timeout: 3 * time.Second}
	if response, err := client.Get("http://" + string(d.cfg.Admin.Listen) + "/readyz"); err == nil {
		var answer readiness
		err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
		response.Body.Close()
		if err == nil && answer.Codebook != nil && answer.Codebook.Alarm != "" {
			d.fail("codebook", "serve goes on with the one before: %s", answer.Codebook.Alarm)
		}
		if response.StatusCode == http.StatusOK {
			d.ok("serve", "runs and is ready")
		} else {
			d.fail("serve", "runs and is not ready: see http://%s/readyz", d.cfg.Admin.Listen)
		}
		if response, err := client.Get("http://" + string(d.cfg.Admin.Listen) + "/mailz"); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusServiceUnavailable {
				d.fail("serve", "runs, and a mailbox is not being read: see http://%s/mailz", d.cfg.Admin.Listen)
			}
		}
		return
	}
	for _, at := range []struct {
		table  string
		listen Listen
	}{{"[desk]", d.cfg.Desk.Listen}, {"[admin]", d.cfg.Admin.Listen}} {
		l, err := net.Listen("tcp", string(at.listen))
		if err != nil {
			d.fail("serve", "%s cannot listen on %s, another program may: %v", at.table, at.listen, err)
			continue
		}
		l.Close()
		d.ok("serve", "does not run; %s can listen on %s", at.table, at.listen)
	}
}
