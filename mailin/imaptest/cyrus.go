package imaptest

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// cyrusBinary is the environment variable that names Cyrus's master program.
const cyrusBinary = "CASECONSULTANT_TEST_CYRUS"

func requireCyrus(tb testing.TB) {
	tb.Helper()
	requireProgram(tb, "Cyrus", cyrusBinary, "master program")
}

// cyrusBackend is a Cyrus IMAP 3.6 of its own, with its own folders and ports. It is set up as the older installations are that people
// still have: personal folders begin with "INBOX.", a dot divides them, and nothing may be created beside them.
type cyrusBackend struct {
	dir              string
	root             string // of the installation, which need not be /
	plain, encrypted string
	program
}

// cyrusAdmin may do to folders what their owner may not.
const cyrusAdmin = "keeper"

var cyrusConfig = template.Must(template.New("").Parse(`configdirectory: {{.Dir}}/conf
partition-default: {{.Dir}}/spool
defaultpartition: default
cyrus_user: {{.User}}
cyrus_group: {{.Group}}
admins: {{.Admin}}
virtdomains: userid
defaultdomain: localhost
allowplaintext: yes
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {{.Dir}}/sock/passwords
sasl_mech_list: PLAIN
unixhierarchysep: no
altnamespace: no
autocreate_quota: 0
autocreate_post: 1
tls_server_cert: {{.Dir}}/cert.pem
tls_server_key: {{.Dir}}/key.pem
lmtpsocket: {{.Dir}}/sock/lmtp
idlesocket: {{.Dir}}/sock/idle
notifysocket: {{.Dir}}/sock/notify
imapidlepoll: 1
skiplist_unsafe: yes
failedloginpause: 0
tls_session_timeout: 0
plaintextloginpause: 0
maxlogins_per_user: 200
munge8bit: no
syslog_prefix: imaptest
`))

var cyrusServices = template.Must(template.New("").Parse(`START {
}
SERVICES {
  imap cmd="{{.Bin}}/imapd -C {{.Dir}}/imapd.conf" listen="{{.Plain}}" prefork=0
  imaps cmd="{{.Bin}}/imapd -s -C {{.Dir}}/imapd.conf" listen="{{.Encrypted}}" prefork=0
}
EVENTS {
}
DAEMON {
  idled cmd="{{.Bin}}/idled -f -C {{.Dir}}/imapd.conf"
}
`))

func startCyrus(tb testing.TB, ip string, cert certificate) backend {
	dir := programFolder(tb, "cyr", cert)
	uid, gid := mailUser(tb)
	for _, sub := range []string{"conf", "conf/socket", "conf/proc", "conf/db", "conf/lock", "conf/log", "spool", "sock", "key.pem"} {
		path := filepath.Join(dir, sub)
		if sub != "key.pem" {
			check(tb, os.Mkdir(path, 0o755), "making a folder")
		}
		check(tb, os.Chown(path, uid, gid), "giving a folder away")
	}
	owner, err := user.LookupId(strconv.Itoa(uid))
	check(tb, err, "finding who owns the mails")
	group, err := user.LookupGroupId(strconv.Itoa(gid))
	check(tb, err, "finding who owns the mails")

	master, err := exec.LookPath(os.Getenv(cyrusBinary))
	check(tb, err, "finding Cyrus")
	master, err = filepath.EvalSymlinks(master)
	check(tb, err, "finding Cyrus")
	bin := filepath.Dir(master)
	plain, encrypted := freePorts(tb, ip)
	c := &cyrusBackend{
		dir:       dir,
		root:      strings.TrimSuffix(bin, "/usr/lib/cyrus/bin"),
		plain:     net.JoinHostPort(ip, strconv.Itoa(plain)),
		encrypted: net.JoinHostPort(ip, strconv.Itoa(encrypted)),
	}
	values := map[string]any{"Dir": dir, "Bin": bin, "User": owner.Username, "Group": group.Name, "Admin": cyrusAdmin, "Plain": c.plain, "Encrypted": c.encrypted}
	writeConfigs(tb, dir, map[string]*template.Template{"imapd.conf": cyrusConfig, "cyrus.conf": cyrusServices}, values)
	c.answerPasswords(tb)
	c.start(tb)
	tb.Cleanup(func() { c.stop(tb) })
	return c
}

