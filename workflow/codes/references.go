package codes

import "strings"

// references finds what is no code mention but decides the answer: claim
// adjustment reasons and remarks, coverage documents, payment classes, types
// of bill. Sources of the forms: X12 external code lists 139 and 411, Medicare
// Coverage Database ids, NUBC type of bill.
//
// A reference named several times is returned as often.
func references(text string) []Reference {
	var out []Reference
	var l lexer
	l.text = text
	remark := 0   // tokens for which a remark code may still follow
	remarks := 20 // how long that lasts
	add := func(kind, value string, start, end int) {
		out = append(out, Reference{Kind: kind, Value: value, Start: start, End: end})
	}
	for i := 0; ; i++ {
		t := l.at(i)
		if t.kind == kEdge {
			return out
		}
		if remark > 0 {
			remark--
		}
		switch t.kind {
		case kAlpha:
			switch {
			case t.n == 2 && !t.lower && groupCode(t):
				j := i + 1
				if p := l.at(j); p.kind == kPunct && (p.p == '-' || p.p == '*') {
					j++
				}
				n := l.at(j)
				if (n.kind == kNum && n.n <= 3 || n.kind == kMix && n.n <= 3 && isUpper(n.b[0])) && (j > i+1 || n.gap == 1 || n.gap == 0) && !(l.at(j+1).p == '.' && l.at(j+1).gap == 0 && l.at(j+2).gap == 0 && l.at(j+2).kind == kNum) {
					if p := l.at(i - 1); p.p == '-' && p.gap == 0 || l.at(j+1).p == '-' && l.at(j+1).gap == 0 && l.at(j+2).kind == kNum && l.at(j+2).gap == 0 {
						continue
					}
					if j == i+1 && n.gap == 1 && l.at(i-1).p == ',' && n.n > 2 && t.is("CO") && l.at(j+1).kind == kNum {
						continue
					}
					add("carc", string(t.bytes())+"-"+strings.TrimLeft(string(n.bytes()), "0"), t.start, n.end)
					remark = remarks
				} else if p := l.at(i - 1); p.is("CODE") && l.at(i-2).is("GROUP") {
					add("group", string(t.bytes()), t.start, t.end)
				}
			case t.is("DENIED"), t.is("DENY"), t.is("DENIES"), t.is("REJECTED"), t.is("RETURNED"), t.is("DENIAL"):
				remark = max(remark, 14)
			case t.is("REMARK"), t.is("REMARKS"), t.is("RARC"), t.is("RARCS"):
				remark = remarks
			case t.is("CARC"), t.is("CARCS"):
				remark = remarks
				if n := l.at(i + 1); n.kind == kNum && n.n <= 3 {
					add("carc", string(n.bytes()), n.start, n.end)
				}
			case t.is("LQ") && l.at(i+1).p == '*':
				remark = remarks
			case t.is("APC"), t.is("APCS"):
				for j := i + 1; j < i+12; j++ {
					n := l.at(j)
					if n.kind == kNum && n.n == 4 && n.b[0] == '5' || n.kind == kNum && n.n == 4 && j == i+1 {
						add("apc", string(n.bytes()), n.start, n.end)
					} else if !joins(n) {
						break
					}
				}
			case t.is("NCD"):
				j := i + 1
				for l.at(j).kind == kPunct || l.at(j).class&wNUM != 0 {
					j++
				}
				if n := l.at(j); n.kind == kNum && n.n <= 3 && l.at(j+1).p == '.' && l.at(j+1).gap == 0 && l.at(j+2).kind == kNum {
					end := j + 2
					if l.at(j+3).p == '.' && l.at(j+3).gap == 0 && l.at(j+4).kind == kNum && l.at(j+4).gap == 0 {
						end = j + 4
					}
					add("ncd", text[n.start:l.at(end).end], n.start, l.at(end).end)
				}
			case t.is("LCD"), t.is("LCDS"), t.is("ARTICLE"):
			case t.is("TOB"), t.is("BILL") && l.at(i-1).is("OF") && l.at(i-2).is("TYPE"):
				j := i + 1
				for l.at(j).kind == kPunct && l.at(j).p != '.' || l.at(j).is("IS") || l.at(j).is("CODE") {
					j++
				}
				n := l.at(j)
				if n.kind == kNum && (n.n == 3 || n.n == 4) || n.kind == kMix && n.n <= 4 && n.n >= 3 {
					add("tob", strings.TrimLeft(string(n.bytes()), "0"), n.start, n.end)
					for k := j + 1; k < j+7 && joins(l.at(k)); k++ { // "131 or 121"
						if m := l.at(k + 1); m.kind == kNum && m.n == n.n && l.at(k+2).p != '.' {
							add("tob", strings.TrimLeft(string(m.bytes()), "0"), m.start, m.end)
							k++
						}
					}
				} else if p := l.at(i - 3); t.is("BILL") && p.kind == kNum && (p.n == 3 || p.n == 4) { // "117 type of bill"
					add("tob", strings.TrimLeft(string(p.bytes()), "0"), p.start, p.end)
				}
			}
		case kMix:
			b := t.bytes()
			p, n := l.at(i-1), l.at(i+1)
			if p.p == '-' && p.gap == 0 && t.gap == 0 && l.at(i-2).kind != kAlpha || n.p == '-' && n.gap == 0 && l.at(i+2).gap == 0 && l.at(i+2).kind != kAlpha {
				continue
			}
			switch {
			case len(b) >= 3 && len(b) <= 6 && !t.lower && groupLetters(t) && (digitsOnly(b[2:]) && b[2] != '0' || len(b) > 3 && isUpper(b[2]) && digitsOnly(b[3:])): // CO97, PIB7
				add("carc", string(b[:2])+"-"+strings.TrimLeft(string(b[2:]), "0"), t.start, t.end)
				remark = remarks
			case len(b) == 6 && digitsOnly(b[1:]) && b[0] == 'L' && b[1] == '3':
				add("lcd", string(b), t.start, t.end)
			case len(b) == 6 && digitsOnly(b[1:]) && b[0] == 'A' && b[1] == '5':
				add("article", string(b), t.start, t.end)
			case len(b) == 7 && b[0] == 'D' && digitsOnly(b[2:]) && (b[1] == 'L' || b[1] == 'A'):
				if b[1] == 'L' {
					add("lcd", string(b), t.start, t.end)
				} else {
					add("article", string(b), t.start, t.end)
				}
			case remark > 0 && remarkCode(b) && n.p != '.' || remark > 0 && remarkCode(b) && (l.at(i+2).gap > 0 || l.at(i+2).kind == kEdge):
				add("rarc", string(b), t.start, t.end)
			case len(b) == 5 && b[0] == 'M' && b[1] == 'A' && digitsOnly(b[2:]):
				add("rarc", string(b), t.start, t.end)
				remark = remarks
			case len(b) >= 4 && b[0] == 'M' && b[1] == 'A' && digitsOnly(b[2:]) && len(b) <= 5:
				add("rarc", string(b), t.start, t.end)
			}
		}
	}
}

// joins says whether a token joins the members of a list.
func joins(t *token) bool {
	return t.kind == kPunct && (t.p == ',' || t.p == '/' || t.p == '&') || t.kind == kAlpha && t.class&(wAND|wOR) != 0
}

// groupLetters says whether a token begins with a claim adjustment group.
func groupLetters(t *token) bool {
	switch string(t.b[:2]) {
	case "CO", "PR", "OA", "PI", "CR":
		return true
	}
	return false
}

// groupCode says whether the letters are a claim adjustment group.
func groupCode(t *token) bool {
	return t.is("CO") || t.is("PR") || t.is("OA") || t.is("PI") || t.is("CR")
}

// remarkCode says whether b has the shape of a remittance advice remark code:
// M1 to M147, MA01 to MA134, N1 to N999.
func remarkCode(b []byte) bool {
	switch {
	case len(b) >= 2 && len(b) <= 4 && (b[0] == 'M' || b[0] == 'N') && digitsOnly(b[1:]):
		return true
	case len(b) >= 4 && len(b) <= 5 && b[0] == 'M' && b[1] == 'A' && digitsOnly(b[2:]):
		return true
	}
	return false
}
