package checks

import (
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// TestPairs: NCCI Policy Manual, chapter I. Each name is the principle.
func TestPairs(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	const ffs, p, h = medicareFFS, practitioner, outpatient
	for _, test := range []struct {
		name, lines, payer, setting string
		want                        string
		judged                      string
		says                        []string
		never                       []string
	}{
		// Which code is paid, in both orders.
		{"Column1IsPaid", "31288 31297", ffs, p, "error ncci-ptp 31288,31297", "not-stated", []string{"Medicare pays 31288 and denies 31297", "indicator 1, since 1 Jan 2011"}, nil},
		{"OrderOfWordsIsNotColumnOrder", "31297 31288", ffs, p, "error ncci-ptp 31288,31297", "not-stated", []string{"Medicare pays 31288 and denies 31297"}, nil},
		{"NoPair", "73562 27447", ffs, p, "", "", nil, nil},
		{"ACodeWithItself", "31297-RT 31297-LT", ffs, p, "", "", nil, nil},
		{"OneCode", "31297", ffs, p, "", "", nil, nil},
		{"DeletedRetroactively", "22551 22552", ffs, p, "", "", nil, nil},
		{"SeveralPairs", "31288 31297 31231", ffs, p, "error ncci-ptp 31288,31297; error ncci-ptp 31297,31231", "", nil, nil},

		// Indicator 0: section E, no modifier lifts it.
		{"Indicator0", "29881 29877", ffs, p, "error ncci-ptp 29881,29877", "indicator-0", []string{"No modifier lifts this edit."}, []string{"59", "RT"}},
		{"Indicator0With59", "29881 29877-59", ffs, p, "error ncci-ptp 29881,29877", "indicator-0", []string{"59 on 29877 changes nothing here."}, []string{"billing error"}},
		{"Indicator0WithXS", "33533 36000-XS", ffs, p, "error ncci-ptp 33533,36000", "indicator-0", []string{"XS on 36000 changes nothing"}, nil},
		{"Indicator0WithSides", "29881-RT 29877-LT", ffs, p, "error ncci-ptp 29881,29877", "indicator-0", []string{"RT on 29881 and LT on 29877 change nothing"}, nil},
		{"Indicator0WithAnUnrelatedModifier", "29881 29877-22", ffs, p, "error ncci-ptp 29881,29877", "indicator-0", nil, []string{"22 on"}},

		// Paired organs: the other side.
		{"OppositeSides", "31288-RT 31297-LT", ffs, p, "warning ncci-ptp 31288,31297", "stated", []string{"RT on 31288 and LT on 31297 say that the sites differ: supported if the record shows it.", "the other side or another sinus"}, []string{"59", "XS"}},
		{"SameSide", "31288-RT 31297-RT", ffs, p, "error ncci-ptp 31288,31297", "same-site", []string{"the modifiers say the same side, not a separate one"}, nil},
		{"SameSideWith59", "31288-RT 31297-RT-59", ffs, p, "warning ncci-ptp 31288,31297", "same-site", []string{"59 on 31297 needs a record of another structure there or of a separate encounter"}, nil},
		{"FiftyLeavesNoOtherSide", "31297-50 31288", ffs, p, "error ncci-ptp 31288,31297", "both-sides", []string{"50 on 31297 does not lift the edit", "no other side is left for 31288", "in place of 50"}, nil},
		{"FiftyAndOneSide", "31297-50 31288-RT", ffs, p, "error ncci-ptp 31288,31297", "both-sides", []string{"no other side is left for 31288"}, nil},
		{"FiftyOnBoth", "31297-50 31288-50", ffs, p, "error ncci-ptp 31288,31297", "both-sides", nil, nil},
		{"FiftyWith59", "31297-50-59 31288", ffs, p, "warning ncci-ptp 31288,31297", "both-sides", []string{"can only stand for a separate encounter or another structure"}, nil},
		{"OneSideSaysNothingOfTheOther", "31297-RT 31288", ffs, p, "warning ncci-ptp 31288,31297", "one-side", []string{"RT on 31297 does not say where 31288 was done"}, nil},
		{"OneOfSeveralLinesRefused", "31297-RT 31297-LT 31288-LT", ffs, p, "error ncci-ptp 31288,31297", "same-site", nil, nil},
		{"TheBareMentionIsTheSameLine", "31297 31297-RT 31288-LT", ffs, p, "warning ncci-ptp 31288,31297", "stated", nil, nil},
		{"NothingSidedInTheOtherCode", "31297 31231", ffs, p, "error ncci-ptp 31297,31231", "not-stated", []string{"31231 stands for both sides, so no other side is left", "Then XE"}, []string{"RT"}},
		{"FiftyAgainstACodeOfBothSides", "31297-50 31231", ffs, p, "error ncci-ptp 31297,31231", "not-lifted", []string{"50 on 31297 does not lift the edit"}, nil},
		{"EyeSurgery", "66984-RT 66982-LT", ffs, p, "warning ncci-ptp 66984,66982", "stated", []string{"the other eye"}, nil},
		{"Breast", "19303 19120", ffs, p, "error ncci-ptp 19303,19120", "not-stated", []string{"the other breast or another lesion", "RT on one line and LT on the other"}, []string{"F1", "E1", "LC"}},

		// Digits, lids and vessels: their own modifiers.
		{"Fingers", "11730-F2 11765-F3", ffs, p, "warning ncci-ptp 11730,11765", "stated", []string{"F2 on 11730 and F3 on 11765 say that the sites differ"}, nil},
		{"SameFinger", "11730-F2 11765-F2", ffs, p, "error ncci-ptp 11730,11765", "same-site", []string{"the same site"}, nil},
		{"ToesAreNamed", "28285 28270", ffs, p, "error ncci-ptp 28285,28270", "not-stated", []string{"another toe", "the modifier of the toe on each line (TA or T1-T9)"}, []string{"FA", "LC", "E1"}},
		{"DifferentToes", "28285-T1 28270-T2", ffs, p, "warning ncci-ptp 28285,28270", "stated", nil, nil},
		{"SameToeWith59", "28285-T1 28270-T1-59", ffs, p, "warning ncci-ptp 28285,28270", "same-site", nil, nil},
		{"NailsOfFingerAndToe", "11730 11765", ffs, p, "error ncci-ptp 11730,11765", "not-stated", []string{"another finger or toe"}, []string{"RT on one"}},
		{"FingerOnTheOtherHand", "26055-F2 64721-RT", ffs, p, "warning ncci-ptp 64721,26055", "stated", nil, nil},
		{"FingerOnTheSameHand", "26055-F7 64721-RT", ffs, p, "error ncci-ptp 64721,26055", "same-site", []string{"the same side"}, nil},
		{"Lids", "67800-E1 67840-E3", ffs, p, "warning ncci-ptp 67800,67840", "stated", nil, nil},
		{"LidsAreNamed", "67800 67840", ffs, p, "error ncci-ptp 67800,67840", "not-stated", []string{"(E1-E4)", "another eyelid"}, []string{"T1", "LC"}},
		{"Arteries", "92928-LD 92920-RC", ffs, p, "warning ncci-ptp 92928,92920", "stated", nil, nil},
		{"SameArtery", "92928-LD 92920-LD", ffs, p, "error ncci-ptp 92928,92920", "same-site", nil, nil},
		{"ArteriesAreNamed", "92928 92920", ffs, p, "error ncci-ptp 92928,92920", "not-stated", []string{"another coronary artery", "LC, LD, LM, RC or RI"}, []string{"RT", "E1"}},

		// 59 and the X modifiers: the last ones, where no better one describes it.
		{"FiftyNine", "45385 45380-59", ffs, p, "warning ncci-ptp 45385,45380", "stated", []string{"59 on 45380 holds if the record shows that", "another lesion"}, nil},
		{"FiftyNineOnColumn1", "45385-59 45380", ffs, p, "warning ncci-ptp 45385,45380", "stated", nil, nil},
		{"XS", "45385 45380-XS", ffs, p, "warning ncci-ptp 45385,45380", "stated", nil, nil},
		{"XE", "31288 31297-XE", ffs, p, "warning ncci-ptp 31288,31297", "stated", nil, nil},
		{"FiftyNineWhereSidesSayMore", "31288 31297-59", ffs, p, "warning ncci-ptp 31288,31297", "stated", []string{"RT and LT say more than 59 where they are true."}, nil},
		{"FiftyNineWhereToesSayMore", "28285 28270-59", ffs, p, "warning ncci-ptp 28285,28270", "stated", []string{"TA or T1-T9 say more than 59"}, nil},
		{"NoListOfModifiers", "45385 45380", ffs, p, "error ncci-ptp 45385,45380", "not-stated", []string{"59 only where no better one describes it", "A modifier without that record is a billing error."}, []string{"RT", "LC", "25", "E1", "91", "58"}},
		{"LesionsOfSkin", "17000 11102", ffs, p, "error ncci-ptp 17000,11102", "not-stated", []string{"another lesion"}, []string{"RT"}},
		{"Guidance", "76942 77002", ffs, p, "error ncci-ptp 76942,77002", "not-stated", []string{"guidance for another procedure"}, nil},
		{"Infusion", "96365 96374", ffs, p, "error ncci-ptp 96365,96374", "not-stated", []string{"another vein or port that was needed"}, nil},
		{"TherapyMinutes", "97530 97140", ffs, p, "error ncci-ptp 97530,97140", "not-stated", []string{"separate minutes for each, one after the other, none of them counted twice"}, []string{"RT", "25"}},
		{"TherapyWith59", "97530 97140-59-GP", ffs, p, "warning ncci-ptp 97530,97140", "stated", nil, nil},

		// What NCCI does not recognise lifts nothing.
		{"FiftyOneLiftsNothing", "45385 45380-51", ffs, p, "error ncci-ptp 45385,45380", "not-lifted", []string{"51 on 45380 does not lift the edit"}, nil},
		{"SeventySixLiftsNothing", "45385 45380-76", ffs, p, "error ncci-ptp 45385,45380", "not-lifted", []string{"76 on 45380 does not lift"}, nil},
		{"TwentyTwoLiftsNothing", "43235 43239-22", ffs, p, "error ncci-ptp 43239,43235", "not-lifted", nil, nil},
		{"FiftyTwoLiftsNothing", "17000 11102-52", ffs, p, "error ncci-ptp 17000,11102", "not-lifted", nil, nil},
		{"SeveralLiftNothing", "17000-22 11102-51", ffs, p, "error ncci-ptp 17000,11102", "not-lifted", []string{"22 on 17000 and 51 on 11102 do not lift the edit"}, nil},
		{"GPHasNothingToDoWithIt", "97530-GP 97140-GP", ffs, p, "error ncci-ptp 97530,97140", "not-stated", nil, []string{"GP"}},
		{"TwentyFiveOnAProcedure", "45385 45380-25", ffs, p, "error ncci-ptp 45385,45380", "wrong-modifier", []string{"25 on 45380 is for visits"}, nil},
		{"NinetyOneOnAProcedure", "45385 45380-91", ffs, p, "error ncci-ptp 45385,45380", "wrong-modifier", []string{"91 is for laboratory tests"}, nil},
		{"SeventyNineIsAnotherSession", "45385 45380-79", ffs, p, "warning ncci-ptp 45385,45380", "stated", []string{"another session"}, nil},

		// Laboratory.
		{"RepeatedTest", "80053 84443-91", ffs, p, "warning ncci-ptp 80053,84443", "stated", []string{"ordered again that day for a new result"}, nil},
		{"TestInPanel", "80053 82947", ffs, p, "error ncci-ptp 80053,82947", "not-stated", []string{"Then 91 says that a test was repeated"}, []string{"RT"}},

		// A visit beside a procedure: sections D and E. What the mail does not say may be on the claim.
		{"VisitWithout25", "20610 99213", ffs, p, "info ncci-ptp 20610,99213", "not-stated", []string{"significant and separately identifiable", "25 on 99213 says so, if the claim does not have it already"}, []string{"59", "XS"}},
		{"VisitWith25", "99213-25 20610", ffs, p, "warning ncci-ptp 20610,99213", "stated", []string{"25 on 99213 holds if the record shows that"}, nil},
		{"TwentyFiveOnTheProcedure", "99213 20610-25", ffs, p, "error ncci-ptp 20610,99213", "wrong-modifier", []string{"25 on 20610 stands on the wrong line: it belongs on the visit 99213"}, nil},
		{"FiftyNineOnAVisit", "99213-59 20610", ffs, p, "error ncci-ptp 20610,99213", "wrong-modifier", []string{"59 on 99213 does not belong on a visit"}, nil},
		{"FiftyNineBesideAVisit", "99213 20610-59", ffs, p, "warning ncci-ptp 20610,99213", "wrong-modifier", []string{"59 on 20610 does not set the visit apart"}, nil},
		{"MajorOperation", "27447 99214", ffs, p, "info ncci-ptp 27447,99214", "not-stated", []string{"a visit at which 27447 was decided on", "57 (the decision) or 25"}, nil},
		{"DecisionForMajorOperation", "27447 99214-57", ffs, p, "warning ncci-ptp 27447,99214", "stated", nil, nil},
		{"DecisionForMinorProcedure", "20610 99213-57", ffs, p, "warning ncci-ptp 20610,99213", "wrong-modifier", []string{"57 on 99213 is for the decision on an operation with 90 global days"}, nil},
		{"TwentyFourOnTheSameDay", "20610 99213-24", ffs, p, "warning ncci-ptp 20610,99213", "wrong-modifier", []string{"24 on 99213 speaks of the global period of an earlier operation"}, nil},
		{"ASideIsNo25", "99213 20610-RT", ffs, p, "info ncci-ptp 20610,99213", "not-stated", nil, nil},
		{"TwoVisits", "99397 99213", ffs, p, "info ncci-ptp 99397,99213", "not-stated", []string{"beside a preventive visit"}, nil},
		{"TwoVisitsWith25", "99397 99213-25", ffs, p, "warning ncci-ptp 99397,99213", "stated", nil, nil},
		{"TwoVisitsWith59", "99397 99213-59", ffs, p, "error ncci-ptp 99397,99213", "wrong-modifier", nil, nil},

		// Each setting has its own file.
		{"HospitalEdit", "99281 G0463", ffs, h, "info ncci-ptp G0463,99281", "not-stated", []string{"Then 27", "one hospital"}, nil},
		{"HospitalWith27", "99281-27 G0463", ffs, h, "warning ncci-ptp G0463,99281", "stated", nil, nil},
		{"HospitalHasAnotherIndicator", "45385 45380-59", ffs, h, "error ncci-ptp 45385,45380", "indicator-0", nil, nil},
		{"HospitalHasAnotherOrder", "43239 43235", ffs, h, "error ncci-ptp 43235,43239", "not-stated", nil, nil},
		{"HospitalHasNoSuchEdit", "27447 99214", ffs, h, "", "", nil, nil},
		{"CenterUsesPractitioners", "31288 31297", ffs, surgicalCenter, "error ncci-ptp 31288,31297", "not-stated", []string{"one surgical center"}, nil},
		{"SettingNotStatedBothAgree", "31288 31297", ffs, "", "error ncci-ptp 31288,31297", "not-stated", []string{"The edits for outpatient hospitals say the same."}, nil},
		{"SettingNotStatedHospitalLacksIt", "17000 11102", ffs, "", "warning ncci-ptp 17000,11102", "not-stated", []string{"The edits for outpatient hospitals do not have this pair."}, nil},
		{"SettingNotStatedIndicatorsDiffer", "45385 45380", ffs, "", "warning ncci-ptp 45385,45380", "not-stated", []string{"outpatient hospitals have the pair with indicator 0"}, nil},
		{"SettingNotStatedOrdersDiffer", "43239 43235", ffs, "", "warning ncci-ptp 43239,43235", "not-stated", []string{"the other way round: there 43235 is paid"}, nil},
		{"SettingNotStatedHospitalAlone", "99281 G0463", ffs, "", "info ncci-ptp G0463,99281", "not-stated", []string{"Only the edits for outpatient hospitals have this pair"}, nil},

		// Payers: a Medicare file settles something for Medicare alone.
		{"Commercial", "31288 31297", "commercial", p, "warning ncci-ptp 31288,31297", "not-stated", []string{"Medicare rule: ", "check with the payer"}, nil},
		{"Advantage", "29881 29877", "medicare_advantage", p, "warning ncci-ptp 29881,29877", "indicator-0", []string{"A Medicare Advantage plan may add its own rules"}, nil},
		{"PayerNotStated", "29881 29877", "unknown", p, "warning ncci-ptp 29881,29877", "indicator-0", []string{"The payer is not stated"}, nil},
		{"WorkersComp", "29881 29877", workersComp, p, "warning ncci-ptp 29881,29877", "indicator-0", nil, nil},
		{"PatientPays", "29881 29877", selfPay, p, "info ncci-ptp 29881,29877", "indicator-0", []string{"No payer's edits apply"}, nil},
		{"MedicaidHasItsOwn", "31288-RT 31297-LT", medicaid, p, "error ncci-ptp 31288,31297", "indicator-0", []string{"Medicaid pays 31288 and denies 31297"}, []string{"Medicare"}},
		{"MedicaidLacksMedicaresEdit", "29881 29877", medicaid, p, "", "", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, found := ours(check(t, b, Case{Mentions: lines(test.lines), Date: on("2026-03-02"), Payer: test.payer, Setting: test.setting}), finding.NCCIPTP)
			if got != test.want {
				t.Fatalf("got %q, want %q\n%+v", got, test.want, found)
			}
			for _, f := range found {
				if test.judged != "" && f.Data["judged"] != test.judged {
					t.Errorf("judged %v, want %s: %s", f.Data["judged"], test.judged, f.Message)
				}
				for _, words := range test.says {
					if !strings.Contains(f.Message, words) {
						t.Errorf("lacks %q: %s", words, f.Message)
					}
				}
				for _, words := range test.never {
					if strings.Contains(f.Message, words) {
						t.Errorf("names %q: %s", words, f.Message)
					}
				}
				for _, banned := range []string{"billable", "payable", "correct", "guaranteed", "will be paid"} {
					if strings.Contains(f.Message, banned) {
						t.Errorf("says %q: %s", banned, f.Message)
					}
				}
			}
		})
	}
}

