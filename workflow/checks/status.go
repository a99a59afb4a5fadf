package checks

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// status says how the fee schedule treats a code. No status says that something is not payable: X and E are paid by other schedules, I by other
// payers, and A is no coverage.
func (s *scheduleRun) status(ctx context.Context, l scheduled) error {
	if !s.once("status", l.line) {
		return nil
	}
	said, err := s.coverageCode(ctx, l.line)
	if err != nil || said {
		return err
	}
	w := l.whole()
	data := l.indicator("STATUS CODE", w.Status)
	if unlisted, err := s.unlisted(ctx, l.line, &l); unlisted || err != nil {
		return err
	}
	says := func(severity, format string, args ...any) { s.says(finding.Status, severity, l, data, format, args...) }
	switch w.Status {
	case "B", "P":
		says(finding.Warning, "Medicare never pays %s by itself: status %s, it is bundled into the services that it belongs to.", l.Code, w.Status)
	case "X", "E":
		s.another(l)
	case "N":
		says(finding.Warning, "Medicare does not cover %s: status N. GY is for a line that is sent to be denied.", l.Code)
	case "I":
		says(finding.Warning, "Medicare does not use %s: status I. Other payers may.%s", l.Code, s.insteadOf(l, data))
	case "C":
		if s.medicareAsked() {
			says(finding.Info, "%s has no national amount: status C, the contractor sets the price, often from documentation sent with the claim.", l.Code)
		}
	case "R":
		if s.medicareAsked() {
			says(finding.Info, "Coverage of %s is restricted: status R, special instructions say when Medicare pays it.", l.Code)
		}
	case "M":
		if s.medicareAsked() {
			says(finding.Info, "%s only reports a measure: status M, nothing is paid for it.", l.Code)
		}
	case "T":
		return s.onlyAlone(ctx, l, data)
	}
	return nil
}

// insteadOf names what Medicare uses in place of a code with status I, if a row of the dated policy does. Nothing else is ever named.
func (s *scheduleRun) insteadOf(l scheduled, data map[string]any) string {
	if s.policy == nil {
		return ""
	}
	if a := s.policy.Value("medicare-code", l.Code, l.date.Day); a.OK() {
		data["instead"], data["instead_source"] = a.List(), a.Row.Cite()
		return fmt.Sprintf(" Medicare's code for it is %s [%s].", strings.Join(a.List(), " or "), a.Row.Cite())
	}
	if l.Code >= "99242" && l.Code <= "99255" && len(l.Code) == 5 {
		if a := s.policy.Value("consultation-codes", medicareFFS, l.date.Day); a.OK() {
			data["instead_source"] = a.Row.Cite()
			return fmt.Sprintf(" A consultation is reported to it as the visit that it was [%s].", a.Row.Cite())
		}
	}
	return ""
}

// elsewhere gathers codes of other schedules into one sentence for a day.
type elsewhere struct {
	codes, statuses []string
	first           scheduled
}

func (s *scheduleRun) another(l scheduled) {
	if !s.medicareAsked() {
		return
	}
	key := fmt.Sprint(l.date.Day.Unix(), l.date.stated())
	e := s.elsewhere[key]
	if e == nil {
		e = &elsewhere{first: l}
		s.elsewhere[key] = e
	}
	e.codes = append(e.codes, l.Code)
	if st := l.whole().Status; !slices.Contains(e.statuses, st) {
		e.statuses = append(e.statuses, st)
	}
}

func (s *scheduleRun) sayElsewhere() {
	for _, key := range slices.Sorted(maps.Keys(s.elsewhere)) {
		e := s.elsewhere[key]
		slices.Sort(e.codes)
		slices.Sort(e.statuses)
		data := e.first.indicator("STATUS CODE", strings.Join(e.statuses, " "))
		s.rule(ruling{rule: finding.Status, severity: finding.Info, codes: e.codes, source: cite(e.first.source), data: data, date: e.first.date, medicare: true,
			message: fmt.Sprintf("%s %s not on the physician fee schedule (status %s): another schedule may pay, such as that of laboratory tests, drugs, ambulance or supplies.",
				list(e.codes), plural(len(e.codes), "is", "are"), list(e.statuses))})
	}
}

// onlyAlone: status T is paid only where the same practitioner has nothing else on the schedule that day.
func (s *scheduleRun) onlyAlone(ctx context.Context, l scheduled, data map[string]any) error {
	if !s.medicareAsked() {
		return nil
	}
	var others []string
	for _, o := range s.together(l.Group) {
		f, ok, _, err := s.fee(ctx, o.Code, o.date.Day)
		if err != nil {
			return err
		}
		if ok && o.Code != l.Code && (f.Status == "A" || f.Status == "R") && !slices.Contains(others, o.Code) {
			others = append(others, o.Code)
		}
	}
	slices.Sort(others)
	if len(others) == 0 || l.Role == codes.RoleAlternative {
		s.says(finding.Status, finding.Info, l, data, "%s is paid only if the same practitioner has no other service on the fee schedule for the patient that day: status T.", l.Code)
		return nil
	}
	data["others"] = others
	s.says(finding.Status, finding.Warning, l, data, "%s is not paid beside %s on the same day by the same practitioner: status T.", l.Code, list(others))
	return nil
}

