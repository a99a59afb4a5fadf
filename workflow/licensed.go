package workflow

import (
	"context"
	"fmt"
	"time"

	"caseconsultant/workflow/casefile"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/licence"
)

// licensedBook is a codebook that may hold words of others; *codebook.Book is one.
type licensedBook interface {
	Licensed(allow func(licence string) bool) *codebook.Book
}

// quoted are the words of others that a letter shows: one text a code.
type quoted map[entryKey]codebook.Description

// quotable looks up which words of others a mail about a message may show today. They are never kept with the case: where a licence ends,
// nothing is left to be taken out. Of a code the longest text of its owner is taken, of a range none, and none without the copyright line of
// its year.
func (l *Line) quotable(ctx context.Context, p *casefile.Pending, reading codes.Reading) (quoted, error) {
	if len(l.opts.Licences.InForce(licence.Mail, l.db.Now())) == 0 {
		return nil, nil
	}
	lent, giveBack := l.opts.Borrow()
	defer giveBack()
	book, ok := lent.(licensedBook)
	if !ok {
		return nil, nil
	}
	view := book.Licensed(func(name string) bool { return l.opts.Licences.Permits(licence.Name(name), licence.Mail, l.db.Now()) })
	day, _, _ := ServiceDate(reading, p.Case.ReceivedAt)
	found := make(quoted)
	var asked []string
	for _, m := range p.Mentions {
		key := entryKey{m.System, m.Code}
		if _, seen := found[key]; seen || m.RangeEnd != "" {
			continue
		}
		words, ok, err := ownersWords(ctx, view, key, day)
		if err != nil {
			return nil, err
		}
		if ok {
			found[key] = words
			asked = append(asked, m.Code)
		}
	}
	shown := make(map[string]bool)
	for _, code := range licence.Excerpt(asked) {
		shown[code] = true
	}
	for key := range found {
		if !shown[key.code] {
			delete(found, key)
		}
	}
	return found, nil
}

// ownersWords is the longest of the texts that say what a code is.
func ownersWords(ctx context.Context, book *codebook.Book, key entryKey, day time.Time) (words codebook.Description, ok bool, err error) {
	entry, _, err := book.Lookup(ctx, key.system, key.code, day)
	if err != nil {
		return words, false, fmt.Errorf("look up licensed words: %w", err)
	}
	rank := map[string]int{codebook.KindOfficial: 3, codebook.KindMedium: 2, codebook.KindShort: 1}
	for _, d := range entry.Descriptions {
		if d.Licence != "" && d.Copyright != "" && rank[d.Kind] > rank[words.Kind] {
			words, ok = d, true
		}
	}
	return words, ok, nil
}
