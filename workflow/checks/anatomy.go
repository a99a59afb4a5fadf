package checks

import (
	"slices"
	"strconv"
	"strings"

	"caseconsultant/workflow/codes"
)

// region is a part of the body that a block of CPT codes treats, as far as modifiers of digits, eyelids and coronary arteries need it. CPT's
// blocks follow the body, so ranges of numbers tell it; codes whose block speaks of several parts have no region, and nothing is concluded.
type region string

const (
	regionHand    region = "the hand and fingers"
	regionFoot    region = "the foot and toes"
	regionEyelid  region = "the eyelids"
	regionHeart   region = "the coronary arteries"
	regionEye     region = "the eye"
	regionSpine   region = "the spine"
	regionTrunk   region = "the trunk"
	regionArm     region = "the shoulder, arm or wrist"
	regionLeg     region = "the hip, knee or leg"
	regionJoint   region = "a large joint"
	regionHead    region = "the head, nose or throat"
	regionChest   region = "the chest"
	regionBelly   region = "the digestive organs"
	regionPelvis  region = "the urinary or genital organs"
	regionNervous region = "the skull or brain"
)

// blocks are in order. Where a number lies in none, the region is not known.
var blocks = []struct {
	first, last int
	region      region
}{
	{15820, 15823, regionEyelid},
	{20610, 20611, regionJoint},
	{21010, 21279, regionHead}, {21283, 21499, regionHead}, {21501, 21936, regionTrunk}, {22010, 22899, regionSpine}, {22900, 22999, regionTrunk},
	{23000, 25999, regionArm}, {26010, 26989, regionHand}, {26990, 27899, regionLeg}, {28001, 28899, regionFoot},
	{29805, 29848, regionArm}, {29850, 29899, regionLeg}, {29914, 29916, regionLeg},
	{30000, 31599, regionHead}, {31600, 32999, regionChest},
	{38500, 38500, ""}, {40490, 42999, regionHead}, {43020, 49999, regionBelly}, {50010, 58999, regionPelvis}, {59000, 59899, regionPelvis},
	{61000, 62258, regionNervous}, {62263, 63746, regionSpine}, {64479, 64495, regionSpine}, {64633, 64636, regionSpine},
	{65091, 67299, regionEye}, {67700, 67975, regionEyelid}, {69000, 69979, regionHead},
	{70010, 70559, regionHead}, {71045, 71555, regionChest}, {72020, 72159, regionSpine}, {73000, 73115, regionArm}, {73120, 73140, regionHand},
	{73501, 73610, regionLeg}, {73620, 73660, regionFoot}, {74018, 74190, regionBelly}, {77061, 77067, regionChest},
	{92920, 92979, regionHeart}, {93571, 93572, regionHeart},
}

// number is the value of a code of digits alone, 0 for all others.
func number(code string) int {
	if len(code) != 5 {
		return 0
	}
	n, err := strconv.Atoi(code)
	if err != nil {
		return 0
	}
	return n
}

func regionOf(code string) region {
	n := number(code)
	if n == 0 {
		return ""
	}
	for _, b := range blocks {
		if n >= b.first && n <= b.last {
			return b.region
		}
	}
	return ""
}

// midline: the code treats an organ that the body has once. Blocks in which paired organs stand beside it are left out, so that RT and LT are
// doubted only where no side can exist; whether 50 fits is the bilateral indicator's matter.
func midline(code string) bool {
	n := number(code)
	for _, b := range [][2]int{{22010, 22899}, {43020, 48999}, {51020, 53899}, {55801, 55899}, {57000, 58579}, {59000, 59899}, {62320, 62327}, {62367, 62370}} {
		if n >= b[0] && n <= b[1] {
			return true
		}
	}
	return false
}

