package codebook

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Workbooks as CMS publishes them (ECMA-376 part 1, 18.3 and 18.4; only what these files use): shared and inline strings, numbers as
// shortest decimals, blank cells left out. Formulas count by the value stored beside them.

// maxColumns of a row are read; no official table has half as many, and a stray cell far to the right would make every row long.
const maxColumns = 256

// workbookSheet reads the rows of one sheet.
type workbookSheet struct {
	file   string
	x      *xmlScanner
	shared []string
	cells  []string
	n      int  // number of the row given last
	held   bool // the row given last is given once more
	ended  bool
}

func openWorkbook(file string, r io.Reader) (sheet, error) {
	data, err := io.ReadAll(&boundedReader{r: r, left: maxInnerZip})
	if err != nil {
		return nil, &FileError{File: file, Want: "a readable workbook", Err: err}
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, &FileError{File: file, Want: "a workbook (.xlsx)", Err: err}
	}
	names, err := sheetNames(archive)
	if err != nil {
		return nil, &FileError{File: file, Want: "a workbook (.xlsx)", Err: err}
	}
	shared, err := sharedStrings(archive)
	if err != nil {
		return nil, &FileError{File: file, Want: "a workbook's strings", Err: err}
	}
	for _, name := range names {
		f, err := openPart(archive, name)
		if err != nil {
			return nil, &FileError{File: file, Want: "a sheet of the workbook", Err: err}
		}
		s := &workbookSheet{file: file, x: newXMLScanner(f), shared: shared}
		_, err = s.next()
		if errors.Is(err, io.EOF) {
			continue // some workbooks begin with a blank sheet
		}
		if err != nil {
			return nil, err
		}
		s.held = true
		return s, nil
	}
	return &workbookSheet{file: file, ended: true}, nil
}

func openPart(archive *zip.Reader, name string) (io.ReadCloser, error) {
	f, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&boundedReader{r: f, left: maxUnpacked}, f}, nil
}

