package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

const kindMSDRG = "msdrg"

const drgTables = `
CREATE TABLE drgs (
	release    INTEGER NOT NULL,
	code       TEXT NOT NULL,
	title      TEXT NOT NULL,
	mdc        TEXT NOT NULL,
	type       TEXT NOT NULL,
	post_acute TEXT NOT NULL,
	special    TEXT NOT NULL,
	weight     TEXT NOT NULL,
	uncapped   TEXT NOT NULL,
	geometric  TEXT NOT NULL,
	arithmetic TEXT NOT NULL,
	PRIMARY KEY (release, code)
) WITHOUT ROWID;
`

// DRG is a row of Table 5 of the inpatient prospective payment rule. Numbers are as published; days are days of stay.
type DRG struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	// MDC is the major diagnostic category, "PRE" or "01" to "25"; empty for the error groups.
	MDC string `json:"mdc"`
	// Type is "SURG" or "MED".
	Type string `json:"type"`
	// PostAcute: a discharge to post-acute care is paid as a transfer (42 CFR 412.4); Special: with the special payment method.
	PostAcute bool `json:"post_acute"`
	Special   bool `json:"special"`
	// Weight is the relative weight that is paid by: where the rule caps its fall at 10 %, the capped one; Uncapped is the other, empty where
	// the file has only one.
	Weight   string `json:"weight"`
	Uncapped string `json:"uncapped,omitempty"`
	// GeometricDays and ArithmeticDays are the mean lengths of stay.
	GeometricDays  string `json:"geometric_days"`
	ArithmeticDays string `json:"arithmetic_days"`
	Release        string `json:"release"`
}

type drgFacts struct{ list []DRG }

func (f *drgFacts) rows() int        { return len(f.list) }
func (f *drgFacts) describe() string { return counted(len(f.list)) + " groups" }

