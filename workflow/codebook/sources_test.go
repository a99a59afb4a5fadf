package codebook

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

// sources opens a book with the code sets and what stands beside them, without the starter.
func sources(t testing.TB, more ...string) *Book {
	t.Helper()
	b, report := build(t, BuildOptions{Force: true, NoStarter: true}, append(codeSets(), more...)...)
	for _, w := range report.Warnings {
		t.Errorf("warning: %s", w)
	}
	return b
}

// changed writes a fixture with a change to a folder of its own.
func changed(t testing.TB, name, as, from, to string) string {
	t.Helper()
	data := string(fixture(t, name))
	if !strings.Contains(data, from) {
		t.Fatalf("%s does not hold %q", name, from)
	}
	path := filepath.Join(t.TempDir(), as)
	if err := os.WriteFile(path, []byte(strings.Replace(data, from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSearchKnowsTheWordsOfTheIndexes(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/index2021")
	on := day0(t, "2021-06-01")
	for _, test := range []struct{ words, want string }{
		{"nephrolithiasis", "N20.0"},
		{"staghorn calculus", "N20.0"},            // a non-essential modifier
		{"sugar diabetes", "E11.9"},               //
		{"heart attack", "I21.9"},                 // by "see"
		{"splinter", "W45.8"},                     // by "see", to a code that needs more characters
		{"amoxicillin underdosing", "T36.0X6"},    // a column of the table of drugs
		{"balloon opening auditory", "097F0DZ"},   // a beginning of ICD-10-PCS codes
		{"dilation auditory tube balloon", "097"}, // some code of the table
	} {
		hits := search(t, b, test.words, SearchOptions{On: on, Limit: 5})
		if !slices.ContainsFunc(hits, func(h Hit) bool { return strings.HasPrefix(h.Code, test.want) }) {
			t.Errorf("%s: %v, want %s", test.words, hits, test.want)
		}
	}
	// What only the index names is no code of the book: it may be incomplete, or of another year.
	if e, ok, _ := b.Lookup(t.Context(), codes.ICD10CM, "T53.7X1", on); ok || e.Valid {
		t.Errorf("an index made a code: %+v", e)
	}
	var kinds []string
	for _, r := range b.Releases() {
		if strings.Contains(r.Kind, "index") {
			kinds = append(kinds, r.Name)
		}
	}
	if want := "ICD-10-CM index FY2021 from 1 Oct 2020|ICD-10-CM table of drugs and chemicals FY2021 from 1 Oct 2020|ICD-10-CM index of external causes FY2021 from 1 Oct 2020|ICD-10-CM table of neoplasms FY2021 from 1 Oct 2020|ICD-10-PCS index FY2021 from 1 Oct 2020"; strings.Join(kinds, "|") != want {
		t.Errorf("%s", strings.Join(kinds, "|"))
	}
}

func TestCrosswalksAreCandidatesWithTheirFlags(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/gems2018")
	for _, test := range []struct {
		system     codes.System
		code, want string
	}{
		{codes.ICD10CM, "A00.0", "A00.0>001.0 00000, 001.0>A00.0 00000"},
		{codes.ICD10CM, "I2109", "I21.09>410.01 10000, I21.09>410.11 10000, 410.00>I21.09 10000"},
		{codes.ICD10CM, "R29.700", "R29.700> 11000"},
		{codes.ICD10CM, "T36.0X1A", "T36.0X1A>960.0 10111, T36.0X1A>E856.0 10112"},
		{SystemICD9, "789.03", "789.03> 11000"},
		{SystemICD9, "E880.0", "E880.0>W10.9XXA 10000"},
		{SystemICD9, "V15.81", "V15.81>Z91.19 10000, Z91.14>V15.81 10000"}, // the file writes one of them in lower case
		{codes.ICD10PCS, "0FT44ZZ", "0FT44ZZ>51.23 00000, 51.23>0FT44ZZ 00000"},
		{SystemICD9P, "51.22", "51.22>0FB40ZZ 10000, 51.22>0FT40ZZ 10000, 0FT40ZZ>51.22 10000"},
		{codes.ICD10CM, "U07.1", ""}, // newer than the mappings
		{codes.CPT, "0010", ""},
	} {
		list, err := b.Crosswalks(t.Context(), test.system, test.code)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range list {
			got = append(got, c.From+">"+c.To+" "+c.Flags)
			if c.Approximate != (c.Flags[0] == '1') || c.NoMap != (c.To == "") || c.Release == "" || c.FromSystem == c.ToSystem {
				t.Errorf("%+v", c)
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s %s: %s, want %s", test.system, test.code, strings.Join(got, ", "), test.want)
		}
	}
	list, _ := b.Crosswalks(t.Context(), codes.ICD10CM, "T360X1A")
	if len(list) != 2 || !list[1].Combination || list[1].Scenario != 1 || list[1].Choice != 2 {
		t.Errorf("a combination: %+v", list)
	}
}

func TestGroupsAnswerForTheirFiscalYear(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/drg2026")
	d, ok, err := b.DRG(t.Context(), "65", day0(t, "2026-03-01"))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := DRG{Code: "065", Title: "INTRACRANIAL HEMORRHAGE OR CEREBRAL INFARCTION WITH CC OR TPA IN 24 HOURS", MDC: "01", Type: "MED", PostAcute: true,
		Weight: "1.0027", Uncapped: "0.9862", GeometricDays: "3.0", ArithmeticDays: "3.6", Release: "MS-DRG FY2026"}
	if d != want {
		t.Errorf("%+v", d)
	}
	if _, ok, _ := b.DRG(t.Context(), "065", day0(t, "2026-10-01")); ok {
		t.Error("the table of last year answers for this one")
	}
	if d, ok, _ := b.DRG(t.Context(), "998", day0(t, "2026-03-01")); !ok || d.MDC != "" || d.Type != "" {
		t.Errorf("a group without a category: %+v", d)
	}
	e, ok := lookup(t, b, codes.MSDRG, "470", "2026-03-01")
	if !ok || !e.Billable || !strings.HasPrefix(e.Title, "MAJOR HIP AND KNEE") {
		t.Errorf("%+v", e)
	}
	if e, ok := lookup(t, b, codes.MSDRG, "471", "2026-03-01"); ok || !strings.Contains(e.Status, "no such code") {
		t.Errorf("%+v", e)
	}
	if b.KnownOn(day0(t, "2026-03-01"))(codes.MSDRG, "471") != codes.NotMember || b.Known(codes.MSDRG, "65") != codes.Member {
		t.Error("the table holds its groups whole")
	}
}

func TestPlacesOfServiceHaveTheirDefinitions(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/pos2026")
	e, ok := lookup(t, b, codes.POS, "2", "2026-03-01")
	if !ok || !e.Billable || e.Title != "Telehealth Provided Other than in Patient’s Home" {
		t.Errorf("%+v", e)
	}
	i := slices.IndexFunc(e.Descriptions, func(d Description) bool { return d.Kind == KindDefinition })
	if i < 0 || !strings.HasSuffix(e.Descriptions[i].Text, "technology. (Effective January 1, 2017)") {
		t.Errorf("%+v", e.Descriptions)
	}
	if e, ok := lookup(t, b, codes.POS, "29", "2026-03-01"); ok || e.Valid {
		t.Errorf("an unassigned place is one: %+v", e)
	}
}

// TestSourcesNameFileLineAndColumn: what is wrong in a file is said so that a person can mend it.
func TestSourcesNameFileLineAndColumn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ fixture, as, from, to, want string }{
		{"index2021/icd10cm_index_2021.xml", "i.xml", "<version>2021", "<version>then", ":3:"},
		{"index2021/icd10cm_index_2021.xml", "i.xml", "</ICD10CM.index>", "", "well-formed XML"},
		{"index2021/icd10pcs_index_2021.xml", "p.xml", "<tab>097</tab>", "<tab>09</tab>", ":37:"},
		{"gems2018/2018_I10gem.txt", "g.txt", "41011 10000", "41011 1000", ":5:15: expected five flags"},
		{"gems2018/2018_I10gem.txt", "g.txt", "NoDx  11000", "NoDx  10000", ":6:9: expected no target"},
		{"drg2026/CMS-1833-F Table 5.txt", "d.txt", "1.0027", "1,0027", ":5:"},
		{"drg2026/CMS-1833-F Table 5.txt", "d.txt", "\r\n470\t", "\r\n065\t", ":6:1: expected a group that is not yet in the file"},
		{"pos2026/place-of-service-codes-2026.csv", "pos-2026.csv", "\r\n24,", "\r\n024,", ":6:1: expected a place of service of two digits"},
		{"ndc2026/October 2026 ASP NDC-HCPCS Crosswalk.csv", "October 2026 x.csv", "J9035", "Avastin", ":8:1: expected a HCPCS or CPT code"},
		{"cpt2025/LONGULT.txt", "LONGULT2025.txt", "31297\t", "312\t", ":8:1: expected a CPT code"},
		{"cpt2025/ConsumerDescriptor.txt", "Consumer2025.txt", "99213", "9921", ":3:9: expected a CPT code"},
		{"coverage/current_article_csv/article_x_hcpc_code.csv", "c.csv", `"52425","31","20610"`, `"5242S","31","20610"`, ":3:1: expected the number of a document"},
		{"coverage/current_article_csv/article.csv", "a.csv", "2025-09-30 00", "2025-13-30 00", ":2:"},
	} {
		path := changed(t, test.fixture, test.as, test.from, test.to)
		_, err := Build(t.Context(), filepath.Join(t.TempDir(), "out"), []string{path}, BuildOptions{NoStarter: true})
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), test.as) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.fixture, err, test.want)
		}
	}
}

