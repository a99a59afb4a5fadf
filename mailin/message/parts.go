package message

import (
	"bufio"
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
	bodies int    // texts of the mail that came before that multipart
	start  string // Content-ID of the root of a multipart/related (RFC 2387, section 3.2), "" if it is the first part
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
			return w.leafAttachment(s, h, ct, disp, typ, pl)
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
	case machineReport(typ) && pl.root && w.msg == w.shared.msg:
		// QUIRK: a report with nothing around it. What machines read is then all that there is to read.
		n := w.spare(s, h, ct, "text/plain")
		if n != nil {
			w.reportPart(newScanner(strings.NewReader(n.body.text)), &header{}, typ)
		}
		return n
	case typ == "message/partial":
		w.problem("This mail is only one piece of a larger one that was sent in pieces.")
		if pl.root && ct.params["number"] == "1" {
			// RFC 2046, section 5.2.2: the header of the mail that was cut stands in its first piece.
			inner := readHeader(s, w.limits.HeaderBytes, true)
			inner.decode("")
			return w.part(s, inner, place{depth: pl.depth + 1, root: true})
		}
		if pl.root && proseAhead(s, h) {
			return w.textPart(s, h, ct, "text/plain")
		}
	case pl.parent == "alternative" && (typ == "text/x-amp-html" || typ == "text/watch-html"):
		return w.spare(s, h, ct, "text/html") // a third form of the same text, for programs that we are not
	case typ == "message/external-body":
		w.problem("A part of the mail is kept elsewhere and was not sent along; it was not fetched.")
		s.skip()
		return nil
	case typ == "application/pkcs7-mime", typ == "application/x-pkcs7-mime", typ == "application/octet-stream" && strings.EqualFold(fileName(disp, ct, ""), "smime.p7m"):
		return w.smime(s, h, ct, disp, typ, pl)
	case typ == "application/pgp-encrypted":
		w.encrypted("pgp") // also where a gateway made multipart/mixed of it
		return w.encryptedPart(s, h, ct, disp, typ, pl)
	case pl.parent == "encrypted":
		return w.encryptedPart(s, h, ct, disp, typ, pl)
	}
	if w.isBody(h, ct, disp, typ, pl) {
		if typ == "text/plain" && pl.root && structureAhead(s, h) {
			// QUIRK: a program or gateway lost the field that says that the mail has parts.
			return w.multipart(s, value{}, "multipart/mixed", pl)
		}
		return w.textPart(s, h, ct, typ)
	}
	name := fileName(disp, ct, "")
	if pl.root && (typ == "application/octet-stream" || typ == "application/text" || strings.Contains(typ, "*")) && disp.main != "attachment" && name == "" && proseAhead(s, h) {
		// QUIRK: programs that send reports say "some bytes" of a mail that is one plain text.
		return w.textPart(s, h, ct, "text/plain")
	}
	return w.leafAttachment(s, h, ct, disp, typ, pl)
}

// structureAhead says whether a text begins with a boundary line and the header of a part, with nothing before it but the note for programs
// that know no MIME.
func structureAhead(s *scanner, h *header) bool {
	if e := strings.ToLower(h.get("Content-Transfer-Encoding")); e == "base64" || e == "quoted-printable" {
		return false
	}
	b := s.window()
	for n := 0; n < 6; n++ {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return false
		}
		line := bytes.TrimRight(b[:i], " \t\r")
		b = b[i+1:]
		if len(line) > 4 && line[0] == '-' && line[1] == '-' {
			return strings.HasPrefix(strings.ToLower(fieldName(b[:bytes.IndexByte(b, '\n')+1])), "content-")
		}
		if len(line) > 0 && !mimeNotice(string(line)) {
			return false
		}
	}
	return false
}

// mimeNotice says whether a text before the first part, or a line of it, only speaks to programs that know no MIME.
func mimeNotice(text string) bool {
	t := strings.ToLower(text)
	return len(t) < 400 && (strings.Contains(t, "mime") || strings.Contains(t, "multi-part message") || strings.Contains(t, "multipart message"))
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
func (w *walker) isBody(h *header, ct, disp value, typ string, pl place) bool {
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
	if pl.parent == "related" && pl.index > 0 && w.bodies > pl.bodies {
		// What the root of a multipart/related refers to is no body; a footer that a gateway put there is.
		return !named && !h.has("Content-ID") && !h.has("Content-Location")
	}
	if pl.parent == "related" && pl.start != "" && pl.start != contentID(h) {
		return false
	}
	// A named text is the body only if there is no other before it, or if the sender wants it shown.
	return !named || w.bodies == 0 || disp.main == "inline" && typ == "text/plain"
}

// contentID is the id of a part without its brackets, "" if it has none.
func contentID(h *header) string { return strings.Trim(h.get("Content-ID"), "<> ") }

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
	inside := place{depth: pl.depth + 1, parent: subtype, bodies: w.bodies, start: strings.Trim(ct.params["start"], "<> ")}
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
	if s.hit == level && around.Len() > spareBytes { // parts follow: what stands before them hardly matters
		around = *bytes.NewBuffer(bytes.Clone(around.Bytes()[:spareBytes]))
	}
	index, closed := 0, false
	if at := lostPart(around.Bytes()); at >= 0 && s.hit == level {
		// The boundary line before the first part is damaged.
		lost := newScanner(bytes.NewReader(bytes.Clone(around.Bytes()[at:])))
		around.Truncate(at)
		h := readHeader(lost, w.limits.HeaderBytes, false)
		h.decode("")
		if kid := w.part(lost, h, inside); kid != nil {
			n.kids = append(n.kids, kid)
		}
		w.problem("A part of the mail does not say where it begins.")
		index++
	}
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
		h := w.partHeader(s)
		h.decode("")
		w.headerProblems(h)
		inside.index = index
		if kid := w.part(s, h, inside); kid != nil {
			n.kids = append(n.kids, kid)
		}
		s.skip()
		index++
	}
	if closed && level > 0 && s.stack[level] == s.stack[level-1] {
		s.shared = true
	}
	if index > 0 && !closed && !s.shared {
		if s.hit < 0 {
			w.problem("The mail ends before its last part is complete; it was probably cut on the way.")
		} else {
			w.problem("A part of the mail does not say where it ends.")
		}
	}
	if index == 0 {
		w.problem("The mail says that it has several parts, but none can be found; it was read as text.")
	}
	n.empty = index == 0
	n.around = bytes.Clone(w.kept(around.Bytes(), n.empty))
	return n
}

