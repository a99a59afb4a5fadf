package checks

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

var icdFile = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "caseconsultant-checks-")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "icd.codebook")
	_, err = codebook.Build(context.Background(), out, []string{"testdata/icd2021", "../codebook/testdata/fy2026"}, codebook.BuildOptions{Force: true})
	return out, err
})

// tabularBook holds an excerpt of ICD-10-CM of January 2021 with its tabular list, FY2026 without one, and the starter. It is built once.
func tabularBook(t testing.TB) *codebook.Book {
	t.Helper()
	path, err := icdFile()
	if err != nil {
		t.Fatal(err)
	}
	b, err := codebook.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// written makes mentions from codes as people write them: a code with a dot or a letter and two digits is a diagnosis, 20610-RT a procedure
// with modifiers; "/" begins the next group, and a "?" behind a code makes it an alternative.
func written(text string) []codes.Mention {
	var out []codes.Mention
	group := 1
	for _, word := range strings.Fields(text) {
		if word == "/" {
			group++
			continue
		}
		m := codes.Mention{System: codes.ICD10CM, Group: group, Role: codes.RoleBilled}
		word, alternative := strings.CutSuffix(word, "?")
		if alternative {
			m.Role = codes.RoleAlternative
		}
		parts := strings.Split(word, "-")
		m.Code, m.Modifiers = parts[0], parts[1:]
		switch {
		case m.Code[0] >= '0' && m.Code[0] <= '9':
			m.System = codes.CPT
		case len(m.Code) == 5 && strings.IndexByte(m.Code, '.') < 0:
			m.System = codes.HCPCS
		}
		out = append(out, m)
	}
	return out
}

// shownOf are the findings of the diagnoses' rules.
func shownOf(r Result) string {
	mine := []string{finding.UnknownCode, finding.SeventhCharacter, finding.NotBillable, finding.Deleted, finding.NotValidOnDate, finding.Excludes1, finding.Excludes2,
		finding.CodeFirst, finding.UseAdditional, finding.Laterality, finding.Sex, finding.Age, finding.Sequencing, finding.UnspecifiedCode}
	var out []string
	for _, f := range r.Findings {
		if slices.Contains(mine, f.Rule) {
			out = append(out, f.Severity+" "+f.Rule+" "+strings.Join(f.Codes, ","))
		}
	}
	return strings.Join(out, "; ")
}

type diagnosisCase struct {
	name, codes string
	want        string // findings but those of use-additional, or all where it names one
	message     string // part of any message
}

func runDiagnoses(t *testing.T, cases []diagnosisCase, c Case) {
	t.Helper()
	b := tabularBook(t)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			c := c
			c.Mentions = written(test.codes)
			if c.Date.Day.IsZero() {
				c.Date = on("2021-03-02")
			}
			r := check(t, b, c)
			got := shownOf(r)
			if !strings.Contains(test.want, finding.UseAdditional) {
				var kept []string
				for _, one := range strings.Split(got, "; ") {
					if !strings.Contains(one, finding.UseAdditional) {
						kept = append(kept, one)
					}
				}
				got = strings.Join(kept, "; ")
			}
			if got != test.want {
				t.Errorf("%s\n got %q\nwant %q", test.codes, got, test.want)
				for _, f := range r.Findings {
					t.Logf("%s", f.Message)
				}
			}
			var all []string
			for _, f := range r.Findings {
				all = append(all, f.Message)
			}
			if !strings.Contains(strings.Join(all, "\n"), test.message) {
				t.Errorf("%s: no message has %q:\n%s", test.codes, test.message, strings.Join(all, "\n"))
			}
		})
	}
}

