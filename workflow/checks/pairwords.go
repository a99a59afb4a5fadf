package checks

import (
	"fmt"
	"strings"

	"caseconsultant/workflow/codebook"
)

// bodySite is what a block of CPT codes treats, in the words that a record would use for "elsewhere".
type bodySite struct {
	first, last int
	// name tells sites apart: codes of one name treat the same kind of structure.
	name string
	// apart is what the record has to show for two services of this site to be separate.
	apart string
	// each is the family of modifiers that name the part: finger, toe, digit, eyelid, coronary.
	each string
}

// bodySites are from the order of CPT's sections, which follows the body. The first that holds a number counts.
var bodySites = []bodySite{
	{11042, 11047, "wound", "another wound", ""},
	{11102, 11107, "skin lesion", "another lesion", ""}, {11200, 11646, "skin lesion", "another lesion", ""}, {17000, 17286, "skin lesion", "another lesion", ""},
	{11719, 11721, "nail", "other nails", ""}, {11730, 11765, "nail", "another finger or toe", "digit"},
	{12001, 13160, "wound", "another wound", ""},
	{15820, 15823, "eyelid", "another eyelid", "eyelid"}, {67700, 67975, "eyelid", "another eyelid", "eyelid"},
	{19000, 19499, "breast", "the other breast or another lesion", ""},
	{20526, 20553, "injected site", "another tendon, muscle or joint", ""}, {20600, 20611, "joint", "another joint", ""},
	{22010, 22899, "spine", "another level of the spine", ""}, {62263, 63746, "spine", "another level of the spine", ""},
	{64479, 64495, "spine", "another level or side of the spine", ""}, {64633, 64636, "spine", "another level or side of the spine", ""},
	{23000, 23929, "shoulder", "the other shoulder", ""}, {29805, 29828, "shoulder", "the other shoulder", ""},
	{23930, 24999, "elbow", "the other arm", ""}, {29830, 29838, "elbow", "the other elbow", ""},
	{25000, 25999, "wrist", "the other forearm or wrist", ""}, {29840, 29848, "wrist", "the other wrist", ""},
	{26010, 26011, "finger", "another finger", "finger"}, {26055, 26080, "finger", "another finger", "finger"}, {26110, 26110, "finger", "another finger", "finger"},
	{26160, 26160, "finger", "another finger", "finger"}, {26210, 26262, "finger", "another finger", "finger"}, {26340, 26373, "finger", "another finger", "finger"},
	{26410, 26460, "finger", "another finger", "finger"}, {26500, 26562, "finger", "another finger", "finger"}, {26720, 26785, "finger", "another finger", "finger"},
	{26820, 26863, "finger", "another finger", "finger"}, {26910, 26952, "finger", "another finger", "finger"}, {26010, 26989, "hand", "the other hand", ""},
	{26990, 27299, "hip", "the other hip", ""}, {29860, 29863, "hip", "the other hip", ""}, {29914, 29916, "hip", "the other hip", ""},
	{27301, 27599, "knee", "the other knee or thigh", ""}, {29850, 29856, "knee", "the other knee", ""}, {29866, 29889, "knee", "the other knee", ""},
	{27600, 27899, "ankle", "the other leg or ankle", ""}, {29891, 29907, "ankle", "the other ankle", ""},
	{28010, 28011, "toe", "another toe", "toe"}, {28022, 28024, "toe", "another toe", "toe"}, {28052, 28054, "toe", "another toe", "toe"}, {28108, 28108, "toe", "another toe", "toe"},
	{28124, 28126, "toe", "another toe", "toe"}, {28150, 28160, "toe", "another toe", "toe"}, {28232, 28234, "toe", "another toe", "toe"}, {28270, 28299, "toe", "another toe", "toe"},
	{28310, 28313, "toe", "another toe", "toe"}, {28490, 28525, "toe", "another toe", "toe"}, {28630, 28675, "toe", "another toe", "toe"}, {28750, 28760, "toe", "another toe", "toe"},
	{28810, 28825, "toe", "another toe", "toe"}, {28001, 28899, "foot", "the other foot", ""},
	{30000, 30999, "nose", "the other side of the nose", ""}, {31231, 31298, "sinus", "the other side or another sinus", ""},
	{31615, 31661, "bronchus", "another lobe or lesion", ""}, {32035, 32999, "lung", "the other lung", ""},
	{33016, 37799, "vessel", "another vessel", ""},
	{43180, 43289, "upper bowel", "another lesion", ""}, {44360, 44408, "bowel", "another lesion", ""}, {45300, 45398, "bowel", "another lesion", ""}, {46600, 46615, "bowel", "another lesion", ""},
	{49491, 49525, "groin", "the other groin", ""}, {49650, 49651, "groin", "the other groin", ""},
	{50010, 50980, "kidney", "the other kidney or ureter", ""}, {52320, 52356, "kidney", "the other ureter", ""},
	{54500, 54699, "testis", "the other testis", ""}, {58600, 58960, "tube or ovary", "the other tube or ovary", ""},
	{64400, 64455, "nerve", "another nerve", ""}, {64702, 64911, "nerve", "another nerve", ""},
	{65091, 68899, "eye", "the other eye", ""}, {69000, 69979, "ear", "the other ear", ""},
	{77001, 77022, "guidance", "guidance for another procedure", ""}, {76940, 76948, "guidance", "guidance for another procedure", ""},
	{70010, 79999, "imaged area", "another area of the body", ""},
	{92920, 92979, "coronary artery", "another coronary artery", "coronary"},
	{96360, 96379, "infusion", "another vein or port that was needed, or another visit", ""}, {96401, 96549, "infusion", "another vein or port that was needed, or another visit", ""},
}

