package document

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	"image/jpeg"
	_ "image/png"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	_ "golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// The sentences about pictures.
const (
	problemNoRecognition = "This picture cannot be read here: no text recognition is installed."
	problemPicture       = "This picture is damaged or of a kind that cannot be read here. Please send it as a PDF, PNG or JPEG."
	problemLargePicture  = "This picture is too large to be read here. Please send it as a PDF or in a smaller size."
	problemRecognition   = "The text of this picture could not be recognised."
	problemNoText        = "No text could be recognised in this picture. If it shows some, please send it sharper, or as a PDF."
)

const (
	maxPixels = 50 << 20 // of a picture that is decoded: at most 400 MB, in the widest of formats
	// Smaller pictures are logos, icons and lines.
	logoWidth, logoHeight = 200, 60
	// Within the text of a mail stand the pictures of signatures, which are larger.
	inlineWidth, inlineHeight = 480, 160
)

// image reads a picture. Tesseract, which is not confined to WebAssembly, never sees a byte of it: it is decoded here
// and handed on as plain shades of grey.
func (e *engines) image(ctx context.Context, in input, out output, b *budget) {
	pages := []io.ReaderAt{in.content}
	if heads := tiffHeads(in.content, b.limits.Pages+1); len(heads) > 0 {
		pages = nil
		for _, head := range heads {
			pages = append(pages, tiffPage{in.content, head})
		}
	}
	if len(pages) == 1 && b.pages > 0 {
		b.pages--
		seen, problem := e.picture(ctx, pages[0], in.size, in.hint.Inline)
		if seen != "" {
			out.text(seen)
			out.recognised()
		}
		if problem != "" {
			out.problem(problem)
		}
		return
	}
	var unread []int
	taken, more := 0, true
	for taken < len(pages) && b.pages > 0 && more {
		b.pages--
		seen, problem := e.picture(ctx, pages[taken], in.size, in.hint.Inline)
		if ctx.Err() != nil {
			break
		}
		if problem == problemNoRecognition {
			out.problem(problem)
			return
		}
		taken++
		if problem != "" && problem != problemNoText {
			unread = append(unread, taken)
		}
		out.section(fmt.Sprintf("page %d", taken))
		if seen != "" {
			more = out.text(seen)
			out.recognised()
		}
	}
	if more && taken < len(pages) {
		out.problem(onlyFirst(taken, len(pages), ctx.Err() != nil))
	}
	if len(unread) > 0 {
		out.problem(pagesAre(unread, "damaged and could not be read.", "damaged and could not be read."))
	}
}

// picture reads one picture; a logo yields neither text nor problem. inline says that the mail shows it within its text.
func (e *engines) picture(ctx context.Context, content io.ReaderAt, size int64, inline bool) (text, problem string) {
	config, format, err := image.DecodeConfig(io.NewSectionReader(content, 0, size))
	switch {
	case err != nil:
		return "", problemPicture
	case config.Width < logoWidth && config.Height < logoWidth, config.Width < logoHeight, config.Height < logoHeight/2:
		return "", ""
	case inline && (config.Width < inlineWidth || config.Height < inlineHeight):
		return "", ""
	case e.tesseract == "":
		return "", problemNoRecognition
	case config.Width > maxPixels/config.Height:
		return "", problemLargePicture
	}
	shown, err := decode(content, size, format)
	if err != nil {
		return "", problemPicture
	}
	seen, err := e.recognise(ctx, plainPicture(shown))
	switch {
	case ctx.Err() != nil:
		return "", problemTime
	case err != nil:
		return "", problemRecognition
	case seen == "" && inline:
		return "", "" // a banner, a photograph
	case seen == "":
		return "", problemNoText
	}
	return seen, ""
}

