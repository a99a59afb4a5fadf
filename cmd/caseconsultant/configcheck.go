package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"

	"caseconsultant/workflow/calendar"
	"caseconsultant/workflow/codebook"
)

// check settles what more than one key decides, and makes what the program uses.
func (c *Config) check(d *tomlDocument) {
	c.checkDatabase(d)
	c.checkKeys(d)
	c.checkQueues(d)
	c.checkMailboxes(d)
	c.checkSMTP(d)
	c.checkDesk(d)
	c.checkPlans(d)
	c.checkLicences()
	for key, address := range map[string]string{"firm.website": c.Firm.Website, "firm.privacy": c.Firm.Privacy} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil) {
			d.wrong(key, `%s: write a web address such as "https://firm.example/"`, key[len("firm."):])
		}
	}
	if strings.TrimSpace(c.Firm.Name) == "" {
		d.wrong("firm.name", `name is empty: write the firm's name, it stands in every letter`)
	}
	for i, id := range c.Trust.AuthservID {
		if id == "" || strings.ContainsAny(id, " ;@") {
			d.wrong("trust.authserv_id", `authserv_id %d is no server's name: write what stands first in your server's Authentication-Results, such as "mx.firm.example"`, i+1)
		}
	}
	for i, domain := range c.Trust.ARCSealer {
		if !strings.Contains(domain, ".") || strings.ContainsAny(domain, " ;@/") {
			d.wrong("trust.arc_sealer", `arc_sealer %d is no domain: write what stands as d= in the ARC-Seal of the service that passes mail on to you, such as "google.com"`, i+1)
		}
	}
	c.Codebook.Path, c.Codebook.Cache, c.Codebook.Policy = c.path(c.Codebook.Path), c.path(c.Codebook.Cache), c.path(c.Codebook.Policy)
	if c.Codebook.Policy != "" {
		if _, err := codebook.LoadPolicy(c.Codebook.Policy); err != nil {
			d.wrong("codebook.policy", `the house's dated policy cannot be read (%v): its columns are those of the embedded table, or leave policy out`, err)
		}
	}
	if c.Codebook.Path != "" {
		if _, err := os.Stat(c.Codebook.Path); err != nil {
			d.wrong("codebook.path", `the codebook cannot be read (%v): build one with "caseconsultant codes build", or leave path out for the starter`, reason(err))
		}
	}
}

