package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

const oppsTables = `
CREATE TABLE opps (
	release INTEGER NOT NULL,
	code TEXT NOT NULL, status TEXT NOT NULL, apc TEXT NOT NULL,
	weight INTEGER NOT NULL, payment INTEGER NOT NULL, copayment INTEGER NOT NULL, least_copayment INTEGER NOT NULL,
	PRIMARY KEY (release, code)
) WITHOUT ROWID;
CREATE TABLE asc_payments (
	release INTEGER NOT NULL,
	code TEXT NOT NULL, indicator TEXT NOT NULL, discounted INTEGER NOT NULL, weight INTEGER NOT NULL, payment INTEGER NOT NULL,
	PRIMARY KEY (release, code)
) WITHOUT ROWID;
`

// OPPS is how Medicare's outpatient prospective payment system treats a code: a row of Addendum B. The descriptor is not kept: for CPT codes
// it is the American Medical Association's.
type OPPS struct {
	Code string `json:"code"`
	// Status is the status indicator: C inpatient only, N packaged, J1 comprehensive, T discounted when several ... New ones appear.
	Status string `json:"status"`
	// APC is the ambulatory payment classification, empty where there is none.
	APC string `json:"apc"`
	// Weight, Payment (national, unadjusted) and the copayments are 0 where nothing is paid by itself.
	Weight         Decimal `json:"relative_weight"`
	Payment        Decimal `json:"payment"`
	Copayment      Decimal `json:"national_copayment"`
	LeastCopayment Decimal `json:"minimum_copayment"`
	Release        string  `json:"release"`
}

// OPPS gives the row of a code in the Addendum B of the quarter of a day (zero: today).
func (b *Book) OPPS(ctx context.Context, code string, on time.Time) (o OPPS, ok bool, source Source, err error) {
	release, source := b.source(kindOPPS, ownPeriod, b.day(on))
	if release < 0 {
		return OPPS{}, false, source, nil
	}
	o = OPPS{Code: keyOf(code), Release: source.Release}
	err = b.query(ctx, "SELECT status, apc, weight, payment, copayment, least_copayment FROM opps WHERE release = $1 AND code = $2", func(rows *sql.Rows) error {
		ok = true
		return rows.Scan(&o.Status, &o.APC, &o.Weight, &o.Payment, &o.Copayment, &o.LeastCopayment)
	}, release, o.Code)
	if err != nil {
		return OPPS{}, false, source, fmt.Errorf("looking up an outpatient payment: %w", err)
	}
	if !ok {
		return OPPS{}, false, source, nil
	}
	return o, true, source, nil
}

// ASC is how Medicare pays an ambulatory surgical center for a code: a row of an ASC addendum.
type ASC struct {
	Code string `json:"code"`
	// Addendum is "aa" (covered surgery), "bb" (covered ancillary services) or "ee" (surgery that is not paid there).
	Addendum string `json:"addendum"`
	// Indicator is the payment indicator: A2, G2, J8 ... paid; N1 packaged; C5 inpatient only, X5 unsafe ... not paid there.
	Indicator string `json:"indicator"`
	// Discounted: the multiple procedure discount applies.
	Discounted bool    `json:"multiple_procedure_discount"`
	Weight     Decimal `json:"relative_weight"`
	Payment    Decimal `json:"payment"`
	Release    string  `json:"release"`
}

// ASC gives the row of a code in the ASC addenda of the quarter of a day (zero: today). covered says of which addenda one answers for the
// day: that a code is in none of them says something only when all of "aa", "bb" and "ee" do.
func (b *Book) ASC(ctx context.Context, code string, on time.Time) (a ASC, ok bool, covered []string, source Source, err error) {
	key := keyOf(code)
	for _, addendum := range []string{"aa", "bb", "ee"} {
		release, s := b.source(kindASC+addendum, ownPeriod, b.day(on))
		if release < 0 {
			if source.Note == "" && !source.Covered {
				source = s
			}
			continue
		}
		covered = append(covered, addendum)
		if ok {
			continue
		}
		source = s
		a = ASC{Code: key, Addendum: addendum, Release: s.Release}
		err := b.query(ctx, "SELECT indicator, discounted, weight, payment FROM asc_payments WHERE release = $1 AND code = $2", func(rows *sql.Rows) error {
			ok = true
			return rows.Scan(&a.Indicator, &a.Discounted, &a.Weight, &a.Payment)
		}, release, key)
		if err != nil {
			return ASC{}, false, covered, source, fmt.Errorf("looking up the payment of a surgical center: %w", err)
		}
	}
	if !ok {
		return ASC{}, false, covered, source, nil
	}
	return a, true, covered, source, nil
}

