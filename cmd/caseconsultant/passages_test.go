package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pdfColumn is text at a place of a page, in points from its lower left.
type pdfColumn struct {
	x, y  int
	lines []string
}

// writePDF writes a PDF of plain pages, as much of ISO 32000 as it takes.
func writePDF(pages ...[]pdfColumn) []byte {
	objects := []string{"<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"}
	var kids []string
	for _, page := range pages {
		var content strings.Builder
		for _, column := range page {
			fmt.Fprintf(&content, "BT /F1 10 Tf 13 TL %d %d Td\n", column.x, column.y)
			for _, line := range column.lines {
				fmt.Fprintf(&content, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(line))
			}
			content.WriteString("ET\n")
		}
		objects = append(objects, fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", content.Len(), content.String()))
		objects = append(objects, fmt.Sprintf("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>", len(objects)))
		kids = append(kids, fmt.Sprintf("%d 0 R", len(objects)))
	}
	objects[1] = fmt.Sprintf("<< /Type /Pages /Count %d /Kids [%s] >>", len(kids), strings.Join(kids, " "))
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
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
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, table)
	return b.Bytes()
}

// guidelinesPDF is laid out as the Official Guidelines are, in our own words: a cover, contents with leaders, running feet, and one page in
// two columns.
func guidelinesPDF() []byte {
	foot := func(page int) pdfColumn {
		return pdfColumn{72, 60, []string{"ICD-10-CM Official Guidelines for Coding and Reporting", "FY 2026", fmt.Sprintf("Page %d of 4", page)}}
	}
	return writePDF(
		[]pdfColumn{{72, 700, []string{"ICD-10-CM Official Guidelines for Coding and Reporting", "FY 2026", "(October 1, 2025 - September 30, 2026)"}}, foot(1)},
		[]pdfColumn{{72, 720, []string{"Table of Contents",
			"Section I. Conventions, general coding guidelines ........................................ 3", "A. Conventions for the ICD-10-CM ......................................................... 3",
			"B. General Coding Guidelines ............................................................. 3", "1. Laterality ............................................................................ 3",
			"2. Sequela .............................................................................. 3", "Section II. Selection of Principal Diagnosis ............................................. 4",
			"A. Uncertain Diagnosis ................................................................... 4"}}, foot(2)},
		[]pdfColumn{{72, 720, []string{"Section I. Conventions, general coding guidelines", "A. Conventions for the ICD-10-CM", "The conventions are the rules by which the classification is to be read, whatever a chapter",
			"says. They hold for all codes and all settings.", "B. General Coding Guidelines", "1. Laterality", "When a condition is on both sides and there is a bilateral code, that one is used. Where the",
			"side is not docu-", "mented, the code for the unspecified side is assigned, for example M17.9 in category M17.", "2. Sequela",
			"A sequela is what remains after the acute phase has ended; there is no time limit for it. The"}}, foot(3)},
		[]pdfColumn{
			{72, 720, []string{"nature of the sequela is sequenced first", "and the sequela code second, in most", "cases and in every setting of care.", "Section II. Selection of Principal Diagnosis", "The principal diagnosis is the condition"}},
			{330, 720, []string{"established after study to be responsible", "for the admission to the hospital.", "A. Uncertain Diagnosis", "If at discharge a diagnosis is probable or", "suspected, it is coded as if it existed."}},
			foot(4)},
	)
}

func TestSearchFindsRuleBooksReadFromPDF(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"guidelines.pdf": guidelinesPDF(),
		"invoice.pdf":    writePDF([]pdfColumn{{72, 700, []string{"Invoice 4711", "of the example company"}}}),
		"broken.pdf":     []byte("%PDF-1.7\nnothing that could be read"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	manual, err := os.ReadFile(filepath.Join(moduleRoot, "workflow", "codebook", "testdata", "rulebooks", "05-chapter5-ncci-medicare-policy-manual-2026.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "chapter5.txt"), manual, 0o600); err != nil {
		t.Fatal(err)
	}
	book := filepath.Join(t.TempDir(), "codebook.db")
	if r := command(t, "", "codes", "build", "--out", book, dir); !strings.Contains(r.errors, "--licence-accepted-by") || strings.Contains(r.errors, "guidelines.pdf: add") {
		t.Errorf("nothing is said of the AMA's notice that nobody has accepted: %+v", r)
	}
	r := command(t, "", "codes", "build", "--out", book, "--licence-accepted-by", "Dana Example", dir)
	if r.status != 0 || !strings.Contains(r.out, "guidelines.pdf: rule book, PDF, ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026: 5 sections") ||
		!strings.Contains(r.errors, "invoice.pdf: a PDF that is none of the rule books known here") || !strings.Contains(r.errors, "broken.pdf: a PDF that cannot be read") {
		t.Fatalf("build: %d\n%s%s", r.status, r.out, r.errors)
	}

	found := objects(t, command(t, "", "search", "--codebook", book, "--dos", "2026-03-02", "--json", "--passages", "sequela sequenced first").out)
	last := found[len(found)-1]
	if last["kind"] != "passage" || last["section"] != "I.B.2" || last["title"] != "Sequela" || last["pages"] != "3 to 4" || last["edition"] != "FY 2026" || last["in_force"] != true ||
		last["text"] != "A sequela is what remains after the acute phase has ended; there is no time limit for it. The nature of the sequela is sequenced first and the sequela code second, in most cases and in every setting of care." {
		t.Errorf("%v", last)
	}
	for _, object := range objects(t, command(t, "", "search", "--codebook", book, "--json", "sequela sequenced first").out) {
		if object["kind"] == "passage" {
			t.Errorf("unasked, the lines of the contract are not alone: %v", object)
		}
	}

	out := command(t, "", "search", "--codebook", book, "--dos", "2026-03-02", "probable diagnosis at discharge")
	for _, want := range []string{"Rule books", "Uncertain Diagnosis", "ICD-10-CM Official Guidelines for Coding and Reporting, FY 2026, II.A, page 4", "| If at discharge a diagnosis is probable or suspected"} {
		if !strings.Contains(out.out, want) {
			t.Errorf("%q is not in:\n%s%s", want, out.out, out.errors)
		}
	}
	out = command(t, "", "search", "--codebook", book, "--dos", "2027-03-02", "balloon sinuplasty same sinus")
	if !strings.Contains(strings.Join(strings.Fields(out.out), " "), "NCCI Policy Manual, chapter V, revised 1 Jan 2026, V.C.2, pages V-3 to V-4 (not in force on that day)") || strings.Contains(out.out, "more extensive operation") || !strings.Contains(out.errors, "American Medical Association") {
		t.Errorf("a book under the AMA's notice:\n%s%s", out.out, out.errors)
	}
	config := filepath.Join(t.TempDir(), "licensed.toml")
	if err := os.WriteFile(config, []byte(least+"[licence.cpt]\nkind = \"internal\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out = command(t, "", "--config", config, "search", "--licensed", "--codebook", book, "--dos", "2026-03-02", "balloon sinuplasty same sinus")
	if !strings.Contains(out.out, "more extensive operation") || !strings.Contains(out.out, "CPT copyright 2025 American Medical Association. All rights reserved.") {
		t.Errorf("with a licence:\n%s%s", out.out, out.errors)
	}
	if out := command(t, "", "search", "--codebook", book, "our printer is broken"); strings.Contains(out.out, "Rule books") {
		t.Errorf("what nothing answers:\n%s", out.out)
	}
}
