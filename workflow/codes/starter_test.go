package codes_test

import (
	"testing"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// TestLabelledTextsWithTheStarter reads the labelled texts with the codebook
// that every installation has: knowing codes must not make the reading worse.
func TestLabelledTextsWithTheStarter(t *testing.T) {
	t.Parallel()
	book, err := codebook.OpenStarter(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	codes.ReadLabelledTexts(t, codes.Options{Known: book.Known})
}
