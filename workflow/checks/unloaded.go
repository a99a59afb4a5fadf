package checks

import (
	"context"
	"slices"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// unloaded says which of the checks that a reader would expect for these codes were not made: the starter holds no file for them, and the
// files of a built codebook are shown but not applied. It names only what applies. As families for these rules are built, each takes its own
// line over.
func unloaded(_ context.Context, r *run) error {
	procedures, diagnoses := map[int][]string{}, map[int][]string{}
	var groups []int
	for _, m := range r.Mentions {
		if !billing(m.Role) {
			continue
		}
		if !slices.Contains(groups, m.Group) {
			groups = append(groups, m.Group)
		}
		switch m.System {
		case codes.CPT, codes.HCPCS:
			if !slices.Contains(procedures[m.Group], m.Code) {
				procedures[m.Group] = append(procedures[m.Group], m.Code)
			}
		case codes.ICD10CM:
			if !slices.Contains(diagnoses[m.Group], m.Code) {
				diagnoses[m.Group] = append(diagnoses[m.Group], m.Code)
			}
		}
	}
	slices.Sort(groups)
	none := func(files string) string {
		if r.book.Starter() {
			return "No " + files + " loaded"
		}
		return "The " + files + " not applied to mails yet"
	}
	for _, g := range groups {
		if len(procedures[g]) > 0 && len(diagnoses[g]) > 0 {
			r.notChecked(finding.Coverage, none("coverage lists are")+", so whether a contractor's article lists the diagnosis was not checked.")
		}
	}
	return nil
}
