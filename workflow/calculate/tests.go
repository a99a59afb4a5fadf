package calculate

import (
	"fmt"

	"caseconsultant/workflow/codebook"
)

// testUnit is one unit of a diagnostic test with the amounts of its components; a line with 26 has no technical one, and one with TC no
// professional one.
type testUnit struct {
	line   int
	tc, pc codebook.Decimal
}

// tests reduces the components of the second and later diagnostic tests of one kind on a day: imaging (MULT PROC 4), cardiovascular tests (6),
// eye tests (7). The one with the highest component has it in full; technical and professional components are ranked apart.
//
// Social Security Act 1848(b)(10) for imaging; Medicare Claims Processing Manual, chapters 12 and 13.
func (c FeeCase) tests(p *codebook.Policy, a *Allowed, kind string) {
	var all []testUnit
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Why != "" || l.fee.Multiple != kind {
			continue
		}
		for range l.Units {
			all = append(all, testUnit{i, c.component(l, "TC"), c.component(l, "26")})
		}
	}
	if len(all) < 2 {
		return
	}
	row := p.Value("diagnostic-reduction", kind, c.Day)
	if !row.OK() {
		a.Steps = append(a.Steps, Step{What: "Several tests of one kind", Result: row.NotChecked})
		return
	}
	less := map[int]codebook.Decimal{}
	said := map[int]string{}
	for _, part := range []struct {
		name, words string
		of          func(testUnit) codebook.Decimal
	}{
		{"tc", "technical", func(u testUnit) codebook.Decimal { return u.tc }},
		{"pc", "professional", func(u testUnit) codebook.Decimal { return u.pc }},
	} {
		n, ok := row.Number(part.name)
		if !ok {
			continue
		}
		highest := 0
		for i, u := range all {
			if part.of(u) > part.of(all[highest]) {
				highest = i
			}
		}
		for i, u := range all {
			if i == highest || part.of(u) == 0 {
				continue
			}
			cut := percent(part.of(u), int64(n*100+0.5))
			less[u.line] += cut
			said[u.line] += fmt.Sprintf(" - %s (%s %% of the %s component %s)", Money(cut), Number(n), part.words, Money(part.of(u)))
		}
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		if less[i] == 0 {
			continue
		}
		before := l.Amount
		l.Amount = max(before-less[i], 0)
		l.Steps = append(l.Steps, Step{What: "Several tests of one kind", How: Money(before) + said[i], Result: Money(l.Amount), Source: row.Row.Cite()})
	}
}

// component is the amount of a component that a line bears: both of the whole test, one with 26 or TC.
func (c FeeCase) component(l *AllowedLine, modifier string) codebook.Decimal {
	if l.fee.Modifier != "" && l.fee.Modifier != modifier {
		return 0
	}
	for _, r := range l.rows {
		if r.Modifier == modifier {
			return min(c.factored(r).Payment(c.Where, c.Facility), l.Full)
		}
	}
	return 0
}
