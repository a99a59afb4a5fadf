package message_test

import (
	"encoding/base64"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// live reads on and notes the most memory that is in use at any time.
type live struct {
	r    io.Reader
	next int
	most uint64
}

func (l *live) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.next -= n; l.next <= 0 {
		l.next = 3 << 20
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		l.most = max(l.most, m.HeapAlloc)
	}
	return n, err
}

// Mails of 30 MB cost what the limits say, whatever they are made of, and say which limit they met.
func TestMemoryIsBoundedByTheLimits(t *testing.T) {
	const size = 30 << 20
	fill := func(piece string, n int) io.Reader { return &repeated{piece: piece, n: n / len(piece)} }
	line := strings.Repeat("99213 with 20610? ", 4) + "\r\n"
	multi := mail(append(head("Content-Type: multipart/mixed; boundary=b0"), "")...)
	files := newTNEF()
	for range 60 {
		files.file("a", []byte(strings.Repeat("x", 300<<10)))
	}
	for name, c := range map[string]struct {
		parts   []io.Reader
		problem string
	}{
		"Text":      {[]io.Reader{strings.NewReader(mail(append(head(), "")...)), fill(line, size)}, "text is longer than 256 KB"},
		"HTML":      {[]io.Reader{strings.NewReader(mail(append(head("Content-Type: text/html"), "")...)), fill("<p>"+line, size)}, "text is longer than 256 KB"},
		"Header":    {[]io.Reader{fill("X-Filler: "+line, size), strings.NewReader("\r\nx\r\n")}, "header is longer than 16 KB"},
		"OneField":  {[]io.Reader{strings.NewReader("Subject: x"), fill("\r\n "+strings.TrimSpace(line), size), strings.NewReader("\r\n\r\nx\r\n")}, "header is longer than 16 KB"},
		"Headers":   {[]io.Reader{strings.NewReader(multi), fill("--b0\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n"+strings.Repeat("X-Filler: "+line, 1500)+"\r\nx\r\n", size)}, "header is longer than 16 KB"},
		"Preamble":  {[]io.Reader{strings.NewReader(multi), fill(line, size), strings.NewReader("--b0\r\n\r\nx\r\n--b0--\r\n")}, ""},
		"Preambles": {[]io.Reader{strings.NewReader(multi), fill("--b0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"+strings.Repeat(line, 1500)+"--c\r\n\r\nx\r\n--c--\r\n", size)}, "more than 200 parts"},
		"NoParts":   {[]io.Reader{strings.NewReader(multi), fill("--b0\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"+strings.Repeat(line, 1500), size)}, "more than 200 parts"},
		"Epilogue":  {[]io.Reader{strings.NewReader(multi + "--b0\r\n\r\nx\r\n--b0--\r\n"), fill(line, size)}, ""},
		"Parts":     {[]io.Reader{strings.NewReader(multi), fill("--b0\r\n\r\n"+line, size)}, "more than 200 parts"},
		"Files":     {[]io.Reader{strings.NewReader(multi), fill("--b0\r\nContent-Type: application/pdf; name="+strings.Repeat("n", 300)+"\r\n\r\n"+strings.Repeat(line, 1500), size)}, "more than 200 parts"},
		"LargeFile": {[]io.Reader{strings.NewReader(multi + "--b0\r\nContent-Type: application/pdf\r\n\r\n"), fill(line, size)}, "attachment is larger than 8 MB"},
		"OneLine":   {[]io.Reader{strings.NewReader(mail(append(head("Content-Transfer-Encoding: quoted-printable"), "")...)), fill("=41", size)}, "text is longer than 256 KB"},
		"Winmail":   {[]io.Reader{strings.NewReader(multi + "--b0\r\nContent-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(files.Bytes()) + "\r\n--b0--\r\n")}, ""},
		"Attached":  {[]io.Reader{strings.NewReader(multi + "--b0\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"), fill(line, size)}, "attached mail is larger"},
	} {
		var before runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		r := &live{r: io.MultiReader(c.parts...)}
		m, err := message.Parse(r, message.Options{Limits: message.Limits{HeaderBytes: 16 << 10, TextBytes: 256 << 10, Parts: 200, AttachmentBytes: 8 << 20}})
		if err != nil {
			t.Fatal(err)
		}
		if c.problem != "" && !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
			t.Errorf("%s: problems %q, want one with %q", name, m.Problems, c.problem)
		}
		if most := int64(r.most) - int64(before.HeapAlloc); most > 4<<20 {
			t.Errorf("%s: %d KB were held", name, most>>10)
		} else {
			t.Logf("%s: at most %d KB were held", name, most>>10)
		}
		hold(t, m)
	}
}

// An encrypted mail says how it is encrypted, so that the asker can be told how to send it instead.
func TestEncryptedMailSaysSo(t *testing.T) {
	t.Parallel()
	armor := "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----"
	parts := func(kind string, parts ...string) string {
		return mail(append(head("Content-Type: "+kind+"; boundary=b"), "", "--b", strings.Join(parts, "\r\n--b\r\n"), "--b--")...)
	}
	for name, c := range map[string]struct{ raw, kind string }{
		"SMIME":            {mail(append(head("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "Content-Transfer-Encoding: base64"), "", "MIAGCSqGSIb3DQEHA6CA")...), "smime"},
		"SMIMEOldName":     {mail(append(head("Content-Type: application/x-pkcs7-mime; name=smime.p7m", "Content-Transfer-Encoding: base64"), "", "MIAGCSqGSIb3DQEHA6CA")...), "smime"},
		"PGP":              {parts(`multipart/encrypted; protocol="application/pgp-encrypted"`, "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", "Content-Type: application/octet-stream\r\n\r\n"+armor), "pgp"},
		"PGPMadeMixed":     {parts("multipart/mixed", "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1", "Content-Type: application/octet-stream; name=encrypted.asc\r\n\r\n"+armor), "pgp"},
		"PGPInline":        {mail(append(head(), "", armor)...), "pgp"},
		"PGPFile":          {parts("multipart/mixed", "\r\n\r\n", "Content-Type: application/octet-stream; name=message.asc\r\n\r\n"+armor), "pgp"},
		"PGPInAPage":       {mail(append(head("Content-Type: text/html"), "", "<pre>"+armor+"</pre>")...), "pgp"},
		"PGPFileBeside":    {parts("multipart/mixed", "\r\nIs 99213 ok?", "Content-Type: application/octet-stream; name=message.asc\r\n\r\n"+armor), ""},
		"SMIMEAsAFile":     {mail(append(head("Content-Type: application/octet-stream; name=smime.p7m", "Content-Transfer-Encoding: base64"), "", "MIAGCSqGSIb3DQEHA6CA")...), "smime"},
		"PGPSigned":        {mail(append(head(), "", "-----BEGIN PGP SIGNED MESSAGE-----", "Hash: SHA256", "", "Is 99213 ok?", "-----BEGIN PGP SIGNATURE-----", "", "iQ", "-----END PGP SIGNATURE-----")...), ""},
		"SMIMESigned":      {parts("multipart/signed; protocol=\"application/pkcs7-signature\"", "\r\nIs 99213 ok?", "Content-Type: application/pkcs7-signature\r\n\r\nMIIB"), ""},
		"EncryptedForward": {parts("multipart/mixed", "\r\nWhat is this?", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\n"+armor), ""},
	} {
		m := parse(t, c.raw)
		if m.Encrypted != c.kind {
			t.Errorf("%s: encrypted %q, want %q", name, m.Encrypted, c.kind)
		}
		if told := slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, "encrypted with") }); told != (c.kind != "" || name == "EncryptedForward") {
			t.Errorf("%s: problems %q", name, m.Problems)
		}
	}
}
