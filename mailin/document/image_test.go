package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/image/bmp"
)

// letter is a page as people send it.
func letter() []byte {
	m := newPDF()
	m.page(lines("Orthopaedic Group of Springfield", "", "Dear coding desk,", "", "our claim for the injection of the knee was denied.",
		"We billed 99213 with modifier 25 together with 20610,", "and the diagnosis was M17.11. Is there a reason to",
		"appeal, or was the modifier wrong from the beginning?", "", "With kind regards"), "", "", "")
	return m.bytes()
}

var letterSays = []string{"our claim for the injection of the knee was denied.", "99213 with modifier 25 together with 20610", "M17.11"}

func turnBy(src *image.Gray, turn int) *image.Gray { return upright(src, turn) }

func blankPicture(tb testing.TB) []byte {
	tb.Helper()
	return encodePNG(tb, image.NewGray(image.Rect(0, 0, 600, 400)))
}

func encodePNG(tb testing.TB, shown image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, shown); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// encodeJPEG makes a JPEG; with a turn, a camera's, which says so in its EXIF part.
func encodeJPEG(tb testing.TB, shown image.Image, turn int) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, shown, &jpeg.Options{Quality: 85}); err != nil {
		tb.Fatal(err)
	}
	if turn == 0 {
		return b.Bytes()
	}
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")
	tiff[19] = byte(turn)
	part := append([]byte("Exif\x00\x00"), tiff...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(part)+2))
	return append(append(head, part...), b.Bytes()[2:]...)
}

// encodeTIFF writes pages without compression.
func encodeTIFF(pages ...*image.Gray) []byte { return encodeFax(200, 200, pages...) }

// encodeFax writes pages of some dots to an inch across and down.
func encodeFax(across, down uint32, pages ...*image.Gray) []byte {
	le := binary.LittleEndian
	b := []byte("II*\x00\x00\x00\x00\x00")
	link := 4
	for _, p := range pages {
		w, h := p.Rect.Dx(), p.Rect.Dy()
		data := len(b)
		for y := range h {
			b = append(b, p.Pix[y*p.Stride:][:w]...)
		}
		b = append(b, make([]byte, len(b)%2)...)
		dots := uint32(len(b))
		for _, v := range []uint32{across, 1, down, 1} {
			b = le.AppendUint32(b, v)
		}
		le.PutUint32(b[link:], uint32(len(b)))
		tags := [][2]uint32{{256, uint32(w)}, {257, uint32(h)}, {258, 8}, {259, 1}, {262, 1}, {273, uint32(data)}, {277, 1}, {278, uint32(h)}, {279, uint32(w * h)}, {282, dots}, {283, dots + 8}}
		b = le.AppendUint16(b, uint16(len(tags)))
		for _, tag := range tags {
			b = le.AppendUint16(b, uint16(tag[0]))
			kind := uint16(4)
			if tag[0] == 282 || tag[0] == 283 {
				kind = 5
			}
			b = le.AppendUint16(b, kind)
			b = le.AppendUint32(b, 1)
			b = le.AppendUint32(b, tag[1])
		}
		link = len(b)
		b = le.AppendUint32(b, 0)
	}
	return b
}

func TestPicturesAreRecognised(t *testing.T) {
	opts := Options{Tesseract: needTesseract(t)}
	scan, screen := drawn(t, letter(), 200), drawn(t, letter(), 96)
	dark := flatten(screen)
	for i, v := range dark.Pix {
		dark.Pix[i] = 0xff - v
	}
	var asBMP, asGIF bytes.Buffer
	if err := bmp.Encode(&asBMP, screen); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&asGIF, screen, nil); err != nil {
		t.Fatal(err)
	}
	clear := image.NewNRGBA(screen.Rect) // black on nothing
	for i, v := range screen.Pix {
		clear.Pix[4*i+3] = 0xff - v
	}
	for _, test := range []struct {
		name    string
		content []byte
	}{
		{"scan", encodePNG(t, scan)},
		{"screenshot", encodePNG(t, screen)},
		{"dark screenshot", encodePNG(t, dark)},
		{"on transparent ground", encodePNG(t, clear)},
		{"JPEG", encodeJPEG(t, scan, 0)},
		{"photo with the camera on its side", encodeJPEG(t, turnBy(scan, 8), 6)},
		{"photo with the camera upside down", encodeJPEG(t, turnBy(scan, 3), 3)},
		{"BMP", asBMP.Bytes()},
		{"GIF", asGIF.Bytes()},
		{"TIFF", encodeTIFF(scan)},
		{"fax of standard quality", encodeFax(200, 100, resize(scan, scan.Rect.Dx(), scan.Rect.Dy()/2))},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readBytes(t, opts, test.content)
			for _, want := range letterSays {
				if !strings.Contains(got.Text, want) {
					t.Errorf("not read: %q in\n%s", want, got.Text)
				}
			}
			if got.Kind != Image || !got.Recognised || len(got.Problems) > 0 {
				t.Errorf("%v %v %q", got.Kind, got.Recognised, got.Problems)
			}
		})
	}
}

