package codebook

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"caseconsultant/workflow/codebook/generated"
	"caseconsultant/workflow/codes"
)

// generatedPairs writes the PTP files of a set and returns some pairs that are in force.
func generatedPairs(t testing.TB, dir, prefix string, rows int) [][2]string {
	t.Helper()
	kept, err := generated.Pairs(dir, prefix, rows)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// BenchmarkFullNCCI builds PTP sets of the official size, 2.63 million pairs each for practitioners and hospitals, and looks pairs up.
//
//	go test -run '^$' -bench FullNCCI -benchtime 1x ./workflow/codebook
func BenchmarkFullNCCI(b *testing.B) {
	dir := b.TempDir()
	const rows = 2_630_000
	pairs := generatedPairs(b, dir, "ccipra", rows)
	generatedPairs(b, dir, "ccioph", rows-1)
	out := filepath.Join(b.TempDir(), "full.codebook")
	begun := time.Now()
	report, err := Build(b.Context(), out, []string{dir}, BuildOptions{})
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun)
	total := 0
	for _, r := range report.Releases {
		total += r.Facts
	}
	b.Logf("%s pairs: %.1f s, %.1f MB", counted(total), took.Seconds(), float64(report.Bytes)/1e6)
	book, err := Open(b.Context(), out)
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	on := day0(b, "2026-08-01")
	random := rand.New(rand.NewPCG(1, 2))
	b.Run("PairInBothOrders", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			p := pairs[random.IntN(len(pairs))]
			if n%2 == 1 {
				p[0], p[1] = p[1], p[0]
			}
			found, _, err := book.PTP(b.Context(), PTPPractitioner, p[0], p[1], on)
			if err != nil || len(found) == 0 {
				b.Fatalf("%v: %v, %v", p, found, err)
			}
		}
	})
	b.Run("Among20Codes", func(b *testing.B) { // 380 ordered pairs
		found := 0
		for b.Loop() {
			var claim []string
			for range 10 {
				p := pairs[random.IntN(len(pairs))]
				claim = append(claim, p[0], p[1])
			}
			list, _, err := book.PTPAmong(b.Context(), PTPPractitioner, claim, on)
			if err != nil || len(list) == 0 {
				b.Fatal(len(list), err)
			}
			found += len(list)
		}
		b.ReportMetric(float64(found)/float64(b.N), "pairs/op")
	})
	b.Run("NoPair", func(b *testing.B) {
		for b.Loop() {
			p := pairs[random.IntN(len(pairs))]
			if _, _, err := book.PTP(b.Context(), PTPPractitioner, p[0], "99999", on); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("AllOfACode", func(b *testing.B) {
		n, most := 0, 0
		for b.Loop() {
			found, _, err := book.PTPOf(b.Context(), PTPPractitioner, pairs[random.IntN(len(pairs))][0], on)
			if err != nil {
				b.Fatal(err)
			}
			n += len(found)
			most = max(most, len(found))
		}
		b.ReportMetric(float64(n)/float64(b.N), "pairs/op")
		b.ReportMetric(float64(most), "most")
	})
	b.Run("Known", func(b *testing.B) {
		for b.Loop() {
			book.Known(codes.CPT, pairs[random.IntN(len(pairs))][0])
		}
	})
}

// BenchmarkFacts asks what a check of one line asks: the fee, the limit, the add-on code and the whole of what lookup shows.
func BenchmarkFacts(b *testing.B) {
	book := medicareBook(b)
	on := day0(b, "2026-05-01")
	b.Run("Fee", func(b *testing.B) {
		for b.Loop() {
			if _, ok, _, err := book.Fee(b.Context(), "20610", "", on); !ok || err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("MUE", func(b *testing.B) {
		for b.Loop() {
			if _, ok, _, err := book.MUE(b.Context(), MUEPractitioner, "20610", on); !ok || err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("AddOn", func(b *testing.B) {
		for b.Loop() {
			if _, ok, _, err := book.AddOn(b.Context(), "22552", on); !ok || err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("All", func(b *testing.B) {
		e, _, err := book.Lookup(b.Context(), codes.CPT, "20610", on)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			e.Facts = Facts{}
			if err := book.AddFacts(b.Context(), &e, on, false); err != nil {
				b.Fatal(err)
			}
		}
	})
}
