package checks

import (
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// TestUnits: NCCI Policy Manual, chapter I, section V.
func TestUnits(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	const ffs, p, h = medicareFFS, practitioner, outpatient
	for _, test := range []struct {
		name, lines, payer, setting, want string
		says                              string
	}{
		// Adjudication indicator 2: the day, absolutely.
		{"WithinTheDay", "27447", ffs, p, "", ""},
		{"DayAbsolute", "27447 x2", ffs, p, "error mue 27447", "2 units of 27447 exceed the limit of 1 a day (MUE, adjudication indicator 2), which denies all units of the day."},
		{"NoAppeal", "11042 x2", ffs, p, "error mue 11042", "no modifier and no appeal lifts it"},
		{"SumOfLines", "11042 x1 11042-59 x1", ffs, p, "error mue 11042", "2 units on 2 lines"},
		{"FiftyIsOneUnit", "31297-50", ffs, p, "", ""},
		{"BareMentionIsNoSecondLine", "31297 31297-50", ffs, p, "", ""},
		{"SameLineTwice", "27447 27447", ffs, p, "", ""},
		{"AdviceForSides", "31297 x2", ffs, p, "error mue 31297", "If both sides were treated, that is one line with 50 and 1 unit"},
		{"AdviceForBothSidesAlready", "31231 x2", ffs, p, "error mue 31231", "already covers both sides (bilateral indicator 2)"},

		// 3: the day, more on appeal.
		{"DayClinical", "85025 x3", ffs, p, "warning mue 85025", "On appeal more is paid only if the record shows"},
		{"DayClinicalWithin", "85025 x2", ffs, p, "", ""},
		{"DayClinicalSum", "97110-GP x4 97110-GO x3", ffs, p, "warning mue 97110", "7 units on 2 lines"},
		{"Drug", "J1885 x10", ffs, p, "warning mue J1885", "exceed the limit of 8 a day"},
		{"DrugWithin", "J1885 x8", ffs, p, "", ""},

		// 1: each line.
		{"Line", "A0425 x300", ffs, p, "error mue A0425", "exceed the limit of 250 a line (MUE, adjudication indicator 1), which denies the whole line"},
		{"LinesAreNotSummed", "A0425-RH x200 A0425-HR x200", ffs, p, "", ""},
		{"LineOfSeveral", "A0425-RH x200 A0425-HR x251", ffs, p, "error mue A0425", "251 units on one line"},

		// Settings.
		{"Hospital", "85025 x3", ffs, h, "", ""},
		{"HospitalOver", "85025 x5", ffs, h, "warning mue 85025", "limit of 4 a day"},
		{"NotStatedAgree", "27447 x2", ffs, "", "error mue 27447", "The tables for practitioners and outpatient hospitals agree."},
		{"NotStatedDiffer", "85025 x3", ffs, "", "info mue 85025", "differs by setting, which is not stated: 2 a day for practitioners, 4 a day for outpatient hospitals (MUE). 3 units exceed that for practitioners."},
		{"NotStatedBothExceeded", "85025 x5", ffs, "", "warning mue 85025", "5 units exceed both."},
		{"NotStatedDifferWithinBoth", "85025 x2", ffs, "", "", ""},
		{"NotStatedOneTable", "92250 x2", ffs, "", "warning mue 92250", ""},

		// 0 is no "not payable".
		{"ZeroElsewherePaid", "E0601", ffs, p, "info mue E0601", "Other tables: 1 a day for suppliers of medical equipment."},
		{"ZeroNotStated", "E0601", ffs, "", "info mue E0601", "is not paid through the claims of practitioners and outpatient hospitals"},
		{"ZeroNowhereElse", "A0021", ffs, p, "warning mue A0021", "That says nothing about other kinds of claims."},
		{"ZeroInTheHospitalNobodySpokeOf", "99213", ffs, "", "", ""},
		{"ZeroInTheHospital", "99213", ffs, h, "info mue 99213", "Other tables: 2 a day for practitioners."},

		// Payers.
		{"Commercial", "27447 x2", "commercial", p, "warning mue 27447", "Medicare rule: "},
		{"PayerNotStated", "27447 x2", "", p, "warning mue 27447", "The payer is not stated"},
		{"PatientPays", "27447 x2", selfPay, p, "info mue 27447", ""},
		{"MedicaidHasItsOwn", "20610 x3", medicaid, p, "", ""},
		{"MedicaidOver", "20610 x5", medicaid, p, "warning mue 20610", "does not say whether a line or the day counts"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, found := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on("2026-03-02"), Payer: test.payer, Setting: test.setting}), finding.MUE)
			if got != test.want || test.says != "" && !strings.Contains(found[0].Message, test.says) {
				t.Errorf("got %q, want %q saying %q\n%+v", got, test.want, test.says, found)
			}
		})
	}
}

