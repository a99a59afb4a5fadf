package codebook

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"caseconsultant/workflow/codes"
)

// TestStarterTables lints the tables that people write by hand. Every message names the file, the line and the column of the field.
func TestStarterTables(t *testing.T) {
	t.Parallel()
	least := map[string]int{"cpt.tsv": 300, "hcpcs.tsv": 150, "icd10cm.tsv": 400, "modifiers.tsv": 400, "pos.tsv": 50}
	for _, table := range starterTables() {
		t.Run(table.file, func(t *testing.T) {
			t.Parallel()
			data, err := fs.ReadFile(starterFiles(), table.file)
			if err != nil {
				t.Fatal(err)
			}
			for _, not := range []string{"\r", "\ufeff", "\u00a0", "\u200b"} {
				if i := bytes.Index(data, []byte(not)); i >= 0 {
					t.Errorf("starter/%s:%d: expected LF line ends and plain blanks, found %q", table.file, 1+bytes.Count(data[:i], []byte("\n")), not)
				}
			}
			if !bytes.HasSuffix(data, []byte("\n")) {
				t.Errorf("starter/%s: expected a line end after the last row", table.file)
			}
			rows, err := readStarterTable(starterFiles(), table)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) < least[table.file] {
				t.Errorf("starter/%s has %d rows, at least %d are wanted", table.file, len(rows), least[table.file])
			}
			t.Logf("%d rows", len(rows))
		})
	}
}

// starterLines gives every row of a table with its line number.
func starterLines(t *testing.T, name string) (rows []fields, lines []int) {
	t.Helper()
	data, err := fs.ReadFile(starterFiles(), name)
	if err != nil {
		t.Fatal(err)
	}
	var header []string
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if header == nil {
			header = cells
			continue
		}
		f := fields{}
		for j, name := range header {
			if j < len(cells) {
				f[name] = cells[j]
			}
		}
		rows, lines = append(rows, f), append(lines, i+1)
	}
	return rows, lines
}

// TestStarterRowsDoNotRepeatEachOther: two codes with the same title cannot be told apart in a list, and two whose texts are
// the same in everything (levels of a visit share what is done and differ in when they are used) were copied and not thought about.
func TestStarterRowsDoNotRepeatEachOther(t *testing.T) {
	t.Parallel()
	for file, columns := range map[string][]string{"cpt.tsv": {"title", "done+used"}, "hcpcs.tsv": {"title", "done+used"}, "modifiers.tsv": {"title", "meaning+used"}, "pos.tsv": {"title", "meaning"}} {
		rows, lines := starterLines(t, file)
		for _, column := range columns {
			seen := map[string]int{}
			for i, f := range rows {
				var parts []string
				for name := range strings.SplitSeq(column, "+") {
					parts = append(parts, strings.ToLower(f[name]))
				}
				key := strings.Join(parts, " / ")
				if first, twice := seen[key]; twice && strings.Trim(key, " /") != "" {
					t.Errorf("starter/%s:%d: %s of %s is also that of line %d: %q", file, lines[i], column, f["code"], first, key)
				}
				seen[key] = lines[i]
			}
		}
	}
}

// TestStarterUsesNobodyElsesFormulas: these phrases are the formulas of the American Medical Association's descriptors. Our own words do not
// need them.
func TestStarterUsesNobodyElsesFormulas(t *testing.T) {
	t.Parallel()
	formulas := []string{"list separately in addition", "separate procedure)", "other qualified health care professional", "and/or",
		"straightforward medical decision making", "medically appropriate history", "when performed", "inclusive of"}
	for _, file := range []string{"cpt.tsv", "modifiers.tsv", "pos.tsv"} {
		rows, lines := starterLines(t, file)
		for i, f := range rows {
			for column, text := range f {
				for _, formula := range formulas {
					if strings.Contains(strings.ToLower(text), formula) {
						t.Errorf("starter/%s:%d: %s of %s uses %q", file, lines[i], column, f["code"], formula)
					}
				}
			}
		}
	}
}

// reference is the folder of real official files. Without it, and under the race detector, where they take minutes and show nothing that
// the fixtures do not (a build is one goroutine), the tests on them are left out.
func reference(t testing.TB) string {
	t.Helper()
	if raceDetector {
		t.Skip("the real files are read without the race detector")
	}
	for _, dir := range []string{os.Getenv("CASECONSULTANT_REFERENCE"), "../../../shared/reference"} {
		if dir == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "SOURCES.md")); err == nil {
			return dir
		}
	}
	t.Skip("the official files are not here; CASECONSULTANT_REFERENCE names their folder")
	return ""
}

