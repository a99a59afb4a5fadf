package checks

import (
	"context"
	"fmt"

	"caseconsultant/workflow/finding"
)

// surgeons judges the modifiers of those who operate beside the surgeon by the indicators for assistant, co-surgeon and team.
func (s *scheduleRun) surgeons(l scheduled) {
	for _, m := range []string{"80", "81", "82", "AS"} {
		if l.has(m) {
			s.assistant(l, m)
			break
		}
	}
	if l.has("62") {
		s.coSurgeon(l)
	}
	if l.has("66") {
		s.team(l)
	}
}

func (s *scheduleRun) assistant(l scheduled, modifier string) {
	value := l.fee.Assistant
	data := l.indicator("ASST SURG", value)
	switch value {
	case "0":
		s.says(finding.AssistantSurgeon, finding.Warning, l, data, "Medicare pays an assistant for %s only if the record shows why one was needed: assistant indicator 0.", l.Code)
	case "1":
		s.says(finding.AssistantSurgeon, finding.Error, l, data, "Medicare pays no assistant for %s: assistant indicator 1, a restriction by statute, so %s does not apply.", l.Code, modifier)
	case "9":
		s.says(finding.AssistantSurgeon, finding.Error, l, data, "%s does not fit %s: assistant indicator 9, an assistant at surgery does not apply to it.", modifier, l.Code)
	default:
		if modifier == "82" {
			s.says(finding.AssistantSurgeon, finding.Warning, l, data, "82 on %s says that a teaching hospital had no qualified resident: the record must certify it.", l.Code)
		}
	}
}

func (s *scheduleRun) coSurgeon(l scheduled) {
	value := l.fee.CoSurgeons
	data := l.indicator("CO-SURG", value)
	switch value {
	case "0":
		s.says(finding.CoSurgeon, finding.Error, l, data, "Medicare does not pay two surgeons for %s: co-surgeon indicator 0.", l.Code)
	case "1":
		s.says(finding.CoSurgeon, finding.Warning, l, data, "Medicare pays two surgeons for %s only if the record shows why both were needed: co-surgeon indicator 1. Each reports the same code with 62 and an operative report of the own part.", l.Code)
	case "2":
		s.says(finding.CoSurgeon, finding.Info, l, data, "%s may be shared by two surgeons of different specialties (co-surgeon indicator 2), if both report it with 62 and each describes the own part.", l.Code)
	case "9":
		s.says(finding.CoSurgeon, finding.Error, l, data, "62 does not fit %s: co-surgeon indicator 9, two surgeons do not apply to it.", l.Code)
	}
}

func (s *scheduleRun) team(l scheduled) {
	value := l.fee.Team
	data := l.indicator("TEAM SURG", value)
	switch value {
	case "0":
		s.says(finding.TeamSurgeon, finding.Error, l, data, "Medicare does not pay a team for %s: team indicator 0.", l.Code)
	case "1":
		s.says(finding.TeamSurgeon, finding.Warning, l, data, "Medicare pays a team for %s only if the record shows why one was needed, and by report: team indicator 1.", l.Code)
	case "2":
		s.says(finding.TeamSurgeon, finding.Info, l, data, "%s may be done by a team (team indicator 2); the contractor prices it by report.", l.Code)
	case "9":
		s.says(finding.TeamSurgeon, finding.Error, l, data, "66 does not fit %s: team indicator 9, a team does not apply to it.", l.Code)
	}
}

// multiple judges 51 by the multiple procedure indicator. Medicare's contractors reduce by themselves; some other payers ask for 51.
func (s *scheduleRun) multiple(ctx context.Context, l scheduled) error {
	if !l.has("51") {
		return nil
	}
	value := l.whole().Multiple
	data := l.indicator("MULT PROC", value)
	switch {
	case l.whole().GlobalDays == "ZZZ":
		data["global_days"] = "ZZZ"
		s.says(finding.ModifierNotApplicable, finding.Error, l, data, "51 never goes on an add-on code: %s has global days ZZZ, and its value is not reduced.", l.Code)
	case value == "0" || value == "9":
		s.says(finding.ModifierNotApplicable, finding.Warning, l, data, "51 does not fit %s: multiple procedure indicator %s, no reduction for several procedures applies to it.", l.Code, value)
	case value == "4" || value == "5" || value == "6" || value == "7":
		s.says(finding.ModifierNotApplicable, finding.Warning, l, data, "51 does not fit %s: multiple procedure indicator %s, a reduction of its own (%s) that the payer applies without a modifier.", l.Code, value,
			map[string]string{"4": "of imaging", "5": "of therapy", "6": "of diagnostic cardiovascular services", "7": "of diagnostic ophthalmology"}[value])
	case s.medicareAsked():
		most, err := s.highest(ctx, l)
		if err != nil {
			return err
		}
		s.says(finding.ModifierNotApplicable, finding.Info, l, data, "Medicare's contractors find the procedure to reduce by themselves: 51 on %s is not needed. Payers that ask for it want it on all but the procedure of highest value.%s", l.Code, most)
	}
	return nil
}

// highest says so when the line with 51 is worth most of those that stand with it.
func (s *scheduleRun) highest(ctx context.Context, l scheduled) (string, error) {
	others := false
	for _, o := range s.together(l.Group) {
		f, ok, _, err := s.fee(ctx, o.Code, o.date.Day)
		if err != nil {
			return "", err
		}
		if o.Code == l.Code || !ok || f.GlobalDays == "ZZZ" || f.Multiple != "2" && f.Multiple != "3" {
			continue
		}
		if f.TotalFacility >= l.whole().TotalFacility {
			return "", nil
		}
		others = true
	}
	if !others {
		return "", nil
	}
	return fmt.Sprintf(" Of the procedures named here %s is the one of highest value.", l.Code), nil
}
