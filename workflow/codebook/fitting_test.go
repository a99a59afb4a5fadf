package codebook

import (
	"slices"
	"strings"
	"testing"
)

func TestModifiersThatIndicatorsProvideFor(t *testing.T) {
	t.Parallel()
	fee := func(change func(*Fee)) Fee {
		f := Fee{PCTC: "0", GlobalDays: "XXX", Bilateral: "0", Assistant: "9", CoSurgeons: "0", Team: "0", Release: "fee schedule"}
		change(&f)
		return f
	}
	for name, tt := range map[string]struct {
		rows []Fee
		want string
	}{
		"none loaded":            {nil, ""},
		"nothing fits":           {[]Fee{fee(func(*Fee) {})}, ""},
		"either side":            {[]Fee{fee(func(f *Fee) { f.Bilateral = "1" })}, "50 RT LT"},
		"each side in full":      {[]Fee{fee(func(f *Fee) { f.Bilateral = "3" })}, "50 RT LT"},
		"both sides already":     {[]Fee{fee(func(f *Fee) { f.Bilateral = "2" })}, ""},
		"image":                  {[]Fee{fee(func(f *Fee) { f.PCTC = "1" })}, "26 TC"},
		"technical alone":        {[]Fee{fee(func(f *Fee) { f.PCTC = "3" })}, ""},
		"laboratory by a doctor": {[]Fee{fee(func(f *Fee) { f.PCTC = "9" }), fee(func(f *Fee) { f.Modifier, f.PCTC = "26", "6" })}, "26"},
		"colonoscopy stopped":    {[]Fee{fee(func(*Fee) {}), fee(func(f *Fee) { f.Modifier = "53" })}, "53"},
		"assistant never paid":   {[]Fee{fee(func(f *Fee) { f.Assistant = "1" })}, ""},
		"large operation": {[]Fee{fee(func(f *Fee) {
			f.GlobalDays, f.Intra, f.Post, f.Assistant, f.CoSurgeons, f.Team = "090", 69, 21, "2", "1", "2"
		})}, "80 82 AS, 62, 66, 54 55, 58 78 79"},
		"small operation": {[]Fee{fee(func(f *Fee) { f.GlobalDays = "010" })}, "58 78 79"},
	} {
		var got []string
		for _, m := range fittingModifiers(tt.rows) {
			got = append(got, strings.Join(m.Codes, " "))
			if m.When == "" || m.Indicator == "" || m.Release != "fee schedule" {
				t.Errorf("%s: %+v", name, m)
			}
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s: %q, want %q", name, text, tt.want)
		}
	}
}

// Of the real schedule: a joint injection has sides, a chest film has parts, a knee replacement has surgeons.
func TestModifiersOfTheRealSchedule(t *testing.T) {
	t.Parallel()
	b, _ := build(t, BuildOptions{NoStarter: true}, reference(t)+"/rvu25d/PPRRVU2025_Oct.nodesc.csv")
	for code, want := range map[string][]string{"20610": {"50", "RT", "LT"}, "71046": {"26", "TC"}, "84165": {"26"}, "27447": {"50", "RT", "LT", "80", "82", "AS", "62", "54", "55", "58", "78", "79"}, "45378": {"53"}} {
		fees, _, err := b.Fees(t.Context(), code, day0(t, "2025-11-03"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range fittingModifiers(fees) {
			got = append(got, m.Codes...)
		}
		for _, m := range want {
			if !slices.Contains(got, m) {
				t.Errorf("%s lacks %s: %q", code, m, got)
			}
		}
		if code == "71046" && slices.Contains(got, "50") || code == "84165" && slices.Contains(got, "TC") {
			t.Errorf("%s: %q", code, got)
		}
	}
}
