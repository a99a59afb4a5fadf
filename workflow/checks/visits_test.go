package checks

import (
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// told is a message read as the product reads it, checked against the starter, whose own words name the amounts of drugs. Only findings and
// gaps of the wanted rules are kept, each as "severity CODES: message".
func told(t *testing.T, b *codebook.Book, day, payer, text string, rules ...string) (found, gaps []string) {
	t.Helper()
	r := codes.Read([]codes.Source{{Source: "reply", Text: text}}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), codes.Options{Known: b.Known})
	c := Case{Mentions: r.InGroups(), Date: on(day), Payer: payer, Setting: r.Setting, Place: r.Place, Age: r.Age, Sex: r.Sex, Stated: r.Stated}
	result := check(t, b, c)
	for _, f := range result.Findings {
		if slices.Contains(rules, f.Rule) {
			found = append(found, f.Severity+" "+strings.Join(f.Codes, ",")+": "+f.Message)
		}
	}
	for _, n := range result.NotChecked {
		if slices.Contains(rules, n.Rule) {
			gaps = append(gaps, n.Why)
		}
	}
	// The order of mentions decides nothing.
	slices.Reverse(c.Mentions)
	var again []string
	for _, f := range check(t, b, c).Findings {
		if slices.Contains(rules, f.Rule) {
			again = append(again, f.Severity+" "+f.Message)
		}
	}
	if len(again) != len(found) {
		t.Errorf("%q: %d findings, and %d with the mentions turned round", text, len(found), len(again))
	}
	return found, gaps
}

// amountCase is one message and what must be said of it: each want is a part of a finding of its own, in order; none means silence.
type amountCase struct {
	name, day, payer, text string
	want                   []string
	gap                    string // part of what was not checked
}

func tellTable(t *testing.T, cases []amountCase, rules ...string) {
	t.Helper()
	b := starter(t)
	for _, test := range cases {
		found, gaps := told(t, b, test.day, test.payer, test.text, rules...)
		if len(found) != len(test.want) {
			t.Errorf("%s: %d findings, want %d:\n%s", test.name, len(found), len(test.want), strings.Join(found, "\n"))
			continue
		}
		for _, want := range test.want {
			if !slices.ContainsFunc(found, func(f string) bool { return strings.Contains(f, want) }) {
				t.Errorf("%s: nothing says %q:\n%s", test.name, want, strings.Join(found, "\n"))
			}
		}
		if all := strings.Join(gaps, "\n"); test.gap == "" && all != "" || !strings.Contains(all, test.gap) {
			t.Errorf("%s: not checked: %q, want %q", test.name, all, test.gap)
		}
		for _, f := range found {
			for _, never := range []string{"billable", "payable", "will be paid", "guaranteed", "correct"} {
				if strings.Contains(strings.ToLower(f), never) {
					t.Errorf("%s: says %q: %s", test.name, never, f)
				}
			}
		}
	}
}