// sheetNames lists the parts of the archive that are sheets, in the order of the workbook, hidden ones left out.
func sheetNames(archive *zip.Reader) ([]string, error) {
	var book struct {
		Sheets []struct {
			State string `xml:"state,attr"`
			ID    string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
			Loose string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := decodePart(archive, "xl/workbook.xml", &book); err != nil {
		return nil, err
	}
	var relations struct {
		List []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := decodePart(archive, "xl/_rels/workbook.xml.rels", &relations); err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range relations.List {
		target := r.Target
		if !strings.HasPrefix(target, "/") {
			target = "xl/" + target
		}
		targets[r.ID] = strings.TrimPrefix(path.Clean(target), "/")
	}
	var names []string
	for _, s := range book.Sheets {
		id := s.ID
		if id == "" {
			id = s.Loose
		}
		if name := targets[id]; name != "" && s.State != "hidden" && s.State != "veryHidden" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("it names no sheet")
	}
	return names, nil
}

func decodePart(archive *zip.Reader, name string, into any) error {
	f, err := openPart(archive, name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := xml.NewDecoder(io.LimitReader(f, 4<<20)).Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// sharedStrings reads the table of strings: all text of an item, but not how it is pronounced (rPh). A workbook may have none.
func sharedStrings(archive *zip.Reader) ([]string, error) {
	f, err := openPart(archive, "xl/sharedStrings.xml")
	if err != nil {
		return nil, nil
	}
	defer f.Close()
	x := newXMLScanner(f)
	var out []string
	var item strings.Builder
	total := 0
	inItem, phonetic := false, false
	for {
		err := x.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch name := string(x.name); {
		case name == "si" && !x.closing:
			item.Reset()
			if inItem, phonetic = !x.empty, false; x.empty {
				out = append(out, "")
			}
		case name == "si":
			if inItem {
				if total += item.Len(); total > maxInnerZip {
					return nil, errTooLarge
				}
				out = append(out, trimCell(decodeText([]byte(item.String()))))
			}
			inItem = false
		case name == "rPh":
			phonetic = !x.closing && !x.empty
		case name == "t" && x.closing && inItem && !phonetic:
			item.Write(x.text)
		}
	}
}

func (s *workbookSheet) line() int { return s.n }

func (s *workbookSheet) fault(cell int, want, got string) error {
	return &FileError{File: s.file, Line: s.n, Column: cell + 1, Want: want, Got: got}
}

func (s *workbookSheet) next() ([]string, error) {
	if s.ended {
		return nil, io.EOF
	}
	if s.held {
		s.held = false
		return s.cells, nil
	}
	s.cells = s.cells[:0]
	column, kind := -1, ""
	value := ""
	inRow := false
	for {
		err := s.x.next()
		if errors.Is(err, io.EOF) {
			s.ended = true
			return nil, io.EOF
		}
		if err != nil {
			return nil, &FileError{File: s.file, Line: s.n + 1, Want: "a sheet of a workbook", Err: err}
		}
		x := s.x
		switch name := string(x.name); {
		case name == "row" && !x.closing:
			column, inRow = -1, !x.empty
			s.cells = s.cells[:0]
			if n, err := strconv.Atoi(x.attribute("r")); err == nil && n > s.n && n < 1<<24 {
				s.n = n
			} else {
				s.n++
			}
		case name == "row" && inRow:
			return s.cells, nil
		case name == "c" && !x.closing && inRow:
			if n := columnOf(x.attribute("r")); n >= 0 {
				column = n
			} else {
				column++
			}
			kind, value = x.attribute("t"), ""
		case name == "v" && x.closing:
			value = string(x.text)
		case name == "t" && x.closing && kind == "inlineStr":
			value += string(x.text)
		case name == "c" && x.closing && inRow && column >= 0 && column < maxColumns:
			for len(s.cells) <= column {
				s.cells = append(s.cells, "")
			}
			if s.cells[column], err = s.cell(kind, value); err != nil {
				return nil, err
			}
		}
	}
}

func (s *workbookSheet) cell(kind, value string) (string, error) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(value)
		if err != nil || i < 0 || i >= len(s.shared) {
			return "", s.fault(len(s.cells)-1, "the number of one of the workbook's strings", value)
		}
		return s.shared[i], nil
	case "", "n":
		return number(value), nil
	}
	return trimCell(decodeText([]byte(value))), nil
}

// number writes a binary float as the shortest decimal that means it: the file has 32.346499999999999 for 32.3465.
func number(value string) string {
	if digits(value) {
		return value
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return trimCell(value)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if _, fraction, _ := strings.Cut(text, "."); len(fraction) > 10 {
		// What a calculation left behind (0.1+0.2) is noise below the tenth place.
		text = strings.TrimRight(strings.TrimRight(strconv.FormatFloat(f, 'f', 10, 64), "0"), ".")
	}
	return text
}

// columnOf reads the letters of a cell's place: A is 0, AA is 26; -1 when there are none.
func columnOf(place string) int {
	n := 0
	for i := 0; i < len(place) && place[i] >= 'A' && place[i] <= 'Z'; i++ {
		if n = n*26 + int(place[i]-'A') + 1; n > 1<<15 {
			return 1 << 15
		}
	}
	return n - 1
}

// xmlScanner walks over the tags of a sheet, some ten times as fast as encoding/xml: a part of the PTP edits has five million cells. It
// knows elements, attributes, text, comments and CDATA, and takes no notice of anything else.
type xmlScanner struct {
	r              *bufio.Reader
	name           []byte // of the tag reached, without its namespace's prefix
	attributes     []byte
	closing, empty bool
	text           []byte // the text before it
	tag            []byte
}

// maxXMLText bounds one text or tag; a cell holds at most 32,767 characters.
const maxXMLText = 1 << 20

func newXMLScanner(r io.Reader) *xmlScanner {
	return &xmlScanner{r: bufio.NewReaderSize(r, 64<<10)}
}

var errXML = errors.New("the XML is cut off or damaged")

// next goes to the next tag, io.EOF after the last.
func (x *xmlScanner) next() error {
	x.text = x.text[:0]
	for {
		var err error
		begin := len(x.text)
		if x.text, err = x.until(x.text, '<'); err != nil {
			return err // io.EOF: only here is an end no fault
		}
		x.text = x.text[:begin+len(unescape(x.text[begin:]))]
		if x.tag, err = x.until(x.tag[:0], '>'); err != nil {
			return unexpected(err)
		}
		switch {
		case bytes.HasPrefix(x.tag, []byte("!--")):
			for !bytes.HasSuffix(x.tag, []byte("--")) || len(x.tag) < 5 {
				if x.tag, err = x.until(append(x.tag, '>'), '>'); err != nil {
					return unexpected(err)
				}
			}
			continue
		case bytes.HasPrefix(x.tag, []byte("![CDATA[")):
			for !bytes.HasSuffix(x.tag, []byte("]]")) {
				if x.tag, err = x.until(append(x.tag, '>'), '>'); err != nil {
					return unexpected(err)
				}
			}
			x.text = append(x.text, x.tag[len("![CDATA["):len(x.tag)-2]...)
			continue
		case len(x.tag) == 0 || x.tag[0] == '?' || x.tag[0] == '!':
			continue
		}
		for odd(x.tag) { // a > inside an attribute
			if x.tag, err = x.until(append(x.tag, '>'), '>'); err != nil {
				return unexpected(err)
			}
		}
		break
	}
	tag := x.tag
	if x.closing = tag[0] == '/'; x.closing {
		tag = tag[1:]
	}
	if x.empty = len(tag) > 0 && tag[len(tag)-1] == '/'; x.empty {
		tag = tag[:len(tag)-1]
	}
	x.name, x.attributes = tag, nil
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		x.name, x.attributes = tag[:i], tag[i:]
	}
	if i := bytes.IndexByte(x.name, ':'); i >= 0 {
		x.name = x.name[i+1:]
	}
	return nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return errXML
	}
	return err
}

func odd(tag []byte) bool {
	return bytes.Count(tag, []byte{'"'})%2 != 0
}

// until appends what stands before a byte, and passes it.
func (x *xmlScanner) until(to []byte, stop byte) ([]byte, error) {
	for {
		part, err := x.r.ReadSlice(stop)
		if err == nil {
			return append(to, part[:len(part)-1]...), nil
		}
		to = append(to, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return to, err
		}
		if len(to) > maxXMLText {
			return to, errXML
		}
	}
}

// attribute is the value of an attribute by its plain name.
func (x *xmlScanner) attribute(name string) string {
	rest := x.attributes
	for {
		i := bytes.IndexByte(rest, '=')
		if i < 0 {
			return ""
		}
		key := bytes.TrimSpace(rest[:i])
		rest = bytes.TrimLeft(rest[i+1:], " \t\r\n")
		if len(rest) == 0 {
			return ""
		}
		quote := rest[0]
		end := bytes.IndexByte(rest[1:], quote)
		if end < 0 {
			return ""
		}
		if string(key) == name {
			return string(unescape(bytes.Clone(rest[1 : 1+end])))
		}
		rest = rest[end+2:]
	}
}

// unescape resolves the five named references and numbers, in place: what they mean is never longer than they are.
func unescape(text []byte) []byte {
	i := bytes.IndexByte(text, '&')
	if i < 0 {
		return text
	}
	out := text[:i]
	for rest := text[i:]; len(rest) > 0; {
		if rest[0] != '&' {
			next := bytes.IndexByte(rest, '&')
			if next < 0 {
				next = len(rest)
			}
			out = append(out, rest[:next]...)
			rest = rest[next:]
			continue
		}
		end := bytes.IndexByte(rest[:min(len(rest), 12)], ';')
		if end < 0 {
			out, rest = append(out, '&'), rest[1:]
			continue
		}
		switch name := string(rest[1:end]); name {
		case "amp":
			out = append(out, '&')
		case "lt":
			out = append(out, '<')
		case "gt":
			out = append(out, '>')
		case "quot":
			out = append(out, '"')
		case "apos":
			out = append(out, '\'')
		default:
			if n, ok := characterReference(name); ok {
				out = append(out, string(n)...)
			} else {
				out = append(out, rest[:end+1]...)
			}
		}
		rest = rest[end+1:]
	}
	return out
}

// characterReference reads #10 and #x0A.
func characterReference(name string) (rune, bool) {
	number, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(number), "x"); ok {
		number, base = hex, 16
	}
	n, err := strconv.ParseInt(number, base, 32)
	if err != nil || n <= 0 || n > 0x10FFFF {
		return 0, false
	}
	return rune(n), true
}
