package document

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"caseconsultant/mailin/message"
)

// SniffBytes is how many first bytes of a document Sniff wants.
const SniffBytes = 64 << 10

var oleMagic = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")

// Sniff says what a document is by its first bytes (at most SniffBytes are looked at). Office files are packed as ZIP
// files; where the beginning does not tell which one it is, Sniff says ZIP, and reading it finds out.
func Sniff(head []byte, hint Hint) (kind Kind) {
	// The parent calls it too, which no document may take down.
	defer func() {
		if recover() != nil {
			kind = None
		}
	}()
	head = head[:min(len(head), SniffBytes)]
	switch {
	case len(head) == 0:
		return None
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return PDF
	case isPicture(head):
		return Image
	case bytes.HasPrefix(head, oleMagic), unreadableHead(head) != "":
		return Unreadable
	case bytes.HasPrefix(head, localHeader), bytes.HasPrefix(head, []byte("PK\x05\x06")), bytes.HasPrefix(head, []byte("PK00PK\x03\x04")):
		return zipKind(head)
	}
	// ISO 32000-1, Annex H: the header may stand anywhere in the first 1024 bytes; real files have spooler commands or
	// the rest of an HTTP answer before it.
	late := bytes.Contains(head[:min(len(head), 1024+len("%PDF-"))], []byte("%PDF-"))
	if late && bytes.Contains(head, []byte(" obj")) {
		return PDF
	}
	if kind, ok := textKind(head, hint); ok {
		return kind
	}
	if late {
		return PDF
	}
	return None
}

func isPicture(b []byte) bool {
	has := func(magic string) bool { return bytes.HasPrefix(b, []byte(magic)) }
	switch {
	case has("\x89PNG\r\n\x1a\n"), has("\xff\xd8\xff"), has("GIF87a"), has("GIF89a"):
		return true
	case has("II*\x00"), has("MM\x00*"), has("II+\x00"), has("MM\x00+"):
		return true
	case has("RIFF") && len(b) >= 12 && string(b[8:12]) == "WEBP":
		return true
	case has("BM") && len(b) >= 26 && b[6]|b[7]|b[8]|b[9] == 0:
		switch binary.LittleEndian.Uint32(b[14:]) { // the size of the header that follows
		case 12, 16, 40, 52, 56, 64, 108, 124:
			return true
		}
	}
	return false
}

// unreadableHead says what to send instead of a file whose beginning tells that it cannot be read, "" for others.
func unreadableHead(b []byte) string {
	has := func(magic string) bool { return bytes.HasPrefix(b, []byte(magic)) }
	switch {
	case len(b) >= 12 && string(b[4:8]) == "ftyp":
		switch brand := string(b[8:12]); brand {
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis":
			return "This photo is of the HEIC format that telephones use, which cannot be read here: please send it as a JPEG or PDF."
		}
	case has("\x00\x00\x00\x0cjP  "), has("\xff\x0a"), has("\x00\x00\x00\x0cJXL "), has("8BPS"):
		return "This picture is of a format that cannot be read here: please send it as a JPEG, PNG or PDF."
	case len(b) >= 132 && string(b[128:132]) == "DICM":
		return "This is a radiology image (DICOM), which cannot be read here: please send the written report instead."
	case has("Rar!\x1a\x07"), has("7z\xbc\xaf\x27\x1c"), has("\x1f\x8b\x08"), has("\xfd7zXZ\x00"), has("BZh9"), has("\x28\xb5\x2f\xfd"), len(b) > 262 && string(b[257:262]) == "ustar":
		return "This archive is of a kind that cannot be unpacked here: please send the files themselves, or in an ordinary ZIP file."
	case has("%!PS"), has("\xc5\xd0\xd3\xc6"), has("\x1b%-12345X"):
		return "This is a file for a printer, which cannot be read here: please send it as a PDF."
	case has("\xffWPC"), has("\xdb\xa5\x2d\x00"), has("\x31\xbe\x00\x00"):
		return "This document is of an old format that cannot be read here: please save it as a PDF and send that."
	case has("\x09\x08\x10\x00\x00\x06"), has("\x09\x08\x08\x00\x00\x05"), has("\x09\x04\x06\x00"), has("\x09\x02\x06\x00"):
		return problemOldExcel
	case has("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"):
		return "This is a OneNote section, which cannot be read here: please send the page as a PDF."
	case has("-----BEGIN PGP MESSAGE-----"):
		return "This file is encrypted with PGP and cannot be read here: please send it unencrypted, through a channel that your practice allows."
	}
	return ""
}

