package codes

import "strings"

// Nouns that are numbered: "patient 2", "case b", "claim #3".
const numberedNouns = " kid child twin baby sibling patient pt case claim encounter enc visit example scenario ex row chart mrn account acct question q procedure surgery day week member beneficiary client subject record "

// Nouns behind "second", "another" ...
const otherNouns = " patient pt visit claim encounter case scenario question example one chart account situation procedure surgery session issue beneficiary person client member "

// headingBreaks are the places at which another encounter, patient or claim is
// announced: "Patient B:", "Case 2:", "third visit", "on another patient",
// "Baby:".
func headingBreaks(small string) (out []groupBreak) {
	var persons, weekdays, ages, claims, numbers []groupBreak
	for i := 0; i < len(small); i++ {
		if i > 0 && wordByte(small[i-1]) || !wordByte(small[i]) {
			continue
		}
		end := i
		for end < len(small) && wordByte(small[end]) {
			end++
		}
		w := small[i:end]
		rest := small[end:min(len(small), end+40)]
		switch w {
		case "second", "third", "fourth", "fifth", "another", "next", "2nd", "3rd", "4th", "5th", "different", "separate", "other", "new":
			if key, ok := announced(w, rest); ok && !partOfWhole(small, i) {
				out = append(out, groupBreak{at: i, key: key})
			} else if after := strings.TrimLeft(rest, " "); strings.HasPrefix(after, ":") && startsClause(small, i) { // "First: ... Second: ..."
				numbers = append(numbers, groupBreak{at: i, key: w})
			}
		case "unrelated", "separately":
			if startsClause(small, i) || w == "unrelated" && strings.HasPrefix(strings.TrimLeft(rest, " "), "question") {
				out = append(out, groupBreak{at: i})
			}
		case "first", "1st":
			if key, ok := announced(w, rest); ok {
				out = append(out, groupBreak{at: i, key: key, first: true})
			} else if after := strings.TrimLeft(rest, " "); strings.HasPrefix(after, ":") && startsClause(small, i) {
				numbers = append(numbers, groupBreak{at: i, key: w})
			}
		case "mom", "mother", "maternal", "baby", "newborn", "infant", "neonate", "donor", "recipient", "husband", "wife", "spouse", "son", "daughter", "child", "dad", "twin":
			after := strings.TrimLeft(rest, " ")
			if strings.HasPrefix(after, "(") { // "Husband (72): ..."
				if e := strings.IndexByte(after, ')'); e > 0 && e < 16 {
					after = strings.TrimLeft(after[e+1:], " ")
				}
			}
			if strings.HasPrefix(after, ":") || w == "twin" && len(after) > 1 && (after[0] == 'a' || after[0] == 'b') && !wordByte(after[1]) {
				persons = append(persons, groupBreak{at: i, key: w + strings.TrimLeft(after[:1], ":")})
			}
		case "mr", "mrs", "ms", "miss", "dr":
			if name := calledBy(rest, w == "dr"); name != "" {
				persons = append(persons, groupBreak{at: i, key: w + name})
			}
		case "mon", "tue", "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday":
			if startsClause(small, i) {
				weekdays = append(weekdays, groupBreak{at: i, key: w[:3]})
			}
		case "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december":
			// "Nov 2025: ..."
			if after := strings.TrimLeft(rest, " "); startsClause(small, i) && len(after) > 5 && (after[0] == ':' || digitsOnly([]byte(after[:4])) && after[4] == ':') {
				weekdays = append(weekdays, groupBreak{at: i, key: w[:3] + after[:4]})
			}
		case "claim", "bill":
			// "Surgeon's claim: ... ASC claim: ..."
			if after := strings.TrimLeft(rest, " "); strings.HasPrefix(after, ":") {
				from := strings.LastIndexAny(small[:i], ".;?!\n:") + 1
				if name := strings.TrimSpace(small[from:i]); name != "" && len(name) < 24 && name != "corrected" && name != "original" {
					claims = append(claims, groupBreak{at: from, key: "claim of " + name})
				}
			} else if id := identifierMark(rest, w); id != "" && w == "claim" {
				out = append(out, groupBreak{at: i, key: "claim " + id, first: id == "1" || id == "a"})
			}
		default:
			if age := ageOf(w, rest); age != "" {
				ages = append(ages, groupBreak{at: i, key: "age " + age})
				break
			}
			if len(w) > 2 && len(w) < 5 && w[:2] == "hd" && digitsOnly([]byte(w[2:])) { // hospital day
				weekdays = append(weekdays, groupBreak{at: i, key: w})
				break
			}
			if strings.Contains(numberedNouns, " "+w+" ") {
				if id := identifierMark(rest, w); id != "" {
					out = append(out, groupBreak{at: i, key: singular(w) + " " + id, first: id == "1" || id == "a" || id == "i"})
				}
			} else if len(w) == 2 && w[0] == 'q' && isDigit(w[1]) && startsClause(small, i) { // Q2:
				out = append(out, groupBreak{at: i, key: "question " + w[1:], first: w[1:] == "1"})
			}
		}
		i = end
	}
	for _, list := range [][]groupBreak{append(persons, initials(small)...), weekdays, ages, claims, numbers} {
		if severalKeys(list) {
			list[0].first = true
			out = append(out, list...)
		}
	}
	return out
}

