package codes

import (
	"slices"
	"strconv"
	"strings"
)

// What an amount measures.
const (
	StatedMinutes = "minutes"         // Word tells what of: total, face-to-face, anesthesia, critical care, discharge, therapy, other
	StatedMDM     = "mdm"             // Word is the level of decision making
	StatedProblem = "problems"        // Word is the level of one element, as a level of decision making
	StatedData    = "data"            // likewise
	StatedRisk    = "risk"            // likewise
	StatedPatient = "patient"         // Word is new or established
	StatedDose    = "dose"            // what was given
	StatedVial    = "vial"            // the size of a container, 0 where only its kind is stated; Word single-dose or multi-dose, Count how many
	StatedWasted  = "wasted"          // what was discarded; Word rest or none where no number is stated
	StatedStrong  = "concentration"   // Value of Unit in one ml
	StatedBase    = "base-units"      // of anesthesia
	StatedASA     = "physical-status" // Word is P1 to P6
)

// Stated is an amount that a message states about a service: what the calculators work with. Amounts are never units of a code; those are
// a Mention's.
type Stated struct {
	// Kind is what is measured: one of the Stated constants.
	Kind string `json:"kind"`
	// Value is the number in Unit.
	Value float64 `json:"value"`
	// Unit is "min", "mg", "ml", "units" ..., lower case; empty for elements of decision making.
	Unit string `json:"unit"`
	// Word is what is not a number: "moderate", "single-dose".
	Word string `json:"word,omitempty"`
	// Count is how many containers; 0 where it is not stated.
	Count int `json:"count,omitempty"`
	// Code is the code that the sentence ties it to, or empty.
	Code   string `json:"code,omitempty"`
	Group  int    `json:"group"`
	Source string `json:"source"`
	Start  int    `json:"start"`
	End    int    `json:"end"`
}

// statedMost bounds what is read of one text.
const statedMost = 1 << 16

// word is a token of amounts: a word, a number, a mark, or a mention.
type statedWord struct {
	s        string
	from, to int
	num      float64
	number   bool
	m        int // index of the mention, -1
}

// amountReader reads the amounts of one text.
type amountReader struct {
	small string
	words []statedWord
	ms    []Mention
	out   []Stated
	taken map[int]bool // tokens that belong to an amount
}

// stated finds the amounts of one text whose mentions are known. Thresholds ("99214 needs 30 minutes", "each 15 minutes", "20-29 minutes",
// "per 10 mg"), strengths of tablets that people take at home, concentrations and laboratory values are none.
func stated(text string, ms []Mention) []Stated {
	small := smalled(text[:min(len(text), statedMost)])
	if !strings.ContainsAny(small, "0123456789") && !strings.Contains(small, "decision") && !strings.Contains(small, "mdm") && !strings.Contains(small, "vial") {
		return patientStated(small, ms, nil)
	}
	r := amountReader{small: small, ms: ms, taken: map[int]bool{}}
	r.cut()
	for k := range r.words {
		if r.taken[k] {
			continue
		}
		if r.words[k].number {
			if !r.clock(k) && !r.minutes(k) && !r.base(k) && !r.concentration(k) {
				r.dose(k)
			}
		}
	}
	r.waste()
	r.vialKind()
	r.decision()
	r.physical()
	slices.SortStableFunc(r.out, func(a, b Stated) int { return a.Start - b.Start })
	return patientStated(small, ms, r.out)
}

