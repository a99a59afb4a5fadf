package message

import (
	"bytes"
	"html"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"
)

// textPart reads a text part up to the limit, in UTF-8.
func (w *walker) textPart(s *scanner, h *header, ct value, typ string) *node {
	w.bodies++
	isHTML := typ == "text/html"
	budget := &w.shared.textLeft
	if isHTML {
		budget = &w.shared.htmlLeft
	}
	var damaged bool
	encoding := h.get("Content-Transfer-Encoding")
	prose := isBase64Name(encoding) && !looksBase64(s.window())
	if prose {
		encoding = ""
	}
	dec, known := decodeTransfer(&partReader{s: s}, encoding, &damaged)
	if !known {
		w.problem("The text is encoded in a way that is not known; it is shown as it came.")
	}
	raw, err := io.ReadAll(io.LimitReader(dec, int64(*budget)+1))
	if len(raw) > *budget {
		raw = raw[:*budget]
		w.problem("The text is longer than %s; the rest is only in the original.", sizeWords(int64(w.limits.TextBytes)))
	}
	*budget -= len(raw)
	_, _ = io.Copy(io.Discard, dec)
	s.skip()
	if damaged {
		w.problem("A part of the text is damaged; what could be decoded is shown.")
	}
	if err != nil {
		w.problem("The text could not be read to its end.")
	}
	if prose {
		if decoded, ok := base64Within(raw); ok {
			w.problem("The text is encoded in part only; all of it is shown.")
			raw = decoded
		} else {
			w.problem("The text is labelled base64 but is not encoded; it was read as it is.")
		}
	} else if decoded, ok := unlabelledBase64(raw); ok {
		w.problem("The text is encoded in base64 without saying so; it was decoded.")
		raw = decoded
	} else if decoded, ok := unlabelledQP(raw); ok && isPlainName(encoding) {
		w.problem("The text is encoded as quoted-printable without saying so; it was decoded.")
		raw = decoded
	}
	label := w.labelOf(ct)
	if isHTML && label == "" {
		label = metaCharset(raw)
	}
	text, note := toUTF8(raw, label)
	if note != "" {
		w.problem("%s", note)
	}
	// QUIRK: some programs call a page plain text.
	isHTML = isHTML || typ == "text/plain" && looksLikeHTML(text)
	if isHTML && typ == "text/html" && !anyTag.MatchString(text) {
		// QUIRK: and some call a plain text a page, whose lines would run into one.
		isHTML, typ = false, "text/plain"
		text = html.UnescapeString(text)
	}
	n := &node{kind: kindText, html: isHTML}
	switch {
	case isHTML:
		n.body.text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	case typ == "text/enriched" || typ == "text/richtext":
		n.body.text = enriched(cleanText(text))
	default:
		text = w.uuencoded(tidyText(text))
		if strings.HasPrefix(text, pgpMark) || strings.Contains(text, "\n"+pgpMark) {
			w.encrypted("pgp")
		}
		if w.mbox && strings.Contains(text, ">From ") {
			text = mboxQuoted.ReplaceAllString(text, "${1}From ")
		}
		if strings.EqualFold(ct.params["format"], "flowed") {
			text = unflow(text, strings.EqualFold(ct.params["delsp"], "yes"))
		}
		n.body.text = text
	}
	return n
}

// anyTag is the beginning of any tag, comment or declaration.
var anyTag = regexp.MustCompile(`<[/!?]?[A-Za-z]|<!--`)

// mboxQuoted is how mbox files mark the lines of a text that look like their own separator.
var mboxQuoted = regexp.MustCompile(`(?m)^>(>*)From `)

// isPlainName says whether a transfer encoding says that nothing was encoded.
func isPlainName(encoding string) bool {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary":
		return true
	}
	return false
}

