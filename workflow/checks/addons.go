package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func addOns(ctx context.Context, r *run) error { return nil }

// addOnRules are the lines of the index that this family answers for.
func addOnRules() []Rule {
	return []Rule{
		{finding.AddOnWithoutPrimary, "An add-on code needs its primary.", "NCCI add-on code edits", "NCCI add-on code file", "no", ""},
	}
}
