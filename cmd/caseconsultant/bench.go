package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"caseconsultant/cmd/caseconsultant/demo"
	"caseconsultant/workflow/store"
)

type benchCommand struct {
	Mails    int    `default:"200" help:"How many mails the backlog has."`
	Lone     int    `default:"50" help:"How many mails are sent one by one."`
	Database string `placeholder:"URL" help:"An empty database to measure with: postgres://... or sqlite:FILE; a temporary SQLite file if left out."`
	Asker    string `placeholder:"ADDRESS" help:"Where all summaries go; required when they leave this machine."`
	JSON     bool   `help:"Print the figures as an object."`

	IMAP         string `name:"imap" placeholder:"URL" help:"The IMAP server; with --config that of the first mailbox; else one of bench's own."`
	SMTP         string `name:"smtp" placeholder:"URL" help:"The SMTP server; with --config that of the file; else one of bench's own."`
	Address      string `placeholder:"ADDRESS" help:"The mailbox's address, with --imap." default:"consult@firm.example"`
	Username     string `help:"The user name at the IMAP server, with --imap; the address if left out."`
	SMTPUsername string `name:"smtp-username" help:"The user name at the SMTP server, with --smtp; no sign-in if left out."`
	PasswordEnv  string `placeholder:"NAME" help:"The environment variable that holds the password."`
	PasswordFile string `type:"path" placeholder:"FILE" help:"Or a file that holds it."`
}

// benchFigures is what bench prints; times are in milliseconds.
type benchFigures struct {
	Mails          int       `json:"mails"`
	Lone           int       `json:"lone"`
	Announced      quantiles `json:"announced_to_accepted_ms"` // from the announcement, as the watcher heard it
	Appended       quantiles `json:"appended_to_accepted_ms"`  // from the end of APPEND
	MailsPerSecond float64   `json:"mails_per_second"`
	Bare           struct {
		Announced      quantiles `json:"announced_to_accepted_ms"`
		Appended       quantiles `json:"appended_to_accepted_ms"`
		MailsPerSecond float64   `json:"mails_per_second"`
	} `json:"bare"`
	Ratio    float64 `json:"ratio"` // of the two rates
	Database string  `json:"database"`
	IMAP     string  `json:"imap"`
	SMTP     string  `json:"smtp"`
	CPUs     int     `json:"cpus"`
	Go       string  `json:"go"`
}

type quantiles struct {
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
}

// Run measures the way of a mail from the IMAP server's announcement to the moment at which the SMTP server has accepted
// its summary: of lone mails, and of a backlog that stands in the mailbox when the program starts. In the same run a bare
// loop does the least that any such program could do: it fetches each mail by IMAP and sends it by SMTP.
//
// It uses folders of its own in the mailbox, which it removes, and a database of its own.
func (k *benchCommand) Run(c *console, parsed *kong.Context) error {
	if k.Mails < 1 || k.Lone < 1 {
		return usageError("--mails and --lone must be at least 1")
	}
	config := ""
	for _, element := range parsed.Path {
		// Only where it is named: a configuration that happens to lie here is not to be measured by the way.
		if element.Flag != nil && element.Flag.Name == "config" {
			config = c.config
		}
	}
	b := &bench{console: c}
	err := b.prepare(k, config)
	var figures *benchFigures
	if err == nil {
		figures, err = b.measure(k.Lone, k.Mails)
	}
	if err = errors.Join(err, b.close()); err != nil {
		return err
	}
	figures.Database, figures.IMAP, figures.SMTP = b.database(), serverWords(b.cfg.Mailboxes[0].IMAP, b.ownIMAP), serverWords(b.cfg.SMTP.URL, b.ownSMTP)
	if k.JSON {
		return json.NewEncoder(c.out).Encode(figures)
	}
	figures.print(c)
	return nil
}

// bench is one measurement with what it needs.
type bench struct {
	*console
	dir      string
	cfg      *Config
	office   *demo.Office // nil when both servers are somebody else's
	ownIMAP  bool
	ownSMTP  bool
	mailbox  *benchMailbox
	asker    string // "" for the samples' own
	program  *Program
	heard    *hearing
	lastMail int
	run      string // in the Message-IDs, so that no two runs send the same mail
}

