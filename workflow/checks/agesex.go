package checks

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// ages is a band of whole years, both ends included, with what it is for.
type ages struct {
	from, to int
	why      string
}

const oldest = 199

// ageOfCode are the bands of procedures whose meaning holds an age, in our own words from medical knowledge: preventive visits, the care of
// newborns, sedation, and operations of which the code set has one code below an age and one from it on.
func ageOfCode(code string) (ages, bool) {
	b, ok := agesOfCodes()[code]
	return b, ok
}

var agesOfCodes = sync.OnceValue(func() map[string]ages {
	bands := map[string]ages{}
	for i, b := range []ages{{0, 0, ""}, {1, 4, ""}, {5, 11, ""}, {12, 17, ""}, {18, 39, ""}, {40, 64, ""}, {65, oldest, ""}} {
		b.why = "a preventive visit"
		bands[fmt.Sprint(99381+i)], bands[fmt.Sprint(99391+i)] = b, b
	}
	newborn := ages{0, 0, "the care of a newborn"}
	for _, c := range []string{"99460", "99461", "99462", "99463", "99464", "99465", "99468", "99469", "99477", "54150", "54160"} {
		bands[c] = newborn
	}
	for c, b := range map[string]ages{
		"99471": {0, 1, "critical care from 29 days to 24 months"}, "99472": {0, 1, "critical care from 29 days to 24 months"},
		"99475": {2, 5, "critical care of a young child"}, "99476": {2, 5, "critical care of a young child"},
		"99151": {0, 4, "sedation below five years"}, "99155": {0, 4, "sedation below five years"},
		"99152": {5, oldest, "sedation from five years on"}, "99156": {5, oldest, "sedation from five years on"},
		"90460": {0, 18, "vaccination with counseling through 18 years"}, "90461": {0, 18, "vaccination with counseling through 18 years"},
		"36400": {0, 2, "a vein punctured by a physician below three years"}, "36405": {0, 2, "a vein punctured by a physician below three years"},
		"36406": {0, 2, "a vein punctured by a physician below three years"}, "36410": {3, oldest, "a vein punctured by a physician from three years on"},
		"36555": {0, 4, "a central line below five years"}, "36556": {5, oldest, "a central line from five years on"},
		"42820": {0, 11, "tonsils and adenoids below twelve years"}, "42821": {12, oldest, "tonsils and adenoids from twelve years on"},
		"42825": {0, 11, "tonsils below twelve years"}, "42826": {12, oldest, "tonsils from twelve years on"},
		"42830": {0, 11, "adenoids below twelve years"}, "42831": {12, oldest, "adenoids from twelve years on"},
		"49500": {0, 4, "an inguinal hernia from six months to below five years"}, "49501": {0, 4, "an inguinal hernia from six months to below five years"},
		"49505": {5, oldest, "an inguinal hernia from five years on"}, "49507": {5, oldest, "an inguinal hernia from five years on"},
	} {
		bands[c] = b
	}
	return bands
})

var adultTitle = regexp.MustCompile(`(?i)\badult\b|\bsenile\b|\bage-related\b`)

// ageOfDiagnosis is the band of a diagnosis: by chapter, or by the words of its title.
//
// Authority: Official Guidelines I.C.15 and I.C.16, the tabular list's own titles, and the age categories of the Medicare Code Editor
// (newborn 0, pediatric 0-17, maternity 9-64 since October 2019 and 12-55 before, adult 15 and over).
func ageOfDiagnosis(code, title string, day time.Time) (b ages, note string, ok bool) {
	switch {
	case strings.HasPrefix(code, "P"):
		return ages{0, 0, "conditions that begin in the perinatal period"}, " It may be coded later in life if the condition is still present (Official Guidelines I.C.16.a.4).", true
	case strings.HasPrefix(code, "O"):
		if day.Before(time.Date(2019, 10, 1, 0, 0, 0, 0, time.UTC)) {
			return ages{12, 55, "pregnancy, childbirth and the puerperium"}, "", true
		}
		return ages{9, 64, "pregnancy, childbirth and the puerperium"}, "", true
	case strings.HasPrefix(code, "Z38"):
		return ages{0, 0, "the birth record of a newborn"}, " It is used once, at the birth (Official Guidelines I.C.16.a.2).", true
	case strings.HasPrefix(code, "Z00.11"):
		return ages{0, 0, "a newborn up to 28 days old"}, "", true
	case strings.HasPrefix(code, "Z00.12"):
		return ages{0, 17, "a child's routine examination"}, "", true
	case strings.HasPrefix(code, "Z00.0"):
		return ages{15, oldest, "an adult's general examination"}, " For a child there is Z00.12-.", true
	case strings.HasPrefix(code, "Z68.5"):
		return ages{2, 19, "a child's body mass index"}, "", true
	case strings.HasPrefix(code, "Z68"):
		return ages{20, oldest, "an adult's body mass index"}, " For ages 2 to 19 there is Z68.5-.", true
	case strings.HasPrefix(code, "T74") || strings.HasPrefix(code, "T76"):
		if strings.HasPrefix(title, "Child ") {
			return ages{0, 17, "a child"}, "", true
		}
	}
	if adultTitle.MatchString(title) {
		return ages{15, oldest, "adults, by its title"}, "", true
	}
	return b, "", false
}

