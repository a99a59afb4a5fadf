package document

import (
	"context"
	"encoding/xml"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// readDOCX reads a Word file: headers, the document, notes, comments, footers. Elements are told by their local names, which
// are the same in transitional and strict files (ECMA-376 and ISO/IEC 29500).
func readDOCX(ctx context.Context, in input, out output, b *budget, more readers) error {
	o, err := openOffice(ctx, in, out, b)
	if err != nil {
		return err
	}
	main := o.pack.main()
	if main == "" || !o.pack.has(main) {
		main = "word/document.xml"
	}
	if !o.pack.has(main) {
		o.note(errNoZIP)
		return o.finish()
	}
	parts := o.pack.relations(main)
	in1 := func(kind, usual string) string {
		if found := ofKind(parts, kind); len(found) > 0 {
			return found[0]
		}
		return path.Join(path.Dir(main), usual)
	}
	w := &word{office: o, relations: parts, in: in, out: out, more: more}
	w.lists = readLists(o, in1("numbering", "numbering.xml"), in1("styles", "styles.xml"))
	w.edges(ofKind(parts, "header"))
	w.part(main)
	w.notes(in1("footnotes", "footnotes.xml"), "footnote")
	w.notes(in1("endnotes", "endnotes.xml"), "endnote")
	w.comments(in1("comments", "comments.xml"))
	w.edges(ofKind(parts, "footer"))
	err = o.finish()
	o.pictures(in, out, more, path.Dir(plainName(main))+"/media/")
	return err
}

// word reads the parts of a Word file.
type word struct {
	*office
	relations []relation
	in        input
	out       output
	more      readers
	lists     *lists
	noted     map[string][]string // ids of notes in the order in which the text refers to them
	seen      map[string]bool     // headers and footers written

	fields []bool // open fields; true while their code, not their result, is read
	hidden bool   // the run is hidden text
	inRun  bool
	boxes  []box
}

// box is what is set aside while the text of a box is read.
type box struct {
	line          []byte
	prefix        string
	fields        []bool
	hidden, inRun bool
}

const maxBoxes = 16

// part reads a part of running text.
func (w *word) part(name string) {
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.body(t, "")
	w.note(t.err)
}

// edges reads headers or footers: those of first, odd and even pages are often the same.
func (w *word) edges(names []string) {
	if w.seen == nil {
		w.seen = make(map[string]bool)
	}
	for _, name := range names[:min(len(names), 100)] {
		main := w.p
		w.p = main.aside()
		w.part(name)
		text := w.p.taken()
		w.p = main
		if text != "" && !w.seen[text] {
			w.seen[text] = true
			w.p.separate()
			w.lay(text)
			w.p.separate()
		}
	}
}

// lay writes a piece that was set aside. Its bytes were counted when it was written first.
func (o *office) lay(text string) {
	o.p.breakLine()
	for line := range strings.SplitSeq(text, "\n") {
		o.p.put(line)
	}
	o.p.wrote = true
}

// notes reads the footnotes or endnotes that the text refers to.
func (w *word) notes(name, element string) {
	order := make(map[string]int)
	for i, id := range w.noted[element] {
		if _, ok := order[id]; !ok {
			order[id] = i + 1
		}
	}
	if len(order) == 0 {
		return
	}
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.p.separate()
	for tok := t.next(); tok != nil && !w.p.full; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != element {
			continue
		}
		if n := order[attr(e, "id")]; n > 0 {
			w.p.lead = noteMark(element, n) + " "
		} else if kind := attr(e, "type"); kind != "" && kind != "normal" {
			t.skip() // the line that separates notes from the text
			continue
		}
		w.body(t, element)
	}
	w.note(t.err)
}

// noteMark is how a note is referred to. Endnotes are told from footnotes, since both count from 1.
func noteMark(element string, n int) string {
	if element == "endnote" {
		return fmt.Sprintf("[e%d]", n)
	}
	return fmt.Sprintf("[%d]", n)
}

// comments reads what reviewers wrote beside the text.
func (w *word) comments(name string) {
	if !w.pack.has(name) {
		return
	}
	t := w.tokens(name)
	if t == nil {
		return
	}
	w.p.separate()
	for tok := t.next(); tok != nil && !w.p.full; tok = t.next() {
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "comment" {
			w.p.lead = "Comment: "
			w.body(t, "comment")
			w.p.breakLine()
		}
	}
	w.note(t.err)
}

