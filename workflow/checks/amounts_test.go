package checks

import (
	"strings"
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

func TestTimedUnits(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		// Medicare: the total of all timed minutes.
		{"TotalAgrees", "2026-02-10", "medicare_ffs", "97110-GP x2 and 97140-GP x1, total timed 38 min", []string{"info 97110,97140: Medicare counts 38 timed minutes as 3 units"}, ""},
		{"TotalTooMany", "2026-02-10", "medicare_ffs", "We billed 97110-GP x3 and 97140-GP x1, total timed 38 min", []string{"warning 97110,97140: Medicare counts 38 timed minutes as 3 units (8 to 22 minutes are one, each further 15 one more). The lines add up to 4."}, ""},
		{"TotalTooFew", "2026-02-10", "medicare_ffs", "We billed 97110-GP x1, total timed 23 min", []string{"as 2 units (8 to 22 minutes are one, each further 15 one more). The lines add up to 1."}, ""},
		{"Short", "2026-02-10", "medicare_ffs", "We billed 97110-GP x1 for 7 minutes", []string{"Medicare counts 7 timed minutes as 0 units"}, ""},
		{"EachCode", "2026-02-10", "medicare_ffs", "97110-GP 33 min, 97140-GP 7 min", []string{"Medicare counts 40 timed minutes as 3 units (8 to 22 minutes are one, each further 15 one more): 2 of 97110 and 1 of 97140."}, ""},
		{"Tie", "2026-02-10", "medicare_ffs", "97110-GP 20 min, 97140-GP 20 min", []string{"which may go to either"}, ""},
		// CPT's midpoint, each code by itself.
		{"Midpoint", "2026-02-10", "commercial", "97110 23 min, 97140 7 min", []string{"info 97110,97140: By CPT's midpoint rule, which counts each code by itself, 23 minutes of 97110 make 2 and 7 minutes of 97140 make 0."}, ""},
		{"MidpointTooMany", "2026-02-10", "commercial", "We billed 97110 x3 for 23 min", []string{"warning 97110: By CPT's midpoint rule, which counts each code by itself, 23 minutes of 97110 make 2. The mail names 3 of 97110."}, ""},
		{"BothForUnknown", "2026-02-10", "unknown", "97110-GP 23 min, 97140-GP 7 min", []string{"Medicare rule: Medicare counts 30 timed minutes as 2 units", "By CPT's midpoint rule"}, ""},
		{"NoMinutes", "2026-02-10", "medicare_ffs", "97110-GP x2", nil, ""},
		{"Untimed", "2026-02-10", "medicare_ffs", "97161-GP x1, 45 minutes", nil, ""},
		// Other services by time.
		{"Psychotherapy", "2026-02-10", "commercial", "We billed 90837 for 60 minutes", []string{"info 90837: 60 minutes are within the time of 90837 (at least 53 minutes)."}, ""},
		{"PsychotherapyShort", "2026-02-10", "commercial", "We billed 90837 for 50 minutes", []string{"warning 90837: 50 minutes do not reach 90837, which takes at least 53 minutes."}, ""},
		{"PsychotherapyLong", "2026-02-10", "commercial", "We billed 90832 for 45 minutes", []string{"info 90832: 45 minutes are more than 90832 takes (16 to 37 minutes). Longer times are 90834."}, ""},
		{"BesideVisit", "2026-02-10", "commercial", "99214 25 minutes and 90833 18 minutes", []string{"info 90833: 18 minutes are within the time of 90833"}, ""},
		{"Planning", "2026-02-10", "commercial", "99497 15 minutes", []string{"15 minutes do not reach 99497"}, ""},
		{"Infusion", "2026-02-10", "commercial", "We billed 96365 for 12 minutes", []string{"up to 15 minutes is a push"}, ""},
		{"UntiedMinutes", "2026-02-10", "commercial", "We billed 90837. 50 minutes", nil, ""},
		// GP, GO, GN.
		{"NoDisciplineOnClaim", "2026-02-10", "medicare_ffs", "We billed 97110 x2", []string{"warning 97110: 97110 names no therapy discipline modifier (GP, GO or GN)"}, ""},
		{"NoDisciplineInTalk", "2026-02-10", "medicare_ffs", "Can we bill 97110?", []string{"info 97110: 97110 names no therapy discipline modifier"}, ""},
		{"OneOfTwo", "2026-02-10", "medicare_ffs", "We billed 97110-GP and 97140", []string{"warning 97140: 97140 names no"}, ""},
		{"TwoDisciplines", "2026-02-10", "medicare_ffs", "We billed 97110-GP-GO", []string{"97110-GP-GO names more than one discipline"}, ""},
		{"Cognitive", "2026-02-10", "medicare_ffs", "We billed 97129-59", nil, ""}, // sometimes therapy
		{"DisciplineCommercial", "2026-02-10", "commercial", "We billed 97110 x2", nil, ""},
		{"DisciplineOfAlternatives", "2026-02-10", "medicare_ffs", "97110 or 97530?", nil, ""},
	}, finding.TimedUnits)
}

