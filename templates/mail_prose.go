package templates

import (
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// proseHTML makes HTML of what a person wrote as plain text, so that it reads
// on a telephone as it was meant: paragraphs flow, lists hang, a heading line is
// bold, indented lines in columns become a table, other indented lines keep
// their spaces. It adds no word and drops none; everything is escaped here, and
// the only links are http(s) addresses shown as they are written.
func proseHTML(s string) template.HTML {
	var b strings.Builder
	lines := proseLines(s)
	for i := range lines {
		lines[i] = expandTabs(lines[i])
	}
	for len(lines) > 0 {
		if lines[0] == "" {
			lines = lines[1:]
			continue
		}
		end := slices.Index(lines, "")
		if end < 0 {
			end = len(lines)
		}
		writeBlock(&b, lines[:end])
		lines = lines[end:]
	}
	return template.HTML(b.String())
}

// writeBlock writes lines between two empty ones.
func writeBlock(b *strings.Builder, lines []string) {
	for len(lines) > 0 {
		n := 1
		switch {
		case listMark(strings.TrimLeft(lines[0], " ")) != "":
			b.WriteString(`<div style="margin:0 0 16px">` + "\n")
			n = 0
			for n < len(lines) && listMark(strings.TrimLeft(lines[n], " ")) != "" {
				length := itemLength(lines[n:])
				writeItem(b, lines[n:n+length])
				n += length
			}
			b.WriteString("</div>\n")
		case indentOf(lines[0]) > 0:
			for n < len(lines) && indentOf(lines[n]) > 0 && listMark(strings.TrimLeft(lines[n], " ")) == "" {
				n++
			}
			if rows := table(lines[:n]); rows != nil {
				writeTable(b, rows)
			} else {
				writeIndented(b, lines[:n])
			}
		default:
			for n < len(lines) && indentOf(lines[n]) == 0 && listMark(lines[n]) == "" {
				n++
			}
			writeParagraph(b, lines[:n], n < len(lines))
		}
		lines = lines[n:]
	}
}

// indentOf counts the spaces at the start of a line.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// writeParagraph writes lines without indent. Line ends that only a narrow
// window put there flow away; those that were meant stay.
func writeParagraph(b *strings.Builder, lines []string, more bool) {
	if heading(lines, more) {
		b.WriteString(`<p class="ink" style="margin:24px 0 4px;font-weight:600">` + linked(lines[0]) + "</p>\n")
		lines = lines[1:]
		if len(lines) == 0 {
			return
		}
	}
	b.WriteString(`<p class="ink" style="margin:0 0 16px">`)
	widest := 0
	for _, line := range lines {
		widest = max(widest, columns(line))
	}
	for i, line := range lines {
		b.WriteString(linked(line))
		if i == len(lines)-1 {
			break
		}
		next, _, _ := strings.Cut(lines[i+1], " ")
		// A line was broken for want of room if the next word had not fitted.
		if widest >= 50 && widest <= 100 && columns(line)+1+columns(next) > widest {
			b.WriteByte(' ')
		} else {
			b.WriteString("<br>\n")
		}
	}
	b.WriteString("</p>\n")
}

// heading reports whether the first line is one: short, without a stop, and
// followed at once by a full line, a list or indented lines.
func heading(lines []string, more bool) bool {
	first := lines[0]
	if columns(first) > 60 || strings.ContainsAny(first[len(first)-1:], ".,;:!?") || first[0] < 'A' || first[0] > 'Z' {
		return false
	}
	for _, word := range []string{"Hi ", "Hello ", "Dear ", "Best ", "Kind ", "Regards", "Sincerely", "Thank", "Thanks"} {
		if strings.HasPrefix(first, word) {
			return false
		}
	}
	if len(lines) == 1 {
		return more
	}
	full := columns(lines[1]) >= 55 && columns(lines[1]) > columns(first)
	return full || more && len(lines) == 2 && strings.HasSuffix(lines[1], ":")
}

// itemLength counts the lines of a list item: its own and those set under it.
func itemLength(lines []string) int {
	n := 1
	for n < len(lines) && indentOf(lines[n]) > indentOf(lines[0]) && listMark(strings.TrimLeft(lines[n], " ")) == "" {
		n++
	}
	return n
}

// writeItem writes a list item with its mark hanging at the left.
func writeItem(b *strings.Builder, lines []string) {
	text := strings.TrimLeft(lines[0], " ")
	mark := listMark(text)
	width := "1.3em"
	if len(strings.TrimSpace(mark)) > 1 {
		width = "2em"
	}
	left := strconv.Itoa(min(indentOf(lines[0]), 12) * 8)
	b.WriteString(`<div class="ink" style="margin:0 0 6px ` + left + `px;padding-left:` + width + `;text-indent:-` + width + `">`)
	b.WriteString(`<span style="display:inline-block;min-width:` + width + `;text-indent:0">` + linked(strings.TrimSpace(mark)) + "</span>")
	b.WriteString(linked(text[len(mark):]))
	for _, line := range lines[1:] {
		b.WriteString(" " + linked(strings.TrimLeft(line, " ")))
	}
	b.WriteString("</div>\n")
}

// writeIndented writes indented lines, each on its own; with the spaces inside
// them, and in a fixed-width font, where they seem to align something.
func writeIndented(b *strings.Builder, lines []string) {
	font := ""
	for _, line := range lines {
		if gap.MatchString(strings.TrimLeft(line, " ")) {
			font = "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:13px;"
		}
	}
	b.WriteString(`<p class="ink" style="margin:0 0 16px;` + font + `">`)
	for i, line := range lines {
		if i > 0 {
			b.WriteString("<br>\n")
		}
		n := indentOf(line)
		b.WriteString(strings.Repeat("&nbsp;", min(n, 24)))
		rest := line[n:]
		at := 0
		for _, span := range gap.FindAllStringIndex(rest, -1) {
			b.WriteString(linked(rest[at:span[0]]) + strings.Repeat("&nbsp;", span[1]-span[0]-1) + " ")
			at = span[1]
		}
		b.WriteString(linked(rest[at:]))
	}
	b.WriteString("</p>\n")
}

// gap is what separates columns in a text: two spaces or more.
var gap = regexp.MustCompile(` {2,}`)

// table reads indented lines as rows if they are set in columns: every cell
// begins where a cell of the fullest row begins. nil if they are not.
func table(lines []string) [][]string {
	type cell struct {
		at   int
		text string
	}
	rows := make([][]cell, len(lines))
	var starts []int
	for i, line := range lines {
		at := indentOf(line)
		bounds := gap.FindAllStringIndex(line[at:], -1)
		from := at
		for _, bound := range bounds {
			rows[i] = append(rows[i], cell{columns(line[:from]), line[from : at+bound[0]]})
			from = at + bound[1]
		}
		rows[i] = append(rows[i], cell{columns(line[:from]), line[from:]})
		if len(rows[i]) > len(starts) {
			starts = starts[:0]
			for _, c := range rows[i] {
				starts = append(starts, c.at)
			}
		}
	}
	if len(lines) < 2 || len(starts) < 2 || len(starts) > 6 {
		return nil
	}
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = make([]string, len(starts))
		for _, c := range row {
			column := slices.Index(starts, c.at)
			if column < 0 {
				return nil
			}
			out[i][column] = c.text
		}
	}
	return out
}

