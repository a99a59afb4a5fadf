package desk

import (
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// passageView is a section of a rule book below the codes of a search.
type passageView struct {
	Title, Cite, Excerpt string
	Above                []string
	Codes                []string
	// Copyright stands beside the words where it must; Withheld says that they are left out for want of a licence.
	Copyright string
	Withheld  bool
	InForce   bool
}

// shownPassages and shownSpans bound what a page of hits shows of rule books.
const (
	shownPassages = 6
	shownSpans    = 12
)

// passages looks for sections of rule books, with their words as far as the reader may see them. A search within one code system has none.
func (d *Desk) passages(c *call, query string, system codes.System) ([]passageView, error) {
	if system != "" {
		return nil, nil
	}
	book, _, err := d.reference(c)
	if err != nil {
		return nil, err
	}
	found, err := book.Passages(c.ctx(), codebook.PassageQuery{Words: query, On: time.Time{}, Limit: shownPassages})
	if err != nil {
		return nil, err
	}
	var list []passageView
	for _, p := range found {
		v := passageView{Title: p.Title, Cite: p.Cite(), Excerpt: p.Excerpt, Codes: p.Codes[:min(len(p.Codes), shownSpans)], Withheld: p.Withheld, InForce: p.InForce}
		if n := len(p.Above); n > 0 {
			v.Above = p.Above[max(0, n-2):]
		}
		if !p.Withheld {
			v.Copyright = p.Copyright
		}
		list = append(list, v)
	}
	return list, nil
}
