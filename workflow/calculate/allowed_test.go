package calculate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
)

func dec(v float64) codebook.Decimal { return codebook.Decimal(v*10000 + 0.5) }

// fee makes a row as RVU25D has it: the conversion factor of 2025.
func fee(code string, work, office, facility, mp float64, change func(*codebook.Fee)) codebook.Fee {
	f := codebook.Fee{Code: code, Status: "A", Work: dec(work), PEOffice: dec(office), PEFacility: dec(facility), Malpractice: dec(mp), Conversion: dec(32.3465), Multiple: "0", Bilateral: "0", Assistant: "0", CoSurgeons: "0", Release: "RVU25D"}
	if change != nil {
		change(&f)
	}
	return f
}

func surgery(mult, bilat string) func(*codebook.Fee) {
	return func(f *codebook.Fee) { f.Multiple, f.Bilateral = mult, bilat }
}

func scopy(base string) func(*codebook.Fee) {
	return func(f *codebook.Fee) { f.Multiple, f.Bilateral, f.EndoscopyBase = "3", "1", base }
}

// The rows are those of RVU25D; the amounts were worked out by hand from 42 CFR 414.20.
var (
	visit = fee("99214", 1.92, 1.80, 0.83, 0.15, nil)
	joint = fee("20610", 0.79, 1.04, 0.44, 0.13, surgery("2", "1"))
	knee  = fee("27447", 19.60, 15.30, 15.30, 3.98, func(f *codebook.Fee) {
		surgery("2", "1")(f)
		f.Assistant, f.CoSurgeons, f.Pre, f.Intra, f.Post = "2", "1", dec(0.10), dec(0.69), dec(0.21)
	})
	nose     = fee("31231", 1.10, 4.43, 0.67, 0.16, surgery("2", "2"))
	dilation = fee("31297", 2.44, 43.82, 1.52, 0.36, scopy("31231"))
	opening  = fee("31288", 4.10, 2.31, 2.31, 0.60, scopy("31231"))
	exercise = fee("97110", 0.45, 0.43, 0.43, 0.01, func(f *codebook.Fee) { f.Multiple = "5" })
	manual   = fee("97140", 0.43, 0.40, 0.40, 0.01, func(f *codebook.Fee) { f.Multiple = "5" })
	chest    = []codebook.Fee{fee("71046", 0.22, 0.77, 0.77, 0.02, nil), fee("71046", 0.22, 0.08, 0.08, 0.01, func(f *codebook.Fee) { f.Modifier = "26" }), fee("71046", 0, 0.69, 0.69, 0.01, func(f *codebook.Fee) { f.Modifier = "TC" })}
)

// imaging are the rows of a test: whole, 26 and TC, of which work is in the reading alone.
func imaging(code string, work, pe26, mp26, peTC, mpTC float64) []codebook.Fee {
	kind := func(modifier string) func(*codebook.Fee) {
		return func(f *codebook.Fee) { f.Multiple, f.Modifier = "4", modifier }
	}
	return []codebook.Fee{fee(code, work, pe26+peTC, pe26+peTC, mp26+mpTC, kind("")), fee(code, work, pe26, pe26, mp26, kind("26")), fee(code, 0, peTC, peTC, mpTC, kind("TC"))}
}

var (
	abdomen = imaging("74177", 1.82, 0.66, 0.10, 6.59, 0.02)
	thorax  = imaging("71260", 1.16, 0.43, 0.05, 3.42, 0.02)
)

func one(units int, modifiers string, rows ...codebook.Fee) FeeLine {
	l := FeeLine{Code: rows[0].Code, Units: units, Rows: rows}
	if modifiers != "" {
		l.Modifiers = strings.Split(modifiers, "-")
	}
	if rows[0].EndoscopyBase != "" {
		l.Base = []codebook.Fee{nose}
	}
	return l
}

