package codebook

import (
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func TestRealFilesBuildWithTheirOfficialCounts(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, report := build(t, BuildOptions{}, dir) // the whole folder: what is not read yet must not stop it
	if len(report.Warnings) != 0 {
		t.Errorf("warnings: %q", report.Warnings)
	}
	for kind, want := range map[string][2]int{
		kindHCPCS + "2019-01-01":    {6440 + 360, 0},
		kindICD10CM + "2021-01-01":  {72621, 22737},
		kindICD10CM + "2025-10-01":  {74719, 23467}, // headings are derived; the addenda count 23,467
		kindICD10PCS + "2020-10-01": {78136, 890},
	} {
		found := false
		for _, r := range b.Releases() {
			if r.Kind+r.First == kind {
				found = true
				if r.Codes != want[0] || r.Headings != want[1] {
					t.Errorf("%s: %d codes, %d headings; want %d, %d", r.Name, r.Codes, r.Headings, want[0], want[1])
				}
			}
		}
		if !found {
			t.Errorf("no release %s", kind)
		}
	}
	if b.has(kindCPT) {
		t.Error("a file of the government was taken for one of a licensee")
	}
	for _, f := range report.Read {
		if strings.HasSuffix(f.File, "icd10cm_tabular_2021.xml") && !strings.Contains(f.Note, "45017 codes and headings") {
			t.Errorf("tabular: %s", f.Note)
		}
	}
	if report.Bytes > 120<<20 {
		t.Errorf("the file has %d MB", report.Bytes>>20)
	}

	for _, test := range []struct {
		system          codes.System
		code, on        string
		valid, billable bool
		title           string
	}{
		{codes.ICD10CM, "C4A.9", "2021-06-01", true, true, "Merkel cell carcinoma, unspecified"},
		{codes.ICD10CM, "T36.0X", "2021-06-01", true, false, "Poisoning by, adverse effect of and underdosing of penicillins"},
		{codes.ICD10CM, "U07.1", "2021-06-01", true, true, "COVID-19"},
		{codes.ICD10CM, "QA0.0101", "2026-06-01", true, true, ""},
		{codes.ICD10CM, "QA0.0101", "2021-06-01", false, false, ""},
		{codes.HCPCS, "J1885", "2019-06-01", true, true, "Injection, ketorolac tromethamine, per 15 mg"},
		{codes.HCPCS, "L0450", "2019-06-01", true, true, "Tlso, flexible, provides trunk support, upper thoracic region, produces intracavitary pressure to reduce load on the intervertebral disks with rigid stays or panel(s), includes shoulder straps and closures, prefabricated, off-the-shelf"},
		{codes.Modifier, "LT", "2019-06-01", true, true, "Left side (used to identify procedures performed on the left side of the body)"},
		{codes.ICD10PCS, "0FT44ZZ", "2021-06-01", true, true, "Resection, Gallbladder, Percutaneous Endoscopic (Medical and Surgical, Hepatobiliary System and Pancreas)"},
	} {
		e, _ := lookup(t, b, test.system, test.code, test.on)
		if e.Valid != test.valid || e.Billable != test.billable || test.title != "" && e.Title != test.title {
			t.Errorf("%s on %s: %+v", test.code, test.on, e)
		}
	}

	// Every 7-character code inherits its seventh character's meaning.
	notes, err := b.Notes(t.Context(), codes.ICD10CM, "S72.001A", day0(t, "2021-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	seventh := ""
	for _, n := range notes {
		if n.Kind == "seventh-character" {
			seventh += n.Text[:1]
		}
	}
	if seventh != "ABCDEFGHJKMNPQRS" {
		t.Errorf("seventh characters of S72: %s", seventh)
	}
}

// TestRealTabularListAgreesWithTheOrderFile expands the tabular list by its seventh-character tables and compares it with the order file,
// which proves that the notes stand at the right codes.
func TestRealTabularListAgreesWithTheOrderFile(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, _ := build(t, BuildOptions{NoStarter: true}, filepath.Join(dir, "icd10cm2021"))
	m := b.nearestSet(codes.ICD10CM, "A00", makeDay(2021, 6, 1))
	checked, missing := 0, 0
	for i := 0; i < len(m.flags); i += 97 { // a sample over the whole alphabet
		key := m.key(i)
		if len(key) != 7 {
			continue
		}
		notes, err := b.Notes(t.Context(), codes.ICD10CM, key, day0(t, "2021-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		checked++
		found, any := false, false
		for _, n := range notes {
			if n.Kind == "seventh-character" {
				any = true
				found = found || n.Text[0] == key[6]
			}
		}
		if any && !found || !any && key[6] != 'A' && key[:3] != "H40" {
			missing++
			t.Logf("%s: seventh character %c is in no table", key, key[6])
		}
	}
	if checked < 300 || missing > checked/50 {
		t.Errorf("%d of %d seven-character codes have a seventh character that no table gives", missing, checked)
	}
}
