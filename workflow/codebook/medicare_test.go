package codebook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

// medicareBook holds every fixture of edits and fee schedules.
func medicareBook(t testing.TB) *Book {
	t.Helper()
	return quietBook(t, "ncci2026", "rvu2025", "rvu2026", "opps2026")
}

// quietBook is built of folders of fixtures without a warning. Text and table of one release are compared in a build: none means that both readers
// saw the same.
func quietBook(t testing.TB, folders ...string) *Book {
	t.Helper()
	var inputs []string
	for _, folder := range folders {
		inputs = append(inputs, filepath.Join("testdata", folder))
	}
	b, report := build(t, BuildOptions{NoStarter: true}, inputs...)
	if len(report.Warnings) > 0 {
		t.Fatalf("warnings: %q", report.Warnings)
	}
	return b
}

func TestLimitsAreThoseOfTheSettingAndTheQuarter(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	for _, test := range []struct {
		setting  MUESetting
		code, on string
		want     string
		covered  bool
	}{
		{MUEPractitioner, "20610", "2026-06-30", "2 MAI 3 Clinical: Data", true},
		{MUEPractitioner, "27447", "2026-04-01", "1 MAI 2 CMS Policy", true},
		{MUEPractitioner, "a0021", "2026-04-01", "4 MAI 1 Nature of Service/Procedure", true},
		{MUEPractitioner, "E0601", "2026-05-01", "0 MAI 3 CMS Policy", true},
		{MUEDME, "E0601", "2026-05-01", "1 MAI 2 Nature of Equipment", true},
		{MUEHospital, "E0601", "2026-05-01", "", true},
		{MUEPractitioner, "20610", "2026-07-01", "", false},
		{MUEPractitioner, "20610", "2026-03-31", "", false},
		{MUEMedicaidDME, "20610", "2026-05-01", "", false},
	} {
		limit, ok, source, err := b.MUE(t.Context(), test.setting, test.code, day0(t, test.on))
		if err != nil || source.Covered != test.covered || source.Covered != (source.Note == "") {
			t.Errorf("%s %s on %s: %+v, %v", test.setting, test.code, test.on, source, err)
		}
		got := ""
		if ok {
			got = fmt.Sprintf("%d MAI %d %s", limit.Value, limit.Adjudication, limit.Rationale)
		}
		if got != test.want {
			t.Errorf("%s %s on %s: %q, want %q", test.setting, test.code, test.on, got, test.want)
		}
	}
}

func TestAddOnCodesNameTheirPrimaries(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	for _, test := range []struct {
		code, on  string
		ok        bool
		kind      int
		primaries string
		open      bool
	}{
		{"22552", "2026-05-01", true, 1, "22551", false},
		{"22552", "2015-12-31", true, 1, "22551 22554", false}, // the last day of 22554 counts
		{"22552", "2016-01-01", true, 1, "22551", false},
		{"22552", "2012-12-31", false, 0, "", false},
		{"11732", "2026-05-01", true, 2, "", true},
		{"64727", "2026-05-01", true, 3, "64702", true},
		{"64727", "2019-03-31", true, 3, "64702 64704", true},
		{"0095T", "2023-12-31", true, 1, "22856", false},
		{"0095T", "2024-01-01", false, 0, "", false},
		{"99292", "2026-03-31", false, 0, "", false},
		{"99292", "2026-04-01", true, 1, "99291", false},
		{"20610", "2026-05-01", false, 0, "", false},
	} {
		a, ok, source, err := b.AddOn(t.Context(), test.code, day0(t, test.on))
		if err != nil || !source.Covered || ok != test.ok || a.Type != test.kind || strings.Join(a.Primaries, " ") != test.primaries || a.ContractorDefined != test.open {
			t.Errorf("%s on %s: %+v %v, %+v, %v", test.code, test.on, a, ok, source, err)
		}
	}
	if list, _, err := b.AddOnsOf(t.Context(), "22551", day0(t, "2026-05-01")); err != nil || !slices.Equal(list, []string{"22552"}) {
		t.Errorf("add-on codes of 22551: %v, %v", list, err)
	}
	if list, _, err := b.AddOnsOf(t.Context(), "22554", day0(t, "2026-05-01")); err != nil || len(list) > 0 {
		t.Errorf("add-on codes of an ended primary: %v, %v", list, err)
	}
	if _, ok, source, _ := b.AddOn(t.Context(), "22552", day0(t, "2026-07-01")); ok || source.Covered {
		t.Error("the file of the second quarter answers for the third")
	}
}

