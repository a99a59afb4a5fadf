package message

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// winmail.dat, application/ms-tnef: the form in which Outlook and Exchange keep a mail between themselves, and which gets out when they are set up
// so. It is a stream of attributes (MS-OXTNEF, section 2.1.3): those of the message, then, for each attachment, those of it. It is read as a
// stream: texts up to Limits.TextBytes, attachments handed on while they pass.

// tnefMagic is the signature 0x223E9F78, as it stands in the stream.
const tnefMagic = "\x78\x9f\x3e\x22"

// Attributes (MS-OXTNEF, section 2.1.3.3), without the type in their upper half.
const (
	tnefCodepage   = 0x9007
	tnefClass      = 0x8008
	tnefSubject    = 0x8004
	tnefBody       = 0x800c
	tnefProps      = 0x9003
	tnefRendData   = 0x9002 // begins an attachment
	tnefTitle      = 0x8010
	tnefData       = 0x800f
	tnefAttachment = 0x9005 // properties of the attachment
)

// Properties (MS-OXPROPS).
const (
	propClass        = 0x001a
	propSubject      = 0x0037
	propSubmitTime   = 0x0039
	propAuthorName   = 0x0042
	propAuthorEmail  = 0x0065
	propSenderName   = 0x0c1a
	propSenderEmail  = 0x0c1f
	propDeliveryTime = 0x0e06
	propBody         = 0x1000
	propRTF          = 0x1009
	propHTML         = 0x1013
	propMessageID    = 0x1035
	propDisplayName  = 0x3001
	propAttachData   = 0x3701
	propFilename     = 0x3704
	propLongName     = 0x3707
	propMIMEType     = 0x370e
	propContentID    = 0x3712
	propInternetCP   = 0x3fde
	propMessageCP    = 0x3ffd
	propAuthorSMTP   = 0x5d02
	propSenderSMTP   = 0x5d01
)

var errTNEF = errors.New("not a TNEF stream")

// isTNEF says whether a part is called one.
func isTNEF(a Attachment, typ string) bool {
	return typ == "application/ms-tnef" || typ == "application/vnd.ms-tnef" || strings.EqualFold(a.Filename, "winmail.dat")
}

// tnef unpacks a winmail.dat: its attachments are listed and handed on, mails in it are read as forwards, and its text is what the mail says if
// it has no other. One in which nothing is found stays an attachment.
func (w *walker) tnef(a Attachment, r io.Reader, cut func() bool, depth int) *node {
	tap := newTap(r, &shared{tapLeft: 64 << 10}) // one that cannot be opened is small, or no winmail.dat
	br := bufio.NewReaderSize(tap, 16<<10)
	before := len(w.shared.msg.Attachments)
	t := &tnefReader{walker: w, r: br, depth: depth}
	err := t.read()
	_, _ = io.Copy(io.Discard, br)
	n := t.node()
	switch {
	case n == nil && len(w.shared.msg.Attachments) == before && t.class == "":
		w.problem("Outlook has packed the mail into winmail.dat, which could not be opened; ask the sender to send it as plain mail.")
		if tap.whole {
			w.attachment(a, bytes.NewReader(tap.kept), cut)
			return nil
		}
		a.Size, a.SHA256, a.Truncated = tap.size, hex.EncodeToString(tap.sum.Sum(nil)), true
		w.reserve(a)
		return nil
	case err != nil || cut != nil && cut():
		w.problem("A winmail.dat of Outlook is damaged; what could be read of it is shown.")
	}
	return n
}

// tnefReader reads one stream.
type tnefReader struct {
	*walker
	r     *bufio.Reader
	depth int

	class    string
	codepage int // of the strings of one byte a character
	internet int // of the HTML
	msg      Message
	plain    string
	html     string
	rtf      string
	forwards []*node

	open     bool // an attachment has begun
	at       Attachment
	index    int  // where it is listed once its bytes were handed on, else -1
	embedded bool // it was a mail
	held     []byte
	has      bool
}

