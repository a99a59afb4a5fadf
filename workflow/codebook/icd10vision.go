package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"caseconsultant/workflow/codes"
)

// vision reads <visualImpairment>, the table under H54 that says which visual acuity is which category: each category has a value and ranges
// in several notations, each with what it must be less than and what at least. It becomes one note a category.
//
// QUIRK: the file has the table at H54.8, beside a note that it classifies all of category H54; so it is kept at the category.
func (t *tabular) vision(ctx context.Context) error {
	if len(t.path) == 0 || t.path[len(t.path)-1] == "" {
		return t.fault("the <name> of the code before its table", "visualImpairment", nil)
	}
	key := t.path[0]
	open := []string{"visualImpairment"}
	var category string
	var ranges []string
	var least, most string
	for len(open) > 0 {
		token, err := t.next(ctx)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = t.fault("the end of the table", "", io.ErrUnexpectedEOF)
			}
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if name := start.Name.Local; name != "value" && name != "heading" {
				open = append(open, name)
				continue
			}
			text, err := t.text()
			if err != nil {
				return err
			}
			if start.Name.Local == "heading" {
				continue
			}
			switch open[len(open)-1] {
			case "visCategory":
				category, ranges = text, nil
			case "visMax":
				most = text
			case "visMin":
				least = text
			}
			continue
		}
		switch open[len(open)-1] {
		case "visRange":
			if text := acuity(most, least); text != "" {
				ranges = append(ranges, text)
			}
			least, most = "", ""
		case "visCategory":
			if category != "" && len(ranges) > 0 {
				t.ed.notes = append(t.ed.notes, placedNote{key: key, at: show(codes.ICD10CM, key), level: "code", kind: "visual-impairment",
					text: "category " + category + ": " + strings.Join(ranges, "; ")})
			}
			category, ranges = "", nil
		}
		open = open[:len(open)-1]
	}
	return nil
}

// acuity words one range.
func acuity(most, least string) string {
	switch {
	case most != "" && least != "":
		return "less than " + most + " and at least " + least
	case least != "":
		return "at least " + least
	case most != "" && most[0] >= '0' && most[0] <= '9':
		return "less than " + most
	}
	return most // "No light perception"
}
