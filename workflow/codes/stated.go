package codes

// Stated is an amount that a message states about a service: what the calculators work with. Amounts are never units of a code; those are
// a Mention's.
type Stated struct {
	// Kind is what is measured: one of the Stated constants.
	Kind string `json:"kind"`
	// Value is the number in Unit.
	Value float64 `json:"value"`
	// Unit is "min", "mg", "ml", "units" ..., lower case; empty for elements of decision making.
	Unit string `json:"unit"`
	// Word is what is not a number: "moderate", "single-dose".
	Word string `json:"word,omitempty"`
	// Code is the code that the sentence ties it to, or empty.
	Code   string `json:"code,omitempty"`
	Group  int    `json:"group"`
	Source string `json:"source"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}