func TestMedicareAllowed(t *testing.T) {
	t.Parallel()
	p := policy(t)
	manhattan := codebook.Locality{Name: "MANHATTAN", Work: dec(1.065), PE: dec(1.166), Malpractice: dec(1.656)}
	cap := &codebook.Cap{Modifier: "TC", Office: dec(20), Facility: dec(20)}
	capped, cappedWhole := one(1, "TC", chest...), one(1, "", chest...)
	capped.Cap, cappedWhole.Cap = cap, cap
	for _, test := range []struct {
		name     string
		lines    []FeeLine
		where    codebook.Locality
		facility bool
		want     string // amounts of the lines
		total    string
	}{
		{"NationalOffice", []FeeLine{one(1, "", visit)}, National(), false, "125.18", "125.18"},                            // 3.87 x 32.3465
		{"NationalFacility", []FeeLine{one(1, "", visit)}, National(), true, "93.80", "93.80"},                             // 2.90 x 32.3465
		{"Manhattan", []FeeLine{one(1, "", visit)}, manhattan, false, "142.07", "142.07"},                                  // 4.392 x 32.3465
		{"JointOffice", []FeeLine{one(1, "", joint)}, National(), false, "63.40", "63.40"},                                 // 1.96
		{"BothSides", []FeeLine{one(1, "50", joint)}, National(), false, "95.10", "95.10"},                                 // 150 %
		{"BothSidesOfNone", []FeeLine{one(1, "50", visit)}, National(), false, "125.18", "125.18"},                         // indicator 0
		{"Professional", []FeeLine{one(1, "26", chest...)}, National(), false, "10.03", "10.03"},                           // 0.31
		{"Technical", []FeeLine{one(1, "TC", chest...)}, National(), false, "22.64", "22.64"},                              // 0.70
		{"Whole", []FeeLine{one(1, "", chest...)}, National(), false, "32.67", "32.67"},                                    // 1.01
		{"Capped", []FeeLine{capped}, National(), false, "20", "20"},                                                       // Social Security Act 1848(b)(4)
		{"CappedInTheWhole", []FeeLine{cappedWhole}, National(), false, "30.03", "30.03"},                                  // 32.67 - (22.64 - 20)
		{"Knee", []FeeLine{one(1, "", knee)}, National(), true, "1257.63", "1257.63"},                                      // 38.88
		{"Assistant", []FeeLine{one(1, "80", knee)}, National(), true, "201.22", "201.22"},                                 // 16 %
		{"AssistantNotPhysician", []FeeLine{one(1, "AS", knee)}, National(), true, "171.04", "171.04"},                     // 85 % of 16 %
		{"TwoSurgeons", []FeeLine{one(1, "62", knee)}, National(), true, "786.02", "786.02"},                               // 62.5 %
		{"AfterCareOnly", []FeeLine{one(1, "55", knee)}, National(), true, "264.10", "264.10"},                             // 21 %
		{"WithoutAfterCare", []FeeLine{one(1, "54", knee)}, National(), true, "993.53", "993.53"},                          // 79 %
		{"ReturnToTheRoom", []FeeLine{one(1, "78", knee)}, National(), true, "867.76", "867.76"},                           // 69 %
		{"SecondProcedureHalf", []FeeLine{one(1, "", joint), one(1, "", knee)}, National(), true, "22 1257.63", "1279.63"}, // 1.36 x 32.3465 = 43.99, halved
		{"TwoUnits", []FeeLine{one(2, "", joint)}, National(), false, "95.10", "95.10"},                                    // 63.40 + 31.70
		// The higher of an endoscopy family in full (31288: 7.01), the other less the base (31297: 4.32 - 31231: 1.93).
		{"EndoscopyFamily", []FeeLine{one(1, "", dilation), one(1, "", opening)}, National(), true, "77.31 226.75", "304.06"},
		{"EndoscopyAlone", []FeeLine{one(1, "", dilation)}, National(), false, "1507.99", "1507.99"},
		{"BaseBesideItsFamily", []FeeLine{one(1, "", nose), one(1, "", opening)}, National(), true, "0 226.75", "226.75"},
		// A family is one in the ranking: knee 100 %, family 50 %.
		{"FamilyBesideSurgery", []FeeLine{one(1, "", knee), one(1, "", dilation), one(1, "", opening)}, National(), true, "1257.63 38.66 113.38", "1409.67"},
		// Therapy: 97110 has the highest practice expense, one unit of it in full (28.79), the others with half of it (21.83, 20.70).
		{"Therapy", []FeeLine{one(2, "", exercise), one(1, "", manual)}, National(), false, "50.62 20.70", "71.32"},
		{"TherapyOne", []FeeLine{one(1, "", exercise)}, National(), false, "28.79", "28.79"},
		// Two imaging services: the lower technical component at half, the lower professional one less 5 % (RVU25D 74177 and 71260).
		{"Imaging", []FeeLine{one(1, "", abdomen...), one(1, "", thorax...)}, National(), false, "297.26 106.03", "403.29"},
		{"ImagingReadOnly", []FeeLine{one(1, "26", abdomen...), one(1, "26", thorax...)}, National(), false, "83.45 50.40", "133.85"},
		{"VisitIsNotReduced", []FeeLine{one(1, "25", visit), one(1, "", joint)}, National(), false, "125.18 63.40", "188.58"},
	} {
		a := MedicareAllowed(p, FeeCase{Lines: test.lines, Where: test.where, Facility: test.facility, Day: day("2025-11-03"), FeeSource: "RVU25D"})
		var got []string
		for _, l := range a.Lines {
			if l.Why != "" || len(l.Steps) == 0 {
				t.Errorf("%s: %s %s", test.name, l.Code, l.Why)
			}
			got = append(got, l.Amount.String())
		}
		if strings.Join(got, " ") != test.want || a.Total.String() != test.total || !a.Whole {
			t.Errorf("%s: %v, total %s; want %s, %s", test.name, got, a.Total, test.want, test.total)
		}
	}
}

