package document

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfiumerrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// engines are PDFium and Tesseract in a child. They serve one document after another.
type engines struct {
	tesseract string
	cacheDir  string
	fillCache bool
	memory    int64
	pool      pdfium.Pool
}

var _ readers = (*engines)(nil)

func newEngines(s settings) *engines {
	return &engines{tesseract: s.Tesseract, cacheDir: s.CacheDir, fillCache: s.Warm, memory: s.Limits.Memory}
}

// wasmPage is the unit of WebAssembly's memory.
const wasmPage = 64 << 10

// start makes PDFium ready: from its cache in some 60 ms, else by compiling it, which takes seconds.
func (e *engines) start(ctx context.Context) error {
	if e.pool != nil {
		return nil
	}
	var cached wazero.CompilationCache
	if e.cacheDir != "" {
		// A cache that is empty would be filled at the end of compiling, and a child that reads cannot write.
		compiled, _ := filepath.Glob(filepath.Join(e.cacheDir, "wazero-*", "*"))
		if e.fillCache || len(compiled) > 0 {
			var err error
			if cached, err = wazero.NewCompilationCacheWithDir(e.cacheDir); err != nil {
				if e.fillCache {
					return fmt.Errorf("document: the folder for compiled PDFium: %w", err)
				}
				cached = nil // it is of another version, and this one has no folder in it
			}
		}
	}
	pool, err := e.open(cached)
	if err != nil && cached != nil && !e.fillCache {
		pool, err = e.open(nil) // the cache is of another version or processor
	}
	if err != nil {
		return fmt.Errorf("document: starting PDFium: %w", err)
	}
	e.pool = pool
	return nil
}

func (e *engines) open(cached wazero.CompilationCache) (pdfium.Pool, error) {
	// PDFium raises C++ exceptions; its memory grows as it needs it, up to half of the child's.
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(uint32(min(e.memory/2/wasmPage, 32768))).
		WithCloseOnContextDone(true)
	if cached != nil {
		config = config.WithCompilationCache(cached)
	}
	// PDFium sees no file and prints nowhere.
	return webassembly.Init(webassembly.Config{MaxTotal: 1, MaxIdle: 1, RuntimeConfig: config,
		FSConfig: wazero.NewFSConfig(), Stdout: io.Discard, Stderr: io.Discard})
}

// warm fills the cache and proves that PDFium runs from it.
func (e *engines) warm(ctx context.Context) error {
	if err := e.start(ctx); err != nil {
		return err
	}
	instance, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return fmt.Errorf("document: starting PDFium: %w", err)
	}
	return instance.Close()
}

// The sentences about PDFs.
const (
	problemPassword = "This PDF is protected by a password. Please send it without one."
	problemPDF      = "This PDF is damaged and could not be read. Please send it again."
	problemPDFium   = "PDFs cannot be read here at the moment."
	problemXFA      = "This PDF is a form that only Adobe's programs show (XFA). Please send it printed to a PDF."
	problemAttached = "This PDF holds other files, which were not read. Please send them as attachments of a mail."
)

// pdf reads a PDF page by page. Pages that are pictures are recognised after the text of all others has been taken, in
// case the time ends before.
func (e *engines) pdf(ctx context.Context, in input, out output, b *budget) {
	content := make([]byte, in.size)
	if _, err := io.ReadFull(io.NewSectionReader(in.content, 0, in.size), content); err != nil {
		out.problem(problemPDF)
		return
	}
	if err := e.start(ctx); err != nil {
		out.problem(problemPDFium)
		return
	}
	instance, err := e.pool.GetInstanceWithContext(ctx)
	if err != nil {
		if ctx.Err() == nil {
			out.problem(problemPDFium)
		}
		return
	}
	ended := context.AfterFunc(ctx, func() { instance.Kill() })
	defer func() {
		if ended() {
			instance.Close()
		}
	}()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &content})
	switch {
	case errors.Is(err, pdfiumerrors.ErrPassword), errors.Is(err, pdfiumerrors.ErrSecurity):
		out.problem(problemPassword)
		return
	case ctx.Err() != nil:
		return
	case err != nil:
		out.problem(problemPDF)
		return
	}
	d := pdfDocument{instance: instance, document: opened.Document}
	d.read(ctx, e, out, b)
}

// pdfDocument is an open PDF.
type pdfDocument struct {
	instance pdfium.Pdfium
	document references.FPDF_DOCUMENT
	form     bool
}

// pdfPage is what pass one found on a page.
type pdfPage struct {
	text    string
	picture bool // what it shows is not, or not all, in its text
	broken  bool
}

