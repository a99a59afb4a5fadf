package document

import (
	"bytes"
	"strings"
	"testing"
)

// benchmarkRead measures from the start of a child to the end of its text.
func benchmarkRead(b *testing.B, opts Options, content []byte) {
	r := NewReader(opts)
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		got, err := r.Read(b.Context(), bytes.NewReader(content), int64(len(content)), Hint{})
		if err != nil || len(got.Problems) > 0 || got.Text == "" {
			b.Fatal(err, got.Problems)
		}
	}
}

func BenchmarkPlainText(b *testing.B) {
	benchmarkRead(b, Options{}, []byte("Is 99213 right for this visit?\n"))
}

func BenchmarkPlainTextOfAMegabyte(b *testing.B) {
	benchmarkRead(b, Options{}, []byte(strings.Repeat("Is 99213 right for this visit?\n", 1<<20/31)))
}

func BenchmarkPDFOfAPage(b *testing.B) {
	m := newPDF()
	m.page(lines("Is 99213 right for this visit?"), "", "", "")
	benchmarkRead(b, pdfOptions(b), m.bytes())
}

func BenchmarkPDFOf200Pages(b *testing.B) {
	m := newPDF()
	var text []string
	for range 48 {
		text = append(text, "The patient presents with a cough and fever of three days, billed as 99213.")
	}
	for range 200 {
		m.page(lines(text...), "", "", "")
	}
	benchmarkRead(b, pdfOptions(b), m.bytes())
}

func BenchmarkScannedPage(b *testing.B) {
	benchmarkRead(b, Options{Tesseract: needTesseract(b)}, encodePNG(b, drawn(b, letter(), 200)))
}
