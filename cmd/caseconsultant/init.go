package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"text/template"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/mailout"
	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/store"
)

type initCommand struct {
	Address      string `placeholder:"ADDRESS" help:"The address that askers write to."`
	Name         string `help:"A short name for the mailbox, for log lines." default:"consult"`
	Firm         string `help:"The firm's name, as it stands in letters."`
	IMAP         string `name:"imap" placeholder:"URL" help:"Its server, e.g. imaps://mail.firm.example:993."`
	SMTP         string `name:"smtp" placeholder:"URL" help:"The server to send by, e.g. smtps://mail.firm.example:465."`
	Username     string `help:"The user name at both servers; the address if left out."`
	PasswordEnv  string `placeholder:"NAME" help:"The environment variable that holds the password."`
	PasswordFile string `placeholder:"FILE" help:"Or a file that holds it."`
	Database     string `placeholder:"URL" help:"Where to keep everything: sqlite:FILE or postgres://..."`
	Start        string `help:"Which mails in the folder to read: all, new, or a date."`
	Zone         string `help:"The firm's time zone." default:"America/New_York"`
	Yes          bool   `help:"Ask nothing; take what the flags do not say from the defaults."`
	NoProbe      bool   `help:"Do not connect to the servers."`

	in *bufio.Reader // one for all questions: it reads ahead
}

// manyMails is from how many mails in a folder on it is asked whether they are all to be read.
const manyMails = 20

// Run writes a configuration: it asks, tries the servers, and makes the key. It never replaces a file.
func (k *initCommand) Run(c *console) error {
	if _, err := os.Stat(c.config); err == nil {
		return fmt.Errorf("%s exists and is not replaced: change it by hand and run doctor, or name another with --config", c.config)
	}
	if !k.Yes && !c.terminal {
		return usageError("there is no terminal to ask: give --address and --yes, and --imap, --smtp, --password-env as needed")
	}
	k.in = bufio.NewReader(c.in)
	k.ask(c)
	text, err := k.configuration()
	if err != nil {
		return err
	}
	cfg, err := ParseConfig(c.config, text)
	if err != nil {
		return fmt.Errorf("this would make a configuration that does not work:\n%w", err)
	}
	if !k.NoProbe {
		k.probe(c, cfg)
		// The look at the folder may have settled where to start.
		if text, err = k.configuration(); err != nil {
			return err
		}
	}
	if err := writeNew(c.config, text); err != nil {
		return err
	}
	c.printf("\nWrote %s.\n", c.config)
	if err := k.makeKey(c, cfg); err != nil {
		return err
	}
	c.printf("\nNext:\n  caseconsultant user add %s --role admin\n  caseconsultant doctor\n  caseconsultant serve\n", k.Address)
	return nil
}

// ask completes what the flags do not say.
func (k *initCommand) ask(c *console) {
	answer := func(into *string, question, normal string) {
		if *into != "" {
			return
		}
		*into = normal
		if k.Yes {
			return
		}
		if normal != "" {
			question += " [" + normal + "]"
		}
		fmt.Fprintf(c.err, "%s: ", question)
		line, err := k.in.ReadString('\n')
		if line = strings.TrimSpace(line); err == nil && line != "" {
			*into = line
		}
	}
	answer(&k.Address, "The address that askers write to", "")
	_, domain, _ := strings.Cut(k.Address, "@")
	imap, smtp := guessServers(strings.ToLower(domain))
	answer(&k.Firm, "The firm's name, as it stands in letters", domain)
	answer(&k.IMAP, "Its IMAP server", imap)
	answer(&k.SMTP, "Its SMTP server", smtp)
	answer(&k.Username, "The user name at both", k.Address)
	if k.PasswordFile == "" {
		answer(&k.PasswordEnv, "The environment variable that holds the password", "CONSULT_PASSWORD")
	}
	answer(&k.Database, "Where to keep everything", "sqlite:caseconsultant.db")
}