func TestDrugUnits(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		{"UnitsAlone", "2026-02-10", "medicare_ffs", "We billed J3301 x4", []string{"info J3301: J3301 x4 is 40 mg: one unit of J3301 is 10 mg. The strength on the label is never the count."}, ""},
		{"Agrees", "2026-02-10", "medicare_ffs", "We billed J3301 x4, gave 40 mg", []string{"info J3301: 40 mg / 10 mg = 4 units"}, ""},
		{"StrengthAsCount", "2026-02-10", "commercial", "We billed J3301 x40, gave 40 mg", []string{"warning J3301: 40 mg / 10 mg = 4 units: one unit of J3301 is 10 mg. The mail has 40 units, which is the dose in mg and not the count."}, ""},
		{"Differs", "2026-02-10", "commercial", "We billed J1885 x1, gave 60 mg", []string{"warning J1885: 60 mg / 15 mg = 4 units: one unit of J1885 is 15 mg. The mail has 1."}, ""},
		{"RoundedUp", "2026-02-10", "commercial", "J3301, gave 45 mg", []string{"45 mg / 10 mg = 4.5, rounded up to 5 units"}, ""},
		{"Grams", "2026-02-10", "commercial", "J0696, gave 1 gm", []string{"1 g / 250 mg = 4 units"}, ""},
		{"UpTo", "2026-02-10", "commercial", "J3420, gave 500 mcg", []string{"500 mcg / 1000 mcg = 0.5, rounded up to 1 unit: one unit of J3420 is anything up to 1000 mcg"}, ""},
		{"Volume", "2026-02-10", "commercial", "J3301, gave 1 ml", []string{"The dose is stated in ml, and one unit of J3301 is 10 mg: the concentration decides"}, ""},
		{"VolumeWithConcentration", "2026-02-10", "commercial", "J3301 x8, injected 2 ml of Kenalog (40 mg/ml)", []string{"info J3301: 80 mg / 10 mg = 8 units"}, ""},
		{"NoUnitsNoDose", "2026-02-10", "medicare_ffs", "Can we bill J3301?", nil, ""},
		{"PerDose", "2026-02-10", "medicare_ffs", "We billed J7324 x1", nil, ""}, // no amount in its words
		{"TwoDrugs", "2026-02-10", "commercial", "J3301 40 mg and J1100 10 mg", []string{"info J3301: 40 mg / 10 mg = 4 units", "info J1100: 10 mg / 1 mg = 10 units"}, ""},
		{"HomeMedicine", "2026-02-10", "commercial", "J3301, takes lisinopril 20 mg daily", nil, ""},
	}, finding.DrugUnits)
}

