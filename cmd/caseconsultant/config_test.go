package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// least is the shortest configuration that works.
const least = `[database]
url = "sqlite:caseconsultant.db"
[[mailbox]]
name = "consult"
address = "consult@firm.example"
imap = "imaps://mail.firm.example:993"
password_env = "CONSULT_PASSWORD"
[smtp]
url = "smtps://mail.firm.example:465"
`

// whole is the configuration of the contract, each key with its default.
const whole = `[firm]
name = "CaseConsultant"
website = ""
privacy = ""
zone = "UTC"
[database]
url = "sqlite:caseconsultant.db"
[keys]
file = "caseconsultant.key"
[codebook]
path = ""
cache = ""
policy = ""
[[mailbox]]
name = "consult"
address = "consult@firm.example"
imap = "imaps://mail.firm.example:993"
username = "consult@firm.example"
password_env = "CONSULT_PASSWORD"
folder = "INBOX"
start = "all"
answer_within = "7d"
done = "flag"
retention = "keep"
queue = "general"
accept_automatic = []
[smtp]
url = "smtps://mail.firm.example:465"
username = "consult@firm.example"
password_env = "CONSULT_PASSWORD"
envelope = "address"
uncertain = "ask"
uncertain_after = "15m"
[desk]
listen = "127.0.0.1:8025"
public_url = "http://127.0.0.1:8025"
[admin]
listen = "127.0.0.1:8026"
[trust]
authserv_id = []
dns = true
[limits]
message = "50MB"
parts = 500
depth = 20
attachment = "25MB"
document_time = "20s"
document_wait = "20s"
memory = "128MB"
per_sender = "20/hour"
overall = "1000/hour"
[retention]
raw = ""
attachments = ""
text = ""
events = ""
[[queue]]
name = "general"
due = "8h"
hours = "Mon-Fri 09:00-17:00 America/New_York"
holidays = []
notify = []
[licence.cpt]
kind = "none"
[document]
tesseract = ""
[log]
level = "info"
format = "text"
`

func TestConfigDefaultsAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	short, err := ParseConfig("/etc/cc/caseconsultant.toml", []byte(least))
	if err != nil {
		t.Fatal(err)
	}
	long, err := ParseConfig("/etc/cc/caseconsultant.toml", []byte(whole))
	if err != nil {
		t.Fatal(err)
	}
	if len(long.NotYet) != 0 || len(short.NotYet) != 0 {
		t.Errorf("defaults are said to do nothing yet: %q %q", long.NotYet, short.NotYet)
	}
	// What is written out in the one and left out in the other must come to the same.
	long.Desk.Public, long.Desk.PublicURL = nil, ""
	long.SMTP.Username, long.SMTP.PasswordEnv, long.SMTP.Password = "", "", short.SMTP.Password
	if a, b := fmt.Sprintf("%+v", short), fmt.Sprintf("%+v", long); plain(a) != plain(b) {
		t.Errorf("defaults differ:\nleft out: %s\nwritten:  %s", a, b)
	}
	m := short.Mailboxes[0]
	if m.Username != "consult@firm.example" || m.Folder != "INBOX" || time.Duration(m.AnswerWithin) != 7*24*time.Hour {
		t.Errorf("mailbox defaults: %+v", m)
	}
	if short.Database.Address != "sqlite:/etc/cc/caseconsultant.db" || short.Keys.File != "/etc/cc/caseconsultant.key" {
		t.Errorf("paths are not relative to the file: %q %q", short.Database.Address, short.Keys.File)
	}
	if short.Limits.Message != 50_000_000 || short.Limits.PerSender != (Rate{20, time.Hour}) || short.Limits.Overall != (Rate{1000, time.Hour}) || !short.Trust.DNS {
		t.Errorf("limits: %+v %+v", short.Limits, short.Trust)
	}
	if len(short.Queues) != 1 || short.Queues[0].Name != "general" || time.Duration(short.Queues[0].Due) != 8*time.Hour || short.Queues[0].Calendar.Zone().String() != "America/New_York" {
		t.Errorf("queues: %+v", short.Queues)
	}
}

