package document

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// readXLSX reads an Excel workbook: its sheets in their order, rows as lines, cells separated by tabs, numbers and dates as
// they are shown. Formulas are not computed: the value that the file keeps is read.
func readXLSX(ctx context.Context, in input, out output, b *budget, more readers) error {
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	main := o.pack.main()
	if main == "" || !o.pack.has(main) {
		main = "xl/workbook.xml"
	}
	parts := o.pack.relations(main)
	w := &workbook{office: o}
	w.readWorkbook(main, parts)
	if len(w.sheets) == 0 {
		w.guessSheets(path.Dir(main))
	}
	w.readStyles(o.beside(main, parts, "styles"))
	w.readStrings(o.beside(main, parts, "sharedStrings"))
	if len(w.sheets) == 0 {
		o.note(errNoZIP)
	}
	for i, s := range w.sheets {
		if o.stopped() || b.cells < 0 {
			break
		}
		name := fmt.Sprintf("sheet %d", i+1)
		if s.hidden {
			name += " (hidden)"
		}
		o.p.section(name)
		w.sheet(s, i+1)
	}
	if b.cells < 0 {
		out.problem(problemCells)
	}
	err = o.finish()
	o.pictures(in, out, more, path.Dir(plainName(main))+"/media/")
	return err
}

type workbook struct {
	*office
	sheets  []sheet
	date04  bool
	formats []*numberFormat // by cell style
	strings []byte          // the shared strings, one after the other
	ends    []int32         // where each ends
}

type sheet struct {
	name, part string
	hidden     bool
}

const (
	maxSheets     = 1000
	maxStrings    = 2_000_000
	maxStringByte = 64 << 20
	maxCell       = 32 << 10 // bytes of one cell; Excel's own limit is 32,767 characters
)

func (w *workbook) readWorkbook(main string, parts []relation) {
	t := w.tokens(main)
	if t == nil {
		return
	}
	for tok := t.next(); tok != nil && len(w.sheets) < maxSheets; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "workbookPr":
			if v := attr(e, "date1904"); v == "1" || v == "true" {
				w.date04 = true
			}
		case "sheet":
			id := ""
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					id = a.Value
				}
			}
			state := attr(e, "state")
			if target := byID(parts, id); target != "" && !strings.Contains(target, "chartsheet") && !strings.Contains(target, "dialogsheet") {
				w.sheets = append(w.sheets, sheet{name: attr(e, "name"), part: target, hidden: state == "hidden" || state == "veryHidden"})
			}
		}
	}
	w.note(t.err)
}

// guessSheets finds the sheets of a workbook whose list is missing.
func (w *workbook) guessSheets(dir string) {
	for i := 1; i <= 100; i++ {
		if part := path.Join(dir, fmt.Sprintf("worksheets/sheet%d.xml", i)); w.pack.has(part) {
			w.sheets = append(w.sheets, sheet{part: part})
		}
	}
}

// readStyles reads which cell style shows numbers in which way.
func (w *workbook) readStyles(part string) {
	if !w.pack.has(part) {
		return
	}
	t := w.tokens(part)
	if t == nil {
		return
	}
	codes := make(map[int]string)
	known := make(map[int]*numberFormat)
	in := false
	for tok := t.next(); tok != nil && len(w.formats) < maxStyles*4; tok = t.next() {
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "numFmt":
				if id, err := strconv.Atoi(attr(e, "numFmtId")); err == nil && len(codes) < maxStyles {
					codes[id] = attr(e, "formatCode")
				}
			case "cellXfs":
				in = true
			case "xf":
				if !in {
					continue
				}
				id, _ := strconv.Atoi(attr(e, "numFmtId"))
				f, ok := known[id]
				if !ok {
					code, own := codes[id]
					if !own {
						code = builtinFormats[id]
					}
					f = parseNumberFormat(code)
					known[id] = f
				}
				w.formats = append(w.formats, f)
			}
		case xml.EndElement:
			if e.Name.Local == "cellXfs" {
				in = false
			}
		}
	}
	w.note(t.err)
}