// decode makes a picture ready to be recognised.
func decode(content io.ReaderAt, size int64, format string) (shown *image.Gray, err error) {
	all := io.NewSectionReader(content, 0, size)
	var decoded image.Image
	turn := 1
	switch format {
	case "jpeg":
		head := make([]byte, min(size, 256<<10)) // the camera's part comes first
		n, _ := content.ReadAt(head, 0)
		turn = orientation(head[:n])
		decoded, err = jpeg.Decode(all)
	case "tiff":
		decoded, err = tiff.Decode(all) // through image.Decode it would copy the file for each page
	default:
		decoded, _, err = image.Decode(all)
	}
	if err != nil {
		return nil, err
	}
	if decoded.Bounds().Empty() {
		return nil, errors.New("document: an empty picture")
	}
	flat := flatten(decoded)
	if format == "tiff" {
		flat = square(flat, content)
	}
	return upright(readable(flat), turn), nil
}

// square stretches a page whose pixels are not square, by the resolutions that its TIFF states: a fax of standard quality
// has 204 dots to an inch across and 98 down.
func square(page *image.Gray, content io.ReaderAt) *image.Gray {
	across, down := resolution(content)
	if across <= 0 || down <= 0 {
		return page
	}
	w, h := page.Rect.Dx(), page.Rect.Dy()
	switch ratio := across / down; {
	case ratio > 1.2 && ratio < 4 && float64(w)*float64(h)*ratio < maxPixels:
		return resize(page, w, int(float64(h)*ratio))
	case ratio < 1/1.2 && ratio > 1.0/4 && float64(w)*float64(h)/ratio < maxPixels:
		return resize(page, int(float64(w)/ratio), h)
	}
	return page
}

// resolution reads the tags XResolution and YResolution (TIFF 6.0, section 8) of the first directory; 0 if there is none.
func resolution(content io.ReaderAt) (across, down float64) {
	var head [8]byte
	content.ReadAt(head[:], 0)
	order := byteOrder(head[:])
	if order == nil {
		return 0, 0
	}
	at := int64(order.Uint32(head[4:]))
	var n [2]byte
	content.ReadAt(n[:], at)
	for i := range int64(min(order.Uint16(n[:]), 100)) {
		var entry [12]byte
		if _, err := content.ReadAt(entry[:], at+2+12*i); err != nil {
			break
		}
		tag := order.Uint16(entry[:])
		if tag != 282 && tag != 283 || order.Uint16(entry[2:]) != 5 {
			continue
		}
		var fraction [8]byte
		if _, err := content.ReadAt(fraction[:], int64(order.Uint32(entry[8:]))); err != nil {
			continue
		}
		value := float64(order.Uint32(fraction[:])) / float64(max(1, order.Uint32(fraction[4:])))
		if tag == 282 {
			across = value
		} else {
			down = value
		}
	}
	return across, down
}

// readable turns light on dark (a terminal, a dark theme) round, and brings a picture to a size that Tesseract reads best.
func readable(flat *image.Gray) *image.Gray {
	if scale := scaleFor(flat.Rect.Dx(), flat.Rect.Dy()); scale != 1 {
		flat = resize(flat, max(1, int(float64(flat.Rect.Dx())*scale)), max(1, int(float64(flat.Rect.Dy())*scale)))
	}
	var sum uint64
	for _, v := range flat.Pix {
		sum += uint64(v)
	}
	if sum < 100*uint64(len(flat.Pix)) {
		for i, v := range flat.Pix {
			flat.Pix[i] = 0xff - v
		}
	}
	return flat
}

