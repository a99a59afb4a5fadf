package codebook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// grid reads a table whose columns are found by their names: agencies put titles above the header and insert columns between years.
type grid struct {
	sheet
	file  string
	place map[string]int // column by name, see headerName
	cells []string
	n     int

	undated strays // cells that should be dates and are none, where that is borne with
}

// openGrid reads to the header row, which alone has all the columns that are needed.
func openGrid(in input, r io.Reader, need []string) (*grid, error) {
	s, err := openSheet(in.path, r)
	if err != nil {
		return nil, err
	}
	return gridOf(in.path, s, need)
}

func gridOf(file string, s sheet, need []string) (*grid, error) {
	g := &grid{sheet: s, file: file}
	for range headRows {
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if place := columnPlaces(cells); hasColumns(place, need) {
			g.place = place
			return g, nil
		}
	}
	return nil, &FileError{File: file, Want: "a header row with the columns " + strings.Join(need, ", ")}
}

// hasHeader recognises a table by the columns of its header row.
func hasHeader(need []string) func(head) bool {
	return func(h head) bool {
		return slices.ContainsFunc(h.rows, func(cells []string) bool { return len(cells) >= len(need) && hasColumns(columnPlaces(cells), need) })
	}
}

func columnPlaces(cells []string) map[string]int {
	place := make(map[string]int, len(cells))
	for i, cell := range cells {
		if name := headerName(cell); name != "" {
			if _, twice := place[name]; !twice {
				place[name] = i
			}
		}
	}
	return place
}

func hasColumns(place map[string]int, need []string) bool {
	return !slices.ContainsFunc(need, func(name string) bool { _, ok := place[headerName(name)]; return !ok })
}

// column finds the first of some spellings of a column's name; -1 when the file has none of them.
func (g *grid) column(names ...string) int {
	for _, name := range names {
		if i, ok := g.place[headerName(name)]; ok {
			return i
		}
	}
	return -1
}

// columnLike finds the first column whose name has the words in it, whatever else ("FY 2026 Final Post-Acute DRG").
func (g *grid) columnLike(words string) int {
	best := -1
	for name, i := range g.place {
		if strings.Contains(name, headerName(words)) && (best < 0 || i < best) {
			best = i
		}
	}
	return best
}

// row reads the next row that is not empty; false at the end.
func (g *grid) row(ctx context.Context) (bool, error) {
	for {
		if g.n++; g.n%4096 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		cells, err := g.next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if g.cells = cells; !blank(cells) {
			return true, nil
		}
	}
}

// each calls f for every row; its errors count as faults of their rows, of which up to ten are gathered.
func (g *grid) each(ctx context.Context, f func() error) error {
	var bad faults
	for {
		more, err := g.row(ctx)
		if err != nil {
			return err
		}
		if !more {
			return bad.err()
		}
		if err := f(); err != nil && bad.add(err) {
			return bad.err()
		}
	}
}

// cell is a cell of the row, trimmed; "" for a column that is not there.
func (g *grid) cell(column int) string { return squeeze(at(g.cells, column)) }

// wrong is an error at a cell of the row.
func (g *grid) wrong(column int, want string) error {
	return g.fault(max(column, 0), want, g.cell(column))
}

// day reads a date of the row: 20260102, 2026-01-02, with or without a time after it, or 1/2/2026. Blank and the far future are open.
func (g *grid) day(column int) (day, error) {
	text := g.cell(column)
	d, err := officialDay(text)
	if err != nil {
		return 0, g.wrong(column, "a date (YYYYMMDD, YYYY-MM-DD or MM/DD/YYYY), or nothing")
	}
	return d, nil
}

func officialDay(text string) (day, error) {
	text, _, _ = strings.Cut(text, " ")
	text, _, _ = strings.Cut(text, "T")
	if strings.Contains(text, "/") {
		var month, dayOfMonth, year int
		if n, err := fmt.Sscanf(text, "%d/%d/%d", &month, &dayOfMonth, &year); err != nil || n != 3 {
			return 0, fmt.Errorf("%q is no date", clip(text, 20))
		}
		text = fmt.Sprintf("%04d%02d%02d", year, month, dayOfMonth)
	}
	if strings.HasPrefix(text, "9999") || strings.HasPrefix(text, "2999") {
		return 0, nil
	}
	return openDay(text)
}

// westernReader passes UTF-8 on and reads each byte that is not part of any as Windows-1252, which is what the coverage database is in.
type westernReader struct {
	r     *bufio.Reader
	begun bool
	rest  []byte
}

func (w *westernReader) Read(p []byte) (int, error) {
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	for n < len(p) {
		if n > 0 && w.r.Buffered() == 0 {
			return n, nil
		}
		r, size, err := w.r.ReadRune()
		if err != nil {
			if n > 0 && errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		if first := !w.begun; first {
			w.begun = true
			if r == '\ufeff' {
				continue
			}
		}
		if r == utf8.RuneError && size == 1 {
			if err := w.r.UnreadRune(); err != nil {
				return n, err
			}
			c, err := w.r.ReadByte()
			if err != nil {
				return n, err
			}
			r = charmap.Windows1252.DecodeByte(c)
		}
		if r < utf8.RuneSelf {
			p[n] = byte(r)
			n++
			continue
		}
		var store [utf8.UTFMax]byte
		k := utf8.EncodeRune(store[:], r)
		m := copy(p[n:], store[:k])
		n += m
		if m < k {
			w.rest = append(w.rest[:0], store[m:k]...)
		}
	}
	return n, nil
}