// zipKind tells packages apart by the entries at the beginning, where they make it clear.
func zipKind(b []byte) Kind {
	b = bytes.TrimPrefix(b, []byte("PK00"))
	office := false
	for len(b) >= 30 && bytes.HasPrefix(b, localHeader) {
		size := int64(binary.LittleEndian.Uint32(b[18:]))
		nameLen := int(binary.LittleEndian.Uint16(b[26:]))
		start := 30 + nameLen + int(binary.LittleEndian.Uint16(b[28:]))
		if 30+nameLen > len(b) {
			break
		}
		name := plainName(string(b[30 : 30+nameLen]))
		b = b[30+nameLen:]
		if start -= 30 + nameLen; start <= len(b) {
			b = b[start:]
		} else {
			b = nil
		}
		switch {
		case name == "mimetype":
			// A size of zero means that it follows the data; what begins with a media type is told by its beginning.
			if size == 0 {
				size = 100
			}
			if kind := openDocumentKind(string(b[:min(int64(len(b)), size, 100)])); kind != None {
				return kind
			}
			return ZIP
		case name == "word/document.xml":
			return DOCX
		case name == "xl/workbook.xml":
			return XLSX
		case name == "ppt/presentation.xml":
			return PPTX
		case name == "xl/workbook.bin":
			return Unreadable
		case name == "[content_types].xml", name == "_rels/.rels":
			office = true
		case office && strings.HasPrefix(name, "word/"):
			return DOCX
		case office && strings.HasPrefix(name, "ppt/"):
			return PPTX
		case strings.HasPrefix(name, "docprops/"), strings.HasPrefix(name, "customxml/"), strings.HasPrefix(name, "xl/"), strings.HasPrefix(name, "word/"):
		default:
			return ZIP
		}
		if size > 0 && size < int64(len(b)) {
			b = b[size:]
		} else if next := bytes.Index(b, localHeader); next >= 0 && size == 0 {
			b = b[next:]
		} else {
			break
		}
	}
	return ZIP
}

// openDocumentKind knows the media types of OpenDocument.
func openDocumentKind(mediaType string) Kind {
	mediaType = strings.TrimSpace(mediaType)
	for _, prefix := range []string{"application/vnd.oasis.opendocument.", "application/vnd.sun.xml."} {
		if rest, ok := strings.CutPrefix(mediaType, prefix); ok {
			switch {
			case strings.HasPrefix(rest, "spreadsheet"), strings.HasPrefix(rest, "calc"):
				return ODS
			case strings.HasPrefix(rest, "text"), strings.HasPrefix(rest, "writer"), strings.HasPrefix(rest, "presentation"), strings.HasPrefix(rest, "impress"), strings.HasPrefix(rest, "graphics"), strings.HasPrefix(rest, "draw"):
				return ODT
			}
			return Unreadable // a database, a formula, a chart
		}
	}
	return None
}

// textKind tells texts apart. It says false if the bytes are none.
func textKind(head []byte, hint Hint) (Kind, bool) {
	if !isText(head) {
		return None, false
	}
	text := message.DecodeText(head[:len(head)-incomplete(head)], "")
	begin := strings.TrimLeft(text, " \t\n")
	if begin == "" {
		return None, true
	}
	upper := strings.ToUpper(begin[:min(len(begin), 200)])
	switch {
	case strings.HasPrefix(begin, `{\rtf`), strings.HasPrefix(begin, `{\urtf`):
		return RTF, true
	case strings.HasPrefix(upper, "BEGIN:VCARD"), strings.HasPrefix(upper, "BEGIN:VCALENDAR"), strings.HasPrefix(begin, "-----BEGIN "):
		return None, true
	case strings.HasPrefix(begin, "ISA*"), strings.HasPrefix(begin, "MSH|"), strings.HasPrefix(begin, "FHS|"), strings.HasPrefix(begin, "%PDF-"):
		if begin[0] == '%' {
			return PDF, true
		}
		return Plain, true
	case begin[0] == '<':
		if kind, ok := markupKind(begin); ok {
			return kind, true
		}
	}
	switch {
	case isMail(begin, hint):
		return Mail, true
	case isCSV(text, len(head) == SniffBytes, hint):
		return CSV, true
	}
	return Plain, true
}

// isText says whether bytes can be a text in any charset: few controls, and zero bytes only as UTF-16 and UTF-32 have them.
func isText(b []byte) bool {
	if wide, ok := wideUnit(b); ok {
		text := message.DecodeText(b[:len(b)/wide*wide], "")
		odd, all := 0, 0
		for _, r := range text {
			all++
			if r == utf8.RuneError || r >= 0xe000 && r < 0xf900 || !unicode.IsPrint(r) && !unicode.IsSpace(r) {
				odd++
			}
		}
		return all > 0 && odd*20 <= all
	}
	controls := 0
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != '\v' && c != 0x1b && c != 0x1a && c != '\b' && c != 0x1c && c != 0x1d && c != 0x1e || c == 0x7f {
			controls++
		}
	}
	return controls*100 <= len(b)
}

