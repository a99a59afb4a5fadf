package codes

import (
	"errors"
	"slices"
	"testing"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	tests := []struct {
		system   System
		in, want string
	}{
		{CPT, "99213", "99213"}, {CPT, " 0421t ", "0421T"}, {CPT, "９９２１３", "99213"}, {CPT, "0001U", "0001U"},
		{HCPCS, "j1885", "J1885"}, {CDT, "d7140", "D7140"},
		{ICD10CM, "m5450", "M54.50"}, {ICD10CM, "M54.50", "M54.50"}, {ICD10CM, "i10", "I10"}, {ICD10CM, "w19xxxa", "W19.XXXA"},
		{ICD10CM, "Y93.I1", "Y93.I1"}, {ICD10CM, "c7a.019", "C7A.019"}, {ICD10CM, "QA0.0101", "QA0.0101"}, {ICD10CM, "Е11.9", "E11.9"},
		{ICD10PCS, "0ft44zz", "0FT44ZZ"}, {Modifier, "rt", "RT"}, {Modifier, "25", "25"},
		{MSDRG, "65", "065"}, {Revenue, "360", "0360"}, {POS, "2", "02"},
		{NDC, "0409-1158-02", "00409-1158-02"}, {NDC, "00409115802", "00409-1158-02"}, {NDC, "63323-162-10", "63323-0162-10"},
		{NDC, "12345-6789-1", "12345-6789-01"}, {NDC, "0409115802", "0409115802"},
	}
	for _, tt := range tests {
		got, err := Normalize(tt.system, tt.in)
		if err != nil || got != tt.want {
			t.Errorf("Normalize(%s, %q) = %q, %v; want %q", tt.system, tt.in, got, err, tt.want)
		}
		if again, err := Normalize(tt.system, got); err != nil || again != got {
			t.Errorf("Normalize(%s, %q) is not stable: %q, %v", tt.system, got, again, err)
		}
	}
	for _, tt := range []struct {
		system System
		in     string
	}{
		{CPT, "9921"}, {CPT, "J1885"}, {HCPCS, "99213"}, {HCPCS, "D7140"}, {ICD10CM, "99213"}, {ICD10CM, "M5.450"}, {ICD10CM, "M54.50.1"}, {ICD10CM, ""},
		{ICD10PCS, "0FT44OZ"}, {ICD10PCS, "1234567"}, {Modifier, "255"}, {MSDRG, "1234"}, {Revenue, "36"}, {POS, "123"}, {NDC, "123-45-6789"},
	} {
		if got, err := Normalize(tt.system, tt.in); !errors.Is(err, ErrSyntax) {
			t.Errorf("Normalize(%s, %q) = %q, %v; want ErrSyntax", tt.system, tt.in, got, err)
		}
	}
	if _, err := Normalize("icd9", "724.2"); err == nil || errors.Is(err, ErrSyntax) {
		t.Errorf("an unknown system must be named as such, got %v", err)
	}
}

func TestSystemsOf(t *testing.T) {
	t.Parallel()
	tests := []struct {
		in   string
		want []System
	}{
		{"31297", []System{CPT}},
		{"0421t", []System{CPT}},
		{"J1885", []System{HCPCS, ICD10CM}},
		{"G0439", []System{HCPCS, ICD10CM}}, // spells both: HCPCS first
		{"M5450", []System{ICD10CM, HCPCS}}, // no HCPCS code lies there
		{"M54.50", []System{ICD10CM}},
		{"D7140", []System{CDT, ICD10CM}},
		{"0FT44ZZ", []System{ICD10PCS}},
		{"S72001A", []System{ICD10CM, ICD10PCS}},
		{"RT", []System{Modifier}},
		{"470", []System{MSDRG, Revenue}},
		{"0360", []System{Revenue}},
		{"00409-1158-02", []System{NDC}},
		{"hello", nil},
		{"", nil},
	}
	for _, tt := range tests {
		if got := SystemsOf(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("SystemsOf(%q) = %v, want %v", tt.in, got, tt.want)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"99213", "m5450", "0409-1158-02", "W19.XXXA", "０３６０", "0FT44ZZ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, system := range Systems() {
			got, err := Normalize(system, s)
			if err != nil {
				continue
			}
			if again, err := Normalize(system, got); err != nil || again != got {
				t.Fatalf("Normalize(%s, %q) = %q, then %q, %v", system, s, got, again, err)
			}
		}
		for _, system := range SystemsOf(s) {
			if _, err := Normalize(system, s); err != nil {
				t.Fatalf("SystemsOf(%q) names %s, which cannot read it: %v", s, system, err)
			}
		}
	})
}