// node lays out what was found; nil if there is nothing to read.
func (t *tnefReader) node() *node {
	n := &node{kind: kindMixed}
	text := &node{kind: kindSpare, tnef: true}
	switch {
	case strings.TrimSpace(t.plain) != "":
		text.body.text = tidyText(t.plain)
		text.page = t.html
	case t.html != "":
		text.body.text, text.html = t.html, true
	default:
		text.body.text = t.rtf
	}
	if !text.body.blank() {
		n.kids = append(n.kids, text)
	}
	n.kids = append(n.kids, t.forwards...)
	if len(n.kids) == 0 {
		return nil
	}
	return n
}

// read reads the attributes to the end. What was read before an error stays.
func (t *tnefReader) read() error {
	head := make([]byte, 6)
	if _, err := io.ReadFull(t.r, head); err != nil || string(head[:4]) != tnefMagic {
		return errTNEF
	}
	defer t.finishAttachment()
	for count := 0; count < 20_000; count++ {
		var h [9]byte
		if _, err := io.ReadFull(t.r, h[:]); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if h[0] != 1 && h[0] != 2 {
			return errTNEF
		}
		size := int64(binary.LittleEndian.Uint32(h[5:]))
		data := &io.LimitedReader{R: t.r, N: size}
		if err := t.attribute(binary.LittleEndian.Uint16(h[1:]), data); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, data); err != nil {
			return err
		}
		if data.N > 0 {
			return io.ErrUnexpectedEOF
		}
		// The checksum is not compared: what a broken one says is no better than nothing.
		if _, err := t.r.Discard(2); err != nil {
			return nil //nolint:nilerr // some programs leave out the last one
		}
	}
	return errTNEF
}

func (t *tnefReader) attribute(id uint16, data *io.LimitedReader) error {
	switch id {
	case tnefCodepage:
		b, err := readUpTo(data, 8)
		if err == nil && len(b) >= 4 {
			t.codepage = int(binary.LittleEndian.Uint32(b))
		}
		return err
	case tnefClass:
		b, err := readUpTo(data, 256)
		t.class = strings.TrimPrefix(oneLine(strings.TrimRight(string(b), "\x00")), "IPM.Microsoft Mail.")
		return err
	case tnefSubject:
		b, err := readUpTo(data, 4<<10)
		t.msg.Subject = oneLine(t.ansi(b))
		return err
	case tnefBody:
		b, err := t.text(data, &t.walker.textLeft)
		if t.plain == "" {
			t.plain = t.ansi(b)
		}
		return err
	case tnefProps:
		return t.properties(data, t.messageProperty)
	case tnefRendData:
		t.finishAttachment()
		return t.begin()
	case tnefTitle:
		b, err := readUpTo(data, 4<<10)
		t.at.Filename = cleanName(t.ansi(b))
		return err
	case tnefData:
		return t.content(data)
	case tnefAttachment:
		return t.properties(data, t.attachmentProperty)
	}
	return nil
}

var errTooMany = errors.New("too many parts")

// begin begins an attachment.
func (t *tnefReader) begin() error {
	if t.walker.parts++; t.walker.parts > t.limits.Parts {
		t.manyParts()
		return errTooMany
	}
	t.open, t.at, t.index, t.embedded, t.held, t.has = true, Attachment{}, -1, false, nil, false
	return nil
}

// content takes the bytes of an attachment. Its long name and its type come after them, so they are held while the budget for that lasts; a large
// file is handed on at once under the name known so far.
func (t *tnefReader) content(data io.Reader) error {
	if !t.open {
		if err := t.begin(); err != nil {
			return err
		}
	}
	if t.has || t.embedded {
		return nil
	}
	t.has = true
	budget := int64(min(t.shared.tapLeft, embeddedBytes/2))
	var held bytes.Buffer
	_, err := io.CopyN(&held, data, budget)
	if errors.Is(err, io.EOF) {
		t.held = held.Bytes()
		t.shared.tapLeft -= len(t.held)
		if l, ok := data.(*io.LimitedReader); ok && l.N > 0 {
			t.at.Truncated = true
		}
		return nil
	}
	if err != nil {
		t.held = held.Bytes()
		return err
	}
	t.index = len(t.shared.msg.Attachments)
	t.attachment(t.listed(), io.MultiReader(&held, data), nil)
	return nil
}

// listed is the attachment as it is listed.
func (t *tnefReader) listed() Attachment {
	a := t.at
	if a.ContentType == "" {
		a.ContentType = "application/octet-stream"
	}
	return a
}

