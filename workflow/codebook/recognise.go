package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// head is the beginning of a file, by which it is recognised: names drift from release to release, layouts hardly do.
type head struct {
	lines []string   // decoded, at most 400; the last one may be cut unless whole. Of a workbook its rows, cells separated by tabs
	rows  [][]string // the first rows as a table, whichever way it is written
	whole bool       // the file ends here
	root  string     // root element, for XML
	names []string   // the file's name, then those of what holds it
	utf16 bool       // it begins with the byte order mark of UTF-16
}

// importer reads one kind of official file into an edition.
type importer struct {
	// what is the kind of file, for people.
	what string
	// matches looks at the beginning of the file. The first importer of the list that matches reads it.
	matches func(head) bool
	// read parses all of it; nil for what is recognised and not read yet. The warnings are for the report.
	read func(ctx context.Context, in input, r io.Reader) (*edition, []string, error)
}

// importers lists what is recognised, in the order in which it is tried. The list never changes; it is made once because it holds patterns.
var importers = sync.OnceValue(func() []importer {
	return slices.Concat([]importer{
		{"ICD-10-CM order file", isOrderFile(false), readOrder(kindICD10CM)},
		{"ICD-10-PCS order file", isOrderFile(true), readOrder(kindICD10PCS)},
		{"ICD-10-CM addenda of the order or codes file", isAddenda, readAddenda},
		{"HCPCS Level II, fixed width", isHCPCSFixed, readHCPCSFixed},
		{"HCPCS Level II, table", isHCPCSTable, readHCPCSTable},
		{"ICD-10-CM tabular list, XML", rootIs("ICD10CM.tabular"), readTabular},
		{"ICD-10-PCS tables, XML", rootIs("ICD10PCS.tabular"), readPCSTables},

		{"ICD-10-CM index, XML", rootIs("ICD10CM.index"), readIndex},
		{"ICD-10-PCS index, XML", rootIs("ICD10PCS.index"), readPCSIndex},
		{"ICD-10-PCS definitions, XML", rootIs("ICD10PCS.definitions"), readPCSDefinitions},
		{"XML schema" + notNeeded, rootIs("schema"), nil},
	}, sourceImporters(), []importer{
		{"NCCI procedure-to-procedure edits", isPTP, readPTP},
		{"NCCI medically unlikely edits (MUE)", isMUE, readMUE},
		{"NCCI add-on code edits, table", isAddOnTable, readAddOnTable},
		{"NCCI add-on code edits, fixed width", isAddOnFixed, readAddOnFixed},
		{"Medicare fee schedule relative values, table", isFeeTable, readFeeTable},
		{"Medicare fee schedule relative values, fixed width", isFeeFixed, readFeeFixed},
		{"Medicare geographic practice cost indices, table", isGPCITable, readGPCITable},
		{"Medicare geographic practice cost indices, fixed width", isGPCIFixed, readGPCIFixed},
		{"Medicare localities and counties, table", isCountyTable, readCountyTable},
		{"Medicare localities and counties, fixed width", isCountyFixed, readCountyFixed},
		{"Medicare anesthesia conversion factors, table", isFactorTable, readFactorTable},
		{"Medicare anesthesia conversion factors, fixed width", isFactorFixed, readFactorFixed},
		{"OPPS cap amounts", isCapTable, readCapTable},
		{"OPPS Addendum B", isAddendumB, readAddendumB},
		{"ASC addendum", isASC, readASC},

		// Last, because a list of bare codes has little to be known by.
		{"ICD-10-CM codes file", isCodesFile(false), readCodes(kindICD10CM)},
		{"ICD-10-PCS codes file", isCodesFile(true), readCodes(kindICD10PCS)},
	})
})

// notNeeded ends the name of a kind of file that holds nothing for the book.
const notNeeded = ", not needed"

// recognise finds the importer for a file. ok is false for what nobody knows; why then says what it looks like.
func recognise(in input) (imp importer, why string, ok bool, err error) {
	switch ext := strings.ToLower(path.Ext(in.name())); ext {
	case ".xls", ".ods":
		return importer{}, "a spreadsheet of another make: save it as .xlsx, or use the text or csv file that is published beside it", false, nil
	case ".pdf", ".doc", ".docx", ".rtf", ".md", ".xsd", ".exe", ".mdb", ".accdb":
		return importer{}, "a document or program (" + ext + ")", false, nil
	}
	h, binary, err := readHead(in)
	if err != nil {
		return importer{}, "", false, err
	}
	switch {
	case binary && h.utf16:
		return importer{}, "text in UTF-16: save it as UTF-8", false, nil
	case binary && strings.EqualFold(path.Ext(in.name()), ".xlsx"):
		return importer{}, "a spreadsheet that cannot be opened as one: it is damaged, or protected", false, nil
	case binary:
		return importer{}, "not a text file", false, nil
	case len(h.lines) == 0:
		return importer{}, "empty", false, nil
	case isHTML(h):
		return importer{}, "a web page: a download that asks to accept a licence gives this page instead of the file; open its address in a browser, accept, and save the file itself", false, nil
	}
	for _, imp := range importers() {
		if imp.matches(h) {
			return imp, "", true, nil
		}
	}
	return importer{}, "of no layout that is known here", false, nil
}

