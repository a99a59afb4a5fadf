package codebook

import (
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

// TestRealSourcesAreReadWithTheirCounts reads every real file that stands beside the code sets.
func TestRealSourcesAreReadWithTheirCounts(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	var inputs []string
	for _, name := range []string{"icd10cm2019_index", "icd10cm2021", "icd10pcs2021", "gems2018", "hcpcs2019"} {
		inputs = append(inputs, filepath.Join(dir, name))
	}
	b, report := build(t, BuildOptions{NoStarter: true}, inputs...)
	for _, w := range report.Warnings {
		t.Errorf("warning: %s", w)
	}
	want := map[string]string{
		"icd10cm_drug_2019.xml":         "7418 entries",
		"icd10cm_eindex_2019.xml":       "7585 entries",
		"icd10cm_neoplasm_2019.xml":     "1939 entries",
		"icd10pcs_index_2021.xml":       "23866 entries",
		"icd10pcs_definitions_2021.xml": "values explained",
		"2018_I10gem.txt":               "81,593 mappings",
		"2018_I9gem.txt":                "24,860 mappings",
		"proc_notes_2019.txt":           "processing notes",
	}
	for _, f := range report.Read {
		name := filepath.Base(f.File)
		if part, ok := want[name]; ok {
			delete(want, name)
			if !strings.Contains(f.Note, part) {
				t.Errorf("%s: %s, want %s", name, f.Note, part)
			}
			t.Logf("%s: %s", name, f.Note)
		}
	}
	for name := range want {
		t.Errorf("%s was not read", name)
	}
	on := day0(t, "2021-03-01")
	for _, test := range []struct{ words, want string }{
		{"abdominohysterectomy", "0UT9"},
		{"parrot bite", "W61.01"},
		{"1-propanol poisoning accidental", "T51.3X1"},
	} {
		if hits := search(t, b, test.words, SearchOptions{On: on, Limit: 5}); len(hits) == 0 || !strings.HasPrefix(hits[0].Code, test.want) && !strings.HasPrefix(hits[min(1, len(hits)-1)].Code, test.want) {
			t.Errorf("%s: %v, want %s", test.words, hits, test.want)
		}
	}
	s, ok, err := b.SeventhCharacters(t.Context(), "S06.1X7", on)
	if err != nil || !ok || len(s.Characters) != 1 || s.Characters[0].Code != "S06.1X7A" {
		t.Errorf("death takes only A: %+v %v %v", s, ok, err)
	}
	notes, err := b.Notes(t.Context(), codes.ICD10CM, "H54.0X33", on)
	acuity := 0
	for _, n := range notes {
		acuity += btoi(n.Kind == "visual-impairment")
	}
	if err != nil || acuity != 6 {
		t.Errorf("%d categories of visual impairment, %v", acuity, err)
	}
	if text, err := b.ProcessingNote(t.Context(), "A4466", day0(t, "2019-06-01")); err != nil || !strings.HasPrefix(text, "PUB. 100-4, CH.21") {
		t.Errorf("%q, %v", text, err)
	}
	values, err := b.PCSValues(t.Context(), "0FT44ZZ", on)
	if err != nil || len(values) < 2 || values[0].Value != "Resection" || values[len(values)-1].Value != "Percutaneous Endoscopic" {
		t.Errorf("%+v, %v", values, err)
	}

	// The list of 2021 has hardly a code that is in no mapping: those made after October 2017.
	m := b.nearestSet(codes.ICD10CM, "A00", makeDay(2021, 6, 1))
	checked, without := 0, 0
	for i := 0; i < len(m.flags); i += 211 {
		if m.flags[i]&memberBillable == 0 {
			continue
		}
		list, err := b.Crosswalks(t.Context(), codes.ICD10CM, m.key(i))
		if err != nil {
			t.Fatal(err)
		}
		checked++
		without += btoi(len(list) == 0)
	}
	if checked < 300 || without > checked/20 {
		t.Errorf("%d of %d codes are in no mapping", without, checked)
	}
}
