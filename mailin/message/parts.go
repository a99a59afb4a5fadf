package message

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// place is where in the structure a part stands.
type place struct {
	depth  int
	root   bool   // the whole body of a message
	parent string // subtype of the multipart around it: "mixed", "alternative" ...
	index  int    // among its siblings
}

// part reads one part whose header was read. When it returns, the part is over.
func (w *walker) part(s *scanner, h *header, pl place) *node {
	if w.parts++; w.parts > w.limits.Parts {
		w.manyParts()
		s.skip()
		return nil
	}
	ct := parseValue(h.get("Content-Type"))
	disp := parseValue(h.get("Content-Disposition"))
	typ := partType(ct, pl)
	if strings.HasPrefix(typ, "multipart/") || isEmbedded(typ) {
		if pl.depth >= w.limits.Depth {
			if !w.tooDeep {
				w.tooDeep = true
				w.problem("The mail is nested deeper than %d levels; what lies deeper is kept unread as an attachment.", w.limits.Depth)
			}
			w.leafAttachment(s, h, ct, disp, typ, pl)
			return nil
		}
	}
	switch {
	case strings.HasPrefix(typ, "multipart/"):
		return w.encodedMultipart(s, h, ct, typ, pl)
	case isEmbedded(typ):
		return w.embedded(s, h, ct, disp, typ, pl)
	case pl.parent == "report" && isReportPart(typ), machineReport(typ) && w.msg == w.shared.msg && (w.msg.Report != nil || !pl.root):
		w.reportPart(s, h, typ)
		return nil
	case typ == "message/partial":
		w.problem("This mail is only one piece of a larger one that was sent in pieces.")
		if ct.params["number"] == "1" {
			return w.embedded(s, h, ct, disp, typ, pl)
		}
	case pl.parent == "alternative" && (typ == "text/x-amp-html" || typ == "text/watch-html"):
		s.skip() // a third form of the same text, for programs that we are not
		return nil
	case typ == "message/external-body":
		w.problem("A part of the mail is kept elsewhere and was not sent along; it was not fetched.")
		s.skip()
		return nil
	case typ == "application/pkcs7-mime", typ == "application/x-pkcs7-mime":
		return w.smime(s, h, ct, disp, typ, pl)
	case pl.parent == "encrypted":
		return w.encryptedPart(s, h, ct, disp, typ, pl)
	}
	if w.isBody(ct, disp, typ, pl) {
		return w.textPart(s, h, ct, typ)
	}
	if pl.root && typ == "application/octet-stream" && disp.main != "attachment" && fileName(disp, ct, "") == "" && proseAhead(s, h) {
		// QUIRK: programs that send reports say "some bytes" of a mail that is one plain text.
		return w.textPart(s, h, ct, "text/plain")
	}
	w.leafAttachment(s, h, ct, disp, typ, pl)
	return nil
}

func (w *walker) manyParts() {
	if !w.tooMany {
		w.tooMany = true
		w.problem("The mail has more than %d parts; the rest was not read.", w.limits.Parts)
	}
}

// partType brings a content type into one of the forms that the walker knows. Types that are none are text (RFC 2045, section 5.2).
func partType(ct value, pl place) string {
	t := ct.main
	switch t {
	case "":
		if ct.params["boundary"] != "" {
			return "multipart/mixed"
		}
		if pl.parent == "digest" {
			return "message/rfc822"
		}
		return "text/plain"
	case "text", "plain", "ascii", "text/", "text/text", "text/ascii", "text/x-plain", "text/plain/html", "text/plaintext", "text/unknown":
		return "text/plain"
	case "html", "text/htm", "text/xhtml", "application/xhtml+xml", "text/x-html":
		return "text/html"
	case "multipart", "multipart/":
		return "multipart/mixed"
	case "message/rfc-822", "message/rfc2822", "message/rfc5322":
		return "message/rfc822"
	}
	major, minor, ok := strings.Cut(t, "/")
	if !ok || major == "" || minor == "" {
		if ct.params["boundary"] != "" {
			return "multipart/mixed"
		}
		if ct.params["name"] != "" {
			return "application/octet-stream"
		}
		return "text/plain"
	}
	return t
}

