package identifiers_test

import (
	"testing"

	"caseconsultant/workflow/identifiers"
)

func TestFind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, kind, want string }{
		{"SSN 123-45-6789 on file", "ssn", "123-45-6789"},
		{"social security number: 123 45 6789", "ssn", "123 45 6789"},
		{"MRN 000000", "mrn", "000000"},
		{"mrn: AB-12345", "mrn", "AB-12345"},
		{"Medical record no. 884213", "mrn", "884213"},
		{"patient account # 55123", "mrn", "55123"},
		{"Member ID: XYZ123456789", "member", "XYZ123456789"},
		{"1EG4-TE5-MK72 is her Medicare number", "mbi", "1EG4-TE5-MK72"},
		{"DOB 01/02/1950", "dob", "01/02/1950"},
		{"date of birth: January 2, 1950", "dob", "January 2, 1950"},
		{"born 2 Jan 1950", "dob", "2 Jan 1950"},
		{"write to pat.test@mail.example please", "email", "pat.test@mail.example"},
		{"call (555) 555-0123", "phone", "(555) 555-0123"},
		{"555-555-0123", "phone", "555-555-0123"},
		{"Patient: Test, Pat", "name", "Test, Pat"},
		{"Pt name: Pat Q. Test", "name", "Pat Q. Test"},
		{"Mrs. Sample wants to know", "name", "Sample"},
		{"lives at 12 Example Street, Apt 4", "address", "12 Example Street, Apt 4"},
	} {
		found := identifiers.Find(c.text)
		if len(found) != 1 || found[0].Kind != c.kind || c.text[found[0].Start:found[0].End] != c.want {
			var got []string
			for _, f := range found {
				got = append(got, f.Kind+" "+c.text[f.Start:f.End])
			}
			t.Errorf("%q: found %q, want %s %s", c.text, got, c.kind, c.want)
		}
	}
}

func TestInnocentTexts(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "31297-50 with 31288", "99213 or 99214? Est pt, 34 min total on 2/10/26", "DOS 2026-03-02", "NPI 1234567893", "J1885 x4, M54.50, 0360",
		"65 yo male, Medicare, POS 22", "Denied CO-97 N20? RT/LT", "LCD L33797, article A56537", "42 CFR 410.32", "established patient, new patient", "Patient: new or established?",
		"Patient status: inpatient", "L4-L5 fusion 22612", "MS-DRG 871 vs 872", "31295/6/7", "ICD-10-CM E11.9", "97110 3 units, 45 minutes",
	} {
		if found := identifiers.Find(text); len(found) != 0 {
			t.Errorf("%q: found %q", text, text[found[0].Start:found[0].End])
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	if got, want := identifiers.Mask("Patient: Test, Pat DOB 01/02/1950 had 31297"), "Patient: ••• DOB ••• had 31297"; got != want {
		t.Errorf("Mask = %q, want %q", got, want)
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"Patient: Test, Pat DOB 01/02/1950 MRN 000000", "123-45-6789123-45-6789", "a@b.example", "SSN: 1-1-1-1-1-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, found := range identifiers.Find(s) {
			if found.Start < at || found.End <= found.Start || found.End > len(s) {
				t.Fatalf("finding %+v of %q is out of place", found, s)
			}
			at = found.End
		}
		identifiers.Mask(s)
	})
}
