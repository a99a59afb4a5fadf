package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/store/storetest"
)

// TestLicenceConfiguration: what the tables say is what is permitted, and nothing without them.
func TestLicenceConfiguration(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	c, err := ParseConfig("/etc/cc/caseconsultant.toml", []byte(least))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Licence.Set.InForce(licence.Desk, day); len(got) != 0 {
		t.Errorf("without a word about it: %v", got)
	}
	c, err = ParseConfig("/etc/cc/caseconsultant.toml", []byte(least+`[licence.cpt]
kind = "distribution"
holder = "Example Coding"
number = "EX-1"
expires = "2026-12-31"
users = 3
[licence.ub04]
kind = "internal"
`))
	if err != nil {
		t.Fatal(err)
	}
	set := c.Licence.Set
	if one := set[licence.CPT]; one.Holder != "Example Coding" || one.Number != "EX-1" || one.Users != 3 || one.Expires.Format(time.DateOnly) != "2026-12-31" {
		t.Errorf("%+v", one)
	}
	if !set.Permits(licence.CPT, licence.Mail, day) || set.Permits(licence.CPT, licence.Mail, day.AddDate(0, 0, 60)) || !set.Permits(licence.UB04, licence.Desk, day) ||
		set.Permits(licence.UB04, licence.Mail, day) || set.Permits(licence.CDT, licence.Desk, day) {
		t.Errorf("%+v", set)
	}
	if len(c.NotYet) != 1 || !strings.Contains(c.NotYet[0], "licence.ub04.kind") {
		t.Errorf("not yet: %q", c.NotYet)
	}
	for text, want := range map[string]string{
		"[licence.cpt]\nkind = \"internal\"\nexpires = \"soon\"":             `write a day in quotes such as "2026-12-31"`,
		"[licence.cpt]\nkind = \"internal\"\nusers = 0":                      "whole number above zero",
		"[licence.cdt]\nkind = \"all\"":                                      `"none", "internal" or "distribution"`,
		"[licence.cpt]\nkind = \"internal\"\nowner = \"Example Coding\"":     "owner",
		"[licence.snomed]\nkind = \"internal\"":                              "snomed",
		"[licence.carc]\nkind = \"internal\"\nexpires = 2026-12-31T00:00:00": "expires",
	} {
		if _, err := ParseConfig("/etc/cc/caseconsultant.toml", []byte(least+text+"\n")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// TestLicencesAtTheCommandLine: look-ups show the owner's words only when asked to, and only under a licence in force; the doctor says where they
// are shown, that a licence ends, and that more people may sign in than it is for.
func TestLicencesAtTheCommandLine(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "")
	plain := readText(t, i.config)
	i.run("a long enough passphrase\n", "user", "add", "dana@firm.example", "--role", "admin", "--password-stdin")
	i.run("a long enough passphrase\n", "user", "add", "lee@firm.example", "--password-stdin")
	with := func(text string) { i.write("caseconsultant.toml", plain+text) }
	book := filepath.Join(i.dir, "licensed.codebook")
	build := []string{"codes", "build", "--out", book, filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "cpt2025")}
	if r := command(t, "", build...); r.status != 0 || !strings.Contains(r.errors, "nobody has said that they accepted the licence of ") || !strings.Contains(r.out, "by nobody yet (codes build --licence-accepted-by NAME)") {
		t.Fatalf("the licensee's files are built in without a word: %d %s%s", r.status, r.out, r.errors)
	}
	with("[codebook]\npath = \"licensed.codebook\"\n")
	if out := i.try("", "doctor").out; !strings.Contains(out, "warn  codebook   nobody has said that they accepted the licence of ") {
		t.Errorf("the doctor does not say that nobody accepted:\n%s", out)
	}
	if r := command(t, "", append(build, "--licence-accepted-by", "Dana Example")...); r.status != 0 || !strings.Contains(r.out, "by Dana Example on ") {
		t.Fatalf("build: %d %s%s", r.status, r.out, r.errors)
	}
	if out := command(t, "", "codes", "info", book).out; !strings.Contains(out, "by Dana Example on ") || !strings.Contains(out, "LONGULT.txt") {
		t.Errorf("codes info does not say who accepted what:\n%s", out)
	}
	if r := command(t, "", build...); r.status != 0 || strings.Contains(r.errors, "nobody") {
		t.Errorf("a rebuild asks again: %d %s", r.status, r.errors)
	}
	look := func(args ...string) result {
		return i.try("", append([]string{"lookup", "31297", "--dos", "2025-06-01", "--codebook", book}, args...)...)
	}
	soon, past := time.Now().AddDate(0, 0, 30).Format(time.DateOnly), time.Now().AddDate(0, 0, -2).Format(time.DateOnly)
	for name, test := range map[string]struct {
		config string
		shown  bool
		doctor []string
	}{
		"None":     {"", false, []string{"ok    licence    cpt: none, so no text of the American Medical Association is shown; using CPT codes in a service may itself need a licence"}},
		"Internal": {"[licence.cpt]\nkind = \"internal\"\n", true, []string{"may be shown at the desk\n", "warn  licence    cpt: write its holder and number"}},
		"Ending": {fmt.Sprintf("[licence.cpt]\nkind = \"distribution\"\nholder = \"Example Coding\"\nnumber = \"EX-1\"\nusers = 1\nexpires = %q\n", soon), true,
			[]string{"at the desk and in mails until " + soon, "warn  licence    cpt: it ends in ", "cpt: it is for 1 people, and 2 may sign in"}},
		"Ended": {fmt.Sprintf("[licence.cpt]\nkind = \"distribution\"\nholder = \"Example Coding\"\nnumber = \"EX-1\"\nexpires = %q\n", past), false, []string{"warn  licence    cpt: The licence for the words of the American Medical Association ended on " + past}},
	} {
		with(test.config)
		if r := look(); strings.Contains(strings.ToLower(r.out), "licensee") {
			t.Errorf("%s: without --licensed: %s", name, r.out)
		}
		r := look("--licensed")
		if r.status != 0 || strings.Contains(r.out, "Long descriptor text of the licensee") != test.shown || strings.Contains(r.out, "American Medical Association") != test.shown ||
			!strings.Contains(r.out, "In common words") || (r.errors == "") != test.shown {
			t.Errorf("%s: %d %s%s", name, r.status, r.out, r.errors)
		}
		out := i.try("", "doctor").out
		for _, want := range test.doctor {
			if !strings.Contains(out, want) {
				t.Errorf("%s: the doctor lacks %q:\n%s", name, want, out)
			}
		}
	}
}
