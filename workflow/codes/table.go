package codes

import "slices"

// column is what a table's header says of one column.
type column uint8

const (
	colNone  column = iota
	colCode         // procedure codes
	colMod          // modifiers
	colUnits        // units
	colDX           // diagnoses
	colRev          // revenue codes
	colPOS          // places of service
	colMoney        // charges, payments
	colOther        // accounts, dates, names: no codes
)

// How the columns of a table are parted.
type parting uint8

const (
	bySpace parting = iota
	byWide          // several spaces: columns by their place in the line
	byTab
	byPipe
	byComma
	bySemicolon
)

const maxColumns = 20

// field is a run of tokens of one row in one column.
type field struct {
	from, to int // tokens
	col      column
	index    int
}

// table remembers the header of the table that the lines belong to, and the
// fields of the current line.
type table struct {
	active  bool
	part    parting
	n       int
	cols    [maxColumns]column
	starts  [maxColumns]int // bytes from the start of the header's line
	codes   int             // columns of codes
	row     bool            // the current line is a row of it
	mapped  bool            // and its fields are known by column
	fields  [maxColumns]field
	nf      int
	unitsAt int // token of the row's units where the fields are not known
}

// line looks at the line that begins at token i: it may be a header, a row, or
// the end of the table. lines is the number of line ends before it.
func (t *table) line(s *scanner, i, lines int) {
	t.row, t.mapped, t.nf, t.unitsAt = false, false, 0, 0
	if lines > 1 {
		t.active = false
	}
	end := i
	heads, words, numbers, mixes := 0, 0, 0, 0
	pipes, commas, semis, wides, tabs, colons := 0, 0, 0, 0, 0, 0
	for ; end < i+64; end++ {
		k := s.at(end)
		if k.kind == kEdge || k.kind == kLine {
			break
		}
		if end > i {
			if hasTab(s.text[s.at(end-1).end:k.start]) {
				tabs++
			} else if k.gap == 2 {
				wides++
			}
		}
		switch k.kind {
		case kAlpha:
			words++
			if k.class&wHEAD != 0 {
				heads++
			}
		case kNum:
			if k.gap == 0 && k.n == 1 && end > i && s.at(end-1).class&wHEAD != 0 {
				continue // "Mod1"
			}
			numbers++
		case kMix:
			mixes++
			if headMix(k) {
				heads++
				words++
				mixes--
			}
		case kPunct:
			switch k.p {
			case '|':
				pipes++
			case ',':
				commas++
			case ';':
				semis++
			case ':':
				colons++ // a heading has none; "Member: ... Claim: ... Payer: ..." is a line of labels
			}
		}
	}
	s.work += end - i
	if end == i {
		return
	}
	last := s.at(end - 1)
	if heads >= 2 && mixes == 0 && colons < 2 && numbers <= 1+heads/3 && last.p != ':' && last.p != '?' && last.p != '.' && heads*3 >= words*2 && end-i < 60 {
		switch {
		case pipes > 0:
			t.part = byPipe
		case tabs > 0:
			t.part = byTab
		case semis > 0:
			t.part = bySemicolon
		case commas > 1:
			t.part = byComma
		case wides > 0:
			t.part = byWide
		default:
			t.part = bySpace
			if heads < 3 || heads < words {
				return
			}
		}
		t.header(s, i, end)
		return
	}
	if !t.active {
		return
	}
	if numbers+mixes == 0 && pipes == 0 || words > 12 && numbers+mixes < 2 {
		if words > 3 && pipes+tabs+semis == 0 {
			t.active = false
		}
		return
	}
	t.readRow(s, i, end)
}

func hasTab(gap string) bool {
	for k := range len(gap) {
		if gap[k] == '\t' {
			return true
		}
	}
	return false
}

// headMix says whether a mix of letters and digits heads a column: M1, MOD2, COL1.
func headMix(t *token) bool {
	b := t.bytes()
	n := len(b)
	if n < 2 || !isDigit(b[n-1]) {
		return false
	}
	switch string(b[:n-1]) {
	case "M", "MOD", "COL", "DX", "CODE", "CPT", "ICD", "PTR":
		return true
	}
	return false
}

// next tells where the fields are parted: how many columns token k begins
// behind the token before it, and whether the token itself is only the mark.
func (t *table) next(s *scanner, i, k int) (step int, mark bool) {
	c := s.at(k)
	switch t.part {
	case byPipe:
		if c.p == '|' {
			return 1, true
		}
	case byComma:
		if c.p == ',' {
			return 1, true
		}
	case bySemicolon:
		if c.p == ';' {
			return 1, true
		}
	case byTab:
		if k > i {
			gap := s.text[s.at(k-1).end:c.start]
			for j := range len(gap) {
				if gap[j] == '\t' {
					step++
				}
			}
			return step, false
		}
	case byWide:
		if k > i && c.gap == 2 {
			return 1, false
		}
	case bySpace:
		if k > i && c.gap > 0 {
			return 1, false
		}
	}
	return 0, false
}

