package rtf

// visible says whether text counts where the reader is.
func (r *reader) visible() bool { return r.laid() && !r.now.hidden }

// laid says whether layout counts where the reader is: that of rows counts although they are hidden.
func (r *reader) laid() bool {
	switch r.now.dest {
	case destSkip, destFonts, destShape:
		return false
	case destTag: // within \htmlrtf too
		return r.html
	}
	return !r.html || !r.now.notHTML
}

// put writes text where the group wants it.
func put[T string | []byte](r *reader, s T) {
	if len(s) == 0 || !r.visible() {
		return
	}
	if r.html {
		switch {
		case r.opts.Markup > 0 && len(r.markup) >= r.opts.Markup:
		case r.now.dest == destTag:
			r.markup = append(r.markup, s...)
		default:
			r.markup = escape(r.markup, s)
		}
		return
	}
	r.place()
	r.text = append(r.text, s...)
	if len(r.text) >= handBytes {
		r.hand()
	}
}

// place opens the cell that text stands in, or ends the row that it does not belong to.
func (r *reader) place() {
	r.began = true
	switch {
	case r.aside != 0:
	case r.row || r.now.intbl:
		r.openCell()
	default:
		r.endRow()
	}
}

// hand gives the page the text that has come.
func (r *reader) hand() {
	if len(r.text) > 0 {
		if !r.p.Text(string(r.text)) {
			r.full = true
		}
		r.text = r.text[:0]
	}
}

func (r *reader) line() {
	switch {
	case !r.visible():
	case r.html:
		put(r, "\n")
	default:
		r.began = true
		if r.aside == 0 && !r.row && !r.now.intbl {
			r.endRow()
		}
		r.hand()
		r.p.Line()
	}
}

func (r *reader) openCell() {
	if r.inCell {
		return
	}
	r.hand()
	if !r.inRow {
		r.p.BeginRow()
	}
	r.p.BeginCell()
	r.inRow, r.inCell = true, true
}

// cell ends a cell.
func (r *reader) cell() {
	switch {
	case !r.laid() || r.html:
	case r.aside != 0:
		put(r, "\t")
	default:
		r.began = true
		r.openCell()
		r.hand()
		r.p.EndCell()
		r.inCell = false
	}
}

// rowEnds ends a row by its control word.
func (r *reader) rowEnds() {
	switch {
	case !r.laid() || r.html:
	case r.aside != 0:
		r.line()
	default:
		r.endRow()
		r.row = false
	}
}

// endRow ends the row if one is open.
func (r *reader) endRow() {
	if !r.inRow {
		return
	}
	r.hand()
	if r.inCell {
		r.p.EndCell()
	}
	r.p.EndRow()
	r.inRow, r.inCell = false, false
}

// beginAside begins a piece beside the text. One within another is read as part of it, and one of a page of HTML or outside all groups as text.
func (r *reader) beginAside(kind Aside) {
	r.now.dest = destText
	if r.aside != 0 || r.html || len(r.stack) == 0 {
		return
	}
	r.began = true
	r.hand()
	r.p.BeginAside()
	r.aside, r.now.aside = kind, true
}

func (r *reader) endAside() {
	r.hand()
	r.p.EndAside(r.aside)
	r.aside = 0
}

// escape appends text as HTML. Outlook writes what is special as markup, so that text has none; others leave references to characters in it,
// which stay as they are.
func escape[T string | []byte](to []byte, s T) []byte {
	from := 0
	for i := range len(s) {
		var reference string
		switch s[i] {
		case '<':
			reference = "&lt;"
		case '>':
			reference = "&gt;"
		case '&':
			if refers(s[i+1:]) {
				continue
			}
			reference = "&amp;"
		default:
			continue
		}
		to = append(append(to, s[from:i]...), reference...)
		from = i + 1
	}
	return append(to, s[from:]...)
}

// refers says whether what follows an ampersand makes it a reference to a character.
func refers[T string | []byte](s T) bool {
	const longest = 31 // of the names that HTML knows
	for i := range min(len(s), longest+1) {
		switch c := s[i]; {
		case c == ';':
			return i > 0 && s[i-1] != '#'
		case c == '#':
			if i > 0 {
				return false
			}
		case !isLetter(c) && !isDigit(c):
			return false
		}
	}
	return false
}
