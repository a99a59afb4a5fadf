package document

import (
	"strings"
	"unicode/utf8"
)

// prose puts the text of a document together: lines, and rows of a table whose cells stand on one line, so that a code
// and its description stay together. What it holds back is bounded by the limit of text.
type prose struct {
	out   output // nil for a piece that is kept aside
	left  *int   // bytes of text that may still come, shared with pieces kept aside
	full  bool   // nothing more is taken
	wrote bool   // something that is no white space was written

	ready  []byte // whole lines that were not handed on yet
	line   []byte // the open line
	prefix string // the number of a list item, written before the first text of its line
	lead   string // what the next text begins with, on whatever line that is
	blank  bool   // an empty line is owed before the next one
	begun  bool   // a line was written in this section
	rows   []row  // open rows of tables, the innermost last
}

// row is an open table row. Each cell is a list of lines.
type row struct {
	cells [][]string
	open  bool // the last cell takes lines
}

const (
	handOnBytes = 16 << 10
	maxRows     = 32   // of tables within cells; deeper ones are read as lines
	maxColumns  = 2000 // of a row
)

func newProse(out output, b *budget) *prose {
	left := b.limits.Text + 1
	return &prose{out: out, left: &left}
}

// aside begins a piece that is kept back, such as a footnote.
func (p *prose) aside() *prose { return &prose{left: p.left, full: p.full} }

// taken ends a piece that was kept back.
func (p *prose) taken() string {
	p.endLine()
	return strings.TrimRight(string(p.ready), "\n")
}

// write adds text to the open line. Line ends within it are white space; characters that only steer are dropped, because
// they would cut a code in two.
func (p *prose) write(s string) {
	if s == "" || p.full {
		return
	}
	if *p.left -= len(s); *p.left < 0 {
		s = truncate(s, max(0, len(s)+*p.left))
		p.full = true
	}
	if (p.prefix != "" || p.lead != "") && strings.TrimSpace(s) != "" {
		p.line = append([]byte(p.lead+p.prefix), p.line...) // nothing but white space stands there yet
		p.prefix, p.lead = "", ""
	}
	from := len(p.line)
	p.line = appendClean(p.line, s)
	if !p.wrote {
		p.wrote = strings.TrimSpace(string(p.line[from:])) != ""
	}
}

// words adds text in which runs of white space are one space.
func (p *prose) words(s string) {
	gap := func() {
		if n := len(p.line); n > 0 && p.line[n-1] != ' ' && p.line[n-1] != '\t' {
			p.write(" ")
		}
	}
	words := strings.Join(strings.Fields(s), " ")
	if words == "" || strings.ContainsRune(" \t\r\n", rune(s[0])) {
		gap()
	}
	p.write(words)
	if words != "" && strings.ContainsRune(" \t\r\n", rune(s[len(s)-1])) {
		gap()
	}
}

// appendClean appends a text without its controls and characters of no width.
func appendClean(to []byte, s string) []byte {
	plain := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f {
			i++
			continue
		}
		to = append(to, s[plain:i]...)
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			to = append(to, '\t')
		case r == '\n', r == '\r', r == '\v', r == '\f', r == '\u0085', r == '\u00a0', r == '\u2028', r == '\u2029', r >= '\u2000' && r <= '\u200a', r == '\u202f', r == '\u205f', r == '\u3000':
			to = append(to, ' ')
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0:
		case r == '\u00ad', r >= '\u200b' && r <= '\u200f', r >= '\u202a' && r <= '\u202e', r == '\u2060', r == '\ufeff', r == '\ufffc':
		case r == '\u2010', r == '\u2011':
			to = append(to, '-')
		default:
			to = utf8.AppendRune(to, r)
		}
		i += n
		plain = i
	}
	return append(to, s[plain:]...)
}

// inCell says whether lines go to a cell of a table.
func (p *prose) inCell() bool { return len(p.rows) > 0 && p.rows[len(p.rows)-1].open }

// tab separates columns; within a cell, where tabs separate the cells, it is a space.
func (p *prose) tab() {
	if p.inCell() {
		p.write(" ")
	} else {
		p.write("\t")
	}
}