func siteOf(code string) (bodySite, bool) {
	n := number(code)
	for _, s := range bodySites {
		if n >= s.first && n <= s.last {
			return s, true
		}
	}
	return bodySite{}, false
}

// sided: both codes treat what the body has on two sides: the bilateral indicator says so where a fee schedule is loaded (1 and 3), else what
// is known of the site. Spine levels count by their indicator alone.
func (j *pairJudge) sided() bool {
	return sidedCode(j.pair.Column1, j.fee1.Bilateral, j.has1) && sidedCode(j.pair.Column2, j.fee2.Bilateral, j.has2)
}

func sidedCode(code, indicator string, known bool) bool {
	if known {
		return indicator == "1" || indicator == "3"
	}
	s, ok := siteOf(code)
	return ok && (s.each == "eyelid" || strings.HasPrefix(s.apart, "the other"))
}

// parts are the modifiers of the parts that both codes may name.
func (j *pairJudge) parts() (modifiers, of string) {
	first, _ := siteOf(j.pair.Column1)
	second, _ := siteOf(j.pair.Column2)
	each := first.each
	switch {
	case first.each == "digit" && (second.each == "finger" || second.each == "toe"):
		each = second.each
	case second.each == "digit" && (first.each == "finger" || first.each == "toe"):
	case first.each != second.each:
		return "", ""
	}
	switch each {
	case "finger":
		return "FA or F1-F9", "finger"
	case "toe":
		return "TA or T1-T9", "toe"
	case "digit":
		return "FA, F1-F9, TA or T1-T9", "finger or toe"
	case "eyelid":
		return "E1-E4", "eyelid"
	case "coronary":
		return "LC, LD, LM, RC or RI", "artery"
	}
	return "", ""
}

// sayMore names the anatomical modifiers that fit both codes, which say more than 59.
func (j *pairJudge) sayMore() string {
	if modifiers, _ := j.parts(); modifiers != "" {
		return modifiers
	}
	if j.sided() {
		return "RT and LT"
	}
	return ""
}

// message puts a finding together in the order that keeps it from being read as a way around the edit: who is paid, what has to be true, what
// the stated modifiers say, and only then which modifiers fit.
func (j *pairJudge) message(v verdict) string {
	p := j.pair
	who := "practitioner"
	switch {
	case p.Set == codebook.PTPHospital || p.Set == codebook.PTPMedicaidHospital:
		who = "hospital"
	case j.Setting == surgicalCenter:
		who = "surgical center"
	}
	parts := []string{fmt.Sprintf("%s pays %s and denies %s when one %s reports both for one patient on one day (NCCI edit, indicator %d, %s).", j.payer, p.Column1, p.Column2, who, p.Indicator, life(p))}
	if p.Indicator == 0 {
		parts = append(parts, "No modifier lifts this edit.")
		if v.say != "" {
			parts = append(parts, v.say)
		}
		return strings.Join(parts, " ")
	}
	truth, modifiers := j.words(v)
	parts = append(parts, "Both can be paid only if the record shows "+truth+".")
	if v.say != "" {
		parts = append(parts, v.say)
	}
	if v.state != "stated" {
		parts = append(parts, modifiers)
	}
	parts = append(parts, "A modifier without that record is a billing error.")
	return strings.Join(parts, " ")
}

