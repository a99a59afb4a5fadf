package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codebook"
)

// TestLookupShowsEditsAndFees: each fact stands with the release that says it, the order is column 1 paid before column 2 denied, and what no
// file answers for is told.
func TestLookupShowsEditsAndFees(t *testing.T) {
	t.Parallel()
	book := filepath.Join(t.TempDir(), "medicare.codebook")
	build := []string{"codes", "build", "--licence-accepted-by", "A Tester", "--out", book}
	for _, folder := range []string{"ncci2026", "rvu2025", "rvu2026", "opps2026"} {
		build = append(build, filepath.Join(moduleRoot, "workflow", "codebook", "testdata", folder))
	}
	if r := command(t, "", build...); r.status != 0 {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}
	for _, test := range []struct {
		name string
		args []string
		want []string
		none []string
	}{
		{"Fee", []string{"20610", "--dos", "2026-08-01"}, []string{
			"Medicare facts (Medicare physician fee schedule, July 2026)", "status A: active", "global days 000: the day itself", "bilateral 1: bilateral payment of 150 %",
			"office 1.96, facility 1.36 (work 0.79)", "conversion factor 33.4009, 33.5675 for qualifying participants", "practitioner: 3 codes are denied beside it, it is denied beside 1.",
			"status indicator T, APC 5441, national rate $285.14.", "payment indicator P3 (addendum AA), national rate $41.20",
			"Of the NCCI MUE table for practitioners no loaded file answers for 1 Aug 2026", "copyright 2025 American Medical Association"}, []string{"paid 20610", "large joint, needle"}},
		{"Pairs", []string{"20610", "--pairs", "--dos", "2026-08-01"}, []string{
			"paid 20610, denied J2001: both only with a modifier that the record supports; since 2004-01-01;", "paid 27447, denied 20610:", "paid 20610, denied 36591: never both; since before 1996;"}, nil},
		{"Limits", []string{"E0601", "--dos", "2026-05-01"}, []string{"practitioner: not paid through this kind of claim (limit 0); CMS Policy.", "DME supplier: 1 a day, absolute (MAI 2, policy)"}, []string{"not payable"}},
		{"AddOn", []string{"22552", "--dos", "2026-05-01"}, []string{"Type 1: paid only with one of these on the same claim: 22551."}, []string{"22554"}},
		{"Primary", []string{"22551", "--dos", "2026-05-01"}, []string{"Add-on codes that go with it", "22552"}, nil},
		{"Components", []string{"71046", "--dos", "2025-11-02"}, []string{"with 26: office 0.31", "with TC: office 0.70"}, nil},
		{"EarlierInTheYear", []string{"71046", "--dos", "2025-02-02"}, []string{"This is the release of 1 Oct 2025"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := command(t, "", append([]string{"lookup", "--codebook", book}, test.args...)...)
			if r.status != 0 {
				t.Fatalf("%d %s", r.status, r.errors)
			}
			text := strings.Join(strings.Fields(r.out), " ")
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, r.out)
				}
			}
			for _, none := range test.none {
				if strings.Contains(text, none) {
					t.Errorf("%q in\n%s", none, r.out)
				}
			}
		})
	}
	r := command(t, "", "lookup", "--codebook", book, "--json", "27447", "--dos", "2026-05-01")
	var e codebook.Entry
	if err := json.Unmarshal([]byte(r.out), &e); err != nil || e.Fee == nil || e.Fee.GlobalDays != "090" || len(e.MUE) != 2 || e.MUE[0].Value != 1 || len(e.Pairs) != 1 || e.Flags["global_days"] == "" {
		t.Errorf("%v\n%s", err, r.out)
	}
}
