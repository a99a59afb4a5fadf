package message

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

// Parse reads a mail from r. It always returns a usable Message. The error is that of r or of Options.Attachment; what is wrong with the mail
// itself is no error but a sentence in Message.Problems.
//
// It reads r once, in one goroutine, in time linear in the bytes, and holds at most the texts (Limits.TextBytes), one header block
// (Limits.HeaderBytes) and some buffers at a time.
func Parse(r io.Reader, opts Options) (*Message, error) {
	limits := opts.Limits.withDefaults()
	sh := &shared{limits: limits, attach: opts.Attachment, tapLeft: embeddedBytes, textLeft: limits.TextBytes, htmlLeft: limits.TextBytes,
		spareLeft: min(spareBytes, limits.TextBytes)}
	msg := &Message{}
	sh.msg = msg
	lr := &limitReader{r: r, n: limits.MessageBytes}
	w := &walker{shared: sh, msg: msg}
	src, wide := asBytes(lr)
	sh.wide = wide
	root := w.message(src, 0)
	if lr.hit {
		w.problem("The mail is larger than %s; what lies beyond was not read.", sizeWords(limits.MessageBytes))
	}
	w.finish(root)
	err := lr.err
	if err != nil {
		err = fmt.Errorf("reading the mail: %w", err)
		w.problem("The mail could not be read to its end.")
	}
	if sh.attachErr != nil {
		err = errors.Join(err, sh.attachErr)
	}
	return msg, err
}

// embeddedBytes bounds what is held of attached mails, so that they can be handed on as attachments after they were read. All of one mail
// together; what does not fit is listed with its size and digest.
const embeddedBytes = 2 << 20

// asBytes takes away what a program that stored the mail as a text file put around its bytes: a byte order mark, or two bytes for each character.
// wide says that it was the latter.
func asBytes(r io.Reader) (src io.Reader, wide bool) {
	br := bufio.NewReaderSize(r, 16)
	b, _ := br.Peek(4)
	if len(b) < 4 {
		return br, false
	}
	letter := func(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '>' }
	var order unicode.Endianness
	switch {
	case b[0] == 0xef && b[1] == 0xbb && b[2] == 0xbf:
		_, _ = br.Discard(3)
		return br, false
	case b[0] == 0xff && b[1] == 0xfe && b[3] == 0, letter(b[0]) && b[1] == 0 && letter(b[2]) && b[3] == 0:
		order = unicode.LittleEndian
	case b[0] == 0xfe && b[1] == 0xff && b[2] == 0, b[0] == 0 && letter(b[1]) && b[2] == 0 && letter(b[3]):
		order = unicode.BigEndian
	default:
		return br, false
	}
	return unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(br), true
}

// spareBytes bounds what is kept of texts that are shown only if the mail has no other.
const spareBytes = 256 << 10

// shared is what the walkers of a mail and of the mails attached to it have in common.
type shared struct {
	limits    Limits
	attach    func(*Attachment, io.Reader) error
	attachErr error
	msg       *Message // the outermost: owns attachments and problems

	parts              int
	tapLeft            int
	textLeft, htmlLeft int
	spareLeft          int  // of texts that are shown only if there is no other
	wide               bool // the whole mail was stored as UTF-16: what it says of its charsets is no longer true
	mbox               bool // the mail came out of an mbox file, which marks lines that begin with "From "
	tooMany, tooDeep   bool
	armor              bool // an attachment is encrypted with PGP
}

// walker reads one message: the mail itself or one attached to it.
type walker struct {
	*shared
	msg    *Message
	bodies int // text parts met so far
	leaves int

	hasPlain bool // while laying out: the HTML is only another form of a plain text
}

// problem records a sentence once. args must hold no text of the mail.
func (w *walker) problem(format string, args ...any) {
	p := fmt.Sprintf(format, args...)
	for _, have := range w.shared.msg.Problems {
		if have == p {
			return
		}
	}
	if len(w.shared.msg.Problems) < 50 {
		w.shared.msg.Problems = append(w.shared.msg.Problems, p)
	}
}