// Words that put what follows them on another day, or on a relative.
const laterDay = "the next day|the following day|next day|the day after|the following week|the next week|next visit|at follow up|at follow-up|at the follow-up|at the follow up|at her follow-up|at his follow-up|return visit|week later|weeks later|days later|month later|months later|on a later date|different day|different date|separate day|separate date|another day|another date|his wife|her husband|her sister|his brother|her brother|his sister|their daughter|their son|sibling|other twin"

// laterBreaks are the places at which a text turns to another day: "a week
// later 20610". Where a refusal is told, it is the refusal that came later.
func laterBreaks(small string) (out []groupBreak) {
	for at := 0; at < len(small); at++ {
		if at > 0 && wordByte(small[at-1]) || strings.IndexByte("tnfawdmrosh", small[at]) < 0 || !hasPrefixWord(small[at:], laterDay) {
			continue
		}
		lo, hi := at, at
		for lo > 0 && at-lo < 90 && strings.IndexByte(".?!\n;", small[lo-1]) < 0 {
			lo--
		}
		for hi < len(small) && hi-at < 90 && strings.IndexByte(".?!\n;", small[hi]) < 0 {
			hi++
		}
		if s := small[lo:hi]; hasWord(s, "denied|denial|rejected|recouped|paid|resubmitted|appealed|appeal|letter|if|separate day or|same or|unless") {
			continue
		}
		out = append(out, groupBreak{at: at})
	}
	return out
}

// severalKeys says whether a list of breaks tells at least two apart.
func severalKeys(list []groupBreak) bool {
	for _, b := range list {
		if b.key != list[0].key {
			return true
		}
	}
	return false
}

// ageOf is the age that begins at a word: "55f", "62 yo", "45-year-old".
func ageOf(w, rest string) string {
	n := 0
	for n < len(w) && isDigit(w[n]) {
		n++
	}
	if n == 0 || n > 3 || n == 3 && w[0] != '1' {
		return ""
	}
	switch w[n:] {
	case "f", "m", "yo", "yof", "yom", "y", "yr":
		if n > 1 || w[n:] != "m" && w[n:] != "f" && w[n:] != "y" {
			return w[:n]
		}
	case "":
		if hasPrefixWord(strings.TrimLeft(rest, " -"), "yo|y/o|y.o|yr old|year old|year-old|years old|yrs old|yof|yom|yr-old|y o") {
			return w
		}
	}
	return ""
}

// calledBy is the name before a colon: "Mrs. Sample: ..."; of doctors a letter
// does: "Dr. A's bill".
func calledBy(rest string, doctor bool) string {
	rest = strings.TrimLeft(rest, ". ")
	n := 0
	for n < len(rest) && (wordByte(rest[n]) || rest[n] == '-') {
		n++
	}
	if n == 0 || n == len(rest) {
		return ""
	}
	if rest[n] == ':' || doctor && n == 1 && (rest[n] == '\'' || rest[n] == ' ') {
		return rest[:n]
	}
	return ""
}

// initials are patients called by them at the start of a sentence or line:
// "J.D.: 45385".
func initials(small string) (out []groupBreak) {
	for i := 0; i < len(small); {
		k := strings.IndexByte(small[i:], ':')
		if k < 0 {
			return out
		}
		at := i + k
		i = at + 1
		from := at
		for from > 0 && at-from < 7 && (wordByte(small[from-1]) && !isDigit(small[from-1]) || small[from-1] == '.' && from > 1 && wordByte(small[from-2])) {
			from--
		}
		name := small[from:at]
		letters := strings.ReplaceAll(name, ".", "")
		if len(letters) < 2 || len(letters) > 3 || !startsClause(small, from) || !strings.Contains(name, ".") {
			continue
		}
		if strings.Count(name, ".") >= len(letters)-1 && name != "d.o.s." && name != "d.o.b." && name != "p.s." && name != "f.y.i." {
			out = append(out, groupBreak{at: from, key: "initials " + letters})
		}
	}
	return out
}

// singular is the noun that stands for its short forms.
func singular(w string) string {
	switch w {
	case "pt":
		return "patient"
	case "enc":
		return "encounter"
	case "acct":
		return "account"
	case "q":
		return "question"
	case "ex":
		return "example"
	}
	return w
}

