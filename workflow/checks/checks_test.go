package checks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// policy is the embedded table of dated policy.
func policy(t testing.TB) *codebook.Policy {
	t.Helper()
	p, err := codebook.LoadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// medicare is a book of the codebook's fixtures of Medicare's files for 2026 (April to June: NCCI, fee schedule, OPPS, ASC, HCPCS), of
// ICD-10-CM FY2021 with its tabular list and FY2026, of coverage, and of what testdata/book adds in the same layouts. It is built once.
func medicare(t testing.TB) *codebook.Book {
	t.Helper()
	path, err := medicareFile()
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

var medicareFile = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "caseconsultant-checks-")
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "medicare.codebook")
	files := []string{"testdata/book"}
	for _, folder := range []string{"fy2021", "fy2026", "hcpcs2019", "hcpcs2026", "pcs2021", "pcs2026", "ncci2026", "opps2026", "rvu2026", "coverage", "pos2026"} {
		files = append(files, "../codebook/testdata/"+folder)
	}
	_, err = codebook.Build(context.Background(), out, files, codebook.BuildOptions{Force: true})
	return out, err
})

// official is a book of the codebook's fixtures: ICD-10-CM FY2021 (from 1 Jan 2021) and FY2026, HCPCS 2019 and October 2026, and the starter.
func official(t testing.TB) *codebook.Book {
	t.Helper()
	out := filepath.Join(t.TempDir(), "test.codebook")
	var files []string
	for _, folder := range []string{"fy2021", "fy2026", "hcpcs2019", "hcpcs2026", "pcs2021", "pcs2026"} {
		files = append(files, "../codebook/testdata/"+folder)
	}
	if _, err := codebook.Build(t.Context(), out, files, codebook.BuildOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	b, err := codebook.Open(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func starter(t testing.TB) *codebook.Book {
	t.Helper()
	b, err := codebook.OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func on(s string) Date {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return Date{Day: day, Basis: BasisStated}
}

func assumed(s, basis string) Date {
	d := on(s)
	d.Basis = basis
	return d
}

// mention is one code: "icd10cm M54.5", with a role and a group if they are not the usual ones.
func mention(system codes.System, code string, opts ...any) codes.Mention {
	m := codes.Mention{System: system, Code: code, Group: 1, Role: codes.RoleBilled}
	for _, o := range opts {
		switch o := o.(type) {
		case codes.Role:
			m.Role = o
		case int:
			m.Group = o
		case []string:
			m.Modifiers = o
		}
	}
	return m
}

func check(t testing.TB, b Book, c Case) Result {
	t.Helper()
	r, err := Run(t.Context(), b, policy(t), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if err := f.Check(); err != nil {
			t.Errorf("%v: %+v", err, f)
		}
	}
	return r
}

func shown(r Result) string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Severity+" "+f.Rule+" "+strings.Join(f.Codes, ","))
	}
	return strings.Join(out, "; ")
}

func TestValidity(t *testing.T) {
	t.Parallel()
	b := official(t)
	for _, test := range []struct {
		name    string
		mention codes.Mention
		date    Date
		payer   string
		want    string // severity rule code
		message string // part
	}{
		// In force: 45 CFR 162.1000, the code set valid on the date of service.
		{"InForce", mention(codes.ICD10CM, "M54.5"), on("2021-03-02"), "", "", ""},
		{"InForceLastDay", mention(codes.ICD10CM, "M54.5"), on("2021-09-30"), "", "", ""},
		{"HCPCSInForce", mention(codes.HCPCS, "J1885"), on("2019-03-02"), "", "", ""},

		// Official Guidelines I.B.2: to the highest number of characters.
		{"Heading", mention(codes.ICD10CM, "M54.5"), on("2026-03-02"), "", "error not-billable M54.5",
			"M54.5 (Low back pain) is a heading and may not be reported: more characters are needed. 3 codes stand below it: M54.50 Low back pain, unspecified; M54.51 Vertebrogenic low back pain; M54.59 Other low back pain."},
		{"HeadingOfThree", mention(codes.ICD10CM, "A00"), on("2021-03-02"), "", "error not-billable A00", "3 codes stand below it: A00.0 "},
		{"HeadingWithMany", mention(codes.ICD10CM, "S52.50"), on("2021-03-02"), "", "error not-billable S52.50", "; and 26 more."},
		{"HeadingDateAssumed", mention(codes.ICD10CM, "M54.5"), assumed("2026-03-02", BasisReceived), "", "warning not-billable M54.5", "The date of service is not stated; 2 Mar 2026 was used (received)."},
		{"HeadingYearAssumed", mention(codes.ICD10CM, "M54.5"), assumed("2026-03-02", BasisYearAssumed), "", "warning not-billable M54.5", "(year assumed)"},
		{"HeadingPlanned", mention(codes.ICD10CM, "M54.5"), assumed("2026-03-02", BasisPlanned), "", "warning not-billable M54.5", "(planned)"},
		{"HeadingAnyHIPAAPayer", mention(codes.ICD10CM, "M54.5"), on("2026-03-02"), "commercial", "error not-billable M54.5", ""},
		{"HeadingWorkersComp", mention(codes.ICD10CM, "M54.5"), on("2026-03-02"), "workers_comp", "warning not-billable M54.5", "outside HIPAA's code sets"},

		// Not in any release that is loaded, and the set is held whole.
		{"Unknown", mention(codes.ICD10CM, "M54.5O"), on("2026-03-02"), "", "error unknown-code M54.5O",
			"M54.5O does not exist: ICD-10-CM FY2026 from 1 Oct 2025, in force on 2 Mar 2026, does not have it. Did you mean M54.50 Low back pain, unspecified (O, I, L, S, B or Z for a digit)?"},
		{"UnknownHCPCS", mention(codes.HCPCS, "J9998"), on("2026-11-02"), "", "error unknown-code J9998", "J9998 does not exist"},
		{"UnknownModifier", mention(codes.Modifier, "ZQ"), on("2026-11-02"), "", "error unknown-code ZQ", ""},

		// Ended or not begun.
		{"TooEarly", mention(codes.ICD10CM, "M54.50"), on("2021-03-02"), "", "error not-valid-on-date M54.50", "M54.50 is not in ICD-10-CM FY2021"},
		{"EndedHCPCS", mention(codes.HCPCS, "A4466"), on("2019-03-02"), "", "error deleted A4466", "A4466 ended before 2 Mar 2019: its last day was 31 Dec 2016. The file refers to A4467 instead."},
		{"EndedModifier", mention(codes.Modifier, "CP"), on("2026-10-02"), "", "error deleted CP", "its last day was 31 Dec 2017"},
		{"EndedAttachedModifier", mention(codes.HCPCS, "J1885", []string{"CP"}), on("2026-10-02"), "", "error deleted CP", ""},

		// What the starter alone knows is no official file's word.
		{"StarterEnd", mention(codes.CPT, "99201"), on("2026-03-02"), "", "warning deleted 99201", "99201 ended before 2 Mar 2026: its last day was 31 Dec 2020."},
		{"CPT", mention(codes.CPT, "31297"), on("2026-03-02"), "", "", ""},
		{"UnknownCPT", mention(codes.CPT, "99999"), on("2026-03-02"), "", "", ""},

		// Roles: a topic and history are not judged; what was replaced is information.
		{"Reference", mention(codes.ICD10CM, "M54.5", codes.RoleReference), on("2026-03-02"), "", "", ""},
		{"History", mention(codes.HCPCS, "A4466", codes.RoleHistory), on("2019-03-02"), "", "", ""},
		{"Denied", mention(codes.ICD10CM, "M54.5", codes.RoleDenied), on("2026-03-02"), "", "error not-billable M54.5", ""},
		{"Alternative", mention(codes.ICD10CM, "M54.5", codes.RoleAlternative), on("2026-03-02"), "", "error not-billable M54.5", ""},
		{"Replaced", mention(codes.HCPCS, "A4466", codes.RoleReplaced), on("2019-03-02"), "", "info deleted A4466", ""},

		// Between releases nothing is claimed.
		{"NoReleaseForTheDay", mention(codes.ICD10CM, "W45.8XXA"), on("2023-03-02"), "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := check(t, b, Case{Mentions: []codes.Mention{test.mention}, Date: test.date, Payer: test.payer})
			if got := shown(r); got != test.want {
				t.Fatalf("got %q, want %q\n%+v", got, test.want, r)
			}
			if test.message != "" && !strings.Contains(r.Findings[0].Message, test.message) {
				t.Errorf("message %q\n  lacks %q", r.Findings[0].Message, test.message)
			}
		})
	}
}

