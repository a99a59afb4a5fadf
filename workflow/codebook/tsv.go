package codebook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"caseconsultant/workflow/codes"
)

// starterTable describes one of the starter's tables: UTF-8, one row a line, columns named in the first line and separated by one tab, no
// quoting, lines that begin with # are comments, lists within a field separated by " | ", an empty field is "not stated".
type starterTable struct {
	file    string
	system  codes.System
	columns []string
	need    []string // columns that may not be empty
	row     func(f fields) row
}

func starterTables() []starterTable {
	who := []string{"from", "to", "author", "written", "reviewed_by", "credential", "reviewed"}
	procedure := slices.Concat([]string{"code", "category", "title", "done", "used", "included", "separately", "keywords", "listed"}, who)
	return []starterTable{
		{"cpt.tsv", codes.CPT, procedure, []string{"category", "title", "done"}, procedureRow},
		{"hcpcs.tsv", codes.HCPCS, slices.Concat(procedure, []string{"official", "official_source"}), []string{"title", "done"}, procedureRow},
		{"icd10cm.tsv", codes.ICD10CM, slices.Concat([]string{"code", "title", "official_source", "billable", "common", "keywords", "listed"}, who),
			[]string{"title", "billable"}, diagnosisRow},
		{"modifiers.tsv", codes.Modifier, slices.Concat([]string{"code", "system", "title", "meaning", "used", "keywords", "listed"}, who),
			[]string{"system", "title", "meaning"}, modifierRow},
		{"pos.tsv", codes.POS, slices.Concat([]string{"code", "title", "meaning", "keywords"}, who), []string{"title", "meaning"}, placeRow},
	}
}

// fields is one row by column name.
type fields map[string]string

func (f fields) list(column string) []string {
	if f[column] == "" {
		return nil
	}
	return strings.Split(f[column], " | ")
}

// source is the line under our own words: who wrote them, and when.
func (f fields) source() string {
	d, _ := parseDay(f["written"])
	return f["author"] + ", own words, " + d.words()
}

func (f fields) reviewed() string {
	if f["reviewed_by"] == "" {
		return NotReviewed
	}
	parts := []string{f["reviewed_by"]}
	if f["credential"] != "" {
		parts = append(parts, f["credential"])
	}
	if d, err := parseDay(f["reviewed"]); err == nil {
		parts = append(parts, d.words())
	}
	return strings.Join(parts, ", ")
}

// own adds a description in our words, if the column says anything.
func (f fields) own(texts []Description, kind, column string) []Description {
	if f[column] == "" {
		return texts
	}
	return append(texts, Description{Kind: kind, Text: f[column], Source: f.source(), ReviewedBy: f.reviewed()})
}

// statements adds one description for each statement of a list; each ends in the source that it rests on, in brackets.
func (f fields) statements(texts []Description, kind, column string) []Description {
	for _, s := range f.list(column) {
		text, source := splitStatement(s)
		texts = append(texts, Description{Kind: kind, Text: text, Source: source, ReviewedBy: f.reviewed()})
	}
	return texts
}

var statement = regexp.MustCompile(`^(.*\S)\s*\[([^\[\]]+)\]$`)

func splitStatement(s string) (text, source string) {
	if m := statement.FindStringSubmatch(s); m != nil {
		return m[1], m[2]
	}
	return s, ""
}

// base is what all tables share.
func (f fields) base(system codes.System) row {
	r := row{system: system, key: keyOf(f["code"]), keywords: f.list("keywords")}
	r.billable = true
	r.from, _ = parseDay(f["from"])
	r.to, _ = parseDay(f["to"])
	if listed := f.list("listed"); listed != nil {
		r.flags = append(r.flags, flag{"listed", strings.Join(listed, "; ")})
	}
	return r
}

func procedureRow(f fields) row {
	system := codes.CPT
	if _, ok := f["official"]; ok {
		system = codes.HCPCS
	}
	r := f.base(system)
	r.title = f["title"]
	if f["official"] != "" {
		r.title, r.short = f["official"], f["title"]
		r.texts = append(r.texts, Description{Kind: KindOfficial, Text: f["official"], Source: f["official_source"]})
	}
	if f["category"] != "" {
		r.flags = append(r.flags, flag{"category", f["category"]})
	}
	r.texts = f.own(r.texts, KindShort, "title")
	r.texts = f.own(r.texts, KindCommon, "done")
	r.texts = f.own(r.texts, KindUsedWhen, "used")
	r.texts = f.statements(r.texts, KindIncluded, "included")
	r.texts = f.statements(r.texts, KindSeparate, "separately")
	r.more = f["done"] + " " + f["used"]
	return r
}

func diagnosisRow(f fields) row {
	r := f.base(codes.ICD10CM)
	r.title, r.billable = f["title"], f["billable"] == "1"
	if f["official_source"] != "" {
		r.texts = append(r.texts, Description{Kind: KindOfficial, Text: f["title"], Source: f["official_source"]})
	} else {
		r.texts = f.own(r.texts, KindShort, "title")
	}
	r.texts = f.own(r.texts, KindCommon, "common")
	r.more = f["common"]
	return r
}

func modifierRow(f fields) row {
	r := f.base(codes.Modifier)
	r.title = f["title"]
	r.flags = append(r.flags, flag{"modifier_of", f["system"]})
	r.texts = f.own(r.texts, KindShort, "title")
	r.texts = f.own(r.texts, KindCommon, "meaning")
	r.texts = f.own(r.texts, KindUsedWhen, "used")
	r.more = f["meaning"] + " " + f["used"]
	return r
}

