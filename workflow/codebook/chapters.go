package codebook

import (
	"slices"
	"strings"

	"caseconsultant/workflow/codes"
)

// Chapter is a part of a code set that people know by name: a chapter of ICD-10-CM, a letter of HCPCS Level II, a section of CPT or of
// ICD-10-PCS.
type Chapter struct {
	System codes.System `json:"system"`
	// ID is what a search can be kept to: "13", "J", "surgery", "0".
	ID    string `json:"id"`
	Title string `json:"title"`
	// First and Last are the first and last beginning of its codes.
	First, Last string `json:"-"`
}

// chapters are the titles of the ICD-10-CM tabular list (CDC/NCHS) and of ICD-10-PCS (CMS), in short; those of HCPCS and CPT are in our own
// words. CPT's are sorted by the numbers that they begin with.
func chapters() []Chapter {
	var out []Chapter
	for _, c := range [...][4]string{
		{"1", "A00", "B99", "Certain infectious and parasitic diseases"}, {"2", "C00", "D49", "Neoplasms"},
		{"3", "D50", "D89", "Diseases of the blood and blood-forming organs and certain disorders involving the immune mechanism"},
		{"4", "E00", "E89", "Endocrine, nutritional and metabolic diseases"}, {"5", "F01", "F99", "Mental, behavioral and neurodevelopmental disorders"},
		{"6", "G00", "G99", "Diseases of the nervous system"}, {"7", "H00", "H59", "Diseases of the eye and adnexa"},
		{"8", "H60", "H95", "Diseases of the ear and mastoid process"}, {"9", "I00", "I99", "Diseases of the circulatory system"},
		{"10", "J00", "J99", "Diseases of the respiratory system"}, {"11", "K00", "K95", "Diseases of the digestive system"},
		{"12", "L00", "L99", "Diseases of the skin and subcutaneous tissue"}, {"13", "M00", "M99", "Diseases of the musculoskeletal system and connective tissue"},
		{"14", "N00", "N99", "Diseases of the genitourinary system"}, {"15", "O00", "O9A", "Pregnancy, childbirth and the puerperium"},
		{"16", "P00", "P96", "Certain conditions originating in the perinatal period"},
		{"17", "Q00", "QA0", "Congenital malformations, deformations and chromosomal abnormalities"},
		{"18", "R00", "R99", "Symptoms, signs and abnormal clinical and laboratory findings, not elsewhere classified"},
		{"19", "S00", "T88", "Injury, poisoning and certain other consequences of external causes"}, {"20", "V00", "Y99", "External causes of morbidity"},
		{"21", "Z00", "Z99", "Factors influencing health status and contact with health services"}, {"22", "U00", "U85", "Codes for special purposes"},
	} {
		out = append(out, Chapter{codes.ICD10CM, c[0], c[3], c[1], c[2]})
	}
	for _, c := range [...][2]string{
		{"A", "Transport, supplies, tracers for imaging"}, {"B", "Feeding through a tube or vein"}, {"C", "Hospital outpatient payment"}, {"E", "Durable equipment"},
		{"G", "Procedures and professional services (Medicare)"}, {"H", "Behavioral health and substance use"}, {"J", "Drugs not taken by mouth, chemotherapy"},
		{"K", "Durable equipment (Medicare contractors)"}, {"L", "Braces and prostheses"}, {"M", "Quality reporting and medical services"}, {"P", "Pathology and laboratory"},
		{"Q", "Temporary codes"}, {"R", "Diagnostic radiology services"}, {"S", "Private payers' codes"}, {"T", "Medicaid's codes"}, {"U", "Laboratory tests of the coronavirus"},
		{"V", "Vision, hearing and speech"},
	} {
		out = append(out, Chapter{codes.HCPCS, c[0], c[1], c[0], c[0]})
	}
	for _, c := range [...][4]string{
		{"anesthesia", "00100", "01999", "Anesthesia"}, {"surgery-skin", "10004", "19499", "Surgery: skin and breast"}, {"surgery-bones", "20100", "29999", "Surgery: bones, joints and muscles"},
		{"surgery-airways", "30000", "32999", "Surgery: nose, airways and lungs"}, {"surgery-heart", "33016", "37799", "Surgery: heart and vessels"},
		{"surgery-blood", "38100", "38999", "Surgery: spleen and lymph nodes"}, {"surgery-chest", "39000", "39599", "Surgery: chest middle and diaphragm"},
		{"surgery-digestive", "40490", "49999", "Surgery: mouth, digestive organs and hernias"}, {"surgery-urinary", "50010", "53899", "Surgery: urinary organs"},
		{"surgery-male", "54000", "55899", "Surgery: male organs"}, {"surgery-female", "55920", "59899", "Surgery: female organs and birth"},
		{"surgery-glands", "60000", "60699", "Surgery: glands"}, {"surgery-nerves", "61000", "64999", "Surgery: brain, spine and nerves"},
		{"surgery-eyes", "65091", "68899", "Surgery: eyes"}, {"surgery-ears", "69000", "69990", "Surgery: ears"}, {"radiology", "70010", "79999", "Radiology"},
		{"laboratory", "80047", "89398", "Pathology and laboratory"}, {"medicine", "90281", "99199", "Medicine"}, {"visits", "99201", "99499", "Visits and other evaluation and management"},
		{"medicine", "99500", "99607", "Medicine"},
	} {
		out = append(out, Chapter{codes.CPT, c[0], c[3], c[1], c[2]})
	}
	for _, c := range [...][2]string{
		{"0", "Medical and Surgical"}, {"1", "Obstetrics"}, {"2", "Placement"}, {"3", "Administration"}, {"4", "Measurement and Monitoring"},
		{"5", "Extracorporeal or Systemic Assistance and Performance"}, {"6", "Extracorporeal or Systemic Therapies"}, {"7", "Osteopathic"}, {"8", "Other Procedures"},
		{"9", "Chiropractic"}, {"B", "Imaging"}, {"C", "Nuclear Medicine"}, {"D", "Radiation Therapy"}, {"F", "Physical Rehabilitation and Diagnostic Audiology"},
		{"G", "Mental Health"}, {"H", "Substance Abuse Treatment"}, {"X", "New Technology"},
	} {
		out = append(out, Chapter{codes.ICD10PCS, c[0], c[1], c[0], c[0]})
	}
	return out
}

var allChapters = chapters()

// ChapterOf says in which chapter a code stands; ok is false when its system has none or it is in none.
func ChapterOf(system codes.System, code string) (Chapter, bool) {
	key := keyFor(system, code)
	if system == codes.CPT && len(key) == 5 && !digit(key[4]) {
		names := map[byte]string{'F': "Category II: quality reports", 'T': "Category III: new procedures", 'U': "Proprietary laboratory tests", 'M': "Laboratory tests with an algorithm", 'A': "Giving vaccines"}
		return Chapter{System: system, ID: strings.ToLower(key[4:]), Title: names[key[4]], First: key, Last: key}, names[key[4]] != ""
	}
	for _, c := range allChapters {
		if c.System == system && len(key) >= len(c.First) && key >= c.First && key[:min(len(key), len(c.Last))] <= c.Last {
			return c, true
		}
	}
	return Chapter{}, false
}

// Chapters lists the chapters of all systems, or of one, that a search may be kept to.
func Chapters(system codes.System) []Chapter {
	return slices.DeleteFunc(slices.Clone(allChapters), func(c Chapter) bool { return system != "" && c.System != system })
}