func (d *pdfDocument) read(ctx context.Context, e *engines, out output, b *budget) {
	counted, err := d.instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: d.document})
	if err != nil || counted.PageCount <= 0 {
		if ctx.Err() == nil {
			out.problem(problemPDF)
		}
		return
	}
	count := counted.PageCount
	if form, err := d.instance.FPDF_GetFormType(&requests.FPDF_GetFormType{Document: d.document}); err == nil {
		d.form = form.FormType != enums.FPDF_FORMTYPE_NONE
		if form.FormType == enums.FPDF_FORMTYPE_XFA_FULL {
			out.problem(problemXFA)
		}
	}
	if attached, err := d.instance.FPDFDoc_GetAttachmentCount(&requests.FPDFDoc_GetAttachmentCount{Document: d.document}); err == nil && attached.AttachmentCount > 0 {
		out.problem(problemAttached)
	}

	// Pages are passed on as they come until the first picture, and kept from there on.
	var kept []pdfPage
	keptFrom := 0
	var pictures, broken []int
	taken, full := 0, false
	for taken < count && b.pages > 0 && ctx.Err() == nil && !full {
		page := d.page(taken, b.limits.Text)
		if ctx.Err() != nil {
			break // the page may be cut off
		}
		taken++
		b.pages--
		if page.broken {
			broken = append(broken, taken)
		}
		if page.picture {
			pictures = append(pictures, taken)
		}
		if len(pictures) == 0 {
			full = !page.pass(out, taken)
			keptFrom = taken
		} else {
			kept = append(kept, page)
		}
	}
	late := ctx.Err() != nil
	var unread []int
	seen, end := d.recognise(ctx, e, kept, keptFrom)
	for i := 0; i < len(kept) && !full; i++ {
		number := keptFrom + i + 1
		var r recognition
		if kept[i].picture && e.tesseract != "" {
			r = <-seen[i]
			if r.err != nil {
				unread = append(unread, number)
			}
		}
		full = !kept[i].pass(out, number)
		if r.text != "" && !full {
			full = !out.text(r.text)
			out.recognised()
		}
	}
	end()

	if taken < count && !full {
		out.problem(onlyFirst(taken, count, late))
	}
	if len(broken) > 0 {
		out.problem(pagesAre(broken, "damaged and could not be read.", "damaged and could not be read."))
	}
	switch {
	case len(pictures) > 0 && e.tesseract == "":
		out.problem(pagesAre(pictures, "a picture, and no text recognition is installed here. Please read it in the file itself.",
			"pictures, and no text recognition is installed here. Please read them in the file itself."))
	case len(unread) > 0 && ctx.Err() != nil:
		out.problem(pagesAre(unread, "a picture, and there was no time to recognise its text.", "pictures, and there was no time to recognise their text."))
	case len(unread) > 0:
		out.problem(pagesAre(unread, "a picture whose text could not be recognised.", "pictures whose text could not be recognised."))
	}
}

// recognition is what Tesseract saw on a page.
type recognition struct {
	text string
	err  error
}

