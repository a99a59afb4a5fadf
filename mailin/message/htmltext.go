package message

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText renders HTML as a reader sees it: blocks as lines, lists numbered, the cells of a table row on one line, links
// with their address, quotes with "> "; what is hidden is left out. Marks that mail programs put around quoted history
// and signatures come back as byte ranges of the text.
//
// It works on the tokens, with a stack of its own: no tree, no recursion, time linear in the bytes, however the tags are
// nested.
func htmlText(source string) body {
	w := &htmlWriter{}
	z := html.NewTokenizer(strings.NewReader(source))
	z.SetMaxBuf(1 << 20)
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.closeTo(0)
			return w.body()
		case html.TextToken:
			if w.dropped() == 0 {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.start(z.Token())
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(atom.Lookup(name))
		}
	}
}

// element is an open element and what it changes.
type element struct {
	tag     atom.Atom
	block   int // line ends before and after
	dropped bool
	pre     bool
	quote   bool // prefixes its lines
	list    bool
	ordered bool
	item    int
	cells   int
	link    string
	linkAt  int
	mark    markKind
	markAt  int
}

type markKind int

const (
	markNone markKind = iota
	markQuoted
	markQuotedToEnd // the history follows as siblings
	markSignature
)

// maxOpen bounds the stack; what is nested deeper is read without its markup.
const maxOpen = 256

type htmlWriter struct {
	out    strings.Builder
	stack  []element
	extra  int // elements open beyond maxOpen
	drops  int
	pres   int
	quotes int
	breaks int  // line ends that are owed before the next text
	space  bool // a space is owed
	atLine bool // something stands on the current line
	result body
	toEnd  int // where history begins that goes on to the end; -1
	began  bool
}

func (w *htmlWriter) dropped() int { return w.drops }

func (w *htmlWriter) body() body {
	text := w.out.String()
	w.result.text = text
	if w.began {
		w.result.quoted = append(w.result.quoted, [2]int{w.toEnd, len(text)})
	}
	kept := w.result.quoted[:0]
	for _, r := range w.result.quoted {
		if strings.TrimSpace(text[r[0]:r[1]]) != "" {
			kept = append(kept, r)
		}
	}
	w.result.quoted = kept
	w.result.text = cleanText(text)
	if len(w.result.text) != len(text) {
		w.result.quoted, w.result.signatures = nil, nil // offsets no longer fit
	}
	return w.result
}

var blockBreaks = map[atom.Atom]int{
	atom.P: 2, atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2, atom.Ul: 2, atom.Ol: 2, atom.Table: 2, atom.Blockquote: 2, atom.Pre: 2, atom.Dl: 2,
	atom.Div: 1, atom.Tr: 1, atom.Li: 1, atom.Dt: 1, atom.Dd: 1, atom.Section: 1, atom.Article: 1, atom.Header: 1, atom.Footer: 1, atom.Address: 1, atom.Center: 1,
	atom.Form: 1, atom.Fieldset: 1, atom.Caption: 1, atom.Body: 1, atom.Main: 1, atom.Nav: 1, atom.Aside: 1, atom.Figure: 1, atom.Legend: 1, atom.Option: 1,
}

var droppedTags = map[atom.Atom]bool{atom.Script: true, atom.Style: true, atom.Head: true, atom.Title: true, atom.Template: true, atom.Svg: true, atom.Object: true,
	atom.Noframes: true, atom.Iframe: true, atom.Audio: true, atom.Video: true, atom.Canvas: true}

var voidTags = map[atom.Atom]bool{atom.Br: true, atom.Hr: true, atom.Img: true, atom.Meta: true, atom.Link: true, atom.Input: true, atom.Col: true, atom.Base: true,
	atom.Area: true, atom.Embed: true, atom.Source: true, atom.Track: true, atom.Wbr: true, atom.Param: true}

