package codebook

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func policies(t *testing.T, b *Book, code, on, state, contractor string) []CoveragePolicy {
	t.Helper()
	list, err := b.Coverage(t.Context(), code, CoverageOptions{On: day0(t, on), State: state, Contractor: contractor})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func ids(list []CoveragePolicy) string {
	var out []string
	for _, p := range list {
		out = append(out, fmt.Sprintf("%s v%d", p.ID, p.Version))
	}
	return strings.Join(out, ", ")
}

func TestCoverageAnswersForTheDayAndTheContractor(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/coverage")
	for _, test := range []struct{ code, on, state, contractor, want string }{
		{"20610", "2026-03-01", "", "", "A52425 v31"},
		{"20610", "2025-06-01", "", "", "A52425 v30, A57000 v4"}, // an older version, and one that was retired later
		{"20610", "2025-06-01", "CT", "", "A57000 v4"},
		{"20610", "2025-06-01", "ca", "", "A52425 v30"}, // northern California is California
		{"20610", "2026-03-01", "NV", "", ""},           // no longer the contractor's
		{"20610", "2026-03-01", "", "01111", "A52425 v31"},
		{"20610", "2026-03-01", "", "second example", ""},
		{"20610", "2018-01-01", "", "", ""},
		{"J3301", "2026-03-01", "", "", "A52425 v31, L33797 v20"},
		{"99213", "2026-03-01", "", "", ""},
	} {
		if got := ids(policies(t, b, test.code, test.on, test.state, test.contractor)); got != test.want {
			t.Errorf("%s on %s in %q by %q: %s, want %s", test.code, test.on, test.state, test.contractor, got, test.want)
		}
	}
	if r := b.Releases()[0]; r.File != "article.csv, and 15 more tables" {
		t.Errorf("%s", r.File)
	}
	if !b.HasCoverage() || official(t).HasCoverage() {
		t.Error("whether a coverage database is loaded is known")
	}
}

func TestCoverageShowsGroupsWithTheirParagraphs(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/coverage")
	p := policies(t, b, "20610", "2026-03-01", "", "")[0]
	if p.Title != "Billing and Coding: Injection of Joints" || p.Type != "article 11" || p.First != "2025-10-01" || p.Last != "" || strings.Join(p.Related, " ") != "L33797" ||
		strings.Join(p.States, " ") != "CA" || len(p.Contractors) != 2 || p.Contractors[0] != (Contractor{"01111", "First Example Contractor, Inc."}) ||
		p.Release != "Medicare coverage database, changes to 25 Sep 2026" {
		t.Errorf("%+v", p)
	}
	if len(p.Codes) != 1 || p.Codes[0].Number != 1 || p.Codes[0].Count != 2 || p.Codes[0].Paragraph != "" {
		t.Errorf("the groups of procedures: %+v", p.Codes)
	}
	if licensed := policies(t, b.Licensed(func(string) bool { return true }), "20610", "2026-03-01", "", "")[0]; licensed.Codes[0].Paragraph != "Text that may quote the licensee." {
		t.Errorf("%+v", licensed.Codes)
	}
	if len(p.Covered) != 2 || p.Covered[0].Count != 2 || p.Covered[1].Paragraph != "Ménière’s & others – with a second code:\nsee group 1\n* Needs a code of group 1 beside it." {
		t.Errorf("%+v", p.Covered)
	}
	for _, test := range []struct {
		diagnosis string
		want      string
	}{
		{"M17.11", "covered 1"}, // stands in two groups: the one without a condition counts
		{"m1712", "covered 1"},
		{"E11.9", "covered* 2"},
		{"M54.50", "noncovered 1"},
		{"I10", ""},
	} {
		got := ""
		if l, ok := p.Find(test.diagnosis); ok {
			switch {
			case l.Covered && l.Asterisk:
				got = "covered*"
			case l.Covered:
				got = "covered"
			case l.Noncovered:
				got = "noncovered"
			}
			got += fmt.Sprintf(" %d", l.Group.Number)
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", test.diagnosis, got, test.want)
		}
	}
	if got := strings.Join(p.Covered[1].Members(), " "); got != "E11.9 M17.11" {
		t.Errorf("%s", got)
	}
}

func TestDocumentsAreFoundByTheirNumbers(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/coverage")
	for _, test := range []struct{ id, on, want string }{
		{"a52425", "2025-06-01", "A52425 v30 2024-01-01 2025-09-30"},
		{"A52425", "2026-03-01", "A52425 v31 2025-10-01 "},
		{"A57000", "2026-03-01", "A57000 v4 2019-01-01 2025-12-31"}, // retired: known, and no longer in force
		{"L33797", "2026-03-01", "L33797 v20 2023-05-01 "},
		{"NCD 210.3", "2022-06-01", "NCD 210.3 v6 2021-01-19 2022-12-31"},
		{"210.3", "2026-03-01", "NCD 210.3 v7 2023-01-01 "},
		{"A99999", "2026-03-01", ""},
		{"DA59999", "2026-03-01", ""}, // a draft
	} {
		p, ok, err := b.CoverageDocument(t.Context(), test.id, day0(t, test.on))
		got := ""
		if ok {
			got = fmt.Sprintf("%s v%d %s %s", p.ID, p.Version, p.First, p.Last)
		}
		if err != nil || got != test.want {
			t.Errorf("%s on %s: %q, %v, want %q", test.id, test.on, got, err, test.want)
		}
	}
	if p, _, _ := b.CoverageDocument(t.Context(), "A52425", day0(t, "2026-03-01")); len(p.Codes) != 2 || strings.Join(p.Codes[1].Members(), " ") != "J3301" {
		t.Errorf("%+v", p.Codes)
	}
}

// TestCoverageIsReadFromNestedArchives: the downloads are zips of zips; both hold the contractors.
func TestCoverageIsReadFromNestedArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"current_article", "current_lcd"} {
		files := map[string][]byte{}
		entries, err := os.ReadDir("testdata/coverage/" + name + "_csv")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			files[e.Name()] = fixture(t, "coverage/"+name+"_csv/"+e.Name())
		}
		zipped(t, filepath.Join(dir, name+".zip"), map[string][]byte{name + "_csv.zip": zipped(t, "", files), "readme.pdf": []byte("%PDF-1.4")})
	}
	b, report := build(t, BuildOptions{NoStarter: true}, dir)
	if got := ids(policies(t, b, "J3301", "2026-03-01", "CA", "")); got != "A52425 v31, L33797 v20" {
		t.Errorf("%s", got)
	}
	if r := report.Releases[0]; len(report.Releases) != 1 || r.File != "current_article.zip/current_article_csv.zip, current_lcd.zip/current_lcd_csv.zip" || r.Facts == 0 || r.Licence == "" {
		t.Errorf("%+v", report.Releases)
	}
	for _, f := range report.NotRead {
		if !strings.Contains(f.Note, "not needed") && !strings.Contains(f.Note, "is needed") && !strings.Contains(f.Note, "same content") && !strings.Contains(f.Note, "document") {
			t.Errorf("%+v", f)
		}
	}
}

func TestCoverageWithoutItsDocumentsIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Build(t.Context(), filepath.Join(t.TempDir(), "out"), []string{"testdata/coverage/current_article_csv/article_x_hcpc_code.csv"}, BuildOptions{NoStarter: true})
	if err == nil || !strings.Contains(err.Error(), "article.csv or lcd.csv") {
		t.Errorf("%v", err)
	}
}

func TestPlainHTMLKeepsTheLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                  "",
		"plain  text":                       "plain text",
		"<p>a</p><p>b &amp; c</p>":          "a\nb & c",
		"<ul><li>one</li><li>two</li></ul>": "- one\n- two",
		"x<br/>y<script>z":                  "x\nyz",
		"<table><tr><td>a</td><td>b</td></tr></table>": "a b",
		"<p>unclosed": "unclosed",
	} {
		if got := plainHTML(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWesternTextBesideUTF8(t *testing.T) {
	t.Parallel()
	in := "\ufeffMénière \x93quoted\x94 \x96 " + strings.Repeat("é", 9000) + "\xe9."
	want := "Ménière “quoted” – " + strings.Repeat("é", 9000) + "é."
	for name, r := range map[string]io.Reader{"whole": strings.NewReader(in), "byte by byte": iotest.OneByteReader(strings.NewReader(in))} {
		got, err := io.ReadAll(iotest.OneByteReader(&westernReader{r: bufio.NewReader(r)}))
		if err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := iotest.TestReader(&westernReader{r: bufio.NewReader(strings.NewReader(in))}, []byte(want)); err != nil {
		t.Error(err)
	}
}

func FuzzCoverage(f *testing.F) {
	for i, table := range coverageDownloads() {
		name := strings.TrimSuffix(table.name, "_")
		for _, dir := range []string{"current_article_csv/", "current_lcd_csv/"} {
			if data, err := os.ReadFile("testdata/coverage/" + dir + name + ".csv"); err == nil {
				f.Add(i, data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		tables := coverageDownloads()
		if i < 0 || i >= len(tables) || len(data) > 64<<10 {
			return
		}
		in := input{path: "x.csv", base: "x.csv", context: []string{"x.csv"}}
		ed, _, err := readCoverage(tables[i])(t.Context(), in, strings.NewReader(string(data)))
		if err != nil {
			return
		}
		facts := newCoverage()
		if err := facts.join(ed.facts); err != nil || facts.rows() != ed.facts.rows() {
			t.Fatalf("%v: %d rows became %d", err, ed.facts.rows(), facts.rows())
		}
		for _, d := range facts.documents {
			for _, g := range d.groups {
				if list := facts.listed(g.codes); list != "" && len(strings.Fields(list)) > len(g.codes) {
					t.Fatalf("%d codes are listed as %q", len(g.codes), list)
				}
			}
		}
	})
}

func FuzzPlainHTML(f *testing.F) {
	f.Add("<p>a</p><li>b &lt; c")
	f.Fuzz(func(t *testing.T, s string) {
		if got := plainHTML(s); len(got) > 8*len(s)+8 || strings.Contains(got, "\n\n") {
			t.Fatalf("%q", got)
		}
	})
}
