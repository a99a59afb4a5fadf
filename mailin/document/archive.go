package document

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

const problemDeep = "The files in here lie too deep within files that hold other files and were not read: please send them on their own."

var errLarge = errors.New("document: an entry is larger than a document may be")

// held is a document that was unpacked into memory.
func held(content []byte, hint Hint, depth int) input {
	return input{content: bytes.NewReader(content), size: int64(len(content)), hint: hint, depth: depth}
}

// whole unpacks an entry into memory, no more than one document may have.
func (p *pack) whole(e *packed) ([]byte, error) {
	r, err := p.unpack(e)
	if err != nil {
		return nil, err
	}
	return wholeOf(r, p.b)
}

func wholeOf(r io.Reader, b *budget) ([]byte, error) {
	var buf bytes.Buffer
	_, err := buf.ReadFrom(io.LimitReader(r, b.limits.Bytes+1))
	if int64(buf.Len()) > b.limits.Bytes {
		return nil, errLarge
	}
	return buf.Bytes(), err
}

// readArchive reads the files of a ZIP archive, one after the other.
func readArchive(ctx context.Context, in input, out output, b *budget, more readers) error {
	p, err := openPack(ctx, in, b)
	if err != nil {
		return err
	}
	if p.broken {
		defer out.problem(sentence(ZIP, errNoZIP))
	}
	if in.depth >= b.limits.Depth {
		out.problem(problemDeep)
		return nil
	}
	n, locked, skipped := 0, 0, 0
	for _, e := range p.entries {
		if ctx.Err() != nil || !out.text("") {
			return nil
		}
		if beside(e.name) {
			continue
		}
		n++
		if b.entries--; b.entries < 0 {
			out.problem(fmt.Sprintf("Only the first %d files of this archive were read: please send only the files that the question is about.", b.limits.Entries))
			return nil
		}
		one := &within{output: out, name: fmt.Sprintf("file %d", n)}
		r, err := p.unpack(e)
		if errors.Is(err, errLocked) {
			locked++
			continue
		}
		if err == nil {
			err = readWithin(ctx, r, Hint{Filename: path.Base(e.name)}, in.depth+1, one, b, more)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errExpanded), errors.Is(err, errBomb):
			return err
		case err != nil && skipped < 20:
			skipped++
			one.problem(sentence(None, err))
		}
	}
	switch {
	case n == 0 && !p.broken:
		out.problem("This ZIP file holds no files.")
	case locked > 0 && locked == n:
		return errLocked
	case locked > 0:
		out.problem("Some files of this archive are protected by a password and were not read: please send them without one, or as PDFs.")
	}
	return nil
}

// beside says whether an entry is no file of the sender's: a folder, or what systems put into archives.
func beside(name string) bool {
	name = strings.ReplaceAll(name, `\`, "/")
	base := path.Base(name)
	return strings.HasSuffix(name, "/") || strings.HasPrefix(name, "__MACOSX/") || strings.Contains(name, "/__MACOSX/") || strings.HasPrefix(base, "._") ||
		base == ".DS_Store" || strings.EqualFold(base, "thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

// readWithin reads a document that stands in another one.
func readWithin(ctx context.Context, r io.Reader, hint Hint, depth int, out output, b *budget, more readers) error {
	head := make([]byte, SniffBytes)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		if n == 0 {
			return err
		}
		r = io.MultiReader(failing{err})
	}
	head = head[:n]
	kind := Sniff(head, hint)
	if kind == None {
		return nil
	}
	content, err := wholeOf(io.MultiReader(bytes.NewReader(head), r), b)
	if errors.Is(err, errLarge) {
		out.problem("This is too large to be read: please send only the pages that the question is about.")
		return nil
	}
	if err != nil && (len(content) == 0 || errors.Is(err, errExpanded) || errors.Is(err, errBomb) || ctx.Err() != nil) {
		return err
	}
	read(ctx, held(content, hint, depth), out, b, more)
	return err
}
