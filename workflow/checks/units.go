package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// units checks the units of each code against the NCCI medically unlikely edits (MUE) of the setting.
//
// Authority: NCCI Policy Manual, chapter I, section V. The adjudication indicator says how a limit works: 1 each line, 2 the day, absolutely
// (policy or anatomy), 3 the day, payable beyond it on appeal when the record supports it. Units over a limit deny all units of the line or
// day, not only those above. A value of 0 says that the code is not paid through this kind of claim, and nothing about others. A code that the
// table does not have is not unlimited: some limits are confidential.
//
// Where a practitioner or hospital reports both sides of a code with bilateral indicator 1 on two lines, finding bilateral says how to report
// them in place of the bare excess (see bilateralunits.go).
func units(ctx context.Context, r *run) error {
	u := unitRun{run: r, said: map[string]bool{}}
	for _, g := range r.groups() {
		byCode := map[string][]line{}
		var order []string
		for _, l := range withoutEchoes(r.together(g)) {
			if byCode[l.Code] == nil {
				order = append(order, l.Code)
			}
			byCode[l.Code] = append(byCode[l.Code], l)
		}
		slices.Sort(order)
		for _, code := range order {
			if err := u.code(ctx, code, byCode[code]); err != nil {
				return err
			}
		}
	}
	return nil
}

type unitRun struct {
	*run
	said map[string]bool
}

// counted are the lines of a code in a group with what they add up to.
type counted struct {
	code      string
	lines     []line
	date      Date
	total     int
	most      int // on one line
	fee       codebook.Fee
	hasFee    bool
	feeSource codebook.Source
}

// table is one MUE table that may answer.
type table struct {
	setting codebook.MUESetting
	limit   codebook.Limit
	ok      bool
	source  codebook.Source
}

// tableWords name a table as a claim is named.
var tableWords = map[codebook.MUESetting]string{
	codebook.MUEPractitioner: "practitioners", codebook.MUEHospital: "outpatient hospitals", codebook.MUEDME: "suppliers of medical equipment",
	codebook.MUEMedicaidPractitioner: "practitioners under Medicaid", codebook.MUEMedicaidHospital: "outpatient hospitals under Medicaid", codebook.MUEMedicaidDME: "suppliers under Medicaid",
}

func (u *unitRun) code(ctx context.Context, code string, lines []line) error {
	c := counted{code: code, lines: lines, date: lines[0].date}
	for _, l := range lines {
		n := max(1, l.Units)
		c.total += n
		c.most = max(c.most, n)
	}
	var err error
	if c.fee, c.hasFee, c.feeSource, err = u.fee(ctx, code, c.date.Day); err != nil {
		return err
	}
	medicaidFiles := u.Payer == medicaid
	tables, err := u.tables(ctx, c, medicaidFiles)
	if err != nil {
		return err
	}
	if medicaidFiles && !slices.ContainsFunc(tables, func(t table) bool { return t.source.Covered }) {
		if c.total > 1 {
			u.notChecked(finding.MUE, fmt.Sprintf("Medicaid has unit limits of its own, and none that are loaded answer for %s, so Medicaid's limit was not checked.", c.date.Day.Format("2 Jan 2006")))
		}
		medicaidFiles = false
		if tables, err = u.tables(ctx, c, false); err != nil {
			return err
		}
	}
	if u.bothSides(c, tables, !medicaidFiles) {
		return nil
	}
	u.judge(c, tables, !medicaidFiles)
	return nil
}

// tables are those of the setting; of practitioners and hospitals where it is not stated. The suppliers' stands last, as a value to name.
func (u *unitRun) tables(ctx context.Context, c counted, medicaidFiles bool) ([]table, error) {
	office, clinic, supplier := codebook.MUEPractitioner, codebook.MUEHospital, codebook.MUEDME
	if medicaidFiles {
		office, clinic, supplier = codebook.MUEMedicaidPractitioner, codebook.MUEMedicaidHospital, codebook.MUEMedicaidDME
	}
	var out []table
	for _, setting := range []codebook.MUESetting{office, clinic, supplier} {
		limit, ok, source, err := u.limit(ctx, setting, c.code, c.date.Day)
		if err != nil {
			return nil, err
		}
		out = append(out, table{setting, limit, ok, source})
	}
	return out, nil
}