func TestFeesHaveAllIndicators(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	on := day0(t, "2025-11-02")
	fee, ok, source, err := b.Fee(t.Context(), "20610", "", on)
	if err != nil || !ok || !source.Covered || source.Note != "" {
		t.Fatalf("%v %+v %v", ok, source, err)
	}
	want := Fee{Code: "20610", Status: "A", Work: 7900, PEOffice: 10400, PEFacility: 4400, Malpractice: 1300, TotalOffice: 19600, TotalFacility: 13600, PCTC: "0", GlobalDays: "000",
		Multiple: "2", Bilateral: "1", Assistant: "1", CoSurgeons: "0", Team: "0", Conversion: 323465, Supervision: "09", Calculation: "0", ImagingFamily: "99",
		Release: "Medicare physician fee schedule, October 2025"}
	if fee != want {
		t.Errorf("got  %+v\nwant %+v", fee, want)
	}
	if fee, _, _, _ := b.Fee(t.Context(), "27447", "", on); !fee.NAOffice || fee.NAFacility || fee.GlobalDays != "090" || fee.Intra.String() != "0.69" || fee.Work.String() != "19.60" {
		t.Errorf("27447: %+v", fee)
	}
	all, _, err := b.Fees(t.Context(), "71046", on)
	if err != nil || len(all) != 3 || all[0].Modifier != "" || all[1].Modifier != "26" || all[2].Modifier != "TC" || all[1].TotalOffice.String() != "0.31" {
		t.Errorf("71046: %+v, %v", all, err)
	}
	if _, ok, source, _ := b.Fee(t.Context(), "99999", "", on); ok || !source.Covered {
		t.Error("a code that the schedule does not have is found")
	}
}

func TestAFeeScheduleAnswersForItsCalendarYear(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	for _, test := range []struct{ on, factor, note, release string }{
		{"2025-12-31", "32.3465 0", "", "Medicare physician fee schedule, October 2025"},
		{"2025-01-01", "32.3465 0", "the earliest of 2025 that is loaded", "Medicare physician fee schedule, October 2025"},
		{"2026-07-01", "33.4009 33.5675", "", "Medicare physician fee schedule, July 2026"},
		{"2026-02-01", "33.4009 33.5675", "the earliest of 2026 that is loaded", "Medicare physician fee schedule, July 2026"},
		{"2024-12-31", "", "the newest is for days to 31 Dec 2026", ""},
		{"2027-01-01", "", "the newest is for days to 31 Dec 2026", ""},
	} {
		fee, ok, source, err := b.Fee(t.Context(), "20610", "", day0(t, test.on))
		got := ""
		if ok {
			got = fee.Conversion.String() + " " + fee.ConversionQPP.String()
		}
		if err != nil || got != test.factor || source.Release != test.release || (test.note == "") != (source.Note == "") || !strings.Contains(source.Note, test.note) {
			t.Errorf("%s: %q, %+v, %v", test.on, got, source, err)
		}
	}
	fee, _, _, _ := b.Fee(t.Context(), "20610", "", day0(t, "2026-08-01"))
	if fee.Pricing != "0" || fee.Supervision != "09" {
		t.Errorf("the column that 2026 put in moves the others: %+v", fee)
	}
}

