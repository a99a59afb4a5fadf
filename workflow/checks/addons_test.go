package checks

import (
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// TestAddOns: NCCI add-on code edits, types 1 to 3, and global days ZZZ.
func TestAddOns(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	const found = "info add-on-without-primary "
	for _, test := range []struct{ name, lines, want, says string }{
		{"Type1Alone", "22552", found + "22552", "it is paid only beside its primary 22551, if none is also on the claim"},
		{"Type1WithPrimary", "22551 22552", "", ""},
		{"Type1PrimaryLast", "22552 22551", "", ""},
		{"Type1WithAnother", "64494 20610", found + "64494", "its primary 64493"},
		{"ManyPrimaries", "96361", found + "96361", "one of its primaries (96360, 96365, 96374, 96409, 96413, 96415 and 1 more)"},
		{"OneOfManyPrimaries", "96361 96365", "", ""},
		{"Type2Alone", "11732", found + "11732", "a primary procedure that the contractor accepts"},
		{"Type2WithAProcedure", "11732 11730", "", ""},
		{"Type2WithADrugOnly", "11732 J1885", found + "11732", ""},
		{"Type2WithAnAddOnOnly", "11732 64494", found + "11732; " + found + "64494", ""},
		{"Type3Alone", "61782", found + "61782", "beside one of its primaries 31267 and 31276, or another primary that the contractor accepts"},
		{"Type3WithPrimary", "61782 31267-50", "", ""},
		{"Type3WithAnother", "61782 31297", found + "61782", "type 3"},
		{"CriticalCare", "99292", found + "99292", "by another practitioner of the same group and specialty"},
		{"CriticalCareWithPrimary", "99291 99292 x2", "", ""},
		{"Prolonged", "99417 99215", "", ""},
		{"ProlongedWithALowerLevel", "99417 99213", found + "99417", "99205 and 99215"},
		{"NoAddOn", "27447", "", ""},
		{"OnlyInTheFeeSchedule", "22614", found + "22614", "global days ZZZ"},
		{"OnlyInTheFeeScheduleWithAProcedure", "22614 22551", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, list := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.AddOnWithoutPrimary)
			if got != test.want || test.says != "" && !strings.Contains(list[0].Message, test.says) {
				t.Errorf("got %q, want %q saying %q\n%+v", got, test.want, test.says, list)
			}
		})
	}
}

// TestAddOnsByRole: a denied primary takes its add-on with it; alternatives may be the primary; what is missing is never more than information.
func TestAddOnsByRole(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	addOn := func(opts ...any) codes.Mention { return mention(codes.CPT, "22552", opts...) }
	primary := func(opts ...any) codes.Mention { return mention(codes.CPT, "22551", opts...) }
	for _, test := range []struct {
		name     string
		mentions []codes.Mention
		want     string
	}{
		{"PrimaryDenied", []codes.Mention{addOn(), primary(codes.RoleDenied)}, "warning add-on-without-primary 22552,22551"},
		{"BothDenied", []codes.Mention{addOn(codes.RoleDenied), primary(codes.RoleDenied)}, ""},
		{"AddOnDeniedAlone", []codes.Mention{addOn(codes.RoleDenied)}, "info add-on-without-primary 22552"},
		{"PrimaryAnAlternative", []codes.Mention{addOn(), primary(codes.RoleAlternative)}, ""},
		{"PrimaryOfAnotherEncounter", []codes.Mention{addOn(), primary(2)}, "info add-on-without-primary 22552"},
		{"PrimaryOfHistory", []codes.Mention{addOn(), primary(codes.RoleHistory)}, "info add-on-without-primary 22552"},
		{"AlternativeAddOn", []codes.Mention{addOn(codes.RoleAlternative)}, ""},
		{"Topic", []codes.Mention{addOn(codes.RoleReference)}, ""},
	} {
		if got, _ := ours(check(t, b, Case{Mentions: test.mentions, Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.AddOnWithoutPrimary); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAddOnsWithoutTheirFile(t *testing.T) {
	t.Parallel()
	r := check(t, starter(t), Case{Mentions: lines("61782"), Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner})
	got := ""
	for _, n := range r.NotChecked {
		if n.Rule == finding.AddOnWithoutPrimary {
			got += n.Why
		}
	}
	if !strings.Contains(got, "whether the primary of 61782 is there was not checked") {
		t.Errorf("%q, %+v", got, r.NotChecked)
	}
}
