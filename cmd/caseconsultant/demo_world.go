package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"caseconsultant/cmd/caseconsultant/demo"
	"caseconsultant/workflow/people"
)

// demoWorld is a running demo: the post office, the program of `serve` by a configuration file, and the mail page.
type demoWorld struct {
	dir       string
	temporary bool
	config    string // the configuration file
	kept      demoState
	office    *demo.Office
	program   *Program
	log       *os.File
	page      *http.Server
	pageAt    net.Listener
}

// demoState is what a demo keeps beside its mails and its database.
type demoState struct {
	MailPassword string               `json:"mail_password"`
	DeskPassword string               `json:"desk_password"`
	Sent         int                  `json:"sent"`    // how many of the sample mails have arrived
	Written      map[string]time.Time `json:"written"` // when each sample was written, by its file
}

// The files of a demo's folder.
const (
	demoStateFile    = "demo.json"
	demoRunningFile  = "demo-running"
	demoPasswordFile = "mail-password"
	demoMailFolder   = "mail"
	demoLogFile      = "caseconsultant.log"
)

type demoOptions struct {
	Dir                    string // "" for a temporary one
	Desk, Mail, IMAP, SMTP string // addresses to listen on; "" for the preferred ones or free ports
	Preferred              bool   // try the ports that the help names
	MemoryOnly             bool   // mails need not outlive the office
	Settings               string // more tables of the configuration
	OnMail                 func(demo.Mail)
	Stderr                 io.Writer             // where the program's log goes; nil for a file in the folder
	Program                func(*ProgramOptions) // changes the program's options; tests make passwords cheap
}

// openDemo starts everything. What was started is closed again after an error.
func openDemo(ctx context.Context, o demoOptions) (*demoWorld, error) {
	w := &demoWorld{dir: o.Dir}
	if err := w.open(ctx, o); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *demoWorld) open(ctx context.Context, o demoOptions) error {
	if err := w.openFolder(); err != nil {
		return err
	}
	if err := w.openOffice(o); err != nil {
		return err
	}
	if err := w.configure(o); err != nil {
		return err
	}
	if err := w.openPage(o); err != nil {
		return err
	}
	if err := w.openProgram(ctx, o); err != nil {
		return err
	}
	// Only now there is a desk to link to.
	page, err := demo.NewPage(w.office, demo.PageOptions{Firm: demoAddress, DeskURL: w.program.DeskURL()})
	if err != nil {
		return err
	}
	w.page = &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.page.Serve(w.pageAt) }() // ends with close
	return nil
}

