package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// Place is where a code stands in its code set and what stands beside it; only AddPlace fills it.
type Place struct {
	// Hierarchy leads from the chapter down to the heading right above the code.
	Hierarchy []Level `json:"hierarchy,omitempty"`
	// Related are the codes below it, its counterparts on other sides, then its siblings, at most 24.
	Related []Related `json:"related,omitempty"`
	// DidYouMean are the nearest codes that exist, for one that does not.
	DidYouMean []Suggestion `json:"did_you_mean,omitempty"`
}

// Level is one heading above a code.
type Level struct {
	// Kind is "chapter", "block", "category" (three characters), "heading" or "table".
	Kind string `json:"kind"`
	// Code is what the code set calls it: "13", "M50-M54", "M54", "M54.5".
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Related is a code beside another.
type Related struct {
	// Relation is "below" for one of the first codes below a heading that may be reported; "right", "left", "bilateral" or "unspecified
	// side" for the same thing on another side; "sibling" for another code below the same heading; "seventh character" for another of its
	// seventh characters.
	Relation string `json:"relation"`
	Code     string `json:"code"`
	Title    string `json:"title"`
	Billable bool   `json:"billable"`
}

const maxRelated = 24

// AddPlace adds to an entry as of a day (zero: today) the headings above it, what stands beside it, flags that its place and its title tell
// ("laterality", "seventh_character", "add_on", "unlisted"), and for an unknown code the nearest ones that exist.
func (b *Book) AddPlace(ctx context.Context, e *Entry, on time.Time) error {
	key, d := keyFor(e.System, e.Code), b.day(on)
	var err error
	if e.Title == "" && !e.Valid {
		if e.DidYouMean, err = b.Nearest(ctx, e.System, e.Code, on, 0); err != nil {
			return err
		}
	}
	if e.Hierarchy, err = b.hierarchy(ctx, e, key, d); err != nil {
		return err
	}
	if e.Related, err = b.related(ctx, e, key, d); err != nil {
		return err
	}
	if side := sideOf(e.Title); side != "" && e.System == codes.ICD10CM {
		e.Flags["laterality"] = side
	}
	title := strings.ToLower(e.Title)
	switch {
	case strings.Contains(title, "(add-on)"), strings.Contains(title, "list separately in addition to code for primary"):
		e.Flags["add_on"] = "yes"
	case strings.HasPrefix(title, "unlisted"), strings.Contains(title, "without a code of its own"), strings.Contains(title, "without its own code"),
		strings.Contains(title, "unclassified"), e.System == codes.HCPCS && strings.Contains(title, "not otherwise classified"):
		e.Flags["unlisted"] = "yes"
	}
	if e.System == codes.ICD10CM && e.Valid && !e.Billable && len(key) < 7 {
		if m := b.nearestSet(e.System, key, d); m != nil && !b.starterRelease(m.release) {
			if from, to := m.under(key); to-from > 1 && allSeven(m, from+1, to) {
				e.Flags["seventh_character"] = "needed"
			}
		}
	}
	return nil
}

// allSeven: everything below a heading that may be reported has seven characters, and differs from it in no other but placeholders.
func allSeven(m *memberSet, from, to int) bool {
	for i := from; i < to; i++ {
		key := m.key(i)
		if m.flags[i]&memberBillable != 0 && len(key) != 7 {
			return false
		}
		if m.flags[i]&memberBillable == 0 && !strings.HasSuffix(key, "X") {
			return false // a heading between: more than the seventh character is missing
		}
	}
	return true
}

func (b *Book) hierarchy(ctx context.Context, e *Entry, key string, on day) ([]Level, error) {
	var out []Level
	if c, ok := ChapterOf(e.System, key); ok {
		out = append(out, Level{Kind: "chapter", Code: c.ID, Title: c.Title})
	}
	if e.System == codes.ICD10CM && len(key) >= 3 {
		block, err := b.block(ctx, key[:3], on)
		if err != nil {
			return nil, err
		}
		if block.Code != "" {
			out = append(out, block)
		}
	}
	for _, p := range e.Parents {
		l := Level{Kind: "heading", Code: p}
		switch {
		case e.System == codes.ICD10PCS:
			l.Kind = "table"
		case len(p) == 3:
			l.Kind = "category"
		}
		rec, err := b.load(ctx, e.System, keyOf(p))
		if err != nil {
			return nil, err
		}
		if rec != nil && len(rec.spans) > 0 {
			l.Title = b.entry(e.System, keyOf(p), on, rec).Title
		}
		if n := len(out); n > 0 && out[n-1].Title == l.Title && strings.HasSuffix(p, "X") {
			continue // a placeholder says nothing new
		}
		out = append(out, l)
	}
	return out, nil
}

// block is the block of a category in the tabular list that answers for the day, else in the latest.
func (b *Book) block(ctx context.Context, category string, on day) (Level, error) {
	release := -1
	for i := range b.days {
		if r := &b.days[i]; r.kind == kindTabularCM && (release < 0 || on.within(r.first, r.last) || !on.within(b.days[release].first, b.days[release].last)) {
			release = i
		}
	}
	if release < 0 {
		return Level{}, nil
	}
	l := Level{Kind: "block"}
	err := b.db.QueryRowContext(ctx, `SELECT b.block, coalesce((SELECT n.text FROM block_notes AS n WHERE n.release = b.release AND n.place = b.block AND n.kind = 'title'), '')
		FROM blocks AS b WHERE b.release = $1 AND b.category = $2`, release, category).Scan(&l.Code, &l.Title)
	if err == sql.ErrNoRows || l.Code == "" && err == nil {
		return Level{}, nil
	}
	if err != nil {
		return Level{}, fmt.Errorf("reading the block of a code: %w", err)
	}
	return l, nil
}

// sideOf is the side of the body that a title names; "" when it names none or two.
func sideOf(title string) string {
	low := " " + strings.NewReplacer(",", " ", ";", " ", "(", " ", ")", " ").Replace(strings.ToLower(title)) + " "
	right, left := strings.Contains(low, " right "), strings.Contains(low, " left ")
	switch {
	case strings.Contains(low, " bilateral "):
		return "bilateral"
	case right && !left:
		return "right"
	case left && !right:
		return "left"
	}
	for _, organ := range [...]string{"arm", "hand", "finger", "leg", "foot", "knee", "hip", "ankle", "wrist", "elbow", "shoulder", "eye", "ear", "breast", "limb", "side", "forearm", "thigh", "toe(s)", "upper limb", "lower limb"} {
		if strings.Contains(low, " unspecified "+organ+" ") {
			return "unspecified side"
		}
	}
	return ""
}

// sideless is a title without what names a side, for comparing.
func sideless(title string) string {
	var out []string
	eachWord(title, func(w string) {
		switch w {
		case "right", "left", "bilateral", "unspecified", "side", "unilateral", "both":
		default:
			out = append(out, stem(w))
		}
	})
	return strings.Join(out, " ")
}

// related lists the counterparts of an ICD-10-CM code on other sides, and the codes beside it.
func (b *Book) related(ctx context.Context, e *Entry, key string, on day) ([]Related, error) {
	sets := b.setsOn(e.System, key, on)
	if len(sets) == 0 || e.Title == "" || len(key) < 3 {
		return nil, nil
	}
	var out []Related
	add := func(relation, other string, accept func(title string) string) error {
		if other == key || len(out) >= maxRelated || slices.ContainsFunc(out, func(r Related) bool { return keyOf(r.Code) == other }) {
			return nil
		}
		rec, err := b.load(ctx, e.System, other)
		if err != nil || rec == nil || len(rec.spans) == 0 {
			return err
		}
		o := b.entry(e.System, other, on, rec)
		if accept != nil {
			if relation = accept(o.Title); relation == "" {
				return nil
			}
		}
		if o.Valid {
			out = append(out, Related{Relation: relation, Code: o.Code, Title: o.Title, Billable: o.Billable})
		}
		return nil
	}
	has := func(other string) bool {
		return slices.ContainsFunc(sets, func(m *memberSet) bool { _, ok := m.find([]byte(other)); return ok })
	}
	if e.Valid && !e.Billable && e.System == codes.ICD10CM { // whoever looks up a heading needs one of these
		for _, m := range sets {
			from, to := m.under(key)
			for i := from; i < to && len(out) < maxRelated/2; i++ {
				if m.flags[i]&memberBillable != 0 {
					if err := add("below", m.key(i), nil); err != nil {
						return nil, err
					}
				}
			}
		}
	}
	if side := sideOf(e.Title); side != "" && e.System == codes.ICD10CM {
		want := sideless(e.Title)
		for i := 3; i < min(len(key), 6); i++ {
			for _, c := range "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
				other := key[:i] + string(c) + key[i+1:]
				if other == key || !has(other) {
					continue
				}
				if err := add("", other, func(title string) string {
					s := sideOf(title)
					if s == "" && strings.Contains(strings.ToLower(title), "unspecified") {
						s = "unspecified side"
					}
					if s == side || sideless(title) != want {
						return ""
					}
					return s
				}); err != nil {
					return nil, err
				}
			}
		}
	}
	relation, above := "sibling", key[:len(key)-1]
	switch {
	case e.System == codes.ICD10CM && len(key) == 7:
		relation = "seventh character"
	case e.System == codes.ICD10PCS, len(key) == 3:
		return out, nil
	}
	for _, m := range sets {
		from, to := m.under(above)
		for i := from; i < to && len(out) < maxRelated; i++ {
			if other := m.key(i); len(other) == len(key) {
				if err := add(relation, other, nil); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}
