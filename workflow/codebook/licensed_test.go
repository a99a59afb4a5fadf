package codebook

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"caseconsultant/workflow/codes"
)

// shown gathers every text that look-ups and searches of a book give.
func shown(t *testing.T, b *Book, on string) string {
	t.Helper()
	var all strings.Builder
	add := func(v any) {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	day := day0(t, on)
	for _, code := range []string{"20610", "31297", "99213", "0001U", "0042T", "2000F", "27447", "43235"} {
		e, _ := lookup(t, b, codes.CPT, code, on)
		add(e)
		found, err := b.Find(t.Context(), code, day)
		if err != nil {
			t.Fatal(err)
		}
		add(found)
		add(search(t, b, code, SearchOptions{On: day}))
	}
	for _, modifier := range []string{"22", "25", "50", "73", "P1"} {
		e, _ := lookup(t, b, codes.Modifier, modifier, on)
		add(e)
	}
	for _, words := range []string{"descriptor text of the licensee", "licensee", "consumer text", "status text"} {
		add(search(t, b, words, SearchOptions{On: day}))
	}
	return strings.ToLower(all.String())
}

func TestNoTextOfTheAMAIsShownWithoutALicence(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/cpt2025")
	if text := shown(t, b, "2025-06-01"); strings.Contains(text, "licensee") {
		t.Errorf("a licensed text is shown: %s", text)
	}
	if text := shown(t, b.Licensed(func(string) bool { return false }), "2025-06-01"); strings.Contains(text, "licensee") {
		t.Errorf("a licensed text is shown: %s", text)
	}
}

func TestLicensedTextsCarryTheirYearsNotice(t *testing.T) {
	t.Parallel()
	b, _ := build(t, BuildOptions{Force: true}, append(codeSets(), "testdata/cpt2025")...) // with our own words
	var licensed atomic.Bool
	licensed.Store(true)
	view := b.Licensed(func(licence string) bool { return licence == LicenceCPT && licensed.Load() })
	e, ok := lookup(t, view, codes.CPT, "20610", "2025-06-01")
	if !ok || !e.Billable || e.Release != "CPT 2025" {
		t.Fatalf("%+v", e)
	}
	var got []string
	for _, d := range e.Descriptions {
		if d.Licence == "" {
			if strings.Contains(strings.ToLower(d.Text), "licensee") {
				t.Errorf("a text without its licence: %+v", d)
			}
			continue
		}
		got = append(got, d.Kind+": "+d.Text)
		if d.Licence != LicenceCPT || !strings.HasPrefix(d.Source, "CPT 2025 (") ||
			!strings.HasPrefix(d.Copyright, "CPT copyright 2024 American Medical Association.") || !strings.Contains(d.Copyright, "registered trademark") {
			t.Errorf("%+v", d)
		}
	}
	want := []string{
		"official: Long descriptor text of the licensee for the first code, which goes on for more than forty-eight characters",
		"medium: MEDIUM DESCRIPTOR TEXT OF THE LICENSEE A", "short: SHORT TEXT OF LICENSEE A", "consumer: Consumer text of the licensee A",
		"clinician: Clinician text of the licensee A, one", "clinician: Clinician text of the licensee A, two",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if !strings.HasPrefix(e.Title, "Long descriptor text") {
		t.Errorf("the title is %q", e.Title)
	}
	if own := slices.ContainsFunc(e.Descriptions, func(d Description) bool { return d.Kind == KindCommon && d.Licence == "" }); !own {
		t.Error("our own words are gone")
	}
	for _, test := range []struct{ modifier, want string }{{"22", "First modifier text of the licensee, which goes on in a second line"}, {"P1", "Status text of the licensee"}, {"73", "Fourth modifier text of the licensee"}, {"LT", ""}} {
		e, _ := lookup(t, view, codes.Modifier, test.modifier, "2025-06-01")
		text := ""
		for _, d := range e.Descriptions {
			if d.Licence != "" {
				text += d.Text
			}
		}
		if text != test.want {
			t.Errorf("modifier %s: %q", test.modifier, text)
		}
	}
	licensed.Store(false) // it ended while the book is open
	if text := shown(t, view, "2025-06-01"); strings.Contains(text, "licensee") {
		t.Error("texts stay after the licence ended")
	}
	if text := shown(t, b.Licensed(func(string) bool { return true }), "2026-06-01"); strings.Contains(text, "licensee") {
		t.Error("the texts of a year are shown for another")
	}
}

func TestLicensedWordsFindCodesUnderTheLicenceOnly(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/cpt2025")
	opts := SearchOptions{On: day0(t, "2025-06-01"), System: codes.CPT}
	view := b.Licensed(func(string) bool { return true })
	hits := search(t, view, "descriptor licensee technolog", opts) // the last word is being typed
	if len(hits) != 1 || hits[0].Code != "0042T" || hits[0].Licence != LicenceCPT || hits[0].Title != "SHORT TEXT OF LICENSEE E" && hits[0].Title != "Long descriptor text of the licensee for a new technology" {
		t.Errorf("%+v", hits)
	}
	if hits := search(t, view, "descriptor licensee technology", SearchOptions{On: day0(t, "2026-06-01"), System: codes.CPT}); len(hits) != 0 {
		t.Errorf("by the words of another year: %+v", hits)
	}
	for _, h := range search(t, b, "descriptor licensee technology", opts) {
		if h.Code == "0042T" {
			t.Errorf("found by words that may not be used: %+v", h)
		}
	}
	if hits := search(t, view, "2000F", opts); len(hits) == 0 || hits[0].Title != "SHORT TEXT OF LICENSEE F" && hits[0].Licence != LicenceCPT {
		t.Errorf("a code typed that only the licensee's files have: %+v", hits)
	}
	for _, h := range search(t, view, "20610", opts) {
		if h.Licence == "" && strings.Contains(strings.ToLower(h.Title), "licensee") {
			t.Errorf("a licensed title without its licence: %+v", h)
		}
	}
}

func TestTheFilesOfAYearHoldCPTWhole(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/cpt2025")
	on := day0(t, "2025-06-01")
	known := b.KnownOn(on)
	for _, test := range []struct {
		code string
		want codes.Membership
	}{
		{"20610", codes.Member}, {"20699", codes.NotMember},
		{"0999U", codes.Unknown}, {"0999T", codes.Unknown}, {"9999F", codes.Unknown}, {"90699", codes.Unknown}, {"91399", codes.Unknown}, // these come during the year
	} {
		if got := known(codes.CPT, test.code); got != test.want {
			t.Errorf("%s: %v, want %v", test.code, got, test.want)
		}
	}
	if r, ok := b.Decides(codes.CPT, "20699", on); !ok || r.Name != "CPT 2025" {
		t.Errorf("%+v", r)
	}
	if _, ok := b.Decides(codes.CPT, "20699", day0(t, "2026-06-01")); ok {
		t.Error("the files of last year decide for this one")
	}
	if e, _ := lookup(t, b, codes.CPT, "20699", "2025-06-01"); !strings.Contains(e.Status, "no such code") {
		t.Errorf("%s", e.Status)
	}
	// Words for patients alone list some codes and hold nothing whole.
	some := sources(t, "testdata/cpt2025/ConsumerDescriptor.txt")
	if some.KnownOn(on)(codes.CPT, "20699") != codes.Unknown {
		t.Error("a list of some codes counts as all")
	}
}

func TestWhatOnlyNamesTheAMAIsNoFileOfALicensee(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"pairs":  "CPT only copyright 2025 American Medical Association.  All rights reserved.\t\t\t\t\t\t\r\n" + strings.Repeat("0001A\t0591T\t\t20220101\t20231231\t1\tCPT Manual or CMS manual coding instruction\r\n", 20),
		"values": "HDR CPT codes and descriptions only are copyright 2024 American Medical Association\r\n" + strings.Repeat("0001F                                                    I  0.00\r\n", 20),
	} {
		h := head{whole: true, lines: strings.Split(strings.ReplaceAll(data, "\r", ""), "\n")}
		if isCPTDescriptors(h) || isCPTModifiers(h) {
			t.Errorf("%s are taken for descriptors", name)
		}
	}
}

func FuzzCPTDescriptors(f *testing.F) {
	for _, name := range []string{"SHORTU.txt", "MEDU.txt", "LONGULT.txt", "LONGUF.txt"} {
		f.Add(fixture(f, "cpt2025/"+name))
	}
	fuzzSource(f, "x2025.txt", readCPTDescriptors)
}

func FuzzCPTModifiers(f *testing.F) {
	f.Add(fixture(f, "cpt2025/MODUL.txt"))
	fuzzSource(f, "MODUL2025.txt", readCPTModifiers)
}

func FuzzCPTTable(f *testing.F) {
	f.Add(fixture(f, "cpt2025/ClinicianDescriptor.txt"))
	fuzzSource(f, "Clinician2025.txt", readCPTTable(KindClinician, 5, clinicianColumns()))
}
