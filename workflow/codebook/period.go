package codebook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Names of NCCI and fee schedule files tell their quarter in their own ways.
var (
	ncciVersion   = regexp.MustCompile(`(?i)(?:^|[^a-z0-9])v([0-9]{2})([0-3])(?:r([0-9]+))?(?:[^0-9]|$)`)             // ccipra-v322r0-f1: version 32.2
	quarterInName = regexp.MustCompile(`(?i)(?:((?:19|20)[0-9]{2})[-_ ]?q([1-4])|q([1-4])[-_ ]?((?:19|20)[0-9]{2}))`) // AOC_V2026Q2, q3-2026
	dayInName     = regexp.MustCompile(`(?:^|[^0-9])([01]?[0-9])[-_.]?([0-3][0-9])[-_.]?(20[0-9]{2})(?:[^0-9]|$)`)    // Eff_04-01-2026
	rvuInName     = regexp.MustCompile(`(?i)(?:^|[^a-z])rvu([0-9]{2})(ar|[a-d])(?:[^a-z]|$)`)                         // RVU25D: of October 2025
	twoDigitYear  = regexp.MustCompile(`(?i)(?:PPRRVU|LOCCO|GPCI|ANES|OPPSCAP)([0-9]{2})(?:[^0-9]|$)|(?:^|[^0-9])([0-9]{2})LOCCO`)
)

// quarterOf is the quarter of a year that holds a month.
func quarterOf(year, month int) (first, last day) {
	first = makeDay(year, (month-1)/3*3+1, 1)
	return first, dayOf(first.time().AddDate(0, 3, -1))
}

// quarterNamed finds the quarter in the names of a file and what holds it, and the name that told.
func quarterNamed(names []string) (first, last day, by string) {
	for _, name := range names {
		if m := ncciVersion.FindStringSubmatch(name); m != nil {
			version, _ := strconv.Atoi(m[1]) // 32 is 2026: the first full year, 1996, had version 2
			quarter, _ := strconv.Atoi(m[2])
			first, last = quarterOf(1994+version, quarter*3+1)
			return first, last, name
		}
		if m := quarterInName.FindStringSubmatch(name); m != nil {
			year, _ := strconv.Atoi(m[1] + m[4])
			quarter, _ := strconv.Atoi(m[2] + m[3])
			first, last = quarterOf(year, quarter*3-2)
			return first, last, name
		}
		if m := dayInName.FindStringSubmatch(name); m != nil {
			month, _ := strconv.Atoi(m[1])
			if year, _ := strconv.Atoi(m[3]); month >= 1 && month <= 12 {
				first, last = quarterOf(year, month)
				return first, last, name
			}
		}
		if m := rvuInName.FindStringSubmatch(name); m != nil {
			year, _ := strconv.Atoi(m[1])
			first, last = quarterOf(2000+year, strings.Index("abcd", strings.ToLower(m[2][:1]))*3+1)
			return first, last, name
		}
		if year, month := dateInName([]string{name}); month > 0 {
			first, last = quarterOf(year, month)
			return first, last, name
		}
	}
	return 0, 0, ""
}

// yearNamed finds the calendar year in the names, in full or as the two digits of 25LOCCO and RVU25D.
func yearNamed(names []string) (year int, by string) {
	for _, name := range names {
		if year, _ := dateInName([]string{name}); year > 0 {
			return year, name
		}
		for _, pattern := range []*regexp.Regexp{rvuInName, twoDigitYear} {
			if m := pattern.FindStringSubmatch(name); m != nil {
				text := m[1]
				if text == "" {
					text = m[2]
				}
				year, _ := strconv.Atoi(text)
				return 2000 + year, name
			}
		}
	}
	return 0, ""
}

// guessedBy is the name to warn of, when it is not the file's own: none where it is written as CMS names its archives (RVU25D,
// ccipra-v322r0), whose files need not name their edition.
func guessedBy(by string) string {
	if rvuInName.MatchString(by) || ncciVersion.MatchString(by) {
		return ""
	}
	return by
}

