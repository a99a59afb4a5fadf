package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// maxPCSCodes bounds what a damaged tables file can multiply out to; FY2021 has 78,136.
const maxPCSCodes = 500_000

// axis is one of the seven characters of a table: its values with their labels.
type axis struct {
	pos    int
	title  string
	labels []label
}

type label struct{ code, text string }

// readPCSTables reads icd10pcs_tables_YYYY.xml (icd10pcs_tables.xsd): each pcsTable names characters 1 to 3, each of its pcsRow the values
// allowed for characters 4 to 7; the valid codes are the product of each row (the row says how many). The titles are put together from the
// labels of the table, as the tables themselves read; the order file's titles, when it is loaded for the same day, win over these.
func readPCSTables(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	t := pcsTables{xmlReader: newXMLReader(in, r), seen: map[string]bool{}}
	for {
		token, err := t.next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "version":
			if t.ed, err = t.edition(kindICD10PCS, "ICD-10-PCS"); err != nil {
				return nil, nil, err
			}
			t.ed.rank, t.ed.whole, t.ed.titles = 2, true, true
		case "pcsTable":
			if t.ed == nil {
				return nil, nil, t.fault("<version> before the first table", "pcsTable", nil)
			}
			if err := t.table(ctx); err != nil {
				return nil, nil, err
			}
		}
	}
	if t.ed == nil {
		return nil, nil, in.wants(versionElement)
	}
	return t.ed, nil, nil
}

type pcsTables struct {
	*xmlReader
	ed   *edition
	seen map[string]bool
}

func (t *pcsTables) table(ctx context.Context) error {
	var fixed []axis
	heading := false
	for {
		token, err := t.next(ctx)
		if err != nil {
			return t.cut(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			if e.Name.Local == "pcsTable" {
				return nil
			}
		case xml.StartElement:
			switch e.Name.Local {
			case "axis":
				a, err := t.axis(ctx, e, len(fixed)+1)
				if err != nil {
					return err
				}
				if len(a.labels) != 1 {
					return t.fault("one label for each of the first three characters of a table", a.title, nil)
				}
				fixed = append(fixed, a)
			case "pcsRow":
				if len(fixed) != 3 {
					return t.fault("three axes before the first row of a table", strconv.Itoa(len(fixed)), nil)
				}
				if !heading {
					heading = true
					t.heading(fixed)
				}
				if err := t.row(ctx, e, fixed); err != nil {
					return err
				}
			}
		}
	}
}

func (t *pcsTables) cut(err error) error {
	if errors.Is(err, io.EOF) {
		return t.fault("the end of the table", "", io.ErrUnexpectedEOF)
	}
	return err
}

func (t *pcsTables) axis(ctx context.Context, start xml.StartElement, want int) (axis, error) {
	pos, err := strconv.Atoi(attribute(start, "pos"))
	if err != nil || pos != want {
		return axis{}, t.fault("the axis of character "+strconv.Itoa(want), attribute(start, "pos"), nil)
	}
	a := axis{pos: pos}
	for {
		token, err := t.next(ctx)
		if err != nil {
			return a, t.cut(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			return a, nil
		case xml.StartElement:
			text, err := t.text()
			if err != nil {
				return a, err
			}
			switch e.Name.Local {
			case "title":
				a.title = text
			case "label":
				code := attribute(e, "code")
				if len(code) != 1 || !pcsCharacter(code[0]) {
					return a, t.fault("one character (no I, no O) in <label code>", code, nil)
				}
				a.labels = append(a.labels, label{code, text})
			}
		}
	}
}

func (t *pcsTables) heading(fixed []axis) {
	key, title := "", make([]string, 3)
	for i, a := range fixed {
		key += a.labels[0].code
		title[i] = a.labels[0].text
	}
	if t.seen[key] {
		return
	}
	t.seen[key] = true
	t.ed.rows = append(t.ed.rows, row{system: codes.ICD10PCS, key: key, span: span{title: strings.Join(title, ", "), order: len(t.ed.rows) + 1}})
}

func (t *pcsTables) row(ctx context.Context, start xml.StartElement, fixed []axis) error {
	axes := make([]axis, 0, 4)
	for open := true; open; {
		token, err := t.next(ctx)
		if err != nil {
			return t.cut(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			open = false
		case xml.StartElement:
			if e.Name.Local != "axis" {
				if err := t.skip(); err != nil {
					return err
				}
				continue
			}
			a, err := t.axis(ctx, e, len(axes)+4)
			if err != nil {
				return err
			}
			axes = append(axes, a)
		}
	}
	if len(axes) != 4 {
		return t.fault("four axes in a row", strconv.Itoa(len(axes)), nil)
	}
	product := len(axes[0].labels) * len(axes[1].labels) * len(axes[2].labels) * len(axes[3].labels)
	if want := attribute(start, "codes"); want != strconv.Itoa(product) {
		return t.fault("a row of "+want+" codes, as it says", strconv.Itoa(product), nil)
	}
	if len(t.ed.rows)+product > maxPCSCodes {
		return t.fault("at most "+strconv.Itoa(maxPCSCodes)+" codes", strconv.Itoa(len(t.ed.rows)+product), nil)
	}
	prefix := fixed[0].labels[0].code + fixed[1].labels[0].code + fixed[2].labels[0].code
	for _, c4 := range axes[0].labels {
		for _, c5 := range axes[1].labels {
			for _, c6 := range axes[2].labels {
				for _, c7 := range axes[3].labels {
					key := prefix + c4.code + c5.code + c6.code + c7.code
					if t.seen[key] {
						continue // two rows of a table may overlap
					}
					t.seen[key] = true
					t.ed.rows = append(t.ed.rows, row{system: codes.ICD10PCS, key: key, span: span{
						billable: true, order: len(t.ed.rows) + 1, title: pcsTitle(fixed, axes, c4, c5, c6, c7)}})
				}
			}
		}
	}
	return nil
}

// pcsTitle reads the table aloud: "Bypass, Cerebral Ventricle, Open, Autologous Tissue Substitute, Nasopharynx (Medical and Surgical,
// Central Nervous System and Cranial Nerves)". "No Device", "No Qualifier" and the like say nothing and are left out.
func pcsTitle(fixed, axes []axis, chosen ...label) string {
	parts := []string{fixed[2].labels[0].text}
	for i, l := range chosen {
		if l.code == "Z" && strings.EqualFold(l.text, "No "+axes[i].title) {
			continue
		}
		parts = append(parts, l.text)
	}
	return strings.Join(parts, ", ") + " (" + fixed[0].labels[0].text + ", " + fixed[1].labels[0].text + ")"
}
