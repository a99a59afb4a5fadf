package fetch

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestWhatIsInForce: which editions are wanted for a day, and where they are looked for.
func TestWhatIsInForce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		day  string
		want map[string]string // source and release to the first address; "" for none of that release
	}{
		{"2026-11-24", map[string]string{
			"icd10cm-order FY2027":       "https://www.cms.gov/files/zip/2027-code-descriptions-tabular-order.zip",
			"icd10cm-order FY2027 April": "",
			"icd10cm-tabular FY2027":     "https://www.cms.gov/files/zip/2027-code-tables-tabular-and-index.zip",
			"hcpcs 2026 Q4":              "https://www.cms.gov/files/zip/october-2026-alpha-numeric-hcpcs-file.zip",
			"msdrg-table5 FY2027":        "https://www.cms.gov/files/zip/fy2027-ipps-fr-table-5.zip",
			"hcc 2026":                   "https://www.cms.gov/files/zip/2026-midyear-final-icd-10-mappings.zip",
			"gems-cm 2018":               "https://www.cms.gov/medicare/coding/icd10/downloads/2018-icd-10-cm-general-equivalence-mappings.zip",
		}},
		{"2026-05-01", map[string]string{
			"icd10cm-order FY2026":       "https://www.cms.gov/files/zip/2026-code-descriptions-tabular-order.zip",
			"icd10cm-order FY2026 April": "https://www.cms.gov/files/zip/april-1-2026-code-descriptions-tabular-order.zip",
			"hcpcs 2026 Q2":              "https://www.cms.gov/files/zip/april-2026-alpha-numeric-hcpcs-file.zip",
		}},
		{"2026-09-30", map[string]string{"icd10pcs-order FY2026": "https://www.cms.gov/files/zip/2026-icd-10-pcs-order-file-long-and-abbreviated-titles.zip", "icd10pcs-order FY2027": ""}},
		{"2026-10-01", map[string]string{"icd10pcs-order FY2027": "https://www.cms.gov/files/zip/2027-icd-10-pcs-order-file-long-and-abbreviated-titles.zip"}},
		{"2027-01-01", map[string]string{"hcpcs 2027 Q1": "https://www.cms.gov/files/zip/january-2027-alpha-numeric-hcpcs-file.zip", "icd10cm-order FY2027": "https://www.cms.gov/files/zip/2027-code-descriptions-tabular-order.zip"}},
	} {
		got := map[string]Target{}
		for _, target := range Targets(Embedded(), []time.Time{day(t, test.day)}) {
			got[target.Source+" "+target.Release] = target
		}
		for key, address := range test.want {
			target, ok := got[key]
			switch {
			case address == "" && ok:
				t.Errorf("%s: %s is wanted", test.day, key)
			case address != "" && (!ok || target.Candidates[0].Address != address):
				t.Errorf("%s: %s: %+v, want %s", test.day, key, target, address)
			}
			if ok && target.Optional != strings.HasSuffix(key, "April") {
				t.Errorf("%s: %s: optional is %v", test.day, key, target.Optional)
			}
		}
	}
}

// TestEmbeddedTable: what holds CPT is named and never fetched, no address claims to have been tried, and each page is told.
func TestEmbeddedTable(t *testing.T) {
	t.Parallel()
	click, open := map[string]bool{}, map[string]bool{}
	for _, s := range Embedded() {
		if s.Checked != "never" {
			t.Errorf("%s says that it was checked on %s", s.Source, s.Checked)
		}
		if s.Page == "" {
			t.Errorf("%s names no page", s.Source)
		}
		if s.Access == AccessClick {
			click[s.Source] = true
			if s.Address != "" {
				t.Errorf("%s stands behind a licence and has an address", s.Source)
			}
			continue
		}
		open[s.Source] = true
	}
	for _, source := range []string{"ncci-ptp", "ncci-mue", "ncci-aoc", "pfs-rvu", "opps-addendum-b", "coverage"} {
		if !click[source] || open[source] {
			t.Errorf("%s is not behind its licence", source)
		}
	}
	for _, source := range []string{"icd10cm-order", "icd10cm-tabular", "icd10pcs-order", "icd10pcs-tables", "hcpcs", "gems-cm", "gems-pcs", "msdrg-table5", "pos", "gpci", "hcc"} {
		if !open[source] {
			t.Errorf("%s is not fetched", source)
		}
	}
}

// TestEmbeddedPatternsKnowTheRealFiles: each real file at hand is what its source says, and no other source's.
func TestEmbeddedPatternsKnowTheRealFiles(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("CASECONSULTANT_REFERENCE")
	if dir == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_REFERENCE names no folder")
		}
		t.Skip("CASECONSULTANT_REFERENCE=DIR runs this against real official files")
	}
	known := 0
	for glob, want := range map[string]string{
		"icd10cm2021/icd10cm*order*.txt":      "icd10cm-order",
		"icd10cm2021/icd10cm_tabular*.xml":    "icd10cm-tabular",
		"icd10pcs2021/icd10pcs_tables*.xml":   "icd10pcs-tables",
		"hcpcs2019/HCPC2019_CONTR_ANWEB*.txt": "hcpcs",
		"gems2018/*gem*.txt":                  "gems-cm",
		"rvu25d/GPCI*":                        "gpci",
	} {
		names, err := filepath.Glob(filepath.Join(dir, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".xlsx") || strings.HasSuffix(name, ".pdf") {
				continue
			}
			known++
			var matched []string
			for _, s := range Embedded() {
				if s.Access == AccessOpen && s.Contains.Match(content[:min(len(content), headBytes)]) && !slices.Contains(matched, s.Source) {
					matched = append(matched, s.Source)
				}
			}
			if !slices.Contains(matched, want) {
				t.Errorf("%s is not taken for %s but for %v", name, want, matched)
			}
			if !strings.HasPrefix(want, "gems") && len(matched) != 1 {
				t.Errorf("%s is taken for %v", name, matched)
			}
		}
	}
	if known < 6 {
		t.Errorf("only %d real files were found in %s", known, dir)
	}
}

