package codebook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// workbook writes a table as a spreadsheet program does: text as shared strings, numbers as numbers, blank cells left out.
func workbook(t testing.TB, rows [][]string) []byte {
	t.Helper()
	var sheet, shared strings.Builder
	place := map[string]int{}
	escape := func(s string) string {
		var b bytes.Buffer
		if err := xml.EscapeText(&b, []byte(s)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for i, row := range rows {
		fmt.Fprintf(&sheet, `<row r="%d" spans="1:9">`, i+1)
		for j, cell := range row {
			at := string(rune('A'+j%26)) + strconv.Itoa(i+1)
			if j >= 26 {
				at = "A" + at
			}
			switch value, isNumber := strings.CutPrefix(cell, "#"); {
			case cell == "":
			case isNumber:
				fmt.Fprintf(&sheet, `<c r="%s" s="4"><v>%s</v></c>`, at, value)
			default:
				n, ok := place[cell]
				if !ok {
					n = len(place)
					place[cell] = n
					shared.WriteString(`<si><r><t xml:space="preserve">` + escape(cell) + `</t></r><rPh><t>spoken</t></rPh></si>`)
				}
				fmt.Fprintf(&sheet, `<c r="%s" s="1" t="s"><v>%d</v></c>`, at, n)
			}
		}
		sheet.WriteString("</row>")
	}
	const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	return zipped(t, "", map[string][]byte{
		"[Content_Types].xml":        []byte(head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`),
		"xl/_rels/workbook.xml.rels": []byte(head + `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Target="/xl/worksheets/sheet2.xml"/></Relationships>`),
		"xl/workbook.xml": []byte(head + `<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>` +
			`<sheet name="Blank" sheetId="1" r:id="rId1"/><sheet name="Table" sheetId="2" r:id="rId2"/></sheets></workbook>`),
		"xl/worksheets/sheet1.xml": []byte(head + `<worksheet><sheetData/></worksheet>`),
		"xl/worksheets/sheet2.xml": []byte(head + `<x:worksheet xmlns:x="y"><!-- made > by hand --><sheetData>` + sheet.String() + `</sheetData></x:worksheet>`),
		"xl/sharedStrings.xml":     []byte(head + `<sst>` + shared.String() + `</sst>`),
	})
}

func rowsOf(s sheet) ([][]string, error) {
	var out [][]string
	for {
		cells, err := s.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, slices.Clone(cells))
	}
}

func TestTheSameTableIsReadFromTextAndWorkbook(t *testing.T) {
	t.Parallel()
	want := [][]string{{"HCPCS", "Two\nlines", "<&> \"é\""}, {"0001U", "", "0.4851"}, {"A0021", "20220101", ""}}
	for name, data := range map[string][]byte{
		"Tabs":     []byte("HCPCS\t \"Two\nlines\t<&> \"é\"\r\n0001U\t\t0.4851\r\nA0021\t20220101\t\r\n"),
		"Commas":   []byte("\ufeffHCPCS,\"Two\nlines\",\"<&> \"\"\xe9\"\"\"\n0001U ,,0.4851\nA0021,20220101,\n"),
		"Workbook": workbook(t, [][]string{{"HCPCS", "Two\nlines", "<&> \"é\" "}, {"0001U", "", "#0.48509999999999998"}, {"A0021", "#20220101"}}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := openSheet("table", bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			got, err := rowsOf(s)
			if err != nil {
				t.Fatal(err)
			}
			want := want
			switch name {
			case "Tabs": // text with tabs has no cells over several lines
				want = [][]string{{"HCPCS", "\"Two"}, {"lines", "<&> \"é\""}, want[1], want[2]}
			case "Commas": // Windows-1252, as CMS writes it
				want = [][]string{want[0], want[1], want[2]}
			case "Workbook":
				want = [][]string{want[0], want[1], want[2][:2]}
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestNumbersOfAWorkbookAreShortDecimals(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"32.346499999999999": "32.3465", "1": "1", "1.0": "1", "0.30000000000000004": "0.3", "5722": "5722",
		"2.0220101E7": "20220101", "1E-4": "0.0001", "text": "text", "": ""} {
		if got := number(value); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

func TestADamagedWorkbookIsAFaultWithAPlace(t *testing.T) {
	t.Parallel()
	good := workbook(t, [][]string{{"a", "b"}, {"c", "d"}})
	archive, err := zip.NewReader(bytes.NewReader(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	const sheet2 = "xl/worksheets/sheet2.xml"
	for name, change := range map[string]func(map[string][]byte){
		"NoBook":  func(m map[string][]byte) { delete(m, "xl/workbook.xml") },
		"NoSheet": func(m map[string][]byte) { delete(m, sheet2) },
		"CutTag":  func(m map[string][]byte) { m[sheet2] = m[sheet2][:bytes.LastIndexByte(m[sheet2], '<')+3] },
		"NoString": func(m map[string][]byte) {
			m[sheet2] = bytes.Replace(m[sheet2], []byte("<v>3</v>"), []byte("<v>9</v>"), 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := map[string][]byte{}
			for k, v := range files {
				m[k] = v
			}
			change(m)
			s, err := openSheet("broken.xlsx", bytes.NewReader(zipped(t, "", m)))
			if err == nil {
				_, err = rowsOf(s)
			}
			var fe *FileError
			if !errors.As(err, &fe) || !strings.HasPrefix(err.Error(), "broken.xlsx") {
				t.Errorf("%v", err)
			}
		})
	}
}
