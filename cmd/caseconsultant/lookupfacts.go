package main

import (
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
)

// showFacts prints what the edits and fee schedules say of a code, each with the release that says it.
func showFacts(c *console, f codebook.Facts) {
	if f.Fee != nil {
		showFee(c, *f.Fee, f.Components)
	}
	if len(f.Modifiers) > 0 {
		c.printf("\n   Modifiers that fit it, where the record shows what they say\n")
		for _, m := range f.Modifiers {
			c.printf("%s\n", wrap(strings.Join(m.Codes, ", ")+": "+m.When+" ["+m.Indicator+"]", "     "))
		}
	}
	if len(f.MUE) > 0 {
		c.printf("\n   Most units for one patient and day (MUE)\n")
		for _, limit := range f.MUE {
			c.printf("%s\n", wrap(mueWords(limit), "     "))
		}
	}
	if f.AddOn != nil {
		c.printf("\n   Add-on code\n%s\n", wrap(addOnWords(*f.AddOn), "     "))
	}
	if len(f.AddOns) > 0 {
		c.printf("\n   Add-on codes that go with it\n%s\n", wrap(strings.Join(f.AddOns, ", "), "     "))
	}
	if len(f.Pairs) > 0 {
		c.printf("\n   Not paid together on one day (NCCI pairs)\n")
		for _, p := range f.Pairs {
			c.printf("%s\n", wrap(fmt.Sprintf("%s: %d codes are denied beside it, it is denied beside %d. [%s]", settingWords(string(p.Set)), p.Column1, p.Column2, p.Release), "     "))
		}
		showPairs(c, f.PairList)
	}
	if f.OPPS != nil {
		c.printf("\n   Outpatient hospital\n%s\n", wrap(oppsWords(*f.OPPS), "     "))
	}
	if f.ASC != nil {
		c.printf("\n   Ambulatory surgical center\n%s\n", wrap(ascWords(*f.ASC), "     "))
	}
	var notes, lines []string
	for _, s := range f.Sources {
		if s.Note != "" && !slices.Contains(notes, s.Release+": "+s.Note) {
			notes = append(notes, s.Release+": "+s.Note)
		}
		if s.Copyright != "" && !slices.Contains(lines, s.Copyright) {
			lines = append(lines, s.Copyright)
		}
	}
	notes = append(notes, f.NotCovered...)
	if len(notes)+len(lines) > 0 {
		c.printf("\n")
	}
	for _, line := range slices.Concat(notes, lines) {
		c.printf("%s\n", wrap(line, "   "))
	}
}

func showFee(c *console, fee codebook.Fee, components []codebook.Fee) {
	c.printf("\n   Medicare facts (%s)\n", fee.Release)
	for _, fact := range []struct{ name, value string }{
		{"status", fee.StatusWords()}, {"global days", fee.GlobalWords()}, {"bilateral", fee.BilateralWords()}, {"several procedures", fee.MultipleWords()},
		{"assistant", fee.AssistantWords()}, {"two surgeons", fee.CoSurgeonsWords()}, {"team", fee.TeamWords()},
	} {
		if fact.value != "" && !strings.HasPrefix(fact.value, "9: does not apply") {
			c.printf("%s\n", wrap(fact.name+" "+fact.value, "     "))
		}
	}
	if fee.EndoscopyBase != "" {
		c.printf("     endoscopy family of %s\n", fee.EndoscopyBase)
	}
	if fee.NAOffice {
		c.printf("     rarely or never done in an office (NA)\n")
	}
	if fee.NAFacility {
		c.printf("     rarely or never done in a facility (NA)\n")
	}
	for _, row := range append([]codebook.Fee{fee}, components...) {
		if row.TotalOffice == 0 && row.TotalFacility == 0 {
			continue
		}
		name := "relative value units"
		if row.Modifier != "" {
			name = "with " + row.Modifier
		}
		c.printf("%s\n", wrap(fmt.Sprintf("%s: office %v, facility %v (work %v)", name, row.TotalOffice, row.TotalFacility, row.Work), "     "))
	}
	factor := fmt.Sprintf("conversion factor %v", fee.Conversion)
	if fee.ConversionQPP != 0 {
		factor += fmt.Sprintf(", %v for qualifying participants", fee.ConversionQPP)
	}
	c.printf("     %s\n", factor)
}

func mueWords(l codebook.Limit) string {
	words := settingWords(string(l.Setting)) + ": "
	switch {
	case l.Value == 0:
		words += "not paid through this kind of claim (limit 0)"
	case l.Adjudication == 1:
		words += fmt.Sprintf("%d on each line (MAI 1)", l.Value)
	case l.Adjudication == 2:
		words += fmt.Sprintf("%d a day, absolute (MAI 2, policy)", l.Value)
	case l.Adjudication == 3:
		words += fmt.Sprintf("%d a day, more only when the record supports it (MAI 3)", l.Value)
	default:
		words += fmt.Sprintf("%d", l.Value)
	}
	if l.Rationale != "" {
		words += "; " + l.Rationale
	}
	return words + ". [" + l.Release + "]"
}

func addOnWords(a codebook.AddOn) string {
	words := map[int]string{1: "Type 1: paid only with one of these on the same claim", 2: "Type 2: no list, the contractor settles its primary codes",
		3: "Type 3: paid with one of these, or with others that the contractor settles"}[a.Type]
	if len(a.Primaries) > 0 {
		words += ": " + strings.Join(a.Primaries, ", ")
	}
	words += "."
	for _, note := range a.Notes {
		words += " " + note + "."
	}
	return words + " [" + a.Release + "]"
}

func showPairs(c *console, pairs []codebook.Pair) {
	for _, p := range pairs {
		modifier := "never both"
		if p.Indicator == 1 {
			modifier = "both only with a modifier that the record supports"
		}
		since := "since before 1996"
		if p.Effective != "" {
			since = "since " + p.Effective
		}
		if p.Deletion != "" {
			since += " to " + p.Deletion
		}
		c.printf("     %-24s paid %s, denied %s: %s; %s; %s\n", settingWords(string(p.Set)), p.Column1, p.Column2, modifier, since, p.Rationale)
	}
}

func settingWords(setting string) string {
	medicaid := ""
	if s, ok := strings.CutPrefix(setting, "medicaid-"); ok {
		setting, medicaid = s, "Medicaid, "
	}
	switch setting {
	case "practitioner":
		return medicaid + "practitioner"
	case "hospital":
		return medicaid + "outpatient hospital"
	case "dme":
		return medicaid + "DME supplier"
	}
	return medicaid + setting
}

func oppsWords(o codebook.OPPS) string {
	words := "status indicator " + o.Status
	if o.APC != "" {
		words += ", APC " + o.APC
	}
	if o.Payment != 0 {
		words += fmt.Sprintf(", national rate $%v", o.Payment)
	}
	return words + ". [" + o.Release + "]"
}

func ascWords(a codebook.ASC) string {
	words := fmt.Sprintf("payment indicator %s (addendum %s)", a.Indicator, strings.ToUpper(a.Addendum))
	if a.Payment != 0 {
		words += fmt.Sprintf(", national rate $%v", a.Payment)
	}
	if a.Discounted {
		words += ", reduced when several are done"
	}
	return words + ". [" + a.Release + "]"
}
