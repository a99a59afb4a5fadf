package message

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Spare texts are parts that are no body by their kind, such as an invitation, or that lie outside all parts. A mail program shows them beside
// the text, or not at all; they are read only when the mail has no other text, because an empty case would be worse.

// cappedWriter keeps the first bytes of what is written to it.
type cappedWriter struct {
	b    *bytes.Buffer
	left int
}

func (c *cappedWriter) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.b.Write(p[:n])
	c.left -= n
	return len(p), nil
}

// bodyFile is what Exchange calls the texts of a mail that it made files of.
var bodyFile = regexp.MustCompile(`(?i)^ATT\d{5,}\.(?:txt|html?)$`)

// sparePart says whether an attachment is kept as a spare text.
func (w *walker) sparePart(a Attachment, disp value, typ string, pl place) bool {
	if w.spareLeft <= 0 {
		return false
	}
	alone := pl.root || a.Filename == "" || bodyFile.MatchString(a.Filename) || disp.main == "inline" && strings.HasSuffix(strings.ToLower(a.Filename), ".txt")
	switch typ {
	case "text/calendar", "application/ics":
		return true
	case "application/json", "application/xml", "application/rtf", "application/octet-stream":
		return alone
	case "text/css", "text/javascript":
		return false
	}
	return strings.HasPrefix(typ, "text/") && (alone || disp.main != "attachment")
}

// spareNode makes a spare text of the bytes of an attachment.
func (w *walker) spareNode(b []byte, ct value, typ string) *node {
	if !proseBytes(b) {
		return nil
	}
	label := w.labelOf(ct)
	n := &node{kind: kindSpare}
	switch typ {
	case "text/calendar", "application/ics":
		text, _ := toUTF8(b, label)
		n.body.text = calendarText(cleanText(text))
	case "text/rtf", "application/rtf":
		n.body.text, n.html = readRTF(b)
	case "text/html", "text/x-amp-html", "text/watch-html":
		if label == "" {
			label = metaCharset(b)
		}
		n.body.text, _ = toUTF8(b, label)
		n.html = true
	default:
		text, _ := toUTF8(b, label)
		n.body.text = tidyText(text)
	}
	return n
}

// labelOf is the charset that a part states.
func (w *walker) labelOf(ct value) string {
	if w.wide {
		return "utf-8"
	}
	return ct.params["charset"]
}

// proseBytes says whether bytes are text.
func proseBytes(b []byte) bool {
	if len(bytes.TrimSpace(b)) == 0 {
		return false
	}
	if b[0] == 0xff || b[0] == 0xfe {
		return true // a mark of UTF-16
	}
	control := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b && c != '\f' {
			control++
		}
	}
	return control*200 <= len(b)
}

// spare reads a part that is only another form of the text.
func (w *walker) spare(s *scanner, h *header, ct value, typ string) *node {
	var damaged bool
	var kept bytes.Buffer
	dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	out := &cappedWriter{b: &kept, left: max(0, w.spareLeft)}
	buf := make([]byte, 4<<10)
	for {
		n, err := dec.Read(buf)
		_, _ = out.Write(buf[:n])
		if err != nil {
			break
		}
	}
	s.skip()
	w.spareLeft -= kept.Len()
	return w.spareNode(kept.Bytes(), ct, typ)
}

// spareText is what there is to read of a mail that has no text of its own.
func (w *walker) spareText(n *node) body {
	var all body
	if n == nil {
		return all
	}
	if n.kind == kindSpare {
		page := n.page
		if n.html {
			page = n.body.text
		}
		if page != "" && w.msg == w.shared.msg && w.msg.HTML == "" {
			w.msg.HTML = strings.ReplaceAll(strings.ToValidUTF8(page, "\uFFFD"), "\x00", "")
		}
		if n.html {
			return htmlText(n.body.text)
		}
		return n.body
	}
	if len(n.around) > 0 && !n.empty {
		text, _ := toUTF8(n.around, "")
		var lines []string
		for line := range strings.SplitSeq(tidyText(text), "\n") {
			if !mimeNotice(line) {
				lines = append(lines, line)
			}
		}
		all.append(body{text: strings.Trim(strings.Join(lines, "\n"), "\n")})
	}
	for _, kid := range n.kids {
		b := w.spareText(kid)
		if n.kind == kindAlternative && !all.blank() {
			break // other forms of the same
		}
		all.append(b)
	}
	return all
}