// asked are the tables that the setting asks for.
func (u *unitRun) asked(tables []table) []table {
	switch u.Setting {
	case outpatient:
		return tables[1:2]
	case practitioner, surgicalCenter:
		return tables[:1]
	}
	return tables[:2]
}

// value is the limit as it is applied to this claim. A surgical center cannot report 50, so that the limit of a code with bilateral indicator 1
// counts twice for it (NCCI Policy Manual, chapter I, section V).
func (u *unitRun) value(t table, c counted) int {
	if u.Setting == surgicalCenter && c.hasFee && c.fee.Bilateral == "1" {
		return 2 * t.limit.Value
	}
	return t.limit.Value
}

func (u *unitRun) exceeds(t table, c counted) bool {
	if t.limit.Adjudication == 1 {
		return c.most > u.value(t, c)
	}
	return c.total > u.value(t, c)
}

func (u *unitRun) judge(c counted, tables []table, medicare bool) {
	asked := u.asked(tables)
	var answered, held []table
	for _, t := range asked {
		if t.source.Covered {
			answered = append(answered, t)
		}
		if t.ok {
			held = append(held, t)
		}
	}
	switch {
	case len(answered) == 0:
		if c.total > 1 {
			u.notChecked(finding.MUE, fmt.Sprintf("%s, so the units of %s were not checked.", strings.TrimSuffix(asked[0].source.Note, "."), c.code))
		}
		return
	case len(held) == 0:
		if c.total > 1 {
			u.notChecked(finding.MUE, fmt.Sprintf("%s names no limit for %s, so %d units were not checked: some limits are not published.", answered[0].source.Release, c.code, c.total))
		}
		return
	}
	zero := func(t table) bool { return t.limit.Value == 0 }
	switch {
	case !slices.ContainsFunc(held, zero):
	case u.Setting == "" && !zero(held[0]) && c.total == 1: // a hospital names many services by codes of its own, which nobody asked about
		return
	default:
		u.zero(c, held, tables, medicare)
		return
	}
	var over []table
	for _, t := range held {
		if u.exceeds(t, c) {
			over = append(over, t)
		}
	}
	if len(over) == 0 {
		return
	}
	if len(held) == 2 && (u.value(held[0], c) != u.value(held[1], c) || held[0].limit.Adjudication != held[1].limit.Adjudication) {
		u.differ(c, held, over, medicare)
		return
	}
	var settings []string
	message := u.excess(c, over[0])
	switch {
	case len(held) == 2:
		message += " The tables for practitioners and outpatient hospitals agree."
	case u.Setting == outpatient || held[0].setting == tables[1].setting:
		settings = []string{outpatient}
	default:
		settings = []string{practitioner, surgicalCenter}
	}
	u.say(c, over[0], u.severity(over[0]), message, settings, medicare)
}

// severity: what appeal may lift depends on the record, and a table without an indicator does not say how it is applied.
func (u *unitRun) severity(t table) string {
	if t.limit.Adjudication == 1 || t.limit.Adjudication == 2 {
		return finding.Error
	}
	return finding.Warning
}

// lineUnits writes what is counted: "3 units" or "3 units on 2 lines".
func (c counted) lineUnits() string {
	if len(c.lines) > 1 {
		return fmt.Sprintf("%d units on %d lines", c.total, len(c.lines))
	}
	return fmt.Sprintf("%d units", c.total)
}

func (u *unitRun) excess(c counted, t table) string {
	value := u.value(t, c)
	limit := fmt.Sprintf("limit of %d", value)
	if value != t.limit.Value {
		limit = fmt.Sprintf("limit of %d (%d for each side, as a surgical center does not report 50; to be verified)", value, t.limit.Value)
	}
	switch t.limit.Adjudication {
	case 1:
		return fmt.Sprintf("%d units on one line of %s exceed the %s a line (MUE, adjudication indicator 1), which denies the whole line. More than that goes on lines of their own, each with the modifier that is true, only if the record shows that the units were needed.",
			c.most, c.code, limit) + u.advice(c)
	case 2:
		return fmt.Sprintf("%s of %s exceed the %s a day (MUE, adjudication indicator 2), which denies all units of the day. The limit rests on policy or anatomy: no modifier and no appeal lifts it.",
			c.lineUnits(), c.code, limit) + u.advice(c)
	case 3:
		return fmt.Sprintf("%s of %s exceed the %s a day (MUE, adjudication indicator 3), which denies all units of the day. On appeal more is paid only if the record shows that the units were counted right, given and needed.",
			c.lineUnits(), c.code, limit) + u.advice(c)
	}
	return fmt.Sprintf("%s of %s exceed the %s (MUE; this table does not say whether a line or the day counts).", c.lineUnits(), c.code, limit) + u.advice(c)
}

