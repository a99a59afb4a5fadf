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

	"caseconsultant/workflow/codes"
)

const kindCPT = "cpt"

// cptYearly reports whether a CPT code is of a sort that only changes with the year, so that a code missing from the year's files does not
// exist: category I but vaccines and immune globulins, which come when they are licensed. Categories II and III, PLA and administration
// codes come during the year too.
func cptYearly(key string) bool {
	return len(key) == 5 && digits(key) && !(key >= "90281" && key <= "90399") && !(key >= "90476" && key <= "90759") && !(key >= "91300" && key <= "91399")
}

// cptFile is one of the licensee's files: texts of one kind, all under one notice.
type cptFile struct {
	kind, source, copyright string
	order                   int  // where its texts stand among those of a code
	mixed                   bool // in upper and lower case; the other long file is in capitals
	system                  codes.System
	texts                   []cptText
}

type cptText struct{ key, text string }

// cptFacts are the licensed texts of a year.
type cptFacts struct{ files []cptFile }

func (f *cptFacts) rows() (n int) {
	for _, file := range f.files {
		n += len(file.texts)
	}
	return n
}

func (f *cptFacts) describe() string {
	return counted(f.rows()) + " licensed texts, hidden without a licence"
}

// codeRows lists the codes of all files, each once and without a word of them.
func (f *cptFacts) codeRows() []row {
	seen := map[codeKey]bool{}
	var rows []row
	for _, file := range f.files {
		for _, t := range file.texts {
			if k := (codeKey{file.system, t.key}); !seen[k] {
				seen[k] = true
				rows = append(rows, row{system: k.system, key: k.key, span: span{billable: true}})
			}
		}
	}
	return rows
}

// join takes another file of the year. Of the two or four files with the long descriptors (capitals or not, wrapped or not) one is kept.
func (f *cptFacts) join(part facts) error {
	for _, file := range part.(*cptFacts).files {
		i := slices.IndexFunc(f.files, func(have cptFile) bool { return have.kind == file.kind && have.system == file.system })
		switch {
		case i < 0:
			f.files = append(f.files, file)
		case file.mixed && !f.files[i].mixed:
			f.files[i] = file
		case file.mixed == f.files[i].mixed && file.kind != KindOfficial:
			return fmt.Errorf("both hold the %s descriptors", file.kind)
		}
	}
	return nil
}

func (f *cptFacts) write(w *writer, release int) {
	slices.SortFunc(f.files, func(a, b cptFile) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.system, b.system)) })
	w.each("INSERT INTO licensed_files (release, number, kind, licence, source, copyright) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for i, file := range f.files {
			insert(release, i, file.kind, LicenceCPT, file.source, file.copyright)
		}
	})
	w.each("INSERT INTO licensed_texts (release, system, code, file, number, text) VALUES ($1, $2, $3, $4, $5, $6)", func(insert func(...any)) {
		for i, file := range f.files {
			for n, t := range file.texts {
				insert(release, string(file.system), t.key, i, n, t.text)
			}
		}
	})
	f.writeSearch(w, release)
}

var (
	cptLine      = regexp.MustCompile(`^([0-9]{4}[0-9A-Z])([ \t])([^ \t][^\t]*[A-Za-z]{2}[^\t]*)$`)
	modifierLine = regexp.MustCompile(`^([0-9][0-9A-Z]|[A-Z][0-9])[ \t]+([A-Z].*)$`)
	amaNotice    = regexp.MustCompile(`(?i)american medical association`)
	amaYears     = regexp.MustCompile(`(?i)(?:copyright|©|\(c\))(.{0,200}?)american medical association`)
	anyYear      = regexp.MustCompile(`(?:19|20)[0-9]{2}`)
	cptYear      = regexp.MustCompile(`(?i)\bCPT\W{0,3}(?:\(R\)\s*)?((?:19|20)[0-9]{2})\b`)
)

