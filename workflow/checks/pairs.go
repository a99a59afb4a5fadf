package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func pairs(ctx context.Context, r *run) error { return nil }

// pairRules are the lines of the index that this family answers for.
func pairRules() []Rule {
	return []Rule{
		{finding.NCCIPTP, "Pairs that are not paid together.", "NCCI Policy Manual, chapter I", "NCCI PTP edits of the setting", "no", ""},
	}
}
