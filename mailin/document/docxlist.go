package document

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// lists are the numberings of a Word file (ECMA-376-1, 17.9), so that "see item 3" has an item 3.
type lists struct {
	abstract map[string]*numbering // by abstractNumId
	used     map[string]*numbering // by numId
	styles   map[string]paragraph  // by styleId, what a style says of numbering
	based    map[string]string     // by styleId, the style that it is based on
}

// paragraph is what its properties say of its numbering.
type paragraph struct {
	style string
	list  string // numId; "0" takes a number away that the style gives
	level int
}

// numbering counts through the levels of a list.
type numbering struct {
	levels  [9]level
	counts  [9]int
	started [9]bool
}

type level struct {
	format string // decimal, lowerLetter, bullet ...
	text   string // "%1.%2"
	start  int
}

func readLists(o *office, numberingPart, stylesPart string) *lists {
	l := &lists{abstract: make(map[string]*numbering), used: make(map[string]*numbering), styles: make(map[string]paragraph), based: make(map[string]string)}
	if o.pack.has(numberingPart) {
		if t := o.tokens(numberingPart); t != nil {
			l.numberings(t)
		}
	}
	if o.pack.has(stylesPart) {
		if t := o.tokens(stylesPart); t != nil {
			l.readStyles(t)
		}
	}
	return l
}

func (l *lists) numberings(t *tokens) {
	var now *numbering
	at, read := -1, 0
	id, own := "", false
	for tok := t.next(); tok != nil && read < maxStyles; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "abstractNum":
			read++
			now, at = &numbering{}, -1
			for i := range now.levels {
				now.levels[i].start = 1
			}
			l.abstract[attr(e, "abstractNumId")] = now
		case "num":
			read++
			now, at, own = nil, -1, false
			id = attr(e, "numId")
		case "abstractNumId":
			now = l.abstract[attr(e, "val")]
			l.used[id] = now
		case "lvlOverride":
			// A list that begins anew, or counts in another way, counts on its own.
			if now != nil && !own {
				copied := *now
				now, own = &copied, true
				l.used[id] = now
			}
			at = levelNumber(attr(e, "ilvl"))
		case "startOverride":
			if now != nil && at >= 0 {
				now.levels[at].start, _ = strconv.Atoi(attr(e, "val"))
			}
		case "lvl":
			at = levelNumber(attr(e, "ilvl"))
		case "start":
			if now != nil && at >= 0 {
				now.levels[at].start, _ = strconv.Atoi(attr(e, "val"))
			}
		case "numFmt":
			if now != nil && at >= 0 {
				now.levels[at].format = attr(e, "val")
			}
		case "lvlText":
			if now != nil && at >= 0 {
				now.levels[at].text = attr(e, "val")
			}
		}
	}
}

func levelNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 8 {
		return -1
	}
	return n
}

// readStyles notes which styles number their paragraphs.
func (l *lists) readStyles(t *tokens) {
	id := ""
	for tok := t.next(); tok != nil && len(l.styles) < maxStyles && len(l.based) < maxStyles; tok = t.next() {
		e, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		switch e.Name.Local {
		case "style":
			id = attr(e, "styleId")
		case "basedOn":
			l.based[id] = attr(e, "val")
		case "numId":
			s := l.styles[id]
			s.list = attr(e, "val")
			l.styles[id] = s
		case "ilvl":
			s := l.styles[id]
			s.level, _ = strconv.Atoi(attr(e, "val"))
			l.styles[id] = s
		}
	}
}

// mark counts a paragraph and returns the number that stands before it, with a space, "" for one outside lists.
func (l *lists) mark(p paragraph) string {
	for style, n := p.style, 0; p.list == "" && style != "" && n < 20; n++ {
		s := l.styles[style]
		if p.list = s.list; p.list != "" && p.level == 0 {
			p.level = s.level
		}
		style = l.based[style]
	}
	n := l.used[p.list]
	if n == nil || p.list == "0" || p.level < 0 || p.level > 8 {
		return ""
	}
	return n.next(p.level)
}

func (n *numbering) next(at int) string {
	for i := range n.levels {
		switch {
		case i < at && !n.started[i]:
			n.counts[i], n.started[i] = n.levels[i].start, true
		case i == at && !n.started[i]:
			n.counts[i], n.started[i] = n.levels[i].start, true
		case i == at:
			n.counts[i]++
		case i > at:
			n.started[i] = false
		}
	}
	lv := n.levels[at]
	indent := strings.Repeat("  ", at)
	switch lv.format {
	case "none":
		return ""
	case "bullet":
		return indent + "- "
	}
	text := lv.text
	for i := 0; i <= at; i++ {
		hole := "%" + strconv.Itoa(i+1)
		text = strings.Replace(text, hole, count(n.counts[i], n.levels[i].format), 1)
	}
	if text = strings.TrimSpace(text); text == "" || len(text) > 100 {
		return ""
	}
	return indent + text + " "
}

// count writes a number in the way of a list; kinds that are not known are decimal.
func count(n int, format string) string {
	switch format {
	case "lowerLetter", "upperLetter", "a", "A":
		if n < 1 || n > 26*20 {
			break
		}
		// After z comes aa, then bb.
		s := strings.Repeat(string(rune('a'+(n-1)%26)), (n-1)/26+1)
		if format == "upperLetter" || format == "A" {
			return strings.ToUpper(s)
		}
		return s
	case "lowerRoman", "upperRoman", "i", "I":
		if n < 1 || n > 3999 {
			break
		}
		var s strings.Builder
		for _, r := range []struct {
			n int
			s string
		}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
			for n >= r.n {
				n -= r.n
				s.WriteString(r.s)
			}
		}
		if format == "upperRoman" || format == "I" {
			return strings.ToUpper(s.String())
		}
		return s.String()
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	}
	return strconv.Itoa(n)
}
