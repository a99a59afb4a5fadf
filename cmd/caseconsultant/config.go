package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caseconsultant/mailin"
	"caseconsultant/workflow/calendar"
	"caseconsultant/workflow/licence"
)

// Config is the configuration file. Each key is a field with its name in the tag `toml`, its default in `default`, the
// values it may have in `oneof`, and in `later` what is to be said when it is set to anything but its default although
// what it governs is not built yet. Fields without the tag `toml` are made from the others by check.
//
// Keys that hold text of a certain form (sizes, durations, rates, addresses) have types of their own, whose
// UnmarshalText says what to write instead; see configvalues.go.
type Config struct {
	// File is where it was read from; relative paths in it are relative to its folder.
	File string `toml:"-"`

	Firm      FirmConfig      `toml:"firm"`
	Database  DatabaseConfig  `toml:"database"`
	Keys      KeysConfig      `toml:"keys"`
	Codebook  CodebookConfig  `toml:"codebook"`
	Mailboxes []MailboxConfig `toml:"mailbox"`
	SMTP      SMTPConfig      `toml:"smtp"`
	Desk      DeskConfig      `toml:"desk"`
	Admin     AdminConfig     `toml:"admin"`
	Trust     TrustConfig     `toml:"trust"`
	Limits    LimitsConfig    `toml:"limits"`
	Retention RetentionConfig `toml:"retention"`
	Queues    []QueueConfig   `toml:"queue"`
	Plans     []PlanConfig    `toml:"plan"`
	Licence   LicenceConfig   `toml:"licence"`
	Document  DocumentConfig  `toml:"document"`
	Log       LogConfig       `toml:"log"`

	// NotYet says of each key that was set and does nothing in this version, one sentence each.
	NotYet []string `toml:"-"`
}

// FirmConfig is who the letters come from.
type FirmConfig struct {
	Name    string   `toml:"name" default:"CaseConsultant"`
	Website string   `toml:"website"` // https address shown beside the name
	Privacy string   `toml:"privacy"` // https address of the page on privacy
	Zone    ZoneName `toml:"zone" default:"UTC"`
}

// DatabaseConfig is where everything is kept.
type DatabaseConfig struct {
	URL string `toml:"url" default:"sqlite:caseconsultant.db"`
	PasswordKeys

	Address string `toml:"-"` // URL with its path made absolute; without a password
}

// KeysConfig is where the installation's key lies: the file, unless one of the others is set.
type KeysConfig struct {
	File    string   `toml:"file" default:"caseconsultant.key"`
	Env     string   `toml:"env"`
	Command []string `toml:"command"`
}

// CodebookConfig is which codebook answers. An empty path is the embedded starter. Policy is a file of the house's own dated policy, whose
// rows win over the embedded table's.
type CodebookConfig struct {
	Path   string `toml:"path"`
	Cache  string `toml:"cache"`
	Policy string `toml:"policy"`
}

// MailboxConfig is one account that askers write to.
type MailboxConfig struct {
	Name     string  `toml:"name"`
	Address  Address `toml:"address"`
	IMAP     string  `toml:"imap"`
	Username string  `toml:"username"` // defaults to the address
	PasswordKeys
	OAuth2          OAuth2Config `toml:"oauth2"`
	Folder          string       `toml:"folder" default:"INBOX"`
	Start           Start        `toml:"start" default:"all"`
	AnswerWithin    Span         `toml:"answer_within" default:"7d"`
	Done            Done         `toml:"done" default:"flag"`
	Retention       Expunge      `toml:"retention" default:"keep" later:"nothing is removed from the mailbox yet"`
	Queue           string       `toml:"queue" default:"general"`
	AcceptAutomatic []Address    `toml:"accept_automatic"`
}

// PasswordKeys are the three places a password may come from.
type PasswordKeys struct {
	PasswordEnv     string   `toml:"password_env"`
	PasswordFile    string   `toml:"password_file"`
	PasswordCommand []string `toml:"password_command"`

	Password Secret `toml:"-"`
}