// flatten takes the brightness of each pixel, as seen on white paper. Reading pixels one by one through the interface
// would take seconds for a photo: the decoders' usual types have their own way.
func flatten(src image.Image) *image.Gray {
	bounds := src.Bounds()
	w, h := bounds.Dx(), bounds.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	over := func(r, g, b, alpha uint32) byte { // premultiplied, 8 bits each
		return byte((299*r+587*g+114*b)/1000 + 0xff - alpha)
	}
	for y := range h {
		row := dst.Pix[y*dst.Stride:][:w]
		switch s := src.(type) {
		case *image.Gray:
			copy(row, s.Pix[y*s.Stride:][:w])
		case *image.YCbCr:
			copy(row, s.Y[y*s.YStride:][:w])
		case *image.RGBA:
			for x := range w {
				p := s.Pix[y*s.Stride+4*x:][:4]
				row[x] = over(uint32(p[0]), uint32(p[1]), uint32(p[2]), uint32(p[3]))
			}
		case *image.NRGBA:
			for x := range w {
				p := s.Pix[y*s.Stride+4*x:][:4]
				a := uint32(p[3])
				row[x] = over(uint32(p[0])*a/0xff, uint32(p[1])*a/0xff, uint32(p[2])*a/0xff, a)
			}
		case *image.Paletted:
			var shades [256]byte
			for i, c := range s.Palette[:min(len(s.Palette), 256)] {
				r, g, b, a := c.RGBA()
				shades[i] = over(r>>8, g>>8, b>>8, a>>8)
			}
			for x := range w {
				row[x] = shades[s.Pix[y*s.Stride+x]]
			}
		default:
			for x := range w {
				r, g, b, a := src.At(bounds.Min.X+x, bounds.Min.Y+y).RGBA()
				row[x] = over(r>>8, g>>8, b>>8, a>>8)
			}
		}
	}
	return dst
}

// resize scales a picture: by means of all pixels when it gets smaller, between neighbours when it gets larger.
func resize(src *image.Gray, w, h int) *image.Gray {
	columns, rows := weigh(src.Rect.Dx(), w), weigh(src.Rect.Dy(), h)
	between := make([]float32, w*src.Rect.Dy()) // scaled across, not yet down
	for y := range src.Rect.Dy() {
		from := src.Pix[y*src.Stride:]
		for x, c := range columns {
			var sum float32
			for i, weight := range c.weights {
				sum += weight * float32(from[c.first+i])
			}
			between[y*w+x] = sum
		}
	}
	dst := image.NewGray(image.Rect(0, 0, w, h))
	line := make([]float32, w)
	for y, c := range rows {
		clear(line)
		for i, weight := range c.weights {
			for x, v := range between[(c.first+i)*w:][:w] {
				line[x] += weight * v
			}
		}
		for x, v := range line {
			dst.Pix[y*dst.Stride+x] = byte(min(max(v+0.5, 0), 0xff))
		}
	}
	return dst
}

// share is which pixels of a source make one of the result, with weights that add up to 1.
type share struct {
	first   int
	weights []float32
}

// weigh spreads a triangle over the source around each pixel of the result: as wide as a pixel of the source when it
// gets larger, and of the result when it gets smaller.
func weigh(from, to int) []share {
	step := float64(from) / float64(to)
	width := max(1, step)
	shares := make([]share, to)
	for i := range shares {
		middle := (float64(i)+0.5)*step - 0.5
		first, last := max(0, int(math.Ceil(middle-width))), min(from-1, int(math.Floor(middle+width)))
		s := share{first: first, weights: make([]float32, last-first+1)}
		var sum float32
		for j := range s.weights {
			s.weights[j] = float32(1 - math.Abs(float64(first+j)-middle)/width)
			sum += s.weights[j]
		}
		if sum <= 0 {
			s, sum = share{first: min(from-1, max(0, int(math.Round(middle)))), weights: []float32{1}}, 1
		}
		for j := range s.weights {
			s.weights[j] /= sum
		}
		shares[i] = s
	}
	return shares
}

// scaleFor says by how much a picture is enlarged or reduced before it is recognised. Tesseract reads capital letters of
// some 20 to 30 pixels best. A screen's have 10, and a screen is at most 2000 pixels wide (those with finer pixels draw
// letters of 20); a photo of a page has more than it needs.
func scaleFor(w, h int) float64 {
	switch longest := max(w, h); {
	case longest > 4200:
		return 4200 / float64(longest)
	case longest <= 2000:
		return 2
	}
	return 1
}

