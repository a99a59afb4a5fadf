package codebook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// edition is one release as an importer found it.
type edition struct {
	kind        string
	name        string
	first, made day    // first day; last day of the period that it was made for
	datedBy     string // the name that told the year, when it was a name
	file, sha   string
	parts       []string // further files of the same edition that were joined to it
	rank        int      // of two files for the same edition, the one that holds more wins
	whole       bool     // the file holds its code set whole
	titles      bool
	licence     string
	rows        []row
	notes       []placedNote // tabular only
	blocks      []block      // tabular only
	blockTitles []placedNote // tabular only
	changes     []codeChange // addenda only
	terms       []indexTerm  // indexes: words by which codes are found
	summary     string       // what was found in it, for the report; "" counts codes and headings
	counts      map[string]int
	facts       facts // what it holds besides codes; nil for code sets
}

// row is one code of an edition.
type row struct {
	system codes.System
	key    string
	span
	texts    []Description
	keywords []string // lay search words
	more     string   // further text worth finding it by
}

type placedNote struct {
	key, at, level string // key only for notes at a code
	kind, text     string
}

// block says where a three-character category stands in the tabular list.
type block struct{ category, block, chapter string }

type codeChange struct {
	system codes.System
	key    string
	action string
	text   string
}

var (
	yearInName  = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)[0-9]{2})(?:[^0-9]|$)`)
	monthInName = regexp.MustCompile(`(?i)(?:^|[^a-z])(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|jun(?:e)?|jul(?:y)?|aug(?:ust)?|sep(?:t|tember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?:[^a-z]|$)`)
)

// dateInName finds the year, and the month if one is written out, in the name of a file, else of the archive or folder that holds it.
// Official names drift (icd10cm_order_2020.txt, icd10cm-order-Jan-2021.txt, icd10cm-codes-April-1-2026.txt, HCPC2026_JUL_ANWEB_06172026.txt),
// so nothing but year and month is read from them.
func dateInName(names []string) (year, month int) {
	year, month, _ = datedBy(names)
	return year, month
}

// datedBy also gives the name that told.
func datedBy(names []string) (year, month int, name string) {
	for _, name := range names {
		m := yearInName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		year, _ = strconv.Atoi(m[1])
		if m := monthInName.FindStringSubmatch(name); m != nil {
			month = strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(m[1][:3]))/3 + 1
		}
		return year, month, name
	}
	return 0, 0, ""
}

var errNoYear = fmt.Errorf("the file does not say which edition it is, and neither its name nor its folder's holds a year; " +
	"give it a name such as icd10cm_order_2026.txt, icd10cm-order-April-2026.txt or HCPC2026_OCT_ANWEB.txt")

// fiscalYear gives the period of an ICD-10 edition: fiscal year Y is 1 October Y-1 to 30 September Y; a release of a month within it
// (1 April since FY2022, 1 January 2021) is complete and begins there.
func fiscalYear(year, month int) (fy int, first, made day) {
	switch {
	case month == 0:
		fy, first = year, makeDay(year-1, 10, 1)
	case month >= 10:
		fy, first = year+1, makeDay(year, month, 1)
	default:
		fy, first = year, makeDay(year, month, 1)
	}
	return fy, first, makeDay(fy, 9, 30)
}

// icdEdition starts an edition of an ICD-10 file, dated by its name.
func icdEdition(kind, label string, names []string) (*edition, error) {
	year, month, by := datedBy(names)
	if year == 0 {
		return nil, errNoYear
	}
	ed := icdEditionOf(kind, label, year, month)
	ed.datedBy = by
	return ed, nil
}

func icdEditionOf(kind, label string, year, month int) *edition {
	fy, first, made := fiscalYear(year, month)
	return &edition{kind: kind, first: first, made: made, name: fmt.Sprintf("%s FY%d from %s", label, fy, first.words())}
}

// hcpcsEdition: quarterly files name their month and are for that quarter; annual ones name the year alone.
func hcpcsEdition(names []string) (*edition, error) {
	year, month, by := datedBy(names)
	switch {
	case year == 0:
		return nil, errNoYear
	case month == 0:
		return &edition{datedBy: by, kind: kindHCPCS, first: makeDay(year, 1, 1), made: makeDay(year, 12, 31), name: fmt.Sprintf("HCPCS Level II %d", year)}, nil
	}
	first := (month-1)/3*3 + 1
	start := makeDay(year, first, 1)
	end := dayOf(start.time().AddDate(0, 3, -1))
	return &edition{datedBy: by, kind: kindHCPCS, first: start, made: end, name: fmt.Sprintf("HCPCS Level II %s %d", start.time().Format("January"), year)}, nil
}
