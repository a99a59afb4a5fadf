package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

const addOnTables = `
CREATE TABLE add_ons (
	release    INTEGER NOT NULL,
	add_on     TEXT NOT NULL,
	number     INTEGER NOT NULL,
	primary_code TEXT NOT NULL,
	type       INTEGER NOT NULL,
	from_day   INTEGER NOT NULL,
	to_day     INTEGER NOT NULL,
	add_on_to  INTEGER NOT NULL,
	primary_to INTEGER NOT NULL,
	notes      TEXT NOT NULL,
	PRIMARY KEY (release, add_on, number)
) WITHOUT ROWID;
CREATE INDEX add_ons_by_primary ON add_ons (release, primary_code);
`

// contractorDefined stands in the place of a primary code that contractors settle.
const contractorDefined = "CCCCC"

// AddOn is what the NCCI add-on code edits say of an add-on code on a day.
type AddOn struct {
	Code string `json:"code"`
	// Type 1: payable only with one of Primaries. 2: no list, the contractor settles which codes are primary. 3: the listed ones, and others
	// that the contractor settles.
	Type int `json:"type"`
	// Primaries are the listed primary codes, sorted. Empty for type 2.
	Primaries []string `json:"primaries"`
	// ContractorDefined: the contractor may settle (further) primary codes.
	ContractorDefined bool `json:"contractor_defined"`
	// Notes are the file's special instructions, each once.
	Notes   []string `json:"notes,omitempty"`
	Release string   `json:"release"`
}

// AddOn tells whether a code is an add-on code on a day (zero: today), and which codes are its primaries. ok is false when the file does not
// say so; not every add-on code is in it (the fee schedule's global days ZZZ are the other sign). Its rows carry their own dates: the newest
// file answers for every day to the end of its quarter.
func (b *Book) AddOn(ctx context.Context, code string, on time.Time) (a AddOn, ok bool, source Source, err error) {
	d := b.day(on)
	release, source := b.source(kindAddOn, cumulative, d)
	if release < 0 {
		return AddOn{}, false, source, nil
	}
	a = AddOn{Code: keyOf(code), Primaries: []string{}, Release: source.Release}
	err = b.query(ctx, "SELECT primary_code, type, from_day, to_day, add_on_to, primary_to, notes FROM add_ons WHERE release = $1 AND add_on = $2 ORDER BY number", func(rows *sql.Rows) error {
		r := addOnRow{}
		if err := rows.Scan(&r.primary, &r.kind, &r.from, &r.to, &r.addOnTo, &r.primaryTo, &r.notes); err != nil {
			return err
		}
		if !r.holds(d) {
			return nil
		}
		ok = true
		a.Type = max(a.Type, r.kind)
		if r.primary == contractorDefined {
			a.ContractorDefined = true
		} else if n := len(a.Primaries); n == 0 || a.Primaries[n-1] != r.primary {
			a.Primaries = append(a.Primaries, r.primary)
		}
		if r.notes != "" && !slices.Contains(a.Notes, r.notes) {
			a.Notes = append(a.Notes, r.notes)
		}
		return nil
	}, release, a.Code)
	if err != nil {
		return AddOn{}, false, source, fmt.Errorf("looking up an add-on code: %w", err)
	}
	if !ok {
		return AddOn{}, false, source, nil
	}
	return a, true, source, nil
}

// PrimariesOf lists the primary codes of an add-on code on a day: AddOn's, alone.
func (b *Book) PrimariesOf(ctx context.Context, code string, on time.Time) ([]string, Source, error) {
	a, _, source, err := b.AddOn(ctx, code, on)
	return a.Primaries, source, err
}

// AddOnsOf lists the add-on codes that name a code as their primary on a day (zero: today), sorted.
func (b *Book) AddOnsOf(ctx context.Context, primary string, on time.Time) ([]string, Source, error) {
	d := b.day(on)
	release, source := b.source(kindAddOn, cumulative, d)
	if release < 0 {
		return nil, source, nil
	}
	var out []string
	err := b.query(ctx, "SELECT add_on, from_day, to_day, add_on_to, primary_to FROM add_ons WHERE release = $1 AND primary_code = $2 ORDER BY add_on, number", func(rows *sql.Rows) error {
		r := addOnRow{}
		if err := rows.Scan(&r.addOn, &r.from, &r.to, &r.addOnTo, &r.primaryTo); err != nil {
			return err
		}
		if n := len(out); r.holds(d) && (n == 0 || out[n-1] != r.addOn) {
			out = append(out, r.addOn)
		}
		return nil
	}, release, keyOf(primary))
	if err != nil {
		return nil, source, fmt.Errorf("looking up the add-on codes of a code: %w", err)
	}
	return out, source, nil
}