// cptPreamble gives how many lines stand before the first that looks right, and whether the notice of the AMA is among them.
func cptPreamble(h head, line *regexp.Regexp) (n int, noticed bool) {
	for i, text := range h.lines {
		if line.MatchString(text) {
			return i, noticed
		}
		noticed = noticed || amaNotice.MatchString(text)
	}
	return len(h.lines), noticed
}

// isCPTDescriptors: the AMA's notice, then lines that begin with a code.
func isCPTDescriptors(h head) bool {
	n, noticed := cptPreamble(h, cptLine)
	lines := h.full()
	if !noticed || n >= len(lines) {
		return false
	}
	return mostLines(head{lines: lines[n:], whole: true}, cptLine.MatchString)
}

// isCPTModifiers: the notice, then modifiers of two characters, between headings.
func isCPTModifiers(h head) bool {
	n, noticed := cptPreamble(h, modifierLine)
	if !noticed || n >= len(h.lines) {
		return false
	}
	found := 0
	for _, line := range h.lines[n:] {
		if cptLine.MatchString(line) {
			return false
		}
		found += btoi(modifierLine.MatchString(line))
	}
	return found >= 3
}

func consumerColumns() []string {
	return []string{"Concept Id", "CPT Code", "Consumer Friendly Descriptor"}
}
func clinicianColumns() []string { return []string{"Concept Id", "CPT Code", "Clinician Descriptor"} }

// newCPT begins the edition of a file. The year is the one that its preamble names, else that of its name or folder (the AMA's own names
// have none). The AMA publishes a year's files in the September before it, under the copyright of that earlier year.
func newCPT(in input, preamble string) (*edition, *cptFile, error) {
	copyrighted := 0
	for _, m := range amaYears.FindAllStringSubmatch(preamble, -1) {
		for _, year := range anyYear.FindAllString(m[1], -1) { // "1966, 1970, ... 1983-2024"
			n, _ := strconv.Atoi(year)
			copyrighted = max(copyrighted, n)
		}
	}
	year, _, _ := datedBy(in.context)
	if m := cptYear.FindStringSubmatch(preamble); m != nil {
		year, _ = strconv.Atoi(m[1])
	}
	if year == 0 && copyrighted > 0 {
		year = copyrighted + 1
	}
	if year == 0 {
		return nil, nil, fmt.Errorf("%s: %w", in.path, errNoYear)
	}
	if copyrighted == 0 {
		copyrighted = year - 1
	}
	file := &cptFile{system: codes.CPT, source: fmt.Sprintf("CPT %d (%s)", year, in.base), copyright: fmt.Sprintf(
		"CPT copyright %d American Medical Association. All rights reserved. CPT is a registered trademark of the American Medical Association.", copyrighted)}
	ed := &edition{kind: kindCPT, name: fmt.Sprintf("CPT %d", year), first: makeDay(year, 1, 1), made: makeDay(year, 12, 31),
		rank: 1, licence: file.copyright}
	return ed, file, nil
}

// finishCPT lists the codes of the file and hangs its texts on.
func finishCPT(in input, ed *edition, file *cptFile) (*edition, []string, error) {
	if len(file.texts) == 0 {
		return nil, nil, in.wants("at least one code with its descriptor")
	}
	for _, t := range file.texts {
		file.mixed = file.mixed || strings.ToUpper(t.text) != t.text
	}
	ed.facts = &cptFacts{files: []cptFile{*file}}
	return ed, nil, nil
}

