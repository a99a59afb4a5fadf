package checks

import (
	"context"

	"caseconsultant/workflow/finding"
)

func feeSchedule(ctx context.Context, r *run) error { return nil }

// feeScheduleRules are the lines of the index that this family answers for.
func feeScheduleRules() []Rule {
	return []Rule{
		{finding.Bilateral, "Both sides are reported as the payer wants.", "Medicare fee schedule, BILAT SURG", "Medicare fee schedule", "no", ""},
		{finding.AssistantSurgeon, "Assistant at surgery is payable.", "Medicare Claims Processing Manual, chapter 12, section 20.4.3", "Medicare fee schedule, ASST SURG", "no", ""},
		{finding.CoSurgeon, "Two surgeons are payable.", "Medicare Claims Processing Manual, chapter 12, section 40.8", "Medicare fee schedule, CO-SURG", "no", ""},
		{finding.TeamSurgeon, "A team is payable.", "Medicare Claims Processing Manual, chapter 12, section 40.8", "Medicare fee schedule, TEAM SURG", "no", ""},
		{finding.ProfessionalTechnical, "Professional and technical parts.", "Medicare fee schedule, PCTC IND", "Medicare fee schedule", "no", ""},
		{finding.Status, "How the fee schedule treats the code.", "Medicare fee schedule, STATUS", "Medicare fee schedule", "no", ""},
		{finding.Unlisted, "An unlisted code needs a report.", "CPT; HCPCS NOC list", "HCPCS NOC file", "no", ""},
		{finding.PlaceOfService, "Place of service and code agree.", "Medicare Claims Processing Manual, chapter 26", "Medicare fee schedule", "no", ""},
	}
}
