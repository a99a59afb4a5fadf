package licence

import (
	"slices"
	"strconv"
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

// TestPermits walks kinds, uses and days.
func TestPermits(t *testing.T) {
	t.Parallel()
	until := day(t, "2026-12-31")
	for name, test := range map[string]struct {
		licence    Licence
		on         string
		desk, mail bool
		why        string // in the refusal for mail
	}{
		"Nothing":           {Licence{}, "2026-11-24", false, false, "no licence"},
		"None":              {Licence{Kind: None, Holder: "Example Coding"}, "2026-11-24", false, false, "no licence"},
		"UnknownKind":       {Licence{Kind: "all"}, "2026-11-24", false, false, "no licence"},
		"Internal":          {Licence{Kind: Internal}, "2026-11-24", true, false, "the firm's own people"},
		"Distribution":      {Licence{Kind: Distribution}, "2026-11-24", true, true, ""},
		"LastDay":           {Licence{Kind: Distribution, Expires: until}, "2026-12-31", true, true, ""},
		"DayAfter":          {Licence{Kind: Distribution, Expires: until}, "2027-01-01", false, false, "ended on 2026-12-31"},
		"InternalDayAfter":  {Licence{Kind: Internal, Expires: until}, "2027-01-01", false, false, "ended on 2026-12-31"},
		"LongBeforeItsEnd":  {Licence{Kind: Internal, Expires: until}, "2020-01-01", true, false, "the firm's own people"},
		"EndOfAnotherClock": {Licence{Kind: Distribution, Expires: until.Add(5 * time.Hour)}, "2026-12-31", true, true, ""},
	} {
		for _, licence := range Names() {
			set := Set{licence: test.licence}
			on := day(t, test.on)
			if got := set.Permits(licence, Desk, on); got != test.desk {
				t.Errorf("%s: %s at the desk: %v", name, licence, got)
			}
			if got := set.Permits(licence, Mail, on); got != test.mail {
				t.Errorf("%s: %s in a mail: %v", name, licence, got)
			}
			why := set.Refusal(licence, Mail, on)
			if !strings.Contains(why, test.why) || (why == "") != test.mail {
				t.Errorf("%s: %s: %q", name, licence, why)
			}
			for _, other := range Names() {
				if other != licence && (set.Permits(other, Desk, on) || set.Permits(other, Mail, on)) {
					t.Errorf("%s: a licence for %s permits %s", name, licence, other)
				}
			}
			if got := set.InForce(Desk, on); slices.Contains(got, licence) != test.desk || len(got) > 1 {
				t.Errorf("%s: in force: %v", name, got)
			}
		}
	}
	all := Set{"snomed": {Kind: Distribution}}
	if all.Permits("snomed", Desk, until) || all.Permits("", Desk, until) {
		t.Error("a licence that is not known permits something")
	}
	if Set(nil).Permits(CPT, Desk, until) {
		t.Error("no set permits something")
	}
}

// TestLines: the file's own year stands in the mail, and the trademark's line beside it.
func TestLines(t *testing.T) {
	t.Parallel()
	got := Lines(CPT, " CPT only copyright 2025 American Medical Association. All rights reserved.")
	if want := []string{"CPT only copyright 2025 American Medical Association. All rights reserved.", "CPT is a registered trademark of the American Medical Association."}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	both := "CPT copyright 2024 American Medical Association. CPT is a registered trademark of the American Medical Association."
	if got := Lines(CPT, both); !slices.Equal(got, []string{both}) {
		t.Errorf("%q", got)
	}
	if got := Lines(CARC, ""); len(got) != 0 {
		t.Errorf("%q", got)
	}
	for _, name := range Names() {
		if Of(name).Owner == "" || Of(name).What == "" {
			t.Errorf("nobody owns the words under %s", name)
		}
	}
	if Year(day(t, "2026-12-31")) == Year(day(t, "2027-01-01")) {
		t.Error("a licence year does not end")
	}
}

// TestExcerpt: a mail never carries a range, a section, or very many.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 40 {
		many = append(many, strconv.Itoa(10000+7*i))
	}
	for name, test := range map[string]struct{ codes, want []string }{
		"None":         {nil, nil},
		"AsAsked":      {[]string{"31297", "20610", "31288", "20610"}, []string{"31297", "20610", "31288"}},
		"FourInARow":   {[]string{"99202", "99203", "99204", "99205"}, []string{"99202", "99203", "99204", "99205"}},
		"FiveInARow":   {[]string{"99215", "31297", "99211", "99212", "99214", "99213"}, []string{"31297"}},
		"LettersInRow": {[]string{"0001U", "0002U", "0003U", "0004U", "0005U", "0001M"}, []string{"0001M"}},
		"TwoFamilies":  {[]string{"0001U", "0002U", "0003U", "0003M", "0004M"}, []string{"0001U", "0002U", "0003U", "0003M", "0004M"}},
		"Modifiers":    {[]string{"22", "23", "24", "25", "26"}, nil},
		"Many":         {many, many[:20]},
		"NoNumbers":    {[]string{"", "A", "B", "C", "D", "E"}, []string{"", "A", "B", "C", "D", "E"}},
	} {
		if got := Excerpt(test.codes); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
