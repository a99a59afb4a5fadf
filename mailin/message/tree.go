package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind of a node in the structure of a mail, as far as its texts are concerned.
type kind int

const (
	kindText kind = iota
	kindMixed
	kindAlternative
	kindForward // a mail attached to the mail
	kindSpare   // a text that is shown only if there is no other
)

// node is a part of the mail that has, or holds, text.
type node struct {
	kind   kind
	kids   []*node
	fwd    *Message // of a forward
	around []byte   // what stands around the parts of a multipart; its text when it turned out to have no parts
	empty  bool     // a multipart without parts

	tnef bool   // a spare text out of a winmail.dat
	page string // the HTML form of a spare text

	body body // of a text
	html bool
}

// body is a text with what its markup says about it: byte ranges of quoted history and of signatures.
type body struct {
	text       string
	quoted     [][2]int
	signatures [][2]int
	forward    bool   // what is quoted is a forward
	returnedID string // the Message-ID of the first mail attached
}

func (b *body) blank() bool { return strings.TrimSpace(b.text) == "" }

// append adds another body under this one.
func (b *body) append(next body) {
	if next.blank() {
		return
	}
	if !b.blank() {
		b.text = strings.TrimRight(b.text, "\n")
		clip(b.quoted, len(b.text))
		clip(b.signatures, len(b.text))
		b.text += "\n\n"
	} else {
		b.text, b.quoted, b.signatures = "", nil, nil
	}
	at := len(b.text)
	b.text += next.text
	for _, r := range next.quoted {
		b.quoted = append(b.quoted, [2]int{r[0] + at, r[1] + at})
	}
	for _, r := range next.signatures {
		b.signatures = append(b.signatures, [2]int{r[0] + at, r[1] + at})
	}
	b.forward = b.forward || next.forward
	if b.returnedID == "" {
		b.returnedID = next.returnedID
	}
}

// clip ends ranges that go on behind n.
func clip(ranges [][2]int, n int) {
	for i := range ranges {
		ranges[i][0], ranges[i][1] = min(ranges[i][0], n), min(ranges[i][1], n)
	}
}

// finish turns what was read into the message's texts.
func (w *walker) finish(root *node) {
	m := w.msg
	b := w.render(root)
	if packed := w.packed(root); !b.blank() && packed != nil && trivialPlain(b.text, packed.plain()) {
		b = w.spareText(packed)
	}
	if b.blank() {
		if b = w.spareText(root); !b.blank() {
			if w.packed(root) == nil {
				w.problem("The mail has no text of its own; what could be read besides is shown.")
			}
		}
	}
	m.Text = strings.TrimRight(b.text, "\n \t")
	if m.Text != "" {
		m.Text += "\n"
	}
	b.text = m.Text
	if strings.TrimSpace(m.Text) == "" && len(m.Attachments) == 0 {
		w.problem("The mail has no text.")
	}
	if m == w.shared.msg && m.Encrypted == "" && (w.armor && b.blank() || strings.HasPrefix(strings.TrimSpace(m.Text), pgpMark)) {
		w.encrypted("pgp") // without MIME that says so: as a file, or within a page
	}
	if m == w.shared.msg {
		m.proseReport(b)
		if words := m.reportWords(); words != "" && strings.TrimSpace(m.Text) == "" {
			m.Text, b.text = words, words
		}
	}
	split(m, b)
}

