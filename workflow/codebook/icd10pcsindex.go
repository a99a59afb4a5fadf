package codebook

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"caseconsultant/workflow/codes"
)

// readPCSIndex reads icd10pcs_index_YYYY.xml (icd10pcs_index.xsd): a term leads to a code, to codes by their beginning ("0UT9"), to a table
// ("0QB"), or by "see" to the operation that it stands for, with either of these. A "use" names the value of a body part or device under
// which something is classified; it leads to no code.
func readPCSIndex(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	x := &indexFile{xmlReader: newXMLReader(in, r), seen: map[indexTerm]bool{}}
	if err := x.walk(ctx, x.pcsElement); err != nil {
		return nil, nil, err
	}
	if x.ed == nil {
		return nil, nil, in.wants(versionElement)
	}
	x.ed.rank, x.ed.titles = 1, true
	x.ed.summary = fmt.Sprintf("%d entries, %d ways to a code or table", x.entries, len(x.ed.terms))
	return x.ed, nil, nil
}

func (x *indexFile) pcsElement(e xml.StartElement) (err error) {
	switch e.Name.Local {
	case "version":
		x.ed, err = x.edition(kindIndexPCS, "ICD-10-PCS index")
		return err
	case "title":
		return x.title()
	case "mainTerm", "term":
		return x.begin(e.Name.Local)
	case "code", "codes", "tab": // also inside <see>, whose words are not read: they are the table's own
		text, err := x.text()
		if err != nil {
			return err
		}
		return x.pcsCode(text)
	case "letter", "ICD10PCS.index", "see":
		return nil
	}
	return x.skip()
}

func (x *indexFile) pcsCode(text string) error {
	key := strings.ToUpper(strings.TrimSpace(text))
	if len(x.open) == 0 || len(key) < 3 || len(key) > 7 || !alphanumeric(key) {
		return x.fault("the three to seven characters of a code or table inside a term", text, nil)
	}
	plain, _ := x.path()
	t := indexTerm{system: codes.ICD10PCS, key: key, below: len(key) > 3 && len(key) < 7, text: plain}
	if plain != "" && !x.seen[t] {
		x.seen[t] = true
		x.ed.terms = append(x.ed.terms, t)
	}
	return nil
}
