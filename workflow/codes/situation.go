package codes

import "strings"

// Settings, places and patients as texts state them. Each word stands for what
// it says and nothing more: "hospital" alone is no setting.
var settingWords = []struct{ setting, place, words string }{
	{"asc", "24", "asc|ambulatory surgery center|ambulatory surgical center|surgery center|surgicenter|surgi-center|surgery centre"},
	{"hospital", "22", "hospital outpatient|outpatient hospital|hopd|hopps|opps|hospital op|hosp outpt|hosp op|outpatient department|provider-based|provider based|on-campus outpatient|facility side|facility claim|ub-04|ub04|apc|observation status"},
	{"hospital", "21", "inpatient hospital|hospital inpatient|inpatient stay|inpatient claim|inpatient admission|drg|ms-drg|pcs"},
	{"practitioner", "11", "our office|in office|in the office|in-office|office visit|office setting|pos 11|private practice|physician office|our clinic"},
	{"practitioner", "", "professional claim|pro fee|profee|pro-fee|professional fee|professional side|cms-1500|cms 1500|hcfa|physician claim|professional component|surgeon's claim|prof claim"},
}

var placeWords = []struct{ place, words string }{
	{"24", "asc|ambulatory surgery center|ambulatory surgical center|surgery center"},
	{"22", "hospital outpatient|outpatient hospital|hopd|hospital op|hosp op|hosp outpt|on-campus outpatient"},
	{"19", "off-campus outpatient|off campus outpatient|off-campus hopd"},
	{"23", "emergency room|emergency department|in the ed|in the er|ed visit|er visit"},
	{"21", "inpatient hospital|hospital inpatient|as an inpatient|inpatient status|inpatient stay"},
	{"31", "skilled nursing|snf"},
	{"32", "nursing home|nursing facility"},
	{"20", "urgent care"},
	{"10", "telehealth from home|telehealth in her home|telehealth in his home|telehealth in patient's home|video visit from home"},
	{"12", "home visit|house call"},
	{"13", "assisted living"},
	{"34", "hospice facility"},
	{"72", "rural health clinic|rhc"},
	{"50", "fqhc|federally qualified"},
	{"81", "independent lab|reference lab"},
	{"65", "dialysis center|dialysis facility|esrd facility"},
	{"11", "our office|in office|in the office|in-office|office visit|office setting|physician office"},
}

// situation is where a service took place and on whom, as far as it is stated.
type situation struct {
	setting string // practitioner, hospital, asc; "" where nothing says it
	place   string // place of service, two digits, or ""
	age     *int   // whole years
	sex     string // F, M or ""
}

// situated reads the situation of a message. Several patients, places or
// settings give none: nobody could say whose it is.
func situated(small string, ms []Mention, refs []Reference) situation {
	var s situation
	settings, places := map[string]bool{}, map[string]bool{}
	for _, w := range settingWords {
		if hasWord(small, w.words) {
			settings[w.setting] = true
		}
	}
	for i := range ms {
		switch m := &ms[i]; {
		case m.System == POS && m.Role != RoleReference:
			places[m.Code] = true
		case m.System == Revenue || m.System == ICD10PCS || m.System == MSDRG:
			settings["hospital"] = true
		}
	}
	for i := range refs {
		if refs[i].Kind == "tob" && strings.HasPrefix(refs[i].Value, "1") {
			settings["hospital"] = true
		}
	}
	if len(places) == 0 {
		for _, w := range placeWords {
			if hasWord(small, w.words) {
				places[w.place] = true
			}
		}
	}
	s.place = single(places)
	if s.place == "24" {
		settings["asc"] = true
	}
	if s.place == "11" || s.place == "20" || s.place == "12" {
		settings["practitioner"] = true
	}
	s.setting = single(settings)
	s.age, s.sex = patient(small)
	return s
}

// single is the one member of a set, or "".
func single(set map[string]bool) string {
	if len(set) != 1 {
		return ""
	}
	for v := range set {
		return v
	}
	return ""
}

// patient reads age and sex: "62 yo M", "45-year-old woman", "age 7", "F, 33",
// "6 week old", "she".
func patient(small string) (age *int, sex string) {
	ages, sexes := map[int]bool{}, map[string]bool{}
	words := patientWords(small)
	at := func(k int) string {
		if k < 0 || k >= len(words) {
			return ""
		}
		return words[k]
	}
	for k, w := range words {
		switch {
		case oneOf(w, "female woman girl lady"):
			sexes["F"] = true
		case oneOf(w, "male man boy gentleman"):
			sexes["M"] = true
		case w == "sex" || w == "gender":
			switch at(k + 1) {
			case "f":
				sexes["F"] = true
			case "m":
				sexes["M"] = true
			}
		case (w == "age" || w == "aged") && digits(at(k+1), 3):
			ages[number(at(k+1))] = true
		}
		n := 0
		for n < len(w) && isDigit(w[n]) {
			n++
		}
		if n == 0 || n > 3 {
			continue
		}
		unit, old, next := w[n:], at(k+1), k+2
		if unit == "" {
			unit, old, next = at(k+1), at(k+2), k+3
		}
		years := -1
		switch {
		case oneOf(unit, "yo yof yom y.o y.o. y/o yrold"):
			years, next = number(w[:n]), next-1
		case oneOf(unit, "year years yr yrs") && oneOf(old, "old female male"):
			years = number(w[:n])
			if old != "old" {
				next--
			}
		case oneOf(unit, "month months mo mos week weeks wk wks day days") && old == "old":
			years = 0
			if strings.HasPrefix(unit, "mo") {
				years = number(w[:n]) / 12
			}
		case (unit == "f" || unit == "m") && n == 2 && w[n:] == unit: // 62M
			years, next = number(w[:n]), next-1
			sexes[strings.ToUpper(unit)] = true
		}
		if years < 0 || years > 120 {
			continue
		}
		ages[years] = true
		switch {
		case unit == "yof" || at(next) == "f":
			sexes["F"] = true
		case unit == "yom" || at(next) == "m":
			sexes["M"] = true
		}
	}
	if len(sexes) == 0 {
		for _, w := range words {
			switch {
			case oneOf(w, "she her hers"):
				sexes["F"] = true
			case oneOf(w, "he his him"):
				sexes["M"] = true
			}
		}
		// A pronoun is the patient's only where an age or the patient is named;
		// it may be the surgeon's.
		if len(ages) == 0 && !hasWord(small, "patient|pt|pts") || hasWord(small, "surgeon|doctor|dr|provider|md|np|pa|partner|coder|biller|auditor") {
			clear(sexes)
		}
	}
	if len(ages) == 1 {
		for a := range ages {
			age = &a
		}
	}
	return age, single(sexes)
}

func digits(w string, most int) bool { return len(w) <= most && digitsOnly([]byte(w)) }

// patientWords cuts a text into words for patient; hyphens part them.
func patientWords(small string) []string {
	return strings.FieldsFunc(small, func(r rune) bool {
		return r == ' ' || r == '\n' || r == '\t' || r == ',' || r == ';' || r == ':' || r == '-' || r == '(' || r == ')' || r == '?' || r == '!' || r == '=' || r == '"'
	})
}
