package checks

import (
	"slices"

	"caseconsultant/workflow/finding"
)

// Rules is the index of all rules in the order of the contract. The slice is the caller's.
func Rules() []Rule {
	var all []Rule
	for _, f := range families() {
		all = append(all, f.rules()...)
	}
	order := finding.Rules()
	slices.SortStableFunc(all, func(a, b Rule) int { return slices.Index(order, a.Name) - slices.Index(order, b.Name) })
	return all
}
