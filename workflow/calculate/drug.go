package calculate

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Quantity is an amount of a drug in thousandths of the smallest unit of its kind: nanograms for weights, microliters for volumes.
type Quantity struct {
	Milli int64
	// Kind is "weight", "volume", "units", "meq", "mci" or "piece".
	Kind string
	// Amount and Unit are as stated, for people.
	Amount float64
	Unit   string
}

// measures are the units of amounts, each with its kind and how many of the smallest unit it has.
var measures = map[string]struct {
	kind string
	size float64
}{
	"mcg": {"weight", 1}, "mg": {"weight", 1e3}, "g": {"weight", 1e6},
	"ml": {"volume", 1}, "l": {"volume", 1e3},
	"units": {"units", 1}, "meq": {"meq", 1}, "mci": {"mci", 1e3}, "uci": {"mci", 1},
}

// spelled are other ways to write a unit.
var spelled = map[string]string{
	"microgram": "mcg", "micrograms": "mcg", "mcgs": "mcg", "ug": "mcg", "\u00b5g": "mcg", "\u03bcg": "mcg", "mgs": "mg", "milligram": "mg", "milligrams": "mg",
	"gm": "g", "gms": "g", "gram": "g", "grams": "g", "grm": "g", "cc": "ml", "ccs": "ml", "mls": "ml", "milliliter": "ml", "milliliters": "ml", "liter": "l", "liters": "l",
	"unit": "units", "u": "units", "iu": "units", "i.u.": "units", "i.u": "units", "usp": "units", "meqs": "meq", "millicurie": "mci", "millicuries": "mci", "microcurie": "uci", "microcuries": "uci",
}

// Measure is a unit of amounts in the form used here: "mg" for "milligrams", "ml" for "cc"; "" for what is none.
func Measure(unit string) string {
	u := strings.ToLower(unit)
	if s, ok := spelled[u]; ok {
		return s
	}
	if _, ok := measures[u]; ok {
		return u
	}
	return ""
}

// Of makes a quantity; ok is false for an amount that is not above 0, or a unit that is none.
func Of(amount float64, unit string) (Quantity, bool) {
	u := Measure(unit)
	m, ok := measures[u]
	if !ok || amount <= 0 || amount > 1e9 {
		return Quantity{}, false
	}
	milli := int64(math.Round(amount * m.size * 1000))
	return Quantity{milli, m.kind, amount, u}, milli > 0
}

// String writes it as stated: "40 mg".
func (q Quantity) String() string { return Number(q.Amount) + " " + q.Unit }

// in writes an amount in the unit of another quantity.
func (q Quantity) in(unit string) Quantity {
	if m := measures[unit]; m.kind == q.Kind && m.size > 0 {
		return Quantity{q.Milli, q.Kind, float64(q.Milli) / 1000 / m.size, unit}
	}
	return q
}

// Minus is what is left, in the unit of q; 0 where nothing is.
func (q Quantity) Minus(other Quantity) Quantity {
	left := Quantity{Milli: max(q.Milli-other.Milli, 0), Kind: q.Kind, Unit: q.Unit}
	return left.in(q.Unit)
}

// Times is n of it.
func (q Quantity) Times(n int) Quantity {
	return Quantity{q.Milli * int64(n), q.Kind, q.Amount * float64(n), q.Unit}
}

// amountInTitle is an amount with its unit in a long description of HCPCS: "per 15 mg", "100,000 units", "up to 0.5 ml", "1 microgram".
var amountInTitle = regexp.MustCompile(`(?i)(?:\b(per|up to|each)\s+)?\b(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?|\.\d+)\s?(micrograms?|milligrams?|grams?|mcg|mg|gm|g|ml|cc|units?|i\.?u\.?|usp units|meq|millicuries?|microcuries?|mci|liters?)(?:[\s,;).]|$)`)

// oneInTitle is a unit without a number, which is one: "per i.u.", "per mg".
var oneInTitle = regexp.MustCompile(`(?i)\bper\s+(?:usp\s+)?(micrograms?|milligrams?|grams?|mcg|mg|gm|g|ml|cc|units?|i\.?u\.?)(?:[\s,;).]|$)`)

