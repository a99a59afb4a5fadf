package desk

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/identifiers"
)

// segment is a piece of foreign text as a page shows it: plain, a mention of a code, or masked because it may identify
// a patient. The template escapes all of it.
type segment struct {
	Text    string
	Mention bool
	System  string
	Href    string
	Title   string
	Anchor  string
	Mask    bool
}

// masking says what of a text is masked.
type masking int

const (
	maskAll      masking = iota // whatever may identify a patient
	maskPatients                // not telephone numbers and addresses: in a sign-off they are the sender's own
	maskNothing                 // our own mails, and what was asked to be shown
)

// lit is a mention to be marked in a text, by byte offsets.
type lit struct {
	start, end int
	system     codes.System
	code       string
	title      string
	known      bool // it has a line among the case's codes, which the anchor opens
}

// segments cuts a text at its mentions and at what may identify a patient. Offsets that do not fit are left out: they
// were made from another reading of the text, and a wrong mark is worse than none. The pieces put together are the
// text, but for what is masked.
func segments(text string, mentions []lit, masks masking) (out []segment, masked int) {
	slices.SortStableFunc(mentions, func(a, b lit) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end)) })
	var found []identifiers.Finding
	if masks != maskNothing {
		found = identifiers.Find(text)
	}
	type piece struct {
		start, end int
		seg        segment
	}
	var pieces []piece
	at := 0
	for _, m := range mentions {
		if m.start < at || m.end <= m.start || m.end > len(text) {
			continue
		}
		seg := segment{Text: text[m.start:m.end], Mention: true, System: string(m.system), Title: m.title, Href: codePath(m.system, m.code)}
		if m.known {
			seg.Anchor = codeAnchor(m.system, m.code)
		}
		pieces = append(pieces, piece{m.start, m.end, seg})
		at = m.end
	}
	for _, f := range found {
		if masks == maskPatients && (f.Kind == "phone" || f.Kind == "email" || f.Kind == "address") {
			continue
		}
		// A code is no identifier, whatever it looks like; the rest of the place is masked all the same.
		start, end := f.Start, f.End
		overlaps := func(p piece) bool { return p.seg.Mention && p.start < end && start < p.end }
		if slices.ContainsFunc(pieces, overlaps) {
			continue
		}
		pieces = append(pieces, piece{start, end, segment{Text: maskText(f.Kind), Mask: true, Title: identifierName(f.Kind)}})
		masked++
	}
	slices.SortStableFunc(pieces, func(a, b piece) int { return cmp.Compare(a.start, b.start) })
	at = 0
	for _, p := range pieces {
		if p.start < at {
			continue // two identifiers that overlap: the first one stands for both
		}
		if p.start > at {
			out = append(out, segment{Text: text[at:p.start]})
		}
		out = append(out, p.seg)
		at = p.end
	}
	if at < len(text) {
		out = append(out, segment{Text: text[at:]})
	}
	return out, masked
}

// mask is a text for a list, with what may identify a patient replaced.
func mask(text string) string {
	if text == "" {
		return ""
	}
	return identifiers.Mask(text)
}

func maskText(kind string) string { return "[" + identifierName(kind) + "]" }

func identifierName(kind string) string {
	switch kind {
	case "ssn":
		return "social security number"
	case "mrn":
		return "record number"
	case "dob":
		return "date of birth"
	case "mbi":
		return "Medicare number"
	case "member":
		return "member number"
	}
	return kind // phone, email, name, address
}

func codePath(system codes.System, code string) string {
	return "/codes/" + url.PathEscape(string(system)) + "/" + url.PathEscape(code)
}

func codeAnchor(system codes.System, code string) string {
	return "code-" + string(system) + "-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, code)
}

// cut shortens a text to at most n bytes, at the end of a line or at least of a character.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	text = text[:n]
	for range utf8.UTFMax - 1 {
		if r, width := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || width != 1 {
			break
		}
		text = text[:len(text)-1]
	}
	if i := strings.LastIndexByte(text, '\n'); i > n/2 {
		text = text[:i]
	}
	return text
}

// firstLine is the beginning of a text on one line, for a folded message.
func firstLine(text string) string {
	text = strings.Join(strings.Fields(cut(text, 1000)), " ")
	if len(text) > 160 {
		text = strings.ToValidUTF8(text[:160], "") + "…"
	}
	return text
}
