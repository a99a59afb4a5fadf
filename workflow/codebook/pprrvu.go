package codebook

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// feeColumn is one column of the relative value file: the captions by which it is known in tables (joined over their rows, any of them),
// and its place in the fixed-width form.
type feeColumn struct {
	captions []string
	from, to int
	optional bool
	set      func(f *Fee, text string) (want string)
}

func amount(place func(*Fee) *Decimal) func(*Fee, string) string {
	return func(f *Fee, text string) string {
		n, ok := parseDecimal(text)
		if !ok {
			return "a number"
		}
		*place(f) = n
		return ""
	}
}

// mark reads a column that is blank or holds one mark.
func mark(place func(*Fee) *bool, sign string) func(*Fee, string) string {
	return func(f *Fee, text string) string {
		if text != "" && text != sign {
			return sign + " or nothing"
		}
		*place(f) = text == sign
		return ""
	}
}

// indicator reads a short code; what values there are changes from year to year.
func indicator(place func(*Fee) *string, width int) func(*Fee, string) string {
	return func(f *Fee, text string) string {
		if len(text) > width || text != "" && !alphanumeric(text) {
			return fmt.Sprintf("an indicator of at most %d characters", width)
		}
		*place(f) = text
		return ""
	}
}

// padded reads an indicator of digits that a spreadsheet may have robbed of its leading zeros.
func padded(place func(*Fee) *string, width int) func(*Fee, string) string {
	read := indicator(place, width)
	return func(f *Fee, text string) string {
		if digits(text) && len(text) < width {
			text = strings.Repeat("0", width-len(text)) + text
		}
		return read(f, text)
	}
}

// feeLayout is both layouts of PPRRVUyy. The fixed places were compared with the table over all 19,090 rows of RVU25D.
var feeLayout = []feeColumn{
	{[]string{"HCPCS"}, 1, 5, false, func(f *Fee, text string) string {
		if text = padCode(text); !isCPT(text) && !isHCPCS(text) && !isCDT(text) {
			return "a code of five letters and digits"
		}
		f.Code = text
		return ""
	}},
	{[]string{"MOD"}, 6, 7, false, indicator(func(f *Fee) *string { return &f.Modifier }, 2)},
	{[]string{"STATUS CODE"}, 58, 58, false, indicator(func(f *Fee) *string { return &f.Status }, 1)},
	{[]string{"NOT USED FOR MEDICARE PAYMENT"}, 59, 59, true, mark(func(f *Fee) *bool { return &f.NotPaid }, "+")},
	{[]string{"WORK RVU"}, 60, 65, false, amount(func(f *Fee) *Decimal { return &f.Work })},
	{[]string{"NON-FAC PE RVU", "NON-FACILITY PE RVU"}, 67, 72, false, amount(func(f *Fee) *Decimal { return &f.PEOffice })},
	{[]string{"NON-FAC NA INDICATOR", "NON-FACILITY NA INDICATOR"}, 73, 74, true, mark(func(f *Fee) *bool { return &f.NAOffice }, "NA")},
	{[]string{"FACILITY PE RVU"}, 76, 81, false, amount(func(f *Fee) *Decimal { return &f.PEFacility })},
	{[]string{"FACILITY NA INDICATOR"}, 82, 83, true, mark(func(f *Fee) *bool { return &f.NAFacility }, "NA")},
	{[]string{"MP RVU"}, 85, 89, false, amount(func(f *Fee) *Decimal { return &f.Malpractice })},
	{[]string{"NON-FACILITY TOTAL"}, 91, 96, false, amount(func(f *Fee) *Decimal { return &f.TotalOffice })},
	{[]string{"FACILITY TOTAL"}, 97, 102, false, amount(func(f *Fee) *Decimal { return &f.TotalFacility })},
	{[]string{"PCTC IND"}, 103, 103, false, indicator(func(f *Fee) *string { return &f.PCTC }, 1)},
	{[]string{"GLOB DAYS"}, 104, 106, false, padded(func(f *Fee) *string { return &f.GlobalDays }, 3)},
	{[]string{"PRE OP"}, 107, 109, false, amount(func(f *Fee) *Decimal { return &f.Pre })},
	{[]string{"INTRA OP"}, 110, 112, false, amount(func(f *Fee) *Decimal { return &f.Intra })},
	{[]string{"POST OP"}, 113, 115, false, amount(func(f *Fee) *Decimal { return &f.Post })},
	{[]string{"MULT PROC"}, 116, 116, false, indicator(func(f *Fee) *string { return &f.Multiple }, 1)},
	{[]string{"BILAT SURG"}, 117, 117, false, indicator(func(f *Fee) *string { return &f.Bilateral }, 1)},
	{[]string{"ASST SURG"}, 118, 118, false, indicator(func(f *Fee) *string { return &f.Assistant }, 1)},
	{[]string{"CO- SURG", "CO-SURG"}, 119, 119, false, indicator(func(f *Fee) *string { return &f.CoSurgeons }, 1)},
	{[]string{"TEAM SURG"}, 120, 120, false, indicator(func(f *Fee) *string { return &f.Team }, 1)},
	{[]string{"PRIC IND", "PRICING IND"}, 0, 0, true, indicator(func(f *Fee) *string { return &f.Pricing }, 2)},
	{[]string{"ENDO BASE"}, 128, 132, false, padded(func(f *Fee) *string { return &f.EndoscopyBase }, 5)},
	{[]string{"CONV FACTOR", "CONVERSION FACTOR"}, 133, 140, false, amount(func(f *Fee) *Decimal { return &f.Conversion })},
	{[]string{"PHYSICIAN SUPERVISION"}, 142, 143, true, padded(func(f *Fee) *string { return &f.Supervision }, 2)},
	{[]string{"CALCULATION FLAG"}, 144, 144, true, indicator(func(f *Fee) *string { return &f.Calculation }, 1)},
	{[]string{"IMAGING FAMILY"}, 146, 147, true, padded(func(f *Fee) *string { return &f.ImagingFamily }, 2)},
	{[]string{"NON-FACILITY PE USED"}, 152, 157, true, amount(func(f *Fee) *Decimal { return &f.OPPSOffice })},
	{[]string{"FACILITY PE USED"}, 159, 164, true, amount(func(f *Fee) *Decimal { return &f.OPPSFacility })},
	{[]string{"MP USED FOR OPPS"}, 166, 171, true, amount(func(f *Fee) *Decimal { return &f.OPPSMalpractice })},
}