// yearIn finds the calendar year in the texts above a table.
func yearIn(texts []string, pattern *regexp.Regexp) int {
	for _, text := range texts {
		if m := pattern.FindStringSubmatch(text); m != nil {
			year, _ := strconv.Atoi(m[1])
			return year
		}
	}
	return 0
}

// undated is the error of a file whose edition neither it nor a name tells.
func undated(file, example string) error {
	return &FileError{File: file, Want: "a name, of the file or of what holds it, that tells the edition, such as " + example}
}

// quarterly starts an edition for a quarter.
func quarterly(kind string, first, last day) *edition {
	return &edition{kind: kind, first: first, made: last, name: fmt.Sprintf("%s, %s to %s %d", kindWords(kind), first.time().Format("January"), last.time().Format("January"), first.time().Year())}
}

// yearly starts an edition that begins in a quarter (month 0: in January) and is made for the rest of its calendar year.
func yearly(kind string, year, month int) *edition {
	ed := &edition{kind: kind, made: makeDay(year, 12, 31)}
	if month == 0 {
		ed.first, ed.name = makeDay(year, 1, 1), fmt.Sprintf("%s %d", kindWords(kind), year)
		return ed
	}
	ed.first, _ = quarterOf(year, month)
	ed.name = fmt.Sprintf("%s, %s %d", kindWords(kind), ed.first.time().Format("January"), year)
	return ed
}

// Source says which release answered a question of facts, or why none could: a look-up that found nothing means something only where a
// release covers the day.
type Source struct {
	// Covered: a loaded release answers for the day.
	Covered bool `json:"covered"`
	// Release and File name it.
	Release string `json:"release,omitempty"`
	File    string `json:"file,omitempty"`
	// Copyright is the line that the file carries and that has to stand beside its codes when they are handed on.
	Copyright string `json:"copyright,omitempty"`
	// Note says in a sentence why none answers, or what to know of the one that does; empty otherwise.
	Note string `json:"note,omitempty"`
}

// coverage is how the releases of a kind answer for days.
type coverage int

const (
	// ownPeriod: each for its own days and no others (MUE: the table is the truth for its quarter).
	ownPeriod coverage = iota
	// calendarYear: as ownPeriod, and days of a year before its first loaded release are answered by that one, with a note: a fee schedule
	// is made for its calendar year, and most of it does not change within it.
	calendarYear
	// cumulative: the newest for all days to the end of its quarter, as its rows carry their own dates back to the beginning (PTP, add-on).
	cumulative
)

// source finds the release of a kind that answers for a day; -1 when none does.
func (b *Book) source(kind string, rule coverage, on day) (int, Source) {
	chosen, latest, earliestOfYear := -1, -1, -1
	for i := range b.days {
		r := &b.days[i]
		if r.kind != kind {
			continue
		}
		if latest < 0 || r.first > b.days[latest].first {
			latest = i
		}
		if on.within(r.first, r.last) {
			chosen = i
		}
		if r.first/10000 == on/10000 && (earliestOfYear < 0 || r.first < b.days[earliestOfYear].first) {
			earliestOfYear = i
		}
	}
	if latest < 0 {
		return -1, Source{Note: "No " + kindWords(kind) + " file is loaded."}
	}
	note := ""
	switch {
	case rule == cumulative && on <= b.days[latest].made:
		chosen = latest
	case rule == cumulative:
		chosen = -1
	case rule == calendarYear && chosen < 0 && earliestOfYear >= 0:
		chosen = earliestOfYear
		note = fmt.Sprintf("This is the release of %s, the earliest of %d that is loaded.", b.days[chosen].first.words(), b.days[chosen].first/10000)
	}
	if chosen < 0 {
		return -1, Source{Note: fmt.Sprintf("Of the %s no loaded file answers for %s; the newest is for days to %s.", kindWords(kind), on.words(), b.days[latest].made.words())}
	}
	r := &b.releases[chosen]
	return chosen, Source{Covered: true, Release: r.Name, File: r.File, Copyright: r.Licence, Note: note}
}

// has reports whether any release of a kind is loaded.
func (b *Book) has(kind string) bool {
	for i := range b.days {
		if b.days[i].kind == kind {
			return true
		}
	}
	return false
}
