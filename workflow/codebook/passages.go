package codebook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PassageQuery asks the rule books. Words, codes, or both.
type PassageQuery struct {
	// Words are a question as people write it. Codes in it count as codes.
	Words string
	// Codes are further codes, as people write them.
	Codes []string
	// Topics of the question (see codes.Reading) prefer books that are about them; they keep nothing out.
	Topics []string
	// On is the day for which the rules are wanted. Defaults to today.
	On time.Time
	// Limit is the largest number of passages. Defaults to 5, at most 50.
	Limit int
}

// Passage is a section of a rule book that answers a question: the object of `search --passages --json`.
type Passage struct {
	Kind     string `json:"kind"` // "passage"
	Document string `json:"document"`
	Edition  string `json:"edition"`
	// Section is its number as people cite it ("I.C.9.a.1", "V.C.2", "30.6.18"); of a coverage document, which numbers nothing, empty.
	Section string `json:"section"`
	Title   string `json:"title"`
	// Above are the headings above it, the outermost first.
	Above []string `json:"above"`
	// Pages is "12" or "12-13", as printed; empty where the document has no pages.
	Pages string `json:"pages"`
	// Revision is the section's own, where it has one: "Rev. 12461, effective 1 Jan 2024".
	Revision string `json:"revision"`
	// InForce: it holds on the day asked for. Where no edition of a document does, the nearest is shown, and this is false.
	InForce bool `json:"in_force"`
	// Text is the whole section, a paragraph a line; Excerpt the words of it that answer best, brief enough to be quoted.
	Text    string `json:"text"`
	Excerpt string `json:"excerpt"`
	// Codes are the codes and ranges that it speaks of.
	Codes []string `json:"codes"`
	// Licence names the terms under which its words may be shown, LicenceCPT where the book stands under the AMA's notice; empty for the
	// public domain. Copyright is the line that must stand beside them.
	Licence   string `json:"licence"`
	Copyright string `json:"copyright"`
	// Withheld: Text and Excerpt are left out because the book, as it was opened, may not show them (see Book.Licensed).
	Withheld bool `json:"withheld"`
	// Score is from 0 to 100, comparable between questions.
	Score float64 `json:"score"`

	id int64
}

// Cite names the place as it stands under an answer: "NCCI Policy Manual, chapter V, revised 1 Jan 2026, V.C.2, page V-3".
func (p Passage) Cite() string {
	parts := []string{p.Document, p.Edition}
	if p.Section != "" {
		parts = append(parts, p.Section)
	} else {
		parts = append(parts, p.Title)
	}
	switch {
	case strings.Contains(p.Pages, " to "):
		parts = append(parts, "pages "+p.Pages)
	case p.Pages != "":
		parts = append(parts, "page "+p.Pages)
	}
	return strings.Join(parts, ", ")
}

const (
	kindPassage       = "passage"
	defaultPassages   = 5
	maxPassages       = 50
	passageCandidates = 80
)

// HasPassages reports whether a rule book was built in.
func (b *Book) HasPassages() bool {
	return slices.ContainsFunc(b.days, func(r releaseDays) bool { return isGuide(r.kind) })
}

func isGuide(kind string) bool { return strings.HasPrefix(kind, "guide-") }

// Passages finds the sections of rule books that answer a question, best first. Nothing that fits well gives nothing: a section that shares
// a common word with the question is no answer. The words of a book under a licence come only where the licence allows it at this moment.
func (b *Book) Passages(ctx context.Context, q PassageQuery) ([]Passage, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultPassages
	}
	limit = min(limit, maxPassages)
	on := b.day(q.On)
	releases := b.guidesOn(on)
	if len(releases) == 0 {
		return nil, nil
	}
	ask, err := b.inquiry(q)
	if err != nil {
		return nil, fmt.Errorf("searching the rule books: %w", err)
	}
	found := map[int64]float64{} // how closely a passage speaks of the codes
	if err := ask.byCode(ctx, b, found); err != nil {
		return nil, fmt.Errorf("searching the rule books: %w", err)
	}
	if err := ask.byWords(ctx, b, found); err != nil {
		return nil, fmt.Errorf("searching the rule books: %w", err)
	}
	passages, err := b.readPassages(ctx, found, releases)
	if err != nil {
		return nil, fmt.Errorf("searching the rule books: %w", err)
	}
	var out []Passage
	for i := range passages {
		p := &passages[i]
		if p.Score = ask.score(p.Passage, found[p.id]); p.Score < fitsWell {
			continue
		}
		p.InForce = on.within(0, p.last) && (p.first == 0 && p.release.inForce || p.first != 0 && p.first <= on)
		out = append(out, p.Passage)
	}
	slices.SortFunc(out, func(a, b Passage) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.id, b.id))
	})
	out = out[:min(len(out), limit)]
	for i := range out {
		p := &out[i]
		if !b.allows(p.Licence) {
			p.Text, p.Withheld = "", true
		} else {
			p.Excerpt = ask.excerpt(p.Text)
		}
		if p.Codes, err = b.passageCodes(ctx, p.id); err != nil {
			return nil, fmt.Errorf("searching the rule books: %w", err)
		}
	}
	return out, nil
}

// guideRelease is an edition of a rule book that is searched.
type guideRelease struct {
	inForce bool
	last    day
}

// guidesOn chooses of each document the edition in force on the day, else the one before it, else the first one after.
func (b *Book) guidesOn(on day) map[int]guideRelease {
	best := map[string]int{}
	for i := range b.days { // sorted by kind and first day
		r := &b.days[i]
		if !isGuide(r.kind) {
			continue
		}
		if _, known := best[r.kind]; !known || r.first <= on {
			best[r.kind] = i
		}
	}
	out := map[int]guideRelease{}
	for _, i := range best {
		out[i] = guideRelease{inForce: on.within(b.days[i].first, b.days[i].last), last: b.days[i].last}
	}
	return out
}
