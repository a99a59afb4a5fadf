package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

func TestServeTakesAQuestionFromMailToAnswer(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		p := i.serve()
		i.arrives(question("q1", "Balloon sinuplasty", "Can we bill 31297-50 with 31288 for Medicare?"))
		summary := i.smtp.WaitMessages(t, 1)[0]
		if len(summary.To) != 1 || summary.To[0] != "ann@clinic.example" || !strings.Contains(string(summary.Data), "31297") {
			t.Errorf("the summary went to %v:\n%s", summary.To, summary.Data)
		}

		i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--name", "Dana Example", "--credential", "CPC", "--password-stdin")
		cases := objects(t, i.run("", "case", "list", "--json"))
		if len(cases) != 1 || cases[0]["state"] != "waiting" || cases[0]["asker"] != "ann@clinic.example" || cases[0]["mailbox"] != "consult" || cases[0]["queue"] != "general" || cases[0]["due_at"] == "" {
			t.Fatalf("case list: %v", cases)
		}
		ref := cases[0]["ref"].(string)

		answer := i.write("answer.txt", "Yes, with modifier 59 if the record shows separate sinuses.\n")
		outcome := object(t, i.run("", "case", "answer", strings.ToLower(ref), "--as", "dana@firm.example", "--file", answer, "--json"))
		if outcome["state"] != "answered" || outcome["claimed_by"] != "dana@firm.example" {
			t.Errorf("the outcome of the answer: %v", outcome)
		}
		mails := i.smtp.WaitMessages(t, 2)
		reply := string(mails[1].Data)
		if !strings.Contains(reply, "separate sinuses") || !strings.Contains(reply, "In-Reply-To: <q1@clinic.example>") || !strings.Contains(reply, ref) {
			t.Errorf("the answer:\n%s", reply)
		}

		var shown map[string]any
		until(t, "the answer's delivery is accepted", func() bool {
			shown = object(t, i.run("", "case", "show", ref, "--json"))
			deliveries := shown["deliveries"].([]any)
			return len(deliveries) == 2 && deliveries[1].(map[string]any)["state"] == "accepted"
		})
		delivery := shown["deliveries"].([]any)[1].(map[string]any)
		if delivery["kind"] != "answer" || delivery["attempts"] != 1.0 || !strings.Contains(reply, "Message-ID: <"+delivery["message_id"].(string)+">") || delivery["to"].([]any)[0] != "ann@clinic.example" {
			t.Errorf("the delivery: %v", delivery)
		}
		mentions := shown["mentions"].([]any)
		if len(mentions) != 2 || mentions[0].(map[string]any)["code"] != "31297" || len(shown["descriptions"].([]any)) < 2 {
			t.Errorf("mentions %v, descriptions %v", mentions, shown["descriptions"])
		}
		for _, key := range []string{"messages", "findings", "events", "flags"} {
			if _, ok := shown[key].([]any); !ok {
				t.Errorf("case show has no list %q", key)
			}
		}
		if verified := object(t, i.run("", "case", "verify", ref, "--json")); verified["whole"] != true {
			t.Errorf("case verify: %v", verified)
		}
		if human := i.run("", "case", "show", ref); !strings.Contains(human, "31297-50") || !strings.Contains(human, "dana@firm.example") {
			t.Errorf("case show for a person:\n%s", human)
		}
		began := time.Now()
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("an idle program took %v to stop", took)
		}
	})
}

func TestServeTellsTheOperatorHowItIs(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "")
	p := i.serve()
	if status, body := get(t, p.AdminURL()+"/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: %d %q", status, body)
	}
	until(t, "the mailbox is connected", func() bool {
		status, body := get(t, p.AdminURL()+"/readyz")
		return status == http.StatusOK && strings.Contains(body, `"state":"idle"`)
	})
	i.arrives(question("q1", "About 99213", "When is 99213 right?"))
	i.smtp.WaitMessages(t, 1)
	status, metrics := get(t, p.AdminURL()+"/metrics")
	for _, want := range []string{`caseconsultant_cases{state="waiting"} 1`, `caseconsultant_mailbox_connected{mailbox="consult"} 1`, `caseconsultant_database_up 1`, `caseconsultant_mailbox_kept{mailbox="consult"} 1`} {
		if status != http.StatusOK || !strings.Contains(metrics, want) {
			t.Errorf("metrics (%d) lack %s", status, want)
		}
	}
	if strings.Contains(metrics, "clinic.example") || strings.Contains(metrics, "99213") {
		t.Error("metrics hold something of a case")
	}
	if status, _ := get(t, p.DeskURL()+"/login"); status != http.StatusOK {
		t.Errorf("the desk's login: %d", status)
	}
	t.Run("JobsPage", func(t *testing.T) {
		if status, body := get(t, p.AdminURL()+"/jobs/"); status != http.StatusOK || !strings.Contains(body, "<html") {
			t.Errorf("River's page: %d", status)
		}
		for name, change := range map[string]func(*http.Request){
			"OtherName":   func(r *http.Request) { r.Host = "jobs.attacker.example" },
			"ThroughAWay": func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") },
			"OtherSite": func(r *http.Request) {
				r.Method = http.MethodPost
				r.Header.Set("Origin", "https://attacker.example")
			},
		} {
			if status, _ := get(t, p.AdminURL()+"/jobs/api/jobs", change); status != http.StatusForbidden {
				t.Errorf("%s was answered with %d", name, status)
			}
		}
	})
	t.Run("Reconcile", func(t *testing.T) {
		text, err := os.ReadFile(i.config)
		if err != nil {
			t.Fatal(err)
		}
		// The command finds the serving process by the admin address of the configuration.
		pinned := i.write("pinned.toml", strings.Replace(string(text), "[admin]\nlisten = \"127.0.0.1:0\"", fmt.Sprintf("[admin]\nlisten = %q", strings.TrimPrefix(p.AdminURL(), "http://")), 1))
		r := command(t, "", "--config", pinned, "reconcile", "--json")
		got := object(t, r.out)
		sweep := got["mailboxes"].([]any)[0].(map[string]any)["sweep"].(map[string]any)
		if r.status != 0 || got["kept"] != 1.0 || len(got["lost"].([]any)) != 0 || sweep["Listed"] != 1.0 {
			t.Errorf("reconcile (%d): %v", r.status, got)
		}
	})
}

