package calculate

import (
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
)

// states are the names of the states and territories by their postal letters.
var states = map[string]string{
	"AL": "alabama", "AK": "alaska", "AZ": "arizona", "AR": "arkansas", "CA": "california", "CO": "colorado", "CT": "connecticut", "DE": "delaware", "DC": "district of columbia",
	"FL": "florida", "GA": "georgia", "HI": "hawaii", "ID": "idaho", "IL": "illinois", "IN": "indiana", "IA": "iowa", "KS": "kansas", "KY": "kentucky", "LA": "louisiana",
	"ME": "maine", "MD": "maryland", "MA": "massachusetts", "MI": "michigan", "MN": "minnesota", "MS": "mississippi", "MO": "missouri", "MT": "montana", "NE": "nebraska",
	"NV": "nevada", "NH": "new hampshire", "NJ": "new jersey", "NM": "new mexico", "NY": "new york", "NC": "north carolina", "ND": "north dakota", "OH": "ohio", "OK": "oklahoma",
	"OR": "oregon", "PA": "pennsylvania", "PR": "puerto rico", "RI": "rhode island", "SC": "south carolina", "SD": "south dakota", "TN": "tennessee", "TX": "texas", "UT": "utah",
	"VT": "vermont", "VA": "virginia", "VI": "virgin islands", "WA": "washington", "WV": "west virginia", "WI": "wisconsin", "WY": "wyoming",
}

// StateOf is the postal letters of a state that is written as letters or as its name; "" for what is none.
func StateOf(words string) string {
	low := strings.ToLower(strings.TrimSpace(words))
	if states[strings.ToUpper(low)] != "" {
		return strings.ToUpper(low)
	}
	for letters, name := range states {
		if name == low {
			return letters
		}
	}
	return ""
}

// FindLocalities are those that words fit: "TX", "NY Manhattan", "houston", "10112 00", "CA 18", "rest of florida". Every word must fit the
// state, the number, the contractor, the name or a county; a state's name of two words counts as one word. Where all words fit the state and
// some names as well ("new york"), the state is meant. The result keeps the order of all; it is empty where nothing fits.
func FindLocalities(all []codebook.Locality, text string) []codebook.Locality {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ' ' || r == ',' || r == '/' || r == ';' })
	state, rest := stateIn(words)
	var out []codebook.Locality
	for _, l := range all {
		if state != "" && l.State != state {
			continue
		}
		if fitsAll(l, rest) {
			out = append(out, l)
		}
	}
	if len(out) == 0 && state != "" { // "washington dc", "kansas city": what looked like a state may be part of a name
		for _, l := range all {
			if fitsAll(l, words) {
				out = append(out, l)
			}
		}
	}
	return out
}

// stateIn takes the state out of words: its letters as the first or last one, or its name.
func stateIn(words []string) (state string, rest []string) {
	for n := min(3, len(words)); n > 0; n-- {
		for at := 0; at+n <= len(words); at++ {
			s := StateOf(strings.Join(words[at:at+n], " "))
			// "in", "or", "me" and the like are words in the middle of a name
			if s == "" || n == 1 && len(words[at]) == 2 && at > 0 && at+1 < len(words) {
				continue
			}
			return s, slices.Concat(words[:at], words[at+n:])
		}
	}
	return "", words
}

func fitsAll(l codebook.Locality, words []string) bool {
	for _, w := range words {
		if w == "of" || w == "county" || w == "city" && !strings.Contains(strings.ToLower(l.Name), "city") {
			continue
		}
		if w != l.Number && w != strings.TrimLeft(l.Number, "0") && w != l.Contractor && !hasWordPart(l.Name, w) && !slices.ContainsFunc(l.Counties, func(c string) bool { return hasWordPart(c, w) }) {
			return false
		}
	}
	return true
}

// hasWordPart: a word of the text begins with w.
func hasWordPart(text, w string) bool {
	if len(w) < 2 || strings.Trim(w, "0123456789") == "" {
		return false
	}
	for _, part := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' }) {
		if strings.HasPrefix(part, w) {
			return true
		}
	}
	return false
}