// message reads a whole message: header and body.
func (w *walker) message(r io.Reader, depth int) *node {
	s := newScanner(r)
	h := readHeader(s, w.limits.HeaderBytes, true)
	ct := parseValue(h.get("Content-Type"))
	h.decode(bodyCharset(ct))
	w.headerProblems(h)
	w.fill(h)
	if depth == 0 {
		w.shared.mbox = h.mbox
	}
	n := w.part(s, h, place{depth: depth, root: true})
	if s.err != nil && depth == 0 {
		w.problem("The mail could not be read to its end.")
	}
	return n
}

func (w *walker) headerProblems(h *header) {
	if h.long {
		w.problem("The header is longer than %s; lines beyond that were left out.", sizeWords(int64(w.limits.HeaderBytes)))
	}
	if h.junk {
		w.problem("The header has lines that are none; they were joined to the line before.")
	}
	if h.noBlank {
		w.problem("The empty line between header and text is missing.")
	}
}

// fill sets the message's fields from its header.
func (w *walker) fill(h *header) {
	m := w.msg
	m.Fields = h.fields
	for i := range h.fields {
		if !strings.EqualFold(h.fields[i].Name, "From") || m.From.Address != "" {
			continue
		}
		for _, a := range parseAddresses(h.fields[i].raw) {
			if a.Address != "" { // a name without an address is what is left of a broken list
				m.From = a
				break
			}
			if m.From.Name == "" {
				m.From = a
			}
		}
	}
	if s := parseAddresses(h.get("Sender")); len(s) > 0 {
		m.Sender = &s[0]
	}
	for i := range h.fields {
		f := &h.fields[i]
		switch strings.ToLower(f.Name) {
		case "reply-to":
			m.ReplyTo = append(m.ReplyTo, parseAddresses(f.raw)...)
		case "to":
			m.To = append(m.To, parseAddresses(f.raw)...)
		case "cc":
			m.Cc = append(m.Cc, parseAddresses(f.raw)...)
		case "subject":
			if m.Subject == "" {
				m.Subject = f.Value
			}
		case "message-id":
			if m.MessageID == "" {
				if ids := parseIDs(f.raw); len(ids) > 0 {
					m.MessageID = ids[0]
				} else {
					m.MessageID = strings.Trim(f.Value, "<> ")
				}
			}
		case "in-reply-to":
			m.InReplyTo = appendIDs(m.InReplyTo, parseIDs(f.raw))
		case "references":
			m.References = appendIDs(m.References, parseIDs(f.raw))
		case "date":
			if t, ok := parseDate(f.raw); ok && m.Date.IsZero() {
				m.Date = t
			}
		}
	}
	if w.msg != w.shared.msg {
		return
	}
	if m.From.Address == "" {
		w.problem("The mail does not name an address that it comes from.")
	}
	switch {
	case !h.has("Date"):
		w.problem("The mail has no date.")
	case m.Date.IsZero():
		w.problem("The date of the mail cannot be read.")
	}
	if m.MessageID == "" {
		w.problem("The mail has no Message-ID.")
	}
}

func appendIDs(have, more []string) []string {
next:
	for _, id := range more {
		if len(have) == 1000 {
			break
		}
		for _, h := range have {
			if h == id {
				continue next
			}
		}
		have = append(have, id)
	}
	return have
}

// bodyCharset is the charset that a Content-Type states, as far as it helps to read raw header bytes.
func bodyCharset(ct value) string {
	switch c := cleanLabel(ct.params["charset"]); c {
	case "utf-8", "us-ascii", "utf-7", "utf-16", "utf-16le", "utf-16be":
		return ""
	default:
		return c
	}
}

// limitReader reads at most n bytes and remembers whether there were more, and the error that ended it.
type limitReader struct {
	r   io.Reader
	n   int64
	hit bool
	err error
}

func (l *limitReader) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if l.n <= 0 {
		if !l.hit {
			var one [1]byte
			if n, _ := io.ReadFull(l.r, one[:]); n > 0 {
				l.hit = true
			}
		}
		return 0, io.EOF
	}
	if int64(len(p)) > l.n {
		p = p[:l.n]
	}
	n, err := l.r.Read(p)
	l.n -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		l.err = err
	}
	return n, err
}

// sizeWords writes a size for a person.
func sizeWords(n int64) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
