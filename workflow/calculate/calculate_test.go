package calculate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
)

func policy(t testing.TB) *codebook.Policy {
	t.Helper()
	p, err := codebook.LoadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestTime(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct {
		code    string
		minutes float64
		on      string
		reached bool
		fits    string
		next    string
	}{
		{"99214", 34, "2026-02-10", true, "99214", "99215"},
		{"99213", 34, "2026-02-10", true, "99214", "99214"},
		{"99214", 30, "2026-02-10", true, "99214", "99215"},
		{"99214", 29, "2026-02-10", false, "99213", "99215"},
		{"99215", 40, "2026-02-10", true, "99215", ""},
		{"99215", 300, "2026-02-10", true, "99215", ""},
		{"99212", 9, "2026-02-10", false, "", "99213"},
		{"99211", 12, "2026-02-10", false, "99212", "99212"},
		{"99213", 34, "2023-02-10", false, "99214", "99214"}, // ranges until the end of 2023
		{"99215", 55, "2023-02-10", false, "", ""},           // 55 is prolonged then
		{"99205", 60, "2026-02-10", true, "99205", ""},
		{"99232", 35, "2026-02-10", true, "99232", "99233"},
		{"99308", 15, "2023-06-01", true, "99308", "99309"},
		{"99308", 15, "2024-06-01", false, "99307", "99309"},
		{"99285", 90, "2026-02-10", false, "", ""}, // never by time
		{"99238", 30, "2026-02-10", true, "99238", "99239"},
		{"99239", 31, "2026-02-10", true, "99239", ""},
		{"99239", 30, "2026-02-10", false, "99238", ""},
		{"99344", 75, "2026-02-10", true, "99345", "99345"},
	} {
		f, why := Time(p, test.code, test.minutes, day(test.on))
		if why != "" || f.Reached != test.reached || f.Fits != test.fits || f.Next.Code != test.next || len(f.Steps) == 0 {
			t.Errorf("%s with %v minutes on %s: %+v %s", test.code, test.minutes, test.on, f, why)
		}
	}
	if _, why := Time(p, "99214", 34, day("2020-02-10")); !strings.HasPrefix(why, "not checked") {
		t.Errorf("before 2021 time did not choose a level: %q", why)
	}
}

func TestDecision(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		problems, data, risk, want string
		open                       bool
	}{
		{"moderate", "low", "moderate", "moderate", false},
		{"high", "low", "moderate", "moderate", false},
		{"high", "straightforward", "low", "low", false},
		{"high", "high", "low", "high", false},
		{"moderate", "", "moderate", "moderate", false}, // the third cannot lower it
		{"moderate", "", "low", "low", true},
		{"straightforward", "low", "high", "low", false},
		{"moderate", "", "", "", false},
		{"", "", "", "", false},
	} {
		got, open, _, why := Decision(Elements{test.problems, test.data, test.risk})
		if got != test.want || open != test.open || (got == "") != (why != "") {
			t.Errorf("%+v: %q %v %q", test, got, open, why)
		}
	}
}

func TestProlonged(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct {
		rule, code string
		minutes    float64
		want       string
	}{
		{"prolonged-cpt", "99215", 54, "99417 0"},
		{"prolonged-cpt", "99215", 55, "99417 1"},
		{"prolonged-cpt", "99215", 69, "99417 1"},
		{"prolonged-cpt", "99215", 70, "99417 2"},
		{"prolonged-cpt", "99205", 75, "99417 1"},
		{"prolonged-cpt", "99223", 90, "99418 1"},
		{"prolonged-medicare", "99215", 68, "G2212 0"},
		{"prolonged-medicare", "99215", 69, "G2212 1"},
		{"prolonged-medicare", "99215", 84, "G2212 2"},
		{"prolonged-medicare", "99205", 89, "G2212 1"},
		{"prolonged-medicare", "99223", 90, "G0316 1"},
		{"prolonged-medicare", "99236", 110, "G0316 1"},
		{"prolonged-medicare", "99306", 95, "G0317 1"},
		{"prolonged-medicare", "99350", 110, "G0318 1"},
		{"prolonged-cpt", "99214", 90, ""}, // only beside the highest level
	} {
		got, why := ProlongedService(p, test.rule, test.code, test.minutes, day("2026-02-10"))
		if s := strings.TrimSuffix(fmt.Sprintf("%s %d", got.Code, got.Units), " 0"); why == "" && s != strings.TrimSuffix(test.want, " 0") || why != "" && test.want != "" {
			t.Errorf("%s %s %v: %s, %s; want %s", test.rule, test.code, test.minutes, s, why, test.want)
		}
	}
}

