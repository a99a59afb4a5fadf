package message

import (
	"html"
	"net/mail"
	"strings"
)

// parseAddresses reads an address list as mail has it. Groups are flattened. What has no address at all is left out, except that a single
// value without any "@" and without brackets is kept as a name.
//
// The list is split by a scanner of our own, since one broken address must not cost the others; each piece is then read.
func parseAddresses(v string) []Address {
	v = strings.TrimSpace(v)
	if v == "" {
		return nil
	}
	if !strings.Contains(v, "@") && strings.Contains(v, "=?") {
		// QUIRK: some programs encode the address together with the name, which RFC 2047, section 5 (3) forbids.
		if decoded := decodeWords(v); strings.Contains(decoded, "@") {
			v = decoded
		}
	}
	if !strings.Contains(v, "<") && strings.Contains(v, "&lt;") {
		v = html.UnescapeString(v) // a web form that escaped its own mail
	}
	var out []Address
	for _, piece := range joinNames(splitAddresses(v)) {
		if a, ok := parseAddress(piece); ok {
			out = append(out, a)
		}
		if len(out) >= 2000 {
			break
		}
	}
	return out
}

// joinNames puts the pieces of a name with a comma together again, which many programs forget to quote: Lee, Ann, CPC <ann@clinic.example>.
func joinNames(pieces []string) []string {
	out := make([]string, 0, len(pieces))
	from, size := 0, 0 // the pieces without an address that stand before this one
	for i, p := range pieces {
		if !strings.ContainsAny(p, "@<") && size < 200 {
			size += len(p)
			continue
		}
		if strings.Contains(p, "<") {
			p = strings.Join(append(pieces[from:i:i], p), ", ")
		} else {
			out = append(out, pieces[from:i]...)
		}
		out = append(out, p)
		from, size = i+1, 0
	}
	return append(out, pieces[from:]...)
}

// splitAddresses cuts a list at commas and semicolons outside quotes, comments, brackets, and drops the names of groups.
func splitAddresses(v string) []string {
	var out []string
	start, depth, quoted, angle := 0, 0, false, false
	add := func(end int) {
		if p := strings.TrimSpace(v[start:end]); p != "" {
			out = append(out, p)
		}
	}
	// A quote that is never closed would swallow the rest of the list: then quotes do not count.
	quotes := strings.Count(v, `"`)-strings.Count(v, `\"`) > 1 || strings.Count(v, `"`)%2 == 0
	lastQuote, lastParen, lastAngle := strings.LastIndexByte(v, '"'), strings.LastIndexByte(v, ')'), strings.LastIndexByte(v, '>')
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '=' && !quoted && i+1 < len(v) && v[i+1] == '?':
			// An encoded word may hold what would part a list.
			if _, n := parseWord(v[i:min(len(v), i+1000)]); n > 0 && i+n <= len(v) && strings.HasSuffix(v[i:i+n], "?=") {
				i += n - 1
			}
		case c == '"' && depth == 0 && quotes:
			if quoted || lastQuote > i {
				quoted = !quoted
			}
		case quoted:
		case c == '(' && lastParen > i:
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
			// QUIRK: a comma is missing between two addresses: Ann <ann@x.example> Lee <lee@x.example>.
			if next := strings.IndexAny(v[i+1:], "<,;"); next > 0 && v[i+1+next] == '<' && strings.Contains(v[start:i], "@") && strings.Trim(v[i+1:i+1+next], " \t\"") != "" {
				add(i + 1)
				start = i + 1
			}
		case c == ':' && !angle && !strings.ContainsAny(v[start:i], "@<"):
			start = i + 1 // a group's name
		case (c == ',' && !(angle && lastAngle > i)) || (c == ';' && !angle):
			add(i)
			start = i + 1
			angle = false
		}
	}
	add(len(v))
	return out
}

// addressBytes is how much of one address with its name is read.
const addressBytes = 4 << 10

