package message

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText renders HTML as a reader sees it: blocks as lines, lists numbered, the cells of a table row on one line, links
// with their address, quotes with "> "; what is hidden is left out. Marks that mail programs put around quoted history
// and signatures come back as byte ranges of the text.
//
// It works on the tokens, with a stack of its own: no tree, no recursion, time linear in the bytes, however the tags are
// nested.
func htmlText(source string) body {
	b, _, _ := readHTML(source)
	return b
}

// readHTML is htmlText that also returns what stands for the pictures. cut says that an element that is not shown was never closed, and swallowed
// what follows it.
func readHTML(source string) (text body, alts []string, cut bool) {
	w := &htmlWriter{islands: strings.Count(source, "</xml") + strings.Count(source, "</XML")}
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			n := len(w.stack)
			cut := n > 0 && (w.stack[n-1].tag == atom.Title || w.stack[n-1].tag == atom.Style || w.stack[n-1].tag == atom.Script)
			w.closeTo(0)
			return w.body(), w.alts, cut
		case html.TextToken:
			if n := len(w.stack); n > 0 && w.stack[n-1].tag == atom.Style {
				w.sheet.read(string(z.Text()))
			} else if w.drops == 0 && !w.tiny {
				w.text(cleanText(string(z.Text())))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			if string(name) == "xml" {
				w.island(false)
			} else {
				w.end(atom.Lookup(name))
			}
		}
	}
}

// element is an open element and what it changes.
type element struct {
	tag     atom.Atom
	block   int // line ends before and after
	dropped bool
	pre     bool
	quote   bool // prefixes its lines
	list    bool
	ordered bool
	numbers byte // how a list counts: 'a', 'A', 'i', 'I', or 0 for figures
	item    int
	cells   int  // of a row
	columns int  // of a row, those that are empty too; of a table, the most that a row has had
	cellAt  int  // of a cell: where its text begins
	broken  bool // a row: one of its cells has several lines
	tiny    bool // what w.tiny was outside
	link    string
	linkAt  int
	mark    markKind
	markAt  int
	quoteAt int // of a holder: where its first quote begins, 0 while it has none
}

type markKind int

const (
	markNone markKind = iota
	markQuoted
	markQuotedToEnd // the history follows as siblings
	markHolder      // holds the attribution and the quote, and answers that were written under or between the pieces of the quote
	markHeader      // holds a header block, if it has one; the history follows as siblings
	markSignature
)

// maxOpen bounds the stack; what is nested deeper is read without its markup.
const maxOpen = 256

type htmlWriter struct {
	out     strings.Builder
	stack   []element
	extra   int // elements open beyond maxOpen
	drops   int
	sheet   sheet
	islands int      // ends of <xml> still to come
	inXML   int      // those that are open
	alts    []string // what stands for the pictures
	pres    int
	quotes  int
	tiny    bool // the size of the type is zero: shown to nobody
	breaks  int  // line ends that are owed before the next text
	space   bool // a space is owed
	gap     bool // the space between two cells is owed
	fresh   bool // a cell or an item has begun: the blocks within it begin on its line
	ends    int  // line ends at the end of out, 0 while something stands on the line
	lines   int  // line ends written
	from    int  // lines when the text of the cell read last began
	result  body
	toEnd   int // where history begins that goes on to the end; -1
	began   bool
}

func (w *htmlWriter) body() body {
	text := w.out.String()
	w.result.text = text
	if w.began {
		w.result.quoted = append(w.result.quoted, [2]int{w.toEnd, len(text)})
	}
	kept := w.result.quoted[:0]
	for _, r := range w.result.quoted {
		if strings.TrimSpace(text[r[0]:r[1]]) != "" {
			kept = append(kept, r)
		}
	}
	w.result.quoted = kept
	return w.result
}

