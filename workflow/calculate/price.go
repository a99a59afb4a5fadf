package calculate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
)

// FeeBook is what pricing asks of a codebook. *codebook.Book is one.
type FeeBook interface {
	Fees(ctx context.Context, code string, on time.Time) ([]codebook.Fee, codebook.Source, error)
	Localities(ctx context.Context, state string, on time.Time) ([]codebook.Locality, codebook.Source, error)
	OPPSCap(ctx context.Context, code, modifier, contractor, number string, on time.Time) (codebook.Cap, bool, codebook.Source, error)
}

var _ FeeBook = (*codebook.Book)(nil)

// Errors of pricing, each wrapped in a sentence for the one who asked.
var (
	// ErrNoCode: the request names no code.
	ErrNoCode = errors.New("no code is named")
	// ErrNoFile: no file that is loaded answers for the day.
	ErrNoFile = errors.New("no file for that day")
	// ErrNoLocality: no Medicare locality fits the words.
	ErrNoLocality = errors.New("no such locality")
)

// FeeRequest is what is to be priced.
type FeeRequest struct {
	Lines []FeeLine
	// Place are the words for the locality; empty for the national amount.
	Place string
	// Day of service; zero where none is named.
	Day time.Time
	// Facility and Office: which of the two places of service are wanted; ReadFees sets both where neither is named.
	Facility, Office bool
}

// ReadFees reads a request as people write it, in any order: codes with modifiers and units (31297-50, 97110x3), a locality (TX, NY Manhattan,
// 04412/18), a day (2026-03-02, 3/2/2026), facility or office. It wraps ErrNoCode.
func ReadFees(words string) (FeeRequest, error) {
	r := FeeRequest{}
	var place []string
	for _, w := range strings.FieldsFunc(words, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\t' }) {
		switch strings.ToLower(w) {
		case "facility", "hospital", "asc":
			r.Facility = true
			continue
		case "office", "nonfacility", "non-facility":
			r.Office = true
			continue
		case "dos", "on", "in", "and", "with", "medicare":
			continue
		}
		if line, ok := feeLine(w); ok {
			r.Lines = append(r.Lines, line)
		} else if day, ok := dayIn(w); ok {
			r.Day = day
		} else {
			place = append(place, w)
		}
	}
	if r.Facility == r.Office {
		r.Facility, r.Office = true, true
	}
	r.Place = strings.Join(place, " ")
	if len(r.Lines) == 0 {
		return r, fmt.Errorf("%w: write for example 99214 TX", ErrNoCode)
	}
	return r, nil
}

func dayIn(w string) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "1/2/2006", "20060102"} {
		if day, err := time.Parse(layout, w); err == nil {
			return day, true
		}
	}
	return time.Time{}, false
}

