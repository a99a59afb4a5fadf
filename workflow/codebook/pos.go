package codebook

import (
	"context"
	"fmt"
	"io"
	"strings"

	"caseconsultant/workflow/codes"
)

const kindPOS = "pos"

func posColumns() []string {
	return []string{"Place of Service Code(s)", "Place of Service Name", "Place of Service Description"}
}

// readPOS reads the place-of-service code set as a table (tabs, commas or a workbook). CMS publishes it only as a table on a web page; copied
// into a spreadsheet with its three column titles it is read here. Ranges and single codes that are "Unassigned"
// are no codes. The page carries no edition: the file's name tells the year and the month in which it was copied, and it answers to the end
// of that year. A work of the government.
func readPOS(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	year, month, by := datedBy(in.context)
	if year == 0 {
		return nil, nil, fmt.Errorf("%s: %w", in.path, errNoYear)
	}
	g, err := openGrid(in, r, posColumns())
	if err != nil {
		return nil, nil, err
	}
	first := makeDay(year, max(month, 1), 1)
	ed := &edition{kind: kindPOS, name: "Place of service codes as of " + first.words(), datedBy: by, first: first, made: makeDay(year, 12, 31),
		rank: 1, whole: true, titles: true}
	code, name, text := g.column(posColumns()[0]), g.column(posColumns()[1]), g.column(posColumns()[2])
	seen := map[string]bool{}
	err = g.each(ctx, func() error {
		key, title, definition := g.cell(code), g.cell(name), g.cell(text)
		if strings.EqualFold(title, "unassigned") || strings.EqualFold(definition, "unassigned") {
			return nil
		}
		if len(key) == 1 && digits(key) {
			key = "0" + key // a spreadsheet took the zero off
		}
		switch {
		case len(key) != 2 || !digits(key):
			return g.wrong(code, "a place of service of two digits")
		case seen[key]:
			return g.wrong(code, "a place of service that is not yet in the table")
		case title == "":
			return g.wrong(name, "the name of the place")
		}
		seen[key] = true
		one := row{system: codes.POS, key: key, span: span{billable: true, title: title}, more: definition}
		if definition != "" {
			one.texts = []Description{{Kind: KindDefinition, Text: definition, Source: ed.name + " (" + in.base + ")"}}
		}
		ed.rows = append(ed.rows, one)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(ed.rows) == 0 {
		return nil, nil, in.wants("at least one place of service below the header row")
	}
	return ed, nil, nil
}