// A page scanned upside down has no mark that says so.
func TestScanOnItsHead(t *testing.T) {
	opts := Options{Tesseract: needTesseract(t)}
	got := readBytes(t, opts, encodePNG(t, turnBy(drawn(t, letter(), 200), 3)))
	if !strings.Contains(got.Text, "99213") {
		t.Errorf("%q", got.Text)
	}
}

func TestPagesOfATIFF(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and in one goroutine")
	}
	one, two := newPDF(), newPDF()
	one.page(lines("The first page speaks of 99213."), "", "", "")
	two.page(lines("The second page speaks of 20610."), "", "", "")
	content := encodeTIFF(drawn(t, one.bytes(), 150), drawn(t, two.bytes(), 150))
	got := readBytes(t, Options{Tesseract: needTesseract(t)}, content)
	if !strings.Contains(got.section("page 1"), "99213") || !strings.Contains(got.section("page 2"), "20610") || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
	got = readBytes(t, Options{Tesseract: needTesseract(t), Limits: Limits{Pages: 1}}, content)
	wantProblem(t, got, "Only the first of 2 pages was read")
}

func TestScannedPDF(t *testing.T) {
	opts := pdfOptions(t)
	opts.Tesseract = needTesseract(t)
	m := newPDF()
	m.page(lines("The first page is typed: 64483."), "", "", "")
	m.scan(drawn(t, letter(), 200), lines("FAX 2026-11-24 08:15 p. 2/3"))
	m.page(lines("The third page is typed: M54.16."), "", "", "")
	got := readBytes(t, opts, m.bytes())
	for _, want := range letterSays {
		if !strings.Contains(got.section("page 2"), want) {
			t.Errorf("not read: %q in\n%s", want, got.section("page 2"))
		}
	}
	if !strings.HasPrefix(got.section("page 2"), "FAX") || got.section("page 3") != "The third page is typed: M54.16.\n" || !got.Recognised || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
}

// With too little time for the scans, the typed pages are there all the same.
func TestScannedPDFWithoutTime(t *testing.T) {
	opts := pdfOptions(t)
	opts.Tesseract = program(t, "exec /bin/sleep 60")
	opts.Limits.Time = 4 * time.Second
	m := newPDF()
	for range 3 {
		m.scan(image.NewGray(image.Rect(0, 0, 300, 400)), "")
	}
	m.page(lines("The last page is typed: M54.16."), "", "", "")
	got := readBytes(t, opts, m.bytes())
	if got.section("page 4") != "The last page is typed: M54.16.\n" {
		t.Errorf("%+v", got)
	}
	wantProblem(t, got, "Pages 1-3 are pictures, and there was no time to recognise their text")
}

// The table of a scanned letter keeps its rows.
func TestTableInAPicture(t *testing.T) {
	opts := Options{Tesseract: needTesseract(t)}
	m := newPDF()
	m.page(lines("The plan has decided about your claim as follows.")+
		linesAt(72, 680, "99213", "20610", "J1030")+
		linesAt(180, 680, "Office visit", "Joint injection", "Drug given")+
		linesAt(420, 680, "denied", "paid", "denied"), "", "", "")
	got := readBytes(t, opts, encodePNG(t, drawn(t, m.bytes(), 200)))
	for _, row := range []string{"99213 Office visit denied", "20610 Joint injection paid", "J1030 Drug given denied"} {
		if !strings.Contains(strings.Join(strings.Fields(got.Text), " "), row) {
			t.Errorf("no row %q in\n%s", row, got.Text)
		}
	}
}