// plain takes out what is equal in meaning only: pointers, and the lines where something stands.
func plain(s string) string {
	return regexp.MustCompile(`0x[0-9a-f]+|line:[0-9]+`).ReplaceAllString(s, "")
}

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	// Each case changes the least configuration: old is replaced by new. want are the line and words of the message.
	tests := map[string]struct {
		old, new string
		line     int
		want     []string
	}{
		"NotTOML":               {`name = "consult"`, `name consult`, 4, []string{"no TOML", `key = "value"`}},
		"UnclosedQuote":         {`name = "consult"`, `name = "consult`, 4, []string{"no TOML"}},
		"KeyTwice":              {`name = "consult"`, "name = \"consult\"\nname = \"b\"", 5, []string{"name", "keep one"}},
		"TableTwice":            {`[smtp]`, "[database]\n[smtp]", 8, []string{"database", "keep one"}},
		"UnknownKey":            {`name = "consult"`, `nmae = "consult"`, 4, []string{`"nmae"`, "[mailbox]", `did you mean "name"?`}},
		"WrongCaseOfKey":        {`imap = `, `IMAP = `, 6, []string{`did you mean "imap"?`}},
		"HyphenForUnderscore":   {`password_env`, `password-env`, 7, []string{`did you mean "password_env"?`}},
		"KeyOfAnotherTable":     {`[smtp]`, "[smtp]\nlisten = \"127.0.0.1:1\"", 9, []string{"[desk]", "[admin]"}},
		"KeyOfNoTable":          {`[smtp]`, "[smtp]\nflavour = \"mint\"", 9, []string{`"flavour"`, "there are url, username"}},
		"KeyOutsideTables":      {"[database]\n", "listen = \"x\"\n[database]\n", 1, []string{"outside any table", "[desk]"}},
		"UnknownTable":          {`[smtp]`, "[smpt]", 8, []string{"[smpt]", "did you mean [smtp]?"}},
		"UnknownTableFarOff":    {`[smtp]`, "[kitchen]\n[smtp]", 8, []string{"[kitchen]", "there are firm, database"}},
		"OneMailboxBracket":     {"[[mailbox]]", "[mailbox]", 3, []string{"[[mailbox]]"}},
		"TwoSMTPBrackets":       {"[smtp]", "[[smtp]]", 8, []string{"write [smtp]"}},
		"OAuthWithoutMailbox":   {"[[mailbox]]", "[mailbox.oauth2]", 3, []string{"must stand above"}},
		"Password":              {`password_env = "CONSULT_PASSWORD"`, `password = "hunter2"`, 7, []string{"secrets do not belong", "password_env", "password_file", "password_command"}},
		"SMTPPassword":          {`[smtp]`, "[smtp]\npassword = \"hunter2\"", 9, []string{"secrets do not belong"}},
		"TextWithoutQuotes":     {`name = "consult"`, `name = 7`, 4, []string{"name is text", `name = "7"`}},
		"DateWithoutQuotes":     {`name = "consult"`, "name = \"consult\"\nstart = 2026-03-01", 5, []string{`start = "2026-03-01"`}},
		"TextAsList":            {`name = "consult"`, `name = ["consult"]`, 4, []string{"single text"}},
		"ListAsText":            {`[smtp]`, "accept_automatic = \"a@b.example\"\n[smtp]", 8, []string{`accept_automatic = ["..."]`}},
		"Number":                {`[smtp]`, "[limits]\nparts = \"many\"\n[smtp]", 9, []string{"parts", "whole number"}},
		"NumberZero":            {`[smtp]`, "[limits]\ndepth = 0\n[smtp]", 9, []string{"depth", "above zero"}},
		"TrueInQuotes":          {`[smtp]`, "[trust]\ndns = \"true\"\n[smtp]", 9, []string{"dns", "true or false"}},
		"TableAsText":           {"[database]\nurl = \"sqlite:caseconsultant.db\"\n", "database = \"x\"\n", 1, []string{"[database]"}},
		"Size":                  {`[smtp]`, "[limits]\nmessage = \"50 pounds\"\n[smtp]", 9, []string{"message", `"50MB"`}},
		"SizeNegative":          {`[smtp]`, "[limits]\nmessage = \"-5MB\"\n[smtp]", 9, []string{`"50MB"`}},
		"Rate":                  {`[smtp]`, "[limits]\nper_sender = \"20\"\n[smtp]", 9, []string{`"20/hour"`}},
		"Span":                  {`[smtp]`, "answer_within = \"a week\"\n[smtp]", 8, []string{"answer_within", `"7d"`}},
		"SpanZero":              {`[smtp]`, "answer_within = \"0d\"\n[smtp]", 8, []string{`"7d"`}},
		"Address":               {`"consult@firm.example"`, `"Consult <consult@firm.example>"`, 5, []string{"address", "without a name"}},
		"AcceptAutomatic":       {`[smtp]`, "accept_automatic = [\"fax\"]\n[smtp]", 8, []string{"accept_automatic", "email address"}},
		"Start":                 {`[smtp]`, "start = \"yesterday\"\n[smtp]", 8, []string{`"all", "new"`}},
		"Done":                  {`[smtp]`, "done = \"delete\"\n[smtp]", 8, []string{`"flag"`, `"move:Processed"`}},
		"MailboxRetention":      {`[smtp]`, "retention = \"180d\"\n[smtp]", 8, []string{`"expunge after 180d"`}},
		"Retention":             {`[smtp]`, "[retention]\nraw = \"never\"\n[smtp]", 9, []string{"raw", `"180d"`}},
		"Envelope":              {`[smtp]`, "[smtp]\nenvelope = \"bounce\"", 9, []string{`"address", "verp" or "null"`}},
		"Uncertain":             {`[smtp]`, "[smtp]\nuncertain = \"retry\"", 9, []string{`"ask" or "resend"`}},
		"LogLevel":              {`[smtp]`, "[log]\nlevel = \"verbose\"\n[smtp]", 9, []string{`"debug", "info"`}},
		"Licence":               {`[smtp]`, "[licence.cpt]\nkind = \"yes\"\n[smtp]", 9, []string{`"none", "internal" or "distribution"`}},
		"Zone":                  {`[smtp]`, "[firm]\nzone = \"Eastern\"\n[smtp]", 9, []string{`"America/New_York"`}},
		"Website":               {`[smtp]`, "[firm]\nwebsite = \"firm.example\"\n[smtp]", 9, []string{"website", "https://"}},
		"Hours":                 {`[smtp]`, "[[queue]]\nhours = \"nine to five\"\n[smtp]", 9, []string{`"Mon-Fri 09:00-17:00 America/New_York"`}},
		"Holiday":               {`[smtp]`, "[[queue]]\nholidays = [\"Christmas\"]\n[smtp]", 9, []string{`"2026-12-25"`}},
		"QueueTwice":            {`[smtp]`, "[[queue]]\nname = \"a\"\n[[queue]]\nname = \"a\"\n[[queue]]\n[smtp]", 11, []string{`two queues "a"`}},
		"NoSuchQueue":           {`[smtp]`, "queue = \"surgery\"\n[[queue]]\nname = \"general\"\n[smtp]", 8, []string{`no queue "surgery"`, `"general"`}},
		"DefaultQueueMissing":   {`[smtp]`, "[[queue]]\nname = \"surgery\"\n[smtp]", 3, []string{`no queue "general"`, `"surgery"`}},
		"MailboxTwice":          {`[smtp]`, "[[mailbox]]\nname = \"consult\"\naddress = \"b@firm.example\"\nimap = \"imaps://b.example\"\npassword_env = \"B\"\n[smtp]", 9, []string{`two mailboxes "consult"`}},
		"SameFolder":            {`[smtp]`, "[[mailbox]]\nname = \"b\"\naddress = \"consult@firm.example\"\nimap = \"imaps://mail.firm.example:993\"\npassword_env = \"B\"\n[smtp]", 8, []string{"same folder"}},
		"NoMailbox":             {"[[mailbox]]\nname = \"consult\"\naddress = \"consult@firm.example\"\nimap = \"imaps://mail.firm.example:993\"\npassword_env = \"CONSULT_PASSWORD\"\n", "", 0, []string{"no mailbox", "[[mailbox]]"}},
		"NoName":                {"name = \"consult\"\n", "", 3, []string{`name = "consult"`}},
		"AddressAsName":         {`name = "consult"`, `name = "consult@firm.example"`, 4, []string{"letters, digits"}},
		"NoAddress":             {"address = \"consult@firm.example\"\n", "", 3, []string{"no address"}},
		"NoIMAP":                {"imap = \"imaps://mail.firm.example:993\"\n", "", 3, []string{"no server", "imaps://"}},
		"NoPassword":            {"password_env = \"CONSULT_PASSWORD\"\n", "", 3, []string{"no password", "password_env"}},
		"TwoPasswords":          {`[smtp]`, "password_file = \"x\"\n[smtp]", 8, []string{"password_env and password_file", "keep one"}},
		"EmptyPasswordEnv":      {`"CONSULT_PASSWORD"`, `""`, 7, []string{"password_env is empty"}},
		"IMAPScheme":            {`imaps://`, `https://`, 6, []string{`"https"`, "imaps://"}},
		"IMAPUser":              {`imaps://mail`, `imaps://me:pw@mail`, 6, []string{"holds a user name", "username"}},
		"IMAPPath":              {`:993`, `:993/INBOX`, 6, []string{"after the port"}},
		"IMAPInsecure":          {`imaps://mail.firm.example:993`, `imap+insecure://mail.firm.example`, 6, []string{"loopback", "imaps://"}},
		"NoSMTP":                {"[smtp]\nurl = \"smtps://mail.firm.example:465\"\n", "", 0, []string{"[smtp]", "smtps://"}},
		"SMTPInsecure":          {`smtps://mail.firm.example:465`, `smtp+insecure://mail.firm.example`, 9, []string{"loopback", "smtps://"}},
		"SMTPScheme":            {`smtps://mail.firm.example:465`, `mail.firm.example`, 9, []string{"cannot be read", "smtps://"}},
		"SMTPUserAlone":         {`[smtp]`, "[smtp]\nusername = \"me\"", 9, []string{"no password"}},
		"SMTPPasswordAlone":     {`[smtp]`, "[smtp]\npassword_env = \"X\"", 8, []string{"no username"}},
		"DatabaseScheme":        {`sqlite:caseconsultant.db`, `mysql://x`, 2, []string{"sqlite:", "postgres://"}},
		"DatabaseNoFile":        {`sqlite:caseconsultant.db`, `sqlite:`, 2, []string{"names no file"}},
		"DatabaseInMemory":      {`sqlite:caseconsultant.db`, `sqlite::memory:`, 2, []string{"names no file"}},
		"DatabaseNoName":        {`sqlite:caseconsultant.db`, `postgres://user@host`, 2, []string{"postgres://user@host/name"}},
		"DatabasePassword":      {`sqlite:caseconsultant.db`, `postgres://user:hunter2@host/name`, 2, []string{"holds a password", "password_env"}},
		"DatabaseInClear":       {`sqlite:caseconsultant.db`, `postgres://user@db.firm.example/name?sslmode=disable`, 2, []string{"encryption", "sslmode=verify-full"}},
		"TwoKeys":               {`[smtp]`, "[keys]\nfile = \"a\"\nenv = \"B\"\n[smtp]", 10, []string{"file and env", "keep one"}},
		"EmptyKey":              {`[smtp]`, "[keys]\nenv = \"\"\n[smtp]", 9, []string{"env is empty"}},
		"CodebookMissing":       {`[smtp]`, "[codebook]\npath = \"/nowhere/book.db\"\n[smtp]", 9, []string{"codebook cannot be read", "codes build"}},
		"PolicyMissing":         {`[smtp]`, "[codebook]\npolicy = \"/nowhere/policy.tsv\"\n[smtp]", 9, []string{"dated policy cannot be read", "leave policy out"}},
		"Listen":                {`[smtp]`, "[desk]\nlisten = \"8025\"\n[smtp]", 9, []string{`"127.0.0.1:8025"`}},
		"PublicURLMissing":      {`[smtp]`, "[desk]\nlisten = \"0.0.0.0:8025\"\n[smtp]", 9, []string{"public_url", "https://desk.firm.example"}},
		"PublicURLInClear":      {`[smtp]`, "[desk]\npublic_url = \"http://desk.firm.example\"\n[smtp]", 9, []string{"in clear", "https://"}},
		"PublicURLPath":         {`[smtp]`, "[desk]\npublic_url = \"https://firm.example/desk\"\n[smtp]", 9, []string{"without a path"}},
		"SamePort":              {`[smtp]`, "[desk]\npublic_url = \"http://127.0.0.1:1\"\nlisten = \"127.0.0.1:1\"\n[admin]\nlisten = \"127.0.0.1:1\"\n[smtp]", 12, []string{"same address"}},
		"ARCSealer":             {`[smtp]`, "[trust]\narc_sealer = [\"google\"]\n[smtp]", 9, []string{"ARC-Seal"}},
		"AuthservID":            {`[smtp]`, "[trust]\nauthserv_id = [\"mx firm\"]\n[smtp]", 9, []string{"Authentication-Results"}},
		"PlanTwice":             {`[smtp]`, "[[plan]]\nname = \"a\"\nviews = 1\n[[plan]]\nname = \"a\"\nviews = 1\n[smtp]", 12, []string{`two plans "a"`}},
		"PlanWithoutViews":      {`[smtp]`, "[[plan]]\nname = \"a\"\n[smtp]", 8, []string{"views = 5"}},
		"PlanPeriod":            {`[smtp]`, "[[plan]]\nname = \"a\"\nviews = 1\nperiod = \"week\"\n[smtp]", 11, []string{`"ever" or "month"`}},
		"OAuthEmpty":            {`password_env = "CONSULT_PASSWORD"`, `[mailbox.oauth2]`, 7, []string{"token_command"}},
		"OAuthWithoutID":        {`password_env = "CONSULT_PASSWORD"`, "[mailbox.oauth2]\ntoken_url = \"https://o.example/t\"", 7, []string{"no client_id"}},
		"OAuthInClear":          {`password_env = "CONSULT_PASSWORD"`, "[mailbox.oauth2]\ntoken_url = \"http://o.example/t\"", 8, []string{"https"}},
		"OAuthSecret":           {`password_env = "CONSULT_PASSWORD"`, "[mailbox.oauth2]\nclient_secret = \"x\"", 8, []string{"client_secret_env"}},
		"OAuthAndPassword":      {`[smtp]`, "[mailbox.oauth2]\ntoken_command = [\"t\"]\n[smtp]", 8, []string{"password and an oauth2"}},
		"LineBreakInText":       {`name = "consult"`, `name = "a\nb"`, 4, []string{"line break"}},
		"MailboxInline":         {`[smtp]`, "[licence]\ncpt = { kidn = \"none\" }\n[smtp]", 9, []string{`did you mean "kind"?`}},
		"DottedKey":             {`[smtp]`, "[licence]\ncpt.kidn = \"none\"\n[smtp]", 9, []string{`did you mean "kind"?`}},
		"BelowAKey":             {`[smtp]`, "folder.name = \"x\"\n[smtp]", 8, []string{"nothing below it"}},
		"TableWhereTheKeyIs":    {`[smtp]`, "[desk.listen]\n[smtp]", 8, []string{"is a key, no table"}},
		"TableBelowPlainTable":  {`[smtp]`, "[desk.wood]\n[smtp]", 8, []string{"[desk] has only keys"}},
		"AddressWithControls":   {`"consult@firm.example"`, `"consult@firm.example\u0007"`, 5, []string{"control character"}},
		"MailboxAsInlineString": {`[smtp]`, "[smtp]\noauth2 = \"x\"", 9, []string{"[smtp.oauth2]"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(least, test.old) {
				t.Fatalf("the least configuration has no %q", test.old)
			}
			text := strings.Replace(least, test.old, test.new, 1)
			_, err := ParseConfig("/etc/cc/caseconsultant.toml", []byte(text))
			configErr, ok := errors.AsType[*ConfigError](err)
			if !ok {
				t.Fatalf("got %v, want a *ConfigError of\n%s", err, text)
			}
			all := configErr.Error()
			if strings.Contains(all, "hunter2") || strings.Contains(all, "me:pw") {
				t.Errorf("the message repeats a secret: %s", all)
			}
			where := "/etc/cc/caseconsultant.toml: "
			if test.line > 0 {
				where = fmt.Sprintf("/etc/cc/caseconsultant.toml:%d: ", test.line)
			}
			for line := range strings.SplitSeq(all, "\n") {
				rest, ok := strings.CutPrefix(line, where)
				for _, want := range test.want {
					ok = ok && strings.Contains(rest, want)
				}
				if ok {
					return
				}
			}
			t.Errorf("no message at %q with %q:\n%s", where, test.want, all)
		})
	}
}

