package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// The four general equivalence mappings of CMS and CDC. They are frozen: fiscal year 2018 is the last.
const (
	kindGEMDiagnosesTo9   = "gem-icd10cm-icd9"
	kindGEMDiagnosesTo10  = "gem-icd9-icd10cm"
	kindGEMProceduresTo9  = "gem-icd10pcs-icd9"
	kindGEMProceduresTo10 = "gem-icd9-icd10pcs"
)

// What one reads of the systems that a mapping joins, beside codes.System: ICD-9-CM was replaced on 1 October 2015 and is not scanned for.
const (
	SystemICD9  codes.System = "icd9cm"   // diagnoses of ICD-9-CM
	SystemICD9P codes.System = "icd9proc" // procedures of ICD-9-CM, volume 3
)

const gemTables = `
CREATE TABLE crosswalks (
	release INTEGER NOT NULL,
	source  TEXT NOT NULL,
	number  INTEGER NOT NULL,
	target  TEXT NOT NULL,
	flags   TEXT NOT NULL,
	PRIMARY KEY (release, source, number)
) WITHOUT ROWID;
CREATE INDEX crosswalk_targets ON crosswalks (target, release);
`

// Crosswalk is one row of a general equivalence mapping: a candidate, never a translation. A mapping looks from one code set at the other;
// the way back is another mapping and may say otherwise.
type Crosswalk struct {
	FromSystem codes.System `json:"from_system"`
	From       string       `json:"from"`
	ToSystem   codes.System `json:"to_system"`
	// To is empty where the mapping says that nothing corresponds.
	To string `json:"to"`
	// Approximate: the two do not mean the same (first flag of the file).
	Approximate bool `json:"approximate"`
	// NoMap: the other code set has nothing (second flag).
	NoMap bool `json:"no_map"`
	// Combination: several codes together say what the one does (third flag): one of each choice list of one scenario.
	Combination bool `json:"combination"`
	// Scenario and Choice number the sets of a combination; 0 outside one (fourth and fifth flag).
	Scenario int `json:"scenario"`
	Choice   int `json:"choice"`
	// Flags are the five digits as published.
	Flags string `json:"flags"`
	// Release names the file's edition.
	Release string `json:"release"`
}

// lastGEM is the fiscal year of the last mappings.
const lastGEM = 2018

type gemFacts struct{ list []gemRow }

type gemRow struct{ source, target, flags string }

func (g *gemFacts) rows() int        { return len(g.list) }
func (g *gemFacts) describe() string { return counted(len(g.list)) + " mappings" }

func (g *gemFacts) write(w *writer, release int) {
	w.each("INSERT INTO crosswalks (release, source, number, target, flags) VALUES ($1, $2, $3, $4, $5)", func(insert func(...any)) {
		for i, r := range g.list {
			insert(release, r.source, i, r.target, r.flags)
		}
	})
}

var gemLayout = regexp.MustCompile(`^[0-9A-Za-z]{2,7} +[0-9A-Za-z]{3,7} +[01]{3}[0-9]{2} *$`)

func isGEM(h head) bool { return mostLines(h, gemLayout.MatchString) }

// readGEM reads the mapping files of CMS (2018_I10gem.txt, 2018_I9gem.txt, gem_i9pcs.txt, gem_pcsi9.txt): source, target and five flags
// between blanks, codes without their dot; the target is NoDx or NoPCS where nothing corresponds. Which of the four it is shows by the form
// of the codes. Layout: the General Equivalence Mappings documentation in the same archive.
func readGEM(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	facts := &gemFacts{}
	shapes := map[string]int{} // of sources and targets
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		row, err := gemLine(lines, line)
		if err != nil {
			return err
		}
		shapes["source "+gemShape(row.source)]++
		if row.target != "" {
			shapes["target "+gemShape(row.target)]++
		}
		facts.list = append(facts.list, row)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	kind, label, err := gemDirection(shapes)
	if err != nil {
		return nil, nil, in.wants(err.Error())
	}
	slices.SortStableFunc(facts.list, func(a, b gemRow) int { return cmp.Compare(a.source, b.source) })
	year, _, by := datedBy(in.context)
	if year < 2010 || year >= lastGEM { // the last edition is often kept under names without its year
		year, by = lastGEM, in.name()
	}
	return &edition{kind: kind, name: fmt.Sprintf("GEMs %s, FY%d", label, year), datedBy: by, first: makeDay(year-1, 10, 1),
		titles: true, rank: 1, facts: facts}, nil, nil
}

func gemLine(lines *lineReader, line string) (gemRow, error) {
	cells := strings.Fields(line)
	if len(cells) != 3 {
		return gemRow{}, lines.fault(1, "a source code, a target code and five flags, between blanks", line)
	}
	// QUIRK: one row of the 2018 file writes its target in lower case (v5889).
	row := gemRow{source: strings.ToUpper(cells[0]), target: strings.ToUpper(cells[1]), flags: cells[2]}
	at := strings.Index(line, cells[0]) + 1
	if !gemCode(row.source) {
		return row, lines.fault(at, "a code of ICD-9-CM or ICD-10 without its dot", row.source)
	}
	at += len(row.source)
	at += strings.Index(line[at-1:], cells[1])
	if len(row.target) >= 4 && strings.HasPrefix(row.target, "NO") {
		row.target = ""
	} else if !gemCode(row.target) {
		return row, lines.fault(at, "a code without its dot, NoDx or NoPCS", cells[1])
	}
	if len(row.flags) != 5 || !digits(row.flags) || strings.Trim(row.flags[:3], "01") != "" {
		return row, lines.fault(strings.LastIndex(line, row.flags)+1, "five flags (three of 0 and 1, a scenario, a choice list)", row.flags)
	}
	if (row.target == "") != (row.flags[1] == '1') {
		return row, lines.fault(at, "no target where the second flag is 1, and one where it is 0", cells[1])
	}
	return row, nil
}

