package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"caseconsultant/workflow/codes"
)

// noteKinds maps the containers of the tabular list to our names.
func noteKinds() map[string]string {
	return map[string]string{
		"inclusionTerm": "inclusion-term", "includes": "includes", "excludes1": "excludes1", "excludes2": "excludes2",
		"codeFirst": "code-first", "useAdditionalCode": "use-additional", "codeAlso": "code-also", "notes": "note",
		"sevenChrNote": "seventh-character-note", "sevenChrDef": "seventh-character",
	}
}

var blockName = regexp.MustCompile(`^[0-9A-Z]{3}(-[0-9A-Z]{3})?$`)

// readTabular reads icd10cm_tabular_YYYY.xml: chapters, sections (blocks) and nested diag elements, each with notes that hold for all
// that stands below. Seven-character codes are not spelled out in it, and its titles of three to six characters repeat those of the order
// file; so what is kept is the notes and where each category stands.
func readTabular(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	t := tabular{xmlReader: newXMLReader(in, r), kinds: noteKinds()}
	if err := t.walk(ctx); err != nil {
		return nil, nil, err
	}
	if t.ed == nil {
		return nil, nil, in.wants(versionElement)
	}
	t.ed.rank, t.ed.titles = 1, true
	t.ed.counts = map[string]int{"diag": t.diags}
	var warnings []string
	if t.diags == 0 {
		warnings = append(warnings, in.path+": the tabular list holds no code")
	}
	return t.ed, warnings, nil
}

type tabular struct {
	*xmlReader
	kinds map[string]string

	ed      *edition
	diags   int
	chapter string
	block   string
	path    []string // open diags, outermost first
	open    []string // open elements
}

func (t *tabular) walk(ctx context.Context) error {
	for {
		token, err := t.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if end, ok := token.(xml.EndElement); ok {
			t.end(end.Name.Local)
			continue
		}
		if err := t.start(ctx, token.(xml.StartElement)); err != nil {
			return err
		}
	}
}

func (t *tabular) end(name string) {
	switch name {
	case "diag":
		t.path = t.path[:len(t.path)-1]
	case "section":
		t.block = ""
	case "chapter":
		t.chapter = ""
	}
	t.open = t.open[:len(t.open)-1]
}

func (t *tabular) parent() string {
	if len(t.open) == 0 {
		return ""
	}
	return t.open[len(t.open)-1]
}

func (t *tabular) start(ctx context.Context, e xml.StartElement) (err error) {
	name := e.Name.Local
	parent := t.parent()
	switch {
	case name == "version" && parent == "ICD10CM.tabular":
		t.ed, err = t.edition(kindTabularCM, "ICD-10-CM tabular list")
		return err
	case name == "name" && parent == "chapter":
		text, err := t.text()
		t.chapter = text
		return err
	case name == "desc" && parent == "section" && t.ed != nil:
		text, err := t.text()
		t.ed.blockTitles = append(t.ed.blockTitles, placedNote{at: t.block, level: "block", kind: "title", text: strings.TrimSpace(strings.TrimSuffix(text, "("+t.block+")"))})
		return err
	case name == "name" && parent == "diag":
		return t.diagName()
	case name == "introduction":
		return t.skip()
	case name == "visualImpairment" && parent == "diag" && t.ed != nil:
		return t.vision(ctx)
	case t.kinds[name] != "" && (parent == "diag" || parent == "section" || parent == "chapter"):
		return t.container(ctx, t.kinds[name])
	}
	switch name {
	case "section":
		t.block = strings.TrimSpace(attribute(e, "id"))
		if !blockName.MatchString(t.block) {
			return t.fault("a section with an id such as A00-A09", t.block, nil)
		}
	case "diag":
		if t.ed == nil {
			return t.fault("<version> before the first code", "diag", nil)
		}
		t.path = append(t.path, "")
	}
	t.open = append(t.open, name)
	return nil
}

func (t *tabular) diagName() error {
	text, err := t.text()
	if err != nil {
		return err
	}
	key := keyOf(text)
	if !isICD10CM(key) || len(t.path) == 0 {
		return t.fault("a code in <name>", text, nil)
	}
	t.path[len(t.path)-1] = key
	t.diags++
	if len(t.path) == 1 {
		t.ed.blocks = append(t.ed.blocks, block{category: key, block: t.block, chapter: t.chapter})
	}
	return nil
}

// container reads the notes of one kind at one place. A stray <note> in a seventh-character table continues the extension before it.
func (t *tabular) container(ctx context.Context, kind string) error {
	place := placedNote{kind: kind}
	switch {
	case len(t.path) > 0:
		place.key = t.path[len(t.path)-1]
		place.at, place.level = show(codes.ICD10CM, place.key), "code"
	case t.block != "":
		place.at, place.level = t.block, "block"
	case t.chapter != "":
		place.at, place.level = "chapter "+t.chapter, "chapter"
	default:
		return t.fault("a chapter, section or code around the notes", kind, nil)
	}
	if place.level == "code" && place.key == "" || t.ed == nil {
		return t.fault("the <name> of the code before its notes", kind, nil)
	}
	for depth := 1; depth > 0; {
		token, err := t.next(ctx)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = t.fault("the end of the notes", "", io.ErrUnexpectedEOF)
			}
			return err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			depth--
			continue
		}
		switch start.Name.Local {
		case "note":
			text, err := t.text()
			if err != nil {
				return err
			}
			last := len(t.ed.notes) - 1
			switch {
			case text == "":
			case kind == "seventh-character" && last >= 0 && t.ed.notes[last].at == place.at && t.ed.notes[last].kind == kind:
				t.ed.notes[last].text += " " + text
			default:
				place.text = text
				if kind == "seventh-character" {
					place.kind = "seventh-character-note"
				}
				t.ed.notes = append(t.ed.notes, place)
				place.kind = kind
			}
		case "extension":
			char := strings.TrimSpace(attribute(start, "char"))
			text, err := t.text()
			if err != nil {
				return err
			}
			if len(char) != 1 || !alphanumeric(char) {
				return t.fault("one character in <extension char>", char, nil)
			}
			place.text = char + " " + text
			t.ed.notes = append(t.ed.notes, place)
		default:
			depth++
		}
	}
	return nil
}

// describeTabular is the line of the report.
func describeTabular(ed *edition) string {
	return fmt.Sprintf("%d codes and headings, %d notes", ed.counts["diag"], len(ed.notes))
}