func TestValidityNamesSourceAndData(t *testing.T) {
	t.Parallel()
	r := check(t, official(t), Case{Mentions: []codes.Mention{mention(codes.ICD10CM, "M54.5")}, Date: on("2026-03-02")})
	f := r.Findings[0]
	if f.Source != "ICD-10-CM FY2026 from 1 Oct 2025 (icd10cm_codes_2026.txt)" {
		t.Errorf("source %q", f.Source)
	}
	want := map[string]string{"system": "icd10cm", "date": "2026-03-02", "release": "ICD-10-CM FY2026 from 1 Oct 2025", "choices": "[M54.50 M54.51 M54.59]", "choices_total": "3"}
	for name, value := range want {
		if got := fmt.Sprint(f.Data[name]); got != value {
			t.Errorf("data %s: %s, want %s", name, got, value)
		}
	}
}

func TestValiditySaysWhatItCouldNotCheck(t *testing.T) {
	t.Parallel()
	s := starter(t)
	r := check(t, s, Case{Date: on("2026-03-02"), Mentions: []codes.Mention{
		mention(codes.CPT, "31297", []string{"50"}), mention(codes.CPT, "31288"), mention(codes.CPT, "99999"), mention(codes.ICD10CM, "J32.3"),
	}})
	if len(r.Findings) != 0 {
		t.Errorf("the starter decides nothing: %s", shown(r))
	}
	var why []string
	for _, n := range r.NotChecked {
		if n.Rule == finding.UnknownCode {
			why = append(why, n.Why)
		}
	}
	want := []string{
		"No file that is loaded holds CPT whole on 2 Mar 2026, so whether 31297, 31288 and 99999 were in force that day was not checked.",
		"No file that is loaded holds ICD-10-CM whole on 2 Mar 2026, so whether J32.3 was in force that day was not checked.",
	}
	if !slices.Equal(why, want) {
		t.Errorf("got  %q\nwant %q", why, want)
	}
}

