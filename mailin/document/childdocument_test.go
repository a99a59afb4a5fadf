package document

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// TestDocumentsInAChild reads whole and hostile documents in confined children: nothing that the readers need is forbidden
// there, and none of them dies of what it reads.
func TestDocumentsInAChild(t *testing.T) {
	t.Parallel()
	reader := NewReader(Options{})
	for name, content := range samples(t) {
		want := reading(t, content, Hint{}, Limits{})
		got, err := reader.Read(t.Context(), bytes.NewReader(content), int64(len(content)), Hint{})
		if err != nil || got.Kind != want.what || len(got.Problems) > 0 || got.Text != want.all.String() {
			t.Errorf("%s: %v %q %q, %d bytes, want %d", name, err, got.Kind, got.Problems, len(got.Text), want.all.Len())
		}
		if len(got.Sections) != len(want.sections) {
			t.Errorf("%s: sections %v, want %v", name, got.Sections, want.sections)
		}
	}
	if testing.Short() {
		return // the race detector needs several times the memory that a child may have
	}
	hostile := hostileDocuments(t)
	// What is large in memory rather than in bytes.
	hostile["CSVManyFields"] = []byte(strings.Repeat("31267,", 4<<20))
	hostile["CSVManyLines"] = []byte(strings.Repeat("31267,\n", 3<<20))
	hostile["LargeText"] = bytes.Repeat([]byte("31267 \xe9\xe8 "), 2<<20)
	hostile["LargeHTML"] = []byte("<html>" + strings.Repeat("<p>31267</p>", 2<<20))
	hostile["ManyStrings"] = zipped(t, append(xlsxParts([]string{""})[:5], part{"xl/sharedStrings.xml", `<sst>` + strings.Repeat(`<si><t>31267 and more</t></si>`, 3_000_000) + `</sst>`},
		part{"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c t="s"><v>7</v></c></row></sheetData></worksheet>`})...)
	hostile["LargeDirectory"] = overlapping(t, 65_000, 600)
	for name, content := range hostile {
		if strings.HasPrefix(name, "Deep") || strings.HasPrefix(name, "RTF") || strings.HasPrefix(name, "Billion") {
			continue // they cost no memory, and TestHostile reads them
		}
		got, err := reader.Read(t.Context(), bytes.NewReader(content), int64(len(content)), hostileHint(name))
		if err != nil || slices.Contains(got.Problems, problemBroken) || slices.Contains(got.Problems, problemDamaged) {
			t.Errorf("%s: %v %q", name, err, got.Problems)
		}
		if !strings.Contains(got.Text, "31267") && len(got.Problems) == 0 {
			t.Errorf("%s: nothing read, and nobody is told", name)
		}
	}
}
