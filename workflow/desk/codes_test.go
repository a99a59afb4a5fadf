package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/desk"
)

// TestCodesFindRuleBooks: sections of rule books stand below the codes, each with its place, and without the words that need a licence.
func TestCodesFindRuleBooks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.as(t, b.sam)
	p := br.get("/codes?q=sinus").want(http.StatusOK)
	for _, want := range []string{"Laterality", "ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026, I.B.13, page 16", "Both sides.", "J32.3",
		"NCCI Policy Manual, chapter V, revised 1 Jan 2025, V.C.2, page V-3", "not in force today", "shown under a licence only", "31295-31298", "2 sections of rule books"} {
		if !strings.Contains(p.text("main"), want) {
			t.Errorf("the page does not say %q:\n%s", want, p.text("main"))
		}
	}
	if strings.Contains(p.body, "copyright 2024") {
		t.Error("a copyright line without the words that it is about")
	}
	if p := br.get("/codes?q=sinus&system=cpt").want(http.StatusOK); strings.Contains(p.body, "Laterality") {
		t.Error("a search within CPT shows rule books")
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[0])
	br := b.as(t, b.sam)
	for typed, want := range map[string]string{"31297": "/codes/cpt/31297", "j1885": "/codes/hcpcs/J1885", "m54.5": "/codes/icd10cm/M54.5", strings.ToLower(ref): "/cases/" + ref, strings.ReplaceAll(ref, "-", ""): "/cases/" + ref} {
		if p := br.get("/codes?q=" + url.QueryEscape(typed)); p.path != want {
			t.Errorf("looking up %q leads to %s, want %s", typed, p.path, want)
		}
	}
	p := br.get("/codes?q=sphenoid").want(http.StatusOK)
	if got := p.doc.Find(".hits a").Length(); got != 2 {
		t.Errorf("%d entries for sphenoid, want 2", got)
	}
	p = br.get("/codes/icd10cm/M54.5").want(http.StatusOK)
	if got := p.text(".facts-line"); !strings.Contains(got, "in force") || !strings.Contains(got, "heading: needs more characters") {
		t.Errorf("a heading's facts read %q", got)
	}
	if got := br.get("/codes/cpt/31297").want(http.StatusOK).text(".facts-line"); !strings.Contains(got, "listed") || strings.Contains(got, "in force") {
		t.Errorf("the facts of a code whose set no release holds whole read %q", got)
	}
	if got := p.text(".crumbs"); !strings.Contains(got, "Other dorsopathies") || !strings.Contains(got, "M54 Dorsalgia") {
		t.Errorf("what stands above a code reads %q", got)
	}
	if href, _ := p.doc.Find("#beside .hits a").First().Attr("href"); href != "/codes/icd10cm/M54.51" {
		t.Errorf("the first code beside it leads to %q", href)
	}
	p = br.get("/codes/icd10cm/M54.50?on=2026-03-02").want(http.StatusOK)
	if got := p.text("#notes"); !strings.Contains(got, "Excludes1: not coded here") || !strings.Contains(got, "at M54") {
		t.Errorf("the instructions read %q", got)
	}
	if on, _ := p.doc.Find("input[name=on]").Attr("value"); on != "2026-03-02" {
		t.Errorf("the page is as of %q", on)
	}
	if p = br.get("/codes/icd10cm/M54.5O").want(http.StatusNotFound); !strings.Contains(p.text("main"), "Did you mean M54.50?") {
		t.Errorf("an unknown code does not name the nearest: %q", p.text("main"))
	}
	if p = br.get("/codes/cpt/99999").want(http.StatusNotFound); !strings.Contains(p.text("h1"), "no CPT 99999") {
		t.Errorf("an unknown code says %q", p.text("h1"))
	}
	br.get("/codes/nonsense/1").want(http.StatusNotFound)
	if p = br.get("/codes"); !strings.Contains(p.text(".releases"), "Starter, in our own words") {
		t.Errorf("the loaded releases read %q", p.text(".releases"))
	}
}

// The pages read the real starter as they read any book.
func TestStarter(t *testing.T) {
	t.Parallel()
	book, err := codebook.OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { book.Close() })
	b := setup(t, func(_ *bundle, o *desk.Options) { o.Codes = book })
	br := b.as(t, b.sam)
	p := br.get("/codes?q=31297")
	if p.path != "/codes/cpt/31297" || p.status != http.StatusOK {
		t.Fatalf("looking up 31297 leads to %s, status %d", p.path, p.status)
	}
	if got := p.text("main"); !strings.Contains(got, "In common words") || !strings.Contains(got, "not yet reviewed by a certified coder") {
		t.Errorf("31297 reads %q", got)
	}
	wantClean(t, p.path, p)
	if p = br.get("/codes?q=balloon+sinus"); !p.has(".hits a") {
		t.Errorf("balloon sinus finds nothing: %q", p.text("main"))
	}
	for _, path := range []string{"/codes", "/codes/icd10cm/M54.5", "/codes/icd10cm/M54.50", "/codes/hcpcs/J1885", "/codes/modifier/50", "/codes/pos/11", "/codes/cpt/31297?on=2020-01-01"} {
		p := br.get(path)
		if p.status != http.StatusOK && p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
		wantClean(t, path, p)
	}
}
