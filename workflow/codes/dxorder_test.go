package codes

import (
	"fmt"
	"testing"
	"time"
)

func TestDiagnosisOrder(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, want string }{
		{"Diagnoses on the claim:\n1. N18.4\n2. E11.22\nCPT 99214, Medicare.", "map[1:[N18.4 E11.22]]"},
		{"Dx A: M17.11 B: I10 for 20610-RT", "map[1:[M17.11 I10]]"},
		{"Primary dx G63, secondary dx E10.9. Which goes first?", "map[1:[G63 E10.9]]"},
		{"Principal diagnosis: A41.9", "map[1:[A41.9]]"},
		{"We billed M17.11 and I10 with 99213.", "map[]"},
		{"Can E11.22 and N18.4 be coded together?", "map[]"},
		{"2. E11.22\n1. N18.4", "map[]"},
	} {
		r := Read([]Source{{Source: "reply", Text: test.text}}, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), Options{})
		if got := fmt.Sprint(r.DiagnosisOrder); got != test.want {
			t.Errorf("%q: %s, want %s", test.text, got, test.want)
		}
	}
}