var blockBreaks = map[atom.Atom]int{
	atom.P: 2, atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2, atom.Ul: 2, atom.Ol: 2, atom.Table: 2, atom.Blockquote: 2, atom.Pre: 2, atom.Dl: 2,
	atom.Div: 1, atom.Tr: 1, atom.Li: 1, atom.Dt: 1, atom.Dd: 1, atom.Section: 1, atom.Article: 1, atom.Header: 1, atom.Footer: 1, atom.Address: 1, atom.Center: 1,
	atom.Form: 1, atom.Fieldset: 1, atom.Caption: 1, atom.Body: 1, atom.Main: 1, atom.Nav: 1, atom.Aside: 1, atom.Figure: 1, atom.Legend: 1, atom.Option: 1,
	atom.Noscript: 1, atom.Textarea: 1, atom.Listing: 2, atom.Xmp: 2, atom.Plaintext: 2, atom.Details: 1, atom.Summary: 1, atom.Hgroup: 1, atom.Dir: 2, atom.Menu: 2, atom.Figcaption: 1,
	atom.Marquee: 1, atom.Select: 1,
}

var droppedTags = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Head: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Object: true,
	atom.Noframes: true, atom.Iframe: true, atom.Audio: true, atom.Video: true, atom.Canvas: true}

var voidTags = map[atom.Atom]bool{atom.Br: true, atom.Hr: true, atom.Img: true, atom.Meta: true, atom.Link: true, atom.Input: true, atom.Col: true, atom.Base: true,
	atom.Area: true, atom.Embed: true, atom.Source: true, atom.Track: true, atom.Wbr: true, atom.Param: true}

func (w *htmlWriter) start(t html.Token) {
	tag := t.DataAtom
	switch tag {
	case atom.Br:
		if w.drops == 0 {
			w.lineEnd()
		}
		return
	case atom.Hr:
		w.block(1)
		return
	case atom.Li, atom.Tr, atom.Td, atom.Th, atom.P, atom.Dt, atom.Dd, atom.Option:
		w.closeImplied(tag)
	case atom.Body:
		// QUIRK: a head that is never closed would hide the whole mail.
		for w.inside(atom.Head) {
			w.end(atom.Head)
		}
	}
	if tag == atom.Img || tag == atom.Input {
		w.control(t)
		return
	}
	if tag == 0 && t.Data == "xml" && t.Type == html.StartTagToken {
		w.island(true)
	}
	if voidTags[tag] || tag == 0 { // <o:p> and other tags of programs' own change nothing
		return
	}
	if len(w.stack) >= maxOpen {
		w.block(blockBreaks[tag])
		w.extra++
		return
	}
	e := element{tag: tag, block: blockBreaks[tag], dropped: droppedTags[tag], tiny: w.tiny}
	var id, class, style, kind, name, marker string
	dialog := tag == atom.Dialog // closed unless it says that it is open
	value := 0
	for _, a := range t.Attr {
		switch strings.ToLower(a.Key) {
		case "id":
			id = strings.ToLower(a.Val)
		case "class":
			class = " " + strings.ToLower(a.Val) + " "
		case "style":
			style = strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
		case "type":
			kind = strings.ToLower(a.Val)
			if len(a.Val) == 1 {
				e.numbers = a.Val[0]
			}
		case "open":
			dialog = false
		case "value":
			if n, err := strconv.Atoi(a.Val); err == nil && n > 0 && n < 10000 {
				value = n
			}
		case "name":
			name = strings.ToLower(a.Val)
		case "data-marker", "data-smartmail":
			marker = strings.ToLower(a.Val)
		case "hidden":
			e.dropped = true
		case "href":
			e.link = strings.TrimSpace(a.Val)
		case "start":
			if n, err := strconv.Atoi(a.Val); err == nil && n > 0 && n < 10000 {
				e.item = n - 1
			}
		}
	}
	e.dropped = e.dropped || dialog || hiddenStyle(style) || hiddenBox(style) || strings.Contains(class, "preheader") || w.sheet.hides(tag, id, class, style)
	if (tag == atom.Ul || tag == atom.Ol) && w.inside(atom.Li) {
		e.block = 1 // a list within an item is no paragraph of its own
	}
	if w.drops > 0 || e.dropped {
		e.block = 0
	}
	if e.dropped {
		w.drops++
	}
	w.block(e.block)
	switch tag {
	case atom.Pre, atom.Textarea, atom.Listing, atom.Xmp, atom.Plaintext:
		e.pre = true
		w.pres++
	case atom.Blockquote:
		if indentation(kind, class, style) {
			break
		}
		if w.drops == 0 {
			w.flushBlock() // the empty line before a quote is not part of it
		}
		e.quote = true
		w.quotes++
	case atom.Ul, atom.Ol:
		e.list, e.ordered = true, tag == atom.Ol
	case atom.Li:
		w.itemMark(value)
	case atom.Td, atom.Th:
		w.cell()
		e.cellAt = w.out.Len()
	case atom.A:
		if e.link != "" {
			e.linkAt = w.out.Len()
		}
	}
	if zero, stated := fontSize(style); stated {
		w.tiny = zero || tinyType(style)
	}
	if !e.pre && strings.Contains(style, "white-space:pre") {
		e.pre = true
		w.pres++
	}
	e.mark = w.markOf(tag, marks{id: id, class: class, style: style, kind: kind, name: name, marker: marker})
	if e.mark != markNone && w.drops == 0 {
		w.flushBlock()
		e.markAt = w.out.Len()
		if e.mark == markQuotedToEnd && !w.began && w.quotes == 0 {
			w.began, w.toEnd = true, e.markAt
		}
	}
	w.stack = append(w.stack, e)
}