// UnitOfTitle reads which amount one unit of a HCPCS code stands for from its long description, which is the only place that says it. ok is
// false where the description has no amount of a drug. upTo: a unit stands for anything up to the amount.
//
// Several amounts, as for a mixture ("500 mg/0.5 mg") or a strength before the unit ("10%, 500 ml"): the last one outside parentheses is
// the unit; amounts that stand in a relation ("per mg/kg") are none.
func UnitOfTitle(title string) (q Quantity, upTo, ok bool) {
	text := withoutParentheses(title)
	if all := amountInTitle.FindAllStringSubmatchIndex(text, -1); len(all) > 0 {
		m := all[len(all)-1]
		if m[0] > 0 && text[m[0]-1] == '/' {
			return Quantity{}, false, false
		}
		if n := len(all); n > 1 && strings.Contains(text[all[n-2][1]-1:m[0]], " and ") {
			return Quantity{}, false, false // two drugs, each with its amount
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(text[m[4]:m[5]], ",", ""), 64)
		if err != nil {
			return Quantity{}, false, false
		}
		unit := strings.TrimSuffix(strings.ToLower(text[m[6]:m[7]]), " units")
		q, ok = Of(n, unit)
		return q, m[2] >= 0 && strings.EqualFold(text[m[2]:m[3]], "up to"), ok
	}
	if m := oneInTitle.FindStringSubmatch(text); m != nil {
		q, ok = Of(1, m[1])
		return q, false, ok
	}
	return Quantity{}, false, false
}

func withoutParentheses(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth = max(depth-1, 0)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Dose is how many units of a code a dose makes.
type Dose struct {
	Units int
	// Exact: the dose is a whole number of units; otherwise the last unit is begun.
	Exact bool
	Steps []Step
}

// DoseUnits divides a dose by what one unit stands for, and rounds up. ok is false where the two are of different kinds (a volume against a
// weight), which needs the concentration.
//
// Medicare Claims Processing Manual, chapter 17, section 40 and HCPCS: the units are multiples of the amount in the long description; a part
// of a unit is reported as one.
func DoseUnits(dose, per Quantity) (Dose, bool) {
	if dose.Kind != per.Kind || per.Milli <= 0 || dose.Milli <= 0 {
		return Dose{}, false
	}
	n, rest := dose.Milli/per.Milli, dose.Milli%per.Milli
	d := Dose{Units: int(n), Exact: rest == 0}
	result := units(d.Units)
	if rest > 0 {
		d.Units++
		result = fmt.Sprintf("%s, rounded up to %s", Number(math.Round(float64(dose.Milli)/float64(per.Milli)*1000)/1000), units(d.Units))
	}
	d.Steps = []Step{{What: "Units", How: fmt.Sprintf("%s / %s", dose, per), Result: result}}
	return d, true
}

// Waste is what is reported of single-dose containers of which a part was discarded.
type Waste struct {
	Opened    Quantity // all that the containers hold
	Discarded Quantity
	// Used and Wasted are units: of the dose, and of whole units that are left.
	Used, Wasted int
	Steps        []Step
}

// Discard works out the units of what was given and of what was thrown away. The two together are never more units than the containers
// hold: a unit that the dose begins counts as given, and is not counted again as wasted. ok is false where amounts do not fit together.
func Discard(dose, container Quantity, containers int, per Quantity) (Waste, bool) {
	opened := container.Times(max(containers, 1))
	used, ok := DoseUnits(dose, per)
	all, also := DoseUnits(opened, per)
	if !ok || !also || dose.Milli > opened.Milli {
		return Waste{}, false
	}
	w := Waste{Opened: opened, Discarded: opened.Minus(dose), Used: used.Units, Wasted: max(all.Units-used.Units, 0)}
	w.Steps = append(used.Steps,
		Step{What: "Discarded", How: fmt.Sprintf("%s - %s", opened, dose), Result: w.Discarded.String()},
		Step{What: "Units discarded", How: fmt.Sprintf("%d of the containers - %d given", all.Units, used.Units), Result: units(w.Wasted)})
	return w, true
}
