package codebook

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ruleBooks builds a book of the fixtures, which are written in the layouts of the published books.
func ruleBooks(t testing.TB) *Book {
	t.Helper()
	b, report := build(t, BuildOptions{NoStarter: true}, "testdata/rulebooks/icd10cm-guidelines-FY26.txt", "testdata/rulebooks/05-chapter5-ncci-medicare-policy-manual-2026.txt",
		"testdata/rulebooks/clm104c12.txt", "testdata/rulebooks/bp102c15.html", "testdata/rulebooks/lcd-L39999.html", "testdata/rulebooks/article-A59999.txt")
	if len(report.Read) != 6 || len(report.Warnings) != 0 {
		t.Fatalf("%+v", report)
	}
	return b
}

func passages(t testing.TB, b *Book, q PassageQuery) []Passage {
	t.Helper()
	found, err := b.Passages(t.Context(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return found
}

// shortName is how questions.tsv names a section.
func shortName(p Passage) string {
	for prefix, name := range map[string]string{"ICD": "ICD", "NCCI": "NCCI", "Medicare Claims": "CLM", "Medicare Benefit": "BP", "LCD": "LCD", "Article": "ART"} {
		if strings.HasPrefix(p.Document, prefix) {
			if p.Section == "" {
				return name + " " + p.Title
			}
			return name + " " + p.Section
		}
	}
	return p.Document
}

type ruleQuestion struct {
	words string
	want  []string // nil: nothing answers it
}

func ruleQuestions(t testing.TB) (out []ruleQuestion) {
	data, err := os.ReadFile("testdata/rulebooks/questions.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		words, want, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		q := ruleQuestion{words: words}
		if want != "none" {
			q.want = strings.Split(want, " | ")
		}
		out = append(out, q)
	}
	return out
}

// TestPassagesAnswerQuestions measures how often the section that answers comes first, and how often nothing is said where nothing answers.
// The questions and the fixtures are ours and few: the figures say that the ranking works, not how it does on whole books.
func TestPassagesAnswerQuestions(t *testing.T) {
	t.Parallel()
	b := ruleBooks(t)
	var asked, first, three, silent, none int
	for _, q := range ruleQuestions(t) {
		found := passages(t, b, PassageQuery{Words: q.words, On: day0(t, "2026-03-02"), Limit: 3})
		if q.want == nil {
			none++
			if len(found) == 0 {
				silent++
			} else {
				t.Logf("nothing answers %q, got %s (%.1f)", q.words, shortName(found[0]), found[0].Score)
			}
			continue
		}
		asked++
		place := slices.IndexFunc(found, func(p Passage) bool { return slices.Contains(q.want, shortName(p)) })
		var got []string
		for _, p := range found {
			got = append(got, shortName(p))
		}
		switch {
		case place == 0:
			first++
			three++
			t.Logf("right: %q %.1f", q.words, found[0].Score)
		case place > 0:
			three++
			t.Logf("place %d: %q wants %s, got %s (%.1f)", place+1, q.words, strings.Join(q.want, " | "), strings.Join(got, ", "), found[0].Score)
		default:
			t.Logf("missed: %q wants %s, got %s", q.words, strings.Join(q.want, " | "), strings.Join(got, ", "))
		}
	}
	t.Logf("%d questions: first %.1f %%, among three %.1f %%; %d without an answer: silent %.1f %%", asked, 100*float64(first)/float64(asked), 100*float64(three)/float64(asked), none, 100*float64(silent)/float64(none))
	if first*100 < asked*88 || three*100 < asked*92 || silent*100 < none*95 {
		t.Errorf("it fell: %d first, %d among three, of %d; silent %d of %d", first, three, asked, silent, none)
	}
}

func TestPassagesStandWithTheirPlace(t *testing.T) {
	t.Parallel()
	b := ruleBooks(t)
	found := passages(t, b, PassageQuery{Words: "hypertension and heart failure I50.9", On: day0(t, "2026-03-02")})
	if len(found) == 0 {
		t.Fatal("nothing found")
	}
	p := found[0]
	if p.Section != "I.C.9.a.1" || p.Title != "Hypertension with Heart Disease" || p.Pages != "7" || p.Edition != "FY 2026" || p.Licence != "" || p.Withheld || !p.InForce ||
		!slices.Contains(p.Codes, "I51.4-I51.7") || !strings.Contains(p.Text, "category I11") || p.Above[len(p.Above)-1] != "Hypertension" {
		t.Errorf("%+v", p)
	}
	if got, want := p.Cite(), "ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026, I.C.9.a.1, page 7"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	section := passages(t, b, PassageQuery{Words: "balloon sinuplasty sphenoid sinus", On: day0(t, "2026-03-02")})[0]
	if got, want := section.Cite(), "NCCI Policy Manual, chapter V, revised 1 Jan 2026, V.C.2, pages V-3 to V-4"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestPassagesUnderALicenceKeepTheirWords: where the caller has no licence, a book with the AMA's notice is named and not quoted.
func TestPassagesUnderALicenceKeepTheirWords(t *testing.T) {
	t.Parallel()
	b := ruleBooks(t)
	for _, licensed := range []bool{false, true} {
		b := b.Licensed(func(licence string) bool { return licensed && licence == LicenceCPT })
		for _, words := range []string{"balloon sinuplasty sphenoid sinus", "split shared visit who bills", "facet joint injections per year", "laterality side not documented"} {
			found := passages(t, b, PassageQuery{Words: words, On: day0(t, "2026-03-02")})
			if len(found) == 0 {
				t.Fatalf("%q finds nothing", words)
			}
			for _, p := range found {
				open := strings.HasPrefix(p.Document, "ICD-10-CM")
				if open != (p.Licence == "") || open != (p.Copyright == "") || p.Withheld != (!open && !licensed) || p.Withheld != (p.Text == "") || p.Withheld != (p.Excerpt == "") {
					t.Errorf("licensed %v: %+v", licensed, p)
				}
				if n := len(strings.Fields(strings.Trim(p.Excerpt, ". "))); n > excerptWords {
					t.Errorf("a quotation of %d words", n)
				}
			}
		}
	}
	if p := passages(t, b, PassageQuery{Words: "balloon sinuplasty sphenoid sinus", On: day0(t, "2026-03-02")})[0]; p.Copyright != "CPT copyright 2025 American Medical Association. All rights reserved." {
		t.Errorf("%q", p.Copyright)
	}
}

func TestPassagesByCodeAndTopic(t *testing.T) {
	t.Parallel()
	b := ruleBooks(t)
	on := day0(t, "2026-03-02")
	for _, test := range []struct {
		codes []string
		want  string
	}{
		{[]string{"31297"}, "NCCI V.C.2"},
		{[]string{"31624", "31626"}, "NCCI V.C.4"}, // within 31625-31629
		{[]string{"g2211"}, "CLM 30.6.20"},
		{[]string{"U07.1"}, "ICD I.C.1.g"},
		{[]string{"i51.5"}, "ICD I.C.9.a.1"}, // within I51.4-I51.7
		{[]string{"M47.816"}, "ART ICD-10-CM Codes that Support Medical Necessity, group 1 codes"},
		{[]string{"99291-FT"}, "CLM 30.6.12"},
		{[]string{"99999"}, ""},
		{[]string{"0001F"}, ""}, // not between 00000 and 39999
		{[]string{"I48.91"}, ""},
	} {
		found := passages(t, b, PassageQuery{Codes: test.codes, On: on})
		switch {
		case test.want == "" && len(found) > 0:
			t.Errorf("%q finds %s (%.1f)", test.codes, shortName(found[0]), found[0].Score)
		case test.want != "" && (len(found) == 0 || shortName(found[0]) != test.want):
			t.Errorf("%q does not find %s: %+v", test.codes, test.want, found)
		}
	}
	plain := passages(t, b, PassageQuery{Words: "one line with 50 and one unit", On: on, Limit: 1})
	if ncci := passages(t, b, PassageQuery{Words: "one line with 50 and one unit", On: on, Limit: 1, Topics: []string{"ncci"}}); len(ncci) == 0 || shortName(ncci[0]) != "NCCI V.F.2" {
		t.Errorf("with the topic: %+v; without: %+v", ncci, plain)
	}
}

// TestPassagesHoldForADay: each question is answered by the edition in force, else by the nearest, which says that it is not.
func TestPassagesHoldForADay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := fixture(t, "rulebooks/icd10cm-guidelines-FY26.txt")
	earlier := strings.NewReplacer("FY 2026", "FY 2025", "(October 1, 2025 - September 30, 2026)", "(October 1, 2024 - September 30, 2025)", "are assigned to a code from category I11", "went to category I11").Replace(string(now))
	for name, data := range map[string]string{"a.txt": string(now), "b.txt": earlier, "c.txt": string(fixture(t, "rulebooks/clm104c12.txt"))} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := build(t, BuildOptions{NoStarter: true}, dir)
	for _, test := range []struct {
		words, on, edition string
		inForce            bool
	}{
		{"hypertension with heart disease", "2025-11-01", "FY 2026", true},
		{"hypertension with heart disease", "2025-09-30", "FY 2025", true},
		{"hypertension with heart disease", "2026-10-01", "FY 2026", false},
		{"hypertension with heart disease", "2020-01-01", "FY 2025", false},
		{"split shared visit who bills", "2026-03-02", "Rev. 12997, 5 Dec 2025", true},
		{"split shared visit who bills", "2024-06-01", "Rev. 12997, 5 Dec 2025", true}, // this section has held since 1 January 2024
		{"split shared visit who bills", "2023-06-01", "Rev. 12997, 5 Dec 2025", false},
	} {
		found := passages(t, b, PassageQuery{Words: test.words, On: day0(t, test.on)})
		if len(found) == 0 || found[0].Edition != test.edition || found[0].InForce != test.inForce {
			t.Errorf("%q on %s: %+v", test.words, test.on, found)
		}
		for i := 1; i < len(found); i++ {
			if found[i].Section == found[0].Section {
				t.Errorf("%q on %s gives %s of two editions", test.words, test.on, found[0].Section)
			}
		}
	}
}

func TestPassagesOfABookWithoutRuleBooks(t *testing.T) {
	t.Parallel()
	codesOnly, _ := build(t, BuildOptions{}, "testdata/fy2026")
	for name, b := range map[string]*Book{"starter": starter(t), "codes only": codesOnly} {
		if found := passages(t, b, PassageQuery{Words: "hypertension with heart disease"}); len(found) != 0 || b.HasPassages() {
			t.Errorf("%s: %+v", name, found)
		}
	}
	if b := ruleBooks(t); !b.HasPassages() {
		t.Error("it does not know its rule books")
	} else if found := passages(t, b, PassageQuery{}); len(found) != 0 {
		t.Errorf("no question finds %+v", found)
	}
}

func FuzzPassages(f *testing.F) {
	for _, q := range []string{"hypertension and heart failure", "31297 31288", "NEC vs NOS", "\"x\" OR y*", "E/M same day", "M47.816", "what", "modifier 59", "a\x00b", "ｊ１８８５", "nosebleeed contrl"} {
		f.Add(q)
	}
	b := ruleBooks(f).Licensed(func(string) bool { return true })
	f.Fuzz(func(t *testing.T, words string) {
		found := passages(t, b, PassageQuery{Words: words, Codes: []string{words[:min(len(words), 7)]}, On: day0(t, "2026-03-02"), Limit: 4})
		for i, p := range found {
			if i > 3 || i > 0 && p.Score > found[i-1].Score || p.Score < fitsWell || p.Score > 100 || p.Title == "" || p.Text == "" || p.Excerpt == "" {
				t.Fatalf("%q: %+v", words, p)
			}
		}
	})
}

func BenchmarkPassages(b *testing.B) {
	book := ruleBooks(b)
	for b.Loop() {
		if _, err := book.Passages(b.Context(), PassageQuery{Words: "balloon sinuplasty with sphenoidotomy same sinus", On: day0(b, "2026-03-02")}); err != nil {
			b.Fatal(err)
		}
	}
}
