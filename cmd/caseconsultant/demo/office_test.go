package demo

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

const (
	firm     = "consult@firm.example"
	lee      = "lee@ent.example"
	password = "a password for tests"
)

// openOffice opens an office with the firm's account and Lee's; it closes with the test.
func openOffice(t *testing.T, dir string) *Office {
	t.Helper()
	o, err := Open(Options{Dir: dir, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	for _, address := range []string{firm, lee} {
		if err := o.Add(address); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func question(subject string) []byte {
	return []byte("From: Lee <lee@ent.example>\r\nTo: consult@firm.example\r\nSubject: " + subject + "\r\nMessage-ID: <" + subject + "@ent.example>\r\n\r\nMay we?\r\n")
}

func send(t *testing.T, o *Office, raw []byte) {
	t.Helper()
	if err := o.Send(t.Context(), lee, []string{firm}, raw); err != nil {
		t.Fatal(err)
	}
}

// client is a mail program that has signed in and opened a folder.
func client(t *testing.T, o *Office, user, folder string, options *imapclient.Options) (*imapclient.Client, *imap.SelectData) {
	t.Helper()
	c, err := imapclient.DialInsecure(o.IMAP(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.Login(user, password).Wait(); err != nil {
		t.Fatal(err)
	}
	selected, err := c.Select(folder, nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return c, selected
}

func bodies(t *testing.T, c *imapclient.Client) (list []string) {
	t.Helper()
	section := &imap.FetchItemBodySection{Peek: true}
	found, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, InternalDate: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found {
		list = append(list, string(m.FindBodySection(section)))
	}
	return list
}

func TestAMailThatIsSentIsAnnouncedAndFetched(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	told := make(chan uint32, 8)
	c, selected := client(t, o, firm, Inbox, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				told <- *data.NumMessages
			}
		}}})
	if selected.NumMessages != 0 {
		t.Errorf("a new INBOX holds %d mails", selected.NumMessages)
	}
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	send(t, o, question("one"))
	select {
	case n := <-told:
		if n != 1 {
			t.Errorf("announced %d mails", n)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the mail was not announced")
	}
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		t.Fatal(err)
	}
	got := bodies(t, c)
	if len(got) != 1 {
		t.Fatalf("fetched %d mails", len(got))
	}
	for _, want := range []string{"Return-Path: <lee@ent.example>\r\n", "Authentication-Results: mail.firm.example; auth=pass smtp.auth=lee@ent.example;\r\n\tdmarc=pass header.from=ent.example\r\n",
		"\tfor <consult@firm.example>;", "\r\nSubject: one\r\n", "\r\n\r\nMay we?\r\n"} {
		if !strings.Contains(got[0], want) {
			t.Errorf("the mail lacks %q:\n%s", want, got[0])
		}
	}
	m := o.Inbox(firm)[0]
	if m.From != lee || m.Announced.Before(before) || m.At.After(m.Announced) {
		t.Errorf("the office knows of it: %+v", m)
	}
}

func TestManyMailsAreAllAnnounced(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	told := make(chan uint32, 200)
	c, _ := client(t, o, firm, Inbox, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(data *imapclient.UnilateralDataMailbox) {
			if data.NumMessages != nil {
				told <- *data.NumMessages
			}
		}}})
	const mails = 60
	go func() {
		for i := range mails {
			_ = o.Send(t.Context(), lee, []string{firm}, question(fmt.Sprint("n", i)))
		}
	}()
	deadline := time.After(30 * time.Second)
	for last := uint32(0); last < mails; {
		// In and out of IDLE, so that mails fall between a command and IDLE.
		idle, err := c.Idle()
		if err != nil {
			t.Fatal(err)
		}
		select {
		case last = <-told:
		case <-deadline:
			t.Fatalf("%d of %d mails were announced", last, mails)
		}
		if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnOfficeKeepsItsMailOverAStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := openOffice(t, dir)
	for _, subject := range []string{"stays", "moves", "goes", "copied"} {
		send(t, o, question(subject))
	}
	c, first := client(t, o, firm, Inbox, nil)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Create("Processed/2026", nil).Wait())
	if _, err := c.Move(imap.UIDSetNum(2), "Processed/2026").Wait(); err != nil {
		t.Fatal(err)
	}
	must(c.Store(imap.UIDSetNum(3), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Flags: []imap.Flag{imap.FlagDeleted}, Silent: true}, nil).Close())
	must(c.UIDExpunge(imap.UIDSetNum(3)).Close())
	if _, err := c.Copy(imap.UIDSetNum(4), "Processed/2026").Wait(); err != nil {
		t.Fatal(err)
	}
	literal := question("appended")
	add := c.Append("Processed/2026", int64(len(literal)), &imap.AppendOptions{Time: time.Now().Add(-48 * time.Hour)})
	if _, err := add.Write(literal); err != nil {
		t.Fatal(err)
	}
	must(add.Close())
	if _, err := add.Wait(); err != nil {
		t.Fatal(err)
	}
	subjects := func(list []Mail) (s []string) {
		for _, m := range list {
			s = append(s, row(m).Subject)
		}
		return s
	}
	look := func(o *Office, when string) {
		t.Helper()
		if got := strings.Join(subjects(o.Inbox(firm)), " "); got != "stays copied" {
			t.Errorf("%s the INBOX holds: %s", when, got)
		}
		processed := o.Folder(firm, "Processed/2026")
		if got := strings.Join(subjects(processed), " "); got != "moves copied appended" {
			t.Errorf("%s the other folder holds: %s", when, got)
		} else if age := time.Since(processed[2].At); age < 47*time.Hour {
			t.Errorf("%s the appended mail is %v old", when, age)
		}
	}
	look(o, "before")
	must(o.Close())

	again := openOffice(t, dir)
	look(again, "after")
	c, second := client(t, again, firm, Inbox, nil)
	if second.UIDValidity <= first.UIDValidity {
		t.Errorf("UIDVALIDITY was %d and is %d, although UIDs were given anew", first.UIDValidity, second.UIDValidity)
	}
	got := bodies(t, c)
	if len(got) != 2 || !strings.Contains(got[1], "Subject: copied") {
		t.Errorf("the server holds %d mails after the start", len(got))
	}
	if m := again.Inbox(firm)[0]; m.From != lee {
		t.Errorf("the envelope's sender is %q after the start", m.From)
	}
	send(t, again, question("later"))
	if got := strings.Join(subjects(again.Inbox(firm)), " "); got != "stays copied later" {
		t.Errorf("after another mail the INBOX holds: %s", got)
	}
}

