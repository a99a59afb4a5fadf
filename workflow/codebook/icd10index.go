package codebook

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// The kinds of index files. Each answers for its fiscal year like the code set, but only search reads them.
const (
	kindIndexCM     = "icd10cm-index"
	kindExternalCM  = "icd10cm-index-external-causes"
	kindNeoplasmsCM = "icd10cm-index-neoplasms"
	kindDrugsCM     = "icd10cm-index-drugs"
	kindIndexPCS    = "icd10pcs-index"
)

// indexTerm is an entry of an index: words by which coders look a code up.
type indexTerm struct {
	system codes.System
	key    string
	below  bool // the key is a beginning, and the words hold for all codes that begin so (ICD-10-PCS)
	text   string
}

// indexFile walks an index of CDC or CMS: letters hold main terms, these hold terms within terms.
type indexFile struct {
	*xmlReader
	ed    *edition
	heads map[string]string // column of a table to its heading
	open  []indexEntry      // the main term and the terms that are open, outermost first

	entries int
	strange strays // entries whose code is none

	places map[string][]string // a path to the codes that stand at it
	refs   []indexRef
	seen   map[indexTerm]bool
}

// indexEntry is one title on the way to a code.
type indexEntry struct {
	plain string // without non-essential modifiers
	full  string // with them
}

// indexRef is a "see" whose words are as good as those of the place that it names.
type indexRef struct {
	plain, full, target string
}

// readIndex reads icd10cm_index_YYYY.xml, icd10cm_eindex_YYYY.xml, icd10cm_neoplasm_YYYY.xml and icd10cm_drug_YYYY.xml of CDC, which share
// a layout: the table of drugs and that of neoplasms have a cell for each column of the printed table, the others a code. Codes of an index
// may be incomplete ("C79.8-", "X58"): they only lead to a place in the tabular list (Official Guidelines I.A.1 and I.B.1).
func readIndex(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	x := &indexFile{xmlReader: newXMLReader(in, r), heads: map[string]string{}, places: map[string][]string{}, seen: map[indexTerm]bool{}}
	if err := x.walk(ctx, x.element); err != nil {
		return nil, nil, err
	}
	if x.ed == nil {
		return nil, nil, in.wants(versionElement)
	}
	x.resolve()
	x.ed.rank, x.ed.titles = 1, true
	x.ed.summary = fmt.Sprintf("%d entries, %d ways to a code", x.entries, len(x.ed.terms))
	var warnings []string
	warnings = x.strange.warn(warnings, in, "entries whose code is none were left out")
	if len(x.ed.terms) == 0 {
		warnings = append(warnings, in.path+": the index leads to no code")
	}
	return x.ed, warnings, nil
}

// walk hands each start element to f and keeps the open terms.
func (x *indexFile) walk(ctx context.Context, f func(xml.StartElement) error) error {
	for {
		token, err := x.next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			err = f(e)
		case xml.EndElement:
			if name := e.Name.Local; (name == "mainTerm" || name == "term") && len(x.open) > 0 {
				x.open = x.open[:len(x.open)-1]
			}
		}
		if err != nil {
			return err
		}
	}
}

func (x *indexFile) element(e xml.StartElement) (err error) {
	switch e.Name.Local {
	case "version":
		x.ed, err = x.edition(kindIndexCM, "ICD-10-CM index") // which of the four it is shows by its title or columns, see rename
		return err
	case "head":
		text, err := x.text()
		x.heads[attribute(e, "col")] = text
		return err
	case "indexHeading":
		return nil
	case "title":
		return x.title()
	case "mainTerm", "term":
		return x.begin(e.Name.Local)
	case "code":
		return x.code("")
	case "cell":
		return x.code(x.heads[attribute(e, "col")])
	case "see":
		text, err := x.text()
		if err == nil && len(x.open) > 0 {
			plain, full := x.path()
			x.refs = append(x.refs, indexRef{plain, full, text})
		}
		return err
	case "letter", "ICD10CM.index":
		return nil
	}
	return x.skip() // seeAlso, seecat, subcat, manif: hints that lead to no code by themselves
}

// rename settles which file it is.
func (x *indexFile) rename(kind, label string) {
	x.ed.name = label + strings.TrimPrefix(x.ed.name, "ICD-10-CM index")
	x.ed.kind = kind
}

func (x *indexFile) begin(name string) error {
	if x.ed == nil {
		return x.fault("<version> before the first term", name, nil)
	}
	if name == "mainTerm" != (len(x.open) == 0) {
		return x.fault("a term inside a main term, and a main term by itself", name, nil)
	}
	if x.entries++; x.entries == 1 && x.ed.kind == kindIndexCM {
		switch {
		case strings.Contains(x.heads["1"], "Neoplasm"):
			x.rename(kindNeoplasmsCM, "ICD-10-CM table of neoplasms")
		case strings.Contains(x.heads["1"], "Substance"):
			x.rename(kindDrugsCM, "ICD-10-CM table of drugs and chemicals")
		}
	}
	x.open = append(x.open, indexEntry{})
	return nil
}