// body reads running text up to the end of the element until, which is open, or of the part.
func (w *word) body(t *tokens, until string) {
	p := w.p
	w.fields, w.hidden, w.inRun, w.boxes = nil, false, false, nil
	var para paragraph
	depth, text := 0, 0 // open elements, and how many of them hold text
	runProps := 0       // depth of the run's properties
	paraProps := 0
	choices := []choice(nil)
	rowDepth := len(p.rows)
	defer func() {
		for len(w.boxes) > 0 {
			w.closeBox()
		}
		for len(p.rows) > rowDepth {
			p.closeRow()
		}
	}()
	for !p.full {
		switch tok := t.next().(type) {
		case nil:
			p.breakLine()
			return
		case xml.CharData:
			if text > 0 && !w.hidden && !w.inCode() {
				p.write(string(tok))
			}
		case xml.StartElement:
			depth++
			name := tok.Name.Local
			if name == "t" || name == "p" || name == "r" {
				paraProps, runProps = 0, 0 // they never stand in properties: an end is missing
			}
			switch {
			case paraProps > 0:
				// Tabs of a paragraph's properties are stops, not characters.
				switch name {
				case "pStyle":
					para.style = attr(tok, "val")
				case "numId":
					para.list = attr(tok, "val")
				case "ilvl":
					para.level, _ = strconv.Atoi(attr(tok, "val"))
				case "pPrChange", "rPr", "sectPr", "numberingChange":
					t.skip()
					depth--
				}
				continue
			case runProps > 0:
				switch name {
				case "vanish":
					w.hidden = w.hidden || on(attr(tok, "val"))
				case "rPrChange":
					t.skip()
					depth--
				}
				continue
			}
			switch name {
			case "t":
				text++
			case "p":
				p.breakLine()
				para = paragraph{}
			case "pPr":
				paraProps = depth
			case "r":
				w.inRun, w.hidden = true, false
			case "rPr":
				if w.inRun {
					runProps = depth
				} else {
					t.skip()
					depth--
				}
			case "tab", "ptab":
				if !w.hidden && !w.inCode() {
					p.tab()
				}
			case "br", "cr":
				if !w.hidden && !w.inCode() {
					p.endLine()
				}
			case "noBreakHyphen":
				p.write("-")
			case "sym":
				if !w.hidden && !w.inCode() {
					p.write(symbol(attr(tok, "font"), attr(tok, "char")))
				}
			case "fldChar":
				w.field(attr(tok, "fldCharType"))
			case "checkBox":
				p.write(checkBox(t))
				depth--
			case "ddList":
				p.write(chosen(t))
				depth--
			case "footnoteReference", "endnoteReference":
				w.refer(strings.TrimSuffix(name, "Reference"), attr(tok, "id"))
			case "tbl":
				p.breakLine()
			case "tr":
				p.openRow()
			case "tc":
				p.openCell()
			case "txbxContent":
				w.openBox()
			case "altChunk":
				w.chunk(byID(w.relations, attr(tok, "id")))
			case "AlternateContent":
				choices = append(choices, choice{depth: depth})
			case "Choice", "Fallback":
				// A reader shows one of them; both hold the same text.
				if n := len(choices); n > 0 && choices[n-1].depth == depth-1 {
					if choices[n-1].taken {
						t.skip()
						depth--
					}
					choices[n-1].taken = true
				}
			case "del", "moveFrom", "instrText", "delText", "delInstrText", "rt", "sdtPr", "sectPr", "tblPr", "tblGrid", "trPr", "tcPr", "tblPrEx", "binData", "fldData", "docPr", "annotation":
				t.skip()
				depth--
			}
		case xml.EndElement:
			name := tok.Name.Local
			switch {
			case paraProps > 0:
				if depth == paraProps {
					paraProps = 0
					p.prefix = w.lists.mark(para)
				}
				depth--
				continue
			case runProps > 0:
				if depth == runProps {
					runProps = 0
				}
				depth--
				continue
			}
			switch name {
			case "t":
				text = max(0, text-1)
			case "p":
				p.endLine()
			case "r":
				w.inRun, w.hidden = false, false
			case "tc":
				p.closeCell()
			case "tr":
				if len(p.rows) > rowDepth {
					p.closeRow()
				}
			case "txbxContent":
				w.closeBox()
			case "AlternateContent":
				if n := len(choices); n > 0 {
					choices = choices[:n-1]
				}
			}
			if depth--; depth < 0 {
				if name == until {
					p.breakLine()
					return
				}
				depth = 0
			}
		}
	}
}

// choice is an open mc:AlternateContent.
type choice struct {
	depth int
	taken bool
}

// on reads an on/off value, whose absence means on (ECMA-376-1, 17.17.4).
func on(val string) bool { return val != "0" && val != "false" && val != "off" && val != "none" }

// inCode says whether what is read is the code of a field.
func (w *word) inCode() bool {
	for _, code := range w.fields {
		if code {
			return true
		}
	}
	return false
}

