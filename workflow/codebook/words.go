package codebook

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Searching compares stems, made by one function when the file is built and when a query is read: lower case, without accents, British
// spellings as American ones, without the endings of plurals and the commonest verb forms. A stem is not a word; it is never shown.

// tokens cuts a text into stems, in order, without the words that carry nothing.
func tokens(text string) []string {
	var out []string
	eachWord(text, func(word string) {
		if !emptyWord(word) {
			out = append(out, stem(word))
		}
	})
	return out
}

// eachWord calls f with each word in lower case: letters and digits, with apostrophes dropped ("Crohn's" is one word) and single letters
// around an ampersand kept together ("I&D" is "i&d").
func eachWord(text string, f func(string)) {
	if !ascii(text) {
		text = fold(text)
	}
	start, dirty := -1, false
	for i := 0; i <= len(text); i++ {
		var c byte
		if i < len(text) {
			c = text[i]
		}
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
		case c >= 'A' && c <= 'Z':
			dirty = true
		case c == '\'' && start >= 0:
			dirty = true
		case c == '&' && start == i-1 && i+1 < len(text) && wordByte(text[i+1]) && (i+2 == len(text) || !wordByte(text[i+2])):
			// a single letter on either side
		default:
			if start >= 0 {
				word := text[start:i]
				if dirty {
					word = strings.ReplaceAll(strings.ToLower(word), "'", "")
				}
				if word != "" {
					f(word)
				}
			}
			start, dirty = -1, false
			continue
		}
		if start < 0 {
			start = i
		}
	}
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// fold makes a text comparable as ASCII: compatibility forms (full width, ligatures) and accents go, typographic apostrophes become plain.
func fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(text, " ")) {
		switch {
		case r == '’' || r == '‘' || r == '`' || r == '´':
			b.WriteByte('\'')
		case unicode.Is(unicode.Mn, r):
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r == 'ß':
			b.WriteString("ss")
		case r == 'æ' || r == 'Æ':
			b.WriteString("ae")
		case r == 'œ' || r == 'Œ':
			b.WriteString("oe")
		case r == 'ø' || r == 'Ø':
			b.WriteByte('o')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// emptyWord: articles, prepositions and the like. "with", "without", "not" and "other" stay: they tell codes apart.
func emptyWord(word string) bool {
	switch word {
	case "a", "an", "the", "of", "in", "on", "at", "to", "for", "and", "or", "by", "from", "as", "is", "it", "its", "that", "this", "be", "are", "was", "were":
		return true
	}
	return false
}

// stem drops endings so that singular and plural, and the commonest forms of a word, meet.
func stem(w string) string {
	if len(w) < 4 || !letters(w) {
		return w
	}
	if len(w) > 4 {
		w = american(w)
	}
	n := len(w)
	switch {
	case strings.HasSuffix(w, "ies") && n > 4:
		return w[:n-3] + "i" // injuries: injuri
	case strings.HasSuffix(w, "ss"), strings.HasSuffix(w, "us"):
	case strings.HasSuffix(w, "sses"), strings.HasSuffix(w, "uses") && n > 5, strings.HasSuffix(w, "xes"), strings.HasSuffix(w, "ches"), strings.HasSuffix(w, "shes"):
		w = w[:n-2] // sinuses: sinus, masses: mass, boxes: box
	case strings.HasSuffix(w, "ves"):
		w = w[:n-1] // nerves: nerve, hives: hive
	case (strings.HasSuffix(w, "es") || strings.HasSuffix(w, "is")) && n > 4:
		w = w[:n-2] // diagnoses, diagnosis, diseases: diagnos, diseas
	case strings.HasSuffix(w, "s"):
		w = w[:n-1]
	}
	n = len(w)
	switch {
	case strings.HasSuffix(w, "ing") && n >= 7:
		w = w[:n-3]
	case strings.HasSuffix(w, "ed") && n >= 6:
		w = w[:n-2]
	case strings.HasSuffix(w, "y"):
		return w[:n-1] + "i"
	case (strings.HasSuffix(w, "e") || strings.HasSuffix(w, "a")) && n >= 5:
		w = w[:n-1]
	}
	return w
}

func letters(w string) bool {
	for i := 0; i < len(w); i++ {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

// american evens out British spellings: oedema, haemorrhage, tumour, fibre.
func american(w string) string {
	if strings.Contains(w, "ae") {
		w = strings.ReplaceAll(w, "ae", "e")
	}
	if strings.Contains(w, "oe") {
		w = strings.ReplaceAll(w, "oe", "e")
	}
	switch {
	case strings.HasSuffix(w, "our"):
		w = w[:len(w)-3] + "or"
	case strings.HasSuffix(w, "ours"):
		w = w[:len(w)-4] + "ors"
	case strings.HasSuffix(w, "centre"), strings.HasSuffix(w, "litre"), strings.HasSuffix(w, "metre"), strings.HasSuffix(w, "fibre"):
		w = w[:len(w)-2] + "er"
	}
	return w
}
