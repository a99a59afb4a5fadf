package message

import (
	"path"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// value is a structured header value such as Content-Type: a main value and parameters, both read leniently.
type value struct {
	main   string            // lower case, e.g. "text/plain" or "attachment"; "" if there is none
	params map[string]string // names in lower case, RFC 2231 continuations joined and decoded
}

// valueBytes is how much of a structured value is read: what is longer was made to keep a reader busy.
const valueBytes = 16 << 10

// parseValue reads Content-Type, Content-Disposition and their like. It knows the common violations: parameters without value or quotes,
// values with spaces, missing semicolons, comments, RFC 2231 in any charset, RFC 2047 within quotes (decoded later, where it is text).
func parseValue(v string) value {
	out := value{params: map[string]string{}}
	v = v[:min(len(v), valueBytes)]
	main, rest := v, ""
	if i := strings.IndexByte(v, ';'); i >= 0 {
		main, rest = v[:i], v[i+1:]
	}
	main = strings.TrimSpace(stripComments(main))
	if i := strings.IndexAny(main, " \t,"); i >= 0 {
		// "text/plain charset=utf-8" and "text/plain, text/html": what follows may hold parameters.
		if strings.Contains(main[i:], "=") {
			rest = main[i+1:] + ";" + rest
		}
		main = main[:i]
	}
	if strings.Contains(main, "=") { // no main value at all: `charset=utf-8`
		rest, main = v, ""
	}
	out.main = strings.ToLower(strings.Trim(main, `"' `))

	type piece struct {
		n       int
		encoded bool
		text    string
	}
	long := map[string][]piece{}
	for rest != "" {
		rest = strings.TrimLeft(rest, " \t\r\n;")
		eq := strings.IndexAny(rest, "=;")
		if eq < 0 || rest[eq] == ';' { // a parameter without value
			if eq < 0 {
				break
			}
			rest = rest[eq+1:]
			continue
		}
		name := strings.ToLower(strings.TrimSpace(stripComments(rest[:eq])))
		rest = strings.TrimLeft(rest[eq+1:], " \t\r\n")
		var text string
		text, rest = paramText(rest, name)
		base, section, starred := strings.Cut(name, "*")
		if !starred {
			if _, ok := out.params[name]; !ok {
				out.params[name] = text
			}
			continue
		}
		p := piece{encoded: strings.HasSuffix(section, "*") || section == "", text: text}
		if num := strings.TrimSuffix(section, "*"); num != "" {
			p.n, _ = strconv.Atoi(num)
		}
		if len(long[base]) < 100 {
			long[base] = append(long[base], p)
		}
	}
	for name, pieces := range long {
		sort.SliceStable(pieces, func(i, j int) bool { return pieces[i].n < pieces[j].n })
		label := ""
		var raw []byte
		for i, p := range pieces {
			t := p.text
			if i == 0 && p.encoded {
				if a := strings.SplitN(t, "'", 3); len(a) == 3 {
					label, t = a[0], a[2]
				}
			}
			if p.encoded {
				raw = append(raw, percentDecode(t)...)
			} else {
				raw = append(raw, t...)
			}
		}
		text, _ := toUTF8(raw, label)
		if text != "" { // RFC 2231 wins over the plain form beside it (RFC 6266, 4.3)
			out.params[name] = text
		}
	}
	return out
}

// paramText reads one parameter's value at the start of s.
func paramText(s, name string) (text, rest string) {
	if s == "" {
		return "", ""
	}
	if s[0] == '"' {
		var sb strings.Builder
		for i := 1; i < len(s); i++ {
			switch c := s[i]; {
			case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
				i++
				sb.WriteByte(s[i])
			case c == '"':
				return sb.String(), s[i+1:]
			default:
				sb.WriteByte(c)
			}
		}
		// The quote is never closed: the value ends at the next semicolon.
		text, rest, _ = strings.Cut(s[1:], ";")
		return strings.TrimSpace(text), rest
	}
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	text, rest = s[:end], s[end:]
	if strings.HasPrefix(name, "name") || strings.HasPrefix(name, "filename") {
		// A file name may have spaces, and, where the quotes were forgotten, semicolons, behind which no parameter stands.
		for len(rest) > 1 && !strings.Contains(name, "*") {
			more, after, _ := strings.Cut(rest[1:], ";")
			if strings.TrimSpace(more) == "" || strings.Contains(more, "=") || len(text) > 200 {
				break
			}
			text += ";" + more
			if rest = rest[1+len(more):]; after == "" {
				break
			}
		}
		return strings.TrimSpace(text), rest
	}
	text = stripComments(text)
	if i := strings.IndexAny(strings.TrimSpace(text), " \t"); i > 0 {
		// A missing semicolon: `charset=utf-8 format=flowed`.
		t := strings.TrimSpace(text)
		return t[:i], t[i+1:] + ";" + strings.TrimPrefix(rest, ";")
	}
	return strings.TrimSpace(text), rest
}

// stripComments drops RFC 822 comments: (text).
func stripComments(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	var sb strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth > 0 {
				depth--
				continue
			}
			sb.WriteByte(s[i])
		default:
			if depth == 0 {
				sb.WriteByte(s[i])
			}
		}
	}
	return sb.String()
}

func percentDecode(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0 {
			out = append(out, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}

// fileName returns a file name as a person may see it: decoded, without folders and control characters, at most 200 bytes. It is never a path.
func fileName(disposition, ctype value, charset string) string {
	name := disposition.params["filename"]
	if name == "" {
		name = ctype.params["name"]
	}
	if name == "" {
		name = disposition.params["name"]
	}
	if name == "" {
		return ""
	}
	name = decodeWords(rawToUTF8(name, charset))
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" || name == ".." {
		return ""
	}
	if len(name) > 200 {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		cut := 200 - len(ext)
		for cut > 0 && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + ext
	}
	return name
}
