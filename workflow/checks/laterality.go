package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// anatomical is what an anatomical modifier says: the side, and the part where it names one.
type anatomical struct{ side, part string }

// anatomy reads a modifier (HCPCS Level II): E1-E4 eyelids, FA and F1-F9 fingers, TA and T1-T9 toes, RT, LT, 50. Empty for all others.
func anatomy(modifier string) anatomical {
	fingers := []string{"thumb", "index finger", "middle finger", "ring finger", "little finger"}
	toes := []string{"great toe", "lesser toe", "lesser toe", "lesser toe", "lesser toe"}
	digit := func(parts []string) anatomical {
		n := strings.IndexByte("A123456789", modifier[1])
		side := "left"
		if n >= 5 {
			side = "right"
		}
		return anatomical{side, parts[n%5]}
	}
	switch modifier {
	case "RT":
		return anatomical{side: "right"}
	case "LT":
		return anatomical{side: "left"}
	case "50":
		return anatomical{side: "bilateral"}
	case "E1":
		return anatomical{"left", "upper eyelid"}
	case "E2":
		return anatomical{"left", "lower eyelid"}
	case "E3":
		return anatomical{"right", "upper eyelid"}
	case "E4":
		return anatomical{"right", "lower eyelid"}
	}
	if len(modifier) == 2 && strings.IndexByte("A123456789", modifier[1]) >= 0 {
		switch modifier[0] {
		case 'F':
			return digit(fingers)
		case 'T':
			return digit(toes)
		}
	}
	return anatomical{}
}

func (l line) anatomy() anatomical {
	var out anatomical
	for _, m := range l.Modifiers {
		if a := anatomy(m); a.side != "" {
			if out.side != "" && out.side != a.side {
				return anatomical{side: "bilateral"}
			}
			out = a
		}
	}
	return out
}

// partOf is the part that a title names, of those that modifiers tell apart, and the kind of part.
func partOf(title string) (part, kind string) {
	title = strings.ToLower(title)
	for kind, parts := range map[string][]string{
		"finger": {"thumb", "index finger", "middle finger", "ring finger", "little finger"},
		"toe":    {"great toe", "lesser toe"},
		"eyelid": {"upper eyelid", "lower eyelid"},
	} {
		for _, p := range parts {
			if strings.Contains(title, p) && !strings.Contains(title, "upper and lower") {
				return p, kind
			}
		}
	}
	return "", ""
}

func kindOfPart(part string) string {
	if part == "thumb" {
		return "finger"
	}
	return part[strings.LastIndexByte(part, ' ')+1:]
}

// laterality compares the sides of diagnoses with those of the procedures' modifiers. Which diagnosis belongs to which procedure a mail
// seldom says, so two sides contradict each other only where neither has a partner of its own side.
//
// Authority: Official Guidelines I.B.13. Source: the titles of the diagnoses and the modifiers' own meaning.
func (r *run) laterality(e encounter, sides map[string]codebook.Sides) {
	lines := r.together(e.group)
	has := func(side string) bool {
		return slices.ContainsFunc(e.list, func(d diagnosis) bool { s := sides[d.code].Side; return s == side || s == "bilateral" })
	}
	treated := func(side string) bool {
		return slices.ContainsFunc(lines, func(l line) bool { a := l.anatomy(); return a.side == side || a.side == "bilateral" })
	}
	for _, l := range lines {
		a := l.anatomy()
		if a.side == "" {
			continue
		}
		for _, d := range e.list {
			s := sides[d.code]
			x := ruling{rule: finding.Laterality, severity: finding.Warning, codes: []string{l.Code, d.code}, date: e.date, source: "ICD-10-CM title of " + d.code + " and the modifier's meaning",
				data: map[string]any{"side_of_diagnosis": s.Side, "side_of_procedure": a.side, "line": l.label()}}
			part, kind := partOf(d.title)
			switch {
			case s.Side != "right" && s.Side != "left":
				if s.Side != "bilateral" || a.side == "bilateral" {
					continue
				}
				x.severity = finding.Info
				x.message = fmt.Sprintf("%s is for both sides and %s treats the %s: that fits as long as the other side has the condition too (Official Guidelines I.B.13).", d.code, l.label(), a.side)
			case a.side == "bilateral" && !has(opposite(s.Side)):
				x.severity = finding.Info
				x.message = fmt.Sprintf("%s reports both sides and %s is for the %s alone, if no diagnosis of the other side is also on the claim.", l.label(), d.code, s.Side)
			case a.side == s.Side && a.part != "" && part != "" && kind == kindOfPart(a.part) && part != a.part:
				x.message = fmt.Sprintf("%s names the %s %s and %s the %s: one of them does not fit, if they belong together.", l.label(), a.side, a.part, d.code, part)
			case a.side == opposite(s.Side) && !has(a.side) && !treated(s.Side):
				x.message = fmt.Sprintf("%s is on the %s side and %s is for the %s (%s): one of them does not fit, if they belong together.", l.label(), a.side, d.code, s.Side, d.title)
			case a.side == opposite(s.Side) && !has(a.side):
				x.severity = finding.Info
				x.message = fmt.Sprintf("%s is on the %s side, for which no diagnosis is named (%s is for the %s), if none is also on the claim.", l.label(), a.side, d.code, s.Side)
			default:
				continue
			}
			r.rule(x)
		}
	}
}

func opposite(side string) string {
	if side == "right" {
		return "left"
	}
	return "right"
}

// unspecifiedSide reports codes without a side of which there are others with one, alternatives included.
//
// Authority: Official Guidelines I.B.13 and I.B.18; for inpatients the Medicare Code Editor's edit for unspecified codes.
func (r *run) unspecifiedSide(ctx context.Context) error {
	seen := map[string]bool{}
	for _, m := range r.Mentions {
		d := r.date(m.Group)
		key := m.Code + d.Day.String()
		if m.System != codes.ICD10CM || m.RangeEnd != "" || !billing(m.Role) && m.Role != codes.RoleAlternative || seen[key] {
			continue
		}
		seen[key] = true
		s, err := r.book.Sides(ctx, m.Code, d.Day)
		if err != nil {
			return err
		}
		if s.Side != "unspecified" {
			continue
		}
		with := []string{s.Right + " (right)", s.Left + " (left)"}
		if s.Bilateral != "" {
			with = append(with, s.Bilateral+" (both)")
		}
		r.rule(ruling{rule: finding.UnspecifiedCode, severity: finding.Warning, codes: []string{m.Code}, date: d, source: "ICD-10-CM titles",
			message: fmt.Sprintf("%s names no side, and there are %s: payers often refuse it, and the record usually tells the side (Official Guidelines I.B.13, I.B.18).", m.Code, list(with)),
			data:    map[string]any{"right": s.Right, "left": s.Left, "bilateral": s.Bilateral}})
	}
	return nil
}
