package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// feeBook is a codebook of the fixtures of both years' fee schedules.
var feeBook = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "caseconsultant-fee-")
	if err != nil {
		panic(err)
	}
	return filepath.Join(dir, "fees.codebook")
})

var buildFeeBook sync.Once

func feesOf(t *testing.T, args ...string) result {
	t.Helper()
	buildFeeBook.Do(func() {
		fixtures := filepath.Join(moduleRoot, "workflow", "codebook", "testdata")
		if r := command(t, "", "codes", "build", "--out", feeBook(), filepath.Join(fixtures, "rvu2025"), filepath.Join(fixtures, "rvu2026")); r.status != 0 {
			t.Fatal(r.errors)
		}
	})
	return command(t, "", append([]string{"fee", "--codebook", feeBook()}, args...)...)
}

func TestFee(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args   string
		status int
		want   []string
	}{
		"National":       {"20610 --dos 2025-11-03", 0, []string{"Medicare allowed amount, national (all indices 1), service on 2025-11-03", "office, all practitioners: $63.40", "facility, all practitioners: $43.99", "0.79 x 1 + 1.04 x 1 + 0.13 x 1 = 1.96", "x 32.3465", "No locality was named"}},
		"Locality":       {"20610 miami office 2025-11-03", 0, []string{"FL MIAMI", "0.79 x 1 + 1.04 x 1.027 + 0.13 x 2.50", "Limiting charge without assignment"}},
		"StateIsOne":     {"20610 AL office 2025-11-03", 0, []string{"AL ALABAMA", "office, all practitioners: $57.21"}}, // (0.79 + 0.90376 + 0.07475) x 32.3465
		"SeveralFit":     {"20610 CA 2025-11-03", 0, []string{`"CA" has 7 localities: name one of them.`, "CA 01112/54  BAKERSFIELD", "CA 01182/18  LOS ANGELES"}},
		"Number":         {"20610 CA 18 office 2025-11-03", 0, []string{"CA LOS ANGELES"}},
		"NoSuchPlace":    {"20610 atlantis 2025-11-03", 1, []string{`no Medicare locality fits "atlantis"`}},
		"BothSides":      {"20610-50 office 2025-11-03", 0, []string{"50, both sides: $63.40 x 150 % = $95.10"}},
		"ModifierFlag":   {"71046 office 2025-11-03 --modifier 26", 0, []string{"71046-26: $10.03"}},
		"Technical":      {"71046-TC office 2025-11-03", 0, []string{"71046-TC: $22.64"}},
		"Units":          {"20610 office 2025-11-03 --units 2", 0, []string{"20610 x2: $95.10"}},
		"Family":         {"31297 31231 facility 2025-11-03", 0, []string{"31231: $0.00", "31297: $139.74"}},
		"Laboratory":     {"36415 office 2025-11-03", 0, []string{"36415: no amount. status X", "another\n   schedule (laboratory, ambulance, supplies) may price it"}},
		"Contractor":     {"19499 office 2025-11-03", 0, []string{"19499: no amount. status C: the contractor sets the price"}},
		"NotUsed":        {"A0021 office 2025-11-03", 0, []string{"A0021: no amount. status I"}},
		"TwoFactors":     {"99213 office 2026-08-03", 0, []string{"office, not a qualifying participant: $91.85", "office, qualifying participant in an advanced payment model: $92.31"}},
		"NoFileOfTheDay": {"99213 2024-03-04", 1, []string{"no fee schedule is loaded for 4 Mar 2024"}},
		"NoPlacesIn2026": {"99213 TX 2026-08-03", 1, []string{"no file of localities (GPCI) is loaded for 3 Aug 2026"}},
		"NoCode":         {"texas", 2, []string{"no code is named"}},
		"BadDay":         {"99213 --dos soon", 2, []string{"is no day"}},
		"BadModifier":    {"99213 --modifier 2x5", 2, []string{"two characters"}},
		"NoUnits":        {"99213 --units 0", 2, []string{"--units must be from 1"}},
		"Sequestration":  {"99213 2025-11-03", 0, []string{"not what anybody will\npay", "sequestration"}},
		"RareInOffice":   {"27447 office 2025-11-03", 0, []string{"27447 is rarely or never done in an office (NA)"}},
	} {
		r := feesOf(t, strings.Fields(test.args)...)
		if r.status != test.status {
			t.Errorf("%s: exit status %d, want %d: %s%s", name, r.status, test.status, r.out, r.errors)
		}
		for _, want := range test.want {
			if !strings.Contains(r.out+r.errors, want) {
				t.Errorf("%s: lacks %q:\n%s%s", name, want, r.out, r.errors)
			}
		}
		for _, never := range []string{"payment amount", "will be paid", "payable"} {
			if strings.Contains(r.out, never) {
				t.Errorf("%s: says %q", name, never)
			}
		}
	}
}

