package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/store/storetest"
)

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

// The starter holds no code set whole: it cannot say that a code is valid, nor that one is not.
func TestLookupOfTheStarterJudgesNoCode(t *testing.T) {
	t.Parallel()
	r := command(t, "", "lookup", "31297", "99998", "99201", "banana")
	for _, want := range []string{"CPT · listed · may be reported", "CPT · not known here", "CPT · not valid · CaseConsultant starter", "no code system · not valid"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("%q is missing in\n%s", want, r.out)
		}
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
	source := filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "fy2021")
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
