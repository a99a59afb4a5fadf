package document

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
)

func TestArchive(t *testing.T) {
	t.Parallel()
	inner := string(zipped(t, part{"deep.txt", "deep text\n"}, part{"scan.pdf", "%PDF-1.4\n1 0 obj\n\xff\x00"}))
	content := zipped(t,
		part{"folder/", ""},
		part{"folder/note.docx", string(docx(t, para("31267 right")))},
		part{"__MACOSX/folder/._note.docx", "\x00\x05\x16\x07"},
		part{".DS_Store", "\x00\x00\x00\x01Bud1"},
		part{"../../etc/codes.csv", "cpt,units\n31297,1\n"},
		part{"picture.png", "\x89PNG\r\n\x1a\n"},
		part{"old.doc", string(oleMagic) + string(utf16LE("WordDocument")) + "\x00\x00"},
		part{"tune.mp3", "ID3\x03\x00\x00\x00\x00\x0f\x76\x00\x00\x00"},
		part{"inner.zip", inner},
		part{"note.txt", "same name\n"}, part{"note.txt", "again\n"})
	got := reading(t, content, Hint{}, Limits{})
	want := "31267 right\ncpt\tunits\n31297\t1\ntext of a picture\ndeep text\ntext of a PDF\nsame name\nagain\n"
	names := []string{"file 1", "file 2", "file 3", "file 6.1", "file 6.2, page 1", "file 7", "file 8"}
	if got.what != ZIP || got.kinds != 1 || got.all.String() != want || !slices.Equal(got.sectionNames(), names) {
		t.Errorf("%s %q\n got %q\nwant %q", got.what, got.sectionNames(), got.all.String(), want)
	}
	if len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "File 4: This is a Word document of the old .doc format") {
		t.Errorf("problems %q", got.problems)
	}
}

// withFlags sets a flag on all entries.
func withFlags(content []byte, flag byte) []byte {
	content = bytes.Clone(content)
	for i := 0; i+10 < len(content); i++ {
		switch {
		case bytes.HasPrefix(content[i:], []byte("PK\x03\x04")):
			content[i+6] |= flag
		case bytes.HasPrefix(content[i:], []byte("PK\x01\x02")):
			content[i+8] |= flag
		}
	}
	return content
}

func TestEncryptedArchive(t *testing.T) {
	t.Parallel()
	got := reading(t, withFlags(zipped(t, part{"a.txt", "x"}, part{"b.txt", "y"}), 1), Hint{}, Limits{})
	if got.all.Len() > 0 || !slices.Equal(got.problems, []string{"This ZIP file is protected by a password: please send it without one, or as a PDF."}) {
		t.Errorf("%q %q", got.all.String(), got.problems)
	}
}

func TestArchiveLimits(t *testing.T) {
	t.Parallel()
	var many []part
	for i := range 30 {
		many = append(many, part{fmt.Sprintf("%d.txt", i), fmt.Sprintf("text %d\n", i)})
	}
	got := reading(t, zipped(t, many...), Hint{}, Limits{Entries: 3})
	if got.all.String() != "text 0\ntext 1\ntext 2\n" || len(got.problems) != 1 {
		t.Errorf("entries: %q %q", got.all.String(), got.problems)
	}
	got = reading(t, zipped(t, part{"a.zip", string(zipped(t, many...))}, part{"b.zip", string(zipped(t, many...))}), Hint{}, Limits{Entries: 20})
	if n := strings.Count(got.all.String(), "text"); n != 19 {
		t.Errorf("entries of archives within an archive: %d texts", n)
	}
	nested := zipped(t, part{"a.txt", "bottom\n"})
	for range 6 {
		nested = zipped(t, part{"a.zip", string(nested)}, part{"b.txt", "level\n"})
	}
	got = reading(t, nested, Hint{}, Limits{})
	if strings.Contains(got.all.String(), "bottom") || strings.Count(got.all.String(), "level") != 4 || len(got.problems) != 1 || !strings.Contains(got.problems[0], "too deep within") {
		t.Errorf("depth: %q %q", got.all.String(), got.problems)
	}
	got = reading(t, zipped(t, part{"a.txt", strings.Repeat("abcdefgh\n", 3000)}, part{"b.txt", "after\n"}), Hint{}, Limits{Expanded: 10_000})
	if strings.Contains(got.all.String(), "after") || len(got.problems) != 1 || !strings.Contains(got.problems[0], "too large when unpacked") {
		t.Errorf("expanded: %d %q", got.all.Len(), got.problems)
	}
	got = reading(t, zipped(t, part{"a.txt", strings.Repeat("abcdefgh\n", 3000)}, part{"b.txt", "after\n"}), Hint{}, Limits{Bytes: 10_000})
	if got.all.String() != "after\n" || len(got.problems) != 1 || !strings.HasPrefix(got.problems[0], "File 1: This is too large") {
		t.Errorf("a large file: %q %q", got.all.String(), got.problems)
	}
}

