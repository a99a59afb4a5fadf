package document

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// glyph is a character as it stands on a page; blanks and line breaks have no box.
type glyph struct {
	text                     string
	left, right, bottom, top float64 // in points, upwards
	turn                     int     // quarters of a circle by which its baseline is turned against the clock
}

// fragment is what PDFium or Tesseract takes for one line, or a piece of one.
type fragment struct {
	text                     string
	left, right, bottom, top float64
	block                    int
}

// arrange puts the text of a page into the order of reading. PDFium gives it in the order in which it was drawn, which
// is right for prose, in columns too. But some programs draw a table column by column, and the values of a form after all
// its labels; and Tesseract takes the columns of a table for columns of prose. Then a code stands far from its
// description. So lines beside each other are joined into one where at least
// one of them belongs to a block of short lines (codes, dates, amounts, labels); two columns of prose stay apart.
func arrange(fragments []fragment) string {
	short := blocks(fragments)

	type row struct{ parts []int } // fragments on one line, the first drawn first
	var rows []row
	for i := range fragments {
		f := &fragments[i]
		home := -1
		if f.top > f.bottom {
			for r := len(rows) - 1; r >= 0 && r >= len(rows)-maxLookBack; r-- {
				if fits(fragments, rows[r].parts, f, short) {
					home = r
					break
				}
			}
		}
		if home < 0 {
			rows = append(rows, row{parts: []int{i}})
		} else {
			rows[home].parts = append(rows[home].parts, i)
		}
	}
	var b strings.Builder
	for _, r := range rows {
		slices.SortStableFunc(r.parts, func(x, y int) int { return cmp.Compare(fragments[x].left, fragments[y].left) })
		for i, part := range r.parts {
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(strings.TrimSpace(fragments[part].text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// maxLookBack bounds how many lines are looked at for a neighbour: a hostile page has a hundred thousand of them.
const maxLookBack = 400

// turned lays a page out so that most of its text runs from left to right. What runs otherwise loses its box, and stays
// where it was drawn.
func turned(glyphs []glyph) []glyph {
	var counts [4]int
	for i := range glyphs {
		if glyphs[i].right > glyphs[i].left {
			counts[glyphs[i].turn]++
		}
	}
	turn := 0
	for i, n := range counts {
		if n > counts[turn] {
			turn = i
		}
	}
	for i := range glyphs {
		g := &glyphs[i]
		if g.turn != turn {
			g.left, g.right = 0, 0
			continue
		}
		switch turn {
		case 1:
			g.left, g.right, g.bottom, g.top = g.bottom, g.top, -g.right, -g.left
		case 2:
			g.left, g.right, g.bottom, g.top = -g.right, -g.left, -g.top, -g.bottom
		case 3:
			g.left, g.right, g.bottom, g.top = -g.top, -g.bottom, g.left, g.right
		}
	}
	return glyphs
}

// split makes fragments of the glyphs, at PDFium's line breaks.
func split(glyphs []glyph) []fragment {
	var all []fragment
	var text strings.Builder
	var now fragment
	boxed := false
	end := func() {
		if now.text = text.String(); strings.TrimSpace(now.text) != "" {
			all = append(all, now)
		}
		text.Reset()
		now, boxed = fragment{}, false
	}
	for _, g := range glyphs {
		if g.text == "\n" || g.text == "\r" {
			end()
			continue
		}
		if strings.TrimFunc(g.text, unicode.IsSpace) == "" || g.right <= g.left || g.top <= g.bottom {
			text.WriteString(g.text)
			continue
		}
		if boxed && g.left < now.right && (g.top < now.bottom || g.bottom > now.top) {
			end() // a line of one character is no new line to PDFium
		}
		text.WriteString(g.text)
		if !boxed {
			now.left, now.right, now.bottom, now.top, boxed = g.left, g.right, g.bottom, g.top, true
			continue
		}
		now.left, now.right = min(now.left, g.left), max(now.right, g.right)
		now.bottom, now.top = min(now.bottom, g.bottom), max(now.top, g.top)
	}
	end()
	return all
}

// blocks numbers the stacks of lines drawn one below the other, and says which of them are mostly of short lines.
func blocks(fragments []fragment) (short []bool) {
	var words []int // of each line of the block
	end := func() {
		if len(words) > 0 {
			slices.Sort(words)
			short = append(short, words[len(words)/2] <= 3)
		}
		words = words[:0]
	}
	for i := range fragments {
		f := &fragments[i]
		if i > 0 {
			p := &fragments[i-1]
			height := p.top - p.bottom
			below := f.top < p.top-height/2 && f.top > p.bottom-2*height
			if !below || f.left > p.right || f.right < p.left {
				end()
			}
		}
		f.block = len(short)
		words = append(words, len(strings.Fields(f.text)))
	}
	end()
	return short
}

// fits says whether f continues the row: on its line, beside all that stands there, and not prose beside prose.
func fits(fragments []fragment, parts []int, f *fragment, short []bool) bool {
	anyShort := short[f.block]
	for _, i := range parts {
		p := &fragments[i]
		height := min(p.top-p.bottom, f.top-f.bottom)
		if height <= 0 || min(p.top, f.top)-max(p.bottom, f.bottom) < height*0.6 {
			return false
		}
		if min(p.right, f.right)-max(p.left, f.left) > height*0.1 {
			return false // one over the other
		}
		if p.block == f.block {
			return false
		}
		anyShort = anyShort || short[p.block]
	}
	return anyShort
}
