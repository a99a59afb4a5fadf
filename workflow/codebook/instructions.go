package codebook

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"caseconsultant/workflow/codes"
)

// Instruction is a note of the tabular list that speaks of other codes (Excludes1, Excludes2, code first, use additional code, code also),
// with the codes that it refers to.
type Instruction struct {
	Note
	// Level is "code", "subcategory" and "category" for headings above it, "block" or "chapter".
	Level string
	// Refs are the codes that it refers to; none for a note of words alone.
	Refs []CodeSpan
	// Narrowed: the note narrows its codes in words, so that Refs hold more than it means.
	Narrowed bool
	// Heading: it introduces the notes after it ("code to identify:") and refers to nothing by itself.
	Heading bool
	// Under is the heading that introduces it, or empty.
	Under string
}

// Refers reports whether the note refers to a code.
func (i Instruction) Refers(code string) bool {
	return slices.ContainsFunc(i.Refs, func(s CodeSpan) bool { return s.Holds(code) })
}

// instructionCache keeps the parsed notes of the places of the tabular list: some 20,000 short lists over all of a release.
type instructionCache struct{ byPlace sync.Map } // notePlace to []Instruction

type notePlace struct {
	release int
	place   string
}

func speaksOfCodes(kind string) bool {
	switch kind {
	case "excludes1", "excludes2", "code-first", "use-additional", "code-also":
		return true
	}
	return false
}

// Instructions lists the instructions that hold for an ICD-10-CM code on a day (zero: today): its own, then those of the headings above it
// from near to far, of its block and of its chapter. The source says which tabular list answered, or why none did. The result is shared and
// must not be changed.
func (b *Book) Instructions(ctx context.Context, code string, on time.Time) ([]Instruction, Source, error) {
	key := keyOf(code)
	release, source := b.source(kindTabularCM, ownPeriod, b.day(on))
	if release < 0 || !isICD10CM(key) {
		return nil, source, nil
	}
	var out []Instruction
	for n := len(key); n >= 3; n-- {
		list, err := b.instructionsAt(ctx, release, key[:n], on)
		if err != nil {
			return nil, source, err
		}
		if n < len(key) {
			level := "subcategory"
			if n == 3 {
				level = "category"
			}
			for _, i := range list {
				i.Level = level
				out = append(out, i)
			}
			continue
		}
		out = append(out, list...)
	}
	above, err := b.instructionsAbove(ctx, release, key[:3], on)
	return append(out, above...), source, err
}

// instructionsAt are those that stand at a code or heading itself.
func (b *Book) instructionsAt(ctx context.Context, release int, key string, on time.Time) ([]Instruction, error) {
	place := notePlace{release, key}
	if list, ok := b.instructions.byPlace.Load(place); ok {
		return list.([]Instruction), nil
	}
	rec, err := b.load(ctx, codes.ICD10CM, key)
	if err != nil || rec == nil { // what is no code is not kept: there is no end to it
		return nil, err
	}
	var notes []Note
	for _, n := range rec.notes {
		if n.release == release && speaksOfCodes(n.kind) {
			notes = append(notes, Note{Kind: n.kind, Text: n.text, At: show(codes.ICD10CM, key), Level: "code", Release: b.releases[release].Name})
		}
	}
	list := b.instruct(notes, on)
	b.instructions.byPlace.Store(place, list)
	return list, nil
}

// instructionsAbove are those of the block and the chapter of a category.
func (b *Book) instructionsAbove(ctx context.Context, release int, category string, on time.Time) ([]Instruction, error) {
	place := notePlace{release, "above " + category}
	if list, ok := b.instructions.byPlace.Load(place); ok {
		return list.([]Instruction), nil
	}
	notes, err := b.blockNotes(ctx, release, category)
	if err != nil {
		return nil, fmt.Errorf("reading the notes of a code: %w", err)
	}
	notes = slices.DeleteFunc(notes, func(n Note) bool { return !speaksOfCodes(n.Kind) })
	list := b.instruct(notes, on)
	if len(list) > 0 {
		b.instructions.byPlace.Store(place, list)
	}
	return list, nil
}

// instruct reads the references of the notes of one place.
func (b *Book) instruct(notes []Note, on time.Time) []Instruction {
	m := b.nearestSet(codes.ICD10CM, "", b.day(on))
	exists := func(key string) bool {
		if m == nil || b.starterRelease(m.release) {
			return isICD10CM(key)
		}
		from, to := m.under(key)
		return from < to
	}
	list := make([]Instruction, 0, len(notes))
	under, kind, at := "", "", ""
	for _, n := range notes {
		i := Instruction{Note: n, Level: n.Level}
		if n.Kind != kind || n.At != at {
			under, kind, at = "", n.Kind, n.At
		}
		i.Refs, i.Narrowed = noteRefs(n.Text, exists)
		if len(i.Refs) == 0 && strings.HasSuffix(strings.TrimSpace(n.Text), ":") {
			i.Heading, under = true, strings.TrimSpace(n.Text)
		} else {
			i.Under = under
		}
		list = append(list, i)
	}
	return list
}
