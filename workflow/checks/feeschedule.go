package checks

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// The settings of a Case.
const (
	practitioner   = "practitioner"
	outpatient     = "hospital"
	surgicalCenter = "asc"
)

// scheduleManual is the manual's chapter of practitioners' claims.
const scheduleManual = "Medicare Claims Processing Manual, chapter 12"

// feeSchedule checks each line against its row of the Medicare physician fee schedule's relative value file: what the indicators say of the
// modifiers that the line bears, and what the status says of the code.
//
// Authority: the file's own documentation (attachment A) and chapter 12 of the Medicare Claims Processing Manual. The schedule is that of
// practitioners' claims; where the setting is a hospital or a surgical center only bilateral reporting is looked at, and what an outpatient
// hospital or a center is paid stands in opps-status and asc-status.
//
// What it cannot know: local edits of contractors, the record, other lines of the claim, and what other payers make of an indicator.
func feeSchedule(ctx context.Context, r *run) error {
	s := scheduleRun{run: r, done: map[string]bool{}, unheld: map[int64]*unheldLines{}, elsewhere: map[string]*elsewhere{}}
	for _, l := range r.single() {
		rows, source, err := r.fees(ctx, l.Code, l.date.Day)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			if err := s.withoutRow(ctx, l, source); err != nil {
				return err
			}
			continue
		}
		row := scheduled{line: l, rows: rows, fee: rows[0], source: source}
		for _, f := range rows {
			if f.Modifier != "" && l.has(f.Modifier) {
				row.fee = f
			}
		}
		s.bilateral(row)
		if r.facilityClaim() {
			continue
		}
		s.surgeons(row)
		s.components(row)
		if err := s.multiple(ctx, row); err != nil {
			return err
		}
		if err := s.status(ctx, row); err != nil {
			return err
		}
		s.place(row)
	}
	for _, g := range r.groups() {
		if err := s.sides(ctx, g); err != nil {
			return err
		}
	}
	s.sayElsewhere()
	s.sayUnheld()
	return nil
}

// facilityClaim: the claim is a hospital's or a surgical center's, for which the physician fee schedule says little.
func (r *run) facilityClaim() bool { return r.Setting == outpatient || r.Setting == surgicalCenter }

// medicareAsked: the payer is Medicare, or may be. What Medicare thinks is of no use to others where it is mere information.
func (r *run) medicareAsked() bool {
	switch r.Payer {
	case medicareFFS, "medicare_advantage", "unknown", "":
		return true
	}
	return false
}

// scheduled is a line with its rows of the fee schedule.
type scheduled struct {
	line
	rows   []codebook.Fee
	fee    codebook.Fee // the row of the line's modifier, else the whole service
	source codebook.Source
}

// whole is the row of the whole service, or the only one.
func (s scheduled) whole() codebook.Fee { return s.rows[0] }

// indicator puts the deciding column into the data of a finding.
func (s scheduled) indicator(column, value string) map[string]any {
	d := map[string]any{"column": column, "indicator": value, "release": s.source.Release}
	if s.source.Note != "" {
		d["note"] = s.source.Note
	}
	return d
}

type scheduleRun struct {
	*run
	done      map[string]bool
	unheld    map[int64]*unheldLines
	elsewhere map[string]*elsewhere
}

// unheldLines are the lines of a day for which no fee schedule answers.
type unheldLines struct {
	day   time.Time
	lines []string
}

// once reports whether this has not been said yet of the code on that day.
func (s *scheduleRun) once(what string, l line) bool {
	key := fmt.Sprint(what, " ", l.Code, " ", l.date.Day.Unix(), l.date.stated())
	if s.done[key] {
		return false
	}
	s.done[key] = true
	return true
}

// says reports a finding of the fee schedule once for a line as it stands. Where the schedule of another quarter had to answer nothing is sure.
func (s *scheduleRun) says(rule, severity string, l scheduled, data map[string]any, format string, args ...any) {
	if !s.once(rule+" "+l.label()+" "+fmt.Sprint(data["column"]), l.line) {
		return
	}
	if severity == finding.Error && l.source.Note != "" {
		severity = finding.Warning
	}
	data["modifiers"] = slices.Clone(l.Modifiers)
	s.rule(ruling{rule: rule, severity: severity, codes: []string{l.Code}, message: fmt.Sprintf(format, args...), source: cite(l.source), data: data,
		date: l.date, medicare: true, settings: []string{practitioner}})
}

