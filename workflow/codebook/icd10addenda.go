package codebook

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// kindAddenda is no release that answers: it says what the release of the same day changed.
const kindAddenda = "icd10cm-addenda"

var (
	addendaLine  = regexp.MustCompile(`^(Add|Delete|Revise from|Revise to):`)
	addendaTotal = regexp.MustCompile(`^ *([0-9]+) (codes|headers) in (icd10cm\S+)`)
)

// readAddenda reads icd10cm_order_addenda_YYYY.txt (1-12 action, 14 flag, 16-22 code, 24-83 short, from 85 long description) and
// icd10cm_codes_addenda_YYYY.txt (1-12 action, 14-20 code, from 22 description), with the summary of counts that follows the rows.
// "Delete: 1 D813" with "Add: 0 D813" means that the code became a heading.
func readAddenda(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
	ed, err := icdEdition(kindAddenda, "ICD-10-CM addenda", in.context)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.path, err)
	}
	ed.counts = map[string]int{}
	type action struct {
		verb string
		flag byte
		text string
	}
	byKey := map[string][]action{}
	var keys []string
	err = eachLine(ctx, in, r, func(lines *lineReader, line string) error {
		if m := addendaTotal.FindStringSubmatch(line); m != nil {
			year, _ := dateInName([]string{m[3]})
			if fy, _, _ := fiscalYear(year, 0); year > 0 && makeDay(fy, 9, 30) == ed.made {
				ed.counts[m[2]], _ = strconv.Atoi(m[1]) // the last one of the year counts: before it stands the release that was changed
			}
			return nil
		}
		m := addendaLine.FindStringSubmatch(line)
		if m == nil {
			return nil // the summary
		}
		a := action{verb: m[1]}
		key, text, column := columns(line, 14, 20), columns(line, 22, maxLineBytes), 14
		if f := rawColumns(line, 14, 15); f == "0 " || f == "1 " {
			a.flag, column = f[0], 16
			key, text = columns(line, 16, 22), columns(line, 85, maxLineBytes)
		}
		if !isICD10CM(key) {
			return lines.fault(column, "a code without its dot (and before it, in the order addenda, 0 or 1)", rawColumns(line, 14, 22))
		}
		a.text = squeeze(text)
		if _, ok := byKey[key]; !ok {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], a)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	for _, key := range keys {
		var added, deleted, from, to *action
		for i, a := range byKey[key] {
			switch a.verb {
			case "Add":
				added = &byKey[key][i]
			case "Delete":
				deleted = &byKey[key][i]
			case "Revise from":
				from = &byKey[key][i]
			case "Revise to":
				to = &byKey[key][i]
			}
		}
		c := codeChange{system: codes.ICD10CM, key: key}
		switch {
		case added != nil && deleted != nil && added.flag == '0':
			c.action = "to-heading"
		case added != nil && deleted != nil && added.flag == '1':
			c.action = "to-code"
		case added != nil && deleted != nil:
			c.action = "revise"
			c.text = deleted.text
		case added != nil:
			c.action = "add"
		case deleted != nil:
			c.action, c.text = "delete", deleted.text
		case from != nil || to != nil:
			c.action = "revise"
			if from != nil {
				c.text = from.text
			}
		}
		ed.changes = append(ed.changes, c)
	}
	var warnings []string
	if len(ed.changes) == 0 && len(ed.counts) == 0 {
		warnings = append(warnings, in.path+": the addenda name no change and no counts")
	}
	return ed, warnings, nil
}

// checkCounts compares what an addenda file says of the release with what was loaded.
func checkCounts(addenda, release *edition) []string {
	var out []string
	have := map[string]int{}
	for _, r := range release.rows {
		if r.billable {
			have["codes"]++
		} else {
			have["headers"]++
		}
	}
	for _, name := range []string{"codes", "headers"} {
		if want, ok := addenda.counts[name]; ok && want != have[name] {
			out = append(out, fmt.Sprintf("%s has %d %s; %s counts %d", release.file, have[name], strings.Replace(name, "headers", "headings", 1), addenda.file, want))
		}
	}
	return out
}
