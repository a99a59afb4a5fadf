package checks

import (
	"context"
	"fmt"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// seventhShown is how many seventh characters a message spells out; data holds all of them.
const seventhShown = 6

// seventh reports what is wrong with the seventh character or the placeholders of a diagnosis that may not be reported. done is false when
// the code is wrong in another way.
//
// Authority: ICD-10-CM Official Guidelines I.A.4 (placeholder X) and I.A.5 (seventh characters: required for all codes of a category that
// has them, always in the seventh place); I.C.19.a (initial encounter means active treatment). Source: the list of codes of the day, with
// the meanings of the tabular list where one is loaded for that day, else as the titles word them.
func (v *validityRun) seventh(ctx context.Context, c judged) (done bool, err error) {
	f, ok, err := v.book.SeventhFault(ctx, c.entry.Code, c.date.Day)
	if err != nil || !ok {
		return false, err
	}
	code := c.entry.Code
	data := map[string]any{"fault": f.Kind, "base": f.Base}
	var message string
	switch f.Kind {
	case codebook.SeventhNotTaken:
		message = fmt.Sprintf("%s takes no seventh character: %s is complete as it stands.", code, f.Base)
	case codebook.SeventhMissing:
		message = fmt.Sprintf("%s lacks its seventh character", code)
		if f.Base != code {
			message += fmt.Sprintf(" and is filled with the placeholder X up to the sixth (%s)", f.Base)
		}
		message += "."
	case codebook.SeventhWrong:
		message = fmt.Sprintf("%s ends with %s, which is no seventh character of %s.", code, code[len(code)-1:], f.Base)
	case codebook.SeventhMisplaced:
		message = fmt.Sprintf("%s has its placeholder X or its seventh character in the wrong place: with the same characters there is %s.", code,
			list(codesOf(f.Characters)))
	}
	if len(f.Characters) > 0 {
		var shown, all []string
		for i, one := range f.Characters {
			text := strings.TrimSpace(one.Code + " " + one.Meaning)
			all = append(all, text)
			if i < seventhShown {
				shown = append(shown, text)
			}
		}
		if f.Kind != codebook.SeventhMisplaced || len(f.Characters) > 1 {
			message += " There are " + strings.Join(shown, "; ")
			if more := f.Characters[len(shown):]; len(more) > 0 {
				message += fmt.Sprintf("; and with %s", list(charactersOf(more)))
			}
			message += "."
		}
		if has := strings.Join(charactersOf(f.Characters), ""); f.Kind != codebook.SeventhMisplaced && strings.ContainsAny(code[:1], "ST") && strings.Contains(has, "A") {
			message += " A is for every visit of active treatment, not for the first alone"
			if strings.Contains(has, "D") {
				message += ", D for routine care while it heals"
			}
			message += ", S for a later effect of it, behind the code of that effect (Official Guidelines I.C.19.a, I.B.10)."
		}
		data["choices"] = codesOf(f.Characters)
		data["characters"] = all
	}
	if f.At != "" {
		data["table_at"] = f.At
	}
	v.report(finding.SeventhCharacter, c, message, data)
	return true, nil
}

func codesOf(list []codebook.SeventhCharacter) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Code)
	}
	return out
}

func charactersOf(list []codebook.SeventhCharacter) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Character)
	}
	return out
}
