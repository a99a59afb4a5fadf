package codebook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Rule books are what coders argue from: the ICD-10-CM Official Guidelines, the NCCI Policy Manual, CMS's internet-only manuals, coverage
// determinations and articles. They are published as PDF, HTML or text, under names that say little, so that they are recognised by title
// page and running heads, and dated by what they say of themselves. All but the first carry notices of the American Medical Association.

// ruleBook is one such document, cut into sections.
type ruleBook struct {
	shape    bookShape
	kind     string // of its editions: "guide-icd10cm", "guide-ncci-11", "guide-100-04-12", "guide-L12345"
	document string // for people: "NCCI Policy Manual, chapter XI"
	edition  string // "FY 2026", "revised 1 Jan 2025", "Rev. 12976"
	// chapter is "XI" or "12"; empty for a document without chapters.
	chapter     string
	first, made day    // made 0: it holds until it is revised
	dated       string // the name that told the year, when nothing in it did
	licence     string // the notice that stands under it; empty for the public domain
	sections    []ruleSection
}

// bookShape is the way in which a document numbers its sections.
type bookShape int

const (
	shapeICD  bookShape = iota // Section I, A., 1., a., 1), (a)
	shapeNCCI                  // A., 1., a.
	shapeIOM                   // 30.6.1, then A.
	shapeLCD                   // headings without numbers
)

// ruleSection is one numbered section, or one numbered paragraph.
type ruleSection struct {
	number   string   // as people cite it: "I.C.9.a", "XI.B.3", "30.6.1.A"; empty in a coverage document
	title    string   // its own heading, else that of the section above
	above    []string // the headings above it, the farthest first
	from, to string   // pages, as printed where the document prints them; empty without pages
	revision string   // of the section itself: "Rev. 11842, effective 1 Jan 2023"
	first    day      // from which the section holds, where it says so itself
	text     string   // paragraphs, one a line
	codes    []codeSpan
}

// manual is one of CMS's internet-only manuals.
type manual struct{ title, number string }

// internetManuals lists the ones that speak of coding and payment, by the title on every page (CMS Pub. 100).
var internetManuals = []manual{
	{"Medicare General Information, Eligibility, and Entitlement Manual", "100-01"},
	{"Medicare Benefit Policy Manual", "100-02"},
	{"Medicare National Coverage Determinations Manual", "100-03"},
	{"Medicare Claims Processing Manual", "100-04"},
	{"Medicare Secondary Payer Manual", "100-05"},
	{"Medicare Program Integrity Manual", "100-08"},
}

var (
	chapterICDTitle = regexp.MustCompile(`(?i)ICD-10-CM Official Guidelines for Coding and Reporting`)
	fiscalYearOf    = regexp.MustCompile(`(?i)\bFY\s*(20[0-9]{2})\b`)
	fiscalDays      = regexp.MustCompile(`\(\s*([A-Z][a-z]+ [0-9]{1,2}, 20[0-9]{2})\s*[-–—]+\s*([A-Z][a-z]+ [0-9]{1,2}, 20[0-9]{2})\s*\)`)
	ncciTitle       = regexp.MustCompile(`(?i)(National Correct Coding Initiative|NCCI).{0,40}Policy Manual|Policy Manual.{0,60}(National Correct Coding Initiative|NCCI)`)
	ncciChapter     = regexp.MustCompile(`(?im)^\s*chapter\s+([IVX]{1,5})\b`)
	ncciRevised     = regexp.MustCompile(`(?i)(?:Revision Date|Revised|Effective(?: Date)?)\s*(?:\(Medicare\)|\(Medicaid\))?\s*:?\s*([0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|[A-Z][a-z]+ [0-9]{1,2}, [0-9]{4})`)
	iomChapter      = regexp.MustCompile(`(?im)^\s*chapter\s+([0-9]{1,2}[A-Z]?)\s*[-–—:]\s*(\S.*)$`)
	iomRevised      = regexp.MustCompile(`\(\s*Rev\.?\s*([0-9]{1,6})\s*[,;]?\s*(?:Issued:?\s*)?([0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4})`)
	lcdID           = regexp.MustCompile(`\b([LA][0-9]{5})\b`)
	lcdTitle        = regexp.MustCompile(`(?i)Local Coverage (Determination|Article)|\bLCD Information|\bArticle Information`)
	lcdFrom         = regexp.MustCompile(`(?is)(?:Revision Effective Date|Original Effective Date|Effective Date)\W{0,3}\s*(?:For services performed on or after\s*)?([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})`)
	lcdTo           = regexp.MustCompile(`(?is)(?:Revision Ending Date|Retirement Date)\W{0,3}\s*(?:For services performed on or before\s*)?([0-9]{1,2}/[0-9]{1,2}/[0-9]{4})`)
	cptYears        = regexp.MustCompile(`(?is)CPT\W.{0,120}?copyright\s+(?:©\s*)?((?:19|20)[0-9]{2})(?:\s*[-–]\s*(?:20)?([0-9]{2}))?\s+American\s+Medical\s+Association`)
)

