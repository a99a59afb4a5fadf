package message

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// header is one header block after repair.
type header struct {
	fields  []Field
	charset string // of raw 8-bit values, from Content-Type; "" if not stated
	long    bool   // lines were left out at the limit
	junk    bool   // lines that are no header were dropped or joined
	noBlank bool   // the body began without an empty line
	ended   bool   // an empty line ended the block
	bare    bool   // a block of fields without a body, as reports have
	mbox    bool   // a separator line of an mbox file stands before it
}

// get returns the raw value of the first field of that name that says anything, "" if there is none.
func (h *header) get(name string) string {
	for i := range h.fields {
		if h.fields[i].raw != "" && strings.EqualFold(h.fields[i].Name, name) {
			return h.fields[i].raw
		}
	}
	return ""
}

func (h *header) has(name string) bool {
	for i := range h.fields {
		if strings.EqualFold(h.fields[i].Name, name) {
			return true
		}
	}
	return false
}

// readHeader reads a header block up to the empty line after it, to a boundary line or the end. top marks the header of a whole message, which
// may have an mbox "From " line and empty lines before it. What turns out to be body is given back to the scanner.
func readHeader(s *scanner, limit int, top bool) *header {
	h := &header{}
	if top && doubled(s.window()) {
		// QUIRK: a gateway made two line ends of each.
		s.halve = true
	}
	lines := readBlock(s, limit, top, h)
	if top && len(lines) > 0 && onlyTrace(lines) {
		// QUIRK: a gateway put an empty line after the trace fields that it added; the real header follows as if it were body.
		if next := s.peekLine(); fieldName(next) != "" && knownField(fieldName(next)) && !s.over() {
			lines = append(lines, readBlock(s, limit, false, h)...)
		}
	}
	h.parse(s, lines)
	return h
}

// readFields reads a block of fields that no body follows, such as those of a delivery report; empty lines before it are skipped.
func readFields(s *scanner, limit int) *header {
	h := &header{bare: true}
	h.parse(s, readBlock(s, limit, true, h))
	return h
}

// readBlock collects the lines up to an empty one. The lines are copies.
func readBlock(s *scanner, limit int, top bool, h *header) [][]byte {
	var lines [][]byte
	size, atStart := 0, true
	keep := true
	for !s.over() {
		piece, start := s.line()
		if piece == nil {
			break
		}
		text := bytes.TrimRight(piece, "\r\n")
		if start && len(text) == 0 {
			if top && atStart {
				continue // empty lines before the header
			}
			h.ended = true
			return lines
		}
		if start && len(bytes.TrimSpace(text)) == 0 {
			// A line of white space continues the field if the header goes on after it; else it is meant as the empty line.
			if !fieldAhead(s.window()) {
				if !(top && atStart) {
					h.ended = true
					return lines
				}
			}
			continue
		}
		atStart = false
		size += len(piece)
		if size > limit && keep {
			if hasProse(lines) {
				// No header is that long and has lines that are none: the empty line under it is missing, and this is the text.
				return append(lines, bytes.TrimRight(append([]byte(nil), piece...), "\r\n"))
			}
			h.long, keep = true, false
		}
		if !keep {
			continue
		}
		if !start && len(lines) > 0 {
			lines[len(lines)-1] = append(lines[len(lines)-1], text...)
			continue
		}
		lines = append(lines, append([]byte(nil), piece...))
		lines[len(lines)-1] = bytes.TrimRight(lines[len(lines)-1], "\r\n")
	}
	return lines
}

// partsBegin returns the index of the line at which the parts of a mail begin although no empty line stands before them: the boundary that a field
// above it names. It also knows a text that stands between two headers of parts; -1 if there is neither.
func partsBegin(lines [][]byte) int {
	types, prose := 0, -1
	var stated [][]byte // what follows the word "boundary"
	for i, l := range lines {
		name := fieldName(l)
		switch {
		case strings.EqualFold(name, "Content-Type"):
			if types++; types > 1 && prose > 0 {
				return prose
			}
		case name != "" || l[0] == ' ' || l[0] == '\t' || isMboxFrom(l):
		case len(l) > 3 && l[0] == '-' && l[1] == '-':
			mark := bytes.TrimRight(l[2:], " \t")
			for _, s := range stated {
				if bytes.Contains(s, mark) {
					return i
				}
			}
		case prose < 0 && types == 1 && !bytes.Contains(l, []byte{'='}):
			prose = i
		}
		if at := bytes.Index(l, []byte("oundary")); at >= 0 && len(stated) < 4 {
			stated = append(stated, l[at:min(len(l), at+300)])
		}
	}
	return -1
}

// namesMail says whether some line is a field that the header of a mail has, and that of a part has not.
func namesMail(lines [][]byte) bool {
	for _, l := range lines {
		switch strings.ToLower(fieldName(l)) {
		case "from", "to", "date", "subject", "message-id", "received", "return-path", "delivered-to", "mime-version":
			return true
		}
	}
	return false
}

