package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"caseconsultant/mailin/document"
	"caseconsultant/workflow/codebook"
)

// bookLimits are what a rule book may cost to read: a chapter of a CMS manual has up to 300 pages, and nobody waits for it.
var bookLimits = document.Limits{Time: 3 * time.Minute, Bytes: 64 << 20, Text: 32 << 20, Pages: 3000}

// pdfPages reads the pages of PDFs for codes build, in a child process as attachments are. Nothing is started before the first PDF.
func pdfPages() codebook.PageReader {
	reader := newDocuments(bookLimits, "", 1)
	return func(ctx context.Context, name string, content io.Reader, size int64) ([]string, error) {
		text, err := reader.Read(ctx, content, size, document.Hint{Filename: name})
		switch {
		case err != nil:
			return nil, err
		case len(text.Problems) > 0:
			return nil, errors.New(strings.Join(text.Problems, " ")) // a part of a book would pass for the whole
		case strings.TrimSpace(text.Text) == "":
			return nil, errors.New("it holds no text")
		}
		pages := []string{}
		for i, s := range text.Sections {
			end := len(text.Text)
			if i+1 < len(text.Sections) {
				end = text.Sections[i+1].Start
			}
			pages = append(pages, text.Text[s.Start:end])
		}
		if len(pages) == 0 {
			pages = append(pages, text.Text)
		}
		return pages, nil
	}
}

// shownPassages is how many sections of rule books search names.
const shownPassages = 5

// passages looks for sections of rule books; those beside a search for one code system are none.
func (s *searchCommand) passages(c *console, book *codebook.Book, day time.Time) ([]codebook.Passage, error) {
	if s.System != "" || s.JSON && !s.Passages {
		return nil, nil
	}
	return book.Passages(c.ctx, codebook.PassageQuery{Words: strings.Join(s.Words, " "), On: day, Limit: min(s.Limit, shownPassages)})
}

// showPassages prints sections of rule books, below the codes for people.
func (s *searchCommand) showPassages(c *console, found []codebook.Passage) error {
	if s.JSON {
		encoder := json.NewEncoder(c.out)
		for _, p := range found {
			if err := encoder.Encode(p); err != nil {
				return fmt.Errorf("write the passages: %w", err)
			}
		}
		return nil
	}
	withheld := false
	for i, p := range found {
		if i == 0 {
			c.printf("\nRule books\n")
		}
		c.printf("\n  %s\n", p.Title)
		for _, line := range folded(p.Cite()+notInForce(p), 92) {
			c.printf("    %s\n", line)
		}
		for _, line := range folded(p.Excerpt, 92) {
			c.printf("    | %s\n", line)
		}
		if p.Excerpt != "" && p.Copyright != "" {
			c.printf("    %s\n", p.Copyright)
		}
		withheld = withheld || p.Withheld
	}
	if withheld {
		c.note("Where no words are shown, the book stands under a notice of the American Medical Association: --licensed quotes it under your licence ([licence.cpt]), as the desk does.")
	}
	return nil
}

func notInForce(p codebook.Passage) string {
	if p.InForce {
		return ""
	}
	return " (not in force on that day)"
}

// folded breaks a text into lines of at most width characters.
func folded(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