func TestBetweenReleasesNothingIsClaimed(t *testing.T) {
	t.Parallel()
	r := check(t, official(t), Case{Date: on("2023-03-02"), Mentions: []codes.Mention{mention(codes.ICD10CM, "W45.8XXA")}})
	if len(r.Findings) != 0 || len(r.NotChecked) != 1 || !strings.Contains(r.NotChecked[0].Why, "whether W45.8XXA was in force that day was not checked") {
		t.Errorf("%+v", r)
	}
}

func TestUnloadedNamesOnlyWhatApplies(t *testing.T) {
	t.Parallel()
	s := starter(t)
	rules := func(mentions ...codes.Mention) string {
		var out []string
		for _, n := range check(t, s, Case{Date: on("2026-03-02"), Mentions: mentions}).NotChecked {
			if n.Rule != finding.UnknownCode {
				out = append(out, n.Rule)
			}
		}
		return strings.Join(out, " ")
	}
	units := mention(codes.HCPCS, "J3301")
	units.Units = 4
	for _, test := range []struct {
		name     string
		mentions []codes.Mention
		want     string
	}{
		{"One", []codes.Mention{mention(codes.CPT, "31297")}, ""},
		{"Pair", []codes.Mention{mention(codes.CPT, "31297"), mention(codes.CPT, "31288")}, "ncci-ptp"},
		{"PairDenied", []codes.Mention{mention(codes.CPT, "20610", codes.RoleDenied), mention(codes.CPT, "27447")}, "ncci-ptp"},
		{"Alternatives", []codes.Mention{mention(codes.CPT, "99213", codes.RoleAlternative), mention(codes.CPT, "99214", codes.RoleAlternative)}, ""},
		{"TwoGroups", []codes.Mention{mention(codes.CPT, "31297", 1), mention(codes.CPT, "31288", 2)}, ""},
		{"Topic", []codes.Mention{mention(codes.CPT, "31297"), mention(codes.CPT, "31288", codes.RoleReference)}, ""},
		{"SameTwice", []codes.Mention{mention(codes.CPT, "31297"), mention(codes.CPT, "31297")}, ""},
		{"Modifier", []codes.Mention{mention(codes.CPT, "31297", []string{"50"})}, "modifier-not-applicable"},
		{"Units", []codes.Mention{units}, "mue"},
		{"Diagnoses", []codes.Mention{mention(codes.ICD10CM, "I10"), mention(codes.ICD10CM, "E11.9")}, "excludes1"},
		{"Coverage", []codes.Mention{mention(codes.CPT, "64493"), mention(codes.ICD10CM, "M47.816")}, "coverage"},
	} {
		if got := rules(test.mentions...); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// A codebook without these files says so, for the codes that they would have judged.
func TestACodebookWithoutEditsSaysSo(t *testing.T) {
	t.Parallel()
	r := check(t, official(t), Case{Date: on("2026-03-02"), Mentions: []codes.Mention{mention(codes.CPT, "31297", []string{"50"}), mention(codes.CPT, "31288")}})
	var said []string
	for _, n := range r.NotChecked {
		said = append(said, n.Why)
	}
	got := strings.Join(said, "\n")
	if !strings.Contains(got, "No NCCI PTP edits for practitioners file is loaded, so whether 31288 and 31297 are paid together was not checked.") {
		t.Errorf("not checked:\n%s", got)
	}
}

func TestGroupsHaveTheirOwnDates(t *testing.T) {
	t.Parallel()
	b := official(t)
	r := check(t, b, Case{
		Mentions: []codes.Mention{mention(codes.ICD10CM, "M54.5", 1), mention(codes.ICD10CM, "M54.5", 2)},
		Date:     assumed("2026-11-20", BasisReceived),
		Groups:   map[int]Date{1: on("2021-03-02"), 2: on("2026-03-02")},
	})
	if got := shown(r); got != "error not-billable M54.5" {
		t.Errorf("valid in 2021, a heading in 2026: %q", got)
	}
	if r.Findings[0].Data["date"] != "2026-03-02" {
		t.Errorf("%+v", r.Findings[0].Data)
	}
}

func TestAssumedDateIsNamed(t *testing.T) {
	t.Parallel()
	b := starter(t)
	r := check(t, b, Case{Mentions: []codes.Mention{mention(codes.CPT, "31297")}, Date: assumed("2026-11-24", BasisToday)})
	if r.Assumed["date_of_service"] != "2026-11-24" || r.Assumed["date_basis"] != "today" {
		t.Errorf("%v", r.Assumed)
	}
	if r = check(t, b, Case{Date: on("2026-11-24")}); len(r.Assumed) != 0 || r.Findings == nil || r.NotChecked == nil {
		t.Errorf("%+v", r)
	}
}

// TestOrderOfMentionsChangesNothing: the order of words in a mail is not the order of lines on a claim.
func TestOrderOfMentionsChangesNothing(t *testing.T) {
	t.Parallel()
	b := official(t)
	list := []codes.Mention{
		mention(codes.ICD10CM, "M54.5"), mention(codes.ICD10CM, "M54.5O"), mention(codes.HCPCS, "J1885", []string{"CP"}), mention(codes.CPT, "31297"),
		mention(codes.ICD10CM, "M54.5"), mention(codes.ICD10CM, "A00"),
	}
	want := shown(check(t, b, Case{Mentions: list, Date: on("2026-10-02")}))
	for i := range list {
		turned := append(slices.Clone(list[i:]), list[:i]...)
		if got := shown(check(t, b, Case{Mentions: turned, Date: on("2026-10-02")})); got != want {
			t.Errorf("turned by %d: %s\nwant %s", i, got, want)
		}
	}
	// An unrelated code adds no finding.
	if got := shown(check(t, b, Case{Mentions: append(list, mention(codes.POS, "11")), Date: on("2026-10-02")})); got != want {
		t.Errorf("with a place of service: %s", got)
	}
}

func TestRangesAreCheckedAtBothEnds(t *testing.T) {
	t.Parallel()
	m := mention(codes.ICD10CM, "I10")
	m.RangeEnd = "M54.5"
	if got := shown(check(t, official(t), Case{Mentions: []codes.Mention{m}, Date: on("2026-03-02")})); got != "error not-billable M54.5" {
		t.Errorf("%s", got)
	}
}

// TestRulesIndexIsWhole: every rule of the contract has its line, and what the index calls built is built.
func TestRulesIndexIsWhole(t *testing.T) {
	t.Parallel()
	var names []string
	for _, r := range Rules() {
		names = append(names, r.Name)
		if r.What == "" || r.Authority == "" || r.Source == "" || !slices.Contains([]string{"yes", "partial", "no"}, r.State) {
			t.Errorf("%+v", r)
		}
		if r.State != "no" && r.Limits == "" {
			t.Errorf("%s does not say what it cannot know", r.Name)
		}
	}
	if !slices.Equal(names, finding.Rules()) {
		t.Errorf("the index has %v", names)
	}
}

// failing is a book whose file cannot be read.
type failing struct{ Book }

var errRead = errors.New("the disk is gone")

func (failing) Lookup(context.Context, codes.System, string, time.Time) (codebook.Entry, bool, error) {
	return codebook.Entry{}, false, errRead
}

func TestAnUnreadableBookIsAnError(t *testing.T) {
	t.Parallel()
	_, err := Run(t.Context(), failing{}, policy(t), Case{Mentions: []codes.Mention{mention(codes.CPT, "31297")}, Date: on("2026-03-02")})
	if !errors.Is(err, errRead) {
		t.Errorf("%v: silence would mean passed", err)
	}
}

func BenchmarkRun20Codes(b *testing.B) {
	book := official(b)
	var list []codes.Mention
	for _, c := range []string{"M54.5", "A00.0", "I10", "J18.9", "R07.9", "N20.0", "E11.9", "E11.621", "M17.11", "S52.501A"} {
		list = append(list, mention(codes.ICD10CM, c))
	}
	for _, c := range []string{"31297", "31288", "99213", "99214", "20610", "97110", "36415", "80053", "73562", "27447"} {
		list = append(list, mention(codes.CPT, c, []string{"59"}))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Run(b.Context(), book, policy(b), Case{Mentions: list, Date: on("2026-03-02")}); err != nil {
			b.Fatal(err)
		}
	}
}