// The modifiers that name a place of the body, with the side of each (HCPCS Level II modifiers).
var (
	fingers   = []string{"FA", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"}
	toes      = []string{"TA", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9"}
	eyelids   = []string{"E1", "E2", "E3", "E4"}
	coronary  = []string{"LC", "LD", "LM", "RC", "RI"}
	leftOnes  = []string{"LT", "FA", "F1", "F2", "F3", "F4", "TA", "T1", "T2", "T3", "T4", "E1", "E2"}
	rightOnes = []string{"RT", "F5", "F6", "F7", "F8", "F9", "T5", "T6", "T7", "T8", "T9", "E3", "E4"}
)

// sideOf is RT, LT or "" for a modifier.
func sideOf(modifier string) string {
	switch {
	case slices.Contains(leftOnes, modifier):
		return "LT"
	case slices.Contains(rightOnes, modifier):
		return "RT"
	}
	return ""
}

// lineSide is the side that the modifiers of a line name, "" for none or both.
func lineSide(l line) string {
	found := ""
	for _, m := range l.Modifiers {
		if m == "50" {
			return ""
		}
		if s := sideOf(m); s != "" {
			if found != "" && found != s {
				return ""
			}
			found = s
		}
	}
	return found
}

// misplaced says of an anatomical modifier which part of the body it names, if the code is known to treat another.
func misplaced(code, modifier string) (names string, treats region) {
	treats = regionOf(code)
	if treats == "" {
		return "", ""
	}
	switch {
	case slices.Contains(fingers, modifier) && treats != regionHand:
		return "a finger", treats
	case slices.Contains(toes, modifier) && treats != regionFoot:
		return "a toe", treats
	case slices.Contains(eyelids, modifier) && treats != regionEyelid:
		return "an eyelid", treats
	case slices.Contains(coronary, modifier) && treats != regionHeart && treats != regionChest:
		return "a coronary artery", treats
	}
	return "", ""
}

// kindOfCode is what a procedure code stands for, as far as modifiers tell it.
type kindOfCode string

const (
	kindAnesthesia kindOfCode = "an anesthesia service"
	kindVisit      kindOfCode = "a visit"
	kindSurgery    kindOfCode = "a procedure"
	kindImaging    kindOfCode = "an imaging service"
	kindLaboratory kindOfCode = "a laboratory test"
	kindMedicine   kindOfCode = "a service of medicine"
	kindDrug       kindOfCode = "a drug"
	kindOther      kindOfCode = "another kind of code"
)

// visitsElsewhere are evaluation and management services outside of 99202-99499.
var visitsElsewhere = []string{"92002", "92004", "92012", "92014", "90791", "90792", "G0402", "G0438", "G0439", "G0463", "G0380", "G0381", "G0382", "G0383", "G0384", "G0245", "G0246",
	"G0406", "G0407", "G0408", "G0425", "G0426", "G0427", "G0466", "G0467", "G0468", "G0469", "G0470", "G0508", "G0509", "S0610", "S0612", "S0613", "T1015"}

// kindOf tells the kind of a code from CPT's sections and the letters of HCPCS.
func kindOf(l line) kindOfCode {
	n := number(l.Code)
	switch {
	case slices.Contains(visitsElsewhere, l.Code), n >= 99202 && n <= 99499, n >= 98000 && n <= 98016:
		return kindVisit
	case n >= 100 && n <= 1999:
		return kindAnesthesia
	case n >= 10004 && n <= 69990:
		return kindSurgery
	case n >= 70010 && n <= 79999:
		return kindImaging
	case n >= 80047 && n <= 89398, l.System == codes.CPT && strings.HasSuffix(l.Code, "U"):
		return kindLaboratory
	case n >= 90281 && n <= 90399, n >= 90476 && n <= 90759:
		return kindDrug
	case n >= 90460:
		return kindMedicine
	case l.System == codes.HCPCS && l.Code != "" && strings.ContainsRune("JQ", rune(l.Code[0])):
		return kindDrug
	}
	return kindOther
}
