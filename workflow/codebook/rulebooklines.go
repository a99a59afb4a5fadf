package codebook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// bookLine is one line of a rule book, without what belongs to the page.
type bookLine struct {
	text  string
	page  int  // index into labels
	blank bool // an empty line stood before it
}

// bookPages is a document as lines, with the numbers of its pages.
type bookPages struct {
	lines  []bookLine
	labels []string // printed page numbers, else counted from 1; nil for a document without pages
	width  int      // of a full line, in characters
	words  map[string]bool
	titles map[string]bool // headings that the table of contents names, without number and page
}

// edgeLines is how many lines at the top and the foot of a page may be running heads and feet.
const edgeLines = 4

var (
	pageNumber   = regexp.MustCompile(`(?i)^(?:page\s+)?[-–—]?\s*([ivxl]{1,6}-[0-9]{1,3}|[0-9]{1,4})\s*[-–—]?(?:\s+of\s+[0-9]{1,4})?$`)
	pageAtEnd    = regexp.MustCompile(`(?i)\bpage\s+([0-9]{1,4})(?:\s+of\s+[0-9]{1,4})?$`)
	numberRun    = regexp.MustCompile(`[0-9]+`)
	leader       = regexp.MustCompile(`(?:\.\s?){4,}\s*(?:[ivxl]{1,6}-)?[0-9ivxl]{1,6}\s*$|(?:…\s?){2,}\s*[0-9ivxl-]{1,6}\s*$`)
	leaderInside = regexp.MustCompile(`(?:\.\s?){4,}|(?:…\s?){2,}`)
)

// layBook takes the pages apart into lines and drops what is no text of the book: running heads and feet, page numbers, contents.
func layBook(pages []string) *bookPages {
	b := &bookPages{words: map[string]bool{}, titles: map[string]bool{}}
	cut := make([][]string, len(pages))
	for i, p := range pages {
		cut[i] = strings.Split(cleanPage(p), "\n")
	}
	running := runningLines(cut)
	printed := make([]string, len(pages))
	found := 0
	for i, lines := range cut {
		first, last := edges(lines)
		kept := lines[:0:0]
		for j, line := range lines {
			trimmed := strings.TrimSpace(line)
			atEdge := (j < first || j >= last) && trimmed != ""
			if atEdge && len(pages) > 1 {
				label := ""
				if m := pageNumber.FindStringSubmatch(trimmed); m != nil {
					label = m[1]
				} else if m := pageAtEnd.FindStringSubmatch(trimmed); m != nil && running[runningForm(trimmed)] {
					label = m[1]
				}
				if label != "" && printed[i] == "" {
					printed[i] = strings.ToUpper(label)
					found++
				}
				if label != "" || running[runningForm(trimmed)] {
					continue
				}
			}
			kept = append(kept, line)
		}
		b.lay(kept, i)
	}
	if len(pages) > 1 {
		b.labels = make([]string, len(pages))
		for i := range pages {
			b.labels[i] = strconv.Itoa(i + 1)
			if found*2 >= len(pages) {
				b.labels[i] = printed[i]
			}
		}
	}
	b.measure()
	return b
}

// cleanPage evens out what programs put into extracted text: hyphens of line breaks (PDFium marks them U+0002 or U+FFFE), no-break blanks,
// form feeds, ligatures.
func cleanPage(p string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x02", "\u00ad", "\ufffe", "\u00ad", "\u00a0", " ", "\u2002", " ", "\u2003", " ", "\t", "  ", "\x00", "",
		"ﬁ", "fi", "ﬂ", "fl", "ﬀ", "ff", "ﬃ", "ffi", "ﬄ", "ffl", "\u2011", "-", "\u2028", "\n", "\u2029", "\n").Replace(p)
}

// edges says where the head of a page ends and its foot begins: the first and last edgeLines lines that are not empty.
func edges(lines []string) (head, foot int) {
	n := 0
	for head = 0; head < len(lines) && n < edgeLines; head++ {
		if strings.TrimSpace(lines[head]) != "" {
			n++
		}
	}
	n = 0
	for foot = len(lines); foot > 0 && n < edgeLines; foot-- {
		if strings.TrimSpace(lines[foot-1]) != "" {
			n++
		}
	}
	return head, foot
}

// runningForm makes lines alike that differ in numbers only.
func runningForm(line string) string {
	return numberRun.ReplaceAllString(strings.ToLower(strings.Join(strings.Fields(line), " ")), "#")
}