// knowRuleBook recognises a document by its beginning; nil for what is none of them. It does not date it.
func knowRuleBook(start string) *ruleBook {
	var kept []string
	for line := range strings.Lines(start) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			kept = append(kept, line)
		}
	}
	lines, flat := strings.Join(kept, "\n"), strings.Join(kept, " ") // titles wrap
	title := flat[:min(len(flat), 6000)]
	switch {
	case chapterICDTitle.MatchString(title):
		return &ruleBook{shape: shapeICD, kind: "guide-icd10cm", document: "ICD-10-CM Official Guidelines for Coding and Reporting"}
	case ncciTitle.MatchString(title):
		b := &ruleBook{shape: shapeNCCI, kind: "guide-ncci", document: "NCCI Policy Manual"}
		if strings.Contains(strings.ToLower(title), "for medicaid") {
			b.kind, b.document = "guide-ncci-medicaid", "Medicaid NCCI Policy Manual"
		}
		if m := ncciChapter.FindStringSubmatch(lines[:min(len(lines), 6000)]); m != nil {
			b.chapter = strings.ToUpper(m[1])
			b.kind += "-" + strconv.Itoa(roman(b.chapter))
			b.document += ", chapter " + b.chapter
		}
		return b
	case lcdTitle.MatchString(title) && lcdID.MatchString(title):
		id := lcdID.FindStringSubmatch(title)[1]
		b := &ruleBook{shape: shapeLCD, kind: "guide-" + id, document: "LCD " + id}
		if id[0] == 'A' {
			b.document = "Article " + id
		}
		if name := coverageTitle(lines, id); name != "" {
			b.document += ", " + name
		}
		return b
	}
	for _, m := range internetManuals {
		if !containsFold(title, m.title) {
			continue
		}
		at := iomChapter.FindStringSubmatch(lines[:min(len(lines), 8000)])
		if at == nil {
			return nil
		}
		b := &ruleBook{shape: shapeIOM, chapter: strings.ToUpper(at[1])}
		b.kind = "guide-" + m.number + "-" + strings.ToLower(b.chapter)
		b.document = fmt.Sprintf("%s (IOM %s), chapter %s", m.title, m.number, b.chapter)
		return b
	}
	return nil
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// coverageTitle is the line of a coverage document that names it: the one with the id in brackets, or the one after "Title".
func coverageTitle(lines, id string) string {
	previous := ""
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if i := strings.Index(line, id); i > 8 && len(line) < 200 {
			name := strings.TrimRight(strings.TrimSpace(line[:i]), " (-–:")
			if len(name) > 8 && !lcdTitle.MatchString(name) {
				return name
			}
		}
		if lower := strings.ToLower(previous); (lower == "lcd title" || lower == "article title" || lower == "title") && line != "" {
			return line
		}
		if line != "" {
			previous = line
		}
	}
	return ""
}