// cut makes words of the text.
func (r *amountReader) cut() {
	m := 0
	for i := 0; i < len(r.small); {
		for m < len(r.ms) && r.ms[m].Start < i {
			m++
		}
		if m < len(r.ms) && r.ms[m].Start == i && r.ms[m].End > i && r.ms[m].End <= len(r.small) {
			r.words = append(r.words, statedWord{from: i, to: r.ms[m].End, m: m})
			i = r.ms[m].End
			continue
		}
		c := r.small[i]
		k := i + 1
		switch {
		case isDigit(c) || c == '.' && k < len(r.small) && isDigit(r.small[k]) && (i == 0 || !wordByte(r.small[i-1])):
			for k < len(r.small) && (isDigit(r.small[k]) || (r.small[k] == '.' || r.small[k] == ',' && threeDigits(r.small[k+1:])) && k+1 < len(r.small) && isDigit(r.small[k+1])) {
				k++
			}
			n, err := strconv.ParseFloat(strings.ReplaceAll(r.small[i:k], ",", ""), 64)
			r.words = append(r.words, statedWord{s: r.small[i:k], from: i, to: k, num: n, number: err == nil, m: -1})
		case c == ' ' || c == '\t' || c == '\r':
		case wordByte(c) && !isDigit(c):
			for k < len(r.small) && wordByte(r.small[k]) {
				k++
			}
			r.words = append(r.words, statedWord{s: r.small[i:k], from: i, to: k, m: -1})
		default:
			r.words = append(r.words, statedWord{s: r.small[i:k], from: i, to: k, m: -1})
		}
		i = k
	}
}

// threeDigits: a comma before them parts thousands.
func threeDigits(s string) bool {
	return len(s) >= 3 && isDigit(s[0]) && isDigit(s[1]) && isDigit(s[2]) && (len(s) == 3 || !isDigit(s[3]))
}

func (r *amountReader) at(k int) string {
	if k < 0 || k >= len(r.words) || r.words[k].m >= 0 {
		return ""
	}
	return r.words[k].s
}

func (r *amountReader) is(k int, list string) bool {
	w := r.at(k)
	return w != "" && oneOf(w, list)
}

// ends says whether a sentence ends at a word.
func (r *amountReader) ends(k int) bool {
	if k < 0 || k >= len(r.words) {
		return true
	}
	return r.words[k].m < 0 && oneOf(r.words[k].s, "\n ; ? ! .")
}

// around are the words of the sentence before and after an amount, joined by blanks, at most n on each side.
func (r *amountReader) before(k, n int) string {
	from := k
	for from > 0 && k-from < n && !r.ends(from-1) {
		from--
	}
	return r.join(from, k)
}

func (r *amountReader) after(k, n int) string {
	to := k
	for to < len(r.words) && to-k < n && !r.ends(to) {
		to++
	}
	return r.join(k, to)
}

// near are the words of the sentence before (n below 0) or after a place, up to the next number or code: what they say is said of this amount.
func (r *amountReader) near(k, n int) string {
	from, to := k, k
	for ; n < 0 && from > 0 && !r.ends(from-1) && !r.words[from-1].number && r.words[from-1].m < 0; n++ {
		from--
	}
	for ; n > 0 && to < len(r.words) && !r.ends(to) && !r.words[to].number && r.words[to].m < 0; n-- {
		to++
	}
	return r.join(from, to)
}

