package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseconsultant/workflow/codebook/fetch"
)

// publisher is a server of official files, and a table of addresses that names it.
func publisher(t *testing.T) (table string, transport http.RoundTripper) {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	f, err := w.Create("icd10cm_order_2027.txt")
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range []string{"A00     0", "A000    1", "A001    1", "A009    1"} {
		fmt.Fprintf(f, "%05d %s %-60s Cholera of the example\r\n", i+1, code, "Cholera")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/2027-order") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", `"x"`)
		if r.Header.Get("If-None-Match") == `"x"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write(packed.Bytes())
	}))
	t.Cleanup(server.Close)
	table = filepath.Join(t.TempDir(), "sources.tsv")
	text := strings.Join([]string{"source", "name", "access", "period", "address", "file", "contains", "most", "checked", "page", "note"}, "\t") + "\n" +
		"icd10cm-order\tICD-10-CM order\topen\tfiscal-year\t" + server.URL + "/{fy}-order.zip\t\t(?m)^[0-9]{5} A\t5MB\tnever\t" + server.URL + "/page\t\n" +
		"icd10cm-order\tICD-10-CM order\topen\tapril\t" + server.URL + "/april-{fy}.zip\t\t(?m)^[0-9]{5} A\t5MB\tnever\t" + server.URL + "/page\t\n"
	if err := os.WriteFile(table, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return table, server.Client().Transport
}

func fetchCommand(t *testing.T, transport http.RoundTripper, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	status := run(&console{ctx: t.Context(), in: strings.NewReader(""), out: &out, err: &errs, transport: transport}, append([]string{"codes", "fetch"}, args...))
	return result{status, out.String(), errs.String()}
}

// TestCodesFetchThenBuild: the whole way from an address to a code that is looked up.
func TestCodesFetchThenBuild(t *testing.T) {
	t.Parallel()
	table, transport := publisher(t)
	dir := filepath.Join(t.TempDir(), "files")
	args := []string{"--table", table, "--out", dir, "--release", "FY2027", "--only", "icd10cm-order"}
	r := fetchCommand(t, transport, args...)
	if r.status != 0 || !strings.Contains(r.out, "fetched    ICD-10-CM order, FY2027: 2027-order.zip") || !strings.Contains(r.out, "none       ICD-10-CM order, FY2027 April") ||
		!strings.Contains(r.out, "codes build --out house.codebook "+dir) {
		t.Fatalf("%d\n%s%s", r.status, r.out, r.errors)
	}
	again := objects(t, fetchCommand(t, transport, append(args, "--json")...).out)
	if len(again) != 2 || again[0]["status"] != "unchanged" || again[0]["checked"] != "never" || again[0]["sha256"] == "" || again[1]["status"] != "absent" {
		t.Errorf("the second run: %v", again)
	}
	book := filepath.Join(t.TempDir(), "house.codebook")
	b := command(t, "", "codes", "build", "--out", book, dir)
	if b.status != 0 || strings.Contains(b.errors, fetch.ManifestName) {
		t.Fatalf("build: %d\n%s%s", b.status, b.out, b.errors)
	}
	if l := command(t, "", "lookup", "A00.1", "--codebook", book, "--dos", "2026-11-24"); !strings.Contains(l.out, "Cholera of the example") {
		t.Errorf("look-up: %s%s", l.out, l.errors)
	}
	if r := fetchCommand(t, transport, "--table", table, "--out", dir, "--release", "FY2020", "--only", "icd10cm-order"); r.status != 1 || !strings.Contains(r.errors, "look on https://") ||
		!strings.Contains(r.errors, "1 of 1 files are missing") {
		t.Errorf("a release that is not there: %d %s%s", r.status, r.out, r.errors)
	}
}

// TestCodesFetchDryRun asks no server, lists each address with the mark that nobody has tried it, and names what stands behind a licence.
func TestCodesFetchDryRun(t *testing.T) {
	t.Parallel()
	none := roundTrips(func(*http.Request) (*http.Response, error) {
		t.Error("a dry run asked a server")
		return nil, io.ErrUnexpectedEOF
	})
	r := fetchCommand(t, none, "--dry-run", "--release", "2026-11-24")
	if r.status != 0 || strings.Count(r.out, "checked: never\n") < 10 || !strings.Contains(r.out, "https://www.cms.gov/files/zip/october-2026-alpha-numeric-hcpcs-file.zip") ||
		!strings.Contains(r.out, "accept a licence") || !strings.Contains(r.out, "medicare-ncci-procedure-procedure-ptp-edits") {
		t.Errorf("%d\n%s%s", r.status, r.out, r.errors)
	}
	planned := objects(t, fetchCommand(t, none, "--dry-run", "--json").out)
	click := 0
	for _, p := range planned {
		if p["status"] != "planned" || p["checked"] != "never" {
			t.Errorf("%v", p)
		}
		if p["access"] == "click-through" {
			click++
			if len(p["addresses"].([]any)) != 0 {
				t.Errorf("an address of a file behind a licence: %v", p)
			}
		}
	}
	if click < 6 || len(planned) < 15 {
		t.Errorf("%d planned, %d of them behind a licence", len(planned), click)
	}
	if r := fetchCommand(t, none, "--show-table"); !strings.Contains(r.out, "\nsource\tname\taccess\t") {
		t.Errorf("the table: %.200s", r.out)
	}
	for _, wrong := range [][]string{{"--release", "soon"}, {"--only", "snomed"}, {"--table", "/nowhere"}} {
		if r := fetchCommand(t, none, wrong...); r.status != 2 || r.out != "" {
			t.Errorf("%v: %d %s", wrong, r.status, r.errors)
		}
	}
}

type roundTrips func(*http.Request) (*http.Response, error)

func (f roundTrips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