func TestWastage(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		{"Lines", "2026-02-10", "medicare_ffs", "J9035: gave 40 mg from a 60 mg single-dose vial, threw out the rest", []string{"info J9035: Of 60 mg opened, 40 mg were given and 20 mg are left: from single-dose containers that is J9035 x4 and a line J9035-JW x2 (one unit is 10 mg)."}, ""},
		{"NothingLeft", "2026-02-10", "medicare_ffs", "J9035: gave 100 mg from a 100 mg single-dose vial", []string{"that is J9035-JZ x10"}, ""},
		{"TwoVials", "2026-02-10", "medicare_ffs", "J9035: 2 vials of 100 mg, gave 150 mg", []string{"Of 200 mg opened, 150 mg were given and 50 mg are left: from single-dose containers that is J9035 x15 and a line J9035-JW x5 (one unit is 10 mg). Whether the container was a single-dose one is not stated."}, ""},
		{"VialsFromDose", "2026-02-10", "medicare_ffs", "J9035: gave 150 mg from 100 mg single-dose vials", []string{"Of 200 mg opened"}, ""},
		{"WastedTold", "2026-02-10", "medicare_ffs", "J9035: 2 vials of 50mg, wasted 20 mg", []string{"Of 100 mg opened, 80 mg were given and 20 mg are left"}, ""},
		{"LessThanAUnit", "2026-02-10", "medicare_ffs", "J9035: gave 95 mg from a 100 mg single-dose vial", []string{"less than a unit of 10 mg: the 10 units of J9035 take it in"}, ""},
		{"ZWithWaste", "2026-02-10", "medicare_ffs", "We billed J9035-JZ: gave 40 mg from a 60 mg single-dose vial", []string{"warning J9035-JZ: Of 60 mg opened"}, ""},
		{"Reminder", "2026-02-10", "medicare_ffs", "We billed J3301 x4", []string{"info J3301: If J3301 came from a single-dose container, Medicare wants JZ (nothing discarded) or a line of its own with JW"}, ""},
		{"Borne", "2026-02-10", "medicare_ffs", "We billed J3301-JZ x4", nil, ""},
		{"BeforeJZ", "2022-02-10", "medicare_ffs", "We billed J3301 x4", nil, ""},
		{"LinesBeforeJZ", "2022-02-10", "medicare_ffs", "J9035: gave 40 mg from a 60 mg single-dose vial", []string{"J9035 x4 and a line J9035-JW x2"}, ""},
		{"BeforeJW", "2016-02-10", "medicare_ffs", "J9035: gave 40 mg from a 60 mg single-dose vial", nil, "What is discarded of J9035 was not checked"},
		{"Both", "2026-02-10", "medicare_ffs", "We billed J3301-JW-JZ", []string{"says both that something was discarded (JW) and that nothing was (JZ)"}, ""},
		{"MultiDose", "2026-02-10", "medicare_ffs", "We billed J3301-JZ x4 from a multi-dose vial", []string{"JW and JZ are for single-dose containers"}, ""},
		{"MultiDosePlain", "2026-02-10", "medicare_ffs", "We billed J3301 x4 from a multi-dose vial", nil, ""},
		{"Commercial", "2026-02-10", "commercial", "We billed J3301 x4", nil, ""},
		{"MereName", "2026-02-10", "medicare_ffs", "Can we bill J3301?", nil, ""},
	}, finding.Wastage)
}

