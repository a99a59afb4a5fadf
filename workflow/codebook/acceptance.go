package codebook

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Terms are a copyright line that official files carry, and the files that carry it.
type Terms struct {
	Line  string   `json:"line"`
	Files []string `json:"files"`
}

// Acceptance says who accepted the licence that stands behind a copyright line, and when. It is kept in the file, as evidence.
type Acceptance struct {
	Terms
	By string `json:"by"` // empty: nobody has said so
	On string `json:"on"` // YYYY-MM-DD
}

// acceptancesMeta is the row of the meta table that holds them.
const acceptancesMeta = "acceptances"

// Acceptances lists who accepted which licence when, or that nobody said so, for the files that are in the book.
func (b *Book) Acceptances() []Acceptance {
	var list []Acceptance
	if json.Unmarshal([]byte(b.meta[acceptancesMeta]), &list) != nil {
		return nil
	}
	return list
}

// accept finds out who accepted the licences of these editions. What was accepted in the file that is replaced is not asked again, and keeps
// its name and day, so that the same inputs give the same bytes. nil for free files.
func accept(ctx context.Context, out string, editions []*edition, ask func([]Terms) (by string, on time.Time, err error)) ([]Acceptance, error) {
	var all []Acceptance
	for _, ed := range editions {
		if ed.licence == "" {
			continue
		}
		i := slices.IndexFunc(all, func(a Acceptance) bool { return a.Line == ed.licence })
		if i < 0 {
			i = len(all)
			all = append(all, Acceptance{Terms: Terms{Line: ed.licence}})
		}
		all[i].Files = append(all[i].Files, ed.file)
	}
	if len(all) == 0 {
		return nil, nil
	}
	if book, err := Open(ctx, out); err == nil {
		for _, before := range book.Acceptances() {
			for i := range all {
				if all[i].Line == before.Line {
					all[i].By, all[i].On = before.By, before.On
				}
			}
		}
		book.Close()
	}
	var open []Terms
	for i := range all {
		slices.Sort(all[i].Files)
		if all[i].By == "" {
			open = append(open, all[i].Terms)
		}
	}
	if len(open) > 0 && ask != nil {
		by, on, err := ask(open)
		if err != nil {
			return nil, fmt.Errorf("building a codebook: %w", err)
		}
		for i := range all {
			if by = strings.TrimSpace(by); all[i].By == "" && by != "" {
				all[i].By, all[i].On = by, on.Format(time.DateOnly)
			}
		}
	}
	slices.SortFunc(all, func(a, b Acceptance) int { return cmp.Compare(a.Line, b.Line) })
	return all, nil
}

// withAcceptances adds them to what is written about a file.
func withAcceptances(meta map[string]string, list []Acceptance) (map[string]string, error) {
	if len(list) == 0 {
		return meta, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("building a codebook: %w", err)
	}
	meta[acceptancesMeta] = string(text)
	return meta, nil
}
