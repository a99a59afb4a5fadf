package desk_test

import (
	"net/http"
	"strings"
	"testing"

	"caseconsultant/workflow/casefile"
)

// withDocument makes a case with an operative note, as it was read from a scan.
func (b *bundle) withDocument(t testing.TB) string {
	t.Helper()
	text := "OPERATIVE NOTE\nPatient: DOB 01/02/1950, MRN 0012345\n\nPreoperative diagnosis: chronic maxillary sinusitis, J32.0.\n" +
		"Procedure: CPT 31267, left.\n\nThe left maxillary ostium was opened, and diseased tissue was taken out of the sinus.\n"
	return b.mail(t, sampleMail{From: "Lee Example", Address: "lee@clinic.example", Subject: "note", Body: "What do we bill for the note? Medicare.\n\nLee", Age: 1,
		Payer: "medicare_ffs", Kind: "chart_review",
		Files: map[string]string{"note.pdf": "%PDF-1.7"}, Texts: map[string]casefile.Document{"note.pdf": {Text: text, Recognised: true,
			Sections: []casefile.Section{{Start: 0, Name: "page 1"}, {Start: 15, Name: "page 2"}}, Problems: []string{"One page is blank."}}}})
}

// A consultant reads an operative note beside the question: its codes lit, its patient masked, its faults told.
func TestDocumentsAreReadOnTheCasePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.withDocument(t)
	p := b.as(t, b.dana).get("/cases/" + ref).want(http.StatusOK)
	if got := p.text(".files .fold summary"); got != "… Text of 2 pages, 2 codes; read from a picture, digits may be wrong" {
		t.Errorf("the document's line reads %q", got)
	}
	document := p.text(".files .document")
	if !strings.Contains(document, "OPERATIVE NOTE") || strings.Contains(document, "0012345") || strings.Contains(document, "1950") {
		t.Errorf("the document's text is %q, want it with its identifiers masked", document)
	}
	if got := p.text(".files .document .mention:last-of-type"); got != "31267" {
		t.Errorf("lit in the document: %q", got)
	}
	if got := p.text(".files .msg-problem"); got != "One page is blank." {
		t.Errorf("the document's problem reads %q", got)
	}
	p = b.as(t, b.dana).submit(p, "reveal", nil).want(http.StatusOK)
	if got := p.text(".files .document"); !strings.Contains(got, "MRN 0012345") {
		t.Errorf("revealed, the document's text is %q", got)
	}
}
