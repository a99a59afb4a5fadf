package checks

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// lines reads "31297-50 31288-RT-59 x2": one group, billed.
func lines(text string) []codes.Mention {
	var out []codes.Mention
	for word := range strings.FieldsSeq(text) {
		if n, ok := strings.CutPrefix(word, "x"); ok {
			out[len(out)-1].Units, _ = strconv.Atoi(n)
			continue
		}
		parts := strings.Split(word, "-")
		system := codes.CPT
		if parts[0][0] >= 'A' {
			system = codes.HCPCS
		}
		out = append(out, mention(system, parts[0], parts[1:]))
	}
	return out
}

// ours are the findings of the rules that this file is about, as shown does.
func ours(r Result, rules ...string) (string, []finding.Finding) {
	var kept []finding.Finding
	for _, f := range r.Findings {
		if slices.Contains(rules, f.Rule) {
			kept = append(kept, f)
		}
	}
	return shown(Result{Findings: kept}), kept
}

var scheduleRules = []string{finding.Bilateral, finding.AssistantSurgeon, finding.CoSurgeon, finding.TeamSurgeon, finding.ProfessionalTechnical, finding.Status,
	finding.Unlisted, finding.PlaceOfService, finding.ModifierNotApplicable, finding.ModifierPair}

func TestFeeScheduleAndModifiers(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	const ffs = medicareFFS
	for _, test := range []struct {
		name, lines, payer, setting, place, want string
		says                                     string
	}{
		// Bilateral surgery: Claims Processing Manual, chapter 12, section 40.7.
		{"Indicator1Takes50", "31297-50", ffs, practitioner, "", "", ""},
		{"Indicator1TakesASide", "31297-RT", ffs, practitioner, "", "", ""},
		{"Indicator0Refuses50", "44388-50", ffs, practitioner, "", "error bilateral 44388", "bilateral indicator 0"},
		{"Indicator2Refuses50", "31231-50", ffs, practitioner, "", "error bilateral 31231", "One line without 50 reports both sides."},
		{"Indicator9Refuses50", "62323-50", ffs, practitioner, "", "error bilateral 62323", "sides do not apply"},
		{"Indicator3Takes50", "73562-50", ffs, practitioner, "", "", ""},
		{"Indicator3TakesTwoLines", "73562-RT 73562-LT", ffs, practitioner, "", "", ""},
		{"Indicator2TwoLines", "31231-RT 31231-LT", ffs, practitioner, "", "warning bilateral 31231", "ask for one value twice"},
		{"Indicator2OneSide", "31231-RT", ffs, practitioner, "", "", ""},
		{"FiftyWithASide", "31297-50-RT", ffs, practitioner, "", "error bilateral 31297", "already says both sides"},
		{"BothSidesOnOneLine", "31297-RT-LT", ffs, practitioner, "", "error bilateral 31297", "contradict each other"},
		{"FiftyAndASideOnTwoLines", "31297-50 31297-RT", ffs, practitioner, "", "warning bilateral 31297", "no side is left"},
		{"MidlineWithASide", "45378-RT", ffs, practitioner, "", "warning bilateral 45378", "has once"},
		{"SkinWithASide", "11042-RT", ffs, practitioner, "", "", ""},
		{"DigitOnIndicator0", "11730-TA", ffs, practitioner, "", "", ""},
		{"CenterTakesNo50", "31297-50", ffs, surgicalCenter, "", "warning bilateral 31297", "two lines"},
		{"CenterTakesTwoLines", "31297-RT 31297-LT", ffs, surgicalCenter, "", "", ""},
		{"HospitalTakes50", "31297-50", ffs, outpatient, "", "", ""},
		{"HospitalIndicator0", "44388-50", ffs, outpatient, "", "warning bilateral 44388", ""},
		{"SettingNotStated", "44388-50", ffs, "", "", "warning bilateral 44388", ""},
		{"CommercialPayer", "44388-50", "commercial", practitioner, "", "warning bilateral 44388", "Medicare rule: "},
		{"PayerNotStated", "44388-50", "", practitioner, "", "warning bilateral 44388", "The payer is not stated"},

		// Surgeons beside the surgeon: sections 20.4.3 and 40.8.
		{"Assistant2", "27447-80", ffs, practitioner, "", "", ""},
		{"Assistant1", "66984-80", ffs, practitioner, "", "error assistant-surgeon 66984", "by statute"},
		{"Assistant0", "31297-AS", ffs, practitioner, "", "warning assistant-surgeon 31297", "why one was needed"},
		{"Assistant9", "36415-80", ffs, practitioner, "", "error assistant-surgeon 36415; info status 36415", ""},
		{"NoResident", "27447-82", ffs, practitioner, "", "warning assistant-surgeon 27447", "must certify"},
		{"CoSurgeon0", "31297-62", ffs, practitioner, "", "error co-surgeon 31297", ""},
		{"CoSurgeon1", "27447-62", ffs, practitioner, "", "warning co-surgeon 27447", "why both were needed"},
		{"CoSurgeon2", "63030-62", ffs, practitioner, "", "info co-surgeon 63030", "different specialties"},
		{"Team0", "27447-66", ffs, practitioner, "", "error team-surgeon 27447", ""},
		{"Team2", "47135-66", ffs, practitioner, "", "info team-surgeon 47135", "by report"},

		// Professional and technical parts.
		{"Reads71046", "71046-26", ffs, practitioner, "", "", ""},
		{"OwnsTheMachine", "71046-TC", ffs, practitioner, "11", "", ""},
		{"BothParts", "71046-26-TC", ffs, practitioner, "", "error professional-technical 71046", "contradict"},
		{"NoParts", "20610-26", ffs, practitioner, "", "error professional-technical 20610", "PC/TC indicator 0"},
		{"ProfessionalOnly", "93010-26", ffs, practitioner, "", "error professional-technical 93010", "professional part alone"},
		{"TechnicalOnly", "93005-TC", ffs, practitioner, "", "error professional-technical 93005", "technical part alone"},
		{"GlobalOnly", "93000-26", ffs, practitioner, "", "error professional-technical 93000", "parts have codes of their own"},
		{"LaboratoryInterpretation", "84165-26", ffs, practitioner, "", "info status 84165", ""},
		{"LaboratoryHasNoTechnicalPart", "84165-TC", ffs, practitioner, "", "error professional-technical 84165; info status 84165", "indicator 6"},
		{"LaboratoryWithout26Row", "80053-26", ffs, practitioner, "", "error professional-technical 80053; info status 80053", "indicator 9"},
		{"FacilityAsksFor26", "71046", ffs, practitioner, "22", "warning professional-technical 71046", "with 26"},
		{"FacilityHas26", "71046-26", ffs, practitioner, "21", "", ""},
		{"FacilityOwnsTC", "71046-TC", ffs, practitioner, "23", "warning professional-technical 71046", "the facility bills"},
		{"OfficeNeedsNone", "71046", ffs, practitioner, "11", "", ""},

		// Status.
		{"Bundled", "99070", ffs, practitioner, "", "warning status 99070", "never pays 99070 by itself"},
		{"OtherSchedules", "36415 80053 J1885", ffs, practitioner, "", "info status 36415,80053,J1885", "another schedule may pay"},
		{"OtherSchedulesCommercial", "36415", "commercial", practitioner, "", "", ""},
		{"NotCovered", "99396", ffs, practitioner, "", "warning status 99396", "status N"},
		{"NotUsed", "99245", ffs, practitioner, "", "warning status 99245", "as the visit that it was"},
		{"CarrierPriced", "0232T", ffs, practitioner, "", "info status 0232T", "no national amount"},
		{"Restricted", "11719", ffs, practitioner, "", "info status 11719", "restricted"},
		{"Category2", "3074F", ffs, practitioner, "", "warning status 3074F", "Other payers may."},
		{"OnlyAlone", "94760", ffs, practitioner, "", "info status 94760", "only if"},
		{"NotBesideAVisit", "94760 99213", ffs, practitioner, "", "warning status 94760", "beside 99213"},
		{"HospitalIsNotAsked", "99070", ffs, outpatient, "", "", ""},

		// Unlisted.
		{"Unlisted", "19499", ffs, practitioner, "", "info unlisted 19499", "description or report"},
		{"UnlistedWithValue", "19499-22", ffs, practitioner, "", "warning unlisted 19499", "none to change"},
		{"UnclassifiedDrug", "J3490", ffs, practitioner, "", "info unlisted J3490", "NDC"},

		// Place of service.
		{"NotInAnOffice", "27447", ffs, practitioner, "11", "warning place-of-service 27447", "rarely or never"},
		{"InAHospital", "27447", ffs, practitioner, "21", "", ""},
		{"StaffInAHospital", "96372", ffs, practitioner, "22", "warning place-of-service 96372", "service of staff"},
		{"WholeTestInAHospital", "93000", ffs, practitioner, "22", "warning place-of-service 93000", "technical part"},
		{"OfficeVisit", "99213", ffs, practitioner, "11", "", ""},

		// 51.
		{"FiftyOneOnAnAddOn", "22552-51", ffs, practitioner, "", "error modifier-not-applicable 22552", "add-on"},
		{"FiftyOneWithoutReduction", "93010-51", ffs, practitioner, "", "warning modifier-not-applicable 93010", "indicator 0"},
		{"FiftyOneOfImaging", "70450-51", ffs, practitioner, "", "warning modifier-not-applicable 70450", "of imaging"},
		{"FiftyOneMedicare", "20610-51", ffs, practitioner, "", "info modifier-not-applicable 20610", "not needed"},
		{"FiftyOneOnTheHighest", "20610 27447-51", ffs, practitioner, "", "info modifier-not-applicable 27447", "27447 is the one of highest value"},
		{"FiftyOneCommercial", "20610-51", "commercial", practitioner, "", "", ""},

		// Modifiers and kinds of code.
		{"VisitModifierOnSurgery", "20610-25", ffs, practitioner, "", "warning modifier-not-applicable 20610", "25 belongs on a visit"},
		{"DecisionOnSurgery", "27447-57", ffs, practitioner, "", "warning modifier-not-applicable 27447", ""},
		{"FiftyNineOnAVisit", "99213-59", ffs, practitioner, "", "warning modifier-not-applicable 99213", "it is 25"},
		{"SeventyNineOnAVisit", "99213-79", ffs, practitioner, "", "warning modifier-not-applicable 99213", "it is 24"},
		{"IncreasedVisit", "99213-22", ffs, practitioner, "", "warning modifier-not-applicable 99213", ""},
		{"AnesthesiaOnSurgery", "27447-AA", ffs, practitioner, "", "warning modifier-not-applicable 27447", "anesthesia"},
		{"AnesthesiaOnAnesthesia", "00100-AA-P2", ffs, practitioner, "", "", ""},
		{"DrugModifierOnSurgery", "20610-JZ", ffs, practitioner, "", "warning modifier-not-applicable 20610", "line of a drug"},
		{"WaivedOnAVisit", "99213-QW", ffs, practitioner, "", "warning modifier-not-applicable 99213", "laboratory"},
		{"RepeatedImaging", "71046-91", ffs, practitioner, "", "warning modifier-not-applicable 71046", ""},
		{"TherapyOnAVisit", "99213-GP", ffs, practitioner, "", "warning modifier-not-applicable 99213", "therapy plan"},
		{"TherapyWithDiscipline", "97110-GP", ffs, practitioner, "", "", ""},
		{"AdmittingOnAnOfficeVisit", "99213-AI", ffs, practitioner, "", "warning modifier-not-applicable 99213", "AI marks"},
		{"AdmittingOnAnAdmission", "99223-AI", ffs, practitioner, "", "", ""},
		{"FacilityStopOnAPractitioner", "45378-73", ffs, practitioner, "", "warning modifier-not-applicable 45378", "reports 53"},
		{"PractitionerStopOnAFacility", "45378-53", ffs, surgicalCenter, "", "warning modifier-not-applicable 45378", "73"},
		{"ScreeningTurnedMedicare", "45385-33", ffs, practitioner, "", "warning modifier-not-applicable 45385", "asks for PT"},
		{"ScreeningTurnedCommercial", "45385-PT", "commercial", practitioner, "", "info modifier-not-applicable 45385", "ask for 33"},
		{"PTOnAVisit", "99213-PT", ffs, practitioner, "", "warning modifier-not-applicable 99213", ""},
		{"FingerOnAKnee", "27447-F5", ffs, practitioner, "", "warning modifier-not-applicable 27447", "names a finger"},
		{"ToeOnAHand", "26055-T5", ffs, practitioner, "", "warning modifier-not-applicable 26055", "names a toe"},
		{"FingerOnAHand", "26055-F5", ffs, practitioner, "", "", ""},
		{"EyelidOnAnEye", "66984-E1", ffs, practitioner, "", "warning modifier-not-applicable 66984", "names an eyelid"},
		{"EyelidOnAnEyelid", "67904-E1", ffs, practitioner, "", "", ""},
		{"VesselOnASinus", "31297-LD", ffs, practitioner, "", "warning modifier-not-applicable 31297", "coronary"},
		{"VesselOnAHeart", "92928-LD", ffs, practitioner, "", "", ""},
		{"DigitOnASmallJoint", "20600-F5", ffs, practitioner, "", "", ""},

		// Pairs of modifiers.
		{"SameOrOther", "71046-76-77", ffs, practitioner, "", "warning modifier-pair 71046", "exclude each other"},
		{"RelatedOrNot", "27486-78-79", ffs, practitioner, "", "warning modifier-pair 27486", ""},
		{"XBeside59", "31288-59-XS", ffs, practitioner, "", "warning modifier-pair 31288", "in place of 59"},
		{"TwoAssistants", "27447-80-82", ffs, practitioner, "", "warning modifier-pair 27447", "exclude"},
		{"Twice", "31297-RT-RT", ffs, practitioner, "", "warning modifier-pair 31297", "stands twice"},
		{"Notices", "97597-GA-GZ", ffs, practitioner, "", "warning modifier-pair 97597", "signed"},
		{"VoluntaryNotice", "97597-GX-GY", ffs, practitioner, "", "", ""},
		{"RequirementsMet", "97110-GP-KX", ffs, practitioner, "", "", ""},
		{"BothVisitModifiers", "99213-24-25", ffs, practitioner, "", "", ""},
		{"ReducedAndStopped", "45378-52-53", ffs, practitioner, "", "warning modifier-pair 45378", ""},
		{"OtherSide", "26055-RT-FA", ffs, practitioner, "", "warning modifier-pair 26055", "different sides"},
		{"TwoToes", "28285-T1-T5", ffs, practitioner, "", "warning modifier-pair 28285", "2 toes"},
		{"Order", "71046-59-26", "commercial", practitioner, "", "info modifier-pair 71046", "so 71046-26-59"},
		{"FiftyNine", "31288-59", ffs, practitioner, "", "info modifier-pair 31288", "Medicare prefers it"},
		{"FiftyNineCommercial", "31288-59", "commercial", practitioner, "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := check(t, b, Case{Mentions: lines(test.lines), Date: on("2026-05-04"), Payer: test.payer, Setting: test.setting, Place: test.place})
			got, found := ours(r, scheduleRules...)
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Fatalf("got %q, want %q\n%+v", got, test.want, found)
			}
			if test.says != "" && !strings.Contains(found[0].Message, test.says) {
				t.Errorf("message %q\n  lacks %q", found[0].Message, test.says)
			}
		})
	}
}
