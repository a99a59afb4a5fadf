package codebook

import (
	"fmt"
	"slices"
	"testing"
)

func TestPTPAmongGivesThePairsOfAWholeClaim(t *testing.T) {
	t.Parallel()
	b := medicareBook(t)
	on := day0(t, "2026-08-03")
	for _, test := range []struct {
		name  string
		set   PTPSet
		codes []string
		want  string
	}{
		{"BothOrders", PTPPractitioner, []string{"20610", "27447"}, "[27447/20610 1 2002-01-01-]"},
		{"Turned", PTPPractitioner, []string{"27447", "20610"}, "[27447/20610 1 2002-01-01-]"},
		{"EndedOnesToo", PTPPractitioner, []string{"20610", "76000"}, "[20610/76000 0 2000-01-01-2011-12-31 20610/76000 1 2013-01-01-]"},
		{"SinceBefore1996", PTPPractitioner, []string{"36591", "20610"}, "[20610/36591 0 -]"},
		{"NeverApplied", PTPPractitioner, []string{"0001A", "G0008"}, "[]"},
		{"Several", PTPPractitioner, []string{"31298", "31297", "31231", "99213", "36591", "20610"}, "[20610/36591 0 - 31297/31231 1 2011-01-01- 31298/31297 1 2018-01-01- 99213/36591 0 2008-07-01-]"},
		{"OtherSet", PTPHospital, []string{"96372", "J1885", "31297", "31231"}, "[31297/31231 1 2011-01-01- 96372/J1885 1 2015-01-01-2016-06-30]"},
		{"Itself", PTPPractitioner, []string{"20610", "20610"}, "[]"},
		{"OneCode", PTPPractitioner, []string{"20610"}, "[]"},
		{"NoCodes", PTPPractitioner, []string{"J18.9", "M54.50", "20610", ""}, "[]"},
	} {
		found, source, err := b.PTPAmong(t.Context(), test.set, test.codes, on)
		if err != nil || !source.Covered {
			t.Fatal(source, err)
		}
		got := []string{}
		for _, p := range found {
			got = append(got, fmt.Sprintf("%s/%s %d %s-%s", p.Column1, p.Column2, p.Indicator, p.Effective, p.Deletion))
		}
		if s := fmt.Sprint(got); s != test.want {
			t.Errorf("%s: got %s, want %s", test.name, s, test.want)
		}
	}
	if _, source, _ := b.PTPAmong(t.Context(), PTPMedicaidPractitioner, []string{"20610", "27447"}, on); source.Covered || source.Note == "" {
		t.Errorf("a set that is not loaded answers: %+v", source)
	}
	if _, source, _ := b.PTPAmong(t.Context(), PTPPractitioner, []string{"20610", "27447"}, day0(t, "2027-02-01")); source.Covered {
		t.Errorf("a file answers for days after its quarter: %+v", source)
	}
}

// TestPTPAmongAgreesWithEachPair: the statement for all gives what one for each pair gives, over blocks that begin anywhere.
func TestPTPAmongAgreesWithEachPair(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pairs := generatedPairs(t, dir, "ccipra", 60_000)
	b, _ := build(t, BuildOptions{NoStarter: true}, dir)
	on := day0(t, "2026-08-01")
	var claim []string
	for i := 0; i < 40 && i < len(pairs); i++ {
		claim = append(claim, pairs[i*len(pairs)/40][0], pairs[i*len(pairs)/40][1])
	}
	slices.Sort(claim)
	claim = slices.Compact(claim)
	all, _, err := b.PTPAmong(t.Context(), PTPPractitioner, claim, on)
	if err != nil {
		t.Fatal(err)
	}
	inForce := 0
	for _, p := range all {
		if p.Applies(on) {
			inForce++
		}
	}
	each := 0
	for i, first := range claim {
		for _, second := range claim[i+1:] {
			one, _, err := b.PTP(t.Context(), PTPPractitioner, first, second, on)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range one {
				each++
				if !slices.Contains(all, p) {
					t.Errorf("%+v is not among them", p)
				}
			}
		}
	}
	if inForce != each || each < 20 {
		t.Errorf("%d in force among the codes, %d one by one", inForce, each)
	}
}
