package message

import (
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// itemMark begins an item of the innermost list.
func (w *htmlWriter) itemMark() {
	if w.drops > 0 {
		return
	}
	mark, depth := "-", 0
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].list {
			if depth == 0 && w.stack[i].ordered {
				w.stack[i].item++
				mark = strconv.Itoa(w.stack[i].item) + "."
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
		return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "https://"), "http://"), "/")
	}
	if words == "" || bare(said) == bare(lower) {
		return
	}
	w.space = true
	w.write("<" + e.link + ">")
}