// TestBothSidesAndUnits: practitioner, hospital and surgical center, by bilateral indicator and by how both sides are written. Each entry is
// what rules mue and bilateral say together. The fee schedule of the fixtures begins in April, so that what rests on its indicator alone is a
// warning in March.
func TestBothSidesAndUnits(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	for _, test := range []struct{ indicator, code, written, inPractice, inHospital, inCenter string }{
		{"1", "31297", "31297-50", "", "", "warning bilateral 31297"},
		{"1", "31297", "31297-RT 31297-LT", "error bilateral 31297", "error bilateral 31297", ""},
		{"1", "31297", "31297 x2", "error mue 31297", "error mue 31297", ""},
		{"1", "31297", "31297-50 x2", "warning bilateral 31297", "warning bilateral 31297", "warning bilateral 31297"},
		{"1", "31297", "31297 x3", "error mue 31297", "error mue 31297", "error mue 31297"},
		{"1", "20610", "20610-RT 20610-LT", "info bilateral 20610", "info bilateral 20610", ""},
		{"0", "44388", "44388-50", "warning bilateral 44388", "warning bilateral 44388", "warning bilateral 44388"},
		{"0", "44388", "44388 x2", "error mue 44388", "error mue 44388", "error mue 44388"},
		{"2", "31231", "31231-50", "warning bilateral 31231", "warning bilateral 31231", "warning bilateral 31231"},
		{"2", "31231", "31231-RT 31231-LT", "error mue 31231; warning bilateral 31231", "error mue 31231; warning bilateral 31231", "error mue 31231; warning bilateral 31231"},
		{"2", "31231", "31231 x2", "error mue 31231", "error mue 31231", "error mue 31231"},
		{"3", "73562", "73562-50", "", "", "warning bilateral 73562"},
		{"3", "73562", "73562-RT 73562-LT", "", "", ""},
		{"3", "73562", "73562 x2", "", "", ""},
		{"3", "73562", "73562-50 x2", "warning bilateral 73562", "warning bilateral 73562", "warning bilateral 73562"},
	} {
		for setting, want := range map[string]string{practitioner: test.inPractice, outpatient: test.inHospital, surgicalCenter: test.inCenter} {
			got, found := ours(check(t, b, Case{Mentions: lines(test.written), Date: on("2026-03-02"), Payer: medicareFFS, Setting: setting}), finding.MUE, finding.Bilateral)
			if got != want {
				t.Errorf("indicator %s, %s, %s: got %q, want %q\n%+v", test.indicator, setting, test.written, got, want, found)
			}
		}
	}
	_, found := ours(check(t, b, Case{Mentions: lines("31297-LT 31297-RT"), Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.Bilateral)
	if want := "Report both sides of 31297 on one line with 50 and 1 unit: the RT and LT lines total 2 against the limit of 1 a day"; !strings.HasPrefix(found[0].Message, want) {
		t.Errorf("%s", found[0].Message)
	}
	for name, want := range map[string]any{"bilateral": "1", "units": 2, "value": 1, "adjudication": 2, "setting": "practitioner"} {
		if found[0].Data[name] != want {
			t.Errorf("data %s: %v", name, found[0].Data[name])
		}
	}
	if got, _ := ours(check(t, b, Case{Mentions: lines("31297-LT 31297-RT"), Date: on("2026-03-02"), Payer: medicareFFS}), finding.Bilateral, finding.MUE); got != "warning bilateral 31297" {
		t.Errorf("setting not stated: %q", got)
	}
}

func TestUnitsThatCouldNotBeChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lines, date, want string
		starter                 bool
	}{
		{"Starter", "27447 x2", "2026-03-02", "so the units of 27447 were not checked.", true},
		{"StarterWithoutUnits", "27447", "2026-03-02", "", true},
		{"OtherQuarter", "27447 x2", "2025-11-03", "so the units of 27447 were not checked.", false},
		{"NotInTheTable", "17000 x2", "2026-03-02", "names no limit for 17000, so 2 units were not checked: some limits are not published.", false},
		{"NotInTheTableOneUnit", "17000", "2026-03-02", "", false},
	} {
		b := medicare(t)
		if test.starter {
			b = starter(t)
		}
		var why []string
		for _, n := range check(t, b, Case{Mentions: lines(test.lines), Date: on(test.date), Payer: medicareFFS, Setting: practitioner}).NotChecked {
			if n.Rule == finding.MUE {
				why = append(why, n.Why)
			}
		}
		if got := strings.Join(why, " "); test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// TestUnitsAreSummedWithinAGroup: two encounters do not add up, and alternatives are not counted.
func TestUnitsAreSummedWithinAGroup(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	line := func(opts ...any) codes.Mention {
		m := mention(codes.CPT, "85025", opts...)
		m.Units = 2
		return m
	}
	for name, list := range map[string][]codes.Mention{
		"TwoGroups":   {line(1), line(2)},
		"Alternative": {line(1), line(1, codes.RoleAlternative, []string{"91"})},
		"History":     {line(1), line(1, codes.RoleHistory, []string{"91"})},
	} {
		if got, _ := ours(check(t, b, Case{Mentions: list, Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.MUE); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got, _ := ours(check(t, b, Case{Mentions: []codes.Mention{line(1), line(1, []string{"91"})}, Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.MUE); got != "warning mue 85025" {
		t.Errorf("one group: %q", got)
	}
}