// parseAddress reads one address.
func parseAddress(s string) (Address, bool) {
	if len(s) > addressBytes {
		s = strings.ToValidUTF8(s[:addressBytes], "")
	}
	// The well-formed ones, which are nearly all: net/mail, as go-message does it, but with our own reading of encoded words.
	if !strings.Contains(s, "=?") {
		if a, err := mail.ParseAddress(s); err == nil && strings.IndexByte(a.Name, '\n') < 0 {
			return Address{Name: oneLine(a.Name), Address: quotedLocal(oneLine(a.Address))}, true
		}
	}
	name, addr := "", ""
	open := strings.LastIndexByte(s, '<')
	if open >= 0 {
		name = s[:open]
		addr = s[open+1:]
		if end := strings.IndexByte(addr, '>'); end >= 0 {
			if name == "" {
				name = addr[end+1:]
			}
			addr = addr[:end]
		}
		// Name <a@b> <a@b>
		if i := strings.IndexByte(name, '<'); i >= 0 {
			name = name[:i]
		}
	} else {
		rest := stripComments(s)
		for _, w := range strings.Fields(rest) {
			if strings.Contains(w, "@") && addr == "" {
				addr = strings.Trim(w, `"'[]<>`)
			} else {
				name += w + " "
			}
		}
		if name == "" { // ann@clinic.example (Ann Lee)
			if i, j := strings.IndexByte(s, '('), strings.LastIndexByte(s, ')'); i >= 0 && j > i {
				name = s[i+1 : j]
			}
		}
	}
	addr = decodeWords(strings.TrimSpace(stripComments(addr)))
	if i := strings.LastIndexByte(addr, ':'); i >= 0 && strings.HasPrefix(addr, "@") { // a source route: @relay:ann@clinic.example
		addr = addr[i+1:]
	}
	if after, ok := cutPrefixFold(addr, "mailto:"); ok {
		addr = after
	}
	if at := strings.LastIndexByte(addr, '@'); at >= 0 {
		addr = strings.ReplaceAll(addr[:at], " ", "") + "@" + strings.Trim(strings.ReplaceAll(addr[at+1:], " ", ""), ".")
	}
	name = unquoteName(name)
	if addr == "" && name == "" {
		return Address{}, false
	}
	if name == addr {
		name = ""
	}
	return Address{Name: name, Address: addr}, true
}

// quotedLocal puts the quotes back that a local part needs to be an address (RFC 5321, section 4.1.2), which net/mail takes away.
func quotedLocal(addr string) string {
	at := strings.LastIndexByte(addr, '@')
	if at < 0 || !strings.ContainsAny(addr[:at], " \"(),:;<>@[\\]") {
		return addr
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(addr[:at]) + `"` + addr[at:]
}

// unescaped takes the backslashes out of a quoted string.
var unescaped = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

// unquoteName decodes a display name: quotes and comments removed, encoded words decoded wherever they stand.
func unquoteName(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
	}
	s = strings.Trim(s, `"`)
	s = unescaped.Replace(s)
	return strings.Trim(decodeWords(s), `" `)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// parseIDs reads Message-IDs: what stands in angle brackets, or, where there are none, the words that look like ids. Doubles are dropped.
func parseIDs(v string) []string {
	var out []string
	add := func(id string) {
		id = strings.Join(strings.Fields(id), "")
		id = strings.Trim(id, "<>,;\"'")
		if id == "" || len(id) > 1000 {
			return
		}
		for _, have := range out {
			if have == id {
				return
			}
		}
		out = append(out, id)
	}
	rest := v
	for len(out) < 200 {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		j := strings.IndexByte(rest[i:], '>')
		if j < 0 { // cut off
			if strings.Contains(rest[i:], "@") {
				add(rest[i+1:])
			}
			break
		}
		add(rest[i+1 : i+j])
		rest = rest[i+j+1:]
	}
	if len(out) == 0 {
		for _, w := range strings.Fields(v) {
			if strings.Contains(w, "@") && len(out) < 200 {
				add(w)
			}
		}
	}
	return out
}