type oppsFacts struct{ list []OPPS }

func (f *oppsFacts) rows() int        { return len(f.list) }
func (f *oppsFacts) describe() string { return counted(len(f.list)) + " codes" }
func (f *oppsFacts) codeRows() []row {
	return listedRows(f.list, func(o OPPS) string { return o.Code })
}
func (f *oppsFacts) differs(other facts) string {
	return firstDifference(f.list, other.(*oppsFacts).list, func(o OPPS) string { return o.Code })
}

func (f *oppsFacts) write(w *writer, release int) {
	w.each("INSERT INTO opps (release, code, status, apc, weight, payment, copayment, least_copayment) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", func(insert func(...any)) {
		for _, o := range f.list {
			insert(release, o.Code, o.Status, o.APC, int64(o.Weight), int64(o.Payment), int64(o.Copayment), int64(o.LeastCopayment))
		}
	})
}

type ascFacts struct{ list []ASC }

func (f *ascFacts) rows() int        { return len(f.list) }
func (f *ascFacts) describe() string { return counted(len(f.list)) + " codes" }
func (f *ascFacts) codeRows() []row  { return listedRows(f.list, func(a ASC) string { return a.Code }) }
func (f *ascFacts) differs(other facts) string {
	return firstDifference(f.list, other.(*ascFacts).list, func(a ASC) string { return a.Code })
}

func (f *ascFacts) write(w *writer, release int) {
	w.each("INSERT INTO asc_payments (release, code, indicator, discounted, weight, payment) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for _, a := range f.list {
			insert(release, a.Code, a.Indicator, a.Discounted, int64(a.Weight), int64(a.Payment))
		}
	})
}

// isPaymentRow: a row that begins with a code. Of the addenda's other columns none is always filled.
func isPaymentRow(cells []string) bool {
	return isProcedure(padCode(at(cells, 0))) && len(cells) >= 3
}

func isAddendumB(h head) bool {
	p, ok := captionsAbove(h, isPaymentRow)
	return ok && p.column("HCPCS") == 0 && p.column("APC") >= 0 && oppsStatus(p.captions) >= 0 && p.column("PAYMENT RATE") >= 0
}

// oppsStatus finds the column SI, a caption too short to be looked for within others.
func oppsStatus(captions []string) int {
	if i := slices.Index(captions, "SI"); i >= 0 {
		return i
	}
	return slices.IndexFunc(captions, func(c string) bool { return strings.Contains(c, "STATUS INDICATOR") })
}

// paymentAmount reads an amount of the addenda, where a lone full stop stands for none.
func paymentAmount(text string) (Decimal, bool) {
	if text == "." || strings.EqualFold(text, "N/A") {
		return 0, true
	}
	return parseDecimal(text)
}

