package main

import (
	"encoding/json"
	"fmt"
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

// request reads the words and the flags.
func (f *feeCommand) request() (calculate.FeeRequest, error) {
	day, err := parseDay(f.DOS)
	if err != nil {
		return calculate.FeeRequest{}, err
	}
	r, err := calculate.ReadFees(strings.Join(f.Words, " "))
	if err != nil {
		return r, usageError(err.Error())
	}
	if !day.IsZero() {
		r.Day = day
	}
	if r.Day.IsZero() {
		now := time.Now().UTC()
		r.Day = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	}
	if f.Facility != f.Office {
		r.Facility, r.Office = f.Facility, f.Office
	}
	last := &r.Lines[len(r.Lines)-1]
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
	return r, nil
}

// Run works out the allowed amount.
func (f *feeCommand) Run(c *console) error {
	r, err := f.request()
	if err != nil {
		return err
	}
	return f.with(c, func(book *codebook.Book) error {
		policy, err := codebook.LoadPolicy("")
		if err != nil {
			return err
		}
		a, err := calculate.Price(c.ctx, book, policy, r)
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

func showAmounts(c *console, a calculate.FeeAnswer) {
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
			c.printf(": %s", calculate.Money(amount.Total))
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
			c.printf("   %s: %s\n", name, calculate.Money(l.Amount))
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
