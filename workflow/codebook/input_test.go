package codebook

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/workflow/codes"
)

var _ = codes.Options{Known: (*Book)(nil).Known} // what the scanner takes

func TestLinesAreDecodedAsOfficialFilesNeed(t *testing.T) {
	t.Parallel()
	read := func(data string) (out []string, err error) {
		l := newLineReader("f", strings.NewReader(data))
		for {
			line, err := l.next()
			if err == io.EOF {
				return out, nil
			}
			if err != nil {
				return out, err
			}
			out = append(out, line)
		}
	}
	for _, test := range []struct{ name, data, want string }{
		{"CRLF", "a\r\nb\r\n", "a|b"},
		{"NoLastEnd", "a\nb", "a|b"},
		{"BOM", "\xef\xbb\xbfa\n", "a"},
		{"Windows1252", "M\xe9ni\xe8re\xa0\x96 x\n", "Ménière\u00a0– x"},
		{"UTF8", "Ménière\n", "Ménière"},
		{"Empty", "", ""},
		{"EmptyLines", "\n\nx\n", "||x"},
		{"DOSEnd", "x\r\n\x1a", "x|"},
		{"Long", strings.Repeat("x", 200_000) + "\ny", strings.Repeat("x", 200_000) + "|y"},
	} {
		got, err := read(test.data)
		if err != nil || strings.Join(got, "|") != test.want {
			t.Errorf("%s: %.60q, %v", test.name, got, err)
		}
	}
	var fe *FileError
	if _, err := read("ok\n" + strings.Repeat("x", maxLineBytes+10)); !errors.As(err, &fe) || fe.Line != 2 {
		t.Errorf("a line without end: %v", err)
	}
	if _, err := read("ok\nno\x00t"); !errors.As(err, &fe) || fe.Line != 2 || fe.Column != 3 {
		t.Errorf("a NUL byte: %v", err)
	}
}

func TestColumnsAreCharacters(t *testing.T) {
	t.Parallel()
	if got := columns("Ménière  after", 10, 14); got != "after" {
		t.Errorf("%q", got)
	}
	if got := columns("abc", 3, 99); got != "c" {
		t.Errorf("%q", got)
	}
	if got := columns("abc", 4, 5) + columns("é", 2, 5); got != "" {
		t.Errorf("%q", got)
	}
}

func TestWhatUnpacksToTooMuchIsNotRead(t *testing.T) {
	t.Parallel()
	r := &boundedReader{r: bytes.NewReader(make([]byte, 100)), left: 99}
	if _, err := io.ReadAll(r); !errors.Is(err, errTooLarge) {
		t.Errorf("%v: a cut file must not look whole", err)
	}
	r = &boundedReader{r: bytes.NewReader(make([]byte, 100)), left: 100}
	if data, err := io.ReadAll(r); err != nil || len(data) != 100 {
		t.Errorf("%d, %v", len(data), err)
	}
}

func TestEditionsDatedByAFolderAreNamed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "downloads-2026")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "codes.txt"), []byte("I10     Essential (primary) hypertension\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, report := build(t, BuildOptions{NoStarter: true}, dir)
	if len(report.Warnings) != 1 || !strings.Contains(report.Warnings[0], `"downloads-2026" was taken to mean ICD-10-CM FY2026`) {
		t.Errorf("%q", report.Warnings)
	}
}

func TestDays(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"2026-03-02": "2026-03-02", "20260302": "2026-03-02", "2024-02-29": "2024-02-29"} {
		if d, err := parseDay(in); err != nil || d.String() != want {
			t.Errorf("%s: %v %v", in, d, err)
		}
	}
	for _, in := range []string{"", "2026-02-30", "03/02/2026", "2026-3-2", "99999999", "18000101", "2026030"} {
		if d, err := parseDay(in); err == nil {
			t.Errorf("%s is read as %v", in, d)
		}
	}
	d := makeDay(2026, 3, 1)
	if d.add(-1).String() != "2026-02-28" || d.words() != "1 Mar 2026" || day(0).String()+day(0).words() != "" {
		t.Errorf("%v %v", d.add(-1), d.words())
	}
	if !d.within(0, 0) || d.within(d.add(1), 0) || d.within(0, d.add(-1)) || !d.within(d, d) {
		t.Error("bounds are inclusive, and 0 is open")
	}
	// A date of service is the day that its clock shows, wherever that clock stands.
	late := time.Date(2026, 3, 1, 23, 30, 0, 0, time.FixedZone("", -5*3600))
	if dayOf(late) != d || dayOf(time.Time{}) != 0 {
		t.Errorf("%v", dayOf(late))
	}
}

func TestPlausibleAgreesWithTheScanner(t *testing.T) {
	t.Parallel()
	for _, code := range strings.Fields("31297 0001F 0042T 0001U 0002M 0001A J1885 G0439 D0120 M54.50 I10 C4A.9 QA0.0101 S52.501A 0FT44ZZ 25 RT 470 0360 11") {
		key := keyOf(code)
		for _, system := range codes.SystemsOf(code) {
			if !slices.Contains(plausible(key), system) && system != codes.Revenue && system != codes.MSDRG && system != codes.POS {
				t.Errorf("%s: the scanner reads it as %s, the codebook as %v", code, system, plausible(key))
			}
			if n, err := codes.Normalize(system, code); err == nil && n != show(system, key) && system != codes.Revenue && system != codes.MSDRG && system != codes.POS {
				t.Errorf("%s: the scanner writes %s, the codebook %s", code, n, show(system, key))
			}
		}
	}
}
