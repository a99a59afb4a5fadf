package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/imaptest"
	"caseconsultant/mailout/smtptest"
	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/store/storetest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestUsage(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none.toml")
	for name, test := range map[string]struct {
		args   []string
		status int
		want   string // in what is printed
	}{
		"Help":              {[]string{"--help"}, 0, "case answer"},
		"Nothing":           {nil, 0, "case answer"},
		"HelpOfACommand":    {[]string{"case", "answer", "--help"}, 0, "--as=EMAIL"},
		"UnknownCommand":    {[]string{"cook"}, 2, "--help"},
		"UnknownFlag":       {[]string{"lookup", "31297", "--colour"}, 2, "--colour"},
		"MissingArgument":   {[]string{"lookup"}, 2, "code"},
		"MissingFlag":       {[]string{"case", "claim", "CC-1-AAAAA"}, 2, "--as"},
		"BadDay":            {[]string{"lookup", "31297", "--dos", "yesterday"}, 2, "2026-03-02"},
		"BadSystem":         {[]string{"search", "knee", "--system", "snomed"}, 2, `"icd10cm"`},
		"BadLimit":          {[]string{"search", "knee", "--limit", "0"}, 2, "from 1 to 200"},
		"BadState":          {[]string{"--config", none, "case", "list", "--state", "lost"}, 2, `"waiting"`},
		"BadFlag":           {[]string{"--config", none, "case", "list", "--flag", "blue"}, 2, `"overdue"`},
		"BadRole":           {[]string{"--config", none, "user", "add", "a@firm.example", "--role", "king"}, 2, "lead"},
		"NoConfiguration":   {[]string{"--config", none, "serve"}, 2, "caseconsultant init"},
		"NoCodebook":        {[]string{"lookup", "31297", "--codebook", none}, 1, "none.toml"},
		"NoTextOfAnswer":    {[]string{"--config", none, "case", "answer", "CC-1-AAAAA", "--as", "a@firm.example", "--file", none}, 2, "none.toml"},
		"TextAsArgument":    {[]string{"case", "answer", "CC-1-AAAAA", "--as", "a@firm.example", "Yes, it is."}, 2, "argument"},
		"BuildOfNothing":    {[]string{"codes", "build", "--out", none}, 2, "path"},
		"BuildOfMissing":    {[]string{"codes", "build", "--out", none, "/nowhere/files.zip"}, 1, "/nowhere/files.zip"},
		"InitWithoutPerson": {[]string{"--config", none, "init"}, 2, "--yes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := command(t, "", test.args...)
			if r.status != test.status || !strings.Contains(r.out+r.errors, test.want) {
				t.Errorf("exit status %d, want %d with %q:\n%s%s", r.status, test.status, test.want, r.out, r.errors)
			}
			if test.status != 0 && r.out != "" {
				t.Errorf("an error is printed among the results: %q", r.out)
			}
		})
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	r := command(t, "", "lookup", "31297-50", "m5450", "25", "99998", "banana", "--json")
	if r.status != 0 {
		t.Fatalf("exit status %d: %s", r.status, r.errors)
	}
	got := objects(t, r.out)
	if len(got) != 5 {
		t.Fatalf("%d objects for five codes:\n%s", len(got), r.out)
	}
	for i, want := range []struct {
		system, code string
		valid        bool
	}{{"cpt", "31297", true}, {"icd10cm", "M54.50", true}, {"modifier", "25", true}, {"cpt", "99998", false}, {"", "banana", false}} {
		if got[i]["system"] != want.system || got[i]["code"] != want.code || got[i]["valid"] != want.valid {
			t.Errorf("object %d: %v, want %+v", i, got[i], want)
		}
		for _, key := range []string{"billable", "title", "descriptions", "parents", "status", "flags", "release"} {
			if value, ok := got[i][key]; !ok || value == nil {
				t.Errorf("object %d has no %q", i, key)
			}
		}
		if got[i]["status"] == "" {
			t.Errorf("object %d does not say where it stands", i)
		}
	}
	for _, description := range got[0]["descriptions"].([]any) {
		for _, key := range []string{"kind", "text", "source", "copyright", "reviewed_by"} {
			if _, ok := description.(map[string]any)[key].(string); !ok {
				t.Errorf("a description has no %q: %v", key, description)
			}
		}
	}
	human := command(t, "", "lookup", "31297").out
	for _, want := range []string{"31297", "CPT", "In common words", "not yet reviewed by a certified coder"} {
		if !strings.Contains(human, want) {
			t.Errorf("for a person it lacks %q:\n%s", want, human)
		}
	}
	for line := range strings.Lines(human) {
		if len([]rune(strings.TrimSuffix(line, "\n"))) > 100 {
			t.Errorf("a line is too long for a terminal: %q", line)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	r := command(t, "", "search", "balloon", "sphenoid", "--system", "cpt", "--limit", "3", "--json")
	got := objects(t, r.out)
	if r.status != 0 || len(got) == 0 || len(got) > 3 || got[0]["code"] != "31297" {
		t.Fatalf("exit status %d: %s%s", r.status, r.out, r.errors)
	}
	for _, key := range []string{"system", "code", "title", "kind", "score"} {
		if _, ok := got[0][key]; !ok {
			t.Errorf("a hit has no %q", key)
		}
	}
	if r := command(t, "", "search", "xyzzyqwert"); r.status != 0 || !strings.Contains(r.errors, "Nothing found") {
		t.Errorf("nothing to be found: %d %q %q", r.status, r.out, r.errors)
	}
}

func TestCodesBuildAndInfo(t *testing.T) {
	t.Parallel()
	book := filepath.Join(t.TempDir(), "codebook.db")
	source := filepath.Join(house, "workflow", "codebook", "testdata", "fy2021")
	r := command(t, "", "codes", "build", "--out", book, source)
	if r.status != 0 || !strings.Contains(r.out, "ICD-10-CM") {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}
	releases := objects(t, command(t, "", "codes", "info", book, "--json").out)
	if !slices.ContainsFunc(releases, func(r map[string]any) bool { return r["kind"] == "icd10cm" }) || !slices.ContainsFunc(releases, func(r map[string]any) bool { return r["kind"] == "starter" }) {
		t.Errorf("info: %v", releases)
	}
	if out := command(t, "", "codes", "info").out; !strings.Contains(out, "starter") {
		t.Errorf("info of the starter:\n%s", out)
	}
	if out := command(t, "", "codes", "fetch").out; !strings.Contains(out, "https://www.cms.gov/") || !strings.Contains(out, "downloads nothing") {
		t.Errorf("fetch:\n%s", out)
	}
	before, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	if r := command(t, "", "codes", "build", "--out", book, "/nowhere"); r.status != 1 {
		t.Errorf("building from nothing: %d", r.status)
	}
	if after, err := os.ReadFile(book); err != nil || string(after) != string(before) {
		t.Error("a failed build changed the codebook")
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	files := []string{"testdata/inspect/question.eml", "testdata/inspect/nothing.eml", "testdata/inspect/bounce.eml", "testdata/inspect/attachment.eml", "testdata/inspect"}
	r := command(t, "", append([]string{"inspect", "--json"}, files...)...)
	if r.status != 1 || !strings.Contains(r.errors, "2 of 5 files") {
		t.Errorf("exit status %d with two files that cannot be read: %s", r.status, r.errors)
	}
	golden := filepath.Join("testdata", "inspect", "golden.jsonl")
	if *update {
		if err := os.WriteFile(golden, []byte(r.out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := objects(t, r.out), objects(t, string(want))
	if len(got) != len(files) || len(wanted) != len(files) {
		t.Fatalf("%d lines, %d in the golden file, for %d files", len(got), len(wanted), len(files))
	}
	for i, file := range files {
		if got[i]["file"] != file {
			t.Errorf("line %d is of %v, want %s", i, got[i]["file"], file)
		}
		a, b := indented(t, got[i]), indented(t, wanted[i])
		if a != b {
			t.Errorf("%s: got\n%s\nwant (run with -update if it is meant to change)\n%s", file, a, b)
		}
	}
}

func indented(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestInspectHasTheKeysOfTheContract: other programs rely on each of them, lists never being null.
func TestInspectHasTheKeysOfTheContract(t *testing.T) {
	t.Parallel()
	r := command(t, "", "inspect", "--json", "testdata/inspect/question.eml")
	got := object(t, r.out)
	for _, key := range []string{"file", "message", "trust", "intent", "kind", "topics", "payer", "date_of_service", "dates", "references", "mentions", "findings", "not_checked"} {
		if value, ok := got[key]; !ok || value == nil {
			t.Errorf("%q is missing or null", key)
		}
	}
	message := got["message"].(map[string]any)
	for _, key := range []string{"message_id", "from", "to", "subject", "date", "text", "reply", "quoted", "signature", "reply_offsets", "screen", "auto", "bounce",
		"bounce_recipient", "bounce_status", "attachments", "problems"} {
		if value, ok := message[key]; !ok || value == nil {
			t.Errorf("message.%q is missing or null", key)
		}
	}
	text, reply := message["text"].(string), ""
	for _, span := range message["reply_offsets"].([]any) {
		reply += text[int(span.([]any)[0].(float64)):int(span.([]any)[1].(float64))]
	}
	if reply != message["reply"] {
		t.Errorf("reply_offsets cut %q out of the text, reply is %q", reply, message["reply"])
	}
	codes := make(map[string]bool)
	for _, m := range got["mentions"].([]any) {
		mention := m.(map[string]any)
		for _, key := range []string{"system", "code", "modifiers", "units", "range_end", "text", "source", "attachment", "start", "end", "group", "role"} {
			if value, ok := mention[key]; !ok || value == nil {
				t.Errorf("mention.%q is missing or null", key)
			}
		}
		codes[mention["code"].(string)] = true
		if mention["source"] == "reply" && reply[int(mention["start"].(float64)):int(mention["end"].(float64))] != mention["text"] {
			t.Errorf("the offsets of %v do not lead to its text", mention)
		}
	}
	for _, code := range []string{"31297", "31288", "J32.3"} {
		if !codes[code] {
			t.Errorf("%s was not found", code)
		}
	}
	more := object(t, command(t, "", "inspect", "--json", "--texts", "--explain", "testdata/inspect/question.eml").out)
	if len(more["texts"].([]any)) < 2 || len(more["explain"].([]any)) < 3 {
		t.Errorf("--texts --explain added %v and %v", more["texts"], more["explain"])
	}
}

func TestInspectKeepsTheOrderOfManyFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"inspect", "--json"}
	const many = 500
	for i := range many {
		file := filepath.Join(dir, fmt.Sprintf("%d.eml", i))
		body := strings.Repeat("word ", (i%7)*2000) + fmt.Sprintf("\nIs CPT %d right?", 99202+i%4)
		if err := os.WriteFile(file, question(fmt.Sprint("q", i), fmt.Sprint("Mail ", i), body), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	r := command(t, "", args...)
	got := objects(t, r.out)
	if r.status != 0 || len(got) != many {
		t.Fatalf("exit status %d, %d lines: %s", r.status, len(got), r.errors)
	}
	for i, o := range got {
		if o["file"] != args[i+2] || o["message"].(map[string]any)["subject"] != fmt.Sprint("Mail ", i) {
			t.Fatalf("line %d is of %v", i, o["file"])
		}
	}
}

func TestInspectForAPersonIsSafeOnATerminal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "evil.eml")
	if err := os.WriteFile(file, question("q", "Hello \x1b]0;owned\x07", "Is 99213 right?\x1b[2J"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := command(t, "", "inspect", "--texts", file)
	if r.status != 0 || strings.ContainsAny(r.out, "\x1b\x07") || !strings.Contains(r.out, "99213") {
		t.Errorf("exit status %d: %q", r.status, r.out)
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "")
	if r := i.try("", "user", "list"); r.status != 0 || !strings.Contains(r.errors, "user add") {
		t.Errorf("nobody yet: %d %q", r.status, r.errors)
	}
	i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--name", "Dana Example", "--credential", "CPC", "--role", "admin", "--password-stdin")
	i.run("another good passphrase", "user", "add", "lee@firm.example", "--password-stdin")
	for name, test := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"Twice":        {"a long enough passphrase\n", []string{"user", "add", "Dana@firm.example", "--password-stdin"}, "exists already"},
		"WeakPassword": {"short\n", []string{"user", "add", "kim@firm.example", "--password-stdin"}, "password"},
		"NoAddress":    {"a long enough passphrase\n", []string{"user", "add", "kim", "--password-stdin"}, "email address"},
		"LastAdmin":    {"", []string{"user", "disable", "dana@firm.example"}, "only active admin"},
		"Unknown":      {"", []string{"user", "disable", "kim@firm.example"}, "user list"},
	} {
		if r := i.try(test.stdin, test.args...); r.status != 1 || !strings.Contains(r.errors, test.want) {
			t.Errorf("%s: exit status %d, %q", name, r.status, r.errors)
		}
	}
	if r := i.try("", "user", "add", "kim@firm.example"); r.status != 2 || !strings.Contains(r.errors, "--password-stdin") {
		t.Errorf("without a terminal: %d %q", r.status, r.errors)
	}
	i.run("", "user", "disable", "LEE@firm.example")
	users := objects(t, i.run("", "user", "list", "--json"))
	if len(users) != 2 || users[0]["email"] != "dana@firm.example" || users[0]["role"] != "admin" || users[0]["credential"] != "CPC" || users[0]["disabled_at"] != "" ||
		users[1]["role"] != "consultant" || users[1]["disabled_at"] == "" {
		t.Errorf("users: %v", users)
	}
	if human := i.run("", "user", "list"); !strings.Contains(human, "Dana Example, CPC") || !strings.Contains(human, "disabled") {
		t.Errorf("for a person:\n%s", human)
	}
	i.run("", "user", "enable", "lee@firm.example")
	i.run("a third good passphrase\n", "user", "password", "lee@firm.example", "--password-stdin")
	if users := objects(t, i.run("", "user", "list", "--json")); users[1]["disabled_at"] != "" {
		t.Errorf("enabled again: %v", users)
	}
}

func TestCaseCommandsWhileServing(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		i.serve()
		for n := range 3 {
			i.arrives(question(fmt.Sprint("q", n), fmt.Sprint("Question ", n), fmt.Sprintf("When is CPT %d right?", 99212+n)))
		}
		i.smtp.WaitMessages(t, 3)
		i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--password-stdin")
		i.run("another good passphrase\n", "user", "add", "lee@firm.example", "--password-stdin")
		list := objects(t, i.run("", "case", "list", "--json"))
		if len(list) != 3 {
			t.Fatalf("cases: %v", list)
		}
		ref := func(n int) string { return list[n]["ref"].(string) }

		// O for 0 and so on are forgiven, and so is the case of letters.
		written := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(ref(0)))
		if got := object(t, i.run("", "case", "claim", written, "--as", "dana@firm.example", "--json")); got["state"] != "claimed" || got["claimed_by"] != "dana@firm.example" {
			t.Errorf("claim: %v", got)
		}
		if r := i.try("words", "case", "answer", ref(0), "--as", "lee@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "dana@firm.example") {
			t.Errorf("answering a colleague's case: %d %q", r.status, r.errors)
		}
		if mine := objects(t, i.run("", "case", "list", "--as", "dana@firm.example", "--json")); len(mine) != 1 || mine[0]["ref"] != ref(0) {
			t.Errorf("dana's cases: %v", mine)
		}
		i.run("Look at the time rule.", "case", "note", ref(0), "--as", "lee@firm.example", "--file", "-")
		if got := object(t, i.run("How long was the visit?\r\n", "case", "ask", ref(0), "--as", "dana@firm.example", "--file", "-", "--json")); got["state"] != "asked_back" ||
			got["delivery"].(map[string]any)["kind"] != "ask_back" {
			t.Errorf("ask: %v", got)
		}
		if asked := string(i.smtp.WaitMessages(t, 4)[3].Data); !strings.Contains(asked, "How long was the visit?") || strings.Contains(asked, "time rule") {
			t.Errorf("the question to the asker:\n%s", asked)
		}
		i.run("Answered by telephone.", "case", "close", ref(1), "--as", "dana@firm.example", "--file", "-")
		if r := i.try("words", "case", "answer", ref(1), "--as", "dana@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "nothing was sent") {
			t.Errorf("an answer to a closed case: %d %q", r.status, r.errors)
		}
		if r := i.try(" \n", "case", "answer", ref(2), "--as", "dana@firm.example", "--file", "-"); r.status != 1 || !strings.Contains(r.errors, "nothing to send") {
			t.Errorf("an empty answer: %d %q", r.status, r.errors)
		}
		if r := i.try("", "case", "show", "CC-1-AAAAA"); r.status != 1 || !strings.Contains(r.errors, "case list") {
			t.Errorf("a case that does not exist: %d %q", r.status, r.errors)
		}
		i.run("", "user", "disable", "lee@firm.example")
		if r := i.try("", "case", "claim", ref(2), "--as", "lee@firm.example"); r.status != 1 || !strings.Contains(r.errors, "disabled") {
			t.Errorf("a disabled consultant: %d %q", r.status, r.errors)
		}
		for _, test := range []struct {
			args []string
			want []string
		}{
			{[]string{"--state", "closed"}, []string{ref(1)}},
			{[]string{"--state", "closed,waiting"}, []string{ref(1), ref(2)}},
			{[]string{"--code", "99214"}, []string{ref(2)}},
			{[]string{"--queue", "surgery"}, nil},
			{[]string{"--limit", "2"}, []string{ref(0), ref(1)}},
		} {
			var got []string
			for _, one := range objects(t, i.run("", append([]string{"case", "list", "--json"}, test.args...)...)) {
				got = append(got, one["ref"].(string))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("case list %v: %v, want %v", test.args, got, test.want)
			}
		}
		if shown := object(t, i.run("", "case", "show", ref(0), "--json")); shown["notes"].([]any)[0].(map[string]any)["body"] != "Look at the time rule." {
			t.Errorf("notes: %v", shown["notes"])
		}
		if human := i.run("", "case", "list"); !strings.Contains(human, "asked_back") || !strings.Contains(human, "Question 2") {
			t.Errorf("for a person:\n%s", human)
		}
		if r := i.try("", "case", "verify"); r.status != 0 || !strings.Contains(r.out, "3 cases") || !strings.Contains(r.out, "0 broken") {
			t.Errorf("verify: %d\n%s", r.status, r.out)
		}
	})
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	eachInstall(t, func(t *testing.T, i *install) {
		for range 2 {
			if out := i.run("", "migrate"); !strings.Contains(out, "as this program needs it") {
				t.Errorf("migrate: %q", out)
			}
		}
	})
}

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

func TestPrintable(t *testing.T) {
	t.Parallel()
	if got := printable("a\x1b[31m\tb\u202ec\u009b\nd"); got != "a[31m bc d" {
		t.Errorf("got %q", got)
	}
	if got := stateWords(&casefile.Case{State: casefile.Waiting, Flags: []casefile.Flag{casefile.Overdue}}); got != "waiting overdue" {
		t.Errorf("got %q", got)
	}
}