// withoutRow: no schedule answers for the day, or it has no such code. What contradicts itself is said all the same.
func (s *scheduleRun) withoutRow(ctx context.Context, l line, source codebook.Source) error {
	s.contradictions(l)
	if !source.Covered && !s.facilityClaim() && judgedBySchedule(l) {
		u := s.unheld[l.date.Day.Unix()]
		if u == nil {
			u = &unheldLines{day: l.date.Day}
			s.unheld[l.date.Day.Unix()] = u
		}
		if !slices.Contains(u.lines, l.label()) {
			u.lines = append(u.lines, l.label())
		}
	}
	return s.listedUnlisted(ctx, l)
}

// judgedBySchedule: a reader expects the fee schedule to be asked whether these modifiers fit.
func judgedBySchedule(l line) bool {
	return l.has("26", "TC", "50", "51", "54", "55", "56", "62", "66", "80", "81", "82", "AS", "RT", "LT")
}

func (s *scheduleRun) sayUnheld() {
	for _, day := range slices.Sorted(maps.Keys(s.unheld)) {
		u := s.unheld[day]
		slices.Sort(u.lines)
		s.notChecked(finding.ModifierNotApplicable, fmt.Sprintf("No Medicare fee schedule that is loaded answers for %s, so whether the modifiers of %s fit was not checked.",
			u.day.Format("2 Jan 2006"), list(u.lines)))
	}
}

// feeScheduleRules are the lines of the index that this family answers for.
func feeScheduleRules() []Rule {
	const file = "Medicare physician fee schedule relative value file of the quarter"
	return []Rule{
		{finding.Bilateral, "50, RT and LT fit the code's bilateral indicator and each other; a surgical center reports two lines and no 50.",
			"Medicare Claims Processing Manual, chapter 12, section 40.7, and chapter 14, section 40.5", file + ", BILAT SURG", "yes",
			"Units of several lines are judged with the unit limits; which side was treated is for the record to say."},
		{finding.AssistantSurgeon, "80, 81, 82 and AS against the assistant indicator.", "Medicare Claims Processing Manual, chapter 12, section 20.4.3; 42 CFR 415.190",
			file + ", ASST SURG", "yes", "Whether the record shows the need, and whether a resident was available."},
		{finding.CoSurgeon, "62 against the co-surgeon indicator.", "Medicare Claims Processing Manual, chapter 12, section 40.8", file + ", CO-SURG", "yes",
			"The specialty of the other surgeon, and whether that claim bears 62 too."},
		{finding.TeamSurgeon, "66 against the team indicator.", "Medicare Claims Processing Manual, chapter 12, section 40.8", file + ", TEAM SURG", "yes",
			"Whether the record shows the need for a team."},
		{finding.ProfessionalTechnical, "26 and TC against the PC/TC indicator of all rows of the code; a facility's place of service asks for 26.",
			"Medicare Claims Processing Manual, chapter 12, section 20.1 and chapter 13, section 20", file + ", PCTC IND", "yes",
			"Who owns the equipment, where the place of service does not say so."},
		{finding.Status, "How the fee schedule and the HCPCS file treat the code: bundled, on another schedule, not covered, not used by Medicare.",
			"Medicare fee schedule documentation, STATUS; HCPCS record layout, coverage code", file + ", STATUS CODE; HCPCS Level II file", "yes",
			"Status A is not coverage; what other schedules pay; HCPCS coverage codes C and D leave the matter to the contractor or to instructions that are not in the file."},
		{finding.Unlisted, "What the claim of a code without a procedure of its own needs.", "Medicare Claims Processing Manual, chapter 12; CPT's rule for unlisted services",
			"HCPCS NOC list; " + file + " (status C, global days YYY, a code that ends in 9)", "partial", "CPT's own list of unlisted codes is not read: a code that the schedule does not show as such is not found."},
		{finding.PlaceOfService, "An office for what has no office amount; a facility for what is paid incident to or is technical only.",
			"Medicare Claims Processing Manual, chapter 12, section 20.4.2", file + ", NA INDICATOR, PCTC IND", "yes", "Only practitioners' claims; what the place really was."},
	}
}