func TestOrderOfLinesChangesNoAmount(t *testing.T) {
	t.Parallel()
	p := policy(t)
	lines := []FeeLine{one(1, "", knee), one(1, "50", dilation), one(1, "", opening), one(2, "", joint), one(1, "25", visit)}
	var want codebook.Decimal
	for i := range lines {
		turned := append(append([]FeeLine{}, lines[i:]...), lines[:i]...)
		a := MedicareAllowed(p, FeeCase{Lines: turned, Where: National(), Facility: true, Day: day("2025-11-03")})
		if i == 0 {
			want = a.Total
		} else if a.Total != want {
			t.Errorf("turned by %d: %s, want %s", i, a.Total, want)
		}
	}
}

func TestNoAmountSaysWhy(t *testing.T) {
	t.Parallel()
	p := policy(t)
	with := func(status string) codebook.Fee {
		return fee("00000", 1, 1, 1, 1, func(f *codebook.Fee) { f.Status = status })
	}
	noAssistant := fee("31231", 1, 1, 1, 1, func(f *codebook.Fee) { f.Assistant = "1" })
	for _, test := range []struct {
		line FeeLine
		want string
	}{
		{one(1, "", with("X")), "another schedule (laboratory"}, {one(1, "", with("E")), "another schedule (drugs"}, {one(1, "", with("N")), "not covered by Medicare"},
		{one(1, "", with("I")), "other payers may use it"}, {one(1, "", with("C")), "the contractor sets the price"}, {one(1, "", with("B")), "bundled"}, {one(1, "", with("P")), "bundled"},
		{one(1, "", with("J")), "base units and time"}, {one(1, "", with("M")), "a measure"}, {one(1, "80", noAssistant), "nothing for an assistant"}, {one(1, "62", visit), "two surgeons are not provided for"},
		{one(1, "TC", visit), "no row of this code with TC"}, {one(1, "22", knee), "by report"}, {one(1, "55", visit), "splits no global package"}, {FeeLine{Code: "12345"}, "no such code"},
	} {
		a := MedicareAllowed(p, FeeCase{Lines: []FeeLine{test.line}, Where: National(), Day: day("2025-11-03")})
		if l := a.Lines[0]; !strings.Contains(l.Why, test.want) || l.Amount != 0 || a.Whole || a.Limiting != 0 || strings.Contains(l.Why, "not payable") {
			t.Errorf("%s: %+v, want %q", test.line.Code, l, test.want)
		}
	}
}

// TestTwoFactorsOf2026: qualifying participants in advanced payment models have a conversion factor of their own since 2026.
func TestTwoFactorsOf2026(t *testing.T) {
	t.Parallel()
	row := fee("99213", 1.30, 1.35, 0.57, 0.10, func(f *codebook.Fee) { f.Conversion, f.ConversionQPP = dec(33.4009), dec(33.5675) })
	for qp, want := range map[bool]string{false: "91.85", true: "92.31"} {
		a := MedicareAllowed(policy(t), FeeCase{Lines: []FeeLine{one(1, "", row)}, Where: National(), QP: qp, Day: day("2026-11-03")})
		if a.Total.String() != want {
			t.Errorf("qualifying %v: %s, want %s", qp, a.Total, want)
		}
	}
}

func TestReadFees(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]string{
		"99214 TX":                            "99214 x1 | TX |  | both",
		"31297-50 31288 TX houston":           "31297-50 x1, 31288 x1 | TX houston |  | both",
		"99214, NY Manhattan, 2026-03-02":     "99214 x1 | NY Manhattan | 2026-03-02 | both",
		"99214 dos 3/2/2026 facility":         "99214 x1 |  | 2026-03-02 | facility",
		"97110x3 97140X2 office in FL":        "97110 x3, 97140 x2 | FL |  | office",
		"j1885 04412/18":                      "J1885 x1 | 04412/18 |  | both",
		"71046-26-RT":                         "71046-26-RT x1 |  |  | both",
		"0633T AL":                            "0633T x1 | AL |  | both",
		"99214 rest of texas office facility": "99214 x1 | rest of texas |  | both",
		"texas":                               "no code",
		"":                                    "no code",
		"99214-2x5":                           "no code",
	} {
		r, err := ReadFees(words)
		var lines []string
		for _, l := range r.Lines {
			lines = append(lines, fmt.Sprintf("%s x%d", strings.Join(append([]string{l.Code}, l.Modifiers...), "-"), l.Units))
		}
		day, place := "", map[[2]bool]string{{true, true}: "both", {true, false}: "facility", {false, true}: "office"}[[2]bool{r.Facility, r.Office}]
		if !r.Day.IsZero() {
			day = r.Day.Format(time.DateOnly)
		}
		got := strings.Join([]string{strings.Join(lines, ", "), r.Place, day, place}, " | ")
		if errors.Is(err, ErrNoCode) {
			got = "no code"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", words, got, want)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for amount, want := range map[codebook.Decimal]string{0: "$0.00", 200000: "$20.00", 12576300: "$1,257.63", 12345678900: "$1,234,567.89", -634000: "-$63.40", 323465: "$32.3465", 9900: "$0.99"} {
		if got := Money(amount); got != want {
			t.Errorf("%d: %s, want %s", amount, got, want)
		}
	}
}