// readAddendumB reads OPPS Addendum B as a table: code, descriptor (not kept), status indicator, APC, weight, payment rate, copayments.
func readAddendumB(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &oppsFacts{}
	seen := map[string]int{}
	var status, apc, weight, payment, copayment, least int
	p, err := eachRow(ctx, table, isPaymentRow, func(above *preamble) error {
		status, apc = oppsStatus(above.captions), above.column("APC")
		weight, payment = above.column("RELATIVE WEIGHT"), above.column("PAYMENT RATE")
		copayment, least = above.column("NATIONAL UNADJUSTED"), above.column("MINIMUM UNADJUSTED")
		if status < 0 || apc < 0 || payment < 0 {
			return table.fault(0, "columns SI, APC and Payment Rate above the first code", "")
		}
		return nil
	}, func(cells []string) error {
		o := OPPS{Code: padCode(at(cells, 0)), Status: at(cells, status), APC: at(cells, apc)}
		if _, ok := packCode(o.Code); !ok {
			if len(seen) > 0 && at(cells, status) == "" {
				return nil // a footnote
			}
			return table.fault(0, "a code of five letters and digits", o.Code)
		}
		if o.Status == "" || len(o.Status) > 4 || !alphanumeric(o.Status) {
			return table.fault(status, "a status indicator", o.Status)
		}
		if o.APC = pad(o.APC, 4); o.APC != "" && (!digits(o.APC) || len(o.APC) > 5) {
			return table.fault(apc, "an APC of four digits, or nothing", o.APC)
		}
		for _, a := range []struct {
			column int
			to     *Decimal
		}{{weight, &o.Weight}, {payment, &o.Payment}, {copayment, &o.Copayment}, {least, &o.LeastCopayment}} {
			n, ok := paymentAmount(at(cells, a.column))
			if !ok {
				return table.fault(a.column, "an amount, or nothing", at(cells, a.column))
			}
			*a.to = n
		}
		if first, twice := seen[o.Code]; twice {
			return table.fault(0, codeOnce(first), o.Code)
		}
		seen[o.Code] = table.line()
		f.list = append(f.list, o)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one code")
	}
	first, last, by := quarterNamed(slices.Concat(in.context, p.texts))
	if first == 0 {
		return nil, nil, undated(in.path, "2026_January_Web_Addendum_B.csv")
	}
	slices.SortFunc(f.list, func(a, b OPPS) int { return strings.Compare(a.Code, b.Code) })
	ed := quarterly(kindOPPS, first, last)
	ed.facts, ed.licence = f, p.licence()
	if slices.Contains(in.context, by) {
		ed.datedBy = guessedBy(by)
	}
	return ed, nil, nil
}

var (
	ascAddendum = regexp.MustCompile(`(?i)(?:^|[^a-z])addendum[-_ ]*(aa|bb|ee)(?:[^a-z]|$)|(?:^|[^a-z])(?:asc)?[-_ ]*(aa|bb|ee)(?:[-_ .]|$)`)
	ascMonth    = regexp.MustCompile(`(JANUARY|FEBRUARY|MARCH|APRIL|MAY|JUNE|JULY|AUGUST|SEPTEMBER|OCTOBER|NOVEMBER|DECEMBER) ((?:19|20)[0-9]{2})`)
)

func isASC(h head) bool {
	p, ok := captionsAbove(h, isPaymentRow)
	return ok && p.column("HCPCS") >= 0 && p.column("PAYMENT INDICATOR") >= 0 && ascWhich(slices.Concat(p.texts, p.captions, h.names)) != ""
}

func ascWhich(texts []string) string {
	for _, text := range texts {
		if m := ascAddendum.FindStringSubmatch(text); m != nil {
			return strings.ToLower(m[1] + m[2])
		}
	}
	return ""
}

// readASC reads an ASC addendum AA, BB or EE as a table: code, descriptor (not kept), whether discounted when several, payment indicator,
// weight, rate. The captions name the month ("October 2025 Payment Rate").
func readASC(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &ascFacts{}
	seen := map[string]int{}
	var indicator, discount, weight, payment int
	p, err := eachRow(ctx, table, isPaymentRow, func(above *preamble) error {
		indicator, discount = above.column("PAYMENT INDICATOR"), above.column("MULTIPLE PROCEDURE")
		weight, payment = above.column("PAYMENT WEIGHT"), above.column("PAYMENT RATE")
		if indicator < 0 {
			return table.fault(0, "a column Payment Indicator above the first code", "")
		}
		return nil
	}, func(cells []string) error {
		a := ASC{Code: padCode(at(cells, 0)), Indicator: at(cells, indicator)}
		if _, ok := packCode(a.Code); !ok {
			if len(seen) > 0 && a.Indicator == "" {
				return nil // a footnote
			}
			return table.fault(0, "a code of five letters and digits", a.Code)
		}
		if a.Indicator == "" || len(a.Indicator) > 3 || !alphanumeric(a.Indicator) {
			return table.fault(indicator, "a payment indicator", a.Indicator)
		}
		a.Discounted = strings.HasPrefix(strings.ToUpper(at(cells, discount)), "Y")
		for column, to := range map[int]*Decimal{weight: &a.Weight, payment: &a.Payment} {
			n, ok := paymentAmount(at(cells, column))
			if !ok {
				return table.fault(column, "an amount, or nothing", at(cells, column))
			}
			*to = n
		}
		if first, twice := seen[a.Code]; twice {
			return table.fault(0, codeOnce(first), a.Code)
		}
		seen[a.Code] = table.line()
		f.list = append(f.list, a)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one code")
	}
	which := ascWhich(slices.Concat(p.texts, p.captions, in.context))
	if which == "" {
		return nil, nil, in.wants("a title or name that says which addendum it is: AA, BB or EE")
	}
	var first, last day
	by := ""
	for _, caption := range p.captions {
		if m := ascMonth.FindStringSubmatch(caption); m != nil {
			_, month := dateInName([]string{m[2] + " " + m[1]})
			year, _ := strconv.Atoi(m[2])
			first, last = quarterOf(year, month)
			break
		}
	}
	if first == 0 {
		if first, last, by = quarterNamed(in.context); first == 0 {
			return nil, nil, undated(in.path, "Oct 2025 ASC addenda AA.csv")
		}
	}
	slices.SortFunc(f.list, func(a, b ASC) int { return strings.Compare(a.Code, b.Code) })
	ed := quarterly(kindASC+which, first, last)
	ed.facts, ed.licence, ed.datedBy = f, p.licence(), guessedBy(by)
	return ed, nil, nil
}
