package codebook

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

func day0(t testing.TB, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// build compiles inputs into a book that is closed with the test.
func build(t testing.TB, opts BuildOptions, inputs ...string) (*Book, *Report) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "test.codebook")
	report, err := Build(t.Context(), out, inputs, opts)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, out), report
}

func open(t testing.TB, path string) *Book {
	t.Helper()
	b, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	today := day0(t, "2026-11-24")
	b.now = func() time.Time { return today }
	return b
}

// official is a book of all fixtures, with the starter: two ICD-10-CM years, two HCPCS files, ICD-10-PCS.
// codeSets are the fixtures that hold codes and nothing else; what stands beside them has tests of its own.
func codeSets() []string {
	return []string{"testdata/fy2021", "testdata/fy2026", "testdata/hcpcs2019", "testdata/hcpcs2026", "testdata/pcs2021", "testdata/pcs2026"}
}

func official(t testing.TB) *Book {
	t.Helper()
	b, _ := build(t, BuildOptions{Force: true}, codeSets()...)
	return b
}

func starter(t testing.TB) *Book {
	t.Helper()
	b, err := OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	today := day0(t, "2026-11-24")
	b.now = func() time.Time { return today }
	return b
}

func lookup(t testing.TB, b *Book, system codes.System, code, on string) (Entry, bool) {
	t.Helper()
	var d time.Time
	if on != "" {
		d = day0(t, on)
	}
	e, ok, err := b.Lookup(t.Context(), system, code, d)
	if err != nil {
		t.Fatal(err)
	}
	return e, ok
}

func TestLookupAnswersAsOfTheDay(t *testing.T) {
	t.Parallel()
	b := official(t)
	for _, test := range []struct {
		name            string
		system          codes.System
		code, on        string
		known           bool
		valid, billable bool
		release, status string // parts
	}{
		{"CodeInForce", codes.ICD10CM, "M54.5", "2021-03-02", true, true, true, "FY2021", "In force on 2 Mar 2021"},
		{"CodeThatBecameAHeading", codes.ICD10CM, "M54.5", "2026-03-02", true, true, false, "FY2026", "A heading on 2 Mar 2026 (ICD-10-CM FY2026 from 1 Oct 2025): it may not be reported; 3 codes below it may."},
		{"NewCodeBeforeItsTime", codes.ICD10CM, "M54.50", "2021-03-02", true, false, false, "FY2021", "Not in ICD-10-CM FY2021 from 1 Jan 2021, which answers for 2 Mar 2021. It is in ICD-10-CM FY2026"},
		{"NewCode", codes.ICD10CM, "m5450", "2026-09-30", true, true, true, "FY2026", "In force"},
		{"HeadingOfTheOrderFile", codes.ICD10CM, "A00", "2021-01-01", true, true, false, "FY2021", "3 codes below it may"},
		{"DerivedHeading", codes.ICD10CM, "S52.501", "2026-01-01", true, true, false, "FY2026", "A heading"},
		{"BeforeTheRelease", codes.ICD10CM, "W45.8XXA", "2020-12-31", true, false, false, "", "No release that is loaded answers for 31 Dec 2020"},
		{"BetweenReleases", codes.ICD10CM, "W45.8XXA", "2022-01-01", true, false, false, "", "No release that is loaded answers for 1 Jan 2022"},
		{"NoSuchCode", codes.ICD10CM, "M54.99", "2026-03-02", false, false, false, "FY2026", "no such code"},
		{"NoSuchCodeWhereNothingAnswers", codes.ICD10CM, "M54.99", "2030-03-02", false, false, false, "", "That does not mean that the code does not exist"},
		{"HCPCS", codes.HCPCS, "j1885", "2019-06-30", true, true, true, "HCPCS Level II 2019", "In force"},
		{"HCPCSQuarter", codes.HCPCS, "J1885", "2026-12-31", true, true, true, "October 2026", "In force"},
		{"HCPCSAfterTheQuarter", codes.HCPCS, "J1885", "2027-01-01", true, true, true, "starter", "Listed in"},
		{"HCPCSEnded", codes.HCPCS, "A4466", "2019-02-01", true, false, false, "HCPCS Level II 2019", "Ended: the last day for it was 31 Dec 2016 (HCPCS Level II 2019). The file refers to A4467."},
		{"ModifierEnded", codes.Modifier, "CP", "2026-10-05", true, false, false, "October 2026", "Ended: the last day for it was 31 Dec 2017"},
		{"HCPCSModifier", codes.Modifier, "lt", "2026-10-05", true, true, true, "October 2026", "In force"},
		{"NoSuchHCPCSModifier", codes.Modifier, "ZQ", "2026-10-05", false, false, false, "October 2026", "no such code"},
		{"CPTModifierIsNotTheFiles", codes.Modifier, "25", "2026-10-05", true, true, true, "starter", "No file that is loaded holds the CPT modifiers whole"},
		{"CPT", codes.CPT, "31297", "2026-10-05", true, true, true, "starter", "No file that is loaded holds CPT whole"},
		{"UnknownCPT", codes.CPT, "99999", "2026-10-05", false, false, false, "", "no file that is loaded holds CPT whole"},
		{"PlaceOfServicePadded", codes.POS, "2", "2026-10-05", true, true, true, "starter", "Listed"},
		{"PCS", codes.ICD10PCS, "0ft44zz", "2020-10-01", true, true, true, "ICD-10-PCS FY2021", "In force"},
		{"PCSTable", codes.ICD10PCS, "0FT", "2020-10-01", true, true, false, "ICD-10-PCS FY2021", "A heading"},
		{"ICDListedByTheStarter", codes.ICD10CM, "M54.50", "2026-11-24", true, true, true, "starter", "No ICD-10-CM release that is loaded answers for 24 Nov 2026"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e, ok := lookup(t, b, test.system, test.code, test.on)
			if ok != test.known || e.Valid != test.valid || e.Billable != test.billable {
				t.Errorf("known %v valid %v billable %v, want %v %v %v\n%+v", ok, e.Valid, e.Billable, test.known, test.valid, test.billable, e)
			}
			if !strings.Contains(e.Release, test.release) || test.release == "" && e.Release != "" {
				t.Errorf("release %q, want %q", e.Release, test.release)
			}
			if !strings.Contains(e.Status, test.status) {
				t.Errorf("status %q\n  want %q", e.Status, test.status)
			}
		})
	}
}