func (b *bench) prepare(k *benchCommand, config string) (err error) {
	if b.dir, err = os.MkdirTemp("", "caseconsultant-bench-*"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	b.run = fmt.Sprintf("%x", time.Now().UnixNano())
	b.ownIMAP, b.ownSMTP = config == "" && k.IMAP == "", config == "" && k.SMTP == ""
	if b.asker = k.Asker; b.asker == "" && !b.ownSMTP {
		return usageError("the summaries would go to the made-up askers' addresses by a real server: name one of yours with --asker")
	}
	if b.ownIMAP || b.ownSMTP {
		if b.office, err = demo.Open(demo.Options{Dir: filepath.Join(b.dir, "mail"), Password: benchPassword}); err != nil {
			return err
		}
		if err := b.office.Add(k.Address); err != nil {
			return err
		}
	}
	if config != "" {
		if k.IMAP != "" || k.SMTP != "" {
			return usageError("--config names the servers: leave --imap and --smtp out")
		}
		b.cfg, err = LoadConfig(config)
	} else {
		b.cfg, err = b.configuration(k)
	}
	if err != nil {
		return err
	}
	if err := b.adjust(k); err != nil {
		return err
	}
	if err := b.unused(); err != nil {
		return err
	}
	b.mailbox, err = openBenchMailbox(b.ctx, &b.cfg.Mailboxes[0], b.run)
	if err == nil {
		b.cfg.Mailboxes[0].Folder = b.mailbox.folder
	}
	return err
}

// benchPassword opens bench's own servers, which listen on loopback while it runs.
const benchPassword = "bench"

// configuration is made of the flags, by the reader that serve uses.
func (b *bench) configuration(k *benchCommand) (*Config, error) {
	own := filepath.Join(b.dir, "password")
	if err := os.WriteFile(own, []byte(benchPassword), 0o600); err != nil {
		return nil, fmt.Errorf("write bench's configuration: %w", err)
	}
	given := ""
	switch {
	case k.PasswordEnv != "":
		given = fmt.Sprintf("password_env = %q\n", k.PasswordEnv)
	case k.PasswordFile != "":
		given = fmt.Sprintf("password_file = %q\n", k.PasswordFile)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "[database]\nurl = \"sqlite:bench.db\"\n[[mailbox]]\nname = \"consult\"\naddress = %q\n", k.Address)
	if b.ownIMAP {
		fmt.Fprintf(&text, "imap = \"imap+insecure://%s\"\npassword_file = %q\n", b.office.IMAP(), own)
	} else {
		fmt.Fprintf(&text, "imap = %q\nusername = %q\n%s", k.IMAP, orText(k.Username, k.Address), given)
	}
	if b.ownSMTP {
		fmt.Fprintf(&text, "[smtp]\nurl = \"smtp+insecure://%s\"\nusername = %q\npassword_file = %q\n", b.office.SMTP(), k.Address, own)
	} else {
		fmt.Fprintf(&text, "[smtp]\nurl = %q\n", k.SMTP)
		if k.SMTPUsername != "" {
			fmt.Fprintf(&text, "username = %q\n%s", k.SMTPUsername, given)
		}
	}
	return ParseConfig(filepath.Join(b.dir, "caseconsultant.toml"), []byte(text.String()))
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// adjust takes a configuration to a database and a key of bench's own, to free ports, and lifts the limits that would
// hold its mails back.
func (b *bench) adjust(k *benchCommand) error {
	cfg := b.cfg
	address := k.Database
	if address == "" {
		address = "sqlite:" + filepath.Join(b.dir, "bench.db")
	}
	more, err := ParseConfig(filepath.Join(b.dir, "database.toml"), fmt.Appendf(nil, `[database]
url = %q
[keys]
file = %q
[[mailbox]]
name = "x"
address = "x@firm.example"
imap = "imap+insecure://127.0.0.1:1"
password_env = "NONE"
[smtp]
url = "smtp+insecure://127.0.0.1:1"
[desk]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[limits]
per_sender = "1000000/hour"
overall = "1000000/hour"
[log]
level = "error"
`, address, filepath.Join(b.dir, "bench.key")))
	if err != nil {
		return fmt.Errorf("--database: %w", err)
	}
	cfg.Database, cfg.Keys, cfg.Desk, cfg.Admin, cfg.Log = more.Database, more.Keys, more.Desk, more.Admin, more.Log
	cfg.Limits.PerSender, cfg.Limits.Overall = more.Limits.PerSender, more.Limits.Overall
	cfg.Mailboxes = cfg.Mailboxes[:1]
	return nil
}

// unused refuses a database with an installation in it, which is sealed with another key.
func (b *bench) unused() (err error) {
	db, err := store.Open(b.ctx, store.Options{URL: b.cfg.Database.Address})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var installations int
	if err := db.Read.QueryRowContext(b.ctx, `SELECT count(*) FROM installations`).Scan(&installations); err != nil {
		return fmt.Errorf("look whether the database is empty: %w", err)
	}
	if installations > 0 {
		return errors.New("there is an installation in this database: bench needs an empty one, which it fills with made-up cases")
	}
	return nil
}

func (b *bench) database() string {
	if strings.HasPrefix(b.cfg.Database.Address, "sqlite:") {
		return "sqlite"
	}
	return "postgres"
}

// serverWords names a server without what a person would not want in a report.
func serverWords(address string, own bool) string {
	if own {
		return "own"
	}
	u, err := url.Parse(address)
	if err != nil {
		return "given"
	}
	return u.Scheme + "://" + u.Host
}

// close stops what runs, and takes bench's folders and files away.
func (b *bench) close() error {
	var errs []error
	if b.program != nil {
		errs = append(errs, b.program.Close())
	}
	if b.mailbox != nil {
		// Also after an interruption, so with a context that has not ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 20*time.Second)
		defer cancel()
		errs = append(errs, b.mailbox.close(ctx))
	}
	if b.office != nil {
		errs = append(errs, b.office.Close())
	}
	if b.dir != "" {
		errs = append(errs, os.RemoveAll(b.dir))
	}
	return errors.Join(errs...)
}

func (f *benchFigures) print(c *console) {
	c.printf("From the announcement of a lone mail to its accepted summary (%d mails)\n", f.Lone)
	c.printf("  the line       median %7.1f ms   99th percentile %7.1f ms   (from the end of APPEND: %.1f and %.1f)\n", f.Announced.Median, f.Announced.P99, f.Appended.Median, f.Appended.P99)
	c.printf("  a bare loop    median %7.1f ms   99th percentile %7.1f ms   (from the end of APPEND: %.1f and %.1f)\n", f.Bare.Announced.Median, f.Bare.Announced.P99, f.Bare.Appended.Median, f.Bare.Appended.P99)
	c.printf("A backlog of %s\n", plural(int64(f.Mails), "mail"))
	c.printf("  the line       %8.1f mails a second\n", f.MailsPerSecond)
	c.printf("  a bare loop    %8.1f mails a second\n", f.Bare.MailsPerSecond)
	c.printf("  ratio          %8.2f\n", f.Ratio)
	c.printf("Database %s, IMAP server %s, SMTP server %s, %d CPUs, %s.\n", f.Database, f.IMAP, f.SMTP, f.CPUs, f.Go)
}

// quantilesOf are the median and the 99th percentile by nearest rank.
func quantilesOf(times []time.Duration) quantiles {
	if len(times) == 0 {
		return quantiles{}
	}
	slices.Sort(times)
	rank := func(percent int) float64 { return ms(times[max(0, (len(times)*percent+99)/100-1)]) }
	return quantiles{Median: rank(50), P99: rank(99)}
}

func newFigures(lone, mails int) *benchFigures {
	return &benchFigures{Lone: lone, Mails: mails, CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version()}
}