// calendarText tells an invitation or its answer in words (RFC 5545): what, when, where, who, and the description.
func calendarText(source string) string {
	source = unfoldLines.ReplaceAllString(source, "")
	var out strings.Builder
	var kind []string // the components that are open
	method := ""
	line := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" {
			out.WriteString(name + ": " + value + "\n")
		}
	}
	event := map[string]string{}
	for l := range strings.SplitSeq(source, "\n") {
		name, value, ok := calendarLine(l)
		if !ok {
			continue
		}
		upper := strings.ToUpper(name)
		switch base, _, _ := strings.Cut(upper, ";"); base {
		case "BEGIN":
			if len(kind) < 20 {
				kind = append(kind, strings.ToUpper(strings.TrimSpace(value)))
			}
		case "END":
			if len(kind) > 0 {
				if k := kind[len(kind)-1]; k == "VEVENT" || k == "VTODO" || k == "VJOURNAL" {
					if out.Len() > 0 {
						out.WriteByte('\n')
					}
					line("Summary", event["SUMMARY"])
					line("Start", event["DTSTART"])
					line("End", event["DTEND"])
					line("Due", event["DUE"])
					line("Location", event["LOCATION"])
					line("Organizer", event["ORGANIZER"])
					line("Status", event["STATUS"])
					if d := strings.TrimSpace(event["DESCRIPTION"]); d != "" {
						out.WriteString("\n" + d + "\n")
					}
					clear(event)
				}
				kind = kind[:len(kind)-1]
			}
		case "METHOD":
			method = strings.ToUpper(strings.TrimSpace(value))
		case "SUMMARY", "LOCATION", "DESCRIPTION", "COMMENT":
			if len(kind) > 0 && strings.HasPrefix(kind[len(kind)-1], "V") && kind[len(kind)-1] != "VALARM" {
				if base == "COMMENT" {
					base = "DESCRIPTION"
				}
				event[base] = strings.TrimSpace(event[base] + "\n" + calendarEscapes.Replace(value))
			}
		case "STATUS":
			event[base] = strings.ToLower(value)
		case "DTSTART", "DTEND", "DUE":
			if len(kind) > 0 && kind[len(kind)-1] != "STANDARD" && kind[len(kind)-1] != "DAYLIGHT" {
				event[base] = calendarTime(name, value)
			}
		case "ORGANIZER":
			if after, ok := cutPrefixFold(strings.TrimSpace(value), "mailto:"); ok {
				value = after
			}
			if _, cn, ok := strings.Cut(upper, ";CN="); ok {
				cn = name[len(name)-len(cn):]
				if i := strings.IndexByte(cn, ';'); i >= 0 && !strings.HasPrefix(cn, `"`) {
					cn = cn[:i]
				}
				value = strings.Trim(cn, `"`) + " <" + value + ">"
			}
			event[base] = value
		}
	}
	text := out.String()
	switch method {
	case "CANCEL":
		text = "Cancelled.\n" + text
	case "REPLY":
		text = "Answer to an invitation.\n" + text
	}
	if strings.TrimSpace(text) == "" {
		return source
	}
	return text
}

var unfoldLines = regexp.MustCompile("\n[ \t]")

var calendarEscapes = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)

// calendarLine parts a line at the colon that is not within quotes.
func calendarLine(l string) (name, value string, ok bool) {
	quoted := false
	for i := 0; i < len(l); i++ {
		switch l[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				return l[:i], l[i+1:], i > 0
			}
		}
	}
	return "", "", false
}

// calendarTime writes "20260420T140000" with the zone that its parameters name as "2026-04-20 14:00 (Eastern)".
func calendarTime(name, value string) string {
	v := strings.TrimSpace(value)
	if len(v) < 8 || !isDigits(v[:8]) {
		return v
	}
	out := v[:4] + "-" + v[4:6] + "-" + v[6:8]
	if len(v) >= 13 && v[8] == 'T' && isDigits(v[9:13]) {
		out += " " + v[9:11] + ":" + v[11:13]
	}
	if strings.HasSuffix(v, "Z") {
		return out + " UTC"
	}
	if i := strings.Index(strings.ToUpper(name), "TZID="); i >= 0 {
		zone := name[i+len("TZID="):]
		if j := strings.IndexByte(zone, ';'); j >= 0 && !strings.HasPrefix(zone, `"`) {
			zone = zone[:j]
		}
		if zone = strings.Trim(zone, `"`); zone != "" && utf8.ValidString(zone) {
			out += " (" + zone + ")"
		}
	}
	return out
}
