package imaptest

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"
	"time"
)

// dovecotBinary is the environment variable that names the binary.
const dovecotBinary = "CASECONSULTANT_TEST_DOVECOT"

func requireDovecot(tb testing.TB) {
	tb.Helper()
	requireProgram(tb, "Dovecot", dovecotBinary, "binary")
}

// dovecotBackend is a Dovecot 2.3 of its own, with its own folders and ports.
type dovecotBackend struct {
	dir              string
	plain, encrypted string
	program
	token atomic.Value // of string: the OAuth access token that is good
}

// Everybody signs in with the same password. Mail is kept as Maildir, as most installations have it.
var dovecotConfig = template.Must(template.New("").Parse(`
protocols = imap
listen = {{.IP}}
base_dir = {{.Dir}}/base
state_dir = {{.Dir}}/state
instance_name = imaptest
log_path = {{.Dir}}/dovecot.log
default_internal_user = {{.Internal}}
default_login_user = {{.Login}}
default_internal_group = {{.Group}}
ssl = yes
ssl_cert = <{{.Dir}}/cert.pem
ssl_key = <{{.Dir}}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
mail_location = maildir:{{.Dir}}/mail/%u
mail_uid = {{.UID}}
mail_gid = {{.GID}}
first_valid_uid = 1
mail_fsync = never
mail_max_userip_connections = 100
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
passdb {
  driver = static
  mechanisms = plain login
  args = "password={{.Password}}"
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {{.Plain}}
  }
  inet_listener imaps {
    port = {{.Encrypted}}
    ssl = yes
  }
}
service anvil {
  chroot =
  # Without this listener nobody has to wait after a wrong password.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
namespace inbox {
  inbox = yes
  separator = /
}
`))

// dovecotTokens tells Dovecot whom to ask about tokens (RFC 7662).
var dovecotTokens = template.Must(template.New("").Parse(`introspection_mode = post
introspection_url = http://{{.Introspection}}/
username_attribute = username
active_attribute = active
active_value = true
force_introspection = yes
max_idle_time_msecs = 100
`))

func startDovecot(tb testing.TB, ip string, cert certificate) backend {
	dir := programFolder(tb, "imap", cert)
	for _, sub := range []string{"base", "state", "mail"} {
		check(tb, os.Mkdir(filepath.Join(dir, sub), 0o755), "making a folder")
	}
	uid, gid := mailUser(tb)
	check(tb, os.Chown(filepath.Join(dir, "mail"), uid, gid), "giving the mail folder away")
	values := map[string]any{"Dir": dir, "IP": ip, "UID": uid, "GID": gid, "Password": Password, "Internal": "dovecot", "Login": "dovenull", "Group": "dovecot"}
	if os.Getuid() != 0 {
		self, err := user.Current()
		check(tb, err, "finding out who we are")
		group, err := user.LookupGroupId(self.Gid)
		check(tb, err, "finding out who we are")
		values["Internal"], values["Login"], values["Group"] = self.Username, self.Username, group.Name
	}
	d := &dovecotBackend{dir: dir}
	values["Introspection"] = d.answerTokens(tb, ip) // first: it keeps its port, which the system might else take from those found free
	plain, encrypted := freePorts(tb, ip)
	values["Plain"], values["Encrypted"] = plain, encrypted
	writeConfigs(tb, dir, map[string]*template.Template{"dovecot.conf": dovecotConfig, "oauth2.conf": dovecotTokens}, values)
	d.plain, d.encrypted = net.JoinHostPort(ip, strconv.Itoa(plain)), net.JoinHostPort(ip, strconv.Itoa(encrypted))
	d.start(tb)
	tb.Cleanup(func() {
		d.stop(tb)
		if tb.Failed() {
			if text, err := os.ReadFile(filepath.Join(dir, "dovecot.log")); err == nil {
				tb.Logf("Dovecot's log:\n%s", text)
			}
		}
	})
	return d
}

// answerTokens plays the provider that Dovecot asks whether a token is good, and returns its address.
func (d *dovecotBackend) answerTokens(tb testing.TB, ip string) string {
	d.token.Store(Token)
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	check(tb, err, "listening for questions about tokens")
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.PostFormValue("token") == d.token.Load().(string) {
			fmt.Fprintf(w, `{"active":true,"username":%q}`, Username)
			return
		}
		fmt.Fprint(w, `{"active":false}`)
	})}
	go func() { _ = server.Serve(listener) }()
	tb.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

func (d *dovecotBackend) setToken(token string) { d.token.Store(token) }

// mailUser is who owns the mails: Dovecot refuses root.
func mailUser(tb testing.TB) (uid, gid int) {
	if os.Getuid() != 0 {
		return os.Getuid(), os.Getgid()
	}
	for _, name := range []string{"vmail", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(found.Uid)
			gid, _ := strconv.Atoi(found.Gid)
			return uid, gid
		}
	}
	tb.Fatal("there is neither a user vmail nor nobody to own the mails")
	return 0, 0
}

// freePorts are two ports that nobody listens on. Both are held before one is given back: the system likes to give the same one again.
func freePorts(tb testing.TB, ip string) (plain, encrypted int) {
	tb.Helper()
	var ports [2]int
	for i := range ports {
		listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
		check(tb, err, "looking for a free port")
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports[0], ports[1]
}

func (d *dovecotBackend) folder(name string) string { return name }

func (d *dovecotBackend) addresses() (plain, encrypted string) { return d.plain, d.encrypted }

func (d *dovecotBackend) start(tb testing.TB) {
	if d.process != nil {
		return
	}
	process := exec.Command(os.Getenv(dovecotBinary), "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	d.launch(tb, "Dovecot", process)
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.DialTimeout("tcp", d.plain, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-d.ended:
			tb.Fatalf("Dovecot ended at once: %s", d.said.String())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			tb.Fatal("Dovecot does not listen")
		}
	}
}

// renumber removes what Dovecot knows of the folder, so that it reads the files anew.
func (d *dovecotBackend) renumber(tb testing.TB, folder string) {
	dir := filepath.Join(d.dir, "mail", Username)
	if folder != "INBOX" {
		dir = filepath.Join(dir, "."+strings.ReplaceAll(folder, "/", "."))
	}
	// Dovecot takes the time as UIDVALIDITY, so ask for a new one plainly; UIDs start over, one higher than before.
	check(tb, os.Remove(filepath.Join(dir, "dovecot-uidlist")), "removing Dovecot's list of UIDs")
	for _, index := range []string{"dovecot.index", "dovecot.index.log", "dovecot.index.cache"} {
		if err := os.Remove(filepath.Join(dir, index)); err != nil && !os.IsNotExist(err) {
			tb.Fatal(err)
		}
	}
}
