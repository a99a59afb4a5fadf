package codebook

import (
	"context"
	"database/sql"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

const kindPCSDefinitions = "icd10pcs-definitions"

const pcsDefinitionTables = `
CREATE TABLE pcs_definitions (
	release INTEGER NOT NULL,
	section TEXT NOT NULL,
	pos     INTEGER NOT NULL,
	title   TEXT NOT NULL,
	axis    TEXT NOT NULL,
	data    TEXT NOT NULL,
	PRIMARY KEY (release, section, pos, title)
) WITHOUT ROWID;
`

// PCSValue is what the definitions of ICD-10-PCS say of one of the values that make a code up.
type PCSValue struct {
	// Position is the character, 3 to 6; Axis is what it says ("Operation", "Approach").
	Position int    `json:"position"`
	Axis     string `json:"axis"`
	// Value is its label ("Resection").
	Value      string `json:"value"`
	Definition string `json:"definition,omitempty"`
	// Explanation says more; Includes are the words of records that mean it.
	Explanation string   `json:"explanation,omitempty"`
	Includes    []string `json:"includes,omitempty"`
	Release     string   `json:"release"`
}

type pcsDefinition struct {
	section, title, axis, data string
	pos                        int
}

type pcsDefinitionFacts struct{ list []pcsDefinition }

func (f *pcsDefinitionFacts) rows() int        { return len(f.list) }
func (f *pcsDefinitionFacts) describe() string { return counted(len(f.list)) + " values explained" }

func (f *pcsDefinitionFacts) write(w *writer, release int) {
	w.each("INSERT INTO pcs_definitions (release, section, pos, title, axis, data) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING", func(insert func(...any)) {
		for _, d := range f.list {
			insert(release, d.section, d.pos, d.title, d.axis, d.data)
		}
	})
}

// pcsDefinitions walks the file.
type pcsDefinitions struct {
	*xmlReader
	ed                  *edition
	facts               *pcsDefinitionFacts
	section, axis       string
	pos                 int
	titles              []string
	definition, explain string
	includes            []string
	open                []string
}

// readPCSDefinitions reads icd10pcs_definitions_YYYY.xml (icd10pcs_definitions.xsd): in each section, for an axis, terms with one or more
// titles and what they mean. The device aggregation at its end concerns the making of tables and is passed over.
func readPCSDefinitions(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	p := &pcsDefinitions{xmlReader: newXMLReader(in, r), facts: &pcsDefinitionFacts{}}
	for {
		token, err := p.next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			err = p.start(e)
		case xml.EndElement:
			p.open = p.open[:len(p.open)-1]
			if e.Name.Local == "terms" {
				err = p.term()
			}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if p.ed == nil {
		return nil, nil, in.wants(versionElement)
	}
	p.ed.rank, p.ed.titles, p.ed.facts = 1, true, p.facts
	return p.ed, nil, nil
}

func (p *pcsDefinitions) start(e xml.StartElement) (err error) {
	parent := ""
	if len(p.open) > 0 {
		parent = p.open[len(p.open)-1]
	}
	switch name := e.Name.Local; {
	case name == "version":
		p.ed, err = p.edition(kindPCSDefinitions, "ICD-10-PCS definitions")
		return err
	case name == "title" && parent == "axis":
		p.axis, err = p.text()
		return err
	case parent == "terms":
		text, err := p.text()
		switch name {
		case "title":
			p.titles = append(p.titles, text)
		case "definition":
			p.definition = text
		case "explanation":
			p.explain = text
		case "includes":
			p.includes = append(p.includes, strings.ReplaceAll(text, "\t", " "))
		}
		return err
	case name == "title":
		return p.skip()
	case name == "deviceAggregation":
		return p.skip()
	case name == "section":
		p.section = attribute(e, "code")
		if len(p.section) != 1 || !pcsCharacter(p.section[0]) {
			return p.fault("the character of the section in <section code>", p.section, nil)
		}
	case name == "axis":
		if p.pos, err = strconv.Atoi(attribute(e, "pos")); err != nil || p.pos < 1 || p.pos > 7 {
			return p.fault("a position from 1 to 7 in <axis pos>", attribute(e, "pos"), nil)
		}
	}
	p.open = append(p.open, e.Name.Local)
	return nil
}

// term ends one; each of its titles is a value of its own.
func (p *pcsDefinitions) term() error {
	if p.section == "" || p.pos == 0 || p.ed == nil {
		return p.fault("a section and an axis around the terms", strings.Join(p.titles, ", "), nil)
	}
	data := strings.Join(append([]string{p.definition, p.explain}, p.includes...), "\t")
	for _, title := range p.titles {
		p.facts.list = append(p.facts.list, pcsDefinition{section: p.section, pos: p.pos, axis: p.axis, title: title, data: data})
	}
	p.titles, p.definition, p.explain, p.includes = nil, "", "", nil
	return nil
}

// PCSValues says what the values of an ICD-10-PCS code mean on a day (zero: today), by position. The definitions name values by their
// labels, so they are found in the title of the code, the longest label of each position; without a title or definitions there are none.
func (b *Book) PCSValues(ctx context.Context, code string, on time.Time) ([]PCSValue, error) {
	key := keyOf(code)
	release := b.inForce(kindPCSDefinitions, b.day(on))
	if release < 0 || !isICD10PCS(key) {
		return nil, nil
	}
	e, ok, err := b.Lookup(ctx, codes.ICD10PCS, key, on)
	if err != nil || !ok {
		return nil, err
	}
	best := map[int]PCSValue{}
	title := " " + plainWords(e.Title) + " "
	has := func(label string) bool {
		return strings.Contains(title, " "+plainWords(label)+" ") || strings.Contains(title, " "+plainWords(sideFirst(label))+" ")
	}
	err = b.query(ctx, "SELECT pos, title, axis, data FROM pcs_definitions WHERE release = $1 AND section = $2 ORDER BY pos, title", func(rows *sql.Rows) error {
		var v PCSValue
		var data string
		if err := rows.Scan(&v.Position, &v.Value, &v.Axis, &data); err != nil {
			return err
		}
		if len(v.Value) <= len(best[v.Position].Value) || !has(v.Value) {
			return nil
		}
		if v.Position == 3 && !strings.HasPrefix(title, " "+plainWords(v.Value)+" ") {
			return nil // titles begin with the operation
		}
		cells := strings.Split(data, "\t")
		if len(cells) < 2 {
			return errRecord
		}
		v.Definition, v.Explanation, v.Includes, v.Release = cells[0], cells[1], cells[2:], b.releases[release].Name
		best[v.Position] = v
		return nil
	}, release, key[:1])
	if err != nil {
		return nil, fmt.Errorf("reading the definitions of a code: %w", err)
	}
	var out []PCSValue
	for _, v := range best {
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, c PCSValue) int { return a.Position - c.Position })
	return out, nil
}

// sideFirst writes the label "Eustachian Tube, Right" as titles of the order file do: "Right Eustachian Tube".
func sideFirst(label string) string {
	for _, side := range []string{"Right", "Left", "Bilateral"} {
		if rest, ok := strings.CutSuffix(label, ", "+side); ok {
			return side + " " + rest
		}
	}
	return label
}

// plainWords are the words of a text in lower case, one blank between two.
func plainWords(text string) string {
	return strings.ToLower(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' }), " "))
}
