package finding

import (
	"encoding/json"
	"testing"
)

func TestJSONNeverHoldsNull(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal([]Finding{{Rule: Deleted, Severity: Error, Message: "m", Source: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"rule":"deleted","severity":"error","codes":[],"message":"m","source":"s","data":{}}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	var back []Finding
	if err := json.Unmarshal(got, &back); err != nil || back[0].Rule != Deleted {
		t.Errorf("reading it back: %v, %+v", err, back)
	}
}

func TestCheckNamesWhatBreaksTheContract(t *testing.T) {
	t.Parallel()
	good := Finding{Rule: NotBillable, Severity: Warning, Codes: []string{"M54.5"}, Message: "m", Source: "s"}
	if err := good.Check(); err != nil {
		t.Errorf("a good finding: %v", err)
	}
	for name, spoil := range map[string]func(*Finding){
		"Rule":     func(f *Finding) { f.Rule = "nonsense" },
		"Severity": func(f *Finding) { f.Severity = "fatal" },
		"Codes":    func(f *Finding) { f.Codes = nil },
		"Message":  func(f *Finding) { f.Message = " " },
		"Source":   func(f *Finding) { f.Source = "" },
	} {
		bad := good
		spoil(&bad)
		if bad.Check() == nil {
			t.Errorf("%s: nothing was found wrong with %+v", name, bad)
		}
	}
}

func TestSortPutsErrorsFirst(t *testing.T) {
	t.Parallel()
	list := []Finding{
		{Rule: Deleted, Severity: Info, Codes: []string{"A"}},
		{Rule: NotBillable, Severity: Error, Codes: []string{"B"}},
		{Rule: UnknownCode, Severity: Error, Codes: []string{"C"}},
		{Rule: NotBillable, Severity: Error, Codes: []string{"A"}},
		{Rule: "from-a-newer-version", Severity: "odd"},
	}
	Sort(list)
	var got string
	for _, f := range list {
		got += f.Rule + ":" + f.Severity + " "
	}
	want := "unknown-code:error not-billable:error not-billable:error deleted:info from-a-newer-version:odd "
	if got != want || list[1].Codes[0] != "A" {
		t.Errorf("got %q", got)
	}
}

func TestRuleNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if seen[rule] {
			t.Errorf("%s stands twice", rule)
		}
		seen[rule] = true
	}
	if len(seen) != 38 {
		t.Errorf("%d rules, the contract names 38", len(seen))
	}
}