// finishAttachment hands on an attachment whose bytes were held, or gives one that was handed on the name that came later.
func (t *tnefReader) finishAttachment() {
	if !t.open {
		return
	}
	t.open = false
	switch {
	case t.index >= 0:
		a, named := &t.shared.msg.Attachments[t.index], t.listed()
		a.Filename, a.ContentType, a.Inline = named.Filename, named.ContentType, named.Inline
	case t.has && t.secured():
	case t.has:
		t.attachment(t.listed(), bytes.NewReader(t.held), nil)
		t.shared.tapLeft += len(t.held)
	case t.at.Filename != "" && !t.embedded:
		t.problem("A file that Outlook packed into winmail.dat was not sent along, or only as a link.")
	}
	t.held = nil
}

// secured reads the one attachment of a mail that Exchange got signed or encrypted with S/MIME: it is the mail itself, in CMS or as a part with
// its own header (MS-OXOSMIME, section 2.1). It says false for other mail.
func (t *tnefReader) secured() bool {
	class := strings.ToUpper(t.class)
	if !strings.HasPrefix(class, "IPM.NOTE.SMIME") || t.depth+1 >= t.limits.Depth {
		return false
	}
	s := newScanner(bytes.NewReader(t.held))
	h := &header{fields: []Field{{Name: "Content-Type", raw: "application/pkcs7-mime; name=smime.p7m"}}}
	if strings.HasSuffix(class, "MULTIPARTSIGNED") {
		h = readHeader(s, t.limits.HeaderBytes, true)
		h.decode("")
		if !h.has("Content-Type") {
			return false
		}
	}
	if n := t.part(s, h, place{depth: t.depth + 1, root: true}); n != nil {
		t.forwards = append(t.forwards, n)
	}
	return true
}

// property is one property: its value is still to be read.
type property struct {
	id, kind uint16
	size     int64
	number   uint64 // of a value of fixed size
	r        io.Reader
}