// feeLine reads a code with modifiers and units: 31297-50, 97110x3, J1885.
func feeLine(w string) (FeeLine, bool) {
	parts := strings.Split(strings.ToUpper(w), "-")
	code, count, counted := strings.Cut(parts[0], "X")
	line := FeeLine{Units: 1}
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

// FeeAnswer is the Medicare allowed amount of a request.
type FeeAnswer struct {
	Name     string            `json:"name"`
	Locality codebook.Locality `json:"locality"`
	// Localities are those that the words fit, when they fit several: nothing is worked out then.
	Localities []codebook.Locality `json:"localities,omitempty"`
	Day        string              `json:"date_of_service"`
	Amounts    []FeeAmount         `json:"amounts"`
	Notes      []string            `json:"notes"`
	Sources    []string            `json:"sources"`
}

// FeeAmount is one way of pricing: office or facility, and in 2026 with the one or the other conversion factor.
type FeeAmount struct {
	Place  string `json:"place"`
	Factor string `json:"conversion_factor"`
	Allowed
}

// Price asks the book for the rows of a request and works the amounts out: for office and facility, and since 2026 with both conversion factors.
// Where the words fit several localities, these are in the answer and nothing is worked out. Errors wrap ErrNoFile and ErrNoLocality, or are
// a failure to read the book.
func Price(ctx context.Context, book FeeBook, policy *codebook.Policy, r FeeRequest) (FeeAnswer, error) {
	a := FeeAnswer{Name: "Medicare allowed amount", Day: r.Day.Format(time.DateOnly), Amounts: []FeeAmount{}, Notes: []string{}, Sources: []string{}}
	where, placeSource, err := a.locality(ctx, book, r)
	if err != nil || len(a.Localities) > 0 {
		return a, err
	}
	var fees codebook.Source
	twoFactors := false
	for i := range r.Lines {
		l := &r.Lines[i]
		if l.Rows, fees, err = book.Fees(ctx, l.Code, r.Day); err != nil {
			return a, err
		}
		if !fees.Covered {
			return a, fmt.Errorf("no fee schedule is loaded for %s (%w): %s", r.Day.Format("2 Jan 2006"), ErrNoFile, cmp.Or(fees.Note, "build a codebook with the relative value file of that year (codes build), then fee --codebook FILE"))
		}
		for _, row := range l.Rows {
			twoFactors = twoFactors || row.ConversionQPP > 0
			if row.Modifier == "" && row.EndoscopyBase != "" {
				if l.Base, _, err = book.Fees(ctx, row.EndoscopyBase, r.Day); err != nil {
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
		for _, of := range slices.Compact([]string{component, cmp.Or(component, "TC")}) { // of a whole test the technical side is capped
			found, ok, _, err := book.OPPSCap(ctx, l.Code, of, where.Contractor, where.Number, r.Day)
			if err != nil {
				return a, err
			}
			if ok {
				l.Cap = &found
				break
			}
		}
	}
	a.note(fees.Release, fees.Note, fees.Copyright)
	a.note(placeSource.Release, placeSource.Note, "")
	for _, facility := range []bool{false, true} {
		if facility && !r.Facility || !facility && !r.Office {
			continue
		}
		for _, qp := range []bool{false, true} {
			if qp && !twoFactors {
				continue
			}
			amount := FeeAmount{Place: "office", Factor: "all practitioners"}
			if facility {
				amount.Place = "facility"
			}
			if twoFactors {
				amount.Factor = map[bool]string{false: "not a qualifying participant", true: "qualifying participant in an advanced payment model"}[qp]
			}
			amount.Allowed = MedicareAllowed(policy, FeeCase{Lines: r.Lines, Where: where, Facility: facility, QP: qp, Day: r.Day,
				FeeSource: fees.Release, PlaceSource: placeSource.Release})
			a.Amounts = append(a.Amounts, amount)
		}
	}
	a.cautions(policy, r)
	return a, nil
}

// locality finds where the service is priced; without words the national amount is worked out.
func (a *FeeAnswer) locality(ctx context.Context, book FeeBook, r FeeRequest) (codebook.Locality, codebook.Source, error) {
	if r.Place == "" || strings.EqualFold(r.Place, "national") {
		a.Locality = National()
		if r.Place == "" {
			a.Notes = append(a.Notes, "No locality was named, so all indices are 1: add a state or a locality, as in fee 99214 NY Manhattan.")
		}
		return a.Locality, codebook.Source{}, nil
	}
	all, source, err := book.Localities(ctx, "", r.Day)
	if err != nil {
		return codebook.Locality{}, source, err
	}
	if !source.Covered {
		return codebook.Locality{}, source, fmt.Errorf("no file of localities (GPCI) is loaded for %s (%w), so the amount of %q cannot be worked out; without a locality the national one can", r.Day.Format("2 Jan 2006"), ErrNoFile, r.Place)
	}
	switch found := FindLocalities(all, r.Place); len(found) {
	case 0:
		return codebook.Locality{}, source, fmt.Errorf("no Medicare locality fits %q (%w): write a state (TX), a name (NY Manhattan) or contractor and number (04412/18)", r.Place, ErrNoLocality)
	case 1:
		a.Locality = found[0]
		return found[0], source, nil
	default:
		a.Localities = found
		a.Notes = append(a.Notes, fmt.Sprintf("%q has %d localities: name one of them.", r.Place, len(found)))
		return codebook.Locality{}, source, nil
	}
}

func (a *FeeAnswer) note(release, note, copyright string) {
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
func (a *FeeAnswer) cautions(policy *codebook.Policy, r FeeRequest) {
	for _, l := range r.Lines {
		for _, row := range l.Rows {
			if row.Modifier != "" {
				continue
			}
			if row.NAOffice && r.Office {
				a.Notes = append(a.Notes, l.Code+" is rarely or never done in an office (NA): the file has no practice expense of its own for it.")
			}
			if row.NAFacility && r.Facility {
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
	if s := policy.Value("sequestration", "*", r.Day); s.OK() {
		said += fmt.Sprintf(" Medicare's own part is then lowered by %s %% (sequestration: %s).", s.Value, s.Row.Cite())
	}
	a.Notes = append(a.Notes, said)
}