// TestStarterListingsAreTrue proves the "listed" column and the official titles against the files that they name.
func TestStarterListingsAreTrue(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, _ := build(t, BuildOptions{NoStarter: true}, filepath.Join(dir, "icd10cm2021"), filepath.Join(dir, "icd10cm2026_addenda"), filepath.Join(dir, "hcpcs2019"))
	column := func(name string) map[string]bool {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		r := csv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		for {
			cells, err := r.Read()
			if err == io.EOF {
				return out
			}
			if err != nil {
				t.Fatal(err)
			}
			out[strings.TrimSpace(cells[0])] = true
		}
	}
	files := map[string]map[string]bool{
		"CMS RVU25D, Oct 2025":              column("rvu25d/PPRRVU2025_Oct.nodesc.csv"),
		"CMS MUE practitioner, Q2 2026":     column("ncci/MCR_MUE_PractitionerServices_Eff_04-01-2026.csv"),
		"CMS OPPS Addendum B, Jan 2023":     column("opps/2023_January_Web_Addendum_B.nodesc.csv"),
		"CMS HCPCS file, 2019":              nil,
		"ICD-10-CM FY2021 order file":       nil,
		"ICD-10-CM FY2026 code list":        nil,
		"ICD-10-CM FY2021 tabular list XML": nil,
	}
	listed := func(system codes.System, name, code string) (bool, bool) {
		in := func(on string) bool {
			e, ok := lookup(t, b, system, code, on)
			return ok && e.Release != "" && !strings.HasPrefix(e.Status, "Not in")
		}
		switch {
		case files[name] != nil:
			return files[name][code], true
		case name == "CMS HCPCS file, 2019":
			return in("2019-06-01"), true
		case name == "ICD-10-CM FY2021 order file":
			return in("2021-06-01"), true
		case name == "ICD-10-CM FY2026 code list":
			return in("2026-06-01"), true
		}
		return false, false
	}
	for _, table := range starterTables() {
		rows, lines := starterLines(t, table.file)
		for i, f := range rows {
			for _, name := range f.list("listed") {
				is, checkable := listed(table.system, name, f["code"])
				if !checkable {
					if _, known := files[name]; !known {
						t.Logf("starter/%s:%d: %s is said to be listed in %q, which is not here", table.file, lines[i], f["code"], name)
					}
				} else if !is {
					t.Errorf("starter/%s:%d: %s is not in %s", table.file, lines[i], f["code"], name)
				}
			}
			official, source := f["official"], f["official_source"]
			if table.system == codes.ICD10CM {
				official = f["title"]
			}
			on := map[bool]string{true: "2021-06-01", false: "2019-06-01"}[table.system == codes.ICD10CM]
			if official == "" || !strings.Contains(source, "2021") && !strings.Contains(source, "2019") {
				continue
			}
			if e, ok := lookup(t, b, table.system, f["code"], on); !ok || e.Title != official {
				t.Errorf("starter/%s:%d: the official title of %s is %q, not %q", table.file, lines[i], f["code"], e.Title, official)
			}
		}
	}
}

func TestStarterLintNamesTheField(t *testing.T) {
	t.Parallel()
	files := func(change func(string) string) fs.FS {
		out := fstest.MapFS{}
		for _, table := range starterTables() {
			data, err := fs.ReadFile(starterFiles(), table.file)
			if err != nil {
				t.Fatal(err)
			}
			if table.file == "pos.tsv" {
				data = []byte(change("code\ttitle\tmeaning\tkeywords\tfrom\tto\tauthor\twritten\treviewed_by\tcredential\treviewed\n" +
					"11\tOffice\tA practice.\tclinic | practice\t2003-01-01\t\tA. Writer\t2026-11-24\t\t\t\n"))
			}
			out[table.file] = &fstest.MapFile{Data: data}
		}
		return out
	}
	if _, err := readStarter(files(func(s string) string { return "# comment\n" + s })); err != nil {
		t.Fatalf("a good table: %v", err)
	}
	for _, test := range []struct{ old, with, want string }{
		{"\tkeywords\t", "\tkeyword\t", "starter/pos.tsv:1:1: expected the columns code, title"},
		{"\tOffice\t", "\tOffice\t\t", "starter/pos.tsv:2:1: expected 11 fields separated by single tabs, found \"12 fields\""},
		{"11\tOffice", "1\tOffice", "starter/pos.tsv:2:1: expected a code as pos writes it, found \"1\""},
		{"Office", " Office", "starter/pos.tsv:2:4: expected title without blanks at its ends"},
		{"Office", "", "starter/pos.tsv:2:4: expected title, which may not be empty"},
		{"2003-01-01", "1/1/2003", "starter/pos.tsv:2:41: expected from as YYYY-MM-DD"},
		{"2003-01-01\t", "2003-01-01\t2002-01-01", "a last day (to) that is not before the first (from)"},
		{"clinic | practice", "clinic|practice", "keywords as a list separated by \" | \""},
		{"A. Writer", "", "author, which may not be empty"},
	} {
		_, err := readStarter(files(func(s string) string { return strings.Replace(s, test.old, test.with, 1) }))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q: %v\nwant %s", test.with, test.old, err, test.want)
		}
	}
	if want := starterFieldFault(starterTables()[0], "included", "It belongs to it"); !strings.Contains(want, "[source]") {
		t.Errorf("a statement without its source: %q", want)
	}
}

