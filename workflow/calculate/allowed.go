package calculate

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"caseconsultant/workflow/codebook"
)

// FeeLine is one line that is priced.
type FeeLine struct {
	Code      string
	Modifiers []string
	// Units are at least 1.
	Units int
	// Rows are all rows of the code in the fee schedule, the whole service first.
	Rows []codebook.Fee
	// Base are the rows of the endoscopy base code, where the row names one.
	Base []codebook.Fee
	// Cap is the most that is allowed for the technical side of imaging in the locality, nil where no file has one.
	Cap *codebook.Cap
}

// FeeCase is what is priced together: the lines of one patient, day and practitioner.
type FeeCase struct {
	Lines    []FeeLine
	Where    codebook.Locality
	Facility bool
	// QP takes the conversion factor of qualifying participants in advanced payment models, which exists since 2026.
	QP bool
	// Day of service, for the rows of policy.
	Day time.Time
	// Sources of the relative values and of the indices.
	FeeSource, PlaceSource string
}

// National is the locality whose indices are all 1: the amounts before any locality.
func National() codebook.Locality {
	return codebook.Locality{Name: "national (all indices 1)", Work: 10_000, PE: 10_000, Malpractice: 10_000}
}

// Allowed is Medicare's allowed amount for the lines of a case.
type Allowed struct {
	Lines []AllowedLine    `json:"lines"`
	Total codebook.Decimal `json:"total"`
	// Limiting is the most that one who does not take assignment may charge; 0 where a line has no amount.
	Limiting codebook.Decimal `json:"limiting_charge,omitempty"`
	// Whole: every line has an amount.
	Whole bool   `json:"every_line_has_an_amount"`
	Steps []Step `json:"steps"`
}

// AllowedLine is one line of it.
type AllowedLine struct {
	Code      string   `json:"code"`
	Modifiers []string `json:"modifiers"`
	Units     int      `json:"units"`
	// Full is the amount before other lines reduce it, Amount what is allowed for all units. Both 0 where Why says that there is none.
	Full   codebook.Decimal `json:"full"`
	Amount codebook.Decimal `json:"amount"`
	// Why says why the fee schedule has no amount; empty where it has.
	Why    string `json:"why,omitempty"`
	Steps  []Step `json:"steps"`
	fee    codebook.Fee
	base   codebook.Decimal // of the endoscopy base code
	ranked bool             // multiple procedure rules apply
	rows   []codebook.Fee   // of the code, by component
}

// MedicareAllowed works out the amount that the Medicare physician fee schedule allows, step by step: the formula of 42 CFR 414.20, then
// what modifiers change, then what several procedures of one day change. It is no payment: deductible, coinsurance, sequestration, other
// payers and every rule of coverage come after it.
func MedicareAllowed(p *codebook.Policy, c FeeCase) Allowed {
	a := Allowed{Whole: true}
	for _, l := range c.Lines {
		a.Lines = append(a.Lines, c.price(p, l))
	}
	c.together(p, &a)
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Why != "" {
			a.Whole = false
			continue
		}
		a.Total += l.Amount
	}
	if a.Whole && len(a.Lines) > 0 {
		if limit := p.Value("limiting-charge", "*", c.Day); limit.OK() {
			if n, ok := limit.Number(""); ok {
				a.Limiting = percent(a.Total, int64(n*10000+0.5))
				a.Steps = append(a.Steps, Step{What: "Limiting charge without assignment", How: Money(a.Total) + " x " + Number(n), Result: Money(a.Limiting), Source: limit.Row.Cite()})
			}
		}
	}
	return a
}

// components are the modifiers that have rows of their own.
var components = []string{"26", "TC", "53"}