func (w *workbook) readStrings(part string) {
	if !w.pack.has(part) {
		return
	}
	t := w.tokens(part)
	if t == nil {
		return
	}
	text, size := false, 0
	for tok := t.next(); tok != nil; tok = t.next() {
		if len(w.ends) >= maxStrings || len(w.strings) > maxStringByte {
			w.note(errExpanded)
			return
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "t":
				text = true
			case "rPh": // how to pronounce it
				t.skip()
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				text = false
			case "si":
				// What is blank at the end is dropped now: a million cells may refer to the same string.
				w.strings = bytes.TrimRight(w.strings, " \t\r\n")
				w.ends = append(w.ends, int32(len(w.strings)))
				size = 0
			}
		case xml.CharData:
			if text && size < maxCell {
				e = e[:min(len(e), maxCell-size)]
				size += len(e)
				w.strings = append(w.strings, e...)
			}
		}
	}
	w.note(t.err)
}

func (w *workbook) shared(i int) string {
	if i < 0 || i >= len(w.ends) {
		return ""
	}
	from := int32(0)
	if i > 0 {
		from = w.ends[i-1]
	}
	return string(w.strings[from:w.ends[i]])
}

// ordinaryName says whether a sheet is named as Excel names it, in some languages.
func ordinaryName(name string) bool {
	rest := strings.TrimRight(name, "0123456789 ")
	switch strings.ToLower(rest) {
	case "sheet", "tabelle", "feuil", "hoja", "foglio", "planilha", "blad", "list", "":
		return true
	}
	return false
}

// sheet reads one sheet.
func (w *workbook) sheet(s sheet, number int) {
	t := w.tokens(s.part)
	if t == nil {
		return
	}
	p := w.p
	if !ordinaryName(s.name) {
		p.write(s.name)
		p.endLine()
	}
	var value []byte
	kind, style := "", 0
	at, next, column := 0, 0, 0 // of the cell, of the one after it, of the last one written
	take := false
	started := false
	lastRow := 0
	for !p.full {
		tok := t.next()
		if tok == nil {
			break
		}
		switch e := tok.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "row":
				column, next = 0, 0
				if n, err := strconv.Atoi(attr(e, "r")); err == nil {
					if lastRow > 0 && n > lastRow+1 {
						p.put("")
					}
					lastRow = n
				} else {
					lastRow++
				}
			case "c":
				if w.b.cells--; w.b.cells < 0 {
					p.endLine()
					return
				}
				kind, style, value = "", 0, value[:0]
				at = next
				for _, a := range e.Attr {
					switch a.Name.Local {
					case "r":
						if n := columnOf(a.Value); n >= 0 {
							at = n
						}
					case "t":
						kind = a.Value
					case "s":
						style, _ = strconv.Atoi(a.Value)
					}
				}
			case "v":
				take = true
			case "t":
				take = kind == "inlineStr"
			case "rPh", "f", "extLst", "sheetViews", "cols", "conditionalFormatting", "dataValidations", "hyperlinks", "headerFooter", "oddHeader", "oddFooter":
				t.skip()
			}
		case xml.CharData:
			if take && len(value) < maxCell {
				value = append(value, e...)
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "v", "t":
				take = false
			case "c":
				next = at + 1
				if text := w.shown(kind, style, string(value)); text != "" {
					// Where a row skips many columns, their number says nothing.
					for gap := min(at-column, 20); gap > 0 && (started || len(p.line) > 0 || at < 20); gap-- {
						p.write("\t")
					}
					column = max(at, column)
					started = true
					p.write(text)
				}
			case "row":
				p.endLine()
				started = false
			}
		}
	}
	w.note(t.err)
	p.breakLine()
	w.around(s)
}

// around reads what stands on a sheet but in no cell: comments, and text boxes.
func (w *workbook) around(s sheet) {
	for _, r := range w.pack.relations(s.part) {
		switch r.kind {
		case "comments":
			w.comments(r.target)
		case "drawing":
			if t := w.tokens(r.target); t != nil {
				w.p.separate()
				drawing(t, w.p)
				w.note(t.err)
			}
		}
	}
}

