package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

const kindDrugLinks = "ndc-hcpcs"

const drugLinkTables = `
CREATE TABLE drug_links (
	release INTEGER NOT NULL,
	ndc     TEXT NOT NULL,
	hcpcs   TEXT NOT NULL,
	number  INTEGER NOT NULL,
	data    TEXT NOT NULL,
	PRIMARY KEY (release, ndc, hcpcs, number)
) WITHOUT ROWID;
CREATE INDEX drug_links_hcpcs ON drug_links (release, hcpcs, ndc);
`

// DrugLink is a row of CMS's NDC-HCPCS crosswalk, which comes with the average sales prices: a package and the code that Medicare pays it
// by. Numbers are as published.
type DrugLink struct {
	NDC     string       `json:"ndc"`
	System  codes.System `json:"system"`
	Code    string       `json:"code"`
	Drug    string       `json:"drug"`
	Labeler string       `json:"labeler"`
	// Dosage is what one billing unit of the code is ("10 MG").
	Dosage string `json:"dosage"`
	// PackageSize is the amount in one of the package's items (a vial), in mL or as such; PackageItems is how many of them it has.
	PackageSize  string `json:"package_size"`
	PackageItems string `json:"package_items"`
	// Units are the billing units in one item, PackageUnits those in the whole package.
	Units        string `json:"units"`
	PackageUnits string `json:"package_units"`
	Release      string `json:"release"`
}

type drugLinkFacts struct{ list []drugLinkRow }

type drugLinkRow struct{ ndc, hcpcs, data string }

func (f *drugLinkFacts) rows() int { return len(f.list) }
func (f *drugLinkFacts) describe() string {
	return counted(len(f.list)) + " links between drugs and codes"
}

func (f *drugLinkFacts) write(w *writer, release int) {
	w.each("INSERT INTO drug_links (release, ndc, hcpcs, number, data) VALUES ($1, $2, $3, $4, $5)", func(insert func(...any)) {
		for i, r := range f.list {
			insert(release, r.ndc, r.hcpcs, i, r.data)
		}
	})
}

func drugLinkColumns() []string { return []string{"NDC2", "BILLUNITS"} }

// readDrugLinks reads the quarter's "ASP NDC-HCPCS Crosswalk": notes, a header row (_2021_CODE, Short Description, LABELER NAME, NDC2, Drug
// Name, HCPCS dosage, PKG SIZE, PKG QTY, BILLUNITS, BILLUNITSPKG; the year in the first name drifts), a row for each package and code. The
// short descriptions of CPT codes are the AMA's and are not read. Brand names become words by which the codes are found.
func readDrugLinks(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := hcpcsEdition(in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	facts := &drugLinkFacts{}
	ed.name = "NDC-HCPCS crosswalk" + strings.TrimPrefix(ed.name, "HCPCS Level II")
	ed.kind, ed.rank, ed.titles, ed.facts = kindDrugLinks, 1, true, facts
	g, err := openGrid(in, r, drugLinkColumns())
	if err != nil {
		return nil, nil, err
	}
	ndc, code, drug := g.column("NDC2"), g.column("HCPCS Code", "HCPCS"), g.column("Drug Name")
	if code < 0 {
		code = g.columnLike("CODE")
	}
	units := g.column("BILLUNITS")
	rest := []int{drug, g.column("LABELER NAME"), g.column("HCPCS dosage"), g.column("PKG SIZE"), g.column("PKG QTY"), units, g.column("BILLUNITSPKG")}
	var odd strays
	named := map[indexTerm]bool{}
	err = g.each(ctx, func() error {
		key, package11 := strings.ToUpper(g.cell(code)), ndcKey(g.cell(ndc))
		system := drugSystem(key)
		switch {
		case system == "" && g.cell(ndc) == "":
			return nil // a footnote
		case system == "":
			return g.wrong(code, "a HCPCS or CPT code")
		case !decimalOrNone(g.cell(units)):
			return g.wrong(units, "a number of billing units")
		case package11 == "":
			odd.add(g.cell(ndc), g.line())
			return nil
		}
		cells := make([]string, len(rest))
		for i, c := range rest {
			cells[i] = g.cell(c)
		}
		facts.list = append(facts.list, drugLinkRow{package11, key, strings.Join(cells, "\t")})
		if t := (indexTerm{system: system, key: key, text: g.cell(drug)}); t.text != "" && !named[t] {
			named[t] = true
			ed.terms = append(ed.terms, t)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(facts.list) == 0 {
		return nil, nil, in.wants("at least one package below the header row")
	}
	slices.SortFunc(facts.list, func(a, b drugLinkRow) int {
		return cmp.Or(cmp.Compare(a.ndc, b.ndc), cmp.Compare(a.hcpcs, b.hcpcs), cmp.Compare(a.data, b.data))
	})
	return ed, odd.warn(nil, in, "rows whose NDC has not the form of one were left out"), nil
}

// drugSystem: drugs are HCPCS codes, vaccines CPT codes.
func drugSystem(key string) codes.System {
	switch {
	case isHCPCS(key):
		return codes.HCPCS
	case isCPT(key):
		return codes.CPT
	}
	return ""
}

// DrugLinks lists the packages that the crosswalk in force on a day (zero: today) links to a HCPCS or CPT code, at most 500.
func (b *Book) DrugLinks(ctx context.Context, code string, on time.Time) ([]DrugLink, error) {
	out, err := b.drugLinks(ctx, "hcpcs", keyOf(code), b.day(on))
	if err != nil {
		return nil, fmt.Errorf("reading the drugs of a code: %w", err)
	}
	return out, nil
}

// drugLinks reads by one of the two columns.
func (b *Book) drugLinks(ctx context.Context, by, key string, on day) ([]DrugLink, error) {
	release := b.inForce(kindDrugLinks, on)
	if release < 0 {
		return nil, nil
	}
	query := "SELECT ndc, hcpcs, data FROM drug_links WHERE release = $1 AND ndc = $2 ORDER BY hcpcs, number LIMIT 500"
	if by == "hcpcs" {
		query = "SELECT ndc, hcpcs, data FROM drug_links WHERE release = $1 AND hcpcs = $2 ORDER BY ndc, number LIMIT 500"
	}
	var out []DrugLink
	err := b.query(ctx, query, func(rows *sql.Rows) error {
		d := DrugLink{Release: b.releases[release].Name}
		var data string
		if err := rows.Scan(&d.NDC, &d.Code, &data); err != nil {
			return err
		}
		if err := splitCells(data, &d.Drug, &d.Labeler, &d.Dosage, &d.PackageSize, &d.PackageItems, &d.Units, &d.PackageUnits); err != nil {
			return err
		}
		d.System, d.NDC = drugSystem(d.Code), show(codes.NDC, d.NDC)
		out = append(out, d)
		return nil
	}, release, key)
	return out, err
}