// Official Guidelines I.A.4 and I.A.5.
func TestSeventhCharacter(t *testing.T) {
	t.Parallel()
	runDiagnoses(t, []diagnosisCase{
		{"Missing", "S72.001", "error seventh-character S72.001", "S72.001 lacks its seventh character. There are S72.001A initial encounter for closed fracture; S72.001B"},
		{"MissingOfManyIsCut", "S72.001", "error seventh-character S72.001", "; and with G, H, J, K, M, N, P, Q"},
		{"ActiveTreatment", "S72.001", "error seventh-character S72.001", "A is for every visit of active treatment"},
		{"MissingIntent", "T36.0X1", "error seventh-character T36.0X1", "T36.0X1A initial encounter; T36.0X1D subsequent encounter; T36.0X1S sequela"},
		{"MissingAndPadded", "W19", "error seventh-character W19", "is filled with the placeholder X up to the sixth (W19.XXX). There are W19.XXXA initial encounter"},
		{"OnePlaceholderTooFew", "W19.XXA", "error seventh-character W19.XXA", "with the same characters there is W19.XXXA"},
		{"NoPlaceholder", "W19.A", "error seventh-character W19.A", "there is W19.XXXA"},
		{"PlaceholderElsewhere", "T36.01XA", "error seventh-character T36.01XA", "there is T36.0X1A"},
		{"PlaceholderLeftOut", "T36.01A", "error seventh-character T36.01A", "there is T36.0X1A"},
		{"Wrong", "S72.001Z", "error seventh-character S72.001Z", "S72.001Z ends with Z, which is no seventh character of S72.001."},
		{"WrongForInjury", "S61.001B", "error seventh-character S61.001B", "There are S61.001A initial encounter; S61.001D"},
		{"NotTaken", "M54.5XXA", "error seventh-character M54.5XXA", "M54.5XXA takes no seventh character: M54.5 is complete as it stands."},
		{"NotTakenUnpadded", "J18.9A", "error seventh-character J18.9A", "J18.9 is complete"},
		{"MissingWound", "S61.001", "error seventh-character S61.001", "S61.001A"},
		{"NeedsMoreThanTheSeventh", "S72.00", "error not-billable S72.00", "S72.001A"},
		{"Header", "E11.62", "error not-billable E11.62", "E11.620"},
		{"Right", "S72.001A", "", ""},
		{"RightPadded", "W19.XXXA", "", ""},
		{"Alternative", "S72.001?", "error seventh-character S72.001", ""},
		{"UnknownDidYouMean", "M17.1I", "error unknown-code M17.1I", "Did you mean M17.11 Unilateral primary osteoarthritis, right knee"},
		{"UnknownOneOther", "E11.6212", "error unknown-code E11.6212", "Did you mean"},
	}, Case{})
	runDiagnoses(t, []diagnosisCase{
		{"WithoutTabularListByTitles", "S52.501", "error seventh-character S52.501", "S52.501A initial encounter for closed fracture"},
		{"WithoutTabularListMisplaced", "W45.8A", "error seventh-character W45.8A", "there is W45.8XXA"},
	}, Case{Date: on("2026-03-02")})
	runDiagnoses(t, []diagnosisCase{{"WorkersComp", "S72.001", "warning seventh-character S72.001", "outside HIPAA"}}, Case{Payer: workersComp})
	runDiagnoses(t, []diagnosisCase{{"AnyHIPAAPayer", "S72.001", "error seventh-character S72.001", ""}}, Case{Payer: "commercial"})
	runDiagnoses(t, []diagnosisCase{{"DateAssumed", "S72.001", "warning seventh-character S72.001", "(received)"}}, Case{Date: assumed("2021-03-02", BasisReceived)})
}