// agesAndSexes checks age and sex where the message states them, code by code, alternatives included. Which sex a code is for is never more
// than information: Medicare's own lists for it are no longer in use, and the sex on file may differ for good reasons.
func (r *run) agesAndSexes(ctx context.Context) error {
	if r.Age == nil && r.Sex == "" {
		return nil
	}
	seen := map[string]bool{}
	for _, m := range r.Mentions {
		d := r.date(m.Group)
		if m.RangeEnd != "" || !billing(m.Role) && m.Role != codes.RoleAlternative || seen[string(m.System)+m.Code] {
			continue
		}
		seen[string(m.System)+m.Code] = true
		var b ages
		var ok bool
		var note, sex string
		source := "the code's own meaning, in our words"
		switch m.System {
		case codes.CPT, codes.HCPCS:
			b, ok = ageOfCode(m.Code)
			sex = sexOfCode(m.Code)
		case codes.ICD10CM:
			e, _, err := r.entry(ctx, codes.ICD10CM, m.Code, d.Day)
			if err != nil {
				return err
			}
			b, note, ok = ageOfDiagnosis(m.Code, e.Title, d.Day)
			sex = sexOfDiagnosis(m.Code, e.Title)
			source = "ICD-10-CM tabular list and title; Medicare Code Editor age categories, to be verified for the day"
		}
		if ok && r.Age != nil && (*r.Age < b.from || *r.Age > b.to) {
			r.rule(ruling{rule: finding.Age, severity: finding.Warning, codes: []string{m.Code}, date: d, source: source,
				message: fmt.Sprintf("%s is for %s (%s), and the patient's age is stated as %s.%s", m.Code, b.why, b.years(), statedAge(*r.Age), note),
				data:    map[string]any{"age": min(*r.Age, 90), "from": b.from, "to": b.to}})
		}
		if sex != "" && r.Sex != "" && sex != r.Sex {
			r.rule(ruling{rule: finding.Sex, severity: finding.Info, codes: []string{m.Code}, date: d, source: source,
				message: fmt.Sprintf("%s is used for %s patients as a rule, and the sex is stated as %s: compare it with the record and with what the payer has on file.", m.Code, sexWords(sex), sexWords(r.Sex)),
				data:    map[string]any{"sex": r.Sex, "code_sex": sex}})
		}
	}
	return nil
}

func (b ages) years() string {
	switch {
	case b.from == 0 && b.to == 0:
		return "below 1 year"
	case b.to == oldest:
		return fmt.Sprintf("%d years and over", b.from)
	}
	return fmt.Sprintf("%d to %d years", b.from, b.to)
}

// statedAge writes an age as it may be echoed: 90 and over as one.
func statedAge(age int) string {
	if age >= 90 {
		return "90 or over"
	}
	return fmt.Sprint(age)
}

func sexWords(sex string) string {
	if sex == "F" {
		return "female"
	}
	return "male"
}

var (
	femaleTitle = regexp.MustCompile(`(?i)\b(female|uterus|uterine|ovary|ovarian|vagina|vaginal|vulva|vulvar|cervix uteri|endometri\w*|fallopian|menstrua\w*|menopaus\w*|pregnan\w*)\b`)
	maleTitle   = regexp.MustCompile(`(?i)\b(male|prostate|prostatic|testis|testes|testicular|penis|penile|scrotum|scrotal|epididymis|spermatic)\b`)
)

// sexOfDiagnosis is F, M or empty, by block or by the words of the title.
func sexOfDiagnosis(code, title string) string {
	block := code[:min(3, len(code))]
	within := func(from, to string) bool { return block >= from && block <= to }
	switch {
	case strings.HasPrefix(title, "Family history"), strings.HasPrefix(title, "Encounter for") && strings.Contains(title, "partner"):
		return ""
	case code[0] == 'O', within("N70", "N98"), within("C51", "C58"), block == "Z34", block == "Z3A", block == "Z39":
		return "F"
	case within("N40", "N53"), within("C60", "C63"):
		return "M"
	}
	female, male := femaleTitle.MatchString(title), maleTitle.MatchString(title)
	switch {
	case female && !male:
		return "F"
	case male && !female:
		return "M"
	}
	return ""
}

// sexOfCode goes by the chapters of procedures: 54000-55899 male, 56405-58999 female genital organs, 59000-59899 maternity.
func sexOfCode(code string) string {
	switch {
	case len(code) != 5:
	case code >= "54000" && code <= "55899", slices.Contains([]string{"84153", "84154", "G0102", "G0103"}, code):
		return "M"
	case code >= "56405" && code <= "59899", code >= "76801" && code <= "76817", slices.Contains([]string{"G0101", "Q0091"}, code):
		return "F"
	}
	return ""
}