// readCPTDescriptors reads the licensee's SHORTU, MEDU, LONGUT, LONGULT (one line a code) and LONGUF, LONGULF (the code repeated on each line
// of a wrapped descriptor). Which it is shows by the name, else by the length of the texts (28 and 48 at most) and by the tab of LONGULT.
func readCPTDescriptors(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	var preamble strings.Builder
	var texts []cptText
	place := map[string]int{}
	longest, tabs, wrapped, begun := 0, false, false, false
	err := everyLine(ctx, in, r, func(lines *lineReader, line string) error {
		m := cptLine.FindStringSubmatch(line)
		if m == nil {
			if begun && strings.TrimSpace(line) != "" {
				return lines.fault(1, "a CPT code of five characters, then its descriptor", rawColumns(line, 1, 12))
			}
			if preamble.Len() < 8<<10 {
				preamble.WriteString(line + " ")
			}
			return nil
		}
		begun = true
		key, text := m[1], squeeze(m[3])
		if !isCPT(key) {
			return lines.fault(1, "a CPT code of five characters", key)
		}
		tabs = tabs || m[2] == "\t"
		longest = max(longest, len([]rune(text)))
		if i, ok := place[key]; ok {
			if i != len(texts)-1 {
				return lines.fault(1, "a code that is not yet in the file, or the line after its own", key)
			}
			texts[i].text += " " + text
			wrapped = true
			return nil
		}
		place[key] = len(texts)
		texts = append(texts, cptText{key, text})
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	ed, file, err := newCPT(in, preamble.String())
	if err != nil {
		return nil, nil, err
	}
	name := strings.ToUpper(in.name())
	file.texts, ed.whole = texts, true
	switch {
	case tabs || wrapped || strings.HasPrefix(name, "LONG"):
		file.kind, file.order = KindOfficial, 1
	case strings.HasPrefix(name, "MED") || longest > 28 && longest <= 48 && !strings.HasPrefix(name, "SHORT"):
		file.kind, file.order = KindMedium, 2
	case longest <= 28:
		file.kind, file.order = KindShort, 3
	default:
		file.kind, file.order = KindOfficial, 1
	}
	return finishCPT(in, ed, file)
}

// readCPTTable reads ConsumerDescriptor.txt and ClinicianDescriptor.txt: a header row, tabs, one or several rows a code.
func readCPTTable(kind string, order int, need []string) func(context.Context, input, io.Reader) (*edition, []string, error) {
	return func(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
		g, err := openGrid(in, r, need)
		if err != nil {
			return nil, nil, err
		}
		ed, file, err := newCPT(in, "")
		if err != nil {
			return nil, nil, err
		}
		file.kind, file.order = kind, order
		code, text := g.column(need[1]), g.column(need[2])
		err = g.each(ctx, func() error {
			key := strings.ToUpper(g.cell(code))
			switch {
			case !isCPT(key):
				return g.wrong(code, "a CPT code of five characters")
			case g.cell(text) == "":
				return g.wrong(text, "a descriptor")
			}
			file.texts = append(file.texts, cptText{key, g.cell(text)})
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		return finishCPT(in, ed, file)
	}
}

// readCPTModifiers reads MODUL.txt: sections headed by lines of text, in each a modifier and its text, which may go on in the next lines.
// The section of Level II modifiers is left out, as the HCPCS file has those.
func readCPTModifiers(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	var preamble strings.Builder
	var texts []cptText
	seen := map[string]bool{}
	begun, open, levelII := false, false, false
	err := everyLine(ctx, in, r, func(lines *lineReader, line string) error {
		trimmed := squeeze(line)
		m := modifierLine.FindStringSubmatch(line)
		switch {
		case m != nil && !levelII:
			begun, open = true, !seen[m[1]] // the section for surgery centers repeats some
			if open {
				seen[m[1]] = true
				texts = append(texts, cptText{m[1], squeeze(m[2])})
			}
		case !begun:
			if preamble.Len() < 8<<10 {
				preamble.WriteString(line + " ")
			}
		case trimmed == "":
			open = false
		case strings.Contains(trimmed, "Modifiers"):
			open, levelII = false, strings.Contains(trimmed, "Level II")
		case open:
			texts[len(texts)-1].text += " " + trimmed
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	ed, file, err := newCPT(in, preamble.String())
	if err != nil {
		return nil, nil, err
	}
	file.kind, file.order, file.system, file.texts = KindOfficial, 1, codes.Modifier, texts
	return finishCPT(in, ed, file)
}
