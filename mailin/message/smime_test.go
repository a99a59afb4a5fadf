package message_test

import (
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// ber writes an element with a definite length; berOpen one with an indefinite length (X.690, section 8.1.3.6).
func ber(tag byte, content string) string {
	n := len(content)
	if n < 0x80 {
		return string([]byte{tag, byte(n)}) + content
	}
	return string([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + content
}

func berOpen(tag byte, content string) string {
	return string([]byte{tag, 0x80}) + content + "\x00\x00"
}

// pieces is an octet string in pieces of n bytes.
func pieces(s string, n int) string {
	var sb strings.Builder
	for s != "" {
		k := min(n, len(s))
		sb.WriteString(ber(0x04, s[:k]))
		s = s[k:]
	}
	return sb.String()
}

const (
	oidData       = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	oidSignedData = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidEnveloped  = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
	sha256Set     = "\x31\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
	afterContent  = "\xa0\x03\x02\x01\x00\x31\x00" // stands for certificates and signers
)

// Signed data holds the mail in clear: its text and its attachments are read, however the structure is written, and whatever its type says.
func TestSignedDataIsUnwrapped(t *testing.T) {
	t.Parallel()
	const inner = "Content-Type: multipart/mixed; boundary=in\r\n\r\n--in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIs 31297-50 right?\r\n" +
		"--in\r\nContent-Type: application/pdf; name=\"op.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n--in--\r\n"
	definite := func(content string) string {
		return ber(0x30, oidSignedData+ber(0xa0, ber(0x30, "\x02\x01\x01"+sha256Set+ber(0x30, oidData+ber(0xa0, content))+afterContent)))
	}
	open := func(content string) string {
		return berOpen(0x30, oidSignedData+berOpen(0xa0, berOpen(0x30, "\x02\x01\x01"+berOpen(0x31, sha256Set[2:])+berOpen(0x30, oidData+berOpen(0xa0, content))+afterContent)))
	}
	for name, cms := range map[string]string{
		"Whole":          definite(ber(0x04, inner)),
		"Pieces":         definite(ber(0x24, pieces(inner, 100))),
		"OpenPieces":     open(berOpen(0x24, pieces(inner, 7))),
		"PiecesInPieces": open(berOpen(0x24, ber(0x24, pieces(inner[:50], 20))+pieces(inner[50:], 64))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, params := range []string{"; smime-type=signed-data; name=smime.p7m", "", "; smime-type=enveloped-data"} {
				raw := mail(append(head("Content-Type: application/pkcs7-mime"+params, "Content-Transfer-Encoding: base64"), "", base64.StdEncoding.EncodeToString([]byte(cms)))...)
				m := parse(t, raw)
				if m.Text != "Is 31297-50 right?\n" || len(m.Problems) > 0 {
					t.Errorf("%q: text %q, problems %q", params, m.Text, m.Problems)
				}
				if len(m.Attachments) != 2 || m.Attachments[1].Filename != "op.pdf" || m.Attachments[1].Size != 8 {
					t.Errorf("%q: attachments %+v", params, m.Attachments)
				}
			}
		})
	}
	t.Run("Cut", func(t *testing.T) {
		t.Parallel()
		cms := open(berOpen(0x24, pieces(inner, 30)))
		cms = cms[:len(cms)*2/3]
		m := parse(t, mail(append(head("Content-Type: application/pkcs7-mime", "Content-Transfer-Encoding: base64"), "", base64.StdEncoding.EncodeToString([]byte(cms)))...))
		if len(m.Problems) == 0 || m.Text == "" {
			t.Errorf("text %q, problems %q", m.Text, m.Problems)
		}
	})
	t.Run("Large", func(t *testing.T) {
		t.Parallel()
		// What is signed can be larger than what is held: the attachment in it passes through whole.
		big := strings.Replace(inner, "JVBERi0xLjQ=", strings.Repeat("QUFBQUFBQUFB\r\n", 400_000), 1)
		cms := open(berOpen(0x24, pieces(big, 4096)))
		raw := mail(append(head("Content-Type: application/pkcs7-mime", "Content-Transfer-Encoding: base64"), "", base64.StdEncoding.EncodeToString([]byte(cms)))...)
		got := map[string]int64{}
		m, err := message.Parse(strings.NewReader(raw), message.Options{Attachment: func(a *message.Attachment, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			got[a.Filename] = n
			return err
		}})
		if err != nil || m.Text != "Is 31297-50 right?\n" || got["op.pdf"] != 9*400_000 {
			t.Errorf("text %q, handed on %v, %v", m.Text, got, err)
		}
	})
}

// Encrypted mail cannot be read, and says so; its bytes are kept whole, so that somebody with the key can.
func TestEnvelopedDataIsKept(t *testing.T) {
	t.Parallel()
	cms := ber(0x30, oidEnveloped+ber(0xa0, ber(0x30, strings.Repeat("x", 3<<20))))
	raw := mail(append(head("Content-Type: application/pkcs7-mime; name=smime.p7m", "Content-Transfer-Encoding: base64"), "", base64.StdEncoding.EncodeToString([]byte(cms)))...)
	handed := 0
	m, err := message.Parse(strings.NewReader(raw), message.Options{Attachment: func(a *message.Attachment, r io.Reader) error {
		b, err := io.ReadAll(r)
		handed = len(b)
		return err
	}})
	if err != nil || handed != len(cms) || len(m.Problems) != 1 || !strings.Contains(m.Problems[0], "S/MIME") {
		t.Errorf("handed on %d of %d bytes, problems %q, %v", handed, len(cms), m.Problems, err)
	}
}