// row is the row that a line is priced by.
func (l FeeLine) row() (codebook.Fee, bool, string) {
	for _, m := range components {
		if !slices.Contains(l.Modifiers, m) {
			continue
		}
		for _, r := range l.Rows {
			if r.Modifier == m {
				return r, true, ""
			}
		}
		if m == "53" {
			return codebook.Fee{}, false, "53 (broken off) has no row for this code: the contractor prices it by report"
		}
		return codebook.Fee{}, false, "the fee schedule has no row of this code with " + m
	}
	for _, r := range l.Rows {
		if r.Modifier == "" {
			return r, true, ""
		}
	}
	return codebook.Fee{}, false, "the fee schedule that is loaded for the day has no such code"
}

// NoAmount says why a status has no amount in the physician fee schedule; "" where it has. X and E say nothing about what another schedule
// pays, and none says that something is not payable.
func NoAmount(f codebook.Fee) string {
	switch f.Status {
	case "A", "R", "T":
		return ""
	case "C":
		return "status C: the contractor sets the price, usually from documentation or an invoice; the file has no amount"
	case "N":
		return "status N: not covered by Medicare, so there is no allowed amount"
	case "I":
		return "status I: Medicare does not use this code and wants another one; other payers may use it"
	case "X":
		return "status X: not a physician's service by law; another schedule (laboratory, ambulance, supplies) may price it"
	case "E":
		return "status E: excluded from the physician fee schedule by regulation; another schedule (drugs, supplies) may price it"
	case "B":
		return "status B: always bundled into another service, so there is no separate amount"
	case "P":
		return "status P: bundled or excluded, so there is no separate amount"
	case "J":
		return "status J: anesthesia, priced by base units and time and not by relative values"
	case "M":
		return "status M: a measure that is reported and has no amount"
	}
	return "status " + f.Status + ": the file has no amount"
}

func (c FeeCase) price(p *codebook.Policy, l FeeLine) AllowedLine {
	out := AllowedLine{Code: l.Code, Modifiers: l.Modifiers, Units: max(l.Units, 1)}
	if out.Modifiers == nil {
		out.Modifiers = []string{}
	}
	fee, ok, why := l.row()
	if !ok {
		out.Why = why
		return out
	}
	if out.Why = NoAmount(fee); out.Why != "" {
		return out
	}
	out.fee, out.rows = c.factored(fee), l.Rows
	amount := c.formula(out.fee, &out.Steps)
	if l.Cap != nil {
		limit, part := l.Cap.Office, amount
		if c.Facility {
			limit = l.Cap.Facility
		}
		if l.Cap.Modifier == "TC" && out.fee.Modifier == "" {
			part = c.component(&AllowedLine{fee: out.fee, rows: l.Rows, Full: amount}, "TC")
		}
		if limit > 0 && limit < part {
			out.Steps = append(out.Steps, Step{What: "Cap of the outpatient hospital's rate", How: "technical side: the lower of " + Money(part) + " and " + Money(limit), Result: Money(amount - part + limit), Source: "OPPSCAP file; Social Security Act 1848(b)(4)"})
			amount -= part - limit
		}
	}
	for _, row := range l.Base {
		if row.Modifier == "" {
			out.base = c.factored(row).Payment(c.Where, c.Facility)
		}
	}
	amount = out.modified(p, c.Day, amount)
	out.Full = amount
	if out.Units > 1 && out.fee.Multiple != "5" {
		out.Steps = append(out.Steps, Step{What: "Units", How: fmt.Sprintf("%s x %d", Money(amount), out.Units), Result: Money(amount * codebook.Decimal(out.Units))})
	}
	out.Amount = amount * codebook.Decimal(out.Units)
	out.ranked = out.Why == "" && (out.fee.Multiple == "2" || out.fee.Multiple == "3") && !assistant(l.Modifiers)
	return out
}

func (c FeeCase) factored(f codebook.Fee) codebook.Fee {
	if c.QP && f.ConversionQPP > 0 {
		f.Conversion = f.ConversionQPP
	}
	return f
}