func (w *workbook) comments(part string) {
	t := w.tokens(part)
	if t == nil {
		return
	}
	w.p.separate()
	for tok := t.next(); tok != nil && !w.p.full; tok = t.next() {
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "comment" {
			ref := attr(e, "ref")
			if columnOf(ref) < 0 {
				ref = "a cell"
			}
			text := t.text(maxCell)
			// Newer versions of Excel explain themselves to older ones before the words of a thread.
			if _, said, ok := strings.Cut(text, "Comment:"); ok && strings.HasPrefix(text, "[Threaded comment]") {
				text = said
			}
			if text = strings.Join(strings.Fields(text), " "); text != "" {
				w.p.write("Comment at " + ref + ": " + text)
				w.p.endLine()
			}
		}
	}
	w.note(t.err)
}

// columnOf reads the column of a cell's name, "B7" is 1; -1 if it is none.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			if i > 0 && ref[i] >= '0' && ref[i] <= '9' {
				return n - 1
			}
			return -1
		}
		n = n*26 + int(c-'A') + 1
	}
	return -1
}

// shown is the text of a cell as Excel shows it, on one line.
func (w *workbook) shown(kind string, style int, value string) string {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return ""
		}
		return flat(unescapeX(w.shared(i)))
	case "inlineStr", "str":
		return flat(unescapeX(value))
	case "b":
		if strings.TrimSpace(value) == "1" {
			return "TRUE"
		} else if value != "" {
			return "FALSE"
		}
		return ""
	case "e":
		return flat(value)
	case "d":
		if t, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(strings.TrimSpace(value), "Z")); err == nil {
			return isoTime(t)
		}
		return flat(value)
	}
	value = strings.TrimSpace(value)
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return flat(value)
	}
	var f *numberFormat
	if style >= 0 && style < len(w.formats) {
		f = w.formats[style]
	}
	return f.show(n, w.date04)
}

// unescapeX reads the escapes of characters that XML does not allow: _x000D_ (ECMA-376-1, 22.4.2.4).
func unescapeX(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var sb strings.Builder
	for {
		i := strings.Index(s, "_x")
		if i < 0 || i+7 > len(s) {
			break
		}
		n, err := strconv.ParseUint(s[i+2:i+6], 16, 16)
		if s[i+6] != '_' || err != nil {
			sb.WriteString(s[:i+2])
			s = s[i+2:]
			continue
		}
		sb.WriteString(s[:i])
		sb.WriteRune(rune(n))
		s = s[i+7:]
	}
	sb.WriteString(s)
	return strings.ToValidUTF8(sb.String(), "")
}

// drawing reads the paragraphs of DrawingML: text boxes, slides, diagrams.
func drawing(t *tokens, p *prose) {
	text, rows := false, 0
	for !p.full {
		switch e := t.next().(type) {
		case nil:
			p.breakLine()
			for ; rows > 0; rows-- {
				p.closeRow()
			}
			return
		case xml.StartElement:
			switch e.Name.Local {
			case "t":
				text = true
			case "br":
				p.endLine()
			case "tab":
				// In DrawingML tabs stand in the text; this is a stop.
			case "tr":
				p.openRow()
				rows++
			case "tc":
				p.openCell()
			case "fld":
				// Slide numbers and the like change with the copy.
				if kind := attr(e, "type"); kind == "slidenum" || strings.HasPrefix(kind, "datetime") {
					t.skip()
				}
			case "Fallback", "extLst", "tblPr", "bodyPr", "pPr", "rPr", "nvPr", "cNvPr":
				t.skip()
			}
		case xml.EndElement:
			switch e.Name.Local {
			case "t":
				text = false
			case "p":
				p.endLine()
			case "tc":
				p.closeCell()
			case "tr":
				if rows > 0 {
					p.closeRow()
					rows--
				}
			case "txBody", "sp", "graphicFrame":
				p.separate()
			}
		case xml.CharData:
			if text {
				p.write(string(e))
			}
		}
	}
}