// addOnRow is one edit. Days are inclusive; 0 is open.
type addOnRow struct {
	addOn, primary     string
	kind               int
	from, to           day
	addOnTo, primaryTo day // the last day of each code
	notes              string
}

func (r *addOnRow) holds(on day) bool {
	return on.within(r.from, r.to) && on.within(0, r.addOnTo) && on.within(0, r.primaryTo)
}

func (r addOnRow) compare(o addOnRow) int {
	return cmp.Or(cmp.Compare(r.addOn, o.addOn), cmp.Compare(r.primary, o.primary), cmp.Compare(r.from, o.from), cmp.Compare(r.to, o.to), cmp.Compare(r.kind, o.kind),
		cmp.Compare(r.addOnTo, o.addOnTo), cmp.Compare(r.primaryTo, o.primaryTo), cmp.Compare(r.notes, o.notes))
}

// addOnFacts are the add-on code edits.
type addOnFacts struct{ list []addOnRow }

func (f *addOnFacts) rows() int { return len(f.list) }

func (f *addOnFacts) describe() string {
	codes := map[string]bool{}
	for _, r := range f.list {
		codes[r.addOn] = true
	}
	return fmt.Sprintf("%s edits of %s add-on codes", counted(len(f.list)), counted(len(codes)))
}

func (f *addOnFacts) codeRows() []row {
	var keys []string
	for _, r := range f.list {
		keys = append(keys, r.addOn, r.primary)
	}
	slices.Sort(keys)
	last := map[string]day{}
	for _, r := range f.list {
		last[r.addOn], last[r.primary] = r.addOnTo, r.primaryTo // the same in each row of a code
	}
	rows := listedRows(keys, func(k string) string { return k })
	for i := range rows {
		rows[i].to = last[rows[i].key]
	}
	return rows
}

func (f *addOnFacts) differs(other facts) string {
	o := other.(*addOnFacts)
	return firstDifference(f.list, o.list, func(r addOnRow) string {
		return fmt.Sprintf("%s with %s from %s", r.addOn, r.primary, r.from)
	})
}

func (f *addOnFacts) write(w *writer, release int) {
	w.each("INSERT INTO add_ons (release, add_on, number, primary_code, type, from_day, to_day, add_on_to, primary_to, notes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		func(insert func(...any)) {
			for i, r := range f.list {
				insert(release, r.addOn, i, r.primary, r.kind, int64(r.from), int64(r.to), int64(r.addOnTo), int64(r.primaryTo), r.notes)
			}
		})
}

// isAddOnTable: captions of the table that begins AOC_Edit_Type, Add-On_Code.
func isAddOnTable(h head) bool {
	p, ok := captionsAbove(h, isAddOn)
	return ok && p.column("ADD-ON", "ADD ON") >= 0 && p.column("PRIMARY") >= 0
}

func isAddOn(cells []string) bool {
	_, ok := packCode(padCode(at(cells, 1)))
	return ok && len(cells) >= 4 && len(cells[0]) == 1 && digit(cells[0][0])
}

// isAddOnFixed: lines that begin with type, add-on code, seven columns for a date, primary code.
func isAddOnFixed(h head) bool {
	return mostLines(h, addOnLine)
}

func addOnLine(line string) bool {
	if len(line) < 32 || line[0] < '1' || line[0] > '3' {
		return false
	}
	_, first := packCode(line[1:6])
	_, second := packCode(line[13:18])
	return first && second && julianBlank(line[6:13]) && julianBlank(line[18:25]) && julianBlank(line[25:32])
}

func julianBlank(s string) bool { return strings.TrimSpace(s) == "" || digits(s) }

// readAddOnTable reads the NCCI add-on code edits as a table: type, add-on code, its deletion date, primary code, its deletion date, first
// and last day of the edit, special instructions. Dates are YYYYDDD, the day of the year.
func readAddOnTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &addOnFacts{}
	var place addOnPlaces
	p, err := eachRow(ctx, table, isAddOn, func(above *preamble) error {
		return place.find(table, above)
	}, func(cells []string) error {
		one, err := addOnOf(func(i int) string { return at(cells, i) }, place, table.fault)
		f.list = append(f.list, one)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, p.licence(), 2)
}

// addOnPlaces are the columns of the table.
type addOnPlaces struct{ kind, addOn, addOnTo, primary, primaryTo, from, to, notes int }

