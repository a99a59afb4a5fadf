package codebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// hcpcsRow is one code of the HCPCS file, whichever layout it came in.
type hcpcsRow struct {
	code, recid                               string
	long, short                               string
	price, multiple                           string
	cim, mcm, statute, labcert, xref, cov     string
	ascGroup, ascDate, note, betos, tos, base string
	added, effective, terminated, action      string
}

// isHCPCSFixed: records of 293 to 320 characters with a record id in column 11, after a disclaimer.
func isHCPCSFixed(h head) bool {
	n := 0
	for _, line := range h.full() {
		if hcpcsRecord(line) {
			n++
		} else if n > 0 && len([]rune(line)) >= 100 && strings.IndexByte("3478", safeByte(line, 10)) < 0 {
			return false
		}
	}
	return n > 0
}

func safeByte(s string, i int) byte {
	if i < len(s) {
		return s[i]
	}
	return 0
}

// hcpcsRecord: HCPCyyyy_recordlayout.txt: 1-5 code, 6-10 sequence, 11 record id.
func hcpcsRecord(line string) bool {
	return len(line) >= 293 && strings.IndexByte("3478", line[10]) >= 0 && digits(line[5:10]) && alphanumeric(strings.TrimSpace(line[:5]))
}

// readHCPCSFixed reads HCPCyyyy_MON_ANWEB.txt, the Alpha-Numeric HCPCS file of CMS: Windows-1252, CRLF, 320 columns, after a free-text
// disclaimer. Record id 3 begins a procedure and 7 a modifier; 4 and 8 continue the long description. A work of the government, but for
// texts that are not: see hcpcsPlace.
func readHCPCSFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := hcpcsEdition(in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	h := hcpcsFile{ed: ed, seen: map[string]int{}}
	var current hcpcsRow
	at := 0
	flush := func() error {
		if at == 0 {
			return nil
		}
		fault := func(column int, want, got string) error {
			return &FileError{File: in.path, Line: at, Column: column, Want: want, Got: got}
		}
		err := h.add(current, at, fault, fixedColumns)
		at = 0
		return err
	}
	err = everyLine(ctx, in, r, func(lines *lineReader, line string) error {
		id := columns(line, 11, 11)
		if len(line) < 293 || strings.IndexByte("3478", safeByte(id, 0)) < 0 || id == "" {
			if len(h.seen) > 0 && strings.TrimSpace(line) != "" {
				return lines.fault(11, "a record id 3, 4, 7 or 8 in a record of 320 columns", rawColumns(line, 1, 20))
			}
			return nil // the disclaimer above the records
		}
		code := columns(line, 1, 5)
		if id == "4" || id == "8" {
			if at == 0 || code != current.code {
				return lines.fault(1, "a continuation of "+current.code+", whose record stands above", code)
			}
			current.long += " " + columns(line, 12, 91)
			return nil
		}
		err := flush()
		current, at = fixedRow(line), lines.n
		return err
	})
	if err := errors.Join(err, flush()); err != nil {
		return nil, nil, err
	}
	return h.finish(in.path)
}

func fixedRow(line string) hcpcsRow {
	c := func(from, to int) string { return columns(line, from, to) }
	list := func(from, width, count int) string {
		var out []string
		for i := range count {
			if s := c(from+i*width, from+(i+1)*width-1); s != "" && s != "00" {
				out = append(out, s)
			}
		}
		return strings.Join(out, " ")
	}
	return hcpcsRow{
		code: c(1, 5), recid: c(11, 11), long: c(12, 91), short: c(92, 119),
		price: list(120, 2, 4), multiple: c(128, 128), cim: list(129, 6, 3), mcm: list(147, 8, 3), statute: c(171, 180),
		labcert: list(181, 3, 8), xref: list(205, 5, 5), cov: c(230, 230), ascGroup: c(231, 232), ascDate: c(233, 240),
		note: c(253, 256), betos: c(257, 259), tos: list(261, 1, 5), base: c(266, 268),
		added: c(269, 276), effective: c(277, 284), terminated: c(285, 292), action: c(293, 293),
	}
}

