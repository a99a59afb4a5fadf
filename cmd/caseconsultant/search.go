package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/licence"
)

type searchCommand struct {
	Words    []string `arg:"" help:"What to look for: words, or the beginning of a code."`
	System   string   `placeholder:"SYSTEM" help:"Only this code system: ${systems}."`
	Chapter  string   `placeholder:"ID" help:"Only this chapter: 13 of ICD-10-CM, J of HCPCS, surgery or surgery-eyes of CPT, 0 of ICD-10-PCS (with --system where two systems have it)."`
	Billable bool     `help:"Only codes that may be reported, no headings."`
	DOS      string   `placeholder:"DATE" help:"Codes as of this day; today if left out."`
	Limit    int      `default:"20" help:"At most so many hits, up to 200."`
	JSON     bool     `help:"One object a line."`

	Passages bool `help:"With --json: sections of rule books too, as objects of kind \"passage\" behind the codes."`
	Licensed bool `help:"Quote rule books under a notice of the AMA too, as far as [licence] of the configuration allows it at the desk."`
	bookFlag
}

// Run searches.
func (s *searchCommand) Run(c *console) error {
	if s.System != "" && !knownSystem(s.System) {
		return usageError(fmt.Sprintf("there is no code system %q: write %s", s.System, orList(stringsOf(codes.Systems()))))
	}
	if s.Limit < 1 || s.Limit > 200 {
		return usageError("--limit must be from 1 to 200")
	}
	if s.Chapter != "" && !slices.ContainsFunc(codebook.Chapters(codes.System(s.System)), func(c codebook.Chapter) bool {
		return strings.EqualFold(c.ID, s.Chapter) || strings.HasPrefix(c.ID, strings.ToLower(s.Chapter)+"-")
	}) {
		return usageError(fmt.Sprintf("there is no chapter %q: write 1 to 22 for ICD-10-CM, a letter for HCPCS, surgery, radiology, laboratory, medicine or visits for CPT", s.Chapter))
	}
	day, err := parseDay(s.DOS)
	if err != nil {
		return err
	}
	licences, err := c.licences(s.Licensed)
	if err != nil {
		return err
	}
	return s.with(c, func(book *codebook.Book) error {
		book = book.Licensed(func(name string) bool { return licences.Permits(licence.Name(name), licence.Desk, time.Now()) })
		hits, err := book.Search(c.ctx, strings.Join(s.Words, " "), codebook.SearchOptions{System: codes.System(s.System), Limit: s.Limit, On: day, Chapter: s.Chapter, Billable: s.Billable})
		if err != nil {
			return err
		}
		found, err := s.passages(c, book, day)
		if err != nil {
			return err
		}
		if s.JSON {
			encoder := json.NewEncoder(c.out)
			for _, hit := range hits {
				if err := encoder.Encode(hit); err != nil {
					return fmt.Errorf("write the hits: %w", err)
				}
			}
			return s.showPassages(c, found)
		}
		if len(hits) == 0 && len(found) == 0 {
			c.note("Nothing found.%s", map[bool]string{true: " This is the starter, which holds few codes; codes build makes a whole codebook.", false: ""}[book.Starter()])
			return nil
		}
		table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
		for _, hit := range hits {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", hit.Code, systemWords(hit.System), hit.Title, map[string]string{"similar": "(similar spelling)"}[hit.Kind])
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write the hits: %w", err)
		}
		return s.showPassages(c, found)
	})
}
