package codebook

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"caseconsultant/workflow/codes"
)

// hcpcsFile turns the rows of a HCPCS file, whichever layout they came in, into an edition.
type hcpcsFile struct {
	ed       *edition
	seen     map[string]int // system and key to the line that has it
	withheld int
}

// hcpcsPlace says which system a code of the file belongs to, and whether its text may be used. The public file holds Level II codes and
// modifiers only; contractors' versions hold CPT (AMA) and dental codes (ADA), whose texts are not the government's to give away, and so
// are the physical status modifiers P1 to P6 (CPT) in the public file. Of these only the existence is kept.
func hcpcsPlace(key string, modifier bool) (system codes.System, free, ok bool) {
	switch {
	case modifier:
		own := len(key) == 2 && (digit(key[0]) || key[0] == 'P' && key[1] >= '1' && key[1] <= '6')
		return codes.Modifier, !own, len(key) == 2 && alphanumeric(key)
	case isHCPCS(key):
		return codes.HCPCS, true, true
	case isCDT(key):
		return codes.CDT, false, true
	case isCPT(key):
		return codes.CPT, false, true
	}
	return "", false, false
}

func (h *hcpcsFile) add(r hcpcsRow, at int, fault func(column int, want, got string) error, columnOf func(string) int) error {
	key := strings.TrimSpace(r.code)
	system, free, ok := hcpcsPlace(key, r.recid == "7" || r.recid == "8")
	if !ok {
		return fault(1, "a HCPCS code (a letter and four digits) or a modifier of two characters", r.code)
	}
	if first, twice := h.seen[string(system)+key]; twice {
		return fault(1, codeOnce(first), key)
	}
	from, err := openDay(r.added)
	if err != nil {
		return fault(columnOf("added"), "a date of the form YYYYMMDD (the day on which the code was added)", r.added)
	}
	to, err := openDay(r.terminated)
	if err != nil {
		return fault(columnOf("terminated"), "a date of the form YYYYMMDD (the last day of the code) or blanks", r.terminated)
	}
	long, short := squeeze(r.long), squeeze(r.short)
	if free && long == "" {
		return fault(columnOf("long"), "a long description", "")
	}
	if !free {
		if long != "" {
			h.withheld++
		}
		long, short = "", ""
	}
	if short == long {
		short = ""
	}
	h.seen[string(system)+key] = at
	h.ed.rows = append(h.ed.rows, row{system: system, key: key,
		span: span{billable: true, title: long, short: short, from: from, to: to, flags: hcpcsFlags(r, system)}})
	return nil
}

// openDay reads a date; blank, zeros, and the far future that some files write mean that the end is open.
func openDay(s string) (day, error) {
	switch s = strings.TrimSpace(s); s {
	case "", "*", "00000000", "99991231", "99999999":
		return 0, nil
	}
	return parseDay(s)
}

// hcpcsFlags keeps the facts of a row under names that a person can read. The meanings stand in HCPCyyyy_recordlayout.txt.
func hcpcsFlags(r hcpcsRow, system codes.System) []flag {
	var out []flag
	add := func(name, value string) {
		if value != "" {
			out = append(out, flag{name, value})
		}
	}
	if system != codes.HCPCS && system != codes.Modifier {
		return nil
	}
	add("added", isoDay(r.added))
	add("last_change", isoDay(r.effective))
	add("terminated", isoDay(r.terminated))
	add("action", withMeaning(r.action, "A added|B administrative data and long description changed|C long description changed|D discontinued|F administrative data changed|N no change in this release|P payment data changed|R reactivated|S short description changed|T other change"))
	add("coverage", withMeaning(r.cov, "C carrier's judgment|D special coverage instructions|I not payable by Medicare|M not covered by Medicare|S not covered by Medicare by statute"))
	add("replaced_by", r.xref)
	add("pricing", r.price)
	add("betos", r.betos)
	add("type_of_service", r.tos)
	add("statute", r.statute)
	add("coverage_manual", r.cim)
	add("carriers_manual", r.mcm)
	add("processing_note", r.note)
	if strings.Trim(r.base, "0") != "" {
		add("anesthesia_base_units", strings.TrimLeft(r.base, "0"))
	}
	return out
}

func isoDay(s string) string {
	d, err := openDay(s)
	if err != nil {
		return ""
	}
	return d.String()
}

// withMeaning gives "D: discontinued" for a letter of the list, else the letter.
func withMeaning(letter, list string) string {
	for item := range strings.SplitSeq(list, "|") {
		if code, meaning, _ := strings.Cut(item, " "); code == letter {
			return letter + ": " + meaning
		}
	}
	return letter
}

func (h *hcpcsFile) finish(path string) (*edition, []string, error) {
	if len(h.ed.rows) == 0 {
		return nil, nil, &FileError{File: path, Want: "at least one HCPCS record"}
	}
	h.ed.rank, h.ed.whole, h.ed.titles = 1, true, true
	var warnings []string
	if h.withheld > 0 {
		warnings = append(warnings, fmt.Sprintf("%s: %d descriptions are not the government's own (CPT, CDT) and were left out", path, h.withheld))
	}
	return h.ed, warnings, nil
}

// utf8Reader decodes line by line, so that encoding/csv sees UTF-8 and lines keep their numbers.
func utf8Reader(file string, r io.Reader) io.Reader {
	return &decodedLines{lines: newLineReader(file, bufio.NewReader(r))}
}

type decodedLines struct {
	lines *lineReader
	rest  string
}

func (d *decodedLines) Read(p []byte) (int, error) {
	if d.rest == "" {
		line, err := d.lines.next()
		if err != nil {
			return 0, err
		}
		d.rest = line + "\n"
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}
