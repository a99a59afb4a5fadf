package message

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html/atom"
)

// hiddenStyle tells a style that shows nothing: preheaders and tracking texts. style has no white space.
//
// "mso-hide:all" is none: it hides from Outlook alone, which gets the same text in another form.
func hiddenStyle(style string) bool {
	for _, s := range []string{"display:none", "visibility:hidden", "max-height:0;", "max-height:0px", "opacity:0;"} {
		if strings.Contains(style+";", s) {
			return true
		}
	}
	return false
}

// fontSize says whether a style states the size of the type, and whether that is zero. Zero hides text, but only where no element within sets a
// size again: frameworks for mail set it to zero on every wrapper, against gaps.
func fontSize(style string) (zero, stated bool) {
	for decl := range strings.SplitSeq(style, ";") {
		name, value, ok := strings.Cut(decl, ":")
		if !ok {
			continue
		}
		switch name {
		case "font-size":
			value = strings.TrimSuffix(value, "!important")
			zero, stated = strings.TrimRight(strings.TrimLeft(value, "0."), "pxtem%") == "" && strings.HasPrefix(value, "0"), true
		case "font":
			zero, stated = false, true
		}
	}
	return zero, stated
}

// indentation tells a blockquote that only moves its text to the right, as the buttons of Gmail and others write it, from one that quotes.
func indentation(kind, class, style string) bool {
	return kind != "cite" && strings.TrimSpace(class) == "" && !strings.Contains(style, "border-left") && strings.Contains(style, "border:none")
}

// marks are the attributes of an element by which mail programs mark what they put in. All are in lower case; class has a space at both ends,
// style has no white space.
type marks struct {
	id, class, style, kind, name, marker string
}

// holderClasses are of elements that hold the attribution and the quote. The sender may have written within them, too: Gmail puts answers between
// and under the pieces of its quote.
var holderClasses = []string{" gmail_quote ", " gmail_quote_container ", " protonmail_quote ", " zmail_extra ", " tutanota_quote ", " missive_quote ", " nylas-quote "}

var quotedClasses = []string{" gmail_attr ", " moz-cite-prefix ", " ms-outlook-mobile-reference-message ", " quotedmessage ", " outlookmessageheader ", " airmail_on ", " clean_bq ",
	" zmail_extra_hr ", " replyforwardmessage ", " original-message "}

var signatureClasses = []string{" gmail_signature ", " moz-signature ", " protonmail_signature_block ", " ms-outlook-mobile-signature ", " x-evo-signature ", " -x-evo-signature ", " -x-evo-signature-wrapper ",
	" edo-signature ", " bloop_sign ", " front-signature ", " missive_signature ", " spark_signature ", " signature ", " zmail_signature ", " tutanota_signature ", " mail-signature ", " email-signature ", " ntes-mailmaster-quote-signature "}

// markOf knows the marks of mail programs: Gmail, Apple Mail, Yahoo, Thunderbird, Outlook (web, new, mobile, Mac), Proton, Zimbra, Zoho, GMX, Spark,
// Fastmail, Evolution, Roundcube, Airmail, NetEase.
func (w *htmlWriter) markOf(tag atom.Atom, m marks) markKind {
	if tag == atom.Blockquote {
		return w.markOfBlockquote(m)
	}
	if len(m.class) > 2 {
		for _, c := range holderClasses {
			if strings.Contains(m.class, c) {
				return markHolder
			}
		}
		for _, c := range quotedClasses {
			if strings.Contains(m.class, c) {
				return markQuoted
			}
		}
		for _, c := range signatureClasses {
			if strings.Contains(m.class, c) {
				return markSignature
			}
		}
		if strings.Contains(m.class, "yahoo_quoted ") { // pages that were quoted before have more in front of it
			return markQuoted
		}
	}
	switch {
	case strings.HasSuffix(m.id, "divrplyfwdmsg"), strings.HasSuffix(m.id, "appendonsend"), m.id == "mail-editor-reference-message-container", strings.HasPrefix(m.id, "zwchr"):
		return markQuotedToEnd
	case strings.Contains(m.id, "yahoo_quoted"), m.id == "olk_src_body_section", m.id == "isreplycontent", m.id == "isforwardcontent", m.id == "reply-intro",
		m.marker == "__headers__", m.marker == "__quoted_text__", m.name == "quote", m.name == "quoted-content":
		return markQuoted
	case m.name == "messagereplysection":
		return markHolder
	case m.id == "applemailsignature", m.id == "signature", strings.HasSuffix(m.id, "_signature"), strings.HasPrefix(m.id, "ms-outlook-mobile-signature"), m.id == "zm-_id_-sgn",
		m.id == "divneteasemailcard", m.id == "ntes-pcmail-signature", m.marker == "gmail_signature", strings.HasPrefix(m.marker, "__sig_p"), m.name == "messagesignaturesection",
		strings.HasPrefix(m.id, "sig") && isDigits(m.id[3:]):
		return markSignature
	case strings.Contains(m.style, "border-top:solid#e1e1e1"), strings.Contains(m.style, "border-top:solid#b5c4df"), strings.Contains(m.style, "border-top-color:rgb(229,229,229)"):
		return markHeader
	}
	return markNone
}