// fixedColumns says in which column a field stands, for messages.
func fixedColumns(field string) int {
	switch field {
	case "long":
		return 12
	case "added":
		return 269
	case "terminated":
		return 285
	}
	return 1
}

// isHCPCSTable: a header row with a cell HCPC, perhaps below a disclaimer.
func isHCPCSTable(h head) bool {
	for _, row := range h.rows {
		if place := hcpcsHeader(row); place != nil {
			_, ok := place["SEQNUM"]
			return ok
		}
	}
	return false
}

// headerName evens out spellings of a header cell: "ADD DT", "Add\nDate" ...
func headerName(cell string) string {
	name := strings.ToUpper(squeeze(strings.TrimPrefix(cell, "\ufeff")))
	name = strings.NewReplacer(" DATE", " DT", "_", " ").Replace(name)
	return strings.ReplaceAll(name, " ", "")
}

// readHCPCSTable reads the flavour of the spreadsheet, or of it saved as text: one row a code, 46 columns found by their header, the long
// description whole.
func readHCPCSTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := hcpcsEdition(in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	h := hcpcsFile{ed: ed, seen: map[string]int{}}
	var bad faults
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	var place map[string]int
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		cells, err := table.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		line := table.line()
		if place == nil {
			place = hcpcsHeader(cells)
			continue
		}
		cell := func(names ...string) string {
			var out []string
			for _, name := range names {
				if i, ok := place[name]; ok && i < len(cells) {
					if s := squeeze(cells[i]); s != "" && s != "00" {
						out = append(out, s)
					}
				}
			}
			return strings.Join(out, " ")
		}
		if cell("HCPC") == "" && cell("LONGDESCRIPTION") == "" {
			continue
		}
		one := hcpcsRow{
			code: cell("HCPC"), recid: cell("RECID"), long: cell("LONGDESCRIPTION"), short: cell("SHORTDESCRIPTION"),
			price: cell("PRICE1", "PRICE2", "PRICE3", "PRICE4"), multiple: cell("MULTPI"),
			cim: cell("CIM1", "CIM2", "CIM3"), mcm: cell("MCM1", "MCM2", "MCM3"), statute: cell("STATUTE"),
			labcert: cell("LABCERT1", "LABCERT2", "LABCERT3", "LABCERT4", "LABCERT5", "LABCERT6", "LABCERT7", "LABCERT8"),
			xref:    cell("XREF1", "XREF2", "XREF3", "XREF4", "XREF5"), cov: cell("COV"), ascGroup: cell("ASCGRP"), ascDate: cell("ASCDT"),
			note: cell("PROCNOTE"), betos: cell("BETOS"), tos: cell("TOS1", "TOS2", "TOS3", "TOS4", "TOS5"), base: cell("ANESTBU"),
			added: cell("ADDDT"), effective: cell("ACTEFFDT"), terminated: cell("TERMDT"), action: cell("ACTIONCD"),
		}
		columnOf := func(field string) int {
			name := map[string]string{"long": "LONGDESCRIPTION", "added": "ADDDT", "terminated": "TERMDT"}[field]
			return place[name] + 1
		}
		fault := func(column int, want, got string) error { return table.fault(column-1, want, got) }
		if err := h.add(one, line, fault, columnOf); err != nil && bad.add(err) {
			break
		}
	}
	if err := bad.err(); err != nil {
		return nil, nil, err
	}
	if place == nil {
		return nil, nil, in.wants("a header row with a cell HCPC")
	}
	for _, name := range []string{"LONGDESCRIPTION", "ADDDT", "TERMDT"} {
		if _, ok := place[name]; !ok {
			return nil, nil, in.wants("a column " + name + " in the header row (LONG DESCRIPTION, ADD DT and TERM DT are needed)")
		}
	}
	return h.finish(in.path)
}

func hcpcsHeader(cells []string) map[string]int {
	place := map[string]int{}
	for i, cell := range cells {
		place[headerName(cell)] = i
	}
	if _, ok := place["HCPC"]; !ok {
		return nil
	}
	return place
}
