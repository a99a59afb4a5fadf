package codebook

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func spansOf(t *testing.T, text string) (string, bool, []CodeSpan) {
	t.Helper()
	spans, narrowed := noteRefs(text, func(key string) bool { return isICD10CM(key) && key != "B12" && key != "V94X" })
	var out []string
	for _, s := range spans {
		out = append(out, s.String())
	}
	return strings.Join(out, " "), narrowed, spans
}

// The forms of references that the tabular list uses, each with a code that the note means and one that it does not.
func TestReferencesOfNotes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		note, want, holds, not string
		narrowed               bool
	}{
		{"type 1 diabetes mellitus (E10.-)", "E10", "E10.9", "E11.9", false},
		{"lumbago with sciatica (M54.4-)", "M54.4", "M54.41", "M54.50", false},
		{"tuberculous meningoencephalitis (A17.82)", "A17.82", "A17.82", "A17.83", false},
		{"human immunodeficiency virus [HIV] disease (B20)", "B20", "B20", "B21", false},
		{"diabetes mellitus (E08-E13)", "E08-E13", "E13.9", "E16.2", false},
		{"secondary hypertension (I15.-), hypertensive heart disease (I11-)", "I15 I11", "I11.0", "I10", false},
		{"neoplasms (C00.0-C96.9)", "C00.0-C96.9", "C96.9", "C97", false},
		{"other listed (A22.7, B37.7)", "A22.7 B37.7", "B37.7", "B37.8", false},
		{"external causes (S00.- to S09.-)", "S00-S09", "S09.90XA", "S10.0XXA", false},
		{"melanoma (C43-C44)", "C43-C44", "C4A.0", "C45.0", false},
		{"gout (M1A-M10)", "M1A-M10", "M10.00", "M11.00", false},
		{"adverse effect, if applicable, to identify drug (T36-T50 with fifth or sixth character 5)", "T36-T50", "T36.0X5A", "T36.0X1A", false},
		{"adverse effect (T36-T50 with fifth or sixth character 5)", "T36-T50", "T39.95XA", "T45.511A", false},
		{"poisoning (T36-T65 with fifth or sixth character 1-4 or 6)", "T36-T65", "T40.5X6A", "T40.5X5A", false},
		{"diabetic neuropathy (E08-E13 with .42)", "E08-E13", "E11.42", "E11.41", false},
		{"diabetic angiopathy (E08-E13 with .51-.52)", "E08-E13", "E10.52", "E10.59", false},
		{"other (F10-F19 with .15. .25, .95)", "F10-F19", "F14.250", "F14.20", false},
		{"amnestic (F10-F19 with 5th character .6)", "F10-F19", "F10.26", "F10.20", false},
		{"facial weakness (I69. with final characters -92)", "I69", "I69.392", "I69.391", false},
		{"open fracture (S42.- with 7th character B or C)", "S42", "S42.001B", "S42.001A", false},
		{"infectious mononucleosis (B27.0-B27.9 with 1)", "B27.0-B27.9", "B27.91", "B27.90", false},
		{"dermatitis (T51-T65 with fifth or sixth character to indicate intent)", "T51-T65", "T51.0X1A", "T50.A95A", true},
		{"fracture (S52.- with open fracture 7th character)", "S52", "S52.501B", "S62.001B", true},
		{"conditions classified to Q67.0-Q67.4", "Q67.0-Q67.4", "Q67.3", "Q67.5", false},
		{"torticollis NOS M43.6", "M43.6", "M43.6", "M43.5", false},
		{"hearing loss as classified in H90.-", "H90", "H90.3", "H91.3", false},
		{"personal history of retained foreign body (Z89.52-", "Z89.52", "Z89.521", "Z89.51", false},
		{"skin of nose C44.301, C44.311, C44.391)", "C44.301 C44.311 C44.391", "C44.311", "C44.302", false},
		{"pneumoconiosis associated with tuberculosis, any type in A15 (J65)", "J65", "J65", "A15.0", false},
		{"vitamin B12 deficiency", "", "", "", false},
		{"CD30 positive and H1N1 (J09.X2)", "J09.X2", "J09.X2", "J09.X1", false},
		{"dense deposit disease (with C3 glomerulopathy)", "", "", "", false},
		{"certain localized infections - see body system-related chapters", "", "", "", false},
		{"code to identify:", "", "", "", false},
	} {
		got, narrowed, spans := spansOf(t, test.note)
		if got != test.want || narrowed != test.narrowed {
			t.Errorf("%s: %q %v, want %q %v", test.note, got, narrowed, test.want, test.narrowed)
		}
		held := func(code string) bool {
			return slices.ContainsFunc(spans, func(s CodeSpan) bool { return s.Holds(code) })
		}
		if test.holds != "" && (!held(test.holds) || held(test.not)) {
			t.Errorf("%s: %s %v, %s %v", test.note, test.holds, held(test.holds), test.not, held(test.not))
		}
	}
}