func (f *drgFacts) write(w *writer, release int) {
	w.each(`INSERT INTO drgs (release, code, title, mdc, type, post_acute, special, weight, uncapped, geometric, arithmetic)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, func(insert func(...any)) {
		yes := func(b bool) string { return strconv.FormatBool(b) }
		for _, d := range f.list {
			insert(release, d.Code, d.Title, d.MDC, d.Type, yes(d.PostAcute), yes(d.Special), d.Weight, d.Uncapped, d.GeometricDays, d.ArithmeticDays)
		}
	})
}

// fiscalYearInColumn: "FY 2026 Final Post-Acute DRG", whose blanks headerName drops.
var fiscalYearInColumn = regexp.MustCompile(`FY((?:19|20)[0-9]{2})`)

func drgColumns() []string { return []string{"MS-DRG", "MDC", "TYPE", "MS-DRG Title"} }

// readMSDRG reads Table 5 of the IPPS final rule (CMS-nnnn-F Table 5.txt), a spreadsheet saved as text between tabs: title rows, a header
// row whose names carry the year, and a row for each group. Groups hold for the fiscal year, 1 October to 30 September. A work of the
// government.
func readMSDRG(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	g, err := openGrid(in, r, drgColumns())
	if err != nil {
		return nil, nil, err
	}
	year, by := 0, ""
	for name := range g.place { // every year in the header is the same
		if m := fiscalYearInColumn.FindStringSubmatch(name); m != nil {
			year, _ = strconv.Atoi(m[1])
		}
	}
	if year == 0 {
		if year, _, by = datedBy(in.context); year == 0 {
			return nil, nil, fmt.Errorf("%s: %w", in.path, errNoYear)
		}
	}
	facts := &drgFacts{}
	ed := &edition{kind: kindMSDRG, name: fmt.Sprintf("MS-DRG FY%d", year), datedBy: by, first: makeDay(year-1, 10, 1), made: makeDay(year, 9, 30),
		rank: 1, whole: true, titles: true, facts: facts}
	c := drgPlaces(g)
	seen := map[string]bool{}
	err = g.each(ctx, func() error {
		d, ok, err := c.read(g, seen)
		if err != nil || !ok {
			return err
		}
		seen[d.Code] = true
		facts.list = append(facts.list, d)
		ed.rows = append(ed.rows, row{system: codes.MSDRG, key: d.Code, span: span{billable: true, title: d.Title}})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(facts.list) == 0 {
		return nil, nil, in.wants("at least one group of three digits below the header row")
	}
	return ed, nil, nil
}

// drgColumn says where the columns are.
type drgColumn struct {
	code, title, mdc, kind, post, special, weight, uncapped, geometric, arithmetic int
}

func drgPlaces(g *grid) drgColumn {
	c := drgColumn{code: g.column("MS-DRG"), title: g.column("MS-DRG Title"), mdc: g.column("MDC"), kind: g.column("TYPE"),
		post: g.columnLike("Post-Acute DRG"), special: g.columnLike("Special Pay DRG"), uncapped: g.columnLike("Before Cap"),
		weight: g.columnLike("Cap Applied"), geometric: g.columnLike("Geometric mean LOS"), arithmetic: g.columnLike("Arithmetic mean LOS")}
	if c.weight < 0 { // before FY2023 the file had one weight
		c.weight = g.columnLike("Weights")
	}
	return c
}

// read reads one group. ok is false for the footnotes below the table.
func (c drgColumn) read(g *grid, seen map[string]bool) (d DRG, ok bool, err error) {
	code := g.cell(c.code)
	if len(code) < 3 && digits(code) {
		code = strings.Repeat("0", 3-len(code)) + code // a spreadsheet took the zeros off
	}
	if len(code) != 3 || !digits(code) {
		if g.cell(c.title) == "" || strings.Count(strings.Join(g.cells, ""), " ") > 12 {
			return d, false, nil
		}
		return d, false, g.wrong(c.code, "a group of three digits")
	}
	d = DRG{Code: code, Title: g.cell(c.title), MDC: g.cell(c.mdc), Type: strings.ToUpper(g.cell(c.kind)),
		PostAcute: strings.EqualFold(g.cell(c.post), "yes"), Special: strings.EqualFold(g.cell(c.special), "yes"),
		Weight: g.cell(c.weight), Uncapped: g.cell(c.uncapped), GeometricDays: g.cell(c.geometric), ArithmeticDays: g.cell(c.arithmetic)}
	if len(d.MDC) == 1 && digits(d.MDC) {
		d.MDC = "0" + d.MDC
	}
	if d.Type == "**" || d.MDC == "**" { // 998 and 999 are in no category
		d.Type, d.MDC = strings.Trim(d.Type, "*"), strings.Trim(d.MDC, "*")
	}
	switch {
	case seen[code]:
		return d, false, g.wrong(c.code, "a group that is not yet in the file")
	case d.Title == "":
		return d, false, g.wrong(c.title, "the title of the group")
	case !decimalOrNone(d.Weight):
		return d, false, g.wrong(c.weight, "a weight such as 1.8855")
	case !decimalOrNone(d.GeometricDays):
		return d, false, g.wrong(c.geometric, "a number of days such as 1.7")
	}
	return d, true, nil
}

// decimalOrNone: a number with or without decimals, or nothing ("", "**", "N/A").
func decimalOrNone(s string) bool {
	if strings.Trim(s, "*.-") == "" || strings.EqualFold(s, "N/A") {
		return true
	}
	whole, fraction, dot := strings.Cut(s, ".")
	return (whole == "" || digits(whole)) && (!dot || fraction == "" || digits(fraction))
}

// DRG gives the row of a group as of a day (zero: today). ok is false when no loaded table for that day has it.
func (b *Book) DRG(ctx context.Context, code string, on time.Time) (d DRG, ok bool, err error) {
	release := b.inForce(kindMSDRG, b.day(on))
	if release < 0 {
		return d, false, nil
	}
	err = b.query(ctx, `SELECT code, title, mdc, type, post_acute, special, weight, uncapped, geometric, arithmetic
		FROM drgs WHERE release = $1 AND code = $2`, func(rows *sql.Rows) error {
		d.Release, ok = b.releases[release].Name, true
		var post, special string
		err := rows.Scan(&d.Code, &d.Title, &d.MDC, &d.Type, &post, &special, &d.Weight, &d.Uncapped, &d.GeometricDays, &d.ArithmeticDays)
		d.PostAcute, d.Special = post == "true", special == "true"
		return err
	}, release, keyFor(codes.MSDRG, code))
	if err != nil {
		return DRG{}, false, fmt.Errorf("reading a DRG: %w", err)
	}
	return d, ok, nil
}

// inForce is the release of a kind that answers for a day, -1 when none does.
func (b *Book) inForce(kind string, on day) int {
	for i := range b.days {
		if r := &b.days[i]; r.kind == kind && on.within(r.first, r.last) {
			return i
		}
	}
	return -1
}
