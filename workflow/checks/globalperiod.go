package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// globalPeriod counts the global days around a procedure and judges visits and procedures that fall into them.
//
// Authority: Medicare Claims Processing Manual, chapter 12, sections 40.1 to 40.4, and the GLOB DAYS column of the fee schedule; the days are
// rows of the dated policy. Whether a service is part of the package depends on the group and specialty of who gave it, on the reason and the
// diagnosis: everything here is a warning or information, and says what would make each modifier true.
func globalPeriod(ctx context.Context, r *run) error {
	g := globalRun{run: r, done: map[string]bool{}}
	for _, group := range r.groups() {
		if err := g.sameDay(ctx, group); err != nil {
			return err
		}
	}
	operations, err := g.operations(ctx)
	if err != nil {
		return err
	}
	for _, l := range r.single() {
		for _, o := range operations {
			if err := g.after(ctx, l, o); err != nil {
				return err
			}
		}
		if err := g.split(ctx, l); err != nil {
			return err
		}
		if len(operations) == 0 && len(r.history()) == 0 {
			g.withoutEarlier(l)
		}
	}
	return nil
}

type globalRun struct {
	*run
	done map[string]bool
}

func (g *globalRun) says(severity string, l line, codes []string, source string, data map[string]any, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if g.done[message] {
		return
	}
	g.done[message] = true
	g.rule(ruling{rule: finding.GlobalPeriod, severity: severity, codes: codes, message: message, source: source, data: data, date: l.date, medicare: true})
}

// operation is an earlier procedure with global days.
type operation struct {
	line
	fee       codebook.Fee
	source    string
	day, last time.Time
	after     int
}

// operations are the earlier procedures of the message whose day is known. The schedule of the operation's day says how long its period is; where
// none is loaded for that day, that of the day that is asked about.
func (g *globalRun) operations(ctx context.Context) ([]operation, error) {
	var out []operation
	for _, h := range g.history() {
		day, known := g.dayOf(h)
		at := day
		if !known {
			at = h.date.Day
		}
		fee, ok, source, err := g.fee(ctx, h.Code, at)
		if err == nil && !ok && known {
			fee, ok, source, err = g.fee(ctx, h.Code, g.Date.Day)
		}
		if err != nil {
			return nil, err
		}
		switch {
		case !ok:
			if !source.Covered {
				g.notChecked(finding.GlobalPeriod, fmt.Sprintf("No Medicare fee schedule that is loaded answers for the day of %s, so its global days were not counted.", h.Code))
			}
			continue
		case fee.GlobalDays != "000" && fee.GlobalDays != "010" && fee.GlobalDays != "090":
			continue
		case !known:
			g.notChecked(finding.GlobalPeriod, fmt.Sprintf("The day of %s is not stated, so its global days (%s) were not counted.", h.Code, fee.GlobalDays))
			continue
		}
		row := g.policy.Value("global-days", fee.GlobalDays, day)
		n, ok := row.Number("after")
		if !ok {
			g.notChecked(finding.GlobalPeriod, fmt.Sprintf("How many global days %s stood for on %s was %s.", fee.GlobalDays, day.Format("2 Jan 2006"), row.NotChecked))
			continue
		}
		out = append(out, operation{h, fee, cite(source) + "; " + row.Row.Cite(), day, day.AddDate(0, 0, int(n)), int(n)})
	}
	return out, nil
}

// dayOf is the day of an earlier procedure: the date that stands nearest to it in its text, or that of its group.
func (g *globalRun) dayOf(l line) (time.Time, bool) {
	best, distance := time.Time{}, -1
	for _, d := range g.Dates {
		day, err := time.Parse(time.DateOnly, d.Date)
		if err != nil || d.Kind == "denial" || d.Group != l.Group || d.Source != l.Source {
			continue
		}
		away := max(d.Start-l.End, l.Start-d.End, 0)
		if d.Kind == "surgery" {
			away /= 4 // a date that is called one of surgery is believed from farther away
		}
		if distance < 0 || away < distance {
			best, distance = day, away
		}
	}
	if distance >= 0 {
		return best, true
	}
	if d, ok := g.Groups[l.Group]; ok && !d.Day.IsZero() {
		return d.Day, true
	}
	return time.Time{}, false
}

// laterDay is the day of a service that may fall into a period: its date of service if stated, else the date nearest to it in the text.
func (g *globalRun) laterDay(l line, operated time.Time) time.Time {
	if l.date.stated() && !l.date.Day.IsZero() {
		return l.date.Day
	}
	if day, ok := g.dayOf(l); ok && !day.Equal(operated) {
		return day
	}
	return l.date.Day
}

