package codebook

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

func icdSystem(kind string) (codes.System, string) {
	if kind == kindICD10PCS {
		return codes.ICD10PCS, "ICD-10-PCS"
	}
	return codes.ICD10CM, "ICD-10-CM"
}

func fitsICD(system codes.System, key string) bool {
	if system == codes.ICD10PCS {
		return isICD10PCS(key) || isPCSTable(key) || len(key) == 7 && digits(key)
	}
	return isICD10CM(key)
}

// readOrder reads icd10cm_order_YYYY.txt and icd10pcs_order_YYYY.txt. Layout (icd10OrderFiles.pdf, in the official archive): 1-5 order
// number, 7-13 code without dot, 15 "0" for a heading that may not be reported or "1" for a code, 17-76 short description, from 78 the
// long one. CMS and CDC publish both as works of the government, free of copyright.
func readOrder(kind string) func(context.Context, input, io.Reader) (*edition, []string, error) {
	return func(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
		system, label := icdSystem(kind)
		ed, err := icdEdition(kind, label, in.context)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", in.path, err)
		}
		ed.rank, ed.whole, ed.titles = 3, true, true
		seen := map[string]int{}
		err = eachLine(ctx, in, r, func(lines *lineReader, line string) error {
			one, err := orderRow(lines, line, system)
			if err != nil {
				return err
			}
			if at, twice := seen[one.key]; twice {
				return lines.fault(7, codeOnce(at), one.key)
			}
			seen[one.key] = lines.n
			ed.rows = append(ed.rows, one)
			return nil
		})
		return ed, nil, err
	}
}

func orderRow(lines *lineReader, line string, system codes.System) (row, error) {
	number, err := strconv.Atoi(columns(line, 1, 5))
	if err != nil || number < 1 {
		return row{}, lines.fault(1, "an order number of five digits", rawColumns(line, 1, 5))
	}
	if rawColumns(line, 6, 6) != " " {
		return row{}, lines.fault(6, "a blank after the order number", rawColumns(line, 6, 6))
	}
	key := columns(line, 7, 13)
	if !fitsICD(system, key) {
		return row{}, lines.fault(7, "a code of 3 to 7 characters without its dot", rawColumns(line, 7, 13))
	}
	flag := rawColumns(line, 14, 16)
	if flag != " 0 " && flag != " 1 " {
		return row{}, lines.fault(15, "0 (heading) or 1 (code), between blanks", flag)
	}
	short, long := squeeze(columns(line, 17, 76)), squeeze(columns(line, 78, maxLineBytes))
	if rawColumns(line, 77, 77) != " " || long == "" {
		return row{}, lines.fault(78, "a long description, after a blank", rawColumns(line, 77, 90))
	}
	one := row{system: system, key: key, span: span{order: number, billable: flag == " 1 ", title: long}}
	if short != long {
		one.short = short
	}
	return one, nil
}

// readCodes reads icd10cm_codes_YYYY.txt and the like: 1-7 code without dot, from 9 the long description; only codes that may be
// reported (icd10cmCodesFile.pdf). A list of codes without descriptions is accepted as a release too; its headings are derived.
func readCodes(kind string) func(context.Context, input, io.Reader) (*edition, []string, error) {
	return func(ctx context.Context, in input, r io.Reader) (*edition, []string, error) {
		system, label := icdSystem(kind)
		ed, err := icdEdition(kind, label, in.context)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", in.path, err)
		}
		ed.rank, ed.whole = 1, true
		seen := map[string]int{}
		err = eachLine(ctx, in, r, func(lines *lineReader, line string) error {
			key, title, _ := strings.Cut(line, " ")
			key, title = strings.TrimSpace(key), squeeze(title)
			switch at, twice := seen[key]; {
			case !fitsICD(system, key):
				return lines.fault(1, "a code of 3 to 7 characters without its dot", key)
			case twice:
				return lines.fault(1, codeOnce(at), key)
			}
			seen[key] = lines.n
			if title != "" && !ed.titles {
				ed.titles, ed.rank = true, 2
			}
			ed.rows = append(ed.rows, row{system: system, key: key, span: span{order: lines.n, billable: true, title: title}})
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		ed.rows = append(ed.rows, headings(system, ed.rows)...)
		return ed, nil, nil
	}
}

// headings derives the headings of a list that holds only codes: every proper beginning of a code, of at least three characters, but not
// the fill-in X before a seventh character alone (T36.0X is a heading because T36.0X1 and T36.0X2 differ; W45.8X before W45.8XXA is none).
//
// Over the January 2021 release this gives the 22,737 headings of the order file and one more (H54.512, which the order file leaves out
// above H54.512A); over FY2026 exactly the 23,467 that its addenda count.
func headings(system codes.System, rows []row) []row {
	own := make(map[string]bool, len(rows))
	for _, r := range rows {
		own[r.key] = true
	}
	next := map[string]byte{} // what follows a beginning; 0 when more than one thing does
	for _, r := range rows {
		longest := len(r.key) - 1
		if system == codes.ICD10PCS {
			longest = 3 // its headings are the tables
		}
		for n := 3; n <= longest; n++ {
			p := r.key[:n]
			if c, ok := next[p]; !ok {
				next[p] = r.key[n]
			} else if c != r.key[n] {
				next[p] = 0
			}
		}
	}
	var out []row
	done := map[string]bool{}
	for _, r := range rows { // in the order of the list, so that a build is reproducible
		for n := 3; n < len(r.key); n++ {
			p := r.key[:n]
			follows, ok := next[p]
			filler := p[n-1] == 'X' && (n == 6 || follows == 'X')
			if !ok || done[p] || own[p] || system == codes.ICD10CM && filler {
				continue
			}
			done[p] = true
			out = append(out, row{system: system, key: p, span: span{order: r.order}})
		}
	}
	return out
}
