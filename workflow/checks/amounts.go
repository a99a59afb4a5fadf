package checks

import (
	"context"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// amounts are the rules for what is counted in quarters of an hour, in milligrams and in base units: timed therapy, drugs and what of them
// is discarded, anesthesia. Each compares what the message states with what it makes, and shows the sum.
func amounts(ctx context.Context, r *run) error {
	for _, g := range r.groups() {
		lines := r.lines(func(m codes.Mention) bool {
			return m.Group == g && (billing(m.Role) || m.Role == codes.RoleAlternative)
		})
		r.timedUnits(g, r.together(g))
		if err := r.drugs(ctx, g, lines); err != nil {
			return err
		}
		if err := r.anesthesia(ctx, g, lines); err != nil {
			return err
		}
	}
	return nil
}

// claimLike: the lines of a group are written as on a claim, with modifiers or units, so that a modifier which none of them bears is likely
// missing and not merely unsaid.
func claimLike(lines []line) bool {
	for _, l := range lines {
		if len(l.Modifiers) > 0 || l.Units > 0 {
			return true
		}
	}
	return false
}

// missing is the severity of what is not in the mail: a warning on what looks like claim lines, else information.
func missing(lines []line) string {
	if claimLike(lines) {
		return finding.Warning
	}
	return finding.Info
}

// amountRules are the lines of the index that this family answers for.
func amountRules() []Rule {
	return []Rule{
		{finding.TimedUnits, "Units of timed therapy against the stated minutes, by Medicare's total and by CPT's midpoint; GP, GO or GN on therapy codes; psychotherapy, infusions and the like by their minutes.",
			"Medicare Claims Processing Manual, chapter 5, sections 10 and 20", "dated policy table", "yes", "Only minutes that the mail states; the table lists the usual therapy codes."},
		{finding.DrugUnits, "Units of a drug against the stated dose, from the amount in the long description; strength taken for a count.",
			"HCPCS Level II long descriptions; Medicare Claims Processing Manual, chapter 17", "HCPCS Level II file", "yes", "Volumes need a concentration, which is not read."},
		{finding.Wastage, "JW and JZ on drugs from single-dose containers, with the lines when dose and container are stated.",
			"42 CFR 414.940; Medicare Claims Processing Manual, chapter 17, section 40", "dated policy table", "yes", "Whether a drug comes in single-dose containers is not in any file that is read."},
		{finding.Anesthesia, "Time and base units, payment modifiers (AA, AD, QK, QX, QY, QZ), QS, physical status.",
			"42 CFR 414.46; Medicare Claims Processing Manual, chapter 12, section 50", "HCPCS base units, anesthesia conversion factors, dated policy table", "yes",
			"Base units only where stated or in a loaded file; the amount is the national one."},
	}
}