func TestAnesthesiaFindings(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		{"Units", "2026-02-10", "medicare_ffs", "00790-AA, 7 base units, 95 minutes of anesthesia", []string{"info 00790-AA: 95 minutes / 15 = 6.3 time units; with 7 base units (as stated) that is 13.3 units."}, ""},
		{"NoBase", "2026-02-10", "medicare_ffs", "00790-QZ, anesthesia time 60 minutes", []string{"60 minutes / 15 = 4 time units; the base units of 00790 are not stated and in no loaded file."}, ""},
		{"Directed", "2026-02-10", "medicare_ffs", "00790-QK, 7 base units, 60 minutes of anesthesia", []string{"Under its modifier 50 % of the amount are allowed."}, ""},
		{"Supervised", "2026-02-10", "medicare_ffs", "00790-AD, 7 base units, 60 minutes of anesthesia", []string{"under AD (more than four procedures at once) Medicare allows three base units"}, ""},
		{"Status", "2026-02-10", "commercial", "00790-AA, 7 base units, 60 minutes of anesthesia, ASA 3", []string{"Physical status P3 adds nothing under Medicare; some payers add 1 unit."}, ""},
		{"NoRole", "2026-02-10", "medicare_ffs", "We billed 00790-P3", []string{"warning 00790-P3: 00790-P3 does not say who gave the anesthesia"}, ""},
		{"NoRoleInTalk", "2026-02-10", "medicare_ffs", "Can we bill 00790?", []string{"info 00790: 00790 does not say who gave"}, ""},
		{"MonitoredAlone", "2026-02-10", "medicare_ffs", "We billed 00790-QS", []string{"QS (monitored care) stands beside one of them, not alone"}, ""},
		{"TwoRoles", "2026-02-10", "medicare_ffs", "We billed 00790-AA-QZ", []string{"warning 00790-AA-QZ: 00790-AA-QZ names more than one role (AA, QZ)"}, ""},
		{"Order", "2026-02-10", "medicare_ffs", "We billed 00790-QS-AA", []string{"the modifier that sets the amount (AA) goes first"}, ""},
		{"TwoStatuses", "2026-02-10", "commercial", "We billed 00790-AA-P2-P3", []string{"has more than one physical status (P2, P3)"}, ""},
		{"RoleCommercial", "2026-02-10", "commercial", "We billed 00790-P3", nil, ""},
		{"Clock", "2026-02-10", "medicare_ffs", "00840-QZ, 6 base units, anesthesia time 7:30 - 9:05", []string{"95 minutes / 15 = 6.3 time units; with 6 base units (as stated) that is 12.3 units."}, ""},
	}, finding.Anesthesia)
}

// TestAnesthesiaAmount: where the file of conversion factors is loaded, the national amount is worked out.
func TestAnesthesiaAmount(t *testing.T) {
	t.Parallel()
	out := t.TempDir() + "/test.codebook"
	if _, err := codebook.Build(t.Context(), out, []string{"../codebook/testdata/rvu2025"}, codebook.BuildOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	b, err := codebook.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	r := check(t, b, Case{Mentions: []codes.Mention{mention(codes.CPT, "00790", []string{"QK"})}, Date: on("2025-06-02"), Payer: "medicare_ffs",
		Stated: []codes.Stated{{Kind: codes.StatedMinutes, Value: 60, Unit: "min", Word: "anesthesia", Group: 1}, {Kind: codes.StatedBase, Value: 5, Unit: "units", Group: 1}}})
	for _, f := range r.Findings {
		if f.Rule == finding.Anesthesia && strings.Contains(f.Message, "National allowed amount $91.43") && strings.Contains(f.Source, "nesthesia") { // 9 x 20.3178, half
			return
		}
	}
	t.Errorf("%s", shown(r))
}

// TestAmountsStayInTheirGroup: the minutes of one encounter say nothing of another's visit.
func TestAmountsStayInTheirGroup(t *testing.T) {
	t.Parallel()
	r := check(t, starter(t), Case{Date: on("2026-02-10"), Payer: "commercial",
		Mentions: []codes.Mention{mention(codes.CPT, "99214", 1), mention(codes.CPT, "99214", 2)},
		Stated:   []codes.Stated{{Kind: codes.StatedMinutes, Value: 25, Unit: "min", Group: 2, Word: "total"}}})
	if got := shown(r); strings.Count(got, finding.EMLevel) != 1 {
		t.Errorf("%s", got)
	}
}
