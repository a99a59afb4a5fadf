package main

import (
	"cmp"
	"fmt"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// showDetails prints what stands about a code beside its description: crosswalks, coverage, drugs and the like.
func showDetails(c *console, e codebook.Entry) {
	d := e.Details
	if d.ProcessingNote != "" {
		c.printf("\n   Processing note\n%s\n", wrap(d.ProcessingNote, "     "))
	}
	if d.SeventhCharacters != nil {
		showSeventh(c, *d.SeventhCharacters)
	}
	if len(d.PCS) > 0 {
		c.printf("\n   What its values mean (%s)\n", d.PCS[0].Release)
		for _, v := range d.PCS {
			text := fmt.Sprintf("%s %s", v.Axis, v.Value)
			if v.Definition != "" {
				text += ": " + v.Definition
			}
			if len(v.Includes) > 0 {
				text += ". In records: " + strings.Join(v.Includes, "; ")
			}
			c.printf("%s\n", wrap(text, "     "))
		}
	}
	if d.DRG != nil {
		showDRG(c, *d.DRG)
	}
	if d.NDC != nil {
		showDrugs(c, "Billed as", d.NDC.HCPCS, false)
	}
	showDrugs(c, "Drugs billed with it", d.Drugs, true)
	showCrosswalks(c, e)
	showCoverage(c, d.Coverage)
}

func showSeventh(c *console, s codebook.SeventhCharacters) {
	c.printf("\n   Seventh character (table at %s, %s)\n", s.At, s.Release)
	if s.Base == "" {
		c.printf("     Further characters come before it.\n")
	}
	for _, character := range s.Characters {
		c.printf("%s\n", wrap(cmp.Or(character.Code, character.Character)+" "+character.Meaning, "     "))
	}
	for _, note := range s.Notes {
		c.printf("%s\n", wrap(note, "     "))
	}
}

func showDRG(c *console, d codebook.DRG) {
	c.printf("\n   Payment group (%s)\n", d.Release)
	text := fmt.Sprintf("relative weight %s, mean stay %s days geometric, %s arithmetic", d.Weight, d.GeometricDays, d.ArithmeticDays)
	if d.Uncapped != "" && d.Uncapped != d.Weight {
		text += fmt.Sprintf(" (weight %s before the cap on its fall)", d.Uncapped)
	}
	if d.MDC != "" {
		text = fmt.Sprintf("major diagnostic category %s, %s; ", d.MDC, map[string]string{"SURG": "surgical", "MED": "medical"}[d.Type]) + text
	}
	if d.PostAcute {
		text += "; discharge to post-acute care is paid as a transfer"
	}
	c.printf("%s\n", wrap(text+".", "     "))
}

// shownDrugs and shownPolicies bound what a terminal gets; --json has all.
const (
	shownDrugs    = 12
	shownPolicies = 20
)

func showDrugs(c *console, title string, list []codebook.DrugLink, packages bool) {
	if len(list) == 0 {
		return
	}
	c.printf("\n   %s (%s)\n", title, list[0].Release)
	for i, d := range list {
		if i == shownDrugs {
			c.printf("     and %d more\n", len(list)-i)
			break
		}
		name := d.Code
		if packages {
			name = d.NDC + " " + d.Drug + ", " + d.Labeler
		}
		c.printf("%s\n", wrap(fmt.Sprintf("%s: one unit is %s; %s units in one item, %s in the package", name, d.Dosage, d.Units, d.PackageUnits), "     "))
	}
}

func showCrosswalks(c *console, e codebook.Entry) {
	if len(e.Crosswalks) == 0 {
		return
	}
	c.printf("\n   Candidates in the other code set (general equivalence mappings; no translations)\n")
	for _, x := range e.Crosswalks {
		var notes []string
		switch {
		case x.NoMap:
			notes = append(notes, "nothing corresponds")
		case x.Approximate:
			notes = append(notes, "approximate")
		default:
			notes = append(notes, "the same")
		}
		if x.Combination {
			notes = append(notes, fmt.Sprintf("only together with others: scenario %d, one of list %d", x.Scenario, x.Choice))
		}
		from := systemOrICD9(x.FromSystem) + " " + x.From
		to := systemOrICD9(x.ToSystem)
		if x.To != "" {
			to += " " + x.To
		}
		c.printf("%s\n", wrap(fmt.Sprintf("%s > %s: %s [%s]", from, to, strings.Join(notes, "; "), x.Release), "     "))
	}
}

func systemOrICD9(s codes.System) string {
	switch s {
	case codebook.SystemICD9:
		return "ICD-9-CM"
	case codebook.SystemICD9P:
		return "ICD-9-CM procedure"
	}
	return systemWords(s)
}

func showCoverage(c *console, list []codebook.CoveragePolicy) {
	if len(list) == 0 {
		return
	}
	c.printf("\n   Local coverage that names it (%s); a diagnosis in a list supports a claim and does not prove coverage\n", list[0].Release)
	for i, p := range list {
		if i == shownPolicies {
			c.printf("     and %d more\n", len(list)-i)
			break
		}
		covered, noncovered := 0, 0
		for _, g := range p.Covered {
			covered += g.Count
		}
		for _, g := range p.Noncovered {
			noncovered += g.Count
		}
		text := fmt.Sprintf("%s %s, from %s", p.ID, p.Title, p.First)
		if p.Last != "" {
			text += " to " + p.Last
		}
		if len(p.States) > 0 {
			text += "; " + strings.Join(p.States, " ")
		}
		var numbers []string
		for _, contractor := range p.Contractors {
			numbers = append(numbers, contractor.Number)
		}
		if len(numbers) > 0 {
			text += "; contractors " + strings.Join(numbers, ", ")
		}
		if covered+noncovered > 0 {
			text += fmt.Sprintf("; %d diagnoses in %d covered groups, %d in noncovered ones", covered, len(p.Covered), noncovered)
		}
		if len(p.Related) > 0 {
			text += "; see " + strings.Join(p.Related, ", ")
		}
		c.printf("%s\n", wrap(text, "     "))
	}
}
