package codebook

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

// zipped packs files into an archive at path.
func zipped(t testing.TB, path string, files map[string][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, data := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if path != "" {
		if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestBuildReadsArchivesInsideArchives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inner := zipped(t, "", map[string][]byte{"Table and Index/icd10cm-order-Jan-2021.txt": fixture(t, "fy2021/icd10cm-order-Jan-2021.txt")})
	zipped(t, filepath.Join(dir, "2021-release"), map[string][]byte{ // without its extension, as downloads are
		"inner.zip":                   inner,
		"readme.pdf":                  []byte("%PDF-1.7"),
		"__MACOSX/._icd10cm.txt":      []byte("junk"),
		"icd10cm_tabular_2021.xml":    fixture(t, "fy2021/icd10cm_tabular_2021.xml"),
		"HCPC2019_CONTR_ANWEB.txt":    fixture(t, "hcpcs2019/HCPC2019_CONTR_ANWEB.txt"),
		"pcs/icd10pcs_order_2026.txt": fixture(t, "pcs2026/icd10pcs_order_2026.txt"),
	})
	b, report := build(t, BuildOptions{NoStarter: true}, dir)
	if len(report.Read) != 4 || len(report.NotRead) != 1 || !strings.Contains(report.NotRead[0].Note, "document") {
		t.Errorf("read %v, not read %v", report.Read, report.NotRead)
	}
	if r := b.Releases()[1]; r.Kind != kindICD10CM || r.File != "2021-release/inner.zip/Table and Index/icd10cm-order-Jan-2021.txt" || len(r.SHA256) != 64 {
		t.Errorf("%+v", r)
	}
	if e, _ := lookup(t, b, codes.ICD10PCS, "097F70Z", "2026-02-01"); e.Title != "Dilation of Right Eustachian Tube with Intraluminal Device, Via Natural or Artificial Opening" || !e.Billable {
		t.Errorf("%+v", e)
	}
}

func TestBuildIsReproducible(t *testing.T) {
	t.Parallel()
	var files [2][]byte
	for i := range files {
		// Different folders and orders, the same files.
		dir := filepath.Join(t.TempDir(), strings.Repeat("x", i+1))
		if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
			t.Fatal(err)
		}
		inputs := []string{filepath.Join(dir, "fy2021"), filepath.Join(dir, "hcpcs2026"), filepath.Join(dir, "fy2026"), filepath.Join(dir, "ncci2026"),
			filepath.Join(dir, "rvu2025"), filepath.Join(dir, "rvu2026"), filepath.Join(dir, "opps2026")}
		if i == 1 {
			slices.Reverse(inputs)
		}
		out := filepath.Join(t.TempDir(), "out")
		if _, err := Build(t.Context(), out, inputs, BuildOptions{}); err != nil {
			t.Fatal(err)
		}
		var err error
		if files[i], err = os.ReadFile(out); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("two builds of the same files differ")
	}
}

func TestBuildNamesFileLineAndColumn(t *testing.T) {
	t.Parallel()
	order := string(fixture(t, "fy2021/icd10cm-order-Jan-2021.txt"))
	hcpcs := string(fixture(t, "hcpcs2019/HCPC2019_CONTR_ANWEB.txt"))
	csv := string(fixture(t, "hcpcs2026/HCPC2026_OCT_ANWEB.csv"))
	tabular := string(fixture(t, "fy2021/icd10cm_tabular_2021.xml"))
	tables := string(fixture(t, "pcs2021/icd10pcs_tables_2021.xml"))
	addenda := string(fixture(t, "fy2026/icd10cm_order_addenda_2026.txt"))
	replace := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("the fixture has no %q", old)
		}
		return strings.Replace(s, old, with, 1)
	}
	for _, test := range []struct{ name, file, content, want string }{
		{"OrderFlag", "icd10cm_order_2021.txt", replace(order, "A000    1 ", "A000    7 "), `icd10cm_order_2021.txt:2:15: expected 0 (heading) or 1 (code), between blanks, found " 7 "`},
		{"OrderNumber", "icd10cm_order_2021.txt", replace(order, "00002 A000", "0000x A000"), `:2:1: expected an order number of five digits, found "0000x"`},
		{"OrderCode", "icd10cm_order_2021.txt", replace(order, "00002 A000 ", "00002 A0a0 "), `:2:7: expected a code of 3 to 7 characters without its dot`},
		{"OrderLong", "icd10cm_order_2021.txt", order + "99999 Z998    1 Short\r\n", `:152:78: expected a long description`},
		{"OrderTwice", "icd10cm_order_2021.txt", order + "99999 A000    1 " + fmt.Sprintf("%-60s Cholera", "Cholera") + "\r\n", `:152:7: expected a code that is not yet in the file (line 2 has it), found "A000"`},
		{"Codes", "icd10cm_codes_2026.txt", "A000    Cholera\r\nA001    Other\r\nA002    O\r\nA003    O\r\nA004    O\r\nA005    O\r\nA006    O\r\nA007    O\r\nA008    O\r\nA00-9   Cholera, other\r\n", `icd10cm_codes_2026.txt:10:1: expected a code`},
		{"NoYear", "icd10cm_codes.txt", "A000    Cholera\r\n", "neither its name nor its folder's holds a year; give it a name such as icd10cm_order_2026.txt"},
		{"HCPCSDate", "HCPC2019_ANWEB.txt", replace(hcpcs, "20161231", "2016XX31"), `:285: expected a date of the form YYYYMMDD (the last day of the code) or blanks, found "2016XX31"`},
		{"HCPCSRecord", "HCPC2019_ANWEB.txt", hcpcs + "broken\r\n", `:36:11: expected a record id 3, 4, 7 or 8 in a record of 320 columns, found "broken"`},
		{"HCPCSContinuation", "HCPC2019_ANWEB.txt", replace(hcpcs, "L0450002004", "L0459002004"), `:1: expected a continuation of L0450, whose record stands above, found "L0459"`},
		{"CSVDate", "HCPC2026_OCT_ANWEB.csv", replace(csv, "20140101,20140101", "tomorrow,20140101"), `HCPC2026_OCT_ANWEB.csv:8:`},
		{"CSVHeader", "HCPC2026_OCT_ANWEB.csv", replace(csv, "TERM DT", "OTHER"), "expected a column TERMDT in the header row"},
		{"TabularXML", "icd10cm_tabular_2021.xml", replace(tabular, "</includes>", "</inclodes>"), "icd10cm_tabular_2021.xml:14:"},
		{"TabularCode", "icd10cm_tabular_2021.xml", replace(tabular, "<name>A00.0</name>", "<name>cholera</name>"), `expected a code in <name>, found "cholera"`},
		{"TabularVersion", "icd10cm_tabular_2021.xml", replace(tabular, "<version>2021", "<version>current"), `expected the year of the release in <version>, found "current"`},
		{"PCSProduct", "icd10pcs_tables_2021.xml", replace(tables, `<pcsRow codes="`, `<pcsRow codes="9`), "codes, as it says"},
		{"PCSLetter", "icd10pcs_tables_2021.xml", replace(tables, `<label code="0">`, `<label code="O">`), "one character (no I, no O)"},
		{"Addenda", "icd10cm_order_addenda_2026.txt", replace(addenda, "1 M5450", "1 5450 "), `icd10cm_order_addenda_2026.txt:3:16: expected a code without its dot`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "in")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, test.file), []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "out")
			_, err := Build(t.Context(), out, []string{dir}, BuildOptions{NoStarter: true})
			if err == nil {
				t.Fatal("the file was accepted")
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if left, _ := os.ReadDir(filepath.Dir(out)); len(left) != 0 {
				t.Errorf("a failed build left %v", left)
			}
		})
	}
}

