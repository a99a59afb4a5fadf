package codes

// col is the column of token k in the current row.
func (t *table) col(k int) column {
	if !t.row || !t.mapped {
		return colNone
	}
	for i := range t.fields[:t.nf] {
		if f := &t.fields[i]; k >= f.from && k <= f.to {
			return f.col
		}
	}
	return colNone
}

// stops says whether token k lies beyond the field of the token before it, so
// that a suffix must not reach over.
func (t *table) stops(s *scanner, k int) bool {
	if !t.row {
		return false
	}
	if t.unitsAt > 0 && k == t.unitsAt {
		return true
	}
	if !t.mapped {
		return false
	}
	for i := range t.fields[:t.nf] {
		if f := &t.fields[i]; k == f.from {
			return true
		}
	}
	n := s.at(k)
	return t.part == byPipe && n.p == '|' || t.part == byComma && n.p == ',' || t.part == bySemicolon && n.p == ';'
}

// column gives a candidate what its column says: that it is a code of that
// kind, or none at all; and to a procedure its row's modifiers and units.
func (s *scanner) column(i int, c *candidate) {
	t := &s.tab
	if !t.row {
		return
	}
	if !t.mapped {
		if v := s.at(t.unitsAt); t.unitsAt > i && c.procedure() {
			c.units = int32(v.value())
		}
		return
	}
	col := t.col(i)
	switch col {
	case colCode:
		if c.sys == idICD && !c.dot && c.n == 5 && hcpcsShape(c.bytes()) {
			c.sys = idHCPCS
		}
		if c.procedure() {
			c.signs |= sColumn
		}
	case colDX:
		if icdShape(c.bytes()) {
			c.label = idICD
			c.signs |= sLabel
		}
	case colOther:
		if c.sys == idCPT && digitsOnly(c.bytes()) {
			c.signs |= nID
		}
		if c.sys == idICD && !c.dot && c.n == 3 {
			c.signs |= nRemark // a column of reasons
		}
	case colMoney:
		c.signs |= nMoney
	}
	if !c.procedure() || t.codes > 1 || col != colCode {
		return
	}
	for k := range t.fields[:t.nf] {
		f := &t.fields[k]
		switch f.col {
		case colMod:
			for j := f.from; j <= f.to; j++ {
				if m := s.at(j); m.n == 2 && m.kind != kPunct && isModifier(m.b[0], m.b[1]) {
					c.addModifier(m.b[0], m.b[1])
				}
			}
		case colUnits:
			if u := s.at(f.from); u.kind == kNum && u.n <= 5 && f.from == f.to {
				c.units = int32(u.value())
			} else if u.kind == kNum && u.n <= 4 && s.at(f.from+1).p == '.' && s.at(f.from+2).value() == 0 {
				c.units = int32(u.value())
			}
		}
	}
}

// cell handles a number whose column says what it is, and says whether it did.
func (s *scanner) cell(i int, t *token) bool {
	if !s.tab.row {
		return false
	}
	if s.tab.unitsAt == i && i > 0 {
		return true
	}
	switch s.tab.col(i) {
	case colRev:
		if t.kind == kNum && t.n >= 3 && t.n <= 4 {
			return s.labelledOne(i, idRevenue, 4, linkNone, i) > 0
		}
	case colPOS:
		if t.kind == kNum && t.n <= 2 {
			return s.labelledOne(i, idPOS, 2, linkNone, i) > 0
		}
	case colMod, colUnits, colMoney:
		return true
	}
	return false
}