// Official Guidelines I.A.12.
func TestExcludes(t *testing.T) {
	t.Parallel()
	runDiagnoses(t, []diagnosisCase{
		{"BothDirectionsOnce", "E10.9 E11.9", "warning excludes1 E10.9,E11.9", "the Excludes1 note at category E10, above E10.9 names \"type 2 diabetes mellitus (E11.-)\". So does the note at category E11"},
		{"OrderOfNaming", "E11.9 E10.9", "warning excludes1 E11.9,E10.9", ""},
		{"OwnNote", "F45.8 G47.63", "warning excludes1 F45.8,G47.63", "note at F45.8 names \"sleep related teeth grinding (G47.63)\""},
		{"UnlessUnrelated", "F45.8 G47.63", "warning excludes1 F45.8,G47.63", "unless the two conditions are unrelated"},
		{"Block", "A51.0 B20", "warning excludes1 A51.0,B20", "block A50-A64, above A51.0"},
		{"Chapter", "E11.9 P70.0", "warning excludes1 E11.9,P70.0", "chapter 4, above E11.9"},
		{"DashAndSubcategory", "E11.9 O24.410", "warning excludes1 E11.9,O24.410", "gestational diabetes (O24.4-)"},
		{"NotTheSubcategory", "E11.9 O24.011", "", ""},
		{"NarrowedByCharacters", "G63 E11.42", "warning excludes1 G63,E11.42; info code-first G63", "(E08-E13 with .42)"},
		{"NarrowedToOthers", "G63 E11.41", "info code-first G63", ""},
		{"Symptom", "E10.9 R73.9", "warning excludes1 E10.9,R73.9", "A symptom that belongs to a diagnosis"},
		{"Unrelated", "M17.11 I10", "", ""},
		{"OtherGroup", "E10.9 / E11.9", "", ""},
		{"Alternatives", "E10.9? E11.9?", "", ""},
		{"AlternativeAndBilled", "E10.9 E11.9?", "", ""},
		{"SameTwice", "E11.9 E11.9", "", ""},
		{"InsideItsOwnNode", "D72.824 D72.0", "", ""},
		{"TitleIsQuoted", "A51.0 B20", "warning excludes1 A51.0,B20", "human immunodeficiency virus [HIV] disease (B20)"},
		{"TwoPairs", "E10.9 E11.9 A51.0 B20", "warning excludes1 A51.0,B20; warning excludes1 E10.9,E11.9", ""},
		{"AddedCodeChangesNothing", "E10.9 E11.9 M17.11", "warning excludes1 E10.9,E11.9", ""},
		{"NextEncounterAgain", "E10.9 E11.9 / E10.9 E11.9", "warning excludes1 E10.9,E11.9; warning excludes1 E10.9,E11.9", ""},
		{"Excludes2", "J18.9 J44.0", "", ""},
	}, Case{})
}

// Official Guidelines I.A.13, I.A.17.
func TestCodeFirst(t *testing.T) {
	t.Parallel()
	order := func(list ...string) Case { return Case{DiagnosisOrder: map[int][]string{1: list}} }
	runDiagnoses(t, []diagnosisCase{
		{"ManifestationWithoutOrder", "G63", "info code-first G63", "The underlying condition is coded before G63; none is named here"},
		{"AssociatedIsNoDuty", "N18.3", "error not-billable N18.3", ""},
		{"StagePresent", "E11.22 N18.4", "info code-first N18.4,E11.22", "On the claim E11.22 stands before N18.4"},
		{"UseAdditional", "E11.22", "info use-additional E11.22", "stage of chronic kidney disease (N18.1-N18.6)"},
		{"UseAdditionalInsulin", "E11.9", "info use-additional E11.9", "insulin (Z79.4)"},
		{"AnsweredIsSilent", "E11.9 Z79.4", "", ""},
	}, Case{})
	runDiagnoses(t, []diagnosisCase{{"ManifestationFirst", "G63 E10.9", "error code-first G63", "may not stand first"}}, order("G63", "E10.9"))
	runDiagnoses(t, []diagnosisCase{{"WrongOrder", "N18.4 E11.22", "warning code-first N18.4,E11.22", "N18.4 stands before E11.22"}}, order("N18.4", "E11.22"))
	runDiagnoses(t, []diagnosisCase{{"RightOrder", "E11.22 N18.4", "", ""}}, order("E11.22", "N18.4"))
}

