package message

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// hiddenBox tells a style that takes away the room of its element: what hiddenStyle does not know. style has no white space.
func hiddenBox(style string) bool {
	if !strings.Contains(style, ":0") && !strings.Contains(style, ":-") {
		return false
	}
	overflow, zero, away := false, false, false
	for decl := range strings.SplitSeq(style, ";") {
		name, value, _ := strings.Cut(strings.TrimSuffix(decl, "!important"), ":")
		switch name {
		case "overflow", "overflow-y", "overflow-x":
			overflow = overflow || value == "hidden"
		case "height", "max-height", "width", "max-width":
			zero = zero || value == "0" || value == "0px" || value == "0pt"
		case "opacity":
			away = away || value == "0" || value == "0.0"
		case "left", "top", "text-indent", "margin-left":
			digits := strings.TrimRight(strings.TrimPrefix(value, "-"), "pxtem")
			away = away || strings.HasPrefix(value, "-") && len(digits) >= 4 && isDigits(digits)
		}
	}
	return away || overflow && zero
}

// tinyType says whether a style sets type so small that nobody reads it, as around the preview texts of newsletters.
func tinyType(style string) bool {
	_, value, ok := strings.Cut(style, "font-size:")
	if !ok {
		return false
	}
	value, _, _ = strings.Cut(value, ";")
	value = strings.TrimSuffix(value, "!important")
	return value == "1px" || value == "1pt" || value == "2px" || strings.HasPrefix(value, "0.") && (strings.HasSuffix(value, "px") || strings.HasSuffix(value, "pt"))
}

// styleBytes is how much of the style sheets of a page is read.
const styleBytes = 256 << 10

// sheet notes which classes and ids the style sheets of a page hide everywhere. What they hide on some screens only (@media) is not looked at.
type sheet struct {
	hidden map[string]bool // ".class", "#id", "tag.class"
	left   int             // bytes still read; set when the first sheet is
}

func (s *sheet) read(css string) {
	if s.hidden == nil {
		s.hidden, s.left = map[string]bool{}, styleBytes
	}
	css = css[:min(len(css), max(s.left, 0))]
	s.left -= len(css)
	if !strings.Contains(css, "none") && !strings.Contains(css, "hidden") {
		return
	}
	for css != "" {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		selector := css[:open]
		css = css[open+1:]
		if i := strings.LastIndexAny(selector, ";}"); i >= 0 { // of an @import before it
			selector = selector[i+1:]
		}
		selector = strings.TrimSpace(strings.NewReplacer("<!--", "", "-->", "").Replace(selector))
		if i := strings.LastIndex(selector, "*/"); i >= 0 {
			selector = strings.TrimSpace(selector[i+2:])
		}
		if strings.HasPrefix(selector, "@") {
			css = afterBlock(css)
			continue
		}
		end := strings.IndexByte(css, '}')
		if end < 0 {
			return
		}
		style := strings.ToLower(strings.Join(strings.Fields(css[:end]), ""))
		css = css[end+1:]
		hides := hiddenStyle(style)
		if !hides && !strings.Contains(style, "display:") {
			continue
		}
		for one := range strings.SplitSeq(strings.ToLower(selector), ",") {
			one = strings.TrimSpace(one)
			name := strings.TrimLeftFunc(one, func(r rune) bool { return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) })
			if len(name) < 2 || name[0] != '.' && name[0] != '#' || strings.ContainsAny(name[1:], " \t\n>+~:[.#*") || len(s.hidden) > 2000 {
				continue
			}
			if hides {
				s.hidden[one] = true
			} else {
				delete(s.hidden, one)
			}
		}
	}
}

// afterBlock returns what follows the block that is open.
func afterBlock(css string) string {
	depth := 1
	for i := range len(css) {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return css[i+1:]
			}
		}
	}
	return ""
}

// hides says whether the sheets hide an element, unless its own style shows it.
func (s *sheet) hides(tag atom.Atom, id, class, style string) bool {
	if len(s.hidden) == 0 || strings.Contains(style, "display:") {
		return false
	}
	if id != "" && (s.hidden["#"+id] || s.hidden[tag.String()+"#"+id]) {
		return true
	}
	for c := range strings.FieldsSeq(class) {
		if s.hidden["."+c] || s.hidden[tag.String()+"."+c] {
			return true
		}
	}
	return false
}

