package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func units(ctx context.Context, r *run) error { return nil }

// unitRules are the lines of the index that this family answers for.
func unitRules() []Rule {
	return []Rule{
		{finding.MUE, "Units above the most that is paid.", "NCCI Policy Manual, chapter I, section V", "NCCI MUE tables", "no", ""},
	}
}
