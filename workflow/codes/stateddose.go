package codes

import "strings"

// doseUnits are the units of doses as written, each with the form used here.
var doseUnits = map[string]string{
	"mg": "mg", "mgs": "mg", "milligram": "mg", "milligrams": "mg", "mcg": "mcg", "mcgs": "mcg", "ug": "mcg", "microgram": "mcg", "micrograms": "mcg",
	"g": "g", "gm": "g", "gms": "g", "gram": "g", "grams": "g", "ml": "ml", "mls": "ml", "cc": "ml", "ccs": "ml", "milliliter": "ml", "milliliters": "ml",
	"iu": "units", "unit": "units", "units": "units", "u": "units", "meq": "meq",
}

const (
	vialWords  = "vial vials ampule ampules amp amps ampoule syringe syringes bottle bottles bag bags sdv sdvs mdv mdvs pen pens container containers"
	wasteWords = "wasted waste wasting wastage discarded discard discarding tossed thrown unused leftover"
)

// dose reads an amount of a drug: what was given, what a container holds, what was discarded.
func (r *amountReader) dose(k int) bool {
	to := k + 1
	if r.is(to, "-") {
		to++
	}
	unit := doseUnits[r.at(to)]
	if unit == "" || r.words[k].num <= 0 {
		return false
	}
	to++
	before, after := r.before(k, 6), r.after(to, 6)
	if r.ranged(k) || r.notGiven(k, to, before, after) {
		return true
	}
	s := Stated{Kind: StatedDose, Value: r.words[k].num, Unit: unit}
	from, count, single := k, 0, ""
	end, isVial := r.vialBehind(to)
	if from, count = r.countBefore(k); !isVial {
		from, count, isVial = r.vialBefore(k)
	}
	if isVial {
		single = vialWord(r.join(max(from-3, 0), min(end+2, len(r.words))))
	}
	switch {
	case r.discarded(k, to):
		s.Kind = StatedWasted
		from, end = k, to
	case isVial:
		s.Kind, s.Count, s.Word = StatedVial, count, single
	case unit == "units" && !drugSentence(r.before(k, 14)+r.after(to, 10)):
		return true // units of a service
	default:
		from, end = k, to
	}
	r.add(s, from, end)
	return true
}

// concentration reads "40 mg/ml", "40 mg per mL", "60 mg/2 ml vial", of which the last holds 60 mg.
func (r *amountReader) concentration(k int) bool {
	unit := doseUnits[r.at(k+1)]
	if unit == "" || unit == "ml" || r.words[k].num <= 0 || !r.is(k+2, "/ per") {
		return false
	}
	to, volume := k+3, 1.0
	if to < len(r.words) && r.words[to].number && r.words[to].num > 0 {
		volume = r.words[to].num
		to++
	}
	if doseUnits[r.at(to)] != "ml" {
		return false
	}
	to++
	r.add(Stated{Kind: StatedStrong, Value: r.words[k].num / volume, Unit: unit, Word: "per ml"}, k, to)
	if end, ok := r.vialBehind(to); ok && volume != 1 {
		s := r.out[len(r.out)-1]
		s.Kind, s.Value, s.Word, s.End = StatedVial, r.words[k].num, vialWord(r.join(k, min(end+2, len(r.words)))), r.words[end-1].to
		_, s.Count = r.countBefore(k)
		r.out = append(r.out, s)
	}
	return true
}

// notGiven says whether an amount is a code's unit, a strength, a concentration, a laboratory value, or a medicine taken at home.
func (r *amountReader) notGiven(k, to int, before, after string) bool {
	if r.is(to, "/") || r.is(k-1, "/") && !r.is(k-2, "mg mcg g") || strings.HasPrefix(after, " per ") || strings.HasPrefix(after, " a unit ") || strings.HasPrefix(after, " each ") && !hasAny(before+after, "vial", "vials") {
		return true
	}
	for _, end := range [...]string{"per", "each", "every", "unit of", "unit is", "unit =", "code unit", "units of", "a unit is", "up to", "billing unit", "billing unit is", "billing unit of", "unit :", "increments of"} {
		if strings.HasSuffix(before, " "+end+" ") && (end != "each" || !hasAny(before, "vials")) {
			return true
		}
	}
	for _, begin := range [...]string{"daily", "po", "bid", "tid", "qid", "qd", "qhs", "tablet", "tablets", "tab", "tabs", "by mouth", "twice", "capsule", "capsules", "nightly", "at bedtime", "q", "once daily", "oral", "patch", "increments", "unit", "units", "= 1 unit", "of sodium"} {
		if strings.HasPrefix(after, " "+begin+" ") {
			return true
		}
	}
	return hasAny(before, "taking", "takes", "on metformin", "home meds") || strings.HasPrefix(after, " code ")
}

