package document

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// odfBody reads one XML stream of an OpenDocument file. Elements are told by their local names; the few that exist twice
// are told by the prefix that every program gives them.
type odfBody struct {
	*openDocument
	t    *tokens
	edge string // "header", "footer": only what stands in that element of a master page; "" for the document itself

	inside     int  // open elements whose text is shown; below zero before the body of the document
	paragraphs int  // open ones: text stands in them
	calc       bool // the document is a spreadsheet
	tables     int  // open ones
	lists      []openList
	row        *sheetRow  // the open row of a sheet
	listStyle  *numbering // the list style that is described
	tableStyle string     // the style that is described
}

// openList is a list that items are being read of.
type openList struct {
	style *numbering
	mark  string // of the item, until its first paragraph has it
}

// sheetRow is an open row of a spreadsheet, with what it and its cell are repeated by.
type sheetRow struct {
	rowRepeat  int
	cellRepeat int
	value      string // what a cell is, where it shows it in a way that leaves something open
	text       strings.Builder
	gap        int // empty cells that are owed as tabs
	any        bool
}

const (
	maxRepeat    = 1000 // of a row with content; more are there to fill a screen, or to hurt
	maxOpenLists = 100
)

// read reads the elements of a stream; edge is as in odfBody.
func (d *openDocument) read(t *tokens, edge string) {
	if d.numbered == nil {
		d.numbered, d.hidden = make(map[string]*numbering), make(map[string]bool)
	}
	b := &odfBody{openDocument: d, t: t, edge: edge}
	if edge == "" {
		b.inside = -1
	}
	for more := true; more && !d.p.full; {
		switch e := t.next().(type) {
		case nil:
			more = false
		case xml.CharData:
			if b.inside > 0 && b.paragraphs > 0 {
				d.p.words(string(e))
			}
		case xml.StartElement:
			b.start(e)
		case xml.EndElement:
			more = b.end(e.Name.Local)
		}
	}
	d.p.breakLine()
}

func (d *odfBody) start(e xml.StartElement) {
	switch name := e.Name.Local; name {
	case "list-style", "list-level-style-number", "style", "table-properties":
		d.style(e)
	case "body":
		d.inside = max(d.inside, 0)
	case "text", "spreadsheet", "presentation", "drawing":
		if d.inside >= 0 && d.edge == "" && d.paragraphs == 0 {
			d.inside++
			d.calc = d.calc || name == "spreadsheet"
		}
	case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
		if d.edge != "" && strings.HasPrefix(name, d.edge) {
			d.inside++
		}
	case "tracked-changes", "ruby-text", "index-source", "table-of-content-source", "notes-configuration", "script", "forms", "event-listeners", "scripts", "calculation-settings",
		"content-validations", "database-ranges", "named-expressions", "shapes-settings", "binary-data":
		d.t.skip()
	case "title", "desc", "hidden-text", "creator", "date", "creator-initials":
		// What describes a picture or a comment is not shown; fields of the text have these names too, and are.
		if e.Name.Space != "text" {
			d.t.skip()
		}
	default:
		if d.inside > 0 {
			d.shown(e)
		}
	}
}

// style reads what styles say of the numbers of lists, and of sheets that are hidden.
func (d *odfBody) style(e xml.StartElement) {
	switch e.Name.Local {
	case "style":
		d.tableStyle = attr(e, "name")
	case "table-properties":
		if attr(e, "display") == "false" && len(d.hidden) < maxStyles {
			d.hidden[d.tableStyle] = true
		}
	case "list-style":
		d.listStyle = nil
		if name := attr(e, "name"); name != "" && len(d.numbered) < maxStyles {
			d.listStyle = &numbering{}
			for i := range d.listStyle.levels {
				d.listStyle.levels[i] = level{start: 1, format: "bullet"}
			}
			d.numbered[name] = d.listStyle
		}
	case "list-level-style-number":
		i := levelNumber(attr(e, "level")) - 1
		if d.listStyle == nil || i < 0 {
			return
		}
		lv := &d.listStyle.levels[i]
		if lv.format = attr(e, "num-format"); lv.format == "" {
			lv.format = "none"
		}
		if n, err := strconv.Atoi(attr(e, "start-value")); err == nil {
			lv.start = n
		}
		above, _ := strconv.Atoi(attr(e, "display-levels"))
		lv.text = attr(e, "num-prefix")
		for k := max(0, i+1-max(above, 1)); k <= i; k++ {
			lv.text += "%" + strconv.Itoa(k+1)
			if k < i {
				lv.text += "."
			}
		}
		lv.text += attr(e, "num-suffix")
	}
}

