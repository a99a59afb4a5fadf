package codebook

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// pad gives a number its leading zeros back.
func pad(s string, width int) string {
	if digits(s) && len(s) < width {
		return strings.Repeat("0", width-len(s)) + s
	}
	return s
}

// isLocalityKey: a contractor of four or five digits (spreadsheets drop the first zero) and a locality of one or two.
func isLocalityKey(contractor, number string) bool {
	return digits(contractor) && len(contractor) >= 4 && len(contractor) <= 5 && digits(number) && len(number) <= 2
}

func cleanName(s string) string { return squeeze(strings.TrimRight(s, "* ")) }

var yearInText = regexp.MustCompile(`((?:19|20)[0-9]{2})`)

// localYear dates a file of localities: the year by its title or captions, else by names; the quarter only by the archive's name (RVU25D).
func localYear(in input, kind string, f facts, rank int, texts []string, example string) (*edition, []string, error) {
	year := yearIn(texts, yearInText)
	by := ""
	if year == 0 {
		if year, by = yearNamed(in.context); year == 0 {
			return nil, nil, undated(in.path, example)
		}
	}
	month := 0
	for _, name := range in.context {
		if m := rvuInName.FindStringSubmatch(name); m != nil && m[1] == fmt.Sprintf("%02d", year%100) {
			month = strings.Index("abcd", strings.ToLower(m[2][:1]))*3 + 1
		}
	}
	ed := yearly(kind, year, month)
	ed.facts, ed.rank, ed.datedBy = f, rank, guessedBy(by)
	return ed, nil, nil
}

// GPCI.

type gpciFacts struct{ list []Locality }

func (f *gpciFacts) rows() int        { return len(f.list) }
func (f *gpciFacts) describe() string { return counted(len(f.list)) + " localities" }

func (f *gpciFacts) differs(other facts) string {
	plain := func(list []Locality) []gpciRow {
		out := make([]gpciRow, len(list))
		for i, l := range list {
			out[i] = gpciRow{l.Contractor + l.Number, l.Work, l.PE, l.Malpractice}
		}
		return out
	}
	return firstDifference(plain(f.list), plain(other.(*gpciFacts).list), func(r gpciRow) string { return r.key })
}

type gpciRow struct {
	key                   string
	work, pe, malpractice Decimal
}

func (f *gpciFacts) write(w *writer, release int) {
	w.each("INSERT INTO localities (release, contractor, number, state, name, work, pe, malpractice) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", func(insert func(...any)) {
		for _, l := range f.list {
			insert(release, l.Contractor, l.Number, l.State, l.Name, int64(l.Work), int64(l.PE), int64(l.Malpractice))
		}
	})
}

func isGPCITable(h head) bool {
	p, ok := captionsAbove(h, isGPCI)
	return ok && p.column("PW GPCI") >= 0
}

func isGPCI(cells []string) bool {
	return len(cells) >= 7 && isLocalityKey(cells[0], cells[2]) && len(cells[1]) == 2
}

