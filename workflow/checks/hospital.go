package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func hospital(ctx context.Context, r *run) error { return nil }

// hospitalRules are the lines of the index that this family answers for.
func hospitalRules() []Rule {
	return []Rule{
		{finding.OPPSStatus, "How an outpatient hospital is paid.", "OPPS addendum B", "OPPS addendum B", "no", ""},
		{finding.ASCStatus, "How a surgery center is paid.", "ASC addenda AA to EE", "ASC addenda", "no", ""},
		{finding.PriorAuth, "Prior authorisation is asked for.", "42 CFR 419.83", "list of hospital outpatient services", "no", ""},
	}
}
