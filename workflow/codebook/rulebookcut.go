package codebook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// outlineMark is anything that may number a section.
var outlineMark = regexp.MustCompile(`^(?:(?:section|appendix|chapter)\s+[ivxIVX0-9]{1,5}\b[.:]?|[A-Z]\.|[0-9]{1,3}\.|[a-z]\.|[0-9]{1,2}\)|\([a-z]{1,4}\)|\([0-9]{1,2}\)|[0-9]{1,3}(?:\.[0-9]{1,3}){1,6}|[0-9]{2,3}(?:\.[0-9]{1,3}){0,6}\s+[-–—])(?:\s+|$)`)

// outlineLevel is one way of numbering, from the outermost to the innermost of a book.
type outlineLevel struct {
	mark  *regexp.Regexp // one group: the number
	value func(string) int
	write func(int) string
	// heads: what stands behind the mark is a heading. Else it may be the paragraph itself.
	heads bool
}

func decimal(s string) int { n, _ := strconv.Atoi(s); return n }

func alphabetic(s string) int { return int(s[0]&^0x20-'A') + 1 }

func smallLetter(n int) string { return string(rune('a' + n - 1)) }

func capital(n int) string { return string(rune('A' + n - 1)) }

var icdOutline = []outlineLevel{
	{regexp.MustCompile(`(?i)^section\s+([ivx]{1,4})\b[.:]?\s*`), roman, writeRoman, true},
	{regexp.MustCompile(`^([A-Z])\.\s+`), alphabetic, capital, true},
	{regexp.MustCompile(`^([0-9]{1,2})\.\s+`), decimal, strconv.Itoa, true},
	{regexp.MustCompile(`^([a-z])\.\s+`), alphabetic, smallLetter, true},
	{regexp.MustCompile(`^([0-9]{1,2})\)\s+`), decimal, strconv.Itoa, false},
	{regexp.MustCompile(`^\(([a-z])\)\s+`), alphabetic, smallLetter, false},
	{regexp.MustCompile(`^\(([ivx]{1,4})\)\s+`), roman, func(n int) string { return strings.ToLower(writeRoman(n)) }, false},
}

var ncciOutline = []outlineLevel{
	{regexp.MustCompile(`^([A-Z])\.\s+`), alphabetic, capital, true},
	{regexp.MustCompile(`^([0-9]{1,3})\.\s+`), decimal, strconv.Itoa, false},
	{regexp.MustCompile(`^([a-z])\.\s+`), alphabetic, smallLetter, false},
}

