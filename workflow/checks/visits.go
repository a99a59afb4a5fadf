package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func visits(ctx context.Context, r *run) error { return nil }

// visitRules are the lines of the index that this family answers for.
func visitRules() []Rule {
	return []Rule{
		{finding.EMLevel, "Time or decision making against the level of a visit.", "CPT E/M rules since 2021 and 2023", "dated policy table", "no", ""},
		{finding.Telehealth, "Telehealth rules of the date.", "42 CFR 410.78", "dated policy table", "no", ""},
	}
}
