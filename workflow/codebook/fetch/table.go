package fetch

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The two ways to a file.
const (
	AccessOpen  = "open"          // published for everyone
	AccessClick = "click-through" // a person must accept a licence first
)

// The periods for which editions are made.
const (
	PeriodFiscalYear = "fiscal-year"
	PeriodApril      = "april"
	PeriodQuarter    = "quarter"
	PeriodYear       = "year"
	PeriodFixed      = "fixed" // "fixed 2018": one edition, with that name
)

// Source is one row of the table: where one file of each release is. The comment on top of the embedded table says what its columns mean.
type Source struct {
	Source, Name   string
	Access, Period string
	Fixed          string // the edition's name where Period is PeriodFixed
	Address, File  string
	Contains       *regexp.Regexp
	Most           int64 // bytes
	Checked        string
	Page, Note     string
}

//go:embed sources.tsv
var embedded string

// EmbeddedText is the table that the program brings along, as a person edits it.
func EmbeddedText() string { return embedded }

// Embedded is the table that the program brings along.
func Embedded() []Source {
	sources, err := ReadTable(strings.NewReader(embedded), "the embedded table")
	if err != nil {
		panic(err) // it is part of the program
	}
	return sources
}

// Merge lays rows over others: they replace all rows of the sources that they name.
func Merge(base, over []Source) []Source {
	named := map[string]bool{}
	for _, s := range over {
		named[s.Source] = true
	}
	out := slices.DeleteFunc(slices.Clone(base), func(s Source) bool { return named[s.Source] })
	return append(out, over...)
}

// Hosts are the hosts that a table names: the only ones that are asked, and that redirects may lead to.
func Hosts(sources []Source) map[string]bool {
	hosts := map[string]bool{}
	for _, s := range sources {
		if u, err := url.Parse(s.Address); err == nil && u.Host != "" {
			hosts[strings.ToLower(u.Host)] = true
		}
	}
	return hosts
}

var columns = []string{"source", "name", "access", "period", "address", "file", "contains", "most", "checked", "page", "note"}

var sourceName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,40}$`)

// ReadTable reads a table of sources: tab separated, lines that begin with # left out. Errors name the file and line, all of them at once.
func ReadTable(r io.Reader, name string) ([]Source, error) {
	c := csv.NewReader(io.LimitReader(r, 4<<20))
	c.Comma, c.Comment, c.LazyQuotes, c.FieldsPerRecord = '\t', '#', true, -1
	head, err := c.Read()
	if err != nil || !slices.Equal(head, columns) {
		return nil, fmt.Errorf("%s: expected a tab-separated table with the columns %s", name, strings.Join(columns, " "))
	}
	var sources []Source
	var faults []error
	for {
		cells, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := c.FieldPos(0)
		s, err := readSource(cells)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, line, err))
			continue
		}
		sources = append(sources, s)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s: the table has no rows", name)
	}
	return sources, nil
}

func readSource(cells []string) (s Source, err error) {
	if len(cells) != len(columns) {
		return s, fmt.Errorf("expected %d columns, found %d", len(columns), len(cells))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	s = Source{Source: cells[0], Name: cells[1], Access: cells[2], Address: cells[4], File: cells[5], Checked: cells[8], Page: cells[9], Note: cells[10]}
	s.Period, s.Fixed, _ = strings.Cut(cells[3], " ")
	switch {
	case !sourceName.MatchString(s.Source):
		return s, fmt.Errorf("source %q: write small letters, digits and hyphens", s.Source)
	case s.Name == "":
		return s, errors.New("the name is empty")
	case s.Access != AccessOpen && s.Access != AccessClick:
		return s, fmt.Errorf("access %q: write open or click-through", s.Access)
	case !slices.Contains([]string{PeriodFiscalYear, PeriodApril, PeriodQuarter, PeriodYear, PeriodFixed}, s.Period) || (s.Period == PeriodFixed) != (s.Fixed != ""):
		return s, fmt.Errorf(`period %q: write fiscal-year, april, quarter, year or, for example, "fixed 2018"`, cells[3])
	case !validAddress(s.Page):
		return s, fmt.Errorf("page %q: write an https address", s.Page)
	case s.Checked != "never" && !isDay(s.Checked):
		return s, fmt.Errorf("checked %q: write never, or a day such as 2026-12-01", s.Checked)
	case s.Access == AccessClick:
		return s, nil
	}
	c, err := candidate(s, edition{fiscal: 2026, year: 2026, quarter: 1})
	if err != nil {
		return s, err
	}
	if !validAddress(c.Address) {
		return s, fmt.Errorf("address %q: write an https address", s.Address)
	}
	if cells[6] == "" {
		return s, errors.New("contains is empty: without it nobody knows what came")
	}
	if s.Contains, err = regexp.Compile(cells[6]); err != nil {
		return s, fmt.Errorf("contains: %w", err)
	}
	number, ok := strings.CutSuffix(cells[7], "MB")
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || err != nil || n < 1 || n > 10_000 {
		return s, fmt.Errorf("most %q: write a size such as 50MB", cells[7])
	}
	s.Most = n * 1_000_000
	return s, nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func validAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.ContainsAny(s, "{}")
}

// Target is one file of one release.
type Target struct {
	Source, Name, Access string
	// Release names the edition for people: "FY2027", "FY2027 April", "2026 Q4".
	Release string
	// Candidates are the addresses under which it may be, tried in order. Empty for click-through.
	Candidates []Candidate
	// Optional: not every period has one.
	Optional bool
	Page     string
	Checked  string // of the first candidate
	Note     string
}

// Candidate is one address.
type Candidate struct {
	Address, File string
	Contains      *regexp.Regexp
	Most          int64
	Checked       string
}

// edition is what the placeholders of an address stand for.
type edition struct {
	name                  string
	fiscal, year, quarter int
}

// editionOn is the edition of a period that is in force on a day; ok is false for the April edition between October and March.
func editionOn(s Source, day time.Time) (e edition, ok bool) {
	e.year, e.quarter = day.Year(), (int(day.Month())-1)/3+1
	if e.fiscal = e.year; e.quarter == 4 {
		e.fiscal++ // fiscal year Y is 1 October Y-1 to 30 September Y
	}
	switch s.Period {
	case PeriodFiscalYear:
		e.name = fmt.Sprintf("FY%d", e.fiscal)
	case PeriodApril:
		e.name = fmt.Sprintf("FY%d April", e.fiscal)
		return e, e.quarter == 2 || e.quarter == 3
	case PeriodQuarter:
		e.name = fmt.Sprintf("%d Q%d", e.year, e.quarter)
	case PeriodYear:
		e.name = strconv.Itoa(e.year)
	default:
		e.name = s.Fixed
	}
	return e, true
}

// candidate fills the placeholders of a row.
func candidate(s Source, e edition) (Candidate, error) {
	months := []string{"january", "april", "july", "october"}
	fill := strings.NewReplacer("{fy}", strconv.Itoa(e.fiscal), "{year}", strconv.Itoa(e.year), "{yy}", fmt.Sprintf("%02d", e.year%100),
		"{month}", months[e.quarter-1], "{q}", strconv.Itoa(e.quarter))
	c := Candidate{Address: fill.Replace(s.Address), File: fill.Replace(s.File), Contains: s.Contains, Most: s.Most, Checked: s.Checked}
	if c.File == "" {
		u, err := url.Parse(c.Address)
		if err != nil {
			return c, fmt.Errorf("address: %w", err)
		}
		c.File = strings.ReplaceAll(path.Base(u.Path), " ", "-")
	}
	if !filepath.IsLocal(c.File) || filepath.Base(c.File) != c.File || strings.HasPrefix(c.File, ".") || strings.ContainsAny(c.File, `/\:*?"<>|{}`) || c.File == ManifestName {
		return c, fmt.Errorf("file %q: write a plain file name", c.File)
	}
	return c, nil
}