// render lays out the text of a node.
func (w *walker) render(n *node) body {
	if n == nil {
		return body{}
	}
	if n.empty {
		text, _ := toUTF8(n.around, "")
		if looksLikeHTML(text) {
			return w.htmlBody(text)
		}
		return body{text: tidyText(text)}
	}
	switch n.kind {
	case kindText:
		if n.html && w.msg == w.shared.msg {
			if w.msg.HTML != "" {
				w.msg.HTML += "\n" // Apple Mail parts the text at each attachment
			}
			w.msg.HTML += n.body.text
		}
		if n.html {
			return w.htmlBody(n.body.text)
		}
		return n.body
	case kindAlternative:
		return w.renderAlternative(n)
	case kindForward:
		return w.renderForward(n)
	case kindSpare:
		return body{}
	}
	kids := make([]*node, 0, len(n.kids))
	for _, kid := range n.kids {
		if kid.kind != kindSpare {
			kids = append(kids, kid)
		}
	}
	if len(kids) == 2 && kids[0].kind == kindText && kids[1].kind == kindText && kids[0].html != kids[1].html {
		// QUIRK: a program that says multipart/mixed where it means multipart/alternative; else the question would be there twice.
		if b := w.renderAlternative(n); sameWords(kids[0].plain(), kids[1].plain()) {
			return b
		}
		w.msg.HTML = ""
	}
	var all body
	last := ""
	for _, kid := range kids {
		b := w.render(kid)
		if kid.kind == kindText && len(b.text) > 20 && b.text == last {
			continue // a gateway put the same text there twice
		}
		last = b.text
		all.append(b)
	}
	return all
}

// packed finds the text of a winmail.dat, nil if there is none.
func (w *walker) packed(n *node) *node {
	if n == nil || n.kind == kindForward || n.tnef {
		if n != nil && n.tnef {
			return n
		}
		return nil
	}
	for _, kid := range n.kids {
		if found := w.packed(kid); found != nil {
			return found
		}
	}
	return nil
}

// htmlBody is the text of an HTML page. Where the page hides all of it, or a broken one swallows it, what its source has in text is shown: an
// empty case would be worse.
func (w *walker) htmlBody(source string) body {
	b, alts, cut := readHTML(source)
	if (b.blank() || cut) && !w.hasPlain {
		if all := sourceText(source); letters(all) > letters(b.text) {
			w.problem("The page of the mail shows nothing or is broken; all text in it is shown.")
			return body{text: all}
		}
		if len(alts) > 0 {
			w.problem("The mail shows pictures and no text.")
			return body{text: "[Picture: " + strings.Join(alts, "]\n[Picture: ") + "]"}
		}
	}
	return b
}

// plain is the text of a leaf.
func (n *node) plain() string {
	if n.html {
		return htmlText(n.body.text).text
	}
	return n.body.text
}

// sameWords says whether two texts have the same letters and digits in the same order.
func sameWords(a, b string) bool {
	rest, ok := wordsAfter(a, b)
	return ok && letters(rest) == 0
}

// wordsAfter says whether a text begins with the letters and digits of another one, which has some, and what follows them.
func wordsAfter(text, start string) (rest string, ok bool) {
	next := func(s string) (rune, string) {
		for i, r := range s {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return unicode.ToLower(r), s[i+utf8.RuneLen(r):]
			}
		}
		return 0, ""
	}
	found := false
	for {
		var x, y rune
		if y, start = next(start); y == 0 {
			return text, found
		}
		if x, text = next(text); x != y {
			return "", false
		}
		found = true
	}
}

// renderAlternative chooses the plain text, unless it says nothing or only the HTML tells what is quoted.
func (w *walker) renderAlternative(n *node) body {
	var plain, html body
	hasPlain, hasHTML := false, false
	before := w.hasPlain
	defer func() { w.hasPlain = before }()
	for _, kid := range n.kids {
		b := w.render(kid)
		w.hasPlain = w.hasPlain || !kid.isHTML() && !b.blank()
		if kid.kind == kindSpare {
			continue
		}
		if kid.isHTML() {
			if !hasHTML || html.blank() {
				html, hasHTML = b, true
			}
		} else if hasPlain && sameWords(plain.text, b.text) {
			continue // the same in text/enriched, or twice
		} else if !b.blank() || !hasPlain {
			plain.append(b)
			hasPlain = true
		}
	}
	switch {
	case !hasHTML || html.blank():
		return plain
	case !hasPlain || trivialPlain(plain.text, html.text) || cutShort(plain.text, html.text):
		return html
	case len(html.quoted) > 0 && !showsQuoting(plain.text):
		return html
	}
	plain.forward = plain.forward || html.forward
	plain.signatures = append(plain.signatures, carried(html, plain.text)...)
	return plain
}

