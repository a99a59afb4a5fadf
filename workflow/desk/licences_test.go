package desk_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/licence"
)

const (
	theirWords = "Invented words of the owner about the dilation"
	theirLine  = "CPT only copyright 2025 American Medical Association. All rights reserved."
)

// licensedCodes is the small reference book of a firm with a licence: 31297 is described in its owner's words too, where they are allowed.
type licensedCodes struct {
	testCodes
	allow func(string) bool
}

func (b licensedCodes) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (codebook.Entry, bool, error) {
	e, ok, err := b.testCodes.Lookup(ctx, system, code, on)
	if ok && code == "31297" && b.allow("cpt") {
		e.Descriptions = append([]codebook.Description{{Kind: codebook.KindOfficial, Text: theirWords, Licence: "cpt", Copyright: theirLine, Source: "the licensee's files, 2025"}}, e.Descriptions...)
	}
	return e, ok, err
}

// withLicence gives the firm a licence for CPT.
func withLicence(kind licence.Kind, expires time.Time) option {
	return func(_ *bundle, o *desk.Options) {
		o.Licences = licence.Set{licence.CPT: {Kind: kind, Holder: "Example Coding", Number: "EX-1", Users: 3, Expires: expires}}
		o.Licensed = func(allow func(string) bool) desk.Codes { return licensedCodes{starterCodes(), allow} }
	}
}

// TestLicensedWordsAtTheDesk: the owner's words are shown to who accepted the notice in this year, on the code's page and in cases, with their
// copyright line, and to nobody else; at the end of the licence they are gone, and our own words stay.
func TestLicensedWordsAtTheDesk(t *testing.T) {
	t.Parallel()
	now := time.Now()
	until := now.AddDate(1, 0, 0)
	b := setup(t, withLicence(licence.Internal, until))
	ref := b.full(t)[0]
	if err := b.people.AcceptNotice(t.Context(), b.sam.ID, "cpt", licence.Year(now)-1); err != nil { // last year's does not count
		t.Fatal(err)
	}
	br := b.as(t, b.sam)
	seen := func(br *browser, ref string) (code, caseful bool) {
		t.Helper()
		page := br.get("/codes/cpt/31297").want(http.StatusOK)
		wantClean(t, "/codes/cpt/31297", page)
		code = strings.Contains(page.body, theirWords)
		if code != strings.Contains(page.body, theirLine) {
			t.Error("the words stand without their copyright line, or it without them")
		}
		if !strings.Contains(page.text("main"), "In common words") {
			t.Error("our own words are gone")
		}
		page = br.get("/cases/" + ref).want(http.StatusOK)
		if caseful = strings.Contains(page.body, theirWords); caseful != strings.Contains(page.body, theirLine) {
			t.Error("in the case the words stand without their copyright line, or it without them")
		}
		return code, caseful
	}
	if code, caseful := seen(br, ref); code || caseful {
		t.Error("the words are shown before the notice was accepted")
	}
	if p := br.get("/codes/cpt/31297"); !p.has(`main a[href="/licences"]`) {
		t.Error("the page does not say how to see the words")
	}
	if p := br.get("/codes/icd10cm/M54.50"); p.has(`main a[href="/licences"]`) {
		t.Error("a code that is free asks for a licence")
	}
	p := br.get("/licences").want(http.StatusOK)
	wantClean(t, "/licences", p)
	for _, want := range []string{"American Medical Association", "Example Coding, number EX-1", "never in an answer", "until " + until.Format(time.DateOnly), "may itself need a licence"} {
		if !strings.Contains(p.text("main"), want) {
			t.Errorf("the notice lacks %q: %s", want, p.text("main"))
		}
	}
	p = br.submit(p, "accept-cpt", nil)
	if !strings.HasPrefix(p.path, "/licences") || p.has("form[name=accept-cpt]") || !strings.Contains(p.text("main"), "You accepted this notice") {
		t.Errorf("after accepting: %s %s", p.path, p.text("main"))
	}
	if code, caseful := seen(br, ref); !code || !caseful {
		t.Errorf("after accepting the words are shown on the code's page: %v, in the case: %v", code, caseful)
	}
	if code, caseful := seen(b.as(t, b.lea), ref); code || caseful {
		t.Error("the words are shown to a colleague who did not accept")
	}
	if p := b.as(t, b.dana).get("/licences"); !strings.Contains(p.text("main"), "1 colleague has accepted it") {
		t.Errorf("the admin reads %q", p.text("main"))
	}

	ended := setup(t, withLicence(licence.Distribution, now.AddDate(0, 0, -2)))
	for _, user := range []int64{ended.sam.ID, ended.dana.ID} {
		if err := ended.people.AcceptNotice(t.Context(), user, "cpt", licence.Year(now)); err != nil {
			t.Fatal(err)
		}
	}
	br = ended.as(t, ended.sam)
	if code, caseful := seen(br, ended.full(t)[0]); code || caseful {
		t.Error("the words outlive their licence")
	}
	if p := br.get("/licences"); !strings.Contains(p.text("main"), "no licence in force") {
		t.Errorf("after the end: %q", p.text("main"))
	}
	br.post("/licences/cpt/accept", nil).want(http.StatusNotFound)
}

// TestNoLicence: without one there is nothing to accept and nothing to see.
func TestNoLicence(t *testing.T) {
	t.Parallel()
	b := setup(t, withLicence(licence.None, time.Time{}))
	br := b.as(t, b.sam)
	br.post("/licences/cpt/accept", nil).want(http.StatusNotFound)
	br.post("/licences/snomed/accept", nil).want(http.StatusNotFound)
	if p := br.get("/codes/cpt/31297"); strings.Contains(p.body, theirWords) || p.has(`main a[href="/licences"]`) {
		t.Error("without a licence the page speaks of one")
	}
	if notices, err := b.people.Notices(t.Context(), 0, time.Now().Year()); err != nil || len(notices) != 0 {
		t.Errorf("%v %v", notices, err)
	}
}
