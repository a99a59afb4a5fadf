package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// Notes lists the instructions of the tabular list that bear on an ICD-10-CM code on a day (zero: today): its own first, then those of the
// headings above it from near to far, of its block and of its chapter, all of which hold for it (Official Guidelines I.A). Of seventh
// characters only the nearest table holds. Without a tabular list for that day the result is empty.
func (b *Book) Notes(ctx context.Context, system codes.System, code string, on time.Time) ([]Note, error) {
	key, d := keyOf(code), b.day(on)
	release := -1
	for i := range b.days {
		if r := &b.days[i]; r.kind == kindTabularCM && d.within(r.first, r.last) {
			release = i
		}
	}
	if system != codes.ICD10CM || release < 0 || !isICD10CM(key) {
		return nil, nil
	}
	var out []Note
	seventh := false
	for n := len(key); n >= 3; n-- {
		rec, err := b.load(ctx, system, key[:n])
		if err != nil {
			return nil, err
		}
		if rec == nil {
			continue
		}
		level := "category"
		if n == len(key) {
			level = "code"
		}
		here := false
		for _, note := range rec.notes {
			if note.release != release || note.kind == "seventh-character" && seventh {
				continue
			}
			here = here || note.kind == "seventh-character"
			out = append(out, Note{Kind: note.kind, Text: note.text, At: show(system, key[:n]), Level: level, Release: b.releases[release].Name})
		}
		seventh = seventh || here
	}
	above, err := b.blockNotes(ctx, release, key[:3])
	if err != nil {
		return nil, fmt.Errorf("reading the notes of a code: %w", err)
	}
	return append(out, above...), nil
}

// blockNotes reads the notes of the block and the chapter of a category.
func (b *Book) blockNotes(ctx context.Context, release int, category string) ([]Note, error) {
	var out []Note
	err := b.rows(ctx, `SELECT n.kind, n.text, n.place, n.level
		FROM blocks AS b
		JOIN block_notes AS n ON n.release = b.release AND n.place IN (b.block, 'chapter ' || b.chapter)
		WHERE b.release = $1 AND b.category = $2 AND n.kind <> 'title'
		ORDER BY n.level, n.number`, func(rows *sql.Rows) error {
		n := Note{Release: b.releases[release].Name}
		err := rows.Scan(&n.Kind, &n.Text, &n.At, &n.Level)
		out = append(out, n)
		return err
	}, release, category)
	return out, err
}

// Choice is a code with its title, as one of several to choose from.
type Choice struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Choices lists the codes below a heading that may be reported on a day, in the order of the code set, at most limit of them, and how many
// there are in all. It goes by the release in force, else by the latest that is loaded; the starter's list has too few codes to choose from
// and gives none.
func (b *Book) Choices(ctx context.Context, system codes.System, code string, on time.Time, limit int) ([]Choice, int, error) {
	key := keyOf(code)
	m := b.nearestSet(system, key, b.day(on))
	if m == nil || key == "" || b.starterRelease(m.release) {
		return nil, 0, nil
	}
	var out []Choice
	from, to := m.under(key)
	total := 0
	for i := from; i < to; i++ {
		below := m.key(i)
		if m.flags[i]&memberBillable == 0 || below == key {
			continue
		}
		if total++; len(out) >= limit {
			continue
		}
		rec, err := b.load(ctx, system, below)
		if err != nil {
			return nil, 0, err
		}
		c := Choice{Code: show(system, below)}
		if rec != nil && len(rec.spans) > 0 {
			c.Title = b.entry(system, below, b.day(on), rec).Title
		}
		out = append(out, c)
	}
	return out, total, nil
}

// Near lists existing codes that a code which does not exist may have been meant to be, at most five: one character more, fewer or other,
// two swapped, or a letter O, I or L for a digit. They exist in the release that answers for the day. Near never guesses across systems.
func (b *Book) Near(system codes.System, code string, on time.Time) []string {
	key, d := keyOf(code), b.day(on)
	release := b.decides(system, key, d)
	if release < 0 || len(key) > maxKey-1 {
		return nil
	}
	m := b.set(system, release)
	if m == nil {
		return nil
	}
	var out []string
	try := func(candidate string) {
		if len(out) < 5 && candidate != key && !slices.Contains(out, show(system, candidate)) {
			if flags, ok := m.find([]byte(candidate)); ok && flags&memberBillable != 0 {
				out = append(out, show(system, candidate))
			}
		}
	}
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	try(strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(key))
	for i := 0; i+1 < len(key); i++ {
		try(key[:i] + key[i+1:i+2] + key[i:i+1] + key[i+2:])
	}
	for i := len(key) - 1; i >= 0; i-- { // the end is the likeliest to be wrong
		try(key[:i] + key[i+1:])
	}
	for i := len(key); i > 0; i-- {
		for _, c := range alphabet {
			try(key[:i] + string(c) + key[i:])
		}
	}
	for i := len(key) - 1; i >= 0; i-- {
		for _, c := range alphabet {
			try(key[:i] + string(c) + key[i+1:])
		}
	}
	return out
}

// Change is what is known of the life of a code around a day on which it does not exist.
type Change struct {
	// Last is the last day before the day asked for on which it is known to have existed, by its row's own dates or by the release that held
	// it; LastIn names that release. Empty when it is not known to have existed before.
	Last, LastIn string
	// First is the first day after it from which it exists, and FirstIn the release that says so. Empty when none does.
	First, FirstIn string
	// ReplacedBy are the codes that the file refers to instead.
	ReplacedBy []string
	// DeletedBy names the addenda that deleted it.
	DeletedBy string
}

// History says when a code that is not valid on a day was or will be. ok is false when the book does not know the code.
func (b *Book) History(ctx context.Context, system codes.System, code string, on time.Time) (c Change, ok bool, err error) {
	key, d := keyOf(code), b.day(on)
	rec, err := b.load(ctx, system, key)
	if err != nil || rec == nil || len(rec.spans) == 0 {
		return c, false, err
	}
	for i := range rec.spans {
		s := &rec.spans[i]
		r, days := &b.releases[s.release], b.days[s.release]
		first, last := days.first, days.last
		if s.from != 0 {
			first = s.from
		}
		if s.to != 0 {
			last = s.to
		}
		if days.kind != kindStarter || s.from != 0 || s.to != 0 {
			switch {
			case last != 0 && last < d && (c.Last == "" || last.String() > c.Last):
				c.Last, c.LastIn = last.String(), r.Name
			case first > d && (c.First == "" || first.String() < c.First):
				c.First, c.FirstIn = first.String(), r.Name
			}
		}
		if x := flagOf(s, "replaced_by"); x != "" {
			c.ReplacedBy = strings.Fields(x)
		}
	}
	for _, ch := range rec.changes {
		if ch.action == "delete" && b.days[ch.release].first <= d {
			c.DeletedBy = b.releases[ch.release].Name
		}
	}
	return c, true, nil
}

// String is one line for people: "ICD-10-CM FY2021 from 1 Jan 2021: 72621 codes, 22737 headings, answers 2021-01-01 to 2021-09-30".
func (r Release) String() string {
	s := r.Name
	if r.Codes+r.Headings > 0 {
		s += ": " + strconv.Itoa(r.Codes) + " codes"
		if r.Headings > 0 {
			s += ", " + strconv.Itoa(r.Headings) + " headings"
		}
	}
	switch {
	case r.First != "" && r.Last != "":
		s += ", answers " + r.First + " to " + r.Last
	case r.First != "":
		s += ", answers from " + r.First + " on"
	}
	if !r.Titles {
		s += ", without titles"
	}
	return s
}
