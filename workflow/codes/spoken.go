package codes

// spoken reads modifiers that words attach to a code: "with a 59", "w/ 25",
// "mods 25 & 57", "and modifier 25", "(modifier LT)".
func (s *scanner) spoken(c *candidate, k int) bool {
	k = s.overDate(k)
	j := k
	with, mod := false, false
	for j-k < 10 {
		t := s.at(j)
		switch {
		case t.p == ';' && j == k && s.at(j+1).class&wMOD != 0, t.p == '=' && mod:
			j++
			continue
		case t.kind == kPunct && (t.p == ',' || t.p == '(' || t.p == '[' || t.p == '-' || t.p == ':' || t.p == '#' || t.p == '/' || t.p == '+' || t.p == '&' || t.p == '"'):
			if t.p == '/' && !(j > k && s.at(j-1).is("W")) {
				return false
			}
			if (t.p == '&' || t.p == '+') && j > k {
				return false
			}
			if (t.p == '&' || t.p == '+') && s.at(j+1).class&wMOD == 0 {
				return false
			}
			j++
			continue
		case t.kind == kLine && t.n == 1 && (with || mod):
			j++
			continue
		case mod && t.kind == kNum && t.n == 1 && s.at(j+1).p == ':': // "Modifier 1: LT"
			j++
			continue
		case t.kind != kAlpha:
		case t.class&wMOD != 0:
			if mod {
				return false
			}
			mod = true
			j++
			continue
		case t.class&wWITH != 0 || t.is("USING"):
			if with {
				return false
			}
			with = true
			j++
			continue
		case t.class&wAND != 0 || t.is("HAS") || t.is("HAVING"):
			if with || mod {
				return false
			}
			if n := s.at(j + 1); n.class&wMOD == 0 && !(n.class&wART != 0 && s.at(j+2).class&wMOD != 0) && !(n.class&wWITH != 0 && c.nm > 0 && (s.at(j+2).class&wMOD != 0 || s.at(j+3).class&wMOD != 0)) {
				return false
			}
			j++
			continue
		case (t.class&wART != 0 || t.is("BOTH")) && t.n < 5 && (with || mod) && t.n > 0 && !t.is("ANY"):
			j++
			continue
		}
		break
	}
	if !with && !mod {
		return false
	}
	how := looseWith
	if mod {
		how = looseMod
	}
	first := j
	last := 0
	for {
		if s.at(j).p == '-' && s.at(j+1).gap == 0 {
			j++
		}
		if !s.okSpoken(c, j, how) {
			break
		}
		last = j
		n := s.at(j + 1)
		switch {
		case n.kind == kPunct && (n.p == ',' || n.p == '&' || n.p == '/' || n.p == '+'):
			j += 2
			if s.at(j).is("AND") {
				j++
			}
		case n.kind == kPunct && n.p == '-' && n.gap == 0 && s.at(j+2).gap == 0:
			j += 2
		case n.kind == kAlpha && n.class&wAND != 0 && !n.is("ALSO"):
			j += 2
			if s.at(j).class&wMOD != 0 {
				j++
			}
		case n.kind == kNum && n.n == 2 || n.kind == kAlpha && n.n == 2 || n.kind == kMix && n.n == 2:
			j++
		default:
			j = -1
		}
		if j < 0 {
			break
		}
	}
	if last == 0 {
		return false
	}
	if n := s.at(last + 1); mod && !with && s.at(k).kind == kPunct && (n.is("TO") || n.is("ON") || n.is("ONTO")) && procedureShape(s.at(last+2)) {
		return false // ", modifiers GP and KX to 97140"
	}
	for m := first; m <= last; m++ {
		if t := s.at(m); t.kind != kPunct && t.n == 2 && isModifier(t.b[0], t.b[1]) && !(t.kind == kAlpha && t.lower && t.class&(wTIE|wSMALL) != 0) {
			c.addModifier(t.b[0], t.b[1])
		}
	}
	c.last = last
	if n, v := s.at(last+1), s.at(last+2); n.class&wMOD != 0 && n.kind == kAlpha && v.kind != kNum && v.p != ':' {
		c.last++
	}
	return true
}

// overDate steps over a date between a code and its modifier: "99291 on 3/3
// with 25". It returns k where there is none.
func (s *scanner) overDate(k int) int {
	j := k
	if t := s.at(j); t.is("ON") || t.is("DOS") {
		j++
	}
	if s.at(j).kind != kNum || s.at(j).n > 2 || s.at(j+1).p != '/' || s.at(j+1).gap != 0 || s.at(j+2).kind != kNum || s.at(j+2).n > 2 || s.at(j+2).gap != 0 {
		return k
	}
	j += 3
	if s.at(j).p == '/' && s.at(j).gap == 0 && s.at(j+1).kind == kNum {
		j += 2
	}
	if t := s.at(j); t.is("AM") || t.is("PM") {
		j++
	}
	if t := s.at(j); t.class&(wWITH|wMOD) != 0 && t.kind == kAlpha {
		return j
	}
	return k
}

// okSpoken is okModifier for spoken ones, where small letters are common after
// the word "modifier".
func (s *scanner) okSpoken(c *candidate, k int, how tightness) bool {
	t := s.at(k)
	if how == looseMod && t.kind == kAlpha && t.lower {
		if t.n != 2 || !isModifier(t.b[0], t.b[1]) {
			return false
		}
		return t.class&(wSMALL|wTIE|wTO|wOR|wAND|wART) == 0
	}
	if how == looseMod && t.kind == kAlpha && t.class&(wOR) != 0 {
		return false
	}
	return s.okModifier(c, k, how)
}
