package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// Localities are keyed by the contractor's five digits and the locality's two, both text.
const localityTables = `
CREATE TABLE localities (
	release INTEGER NOT NULL,
	contractor TEXT NOT NULL, number TEXT NOT NULL, state TEXT NOT NULL, name TEXT NOT NULL,
	work INTEGER NOT NULL, pe INTEGER NOT NULL, malpractice INTEGER NOT NULL,
	PRIMARY KEY (release, contractor, number)
) WITHOUT ROWID;
CREATE TABLE counties (
	release INTEGER NOT NULL,
	contractor TEXT NOT NULL, number TEXT NOT NULL, row INTEGER NOT NULL, state TEXT NOT NULL, area TEXT NOT NULL, counties TEXT NOT NULL,
	PRIMARY KEY (release, contractor, number, row)
) WITHOUT ROWID;
CREATE TABLE anesthesia_factors (
	release INTEGER NOT NULL,
	contractor TEXT NOT NULL, number TEXT NOT NULL, factor INTEGER NOT NULL,
	PRIMARY KEY (release, contractor, number)
) WITHOUT ROWID;
CREATE TABLE opps_caps (
	release INTEGER NOT NULL,
	code TEXT NOT NULL, modifier TEXT NOT NULL, contractor TEXT NOT NULL, number TEXT NOT NULL,
	status TEXT NOT NULL, facility INTEGER NOT NULL, office INTEGER NOT NULL,
	PRIMARY KEY (release, code, modifier, contractor, number)
) WITHOUT ROWID;
`

// Locality is a Medicare payment locality with its geographic practice cost indices.
type Locality struct {
	// Contractor is the Medicare administrative contractor's number, Number the locality's within it.
	Contractor string `json:"contractor"`
	Number     string `json:"locality"`
	State      string `json:"state"`
	Name       string `json:"name"`
	// Work (with its floor, as published), PE and Malpractice are the indices.
	Work        Decimal `json:"work"`
	PE          Decimal `json:"pe"`
	Malpractice Decimal `json:"malpractice"`
	// Counties are those of the localities' file, empty when none is loaded for the day.
	Counties []string `json:"counties,omitempty"`
}

// GPCI gives the indices of one locality on a day (zero: today).
func (b *Book) GPCI(ctx context.Context, contractor, number string, on time.Time) (Locality, bool, Source, error) {
	all, source, err := b.Localities(ctx, "", on)
	for _, l := range all {
		if l.Contractor == contractor && l.Number == number {
			return l, true, source, err
		}
	}
	return Locality{}, false, source, err
}

// Localities lists the localities of a state (two letters; all for "") on a day (zero: today), by contractor and number.
func (b *Book) Localities(ctx context.Context, state string, on time.Time) ([]Locality, Source, error) {
	d := b.day(on)
	release, source := b.source(kindGPCI, calendarYear, d)
	if release < 0 {
		return nil, source, nil
	}
	var out []Locality
	err := b.query(ctx, "SELECT contractor, number, state, name, work, pe, malpractice FROM localities WHERE release = $1 AND $2 IN ('', state) ORDER BY contractor, number", func(rows *sql.Rows) error {
		l := Locality{}
		err := rows.Scan(&l.Contractor, &l.Number, &l.State, &l.Name, &l.Work, &l.PE, &l.Malpractice)
		out = append(out, l)
		return err
	}, release, strings.ToUpper(state))
	if err != nil {
		return nil, source, fmt.Errorf("looking up localities: %w", err)
	}
	if release, _ = b.source(kindLocalities, calendarYear, d); release < 0 {
		return out, source, nil
	}
	err = b.query(ctx, "SELECT contractor, number, counties FROM counties WHERE release = $1 ORDER BY contractor, number, row", func(rows *sql.Rows) error {
		var contractor, number, counties string
		if err := rows.Scan(&contractor, &number, &counties); err != nil {
			return err
		}
		for i := range out {
			if out[i].Contractor == contractor && out[i].Number == number {
				out[i].Counties = append(out[i].Counties, counties)
			}
		}
		return nil
	}, release)
	if err != nil {
		return nil, source, fmt.Errorf("looking up counties: %w", err)
	}
	return out, source, nil
}

// Anesthesia gives the conversion factor of anesthesia services, for one unit, in a locality on a day (zero: today); for empty contractor
// and number the national one. Base units are not in any file of the fee schedule.
func (b *Book) Anesthesia(ctx context.Context, contractor, number string, on time.Time) (factor Decimal, ok bool, source Source, err error) {
	release, source := b.source(kindAnesthesia, calendarYear, b.day(on))
	if release < 0 {
		return 0, false, source, nil
	}
	err = b.query(ctx, "SELECT factor FROM anesthesia_factors WHERE release = $1 AND contractor = $2 AND number = $3", func(rows *sql.Rows) error {
		ok = true
		return rows.Scan(&factor)
	}, release, contractor, number)
	if err != nil {
		return 0, false, source, fmt.Errorf("looking up an anesthesia factor: %w", err)
	}
	return factor, ok, source, nil
}

// Cap is the most that is paid for the technical side of imaging in a locality: what an outpatient hospital is paid.
type Cap struct {
	Code       string  `json:"code"`
	Modifier   string  `json:"modifier"`
	Contractor string  `json:"contractor"`
	Number     string  `json:"locality"`
	Status     string  `json:"status"`
	Facility   Decimal `json:"facility"`
	Office     Decimal `json:"office"`
}

// OPPSCap gives the cap of a code in a locality on a day (zero: today).
func (b *Book) OPPSCap(ctx context.Context, code, modifier, contractor, number string, on time.Time) (c Cap, ok bool, source Source, err error) {
	release, source := b.source(kindOPPSCap, calendarYear, b.day(on))
	if release < 0 {
		return Cap{}, false, source, nil
	}
	c = Cap{Code: keyOf(code), Modifier: strings.ToUpper(modifier), Contractor: contractor, Number: number}
	err = b.query(ctx, "SELECT status, facility, office FROM opps_caps WHERE release = $1 AND code = $2 AND modifier = $3 AND contractor = $4 AND number = $5", func(rows *sql.Rows) error {
		ok = true
		return rows.Scan(&c.Status, &c.Facility, &c.Office)
	}, release, c.Code, c.Modifier, contractor, number)
	if err != nil {
		return Cap{}, false, source, fmt.Errorf("looking up an OPPS cap: %w", err)
	}
	if !ok {
		return Cap{}, false, source, nil
	}
	return c, true, source, nil
}
