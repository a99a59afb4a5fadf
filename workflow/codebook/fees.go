package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// The columns of fees stand in the order of Fee.columns.
const feeTables = `
CREATE TABLE fees (
	release INTEGER NOT NULL,
	code TEXT NOT NULL, modifier TEXT NOT NULL,
	status TEXT NOT NULL, not_paid INTEGER NOT NULL,
	work INTEGER NOT NULL, pe_office INTEGER NOT NULL, na_office INTEGER NOT NULL, pe_facility INTEGER NOT NULL, na_facility INTEGER NOT NULL,
	malpractice INTEGER NOT NULL, total_office INTEGER NOT NULL, total_facility INTEGER NOT NULL,
	pctc TEXT NOT NULL, global_days TEXT NOT NULL, pre INTEGER NOT NULL, intra INTEGER NOT NULL, post INTEGER NOT NULL,
	multiple TEXT NOT NULL, bilateral TEXT NOT NULL, assistant TEXT NOT NULL, co_surgeons TEXT NOT NULL, team TEXT NOT NULL, pricing TEXT NOT NULL,
	endoscopy_base TEXT NOT NULL, conversion INTEGER NOT NULL, supervision TEXT NOT NULL, calculation TEXT NOT NULL, imaging_family TEXT NOT NULL,
	opps_office INTEGER NOT NULL, opps_facility INTEGER NOT NULL, opps_malpractice INTEGER NOT NULL,
	PRIMARY KEY (release, code, modifier)
) WITHOUT ROWID;
`

const feeColumns = `code, modifier, status, not_paid, work, pe_office, na_office, pe_facility, na_facility, malpractice, total_office, total_facility,
	pctc, global_days, pre, intra, post, multiple, bilateral, assistant, co_surgeons, team, pricing, endoscopy_base, conversion, supervision, calculation,
	imaging_family, opps_office, opps_facility, opps_malpractice`

// Fee is a row of the Medicare physician fee schedule's relative value file. What each indicator means stands in the file's own
// documentation (RVUyyX.pdf, attachment A). The description is not kept: for CPT codes it is the American Medical Association's.
type Fee struct {
	Code string `json:"code"`
	// Modifier is "" (the whole service), "26" (professional component), "TC" (technical component) or "53" (colonoscopies broken off).
	Modifier string `json:"modifier"`
	// Status: A active, B bundled, C priced by the contractor, E excluded by regulation, I not used by Medicare, J anesthesia, M measurement,
	// N not covered, P bundled or excluded, R restricted, T paid if nothing else is, X not a physician's service. No status but A, R and T
	// makes an amount, and none says what another schedule pays.
	Status string `json:"status"`
	// NotPaid: the relative values are not used for payment by Medicare.
	NotPaid bool `json:"not_used_for_payment"`
	// Relative value units: work, practice expense in the office and in a facility, malpractice, and their sums.
	Work          Decimal `json:"work"`
	PEOffice      Decimal `json:"pe_office"`
	PEFacility    Decimal `json:"pe_facility"`
	Malpractice   Decimal `json:"malpractice"`
	TotalOffice   Decimal `json:"total_office"`
	TotalFacility Decimal `json:"total_facility"`
	// NAOffice: rarely or never done in an office. NAFacility: likewise in a facility.
	NAOffice   bool `json:"na_office"`
	NAFacility bool `json:"na_facility"`
	// PCTC tells whether 26 and TC may be used. Beware of 6, which stands only in rows with modifier 26: see Fees.
	PCTC string `json:"pctc"`
	// GlobalDays: 000, 010, 090, MMM, XXX, YYY or ZZZ (an add-on code).
	GlobalDays string `json:"global_days"`
	// Pre, Intra and Post are the shares of a global package.
	Pre   Decimal `json:"pre"`
	Intra Decimal `json:"intra"`
	Post  Decimal `json:"post"`
	// Multiple (51), Bilateral (50), Assistant (80, 81, 82, AS), CoSurgeons (62) and Team (66) are the payment indicators.
	Multiple   string `json:"multiple"`
	Bilateral  string `json:"bilateral"`
	Assistant  string `json:"assistant"`
	CoSurgeons string `json:"co_surgeons"`
	Team       string `json:"team"`
	// Pricing is the pricing indicator, in files since 2026.
	Pricing string `json:"pricing,omitempty"`
	// EndoscopyBase is the code that the endoscopy family is measured by.
	EndoscopyBase string `json:"endoscopy_base,omitempty"`
	// Conversion is the amount for one relative value unit. ConversionQPP is that for qualifying participants of advanced payment models,
	// 0 where no file with it is loaded (there is one since 2026).
	Conversion    Decimal `json:"conversion_factor"`
	ConversionQPP Decimal `json:"conversion_factor_qpp,omitempty"`
	// Supervision of diagnostic procedures: 01 general, 02 direct, 03 personal, 09 does not apply ...
	Supervision   string `json:"supervision"`
	Calculation   string `json:"calculation_flag"`
	ImagingFamily string `json:"imaging_family"`
	// The values used for what is paid at the amount of the outpatient hospital.
	OPPSOffice      Decimal `json:"opps_pe_office"`
	OPPSFacility    Decimal `json:"opps_pe_facility"`
	OPPSMalpractice Decimal `json:"opps_malpractice"`
	Release         string  `json:"release"`
}

