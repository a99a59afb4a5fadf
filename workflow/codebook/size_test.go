package codebook

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

// generatedPairs writes the PTP files of a set as CMS does, four parts of a version, with rows in all: a few codes pair with thousands,
// most with some hundred, sorted as the official files are. It returns some pairs that are in force.
func generatedPairs(t testing.TB, dir, prefix string, rows int) [][2]string {
	t.Helper()
	random := rand.New(rand.NewPCG(2026, uint64(rows)))
	var all []string
	for n := range 14_000 {
		all = append(all, fmt.Sprintf("%05d", 100+n*7))
	}
	for n := range 2_500 {
		all = append(all, string("ACGJLQ"[n%6])+fmt.Sprintf("%04d", n*3%10_000), fmt.Sprintf("%04d%c", n%10_000, "TU"[n%2]))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	rationales := []string{"Standards of medical / surgical practice", "Mutually exclusive procedures", "CPT Manual or CMS manual coding instruction",
		"Misuse of Column Two code with Column One code", "More extensive procedure", "Sequential procedure", "HCPCS/CPT procedure code definition"}
	var quarters []string
	for year := 1997; year <= 2026; year++ {
		for _, d := range []string{"0101", "0401", "0701", "1001"} {
			quarters = append(quarters, fmt.Sprint(year)+d)
		}
	}
	var kept [][2]string
	perCode := rows * 105 / 100 / len(all)
	per := rows/4 + 1
	written, part := 0, 0
	var f *os.File
	var w *bufio.Writer
	finish := func() {
		if w == nil {
			return
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for i, code := range all {
		n := perCode
		if i%50 == 0 {
			n *= 12 // the codes that nearly everything includes
		} else {
			n = n * 3 / 4
		}
		step := max(1, len(all)/(n+1))
		at := random.IntN(step)
		for ; n > 0 && at < len(all) && written < rows; n, at = n-1, at+step {
			if all[at] == code {
				continue
			}
			if written%per == 0 {
				finish()
				part++
				var err error
				if f, err = os.Create(filepath.Join(dir, fmt.Sprintf("%s-v322r0-f%d.txt", prefix, part))); err != nil {
					t.Fatal(err)
				}
				w = bufio.NewWriterSize(f, 1<<20)
				fmt.Fprint(w, "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\nColumn1/Column2 Edits\t\t\t\t\t\t\r\n"+
					"Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n\t\tprior to 1996\tDate\tDate\t0=not allowed\t\r\n"+
					"\t\t\t\t*=no data\t1=allowed\t\r\n\t\t\t\t\t9=not applicable\t\r\n")
			}
			from := random.IntN(len(quarters) - 4)
			deletion, indicator := "*", random.IntN(2)
			switch random.IntN(10) {
			case 0, 1, 2:
				deletion = quarters[from+1+random.IntN(3)][:4] + "1231"
			case 3:
				deletion, indicator = quarters[from], 9
			default:
				if random.IntN(200) == 0 {
					kept = append(kept, [2]string{code, all[at]})
				}
			}
			fmt.Fprintf(w, "%s\t%s\t\t%s\t%s\t%d\t%s\r\n", code, all[at], quarters[from], deletion, indicator, rationales[random.IntN(len(rationales))])
			written++
		}
	}
	finish()
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