func TestStrangersMayWriteOnlyToThoseWhoAreThere(t *testing.T) {
	t.Parallel()
	o := openOffice(t, "")
	deliver := func(from, to string, raw []byte) error {
		c, err := smtp.Dial(o.SMTP())
		if err != nil {
			return err
		}
		defer c.Close()
		return c.SendMail(from, []string{to}, bytes.NewReader(raw))
	}
	forged := append([]byte("Authentication-Results: mail.firm.example; dmarc=pass header.from=ent.example\r\nReturn-Path: <a@b.example>\r\n"), question("forged")...)
	if err := deliver("someone@else.example", firm, forged); err != nil {
		t.Fatal(err)
	}
	got := string(o.Inbox(firm)[0].Raw)
	if strings.Contains(got, "dmarc=pass") || !strings.Contains(got, "Authentication-Results: mail.firm.example; none\r\n") || strings.Count(got, "Return-Path:") != 1 {
		t.Errorf("a stranger's word about himself was kept:\n%s", got)
	}
	var refusal *smtp.SMTPError
	if err := deliver("someone@else.example", "nobody@firm.example", question("x")); !errors.As(err, &refusal) || refusal.Code != 550 {
		t.Errorf("mail to nobody: %v", err)
	}
	// Whoever has signed in may write in another's name, but is not believed.
	c, err := smtp.Dial(o.SMTP())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewLoginClient(firm, password)); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail(firm, []string{"new@asker.example"}, bytes.NewReader(question("other"))); err != nil {
		t.Fatal(err)
	}
	if got := string(o.Inbox("new@asker.example")[0].Raw); strings.Contains(got, "dmarc=") {
		t.Errorf("the firm was believed to be Lee:\n%s", got)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	c, err = smtp.Dial(o.SMTP())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Auth(sasl.NewPlainClient("", lee, "wrong")); !errors.As(err, &refusal) || refusal.Code != 535 {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestAddressesThatAnOfficeTakes(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"Lee@ENT.example": lee, " a.b+c@d.example ": "a.b+c@d.example",
		"": "", "lee": "", "@ent.example": "", "lee@ent": "", "../x@ent.example": "", "a/b@ent.example": "", "a@b@ent.example": "",
		"a..b@ent.example": "", ".a@ent.example": "", "lee@ent.example.": "", "ünï@ent.example": "", "a b@ent.example": "", "a\x00@ent.example": "",
		strings.Repeat("a", 200) + "@ent.example": "",
	} {
		got, err := plainAddress(address)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", address, got, err)
		}
	}
}

func TestAnOfficeListensToThisMachineOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:143", "mail.firm.example:143"} {
		if _, err := Open(Options{Password: password, IMAP: address}); err == nil || !strings.Contains(err.Error(), "loopback") {
			t.Errorf("listening on %s: %v", address, err)
		}
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("an office without a password")
	}
}

func TestNobodyElseCanReadTheFiles(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	o := openOffice(t, dir)
	send(t, o, question("one"))
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAnOfficeMayBeClosedAtOnce(t *testing.T) {
	t.Parallel()
	for range 50 {
		o, err := Open(Options{Password: password})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(o.Close(), o.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