func placeRow(f fields) row {
	r := f.base(codes.POS)
	r.title = f["title"]
	r.texts = f.own(r.texts, KindShort, "title")
	r.texts = f.own(r.texts, KindCommon, "meaning")
	r.more = f["meaning"]
	return r
}

// readStarter reads the starter's tables as one edition. A file system without a table is an error: the tables are part of the program.
func readStarter(files fs.FS) (*edition, error) {
	ed := &edition{kind: kindStarter, name: "CaseConsultant starter", file: "starter", titles: true}
	var bad faults
	for _, table := range starterTables() {
		rows, err := readStarterTable(files, table)
		if err != nil {
			bad.add(err)
			continue
		}
		ed.rows = append(ed.rows, rows...)
	}
	return ed, bad.err()
}

func readStarterTable(files fs.FS, table starterTable) ([]row, error) {
	file, err := files.Open(table.file)
	if err != nil {
		return nil, fmt.Errorf("reading the starter codebook: %w", err)
	}
	defer file.Close()
	var rows []row
	seen := map[string]int{}
	err = eachOwnRow(path.Join("starter", table.file), file, table.columns, func(lines *lineReader, header, cells []string) error {
		f, err := starterFields(lines, table, header, cells)
		if err != nil {
			return err
		}
		if at, twice := seen[f["code"]]; twice {
			return lines.fault(1, fmt.Sprintf("a code that is not yet in the table (line %d has it)", at), f["code"])
		}
		seen[f["code"]] = lines.n
		rows = append(rows, table.row(f))
		return nil
	})
	return rows, err
}

// eachOwnRow reads a table of ours: lines that begin with # are comments, the first other one names the columns, in any order, and f is
// called for each row. An error of f counts as a fault of its row, of which up to ten are gathered.
func eachOwnRow(name string, r io.Reader, columns []string, f func(lines *lineReader, header, cells []string) error) error {
	lines := newLineReader(name, r)
	var header []string
	var bad faults
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		cells := strings.Split(line, "\t")
		if header == nil {
			if header = cells; !slices.Equal(sorted(header), sorted(columns)) {
				return lines.fault(1, "the columns "+strings.Join(columns, ", ")+", separated by tabs", line)
			}
			continue
		}
		if err := f(lines, header, cells); err != nil && bad.add(err) {
			break
		}
	}
	if header == nil {
		return lines.fault(1, "a first line with the names of the columns", "")
	}
	return bad.err()
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// starterFields checks one row. Columns in messages are characters, so that an editor goes to the very field.
func starterFields(lines *lineReader, table starterTable, header, cells []string) (fields, error) {
	column := 1
	if len(cells) != len(header) {
		return nil, lines.fault(1, fmt.Sprintf("%d fields separated by single tabs", len(header)), fmt.Sprintf("%d fields", len(cells)))
	}
	f := fields{}
	for i, name := range header {
		if want := starterFieldFault(table, name, cells[i]); want != "" {
			return nil, lines.fault(column, want, cells[i])
		}
		f[name] = cells[i]
		column += len([]rune(cells[i])) + 1
	}
	from, _ := parseDay(f["from"])
	to, _ := parseDay(f["to"])
	if from != 0 && to != 0 && to < from {
		return nil, lines.fault(1, "a last day (to) that is not before the first (from)", f["to"])
	}
	if want := categoryFault(table, f); want != "" {
		return nil, lines.fault(1, want, f["code"])
	}
	return f, nil
}

// starterFieldFault says what is expected of a field that is wrong, "" for a right one.
func starterFieldFault(table starterTable, name, value string) string {
	for _, r := range value {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return name + " without control characters"
		}
	}
	if value != strings.TrimSpace(value) || strings.Contains(value, "  ") {
		return name + " without blanks at its ends or two in a row"
	}
	if value == "" {
		if slices.Contains(table.need, name) || name == "code" || name == "author" || name == "written" {
			return name + ", which may not be empty"
		}
		return ""
	}
	switch name {
	case "code":
		if value != show(table.system, keyOf(value)) || !slices.Contains(plausible(keyOf(value)), table.system) {
			return "a code as " + string(table.system) + " writes it"
		}
	case "category":
		if !slices.Contains([]string{"I", "II", "III", "PLA", "MAAA", "admin"}, value) && table.system == codes.CPT {
			return "the category I, II, III, PLA, MAAA or admin"
		}
	case "system":
		if value != "cpt" && value != "hcpcs" {
			return "the system cpt or hcpcs"
		}
	case "billable":
		if value != "0" && value != "1" {
			return "billable 0 or 1"
		}
	case "from", "to", "written", "reviewed":
		if d, err := parseDay(value); err != nil || d.String() != value {
			return name + " as YYYY-MM-DD"
		}
	case "included", "separately":
		for _, s := range strings.Split(value, " | ") {
			if !statement.MatchString(s) {
				return name + " as statements that each end in their [source], separated by \" | \""
			}
		}
	case "keywords", "listed":
		for _, s := range strings.Split(value, " | ") {
			if s == "" || strings.Contains(s, "|") || s != strings.TrimSpace(s) {
				return name + " as a list separated by \" | \""
			}
		}
	}
	return ""
}

// categoryFault: the last character of a CPT code tells its category.
func categoryFault(table starterTable, f fields) string {
	if table.system != codes.CPT {
		return ""
	}
	want := map[byte]string{'F': "II", 'T': "III", 'U': "PLA", 'M': "MAAA", 'A': "admin"}[f["code"][4]]
	if want == "" {
		want = "I"
	}
	if f["category"] != want {
		return "category " + want + " for a code of this form"
	}
	return ""
}