func FuzzNoteReferences(f *testing.F) {
	for _, s := range []string{"a (E08-E13 with .44)", "b (S32.1--S32.9 with 7th character B)", "(Z89.52-", "(T39.0-, with sixth character 1-4)", "(((A00", "C44.301)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spans, _ := noteRefs(text, isICD10CM)
		for _, s := range spans {
			if !isICD10CM(s.from) || !isICD10CM(s.to) || listOrder(s.to) < listOrder(s.from) {
				t.Errorf("%q gives %s", text, s)
			}
			s.Holds("T36.0X5A")
			s.Holds("")
		}
	})
}

// TestTheOrderOfTheListIsKnown compares listOrder with the order numbers of the official file over all codes and headings.
func TestTheOrderOfTheListIsKnown(t *testing.T) {
	t.Parallel()
	b, _ := build(t, BuildOptions{NoStarter: true}, filepath.Join(reference(t), "icd10cm2021"))
	m := b.nearestSet(codes.ICD10CM, "A00", makeDay(2021, 6, 1))
	type placed struct {
		key   string
		order int
	}
	var list []placed
	for i := range m.flags {
		if key := m.key(i); len(key) == 3 {
			rec, err := b.load(t.Context(), codes.ICD10CM, key)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, placed{key, rec.spans[0].order})
		}
	}
	slices.SortFunc(list, func(a, b placed) int { return a.order - b.order })
	for i := 1; i < len(list); i++ {
		if a, b := list[i-1].key, list[i].key; listOrder(a) >= listOrder(b) && a[0] != 'U' && b[0] != 'U' {
			t.Errorf("%s stands before %s", a, b)
		}
	}
	if len(list) != 1911 {
		t.Errorf("%d categories", len(list))
	}
}

// TestAllNotesOfTheTabularListAreRead counts what is understood of the official list's notes.
func TestAllNotesOfTheTabularListAreRead(t *testing.T) {
	t.Parallel()
	b, _ := build(t, BuildOptions{NoStarter: true}, filepath.Join(reference(t), "icd10cm2021"))
	m := b.nearestSet(codes.ICD10CM, "A00", makeDay(2021, 6, 1))
	day := day0(t, "2021-06-01")
	type tally struct{ all, refs, narrowed, headings, words int }
	counts := map[string]*tally{}
	seen := map[string]bool{}
	var words []string
	for i := range m.flags {
		key := m.key(i)
		release, _ := b.source(kindTabularCM, ownPeriod, makeDay(2021, 6, 1))
		list, err := b.instructionsAt(t.Context(), release, key, day)
		if err != nil {
			t.Fatal(err)
		}
		if len(key) == 3 {
			above, err := b.instructionsAbove(t.Context(), release, key, day)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range above {
				if !seen[n.At] {
					list = append(list, n)
				}
			}
			for _, n := range above {
				seen[n.At] = true
			}
		}
		for _, n := range list {
			c := counts[n.Kind]
			if c == nil {
				c = &tally{}
				counts[n.Kind] = c
			}
			c.all++
			switch {
			case n.Heading:
				c.headings++
			case len(n.Refs) > 0:
				c.refs++
				if n.Narrowed {
					c.narrowed++
					t.Logf("narrowed in words at %s: %s", n.At, n.Text)
				}
			default:
				c.words++
				if n.Kind == "excludes1" {
					words = append(words, n.At+": "+n.Text)
				}
			}
		}
	}
	for kind, c := range counts {
		t.Logf("%s: %+v", kind, *c)
	}
	t.Logf("Excludes1 notes of words alone:\n%s", strings.Join(words, "\n"))
	// Five more stand at blocks without a code of their own.
	if c := counts["excludes1"]; c == nil || *c != (tally{all: 5436, refs: 5299, narrowed: 2, headings: 57, words: 80}) {
		t.Errorf("Excludes1: %+v", c)
	}
}
