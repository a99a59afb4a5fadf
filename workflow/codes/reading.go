package codes

import (
	"slices"
	"time"
)

// Read reads all texts of a message together.
func Read(sources []Source, received time.Time, opts Options) Reading {
	var r Reading
	for _, src := range sources {
		for _, m := range Find(src.Text, opts) {
			m.Source, m.Attachment = src.Source, src.Attachment
			r.Occurrences = append(r.Occurrences, m)
		}
	}
	r.Mentions = dedupe(r.Occurrences)
	return r
}

// dedupe keeps the first of mentions that name the same code with the same
// modifiers, units and range.
func dedupe(all []Mention) []Mention {
	var out []Mention
next:
	for _, m := range all {
		for i := range out {
			if o := &out[i]; o.System == m.System && o.Code == m.Code && o.RangeEnd == m.RangeEnd && o.Units == m.Units && slices.Equal(o.Modifiers, m.Modifiers) {
				continue next
			}
		}
		out = append(out, m)
	}
	return out
}
