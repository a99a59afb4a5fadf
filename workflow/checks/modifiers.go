package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func modifiers(ctx context.Context, r *run) error { return nil }

// modifierRules are the lines of the index that this family answers for.
func modifierRules() []Rule {
	return []Rule{
		{finding.ModifierNotApplicable, "A modifier fits the code.", "Medicare fee schedule indicators; HCPCS file", "Medicare fee schedule", "no", ""},
		{finding.ModifierPair, "Modifiers do not contradict each other.", "NCCI Policy Manual, chapter I", "modifiers of the year", "no", ""},
	}
}
