package codebook

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"caseconsultant/workflow/codes"
)

// Sides says which side of the body an ICD-10-CM code speaks of and which codes say the same of the other sides. It is read from the
// official titles: "Pain in right knee" has a side because "Pain in left knee" exists beside it, which "Left bundle-branch block" and "left
// anterior descending coronary artery" do not have. Over the January 2021 release 26,324 of the 26,686 codes whose titles say right or left
// have such a counterpart; the rest name no side of the body, or both sides at once.
type Sides struct {
	// Side is "right", "left", "bilateral" or "unspecified" (a code without a side although there are codes with one); empty for all others.
	Side string
	// Right, Left, Bilateral and Unspecified are the codes that differ in nothing but the side; empty where there is none.
	Right, Left, Bilateral, Unspecified string
}

// sideCache keeps what was found; codes that do not exist are never in it.
type sideCache struct{ byCode sync.Map } // notePlace to Sides

// Sides looks a code up as of a day (zero: today), in the release that answers for it, else in the latest that is loaded, else in the
// starter, which knows few of the counterparts.
func (b *Book) Sides(ctx context.Context, code string, on time.Time) (Sides, error) {
	key := keyOf(code)
	m := b.nearestSet(codes.ICD10CM, key, b.day(on))
	if m == nil || len(key) < 4 {
		return Sides{}, nil
	}
	if flags, ok := m.find([]byte(key)); !ok || flags&memberBillable == 0 {
		return Sides{}, nil
	}
	place := notePlace{m.release, key}
	if s, ok := b.sides.byCode.Load(place); ok {
		return s.(Sides), nil
	}
	s, err := b.findSides(ctx, m, key)
	if err == nil {
		b.sides.byCode.Store(place, s)
	}
	return s, err
}

func (b *Book) findSides(ctx context.Context, m *memberSet, key string) (Sides, error) {
	own, err := b.titleIn(ctx, m.release, key)
	if err != nil {
		return Sides{}, err
	}
	me := sidedTitle(own)
	if me.side == "" && me.unspecified == 0 || me.side == "both" {
		return Sides{}, nil
	}
	byside := map[string]string{}
	for _, other := range sideways(m, key) {
		title, err := b.titleIn(ctx, m.release, other)
		if err != nil {
			return Sides{}, err
		}
		o := sidedTitle(title)
		if !slices.Equal(o.words, me.words) && !(o.side == "bilateral" && within(o.words, me.words)) {
			continue
		}
		// The word "unspecified" may be said of other things too ("Unspecified fracture of unspecified radius"): the code without a side
		// has it once more.
		side := o.side
		switch {
		case side == "" && me.side != "" && o.unspecified == me.unspecified+1:
			side = "unspecified"
		case side == "", side == "both", me.side == "" && o.unspecified != me.unspecified-1:
			continue
		}
		if byside[side] == "" {
			byside[side] = show(codes.ICD10CM, other)
		}
	}
	s := Sides{Side: me.side, Right: byside["right"], Left: byside["left"], Bilateral: byside["bilateral"], Unspecified: byside["unspecified"]}
	switch me.side {
	case "right":
		s.Right = show(codes.ICD10CM, key)
	case "left":
		s.Left = show(codes.ICD10CM, key)
	case "bilateral":
		s.Bilateral = show(codes.ICD10CM, key)
		return s, nil
	default:
		s.Side, s.Unspecified = "unspecified", show(codes.ICD10CM, key)
	}
	if s.Right == "" || s.Left == "" {
		return Sides{}, nil
	}
	return s, nil
}

// within reports whether the words of a bilateral title are those of one with a side but for the organ: "Age-related nuclear cataract,
// bilateral" beside "Age-related nuclear cataract, right eye".
func within(bilateral, sided []string) bool {
	if len(bilateral) != len(sided)-1 {
		return false
	}
	for _, w := range bilateral {
		if !slices.Contains(sided, w) {
			return false
		}
	}
	return true
}

// sideways lists the codes that can be the counterparts of a code: those that differ in one character, where the code set has the side (the
// sixth, fifth, fourth or seventh), and the shorter ones in which both sides stand (M17.0 beside M17.11).
func sideways(m *memberSet, key string) []string {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var out []string
	try := func(candidate []byte) {
		if flags, ok := m.find(candidate); ok && flags&memberBillable != 0 {
			out = append(out, string(candidate))
		}
	}
	for _, at := range [...]int{5, 4, 3, 6} {
		if at >= len(key) {
			continue
		}
		candidate := []byte(key)
		for i := range len(alphabet) {
			if candidate[at] = alphabet[i]; alphabet[i] != key[at] {
				try(candidate)
			}
		}
	}
	if len(key) == 5 {
		for i := range len(alphabet) {
			try([]byte(key[:3] + alphabet[i:i+1]))
		}
	}
	return out
}

// titleIn is the official title of a code in a release, else in another, else ours.
func (b *Book) titleIn(ctx context.Context, release int, key string) (string, error) {
	rec, err := b.load(ctx, codes.ICD10CM, key)
	if err != nil || rec == nil {
		return "", err
	}
	title := ""
	for i := range rec.spans {
		if s := &rec.spans[i]; s.title != "" && (title == "" || s.release == release || !b.starterRelease(s.release)) {
			title = s.title
			if s.release == release {
				break
			}
		}
	}
	return title, nil
}

// sided is a title without what tells sides apart.
type sided struct {
	words       []string // sorted
	side        string   // right, left, bilateral; "both" when it names right and left
	unspecified int      // how often it says "unspecified"
}

func sidedTitle(title string) sided {
	var s sided
	for _, word := range strings.FieldsFunc(strings.ToLower(title), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
	}) {
		switch word {
		case "right", "left", "bilateral":
			if s.side != "" && s.side != word {
				s.side = "both"
			} else {
				s.side = word
			}
		case "unspecified":
			s.unspecified++
		case "unilateral", "side", "sides", "of", "the", "in", "and", "with":
		default:
			s.words = append(s.words, strings.TrimSuffix(word, "s"))
		}
	}
	slices.Sort(s.words)
	return s
}