// hasProse says whether some lines are neither fields nor go on with one.
func hasProse(lines [][]byte) bool {
	for _, l := range lines {
		if l[0] != ' ' && l[0] != '\t' && fieldName(l) == "" && !isMboxFrom(l) {
			return true
		}
	}
	return false
}

// parse makes fields of the lines, and gives back to the scanner what is body.
func (h *header) parse(s *scanner, lines [][]byte) {
	lines = splitBareCR(lines)
	lastKnown := -1
	for i, l := range lines {
		if name := fieldName(l); name != "" && knownField(name) {
			lastKnown = i
		}
	}
	var value []byte // of the last field; made a string when it is whole, since a value may be folded a hundred thousand times
	whole := func() {
		if n := len(h.fields); n > 0 {
			h.fields[n-1].raw = strings.ReplaceAll(string(bytes.TrimSpace(value)), "\x00", "")
		}
	}
	bodyAt := len(lines)
	if !h.bare {
		bodyAt = h.bodyBegins(lines, lastKnown)
	}
	for _, l := range lines[:bodyAt] {
		if l[0] == ' ' || l[0] == '\t' {
			if len(h.fields) > 0 {
				// A value that was folded within an encoded word, which RFC 2047, section 2 forbids, had no space there.
				if !wordOpen(value) {
					value = append(value, ' ')
				}
				value = append(value, bytes.TrimSpace(l)...)
				continue
			}
		}
		if name := fieldName(l); name != "" {
			whole()
			h.fields = append(h.fields, Field{Name: name})
			value = append(value[:0], bytes.TrimSpace(l[bytes.IndexByte(l, ':')+1:])...)
			continue
		}
		if isMboxFrom(l) {
			h.mbox = h.mbox || len(h.fields) == 0
			continue
		}
		// A header line follows: this one was folded without a space, or is junk.
		h.junk = true
		if len(h.fields) > 0 {
			value = append(append(value, ' '), bytes.TrimSpace(l)...)
		}
	}
	if bodyAt < len(lines) {
		h.noBlank = true
		body := make([][]byte, 0, len(lines)-bodyAt+1)
		for _, b := range lines[bodyAt:] {
			body = append(body, append(append([]byte(nil), b...), '\n'))
		}
		if h.ended {
			body = append(body, []byte("\n"))
		}
		s.restore(body)
	}
	whole()
}

// bodyBegins returns the index of the first line that is body although no empty line stands before it; len(lines) if there is none. A word too
// much in the text is better than a body lost: so it is body from the last line on that a mail's header is known to have, if anything below it
// is no field, or if the mail ends without a body ("Question: is 31297 right?" looks like a field).
func (h *header) bodyBegins(lines [][]byte, lastKnown int) int {
	if i := partsBegin(lines); i >= 0 {
		return i
	}
	if hasProse(lines[:min(1, len(lines))]) && !namesMail(lines) {
		return 0 // a text without a header, in which the header of a part stands further down
	}
	first := lastKnown + 1
	for first < len(lines) && (lastKnown >= 0 && (lines[first][0] == ' ' || lines[first][0] == '\t' || parameterOf(lines[first-1], lines[first])) || isMboxFrom(lines[first])) {
		first++
	}
	if lastKnown < 0 || !h.ended {
		return first
	}
	// A text without a header, in which something like one stands further down.
	prose := 0
	for _, l := range lines {
		if fieldName(l) != "" || isMboxFrom(l) {
			break
		}
		prose++
	}
	if prose > 2 {
		return 0
	}
	if hasProse(lines[first:]) {
		return first
	}
	return len(lines)
}

// decode fills the values of the fields; charset is what the body states, for values with raw 8-bit bytes.
func (h *header) decode(charset string) {
	if charset == "" {
		charset = h.guess()
	}
	h.charset = charset
	for i := range h.fields {
		f := &h.fields[i]
		f.raw = rawToUTF8(f.raw, charset)
		f.Value = decodeWords(f.raw)
		f.Name = strings.ToValidUTF8(f.Name, "\uFFFD")
	}
}

// guess tells the charset of the raw 8-bit values of a header whose mail does not state one; "" if all are UTF-8.
func (h *header) guess() string {
	var all []byte
	for i := range h.fields {
		if raw := h.fields[i].raw; !utf8.ValidString(raw) && len(all) < 4<<10 {
			all = append(append(all, raw[:min(len(raw), 1<<10)]...), '\n')
		}
	}
	if len(all) == 0 {
		return ""
	}
	label, _ := guessCharset(all)
	return label
}

// rawToUTF8 reads a value with raw 8-bit bytes: UTF-8 if it is, else the charset that the mail states, else windows-1252.
func rawToUTF8(v, charset string) string {
	if utf8.ValidString(v) {
		return v
	}
	if charset != "" {
		if s, ok := decodeCharset([]byte(v), charset); ok {
			return s
		}
	}
	return decode1252([]byte(v))
}