// reason is an error of the file system without the path, which stands in the message already.
func reason(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func (c *Config) checkDatabase(d *tomlDocument) {
	const key = "database.url"
	scheme, rest, _ := strings.Cut(c.Database.URL, ":")
	c.Database.Password = c.secret(d, "database", "password", c.Database.PasswordEnv, c.Database.PasswordFile, c.Database.PasswordCommand)
	switch scheme {
	case "sqlite":
		file, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
		if file == "" || file == ":memory:" {
			d.wrong(key, `the database url names no file: write url = "sqlite:caseconsultant.db"`)
			return
		}
		if file != strings.TrimPrefix(rest, "//") {
			d.wrong(key, `the database url has something after "?": write only the file, url = "sqlite:%s"`, file)
			return
		}
		if c.Database.Password.set() {
			d.wrong("database", "a SQLite file has no password: leave password_env, password_file and password_command out")
		}
		c.Database.Address = "sqlite:" + c.path(file)
	case "postgres", "postgresql":
		c.checkPostgres(d)
	default:
		d.wrong(key, `the database url must begin with sqlite: or postgres://: write url = "sqlite:caseconsultant.db" or "postgres://user@host/name"`)
	}
}

func (c *Config) checkPostgres(d *tomlDocument) {
	const key = "database.url"
	u, err := url.Parse(c.Database.URL)
	if err != nil || strings.Trim(u.Path, "/") == "" || u.Host == "" && u.Query().Get("host") == "" {
		d.wrong(key, `the database url cannot be read: write url = "postgres://user@host/name"`)
		return
	}
	if _, has := u.User.Password(); has || u.Query().Has("password") {
		d.wrong(key, `the database url holds a password: take it out and write password_env = "NAME", password_file = "PATH" or password_command = ["PROGRAM"] below it`)
		return
	}
	mode := u.Query().Get("sslmode")
	host := u.Hostname()
	if h := u.Query().Get("host"); h != "" {
		host = h
	}
	if (mode == "disable" || mode == "allow") && !strings.HasPrefix(host, "/") && !loopbackHost(host) {
		d.wrong(key, `the database url turns encryption off to another machine: write sslmode=verify-full (or require)`)
		return
	}
	c.Database.Address = c.Database.URL
}

func (c *Config) checkKeys(d *tomlDocument) {
	var set []string
	for _, key := range []string{"file", "env", "command"} {
		if d.has("keys." + key) {
			set = append(set, key)
		}
	}
	if len(set) > 1 {
		d.wrong("keys."+set[1], "[keys] has %s: keep one of them", strings.Join(set, " and "))
	}
	if d.has("keys.env") && c.Keys.Env == "" || d.has("keys.file") && c.Keys.File == "" || d.has("keys.command") && len(c.Keys.Command) == 0 {
		d.wrong("keys."+set[0], "%s is empty: write where the installation's key is", set[0])
	}
	c.Keys.File, c.Keys.Command = c.path(c.Keys.File), c.command(c.Keys.Command)
	if c.Keys.Env != "" || len(c.Keys.Command) > 0 {
		c.Keys.File = ""
	}
}

func (c *Config) checkQueues(d *tomlDocument) {
	if len(c.Queues) == 0 {
		queue := QueueConfig{}
		queue.setDefaults()
		c.Queues = []QueueConfig{queue}
	}
	seen := make(map[string]bool)
	for i := range c.Queues {
		q, at := &c.Queues[i], fmt.Sprintf("queue[%d]", i)
		if !plainName(q.Name) {
			d.wrong(at+".name", "name = %q: write a short name of letters, digits, - and _", q.Name)
		} else if seen[q.Name] {
			d.wrong(at+".name", "there are two queues %q: give one another name", q.Name)
		}
		seen[q.Name] = true
		var err error
		if q.Calendar, err = calendar.Parse(q.Hours, q.Holidays); err != nil {
			where := at + ".hours"
			if strings.HasPrefix(err.Error(), "holiday") {
				where = at + ".holidays"
			}
			d.wrong(where, "%v", err)
		}
	}
}

// plainName tells whether a name may stand in log lines, addresses and metrics.
func plainName(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

func (c *Config) checkMailboxes(d *tomlDocument) {
	if len(c.Mailboxes) == 0 {
		d.at(0, `there is no mailbox: write a [[mailbox]] with name, address, imap and password_env ("caseconsultant init" does)`)
	}
	names, folders := make(map[string]bool), make(map[string]bool)
	for i := range c.Mailboxes {
		m, at := &c.Mailboxes[i], fmt.Sprintf("mailbox[%d]", i)
		switch {
		case m.Name == "":
			d.wrong(at+".name", `a mailbox has no name: write name = "consult"`)
		case !plainName(m.Name):
			d.wrong(at+".name", "name = %q: write a short name of letters, digits, - and _; it stands in log lines", m.Name)
		case names[m.Name]:
			d.wrong(at+".name", "there are two mailboxes %q: give one another name", m.Name)
		}
		names[m.Name] = true
		if m.Address == "" {
			d.wrong(at+".address", `mailbox %q has no address: write address = "consult@firm.example"`, m.Name)
		}
		if m.Username == "" {
			m.Username = string(m.Address)
		}
		if m.IMAP == "" {
			d.wrong(at+".imap", `mailbox %q has no server: write imap = "imaps://mail.firm.example:993"`, m.Name)
		} else if text := checkMailURL(m.IMAP, "imap", "993"); text != "" {
			d.wrong(at+".imap", "%s", text)
		}
		c.credentials(d, at, &m.PasswordKeys, &m.OAuth2)
		if !m.Password.set() && m.OAuth2.Tokens == nil {
			d.wrong(at+".password_env", `mailbox %q has no password: write password_env = "NAME", password_file = "PATH", password_command = ["PROGRAM"] or a [mailbox.oauth2]`, m.Name)
		}
		if m.Folder == "" {
			d.wrong(at+".folder", `folder is empty: write folder = "INBOX"`)
		}
		if folder := m.IMAP + "\x00" + m.Username + "\x00" + m.Folder; folders[folder] {
			d.wrong(at+".folder", "mailbox %q watches the same folder of the same account as another: take one out", m.Name)
		} else {
			folders[folder] = true
		}
		if !slices.ContainsFunc(c.Queues, func(q QueueConfig) bool { return q.Name == m.Queue }) {
			known := make([]string, len(c.Queues))
			for i, q := range c.Queues {
				known[i] = q.Name
			}
			d.wrong(at+".queue", "there is no queue %q: write queue = %s, or a [[queue]] of that name", m.Queue, orList(known))
		}
	}
}

func (c *Config) checkSMTP(d *tomlDocument) {
	if c.SMTP.URL == "" {
		d.wrong("smtp.url", `there is no server to send by: write [smtp] and under it url = "smtps://mail.firm.example:465"`)
	} else if text := checkMailURL(c.SMTP.URL, "smtp", "465"); text != "" {
		d.wrong("smtp.url", "%s", text)
	}
	c.credentials(d, "smtp", &c.SMTP.PasswordKeys, &c.SMTP.OAuth2)
	secret := c.SMTP.Password.set() || c.SMTP.OAuth2.Tokens != nil
	switch {
	case c.SMTP.Username != "" && !secret:
		d.wrong("smtp.username", `[smtp] has a username and no password: write password_env = "NAME", password_file = "PATH" or password_command = ["PROGRAM"], or leave username out for a server without sign-in`)
	case c.SMTP.Username == "" && secret:
		d.wrong("smtp", `[smtp] has a password and no username: write username = "consult@firm.example"`)
	}
}

// checkMailURL says what is wrong with the address of an IMAP or SMTP server; "" is nothing. It never repeats the
// address, which may hold a password.
func checkMailURL(raw, protocol, port string) string {
	example := fmt.Sprintf("%ss://mail.firm.example:%s", protocol, port)
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		return fmt.Sprintf("the server's address cannot be read: write %q", example)
	case u.Scheme != protocol && u.Scheme != protocol+"s" && u.Scheme != protocol+"+insecure":
		return fmt.Sprintf("the server's address has the scheme %q: write %ss:// (TLS), %s:// (upgraded with STARTTLS) or, to a loopback address, %s+insecure://", u.Scheme, protocol, protocol, protocol)
	case u.User != nil:
		return "the server's address holds a user name: write it as username, and the password as password_env, password_file or password_command"
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Sprintf("the server's address has something after the port: write only %q", example)
	case u.Scheme == protocol+"+insecure" && !loopbackHost(u.Hostname()):
		return fmt.Sprintf("%s+insecure:// sends passwords and mail in clear and is allowed to a loopback address only: write %ss:// or %s://", protocol, protocol, protocol)
	}
	return ""
}

func (c *Config) checkDesk(d *tomlDocument) {
	listen := c.Desk.Listen
	if !d.has("desk.public_url") {
		if !listen.loopback() {
			d.wrong("desk.listen", `the desk can be reached from other machines: write public_url = "https://desk.firm.example", where browsers find it over TLS`)
		}
		return // made from the address that is listened on, whose port may be any
	}
	u, err := url.Parse(c.Desk.PublicURL)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		d.wrong("desk.public_url", `public_url is where browsers find the desk: write "https://desk.firm.example", without a path`)
		return
	case u.Scheme == "http" && !loopbackHost(u.Hostname()):
		d.wrong("desk.public_url", `public_url is http to another machine, which would send passwords and cases in clear: write https:// (and put a TLS proxy before the desk)`)
		return
	case u.Scheme != "http" && u.Scheme != "https":
		d.wrong("desk.public_url", `public_url must begin with https:// (or, on a loopback address, http://)`)
		return
	}
	u.Path = ""
	c.Desk.Public = u
	if c.Desk.Listen == c.Admin.Listen && !strings.HasSuffix(string(listen), ":0") {
		d.wrong("admin.listen", "[desk] and [admin] listen on the same address: give one another port")
	}
	if host, _, err := net.SplitHostPort(string(listen)); err == nil && host == "" && u.Scheme == "http" {
		d.wrong("desk.listen", `the desk listens on all addresses in clear: write listen = "127.0.0.1:8025"`)
	}
}

func (c *Config) checkPlans(d *tomlDocument) {
	seen := make(map[string]bool)
	for i, p := range c.Plans {
		at := fmt.Sprintf("plan[%d]", i)
		switch {
		case !plainName(p.Name):
			d.wrong(at+".name", `name = %q: write a plan's name such as "guest" or "free"`, p.Name)
		case seen[p.Name]:
			d.wrong(at+".name", "there are two plans %q: keep one", p.Name)
		}
		if !d.has(at + ".views") {
			d.wrong(at+".views", "plan %q says no views: write views = 5, how many codes it shows in full", p.Name)
		}
		seen[p.Name] = true
	}
}