func (w *htmlWriter) inside(tag atom.Atom) bool {
	for i := range w.stack {
		if w.stack[i].tag == tag {
			return true
		}
	}
	return false
}

// closeImplied ends the element of the same kind that HTML lets stay open.
func (w *htmlWriter) closeImplied(tag atom.Atom) {
	found := -1
	for i := len(w.stack) - 1; i >= 0; i-- {
		open := w.stack[i].tag
		switch open {
		case atom.Table, atom.Ul, atom.Ol, atom.Dl, atom.Blockquote, atom.Body, atom.Select:
			if found >= 0 {
				w.closeTo(found)
			}
			return
		case atom.Div:
			if tag == atom.P {
				return
			}
		case atom.Tr:
			if tag == atom.Td || tag == atom.Th {
				if found >= 0 {
					w.closeTo(found)
				}
				return
			}
		case atom.Td, atom.Th, atom.Li:
			if tag == atom.P {
				return
			}
		}
		switch tag {
		case atom.Td, atom.Th:
			if open == atom.Td || open == atom.Th {
				found = i
			}
		case atom.Dt, atom.Dd:
			if open == atom.Dt || open == atom.Dd {
				found = i
			}
		case atom.Tr:
			if open == atom.Td || open == atom.Th || open == atom.Tr {
				found = i
			}
		default:
			if open == tag {
				w.closeTo(i)
				return
			}
		}
	}
	if found >= 0 {
		w.closeTo(found)
	}
}

func (w *htmlWriter) end(tag atom.Atom) {
	if tag == 0 {
		return
	}
	if tag == atom.Br { // browsers take it for a <br>
		if w.drops == 0 {
			w.lineEnd()
		}
		return
	}
	if w.extra > 0 {
		w.extra--
		w.block(blockBreaks[tag])
		return
	}
	if tag == atom.P && !w.inside(atom.P) {
		w.block(2)
		return
	}
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].tag == tag {
			w.closeTo(i)
			return
		}
	}
}