func (w *htmlWriter) start(t html.Token) {
	tag := t.DataAtom
	switch tag {
	case atom.Br:
		if w.drops == 0 {
			w.lineEnd()
		}
		return
	case atom.Hr:
		w.block(1)
		return
	case atom.Li, atom.Tr, atom.Td, atom.Th, atom.P, atom.Dt, atom.Dd, atom.Option:
		w.closeImplied(tag)
	case atom.Body:
		// QUIRK: a head that is never closed would hide the whole mail.
		for w.inside(atom.Head) {
			w.end(atom.Head)
		}
	}
	if voidTags[tag] || t.Type == html.SelfClosingTagToken && tag == 0 {
		return
	}
	if len(w.stack) >= maxOpen {
		w.extra++
		return
	}
	e := element{tag: tag, block: blockBreaks[tag], dropped: droppedTags[tag]}
	var id, class, style string
	for _, a := range t.Attr {
		switch strings.ToLower(a.Key) {
		case "id":
			id = strings.ToLower(a.Val)
		case "class":
			class = " " + strings.ToLower(a.Val) + " "
		case "style":
			style = strings.ToLower(strings.ReplaceAll(a.Val, " ", ""))
		case "hidden":
			e.dropped = true
		case "href":
			e.link = strings.TrimSpace(a.Val)
		case "start":
			if n, err := strconv.Atoi(a.Val); err == nil && n > 0 && n < 10000 {
				e.item = n - 1
			}
		}
	}
	e.dropped = e.dropped || hiddenStyle(style) || strings.Contains(class, "preheader")
	if w.drops > 0 || e.dropped {
		e.block = 0
	}
	if e.dropped {
		w.drops++
	}
	w.block(e.block)
	switch tag {
	case atom.Pre, atom.Textarea:
		e.pre = true
		w.pres++
	case atom.Blockquote:
		e.quote = true
		w.quotes++
	case atom.Ul, atom.Ol:
		e.list, e.ordered = true, tag == atom.Ol
	case atom.Li:
		w.itemMark()
	case atom.Td, atom.Th:
		w.cell()
	case atom.A:
		if e.link != "" {
			e.linkAt = w.out.Len()
		}
	}
	e.mark = markOf(id, class)
	if e.mark != markNone && w.drops == 0 {
		w.flushBlock()
		e.markAt = w.out.Len()
		if e.mark == markQuotedToEnd && !w.began {
			w.began, w.toEnd = true, e.markAt
		}
	}
	w.stack = append(w.stack, e)
}

// hiddenStyle tells a style that shows nothing: preheaders and tracking texts.
func hiddenStyle(style string) bool {
	for _, s := range []string{"display:none", "visibility:hidden", "mso-hide:all", "max-height:0;", "max-height:0px", "font-size:0;", "font-size:0px", "opacity:0;"} {
		if strings.Contains(style+";", s) {
			return true
		}
	}
	return false
}

// markOf knows the marks of mail programs: Gmail, Apple Mail, Yahoo, Thunderbird, Outlook (web, new, mobile), Proton,
// Zimbra, Zoho, GMX.
func markOf(id, class string) markKind {
	for _, c := range []string{" gmail_quote ", " gmail_quote_container ", " yahoo_quoted ", " moz-cite-prefix ", " protonmail_quote ", " zmail_extra ", " ms-outlook-mobile-reference-message ",
		" tutanota_quote ", " quotedmessage "} {
		if strings.Contains(class, c) {
			return markQuoted
		}
	}
	for _, c := range []string{" gmail_signature ", " moz-signature ", " protonmail_signature_block ", " ms-outlook-mobile-signature "} {
		if strings.Contains(class, c) {
			return markSignature
		}
	}
	switch {
	case strings.HasSuffix(id, "divrplyfwdmsg"), strings.HasSuffix(id, "appendonsend"), id == "mail-editor-reference-message-container", strings.HasPrefix(id, "zwchr"):
		return markQuotedToEnd
	case strings.HasPrefix(id, "yahoo_quoted"):
		return markQuoted
	case id == "applemailsignature", id == "signature", strings.HasSuffix(id, "_signature"), strings.HasPrefix(id, "ms-outlook-mobile-signature"), id == "applemailsignature":
		return markSignature
	}
	return markNone
}

func (w *htmlWriter) inside(tag atom.Atom) bool {
	for i := range w.stack {
		if w.stack[i].tag == tag {
			return true
		}
	}
	return false
}

// closeImplied ends the element of the same kind that HTML lets stay open.
func (w *htmlWriter) closeImplied(tag atom.Atom) {
	for i := len(w.stack) - 1; i >= 0; i-- {
		open := w.stack[i].tag
		same := open == tag || (tag == atom.Td || tag == atom.Th) && (open == atom.Td || open == atom.Th) || (tag == atom.Dt || tag == atom.Dd) && (open == atom.Dt || open == atom.Dd) ||
			tag == atom.Tr && (open == atom.Td || open == atom.Th || open == atom.Tr)
		if same {
			w.closeTo(i)
			return
		}
		switch open {
		case atom.Table, atom.Ul, atom.Ol, atom.Dl, atom.Div, atom.Blockquote, atom.Body, atom.Select:
			return
		case atom.Tr:
			if tag == atom.Td || tag == atom.Th {
				return
			}
		case atom.Td, atom.Th, atom.Li:
			if tag == atom.P {
				return
			}
		}
	}
}

func (w *htmlWriter) end(tag atom.Atom) {
	if tag == 0 {
		return
	}
	if tag == atom.P && !w.inside(atom.P) {
		w.block(2)
		return
	}
	if w.extra > 0 {
		w.extra--
		return
	}
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].tag == tag {
			w.closeTo(i)
			return
		}
	}
}

