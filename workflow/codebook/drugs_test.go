package codebook

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func TestPackagesAreFoundInEveryForm(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/ndc2026")
	on := day0(t, "2026-11-24")
	for _, written := range []string{"0409-3795-01", "00409-3795-01", "00409379501"} {
		n, ok, err := b.NDC(t.Context(), written, on)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", written, ok, err)
		}
		if n.Code != "00409-3795-01" || n.Written != "0409-3795-01" || n.Name != "Ketorolac Tromethamine" || n.Strength != "30 mg/mL" || n.Labeler != "Hospira, Inc." ||
			n.First != "2005-04-01" || n.Last != "" || !strings.HasPrefix(n.Package, "25 VIAL, SINGLE-DOSE in 1 TRAY") {
			t.Errorf("%+v", n)
		}
		if len(n.HCPCS) != 1 || n.HCPCS[0].Code != "J1885" || n.HCPCS[0].Dosage != "15 MG" || n.HCPCS[0].Units != "2" || n.HCPCS[0].PackageUnits != "50" {
			t.Errorf("%+v", n.HCPCS)
		}
		e, ok := lookup(t, b, codes.NDC, written, "2026-11-24")
		if !ok || !e.Billable || e.Code != "00409-3795-01" || e.Title != "Ketorolac Tromethamine, 30 mg/mL, injection, solution" || e.Flags["labeler"] != "Hospira, Inc." {
			t.Errorf("%+v", e)
		}
		if b.Known(codes.NDC, written) != codes.Member {
			t.Errorf("%s is not known", written)
		}
	}
	if _, ok, _ := b.NDC(t.Context(), "0409379501", on); ok {
		t.Error("ten digits do not say which segment is short")
	}
	if n, ok, _ := b.NDC(t.Context(), "50242-060-01", on); !ok || n.Code != "50242-0060-01" || n.HCPCS[0].Code != "J9035" {
		t.Errorf("5-3-2: %+v", n)
	}
	if n, ok, _ := b.NDC(t.Context(), "50242-060-01", day0(t, "2026-09-30")); !ok || len(n.HCPCS) != 0 {
		t.Errorf("the crosswalk of a quarter answers for the one before: %+v", n.HCPCS)
	}
	if e, _ := lookup(t, b, codes.NDC, "0641-6125-25", "2026-11-24"); e.Billable || !strings.Contains(e.Status, "31 Mar 2024") || e.Flags["dea"] != "CII" {
		t.Errorf("no longer marketed: %+v", e)
	}
	if e, ok := lookup(t, b, codes.NDC, "99999-9999-99", "2026-11-24"); ok || strings.Contains(e.Status, "no such code") {
		t.Errorf("the directory does not hold every package that was ever sold: %+v", e)
	}
}

func TestOneOddRowOfTheDirectoryIsNamedAndLeftOut(t *testing.T) {
	t.Parallel()
	odd := changed(t, "ndc2026/package.txt", "package.txt", "20111114", "20111514")
	b, report := build(t, BuildOptions{NoStarter: true}, odd)
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], `1 dates are none and count as not stated, the first "20111514" in line 5`) {
		t.Errorf("%q", report.Warnings)
	}
	if n, ok, _ := b.NDC(t.Context(), "0641-6125-25", day0(t, "2026-11-24")); !ok || n.First != "" || n.Last != "2024-03-31" {
		t.Errorf("%+v", n)
	}
	odd = changed(t, "ndc2026/package.txt", "package.txt", "\t0409-3795-01\t", "\t409379501\t")
	b, report = build(t, BuildOptions{NoStarter: true}, odd)
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], `"409379501" in line 2`) {
		t.Errorf("%q", report.Warnings)
	}
	if _, ok, _ := b.NDC(t.Context(), "0003-0293-05", day0(t, "2026-11-24")); !ok {
		t.Error("the other rows are gone")
	}
}

func TestBrandNamesLeadToCodes(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/ndc2026")
	links, err := b.DrugLinks(t.Context(), "J1885", day0(t, "2026-11-24"))
	if err != nil || len(links) != 1 || links[0].NDC != "00409-3795-01" || links[0].Release != "NDC-HCPCS crosswalk October 2026" {
		t.Errorf("%+v, %v", links, err)
	}
	if hits := search(t, b, "kenalog", SearchOptions{System: codes.HCPCS, On: day0(t, "2019-06-01")}); len(hits) == 0 || hits[0].Code != "J3301" {
		t.Errorf("%+v", hits)
	}
}

func TestDirectoriesOfSeveralMonthsLieSideBySide(t *testing.T) {
	t.Parallel()
	old := filepath.Join(t.TempDir(), "ndctext-January-2025")
	if err := os.Mkdir(old, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"product.txt", "package.txt"} {
		data := strings.ReplaceAll(string(fixture(t, "ndc2026/"+name)), "0641-6125", "0641-9999")
		if err := os.WriteFile(filepath.Join(old, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := build(t, BuildOptions{NoStarter: true, Force: true}, "testdata/ndc2026/product.txt", "testdata/ndc2026/package.txt", old)
	if n, ok, _ := b.NDC(t.Context(), "0641-9999-25", day0(t, "2026-11-24")); !ok || n.Release != "FDA NDC directory, January 2025" {
		t.Errorf("%v %+v", ok, n)
	}
	if n, ok, _ := b.NDC(t.Context(), "0409-3795-01", day0(t, "2026-11-24")); !ok || n.Name == "" {
		t.Errorf("%v %+v", ok, n)
	}
}

func FuzzNDCProduct(f *testing.F) {
	f.Add(fixture(f, "ndc2026/product.txt"))
	fuzzSource(f, "product.txt", readNDC(false))
}

func FuzzNDCPackage(f *testing.F) {
	f.Add(fixture(f, "ndc2026/package.txt"))
	fuzzSource(f, "package.txt", readNDC(true))
}

func FuzzDrugLinks(f *testing.F) {
	f.Add(fixture(f, "ndc2026/October 2026 ASP NDC-HCPCS Crosswalk.csv"))
	fuzzSource(f, "October 2026.csv", readDrugLinks)
}