// after judges a line that comes after an operation.
func (g *globalRun) after(ctx context.Context, l line, o operation) error {
	day := g.laterDay(l, o.day)
	if !day.After(o.day) || o.after == 0 {
		return nil
	}
	fee, _, _, err := g.fee(ctx, l.Code, l.date.Day)
	if err != nil {
		return err
	}
	visit := kindOf(l) == kindVisit
	if !visit && fee.GlobalDays != "000" && fee.GlobalDays != "010" && fee.GlobalDays != "090" {
		return nil
	}
	data := map[string]any{"operation": o.Code, "operated": o.day.Format(time.DateOnly), "last_day": o.last.Format(time.DateOnly), "global_days": o.fee.GlobalDays, "service_day": day.Format(time.DateOnly)}
	both := []string{l.Code, o.Code}
	last := o.last.Format("2 Jan 2006")
	if day.After(o.last) {
		if l.has("24", "58", "78", "79") {
			g.says(finding.Warning, l, both, o.source, data, "The %d global days of %s (%s) ended on %s: on %s none of 24, 58, 78 and 79 speaks of them on %s.",
				o.after, o.Code, o.day.Format("2 Jan 2006"), last, day.Format("2 Jan 2006"), l.Code)
			return nil
		}
		g.says(finding.Info, l, both, o.source, data, "%s on %s lies after the %d global days of %s (%s), whose last day was %s.", l.Code, day.Format("2 Jan 2006"), o.after, o.Code, o.day.Format("2 Jan 2006"), last)
		return nil
	}
	count := int(day.Sub(o.day).Hours()/24 + 0.5)
	data["day"] = count
	where := fmt.Sprintf("%s on %s is day %d of the %d global days of %s (%s), which run to %s", l.label(), day.Format("2 Jan 2006"), count, o.after, o.Code, o.day.Format("2 Jan 2006"), last)
	sides := ""
	if a, b := lineSide(l), lineSide(o.line); a != "" && b != "" && a != b {
		sides = fmt.Sprintf(" %s and %s name different sides, which alone does not make it unrelated.", a, b)
		data["sides"] = []string{a, b}
	}
	critical := l.Code == "99291" || l.Code == "99292"
	switch {
	case visit && critical && l.has("FT"):
		g.says(finding.Warning, l, both, o.source, data, "%s. FT holds if the critical care was for something unrelated to the operation, above and beyond the usual care after it.%s", where, sides)
	case visit && critical:
		g.says(finding.Warning, l, both, o.source, data, "%s. Critical care by the surgeon's group and specialty is part of the package unless it is unrelated to the operation; then Medicare asks for FT.", where)
	case visit && l.has("24"):
		g.says(finding.Warning, l, both, o.source, data, "%s. 24 holds if the visit was for something unrelated to the operation and the record and diagnosis show what; another group or specialty needs no 24.%s", where, sides)
	case visit:
		g.says(finding.Warning, l, both, o.source, data, "%s. The surgeon's group and specialty does not bill it by itself, unless the visit was for something unrelated (24) or another practice gave it.%s", where, sides)
	case l.has("58"):
		g.says(finding.Warning, l, both, o.source, data, "%s. 58 holds if it was planned beforehand, more extensive than the first, or treatment after a diagnostic procedure; new global days begin.", where)
	case l.has("78"):
		g.says(finding.Warning, l, both, o.source, data, "%s. 78 holds if a complication took the patient back to an operating room unplanned; the intraoperative part is paid and no new global days begin.", where)
	case l.has("79"):
		g.says(finding.Warning, l, both, o.source, data, "%s. 79 holds if it was unrelated to the operation and the record and diagnosis show what; new global days begin.%s", where, sides)
	default:
		g.says(finding.Warning, l, both, o.source, data, "%s. By the same group and specialty it needs the modifier that is true: 58 if planned or more extensive, 78 if a complication took the patient back to an operating room, 79 if unrelated; treatment of a complication elsewhere is part of Medicare's package.%s", where, sides)
	}
	return nil
}

