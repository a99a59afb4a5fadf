package checks

import (
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// TestGlobalPeriod: Claims Processing Manual, chapter 12, sections 40.1 to 40.4. The operation is named as history, in a group of its own.
func TestGlobalPeriod(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	for _, test := range []struct{ name, operation, day, lines, on, want, says string }{
		{"VisitInside", "27447-RT", "2026-04-06", "99213", "2026-05-06", "warning global-period 99213,27447", "99213 on 6 May 2026 is day 30 of the 90 global days of 27447 (6 Apr 2026), which run to 5 Jul 2026."},
		{"LastDay", "11750", "2026-04-06", "99213", "2026-04-16", "warning global-period 99213,11750", "day 10 of the 10"},
		{"DayAfterTheLast", "11750", "2026-04-06", "99213", "2026-04-17", "info global-period 99213,11750", "whose last day was 16 Apr 2026"},
		{"NoDaysAfter", "20610", "2026-05-04", "99213", "2026-05-06", "", ""},
		{"Unrelated", "27447-RT", "2026-04-06", "99213-24", "2026-05-06", "warning global-period 99213,27447", "24 holds if"},
		{"OtherKnee", "27447-RT", "2026-04-06", "20610-LT-79", "2026-05-06", "warning global-period 20610,27447", "LT and RT name different sides"},
		{"NoModifier", "27447-RT", "2026-04-06", "20610-LT", "2026-05-06", "warning global-period 20610,27447", "58 if planned"},
		{"Planned", "19301", "2026-04-06", "19307-58", "2026-05-06", "warning global-period 19307,19301", "new global days begin"},
		{"Complication", "27447", "2026-04-06", "27486-78", "2026-05-06", "warning global-period 27486,27447", "no new global days"},
		{"Ended", "11750", "2026-04-06", "99213-24", "2026-05-06", "warning global-period 99213,11750", "ended on 16 Apr 2026"},
		{"CriticalCare", "33533", "2026-05-04", "99291", "2026-05-06", "warning global-period 99291,33533", "FT"},
		{"ImagingIsNoPartOfIt", "27447", "2026-04-06", "73562", "2026-05-06", "", ""},
		// The day itself.
		{"MinorWith25", "", "", "99214-25 20610-RT", "2026-05-06", "warning global-period 99214,20610", "beyond the decision for 20610"},
		{"MinorWithout25", "", "", "99203 20610", "2026-05-06", "info global-period 99203,20610", "new patient too"},
		{"MajorWith57", "", "", "99214-57 27447", "2026-05-06", "warning global-period 99214,27447", "decision"},
		{"MajorWith25", "", "", "99214-25 27447", "2026-05-06", "warning global-period 99214,27447", "57, not 25"},
		{"MajorWithout", "", "", "99214 27447", "2026-05-06", "info global-period 99214,27447", "(57)"},
		{"MinorWith57", "", "", "99214-57 20610", "2026-05-06", "warning global-period 99214,20610", "90 global days"},
		{"ImagingBesideAVisit", "", "", "99214 73562", "2026-05-06", "", ""},
		{"NothingEarlier", "", "", "20610-79", "2026-05-06", "info global-period 20610", "name it with its day"},
		// Shares of the package.
		{"Split", "", "", "66984-54", "2026-05-06", "info global-period 66984", "before 0.10, operation 0.70, after 0.20"},
		{"NothingToSplit", "", "", "20610-55", "2026-05-06", "warning global-period 20610", "nothing to share"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := Case{Mentions: lines(test.lines), Date: on(test.on), Payer: medicareFFS, Setting: practitioner}
			if test.operation != "" {
				h := lines(test.operation)[0]
				h.Role, h.Group = codes.RoleHistory, 2
				c.Mentions = append(c.Mentions, h)
				c.Groups = map[int]Date{2: on(test.day)}
			}
			got, found := ours(check(t, b, c), finding.GlobalPeriod)
			if got != test.want {
				t.Fatalf("got %q, want %q\n%+v", got, test.want, found)
			}
			if test.says != "" && !strings.Contains(found[0].Message, test.says) {
				t.Errorf("message %q\n  lacks %q", found[0].Message, test.says)
			}
		})
	}
}
