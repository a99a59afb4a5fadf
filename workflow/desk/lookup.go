package desk

import (
	"context"
	"time"
)

// Codes is the codebook as the desk's reference book reads it.
type Codes interface {
	// Lookup returns the entry of one code as of a day; false when the codebook has none.
	Lookup(ctx context.Context, system, code string, on time.Time) (Description, bool, error)
	// Find returns the entries of a code in any system, as people type it ("m5450", "j1885").
	Find(ctx context.Context, code string, on time.Time) ([]Description, error)
	// Search returns entries by words, best first. system "" searches all.
	Search(ctx context.Context, words, system string, limit int) ([]CodeHit, error)
	// Parents returns the broader entries above a code, outermost first.
	Parents(ctx context.Context, system, code string, on time.Time) ([]CodeHit, error)
}

// CodeHit is one line of a search.
type CodeHit struct{ System, Code, Title, Kind string }