func TestDamagedArchive(t *testing.T) {
	t.Parallel()
	var parts []part
	for i := range 50 {
		parts = append(parts, part{fmt.Sprintf("%d.txt", i), fmt.Sprintf("text %d %s\n", i, strings.Repeat("x", i))})
	}
	whole := zipped(t, parts...)
	got := reading(t, whole[:len(whole)/2], Hint{}, Limits{})
	if !strings.HasPrefix(got.all.String(), "text 0 \ntext 1 x\n") || len(got.problems) == 0 {
		t.Errorf("%q %q", got.all.String()[:min(100, got.all.Len())], got.problems)
	}
	empty := reading(t, []byte("PK\x05\x06"+strings.Repeat("\x00", 18)), Hint{}, Limits{})
	if len(empty.problems) != 1 || empty.problems[0] != "This ZIP file holds no files." {
		t.Errorf("an empty archive: %q", empty.problems)
	}
	other := bytes.Clone(whole)
	for i := range other { // a way of packing that nobody knows
		if bytes.HasPrefix(other[i:], []byte("PK\x01\x02")) {
			other[i+10] = 97
		}
	}
	got = reading(t, other, Hint{}, Limits{})
	if len(got.problems) != 20 || !strings.Contains(got.problems[0], "packed in a way") {
		t.Errorf("an unknown method: %d problems", len(got.problems))
	}
}

// overlapping builds an archive whose entries all unpack the same bytes, as the densest bombs do.
func overlapping(t testing.TB, entries int, unpacked int) []byte {
	t.Helper()
	var kernel bytes.Buffer
	fw, _ := flate.NewWriter(&kernel, 9)
	data := bytes.Repeat([]byte("31297 "), unpacked/6)
	if _, err := fw.Write(data); err != nil {
		t.Fatal(err)
	}
	fw.Close()
	var out bytes.Buffer
	local := make([]byte, 30)
	copy(local, "PK\x03\x04")
	binary.LittleEndian.PutUint16(local[8:], zip.Deflate)
	binary.LittleEndian.PutUint32(local[14:], crc32.ChecksumIEEE(data))
	binary.LittleEndian.PutUint32(local[18:], uint32(kernel.Len()))
	binary.LittleEndian.PutUint32(local[22:], uint32(len(data)))
	binary.LittleEndian.PutUint16(local[26:], 1)
	out.Write(local)
	out.WriteString("a")
	out.Write(kernel.Bytes())
	at := out.Len()
	for range entries {
		dir := make([]byte, 46)
		copy(dir, "PK\x01\x02")
		binary.LittleEndian.PutUint16(dir[10:], zip.Deflate)
		copy(dir[16:], local[14:26])
		binary.LittleEndian.PutUint16(dir[28:], 1)
		out.Write(dir)
		out.WriteString("a")
	}
	end := make([]byte, 22)
	copy(end, "PK\x05\x06")
	binary.LittleEndian.PutUint16(end[8:], uint16(entries))
	binary.LittleEndian.PutUint16(end[10:], uint16(entries))
	binary.LittleEndian.PutUint32(end[12:], uint32(out.Len()-at))
	binary.LittleEndian.PutUint32(end[16:], uint32(at))
	out.Write(end)
	return out.Bytes()
}

func TestBombs(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and in one goroutine")
	}
	t.Parallel()
	zeros := strings.Repeat("\x00", 40<<20)
	spaces := strings.Repeat(" ", 40<<20)
	layer := zipped(t, part{"a.txt", spaces})
	var many []part
	for i := range 16 {
		many = append(many, part{fmt.Sprint(i, ".zip"), string(layer)})
	}
	flat := zipped(t, many...)
	tests := map[string][]byte{
		"OneFile":     layer,
		"Zeros":       zipped(t, part{"a.txt", zeros}),
		"Nested":      zipped(t, part{"a.zip", string(flat)}, part{"b.zip", string(flat)}),
		"Overlapping": overlapping(t, 900, 24<<20),
		"Document":    zipped(t, part{"_rels/.rels", relations(transitional, "rId1 officeDocument word/document.xml")}, part{"word/document.xml", "<w:document><w:body><w:p><w:r><w:t>31297</w:t></w:r></w:p>" + spaces + "</w:body></w:document>"}),
		"Strings":     zipped(t, append(xlsxParts([]string{""}), part{"xl/sharedStrings2.xml", ""})...),
		"Attributes":  docx(t, `<w:p w:a="`+spaces[:20<<20]+`">x</w:p>`),
	}
	for name, content := range tests {
		t.Run(name, func(t *testing.T) {
			var expanded int64
			rec := &record{limit: 2 << 20}
			b := newBudget(Limits{}.withDefaults())
			read(t.Context(), held(content, Hint{}, 0), rec, b, fakeEngines{})
			expanded = b.limits.Expanded - b.expanded
			t.Logf("%d bytes unpacked, %d of text, %.150q", expanded, rec.all.Len(), rec.problems)
			if rec.all.Len() > 2<<20 || expanded > b.limits.Expanded+1<<20 {
				t.Errorf("%d bytes unpacked, %d of text", expanded, rec.all.Len())
			}
			if name != "Strings" && len(rec.problems) == 0 {
				t.Error("nobody is told")
			}
			for _, p := range rec.problems {
				if strings.Contains(p, "a.txt") || strings.Contains(p, "31297") {
					t.Errorf("a problem tells a name or text: %q", p)
				}
			}
		})
	}
}
