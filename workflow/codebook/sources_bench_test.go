package codebook

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Files of the size of the published ones: the directory of drugs has some 110,000 products and 250,000 packages, the download of all
// articles 638,000 rows in its tables.
const (
	benchProducts  = 110_000
	benchPackages  = 250_000
	benchDocuments = 2_500
	benchDiagnoses = 190 // of each document
)

func writeLines(b *testing.B, path string, each func(line func(format string, args ...any))) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	each(func(format string, args ...any) { fmt.Fprintf(w, format+"\r\n", args...) })
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// benchBuild builds, and reports the size of the file and the most memory that was in use between collections.
func benchBuild(b *testing.B, inputs ...string) *Book {
	b.Helper()
	out := filepath.Join(b.TempDir(), "book")
	for b.Loop() {
		report, err := Build(b.Context(), out, inputs, BuildOptions{NoStarter: true, Force: true})
		if err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(report.Bytes)/(1<<20), "MB-file")
		b.ReportMetric(float64(m.HeapSys)/(1<<20), "MB-heap")
	}
	return open(b, out)
}

func BenchmarkBuildNDC(b *testing.B) {
	dir := b.TempDir()
	writeLines(b, filepath.Join(dir, "product.txt"), func(line func(string, ...any)) {
		line("PRODUCTID\tPRODUCTNDC\tPRODUCTTYPENAME\tPROPRIETARYNAME\tPROPRIETARYNAMESUFFIX\tNONPROPRIETARYNAME\tDOSAGEFORMNAME\tROUTENAME\tSTARTMARKETINGDATE\tENDMARKETINGDATE\tMARKETINGCATEGORYNAME\tAPPLICATIONNUMBER\tLABELERNAME\tSUBSTANCENAME\tACTIVE_NUMERATOR_STRENGTH\tACTIVE_INGRED_UNIT\tPHARM_CLASSES\tDEASCHEDULE\tNDC_EXCLUDE_FLAG\tLISTING_RECORD_CERTIFIED_THROUGH")
		for i := range benchProducts {
			line("%05d-%03d_x\t%05d-%03d\tHUMAN PRESCRIPTION DRUG\tBrand %d\t\tsubstance number %d\tTABLET, FILM COATED\tORAL\t20100101\t\tANDA\tANDA%06d\tLabeler %d, Inc.\tSUBSTANCE %d\t%d\tmg/1\tSome Inhibitor [EPC], Some Inhibitor [MoA]\t\tN\t20261231",
				i/900, i%900, i/900, i%900, i, i/20, i, i/300, i/20, i%500)
		}
	})
	writeLines(b, filepath.Join(dir, "package.txt"), func(line func(string, ...any)) {
		line("PRODUCTID\tPRODUCTNDC\tNDCPACKAGECODE\tPACKAGEDESCRIPTION\tSTARTMARKETINGDATE\tENDMARKETINGDATE\tNDC_EXCLUDE_FLAG\tSAMPLE_PACKAGE")
		for i := range benchPackages {
			p := i * benchProducts / benchPackages
			line("%05d-%03d_x\t%05d-%03d\t%05d-%03d-%02d\t30 TABLET, FILM COATED in 1 BOTTLE (%05d-%03d-%02d) \t20100101\t\tN\tN", p/900, p%900, p/900, p%900, p/900, p%900, i%97, p/900, p%900, i%97)
		}
	})
	book := benchBuild(b, dir)
	if _, ok, err := book.NDC(b.Context(), "00001-001-11", day0(b, "2026-01-01")); err != nil || !ok {
		b.Fatal(ok, err)
	}
}

func BenchmarkBuildCoverage(b *testing.B) {
	dir := b.TempDir()
	paragraph := "<p>The following codes support the medical necessity of the procedures of group 1, as the record shows:</p>"
	writeLines(b, filepath.Join(dir, "article.csv"), func(line func(string, ...any)) {
		line(`"article_id","article_version","article_type","title","article_pub_date","article_eff_date","description","status","last_updated","article_rev_end_date","date_retired","display_id"`)
		for i := range benchDocuments {
			line(`"%d","7","11","Billing and Coding: Number %d","2019-01-01 00:00:00","2024-01-01 00:00:00","%s","A","2026-09-01 00:00:00","","","A%d"`, 50000+i, i, fmt.Sprintf("%030000d", i), 50000+i)
		}
	})
	writeLines(b, filepath.Join(dir, "article_x_hcpc_code.csv"), func(line func(string, ...any)) {
		line(`"article_id","article_version","hcpc_code_id","hcpc_code_version","hcpc_code_group","range","last_updated","long_description","short_description"`)
		for i := range benchDocuments * 9 {
			line(`"%d","7","%05d","50","1","","2026-09-01 00:00:00","x","y"`, 50000+i/9, 10000+i*7919%60000)
		}
	})
	writeLines(b, filepath.Join(dir, "article_x_icd10_covered.csv"), func(line func(string, ...any)) {
		line(`"article_id","article_version","icd10_code_id","icd10_code_version","icd10_covered_group","range","last_updated","sort_order","description","asterisk"`)
		for i := range benchDocuments * benchDiagnoses {
			n := i * 7919 % 60000
			line(`"%d","7","%c%02d.%d%d","40","%d","","2026-09-01 00:00:00","%d","Some disease of some organ, unspecified site",""`, 50000+i/benchDiagnoses, 'A'+n%20, n/20%100, n%10, n/10%10, 1+i%2, i)
		}
	})
	writeLines(b, filepath.Join(dir, "article_x_icd10_covered_group.csv"), func(line func(string, ...any)) {
		line(`"article_id","article_version","icd10_covered_group","paragraph","last_updated","icd10_covered_ast"`)
		for i := range benchDocuments * 2 {
			line(`"%d","7","%d","%s","2026-09-01 00:00:00",""`, 50000+i/2, 1+i%2, paragraph)
		}
	})
	benchBuild(b, dir)
}

func BenchmarkCoverage(b *testing.B) {
	book, _ := build(b, BuildOptions{NoStarter: true}, "testdata/coverage")
	on := day0(b, "2026-03-01")
	for b.Loop() {
		if list, err := book.Coverage(b.Context(), "20610", CoverageOptions{On: on}); err != nil || len(list) != 1 {
			b.Fatal(list, err)
		}
	}
}