// TestPairMessageOrder: who is paid, what has to be true, the modifiers, the warning; in that order, so that nobody reads a list to pick from.
func TestPairMessageOrder(t *testing.T) {
	t.Parallel()
	_, found := ours(check(t, medicare(t), Case{Mentions: lines("31297 31288"), Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.NCCIPTP)
	at := -1
	for _, words := range []string{"pays 31288", "denies 31297", "only if the record shows", "RT on one line", "59 only where", "billing error"} {
		i := strings.Index(found[0].Message, words)
		if i <= at {
			t.Errorf("%q is not in its place: %s", words, found[0].Message)
		}
		at = i
	}
	for name, want := range map[string]any{"set": "practitioner", "column1": "31288", "column2": "31297", "indicator": 1, "effective": "2011-01-01", "deletion": "", "rationale": "More extensive procedure"} {
		if found[0].Data[name] != want {
			t.Errorf("data %s: %v, want %v", name, found[0].Data[name], want)
		}
	}
	if !strings.Contains(found[0].Data["denial"].(string), "not billable to the patient") || !strings.HasPrefix(found[0].Source, "NCCI PTP edits for practitioners") {
		t.Errorf("%+v", found[0])
	}
}

// TestPairsOverDays: edits apply from their first to their last day, both included.
func TestPairsOverDays(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	for _, test := range []struct {
		name, lines    string
		date           Date
		received, want string
		says           string
	}{
		{"LastDay", "31297 31575", on("2025-12-31"), "", "error ncci-ptp 31297,31575", "until 31 Dec 2025"},
		{"DayAfter", "31297 31575", on("2026-01-01"), "", "", ""},
		{"FirstDay", "31276 31297", on("2026-03-01"), "", "error ncci-ptp 31276,31297", ""},
		{"DayBefore", "31276 31297", on("2026-02-28"), "", "", ""},
		{"BeforeTheFile", "31288 31297", on("2010-12-31"), "", "", ""},
		{"OldDay", "31288 31297", on("2013-05-02"), "", "error ncci-ptp 31288,31297", ""},
		{"OldDayWithModifier", "31288 31297-59", on("2013-05-02"), "", "warning ncci-ptp 31288,31297", "those stated were not judged"},
		{"EndedLatelyDateAssumed", "31297 31575", assumed("2026-03-02", BasisReceived), "2026-03-02", "info ncci-ptp 31297,31575", "For services up to 31 Dec 2025 31575 was denied beside 31297"},
		{"EndedLatelyDateStated", "31297 31575", on("2026-03-02"), "2026-03-02", "", ""},
		{"EndedLongAgoDateAssumed", "20610 76000", assumed("2012-12-31", BasisYearAssumed), "2012-12-31", "", ""},
		{"BeginsBeforeTheQuestion", "31276 31297", assumed("2026-02-20", BasisYearAssumed), "2026-03-05", "info ncci-ptp 31276,31297", "For services from 1 Mar 2026 31297 is denied"},
		{"EndsBeforeTheQuestion", "31297 31575", assumed("2025-12-20", BasisYearAssumed), "2026-01-05", "warning ncci-ptp 31297,31575", "ended on 31 Dec 2025"},
		{"DateAssumed", "31288 31297", assumed("2026-03-02", BasisReceived), "2026-03-02", "warning ncci-ptp 31288,31297", ""},
		{"DatePlanned", "31288 31297", assumed("2026-03-02", BasisPlanned), "2026-02-02", "warning ncci-ptp 31288,31297", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := Case{Mentions: lines(test.lines), Date: test.date, Payer: medicareFFS, Setting: practitioner}
			if test.received != "" {
				c.Received = on(test.received).Day
			}
			got, found := ours(check(t, b, c), finding.NCCIPTP)
			if got != test.want || test.says != "" && !strings.Contains(found[0].Message, test.says) {
				t.Errorf("got %q, want %q saying %q\n%+v", got, test.want, test.says, found)
			}
		})
	}
}

// TestPairsMeetOnlyWithinAGroup: nothing is checked across encounters, alternatives, history and topics.
func TestPairsMeetOnlyWithinAGroup(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	for _, test := range []struct {
		name   string
		second []any
		want   bool
	}{
		{"Billed", []any{codes.RoleBilled}, true}, {"Denied", []any{codes.RoleDenied}, true}, {"Alternative", []any{codes.RoleAlternative}, false}, {"Replaced", []any{codes.RoleReplaced}, false},
		{"History", []any{codes.RoleHistory}, false}, {"Topic", []any{codes.RoleReference}, false}, {"AnotherEncounter", []any{2}, false},
	} {
		mentions := []codes.Mention{mention(codes.CPT, "31297"), mention(codes.CPT, "31288", test.second...)}
		for range 2 {
			got, _ := ours(check(t, b, Case{Mentions: mentions, Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.NCCIPTP)
			if (got != "") != test.want {
				t.Errorf("%s: %q", test.name, got)
			}
			slices.Reverse(mentions)
		}
	}
	// A denied visit is no longer a claim on which 25 may stand.
	got, _ := ours(check(t, b, Case{Mentions: []codes.Mention{mention(codes.CPT, "20610"), mention(codes.CPT, "99213", codes.RoleDenied)}, Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.NCCIPTP)
	if got != "warning ncci-ptp 20610,99213" {
		t.Error(got)
	}
	// Two patients with the same pair: it is said once.
	if got, _ := ours(check(t, b, Case{Mentions: []codes.Mention{mention(codes.CPT, "31297"), mention(codes.CPT, "31288"), mention(codes.CPT, "31297", 2), mention(codes.CPT, "31288", 2)},
		Date: on("2026-03-02"), Payer: medicareFFS, Setting: practitioner}), finding.NCCIPTP); got != "error ncci-ptp 31288,31297" {
		t.Error(got)
	}
}

func TestPairsThatCouldNotBeChecked(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, lines, payer, setting, date string
		starter                           bool
		want                              string
	}{
		{"Starter", "31297 31288", medicareFFS, practitioner, "2026-03-02", true, "No NCCI PTP edits for practitioners file is loaded, so whether 31288 and 31297 are paid together was not checked."},
		{"StarterOneCode", "31297", medicareFFS, practitioner, "2026-03-02", true, ""},
		{"AfterTheQuarter", "31297 31288", medicareFFS, practitioner, "2027-01-05", false, "no loaded file answers for 5 Jan 2027"},
		{"Medicaid", "31297 31288", medicaid, outpatient, "2026-03-02", false, "Medicaid has edits of its own"},
		{"MedicaidSettingNotStated", "31297 31288", medicaid, "", "2026-03-02", false, "Those for outpatient hospitals were not checked."},
	} {
		b := medicare(t)
		if test.starter {
			b = starter(t)
		}
		r := check(t, b, Case{Mentions: lines(test.lines), Date: on(test.date), Payer: test.payer, Setting: test.setting})
		var why []string
		for _, n := range r.NotChecked {
			if n.Rule == finding.NCCIPTP {
				why = append(why, n.Why)
			}
		}
		if got := strings.Join(why, " "); test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
