package message

import (
	"bytes"
	"io"
	"strings"
)

// What a person reads about mail that cannot be opened without a key.
const (
	smimeEncrypted = "The mail is encrypted with S/MIME and cannot be opened here; ask the sender to send it without encryption, or through your secure portal."
	pgpEncrypted   = "The mail is encrypted with PGP and cannot be opened here; ask the sender to send it without encryption, or through your secure portal."
)

// pgpMark begins a text that was encrypted without MIME (RFC 9580, section 6.2).
const pgpMark = "-----BEGIN PGP MESSAGE-----"

// encryptedProblem says what kind of multipart/encrypted it is (RFC 1847, RFC 3156).
func (w *walker) encryptedProblem(ct value) {
	if strings.Contains(strings.ToLower(ct.params["protocol"]), "pgp") {
		w.problem(pgpEncrypted)
		return
	}
	w.problem("The mail is encrypted and cannot be opened here; ask the sender to send it without encryption, or through your secure portal.")
}

// encryptedPart keeps a part of a multipart/encrypted as a file.
func (w *walker) encryptedPart(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
	w.leafAttachment(s, h, ct, disp, typ, pl)
	return nil
}

// smime reads application/pkcs7-mime (RFC 8551): signed-data holds the mail in clear and is unwrapped without looking at
// the signature; enveloped-data needs a key.
func (w *walker) smime(s *scanner, h *header, ct, disp value, typ string, pl place) *node {
	if kind := strings.ToLower(ct.params["smime-type"]); kind != "" && kind != "signed-data" && kind != "compressed-data" {
		w.problem(smimeEncrypted)
		w.leafAttachment(s, h, ct, disp, typ, pl)
		return nil
	}
	w.leaves++
	var damaged bool
	dec, _ := decodeTransfer(&partReader{s: s}, h.get("Content-Transfer-Encoding"), &damaged)
	i := w.reserve(Attachment{Filename: fileName(disp, ct, ""), ContentType: typ})
	tap := newTap(dec, w.shared)
	raw, _ := io.ReadAll(io.LimitReader(tap, embeddedBytes))
	_, _ = io.Copy(io.Discard, tap)
	s.skip()
	w.deliver(i, tap)
	inner := signedContent(raw)
	if inner == nil {
		w.problem(smimeEncrypted)
		return nil
	}
	if pl.depth >= w.limits.Depth {
		w.problem("The mail is nested deeper than %d levels; what lies deeper is kept unread as an attachment.", w.limits.Depth)
		return nil
	}
	sc := newScanner(bytes.NewReader(inner))
	ih := readHeader(sc, w.limits.HeaderBytes, true)
	ih.decode("")
	return w.part(sc, ih, place{depth: pl.depth + 1, root: true})
}

// signedContent takes the content out of a CMS SignedData (RFC 5652 section 5): the first OCTET STRING under the object
// identifier of data, whose pieces are joined. BER with indefinite lengths is what mail programs write. nil if it is no
// such thing.
func signedContent(b []byte) []byte {
	signedData := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	data := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01}
	at := bytes.Index(b[:min(len(b), 64)], signedData)
	if at < 0 {
		return nil
	}
	b = b[at+len(signedData):]
	if at = bytes.Index(b, data); at < 0 {
		return nil
	}
	b = b[at+len(data):]
	tag, content, _, ok := berElement(b)
	if !ok || tag != 0xa0 {
		return nil
	}
	return octets(content, 0)
}

// octets joins the pieces of an OCTET STRING, primitive or constructed.
func octets(b []byte, depth int) []byte {
	var out []byte
	for len(b) > 0 && depth < 8 {
		tag, content, rest, ok := berElement(b)
		if !ok || tag == 0 {
			break
		}
		switch tag {
		case 0x04:
			out = append(out, content...)
		case 0x24:
			out = append(out, octets(content, depth+1)...)
		default:
			return out
		}
		b = rest
	}
	return out
}

// berElement reads one element. Of an indefinite length the content is all that follows; its end is found by who reads it.
func berElement(b []byte) (tag byte, content, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	tag, length, head := b[0], int(b[1]), 2
	switch {
	case length == 0x80:
		return tag, b[2:], nil, true
	case length > 0x80:
		n := length & 0x7f
		if n > 4 || len(b) < 2+n {
			return 0, nil, nil, false
		}
		length = 0
		for _, c := range b[2 : 2+n] {
			length = length<<8 | int(c)
		}
		head += n
	}
	if length < 0 || head+length > len(b) {
		length = len(b) - head // cut: what is there
	}
	return tag, b[head : head+length], b[head+length:], true
}