var (
	icdAppendix = regexp.MustCompile(`(?i)^appendix\s+([ivx]{1,4})\b[.:]?\s*`)
	iomSection  = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{1,3}){0,6})\s*[-–—]\s*(\S.*)$`)
	iomLetter   = regexp.MustCompile(`^([A-Z])\.\s+(\S.*)$`)
	iomRevision = regexp.MustCompile(`^\(\s*Rev\.?\s*([0-9]{1,6})\s*[,;]?\s*(?:Issued:?\s*)?([0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4})?(?:.*?Effective:?\s*([0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}))?`)
	iomEnd      = regexp.MustCompile(`(?i)^Transmittals Issued for this Chapter`)
	iomNoise    = regexp.MustCompile(`(?i)^(?:Transmittals for Chapter|Table of Contents$|Crosswalk to)`)
)

// bookMark is a place where a section begins.
type bookMark struct {
	line     int // of the heading
	body     int // the first line below the heading
	number   string
	title    string
	titled   bool // the title is a heading of its own, not the beginning of the paragraph
	depth    int
	revision string
	first    day  // from which it holds, when the section says so itself
	drop     bool // revision history and the like
}

// cut finds the sections of the book in its lines.
func (b *ruleBook) cut(p *bookPages) {
	var marks []bookMark
	switch b.shape {
	case shapeICD:
		marks = outline(p, icdOutline, "")
	case shapeNCCI:
		marks = outline(p, ncciOutline, b.chapter)
	case shapeIOM:
		marks = iomMarks(p)
	case shapeLCD:
		marks = coverageMarks(p)
	}
	type written struct {
		ruleSection
		size int
		drop bool
	}
	var all []written
	titles := map[string]string{} // by number
	above := []string{}           // by depth, for books without numbers
	for i, m := range marks {
		end := len(p.lines)
		if i+1 < len(marks) {
			end = marks[i+1].line
		}
		s := ruleSection{number: m.number, title: m.title, revision: m.revision, first: m.first, text: p.paragraphs(p.lines[min(m.body, end):end])}
		if m.number == "" {
			for len(above) <= m.depth {
				above = append(above, "")
			}
			above = append(above[:m.depth], m.title)
			s.above = headingsAbove(above[:m.depth], m.title)
		} else {
			var outer []string
			for j := range len(m.number) {
				if m.number[j] == '.' {
					outer = append(outer, titles[m.number[:j]])
				}
			}
			s.above = headingsAbove(outer, m.title)
			if m.titled {
				titles[m.number] = m.title
			} else { // a numbered paragraph stands under the heading above it
				delete(titles, m.number)
				s.title = ""
				if n := len(s.above); n > 0 {
					s.title, s.above = s.above[n-1], s.above[:n-1]
				}
			}
		}
		s.from, s.to = p.pages(m.line, end)
		all = append(all, written{s, len(s.text), m.drop})
	}
	// A number that stands twice was in the contents first: the one with the text is the section.
	best := map[string]int{}
	for i, s := range all {
		key := s.number
		if key == "" {
			key = s.title
		}
		if j, twice := best[key]; !twice || s.size >= all[j].size {
			best[key] = i
		}
	}
	for i, s := range all {
		key := s.number
		if key == "" {
			key = s.title
		}
		if best[key] == i && !s.drop && s.size >= shortestSection {
			s.codes = codesOf(s.title + "\n" + s.text)
			b.sections = append(b.sections, s.ruleSection)
		}
	}
}

// headingsAbove lists headings from the outside in, each once, without the section's own.
func headingsAbove(headings []string, own string) []string {
	var out []string
	for _, h := range headings {
		if h != "" && h != own && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// shortestSection: a heading without a text of its own is kept in the titles of the sections below it.
const shortestSection = 20

// outline follows the numbering of a book. A mark counts only where it is the next one of its level, so that lists inside the text and
// letters that happen to begin a line do not open sections.
func outline(p *bookPages, levels []outlineLevel, prefix string) []bookMark {
	var out []bookMark
	counts := make([]int, len(levels))
	appendix, open := "", prefix != "" || levels[0].mark == ncciOutline[0].mark
	deepest := -1
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i].text
		if m := icdAppendix.FindStringSubmatch(line); m != nil && open && prefix == "" && roman(m[1]) > 0 && (len(line) < 60) {
			appendix = "Appendix " + strings.ToUpper(m[1])
			clear(counts)
			deepest = 0
			title := strings.TrimSpace(line[len(m[0]):])
			body := i + 1
			if title == "" && body < len(p.lines) {
				title = p.lines[body].text
				body++
			}
			out = append(out, bookMark{line: i, body: body, number: appendix, title: title, titled: true})
			continue
		}
		level, value, rest := nextMark(p, levels, counts, deepest, line, i)
		if level < 0 || !open && level > 0 {
			continue
		}
		if level == 0 {
			open = true
			if prefix == "" {
				appendix = ""
			}
		}
		counts[level] = value
		clear(counts[level+1:])
		deepest = level
		m := bookMark{line: i, body: i + 1, number: numbered(levels, counts[:level+1], prefix, appendix), title: rest, depth: level}
		m.titled = levels[level].heads || p.isHeading(i, rest)
		if m.titled {
			m.title, m.body = p.wrappedTitle(i, rest)
		} else {
			p.lines[i].text = rest // the number is kept beside the text, not in it
			m.body = i
		}
		out = append(out, m)
	}
	return out
}

func numbered(levels []outlineLevel, counts []int, prefix, appendix string) string {
	var parts []string
	if prefix != "" {
		parts = append(parts, prefix)
	}
	if appendix != "" {
		parts = append(parts, appendix)
	}
	for i, n := range counts {
		if n > 0 {
			parts = append(parts, levels[i].write(n))
		}
	}
	return strings.Join(parts, ".")
}

// nextMark reads the mark at the beginning of a line, if it is the one that comes next at its level.
func nextMark(p *bookPages, levels []outlineLevel, counts []int, deepest int, line string, at int) (level, value int, rest string) {
	for l := len(levels) - 1; l >= 0; l-- {
		m := levels[l].mark.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n := levels[l].value(m[1])
		rest := strings.TrimSpace(line[len(m[0]):])
		if n == 0 || rest == "" || levels[l].heads && l > 0 && !titleLike(rest) && !p.inContents(at, rest) {
			continue
		}
		before := counts[l]
		if l > deepest {
			before = 0
		}
		switch {
		case n == before+1:
		case l == 0 && n == 1: // the body after the contents
		case n > before && p.inContents(at, rest): // an excerpt, or a heading between was not seen
		case n > before && n <= before+3 && before > 0 && levels[l].heads && p.isHeading(at, rest):
		default:
			continue
		}
		return l, n, rest
	}
	return -1, 0, ""
}

// titleLike: a heading begins with a capital, a digit or a quote and is no sentence.
func titleLike(s string) bool {
	first := []rune(s)[0]
	if unicode.IsLower(first) {
		return false
	}
	return len(s) < 160 && (!strings.HasSuffix(s, ".") || len(strings.Fields(s)) <= 12 && !strings.Contains(strings.TrimSuffix(s, "."), ". "))
}

// isHeading tells a heading from the first line of a paragraph: it ends before the margin without the end of a sentence, and what follows
// begins anew.
func (p *bookPages) isHeading(at int, text string) bool {
	if p.inContents(at, text) {
		return true
	}
	if text == "" || !titleLike(text) || strings.ContainsAny(text[len(text)-1:], ".;,") {
		return false
	}
	if at+1 >= len(p.lines) {
		return false
	}
	next := p.lines[at+1]
	return next.blank || next.text == "" || !unicode.IsLower([]rune(next.text)[0]) && len([]rune(text)) < max(40, p.width*7/10)
}

// inContents: the table of contents has the heading, which may go on in the next lines.
func (p *bookPages) inContents(at int, title string) bool {
	if p.titles[contentsForm(title)] {
		return true
	}
	_, body := p.wrappedTitle(at, title)
	return body > at+1
}

// wrappedTitle takes the second line of a heading that the contents know to be longer.
func (p *bookPages) wrappedTitle(at int, title string) (string, int) {
	body := at + 1
	for n := 1; n <= 2 && at+n < len(p.lines); n++ {
		longer := title
		for _, l := range p.lines[at+1 : at+1+n] {
			longer += " " + l.text
		}
		if p.titles[contentsForm(longer)] {
			return longer, at + 1 + n
		}
	}
	return strings.TrimRight(title, " :"), body
}

// iomMarks: sections of the internet-only manuals are numbered 10, 30.6, 30.6.1 ..., and each is followed by its revision in brackets.
// The contents list the same numbers without one.
func iomMarks(p *bookPages) []bookMark {
	end := len(p.lines)
	for i, l := range p.lines {
		if iomEnd.MatchString(l.text) && i > len(p.lines)/2 {
			end = i
			break
		}
	}
	p.lines = p.lines[:end]
	revised := false
	var all []bookMark
	for i := range p.lines {
		m := iomSection.FindStringSubmatch(p.lines[i].text)
		if m == nil || !titleLike(m[2]) {
			continue
		}
		if outer, _, _ := strings.Cut(m[1], "."); decimal(outer) >= 10 && decimal(outer)%5 != 0 {
			continue // the outermost numbers are tens; others are ranges of years, minutes, codes
		}
		one := bookMark{line: i, body: i + 1, number: m[1], title: m[2], titled: true, depth: strings.Count(m[1], ".")}
		for j := i + 1; j < len(p.lines) && j <= i+3; j++ {
			if r := iomRevision.FindStringSubmatch(p.lines[j].text); r != nil {
				for _, more := range p.lines[i+1 : j] {
					one.title += " " + more.text
				}
				bracket := p.lines[j].text
				one.body = j + 1
				for one.body < len(p.lines) && one.body <= j+2 && !strings.Contains(bracket, ")") {
					bracket += " " + p.lines[one.body].text
					one.body++
				}
				r = iomRevision.FindStringSubmatch(strings.ReplaceAll(bracket, "- ", "-"))
				one.revision = "Rev. " + r[1]
				if one.first = anyDay(r[3]); one.first != 0 {
					one.revision += ", effective " + one.first.words()
				} else if one.first = anyDay(r[2]); one.first != 0 {
					one.revision += ", " + one.first.words()
				}
				revised = true
				break
			}
			if iomSection.MatchString(p.lines[j].text) {
				break
			}
		}
		all = append(all, one)
	}
	if revised {
		all = slices.DeleteFunc(all, func(m bookMark) bool { return m.revision == "" })
	}
	var out []bookMark
	for i, m := range all {
		out = append(out, m)
		stop := len(p.lines)
		if i+1 < len(all) {
			stop = all[i+1].line
		}
		next := 1
		for j := m.body; j < stop; j++ {
			if iomNoise.MatchString(p.lines[j].text) {
				p.lines[j].text = ""
				continue
			}
			if l := iomLetter.FindStringSubmatch(p.lines[j].text); l != nil && alphabetic(l[1]) == next && p.isHeading(j, l[2]) {
				out = append(out, bookMark{line: j, body: j + 1, number: m.number + "." + l[1], title: l[2], titled: true, depth: m.depth + 1, revision: m.revision, first: m.first})
				next++
			}
		}
	}
	return out
}

// coverageHeads are the headings of determinations and articles as the coverage database prints them; the ones with false are no rules.
var coverageHeads = map[string]bool{
	"coverage indications, limitations, and/or medical necessity": true, "coverage guidance": true, "indications": true, "limitations": true,
	"covered indications": true, "cms national coverage policy": true, "summary of evidence": true, "analysis of evidence (rationale for determination)": true,
	"associated information": true, "utilization parameters": true, "utilization guidelines": true, "documentation requirements": true, "provider qualifications": true,
	"article guidance": true, "article text": true, "coding guidance": true, "coding information": true, "general information": true,
	"bill type codes": true, "revenue codes": true, "cpt/hcpcs codes": true, "cpt/hcpcs modifiers": true, "icd-10-cm codes that support medical necessity": true,
	"icd-10-cm codes that do not support medical necessity": true, "icd-10-pcs codes": true, "additional icd-10 information": true, "other coding information": true,
	"group 1 paragraph": true, "group 1 codes": true, "group 2 paragraph": true, "group 2 codes": true, "group 3 paragraph": true, "group 3 codes": true,
	"sources of information": false, "bibliography": false, "revision history information": false, "revision history": false, "associated documents": false,
	"related local coverage documents": false, "related national coverage documents": false, "keywords": false, "contractor information": false,
	"document information": false, "lcd information": false, "article information": false, "public versions": false, "attachments": false,
	"ama cpt / ada cdt / aha nubc copyright statement": false, "statutory requirements url(s)": false, "rules and regulations url(s)": false,
	"links in lcd": false, "cpt/hcpcs code short description": false, "proposed lcd document information": false,
}

func coverageMarks(p *bookPages) []bookMark {
	var out []bookMark
	group := ""
	for i := range p.lines {
		name := strings.ToLower(strings.TrimRight(p.lines[i].text, " :"))
		keep, known := coverageHeads[name]
		if !known {
			continue
		}
		m := bookMark{line: i, body: i + 1, title: strings.TrimRight(p.lines[i].text, " :"), titled: true, drop: !keep}
		if strings.HasPrefix(name, "group ") {
			m.depth = 1
			if group != "" {
				m.title = group + ", " + strings.ToLower(m.title)
			}
		} else {
			group = m.title
		}
		out = append(out, m)
	}
	return out
}
