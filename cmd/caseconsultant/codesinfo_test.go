package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/store/storetest"
)

// TestCodesInfo: what is inside, how large and old, what answers today and what does not.
func TestCodesInfo(t *testing.T) {
	t.Parallel()
	book := filepath.Join(t.TempDir(), "codebook.db")
	if r := command(t, "", "codes", "build", "--out", book, filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "fy2021")); r.status != 0 {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}
	human := command(t, "", "codes", "info", book).out
	for _, want := range []string{book, "MB, written ", "(today)", "ICD-10-CM FY2021", "nothing answers: ICD-10-CM FY2021 from 1 Jan 2021 ended on 2021-09-30; since then ", "quarters have begun"} {
		if !strings.Contains(human, want) {
			t.Errorf("it lacks %q:\n%s", want, human)
		}
	}
	lines := objects(t, command(t, "", "codes", "info", book, "--json").out)
	last := lines[len(lines)-1]
	if last["codebook"] != book || last["starter"] != false || last["bytes"].(float64) < 10_000 || len(last["today"].([]any)) == 0 || last["acceptances"] == nil {
		t.Errorf("about the file: %v", last)
	}
	covering := 0
	for _, line := range lines[:len(lines)-1] {
		if line["covers_today"] == true {
			covering++
			if line["kind"] != "starter" {
				t.Errorf("%v covers today", line["name"])
			}
		}
	}
	if covering != 1 {
		t.Errorf("%d releases cover today, want the starter alone", covering)
	}
}

// TestAcceptingALicence: a name by the flag or typed at a terminal; without one nobody is named.
func TestAcceptingALicence(t *testing.T) {
	t.Parallel()
	terms := []codebook.Terms{{Line: "CPT only copyright 2026 American Medical Association.", Files: []string{"mue.csv", "ptp.zip/f1.txt"}}}
	for name, test := range map[string]struct {
		flag, typed string
		terminal    bool
		by          string
	}{
		"Flag":          {"Dana Example", "", false, "Dana Example"},
		"FlagOfBlanks":  {"  ", "", false, ""},
		"Pipe":          {"", "Dana Example\n", false, ""}, // goes on, and nobody is named
		"Terminal":      {"", " Dana Example \n", true, "Dana Example"},
		"TerminalEnter": {"", "\n", true, ""},
		"TerminalEOF":   {"", "", true, ""},
	} {
		var errs bytes.Buffer
		c := &console{ctx: t.Context(), in: strings.NewReader(test.typed), err: &errs, terminal: test.terminal}
		by, on, err := (&codesBuildCommand{LicenceAcceptedBy: test.flag}).accept(c)(terms)
		if by != test.by || (err == nil) != (test.by != "" || !test.terminal) || by != "" && time.Since(on) > 24*time.Hour {
			t.Errorf("%s: %q on %v, %v", name, by, on, err)
		}
		if err != nil && !errors.Is(err, errNotAccepted) {
			t.Errorf("%s: %v", name, err)
		}
		told := errs.String()
		if test.terminal && (!strings.Contains(told, terms[0].Line) || !strings.Contains(told, "ptp.zip/f1.txt")) {
			t.Errorf("%s: the terms are not shown: %q", name, told)
		}
	}
}

// TestDoctorSeesAnOldCodebook: a quarter or a 1 October that passed without a new release is a warning with what to do.
func TestDoctorSeesAnOldCodebook(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "[codebook]\npath = \"house.codebook\"\n")
	book := filepath.Join(i.dir, "house.codebook")
	if r := command(t, "", "codes", "build", "--out", book, filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "fy2021")); r.status != 0 {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}
	out := i.try("", "doctor").out
	if !strings.Contains(out, "warn  codebook   ICD-10-CM FY2021 from 1 Jan 2021 ended on 2021-09-30; since then ") || !strings.Contains(out, "fiscal years 2022 to ") || !strings.Contains(out, "codes fetch") {
		t.Errorf("the doctor:\n%s", out)
	}
	if strings.Contains(out, "ok    codebook") {
		t.Errorf("the doctor is content:\n%s", out)
	}
}