func TestCriticalCare(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct {
		minutes  float64
		medicare bool
		want     string
	}{
		{29, false, "false 0"}, {30, false, "true 0"}, {74, false, "true 0"}, {75, false, "true 1"}, {104, false, "true 1"}, {105, false, "true 2"}, {110, false, "true 2"},
		{75, true, "true 0"}, {103, true, "true 0"}, {104, true, "true 1"}, {133, true, "true 1"}, {134, true, "true 2"},
	} {
		c, why := CriticalCare(p, test.minutes, test.medicare, day("2026-02-10"))
		if got := fmt.Sprint(c.First, " ", c.More); got != test.want || why != "" {
			t.Errorf("%v minutes, Medicare %v: %s, want %s", test.minutes, test.medicare, got, test.want)
		}
	}
}

// TestEightMinutes has the manual's kind of cases: chapter 5, section 20.2 C, examples 1 to 5 and the totals at each border.
func TestEightMinutes(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct {
		lines []Timed
		want  string
	}{
		{[]Timed{{"97112", 24}, {"97110", 23}}, "3: 97112 2, 97110 1"},
		{[]Timed{{"97110", 20}, {"97140", 20}}, "3: 97110 2, 97140 1 tie"},
		{[]Timed{{"97110", 33}, {"97140", 7}}, "3: 97110 2, 97140 1"},
		{[]Timed{{"97110", 18}, {"97140", 13}, {"97116", 10}, {"97035", 8}}, "3: 97110 1, 97140 1, 97116 1, 97035 0"},
		{[]Timed{{"97112", 7}, {"97110", 7}, {"97140", 7}}, "1: 97112 1, 97110 0, 97140 0 tie"},
		{[]Timed{{"97110", 7}}, "0: 97110 0"},
		{[]Timed{{"97110", 8}}, "1: 97110 1"},
		{[]Timed{{"97110", 22}}, "1: 97110 1"},
		{[]Timed{{"97110", 23}}, "2: 97110 2"},
		{[]Timed{{"97110", 38}}, "3: 97110 3"},
		{[]Timed{{"97110", 127}}, "8: 97110 8"},
		{[]Timed{{"97110", 128}}, "9: 97110 9"}, // beyond the table
	} {
		th, why := EightMinutes(p, test.lines, day("2026-02-10"))
		var parts []string
		sum := 0
		for _, u := range th.ByCode {
			parts = append(parts, fmt.Sprintf("%s %d", u.Code, u.Units))
			sum += u.Units
		}
		got := fmt.Sprintf("%d: %s", th.Units, strings.Join(parts, ", "))
		if th.Tie {
			got += " tie"
		}
		if got != test.want || why != "" || sum != th.Units {
			t.Errorf("%v: %s (%d in all) %s; want %s", test.lines, got, sum, why, test.want)
		}
	}
	for minutes, want := range map[float64]int{7: 0, 8: 1, 22: 1, 23: 2, 37: 2, 38: 3} {
		if got := Midpoint(minutes); got != want {
			t.Errorf("midpoint of %v: %d, want %d", minutes, got, want)
		}
	}
}

