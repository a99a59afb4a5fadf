package checks

import "context"

func denials(ctx context.Context, r *run) error { return nil }

// denialRules are the lines of the index that this family answers for.
func denialRules() []Rule {
	return []Rule{}
}
