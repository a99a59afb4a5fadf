package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/calculate"
	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

type feeCommand struct {
	Words    []string `arg:"" name:"code" help:"Codes with their modifiers (99214, 31297-50), then the locality (TX, NY Manhattan, 04412/18), the day of service, and facility or office, in any order."`
	DOS      string   `placeholder:"DATE" help:"The day of service; today if left out."`
	Facility bool     `help:"Only the amount for a service in a facility."`
	Office   bool     `help:"Only the amount for a service in an office."`
	Modifier []string `placeholder:"MOD" help:"A modifier of the last code: 26, TC, 50, 80 ..."`
	Units    int      `default:"1" help:"Units of the last code."`
	JSON     bool     `help:"One object."`
	bookFlag
}

// feeRequest is what the words ask for.
type feeRequest struct {
	lines    []calculate.FeeLine
	place    string
	day      time.Time
	facility bool
	office   bool
}

// request reads the words, which people write in any order.
func (f *feeCommand) request() (feeRequest, error) {
	r := feeRequest{facility: f.Facility, office: f.Office}
	var err error
	if r.day, err = parseDay(f.DOS); err != nil {
		return r, err
	}
	var place []string
	for _, w := range strings.FieldsFunc(strings.Join(f.Words, " "), func(c rune) bool { return c == ' ' || c == ',' }) {
		switch low := strings.ToLower(w); low {
		case "facility", "hospital", "asc":
			r.facility = true
			continue
		case "office", "nonfacility", "non-facility":
			r.office = true
			continue
		case "dos", "on", "in", "and", "with", "medicare":
			continue
		}
		if line, ok := feeLine(w); ok {
			r.lines = append(r.lines, line)
		} else if day, err := parseDay(w); err == nil {
			r.day = day
		} else {
			place = append(place, w)
		}
	}
	if len(r.lines) == 0 {
		return r, usageError("name a code: fee 99214 TX")
	}
	last := &r.lines[len(r.lines)-1]
	for _, m := range f.Modifier {
		code, err := codes.Normalize(codes.Modifier, m)
		if err != nil {
			return r, usageError(err.Error())
		}
		last.Modifiers = append(last.Modifiers, code)
	}
	if f.Units < 1 || f.Units > 999 {
		return r, usageError("--units must be from 1 to 999")
	}
	if f.Units > 1 {
		last.Units = f.Units
	}
	if r.facility == r.office {
		r.facility, r.office = true, true
	}
	r.place = strings.Join(place, " ")
	return r, nil
}

// feeLine reads a code with modifiers and units: 31297-50, 97110x3, J1885.
func feeLine(w string) (calculate.FeeLine, bool) {
	parts := strings.Split(strings.ToUpper(w), "-")
	code, count, counted := strings.Cut(parts[0], "X")
	line := calculate.FeeLine{Units: 1}
	if counted {
		if _, err := fmt.Sscanf(count, "%d", &line.Units); err != nil || line.Units < 1 || line.Units > 999 {
			return line, false
		}
	}
	for _, system := range []codes.System{codes.CPT, codes.HCPCS} {
		if known, err := codes.Normalize(system, code); err == nil {
			line.Code = known
		}
	}
	for _, m := range parts[1:] {
		known, err := codes.Normalize(codes.Modifier, m)
		if err != nil {
			return line, false
		}
		line.Modifiers = append(line.Modifiers, known)
	}
	return line, line.Code != ""
}

// feeAnswer is what the command prints.
type feeAnswer struct {
	Name     string            `json:"name"`
	Locality codebook.Locality `json:"locality"`
	// Localities are those that the words fit, when they fit several: nothing is worked out then.
	Localities []codebook.Locality `json:"localities,omitempty"`
	Day        string              `json:"date_of_service"`
	Amounts    []feeAmount         `json:"amounts"`
	Notes      []string            `json:"notes"`
	Sources    []string            `json:"sources"`
}

// feeAmount is one way of pricing: office or facility, and in 2026 with the one or the other conversion factor.
type feeAmount struct {
	Place  string `json:"place"`
	Factor string `json:"conversion_factor"`
	calculate.Allowed
}

