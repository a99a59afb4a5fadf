package codebook

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"caseconsultant/workflow/codes"
)

// fuzzImporter runs one importer over any bytes. It must never panic; what it accepts must be codes of its system in the form in which they
// are stored, each once, and must survive being written and read; what it refuses it must refuse with a place in the file.
func fuzzImporter(f *testing.F, name string, read func(context.Context, input, io.Reader) (*edition, []string, error), systems ...codes.System) {
	in := input{path: name, base: name, context: []string{name}}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			return
		}
		ed, _, err := read(t.Context(), in, bytes.NewReader(data))
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Fatalf("an error without a place: %v", err)
			}
			if !utf8.ValidString(err.Error()) {
				t.Fatalf("an error that cannot be printed: %q", err.Error())
			}
			return
		}
		seen := map[codeKey]bool{}
		for _, r := range ed.rows {
			if r.key == "" || r.key != keyOf(r.key) || len(r.key) > maxKey || !slices.Contains(systems, r.system) {
				t.Fatalf("the code %q of %s", r.key, r.system)
			}
			k := codeKey{r.system, r.key}
			if seen[k] {
				t.Fatalf("%s stands twice", r.key)
			}
			seen[k] = true
			if !utf8.ValidString(r.title) || strings.ContainsAny(r.title, "\r\n\t") {
				t.Fatalf("the title %q", r.title)
			}
			rec := record{spans: []span{r.span}}
			back, err := decodeRecord(rec.encode())
			if err != nil || len(back.spans) != 1 || back.spans[0].title != r.title || back.spans[0].billable != r.billable {
				t.Fatalf("%+v came back as %+v, %v", r.span, back, err)
			}
		}
		for _, n := range ed.notes {
			if n.text == "" || n.at == "" || n.level == "" {
				t.Fatalf("a note without text or place: %+v", n)
			}
		}
	})
}

func addFixture(f *testing.F, names ...string) {
	for _, name := range names {
		data := fixture(f, name)
		data = data[:min(len(data), 2400)] // small seeds: the fuzzer tries far more of them
		f.Add(data)
		f.Add(data[:len(data)/2])
		f.Add(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	}
}

func FuzzOrderFile(f *testing.F) {
	addFixture(f, "fy2021/icd10cm-order-Jan-2021.txt")
	fuzzImporter(f, "icd10cm_order_2021.txt", readOrder(kindICD10CM), codes.ICD10CM)
}

func FuzzPCSOrderFile(f *testing.F) {
	addFixture(f, "pcs2026/icd10pcs_order_2026.txt")
	fuzzImporter(f, "icd10pcs_order_2026.txt", readOrder(kindICD10PCS), codes.ICD10PCS)
}

func FuzzCodesFile(f *testing.F) {
	addFixture(f, "fy2026/icd10cm_codes_2026.txt")
	f.Add([]byte("A000\nA001\nW458XXA\nT360X1A\nT360X2A\n"))
	fuzzImporter(f, "icd10cm_codes_2026.txt", readCodes(kindICD10CM), codes.ICD10CM)
}

func FuzzAddenda(f *testing.F) {
	addFixture(f, "fy2026/icd10cm_order_addenda_2026.txt")
	f.Add([]byte("Add:         M5450   Low back pain, unspecified\r\nDelete:      M545    Low back pain\r\n"))
	fuzzImporter(f, "icd10cm_order_addenda_2026.txt", readAddenda)
}

func FuzzTabular(f *testing.F) {
	addFixture(f, "fy2021/icd10cm_tabular_2021.xml")
	f.Add([]byte(`<ICD10CM.tabular><version>2021</version><chapter><name>1</name><excludes1><note>x</note></excludes1><section id="A00-A09"><diag><name>A00</name><sevenChrDef><note>n</note><extension char="A">a</extension><note>more</note></sevenChrDef></diag></section></chapter></ICD10CM.tabular>`))
	fuzzImporter(f, "icd10cm_tabular_2021.xml", readTabular)
}

func FuzzPCSTables(f *testing.F) {
	addFixture(f, "pcs2021/icd10pcs_tables_2021.xml")
	fuzzImporter(f, "icd10pcs_tables_2021.xml", readPCSTables, codes.ICD10PCS)
}

func FuzzHCPCSFixed(f *testing.F) {
	addFixture(f, "hcpcs2019/HCPC2019_CONTR_ANWEB.txt")
	fuzzImporter(f, "HCPC2019_CONTR_ANWEB.txt", readHCPCSFixed, codes.HCPCS, codes.Modifier, codes.CPT, codes.CDT)
}

func FuzzHCPCSCSV(f *testing.F) {
	addFixture(f, "hcpcs2026/HCPC2026_OCT_ANWEB.csv")
	fuzzImporter(f, "HCPC2026_OCT_ANWEB.csv", readHCPCSTable, codes.HCPCS, codes.Modifier, codes.CPT, codes.CDT)
}

func FuzzStarterTable(f *testing.F) {
	for _, table := range starterTables() {
		data, err := fs.ReadFile(starterFiles(), table.file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:min(len(data), 4000)])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, table := range starterTables() {
			rows, err := readStarterTable(fstest.MapFS{table.file: &fstest.MapFile{Data: data}}, table)
			if err != nil {
				continue
			}
			for _, r := range rows {
				if r.key == "" || r.title == "" || len(r.texts) == 0 {
					t.Fatalf("an accepted row says nothing: %+v", r)
				}
			}
		}
	})
}

