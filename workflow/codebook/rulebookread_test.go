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
	"unicode/utf8"
)

// pdfOf stands for a PDF: its first line is the one by which PDFs are known, the rest is what a reader of PDFs gives for it.
func pdfOf(text []byte) []byte { return append([]byte("%PDF-1.7\n"), text...) }

func readPDF(_ context.Context, _ string, content io.Reader, _ int64) ([]string, error) {
	data, err := io.ReadAll(content)
	if strings.Contains(string(data), "password") {
		return nil, errors.New("it is protected by a password")
	}
	return strings.Split(strings.TrimPrefix(string(data), "%PDF-1.7\n"), "\f"), err
}

func TestBuildReadsRuleBooksAsPDF(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"guidelines.pdf": pdfOf(fixture(t, "rulebooks/icd10cm-guidelines-FY26.txt")),
		"chapter5":       pdfOf(fixture(t, "rulebooks/05-chapter5-ncci-medicare-policy-manual-2026.txt")), // downloads lose their extension
		"layout.pdf":     pdfOf([]byte("Record layout of some file\nPage 1\fColumns 1 to 5\nPage 2")),
		"locked.pdf":     pdfOf([]byte("password")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, report := build(t, BuildOptions{NoStarter: true, Pages: readPDF}, dir)
	var read, left []string
	for _, f := range report.Read {
		what, _, _ := strings.Cut(f.Note, " sections,") // how many codes they speak of is for the golden files
		read = append(read, filepath.Base(f.File)+": "+f.What+", "+what)
	}
	for _, f := range report.NotRead {
		left = append(left, filepath.Base(f.File)+": "+f.Note)
	}
	if want := []string{
		"chapter5: rule book, PDF, NCCI Policy Manual, chapter V, revised 1 Jan 2026: 19",
		"guidelines.pdf: rule book, PDF, ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026: 48",
	}; !slices.Equal(read, want) {
		t.Errorf("read %q", read)
	}
	if want := []string{"layout.pdf: a PDF that is none of the rule books known here", "locked.pdf: a PDF that cannot be read: it is protected by a password"}; !slices.Equal(left, want) {
		t.Errorf("not read %q", left)
	}
	if found := passages(t, b, PassageQuery{Words: "balloon sinuplasty sphenoid sinus", On: day0(t, "2026-03-02")}); len(found) == 0 || found[0].Pages != "V-3 to V-4" {
		t.Errorf("%+v", found)
	}
	if r := b.Releases()[1]; r.Kind != "guide-ncci-5" || r.Licence != "CPT copyright 2025 American Medical Association. All rights reserved." || r.Facts != 19 || r.Whole || r.Last != "2026-12-31" {
		t.Errorf("%+v", r)
	}

	// Without a reader of PDFs nothing stops, and the report says why they are not in it. The text of the same edition is used then.
	if err := os.WriteFile(filepath.Join(dir, "guidelines.txt"), fixture(t, "rulebooks/icd10cm-guidelines-FY26.txt"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, report = build(t, BuildOptions{NoStarter: true}, dir)
	if len(report.Read) != 1 || len(report.NotRead) != 4 || report.NotRead[0].Note != "a document (PDF), for which there is no reader here" {
		t.Errorf("%+v", report)
	}
	// With both, the one with pages.
	b, report = build(t, BuildOptions{NoStarter: true, Pages: readPDF}, dir)
	if len(b.Releases()) != 2 || b.Releases()[0].File != "guidelines.pdf" || len(report.Warnings) != 0 {
		t.Errorf("%+v, %q", b.Releases(), report.Warnings)
	}
}

// TestWhatOnlyNamesARuleBookIsNone: many files speak of the guidelines or the manual, and codes builds must not stop at them.
func TestWhatOnlyNamesARuleBookIsNone(t *testing.T) {
	t.Parallel()
	filler := strings.Repeat("This text goes on for a while and numbers nothing that would be a section.\n", 20)
	for name, test := range map[string]struct{ text, note string }{
		"readme.txt":  {"README\nThese files go with the ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026.\n" + filler, "a rule book that cannot be read: no section was found"},
		"undated.txt": {"ICD-10-CM Official Guidelines for Coding and Reporting\n" + filler, "a rule book that cannot be read: the file does not say which edition it is"},
		"table.csv":   {`"document","version","title","number"` + "\n" + `"1","2","Local Coverage Determination","L33797"` + "\n" + filler, "no layout that is known"},
		"licence.htm": {"<!DOCTYPE html><html><body><p>NCCI Policy Manual for Medicare: please accept the licence</p>" + filler + "</body></html>", "a rule book that cannot be read"},
		"tabular.xml": {"<?xml version=\"1.0\"?><note>ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026</note>" + filler, "no layout that is known"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		report, err := Build(t.Context(), filepath.Join(dir, "out"), []string{dir}, BuildOptions{})
		if err == nil || len(report.NotRead) != 1 || !strings.Contains(report.NotRead[0].Note, test.note) {
			t.Errorf("%s: %v, %+v", name, err, report.NotRead)
		}
	}
}

func TestRuleBooksSayWhichEditionTheyAre(t *testing.T) {
	t.Parallel()
	const body = "\nSection I. Conventions\nA. Conventions of the classification\nThis is what the conventions say about the classification.\n"
	for _, test := range []struct {
		start, name              string
		document, edition        string
		first, made, kind, dated string
	}{
		{"ICD-10-CM Official Guidelines for Coding and Reporting\nFY 2025 -- UPDATED April 1, 2025\n(April 1, 2025 - September 30, 2025)", "x.txt",
			"ICD-10-CM Official Guidelines for Coding and Reporting", "FY 2025, from 1 Apr 2025", "2025-04-01", "2025-09-30", "guide-icd10cm", ""},
		{"ICD-10-CM Official Guidelines for Coding and Reporting FY 2023", "x.txt", "ICD-10-CM Official Guidelines for Coding and Reporting", "FY 2023", "2022-10-01", "2023-09-30", "guide-icd10cm", ""},
		{"ICD-10-CM Official Guidelines for Coding\nand Reporting", "guidelines-2024.txt", "ICD-10-CM Official Guidelines for Coding and Reporting", "FY 2024", "2023-10-01", "2024-09-30", "guide-icd10cm", "guidelines-2024.txt"},
		{"CHAPTER XI\nMEDICINE, EVALUATION AND MANAGEMENT SERVICES\nFOR\nNATIONAL CORRECT CODING INITIATIVE POLICY MANUAL\nFOR MEDICARE SERVICES\nRevision Date (Medicare): 12/1/2024", "x.txt",
			"NCCI Policy Manual, chapter XI", "revised 1 Dec 2024", "2024-12-01", "2025-12-31", "guide-ncci-11", ""},
		{"CHAPTER I\nGENERAL CORRECT CODING POLICIES\nFOR MEDICAID NATIONAL CORRECT CODING INITIATIVE POLICY MANUAL\nRevised: January 1, 2026", "x.txt",
			"Medicaid NCCI Policy Manual, chapter I", "revised 1 Jan 2026", "2026-01-01", "2026-12-31", "guide-ncci-medicaid-1", ""},
	} {
		text := test.start + body
		b, _, err := readRuleBook([]string{text}, []string{test.name})
		if err != nil {
			t.Errorf("%q: %v", test.start, err)
			continue
		}
		if b.document != test.document || b.edition != test.edition || b.first.String() != test.first || b.made.String() != test.made || b.kind != test.kind || b.dated != test.dated {
			t.Errorf("%q: %s | %s | %s | %s | %s | %s", test.start, b.document, b.edition, b.first, b.made, b.kind, b.dated)
		}
	}
}

// TestLinesAreJoinedToWords: what a page's layout broke is whole again, and what belongs to the page is gone.
func TestLinesAreJoinedToWords(t *testing.T) {
	t.Parallel()
	pages := []string{
		"The Book of Rules\n1. First\nA procedure of the maxi-\nllary sinus is reported once for each side and for each well-\nknown site. The word maxillary stands here, and well-known too.\nA short line ends.\nAnother begins, with a soft hy\u00adphen and one at the end of the li\u00ad\nne that is seen nowhere.\n• a point\n• another\nVersion 3\nPage 1 of 3",
		"The Book of Rules\n2. Second\nText of the second page goes here.\nVersion 3\nPage 2 of 3",
		"The Book of Rules\n3. Third\nText of the third page goes here.\nVersion 3\nPage 3 of 3",
	}
	p := layBook(pages)
	if got, want := p.paragraphs(p.lines), "1. First "+
		"A procedure of the maxillary sinus is reported once for each side and for each well-known site. The word maxillary stands here, and well-known too. "+
		"A short line ends.\nAnother begins, with a soft hyphen and one at the end of the line that is seen nowhere.\n• a point\n• another\n"+
		"2. Second Text of the second page goes here.\n3. Third Text of the third page goes here."; got != want {
		t.Errorf("%q\nwant\n%q", got, want)
	}
	if !slices.Equal(p.labels, []string{"1", "2", "3"}) {
		t.Errorf("pages %q", p.labels)
	}
}

func TestCodesOfASection(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Codes 31254-31297, J0120 - J8499 and categories E08-E13; I51.4-I51.7, R65.2-.":                 "31254-31297 J0120-J8499 E08-E13 I51.4-I51.7 R65.2",
		"It is assigned to category I11. Subcategories R40.21 and R40.22, categories B95, B96, or B97.": "I11 R40.21 R40.22 B95 B96 B97",
		"CPT code 99213-25 with modifiers 59 or XS; POS 22.":                                            "99213 25 59 XS 22",
		"See 42 CFR 410.32, Pub. 100-04 chapter 12 section 30.6.1, in 2026, page 20610 of nothing":      "",
	} {
		var got []string
		for _, c := range codesOf(text) {
			got = append(got, c.String())
		}
		if slices.Sort(got); strings.Join(got, " ") != strings.Join(sorted(strings.Fields(want)), " ") {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// fuzzBook reads any text as a book of one kind. Whatever it is, sections hold text of the document in its order, and their numbers are new.
func fuzzBook(f *testing.F, start string, seeds ...string) {
	for _, name := range seeds {
		data := string(fixture(f, "rulebooks/"+name))
		f.Add(data[:min(len(data), 1500)]) // small seeds: the fuzzer tries far more of them
		f.Add(data[len(data)/2 : min(len(data), len(data)/2+1500)])
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 64<<10 {
			return
		}
		b, _, err := readRuleBook(strings.Split(plainText(decodeText([]byte(start+text))), "\f"), []string{"book_2026.txt"})
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, s := range b.sections {
			key := s.number
			if key == "" {
				key = s.title
			}
			if seen[key] || len(s.text) < shortestSection || !utf8.ValidString(s.text) || strings.ContainsAny(s.title, "\n\f") {
				t.Fatalf("%+v", s)
			}
			seen[key] = true
			for _, c := range s.codes {
				if c.first == "" || c.last != "" && c.covers(c.system, c.first) == 0 && sameForm(c.first, c.last) {
					t.Fatalf("the span %+v", c)
				}
			}
		}
		if b.first == 0 || b.edition == "" || b.document == "" {
			t.Fatalf("%+v", b)
		}
	})
}

func FuzzGuidelines(f *testing.F) {
	fuzzBook(f, "ICD-10-CM Official Guidelines for Coding and Reporting\nFY 2026\n", "icd10cm-guidelines-FY26.txt")
}

func FuzzPolicyManual(f *testing.F) {
	fuzzBook(f, "CHAPTER V\nNCCI Policy Manual\nRevision Date: 1/1/2026\n", "05-chapter5-ncci-medicare-policy-manual-2026.txt")
}

func FuzzInternetManual(f *testing.F) {
	fuzzBook(f, "Medicare Claims Processing Manual\nChapter 12 - Physicians\n(Rev. 12997, 12-05-25)\n", "clm104c12.txt")
}

func FuzzCoverageText(f *testing.F) {
	fuzzBook(f, "<!DOCTYPE html><h1>Local Coverage Determination (LCD)</h1><p>L39999</p><p>Original Effective Date 01/01/2026</p>", "lcd-L39999.html", "article-A59999.txt", "bp102c15.html")
}