// header reads the columns of a header line.
func (t *table) header(s *scanner, i, end int) {
	t.n, t.codes, t.active = 0, 0, false
	base := s.at(i).start
	index, has := 0, false
	billed := -1 // a column "Billed": money, unless no other column has the codes
	for k := range t.cols {
		t.cols[k], t.starts[k] = colNone, 0
	}
	for k := i; k < end; k++ {
		step, mark := t.next(s, i, k)
		if step > 0 {
			index += step
			has = false
		}
		if index >= maxColumns {
			return
		}
		if mark {
			continue
		}
		c := s.at(k)
		if t.part == byWide && c.gap == 1 && has && c.class&wHEAD != 0 && s.at(k-1).kind == kNum && s.at(k-1).gap == 0 && index+1 < maxColumns {
			index, has = index+1, false // "Mod1 Mod2 ICD1"
		}
		if c.is("BILLED") {
			billed = index
		}
		if !has {
			t.starts[index], has = c.start-base, true
		}
		if t.cols[index] == colCode && (c.is("DATE") || c.is("DT") || c.is("DESC") || c.is("DESCRIPTION")) {
			t.cols[index] = colOther // "Svc Dt"
			t.n = index + 1
			continue
		}
		if col := columnOf(c); col != colNone && (t.cols[index] == colNone || t.cols[index] == colOther || col == colMod || col == colRev) {
			t.cols[index] = col
		} else if t.cols[index] == colNone {
			t.cols[index] = colOther
		}
		t.n = index + 1
	}
	if billed >= 0 && t.cols[billed] == colMoney && !slices.Contains(t.cols[:t.n], colCode) {
		t.cols[billed] = colCode
	}
	kinds := 0
	same := true // one word after the other says the same: "CPT CODES BILLED" is no row of headings
	for _, c := range t.cols[:t.n] {
		same = same && (c == t.cols[0] || c == colOther || c == colNone || t.cols[0] == colCode && t.cols[min(1, t.n-1)] == colCode)
		if c == colCode {
			t.codes++
		}
		if c != colNone && c != colOther {
			kinds++
		}
	}
	t.active = !(same && t.part == bySpace) && kinds >= 1 && t.n >= 2 && (t.codes > 0 || kinds >= 2)
}

// columnOf is what one word of a header says of its column.
func columnOf(t *token) column {
	switch {
	case t.kind == kMix:
		switch t.b[0] {
		case 'M':
			return colMod
		case 'D', 'I':
			return colDX
		case 'C':
			return colCode
		}
		return colNone
	case t.kind != kAlpha:
		return colNone
	case t.class&wMOD != 0 || t.is("MM"):
		return colMod
	case t.class&wREV != 0:
		return colRev
	case t.class&(wDX|wICD) != 0 && !t.is("CM"):
		return colDX
	case t.class&wUNIT != 0 && t.n > 1 || t.is("QTY") || t.is("QUANTITY") || t.is("DAYS"):
		return colUnits
	case t.is("POS"):
		return colPOS
	case t.class&wCHARGE != 0:
		return colMoney
	case t.class&(wCPT|wHCPCS|wCODE) != 0 || t.class&wPROC != 0 || t.is("COL") || t.is("COLUMN"):
		return colCode
	case t.class&wHEAD != 0:
		return colOther
	}
	return colNone
}

// readRow cuts a line into fields and gives each its column.
func (t *table) readRow(s *scanner, i, end int) {
	base := s.lineStart(i)
	index, n := 0, 0
	fresh := true
	for k := i; k < end; k++ {
		step, mark := t.next(s, i, k)
		if step == 0 && t.part == byWide && k > i && s.at(k).gap == 1 && t.begins(s.at(k).start-base) {
			step = 1 // "03/01/2026 99214" below "DOS        CPT": the cell fills its column
		}
		if step > 0 {
			index += step
			fresh = true
		}
		if mark {
			continue
		}
		if fresh {
			if n == maxColumns {
				return
			}
			t.fields[n] = field{from: k, index: index}
			n++
			fresh = false
		}
		t.fields[n-1].to = k
	}
	t.nf = n
	if n == 0 {
		return
	}
	t.row = true
	switch t.part {
	case byWide, bySpace:
		if n == t.n {
			for k := range t.fields[:n] {
				t.fields[k].col = t.cols[k]
			}
			t.mapped = true
			return
		}
		if t.part == bySpace {
			// Fields are missing: only units at the end are sure.
			if u := s.at(t.fields[n-1].from); t.cols[t.n-1] == colUnits && u.kind == kNum && u.n <= 3 && t.fields[n-1].to == t.fields[n-1].from {
				t.unitsAt = t.fields[n-1].from
			}
			t.row = t.unitsAt > 0
			return
		}
		at := 0
		for k := range t.fields[:n] {
			off := s.at(t.fields[k].from).start - base
			best := at
			for j := at; j < t.n; j++ {
				if distance(off, t.starts[j]) < distance(off, t.starts[best]) {
					best = j
				}
			}
			if best >= t.n {
				return
			}
			t.fields[k].col = t.cols[best]
			at = best + 1
		}
		t.mapped = true
	default:
		if t.part == byPipe && index+1 < t.n {
			t.row = false // marks are missing, as in a table read from a picture: nobody knows which column is which
			return
		}
		for k := range t.fields[:n] {
			if x := t.fields[k].index; x < t.n {
				t.fields[k].col = t.cols[x]
			}
		}
		t.mapped = n > 1
		t.row = t.mapped
	}
}

// begins says whether a column, other than the first, begins at this byte of its line.
func (t *table) begins(at int) bool {
	return at > 0 && slices.Contains(t.starts[:t.n], at)
}

func distance(a, b int) int {
	if a > b {
		return a - b
	}
	return b - a
}

// lineStart is the byte at which the line of token i begins.
func (s *scanner) lineStart(i int) int {
	p := s.at(i - 1)
	if p.kind == kLine {
		return p.end
	}
	return 0
}