// openFolder makes the folder and reads what an earlier demo kept in it.
func (w *demoWorld) openFolder() error {
	if w.dir == "" {
		dir, err := os.MkdirTemp("", "caseconsultant-demo-*")
		if err != nil {
			return fmt.Errorf("make the demo's temporary folder: %w", err)
		}
		w.dir, w.temporary = dir, true
	}
	if err := demoFolder(w.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	if address, err := os.ReadFile(filepath.Join(w.dir, demoRunningFile)); err == nil && demoAnswers(string(address)) {
		return fmt.Errorf("a demo is running on this folder already: its mail page is http://%s", strings.TrimSpace(string(address)))
	}
	w.config = filepath.Join(w.dir, "caseconsultant.toml")
	text, err := os.ReadFile(filepath.Join(w.dir, demoStateFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		w.kept = demoState{MailPassword: strings.ToLower(rand.Text()[:10]), DeskPassword: people.NewPassword(), Written: map[string]time.Time{}}
		return w.keep()
	case err != nil:
		return fmt.Errorf("read what the demo kept: %w", err)
	}
	if err := json.Unmarshal(text, &w.kept); err != nil || w.kept.MailPassword == "" || w.kept.DeskPassword == "" || w.kept.Written == nil {
		return fmt.Errorf("%s cannot be read: name another folder", filepath.Join(w.dir, demoStateFile))
	}
	return nil
}

// demoAnswers tells whether a demo's mail page answers at an address.
func demoAnswers(address string) bool {
	client := http.Client{Timeout: 2 * time.Second}
	r, err := client.Get("http://" + strings.TrimSpace(address) + "/page.js")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	return r.StatusCode == http.StatusOK
}

// keep writes the state whole or not at all.
func (w *demoWorld) keep() error {
	text, err := json.MarshalIndent(w.kept, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the demo's state: %w", err)
	}
	name := filepath.Join(w.dir, demoStateFile)
	if err := errors.Join(os.WriteFile(name+".new", text, 0o600), os.Rename(name+".new", name)); err != nil {
		return fmt.Errorf("keep the demo's state: %w", err)
	}
	return nil
}

func (w *demoWorld) openOffice(o demoOptions) (err error) {
	options := demo.Options{Dir: filepath.Join(w.dir, demoMailFolder), IMAP: o.IMAP, SMTP: o.SMTP, Password: w.kept.MailPassword, OnMail: o.OnMail}
	if o.MemoryOnly {
		options.Dir = ""
	}
	if options.IMAP == "" {
		options.IMAP = freeAddress(o.Preferred, "8143")
	}
	if options.SMTP == "" {
		options.SMTP = freeAddress(o.Preferred, "8587")
	}
	if w.office, err = demo.Open(options); err != nil {
		return err
	}
	samples, err := demo.Samples()
	if err != nil {
		return err
	}
	// The askers have their mailboxes from the start, so that a mail program can be pointed at one.
	for _, address := range append([]string{demoAddress}, senders(samples)...) {
		if err := w.office.Add(address); err != nil {
			return err
		}
	}
	return nil
}

func senders(samples []demo.Sample) (list []string) {
	for _, s := range samples {
		list = append(list, s.From)
	}
	return list
}

// freeAddress is the loopback address with the preferred port if nobody listens there, else with any free one.
func freeAddress(preferred bool, port string) string {
	if preferred {
		address := net.JoinHostPort("127.0.0.1", port)
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	return "127.0.0.1:0"
}

var demoConfiguration = template.Must(template.New("").Parse(`# Written by "caseconsultant demo" at each start: changes to it are lost.
# With your own servers in it, such a file is all that "caseconsultant serve" needs.

[firm]
name = {{printf "%q" .Firm}}
zone = "America/New_York"

[database]
url = "sqlite:caseconsultant.db"

[[mailbox]]
name = "consult"
address = {{printf "%q" .Address}}
imap = "imap+insecure://{{.IMAP}}"
password_file = {{printf "%q" .PasswordFile}}

[smtp]
url = "smtp+insecure://{{.SMTP}}"
username = {{printf "%q" .Address}}
password_file = {{printf "%q" .PasswordFile}}

[desk]
listen = {{printf "%q" .Desk}}

[admin]
listen = {{printf "%q" .Admin}}

[trust]
authserv_id = [{{printf "%q" .Domain}}]

[log]
level = {{printf "%q" .Level}}
{{.Settings}}`))

// configure writes the configuration file that the program is started by.
func (w *demoWorld) configure(o demoOptions) error {
	desk := o.Desk
	if desk == "" {
		desk = freeAddress(o.Preferred, "8025")
	}
	level := "info"
	if o.Stderr != nil {
		level = "warn" // it goes to a person
	}
	var text bytes.Buffer
	if err := demoConfiguration.Execute(&text, map[string]string{
		"Firm": demoFirm, "Address": demoAddress, "IMAP": w.office.IMAP(), "SMTP": w.office.SMTP(), "PasswordFile": demoPasswordFile,
		"Desk": desk, "Admin": freeAddress(o.Preferred, "8026"), "Domain": demo.Domain, "Level": level, "Settings": o.Settings,
	}); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	err := errors.Join(os.WriteFile(filepath.Join(w.dir, demoPasswordFile), []byte(w.kept.MailPassword+"\n"), 0o600), os.WriteFile(w.config, text.Bytes(), 0o600))
	if err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}

func (w *demoWorld) openPage(o demoOptions) (err error) {
	address := o.Mail
	if address == "" {
		address = freeAddress(o.Preferred, "8027")
	}
	if w.pageAt, err = net.Listen("tcp", address); err != nil {
		return fmt.Errorf("the demo's mail page: %w", err)
	}
	if host, ok := w.pageAt.Addr().(*net.TCPAddr); !ok || !host.IP.IsLoopback() {
		return fmt.Errorf("%q is no loopback address: whoever reaches the mail page can read all mail, so write 127.0.0.1:PORT", address)
	}
	if err := os.WriteFile(filepath.Join(w.dir, demoRunningFile), []byte(w.pageAt.Addr().String()+"\n"), 0o600); err != nil {
		return fmt.Errorf("note where the mail page is: %w", err)
	}
	return nil
}

// pageURL is where the mail page is.
func (w *demoWorld) pageURL() string { return "http://" + w.pageAt.Addr().String() }

// openProgram starts what `serve` starts, and makes those who may sign in.
func (w *demoWorld) openProgram(ctx context.Context, o demoOptions) error {
	cfg, err := LoadConfig(w.config)
	if err != nil {
		return err
	}
	options := ProgramOptions{Stderr: o.Stderr}
	if o.Stderr == nil {
		if w.log, err = os.OpenFile(filepath.Join(w.dir, demoLogFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return fmt.Errorf("open the demo's log: %w", err)
		}
		options.Stderr = w.log
	}
	if o.Program != nil {
		o.Program(&options)
	}
	if w.program, err = New(cfg, options); err != nil {
		return err
	}
	if err := w.program.Run(ctx); err != nil {
		w.program = nil // it has closed itself
		return err
	}
	for _, who := range []struct {
		demoPerson
		role people.Role
	}{{demoConsultant, people.Consultant}, {demoAdmin, people.Admin}} {
		_, err := w.program.People().Add(ctx, people.NewUser{Email: who.email, Name: who.name, Credential: who.credential, Role: who.role, Password: w.kept.DeskPassword})
		if err != nil && !errors.Is(err, people.ErrExists) {
			return fmt.Errorf("make the demo's user %s: %w", who.email, err)
		}
	}
	return nil
}

// close stops everything in the order in which it depends on each other, and removes a temporary folder.
func (w *demoWorld) close() error {
	var errs []error
	if w.page != nil {
		errs = append(errs, w.page.Close())
	} else if w.pageAt != nil {
		errs = append(errs, w.pageAt.Close())
	}
	if w.program != nil {
		errs = append(errs, w.program.Close())
	}
	if w.office != nil {
		errs = append(errs, w.office.Close())
	}
	if w.pageAt != nil {
		if err := os.Remove(filepath.Join(w.dir, demoRunningFile)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if w.log != nil {
		errs = append(errs, w.log.Close())
	}
	if w.temporary {
		errs = append(errs, os.RemoveAll(w.dir))
	}
	return errors.Join(errs...)
}