func (c *addOnPlaces) find(table sheet, above *preamble) error {
	*c = addOnPlaces{kind: -1, addOn: -1, addOnTo: -1, primary: -1, primaryTo: -1, from: -1, to: -1, notes: -1}
	for i, caption := range above.captions {
		caption = strings.NewReplacer("_", " ", "-", " ").Replace(caption)
		has := func(words ...string) bool {
			for _, w := range words {
				if !strings.Contains(caption, w) {
					return false
				}
			}
			return true
		}
		switch {
		case has("EDIT TYPE"):
			c.kind = i
		case has("PRIMARY", "DEL"):
			c.primaryTo = i
		case has("PRIMARY"):
			c.primary = i
		case has("EDIT", "EFF"):
			c.from = i
		case has("EDIT", "DEL"):
			c.to = i
		case has("DEL"):
			c.addOnTo = i
		case has("ADD ON"):
			c.addOn = i
		case has("INSTRUCTION"), has("NOTES"):
			c.notes = i
		}
	}
	for _, need := range []struct {
		column int
		name   string
	}{{c.kind, "AOC_Edit_Type"}, {c.addOn, "Add-On_Code"}, {c.primary, "Primary_Code"}, {c.from, "AOC_Edit_EffDT"}, {c.to, "AOC_Edit_DelDT"}} {
		if need.column < 0 {
			return table.fault(0, "a column "+need.name+" above the first edit", "")
		}
	}
	return nil
}

// addOnOf checks one row.
func addOnOf(cell func(int) string, c addOnPlaces, fault func(column int, want, got string) error) (addOnRow, error) {
	one := addOnRow{addOn: padCode(cell(c.addOn)), primary: padCode(cell(c.primary)), notes: squeeze(cell(c.notes))}
	if kind := cell(c.kind); kind != "1" && kind != "2" && kind != "3" {
		return one, fault(c.kind, "the type 1, 2 or 3", kind)
	}
	one.kind = int(cell(c.kind)[0] - '0')
	if _, ok := packCode(one.addOn); !ok {
		return one, fault(c.addOn, "an add-on code of five letters and digits", one.addOn)
	}
	if _, ok := packCode(one.primary); !ok {
		return one, fault(c.primary, "a primary code of five letters and digits, or CCCCC", one.primary)
	}
	for _, date := range []struct {
		column int
		to     *day
	}{{c.addOnTo, &one.addOnTo}, {c.primaryTo, &one.primaryTo}, {c.from, &one.from}, {c.to, &one.to}} {
		d, ok := julianDay(cell(date.column))
		if !ok {
			return one, fault(date.column, "a date of the form YYYYDDD (year and day of the year), or nothing", cell(date.column))
		}
		*date.to = d
	}
	return one, nil
}

// julianDay reads 2026091 as 1 April 2026. Blank, zeros and the far future are open.
func julianDay(s string) (day, bool) {
	switch s = strings.TrimSpace(s); s {
	case "", "0", "0000000", "*", "9999365", "9999999", "9999366":
		return 0, true
	}
	if len(s) != 7 || !digits(s) {
		return 0, false
	}
	year, _ := strconv.Atoi(s[:4])
	n, _ := strconv.Atoi(s[4:])
	if year < 1900 || n < 1 || n > 366 {
		return 0, false
	}
	d := makeDay(year, 1, 1).add(n - 1)
	return d, int(d)/10000 == year
}

// readAddOnFixed reads the flat form: 1 type, 2-6 add-on code, 7-13 its deletion date, 14-18 primary code, 19-25 its deletion date, 26-32
// first and 33-39 last day of the edit, 40-97 special instructions.
func readAddOnFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	fields := [8][2]int{{1, 1}, {2, 6}, {7, 13}, {14, 18}, {19, 25}, {26, 32}, {33, 39}, {40, 200}}
	place := addOnPlaces{kind: 0, addOn: 1, addOnTo: 2, primary: 3, primaryTo: 4, from: 5, to: 6, notes: 7}
	f := &addOnFacts{}
	var notices []string
	begun := false
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		if begun = begun || addOnLine(line); !begun {
			notices = append(notices, squeeze(line))
			return nil
		}
		one, err := addOnOf(func(i int) string { return columns(line, fields[i][0], fields[i][1]) }, place, func(i int, want, got string) error {
			return lines.fault(fields[i][0], want, got)
		})
		f.list = append(f.list, one)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, copyrightIn(notices), 1)
}

func (f *addOnFacts) edition(in input, licence string, rank int) (*edition, []string, error) {
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one edit")
	}
	slices.SortFunc(f.list, addOnRow.compare)
	f.list = slices.Compact(f.list)
	first, last, by := quarterNamed(in.context)
	if first == 0 {
		return nil, nil, undated(in.path, "AOC_V2026Q2-MCR.txt")
	}
	ed := quarterly(kindAddOn, first, last)
	ed.facts, ed.licence, ed.datedBy, ed.rank = f, licence, guessedBy(by), rank
	return ed, nil, nil
}
