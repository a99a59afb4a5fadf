package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func globalPeriod(ctx context.Context, r *run) error { return nil }

// globalPeriodRules are the lines of the index that this family answers for.
func globalPeriodRules() []Rule {
	return []Rule{
		{finding.GlobalPeriod, "Services within the global days of a surgery.", "Medicare Claims Processing Manual, chapter 12, section 40", "Medicare fee schedule, GLOB DAYS", "no", ""},
	}
}