func TestStarterSaysThatItIsOne(t *testing.T) {
	t.Parallel()
	b := starter(t)
	if !b.Starter() {
		t.Error("Starter is false")
	}
	e, ok := lookup(t, b, codes.CPT, "31297", "2026-03-02")
	if !ok || !e.Valid || !e.Billable || e.Flags["starter"] != "yes" || e.Release != "CaseConsultant starter" ||
		!strings.Contains(e.Status, "CMS RVU25D, Oct 2025") || !strings.Contains(e.Status, "starter codebook, which holds no code set whole") {
		t.Errorf("%+v", e)
	}
	kinds := map[string]bool{}
	for _, d := range e.Descriptions {
		kinds[d.Kind] = true
		if d.Kind == KindOfficial || d.Copyright != "" {
			t.Errorf("no official text of a CPT code: %+v", d)
		}
		if d.ReviewedBy == "" || d.Source == "" {
			t.Errorf("every text of ours says who wrote and who reviewed it: %+v", d)
		}
	}
	if !kinds[KindCommon] || !kinds[KindShort] {
		t.Errorf("kinds %v", kinds)
	}
	for _, r := range b.Releases() {
		if r.Whole {
			t.Errorf("%+v", r)
		}
	}
}

func TestStarterCacheIsNamedByContentAndSurvivesDamage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "cache")
	b, err := OpenStarter(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	path := b.Path()
	b.Close()
	before, err := os.Stat(path)
	if err != nil || !strings.HasPrefix(filepath.Base(path), fmt.Sprintf("starter-v%d-", schemaVersion)) {
		t.Fatalf("%s: %v", path, err)
	}
	if b, err = OpenStarter(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	b.Close()
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("the second start compiled again")
	}
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if b, err = OpenStarter(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if _, ok := lookup(t, b, codes.CPT, "31297", ""); !ok {
		t.Error("after damage the cache was not made anew")
	}
	b.Close()
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left in the cache: %v", left)
	}
}

func TestStarterWithoutAWritableCache(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := OpenStarter(t.Context(), filepath.Join(file, "below")) // cannot be a folder, whoever runs the test
	if err != nil {
		t.Fatal(err)
	}
	path := b.Path()
	if _, ok := lookup(t, b, codes.CPT, "31297", ""); !ok {
		t.Error("no answer")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the temporary file is left: %v", err)
	}
}

func TestStarterStartedManyTimesAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			b, err := OpenStarter(t.Context(), dir)
			if err != nil {
				t.Error(err)
				return
			}
			defer b.Close()
			if _, ok, err := b.Lookup(t.Context(), codes.CPT, "31297", time.Time{}); !ok || err != nil {
				t.Error(ok, err)
			}
		})
	}
	wg.Wait()
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left in the cache: %v", left)
	}
}

// TestStarterKnowsWhatPeopleAskFor keeps codes in that the product's own examples rest on.
func TestStarterKnowsWhatPeopleAskFor(t *testing.T) {
	t.Parallel()
	b := starter(t)
	var missing []string
	for system, list := range map[codes.System]string{
		codes.CPT:      "31295 31296 31297 31298 31231 31256 31267 31288 31287 99202 99213 99214 99215 20610 97110 97140 36415 80053 73562 47562 27447 61782",
		codes.HCPCS:    "J1885 J3301 G0439 G2211",
		codes.ICD10CM:  "M54.50 M17.11 I10 E11.9 J18.9",
		codes.Modifier: "25 59 50 RT LT 24 57 26 TC XS JW JZ",
		codes.POS:      "02 10 11 21 22 23 24",
	} {
		for code := range strings.FieldsSeq(list) {
			if _, ok := lookup(t, b, system, code, ""); !ok {
				missing = append(missing, string(system)+" "+code)
			}
		}
	}
	slices.Sort(missing)
	if missing != nil {
		t.Errorf("the starter lacks %s", strings.Join(missing, ", "))
	}
}