func TestBuildGathersFaultsUpToABound(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 300 {
		flag := "1"
		if i%15 == 3 {
			flag = "x"
		}
		lines = append(lines, fmt.Sprintf("%05d A%02d%d    %s %-60s %s", i+1, i/10, i%10, flag, "Title", "Title"))
	}
	path := filepath.Join(t.TempDir(), "icd10cm_order_2026.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Build(t.Context(), filepath.Join(t.TempDir(), "out"), []string{path}, BuildOptions{NoStarter: true})
	if err == nil || strings.Count(err.Error(), ":15: expected") != maxFaults || !strings.Contains(err.Error(), "reading stopped there") {
		t.Errorf("%v", err)
	}
	var fe *FileError
	if !errors.As(err, &fe) || fe.Line != 4 || fe.Column != 15 {
		t.Errorf("the first fault: %+v", fe)
	}
}

func TestBuildSaysWhatItDidNotRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"icd10cm_order_2026.txt": "00001 I10     1 " + fmt.Sprintf("%-60s %s\n", "Essential (primary) hypertension", "Essential (primary) hypertension"),
		"again/copy_2026.txt":    "00001 I10     1 " + fmt.Sprintf("%-60s %s\n", "Essential (primary) hypertension", "Essential (primary) hypertension"),
		"download.zip":           "<!DOCTYPE html><html><body>License agreement</body></html>",
		"article_x_urls.csv":     "\"article_id\",\"article_version\",\"url_type_id\",\"url\"\n",
		"notes.txt":              "Some notes\nof somebody\n",
		"empty.txt":              "",
		"picture.dat":            "\x00\x01\x02",
		"wide.txt":               "\xff\xfeA\x000\x000\x00",
		"prices.xlsx":            "PK\x03\x04",
		".hidden.txt":            "A000\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, report := build(t, BuildOptions{NoStarter: true}, dir)
	if len(report.Read) != 1 {
		t.Errorf("read %v", report.Read)
	}
	got := map[string]string{}
	for _, f := range report.NotRead {
		got[filepath.Base(f.File)] = f.What + ": " + f.Note
	}
	for name, want := range map[string]string{
		"icd10cm_order_2026.txt": "the same content as", "download.zip": "accept a licence", "article_x_urls.csv": "coverage database, a table: holds nothing that is needed",
		"notes.txt": "no layout that is known", "empty.txt": "empty", "picture.dat": "not a text file", "wide.txt": "save it as UTF-8", "prices.xlsx": "a spreadsheet",
	} {
		if !strings.Contains(got[name], want) && name != "icd10cm_order_2026.txt" {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d files are named: %v", len(got), got)
	}
}

func TestBuildRefusesWhatShrank(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	order := fixture(t, "fy2021/icd10cm-order-Jan-2021.txt")
	first, second := filepath.Join(dir, "icd10cm_order_2021.txt"), filepath.Join(dir, "icd10cm_order_2022.txt")
	if err := os.WriteFile(first, order, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(second, order[:len(order)/2-len(order)/2%2], 0o600); err != nil {
		t.Fatal(err)
	}
	cut := bytes.LastIndexByte(order[:len(order)/2], '\n')
	if err := os.WriteFile(second, order[:cut+1], 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	if _, err := Build(t.Context(), out, []string{first, second}, BuildOptions{NoStarter: true}); !errors.Is(err, ErrShrunk) || !strings.Contains(err.Error(), "is the file cut off?") {
		t.Errorf("half a release after a whole one: %v", err)
	}
	if _, err := Build(t.Context(), out, []string{first, second}, BuildOptions{NoStarter: true, Force: true}); err != nil {
		t.Errorf("forced: %v", err)
	}
	if err := os.WriteFile(first, order[:cut+1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), out, []string{first}, BuildOptions{NoStarter: true}); !errors.Is(err, ErrShrunk) {
		t.Errorf("half of what the file to be replaced has: %v", err)
	}
	if e, _ := lookup(t, open(t, out), codes.ICD10CM, "U07.1", "2021-05-01"); !e.Valid {
		t.Error("the refused build replaced the file")
	}
}

func TestBuildChoosesTheFileThatHoldsMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "icd10cm_codes_2021_jan.txt"), []byte("A000\nA001\nA009\nZ999\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, report := build(t, BuildOptions{NoStarter: true}, "testdata/fy2021", dir)
	if r := b.Releases()[0]; r.Codes != 111 || !r.Titles {
		t.Errorf("the order file was not used: %v", r)
	}
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "1 only in the second (Z99.9 ...)") {
		t.Errorf("what differs is a warning: %q", report.Warnings)
	}
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "icd10cm_order_jan_2021.txt"), append(fixture(t, "fy2021/icd10cm-order-Jan-2021.txt"), "\r\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Build(t.Context(), filepath.Join(t.TempDir(), "out"), []string{"testdata/fy2021", other}, BuildOptions{NoStarter: true})
	if err == nil || !strings.Contains(err.Error(), "give only the one that holds") {
		t.Errorf("two order files for one day: %v", err)
	}
}

func TestBuildChecksTheCountsOfTheAddenda(t *testing.T) {
	t.Parallel()
	_, report := build(t, BuildOptions{NoStarter: true}, "testdata/fy2026")
	if len(report.Warnings) != 0 {
		t.Errorf("the counts agree: %q", report.Warnings)
	}
	dir := t.TempDir()
	text := strings.Replace(string(fixture(t, "fy2026/icd10cm_order_addenda_2026.txt")), "113 codes", "114 codes", 1)
	if err := os.WriteFile(filepath.Join(dir, "icd10cm_order_addenda_2026.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, report = build(t, BuildOptions{NoStarter: true}, "testdata/fy2026/icd10cm_codes_2026.txt", dir)
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "has 113 codes; icd10cm_order_addenda_2026.txt counts 114") {
		t.Errorf("%q", report.Warnings)
	}
}

func TestBuildWithAndWithoutTheStarter(t *testing.T) {
	t.Parallel()
	with, _ := build(t, BuildOptions{}, "testdata/hcpcs2026")
	without, _ := build(t, BuildOptions{NoStarter: true}, "testdata/hcpcs2026")
	e, _ := lookup(t, with, codes.HCPCS, "J1885", "2026-10-05")
	kinds := ""
	official := 0
	for _, d := range e.Descriptions {
		kinds += d.Kind + " "
		if d.Kind == KindOfficial {
			official++
		}
		if own := strings.Contains(d.Source, "own words"); own != (d.ReviewedBy != "") {
			t.Errorf("own words say who reviewed them, official ones do not: %+v", d)
		}
	}
	if official != 1 || !strings.HasPrefix(kinds, "official short ") || !strings.Contains(kinds, "common") || e.Release != "HCPCS Level II October 2026" {
		t.Errorf("official first and once, then ours: %s (%s)", kinds, e.Release)
	}
	e, _ = lookup(t, without, codes.HCPCS, "J1885", "2026-10-05")
	if len(e.Descriptions) != 2 {
		t.Errorf("without the starter: %+v", e.Descriptions)
	}
	if _, ok := lookup(t, without, codes.CPT, "31297", "2026-10-05"); ok {
		t.Error("CPT came from nowhere")
	}
}

func TestBuildKeepsTextsThatAreNotTheGovernments(t *testing.T) {
	t.Parallel()
	line := func(code, id, text string) string {
		return fmt.Sprintf("%-5s00100%s%-80s%-28s%-149s%-8s%-16s%s%27s\r\n", code, id, text, "Short", "", "20100101", "20100101", "N", "")
	}
	content := line("   P1", "7", "Somebody else's words") + line("   LT", "7", "Left side") + line("99213", "3", "Somebody else's words") +
		line("D0120", "3", "Somebody else's words") + line("J1885", "3", "Injection")
	path := filepath.Join(t.TempDir(), "HCPC2019_CONTR_ANWEB.txt")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b, report := build(t, BuildOptions{NoStarter: true}, path)
	for system, code := range map[codes.System]string{codes.Modifier: "P1", codes.CPT: "99213", codes.CDT: "D0120"} {
		e, ok := lookup(t, b, system, code, "2019-05-05")
		if !ok || e.Title != "" || len(e.Descriptions) != 0 || !e.Valid {
			t.Errorf("%s: its existence and nothing else: %v %+v", code, ok, e)
		}
	}
	if e, _ := lookup(t, b, codes.HCPCS, "J1885", "2019-05-05"); e.Title != "Injection" {
		t.Errorf("%+v", e)
	}
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], "3 descriptions are not the government's own") {
		t.Errorf("%q", report.Warnings)
	}
	data, err := os.ReadFile(b.Path())
	if err != nil || bytes.Contains(data, []byte("Somebody else's")) {
		t.Error("the words are in the file")
	}
}

func TestBuildReportsProgressAndStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	var stages []string
	ctx, cancel := context.WithCancel(t.Context())
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Build(ctx, out, codeSets(), BuildOptions{Force: true, Progress: func(p Progress) {
		if p.Done > p.Total || p.Total == 0 {
			t.Errorf("%+v", p)
		}
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
	}}); err != nil {
		t.Fatal(err)
	}
	if strings.Join(stages, " ") != "reading writing" {
		t.Errorf("stages %v", stages)
	}
	cancel()
	if _, err := Build(ctx, filepath.Join(t.TempDir(), "out"), codeSets(), BuildOptions{Force: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestBuildWithNothingToRead(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Build(t.Context(), out, nil, BuildOptions{}); err == nil {
		t.Error("no inputs")
	}
	if _, err := Build(t.Context(), out, []string{filepath.Join(t.TempDir(), "missing")}, BuildOptions{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
	if _, err := Build(t.Context(), out, []string{t.TempDir()}, BuildOptions{}); err == nil || !strings.Contains(err.Error(), "none of the 0 files") {
		t.Errorf("an empty folder: %v", err)
	}
	broken := filepath.Join(t.TempDir(), "broken.zip")
	if err := os.WriteFile(broken, []byte("PK\x03\x04 and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Build(t.Context(), out, []string{broken}, BuildOptions{}); err == nil || !strings.Contains(err.Error(), "broken.zip: expected a zip archive") {
		t.Errorf("a broken archive: %v", err)
	}
}

func TestEditionsAreReadFromNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ names, want string }{
		{"icd10cm_order_2020.txt", "2019-10-01 2020-09-30"},
		{"icd10cm-order-Jan-2021.txt", "2021-01-01 2021-09-30"},
		{"icd10cm-codes-April-1-2026.txt", "2026-04-01 2026-09-30"},
		{"icd10cm-order-Oct-2025.txt", "2025-10-01 2026-09-30"},
		{"order.txt/2025-Code-Descriptions.zip", "2024-10-01 2025-09-30"},
		{"order.txt/downloads/icd10cm2021", "2020-10-01 2021-09-30"},
	} {
		ed, err := icdEdition(kindICD10CM, "ICD-10-CM", strings.Split(test.names, "/"))
		if err != nil || ed.first.String()+" "+ed.made.String() != test.want {
			t.Errorf("%s: %v, %v", test.names, ed, err)
		}
	}
	for _, test := range []struct{ names, want string }{
		{"HCPC2019_CONTR_ANWEB.txt", "2019-01-01 2019-12-31"},
		{"HCPC2026_JUL_ANWEB_06172026.txt", "2026-07-01 2026-09-30"},
		{"HCPC2025_OCT_ANWEB_v3.txt", "2025-10-01 2025-12-31"},
		{"anweb.txt/january-2024-alpha-numeric-hcpcs-file.zip", "2024-01-01 2024-03-31"},
	} {
		ed, err := hcpcsEdition(strings.Split(test.names, "/"))
		if err != nil || ed.first.String()+" "+ed.made.String() != test.want {
			t.Errorf("%s: %v, %v", test.names, ed, err)
		}
	}
}