// closeTo ends all elements from index i on.
func (w *htmlWriter) closeTo(i int) {
	for len(w.stack) > i {
		e := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		if e.link != "" && w.drops == 0 {
			w.linkTarget(e)
		}
		if e.mark != markNone && w.drops == 0 && w.out.Len() > e.markAt {
			r := [2]int{e.markAt, w.out.Len()}
			switch e.mark {
			case markQuoted:
				w.result.quoted = append(w.result.quoted, r)
			case markSignature:
				w.result.signatures = append(w.result.signatures, r)
			}
		}
		if e.dropped {
			w.drops--
			continue
		}
		if e.pre {
			w.pres--
		}
		w.block(e.block)
		if e.quote {
			w.flushLine()
			w.quotes--
		}
	}
}

// block asks for n line ends before the next text.
func (w *htmlWriter) block(n int) {
	if n == 0 || w.drops > 0 {
		return
	}
	w.space = false
	if w.out.Len() == 0 {
		return
	}
	need := n
	if !w.atLine {
		need-- // the line has ended already
	}
	w.breaks = max(w.breaks, need)
	if w.atLine {
		w.breaks = max(w.breaks, 1)
	}
}

// lineEnd is <br>: it ends the line, and further ones make empty lines.
func (w *htmlWriter) lineEnd() {
	w.space = false
	if w.out.Len() == 0 {
		return
	}
	w.breaks++
	w.breaks = min(w.breaks, 3)
}

// flushLine makes a line that was asked to end, end, before the quote prefix changes.
func (w *htmlWriter) flushLine() {
	if w.atLine {
		w.out.WriteByte('\n')
		w.atLine = false
		w.breaks = max(0, w.breaks-1)
	}
}

// flushBlock writes the line ends that are owed, so that a mark begins on its own line.
func (w *htmlWriter) flushBlock() {
	for w.breaks > 0 {
		w.newline()
	}
}

func (w *htmlWriter) newline() {
	if !w.atLine && w.quotes > 0 && w.out.Len() > 0 {
		w.out.WriteString(strings.TrimRight(strings.Repeat("> ", w.quotes), " "))
	}
	w.out.WriteByte('\n')
	w.atLine = false
	w.breaks--
}

// write puts text without white space of its own on the current line.
func (w *htmlWriter) write(s string) {
	if s == "" {
		return
	}
	for w.breaks > 0 {
		w.newline()
	}
	if !w.atLine {
		w.out.WriteString(strings.Repeat("> ", min(w.quotes, 20)))
		w.atLine = true
	} else if w.space {
		w.out.WriteByte(' ')
	}
	w.space = false
	w.out.WriteString(s)
}

func (w *htmlWriter) text(s string) {
	if w.pres > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r", ""), "\n") {
			if i > 0 {
				w.breaks++
			}
			w.write(strings.TrimRight(line, " "))
		}
		return
	}
	s = strings.NewReplacer("\u00a0", " ", "\u200b", "", "\u200c", "", "\ufeff", "", "\u00ad", "", "\u034f", "", "\u2007", " ").Replace(s)
	words := strings.Fields(s)
	if len(words) == 0 {
		w.space = w.space || s != "" && w.atLine
		return
	}
	if c := s[0]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
		w.space = true
	}
	for i, word := range words {
		if i > 0 {
			w.space = true
		}
		w.write(word)
	}
	if c := s[len(s)-1]; c == ' ' || c == '\n' || c == '\t' || c == '\r' {
		w.space = true
	}
}

// itemMark begins an item of the innermost list.
func (w *htmlWriter) itemMark() {
	if w.drops > 0 {
		return
	}
	mark, depth := "-", 0
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].list {
			if depth == 0 && w.stack[i].ordered {
				w.stack[i].item++
				mark = strconv.Itoa(w.stack[i].item) + "."
			}
			depth++
		}
	}
	w.write(strings.Repeat("  ", min(max(depth-1, 0), 10)) + mark)
	w.space = true
}

// cell separates the cells of a row.
func (w *htmlWriter) cell() {
	if w.drops > 0 {
		return
	}
	for i := len(w.stack) - 1; i >= 0; i-- {
		if w.stack[i].tag == atom.Tr {
			w.stack[i].cells++
			if w.stack[i].cells > 1 && w.atLine && w.breaks <= 1 {
				w.breaks = 0
				w.write(" ")
				w.space = true
			}
			return
		}
	}
}

// linkTarget writes the address of a link behind its words, unless they are the address.
func (w *htmlWriter) linkTarget(e element) {
	lower := strings.ToLower(e.link)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") || len(e.link) > 2000 || strings.ContainsAny(e.link, " \n\t<>") {
		return
	}
	if e.linkAt > w.out.Len() {
		return
	}
	words := strings.TrimSpace(w.out.String()[e.linkAt:])
	bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(lower, "https://"), "http://"), "/")
	said := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(words), "https://"), "http://"), "/")
	if words == "" || said == bare {
		return
	}
	w.space = true
	w.write("<" + e.link + ">")
}
