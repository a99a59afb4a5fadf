package identifiers

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func kindsOf(text string) []string {
	var out []string
	for _, f := range Find(text) {
		out = append(out, f.Kind+"="+text[f.Start:f.End])
	}
	return out
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		{"SSN 123-45-6789", []string{"ssn=123-45-6789"}},
		{"social security number ending in 6789", []string{"ssn=6789"}},
		{"Medicare 1EG4-TE5-MK73", []string{"mbi=1EG4-TE5-MK73"}},
		{"Medicare ID 1EG4TE5MK72, balance", []string{"mbi=1EG4TE5MK72"}},
		{"DOB 9/9/1950", []string{"dob=9/9/1950"}},
		{"d.o.b.: March 4, 1948", []string{"dob=March 4, 1948"}},
		{"born on 4 Mar 1948", []string{"dob=4 Mar 1948"}},
		{"My birthday is 4/12/1961", []string{"dob=4/12/1961"}},
		{"call (312) 555-0142 ext 20610", []string{"phone=(312) 555-0142 ext 20610"}},
		{"fax 614.555.0110", []string{"phone=614.555.0110"}},
		{"call me 555-0123", []string{"phone=555-0123"}},
		{"phone: 6145550110", []string{"phone=6145550110"}},
		{"write to pat@clinic.example now", []string{"email=pat@clinic.example"}},
		{"MRN 00452117", []string{"mrn=00452117"}},
		{"MRN: E-448812", []string{"mrn=E-448812"}},
		{"patient ID 88412", []string{"mrn=88412"}},
		{"chart # 20610", []string{"mrn=20610"}},
		{"Member ID: XQH882190034", []string{"member=XQH882190034"}},
		{"policy # 31297881", []string{"member=31297881"}},
		{"Medicaid number 123456789", []string{"member=123456789"}},
		{"My account is 45378221", []string{"account=45378221"}},
		{"claim 7734120055 denied", []string{"account=7734120055"}},
		{"Patient: Pat Test", []string{"name=Pat Test"}},
		{"PATIENT NAME: TEST, PAT Q", []string{"name=TEST, PAT Q"}},
		{"patient Pat Sample had 29881", []string{"name=Pat Sample"}},
		{"Mrs. Sample came back", []string{"name=Sample"}},
		{"Test, Pat DOB 01/02/1950 MRN 000000", []string{"name=Test, Pat", "dob=01/02/1950", "mrn=000000"}},
		{"Re: Sample, Pat", []string{"name=Sample, Pat"}},
		{"she lives at 12 Oak Hill Rd", []string{"address=12 Oak Hill Rd"}},
		{"12 Oak Hill Rd, Springfield, IL 62704", []string{"address=12 Oak Hill Rd, Springfield, IL 62704"}},
		{"NM1*IL*1*TEST*PAT****MI*123456789~DMG*D8*19500102*F~", []string{"name=TEST*PAT****MI*123456789", "dob=D8*19500102*F"}},
		{"NM1|QC|1|TEST|PAT~DMG|D8|19500102|F~", []string{"name=TEST|PAT", "dob=D8|19500102|F"}},
		{"CLM*A77*250***11:B:1~\nN3*12 OAK HILL RD~\nN4*SPRINGFIELD*IL*62704~\nREF*SY*123456789~\nREF*EA*MR5521~\nPER*IC*PAT*TE*2175550142~", []string{"account=A77", "address=12 OAK HILL RD", "address=SPRINGFIELD*IL*62704", "ssn=123456789", "mrn=MR5521", "phone=IC*PAT*TE*2175550142"}},
		{"seen 01/02/1950 for", []string{"dob=01/02/1950"}},
	}
	for _, tt := range tests {
		if got := kindsOf(tt.text); !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCodesDatesOfServiceAndAgesAreNoIdentifiers(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"31297-50 with 31288",
		"99213-25, 20610-RT, J3301 x4",
		"99202-99205",
		"DOS 2026-03-02",
		"Date of service 3/2/2026",
		"She is 65 years old",
		"CPT 99213 dx M54.50",
		"NDC 00409-1158-02 and 0409-1158-02",
		"DRG 871 vs 872, revenue code 0360",
		"Patient A: 99214-25. Patient B: 99213",
		"Patient: 68 yo female",
		"Patient Services said no",
		"claim 99214 denied CO-97",
		"Medicare Part B, Ohio",
		"CC-4821-K7RQ9",
		"ICD-10-CM S52.501A",
		"2/10/26, 34 minutes",
		"Commercial plan, group practice",
		"NCCI v32.0, Medicare Claims Processing Manual ch. 12",
		"LX*1~SV1*HC:J1885:JZ*48*UN*2***1~LIN**N4*00409379601~CTP****2*ML~DTP*472*D8*20260302~",
		"HI*ABK:M5450~SV2*0360*HC:47562*8400*UN*1~CAS*CO*97*120~LQ*HE*N130~",
	} {
		if got := kindsOf(text); len(got) > 0 {
			t.Errorf("%q: found %q", text, got)
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	got := Mask("Patient: Pat Test, DOB 01/02/1950, MRN 00452117, 99213-25 on 3/2/2026, call 555-0123")
	want := "Patient: [name], DOB [dob], MRN [mrn], 99213-25 on 3/2/2026, call [phone]"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if plain := "Can 31297-50 be billed with 31288?"; Mask(plain) != plain {
		t.Errorf("a text without identifiers is changed: %q", Mask(plain))
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{
		"Patient: Pat Test, DOB 01/02/1950", "123-45-6789", "555-01555-012323", "MRN MRN 123 4567", "a@b.example", "NM1*IL*1*A~", "claim no. 1234567",
		"12 Oak Rd, X, IL 62704", "1EG4TE5MK73", "Re: A, B", "Mrs. Mrs. Sample",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, x := range Find(text) {
			if x.Start < last || x.End > len(text) || x.Start >= x.End || x.Kind == "" {
				t.Fatalf("finding %+v in %q", x, text)
			}
			last = x.End
		}
		once := Mask(text)
		if twice := Mask(once); twice != once {
			t.Fatalf("masked twice %q, once %q", twice, once)
		}
		if Has(once) {
			t.Fatalf("an identifier is left in %q", once)
		}
	})
}

func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	for _, unit := range []string{"Pat Test ", "1-2-3", "MRN ", "555-0123 ", "12 A B C D St, ", "Patient: A", "a.b@c.d"} {
		text := strings.Repeat(unit, 200_000/len(unit))
		start := time.Now()
		Find(text)
		if d := time.Since(start); d > 20*time.Second {
			t.Errorf("%q: %v for 200 KB", unit, d)
		}
	}
}