// parameterOf says whether a line goes on with the parameters of the field before it although it is not indented.
func parameterOf(before, l []byte) bool {
	if len(before) == 0 || before[len(before)-1] != ';' {
		return false
	}
	name, _, ok := bytes.Cut(l, []byte{'='})
	if !ok || len(name) > 30 {
		return false
	}
	switch base, _, _ := strings.Cut(strings.ToLower(string(bytes.TrimSpace(name))), "*"); base {
	case "boundary", "charset", "name", "filename", "type", "format", "delsp", "protocol", "micalg", "report-type", "start", "smime-type", "method", "size":
		return true
	}
	return false
}

// fieldAhead says whether a known field follows, lines that continue the one before skipped.
func fieldAhead(b []byte) bool {
	for n := 0; n < 20; n++ {
		i := bytes.IndexByte(b, '\n')
		if i <= 0 {
			return false
		}
		line := bytes.TrimRight(b[:i], "\r")
		if len(line) == 0 {
			return false
		}
		if line[0] != ' ' && line[0] != '\t' {
			return knownField(fieldName(line))
		}
		b = b[i+1:]
	}
	return false
}

// doubled says that a header begins with three fields or more under each of which stands an empty line.
func doubled(b []byte) bool {
	for n := 0; n < 3; n++ {
		i := bytes.IndexByte(b, '\n')
		if i < 0 || !knownField(fieldName(b[:i])) {
			return false
		}
		b = b[i+1:]
		if b = bytes.TrimPrefix(b, []byte{'\r'}); len(b) == 0 || b[0] != '\n' {
			return false
		}
		b = b[1:]
	}
	return true
}

// wordOpen says whether a value ends within an encoded word.
func wordOpen(value []byte) bool {
	tail := value[max(0, len(value)-200):]
	i := bytes.LastIndex(tail, []byte("=?"))
	if i < 0 {
		return false
	}
	// charset?encoding?text: open as long as no "?=" ends the text.
	parts := bytes.SplitN(tail[i+2:], []byte{'?'}, 3)
	if len(parts) < 3 || len(parts[1]) != 1 || len(parts[0]) == 0 || bytes.ContainsAny(parts[0], " \t\"<>") {
		return false
	}
	return !bytes.Contains(parts[2], []byte("?=")) && !bytes.ContainsAny(parts[2], "<>\" ")
}

// splitBareCR breaks lines at CRs within them; each piece is a line of its own.
func splitBareCR(lines [][]byte) [][]byte {
	found := false
	for _, l := range lines {
		if bytes.IndexByte(l, '\r') >= 0 {
			found = true
			break
		}
	}
	if !found {
		return lines
	}
	var out [][]byte
	for _, l := range lines {
		for i, piece := range bytes.Split(l, []byte{'\r'}) {
			if len(bytes.TrimSpace(piece)) == 0 {
				continue
			}
			if i > 0 && fieldName(piece) == "" && piece[0] != ' ' && piece[0] != '\t' {
				piece = append([]byte(" "), piece...)
			}
			out = append(out, piece)
		}
	}
	return out
}

// fieldName returns the name of the field that the line begins, or "". White space before the colon is forgiven.
func fieldName(line []byte) string {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 128 {
		return ""
	}
	name := bytes.TrimRight(line[:i], " \t")
	if len(name) == 0 {
		return ""
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f {
			return ""
		}
	}
	return string(name)
}

func isMboxFrom(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// knownField says whether a name is one that real mail uses in headers, so that a line of prose ("Note: ...") is not taken for one.
func knownField(name string) bool {
	n := strings.ToLower(name)
	switch n {
	case "from", "to", "cc", "bcc", "subject", "date", "sender", "reply-to", "message-id", "in-reply-to", "references", "received",
		"return-path", "mime-version", "delivered-to", "authentication-results", "dkim-signature", "domainkey-signature", "precedence",
		"auto-submitted", "importance", "priority", "sensitivity", "organization", "user-agent", "errors-to", "envelope-to", "status",
		"thread-topic", "thread-index", "feedback-id", "received-spf", "apparently-to", "delivery-date", "accept-language", "comments",
		"keywords", "return-receipt-to", "disposition-notification-to", "original-recipient", "lines", "mailing-list", "newsgroups":
		return true
	}
	for _, p := range [...]string{"x-", "content-", "list-", "arc-", "resent-", "dkim-", "original-"} {
		if strings.HasPrefix(n, p) {
			return true
		}
	}
	return false
}

// onlyTrace says that a header block has nothing but what servers add on the way.
func onlyTrace(lines [][]byte) bool {
	for _, l := range lines {
		if l[0] == ' ' || l[0] == '\t' || isMboxFrom(l) {
			continue
		}
		switch strings.ToLower(fieldName(l)) {
		case "received", "return-path", "delivered-to", "envelope-to", "delivery-date", "x-original-to", "status", "x-status", "x-uid":
		default:
			return false
		}
	}
	return true
}