func readHead(in input) (h head, binary bool, err error) {
	raw, err := readStart(in, headSize)
	if err != nil {
		return h, false, err
	}
	h.whole = len(raw) < headSize
	h.names = in.context
	if isZip(raw) {
		return workbookHead(in, h)
	}
	if strings.IndexByte(string(raw), 0) >= 0 {
		h.utf16 = strings.HasPrefix(string(raw), "\xff\xfe") || strings.HasPrefix(string(raw), "\xfe\xff")
		return h, true, nil
	}
	text := strings.TrimPrefix(string(raw), "\ufeff")
	for line := range strings.SplitSeq(text, "\n") {
		line = decodeText([]byte(strings.TrimRight(line, "\r\x1a")))
		if strings.TrimSpace(line) != "" {
			h.lines = append(h.lines, line)
		}
		if len(h.lines) == 400 {
			h.whole = false
			break
		}
	}
	if h.root = xmlRoot(text); h.root == "" {
		if s, err := openSheet(in.path, strings.NewReader(string(raw))); err == nil {
			h.rows = firstRows(s)
		}
	}
	return h, false, nil
}

// readStart reads the first bytes of an input, all of one that has fewer.
func readStart(in input, size int) ([]byte, error) {
	r, err := in.open()
	if err != nil {
		return nil, &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	defer r.Close()
	start := make([]byte, size)
	n, err := io.ReadFull(r, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	return start[:n], nil
}

// headRows of a table are looked at: the deepest known preamble (the fee schedule's) has ten.
const headRows = 40

func firstRows(s sheet) [][]string {
	var rows [][]string
	for len(rows) < headRows {
		cells, err := s.next()
		if err != nil {
			break // the end, or a fault that the importer reports
		}
		rows = append(rows, slices.Clone(cells))
	}
	return rows
}

// workbookHead looks at the first sheet; what is no workbook (a document, a program) is not read.
func workbookHead(in input, h head) (head, bool, error) {
	r, err := in.open()
	if err != nil {
		return h, false, &FileError{File: in.path, Want: "a readable file", Err: err}
	}
	defer r.Close()
	s, err := openSheet(in.path, r)
	if err != nil {
		return h, true, nil
	}
	h.rows = firstRows(s)
	for _, row := range h.rows {
		h.lines = append(h.lines, strings.Join(row, "\t"))
	}
	h.whole = false
	return h, false, nil
}

func xmlRoot(text string) string {
	if !strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "<") {
		return ""
	}
	d := newXMLDecoder(strings.NewReader(text))
	for {
		token, err := d.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Local
		}
	}
}

// full gives the lines that are certainly complete.
func (h head) full() []string {
	if h.whole || len(h.lines) < 2 {
		return h.lines
	}
	return h.lines[:len(h.lines)-1]
}

func rootIs(name string) func(head) bool {
	return func(h head) bool { return h.root == name }
}

func isHTML(h head) bool {
	start := strings.ToLower(strings.TrimSpace(h.lines[0]))
	return strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") || strings.EqualFold(h.root, "html")
}

// mostLines reports whether at least nine lines of ten look right, so that a damaged line is reported as such, with its number, and does
// not make the whole file unknown.
func mostLines(h head, right func(string) bool) bool {
	lines, n := h.full(), 0
	for _, line := range lines {
		if right(line) {
			n++
		}
	}
	return n > 0 && n*10 >= len(lines)*9
}

var (
	orderLine = regexp.MustCompile(`^[0-9]{5} [0-9A-Z]{3,7} {1,5}[01] `)
	codesLine = regexp.MustCompile(`^[0-9A-Z]{3,7} *(?: \S.*)?$`)
)

func isOrderFile(pcs bool) func(head) bool {
	return func(h head) bool {
		if !mostLines(h, orderLine.MatchString) {
			return false
		}
		var keys []string
		for _, line := range h.full() {
			if orderLine.MatchString(line) {
				keys = append(keys, columns(line, 7, 13))
			}
		}
		return looksPCS(h, keys) == pcs
	}
}

func isCodesFile(pcs bool) func(head) bool {
	return func(h head) bool {
		var keys []string
		right := func(line string) bool {
			key := columns(line, 1, 7)
			if !codesLine.MatchString(line) || !isICD10CM(key) && !isICD10PCS(key) {
				return false
			}
			keys = append(keys, key)
			return true
		}
		return mostLines(h, right) && looksPCS(h, keys) == pcs
	}
}

// looksPCS tells the two ICD-10 systems apart, which share their layouts: PCS codes all have 3 (a table) or 7 characters, use neither I
// nor O, and many begin with a digit, which no diagnosis does.
func looksPCS(h head, keys []string) bool {
	for _, key := range keys {
		if digit(key[0]) {
			return true
		}
		if !isICD10PCS(key) && !isPCSTable(key) {
			return false
		}
	}
	for _, name := range h.names {
		name = strings.ToLower(name)
		if strings.Contains(name, "pcs") {
			return true
		}
		if strings.Contains(name, "icd10cm") || strings.Contains(name, "icd-10-cm") {
			return false
		}
	}
	for _, key := range keys {
		if !isICD10CM(key) {
			return true
		}
	}
	return false
}

func isAddenda(h head) bool {
	for _, line := range h.lines {
		if addendaLine.MatchString(line) || addendaTotal.MatchString(line) {
			return true
		}
	}
	return false
}
