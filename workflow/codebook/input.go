package codebook

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Bounds against archives made to fill memory or disk. The largest real file known is a quarter's PTP part, some 60 MB unpacked.
const (
	maxUnpacked  = 2 << 30   // bytes of one file inside an archive
	maxInnerZip  = 256 << 20 // bytes of an archive inside an archive, which is read into memory
	maxZipDepth  = 3
	maxInputs    = 20_000
	headSize     = 64 << 10 // bytes by which a file is recognised
	maxLineBytes = 1 << 20
)

// input is one file to read: plain, or inside an archive.
type input struct {
	path    string   // as a person finds it: "refs/a.zip/b.txt"
	base    string   // what is recorded, without folders: "a.zip/b.txt"
	context []string // names that may tell the edition, nearest first: "b.txt", "a.zip", "refs"
	size    int64
	open    func() (io.ReadCloser, error)
}

// name is the file's own name.
func (in input) name() string { return in.context[0] }

// gather lists all files under the given paths, in an order that does not depend on the machine. The closers are the archives that must
// stay open while the inputs are read.
func gather(ctx context.Context, paths []string) (inputs []input, closers []io.Closer, err error) {
	for _, root := range paths {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil {
				return fmt.Errorf("reading the inputs: %w", err)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if d.IsDir() {
				if p != root && strings.HasPrefix(d.Name(), ".") {
					return fs.SkipDir
				}
				return nil
			}
			if p != root && (strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "~$") || d.Name() == "fetched.json") {
				return nil // what file managers and office programs leave behind, and codes fetch its list
			}
			info, err := os.Stat(p) // follows a link, which WalkDir does not
			if err != nil {
				return fmt.Errorf("reading the inputs: %w", err)
			}
			if !info.Mode().IsRegular() {
				return nil
			}
			if len(inputs) >= maxInputs {
				return fmt.Errorf("reading the inputs: more than %d files under %s; name the folder that holds the official files", maxInputs, root)
			}
			in := input{path: filepath.ToSlash(p), base: d.Name(), context: contextOf(p), size: info.Size(),
				open: func() (io.ReadCloser, error) { return os.Open(p) }}
			isZip, err := looksZipped(in)
			if err != nil {
				return fmt.Errorf("reading the inputs: %w", err)
			}
			if !isZip {
				inputs = append(inputs, in)
				return nil
			}
			archive, err := zip.OpenReader(p)
			if err != nil {
				return &FileError{File: in.path, Want: "a zip archive", Err: err}
			}
			if isWorkbook(&archive.Reader) { // a download that lost its extension
				inputs = append(inputs, in)
				return archive.Close()
			}
			closers = append(closers, archive)
			inner, err := gatherZip(ctx, &archive.Reader, in, 1)
			inputs = append(inputs, inner...)
			return err
		})
		if err != nil {
			return nil, closers, err
		}
	}
	slices.SortStableFunc(inputs, func(a, b input) int { return strings.Compare(a.base, b.base) })
	return inputs, closers, nil
}

func contextOf(p string) []string {
	names := []string{filepath.Base(p)}
	dir := filepath.Dir(p)
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	for range 2 {
		names = append(names, filepath.Base(dir))
		dir = filepath.Dir(dir)
	}
	return names
}

// gatherZip lists what is in an archive, and in archives inside it (the coverage database is packed so).
func gatherZip(ctx context.Context, archive *zip.Reader, outer input, depth int) ([]input, error) {
	var inputs []input
	for _, f := range archive.File {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		name := path.Base(strings.ReplaceAll(f.Name, `\`, "/"))
		if f.FileInfo().IsDir() || strings.HasPrefix(name, ".") || strings.Contains(f.Name, "__MACOSX/") {
			continue
		}
		in := input{
			path:    outer.path + "/" + f.Name,
			base:    outer.base + "/" + f.Name,
			context: append([]string{name}, outer.context...),
			size:    int64(f.UncompressedSize64),
			open: func() (io.ReadCloser, error) {
				r, err := f.Open()
				if err != nil {
					return nil, err
				}
				return struct {
					io.Reader
					io.Closer
				}{&boundedReader{r: r, left: maxUnpacked}, r}, nil
			},
		}
		isZip, err := looksZipped(in)
		if err != nil {
			return nil, &FileError{File: in.path, Want: "a readable file in the archive", Err: err}
		}
		if !isZip || depth >= maxZipDepth {
			inputs = append(inputs, in)
			continue
		}
		data, err := readAll(in, maxInnerZip)
		if err != nil {
			return nil, &FileError{File: in.path, Want: "a readable archive", Err: err}
		}
		inner, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, &FileError{File: in.path, Want: "a zip archive", Err: err}
		}
		if isWorkbook(inner) {
			inputs = append(inputs, in)
			continue
		}
		more, err := gatherZip(ctx, inner, in, depth+1)
		if err != nil {
			return nil, err
		}
		inputs = append(inputs, more...)
		if len(inputs) > maxInputs {
			return nil, fmt.Errorf("%s: more than %d files in the archive", outer.path, maxInputs)
		}
	}
	return inputs, nil
}

// looksZipped goes by content: downloads lose their extension. A spreadsheet or a word document is a zip too and is not opened as one.
func looksZipped(in input) (bool, error) {
	switch strings.ToLower(path.Ext(in.name())) {
	case ".xlsx", ".xlsm", ".docx", ".pptx", ".ods", ".odt", ".jar", ".epub":
		return false, nil
	}
	r, err := in.open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		return false, err
	}
	return string(magic[:]) == "PK\x03\x04" || string(magic[:]) == "PK\x05\x06", nil
}

// isWorkbook: an archive that is a spreadsheet, whatever its name.
func isWorkbook(archive *zip.Reader) bool {
	return slices.ContainsFunc(archive.File, func(f *zip.File) bool { return f.Name == "xl/workbook.xml" })
}

func readAll(in input, limit int64) ([]byte, error) {
	r, err := in.open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(&boundedReader{r: r, left: limit})
}

// boundedReader fails, rather than ends, when more than its bound is read: a cut file must not look like a whole one.
type boundedReader struct {
	r    io.Reader
	left int64
}

var errTooLarge = errors.New("unpacks to more than any official file; it is not read")

func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}

// FileError says where an input could not be read and what was expected there.
type FileError struct {
	File string // path, with the archive's before it
	// Line and Column count from 1, in lines and characters; 0 when the fault is not at a place.
	Line, Column int
	Want         string // what was expected
	Got          string // what stood there, clipped
	Err          error
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
		if e.Column > 0 {
			fmt.Fprintf(&b, ":%d", e.Column)
		}
	}
	b.WriteString(": expected " + e.Want)
	if e.Got != "" {
		fmt.Fprintf(&b, ", found %q", clip(e.Got, 40))
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return strings.ToValidUTF8(b.String(), "?") // names in archives and what parsers quote may be anything
}

func (e *FileError) Unwrap() error { return e.Err }

// wants is an error about a whole file: what was looked for and is not there.
func (in input) wants(want string) error { return &FileError{File: in.path, Want: want} }

// codeOnce says what is wanted in the place of a code that a line has already named.
func codeOnce(line int) string {
	return fmt.Sprintf("a code that is not yet in the file (line %d has it)", line)
}
