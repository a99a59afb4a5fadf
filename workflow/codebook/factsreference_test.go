package codebook

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

// plainRows reads a real file once more, in the plainest way, to compare with.
func plainRows(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	var out [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
}

func TestRealMedicareFilesHaveTheirOfficialCounts(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, report := build(t, BuildOptions{NoStarter: true}, filepath.Join(dir, "rvu25d"), filepath.Join(dir, "ncci"), filepath.Join(dir, "opps"))
	if len(report.Warnings) != 0 { // the .txt and the .csv of one release are compared
		t.Errorf("warnings: %q", report.Warnings)
	}
	want := map[string]int{kindFees: 19090, kindGPCI: 109, kindLocalities: 110, kindAnesthesia: 110, kindOPPSCap: 999, kindOPPS: 17559,
		kindMUE + string(MUEPractitioner): 15095, kindPTP + string(PTPPractitioner): 29}
	for _, r := range b.Releases() {
		if r.Facts != want[r.Kind] {
			t.Errorf("%s: %d rows, want %d", r.Name, r.Facts, want[r.Kind])
		}
		delete(want, r.Kind)
		if (r.Kind == kindFees || strings.HasPrefix(r.Kind, "ncci") || r.Kind == kindOPPS) && !strings.Contains(r.Licence, "American Medical Association") {
			t.Errorf("%s has no copyright line: %q", r.Name, r.Licence)
		}
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}

	t.Run("EveryFee", func(t *testing.T) {
		t.Parallel()
		on, n := day0(t, "2025-11-02"), 0
		for _, row := range plainRows(t, filepath.Join(dir, "rvu25d", "PPRRVU2025_Oct.nodesc.csv"))[10:] {
			f, ok, _, err := b.Fee(t.Context(), row[0], row[1], on)
			if err != nil || !ok {
				t.Fatalf("%s-%s: %v %v", row[0], row[1], ok, err)
			}
			if f.Status != row[3] || !same(f.Work, row[5]) || !same(f.PEOffice, row[6]) || f.NAOffice != (row[7] == "NA") || !same(f.PEFacility, row[8]) || f.NAFacility != (row[9] == "NA") ||
				!same(f.Malpractice, row[10]) || !same(f.TotalOffice, row[11]) || !same(f.TotalFacility, row[12]) || f.PCTC != row[13] || f.GlobalDays != row[14] || !same(f.Intra, row[16]) ||
				f.Multiple != row[18] || f.Bilateral != row[19] || f.Assistant != row[20] || f.CoSurgeons != row[21] || f.Team != row[22] || f.EndoscopyBase != row[23] ||
				!same(f.Conversion, row[24]) || f.Supervision != row[25] || f.ImagingFamily != row[27] || !same(f.OPPSMalpractice, row[30]) {
				t.Fatalf("%v is read as %+v", row, f)
			}
			n++
		}
		if n != 19090 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("EveryLimit", func(t *testing.T) {
		t.Parallel()
		on, n, zero := day0(t, "2026-05-01"), 0, 0
		for _, row := range plainRows(t, filepath.Join(dir, "ncci", "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"))[2:] {
			l, ok, _, err := b.MUE(t.Context(), MUEPractitioner, row[0], on)
			if err != nil || !ok || strconv.Itoa(l.Value) != row[1] || l.Adjudication != int(row[2][0]-'0') || l.Rationale != row[3] {
				t.Fatalf("%v is read as %+v, %v %v", row, l, ok, err)
			}
			n++
			zero += btoi(l.Value == 0)
		}
		if n != 15095 || zero != 2642 {
			t.Errorf("%d rows, %d zeros", n, zero)
		}
	})
	t.Run("EveryOutpatientCode", func(t *testing.T) {
		t.Parallel()
		on, n := day0(t, "2023-02-01"), 0
		for _, row := range plainRows(t, filepath.Join(dir, "opps", "2023_January_Web_Addendum_B.nodesc.csv"))[4:] {
			o, ok, _, err := b.OPPS(t.Context(), row[0], on)
			if err != nil || !ok || o.Status != strings.TrimSpace(row[2]) || o.APC != strings.TrimSpace(row[3]) || (o.Payment != 0) != (row[5] != "" && row[5] != "0") {
				t.Fatalf("%v is read as %+v, %v %v", row, o, ok, err)
			}
			n++
		}
		if n != 17559 {
			t.Errorf("%d rows", n)
		}
	})
	t.Run("EveryTotalIsTheSumOfItsParts", func(t *testing.T) {
		t.Parallel()
		for _, code := range []string{"20610", "27447", "71046", "31297"} {
			all, _, err := b.Fees(t.Context(), code, day0(t, "2025-11-02"))
			if err != nil || len(all) == 0 {
				t.Fatal(err)
			}
			for _, f := range all {
				if f.Work+f.PEOffice+f.Malpractice != f.TotalOffice || f.Work+f.PEFacility+f.Malpractice != f.TotalFacility {
					t.Errorf("%+v", f)
				}
			}
		}
	})
	t.Run("Seen", func(t *testing.T) {
		t.Parallel()
		e, ok := lookup(t, b, codes.CPT, "20610", "2025-11-02")
		if !ok || !e.Valid || e.Release != "Medicare physician fee schedule, October 2025" {
			t.Errorf("%+v", e)
		}
		e, ok = lookup(t, b, codes.CPT, "99999", "2025-11-02")
		if ok || e.Valid || !strings.Contains(e.Status, "does not mean that the code does not exist") {
			t.Errorf("the fee schedule is taken for all of CPT: %+v", e)
		}
	})
}

func same(d Decimal, text string) bool {
	want, ok := parseDecimal(text)
	return ok && d == want
}