func gemCode(s string) bool { return len(s) >= 2 && len(s) <= 7 && alphanumeric(s) }

// gemShape tells code sets apart by what most codes of a file look like: seven characters of which some are letters and the first is mostly
// a digit are ICD-10-PCS, all-digit ones of up to four places procedures of ICD-9-CM or, of three to five, its diagnoses.
func gemShape(s string) string {
	switch {
	case isICD10PCS(s) && digit(s[0]) || len(s) == 7 && digits(s):
		return "pcs"
	case letter(s[0]) && s[0] != 'E' && s[0] != 'V':
		return "cm"
	case len(s) == 5 && digits(s):
		return "9dx"
	}
	return "open"
}

func gemDirection(shapes map[string]int) (kind, label string, err error) {
	switch {
	case shapes["source pcs"] > 0 && shapes["target pcs"] == 0:
		return kindGEMProceduresTo9, "ICD-10-PCS to ICD-9-CM", nil
	case shapes["target pcs"] > 0 && shapes["source pcs"] == 0:
		return kindGEMProceduresTo10, "ICD-9-CM to ICD-10-PCS", nil
	case shapes["source cm"] > 0 && shapes["target cm"] == 0:
		return kindGEMDiagnosesTo9, "ICD-10-CM to ICD-9-CM", nil
	case shapes["target cm"] > 0 && shapes["source cm"] == 0:
		return kindGEMDiagnosesTo10, "ICD-9-CM to ICD-10-CM", nil
	}
	return "", "", errors.New("codes of ICD-10 on one side and of ICD-9-CM on the other")
}

// gemSystems gives the systems that a mapping goes from and to.
func gemSystems(kind string) (from, to codes.System, ok bool) {
	switch kind {
	case kindGEMDiagnosesTo9:
		return codes.ICD10CM, SystemICD9, true
	case kindGEMDiagnosesTo10:
		return SystemICD9, codes.ICD10CM, true
	case kindGEMProceduresTo9:
		return codes.ICD10PCS, SystemICD9P, true
	case kindGEMProceduresTo10:
		return SystemICD9P, codes.ICD10PCS, true
	}
	return "", "", false
}

// showICD9 puts the dot of ICD-9-CM: after three characters, of the E codes after four, of procedures after two.
func showICD9(system codes.System, key string) string {
	at := 3
	switch {
	case system == SystemICD9P:
		at = 2
	case system != SystemICD9:
		return show(system, key)
	case key != "" && key[0] == 'E':
		at = 4
	}
	if len(key) > at {
		return key[:at] + "." + key[at:]
	}
	return key
}

// maxCrosswalks bounds what one code gets: a vague code of ICD-9-CM is the target of thousands.
const maxCrosswalks = 100

// Crosswalks lists what the loaded general equivalence mappings say of a code, those that begin at it first, then those that end at it, at
// most 100. The system is ICD-10-CM, ICD-10-PCS, SystemICD9 or SystemICD9P; other systems have none. They are candidates for a person to
// choose from; codes made after October 2017 are in none.
func (b *Book) Crosswalks(ctx context.Context, system codes.System, code string) ([]Crosswalk, error) {
	key := keyOf(code)
	var out []Crosswalk
	for _, backwards := range []bool{false, true} {
		for i := range b.days {
			from, to, ok := gemSystems(b.days[i].kind)
			if !ok || backwards && to != system || !backwards && from != system || i+1 < len(b.days) && b.days[i+1].kind == b.days[i].kind {
				continue // of another system, or not the latest edition
			}
			query := "SELECT source, target, flags FROM crosswalks WHERE release = $1 AND source = $2 ORDER BY number LIMIT $3"
			if backwards {
				query = "SELECT source, target, flags FROM crosswalks WHERE release = $1 AND target = $2 ORDER BY source, number LIMIT $3"
			}
			err := b.query(ctx, query, func(rows *sql.Rows) error {
				var r gemRow
				if err := rows.Scan(&r.source, &r.target, &r.flags); err != nil {
					return err
				}
				if len(r.flags) != 5 {
					return errRecord
				}
				out = append(out, Crosswalk{FromSystem: from, From: showICD9(from, r.source), ToSystem: to, To: showICD9(to, r.target),
					Approximate: r.flags[0] == '1', NoMap: r.flags[1] == '1', Combination: r.flags[2] == '1',
					Scenario: int(r.flags[3] - '0'), Choice: int(r.flags[4] - '0'), Flags: r.flags, Release: b.releases[i].Name})
				return nil
			}, i, key, maxCrosswalks-len(out))
			if err != nil {
				return nil, fmt.Errorf("reading the crosswalks of a code: %w", err)
			}
		}
	}
	return out, nil
}