// Official Guidelines I.B.13, and the meaning of the anatomical modifiers.
func TestLaterality(t *testing.T) {
	t.Parallel()
	runDiagnoses(t, []diagnosisCase{
		{"Agree", "20610-RT M17.11", "", ""},
		{"Contradict", "20610-LT M17.11", "warning laterality 20610,M17.11", "20610-LT is on the left side and M17.11 is for the right (Unilateral primary osteoarthritis, right knee)"},
		{"ContradictOtherWay", "20610-RT M17.12", "warning laterality 20610,M17.12", ""},
		{"OwnPartner", "20610-LT M17.11 M17.12", "warning laterality M17.11,M17.12", "M17.0 is for both sides"},
		{"OtherLineHasTheSide", "73562-RT 20610-LT M17.11", "info laterality 20610,M17.11", "for which no diagnosis is named"},
		{"BothSidesOneDiagnosis", "20610-50 M17.11", "info laterality 20610,M17.11", "reports both sides"},
		{"RTandLTonOneLine", "20610-RT-LT M17.11", "info laterality 20610,M17.11", ""},
		{"BothSides", "20610-50 M17.0", "", ""},
		{"BilateralOneSide", "27447-RT M17.0", "info laterality 27447,M17.0", "fits as long as the other side has the condition too"},
		{"NoSideOfProcedure", "20610 M17.11", "", ""},
		{"NoSideOfDiagnosis", "20610-LT M54.5", "", ""},
		{"OtherGroup", "20610-LT / M17.11", "", ""},
		{"Alternative", "20610-LT? M17.11", "", ""},
		{"Eyelid", "67840-E1 H00.011", "warning laterality 67840,H00.011", ""},
		{"EyelidAgrees", "67840-E3 H00.011", "", ""},
		{"EyelidPart", "67840-E4 H00.011", "warning laterality 67840,H00.011", "names the right lower eyelid and H00.011 the upper eyelid"},
		{"ThumbLeft", "12001-FA S61.001A", "warning laterality 12001,S61.001A", "right thumb"},
		{"ThumbRight", "12001-F5 S61.001A", "", ""},
		{"FingerIsNotTheThumb", "12001-F6 S61.001A", "warning laterality 12001,S61.001A", "the right index finger and S61.001A the thumb"},
		{"LeftToe", "28820-TA L97.411", "warning laterality 28820,L97.411", ""},
		{"RightToe", "28820-T5 L97.411", "", ""},
		{"RightFingers", "26055-F5 M25.542", "warning laterality 26055,M25.542", ""},
		{"RightAndLeftBilateralExists", "H25.11 H25.12", "warning laterality H25.11,H25.12", "H25.13 is for both sides"},
		{"RightAndLeftNoBilateral", "M25.561 M25.562", "", ""},
		{"HeartHasNoSide", "92960-LT I44.7", "", ""},
		{"CoronaryHasNoSide", "92941-RT I21.02", "", ""},
		{"Unspecified", "M25.569", "warning unspecified-code M25.569", "M25.561 (right) and M25.562 (left)"},
		{"UnspecifiedKnee", "M17.10", "warning unspecified-code M17.10", "M17.11 (right)"},
		{"UnspecifiedEye", "H25.10", "warning unspecified-code H25.10", "H25.13 (both)"},
		{"UnspecifiedInjury", "S72.009A", "warning unspecified-code S72.009A", "S72.001A (right)"},
		{"UnspecifiedBreast", "C50.919", "warning unspecified-code C50.919", "C50.911 (right)"},
		{"UnspecifiedAlternative", "M25.569?", "warning unspecified-code M25.569", ""},
		{"OtherUnspecified", "J18.9", "", ""},
		{"SiteUnspecified", "M17.9", "", ""},
	}, Case{})
}

