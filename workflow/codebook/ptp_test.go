package codebook

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func pairsBook(t testing.TB) *Book {
	t.Helper()
	return quietBook(t, "ncci2026")
}

func TestPairsApplyByTheirOwnDates(t *testing.T) {
	t.Parallel()
	b := pairsBook(t)
	for _, test := range []struct {
		name string
		set  PTPSet
		a, b string
		on   string
		want string // column 1, column 2, indicator, effective, deletion
	}{
		{"InOrder", PTPPractitioner, "31298", "31297", "2026-07-15", "31298 31297 1 2018-01-01 "},
		{"TheOtherOrder", PTPPractitioner, "31297", "31298", "2026-07-15", "31298 31297 1 2018-01-01 "},
		{"AsPeopleWriteIt", PTPPractitioner, " j2001", "20610", "2026-07-15", "20610 J2001 1 2004-01-01 "},
		{"SinceBefore1996", PTPPractitioner, "20610", "36591", "1997-01-01", "20610 36591 0  "},
		{"FirstRange", PTPPractitioner, "20610", "76000", "2011-12-31", "20610 76000 0 2000-01-01 2011-12-31"},
		{"BetweenRanges", PTPPractitioner, "20610", "76000", "2012-06-01", ""},
		{"SecondRange", PTPPractitioner, "76000", "20610", "2013-01-01", "20610 76000 1 2013-01-01 "},
		{"BeforeItsFirstDay", PTPPractitioner, "31298", "31297", "2017-12-31", ""},
		{"LastDayIsInclusive", PTPPractitioner, "0001A", "36591", "2023-12-31", "0001A 36591 0 2022-01-01 2023-12-31"},
		{"AfterItsLastDay", PTPPractitioner, "0001A", "36591", "2024-01-01", ""},
		{"DeletedRetroactively", PTPPractitioner, "0001A", "G0008", "2022-01-01", ""},
		{"AnotherSet", PTPHospital, "31298", "31297", "2026-07-15", ""},
		{"HospitalsOwn", PTPHospital, "J1885", "96372", "2016-06-30", "96372 J1885 1 2015-01-01 2016-06-30"},
		{"ACodeWithItself", PTPPractitioner, "31297", "31297", "2026-07-15", ""},
		{"NoCode", PTPPractitioner, "31297", "M54.50", "2026-07-15", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			pairs, source, err := b.PTP(t.Context(), test.set, test.a, test.b, day0(t, test.on))
			if err != nil || !source.Covered {
				t.Fatalf("%v, %+v", err, source)
			}
			var got string
			for _, p := range pairs {
				got += fmt.Sprintf("%s %s %d %s %s", p.Column1, p.Column2, p.Indicator, p.Effective, p.Deletion)
				if p.Set != test.set || p.Rationale == "" || p.Release != source.Release {
					t.Errorf("%+v", p)
				}
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestPairsOfACodeAreThoseOfBothColumns(t *testing.T) {
	t.Parallel()
	b := pairsBook(t)
	pairs, _, err := b.PTPOf(t.Context(), PTPPractitioner, "20610", day0(t, "2026-08-01"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range pairs {
		got = append(got, p.Column1+">"+p.Column2)
	}
	if want := []string{"20610>36591", "20610>76000", "20610>J2001", "27447>20610"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	column1, column2, _, err := b.PTPCount(t.Context(), PTPPractitioner, "20610", day0(t, "2026-08-01"))
	if column1 != 3 || column2 != 1 || err != nil {
		t.Errorf("%d, %d, %v", column1, column2, err)
	}
}

func TestWithoutAPairFileForTheDayNothingIsSaid(t *testing.T) {
	t.Parallel()
	b := pairsBook(t)
	for _, test := range []struct {
		set       PTPSet
		on, wants string
	}{
		{PTPPractitioner, "2026-10-01", "the newest is for days to 30 Sep 2026"},
		{PTPMedicaidPractitioner, "2026-08-01", "No Medicaid NCCI PTP edits for practitioners file is loaded"},
	} {
		pairs, source, err := b.PTP(t.Context(), test.set, "31298", "31297", day0(t, test.on))
		if err != nil || len(pairs) > 0 || source.Covered || !strings.Contains(source.Note, test.wants) {
			t.Errorf("%s: %v, %+v, %v", test.on, pairs, source, err)
		}
	}
}

// TestPairsComeInAnyLayout builds the same pairs from text, comma separated cells and a workbook.
func TestPairsComeInAnyLayout(t *testing.T) {
	t.Parallel()
	text := fixture(t, "ncci2026/ccipra-v322r0-f1.txt")
	var rows [][]string
	for line := range strings.Lines(string(text)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\r\n"), "\t"))
	}
	numeric := make([][]string, len(rows))
	var comma bytes.Buffer
	for i, row := range rows {
		numeric[i] = slices.Clone(row)
		for j, cell := range row {
			if i > 5 && (j == 3 || j == 4 || j == 0) && digits(cell) {
				numeric[i][j] = "#" + strings.TrimLeft(cell, "0") // spreadsheets make numbers of codes and dates
			}
		}
		fmt.Fprintln(&comma, strings.Join(row, ","))
	}
	for name, data := range map[string][]byte{
		"ccipra-v322r0-f1.txt": text, "ccipra-v322r0-f1.csv": comma.Bytes(), "ccipra-v322r0-f1.xlsx": workbook(t, numeric),
		"medicaid-ncci-q3-2026-ptp-edits-practitioner-services.xlsx": workbook(t, rows),
		"ccipra-v322r0-f1": workbook(t, rows), // a download that lost its extension
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, report := build(t, BuildOptions{NoStarter: true}, write(t, name, data))
			set := PTPPractitioner
			if strings.HasPrefix(name, "medicaid") {
				set = PTPMedicaidPractitioner
			}
			pairs, _, err := b.PTPOf(t.Context(), set, "20610", day0(t, "2011-06-01"))
			if err != nil || len(pairs) != 4 || pairs[1].Deletion != "2011-12-31" || pairs[1].Rationale != "Standards of medical / surgical practice" {
				t.Errorf("%+v, %v", pairs, err)
			}
			r := report.Releases[0]
			if r.Facts != 7 || r.First != "2026-07-01" || r.Last != "2026-09-30" || !strings.HasPrefix(r.Licence, "CPT only copyright 2025 American Medical Association.") {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestPartsOfAPairFileJoin(t *testing.T) {
	t.Parallel()
	f1, f2 := fixture(t, "ncci2026/ccipra-v322r0-f1.txt"), fixture(t, "ncci2026/ccipra-v322r0-f2.txt")

	t.Run("AMissingOneIsTold", func(t *testing.T) {
		t.Parallel()
		_, report := build(t, BuildOptions{NoStarter: true}, write(t, "ccipra-v322r0-f1.txt", f1), write(t, "ccipra-v322r0-f3.txt", f2))
		if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "part f2 is missing") {
			t.Errorf("%q", report.Warnings)
		}
	})
	t.Run("AWorkbookBesideTheTextIsTheSame", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		zipped(t, filepath.Join(dir, "ccipra-v322r0-f1.zip"), map[string][]byte{"ccipra-v322r0-f1.TXT": f1, "ccipra-v322r0-f1.xlsx": []byte("PK\x03\x04 never opened")})
		zipped(t, filepath.Join(dir, "ccipra-v322r0-f2.zip"), map[string][]byte{"ccipra-v322r0-f2.TXT": f2})
		b, report := build(t, BuildOptions{NoStarter: true}, dir)
		if len(report.NotRead) != 1 || !strings.Contains(report.NotRead[0].Note, "ccipra-v322r0-f1.TXT beside it") {
			t.Errorf("%+v", report.NotRead)
		}
		if r := b.Releases()[0]; r.Facts != 11 || r.File != "ccipra-v322r0-f1.zip/ccipra-v322r0-f1.TXT, ccipra-v322r0-f2.zip/ccipra-v322r0-f2.TXT" {
			t.Errorf("%+v", r)
		}
	})
	t.Run("ACorrectionReplaces", func(t *testing.T) {
		t.Parallel()
		mended := bytes.Replace(f1, []byte("\t1\tMore extensive"), []byte("\t0\tMore extensive"), 1)
		b, report := build(t, BuildOptions{NoStarter: true}, write(t, "ccipra-v322r0-f1.txt", f1), write(t, "ccipra-v322r1-f1.txt", mended))
		pairs, _, err := b.PTP(t.Context(), PTPPractitioner, "27447", "20610", day0(t, "2026-08-01"))
		if err != nil || len(pairs) != 1 || pairs[0].Indicator != 0 {
			t.Errorf("%+v, %v; %q", pairs, err, report.Warnings)
		}
	})
}

// TestManyPairsOfOneCodeAreCutIntoBlocks goes over more pairs than a block holds, one of them with several ranges at the cut.
func TestManyPairsOfOneCodeAreCutIntoBlocks(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("Column 1\tColumn 2\tEffective\tDeletion\tModifier\tRationale\n")
	want := 0
	for n := range 3 * pairBlock {
		other := fmt.Sprintf("%05d", 10000+n)
		if n%pairBlock == pairBlock-1 {
			for year := 2000; year < 2006; year++ {
				fmt.Fprintf(&text, "99291\t%s\t%d0101\t%d1231\t0\tx\n", other, year, year)
			}
		}
		fmt.Fprintf(&text, "99291\t%s\t20100101\t*\t1\tx\n", other)
		want++
	}
	b, _ := build(t, BuildOptions{NoStarter: true}, write(t, "ccipra-v322r0-f1.txt", []byte(text.String())))
	all, _, err := b.PTPOf(t.Context(), PTPPractitioner, "99291", day0(t, "2026-08-01"))
	if err != nil || len(all) != want {
		t.Fatalf("%d pairs, want %d; %v", len(all), want, err)
	}
	for n := range 3 * pairBlock {
		other := fmt.Sprintf("%05d", 10000+n)
		if pairs, _, err := b.PTP(t.Context(), PTPPractitioner, other, "99291", day0(t, "2026-08-01")); err != nil || len(pairs) != 1 || pairs[0].Column2 != other {
			t.Fatalf("%s: %+v, %v", other, pairs, err)
		}
		pairs, _, err := b.PTP(t.Context(), PTPPractitioner, "99291", other, day0(t, "2003-08-01"))
		if ranges := n%pairBlock == pairBlock-1; err != nil || ranges != (len(pairs) == 1) || ranges && pairs[0].Effective != "2003-01-01" {
			t.Fatalf("%s in 2003: %+v, %v", other, pairs, err)
		}
	}
}

func TestACodeOfPairsCountsAsSeen(t *testing.T) {
	t.Parallel()
	b := pairsBook(t)
	if got := b.Known(codes.CPT, "31298"); got != codes.Member {
		t.Errorf("a code in force in pairs: %v", got)
	}
	if got := b.Known(codes.CPT, "31299"); got != codes.Unknown {
		t.Errorf("no file holds CPT whole, so a code that is in none is unknown: %v", got)
	}
	for _, test := range []struct {
		code, on, status string
		valid            bool
	}{
		{"31298", "2026-08-01", "Listed in NCCI PTP edits for practitioners, July to September 2026. No file that is loaded holds CPT whole", true},
		{"0001A", "2024-06-01", "The last edit that names it ended on 31 Dec 2023", false},
		{"31298", "2017-06-01", "The first edit that names it begins on 1 Jan 2018", false},
	} {
		e, ok := lookup(t, b, codes.CPT, test.code, test.on)
		if !ok || e.Valid != test.valid || !strings.Contains(e.Status, test.status) {
			t.Errorf("%s on %s: %v, %+v", test.code, test.on, ok, e)
		}
	}
}

// write puts a file under its name into a folder of its own.
func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