// answerPasswords plays saslauthd, which Cyrus asks about passwords: it sends user, password, service and realm, each with its length, and
// reads OK or NO.
func (c *cyrusBackend) answerPasswords(tb testing.TB) {
	path := filepath.Join(c.dir, "sock", "passwords")
	listener, err := net.Listen("unix", path)
	check(tb, err, "listening for passwords")
	check(tb, os.Chmod(path, 0o777), "opening the socket to Cyrus's user")
	tb.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var words [4]string
				for i := range words {
					var size uint16
					if binary.Read(conn, binary.BigEndian, &size) != nil {
						return
					}
					word := make([]byte, size)
					if _, err := io.ReadFull(conn, word); err != nil {
						return
					}
					words[i] = string(word)
				}
				answer := "NO"
				if words[1] == Password {
					answer = "OK"
				}
				_ = binary.Write(conn, binary.BigEndian, uint16(len(answer)))
				_, _ = io.WriteString(conn, answer)
			}()
		}
	}()
}

func (c *cyrusBackend) addresses() (plain, encrypted string) { return c.plain, c.encrypted }

// folder is how this server calls a folder of the account.
func (c *cyrusBackend) folder(name string) string {
	if name == "INBOX" {
		return name
	}
	return "INBOX." + strings.ReplaceAll(name, "/", ".")
}

// start tries more than once: now and then, on a busy machine, the master listens and no imapd comes of it.
func (c *cyrusBackend) start(tb testing.TB) {
	said := ""
	for range 4 {
		if c.process != nil {
			return
		}
		said = c.tryStart(tb)
	}
	if c.process == nil {
		tb.Fatalf("Cyrus does not answer: %s", said)
	}
}

// tryStart starts the master and returns what it said if it did not get to work.
func (c *cyrusBackend) tryStart(tb testing.TB) string {
	process := exec.Command(os.Getenv(cyrusBinary), "-D", "-C", filepath.Join(c.dir, "imapd.conf"), "-M", filepath.Join(c.dir, "cyrus.conf"), "-p", filepath.Join(c.dir, "sock", "master.pid"))
	if c.root != "" {
		var libraries []string
		for _, pattern := range []string{"/usr/lib/*-linux-gnu*", "/lib/*-linux-gnu*", "/usr/lib/cyrus"} {
			found, _ := filepath.Glob(c.root + pattern)
			libraries = append(libraries, found...)
		}
		process.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"))
	}
	c.launch(tb, "Cyrus", process)
	for deadline := time.Now().Add(8 * time.Second); time.Now().Before(deadline); {
		if c.greets() && c.encrypts() {
			return ""
		}
		select {
		case <-c.ended:
			deadline = time.Time{}
		case <-time.After(20 * time.Millisecond):
		}
	}
	c.stop(tb)
	return c.said.String()
}

// greets reports whether an imapd answers: the master listens before it can start one.
func (c *cyrusBackend) greets() bool {
	conn, err := net.DialTimeout("tcp", c.plain, time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(4 * time.Second))
	greeting := make([]byte, 4)
	_, err = io.ReadFull(conn, greeting)
	return err == nil && string(greeting) == "* OK"
}

// encrypts reports whether the other port does its handshake: its imapd are processes of their own.
func (c *cyrusBackend) encrypts() bool {
	dialer := &net.Dialer{Timeout: 4 * time.Second}
	conn, err := tls.DialWithDialer(dialer, "tcp", c.encrypted, &tls.Config{InsecureSkipVerify: true}) // whether, not with whom
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// renumber makes the folder anew, as its keeper.
func (c *cyrusBackend) renumber(tb testing.TB, folder string) {
	mails := takeMails(tb, c.plain, c.folder(folder))
	// How the keeper calls a folder of the account.
	local, domain, _ := strings.Cut(Username, "@")
	name := "user." + local + strings.TrimPrefix(c.folder(folder), "INBOX") + "@" + domain
	keeper, err := imapclient.DialInsecure(c.plain, nil)
	check(tb, err, "connecting as the keeper")
	defer keeper.Close()
	check(tb, keeper.Login(cyrusAdmin, Password).Wait(), "signing in as the keeper")
	check(tb, keeper.SetACL(name, cyrusAdmin, imap.RightModificationReplace, imap.RightSet("lrswipkxtecda")).Wait(), "taking the folder over")
	check(tb, keeper.Delete(name).Wait(), "deleting the folder")
	check(tb, keeper.Create(name, nil).Wait(), "creating the folder")
	putMails(tb, c.plain, c.folder(folder), mails)
	if !c.encrypts() {
		// Once in some dozens of times no imapd of the encrypted port gets to work any more.
		c.stop(tb)
		c.start(tb)
	}
}
