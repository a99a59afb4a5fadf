package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

const kindNDC = "ndc"

// ndcTables keep the directory apart from the codes: a quarter of a million packages would drown every search. The data are cells between
// tabs, in the order in which their readers name them.
const ndcTables = `
CREATE TABLE ndc_products (
	release INTEGER NOT NULL,
	product TEXT NOT NULL,
	number  INTEGER NOT NULL,
	data    TEXT NOT NULL,
	PRIMARY KEY (release, product, number)
) WITHOUT ROWID;
CREATE TABLE ndc_packages (
	release INTEGER NOT NULL,
	ndc     TEXT NOT NULL,
	data    TEXT NOT NULL,
	PRIMARY KEY (release, ndc)
) WITHOUT ROWID;
`

// NDC is a package of the FDA's directory, with the HCPCS codes by which Medicare is billed for it.
type NDC struct {
	// Code is the form for billing, 5-4-2; Written is how the directory writes it.
	Code    string `json:"code"`
	Written string `json:"written"`
	// Package describes it ("25 VIAL in 1 TRAY (0409-3795-01) > 1 mL in 1 VIAL").
	Package string `json:"package"`
	// Name is the proprietary name with its suffix, Generic the other one; Strength has the units of the active ingredients.
	Name     string `json:"name"`
	Generic  string `json:"generic"`
	Form     string `json:"form"`
	Route    string `json:"route"`
	Strength string `json:"strength"`
	Labeler  string `json:"labeler"`
	// Category is that of marketing (NDA, ANDA, BLA ...), Application its number.
	Category    string `json:"category"`
	Application string `json:"application"`
	// DEA is the schedule of a controlled substance, "CII" to "CV".
	DEA string `json:"dea,omitempty"`
	// First and Last are the days of marketing, as YYYY-MM-DD; Last is empty while it is sold.
	First string `json:"first"`
	Last  string `json:"last"`
	// HCPCS are the codes that CMS's crosswalk in force on the day links to it.
	HCPCS   []DrugLink `json:"hcpcs"`
	Release string     `json:"release"`
}

type ndcRow struct{ key, data string }

type ndcFacts struct{ products, packages []ndcRow }

func (f *ndcFacts) rows() int { return len(f.products) + len(f.packages) }

func (f *ndcFacts) describe() string {
	return counted(len(f.products)) + " products, " + counted(len(f.packages)) + " packages"
}

func (f *ndcFacts) join(part facts) error {
	other := part.(*ndcFacts)
	if len(f.products) > 0 && len(other.products) > 0 || len(f.packages) > 0 && len(other.packages) > 0 {
		return errors.New("both are the same table; directories of different days need the year and month in their names")
	}
	f.products, f.packages = append(f.products, other.products...), append(f.packages, other.packages...)
	return nil
}

func (f *ndcFacts) write(w *writer, release int) {
	byKey := func(a, b ndcRow) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.data, b.data)) }
	slices.SortFunc(f.products, byKey)
	slices.SortFunc(f.packages, byKey)
	w.each("INSERT INTO ndc_products (release, product, number, data) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for i, p := range f.products {
			insert(release, p.key, i, p.data)
		}
	})
	var keys []byte
	w.each("INSERT INTO ndc_packages (release, ndc, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", func(insert func(...any)) {
		for i, p := range f.packages {
			insert(release, p.key, p.data)
			if i == 0 || f.packages[i-1].key != p.key {
				keys = append(keys, p.key...)
			}
		}
	})
	if len(keys) == 0 {
		return
	}
	w.each("INSERT INTO members (release, system, width, keys, flags) VALUES ($1, $2, $3, $4, $5)", func(insert func(...any)) {
		flags := make([]byte, len(keys)/ndcDigits)
		for i := range flags {
			flags[i] = memberBillable
		}
		insert(release, string(codes.NDC), ndcDigits, keys, flags)
	})
}

const ndcDigits = 11

func ndcProductColumns() []string {
	return []string{"PRODUCTID", "PRODUCTNDC", "PRODUCTTYPENAME", "PROPRIETARYNAME"}
}
func ndcPackageColumns() []string {
	return []string{"PRODUCTID", "PRODUCTNDC", "NDCPACKAGECODE", "PACKAGEDESCRIPTION"}
}