func isEmbedded(typ string) bool {
	switch typ {
	case "message/rfc822", "message/global", "message/news":
		return true
	}
	return false
}

// isBody says whether a leaf is shown as text of the mail rather than kept as an attachment.
func (w *walker) isBody(ct, disp value, typ string, pl place) bool {
	switch typ {
	case "text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown", "text/x-markdown":
	case "text/calendar", "text/csv", "text/css", "text/xml", "text/rtf", "text/vcard", "text/x-vcard", "text/directory", "text/x-amp-html",
		"text/watch-html", "text/javascript", "text/comma-separated-values", "text/tab-separated-values", "text/x-moz-deleted",
		"text/rfc822-headers":
		return false
	default:
		if !strings.HasPrefix(typ, "text/") {
			return false
		}
	}
	named := disp.params["filename"] != "" || ct.params["name"] != ""
	if disp.main == "attachment" {
		// QUIRK: a few gateways call even the only text an attachment.
		return w.bodies == 0 && w.leaves == 0 && !named && (pl.root || pl.index == 0)
	}
	if pl.parent == "related" && pl.index > 0 {
		return false
	}
	// A named text is the body only if there is no other before it.
	return !named || w.bodies == 0
}

// proseAhead says whether what follows is text by its first bytes.
func proseAhead(s *scanner, h *header) bool {
	b := s.window()
	b = b[:min(len(b), 2048)]
	if isBase64Name(h.get("Content-Transfer-Encoding")) {
		b = decodeBase64(b[:len(b)/4*4])
	}
	words := false
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return false
		}
		words = words || c == ' '
	}
	return words && (utf8.Valid(b) || len(b) == 2048)
}

// encodedMultipart undoes a transfer encoding on a multipart, which RFC 2045, section 6.4 forbids and some programs use.
func (w *walker) encodedMultipart(s *scanner, h *header, ct value, typ string, pl place) *node {
	switch strings.ToLower(h.get("Content-Transfer-Encoding")) {
	case "base64", "quoted-printable":
		// Only if no boundary line follows in clear: most of these labels are wrong.
		if b := ct.params["boundary"]; b == "" || !bytes.Contains(s.window(), []byte("--"+b)) {
			var damaged bool
			dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
			inner := newScanner(dec)
			n := w.multipart(inner, ct, typ, pl)
			s.skip()
			return n
		}
	}
	return w.multipart(s, ct, typ, pl)
}

// multipart reads the parts of a multipart up to the boundary of an outer one or the end.
func (w *walker) multipart(s *scanner, ct value, typ string, pl place) *node {
	subtype := strings.TrimPrefix(typ, "multipart/")
	level := s.push(strings.TrimRight(ct.params["boundary"], " \t\r\n"))
	defer s.pop(level)
	s.begin()
	n := &node{kind: kindMixed}
	switch subtype {
	case "alternative":
		n.kind = kindAlternative
	case "report":
		w.startReport(ct)
	case "encrypted":
		w.encryptedProblem(ct)
	}
	var around bytes.Buffer // what stands before and after the parts
	w.preamble(s, level, &around)
	index, closed := 0, false
	for s.hit == level {
		if s.closing {
			closed = true
			s.begin()
			copyLines(s, &around)
			// QUIRK: some programs go on with further parts after the closing boundary.
			continue
		}
		closed = false
		s.begin()
		h := readHeader(s, w.limits.HeaderBytes, false)
		h.decode("")
		w.headerProblems(h)
		if kid := w.part(s, h, place{depth: pl.depth + 1, parent: subtype, index: index}); kid != nil {
			n.kids = append(n.kids, kid)
		}
		s.skip()
		index++
	}
	if index > 0 && !closed {
		if s.hit < 0 {
			w.problem("The mail ends before its last part is complete; it was probably cut on the way.")
		} else {
			w.problem("A part of the mail does not say where it ends.")
		}
	}
	if index == 0 {
		w.problem("The mail says that it has several parts, but none can be found; it was read as text.")
	}
	n.around = around.Bytes()
	n.empty = index == 0
	return n
}

