package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// wordBody reads running text: of the document itself, a header, a note, a comment.
type wordBody struct {
	*word
	t     *tokens
	until string // the element that is read to its end; "" for a whole part
	above int    // table rows that were open before

	depth     int // of open elements
	texts     int // open elements that hold text
	para      paragraph
	paraProps int // depth of the properties of a paragraph or run that are read, 0 outside
	runProps  int
	inRun     bool
	hidden    bool   // the run is hidden text
	fields    []bool // open fields; true while their code, not their result, is read
	choices   []choice
	boxes     []box
}

// choice is an open mc:AlternateContent.
type choice struct {
	depth int
	taken bool
}

// box is what is set aside while the text of a box is read.
type box struct {
	line          []byte
	prefix        string
	fields        []bool
	hidden, inRun bool
}

const maxBoxes = 16

// body reads running text up to the end of the element until, which is open, or of the part.
func (w *word) body(t *tokens, until string) {
	b := &wordBody{word: w, t: t, until: until, above: len(w.p.rows)}
	for !w.p.full {
		more := true
		switch tok := t.next().(type) {
		case nil:
			more = false
		case xml.CharData:
			if b.texts > 0 && b.shown() {
				w.p.write(string(tok))
			}
		case xml.StartElement:
			b.start(tok)
		case xml.EndElement:
			more = b.end(tok.Name.Local)
		}
		if !more {
			break
		}
	}
	for len(b.boxes) > 0 {
		b.closeBox()
	}
	w.p.breakLine()
	for len(w.p.rows) > b.above {
		w.p.closeRow()
	}
}

// skip passes over the element that was opened last.
func (w *wordBody) skip() {
	w.t.skip()
	w.depth--
}

func (w *wordBody) start(e xml.StartElement) {
	w.depth++
	name := e.Name.Local
	if name == "t" || name == "p" || name == "r" {
		w.paraProps, w.runProps = 0, 0 // they never stand in properties: an end is missing
	}
	switch {
	case w.paraProps > 0:
		w.paraProperty(e)
		return
	case w.runProps > 0:
		w.runProperty(e)
		return
	}
	switch name {
	case "t":
		w.texts++
	case "p":
		w.p.breakLine()
		w.para = paragraph{}
	case "pPr":
		w.paraProps = w.depth
	case "r":
		w.inRun, w.hidden = true, false
	case "rPr":
		if !w.inRun {
			w.skip()
			break
		}
		w.runProps = w.depth
	case "tbl":
		w.p.breakLine()
	case "tr":
		w.p.openRow()
	case "tc":
		w.p.openCell()
	case "txbxContent":
		w.openBox()
	case "altChunk":
		w.chunk(byID(w.relations, attr(e, "id")))
	case "AlternateContent":
		w.choices = append(w.choices, choice{depth: w.depth})
	case "Choice", "Fallback":
		// A reader shows one of them; both hold the same text.
		if n := len(w.choices); n > 0 && w.choices[n-1].depth == w.depth-1 {
			if w.choices[n-1].taken {
				w.skip()
			}
			w.choices[n-1].taken = true
		}
	case "del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "sdtPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "tblPrEx", "binData", "fldData", "docPr", "annotation":
		w.skip()
	default:
		w.inline(e)
	}
}

// inline reads what stands for characters.
func (w *wordBody) inline(e xml.StartElement) {
	switch name := e.Name.Local; name {
	case "fldChar":
		w.field(attr(e, "fldCharType"))
	case "checkBox":
		w.p.write(checkBox(w.t))
		w.depth--
	case "ddList":
		w.p.write(chosen(w.t))
		w.depth--
	case "footnoteReference", "endnoteReference":
		w.refer(strings.TrimSuffix(name, "Reference"), attr(e, "id"))
	case "tab", "ptab":
		if w.shown() {
			w.p.tab()
		}
	case "br", "cr":
		if w.shown() {
			w.p.endLine()
		}
	case "noBreakHyphen":
		if w.shown() {
			w.p.write("-")
		}
	case "sym":
		if w.shown() {
			w.p.write(symbol(attr(e, "font"), attr(e, "char")))
		}
	}
}