// announced reads "second visit", "another Medicare patient", "the other one".
func announced(w, rest string) (key string, ok bool) {
	for n, noun := range strings.Fields(rest) {
		if n > 2 {
			return "", false
		}
		bare := strings.TrimSuffix(strings.Trim(noun, ".,:;)"), "'s")
		if strings.Contains(otherNouns, " "+bare+" ") {
			if bare == "one" && (n > 0 || w != "second" && w != "third" && w != "2nd" && w != "3rd" && w != "other" && w != "fourth") {
				return "", false
			}
			if w == "new" && (bare != "case" && bare != "question" && bare != "claim" || n > 0) {
				return "", false // "new patient visit"
			}
			if (bare == "procedure" || bare == "surgery" || bare == "session" || bare == "issue" || bare == "one" || bare == "visit" || bare == "chart" || bare == "claim") && (w == "another" || w == "next" || w == "separate" || w == "other" || w == "different") {
				return "", w == "next" && bare == "claim" || w == "another" && (bare == "visit" || bare == "claim" || bare == "chart")
			}
			if bare == "procedure" || bare == "surgery" || bare == "session" || bare == "issue" {
				return "", false
			}
			if w == "other" && bare != "patient" && bare != "pt" && bare != "case" && bare != "question" && bare != "claim" {
				return "", false
			}
			switch w {
			case "first", "1st":
				return singular(bare) + " 1", true
			case "second", "2nd":
				return singular(bare) + " 2", true
			case "third", "3rd":
				return singular(bare) + " 3", true
			}
			return "", true
		}
		if strings.HasSuffix(noun, ".") || strings.HasSuffix(noun, "?") || strings.HasSuffix(noun, ",") {
			return "", false
		}
	}
	return "", false
}

// partOfWhole says whether the words before a place make what follows part of
// the same encounter: "at a separate session", "no other question".
func partOfWhole(small string, i int) bool {
	before := strings.Fields(small[max(0, i-14):i])
	if len(before) == 0 {
		return false
	}
	switch strings.Trim(before[len(before)-1], ".,:") {
	case "no", "any", "every", "each":
		return true
	}
	return false
}

// startsClause says whether a place begins a sentence, a line or a part of one.
func startsClause(small string, i int) bool {
	for i > 0 && (small[i-1] == ' ' || small[i-1] == '(' || small[i-1] == '*') {
		i--
	}
	return i == 0 || strings.IndexByte("\n.?!,;:-", small[i-1]) >= 0
}

// identifierMark returns what numbers the noun before rest: "a", "1", "j.d.",
// or "".
func identifierMark(rest, noun string) string {
	rest = strings.TrimLeft(rest, " #")
	rest = strings.TrimPrefix(rest, "no. ")
	n := 0
	for n < len(rest) && wordByte(rest[n]) {
		n++
	}
	if n == 0 {
		return ""
	}
	id, tail := rest[:n], rest[n:]
	next := strings.TrimLeft(tail, " ")
	number := digitsOnly([]byte(id))
	switch {
	case number && len(tail) > 1 && (tail[0] == '/' || tail[0] == '.' || tail[0] == '-') && wordByte(tail[1]):
		return "" // a date, an amount
	case number && hasWord(next[:min(len(next), 9)], "days|day|weeks|week|wks|months|month|years|year|yrs|yo|hours|hrs|units|unit|times|x|visits|lesions|min|minutes|codes|lines|levels|of|claims|patients|more"):
		return ""
	case noun == "day" || noun == "week":
		if number && n <= 2 && (strings.HasPrefix(next, ":") || strings.HasPrefix(next, "-") || strings.HasPrefix(next, "=") || len(next) >= 5 && digitsOnly([]byte(next[:5]))) {
			return id
		}
		return ""
	case noun == "procedure" || noun == "surgery" || noun == "ex":
		if number && n == 1 && strings.HasPrefix(next, ":") {
			return id
		}
		return ""
	case number && n <= 2:
		return id
	case number && n >= 6 && (noun == "claim" || noun == "mrn" || noun == "account" || noun == "acct" || noun == "chart" || noun == "encounter" || noun == "member" || noun == "record"), number && (noun == "mrn" || noun == "account" || noun == "acct" || noun == "chart"):
		return id
	case n == 1 && id[0] >= 'a' && id[0] <= 'z':
		if id == "a" && !(strings.HasPrefix(next, ":") || strings.HasPrefix(next, ")") || strings.HasPrefix(next, "-") || strings.HasPrefix(next, ",")) {
			return ""
		}
		if len(tail) > 2 && tail[0] == '.' && wordByte(tail[1]) && (tail[2] == '.' || !wordByte(tail[2])) { // initials
			return id + tail[1:2]
		}
		if strings.HasPrefix(tail, "/") || strings.HasPrefix(tail, "'") || id[0] > 'h' && !strings.HasPrefix(next, ":") {
			return ""
		}
		return id
	case n == 2 && strings.HasPrefix(next, ":") && (noun == "patient" || noun == "pt" || noun == "case"):
		return id // initials
	case n <= 2 && (id == "ii" || id == "iii" || id == "iv" || id == "i") && strings.HasPrefix(next, ":"):
		return id
	case id == "one" || id == "two" || id == "three" || id == "four":
		if strings.HasPrefix(next, ":") || strings.HasPrefix(next, "-") || noun != "visit" {
			return map[string]string{"one": "1", "two": "2", "three": "3", "four": "4"}[id]
		}
	}
	return ""
}