// sameDay judges a visit beside a procedure of the same encounter.
func (g *globalRun) sameDay(ctx context.Context, group int) error {
	var minor, major []string
	var visits []line
	source := ""
	for _, l := range g.together(group) {
		if kindOf(l) == kindVisit {
			visits = append(visits, l)
			continue
		}
		fee, ok, s, err := g.fee(ctx, l.Code, l.date.Day)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		switch fee.GlobalDays {
		case "000", "010":
			minor, source = append(minor, l.Code), cite(s)
		case "090":
			major, source = append(major, l.Code), cite(s)
		}
	}
	slices.Sort(minor)
	slices.Sort(major)
	minor, major = slices.Compact(minor), slices.Compact(major)
	if g.facilityClaim() {
		return nil
	}
	for _, v := range visits {
		data := map[string]any{"procedures": slices.Concat(major, minor), "modifiers": v.Modifiers}
		both := append([]string{v.Code}, slices.Concat(major, minor)...)
		switch {
		case len(major) > 0 && v.has("57"):
			g.says(finding.Warning, v, both, source, data, "57 on %s holds if the decision for %s was made at that visit; its global days (090) begin the day before.", v.Code, list(major))
		case len(major) > 0 && v.has("25") && len(minor) == 0:
			g.says(finding.Warning, v, both, source, data, "%s has 90 global days: the visit at which it was decided on takes 57, not 25, on %s.", list(major), v.Code)
		case len(major) > 0 && !v.has("24", "25", "57", "FT"):
			g.says(finding.Info, v, both, source, data, "%s has 90 global days, which include visits of the day and the day before: %s is separate only if the decision to operate was made then (57), if the claim does not already say so.", list(major), v.Code)
		case len(minor) > 0 && v.has("25"):
			g.says(finding.Warning, v, both, source, data, "25 on %s needs work in the record beyond the decision for %s (global days 000 or 010), for a new patient too.", v.Code, list(minor))
		case len(minor) > 0 && v.has("57") && len(major) == 0:
			g.says(finding.Warning, v, both, source, data, "57 on %s is for procedures with 90 global days; the decision for %s is part of it, and 25 needs separate work.", v.Code, list(minor))
		case len(minor) > 0 && !v.has("24", "FT"):
			g.says(finding.Info, v, both, source, data, "The day of %s (global days 000 or 010) includes a visit: %s is separate only if the record shows work beyond the decision, with 25, if the claim does not already say so. That holds for a new patient too.", list(minor), v.Code)
		}
	}
	return nil
}

// split judges 54, 55 and 56, which share a global package.
func (g *globalRun) split(ctx context.Context, l line) error {
	if !l.has("54", "55", "56") || g.facilityClaim() {
		return nil
	}
	fee, ok, source, err := g.fee(ctx, l.Code, l.date.Day)
	if err != nil || !ok {
		return err
	}
	data := map[string]any{"global_days": fee.GlobalDays, "pre": fee.Pre.String(), "intra": fee.Intra.String(), "post": fee.Post.String()}
	shares := common(l.Modifiers, []string{"54", "55", "56"})
	switch {
	case fee.GlobalDays != "010" && fee.GlobalDays != "090":
		g.says(finding.Warning, l, []string{l.Code}, cite(source), data, "%s on %s has nothing to share: its global days are %s, without care afterwards.", list(shares), l.Code, fee.GlobalDays)
	case len(shares) == 1:
		message := fmt.Sprintf("The package of %s is split as before %s, operation %s, after %s: 54 takes the first two, 55 the last. Both sides report the day of the operation and agree on the day of transfer.", l.Code, fee.Pre, fee.Intra, fee.Post)
		if a := g.policy.Value("global-split", "54", l.date.Day); a.OK() && fee.GlobalDays == "090" {
			message += " Medicare asks for 54 whenever the split is planned [" + a.Row.Cite() + "]."
		}
		g.says(finding.Info, l, []string{l.Code}, cite(source), data, "%s", strings.TrimSpace(message))
	}
	return nil
}

// withoutEarlier: these modifiers speak of an earlier procedure that the message does not name.
func (g *globalRun) withoutEarlier(l line) {
	if l.Role == codes.RoleAlternative {
		return
	}
	for _, m := range []string{"24", "58", "78", "79"} {
		if l.has(m) {
			g.says(finding.Info, l, []string{l.Code}, scheduleManual+", section 40", map[string]any{"modifiers": []string{m}},
				"%s on %s speaks of an earlier procedure whose global days still run: name it with its day and the days can be counted.", m, l.Code)
			return
		}
	}
}

// globalPeriodRules are the lines of the index that this family answers for.
func globalPeriodRules() []Rule {
	return []Rule{
		{finding.GlobalPeriod, "Visits and procedures on the day of a procedure and in its global days, with the days counted; what would make 24, 25, 57, 58, 78, 79 and FT true; 54, 55 and 56.",
			"Medicare Claims Processing Manual, chapter 12, sections 40.1 to 40.4", "Medicare fee schedule, GLOB DAYS; dated policy", "partial",
			"Group, specialty, reason and diagnosis; maternity packages (MMM) and what the contractor decides (YYY) are not counted; the day before a 90-day operation only within one encounter."},
	}
}