func TestUnitOfTitle(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		title, want string
		upTo        bool
	}{
		{"Injection, ketorolac tromethamine, per 15 mg", "15 mg", false},
		{"Injection, triamcinolone acetonide, not otherwise specified, 10 mg", "10 mg", false},
		{"Injection, penicillin g benzathine, 100,000 units", "100000 units", false},
		{"Injection, onabotulinumtoxina, 1 unit", "1 units", false},
		{"Vitamin B12 (cyanocobalamin), up to 1,000 mcg", "1000 mcg", true},
		{"Injection, epoetin alfa, (for non-esrd use), 1000 units", "1000 units", false},
		{"Injection, darbepoetin alfa, 1 microgram (non-esrd use)", "1 mcg", false},
		{"Injection, pegfilgrastim, excludes biosimilar, 0.5 mg", "0.5 mg", false},
		{"Factor viii (antihemophilic factor, human) per i.u.", "1 units", false},
		{"Injection, ceftazidime and avibactam, 0.5 g/0.125 g", "", false},
		{"Injection, torsemide, 10 mg/ml", "", false},
		{"Albuterol, up to 2.5 mg and ipratropium bromide, up to 0.5 mg, unit dose", "", false},
		{"Low osmolar contrast material, 300-399 mg/ml iodine concentration, per ml", "1 ml", false},
		{"Infusion, dextran 40, 10%, 500 ml", "500 ml", false},
		{"Unclassified drugs", "", false},
		{"Hyaluronan (Orthovisc), per dose", "", false},
		{"Inhalation solution, unit dose form, per milligram", "1 mg", false},
	} {
		q, upTo, ok := UnitOfTitle(test.title)
		got := ""
		if ok {
			got = q.String()
		}
		if got != test.want || upTo != test.upTo {
			t.Errorf("%s: %q %v, want %q", test.title, got, upTo, test.want)
		}
	}
}

func of(amount float64, unit string) Quantity {
	q, ok := Of(amount, unit)
	if !ok {
		panic(unit)
	}
	return q
}

func TestDoseUnits(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		dose, per Quantity
		units     int
		exact, ok bool
	}{
		{of(40, "mg"), of(10, "mg"), 4, true, true},
		{of(45, "mg"), of(10, "mg"), 5, false, true},
		{of(1, "g"), of(250, "mg"), 4, true, true},
		{of(0.3, "mg"), of(0.1, "mg"), 3, true, true}, // exact where binary fractions are not
		{of(1000, "mcg"), of(1, "mg"), 1, true, true},
		{of(1.2e6, "units"), of(100000, "units"), 12, true, true},
		{of(5, "mg"), of(10, "mg"), 1, false, true},
		{of(1, "cc"), of(10, "mg"), 0, false, false},
	} {
		d, ok := DoseUnits(test.dose, test.per)
		if d.Units != test.units || d.Exact != test.exact || ok != test.ok {
			t.Errorf("%s / %s: %+v %v", test.dose, test.per, d, ok)
		}
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		dose, size   Quantity
		n            int
		per          Quantity
		used, wasted int
		left         string
	}{
		{of(40, "mg"), of(60, "mg"), 1, of(10, "mg"), 4, 2, "20 mg"},
		{of(150, "mg"), of(100, "mg"), 2, of(10, "mg"), 15, 5, "50 mg"},
		{of(100, "mg"), of(100, "mg"), 1, of(10, "mg"), 10, 0, "0 mg"},
		{of(7, "mg"), of(10, "mg"), 1, of(10, "mg"), 1, 0, "3 mg"}, // the begun unit takes the rest in
		{of(95, "mg"), of(100, "mg"), 1, of(10, "mg"), 10, 0, "5 mg"},
		{of(155, "units"), of(200, "units"), 1, of(1, "unit"), 155, 45, "45 units"},
	} {
		w, ok := Discard(test.dose, test.size, test.n, test.per)
		if !ok || w.Used != test.used || w.Wasted != test.wasted || w.Discarded.String() != test.left {
			t.Errorf("%s of %d x %s: %+v %v", test.dose, test.n, test.size, w, ok)
		}
	}
	if _, ok := Discard(of(80, "mg"), of(60, "mg"), 1, of(10, "mg")); ok {
		t.Error("more was given than the container holds")
	}
}

func TestAnesthesia(t *testing.T) {
	t.Parallel()
	p := policy(t)
	factor := codebook.Decimal(203178) // national, 2025
	for _, test := range []struct {
		in     Anesthesia
		tenths int
		total  int
		amount string
	}{
		{Anesthesia{Base: 7, Minutes: 95}, 63, 133, "0"},
		{Anesthesia{Base: 5, Minutes: 60, Factor: factor}, 40, 90, "182.86"}, // 9 x 20.3178
		{Anesthesia{Base: 5, Minutes: 60, Factor: factor, Share: 50}, 40, 90, "91.43"},
		{Anesthesia{Base: 3, Minutes: 10}, 7, 37, "0"},
		{Anesthesia{Base: 4, Minutes: 45, Extra: 1}, 30, 80, "0"},
	} {
		u, why := test.in.Work(p, day("2025-06-01"))
		if why != "" || u.Tenths != test.tenths || u.Total != test.total || u.Amount.String() != test.amount {
			t.Errorf("%+v: %+v %s", test.in, u, why)
		}
	}
}

