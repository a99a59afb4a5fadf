package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func amounts(ctx context.Context, r *run) error { return nil }

// amountRules are the lines of the index that this family answers for.
func amountRules() []Rule {
	return []Rule{
		{finding.TimedUnits, "Units of timed therapy.", "Medicare Claims Processing Manual, chapter 5, section 20.2", "dated policy table", "no", ""},
		{finding.DrugUnits, "Units from doses.", "HCPCS long description", "HCPCS Level II file", "no", ""},
		{finding.Wastage, "JW and JZ.", "Medicare Claims Processing Manual, chapter 17, section 40", "dated policy table", "no", ""},
		{finding.Anesthesia, "Base units, time, modifiers.", "Medicare Claims Processing Manual, chapter 12, section 50", "anesthesia base units", "no", ""},
	}
}
