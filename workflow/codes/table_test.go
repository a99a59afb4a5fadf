package codes

import (
	"fmt"
	"slices"
	"testing"
)

// A date fills a narrow column headed "DOS", so that one space alone parts it from the code; rows of one date are one encounter.
func TestAFullCellEndsWhereTheNextColumnBegins(t *testing.T) {
	t.Parallel()
	r := readReply("DOS        CPT    Mod  Dx             Units  Charge\n" +
		"03/01/2026 99214  25   E11.9, I10     1      $210.00\n" +
		"03/01/2026 20610  RT   M17.11         2      $185.00\n")
	var got []string
	for _, m := range r.Mentions {
		got = append(got, fmt.Sprint(m.Code, m.Modifiers, " x", m.Units, " @", m.Group))
	}
	want := []string{"99214[25] x1 @1", "E11.9[] x0 @1", "I10[] x0 @1", "20610[RT] x2 @1", "M17.11[] x0 @1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
