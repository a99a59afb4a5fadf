package codebook

import "slices"

// Prefer puts the firm's own words in the place of the starter's of the same kind. Official texts, and what rests on a source of its own, stay.
func (e *Entry) Prefer(own []Description) {
	for _, d := range own {
		at := slices.IndexFunc(e.Descriptions, func(have Description) bool { return have.Kind == d.Kind })
		e.Descriptions = slices.DeleteFunc(slices.Clone(e.Descriptions), func(have Description) bool { return have.Kind == d.Kind })
		if at < 0 {
			at = slices.IndexFunc(e.Descriptions, func(have Description) bool { return ownOrder(have.Kind) > ownOrder(d.Kind) })
		}
		if at < 0 {
			at = len(e.Descriptions)
		}
		e.Descriptions = slices.Insert(e.Descriptions, at, d)
	}
}

// ownOrder is the reading order of kinds (see Entry.Descriptions).
func ownOrder(kind string) int {
	return slices.Index([]string{KindOfficial, KindShort, KindCommon, KindUsedWhen, KindIncluded, KindSeparate}, kind)
}