func TestConfigTellsAllProblemsAtOnceByLine(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("[[mailbox]]", "[[mailbox]]\nfloder = \"x\"", "[smtp]", "[smtp]\nuncertain = \"maybe\"").Replace(least)
	_, err := ParseConfig("c.toml", []byte(text))
	configErr, ok := errors.AsType[*ConfigError](err)
	if !ok || len(configErr.Problems) != 2 || configErr.Problems[0].Line != 4 || configErr.Problems[1].Line != 10 {
		t.Errorf("got %v", err)
	}
}

func TestConfigSaysWhatDoesNothingYet(t *testing.T) {
	t.Parallel()
	text := strings.Replace(least, "[smtp]", "retention = \"expunge after 180d\"\n[retention]\nraw = \"30d\"\ntext = \"\"\n[trust]\ndns = false\n[[plan]]\nname = \"free\"\nviews = 5\n[smtp]\nenvelope = \"verp\"", 1)
	c, err := ParseConfig("c.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(c.NotYet, "\n")
	for _, want := range []string{"line 8: mailbox.retention", "line 10: retention.raw", "[[plan]]", "smtp.envelope"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing is said of %s in:\n%s", want, all)
		}
	}
	if len(c.NotYet) != 4 {
		t.Errorf("got %d sentences:\n%s", len(c.NotYet), all)
	}
}

func TestConfigPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("s3cret\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "say"), []byte("#!/bin/sh\necho from-$1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(`password_env = "CONSULT_PASSWORD"`, `password_file = "secret"`,
		"[smtp]", "[smtp]\nusername = \"u\"\npassword_command = [\"./say\", \"program\"]").Replace(least)
	file := filepath.Join(dir, "caseconsultant.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := c.Mailboxes[0].credentials(t.Context())
	if err != nil || credentials.Password != "s3cret" || credentials.Username != "consult@firm.example" {
		t.Errorf("password_file: %+v, %v", credentials, err)
	}
	if got, err := c.SMTP.sender().Password(t.Context()); err != nil || got != "from-program" {
		t.Errorf("password_command: %q, %v", got, err)
	}
}

func TestSecretErrorsSayWhereAndNotWhat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		secret Secret
		want   string
	}{
		"Env":          {Secret{name: "password", env: "CASECONSULTANT_TEST_NO_SUCH_VARIABLE"}, "CASECONSULTANT_TEST_NO_SUCH_VARIABLE"},
		"File":         {Secret{name: "password", file: "/nowhere/secret"}, "password_file"},
		"Program":      {Secret{name: "password", command: []string{"/nowhere/program"}}, "cannot be run"},
		"ProgramFails": {Secret{name: "password", command: []string{"/bin/sh", "-c", "echo hunter2; echo hunter2 >&2; exit 3"}}, "status 3"},
		"Empty":        {Secret{name: "password", command: []string{"/bin/true"}}, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.secret.Read(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestMissingConfigFileSaysHowToGetOne(t *testing.T) {
	t.Parallel()
	_, err := LoadConfig(filepath.Join(t.TempDir(), "caseconsultant.toml"))
	if err == nil || !strings.Contains(err.Error(), "caseconsultant init") {
		t.Errorf("got %v", err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	t.Run("Size", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]Size{"50MB": 50e6, "1.5 MiB": 1572864, "128mb": 128e6, "1B": 1, "2GiB": 2 << 30} {
			var got Size
			if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
				t.Errorf("%q: %d, %v, want %d", text, got, err, want)
			}
		}
		for _, text := range []string{"", "MB", "50", "NaNMB", "1e30GB", "0.1B", "-1MB"} {
			if got := Size(0); got.UnmarshalText([]byte(text)) == nil {
				t.Errorf("%q was taken as %d", text, got)
			}
		}
	})
	t.Run("Span", func(t *testing.T) {
		t.Parallel()
		for text, want := range map[string]time.Duration{"7d": 168 * time.Hour, "1h30m": 90 * time.Minute, "20s": 20 * time.Second, "2w 1d": 360 * time.Hour, "250ms": 250 * time.Millisecond} {
			if got, err := parseSpan(text); err != nil || got != want {
				t.Errorf("%q: %v, %v, want %v", text, got, err, want)
			}
		}
		for _, text := range []string{"", "7", "d", "7 days", "-1h", "1.5h", "99999999999h", "2000000w"} {
			if got, err := parseSpan(text); err == nil {
				t.Errorf("%q was taken as %v", text, got)
			}
		}
	})
}

// FuzzConfig: whatever the file holds, the parser neither panics nor accepts what lacks a mailbox, and each of its
// messages names the file and a line that the file has.
func FuzzConfig(f *testing.F) {
	f.Add(least)
	f.Add(whole)
	f.Add("[mailbox]\n[[smtp]]\nmailbox = [{name = \"a\", oauth2 = {token_url = 1}}]")
	f.Add("a.b.c = [[1, 2], {x = 1}]\n[database]\nurl = '''sqlite:\n'''")
	f.Add("[[queue]]\n[queue.x]\n[[queue.y]]\n[[mailbox]]\n[mailbox.oauth2]\n[[mailbox.oauth2.z]]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseConfig("c.toml", []byte(text))
		if err == nil {
			if len(c.Mailboxes) == 0 || c.SMTP.URL == "" || len(c.Queues) == 0 || c.Database.Address == "" {
				t.Errorf("accepted a configuration that cannot serve")
			}
			for _, m := range c.Mailboxes {
				if m.AnswerWithin <= 0 || m.Address == "" || m.Folder == "" {
					t.Errorf("accepted a mailbox that cannot be watched: %+v", m)
				}
			}
			return
		}
		configErr, ok := errors.AsType[*ConfigError](err)
		if !ok || len(configErr.Problems) == 0 {
			t.Fatalf("an error of another kind: %v", err)
		}
		for _, p := range configErr.Problems {
			if p.Line < 0 || p.Line > strings.Count(text, "\n")+1 || p.Text == "" {
				t.Errorf("a problem at line %d of %d: %q", p.Line, strings.Count(text, "\n")+1, p.Text)
			}
		}
	})
}