func FuzzRecord(f *testing.F) {
	rec := record{
		spans:   []span{{release: 1, order: 7, billable: true, title: "T", short: "S", from: 20200101, flags: []flag{{"a", "b"}}}, {title: "T"}},
		texts:   []Description{{Kind: KindCommon, Text: "x", Source: "y", ReviewedBy: NotReviewed}},
		notes:   []ownNote{{1, "excludes1", "n"}},
		changes: []change{{0, "add", "T"}},
	}
	f.Add(rec.encode())
	f.Add([]byte{recordVersion, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRecord(data)
		if err != nil {
			return
		}
		again, err := decodeRecord(r.encode())
		if err != nil || !bytes.Equal(again.encode(), r.encode()) {
			t.Fatalf("%+v: %v", r, err)
		}
	})
}

func FuzzRecognise(f *testing.F) {
	for _, name := range []string{"fy2021/icd10cm-order-Jan-2021.txt", "fy2021/icd10cm_tabular_2021.xml", "hcpcs2019/HCPC2019_CONTR_ANWEB.txt", "hcpcs2026/HCPC2026_OCT_ANWEB.csv"} {
		f.Add(fixture(f, name)[:1200])
	}
	f.Add([]byte("<html><title>Licence</title>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := input{path: "f_2026", base: "f_2026", context: []string{"f_2026"}, open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
		imp, why, ok, err := recognise(in)
		if err != nil || ok == (why != "") || ok && imp.what == "" {
			t.Fatalf("%v %q %v %v", imp.what, why, ok, err)
		}
	})
}

func FuzzSearch(f *testing.F) {
	for _, q := range []string{"low back pain", "31297", "m54.5", "i&d", "pnuemonia", "\"x\" OR y*", "heart attack", "ｊ１８８５", "ménière", "a\x00b", "3129", "S52.5", "type 2 diab"} {
		f.Add(q)
	}
	b := official(f)
	f.Fuzz(func(t *testing.T, query string) {
		hits, err := b.Search(t.Context(), query, SearchOptions{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(hits) > 10 {
			t.Fatal("more than asked for")
		}
		for i, h := range hits {
			if i > 0 && h.Score > hits[i-1].Score {
				t.Fatalf("not in order: %+v", hits)
			}
			if _, ok, err := b.Lookup(t.Context(), h.System, h.Code, day0(t, "2026-11-24")); err != nil || !ok {
				t.Fatalf("%q found %s %s, which cannot be looked up: %v", query, h.System, h.Code, err)
			}
		}
	})
}

func FuzzLookup(f *testing.F) {
	for _, code := range []string{"31297", "M54.5", "m545", "", "G0439", "0FT44ZZ", "25", "ＲＴ", "S52.501A", "\xff"} {
		f.Add(code)
	}
	b := official(f)
	f.Fuzz(func(t *testing.T, code string) {
		for _, system := range codes.Systems() {
			e, ok, err := b.Lookup(t.Context(), system, code, day0(t, "2026-03-02"))
			if err != nil {
				t.Fatal(err)
			}
			if e.Status == "" || e.System != system || e.Billable && !e.Valid || e.Valid && !ok {
				t.Fatalf("%s %q: %+v", system, code, e)
			}
			if known := b.Known(system, code); ok && known != codes.Member && ascii(code) {
				t.Fatalf("%s %q is looked up and not known", system, code)
			}
			again, _, _ := b.Lookup(t.Context(), system, e.Code, day0(t, "2026-03-02"))
			if again.Code != e.Code || again.Status != e.Status {
				t.Fatalf("%q and its written form %q differ", code, e.Code)
			}
		}
	})
}