// readGPCITable reads GPCIyyyy.csv: contractor, state, locality, name, and the indices of work, practice expense and malpractice, with
// footnotes after the rows.
func readGPCITable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &gpciFacts{}
	var places [3]int
	p, err := eachRow(ctx, table, isGPCI, func(above *preamble) error {
		places[0] = above.column("WITH 1.0 FLOOR", "PW GPCI")
		places[1], places[2] = above.column("PE GPCI"), above.column("MP GPCI")
		for i, name := range []string{"PW GPCI", "PE GPCI", "MP GPCI"} {
			if places[i] < 0 {
				return table.fault(0, "a column "+name+" above the first locality", "")
			}
		}
		return nil
	}, func(cells []string) error {
		if !isGPCI(cells) {
			if digits(cells[0]) {
				return table.fault(0, "contractor, state of two letters, locality, name and three indices", strings.Join(cells, ","))
			}
			return nil // a footnote
		}
		l := Locality{Contractor: pad(cells[0], 5), State: strings.ToUpper(cells[1]), Number: pad(cells[2], 2), Name: cleanName(cells[3])}
		for i, to := range []*Decimal{&l.Work, &l.PE, &l.Malpractice} {
			n, ok := parseDecimal(at(cells, places[i]))
			if !ok || n == 0 {
				return table.fault(places[i], "an index above 0", at(cells, places[i]))
			}
			*to = n
		}
		return f.add(l, func(want, got string) error { return table.fault(0, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, slices.Concat(p.texts, p.captions), 2)
}

var gpciLine = regexp.MustCompile(`^ *([0-9]{5}) +([A-Z]{2}) +([0-9]{2}) +(\S.*?) +([0-9]*\.[0-9]+) +([0-9]*\.[0-9]+) +([0-9]*\.[0-9]+) *$`)

func isGPCIFixed(h head) bool {
	n := 0
	for _, line := range h.lines {
		n += btoi(gpciLine.MatchString(line))
	}
	return n > 0 && anyLineContains(h, "GPCI")
}

func anyLineContains(h head, text string) bool {
	for _, line := range h.lines[:min(len(h.lines), 15)] {
		if strings.Contains(strings.ToUpper(line), text) {
			return true
		}
	}
	return false
}

// readGPCIFixed reads GPCIyyyy.txt: the same in columns of blanks.
func readGPCIFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	f := &gpciFacts{}
	var texts []string
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		m := gpciLine.FindStringSubmatch(line)
		if m == nil {
			if digits(columns(line, 1, 5)) {
				return lines.fault(1, "contractor, state, locality, name and three indices", line)
			}
			texts = append(texts, line)
			return nil
		}
		l := Locality{Contractor: m[1], State: m[2], Number: m[3], Name: cleanName(m[4])}
		l.Work, _ = parseDecimal(m[5])
		l.PE, _ = parseDecimal(m[6])
		l.Malpractice, _ = parseDecimal(m[7])
		return f.add(l, func(want, got string) error { return lines.fault(1, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, texts, 1)
}

func (f *gpciFacts) add(l Locality, fault func(want, got string) error) error {
	for _, have := range f.list {
		if have.Contractor == l.Contractor && have.Number == l.Number {
			return fault("a locality that is not yet in the file", l.Contractor+" "+l.Number)
		}
	}
	f.list = append(f.list, l)
	return nil
}

func (f *gpciFacts) edition(in input, texts []string, rank int) (*edition, []string, error) {
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one locality")
	}
	return localYear(in, kindGPCI, f, rank, texts, "GPCI2025.csv")
}

// Anesthesia.

type factorRow struct {
	contractor, number string
	factor             Decimal
}

type factorFacts struct{ list []factorRow }

func (f *factorFacts) rows() int        { return len(f.list) }
func (f *factorFacts) describe() string { return counted(len(f.list)) + " conversion factors" }

func (f *factorFacts) differs(other facts) string {
	// The text has no national factor, which begins the list of the table.
	local := func(list []factorRow) []factorRow {
		return slices.DeleteFunc(slices.Clone(list), func(r factorRow) bool { return r.contractor == "" })
	}
	return firstDifference(local(f.list), local(other.(*factorFacts).list), func(r factorRow) string { return r.contractor + r.number })
}

func (f *factorFacts) write(w *writer, release int) {
	w.each("INSERT INTO anesthesia_factors (release, contractor, number, factor) VALUES ($1, $2, $3, $4)", func(insert func(...any)) {
		for _, r := range f.list {
			insert(release, r.contractor, r.number, int64(r.factor))
		}
	})
}

var nationalFactor = regexp.MustCompile(`ANES(?:THESIA)? CF[^0-9]*([0-9]+\.[0-9]+)`)

func isFactorTable(h head) bool {
	p, ok := captionsAbove(h, isFactor)
	return ok && p.column("ANES") >= 0
}

func isFactor(cells []string) bool { return len(cells) >= 4 && isLocalityKey(cells[0], cells[1]) }

// readFactorTable reads ANESyyyy.csv: contractor, locality, name, conversion factor; the caption of the last names the national one.
func readFactorTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &factorFacts{}
	column := 3
	p, err := eachRow(ctx, table, isFactor, func(above *preamble) error {
		if column = above.column("ANES"); column < 0 {
			return table.fault(0, "a caption of the anesthesia conversion factor above the first locality", "")
		}
		if m := nationalFactor.FindStringSubmatch(above.captions[column]); m != nil {
			n, _ := parseDecimal(m[1])
			f.list = append(f.list, factorRow{factor: n})
		}
		return nil
	}, func(cells []string) error {
		if !isFactor(cells) {
			if digits(cells[0]) {
				return table.fault(0, "contractor, locality, name and factor", strings.Join(cells, ","))
			}
			return nil
		}
		n, ok := parseDecimal(at(cells, column))
		if !ok || n == 0 {
			return table.fault(column, "a conversion factor", at(cells, column))
		}
		return f.add(factorRow{pad(cells[0], 5), pad(cells[1], 2), n}, func(want, got string) error { return table.fault(0, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, p.texts, 2)
}

var factorLine = regexp.MustCompile(`^([0-9]{5}) {2,}([0-9]{2}) {2,}(\S.*?) +([0-9]{3,5}) *$`)

func isFactorFixed(h head) bool {
	return mostLines(h, factorLine.MatchString)
}

// readFactorFixed reads ANESyyyy.txt: contractor, locality, name, and the factor in cents.
func readFactorFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	f := &factorFacts{}
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		m := factorLine.FindStringSubmatch(line)
		if m == nil {
			return lines.fault(1, "contractor, locality, name and factor in cents", line)
		}
		cents, _ := strconv.Atoi(m[4])
		return f.add(factorRow{m[1], m[2], Decimal(cents) * 100}, func(want, got string) error { return lines.fault(1, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, nil, 1)
}

func (f *factorFacts) add(r factorRow, fault func(want, got string) error) error {
	for _, have := range f.list {
		if have.contractor == r.contractor && have.number == r.number {
			return fault("a locality that is not yet in the file", r.contractor+" "+r.number)
		}
	}
	f.list = append(f.list, r)
	return nil
}

func (f *factorFacts) edition(in input, texts []string, rank int) (*edition, []string, error) {
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one conversion factor")
	}
	return localYear(in, kindAnesthesia, f, rank, texts, "ANES2025.csv")
}

// Caps of imaging.

type capFacts struct{ list []Cap }

func (f *capFacts) rows() int        { return len(f.list) }
func (f *capFacts) describe() string { return counted(len(f.list)) + " amounts" }

func (f *capFacts) write(w *writer, release int) {
	w.each("INSERT INTO opps_caps (release, code, modifier, contractor, number, status, facility, office) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", func(insert func(...any)) {
		for _, c := range f.list {
			insert(release, c.Code, c.Modifier, c.Contractor, c.Number, c.Status, int64(c.Facility), int64(c.Office))
		}
	})
}

func isCapTable(h head) bool {
	p, ok := captionsAbove(h, isCap)
	return ok && p.column("PROCSTAT") >= 0 && p.column("CARRIER") >= 0
}

func isCap(cells []string) bool {
	return isProcedure(padCode(at(cells, 0))) && len(cells) >= 7
}

// readCapTable reads OPPSCAP_MON.csv: code, modifier, status, contractor, locality, and the amounts in a facility and elsewhere.
func readCapTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &capFacts{}
	seen := map[[4]string]bool{}
	p, err := eachRow(ctx, table, isCap, func(*preamble) error { return nil }, func(cells []string) error {
		c := Cap{Code: padCode(at(cells, 0)), Modifier: at(cells, 1), Status: at(cells, 2), Contractor: pad(at(cells, 3), 5), Number: pad(at(cells, 4), 2)}
		if _, ok := packCode(c.Code); !ok {
			return table.fault(0, "a code of five letters and digits", c.Code)
		}
		if !isLocalityKey(c.Contractor, c.Number) {
			return table.fault(3, "a contractor of five digits and a locality of two", c.Contractor+" "+c.Number)
		}
		for i, to := range []*Decimal{&c.Facility, &c.Office} {
			n, ok := parseDecimal(at(cells, 5+i))
			if !ok {
				return table.fault(5+i, "an amount", at(cells, 5+i))
			}
			*to = n
		}
		key := [4]string{c.Code, c.Modifier, c.Contractor, c.Number}
		if seen[key] {
			return table.fault(0, "a code, modifier and locality that are not yet in the file", strings.Join(key[:], " "))
		}
		seen[key] = true
		f.list = append(f.list, c)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one amount")
	}
	slices.SortFunc(f.list, func(a, b Cap) int {
		return cmp.Or(strings.Compare(a.Code, b.Code), strings.Compare(a.Modifier, b.Modifier), strings.Compare(a.Contractor, b.Contractor), strings.Compare(a.Number, b.Number))
	})
	return localYear(in, kindOPPSCap, f, 0, p.texts, "OPPSCAP_Oct.csv in RVU25D")
}
