package authenticity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// signature is a DKIM-Signature (RFC 6376 section 3.5) or an ARC-Message-Signature (RFC 8617 section 4.1.2), which is the
// same but for its version and what "i=" means.
type signature struct {
	field  field
	tags   tags
	domain string // "" if the field cannot be read
	arc    bool
}

func newSignature(f field, arc bool) *signature {
	s := &signature{field: f, arc: arc}
	if t, ok := parseTags(f.value()); ok {
		s.tags = t
		s.domain, _ = hostName(t.bare("d"))
	}
	return s
}

// signatures are a mail's DKIM signatures, top down.
func (m *readMailHeader) signatures() []*signature {
	var list []*signature
	for _, f := range m.header.fields {
		if f.is("DKIM-Signature") {
			list = append(list, newSignature(f, false))
		}
	}
	return list
}

// bodyForms says which canonical form of the body a signature is over.
func bodyForms(value string) (simple, relaxed bool) {
	t, ok := parseTags(value)
	if !ok {
		return false, false
	}
	_, body := forms(t)
	return body == "simple", body == "relaxed"
}

// forms are the canonical forms of header and body, "simple" where nothing is said.
func forms(t tags) (header, body string) {
	header, body, _ = strings.Cut(strings.ToLower(t.bare("c")), "/")
	if header == "" {
		header = "simple"
	}
	if body == "" {
		body = "simple"
	}
	return header, body
}

// verify verifies one signature (RFC 6376 section 6.1). The body comes before the key, so that nobody is asked about a
// mail that was changed.
func (s *signature) verify(ctx context.Context, dns *cache, m *readMailHeader, arrived time.Time) outcome {
	t := s.tags
	if t == nil || s.domain == "" {
		return no("it cannot be read")
	}
	if !s.arc && t.bare("v") != "1" {
		return no("it is of an unknown version")
	}
	for _, name := range []string{"a", "b", "bh", "h", "s"} {
		if t.bare(name) == "" {
			return no("it is not complete")
		}
	}
	selector := strings.ToLower(t.bare("s"))
	if len(selector) > 200 || !isName(selector) {
		return no("it cannot be read")
	}
	kind := algorithm(t.bare("a"))
	if kind == "" {
		return no("it is of a kind that proves nothing any more")
	}
	if methods := t.list("q"); methods != nil && !strings.Contains(strings.Join(methods, ":"), "dns/txt") {
		return no("its key is published in an unknown way")
	}
	identity := s.domain
	if i := t.bare("i"); i != "" && !s.arc {
		identity = strings.ToLower(strings.TrimSuffix(i[strings.LastIndexByte(i, '@')+1:], "."))
		if identity != s.domain && !strings.HasSuffix(identity, "."+s.domain) {
			return no("it speaks for a domain that is not its own")
		}
	}
	if why := s.inForce(arrived); why != "" {
		return no(why)
	}
	covered := t.list("h")
	if !coversFrom(covered) {
		return no("it does not cover who the author is")
	}
	headerForm, bodyForm := forms(t)
	body := m.simple
	if bodyForm == "relaxed" {
		body = m.relaxed
	}
	if body == nil || headerForm != "simple" && headerForm != "relaxed" || bodyForm != "simple" && bodyForm != "relaxed" {
		return no("it is made over a form that is not known")
	}
	if l, ok := t["l"]; ok {
		// RFC 6376 section 8.2: what is added behind the length that is covered can be anything.
		if n, err := strconv.ParseInt(strings.TrimSpace(l), 10, 64); err != nil || n != body.length {
			return no("it covers only a part of the text")
		}
	}
	want, ok := decode(t.bare("bh"))
	if !ok || subtle.ConstantTimeCompare(want, body.digest) != 1 {
		return no("the text was changed after signing")
	}
	signed, ok := decode(t.bare("b"))
	if !ok {
		return no("it cannot be read")
	}
	k, found := lookupKey(ctx, dns, selector, s.domain, kind)
	if !found.ok {
		return found
	}
	if k.strictID && identity != s.domain {
		return no("it speaks for a subdomain, which its key forbids")
	}
	if !k.signed(m.header.digest(covered, s.field, headerForm == "relaxed"), signed) {
		return no("the header was changed after signing, or its key is another one now")
	}
	if k.testing {
		return no("its domain only tries signing out")
	}
	return outcome{ok: true}
}

// inForce tells whether the signature was in force when the mail arrived; else why not.
func (s *signature) inForce(arrived time.Time) string {
	seconds := func(name string) (int64, bool, bool) {
		v := s.tags.bare(name)
		if v == "" {
			return 0, false, true
		}
		n, err := strconv.ParseInt(v, 10, 64)
		return n, true, err == nil && n >= 0
	}
	made, hasMade, ok := seconds("t")
	if !ok {
		return "it cannot be read"
	}
	until, hasUntil, ok := seconds("x")
	switch {
	case !ok || hasMade && hasUntil && until < made:
		return "it cannot be read"
	case hasUntil && arrived.Unix() > until:
		return "it had expired when the mail arrived"
	}
	return ""
}

func coversFrom(names []string) bool {
	for _, n := range names {
		if strings.EqualFold(n, "from") {
			return true
		}
	}
	return false
}

// digest is the SHA-256 of the fields that a signature covers, from the lowest of each name up (RFC 6376 section 5.4.2), and
// of the signature's own field without its value.
func (h *header) digest(covered []string, own field, relaxed bool) []byte {
	sum := sha256.New()
	used := make(map[string]int)
	below := make(map[string][]field)
	for _, f := range h.fields {
		name, _, _ := strings.Cut(string(f), ":")
		name = strings.ToLower(strings.TrimRight(name, " \t"))
		below[name] = append(below[name], f)
	}
	for _, name := range covered {
		name = strings.ToLower(name)
		list := below[name]
		if used[name] >= len(list) {
			continue // a field that is covered by its absence
		}
		f := list[len(list)-1-used[name]]
		used[name]++
		if relaxed {
			io.WriteString(sum, f.relaxed()+"\r\n")
		} else {
			io.WriteString(sum, string(f))
		}
	}
	unsigned := field(withoutSignature(string(own)))
	if relaxed {
		io.WriteString(sum, unsigned.relaxed())
	} else {
		io.WriteString(sum, strings.TrimSuffix(string(unsigned), "\r\n"))
	}
	return sum.Sum(nil)
}

// signatureTag finds "b=" as a tag of its own: not within another's name or value.
var signatureTag = regexp.MustCompile(`((?:^[^:]*:|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*`)

// withoutSignature empties a signature field's "b=", as it was when it was signed. The line end behind it stays.
func withoutSignature(f string) string {
	at := signatureTag.FindStringSubmatchIndex(f)
	if at == nil {
		return f
	}
	rest := f[at[1]:]
	if rest == "" {
		rest = "\r\n"
	}
	return f[:at[3]] + rest
}
