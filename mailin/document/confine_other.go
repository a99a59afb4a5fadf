//go:build !linux

package document

import "os"

// confine has nothing to limit with here: the parent's deadline and its bounds on what it takes remain.
func confine(settings) error { return nil }

func endGroup() { os.Exit(1) }