func TestVisits(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		// By time: CPT 2024, the minimum is met or exceeded.
		{"Meets", "2026-02-10", "commercial", "99214, spent 34 minutes", []string{"info 99214: 34 minutes meet the minimum of 99214 (30) and not that of 99215 (40)."}, ""},
		{"Exactly", "2026-02-10", "commercial", "99214, spent 30 minutes", []string{"30 minutes meet the minimum of 99214 (30)"}, ""},
		{"Above", "2026-02-10", "commercial", "99213, spent 34 minutes", []string{"info 99213: 34 minutes meet the minimum of 99213 (20) and also that of 99214 (30)."}, ""},
		{"Below", "2026-02-10", "commercial", "We billed 99214, spent 25 minutes", []string{"warning 99214: 25 minutes do not meet the minimum of 99214 (30). By time they reach 99213. The level can also rest on moderate decision making"}, ""},
		{"BelowAll", "2026-02-10", "commercial", "We billed 99212, spent 5 minutes", []string{"warning 99212: 5 minutes do not meet the minimum of 99212 (10). The level can also rest on straightforward decision making"}, ""},
		{"Alternatives", "2026-02-10", "commercial", "Est pt, 34 min total, one stable chronic problem, refill. 99213 or 99214?",
			[]string{"info 99213: 34 minutes meet the minimum of 99213 (20) and also that of 99214 (30)", "info 99214: 34 minutes meet the minimum of 99214 (30) and not that of 99215 (40)"}, ""},
		{"AlternativesWithoutAmounts", "2026-02-10", "commercial", "99213 or 99214 for a med refill?",
			[]string{"info 99213: 99213 takes at least 20 minutes in total on the date, or low decision making; the mail states neither", "info 99214: 99214 takes at least 30 minutes in total on the date, or moderate decision making"}, ""},
		{"OneCodeWithoutAmounts", "2026-02-10", "commercial", "We billed 99214 for a refill", nil, ""},
		{"Highest", "2026-02-10", "commercial", "99215, spent 45 minutes", []string{"45 minutes meet the minimum of 99215 (40), the highest level of office visits, established patient"}, ""},
		{"NewPatient", "2026-02-10", "commercial", "99204, new patient, spent 47 minutes", []string{"47 minutes meet the minimum of 99204 (45) and not that of 99205 (60)"}, ""},
		// 2021 to 2023: ranges.
		{"RangeOf2023", "2023-02-10", "commercial", "99213, spent 34 minutes", []string{"34 minutes are more than 99213 takes on that date (20 to 29 minutes). By time they reach 99214."}, ""},
		{"RangeHolds", "2023-02-10", "commercial", "99214, spent 34 minutes", []string{"34 minutes meet the minimum of 99214 (30) and not that of 99215 (40)"}, ""},
		{"Before2021", "2020-02-10", "commercial", "99214, spent 34 minutes", nil, "The minutes of 99214 were not checked: no row for that day"},
		// Other families.
		{"Hospital", "2026-02-10", "commercial", "99232, spent 36 minutes", []string{"36 minutes meet the minimum of 99232 (35) and not that of 99233 (50)"}, ""},
		{"Nursing2023", "2023-06-10", "commercial", "99308, spent 16 minutes", []string{"16 minutes meet the minimum of 99308 (15)"}, ""},
		{"Nursing2024", "2024-06-10", "commercial", "99308, spent 16 minutes", []string{"warning 99308: 16 minutes do not meet the minimum of 99308 (20)"}, ""},
		{"Home", "2026-02-10", "commercial", "99349, spent 42 minutes", []string{"42 minutes meet the minimum of 99349 (40)"}, ""},
		{"Emergency", "2026-02-10", "commercial", "99285, spent 70 minutes", []string{"info 99285: 99285 is never chosen by time"}, ""},
		{"Nurse", "2026-02-10", "commercial", "99211, the visit took 12 minutes", []string{"99211 has no time of its own, so the 12 minutes stated do not choose it. By time they reach 99212."}, ""},
		{"Discharge", "2026-02-10", "commercial", "99239, 40 minutes spent on discharge", []string{"40 minutes meet the minimum of 99239 (31)"}, ""},
		{"DischargeMoreThan", "2026-02-10", "commercial", "99239 discharge day, spent more than 30 minutes", []string{"31 minutes meet the minimum of 99239 (31)"}, ""},
		{"DischargeShort", "2026-02-10", "commercial", "We billed 99239, spent 20 minutes on discharge", []string{"warning 99239: 20 minutes do not meet the minimum of 99239 (31). By time they reach 99238"}, ""},
		// Whose minutes.
		{"SeveralTimes", "2026-02-10", "commercial", "NP 20 minutes, MD 25 minutes. 99232?", nil, "Several times are stated (20 and 25 minutes)"},
		{"NurseTime", "2026-02-10", "commercial", "The nurse spent 15 minutes. 99213", nil, ""},
		{"FaceToFace", "2026-02-10", "commercial", "99214, 34 minutes face to face", []string{"Only face-to-face time is stated"}, ""},
		{"TherapyBesideVisit", "2026-02-10", "commercial", "99213-25 and 97110, 38 minutes", nil, ""},
		{"Threshold", "2026-02-10", "commercial", "99214 needs 30 minutes, right?", nil, ""},
		// Decision making: two of three elements.
		{"MDMMeets", "2026-02-10", "commercial", "99214, MDM moderate", []string{"info 99214: Moderate decision making is the level of 99214."}, ""},
		{"MDMLower", "2026-02-10", "commercial", "We billed 99214, MDM low", []string{"warning 99214: Low decision making does not reach 99214, which takes moderate. It is the level of 99213. The level can also rest on time: at least 30 minutes."}, ""},
		{"MDMHigher", "2026-02-10", "commercial", "99213, MDM moderate", []string{"info 99213: Moderate decision making is more than 99213 takes (low). It is the level of 99214."}, ""},
		{"Elements", "2026-02-10", "commercial", "99214: problems moderate, data limited, risk moderate", []string{"Moderate decision making (problems moderate, data low, risk moderate: two of three reach it) is the level of 99214."}, ""},
		{"ElementsLower", "2026-02-10", "commercial", "We billed 99214: problems moderate, data minimal, risk low", []string{"warning 99214: Low decision making"}, ""},
		{"ElementsOpen", "2026-02-10", "commercial", "99214: problems moderate, risk low", []string{"The third element is not stated and could raise it."}, ""},
		{"HospitalLowIsFirstLevel", "2026-02-10", "commercial", "99221, MDM low", []string{"Low decision making is the level of 99221."}, ""},
		{"EmergencyMDM", "2026-02-10", "commercial", "99284, MDM moderate", []string{"Moderate decision making is the level of 99284."}, ""},
		{"MDMDisputed", "2026-02-10", "commercial", "We billed 99214. Low MDM per auditor; doc says moderate MDM", nil, ""},
		{"HighRiskPatient", "2026-02-10", "commercial", "99214, high risk patient", nil, ""},
		// New or established.
		{"NewForEstablished", "2026-02-10", "commercial", "We billed 99204 for an established patient", []string{"warning 99204: 99204 belongs to office visits, new patient, and the mail speaks of a patient who is established"}, ""},
		{"EstablishedForNew", "2026-02-10", "commercial", "We billed 99214 for a new patient", []string{"warning 99214: 99214 belongs to office visits, established patient"}, ""},
		{"EstablishedAgrees", "2026-02-10", "commercial", "We billed 99214 for an established patient", nil, ""},
		// Prolonged.
		{"ProlongedCommercial", "2026-02-10", "commercial", "99215 with 99417 x2, total time 70 minutes", []string{"the highest level", "Beside 99215, CPT counts 99417 from 55 minutes in total, each unit 15 minutes: 70 minutes make 2 units."}, ""},
		{"ProlongedTooMany", "2026-02-10", "commercial", "We billed 99215 with 99417 x2, total time 60 minutes", []string{"the highest level", "warning 99215,99417: Beside 99215, CPT counts 99417 from 55 minutes in total, each unit 15 minutes: 60 minutes make 1 unit. The mail names 2."}, ""},
		{"ProlongedMedicareLater", "2026-02-10", "medicare_ffs", "We billed 99215 with G2212, total time 60 minutes", []string{"the highest level", "warning 99215,G2212: Beside 99215, Medicare counts G2212 from 69 minutes in total, each unit 15 minutes: 60 minutes make 0 units. The mail names 1."}, ""},
		{"ProlongedOfCPTToMedicare", "2026-02-10", "medicare_ffs", "We billed 99215 with 99417, total time 72 minutes", []string{"the highest level", "warning 99215,99417: Beside 99215, Medicare counts G2212 from 69 minutes in total, each unit 15 minutes: 72 minutes make 1 unit. The mail names 99417, which Medicare does not use; G2212 stands in its place."}, ""},
		{"ProlongedMedicare", "2026-02-10", "medicare_ffs", "99205, total time 104 minutes", []string{"the highest level", "info 99205: Beside 99205, Medicare counts G2212 from 89 minutes in total, each unit 15 minutes: 104 minutes make 2 units."}, ""},
		{"ProlongedBoth", "2026-02-10", "unknown", "99215, total time 70 minutes", []string{"the highest level", "CPT counts 99417", "Medicare counts G2212"}, ""},
		{"ProlongedHospital", "2026-02-10", "medicare_ffs", "99223, total time 95 minutes", []string{"the highest level", "Medicare counts G0316 from 90 minutes"}, ""},
		// Critical care.
		{"CriticalFirst", "2026-02-10", "medicare_ffs", "99291, 42 minutes of critical care", []string{"42 minutes of critical care are 99291 and, by Medicare's count, 0 units of 99292."}, ""},
		{"CriticalMedicare", "2026-02-10", "medicare_ffs", "We billed 99291 and 99292, critical care time 90 minutes", []string{"warning 99291,99292: 90 minutes of critical care are 99291 and, by Medicare's count, 0 units of 99292. The mail names 1."}, ""},
		{"CriticalCPT", "2026-02-10", "commercial", "We billed 99291 and 99292, critical care time 90 minutes", []string{"info 99291: 90 minutes of critical care are 99291 and, by CPT's count, 1 unit of 99292."}, ""},
		{"CriticalShort", "2026-02-10", "medicare_ffs", "We billed 99291, critical care 25 minutes", []string{"warning 99291: 25 minutes do not reach 99291, which takes 30."}, ""},
		// Consultations: Medicare since 2010.
		{"ConsultMedicare", "2026-02-10", "medicare_ffs", "We billed 99244", []string{"warning 99244: Medicare does not use consultation codes such as 99244"}, ""},
		{"ConsultHospital", "2026-02-10", "medicare_ffs", "We billed 99254", []string{"from hospital or nursing facility care"}, ""},
		{"ConsultCommercial", "2026-02-10", "commercial", "We billed 99244", nil, ""},
		{"ConsultUnknownPayer", "2026-02-10", "unknown", "We billed 99244", []string{"warning 99244: Medicare rule: Medicare does not use consultation codes"}, ""},
		// G2211.
		{"ComplexityWith25In2024", "2024-06-10", "medicare_ffs", "We billed 99214-25 and G2211", []string{"warning 99214-25,G2211: 99214 bears 25, and on that date Medicare does not pay G2211"}, ""},
		{"ComplexityWith25In2026", "2026-02-10", "medicare_ffs", "We billed 99214-25 and G2211", []string{"only where what else was done is a Part B preventive service or the giving of a vaccine"}, ""},
		{"ComplexityPlain", "2026-02-10", "medicare_ffs", "We billed 99214 and G2211", nil, ""},
		{"ComplexityHome2025", "2025-06-10", "medicare_ffs", "We billed 99349 and G2211", []string{"On that date Medicare does not pay G2211 beside home visits such as 99349"}, ""},
		{"ComplexityHome2026", "2026-02-10", "medicare_ffs", "We billed 99349 and G2211", nil, ""},
		{"ComplexityHospital", "2026-02-10", "medicare_ffs", "We billed 99232 and G2211", []string{"99232 is neither"}, ""},
		{"ComplexityCommercial", "2026-02-10", "commercial", "We billed 99214-25 and G2211", nil, ""},
		{"ComplexityAlone", "2026-02-10", "medicare_ffs", "We billed G2211", nil, ""},
	}, finding.EMLevel)
}