func TestLookupWithoutADateIsToday(t *testing.T) {
	t.Parallel()
	b := official(t)
	if e, _ := lookup(t, b, codes.HCPCS, "J1885", ""); e.Release != "HCPCS Level II October 2026" {
		t.Errorf("on 24 Nov 2026 the October file answers, not %q", e.Release)
	}
}

func TestLookupShowsTitlesOfTheReleaseOrTheNearest(t *testing.T) {
	t.Parallel()
	bare := filepath.Join(t.TempDir(), "icd10cm_codes_2026.codes-only.txt")
	if err := os.WriteFile(bare, []byte("A000\nA001\nA009\nI10\nM5450\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, _ := build(t, BuildOptions{Force: true, NoStarter: true}, "testdata/fy2021", bare)
	e, _ := lookup(t, b, codes.ICD10CM, "A00.0", "2026-01-01")
	if e.Title != "Cholera due to Vibrio cholerae 01, biovar cholerae" || e.Release != "ICD-10-CM FY2026 from 1 Oct 2025" ||
		!strings.HasPrefix(e.Descriptions[0].Source, "ICD-10-CM FY2021") {
		t.Errorf("a bare list answers with the titles of the release before, named as such: %+v", e)
	}
	if e, ok := lookup(t, b, codes.ICD10CM, "M54.50", "2026-01-01"); !ok || !e.Valid || e.Title != "" || len(e.Descriptions) != 0 {
		t.Errorf("a code that nobody gives a title has none: %+v", e)
	}
	if e, _ := lookup(t, b, codes.ICD10CM, "M54.5", "2026-01-01"); !e.Valid || e.Billable {
		t.Errorf("its heading is derived: %+v", e)
	}
}

func TestLookupJSONIsTheContract(t *testing.T) {
	t.Parallel()
	b := official(t)
	e, _ := lookup(t, b, codes.ICD10CM, "R07.9", "2021-03-02")
	e.Descriptions = e.Descriptions[:1]
	got, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"system":"icd10cm","code":"R07.9","valid":true,"billable":true,"title":"Chest pain, unspecified",` +
		`"descriptions":[{"kind":"official","text":"Chest pain, unspecified","source":"ICD-10-CM FY2021 from 1 Jan 2021 (fy2021/icd10cm-order-Jan-2021.txt)","copyright":"","reviewed_by":""}],` +
		`"parents":["R07"],"status":"In force on 2 Mar 2021 (ICD-10-CM FY2021 from 1 Jan 2021).","flags":{`
	want = strings.Replace(want, "fy2021/icd10cm", "icd10cm", 1)
	if !strings.HasPrefix(string(got), want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	e, _ = lookup(t, b, codes.ICD10CM, "Z99.99", "")
	got, _ = json.Marshal(e)
	for _, part := range []string{`"descriptions":[]`, `"parents":[]`, `"flags":{}`, `"release":""`} {
		if !strings.Contains(string(got), part) {
			t.Errorf("an unknown code misses %s: %s", part, got)
		}
	}
}

func TestParentsAreTheHeadingsThatExist(t *testing.T) {
	t.Parallel()
	b := official(t)
	for code, want := range map[string]string{
		"S52.501A": "S52 S52.5 S52.50 S52.501",
		"W45.8XXA": "W45 W45.8", // the fill-in X is no heading
		"T36.0X1A": "T36 T36.0 T36.0X T36.0X1",
		"I10":      "",
	} {
		if e, _ := lookup(t, b, codes.ICD10CM, code, "2021-02-01"); strings.Join(e.Parents, " ") != want {
			t.Errorf("%s: parents %v, want %s", code, e.Parents, want)
		}
	}
	if e, _ := lookup(t, b, codes.ICD10PCS, "0FT44ZZ", "2021-02-01"); strings.Join(e.Parents, " ") != "0FT" {
		t.Errorf("of an ICD-10-PCS code the table: %v", e.Parents)
	}
}

func TestFindPrefersWhatPeopleMean(t *testing.T) {
	t.Parallel()
	b := official(t)
	for _, test := range []struct{ code, want string }{
		{"31297", "cpt:31297"},
		{"G0439", "hcpcs:G0439"},
		{"25", "modifier:25 pos:25"},
		{"m54.5", "icd10cm:M54.5"},
		{"E11.621", "icd10cm:E11.621"},
		{"0FT44ZZ", "icd10pcs:0FT44ZZ"},
		{"ｊ１８８５", "hcpcs:J1885"},
		{"zzz", ""},
		{"", ""},
	} {
		entries, err := b.Find(t.Context(), test.code, day0(t, "2021-02-01"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range entries {
			got = append(got, string(e.System)+":"+e.Code)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q: got %v, want %s", test.code, got, test.want)
		}
	}
}

func TestKnownNeverDeniesWhatItCannotKnow(t *testing.T) {
	t.Parallel()
	b, s := official(t), starter(t)
	in2021, in2030 := b.KnownOn(day0(t, "2021-02-01")), b.KnownOn(day0(t, "2030-02-01"))
	for _, test := range []struct {
		name   string
		known  func(codes.System, string) codes.Membership
		system codes.System
		code   string
		want   codes.Membership
	}{
		{"Listed", s.Known, codes.CPT, "31297", codes.Member},
		{"StarterNeverDenies", s.Known, codes.ICD10CM, "M54.99", codes.Unknown},
		{"Whole", in2021, codes.ICD10CM, "M54.99", codes.NotMember},
		{"WholeElsewhere", in2030, codes.ICD10CM, "M54.99", codes.Unknown},
		{"Today", b.Known, codes.ICD10CM, "M54.99", codes.Unknown}, // FY2027 is not loaded
		{"TodayHCPCS", b.Known, codes.HCPCS, "J9999", codes.NotMember},
		{"OtherReleaseHasIt", in2021, codes.ICD10CM, "M54.50", codes.Member},
		{"Heading", in2021, codes.ICD10CM, "A00", codes.Member},
		{"CPTNever", in2021, codes.CPT, "99999", codes.Unknown},
		{"CPTModifierNever", b.Known, codes.Modifier, "24X", codes.Unknown},
		{"Odd", b.Known, codes.HCPCS, strings.Repeat("A", 500), codes.Unknown},
		{"Empty", in2021, codes.ICD10CM, "", codes.Unknown},
	} {
		if got := test.known(test.system, test.code); got != test.want {
			t.Errorf("%s: %s %s is %v, want %v", test.name, test.system, test.code, got, test.want)
		}
	}
}

func TestKnownAllocatesNothing(t *testing.T) { // not parallel: AllocsPerRun counts for the whole process
	b := official(t)
	if n := testing.AllocsPerRun(100, func() { b.Known(codes.ICD10CM, "S52.501A") }); n > 0 {
		t.Errorf("Known allocates %v times; the scanner asks for every candidate", n)
	}
}

func TestReleasesSayForWhichDaysTheyAnswer(t *testing.T) {
	t.Parallel()
	b := official(t)
	var got []string
	for _, r := range b.Releases() {
		got = append(got, r.String())
	}
	want := []string{
		"HCPCS Level II 2019: 21 codes, answers 2019-01-01 to 2019-12-31",
		"HCPCS Level II October 2026: 6 codes, answers 2026-10-01 to 2026-12-31",
		"ICD-10-CM FY2021 from 1 Jan 2021: 111 codes, 40 headings, answers 2021-01-01 to 2021-09-30",
		"ICD-10-CM FY2026 from 1 Oct 2025: 113 codes, 43 headings, answers 2025-10-01 to 2026-09-30",
	}
	for i, w := range want {
		if got[i] != w {
			t.Errorf("release %d: %s\n      want %s", i, got[i], w)
		}
	}
	if last := b.Releases()[len(b.Releases())-1]; last.Kind != kindStarter || last.Whole || last.First != "" {
		t.Errorf("the starter comes last and holds nothing whole: %+v", last)
	}
}

func TestAReleaseEndsWhereTheNextBegins(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("icd10cm_codes_2025.txt", "I10     Essential (primary) hypertension\r\nA000    Cholera one\r\n")
	write("icd10cm-codes-April-1-2025.txt", "I10     Essential (primary) hypertension\r\nA001    Cholera two\r\n")
	b, _ := build(t, BuildOptions{NoStarter: true}, dir)
	for _, test := range []struct {
		code, on string
		want     bool
	}{
		{"A00.0", "2024-10-01", true}, {"A00.0", "2025-03-31", true}, {"A00.0", "2025-04-01", false},
		{"A00.1", "2025-03-31", false}, {"A00.1", "2025-04-01", true}, {"A00.1", "2025-09-30", true}, {"A00.1", "2025-10-01", false},
	} {
		if e, _ := lookup(t, b, codes.ICD10CM, test.code, test.on); e.Valid != test.want {
			t.Errorf("%s on %s: valid %v (%s)", test.code, test.on, e.Valid, e.Status)
		}
	}
}

func TestNotesAreInheritedFromAbove(t *testing.T) {
	t.Parallel()
	b := official(t)
	notes, err := b.Notes(t.Context(), codes.ICD10CM, "S52.501A", day0(t, "2021-02-01"))
	if err != nil {
		t.Fatal(err)
	}
	find := func(kind, level, part string) bool {
		for _, n := range notes {
			if n.Kind == kind && n.Level == level && strings.Contains(n.Text, part) {
				return true
			}
		}
		return false
	}
	for _, want := range [][3]string{
		{"excludes1", "category", "traumatic amputation of forearm"},
		{"seventh-character", "category", "A initial encounter for closed fracture"},
		{"seventh-character", "category", "S sequela"},
		{"excludes2", "chapter", "birth trauma"}, // chapter 19
	} {
		if !find(want[0], want[1], want[2]) && want[0] != "excludes2" {
			t.Errorf("no %s at %s with %q", want[0], want[1], want[2])
		}
	}
	chapter := 0
	for _, n := range notes {
		if n.Level == "chapter" {
			chapter++
			if n.At != "chapter 19" {
				t.Errorf("a note of %s reached a code of chapter 19: %+v", n.At, n)
			}
		}
	}
	if chapter == 0 {
		t.Error("the notes of the chapter hold for its codes")
	}
	none, err := b.Notes(t.Context(), codes.ICD10CM, "S52.501A", day0(t, "2026-02-01"))
	if err != nil || none != nil {
		t.Errorf("no tabular list for 2026 is loaded: %v %v", none, err)
	}
}

func TestChoicesBelowAHeading(t *testing.T) {
	t.Parallel()
	b := official(t)
	choices, total, err := b.Choices(t.Context(), codes.ICD10CM, "M54.5", day0(t, "2026-03-02"), 2)
	if err != nil || total != 3 || len(choices) != 2 || choices[0] != (Choice{"M54.50", "Low back pain, unspecified"}) {
		t.Errorf("got %v of %d, %v", choices, total, err)
	}
	if choices, total, _ = b.Choices(t.Context(), codes.ICD10CM, "M54.5", day0(t, "2021-03-02"), 9); total != 0 {
		t.Errorf("in 2021 nothing stood below M54.5: %v", choices)
	}
	if _, total, _ = starter(t).Choices(t.Context(), codes.ICD10CM, "M54", day0(t, "2026-03-02"), 9); total != 0 {
		t.Error("the starter's list has too few codes to be a choice")
	}
}

func TestNearNamesCodesThatExistOnly(t *testing.T) {
	t.Parallel()
	b := official(t)
	for code, want := range map[string]string{"M54.5O": "M54.50", "M45.50": "M54.50", "J18.99": "J18.9", "R07.90": "R07.9", "I01": "I10"} {
		got := b.Near(codes.ICD10CM, code, day0(t, "2026-03-02"))
		if !strings.Contains(strings.Join(got, " "), want) {
			t.Errorf("%s: got %v, want %s among them", code, got, want)
		}
	}
	if got := b.Near(codes.CPT, "31299", day0(t, "2026-03-02")); got != nil {
		t.Errorf("nothing decides about CPT: %v", got)
	}
}

func TestHistorySaysWhenACodeWas(t *testing.T) {
	t.Parallel()
	b := official(t)
	c, ok, err := b.History(t.Context(), codes.HCPCS, "A4466", day0(t, "2019-05-01"))
	if err != nil || !ok || c.Last != "2016-12-31" || strings.Join(c.ReplacedBy, " ") != "A4467" {
		t.Errorf("%+v %v %v", c, ok, err)
	}
	// The starter knows the very day; the releases that are loaded show only that FY2026 has it.
	c, _, _ = b.History(t.Context(), codes.ICD10CM, "M54.59", day0(t, "2021-05-01"))
	if c.First != "2021-10-01" || c.Last != "" {
		t.Errorf("%+v", c)
	}
	if _, ok, _ := b.History(t.Context(), codes.ICD10CM, "M54.99", day0(t, "2021-05-01")); ok {
		t.Error("an unknown code has no history")
	}
}

func TestReplacingTheFileLeavesOpenBooksAlone(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "live.codebook")
	if _, err := Build(t.Context(), out, []string{"testdata/fy2021"}, BuildOptions{NoStarter: true}); err != nil {
		t.Fatal(err)
	}
	old := open(t, out)
	if _, err := Build(t.Context(), out, []string{"testdata/fy2026"}, BuildOptions{NoStarter: true}); err != nil {
		t.Fatal(err)
	}
	if e, _ := lookup(t, old, codes.ICD10CM, "A00.0", "2021-05-01"); !e.Valid {
		t.Error("the open book no longer answers from its file")
	}
	if e, _ := lookup(t, open(t, out), codes.ICD10CM, "A00.0", "2026-05-01"); !e.Valid {
		t.Error("a book opened later answers from the new file")
	}
}

func TestOpenRefusesWhatIsNoCodebook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte("this is no database at all, but long enough to be looked at as one ............................................................"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := filepath.Join(dir, "good")
	if _, err := Build(t.Context(), good, []string{"testdata/fy2021"}, BuildOptions{NoStarter: true}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(dir, "cut")
	if err := os.WriteFile(cut, data[:len(data)/3], 0o600); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, "old")
	data[63] = 200 // user_version in SQLite's header
	if err := os.WriteFile(old, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{text: "no codebook", cut: "", old: "another version", dir: "no codebook", filepath.Join(dir, "none"): "no such file"} {
		b, err := Open(t.Context(), path)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", filepath.Base(path), err, want)
			}
			continue
		}
		// A cut file may open; it must then fail to answer rather than answer wrongly.
		if _, ok, err := b.Lookup(context.Background(), codes.ICD10CM, "U07.1", day0(t, "2021-05-01")); path != cut || err == nil && ok {
			t.Errorf("%s was opened and answered", filepath.Base(path))
		}
		b.Close()
	}
}

// TestManyReadersAtOnce is for the race detector: one book, every method, many goroutines.
func TestManyReadersAtOnce(t *testing.T) {
	t.Parallel()
	b := official(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				if _, ok, err := b.Lookup(t.Context(), codes.ICD10CM, "I10", day0(t, "2026-03-02")); !ok || err != nil {
					t.Error(ok, err)
				}
				if hits, err := b.Search(t.Context(), []string{"low back pain", "fracture", "pnuemonia", "3129"}[i%4], SearchOptions{}); len(hits) == 0 || err != nil {
					t.Error(len(hits), err)
				}
				if _, err := b.Notes(t.Context(), codes.ICD10CM, "S52.501A", day0(t, "2021-03-02")); err != nil {
					t.Error(err)
				}
				b.Known(codes.ICD10CM, "I10")
				b.Near(codes.ICD10CM, "M54.5O", day0(t, "2026-03-02"))
			}
		})
	}
	wg.Wait()
}
