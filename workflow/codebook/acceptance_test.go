package codebook

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

// TestAccepting: who accepted the licence of a file is written down once, or that nobody said so; a rebuild neither asks again nor changes a byte.
func TestAccepting(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	out := filepath.Join(t.TempDir(), "book.codebook")
	line := "CPT only copyright 2026 American Medical Association. All rights reserved."
	editions := []*edition{
		{kind: kindHCPCS, name: "b", file: "b.zip/b.txt", licence: line, first: 20260101, made: 20261231, rows: []row{
			{system: codes.HCPCS, key: "A0021", span: span{billable: true, title: "Ambulance of the example"}}}},
		{kind: kindICD10CM, name: "free", file: "free.txt", first: 20260101, made: 20261231},
		{kind: kindICD10PCS, name: "a", file: "a.txt", licence: line, first: 20260101, made: 20261231},
	}
	asked := 0
	yes := func(by string) func([]Terms) (string, time.Time, error) {
		return func(terms []Terms) (string, time.Time, error) {
			asked++
			if len(terms) != 1 || terms[0].Line != line || !slices.Equal(terms[0].Files, []string{"a.txt", "b.zip/b.txt"}) {
				t.Errorf("asked for %+v", terms)
			}
			return by, day, nil
		}
	}
	refusal := errors.New("nobody did")
	if _, err := accept(t.Context(), out, editions, func([]Terms) (string, time.Time, error) { return "", day, refusal }); !errors.Is(err, refusal) {
		t.Errorf("a refusal: %v", err)
	}
	for _, ask := range []func([]Terms) (string, time.Time, error){nil, yes("  ")} {
		if list, err := accept(t.Context(), out, editions, ask); err != nil || len(list) != 1 || list[0].By != "" || list[0].On != "" || list[0].Line != line {
			t.Errorf("nobody said so: %+v %v", list, err)
		}
	}
	asked = 0
	var before []byte
	for i, by := range []string{"Dana Example", "Lee Example"} {
		list, err := accept(t.Context(), out, editions, yes(by))
		if err != nil || len(list) != 1 || list[0].By != "Dana Example" || list[0].On != "2026-11-24" {
			t.Fatalf("%+v %v", list, err)
		}
		meta, err := withAcceptances(map[string]string{"kind": "built"}, list)
		if err != nil {
			t.Fatal(err)
		}
		if err := compile(t.Context(), merge(editions), out, meta, nil); err != nil {
			t.Fatal(err)
		}
		book, err := Open(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		if got := book.Acceptances(); len(got) != 1 || got[0].By != "Dana Example" || got[0].Line != line {
			t.Errorf("the book says %+v", got)
		}
		if err := book.Close(); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 && !bytes.Equal(before, after) {
			t.Error("a second build is another file")
		}
		before = after
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	editions[0].licence = "CPT only copyright 2027 American Medical Association."
	editions[2].licence = ""
	again := false
	if _, err := accept(t.Context(), out, editions, func(terms []Terms) (string, time.Time, error) {
		again = len(terms) == 1 && terms[0].Line == editions[0].licence
		return "Lee Example", day, nil
	}); err != nil || !again {
		t.Errorf("another year's licence is not asked for: %v", err)
	}
	if list, err := accept(t.Context(), out, editions[1:2], yes("x")); err != nil || list != nil {
		t.Errorf("a free file: %+v %v", list, err)
	}
}
