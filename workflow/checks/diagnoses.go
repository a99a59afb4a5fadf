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
		sides, err := r.sidesOf(ctx, e)
		if err != nil {
			return err
		}
		r.excludes(e)
		r.codeFirst(e)
		r.sequencing(e)
		r.combined(e)
		r.severalSides(e, sides)
		r.laterality(e, sides)
	}
	if err := r.unspecifiedSide(ctx); err != nil {
		return err
	}
	return r.agesAndSexes(ctx)
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
		{finding.CodeFirst, "An underlying condition stands before its manifestation, where the order is stated.",
			"ICD-10-CM Official Guidelines I.A.13", "ICD-10-CM tabular list of the day", "yes",
			"Without a stated order it is information which comes first. Notes of words alone are not applied."},
		{finding.UseAdditional, "A further code that the tabular list asks for, one line a code; notes of blocks and chapters are left out.",
			"ICD-10-CM Official Guidelines I.A.13 and I.A.17", "ICD-10-CM tabular list of the day", "yes",
			"A code absent from the mail may be on the claim."},
		{finding.Laterality, "Sides of diagnoses agree with each other and with RT, LT, 50 and the modifiers of eyelids, fingers and toes.",
			"ICD-10-CM Official Guidelines I.B.13", "ICD-10-CM titles", "partial",
			"Which diagnosis belongs to which procedure is seldom stated. Coronary vessels are not compared."},
		{finding.Sex, "Sex and code agree, as information.",
			"Medicare Code Editor (sex lists deactivated)", "ICD-10-CM titles and blocks, chapters of procedures", "partial",
			"By words and chapters, not by the editor's lists, which are no longer in use."},
		{finding.Age, "Age and code agree.",
			"ICD-10-CM Official Guidelines I.C.15, I.C.16; Medicare Code Editor", "ICD-10-CM titles; our own table of procedures with an age", "partial",
			"The editor's lists are not loaded; ages below a year are not told apart."},
		{finding.Sequencing, "External causes, sequelae, codes that stand twice, and Z codes that may only be first, where the order is stated.",
			"ICD-10-CM Official Guidelines I.B.10, I.B.12, I.C.20.a.6, I.C.21.c.16", "the guidelines", "partial",
			"The order of words in a mail is not the order of a claim. The editor's list of unacceptable principal diagnoses is not loaded."},
		{finding.UnspecifiedCode, "A code without a side where there are codes with one; two codes where the guidelines have one for both.",
			"ICD-10-CM Official Guidelines I.B.9, I.B.13, I.B.18", "ICD-10-CM titles; the guidelines", "partial",
			"Other unspecified codes are right where the record says no more, and are not reported."},
	}
}
