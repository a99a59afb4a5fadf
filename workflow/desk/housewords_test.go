package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"caseconsultant/workflow/desk"
	"caseconsultant/workflow/house"
)

func keepsWords(b *bundle, o *desk.Options) { o.Words = house.New(b.db) }

func TestConsultantsWriteTheirOwnWordsAboutACode(t *testing.T) {
	t.Parallel()
	b := setup(t, keepsWords)
	br := b.as(t, b.sam)
	p := br.get("/codes/cpt/31297").want(http.StatusOK)
	starters := p.text("#common")
	if starters == "" {
		t.Fatal("the starter has no common words for this code")
	}
	p = br.submit(p, "words-common", url.Values{"text": {"A balloon widens the way out of the sinus behind the nose.\r\nOne side."}}).want(http.StatusOK)
	if !strings.Contains(p.text(".notice"), "Your words are kept") {
		t.Errorf("after keeping: %s, %q", p.path, p.text(".notice"))
	}
	if got := p.text("#words"); !strings.Contains(got, "A balloon widens the way out of the sinus") || !strings.Contains(got, "Sam Sample") || !strings.Contains(got, "reviewed by Sam Sample, CPC") {
		t.Errorf("the words read %q", got)
	}
	if p.has("#common") {
		t.Errorf("the starter's words stand beside the firm's: %q", p.text("#common"))
	}
	p = br.submit(p, "words-common", url.Values{"text": {""}}).want(http.StatusOK)
	if got := p.text("#common"); got != starters {
		t.Errorf("after taking the words away the page says %q, want the starter's", got)
	}
	if got := p.text("#words"); !strings.Contains(got, "Earlier versions") || !strings.Contains(got, "A balloon widens") {
		t.Errorf("the history reads %q", got)
	}
}

func TestWordsThatCannotBeKeptStayInTheForm(t *testing.T) {
	t.Parallel()
	b := setup(t, keepsWords)
	br := b.as(t, b.sam)
	before := br.get("/codes/cpt/31297")
	for text, want := range map[string]string{
		"Call Pat Sample, DOB 3/4/1961, MRN 4471182, first.": "looks as if it names a patient",
		strings.Repeat("long ", 1000):                        "longer than 4000",
	} {
		p := br.submit(before, "words-note", url.Values{"text": {text}}).want(http.StatusUnprocessableEntity)
		if got := p.text("#words .problem"); !strings.Contains(got, want) {
			t.Errorf("the problem reads %q, want %q", got, want)
		}
		if got := p.doc.Find("form[name=words-note] textarea").Text(); strings.TrimSpace(got) != strings.TrimSpace(text) {
			t.Errorf("%q is lost: the form holds %q", text, got)
		}
	}
	b.as(t, b.lea).submit(before, "words-note", url.Values{"text": {"Lea's note."}}).want(http.StatusOK)
	p := br.submit(before, "words-note", url.Values{"text": {"Sam's note."}}).want(http.StatusConflict)
	if got := p.text("#words"); !strings.Contains(got, "A colleague has changed") || !strings.Contains(got, "Lea's note.") || !strings.Contains(got, "Sam's note.") {
		t.Errorf("after a colleague was quicker the page reads %q", got)
	}
	p = br.submit(p, "words-note", url.Values{"text": {"Both notes."}}).want(http.StatusOK)
	if got := p.text("#words"); !strings.Contains(got, "Both notes.") || !strings.Contains(got, "never sent") {
		t.Errorf("after bringing both together the page reads %q", got)
	}
}

func TestReviewOfWords(t *testing.T) {
	t.Parallel()
	b := setup(t, keepsWords)
	if err := b.people.SetName(t.Context(), b.sam.ID, "Sam Sample", ""); err != nil {
		t.Fatal(err)
	}
	sam := b.as(t, b.sam)
	p := sam.submit(sam.get("/codes/cpt/31297"), "words-common", url.Values{"text": {"Words of a beginner."}}).want(http.StatusOK)
	if p.has(`form[action$="/review"]`) {
		t.Error("a person without a credential is offered to review")
	}
	lea := b.as(t, b.lea)
	action, ok := lea.get("/codes/cpt/31297").doc.Find(`form[action$="/review"]`).Attr("action")
	if !ok {
		t.Fatal("a certified coder is not offered to review")
	}
	if got := sam.post(action, nil).want(http.StatusUnprocessableEntity).text(".problem"); !strings.Contains(got, "credential") {
		t.Errorf("a review without a credential is refused with %q", got)
	}
	if got := lea.post(action, nil).want(http.StatusOK).text("#words"); !strings.Contains(got, "reviewed by Lea Lead, CCS") {
		t.Errorf("after the review the words read %q", got)
	}
	lea.post("/codes/cpt/31297/words/1/review", nil).want(http.StatusNotFound)
	lea.post("/codes/cpt/99999/words", url.Values{"kind": {"note"}, "seen": {"0"}, "text": {"x"}}).want(http.StatusNotFound)
}