// formula is 42 CFR 414.20 with its steps.
func (c FeeCase) formula(f codebook.Fee, steps *[]Step) codebook.Decimal {
	pe, place := f.PEOffice, "office"
	if c.Facility {
		pe, place = f.PEFacility, "facility"
	}
	amount := f.Payment(c.Where, c.Facility)
	sum := int64(f.Work)*int64(c.Where.Work) + int64(pe)*int64(c.Where.PE) + int64(f.Malpractice)*int64(c.Where.Malpractice) // in 10^-8
	*steps = append(*steps,
		Step{What: "Relative value units (" + place + ")", How: fmt.Sprintf("work %v, practice expense %v, malpractice %v", f.Work, pe, f.Malpractice), Result: (f.Work + pe + f.Malpractice).String(), Source: c.FeeSource},
		Step{What: "Indices of the locality", How: c.Where.Name, Result: fmt.Sprintf("%v, %v, %v", c.Where.Work, c.Where.PE, c.Where.Malpractice), Source: c.PlaceSource},
		Step{What: "Adjusted units", How: fmt.Sprintf("%v x %v + %v x %v + %v x %v", f.Work, c.Where.Work, pe, c.Where.PE, f.Malpractice, c.Where.Malpractice), Result: codebook.Decimal((sum + 5000) / 10000).String(), Source: "42 CFR 414.20"},
		Step{What: "Times the conversion factor", How: fmt.Sprintf("x %v", f.Conversion), Result: Money(amount), Source: c.FeeSource})
	return amount
}

func assistant(modifiers []string) bool {
	return slices.ContainsFunc(modifiers, func(m string) bool { return m == "80" || m == "81" || m == "82" || m == "AS" })
}

// modified applies the modifiers that change the amount of their own line. Those that leave the amount to a report (22, 52, 66) set Why.
func (l *AllowedLine) modified(p *codebook.Policy, day time.Time, amount codebook.Decimal) codebook.Decimal {
	share := func(what, rule, key, otherwise string) {
		a := p.Value(rule, key, day)
		n, ok := a.Number("")
		if !ok {
			l.Why = otherwise
			return
		}
		before := amount
		amount = percent(before, int64(n*100+0.5))
		l.Steps = append(l.Steps, Step{What: what, How: fmt.Sprintf("%s x %s %%", Money(before), Number(n)), Result: Money(amount), Source: a.Row.Cite()})
	}
	part := func(what string, d codebook.Decimal) {
		if d == 0 {
			l.Why = "the fee schedule splits no global package of this code, so the share of " + what + " is not known"
			return
		}
		before := amount
		amount = percent(before, int64(d))
		l.Steps = append(l.Steps, Step{What: what, How: fmt.Sprintf("%s x %v", Money(before), d), Result: Money(amount), Source: l.fee.Release})
	}
	for _, m := range l.Modifiers {
		switch m {
		case "50":
			l.bilateral(p, day, &amount)
		case "80", "81", "82", "AS":
			if l.fee.Assistant == "1" || l.fee.Assistant == "9" {
				l.Why = "assistant indicator " + l.fee.Assistant + ": Medicare allows nothing for an assistant at this surgery"
				continue
			}
			share("Assistant at surgery", "assistant-share", m, "the share of an assistant at surgery has no row of policy for the day")
		case "62":
			if l.fee.CoSurgeons == "0" || l.fee.CoSurgeons == "9" {
				l.Why = "co-surgeon indicator " + l.fee.CoSurgeons + ": two surgeons are not provided for"
				continue
			}
			share("Each of two surgeons", "co-surgeon-share", "62", "the share of each of two surgeons has no row of policy for the day")
		case "54":
			part("Surgical care only (before and during)", l.fee.Pre+l.fee.Intra)
		case "55":
			part("Care after surgery only", l.fee.Post)
		case "56":
			part("Care before surgery only", l.fee.Pre)
		case "78":
			part("Return to the operating room", l.fee.Intra)
		case "22", "52", "66":
			l.Why = m + ": the contractor prices it by report"
		}
	}
	if l.Why != "" {
		return 0
	}
	return amount
}