// properties reads a list of properties (MS-OXTNEF, section 2.1.3.4).
func (t *tnefReader) properties(data *io.LimitedReader, take func(property) error) error {
	count, err := readUint32(data)
	if err != nil {
		return err
	}
	for range min(count, 20_000) {
		var h [4]byte
		if _, err := io.ReadFull(data, h[:]); err != nil {
			return err
		}
		kind, id := binary.LittleEndian.Uint16(h[:]), binary.LittleEndian.Uint16(h[2:])
		if id >= 0x8000 { // named: a GUID, then a number or a name
			if err := discard(data, 16); err != nil {
				return err
			}
			byName, err := readUint32(data)
			if err != nil {
				return err
			}
			n, err := readUint32(data)
			if err != nil {
				return err
			}
			if byName == 1 {
				if err := discard(data, padded(int64(n))); err != nil {
					return err
				}
			}
		}
		values := uint32(1)
		many := kind&0x1000 != 0
		kind &^= 0x1000
		variable := kind == 0x1e || kind == 0x1f || kind == 0x0d || kind == 0x102
		if many || variable {
			if values, err = readUint32(data); err != nil {
				return err
			}
		}
		for i := range values {
			if data.N <= 0 {
				return io.ErrUnexpectedEOF
			}
			p := property{id: id, kind: kind}
			if variable {
				n, err := readUint32(data)
				if err != nil {
					return err
				}
				p.size = int64(n)
				if p.size > data.N {
					p.size = data.N // cut: what is there is read
				}
				value := &io.LimitedReader{R: data, N: p.size}
				if p.r = value; i == 0 {
					if err := take(p); err != nil {
						return err
					}
				}
				if err := discard(data, value.N+padded(p.size)-p.size); err != nil {
					return err
				}
				continue
			}
			size := fixedSize(kind)
			if size < 0 || size == 0 && values > 1 {
				return errTNEF // a billion values of no bytes would be counted one by one
			}
			var v [16]byte
			if _, err := io.ReadFull(data, v[:size]); err != nil {
				return err
			}
			p.number = binary.LittleEndian.Uint64(v[:])
			p.r = strings.NewReader("") // whoever takes it for one with text or bytes reads none
			if i == 0 {
				if err := take(p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// fixedSize is the size of a value in the stream, -1 for a kind that does not exist.
func fixedSize(kind uint16) int {
	switch kind {
	case 0x00, 0x01:
		return 0
	case 0x02, 0x03, 0x04, 0x0a, 0x0b:
		return 4
	case 0x05, 0x06, 0x07, 0x14, 0x40:
		return 8
	case 0x48:
		return 16
	}
	return -1
}

func padded(n int64) int64 { return (n + 3) &^ 3 }

func (t *tnefReader) messageProperty(p property) error {
	switch p.id {
	case propClass:
		if t.class == "" {
			t.class = t.short(p)
		}
	case propSubject:
		if s := t.short(p); s != "" {
			t.msg.Subject = s
		}
	case propMessageID:
		t.msg.MessageID = strings.Trim(t.short(p), "<> ")
	case propAuthorName:
		t.msg.From.Name = t.short(p)
	case propSenderName:
		if s := t.short(p); t.msg.From.Name == "" {
			t.msg.From.Name = s
		}
	case propAuthorEmail, propAuthorSMTP, propSenderEmail, propSenderSMTP:
		// Addresses within an organisation are no mail addresses.
		if s := t.short(p); strings.Contains(s, "@") && t.msg.From.Address == "" {
			t.msg.From.Address = s
		}
	case propSubmitTime, propDeliveryTime:
		// Hundreds of nanoseconds since 1601.
		if at := time.Unix(int64(p.number/1e7)-11644473600, 0).UTC(); p.kind == 0x40 && plausible(at) && t.msg.Date.IsZero() {
			t.msg.Date = at
		}
	case propInternetCP:
		t.internet = int(uint32(p.number))
	case propMessageCP:
		if t.codepage == 0 {
			t.codepage = int(uint32(p.number))
		}
	case propBody:
		b, err := t.text(p.r, &t.walker.textLeft)
		if s := t.str(p, b); strings.TrimSpace(s) != "" {
			t.plain = s
		}
		return err
	case propHTML:
		b, err := t.text(p.r, &t.walker.htmlLeft)
		if p.kind == 0x1f {
			t.html = t.str(p, b)
			return err
		}
		label := codepageLabel(t.internet)
		if label == "" {
			label = metaCharset(b)
		}
		t.html, _ = toUTF8(bytes.TrimRight(b, "\x00"), label)
		return err
	case propRTF:
		b, err := t.text(p.r, &t.walker.textLeft)
		raw, whole := decompressRTF(b, t.limits.TextBytes)
		if !whole {
			t.problem("A winmail.dat of Outlook is damaged; what could be read of it is shown.")
		}
		text, html := readRTF(raw)
		if html {
			if t.html == "" {
				t.html = text
			}
		} else {
			t.rtf = text
		}
		return err
	}
	return nil
}

func (t *tnefReader) attachmentProperty(p property) error {
	if !t.open {
		if err := t.begin(); err != nil {
			return err
		}
	}
	switch p.id {
	case propLongName, propFilename, propDisplayName:
		if s := cleanName(t.short(p)); s != "" && (p.id == propLongName || t.at.Filename == "" || p.id == propFilename && len(s) > len(t.at.Filename)) {
			t.at.Filename = s
		}
	case propMIMEType:
		if s := strings.ToLower(t.short(p)); strings.Contains(s, "/") {
			t.at.ContentType = parseValue(s).main
		}
	case propContentID:
		t.at.Inline = t.short(p) != ""
	case propAttachData:
		if p.kind == 0x0d {
			return t.object(p)
		}
		return t.content(p.r)
	}
	return nil
}

// iidMessage marks an object that is a mail: a stream of its own (MS-OXTNEF, section 2.1.3.4.1).
var iidMessage = []byte{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}

// object reads an attachment that is an object: a mail is read as a forward, anything else handed on as it is.
func (t *tnefReader) object(p property) error {
	var iid [16]byte
	if _, err := io.ReadFull(p.r, iid[:]); err != nil {
		return err
	}
	if !bytes.Equal(iid[:], iidMessage) {
		return t.content(p.r)
	}
	if t.depth+1 >= t.limits.Depth {
		t.problem("The mail is nested deeper than %d levels; what lies deeper is kept unread as an attachment.", t.limits.Depth)
		return t.content(p.r)
	}
	t.embedded = true
	outer := t.at // attachments within are listed before this mail is over
	sub := &tnefReader{walker: &walker{shared: t.shared, msg: &Message{}}, r: bufio.NewReaderSize(p.r, 4<<10), depth: t.depth + 1, codepage: t.codepage}
	err := sub.read()
	*sub.walker.msg = sub.msg
	t.at = outer
	if err != nil {
		t.problem("A winmail.dat of Outlook is damaged; what could be read of it is shown.")
	}
	if n := sub.node(); n != nil || sub.msg.Subject != "" {
		fwd := sub.walker.msg
		if fwd.Subject == "" {
			fwd.Subject = outer.Filename
		}
		f := &node{kind: kindForward, fwd: fwd}
		if n != nil {
			f.kids = []*node{n}
		}
		t.forwards = append(t.forwards, f)
	}
	return nil
}

// text reads a text within what is left of a budget.
func (t *tnefReader) text(r io.Reader, budget *int) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	b, err := readUpTo(r, int64(*budget))
	*budget -= len(b)
	var one [1]byte
	if n, _ := io.ReadFull(r, one[:]); n > 0 {
		t.problem("The text is longer than %s; the rest is only in the original.", sizeWords(int64(t.limits.TextBytes)))
	}
	return b, err
}

// short reads a short string.
func (t *tnefReader) short(p property) string {
	b, _ := readUpTo(p.r, 4<<10)
	return oneLine(t.str(p, b))
}

// str reads a string of a property in its own form.
func (t *tnefReader) str(p property, b []byte) string {
	if p.kind == 0x1f {
		return strings.TrimRight(decodeUnits(b, false), "\x00")
	}
	return t.ansi(b)
}

// ansi reads a string of one byte a character.
func (t *tnefReader) ansi(b []byte) string {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return PageText(b, t.codepage)
}

// cleanName is a file name as a person may see it.
func cleanName(s string) string {
	if !utf8.ValidString(s) {
		return ""
	}
	return fileName(value{params: map[string]string{"filename": s}}, value{}, "")
}

// readUpTo reads at most n bytes. That there are fewer is no error.
func readUpTo(r io.Reader, n int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, max(n, 0)))
}

func readUint32(r io.Reader) (uint32, error) {
	var b [4]byte
	_, err := io.ReadFull(r, b[:])
	return binary.LittleEndian.Uint32(b[:]), err
}

func discard(r io.Reader, n int64) error {
	if n <= 0 {
		return nil
	}
	m, err := io.CopyN(io.Discard, r, n)
	// The padding of the last value may be missing.
	if errors.Is(err, io.EOF) && n-m < 4 {
		return nil
	}
	return err
}

// rtfDictionary is what the dictionary of compressed RTF begins with (MS-OXRTFCP, section 2.1.2.1).
const rtfDictionary = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` +
	"\r\n" + `\par \pard\plain\f0\fs20\b\i\u\tab\tx`

// decompressRTF undoes the compression of RTF (MS-OXRTFCP). One byte gives at most nine, and never more than limit come out. whole says that the
// data went to its end.
func decompressRTF(b []byte, limit int) (out []byte, whole bool) {
	if len(b) < 16 {
		return nil, len(b) == 0
	}
	size := int(min(binary.LittleEndian.Uint32(b[4:]), uint32(max(limit, 0))))
	magic := string(b[8:12])
	b = b[16:]
	switch magic {
	case "MELA": // not compressed
		return b[:min(size, len(b))], size <= len(b)
	case "LZFu":
	default:
		return nil, false
	}
	var dict [4096]byte
	at := copy(dict[:], rtfDictionary)
	out = make([]byte, 0, min(size, 8*len(b)))
	put := func(c byte) {
		out = append(out, c)
		dict[at] = c
		at = (at + 1) % len(dict)
	}
	for len(b) > 0 {
		flags := b[0]
		b = b[1:]
		for bit := range 8 {
			if len(out) >= size {
				return out, true
			}
			if flags>>bit&1 == 0 {
				if len(b) == 0 {
					return out, false
				}
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out, false
			}
			ref := int(b[0])<<8 | int(b[1])
			b = b[2:]
			from, n := ref>>4, ref&15+2
			if from == at { // the end
				return out, true
			}
			for range n {
				if len(out) >= size {
					return out, true
				}
				put(dict[from])
				from = (from + 1) % len(dict)
			}
		}
	}
	return out, false
}