// Run works out the allowed amount.
func (f *feeCommand) Run(c *console) error {
	r, err := f.request()
	if err != nil {
		return err
	}
	return f.with(c, func(book *codebook.Book) error {
		if r.day.IsZero() {
			now := time.Now().UTC()
			r.day = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		}
		policy, err := codebook.LoadPolicy("")
		if err != nil {
			return err
		}
		a, err := priced(c.ctx, book, policy, r)
		if err != nil {
			return err
		}
		if f.JSON {
			if err := json.NewEncoder(c.out).Encode(a); err != nil {
				return fmt.Errorf("write the result: %w", err)
			}
			return nil
		}
		showAmounts(c, a)
		return nil
	})
}

// priced asks the book for the rows and works the amounts out.
func priced(ctx context.Context, book *codebook.Book, policy *codebook.Policy, r feeRequest) (feeAnswer, error) {
	a := feeAnswer{Name: "Medicare allowed amount", Day: r.day.Format(time.DateOnly), Amounts: []feeAmount{}, Notes: []string{}, Sources: []string{}}
	where, placeSource, err := a.locality(ctx, book, r)
	if err != nil || len(a.Localities) > 0 {
		return a, err
	}
	var fees codebook.Source
	twoFactors := false
	for i := range r.lines {
		l := &r.lines[i]
		if l.Rows, fees, err = book.Fees(ctx, l.Code, r.day); err != nil {
			return a, err
		}
		if !fees.Covered {
			return a, fmt.Errorf("no fee schedule is loaded for %s: %s", r.day.Format("2 Jan 2006"), cmp.Or(fees.Note, "build a codebook with the relative value file of that year (codes build), then fee --codebook FILE"))
		}
		for _, row := range l.Rows {
			twoFactors = twoFactors || row.ConversionQPP > 0
			if row.Modifier == "" && row.EndoscopyBase != "" {
				if l.Base, _, err = book.Fees(ctx, row.EndoscopyBase, r.day); err != nil {
					return a, err
				}
			}
		}
		component := ""
		for _, m := range l.Modifiers {
			if m == "TC" || m == "26" {
				component = m
			}
		}
		if found, ok, _, err := book.OPPSCap(ctx, l.Code, component, where.Contractor, where.Number, r.day); err != nil {
			return a, err
		} else if ok {
			l.Cap = &found
		}
	}
	a.note(fees.Release, fees.Note, fees.Copyright)
	a.note(placeSource.Release, placeSource.Note, "")
	for _, facility := range []bool{false, true} {
		if facility && !r.facility || !facility && !r.office {
			continue
		}
		for _, qp := range []bool{false, true} {
			if qp && !twoFactors {
				continue
			}
			amount := feeAmount{Place: "office", Factor: "all practitioners"}
			if facility {
				amount.Place = "facility"
			}
			if twoFactors {
				amount.Factor = map[bool]string{false: "not a qualifying participant", true: "qualifying participant in an advanced payment model"}[qp]
			}
			amount.Allowed = calculate.MedicareAllowed(policy, calculate.FeeCase{Lines: r.lines, Where: where, Facility: facility, QP: qp, Day: r.day,
				FeeSource: fees.Release, PlaceSource: placeSource.Release})
			a.Amounts = append(a.Amounts, amount)
		}
	}
	a.cautions(policy, r)
	return a, nil
}

// locality finds where the service is priced; without words the national amount is worked out.
func (a *feeAnswer) locality(ctx context.Context, book *codebook.Book, r feeRequest) (codebook.Locality, codebook.Source, error) {
	if r.place == "" || strings.EqualFold(r.place, "national") {
		a.Locality = calculate.National()
		if r.place == "" {
			a.Notes = append(a.Notes, "No locality was named, so all indices are 1: add a state or a locality, as in fee 99214 NY Manhattan.")
		}
		return a.Locality, codebook.Source{}, nil
	}
	all, source, err := book.Localities(ctx, "", r.day)
	if err != nil {
		return codebook.Locality{}, source, err
	}
	if !source.Covered {
		return codebook.Locality{}, source, fmt.Errorf("no file of localities (GPCI) is loaded for %s, so the amount of %q cannot be worked out; without a locality the national one can", r.day.Format("2 Jan 2006"), r.place)
	}
	switch found := calculate.FindLocalities(all, r.place); len(found) {
	case 0:
		return codebook.Locality{}, source, fmt.Errorf("no Medicare locality fits %q: write a state (TX), a name (NY Manhattan) or contractor and number (04412/18)", r.place)
	case 1:
		a.Locality = found[0]
		return found[0], source, nil
	default:
		a.Localities = found
		a.Notes = append(a.Notes, fmt.Sprintf("%q has %d localities: name one of them.", r.place, len(found)))
		return codebook.Locality{}, source, nil
	}
}