func TestPaymentFollowsTheFormula(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	on := day0(t, "2025-11-02")
	fee, _, _, _ := b.Fee(t.Context(), "20610", "", on)
	where, ok, source, err := b.GPCI(t.Context(), "10112", "00", on)
	if err != nil || !ok || !source.Covered || where.State != "AL" || where.Name != "ALABAMA" || !slices.Equal(where.Counties, []string{"ALL COUNTIES"}) {
		t.Fatalf("%+v %v %v", where, source, err)
	}
	// (0.79 x 1.000 + 1.04 x 0.869 + 0.13 x 0.575) x 32.3465 = 57.2051...
	if got := fee.Payment(where, false).String(); got != "57.21" {
		t.Errorf("office: %s", got)
	}
	if got := fee.Payment(where, true).String(); got != "40.34" {
		t.Errorf("facility: %s", got)
	}
	alaska, _, _, _ := b.GPCI(t.Context(), "02102", "01", on) // its floor is 1.5, and its name carries a footnote's star
	if alaska.Work.String() != "1.50" || alaska.Name != "ALASKA" {
		t.Errorf("%+v", alaska)
	}
	florida, _, err := b.Localities(t.Context(), "fl", on)
	if err != nil || len(florida) == 0 || florida[0].State != "FL" {
		t.Errorf("%+v, %v", florida, err)
	}
	if f, ok, _, err := b.Anesthesia(t.Context(), "02102", "01", on); !ok || f.String() != "27.86" || err != nil {
		t.Errorf("anesthesia in Alaska: %s, %v", f, err)
	}
	if f, ok, _, _ := b.Anesthesia(t.Context(), "", "", on); !ok || f.String() != "20.3178" {
		t.Errorf("national anesthesia factor: %s", f)
	}
	if c, ok, _, err := b.OPPSCap(t.Context(), "0633T", "TC", "01112", "09", on); !ok || c.Office.String() != "152.38" || err != nil {
		t.Errorf("cap: %+v, %v", c, err)
	}
}

func TestHospitalAndSurgicalCenterPayments(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	on := day0(t, "2026-08-01")
	for code, want := range map[string]string{"27447": "J1 5115 144.30 12867 0 2573.40", "99213": "B  0 0 0 0", "C9600": "J1 5193 0.4851 0.0548 0 0"} {
		o, ok, source, err := b.OPPS(t.Context(), code, on)
		if got := fmt.Sprint(o.Status, " ", o.APC, " ", o.Weight, o.Payment, o.Copayment, o.LeastCopayment); err != nil || !ok || !source.Covered || got != want {
			t.Errorf("%s: %q, want %q; %v", code, got, want, err)
		}
	}
	if _, _, source, _ := b.OPPS(t.Context(), "27447", day0(t, "2026-10-01")); source.Covered {
		t.Error("Addendum B answers after its quarter")
	}
	for code, want := range map[string]string{"27447": "aa J8 true 9100.55", "20610": "aa P3 false 41.20", "22630": "ee C5 false 0"} {
		a, ok, covered, _, err := b.ASC(t.Context(), code, on)
		if got := fmt.Sprint(a.Addendum, " ", a.Indicator, " ", a.Discounted, " ", a.Payment); err != nil || !ok || got != want || !slices.Equal(covered, []string{"aa", "ee"}) {
			t.Errorf("%s: %q, want %q; %v %v", code, got, want, covered, err)
		}
	}
	if _, ok, covered, _, _ := b.ASC(t.Context(), "99213", on); ok || len(covered) != 2 {
		t.Errorf("a code in no addendum: %v %v", ok, covered)
	}
}

// TestDescriptorsOfFeeFilesAreNotKept looks for the descriptions of the fixtures anywhere in the file.
func TestDescriptorsOfFeeFilesAreNotKept(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	data := fixtureAt(t, b.Path())
	for _, text := range []string{"own words", "new knee", "large joint, needle"} {
		if !bytes.Contains(fixture(t, "rvu2025/PPRRVU2025_Oct.csv"), []byte(text)) {
			t.Fatalf("the fixture has no %q", text)
		}
		if bytes.Contains(data, []byte(text)) {
			t.Errorf("%q was kept", text)
		}
	}
}

