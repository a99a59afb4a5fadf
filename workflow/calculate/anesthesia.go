package calculate

import (
	"fmt"
	"time"

	"caseconsultant/workflow/codebook"
)

// Anesthesia is an anesthesia service as stated.
type Anesthesia struct {
	Base    float64 // base units
	Minutes float64
	// Extra are units that some payers add, for physical status and circumstances. Medicare adds none.
	Extra float64
	// Factor is the amount of one unit; 0 leaves the amount out.
	Factor       codebook.Decimal
	FactorSource string
	// Share is the percentage of the amount under the modifiers: 100 alone (AA, QZ), 50 under medical direction (QK, QX, QY). 0 is 100.
	Share int
}

// AnesthesiaUnits are the units of an anesthesia service.
type AnesthesiaUnits struct {
	// Tenths are time units in tenths, Total all units in tenths.
	Tenths, Total int
	Amount        codebook.Decimal
	Steps         []Step
}

// Work works the units out: base units plus one for each quarter of an hour, to a tenth. The reason is not empty for a day without a row.
//
// 42 CFR 414.46: time units are minutes divided by 15; Medicare Claims Processing Manual, chapter 12, section 50 G: to one decimal place.
func (a Anesthesia) Work(p *codebook.Policy, day time.Time) (AnesthesiaUnits, string) {
	unit := p.Value("anesthesia-minutes", "*", day)
	n, ok := unit.Number("")
	if !ok {
		return AnesthesiaUnits{}, unit.NotChecked
	}
	tenth := func(v float64) int { return int(v*10 + 0.5 + 1e-9) }
	u := AnesthesiaUnits{Tenths: tenth(a.Minutes / n)}
	u.Total = tenth(a.Base) + u.Tenths + tenth(a.Extra)
	u.Steps = append(u.Steps, Step{What: "Time units", How: fmt.Sprintf("%s / %s", Number(a.Minutes), Number(n)), Result: tenths(u.Tenths), Source: unit.Row.Cite()})
	sum := Number(a.Base) + " base + " + tenths(u.Tenths) + " time"
	if a.Extra > 0 {
		sum += " + " + Number(a.Extra) + " added"
	}
	u.Steps = append(u.Steps, Step{What: "Units", How: sum, Result: tenths(u.Total)})
	if a.Factor > 0 {
		u.Amount = cents(codebook.Decimal(int64(a.Factor) * int64(u.Total) / 10))
		u.Steps = append(u.Steps, Step{What: "Amount", How: tenths(u.Total) + " x " + Money(a.Factor), Result: Money(u.Amount), Source: a.FactorSource})
		if a.Share != 0 && a.Share != 100 {
			full := u.Amount
			u.Amount = percent(full, int64(a.Share)*100)
			u.Steps = append(u.Steps, Step{What: "Share under the modifier", How: fmt.Sprintf("%s x %d %%", Money(full), a.Share), Result: Money(u.Amount)})
		}
	}
	return u, ""
}

// tenths writes a number of tenths: 63 is 6.3, 60 is 6.
func tenths(n int) string {
	if n%10 == 0 {
		return fmt.Sprint(n / 10)
	}
	return fmt.Sprintf("%d.%d", n/10, n%10)
}