func TestTelehealth(t *testing.T) {
	t.Parallel()
	tellTable(t, []amountCase{
		{"OfficePlaceIn2026", "2026-02-10", "medicare_ffs", "We billed 99214-95 with POS 11", []string{"warning 99214-95: 99214-95 is marked as telehealth, and the place of service is 11"}, ""},
		{"OfficePlaceIn2022", "2022-06-10", "medicare_ffs", "We billed 99214-95 with POS 11", nil, ""},
		{"Home", "2026-02-10", "medicare_ffs", "We billed 99214 with POS 10", []string{"info 99214: With place of service 10 Medicare prices 99214 at the office rate"}, ""},
		{"Elsewhere", "2026-02-10", "medicare_ffs", "We billed 99214 with POS 02", []string{"at the facility rate"}, ""},
		{"PlaceIn2022", "2022-06-10", "medicare_ffs", "We billed 99214-95 with POS 02", []string{"Medicare wanted the place of service that a visit in person would have had"}, ""},
		{"VoiceAndPicture", "2026-02-10", "commercial", "We billed 99214-95-93", []string{"says both with picture (95) and by voice alone"}, ""},
		{"GT", "2026-02-10", "medicare_ffs", "We billed 99214-GT", []string{"GT is no longer asked for on professional claims"}, ""},
		{"PastTheRow", "2028-02-10", "medicare_ffs", "We billed 99214-95 with POS 10", nil, "Medicare's telehealth rules for 99214 were not checked: no row for that day (the last one ended on 31 Dec 2027)"},
		{"BeforeTheModifier", "2015-02-10", "commercial", "We billed 99214-95", nil, "Modifier 95 of 99214 was not checked"},
		{"NotRemote", "2026-02-10", "medicare_ffs", "We billed 99214 with POS 11", nil, ""},
		{"DrugBesideVisit", "2026-02-10", "medicare_ffs", "We billed J1885 with POS 02", nil, ""},
		{"TelemedicineCode", "2026-02-10", "medicare_ffs", "We billed 98005 with POS 10", []string{"With place of service 10", "Medicare does not use 98005"}, ""},
		{"OtherPayer", "2026-02-10", "commercial", "We billed 99214-95 with POS 11", nil, ""},
	}, finding.Telehealth)
}