// bilateral applies 50 by the indicator BILAT SURG.
func (l *AllowedLine) bilateral(p *codebook.Policy, day time.Time, amount *codebook.Decimal) {
	a := p.Value("bilateral", l.fee.Bilateral, day)
	n, ok := a.Number("")
	if !ok {
		l.Steps = append(l.Steps, Step{What: "50", How: "bilateral indicator " + l.fee.Bilateral, Result: "adds nothing: " + Money(*amount), Source: l.fee.Release})
		return
	}
	before := *amount
	how := fmt.Sprintf("%s x %s %%", Money(before), Number(n))
	if l.fee.Bilateral == "3" {
		how, n = "each side in full: "+Money(before)+" x 2", 200
	}
	*amount = percent(before, int64(n*100+0.5))
	l.Steps = append(l.Steps, Step{What: "50, both sides", How: how, Result: Money(*amount), Source: a.Row.Cite()})
}

// together applies what several procedures of one day change.
func (c FeeCase) together(p *codebook.Policy, a *Allowed) {
	c.therapy(p, a)
	c.surgery(p, a)
	for _, kind := range []string{"4", "6", "7"} {
		c.tests(p, a, kind)
	}
}

// unit is what is ranked: a procedure alone, or an endoscopy family as a whole.
type unit struct {
	lines []int
	value codebook.Decimal
}

// surgery ranks procedures (MULT PROC 2 and 3), each endoscopy family as one: Medicare Claims Processing Manual, chapter 12, section 40.6.
func (c FeeCase) surgery(p *codebook.Policy, a *Allowed) {
	var all []unit
	families := map[string][]int{}
	var order []string
	for i := range a.Lines {
		l := &a.Lines[i]
		if !l.ranked {
			continue
		}
		base := l.fee.EndoscopyBase
		if l.fee.Multiple == "3" && base != "" {
			if families[base] == nil {
				order = append(order, base)
			}
			families[base] = append(families[base], i)
			continue
		}
		for range l.Units {
			all = append(all, unit{[]int{i}, l.Full})
		}
	}
	for _, base := range order {
		members := families[base]
		// The base code itself, when it is billed beside a member of its family, is part of it.
		all = slices.DeleteFunc(all, func(u unit) bool {
			l := &a.Lines[u.lines[0]]
			if l.Code != base {
				return false
			}
			l.Amount = 0
			l.Steps = append(l.Steps, Step{What: "Endoscopy family of " + base, How: "the base endoscopy is part of the others", Result: Money(0), Source: sectionMultiple})
			return true
		})
		all = append(all, c.family(a, base, members))
	}
	if len(all) < 2 {
		return
	}
	row := p.Value("multiple-procedures", "2", c.Day)
	shares := row.List()
	if !row.OK() {
		a.Steps = append(a.Steps, Step{What: "Several procedures", Result: row.NotChecked})
		return
	}
	slices.SortStableFunc(all, func(x, y unit) int { return cmp.Compare(y.value, x.value) })
	reduced := map[int]codebook.Decimal{}
	for rank, u := range all {
		if rank >= len(shares) {
			for _, i := range u.lines {
				a.Lines[i].Steps = append(a.Lines[i].Steps, Step{What: "Several procedures", How: fmt.Sprintf("place %d", rank+1), Result: "by report from the sixth procedure on", Source: row.Row.Cite()})
			}
			continue
		}
		var n int64
		fmt.Sscan(shares[rank], &n)
		for _, i := range u.lines {
			l := &a.Lines[i]
			before := l.Full
			if len(u.lines) > 1 || l.fee.Multiple == "3" {
				before = l.Amount
			}
			after := percent(before, n*100)
			l.Steps = append(l.Steps, Step{What: "Several procedures", How: fmt.Sprintf("place %d of %d by amount: %s x %d %%", rank+1, len(all), Money(before), n), Result: Money(after), Source: row.Row.Cite()})
			reduced[i] += after
		}
	}
	for i, amount := range reduced {
		a.Lines[i].Amount = amount
	}
}

