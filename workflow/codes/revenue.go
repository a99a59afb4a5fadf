package codes

// Revenue codes that stand on a bill without a label of their own.

// revenueLine says whether four digits are a revenue code though no label
// stands before them: where one was labelled, the further ones of the sentence
// and of the lines ("rev 0450 99284-25, 0301 80053, 0250 $88"); on a hospital's
// statement also those with a price.
func (s *scanner) revenueLine(i int) bool {
	t := s.at(i)
	if v := t.value(); v < 100 || v > 999 || !s.revenue && !s.facility || t.gap == 0 && i > 0 && s.at(i-1).kind != kLine {
		return false
	}
	n, p := s.at(i+1), s.at(i-1)
	if n.gap == 0 && (n.p == '-' || n.p == '/' || n.p == ':' || n.p == '.' && s.at(i+2).gap == 0 && s.at(i+2).kind == kNum) || p.p == '-' || p.p == '/' || p.p == '#' || p.is("AT") || n.class&wMEAS != 0 && n.kind == kAlpha {
		return false // a time, a part of something longer
	}
	switch {
	case n.p == '$', n.is("FOR") && s.at(i+2).p == '$':
		return true
	case n.kind == kAlpha && n.gap > 0 && s.atLineStart(i) && s.priced(i):
		return true
	case s.afterRevenue(i):
		return true
	}
	if !s.revenue {
		return false
	}
	return n.gap > 0 && n.n == 5 && (n.kind == kNum || n.kind == kMix && hcpcsShape(n.bytes())) || s.context(i).class&wREV != 0
}

// afterRevenue says whether only marks and joining words part token i from a
// revenue code.
func (s *scanner) afterRevenue(i int) bool {
	if s.cands.n == 0 || s.cands.at(s.cands.n-1).sys != idRevenue {
		return false
	}
	last := s.cands.at(s.cands.n - 1).last
	for k := i - 1; k > last; k-- {
		if t := s.at(k); t.p != ',' && t.p != '/' && t.p != '&' && t.class&(wAND|wOR) == 0 && !(t.p == '$' || t.kind == kNum || t.is("FOR")) {
			return false
		}
	}
	return i-last < 10
}

// priced says whether the rest of the line has an amount of money.
func (s *scanner) priced(i int) bool {
	for k := i + 1; k < i+24; k++ {
		t := s.at(k)
		switch {
		case t.kind == kLine || t.kind == kEdge:
			return false
		case t.p == '$', t.p == '.' && t.gap == 0 && s.at(k-1).kind == kNum && s.at(k+1).kind == kNum && s.at(k+1).n == 2 && s.at(k+1).gap == 0:
			return true
		}
	}
	return false
}