// ndcEdition: the directory is published every day and says nowhere of which. Its rows have their own dates, so every edition answers for
// all days; the newest that has a package answers for it.
func ndcEdition(in input) *edition {
	ed := &edition{kind: kindNDC, name: "FDA NDC directory", rank: 1, titles: true}
	if year, month := dateInName(in.context); year > 0 {
		ed.first = makeDay(year, max(month, 1), 1)
		layout := "January 2006"
		if month == 0 {
			layout = "2006"
		}
		ed.name = "FDA NDC directory, " + ed.first.time().Format(layout)
	}
	return ed
}

// readNDC reads product.txt or package.txt of the FDA's NDC directory (ndctext.zip): text between tabs, not quoted, one header row. A work
// of the government.
func readNDC(packages bool) func(context.Context, input, io.Reader) (*edition, []string, error) {
	return func(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
		need := ndcProductColumns()
		if packages {
			need = ndcPackageColumns()
		}
		g, err := openGrid(in, r, need)
		if err != nil {
			return nil, nil, err
		}
		ed, facts := ndcEdition(in), &ndcFacts{}
		ed.facts = facts
		read := ndcProduct(g)
		if packages {
			read = ndcPackage(g)
		}
		var odd strays
		err = g.each(ctx, func() error {
			one := read()
			switch {
			case one.key == "":
				odd.add(g.cell(g.column("NDCPACKAGECODE", "PRODUCTNDC")), g.line())
			case packages:
				facts.packages = append(facts.packages, one)
			default:
				facts.products = append(facts.products, one)
			}
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		if facts.rows() == 0 {
			return nil, nil, in.wants("at least one row below the header row")
		}
		var warnings []string
		warnings = g.undated.warn(warnings, in, "dates are none and count as not stated")
		return ed, odd.warn(warnings, in, "rows whose code has not the form of an NDC were left out"), nil
	}
}

// ndcProduct reads the cells of a product that are kept, in the order of NDC.product.
func ndcProduct(g *grid) func() ndcRow {
	code, name, suffix := g.column("PRODUCTNDC"), g.column("PROPRIETARYNAME"), g.column("PROPRIETARYNAMESUFFIX")
	rest := []int{g.column("NONPROPRIETARYNAME"), g.column("DOSAGEFORMNAME"), g.column("ROUTENAME"), -1, g.column("LABELERNAME"),
		g.column("MARKETINGCATEGORYNAME"), g.column("APPLICATIONNUMBER"), g.column("DEASCHEDULE")}
	strength, unit := g.column("ACTIVE_NUMERATOR_STRENGTH"), g.column("ACTIVE_INGRED_UNIT")
	from, to := g.column("STARTMARKETINGDATE"), g.column("ENDMARKETINGDATE")
	return func() ndcRow {
		cells := []string{strings.TrimSpace(g.cell(name) + " " + g.cell(suffix))}
		for _, c := range rest {
			cells = append(cells, g.cell(c))
		}
		cells[4] = strengths(g.cell(strength), g.cell(unit))
		return ndcRow{ndcProductKey(g.cell(code)), strings.Join(append(cells, g.looseDay(from), g.looseDay(to)), "\t")}
	}
}

// strengths pairs "30; 2" with "mg/mL; mg/mL".
func strengths(strength, unit string) string {
	numbers, units := strings.Split(strength, ";"), strings.Split(unit, ";")
	if len(numbers) != len(units) {
		return strings.TrimSpace(strength + " " + unit)
	}
	for i := range numbers {
		numbers[i] = strings.TrimSpace(strings.TrimSpace(numbers[i]) + " " + strings.TrimSpace(units[i]))
	}
	return strings.Join(numbers, "; ")
}

func ndcPackage(g *grid) func() ndcRow {
	code, text := g.column("NDCPACKAGECODE"), g.column("PACKAGEDESCRIPTION")
	from, to := g.column("STARTMARKETINGDATE"), g.column("ENDMARKETINGDATE")
	return func() ndcRow {
		return ndcRow{ndcKey(g.cell(code)), strings.Join([]string{g.cell(code), g.cell(text), g.looseDay(from), g.looseDay(to)}, "\t")}
	}
}

// looseDay reads a date in the form in which it is stored. Labelers write their own rows of the directory: what is no date is counted and
// left out, and must not keep the quarter of a million other rows from being read.
func (g *grid) looseDay(column int) string {
	d, err := officialDay(g.cell(column))
	if err != nil {
		g.undated.add(g.cell(column), g.line())
	}
	return d.String()
}

// ndcKey is the eleven digits of a package code written with hyphens as 4-4-2, 5-3-2, 5-4-1 or 5-4-2, or as eleven digits; "" for others:
// ten digits without hyphens do not tell which segment is short.
func ndcKey(written string) string {
	n, err := codes.Normalize(codes.NDC, written)
	if key := keyOf(n); err == nil && len(key) == ndcDigits {
		return key
	}
	return ""
}

// ndcProductKey is the nine digits of labeler and product.
func ndcProductKey(written string) string {
	labeler, product, ok := strings.Cut(written, "-")
	if !ok || !digits(labeler) || !digits(product) || len(labeler) > 5 || len(product) > 4 {
		return ""
	}
	return pad(labeler, 5) + pad(product, 4)
}

// NDC gives a package of the FDA's directory and the HCPCS codes that CMS's crosswalk in force on a day (zero: today) links to it. The code
// may be written in any form that is clear: with hyphens, or as eleven digits. ok is false when neither knows it.
func (b *Book) NDC(ctx context.Context, code string, on time.Time) (n NDC, ok bool, err error) {
	key := ndcKey(strings.TrimSpace(code))
	if key == "" {
		return n, false, nil
	}
	n, ok, err = b.ndcPackage(ctx, key)
	if err == nil {
		n.HCPCS, err = b.drugLinks(ctx, "ndc", key, b.day(on))
	}
	if err != nil {
		return NDC{}, false, fmt.Errorf("reading an NDC: %w", err)
	}
	return n, ok || len(n.HCPCS) > 0, nil
}

func (b *Book) ndcPackage(ctx context.Context, key string) (n NDC, ok bool, err error) {
	n.Code = show(codes.NDC, key)
	for i := len(b.days) - 1; i >= 0 && !ok; i-- {
		if b.days[i].kind != kindNDC {
			continue
		}
		err := b.query(ctx, "SELECT data FROM ndc_packages WHERE release = $1 AND ndc = $2", func(rows *sql.Rows) error {
			ok = true
			return scanCells(rows, &n.Written, &n.Package, &n.First, &n.Last)
		}, i, key)
		if err != nil {
			return n, false, err
		}
		if !ok {
			continue
		}
		n.Release = b.releases[i].Name
		var first, last string
		found := false
		err = b.query(ctx, "SELECT data FROM ndc_products WHERE release = $1 AND product = $2 ORDER BY number", func(rows *sql.Rows) error {
			if found {
				return nil // one product under several applications
			}
			found = true
			return scanCells(rows, &n.Name, &n.Generic, &n.Form, &n.Route, &n.Strength, &n.Labeler, &n.Category, &n.Application, &n.DEA, &first, &last)
		}, i, key[:9])
		if err != nil {
			return n, false, err
		}
		n.First, n.Last = cmp.Or(n.First, first), cmp.Or(n.Last, last) // packages had no days of their own in older editions
	}
	return n, ok, nil
}

// scanCells reads a column of cells into the fields that they were written from.
func scanCells(rows *sql.Rows, into ...*string) error {
	var data string
	if err := rows.Scan(&data); err != nil {
		return err
	}
	return splitCells(data, into...)
}

func splitCells(data string, into ...*string) error {
	cells := strings.Split(data, "\t")
	if len(cells) != len(into) {
		return errRecord
	}
	for i, cell := range cells {
		*into[i] = cell
	}
	return nil
}

// ndcRecord is a package as look-ups see a code; nil when no directory has it.
func (b *Book) ndcRecord(ctx context.Context, key string) (*record, error) {
	if len(key) != ndcDigits || !b.has(kindNDC) {
		return nil, nil
	}
	n, ok, err := b.ndcPackage(ctx, key)
	if err != nil || !ok {
		return nil, err
	}
	s := span{billable: true, title: cmp.Or(n.Name, n.Generic, n.Written)}
	if n.Generic != "" && !strings.EqualFold(n.Generic, n.Name) {
		s.title += " (" + n.Generic + ")"
	}
	for _, more := range []string{n.Strength, strings.ToLower(n.Form)} {
		if more != "" {
			s.title += ", " + more
		}
	}
	s.from, _ = openDay(n.First)
	s.to, _ = openDay(n.Last)
	s.release = slices.IndexFunc(b.releases, func(r Release) bool { return r.Kind == kindNDC && r.Name == n.Release })
	for _, f := range []flag{{"labeler", n.Labeler}, {"route", n.Route}, {"package", n.Package}, {"dea", n.DEA}, {"marketing", n.Category}} {
		if f.value != "" {
			s.flags = append(s.flags, f)
		}
	}
	return &record{spans: []span{s}}, nil
}
