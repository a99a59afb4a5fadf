package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/store/storetest"
)

// build makes a codebook of the sample files of a year.
func buildBook(t *testing.T, out string, more ...string) {
	t.Helper()
	sample := filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "fy2021")
	if r := command(t, "", append([]string{"codes", "build", "--out", out, sample}, more...)...); r.status != 0 {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}
}

// TestTheCodebookIsReplacedWhileServing: a new file is taken in without a restart; one that cannot be used is not, and everybody who looks
// after the program is told.
func TestTheCodebookIsReplacedWhileServing(t *testing.T) {
	t.Parallel()
	i := newInstall(t, storetest.SQLiteURL(t), "[codebook]\npath = \"house.codebook\"\n")
	book := filepath.Join(i.dir, "house.codebook")
	buildBook(t, book)
	p := i.serve()
	var said bytes.Buffer
	looks := &bookLooks{program: p, log: slog.New(slog.NewTextHandler(&said, nil))}
	look := func() string {
		said.Reset()
		if err := looks.look(t.Context()); err != nil {
			t.Error(err)
		}
		return said.String()
	}
	known := func() bool {
		_, ok, err := p.book.Lookup(t.Context(), codes.CPT, "31297", time.Time{})
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	if !known() {
		t.Error("the starter's words are not there")
	}
	buildBook(t, book, "--no-starter")
	_ = look() // the program's own look may have been quicker
	if known() {
		t.Error("the old book still answers")
	}
	if _, body := get(t, p.AdminURL()+"/readyz"); strings.Contains(body, "alarm") || !strings.Contains(body, `"codebook":{"releases":`) {
		t.Errorf("readyz: %s", body)
	}

	// Rename something else over it. The program's own look, every few seconds, may be the one that meets it; the alarm is kept either way.
	if err := os.WriteFile(book+".new", []byte("not a codebook"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(book+".new", book); err != nil {
		t.Fatal(err)
	}
	if text := look(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "goes on answering") {
		t.Errorf("logged %q", text)
	}
	if text := look(); text != "" {
		t.Errorf("told again within the hour: %q", text)
	}
	if status, body := get(t, p.AdminURL()+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"alarm":"the codebook's new file is not taken, the one before it goes on`) {
		t.Errorf("readyz: %d %s", status, body)
	}
	if _, metrics := get(t, p.AdminURL()+"/metrics"); !strings.Contains(metrics, "caseconsultant_codebook_alarm 1") {
		t.Error("the metrics do not ring")
	}
	if known() {
		t.Error("the book before the bad one does not answer")
	}
	// The doctor asks the running program; its address must be known to the configuration.
	i.write("caseconsultant.toml", strings.Replace(readText(t, i.config), "[admin]\nlisten = \"127.0.0.1:0\"", "[admin]\nlisten = \""+strings.TrimPrefix(p.AdminURL(), "http://")+"\"", 1))
	if r := i.try("", "doctor"); r.status != 1 || !strings.Contains(r.out, "fail  codebook   serve goes on with the one before") {
		t.Errorf("the doctor: %d\n%s%s", r.status, r.out, r.errors)
	}

	buildBook(t, book)
	_ = look()
	if !known() {
		t.Error("a good file after a bad one is not taken in")
	}
	if _, body := get(t, p.AdminURL()+"/readyz"); strings.Contains(body, "alarm") {
		t.Errorf("readyz: %s", body)
	}
}

func readText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestHangup: SIGHUP makes the program look at once.
func TestHangup(t *testing.T) {
	i := newInstall(t, storetest.SQLiteURL(t), "[codebook]\npath = \"house.codebook\"\n")
	book := filepath.Join(i.dir, "house.codebook")
	buildBook(t, book)
	p := i.serve()
	stop := p.lookOnHangup()
	defer stop()
	buildBook(t, book, "--no-starter")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	until(t, "the new book answers", func() bool {
		_, ok, err := p.book.Lookup(context.Background(), codes.CPT, "31297", time.Time{})
		return err == nil && !ok
	})
}