// markOfBlockquote: programs mark their own quotes; others are told by their text.
func (w *htmlWriter) markOfBlockquote(m marks) markKind {
	held := false
	for i := len(w.stack) - 1; i >= 0; i-- {
		if e := &w.stack[i]; e.mark == markHolder {
			held = true
			if e.quoteAt == 0 {
				e.quoteAt = max(w.out.Len(), 1)
			}
		}
	}
	if m.kind == "cite" || m.id == "isreplycontent" || held && !indentation(m.kind, m.class, m.style) {
		return markQuoted
	}
	for _, c := range holderClasses {
		if strings.Contains(m.class, c) {
			return markQuoted
		}
	}
	return markNone
}

// attributionBytes is how much may stand in a holder before its quote. What has more holds history that is not marked by itself.
const attributionBytes = 700

// closeMark takes down what an element that ends has marked.
func (w *htmlWriter) closeMark(e element) {
	r := [2]int{e.markAt, w.out.Len()}
	switch e.mark {
	case markQuoted:
		w.result.quoted = append(w.result.quoted, r)
	case markHolder:
		if at := e.quoteAt; at >= e.markAt && at-e.markAt < attributionBytes && at <= r[1] {
			if head := strings.TrimSpace(w.out.String()[e.markAt:at]); !forwardLine(firstLine(head)) {
				r[1] = at
			}
		}
		if r[1] > r[0] {
			w.result.quoted = append(w.result.quoted, r)
		}
	case markHeader:
		if w.began || w.quotes > 0 || r[1]-r[0] > 4000 {
			return
		}
		if lines := splitLines(strings.TrimSpace(w.out.String()[r[0]:r[1]])); len(lines) > 1 && strings.ContainsAny(lines[0].text, ":：") {
			w.began, w.toEnd = true, e.markAt
		}
	case markSignature:
		w.result.signatures = append(w.result.signatures, r)
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// carried finds in a plain text the lines that the page beside it marks as a signature.
func carried(page body, plain string) [][2]int {
	if len(page.signatures) == 0 || len(page.signatures) > 20 {
		return nil
	}
	var lines []line // that have words
	var words []string
	for _, l := range splitLines(plain) {
		if w := wordsOf(l.text); w != "" {
			lines, words = append(lines, l), append(words, w)
		}
	}
	var found [][2]int
	for _, r := range page.signatures {
		var signed []string
		size := 0
		for l := range strings.SplitSeq(page.text[r[0]:r[1]], "\n") {
			if w := wordsOf(l); w != "" {
				signed = append(signed, w)
				size += len(w)
			}
		}
		if len(signed) == 0 || len(signed) > 40 || size < 5 {
			continue
		}
		for i := 0; i+len(signed) <= len(words); i++ {
			if slices.Equal(words[i:i+len(signed)], signed) {
				found = append(found, [2]int{lines[i].start, lines[i+len(signed)-1].end})
				break
			}
		}
	}
	return found
}

// wordsOf is what two forms of the same line have in common: its letters and digits, without the targets of links.
func wordsOf(s string) string {
	if strings.ContainsAny(s, "<([") {
		s = linkPattern.ReplaceAllString(s, "")
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s))
}
