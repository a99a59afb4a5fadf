package checks

import (
	"os"
	"path/filepath"
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// TestRealNCCI asks the real files, where they are at hand: the practitioners' MUE table of April 2026 (complete), an excerpt of the PTP edits of
// July 2026, which answers for every day before, and the relative value file of October 2025.
func TestRealNCCI(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CASECONSULTANT_REFERENCE")
	if dir == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_REFERENCE names no folder of official files")
		}
		t.Skip("CASECONSULTANT_REFERENCE names the folder of official files")
	}
	out := filepath.Join(t.TempDir(), "real.codebook")
	if _, err := codebook.Build(t.Context(), out, []string{filepath.Join(dir, "rvu25d", "PPRRVU2025_Oct.nodesc.csv"), filepath.Join(dir, "ncci")}, codebook.BuildOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	b, err := codebook.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	rules := []string{finding.NCCIPTP, finding.MUE, finding.Bilateral, finding.AddOnWithoutPrimary}
	for _, test := range []struct{ lines, date, want string }{
		{"31297 x2", "2026-05-04", "error mue 31297"}, {"27447 x2", "2026-05-04", "error mue 27447"}, {"20610 x2", "2026-05-04", ""}, {"20610 x3", "2026-05-04", "warning mue 20610"},
		{"26055 x5", "2026-05-04", ""}, {"26055 x6", "2026-05-04", "warning mue 26055"}, {"64483-RT 64483-LT", "2026-05-04", "error mue 64483"}, {"11730 x2", "2026-05-04", "error mue 11730"},
		{"92928-LD 92928-RC 92928-LC", "2026-05-04", ""}, {"97110 x7", "2026-05-04", "warning mue 97110"}, {"J1100 x121", "2026-05-04", "warning mue J1100"}, {"J3301 x16", "2026-05-04", ""},
		{"73562-RT 73562-LT", "2026-05-04", ""}, {"80053 x2", "2026-05-04", "warning mue 80053"}, {"A0021", "2026-05-04", "warning mue A0021"}, {"45385 x2", "2026-05-04", "error mue 45385"},
		// MUE tables answer for their own quarter only, the fee schedule of another year for none of this.
		{"31297 x2", "2025-11-03", ""}, {"31297-RT 31297-LT", "2025-11-03", "warning bilateral 31297"}, {"31297-50 x2", "2025-11-03", "error bilateral 31297"}, {"73562-50 x2", "2025-11-03", "warning bilateral 73562"},
		{"31231-RT 31231-LT", "2025-11-03", "warning bilateral 31231"}, {"61782", "2025-11-03", "info add-on-without-primary 61782"}, {"61782 31267", "2025-11-03", ""},
		{"64494 64493", "2025-11-03", ""}, {"22552 J1885", "2025-11-03", "info add-on-without-primary 22552"},
		// Pairs of the excerpt: in force, ended, ended on a quarter's last day, never in force, in the other order.
		{"0001U 0030U", "2026-05-04", "error ncci-ptp 0001U,0030U"}, {"0030U 0001U", "2026-08-03", "error ncci-ptp 0001U,0030U"}, {"0001U 0029U", "2026-06-30", "error ncci-ptp 0001U,0029U"},
		{"0001U 0029U", "2026-07-01", ""}, {"0001U 0053U", "2026-05-04", ""}, {"0001A G0008", "2022-01-01", ""}, {"0001A 36591-59", "2023-12-31", "error ncci-ptp 0001A,36591"},
		{"0001A 99202-25", "2023-06-01", "warning ncci-ptp 0001A,99202"}, {"0001U 81105-91", "2026-05-04", "warning ncci-ptp 0001U,81105"}, {"0001M 80050-59", "2018-12-31", "error ncci-ptp 0001M,80050"},
		{"0001U 0417U", "2024-12-31", ""}, {"0001U 0417U", "2025-01-01", "error ncci-ptp 0001U,0417U"},
	} {
		got, found := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on(test.date), Payer: medicareFFS, Setting: practitioner}), rules...)
		if got != test.want {
			t.Errorf("%s on %s: got %q, want %q\n%+v", test.lines, test.date, got, test.want, found)
		}
	}
}