// runningLines finds what stands at the edge of two pages in five, and of three at least (of both, where there are two). A line that
// numbers a section, or says when one was revised, is none: such lines stand at the top of many pages.
func runningLines(pages [][]string) map[string]bool {
	count := map[string]int{}
	for _, lines := range pages {
		head, foot := edges(lines)
		seen := map[string]bool{}
		for j, line := range lines {
			line = strings.TrimSpace(line)
			if line == "" || j >= head && j < foot {
				continue
			}
			form := runningForm(line)
			if !seen[form] && len(form) > 3 && !outlineMark.MatchString(line) && !strings.HasPrefix(form, "(rev") {
				seen[form] = true
				count[form]++
			}
		}
	}
	need := max(2, len(pages)*2/5)
	if len(pages) > 2 {
		need = max(3, need)
	}
	out := map[string]bool{}
	for form, n := range count {
		if n >= need {
			out[form] = true
		}
	}
	return out
}

// lay adds the lines of a page, without those of a table of contents, whose titles are kept to know headings that wrap.
func (b *bookPages) lay(lines []string, page int) {
	blank := false
	waiting := "" // the beginning of a contents entry that wraps
	for _, line := range lines {
		text := strings.Join(strings.Fields(line), " ")
		if text == "" {
			blank, waiting = true, ""
			continue
		}
		if leader.MatchString(text) {
			title := strings.TrimSpace(leaderInside.Split(text, 2)[0])
			if waiting != "" && !outlineMark.MatchString(title) && len(b.lines) > 0 {
				title = strings.TrimSpace(waiting + " " + title)
				b.lines = b.lines[:len(b.lines)-1] // it was laid as text before its end was seen
			}
			b.titles[contentsForm(title)] = true
			waiting, blank = "", true
			continue
		}
		waiting = text
		b.lines = append(b.lines, bookLine{text: text, page: page, blank: blank})
		blank = false
	}
}

// contentsForm is a heading without its number, as contents and body may number it differently.
func contentsForm(title string) string {
	if m := outlineMark.FindString(title); m != "" {
		title = title[len(m):]
	}
	return strings.ToLower(strings.TrimRight(strings.Join(strings.Fields(title), " "), " .:"))
}

// measure finds the width of a full line and the words of the document.
func (b *bookPages) measure() {
	var lengths []int
	for _, l := range b.lines {
		lengths = append(lengths, len([]rune(l.text)))
		for _, w := range strings.FieldsFunc(l.text, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\u00ad' }) {
			b.words[strings.ToLower(w)] = true
		}
	}
	if len(lengths) > 0 {
		slices.Sort(lengths)
		b.width = lengths[len(lengths)*19/20]
	}
}

// pages names the pages of a run of lines.
func (b *bookPages) pages(from, to int) (first, last string) {
	if b.labels == nil || from >= to {
		return "", ""
	}
	return b.labels[b.lines[from].page], b.labels[b.lines[to-1].page]
}

var bullet = regexp.MustCompile(`^(?:[•▪●○◦‣·]|[-–*]\s|o\s[A-Z]|\(?[0-9]{1,2}[.)]\s|\(?[a-zA-Z][.)]\s|\([ivx]{1,4}\)\s)`)

// paragraphs joins lines: words that were broken are mended, a list item or a line after a short one begins a new paragraph.
func (b *bookPages) paragraphs(lines []bookLine) string {
	var out []byte
	previous := ""
	for _, l := range lines {
		text := l.text
		switch {
		case text == "":
			continue
		case previous == "":
		case l.blank || bullet.MatchString(text) || b.endsParagraph(previous):
			out = append(out, '\n')
		default:
			if joined, ok := b.mend(previous, text); ok {
				out = append(out[:len(out)-len(lastWord(previous))], joined...)
				previous = text
				continue
			}
			out = append(out, ' ')
		}
		out = append(out, text...)
		previous = text
	}
	return strings.ReplaceAll(string(out), "\u00ad", "")
}

// endsParagraph: a line that ends a sentence well before the margin.
func (b *bookPages) endsParagraph(line string) bool {
	return strings.ContainsAny(line[len(line)-1:], ".:;?!") && len([]rune(line)) < b.width*7/10
}

func lastWord(line string) string { return line[strings.LastIndexByte(line, ' ')+1:] }

// mend joins a word that was broken at the end of a line. Its hyphen stays where the document writes the word with one.
func (b *bookPages) mend(before, after string) (joined string, ok bool) {
	word := lastWord(before)
	soft := strings.HasSuffix(word, "\u00ad")
	word = strings.TrimSuffix(word, "\u00ad")
	if !soft {
		if !strings.HasSuffix(word, "-") || len(word) < 3 {
			return "", false
		}
		word = word[:len(word)-1]
	}
	first, _, _ := strings.Cut(after, " ")
	start := []rune(first)
	if len(start) == 0 || !soft && !unicode.IsLower(start[0]) {
		return "", false
	}
	bare := func(s string) string {
		return strings.ToLower(strings.TrimFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }))
	}
	hyphened, plain := bare(word+"-"+first), bare(word+first)
	if !b.words[plain] && (b.words[hyphened] || !soft && b.words[bare(word)] && b.words[bare(first)]) {
		return word + "-" + after, true // "three-character": both halves are words of the document, and the whole is none
	}
	return word + after, true
}