func TestSourcesBuildReproducibly(t *testing.T) {
	t.Parallel()
	all := append(codeSets(), "testdata/index2021", "testdata/gems2018", "testdata/drg2026", "testdata/pos2026", "testdata/cpt2025", "testdata/ndc2026", "testdata/coverage")
	var first []byte
	for i := range 2 {
		out := filepath.Join(t.TempDir(), "book")
		slices.Reverse(all)
		if _, err := Build(t.Context(), out, all, BuildOptions{NoStarter: true, Force: true}); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = data
		} else if string(first) != string(data) {
			t.Error("the order in which the inputs are named changes the file")
		}
	}
}

// fuzzSource runs one importer over any bytes: it never panics, and refuses with a place in the file what it does not accept.
func fuzzSource(f *testing.F, name string, read func(context.Context, input, io.Reader) (*edition, []string, error)) {
	in := input{path: name, base: name, context: []string{name}}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		ed, _, err := read(t.Context(), in, strings.NewReader(string(data)))
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) && !errors.Is(err, errNoYear) {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		lib := merge([]*edition{ed})
		if r := lib.releases[0]; r.Kind == "" || r.Name == "" || ed.facts != nil && ed.facts.describe() == "" {
			t.Fatalf("%+v", r)
		}
		for _, term := range ed.terms {
			if term.key == "" || term.text == "" {
				t.Fatalf("%+v", term)
			}
		}
	})
}