func (f *Fee) columns() []any {
	return []any{&f.Code, &f.Modifier, &f.Status, &f.NotPaid, &f.Work, &f.PEOffice, &f.NAOffice, &f.PEFacility, &f.NAFacility, &f.Malpractice, &f.TotalOffice, &f.TotalFacility,
		&f.PCTC, &f.GlobalDays, &f.Pre, &f.Intra, &f.Post, &f.Multiple, &f.Bilateral, &f.Assistant, &f.CoSurgeons, &f.Team, &f.Pricing, &f.EndoscopyBase, &f.Conversion,
		&f.Supervision, &f.Calculation, &f.ImagingFamily, &f.OPPSOffice, &f.OPPSFacility, &f.OPPSMalpractice}
}

// Fee gives the row of a code and a modifier ("" for the whole service) on a day (zero: today). ok is false when the schedule that answers
// for the day has no such row, which means neither that the code does not exist nor that it is not paid: drugs, supplies, ambulance and
// laboratory tests have schedules of their own.
func (b *Book) Fee(ctx context.Context, code, modifier string, on time.Time) (fee Fee, ok bool, source Source, err error) {
	all, source, err := b.Fees(ctx, code, on)
	for _, f := range all {
		if f.Modifier == strings.ToUpper(modifier) {
			return f, true, source, err
		}
	}
	return Fee{}, false, source, err
}

// Fees gives all rows of a code on a day, the whole service first. Whether 26 may be used takes all of them: PCTC 6 stands only in rows of
// modifier 26, while the bare row of those codes says 9.
func (b *Book) Fees(ctx context.Context, code string, on time.Time) ([]Fee, Source, error) {
	d := b.day(on)
	release, source := b.source(kindFees, calendarYear, d)
	twin, other := b.source(kindFeesQPP, calendarYear, d)
	if release < 0 {
		if twin < 0 {
			return nil, source, nil
		}
		release, source, twin = twin, other, -1 // the values are the same but for the conversion factor
	}
	key := keyOf(code)
	out, err := b.feesIn(ctx, release, key)
	if err != nil || twin < 0 || len(out) == 0 {
		return out, source, err
	}
	err = b.query(ctx, "SELECT modifier, conversion FROM fees WHERE release = $1 AND code = $2", func(rows *sql.Rows) error {
		var modifier string
		var conversion Decimal
		if err := rows.Scan(&modifier, &conversion); err != nil {
			return err
		}
		for i := range out {
			if out[i].Modifier == modifier {
				out[i].ConversionQPP = conversion
			}
		}
		return nil
	}, twin, key)
	if err != nil {
		return nil, source, fmt.Errorf("looking up a conversion factor: %w", err)
	}
	return out, source, nil
}

func (b *Book) feesIn(ctx context.Context, release int, key string) ([]Fee, error) {
	var out []Fee
	err := b.query(ctx, "SELECT "+feeColumns+" FROM fees WHERE release = $1 AND code = $2 ORDER BY modifier", func(rows *sql.Rows) error {
		f := Fee{Release: b.releases[release].Name}
		err := rows.Scan(f.columns()...)
		out = append(out, f)
		return err
	}, release, key)
	if err != nil {
		return nil, fmt.Errorf("looking up a fee: %w", err)
	}
	return out, nil
}

// Payment is what Medicare allows for one unit of a fee in a locality: the sum of each relative value times its index, times the conversion
// factor, rounded to the cent (42 CFR 414.20). It leaves out whatever modifiers, multiple procedures and policies change.
func (f Fee) Payment(where Locality, facility bool) Decimal {
	pe := f.PEOffice
	if facility {
		pe = f.PEFacility
	}
	units := int64(f.Work)*int64(where.Work) + int64(pe)*int64(where.PE) + int64(f.Malpractice)*int64(where.Malpractice) // in 10^-8
	const cent = 1e10                                                                                                    // of the product below, in 10^-12
	return Decimal((units*int64(f.Conversion)+cent/2)/cent) * 100
}

// feeFacts are one relative value file.
type feeFacts struct{ list []Fee }

func (f *feeFacts) rows() int { return len(f.list) }

func (f *feeFacts) describe() string {
	seen := map[string]bool{}
	for _, r := range f.list {
		seen[r.Code] = true
	}
	return fmt.Sprintf("%s rows of %s codes", counted(len(f.list)), counted(len(seen)))
}

func (f *feeFacts) codeRows() []row { return listedRows(f.list, func(r Fee) string { return r.Code }) }

func (f *feeFacts) differs(other facts) string {
	return firstDifference(f.list, other.(*feeFacts).list, func(r Fee) string { return strings.TrimSuffix(r.Code+"-"+r.Modifier, "-") })
}

func (f *feeFacts) write(w *writer, release int) {
	places := make([]string, len((&Fee{}).columns())+1)
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	w.each("INSERT INTO fees (release, "+feeColumns+") VALUES ("+strings.Join(places, ", ")+")", func(insert func(...any)) {
		for i := range f.list {
			insert(append([]any{release}, f.list[i].columns()...)...)
		}
	})
}

func compareFees(a, b Fee) int {
	return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Modifier, b.Modifier))
}