// OAuth2Config signs in with tokens instead of a password: either a command prints an access token, or one is fetched
// from TokenURL with a refresh token (RFC 6749 section 6), or with the program's own credentials (section 4.4), which
// Microsoft 365 gives to programs that nobody signs in for.
type OAuth2Config struct {
	TokenCommand []string `toml:"token_command"`

	Grant               string   `toml:"grant" default:"refresh_token" oneof:"refresh_token client_credentials"`
	TokenURL            string   `toml:"token_url"`
	ClientID            string   `toml:"client_id"`
	ClientSecretEnv     string   `toml:"client_secret_env"`
	ClientSecretFile    string   `toml:"client_secret_file"`
	ClientSecretCommand []string `toml:"client_secret_command"`
	RefreshTokenEnv     string   `toml:"refresh_token_env"`
	RefreshTokenFile    string   `toml:"refresh_token_file"`
	RefreshTokenCommand []string `toml:"refresh_token_command"`
	Scopes              []string `toml:"scopes"`

	Tokens *TokenSource `toml:"-"` // nil: not used
}

// SMTPConfig is the account that mail goes out by.
type SMTPConfig struct {
	URL      string `toml:"url"`
	Username string `toml:"username"` // "": no sign-in
	PasswordKeys
	OAuth2         OAuth2Config `toml:"oauth2"`
	Envelope       string       `toml:"envelope" default:"address" oneof:"address verp null" later:"mail goes out with the mailbox's own address as envelope sender"`
	Uncertain      string       `toml:"uncertain" default:"ask" oneof:"ask resend"`
	UncertainAfter Span         `toml:"uncertain_after" default:"15m"`
}

// DeskConfig is where the desk listens, and where browsers find it.
type DeskConfig struct {
	Listen    Listen `toml:"listen" default:"127.0.0.1:8025"`
	PublicURL string `toml:"public_url"` // defaults to http:// and Listen, where that is a loopback address

	Public *url.URL `toml:"-"` // nil: made from the address once it is known
}

// AdminConfig is where health, metrics and River's page are.
type AdminConfig struct {
	Listen Listen `toml:"listen" default:"127.0.0.1:8026"`
}

// TrustConfig says whose word counts about who sent a mail.
type TrustConfig struct {
	AuthservID []string `toml:"authserv_id"`
	DNS        bool     `toml:"dns" default:"true"` // where no authserv_id is named: verify DKIM and DMARC ourselves
	ARCSealer  []string `toml:"arc_sealer"`         // then: whose ARC seals are believed, such as those of a forwarding service
}

// LimitsConfig bounds what mail may cost.
type LimitsConfig struct {
	Message      Size  `toml:"message" default:"50MB"`
	Parts        Count `toml:"parts" default:"500"`
	Depth        Count `toml:"depth" default:"20"`
	Attachment   Size  `toml:"attachment" default:"25MB"`
	Header       Size  `toml:"header" default:"256KB"` // of a mail, and of each part and each attached mail
	Text         Size  `toml:"text" default:"4MB"`     // of all texts of a mail; plain and HTML counted apart
	DocumentTime Span  `toml:"document_time" default:"20s"`
	DocumentWait Span  `toml:"document_wait" default:"20s"`
	Memory       Size  `toml:"memory" default:"128MB"`
	PerSender    Rate  `toml:"per_sender" default:"20/hour"`
	Overall      Rate  `toml:"overall" default:"1000/hour"`
}

// RetentionConfig says how long what is kept; the empty value keeps it.
type RetentionConfig struct {
	Raw         Keep `toml:"raw" later:"nothing is purged yet"`
	Attachments Keep `toml:"attachments" later:"nothing is purged yet"`
	Text        Keep `toml:"text" later:"nothing is purged yet"`
	Events      Keep `toml:"events" later:"nothing is purged yet"`
}

// QueueConfig is where cases wait.
type QueueConfig struct {
	Name     string    `toml:"name" default:"general"`
	Due      Span      `toml:"due" default:"8h"`
	Hours    string    `toml:"hours" default:"Mon-Fri 09:00-17:00 America/New_York"`
	Holidays []string  `toml:"holidays"`
	Notify   []Address `toml:"notify"` // told of each new case, by its reference only

	Calendar calendar.Hours `toml:"-"`
}

