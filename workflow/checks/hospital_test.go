package checks

import (
	"strings"
	"testing"

	"caseconsultant/workflow/finding"
)

// TestFacilities: 42 CFR parts 416 and 419, by the addenda of the quarter.
func TestFacilities(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	for _, test := range []struct{ name, lines, setting, payer, want, says string }{
		{"InpatientOnly", "22633", outpatient, medicareFFS, "error opps-status 22633", "inpatients only"},
		{"InpatientOnlyElsewhere", "22633", practitioner, medicareFFS, "", ""},
		{"SettingNotStated", "22633", "", medicareFFS, "", ""},
		{"CommercialInpatientOnly", "22633", outpatient, "commercial", "warning opps-status 22633", "Medicare rule: "},
		{"OtherCode", "99213", outpatient, medicareFFS, "error opps-status 99213", "G0463"},
		{"NotCovered", "A9270", outpatient, medicareFFS, "error opps-status A9270", "E1"},
		{"NoPrice", "J0190", outpatient, medicareFFS, "warning opps-status J0190", "E2"},
		{"NotBilled", "3074F", outpatient, medicareFFS, "error opps-status 3074F", ""},
		{"Packaged", "J1885 76942", outpatient, medicareFFS, "info opps-status 76942,J1885", "76942 and J1885 are packaged"},
		{"Comprehensive", "31297", outpatient, medicareFFS, "info opps-status 31297", "comprehensive"},
		{"Discounted", "31231 45378", outpatient, medicareFFS, "info opps-status 31231", "31231 and 45378"},
		{"OneProcedure", "45378", outpatient, medicareFFS, "", ""},
		{"Conditional", "36556", outpatient, medicareFFS, "info opps-status 36556", "Q2"},
		{"Paid", "J9035", outpatient, medicareFFS, "", ""},
		{"CenterPaid", "31297", surgicalCenter, medicareFFS, "", ""},
		{"CenterInpatientOnly", "22633", surgicalCenter, medicareFFS, "error asc-status 22633", "C5, inpatient only"},
		{"CenterUnlisted", "19499", surgicalCenter, medicareFFS, "error asc-status 19499", "unlisted"},
		{"CenterPackaged", "J1885", surgicalCenter, medicareFFS, "info asc-status J1885", "packaged"},
		{"CenterNotListed", "47562", surgicalCenter, medicareFFS, "warning asc-status 47562", "none of the ASC addenda"},
		{"PriorAuthorization", "64493", outpatient, medicareFFS, "warning prior-auth 64493", "facet joint"},
		{"NoRowSaysNothing", "20610", outpatient, medicareFFS, "", ""},
		{"NotOfAPractitioner", "64493", practitioner, medicareFFS, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, found := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on("2026-05-04"), Payer: test.payer, Setting: test.setting}),
				finding.OPPSStatus, finding.ASCStatus, finding.PriorAuth)
			if got != test.want {
				t.Fatalf("got %q, want %q\n%+v", got, test.want, found)
			}
			if test.says != "" && !strings.Contains(found[0].Message, test.says) {
				t.Errorf("message %q\n  lacks %q", found[0].Message, test.says)
			}
		})
	}
}

func TestFacilityFilesThatAreNotLoadedAreNamed(t *testing.T) {
	t.Parallel()
	r := check(t, medicare(t), Case{Mentions: lines("31297"), Date: on("2024-05-04"), Payer: medicareFFS, Setting: outpatient})
	for _, n := range r.NotChecked {
		if n.Rule == finding.OPPSStatus && strings.Contains(n.Why, "No OPPS Addendum B that is loaded answers for 4 May 2024") {
			return
		}
	}
	t.Errorf("%+v", r.NotChecked)
}