func TestReconcileSweepsByItselfWhereNobodyServes(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		i.arrives(question("q1", "About 99213", "When is 99213 right?"))
		got := object(t, i.run("", "reconcile", "--json"))
		if got["kept"] != 1.0 || got["waiting"] != 1.0 || len(got["lost"].([]any)) != 0 {
			t.Errorf("reconcile: %v", got)
		}
		if again := i.run("", "reconcile"); !strings.Contains(again, "no mail was skipped") {
			t.Errorf("reconcile again:\n%s", again)
		}
		// What it fetched is read by the next serve.
		i.serve()
		i.smtp.WaitMessages(t, 1)
	})
}

func TestKeyIsMadeOnceAndNeverReplaced(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, url string) {
		i := newInstall(t, url, "")
		key := filepath.Join(i.dir, "caseconsultant.key")
		i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--password-stdin")
		first, err := os.ReadFile(key)
		if err != nil {
			t.Fatalf("the first start made no key: %v", err)
		}
		if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key's mode: %v, %v", info.Mode(), err)
		}
		if err := os.Remove(key); err != nil {
			t.Fatal(err)
		}
		if r := i.try("", "user", "list"); r.status != 1 || !strings.Contains(r.errors, "restore it") {
			t.Errorf("without its key: %d %s", r.status, r.errors)
		}
		if _, err := os.Stat(key); !errors.Is(err, os.ErrNotExist) {
			t.Error("a second key was made for a database that another one has sealed")
		}
		i.write("caseconsultant.key", store.NewKey().String()+"\n")
		if r := i.try("", "user", "list"); r.status != 1 || !strings.Contains(r.errors, "does not fit") {
			t.Errorf("with another key: %d %s", r.status, r.errors)
		}
		i.write("caseconsultant.key", string(first))
		if out := i.run("", "user", "list"); !strings.Contains(out, "dana@firm.example") {
			t.Errorf("with its own key again:\n%s", out)
		}
	})
}

func TestServeRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T, i *install, opts ProgramOptions) error {
		cfg, err := LoadConfig(i.config)
		if err != nil {
			t.Fatal(err)
		}
		opts.Stderr = testLog{t}
		p, err := New(cfg, opts)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return p.Run(ctx)
	}
	t.Run("PortInUse", func(t *testing.T) {
		t.Parallel()
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		i := newInstall(t, storetest.SQLiteURL(t), "")
		text, err := os.ReadFile(i.config)
		if err != nil {
			t.Fatal(err)
		}
		i.write("caseconsultant.toml", strings.Replace(string(text), "[desk]\nlisten = \"127.0.0.1:0\"", fmt.Sprintf("[desk]\nlisten = %q", taken.Addr()), 1))
		if err := start(t, i, ProgramOptions{}); err == nil || !strings.Contains(err.Error(), "[desk]") || !strings.Contains(err.Error(), "running already") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("PasswordFileMissing", func(t *testing.T) {
		t.Parallel()
		i := newInstall(t, storetest.SQLiteURL(t), "")
		if err := os.Remove(filepath.Join(i.dir, "password")); err != nil {
			t.Fatal(err)
		}
		if r := i.try("", "serve"); r.status != 2 || !strings.Contains(r.errors, "caseconsultant.toml:9: password_file") {
			t.Errorf("got %d %s", r.status, r.errors)
		}
	})
	t.Run("UnknownRole", func(t *testing.T) {
		t.Parallel()
		i := newInstall(t, storetest.SQLiteURL(t), "")
		if r := i.try("", "serve", "--roles", "watch,cook"); r.status != 2 || !strings.Contains(r.errors, `"watch", "work" or "desk"`) {
			t.Errorf("got %d %s", r.status, r.errors)
		}
	})
	t.Run("DatabaseUnreachable", func(t *testing.T) {
		t.Parallel()
		i := newInstall(t, "postgres://nobody@127.0.0.1:1/none?sslmode=disable", "")
		i.write("caseconsultant.key", store.NewKey().String())
		if err := start(t, i, ProgramOptions{}); err == nil || !strings.Contains(err.Error(), "[database] url") {
			t.Errorf("got %v", err)
		}
	})
}

func TestRolesCanBeSplitOverProcesses(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		cfg, err := LoadConfig(i.config)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range allRoles {
			p, err := New(cfg, ProgramOptions{Roles: []string{role}, Stderr: testLog{t}})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := p.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
			if (p.DeskURL() != "") != (role == roleDesk) {
				t.Errorf("role %s has the desk at %q", role, p.DeskURL())
			}
		}
		i.arrives(question("q1", "About 99213", "When is 99213 right?"))
		i.smtp.WaitMessages(t, 1)
	})
}