// unlabelledQP decodes a text that is quoted-printable from end to end, whose label a gateway has lost: every equals sign stands before two
// hexadecimal digits or at the end of a line, what comes out is UTF-8, and something shows that the text was encoded, since "CPT=99213, MOD=25"
// reads so, too.
func unlabelledQP(b []byte) ([]byte, bool) {
	if bytes.Count(b, []byte{'='}) < 2 {
		return nil, false
	}
	soft, escapes, needed, padded := 0, 0, 0, 0
	for i := 0; i < len(b); i++ {
		if b[i] >= 0x80 {
			return nil, false
		}
		if b[i] != '=' {
			continue
		}
		rest := b[i+1:]
		switch {
		case len(rest) >= 1 && rest[0] == '\n', len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n':
			soft++
		case len(rest) >= 2 && unhex(rest[0]) >= 0 && unhex(rest[1]) >= 0 && rest[0] < 'a' && rest[1] < 'a':
			escapes++
			switch c := unhex(rest[0])<<4 | unhex(rest[1]); {
			case c == ' ' && (len(rest) == 2 || rest[2] == '\n' || rest[2] == '\r'):
				padded++
			case c >= 0x80 || c == '=':
				needed++
			}
			i += 2
		default:
			return nil, false
		}
	}
	if needed+padded == 0 || soft+escapes < 2 {
		return nil, false
	}
	var damaged bool
	out, err := io.ReadAll(&qpReader{r: bytes.NewReader(b), damaged: &damaged})
	if err != nil || damaged || !utf8.Valid(out) {
		return nil, false
	}
	return out, hasHigh(out) || soft > 0 || padded > 0
}

// base64Within decodes the runs of base64 in a text that a gateway has written its own lines around.
func base64Within(b []byte) ([]byte, bool) {
	var out, run []byte
	found := false
	flush := func() {
		if len(run) == 0 {
			return
		}
		decoded := decodeBase64(run)
		if len(run) >= 24 && utf8.Valid(decoded) && proseBytes(decoded) {
			out = append(append(out, decoded...), '\n')
			found = true
		} else {
			out = append(out, run...)
		}
		run = nil
	}
	for line := range bytes.SplitAfterSeq(b, endLF) {
		text := trimEOL(line)
		encoded := len(text) >= 4
		for i, c := range text {
			encoded = encoded && (isBase64(c) || c == '=' && i >= len(text)-2)
		}
		if encoded && (len(run) > 0 || len(text) >= 24 && !isDigits(string(text))) {
			run = append(run, line...)
			continue
		}
		flush()
		out = append(out, line...)
	}
	flush()
	return out, found
}

// tidyText cleans a plain text, and takes out what nobody sees and what would cut a code in two: odd spaces and characters without width.
func tidyText(s string) string {
	return seen(cleanText(s))
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func isBase64Name(encoding string) bool {
	return strings.EqualFold(strings.TrimSpace(encoding), "base64")
}

// looksBase64 says whether the first line of a body can be base64: prose has spaces within its lines, HTML has tags.
func looksBase64(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	b = bytes.TrimRight(b[:min(len(b), 1000)], " \t\r")
	good, bad := 0, 0
	for _, c := range b {
		if isBase64(c) || c == '=' {
			good++
		} else {
			bad++
		}
	}
	return bad*10 <= good || !bytes.ContainsAny(b, " <")
}

// unlabelledBase64 decodes a text that is base64 from end to end in full lines, whose label a gateway has lost.
func unlabelledBase64(b []byte) ([]byte, bool) {
	text := bytes.TrimSpace(b)
	if len(text) < 100 || bytes.ContainsAny(text, " \t") {
		return nil, false
	}
	upper, lower, digit, first := false, false, false, -1
	for line := range bytes.SplitSeq(text, endLF) {
		line = trimEOL(line)
		for i, c := range line {
			if !isBase64(c) && !(c == '=' && i >= len(line)-2) {
				return nil, false
			}
			upper, lower, digit = upper || c >= 'A' && c <= 'Z', lower || c >= 'a' && c <= 'z', digit || isDigit(c)
		}
		if first < 0 {
			first = len(line)
		} else if len(line) > first {
			return nil, false
		}
	}
	if !upper || !lower || !digit || first < 60 {
		return nil, false
	}
	out := decodeBase64(text)
	return out, utf8.Valid(out) && bytes.ContainsAny(out, " \n") && !bytes.ContainsRune(out, 0)
}

// metaCharset finds the charset that an HTML page names in itself, near its beginning.
func metaCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 2048)])
	_, rest, ok := bytes.Cut(head, []byte("charset="))
	if !ok {
		return ""
	}
	rest = bytes.TrimLeft(rest, `"' `)
	if i := bytes.IndexAny(rest, `"' />;`); i >= 0 {
		return string(rest[:i])
	}
	return ""
}

