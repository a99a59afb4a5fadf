package codebook

import (
	"strings"
	"testing"
	"time"
)

// TestStanding: what a doctor says on a day about the releases that are loaded.
func TestStanding(t *testing.T) {
	t.Parallel()
	icd := func(name, first, last string) Release {
		return Release{Kind: kindICD10CM, Name: name, First: first, Last: last, MadeUntil: last}
	}
	quarter := func(name, first, last string) Release {
		return Release{Kind: kindHCPCS, Name: name, First: first, Last: last, MadeUntil: last}
	}
	starter := Release{Kind: kindStarter, Name: "starter"}
	for name, test := range map[string]struct {
		releases []Release
		on       string
		release  string
		want     string // in the warning; "" for none
	}{
		"InForce":             {[]Release{quarter("Q4", "2026-10-01", "2026-12-31"), starter}, "2026-11-24", "Q4", ""},
		"LastDay":             {[]Release{quarter("Q4", "2026-10-01", "2026-12-31")}, "2026-12-31", "Q4", ""},
		"DayAfter":            {[]Release{quarter("Q4", "2026-10-01", "2026-12-31")}, "2027-01-01", "", "Q4 ended on 2026-12-31; since then a quarter has begun"},
		"TwoQuarters":         {[]Release{quarter("Q2", "2026-04-01", "2026-06-30")}, "2026-11-24", "", "2 quarters have begun, fiscal year 2027 among them"},
		"October":             {[]Release{icd("FY2026", "2025-10-01", "2026-09-30")}, "2026-10-01", "", "a quarter has begun, fiscal year 2027 among them"},
		"April":               {[]Release{icd("FY2026", "2025-10-01", "2026-09-30")}, "2026-04-01", "FY2026", "edition of 1 April 2026"},
		"BeforeApril":         {[]Release{icd("FY2026", "2025-10-01", "2026-09-30")}, "2026-03-31", "FY2026", ""},
		"AprilLoaded":         {[]Release{icd("FY2026", "2025-10-01", "2026-03-31"), icd("April", "2026-04-01", "2026-09-30")}, "2026-06-01", "April", ""},
		"AprilThenOctober":    {[]Release{icd("April", "2026-04-01", "2026-09-30"), icd("FY2027", "2026-10-01", "2027-09-30")}, "2026-11-24", "FY2027", ""},
		"LoadedInAdvance":     {[]Release{icd("FY2026", "2025-10-01", "2026-09-30"), icd("FY2027", "2026-10-01", "2027-09-30")}, "2026-02-01", "FY2026", ""},
		"OnlyFuture":          {[]Release{icd("FY2028", "2027-10-01", "2028-09-30")}, "2026-11-24", "", "begins on 2027-10-01"},
		"NoEnd":               {[]Release{{Kind: "ncci-ptp", Name: "PTP", First: "1996-01-01"}}, "2026-11-24", "PTP", ""},
		"YearEndsInBothWords": {[]Release{icd("FY2021", "2020-10-01", "2021-09-30")}, "2022-10-01", "", "5 quarters have begun, fiscal years 2022 to 2023 among them"},
	} {
		on, err := time.Parse(time.DateOnly, test.on)
		if err != nil {
			t.Fatal(err)
		}
		got := Standing(test.releases, on)
		if len(got) != 1 || got[0].Release != test.release || (got[0].Warning == "") != (test.want == "") || !strings.Contains(got[0].Warning, test.want) {
			t.Errorf("%s: %+v, want %q with %q", name, got, test.release, test.want)
		}
	}
	if got := Standing([]Release{{Kind: kindAddenda, Name: "addenda", First: "2020-10-01", Last: "2021-09-30"}}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); len(got) != 0 {
		t.Errorf("addenda do not grow old: %+v", got)
	}
	if got := Standing([]Release{starter}, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)); len(got) != 0 {
		t.Errorf("the starter is for no period: %+v", got)
	}
}
