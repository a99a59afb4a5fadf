package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/net/html/charset"
)

func newXMLDecoder(r io.Reader) *xml.Decoder {
	d := xml.NewDecoder(r)
	d.CharsetReader = charset.NewReaderLabel
	return d
}

// xmlReader walks an XML file and reports faults at their line.
type xmlReader struct {
	in input
	d  *xml.Decoder
	n  int
}

func newXMLReader(in input, r io.Reader) *xmlReader {
	return &xmlReader{in: in, d: newXMLDecoder(r)}
}

func (x *xmlReader) fault(want, got string, err error) error {
	line, column := x.d.InputPos()
	return &FileError{File: x.in.path, Line: line, Column: column, Want: want, Got: got, Err: err}
}

// next gives the next start or end element, or io.EOF.
func (x *xmlReader) next(ctx context.Context) (xml.Token, error) {
	for {
		if x.n++; x.n%8192 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		token, err := x.d.Token()
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, x.fault("well-formed XML", "", err)
		}
		switch token.(type) {
		case xml.StartElement, xml.EndElement:
			return token, nil
		}
	}
}

// text reads the text inside the element that has just begun, to its end; elements inside it lend their text.
func (x *xmlReader) text() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := x.d.Token()
		if err != nil {
			return "", x.fault("the end of an element", "", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.CharData:
			b.Write(t)
		}
	}
	return squeeze(b.String()), nil
}

// versionElement is what the XML files of the code sets begin with.
const versionElement = "a <version> element with the year"

var monthVersion = regexp.MustCompile(`^(20[0-9]{2})(?:[^0-9].*)?$`)

// edition begins the edition of a file whose <version> has just begun. The month stands in its name only (icd10cm-tabular-April-2026.xml).
func (x *xmlReader) edition(kind, label string) (*edition, error) {
	text, err := x.text()
	if err != nil {
		return nil, err
	}
	m := monthVersion.FindStringSubmatch(text)
	if m == nil {
		return nil, x.fault("the year of the release in <version>", text, nil)
	}
	year, _ := strconv.Atoi(m[1])
	_, month := dateInName(x.in.context[:1])
	return icdEditionOf(kind, label, year, month), nil
}

// skip passes over the element that has just begun.
func (x *xmlReader) skip() error {
	if err := x.d.Skip(); err != nil {
		return x.fault("well-formed XML", "", err)
	}
	return nil
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
