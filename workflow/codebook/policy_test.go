package codebook

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func policy(t testing.TB, override string) *Policy {
	t.Helper()
	path := ""
	if override != "" {
		path = filepath.Join(t.TempDir(), "policy.tsv")
		if err := os.WriteFile(path, []byte(override), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := LoadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const policyHead = "rule\tkey\tvalue\tfrom\tto\tauthority\tread_on\tstanding\tnote\n"

func TestPolicyAnswersForTheDayOrNotAtAll(t *testing.T) {
	t.Parallel()
	p := policy(t, "")
	for _, test := range []struct{ rule, key, on, value, why string }{
		{"em-time", "99213", "2023-12-31", "min=20 | max=29", ""},
		{"em-time", "99213", "2024-01-01", "min=20", ""},
		{"em-time", "99213", "2020-12-31", "", "not checked: no row for that day"}, // history, exam and decision making then
		{"em-time", "99284", "2026-03-02", "none", ""},
		{"em-time", "99306", "2023-06-01", "min=45", ""},
		{"em-time", "99306", "2024-06-01", "min=50", ""},
		{"prolonged-medicare", "99215", "2026-03-02", "code=G2212 | min=69", ""},
		{"prolonged-medicare", "99236", "2026-03-02", "code=G0316 | min=110", ""},
		{"prolonged-cpt", "99205", "2026-03-02", "code=99417 | min=75", ""},
		{"therapy-units", "3", "2026-03-02", "min=38 | max=52", ""},
		{"global-days", "090", "2026-03-02", "before=1 | after=90", ""},
		{"g2211", "home", "2025-12-31", "not-payable", ""},
		{"g2211", "home", "2026-01-01", "payable", ""},
		{"g2211", "with-25", "2024-06-01", "not-payable", ""},
		{"ptp-modifier", "XS", "2026-03-02", "other", ""},
		{"ptp-modifier", "50", "2026-03-02", "never", ""},
		{"modifier", "JZ", "2023-06-30", "", "not checked: no row for that day"},
		{"modifier", "JZ", "2023-07-01", "required", ""},
		{"telehealth", "home-and-any-area", "2027-12-31", "allowed", ""},
		{"telehealth", "home-and-any-area", "2028-01-01", "", "not checked: no row for that day (the last one ended on 31 Dec 2027)"},
		{"appeal-days", "medicare_ffs/redetermination", "2026-03-02", "120", ""},
		{"appeal-days", "commercial", "2026-03-02", "see-contract", ""},
		{"conversion-factor", "non-qp", "2025-06-01", "32.3465", ""}, // one factor for all until 2025
		{"conversion-factor", "non-qp", "2026-06-01", "33.4009", ""},
		{"conversion-factor", "qp", "2026-06-01", "33.5675", ""},
		{"conversion-factor", "*", "2026-06-01", "", "not checked: no row for that day (the last one ended on 31 Dec 2025)"},
		{"conversion-factor", "qp", "2027-01-01", "", "not checked: no row for that day (the last one ended on 31 Dec 2026)"},
		{"anesthesia-conversion", "national", "2026-01-01", "", "not checked: no row for that day (the last one ended on 31 Dec 2025)"},
		{"no-such-rule", "x", "2026-01-01", "", "not checked: no row for that day"},
	} {
		a := p.Value(test.rule, test.key, day0(t, test.on))
		if a.Value != test.value || a.NotChecked != test.why || a.OK() != (test.why == "") {
			t.Errorf("%s %s on %s: %q, %q; want %q, %q", test.rule, test.key, test.on, a.Value, a.NotChecked, test.value, test.why)
		}
	}
	if a := p.Value("em-time", "99213", time.Time{}); a.OK() {
		t.Errorf("no day has the value %q", a.Value)
	}
	a := p.Value("prolonged-medicare", "99205", day0(t, "2026-03-02"))
	if n, ok := a.Number("min"); !ok || n != 89 || a.Word("code") != "G2212" {
		t.Errorf("%+v: %v, %v, %q", a, n, ok, a.Word("code"))
	}
	if n, ok := p.Value("conversion-factor", "qp", day0(t, "2026-03-02")).Number(""); !ok || n != 33.5675 {
		t.Errorf("%v %v", n, ok)
	}
	if n, ok := p.Value("em-time", "99284", day0(t, "2026-03-02")).Number("min"); ok {
		t.Errorf("%v minutes for what is never chosen by time", n)
	}
}

// TestPolicyRowsSayWhatTheyRestOn: who reads a text made from a row sees its authority, and whether anybody has read it.
func TestPolicyRowsSayWhatTheyRestOn(t *testing.T) {
	t.Parallel()
	p := policy(t, "")
	read := p.Value("em-time", "99213", day0(t, "2026-03-02")).Row
	if got, want := read.Cite(), "CPT E/M guidelines 2024, as published by americanmedicalcoding.com (from 1 Jan 2024)"; got != want || read.ToBeVerified || read.ReadOn != "2026-11-24" {
		t.Errorf("%q, want %q; %+v", got, want, read)
	}
	known := p.Value("appeal-days", "medicare_ffs/redetermination", day0(t, "2026-03-02")).Row
	if got, want := known.Cite(), "42 CFR 405.942 (from 1 May 2005), to be verified"; got != want || known.ReadOn != "" {
		t.Errorf("%q, want %q; %+v", got, want, known)
	}
	open := 0
	for _, r := range p.Rows("") {
		if r.ToBeVerified {
			open++
		}
		if r.Override || r.Value == "" {
			t.Errorf("%+v", r)
		}
	}
	if all := len(p.Rows("")); open == 0 || open == all || all < 200 {
		t.Errorf("%d rows, %d to be verified", all, open)
	}
}

func TestPolicyOfTheHouseWinsOnItsDays(t *testing.T) {
	t.Parallel()
	p := policy(t, "# ours\n"+policyHead+
		"em-time\t99213\tmin=21\t2025-03-01\t2025-03-31\tour own reading\t2026-11-01\tread\t\n"+
		"conversion-factor\tqp\t34.5\t2027-01-01\t2027-12-31\tfinal rule CY2027\t\tto be verified\t\n"+
		"telehealth\thome-and-any-area\t\t2027-06-01\t\tcounsel\t\tto be verified\twithdrawn\n"+
		"moon-phase\tfull\tno effect\t2026-01-01\t\tnobody\t\tto be verified\ta rule that the program does not know\n")
	for _, test := range []struct{ rule, key, on, value, why string }{
		{"em-time", "99213", "2025-02-28", "min=20", ""},
		{"em-time", "99213", "2025-03-01", "min=21", ""},
		{"em-time", "99213", "2025-03-31", "min=21", ""},
		{"em-time", "99213", "2025-04-01", "min=20", ""},
		{"em-time", "99213", "2023-04-01", "min=20 | max=29", ""},
		{"em-time", "99214", "2025-03-15", "min=30", ""},
		{"conversion-factor", "qp", "2027-02-01", "34.5", ""},
		{"telehealth", "home-and-any-area", "2027-05-31", "allowed", ""},
		{"telehealth", "home-and-any-area", "2027-06-01", "", "not checked: the house has withdrawn this rule for that day"},
		{"moon-phase", "full", "2026-06-01", "no effect", ""},
	} {
		a := p.Value(test.rule, test.key, day0(t, test.on))
		if a.Value != test.value || a.NotChecked != test.why {
			t.Errorf("%s %s on %s: %q, %q; want %q, %q", test.rule, test.key, test.on, a.Value, a.NotChecked, test.value, test.why)
		}
	}
	if a := p.Value("em-time", "99213", day0(t, "2025-03-15")); !a.Row.Override {
		t.Errorf("%+v is not marked as the house's", a.Row)
	}
}

func TestPolicyNamesWhatIsAboutToEnd(t *testing.T) {
	t.Parallel()
	ending := func(p *Policy, on string) string {
		var names []string
		for _, r := range p.Ending(day0(t, on), 90) {
			names = append(names, r.Rule+" "+r.Key+" "+r.To)
		}
		return strings.Join(names, "\n")
	}
	p := policy(t, "")
	want := "anesthesia-conversion national 2025-12-31\nconversion-factor non-qp 2026-12-31\nconversion-factor qp 2026-12-31\nefficiency-adjustment * 2026-12-31"
	if got := ending(p, "2026-10-02"); got != want {
		t.Errorf("on 2 October, 90 days before the end of the year:\n%s\nwant\n%s", got, want)
	}
	if got := ending(p, "2026-10-01"); got != "anesthesia-conversion national 2025-12-31" {
		t.Errorf("a day earlier:\n%s", got)
	}
	if got := ending(p, "2027-10-02"); !strings.Contains(got, "telehealth home-and-any-area 2027-12-31") {
		t.Errorf("a year later:\n%s", got)
	}
	house := policy(t, policyHead+"conversion-factor\tqp\t34.5\t2027-01-01\t2027-12-31\tfinal rule CY2027\t\tto be verified\t\n"+
		"anesthesia-conversion\tnational\t\t2026-01-01\t\twe bill none\t\tto be verified\t\n")
	if got := ending(house, "2026-10-02"); got != "conversion-factor non-qp 2026-12-31\nefficiency-adjustment * 2026-12-31" {
		t.Errorf("what the house has continued or withdrawn is still named:\n%s", got)
	}
}

func TestPolicyNamesTheField(t *testing.T) {
	t.Parallel()
	const good = "r\tk\tv\t2026-01-01\t\ta\t\tto be verified\t\n"
	for name, test := range map[string]struct {
		table, want string
		line        int
	}{
		"columns":        {"rule\tkey\tvalue\n", "the columns", 1},
		"empty":          {"", "a first line", 0},
		"fields":         {policyHead + "r\tk\tv\n", "9 fields", 2},
		"no rule":        {policyHead + "\tk\tv\t2026-01-01\t\ta\t\tto be verified\t\n", "rule, which", 2},
		"no first day":   {policyHead + "r\tk\tv\t\t\ta\t\tto be verified\t\n", "from, which", 2},
		"date":           {policyHead + "r\tk\tv\t1/1/2026\t\ta\t\tto be verified\t\n", "from as YYYY-MM-DD", 2},
		"order of days":  {policyHead + "r\tk\tv\t2026-01-01\t2025-01-01\ta\t\tto be verified\t\n", "a last day (to)", 2},
		"standing":       {policyHead + "r\tk\tv\t2026-01-01\t\ta\t\tsure\t\n", "read or to be verified", 2},
		"read, no day":   {policyHead + "r\tk\tv\t2026-01-01\t\ta\t\tread\t\n", "a day for a row that was read", 2},
		"unread, a day":  {policyHead + "r\tk\tv\t2026-01-01\t\ta\t2026-01-01\tto be verified\t\n", "a day for a row that was read", 2},
		"value":          {policyHead + "r\tk\ta | | b\t2026-01-01\t\ta\t\tto be verified\t\n", "a value, or several", 2},
		"same days":      {policyHead + good + "\n" + "r\tk\tw\t2026-06-01\t2026-06-30\ta\t\tto be verified\t\n", "line 2 has them", 4},
		"control":        {policyHead + "r\tk\tv\x01\t2026-01-01\t\ta\t\tto be verified\t\n", "value without control characters", 2},
		"later, but one": {policyHead + good + "r\tk2\tv\t2026-13-01\t\ta\t\tto be verified\t\n", "from as", 3},
	} {
		path := filepath.Join(t.TempDir(), "house.tsv")
		if err := os.WriteFile(path, []byte(test.table), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadPolicy(path)
		var fe *FileError
		if !errors.As(err, &fe) || fe.File != path || fe.Line != test.line || !strings.Contains(fe.Want, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := LoadPolicy(filepath.Join(t.TempDir(), "missing.tsv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte(policyTable[:3000]))
	f.Add([]byte(policyHead + "r\tk\tv\t2026-01-01\t\ta\t\tto be verified\t\nr\tk\tmin=2 | max=3\t2025-01-01\t2025-12-31\ta\t2026-01-01\tread\tn\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := readPolicy("p.tsv", strings.NewReader(string(data)), true)
		if err != nil {
			var fe *FileError
			if !errors.As(err, &fe) {
				t.Fatalf("an error without a place: %v", err)
			}
			return
		}
		p := &Policy{rows: map[policyKey][]PolicyRow{}}
		for _, r := range append(slices.Clone(rows), rows...) { // laid over itself it says the same
			p.put(r)
		}
		for _, r := range rows {
			if a := p.Value(r.Rule, r.Key, r.first.time()); a.Value != r.Value || a.OK() != (r.Value != "") {
				t.Fatalf("%+v answers %+v", r, a)
			}
		}
		for _, k := range p.keys {
			for i := 1; i < len(p.rows[k]); i++ {
				if before := p.rows[k][i-1]; before.last == 0 || before.last >= p.rows[k][i].first {
					t.Fatalf("two rows for one day: %+v", p.rows[k])
				}
			}
		}
		p.Ending(day0(t, "2026-11-24"), 90)
	})
}
