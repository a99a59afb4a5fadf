package codebook

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"
)

// coverageTable is one table of the coverage database that is read, known by columns that only it has.
type coverageTable struct {
	name string
	need []string
	read func(g *grid, f *coverageFacts) func() error
}

// coverageDownloads lists the tables of CMS's downloads of the coverage database (current_article.zip, all_article.zip, current_lcd.zip,
// all_lcd.zip, ncd.zip; each holds a zip of CSV files). Documents are joined by id and version; their public number (A52425, L33797) is in display_id.
func coverageDownloads() []coverageTable {
	var out []coverageTable
	for _, doc := range []struct {
		letter byte
		name   string
	}{{'A', "article"}, {'L', "lcd"}} {
		key := []string{doc.name + "_id", doc.name + "_version"}
		add := func(name string, read func(r *documentReader) func() error, need ...string) {
			out = append(out, coverageTable{doc.name + "_" + name, append(key[:2:2], need...), func(g *grid, f *coverageFacts) func() error {
				return read(&documentReader{g: g, f: f, letter: doc.letter, id: g.column(key[0]), version: g.column(key[1])})
			}})
		}
		add("x_hcpc_code", readGroupCodes("hcpc_code_id", "hcpc_code_group", listCodes), "hcpc_code_id", "hcpc_code_group")
		add("x_hcpc_code_group", readParagraphs("hcpc_code_group", listCodes), "hcpc_code_group", "paragraph")
		add("x_icd10_covered", readGroupCodes("icd10_code_id", "icd10_covered_group", listCovered), "icd10_code_id", "icd10_covered_group")
		add("x_icd10_covered_group", readParagraphs("icd10_covered_group", listCovered), "icd10_covered_group", "paragraph")
		add("x_icd10_noncovered", readGroupCodes("icd10_code_id", "icd10_noncovered_group", listNoncovered), "icd10_code_id", "icd10_noncovered_group")
		add("x_icd10_noncovered_group", readParagraphs("icd10_noncovered_group", listNoncovered), "icd10_noncovered_group", "paragraph")
		add("x_contractor", readDocumentContractors, "contractor_id", "contractor_type_id", "contractor_version")
		add("x_primary_jurisdiction", readDocumentStates, "state_id")
		add("related_documents", readRelated, "r_article_id", "r_lcd_id")
		add("", readDocument, "title", "display_id")
	}
	return append(out,
		coverageTable{"ncd_trkg", []string{"NCD_id", "NCD_vrsn_num", "NCD_mnl_sect", "NCD_mnl_sect_title", "NCD_efctv_dt"}, func(g *grid, f *coverageFacts) func() error {
			return readNational(&documentReader{g: g, f: f, letter: 'N', id: g.column("NCD_id"), version: g.column("NCD_vrsn_num")})
		}},
		coverageTable{"contractor_jurisdiction", []string{"contractor_id", "state_id", "active_date", "term_date"}, readJurisdictions},
		coverageTable{"contractor", []string{"contractor_id", "contractor_bus_name", "contractor_number"}, readContractors},
		coverageTable{"state_lookup", []string{"state_id", "state_abbrev"}, readStates},
	)
}

// coverageImporters make one importer of each table.
func coverageImporters() []importer {
	var out []importer
	for _, table := range coverageDownloads() {
		name := strings.TrimSuffix(table.name, "_")
		out = append(out, importer{"Medicare coverage database, " + name, hasHeader(table.need), readCoverage(table)})
	}
	return out
}

// readCoverage reads one table: comma separated, quoted, Windows-1252, with HTML and line ends in the cells. Descriptions of codes are not
// read, as those of CPT are the AMA's.
func readCoverage(table coverageTable) func(context.Context, input, io.Reader) (*edition, []string, error) {
	return func(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
		g, err := gridOf(in.path, newCommaSheet(in.path, &westernReader{r: bufio.NewReaderSize(r, 64<<10)}), table.need)
		if err != nil {
			return nil, nil, err
		}
		facts := newCoverage()
		if err := g.each(ctx, table.read(g, facts)); err != nil {
			return nil, nil, err
		}
		return &edition{kind: kindCoverage, name: "Medicare coverage database", rank: 1, titles: true, facts: facts,
			licence: "AMA, ADA and AHA notices of the download: CPT, CDT and UB-04 texts need a licence"}, nil, nil
	}
}

