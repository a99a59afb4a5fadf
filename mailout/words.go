package mailout

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DateWords writes a day so that nobody takes the month for the day: "2 Mar 2026".
func DateWords(t time.Time) string { return t.Format("2 Jan 2006") }

// DueWords writes a moment in words, in the time's own zone: "Friday 17 April,
// 2:00 pm Eastern".
func DueWords(t time.Time) string {
	return t.Format("Monday 2 January, 3:04 pm ") + zoneWords(t)
}

// zoneWords names a zone as people of the United States do; others by their
// abbreviation or their distance from UTC.
func zoneWords(t time.Time) string {
	name := t.Format("MST")
	switch name {
	case "EST", "EDT":
		return "Eastern"
	case "CST", "CDT":
		return "Central"
	case "MST", "MDT":
		return "Mountain"
	case "PST", "PDT":
		return "Pacific"
	case "AKST", "AKDT":
		return "Alaska time"
	case "HST", "HDT":
		return "Hawaii time"
	}
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + t.Format("-07:00")
	}
	return name
}

// headline is the summary's first sentence when the caller gives none.
func (s Summary) headline() string {
	stops, cares := 0, 0
	for _, f := range s.Findings {
		switch f.Severity {
		case Stop:
			stops++
		case Care:
			cares++
		}
	}
	switch {
	case stops > 0 && cares > 0:
		return fmt.Sprintf("%s against billing this as written; %s on the record or the payer.",
			points(stops)+plural(stops, " stands", " stand"), strings.ToLower(countWord(cares))+plural(cares, " more depends", " more depend"))
	case stops > 0:
		return points(stops) + plural(stops, " stands", " stand") + " against billing this as written."
	case cares > 0:
		return points(cares) + plural(cares, " depends", " depend") + " on the record or the payer."
	case len(s.Codes) > 0:
		return "Here is what our reference files say about " + codesInWords(s.Codes) + "."
	case len(s.NotFound) > 0:
		return "We have your question, but our reference files do not hold what it names."
	}
	return arrived(s.Reference, s.Next)
}

// headline is the acknowledgement's first sentence when the caller gives none.
func (a Acknowledgement) headline() string { return arrived(a.Reference, a.Next) }

// arrived says that the question is here and, if known, when it is answered.
func arrived(reference string, next Next) string {
	text := "We have your question, and a consultant will answer it."
	switch {
	case next.NoPerson || next.Text != "":
		text = "We have your question."
	case !next.Due.IsZero():
		text = "A consultant will answer your question by " + DueWords(next.Due) + "."
	}
	if reference = cleanLine(reference); reference != "" {
		text += " Its reference is " + reference + "."
	}
	return text
}

// announced reports whether the headline already says who answers, and when.
func (s Summary) announced() bool {
	return cleanLine(s.Headline) == "" && s.headline() == arrived(s.Reference, s.Next)
}

// headline is the first thing in a letter: its first sentence, and the rest.
type headline struct{ Lead, Rest string }

// Line is the whole.
func (h headline) Line() string { return strings.TrimSpace(h.Lead + " " + h.Rest) }

// splitHeadline splits after the first sentence, if there is more.
func splitHeadline(s string) headline {
	const least = 20 // "vs. " and "Dr. " end no sentence
	for i := least; i+2 < len(s); i++ {
		if strings.ContainsRune(".!?", rune(s[i])) && s[i+1] == ' ' && s[i+2] >= 'A' && s[i+2] <= 'Z' {
			return headline{s[:i+1], s[i+2:]}
		}
	}
	return headline{Lead: s}
}

// sentence says what happens next; announced is set when the headline has said
// already who answers, and when.
func (n Next) sentence(announced bool) string {
	switch {
	case n.Text != "":
		return cleanLine(n.Text)
	case n.NoPerson:
		return "This was a look-up, and nothing more will follow by itself. To ask one of our consultants, reply with your question in your own words."
	case announced:
		return "Anything that you add by replying to this mail goes to the same case."
	case !n.Due.IsZero():
		return "One of our consultants reads your question and answers by " + DueWords(n.Due) +
			". Anything that you add by replying to this mail goes to the same case."
	}
	return "One of our consultants reads your question and answers it. Anything that you add by replying to this mail goes to the same case."
}

// points counts: "One point", "Three points".
func points(n int) string { return countWord(n) + plural(n, " point", " points") }

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// countWord writes numbers up to twelve as words, for the start of a sentence.
func countWord(n int) string {
	words := []string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return strconv.Itoa(n)
}

// codesInWords names up to three codes, and counts more.
func codesInWords(codes []Code) string {
	if len(codes) > 3 {
		return "your " + strings.ToLower(countWord(len(codes))) + " codes"
	}
	var labels []string
	for _, c := range codes {
		labels = append(labels, codeLabel(c))
	}
	if len(labels) == 1 {
		return labels[0]
	}
	return strings.Join(labels[:len(labels)-1], ", ") + " and " + labels[len(labels)-1]
}
