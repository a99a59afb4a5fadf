package fetch

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Bounds of an archive. Text packs to a tenth at best, so that no official file comes near the ratio.
const (
	unpackRatio  = 40
	archiveFiles = 10_000
	archiveDepth = 3
	innerArchive = 100 << 20 // bytes of an archive inside an archive, spreadsheets too, which is read into memory
	headBytes    = 256 << 10 // in which a file shows what it is
)

// verifyPage checks a web page that is wanted as one.
func verifyPage(_ context.Context, name string, c Candidate) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading what was fetched: %w", err)
	}
	if !c.Contains.Match(data) {
		if looksLikePage(data) {
			if err := judgePage(data); err != nil {
				return err
			}
		}
		return refuse("what came is something else: nothing in it looks like %s", c.Contains)
	}
	return nil
}

// verifyArchive reads an archive from end to end: each file unpacks with its checksum, all of them together to no more than they may, and
// one shows what was asked for. Nothing is written. Errors are *later for damage, which may have happened on the way.
func verifyArchive(ctx context.Context, name string, c Candidate) error {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return &later{err: fmt.Errorf("what came is no whole zip archive: %w", err)}
	}
	defer archive.Close()
	v := &verifier{ctx: ctx, contains: c, left: c.Most * unpackRatio}
	if err := v.archive(&archive.Reader, 1); err != nil {
		return err
	}
	if !v.found {
		return refuse("the archive holds something else: none of its %d files looks like %s", v.files, c.Contains)
	}
	return nil
}

type verifier struct {
	ctx      context.Context
	contains Candidate
	left     int64 // bytes that may still be unpacked
	files    int
	found    bool
}

var errUnpacked = errors.New("unpacks to more than it may")

func (v *verifier) archive(r *zip.Reader, depth int) error {
	if len(r.File) == 0 {
		return refuse("the archive is empty")
	}
	for _, file := range r.File {
		if err := v.ctx.Err(); err != nil {
			return &later{err: err}
		}
		if v.files++; v.files > archiveFiles {
			return refuse("the archive holds more than %d files", archiveFiles)
		}
		if file.FileInfo().IsDir() {
			continue
		}
		if file.Flags&1 != 0 {
			return refuse("%q in the archive is encrypted", file.Name)
		}
		if err := v.file(file, depth); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) file(file *zip.File, depth int) error {
	content, err := file.Open()
	if err != nil {
		return v.damage(file, err)
	}
	defer content.Close()
	var head bytes.Buffer
	n, err := io.CopyN(&head, content, min(headBytes, v.left+1))
	if err != nil && !errors.Is(err, io.EOF) {
		return v.damage(file, err)
	}
	if v.left -= n; v.left < 0 {
		return v.damage(file, errUnpacked)
	}
	if v.contains.Contains.Match(head.Bytes()) {
		v.found = true
	}
	var sink io.Writer = io.Discard
	most := v.left
	inner := bytes.HasPrefix(head.Bytes(), []byte("PK\x03\x04")) && depth < archiveDepth
	if inner {
		sink, most = &head, min(most, innerArchive)
	}
	n, err = io.Copy(sink, io.LimitReader(content, most+1)) // reading to the end compares the checksum
	if err != nil {
		return v.damage(file, err)
	}
	if v.left -= n; n > most {
		return v.damage(file, errUnpacked)
	}
	if !inner {
		return nil
	}
	archive, err := zip.NewReader(bytes.NewReader(head.Bytes()), int64(head.Len()))
	if err != nil {
		return v.damage(file, err)
	}
	return v.archive(archive, depth+1)
}

func (v *verifier) damage(file *zip.File, err error) error {
	name := strings.ToValidUTF8(file.Name, "?")
	if errors.Is(err, errUnpacked) {
		return refuse("%q in the archive unpacks to more than such a file may: it is made to fill a disk", name)
	}
	if errors.Is(err, zip.ErrAlgorithm) {
		return refuse("%q in the archive is packed in a way that is not read", name)
	}
	return &later{err: fmt.Errorf("%q in the archive is damaged: %w", name, err)}
}