// shown reads an element of the text.
func (d *odfBody) shown(e xml.StartElement) {
	switch e.Name.Local {
	case "p", "h":
		d.paragraphs++
		if d.row != nil {
			break
		}
		d.p.breakLine()
		if n := len(d.lists); n > 0 && d.paragraphs == 1 {
			d.p.prefix = d.lists[n-1].mark
			d.lists[n-1].mark = ""
		}
	case "s":
		n, err := strconv.Atoi(attr(e, "c"))
		if err != nil {
			n = 1
		}
		d.p.write(strings.Repeat(" ", max(0, min(n, 200))))
	case "tab", "line-break":
		switch {
		case d.paragraphs == 0:
		case d.row != nil:
			d.p.write(" ")
		case e.Name.Local == "tab":
			d.p.tab()
		default:
			d.p.endLine()
		}
	case "note":
		if text := d.aside(); text != "" && len(d.notes) < maxSideNotes {
			d.notes = append(d.notes, text)
			d.p.write(fmt.Sprintf("[%d]", len(d.notes)))
		}
	case "annotation":
		if text := strings.ReplaceAll(d.aside(), "\n", " "); text != "" && len(d.comments) < maxSideNotes {
			d.comments = append(d.comments, text)
		}
	case "notes":
		if text := d.aside(); text != "" {
			d.p.separate()
			d.p.put("Notes:")
			d.lay(text)
		}
	case "list":
		d.openList(e)
	case "list-item":
		d.openItem(e)
	case "table":
		d.openTable(e)
	case "table-row":
		if d.calc && d.tables <= 1 {
			d.row = &sheetRow{rowRepeat: repeated(e, "number-rows-repeated")}
		} else {
			d.p.openRow()
		}
	case "table-cell", "covered-table-cell":
		if d.row == nil {
			d.p.openCell()
			break
		}
		d.p.breakLine()
		d.row.cellRepeat, d.row.value = repeated(e, "number-columns-repeated"), ""
		if attr(e, "value-type") == "date" {
			date := strings.TrimSuffix(strings.TrimSuffix(attr(e, "date-value"), "T00:00:00"), "Z")
			d.row.value = strings.Replace(date, "T", " ", 1)
		}
	case "page":
		if !d.calc {
			d.slides++
			d.p.section(fmt.Sprintf("slide %d", d.slides))
		}
	}
}

func (d *odfBody) openList(e xml.StartElement) {
	n := len(d.lists)
	if n >= maxOpenLists {
		return
	}
	var style *numbering
	if name := attr(e, "style-name"); name != "" {
		style = d.numbered[name]
		if style != nil && n == 0 && attr(e, "continue-numbering") != "true" && attr(e, "continue-list") == "" {
			style.started = [9]bool{}
		}
	} else if n > 0 {
		style = d.lists[n-1].style
	}
	d.lists = append(d.lists, openList{style: style})
}

func (d *odfBody) openItem(e xml.StartElement) {
	n := len(d.lists)
	if n == 0 {
		return
	}
	at, list := min(n, 9)-1, &d.lists[n-1]
	list.mark = strings.Repeat("  ", at) + "- "
	if list.style == nil {
		return
	}
	if v, err := strconv.Atoi(attr(e, "start-value")); err == nil {
		list.style.counts[at], list.style.started[at] = v-1, true
	}
	list.mark = list.style.next(at)
}