// cutShort says that the plain text is only the beginning of what the HTML says: programs that make a plain text stop at a length, or at what
// they cannot turn into text.
func cutShort(plain, html string) bool {
	rest, ok := wordsAfter(html, plain)
	return ok && letters(rest) >= 20
}

// isHTML tells whether a branch of an alternative is the HTML one: also inside a multipart/related.
func (n *node) isHTML() bool {
	if n.kind == kindText {
		return n.html
	}
	for _, kid := range n.kids {
		if kid.isHTML() {
			return true
		}
	}
	return false
}

// looksLikeHTML tells a page, or a piece of one, from a text that speaks of HTML.
func looksLikeHTML(text string) bool {
	start := strings.ToLower(strings.TrimSpace(text[:min(len(text), 200)]))
	if strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html") || strings.HasPrefix(start, "<head>") || strings.HasPrefix(start, "<body") {
		return true
	}
	tags, closing := 0, false
	for _, m := range htmlTag.FindAllString(text[:min(len(text), 8<<10)], 50) {
		tags++
		closing = closing || m[1] == '/' || m[1]|0x20 == 'b' && m[2]|0x20 == 'r'
	}
	return closing && (tags >= 2 && strings.HasPrefix(start, "<") && htmlTag.MatchString(start[:min(len(start), 100)]) || tags >= 4)
}

// htmlTag is a tag that mail programs write, as it stands in nothing else.
var htmlTag = regexp.MustCompile(`(?i)</?(?:div|p|span|table|tbody|tr|td|br|font|style|strong|meta|h[1-6]|ul|ol|li|a|b|i)(?:\s[^<>]{0,300})?/?>`)

// trivialPlain tells a plain text that only says that one should look at the HTML.
func trivialPlain(plain, html string) bool {
	p := strings.ToLower(strings.Join(strings.Fields(plain), " "))
	if p == "" {
		return true
	}
	if len(p) > 250 || letters(html) == 0 {
		return false
	}
	if letters(p)*6 < letters(html) {
		return true // a summary, or the first words: the HTML has it all
	}
	for _, phrase := range []string{"html", "view this email", "view this message", "im browser", "dans votre navigateur", "does not support"} {
		if strings.Contains(p, phrase) && !strings.ContainsAny(p, "?") {
			return true
		}
	}
	return false
}

// letters counts the letters and digits of a text.
func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// renderForward lays an attached mail out as a forward under its own mark.
func (w *walker) renderForward(n *node) body {
	var inner body
	sub := &walker{shared: w.shared, msg: n.fwd}
	for _, kid := range n.kids {
		b := sub.render(kid)
		if b.blank() {
			b = sub.spareText(kid)
		}
		inner.append(b)
	}
	var sb strings.Builder
	sb.WriteString(forwardMark + "\n")
	field := func(name, value string) {
		if value != "" {
			sb.WriteString(name + ": " + value + "\n")
		}
	}
	field("From", n.fwd.From.words())
	if !n.fwd.Date.IsZero() {
		field("Date", n.fwd.Date.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	}
	field("Subject", n.fwd.Subject)
	for _, to := range n.fwd.To {
		field("To", to.words())
	}
	sb.WriteString("\n" + strings.TrimLeft(inner.text, "\n"))
	text := sb.String()
	return body{text: text, quoted: [][2]int{{0, len(text)}}, forward: true, returnedID: n.fwd.MessageID}
}

// forwardMark stands over the text of an attached mail.
const forwardMark = "---------- Forwarded message ----------"

func (a Address) words() string {
	switch {
	case a.Address == "":
		return a.Name
	case a.Name == "":
		return a.Address
	}
	return a.Name + " <" + a.Address + ">"
}
