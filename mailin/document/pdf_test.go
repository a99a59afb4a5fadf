package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func pdfOptions(tb testing.TB) Options {
	return Options{CacheDir: cacheDir(tb), TempDir: tb.TempDir()}
}

func TestPDF(t *testing.T) {
	opts := pdfOptions(t)
	for _, test := range []struct {
		name string
		page func(m *pdfMaker)
		want string // of page 1
	}{
		{"prose", func(m *pdfMaker) {
			m.page(lines("Dear coding desk,", "is 99213-25 (with 20610) right for", "a visit of 25 minutes?"), "", "", "")
		}, "Dear coding desk,\nis 99213-25 (with 20610) right for\na visit of 25 minutes?\n"},

		{"letters of Europe", func(m *pdfMaker) {
			m.page(lines("Größe § 5: 12,50 € für Frau Müßig"), "", "", "")
		}, "Größe § 5: 12,50 € für Frau Müßig\n"},

		{"two columns of prose stay apart", func(m *pdfMaker) {
			m.page(linesAt(72, 720, "The patient presents with a cough and", "fever of three days. No shortness of", "breath was noted by the patient.")+
				linesAt(320, 720, "The second column speaks of codes", "such as J18.9 that are to be read", "after the first column is done."), "", "", "")
		}, "The patient presents with a cough and\nfever of three days. No shortness of\nbreath was noted by the patient.\n" +
			"The second column speaks of codes\nsuch as J18.9 that are to be read\nafter the first column is done.\n"},

		{"a table drawn by columns has rows", func(m *pdfMaker) {
			m.page(lines("Services billed to the plan in March of this year:")+
				linesAt(72, 680, "99213", "99214", "20610")+
				linesAt(140, 680, "Office visit, established patient, low", "Office visit, established patient, moderate", "Injection of a large joint without ultrasound")+
				linesAt(400, 680, "$92.00", "$130.00", "$63.50")+
				linesAt(72, 600, "Please say which of these is denied and why."), "", "", "")
		}, "Services billed to the plan in March of this year:\n99213  Office visit, established patient, low  $92.00\n" +
			"99214  Office visit, established patient, moderate  $130.00\n20610  Injection of a large joint without ultrasound  $63.50\n" +
			"Please say which of these is denied and why.\n"},

		{"values drawn after all labels", func(m *pdfMaker) {
			m.page(linesAt(72, 700, "Procedure:", "Diagnosis:", "Units:")+linesAt(160, 700, "64483", "M54.16", "2"), "", "", "")
		}, "Procedure:  64483\nDiagnosis:  M54.16\nUnits:  2\n"},

		{"a page on its side", func(m *pdfMaker) {
			m.page("BT /F1 11 Tf 0 1 -1 0 100 72 Tm 14 TL (99213) Tj T* (99214) Tj ET\n"+
				"BT /F1 11 Tf 0 1 -1 0 100 172 Tm 14 TL (Office visit) Tj T* (Another visit) Tj ET", "", "", "/Rotate 90")
		}, "99213  Office visit\n99214  Another visit\n"},

		{"upside down", func(m *pdfMaker) {
			m.page("BT /F1 11 Tf -1 0 0 -1 500 500 Tm 14 TL (99213) Tj T* (99214) Tj ET\n"+
				"BT /F1 11 Tf -1 0 0 -1 400 500 Tm 14 TL (Office visit) Tj T* (Another visit) Tj ET", "", "", "/Rotate 180")
		}, "99213  Office visit\n99214  Another visit\n"},

		{"glyphs by number with a map to Unicode", func(m *pdfMaker) {
			toUnicode := m.stream("", []byte(`/CIDInit /ProcSet findresource begin 12 dict begin begincmap
/CMapName /Adobe-Identity-UCS def /CMapType 2 def
1 begincodespacerange <0000> <FFFF> endcodespacerange
5 beginbfchar <0001> <0396> <0002> <4E2D> <0003> <0037> <0004> <FB03> <0005> <F0B7> endbfchar
endcmap CMapName currentdict /CMap defineresource pop end end`))
			descriptor := m.add("<< /Type /FontDescriptor /FontName /Any /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>")
			cid := m.add(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /DW 600 >>", descriptor))
			font := m.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", cid, toUnicode))
			m.page("BT /F2 12 Tf 72 700 Td <000100020003000400050003> Tj ET", fmt.Sprintf("/F2 %d 0 R", font), "", "")
		}, "Ζ中7ffi•7\n"},

		{"what was filled into a form, and notes", func(m *pdfMaker) {
			text := m.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (form1[0].page1[0].diagnosis[0]) /V (M54.16) /Rect [160 690 300 710] >>")
			labelled := m.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (f2) /TU (Procedure code) /V (64483) /Rect [160 660 300 680] >>")
			empty := m.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (remarks) /Rect [160 630 300 650] >>")
			choice := m.add("<< /Type /Annot /Subtype /Widget /FT /Ch /Ff 131072 /T (place) /Opt [(11) (22)] /V (22) /Rect [160 600 300 620] >>")
			state := m.stream("/Type /XObject /Subtype /Form /BBox [0 0 10 10]", nil)
			box := func(name, value string) int {
				return m.add(fmt.Sprintf("<< /Type /Annot /Subtype /Widget /FT /Btn /T (%s) /V /%s /AS /%[2]s /AP << /N << /Yes %[3]d 0 R /Off %[3]d 0 R >> >> /Rect [160 570 170 580] >>", name, value, state))
			}
			ticked, blank := box("urgent", "Yes"), box("retrospective", "Off")
			m.fields = []int{text, labelled, empty, choice, ticked, blank}
			note := m.add("<< /Type /Annot /Subtype /Text /Contents (Denied twice with CO-97) /Rect [400 700 420 720] >>")
			typed := m.add("<< /Type /Annot /Subtype /FreeText /Contents (see page 2) /DA (/F1 10 Tf) /Rect [400 600 500 620] >>")
			link := m.add("<< /Type /Annot /Subtype /Link /Contents (never shown) /Rect [400 500 500 520] >>")
			m.page(lines("Request for review"), "", "", fmt.Sprintf("/Annots [%d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R %d 0 R]", text, labelled, empty, choice, ticked, blank, note, typed, link))
		}, "Request for review\ndiagnosis: M54.16\nProcedure code: 64483\nplace: 22\nurgent: checked\nDenied twice with CO-97\nsee page 2\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newPDF()
			test.page(m)
			got := readBytes(t, opts, m.bytes())
			if got.Kind != PDF || got.section("page 1") != test.want || len(got.Problems) > 0 || got.Recognised {
				t.Errorf("got %+v\nwant %q", got, test.want)
			}
		})
	}
}

