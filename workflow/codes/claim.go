package codes

// Claim lines as the forms and the electronic claim write them.
// Sources: CMS-1500 item 24; X12 005010X222 (837), 005010X221 (835): SV1, SV2,
// SVC, HI, CLM.

// segmentInfo is what a segment of an electronic claim says beside its code.
type segmentInfo struct {
	to    int // last token
	units int32
	pos   int // token of the place of service
	rev   int // token of the revenue code
	drg   int // token of the DRG
}

// segment reads an X12 segment whose name ends before the '*' at token i.
func (s *scanner) segment(i int) {
	name := s.at(i - 1)
	if s.at(i).p != '*' || s.at(i).gap != 0 || name.kind != kMix && name.kind != kAlpha || i <= s.seg.to {
		return
	}
	if p := s.at(i - 2); p.kind != kLine && p.kind != kEdge && p.p != '~' {
		return
	}
	sv1, sv2, svc := name.is("SV1"), name.is("SV2"), name.is("SVC")
	hi, clm := name.is("HI"), name.is("CLM")
	if !sv1 && !sv2 && !svc && !hi && !clm {
		if name.is("CAS") || name.is("LQ") || name.is("REF") || name.is("NM1") || name.is("N3") || name.is("N4") || name.is("TRN") ||
			name.is("CLP") || name.is("DMG") || name.is("DTP") || name.is("DTM") || name.is("LX") || name.is("AMT") || name.is("PER") || name.is("SE") || name.is("ST") ||
			name.is("ISA") || name.is("GS") || name.is("GE") || name.is("IEA") || name.is("BHT") || name.is("SBR") || name.is("PRV") || name.is("HL") || name.is("BPR") {
			k := i
			for ; k < i+70; k++ {
				if t := s.at(k); t.kind == kEdge || t.kind == kLine || t.p == '~' {
					break
				}
			}
			s.free = max(s.free, k)
			s.seg = segmentInfo{to: k}
			if name.is("CAS") || name.is("LQ") {
				s.remark = true
			}
		}
		return
	}
	seg := segmentInfo{}
	element := 0
	k := i
	for ; k < i+70; k++ {
		t := s.at(k)
		if t.kind == kEdge || t.kind == kLine || t.p == '~' {
			break
		}
		if t.p == '*' && t.kind == kPunct {
			element++
			v := s.at(k + 1)
			whole := s.at(k+2).p == '*' || s.at(k+2).p == '~' || s.at(k+2).kind == kLine || s.at(k+2).kind == kEdge
			switch {
			case v.kind != kNum:
			case (sv1 || sv2) && element == 4+b2i(sv2) && whole && v.n <= 4:
				if u := s.at(k - 1); u.is("UN") {
					seg.units = int32(v.value())
				}
			case sv1 && element == 5 && whole && v.n == 2:
				seg.pos = k + 1
			case svc && element == 5 && whole && v.n <= 4:
				seg.units = int32(v.value())
			case sv2 && element == 1 && v.n == 4:
				seg.rev = k + 1
			case clm && element == 5 && v.n == 2 && s.at(k+2).p == ':' && s.at(k+3).is("B"):
				seg.pos = k + 1
			}
		}
		if hi && t.is("DR") && s.at(k+1).p == ':' {
			seg.drg = k + 2
		}
	}
	seg.to = k
	s.seg = seg
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// qualifier is the system that an X12 composite names before the colon.
func qualifier(t *token) sysID {
	switch {
	case t.is("HC"):
		return idCPT
	case t.is("ABK"), t.is("ABF"), t.is("ABJ"), t.is("APR"), t.is("ABN"), t.is("BK"), t.is("BF"), t.is("BJ"):
		return idICD
	case t.is("BBR"), t.is("BBQ"):
		return idPCS
	case t.is("AD"):
		return idCDT
	}
	return idNone
}

// inSegment handles a number that the current segment gives a meaning, and
// says whether it did.
func (s *scanner) inSegment(i int, t *token) bool {
	if s.seg.to == 0 || i > s.seg.to {
		return false
	}
	switch i {
	case s.seg.pos:
		return s.labelledOne(i, idPOS, 2, linkNone, i) > 0
	case s.seg.rev:
		return s.labelledOne(i, idRevenue, 4, linkNone, i) > 0
	case s.seg.drg:
		return s.labelledOne(i, idDRG, 3, linkNone, i) > 0
	}
	// Amounts, counts and pointers are no codes.
	return t.kind == kNum && s.at(i-1).p == '*'
}

// claimLine recognises a line of the CMS-1500 form around a code: dates and a
// two-digit place of service before it; pointers, charge and units behind it.
// It returns the token of the place of service, or 0.
func (s *scanner) claimLine(c *candidate) int {
	p := s.at(c.tok - 1)
	pos := 0
	if p.kind == kNum && p.n == 2 && p.gap > 0 && c.tok-1 >= s.free {
		// six parts of dates before it
		parts := 0
		k := c.tok - 2
		for ; k > c.tok-16; k-- {
			t := s.at(k)
			if t.kind == kNum && (t.n == 2 || t.n == 4 || t.n == 8 || t.n == 6) {
				parts++
				if t.n >= 6 {
					parts += 2
				}
				continue
			}
			if t.kind == kPunct && (t.p == '/' || t.p == '-') {
				continue
			}
			break
		}
		if parts >= 6 {
			pos = c.tok - 1
		}
	}
	k := c.last + 1
	t := s.at(k)
	if t.kind == kAlpha && t.n <= 4 && pointers(t) {
		k++
		t = s.at(k)
	} else if pos == 0 {
		return 0
	}
	if t.p == '$' {
		k++
		t = s.at(k)
	}
	if t.kind == kNum && s.at(k+1).p == '.' && s.at(k+1).gap == 0 && s.at(k+2).kind == kNum && s.at(k+2).n == 2 {
		u := s.at(k + 3)
		if u.kind == kNum && u.n <= 3 && u.gap > 0 && c.units == 0 && s.at(k+4).p != '.' {
			c.units = int32(u.value())
			c.last = k + 3
		}
	}
	return pos
}

// pointers says whether the letters are diagnosis pointers (A to L).
func pointers(t *token) bool {
	if t.lower {
		return false
	}
	for _, b := range t.bytes() {
		if b < 'A' || b > 'L' {
			return false
		}
	}
	return true
}