// closeTo ends all elements from index i on.
func (w *htmlWriter) closeTo(i int) {
	for len(w.stack) > i {
		e := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if e.link != "" && w.drops == 0 {
			w.linkTarget(e)
		}
		if e.mark != markNone && w.drops == 0 && w.out.Len() > e.markAt {
			w.closeMark(e)
		}
		w.tiny = e.tiny
		if e.pre {
			w.pres--
		}
		if e.dropped {
			w.drops--
			if e.quote {
				w.quotes--
			}
			continue
		}
		if e.tag == atom.Td || e.tag == atom.Th {
			w.cellEnd()
		}
		if n := len(w.stack); e.tag == atom.Tr {
			for i := n - 1; i >= 0 && i >= n-3; i-- { // a <tbody> may stand between
				if w.stack[i].tag == atom.Table {
					w.stack[i].columns = max(w.stack[i].columns, e.columns)
				}
			}
		}
		w.block(e.block)
		if e.tag == atom.Li && w.drops == 0 {
			w.fresh = false
			w.breaks = min(w.breaks, 1)
		}
		if e.quote {
			w.flushLine()
			w.quotes--
		}
	}
}

// block asks for n line ends before the next text.
func (w *htmlWriter) block(n int) {
	if n == 0 || w.drops > 0 || w.fresh {
		return
	}
	if w.dataCell() {
		w.space = true
		return
	}
	w.space = false
	if w.out.Len() > 0 {
		w.breaks = max(w.breaks, n-w.ends)
	}
}

// lineEnd is <br>: it ends the line, and further ones make empty lines.
func (w *htmlWriter) lineEnd() {
	if w.fresh {
		return
	}
	if w.dataCell() {
		w.space = true
		return
	}
	w.space = false
	if w.out.Len() > 0 {
		w.breaks = min(w.breaks+1, 3)
	}
}

// flushLine makes a line that was asked to end, end, before the quote prefix changes.
func (w *htmlWriter) flushLine() {
	if w.ends == 0 && w.out.Len() > 0 {
		w.breaks = max(w.breaks, 1)
		w.newline()
	}
}

// flushBlock writes the line ends that are owed, so that a mark begins on its own line.
func (w *htmlWriter) flushBlock() {
	for w.breaks > 0 {
		w.newline()
	}
}

func (w *htmlWriter) newline() {
	if w.ends > 0 && w.quotes > 0 {
		w.out.WriteString(strings.Repeat(">", min(w.quotes, 20)))
	}
	w.out.WriteByte('\n')
	w.ends++
	w.lines++
	w.breaks--
	w.gap = false
}

// write puts text on the current line.
func (w *htmlWriter) write(s string) {
	if s == "" {
		return
	}
	w.flushBlock()
	switch {
	case w.ends > 0 || w.out.Len() == 0:
		if w.quotes > 0 {
			w.out.WriteString(strings.Repeat(">", min(w.quotes, 20)) + " ")
		}
	case w.gap:
		w.out.WriteString("  ")
	case w.space:
		w.out.WriteByte(' ')
	}
	if w.fresh {
		w.fresh, w.from = false, w.lines
	}
	w.space, w.gap, w.ends = false, false, 0
	w.out.WriteString(s)
}

func (w *htmlWriter) text(s string) {
	if w.pres > 0 {
		lines := strings.Split(seen(s), "\n")
		for i, line := range lines {
			if i > 0 {
				w.breaks++
			}
			if i < len(lines)-1 {
				line = strings.TrimRight(line, " ")
			}
			w.write(line)
		}
		return
	}
	s = seen(s)
	words := strings.Fields(s)
	if len(words) == 0 {
		w.space = w.space || s != "" && w.ends == 0 && w.breaks == 0
		return
	}
	if c := s[0]; c == ' ' || c == '\n' || c == '\t' {
		w.space = true
	}
	for i, word := range words {
		if i > 0 {
			w.space = true
		}
		w.write(word)
	}
	if c := s[len(s)-1]; c == ' ' || c == '\n' || c == '\t' {
		w.space = true
	}
}