// recognise draws and recognises the pages that are pictures, a few at once, and answers on a channel for each. After
// end, nothing of it runs.
func (d *pdfDocument) recognise(ctx context.Context, e *engines, pages []pdfPage, before int) (seen []chan recognition, end func()) {
	if e.tesseract == "" {
		return nil, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	seen = make([]chan recognition, len(pages))
	for i := range seen {
		seen[i] = make(chan recognition, 1)
	}
	var running sync.WaitGroup
	running.Go(func() {
		slots := make(chan struct{}, childProcessors)
		for i := range pages {
			if !pages[i].picture {
				continue
			}
			slots <- struct{}{}
			picture, err := d.draw(ctx, before+i)
			running.Go(func() {
				defer func() { <-slots }()
				var r recognition
				if r.err = err; err == nil {
					r.text, r.err = e.recognise(ctx, picture)
				}
				seen[i] <- r
			})
		}
	})
	return seen, func() {
		cancel()
		running.Wait()
	}
}

// onlyFirst says how far a reader came, of all that the document has.
func onlyFirst(taken, all int, late bool) string {
	why := "was read: a document may have no more."
	if late {
		why = "could be read in the time allowed."
	} else if taken != 1 {
		why = "were read: a document may have no more."
	}
	switch taken {
	case 0:
		return "None of the pages " + why
	case 1:
		return fmt.Sprintf("Only the first of %d pages %s", all, why)
	}
	return fmt.Sprintf("Only the first %d of %d pages %s", taken, all, why)
}

// pagesAre makes a sentence about pages: "Page 3 is ...", "Pages 1-3 and 7 are ...".
func pagesAre(pages []int, one, many string) string {
	if len(pages) == 1 {
		return fmt.Sprintf("Page %d is %s", pages[0], one)
	}
	var ranges []string
	for i := 0; i < len(pages); {
		last := i
		for last+1 < len(pages) && pages[last+1] == pages[last]+1 {
			last++
		}
		if last == i {
			ranges = append(ranges, fmt.Sprint(pages[i]))
		} else {
			ranges = append(ranges, fmt.Sprintf("%d-%d", pages[i], pages[last]))
		}
		i = last + 1
	}
	if len(ranges) > 12 {
		return fmt.Sprintf("%d pages are %s", len(pages), many)
	}
	list := ranges[0]
	if n := len(ranges); n > 1 {
		list = strings.Join(ranges[:n-1], ", ") + " and " + ranges[n-1]
	}
	return fmt.Sprintf("Pages %s are %s", list, many)
}

// pass gives the page's own text to out, and says whether more is wanted.
func (p *pdfPage) pass(out output, number int) bool {
	out.section(fmt.Sprintf("page %d", number))
	return p.text == "" || out.text(p.text)
}

// page takes the text of a page: what is printed on it, what was filled into its form, and the notes on it.
func (d *pdfDocument) page(index, limit int) (p pdfPage) {
	loaded, err := d.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: d.document, Index: index})
	if err != nil {
		return pdfPage{broken: true}
	}
	defer d.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	page := requests.Page{ByReference: &loaded.Page}

	printed, err := d.instance.GetPageTextStructured(&requests.GetPageTextStructured{Page: page, Mode: requests.GetPageTextStructuredModeChars})
	if err != nil {
		return pdfPage{broken: true}
	}
	glyphs := make([]glyph, len(printed.Chars))
	for i, c := range printed.Chars {
		at := c.PointPosition
		turn := int(math.Round(-c.Angle/(math.Pi/2))) & 3
		glyphs[i] = glyph{text: c.Text, left: at.Left, right: at.Right, bottom: at.Bottom, top: at.Top, turn: turn}
	}
	text := tidy(arrange(split(turned(glyphs))))
	letters, strange := legible(text)
	if strange*3 > letters {
		// A font that does not say which characters its glyphs are: what is seen is fine, what is stored is noise.
		p.picture = true
		text = ""
	} else {
		p.picture = d.pictured(page, letters)
	}
	var all strings.Builder
	all.WriteString(text)
	for _, line := range append(d.fields(page), d.notes(page)...) {
		if all.Len() < limit {
			all.WriteString(line + "\n")
		}
	}
	p.text = all.String()
	return p
}

// joined takes apart the letters that a font draws as one, so that words are found; the last is Word's bullet.
var joined = strings.NewReplacer("\r\n", "\n", "\ufb00", "ff", "\ufb01", "fi", "\ufb02", "fl", "\ufb03", "ffi", "\ufb04", "ffl", "\ufb05", "st", "\ufb06", "st", "\uf0b7", "\u2022")

// tidy makes lines of PDFium's text: trimmed at their ends, at most one empty one in a row, a line feed at the end.
func tidy(text string) string {
	text = joined.Replace(text)
	text = strings.Map(func(c rune) rune {
		switch {
		case c == '\r':
			return '\n'
		case c == '\x02' || c == '\ufffe':
			return '-' // PDFium's mark for a hyphen at the end of a line
		case c == '\u00a0':
			return ' '
		case c != '\n' && c != '\t' && unicode.IsControl(c), c == '\ufeff', c == '\u00ad':
			return -1
		}
		return c
	}, text)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		if line == "" && (len(lines) == 0 || lines[len(lines)-1] == "") {
			continue
		}
		lines = append(lines, line)
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// legible counts the letters and digits of a text, and the characters that mean nothing to anybody.
func legible(text string) (letters, strange int) {
	for _, c := range text {
		switch {
		case c == unicode.ReplacementChar || unicode.Is(unicode.Co, c):
			strange++
		case unicode.IsLetter(c) || unicode.IsDigit(c):
			letters++
		}
	}
	return letters, strange
}

const (
	// A scanned page may bear some printed text: the line of a fax machine, a stamp with the page's number.
	fewLetters = 200
	maxObjects = 2000 // are looked at on a page
	maxNotes   = 500
)

// pictured says whether a page shows text that is not in its text layer: a scan, or letters drawn as lines.
func (d *pdfDocument) pictured(page requests.Page, letters int) bool {
	if letters >= fewLetters {
		return false
	}
	size, err := d.instance.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return false
	}
	objects, err := d.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return false
	}
	var area float64 // of pictures, in square points
	paths := 0
	for i := range min(objects.Count, maxObjects) {
		object, err := d.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			continue
		}
		kind, err := d.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil {
			continue
		}
		switch kind.Type {
		case enums.FPDF_PAGEOBJ_PATH, enums.FPDF_PAGEOBJ_SHADING:
			paths++
		case enums.FPDF_PAGEOBJ_IMAGE, enums.FPDF_PAGEOBJ_FORM:
			if bounds, err := d.instance.FPDFPageObj_GetBounds(&requests.FPDFPageObj_GetBounds{PageObject: object.PageObject}); err == nil {
				area += max(0, float64(bounds.Right-bounds.Left)) * max(0, float64(bounds.Top-bounds.Bottom))
			}
		}
	}
	share := area / max(1, size.Width*size.Height)
	if letters < 8 {
		return share > 0.05 || paths > 40
	}
	return share > 0.5
}