func TestAnEntryTellsWhatTheFilesSay(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	on := day0(t, "2026-08-01")
	e, ok, err := b.Lookup(t.Context(), codes.CPT, "22552", on)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := b.AddFacts(t.Context(), &e, on, false); err != nil {
		t.Fatal(err)
	}
	if e.Fee == nil || e.Flags["add_on"] != "global days ZZZ" || !strings.HasPrefix(e.Flags["global_days"], "ZZZ: ") {
		t.Errorf("%+v", e)
	}
	if len(e.NotCovered) == 0 || !strings.Contains(strings.Join(e.NotCovered, " "), "Of the NCCI MUE table for practitioners no loaded file answers for 1 Aug 2026") {
		t.Errorf("not covered: %q", e.NotCovered)
	}
	if e, _, _ := b.Lookup(t.Context(), codes.CPT, "22552", day0(t, "2026-05-01")); b.AddFacts(t.Context(), &e, day0(t, "2026-05-01"), false) != nil || e.Flags["add_on"] != "NCCI type 1, global days ZZZ" {
		t.Errorf("%+v", e.Flags)
	}
	e, _, _ = b.Lookup(t.Context(), codes.CPT, "20610", on)
	if err := b.AddFacts(t.Context(), &e, on, true); err != nil {
		t.Fatal(err)
	}
	if len(e.Pairs) != 2 || e.Pairs[0] != (PairCount{PTPPractitioner, 3, 1, "NCCI PTP edits for practitioners, July to September 2026"}) || len(e.PairList) != 5 {
		t.Errorf("%+v\n%+v", e.Pairs, e.PairList)
	}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"fee":{"code":"20610"`, `"work":0.79`, `"conversion_factor":33.4009`, `"global_days":"000"`, `"pairs":[{"set":"practitioner","column1":3`, `"opps":{"code":"20610","status":"T"`, `"asc":{`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	var back Entry
	if err := json.Unmarshal(text, &back); err != nil || back.Fee == nil || *back.Fee != *e.Fee {
		t.Errorf("%+v, %v", back.Fee, err)
	}
	e, _, _ = b.Lookup(t.Context(), codes.CPT, "19499", on)
	if err := b.AddFacts(t.Context(), &e, on, false); err != nil || !strings.HasPrefix(e.Flags["unlisted"], "likely") {
		t.Errorf("%+v, %v", e.Flags, err)
	}
	e, _, _ = b.Lookup(t.Context(), codes.ICD10CM, "M54.50", on)
	if err := b.AddFacts(t.Context(), &e, on, true); err != nil || len(e.Sources)+len(e.NotCovered) > 0 {
		t.Errorf("a diagnosis has facts of a fee schedule: %+v, %v", e.Facts, err)
	}
}

func TestAReleaseOfFactsThatShrinksIsRefused(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "book")
	name := "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"
	whole := fixture(t, "ncci2026/"+name)
	if _, err := Build(t.Context(), out, []string{write(t, name, whole)}, BuildOptions{NoStarter: true}); err != nil {
		t.Fatal(err)
	}
	cut := write(t, name, whole[:bytes.Index(whole, []byte("27447"))])
	_, err := Build(t.Context(), out, []string{cut}, BuildOptions{NoStarter: true})
	if !errors.Is(err, ErrShrunk) || !strings.Contains(err.Error(), "has 2 rows, the file that would be replaced has 5") {
		t.Errorf("%v", err)
	}
	if _, err := Build(t.Context(), out, []string{cut}, BuildOptions{NoStarter: true, Force: true}); err != nil {
		t.Errorf("forced: %v", err)
	}
}

func TestFactFilesAreFaultedWithAPlace(t *testing.T) {
	t.Parallel()
	replaced := func(name, old, with string) string {
		s := string(fixture(t, name))
		if !strings.Contains(s, old) {
			t.Fatalf("%s has no %q", name, old)
		}
		return strings.Replace(s, old, with, 1)
	}
	const (
		ptp   = "ncci2026/ccipra-v322r0-f1.txt"
		mue   = "ncci2026/MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"
		addOn = "ncci2026/AOC_V2026Q2-MCR.txt"
		flat  = "ncci2026/AOC_V2026Q2-F-MCR.txt"
		fees  = "rvu2025/PPRRVU2025_Oct.csv"
		fixed = "rvu2025/PPRRVU2025_Oct.txt"
	)
	for _, test := range []struct{ name, file, content, want string }{
		{"PairDate", "ccipra-v322r0-f1.txt", replaced(ptp, "\t20000101\t", "\t20001301\t"), `ccipra-v322r0-f1.txt:10:14: expected a date of the form YYYYMMDD, found "20001301"`},
		{"PairWithoutDate", "ccipra-v322r0-f1.txt", replaced(ptp, "\t20000101\t", "\t\t"), `:10:14: expected a date of the form YYYYMMDD, as the pair did not exist before 1996`},
		{"PairEndsFirst", "ccipra-v322r0-f1.txt", replaced(ptp, "20111231", "19991231"), `:10:23: expected a deletion date that is not before the effective date, found "19991231"`},
		{"PairIndicator", "ccipra-v322r0-f1.txt", replaced(ptp, "\t1\tMore", "\t7\tMore"), `:13:25: expected the modifier indicator 0, 1 or 9, found "7"`},
		{"PairCode", "ccipra-v322r0-f1.txt", replaced(ptp, "20610\tJ2001", "20610\tJ20O!"), `:12:7: expected a code of five letters and digits, found "J20O!"`},
		{"PairSet", "v322r0-f1.txt", string(fixture(t, ptp)), `v322r0-f1.txt: expected a name, of the file or of what holds it, that tells the setting`},
		{"LimitValue", filepath.Base(mue), replaced(mue, "27447,1,", "27447,one,"), `.csv:11:7: expected a number of units, found "one"`},
		{"LimitIndicator", filepath.Base(mue), replaced(mue, "27447,1,2 Date", "27447,1,Date"), `.csv:11:9: expected an adjudication indicator that begins with 1, 2 or 3`},
		{"LimitTwice", filepath.Base(mue), replaced(mue, "27447,", "20610,"), `.csv:11:1: expected a code that is not yet in the file (line 10 has it), found "20610"`},
		{"LimitQuarter", "MCR_MUE_PractitionerServices.csv", string(fixture(t, mue)), `expected a name, of the file or of what holds it, that tells the edition, such as MCR_MUE`},
		{"AddOnDay", "AOC_V2026Q2-MCR.txt", replaced(addOn, "2015365", "2015366"), `:4:16: expected a date of the form YYYYDDD (year and day of the year), or nothing, found "2015366"`},
		{"AddOnType", "AOC_V2026Q2-MCR.txt", replaced(addOn, "\n2\t", "\n5\t"), `:6:1: expected the type 1, 2 or 3, found "5"`},
		{"AddOnFlat", "AOC_V2026Q2-F-MCR.txt", replaced(flat, "2013001              ", "2013999              "), `:1:26: expected a date of the form YYYYDDD`},
		{"FeeAmount", "PPRRVU2025_Oct.csv", replaced(fees, ",19.60,", ",19x60,"), `PPRRVU2025_Oct.csv:15:20: expected a number, found "19x60"`},
		{"FeeCaption", "PPRRVU2025_Oct.csv", replaced(fees, "GLOB,", "GL,"), `of no layout that is known`},
		{"FeeFixed", "PPRRVU2025_Oct.txt", replaced(fixed, " 19.60", " 19x60"), `PPRRVU2025_Oct.txt:12:60: expected a number, found "19x60"`},
		{"Index", "GPCI2025.csv", replaced("rvu2025/GPCI2025.csv", "ALABAMA,1,", "ALABAMA,none,"), `GPCI2025.csv:4:21: expected an index above 0, found "none"`},
		{"Status", "2026_July_Web_Addendum_B.csv", replaced("opps2026/2026_July_Web_Addendum_B.csv", "words,T,", "words,?,"), `:5:13: expected a status indicator, found "?"`},
		{"PaymentIndicator", "ASC_Addendum_AA.csv", replaced("opps2026/ASC_Addendum_AA.csv", ",J8,", ",,"), `:5:15: expected a payment indicator`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			report, err := Build(t.Context(), filepath.Join(t.TempDir(), "out"), []string{write(t, test.file, []byte(test.content))}, BuildOptions{NoStarter: true})
			text := fmt.Sprint(err)
			if report != nil {
				for _, f := range report.NotRead {
					text += f.Note
				}
			}
			if !strings.Contains(text, test.want) {
				t.Errorf("got %s\nwant %s", text, test.want)
			}
		})
	}
}

func fixtureAt(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
