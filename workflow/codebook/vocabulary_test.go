package codebook

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vocabularyLines calls f with every line of the tables.
func vocabularyLines(t *testing.T, f func(file string, number int, cells []string)) {
	t.Helper()
	files, err := fs.Glob(vocabularyFiles, "vocabulary/*.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := vocabularyFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			if !strings.HasPrefix(line, "#") {
				f(file, n, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
			}
		}
	}
}

func TestVocabularyIsWellFormed(t *testing.T) {
	t.Parallel()
	lines, ways := 0, 0
	vocabularyLines(t, func(file string, n int, cells []string) {
		lines++
		if len(cells) != 3 {
			t.Errorf("%s:%d: %d fields, want what is typed, what it means, and codes", file, n, len(cells))
			return
		}
		for _, cell := range cells[:2] {
			for part := range strings.SplitSeq(cell, " | ") {
				if part == "" || part != strings.TrimSpace(part) || strings.Contains(part, "|") || part != strings.ToLower(part) || !ascii(part) {
					t.Errorf("%s:%d: %q is not a phrase in small letters, separated by \" | \"", file, n, part)
				}
			}
		}
		ways += strings.Count(cells[0], " | ") + 1
		for code := range strings.FieldsSeq(cells[2]) {
			if len(Systems(code)) == 0 {
				t.Errorf("%s:%d: %q has the form of no code", file, n, code)
			}
		}
	})
	if lines < 1500 || ways < 4000 {
		t.Errorf("%d lines with %d ways of typing: the vocabulary has shrunk", lines, ways)
	}
	v, err := loadVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(v.same["renal"], stem("kidney")) || !slices.Contains(v.same["low back"], "lumbar") {
		t.Errorf("words that stand for each other: %q, %q", v.same["renal"], v.same["low back"])
	}
}

// TestVocabularyNamesCodesThatExist: of the codes on a line at least one is in a code set that is at hand, and may be reported.
func TestVocabularyNamesCodesThatExist(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, _ := build(t, BuildOptions{}, filepath.Join(dir, "icd10cm2021"), filepath.Join(dir, "hcpcs2019"), filepath.Join(dir, "icd10cm2026_addenda"), filepath.Join(dir, "icd10pcs2021"))
	vocabularyLines(t, func(file string, n int, cells []string) {
		if len(cells) != 3 || cells[2] == "" {
			return
		}
		found := slices.ContainsFunc(strings.Fields(cells[2]), func(code string) bool {
			for _, system := range Systems(code) {
				for i := range b.members[system] {
					if flags, ok := b.members[system][i].find([]byte(keyFor(system, code))); ok && flags&memberBillable != 0 {
						return true
					}
				}
			}
			return false
		})
		if !found && !slices.ContainsFunc(strings.Fields(cells[2]), func(code string) bool { return isCPT(code) }) {
			t.Errorf("%s:%d: none of %s may be reported in any release that is at hand", file, n, cells[2])
		}
	})
}
