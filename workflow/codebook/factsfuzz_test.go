package codebook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"unicode/utf8"
)

// fuzzFacts runs a reader of facts over any bytes. It must never panic; what it refuses it must refuse with a place; what it accepts must
// have rows, name codes in the form in which they are stored, and be the same when it is read again.
func fuzzFacts(f *testing.F, name string, read func(context.Context, input, io.Reader) (*edition, []string, error), fixtures ...string) {
	addFixture(f, fixtures...)
	in := input{path: name, base: name, context: []string{name}}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		ed, _, err := read(t.Context(), in, bytes.NewReader(data))
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) || !utf8.ValidString(err.Error()) {
				t.Fatalf("an error without a place, or that cannot be printed: %q", err)
			}
			return
		}
		if ed.facts == nil || ed.facts.rows() == 0 || ed.kind == "" || ed.first == 0 || ed.made < ed.first || !utf8.ValidString(ed.licence+ed.facts.describe()) {
			t.Fatalf("%+v", ed)
		}
		if l, ok := ed.facts.(lister); ok {
			seen := map[codeKey]bool{}
			for _, r := range l.codeRows() {
				k := codeKey{r.system, r.key}
				if r.key != keyOf(r.key) || len(r.key) != 5 || seen[k] {
					t.Fatalf("the code %q", r.key)
				}
				seen[k] = true
			}
		}
		again, _, err := read(t.Context(), in, bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := ed.facts.(comparer); ok {
			if text := c.differs(again.facts); text != "" {
				t.Fatalf("the same bytes differ: %s", text)
			}
		}
	})
}

func FuzzPTP(f *testing.F) {
	fuzzFacts(f, "ccipra-v322r0-f1.txt", readPTP, "ncci2026/ccipra-v322r0-f1.txt", "ncci2026/ccioph-v322r0-f1.csv")
}

func FuzzMUE(f *testing.F) {
	fuzzFacts(f, "MCR_MUE_PractitionerServices_Eff_04-01-2026.csv", readMUE, "ncci2026/MCR_MUE_PractitionerServices_Eff_04-01-2026.csv")
}

func FuzzAddOnTable(f *testing.F) {
	fuzzFacts(f, "AOC_V2026Q2-MCR.txt", readAddOnTable, "ncci2026/AOC_V2026Q2-MCR.txt")
}

func FuzzAddOnFixed(f *testing.F) {
	fuzzFacts(f, "AOC_V2026Q2-F-MCR.txt", readAddOnFixed, "ncci2026/AOC_V2026Q2-F-MCR.txt")
}

func FuzzFeeTable(f *testing.F) {
	fuzzFacts(f, "PPRRVU2025_Oct.csv", readFeeTable, "rvu2025/PPRRVU2025_Oct.csv", "rvu2026/PPRRVU2026_Jul_QPP.csv")
}

func FuzzFeeFixed(f *testing.F) {
	fuzzFacts(f, "PPRRVU2025_Oct.txt", readFeeFixed, "rvu2025/PPRRVU2025_Oct.txt")
}

func FuzzLocalities(f *testing.F) {
	addFixture(f, "rvu2025/GPCI2025.csv", "rvu2025/GPCI2025.txt", "rvu2025/25LOCCO.csv", "rvu2025/25LOCCO.txt", "rvu2025/ANES2025.csv", "rvu2025/ANES2025.txt")
	f.Fuzz(func(t *testing.T, data []byte) {
		in := input{path: "GPCI2025", base: "GPCI2025", context: []string{"GPCI2025"}}
		for _, read := range []func(context.Context, input, io.Reader) (*edition, []string, error){
			readGPCITable, readGPCIFixed, readCountyTable, readCountyFixed, readFactorTable, readFactorFixed, readCapTable} {
			ed, _, err := read(t.Context(), in, bytes.NewReader(data))
			var fe *FileError
			if err != nil && !errors.As(err, &fe) || err == nil && ed.facts.rows() == 0 {
				t.Fatalf("%v", err)
			}
		}
	})
}

func FuzzAddendumB(f *testing.F) {
	fuzzFacts(f, "2026_July_Web_Addendum_B.csv", readAddendumB, "opps2026/2026_July_Web_Addendum_B.csv")
}

func FuzzASC(f *testing.F) {
	fuzzFacts(f, "ASC_Addendum_AA_July_2026.csv", readASC, "opps2026/ASC_Addendum_AA.csv")
}

// FuzzSheetXML puts any bytes where a workbook has its sheet.
func FuzzSheetXML(f *testing.F) {
	f.Add([]byte(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a&amp;b</t></is></c><c r="C1"><v>1.50</v></c></row></sheetData></worksheet>`))
	f.Add([]byte(`<x:row><!-- > --><x:c t="s" r='ZZZ9'><x:v>0</x:v></x:c><![CDATA[<]]></x:row><row/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &workbookSheet{file: "f", x: newXMLScanner(bytes.NewReader(data)), shared: []string{"zero"}}
		rows, err := rowsOf(s)
		var fe *FileError
		if err != nil && !errors.As(err, &fe) {
			t.Fatalf("%v", err)
		}
		for _, row := range rows {
			if len(row) > maxColumns {
				t.Fatalf("%d cells", len(row))
			}
			for _, cell := range row {
				if !utf8.ValidString(cell) {
					t.Fatalf("%q", cell)
				}
			}
		}
	})
}

func FuzzWorkbook(f *testing.F) {
	f.Add(workbook(f, [][]string{{"HCPCS", "MUE Values"}, {"20610", "#2"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := openSheet("f.xlsx", bytes.NewReader(data))
		if err == nil {
			_, err = rowsOf(s)
		}
		var fe *FileError
		if err != nil && !errors.As(err, &fe) {
			t.Fatalf("%v", err)
		}
	})
}

func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0.79", ".10", "1,234.5678", "$9,100.55", "5.48E-2", "0.48509999999999998", "-1", "1e400", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := parseDecimal(s)
		if !ok {
			return
		}
		if back, ok := parseDecimal(d.String()); !ok || back != d || d < 0 {
			t.Fatalf("%q is %d, which is written %q", s, d, d)
		}
	})
}