func (d *odfBody) openTable(e xml.StartElement) {
	d.tables++
	if !d.calc || d.tables > 1 {
		d.p.breakLine()
		return
	}
	d.sheets++
	section := fmt.Sprintf("sheet %d", d.sheets)
	if d.hidden[attr(e, "style-name")] {
		section += " (hidden)"
	}
	d.p.section(section)
	if name := attr(e, "name"); !ordinaryName(name) {
		d.p.write(name)
		d.p.endLine()
	}
}

// end reads the end of an element. It says false when no more is to be read.
func (d *odfBody) end(name string) bool {
	switch name {
	case "body":
		d.inside = min(d.inside, 0)
		return true
	}
	if d.inside <= 0 {
		return true
	}
	switch name {
	case "text", "spreadsheet", "presentation", "drawing":
		if d.edge == "" && d.paragraphs == 0 {
			d.inside--
		}
	case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
		if d.edge != "" && strings.HasPrefix(name, d.edge) {
			d.p.endLine()
			d.inside--
		}
	case "p", "h":
		if d.paragraphs == 0 {
			break
		}
		d.paragraphs--
		switch {
		case d.row != nil:
			d.p.write(" ")
		case d.paragraphs == 0:
			d.p.endLine()
		default:
			d.p.breakLine()
		}
	case "list":
		d.lists = d.lists[:max(0, len(d.lists)-1)]
	case "table":
		d.tables = max(0, d.tables-1)
	case "table-row":
		if d.row == nil {
			d.p.closeRow()
			break
		}
		row := d.row
		d.row = nil
		return d.endRow(row)
	case "table-cell", "covered-table-cell":
		if d.row == nil {
			d.p.closeCell()
		} else {
			d.endCell(d.row)
		}
	case "page", "frame", "text-box", "custom-shape":
		if d.row == nil {
			d.p.breakLine()
		}
	}
	return true
}

func repeated(e xml.StartElement, name string) int {
	n, err := strconv.Atoi(attr(e, name))
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 1 << 30
	case err != nil || n < 1:
		return 1
	}
	return n
}

// endCell ends a cell of a spreadsheet: what was written since the last one is its text.
func (d *odfBody) endCell(c *sheetRow) {
	text := strings.TrimSpace(strings.ReplaceAll(string(d.p.line), "\t", " "))
	d.p.line = d.p.line[:0]
	if text != "" && c.value != "" {
		text = c.value
	}
	if text == "" {
		c.gap = min(c.gap+min(c.cellRepeat, 100), 100)
		return
	}
	for n := min(c.cellRepeat, maxRepeat); n > 0 && c.text.Len() < d.b.limits.Text; n-- {
		if d.b.cells--; d.b.cells < 0 {
			return
		}
		if c.any {
			c.gap++
		}
		if c.gap > 20 {
			c.gap = 20
		}
		c.text.WriteString(strings.Repeat("\t", c.gap))
		c.gap, c.any = 0, true
		c.text.WriteString(text)
	}
}

// endRow ends a row of a spreadsheet. It says false when no more rows are to be read.
func (d *odfBody) endRow(r *sheetRow) bool {
	p := d.p
	p.line = p.line[:0]
	if d.b.cells < 0 {
		if r.any {
			p.write(r.text.String())
			p.endLine()
		}
		if p.out != nil {
			p.out.problem(problemCells)
		}
		return false
	}
	if !r.any {
		p.put("")
		return true
	}
	for n := min(r.rowRepeat, maxRepeat); n > 0 && !p.full; n-- {
		p.write(r.text.String())
		p.endLine()
		if n > 1 {
			if d.b.cells--; d.b.cells < 0 {
				break
			}
		}
	}
	return true
}