func TestPDFPages(t *testing.T) {
	m := newPDF()
	for i := range 300 {
		m.page(lines(fmt.Sprintf("This is page %d.", i+1)), "", "", "")
	}
	opts := pdfOptions(t)
	got := readBytes(t, opts, m.bytes())
	if len(got.Sections) != 200 || got.section("page 1") != "This is page 1.\n" || got.section("page 200") != "This is page 200.\n" {
		t.Errorf("%d sections, %q", len(got.Sections), got.section("page 200"))
	}
	wantProblem(t, got, "Only the first 200 of 300 pages were read: a document may have no more.")

	opts.Limits.Text = 100
	got = readBytes(t, opts, m.bytes())
	if len(got.Text) > 100 || !strings.HasPrefix(got.Text, "This is page 1.\nThis is page 2.\n") {
		t.Errorf("%q", got.Text)
	}
	wantProblem(t, got, "holds more text")
}

func TestPDFsThatCannotBeRead(t *testing.T) {
	opts := pdfOptions(t)
	whole := newPDF()
	whole.page(lines("Nothing of this is told."), "", "", "")
	locked := newPDF()
	locked.locked, locked.password = true, "secret"
	locked.page(lines("Nothing of this is told."), "", "", "")
	for _, test := range []struct {
		name    string
		content []byte
		problem string
	}{
		{"password", locked.bytes(), "protected by a password"},
		{"head alone", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), "damaged"},
		{"noise", append([]byte("%PDF-1.4\n"), bytes.Repeat([]byte("obj << stream endobj "), 1000)...), "damaged"},
		{"no pages", newPDF().bytes(), "damaged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := readBytes(t, opts, test.content)
			wantProblem(t, got, test.problem)
			if got.Text != "" || len(got.Problems) != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Many programs encrypt what everybody may read, to forbid printing.
func TestPDFWithoutUserPassword(t *testing.T) {
	m := newPDF()
	m.locked = true
	m.page(lines("Readable by all."), "", "", "")
	if got := readBytes(t, pdfOptions(t), m.bytes()); got.section("page 1") != "Readable by all.\n" || len(got.Problems) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestFilesInAPDFAreTold(t *testing.T) {
	m := newPDF()
	file := m.stream("/Type /EmbeddedFile", []byte("hidden"))
	spec := m.add(fmt.Sprintf("<< /Type /Filespec /F (note.txt) /UF (note.txt) /EF << /F %d 0 R >> >>", file))
	m.catalog = fmt.Sprintf("/Names << /EmbeddedFiles << /Names [(note.txt) %d 0 R] >> >>", spec)
	m.page(lines("See the file."), "", "", "")
	got := readBytes(t, pdfOptions(t), m.bytes())
	wantProblem(t, got, "holds other files")
	if got.section("page 1") != "See the file.\n" {
		t.Errorf("%+v", got)
	}
}

// One child reads all PDFs of an archive, the damaged among them too.
func TestPDFsInAnArchive(t *testing.T) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for i := range 3 {
		m := newPDF()
		m.page(lines(fmt.Sprintf("This is PDF %d.", i+1)), "", "", "")
		content := m.bytes()
		if i == 1 {
			content = content[:60]
		}
		w, err := z.Create(fmt.Sprintf("%d.pdf", i))
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	got := readBytes(t, pdfOptions(t), archive.Bytes())
	if got.Kind != ZIP || !strings.Contains(got.Text, "This is PDF 1.\n") || !strings.Contains(got.Text, "This is PDF 3.\n") {
		t.Errorf("%+v", got)
	}
	wantProblem(t, got, "PDF is damaged")
}

// A PDF cut off in the middle, as broken downloads are: PDFium finds the pages that are there.
func TestTruncatedPDF(t *testing.T) {
	m := newPDF()
	for i := range 20 {
		m.page(lines(fmt.Sprintf("This is page %d.", i+1)), "", "", "")
	}
	whole := m.bytes()
	got := readBytes(t, pdfOptions(t), whole[:len(whole)*9/10])
	if got.section("page 1") != "This is page 1.\n" && len(got.Problems) == 0 {
		t.Errorf("neither text nor problem: %+v", got)
	}
}

func TestScannedPDFWithoutRecognition(t *testing.T) {
	paper := image.NewGray(image.Rect(0, 0, 400, 500))
	m := newPDF()
	m.page(lines("The first page is typed: 99213."), "", "", "")
	m.scan(paper, "")
	m.scan(paper, lines("FAX 2026-11-24 08:15  p. 2/3"))
	m.page(lines("The fourth page is typed: M54.16."), "", "", "")
	m.page("", "", "", "") // an empty page is no picture
	m.scan(paper, "")
	got := readBytes(t, pdfOptions(t), m.bytes())
	if got.section("page 1") != "The first page is typed: 99213.\n" || got.section("page 4") != "The fourth page is typed: M54.16.\n" ||
		!strings.HasPrefix(got.section("page 3"), "FAX") || len(got.Sections) != 6 {
		t.Errorf("%+v", got)
	}
	wantProblem(t, got, "Pages 2-3 and 6 are pictures, and no text recognition is installed here.")
}

// A font without names for its glyphs, as some fax and print programs write it, is seen well and stored as noise.
func TestIllegibleFontIsAPicture(t *testing.T) {
	m := newPDF()
	cid := m.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Any /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 >>")
	toUnicode := m.stream("", []byte("begincmap\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n1 beginbfrange <0000> <00FF> <E000> endbfrange\nendcmap"))
	font := m.add(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /Any /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", cid, toUnicode))
	m.page("BT /F2 12 Tf 72 700 Td <0001000200030004000500060007> Tj ET", fmt.Sprintf("/F2 %d 0 R", font), "", "")
	got := readBytes(t, pdfOptions(t), m.bytes())
	wantProblem(t, got, "Page 1 is a picture")
	if strings.TrimSpace(got.Text) != "" {
		t.Errorf("%q", got.Text)
	}
}

func TestPDFWithoutItsCache(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles PDFium")
	}
	m := newPDF()
	m.page(lines("Compiled for this one."), "", "", "")
	// Folders of another version, and of another processor: a child can write to neither.
	versions, err := os.ReadDir(cacheDir(t))
	if err != nil {
		t.Fatal(err)
	}
	dirs := []string{t.TempDir()}
	for _, version := range []string{"wazero-v0-none", versions[0].Name()} {
		dir := t.TempDir()
		other := filepath.Join(dir, version)
		if err := errors.Join(os.Mkdir(other, 0o700), os.WriteFile(filepath.Join(other, "compiled"), nil, 0o600)); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	for _, dir := range dirs {
		got := readBytes(t, Options{CacheDir: dir, Limits: Limits{Time: time.Minute}}, m.bytes())
		if got.section("page 1") != "Compiled for this one.\n" || len(got.Problems) > 0 {
			t.Errorf("%+v", got)
		}
	}
}

func TestWarmTwice(t *testing.T) {
	compiled := func() (files []string) {
		err := filepath.WalkDir(cacheDir(t), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := entry.Info()
			if err == nil {
				files = append(files, path+" "+info.ModTime().String())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	before := compiled()
	if err := NewReader(Options{CacheDir: cacheDir(t)}).Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := compiled(); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("compiled again: %q, then %q", before, after)
	}
	if err := NewReader(Options{CacheDir: "/dev/null/folder"}).Warm(t.Context()); err == nil {
		t.Error("no error for a folder that cannot be")
	}
}

// samplePDF has a bit of everything.
func samplePDF() []byte {
	m := newPDF()
	field := m.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (code) /V (64483) /Rect [160 660 300 680] >>")
	m.fields = []int{field}
	note := m.add("<< /Type /Annot /Subtype /Text /Contents (a note) /Rect [400 700 420 720] >>")
	m.page(lines("Page one with 99213.", "And a second line."), "", "", fmt.Sprintf("/Annots [%d 0 R %d 0 R]", field, note))
	m.scan(image.NewGray(image.Rect(0, 0, 20, 20)), "")
	m.page(linesAt(72, 700, "99213", "99214")+linesAt(200, 700, "low", "moderate"), "", "", "/Rotate 90")
	return m.bytes()
}

func mutate(r *rand.Rand, b []byte) []byte {
	b = bytes.Clone(b)
	for range 1 + r.IntN(12) {
		at := r.IntN(len(b))
		switch r.IntN(5) {
		case 0:
			b[at] = byte(r.Uint32())
		case 1:
			b[at] = "0123456789/<>[]()% R"[r.IntN(20)]
		case 2:
			n := min(r.IntN(200), len(b)-at)
			b = append(b[:at], b[at+n:]...)
		case 3:
			from := r.IntN(len(b))
			b = append(b[:at:at], append(bytes.Clone(b[from:min(from+r.IntN(300), len(b))]), b[at:]...)...)
		case 4:
			b = b[:max(20, at)]
		}
		if len(b) < 20 {
			break
		}
	}
	return append([]byte("%PDF-1.7\n"), b...)
}

// Whatever is in a PDF, reading it ends with text or a problem, never with an error or a loss of this process.
func TestMutatedPDFs(t *testing.T) {
	rounds := 120
	if testing.Short() {
		rounds = 30
	}
	opts := pdfOptions(t)
	opts.Limits.Time = 10 * time.Second
	r := NewReader(opts)
	random := rand.New(rand.NewPCG(1, 2))
	sample := samplePDF()
	documents := make(chan []byte)
	var reading sync.WaitGroup
	for range 2 {
		reading.Go(func() {
			for doc := range documents {
				got, err := r.Read(t.Context(), bytes.NewReader(doc), int64(len(doc)), Hint{})
				if err != nil || strings.TrimSpace(got.Text) == "" && len(got.Problems) == 0 {
					t.Errorf("%v %+v for %q", err, got, doc)
				}
			}
		})
	}
	for range rounds {
		documents <- mutate(random, sample)
	}
	close(documents)
	reading.Wait()
}

// FuzzPDF runs PDFium in the process of the test.
func FuzzPDF(f *testing.F) {
	f.Add(samplePDF())
	f.Add([]byte("%PDF-1.7\n"))
	e := inProcess(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		l := Limits{Pages: 5, Text: 10_000}.withDefaults()
		out := &collected{taker: taker{limits: l}}
		e.pdf(t.Context(), input{content: bytes.NewReader(content), size: int64(len(content))}, out, newBudget(l))
		if got := out.result(); len(got.Text) > l.Text || len(got.Sections) > l.Pages {
			t.Errorf("%d bytes, %d sections", len(got.Text), len(got.Sections))
		}
	})
}
