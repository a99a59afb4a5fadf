package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func coverage(ctx context.Context, r *run) error { return nil }

// coverageRules are the lines of the index that this family answers for.
func coverageRules() []Rule {
	return []Rule{
		{finding.Coverage, "A coverage article lists the diagnosis.", "LCD and article of the contractor", "Medicare Coverage Database", "no", ""},
	}
}