func (r *amountReader) join(from, to int) string {
	var b strings.Builder
	b.WriteByte(' ')
	for ; from < to; from++ {
		if r.words[from].m < 0 {
			b.WriteString(r.words[from].s)
		} else {
			b.WriteByte('#')
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func hasAny(s string, phrases ...string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(s, " "+p+" ") })
}

// tied is the service code that a sentence ties an amount to: the only one between it and the amount before, or the one right behind it.
func (r *amountReader) tied(from, to int) string {
	behind := ""
	k := to
	for k < len(r.words) && k-to < 4 && r.is(k, "of for on - : ( = total time spent given in all im iv") {
		k++
	}
	if r.service(k) != "" && r.service(k+1) == "" && (!r.is(k+1, "or vs / , and") || r.service(k+2) == "") {
		behind = r.service(k)
	}
	var codes []string
	parted := false
	for k = from - 1; k >= 0 && from-k < 14 && !r.ends(k) && !r.taken[k]; k-- {
		if w := r.words[k]; w.m >= 0 {
			if m := r.ms[w.m]; m.service() && m.RangeEnd == "" && !slices.Contains(codes, m.Code) {
				codes = append(codes, m.Code)
			}
		} else if len(codes) == 0 && (w.s == "," || w.s == "and" || w.s == "+") {
			parted = true
		}
	}
	if behind != "" && (len(codes) != 1 || parted) {
		return behind
	}
	if len(codes) == 1 {
		return codes[0]
	}
	return ""
}

// service is the service code at a word, or "".
func (r *amountReader) service(k int) string {
	if k < 0 || k >= len(r.words) || r.words[k].m < 0 || !r.ms[r.words[k].m].service() {
		return ""
	}
	return r.ms[r.words[k].m].Code
}

func (r *amountReader) add(s Stated, from, to int) {
	s.Start, s.End = r.words[from].from, r.words[to-1].to
	if s.Kind == StatedMinutes || s.Kind == StatedDose || s.Kind == StatedWasted || s.Kind == StatedVial || s.Kind == StatedStrong || s.Kind == StatedBase {
		s.Code = r.tied(from, to)
	}
	s.Group = groupAt(r.ms, s.Start)
	for k := from; k < to; k++ {
		r.taken[k] = true
	}
	r.out = append(r.out, s)
}

const (
	minuteWords = "min mins minute minutes minuts mintues"
	hourWords   = "hr hrs hour hours"
)

// minutes reads "34 min", "45-minute", "1 hr 15 min", "1.5 hours".
func (r *amountReader) minutes(k int) bool {
	value, to := r.words[k].num, k+1
	if r.is(to, "-") && !r.words[min(to+1, len(r.words)-1)].number {
		to++
	}
	for r.is(to, "total timed treatment") && r.at(to+1) != "" && oneOf(r.at(to+1), minuteWords+" total timed treatment") {
		to++ // "38 total timed minutes"
	}
	middle := r.join(k+1, to)
	switch {
	case r.is(to, minuteWords):
		to++
	case r.is(to, hourWords):
		value *= 60
		to++
		next := to
		for r.is(next, "and ,") {
			next++
		}
		if next+1 < len(r.words) && r.words[next].number && r.is(next+1, minuteWords) {
			value += r.words[next].num
			to = next + 2
		}
	default:
		return false
	}
	if r.at(to) == "." && r.words[to-1].s == "min" && to+1 < len(r.words) && r.at(to+1) != "\n" {
		to++ // "34 min. total"
	}
	before, after := r.before(k, 8), r.after(to, 5)
	if value <= 0 || value > 24*60 || r.ranged(k) || isThreshold(before, after) {
		for i := k; i < to; i++ {
			r.taken[i] = true
		}
		return true
	}
	if r.is(to, "of") && to+1 < len(r.words) && r.words[to+1].number || r.is(k-1, "of") && k >= 2 && r.words[k-2].number {
		// "25 min of 40", "20 of 45 minutes": a share, and nobody's total
		r.add(Stated{Kind: StatedMinutes, Value: value, Unit: "min", Word: "other"}, k, to)
		return true
	}
	if strings.HasSuffix(before, " more than ") || strings.HasSuffix(before, " over ") || strings.HasSuffix(before, " greater than ") || strings.HasSuffix(before, " > ") {
		if !hasAny(before+after, "spent", "documented", "documents", "discharge", "took", "total", "spend") {
			return true
		}
		value++ // at least the next whole minute
	}
	r.add(Stated{Kind: StatedMinutes, Value: value, Unit: "min", Word: minutesOf(r.near(k, -10), middle+r.near(to, 8))}, k, to)
	return true
}

// ranged says whether the number is an end of a range.
func (r *amountReader) ranged(k int) bool {
	return k >= 2 && r.is(k-1, "- to") && r.words[k-2].number && r.words[k-2].num < r.words[k].num
}

// isThreshold says whether a number of minutes is what a code takes and not what was spent.
func isThreshold(before, after string) bool {
	for _, end := range [...]string{"per", "each", "every", "additional", "addl", "least", "minimum", "min of", "minimum of", "requires", "require", "requiring", "needs", "need", "within", "first", "under", "up to", "less than", "fewer than",
		"beyond", "after", "starts at", "start at", "begins at", "threshold", "threshold is", "threshold of", "is for", "until", "about every", "for the next", "last", "needed", "scheduled for", "booked for", "slot of", "wait", "waited", "must be", "is", "<", "= or >", "> =", "\u2265", "reach"} {
		if strings.HasSuffix(before, " "+end+" ") && (end != "is" || !hasAny(before, "time is", "total is", "minutes is", "time was")) {
			return true
		}
	}
	for _, begin := range [...]string{"code", "codes", "late", "increment", "increments", "rule", "unit", "units", "each", "threshold", "apart", "ago", "prior", "later", "window", "minimum", "slot", "slots", "appointment", "appt", "is the minimum", "required", "or more", "early", "is needed", "are needed", "are required", "is required", "mark", "delay", "wait", "before", "after the", "away", "of cpr"} {
		if strings.HasPrefix(after, " "+begin+" ") {
			return true
		}
	}
	return false
}

// minutesOf is what minutes are of, by the words around them: those behind first, as "34 min total" and "45 minutes of critical care" have it.
func minutesOf(before, after string) string {
	for _, s := range [...]string{after, before} {
		switch {
		case hasAny(s, "anesthesia", "anesthetic", "anes", "anaesthesia", "anesthesia time"):
			return "anesthesia"
		case hasAny(s, "critical care", "cc time", "crit care"):
			return "critical care"
		case hasAny(s, "discharge", "discharging", "dc"):
			return "discharge"
		case hasAny(s, "nurse", "nursing", "rn", "resident", "student", "staff", "travel", "waiting", "infusion", "infused", "drip", "observation", "monitoring", "tourniquet", "fluoro", "procedure", "surgery", "surgical", "or time", "smoking", "cessation", "sedation", "psychotherapy", "pump", "hydration", "cpr", "drive", "lunch"):
			return "other"
		case hasAny(s, "therapy", "ther", "therex", "therapeutic", "timed", "exercise", "exercises", "exs", "gait", "neuro", "treatment time", "one - on - one", "manual", "tx time"):
			return "therapy"
		case hasAny(s, "total"):
			return "total"
		case hasAny(s, "counseling", "counselling", "coordination"):
			return "counseling"
		case hasAny(s, "face - to - face", "face to face", "f2f"):
			return "face-to-face"
		}
	}
	return ""
}

// clock reads "10:05-10:50", "7:30 am to 9:05 am", "start 0730 stop 0905".
func (r *amountReader) clock(k int) bool {
	first, to, ok := r.timeOfDay(k)
	if !ok {
		return false
	}
	next := to
	for next < len(r.words) && next-to < 5 && r.is(next, "- to until till and stop stopped end ended out finish , / time : off at -> >") {
		next++
	}
	if next == to || next >= len(r.words) || !r.words[next].number {
		return false
	}
	second, end, ok := r.timeOfDay(next)
	if !ok {
		return false
	}
	before := r.before(k, 6)
	spent := second - first
	if spent <= 0 {
		spent += 12 * 60 // 11:30 to 12:15, or past midnight
		if spent <= 0 {
			spent += 12 * 60
		}
	}
	if spent > 16*60 || hasAny(before, "hours", "open", "staffed", "m - f", "mon - fri", "available", "office hours", "lunch") || hasAny(r.after(end, 4), "m - f", "mon", "weekdays", "eastern", "daily") {
		return false
	}
	r.add(Stated{Kind: StatedMinutes, Value: float64(spent), Unit: "min", Word: minutesOf(r.near(k, -6), r.near(end, 6))}, k, end)
	return true
}

// timeOfDay reads a time of day as minutes since midnight. Four digits without a colon are one only after a word that says so.
func (r *amountReader) timeOfDay(k int) (minutes, to int, ok bool) {
	w := r.words[k].s
	switch {
	case r.is(k+1, ":") && k+2 < len(r.words) && r.words[k+2].number && len(r.words[k+2].s) == 2 && len(w) <= 2 && r.words[k].to == r.words[k+1].from && r.words[k+1].to == r.words[k+2].from:
		minutes, to = int(r.words[k].num)*60+int(r.words[k+2].num), k+3
		if r.words[k].num > 23 || r.words[k+2].num > 59 {
			return 0, 0, false
		}
	case len(w) == 4 && digitsOnly([]byte(w)) && r.words[k].num < 2400 && int(r.words[k].num)%100 < 60 &&
		(r.is(k-1, "start started begin began from in at on time") || r.is(k-1, "- to stop end ended out until") && k >= 2 && r.words[k-2].number || r.is(k-1, "stop stopped end ended finish out") || r.is(k-1, ":") && r.is(k-2, "start stop end begin time in out")):
		n := int(r.words[k].num)
		minutes, to = n/100*60+n%100, k+1
	default:
		return 0, 0, false
	}
	if r.is(to, "pm p am a") {
		if r.at(to)[0] == 'p' && minutes < 12*60 {
			minutes += 12 * 60
		}
		if r.at(to)[0] == 'a' && minutes >= 12*60 {
			minutes -= 12 * 60
		}
		to++
		for r.is(to, ".") && r.is(to+1, "m") {
			to += 2
		}
	}
	return minutes, to, true
}

// base reads anesthesia's base units: "5 base units", "base units: 5", "base of 7".
func (r *amountReader) base(k int) bool {
	if r.words[k].num <= 0 || r.words[k].num > 30 {
		return false
	}
	if r.is(k+1, "base") {
		to := k + 2
		if r.is(to, "unit units") {
			to++
		}
		r.add(Stated{Kind: StatedBase, Value: r.words[k].num, Unit: "units"}, k, to)
		return true
	}
	p := k - 1
	for p >= 0 && k-p < 4 && r.is(p, ": = of is are unit units") {
		p--
	}
	if r.is(p, "base") && p < k && !r.is(k+1, "mg ml %") {
		r.add(Stated{Kind: StatedBase, Value: r.words[k].num, Unit: "units"}, p, k+1)
		return true
	}
	return false
}

// physical reads the physical status: "ASA 3", "ASA class III". A modifier P3 is the mention's.
func (r *amountReader) physical() {
	roman := map[string]string{"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6"}
	for k := range r.words {
		if !r.is(k, "asa") {
			continue
		}
		to := k + 1
		for r.is(to, "class status ps physical - : score") {
			to++
		}
		w := strings.TrimPrefix(r.at(to), "p")
		if roman[w] != "" {
			w = roman[w]
		}
		if len(w) == 1 && w[0] >= '1' && w[0] <= '6' {
			r.add(Stated{Kind: StatedASA, Word: "P" + w}, k, to+1)
		}
	}
}

// patientStated adds whether the patient is new or established, where the text says one of the two.
func patientStated(small string, ms []Mention, out []Stated) []Stated {
	for _, kind := range [...]struct{ word, phrases, other string }{
		{"new", "new patient|new pt|new-patient", "est patient|est pt|established patient|established pt|est. patient|est. pt|return patient|existing patient|not a new patient|not new|isn't new"},
		{"established", "est patient|est pt|established patient|established pt|est. patient|est. pt|return patient|existing patient", "new patient|new pt|new-patient|not established"},
	} {
		i := wordAt(small, kind.phrases)
		if i < 0 || hasWord(small, kind.other) {
			continue
		}
		return append(out, Stated{Kind: StatedPatient, Word: kind.word, Group: groupAt(ms, i), Start: i, End: i + len(kind.word)})
	}
	return out
}