// paraProperty reads a property of a paragraph. Tabs among them are stops, not characters.
func (w *wordBody) paraProperty(e xml.StartElement) {
	switch e.Name.Local {
	case "pStyle":
		w.para.style = attr(e, "val")
	case "numId":
		w.para.list = attr(e, "val")
	case "ilvl":
		w.para.level, _ = strconv.Atoi(attr(e, "val"))
	case "pPrChange", "rPr", "sectPr", "numberingChange":
		w.skip()
	}
}

func (w *wordBody) runProperty(e xml.StartElement) {
	switch e.Name.Local {
	case "vanish":
		w.hidden = w.hidden || on(attr(e, "val"))
	case "rPrChange":
		w.skip()
	}
}

// end reads the end of an element. It says false where the text ends.
func (w *wordBody) end(name string) bool {
	depth := w.depth
	w.depth--
	switch {
	case w.paraProps > 0:
		if depth == w.paraProps {
			w.paraProps = 0
			w.p.prefix = w.lists.mark(w.para)
		}
		return true
	case w.runProps > 0:
		if depth == w.runProps {
			w.runProps = 0
		}
		return true
	}
	switch name {
	case "t":
		w.texts = max(0, w.texts-1)
	case "p":
		w.p.endLine()
	case "r":
		w.inRun, w.hidden = false, false
	case "tc":
		w.p.closeCell()
	case "tr":
		if len(w.p.rows) > w.above {
			w.p.closeRow()
		}
	case "txbxContent":
		w.closeBox()
	case "AlternateContent":
		if n := len(w.choices); n > 0 {
			w.choices = w.choices[:n-1]
		}
	}
	if w.depth < 0 {
		w.depth = 0
		return name != w.until
	}
	return true
}

// shown says whether a reader sees the text of the run.
func (w *wordBody) shown() bool { return !w.hidden && !w.inCode() }

// inCode says whether what is read is the code of a field.
func (w *wordBody) inCode() bool {
	for _, code := range w.fields {
		if code {
			return true
		}
	}
	return false
}

func (w *wordBody) field(kind string) {
	switch n := len(w.fields); {
	case kind == "begin" && n < 100:
		w.fields = append(w.fields, true)
	case kind == "separate" && n > 0:
		w.fields[n-1] = false
	case kind == "end" && n > 0:
		w.fields = w.fields[:n-1]
	}
}

// refer marks a reference to a note.
func (w *wordBody) refer(element, id string) {
	if w.noted == nil {
		w.noted = make(map[string][]string)
	}
	if !w.shown() || id == "" || len(w.noted[element]) >= maxSideNotes {
		return
	}
	w.noted[element] = append(w.noted[element], id)
	w.p.write(noteMark(element, len(w.noted[element])))
}

// openBox sets the paragraph aside that a text box is anchored in: the text of the box stands before it.
func (w *wordBody) openBox() {
	p := w.p
	if len(w.boxes) >= maxBoxes {
		p.breakLine()
		return
	}
	w.boxes = append(w.boxes, box{line: p.line, prefix: p.prefix, fields: w.fields, hidden: w.hidden, inRun: w.inRun})
	p.line, p.prefix = nil, "" // set aside, not copied: there may be many boxes in a long paragraph
	w.fields, w.hidden, w.inRun = nil, false, false
}

func (w *wordBody) closeBox() {
	p := w.p
	p.breakLine()
	n := len(w.boxes)
	if n == 0 {
		return
	}
	b := w.boxes[n-1]
	w.boxes = w.boxes[:n-1]
	p.line, p.prefix = b.line, b.prefix
	w.fields, w.hidden, w.inRun = b.fields, b.hidden, b.inRun
}
