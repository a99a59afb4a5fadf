package codebook

import (
	"fmt"
	"strconv"
	"strings"
)

// Decimal is an exact decimal number in ten-thousandths, as many places as any official file states: relative value units have two,
// indices three, conversion factors and weights four. Amounts of money must not be computed in binary floats.
type Decimal int64

// decimalUnit is 1 as a Decimal.
const decimalUnit Decimal = 10_000

// String writes it with as many places as it needs, at least two when it has any: "0.79", "32.3465", "2", "1.50".
func (d Decimal) String() string {
	sign, n := "", int64(d)
	if n < 0 {
		sign, n = "-", -n
	}
	whole, fraction := n/int64(decimalUnit), fmt.Sprintf("%04d", n%int64(decimalUnit))
	if fraction == "0000" {
		return sign + strconv.FormatInt(whole, 10)
	}
	fraction = fraction[:2] + strings.TrimRight(fraction[2:], "0")
	return sign + strconv.FormatInt(whole, 10) + "." + fraction
}

// MarshalJSON writes a number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// parseDecimal reads 0.79, .10, 1,234.50, $41.52 and the long floats of workbooks, rounded to four places; "" is 0.
func parseDecimal(s string) (Decimal, bool) {
	s = strings.TrimPrefix(strings.ReplaceAll(strings.TrimSpace(s), ",", ""), "$")
	if s == "" {
		return 0, true
	}
	if strings.ContainsAny(s, "eE") {
		s = number(s) // 5.48E-2, as spreadsheets write small numbers
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" {
		whole = "0"
	}
	if !digits(whole) || len(whole) > 12 || fraction != "" && !digits(fraction) {
		return 0, false
	}
	up := len(fraction) > 4 && fraction[4] >= '5'
	fraction = (fraction + "0000")[:4]
	n, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, false
	}
	if up {
		n++
	}
	return Decimal(n), true
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Decimal) UnmarshalJSON(data []byte) error {
	text, negative := strings.CutPrefix(string(data), "-")
	n, ok := parseDecimal(text)
	if !ok {
		return fmt.Errorf("%q is no decimal number", clip(string(data), 20))
	}
	if *d = n; negative {
		*d = -n
	}
	return nil
}