// vialBehind: "60 mg single-dose vial", "50mg SDV", "10 ml multi dose vials".
func (r *amountReader) vialBehind(to int) (end int, ok bool) {
	for k := to; k < len(r.words) && k-to < 6; k++ {
		switch {
		case r.is(k, vialWords):
			return k + 1, true
		case r.is(k, "single multi multiple dose use - preservative free prefilled size ( )"):
		default:
			return to, false
		}
	}
	return to, false
}

// countBefore is how many: "2 x 50 mg vials", "two 50 mg vials", "(2) 50 mg vials".
func (r *amountReader) countBefore(k int) (from, count int) {
	p := k - 1
	for p >= 0 && k-p < 3 && r.is(p, "x - ) *") {
		p--
	}
	if n := r.countAt(p); n > 0 && !r.ends(p) {
		return p, n
	}
	return k, 0
}

// vialBefore: "2 vials of 50 mg", "vial of 60 mg", "SDV 60 mg", "vial size 100 mg", "vial is 60 mg".
func (r *amountReader) vialBefore(k int) (from, count int, ok bool) {
	p := k - 1
	for p >= 0 && k-p < 5 && r.is(p, "of size sized is was holds contains - : ( @ each with strength") {
		p--
	}
	if !r.is(p, vialWords) {
		return k, 0, false
	}
	p--
	for p >= 0 && r.is(p, "single multi multiple dose use -") {
		p--
	}
	if n := r.countAt(p); n > 0 {
		return p, n, true
	}
	return p + 1, 0, true
}

func (r *amountReader) countAt(k int) int {
	if k < 0 || k >= len(r.words) || r.taken[k] {
		return 0
	}
	if w := r.words[k]; w.number && w.num >= 1 && w.num <= 100 && w.num == float64(int(w.num)) {
		return int(w.num)
	}
	for i, w := range [...]string{"one", "two", "three", "four", "five", "six"} {
		if r.is(k, w) {
			return i + 1
		}
	}
	return 0
}

// vialWord is single-dose or multi-dose, by the words around a container.
func vialWord(s string) string {
	switch {
	case hasAny(s, "single - dose", "single dose", "single - use", "single use", "sdv", "sdvs"):
		return "single-dose"
	case hasAny(s, "multi - dose", "multi dose", "multiple - dose", "multiple dose", "multi - use", "mdv", "mdvs", "multidose"):
		return "multi-dose"
	}
	return ""
}

// discarded: "wasted 20 mg", "threw out the other 20 mg", "20 mg wasted", "20 mg were discarded", "waste: 20 mg".
func (r *amountReader) discarded(k, to int) bool {
	for p := k - 1; p >= 0 && k-p <= 4 && !r.ends(p); p-- {
		if r.is(p, wasteWords) || r.is(p, "out away") && r.is(p-1, "threw thrown throw") {
			return true
		}
		if !r.is(p, "the other remaining : - = of was about only out away") {
			break
		}
	}
	for p := to; p < len(r.words) && p-to < 4 && !r.ends(p); p++ {
		if r.is(p, wasteWords) || r.is(p, "threw thrown left") && r.is(p+1, "out away over") {
			return true
		}
		if !r.is(p, "was were of drug is got remaining to") {
			break
		}
	}
	return false
}

// drugSentence: "100 units" are a dose where the sentence speaks of a drug, and units of a service otherwise.
func drugSentence(s string) bool {
	return hasAny(s, "dose", "injected", "inject", "injection", "gave", "given", "administered", "vial", "vials", "wasted", "discarded", "insulin", "heparin", "botox", "xeomin", "dysport", "toxin", "penicillin", "bicillin", "epogen", "drug", "iu", "used")
}