// feePlaces finds the columns of a table by their captions. A caption that begins so is taken before one that only contains it: "FACILITY
// TOTAL" is not "NON-FACILITY TOTAL".
func feePlaces(captions []string) (places []int, missing string) {
	taken := map[int]bool{}
	places = make([]int, len(feeLayout))
	for i, column := range feeLayout {
		places[i] = -1
		for _, name := range column.captions {
			for at, caption := range captions {
				if !taken[at] && strings.HasPrefix(caption, name) && places[i] < 0 {
					places[i] = at
				}
			}
			for at, caption := range captions {
				if !taken[at] && strings.Contains(caption, name) && places[i] < 0 {
					places[i] = at
				}
			}
		}
		if places[i] >= 0 {
			taken[places[i]] = true
		} else if !column.optional {
			return nil, column.captions[0]
		}
	}
	return places, ""
}

// isFeeTable: captions HCPCS, MOD, STATUS CODE, WORK RVU over several rows, then rows that begin with a code.
func isFeeTable(h head) bool {
	p, ok := captionsAbove(h, isFee)
	if !ok {
		return false
	}
	_, missing := feePlaces(p.captions)
	return missing == ""
}

func isFee(cells []string) bool {
	return isProcedure(padCode(at(cells, 0))) && len(cells) >= 25 && len(at(cells, 3)) == 1
}

// isFeeFixed: lines that begin HDR, then records of some 171 columns with status and global days in their places.
func isFeeFixed(h head) bool {
	h.lines = slices.DeleteFunc(slices.Clone(h.lines), func(line string) bool { return strings.HasPrefix(line, "HDR") })
	return mostLines(h, func(line string) bool {
		return isProcedure(columns(line, 1, 5)) && len(line) >= 140 && columns(line, 58, 58) != "" && strings.Contains(columns(line, 60, 65), ".")
	})
}

