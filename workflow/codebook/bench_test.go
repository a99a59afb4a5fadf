package codebook

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

// benchBook is a full ICD-10-CM (95,358 codes and headings), a full HCPCS and the starter: over 100,000 codes.
func benchBook(b *testing.B) *Book {
	b.Helper()
	dir := reference(b)
	book, _ := build(b, BuildOptions{}, filepath.Join(dir, "icd10cm2021"), filepath.Join(dir, "hcpcs2019"))
	return book
}

func BenchmarkLookup(b *testing.B) {
	book := benchBook(b)
	on := day0(b, "2021-06-01")
	all := book.set(codes.ICD10CM, book.decides(codes.ICD10CM, "A00", dayOf(on)))
	b.Run("ICD10CM", func(b *testing.B) { // another code each time: nothing is cached above SQLite
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if _, ok, err := book.Lookup(b.Context(), codes.ICD10CM, all.key(i*7919%len(all.flags)), on); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	for system, code := range map[codes.System]string{codes.CPT: "31297", codes.HCPCS: "J1885", codes.Modifier: "25"} {
		b.Run(string(system), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := book.Lookup(b.Context(), system, code, on); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
	b.Run("Known", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			if book.Known(codes.ICD10CM, all.key(i*7919%len(all.flags))) != codes.Member {
				b.Fatal("not known")
			}
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	book := benchBook(b)
	on := day0(b, "2021-06-01")
	for _, query := range []string{"M54.5", "S52", "fracture", "right", "fracture right femur initial encounter", "pnuemonia", "heart attack",
		"otitis media right", "broken wrist right", "unspecified injury of left hand subsequent", "diab", "other specified with", "poisoning accidental",
		"hemorhage brain", "balloon sinuplasty", "what is the code for low back pain with sciatica on the left side"} {
		b.Run(query, func(b *testing.B) {
			slowest := time.Duration(0)
			for b.Loop() {
				start := time.Now()
				if hits, err := book.Search(b.Context(), query, SearchOptions{On: on}); err != nil || len(hits) == 0 {
					b.Fatal(len(hits), err)
				}
				slowest = max(slowest, time.Since(start))
			}
			b.ReportMetric(float64(slowest.Microseconds()), "µs-slowest")
		})
	}
}

func BenchmarkStarterCompile(b *testing.B) {
	root := b.TempDir()
	for i := 0; b.Loop(); i++ {
		book, err := OpenStarter(b.Context(), filepath.Join(root, fmt.Sprint(i)))
		if err != nil {
			b.Fatal(err)
		}
		book.Close()
	}
}

func BenchmarkStarterOpen(b *testing.B) {
	root := b.TempDir()
	for b.Loop() {
		book, err := OpenStarter(b.Context(), root)
		if err != nil {
			b.Fatal(err)
		}
		book.Close()
	}
}

func BenchmarkBuildICD10CM(b *testing.B) {
	dir := reference(b)
	out := filepath.Join(b.TempDir(), "out")
	for b.Loop() {
		if _, err := Build(b.Context(), out, []string{filepath.Join(dir, "icd10cm2021")}, BuildOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	if info, err := os.Stat(out); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
}