// writeTable writes rows; what is short does not break.
func writeTable(b *strings.Builder, rows [][]string) {
	b.WriteString(`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;margin:0 0 16px;font-variant-numeric:tabular-nums">` + "\n")
	for _, row := range rows {
		b.WriteString("<tr>")
		for i, text := range row {
			style := "padding:4px 0 4px 0;vertical-align:top"
			if i < len(row)-1 {
				style = "padding:4px 16px 4px 0;vertical-align:top"
			}
			if columns(text) <= 12 {
				style += ";white-space:nowrap"
			}
			b.WriteString(`<td class="ink" style="` + style + `">` + linked(text) + "</td>")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
}

// address is a web address in a text; what ends a sentence does not belong to it.
var address = regexp.MustCompile(`https?://[^\s<>"']+[^\s<>"'.,;:!?)\]]`)

// linked escapes a text and makes links of the web addresses in it.
func linked(s string) string {
	var b strings.Builder
	at := 0
	for _, span := range address.FindAllStringIndex(s, -1) {
		b.WriteString(template.HTMLEscapeString(s[at:span[0]]))
		url := template.HTMLEscapeString(s[span[0]:span[1]])
		b.WriteString(`<a class="link" style="color:#1f5fa8" href="` + url + `">` + url + "</a>")
		at = span[1]
	}
	b.WriteString(template.HTMLEscapeString(s[at:]))
	return b.String()
}
