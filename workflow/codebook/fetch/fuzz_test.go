package fetch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// FuzzVerifyArchive: whatever a server sends, judging it ends, within its bound and with an error of one of the two kinds, and what is accepted
// holds what was asked for.
func FuzzVerifyArchive(f *testing.F) {
	f.Add(archive(f, "a.txt", "00001 A00     0 Cholera of the example"))
	f.Add(archive(f, "a.txt", strings.Repeat("0", 200_000)))
	f.Add(archive(f, "a.zip", string(archive(f, "b.txt", "00001 A00"))))
	f.Add(archive(f))
	f.Add([]byte("PK\x03\x04 and nothing more"))
	f.Add([]byte("<!doctype html><title>License</title>"))
	c := Candidate{File: "a.zip", Most: 2000, Contains: regexp.MustCompile(`(?m)^[0-9]{5} [A-Z]`)}
	f.Fuzz(func(t *testing.T, data []byte) {
		name := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		err := verifyArchive(t.Context(), name, c)
		switch err.(type) {
		case nil, *later, *refused:
		default:
			t.Errorf("an error that says neither again nor never: %v", err)
		}
		if looksLikePage(data) && judgePage(data) == nil {
			t.Error("a page is taken for a file")
		}
	})
}