// documentReader reads the rows of a table whose rows belong to documents.
type documentReader struct {
	g           *grid
	f           *coverageFacts
	letter      byte
	id, version int
}

// document finds the document of the row.
func (r *documentReader) document() (*coverageDocument, error) {
	id, err := strconv.Atoi(r.g.cell(r.id))
	if err != nil || id < 1 {
		return nil, r.g.wrong(r.id, "the number of a document")
	}
	version, err := strconv.Atoi(r.g.cell(r.version))
	if err != nil || version < 0 {
		return nil, r.g.wrong(r.version, "the version of a document")
	}
	r.f.count++
	return r.f.document(documentKey{r.letter, id, version}), nil
}

// readDocument reads article.csv and lcd.csv. A version holds from the revision's first day to its last, or to the end or retirement of the
// whole document if that is earlier; without a day of the revision, from the first day of the document.
func readDocument(r *documentReader) func() error {
	g := r.g
	title, status, display, kind, updated := g.column("title"), g.column("status"), g.column("display_id"), g.column("article_type"), g.column("last_updated")
	starts := []int{g.column("rev_eff_date"), g.column("article_eff_date"), g.column("orig_det_eff_date"), g.column("article_pub_date")}
	ends := []int{g.column("rev_end_date"), g.column("article_rev_end_date"), g.column("ent_det_end_date"), g.column("article_end_date"), g.column("date_retired")}
	return func() error {
		number := strings.ToUpper(g.cell(display))
		if strings.HasPrefix(number, "D") {
			return nil // a draft binds nobody
		}
		d, err := r.document()
		if err != nil {
			return err
		}
		if digits(number) {
			number = string(r.letter) + number // articles were numbered without their letter
		}
		if number == "" {
			number = string(r.letter) + g.cell(r.id)
		}
		d.display, d.title, d.status, d.read = number, plainHTML(g.cell(title)), g.cell(status), true
		d.kind = "lcd"
		if r.letter == 'A' {
			d.kind = strings.TrimSpace("article " + g.cell(kind))
		}
		for _, c := range starts {
			if d.first, err = g.openDay(c); err != nil {
				return err
			}
			if d.first != 0 {
				break
			}
		}
		for _, c := range ends {
			end, err := g.openDay(c)
			if err != nil {
				return err
			}
			if end != 0 && (d.last == 0 || end < d.last) {
				d.last = end
			}
		}
		if changed, err := g.openDay(updated); err == nil {
			r.f.updated = max(r.f.updated, changed)
		}
		return nil
	}
}

// readNational reads ncd_trkg.csv: the national coverage determinations by their section of the manual (IOM 100-03). They name no codes.
func readNational(r *documentReader) func() error {
	g := r.g
	section, title, from, to, updated := g.column("NCD_mnl_sect"), g.column("NCD_mnl_sect_title"), g.column("NCD_efctv_dt"), g.column("NCD_trmntn_dt"), g.column("last_updt_tmstmp")
	return func() error {
		if g.cell(section) == "" {
			return g.wrong(section, "the section of the manual, such as 210.3")
		}
		d, err := r.document()
		if err != nil {
			return err
		}
		d.display, d.kind, d.title, d.read = "NCD "+g.cell(section), "ncd", plainHTML(g.cell(title)), true
		if d.first, err = g.openDay(from); err != nil {
			return err
		}
		if d.last, err = g.openDay(to); err != nil {
			return err
		}
		if changed, err := g.openDay(updated); err == nil {
			r.f.updated = max(r.f.updated, changed)
		}
		return nil
	}
}

// openDay is day for a table in which "N/A" stands for no date.
func (g *grid) openDay(column int) (day, error) {
	if c := g.cell(column); !strings.ContainsAny(c, "0123456789") {
		return 0, nil
	}
	return g.day(column)
}

