package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

// diagnoses checks the diagnoses of each encounter with each other and with the procedures, by the tabular list of the day and by the official
// titles. The code sets bind all HIPAA payers, so nothing here is Medicare's alone.
func diagnoses(ctx context.Context, r *run) error {
	encounters, err := r.encounters(ctx)
	if err != nil {
		return err
	}
	for _, e := range encounters {
		if !e.source.Covered {
			r.notesUnread(e)
		}
		r.excludes(e)
	}
	return nil
}

// diagnosisRules are the lines of the index that this family answers for.
func diagnosisRules() []Rule {
	return []Rule{
		{finding.SeventhCharacter, "A seventh character is there, one that the code takes, and in its place behind placeholders X; lists those that exist with their meaning.",
			"ICD-10-CM Official Guidelines I.A.4 and I.A.5", "ICD-10-CM order or codes file, tabular list", "yes",
			"Which of them fits is for the record to say. Without a tabular list of the day the meanings are read from the titles."},
		{finding.Excludes1, "No two diagnoses of one encounter exclude each other, by the notes of both and of all headings, blocks and chapters above them.",
			"ICD-10-CM Official Guidelines I.A.12.a", "ICD-10-CM tabular list of the day", "yes",
			"Whether two conditions are unrelated, which allows both, is for the record to say. Of the 5,436 notes of FY2021 80 name no code and are not applied."},
		{finding.Excludes2, "Both may be coded where the patient has both; notes of chapters are too general to be repeated.",
			"ICD-10-CM Official Guidelines I.A.12.b", "ICD-10-CM tabular list of the day", "yes",
			"Says nothing of whether the record supports both."},
		{finding.CodeFirst, "An underlying condition stands before its manifestation.", "ICD-10-CM Official Guidelines I.A.13", "ICD-10-CM tabular list", "no", ""},
		{finding.UseAdditional, "A further code that the tabular list asks for.", "ICD-10-CM Official Guidelines I.A.13 and I.A.17", "ICD-10-CM tabular list", "no", ""},
		{finding.Laterality, "Side of diagnosis and of procedure agree.", "ICD-10-CM Official Guidelines I.B.13", "ICD-10-CM order file", "no", ""},
		{finding.Sex, "Sex and code agree.", "Medicare Code Editor (sex lists deactivated)", "Medicare Code Editor manual", "no", ""},
		{finding.Age, "Age and code agree.", "Medicare Code Editor", "Medicare Code Editor manual", "no", ""},
		{finding.Sequencing, "Order of diagnoses, where it is stated.", "ICD-10-CM Official Guidelines II to IV", "ICD-10-CM tabular list", "no", ""},
		{finding.UnspecifiedCode, "A more specific code exists.", "ICD-10-CM Official Guidelines I.B.18", "ICD-10-CM order file", "no", ""},
	}
}