// shownLink is a link as a reader needs it: without the wrapping of gateways that check links and of senders that count who follows them. "" if
// nothing is left that helps.
func shownLink(link string) string {
	for range 3 {
		inner := unwrapped(link)
		if inner == "" {
			break
		}
		link = inner
	}
	if base, query, ok := strings.Cut(link, "?"); ok {
		query, fragment, _ := strings.Cut(query, "#")
		var kept []string
		for p := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(strings.ToLower(p), "=")
			switch name {
			case "gclid", "fbclid", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "msclkid", "igshid", "":
				continue
			}
			if !strings.HasPrefix(name, "utm_") {
				kept = append(kept, p)
			}
		}
		link = base
		if len(kept) > 0 {
			link += "?" + strings.Join(kept, "&")
		}
		if fragment != "" {
			link += "#" + fragment
		}
	}
	if len(link) <= linkBytes {
		return link
	}
	// The rest of a link that long is for machines.
	if base, _, _ := strings.Cut(link, "?"); len(base) <= linkBytes {
		return base + "?..."
	}
	if at := strings.Index(link, "://"); at > 0 {
		if slash := strings.IndexByte(link[at+3:], '/'); slash > 0 && slash < linkBytes {
			return link[:at+3+slash] + "/..."
		}
	}
	return ""
}

// linkBytes is how long a link is shown in full.
const linkBytes = 160

// unwrapped is the link within one that a gateway or a search engine has wrapped, "" if there is none.
func unwrapped(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	host := strings.ToLower(u.Host)
	inner := ""
	switch {
	case strings.HasSuffix(host, "safelinks.protection.outlook.com"):
		inner = u.Query().Get("url")
	case host == "www.google.com" && u.Path == "/url":
		if inner = u.Query().Get("q"); inner == "" {
			inner = u.Query().Get("url")
		}
	case strings.HasPrefix(host, "urldefense."):
		if v2 := u.Query().Get("u"); v2 != "" {
			// Version 2 writes "-" for "%" and "_" for "/".
			inner, _ = url.PathUnescape(strings.NewReplacer("-", "%", "_", "/").Replace(v2))
		} else if _, rest, ok := strings.Cut(link, "/v3/__"); ok {
			inner, _, ok = strings.Cut(rest, "__;")
			// Version 3 puts "*" for characters that it lists behind; without them the link would be another.
			if !ok || strings.Contains(inner, "*") {
				inner = ""
			}
		}
	}
	if lower := strings.ToLower(inner); strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://") {
		return inner
	}
	return ""
}

// seen takes out of a text what nobody sees and what would cut a code in two: odd spaces become spaces, odd hyphens within codes hyphens, and characters
// without width go away. Joiners and marks of writing direction stay where a script needs them.
func seen(s string) string {
	if isASCII(s) {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	var last rune
	for i, r := range s {
		switch r {
		case '\u00a0', '\u202f', '\u2007', '\u2009', '\u3000':
			r = ' '
		case '\u200b', '\ufeff', '\u2060', '\u00ad', '\u034f', '\u180e':
			continue
		case '\u200c', '\u200d':
			if last < 0x250 {
				continue
			}
		case '\u200e', '\u200f', '\u061c', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069':
			if next := s[i+utf8.RuneLen(r):]; wordByte(last) && next != "" && wordByte(rune(next[0])) {
				continue
			}
		case '\u2010', '\u2011':
			if next := s[i+utf8.RuneLen(r):]; wordByte(last) && next != "" && wordByte(rune(next[0])) {
				r = '-'
			}
		case '\u2028', '\u2029':
			r = '\n'
		}
		out.WriteRune(r)
		last = r
	}
	return out.String()
}

// wordByte says whether a character may stand within a code.
func wordByte(r rune) bool {
	return r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' || r == '.' || r == '-'
}

// itemNumber writes the number of an item as its list counts (HTML, "type").
func itemNumber(n int, kind byte) string {
	switch {
	case kind == 'a' && n > 0:
		return letterNumber(n)
	case kind == 'A' && n > 0:
		return strings.ToUpper(letterNumber(n))
	case kind == 'i' && n > 0 && n < 4000:
		return romanNumber(n)
	case kind == 'I' && n > 0 && n < 4000:
		return strings.ToUpper(romanNumber(n))
	}
	return ""
}

func letterNumber(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('a'+(n-1)%26)) + s
	}
	return s
}

func romanNumber(n int) string {
	var sb strings.Builder
	for _, r := range []struct {
		n int
		s string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= r.n; n -= r.n {
			sb.WriteString(r.s)
		}
	}
	return sb.String()
}
