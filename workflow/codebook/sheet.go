package codebook

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// sheet gives the rows of a table, whichever way it is written: text separated by tabs or commas, or the first sheet of a workbook that has
// any. CMS publishes most tables in two or three of these, with the same columns.
type sheet interface {
	// next returns the cells of the next row, each without blanks around it; io.EOF after the last. The slice is valid until the next call.
	next() ([]string, error)
	// fault is an error at a cell, from 0, of the row given last.
	fault(cell int, want, got string) error
	// line is the number of the row given last, from 1, as a person finds it in the file.
	line() int
}

// openSheet tells by the first bytes how the table is written.
func openSheet(file string, r io.Reader) (sheet, error) {
	buffered := bufio.NewReaderSize(r, headSize)
	start, err := buffered.Peek(headSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &FileError{File: file, Want: "a readable file", Err: err}
	}
	if isZip(start) {
		return openWorkbook(file, buffered)
	}
	if tabbed(start) {
		return &tabSheet{lines: newLineReader(file, buffered)}, nil
	}
	return newCommaSheet(file, utf8Reader(file, buffered)), nil
}

// isZip: how a zip archive, and so a workbook, begins.
func isZip(start []byte) bool {
	return strings.HasPrefix(string(start), "PK\x03\x04") || strings.HasPrefix(string(start), "PK\x05\x06")
}

// tabbed: more lines have a tab than not.
func tabbed(start []byte) bool {
	with, without := 0, 0
	for line := range strings.SplitSeq(string(start), "\n") {
		switch {
		case strings.Contains(line, "\t"):
			with++
		case strings.TrimSpace(line) != "":
			without++
		}
	}
	return with > without
}

// tabSheet is text whose cells are separated by single tabs. A cell that begins with a quotation mark ends with one, as spreadsheets write
// cells that hold commas or quotation marks.
type tabSheet struct {
	lines *lineReader
	cells []string
	text  string
}

func (s *tabSheet) next() ([]string, error) {
	line, err := s.lines.next()
	if err != nil {
		return nil, err
	}
	s.text, s.cells = line, s.cells[:0]
	for {
		cell, rest, more := strings.Cut(line, "\t")
		cell = trimCell(cell)
		if len(cell) >= 2 && cell[0] == '"' && cell[len(cell)-1] == '"' {
			cell = strings.ReplaceAll(cell[1:len(cell)-1], `""`, `"`)
		}
		s.cells = append(s.cells, cell)
		if !more {
			return s.cells, nil
		}
		line = rest
	}
}

func (s *tabSheet) fault(cell int, want, got string) error {
	column, line := 1, s.text
	for range cell {
		before, rest, more := strings.Cut(line, "\t")
		if !more {
			break
		}
		column += len([]rune(before)) + 1
		line = rest
	}
	return s.lines.fault(column, want, got)
}

func (s *tabSheet) line() int { return s.lines.n }

// commaSheet is text whose cells are separated by commas (RFC 4180); a quoted cell may hold line ends.
type commaSheet struct {
	file  string
	r     *csv.Reader
	n     int
	cells int
}

func newCommaSheet(file string, r io.Reader) *commaSheet {
	reader := csv.NewReader(r)
	reader.FieldsPerRecord = -1
	reader.LazyQuotes = true
	reader.ReuseRecord = true
	return &commaSheet{file: file, r: reader}
}

func (s *commaSheet) next() ([]string, error) {
	cells, err := s.r.Read()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		var fe *FileError
		if errors.As(err, &fe) {
			return nil, err
		}
		line, column := 0, 0
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			line, column = pe.Line, pe.Column
		}
		return nil, &FileError{File: s.file, Line: line, Column: column, Want: "comma separated cells", Err: err}
	}
	s.n, _ = s.r.FieldPos(0)
	s.cells = len(cells)
	for i, cell := range cells {
		cells[i] = trimCell(cell)
	}
	return cells, nil
}

func (s *commaSheet) fault(cell int, want, got string) error {
	line, column := s.n, 1
	if cell < s.cells {
		line, column = s.r.FieldPos(cell)
	}
	return &FileError{File: s.file, Line: line, Column: column, Want: want, Got: got}
}

func (s *commaSheet) line() int { return s.n }

// trimCell takes blanks off, no-break spaces and the byte order mark among them.
func trimCell(s string) string {
	if s == "" || s[0] > ' ' && s[0] < 0x7f && s[len(s)-1] > ' ' && s[len(s)-1] < 0x7f {
		return s
	}
	return strings.Trim(s, " \t\r\n\u00a0\ufeff")
}

// at is a cell of a row, "" where the row is shorter or the column is not there (-1).
func at(cells []string, column int) string {
	if column < 0 || column >= len(cells) {
		return ""
	}
	return cells[column]
}

// preamble gathers what stands above the data of an official table: the copyright lines, and the captions of the columns, which several
// rows may share (the fee schedule stacks five, the PTP edits four).
type preamble struct {
	captions []string // by column, what all caption rows say, upper case
	texts    []string // the rows of one cell: titles, notices
}

// add takes a row that is no data.
func (p *preamble) add(cells []string) {
	filled, only := 0, ""
	for _, cell := range cells {
		if cell != "" {
			filled++
			only = cell
		}
	}
	if filled == 0 {
		return
	}
	if filled == 1 {
		for line := range strings.SplitSeq(only, "\n") {
			if line = squeeze(line); line != "" {
				p.texts = append(p.texts, line)
			}
		}
		return
	}
	for i, cell := range cells {
		for len(p.captions) <= i {
			p.captions = append(p.captions, "")
		}
		p.captions[i] = squeeze(p.captions[i] + " " + strings.ToUpper(cell))
	}
}

// captionsAbove gathers what stands above the first row of data that the beginning of a file shows; false when it shows none.
func captionsAbove(h head, isData func([]string) bool) (*preamble, bool) {
	p := &preamble{}
	for _, cells := range h.rows {
		if isData(cells) {
			return p, true
		}
		p.add(cells)
	}
	return p, false
}

// column finds the first column whose caption contains one of the names, tried in turn; -1 if none does.
func (p *preamble) column(names ...string) int {
	for _, name := range names {
		for i, caption := range p.captions {
			if strings.Contains(caption, name) {
				return i
			}
		}
	}
	return -1
}

// licence is the copyright line that the file carries, which has to stand wherever its codes are handed on; "" if it has none.
func (p *preamble) licence() string { return copyrightIn(p.texts) }

// copyrightIn finds the notice of the American Medical Association.
func copyrightIn(lines []string) string {
	for _, line := range lines {
		lower := strings.ToLower(line)
		if strings.Contains(lower, "copyright") && strings.Contains(lower, "american medical association") {
			return clip(line, 400)
		}
	}
	return ""
}

// eachRow reads a table: what isData refuses goes to the preamble until the first data row; then ready is called once, and data for each row
// that is not blank. An error of data counts as a fault of its row, of which up to ten are gathered.
func eachRow(ctx context.Context, s sheet, isData func([]string) bool, ready func(*preamble) error, data func([]string) error) (*preamble, error) {
	p := &preamble{}
	begun := false
	var bad faults
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if !begun {
			if !isData(cells) {
				p.add(cells)
				continue
			}
			begun = true
			if err := ready(p); err != nil {
				return nil, err
			}
		}
		if blank(cells) {
			continue
		}
		if err := data(cells); err != nil && bad.add(err) {
			break
		}
	}
	return p, bad.err()
}

func blank(cells []string) bool {
	for _, cell := range cells {
		if cell != "" {
			return false
		}
	}
	return true
}
