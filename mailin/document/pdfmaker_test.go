package document

import (
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"image"
	"strings"
)

// pdfMaker writes PDFs: as much of ISO 32000 as the tests need, and no more.
type pdfMaker struct {
	objects  []string // "1 0 obj" is objects[0]
	pages    []int
	fields   []int
	locked   bool
	password string
	catalog  string
}

const (
	makerCatalog = 1
	makerTree    = 2
	makerFont    = 3
)

func newPDF() *pdfMaker {
	m := &pdfMaker{objects: make([]string, 3)}
	m.objects[makerFont-1] = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
	return m
}

func (m *pdfMaker) add(object string) int {
	m.objects = append(m.objects, object)
	return len(m.objects)
}

func (m *pdfMaker) stream(dict string, content []byte) int {
	return m.add(fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(content), content))
}

// page adds a page of the size of a letter. The font F1 is Helvetica; more fonts, resources and entries of the page go
// into its dictionaries.
func (m *pdfMaker) page(content, fonts, resources, more string) int {
	c := m.stream("", []byte(content))
	p := m.add(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 %d 0 R %s >> %s >> %s >>",
		makerTree, c, makerFont, fonts, resources, more))
	m.pages = append(m.pages, p)
	return p
}

// lines is page content: lines of text from the top, in WinAnsi.
func lines(text ...string) string { return linesAt(72, 720, text...) }

func linesAt(x, y int, text ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "BT /F1 11 Tf 14 TL %d %d Td\n", x, y)
	for _, line := range text {
		fmt.Fprintf(&b, "(%s) Tj T*\n", pdfString(line))
	}
	b.WriteString("ET\n")
	return b.String()
}

func pdfString(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '(' || c == ')' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '€':
			b.WriteString("\\200")
		case c > 0x7e:
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// scan adds a page that is nothing but a picture.
func (m *pdfMaker) scan(shown *image.Gray, content string) {
	w, h := shown.Rect.Dx(), shown.Rect.Dy()
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	for y := range h {
		z.Write(shown.Pix[y*shown.Stride:][:w])
	}
	z.Close()
	x := m.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode", w, h), packed.Bytes())
	m.page("q 612 0 0 792 0 0 cm /Im1 Do Q\n"+content, "", fmt.Sprintf("/XObject << /Im1 %d 0 R >>", x), "")
}

func (m *pdfMaker) bytes() []byte {
	var kids, fields []string
	for _, p := range m.pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", p))
	}
	for _, f := range m.fields {
		fields = append(fields, fmt.Sprintf("%d 0 R", f))
	}
	form := ""
	if len(fields) > 0 {
		form = fmt.Sprintf("/AcroForm << /Fields [%s] /DR << /Font << /F1 %d 0 R >> >> /DA (/F1 10 Tf 0 g) >>", strings.Join(fields, " "), makerFont)
	}
	m.objects[makerCatalog-1] = fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R %s %s >>", makerTree, form, m.catalog)
	m.objects[makerTree-1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " "))

	trailer := ""
	objects := m.objects
	if m.locked {
		id := strings.Repeat("i", 16)
		key, o, u := standardSecurity(m.password, id)
		objects = nil
		for i, object := range m.objects {
			objects = append(objects, encryptStreams(object, key, i+1))
		}
		objects = append(objects, fmt.Sprintf("<< /Filter /Standard /V 1 /R 2 /O <%x> /U <%x> /P -4 >>", o, u))
		trailer = fmt.Sprintf("/Encrypt %d 0 R /ID [<%x> <%x>]", len(objects), id, id)
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, object := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, makerCatalog, trailer, table)
	return b.Bytes()
}

// standardSecurity makes key, owner and user entry of revision 2 (ISO 32000-1, 7.6.3.3 and 7.6.3.4).
func standardSecurity(password, id string) (key, o, u []byte) {
	const padding = "\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a"
	padded := []byte((password + padding)[:32])
	crypt := func(key, in []byte) []byte {
		c, err := rc4.NewCipher(key)
		if err != nil {
			panic(err)
		}
		out := make([]byte, len(in))
		c.XORKeyStream(out, in)
		return out
	}
	owner := md5.Sum(padded)
	o = crypt(owner[:5], padded)
	permissions := binary.LittleEndian.AppendUint32(nil, 0xfffffffc)
	sum := md5.Sum(bytes.Join([][]byte{padded, o, permissions, []byte(id)}, nil))
	key = sum[:5]
	return key, o, crypt(key, []byte(padding))
}

// encryptStreams encrypts the stream of an object; the tests' encrypted files hold no strings elsewhere.
func encryptStreams(object string, key []byte, number int) string {
	head, rest, ok := strings.Cut(object, "\nstream\n")
	if !ok {
		return object
	}
	content := strings.TrimSuffix(rest, "\nendstream")
	sum := md5.Sum(append(bytes.Clone(key), byte(number), byte(number>>8), byte(number>>16), 0, 0))
	c, err := rc4.NewCipher(sum[:10])
	if err != nil {
		panic(err)
	}
	out := make([]byte, len(content))
	c.XORKeyStream(out, []byte(content))
	return head + "\nstream\n" + string(out) + "\nendstream"
}