// Official Guidelines I.B.10, I.B.12, I.C.20, I.C.21 and the combinations of I.C.9 and "with" (I.A.15).
func TestSequencing(t *testing.T) {
	t.Parallel()
	ordered := func(name, want, message string, list ...string) {
		runDiagnoses(t, []diagnosisCase{{name, strings.Join(list, " "), want, message}}, Case{DiagnosisOrder: map[int][]string{1: list}})
	}
	ordered("ExternalCauseFirst", "error sequencing W19.XXXA", "may not stand first", "W19.XXXA", "S72.001A")
	ordered("ExternalCauseAfter", "", "", "S72.001A", "W19.XXXA")
	ordered("PlaceFirst", "error sequencing Y92.9", "", "Y92.9", "S72.001A")
	ordered("Twice", "warning sequencing M17.11", "stands twice", "M17.11", "I10", "M17.11")
	ordered("SequelaFirst", "warning sequencing S72.001S", "comes before it", "S72.001S", "M25.561")
	ordered("SequelaAfter", "", "", "M25.561", "S72.001S")
	ordered("ZFirstOnlySecond", "warning sequencing Z00.00,I10", "first-listed", "I10", "Z00.00")
	ordered("ZFirstOnlyFirst", "", "", "Z00.00", "I10")
	ordered("ZChemotherapySecond", "warning sequencing Z51.11,C50.911", "", "C50.911", "Z51.11")
	ordered("ZStatusSecond", "", "", "M17.11", "Z80.42")
	runDiagnoses(t, []diagnosisCase{
		{"ExternalCauseNoOrder", "W19.XXXA S72.001A", "", ""},
		{"SequelaAlone", "S72.001S", "info sequencing S72.001S", "if not also on the claim"},
		{"HypertensionAndHeartFailure", "I10 I50.9", "warning unspecified-code I10,I50.9", "I11.-"},
		{"HypertensionAndKidney", "I10 N18.4", "warning unspecified-code I10,N18.4", "I12.-"},
		{"HeartAndKidney", "I11.9 N18.4", "warning unspecified-code I11.9,N18.4", "I13.-"},
		{"KidneyAndHeart", "I12.9 I50.9", "warning unspecified-code I12.9,I50.9", "I13.-"},
		{"CoronaryAndAngina", "I25.10 I20.9", "warning excludes1 I25.10,I20.9", "(I25.1-)"},
		{"DiabetesAndKidney", "E11.9 N18.4", "warning unspecified-code E11.9,N18.4", "E11.22"},
		{"DiabetesAndUlcer", "E11.9 L97.411", "warning unspecified-code E11.9,L97.411", "E11.621"},
		{"DiabetesAndGastroparesis", "E10.9 K31.84", "warning unspecified-code E10.9,K31.84", "E10.43"},
		{"DiabetesWithItsComplication", "E11.21 I10", "", ""},
		{"OtherGroup", "I10 / N18.4", "", ""},
		{"Alternatives", "I10? N18.4?", "", ""},
	}, Case{})
}

func TestAges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		codes string
		age   int
		want  string
	}{
		{"99381", 0, ""}, {"99381", 1, "warning age 99381"}, {"99382", 4, ""}, {"99382", 5, "warning age 99382"}, {"99393", 11, ""}, {"99393", 12, "warning age 99393"},
		{"99394", 17, ""}, {"99394", 18, "warning age 99394"}, {"99395", 39, ""}, {"99395", 40, "warning age 99395"}, {"99396", 64, ""}, {"99396", 65, "warning age 99396"},
		{"99397", 65, ""}, {"99397", 64, "warning age 99397"}, {"99397", 103, ""}, {"99460", 0, ""}, {"99460", 2, "warning age 99460"}, {"99213", 3, ""},
		{"42820", 11, ""}, {"42820", 12, "warning age 42820"}, {"42821", 11, "warning age 42821"}, {"49505", 4, "warning age 49505"}, {"90460", 18, ""}, {"90460", 19, "warning age 90460"},
		{"99152", 4, "warning age 99152"}, {"36556", 5, ""}, {"99395?", 50, "warning age 99395"},
		{"P07.18", 0, ""}, {"P07.18", 3, "warning age P07.18"}, {"O80", 30, ""}, {"O80", 9, ""}, {"O80", 8, "warning age O80"}, {"O80", 65, "warning age O80"},
		{"Z38.00", 0, ""}, {"Z38.00", 1, "warning age Z38.00"}, {"Z00.110", 0, ""}, {"Z00.110", 1, "warning age Z00.110"}, {"Z00.129", 17, ""}, {"Z00.129", 18, "warning age Z00.129"},
		{"Z00.00", 15, ""}, {"Z00.00", 14, "warning age Z00.00"}, {"Z68.51", 10, ""}, {"Z68.51", 20, "warning age Z68.51"}, {"Z68.30", 19, "warning age Z68.30"}, {"Z68.30", 20, ""},
		{"T74.12XA", 30, "warning age T74.12XA"}, {"T74.12XA", 10, ""}, {"T74.11XA", 10, "warning age T74.11XA"}, {"H25.11", 10, "warning age H25.11"}, {"M17.11", 70, ""},
	} {
		c := Case{Age: &test.age, Date: on("2021-03-02"), Mentions: written(test.codes)}
		if got := shownOf(check(t, tabularBook(t), c)); got != test.want {
			t.Errorf("%s at %d: %q, want %q", test.codes, test.age, got, test.want)
		}
	}
}