// date reads from the text which edition it is. names are the file's and its folders', asked when the text says nothing.
func (b *ruleBook) date(text string, names []string) error {
	b.setLicence(text)
	switch b.shape {
	case shapeICD:
		if m := fiscalDays.FindStringSubmatch(text[:min(len(text), 20_000)]); m != nil {
			b.first, b.made = longDay(m[1]), longDay(m[2])
		}
		if m := fiscalYearOf.FindStringSubmatch(text[:min(len(text), 20_000)]); m != nil && b.first == 0 {
			year, _ := strconv.Atoi(m[1])
			_, b.first, b.made = fiscalYear(year, 0)
		}
		if b.first != 0 {
			fy := int(b.made) / 10000
			b.edition = fmt.Sprintf("FY %d", fy)
			if b.first != makeDay(fy-1, 10, 1) {
				b.edition += ", from " + b.first.words()
			}
			return nil
		}
	case shapeNCCI:
		for _, m := range ncciRevised.FindAllStringSubmatch(text, 40) {
			if d := anyDay(m[1]); d != 0 {
				// The manual is issued anew for each calendar year (NCCI Policy Manual, introduction).
				year := int(d) / 10000
				if int(d)/100%100 >= 11 {
					year++
				}
				b.first, b.made, b.edition = d, makeDay(year, 12, 31), "revised "+d.words()
				return nil
			}
		}
	case shapeIOM:
		if m := iomRevised.FindStringSubmatch(text[:min(len(text), 30_000)]); m != nil {
			if d := anyDay(m[2]); d != 0 {
				b.first, b.edition = d, "Rev. "+m[1]+", "+d.words()
				return nil
			}
		}
	case shapeLCD:
		for _, m := range lcdFrom.FindAllStringSubmatch(text, 10) {
			if d := anyDay(m[1]); d > b.first { // the revision's day comes after the original one
				b.first, b.edition = d, "effective "+d.words()
			}
		}
		if m := lcdTo.FindStringSubmatch(text); m != nil {
			if d := anyDay(m[1]); d > b.first {
				b.made = d
			}
		}
		if b.first != 0 {
			return nil
		}
	}
	year, month, by := datedBy(names)
	if year == 0 {
		return errNoYear
	}
	b.dated = by
	if b.shape == shapeICD {
		var fy int
		fy, b.first, b.made = fiscalYear(year, month)
		b.edition = fmt.Sprintf("FY %d", fy)
		return nil
	}
	b.first, b.edition = makeDay(year, max(month, 1), 1), strconv.Itoa(year)
	return nil
}

// setLicence: what is not in the public domain stands under the notice of the year that the document names.
func (b *ruleBook) setLicence(text string) {
	if b.shape == shapeICD {
		return
	}
	year := ""
	for _, m := range cptYears.FindAllStringSubmatch(text, 20) {
		y := m[1]
		if m[2] != "" {
			y = "20" + m[2]
		}
		year = max(year, y)
	}
	b.licence = "CPT is copyright of the American Medical Association. All rights reserved."
	if year != "" {
		b.licence = "CPT copyright " + year + " American Medical Association. All rights reserved."
	}
}

func longDay(s string) day {
	t, err := time.Parse("January 2, 2006", strings.Join(strings.Fields(s), " "))
	if err != nil {
		return 0
	}
	return dayOf(t)
}

// anyDay reads the ways in which these documents write a day; 0 for what is none.
func anyDay(s string) day {
	if d := longDay(s); d != 0 {
		return d
	}
	s = strings.ReplaceAll(s, "-", "/")
	for _, layout := range []string{"1/2/2006", "1/2/06"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1980 && t.Year() < 2200 {
			return dayOf(t)
		}
	}
	return 0
}

// roman reads I to XXXIX; 0 for what is none.
func roman(s string) int {
	value := map[byte]int{'I': 1, 'V': 5, 'X': 10}
	n := 0
	for i := 0; i < len(s); i++ {
		v := value[s[i]&^0x20]
		if v == 0 {
			return 0
		}
		if i+1 < len(s) && v < value[s[i+1]&^0x20] {
			n -= v
		} else {
			n += v
		}
	}
	if n < 1 || n > 39 || !strings.EqualFold(writeRoman(n), s) {
		return 0
	}
	return n
}

func writeRoman(n int) string {
	return strings.Repeat("X", n/10) + []string{"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"}[n%10]
}