// endLine ends the open line. An empty one is owed as a blank line.
func (p *prose) endLine() {
	p.prefix = ""
	line := strings.TrimRight(string(p.line), " \t")
	p.line = p.line[:0]
	if p.inCell() {
		if line = strings.TrimSpace(strings.ReplaceAll(line, "\t", " ")); line != "" {
			r := &p.rows[len(p.rows)-1]
			last := len(r.cells) - 1
			r.cells[last] = append(r.cells[last], line)
		}
		return
	}
	p.put(line)
}

// breakLine ends a line if one is open.
func (p *prose) breakLine() {
	if len(p.line) > 0 {
		p.endLine()
	}
	p.prefix = ""
}

// put takes a whole line outside cells.
func (p *prose) put(line string) {
	if line == "" {
		p.blank = p.begun
		return
	}
	if p.blank {
		p.ready = append(p.ready, '\n')
		p.blank = false
	}
	p.begun = true
	p.ready = append(p.ready, line...)
	p.ready = append(p.ready, '\n')
	if len(p.ready) >= handOnBytes {
		p.handOn()
	}
}

// handOn passes on the lines that are whole.
func (p *prose) handOn() {
	if p.out == nil || len(p.ready) == 0 {
		return
	}
	if !p.out.text(string(p.ready)) {
		p.full = true
	}
	p.ready = p.ready[:0]
}

// done passes on everything.
func (p *prose) done() {
	for len(p.rows) > 0 {
		p.closeRow()
	}
	p.breakLine()
	p.handOn()
	// Pieces that were kept aside and came twice are not in the text, so the output may not have met the limit itself.
	if *p.left < 0 && p.out != nil {
		p.out.problem(problemText)
	}
}

// section begins a named piece.
func (p *prose) section(name string) {
	p.breakLine()
	p.handOn()
	p.blank, p.begun = false, false
	if p.out != nil {
		p.out.section(name)
	}
}

// separate asks for an empty line before what follows.
func (p *prose) separate() {
	p.breakLine()
	if !p.inCell() {
		p.blank = p.begun
	}
}

func (p *prose) openRow() {
	p.breakLine()
	if len(p.rows) <= maxRows {
		p.rows = append(p.rows, row{})
	}
}

func (p *prose) openCell() {
	if len(p.rows) == 0 || len(p.rows) > maxRows {
		p.breakLine()
		return
	}
	p.closeCell()
	r := &p.rows[len(p.rows)-1]
	if len(r.cells) < maxColumns {
		r.cells = append(r.cells, nil)
	}
	r.open = true
}

func (p *prose) closeCell() {
	if p.inCell() {
		p.breakLine()
		p.rows[len(p.rows)-1].open = false
	}
}

func (p *prose) closeRow() {
	if len(p.rows) == 0 {
		return
	}
	p.closeCell()
	r := p.rows[len(p.rows)-1]
	p.rows = p.rows[:len(p.rows)-1]
	lines := r.lines()
	if p.inCell() {
		outer := &p.rows[len(p.rows)-1]
		last := len(outer.cells) - 1
		outer.cells[last] = append(outer.cells[last], lines...)
		return
	}
	for _, line := range lines {
		p.put(line)
	}
}

// lines lays a row out. Cells of one line stand on one line. The lines of taller cells stand beside each other as they do
// on paper, unless several cells hold prose of different length, which is read cell by cell.
func (r row) lines() []string {
	cells := r.cells
	for len(cells) > 0 && len(cells[len(cells)-1]) == 0 {
		cells = cells[:len(cells)-1]
	}
	filled, tall, height, same, bytes, count := 0, 0, 0, true, 0, 0
	for _, c := range cells {
		if len(c) > 0 {
			filled++
		}
		if len(c) > 1 {
			same = same && (tall == 0 || len(c) == height)
			tall++
			for _, line := range c {
				bytes += len(line)
			}
			count += len(c)
		}
		height = max(height, len(c))
	}
	switch {
	case height == 0:
		return nil
	case filled == 1 && height > 1:
		return cells[len(cells)-1]
	case tall > 1 && !same && bytes/count > 60:
		var all []string
		for _, c := range cells {
			all = append(all, c...)
		}
		return all
	}
	all := make([]string, height)
	var line strings.Builder
	for i := range all {
		line.Reset()
		for j, c := range cells {
			if j > 0 && (i == 0 || line.Len() > 0) {
				line.WriteByte('\t')
			}
			if i < len(c) {
				line.WriteString(c[i])
			}
		}
		all[i] = strings.TrimRight(line.String(), "\t")
	}
	return all
}
