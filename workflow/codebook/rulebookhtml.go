package codebook

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlLines gives the text of a page as lines: a block is a line, the cells of a row stand beside each other, the items of a numbered list
// have their number. Menus, scripts and forms are left out.
func htmlLines(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	var b strings.Builder
	var lists []htmlList
	skip, depth := atom.Atom(0), 0
	breakLine := func() {
		if s := b.String(); s != "" && !strings.HasSuffix(s, "\n") {
			b.WriteByte('\n')
		}
	}
	for {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			if skip != 0 {
				continue
			}
			text := string(z.Text())
			if words := strings.Join(strings.Fields(text), " "); words != "" {
				if strings.IndexAny(text[:1], " \n\t\r") == 0 {
					b.WriteByte(' ')
				}
				b.WriteString(words)
				if strings.IndexAny(text[len(text)-1:], " \n\t\r") == 0 {
					b.WriteByte(' ')
				}
			} else if text != "" {
				b.WriteByte(' ')
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, more := z.TagName()
			tag := atom.Lookup(name)
			start := kind != html.EndTagToken
			switch {
			case skip != 0:
				if tag == skip && kind == html.StartTagToken {
					depth++
				} else if tag == skip && !start {
					if depth--; depth == 0 {
						skip = 0
					}
				}
				continue
			case kind == html.StartTagToken && silent(tag):
				skip, depth = tag, 1
				continue
			}
			switch tag {
			case atom.Ol, atom.Ul:
				breakLine()
				if start {
					lists = append(lists, listOf(z, tag, more))
				} else if len(lists) > 0 {
					lists = lists[:len(lists)-1]
				}
			case atom.Li:
				breakLine()
				if start && len(lists) > 0 {
					b.WriteString(lists[len(lists)-1].next())
				}
			case atom.Td, atom.Th:
				if start {
					b.WriteString("  ")
				}
			case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Blockquote, atom.Section, atom.Article, atom.Dl:
				breakLine()
				b.WriteByte('\n') // an empty line begins a paragraph
			case atom.Br, atom.Div, atom.Tr, atom.Dt, atom.Dd, atom.Pre, atom.Hr, atom.Main, atom.Caption, atom.Figure:
				breakLine()
			}
		}
	}
}

func silent(tag atom.Atom) bool {
	switch tag {
	case atom.Script, atom.Style, atom.Nav, atom.Title, atom.Noscript, atom.Form, atom.Select, atom.Button, atom.Svg, atom.Template, atom.Iframe:
		return true
	}
	return false
}

// htmlList counts the items of a list.
type htmlList struct {
	kind string // 1, a, A, i, I; "" for bullets
	at   int
}

func listOf(z *html.Tokenizer, tag atom.Atom, more bool) htmlList {
	l := htmlList{}
	if tag == atom.Ol {
		l.kind = "1"
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch v := string(value); string(key) {
		case "type":
			if tag == atom.Ol && len(v) == 1 && strings.Contains("1aAiI", v) {
				l.kind = v
			}
		case "start":
			if n, err := strconv.Atoi(v); err == nil && n > 0 && n < 1000 {
				l.at = n - 1
			}
		}
	}
	return l
}

func (l *htmlList) next() string {
	l.at++
	switch {
	case l.kind == "":
		return "• "
	case l.kind == "a" && l.at <= 26:
		return smallLetter(l.at) + ". "
	case l.kind == "A" && l.at <= 26:
		return capital(l.at) + ". "
	case l.kind == "i" && l.at <= 39:
		return strings.ToLower(writeRoman(l.at)) + ". "
	case l.kind == "I" && l.at <= 39:
		return writeRoman(l.at) + ". "
	}
	return strconv.Itoa(l.at) + ". "
}
