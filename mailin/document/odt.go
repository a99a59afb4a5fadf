package document

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// readODF reads OpenDocument texts, spreadsheets and presentations (ISO/IEC 26300), packed or as one flat XML file.
func readODF(ctx context.Context, in input, out output, b *budget, more readers) error {
	head := make([]byte, 4)
	n, _ := in.content.ReadAt(head, 0)
	if !strings.HasPrefix(string(head[:n]), "PK") {
		d := &openDocument{office: &office{ctx: ctx, p: newProse(out, b), b: b}}
		t := newTokens(in.stream(ctx))
		d.read(t, "")
		d.end()
		d.note(t.err)
		return d.finish()
	}
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	if t := o.tokens("META-INF/manifest.xml"); t != nil {
		for tok := t.next(); tok != nil; tok = t.next() {
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "encryption-data" {
				return errLocked
			}
		}
	}
	if !o.pack.has("content.xml") {
		if o.pack.has("encrypted-package") {
			return errLocked
		}
		o.note(errNoZIP)
		return o.finish()
	}
	d := &openDocument{office: o}
	// Headers and footers stand in the styles. They are read first, since named list styles stand there too.
	var edges [2]string
	if o.pack.has("styles.xml") {
		if t := o.tokens("styles.xml"); t != nil {
			main := o.p
			for i, element := range []string{"header", "footer"} {
				o.p = main.aside()
				if i == 1 {
					if t = o.tokens("styles.xml"); t == nil {
						break
					}
				}
				d.read(t, element)
				edges[i] = o.p.taken()
			}
			o.p = main
		}
	}
	if edges[0] != "" {
		o.lay(edges[0])
		o.p.separate()
	}
	if t := o.tokens("content.xml"); t != nil {
		d.read(t, "")
		o.note(t.err)
	}
	d.end()
	if edges[1] != "" {
		o.p.separate()
		o.lay(edges[1])
	}
	err = o.finish()
	o.pictures(in, out, more, "pictures/")
	return err
}

// openDocument reads the XML of an OpenDocument file.
type openDocument struct {
	*office
	numbered map[string]*numbering // list styles by name
	hidden   map[string]bool       // table styles that show nothing
	notes    []string
	comments []string
	sheets   int
	slides   int
}

// openList is a list that items are being read of.
type openList struct {
	style *numbering
	mark  string
}

// openTable is an open row of a spreadsheet, with what it and its cell are repeated by.
type openTable struct {
	rowRepeat  int
	cellRepeat int
	value      string // what a cell is, where it shows it in a way that leaves something open
	row        strings.Builder
	gap        int // empty cells that are owed as tabs
	any        bool
}

const (
	maxRepeat  = 1000 // of a row with content; more are there to fill a screen, or to hurt
	maxODFList = 10
)