func (w *word) field(kind string) {
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
func (w *word) refer(element, id string) {
	if w.noted == nil {
		w.noted = make(map[string][]string)
	}
	if w.hidden || w.inCode() || id == "" || len(w.noted[element]) >= maxSideNotes {
		return
	}
	w.noted[element] = append(w.noted[element], id)
	w.p.write(noteMark(element, len(w.noted[element])))
}

// openBox sets the paragraph aside that a text box is anchored in: the text of the box stands before it.
func (w *word) openBox() {
	p := w.p
	if len(w.boxes) >= maxBoxes {
		p.breakLine()
		return
	}
	w.boxes = append(w.boxes, box{line: p.line, prefix: p.prefix, fields: w.fields, hidden: w.hidden, inRun: w.inRun})
	p.line, p.prefix = nil, "" // set aside, not copied: there may be many boxes in a long paragraph
	w.fields, w.hidden, w.inRun = nil, false, false
}

func (w *word) closeBox() {
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

// chunk reads a document of another format that Word takes in when it opens the file: programs that write reports make
// files that hold nothing else.
func (w *word) chunk(part string) {
	if part == "" || w.p.out == nil || w.in.depth >= w.b.limits.Depth {
		return
	}
	e := w.pack.byName[plainName(part)]
	if e == nil {
		return
	}
	if w.b.entries--; w.b.entries < 0 {
		return
	}
	content, err := w.pack.whole(e)
	if err != nil {
		w.note(err)
		return
	}
	w.p.breakLine()
	w.p.handOn()
	w.p.wrote = true
	read(w.ctx, held(content, Hint{}, w.in.depth+1), unsectioned{w.out}, w.b, w.more)
	w.out.text("\n")
}

// unsectioned is the output of a document that is a part of another one.
type unsectioned struct{ output }

func (unsectioned) kind(Kind)      {}
func (unsectioned) section(string) {}

// symbol reads a character of a symbol font. The boxes that forms tick are known, others say nothing as text.
func symbol(font, char string) string {
	n, err := strconv.ParseUint(char, 16, 32)
	if err != nil {
		return ""
	}
	n &= 0xfff
	lower := strings.ToLower(font)
	switch {
	case strings.HasPrefix(lower, "wingdings 2"):
		switch n {
		case 0x52, 0x54, 0x53, 0x51:
			return "[x]"
		case 0xa3, 0x2a, 0x30:
			return "[ ]"
		case 0x50:
			return "\u2713"
		}
	case strings.HasPrefix(lower, "wingdings"):
		switch n {
		case 0xfe, 0xfd, 0x78, 0x54, 0x55:
			return "[x]"
		case 0xa8, 0x6f, 0x70, 0x71, 0x72:
			return "[ ]"
		case 0xfc:
			return "\u2713"
		case 0xfb:
			return "\u2717"
		case 0xe0:
			return "->"
		case 0xa7, 0x9f, 0xd8, 0x76:
			return "- "
		}
	case lower == "symbol":
		switch n {
		case 0xb7:
			return "- "
		case 0xb3:
			return "\u2265"
		case 0xa3:
			return "\u2264"
		case 0xb1:
			return "\u00b1"
		case 0xb0:
			return "\u00b0"
		case 0xb4:
			return "\u00d7"
		case 0x6d:
			return "\u00b5"
		}
	default:
		if n > ' ' && n < 0x7f {
			return string(rune(n))
		}
	}
	return ""
}

// checkBox reads a box of the old form fields; its element was opened.
func checkBox(t *tokens) string {
	ticked := false
	for depth := 1; depth > 0; {
		switch tok := t.next().(type) {
		case nil:
			return ""
		case xml.StartElement:
			depth++
			switch tok.Name.Local {
			case "default", "checked":
				ticked = on(attr(tok, "val"))
			}
		case xml.EndElement:
			depth--
		}
	}
	if ticked {
		return "[x]"
	}
	return "[ ]"
}

// chosen reads the entry of a drop-down list of the old form fields; its element was opened.
func chosen(t *tokens) string {
	result := 0
	var entries []string
	for depth := 1; depth > 0; {
		switch tok := t.next().(type) {
		case nil:
			return ""
		case xml.StartElement:
			depth++
			switch tok.Name.Local {
			case "default", "result":
				result, _ = strconv.Atoi(attr(tok, "val"))
			case "listEntry":
				if len(entries) < 1000 {
					entries = append(entries, attr(tok, "val"))
				}
			}
		case xml.EndElement:
			depth--
		}
	}
	if result >= 0 && result < len(entries) {
		return entries[result]
	}
	return ""
}
