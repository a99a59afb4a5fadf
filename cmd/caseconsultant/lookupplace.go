package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// severalCodes reads what names more than one code. "31255-59" is a code with a modifier and "99202-05" a range, as the finder of codes has it;
// a code that is there as it is written ("T36.0X") is none.
func severalCodes(book *codebook.Book, written string, entry codebook.Entry) (codebook.Range, bool) {
	if mentions := codes.Find(written, codes.Options{Known: book.Known}); len(mentions) == 1 && mentions[0].RangeEnd != "" {
		written = mentions[0].Code + "-" + mentions[0].RangeEnd
	} else if entry.Title != "" && !(entry.Valid && !entry.Billable && trailingX(written, entry.Code)) && !strings.ContainsAny(written, "*?") && !strings.HasSuffix(written, "-") && !strings.Contains(strings.TrimSpace(written), " ") {
		return codebook.Range{}, false
	}
	return codebook.ParseRange(written)
}

// trailingX: "G56.0x" was read as the heading G56.0, and asks for what is below it.
func trailingX(written, code string) bool {
	return strings.EqualFold(strings.TrimSpace(written), code+"x")
}

// list prints the codes of a range or pattern, if it is one: an entry each for programs, a table for people.
func (l *lookupCommand) list(c *console, book *codebook.Book, written string, entry codebook.Entry, day time.Time) (bool, error) {
	r, ok := severalCodes(book, written, entry)
	if !ok || l.System != "" && codes.System(l.System) != r.System {
		return false, nil
	}
	listed, total, err := book.Expand(c.ctx, r, day, l.Offset, l.Limit)
	if err != nil || total == 0 {
		return false, err
	}
	if l.JSON {
		encoder := json.NewEncoder(c.out)
		for _, one := range listed {
			entry, _, err := book.Lookup(c.ctx, one.System, one.Code, day)
			if err != nil {
				return true, err
			}
			if err := encoder.Encode(entry); err != nil {
				return true, fmt.Errorf("write the result: %w", err)
			}
		}
		return true, nil
	}
	noun := "codes"
	if slices.ContainsFunc(listed, func(one codebook.Listed) bool { return one.Valid && !one.Billable }) {
		noun = "codes and headings"
	}
	c.printf("%s  %s, %d %s\n", written, systemWords(r.System), total, noun)
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, one := range listed {
		mark := ""
		switch {
		case !one.Valid:
			mark = "not in force"
		case !one.Billable:
			mark = "heading"
		}
		fmt.Fprintf(table, "   %s\t%s\t%s\n", one.Code, mark, cmp.Or(one.Title, "(no title)"))
	}
	if err := table.Flush(); err != nil {
		return true, fmt.Errorf("write the result: %w", err)
	}
	if rest := total - l.Offset - len(listed); rest > 0 {
		c.printf("   %d more: --offset %d\n", rest, l.Offset+len(listed))
	}
	return true, nil
}

// showPlace prints where a code stands, what its title tells, what stands beside it, and for an unknown one what may have been meant.
func showPlace(c *console, e codebook.Entry) {
	for _, l := range e.Hierarchy {
		c.printf("%s\n", wrap(fmt.Sprintf("%s %s  %s", l.Kind, l.Code, l.Title), "   "))
	}
	var flags []string
	for _, f := range [...][2]string{{"laterality", "side: %s"}, {"seventh_character", "a seventh character is %s"}, {"add_on", "an add-on code"}, {"unlisted", "an unlisted code"}, {"replaced_by", "replaced by %s"}} {
		if v := e.Flags[f[0]]; v != "" {
			text := f[1]
			if strings.Contains(text, "%s") {
				text = fmt.Sprintf(text, v)
			}
			flags = append(flags, text)
		}
	}
	if len(flags) > 0 {
		c.printf("   %s\n", strings.Join(flags, " · "))
	}
	if len(e.DidYouMean) > 0 {
		c.printf("\n   Did you mean\n")
		for _, s := range e.DidYouMean {
			c.printf("%s\n", wrap(fmt.Sprintf("%s  %s (%s)", s.Code, cmp.Or(s.Title, "(no title)"), s.Why), "     "))
		}
	}
	if len(e.Related) == 0 {
		return
	}
	c.printf("\n   Beside it\n")
	for _, r := range e.Related {
		text := fmt.Sprintf("%s  %s", r.Code, cmp.Or(r.Title, "(no title)"))
		if r.Relation != "sibling" && r.Relation != "seventh character" {
			text += " [" + r.Relation + "]"
		}
		c.printf("%s\n", wrap(text, "     "))
	}
}