// advice is what the bilateral indicator adds to an excess, as both sides are the commonest reason for two units.
func (u *unitRun) advice(c counted) string {
	if !c.hasFee || c.total > 2 || u.Setting == surgicalCenter {
		return ""
	}
	switch c.fee.Bilateral {
	case "1":
		return " If both sides were treated, that is one line with 50 and 1 unit (bilateral indicator 1)."
	case "2":
		return " The code's value already covers both sides (bilateral indicator 2): 1 unit reports them."
	}
	return ""
}

// differ names both values where the setting is not stated, and settles nothing.
func (u *unitRun) differ(c counted, held, over []table, medicare bool) {
	severity := finding.Info
	if len(over) == 2 {
		severity = finding.Warning
	}
	u.say(c, over[0], severity, fmt.Sprintf("The limit of %s differs by setting, which is not stated: %d a %s for %s, %d a %s for %s (MUE). %s exceed %s.", c.code,
		held[0].limit.Value, per(held[0]), tableWords[held[0].setting], held[1].limit.Value, per(held[1]), tableWords[held[1].setting], c.lineUnits(), plural(len(over), "that for "+tableWords[over[0].setting], "both")), nil, medicare)
}

func per(t table) string {
	if t.limit.Adjudication == 1 {
		return "line"
	}
	return "day"
}

// zero: the code is not paid through one kind of claim; what the other tables say stands beside it.
func (u *unitRun) zero(c counted, held, tables []table, medicare bool) {
	var zero, rest, missing []string
	var first table
	for _, t := range tables {
		switch {
		case t.ok && t.limit.Value == 0:
			if len(zero) == 0 {
				first = t
			}
			zero = append(zero, tableWords[t.setting])
		case t.ok:
			rest = append(rest, fmt.Sprintf("%d a %s for %s", t.limit.Value, per(t), tableWords[t.setting]))
		case !t.source.Covered:
			missing = append(missing, tableWords[t.setting])
		}
	}
	message := fmt.Sprintf("%s is not paid through the claims of %s: its unit limit there is 0 (MUE). That says nothing about other kinds of claims.", c.code, list(zero))
	if len(rest) > 0 {
		message += " Other tables: " + strings.Join(rest, ", ") + "."
	}
	if len(missing) > 0 {
		message += fmt.Sprintf(" The %s for %s %s not loaded.", plural(len(missing), "table", "tables"), list(missing), plural(len(missing), "is", "are"))
	}
	severity := finding.Info
	if u.Setting != "" && len(rest) == 0 {
		severity = finding.Warning
	}
	u.say(c, first, severity, message, nil, medicare)
}

func (u *unitRun) say(c counted, t table, severity, message string, settings []string, medicare bool) {
	data := u.limitData(t)
	data["units"], data["lines"] = c.total, len(c.lines)
	u.report(finding.MUE, c, severity, message, cite(t.source), data, settings, medicare)
}

func (u *unitRun) limitData(t table) map[string]any {
	return map[string]any{"setting": string(t.setting), "value": t.limit.Value, "adjudication": t.limit.Adjudication, "rationale": t.limit.Rationale, "release": t.limit.Release, "denial": codingDenial}
}

func (u *unitRun) report(rule string, c counted, severity, message, source string, data map[string]any, settings []string, medicare bool) {
	if u.Payer == selfPay {
		severity = finding.Info
	}
	key := fmt.Sprint(rule, message, c.date)
	if u.said[key] {
		return
	}
	u.said[key] = true
	u.rule(ruling{rule: rule, severity: severity, codes: []string{c.code}, message: message, source: source, data: data, date: c.date, medicare: medicare, settings: settings})
}

// unitRules are the lines of the index that this family answers for.
func unitRules() []Rule {
	return []Rule{
		{finding.MUE, "Units of a line or of the day above the most that is paid, summed over the lines of a code.", "NCCI Policy Manual, chapter I, section V",
			"NCCI MUE tables of the quarter: practitioner, outpatient hospital, DME supplier, Medicaid's own", "yes",
			"Confidential limits, units of other claims of the day, and spans of several days; units only where the message states them."},
	}
}
