package rtf

import (
	"slices"
	"strconv"
	"strings"
)

// Asides keeps the pieces that stand aside, for a Page that writes them behind the text. The zero value is ready.
type Asides struct {
	notes, remarks, footers []string
}

// Bounds of what is kept; more are left out.
const (
	maxNotes   = 20_000
	maxFooters = 100
)

// Keep keeps a piece, and says what stands for it in the text: the number of a note, nothing for others. A footer that came before, as that of
// the next section, and a piece of white space are not kept.
func (a *Asides) Keep(kind Aside, text string) (mark string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	switch kind {
	case Note:
		if len(a.notes) < maxNotes {
			mark = "[" + strconv.Itoa(len(a.notes)+1) + "]"
			a.notes = append(a.notes, mark+" "+text)
		}
	case Remark:
		if len(a.remarks) < maxNotes {
			a.remarks = append(a.remarks, "Comment: "+text)
		}
	case Footer:
		if len(a.footers) < maxFooters && !slices.Contains(a.footers, text) {
			a.footers = append(a.footers, text)
		}
	}
	return mark
}

// Behind are the pieces as they stand behind the text, by kind: notes with their numbers, remarks, footers.
func (a *Asides) Behind() [3][]string { return [3][]string{a.notes, a.remarks, a.footers} }