// life is the days of an edit, for the evidence.
func life(p codebook.Pair) string {
	since := "since before 1996"
	if p.Effective != "" {
		since = "since " + long(p.Effective)
	}
	if p.Deletion == "" {
		return since
	}
	return since + ", until " + long(p.Deletion)
}

// words are what has to be true of this pair, and the modifiers that would say so.
func (j *pairJudge) words(v verdict) (truth, modifiers string) {
	kindA, kindB := kindOf(v.a), kindOf(v.b)
	switch {
	case kindA == kindVisit && kindB == kindVisit:
		if j.Setting == outpatient {
			return "two separate visits that day, each with its own reason", "Then 27 says so on the second visit, if the claim does not have it already."
		}
		return "two services that were each significant and separate, such as a problem treated beside a preventive visit", "Then 25 says so on the second of them, if the claim does not have it already."
	case kindA == kindVisit || kindB == kindVisit:
		visit, other, fee := v.a, v.b, j.fee2
		if kindB == kindVisit {
			visit, other, fee = v.b, v.a, j.fee1
		}
		truth = fmt.Sprintf("a visit that was significant and separately identifiable, beyond the usual work before and after %s and beyond the decision for it", other.Code)
		modifiers = fmt.Sprintf("Then 25 on %s says so, if the claim does not have it already.", visit.Code)
		if fee.GlobalDays == "090" {
			truth = fmt.Sprintf("a visit at which %s was decided on, or one that was significant and separately identifiable from it", other.Code)
			modifiers = fmt.Sprintf("Then 57 (the decision) or 25 (separate work) on %s says so, if the claim does not have it already.", visit.Code)
		}
		return truth, modifiers
	case kindA == kindLaboratory && kindB == kindLaboratory:
		return "that the test was ordered again that day for a new result that the care needed, or done on another specimen; not to confirm a result or after trouble with a specimen",
			"Then 91 says that a test was repeated; XE or XS, and 59 only where no better one describes it, another specimen."
	case timed(v.a.Code) && timed(v.b.Code):
		return "separate minutes for each, one after the other, none of them counted twice", "Then 59 says so, or XU where that describes it better."
	}
	first, known1 := siteOf(j.pair.Column1)
	second, known2 := siteOf(j.pair.Column2)
	apart := "a separate site or organ"
	switch {
	case known1 && known2 && first.name == second.name:
		apart = first.apart
	case known1 && known2 && j.sided():
		apart = "the other side or another site"
	case known2 && !known1 && second.name == "guidance":
		apart = second.apart
	}
	if j.fee1.Bilateral == "2" || j.fee2.Bilateral == "2" {
		both := j.pair.Column1
		if j.fee2.Bilateral == "2" {
			both = j.pair.Column2
		}
		if strings.HasPrefix(apart, "the other") {
			return fmt.Sprintf("a separate encounter that day (%s stands for both sides, so no other side is left)", both), "Then XE says so, or 59 only where no better one describes it."
		}
	}
	truth = "that they were separate: " + apart + "; a separate encounter that day; or another practitioner"
	named, of := j.parts()
	switch {
	case named != "":
		modifiers = fmt.Sprintf("Then the modifier of the %s on each line (%s) says so; ", of, named)
	case j.sided() && v.state == "both-sides":
		modifiers = "If it shows one side for each, RT on one line and LT on the other say so in place of 50; "
	case j.sided():
		modifiers = "Then RT on one line and LT on the other say so; "
	default:
		return truth, "Then " + j.distinctWords()
	}
	return truth, modifiers + "without another side or part, " + j.distinctWords()
}

// distinctWords: 59 is the last resort (manual, chapter I, section E).
func (j *pairJudge) distinctWords() string {
	if !j.policyHolds() || j.nature("XS") == "" {
		return "59 says so where no better one describes it."
	}
	return "XS (structure), XE (encounter) or XP (practitioner) says so; 59 only where no better one describes it."
}

// timed: therapy and behavioral services by the minute, whose pairs are separate when their minutes are.
func timed(code string) bool {
	n := number(code)
	return n >= 97010 && n <= 97799
}
