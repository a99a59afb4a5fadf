package checks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// validity checks each code by itself against the release in force on its date of service.
//
// Authority: 45 CFR 162.1002 names the code sets (ICD-10-CM and ICD-10-PCS with their Official Guidelines, CPT, HCPCS Level II) and
// 162.1000 that the version valid on the date of service is used; Official Guidelines I.B.2: a diagnosis is coded to the highest number of
// characters available, so a heading is not reported. These bind all HIPAA payers, not Medicare alone; workers' compensation is outside
// HIPAA, which makes it a warning there.
//
// Rules: unknown-code, deleted, not-valid-on-date, not-billable. Source: the release that the codebook holds whole for the day (see
// codebook.Release). Where none does, unknown-code is not checked and says so; what the starter knows of a code's end is then a warning.
func validity(ctx context.Context, r *run) error {
	v := validityRun{run: r, done: map[string]bool{}}
	for _, m := range r.Mentions {
		if m.Role == codes.RoleReference || m.Role == codes.RoleHistory {
			continue
		}
		d := r.date(m.Group)
		if err := v.code(ctx, m.System, m.Code, m.Role, d); err != nil {
			return err
		}
		if m.RangeEnd != "" {
			if err := v.code(ctx, m.System, m.RangeEnd, m.Role, d); err != nil {
				return err
			}
		}
		for _, modifier := range m.Modifiers {
			if err := v.code(ctx, codes.Modifier, modifier, m.Role, d); err != nil {
				return err
			}
		}
	}
	for _, u := range v.unheld {
		why := fmt.Sprintf("No file that is loaded holds %s whole on %s, so whether %s %s in force that day was not checked.",
			u.what, u.date.Format("2 Jan 2006"), list(u.codes), was(len(u.codes)))
		r.notChecked(finding.UnknownCode, why)
	}
	return nil
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// list joins codes for a sentence: "A", "A and B", "A, B and C"; a long list is cut, with its number.
func list(items []string) string {
	const most = 8
	if len(items) > most {
		return strings.Join(items[:most], ", ") + fmt.Sprintf(" and %d more", len(items)-most)
	}
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

type validityRun struct {
	*run
	done   map[string]bool // system, code, date, and whether it was only replaced
	unheld []*unheldCodes
}

// unheldCodes are codes of one system that no loaded file could decide for a day, gathered into one sentence.
type unheldCodes struct {
	what  string
	date  time.Time
	codes []string
}

func (v *validityRun) code(ctx context.Context, system codes.System, code string, role codes.Role, d Date) error {
	key := fmt.Sprint(system, " ", code, " ", d.Day.Format(time.DateOnly), d.stated(), role == codes.RoleReplaced)
	if v.done[key] {
		return nil
	}
	v.done[key] = true
	e, known, err := v.entry(ctx, system, code, d.Day)
	if err != nil {
		return err
	}
	release, held := v.book.Decides(system, code, d.Day)
	c := judged{entry: e, known: known, date: d, role: role, held: held, source: "CaseConsultant starter, own list"}
	if held {
		c.source = release.Name + " (" + release.File + ")"
	}
	if held && system == codes.ICD10CM && (!e.Valid || !e.Billable) {
		if done, err := v.seventh(ctx, c); done || err != nil {
			return err
		}
	}
	switch {
	case !held && (!known || e.Release == ""):
		// Nothing answers for that day; that other releases have the code or end before it says nothing about it.
		v.noteUnheld(system, code, d.Day)
	case !held && e.Valid && e.Billable:
		if asksForList(system) {
			v.noteUnheld(system, code, d.Day)
		}
	case !known:
		return v.unknown(ctx, c)
	case !e.Valid:
		return v.invalid(ctx, c)
	case !e.Billable:
		return v.heading(ctx, c)
	}
	return nil
}

// asksForList: of these a reader expects to be told that validity was not checked. Places of service and modifiers that are listed are
// as good as certain, and a line for each would hide the lines that matter.
func asksForList(system codes.System) bool {
	switch system {
	case codes.CPT, codes.HCPCS, codes.ICD10CM, codes.ICD10PCS:
		return true
	}
	return false
}

func (v *validityRun) noteUnheld(system codes.System, code string, on time.Time) {
	what := codebook.SystemName(system, code)
	for _, u := range v.unheld {
		if u.what == what && u.date.Equal(on) {
			u.codes = append(u.codes, code)
			return
		}
	}
	v.unheld = append(v.unheld, &unheldCodes{what: what, date: on, codes: []string{code}})
}

// judged is one code with what the book said.
type judged struct {
	entry  codebook.Entry
	known  bool
	held   bool // a release that holds the code set whole decided
	date   Date
	role   codes.Role
	source string
}

// severity of a validity finding: an error only if an official release decided, the date is stated and the payer is bound by HIPAA's code
// sets; a code that the mail itself says was replaced is mere information.
func (v *validityRun) severity(c judged) string {
	switch {
	case c.role == codes.RoleReplaced:
		return finding.Info
	case c.held && c.date.stated() && v.Payer != "workers_comp":
		return finding.Error
	}
	return finding.Warning
}

func (v *validityRun) report(rule string, c judged, message string, data map[string]any) {
	if !c.date.stated() {
		message += " The date of service is not stated; " + c.date.Day.Format("2 Jan 2006") + " was used (" + c.date.Basis + ")."
	}
	if v.Payer == "workers_comp" {
		message += " Workers' compensation is outside HIPAA's code sets: check with the payer."
	}
	data["system"] = string(c.entry.System)
	data["date"] = c.date.Day.Format(time.DateOnly)
	if c.entry.Release != "" {
		data["release"] = c.entry.Release
	}
	v.found(finding.Finding{Rule: rule, Severity: v.severity(c), Codes: []string{c.entry.Code}, Message: message, Source: c.source, Data: data})
}

// unknown: the code set is held whole and does not have the code, nor does any other release that is loaded.
func (v *validityRun) unknown(ctx context.Context, c judged) error {
	message := fmt.Sprintf("%s does not exist: %s, in force on %s, does not have it.", c.entry.Code, c.entry.Release, c.date.Day.Format("2 Jan 2006"))
	data := map[string]any{}
	if err := v.nearest(ctx, c, " Did you mean ", &message, data); err != nil {
		return err
	}
	v.report(finding.UnknownCode, c, message, data)
	return nil
}

// nearest adds the codes that may have been meant, each with its title and in which way it differs. Which of them it is, the record says.
func (v *validityRun) nearest(ctx context.Context, c judged, words string, message *string, data map[string]any) error {
	list, err := v.book.Nearest(ctx, c.entry.System, c.entry.Code, c.date.Day, 3)
	if err != nil || len(list) == 0 {
		return err
	}
	if strings.HasPrefix(list[0].Why, "O, I, L") { // a slip of the eye that leaves one reading
		list = list[:1]
	}
	var shown, near, why []string
	for _, s := range list {
		text := s.Code
		if s.Title != "" {
			text += " " + s.Title
		}
		if !s.Billable {
			text += ", a heading"
		}
		shown = append(shown, text+" ("+s.Why+")")
		near, why = append(near, s.Code), append(why, s.Why)
	}
	*message += words + strings.Join(shown, "; ") + "?"
	data["near"], data["near_why"] = near, why
	return nil
}

// invalid: known, but not on that day.
func (v *validityRun) invalid(ctx context.Context, c judged) error {
	h, _, err := v.book.History(ctx, c.entry.System, c.entry.Code, c.date.Day)
	if err != nil {
		return err
	}
	on := c.date.Day.Format("2 Jan 2006")
	data := map[string]any{}
	switch {
	case h.Last != "":
		message := fmt.Sprintf("%s is not in force on %s.", c.entry.Code, on)
		switch {
		case c.entry.Flags["terminated"] != "" || !c.held:
			message = fmt.Sprintf("%s ended before %s: its last day was %s.", c.entry.Code, on, long(h.Last))
		case h.LastIn != "":
			message = fmt.Sprintf("%s is not in %s, which is in force on %s; it was in %s.", c.entry.Code, c.entry.Release, on, h.LastIn)
		}
		data["last"] = h.Last
		if len(h.ReplacedBy) > 0 {
			message += " The file refers to " + list(h.ReplacedBy) + " instead."
			data["replaced_by"] = h.ReplacedBy
		} else if c.held && c.entry.System == codes.ICD10CM {
			if err := v.nearest(ctx, c, " Did you mean ", &message, data); err != nil {
				return err
			}
		}
		if h.DeletedBy != "" {
			data["deleted_by"] = h.DeletedBy
		}
		v.report(finding.Deleted, c, message, data)
	case h.First != "":
		message := fmt.Sprintf("%s is not yet in force on %s: its first day is %s.", c.entry.Code, on, long(h.First))
		if c.held && c.entry.Flags["added"] == "" {
			message = fmt.Sprintf("%s is not in %s, which is in force on %s; it is in %s.", c.entry.Code, c.entry.Release, on, h.FirstIn)
		}
		data["first"] = h.First
		v.report(finding.NotValidOnDate, c, message, data)
	default:
		v.report(finding.NotValidOnDate, c, fmt.Sprintf("%s is not in force on %s. %s", c.entry.Code, on, c.entry.Status), data)
	}
	return nil
}

// long writes an ISO day for a sentence.
func long(iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return iso
	}
	return t.Format("2 Jan 2006")
}

// choicesShown is how many codes below a heading a message names; data holds up to choicesKept.
const (
	choicesShown = 6
	choicesKept  = 40
)

// heading: valid, but more characters are needed. A mail never says which choice is right.
func (v *validityRun) heading(ctx context.Context, c judged) error {
	choices, total, err := v.book.Choices(ctx, c.entry.System, c.entry.Code, c.date.Day, choicesKept)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("%s (%s) is a heading and may not be reported: more characters are needed.", c.entry.Code, c.entry.Title)
	if c.entry.Title == "" {
		message = fmt.Sprintf("%s is a heading and may not be reported: more characters are needed.", c.entry.Code)
	}
	data := map[string]any{}
	if total > 0 {
		var shown, kept []string
		for i, choice := range choices {
			kept = append(kept, choice.Code)
			if i < choicesShown {
				shown = append(shown, strings.TrimSpace(choice.Code+" "+choice.Title))
			}
		}
		message += fmt.Sprintf(" %d %s below it: %s", total, plural(total, "code stands", "codes stand"), strings.Join(shown, "; "))
		if total > len(shown) {
			message += fmt.Sprintf("; and %d more", total-len(shown))
		}
		message += "."
		data["choices"], data["choices_total"] = kept, total
	}
	v.report(finding.NotBillable, c, message, data)
	return nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// validityRules are the lines of the index that this family answers for.
func validityRules() []Rule {
	return []Rule{
		{finding.UnknownCode, "The code exists in the release in force on the date of service.",
			"45 CFR 162.1002 (code sets of HIPAA)", "ICD-10-CM and ICD-10-PCS order or codes files, HCPCS Level II file", "yes",
			"Only where a loaded file holds the code set whole on the date: never CPT, never with the starter."},
		{finding.NotValidOnDate, "The code is in force on the date of service: not before its first day.",
			"45 CFR 162.1002; medical code sets by date of service, 45 CFR 162.1000", "the same, and the dates of HCPCS rows", "yes",
			"Between two loaded ICD-10 releases the day on which a code appeared is not known."},
		{finding.Deleted, "The code had not ended before the date of service; names what the file refers to instead.",
			"45 CFR 162.1002; Medicare gives no grace period after a code ends", "the same, HCPCS termination dates and cross-references, ICD-10-CM addenda", "yes",
			"ICD-10-CM files name no replacement."},
		{finding.NotBillable, "The diagnosis is a code and not a heading that needs more characters; lists the choices.",
			"ICD-10-CM Official Guidelines I.B.2", "ICD-10-CM order file, column 15", "yes", "Which of the choices is right is for the record to say."},
	}
}