// waste reads what is said of the rest: "threw out the rest", "nothing wasted".
func (r *amountReader) waste() {
	for _, kind := range [...]struct{ word, phrases string }{
		{"none", "nothing wasted|no waste|no wastage|none wasted|nothing discarded|nothing was wasted|nothing was discarded|no drug wasted|no drug discarded|zero waste|without waste|no amount discarded|none discarded|used the whole vial|used the entire vial|entire vial used|whole vial used"},
		{"rest", "threw out the rest|threw the rest|threw away the rest|tossed the rest|wasted the rest|wasted rest|discarded the rest|discarded rest|discarded the remainder|wasted the remainder|rest discarded|rest wasted|rest was wasted|rest was discarded|remainder discarded|remainder wasted|remainder was discarded|remainder was wasted|rest thrown out|rest was thrown"},
	} {
		i := wordAt(r.small, kind.phrases)
		if i < 0 {
			continue
		}
		r.out = append(r.out, Stated{Kind: StatedWasted, Word: kind.word, Group: groupAt(r.ms, i), Start: i, End: i + 4})
		return
	}
}

// vialKind adds the kind of container where no size is stated.
func (r *amountReader) vialKind() {
	for _, s := range r.out {
		if s.Kind == StatedVial {
			return
		}
	}
	single := wordAt(r.small, "single-dose vial|single dose vial|single-use vial|single use vial|sdv|single-dose vials|single dose vials|single-dose container|single-dose syringe")
	multi := wordAt(r.small, "multi-dose vial|multi dose vial|multidose vial|multiple-dose vial|multiple dose vial|mdv|multi-dose vials|multidose vials")
	switch {
	case single >= 0 && multi < 0:
		r.out = append(r.out, Stated{Kind: StatedVial, Word: "single-dose", Group: groupAt(r.ms, single), Start: single, End: single + 3})
	case multi >= 0 && single < 0:
		r.out = append(r.out, Stated{Kind: StatedVial, Word: "multi-dose", Group: groupAt(r.ms, multi), Start: multi, End: multi + 3})
	}
}

// levelWords are words for levels of decision making and of its elements.
var levelWords = map[string]string{
	"straightforward": "straightforward", "sf": "straightforward", "minimal": "straightforward", "low": "low", "limited": "low", "moderate": "moderate", "mod": "moderate",
	"high": "high", "extensive": "high",
}

// decision reads levels of decision making: "moderate MDM", "MDM: moderate", "medical decision making of high complexity", and of its
// elements: "problems moderate, data limited, risk moderate". A single "high risk" is no element: it is said of patients and drugs too.
func (r *amountReader) decision() {
	var elements []Stated
	kinds := map[string]bool{}
	mdm := false
	for k := range r.words {
		level := levelWords[r.at(k)]
		if level == "" || r.is(k-1, "or vs not") || r.is(k+1, "or vs /") && levelWords[r.at(k+2)] != "" {
			continue
		}
		kind, from, to := r.decides(k)
		if kind == "" || r.taken[k] {
			continue
		}
		s := Stated{Kind: kind, Word: level, Start: r.words[from].from, End: r.words[to-1].to, Group: groupAt(r.ms, r.words[from].from)}
		r.taken[k] = true
		if kind == StatedMDM {
			mdm = true
			r.out = append(r.out, s)
			continue
		}
		if !kinds[kind] {
			kinds[kind] = true
			elements = append(elements, s)
		}
	}
	if len(elements) >= 2 || mdm || wordAt(r.small, "mdm|decision making|decision-making") >= 0 {
		r.out = append(r.out, elements...)
	}
}

// decides tells what a level at k is the level of.
func (r *amountReader) decides(k int) (kind string, from, to int) {
	element := func(i int) string {
		switch {
		case r.is(i, "problem problems"):
			return StatedProblem
		case r.is(i, "data"):
			return StatedData
		case r.is(i, "risk"):
			return StatedRisk
		case r.is(i, "mdm"), r.is(i, "decision") && (r.is(i+1, "making") || r.is(i+1, "-") && r.is(i+2, "making")), r.is(i, "making") && r.is(i-1, "decision -"):
			return StatedMDM
		}
		return ""
	}
	for i := k - 1; i >= 0 && k-i <= 4 && !r.ends(i); i-- { // "MDM: moderate", "medical decision making of moderate"
		if kind := element(i); kind != "" {
			return kind, i, k + 1
		}
		if !r.is(i, ": = - of is was at a") {
			break
		}
	}
	for i := k + 1; i < len(r.words) && i-k <= 6 && !r.ends(i); i++ { // "moderate MDM", "moderate complexity medical decision making", "moderate number of problems"
		if kind := element(i); kind != "" {
			if kind == StatedRisk && r.is(i+1, "patient patients pregnancy hpv medication medications drug drugs for factors") {
				return "", 0, 0
			}
			return kind, k, i + 1
		}
		if !r.is(i, "complexity level medical number of and - amount clinical") {
			break
		}
	}
	return "", 0, 0
}
