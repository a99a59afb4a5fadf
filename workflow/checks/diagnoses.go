package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func diagnoses(ctx context.Context, r *run) error { return nil }

// diagnosisRules are the lines of the index that this family answers for.
func diagnosisRules() []Rule {
	return []Rule{
		{finding.SeventhCharacter, "A seventh character is there, allowed, and in its place.", "ICD-10-CM Official Guidelines I.A.4 and I.A.5", "ICD-10-CM tabular list", "no", ""},
		{finding.Excludes1, "No two diagnoses of one encounter exclude each other.", "ICD-10-CM Official Guidelines I.A.12.a", "ICD-10-CM tabular list", "no", ""},
		{finding.Excludes2, "Both may be coded where the patient has both.", "ICD-10-CM Official Guidelines I.A.12.b", "ICD-10-CM tabular list", "no", ""},
		{finding.CodeFirst, "An underlying condition stands before its manifestation.", "ICD-10-CM Official Guidelines I.A.13", "ICD-10-CM tabular list", "no", ""},
		{finding.UseAdditional, "A further code that the tabular list asks for.", "ICD-10-CM Official Guidelines I.A.13 and I.A.17", "ICD-10-CM tabular list", "no", ""},
		{finding.Laterality, "Side of diagnosis and of procedure agree.", "ICD-10-CM Official Guidelines I.B.13", "ICD-10-CM order file", "no", ""},
		{finding.Sex, "Sex and code agree.", "Medicare Code Editor (sex lists deactivated)", "Medicare Code Editor manual", "no", ""},
		{finding.Age, "Age and code agree.", "Medicare Code Editor", "Medicare Code Editor manual", "no", ""},
		{finding.Sequencing, "Order of diagnoses, where it is stated.", "ICD-10-CM Official Guidelines II to IV", "ICD-10-CM tabular list", "no", ""},
		{finding.UnspecifiedCode, "A more specific code exists.", "ICD-10-CM Official Guidelines I.B.18", "ICD-10-CM order file", "no", ""},
	}
}