var (
	feeTitle    = regexp.MustCompile(`(?i)((?:19|20)[0-9]{2}).*relative value`)
	qppInName   = regexp.MustCompile(`(?i)qpp|apm`)
	notQPP      = regexp.MustCompile(`(?i)non[-_ ]?(?:qpp|apm|qualifying)`)
	corrections = regexp.MustCompile(`(?i)(?:^|[^a-z])rvu[0-9]{2}ar(?:[^a-z]|$)`)
)

// readFeeTable reads PPRRVUyyyy_MON.csv, or the workbook: titles with year and month, four rows of captions above the header, then 31
// columns, or 32 since 2026. The description is not kept.
func readFeeTable(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	table, err := openSheet(in.path, r)
	if err != nil {
		return nil, nil, err
	}
	f := &feeFacts{}
	var places []int
	seen := map[string]int{}
	p, err := eachRow(ctx, table, isFee, func(above *preamble) error {
		var missing string
		if places, missing = feePlaces(above.captions); missing != "" {
			return table.fault(0, "a column "+missing+" above the first code", "")
		}
		return nil
	}, func(cells []string) error {
		one := Fee{}
		for i, column := range feeLayout {
			if want := column.set(&one, at(cells, places[i])); want != "" {
				return table.fault(places[i], want, at(cells, places[i]))
			}
		}
		return f.add(one, seen, table.line(), func(want, got string) error { return table.fault(0, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	return f.edition(in, p, 10)
}

// readFeeFixed reads PPRRVUyyyy_MON.txt: the same in fixed columns, below notices that begin with HDR.
func readFeeFixed(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	f := &feeFacts{}
	p := &preamble{}
	seen := map[string]int{}
	notice := ""
	err := eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		if text, ok := strings.CutPrefix(line, "HDR"); ok && len(f.list) == 0 {
			notice += strings.TrimPrefix(text, " ") // lines break within words
			return nil
		}
		one := Fee{}
		for _, column := range feeLayout {
			if column.from == 0 {
				continue
			}
			if want := column.set(&one, columns(line, column.from, column.to)); want != "" {
				return lines.fault(column.from, want, columns(line, column.from, column.to))
			}
		}
		return f.add(one, seen, lines.n, func(want, got string) error { return lines.fault(1, want, got) })
	})
	if err != nil {
		return nil, nil, err
	}
	p.texts = []string{squeeze(notice)}
	return f.edition(in, p, 5)
}

func (f *feeFacts) add(one Fee, seen map[string]int, line int, fault func(want, got string) error) error {
	name := strings.TrimSuffix(one.Code+"-"+one.Modifier, "-")
	if first, twice := seen[name]; twice {
		return fault(fmt.Sprintf("a code and modifier that are not yet in the file (line %d has them)", first), name)
	}
	seen[name] = line
	f.list = append(f.list, one)
	return nil
}

// edition dates the file by its title ("2025 National Physician Fee Schedule Relative Value File October Release"), else by names
// (PPRRVU2025_Oct, RVU25D).
func (f *feeFacts) edition(in input, p *preamble, rank int) (*edition, []string, error) {
	if len(f.list) == 0 {
		return nil, nil, in.wants("at least one row with a code")
	}
	year, month := 0, 0
	by := ""
	for _, text := range p.texts {
		if m := feeTitle.FindStringSubmatch(text); m != nil && year == 0 {
			year, _ = strconv.Atoi(m[1])
			_, month = dateInName([]string{text})
		}
	}
	if year == 0 || month == 0 {
		first, _, name := quarterNamed(in.context)
		switch {
		case first != 0 && (year == 0 || int(first)/10000 == year):
			year, month, by = int(first)/10000, int(first)/100%100, name
		case year == 0:
			if year, by = yearNamed(in.context); year == 0 {
				return nil, nil, undated(in.path, "PPRRVU2025_Oct.csv")
			}
		}
	}
	kind := kindFees
	for _, text := range slices.Concat(in.context, p.texts) {
		if notQPP.MatchString(text) {
			break
		}
		if qppInName.MatchString(text) {
			kind = kindFeesQPP
			break
		}
	}
	for _, name := range in.context {
		rank += btoi(corrections.MatchString(name)) // RVU25AR mends RVU25A
	}
	slices.SortFunc(f.list, compareFees)
	ed := yearly(kind, year, month)
	ed.facts, ed.licence, ed.rank, ed.datedBy = f, p.licence(), rank, guessedBy(by)
	return ed, nil, nil
}