// PlanConfig is what an account may see.
type PlanConfig struct {
	Name          string    `toml:"name"`
	Views         Count     `toml:"views"`
	Period        string    `toml:"period" default:"ever" oneof:"ever month"`
	Consultations Unlimited `toml:"consultations" default:"unlimited"`
}

// LicenceConfig holds what licences the firm has for the words of others; see package licence.
type LicenceConfig struct {
	CPT  CPTLicenceConfig   `toml:"cpt"`
	CDT  OtherLicenceConfig `toml:"cdt"`
	UB04 OtherLicenceConfig `toml:"ub04"`
	CARC OtherLicenceConfig `toml:"carc"`

	Set licence.Set `toml:"-"` // of all of them
}

// CPTLicenceConfig is the firm's licence for the American Medical Association's words.
type CPTLicenceConfig struct {
	Kind string `toml:"kind" default:"none" oneof:"none internal distribution"`
	LicenceKeys
}

// OtherLicenceConfig is a licence for words that no file brings yet.
type OtherLicenceConfig struct {
	Kind string `toml:"kind" default:"none" oneof:"none internal distribution" later:"no file with these words can be built into a codebook yet"`
	LicenceKeys
}

// LicenceKeys say whose licence it is and how far it goes.
type LicenceKeys struct {
	Holder  string `toml:"holder"`
	Number  string `toml:"number"`
	Expires Day    `toml:"expires"` // the last day; "": no end
	Users   Count  `toml:"users"`   // how many people it is for; left out: any number
}

// DocumentConfig names the programs that read attachments.
type DocumentConfig struct {
	Tesseract string `toml:"tesseract"`
}

// LogConfig is what is written to standard error.
type LogConfig struct {
	Level  string `toml:"level" default:"info" oneof:"debug info warn error"`
	Format string `toml:"format" default:"text" oneof:"text json"`
}

// Problem is one thing that is wrong with the configuration.
type Problem struct {
	Line int // 0: of the file as a whole
	Text string
}

// ConfigError lists everything that is wrong with a configuration file, by line.
type ConfigError struct {
	File     string
	Problems []Problem
}

func (e *ConfigError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		if p.Line == 0 {
			lines[i] = fmt.Sprintf("%s: %s", e.File, p.Text)
		} else {
			lines[i] = fmt.Sprintf("%s:%d: %s", e.File, p.Line, p.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// LoadConfig reads and checks a configuration file. What is wrong with it comes as a *ConfigError, all of it at once.
func LoadConfig(file string) (*Config, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ConfigError{file, []Problem{{0, "there is no such file; `caseconsultant init` writes one, --config or CASECONSULTANT_CONFIG names another"}}}
	}
	if err != nil {
		return nil, &ConfigError{file, []Problem{{0, "the file cannot be read: " + err.Error()}}}
	}
	return ParseConfig(file, text)
}

// ParseConfig reads a configuration from text. file is for messages and relative paths; it need not exist.
func ParseConfig(file string, text []byte) (*Config, error) {
	doc := newDocument(file, text)
	c := &Config{File: file}
	if doc.decode(c) {
		c.check(doc)
	}
	if err := doc.err(); err != nil {
		return nil, err
	}
	c.NotYet = doc.notYet(c)
	return c, nil
}

// path makes a path of the file absolute: it is relative to the file's folder.
func (c *Config) path(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	joined := filepath.Join(filepath.Dir(c.File), p)
	if abs, err := filepath.Abs(joined); err == nil {
		return abs
	}
	return joined
}

// command makes the program of a command absolute when it is named by a path.
func (c *Config) command(words []string) []string {
	if len(words) == 0 || !strings.ContainsRune(words[0], filepath.Separator) {
		return words
	}
	return append([]string{c.path(words[0])}, words[1:]...)
}

// mailin is what the watcher of a mailbox is made from, without what only the program knows.
func (m *MailboxConfig) watcher(limits LimitsConfig) mailin.Config {
	return mailin.Config{
		Mailbox:      m.Name,
		URL:          m.IMAP,
		Credentials:  m.credentials,
		Folder:       m.Folder,
		Start:        m.Start.Start,
		AnswerWithin: time.Duration(m.AnswerWithin),
		Done:         m.Done.Done,
		MaxMessage:   int64(limits.Message),
	}
}