// guessServers knows the large providers, and what most others call their servers.
func guessServers(domain string) (imap, smtp string) {
	switch domain {
	case "":
		return "", ""
	case "gmail.com", "googlemail.com":
		return "imaps://imap.gmail.com:993", "smtps://smtp.gmail.com:465"
	case "outlook.com", "hotmail.com":
		return "imaps://outlook.office365.com:993", "smtp://smtp.office365.com:587"
	}
	return "imaps://mail." + domain + ":993", "smtps://mail." + domain + ":465"
}

// probe tries both servers, says what it found, and settles where to start in a folder that is not empty.
func (k *initCommand) probe(c *console, cfg *Config) {
	if err := cfg.checkSecrets(); err != nil {
		c.printf("The password is not there yet, so the servers were not tried: set it, then run doctor.\n")
		k.settleStart(c, -1)
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
	defer cancel()
	look, err := mailin.Probe(ctx, cfg.Mailboxes[0].watcher(cfg.Limits))
	if err != nil {
		c.printf("IMAP: %s\n", trimPackage(err))
		k.settleStart(c, -1)
	} else {
		c.printf("IMAP: signed in; %d mails in the folder.\n", look.Messages)
		k.settleStart(c, look.Messages)
	}
	sender, err := mailout.NewSender(cfg.SMTP.sender())
	if err == nil {
		_, err = sender.Check(ctx)
		err = errors.Join(err, sender.Close())
	}
	if err != nil {
		c.printf("SMTP: %v\n", err)
		return
	}
	c.printf("SMTP: signed in.\n")
}

// settleStart decides about the mails that stand in the folder: mails is their number, -1 if unknown.
func (k *initCommand) settleStart(c *console, mails int) {
	if k.Start != "" {
		return
	}
	k.Start = "all"
	if mails <= manyMails {
		return
	}
	k.Start = "new"
	if !k.Yes {
		fmt.Fprintf(c.err, "There are %d mails in the folder. Read them all, only new ones, or those since a date?\n(all, new, or a date such as 2026-03-01; none older than a week is answered) [new]: ", mails)
		line, err := k.in.ReadString('\n')
		if line = strings.TrimSpace(line); err == nil && line != "" {
			if _, err := mailin.ParseStart(line); err != nil {
				c.printf("%q is none of them: only new mails will be read.\n", line)
				return
			}
			k.Start = line
		}
		return
	}
	c.printf("There are %d mails in the folder: only new ones will be read (write start = \"all\" to read them too).\n", mails)
}

func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// makeKey makes the key of a new installation on SQLite. On PostgreSQL the first serve does, once it has seen that the
// database is new.
func (k *initCommand) makeKey(c *console, cfg *Config) error {
	path, ok := strings.CutPrefix(cfg.Database.Address, "sqlite:")
	if !ok {
		c.printf("The first serve makes the installation's key, %s.\n", cfg.Keys.File)
		return nil
	}
	if _, err := os.Stat(path); err == nil {
		return nil // an installation that has its key, or misses it: serve says which
	}
	if _, err := store.CreateKeyFile(cfg.Keys.File); errors.Is(err, fs.ErrExist) {
		c.printf("Kept the key %s.\n", cfg.Keys.File)
		return nil
	} else if err != nil {
		return err
	}
	c.printf("\n%s\n\n", wrap(licence.FirstRun, ""))
	c.printf("Made the key %s. Keep a copy of it apart from the database's backups: without it no case can be read.\n", cfg.Keys.File)
	return nil
}

func (k *initCommand) configuration() ([]byte, error) {
	var out bytes.Buffer
	err := configurationTemplate().Execute(&out, map[string]string{
		"Address": k.Address, "Name": k.Name, "Firm": cmp.Or(k.Firm, "CaseConsultant"), "IMAP": k.IMAP, "SMTP": k.SMTP, "Username": k.Username,
		"PasswordEnv": k.PasswordEnv, "PasswordFile": k.PasswordFile, "Database": k.Database, "Start": cmp.Or(k.Start, "all"), "Zone": k.Zone,
	})
	if err != nil {
		return nil, fmt.Errorf("write the configuration: %w", err)
	}
	return out.Bytes(), nil
}

func configurationTemplate() *template.Template {
	quote := func(s string) string { return strconv.Quote(s) }
	return template.Must(template.New("").Funcs(template.FuncMap{"quote": quote}).Parse(`# The configuration of CaseConsultant. Relative paths are relative to this file.
# What is commented out stands at its default. "caseconsultant doctor" checks all of it.

[firm]
name = {{quote .Firm}}              # stands in every letter
# website = "https://firm.example/"
# privacy = "https://firm.example/privacy"
zone = {{quote .Zone}}

[database]
url = {{quote .Database}}           # or "postgres://user@host/name", with password_env below it

# [keys]
# file = "caseconsultant.key"       # seals every case; keep a copy apart from the database's backups

# [codebook]
# path = "codebook.db"              # made by "caseconsultant codes build"; without it the starter answers
# policy = "policy.tsv"             # the house's own minutes, deadlines and amounts by date, over the embedded table

# CPT is a registered trademark of the American Medical Association. None of its text is in this program. Using CPT codes in a
# service may itself need a licence from the AMA: whoever offers the service must ask them.
# [licence.cpt]                     # likewise [licence.cdt], [licence.ub04], [licence.carc]
# kind = "none"                     # or "internal": the AMA's text is shown at the desk; "distribution": in mails too
# holder = "Your Firm"
# number = "..."
# expires = "2026-12-31"            # after this day the text disappears; words of our own stay
# users = 5                         # how many people it is for; left out: any number

[[mailbox]]
name = {{quote .Name}}
address = {{quote .Address}}        # replies come from it
imap = {{quote .IMAP}}
username = {{quote .Username}}
{{if .PasswordFile}}password_file = {{quote .PasswordFile}}{{else}}password_env = {{quote .PasswordEnv}}{{end}}
# folder = "INBOX"
start = {{quote .Start}}            # which mails that stand there at first sight are read: "all", "new", or a date
# answer_within = "7d"              # older ones become cases, but get no automatic mail
# done = "flag"                     # or "move:Processed"
# accept_automatic = []             # senders whose automatic mail is a case: forms, scanners, record systems

# [mailbox.oauth2]                  # tokens instead of the password, as Google and Microsoft 365 want them
# token_url = "https://oauth2.googleapis.com/token"  # or https://login.microsoftonline.com/TENANT/oauth2/v2.0/token
# client_id = "..."
# client_secret_file = "client-secret"
# refresh_token_file = "refresh-token"               # when the provider replaces it, the new one is written here
# grant = "refresh_token"           # or "client_credentials", with scopes = ["https://outlook.office365.com/.default"]

[smtp]
url = {{quote .SMTP}}
username = {{quote .Username}}
{{if .PasswordFile}}password_file = {{quote .PasswordFile}}{{else}}password_env = {{quote .PasswordEnv}}{{end}}
# uncertain = "ask"                 # a mail of which nobody knows whether it arrived: "ask" a person, or "resend" it once

# [desk]
# listen = "127.0.0.1:8025"
# public_url = "https://desk.firm.example"   # where browsers find it behind your TLS proxy

# [admin]
# listen = "127.0.0.1:8026"         # /healthz /readyz /mailz (fails while a mailbox is not read) /metrics, and River's page at /jobs/

# [trust]
# authserv_id = ["mail.firm.example"]   # whose Authentication-Results are believed; without it DKIM and DMARC are verified here
# dns = true                            # false: nothing is looked up, and then every sender counts as unproven
# arc_sealer = []                       # domains of forwarding services whose ARC seals are believed

[[queue]]
name = "general"
due = "8h"                          # of business hours
hours = {{quote (print "Mon-Fri 09:00-17:00 " .Zone)}}
holidays = []                       # "2026-12-25"
notify = []                         # addresses that are told of each new case, by its reference only
`))
}
