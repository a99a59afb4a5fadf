package document

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klippa-app/go-pdfium/requests"
)

func TestMain(m *testing.M) {
	ChildIfAsked()
	if len(os.Args) == 4 && os.Args[1] == "hostile-child" {
		var s settings
		if err := json.Unmarshal([]byte(os.Args[3]), &s); err != nil {
			os.Exit(9)
		}
		hostile[os.Args[2]](s)
		os.Exit(0)
	}
	os.Exit(func() int {
		// Workers of the fuzzer share the compiled PDFium of the process that started them.
		if os.Getenv(cacheEnv) == "" {
			dir, err := os.MkdirTemp("", "document-test-")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer os.RemoveAll(dir)
			os.Setenv(cacheEnv, dir)
		}
		return m.Run()
	}())
}

const cacheEnv = "CASECONSULTANT_TEST_PDFIUM_CACHE"

var warmOnce = sync.OnceValue(func() error {
	return NewReader(Options{CacheDir: os.Getenv(cacheEnv)}).Warm(context.Background())
})

// cacheDir is a folder with PDFium compiled.
func cacheDir(tb testing.TB) string {
	tb.Helper()
	if err := warmOnce(); err != nil {
		tb.Fatal(err)
	}
	return os.Getenv(cacheEnv)
}

// needTesseract names the program, or skips the test.
func needTesseract(tb testing.TB) string {
	tb.Helper()
	path := os.Getenv("CASECONSULTANT_TEST_TESSERACT")
	if path == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			tb.Fatal("CASECONSULTANT_TEST_TESSERACT is not set, and CASECONSULTANT_TEST_ALL allows no test to be left out")
		}
		tb.Skip("CASECONSULTANT_TEST_TESSERACT names no tesseract")
	}
	return path
}

// readBytes reads a document in a child.
func readBytes(tb testing.TB, opts Options, content []byte) Text {
	tb.Helper()
	got, err := NewReader(opts).Read(tb.Context(), bytes.NewReader(content), int64(len(content)), Hint{})
	if err != nil {
		tb.Fatal(err)
	}
	return got
}

// section returns the text of a section.
func (t Text) section(name string) string {
	for i, s := range t.Sections {
		if s.Name == name {
			end := len(t.Text)
			if i+1 < len(t.Sections) {
				end = t.Sections[i+1].Start
			}
			return t.Text[s.Start:end]
		}
	}
	return ""
}

func wantProblem(tb testing.TB, got Text, part string) {
	tb.Helper()
	if !slices.ContainsFunc(got.Problems, func(p string) bool { return strings.Contains(p, part) }) {
		tb.Errorf("no problem says %q: %q", part, got.Problems)
	}
}

// inProcess is PDFium in the test's own process.
func inProcess(tb testing.TB) *engines {
	tb.Helper()
	e := &engines{cacheDir: cacheDir(tb), memory: 1 << 30}
	if err := e.start(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { e.pool.Close() })
	return e
}

// program writes a script, a stand-in for Tesseract.
func program(tb testing.TB, script string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "tesseract")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		tb.Fatal(err)
	}
	return path
}

// drawn renders the first page of a PDF, for tests that need pictures of text.
func drawn(tb testing.TB, pdf []byte, dpi int) *image.Gray {
	tb.Helper()
	e := inProcess(tb)
	instance, err := e.pool.GetInstanceWithContext(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	defer instance.Close()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &pdf})
	if err != nil {
		tb.Fatal(err)
	}
	page, err := instance.RenderPageInDPI(&requests.RenderPageInDPI{DPI: dpi, ImageFormat: requests.RenderImageFormatGrayscale,
		Page: requests.Page{ByIndex: &requests.PageByIndex{Document: opened.Document}}})
	if err != nil {
		tb.Fatal(err)
	}
	defer page.Cleanup()
	return flatten(page.Result.RenderedImage)
}

// collected is an output for readers that run in the test's own process.
type collected struct{ taker }

func (c *collected) kind(Kind)           {}
func (c *collected) section(name string) { c.taker.section(name) }
func (c *collected) text(s string) bool  { c.taker.add(s); return !c.taker.full }
func (c *collected) recognised()         { c.taker.read = true }
func (c *collected) problem(s string)    { c.taker.problem(s) }

// until waits for a condition, at most ten seconds.
func until(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			tb.Fatal("waited in vain: " + what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
