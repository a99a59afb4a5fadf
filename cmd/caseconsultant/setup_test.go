package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/store/storetest"
)

func TestDoctor(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		if out := i.run("", "doctor", "--config-only"); !strings.HasPrefix(out, "ok    config") || strings.Count(out, "\n") != 1 {
			t.Errorf("the configuration alone:\n%s", out)
		}
		before := i.run("", "doctor")
		for _, want := range []string{"ok    secrets", "ok    database   empty", "first serve makes", "ok    codebook", "ok    mailbox", "ok    smtp", "can listen"} {
			if !strings.Contains(before, want) {
				t.Errorf("before the first start it lacks %q:\n%s", want, before)
			}
		}
		if _, err := os.Stat(filepath.Join(i.dir, "caseconsultant.key")); err == nil {
			t.Error("the doctor made a key")
		}
		i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--role", "admin", "--password-stdin")
		if out := i.run("", "doctor", "--send-test", "me@clinic.example"); !strings.Contains(out, "the key fits") || !strings.Contains(out, "1 may sign in") || !strings.Contains(out, "ok    test mail") {
			t.Errorf("of a whole installation:\n%s", out)
		}
		if mail := i.smtp.WaitMessages(t, 1)[0]; mail.To[0] != "me@clinic.example" || !strings.Contains(string(mail.Data), "doctor --send-test") {
			t.Errorf("the test mail: %v\n%s", mail.To, mail.Data)
		}
	})
}

func TestDoctorSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(i *install)
		want  string
	}{
		"WrongPassword": {func(i *install) { i.write("password", "wrong") }, "refused the sign-in"},
		"NoIMAP":        {func(i *install) { i.imap.Stop(i.t) }, "mailbox"},
		"NoSMTP":        {func(i *install) { i.smtp.Close() }, "smtp"},
		"NoKey": {func(i *install) {
			if err := os.Remove(filepath.Join(i.dir, "caseconsultant.key")); err != nil {
				i.t.Fatal(err)
			}
		}, "restore it"},
		"NoPasswordFile": {func(i *install) {
			if err := os.Remove(filepath.Join(i.dir, "password")); err != nil {
				i.t.Fatal(err)
			}
		}, "line 9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newInstall(t, storetest.SQLiteURL(t), "")
			i.run("", "migrate")
			test.spoil(i)
			r := i.try("", "doctor")
			if r.status != 1 || !slices.ContainsFunc(strings.Split(r.out, "\n"), func(line string) bool { return strings.HasPrefix(line, "fail") && strings.Contains(line, test.want) }) {
				t.Errorf("exit status %d, no line that fails with %q:\n%s", r.status, test.want, r.out)
			}
			if strings.Contains(r.out, imaptest.Password) {
				t.Error("the password is printed")
			}
		})
	}
}

func TestInit(t *testing.T) {
	t.Parallel()
	imap := imaptest.Memory(t)
	smtp := smtptest.New(t, smtptest.Options{Username: imaptest.Username, Password: imaptest.Password})
	flags := func(dir string, more ...string) []string {
		password := filepath.Join(dir, "password")
		if err := os.WriteFile(password, []byte(imaptest.Password), 0o600); err != nil {
			t.Fatal(err)
		}
		return append([]string{"--config", filepath.Join(dir, "caseconsultant.toml"), "init", "--address", imaptest.Username, "--imap", imap.InsecureURL(), "--smtp", smtp.URL(),
			"--password-file", "password"}, more...)
	}
	for n := range 21 {
		imap.Append(t, "INBOX", question(fmt.Sprint("old", n), "Old", "Old"), nil, time.Now())
	}
	t.Run("Unasked", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		r := command(t, "", flags(dir, "--yes", "--firm", `Example "Coding" Consultants`)...)
		if r.status != 0 || !strings.Contains(r.out, "IMAP: signed in; 21 mails") || !strings.Contains(r.out, "SMTP: signed in") || !strings.Contains(r.out, "only new ones") {
			t.Fatalf("exit status %d\n%s%s", r.status, r.out, r.errors)
		}
		cfg, err := LoadConfig(filepath.Join(dir, "caseconsultant.toml"))
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Firm.Name != `Example "Coding" Consultants` || string(cfg.Mailboxes[0].Address) != imaptest.Username {
			t.Errorf("it wrote %+v", cfg)
		}
		text, err := os.ReadFile(cfg.File)
		if err != nil || !strings.Contains(string(text), `start = "new"`) || strings.Contains(string(text), imaptest.Password) {
			t.Errorf("%v\n%s", err, text)
		}
		key, err := os.ReadFile(cfg.Keys.File)
		if err != nil {
			t.Fatalf("no key: %v", err)
		}
		if r := command(t, "", flags(dir, "--yes")...); r.status != 1 || !strings.Contains(r.errors, "not replaced") {
			t.Errorf("a second init: %d %s", r.status, r.errors)
		}
		if again, err := os.ReadFile(cfg.Keys.File); err != nil || string(again) != string(key) {
			t.Error("a second init changed the key")
		}
		if r := command(t, "", "--config", cfg.File, "doctor"); r.status != 0 {
			t.Errorf("the doctor finds fault with it:\n%s", r.out)
		}
	})
	t.Run("Asked", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		var out, errs strings.Builder
		c := &console{ctx: t.Context(), in: strings.NewReader("Example Consultants\n\n\nall\n"), out: &out, err: &errs, terminal: true}
		if status := run(c, flags(dir)); status != 0 {
			t.Fatalf("exit status %d\n%s%s", status, out.String(), errs.String())
		}
		cfg, err := LoadConfig(filepath.Join(dir, "caseconsultant.toml"))
		if err != nil {
			t.Fatal(err)
		}
		if cfg.Firm.Name != "Example Consultants" || cfg.Mailboxes[0].Username != imaptest.Username || cfg.Mailboxes[0].Start != (Start{}) {
			t.Errorf("it wrote %+v", cfg)
		}
		if !strings.Contains(errs.String(), "21 mails in the folder") {
			t.Errorf("it did not ask where to start:\n%s", errs.String())
		}
	})
	t.Run("Senseless", func(t *testing.T) {
		t.Parallel()
		r := command(t, "", "--config", filepath.Join(t.TempDir(), "c.toml"), "init", "--yes", "--address", "nobody", "--no-probe")
		if r.status != 2 || !strings.Contains(r.errors, "email address") {
			t.Errorf("exit status %d: %s", r.status, r.errors)
		}
	})
}