// wideUnit is the size of a code unit of UTF-16 and UTF-32.
func wideUnit(b []byte) (int, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return 4, len(b) >= 8
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return 2, len(b) >= 4
	}
	zeros := [2]int{}
	head := b[:min(len(b), 4096)&^1]
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(head) / 2
	return 2, half > 2 && (zeros[0] > half*3/5 && zeros[1] == 0 || zeros[1] > half*3/5 && zeros[0] == 0)
}

// markupKind tells HTML and the XML kinds apart.
func markupKind(begin string) (Kind, bool) {
	lower := strings.ToLower(begin[:min(len(begin), 4096)])
	for {
		lower = strings.TrimLeft(lower, " \t\n")
		var ok bool
		switch {
		case strings.HasPrefix(lower, "<!--"):
			_, lower, ok = strings.Cut(lower, "-->")
		case strings.HasPrefix(lower, "<?"):
			_, lower, ok = strings.Cut(lower, "?>")
		case strings.HasPrefix(lower, "<!doctype") && !strings.HasPrefix(lower, "<!doctype html"):
			_, lower, ok = strings.Cut(lower, ">")
		}
		if !ok {
			break
		}
	}
	name := strings.TrimPrefix(lower, "<")
	if i := strings.IndexAny(name, " \t\n/>"); i >= 0 {
		name = name[:i]
	}
	switch name {
	case "!doctype", "html", "head", "body", "meta", "title", "table", "div", "p", "span", "font", "style", "center", "pre", "br", "h1", "h2", "h3", "ul", "ol", "b", "a", "img", "basefont", "link", "base", "script", "o:p", "article", "section", "main", "tr", "tbody":
		return HTML, true
	case "svg":
		return None, true
	case "office:document":
		if strings.Contains(lower, "opendocument.spreadsheet") {
			return ODS, true
		}
		return ODT, true
	}
	if strings.Contains(lower[:min(len(lower), 1024)], "<html") {
		return HTML, true
	}
	return None, false
}

// mailFields are header fields by which a mail is known. The strong ones stand in nothing else.
var mailFields = map[string]bool{"received": true, "return-path": true, "message-id": true, "mime-version": true, "delivered-to": true, "x-received": true,
	"dkim-signature": true, "authentication-results": true, "content-transfer-encoding": true, "x-unsent": true, "x-mailer": true, "arc-seal": true,
	"from": false, "to": false, "cc": false, "date": false, "subject": false, "sender": false, "reply-to": false, "content-type": false, "in-reply-to": false, "references": false}

// isMail says whether a text begins with the header of a mail.
func isMail(text string, hint Hint) bool {
	if strings.HasPrefix(text, "From ") { // of an mbox
		if line, rest, ok := strings.Cut(text, "\n"); ok && len(line) < 200 {
			text = rest
		}
	}
	strong, weak, address := map[string]bool{}, map[string]bool{}, false
	for n := 0; n < 200; n++ {
		line, rest, more := strings.Cut(text, "\n")
		text = rest
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if n == 0 {
				return false
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || len(name) > 76 || strings.ContainsAny(name, " \t") {
			if len(strong) < 2 {
				return false
			}
			break
		}
		name = strings.ToLower(name)
		if is, known := mailFields[name]; known && is {
			strong[name] = true
		} else if known {
			weak[name] = true
			address = address || name == "from" && strings.Contains(value, "@")
		}
		if !more {
			break
		}
	}
	ext := extension(hint)
	claimed := strings.HasPrefix(strings.ToLower(hint.ContentType), "message/") || ext == ".eml" || ext == ".mht" || ext == ".mhtml"
	switch {
	case claimed:
		return len(strong)+len(weak) > 0
	case len(strong) > 1, strong["mime-version"] && weak["content-type"]:
		return true
	case !address: // a form or a fax has a sender and a date too
		return false
	}
	return len(strong) > 0 || weak["subject"] && weak["date"] && (weak["to"] || weak["content-type"])
}

// extension is the ending of the name that the mail claims, in lower case.
func extension(hint Hint) string { return strings.ToLower(path.Ext(hint.Filename)) }

// isCSV says whether a text is a table: because the mail says so, or because its rows have the same number of columns.
func isCSV(text string, cut bool, hint Hint) bool {
	kind := strings.ToLower(hint.ContentType)
	if ext := extension(hint); ext == ".csv" || ext == ".tsv" || ext == ".tab" || strings.Contains(kind, "csv") || strings.Contains(kind, "tab-separated") {
		return true
	}
	_, even := separator(text, cut)
	return even
}
