package message

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// sourceText is the text of an HTML source by a plain look: what stands outside tags, comments, and styles and scripts that are closed.
func sourceText(source string) string {
	var out strings.Builder
	closed := true // styles and scripts; once one is not, none after it is
	for source != "" {
		at := strings.IndexByte(source, '<')
		if at < 0 {
			at = len(source)
		}
		out.WriteString(source[:at])
		source = source[at:]
		if source == "" {
			break
		}
		if strings.HasPrefix(source, "<!--") {
			_, source, _ = strings.Cut(source, "-->")
			continue
		}
		end := strings.IndexByte(source, '>')
		if end < 0 {
			break
		}
		name := strings.ToLower(strings.TrimLeft(source[1:end], "/ "))
		if i := strings.IndexAny(name, " /\n\t"); i >= 0 {
			name = name[:i]
		}
		opens := source[1] != '/'
		source = source[end+1:]
		tag := atom.Lookup([]byte(name))
		switch {
		case opens && closed && (tag == atom.Style || tag == atom.Script):
			if i := indexFold(source, "</"+name); i >= 0 {
				source = source[i:]
			} else {
				closed = false
			}
		case tag == atom.Br, blockBreaks[tag] > 0:
			out.WriteByte('\n')
		case tag == atom.Td, tag == atom.Th:
			out.WriteByte(' ')
		}
	}
	text := seen(cleanText(html.UnescapeString(out.String())))
	var lines []string
	empty := true
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" && empty {
			continue
		}
		empty = line == ""
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// indexFold finds an ASCII word in s, whatever its case; word is in lower case.
func indexFold(s, word string) int {
	for i := 0; i+len(word) <= len(s); i++ {
		if s[i]|0x20 == word[0]|0x20 && strings.EqualFold(s[i:i+len(word)], word) {
			return i
		}
	}
	return -1
}
