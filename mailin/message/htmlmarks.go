package message

import (
	"strings"
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

// markOf knows the marks of mail programs: Gmail, Apple Mail, Yahoo, Thunderbird, Outlook (web, new, mobile), Proton, Zimbra, Zoho, GMX.
func markOf(id, class string) markKind {
	for _, c := range []string{" gmail_quote ", " gmail_quote_container ", " yahoo_quoted ", " moz-cite-prefix ", " protonmail_quote ", " zmail_extra ",
		" ms-outlook-mobile-reference-message ", " tutanota_quote ", " quotedmessage "} {
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
	case id == "applemailsignature", id == "signature", strings.HasSuffix(id, "_signature"), strings.HasPrefix(id, "ms-outlook-mobile-signature"):
		return markSignature
	}
	return markNone
}