func (a *feeAnswer) note(release, note, copyright string) {
	if release != "" && !slices.Contains(a.Sources, release) {
		a.Sources = append(a.Sources, release)
	}
	if note != "" {
		a.Notes = append(a.Notes, note)
	}
	if copyright != "" {
		a.Sources = append(a.Sources, copyright)
	}
}

// cautions says what the amount is not, and what the rows say about the place.
func (a *feeAnswer) cautions(policy *codebook.Policy, r feeRequest) {
	for _, l := range r.lines {
		for _, row := range l.Rows {
			if row.Modifier != "" {
				continue
			}
			if row.NAOffice && r.office {
				a.Notes = append(a.Notes, l.Code+" is rarely or never done in an office (NA): the file has no practice expense of its own for it.")
			}
			if row.NAFacility && r.facility {
				a.Notes = append(a.Notes, l.Code+" is rarely or never paid to practitioners in a facility (NA).")
			}
			if row.Status == "R" {
				a.Notes = append(a.Notes, l.Code+" has restricted coverage (R): an amount does not say that it is covered.")
			}
			if row.Status == "T" {
				a.Notes = append(a.Notes, l.Code+" has an amount only when nothing else is allowed that day to the same practitioner (T).")
			}
		}
	}
	said := "This is what Medicare's physician fee schedule allows, not what anybody will pay: deductible and 20 % coinsurance are the patient's share of it, and coverage, edits and the charge itself may make it less."
	if s := policy.Value("sequestration", "*", r.day); s.OK() {
		said += fmt.Sprintf(" Medicare's own part is then lowered by %s %% (sequestration: %s).", s.Value, s.Row.Cite())
	}
	a.Notes = append(a.Notes, said)
}

func showAmounts(c *console, a feeAnswer) {
	if len(a.Localities) > 0 {
		c.printf("%s\n", wrap(a.Notes[0], ""))
		for _, l := range a.Localities {
			c.printf("   %s %s/%s  %s\n", l.State, l.Contractor, l.Number, l.Name)
		}
		return
	}
	c.printf("%s, %s, service on %s\n", a.Name, strings.TrimSpace(a.Locality.State+" "+a.Locality.Name), a.Day)
	for _, amount := range a.Amounts {
		c.printf("\n%s, %s", amount.Place, amount.Factor)
		if amount.Whole {
			c.printf(": %s", dollars(amount.Total))
		}
		c.printf("\n")
		for _, l := range amount.Lines {
			name := strings.Join(append([]string{l.Code}, l.Modifiers...), "-")
			if l.Units > 1 {
				name += fmt.Sprintf(" x%d", l.Units)
			}
			if l.Why != "" {
				c.printf("%s\n", wrap(name+": no amount. "+l.Why+".", "   "))
				continue
			}
			c.printf("   %s: %s\n", name, dollars(l.Amount))
			showSteps(c, l.Steps, "      ")
		}
		showSteps(c, amount.Steps, "   ")
	}
	c.printf("\n")
	for _, n := range a.Notes {
		c.printf("%s\n", wrap(n, ""))
	}
	for _, s := range a.Sources {
		c.printf("%s\n", wrap("Source: "+s, ""))
	}
}

func showSteps(c *console, steps []calculate.Step, indent string) {
	for _, s := range steps {
		text := s.What + ": "
		if s.How != "" {
			text += s.How + " = "
		}
		c.printf("%s\n", wrap(text+s.Result, indent))
	}
}

// dollars writes an amount of money.
func dollars(d codebook.Decimal) string {
	text := d.String()
	if !strings.Contains(text, ".") {
		text += ".00"
	}
	return "$" + text
}
