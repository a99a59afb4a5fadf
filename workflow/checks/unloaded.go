package checks

import (
	"context"
	"fmt"
	"slices"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// unloaded says which of the checks that a reader would expect for these codes were not made, because no file for them is loaded. It names
// only what applies: pairs where two procedures stand together, units where units are stated, and so on. As families for these rules are
// built, each takes its own line over.
func unloaded(_ context.Context, r *run) error {
	procedures, diagnoses := map[int][]string{}, map[int][]string{}
	var groups []int
	units, modified := false, false
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
			units = units || m.Units > 1
			modified = modified || len(m.Modifiers) > 0
		case codes.ICD10CM:
			if !slices.Contains(diagnoses[m.Group], m.Code) {
				diagnoses[m.Group] = append(diagnoses[m.Group], m.Code)
			}
		}
	}
	slices.Sort(groups)
	for _, g := range groups {
		if p := procedures[g]; len(p) > 1 {
			r.notChecked(finding.NCCIPTP, fmt.Sprintf("No NCCI procedure-to-procedure edits are loaded, so whether %s are paid together was not checked.", list(p)))
		}
		if d := diagnoses[g]; len(d) > 1 {
			r.notChecked(finding.Excludes1, fmt.Sprintf("Whether the notes of the tabular list allow %s together was not checked.", list(d)))
		}
		if len(procedures[g]) > 0 && len(diagnoses[g]) > 0 {
			r.notChecked(finding.Coverage, "No coverage lists are loaded, so whether a contractor's article lists the diagnosis was not checked.")
		}
	}
	if units {
		r.notChecked(finding.MUE, "No NCCI unit limits (MUE) are loaded, so the units were not checked.")
	}
	if modified {
		r.notChecked(finding.ModifierNotApplicable, "No fee schedule is loaded, so whether the modifiers fit these codes was not checked.")
	}
	return nil
}