func TestGlobalPeriod(t *testing.T) {
	t.Parallel()
	p := policy(t)
	for _, test := range []struct{ indicator, on, first, last string }{
		{"090", "2025-12-15", "2025-12-14", "2026-03-15"},
		{"010", "2026-02-20", "2026-02-20", "2026-03-02"},
		{"000", "2026-02-20", "2026-02-20", "2026-02-20"},
		{"090", "2024-01-10", "2024-01-09", "2024-04-09"}, // over 29 February
	} {
		g, why := GlobalPeriod(p, test.indicator, day(test.on))
		if why != "" || g.First.Format(time.DateOnly) != test.first || g.Last.Format(time.DateOnly) != test.last {
			t.Errorf("%s on %s: %v to %v %s", test.indicator, test.on, g.First, g.Last, why)
		}
	}
	for _, none := range []string{"XXX", "MMM", "YYY", "ZZZ"} {
		if _, why := GlobalPeriod(p, none, day("2026-02-20")); why == "" {
			t.Errorf("%s has days", none)
		}
	}
}

func TestFindLocalities(t *testing.T) {
	t.Parallel()
	all := []codebook.Locality{
		{Contractor: "04412", Number: "18", State: "TX", Name: "HOUSTON"}, {Contractor: "04412", Number: "28", State: "TX", Name: "FORT WORTH"}, {Contractor: "04412", Number: "99", State: "TX", Name: "REST OF TEXAS"},
		{Contractor: "13202", Number: "01", State: "NY", Name: "MANHATTAN", Counties: []string{"NEW YORK"}}, {Contractor: "13282", Number: "99", State: "NY", Name: "REST OF NEW YORK"},
		{Contractor: "10112", Number: "00", State: "AL", Name: "ALABAMA"}, {Contractor: "09102", Number: "04", State: "FL", Name: "MIAMI", Counties: []string{"DADE AND MONROE"}},
		{Contractor: "01182", Number: "18", State: "CA", Name: "LOS ANGELES-LONG BEACH-ANAHEIM (LOS ANGELES/ORANGE CNTY)"},
	}
	for words, want := range map[string]string{
		"TX": "18 28 99", "texas": "18 28 99", "NY Manhattan": "01", "manhattan ny": "01", "Manhattan": "01", "new york": "01 99", "houston": "18", "Houston, TX": "18", "fort worth": "28", "TX 18": "18",
		"04412/28": "28", "AL": "00", "Alabama": "00", "rest of texas": "99", "miami": "04", "FL dade": "04", "los angeles": "18", "orange CA": "18", "TX manhattan": "", "atlantis": "", "ny 1": "01",
	} {
		var got []string
		for _, l := range FindLocalities(all, words) {
			got = append(got, l.Number)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", words, got, want)
		}
	}
}

func FuzzUnitOfTitle(f *testing.F) {
	for _, s := range []string{"per 15 mg", "1,000 units", ".5 ml", "up to 10 cc", "((((", "999999999999 g"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		if q, _, ok := UnitOfTitle(title); ok && (q.Milli <= 0 || q.Kind == "") {
			t.Errorf("%q: %+v", title, q)
		}
	})
}

func FuzzReadFees(f *testing.F) {
	for _, s := range []string{"99214 TX", "31297-50x2 ny, 3/2/2026", "x", "-----", "99214x999999999999", "0x0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, words string) {
		r, err := ReadFees(words)
		if (err == nil) != (len(r.Lines) > 0) {
			t.Errorf("%q: %d lines, %v", words, len(r.Lines), err)
		}
		for _, l := range r.Lines {
			if len(l.Code) != 5 || l.Units < 1 || l.Units > 999 {
				t.Errorf("%q: %+v", words, l)
			}
		}
	})
}