// upright turns a picture as its camera was held; see orientation.
func upright(src *image.Gray, turn int) *image.Gray {
	if turn <= 1 || turn > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dw, dh := w, h
	if turn >= 5 {
		dw, dh = h, w
	}
	dst := image.NewGray(image.Rect(0, 0, dw, dh))
	for y := range h {
		for x := range w {
			var dx, dy int
			switch turn {
			case 2:
				dx, dy = w-1-x, y
			case 3:
				dx, dy = w-1-x, h-1-y
			case 4:
				dx, dy = x, h-1-y
			case 5:
				dx, dy = y, x
			case 6:
				dx, dy = h-1-y, x
			case 7:
				dx, dy = h-1-y, w-1-x
			case 8:
				dx, dy = y, w-1-x
			}
			dst.Pix[dy*dst.Stride+dx] = src.Pix[y*src.Stride+x]
		}
	}
	return dst
}

// orientation reads tag 0x0112 of the EXIF part of a JPEG: 1 is upright, 3 upside down, 6 and 8 lie on a side, the
// others are mirrored. Anything unclear is 1.
func orientation(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xd8 {
		return 1
	}
	for at := 2; at+4 <= len(b) && b[at] == 0xff; {
		marker, n := b[at+1], int(binary.BigEndian.Uint16(b[at+2:]))
		if marker == 0xda || marker == 0xd9 || n < 2 || at+2+n > len(b) {
			return 1
		}
		part := b[at+4 : at+2+n]
		if marker == 0xe1 && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
			return exifOrientation(part[6:])
		}
		at += 2 + n
	}
	return 1
}

func exifOrientation(b []byte) int {
	order := byteOrder(b)
	if order == nil {
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	entries := int64(order.Uint16(b[at:]))
	for i := range entries {
		e := at + 2 + 12*i
		if e+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[e:]) == 0x0112 {
			if turn := int(order.Uint16(b[e+8:])); turn >= 1 && turn <= 8 {
				return turn
			}
			return 1
		}
	}
	return 1
}

// byteOrder reads the head of a TIFF (EXIF is one): nil if it is none.
func byteOrder(b []byte) binary.ByteOrder {
	switch {
	case len(b) < 8:
	case string(b[:4]) == "II*\x00":
		return binary.LittleEndian
	case string(b[:4]) == "MM\x00*":
		return binary.BigEndian
	}
	return nil
}

// tiffHeads makes a head for each page of a TIFF, at most limit: one that names its directory as the first. It makes none
// if this is no TIFF.
func tiffHeads(r io.ReaderAt, limit int) (heads [][8]byte) {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil
	}
	order := byteOrder(head[:])
	if order == nil {
		return nil
	}
	seen := make(map[uint32]bool)
	for at := order.Uint32(head[4:]); at != 0 && !seen[at] && len(heads) < limit; {
		seen[at] = true
		order.PutUint32(head[4:], at)
		heads = append(heads, head)
		var n [2]byte
		if _, err := r.ReadAt(n[:], int64(at)); err != nil {
			break
		}
		var next [4]byte
		if _, err := r.ReadAt(next[:], int64(at)+2+12*int64(order.Uint16(n[:]))); err != nil {
			break
		}
		at = order.Uint32(next[:])
	}
	return heads
}

// tiffPage is a TIFF with another head: Go's decoder reads the first page only.
type tiffPage struct {
	io.ReaderAt
	head [8]byte
}

func (t tiffPage) ReadAt(p []byte, at int64) (int, error) {
	n, err := t.ReaderAt.ReadAt(p, at)
	if at >= 0 && at < int64(len(t.head)) {
		copy(p[:n], t.head[at:])
	}
	return n, err
}

// plainPicture writes a picture in the format that is simplest to read (PGM).
func plainPicture(page *image.Gray) []byte {
	w, h := page.Rect.Dx(), page.Rect.Dy()
	picture := make([]byte, 0, w*h+32)
	picture = fmt.Appendf(picture, "P5\n%d %d\n255\n", w, h)
	for y := range h {
		picture = append(picture, page.Pix[y*page.Stride:][:w]...)
	}
	return picture
}