// title reads the title of the file, of a letter, or of the term that is open; what its <nemod> elements say is not essential.
func (x *indexFile) title() error {
	var plain, full strings.Builder
	inside := 0
	for depth := 1; depth > 0; {
		token, err := x.d.Token()
		if err != nil {
			return x.fault("the end of a title", "", err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if inside > 0 || t.Name.Local == "nemod" {
				inside++
			}
			full.WriteByte(' ')
			plain.WriteByte(' ')
		case xml.EndElement:
			depth--
			if inside > 0 {
				inside--
			}
			full.WriteByte(' ')
			plain.WriteByte(' ')
		case xml.CharData:
			full.Write(t)
			if inside == 0 {
				plain.Write(t)
			}
		}
	}
	if len(x.open) == 0 {
		if x.ed != nil && x.ed.kind == kindIndexCM && strings.Contains(full.String(), "External Cause") {
			x.rename(kindExternalCM, "ICD-10-CM index of external causes")
		}
		return nil
	}
	x.open[len(x.open)-1] = indexEntry{plain: indexWords(plain.String()), full: indexWords(full.String())}
	return nil
}

var notElsewhere = regexp.MustCompile(`\b(NEC|NOS)\b`)

// indexWords is a title without brackets and without NEC and NOS, which say where a code stands and not what it means.
func indexWords(title string) string {
	title = strings.NewReplacer("(", " ", ")", " ", "[", " ", "]", " ").Replace(title)
	return strings.Trim(squeeze(notElsewhere.ReplaceAllString(title, " ")), ", ")
}

// path joins the titles that are open, in two forms.
func (x *indexFile) path() (plain, full string) {
	var a, b []string
	for _, e := range x.open {
		if e.plain != "" {
			a, b = append(a, e.plain), append(b, e.full)
		}
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}

// code reads one code of the term that is open, which column says more of in a table.
func (x *indexFile) code(column string) error {
	text, err := x.text()
	if err != nil || len(x.open) == 0 {
		return err
	}
	if strings.Trim(text, "- ") == "" {
		return nil // "--": the table has no code here
	}
	key := keyOf(strings.TrimRight(text, "-+ "))
	if !isICD10CM(key) {
		line, _ := x.d.InputPos()
		x.strange.add(text, line)
		return nil
	}
	plain, full := x.path()
	if column == "" {
		place := indexPlace(plain)
		x.places[place] = append(x.places[place], key)
	} else {
		plain, full = plain+", "+column, full+", "+column
	}
	x.add(key, plain, full)
	return nil
}

func (x *indexFile) add(key, plain, full string) {
	for _, text := range []string{plain, full} {
		t := indexTerm{system: codes.ICD10CM, key: key, text: text}
		if text != "" && !x.seen[t] {
			x.seen[t] = true
			x.ed.terms = append(x.ed.terms, t)
		}
	}
}

// indexPlace evens out a path so that "see Pain, joint" finds it: references leave out what follows a comma in a title.
func indexPlace(path string) string {
	return strings.ToLower(squeeze(strings.ReplaceAll(path, ",", " ")))
}

// resolve gives the words of each reference the codes of the place that it names. What cannot be found ("see condition") leads nowhere.
func (x *indexFile) resolve() {
	for _, ref := range x.refs {
		keys := x.places[indexPlace(indexWords(ref.target))]
		if len(keys) > 2 {
			continue // "by type" and the like: too wide to be a synonym
		}
		for _, key := range keys {
			x.add(key, ref.plain, ref.full)
		}
	}
}

// addTerms gives the codes that exist in some release the words of the indexes. Words of older editions stay: people keep using them.
func (lib *library) addTerms() {
	var keys []codeKey // sorted, made when needed
	for _, ed := range lib.editions {
		for _, t := range ed.terms {
			k := codeKey{t.system, t.key}
			if !t.below {
				if r := lib.records[k]; r != nil && len(r.spans) > 0 {
					lib.keywords[k] = append(lib.keywords[k], t.text)
				}
				continue
			}
			if keys == nil {
				keys = lib.sortedKeys()
			}
			lib.addBelow(keys, k, t.text)
		}
	}
}

// maxBelow: a term of the ICD-10-PCS index that leads to more codes than this belongs to their table.
const maxBelow = 24

func (lib *library) addBelow(keys []codeKey, k codeKey, text string) {
	from, _ := slices.BinarySearchFunc(keys, k, compareKeys)
	to := from
	for to < len(keys) && keys[to].system == k.system && strings.HasPrefix(keys[to].key, k.key) && to-from <= maxBelow {
		to++
	}
	if to-from > maxBelow && len(k.key) > 3 {
		k.key = k.key[:3]
		if r := lib.records[k]; r != nil && len(r.spans) > 0 {
			lib.keywords[k] = append(lib.keywords[k], text)
		}
		return
	}
	words := tokens(text)
	for _, one := range keys[from:to] {
		if r := lib.records[one]; len(r.spans) > 0 && !says(r.spans[len(r.spans)-1].title, words) {
			lib.keywords[one] = append(lib.keywords[one], text)
		}
	}
}

// says reports whether a title has all the words already.
func says(title string, words []string) bool {
	have := tokens(title)
	for _, w := range words {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return true
}
