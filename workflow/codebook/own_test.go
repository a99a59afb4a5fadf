package codebook

import (
	"slices"
	"testing"
)

func TestHouseWordsTakeThePlaceOfTheStarters(t *testing.T) {
	t.Parallel()
	d := func(kind, text string) Description { return Description{Kind: kind, Text: text} }
	all := []Description{d(KindOfficial, "Official"), d(KindShort, "Short"), d(KindCommon, "Starter"), d(KindUsedWhen, "Starter when"), d(KindIncluded, "With it")}
	for name, tt := range map[string]struct {
		have, own []Description
		want      []string
	}{
		"one of two": {all, []Description{d(KindCommon, "House")}, []string{"Official", "Short", "House", "Starter when", "With it"}},
		"both":       {all, []Description{d(KindCommon, "House"), d(KindUsedWhen, "House when")}, []string{"Official", "Short", "House", "House when", "With it"}},
		"a new kind": {[]Description{all[0], all[4]}, []Description{d(KindUsedWhen, "House when")}, []string{"Official", "House when", "With it"}},
		"none there": {nil, []Description{d(KindCommon, "House")}, []string{"House"}},
		"none":       {all[:2], nil, []string{"Official", "Short"}},
	} {
		e := Entry{Descriptions: slices.Clone(tt.have)}
		e.Prefer(tt.own)
		var got []string
		for _, one := range e.Descriptions {
			got = append(got, one.Text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