// uuencoded takes files out of a plain text in which old programs put them, and hands them on as attachments. Both lines around a file must be
// there, and the first line within must be one of a file: "begin 600 mg" is a prescription.
func (w *walker) uuencoded(text string) string {
	if !strings.Contains(text, "begin ") {
		return text
	}
	var out strings.Builder
	ends := true // a line "end" may follow
	for {
		at := 0
		if !strings.HasPrefix(text, "begin ") {
			if at = strings.Index(text, "\nbegin "); at < 0 {
				break
			}
			at++
		}
		line, rest, _ := strings.Cut(text[at:], "\n")
		_, name, ok := uuBegin([]byte(line))
		if first, _, _ := strings.Cut(strings.TrimLeft(rest, "\n"), "\n"); ok && first != "`" && first != "end" {
			_, ok = uuLine(nil, []byte(first))
		}
		if !ok {
			out.WriteString(text[:at+len(line)])
			text = text[at+len(line):]
			continue
		}
		end := -1
		if ends {
			end = endLine(rest)
		}
		if ends = end >= 0; !ends {
			// The mail was cut, or a program forgot the end: the file goes on as long as its lines do.
			if end = uuLines(rest); end < 0 {
				break
			}
		}
		if w.parts++; w.parts > w.limits.Parts {
			w.manyParts()
			break
		}
		out.WriteString(text[:at])
		var damaged bool
		w.attachment(Attachment{Filename: oneLine(name), ContentType: "application/octet-stream"},
			&uuReader{lines: newLineReader(strings.NewReader(rest[:end])), damaged: &damaged}, func() bool { return !ends })
		text = strings.TrimPrefix(rest[end:], "\n")
	}
	out.WriteString(text)
	return out.String()
}

// uuLines returns where the lines of an encoded file end that no "end" closes, -1 if there are fewer than three.
func uuLines(s string) int {
	at := 0
	for n := 0; ; n++ {
		line, _, ok := strings.Cut(s[at:], "\n")
		if _, good := uuLine(nil, []byte(line)); !good {
			if n < 3 {
				return -1
			}
			return at
		}
		at += len(line)
		if ok {
			at++
		}
	}
}

// endLine returns where the line "end" ends, -1 if there is none.
func endLine(s string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], "end")
		if i < 0 {
			return -1
		}
		i += from
		from = i + len("end")
		if (i == 0 || s[i-1] == '\n') && (from == len(s) || s[from] == '\n') {
			return from
		}
	}
}

// unflow joins the lines of format=flowed (RFC 3676): a line that ends in a space goes on in the next one of the same
// quote depth; with delsp that space is not part of the text. "-- " is never joined. One leading space is stuffing.
func unflow(text string, delsp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, depth := false, 0
	for line := range strings.SplitSeq(text, "\n") {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		line = strings.TrimPrefix(line[d:], " ")
		if open && (d != depth || line == "-- ") {
			out.WriteByte('\n')
			open = false
		}
		if !open && d > 0 {
			out.WriteString(strings.Repeat(">", d) + " ")
		}
		depth = d
		if flowing := strings.HasSuffix(line, " ") && line != "-- "; flowing {
			if delsp {
				line = line[:len(line)-1]
			}
			out.WriteString(line)
			open = true
			continue
		}
		out.WriteString(line)
		out.WriteByte('\n')
		open = false
	}
	s := out.String()
	if !strings.HasSuffix(text, "\n") {
		s = strings.TrimSuffix(s, "\n")
	}
	return s
}

// enriched takes the commands out of text/enriched (RFC 1896) and the older text/richtext.
func enriched(text string) string {
	var out strings.Builder
	skip := 0
	for len(text) > 0 {
		i := strings.IndexByte(text, '<')
		if i < 0 {
			i = len(text)
		}
		if skip == 0 {
			out.WriteString(text[:i])
		}
		text = text[i:]
		if text == "" {
			break
		}
		if strings.HasPrefix(text, "<<") {
			if skip == 0 {
				out.WriteByte('<')
			}
			text = text[2:]
			continue
		}
		end := strings.IndexByte(text, '>')
		if end < 0 || end > 60 {
			out.WriteByte('<')
			text = text[1:]
			continue
		}
		switch strings.ToLower(text[1:end]) {
		case "param", "comment":
			skip++
		case "/param", "/comment":
			skip = max(0, skip-1)
		case "nl", "np":
			out.WriteByte('\n')
		case "lt":
			out.WriteByte('<')
		}
		text = text[end+1:]
	}
	return out.String()
}