// preamble reads up to the first boundary line. Where the boundary is missing or wrong, a line that is followed by a part's header is taken.
func (w *walker) preamble(s *scanner, level int, around *bytes.Buffer) {
	limit := w.textLeft
	for !s.over() {
		piece, start := s.line()
		if piece == nil {
			return
		}
		if around.Len() < limit {
			around.Write(piece)
		}
		if !start || len(piece) < 3 || piece[0] != '-' || piece[1] != '-' {
			continue
		}
		mark := strings.TrimRight(string(piece[2:]), " \t\r\n")
		if mark == "" || len(mark) > 300 {
			continue
		}
		next := s.peekLine()
		name := strings.ToLower(fieldName(next))
		blank := len(bytes.TrimSpace(next)) == 0
		if strings.HasPrefix(name, "content-") || s.stack[level] == "" && blank && len(mark) >= 8 && strings.Trim(mark, "-=_* ") != "" {
			around.Truncate(max(0, around.Len()-len(piece)))
			s.stack[level] = mark
			s.hit, s.closing = level, false
			w.problem("The mail names no boundary between its parts, or a wrong one; it was found by looking.")
			return
		}
	}
}

// copyLines reads up to the next boundary line and keeps some of it.
func copyLines(s *scanner, to *bytes.Buffer) {
	for !s.over() {
		piece, _ := s.line()
		if piece != nil && to.Len() < 64<<10 {
			to.Write(piece)
		}
	}
}

// leafAttachment hands a part on as an attachment.
func (w *walker) leafAttachment(s *scanner, h *header, ct, disp value, typ string, pl place) {
	w.leaves++
	a := Attachment{
		Filename:    fileName(disp, ct, bodyCharset(ct)),
		ContentType: typ,
		Inline:      disp.main == "inline" || disp.main != "attachment" && (pl.parent == "related" || h.has("Content-ID")) && strings.HasPrefix(typ, "image/"),
	}
	var damaged bool
	r, known := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	if !known {
		w.problem("An attachment is encoded in a way that is not known; it was kept as it came.")
	}
	if strings.EqualFold(a.Filename, "winmail.dat") || typ == "application/ms-tnef" || typ == "application/vnd.ms-tnef" {
		w.problem("Outlook has packed attachments into winmail.dat, which cannot be opened here; ask the sender to send them as plain files.")
	}
	w.attachment(a, r, func() bool { return s.eof && s.hit < 0 && len(s.stack) > 0 })
	if damaged {
		w.problem("An attachment is damaged; what could be decoded was kept.")
	}
	s.skip()
}

// embedded reads a mail attached to the mail. Its text is read as a forward, its attachments are handed on, and it is listed itself.
func (w *walker) embedded(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
	w.leaves++
	i := w.reserve(Attachment{Filename: fileName(disp, ct, ""), ContentType: typ, Inline: disp.main == "inline"})
	var damaged bool
	dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	tap := newTap(dec, w.shared)
	var n *node
	if pl.parent == "report" || w.msg.Report != nil {
		inner := readHeader(newScanner(tap), w.limits.HeaderBytes, true)
		inner.decode("")
		w.returned(inner)
	} else {
		sub := &walker{shared: w.shared, msg: &Message{}}
		body := sub.message(tap, pl.depth+1)
		n = &node{kind: kindForward, fwd: sub.msg, kids: []*node{body}}
	}
	_, _ = io.Copy(io.Discard, tap)
	s.skip()
	w.deliver(i, tap)
	return n
}
