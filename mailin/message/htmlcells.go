package message

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// island begins or ends an <xml> element, in which Word keeps settings. One that never ends is no reason to drop the rest of the page.
func (w *htmlWriter) island(begins bool) {
	switch {
	case begins && w.islands > 0:
		w.islands--
		w.inXML++
		w.drops++
	case !begins && w.inXML > 0:
		w.inXML--
		w.drops--
	}
}

// control shows what a reader sees of a field of a form, and notes what stands for a picture.
func (w *htmlWriter) control(t html.Token) {
	var kind, value, alt, width, height string
	checked := false
	for _, a := range t.Attr {
		switch strings.ToLower(a.Key) {
		case "type":
			kind = strings.ToLower(a.Val)
		case "value":
			value = a.Val
		case "alt":
			alt = a.Val
		case "width":
			width = a.Val
		case "height":
			height = a.Val
		case "checked":
			checked = true
		}
	}
	if w.drops > 0 || w.tiny {
		return
	}
	if t.DataAtom == atom.Img {
		alt = strings.Join(strings.Fields(seen(cleanText(alt))), " ")
		switch {
		case alt == "" || width == "1" || height == "1" || len(alt) > 500:
		case pictograph(alt): // programs that draw their own send pictures of them
			w.write(alt)
		case len(w.alts) < 20:
			w.alts = append(w.alts, alt)
		}
		return
	}
	switch kind {
	case "checkbox", "radio":
		mark := "[ ]"
		if checked {
			mark = "[x]"
		}
		w.write(mark)
		w.space = true
	case "", "text", "number", "date", "email", "tel", "search", "url", "time", "month", "datetime-local":
		w.write(strings.Join(strings.Fields(seen(cleanText(value))), " "))
		w.space = true
	}
}

// pictograph says whether a text is nothing but one or two signs such as emoji.
func pictograph(s string) bool {
	n := 0
	for _, r := range s {
		if r < 0x2190 || unicode.IsLetter(r) {
			return false
		}
		n++
	}
	return n > 0 && n <= 8
}

// itemMark begins an item of the innermost list; value is its number if it states one, else 0.
func (w *htmlWriter) itemMark(value int) {
	if w.drops > 0 {
		return
	}
	mark, depth := "-", 0
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].list {
			if depth == 0 && w.stack[i].ordered {
				w.stack[i].item++
				if value > 0 {
					w.stack[i].item = value
				}
				if mark = itemNumber(w.stack[i].item, w.stack[i].numbers); mark == "" {
					mark = strconv.Itoa(w.stack[i].item)
				}
				mark += "."
			}
			depth++
		}
	}
	w.write(strings.Repeat("  ", min(max(depth-1, 0), 10)) + mark)
	w.space, w.fresh = true, true
}

// cell begins a cell: on the line of the one before it, unless that has several lines itself.
func (w *htmlWriter) cell() {
	if w.drops > 0 {
		return
	}
	if row := w.row(); row != nil {
		row.cells++
		row.columns++
		switch {
		case row.cells == 1:
		case row.broken:
			w.block(1)
		case w.ends == 0 && w.out.Len() > 0:
			w.breaks, w.gap = 0, true
		}
	}
	w.fresh, w.from = true, w.lines
}

func (w *htmlWriter) cellEnd() {
	if w.drops > 0 {
		return
	}
	if w.fresh { // empty
		w.fresh = false
		if row := w.row(); row != nil && !w.gap {
			row.cells-- // nothing stands on the line yet that the next one could follow
		}
		return
	}
	if w.lines != w.from {
		if row := w.row(); row != nil {
			row.broken = true
		}
		return
	}
	w.breaks = min(w.breaks, 1) // rows of single lines stand under one another, whatever their cells are made of
}

// cellBytes is how long the text of a cell is kept on one line.
const cellBytes = 200

// dataCell says that the text goes into a cell of a table of three columns or more, as a row above has shown: its lines are joined, so that a
// code, its description and its amount stay on one line.
func (w *htmlWriter) dataCell() bool {
	if w.quotes > 0 || w.pres > 0 {
		return false
	}
	at := -1
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch w.stack[i].tag {
		case atom.Td, atom.Th:
			if at < 0 {
				at = w.stack[i].cellAt
			}
		case atom.Table:
			return at >= 0 && w.stack[i].columns >= 3 && w.out.Len()-at < cellBytes
		case atom.Ul, atom.Ol, atom.Blockquote, atom.Body:
			return false
		}
	}
	return false
}

// row is the innermost open row.
func (w *htmlWriter) row() *element {
	for i := len(w.stack) - 1; i >= 0; i-- {
		switch w.stack[i].tag {
		case atom.Tr:
			return &w.stack[i]
		case atom.Table:
			return nil
		}
	}
	return nil
}

// linkTarget writes the address of a link behind its words, unless they are the address.
func (w *htmlWriter) linkTarget(e element) {
	lower := strings.ToLower(e.link)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") || len(e.link) > 2000 || strings.ContainsAny(e.link, " \n\t<>") {
		return
	}
	if e.linkAt > w.out.Len() || w.out.Len()-e.linkAt > 10_000 || cleanText(e.link) != e.link {
		return
	}
	words := strings.TrimSpace(w.out.String()[e.linkAt:])
	said := strings.ToLower(words)
	bare := func(s string) string {
		return strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "/"), "www.")
	}
	link := shownLink(e.link)
	if words == "" || bare(said) == bare(lower) || link == "" || bare(said) == bare(strings.ToLower(link)) || cleanText(link) != link || strings.ContainsAny(link, " \n\t<>") {
		return
	}
	w.space = true
	w.write("<" + link + ">")
}