// What is said of sex is information and never more.
func TestSexes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ codes, sex, want string }{
		{"N40.1", "F", "info sex N40.1"}, {"N40.1", "M", ""}, {"N83.201", "M", "info sex N83.201"}, {"N83.201", "F", ""}, {"O80", "M", "info sex O80"}, {"C50.911", "M", "info sex C50.911"},
		{"Z34.00", "M", "info sex Z34.00"}, {"Z80.42", "F", ""}, {"M17.11", "M", ""}, {"58661", "M", "info sex 58661"}, {"55250", "F", "info sex 55250"}, {"59400", "M", "info sex 59400"},
		{"G0103", "F", "info sex G0103"}, {"99213", "F", ""}, {"N40.1", "", ""},
	} {
		c := Case{Sex: test.sex, Date: on("2021-03-02"), Mentions: written(test.codes)}
		got := strings.TrimPrefix(strings.TrimPrefix(shownOf(check(t, tabularBook(t), c)), "info use-additional N40.1"), "; ")
		if got != test.want && !strings.HasPrefix(got, "warning unspecified") {
			t.Errorf("%s for %s: %q, want %q", test.codes, test.sex, got, test.want)
		}
	}
}

// An age of 90 or over is echoed as such (safe harbor of HIPAA's de-identification).
func TestAgesOfTheVeryOldAreNotEchoed(t *testing.T) {
	t.Parallel()
	age := 97
	r := check(t, tabularBook(t), Case{Age: &age, Date: on("2021-03-02"), Mentions: written("O80")})
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Message, "90 or over") || r.Findings[0].Data["age"] != 90 {
		t.Errorf("%+v", r.Findings)
	}
}

// Without a tabular list for the day nothing is said of the notes but that they were not read, with the list that is loaded.
func TestNotesOfAnotherYearAreNotApplied(t *testing.T) {
	t.Parallel()
	r := check(t, tabularBook(t), Case{Date: on("2026-03-02"), Mentions: written("I10 J18.9")})
	if len(r.Findings) != 0 || len(r.NotChecked) != 1 || r.NotChecked[0].Rule != finding.Excludes1 ||
		!strings.Contains(r.NotChecked[0].Why, "I10 and J18.9 together was not checked. Of the ICD-10-CM tabular list no loaded file answers for 2 Mar 2026; the newest is for days to 30 Sep 2021.") {
		t.Errorf("%+v", r)
	}
	if r = check(t, tabularBook(t), Case{Date: on("2026-03-02"), Mentions: written("I10 / J18.9")}); len(r.NotChecked) != 0 {
		t.Errorf("two encounters: %+v", r.NotChecked)
	}
	r = check(t, starter(t), Case{Date: on("2026-03-02"), Mentions: written("I10 E11.9")})
	if !slices.ContainsFunc(r.NotChecked, func(n finding.NotChecked) bool {
		return n.Rule == finding.Excludes1 && strings.Contains(n.Why, "No ICD-10-CM tabular list file is loaded.")
	}) {
		t.Errorf("%+v", r.NotChecked)
	}
}

func TestDiagnosesInAnyOrderFindTheSame(t *testing.T) {
	t.Parallel()
	b := tabularBook(t)
	list := written("E10.9 E11.9 20610-LT M17.11 N18.4 I10 M25.569 S72.001")
	age := 30
	rules := func(list []codes.Mention) string {
		r := check(t, b, Case{Date: on("2021-03-02"), Mentions: list, Age: &age})
		var out []string
		for _, f := range r.Findings {
			c := slices.Clone(f.Codes)
			slices.Sort(c)
			out = append(out, f.Severity+f.Rule+strings.Join(c, ","))
		}
		slices.Sort(out)
		return strings.Join(out, "\n")
	}
	want := rules(list)
	for i := range list {
		if got := rules(append(slices.Clone(list[i:]), list[:i]...)); got != want {
			t.Errorf("turned by %d:\n%s\nwant\n%s", i, got, want)
		}
	}
}