func TestFeeForPrograms(t *testing.T) {
	t.Parallel()
	r := feesOf(t, "20610-50", "AL", "2025-11-03", "--json")
	var got struct {
		Name     string
		Locality struct{ State, Locality string }
		Day      string `json:"date_of_service"`
		Amounts  []struct {
			Place, Factor string
			Total         float64
			Whole         bool `json:"every_line_has_an_amount"`
			Lines         []struct {
				Code      string
				Modifiers []string
				Units     int
				Amount    float64
				Steps     []struct{ What, How, Result, Source string }
			}
		}
		Notes, Sources []string
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || r.status != 0 {
		t.Fatalf("%v %d %s%s", err, r.status, r.out, r.errors)
	}
	if got.Name != "Medicare allowed amount" || got.Locality.State != "AL" || got.Day != "2025-11-03" || len(got.Amounts) != 2 || len(got.Sources) < 2 || len(got.Notes) == 0 {
		t.Fatalf("%s", r.out)
	}
	a := got.Amounts[0]
	if a.Place != "office" || a.Total != 85.82 || !a.Whole || a.Lines[0].Code != "20610" || a.Lines[0].Modifiers[0] != "50" || a.Lines[0].Units != 1 || len(a.Lines[0].Steps) < 5 || a.Lines[0].Steps[0].Source == "" {
		t.Errorf("%+v", a)
	}
}

func TestFeeWithoutASchedule(t *testing.T) {
	t.Parallel()
	if r := command(t, "", "fee", "99214"); r.status != 1 || !strings.Contains(r.errors, "no fee schedule is loaded for") {
		t.Errorf("%d %s%s", r.status, r.out, r.errors)
	}
}

// TestFeeByTheRealSchedule: amounts worked out by hand from RVU25D and GPCI2025, where the official files are at hand.
func TestFeeByTheRealSchedule(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("CASECONSULTANT_REFERENCE")
	if folder == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_REFERENCE is not set")
		}
		t.Skip("CASECONSULTANT_REFERENCE is not set")
	}
	book := filepath.Join(t.TempDir(), "real.codebook")
	if r := command(t, "", "codes", "build", "--out", book, filepath.Join(folder, "rvu25d")); r.status != 0 {
		t.Fatal(r.errors)
	}
	for args, want := range map[string]string{
		"99214 office": "$125.18", "99214 facility": "$93.80", "99214 ny manhattan office": "$142.07", "27447 facility": "$1,257.63", "45385 45380 facility": "$258.45", // 7.51 + (5.96 - 5.48) of base 45378
		"31297 31288 TX houston facility": "$317.41", "97110x2 97140 office": "$71.32", "43239 office": "$357.11",
	} {
		r := command(t, "", append([]string{"fee", "--dos", "2025-11-03", "--codebook", book}, strings.Fields(args)...)...)
		if !strings.Contains(r.out, "all practitioners: "+want) {
			t.Errorf("%s: lacks %s:\n%s%s", args, want, r.out, r.errors)
		}
	}
}
