package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"caseconsultant/mailin/document"
)

// documentReader reads attachments. It is made at its first use: finding Tesseract starts processes, and most commands
// read no attachment.
type documentReader struct{ made func() *document.Reader }

// Read implements workflow.Documents.
func (r documentReader) Read(ctx context.Context, content io.Reader, size int64, hint document.Hint) (document.Text, error) {
	return r.made().Read(ctx, content, size, hint)
}

// documents is what reads attachments, as the configuration settles it.
func (c *Config) documents() documentReader {
	return newDocuments(document.Limits{Time: time.Duration(c.Limits.DocumentTime), Bytes: int64(c.Limits.Attachment)}, c.Document.Tesseract, documentWorkers())
}

// documentWorkers is how many documents are read at once: half of the machine, since mail must go on beside it.
func documentWorkers() int { return max(1, runtime.GOMAXPROCS(0)/2) }

func newDocuments(limits document.Limits, tesseract string, children int) documentReader {
	return documentReader{sync.OnceValue(func() *document.Reader {
		found, _, err := document.FindTesseract(tesseract)
		if err != nil {
			found = "" // pictures stay unread, and each says so
		}
		return document.NewReader(document.Options{Tesseract: found, CacheDir: documentCache(), Limits: limits, Children: children})
	})}
}

// documentCache is where compiled PDFium is kept; "" where there is no such place, and then it is compiled each time.
func documentCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "caseconsultant", "pdfium")
}

// checkDocuments says what can be read of attachments on this machine.
func (d *doctor) checkDocuments() {
	path, version, err := document.FindTesseract(d.cfg.Document.Tesseract)
	switch {
	case err == nil:
		d.ok("documents", "PDF, Word, Excel, OpenDocument, RTF, text; scans and pictures by %s (%s)", version, path)
	case d.cfg.Document.Tesseract != "":
		d.fail("documents", "[document] tesseract: %v", err)
	default:
		d.warn("documents", "scans and pictures are not read: install Tesseract (package tesseract-ocr) or name it in [document]; PDF, Word, Excel, OpenDocument, RTF and text are read")
	}
	if err := d.cfg.documents().made().Warm(d.ctx); err != nil {
		d.fail("documents", "PDFs cannot be read: %v", err)
	}
}
