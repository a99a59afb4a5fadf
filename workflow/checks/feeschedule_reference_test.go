package checks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codebook"
)

// TestRealFeeSchedule asks the real relative value file of October 2025, where it is at hand.
func TestRealFeeSchedule(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CASECONSULTANT_REFERENCE")
	if dir == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_REFERENCE names no folder of official files")
		}
		t.Skip("CASECONSULTANT_REFERENCE names the folder of official files")
	}
	out := filepath.Join(t.TempDir(), "real.codebook")
	if _, err := codebook.Build(t.Context(), out, []string{filepath.Join(dir, "rvu25d", "PPRRVU2025_Oct.nodesc.csv")}, codebook.BuildOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	b, err := codebook.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, test := range []struct{ lines, place, want string }{
		{"31297-50", "", ""}, {"47562-50", "", "error bilateral 47562"}, {"31231-50", "", "error bilateral 31231"}, {"64483-50", "", ""}, {"49505-50", "", ""},
		{"66984-80", "", "error assistant-surgeon 66984"}, {"27447-80", "", ""}, {"63030-62", "", "info co-surgeon 63030"}, {"20610-62", "", "error co-surgeon 20610"},
		{"84165-26", "", "info status 84165"}, {"93000-26", "", "error professional-technical 93000"}, {"88305-26", "22", ""}, {"88305", "22", "warning professional-technical 88305"},
		{"61782-51", "", "error modifier-not-applicable 61782"}, {"99070", "", "warning status 99070"}, {"99417", "", "warning status 99417"}, {"36415 80053 J1885", "", "info status 36415,80053,J1885"},
		{"27447", "11", "warning place-of-service 27447"}, {"96372", "22", "warning place-of-service 96372"}, {"19499-22", "", "warning unlisted 19499"}, {"94760 99213", "", "warning status 94760"},
		{"44388-53", "", ""}, {"99213", "11", ""}, {"20610-RT", "11", ""},
	} {
		got, found := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on("2025-11-03"), Payer: medicareFFS, Setting: practitioner, Place: test.place}), scheduleRules...)
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s in %q: got %q, want %q\n%+v", test.lines, test.place, got, test.want, found)
		}
	}
}