func FuzzIndex(f *testing.F) {
	for _, name := range []string{"icd10cm_index_2021.xml", "icd10cm_neoplasm_2021.xml", "icd10cm_eindex_2021.xml"} {
		f.Add(fixture(f, "index2021/"+name))
	}
	fuzzSource(f, "icd10cm_index_2021.xml", readIndex)
}

func FuzzPCSIndex(f *testing.F) {
	f.Add(fixture(f, "index2021/icd10pcs_index_2021.xml"))
	fuzzSource(f, "icd10pcs_index_2021.xml", readPCSIndex)
}

func FuzzGEM(f *testing.F) {
	for _, name := range []string{"2018_I10gem.txt", "2018_I9gem.txt", "gem_i9pcs.txt", "gem_pcsi9.txt"} {
		f.Add(fixture(f, "gems2018/"+name))
	}
	fuzzSource(f, "2018_gem.txt", readGEM)
}

func FuzzMSDRG(f *testing.F) {
	f.Add(fixture(f, "drg2026/CMS-1833-F Table 5.txt"))
	fuzzSource(f, "Table 5.txt", readMSDRG)
}

func FuzzPOS(f *testing.F) {
	f.Add(fixture(f, "pos2026/place-of-service-codes-2026.csv"))
	fuzzSource(f, "pos2026.csv", readPOS)
}
