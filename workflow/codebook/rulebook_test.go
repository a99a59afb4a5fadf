package codebook

import (
	goflag "flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = goflag.Bool("update", false, "rewrite golden files")

// bookFixture reads a rule book in the layout of a published one. Pages are parted by form feeds, as tools that make text of PDFs do.
func bookFixture(t testing.TB, name string) *ruleBook {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "rulebooks", name))
	if err != nil {
		t.Fatal(err)
	}
	b, warnings, err := readRuleBook(strings.Split(plainText(string(data)), "\f"), []string{name})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(warnings) > 0 {
		t.Errorf("%s: %q", name, warnings)
	}
	return b
}

// outlineOf writes a book as a golden file shows it.
func outlineOf(b *ruleBook) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s | %s | %s to %s | %s | %s\n", b.document, b.edition, b.first, b.made, b.kind, b.licence)
	for _, s := range b.sections {
		fmt.Fprintf(&out, "\n%s %s\n", s.number, s.title)
		if len(s.above) > 0 {
			fmt.Fprintf(&out, "  under %s\n", strings.Join(s.above, " > "))
		}
		if s.from != "" {
			fmt.Fprintf(&out, "  page %s to %s\n", s.from, s.to)
		}
		if s.revision != "" {
			fmt.Fprintf(&out, "  %s\n", s.revision)
		}
		var spans []string
		for _, c := range s.codes {
			spans = append(spans, string(c.system)+" "+c.String())
		}
		if len(spans) > 0 {
			fmt.Fprintf(&out, "  codes %s\n", strings.Join(spans, ", "))
		}
		for line := range strings.Lines(s.text) {
			fmt.Fprintf(&out, "  | %s\n", strings.TrimRight(line, "\n"))
		}
	}
	return out.String()
}

func TestRuleBooksAreCutIntoTheirSections(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"icd10cm-guidelines-FY26.txt", "05-chapter5-ncci-medicare-policy-manual-2026.txt", "clm104c12.txt", "bp102c15.html", "lcd-L39999.html", "article-A59999.txt"} {
		golden := filepath.Join("testdata", "rulebooks", "golden", strings.TrimSuffix(name, filepath.Ext(name))+".golden")
		got := outlineOf(bookFixture(t, name))
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}