func TestBadTables(t *testing.T) {
	t.Parallel()
	head := strings.Join(columns, "\t") + "\n"
	good := []string{"hcpcs", "HCPCS", "open", "quarter", "https://mirror.example/{year}{q}.zip", "", "^A", "5MB", "never", "https://mirror.example/", ""}
	row := func(column int, value string) string {
		cells := slices.Clone(good)
		cells[column] = value
		return head + "# a comment\n" + strings.Join(cells, "\t") + "\n"
	}
	if sources, err := ReadTable(strings.NewReader(row(1, "HCPCS of the house")), "t.tsv"); err != nil || len(sources) != 1 {
		t.Fatalf("%v %v", sources, err)
	}
	for name, test := range map[string]struct{ text, want string }{
		"Empty":          {"", "tab-separated table with the columns source name"},
		"OtherColumns":   {"source\tname\n", "with the columns"},
		"NoRows":         {head, "no rows"},
		"FewCells":       {head + "hcpcs\tHCPCS\n", "t.tsv:2: expected 11 columns, found 2"},
		"Source":         {row(0, "HC PCS"), "small letters"},
		"Name":           {row(1, ""), "name is empty"},
		"Access":         {row(2, "free"), "open or click-through"},
		"Period":         {row(3, "monthly"), `period "monthly"`},
		"FixedUnnamed":   {row(3, "fixed"), "fixed 2018"},
		"Clear":          {row(4, "http://mirror.example/a.zip"), "https address"},
		"Password":       {row(4, "https://me:secret@mirror.example/a.zip"), "https address"},
		"Placeholder":    {row(4, "https://mirror.example/{week}.zip"), "file"},
		"FileElsewhere":  {row(5, "../a.zip"), "plain file name"},
		"HiddenFile":     {row(5, ".a.zip"), "plain file name"},
		"Manifest":       {row(5, ManifestName), "plain file name"},
		"NoContent":      {row(6, ""), "contains is empty"},
		"BadContent":     {row(6, "("), "contains"},
		"Most":           {row(7, "a lot"), "50MB"},
		"Checked":        {row(8, "yes"), "never, or a day"},
		"Page":           {row(9, ""), "page"},
		"SeveralAtOnce":  {row(7, "") + strings.Join(good[:3], "\t") + "\n", "t.tsv:4"},
		"LineIsCountedR": {row(7, ""), "t.tsv:3"},
	} {
		if _, err := ReadTable(strings.NewReader(test.text), "t.tsv"); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestOverriding: a table of the house replaces the sources that it names, host and all.
func TestOverriding(t *testing.T) {
	t.Parallel()
	mine, err := ReadTable(strings.NewReader(strings.Join(columns, "\t")+"\nhcpcs\tHCPCS\topen\tyear\thttps://mirror.example/{yy}.zip\t\t^A\t5MB\t2026-11-24\thttps://mirror.example/\t\n"), "t.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := Merge(Embedded(), mine)
	if !Hosts(all)["mirror.example"] || !Hosts(all)["www.cms.gov"] {
		t.Errorf("hosts: %v", Hosts(all))
	}
	n := 0
	for _, target := range Targets(all, []time.Time{day(t, "2026-11-24"), day(t, "2026-11-25")}) {
		if target.Source == "hcpcs" {
			n++
			if target.Release != "2026" || len(target.Candidates) != 1 || target.Candidates[0].Address != "https://mirror.example/26.zip" || target.Checked != "2026-11-24" {
				t.Errorf("%+v", target)
			}
		}
	}
	if n != 1 {
		t.Errorf("%d targets", n)
	}
}

func TestParseRelease(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"2026-11-24": {"2026-11-24"},
		"FY2027":     {"2026-10-01", "2027-04-01"},
		"fy2027":     {"2026-10-01", "2027-04-01"},
		"2026Q4":     {"2026-10-01"},
		"2026":       {"2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01"},
		"":           nil, "FY27": nil, "2026Q5": nil, "next": nil, "0001-01-01": nil, "99999": nil,
	} {
		days, err := ParseRelease(text)
		var got []string
		for _, d := range days {
			got = append(got, d.Format(time.DateOnly))
		}
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
}

// FuzzReadTable: whatever a table holds, a row that is accepted has addresses and names that can be used for any day.
func FuzzReadTable(f *testing.F) {
	f.Add(embedded)
	f.Add(strings.Join(columns, "\t") + "\na\tb\topen\tfixed x\thttps://h.example/{month}%20.zip\t\t.\t1MB\tnever\thttps://h.example\t\n")
	f.Fuzz(func(t *testing.T, text string) {
		sources, err := ReadTable(strings.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		for month := time.January; month <= time.December; month++ {
			for _, target := range Targets(sources, []time.Time{time.Date(2031, month, 1, 0, 0, 0, 0, time.UTC)}) {
				for _, c := range target.Candidates {
					if !validAddress(c.Address) || c.File != filepath.Base(c.File) || strings.HasPrefix(c.File, ".") {
						t.Errorf("%q under %q", c.Address, c.File)
					}
				}
			}
		}
	})
}