// recognise reads a plain picture by Tesseract.
func (e *engines) recognise(ctx context.Context, picture []byte) (string, error) {
	// Mode 3 finds columns and blocks by itself, those of tables too; the words come with their places, so that arrange can
	// put rows together again.
	seen, sure, err := e.run(ctx, picture, "3")
	if err != nil {
		return "", err
	}
	if sure < doubtful {
		// It may lie on its side or head. Mode 1 finds out, where the data for that is installed; where it is not, it fails.
		if again, surer, err := e.run(ctx, picture, "1"); err == nil && surer > sure {
			seen, sure = again, surer
		}
	}
	if sure < guessed {
		return "", nil
	}
	return tidy(arrange(seen)), nil
}

// Tesseract's mean confidence, of 100: clean text has 90 and more, a pattern that it takes for letters 10 to 20.
const (
	doubtful = 60
	guessed  = 30
)

// run starts Tesseract in a mode of page segmentation, and says how sure it is of what it saw, of 100.
func (e *engines) run(ctx context.Context, picture []byte, mode string) (seen []fragment, sure float64, err error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	cmd := exec.CommandContext(ctx, e.tesseract, "stdin", "stdout", "-l", "eng", "--psm", mode, "--dpi", "300", "-c", "tessedit_create_tsv=1")
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C"} // more threads only wait for each other
	cmd.Stdin = bytes.NewReader(picture)
	cmd.Stderr = os.Stderr // of a child, that is nowhere
	cmd.WaitDelay = time.Second
	table, err := cmd.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("document: tesseract: %w", err)
	}
	seen, sure = words(string(table))
	return seen, sure, nil
}

// words reads Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
// Level 5 is a word; its line is known by the four numbers before.
func words(table string) (lines []fragment, sure float64) {
	last, weight := "", 0
	for row := range strings.Lines(table) {
		cells := strings.SplitN(strings.TrimRight(row, "\r\n"), "\t", 12)
		if len(cells) != 12 || cells[0] != "5" {
			continue
		}
		word := strings.TrimSpace(strings.ToValidUTF8(cells[11], ""))
		if word == "" {
			continue
		}
		var numbers [5]float64
		for i := range numbers {
			numbers[i], _ = strconv.ParseFloat(cells[6+i], 64)
		}
		sure += numbers[4] * float64(len(word))
		weight += len(word)
		left, right, top, bottom := numbers[0], numbers[0]+numbers[2], -numbers[1], -numbers[1]-numbers[3]
		if line := strings.Join(cells[1:5], " "); line != last {
			lines = append(lines, fragment{text: word, left: left, right: right, bottom: bottom, top: top})
			last = line
			continue
		}
		f := &lines[len(lines)-1]
		f.text += " " + word
		f.left, f.right, f.bottom, f.top = min(f.left, left), max(f.right, right), min(f.bottom, bottom), max(f.top, top)
	}
	return lines, sure / float64(max(1, weight))
}

// FindTesseract finds the program for text recognition and its version, for a person: "tesseract 5.3.0". An empty path
// is looked for on PATH.
func FindTesseract(path string) (found, version string, err error) {
	if path == "" {
		path = "tesseract"
	}
	found, err = exec.LookPath(path)
	if err != nil {
		return "", "", fmt.Errorf("document: no text recognition: %w", err)
	}
	if found, err = filepath.Abs(found); err != nil {
		return "", "", fmt.Errorf("document: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	said, err := exec.CommandContext(ctx, found, "--version").CombinedOutput()
	if err != nil {
		return "", "", fmt.Errorf("document: %s --version: %w", found, err)
	}
	version, _, _ = strings.Cut(string(said), "\n")
	languages, err := exec.CommandContext(ctx, found, "--list-langs").CombinedOutput()
	if err != nil {
		return "", "", fmt.Errorf("document: %s --list-langs: %w", found, err)
	}
	for line := range strings.Lines(string(languages)) {
		if strings.TrimSpace(line) == "eng" {
			return found, strings.TrimSpace(version), nil
		}
	}
	return "", "", errors.New("document: tesseract has no English (the package tesseract-ocr-eng)")
}
