package mailout

import (
	"slices"
	"strconv"
	"strings"
)

// noBreak keeps a note's number on the line of what it belongs to.
const noBreak = "\u00A0"

// notes numbers citations in the order in which they are first read; equal ones
// are one note.
type notes struct{ list noteList }

type note struct {
	Number int
	Text   string
}

// Label is the number in brackets.
func (n note) Label() string { return "[" + strconv.Itoa(n.Number) + "]" }

type noteList []note

// Labels are the numbers in brackets.
func (l noteList) Labels() []string {
	var out []string
	for _, n := range l {
		out = append(out, n.Label())
	}
	return out
}

// mark gives the numbers of some citations: "[1][3]"; "" for none.
func (n *notes) mark(citations []string) string {
	var numbers []int
	for _, citation := range cleanLines(citations) {
		i := slices.IndexFunc(n.list, func(have note) bool { return have.Text == citation })
		if i < 0 {
			i = len(n.list)
			n.list = append(n.list, note{i + 1, citation})
		}
		if !slices.Contains(numbers, i+1) {
			numbers = append(numbers, i+1)
		}
	}
	slices.Sort(numbers)
	var b strings.Builder
	for _, number := range numbers {
		b.WriteString("[" + strconv.Itoa(number) + "]")
	}
	return b.String()
}

// findingEntry is a finding as the templates set it.
type findingEntry struct {
	Word  string // STOP
	Class string // stop
	Text  string
	Marks string
}

// Line is the text with its notes.
func (f findingEntry) Line() string { return strings.TrimSpace(f.Text + noBreak + f.Marks) }

func (n *notes) findings(in []Finding) []findingEntry {
	var out []findingEntry
	for _, f := range in {
		text := cleanLine(f.Text)
		// Which codes it is about must be clear from the line itself.
		if codes := cleanLines(f.Codes); slices.ContainsFunc(codes, func(code string) bool { return !strings.Contains(text, code) }) {
			text = strings.Join(codes, ", ") + " – " + text
		}
		out = append(out, findingEntry{f.Severity.String(), strings.ToLower(f.Severity.String()), text, n.mark(f.Sources)})
	}
	return out
}

// codeEntry is a code as the templates set it.
type codeEntry struct {
	Label  string // "31297-50 x2"
	System string // "" when it is that of the code before
	Title  string // with what is in force, ended by a full stop unless Short
	Marks  string
	Texts  []textEntry
	Facts  string
	Short  bool // nothing but Title
	Apart  bool // has an empty line before it: it or the one before is more than a title
}

// textEntry is one description.
type textEntry struct{ Label, Text, Marks string }

// Line is the description with its label and notes.
func (t textEntry) Line() string {
	return strings.TrimSpace(t.Label + ": " + t.Text + noBreak + t.Marks)
}

// TitleLine is the title with its notes.
func (c codeEntry) TitleLine() string { return strings.TrimSpace(c.Title + noBreak + c.Marks) }

type codeEntries []codeEntry

// Labels are the codes.
func (c codeEntries) Labels() []string {
	var out []string
	for _, e := range c {
		out = append(out, e.Label)
	}
	return out
}

// unreviewedNote explains the asterisk.
const unreviewedNote = "* Our own wording, not yet reviewed by a certified coder."

// codes lays out the codes, and reports whether some own wording is unreviewed.
func (n *notes) codes(in []Code) (out codeEntries, unreviewed bool) {
	for i, c := range in {
		e := codeEntry{Label: codeLabel(c), Title: cleanLine(c.Title)}
		if i == 0 || c.System != in[i-1].System {
			e.System = cleanLine(c.System)
		}
		if state := cleanLine(c.State); state != "" {
			e.Title = strings.TrimSpace(sentence(e.Title) + " " + sentence(state))
		}
		if facts := cleanLines(c.Facts); len(facts) > 0 {
			e.Facts = sentence(strings.Join(facts, "; "))
		}
		e.Marks = n.mark(c.Sources)
		for _, d := range c.Descriptions {
			text := cleanLine(d.Text)
			if text == "" {
				continue
			}
			label, own := kindLabel(d.Kind)
			if by := cleanLine(d.ReviewedBy); own && by != "" {
				label += " (reviewed by " + by + ")"
			} else if own {
				label += "*"
				unreviewed = true
			}
			var source []string
			if d.Source != "" {
				source = []string{d.Source}
			}
			e.Texts = append(e.Texts, textEntry{label, text, n.mark(source)})
		}
		e.Short = len(e.Texts) == 0 && e.Facts == ""
		e.Apart = len(out) > 0 && !(e.Short && out[len(out)-1].Short)
		out = append(out, e)
	}
	return out, unreviewed
}

// kindLabel says in a mail what kind of description it is, and whether the words
// are our own.
func kindLabel(kind string) (label string, own bool) {
	switch kind {
	case "official":
		return "Official wording", false
	case "common":
		return "In our words", true
	case "short":
		return "In short", true
	case "used-when":
		return "Used when", true
	case "included":
		return "Included", true
	case "separate":
		return "Reported separately", true
	}
	kind = cleanLine(kind)
	if kind == "" {
		return "Description", false
	}
	return strings.ToUpper(kind[:1]) + kind[1:], false
}

// codeLabel writes a code as the asker would: 31297-50-59 x2, 99202 to 99205.
func codeLabel(c Code) string {
	label := cleanLine(c.Code)
	for _, modifier := range cleanLines(c.Modifiers) {
		label += "-" + modifier
	}
	if end := cleanLine(c.RangeEnd); end != "" {
		label += " to " + end
	}
	if c.Units > 0 {
		label += " x" + strconv.Itoa(c.Units)
	}
	return label
}

// sentence ends a text with a full stop if it has no end of its own.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") {
		return s
	}
	return s + "."
}

// copyrights are the notices of what is shown, each once.
func copyrights(s Summary) []string {
	all := slices.Clone(s.Copyright)
	for _, c := range s.Codes {
		for _, d := range c.Descriptions {
			all = append(all, d.Copyright)
		}
	}
	var out []string
	for _, notice := range cleanLines(all) {
		if !slices.Contains(out, notice) {
			out = append(out, notice)
		}
	}
	return out
}
