package codebook

import (
	"cmp"
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
)

type countyRow struct{ contractor, number, state, area, counties string }

type countyFacts struct{ list []countyRow }

func (f *countyFacts) rows() int        { return len(f.list) }
func (f *countyFacts) describe() string { return counted(len(f.list)) + " areas" }

func (f *countyFacts) write(w *writer, release int) {
	w.each("INSERT INTO counties (release, contractor, number, row, state, area, counties) VALUES ($1, $2, $3, $4, $5, $6, $7)", func(insert func(...any)) {
		for i, r := range f.list {
			insert(release, r.contractor, r.number, i, r.state, r.area, r.counties)
		}
	})
}

func isCountyTable(h head) bool {
	p, ok := captionsAbove(h, isCounty)
	return ok && p.column("COUNTIES") >= 0 && p.column("FEE SCHEDULE AREA") >= 0
}

func isCounty(cells []string) bool { return len(cells) >= 5 && isLocalityKey(cells[0], cells[1]) }

// readCountyTable reads yyLOCCO.csv: contractor and locality without their leading zeros, state (only in the first row of its group), fee
// schedule area, counties; blank rows stand between.
func readCountyTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &countyFacts{}
	state := ""
	p, err := eachRow(ctx, table, isCounty, func(*preamble) error { return nil }, func(cells []string) error {
		if !isCounty(cells) {
			if digits(cells[0]) {
				return table.fault(0, "contractor, locality, state, area and counties", strings.Join(cells, ","))
			}
			return nil // a footnote
		}
		if cells[2] != "" {
			state = squeeze(cells[2])
		}
		f.list = append(f.list, countyRow{pad(cells[0], 5), pad(cells[1], 2), state, cleanName(cells[3]), squeeze(cells[4])})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, p.texts, 2)
}

var countyLine = regexp.MustCompile(`^ *([0-9]{5}) +([0-9]{2}) +(\S.*)$`)

func isCountyFixed(h head) bool { return anyLineContains(h, "COUNTIES INCLUDED IN") }

// readCountyFixed reads yyLOCCO.txt: 5-9 contractor, 17-18 locality, 23-45 state, 46-142 area, from 143 the counties, as the line of
// captions says.
func readCountyFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	f := &countyFacts{}
	var texts []string
	state := ""
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		if !countyLine.MatchString(line) {
			if len(f.list) > 0 && digits(columns(line, 1, 9)) {
				return lines.fault(5, "contractor and locality", line)
			}
			texts = append(texts, line)
			return nil
		}
		if s := columns(line, 23, 45); s != "" {
			state = squeeze(s)
		}
		f.list = append(f.list, countyRow{columns(line, 5, 9), columns(line, 17, 18), state, cleanName(columns(line, 46, 142)), squeeze(columns(line, 143, maxLineBytes))})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, texts, 1)
}

func (f *countyFacts) edition(in input, texts []string, rank int) (*edition, []string, error) {
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one locality with its counties")
	}
	slices.SortStableFunc(f.list, func(a, b countyRow) int {
		return cmp.Or(strings.Compare(a.contractor, b.contractor), strings.Compare(a.number, b.number))
	})
	return localYear(in, kindLocalities, f, rank, texts, "25LOCCO.csv")
}