// readGroupCodes reads a code of a group. Rows that stand for "not applicable" (XX000) name no code.
func readGroupCodes(code, group, list string) func(r *documentReader) func() error {
	return func(r *documentReader) func() error {
		at, groupAt, asterisk := r.g.column(code), r.g.column(group), r.g.column("asterisk")
		return func() error {
			key := strings.ToUpper(r.g.cell(at))
			if list == listCodes && drugSystem(key) == "" && !isCDT(key) || list != listCodes && !isICD10CM(keyOf(key)) {
				return nil
			}
			n, err := r.group(groupAt)
			if err != nil {
				return err
			}
			d, err := r.document()
			if err != nil {
				return err
			}
			mark := strings.TrimSpace(r.g.cell(asterisk))
			g := d.group(groupKey{list, n})
			g.codes = append(g.codes, r.f.number(key)<<1|uint32(btoi(mark != "" && !strings.EqualFold(mark, "n"))))
			return nil
		}
	}
}

func (r *documentReader) group(column int) (int, error) {
	n, err := strconv.Atoi(r.g.cell(column))
	if err != nil || n < 0 {
		return 0, r.g.wrong(column, "the number of a group")
	}
	return n, nil
}

func readParagraphs(group, list string) func(r *documentReader) func() error {
	return func(r *documentReader) func() error {
		groupAt, paragraph, asterisk := r.g.column(group), r.g.column("paragraph"), r.g.column("icd10_covered_ast")
		return func() error {
			n, err := r.group(groupAt)
			if err != nil {
				return err
			}
			d, err := r.document()
			if err != nil {
				return err
			}
			text := plainHTML(at(r.g.cells, paragraph))
			if meaning := plainHTML(at(r.g.cells, asterisk)); meaning != "" {
				text = strings.TrimSpace(text + "\n* " + strings.TrimPrefix(meaning, "*"))
			}
			d.group(groupKey{list, n}).paragraph = text
			return nil
		}
	}
}

// contractorKey names a version of a contractor, as all tables refer to it.
func contractorKey(g *grid) func() string {
	id, kind, version := g.column("contractor_id"), g.column("contractor_type_id"), g.column("contractor_version")
	return func() string { return g.cell(id) + "/" + g.cell(kind) + "/" + g.cell(version) }
}

func readDocumentContractors(r *documentReader) func() error {
	key := contractorKey(r.g)
	return func() error {
		d, err := r.document()
		if err == nil {
			d.contractors = append(d.contractors, key())
		}
		return err
	}
}

func readDocumentStates(r *documentReader) func() error {
	state := r.g.column("state_id")
	return func() error {
		d, err := r.document()
		if err == nil {
			d.states = append(d.states, r.g.cell(state))
		}
		return err
	}
}

// readRelated reads which determination an article belongs to, and the other way round.
func readRelated(r *documentReader) func() error {
	article, lcd := r.g.column("r_article_id"), r.g.column("r_lcd_id")
	return func() error {
		d, err := r.document()
		if err != nil {
			return err
		}
		if n := strings.TrimLeft(r.g.cell(article), "0"); digits(n) {
			d.related = append(d.related, "A"+n)
		}
		if n := strings.TrimLeft(r.g.cell(lcd), "0"); digits(n) {
			d.related = append(d.related, "L"+n)
		}
		return nil
	}
}

func readContractors(g *grid, f *coverageFacts) func() error {
	key, number, name := contractorKey(g), g.column("contractor_number"), g.column("contractor_bus_name")
	return func() error {
		f.contractors[key()] = contractorRow{g.cell(number), g.cell(name)}
		f.count++
		return nil
	}
}

func readJurisdictions(g *grid, f *coverageFacts) func() error {
	key, state, from, to := contractorKey(g), g.column("state_id"), g.column("active_date"), g.column("term_date")
	return func() error {
		first, err := g.openDay(from)
		if err != nil {
			return err
		}
		last, err := g.openDay(to)
		if err != nil {
			return err
		}
		f.jurisdictions = append(f.jurisdictions, jurisdictionRow{key(), g.cell(state), first, last})
		f.count++
		return nil
	}
}

func readStates(g *grid, f *coverageFacts) func() error {
	number, short := g.column("state_id"), g.column("state_abbrev")
	return func() error {
		f.states[g.cell(number)] = strings.ToUpper(g.cell(short))
		f.count++
		return nil
	}
}