// kept is what is kept of the text around parts, within what is left for texts, or for spare ones.
func (w *walker) kept(around []byte, body bool) []byte {
	budget := &w.spareLeft
	if body {
		budget = &w.textLeft
	}
	around = around[:min(len(around), max(0, *budget))]
	*budget -= len(around)
	return around
}

// partHeader reads the header of a part.
func (w *walker) partHeader(s *scanner) *header {
	h := readHeader(s, w.limits.HeaderBytes, false)
	for n := 0; n < 4 && len(h.fields) == 0 && !s.over(); n++ {
		next := bytes.TrimRight(s.peekLine(), "\r\n")
		name := strings.ToLower(fieldName(next))
		if len(next) > 0 && name != "content-type" && name != "content-transfer-encoding" && name != "content-disposition" {
			break
		}
		// QUIRK: an empty line too much between a boundary line and the header of its part.
		if len(next) > 0 {
			return readHeader(s, w.limits.HeaderBytes, false)
		}
		if !headerAhead(s.window()) {
			break
		}
		s.line()
	}
	return h
}

// headerAhead says whether nothing but a few empty lines stands before a field that describes a part.
func headerAhead(b []byte) bool {
	b = bytes.TrimLeft(b[:min(len(b), 200)], "\r\n")
	return len(b) > 13 && (bytes.EqualFold(b[:13], []byte("content-type:")) || len(b) > 26 && bytes.EqualFold(b[:26], []byte("content-transfer-encoding:")))
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
			if first := earlier(around.Bytes(), mark); first >= 0 {
				// Parts without a header stood before this one: they are read once more.
				again := append([]byte(nil), around.Bytes()[first:]...)
				s.giveBack(again, []byte("--"+mark+"\n")) // the piece itself is gone: looking ahead has moved the buffer
				around.Truncate(first)
				s.find(level, mark)
				s.line()
				w.problem("The mail names no boundary between its parts, or a wrong one; it was found by looking.")
				return
			}
			s.find(level, mark)
			s.hit, s.closing = level, false
			w.problem("The mail names no boundary between its parts, or a wrong one; it was found by looking.")
			return
		}
	}
}

// lostPart returns where in what stands before the first part the header of another part begins, -1 if nowhere.
func lostPart(b []byte) int {
	for at := 0; at < len(b) && at < 16<<10; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return -1
		}
		switch strings.ToLower(fieldName(b[at : at+end])) {
		case "content-type", "content-transfer-encoding", "content-disposition":
			return at
		}
		at += end + 1
	}
	return -1
}

// earlier returns where a boundary line stands in what was taken for a preamble, -1 if nowhere.
func earlier(b []byte, mark string) int {
	line := []byte("--" + mark)
	for from := 0; ; {
		i := bytes.Index(b[from:], line)
		if i < 0 {
			return -1
		}
		i += from
		from = i + len(line)
		end := bytes.IndexByte(b[from:], '\n')
		if (i == 0 || b[i-1] == '\n') && end >= 0 && len(bytes.TrimSpace(b[from:from+end])) == 0 {
			return i
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

// leafAttachment hands a part on as an attachment. What it returns is its text, for the case that the mail has no other.
func (w *walker) leafAttachment(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
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
	cut := func() bool { return s.eof && s.hit < 0 && len(s.stack) > 0 }
	br := bufio.NewReaderSize(r, 4<<10)
	if head, _ := br.Peek(len(tnefMagic)); string(head) == tnefMagic && pl.depth < w.limits.Depth {
		n := w.tnef(a, br, cut, pl.depth)
		s.skip()
		return n
	}
	if head, _ := br.Peek(len(pgpMark)); string(head) == pgpMark {
		w.shared.armor = true
	}
	if isTNEF(a, typ) {
		w.problem("Outlook has packed attachments into winmail.dat, which cannot be opened here; ask the sender to send them as plain files.")
	}
	var kept bytes.Buffer
	src := io.Reader(br)
	shown := w.sparePart(a, disp, typ, pl)
	if shown {
		src = io.TeeReader(br, &cappedWriter{b: &kept, left: w.spareLeft})
	}
	w.attachment(a, src, cut)
	if damaged {
		w.problem("An attachment is damaged; what could be decoded was kept.")
	}
	s.skip()
	if !shown {
		return nil
	}
	w.spareLeft -= kept.Len()
	return w.spareNode(kept.Bytes(), ct, typ)
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
		sub.msg.Fields = nil // only what a forward shows is kept of it
		n = &node{kind: kindForward, fwd: sub.msg, kids: []*node{body}}
	}
	_, _ = io.Copy(io.Discard, tap)
	s.skip()
	w.deliver(i, tap)
	return n
}
