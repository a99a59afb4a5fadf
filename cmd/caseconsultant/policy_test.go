package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDoctorNamesWhatEndsSoon(t *testing.T) {
	t.Parallel()
	said := func(file, today string) string {
		var out bytes.Buffer
		cfg := &Config{}
		cfg.Codebook.Policy = file
		day, err := time.Parse(time.DateOnly, today)
		if err != nil {
			t.Fatal(err)
		}
		d := &doctor{console: &console{ctx: t.Context(), out: &out, err: &out}, cfg: cfg}
		d.checkPolicy(day)
		return out.String()
	}
	out := said("", "2026-11-24")
	for _, want := range []string{
		"ok    policy ", "are from professional knowledge and to be verified",
		"warn  policy     conversion-factor qp ends on 2026-12-31 (Medicare fee schedule relative value file 2026, QPP): afterwards it is not checked",
		"warn  policy     anesthesia-conversion national ended on 2025-12-31",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the doctor does not say %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "telehealth") {
		t.Errorf("what ends in a year is named:\n%s", out)
	}
	file := filepath.Join(t.TempDir(), "policy.tsv")
	table := "rule\tkey\tvalue\tfrom\tto\tauthority\tread_on\tstanding\tnote\nconversion-factor\tqp\t34\t2027-01-01\t2027-12-31\tfinal rule CY2027\t2026-11-20\tread\t\n"
	if err := os.WriteFile(file, []byte(table), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := said(file, "2026-11-24"); !strings.Contains(out, "1 row of the house's own") || strings.Contains(out, "conversion-factor qp") || !strings.Contains(out, "conversion-factor non-qp ends") {
		t.Errorf("with a newer row of the house:\n%s", out)
	}
	if out := said(filepath.Join(t.TempDir(), "missing.tsv"), "2026-11-24"); !strings.HasPrefix(out, "fail  policy") {
		t.Errorf("without the house's file:\n%s", out)
	}
}

func TestCodesPolicyShowsWhatHoldsOnADay(t *testing.T) {
	t.Parallel()
	r := command(t, "", "codes", "policy", "conversion-factor", "g2211", "--dos", "2026-11-24")
	if r.status != 0 || strings.Contains(r.out, "32.3465") || !strings.Contains(r.out, "33.5675") || !strings.Contains(r.out, "to be verified") || strings.Contains(r.out, "em-time") {
		t.Errorf("%+v", r)
	}
	r = command(t, "", "codes", "policy", "--dos", "2026-11-24", "--json", "appeal-days")
	if r.status != 0 || !strings.Contains(r.out, `"rule":"appeal-days","key":"medicare_ffs/redetermination","value":"120","from":"2005-05-01","to":"","authority":"42 CFR 405.942"`) {
		t.Errorf("%+v", r)
	}
}
