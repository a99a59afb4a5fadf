package codes

import "time"

// Find returns the mentions of one text in order, with Group 1 and Role
// Billed. Source and Attachment are left empty.
func Find(text string, opts Options) []Mention { return nil }

// Read reads all texts of a message together.
func Read(sources []Source, received time.Time, opts Options) Reading { return Reading{} }

// Normalize brings a code as typed into the form in which it is stored.
func Normalize(system System, code string) (string, error) { return code, nil }