const sectionMultiple = "Medicare Claims Processing Manual, chapter 12, section 40.6"

// family prices the members of an endoscopy family: the highest in full, each other less the base endoscopy.
func (c FeeCase) family(a *Allowed, base string, members []int) unit {
	slices.SortStableFunc(members, func(x, y int) int { return cmp.Compare(a.Lines[y].Full, a.Lines[x].Full) })
	u := unit{lines: members}
	for rank, i := range members {
		l := &a.Lines[i]
		if rank > 0 || l.Units > 1 {
			less := max(l.Full-l.base, 0)
			full := l.Units
			if rank == 0 {
				l.Amount = l.Full
				full--
			} else {
				l.Amount = 0
			}
			l.Amount += less * codebook.Decimal(full)
			how := fmt.Sprintf("%s - %s of the base %s", Money(l.Full), Money(l.base), base)
			if slices.Contains(l.Modifiers, "50") {
				how += ", taken off once (contractors differ on both sides)"
			}
			if l.base == 0 {
				how = fmt.Sprintf("no amount of the base %s is loaded: %s", base, Money(l.Full))
			}
			l.Steps = append(l.Steps, Step{What: "Endoscopy family of " + base, How: how, Result: Money(l.Amount), Source: sectionMultiple})
		} else if len(members) > 1 {
			l.Steps = append(l.Steps, Step{What: "Endoscopy family of " + base, How: "the highest of the family", Result: "in full: " + Money(l.Full), Source: sectionMultiple})
		}
		u.value += l.Amount
	}
	return u
}

// therapy reduces practice expense by half for every unit but the one with the highest practice expense (MULT PROC 5).
//
// 42 CFR 414.31; Medicare Claims Processing Manual, chapter 5, section 10.7.
func (c FeeCase) therapy(p *codebook.Policy, a *Allowed) {
	best, count := -1, 0
	pe := func(f codebook.Fee) codebook.Decimal {
		if c.Facility {
			return f.PEFacility
		}
		return f.PEOffice
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Why != "" || l.fee.Multiple != "5" {
			continue
		}
		count += l.Units
		if best < 0 || pe(l.fee) > pe(a.Lines[best].fee) {
			best = i
		}
	}
	if count < 2 {
		return
	}
	row := p.Value("therapy-reduction", "*", c.Day)
	n, ok := row.Number("")
	if !ok {
		a.Steps = append(a.Steps, Step{What: "Several therapy units", Result: row.NotChecked})
		return
	}
	for i := range a.Lines {
		l := &a.Lines[i]
		if l.Why != "" || l.fee.Multiple != "5" {
			continue
		}
		less := l.fee
		less.PEOffice = codebook.Decimal(int64(less.PEOffice) * int64(100-n) / 100)
		less.PEFacility = codebook.Decimal(int64(less.PEFacility) * int64(100-n) / 100)
		reduced := less.Payment(c.Where, c.Facility)
		full := 0
		if i == best {
			full = 1
		}
		l.Amount = l.Full*codebook.Decimal(full) + reduced*codebook.Decimal(l.Units-full)
		how := fmt.Sprintf("%d x %s with practice expense less %s %%", l.Units-full, Money(reduced), Number(n))
		if full == 1 {
			how = fmt.Sprintf("1 x %s in full (highest practice expense)", Money(l.Full))
			if l.Units > 1 {
				how += fmt.Sprintf(" + %d x %s with practice expense less %s %%", l.Units-1, Money(reduced), Number(n))
			}
		}
		l.Steps = append(l.Steps, Step{What: "Several therapy units", How: how, Result: Money(l.Amount), Source: row.Row.Cite()})
	}
}
