package checks

import (
	"path/filepath"
	"slices"
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codebook/generated"
	"caseconsultant/workflow/codes"
)

// fullBook is a book of the official size: 2.63 million PTP pairs for practitioners and as many for hospitals, a fee schedule, three MUE tables
// and add-on edits of 19,000 codes, all made up, beside the fixtures of the code sets. It returns codes of which many form pairs.
func fullBook(b *testing.B) (*codebook.Book, []string) {
	b.Helper()
	dir := b.TempDir()
	const rows = 2_630_000
	pairs, err := generated.Pairs(dir, "ccipra", rows)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := generated.Pairs(dir, "ccioph", rows-1); err != nil {
		b.Fatal(err)
	}
	if err := generated.Facts(dir); err != nil {
		b.Fatal(err)
	}
	inputs := []string{dir}
	for _, folder := range []string{"fy2021", "fy2026", "hcpcs2026", "opps2026", "coverage", "pos2026"} {
		inputs = append(inputs, "../codebook/testdata/"+folder)
	}
	out := filepath.Join(b.TempDir(), "full.codebook")
	if _, err := codebook.Build(b.Context(), out, inputs, codebook.BuildOptions{Force: true}); err != nil {
		b.Fatal(err)
	}
	book, err := codebook.Open(b.Context(), out)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { book.Close() })
	var claim []string
	for _, p := range pairs {
		claim = append(claim, p[0], p[1])
	}
	slices.Sort(claim)
	return book, slices.Compact(claim)
}

// BenchmarkRunFullBook runs all checks over twenty codes with modifiers, another twenty each time.
//
//	go test -run '^$' -bench RunFullBook ./workflow/checks
func BenchmarkRunFullBook(b *testing.B) {
	book, all := fullBook(b)
	dated := policy(b)
	for _, bench := range []struct {
		name                  string
		procedures, diagnoses int
		setting               string
	}{{"20Procedures", 20, 0, practitioner}, {"20ProceduresSettingNotStated", 20, 0, ""}, {"12ProceduresAnd8Diagnoses", 12, 8, practitioner}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			found, at := 0, 0
			for b.Loop() {
				var list []codes.Mention
				for i := range bench.procedures {
					system := codes.CPT
					code := all[(at+i*97)%len(all)]
					if code[0] >= 'A' {
						system = codes.HCPCS
					}
					list = append(list, mention(system, code, [][]string{nil, {"59"}, {"RT"}, {"50"}}[i%4]))
				}
				for _, d := range []string{"M54.50", "A00.0", "I10", "J18.9", "R07.9", "N20.0", "E11.9", "M17.11"}[:bench.diagnoses] {
					list = append(list, mention(codes.ICD10CM, d))
				}
				at += 13
				r, err := Run(b.Context(), book, dated, Case{Mentions: list, Date: on("2026-08-03"), Payer: medicareFFS, Setting: bench.setting})
				if err != nil {
					b.Fatal(err)
				}
				found += len(r.Findings)
			}
			b.ReportMetric(float64(found)/float64(b.N), "findings/op")
		})
	}
}
