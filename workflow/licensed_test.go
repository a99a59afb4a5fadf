package workflow_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/licence"
	"caseconsultant/workflow/store/storetest"
)

// TestLicensedWordsInMails: a summary quotes the owner only under a licence to distribute, with both of its lines, never for a range; and the case
// keeps none of it, so that nothing outlives the licence.
func TestLicensedWordsInMails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "licensed.codebook")
	_, err := codebook.Build(t.Context(), path, []string{filepath.Join("codebook", "testdata", "cpt2025")}, codebook.BuildOptions{})
	must(t, err)
	book, err := codebook.Open(t.Context(), path)
	must(t, err)
	t.Cleanup(func() { book.Close() })
	const (
		words     = "long descriptor text of the licensee for the second code" // of 31297
		copyright = "cpt copyright 2024 american medical association. all rights reserved."
		trademark = "cpt is a registered trademark of the american medical association"
	)
	single := "Is 31297 right for a balloon dilation?\nMedicare, DOS 2025-06-01.\n\nLee\n"
	for name, test := range map[string]struct {
		licence licence.Licence
		body    string
		quoted  bool
	}{
		"None":         {licence.Licence{}, single, false},
		"Internal":     {licence.Licence{Kind: licence.Internal}, single, false},
		"Distribution": {licence.Licence{Kind: licence.Distribution}, single, true},
		"Ended":        {licence.Licence{Kind: licence.Distribution, Expires: time.Now().AddDate(0, 0, -2)}, single, false},
		"Range":        {licence.Licence{Kind: licence.Distribution}, "Which of 31295-31297 fits a balloon dilation?\nMedicare, DOS 2025-06-01.\n\nLee\n", false},
		"AnotherYear":  {licence.Licence{Kind: licence.Distribution}, strings.Replace(single, "2025-06-01", "2026-06-01", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, storetest.SQLiteURL(t), func(o *workflow.Options) { o.Codes, o.Licences = book, licence.Set{licence.CPT: test.licence} })
			b.start()
			b.deliver(mailFrom("Lee Example <lee@clinic.example>", name+"@clinic.example", "Balloon", "", test.body))
			raw := string(b.smtp.WaitMessages(t, 1)[0].Data)
			b.settled()
			v := b.view(b.cases()[0].Ref)
			sent := strings.ToLower(strings.Join(strings.Fields(strings.ReplaceAll(raw, "=\r\n", "")), " ")) // without soft line breaks
			if !strings.Contains(sent, "31297") {
				t.Fatalf("the summary does not speak of the code: %s", sent)
			}
			if got := strings.Contains(sent, words); got != test.quoted {
				t.Errorf("the owner's words are in the mail: %v, want %v: %s", got, test.quoted, sent)
			}
			for _, line := range []string{copyright, trademark} {
				if got := strings.Contains(sent, line); got != test.quoted {
					t.Errorf("%q is in the mail: %v, want %v: %s", line, got, test.quoted, sent)
				}
			}
			if strings.Contains(sent, "licensee") && !test.quoted {
				t.Errorf("other words of the owner are in the mail: %s", sent)
			}
			if !strings.Contains(sent, "in our words") {
				t.Errorf("our own words are not in the mail: %s", sent)
			}
			for _, d := range v.Descriptions {
				if strings.Contains(strings.ToLower(string(d.Entry)), "licensee") {
					t.Errorf("the case keeps the owner's words: %s", d.Entry)
				}
			}
		})
	}
}