// Targets lists, in the order of the table, what was in force on each of the days, each file once.
func Targets(sources []Source, days []time.Time) []Target {
	var targets []Target
	at := map[string]int{}
	for _, day := range days {
		for _, s := range sources {
			e, ok := editionOn(s, day)
			if !ok {
				continue
			}
			key := s.Source + " " + e.name
			i, have := at[key]
			if !have {
				i = len(targets)
				at[key] = i
				targets = append(targets, Target{Source: s.Source, Name: s.Name, Access: s.Access, Release: e.name, Optional: s.Period == PeriodApril,
					Page: s.Page, Checked: s.Checked, Note: s.Note})
			}
			if s.Access != AccessOpen {
				continue
			}
			c, err := candidate(s, e)
			if err != nil || slices.ContainsFunc(targets[i].Candidates, func(o Candidate) bool { return o.Address == c.Address }) {
				continue // an error was told when the table was read
			}
			targets[i].Candidates = append(targets[i].Candidates, c)
		}
	}
	return targets
}

// ParseRelease reads which releases are wanted: a day, a fiscal year (FY2027, both of its editions), a quarter (2026Q4) or a calendar year.
// It gives a day within each of them.
func ParseRelease(s string) ([]time.Time, error) {
	day := func(year int, month time.Month) time.Time { return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC) }
	if t, err := time.Parse(time.DateOnly, s); err == nil && t.Year() >= 1990 {
		return []time.Time{t}, nil
	}
	upper := strings.ToUpper(s)
	number := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && len(s) == 4 && n >= 1990 && n <= 2100
	}
	if rest, ok := strings.CutPrefix(upper, "FY"); ok {
		if y, ok := number(rest); ok {
			return []time.Time{day(y-1, time.October), day(y, time.April)}, nil
		}
	}
	if y, q, ok := strings.Cut(upper, "Q"); ok && len(q) == 1 && q >= "1" && q <= "4" {
		if y, ok := number(y); ok {
			return []time.Time{day(y, time.Month(int(q[0]-'1')*3+1))}, nil
		}
	}
	if y, ok := number(upper); ok {
		return []time.Time{day(y, time.January), day(y, time.April), day(y, time.July), day(y, time.October)}, nil
	}
	return nil, fmt.Errorf("%q names no release: write a day (2026-11-24), a fiscal year (FY2027), a quarter (2026Q4) or a year (2026)", s)
}