// read reads the elements of a stream. With edge, only what stands in that element of a master page: "header", "footer".
func (d *openDocument) read(t *tokens, edge string) {
	if d.numbered == nil {
		d.numbered, d.hidden = make(map[string]*numbering), make(map[string]bool)
	}
	p := d.p
	inside := 0 // of text that is shown
	if edge == "" {
		inside = -1 // set by office:body
	}
	var lists []openList
	var table *openTable
	var listStyle *numbering
	tableStyle, calc := "", false
	paragraphs := 0 // open ones: text stands in them
	tables := 0
	for !p.full {
		switch e := t.next().(type) {
		case nil:
			p.breakLine()
			return
		case xml.CharData:
			if inside > 0 && paragraphs > 0 {
				p.words(string(e))
			}
		case xml.StartElement:
			name := e.Name.Local
			switch name {
			// Styles.
			case "list-style":
				listStyle = nil
				if n := attr(e, "name"); n != "" && len(d.numbered) < maxStyles {
					listStyle = &numbering{}
					for i := range listStyle.levels {
						listStyle.levels[i] = level{start: 1, format: "bullet"}
					}
					d.numbered[n] = listStyle
				}
			case "list-level-style-number":
				if i := levelNumber(attr(e, "level")) - 1; listStyle != nil && i >= 0 {
					lv := &listStyle.levels[i]
					lv.format = attr(e, "num-format")
					if lv.format == "" {
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
			case "style":
				tableStyle = attr(e, "name")
			case "table-properties":
				if attr(e, "display") == "false" && len(d.hidden) < maxStyles {
					d.hidden[tableStyle] = true
				}
			// Where text begins.
			case "body":
				inside = max(inside, 0)
			case "text", "spreadsheet", "presentation", "drawing":
				if inside >= 0 && edge == "" && paragraphs == 0 {
					inside++
					calc = calc || name == "spreadsheet"
				}
			case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
				if edge != "" && strings.HasPrefix(name, edge) {
					inside++
				}
			// What is not shown, or not as text.
			case "tracked-changes", "forms", "ruby-text", "title", "desc", "event-listeners", "hidden-text", "script", "scripts", "calculation-settings", "content-validations",
				"database-ranges", "named-expressions", "shapes-settings", "binary-data", "notes-configuration", "index-source", "table-of-content-source", "creator", "date", "creator-initials":
				// Fields of a text have some of these names too, and show something.
				if e.Name.Space != "text" || name == "tracked-changes" || name == "ruby-text" || name == "script" || strings.HasSuffix(name, "-source") || strings.HasSuffix(name, "-configuration") {
					t.skip()
				}
			// Text.
			case "p", "h":
				if inside <= 0 {
					break
				}
				if paragraphs++; table == nil && paragraphs > 1 {
					p.breakLine()
				}
				if table == nil && paragraphs == 1 {
					p.breakLine()
					if n := len(lists); n > 0 {
						p.prefix = lists[n-1].mark
						lists[n-1].mark = ""
					}
				}
			case "s":
				n, err := strconv.Atoi(attr(e, "c"))
				if err != nil {
					n = 1
				}
				if inside > 0 {
					p.write(strings.Repeat(" ", max(0, min(n, 200))))
				}
			case "tab":
				if inside > 0 && paragraphs > 0 {
					if table != nil {
						p.write(" ")
					} else {
						p.tab()
					}
				}
			case "line-break":
				if inside > 0 && paragraphs > 0 {
					if table != nil {
						p.write(" ")
					} else {
						p.endLine()
					}
				}
			case "note":
				d.noted(t)
			case "annotation":
				main := d.p
				d.p = main.aside()
				d.inner(t)
				if text := strings.ReplaceAll(d.p.taken(), "\n", " "); text != "" && len(d.comments) < maxSideNotes {
					d.comments = append(d.comments, text)
				}
				d.p = main
			case "list":
				if inside > 0 && len(lists) < 100 {
					var style *numbering
					if n := attr(e, "style-name"); n != "" {
						style = d.numbered[n]
						if style != nil && attr(e, "continue-numbering") != "true" && attr(e, "continue-list") == "" && len(lists) == 0 {
							style.started = [9]bool{}
						}
					} else if len(lists) > 0 {
						style = lists[len(lists)-1].style
					}
					lists = append(lists, openList{style: style})
				}
			case "list-item":
				if n := len(lists); n > 0 && inside > 0 {
					at := min(n, 9) - 1
					lists[n-1].mark = strings.Repeat("  ", min(at, maxODFList)) + "- "
					if style := lists[n-1].style; style != nil {
						if v, err := strconv.Atoi(attr(e, "start-value")); err == nil {
							style.counts[at], style.started[at] = v-1, true
						}
						lists[n-1].mark = style.next(at)
					}
				}
			// Tables.
			case "table":
				if inside <= 0 {
					break
				}
				if attr(e, "is-sub-table") == "true" {
					break
				}
				tables++
				if calc && tables == 1 {
					d.sheets++
					section := fmt.Sprintf("sheet %d", d.sheets)
					if d.hidden[attr(e, "style-name")] {
						section += " (hidden)"
					}
					p.section(section)
					if n := attr(e, "name"); !ordinaryName(n) {
						p.write(n)
						p.endLine()
					}
				} else {
					p.breakLine()
				}
			case "table-row":
				if inside <= 0 {
					break
				}
				if !calc || tables > 1 {
					p.openRow()
					break
				}
				table = &openTable{rowRepeat: repeated(e, "number-rows-repeated")}
			case "table-cell", "covered-table-cell":
				switch {
				case inside <= 0:
				case table == nil:
					p.openCell()
				default:
					table.cellRepeat = repeated(e, "number-columns-repeated")
					table.value = ""
					if attr(e, "value-type") == "date" {
						table.value = strings.Replace(strings.TrimSuffix(strings.TrimSuffix(attr(e, "date-value"), "T00:00:00"), "Z"), "T", " ", 1)
					}
					p.breakLine()
				}
			// Slides.
			case "page":
				if inside > 0 && !calc {
					d.slides++
					p.section(fmt.Sprintf("slide %d", d.slides))
				}
			case "notes":
				if inside > 0 {
					main := d.p
					d.p = main.aside()
					d.inner(t)
					text := d.p.taken()
					d.p = main
					if text != "" {
						p.separate()
						p.put("Notes:")
						d.lay(text)
					}
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "body":
				inside = min(inside, 0)
			case "text", "spreadsheet", "presentation", "drawing":
				if inside > 0 && edge == "" && paragraphs == 0 {
					inside--
				}
			case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
				if inside > 0 && edge != "" && strings.HasPrefix(e.Name.Local, edge) {
					p.endLine()
					inside--
				}
			case "p", "h":
				if paragraphs == 0 {
					break
				}
				paragraphs--
				switch {
				case table != nil:
					p.write(" ")
				case paragraphs == 0:
					p.endLine()
				default:
					p.breakLine()
				}
			case "list":
				if n := len(lists); n > 0 && inside > 0 {
					lists = lists[:n-1]
				}
			case "table":
				if inside > 0 && tables > 0 {
					tables--
				}
			case "table-row":
				switch {
				case inside <= 0:
				case table == nil:
					p.closeRow()
				default:
					if !d.row(table) {
						return
					}
					table = nil
				}
			case "table-cell", "covered-table-cell":
				switch {
				case inside <= 0:
				case table == nil:
					p.closeCell()
				default:
					d.cell(table)
				}
			case "page":
				p.breakLine()
			case "frame", "text-box", "custom-shape":
				if inside > 0 && table == nil {
					p.breakLine()
				}
			}
		}
	}
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

// cell ends a cell of a spreadsheet: what was written since the last one is its text.
func (d *openDocument) cell(c *openTable) {
	text := strings.TrimSpace(strings.ReplaceAll(string(d.p.line), "\t", " "))
	d.p.line = d.p.line[:0]
	if text != "" && c.value != "" {
		text = c.value
	}
	if text == "" {
		c.gap = min(c.gap+min(c.cellRepeat, 100), 100)
		return
	}
	for n := min(c.cellRepeat, maxRepeat); n > 0 && c.row.Len() < d.b.limits.Text; n-- {
		if d.b.cells--; d.b.cells < 0 {
			return
		}
		if c.any {
			c.gap++
		}
		if c.gap > 20 {
			c.gap = 20
		}
		c.row.WriteString(strings.Repeat("\t", c.gap))
		c.gap, c.any = 0, true
		c.row.WriteString(text)
	}
}

// row ends a row of a spreadsheet. It says false when no more rows are to be read.
func (d *openDocument) row(r *openTable) bool {
	p := d.p
	p.line = p.line[:0]
	if d.b.cells < 0 {
		if r.any {
			p.write(r.row.String())
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
		p.write(r.row.String())
		p.endLine()
		if n > 1 {
			if d.b.cells--; d.b.cells < 0 {
				break
			}
		}
	}
	return true
}

// noted reads a footnote or endnote: its mark stays in the text, its body comes at the end.
func (d *openDocument) noted(t *tokens) {
	main := d.p
	d.p = main.aside()
	d.inner(t)
	text := d.p.taken()
	d.p = main
	if text == "" || len(d.notes) >= maxSideNotes {
		return
	}
	d.notes = append(d.notes, text)
	d.p.write(fmt.Sprintf("[%d]", len(d.notes)))
}

// inner reads the paragraphs of the element whose start was read last, without lists and tables.
func (d *openDocument) inner(t *tokens) {
	paragraphs := 0
	for depth := 1; depth > 0 && !d.p.full; {
		switch e := t.next().(type) {
		case nil:
			return
		case xml.StartElement:
			depth++
			switch e.Name.Local {
			case "p", "h":
				paragraphs++
			case "s", "tab":
				d.p.write(" ")
			case "line-break":
				d.p.endLine()
			case "note-citation", "creator", "date", "creator-initials", "page-thumbnail":
				t.skip()
				depth--
			}
		case xml.EndElement:
			depth--
			if e.Name.Local == "p" || e.Name.Local == "h" {
				paragraphs--
				d.p.endLine()
			}
		case xml.CharData:
			if paragraphs > 0 {
				d.p.words(string(e))
			}
		}
	}
}

// end writes notes and comments.
func (d *openDocument) end() {
	if len(d.notes) > 0 {
		d.p.separate()
	}
	for i, text := range d.notes {
		d.lay(fmt.Sprintf("[%d] %s", i+1, text))
	}
	if len(d.comments) > 0 {
		d.p.separate()
	}
	for _, text := range d.comments {
		d.lay("Comment: " + text)
	}
}