func TestPicturesThatCannotBeRead(t *testing.T) {
	bomb := encodePNG(t, image.NewGray(image.Rect(0, 0, 300, 300)))
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(bomb[12:29]))
	whole := blankPicture(t)
	for _, test := range []struct {
		name      string
		tesseract string
		content   []byte
		problem   string
	}{
		{"no recognition", "", whole, "no text recognition is installed"},
		{"bomb", "/bin/true", bomb, "too large to be read"},
		{"damaged", "/bin/true", whole[:len(whole)/2], "damaged"},
		{"recognition fails", "/bin/false", whole, "could not be recognised"},
		{"recognition is gone", "/no/such/program", whole, "could not be recognised"},
		{"nothing on it", "/bin/true", whole, "No text could be recognised"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readBytes(t, Options{Tesseract: test.tesseract}, test.content)
			wantProblem(t, got, test.problem)
			if got.Text != "" || len(got.Problems) != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A photo of no text yields guesses that nobody should have to read.
func TestGuessesAreDropped(t *testing.T) {
	word := func(sure, text string) string {
		return `printf '5\t1\t1\t1\t1\t1\t10\t10\t50\t20\t` + sure + `\t` + text + `\n'`
	}
	got := readBytes(t, Options{Tesseract: program(t, word("12.5", "Pee"))}, blankPicture(t))
	if got.Text != "" || got.Recognised {
		t.Errorf("%+v", got)
	}
	wantProblem(t, got, "No text could be recognised")
	got = readBytes(t, Options{Tesseract: program(t, word("96.5", "99213"))}, blankPicture(t))
	if got.Text != "99213\n" || !got.Recognised || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestLogoIsPassedOver(t *testing.T) {
	for _, size := range []image.Point{{120, 40}, {16, 16}, {600, 10}, {180, 180}} {
		got := readBytes(t, Options{}, encodePNG(t, image.NewGray(image.Rectangle{Max: size})))
		if got.Kind != Image || got.Text != "" || len(got.Problems) > 0 {
			t.Errorf("%v: %+v", size, got)
		}
	}
}

func TestOrientation(t *testing.T) {
	shown := image.NewGray(image.Rect(0, 0, 3, 2))
	copy(shown.Pix, []byte{1, 2, 3, 4, 5, 6})
	for turn, want := range map[int]string{1: "123/456", 2: "321/654", 3: "654/321", 4: "456/123", 5: "14/25/36", 6: "41/52/63", 7: "63/52/41", 8: "36/25/14"} {
		got := upright(shown, turn)
		var rows []string
		for y := range got.Rect.Dy() {
			row := ""
			for x := range got.Rect.Dx() {
				row += string('0' + got.GrayAt(x, y).Y)
			}
			rows = append(rows, row)
		}
		if s := strings.Join(rows, "/"); s != want {
			t.Errorf("turn %d: %s, want %s", turn, s, want)
		}
		if read := orientation(encodeJPEG(t, shown, turn)); read != turn {
			t.Errorf("turn %d is read as %d", turn, read)
		}
	}
	if orientation(encodeJPEG(t, shown, 0)) != 1 || orientation(nil) != 1 {
		t.Error("a JPEG without EXIF is upright")
	}
}

func FuzzOrientation(f *testing.F) {
	f.Add(encodeJPEG(f, image.NewGray(image.Rect(0, 0, 1, 1)), 6))
	f.Add(encodeTIFF(image.NewGray(image.Rect(0, 0, 1, 1)), image.NewGray(image.Rect(0, 0, 1, 1))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if turn := orientation(b); turn < 1 || turn > 8 {
			t.Error(turn)
		}
		if heads := tiffHeads(bytes.NewReader(b), 10); len(heads) > 10 {
			t.Error(len(heads))
		}
	})
}

// FuzzPicture goes as far as the picture that Tesseract would get.
func FuzzPicture(f *testing.F) {
	page := image.NewGray(image.Rect(0, 0, 210, 70))
	var asBMP, asGIF bytes.Buffer
	if err := errors.Join(bmp.Encode(&asBMP, page), gif.Encode(&asGIF, page, nil)); err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{encodePNG(f, page), encodeJPEG(f, page, 6), encodeTIFF(page, page), asBMP.Bytes(), asGIF.Bytes(), []byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		pages := []io.ReaderAt{bytes.NewReader(b)}
		for _, head := range tiffHeads(bytes.NewReader(b), 3) {
			pages = append(pages, tiffPage{bytes.NewReader(b), head})
		}
		for _, page := range pages {
			config, format, err := image.DecodeConfig(io.NewSectionReader(page, 0, int64(len(b))))
			if err != nil || config.Width <= 0 || config.Height <= 0 || config.Width > 200_000/config.Height {
				continue
			}
			if shown, err := decode(page, int64(len(b)), format); err == nil && shown.Rect.Empty() {
				t.Error("an empty picture")
			}
		}
	})
}

// However a decoder stores a picture, its greys are the same.
func TestFlatten(t *testing.T) {
	plain := image.NewGray(image.Rect(0, 0, 40, 30))
	for i := range plain.Pix {
		plain.Pix[i] = byte(i * 7)
	}
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = color.Gray{byte(i)}
	}
	for name, other := range map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{"RGBA": image.NewRGBA(plain.Rect), "NRGBA": image.NewNRGBA(plain.Rect), "Paletted": image.NewPaletted(plain.Rect, palette),
		"Gray16": image.NewGray16(plain.Rect), "NRGBA64": image.NewNRGBA64(plain.Rect), "CMYK": image.NewCMYK(plain.Rect)} {
		for y := range 30 {
			for x := range 40 {
				other.Set(x, y, plain.At(x, y))
			}
		}
		got := flatten(other)
		for i := range plain.Pix {
			if d := int(got.Pix[i]) - int(plain.Pix[i]); d < -1 || d > 1 {
				t.Errorf("%s: %d is %d", name, plain.Pix[i], got.Pix[i])
				break
			}
		}
	}
}

func TestFindTesseract(t *testing.T) {
	path := needTesseract(t)
	found, version, err := FindTesseract(path)
	if err != nil || found != path || !strings.HasPrefix(version, "tesseract ") {
		t.Errorf("%q %q %v", found, version, err)
	}
	if _, _, err := FindTesseract("/no/such/program"); err == nil {
		t.Error("no error for a program that is not there")
	}
	other := program(t, "echo something else")
	if _, _, err := FindTesseract(other); err == nil {
		t.Error("no error for a program without English")
	}
}
