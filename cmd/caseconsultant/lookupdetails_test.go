package main

import (
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codebook"
)

// TestLookupShowsWhatStandsAboutACode prints the facts that are in other official files than the code set's own.
func TestLookupShowsWhatStandsAboutACode(t *testing.T) {
	t.Parallel()
	book := filepath.Join(t.TempDir(), "book")
	var inputs []string
	for _, name := range []string{"fy2021", "pcs2021", "hcpcs2019", "gems2018", "drg2026", "pos2026", "ndc2026", "coverage", "notes2019", "cpt2025"} {
		inputs = append(inputs, "../../workflow/codebook/testdata/"+name)
	}
	if _, err := codebook.Build(t.Context(), book, inputs, codebook.BuildOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string // lines, each of which stands in the output
	}{
		{[]string{"T36.0X1A", "--dos", "2021-06-01"}, "ICD-10-CM T36.0X1A > ICD-9-CM E856.0: approximate; only together with\nothers: scenario 1, one of list 2"},
		{[]string{"S52.501", "--dos", "2021-06-01"}, "Seventh character (table at S52, ICD-10-CM tabular list FY2021\nS52.501A initial encounter for closed fracture"},
		{[]string{"0FT44ZZ", "--dos", "2021-06-01"}, "Operation Resection: Cutting out or off, without replacement, all of a body"},
		{[]string{"470", "--system", "msdrg", "--dos", "2026-03-01"}, "MAJOR HIP AND KNEE JOINT REPLACEMENT\nmajor diagnostic category 08, surgical; relative weight 1.8855\ndischarge to post-acute care is paid as"},
		{[]string{"11", "--system", "pos", "--dos", "2026-03-01"}, "11  Office\nDefinition\nLocation, other than a hospital"},
		{[]string{"0409-3795-01", "--dos", "2026-11-24"}, "00409-3795-01  Ketorolac Tromethamine, 30 mg/mL\nJ1885: one unit is 15 MG; 2 units in one item, 50 in the package"},
		{[]string{"20610", "--dos", "2026-03-01"}, "A52425 Billing and Coding: Injection of Joints, from 2025-10-01; CA;\n4 diagnoses in 2 covered groups, 1 in\nsee L33797"},
		{[]string{"G0105", "--dos", "2019-06-01"}, "Processing note\nBALANCED BUDGET ACT OF 1997"},
	} {
		r := command(t, "", append([]string{"lookup", "--codebook", book}, test.args...)...)
		if r.status != 0 {
			t.Errorf("%v: %d %s", test.args, r.status, r.errors)
		}
		for line := range strings.SplitSeq(test.want, "\n") {
			if !strings.Contains(r.out, line) {
				t.Errorf("%v has no %q:\n%s", test.args, line, r.out)
			}
		}
	}
	if r := command(t, "", "lookup", "--codebook", book, "20610", "99213", "22", "--dos", "2025-06-01", "--json"); strings.Contains(strings.ToLower(r.out), "of the licensee") {
		t.Errorf("a licensed text is shown: %s", r.out)
	}
}