// fields are the filled fields of the form on a page, each as "label: value".
func (d *pdfDocument) fields(page requests.Page) (lines []string) {
	if !d.form {
		return nil
	}
	form, err := d.instance.GetForm(&requests.GetForm{Page: page})
	if err != nil {
		return nil
	}
	for _, f := range form.Fields {
		label := tidyLine(f.ToolTip)
		if label == "" {
			label = fieldName(f.Name)
		}
		var value string
		switch f.Type {
		case enums.FPDF_FORMFIELD_TYPE_PUSHBUTTON, enums.FPDF_FORMFIELD_TYPE_SIGNATURE:
			continue
		case enums.FPDF_FORMFIELD_TYPE_CHECKBOX:
			if f.IsChecked != nil && *f.IsChecked {
				value = "checked"
			}
		case enums.FPDF_FORMFIELD_TYPE_RADIOBUTTON:
			if f.IsChecked != nil && *f.IsChecked && f.Value != nil {
				value = *f.Value
			}
		case enums.FPDF_FORMFIELD_TYPE_COMBOBOX, enums.FPDF_FORMFIELD_TYPE_LISTBOX:
			value = strings.Join(f.Values, ", ")
			if value == "" && f.Value != nil {
				value = *f.Value
			}
		default:
			if f.Value != nil {
				value = *f.Value
			}
		}
		if value = strings.TrimSpace(tidy(value)); value == "" {
			continue
		}
		if label != "" {
			value = label + ": " + value
		}
		lines = append(lines, value)
	}
	return lines
}

// fieldName is the last part of a field's full name without the index that form designers put there:
// "form1[0].page2[0].diagnosis[0]" is "diagnosis".
func fieldName(name string) string {
	name = tidyLine(name)
	if i := strings.LastIndexByte(name, '.'); i >= 0 && i+1 < len(name) {
		name = name[i+1:]
	}
	if i := strings.LastIndexByte(name, '['); i > 0 && strings.HasSuffix(name, "]") {
		name = name[:i]
	}
	return name
}

func tidyLine(s string) string { return strings.Join(strings.Fields(tidy(s)), " ") }

// notes are the comments and the typed-in text on a page. They are no part of its text layer.
func (d *pdfDocument) notes(page requests.Page) (lines []string) {
	counted, err := d.instance.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: page})
	if err != nil {
		return nil
	}
	for i := range min(counted.Count, maxNotes) {
		note, err := d.instance.FPDFPage_GetAnnot(&requests.FPDFPage_GetAnnot{Page: page, Index: i})
		if err != nil {
			continue
		}
		kind, err := d.instance.FPDFAnnot_GetSubtype(&requests.FPDFAnnot_GetSubtype{Annotation: note.Annotation})
		if err == nil {
			switch kind.Subtype {
			case enums.FPDF_ANNOT_SUBTYPE_WIDGET, enums.FPDF_ANNOT_SUBTYPE_LINK, enums.FPDF_ANNOT_SUBTYPE_POPUP:
			default:
				said, err := d.instance.FPDFAnnot_GetStringValue(&requests.FPDFAnnot_GetStringValue{Annotation: note.Annotation, Key: "Contents"})
				if err == nil {
					if text := strings.TrimSpace(tidy(said.Value)); text != "" {
						lines = append(lines, text)
					}
				}
			}
		}
		d.instance.FPDFPage_CloseAnnot(&requests.FPDFPage_CloseAnnot{Annotation: note.Annotation})
	}
	return lines
}

var errNotRendered = errors.New("document: the page could not be drawn")

const (
	scanDPI   = 300
	scanBound = 12 << 20 // pixels of a rendered page; a letter at 300 dpi has 8.4 million
)

// draw renders a page in shades of grey, as Tesseract takes it.
func (d *pdfDocument) draw(ctx context.Context, index int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: d.document, Index: index}}
	size, err := d.instance.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, err
	}
	dpi := scanDPI
	for dpi > 20 && size.Width/72*float64(dpi)*size.Height/72*float64(dpi) > scanBound {
		dpi -= 10
	}
	drawn, err := d.instance.RenderPageInDPI(&requests.RenderPageInDPI{Page: page, DPI: dpi,
		RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT, ImageFormat: requests.RenderImageFormatGrayscale})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	grey, ok := drawn.Result.RenderedImage.(*image.Gray)
	if !ok {
		return nil, errNotRendered
	}
	return plainPicture(grey), nil
}