// coverageCode is what the coverage code of the HCPCS file says, where that file answers for the day: not payable, not covered. C and D leave
// it to the contractor and to instructions, and are not spoken of.
func (s *scheduleRun) coverageCode(ctx context.Context, l line) (bool, error) {
	if l.System != codes.HCPCS {
		return false, nil
	}
	release, held := s.book.Decides(codes.HCPCS, l.Code, l.date.Day)
	if !held {
		return false, nil
	}
	e, known, err := s.entry(ctx, codes.HCPCS, l.Code, l.date.Day)
	if err != nil || !known || !e.Valid || e.Flags["coverage"] == "" {
		return false, err
	}
	letter := e.Flags["coverage"][:1]
	data := map[string]any{"column": "COV", "indicator": letter, "release": release.Name}
	message := ""
	switch letter {
	case "I":
		message = fmt.Sprintf("Medicare does not pay %s: coverage code I of the HCPCS file.", l.Code)
		if to := e.Flags["replaced_by"]; to != "" {
			data["replaced_by"] = to
			message += " The file refers to " + to + "."
		}
	case "M":
		message = fmt.Sprintf("Medicare does not cover %s: coverage code M of the HCPCS file. GY is for a line that is sent to be denied.", l.Code)
	case "S":
		message = fmt.Sprintf("A statute keeps Medicare from covering %s: coverage code S of the HCPCS file. GY is for a line that is sent to be denied.", l.Code)
	default:
		return false, nil
	}
	s.rule(ruling{rule: finding.Status, severity: finding.Warning, codes: []string{l.Code}, message: message, source: release.Name + " (" + release.File + ")", data: data, date: l.date, medicare: true})
	return true, nil
}

// unlisted says what the claim of a code for something without a code of its own needs.
func (s *scheduleRun) unlisted(ctx context.Context, l line, row *scheduled) (bool, error) {
	listed, known := false, false
	source := ""
	if l.System == codes.HCPCS {
		var err error
		if listed, known, err = s.book.NotOtherwiseClassified(ctx, l.Code, l.date.Day); err != nil {
			return false, err
		}
		source = "HCPCS list of codes not otherwise classified"
	}
	if !listed && (row == nil || !likelyUnlisted(row.whole())) {
		return false, nil
	}
	data := map[string]any{"listed": listed, "list_loaded": known}
	if !listed {
		source = cite(row.source)
		data["column"], data["indicator"] = "STATUS CODE, GLOB DAYS", "C, YYY"
	}
	message := fmt.Sprintf("%s has no procedure of its own: the claim needs a description or report of what was done, and a code that is near it in work and value.", l.Code)
	if l.System == codes.HCPCS {
		message = fmt.Sprintf("%s names no item of its own: the claim needs what it was, with dose, size, number and price (for a drug its NDC).", l.Code)
	}
	severity := finding.Info
	var changing []string
	for _, m := range l.Modifiers {
		if slices.Contains([]string{"22", "50", "51", "52", "53", "54", "55", "56", "62", "66"}, m) && l.System == codes.CPT {
			changing = append(changing, m)
		}
	}
	if len(changing) > 0 {
		severity = finding.Warning
		data["modifiers"] = changing
		message += fmt.Sprintf(" %s changes the value of a service, and this code has none to change.", list(changing))
		if len(changing) > 1 {
			message = strings.Replace(message, " changes the value", " change the value", 1)
		}
	}
	s.rule(ruling{rule: finding.Unlisted, severity: severity, codes: []string{l.Code}, message: message, source: source, data: data, date: l.date})
	return true, nil
}

// likelyUnlisted: without CPT's own texts a code for unlisted services shows by this: the contractor prices it and sets its global days, and it ends in 9.
func likelyUnlisted(f codebook.Fee) bool {
	return f.Status == "C" && f.GlobalDays == "YYY" && len(f.Code) == 5 && strings.Trim(f.Code, "0123456789") == "" && strings.HasSuffix(f.Code, "9")
}

// listedUnlisted is for codes that the fee schedule does not have.
func (s *scheduleRun) listedUnlisted(ctx context.Context, l line) error {
	if s.facilityClaim() || !s.once("status", l) {
		return nil
	}
	if said, err := s.coverageCode(ctx, l); said || err != nil {
		return err
	}
	_, err := s.unlisted(ctx, l, nil)
	return err
}
