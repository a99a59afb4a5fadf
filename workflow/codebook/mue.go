package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MUESetting names one of the tables of medically unlikely edits. Settings differ: what one pays for, another never sees.
type MUESetting string

// The tables of MUE.
const (
	MUEPractitioner         MUESetting = "practitioner"
	MUEHospital             MUESetting = "hospital" // outpatient
	MUEDME                  MUESetting = "dme"      // suppliers of durable medical equipment
	MUEMedicaidPractitioner MUESetting = "medicaid-practitioner"
	MUEMedicaidHospital     MUESetting = "medicaid-hospital"
	MUEMedicaidDME          MUESetting = "medicaid-dme"
)

// MUESettings lists them all.
func MUESettings() []MUESetting {
	return []MUESetting{MUEPractitioner, MUEHospital, MUEDME, MUEMedicaidPractitioner, MUEMedicaidHospital, MUEMedicaidDME}
}

const limitTables = `
CREATE TABLE limits (
	release      INTEGER NOT NULL,
	code         TEXT NOT NULL,
	value        INTEGER NOT NULL,
	adjudication INTEGER NOT NULL,
	rationale    TEXT NOT NULL,
	PRIMARY KEY (release, code)
) WITHOUT ROWID;
`

// Limit is the most units of a code that are paid for one patient on one day through one kind of claim.
type Limit struct {
	Setting MUESetting `json:"setting"`
	Code    string     `json:"code"`
	// Value is the limit. 0 means that the code is not paid through this kind of claim, which says nothing about the others.
	Value int `json:"value"`
	// Adjudication says how it is applied: 1 to each line, 2 to the day, absolutely (policy), 3 to the day, payable beyond it when the record
	// supports it. 0 where the table does not say (Medicaid's).
	Adjudication int    `json:"adjudication"`
	Rationale    string `json:"rationale"`
	Release      string `json:"release"`
}

// MUE gives the limit of a code in a setting on a day (zero: today). ok is false when the table that answers for the day does not name the
// code, which is no promise: some limits are confidential. Each table answers for its own quarter only.
func (b *Book) MUE(ctx context.Context, setting MUESetting, code string, on time.Time) (limit Limit, ok bool, source Source, err error) {
	release, source := b.source(kindMUE+string(setting), ownPeriod, b.day(on))
	if release < 0 {
		return Limit{}, false, source, nil
	}
	limit = Limit{Setting: setting, Code: keyOf(code), Release: source.Release}
	err = b.query(ctx, "SELECT value, adjudication, rationale FROM limits WHERE release = $1 AND code = $2", func(rows *sql.Rows) error {
		ok = true
		return rows.Scan(&limit.Value, &limit.Adjudication, &limit.Rationale)
	}, release, limit.Code)
	if err != nil {
		return Limit{}, false, source, fmt.Errorf("looking up the MUE of a code: %w", err)
	}
	if !ok {
		return Limit{}, false, source, nil
	}
	return limit, true, source, nil
}

type limitRow struct {
	code         string
	value        int
	adjudication int
	rationale    string
}

// limitFacts are one table.
type limitFacts struct{ list []limitRow }

func (f *limitFacts) rows() int { return len(f.list) }

func (f *limitFacts) describe() string { return counted(len(f.list)) + " limits" }

func (f *limitFacts) codeRows() []row {
	return listedRows(f.list, func(r limitRow) string { return r.code })
}

func (f *limitFacts) differs(other facts) string {
	return firstDifference(f.list, other.(*limitFacts).list, func(r limitRow) string { return r.code })
}

func (f *limitFacts) write(w *writer, release int) {
	w.each("INSERT INTO limits (release, code, value, adjudication, rationale) VALUES ($1, $2, $3, $4, $5)", func(insert func(...any)) {
		for _, r := range f.list {
			insert(release, r.code, r.value, r.adjudication, r.rationale)
		}
	})
}

// listedRows lists the codes that a table names, each once, in its order.
func listedRows[T any](list []T, key func(T) string) []row {
	seen := make(map[string]bool, len(list))
	var rows []row
	for _, one := range list {
		k := key(one)
		if seen[k] {
			continue
		}
		seen[k] = true
		if r, ok := listedRow(k); ok {
			rows = append(rows, r)
		}
	}
	return rows
}

// firstDifference compares two layouts of one table, row by row under their keys.
func firstDifference[T comparable](list, other []T, key func(T) string) string {
	have := make(map[string]T, len(list))
	for _, r := range list {
		have[key(r)] = r
	}
	n, first := 0, ""
	note := func(k string) {
		if n++; n == 1 {
			first = k
		}
	}
	for _, r := range other {
		if mine, ok := have[key(r)]; !ok || mine != r {
			note(key(r))
		}
		delete(have, key(r))
	}
	for _, r := range list {
		if _, left := have[key(r)]; left {
			note(key(r))
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s rows, the first at %s", counted(n), first)
}

// isMUE: a caption "... MUE Values" above rows that begin with a code.
func isMUE(h head) bool {
	p, ok := captionsAbove(h, isLimit)
	return ok && p.column("MUE VALUE", "MUE") >= 0
}

func isLimit(cells []string) bool {
	return isProcedure(padCode(at(cells, 0))) && len(cells) >= 2 && digits(cells[1])
}

// readMUE reads an NCCI table of medically unlikely edits: HCPCS/CPT code, value, adjudication indicator ("2 Date of Service Edit:
// Policy"), rationale, below a copyright cell of several lines. The caption of the values names the setting; the quarter only the file's
// name tells (MCR_MUE_PractitionerServices_Eff_04-01-2026).
func readMUE(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &limitFacts{}
	seen := map[string]int{}
	value, adjudication, rationale, caption := 0, 0, 0, ""
	p, err := eachRow(ctx, table, isLimit, func(above *preamble) error {
		value, adjudication, rationale = above.column("MUE VALUE"), above.column("ADJUDICATION"), above.column("RATIONALE")
		if value < 0 {
			return table.fault(1, "a caption MUE Values above the first code", "")
		}
		caption = above.captions[value]
		return nil
	}, func(cells []string) error {
		one := limitRow{code: padCode(at(cells, 0)), rationale: squeeze(at(cells, rationale))}
		if _, ok := packCode(one.code); !ok {
			return table.fault(0, "a code of five letters and digits", one.code)
		}
		if first, twice := seen[one.code]; twice {
			return table.fault(0, codeOnce(first), one.code)
		}
		n, err := strconv.Atoi(at(cells, value))
		if err != nil || n < 0 {
			return table.fault(value, "a number of units", at(cells, value))
		}
		one.value = n
		if adjudication >= 0 {
			text := at(cells, adjudication)
			if text == "" || text[0] < '1' || text[0] > '3' {
				return table.fault(adjudication, "an adjudication indicator that begins with 1, 2 or 3", text)
			}
			one.adjudication = int(text[0] - '0')
		}
		seen[one.code] = table.line()
		f.list = append(f.list, one)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one row with a code and its limit")
	}
	setting := settingNamed(slices.Concat([]string{strings.ToLower(caption)}, in.context, p.texts)...)
	if setting == "" {
		return nil, nil, &FileError{File: in.path, Want: "a caption or a name that tells the setting: practitioner, hospital or DME supplier", Got: caption}
	}
	first, last, by := quarterNamed(in.context)
	if first == 0 {
		return nil, nil, undated(in.path, "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv")
	}
	ed := quarterly(kindMUE+setting, first, last)
	ed.facts, ed.licence, ed.datedBy = f, p.licence(), guessedBy(by)
	return ed, nil, nil
}
